/* SPDX-License-Identifier: Apache-2.0 */
/*
 * structure: what holds of a program before any state is looked at.
 *
 * Subprograms end in exit or a jump and are not jumped into; every insn can be
 * reached along the edges of the control flow (calls are edges); without
 * CAP_BPF there are no back edges.  Besides, this finds the places where paths
 * meet, which is where the walks compare states, and the registers that are
 * live at each slot.
 */
#include "verifier/internal.h"

/*
 * Where an insn leads to in its subprogram, its registers.  Without a (second)
 * successor it is the slot behind the last one, where nothing is live.
 */
struct edges {
	uint32_t next, jump;
	uint16_t reads, writes;
};

struct shape {			/* the program, as the passes below see it */
	struct venv *env;
	struct step *out;
	struct edges *edge;	/* by slot */
	uint8_t *in;		/* by slot: edges that lead there, see edge_to() */
	bool backward;		/* some jump leads to a lower slot, or to itself */
	bool back_call;		/* the same of calls */
	bool scattered;		/* some slot is not led to by a lower one */
};

/* ---- subprograms --------------------------------------------------------- */

enum { MANY_EDGES = 3 };	/* the insn before, which perhaps leads elsewhere, and two more */

/*
 * A jump or a call leads to this slot.  Paths meet where a second edge leads to.
 * The insn before counts as one until edge_ends() says that it leads elsewhere.
 */
static void edge_to(struct shape *s, uint32_t to)
{
	if (s->in[to])
		s->env->aux[to] |= AUX_PRUNE_POINT;
	if (s->in[to] < MANY_EDGES)
		s->in[to]++;
}

static void edge_ends(struct shape *s, uint32_t pc)
{
	uint32_t next = pc + 1;

	if (next == s->env->len)
		return;
	s->in[next]--;
	s->scattered |= !s->in[next];
	if (s->in[next] < 2)
		s->env->aux[next] &= (uint8_t)~AUX_PRUNE_POINT;
}

static enum verr subprog_jump(struct shape *s, const struct vsub *sub, uint32_t pc, uint32_t *jump)
{
	int64_t to = insn_target(s->env->insn, s->env->id[pc], pc);

	if (to < sub->start || to >= sub->end)
		return verr_fail(s->out, V_JUMP_RANGE, -1, pc, (uint32_t)to);
	s->backward |= to <= pc;
	edge_to(s, (uint32_t)to);
	*jump = (uint32_t)to;
	return V_OK;
}

/* A call, or the address of a subprogram: an edge, but the registers are others there. */
static void edge_call(struct shape *s, uint32_t pc)
{
	uint32_t to = (uint32_t)insn_target(s->env->insn, s->env->id[pc], pc);

	s->back_call |= to <= pc;
	edge_to(s, to);
}

/* The registers that a helper looks at, r1 to r5. */
static uint16_t helper_reads(const struct venv *env, uint32_t pc)
{
	const struct helper_proto *p = helper_proto_for(env->insn[pc].imm, env->prog->type);

	return (uint16_t)((2u << (p ? helper_nargs(p) : 5)) - 2);
}

/* What is not just "reads, writes, and on to the next". */
static enum verr subprog_edge(struct shape *s, struct vsub *sub, uint32_t pc, struct edges *e)
{
	const struct venv *env = s->env;

	switch (insn_row(env->id[pc])->kind) {
	case K_EXIT:
		e->next = env->len;
		if (env->opts.live_exit && !sub->start)
			e->reads = (1u << REG_FP) - 1;
		edge_ends(s, pc);
		return V_OK;
	case K_JA:
		if (subprog_jump(s, sub, pc, &e->next))
			return s->out->err;
		edge_ends(s, pc);
		return V_OK;
	case K_MAY_GOTO:
		/* The rounds of a loop are told apart, and widened, here. */
		env->aux[pc] |= AUX_PRUNE_POINT;
		/* fall through */
	case K_JMP_K: case K_JMP_X:
		return subprog_jump(s, sub, pc, &e->jump);
	case K_CALL:
		e->reads = helper_reads(env, pc);
		sub->tail_call |= env->insn[pc].imm == HELPER_tail_call;
		return V_OK;
	case K_CALL_LOCAL:
		e->reads = 0x3e;
		sub->calls = true;
		edge_call(s, pc);
		/* Paths meet behind a call, too: the callee may have several exits. */
		env->aux[pc + 1] |= AUX_PRUNE_POINT;
		return V_OK;
	case K_CALL_KFUNC: case K_CALLX:
		e->reads |= 0x3e;
		return V_OK;
	case K_LD_IMM64:
		e->next = pc + 2;
		if (env->id[pc] == I_LD_CODE_ADDR)
			edge_call(s, pc);
		return V_OK;
	case K_LD_ABS: case K_LD_IND:
		sub->ld_abs = true;
		return V_OK;
	default:
		return V_OK;
	}
}

