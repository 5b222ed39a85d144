/* SPDX-License-Identifier: Apache-2.0 */
/* Which programs the kernel is asked for a log of. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "case/case.h"
#include "fuzz/fuzz.h"
#include "fuzz/linux_sample.h"

static struct arena arena;

static bool ask(struct linux_sample *s, const struct insn *in, uint32_t n, uint32_t type,
		uint64_t processed)
{
	struct program p = { .insn = in, .len = n, .type = (uint16_t)type };
	struct verdict v = { .processed = processed };

	program_seal(&p, &arena);
	assert_non_null(p.id);
	return linux_sample_new(s, &p, &v);
}

static void what_is_new(void **state)
{
	const struct insn a[] = { insn_mov64_imm(0, 0), insn_exit() };
	const struct insn b[] = { insn_mov64_imm(0, 77), insn_exit() };
	const struct insn c[] = { insn_mov64_imm(0, 0), insn_mov64_imm(0, 0), insn_exit() };
	struct linux_sample *s = arena_alloc(&arena, sizeof(*s));
	(void)state;

	assert_true(ask(s, a, 2, PROG_XDP, 2));
	assert_false(ask(s, a, 2, PROG_XDP, 2));
	assert_false(ask(s, b, 2, PROG_XDP, 3));	/* values and small differences do not count */
	assert_true(ask(s, c, 3, PROG_XDP, 3));		/* two insns that were not seen in a row */
	assert_false(ask(s, c, 3, PROG_XDP, 3));
	assert_true(ask(s, a, 2, PROG_XDP, 200));	/* statistics */
	assert_true(ask(s, a, 2, PROG_SYSCALL, 2));	/* a type that had none like these */
	assert_false(ask(s, a, 2, PROG_SYSCALL, 2));
	arena_free(&arena);
}

/* Of many programs fewer and fewer are new. */
static void it_wears_off(void **state)
{
	struct linux_sample *s = test_calloc(1, sizeof(*s));
	uint32_t n[4] = { 0 };
	(void)state;

	for (uint64_t i = 0; i < 8000; i++) {
		const struct gen_opts g = { .priv = PRIV_CAP_BPF, .insns = 30, .portable = true };
		struct vopts o = { .priv = PRIV_CAP_BPF };
		struct testcase tc;
		struct verdict v;
		struct choice c;

		arena_reset(&arena);
		choice_seed(&c, mix64(i));
		gen_case(&c, &g, &arena, &tc);
		verify(&tc.unit, 0, &o, &arena, &v);
		if (v.accepted)
			n[i / 2000] += linux_sample_new(s, &tc.unit.prog[0], &v);
	}
	print_message("# new of 2,000 each: %u, %u, %u, %u\n", n[0], n[1], n[2], n[3]);
	assert_true(n[0] > n[3]);
	assert_true(n[3] < 400);
	test_free(s);
	arena_free(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_new),
		cmocka_unit_test(it_wears_off),
	};

	return cmocka_run_group_tests_name("linux_sample", tests, NULL, NULL);
}
