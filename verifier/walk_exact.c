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
#include "verifier/internal.h"

enum {
	MAX_RECORDS = 64,	/* per slot, by default */
	MAX_NODES = 32,		/* states kept for comparison, per slot */
	WIDEN_AFTER = 32,	/* rounds of a may_goto loop */
};

/* A state at a place where paths meet, and how many of its continuations are open. */
struct node {
	struct vstate *state;
	struct node *parent;	/* the node before it on its path */
	struct node *next;	/* older, same slot */
	uint32_t open;
};

/* The taken edge of a branch, for later. */
struct pending {
	struct vstate *state;
	struct node *parent;
	uint32_t from;		/* the insn that branched */
	size_t log;		/* how much had been logged */
	struct pending *next;
};

struct walk_state {
	struct venv *env;
	struct step *step;
	struct verdict *out;
	struct vstate *cur;
	struct node *parent;
	struct pending *pending, *free;
	uint32_t npending;
	struct node **at;	/* by slot */
	uint8_t *nodes;		/* by slot: how many */
	uint32_t *visits;
	struct node **anchor;	/* by slot: an on-path state that stays for a while */
	uint8_t *mem_type;	/* by slot: pointer type seen, 0 none */
	uint64_t *mask;		/* by slot: step.mask seen; NULL with CAP_PERFMON */
	uint32_t *depth;	/* by subprog: slots of stack */
	uint32_t max_records, budget;
	uint32_t from;		/* the insn before cur->insn */
	bool fresh;		/* cur begins a path, or goes on after a call: the log shows it */
	bool popped;		/* of these: it waited */
	bool live_only;		/* some comparison left out dead registers */
};

/* ---- records ------------------------------------------------------------------------ */

static void keep_record(struct walk_state *w)
{
	struct records *rec = &w->out->rec;
	uint32_t pc = w->cur->insn;
	struct record *r;

	if (rec->count[pc]++ >= w->max_records) {
		rec->overflow = true;
		return;
	}
	r = arena_raw(w->env->arena, sizeof(*r));
	r->state = state_copy(w->env, w->cur);
	r->next = rec->at[pc];
	rec->at[pc] = r;
}

/*
 * Somewhere a state was found to be contained but for its dead registers: what
 * the records say of dead registers then need not hold for that path.
 */
static void records_forget_dead(struct walk_state *w)
{
	struct records *rec = &w->out->rec;

	for (uint32_t pc = 0; pc < w->env->len; pc++) {
		for (struct record *r = rec->at[pc]; r; r = r->next) {
			struct vstate *s = (struct vstate *)r->state;

			for (uint32_t i = 0; i <= s->curframe; i++) {
				uint32_t at = i < s->curframe ? s->frame[i + 1]->callsite + 1 : pc;
				struct func_state *f = frame_own(w->env, s, i);

				for (uint32_t reg = 0; reg < REG_FP; reg++)
					if (!(w->env->live[at] >> reg & 1))
						memset(&f->reg[reg], 0, sizeof(f->reg[reg]));
			}
		}
	}
}

/* ---- nodes ----------------------------------------------------------------------------- */

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

static enum match node_match(struct walk_state *w, const struct node *n, const uint16_t *live)
{
	const struct vstate *cur = w->cur, *old = n->state;

	if (!state_contains(w->env, old, cur, live))
		return MATCH_NONE;
	if (n->open && old->may_goto_depth == cur->may_goto_depth) {
		/* The same state again without an end in sight, or just a smaller one. */
		if (state_contains(w->env, cur, old, live))
			return MATCH_LOOP;
		return MATCH_NONE;
	}
	if (!w->live_only && w->out->rec.at && !state_contains(w->env, old, cur, NULL))
		w->live_only = true;
	return MATCH_PRUNE;
}

static void node_keep(struct walk_state *w)
{
	uint32_t pc = w->cur->insn;
	struct node *n = arena_raw(w->env->arena, sizeof(*n)), **last;

	n->state = state_copy(w->env, w->cur);
	n->parent = w->parent;
	n->open = 1;
	n->next = w->at[pc];
	w->at[pc] = n;
	w->parent = n;
	w->out->states++;
	if (w->nodes[pc] < MAX_NODES) {
		w->nodes[pc]++;
		return;
	}
	for (last = &n->next; (*last)->next; last = &(*last)->next)
		;
	*last = NULL;
}

/*
 * Cycles longer than the list of nodes are found by one that stays until the
 * number of visits has doubled (Brent).
 */
static enum match nodes_match(struct walk_state *w)
{
	uint32_t pc = w->cur->insn, visits = ++w->visits[pc];
	uint16_t live[MAX_FRAMES];
	enum match m;

