/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tnum: what is known of each bit of a 64-bit value.  A tnum stands for the
 * set { x : (x & ~mask) == value }.  All functions are pure and work on all 64
 * bits; since each bit of a sum, difference, product or logical operation only
 * depends on the bits at and below it, narrower operations are the same ones
 * followed by tnum_cast().  The reasons why each one is sound stand in
 * docs/domain.md; tests/unit/test_tnum.c checks them exhaustively.
 */
#include "verifier/verifier.h"

/* All bits from the highest set one of v downwards. */
static uint64_t fill_down(uint64_t v)
{
	return v ? UINT64_MAX >> __builtin_clzll(v) : 0;
}

/*
 * lo and hi agree above their highest differing bit, and so does everything
 * between them; below it, nothing is known: tnum_range(0, 2) holds 3 as well.
 */
struct tnum tnum_range(uint64_t lo, uint64_t hi)
{
	uint64_t mask = fill_down(lo ^ hi);

	return (struct tnum){lo & ~mask, mask};
}

struct tnum tnum_lsh(struct tnum a, uint8_t shift)
{
	return (struct tnum){a.value << shift, a.mask << shift};
}

struct tnum tnum_rsh(struct tnum a, uint8_t shift)
{
	return (struct tnum){a.value >> shift, a.mask >> shift};
}

/*
 * An unknown sign bit makes all bits that it is copied to unknown, which is
 * what an arithmetic shift of the mask does.  At width 32 the low half alone
 * is shifted and the upper half of the result is zero.
 */
struct tnum tnum_arsh(struct tnum a, uint8_t shift, uint8_t width)
{
	if (width == 32)
		return (struct tnum){(uint32_t)((int32_t)a.value >> shift),
				     (uint32_t)((int32_t)a.mask >> shift)};
	return (struct tnum){(uint64_t)((int64_t)a.value >> shift),
			     (uint64_t)((int64_t)a.mask >> shift)};
}

/*
 * low is the sum with every unknown bit 0, high with every one 1: every other
 * sum has its carries between those of these two, so a bit can only vary where
 * they differ or where an operand bit is unknown.
 */
struct tnum tnum_add(struct tnum a, struct tnum b)
{
	uint64_t low = a.value + b.value;
	uint64_t high = low + (a.mask + b.mask);
	uint64_t mask = (low ^ high) | a.mask | b.mask;

	return (struct tnum){low & ~mask, mask};
}

/* As tnum_add(), with borrows: the extremes are a all-ones minus b all-zeroes and the reverse. */
struct tnum tnum_sub(struct tnum a, struct tnum b)
{
	uint64_t diff = a.value - b.value;
	uint64_t mask = ((diff + a.mask) ^ (diff - b.mask)) | a.mask | b.mask;

	return (struct tnum){diff & ~mask, mask};
}

struct tnum tnum_neg(struct tnum a)
{
	return tnum_sub(tnum_const(0), a);
}

struct tnum tnum_and(struct tnum a, struct tnum b)
{
	uint64_t value = a.value & b.value;
	uint64_t maybe = (a.value | a.mask) & (b.value | b.mask);

	return (struct tnum){value, maybe & ~value};
}

struct tnum tnum_or(struct tnum a, struct tnum b)
{
	uint64_t value = a.value | b.value;

	return (struct tnum){value, (a.mask | b.mask) & ~value};
}

struct tnum tnum_xor(struct tnum a, struct tnum b)
{
	uint64_t mask = a.mask | b.mask;

	return (struct tnum){(a.value ^ b.value) & ~mask, mask};
}

/*
 * The partial products: a known one bit of a adds b (shifted), an unknown one
 * adds either nothing or b, so the sum is one of two tnums, and their join
 * holds both.  What b may still add starts at its lowest bit; when everything
 * from there up is unknown, nothing changes any more.
 */
struct tnum tnum_mul_join(struct tnum a, struct tnum b)
{
	struct tnum sum = tnum_const(0);

