/* SPDX-License-Identifier: Apache-2.0 */
/* domain: abstract operations against concrete values. */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A scalar that holds v, built by a few sound steps. */
static struct scalar around(struct choice *c, const struct domain *d, uint64_t v)
{
	struct scalar s = scalar_unknown();

	for (uint32_t n = choice_below(c, 4); n; n--) {
		enum insn_op op = (enum insn_op)(OP_JEQ + choice_below(c, OP_JSLE - OP_JEQ + 1));
		uint8_t width = choice_below(c, 2) ? 64 : 32;
		uint64_t k = v + choice_below(c, 512) - 256;
		struct scalar other = scalar_const(choice_below(c, 4) ? k : choice_u64(c));

		TARGET_ASSERT(d->refine(op, width, insn_taken(op, width, v, other.umin), &s, &other),
			      "domain/live-edge-is-dead");
	}
	return choice_below(c, 4) ? s : scalar_const(v);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choice c;

	choice_bytes(&c, data, size);
	for (int i = 0; i < 16; i++) {
		uint64_t x = choice_u64(&c) >> choice_below(&c, 64), y = choice_u64(&c) >> choice_below(&c, 64);
		struct scalar a = around(&c, &domain_linux, x), b = around(&c, &domain_linux, y);
		enum insn_op op = (enum insn_op)choice_below(&c, OP_JEQ);
		uint8_t width = op >= OP_LE16 || choice_below(&c, 2) ? 64 : 32;
		struct scalar r = domain_linux.alu(op, width, a, b);

		TARGET_ASSERT(scalar_contains(&a, x) && scalar_contains(&b, y), "domain/lost-by-refine");
		TARGET_ASSERT(scalar_contains(&r, insn_eval(op, width, x, y)), insn_op_name[op]);
	}
	return 0;
}