	live_masks(w->env, w->cur, live);
	for (struct node *n = w->at[pc]; n; n = n->next) {
		m = node_match(w, n, live);
		if (m)
			return m;
	}
	if (visits > MAX_NODES && w->anchor[pc]) {
		m = node_match(w, w->anchor[pc], live);
		if (m)
			return m;
	}
	node_keep(w);
	if (!(visits & (visits - 1)))
		w->anchor[pc] = w->at[pc];
	if (visits > w->out->max_states_per_insn)
		w->out->max_states_per_insn = visits;
	return MATCH_NONE;
}

/* ---- may_goto --------------------------------------------------------------------------------- */

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
static void widen(struct walk_state *w)
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
		widen_reg(reg_iter_own(w->env, w->cur, &it), o);
	}
}

/* ---- the walk ----------------------------------------------------------------------------------- */

/* Frames only grow: what they have at the end, or when they are left, is their depth. */
static void track_stack(struct walk_state *w)
{
	const struct vstate *s = w->cur;

	for (uint32_t i = 0; i <= s->curframe; i++)
		if (w->depth[s->frame[i]->subprog] < s->frame[i]->nslot)
			w->depth[s->frame[i]->subprog] = s->frame[i]->nslot;
}

/* This path is done: go on with the youngest branch that waits.  False: there is none. */
static bool next_path(struct walk_state *w)
{
	struct pending *p = w->pending;

	track_stack(w);
	state_free(w->env, w->cur);
	w->cur = NULL;
	node_close(w->parent);
	if (!p)
		return false;
	w->cur = p->state;
	w->parent = p->parent;
	w->from = p->from;
	w->fresh = w->popped = true;
	vlog_forget(w->env->log, p->log);
	w->pending = p->next;
	p->next = w->free;
	w->free = p;
	w->npending--;
	return true;
}

static enum verr push_branch(struct walk_state *w, struct vstate *other)
{
	struct pending *p = w->free;

	if (w->npending >= MAX_PENDING)
		return verr_fail(w->step, V_TOO_MANY_BRANCHES, -1, w->npending);
	if (p)
		w->free = p->next;
	else
		p = arena_raw(w->env->arena, sizeof(*p));
	p->state = other;
	p->from = w->out->pc;
	p->log = vlog_mark(w->env->log);
	p->parent = w->parent;
	p->next = w->pending;
	w->pending = p;
	if (w->parent)
		w->parent->open++;
	if (++w->npending > w->out->peak_states)
		w->out->peak_states = w->npending;
	return V_OK;
}

static bool type_is_rewritten(uint8_t type)
{
	switch (type) {
	case T_CTX: case T_SOCKET: case T_SOCK_COMMON: case T_TCP_SOCK: case T_XDP_SOCK:
	case T_BTF_ID: case T_ARENA:
		return true;
	default:
		return false;
	}
}

/* Accesses that are rewritten by the type of the pointer allow one type only. */
static enum verr one_type(struct walk_state *w, uint32_t pc)
{
	uint8_t type = w->step->mem_type, *was = &w->mem_type[pc];

	if (!type || *was == type)
		return V_OK;
	if (*was && (type_is_rewritten(type) || type_is_rewritten(*was)))
		return verr_fail(w->step, V_MIXED_POINTERS, -1);
	*was = type;
	return V_OK;
}

static void scalar_join(struct scalar *a, const struct scalar *b)
{
	a->var = tnum_join(a->var, b->var);
	a->umin = a->umin < b->umin ? a->umin : b->umin;
	a->umax = a->umax > b->umax ? a->umax : b->umax;
	a->smin = a->smin < b->smin ? a->smin : b->smin;
	a->smax = a->smax > b->smax ? a->smax : b->smax;
	a->u32min = a->u32min < b->u32min ? a->u32min : b->u32min;
	a->u32max = a->u32max > b->u32max ? a->u32max : b->u32max;
	a->s32min = a->s32min < b->s32min ? a->s32min : b->s32min;
	a->s32max = a->s32max > b->s32max ? a->s32max : b->s32max;
}

/* Additions that are masked at run time need one mask. */
static enum verr one_mask(struct walk_state *w, uint32_t pc)
{
	uint64_t mask = w->step->mask;
	uint32_t dst = w->env->insn[pc].dst;

	if (!mask || w->mask[pc] == mask)
		return V_OK;
	if (w->mask[pc])
		return verr_fail(w->step, V_MASK_PATHS, (int)dst, dst);
	w->mask[pc] = mask;
	return V_OK;
}

static void join_return(struct walk_state *w)
{
	const struct reg_state *r = state_reg(w->cur, 0);
	struct verdict *out = w->out;

	if (r->type != T_SCALAR)
		out->ret = scalar_unknown();
	else if (!out->ret_known)
		out->ret = r->s;
	else
		scalar_join(&out->ret, &r->s);
	out->ret_known = true;
}

