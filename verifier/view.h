/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view: one word of w bits as a tnum and a range, and what each operation makes
 * of two of them, as precisely as those can say at bearable cost.  Private to
 * domain_precise; see range.h for the conventions.
 *
 * Much of it rests on arcs.  [a, b] counted upwards from a, modulo 2^w, is an
 * arc; an interval of either view is one, and sums and differences of arcs are
 * arcs, whether they wrap or not.  An arc says something in both views: it
 * leaves a gap, and interval ends that lie in the gap move to its far side.
 */
#ifndef VERIFIER_VIEW_H
#define VERIFIER_VIEW_H

#include "verifier/range.h"

struct view {
	struct tnum t;
	struct range r;
};

WORD_INLINE struct view view_full(unsigned w)
{
	return (struct view){{0, word_umax(w)}, range_full(w)};
}

WORD_INLINE struct view view_const(unsigned w, uint64_t v)
{
	return (struct view){tnum_const(word_trunc(w, v)), range_const(w, v)};
}

WORD_INLINE struct view view_join(struct view a, struct view b)
{
	return (struct view){
		tnum_join(a.t, b.t),
		{u_min(a.r.umin, b.r.umin), u_max(a.r.umax, b.r.umax),
		 s_min(a.r.smin, b.r.smin), s_max(a.r.smax, b.r.smax)},
	};
}

/* ---- arcs ------------------------------------------------------------------- */

/* The ends lo <= hi of an unsigned interval leave the gap between b and a. */
WORD_INLINE void clip(uint64_t *lo, uint64_t *hi, uint64_t a, uint64_t b)
{
	if (a <= b) {
		*lo = u_max(*lo, a);
		*hi = u_min(*hi, b);
	} else {
		if (*lo > b && *lo < a)
			*lo = a;
		if (*hi > b && *hi < a)
			*hi = b;
	}
}

/* The members lie in the arc [a, b].  Signed order is unsigned order turned by half a circle. */
static inline void range_clip(unsigned w, struct range *r, uint64_t a, uint64_t b)
{
	const uint64_t half = 1ull << (w - 1);
	uint64_t lo, hi;

	a = word_trunc(w, a);
	b = word_trunc(w, b);
	clip(&r->umin, &r->umax, a, b);
	lo = word_trunc(w, (uint64_t)r->smin) ^ half;
	hi = word_trunc(w, (uint64_t)r->smax) ^ half;
	clip(&lo, &hi, a ^ half, b ^ half);
	r->smin = word_sext(w, lo ^ half);
	r->smax = word_sext(w, hi ^ half);
}

/* Length of an interval, minus 1; both views have at most 2^w members. */
WORD_INLINE uint64_t span_u(const struct range *r)
{
	return r->umax - r->umin;
}

WORD_INLINE uint64_t span_s(unsigned w, const struct range *r)
{
	return word_trunc(w, (uint64_t)r->smax - (uint64_t)r->smin);
}

/* ---- members of a tnum --------------------------------------------------------- */

/* The smallest member that is >= v; if there is none, something below v. */
WORD_INLINE uint64_t tnum_from(struct tnum t, uint64_t v)
{
	return tnum_contains(t, v) ? v : tnum_next(t, v);
}

/* The largest member that is <= v; if there is none, something above v. */
WORD_INLINE uint64_t tnum_upto(unsigned w, struct tnum t, uint64_t v)
{
	struct tnum mirror = {word_trunc(w, ~(t.value | t.mask)), t.mask};

	return word_trunc(w, ~tnum_from(mirror, word_trunc(w, ~v)));
}

