/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/linux_sample.h"

static bool add(uint64_t *bits, uint32_t n)
{
	uint64_t bit = 1ull << (n & 63);
	bool is_new = !(bits[n >> 6] & bit);

	bits[n >> 6] |= bit;
	return is_new;
}

static uint32_t log2_of(uint64_t v)
{
	return v ? 64 - (uint32_t)__builtin_clzll(v) : 0;
}

/* Below 64. */
static uint32_t class_of(uint8_t id)
{
	const struct insn_row *r = insn_row(id);

	_Static_assert(K_N <= 32, "a class has five bits of kind");
	return r->kind | (r->width == 32) << 5;
}

bool linux_sample_new(struct linux_sample *s, const struct program *p, const struct verdict *v)
{
	uint64_t h = p->type;
	bool is_new = false;

	for (uint32_t pc = 0, next; p->id && pc < p->len; pc = next) {
		next = pc + insn_slots(p->id[pc]);
		if (next < p->len)
			is_new |= add(&s->pair[class_of(p->id[pc])], class_of(p->id[next]));
	}
	h = h * 32 + log2_of(v->processed);
	h = h * 32 + log2_of(v->states);
	h = h * 32 + log2_of(v->max_states_per_insn);
	h = h * 32 + log2_of(v->stack[0]);
	h = h * 8 + (p->nsub < 7 ? p->nsub : 7);
	h *= 0x9e3779b97f4a7c15ULL;
	is_new |= add(s->verdict, (uint32_t)(h >> 48));
	return is_new;
}
