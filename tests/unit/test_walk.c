/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Linux walk: what it must not prune, what it prunes, loops, budgets, what
 * its records say.  Verdicts and counters are compared with the running kernel's.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engines/linux_sys.h"
#include "fuzz/fuzz.h"
#include "tests/unit/verifier_rig.h"

enum { A = 1, F = 8, FA = 9, X = 1 << 8, K = 1 << 9 };	/* prog_flags; X, K: of a row */
enum { V_ANY = VERR_N };

static void seal(struct built *b, uint32_t len, uint32_t type, uint32_t flags)
{
	rig_seal(b, len, type, flags & 0xff, "GPL");
}

static void build(struct built *b, uint32_t type, uint32_t flags, const char *text)
{
	rig_build(b, type, flags & 0xff, "GPL", text);
}

static void judge(struct built *b, enum walk walk, enum priv priv, struct verdict *v)
{
	struct vopts o = { .priv = priv, .walk = walk,
			   .strict_align = b->prog.prog_flags & A };

	verify(&b->unit, 0, &o, &b->arena, v);
}

static bool kernel_there(void)
{
	char why[96];

	if (linux_available(why))
		return true;
	print_message("# bpf() is not available: %s\n", why);
	return false;
}

/* ---- the table ----------------------------------------------------------- */

static const struct row {
	const char *name;
	uint32_t flags;
	uint32_t err;		/* enum verr, or V_ANY */
	const char *text;
} rows[] = {
#define WALK(name, flags, err, ...) { name, flags, V_##err, __VA_ARGS__ },
#include "tests/unit/walk_cases.inc"
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

static void test_table(void **state)
{
	uint32_t wrong = 0;

	(void)state;
	for (uint32_t i = 0; i < ROWS; i++) {
		struct verdict v[2];
		struct built b;

		build(&b, PROG_SCHED_CLS, rows[i].flags, rows[i].text);
		for (enum walk w = WALK_EXACT; w <= WALK_LINUX; w++) {
			judge(&b, w, PRIV_ROOT, &v[w]);
			if (v[w].err == rows[i].err || (!v[w].accepted && rows[i].err == V_ANY) ||
			    (w == WALK_EXACT && v[w].err == V_TOO_COMPLEX && rows[i].flags & X))
				continue;
			print_error("%s (%s walk): %s (%s) at %u, expected %s\n", rows[i].name,
				    w ? "Linux" : "exact", verr_name[v[w].err], v[w].msg, v[w].pc,
				    rows[i].err < VERR_N ? verr_name[rows[i].err] : "any");
			wrong++;
		}
		rig_drop(&b);
	}
	assert_int_equal(wrong, 0);
}

/* A domain that rules out more edges must not make the walk overlook anything. */
static void test_precise_domain(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < ROWS; i++) {
		struct vopts o = { .walk = WALK_LINUX, .priv = PRIV_ROOT, .domain = &domain_precise,
				   .strict_align = rows[i].flags & A };
		struct verdict v;
		struct built b;

		build(&b, PROG_SCHED_CLS, rows[i].flags, rows[i].text);
		verify(&b.unit, 0, &o, &b.arena, &v);
		if (v.accepted != (rows[i].err == V_OK))
			fail_msg("%s: %s", rows[i].name, v.msg);
		rig_drop(&b);
	}
}

static bool log_number(const char *log, const char *key, uint64_t *v)
{
	const char *p = strstr(log, key);

	if (p)
		*v = strtoull(p + strlen(key), NULL, 10);
	return p;
}

/* Verdict and counters of the kernel.  False: it could not be asked. */
static bool ask(struct built *b, enum priv priv, bool *accepts, struct linux_log *log)
{
	struct linux_unit_opts lo = { .log_level = LINUX_LOG_STATS, .explain = true };
	enum linux_err err;
	bool made;

	err = linux_load_unit(&b->unit, NULL, 0, priv, &lo, log, &made);
	*accepts = !err;
	return made;
}

