/* SPDX-License-Identifier: Apache-2.0 */
/*
 * walk_exact: depth first over all paths.  A path ends early only where an
 * older state, all of whose own paths were explored, contains the current one
 * with every scalar taken as precise.  So every concrete run lies, insn by
 * insn, in the states that were recorded.
 *
 * Loops are unrolled.  A state that is equal to one on its own path is an
 * infinite loop; what may_goto bounds is widened instead.
 */
#include "verifier/walk.h"

enum {
	MAX_NODES = 32,		/* states kept for comparison, per slot */
	WIDEN_AFTER = 32,	/* rounds of a may_goto loop */
};

/* A state at a place where paths meet, and how many of its continuations are open. */
struct node {
	struct vstate *state;
	struct digest digest;
	struct node *parent;	/* the node before it on its path */
	struct node *next;	/* older, same slot */
	struct node *back;	/* the oldest node that may_goto loops lead back to from here */
	uint32_t open, number;
	bool listed;		/* in at[], or only the anchor of its slot, or just part of a path */
};

/* The taken edge of a branch, for later. */
struct pending {
	struct vstate *state;
	struct node *parent;
	uint32_t from;		/* the insn that branched */
	size_t log;		/* how much had been logged */
	struct pending *next;
};

struct xwalk {
	struct walker w;
	struct vstate *cur;
	struct node *parent;
	struct pending *pending, *free;
	uint32_t npending;
	struct node **at;	/* by slot */
	uint8_t *nodes;		/* by slot: how many */
	uint32_t *visits;
	struct node **anchor;	/* by slot: an on-path state that stays for a while */
	bool live_only;		/* some comparison left out dead registers */
};

/* ---- records ------------------------------------------------------------- */

static void keep_record(struct xwalk *w)
{
	uint32_t pc = w->cur->insn;
	struct record *r;

	if (!walk_may_record(&w->w, pc))
		return;
	r = arena_raw(w->w.env->arena, sizeof(*r));
	r->state = state_copy(w->w.env, w->cur);
	r->next = w->w.out->rec.at[pc];
	w->w.out->rec.at[pc] = r;
}

/*
 * Somewhere a state was found to be contained but for its dead registers: what
 * the records say of dead registers then need not hold for that path.
 */
static void forget_dead(const struct venv *env, struct vstate *s, uint32_t pc)
{
	for (uint32_t i = 0; i <= s->curframe; i++) {
		uint32_t at = i < s->curframe ? s->frame[i + 1]->callsite + 1 : pc;
		struct func_state *f = frame_own(env, s, i);

		for (uint32_t dead = ~env->live[at] & ((1u << REG_FP) - 1); dead; dead &= dead - 1)
			f->reg[__builtin_ctz(dead)].type = T_NOT_INIT;
	}
}

static void records_forget_dead(struct xwalk *w)
{
	for (uint32_t pc = 0; pc < w->w.env->len; pc++)
		for (struct record *r = w->w.out->rec.at[pc]; r; r = r->next)
			forget_dead(w->w.env, (struct vstate *)r->state, pc);
}

/* ---- nodes --------------------------------------------------------------- */

static void node_close(struct node *n)
{
	while (n && !--n->open)
		n = n->parent;
}

static void live_masks(const struct venv *env, const struct vstate *s, uint16_t live[MAX_FRAMES])
{
	for (uint32_t i = 0; i <= s->curframe; i++)
		live[i] = env->live[i < s->curframe ? s->frame[i + 1]->callsite + 1 : s->insn];
}

enum match { MATCH_NONE, MATCH_PRUNE, MATCH_LOOP };

/* What was explored since node to (an ancestor) is finite only because of may_goto. */
static void depends_on(struct xwalk *w, struct node *to)
{
	for (struct node *n = w->parent; n && n != to; n = n->parent)
		if (!n->back || !n->back->open || n->back->number > to->number)
			n->back = to;
}

/*
 * cur is contained in the state of n.  Why paths end: a run passes may_goto a
 * bounded number of times, so in its tail the depth stays.  Going back to a
 * node on the own path takes depth away.  What was explored before is finite by
 * itself, or (back is still open) only together with loops on this path: then
 * no depth may come in, or a round without may_goto would pass for finite.
 */
static enum match node_covers(struct xwalk *w, struct node *n, const uint16_t *live)
{
	const struct vstate *cur = w->cur, *old = n->state;

