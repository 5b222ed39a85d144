/* SPDX-License-Identifier: Apache-2.0 */
/* scalar: making, comparing and checking abstract scalars; the same in every domain. */
#include "verifier/verifier.h"

#define BITS 64
#define HALF 32
#include "verifier/scalar.inc"

struct scalar scalar_urange(uint64_t lo, uint64_t hi)
{
	struct scalar s = scalar_unknown();

	s.umin = lo;
	s.umax = hi;
	domain_linux.sync(&s);
	return s;
}

struct scalar scalar_srange(int64_t lo, int64_t hi)
{
	struct scalar s = scalar_unknown();

	s.smin = lo;
	s.smax = hi;
	domain_linux.sync(&s);
	return s;
}

struct scalar scalar_cast(struct scalar s, uint8_t size)
{
	struct views v = views_load(&s);

	if (size >= 8)
		return s;
	v = views_cast64(&v, 8u * size);
	views_store(&s, &v);
	if (!domain_linux.sync(&s)) {	/* s was empty */
		v.w = range_full(64);
		v.h = range_full(32);
		views_store(&s, &v);
	}
	return s;
}

bool scalar_contains(const struct scalar *s, uint64_t v)
{
	uint32_t low = (uint32_t)v;

	return tnum_contains(s->var, v) && s->umin <= v && v <= s->umax &&
	       s->smin <= (int64_t)v && (int64_t)v <= s->smax &&
	       s->u32min <= low && low <= s->u32max &&
	       s->s32min <= (int32_t)low && (int32_t)low <= s->s32max;
}

bool scalar_subset(const struct scalar *a, const struct scalar *b)
{
	return a->umin <= b->umin && b->umax <= a->umax &&
	       a->smin <= b->smin && b->smax <= a->smax &&
	       a->u32min <= b->u32min && b->u32max <= a->u32max &&
	       a->s32min <= b->s32min && b->s32max <= a->s32max &&
	       tnum_subset(a->var, b->var);
}

bool scalar_check(const struct scalar *s)
{
	if (s->var.value & s->var.mask)
		return false;
	if (s->umin > s->umax || s->smin > s->smax || s->u32min > s->u32max ||
	    s->s32min > s->s32max)
		return false;
	return s->var.mask != 0 || scalar_contains(s, s->var.value);
}
