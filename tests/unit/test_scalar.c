/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scalars at 64 bits: the functions of scalar.c, the shapes of known mistakes
 * in other verifiers, and long random chains of operations and comparisons in
 * which a concrete value must stay inside.  PARALLAX_SAMPLES sets how many
 * steps (1e6; PARALLAX_LONG: 1e9).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/scalar_truth.h"
#include "verifier/verifier.h"

static const struct domain *const domains[] = {&domain_linux, &domain_precise};
enum { DOMAINS = sizeof(domains) / sizeof(domains[0]) };

static uint64_t rng = 88172645463325252u;

static uint64_t rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static void show(const char *name, const struct scalar *s)
{
	printf("# %s: var(%#" PRIx64 ";%#" PRIx64 ") u[%#" PRIx64 ",%#" PRIx64 "] s[%" PRId64
	       ",%" PRId64 "] u32[%#x,%#x] s32[%d,%d]\n", name, s->var.value, s->var.mask, s->umin,
	       s->umax, s->smin, s->smax, s->u32min, s->u32max, s->s32min, s->s32max);
}

/* ---- scalar.c ---------------------------------------------------------------------- */

static void assert_range(const struct scalar *s, uint64_t lo, uint64_t hi)
{
	assert_true(scalar_check(s));
	assert_int_equal(s->umin, lo);
	assert_int_equal(s->umax, hi);
}

static void test_constructors(void **state)
{
	struct scalar s = scalar_unknown();

	(void)state;
	assert_true(scalar_check(&s));
	assert_true(scalar_contains(&s, 0));
	assert_true(scalar_contains(&s, UINT64_MAX));
	assert_false(scalar_is_const(&s));
	s = scalar_const(0x80000000);
	assert_true(scalar_check(&s));
	assert_true(scalar_is_const(&s));
	assert_true(s.smin == 0x80000000 && s.s32max == INT32_MIN);
	assert_false(scalar_contains(&s, 0x80000001));
	s = scalar_urange(10, 20);
	assert_range(&s, 10, 20);
	assert_true(s.smin == 10 && s.s32max == 20 && s.var.mask == 31);
	s = scalar_srange(-3, 4);
	assert_true(scalar_check(&s));
	assert_true(s.s32min == -3 && s.s32max == 4 && s.umax == UINT64_MAX);
	assert_true(scalar_contains(&s, (uint64_t)-3));
	assert_false(scalar_contains(&s, 5));
	s = scalar_srange(-7, -7);
	assert_true(scalar_is_const(&s));
}

static void test_cast(void **state)
{
	struct scalar s = scalar_urange(0x1fe, 0x203);

	(void)state;
	s = scalar_cast(s, 1);		/* 0xfe, 0xff, 0 to 3 */
	assert_range(&s, 0, 255);
	s = scalar_cast(scalar_urange(0x1f0, 0x1f3), 1);
	assert_range(&s, 0xf0, 0xf3);
	s = scalar_cast(scalar_const(UINT64_MAX), 2);
	assert_range(&s, 0xffff, 0xffff);
	s = scalar_cast(scalar_unknown(), 4);
	assert_range(&s, 0, UINT32_MAX);
	s = scalar_cast(scalar_srange(-5, 5), 4);
	assert_true(s.s32min == -5 && s.s32max == 5 && s.umax == UINT32_MAX);
	s = scalar_cast(scalar_srange(-5, 5), 8);
	assert_true(s.smin == -5);
	for (int i = 0; i < 100000; i++) {
		uint64_t lo = rnd() >> rnd() % 64, hi = lo + (rnd() >> rnd() % 64);
		uint64_t v = hi < lo ? lo : lo + (hi - lo ? rnd() % (hi - lo) : 0);
		uint8_t size = (uint8_t)(1 << rnd() % 4);

		s = scalar_cast(scalar_urange(lo, hi < lo ? lo : hi), size);
		assert_true(scalar_check(&s));
		assert_true(scalar_contains(&s, cut(8u * size, v)));
	}
}

