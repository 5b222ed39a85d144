/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The minimiser under predicates whose smallest case is known: it gets there,
 * leaves nothing that could go, repeats itself, and keeps to its budget.
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

static void make(uint64_t seed, struct testcase *tc)
{
	struct gen_opts o = { .priv = PRIV_ROOT, .inputs = 3 };
	struct choice c;

	choice_seed(&c, seed);
	gen_case(&c, &o, &arena, tc);
}

/* ---- predicates --------------------------------------------------------- */

struct want {
	bool (*holds)(const struct want *w, const struct testcase *tc);
	uint8_t id[2];
	uint32_t number;
	/* what test_harness() saw */
	uint32_t asked, last_slots;
	bool malformed;
};

static uint32_t slots(const struct testcase *tc)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < tc->unit.nprog; i++)
		n += tc->unit.prog[i].len;
	return n;
}

static size_t bytes(const struct testcase *tc)
{
	size_t n = 0;

	for (uint32_t i = 0; i < tc->ninput; i++)
		n += (size_t)tc->input[i].nctx + tc->input[i].npacket + tc->input[i].nmaps;
	return n;
}

/* What minimise() gets: watches its promises on the way. */
static bool same(void *arg, const struct testcase *tc)
{
	struct want *w = arg;
	struct testcase back;
	struct file_err err;
	uint8_t *p;
	size_t n;
	bool ok;

	w->asked++;
	if (slots(tc) > w->last_slots)
		fail_msg("a candidate has grown");
	for (uint32_t i = 0; i < tc->unit.nprog; i++)
		w->malformed |= !tc->unit.prog[i].id;
	arena_reset(&scratch);
	p = case_to_bin(tc, &scratch, &n);
	if (!case_from_bin(p, n, &scratch, &back, &err))
		fail_msg("candidate: %s", err.msg);
	ok = w->holds(w, tc);
	if (ok)
		w->last_slots = slots(tc);
	return ok;
}

static bool find_row(const struct program *p, uint8_t id, uint32_t from, uint32_t *at)
{
	for (uint32_t pc = from; pc < p->len; pc++) {
		if (p->id[pc] == id) {
			*at = pc;
			return true;
		}
	}
	return false;
}

static bool has_row(const struct want *w, const struct testcase *tc)
{
	uint32_t at;

	return find_row(&tc->unit.prog[0], w->id[0], 0, &at);
}

static bool has_two_rows(const struct want *w, const struct testcase *tc)
{
	uint32_t at;

	return find_row(&tc->unit.prog[0], w->id[0], 0, &at) &&
	       find_row(&tc->unit.prog[0], w->id[1], at + 1, &at);
}

static bool has_long_packet(const struct want *w, const struct testcase *tc)
{
	for (uint32_t i = 0; i < tc->ninput; i++)
		if (tc->input[i].npacket >= w->number)
			return true;
	return false;
}

static bool has_packet_byte(const struct want *w, const struct testcase *tc)
{
	for (uint32_t i = 0; i < tc->ninput; i++)
		for (uint32_t k = 0; k < tc->input[i].npacket; k++)
			if (tc->input[i].packet[k] == w->number)
				return true;
	return false;
}

static bool has_map_use(const struct want *w, const struct testcase *tc)
{
	const struct program *p = &tc->unit.prog[0];

	for (uint32_t pc = 0; pc < p->len; pc++)
		if (p->id[pc] == w->id[0] && p->insn[pc].imm < (int32_t)tc->unit.nmap &&
		    tc->unit.map[p->insn[pc].imm].value_size == w->number)
			return true;
	return false;
}

static bool has_tail_program(const struct want *w, const struct testcase *tc)
{
	for (uint32_t i = 1; i < tc->unit.nprog; i++)
		if (tc->unit.prog[i].hash == (uint64_t)w->number ||
		    tc->unit.prog[i].len > tc->unit.prog[0].len)
			return true;
	return false;
}

static bool has_all_inputs(const struct want *w, const struct testcase *tc)
{
	(void)w;
	return tc->ninput >= 2 && tc->input[0].seed != tc->input[1].seed;
}

static bool always(const struct want *w, const struct testcase *tc)
{
	(void)w;
	(void)tc;
	return true;
}

/* ---- the harness -------------------------------------------------------- */

