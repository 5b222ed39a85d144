/* SPDX-License-Identifier: Apache-2.0 */
/* Features of a log: what they tell apart, and what they do not. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz/linux_feature.h"
#include "case/case.h"

enum { MAX = 64 };
struct list {
	uint32_t kind[MAX], hash[MAX], n;
};

static void add(void *arg, enum linux_feature_kind kind, uint32_t hash)
{
	struct list *l = arg;

	assert_true(l->n < MAX);
	l->kind[l->n] = kind;
	l->hash[l->n++] = hash;
}

static struct list of(const char *log)
{
	struct list l = { .n = 0 };

	linux_log_features(log, strlen(log), add, &l);
	return l;
}

static void same(const char *a, const char *b, bool wanted)
{
	struct list x = of(a), y = of(b);

	assert_true(x.n && y.n);
	if ((x.n == y.n && !memcmp(x.hash, y.hash, x.n * sizeof(x.hash[0]))) != wanted)
		fail_msg("%s: '%s' and '%s'", wanted ? "told apart" : "not told apart", a, b);
}

static void shapes_not_values(void **state)
{
	(void)state;
	same("3: (b7) r2 = 77   ; R2=77", "9: (b7) r5 = 99   ; R5=99", true);
	same("3: (b7) r2 = 77   ; R2=77", "3: (b4) w2 = 77   ; R2=77", false);
	same("3: (b7) r2 = 77   ; R2=77", "3: (b7) r2 = -77   ; R2=-77", false);
	same("3: (b7) r2 = 77   ; R2=77", "3: (b7) r2 = 77   ; R2=P77", false);
	same("3: (b7) r2 = 1   ; R2=1", "3: (b7) r2 = 0   ; R2=0", false);
	same("3: (71) x ; R1=scalar(id=1,umax=77)", "3: (71) x ; R1=scalar(id=95,umax=99)", true);
	same("3: (71) x ; R1=scalar(id=1,umax=77)", "3: (71) x ; R1=scalar(umax=77)", false);
	same("3: (71) x ; R1=scalar(id=1+4)", "3: (71) x ; R1=scalar(id=1)", false);
	same("3: (71) x ; R1=scalar(umax=255)", "3: (71) x ; R1=scalar(smax=255)", false);
	same("3: (71) x ; R1=scalar(umax=255)", "3: (71) x ; R1=scalar(umax=254)", false);
	same("3: (7b) x ; R1=1 fp-8=1", "3: (7b) x ; R1=1", false);
}

static void events(void **state)
{
	(void)state;
	same("7: safe", "\nfrom 3 to 7: safe", false);
	same("from 3 to 7: safe", "from 4 to 9: safe", true);
	same("from 3 to 7: safe", "from 3 to 7 (speculative execution): safe", false);
	same("SCC enter (1)", "SCC backedge (1)", false);
	same("mark_precise: a\nfrom 3 to 4: safe\n", "mark_precise: a\nmark_precise: b\nfrom 3 to 4: safe", false);
	same("R3 !read_ok", "R4 !read_ok", true);
	same("R3 !read_ok", "R3 invalid", false);
	same("processed 9 insns (limit 1000000) max_states_per_insn 0 total_states 0",
	     "processed 10 insns (limit 1000000) max_states_per_insn 0 total_states 0", true);
	same("processed 9 insns (limit 1000000)", "processed 90 insns (limit 1000000)", false);
	same("stack depth 32+0", "stack depth 64+0", false);
}

static void kinds(void **state)
{
	struct list l = of("func#0 @0\nLive regs before insn:\n      0: .1.. (b7) r0 = 0\n0: R1=ctx() R10=fp0\n"
			   "0: (b7) r0 = 0   ; R0=0\nmark_precise: x\nmark_precise: y\n1: (95) exit\n"
			   "from 2 to 4: R0=0 R10=fp0\n4: safe\nnonsense here\nprocessed 3 insns\n");
	static const uint32_t want[] = {
		LF_INSN, LF_INSN, LF_PRECISE, LF_INSN, LF_EVENT, LF_BRANCH, LF_BRANCH, LF_EVENT, LF_ERROR, LF_STAT,
	};
	(void)state;

	assert_int_equal(l.n, sizeof(want) / sizeof(want[0]));
	assert_memory_equal(l.kind, want, sizeof(want));
}

static void map_counts(void **state)
{
	static const char log[] = "0: (b7) r0 = 0   ; R0=0\n0: (b7) r0 = 0   ; R0=0\n1: (95) exit\n";
	uint8_t map[1024] = { 0 };
	uint32_t sum = 0;
	(void)state;

	assert_int_equal(linux_log_map(log, strlen(log), map, sizeof(map)), 2);
	for (uint32_t i = 0; i < sizeof(map); i++)
		sum += map[i];
	assert_int_equal(sum, 3);
	assert_int_equal(linux_log_map(log, strlen(log), map, sizeof(map)), 0);
	for (uint32_t i = 0; i < 300; i++)
		linux_log_map(log, strlen(log), map, sizeof(map));
	for (uint32_t i = 0; i < sizeof(map); i++)
		assert_true(!map[i] || map[i] == 255);
	assert_int_equal(linux_log_map(log, strlen(log), map, 0), 0);
}

static void ignore(void *arg, enum linux_feature_kind kind, uint32_t hash)
{
	(void)arg;
	(void)kind;
	(void)hash;
}

/* Any bytes, each in memory of just its size. */
static void hostile_bytes(void **state)
{
	static const char alphabet[] = "0123456789abcdefx:;()=-, \nRPfpsmdi_rom safe";
	struct rng r;
	(void)state;

	rng_seed(&r, 7);
	for (uint32_t i = 0; i < 20000; i++) {
		size_t n = rng_below(&r, 80);
		char *log = malloc(n + !n);

		assert_non_null(log);
		for (size_t k = 0; k < n; k++)
			log[k] = rng_below(&r, 8) ? alphabet[rng_below(&r, sizeof(alphabet) - 1)] :
						    (char)rng_below(&r, 256);
		linux_log_features(log, n, ignore, NULL);
		free(log);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes_not_values),
		cmocka_unit_test(events),
		cmocka_unit_test(kinds),
		cmocka_unit_test(map_counts),
		cmocka_unit_test(hostile_bytes),
	};

	return cmocka_run_group_tests_name("linux_feature", tests, NULL, NULL);
}