static void test_subset(void **state)
{
	struct scalar a = scalar_urange(1, 9), b = scalar_urange(2, 9), u = scalar_unknown();
	struct scalar odd = a;

	(void)state;
	assert_true(scalar_subset(&a, &b));
	assert_false(scalar_subset(&b, &a));
	assert_true(scalar_subset(&u, &a));
	assert_false(scalar_subset(&a, &u));
	assert_true(scalar_subset(&a, &a));
	odd.var = (struct tnum){1, 14};
	assert_true(scalar_subset(&a, &odd));
	assert_false(scalar_subset(&odd, &a));
	/* each part counts */
	for (int i = 0; i < 8; i++) {
		b = u;
		switch (i) {
		case 0: b.umin = 1; break;
		case 1: b.umax--; break;
		case 2: b.smin++; break;
		case 3: b.smax--; break;
		case 4: b.u32min = 1; break;
		case 5: b.u32max--; break;
		case 6: b.s32min++; break;
		default: b.s32max--; break;
		}
		assert_true(scalar_subset(&u, &b));
		assert_false(scalar_subset(&b, &u));
	}
}

static void test_check(void **state)
{
	struct scalar s = scalar_unknown();

	(void)state;
	s.umin = 1, s.umax = 0;
	assert_false(scalar_check(&s));
	s = scalar_unknown();
	s.s32min = 1, s.s32max = 0;
	assert_false(scalar_check(&s));
	s = scalar_const(3);
	s.var.mask = 1;
	assert_false(scalar_check(&s));
	s = scalar_const(3);
	s.var.value = 4;
	assert_false(scalar_check(&s));
	/* the remains of an empty state: constant bits, ranges forgotten */
	s = scalar_unknown();
	s.var = tnum_const(4);
	assert_true(scalar_check(&s));
}

static void test_empty(void **state)
{
	struct scalar s = scalar_unknown();

	(void)state;
	s.u32max = 5;
	s.s32max = -1;
	assert_false(domain_linux.sync(&s));
	s = scalar_urange(4, 7);
	assert_true(domain_linux.sync(&s));
}

/* ---- mistakes that others made: the value on the right must not be lost ---------------- */

static struct scalar mask_value(uint64_t value, uint64_t mask)
{
	struct scalar s = scalar_unknown();

	s.var = (struct tnum){value, mask};
	domain_linux.sync(&s);
	return s;
}

struct shape {
	const char *name;
	enum insn_op op;
	unsigned width;
	struct scalar dst, src;
	uint64_t d, s;		/* members, of which d op s is computed */
};

static void check_shape(const struct domain *dom, const struct shape *p)
{
	const struct width x = {64, 32, dom};
	struct scalar r = dom->alu(p->op, (uint8_t)p->width, p->dst, p->src);

	if (!scalar_contains(&p->dst, p->d) || !scalar_contains(&p->src, p->s))
		fail_msg("%s: not members", p->name);
	if (!scalar_check(&r) || !scalar_contains(&r, truth_alu(&x, p->op, p->width, p->d, p->s))) {
		show("result", &r);
		fail_msg("%s: %s", dom->name, p->name);
	}
}