/* No single insn can be deleted from out. */
static void assert_minimal(struct want *w, const struct testcase *out)
{
	for (uint32_t i = 0; i < out->unit.nprog; i++) {
		const struct program *p = &out->unit.prog[i];

		for (uint32_t pc = 0; pc < p->len; pc++) {
			struct program *list, q;
			struct testcase tc = *out;

			if (p->id[pc] == I_LDDW_HI ||
			    !edit_delete(p, pc, pc + insn_slots(p->id[pc]), &arena, &q))
				continue;
			list = arena_dup(&arena, out->unit.prog, out->unit.nprog * sizeof(*list));
			list[i] = q;
			tc.unit.prog = list;
			if (w->holds(w, &tc))
				fail_msg("insn %u of program %u could go", pc, i);
		}
	}
}

static void assert_equal_cases(const struct testcase *a, const struct testcase *b)
{
	size_t n, m;
	uint8_t *x = case_to_bin(a, &arena, &n), *y = case_to_bin(b, &arena, &m);

	assert_int_equal(n, m);
	assert_memory_equal(x, y, n);
}

static void shrink(struct want *w, const struct testcase *tc, struct testcase *out)
{
	struct min_stats st;
	struct testcase again;

	assert_true(w->holds(w, tc));
	w->asked = 0;
	w->last_slots = slots(tc);
	minimise(tc, same, w, UINT32_MAX, &arena, out, &st);
	assert_false(w->malformed);
	assert_true(w->holds(w, out));
	assert_int_equal(st.tried, w->asked);
	assert_int_equal(st.insns_before, slots(tc));
	assert_int_equal(st.insns_after, slots(out));
	assert_true(st.kept <= st.tried);
	assert_true(bytes(out) <= bytes(tc) || slots(out) < slots(tc));
	assert_minimal(w, out);
	minimise(out, same, w, UINT32_MAX, &arena, &again, &st);	/* nothing is left to do */
	assert_int_equal(st.kept, 0);
	assert_equal_cases(out, &again);
	w->last_slots = slots(tc);
	minimise(tc, same, w, UINT32_MAX, &arena, &again, NULL); /* and it does the same again */
	assert_equal_cases(out, &again);
}

/* The next generated case from *seed on for which w holds. */
static void find_case(struct want *w, uint64_t *seed, struct testcase *tc)
{
	do {
		arena_reset(&arena);
		make((*seed)++, tc);
	} while (!w->holds(w, tc));
}

/* ---- tests -------------------------------------------------------------- */

static void test_nothing_wanted(void **state)
{
	struct want w = { .holds = always };
	struct testcase tc, out;

	(void)state;
	for (uint64_t seed = 0; seed < rounds(20); seed++) {
		arena_reset(&arena);
		make(seed, &tc);
		shrink(&w, &tc, &out);
		assert_int_equal(slots(&out), 1);
		assert_int_equal(out.unit.prog[0].id[0], I_EXIT);
		assert_int_equal(out.unit.nprog, 1);
		assert_int_equal(out.unit.nmap, 0);
		assert_int_equal(out.ninput, 1);
		assert_int_equal(bytes(&out), 0);
		assert_int_equal(out.input[0].seed, 0);
	}
}

static void test_one_insn(void **state)
{
	static const uint8_t ids[] = {
		I_ADD64_X,    I_SMOD32_K,   I_BSWAP32,	 I_JSET32_K,	I_JA32,
		I_LDSX_H,     I_XCHG64,	    I_CMPXCHG32, I_CALL_HELPER, I_LD_IMM64,
		I_LOAD_ACQ_B, I_MOVSX16_32, I_ST_H,	 I_JSLT64_X,
	};
	struct testcase tc, out;
	uint64_t seed = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(ids); i++) {
		struct want w = { .holds = has_row, .id = { ids[i] } };
		const struct insn *in;

		for (uint32_t k = 0; k < rounds(2); k++) {
			find_case(&w, &seed, &tc);
			shrink(&w, &tc, &out);
			/* an unconditional jump backwards can be the whole program */
			if (ids[i] != I_JA32 || slots(&out) != 1)
				assert_int_equal(slots(&out), insn_slots(ids[i]) + 1);
			in = &out.unit.prog[0].insn[0];
			if (insn_row(ids[i])->uses & F_DST)
				assert_int_equal(in->dst, 0);
			if (insn_row(ids[i])->uses & F_SRC)
				assert_int_equal(in->src, 0);
			if (insn_row(ids[i])->uses & F_IMM && ids[i] != I_CALL_HELPER &&
			    ids[i] != I_JA32)
				assert_int_equal(in->imm, 0);
			assert_int_equal(out.unit.nmap, 0);
			assert_int_equal(bytes(&out), 0);
		}
	}
}

