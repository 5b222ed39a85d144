/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of fuzz/verdicts.def: each minimal case still differs as it says.
 * Skipped where bpf() is not to be had.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engines/linux_sys.h"
#include "fuzz/internal.h"
#include "tests/unit/rig.h"

static struct arena arena;

static void parse(const struct verdict_known *k, struct testcase *tc)
{
	struct file_err err;
	char *text;

	arena_reset(&arena);
	text = arena_printf(&arena, "-- type %s\n-- asm\n%s", k->type, k->text);
	if (!case_from_text(text, strlen(text), PROG_PLAIN, &arena, tc, &err))
		fail_msg("%s: line %u: %s", k->reason, err.line, err.msg);
}

static void still_differs(void **state)
{
	const struct verdict_known *k = *state;
	struct linux_unit_opts o = { .explain = true };
	struct vopts vo = { .priv = k->priv, .walk = WALK_LINUX };
	struct linux_log log = { 0 };
	char why[200];
	struct testcase tc;
	struct verdict v;
	enum linux_err err;
	bool made;

	need_bpf();
	parse(k, &tc);
	verify(&tc.unit, 0, &vo, &arena, &v);
	assert_string_equal(verr_name[v.accepted ? V_OK : v.err], verr_name[k->error]);
	err = linux_load_unit(&tc.unit, NULL, 0, k->priv, &o, &log, &made);
	assert_true(made);
	assert_int_equal(err == LINUX_OK, k->kernel == RULED_ACCEPT);
	linux_log_reason(err, linux_log_text(&log), why, sizeof(why));
	if (!verdict_is_known(k->priv, k->kernel, k->error, why))
		fail_msg("the kernel says: %s", why);
	linux_log_free(&log);
}

static void skeletons_have_no_numbers(void **state)
{
	char s[80];
	(void)state;

	verdict_skeleton("R1 invalid off=-0x1f size 8\nmore", s, sizeof(s));
	assert_string_equal(s, "RN invalid off=N size N");
	assert_true(verdict_same_error("R1 !read_ok", "R7 !read_ok"));
	assert_false(verdict_same_error("R1 !read_ok", "R7 !read_o"));
}

int main(void)
{
	struct CMUnitTest *tests = calloc(verdict_nknown + 1, sizeof(*tests));
	int failed;

	for (uint32_t i = 0; i < verdict_nknown; i++)
		tests[i] = (struct CMUnitTest){
			.name = verdict_known[i].reason, .test_func = still_differs,
			.initial_state = (void *)&verdict_known[i],
		};
	tests[verdict_nknown] = (struct CMUnitTest)cmocka_unit_test(skeletons_have_no_numbers);
	failed = _cmocka_run_group_tests("verdicts", tests, verdict_nknown + 1, NULL, NULL);
	arena_free(&arena);
	free(tests);
	return failed;
}
