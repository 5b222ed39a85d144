/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edits keep the meaning of every jump, call and record; the mutator is total,
 * deterministic, and makes well-formed cases only.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "tests/unit/rig.h"

static struct arena arena, scratch;

/* Assembles a socket filter. */
static struct program assemble(const char *text)
{
	struct insn code[64];
	struct program p = { .type = PROG_SOCKET_FILTER };
	struct asm_err err;
	long n = asm_text(text, strlen(text), code, 64, &err);

	if (n < 0)
		fail_msg("line %u: %s", err.line, err.msg);
	p.insn = arena_dup(&arena, code, (size_t)n * sizeof(*code));
	p.len = (uint32_t)n;
	program_seal(&p, &arena);
	assert_non_null(p.id);
	return p;
}

static void assert_text(const struct program *p, const char *text)
{
	struct program want = assemble(text);

	assert_int_equal(p->len, want.len);
	assert_memory_equal(p->insn, want.insn, p->len * sizeof(struct insn));
}

static void make(uint64_t seed, struct testcase *tc)
{
	struct gen_opts o = { .priv = PRIV_ROOT, .inputs = 1 + (uint32_t)(seed % 3) };
	struct choice c;

	o.wild = seed % 6 == 5;
	choice_seed(&c, seed);
	gen_case(&c, &o, &arena, tc);
}

/* ---- edits -------------------------------------------------------------- */

static const char branches[] =
	"r0 = 0\n"
	"if r1 == 0 goto +2\n"
	"r0 = 1\n"
	"goto +1\n"
	"r0 = 2\n"
	"if r0 > 5 goto -4\n"
	"exit\n";

static void test_delete_redirects_jumps(void **state)
{
	struct program p = assemble(branches), q;

	(void)state;
	/* over the cut, forwards and backwards */
	assert_true(edit_delete(&p, 2, 3, &arena, &q));
	assert_text(&q, "r0 = 0\nif r1 == 0 goto +1\ngoto +1\nr0 = 2\nif r0 > 5 goto -3\nexit\n");
	/* into the cut: to what follows it */
	assert_true(edit_delete(&p, 4, 5, &arena, &q));
	assert_text(&q, "r0 = 0\nif r1 == 0 goto +2\nr0 = 1\ngoto +0\nif r0 > 5 goto -3\nexit\n");
	/* several, a jump among them */
	assert_true(edit_delete(&p, 1, 4, &arena, &q));
	assert_text(&q, "r0 = 0\nr0 = 2\nif r0 > 5 goto -2\nexit\n");
}

static void test_delete_refuses(void **state)
{
	struct program p = assemble("r1 = 0x123456789 ll\nr0 = 0\nexit\n"), q;

	(void)state;
	assert_false(edit_delete(&p, 1, 2, &arena, &q));	/* half an insn */
	assert_false(edit_delete(&p, 0, 1, &arena, &q));
	assert_false(edit_delete(&p, 3, 4, &arena, &q));	/* the last exit */
	assert_false(edit_delete(&p, 0, 4, &arena, &q));	/* all */
	assert_false(edit_delete(&p, 2, 2, &arena, &q));	/* nothing */
	assert_false(edit_delete(&p, 3, 9, &arena, &q));	/* beyond the end */
	assert_true(edit_delete(&p, 0, 2, &arena, &q));
	assert_text(&q, "r0 = 0\nexit\n");
}

static const char calls[] =
	"r1 = 1\n"
	"call pc+3\n"		/* 1 -> 5 */
	"call pc+4\n"		/* 2 -> 7 */
	"r0 = 0\n"
	"exit\n"
	"r0 = r1\n"		/* 5 */
	"exit\n"
	"r0 = 7\n"		/* 7 */
	"exit\n";

