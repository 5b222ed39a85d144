/* SPDX-License-Identifier: Apache-2.0 */
/* case/: arena, random numbers, sealing, and the text and binary forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "case/case.h"
#include "case/internal.h"

static uint32_t scaled(uint32_t n)
{
	const char *more = getenv("PARALLAX_LONG");

	return more && *more == '1' ? 20 * n : n;
}

/* ---- arena, rng ------------------------------------------------------------- */

static void arena_gives_zeroed_aligned_memory(void **state)
{
	struct arena a = { 0 };
	struct rng r;
	(void)state;

	rng_seed(&r, 1);
	for (int round = 0; round < 3; round++) {
		uint8_t *p[200];
		size_t size[200], sum = 0;

		for (int i = 0; i < 200; i++) {
			size[i] = rng_below(&r, i % 50 ? 300 : 200000);
			sum += size[i];
			p[i] = arena_alloc(&a, size[i]);
			assert_int_equal((uintptr_t)p[i] % 16, 0);
			for (size_t k = 0; k < size[i]; k++)
				assert_int_equal(p[i][k], 0);
			memset(p[i], i, size[i]);
		}
		for (int i = 0; i < 200; i++)
			for (size_t k = 0; k < size[i]; k++)
				assert_int_equal(p[i][k], (uint8_t)i);
		assert_int_equal(a.used, sum);
		arena_reset(&a);
		assert_int_equal(a.used, 0);
	}
	assert_string_equal(arena_printf(&a, "%d-%s", 42, "x"), "42-x");
	arena_free(&a);
	arena_free(&a);
}

static void arena_keeps_its_chunks(void **state)
{
	struct arena a = { 0 };
	void *first, *big;
	(void)state;

	first = arena_raw(&a, 10);
	big = arena_raw(&a, 1 << 20);
	arena_reset(&a);
	assert_ptr_equal(arena_raw(&a, 10), first);
	assert_ptr_equal(arena_raw(&a, 1 << 20), big);
	arena_free(&a);
}

/* Vectors of the reference implementations of splitmix64, xoshiro256**, XXH3. */
static void rng_agrees_with_published_vectors(void **state)
{
	struct rng r;
	(void)state;

	rng_seed(&r, 0);
	assert_true(r.s[0] == 0xe220a8397b1dcdaf && r.s[1] == 0x6e789e6aa1b965f4 &&
		    r.s[2] == 0x06c45d188009454f && r.s[3] == 0xf88bb8a8724c81ec);
	r = (struct rng){ { 1, 2, 3, 4 } };
	assert_true(rng_next(&r) == 11520);
	assert_true(rng_next(&r) == 0);
	assert_true(rng_next(&r) == 1509978240);
	assert_true(rng_next(&r) == 1215971899390074240);
	assert_true(digest("", 0, 0) == 0x2d06800538d394c2);
}

static void rng_below_is_uniform(void **state)
{
	uint32_t count[7] = { 0 };
	struct rng r;
	(void)state;

	rng_seed(&r, 7);
	for (int i = 0; i < 70000; i++)
		count[rng_below(&r, 7)]++;
	for (int i = 0; i < 7; i++)
		assert_in_range(count[i], 9500, 10500);
	for (int i = 0; i < 1000; i++)
		assert_true(rng_below(&r, UINT64_MAX) < UINT64_MAX);
	assert_int_equal(rng_below(&r, 1), 0);
}

/* ---- sealing ------------------------------------------------------------------ */

static void seal_finds_subprograms(void **state)
{
	/* main calls 4, which calls 6; 2 jumps over */
	const struct insn in[] = {
		insn_call_local(3), insn_ja(1), insn_exit(), insn_exit(),
		insn_call_local(1), insn_exit(), insn_mov64_imm(0, 1), insn_exit(),
	};
	const struct subprog names[] = {
		{ 1, 2, "nowhere", true }, { 4, 6, "four", true }, { 6, 8, "six", false },
	};
	struct program p = { .insn = in, .len = 8, .sub = names, .nsub = 3 };
	struct program q = { .insn = in, .len = 8 };
	struct arena a = { 0 };
	(void)state;

	program_seal(&p, &a);
	program_seal(&q, &a);
	assert_non_null(p.id);
	assert_int_equal(p.nsub, 3);
	assert_int_equal(p.sub[0].start, 0);
	assert_int_equal(p.sub[0].end, 4);
	assert_int_equal(p.sub[1].start, 4);
	assert_int_equal(p.sub[1].end, 6);
	assert_int_equal(p.sub[2].start, 6);
	assert_int_equal(p.sub[2].end, 8);
	assert_null(p.sub[0].name);
	assert_string_equal(p.sub[1].name, "four");
	assert_true(p.sub[1].global);
	assert_string_equal(p.license, "GPL");
	assert_int_equal(q.nsub, 3);
	assert_true(p.hash != q.hash);	/* one verifies a subprogram on its own */
	for (uint32_t pc = 0; pc < 8; pc++)
		assert_int_equal(program_subprog(&p, pc), pc < 4 ? 0 : pc < 6 ? 1 : 2);
	arena_free(&a);
}

