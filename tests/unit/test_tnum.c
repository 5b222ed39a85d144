/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tnum: every operation on every tnum of W bits, against the sets they stand
 * for.  The functions work on 64 bits; W bits of them are used in two places:
 * at the bottom (the result is cut to W bits, which is exact because no bit of
 * a result depends on higher ones) and, where a carry or a sign at the top
 * matters, at the top (operands shifted left by 64 - W: the bits below are
 * known zeros and stay so).  64-bit random samples cover the rest.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/verifier.h"

enum { W = 5, VALUES = 1 << W, TNUMS = 243 /* 3^W */ };

static struct tnum all[TNUMS];

/* A set of values below 32, one bit each. */
static uint32_t gamma_of(struct tnum t)
{
	uint32_t set = 0;

	for (uint32_t v = 0; v < VALUES; v++)
		if ((v & ~(uint32_t)t.mask) == t.value)
			set |= 1u << v;
	return set;
}

/* The smallest tnum that holds the set (not empty). */
static struct tnum alpha_of(uint32_t set)
{
	uint64_t ones = VALUES - 1, any = 0;

	for (uint32_t v = 0; v < VALUES; v++) {
		if (set >> v & 1) {
			ones &= v;
			any |= v;
		}
	}
	return (struct tnum){ones, any & ~ones};
}

static struct tnum low(struct tnum t)
{
	return (struct tnum){t.value & (VALUES - 1), t.mask & (VALUES - 1)};
}

static struct tnum up(struct tnum t)
{
	return (struct tnum){t.value << (64 - W), t.mask << (64 - W)};
}

static struct tnum down(struct tnum t)
{
	assert_int_equal((t.value | t.mask) << W, 0);
	return (struct tnum){t.value >> (64 - W), t.mask >> (64 - W)};
}

static int setup(void **state)
{
	int n = 0;

	(void)state;
	for (uint64_t mask = 0; mask < VALUES; mask++)
		for (uint64_t value = 0; value < VALUES; value++)
			if ((value & mask) == 0)
				all[n++] = (struct tnum){value, mask};
	assert_int_equal(n, TNUMS);
	return 0;
}

static bool same(struct tnum a, struct tnum b)
{
	return a.value == b.value && a.mask == b.mask;
}

/* ---- binary operations: sound always, and the best possible where that is a theorem -- */

static uint64_t op_add(uint64_t a, uint64_t b) { return a + b; }
static uint64_t op_sub(uint64_t a, uint64_t b) { return a - b; }
static uint64_t op_and(uint64_t a, uint64_t b) { return a & b; }
static uint64_t op_or(uint64_t a, uint64_t b) { return a | b; }
static uint64_t op_xor(uint64_t a, uint64_t b) { return a ^ b; }
static uint64_t op_mul(uint64_t a, uint64_t b) { return a * b; }

static const struct binary {
	const char *name;
	struct tnum (*abstract)(struct tnum, struct tnum);
	uint64_t (*concrete)(uint64_t, uint64_t);
	bool optimal;
} binary[] = {
	{"add", tnum_add, op_add, true},
	{"sub", tnum_sub, op_sub, true},
	{"and", tnum_and, op_and, true},
	{"or", tnum_or, op_or, true},
	{"xor", tnum_xor, op_xor, true},
	{"mul", tnum_mul, op_mul, false},
	{"mul_join", tnum_mul_join, op_mul, false},
	{"mul_split", tnum_mul_split, op_mul, false},
};
enum { BINARIES = sizeof(binary) / sizeof(binary[0]) };

static uint32_t image(uint64_t (*f)(uint64_t, uint64_t), uint32_t a, uint32_t b)
{
	uint32_t set = 0;

	for (uint32_t x = 0; x < VALUES; x++)
		for (uint32_t y = 0; (a >> x & 1) && y < VALUES; y++)
			if (b >> y & 1)
				set |= 1u << (f(x, y) & (VALUES - 1));
	return set;
}