	while (a.value | a.mask) {
		uint8_t skip = (uint8_t)__builtin_ctzll(a.value | a.mask);
		uint64_t from;

		a = tnum_rsh(a, skip);
		b = tnum_lsh(b, skip);
		from = (b.value | b.mask) & -(b.value | b.mask);
		if ((~sum.mask & -from) == 0)
			break;
		if (a.value & 1)
			sum = tnum_add(sum, b);
		else
			sum = tnum_join(sum, tnum_add(sum, b));
		a.value &= ~1ull;
		a.mask &= ~1ull;
	}
	return sum;
}

/*
 * The known parts multiply exactly; what a and b add to that product bit by
 * bit is summed as uncertainty alone, value 0.  A known one bit of a adds the
 * unknown bits of b, an unknown one may add any bit that b may have.
 */
struct tnum tnum_mul_split(struct tnum a, struct tnum b)
{
	struct tnum known = tnum_const(a.value * b.value);
	struct tnum rest = tnum_const(0);

	for (; a.value | a.mask; a = tnum_rsh(a, 1), b = tnum_lsh(b, 1)) {
		if (a.value & 1)
			rest = tnum_add(rest, (struct tnum){0, b.mask});
		else if (a.mask & 1)
			rest = tnum_add(rest, (struct tnum){0, b.value | b.mask});
	}
	return tnum_add(known, rest);
}

/* Neither of the two is always the better one, and the product lies in both. */
struct tnum tnum_mul(struct tnum a, struct tnum b)
{
	struct tnum join = tnum_mul_join(a, b), split = tnum_mul_split(a, b);

	tnum_meet(join, split, &join);
	return join;
}

struct tnum tnum_bswap(struct tnum a, uint8_t bits)
{
	if (bits == 16)
		return (struct tnum){__builtin_bswap16((uint16_t)a.value),
				     __builtin_bswap16((uint16_t)a.mask)};
	if (bits == 32)
		return (struct tnum){__builtin_bswap32((uint32_t)a.value),
				     __builtin_bswap32((uint32_t)a.mask)};
	return (struct tnum){__builtin_bswap64(a.value), __builtin_bswap64(a.mask)};
}

bool tnum_meet(struct tnum a, struct tnum b, struct tnum *out)
{
	bool overlap = ((a.value ^ b.value) & ~a.mask & ~b.mask) == 0;
	uint64_t mask = a.mask & b.mask;

	*out = (struct tnum){(a.value | b.value) & ~mask, mask};
	return overlap;
}

struct tnum tnum_join(struct tnum a, struct tnum b)
{
	uint64_t mask = (a.value ^ b.value) | a.mask | b.mask;

	return (struct tnum){a.value & b.value & ~mask, mask};
}

struct tnum tnum_cast(struct tnum a, uint8_t size)
{
	uint64_t keep = size >= 8 ? UINT64_MAX : size ? UINT64_MAX >> (64 - 8 * size) : 0;

	return (struct tnum){a.value & keep, a.mask & keep};
}

struct tnum tnum_subreg(struct tnum a)
{
	return tnum_cast(a, 4);
}

struct tnum tnum_with_subreg(struct tnum a, struct tnum low)
{
	const uint64_t high = 0xffffffff00000000u;

	return (struct tnum){(a.value & high) | (low.value & ~high),
			     (a.mask & high) | (low.mask & ~high)};
}

bool tnum_is_aligned(struct tnum a, uint64_t size)
{
	return size == 0 || ((a.value | a.mask) & (size - 1)) == 0;
}

/*
 * Bits known to be set or clear are no choice: counting goes through the
 * unknown bits only, with the known ones filled so that carries pass them.
 */
uint64_t tnum_next(struct tnum a, uint64_t v)
{
	uint64_t most = a.value | a.mask, low, count;

	if (v >= most)
		return most;
	if (v < a.value)
		return a.value;
	v -= a.value;
	/* from the highest bit of v that no member has, all bits below may as well be ones */
	low = fill_down(v & ~a.mask);
	count = v | low | ~a.mask;
	return a.value | ((count + 1) & a.mask);
}

bool tnum_subset(struct tnum a, struct tnum b)
{
	return (b.mask & ~a.mask) == 0 && (b.value & ~a.mask) == a.value;
}