static void test_delete_moves_subprograms(void **state)
{
	struct program p = assemble(calls), q;
	struct func_info func[] = { { 0, 10 }, { 5, 11 }, { 7, 12 } };

	(void)state;
	p.func = func;
	p.nfunc = 3;
	assert_int_equal(p.nsub, 3);
	assert_true(edit_delete(&p, 0, 1, &arena, &q));
	assert_int_equal(q.nsub, 3);
	assert_int_equal(q.sub[1].start, 4);
	assert_int_equal(q.sub[2].start, 6);
	assert_int_equal(q.func[2].insn_off, 6);
	assert_int_equal(insn_target(q.insn, q.id[0], 0), 4);
	assert_int_equal(insn_target(q.insn, q.id[1], 1), 6);
	/* the first insn of a subprogram: it begins at the next one */
	assert_true(edit_delete(&p, 5, 6, &arena, &q));
	assert_int_equal(insn_target(q.insn, q.id[1], 1), 5);
	assert_int_equal(q.sub[2].start, 6);
	/* a subprogram that is still called cannot go, one that is not can */
	assert_false(edit_delete(&p, 5, 7, &arena, &q));
	assert_true(edit_delete(&p, 1, 2, &arena, &p));
	assert_int_equal(p.nsub, 2);
	assert_true(edit_delete(&p, 4, 6, &arena, &q));
	assert_int_equal(q.nsub, 2);
	assert_int_equal(q.sub[1].start, 4);
	assert_int_equal(q.func[q.nfunc - 1].insn_off, 4);
	assert_int_equal(q.func[q.nfunc - 1].type_id, 12);
}

static void test_edits_move_lines(void **state)
{
	struct line_info line[] = { { 0, 1, 1, "a.c", "x" }, { 2, 2, 1, "a.c", "y" },
				    { 4, 3, 1, "a.c", "z" } };
	struct program p = assemble(branches), q;
	struct insn nop = insn_ja(0);

	(void)state;
	p.line = line;
	p.nline = 3;
	assert_true(edit_insert(&p, 1, &nop, 1, &arena, &q));
	assert_int_equal(q.line[0].insn_off, 0);
	assert_int_equal(q.line[1].insn_off, 3);
	assert_int_equal(q.line[2].insn_off, 5);
	assert_true(edit_delete(&p, 2, 3, &arena, &q));	/* its line goes on to the next insn */
	assert_int_equal(q.nline, 3);
	assert_int_equal(q.line[1].insn_off, 2);
	assert_int_equal(q.line[1].line, 2);
	assert_true(edit_delete(&p, 2, 4, &arena, &q));	/* which has its own here */
	assert_int_equal(q.nline, 2);
	assert_int_equal(q.line[1].insn_off, 2);
	assert_int_equal(q.line[1].line, 3);
}

static void test_insert_redirects_jumps(void **state)
{
	struct program p = assemble(branches), q;
	struct insn in[2];

	(void)state;
	in[0] = insn_mov64_imm(3, 3);
	assert_true(edit_insert(&p, 3, in, 1, &arena, &q));
	assert_text(&q, "r0 = 0\nif r1 == 0 goto +3\nr0 = 1\nr3 = 3\ngoto +1\nr0 = 2\n"
			"if r0 > 5 goto -5\nexit\n");
	/* a jump to the place meets the new insn first */
	insn_lddw(in, 4, 0, 4);
	assert_true(edit_insert(&p, 4, in, 2, &arena, &q));
	assert_text(&q, "r0 = 0\nif r1 == 0 goto +2\nr0 = 1\ngoto +3\nr4 = 4 ll\nr0 = 2\n"
			"if r0 > 5 goto -6\nexit\n");
	assert_false(edit_insert(&p, 8, in, 2, &arena, &q));
	assert_false(edit_insert(&q, 5, in, 1, &arena, &q));	/* into a wide insn */
}

static void test_replace_keeps_the_place(void **state)
{
	struct program p = assemble("if r1 == 0 goto +1\ncall pc+2\nr0 = 0\nexit\nexit\n"), q;
	struct insn in[2];

	(void)state;
	in[0] = insn_exit();
	assert_true(edit_replace(&p, 4, in, 1, &arena, &q));	/* all of a subprogram */
	in[0] = insn_mov64_imm(0, 9);
	in[1] = insn_exit();
	assert_true(edit_replace(&p, 4, in, 2, &arena, &q));
	assert_text(&q, "if r1 == 0 goto +1\ncall pc+2\nr0 = 0\nexit\nr0 = 9\nexit\n");
	insn_lddw(in, 0, 0, 5);
	assert_true(edit_replace(&p, 2, in, 2, &arena, &q));
	assert_text(&q, "if r1 == 0 goto +1\ncall pc+3\nr0 = 5 ll\nexit\nexit\n");
	in[0] = insn_mov64_imm(0, 0);
	assert_true(edit_replace(&q, 2, in, 1, &arena, &q));
	assert_text(&q, "if r1 == 0 goto +1\ncall pc+2\nr0 = 0\nexit\nexit\n");
}