static void test_binary(void **state)
{
	uint32_t gamma[TNUMS];

	(void)state;
	for (int i = 0; i < TNUMS; i++)
		gamma[i] = gamma_of(all[i]);
	for (int o = 0; o < BINARIES; o++) {
		const struct binary *f = &binary[o];
		uint64_t best = 0, members = 0, least = 0;

		for (int i = 0; i < TNUMS; i++) {
			for (int j = 0; j < TNUMS; j++) {
				uint32_t exact = image(f->concrete, gamma[i], gamma[j]);
				struct tnum t = low(f->abstract(all[i], all[j]));
				struct tnum a = alpha_of(exact);

				assert_int_equal(t.value & t.mask, 0);
				assert_int_equal(exact & ~gamma_of(t), 0);
				best += same(t, a);
				members += (uint64_t)__builtin_popcountll(gamma_of(t));
				least += (uint64_t)__builtin_popcountll(gamma_of(a));
				if (!f->optimal)
					continue;
				assert_true(same(t, a));
				t = down(f->abstract(up(all[i]), up(all[j])));
				assert_true(same(t, a));
			}
		}
		printf("# tnum_%-10s best in %llu of %d, mean members %.3f (least possible %.3f)\n",
		       f->name, (unsigned long long)best, TNUMS * TNUMS,
		       (double)members / (TNUMS * TNUMS), (double)least / (TNUMS * TNUMS));
	}
}

/* The meet is never worse than either multiplication. */
static void test_mul_is_meet(void **state)
{
	(void)state;
	for (int i = 0; i < TNUMS; i++) {
		for (int j = 0; j < TNUMS; j++) {
			struct tnum t = tnum_mul(all[i], all[j]);

			assert_true(tnum_subset(tnum_mul_join(all[i], all[j]), t));
			assert_true(tnum_subset(tnum_mul_split(all[i], all[j]), t));
		}
	}
}

/* ---- lattice ------------------------------------------------------------------------ */

static void test_lattice(void **state)
{
	(void)state;
	for (int i = 0; i < TNUMS; i++) {
		uint32_t a = gamma_of(all[i]);

		for (int j = 0; j < TNUMS; j++) {
			uint32_t b = gamma_of(all[j]);
			struct tnum t;

			assert_int_equal(tnum_meet(all[i], all[j], &t), (a & b) != 0);
			assert_int_equal(t.value & t.mask, 0);
			if (a & b)
				assert_int_equal(gamma_of(t), a & b);
			assert_true(same(tnum_join(all[i], all[j]), alpha_of(a | b)));
			assert_int_equal(tnum_subset(all[i], all[j]), (b & ~a) == 0);
		}
		for (uint32_t v = 0; v < VALUES; v++)
			assert_int_equal(tnum_contains(all[i], v), a >> v & 1);
		assert_false(tnum_contains(all[i], VALUES));
		assert_int_equal(tnum_is_const(all[i]), (a & (a - 1)) == 0);
	}
}

static void test_range(void **state)
{
	(void)state;
	for (uint32_t lo = 0; lo < VALUES; lo++) {
		for (uint32_t hi = lo; hi < VALUES; hi++) {
			uint32_t set = (uint32_t)(((2ull << hi) - 1) & ~((1ull << lo) - 1));

			assert_true(same(tnum_range(lo, hi), alpha_of(set)));
			assert_true(same(tnum_range((uint64_t)lo << 59, (uint64_t)hi << 59 |
						    (((uint64_t)1 << 59) - 1)),
					 (struct tnum){up(alpha_of(set)).value,
						       up(alpha_of(set)).mask |
						       (((uint64_t)1 << 59) - 1)}));
		}
	}
	assert_true(same(tnum_range(0, UINT64_MAX), tnum_unknown()));
	assert_true(same(tnum_range(5, 5), tnum_const(5)));
}

static void test_next(void **state)
{
	(void)state;
	for (int i = 0; i < TNUMS; i++) {
		uint32_t a = gamma_of(all[i]);

		for (uint32_t v = 0; v < VALUES; v++) {
			uint64_t want = 0;

			for (uint32_t x = VALUES; x-- > 0;)
				if ((a >> x & 1) && (x > v || want == 0))
					want = x;
			assert_int_equal(tnum_next(all[i], v), want);
			if (v < want)	/* the same at the top */
				assert_int_equal(tnum_next(up(all[i]), (uint64_t)v << (64 - W)),
						 want << (64 - W));
		}
	}
}

/* ---- unary operations ------------------------------------------------------------------ */

static void test_neg(void **state)
{
	(void)state;
	for (int i = 0; i < TNUMS; i++) {
		uint32_t a = gamma_of(all[i]), set = 0;

		for (uint32_t v = 0; v < VALUES; v++)
			if (a >> v & 1)
				set |= 1u << ((0 - v) & (VALUES - 1));
		assert_true(same(low(tnum_neg(all[i])), alpha_of(set)));
		assert_true(same(down(tnum_neg(up(all[i]))), alpha_of(set)));
	}
}

/* All members of t (whose unknown bits are few) go through f into the result. */
static void check_exact(struct tnum t, struct tnum result, uint64_t (*f)(uint64_t, int), int arg)
{
	uint64_t ones = UINT64_MAX, any = 0, sub = 0;

	do {
		uint64_t y = f(t.value | sub, arg);

		ones &= y;
		any |= y;
		sub = (sub - t.mask) & t.mask;
	} while (sub);
	assert_true(same(result, (struct tnum){ones, any & ~ones}));
}