/* The ends of both intervals move inwards to members of the tnum.  False if that leaves none. */
static inline bool range_snap(unsigned w, struct range *r, struct tnum t)
{
	const uint64_t half = 1ull << (w - 1);
	struct tnum turned = {t.value ^ (half & ~t.mask), t.mask};
	uint64_t lo = word_trunc(w, (uint64_t)r->smin) ^ half;
	uint64_t hi = word_trunc(w, (uint64_t)r->smax) ^ half;
	uint64_t umin = tnum_from(t, r->umin), umax = tnum_upto(w, t, r->umax);
	uint64_t first = tnum_from(turned, lo), last = tnum_upto(w, turned, hi);

	if (umin < r->umin || umax > r->umax || umin > umax || first < lo || last > hi ||
	    first > last)
		return false;
	*r = (struct range){umin, umax, word_sext(w, first ^ half), word_sext(w, last ^ half)};
	return true;
}

/* ---- and, or, xor: exact bounds of unsigned intervals ---------------------------- */

/*
 * Hacker's Delight 4-3.  Starting from the largest of both, the highest bit
 * that does not help can be given up for ones in all bits below it.
 */
static inline uint64_t and_max(unsigned w, const struct range *a, const struct range *b)
{
	uint64_t x = a->umax, y = b->umax;

	for (uint64_t bit = 1ull << (w - 1); bit; bit >>= 1) {
		uint64_t tx = (x & ~bit) | (bit - 1), ty = (y & ~bit) | (bit - 1);

		if ((x & ~y & bit) && tx >= a->umin) {
			x = tx;
			break;
		}
		if ((y & ~x & bit) && ty >= b->umin) {
			y = ty;
			break;
		}
	}
	return x & y;
}

static inline uint64_t or_max(unsigned w, const struct range *a, const struct range *b)
{
	uint64_t x = a->umax, y = b->umax;

	for (uint64_t bit = 1ull << (w - 1); bit; bit >>= 1) {
		uint64_t tx = (x & ~bit) | (bit - 1), ty = (y & ~bit) | (bit - 1);

		if (!(x & y & bit))
			continue;
		if (tx >= a->umin) {
			x = tx;
			break;
		}
		if (ty >= b->umin) {
			y = ty;
			break;
		}
	}
	return x | y;
}

/* x ^ y has a bit that is in both only if neither can do without it. */
static inline uint64_t xor_max(unsigned w, const struct range *a, const struct range *b)
{
	uint64_t x = a->umax, y = b->umax;

	for (uint64_t bit = 1ull << (w - 1); bit; bit >>= 1) {
		uint64_t tx = (x & ~bit) | (bit - 1), ty = (y & ~bit) | (bit - 1);

		if (!(x & y & bit))
			continue;
		if (tx >= a->umin)
			x = tx;
		else if (ty >= b->umin)
			y = ty;
	}
	return x ^ y;
}

static inline uint64_t xor_min(unsigned w, const struct range *a, const struct range *b)
{
	uint64_t x = a->umin, y = b->umin;

	for (uint64_t bit = 1ull << (w - 1); bit; bit >>= 1) {
		uint64_t tx = (x | bit) & -bit, ty = (y | bit) & -bit;

		if ((~x & y & bit) && tx <= a->umax)
			x = tx;
		else if ((x & ~y & bit) && ty <= b->umax)
			y = ty;
	}
	return x ^ y;
}

WORD_INLINE struct range range_not_u(unsigned w, const struct range *a)
{
	return (struct range){word_trunc(w, ~a->umax), word_trunc(w, ~a->umin), 0, 0};
}

/* x & y is ~(~x | ~y), and the other way round. */
static inline uint64_t and_min(unsigned w, const struct range *a, const struct range *b)
{
	struct range na = range_not_u(w, a), nb = range_not_u(w, b);

	return word_trunc(w, ~or_max(w, &na, &nb));
}

static inline uint64_t or_min(unsigned w, const struct range *a, const struct range *b)
{
	struct range na = range_not_u(w, a), nb = range_not_u(w, b);

	return word_trunc(w, ~and_max(w, &na, &nb));
}

