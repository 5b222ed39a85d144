/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scc: loops that end before their states are done.
 *
 * A may_goto loop converges: some round is held by an earlier one on the same
 * path.  What matters behind that earlier one is not known yet, so the path that
 * ended in it is kept as a back edge of the loop.  Until the loop is done, its
 * states hold others only if all scalars and slots do.  Then the marks go round
 * the back edges until nothing changes.
 *
 * A loop is a strongly connected component of the insns of one subprogram; all
 * that is called from inside belongs to it.  Each way into it, told apart by the
 * calls that led there, is one visit.
 */
#include "verifier/walk_linux.h"

struct backedge {
	struct path path;
	const struct point *to;
	struct mark_record *rec;
	struct backedge *next;
};

struct visit {
	struct visit *next;
	struct point *entry;		/* the first one inside; NULL: done, or not begun */
	struct backedge *edges;
	uint32_t scc, ncall;
	uint32_t callsite[MAX_FRAMES];	/* that lead to it, from main */
};

/* ---- components (Tarjan 1972, without recursion) ------------------------- */

struct tarjan {
	struct lwalk *w;
	uint32_t *index, *low;		/* by slot; index 0: not seen */
	uint32_t *stack, top;		/* slots whose component is open */
	uint32_t *path, depth;		/* slots being visited */
	uint8_t *edge;			/* by slot: the next edge to look at */
	bool *open;			/* by slot: on stack */
	uint32_t next_index, nscc;
};

/* The slot that edge n leads to, within the subprogram; -1: none. */
static int64_t successor(const struct venv *env, uint32_t pc, uint32_t n)
{
	uint8_t id = env->id[pc];

	switch (insn_row(id)->kind) {
	case K_EXIT:
		return -1;
	case K_JA:
		return n ? -1 : insn_target(env->insn, id, pc);
	case K_JMP_K: case K_JMP_X: case K_MAY_GOTO:
		return n == 0 ? (int64_t)pc + 1 : n == 1 ? insn_target(env->insn, id, pc) : -1;
	default:
		return n ? -1 : (int64_t)pc + insn_slots(id);
	}
}

static void tarjan_open(struct tarjan *t, uint32_t pc)
{
	t->index[pc] = t->low[pc] = ++t->next_index;
	t->stack[t->top++] = pc;
	t->path[t->depth++] = pc;
	t->open[pc] = true;
}

/* All that was reached from pc is seen: pops a component if pc is its root. */
static void tarjan_close(struct tarjan *t, uint32_t pc)
{
	const struct venv *env = t->w->w.env;
	bool loop = t->stack[t->top - 1] != pc || successor(env, pc, 0) == pc ||
		    successor(env, pc, 1) == pc;
	uint32_t at;

	if (t->depth && t->low[t->path[t->depth - 1]] > t->low[pc])
		t->low[t->path[t->depth - 1]] = t->low[pc];
	if (t->low[pc] != t->index[pc])
		return;
	t->nscc += loop;
	do {
		at = t->stack[--t->top];
		t->open[at] = false;
		t->w->scc[at] = loop ? t->nscc : 0;
	} while (at != pc);
}

static void tarjan_walk(struct tarjan *t, uint32_t from)
{
	tarjan_open(t, from);
	while (t->depth) {
		uint32_t pc = t->path[t->depth - 1];
		int64_t to = successor(t->w->w.env, pc, t->edge[pc]);

		if (to < 0) {
			t->depth--;
			tarjan_close(t, pc);
			continue;
		}
		t->edge[pc]++;
		if (!t->index[to])
			tarjan_open(t, (uint32_t)to);
		else if (t->open[to] && t->low[pc] > t->index[to])
			t->low[pc] = t->index[to];
	}
}

void scc_compute(struct lwalk *w)
{
	struct arena *a = w->w.env->arena;
	uint32_t len = w->w.env->len;
	struct tarjan t = { .w = w };

	if (!w->loops && !w->w.env->log)
		return;
	w->scc = arena_alloc(a, len * sizeof(*w->scc));
	t.index = arena_alloc(a, len * sizeof(*t.index));
	t.low = arena_alloc(a, len * sizeof(*t.low));
	t.stack = arena_raw(a, len * sizeof(*t.stack));
	t.path = arena_raw(a, len * sizeof(*t.path));
	t.edge = arena_alloc(a, len);
	t.open = arena_alloc(a, len * sizeof(*t.open));
	for (uint32_t i = 0; i < w->w.env->nsub; i++)
		tarjan_walk(&t, w->w.env->sub[i].start);
	w->w.env->loop = w->scc;
}

/* ---- visits -------------------------------------------------------------- */

/* The outermost loop that the state is in, and the calls that led to it. */
static bool visit_key(const struct lwalk *w, const struct vstate *s, struct visit *key)
{
	memset(key, 0, sizeof(*key));
	for (uint32_t i = 0; i <= s->curframe; i++) {
		uint32_t pc = i < s->curframe ? s->frame[i + 1]->callsite : s->insn;

		if (w->scc[pc]) {
			key->scc = w->scc[pc];
			return true;
		}
		key->callsite[key->ncall++] = pc;
	}
	return false;
}

static struct visit *visit_find(const struct lwalk *w, const struct vstate *s)
{
	struct visit key;

	if (!w->scc || !visit_key(w, s, &key))
		return NULL;
	for (struct visit *v = w->visits; v; v = v->next)
		if (v->scc == key.scc && v->ncall == key.ncall &&
		    !memcmp(v->callsite, key.callsite, sizeof(key.callsite)))
			return v;
	return NULL;
}

void scc_enter(struct lwalk *w, struct point *p)
{
	struct visit *v = visit_find(w, p->state), key;

	if (!w->scc || (!v && !visit_key(w, p->state, &key)))
		return;
	if (!v) {
		v = arena_dup(w->w.env->arena, &key, sizeof(key));
		v->next = w->visits;
		w->visits = v;
	}
	if (!v->entry)
		v->entry = p;
}

bool scc_incomplete(const struct lwalk *w, const struct point *p)
{
	const struct visit *v = visit_find(w, p->state);

	return v && v->edges;
}

/* ---- back edges ---------------------------------------------------------- */

void scc_backedge(struct lwalk *w, const struct point *p)
{
	struct visit *v = visit_find(w, p->state);
	struct backedge *b;

	assert(v && v->entry);
	b = arena_raw(w->w.env->arena, sizeof(*b));
	b->path = w->cur;
	b->path.state = NULL;		/* only its history is needed */
	b->to = p;
	b->rec = w->rec;
	b->next = v->edges;
	v->edges = b;
}

static bool edge_inherit(struct lwalk *w, const struct backedge *b)
{
	bool news = precision_inherit(w, b->to, &b->path, b->rec);

	return live_inherit(b->to, &b->path, b->rec, w->w.env) | news;
}

void scc_exit(struct lwalk *w, struct point *p)
{
	struct visit *v = visit_find(w, p->state);
	bool news = true;

	if (!v || v->entry != p)
		return;
	for (uint32_t round = 0; v->edges && news; round++) {
		news = false;
		for (const struct backedge *b = v->edges; b; b = b->next) {
			if (round == BACKEDGE_ROUNDS)
				precision_give_up(w, &b->path);
			news |= edge_inherit(w, b);
		}
	}
	v->entry = NULL;
	v->edges = NULL;
}