/* The walk sees no more insns than the kernel, but for a few. */
static void test_kernel(void **state)
{
	uint32_t wrong = 0, same = 0, asked = 0;

	(void)state;
	if (!kernel_there())
		skip();
	for (uint32_t i = 0; i < ROWS; i++) {
		struct linux_log log = { 0 };
		uint64_t processed = 0;
		struct verdict v;
		struct built b;
		bool accepts;

		build(&b, PROG_SCHED_CLS, rows[i].flags, rows[i].text);
		judge(&b, WALK_LINUX, PRIV_ROOT, &v);
		if (ask(&b, PRIV_ROOT, &accepts, &log)) {
			asked++;
			if (accepts != v.accepted && !(rows[i].flags & K)) {
				print_error("%s: we %s, the kernel does not: %s\n%s\n",
					    rows[i].name, v.accepted ? "accept" : "reject", v.msg,
					    linux_log_text(&log));
				wrong++;
			}
			if (log_number(linux_log_text(&log), "processed ", &processed)) {
				same += v.processed == processed;
				if (v.accepted && v.processed > processed + processed / 5) {
					print_error("%s: %llu insns of ours, %llu of the kernel\n",
						    rows[i].name, (unsigned long long)v.processed,
						    (unsigned long long)processed);
					wrong++;
				}
			}
		}
		linux_log_free(&log);
		rig_drop(&b);
	}
	print_message("# asked the kernel %u times, %u counts of insns are equal\n", asked, same);
	assert_int_equal(wrong, 0);
}

/* ---- the verdicts of the exact walk -------------------------------------- */

enum { NO_GPL = 1 << 8 };	/* of a row's type */
static const struct {
	const char *name;
	uint32_t type;
	enum verr err[2];	/* root, cap_bpf */
	const char *text;
} verdicts[] = {
#define CASE(name, type, root, cap, ...) { name, PROG_##type, { V_##root, V_##cap }, __VA_ARGS__ },
#define CASE_DIFFERS CASE
#include "tests/unit/verifier_cases.inc"
};

static void test_verdicts(void **state)
{
	static const enum priv privs[2] = { PRIV_ROOT, PRIV_CAP_BPF };
	uint32_t wrong = 0;

	(void)state;
	for (uint32_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
		for (uint32_t k = 0; k < 4; k++) {
			struct verdict v;
			struct built b;

			build(&b, verdicts[i].type & 0xff, k & 2 ? F : 0, verdicts[i].text);
			if (verdicts[i].type & NO_GPL)
				b.prog.license = "Proprietary";
			judge(&b, WALK_LINUX, privs[k & 1], &v);
			if (v.err != verdicts[i].err[k & 1]) {
				print_error("%s (%s): %s (%s) at %u, expected %s\n",
					    verdicts[i].name, priv_name(privs[k & 1]),
					    verr_name[v.err], v.msg, v.pc,
					    verr_name[verdicts[i].err[k & 1]]);
				wrong++;
			}
			rig_drop(&b);
		}
	}
	assert_int_equal(wrong, 0);
}

/* Is the verdict one that both walks must share?  (Masks are compared by path, see alu.c.) */
static bool settled(const struct verdict *v)
{
	return v->err != V_TOO_COMPLEX && v->err != V_TOO_MANY_BRANCHES && v->err != V_MASK_PATHS;
}

/* On generated programs, with states kept everywhere and as usual. */
static void test_generated(void **state)
{
	uint32_t n = getenv("PARALLAX_LONG") ? 200000 : 4000, compared = 0, pruned = 0, wrong = 0;
	struct arena a = { 0 };

	(void)state;
	for (uint32_t i = 0; i < n; i++) {
		enum priv priv = i & 1 ? PRIV_CAP_BPF : PRIV_ROOT;
		struct gen_opts go = { .priv = priv, .insns = 20 + 10 * (i % 13), .inputs = 1 };
		struct testcase tc;
		struct choice c;

		arena_reset(&a);
		choice_seed(&c, i);
		gen_case(&c, &go, &a, &tc);
		for (uint32_t k = 0; k < tc.unit.nprog; k++) {
			struct vopts o = { .priv = priv, .max_insns = 50000,
					   .plain_size = tc.input[0].nctx,
					   .plain_max = tc.input[0].nctx };
			struct program p = tc.unit.prog[k];
			struct unit u = tc.unit;
			struct verdict v[2];

			p.prog_flags |= i & 2 ? F : 0;
			u.prog = &p;
			u.nprog = 1;
			for (o.walk = WALK_EXACT; o.walk <= WALK_LINUX; o.walk++)
				verify(&u, 0, &o, &a, &v[o.walk]);
			pruned += v[1].processed < v[0].processed;
			if (!settled(&v[0]) || !settled(&v[1]))
				continue;
			compared++;
			/* Which of several errors comes first depends on the order of paths. */
			if (v[0].accepted == v[1].accepted)
				continue;
			print_error("case %u: exact walk %s at %u, Linux walk %s at %u\n", i,
				    verr_name[v[0].err], v[0].pc, verr_name[v[1].err], v[1].pc);
			wrong++;
		}
	}
	arena_free(&a);
	print_message("# %u programs compared, %u shorter for the Linux walk\n", compared, pruned);
	assert_int_equal(wrong, 0);
	assert_true(compared > n * 9 / 10 && pruned > n / 20);
}