/* The smallest -2^k that is <= v, or 0 for v >= 0: v's leading ones survive, no more. */
WORD_INLINE int64_t word_neg_floor(int64_t v)
{
	uint64_t low = ~(uint64_t)v;

	if (v >= 0)
		return 0;
	return low ? (int64_t)~(UINT64_MAX >> __builtin_clzll(low)) : -1;
}

/* x & y is negative only if both are; it is at most either one that is not negative. */
WORD_INLINE void and_signed(const struct range *a, const struct range *b, int64_t *lo, int64_t *hi)
{
	*lo = a->smin >= 0 || b->smin >= 0 ? 0 : word_neg_floor(s_min(a->smin, b->smin));
	*hi = s_max(a->smax, b->smax);
	if (a->smin >= 0)
		*hi = s_min(*hi, a->smax);
	if (b->smin >= 0)
		*hi = s_min(*hi, b->smax);
}

static inline void view_bitwise(enum insn_op op, unsigned w, const struct view *a,
				const struct view *b, struct view *r)
{
	struct range na = {0, 0, ~a->r.smax, ~a->r.smin}, nb = {0, 0, ~b->r.smax, ~b->r.smin};
	int64_t lo, hi;

	if (op == OP_AND) {
		r->t = tnum_and(a->t, b->t);
		range_meet_u(&r->r, and_min(w, &a->r, &b->r), and_max(w, &a->r, &b->r));
		and_signed(&a->r, &b->r, &lo, &hi);
		range_meet_s(&r->r, lo, hi);
	} else if (op == OP_OR) {
		r->t = tnum_or(a->t, b->t);
		range_meet_u(&r->r, or_min(w, &a->r, &b->r), or_max(w, &a->r, &b->r));
		and_signed(&na, &nb, &lo, &hi);
		range_meet_s(&r->r, ~hi, ~lo);
	} else {
		r->t = tnum_xor(a->t, b->t);
		range_meet_u(&r->r, xor_min(w, &a->r, &b->r), xor_max(w, &a->r, &b->r));
	}
}

/* ---- arithmetic ---------------------------------------------------------------------- */

static inline void view_sum(enum insn_op op, unsigned w, const struct view *a,
			    const struct view *b, struct view *r)
{
	const struct range *x = &a->r, *y = &b->r;
	uint64_t max = word_umax(w);
	bool add = op == OP_ADD;

	r->t = add ? tnum_add(a->t, b->t) : tnum_sub(a->t, b->t);
	r->t = (struct tnum){word_trunc(w, r->t.value), word_trunc(w, r->t.mask)};
	if (span_u(x) <= max - span_u(y))
		range_clip(w, &r->r, add ? x->umin + y->umin : x->umin - y->umax,
			   add ? x->umax + y->umax : x->umax - y->umin);
	if (span_s(w, x) <= max - span_s(w, y))
		range_clip(w, &r->r,
			   (uint64_t)x->smin + (add ? (uint64_t)y->smin : -(uint64_t)y->smax),
			   (uint64_t)x->smax + (add ? (uint64_t)y->smax : -(uint64_t)y->smin));
}

/* Products of one known factor space evenly: an arc of the span times the factor. */
static inline void view_mul(unsigned w, const struct view *a, const struct view *b, struct view *r)
{
	struct range p = range_mul(w, a->r, b->r);
	uint64_t span;

	r->t = tnum_mul(a->t, b->t);
	r->t = (struct tnum){word_trunc(w, r->t.value), word_trunc(w, r->t.mask)};
	r->r = range_meet(r->r, p);
	if (tnum_is_const(a->t)) {
		const struct view *c = a;

		a = b;
		b = c;
	}
	if (tnum_is_const(b->t) &&
	    !__builtin_mul_overflow(span_u(&a->r), b->t.value, &span) && span <= word_umax(w))
		range_clip(w, &r->r, a->r.umin * b->t.value, a->r.umax * b->t.value);
}

