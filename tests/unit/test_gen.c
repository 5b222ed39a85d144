/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generator: its promises about form (any choices make a well-formed case,
 * the same choices the same one), variety (rows, registers), verdicts (ours
 * and the running kernel's), and what its programs do when they run.
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
#include "tests/unit/rig.h"

static struct arena arena;
static struct testcase tc;

static void make(uint64_t seed, const struct gen_opts *o)
{
	struct choice c;

	arena_reset(&arena);
	choice_seed(&c, seed);
	gen_case(&c, o, &arena, &tc);
}

/* ---- choices ------------------------------------------------------------ */

static void test_choices_stay_below(void **state)
{
	static const uint32_t bound[] = { 1, 2, 3, 10, 255, 256, 257, 65535, 65537, UINT32_MAX };
	uint8_t bytes[64];
	struct choice c;

	(void)state;
	memset(bytes, 0xff, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bound) / sizeof(bound[0]); i++) {
		choice_seed(&c, i);
		for (int k = 0; k < 1000; k++)
			assert_true(choice_below(&c, bound[i]) < bound[i]);
		choice_bytes(&c, bytes, sizeof(bytes));
		for (int k = 0; k < 100; k++)
			assert_true(choice_below(&c, bound[i]) < bound[i]);
	}
}

static void test_choices_are_uniform(void **state)
{
	uint32_t count[10] = { 0 };
	struct choice c;

	(void)state;
	choice_seed(&c, 1);
	for (int k = 0; k < 100000; k++)
		count[choice_below(&c, 10)]++;
	for (int i = 0; i < 10; i++)
		assert_in_range(count[i], 9500, 10500);
}

static void test_bytes_run_out_into_zeros(void **state)
{
	const uint8_t bytes[] = { 7, 1, 2 };
	struct choice c;

	(void)state;
	choice_bytes(&c, bytes, sizeof(bytes));
	assert_int_equal(choice_below(&c, 100), 7);
	assert_int_equal(choice_below(&c, 1000), 0x201);
	assert_int_equal(choice_below(&c, 100), 0);
	assert_int_equal(choice_u64(&c), 0);
	choice_bytes(&c, NULL, 0);
	assert_int_equal(choice_below(&c, 100), 0);
}

/* ---- form --------------------------------------------------------------- */

static void check_form(void)
{
	struct file_err err;
	struct testcase back;
	uint8_t *bytes, *again;
	size_t n, m;

	for (uint32_t i = 0; i < tc.unit.nprog; i++) {
		const struct program *p = &tc.unit.prog[i];

		assert_non_null(p->id);
		assert_int_equal(p->type, tc.unit.prog[0].type);
		assert_true(p->nsub >= 1);
	}
	assert_true(tc.ninput >= 1);
	bytes = case_to_bin(&tc, &arena, &n);
	if (!case_from_bin(bytes, n, &arena, &back, &err))
		fail_msg("%s", err.msg);
	again = case_to_bin(&back, &arena, &m);
	assert_int_equal(n, m);
	assert_memory_equal(bytes, again, n);
}

static void test_same_seed_same_case(void **state)
{
	struct gen_opts o = { .priv = PRIV_CAP_BPF, .inputs = 3 };

	(void)state;
	for (uint64_t seed = 0; seed < 300; seed++) {
		uint8_t *first;
		size_t n, m;

		o.wild = seed % 5 == 0;
		make(seed, &o);
		first = case_to_bin(&tc, &arena, &n);
		first = memcpy(malloc(n), first, n);
		make(seed ^ 1, &o);	/* nothing may carry over */
		make(seed, &o);
		assert_memory_equal(first, case_to_bin(&tc, &arena, &m), n);
		assert_int_equal(n, m);
		free(first);
	}
}

