/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk_linux: depth first over the paths, as Linux 6.18 does it.
 *
 * Differs from the exact walk in what ends a path: a state is held by an older
 * one if it fits where that mattered (see prune.c).  So scalars that mattered
 * to nobody may be outside of all states that were recorded, once a path was
 * pruned; records tell which scalars did matter.
 *
 * The order of the paths is Linux's: on from a branch falls through, the taken
 * edge waits; a may_goto leaves its loop first.
 */
#include "verifier/walk_linux.h"

/* ---- where states are compared ------------------------------------------- */

static void mark_target(struct lwalk *w, uint32_t pc)
{
	uint32_t to = (uint32_t)insn_target(w->w.env->insn, w->w.env->id[pc], pc);

	w->at[to] |= AT_PRUNE | AT_JUMP;
}

static void mark_place(struct lwalk *w, uint32_t pc, uint8_t kind)
{
	switch (kind) {
	case K_MAY_GOTO:
		w->at[pc] |= AT_FORCE;
		w->loops = true;
		/* fall through */
	case K_JMP_K: case K_JMP_X:
		w->at[pc] |= AT_PRUNE;
		mark_target(w, pc);
		break;
	case K_JA:
		mark_target(w, pc);
		break;
	case K_CALL_LOCAL:
		w->at[pc] |= AT_PRUNE;
		mark_target(w, pc);
		w->at[pc + 1] |= AT_PRUNE | AT_JUMP;
		break;
	case K_CALL: case K_CALL_KFUNC:
		w->at[pc + 1] |= AT_PRUNE | AT_JUMP;
		break;
	case K_LD_IMM64:
		if (w->w.env->id[pc] != I_LD_CODE_ADDR)
			break;
		mark_target(w, pc);
		w->at[pc + 2] |= AT_PRUNE | AT_JUMP;
		break;
	default:
		break;
	}
}

/*
 * Jumps and their targets, calls, and where calls return to.  Heads of loops
 * whose rounds Linux does not unroll keep each state.
 */
static void mark_places(struct lwalk *w)
{
	const struct venv *env = w->w.env;

	w->at = arena_alloc(env->arena, env->len + 1);
	for (uint32_t i = 0; i < env->nspecial; i++)
		mark_place(w, env->special[i], insn_row(env->id[env->special[i]])->kind);
}

/* ---- paths --------------------------------------------------------------- */

static bool next_path(struct lwalk *w)
{
	struct waiting *p = w->waiting;

	walk_track_stack(&w->w, w->cur.state);
	state_free(w->w.env, w->cur.state);
	w->cur.state = NULL;
	prune_close(w, w->cur.parent);
	if (!p)
		return false;
	w->cur = p->path;
	walk_resume(&w->w, p->from, p->log);
	w->waiting = p->next;
	p->next = w->free_waiting;
	w->free_waiting = p;
	w->nwaiting--;
	return true;
}

/* The state waits; its history is that of the current path. */
static enum verr push_path(struct lwalk *w, struct vstate *state)
{
	struct waiting *p = w->free_waiting;

	if (w->nwaiting >= MAX_PENDING)
		return verr_fail(w->w.step, V_TOO_MANY_BRANCHES, -1, w->nwaiting + 1);
	if (p)
		w->free_waiting = p->next;
	else
		p = arena_raw(w->w.env->arena, sizeof(*p));
	p->path = w->cur;
	p->path.state = state;
	p->from = w->w.out->pc;
	p->log = vlog_mark(w->w.env->log);
	p->next = w->waiting;
	w->waiting = p;
	w->nwaiting++;
	if (w->cur.parent)
		w->cur.parent->open++;
	return V_OK;
}

/* ---- may_goto ------------------------------------------------------------ */

/* The last state kept at the same insn, one round ago. */
static const struct point *round_before(const struct lwalk *w)
{
	const struct point *now = w->cur.parent, *p;

	if (!now)
		return NULL;
	for (p = now->parent; p; p = p->parent)
		if (p->state->insn == now->state->insn &&
		    p->state->curframe == now->state->curframe)
			break;
	for (uint32_t i = 1; p && i <= now->state->curframe; i++)
		if (p->state->frame[i]->callsite != now->state->frame[i]->callsite)
			return NULL;
	return p;
}

/*
 * What a round changed, and no verdict relied on yet, will change again: it
 * becomes unknown, so that the rounds converge.
 */
static void widen(struct lwalk *w, struct vstate *s)
{
	const struct point *was = round_before(w);
	struct reg_iter it = { 0, 0 }, old = { 0, 0 };
	const struct reg_state *r, *o;

	if (!was)
		return;
	for (;;) {
		bool precise;

		r = reg_iter_next(s, &it);
		o = reg_iter_next(was->state, &old);
		if (!r || !o || it.frame != old.frame || it.i != old.i)
			return;
		precise = it.i <= REGS ? was->precise.reg[it.frame] >> (it.i - 1) & 1
				       : was->precise.slot[it.frame] >> (it.i - 1 - REGS) & 1;
		if (r->type == T_SCALAR && o->type == T_SCALAR && !precise &&
		    memcmp(&r->s, &o->s, sizeof(r->s)))
			reg_unknown(reg_iter_own(w->w.env, s, &it));
	}
}

/* This path leaves the loop; the next round waits. */
static enum verr branch_may_goto(struct lwalk *w)
{
	struct vstate *round = w->cur.state;

	widen(w, round);
	w->cur.state = w->w.step->other;
	return push_path(w, round);
}

/* ---- one insn ------------------------------------------------------------ */