/* A jump of 16 bits that has no room to grow. */
static void test_far_jumps_are_not_torn(void **state)
{
	uint32_t len = INT16_MAX + 3;
	struct insn *code = arena_alloc(&arena, len * sizeof(*code)), nop = insn_ja(0);
	struct program p = { .insn = code, .len = len, .type = PROG_SOCKET_FILTER }, q;

	(void)state;
	for (uint32_t i = 0; i < len; i++)
		code[i] = insn_mov64_imm(0, 0);
	code[0] = insn_jmp_imm(JMP_JEQ, 1, 0, INT16_MAX);
	code[len - 1] = insn_exit();
	program_seal(&p, &arena);
	assert_non_null(p.id);
	assert_false(edit_insert(&p, 100, &nop, 1, &arena, &q));
	assert_true(edit_insert(&p, len - 1, &nop, 1, &arena, &q));
	assert_true(edit_delete(&p, 100, 101, &arena, &q));
	assert_true(edit_insert(&q, 100, &nop, 1, &arena, &q));
	code[0] = insn_ja32(INT16_MAX);
	program_seal(&p, &arena);
	assert_true(edit_insert(&p, 100, &nop, 1, &arena, &q));
	assert_int_equal(q.insn[0].imm, INT16_MAX + 1);
}

/* Inserting and deleting again is nothing, anywhere in generated programs. */
static void test_insert_then_delete_is_nothing(void **state)
{
	struct rng r;

	(void)state;
	rng_seed(&r, 1);
	for (uint64_t seed = 0; seed < rounds(500); seed++) {
		struct insn in[3] = { insn_mov64_imm(0, 0), insn_ja(0), insn_exit() };
		struct testcase tc;
		const struct program *p;
		struct program q, back;

		arena_reset(&arena);
		make(seed, &tc);
		p = &tc.unit.prog[0];
		for (int k = 0; k < 10; k++) {
			uint32_t at = (uint32_t)rng_below(&r, p->len);
			uint32_t n = 1 + (uint32_t)rng_below(&r, 3);

			if (p->id[at] == I_LDDW_HI)
				continue;
			assert_true(edit_insert(p, at, in, n, &arena, &q));
			assert_int_equal(q.len, p->len + n);
			assert_true(edit_delete(&q, at, at + n, &arena, &back));
			assert_int_equal(back.len, p->len);
			assert_memory_equal(back.insn, p->insn, p->len * sizeof(struct insn));
			assert_int_equal(back.hash, p->hash);
			assert_int_equal(back.nsub, p->nsub);
		}
	}
}

/* Insns that do nothing, put anywhere, change nothing that a run shows. */
static void test_idle_insns_change_no_outcome(void **state)
{
	const struct engine *e = engine_by_name("interp");
	struct load_opts o = { .mode = MODE_FUZZ | MODE_CHECKED };
	struct insn nop = insn_ja(0);
	struct guest *g;
	char why[96];
	struct rng r;

	(void)state;
	g = guest_new(why);
	if (!g) {
		print_message("# SKIP %s\n", why);
		skip();
	}
	rng_seed(&r, 2);
	for (uint64_t seed = 0; seed < rounds(500); seed++) {
		struct testcase tc;
		struct outcome out[2];

		arena_reset(&arena);
		make(seed, &tc);
		for (int k = 0; k < 2; k++) {
			struct program *p = (struct program *)&tc.unit.prog[0];
			void *loaded = e->load(e, &tc.unit, &o, &out[k]);

			if (loaded) {
				e->run(loaded, g, &tc.input[0], &out[k]);
				e->unload(loaded);
			}
			for (int i = 0; i < 5 && k == 0; i++) {
				uint32_t at = (uint32_t)rng_below(&r, p->len);

				if (p->id[at] != I_LDDW_HI)
					assert_true(edit_insert(p, at, &nop, 1, &arena, p));
			}
		}
		assert_int_equal(out[0].kind == OUT_FUEL, out[1].kind == OUT_FUEL);
		if (out[0].kind == OUT_FUEL)
			continue;
		assert_int_equal(out[0].kind, out[1].kind);
		assert_int_equal(out[0].trap, out[1].trap);
		assert_memory_equal(out[0].reg, out[1].reg, sizeof(out[0].reg));
		assert_memory_equal(out[0].digest, out[1].digest, sizeof(out[0].digest));
	}
	guest_free(g);
}

