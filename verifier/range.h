/* SPDX-License-Identifier: Apache-2.0 */
/*
 * range: one word of w bits seen as an unsigned and as a signed interval, and
 * what each operation makes of them.  Private to the scalar domains.
 *
 * Everything takes the width w as a parameter that is constant after inlining:
 * the domains run this code at 64 and 32 bits, the tests run the same code at
 * 4 to 8 bits, where every case can be tried.  Unsigned bounds are stored
 * zero-extended, signed ones sign-extended, in 64 bits at every width.
 */
#ifndef VERIFIER_RANGE_H
#define VERIFIER_RANGE_H

#include "verifier/verifier.h"

/* Some includers of the .inc files leave some functions unused. */
#define WORD_UNUSED __attribute__((unused))
#define WORD_INLINE static inline __attribute__((always_inline, unused))

/* The machine takes the count of a shift modulo the width. */
WORD_INLINE unsigned word_count(unsigned w, uint64_t k)
{
	return (unsigned)(k % w);
}

WORD_INLINE uint64_t word_umax(unsigned w)
{
	return UINT64_MAX >> (64 - w);
}

WORD_INLINE int64_t word_smin(unsigned w)
{
	return INT64_MIN >> (64 - w);
}

WORD_INLINE int64_t word_smax(unsigned w)
{
	return INT64_MAX >> (64 - w);
}

WORD_INLINE uint64_t word_trunc(unsigned w, uint64_t v)
{
	return v & word_umax(w);
}

WORD_INLINE int64_t word_sext(unsigned w, uint64_t v)
{
	return (int64_t)(v << (64 - w)) >> (64 - w);
}

/* The low bits of v with their bytes (of byte bits each) in reverse order. */
WORD_INLINE uint64_t word_swap(unsigned byte, unsigned bits, uint64_t v)
{
	uint64_t r = 0;

	if (byte == 8)
		return __builtin_bswap64(v) >> (64 - bits);
	for (unsigned i = 0; i < bits; i += byte)
		r |= (v >> i & word_umax(byte)) << (bits - byte - i);
	return r;
}

WORD_INLINE uint64_t u_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

WORD_INLINE uint64_t u_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