/* The state before the insn: each is recorded, also one that ends its path here. */
static void record(struct lwalk *w)
{
	struct records *rec = &w->w.out->rec;
	uint32_t pc = w->cur.state->insn;

	if (!walk_may_record(&w->w, pc))
		return;
	w->rec = arena_alloc(w->w.env->arena, sizeof(*w->rec));
	w->rec->rec.state = state_copy(w->w.env, w->cur.state);
	w->rec->rec.next = rec->at[pc];
	rec->at[pc] = &w->rec->rec;
}

static void demand(struct lwalk *w, uint32_t pc, uint32_t frame, uint16_t regs, uint64_t slots)
{
	struct marks need;

	memset(&need, 0, sizeof(need));
	need.reg[frame] = regs;
	need.slot[w->w.step->precise_frame] = slots;
	precision_demand(w, &w->cur, w->rec, pc, &need);
}

/* What the verdict on this insn relied on, and what it read. */
static void note_demands(struct walker *walker, uint32_t pc, uint32_t frame)
{
	struct lwalk *w = (struct lwalk *)walker;
	const struct step *step = w->w.step;
	uint16_t dst = 1u << w->w.env->insn[pc].dst, regs = step->precise;

	/* Linux traces one after the other, dst first. */
	if (vlog_traces(w->w.env) && regs & dst && regs & ~dst) {
		demand(w, pc, frame, dst, 0);
		regs &= (uint16_t)~dst;
	}
	if (regs || step->slots_precise)
		demand(w, pc, frame, regs, step->slots_precise);
	if (!step->stack_read)
		return;
	for (uint32_t i = 0; i <= frame; i++)
		if (step->slots_read[i])
			live_read(&w->cur, w->rec, i, step->slots_read[i], w->w.env);
}

static bool kind_jumps(uint8_t kind)
{
	switch (kind) {
	case K_JMP_K: case K_JMP_X: case K_JA: case K_MAY_GOTO: case K_CALL: case K_CALL_LOCAL:
	case K_CALL_KFUNC: case K_CALLX: case K_EXIT:
		return true;
	default:
		return false;
	}
}

/* Neither moves nor makes a value, nor touches the stack: nothing for the history. */
static bool insn_quiet(const struct insn_row *row)
{
	return row->kind == K_ALU_1 || (row->kind == K_ALU_K && row->op != OP_MOV);
}

/* The step went well: on to where it leads.  *done: the path has ended. */
static enum verr follow(struct lwalk *w, uint32_t pc, uint32_t frame, bool *done)
{
	struct step *step = w->w.step;
	struct hist *before = w->cur.hist;
	enum verr err;

	if (step->flow == FLOW_EXIT) {
		*done = true;
		return V_OK;
	}
	if (w->w.ended && !step->mispredicted && step->flow != FLOW_BRANCH) {
		*done = true;
		return V_OK;
	}
	if (insn_quiet(insn_row(w->w.env->id[pc])) && !w->every)
		w->cur.length += w->at[pc] / AT_JUMP & 1;
	else
		hist_push(w, pc, frame);
	if (step->mispredicted) {
		err = push_path(w, step->mispredicted);
		if (err)
			return err;
	}
	*done = w->w.ended;
	if (step->flow == FLOW_CALL)
		live_write(&w->cur, frame + 1, UINT64_MAX);
	if (step->flow != FLOW_BRANCH)
		return V_OK;
	if (step->may_goto)
		return branch_may_goto(w);
	if (step->other->insn == pc) {
		/* The operation itself is done once more, with another operand. */
		struct hist *after = w->cur.hist;

		w->cur.hist = before;
		err = push_path(w, step->other);
		w->cur.hist = after;
		return err;
	}
	return push_path(w, step->other);
}

static enum verr walk_insn(struct lwalk *w, bool *done)
{
	struct venv *env = w->w.env;
	struct verdict *out = w->w.out;
	uint32_t pc = w->cur.state->insn, frame = w->cur.state->curframe;
	enum verr err;

	out->pc = pc;
	if (++out->processed > w->w.budget)
		return verr_fail(w->w.step, V_TOO_COMPLEX, -1, w->w.budget + 1);
	w->rec = NULL;
	if (env->opts.record && !w->cur.state->speculative)
		record(w);
	if (w->at[pc] & AT_PRUNE) {
		switch (prune_visit(w)) {
		case PRUNE_SAFE:
			env->aux[pc] |= AUX_PRUNED_HERE;
			out->rec.pruned = true;
			walk_log_safe(&w->w, w->cur.state);
			*done = true;
			return V_OK;
		case PRUNE_LOOP:
			return verr_fail(w->w.step, V_INFINITE_LOOP, -1, pc);
		case PRUNE_GO_ON:
			break;
		}
	}
	/* What a barrier stops is not executed. */
	if (!w->cur.state->speculative || !(env->aux[pc] & AUX_BARRIER))
		w->jumps += kind_jumps(insn_row(env->id[pc])->kind);
	err = walk_step(&w->w, w->cur.state);
	if (err)
		return err;
	return follow(w, pc, frame, done);
}

enum verr walk_linux(struct venv *env, struct step *step, struct verdict *out)
{
	struct lwalk w = { .loops = false };
	enum verr err;
	bool done;

	walk_init(&w.w, env, step, out);
	w.w.stepped = note_demands;
	w.every = env->opts.record || env->log;
	mark_places(&w);
	scc_compute(&w);
	w.bucket = arena_alloc(env->arena, env->len * sizeof(*w.bucket));
	w.cur.state = walk_begin(&w.w);
	do {
		done = false;
		while (!done) {
			err = walk_insn(&w, &done);
			if (err)
				return err;
		}
	} while (next_path(&w));
	if (out->rec.pruned && out->rec.at)
		live_finish_records(env, &out->rec);
	return walk_finish(&w.w);
}
