/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contain: does one abstract state hold all that another holds?
 *
 * All scalars count as precise here.  Ids are names: what they say (these two
 * registers are equal, those pointers share their variable part) must hold in
 * cur wherever old says it.  So a map from old's ids to cur's is built as the
 * two are compared.  It need not be one-to-one: cur may know of more equalities.
 */
#include "verifier/internal.h"

enum { MAX_IDS = 128 };

struct idmap {
	bool limits;		/* see struct venv */
	bool shallow;		/* only the slots that both have are compared */
	uint32_t n, fresh;
	struct {
		uint32_t old, cur;
	} e[MAX_IDS];
};

static bool id_same(struct idmap *m, uint32_t old, uint32_t cur)
{
	for (uint32_t i = 0; i < m->n; i++)
		if (m->e[i].old == old)
			return m->e[i].cur == cur;
	if (m->n == MAX_IDS)
		return false;
	m->e[m->n].old = old;
	m->e[m->n++].cur = cur;
	return true;
}

/* Pointers: both have an id or none has. */
static bool id_pointer(struct idmap *m, uint32_t old, uint32_t cur)
{
	if (!old || !cur)
		return old == cur;
	return id_same(m, old, cur);
}

/* Scalars: a register of cur without id is equal to no other one. */
static bool id_scalar(struct idmap *m, uint32_t old, uint32_t cur)
{
	if (!old)
		return true;
	return id_same(m, old, cur ? cur : ++m->fresh | 1u << 31);
}

static bool scalar_contains_reg(struct idmap *m, const struct reg_state *old,
				const struct reg_state *cur)
{
	if (m->limits ? memcmp(&old->s, &cur->s, sizeof(old->s)) != 0
		      : !scalar_subset(&old->s, &cur->s))
		return false;
	if (!old->id)
		return true;
	if (cur->id && (old->has_delta != cur->has_delta || old->delta != cur->delta ||
			old->delta32 != cur->delta32))
		return false;
	return id_scalar(m, old->id, cur->id);
}

static bool range_contains(const struct reg_state *old, const struct reg_state *cur)
{
	/* The marks below zero name one case each: they compare only as equal. */
	if (old->range < 0 || cur->range < 0)
		return old->range == cur->range;
	return old->range <= cur->range;
}

static bool reg_contains(struct idmap *m, const struct reg_state *old, const struct reg_state *cur)
{
	if (old->type == T_NOT_INIT)
		return true;
	if (old->type != cur->type || old->flags != cur->flags)
		return false;
	if (old->type == T_SCALAR)
		return scalar_contains_reg(m, old, cur);
	if (old->off != cur->off || !id_pointer(m, old->ref, cur->ref) ||
	    !id_pointer(m, old->map_uid, cur->map_uid))
		return false;
	if (type_is_packet(old->type)) {
		if (!range_contains(old, cur))
			return false;
	} else if (old->map != cur->map) {	/* or size, frame, subprog, btf */
		return false;
	}
	return id_pointer(m, old->id, cur->id) && scalar_subset(&old->s, &cur->s);
}

/* What a load of the low n bytes of a slot without spill yields. */
static void slot_value(const struct stack_slot *s, uint32_t n, struct reg_state *out)
{
	bool zero = true;

	for (uint32_t b = 0; b < n; b++)
		zero &= s->type[b] == SLOT_ZERO;
	reg_scalar(out, zero ? scalar_const(0) : scalar_cast(scalar_unknown(), n));
}

static bool byte_contains(const struct venv *env, const struct stack_slot *old,
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
	case SLOT_ZERO:
		return is == SLOT_ZERO ||
		       (is == SLOT_SPILL && cur->spill.type == T_SCALAR && cur->spill.s.umax == 0);
	default:
		return was == is;
	}
}

