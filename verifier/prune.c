/* SPDX-License-Identifier: Apache-2.0 */
/*
 * prune: which states are kept, which one holds another, which are dropped.
 *
 * Where paths meet, the current state is compared with those kept there.  One
 * that was explored to the end and holds it ends the path: all that could come
 * was seen.  Dead registers and slots are not compared, nor are scalars that
 * do not matter (see liveness.c, precision.c).  One on the current path itself
 * that is the same is an infinite loop.
 *
 * When to keep a state, and when to drop one that is never hit, changes no
 * verdict but for the budget; the rules are those of Linux, so that the budget
 * means the same.
 */
#include "verifier/walk_linux.h"

/* ---- ids ----------------------------------------------------------------- */

enum { MAX_IDS = 256 };

struct idmap {
	bool exact;		/* one-to-one; else cur may know of more equalities than old */
	bool limits;		/* see struct venv */
	uint32_t n, fresh;
	struct {
		uint32_t old, cur;
	} e[MAX_IDS];
};

/* Ids are names: what old says of the things of one name must hold in cur. */
static bool id_fits(struct idmap *m, uint32_t old, uint32_t cur)
{
	for (uint32_t i = 0; i < m->n; i++) {
		if (m->e[i].old == old)
			return m->e[i].cur == cur;
		if (m->exact && m->e[i].cur == cur)
			return false;
	}
	if (m->n == MAX_IDS)
		return false;
	m->e[m->n].old = old;
	m->e[m->n++].cur = cur;
	return true;
}

/* Both have a name, or none has. */
static bool id_both(struct idmap *m, uint32_t old, uint32_t cur)
{
	if (!old || !cur)
		return old == cur;
	return id_fits(m, old, cur);
}

/* A scalar of cur without a name is equal to nothing else. */
static bool id_scalar(struct idmap *m, const struct reg_state *old, const struct reg_state *cur)
{
	if (!old->id)
		return true;
	if (!cur->id)
		return id_fits(m, old->id, ++m->fresh | 1u << 31);
	return old->has_delta == cur->has_delta && old->delta == cur->delta &&
	       id_fits(m, old->id, cur->id);
}

/* ---- registers ----------------------------------------------------------- */

static bool reg_same(struct idmap *m, const struct reg_state *old, const struct reg_state *cur)
{
	return old->type == cur->type && old->flags == cur->flags && old->off == cur->off &&
	       old->map == cur->map && old->has_delta == cur->has_delta &&
	       old->delta == cur->delta && !memcmp(&old->s, &cur->s, sizeof(old->s)) &&
	       id_both(m, old->id, cur->id) && id_both(m, old->ref, cur->ref) &&
	       id_both(m, old->map_uid, cur->map_uid);
}

static bool pointer_holds(struct idmap *m, const struct reg_state *old, const struct reg_state *cur)
{
	if (old->off != cur->off)
		return false;
	if (type_is_packet(old->type)) {
		/* The marks below zero name one case each: they compare only as equal. */
		if (old->range < 0 || cur->range < 0 ? old->range != cur->range
						     : old->range > cur->range)
			return false;
	} else if (old->map != cur->map) {	/* or size, frame, subprog, btf */
		return false;
	}
	return scalar_subset(&old->s, &cur->s) && id_both(m, old->id, cur->id) &&
	       id_both(m, old->ref, cur->ref) && id_both(m, old->map_uid, cur->map_uid);
}

/* precise: the scalar matters. */
static bool reg_holds(struct idmap *m, const struct reg_state *old, const struct reg_state *cur,
		      bool precise)
{
	if (old->type == T_NOT_INIT)
		return true;
	if (old->type != cur->type)
		return false;
	if (old->type == T_SCALAR && m->limits)
		return !memcmp(&old->s, &cur->s, sizeof(old->s)) && id_scalar(m, old, cur);
	if (old->type == T_SCALAR)
		return !precise || (scalar_subset(&old->s, &cur->s) && id_scalar(m, old, cur));
	return old->flags == cur->flags && pointer_holds(m, old, cur);
}

/* ---- stack --------------------------------------------------------------- */

/* What a load of the low n bytes yields, if these are no spill of their own. */
static bool slot_bytes_value(const struct venv *env, const struct stack_slot *s, uint32_t n,
			     struct reg_state *out)
{
	bool zero = true;