static void test_alu_shapes(void **state)
{
	const struct scalar any = scalar_unknown(), zero = scalar_const(0);
	const struct scalar cut_and = domain_linux.alu(OP_AND, 64, any,
						       scalar_const(0xffffffff00000000));
	const struct shape shapes[] = {
		{"or32 takes bounds of 64 bits (CVE-2020-27194)", OP_OR, 64,
		 scalar_urange(1, 0x600000001), zero, 2, 0},
		{"and of constant halves (CVE-2021-3490)", OP_AND, 64,
		 domain_linux.alu(OP_OR, 64, cut_and, scalar_const(1)), scalar_const(0x100000002),
		 1, 0x100000002},
		{"mov32 of -1 (CVE-2017-16995)", OP_MOV, 32, any, scalar_const(UINT64_MAX), 0,
		 UINT64_MAX},
		{"rsh32 of a high bit (CVE-2018-18445)", OP_RSH, 32, scalar_const(0x200000000),
		 scalar_const(31), 0x200000000, 31},
		{"rsh of a negative", OP_RSH, 64, scalar_srange(-8, 8), scalar_const(1),
		 (uint64_t)-8, 1},
		{"mov32 over a wrap of the half", OP_MOV, 32, any,
		 scalar_urange(0xffffff80, 0x10000007f), 0, 0x100000000},
		{"add that may wrap", OP_ADD, 64, scalar_urange(1, UINT64_MAX - 1),
		 scalar_urange(0, 5), UINT64_MAX - 1, 5},
		{"sub that may wrap", OP_SUB, 64, scalar_urange(5, 10), scalar_urange(0, 7), 5, 7},
		{"sub of bits", OP_SUB, 64, mask_value(0, 1), mask_value(0, 1), 0, 1},
		{"mul of a bit", OP_MUL, 64, mask_value(0, 1), scalar_const(3), 1, 3},
		{"arsh of an unknown sign", OP_ARSH, 64, any, scalar_const(4), 1ull << 63, 4},
		{"arsh32 of an unknown sign", OP_ARSH, 32, any, scalar_const(4), 1ull << 31, 4},
		{"lsh by anything", OP_LSH, 64, scalar_const(1), any, 1, 40},
		{"lsh by too much", OP_LSH, 32, scalar_const(1), scalar_urange(0, 40), 1, 33},
		{"and below both", OP_AND, 64, scalar_urange(1, 2), scalar_urange(1, 2), 1, 2},
		{"lsh by 32 of a negative half", OP_LSH, 64,
		 domain_linux.alu(OP_MOV, 32, any, scalar_urange(0, 0x80000001)), scalar_const(32),
		 0x80000001, 32},
		{"smod of a negative", OP_SMOD, 64, any, scalar_const(10), (uint64_t)-19, 10},
		{"mod by an extended constant", OP_MOD, 64, any, scalar_const(UINT64_MAX),
		 1ull << 40, UINT64_MAX},
		{"div by what may be zero", OP_DIV, 64, scalar_const(7), mask_value(0, 1), 7, 0},
		{"mod by what may be zero", OP_MOD, 64, scalar_const(7), mask_value(0, 1), 7, 0},
		{"mod32 by zero truncates", OP_MOD, 32, scalar_const(UINT64_MAX), zero, UINT64_MAX,
		 0},
		{"sdiv of the smallest by -1", OP_SDIV, 64, scalar_srange(INT64_MIN, 0),
		 scalar_srange(-2, -1), 1ull << 63, UINT64_MAX},
		{"neg of the smallest", OP_NEG, 64, scalar_srange(INT64_MIN, 0), any, 1ull << 63,
		 0},
		{"be16 moves bytes", OP_BE16, 64, mask_value(0, 0x3f00), any, 0x2100, 0},
		{"movsx8 of a byte", OP_MOVSX8, 32, any, scalar_urange(0, 255), 0, 0x80},
		{"movsx32 of a half", OP_MOVSX32, 64, any, scalar_urange(0, UINT32_MAX), 0,
		 0x80000000},
		{"neg is no complement", OP_NEG, 64, scalar_urange(1, 3), any, 2, 0},
	};

	(void)state;
	for (int d = 0; d < DOMAINS; d++)
		for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++)
			check_shape(domains[d], &shapes[i]);
}

struct edge {
	const char *name;
	enum insn_op op;
	unsigned width;
	bool taken;
	struct scalar dst;
	uint64_t k;
	uint64_t keep;		/* stays in dst on that edge */
};

static void test_refine_shapes(void **state)
{
	const struct scalar any = scalar_unknown();
	const struct edge edges[] = {
		{"jset of a known mask", OP_JSET, 64, false, mask_value(0, 4), 4, 0},
		{"jset of two bits", OP_JSET, 64, true, any, 6, 2},
		{"jset of two bits, the other", OP_JSET, 64, true, any, 6, 4},
		{"not equal inside", OP_JEQ, 64, false, scalar_urange(0, 9), 5, 0},
		{"not equal inside, above", OP_JEQ, 64, false, scalar_urange(0, 9), 5, 9},
		{"w > 1 keeps the upper half (CVE-2021-31440)", OP_JGT, 32, false,
		 scalar_urange(1, UINT64_MAX), 1, 1ull << 32},
		{"w == 16 says nothing above", OP_JEQ, 32, true, any, 16, 0xabc00000010},
		{"s> crosses zero", OP_JSGT, 64, true, any, (uint64_t)-5, 7},
		{"s> crosses zero, below", OP_JSGT, 64, true, any, (uint64_t)-5, (uint64_t)-4},
		{"s< in the half", OP_JSLT, 32, true, any, 0, 0x780000000},
		{"not below zero", OP_JLT, 64, false, any, 0, 0},
		{"at most the largest", OP_JLE, 64, true, any, UINT64_MAX, UINT64_MAX},
	};

	(void)state;
	for (int d = 0; d < DOMAINS; d++) {
		for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
			const struct edge *e = &edges[i];
			struct scalar dst = e->dst, src = scalar_const(e->k);
			int known = domains[d]->branch(e->op, (uint8_t)e->width, &dst, &src);

			if (truth_taken(e->op, e->width, e->keep, e->k) != e->taken ||
			    !scalar_contains(&dst, e->keep))
				fail_msg("%s: not on that edge", e->name);
			if (known == !e->taken ||
			    !domains[d]->refine(e->op, (uint8_t)e->width, e->taken, &dst, &src) ||
			    !scalar_contains(&dst, e->keep)) {
				show("dst", &dst);
				fail_msg("%s: %s", domains[d]->name, e->name);
			}
		}
	}
}