static void seal_records_why_a_program_is_refused(void **state)
{
	const struct insn in[] = { insn_ja(5), insn_exit() };
	struct program p = { .insn = in, .len = 2, .type = PROG_XDP };
	struct program empty = { .insn = NULL, .len = 0 };
	struct arena a = { 0 };
	(void)state;

	program_seal(&p, &a);
	assert_null(p.id);
	assert_int_equal(p.nsub, 0);
	assert_int_equal(p.check.err, INSN_ETARGET);
	program_seal(&empty, &a);
	assert_int_equal(empty.check.err, INSN_EEMPTY);
	arena_free(&a);
}

static void hash_follows_what_matters(void **state)
{
	struct insn in[] = { insn_mov64_imm(0, 1), insn_exit() };
	struct program p = { .insn = in, .len = 2 }, q = p;
	struct arena a = { 0 };
	struct unit u = { .prog = &p, .nprog = 1 }, v = u;
	struct map_def m = { .type = MAP_ARRAY, .inner = -1 };
	uint64_t before;
	(void)state;

	program_seal(&p, &a);
	q.name = "another";
	program_seal(&q, &a);
	assert_true(p.hash == q.hash);
	q.type = PROG_XDP;
	program_seal(&q, &a);
	assert_true(p.hash != q.hash);
	before = unit_hash(&u);
	v.map = &m;
	v.nmap = 1;
	assert_true(unit_hash(&v) != before);
	in[0].imm = 2;
	program_seal(&p, &a);
	assert_true(unit_hash(&u) != before);
	arena_free(&a);
}

/* ---- random cases ---------------------------------------------------------------- */

static const char *random_name(struct rng *r, struct arena *a, size_t max)
{
	static const char *const some[] = {
		"main", "a b", "x#y", "--", "\"q\\", "", "tab\there", "3", "global", "\xc3\xa9",
		"i--", "new\nline", "prog", "=",
	};
	const char *s = some[rng_below(r, sizeof(some) / sizeof(some[0]))];

	if (strlen(s) < max && rng_below(r, 2))
		return s;
	return arena_printf(a, "n%d", (int)rng_below(r, 9));
}

static const uint8_t *random_bytes(struct rng *r, struct arena *a, uint32_t n)
{
	uint8_t *p = arena_raw(a, n);
	bool runs = rng_below(r, 2);

	for (uint32_t i = 0; i < n; i++)
		p[i] = runs && i && rng_below(r, 20) ? p[i - 1] : (uint8_t)rng_next(r);
	return p;
}

static void random_program(struct rng *r, struct arena *a, struct program *p,
			   const struct map_def *map, uint32_t nmap)
{
	uint32_t len = (uint32_t)rng_below(r, 30);
	struct insn *in = arena_alloc(a, (len + 1) * sizeof(*in));
	struct subprog *sub;
	struct line_info *line;

	memcpy(in, random_bytes(r, a, len * 8), len * 8);
	/* some stay as they are: a file holds malformed programs, too */
	if (rng_below(r, 4))
		len = program_repair(in, len, map, nmap, a);
	*p = (struct program){ .insn = in, .len = len };
	p->type = (uint16_t)rng_below(r, PROG_TYPE_N);
	p->attach_type = (uint16_t)rng_below(r, 3);
	p->prog_flags = rng_below(r, 3) ? 0 : (uint32_t)rng_next(r);
	p->name = random_name(r, a, 99);
	p->license = rng_below(r, 2) ? "GPL" : random_name(r, a, 99);
	program_seal(p, a);
	sub = arena_dup(a, p->sub, p->nsub * sizeof(*sub));
	for (uint32_t i = 0; i < p->nsub; i++) {
		sub[i].global = rng_below(r, 2);
		sub[i].name = rng_below(r, 2) ? random_name(r, a, 99) : NULL;
		if (sub[i].name && !sub[i].name[0])
			sub[i].name = NULL;
	}
	p->sub = sub;
	program_seal(p, a);
	p->nline = len ? (uint32_t)rng_below(r, len) : 0;
	line = arena_alloc(a, p->nline * sizeof(*line));
	for (uint32_t i = 0; i < p->nline; i++)
		line[i] = (struct line_info){ i, (uint32_t)rng_next(r), (uint32_t)rng_below(r, 9),
					      random_name(r, a, 99), random_name(r, a, 99) };
	p->line = line;
}