static void test_any_choice_bytes_make_a_case(void **state)
{
	struct gen_opts o = { .inputs = 2 };
	uint8_t bytes[2000];
	struct choice c;
	struct rng r;

	(void)state;
	rng_seed(&r, 3);
	for (uint32_t i = 0; i < rounds(2000); i++) {
		size_t n = rng_below(&r, sizeof(bytes) + 1);
		uint8_t with = (uint8_t)rng_next(&r);

		for (size_t k = 0; k < n; k++)
			bytes[k] = i % 4 ? (uint8_t)rng_next(&r) : with;
		o.priv = (enum priv)(i % PRIV_N);
		o.wild = i % 7 == 0;
		o.insns = i % 11 == 0 ? 200 : 0;
		arena_reset(&arena);
		choice_bytes(&c, bytes, n);
		gen_case(&c, &o, &arena, &tc);
		check_form();
	}
}

static void test_wild_cases_are_well_formed(void **state)
{
	struct gen_opts o = { .wild = true };

	(void)state;
	for (uint64_t seed = 0; seed < rounds(3000); seed++) {
		o.insns = 1 + (uint32_t)(seed % 90);
		make(seed, &o);
		check_form();
	}
}

/* ---- options ------------------------------------------------------------ */

static void test_types_are_obeyed(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < 32; type++) {
		const struct prog_type_info *info = prog_type_info(type);
		struct gen_opts o = { .types = 1u << type, .priv = PRIV_ROOT };

		if (!info || !info->runs)
			continue;
		for (uint64_t seed = 0; seed < 50; seed++) {
			make(seed, &o);
			assert_int_equal(tc.unit.prog[0].type, type);
		}
	}
}

static void test_groups_are_obeyed(void **state)
{
	struct gen_opts o = { .groups = 1u << G_DIVMUL64 | 1u << G_ATOMIC32 };
	uint32_t allowed = o.groups | 1u << G_BASE32 | 1u << G_BASE64;

	(void)state;
	for (uint64_t seed = 0; seed < 2000; seed++) {
		o.wild = seed % 2;
		make(seed, &o);
		for (uint32_t i = 0; i < tc.unit.nprog; i++) {
			const struct program *p = &tc.unit.prog[i];

			for (uint32_t pc = 0; pc < p->len; pc++)
				if (p->id[pc] != I_LDDW_HI)
					assert_true(allowed >> insn_row(p->id[pc])->group & 1);
		}
	}
}

static void test_inputs_are_counted(void **state)
{
	struct gen_opts o = { .inputs = 7 };

	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		make(seed, &o);
		assert_int_equal(tc.ninput, 7);
		for (uint32_t i = 0; i < tc.ninput; i++)
			assert_int_equal(tc.input[i].fuel, FUEL_FUZZ);
	}
}

static void test_length_follows_the_wish(void **state)
{
	static const uint32_t wish[] = { 10, 30, 100, 250 };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct gen_opts o = { .insns = wish[i] };
		uint64_t sum = 0;

		for (uint64_t seed = 0; seed < 300; seed++) {
			make(seed, &o);
			sum += tc.unit.prog[0].len;
		}
		assert_in_range(sum / 300, wish[i] * 7 / 10, wish[i] * 2 + 10);
	}
}

/* ---- variety ------------------------------------------------------------ */

/* Not for our engines: other runtimes' calls, arenas, variables by BTF, callbacks. */
static bool row_is_out(uint8_t id)
{
	return id == I_ADDR_CAST || id == I_CALL_KFUNC || id == I_CALLX || id == I_LD_VAR_ADDR ||
	       id == I_LD_CODE_ADDR;
}