/* ---- the mutator -------------------------------------------------------- */

static void check_form(const struct testcase *tc)
{
	struct testcase back;
	struct file_err err;
	uint8_t *bytes, *again;
	size_t n, m;

	for (uint32_t i = 0; i < tc->unit.nprog; i++) {
		const struct program *p = &tc->unit.prog[i];
		uint8_t *id = arena_raw(&scratch, p->len);
		struct check_err why;

		if (!program_check(p->insn, p->len, id, &why))
			fail_msg("insn %u: %s", why.pc, why.msg);
		assert_non_null(p->id);
		assert_memory_equal(id, p->id, p->len);
	}
	bytes = case_to_bin(tc, &scratch, &n);
	if (!case_from_bin(bytes, n, &scratch, &back, &err))
		fail_msg("%s", err.msg);
	again = case_to_bin(&back, &scratch, &m);
	assert_int_equal(n, m);
	assert_memory_equal(bytes, again, n);
}

static void test_mutants_are_well_formed(void **state)
{
	struct testcase cur, other, next;
	uint32_t changed = 0, total = 0;
	struct rng r;

	(void)state;
	for (uint64_t seed = 0; seed < rounds(300); seed++) {
		rng_seed(&r, seed);
		arena_reset(&arena);
		make(seed, &cur);
		make(seed + 1000000, &other);
		for (int k = 0; k < 20; k++) {
			const char *name = NULL;
			size_t n, m;
			uint8_t *was, *is;

			arena_reset(&scratch);
			mutate_case(&r, &cur, k % 3 ? &other : NULL, &arena, &next, &name);
			assert_non_null(name);
			check_form(&next);
			was = case_to_bin(&cur, &scratch, &n);
			is = case_to_bin(&next, &scratch, &m);
			changed += n != m || memcmp(was, is, n);
			total++;
			cur = next;
		}
	}
	print_message("# %u of %u mutants differ from their parents\n", changed, total);
	assert_true(changed * 100ull >= total * 95ull);
}

/* What is malformed is not passed on. */
static void test_mutants_of_malformed_programs(void **state)
{
	struct insn code[] = { insn_mov64_imm(0, 0), insn_ja(7), insn_exit() };
	struct program p = { .insn = code, .len = 3, .type = PROG_XDP };
	struct input in = { .fuel = FUEL_FUZZ };
	struct testcase tc = { .unit = { .prog = &p, .nprog = 1 }, .input = &in, .ninput = 1 }, out;
	struct rng r;

	(void)state;
	program_seal(&p, &arena);
	assert_null(p.id);
	rng_seed(&r, 1);
	for (int i = 0; i < 200; i++) {
		arena_reset(&scratch);
		mutate_case(&r, &tc, NULL, &arena, &out, NULL);
		check_form(&out);
	}
}

static void test_mutation_is_deterministic(void **state)
{
	struct testcase tc, other, out;
	struct rng r;

	(void)state;
	for (uint64_t seed = 0; seed < 300; seed++) {
		uint8_t *first, *second;
		size_t n, m;

		arena_reset(&arena);
		make(seed, &tc);
		make(seed + 7, &other);
		rng_seed(&r, seed);
		mutate_case(&r, &tc, &other, &arena, &out, NULL);
		first = case_to_bin(&out, &arena, &n);
		rng_seed(&r, seed);
		mutate_case(&r, &tc, &other, &arena, &out, NULL);
		second = case_to_bin(&out, &arena, &m);
		assert_int_equal(n, m);
		assert_memory_equal(first, second, n);
	}
}