static void random_map(struct rng *r, struct arena *a, struct map_def *m, uint32_t nmap)
{
	memset(m, 0, sizeof(*m));
	strcpy(m->name, random_name(r, a, sizeof(m->name)));
	m->type = (uint32_t)rng_below(r, 4) + MAP_HASH;
	if (!rng_below(r, 4))
		m->type = 1 + (uint32_t)rng_below(r, MAP_TYPE_N - 1);
	m->key_size = (uint32_t)rng_below(r, 9);
	m->value_size = (uint32_t)rng_below(r, 40);
	if (map_holds_maps(m) || map_holds_progs(m))
		m->value_size = 4;
	m->max_entries = (uint32_t)rng_next(r);
	m->flags = rng_below(r, 2) ? 0 : (uint32_t)rng_next(r);
	m->frozen = rng_below(r, 2);
	m->ninit = rng_below(r, 2) ? 0 : m->value_size;
	m->init = random_bytes(r, a, m->ninit);
	m->inner = (int32_t)rng_below(r, nmap + 1) - 1;
	m->has_spin_lock = m->value_size >= 4 && rng_below(r, 2);
	m->spin_lock_off = m->has_spin_lock ? m->value_size - 4 : 0;
	m->btf_key = (uint32_t)rng_below(r, 2);
}

static void random_input(struct rng *r, struct arena *a, const struct unit *u, struct input *in)
{
	uint32_t n = u->nmap ? (uint32_t)rng_below(r, 4) : 0;
	uint8_t *p = arena_alloc(a, n * 64);

	in->nctx = (uint32_t)rng_below(r, 100);
	in->ctx = random_bytes(r, a, in->nctx);
	in->npacket = (uint32_t)rng_below(r, 100);
	in->packet = random_bytes(r, a, in->npacket);
	in->seed = rng_below(r, 2) ? 0 : rng_next(r);
	in->fuel = rng_below(r, 2) ? FUEL_DEFAULT : rng_next(r);
	in->maps = p;
	for (uint32_t i = 0; i < n; i++) {
		const struct map_def *m;

		p[in->nmaps] = (uint8_t)rng_below(r, u->nmap);
		m = &u->map[p[in->nmaps++]];
		memcpy(p + in->nmaps, random_bytes(r, a, m->key_size + 1), m->key_size);
		in->nmaps += m->key_size;
		memcpy(p + in->nmaps, random_bytes(r, a, m->value_size + 1), m->value_size);
		if (map_holds_progs(m) || map_holds_maps(m)) {
			uint32_t index = (uint32_t)rng_below(r, map_holds_progs(m) ? u->nprog
										   : u->nmap);
			memcpy(p + in->nmaps, &index, 4);
		}
		in->nmaps += m->value_size;
	}
}

static void random_case(struct rng *r, struct arena *a, struct testcase *tc)
{
	struct unit *u = &tc->unit;
	struct program *prog;
	struct map_def *map;

	memset(tc, 0, sizeof(*tc));
	u->nmap = (uint32_t)rng_below(r, 5);
	u->map = map = arena_alloc(a, u->nmap * sizeof(*map));
	for (uint32_t i = 0; i < u->nmap; i++)
		random_map(r, a, &map[i], u->nmap);
	u->nprog = 1 + (uint32_t)rng_below(r, 3);
	u->prog = prog = arena_alloc(a, u->nprog * sizeof(*prog));
	for (uint32_t i = 0; i < u->nprog; i++)
		random_program(r, a, &prog[i], map, u->nmap);
	tc->ninput = 1 + (uint32_t)rng_below(r, 3);
	tc->input = arena_alloc(a, tc->ninput * sizeof(*tc->input));
	for (uint32_t i = 0; i < tc->ninput; i++)
		random_input(r, a, u, &tc->input[i]);
	tc->has_result = rng_below(r, 2);
	tc->result = tc->has_result ? rng_next(r) : 0;
	tc->error = rng_below(r, 2) ? NULL : random_name(r, a, 99);
}

static void same_bin(const struct testcase *x, const struct testcase *y, struct arena *a)
{
	size_t n, m;
	uint8_t *p = case_to_bin(x, a, &n), *q = case_to_bin(y, a, &m);

	assert_int_equal(n, m);
	assert_memory_equal(p, q, n);
	assert_true(unit_hash(&x->unit) == unit_hash(&y->unit));
}

static void random_cases_round_trip(void **state)
{
	struct arena a = { 0 };
	struct rng r;
	(void)state;

	rng_seed(&r, 42);
	for (uint32_t i = 0; i < scaled(2000); i++) {
		struct testcase tc, back;
		struct file_err err;
		uint8_t *bin;
		char *text;
		size_t n;

		arena_reset(&a);
		random_case(&r, &a, &tc);
		if (!case_check(&tc, &err))
			fail_msg("%s", err.msg);
		bin = case_to_bin(&tc, &a, &n);
		if (!case_from_bin(bin, n, &a, &back, &err))
			fail_msg("bin: byte %d: %s", (int)err.off, err.msg);
		same_bin(&tc, &back, &a);
		text = case_to_text(&tc, &a);
		if (!case_from_text(text, strlen(text), PROG_PLAIN, &a, &back, &err))
			fail_msg("%u:%u: %s\n%s", err.line, err.col, err.msg, text);
		same_bin(&tc, &back, &a);
		assert_string_equal(case_to_text(&back, &a), text);
		case_from_any(bin, n, &a, &back);
		same_bin(&tc, &back, &a);
	}
	arena_free(&a);
}

/* ---- the total decoder --------------------------------------------------------------- */