	if (n->open) {
		if (cur->may_goto_depth > old->may_goto_depth) {
			depends_on(w, n);
			return MATCH_PRUNE;
		}
		/* The same state again without an end in sight, or just a smaller one. */
		return state_repeats(w->w.env, old, cur, live) ? MATCH_LOOP : MATCH_NONE;
	}
	if (n->back && n->back->open) {
		if (cur->may_goto_depth < old->may_goto_depth)
			return MATCH_NONE;
		depends_on(w, n->back);
	}
	return MATCH_PRUNE;
}

static enum match node_match(struct xwalk *w, struct node *n, struct digest *cur,
			     const uint16_t *live)
{
	enum match m;

	/* What was found on a speculative path was perhaps not refused, but fenced off. */
	if (n->state->speculative && !w->cur->speculative)
		return MATCH_NONE;
	if (digest_differs(digest_of(&n->digest, n->state), digest_of(cur, w->cur),
			   live[w->cur->curframe], UINT16_MAX, false) ||
	    !state_contains(w->w.env, n->state, w->cur, live))
		return MATCH_NONE;
	m = node_covers(w, n, live);
	if (m == MATCH_PRUNE && !w->live_only && w->w.out->rec.at &&
	    !state_contains(w->w.env, n->state, w->cur, NULL))
		w->live_only = true;
	return m;
}

/* Nothing will be compared with this state any more. */
static void node_forget(struct xwalk *w, struct node *n)
{
	if (n->listed || n == w->anchor[n->state->insn])
		return;
	state_free(w->w.env, n->state);
	n->state = NULL;
}

static void node_keep(struct xwalk *w, const struct digest *digest)
{
	uint32_t pc = w->cur->insn;
	struct node *n = arena_raw(w->w.env->arena, sizeof(*n)), **last;

	n->state = state_copy(w->w.env, w->cur);
	n->digest = *digest;
	n->parent = w->parent;
	n->back = NULL;
	n->listed = true;
	n->number = w->w.out->states;
	n->open = 1;
	n->next = w->at[pc];
	w->at[pc] = n;
	w->parent = n;
	w->w.out->states++;
	if (w->nodes[pc] < MAX_NODES) {
		w->nodes[pc]++;
		return;
	}
	for (last = &n->next; (*last)->next; last = &(*last)->next)
		;
	(*last)->listed = false;
	node_forget(w, *last);
	*last = NULL;
}

/*
 * Cycles longer than the list of nodes are found by one that stays until the
 * number of visits has doubled (Brent).
 */
static enum match nodes_match(struct xwalk *w)
{
	uint32_t pc = w->cur->insn, visits = ++w->visits[pc];
	struct digest digest = { .made = false };
	uint16_t live[MAX_FRAMES];
	enum match m;

	live_masks(w->w.env, w->cur, live);
	for (struct node *n = w->at[pc]; n; n = n->next) {
		m = node_match(w, n, &digest, live);
		if (m)
			return m;
	}
	if (visits > MAX_NODES && w->anchor[pc]) {
		m = node_match(w, w->anchor[pc], &digest, live);
		if (m)
			return m;
	}
	node_keep(w, &digest);
	if (!(visits & (visits - 1))) {
		struct node *old = w->anchor[pc];

		w->anchor[pc] = w->at[pc];
		if (old)
			node_forget(w, old);
	}
	if (visits > w->w.out->max_states_per_insn)
		w->w.out->max_states_per_insn = visits;
	return MATCH_NONE;
}

/* ---- may_goto ------------------------------------------------------------ */

static void widen_reg(struct reg_state *r, const struct reg_state *was)
{
	if (r->type != T_SCALAR || was->type != T_SCALAR ||
	    !memcmp(&r->s, &was->s, sizeof(r->s)))
		return;
	reg_unknown(r);
}

/*
 * The counter of a may_goto loop is not seen, so such a loop is unrolled only
 * for a while: then all that changes from round to round becomes unknown.
 */
static void widen(struct xwalk *w)
{
	const struct vstate *was = NULL;
	struct reg_iter it = { 0, 0 }, old = { 0, 0 };
	const struct reg_state *r, *o;

	for (const struct node *n = w->at[w->cur->insn]; n && !was; n = n->next)
		if (n->open && n->state->curframe == w->cur->curframe)
			was = n->state;
	if (!was)
		return;
	for (;;) {
		r = reg_iter_next(w->cur, &it);
		o = reg_iter_next(was, &old);
		if (!r || !o || it.frame != old.frame || it.i != old.i)
			return;
		widen_reg(reg_iter_own(w->w.env, w->cur, &it), o);
	}
}