WORD_INLINE int64_t s_min(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

WORD_INLINE int64_t s_max(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* A value lies in the range if it lies in both intervals. */
struct range {
	uint64_t umin, umax;
	int64_t smin, smax;
};

WORD_INLINE struct range range_full(unsigned w)
{
	return (struct range){0, word_umax(w), word_smin(w), word_smax(w)};
}

WORD_INLINE struct range range_const(unsigned w, uint64_t v)
{
	uint64_t u = word_trunc(w, v);
	int64_t s = word_sext(w, v);

	return (struct range){u, u, s, s};
}

WORD_INLINE bool range_nonempty(struct range a)
{
	return a.umin <= a.umax && a.smin <= a.smax;
}

WORD_INLINE struct range range_meet(struct range a, struct range b)
{
	return (struct range){u_max(a.umin, b.umin), u_min(a.umax, b.umax),
			      s_max(a.smin, b.smin), s_min(a.smax, b.smax)};
}

WORD_INLINE void range_meet_u(struct range *a, uint64_t lo, uint64_t hi)
{
	a->umin = u_max(a->umin, lo);
	a->umax = u_min(a->umax, hi);
}

WORD_INLINE void range_meet_s(struct range *a, int64_t lo, int64_t hi)
{
	a->smin = s_max(a->smin, lo);
	a->smax = s_min(a->smax, hi);
}

/* What the known bits say: all unknown ones 0 or 1, the sign bit the other way round. */
WORD_INLINE void range_meet_tnum(unsigned w, struct range *a, struct tnum t)
{
	uint64_t sign = 1ull << (w - 1);
	uint64_t value = word_trunc(w, t.value), mask = word_trunc(w, t.mask);

	range_meet_u(a, value, value | mask);
	range_meet_s(a, word_sext(w, value | (mask & sign)), word_sext(w, value | (mask & ~sign)));
}

/* ---- transfer: the result of an operation on any two members ------------------ */

WORD_INLINE bool word_sadd(unsigned w, int64_t a, int64_t b, int64_t *out)
{
	return __builtin_add_overflow(a, b, out) || *out < word_smin(w) || *out > word_smax(w);
}

WORD_INLINE bool word_ssub(unsigned w, int64_t a, int64_t b, int64_t *out)
{
	return __builtin_sub_overflow(a, b, out) || *out < word_smin(w) || *out > word_smax(w);
}

WORD_INLINE bool word_smul(unsigned w, int64_t a, int64_t b, int64_t *out)
{
	return __builtin_mul_overflow(a, b, out) || *out < word_smin(w) || *out > word_smax(w);
}

/*
 * Sums of an interval are an interval of the integers; if all of them or none
 * wrap round, it is still one after the wrap.
 */
WORD_INLINE struct range range_add(unsigned w, struct range a, struct range b)
{
	struct range r;

	r.umin = word_trunc(w, a.umin + b.umin);
	r.umax = word_trunc(w, a.umax + b.umax);
	if ((r.umin < a.umin) != (r.umax < a.umax)) {
		r.umin = 0;
		r.umax = word_umax(w);
	}
	if (word_sadd(w, a.smin, b.smin, &r.smin) || word_sadd(w, a.smax, b.smax, &r.smax)) {
		r.smin = word_smin(w);
		r.smax = word_smax(w);
	}
	return r;
}

WORD_INLINE struct range range_sub(unsigned w, struct range a, struct range b)
{
	struct range r;

	r.umin = word_trunc(w, a.umin - b.umax);
	r.umax = word_trunc(w, a.umax - b.umin);
	if ((a.umin < b.umax) != (a.umax < b.umin)) {
		r.umin = 0;
		r.umax = word_umax(w);
	}
	if (word_ssub(w, a.smin, b.smax, &r.smin) || word_ssub(w, a.smax, b.smin, &r.smax)) {
		r.smin = word_smin(w);
		r.smax = word_smax(w);
	}
	return r;
}

/* A product is extreme at corners; without overflow at the largest one, nowhere. */
WORD_INLINE struct range range_mul(unsigned w, struct range a, struct range b)
{
	struct range r;
	int64_t p[4];

	r.umin = a.umin * b.umin;
	if (__builtin_mul_overflow(a.umax, b.umax, &r.umax) || r.umax > word_umax(w)) {
		r.umin = 0;
		r.umax = word_umax(w);
	}
	if (word_smul(w, a.smin, b.smin, &p[0]) || word_smul(w, a.smin, b.smax, &p[1]) ||
	    word_smul(w, a.smax, b.smin, &p[2]) || word_smul(w, a.smax, b.smax, &p[3])) {
		r.smin = word_smin(w);
		r.smax = word_smax(w);
	} else {
		r.smin = s_min(s_min(p[0], p[1]), s_min(p[2], p[3]));
		r.smax = s_max(s_max(p[0], p[1]), s_max(p[2], p[3]));
	}
	return r;
}

/* The signed interval of an unsigned one: itself, unless it holds both sides of the sign change. */
WORD_INLINE struct range range_from_u(unsigned w, uint64_t lo, uint64_t hi)
{
	struct range r = {lo, hi, word_sext(w, lo), word_sext(w, hi)};

	if (r.smin > r.smax) {
		r.smin = word_smin(w);
		r.smax = word_smax(w);
	}
	return r;
}

/*
 * AND, OR and XOR: known is the tnum of the result.  The unsigned result of
 * AND is at most either operand, that of OR at least either.
 */
WORD_INLINE struct range range_and(unsigned w, struct range a, struct range b, struct tnum known)
{
	return range_from_u(w, known.value, u_min(a.umax, b.umax));
}

WORD_INLINE struct range range_or(unsigned w, struct range a, struct range b, struct tnum known)
{
	return range_from_u(w, u_max(a.umin, b.umin), known.value | known.mask);
}

WORD_INLINE struct range range_xor(unsigned w, struct tnum known)
{
	return range_from_u(w, known.value, known.value | known.mask);
}

/* Shifts by a known k < w. */
WORD_INLINE struct range range_lsh(unsigned w, struct range a, unsigned k)
{
	struct range r = range_full(w);

	if (a.umax <= 1ull << (w - 1 - k)) {
		r.umin = a.umin << k;
		r.umax = a.umax << k;
	}
	return r;
}

WORD_INLINE struct range range_rsh(unsigned w, struct range a, unsigned k)
{
	struct range r = range_full(w);

	r.umin = a.umin >> k;
	r.umax = a.umax >> k;
	return r;
}

WORD_INLINE struct range range_arsh(unsigned w, struct range a, unsigned k)
{
	struct range r = range_full(w);

	r.smin = a.smin >> k;
	r.smax = a.smax >> k;
	return r;
}

/* ---- comparison --------------------------------------------------------------- */

/* The comparison that is true when op is not; JSET has none. */
WORD_INLINE enum insn_op jump_inverse(enum insn_op op)
{
	switch (op) {
	case OP_JEQ: return OP_JNE;
	case OP_JNE: return OP_JEQ;
	case OP_JGT: return OP_JLE;
	case OP_JLE: return OP_JGT;
	case OP_JGE: return OP_JLT;
	case OP_JLT: return OP_JGE;
	case OP_JSGT: return OP_JSLE;
	case OP_JSLE: return OP_JSGT;
	case OP_JSGE: return OP_JSLT;
	case OP_JSLT: return OP_JSGE;
	default: return op;
	}
}

WORD_INLINE bool range_disjoint(const struct range *a, const struct range *b)
{
	return a->umin > b->umax || a->umax < b->umin || a->smin > b->smax || a->smax < b->smin;
}

/* a > b, or with or_equal a >= b: the result if lo and hi of both decide it. */
WORD_INLINE int range_greater_u(const struct range *a, const struct range *b, bool or_equal)
{
	if (or_equal)
		return a->umin >= b->umax ? 1 : a->umax < b->umin ? 0 : -1;
	return a->umin > b->umax ? 1 : a->umax <= b->umin ? 0 : -1;
}

WORD_INLINE int range_greater_s(const struct range *a, const struct range *b, bool or_equal)
{
	if (or_equal)
		return a->smin >= b->smax ? 1 : a->smax < b->smin ? 0 : -1;
	return a->smin > b->smax ? 1 : a->smax <= b->smin ? 0 : -1;
}

#endif