static void test_rows_and_registers_are_covered(void **state)
{
	static uint32_t row[INSN_N], pair[REGS][REGS];
	uint32_t rows = 0, pairs = 0;
	struct gen_opts o = { .priv = PRIV_ROOT };

	(void)state;
	for (uint64_t seed = 0; seed < 4000; seed++) {
		make(seed, &o);
		for (uint32_t i = 0; i < tc.unit.nprog; i++) {
			const struct program *p = &tc.unit.prog[i];

			for (uint32_t pc = 0; pc < p->len; pc++) {
				uint8_t id = p->id[pc];

				if (id == I_LDDW_HI)
					continue;
				row[id]++;
				if (insn_row(id)->kind == K_ALU_X || insn_row(id)->kind == K_JMP_X)
					pair[p->insn[pc].dst][p->insn[pc].src]++;
			}
		}
	}
	for (uint32_t id = 0; id < INSN_N; id++) {
		rows += row[id] != 0;
		if (!row_is_out((uint8_t)id) && row[id] < 20)
			fail_msg("%s came %u times", insn_row((uint8_t)id)->name, row[id]);
	}
	for (int d = 0; d < REG_FP; d++) {
		for (int s = 0; s < REG_FP; s++) {
			pairs += pair[d][s] >= 50;
			if (pair[d][s] < 50)
				fail_msg("r%d, r%d came %u times", d, s, pair[d][s]);
		}
	}
	print_message("# rows %u of %u, register pairs of two-operand insns %u of 100\n", rows,
		      INSN_N, pairs);
}

/* ---- our verifier ------------------------------------------------------- */

struct refusal {
	char text[120];
	uint32_t n;
};
static struct refusal reason[64];

/* Counts a reason, its numbers blotted out. */
static void count_reason(const char *type, const char *msg)
{
	char text[sizeof(reason[0].text)];
	size_t n = (size_t)snprintf(text, sizeof(text), "%s: ", type);

	for (; *msg && n + 1 < sizeof(text); msg++) {
		bool digit = *msg >= '0' && *msg <= '9';

		if (!digit || text[n - 1] != '#')
			text[n++] = digit ? '#' : *msg;
	}
	text[n] = 0;
	for (size_t i = 0; i < 64; i++) {
		if (reason[i].n && strcmp(reason[i].text, text))
			continue;
		strcpy(reason[i].text, text);
		reason[i].n++;
		return;
	}
}

static void print_reasons(void)
{
	for (int k = 0; k < 5; k++) {
		size_t top = 0;

		for (size_t i = 1; i < 64; i++)
			if (reason[i].n > reason[top].n)
				top = i;
		if (!reason[top].n)
			break;
		print_message("#   %5u  %s\n", reason[top].n, reason[top].text);
		reason[top].n = 0;
	}
	memset(reason, 0, sizeof(reason));
}

/* Does our verifier accept all programs of tc? */
static bool accepted(enum priv priv, enum walk walk, uint64_t *processed, uint64_t *slots)
{
	struct vopts o = {
		.priv = priv, .walk = walk, .committed = true, .plain_size = tc.input[0].nctx,
	};
	bool ok = true;

	for (uint32_t i = 0; i < tc.unit.nprog; i++) {
		struct verdict v;

		verify(&tc.unit, i, &o, &arena, &v);
		*processed += v.processed;
		*slots += tc.unit.prog[i].len;
		if (!v.accepted)
			count_reason(prog_type_info(tc.unit.prog[i].type)->name, v.msg);
		ok &= v.accepted;
	}
	return ok;
}

static void test_our_verifier_accepts(void **state)
{
	static const enum priv priv[] = { PRIV_CAP_BPF, PRIV_ROOT };
	static const char *const name[] = { "exact", "linux" };
	uint32_t n = rounds(2000);

	(void)state;
	for (int k = 0; k < 8; k++) {
		struct gen_opts o = { .priv = priv[k / 2 % 2], .timid = k >= 4 };
		uint64_t processed = 0, slots = 0;
		uint32_t ok = 0;

		for (uint64_t seed = 0; seed < n; seed++) {
			make(seed, &o);
			ok += accepted(o.priv, k % 2 ? WALK_LINUX : WALK_EXACT, &processed, &slots);
		}
		print_message(
			"# %s%s, %s walk: %.2f %% of %u accepted, %.2f insns processed for each\n",
			priv_name(o.priv), o.timid ? ", timid" : "", name[k % 2], 100.0 * ok / n, n,
			(double)processed / (double)slots);
		print_reasons();
		assert_true(ok * 100ull >= n * (o.timid ? 98ull : 90ull));
		assert_true(processed <= 3 * slots);
	}
}

