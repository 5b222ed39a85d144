/* SPDX-License-Identifier: Apache-2.0 */
/*
 * step: one instruction.  Everything that it needs is in env and the state,
 * everything that it finds out goes into the state and out.
 */
#include "verifier/internal.h"

static enum verr exec_map_address(struct exec *x)
{
	struct reg_state *dst = &x->f->reg[x->in->dst];
	bool value = x->row - insn_rows == I_LD_MAP_FD_VALUE ||
		     x->row - insn_rows == I_LD_MAP_IDX_VALUE;
	uint32_t index = (uint32_t)x->in->imm;	/* structure_check() has looked at the map */
	const struct map_def *m = &x->env->unit->map[index];

	if (m->type == MAP_ARENA)
		return verr_fail(x->out, V_UNSUPPORTED, -1, "arena maps");
	if (!value) {
		reg_pointer(dst, T_MAP_PTR, 0);
		dst->map = index;
		return V_OK;
	}
	reg_pointer(dst, T_MAP_VALUE, 0);
	dst->map = index;
	dst->off = x->in[1].imm;
	/* No id: the map has one value, so all these pointers name one lock. */
	return V_OK;
}

static enum verr exec_imm64(struct exec *x)
{
	struct reg_state *dst = &x->f->reg[x->in->dst];
	int64_t to;

	touch(x, x->in->dst);
	x->st->insn = x->pc + 2;
	switch (x->row - insn_rows) {
	case I_LD_IMM64:
		reg_scalar(dst, scalar_const(insn_imm64(x->in)));
		return V_OK;
	case I_LD_VAR_ADDR:
		return verr_fail(x->out, V_UNSUPPORTED, -1, "addresses of kernel variables");
	case I_LD_CODE_ADDR:
		to = insn_target(x->env->insn, I_LD_CODE_ADDR, x->pc);
		if (!to)
			return verr_fail(x->out, V_CALLBACK_STATIC, -1);
		reg_pointer(dst, T_FUNC, 0);
		for (uint32_t i = 0; i < x->env->nsub; i++)
			if (x->env->sub[i].start == to)
				dst->subprog = i;
		return V_OK;
	default:
		return exec_map_address(x);
	}
}

/*
 * may_goto: leaves the loop (taken edge) or goes on, until a counter outside
 * of the program's sight runs out.
 */
static enum verr exec_may_goto(struct exec *x)
{
	struct vstate *other = state_copy(x->env, x->st);

	other->insn = (uint32_t)insn_target(x->env->insn, I_MAY_GOTO, x->pc);
	x->st->may_goto_depth++;
	x->out->flow = FLOW_BRANCH;
	x->out->other = other;
	x->out->may_goto = true;
	return V_OK;
}

static enum verr exec_insn(struct exec *x)
{
	switch ((enum insn_kind)x->row->kind) {
	case K_ALU_K: case K_ALU_X: case K_ALU_1:
		return exec_alu(x);
	case K_ADDR_CAST:
		return verr_fail(x->out, V_ADDR_SPACE, -1);
	case K_JMP_K: case K_JMP_X:
		return exec_jump(x);
	case K_JA:
		x->st->insn = (uint32_t)insn_target(x->env->insn, x->env->id[x->pc], x->pc);
		return V_OK;
	case K_MAY_GOTO:
		return exec_may_goto(x);
	case K_CALL:
		return exec_call(x);
	case K_CALL_LOCAL:
		return exec_call_local(x);
	case K_CALL_KFUNC:
		return verr_fail(x->out, V_UNSUPPORTED, -1, "kernel functions");
	case K_CALLX:
		return verr_fail(x->out, V_UNKNOWN_OPCODE, -1, x->in->code);
	case K_EXIT:
		return exec_exit(x);
	case K_LD_IMM64:
		return exec_imm64(x);
	case K_LDX: case K_LDSX: case K_STX: case K_ST: case K_ATOMIC: case K_ATOMIC_FETCH:
	case K_CMPXCHG: case K_LOAD_ACQ: case K_STORE_REL: case K_LD_ABS: case K_LD_IND:
		return exec_mem(x);
	case K_N:
		break;
	}
	assert(!"kind");
	return V_OK;
}

enum verr verifier_step(const struct venv *env, struct vstate *inout, struct step *out)
{
	struct exec x = {
		.env = env, .st = inout, .f = frame_own(env, inout, inout->curframe),
		.in = &env->insn[inout->insn], .row = insn_row(env->id[inout->insn]),
		.out = out, .pc = inout->insn,
	};

	zero_bytes(out, offsetof(struct step, msg));
	out->reg = -1;
	out->msg[0] = out->more[0] = 0;
	inout->insn++;
	return exec_insn(&x);
}