static uint64_t f_lsh(uint64_t v, int k) { return v << k; }
static uint64_t f_rsh(uint64_t v, int k) { return v >> k; }
static uint64_t f_arsh(uint64_t v, int k) { return (uint64_t)((int64_t)v >> k); }
static uint64_t f_arsh32(uint64_t v, int k) { return (uint32_t)((int32_t)(uint32_t)v >> k); }
static uint64_t f_cast(uint64_t v, int k) { return k == 8 ? v : v & ((1ull << 8 * k) - 1); }

static uint64_t f_bswap(uint64_t v, int k)
{
	uint64_t r = 0;

	for (int i = 0; i < k; i += 8)
		r |= (v >> i & 0xff) << (k - 8 - i);
	return r;
}

static uint64_t rng = 88172645463325252u;

static uint64_t rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

/* A random 64-bit tnum with at most 8 unknown bits. */
static struct tnum rnd_tnum(void)
{
	struct tnum t = {rnd(), 0};

	for (int i = 0; i < 8; i++)
		t.mask |= 1ull << (rnd() % 64);
	if (rnd() & 1)
		t.value = (uint64_t)((int64_t)t.value >> (rnd() % 64));
	t.value &= ~t.mask;
	return t;
}

static void test_exact_unary(void **state)
{
	(void)state;
	for (int n = 0; n < 20000; n++) {
		struct tnum t = rnd_tnum();
		int k = (int)(rnd() % 64);

		check_exact(t, tnum_lsh(t, (uint8_t)k), f_lsh, k);
		check_exact(t, tnum_rsh(t, (uint8_t)k), f_rsh, k);
		check_exact(t, tnum_arsh(t, (uint8_t)k, 64), f_arsh, k);
		check_exact(t, tnum_arsh(t, (uint8_t)(k & 31), 32), f_arsh32, k & 31);
		for (int size = 1; size <= 8; size *= 2)
			check_exact(t, tnum_cast(t, (uint8_t)size), f_cast, size);
		check_exact(t, tnum_subreg(t), f_cast, 4);
		for (int bits = 16; bits <= 64; bits *= 2)
			check_exact(t, tnum_bswap(t, (uint8_t)bits), f_bswap, bits);
	}
}

static void test_subreg(void **state)
{
	(void)state;
	for (int n = 0; n < 20000; n++) {
		struct tnum a = rnd_tnum(), b = tnum_subreg(rnd_tnum());
		struct tnum t = tnum_with_subreg(a, b);

		assert_true(same(tnum_subreg(t), b));
		assert_true(same(tnum_rsh(t, 32), tnum_rsh(a, 32)));
	}
}

static void test_aligned(void **state)
{
	(void)state;
	for (int i = 0; i < TNUMS; i++) {
		uint32_t a = gamma_of(all[i]);

		assert_true(tnum_is_aligned(all[i], 0));
		for (uint64_t size = 1; size <= 16; size *= 2) {
			bool yes = true;

			for (uint32_t v = 0; v < VALUES; v++)
				yes &= !(a >> v & 1) || v % size == 0;
			assert_int_equal(tnum_is_aligned(all[i], size), yes);
		}
	}
}

/* ---- 64 bits ---------------------------------------------------------------------------- */

static uint64_t member(struct tnum t)
{
	return t.value | (rnd() & t.mask);
}

static void test_random64(void **state)
{
	uint64_t n = getenv("PARALLAX_LONG") ? 100000000 : 1000000;

	(void)state;
	for (uint64_t i = 0; i < n; i++) {
		struct tnum a = rnd_tnum(), b = rnd_tnum();
		const struct binary *f = &binary[i % BINARIES];
		struct tnum t;

		if (rnd() & 1)	/* many unknown bits */
			a.value &= ~(a.mask = rnd() & rnd());
		t = f->abstract(a, b);
		assert_int_equal(t.value & t.mask, 0);
		assert_true(tnum_contains(t, f->concrete(member(a), member(b))));
		assert_true(tnum_contains(t, f->concrete(member(a), member(b))));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_binary),
		cmocka_unit_test(test_mul_is_meet),
		cmocka_unit_test(test_lattice),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_neg),
		cmocka_unit_test(test_exact_unary),
		cmocka_unit_test(test_subreg),
		cmocka_unit_test(test_aligned),
		cmocka_unit_test(test_random64),
	};

	return cmocka_run_group_tests_name("tnum", tests, setup, NULL);
}