/*
 * Concrete runs lie in the records.  Behind a prune only what matters is
 * compared, so that this tests the marks as well.
 */
static void test_sound(void **state)
{
	struct pipe_opts po = { .engine = { engine_by_name("interp") }, .nengine = 1,
				.priv = PRIV_ROOT, .walk = WALK_LINUX, .sound = true };
	uint32_t n = getenv("PARALLAX_LONG") ? 100000 : 3000;
	struct pipeline *p;
	struct arena a = { 0 };
	char why[96];

	(void)state;
	p = pipeline_new(&po, why);
	if (!p) {
		print_message("# no pipeline: %s\n", why);
		skip();
	}
	for (uint32_t i = 0; i < n; i++) {
		struct gen_opts go = { .priv = PRIV_ROOT, .insns = 20 + 10 * (i % 13),
				       .inputs = 3 };
		struct program prog[MAX_PROGS];
		struct testcase tc;
		struct choice c;
		struct finding f;

		arena_reset(&a);
		choice_seed(&c, 1000000 + i);
		gen_case(&c, &go, &a, &tc);
		memcpy(prog, tc.unit.prog, tc.unit.nprog * sizeof(prog[0]));
		for (uint32_t k = 0; k < tc.unit.nprog; k++)
			prog[k].prog_flags |= F;
		tc.unit.prog = prog;
		if (run_one(p, &tc, &f) && !strcmp(f.oracle, "sound"))
			fail_msg("case %u: %s", i, f.what);
	}
	assert_true(pipeline_stats(p)->ruling[ORACLE_sound][HOLDS] > 2 * n);
	pipeline_free(p);
	arena_free(&a);
}

/* ---- what is pruned ------------------------------------------------------ */

/* n branches on a value from outside, one after the other, each around body. */
static void diamonds(struct built *b, uint32_t n, uint32_t flags, struct insn body,
		     const struct insn last[2])
{
	uint32_t len = 0;

	memset(b, 0, sizeof(*b));
	b->insn[len++] = insn_mov64_reg(6, 1);
	b->insn[len++] = insn_mov64_imm(7, 0);
	b->insn[len++] = insn_st(SZ_DW, 10, -8, 0);
	for (uint32_t i = 0; i < n; i++) {
		b->insn[len++] = insn_ldx(SZ_W, 2, 6, 0);
		b->insn[len++] = insn_make(I_JGT64_K, 2, 0, 1, (int32_t)i + 3);
		b->insn[len++] = body;
	}
	b->insn[len++] = last[0];
	b->insn[len++] = last[1];
	b->insn[len++] = insn_mov64_imm(0, 0);
	b->insn[len++] = insn_exit();
	seal(b, len, PROG_SCHED_CLS, flags);
}

/* Each way through 20 diamonds is another state, but none of the differences matters. */
static void test_diamonds(void **state)
{
	const struct insn nop = insn_mov64_imm(0, 0), add = insn_alu64_imm(ALU_ADD, 7, 1);
	const struct insn store = insn_st(SZ_DW, 10, -8, 1), load = insn_ldx(SZ_DW, 0, 10, -8);
	const struct {
		const char *what;
		struct insn body, last[2];
	} row[] = {
		{ "a register that does not matter", add, { insn_mov64_reg(0, 7), nop } },
		{ "a dead register", add, { nop, nop } },
		{ "a dead slot", insn_stx(SZ_DW, 10, -8, 6), { nop, nop } },
		{ "a slot that is written before it is read", insn_stx(SZ_DW, 10, -8, 6),
		  { store, load } },
		{ "a slot whose value does not matter", store, { load, nop } },
		{ "ids", insn_mov64_reg(8, 2), { nop, nop } },
	};

	(void)state;
	for (uint32_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		for (uint32_t flags = 0; flags <= F; flags += F) {
			struct verdict v;
			struct built b;

			diamonds(&b, 20, flags, row[i].body, row[i].last);
			judge(&b, WALK_LINUX, PRIV_ROOT, &v);
			/* One way is 64 insns; where each state is kept, all others end at once. */
			if (!v.accepted || v.processed > (flags ? 100 : 200))
				fail_msg("%s: %s, %llu insns", row[i].what, v.msg,
					 (unsigned long long)v.processed);
			assert_true(v.rec.pruned);
			rig_drop(&b);
		}
	}
}

