/* SPDX-License-Identifier: Apache-2.0 */
/* explain_trace: where the values of a path come from. */
#include "verifier/explain.h"

/* ---- definitions ------------------------- */

static bool value_same(const struct reg_state *a, const struct reg_state *b)
{
	return a->type == b->type && a->flags == b->flags && a->off == b->off &&
	       a->map == b->map && !memcmp(&a->s, &b->s, sizeof(a->s));
}

static uint32_t def_new(struct tracer *t, uint32_t frame, uint32_t place)
{
	struct def *d;

	if (t->ndef == t->capdef) {
		struct def *old = t->def;

		if (t->ndef >= MAX_DEFS)
			return 0;
		t->capdef = 2 * t->capdef + 1024;
		t->def = arena_raw(t->arena, t->capdef * sizeof(*t->def));
		if (old)
			memcpy(t->def, old, t->ndef * sizeof(*old));
		else
			memset(&t->def[t->ndef++], 0, sizeof(*old));
	}
	d = &t->def[t->ndef];
	memset(d, 0, sizeof(*d));
	d->insn = t->ninsn;
	d->frame = (uint8_t)frame;
	d->reg = (uint8_t)place;
	return t->ndef++;
}

static void def_source(struct tracer *t, uint32_t d, uint32_t source)
{
	uint32_t *s = t->def[d].source;

	for (uint32_t i = 0; source && i < SOURCES; i++) {
		if (s[i] == source)
			return;
		if (s[i])
			continue;
		s[i] = source;
		return;
	}
}

static const struct reg_state *keep_value(struct tracer *t, const struct reg_state *r)
{
	return arena_dup(t->arena, r, sizeof(*r));
}

/* What the insn being traced reads, as definitions. */
struct uses {
	uint32_t def[16];
	uint32_t n;
};

static void use(struct uses *u, uint32_t def)
{
	if (def && u->n < sizeof(u->def) / sizeof(u->def[0]))
		u->def[u->n++] = def;
}

static void find_uses(const struct tracer *t, const struct vstate *before, const struct step *step,
		      struct uses *u)
{
	const struct insn *in = &t->env->insn[before->insn];
	uint8_t id = t->env->id[before->insn];
	uint32_t f = before->curframe;

	u->n = 0;
	/* A value that is stored or loaded matters more than the address. */
	if (insn_row(id)->kind == K_STX)
		use(u, t->now[f][in->src]);
	if (step->stack_read && insn_row(id)->kind != K_CALL)
		for (uint32_t i = 0; i <= f; i++)
			for (uint64_t m = step->slots_read[i]; m; m &= m - 1)
				use(u, t->now[i][REGS + (uint32_t)__builtin_ctzll(m)]);
	for (uint32_t m = insn_reads(in, id); m; m &= m - 1)
		use(u, t->now[f][__builtin_ctz(m)]);
}

static void trace_place(struct tracer *t, uint32_t frame, uint32_t place,
			const struct reg_state *value, bool mine, const struct uses *u)
{
	uint32_t d = def_new(t, frame, place);

	if (!d)
		return;
	if (!mine)
		def_source(t, d, t->now[frame][place]);
	for (uint32_t i = 0; i < u->n; i++)
		def_source(t, d, u->def[i]);
	t->def[d].mine = mine;
	if (value)
		t->def[d].value = keep_value(t, value);
	t->now[frame][place] = d;
}

static bool slot_same(const struct stack_slot *a, const struct stack_slot *b)
{
	if (memcmp(a->type, b->type, sizeof(a->type)))
		return false;
	return !slot_is_spill(a) || value_same(&a->spill, &b->spill);
}

static void trace_slots(struct tracer *t, const struct func_state *was, const struct func_state *is,
			uint32_t frame, uint64_t written, const struct uses *u)
{
	static const struct stack_slot empty;

	for (uint32_t i = 0; i < is->nslot; i++) {
		const struct stack_slot *a = i < was->nslot ? &was->slot[i] : &empty;
		const struct stack_slot *b = &is->slot[i];
		bool mine = written >> i & 1;

		if (mine || !slot_same(a, b))
			trace_place(t, frame, REGS + i, slot_is_spill(b) ? &b->spill : NULL,
				    mine, u);
	}
}

/* The frame was there before and after the insn. */
static void trace_frame(struct tracer *t, const struct vstate *before, const struct vstate *after,
			uint32_t i, const struct step *step, const struct uses *u)
{
	const struct func_state *was = before->frame[i], *is = after->frame[i];
	const struct insn *in = &t->env->insn[before->insn];
	uint8_t id = t->env->id[before->insn];
	uint32_t writes = 0;

	if (was == is)
		return;
	if (step->flow == FLOW_RETURN ? i == after->curframe : i == before->curframe)
		writes = step->flow == FLOW_RETURN ? 1 : insn_writes(in, id);
	if (insn_row(id)->kind == K_CALL || insn_row(id)->kind == K_CALL_LOCAL)
		writes &= 1;
	for (uint32_t r = 0; r < REGS; r++) {
		bool mine = writes >> r & 1;

		if (mine || !value_same(&was->reg[r], &is->reg[r]))
			trace_place(t, i, r, &is->reg[r], mine, u);
	}
	trace_slots(t, was, is, i, step->stack_write && step->access_frame == i ?
		    step->slots_written : 0, u);
}

