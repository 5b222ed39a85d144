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

/* Where an insn leads to, NONE where it has no (second) successor; its registers. */
#define NONE UINT32_MAX
struct edges {
	uint32_t next, jump;
	uint16_t reads, writes;
};

struct shape {			/* the program, as the passes below see it */
	struct venv *env;
	struct step *out;
	struct edges *edge;	/* by slot */
	bool backward;		/* some edge leads to a lower slot */
};

/* ---- subprograms --------------------------------------------------------- */

static enum verr subprog_jump(struct shape *s, const struct vsub *sub, uint32_t pc, uint32_t *jump)
{
	int64_t to = insn_target(s->env->insn, s->env->id[pc], pc);

	if (to < sub->start || to >= sub->end)
		return verr_fail(s->out, V_JUMP_RANGE, -1, pc, (uint32_t)to);
	s->backward |= to <= pc;
	*jump = (uint32_t)to;
	return V_OK;
}

static uint16_t live_reads(const struct venv *env, uint32_t pc)
{
	const struct insn *in = &env->insn[pc];
	uint8_t id = env->id[pc];

	switch (insn_row(id)->kind) {
	case K_CALL: {
		const struct helper_proto *p = helper_proto_for(in->imm, env->prog->type);

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

/* The edges of its insns, which stay inside; *last is the last insn. */
static enum verr subprog_edges(struct shape *s, struct vsub *sub, uint32_t *last)
{
	const struct venv *env = s->env;

	for (uint32_t i = sub->start, n; i < sub->end; i += n) {
		uint8_t id = env->id[i], kind = insn_row(id)->kind;
		struct edges *e = &s->edge[i];

		*last = i;
		n = kind == K_LD_IMM64 ? 2 : 1;
		*e = (struct edges){ i + n, NONE, live_reads(env, i), insn_writes(&env->insn[i], id) };
		switch (kind) {
		case K_EXIT:
			e->next = NONE;
			break;
		case K_JA:
			if (subprog_jump(s, sub, i, &e->next))
				return s->out->err;
			break;
		case K_JMP_K: case K_JMP_X: case K_MAY_GOTO:
			if (subprog_jump(s, sub, i, &e->jump))
				return s->out->err;
			break;
		case K_CALL:
			sub->tail_call |= env->insn[i].imm == HELPER_tail_call;
			break;
		case K_LD_ABS: case K_LD_IND:
			sub->ld_abs = true;
			break;
		default:
			if (id == I_CALL_LOCAL || id == I_LD_CODE_ADDR)
				e->jump = (uint32_t)insn_target(env->insn, id, i);
		}
	}
	return V_OK;
}

static enum verr subprogs_check(struct shape *s, uint32_t *pc)
{
	struct venv *env = s->env;
	const struct program *p = env->prog;
	struct vsub *sub = arena_alloc(env->arena, p->nsub * sizeof(*sub));

	env->sub = sub;
	env->nsub = p->nsub;
	s->edge = arena_raw(env->arena, env->len * sizeof(*s->edge));
	*pc = 0;
	if (p->nsub > MAX_SUBPROGS)
		return verr_fail(s->out, V_TOO_MANY_SUBPROGS, -1);
	for (uint32_t i = 0; i < p->nsub; i++) {
		uint8_t kind;

		sub[i].start = p->sub[i].start;
		sub[i].end = p->sub[i].end;
		sub[i].global = i && p->sub[i].global;
		if (subprog_edges(s, &sub[i], pc))
			return s->out->err;
		kind = insn_row(env->id[*pc])->kind;
		if (kind != K_EXIT && kind != K_JA)
			return verr_fail(s->out, V_SUBPROG_END, -1);
	}
	return V_OK;
}

/* ---- reachability -------------------------------------------------------- */

enum { NEW, DISCOVERED, NEXT_DONE, JUMP_DONE, EXPLORED };

/*
 * Depth first and in the order of Linux: what falls through before what jumps.
 * Where edges meet, walks compare states.
 */
static enum verr cfg_walk(const struct shape *s, uint8_t *state, uint32_t *stack, uint32_t *pc)
{
	uint32_t top = 0;

	state[0] = DISCOVERED;
	stack[top++] = 0;
	while (top) {
		uint32_t at = stack[top - 1], to;

		*pc = at;
		to = state[at] == DISCOVERED ? s->edge[at].next :
		     state[at] == NEXT_DONE ? s->edge[at].jump : NONE;
		if (++state[at] == EXPLORED)
			top--;
		if (to == NONE)
			continue;
		if (state[to] == NEW) {
			state[to] = DISCOVERED;
			stack[top++] = to;
			continue;
		}
		s->env->aux[to] |= AUX_PRUNE_POINT;
		if (state[to] != EXPLORED && !s->env->bpf_capable)
			return verr_fail(s->out, V_BACK_EDGE, -1, at, to);
	}
	return V_OK;
}

static enum verr reach_check(const struct shape *s, uint32_t *pc)
{
	struct venv *env = s->env;
	uint8_t *state = arena_alloc(env->arena, env->len);

	if (cfg_walk(s, state, arena_raw(env->arena, env->len * sizeof(uint32_t)), pc))
		return s->out->err;
	for (uint32_t i = 0; i < env->len; i += insn_slots(env->id[i])) {
		*pc = i;
		if (state[i] == NEW)
			return verr_fail(s->out, V_UNREACHABLE, -1, i);
		/* Paths meet behind a call, too: the callee may have several exits. */
		if (env->id[i] == I_CALL_LOCAL)
			env->aux[i + 1] |= AUX_PRUNE_POINT;
		/* The rounds of a loop are told apart, and widened, here. */
		if (env->id[i] == I_MAY_GOTO)
			env->aux[i] |= AUX_PRUNE_POINT;
	}
	return V_OK;
}

/* ---- live registers ------------------------------------------------------ */

/*
 * A register is live where some path reads it before it is written.  Backward
 * to a fixpoint, which takes one pass without backward edges; calls read their
 * arguments and write r0 to r5.
 */
static void live_compute(const struct shape *s)
{
	struct venv *env = s->env;
	uint16_t *live = arena_alloc(env->arena, (env->len + 1) * sizeof(*live));
	bool changed;

	do {
		changed = false;
		for (uint32_t pc = env->len; pc--;) {
			const struct edges *e = &s->edge[pc];
			uint8_t id = env->id[pc];
			uint16_t mask = 0;

			if (id == I_LDDW_HI)
				continue;
			if (e->next != NONE)
				mask = live[e->next];
			/* The callee's frame is another one. */
			if (e->jump != NONE && id != I_CALL_LOCAL && id != I_LD_CODE_ADDR)
				mask |= live[e->jump];
			mask = (uint16_t)((mask & ~e->writes) | e->reads | 1u << REG_FP);
			changed |= mask != live[pc];
			live[pc] = mask;
		}
	} while (changed && s->backward);
	env->live = live;
}

/* ---- maps ---------------------------------------------------------------- */

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

/* ---- all of it ----------------------------------------------------------- */

static enum verr insns_check(struct venv *env, struct step *out, uint32_t *pc)
{
	for (uint32_t i = 0; i < env->len; i += insn_slots(env->id[i])) {
		const struct insn_row *row = insn_row(env->id[i]);

		*pc = i;
		switch (row->kind) {
		/* Linux looks these up also where they cannot be reached by a path. */
		case K_CALL_KFUNC:
			return verr_fail(out, V_UNSUPPORTED, -1, "kfuncs");
		case K_CALLX:
			return verr_fail(out, V_UNKNOWN_OPCODE, -1, env->insn[i].code);
		case K_LD_IMM64:
			if (env->id[i] == I_LD_VAR_ADDR)
				return verr_fail(out, V_UNSUPPORTED, -1,
						 "addresses of kernel variables");
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
	struct shape s = { .env = env, .out = out };
	enum verr err;

	*pc = 0;
	if (env->opts.priv == PRIV_UNPRIV && env->len > UNPRIV_MAX_INSNS)
		return verr_fail(out, V_TOO_LONG, -1, env->len, (uint32_t)UNPRIV_MAX_INSNS);
	err = insns_check(env, out, pc);
	if (!err)
		err = subprogs_check(&s, pc);
	if (!err)
		err = reach_check(&s, pc);
	if (!err)
		live_compute(&s);
	return err;
}