/* And where it matters, nothing is: 2^n ways. */
static void test_no_shortcut(void **state)
{
	struct verdict v;
	struct built b;

	(void)state;
	diamonds(&b, 12, 0, insn_alu64_imm(ALU_ADD, 7, 1),
		 (struct insn[2]){ insn_make(I_JEQ64_K, 7, 0, 1, 99), insn_mov64_imm(0, 0) });
	judge(&b, WALK_LINUX, PRIV_ROOT, &v);
	assert_true(v.accepted);
	/* The sum is one of 13 values at most, at each place. */
	assert_true(v.processed > 12 * 13 / 2 && v.processed < 3000);
	rig_drop(&b);
}

/* States that never help are dropped; verdict and work stay. */
static void test_eviction(void **state)
{
	struct verdict v;
	struct built b;

	(void)state;
	build(&b, PROG_SCHED_CLS, 0, "r6 = r1; r7 = 0; r0 = 0; l: r2 = *(u32 *)(r6 +0); "
	      "if r2 > 5 goto a; r0 += 1; a: r7 += 1; if r7 < 3000 goto l; exit");
	judge(&b, WALK_LINUX, PRIV_ROOT, &v);
	assert_true(v.accepted);
	assert_true(v.states > 100);
	assert_true(v.max_states_per_insn < v.states / 4);
	rig_drop(&b);
}

/* ---- budgets ------------------------------------------------------------- */

static void test_budget(void **state)
{
	struct vopts o = { .walk = WALK_LINUX, .priv = PRIV_ROOT, .max_insns = 500 };
	struct verdict v;
	struct built b;

	(void)state;
	build(&b, PROG_SCHED_CLS, 0, "r6 = 0; l: r6 += 1; if r6 < 100000 goto l; r0 = 0; exit");
	verify(&b.unit, 0, &o, &b.arena, &v);
	assert_int_equal(v.err, V_TOO_COMPLEX);
	assert_int_equal(v.processed, 501);
	o.max_insns = 0;
	verify(&b.unit, 0, &o, &b.arena, &v);
	assert_int_equal(v.err, V_OK);
	assert_int_equal(v.processed, 200003);
	rig_drop(&b);

	/* Each round leaves a branch behind. */
	build(&b, PROG_SCHED_CLS, 0, "r6 = r1; r7 = 0; r0 = 0; l: r2 = *(u32 *)(r6 +0); "
	      "if r2 == 7 goto out; r7 += 1; if r7 < 9000 goto l; out: exit");
	judge(&b, WALK_LINUX, PRIV_ROOT, &v);
	assert_int_equal(v.err, V_TOO_MANY_BRANCHES);
	assert_string_equal(v.msg, "The sequence of 8193 jumps is too complex.");
	rig_drop(&b);
}

/* ---- records ------------------------------------------------------------- */

/* The records of r6 before slot pc, as a set: 1 precise, 2 not, 4 forgotten. */
static uint32_t marks_at(const struct verdict *v, uint32_t pc, uint32_t reg)
{
	uint32_t set = 0;

	for (const struct record *r = v->rec.at[pc]; r; r = r->next) {
		const struct reg_state *s = state_reg(r->state, reg);

		set |= s->type == T_NOT_INIT ? 4 : s->precise ? 1 : 2;
	}
	return set;
}

static void test_marks(void **state)
{
	struct vopts o = { .walk = WALK_LINUX, .priv = PRIV_ROOT, .record = true };
	struct verdict v;
	struct built b;

	(void)state;
	build(&b, PROG_SCHED_CLS, F,
	      "r0 = *(u32 *)(r1 +0);"			/* 0 */
	      "r8 = map_val(map_by_fd(2)) + 0 ll;"	/* 1, 2 */
	      "r6 = 5; r7 = 7;"				/* 3, 4 */
	      "if r0 > 5 goto j; r7 = 8;"		/* 5, 6 */
	      "j: r8 += r6; r9 = r6;"			/* 7, 8 */
	      "r0 = *(u8 *)(r8 +0); r0 += r7; exit");	/* 9, 10, 11 */
	verify(&b.unit, 0, &o, &b.arena, &v);
	assert_int_equal(v.err, V_OK);
	assert_true(v.rec.pruned);
	assert_true(v.aux[7] & AUX_PRUNED_HERE);
	assert_int_equal(marks_at(&v, 3, 6), 4);	/* not alive yet */
	for (uint32_t pc = 4; pc <= 7; pc++)
		assert_int_equal(marks_at(&v, pc, 6), 1);
	assert_int_equal(marks_at(&v, 8, 6), 2);	/* moved to r9, which nobody reads */
	assert_int_equal(marks_at(&v, 9, 6), 4);
	assert_int_equal(marks_at(&v, 7, 7), 2);
	assert_int_equal(marks_at(&v, 10, 7), 2);
	rig_drop(&b);
}