static void test_decisions(void **state)
{
	struct scalar a, b;

	(void)state;
	for (int d = 0; d < DOMAINS; d++) {
		const struct domain *dom = domains[d];

		a = mask_value(0, 4), b = scalar_const(4);
		assert_int_equal(dom->branch(OP_JSET, 64, &a, &b), -1);
		a = scalar_const(1ull << 32), b = scalar_const(0);
		assert_int_equal(dom->branch(OP_JEQ, 32, &a, &b), 1);
		assert_int_equal(dom->branch(OP_JEQ, 64, &a, &b), 0);
		a = scalar_const(UINT64_MAX);
		assert_int_equal(dom->branch(OP_JSGT, 64, &a, &b), 0);
		assert_int_equal(dom->branch(OP_JGT, 64, &a, &b), 1);
		a = scalar_unknown();
		assert_int_equal(dom->branch(OP_JLT, 64, &a, &b), 0);
		assert_int_equal(dom->branch(OP_JGE, 64, &a, &b), 1);
		assert_false(dom->refine(OP_JLT, 64, true, &a, &b));
		a = scalar_urange(1, 5), b = scalar_urange(6, 9);
		assert_int_equal(dom->branch(OP_JEQ, 64, &a, &b), 0);
		assert_int_equal(dom->branch(OP_JNE, 64, &a, &b), 1);
		assert_int_equal(dom->branch(OP_JLT, 32, &a, &b), 1);
		a = mask_value(1, 6), b = mask_value(0, 6);
		assert_int_equal(dom->branch(OP_JEQ, 64, &a, &b), 0);
	}
}

/* ---- chains ------------------------------------------------------------------------------ */

static uint64_t slack(uint64_t room)
{
	uint64_t r = rnd() >> (rnd() % 64);

	return r > room ? room : r;
}

/* A state that holds v: some views say something, the others nothing. */
static struct scalar around(const struct domain *dom, uint64_t v)
{
	struct scalar s = scalar_unknown();
	uint64_t pick = rnd();
	uint32_t low = (uint32_t)v;

	if (pick & 1) {
		s.var.mask = pick & 32 ? rnd() | rnd() : rnd() & rnd();
		s.var.value = v & ~s.var.mask;
	}
	if (pick & 2) {
		s.umin = v - slack(v);
		s.umax = v + slack(UINT64_MAX - v);
	}
	if (pick & 4) {
		s.smin = (int64_t)(v - slack(v - (1ull << 63)));
		s.smax = (int64_t)(v + slack((uint64_t)INT64_MAX - v));
	}
	if (pick & 8) {
		s.u32min = low - (uint32_t)slack(low);
		s.u32max = low + (uint32_t)slack(UINT32_MAX - low);
	}
	if (pick & 16) {
		s.s32min = (int32_t)(sext(32, low) - (int64_t)slack(low ^ 1u << 31));
		s.s32max = (int32_t)(sext(32, low) + (int64_t)slack(~(low ^ 1u << 31)));
	}
	if (!dom->sync(&s) || !scalar_contains(&s, v)) {
		show("state", &s);
		fail_msg("%s: sync loses %#" PRIx64, dom->name, v);
	}
	return s;
}

static uint64_t rnd_value(void)
{
	uint64_t v = rnd() >> (rnd() % 64);

	switch (rnd() % 4) {
	case 0: return 0 - v;
	case 1: return (1ull << rnd() % 64) - rnd() % 3;
	case 2: return (v & UINT32_MAX) | (rnd() & 1 ? 0xffffffff00000000 : 0);
	default: return v;
	}
}