	for (uint32_t b = 0; b < n; b++) {
		zero &= s->type[b] == SLOT_ZERO;
		if (s->type[b] != SLOT_MISC && s->type[b] != SLOT_ZERO &&
		    !(s->type[b] == SLOT_INVALID && env->perfmon))
			return false;
	}
	reg_scalar(out, zero ? scalar_const(0) : scalar_cast(scalar_unknown(), (uint8_t)n));
	return true;
}

static bool byte_holds(const struct venv *env, const struct stack_slot *old,
		       const struct stack_slot *cur, uint32_t b)
{
	uint8_t was = old->type[b], is = cur->type[b];

	switch (was) {
	case SLOT_INVALID:
		return true;
	case SLOT_MISC:
		/* Who may read invalid bytes and leak pointers reads the same of both. */
		if (env->perfmon)
			return is != SLOT_ITER && is != SLOT_DYNPTR;
		return is == SLOT_MISC || is == SLOT_ZERO ||
		       (is == SLOT_SPILL && cur->spill.type == T_SCALAR);
	default:
		return was == is;
	}
}

static bool slot_holds(const struct venv *env, struct idmap *m, const struct stack_slot *old,
		       const struct stack_slot *cur, bool precise)
{
	uint64_t was = slot_word(old);
	struct reg_state fake;
	uint32_t n = 0;

	if (was == slot_word(cur))
		return !slot_is_spill(old) || reg_holds(m, &old->spill, &cur->spill, precise);
	if (!was)	/* nothing is known of any byte */
		return true;
	if (slot_is_spill(old)) {
		n = slot_spilled(old);
		if (slot_is_spill(cur) && slot_spilled(cur) == n) {
			if (!reg_holds(m, &old->spill, &cur->spill, precise))
				return false;
		} else if (old->spill.type != T_SCALAR || !slot_bytes_value(env, cur, n, &fake) ||
			   !reg_holds(m, &old->spill, &fake, precise)) {
			return false;
		}
	}
	for (uint32_t b = n; b < 8; b++)
		if (!byte_holds(env, old, cur, b))
			return false;
	return true;
}

static bool slot_same(struct idmap *m, const struct stack_slot *old, const struct stack_slot *cur)
{
	return slot_word(old) == slot_word(cur) &&
	       (!slot_is_spill(old) || reg_same(m, &old->spill, &cur->spill));
}

/* ---- frames -------------------------------------------------------------- */

/* What of a frame is compared, and how. */
struct scope {
	enum compare how;
	uint16_t live, precise;
	uint64_t live_slots, precise_slots;
};

static const struct stack_slot *slot_of(const struct func_state *f, uint32_t i)
{
	static const struct stack_slot none;

	return i < f->nslot ? &f->slot[i] : &none;
}

static bool frame_same(struct idmap *m, const struct func_state *old, const struct func_state *cur,
		       uint16_t live)
{
	for (uint32_t r = 0; r < REG_FP; r++)
		if (live >> r & 1 && !reg_same(m, &old->reg[r], &cur->reg[r]))
			return false;
	/* Slots that only cur has are not compared: Linux calls that the same, too. */
	for (uint32_t i = 0; i < old->nslot; i++)
		if (!slot_same(m, &old->slot[i], slot_of(cur, i)))
			return false;
	return true;
}

static bool frame_holds(const struct venv *env, struct idmap *m, const struct func_state *old,
			const struct func_state *cur, const struct scope *c)
{
	if (old->callsite != cur->callsite || old->subprog != cur->subprog)
		return false;
	if (c->how == COMPARE_EXACT)
		return frame_same(m, old, cur, c->live);
	for (uint32_t r = 0; r < REG_FP; r++)
		if (c->live >> r & 1 &&
		    !reg_holds(m, &old->reg[r], &cur->reg[r], c->precise >> r & 1))
			return false;
	for (uint32_t i = 0; i < old->nslot; i++)
		if (c->live_slots >> i & 1 && !slot_holds(env, m, &old->slot[i], slot_of(cur, i),
							  c->precise_slots >> i & 1))
			return false;
	return true;
}

static bool held_fits(struct idmap *m, const struct vstate *old, const struct vstate *cur)
{
	if (old->nref != cur->nref || old->rcu_depth != cur->rcu_depth ||
	    old->preempt_depth != cur->preempt_depth || old->in_exception != cur->in_exception ||
	    old->callback_depth > cur->callback_depth || old->lock_map != cur->lock_map)
		return false;
	for (uint32_t i = 0; i < old->nref; i++)
		if (old->ref[i].kind != cur->ref[i].kind ||
		    !id_both(m, old->ref[i].id, cur->ref[i].id))
			return false;
	return id_both(m, old->active_lock, cur->active_lock) &&
	       id_both(m, old->irq_id, cur->irq_id);
}