/* ---- counters ------------------------------------------------------------ */

/* On straight ways and loops the counters are the kernel's, one by one. */
static void test_counters(void **state)
{
	static const char *const text[] = {
		"r0 = 0; l: r0 += 1; if r0 < 1000 goto l; exit",
		"r6 = 0; r0 = 0; o: r7 = 0; i: r7 += 1; if r7 < 50 goto i; r6 += 1; "
		"if r6 < 50 goto o; exit",
		"r6 = r1; r7 = 0; r0 = 0; l: r2 = *(u32 *)(r6 +0); if r2 > 5 goto a; r0 += 1; "
		"a: r7 += 1; if r7 < 3000 goto l; exit",
		"r6 = r1; r7 = 0; r0 = 0; l: r2 = *(u32 *)(r6 +0); if r2 == 7 goto out; r7 += 1; "
		"if r7 < 2000 goto l; out: exit",
	};

	(void)state;
	if (!kernel_there())
		skip();
	for (uint32_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		struct linux_log log = { 0 };
		uint64_t processed = 0, total = 0, peak = 0, most = 0;
		struct verdict v;
		struct built b;
		const char *said;
		bool accepts;

		build(&b, PROG_SCHED_CLS, 0, text[i]);
		judge(&b, WALK_LINUX, PRIV_ROOT, &v);
		assert_true(ask(&b, PRIV_ROOT, &accepts, &log) && accepts && v.accepted);
		said = linux_log_text(&log);
		assert_true(log_number(said, "processed ", &processed) &&
			    log_number(said, "total_states ", &total) &&
			    log_number(said, "peak_states ", &peak) &&
			    log_number(said, "max_states_per_insn ", &most));
		assert_int_equal(v.processed, processed);
		assert_int_equal(v.states, total);
		assert_int_equal(v.peak_states, peak);
		assert_int_equal(v.max_states_per_insn, most);
		linux_log_free(&log);
		rig_drop(&b);
	}
}

/* ---- the log ----------------------------------------------------------------- */

/*
 * The lines on precision, without what differs by name only: ids, map names,
 * and what a wide immediate stands for.
 */
static char *marks_in(const char *log, struct arena *a)
{
	char *out = arena_alloc(a, strlen(log) + 2), *to = out;

	while (*log) {
		size_t n = strcspn(log, "\n");
		bool skip = strncmp(log, "mark_precise: ", 14) && strncmp(log, "frame ", 6);

		for (size_t i = 0; i < n && !skip; i++) {
			if (!strncmp(log + i, "id=", 3))
				i += 3 + strcspn(log + i + 3, ",)") - 1;
			else
				*to++ = log[i];
			if (i > 5 && !strncmp(log + i - 5, "(18) r", 6))
				break;
		}
		while (to > out && to[-1] == ' ')
			to--;
		if (!skip)
			*to++ = '\n';
		log += n + (log[n] == '\n');
	}
	*to = 0;
	return out;
}

/* Which values mattered is traced back over the same insns as in the kernel. */
static void test_traces(void **state)
{
	uint32_t same = 0, traced = 0;

	(void)state;
	if (!kernel_there())
		skip();
	for (uint32_t i = 0; i < ROWS; i++) {
		struct linux_unit_opts lo = { .log_level = LINUX_LOG_ALL };
		struct vopts o = { .walk = WALK_LINUX, .priv = PRIV_ROOT, .log = 2 };
		struct linux_log log = { 0 };
		const char *ours, *theirs;
		struct verdict v;
		struct built b;
		bool made;

		build(&b, PROG_SCHED_CLS, rows[i].flags, rows[i].text);
		o.strict_align = b.prog.prog_flags & A;
		verify(&b.unit, 0, &o, &b.arena, &v);
		linux_load_unit(&b.unit, NULL, 0, PRIV_ROOT, &lo, &log, &made);
		ours = marks_in(v.log, &b.arena);
		theirs = marks_in(linux_log_text(&log), &b.arena);
		traced += *theirs && v.processed < 3000;
		same += *theirs && v.processed < 3000 && !strcmp(ours, theirs);
		if (strcmp(ours, theirs) && v.processed < 3000) printf("ROW %s\n--- ours\n%s--- theirs\n%s", rows[i].name, ours, theirs);
		linux_log_free(&log);
		rig_drop(&b);
	}
	print_message("# %u of %u traces are equal\n", same, traced);
	assert_true(same * 10 >= traced * 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_precise_domain),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_generated),
		cmocka_unit_test(test_sound),
		cmocka_unit_test(test_diamonds),
		cmocka_unit_test(test_no_shortcut),
		cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_traces),
	};

	return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