static bool slot_contains(const struct venv *env, struct idmap *m, const struct stack_slot *old,
			  const struct stack_slot *cur)
{
	uint64_t was = slot_word(old);
	uint32_t n = 0;

	if (was == slot_word(cur))
		return !slot_is_spill(old) || reg_contains(m, &old->spill, &cur->spill);
	if (!was)	/* nothing is known of any byte */
		return true;
	if (slot_is_spill(old)) {
		struct reg_state fake;

		n = slot_spilled(old);
		if (slot_is_spill(cur) && slot_spilled(cur) == n) {
			if (!reg_contains(m, &old->spill, &cur->spill))
				return false;
		} else {
			if (old->spill.type != T_SCALAR)
				return false;
			for (uint32_t b = 0; b < n; b++) {
				uint8_t is = cur->type[b];

				if (is == SLOT_INVALID ? !env->perfmon
						       : is != SLOT_MISC && is != SLOT_ZERO)
					return false;
			}
			slot_value(cur, n, &fake);
			if (!reg_contains(m, &old->spill, &fake))
				return false;
		}
	}
	for (uint32_t b = n; b < 8; b++)
		if (!byte_contains(env, old, cur, b))
			return false;
	return true;
}

/* The same register on both sides: contained, but its names must mean the same, too. */
static bool reg_keeps_ids(struct idmap *m, const struct reg_state *r)
{
	return (!r->id || id_same(m, r->id, r->id)) && (!r->ref || id_same(m, r->ref, r->ref)) &&
	       (!r->map_uid || id_same(m, r->map_uid, r->map_uid));
}

static bool stack_keeps_ids(struct idmap *m, const struct func_state *f)
{
	for (uint32_t i = 0; i < f->nslot; i++)
		if (slot_is_spill(&f->slot[i]) && !reg_keeps_ids(m, &f->slot[i].spill))
			return false;
	return true;
}

static bool stack_contains(const struct venv *env, struct idmap *m, const struct func_state *old,
			   const struct func_state *cur)
{
	static const struct stack_slot none;
	uint32_t nslot = m->shallow && cur->nslot < old->nslot ? cur->nslot : old->nslot;

	if (old->slot == cur->slot)
		return stack_keeps_ids(m, old);
	for (uint32_t i = 0; i < nslot; i++)
		if (!slot_contains(env, m, &old->slot[i], i < cur->nslot ? &cur->slot[i] : &none))
			return false;
	return true;
}

static bool frame_contains(const struct venv *env, struct idmap *m, const struct func_state *old,
			   const struct func_state *cur, uint16_t live)
{
	if (old->callsite != cur->callsite || old->subprog != cur->subprog)
		return false;
	if (old == cur) {
		for (uint32_t r = 0; r < REG_FP; r++)
			if (live >> r & 1 && !reg_keeps_ids(m, &old->reg[r]))
				return false;
		return stack_keeps_ids(m, old);
	}
	for (uint32_t r = 0; r < REG_FP; r++)
		if (live >> r & 1 && !reg_contains(m, &old->reg[r], &cur->reg[r]))
			return false;
	return stack_contains(env, m, old, cur);
}

static bool held_contains(struct idmap *m, const struct vstate *old, const struct vstate *cur)
{
	if (old->nref != cur->nref || old->rcu_depth != cur->rcu_depth ||
	    old->preempt_depth != cur->preempt_depth || old->in_exception != cur->in_exception)
		return false;
	for (uint32_t i = 0; i < old->nref; i++)
		if (old->ref[i].kind != cur->ref[i].kind ||
		    !id_same(m, old->ref[i].id, cur->ref[i].id))
			return false;
	return old->lock_map == cur->lock_map &&
	       id_pointer(m, old->active_lock, cur->active_lock) &&
	       id_pointer(m, old->irq_id, cur->irq_id);
}

static bool contains(const struct venv *env, const struct vstate *old, const struct vstate *cur,
		     const uint16_t *live, bool shallow)
{
	struct idmap m;

	if (old->curframe != cur->curframe)
		return false;
	m.n = m.fresh = 0;
	m.limits = env->limits;
	m.shallow = shallow;
	if (!held_contains(&m, old, cur))
		return false;
	for (uint32_t i = 0; i <= old->curframe; i++)
		if (!frame_contains(env, &m, old->frame[i], cur->frame[i],
				    live ? live[i] : UINT16_MAX))
			return false;
	return true;
}

bool state_contains(const struct venv *env, const struct vstate *old, const struct vstate *cur,
		    const uint16_t *live)
{
	return contains(env, old, cur, live, false);
}

bool state_repeats(const struct venv *env, const struct vstate *old, const struct vstate *cur,
		   const uint16_t *live)
{
	return contains(env, cur, old, live, true);
}