static void check_total(const uint8_t *p, size_t n, struct arena *a)
{
	struct testcase tc, again;
	struct file_err err;
	bool strict;

	strict = case_from_bin(p, n, a, &again, &err);
	case_from_any(p, n, a, &tc);
	assert_true(case_check(&tc, &err));
	for (uint32_t i = 0; i < tc.unit.nprog && !strict; i++)
		assert_non_null(tc.unit.prog[i].id);
	if (!strict)
		case_from_any(p, n, a, &again);
	same_bin(&tc, &again, a);
}

static void any_bytes_are_a_case(void **state)
{
	struct arena a = { 0 };
	struct rng r;
	(void)state;

	rng_seed(&r, 3);
	for (uint32_t i = 0; i < scaled(100000); i++) {
		uint32_t n = (uint32_t)rng_below(&r, 1 << rng_below(&r, 10));
		const uint8_t *p;

		arena_reset(&a);
		p = random_bytes(&r, &a, n);
		check_total(p, n, &a);
	}
	arena_free(&a);
}

/* Changes a few bytes, or cuts, or doubles a stretch. */
static size_t mutate(struct rng *r, uint8_t *p, size_t n, size_t cap)
{
	for (uint64_t k = 1 + rng_below(r, 3); k && n; k--) {
		size_t at = rng_below(r, n), len = rng_below(r, n - at) + 1;

		switch (rng_below(r, 8)) {
		case 0:
			memmove(p + at, p + at + len, n - at - len);
			n -= len;
			break;
		case 1:
			if (n + len <= cap) {
				memmove(p + at + len, p + at, n - at);
				n += len;
			}
			break;
		default:
			p[at] = rng_below(r, 2) ? (uint8_t)rng_next(r)
						: (uint8_t)(p[at] ^ 1 << rng_below(r, 8));
			break;
		}
	}
	return n;
}

static void damaged_files_are_cases(void **state)
{
	struct arena a = { 0 };
	uint32_t strict = 0;
	struct rng r;
	(void)state;

	rng_seed(&r, 4);
	for (uint32_t i = 0; i < scaled(4000); i++) {
		struct testcase tc, back;
		struct file_err err;
		uint8_t *bin, *copy;
		size_t n, m;

		arena_reset(&a);
		random_case(&r, &a, &tc);
		bin = case_to_bin(&tc, &a, &n);
		for (int k = 0; k < 5; k++) {
			copy = arena_raw(&a, 2 * n);
			memcpy(copy, bin, n);
			m = mutate(&r, copy, n, 2 * n);
			copy = arena_dup(&a, copy, m);
			check_total(copy, m, &a);
			if (!case_from_bin(copy, m, &a, &back, &err)) {
				assert_true(err.msg[0]);
				continue;
			}
			strict++;
			/* what is accepted means the same when written again */
			copy = case_to_bin(&back, &a, &m);
			assert_true(case_from_bin(copy, m, &a, &tc, &err));
			same_bin(&tc, &back, &a);
		}
	}
	assert_true(strict > 100);
	arena_free(&a);
}

static void damaged_texts_never_crash(void **state)
{
	struct arena a = { 0 };
	struct rng r;
	(void)state;

	rng_seed(&r, 5);
	for (uint32_t i = 0; i < scaled(4000); i++) {
		struct testcase tc, back;
		struct file_err err;
		char *text;
		size_t n;

		arena_reset(&a);
		random_case(&r, &a, &tc);
		text = case_to_text(&tc, &a);
		n = strlen(text);
		text = memcpy(arena_raw(&a, 2 * n), text, n);
		n = mutate(&r, (uint8_t *)text, n, 2 * n);
		text = arena_dup(&a, text, n);
		if (case_from_text(text, n, PROG_PLAIN, &a, &back, &err)) {
			text = case_to_text(&back, &a);
			assert_true(case_from_text(text, strlen(text), PROG_PLAIN, &a, &tc, &err));
			same_bin(&tc, &back, &a);
		} else {
			assert_true(err.msg[0]);
		}
	}
	arena_free(&a);
}

static void raw_streams_are_programs(void **state)
{
	const struct insn in[] = { insn_mov64_imm(0, 7), insn_exit() };
	struct arena a = { 0 };
	struct testcase tc;
	(void)state;

	case_from_any((const uint8_t *)in, sizeof(in), &a, &tc);
	assert_int_equal(tc.unit.prog[0].type, PROG_PLAIN);
	assert_int_equal(tc.unit.prog[0].len, 2);
	assert_memory_equal(tc.unit.prog[0].insn, in, sizeof(in));
	arena_free(&a);
}