static void chain_alu(const struct width *x, unsigned w, struct scalar s[2], uint64_t v[2])
{
	bool one = rnd() % 4 == 0;
	enum insn_op op = one ? truth_unary[rnd() % UNARIES] : truth_binary[rnd() % BINARIES];
	struct scalar other, dst = s[0], src = s[1];
	uint64_t want;

	if (one && !truth_exists(x, op, w))
		return;
	if (!one && op != OP_ADD && (op == OP_LSH || op == OP_RSH || op == OP_ARSH) && rnd() % 8) {
		v[1] = rnd() % w;
		src = s[1] = scalar_const(v[1]);
	}
	if (x->d->split && x->d->split(op, (uint8_t)w, &dst, &src, &other) &&
	    !scalar_contains(&dst, v[0])) {
		assert_true(scalar_contains(&other, v[0]));
		dst = other;
	}
	want = truth_alu(x, op, w, v[0], one && op >= OP_NEG && op != OP_MOV &&
			 (op < OP_MOVSX8 || op > OP_MOVSX32) ? v[0] : v[1]);
	assert_int_equal(want, insn_eval(op, (uint8_t)w, v[0], v[1]));
	s[0] = x->d->alu(op, (uint8_t)w, dst, src);
	if (!scalar_contains(&s[0], want) || !scalar_check(&s[0])) {
		show("dst", &dst);
		show("src", &src);
		show("result", &s[0]);
		fail_msg("%s: %s width %u loses %#" PRIx64 " of %#" PRIx64 ", %#" PRIx64,
			 x->d->name, insn_op_name[op], w, want, v[0], v[1]);
	}
	v[0] = want;
}

static void chain_jump(const struct width *x, unsigned w, struct scalar s[2], uint64_t v[2])
{
	enum insn_op op = truth_jumps[rnd() % JUMPS];
	bool taken = truth_taken(op, w, v[0], v[1]);
	int known = x->d->branch(op, (uint8_t)w, &s[0], &s[1]);
	struct scalar old[2] = {s[0], s[1]};

	assert_int_equal(taken, insn_taken(op, (uint8_t)w, v[0], v[1]));
	if (known == !taken || !x->d->refine(op, (uint8_t)w, taken, &s[0], &s[1]) ||
	    !scalar_contains(&s[0], v[0]) || !scalar_contains(&s[1], v[1]) ||
	    !scalar_check(&s[0]) || !scalar_check(&s[1])) {
		show("dst", &old[0]);
		show("src", &old[1]);
		show("dst'", &s[0]);
		show("src'", &s[1]);
		fail_msg("%s: %s width %u taken %d (branch %d) loses %#" PRIx64 " or %#" PRIx64,
			 x->d->name, insn_op_name[op], w, taken, known, v[0], v[1]);
	}
}

static void test_chains(void **state)
{
	const char *knob = getenv("PARALLAX_SAMPLES");
	uint64_t n = knob ? strtoull(knob, NULL, 0) :
		     getenv("PARALLAX_LONG") ? 1000000000 : 1000000;

	(void)state;
	for (int d = 0; d < DOMAINS; d++) {
		const struct width x = {64, 32, domains[d]};
		struct scalar s[2];
		uint64_t v[2];

		for (uint64_t i = 0; i < n; i++) {
			unsigned w = rnd() & 1 ? 64 : 32;

			for (int k = 0; k < 2; k++) {
				if (i && rnd() % 8)
					continue;
				v[k] = rnd_value();
				s[k] = rnd() % 4 ? around(x.d, v[k]) : scalar_const(v[k]);
			}
			if (rnd() & 1)
				chain_alu(&x, w, s, v);
			else
				chain_jump(&x, w, s, v);
			if (rnd() & 1) {
				struct scalar t = s[0];
				uint64_t tv = v[0];

				s[0] = s[1], s[1] = t;
				v[0] = v[1], v[1] = tv;
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_constructors),
		cmocka_unit_test(test_cast),
		cmocka_unit_test(test_subset),
		cmocka_unit_test(test_check),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_alu_shapes),
		cmocka_unit_test(test_refine_shapes),
		cmocka_unit_test(test_decisions),
		cmocka_unit_test(test_chains),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	return cmocka_run_group_tests_name("scalar", tests, NULL, NULL);
}