/* ---- runs --------------------------------------------------------------- */

static struct guest *guest;
static struct run_stats {
	uint32_t cases, ran, branch, memory, helper, loop, call, tail;
	uint32_t row[INSN_N];
	uint32_t *insns;
} rs;

static bool is_memory(uint8_t kind)
{
	return (kind >= K_LDX && kind <= K_STORE_REL) || kind == K_LD_ABS || kind == K_LD_IND;
}

/* What the trace of one run shows. */
static void count_run(const struct trace *t)
{
	bool branch = false, memory = false, helper = false, loop = false, call = false,
	     tail = false;

	for (uint32_t i = 0; i < t->nstep; i++) {
		const struct trace_step *s = &t->step[i];
		const struct program *p = &tc.unit.prog[s->prog];
		uint8_t id = p->id[s->insn], kind = insn_row(id)->kind;

		rs.row[id]++;
		branch |= kind == K_JMP_K || kind == K_JMP_X;
		memory |= is_memory(kind);
		helper |= kind == K_CALL;
		call |= kind == K_CALL_LOCAL;
		tail |= s->prog != 0;
		loop |= i && s->insn < s[-1].insn && s->frame == s[-1].frame &&
			s->prog == s[-1].prog && insn_row(p->id[s[-1].insn])->kind == K_JMP_K;
	}
	rs.branch += branch;
	rs.memory += memory;
	rs.helper += helper;
	rs.loop += loop;
	rs.call += call;
	rs.tail += tail;
	rs.insns[rs.ran++] = t->nstep;
}

/* Runs tc on an engine; false if the engine is not to be had. */
static bool run_on(const char *name, struct outcome *out)
{
	const struct engine *e = engine_by_name(name);
	struct load_opts o = { .mode = MODE_FUZZ, .trace = !strcmp(name, "interp") };
	void *loaded;

	if (!e || !e->caps())
		return false;
	memset(out, 0, sizeof(*out));
	loaded = e->load(e, &tc.unit, &o, out);
	if (!loaded)
		return true;
	e->run(loaded, guest, &tc.input[0], out);
	if (o.trace && out->trace)
		count_run(out->trace);
	e->unload(loaded);
	return true;
}

static int cmp_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void print_runs(uint32_t rows)
{
	double n = rs.ran / 100.0;

	print_message("# executed: %u of %u; insns p10 %u, median %u, p90 %u; rows run %u\n",
		      rs.ran, rs.cases, rs.insns[rs.ran / 10], rs.insns[rs.ran / 2],
		      rs.insns[rs.ran * 9ull / 10], rows);
	print_message(
		"# with a branch %.1f %%, memory access %.1f %%, helper %.1f %%, loop %.1f %%, "
		"local call %.1f %%, tail call %.1f %%\n",
		rs.branch / n, rs.memory / n, rs.helper / n, rs.loop / n, rs.call / n, rs.tail / n);
}