bool prune_holds(const struct lwalk *w, const struct point *p, const struct vstate *cur,
		 const uint16_t *live, enum compare how)
{
	const struct venv *env = w->w.env;
	const struct vstate *old = p->state;
	struct scope c = { .how = how };
	struct idmap m;

	/* What was found on a speculative path was perhaps not refused, but fenced off. */
	if (old->curframe != cur->curframe || (old->speculative && !cur->speculative))
		return false;
	m.n = m.fresh = 0;
	m.exact = how == COMPARE_EXACT;
	m.limits = env->limits;
	if (!held_fits(&m, old, cur))
		return false;
	/* The current frame differs most often. */
	for (uint32_t i = old->curframe + 1; i-- > 0;) {
		bool all = how == COMPARE_RANGES || !env->bpf_capable;

		c.live = live[i];
		c.precise = all ? UINT16_MAX : p->precise.reg[i];
		c.precise_slots = all ? UINT64_MAX : p->precise.slot[i];
		c.live_slots = how == COMPARE_LOOSE ? p->read[i] : UINT64_MAX;
		if (!frame_holds(env, &m, old->frame[i], cur->frame[i], &c))
			return false;
	}
	return true;
}

/* ---- keeping and dropping ------------------------------------------------ */

/* States of one insn and callsite share a bucket, perhaps with others: see Linux's hash. */
static struct point **bucket_of(const struct lwalk *w, const struct vstate *s)
{
	return &w->bucket[(s->insn ^ s->frame[s->curframe]->callsite) % w->w.env->len];
}

static void point_free(struct lwalk *w, struct point *p)
{
	if (!p->evicted || p->open || scc_incomplete(w, p))
		return;
	state_free(w->w.env, p->state);
	p->next = w->free_points;
	w->free_points = p;
	w->nevicted--;
}

static void point_evict(struct lwalk *w, struct point **at)
{
	struct point *p = *at;

	*at = p->next;
	p->evicted = true;
	w->nkept--;
	w->nevicted++;
	point_free(w, p);
}

static void point_keep(struct lwalk *w, const struct digest *digest)
{
	struct verdict *out = w->w.out;
	struct point **bucket = bucket_of(w, w->cur.state);
	struct point *p = w->free_points;

	if (p)
		w->free_points = p->next;
	else
		p = arena_raw(w->w.env->arena, sizeof(*p));
	memset(p, 0, sizeof(*p));
	p->state = state_copy(w->w.env, w->cur.state);
	p->insn = w->cur.state->insn;
	p->digest = *digest;
	p->parent = w->cur.parent;
	p->hist = w->cur.hist;
	memcpy(p->written, w->cur.written, sizeof(p->written));
	p->open = 1;
	p->depth = p->parent ? p->parent->depth + 1 : 0;
	p->next = *bucket;
	*bucket = p;
	out->states++;
	if (++w->nkept + w->nevicted > out->peak_states)
		out->peak_states = w->nkept + w->nevicted;
	w->kept_jumps = w->jumps;
	w->kept_insns = out->processed;
	w->cur.parent = p;
	w->cur.hist = NULL;
	w->cur.length = 0;
	memset(w->cur.written, 0, sizeof(w->cur.written));
	scc_enter(w, p);
}

void prune_close(struct lwalk *w, struct point *p)
{
	while (p && !--p->open) {
		struct point *parent = p->parent;

		scc_exit(w, p);
		point_free(w, p);
		p = parent;
	}
}

/* ---- the visit ----------------------------------------------------------- */

struct visitor {
	uint16_t live[MAX_FRAMES];
	struct digest digest;
	bool force, keep;
};

enum match { MATCH_NONE, MATCH_SAFE, MATCH_PENDING, MATCH_LOOP };

/* As prune_holds(), which the digests may spare. */
static bool holds(const struct lwalk *w, struct point *p, struct visitor *v,
		  enum compare how)
{
	const struct vstate *cur = w->cur.state;
	uint32_t frame = cur->curframe, precise = p->precise.reg[frame];

	if (how == COMPARE_RANGES || !w->w.env->bpf_capable)
		precise = UINT16_MAX;
	return !digest_differs(digest_of(&p->digest, p->state), digest_of(&v->digest, cur),
			       v->live[frame], precise, how == COMPARE_EXACT) &&
	       prune_holds(w, p, cur, v->live, how);
}

