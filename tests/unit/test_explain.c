/* SPDX-License-Identifier: Apache-2.0 */
/* explain: each error has words, and hostile programs are explained without harm. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "verifier/verifier.h"

#include <string.h>

static void test_words(void **state)
{
	(void)state;
	for (int i = V_OK + 1; i < VERR_N; i++) {
		if (!verr_headline[i] || !verr_hint[i])
			print_error("hints.def lacks %s\n", verr_name[i]);
		assert_non_null(verr_headline[i]);
		assert_non_null(verr_hint[i]);
		assert_true(strlen(verr_headline[i]) > 8);
		assert_true(strlen(verr_hint[i]) > 4);
	}
}

static void explain_one(const struct program *p, enum walk walk, enum priv priv, struct arena *a)
{
	struct unit u = { .prog = p, .nprog = 1 };
	struct vopts o = { .priv = priv, .walk = walk, .plain_size = 16, .max_insns = 2000 };
	struct verdict plain, v;
	struct explanation e;

	verify(&u, 0, &o, a, &plain);
	verify_explain(&u, 0, &o, a, &v, &e);
	assert_int_equal(plain.accepted, v.accepted);
	assert_int_equal(plain.err, v.err);
	assert_int_equal(plain.pc, v.pc);
	assert_non_null(e.headline);
	assert_true(e.nstep <= MAX_WHY_STEPS);
	for (uint32_t i = 0; i < e.nstep; i++) {
		assert_true(e.step[i].pc < p->len);
		assert_non_null(e.step[i].insn);
		assert_non_null(e.step[i].words);
	}
	if (v.accepted || !e.length)
		return;
	/* Steps, what is folded, and the insn that failed are the path. */
	uint64_t sum = e.nstep + e.folded;

	for (uint32_t i = 0; i < e.nstep; i++)
		sum += e.step[i].folded;
	if (e.nstep)
		assert_true(sum == e.length || sum + 1 == e.length);
}

/* Short programs from all insns with small operands: every error of one insn comes up. */
static void test_random(void **state)
{
	struct arena a = { 0 };
	struct rng r;
	uint32_t checkable = 0;

	(void)state;
	rng_seed(&r, 5);
	for (int i = 0; i < 40000; i++) {
		struct program *p;
		struct insn *in;
		uint32_t n = 2 + (uint32_t)rng_below(&r, 12);

		arena_reset(&a);
		p = arena_alloc(&a, sizeof(*p));
		in = arena_alloc(&a, n * sizeof(*in));
		for (uint32_t k = 0; k + 1 < n; k++) {
			uint8_t id;

			do {
				id = (uint8_t)rng_below(&r, INSN_N);
			} while (insn_slots(id) > 1);
			in[k] = insn_make(id, (uint8_t)rng_below(&r, 11), (uint8_t)rng_below(&r, 11),
					  (int16_t)(rng_below(&r, 12) - 6), (int32_t)rng_below(&r, 9));
			switch (insn_row(id)->kind) {
			case K_ALU_K: case K_JMP_K: case K_ST:
				in[k].src = 0;
				break;
			case K_ALU_X: case K_JMP_X: case K_LDX: case K_STX:
				in[k].imm = 0;
				break;
			default:
				break;
			}
			if (insn_row(id)->kind == K_ALU_X || insn_row(id)->kind == K_ALU_K)
				in[k].off = insn_row(id)->op == OP_SDIV || insn_row(id)->op == OP_SMOD;
		}
		in[n - 1] = insn_exit();
		p->insn = in;
		p->len = n;
		p->type = i & 1 ? PROG_XDP : PROG_PLAIN;
		p->name = "";
		program_seal(p, &a);
		checkable += p->id != NULL;
		explain_one(p, i >> 1 & 1 ? WALK_LINUX : WALK_EXACT,
			    i >> 2 & 1 ? PRIV_ROOT : PRIV_UNPRIV, &a);
	}
	assert_true(checkable > 100);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