static void test_two_insns_in_order(void **state)
{
	static const uint8_t ids[][2] = {
		{ I_CALL_HELPER, I_MUL64_K }, { I_LDX_W, I_STX_DW }, { I_JGT64_K, I_RSH32_X },
		{ I_CALL_LOCAL, I_EXIT }, { I_LD_MAP_IDX, I_CALL_HELPER },
	};
	struct testcase tc, out;
	uint64_t seed = 100;

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		struct want w = { .holds = has_two_rows, .id = { ids[i][0], ids[i][1] } };
		uint32_t want = insn_slots(ids[i][0]) + insn_slots(ids[i][1]);

		find_case(&w, &seed, &tc);
		shrink(&w, &tc, &out);
		/* the second one may be the exit that must be there anyway */
		assert_int_equal(slots(&out), want + (ids[i][1] != I_EXIT));
	}
}

static void test_packets(void **state)
{
	struct testcase tc, out;
	uint64_t seed = 200;

	(void)state;
	for (uint32_t n = 1; n < 64; n = n * 2 + 1) {
		struct want w = { .holds = has_long_packet, .number = n };

		find_case(&w, &seed, &tc);
		shrink(&w, &tc, &out);
		assert_int_equal(slots(&out), 1);
		assert_int_equal(out.ninput, 1);
		assert_int_equal(out.input[0].npacket, n);
		assert_int_equal(out.input[0].nctx, 0);
		assert_int_equal(out.input[0].nmaps, 0);
		for (uint32_t k = 0; k < n; k++)
			assert_int_equal(out.input[0].packet[k], 0);
	}
	for (uint32_t byte = 3; byte < 256; byte += 61) {
		struct want w = { .holds = has_packet_byte, .number = byte };

		find_case(&w, &seed, &tc);
		shrink(&w, &tc, &out);
		assert_int_equal(bytes(&out), 1);
		assert_int_equal(out.input[0].packet[0], byte);
	}
}

static void test_maps(void **state)
{
	struct testcase tc, out;
	uint64_t seed = 300;

	(void)state;
	for (uint32_t size = 8; size <= 64; size *= 2) {
		struct want w = { .holds = has_map_use, .id = { I_LD_MAP_IDX }, .number = size };

		find_case(&w, &seed, &tc);
		shrink(&w, &tc, &out);
		assert_int_equal(slots(&out), 3);
		assert_int_equal(out.unit.nmap, 1);
		assert_int_equal(out.unit.map[0].value_size, size);
		assert_int_equal(out.unit.map[0].max_entries, 1);
		assert_int_equal(out.unit.prog[0].insn[0].imm, 0);
		assert_int_equal(bytes(&out), 0);
	}
}

/* A program that is only a tail-call target must stay, and its index with it. */
static void test_tail_programs(void **state)
{
	struct want w = { .holds = has_tail_program };
	struct testcase tc, out;
	uint64_t seed = 400;

	(void)state;
	for (uint32_t k = 0; k < rounds(5); k++) {
		find_case(&w, &seed, &tc);
		shrink(&w, &tc, &out);
		assert_int_equal(out.unit.nprog, 2);
		assert_int_equal(out.unit.prog[0].len, 1);
		assert_int_equal(out.unit.prog[1].len, 2);
	}
}

static void test_inputs_that_matter_together(void **state)
{
	struct want w = { .holds = has_all_inputs };
	struct testcase tc, out;

	(void)state;
	arena_reset(&arena);
	make(500, &tc);
	shrink(&w, &tc, &out);
	assert_int_equal(out.ninput, 2);
	assert_int_equal(bytes(&out), 0);
	assert_true(out.input[0].seed + out.input[1].seed == 1);
}

static void test_budget_is_kept(void **state)
{
	static const uint32_t budget[] = { 0, 1, 2, 7, 50 };
	struct want w = { .holds = has_row, .id = { I_ADD64_K } };
	struct testcase tc, out;
	struct min_stats st;
	uint64_t seed = 600;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		find_case(&w, &seed, &tc);
		w.asked = 0;
		w.last_slots = slots(&tc);
		minimise(&tc, same, &w, budget[i], &arena, &out, &st);
		assert_true(w.asked <= budget[i]);
		assert_int_equal(w.asked, st.tried);
		assert_true(has_row(&w, &out));
		if (!budget[i])
			assert_equal_cases(&tc, &out);
	}
}