/*
 * Before Linux looks closer, all registers of the frame must be the same, with
 * the dead ones, and by the same ids.
 */
static bool may_loop(const struct vstate *old, const struct vstate *cur)
{
	if (old->curframe != cur->curframe)
		return false;
	for (uint32_t r = 0; r < REG_FP; r++) {
		const struct reg_state *a = state_reg(old, r), *b = state_reg(cur, r);

		if (a->type != b->type || a->flags != b->flags || a->off != b->off ||
		    a->id != b->id || a->ref != b->ref || a->has_delta != b->has_delta ||
		    a->delta != b->delta || a->map != b->map || a->map_uid != b->map_uid ||
		    memcmp(&a->s, &b->s, sizeof(a->s)) != 0)
			return false;
	}
	return true;
}

/* Some path behind p is still open, so p is on the way to here. */
static enum match match_open(struct lwalk *w, struct point *p, struct visitor *v)
{
	const struct vstate *cur = w->cur.state;

	if (w->w.env->id[cur->insn] == I_MAY_GOTO &&
	    p->state->may_goto_depth != cur->may_goto_depth &&
	    holds(w, p, v, COMPARE_RANGES))
		return MATCH_PENDING;
	if (p->state->may_goto_depth == cur->may_goto_depth &&
	    p->state->callback_depth == cur->callback_depth && may_loop(p->state, cur) &&
	    holds(w, p, v, COMPARE_EXACT))
		return MATCH_LOOP;
	/*
	 * The rounds of a loop seldom hold each other: keep fewer of them, but
	 * the last ones, so that what comes after the loop can be pruned.
	 */
	if (!v->force && w->jumps - w->kept_jumps < LOOP_JUMPS &&
	    w->w.out->processed - w->kept_insns < LOOP_INSNS)
		v->keep = false;
	return MATCH_NONE;
}

static enum match match(struct lwalk *w, struct point *p, struct visitor *v)
{
	bool incomplete;

	if (p->open)
		return match_open(w, p, v);
	incomplete = scc_incomplete(w, p);
	if (!holds(w, p, v, incomplete ? COMPARE_RANGES : COMPARE_LOOSE))
		return MATCH_NONE;
	return incomplete ? MATCH_PENDING : MATCH_SAFE;
}

static void visitor_init(struct lwalk *w, struct visitor *v)
{
	const struct venv *env = w->w.env;

	live_registers(env, w->cur.state, v->live);
	v->digest.made = false;
	v->force = env->prog->prog_flags & PROG_F_STATE_FREQ || env->opts.state_freq ||
		   w->at[w->cur.state->insn] & AT_FORCE || w->cur.length > MAX_HISTORY;
	v->keep = v->force || (w->jumps - w->kept_jumps >= POINT_JUMPS &&
			       w->w.out->processed - w->kept_insns >= POINT_INSNS);
}

static enum prune prune_hit(struct lwalk *w, struct point *p, bool pending)
{
	p->hits++;
	precision_inherit(w, p, &w->cur, w->rec);
	live_inherit(p, &w->cur, w->rec, w->w.env);
	if (pending)
		scc_backedge(w, p);
	return PRUNE_SAFE;
}

static bool useless(const struct lwalk *w, const struct point *p)
{
	uint32_t n = w->at[p->insn] & AT_FORCE && p->open ? EVICT_MISSES_LOOP : EVICT_MISSES;

	return p->misses > p->hits * n + n;
}

enum prune prune_visit(struct lwalk *w)
{
	struct verdict *out = w->w.out;
	struct point **at = bucket_of(w, w->cur.state), *p;
	struct visitor v;
	uint32_t n = 0;

	visitor_init(w, &v);
	while ((p = *at)) {
		n++;
		if (p->insn != w->cur.state->insn) {
			at = &p->next;
			continue;
		}
		switch (match(w, p, &v)) {
		case MATCH_SAFE:
			return prune_hit(w, p, false);
		case MATCH_PENDING:
			return prune_hit(w, p, true);
		case MATCH_LOOP:
			return PRUNE_LOOP;
		case MATCH_NONE:
			break;
		}
		/* Not counted when nothing is kept: else a loop would drop its first rounds. */
		p->misses += v.keep;
		if (useless(w, p))
			point_evict(w, at);
		else
			at = &p->next;
	}
	if (n > out->max_states_per_insn)
		out->max_states_per_insn = n;
	if (v.keep && (w->w.env->bpf_capable || n <= UNPRIV_STATES))
		point_keep(w, &v.digest);
	return PRUNE_GO_ON;
}