/* A changed byte changes its place and what is derived from it, no more. */
static void headerless_bytes_are_stable(void **state)
{
	uint8_t p[8 + 10 * 8 + 32] = { 0, 0, 10, 0, 1, 2, 3, 4 };
	const struct insn mov = insn_mov64_imm(3, 9);
	struct arena a = { 0 };
	struct testcase x, y;
	(void)state;

	for (int i = 0; i < 10; i++)
		memcpy(p + 8 + 8 * i, &mov, 8);
	case_from_any(p, sizeof(p), &a, &x);
	assert_int_equal(x.unit.prog[0].len, 11);
	assert_int_equal(x.input->nctx, 32);
	assert_int_equal(x.input->seed, 0x04030201);
	p[8 + 8 * 4] = 0xff;
	case_from_any(p, sizeof(p), &a, &y);
	assert_int_equal(y.unit.prog[0].len, 11);
	for (int i = 0; i < 11; i++)
		if (i != 4)
			assert_memory_equal(&x.unit.prog[0].insn[i], &y.unit.prog[0].insn[i], 8);
	assert_int_equal(y.input->nctx, 32);
	arena_free(&a);
}

static void repair_keeps_what_is_well_formed(void **state)
{
	struct arena a = { 0 };
	struct rng r;
	(void)state;

	rng_seed(&r, 6);
	for (uint32_t i = 0; i < scaled(5000); i++) {
		uint32_t len = (uint32_t)rng_below(&r, 40), once, twice;
		struct insn in[42], copy[42];
		struct check_err why;
		uint8_t ids[42];

		for (uint32_t k = 0; k < len; k++) {
			uint64_t v = rng_next(&r);

			memcpy(&in[k], &v, 8);
			if (rng_below(&r, 2))
				in[k].code = insn_row((uint8_t)rng_below(&r, INSN_N))->code;
		}
		once = program_repair(in, len, NULL, 0, &a);
		assert_in_range(once, len, len + 1);
		if (!program_check(in, once, ids, &why))
			fail_msg("%u: %s", why.pc, why.msg);
		memcpy(copy, in, once * sizeof(*in));
		twice = program_repair(in, once, NULL, 0, &a);
		assert_int_equal(once, twice);
		assert_memory_equal(copy, in, once * sizeof(*in));
		arena_reset(&a);
	}
	arena_free(&a);
}

/* ---- strictness -------------------------------------------------------------------------- */

#define P "-- asm\nexit\n"
static const struct {
	const char *text;
	uint32_t line, col;
	const char *msg;
} bad_text[] = {
	{ "", 0, 0, "neither" },
	{ "-- result\n1\n", 2, 1, "neither" },
	{ "exit\n", 1, 1, "outside of any section" },
	{ P "-- bogus\n", 3, 4, "unknown directive" },
	{ P "-- bogus", 3, 4, "unknown directive" },
	{ P P, 3, 4, "second" },
	{ P "-- asm exit\n", 3, 4, "second" },
	{ "-- asm exit\n", 1, 8, "unexpected text" },
	{ "-- asm\nexit\nbogus %r1\n", 3, 0, "" },
	{ "-- raw\n0x95 zz\n", 2, 6, "no number" },
	{ "-- raw\n0x10000000000000000\n", 2, 1, "no number" },
	{ "-- raw\n95h\n", 2, 1, "no number" },
	{ P "-- mem\naa bbb\n", 4, 4, "no byte" },
	{ P "-- mem\naa xx\n", 4, 4, "no byte" },
	{ P "-- mem\n00*0\n", 4, 1, "repetition" },
	{ P "-- mem\n00*9999999\n", 4, 1, "more than" },
	{ P "-- mem\n00\n-- mem\n", 5, 4, "second" },
	{ P "-- mem\n00\n-- ctx\n01\n", 0, 0, "both -- mem and -- ctx" },
	{ P "-- result\n0x\n", 4, 1, "no number" },
	{ P "-- result\n1 2\n", 4, 3, "behind the result" },
	{ P "-- type\n", 3, 8, "needs an argument" },
	{ P "-- type nosuch\n", 3, 9, "unknown program type" },
	{ P "-- type xdp xdp\n", 3, 13, "unexpected text" },
	{ P "-- attach 65536\n", 3, 11, "larger than" },
	{ P "-- flags x\n", 3, 10, "no number" },
	{ P "-- license \"GPL\n", 3, 12, "not closed" },
	{ P "-- license \"\\q\"\n", 3, 12, "escape" },
	{ P "-- license \"\\x00\"\n", 3, 12, "NUL" },
	{ P "-- map\n", 3, 7, "needs an argument" },
	{ P "-- map m\n", 3, 9, "kind of map" },
	{ P "-- map m nosuch 4 4 1\n", 3, 10, "unknown kind" },
	{ P "-- map m array 4 4\n", 3, 19, "expected 3 numbers" },
	{ P "-- map m array 4 4 x\n", 3, 20, "no number" },
	{ P "-- map m array 4 4 1 soft\n", 3, 22, "no number" },
	{ P "-- map m array 4 4 1 inner=n\n", 3, 0, "no map of this name" },
	{ P "-- map m array 4 4 1 btf=1\n", 3, 22, "expected btf" },
	{ P "-- map m array 4 4 1 spin_lock=4\n", 0, 0, "spin lock lies outside" },
	{ P "-- map name_of_16_bytes array 4 4 1\n", 3, 8, "at most 15" },
	{ P "-- map m array 4 70000000 1\n", 3, 10, "more than" },
	{ P "-- map m array 4 4 1\n00 00 00 00 00\n", 4, 13, "more than 4 bytes" },
	{ P "-- map m array 4 4 1\n00\n", 0, 0, "initial value of 1 bytes" },
	{ P "-- maps\nm 00 = 00\n", 4, 1, "no map" },
	{ P "-- maps\n0 00 = 00\n", 4, 1, "no map 0" },
	{ P "-- map m array 4 1 1\n-- maps\nm 00 = 00\n", 5, 1, "key of 1 bytes" },
	{ P "-- map m array 1 4 1\n-- maps\nm 00 = 00\n", 5, 1, "value of 1 bytes" },
	{ P "-- map m array 1 4 1\n-- maps\nm 00 00\n", 5, 8, "expected '='" },
	{ P "-- map m array 1 4 1\n-- maps\nm 00 = prog 0\n", 5, 8, "holds bytes" },
	{ P "-- map m array 1 1 1\n-- map m array 1 1 1\n-- maps\nm 00 = 00\n", 6, 1,
	  "more than one" },
	{ P "-- map m prog_array 4 4 1\n-- maps\nm 00*4 = prog 7\n", 0, 0, "index out of range" },
	{ P "-- map m prog_array 4 4 1\n-- maps\nm 00*4 = prog\n", 5, 14, "expected a name" },
	{ P "-- map m prog_array 4 4 1\n-- maps\nm 00*4 = prog no\n", 5, 15, "no program" },
	{ P "-- seed\n", 3, 8, "needs an argument" },
	{ P "-- seed 1\n-- seed 2\n", 4, 9, "second" },
	{ P "-- fuel -1\n", 3, 9, "no number" },
	{ P "-- input x\n", 3, 10, "unexpected text" },
	{ P "-- program b\n", 3, 1, "neither" },
	{ P "-- subprogs\n1 f\n", 0, 0, "no subprogram starts" },
	{ P "-- subprogs\n0\n", 4, 2, "expected 'global' or a name" },
	{ P "-- subprogs\n0 f\n0 g\n", 5, 1, "not in order" },
	{ P "-- subprogs\n0 f g\n", 4, 5, "behind the end" },
	{ P "-- funcs\n0\n", 4, 2, "expected 2 numbers" },
	{ P "-- funcs\n1 1\n", 0, 0, "out of order" },
	{ P "-- lines\n0 1 2 \"f\"\n", 4, 10, "text of the line" },
	{ P "-- seed 1\n00\n", 4, 1, "outside of any section" },
};