static void log_pruned(struct walk_state *w)
{
	struct vlog *l = w->env->log;

	if (l && w->fresh)
		vlog_printf(l, "\nfrom %u to %u: safe\n", w->from, w->cur->insn);
	else if (l)
		vlog_printf(l, "%u: safe\n", w->cur->insn);
}

/* Is an older state as good as this one?  Else it is kept. */
static enum verr walk_point(struct walk_state *w, bool *done)
{
	struct venv *env = w->env;
	uint32_t pc = w->cur->insn;

	if (!(env->aux[pc] & AUX_PRUNE_POINT))
		return V_OK;
	if (env->id[pc] == I_MAY_GOTO && w->cur->may_goto_depth > WIDEN_AFTER)
		widen(w);
	switch (nodes_match(w)) {
	case MATCH_PRUNE:
		env->aux[pc] |= AUX_PRUNED_HERE;
		log_pruned(w);
		*done = true;
		break;
	case MATCH_LOOP:
		return verr_fail(w->step, V_INFINITE_LOOP, -1, pc);
	case MATCH_NONE:
		break;
	}
	return V_OK;
}

/* The step, with what the log says of it. */
static enum verr walk_step(struct walk_state *w)
{
	struct venv *env = w->env;
	struct vlog *l = env->log;
	uint32_t pc = w->cur->insn;
	struct vstate *before = NULL;
	enum verr err;

	if (!l)
		return verifier_step(env, w->cur, w->step);
	if (w->fresh)
		vlog_from(l, env, w->cur, w->from, w->popped);
	w->fresh = w->popped = false;
	vlog_insn(l, env, pc);
	if (env->id[pc] == I_EXIT && w->cur->curframe)
		before = state_copy(env, w->cur);
	err = verifier_step(env, w->cur, w->step);
	if (!err)
		vlog_step(l, env, w->cur, pc, w->step);
	if (!err && before) {
		vlog_return(l, env, before, w->cur);
		w->fresh = true;
	}
	if (before)
		state_free(env, before);
	return err;
}

/* One insn of the current path.  *done: the path has ended. */
static enum verr walk_insn(struct walk_state *w, bool *done)
{
	struct venv *env = w->env;
	uint32_t pc = w->cur->insn;
	enum verr err;

	w->out->pc = pc;
	if (++w->out->processed > w->budget)
		return verr_fail(w->step, V_TOO_COMPLEX, -1, w->budget + 1);
	err = walk_point(w, done);
	if (err || *done)
		return err;
	env->aux[pc] |= AUX_SEEN;
	if (env->opts.record)
		keep_record(w);
	if (env->id[pc] == I_EXIT)
		track_stack(w);
	err = walk_step(w);
	if (!err)
		err = one_type(w, pc);
	if (!err && w->mask)
		err = one_mask(w, pc);
	if (err)
		return err;
	if (w->step->ctx_ptr)
		env->aux[pc] |= AUX_CTX_PTR;
	w->from = pc;
	if (w->step->flow == FLOW_BRANCH)
		return push_branch(w, w->step->other);
	if (w->step->flow == FLOW_EXIT) {
		join_return(w);
		*done = true;
	}
	return V_OK;
}

static void walk_init(struct walk_state *w)
{
	struct venv *env = w->env;
	struct arena *a = env->arena;
	uint32_t n = env->len;

	w->at = arena_alloc(a, n * sizeof(*w->at));
	w->anchor = arena_alloc(a, n * sizeof(*w->anchor));
	w->nodes = arena_alloc(a, n);
	w->mem_type = arena_alloc(a, n);
	w->visits = arena_alloc(a, n * sizeof(*w->visits));
	if (!env->perfmon)
		w->mask = arena_alloc(a, n * sizeof(*w->mask));
	w->depth = arena_alloc(a, env->nsub * sizeof(*w->depth));
	w->budget = env->opts.max_insns ? env->opts.max_insns : BUDGET;
	w->max_records = env->opts.max_records ? env->opts.max_records : MAX_RECORDS;
	if (env->opts.record) {
		w->out->rec.at = arena_alloc(a, n * sizeof(*w->out->rec.at));
		w->out->rec.count = arena_alloc(a, n * sizeof(*w->out->rec.count));
	}
}

enum verr walk_exact(struct venv *env, struct step *step, struct verdict *out)
{
	struct walk_state w = { .env = env, .step = step, .out = out };
	enum verr err;
	bool done;

	walk_init(&w);
	w.cur = venv_entry(env, 0);
	if (env->log) {
		vlog_head(env->log, env);
		vlog_state(env->log, env, w.cur);
	}
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
	for (uint32_t i = 0; i < MAX_FRAMES && i < env->nsub; i++)
		out->stack[i] = w.depth[i] * 8;
	return depth_check(env, w.depth, step);
}
