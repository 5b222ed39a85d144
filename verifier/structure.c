/* SPDX-License-Identifier: Apache-2.0 */
/*
 * structure: what holds of a program before any state is looked at.
 *
 * Subprograms end in exit or a jump and are not jumped into; every insn can be
 * reached along the edges of the control flow (calls are edges); without
 * CAP_BPF there are no back edges.  The same pass finds the places where paths
 * meet, which is where the walks compare states, and the registers that are
 * live at each slot.
 */
#include "verifier/internal.h"

/* ---- subprograms -------------------------------------------------------------- */

static bool kind_jumps(uint8_t kind)
{
	return kind == K_JMP_K || kind == K_JMP_X || kind == K_JA || kind == K_MAY_GOTO;
}

static enum verr subprog_check(const struct venv *env, struct vsub *sub, struct step *out,
			       uint32_t *pc)
{
	uint32_t last = sub->start;

	for (uint32_t i = sub->start; i < sub->end; i += insn_slots(env->id[i])) {
		uint8_t kind = insn_row(env->id[i])->kind;
		int64_t to;

		last = *pc = i;
		sub->tail_call |= env->id[i] == I_CALL_HELPER &&
				  env->insn[i].imm == HELPER_tail_call;
		sub->ld_abs |= kind == K_LD_ABS || kind == K_LD_IND;
		if (!kind_jumps(kind))
			continue;
		to = insn_target(env->insn, env->id[i], i);
		if (to < sub->start || to >= sub->end)
			return verr_fail(out, V_JUMP_RANGE, -1, i, (uint32_t)to);
	}
	*pc = last;
	if (insn_row(env->id[last])->kind != K_EXIT && insn_row(env->id[last])->kind != K_JA)
		return verr_fail(out, V_SUBPROG_END, -1);
	return V_OK;
}

static enum verr subprogs_check(struct venv *env, struct step *out, uint32_t *pc)
{
	const struct program *p = env->prog;
	struct vsub *sub = arena_alloc(env->arena, p->nsub * sizeof(*sub));

	env->sub = sub;
	env->nsub = p->nsub;
	*pc = 0;
	if (p->nsub > MAX_SUBPROGS)
		return verr_fail(out, V_TOO_MANY_SUBPROGS, -1);
	for (uint32_t i = 0; i < p->nsub; i++) {
		enum verr err;

		sub[i].start = p->sub[i].start;
		sub[i].end = p->sub[i].end;
		sub[i].global = i && p->sub[i].global;
		err = subprog_check(env, &sub[i], out, pc);
		if (err)
			return err;
	}
	return V_OK;
}

/* ---- reachability ---------------------------------------------------------------- */

enum { DISCOVERED = 1, EXPLORED = 2, STAGE = 4 /* the first edge is done; times 1 to 3 */ };

struct cfg {
	struct venv *env;
	struct step *out;
	uint8_t *state;		/* per slot */
	uint32_t *stack, top;
	bool loops;		/* back edges are allowed */
};

/* Counts the edge from -> to; where two meet, walks compare states. */
static enum verr cfg_edge(struct cfg *c, uint32_t from, uint32_t to)
{
	if (!c->state[to]) {
		c->state[to] = DISCOVERED;
		c->stack[c->top++] = to;
		return V_OK;
	}
	c->env->aux[to] |= AUX_PRUNE_POINT;
	if (!(c->state[to] & EXPLORED) && !c->loops)
		return verr_fail(c->out, V_BACK_EDGE, -1, from, to);
	return V_OK;
}

/* The slot that edge n of insn pc leads to, or -1 if it has fewer edges. */
static int64_t cfg_successor(const struct venv *env, uint32_t pc, uint32_t n)
{
	uint8_t id = env->id[pc];

	switch (insn_row(id)->kind) {
	case K_EXIT:
		return -1;
	case K_JA:
		return n ? -1 : insn_target(env->insn, id, pc);
	case K_JMP_K: case K_JMP_X: case K_MAY_GOTO: case K_CALL_LOCAL:
		return n == 0 ? (int64_t)pc + 1 :
		       n == 1 ? insn_target(env->insn, id, pc) : -1;
	case K_LD_IMM64:
		if (n == 1 && id == I_LD_CODE_ADDR)
			return insn_target(env->insn, id, pc);
		return n ? -1 : (int64_t)pc + 2;
	default:
		return n ? -1 : (int64_t)pc + 1;
	}
}