/*
 * The edges of all insns as if they were plain, and a list of those that are
 * not: without a branch, for what an insn is can hardly be predicted.
 */
static void edges_compute(struct shape *s)
{
	static const bool plain[K_N] = {
		[K_ALU_K] = true, [K_ALU_X] = true, [K_ALU_1] = true, [K_LDX] = true,
		[K_LDSX] = true, [K_STX] = true, [K_ST] = true, [K_ATOMIC] = true,
		[K_ATOMIC_FETCH] = true, [K_CMPXCHG] = true,
	};
	struct venv *env = s->env;
	uint32_t *special = arena_raw(env->arena, env->len * sizeof(*special)), n = 0;

	s->edge = arena_raw(env->arena, env->len * sizeof(*s->edge));
	for (uint32_t i = 0; i < env->len; i++) {
		uint8_t id = env->id[i];
		struct edges *e = &s->edge[i];

		if (id == I_LDDW_HI) {
			*e = (struct edges){ env->len, env->len, 0, 0 };
			continue;
		}
		e->next = i + 1;
		e->jump = env->len;
		insn_regs(&env->insn[i], id, &e->reads, &e->writes);
		special[n] = i;
		n += !plain[insn_row(id)->kind];
	}
	env->special = special;
	env->nspecial = n;
}

/* at: the first special insn that is not looked at yet. */
static enum verr subprog_edges(struct shape *s, struct vsub *sub, uint32_t *at, uint32_t *pc)
{
	const struct venv *env = s->env;

	for (; *at < env->nspecial && env->special[*at] < sub->end; ++*at) {
		*pc = env->special[*at];
		if (subprog_edge(s, sub, *pc, &s->edge[*pc]))
			return s->out->err;
	}
	*pc = sub->end - 1;
	*pc -= env->id[*pc] == I_LDDW_HI;
	switch (insn_row(env->id[*pc])->kind) {
	case K_EXIT: case K_JA:
		return V_OK;
	default:
		return verr_fail(s->out, V_SUBPROG_END, -1);
	}
}

static enum verr subprogs_check(struct shape *s, uint32_t *pc)
{
	struct venv *env = s->env;
	const struct program *p = env->prog;
	struct vsub *sub = arena_alloc(env->arena, p->nsub * sizeof(*sub));
	uint32_t at = 0;

	env->sub = sub;
	env->nsub = p->nsub;
	s->in = arena_raw(env->arena, env->len + 1);
	memset(s->in, 1, env->len + 1);
	*pc = 0;
	if (p->nsub > MAX_SUBPROGS)
		return verr_fail(s->out, V_TOO_MANY_SUBPROGS, -1);
	for (uint32_t i = 0; i < p->nsub; i++) {
		sub[i].start = p->sub[i].start;
		sub[i].end = p->sub[i].end;
		sub[i].global = i && p->sub[i].global;
		if (subprog_edges(s, &sub[i], &at, pc))
			return s->out->err;
	}
	return V_OK;
}

/* ---- reachability -------------------------------------------------------- */

/* The second edge out of an insn, calls included. */
static uint32_t second_edge(const struct shape *s, uint32_t pc)
{
	const struct venv *env = s->env;

	if (env->id[pc] == I_CALL_LOCAL || env->id[pc] == I_LD_CODE_ADDR)
		return (uint32_t)insn_target(env->insn, env->id[pc], pc);
	return s->edge[pc].jump;
}

enum { NEW, DISCOVERED, NEXT_DONE, JUMP_DONE, EXPLORED };

/*
 * Depth first and in the order of Linux: what falls through before what jumps.
 * state[] tells what was reached.
 */
static enum verr cfg_walk(const struct shape *s, uint8_t *state, uint32_t *pc)
{
	const uint32_t none = s->env->len;
	uint32_t *stack = arena_raw(s->env->arena, none * sizeof(*stack)), top = 0;

	state[0] = DISCOVERED;
	stack[top++] = 0;
	while (top) {
		uint32_t at = stack[top - 1], to;

		*pc = at;
		to = state[at] == DISCOVERED ? s->edge[at].next :
		     state[at] == NEXT_DONE ? second_edge(s, at) : none;
		if (++state[at] == EXPLORED)
			top--;
		if (to == none)
			continue;
		if (state[to] == NEW) {
			state[to] = DISCOVERED;
			stack[top++] = to;
		} else if (state[to] != EXPLORED && !s->env->bpf_capable) {
			return verr_fail(s->out, V_BACK_EDGE, -1, at, to);
		}
	}
	return V_OK;
}