static void test_programs_run_on_both_engines(void **state)
{
	struct gen_opts o = { .priv = PRIV_CAP_BPF };
	uint32_t n = rounds(3000), rows = 0;
	struct outcome ref, jit;
	uint64_t unused = 0;
	char why[96];
	bool has_jit = true;

	(void)state;
	guest = guest_new(why);
	if (!guest) {
		print_message("# SKIP %s\n", why);
		skip();
	}
	rs = (struct run_stats){ .insns = calloc(n, sizeof(*rs.insns)) };
	for (uint64_t seed = 0; seed < n; seed++) {
		make(seed, &o);
		rs.cases++;
		if (!accepted(o.priv, WALK_EXACT, &unused, &unused))
			continue;
		assert_true(run_on("interp", &ref));
		assert_int_equal(ref.kind, OUT_RETURN);
		has_jit = has_jit && run_on("jit", &jit);
		if (has_jit)
			assert_int_equal(jit.kind, OUT_RETURN);
	}
	memset(reason, 0, sizeof(reason));
	qsort(rs.insns, rs.ran, sizeof(*rs.insns), cmp_u32);
	for (uint32_t id = 0; id < INSN_N; id++) {
		rows += rs.row[id] != 0;
		if (!row_is_out((uint8_t)id))
			assert_true(rs.row[id] > 0);
	}
	print_runs(rows);
	assert_true(rs.ran * 100ull >= rs.cases * 90ull);
	assert_true(rs.insns[rs.ran / 2] >= 20);
	assert_true(rs.branch * 100ull >= rs.ran * 70ull);
	assert_true(rs.memory * 100ull >= rs.ran * 50ull);
	free(rs.insns);
	guest_free(guest);
}

/* ---- the running kernel ------------------------------------------------- */

/* The last line of a log that says something. */
static void last_line(const char *log, char *out, size_t size)
{
	out[0] = 0;
	while (*log) {
		size_t n = strcspn(log, "\n");

		if (n && strncmp(log, "processed ", 10))
			snprintf(out, size, "%.*s", (int)n, log);
		log += n + (log[n] == '\n');
	}
}

static bool kernel_accepts(void)
{
	struct linux_unit_opts o = { .explain = true };
	bool ok = true, made;

	for (uint32_t i = 0; i < tc.unit.nprog && ok; i++) {
		struct linux_log log = { 0 };
		char why[120];

		ok = linux_load_unit(&tc.unit, &tc.input[0], i, PRIV_ROOT, &o, &log, &made) ==
		     LINUX_OK;
		if (!ok) {
			last_line(linux_log_text(&log), why, sizeof(why));
			count_reason(prog_type_info(tc.unit.prog[i].type)->name, why);
		}
		linux_log_free(&log);
	}
	return ok;
}

static void test_the_kernel_accepts(void **state)
{
	static const enum priv priv[] = { PRIV_CAP_BPF, PRIV_ROOT };
	uint32_t n = rounds(1000);
	char why[96];

	(void)state;
	if (!linux_available(why)) {
		print_message("# SKIP %s\n", why);
		skip();
	}
	for (int k = 0; k < 2; k++) {
		struct gen_opts o = { .priv = priv[k], .portable = true, .timid = k };
		uint32_t ok = 0;

		for (uint64_t seed = 0; seed < n; seed++) {
			make(seed, &o);
			ok += kernel_accepts();
		}
		print_message("# made for %s%s, loaded as root: Linux accepts %.2f %% of %u\n",
			      priv_name(o.priv), o.timid ? ", timid" : "", 100.0 * ok / n, n);
		print_reasons();
		assert_true(ok * 100ull >= n * (o.timid ? 98ull : 90ull));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choices_stay_below),
		cmocka_unit_test(test_choices_are_uniform),
		cmocka_unit_test(test_bytes_run_out_into_zeros),
		cmocka_unit_test(test_same_seed_same_case),
		cmocka_unit_test(test_any_choice_bytes_make_a_case),
		cmocka_unit_test(test_wild_cases_are_well_formed),
		cmocka_unit_test(test_types_are_obeyed),
		cmocka_unit_test(test_groups_are_obeyed),
		cmocka_unit_test(test_inputs_are_counted),
		cmocka_unit_test(test_length_follows_the_wish),
		cmocka_unit_test(test_rows_and_registers_are_covered),
		cmocka_unit_test(test_our_verifier_accepts),
		cmocka_unit_test(test_programs_run_on_both_engines),
		cmocka_unit_test(test_the_kernel_accepts),
	};
	int failed = cmocka_run_group_tests_name("gen", tests, NULL, NULL);

	arena_free(&arena);
	return failed;
}
