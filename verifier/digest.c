/* SPDX-License-Identifier: Apache-2.0 */
/*
 * digest: sixteen bytes that stand for a state when it is compared.
 *
 * The walks keep thousands of states, and most comparisons fail at a register
 * whose type, or known number, is another one.  That is seen here, without
 * fetching the older state.
 */
#include "verifier/internal.h"

enum { TYPE_BITS = 5, NUMBER_BITS = 6, NUMBER_KNOWN = 1 << (NUMBER_BITS - 1) };
_Static_assert(T_N <= 1 << TYPE_BITS && REG_FP * NUMBER_BITS <= 64, "a digest has room");

void digest_make(struct digest *out, const struct vstate *s)
{
	const struct reg_state *r = s->frame[s->curframe]->reg;
	struct digest d = { .made = true };

	for (uint32_t i = 0; i < REG_FP; i++, r++) {
		uint64_t v = r->s.var.value;

		d.types |= (uint64_t)r->type << i * TYPE_BITS;
		if (r->type == T_SCALAR && !r->s.var.mask)
			d.numbers |= (NUMBER_KNOWN | ((v ^ v >> 5) & (NUMBER_KNOWN - 1)))
				     << i * NUMBER_BITS;
	}
	*out = d;
}

bool digest_differs(const struct digest *old, const struct digest *cur, uint32_t live,
		    uint32_t precise, bool exact)
{
	uint64_t types = old->types ^ cur->types, numbers = old->numbers ^ cur->numbers;

	while (types) {
		uint32_t r = (uint32_t)__builtin_ctzll(types) / TYPE_BITS;
		uint64_t field = ((1ull << TYPE_BITS) - 1) << r * TYPE_BITS;

		if (live >> r & 1 && (exact || old->types & field))
			return true;
		types &= ~field;
	}
	while (numbers) {
		uint32_t r = (uint32_t)__builtin_ctzll(numbers) / NUMBER_BITS;
		uint64_t field = ((1ull << NUMBER_BITS) - 1) << r * NUMBER_BITS;

		/* What is known holds nothing but itself. */
		if (live >> r & 1 && (exact || (precise >> r & 1 && old->numbers & field)))
			return true;
		numbers &= ~field;
	}
	return false;
}