static void trace_call(struct tracer *t, const struct vstate *after)
{
	uint32_t f = after->curframe;
	struct uses u = { .n = 0 };

	memset(t->now[f], 0, sizeof(t->now[f]));
	for (uint32_t r = 1; r <= 5; r++) {
		if (after->frame[f]->reg[r].type == T_NOT_INIT)
			continue;
		u.n = 0;
		use(&u, t->now[f - 1][r]);
		trace_place(t, f, r, &after->frame[f]->reg[r], false, &u);
	}
}

static void trace_insn(struct tracer *t, const struct vstate *before, const struct vstate *after,
		       const struct step *step, bool taken)
{
	struct traced *x = &t->insn[t->ninsn];
	uint32_t common = before->curframe < after->curframe ? before->curframe : after->curframe;
	struct uses u;

	x->pc = before->insn;
	x->frame = before->curframe;
	x->taken = taken;
	x->decided = step->decided && before->speculative == after->speculative;
	x->def = t->ndef ? t->ndef : 1;
	find_uses(t, before, step, &u);
	if (step->flow == FLOW_CALL)
		trace_call(t, after);
	for (uint32_t i = 0; i <= common; i++)
		trace_frame(t, before, after, i, step, &u);
	x->ndef = (t->ndef ? t->ndef : 1) - x->def;
	t->ninsn++;
}

/* ---- along the path ------------------------- */

/* The state after insn i of the path, which took s along; NULL if the path ends there. */
static struct vstate *path_next(const struct tracer *t, const struct path_insn *path, size_t n,
				size_t i, struct vstate *s, struct step *step)
{
	const struct venv *env = t->env;
	bool linux_loop = step->may_goto && env->opts.walk == WALK_LINUX;
	struct vstate *other = step->flow == FLOW_BRANCH ? step->other : NULL;

	if (i + 1 < n && path[i + 1].state) {
		if (other)
			state_free(env, other);
		state_free(env, s);
		return state_copy(env, path[i + 1].state);
	}
	if (!other)
		return s;
	/* Linux's walk leaves a may_goto loop first; else paths begin with the fall-through. */
	state_free(env, linux_loop ? s : other);
	return linux_loop ? other : s;
}

static void count_visits(struct tracer *t, const struct path_insn *path, size_t n)
{
	t->visits = arena_alloc(t->arena, t->env->len * sizeof(*t->visits));
	t->loop = UINT32_MAX;
	for (size_t i = 0; i < n; i++) {
		uint32_t pc = path[i].pc, kind = insn_row(t->env->id[pc])->kind;

		if (++t->visits[pc] > 1 && (kind == K_JMP_K || kind == K_JMP_X) &&
		    (t->loop == UINT32_MAX || t->visits[pc] > t->visits[t->loop]))
			t->loop = pc;
	}
}

bool trace_path(struct tracer *t, const struct path_insn *path, size_t n)
{
	const struct venv *env = t->env;
	struct vstate *s = venv_entry(env, 0), *before;
	struct step step;

	t->skipped = n > MAX_TRACED ? n - MAX_TRACED : 0;
	t->insn = arena_alloc(t->arena, (n - t->skipped + 1) * sizeof(*t->insn));
	count_visits(t, path, n);
	for (size_t i = 0; i < n; i++) {
		uint32_t pc = path[i].pc;
		uint8_t kind = insn_row(env->id[pc])->kind;
		bool jump;

		if (s->insn != pc)
			return false;
		t->state = s;
		if (pc == t->loop) {
			if (t->head)
				state_free(env, t->head);
			t->head = state_copy(env, s);
		}
		before = state_copy(env, s);
		if (verifier_step(env, s, &step)) {
			t->state = before;
			return i + 1 == n;
		}
		if (step.flow == FLOW_EXIT) {
			t->state = before;
			return i + 1 == n;
		}
		s = path_next(t, path, n, i, s, &step);
		jump = kind == K_JMP_K || kind == K_JMP_X || kind == K_MAY_GOTO;
		if (i >= t->skipped)
			trace_insn(t, before, s, &step, jump && s->insn != pc + 1);
		/* The last insn may have been refused for what it did on another path. */
		if (i + 1 < n)
			state_free(env, before);
		else
			t->state = before;
	}
	return true;
}