static enum verr cfg_walk(struct cfg *c, uint32_t *pc)
{
	c->state[0] = DISCOVERED;
	c->stack[c->top++] = 0;
	while (c->top) {
		uint32_t at = c->stack[c->top - 1];
		int64_t to = cfg_successor(c->env, at, c->state[at] / STAGE);
		enum verr err;

		if (to < 0) {
			c->state[at] |= EXPLORED;
			c->top--;
			continue;
		}
		c->state[at] += STAGE;
		err = cfg_edge(c, at, (uint32_t)to);
		*pc = at;
		if (err)
			return err;
	}
	return V_OK;
}

static enum verr reach_check(struct venv *env, struct step *out, uint32_t *pc)
{
	struct cfg c = { .env = env, .out = out, .loops = env->bpf_capable };
	enum verr err;

	c.state = arena_alloc(env->arena, env->len);
	c.stack = arena_raw(env->arena, env->len * sizeof(*c.stack));
	err = cfg_walk(&c, pc);
	if (err)
		return err;
	/* Paths meet at the slot after a call, too, if the callee has several exits. */
	for (uint32_t i = 0; i < env->len; i += insn_slots(env->id[i])) {
		*pc = i;
		if (!c.state[i])
			return verr_fail(out, V_UNREACHABLE, -1, i);
		if (insn_row(env->id[i])->kind == K_CALL_LOCAL)
			env->aux[i + 1] |= AUX_PRUNE_POINT;
		/* Its rounds are told apart, and widened, here. */
		if (insn_row(env->id[i])->kind == K_MAY_GOTO)
			env->aux[i] |= AUX_PRUNE_POINT;
	}
	return V_OK;
}

/* ---- live registers ----------------------------------------------------------------- */

static uint16_t live_reads(const struct venv *env, uint32_t pc)
{
	const struct insn *in = &env->insn[pc];
	uint8_t id = env->id[pc];

	switch (insn_row(id)->kind) {
	case K_CALL: {
		const struct helper_proto *p = helper_proto(in->imm);

		return (uint16_t)((2u << (p ? helper_nargs(p) : 5)) - 2);
	}
	case K_CALL_LOCAL: case K_CALL_KFUNC: case K_CALLX:
		return 0x3e | (insn_row(id)->kind == K_CALLX ? 1u << in->dst : 0);
	case K_EXIT:
		return env->opts.live_exit && pc < env->sub[0].end ? (1u << REG_FP) - 1 : 1;
	default:
		return insn_reads(in, id);
	}
}

/*
 * A register is live where some path reads it before it is written.  Backward
 * to a fixpoint; calls read their arguments and write r0 to r5.
 */
static void live_compute(struct venv *env)
{
	uint16_t *live = arena_alloc(env->arena, (env->len + 1) * sizeof(*live));
	bool changed = true;

	while (changed) {
		changed = false;
		for (uint32_t pc = env->len; pc--;) {
			uint16_t out = 0, in;
			uint8_t id = env->id[pc];

			if (id == I_LDDW_HI)
				continue;
			for (uint32_t n = 0; n < 2; n++) {
				int64_t to = cfg_successor(env, pc, n);

				/* The callee's frame is another one. */
				if (n && (id == I_CALL_LOCAL || id == I_LD_CODE_ADDR))
					break;
				if (to >= 0)
					out |= live[to];
			}
			in = (uint16_t)((out & ~insn_writes(&env->insn[pc], id)) |
					live_reads(env, pc) | 1u << REG_FP);
			changed |= in != live[pc];
			live[pc] = in;
		}
	}
	env->live = live;
}

/* ---- maps ------------------------------------------------------------------------------------ */