/*
 * What is reached from a lower slot all the way down is reached from the first
 * one, and without edges to lower slots there are no loops.
 */
static enum verr reach_check(const struct shape *s, uint32_t *pc)
{
	const struct venv *env = s->env;
	bool back = s->backward || s->back_call;
	uint8_t *state;

	if (!s->scattered && (env->bpf_capable || !back))
		return V_OK;
	state = arena_alloc(env->arena, env->len);
	if (cfg_walk(s, state, pc))
		return s->out->err;
	for (uint32_t i = 0; i < env->len; i += insn_slots(env->id[i])) {
		*pc = i;
		if (state[i] == NEW)
			return verr_fail(s->out, V_UNREACHABLE, -1, i);
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
	uint16_t *live = arena_alloc(env->arena, (env->len + 1) * sizeof(*live)), changed;

	do {
		uint16_t mask = 0;

		changed = 0;
		for (uint32_t pc = env->len; pc--;) {
			const struct edges *e = &s->edge[pc];

			if (e->next != pc + 1)	/* else mask is it: no need to wait for the store */
				mask = live[e->next];
			mask |= live[e->jump];
			mask = (uint16_t)((mask & ~e->writes) | e->reads | 1u << REG_FP);
			changed |= mask ^ live[pc];
			live[pc] = mask;
		}
	} while (changed && s->backward);
	env->live = live;
}

/* ---- maps ---------------------------------------------------------------- */

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
	if (env->sleepable && !map_kind(m->type)->sleepable)
		return verr_fail(out, V_MAP_SLEEPABLE, -1);
	if (m->type != MAP_ARENA && (in->src == 2 || in->src == 6))
		return direct_value_check(m, (uint32_t)in[1].imm, out);
	return V_OK;
}

/* ---- all of it ----------------------------------------------------------- */

/* Linux looks these up also where they cannot be reached by a path. */
static enum verr insn_check(struct venv *env, struct step *out, uint32_t pc)
{
	switch (env->id[pc]) {
	case I_CALL_KFUNC:
		return verr_fail(out, V_UNSUPPORTED, -1, "kfuncs");
	case I_CALLX:
		return verr_fail(out, V_UNKNOWN_OPCODE, -1, env->insn[pc].code);
	case I_LD_VAR_ADDR:
		return verr_fail(out, V_UNSUPPORTED, -1, "addresses of kernel variables");
	case I_LD_MAP_FD: case I_LD_MAP_FD_VALUE: case I_LD_MAP_IDX: case I_LD_MAP_IDX_VALUE:
		return map_use_check(env, &env->insn[pc], out);
	default:
		return V_OK;
	}
}

static enum verr insns_check(struct venv *env, struct step *out, uint32_t *pc)
{
	for (uint32_t i = 0; i < env->nspecial; i++) {
		*pc = env->special[i];
		if (insn_check(env, out, *pc))
			return out->err;
	}
	return V_OK;
}

static bool names_function(const struct venv *env, uint32_t pc)
{
	uint8_t kind = insn_row(env->id[pc])->kind;

	return kind == K_CALL_LOCAL || kind == K_CALL_KFUNC || env->id[pc] == I_LD_CODE_ADDR;
}

/* Without CAP_BPF: short, and all in one function. */
static enum verr unpriv_check(const struct venv *env, struct step *out, uint32_t *pc)
{
	if (env->len > UNPRIV_MAX_INSNS)
		return verr_fail(out, V_TOO_LONG, -1, env->len, (uint32_t)UNPRIV_MAX_INSNS);
	for (*pc = 0; *pc < env->len; *pc += insn_slots(env->id[*pc]))
		if (names_function(env, *pc))
			return verr_fail(out, V_CALL_PRIV, -1);
	*pc = 0;
	return V_OK;
}

enum verr structure_check(struct venv *env, struct step *out, uint32_t *pc)
{
	struct shape s = { .env = env, .out = out };
	enum verr err = V_OK;

	*pc = 0;
	if (env->opts.priv == PRIV_UNPRIV)
		err = unpriv_check(env, out, pc);
	if (!err) {
		edges_compute(&s);
		err = insns_check(env, out, pc);
	}
	if (!err)
		err = subprogs_check(&s, pc);
	if (!err)
		err = reach_check(&s, pc);
	if (!err)
		live_compute(&s);
	return err;
}