static void malformed_texts_are_refused(void **state)
{
	struct arena a = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof(bad_text) / sizeof(bad_text[0]); i++) {
		const char *text = bad_text[i].text;
		struct file_err err;
		struct testcase tc;

		if (case_from_text(text, strlen(text), PROG_PLAIN, &a, &tc, &err))
			fail_msg("accepted: %s", text);
		if (!strstr(err.msg, bad_text[i].msg) || !err.msg[0])
			fail_msg("%u:%u: \"%s\" for: %s", err.line, err.col, err.msg, text);
		if (err.line != bad_text[i].line || (bad_text[i].col && err.col != bad_text[i].col))
			fail_msg("at %u:%u: \"%s\" for: %s", err.line, err.col, err.msg, text);
	}
	assert_false(case_from_text("-- asm\nex\0it", 12, 0, &a, &(struct testcase){ 0 },
				    &(struct file_err){ 0 }));
	arena_free(&a);
}

static void cut_files_are_refused(void **state)
{
	struct arena a = { 0 };
	struct testcase tc, back;
	struct file_err err;
	uint8_t *bin, *copy;
	struct rng r;
	size_t n;
	(void)state;

	rng_seed(&r, 8);
	random_case(&r, &a, &tc);
	bin = case_to_bin(&tc, &a, &n);
	/* a whole trailing EXPECT section may be missing, nothing else */
	for (size_t m = 0; m < n; m++) {
		copy = arena_dup(&a, bin, m);
		if (case_from_bin(copy, m, &a, &back, &err))
			assert_true(!back.has_result && !back.error &&
				    (tc.has_result || tc.error || back.ninput < tc.ninput));
		else
			assert_true(err.msg[0]);
	}
	copy = arena_raw(&a, n + 1);
	memcpy(copy, bin, n);
	copy[n] = 0;
	assert_false(case_from_bin(copy, n + 1, &a, &back, &err));
	copy[4] = 2;
	assert_false(case_from_bin(copy, n, &a, &back, &err));
	assert_non_null(strstr(err.msg, "version 2"));
	arena_free(&a);
}

/* ---- bpf_conformance's files ------------------------------------------------------ */

static void parse_data(const char *text, struct arena *a, struct testcase *tc)
{
	struct file_err err;

	if (!case_from_text(text, strlen(text), PROG_PLAIN, a, tc, &err))
		fail_msg("%u:%u: %s", err.line, err.col, err.msg);
}