/* ---- the walk ------------------------------------------------------------ */

/* This path is done: go on with the youngest branch that waits.  False: there is none. */
static bool next_path(struct xwalk *w)
{
	struct pending *p = w->pending;

	walk_track_stack(&w->w, w->cur);
	state_free(w->w.env, w->cur);
	w->cur = NULL;
	node_close(w->parent);
	if (!p)
		return false;
	w->cur = p->state;
	w->parent = p->parent;
	walk_resume(&w->w, p->from, p->log);
	w->pending = p->next;
	p->next = w->free;
	w->free = p;
	w->npending--;
	return true;
}

static enum verr push_branch(struct xwalk *w, struct vstate *other)
{
	struct pending *p = w->free;

	if (w->npending >= MAX_PENDING)
		return verr_fail(w->w.step, V_TOO_MANY_BRANCHES, -1, w->npending);
	if (p)
		w->free = p->next;
	else
		p = arena_raw(w->w.env->arena, sizeof(*p));
	p->state = other;
	p->from = w->w.out->pc;
	p->log = vlog_mark(w->w.env->log);
	p->parent = w->parent;
	p->next = w->pending;
	w->pending = p;
	if (w->parent)
		w->parent->open++;
	if (++w->npending > w->w.out->peak_states)
		w->w.out->peak_states = w->npending;
	return V_OK;
}

/* Is an older state as good as this one?  Else it is kept. */
static enum verr walk_point(struct xwalk *w, bool *done)
{
	struct venv *env = w->w.env;
	uint32_t pc = w->cur->insn;

	if (!(env->aux[pc] & AUX_PRUNE_POINT))
		return V_OK;
	if (env->id[pc] == I_MAY_GOTO && w->cur->may_goto_depth > WIDEN_AFTER)
		widen(w);
	switch (nodes_match(w)) {
	case MATCH_PRUNE:
		env->aux[pc] |= AUX_PRUNED_HERE;
		walk_log_safe(&w->w, w->cur);
		*done = true;
		break;
	case MATCH_LOOP:
		return verr_fail(w->w.step, V_INFINITE_LOOP, -1, pc);
	case MATCH_NONE:
		break;
	}
	return V_OK;
}

/* One insn of the current path.  *done: the path has ended. */
static enum verr walk_insn(struct xwalk *w, bool *done)
{
	struct venv *env = w->w.env;
	struct verdict *out = w->w.out;
	uint32_t pc = w->cur->insn;
	enum verr err;

	out->pc = pc;
	if (++out->processed > w->w.budget)
		return verr_fail(w->w.step, V_TOO_COMPLEX, -1, w->w.budget + 1);
	err = walk_point(w, done);
	if (err || *done)
		return err;
	if (env->opts.record && !w->cur->speculative)
		keep_record(w);
	err = walk_step(&w->w, w->cur);
	if (!err && w->w.step->mispredicted)
		err = push_branch(w, w->w.step->mispredicted);
	if (!err && w->w.step->flow == FLOW_BRANCH)
		err = push_branch(w, w->w.step->other);
	*done = w->w.step->flow == FLOW_EXIT || w->w.ended;
	return err;
}

enum verr walk_exact(struct venv *env, struct step *step, struct verdict *out)
{
	struct xwalk w = { .live_only = false };
	struct arena *a = env->arena;
	uint32_t n = env->len;
	enum verr err;
	bool done;

	walk_init(&w.w, env, step, out);
	w.at = arena_alloc(a, n * sizeof(*w.at));
	w.anchor = arena_alloc(a, n * sizeof(*w.anchor));
	w.nodes = arena_alloc(a, n);
	w.visits = arena_alloc(a, n * sizeof(*w.visits));
	w.cur = walk_begin(&w.w);
	do {
		done = false;
		while (!done) {
			err = walk_insn(&w, &done);
			if (err)
				return err;
		}
	} while (next_path(&w));
	vlog_forget(env->log, 0);
	if (w.live_only)
		records_forget_dead(&w);
	return walk_finish(&w.w);
}