/* Neither parent may be written to: corpus entries live on. */
static void test_parents_are_left_alone(void **state)
{
	struct testcase tc, other, out;
	struct rng r;

	(void)state;
	rng_seed(&r, 9);
	for (uint64_t seed = 0; seed < 100; seed++) {
		uint8_t *before[2], *after[2];
		size_t n[2], m[2];

		arena_reset(&arena);
		make(seed, &tc);
		make(seed + 7, &other);
		before[0] = case_to_bin(&tc, &arena, &n[0]);
		before[1] = case_to_bin(&other, &arena, &n[1]);
		for (int k = 0; k < 30; k++)
			mutate_case(&r, &tc, &other, &arena, &out, NULL);
		after[0] = case_to_bin(&tc, &arena, &m[0]);
		after[1] = case_to_bin(&other, &arena, &m[1]);
		for (int k = 0; k < 2; k++) {
			assert_int_equal(n[k], m[k]);
			assert_memory_equal(before[k], after[k], n[k]);
		}
	}
}

static void test_any_bytes_mutate(void **state)
{
	enum { CAP = 3000 };
	uint8_t *buf = malloc(CAP), *other = malloc(CAP), copy[CAP];
	struct rng r;

	(void)state;
	rng_seed(&r, 4);
	for (uint32_t i = 0; i < rounds(3000); i++) {
		size_t len = rng_below(&r, CAP + 1), nother = rng_below(&r, CAP + 1), cap, n, m;
		uint64_t seed = rng_next(&r);
		struct testcase tc;

		cap = i % 4 ? CAP : len + rng_below(&r, CAP - len + 1);
		for (size_t k = 0; k < len; k++)
			buf[k] = (uint8_t)rng_next(&r);
		for (size_t k = 0; k < nother; k++)
			other[k] = (uint8_t)rng_next(&r);
		if (i % 3 == 0 && len > 5)
			memcpy(buf, "PLX1\1", 5);
		memcpy(copy, buf, len);
		n = mutate_bytes(buf, len, cap, i % 2 ? other : NULL, nother, seed);
		assert_true(n <= cap);
		m = mutate_bytes(copy, len, cap, i % 2 ? other : NULL, nother, seed);
		assert_int_equal(n, m);
		assert_memory_equal(buf, copy, n);
		arena_reset(&scratch);
		case_from_any(buf, n, &scratch, &tc);
		for (uint32_t k = 0; k < tc.unit.nprog; k++)
			assert_non_null(tc.unit.prog[k].id);
	}
	free(buf);
	free(other);
}

/* As an engine calls it: one file after the other, from a real case on, within a bound. */
static void test_chains_of_byte_mutants(void **state)
{
	enum { CAP = 2048 };
	uint8_t buf[CAP], other[CAP];
	uint32_t full = 0, steps = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct testcase tc;
		size_t n, nother;
		uint8_t *p;

		arena_reset(&arena);
		make(seed * 6, &tc);
		p = case_to_bin(&tc, &arena, &n);
		if (n > CAP)
			continue;
		memcpy(buf, p, n);
		make(seed * 6 + 1, &tc);
		p = case_to_bin(&tc, &arena, &nother);
		nother = nother < CAP ? nother : CAP;
		memcpy(other, p, nother);
		for (uint64_t k = 0; k < 100; k++) {
			struct file_err err;

			n = mutate_bytes(buf, n, CAP, other, nother, seed * 1000 + k);
			assert_true(n <= CAP);
			arena_reset(&scratch);
			steps++;
			full += case_from_bin(buf, n, &scratch, &tc, &err);
		}
	}
	assert_int_equal(full, steps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delete_redirects_jumps),
		cmocka_unit_test(test_delete_refuses),
		cmocka_unit_test(test_delete_moves_subprograms),
		cmocka_unit_test(test_edits_move_lines),
		cmocka_unit_test(test_insert_redirects_jumps),
		cmocka_unit_test(test_replace_keeps_the_place),
		cmocka_unit_test(test_far_jumps_are_not_torn),
		cmocka_unit_test(test_insert_then_delete_is_nothing),
		cmocka_unit_test(test_idle_insns_change_no_outcome),
		cmocka_unit_test(test_mutants_are_well_formed),
		cmocka_unit_test(test_mutants_of_malformed_programs),
		cmocka_unit_test(test_mutation_is_deterministic),
		cmocka_unit_test(test_parents_are_left_alone),
		cmocka_unit_test(test_any_bytes_mutate),
		cmocka_unit_test(test_chains_of_byte_mutants),
	};
	int failed = cmocka_run_group_tests_name("mutate", tests, NULL, NULL);

	arena_free(&arena);
	arena_free(&scratch);
	return failed;
}