static void conformance_files_are_read(void **state)
{
	struct arena a = { 0 };
	struct testcase tc;
	(void)state;

	parse_data("# comment\r\n-- asm # here, too\r\nmov %r0, 5\r\nexit\r\n"
		   "-- mem\n0xaa BB c\n11\n-- result\n3\n0x5 # last\n\n", &a, &tc);
	assert_int_equal(tc.unit.prog[0].len, 2);
	assert_int_equal(tc.input->nctx, 4);
	assert_memory_equal(tc.input->ctx, "\xaa\xbb\x0c\x11", 4);
	assert_true(tc.has_result && tc.result == 5);
	assert_null(tc.error);
	/* raw wins over asm; numbers may be decimal; an empty error says nothing */
	parse_data("-- c\nint f(int i) { return i--; }\n-- asm\nnonsense\n-- raw\n183 0x95\n"
		   "-- error\n-- result\n0", &a, &tc);
	assert_int_equal(tc.unit.prog[0].len, 2);
	assert_int_equal(tc.unit.prog[0].insn[1].code, 0x95);
	assert_null(tc.error);
	parse_data("-- asm\nexit\n-- no register offset\ncall %bogus\n-- error\n Division by 0 \n",
		   &a, &tc);
	assert_string_equal(tc.error, "Division by 0");
	/* directives are found by substring */
	parse_data("--asm\nexit\n---- initial mem ----\n01\n-- result\n-1\n", &a, &tc);
	assert_int_equal(tc.input->nctx, 1);
	assert_true(tc.result == UINT64_MAX);
	arena_free(&a);
}

static void plain_cases_are_written_as_conformance_files(void **state)
{
	static const char text[] = "-- asm\nr0 = 5\nexit\n-- mem\naa bb\n-- result\n0x5\n";
	struct arena a = { 0 };
	struct testcase tc;
	(void)state;

	parse_data(text, &a, &tc);
	assert_string_equal(case_to_text(&tc, &a), text);
	arena_free(&a);
}

static void mem_is_the_packet_of_those_that_have_one(void **state)
{
	struct arena a = { 0 };
	struct testcase tc;
	(void)state;

	parse_data("-- type xdp\n-- asm\nexit\n-- mem\n01 02\n"
		   "-- input\n-- ctx\n00*24\n-- packet\n03\n", &a, &tc);
	assert_int_equal(tc.ninput, 2);
	assert_int_equal(tc.input[0].npacket, 2);
	assert_int_equal(tc.input[0].nctx, 0);
	assert_int_equal(tc.input[1].nctx, 24);
	assert_int_equal(tc.input[1].npacket, 1);
	arena_free(&a);
}

static void programs_inherit_and_are_named(void **state)
{
	struct arena a = { 0 };
	struct testcase tc;
	(void)state;

	parse_data("-- program first\n-- type sched_cls\n-- license MIT\n-- asm\nexit\n"
		   "-- program second\n-- asm\nexit\n"
		   "-- map jmp prog_array 4 4 2\n-- maps\njmp 01 00 00 00 = prog second\n",
		   &a, &tc);
	assert_int_equal(tc.unit.nprog, 2);
	assert_string_equal(tc.unit.prog[0].name, "first");
	assert_int_equal(tc.unit.prog[1].type, PROG_SCHED_CLS);
	assert_string_equal(tc.unit.prog[1].license, "MIT");
	assert_int_equal(tc.input->nmaps, 9);
	assert_memory_equal(tc.input->maps, "\0\1\0\0\0\1\0\0\0", 9);
	arena_free(&a);
}

/* ---- formats ---------------------------------------------------------------------- */

static long parse_as(const void *p, size_t n, enum file_format f, struct arena *a,
		     struct testcase **tc, struct file_err *err)
{
	const struct file_opts o = { .format = f };

	return file_parse(p, n, &o, a, tc, err);
}

static void formats_are_recognised(void **state)
{
	const struct insn in[] = { insn_mov64_imm(0, 7), insn_exit() };
	static const char *const text[] = {
		"b7 00 00 00 07 00 00 00\n95  00 00 00 00 00 00 00",
		"r0 = 7\nexit\n", "-- asm\nr0 = 7\nexit\n", "; asm\nmov %r0, 7\nexit",
		"# comment\n-- raw\n0x7000000b7 0x95\n",
	};
	struct arena a = { 0 };
	struct testcase *tc, first;
	struct file_err err;
	uint8_t *bin;
	size_t n;
	(void)state;

	assert_int_equal(parse_as(in, sizeof(in), FMT_AUTO, &a, &tc, &err), 1);
	first = *tc;
	assert_memory_equal(first.unit.prog[0].insn, in, sizeof(in));
	for (size_t i = 0; i < sizeof(text) / sizeof(text[0]); i++) {
		assert_int_equal(parse_as(text[i], strlen(text[i]), FMT_AUTO, &a, &tc, &err), 1);
		same_bin(&first, tc, &a);
	}
	bin = case_to_bin(&first, &a, &n);
	assert_int_equal(parse_as(bin, n, FMT_AUTO, &a, &tc, &err), 1);
	same_bin(&first, tc, &a);
	for (uint32_t i = 0; i < FMT_N; i++) {
		enum file_format f = FMT_N;

		assert_true(format_parse(format_name(i), &f));
		assert_int_equal(f, i);
	}
	assert_false(format_parse("nosuch", &(enum file_format){ 0 }));
	arena_free(&a);
}