/* The case that a run of the interpreter ends in this r0. */
struct run {
	const struct engine *e;
	struct guest *g;
	uint64_t r0;
};

static bool ends_in(void *arg, const struct testcase *tc)
{
	struct run *r = arg;
	struct load_opts o = { .mode = MODE_FUZZ | MODE_CHECKED };
	struct outcome out;
	void *loaded = r->e->load(r->e, &tc->unit, &o, &out);

	if (!loaded)
		return false;
	memset(&out, 0, sizeof(out));
	r->e->run(loaded, r->g, &tc->input[0], &out);
	r->e->unload(loaded);
	return out.kind == OUT_RETURN && out.reg[0] == r->r0;
}

/* With real runs as the predicate: a result of many insns becomes one constant. */
static void test_real_runs(void **state)
{
	struct run r = { .e = engine_by_name("interp") };
	uint32_t before = 0, after = 0, n = 0;
	char why[96];

	(void)state;
	r.g = guest_new(why);
	if (!r.g) {
		print_message("# SKIP %s\n", why);
		skip();
	}
	for (uint64_t seed = 0; seed < rounds(30); seed++) {
		struct load_opts o = { .mode = MODE_FUZZ | MODE_CHECKED };
		struct testcase tc, out;
		struct min_stats st;
		struct outcome end;
		void *loaded;

		arena_reset(&arena);
		make(seed, &tc);
		loaded = r.e->load(r.e, &tc.unit, &o, &end);
		assert_non_null(loaded);
		r.e->run(loaded, r.g, &tc.input[0], &end);
		r.e->unload(loaded);
		if (end.kind != OUT_RETURN)
			continue;
		r.r0 = end.reg[0];
		minimise(&tc, ends_in, &r, 20000, &arena, &out, &st);
		assert_true(ends_in(&r, &out));
		before += st.insns_before;
		after += st.insns_after;
		n++;
	}
	print_message("# %u cases: %u slots became %u\n", n, before, after);
	assert_true(n && after <= 5 * n);
	guest_free(r.g);
}

/* Blocks that lie out of line come back to where they belong. */
static void test_blocks_are_put_in_order(void **state)
{
	static const char text[] =
		"r0 = 3\n"
		"goto +2\n"
		"r0 *= 7\n"
		"exit\n"
		"r0 += 2\n"
		"if r0 == 1000 goto +1\n"
		"goto -5\n"
		"r0 = 8\n"
		"exit\n";
	struct run r = { .e = engine_by_name("interp"), .r0 = 35 };
	struct insn code[16];
	struct input in = { .fuel = FUEL_FUZZ };
	struct program p = { .insn = code, .type = PROG_SOCKET_FILTER };
	struct testcase tc = { .unit = { .prog = &p, .nprog = 1 }, .input = &in, .ninput = 1 }, out;
	struct asm_err err;
	char why[96];

	(void)state;
	r.g = guest_new(why);
	if (!r.g) {
		print_message("# SKIP %s\n", why);
		skip();
	}
	p.len = (uint32_t)asm_text(text, strlen(text), code, 16, &err);
	program_seal(&p, &arena);
	assert_non_null(p.id);
	assert_true(ends_in(&r, &tc));
	minimise(&tc, ends_in, &r, UINT32_MAX, &arena, &out, NULL);
	assert_true(ends_in(&r, &out));
	assert_int_equal(slots(&out), 4);
	for (uint32_t pc = 0; pc < out.unit.prog[0].len; pc++)
		assert_int_not_equal(out.unit.prog[0].id[pc], I_JA);
	guest_free(r.g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_wanted),
		cmocka_unit_test(test_one_insn),
		cmocka_unit_test(test_two_insns_in_order),
		cmocka_unit_test(test_packets),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_tail_programs),
		cmocka_unit_test(test_inputs_that_matter_together),
		cmocka_unit_test(test_budget_is_kept),
		cmocka_unit_test(test_real_runs),
		cmocka_unit_test(test_blocks_are_put_in_order),
	};
	int failed = cmocka_run_group_tests_name("minimise", tests, NULL, NULL);

	arena_free(&arena);
	arena_free(&scratch);
	return failed;
}