static bool sleepable_map(uint32_t type)
{
	switch (type) {
	case MAP_HASH: case MAP_LRU_HASH: case MAP_ARRAY: case MAP_PERCPU_HASH:
	case MAP_PERCPU_ARRAY: case MAP_LRU_PERCPU_HASH: case MAP_ARRAY_OF_MAPS:
	case MAP_HASH_OF_MAPS: case MAP_RINGBUF: case MAP_USER_RINGBUF: case MAP_INODE_STORAGE:
	case MAP_SK_STORAGE: case MAP_TASK_STORAGE: case MAP_CGRP_STORAGE: case MAP_QUEUE:
	case MAP_STACK: case MAP_ARENA:
		return true;
	default:
		return false;
	}
}

static bool type_traces(uint32_t type)
{
	switch (type) {
	case PROG_KPROBE: case PROG_TRACEPOINT: case PROG_PERF_EVENT: case PROG_RAW_TRACEPOINT:
	case PROG_RAW_TRACEPOINT_WRITABLE:
		return true;
	default:
		return false;
	}
}

/* The address of a value, also where the insn never runs. */
static enum verr direct_value_check(const struct map_def *m, uint32_t off, struct step *out)
{
	if (!map_kind(m->type)->direct_value)
		return verr_fail(out, V_MAP_DIRECT, -1);
	if (off >= MAX_PTR_OFF)
		return verr_fail(out, V_MAP_DIRECT_BIG, -1, off);
	if (off >= m->value_size || m->max_entries != 1)
		return verr_fail(out, V_MAP_DIRECT_OFF, -1, m->value_size, off);
	return V_OK;
}

/* May programs of this type use the map at all? */
static enum verr map_use_check(const struct venv *env, const struct insn *in, struct step *out)
{
	const struct map_def *m;

	if ((uint32_t)in->imm >= env->unit->nmap)
		return verr_fail(out, V_MAP_INDEX, -1, in->imm);
	m = &env->unit->map[in->imm];
	if (!map_kind(m->type))
		return verr_fail(out, V_MAP_KIND, -1, m->type);
	if (m->has_spin_lock && env->prog->type == PROG_SOCKET_FILTER)
		return verr_fail(out, V_LOCK_PROG, -1, "socket filter");
	if (m->has_spin_lock && type_traces(env->prog->type))
		return verr_fail(out, V_LOCK_PROG, -1, "tracing");
	if (env->sleepable && !sleepable_map(m->type))
		return verr_fail(out, V_MAP_SLEEPABLE, -1);
	if (m->type != MAP_ARENA && (in->src == 2 || in->src == 6))
		return direct_value_check(m, (uint32_t)in[1].imm, out);
	return V_OK;
}

/* ---- all of it -------------------------------------------------------------------------- */

static enum verr insns_check(struct venv *env, struct step *out, uint32_t *pc)
{
	for (uint32_t i = 0; i < env->len; i += insn_slots(env->id[i])) {
		const struct insn_row *row = insn_row(env->id[i]);

		*pc = i;
		switch (row->kind) {
		case K_LD_ABS: case K_LD_IND:
			if (!env->type->ld_abs)
				return verr_fail(out, V_LD_ABS_TYPE, -1);
			break;
		case K_CALL_KFUNC:
			return verr_fail(out, V_UNSUPPORTED, -1, "kfuncs");
		case K_CALLX:
			return verr_fail(out, V_UNKNOWN_OPCODE, -1, env->insn[i].code);
		case K_LD_IMM64:
			if ((env->id[i] == I_LD_MAP_FD || env->id[i] == I_LD_MAP_FD_VALUE ||
			     env->id[i] == I_LD_MAP_IDX || env->id[i] == I_LD_MAP_IDX_VALUE) &&
			    map_use_check(env, &env->insn[i], out))
				return out->err;
			break;
		default:
			break;
		}
	}
	return V_OK;
}

enum verr structure_check(struct venv *env, struct step *out, uint32_t *pc)
{
	enum verr err;

	*pc = 0;
	if (env->opts.priv == PRIV_UNPRIV && env->len > UNPRIV_MAX_INSNS)
		return verr_fail(out, V_TOO_LONG, -1, env->len, (uint32_t)UNPRIV_MAX_INSNS);
	err = insns_check(env, out, pc);
	if (!err)
		err = subprogs_check(env, out, pc);
	if (!err)
		err = reach_check(env, out, pc);
	if (!err)
		live_compute(env);
	return err;
}