/* By a known k < w. */
static inline struct view view_shift(enum insn_op op, unsigned w, const struct view *a, unsigned k)
{
	struct view r = view_full(w);
	struct tnum t = {(uint64_t)word_sext(w, a->t.value), (uint64_t)word_sext(w, a->t.mask)};

	if (op == OP_LSH) {
		r.t = tnum_lsh(a->t, (uint8_t)k);
		if (span_u(&a->r) <= word_umax(w) >> k)
			range_clip(w, &r.r, a->r.umin << k, a->r.umax << k);
		if (span_s(w, &a->r) <= word_umax(w) >> k)
			range_clip(w, &r.r, (uint64_t)a->r.smin << k, (uint64_t)a->r.smax << k);
	} else if (op == OP_RSH) {
		r.t = tnum_rsh(a->t, (uint8_t)k);
		range_clip(w, &r.r, a->r.umin >> k, a->r.umax >> k);
	} else {
		r.t = tnum_arsh(t, (uint8_t)k, 64);
		range_clip(w, &r.r, (uint64_t)(a->r.smin >> k), (uint64_t)(a->r.smax >> k));
	}
	r.t = (struct tnum){word_trunc(w, r.t.value), word_trunc(w, r.t.mask)};
	return r;
}

/* By any member of b; the machine takes it modulo w. */
static inline void view_shift_by(enum insn_op op, unsigned w, const struct view *a,
				 const struct view *b, struct view *r)
{
	struct tnum low = {b->t.value & (w - 1), b->t.mask & (w - 1)};
	bool any = false, whole = w & (w - 1);	/* then the low bits are not the count */

	for (unsigned k = 0; k < w; k++) {
		struct view one;

		if (!whole && !tnum_contains(low, k))
			continue;
		if (b->r.umax < w && (k < b->r.umin || k > b->r.umax))
			continue;
		one = view_shift(op, w, a, k);
		*r = any ? view_join(*r, one) : one;
		any = true;
	}
}

/* ---- division: x / 0 is 0, x % 0 is x ---------------------------------------------------- */

static inline void view_udiv(const struct view *a, const struct view *b, struct view *r)
{
	uint64_t least = u_max(b->r.umin, 1);

	if (b->r.umax == 0) {
		*r = (struct view){tnum_const(0), {0, 0, 0, 0}};
		return;
	}
	range_meet_u(&r->r, b->r.umin ? a->r.umin / b->r.umax : 0, a->r.umax / least);
}

static inline void view_umod(const struct view *a, const struct view *b, struct view *r)
{
	uint64_t k = b->t.value;

	if (a->r.umax < b->r.umin || b->r.umax == 0) {
		*r = *a;
		return;
	}
	if (b->r.umin == 0) {
		range_meet_u(&r->r, 0, a->r.umax);
		return;
	}
	range_meet_u(&r->r, 0, u_min(a->r.umax, b->r.umax - 1));
	if (!tnum_is_const(b->t))
		return;
	if ((k & (k - 1)) == 0)
		r->t = tnum_and(a->t, tnum_const(k - 1));
	if (a->r.umin / k == a->r.umax / k)
		range_meet_u(&r->r, a->r.umin % k, a->r.umax % k);
}

/* The quotients of a and [lo, hi], all of one sign: extreme at corners. */
static inline bool corners(unsigned w, const struct range *a, int64_t lo, int64_t hi,
			   int64_t *min, int64_t *max)
{
	const int64_t d[2] = {lo, hi}, n[2] = {a->smin, a->smax};

	if (lo > hi)
		return true;
	if (a->smin == word_smin(w) && hi == -1)
		return false;	/* overflows */
	for (int i = 0; i < 4; i++) {
		*min = s_min(*min, n[i & 1] / d[i >> 1]);
		*max = s_max(*max, n[i & 1] / d[i >> 1]);
	}
	return true;
}