static void malformed_files_are_refused(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		enum file_format f;
		uint32_t line, col;
		const char *msg;
	} bad[] = {
		{ "\xb7\0\0\0\0", 5, FMT_AUTO, 0, 0, "no whole number" },
		{ "", 0, FMT_AUTO, 0, 0, "no instructions" },
		{ "", 0, FMT_RAW, 0, 0, "no instructions" },
		{ "95 0", 4, FMT_HEX, 1, 4, "half a byte" },
		{ "95 0\n0", 6, FMT_HEX, 1, 4, "half a byte" },
		{ "95 00\n 0g", 9, FMT_HEX, 2, 2, "half a byte" },
		{ "95 00\n gg", 9, FMT_HEX, 2, 2, "not a hexadecimal" },
		{ "95 00", 5, FMT_HEX, 0, 0, "no whole number" },
		{ "exit\nbogus", 10, FMT_ASM, 2, 1, "" },
		{ "# nothing", 9, FMT_ASM, 0, 0, "no instructions" },
		{ "PLX1", 4, FMT_AUTO, 0, 0, "bad magic" },
		{ "PLX1\1", 5, FMT_AUTO, 0, 0, "0 programs" },
		{ "PLX1\1\x63\0\0\0\0", 10, FMT_AUTO, 0, 0, "unknown section" },
		{ "PLX1\1\6\0\0\0\0", 10, FMT_AUTO, 0, 0, "before the first program" },
	};
	struct arena a = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct testcase *tc;
		struct file_err err;

		assert_int_equal(parse_as(bad[i].bytes, bad[i].n, bad[i].f, &a, &tc, &err), -1);
		if (!strstr(err.msg, bad[i].msg) || !err.msg[0] || err.line != bad[i].line ||
		    err.col != bad[i].col)
			fail_msg("%zu: %u:%u: %s", i, err.line, err.col, err.msg);
	}
	arena_free(&a);
}

static void errors_show_the_line(void **state)
{
	struct file_err err;
	struct testcase tc;
	struct arena a = { 0 };
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);
	(void)state;

	assert_false(case_from_text("-- asm\nexit\n-- mem\n\taa zz\n", 26, 0, &a, &tc, &err));
	file_err_print(f, "x.data", &err);
	fclose(f);
	assert_string_equal(out, "x.data:4:5: error: 'zz' is no byte: expected two hexadecimal "
				 "digits\n\taa zz\n\t   ^\n");
	free(out);
	arena_free(&a);
}

static void files_are_read_whole(void **state)
{
	char name[] = "/tmp/parallax-test-XXXXXX";
	struct file_err err;
	uint8_t *p;
	size_t n;
	FILE *f;
	int fd = mkstemp(name);
	(void)state;

	assert_true(fd >= 0);
	f = fdopen(fd, "wb");
	for (int i = 0; i < 200000; i++)
		fputc(i & 0xff, f);
	fclose(f);
	p = file_read(name, &n, &err);
	assert_non_null(p);
	assert_int_equal(n, 200000);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(p[i], i & 0xff);
	free(p);
	remove(name);
	assert_null(file_read(name, &n, &err));
	assert_true(err.msg[0]);
	assert_null(file_read("/", &n, &err));
	assert_true(err.msg[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_gives_zeroed_aligned_memory),
		cmocka_unit_test(arena_keeps_its_chunks),
		cmocka_unit_test(rng_agrees_with_published_vectors),
		cmocka_unit_test(rng_below_is_uniform),
		cmocka_unit_test(seal_finds_subprograms),
		cmocka_unit_test(seal_records_why_a_program_is_refused),
		cmocka_unit_test(hash_follows_what_matters),
		cmocka_unit_test(random_cases_round_trip),
		cmocka_unit_test(any_bytes_are_a_case),
		cmocka_unit_test(damaged_files_are_cases),
		cmocka_unit_test(damaged_texts_never_crash),
		cmocka_unit_test(raw_streams_are_programs),
		cmocka_unit_test(headerless_bytes_are_stable),
		cmocka_unit_test(repair_keeps_what_is_well_formed),
		cmocka_unit_test(malformed_texts_are_refused),
		cmocka_unit_test(cut_files_are_refused),
		cmocka_unit_test(conformance_files_are_read),
		cmocka_unit_test(plain_cases_are_written_as_conformance_files),
		cmocka_unit_test(mem_is_the_packet_of_those_that_have_one),
		cmocka_unit_test(programs_inherit_and_are_named),
		cmocka_unit_test(formats_are_recognised),
		cmocka_unit_test(malformed_files_are_refused),
		cmocka_unit_test(errors_show_the_line),
		cmocka_unit_test(files_are_read_whole),
	};

	return cmocka_run_group_tests_name("case", tests, NULL, NULL);
}