static inline void view_sdiv(unsigned w, const struct view *a, const struct view *b,
			     struct view *r)
{
	bool zero = b->r.smin <= 0 && b->r.smax >= 0;
	int64_t min = zero ? 0 : INT64_MAX, max = zero ? 0 : INT64_MIN;

	if (corners(w, &a->r, b->r.smin, s_min(b->r.smax, -1), &min, &max) &&
	    corners(w, &a->r, s_max(b->r.smin, 1), b->r.smax, &min, &max))
		range_meet_s(&r->r, min, max);
}

WORD_INLINE uint64_t magnitude(int64_t v)
{
	return v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
}

/* The sign is that of a; the magnitude is at most a's, and below b's. */
static inline void view_smod(const struct view *a, const struct view *b, struct view *r)
{
	uint64_t most = u_max(magnitude(b->r.smin), magnitude(b->r.smax));
	bool zero = b->r.smin <= 0 && b->r.smax >= 0;
	uint64_t neg = a->r.smin < 0 ? magnitude(a->r.smin) : 0;
	uint64_t pos = a->r.smax > 0 ? (uint64_t)a->r.smax : 0;

	if (most == 0) {
		*r = *a;
		return;
	}
	if (!zero) {
		neg = u_min(neg, most - 1);
		pos = u_min(pos, most - 1);
	}
	range_meet_s(&r->r, (int64_t)(0 - neg), (int64_t)pos);
}

/* ---- casts --------------------------------------------------------------------------------- */

/* The low bits < w of the word as a word of that width. */
static inline struct view view_low(unsigned w, const struct view *a, unsigned bits)
{
	struct view r = view_full(bits);

	r.t = (struct tnum){word_trunc(bits, a->t.value), word_trunc(bits, a->t.mask)};
	if (span_u(&a->r) <= word_umax(bits))
		range_clip(bits, &r.r, a->r.umin, a->r.umax);
	if (span_s(w, &a->r) <= word_umax(bits))
		range_clip(bits, &r.r, (uint64_t)a->r.smin, (uint64_t)a->r.smax);
	return r;
}

/* A narrower word with its sign bit copied, or with zeros, up to w bits. */
static inline struct view view_sext(unsigned w, const struct view *a, unsigned from)
{
	struct view r = view_full(w);

	r.t = (struct tnum){word_trunc(w, (uint64_t)word_sext(from, a->t.value)),
			    word_trunc(w, (uint64_t)word_sext(from, a->t.mask))};
	range_clip(w, &r.r, (uint64_t)a->r.smin, (uint64_t)a->r.smax);
	return r;
}

static inline struct view view_zext(unsigned w, const struct view *a)
{
	struct view r = view_full(w);

	r.t = a->t;
	range_clip(w, &r.r, a->r.umin, a->r.umax);
	return r;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* The binary operations and NEG on words of w bits; others say nothing. */
static inline struct view view_alu(enum insn_op op, unsigned w, const struct view *a,
				   const struct view *b)
{
	struct view r = view_full(w), zero = view_const(w, 0);

	switch (op) {
	case OP_ADD: case OP_SUB:
		view_sum(op, w, a, b, &r);
		break;
	case OP_NEG:
		view_sum(OP_SUB, w, &zero, a, &r);
		break;
	case OP_MUL:
		view_mul(w, a, b, &r);
		break;
	case OP_AND: case OP_OR: case OP_XOR:
		view_bitwise(op, w, a, b, &r);
		break;
	case OP_LSH: case OP_RSH: case OP_ARSH:
		view_shift_by(op, w, a, b, &r);
		break;
	case OP_DIV:
		view_udiv(a, b, &r);
		break;
	case OP_MOD:
		view_umod(a, b, &r);
		break;
	case OP_SDIV:
		view_sdiv(w, a, b, &r);
		break;
	case OP_SMOD:
		view_smod(a, b, &r);
		break;
	default:
		break;
	}
	return r;
}

#endif
