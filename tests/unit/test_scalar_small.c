/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scalar domains at 4, 6 and 8 bits: the very code that verifies programs
 * at 64 bits (domain_linux.inc, domain_precise.inc), compiled for words so
 * small that all states, or all values of a state, can be tried.
 *
 *   4/2 bits  sync: every state there is (tnum x four ranges); PARALLAX_LONG,
 *             otherwise one in 32.  Unary operations, and operations and
 *             comparisons with each constant: all states that sync produces.
 *             Two operands: all pairs of states made from one view, and random
 *             pairs of full states.
 *   6/3 bits  two operands: random pairs of full states, all values.
 *   8/4 bits  unary operations, sign extension and byte order: all states made
 *             from one view; two operands: random pairs, random values.
 *
 * Soundness is asserted.  Idempotence and monotonicity of sync are no promise
 * of Linux's rounds: they are counted and shown.
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

#define BITS 4
#define HALF 2
#include "verifier/domain_precise.inc"
static const struct domain linux4 = DOMAIN_LINUX, precise4 = DOMAIN_PRECISE;
#undef BITS
#undef HALF
#define BITS 6
#define HALF 3
#include "verifier/domain_precise.inc"
static const struct domain linux6 = DOMAIN_LINUX, precise6 = DOMAIN_PRECISE;
#undef BITS
#undef HALF
#define BITS 8
#define HALF 4
#include "verifier/domain_precise.inc"
#include "tests/unit/rig.h"
static const struct domain linux8 = DOMAIN_LINUX, precise8 = DOMAIN_PRECISE;
#undef BITS
#undef HALF

static const struct width width4[] = {{4, 2, &linux4}, {4, 2, &precise4}};
static const struct width width6[] = {{6, 3, &linux6}, {6, 3, &precise6}};
static const struct width width8[] = {{8, 4, &linux8}, {8, 4, &precise8}};
enum { DOMAINS = sizeof(width4) / sizeof(width4[0]) };

static uint64_t rng = 88172645463325252u;

static uint64_t rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

/* ---- states ---------------------------------------------------------------------- */

static struct scalar unknown(const struct width *x)
{
	return (struct scalar){
		.var = {0, cut(x->bits, UINT64_MAX)},
		.umax = cut(x->bits, UINT64_MAX),
		.smin = sext(x->bits, 1ull << (x->bits - 1)),
		.smax = (int64_t)cut(x->bits - 1, UINT64_MAX),
		.u32max = (uint32_t)cut(x->half, UINT64_MAX),
		.s32min = (int32_t)sext(x->half, 1ull << (x->half - 1)),
		.s32max = (int32_t)cut(x->half - 1, UINT64_MAX),
	};
}

static struct scalar constant(const struct width *x, uint64_t v)
{
	struct scalar s = {
		.var = {v, 0}, .umin = v, .umax = v,
		.smin = sext(x->bits, v), .smax = sext(x->bits, v),
		.u32min = (uint32_t)cut(x->half, v), .u32max = (uint32_t)cut(x->half, v),
		.s32min = (int32_t)sext(x->half, v), .s32max = (int32_t)sext(x->half, v),
	};

	return s;
}

/* The members of a state of up to 6 bits, one bit each. */
static uint64_t gamma_of(const struct width *x, const struct scalar *s)
{
	uint64_t set = 0;

	for (uint64_t v = 0; v < 1ull << x->bits; v++)
		set |= (uint64_t)truth_contains(x, s, v) << v;
	return set;
}

/* A random state around v, before sync: each view may say something. */
static struct scalar around(const struct width *x, uint64_t v)
{
	struct scalar s = unknown(x);
	int64_t sv = sext(x->bits, v), slow = sext(x->half, v);
	uint64_t low = cut(x->half, v), n = cut(x->bits, UINT64_MAX), pick = rnd();
	int64_t h = (int64_t)cut(x->half, UINT64_MAX);

	if (pick & 1) {
		s.var.mask = rnd() & n;
		s.var.value = v & ~s.var.mask;
	}
	if (pick & 2) {
		s.umin = rnd() % (v + 1);
		s.umax = v + rnd() % (n - v + 1);
	}
	if (pick & 4) {
		s.smin = sv - (int64_t)(rnd() % (uint64_t)(sv - s.smin + 1));
		s.smax = sv + (int64_t)(rnd() % (uint64_t)(s.smax - sv + 1));
	}
	if (pick & 8) {
		s.u32min = (uint32_t)(rnd() % (low + 1));
		s.u32max = (uint32_t)(low + rnd() % ((uint64_t)h - low + 1));
	}
	if (pick & 16) {
		s.s32min = (int32_t)(slow - (int64_t)(rnd() % (uint64_t)(slow - s.s32min + 1)));
		s.s32max = (int32_t)(slow + (int64_t)(rnd() % (uint64_t)(s.s32max - slow + 1)));
	}
	return s;
}

/* A random state after sync that holds *v. */
static struct scalar random_state(const struct width *x, uint64_t *v)
{
	struct scalar s;

	*v = cut(x->bits, rnd());
	s = around(x, *v);
	assert_true(x->d->sync(&s));
	assert_true(truth_contains(x, &s, *v));
	return s;
}

static void fail_state(const struct width *x, const char *what, int op, unsigned w,
		       const struct scalar *a, const struct scalar *b, const struct scalar *r)
{
	const struct scalar *s[] = {a, b, r};

	for (int i = 0; i < 3; i++)
		if (s[i])
			printf("# %d: var(%#" PRIx64 ";%#" PRIx64 ") u[%" PRIu64 ",%" PRIu64 "] s[%"
			       PRId64 ",%" PRId64 "] u32[%u,%u] s32[%d,%d]\n", i, s[i]->var.value,
			       s[i]->var.mask, s[i]->umin, s[i]->umax, s[i]->smin, s[i]->smax,
			       s[i]->u32min, s[i]->u32max, s[i]->s32min, s[i]->s32max);
	fail_msg("%s %u/%u: %s: op %s width %u", x->d->name, x->bits, x->half, what,
		 op < OP_N ? insn_op_name[op] : "-", w);
}

/* ---- 4 bits: sync on every state ------------------------------------------------------- */

struct pair { int lo, hi; };

static int intervals(struct pair *out, int lo, int hi)
{
	int n = 0;

	for (int a = lo; a <= hi; a++)
		for (int b = a; b <= hi; b++)
			out[n++] = (struct pair){a, b};
	return n;
}

enum { CANON_MAX = 1 << 20, CANON_SLOTS = 1 << 21 };
static struct scalar *canon;		/* distinct states that sync produced */
static uint32_t *canon_slot, ncanon;

static void canon_add(const struct scalar *s)
{
	uint64_t key = s->var.value | s->var.mask << 4 | s->umin << 8 | s->umax << 12 |
		       (uint64_t)(s->smin + 8) << 16 | (uint64_t)(s->smax + 8) << 20 |
		       (uint64_t)s->u32min << 24 | (uint64_t)s->u32max << 26 |
		       (uint64_t)(s->s32min + 2) << 28 | (uint64_t)(s->s32max + 2) << 30;
	uint32_t i = (uint32_t)(key * 0x9e3779b97f4a7c15u >> 43);

	for (; canon_slot[i]; i = (i + 1) % CANON_SLOTS)
		if (memcmp(&canon[canon_slot[i] - 1], s, sizeof(*s)) == 0)
			return;
	if (ncanon == CANON_MAX)
		return;
	canon[ncanon] = *s;
	canon_slot[i] = ++ncanon;
}

static uint64_t n_sync, n_empty, n_found, n_idempotent, n_reductive;

static void sync_one(const struct width *x, struct scalar s, uint64_t members)
{
	struct scalar r = s, again;
	bool ok = x->d->sync(&r);

	n_sync++;
	n_empty += members == 0;
	n_found += !ok;
	if (!ok) {
		if (members)
			fail_state(x, "sync calls a state empty that is not", OP_N, 0, &s, NULL,
				   &r);
		return;
	}
	if (members & ~gamma_of(x, &r))
		fail_state(x, "sync loses a member", OP_N, 0, &s, NULL, &r);
	again = r;
	x->d->sync(&again);
	if (members) {
		n_idempotent += memcmp(&again, &r, sizeof(r)) == 0;
		n_reductive += scalar_subset(&s, &r);
		canon_add(&r);
	}
}

static void sync_all(const struct width *x)
{
	struct pair u[136], s[136], hu[10], hs[10];
	int n = intervals(u, 0, 15), m = intervals(hu, 0, 3);
	uint32_t step = is_long() ? 1 : 32, turn = 0;

	intervals(s, -8, 7);
	intervals(hs, -2, 1);
	n_sync = n_empty = n_found = n_idempotent = n_reductive = ncanon = 0;
	memset(canon_slot, 0, CANON_SLOTS * sizeof(*canon_slot));
	for (uint64_t tm = 0; tm < 256; tm++) {
		struct scalar a = {.var = {tm & 15, tm >> 4}};

		if (a.var.value & a.var.mask)
			continue;
		for (int i = 0; i < n * n * m * m; i++) {
			struct pair pu = u[i % n], ps = s[i / n % n];
			struct pair phu = hu[i / n / n % m], phs = hs[i / n / n / m];
			uint64_t members = 0;

			if (turn++ % step)
				continue;
			if (i % 61 == 0)	/* step shares no factor with the counts */
				turn++;
			a.umin = (uint64_t)pu.lo, a.umax = (uint64_t)pu.hi;
			a.smin = ps.lo, a.smax = ps.hi;
			a.u32min = (uint32_t)phu.lo, a.u32max = (uint32_t)phu.hi;
			a.s32min = phs.lo, a.s32max = phs.hi;
			for (uint64_t v = a.umin; v <= a.umax; v++)
				members |= (uint64_t)truth_contains(x, &a, v) << v;
			sync_one(x, a, members);
		}
	}
}

static void monotone(const struct width *x)
{
	uint64_t n = is_long() ? 10000000 : 300000, yes = 0, all = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t v = cut(x->bits, rnd());
		struct scalar a = around(x, v), b = around(x, v), meet = a;

		/* meet = a and b, so below a: is it after sync, too? */
		if (!tnum_meet(a.var, b.var, &meet.var))
			continue;
		meet.umin = a.umin > b.umin ? a.umin : b.umin;
		meet.umax = a.umax < b.umax ? a.umax : b.umax;
		meet.smin = a.smin > b.smin ? a.smin : b.smin;
		meet.smax = a.smax < b.smax ? a.smax : b.smax;
		meet.u32min = a.u32min > b.u32min ? a.u32min : b.u32min;
		meet.u32max = a.u32max < b.u32max ? a.u32max : b.u32max;
		meet.s32min = a.s32min > b.s32min ? a.s32min : b.s32min;
		meet.s32max = a.s32max < b.s32max ? a.s32max : b.s32max;
		assert_true(x->d->sync(&a));
		assert_true(x->d->sync(&meet));
		yes += scalar_subset(&a, &meet);
		all++;
	}
	printf("# %s %u/%u: sync monotone in %" PRIu64 " of %" PRIu64 " pairs\n", x->d->name,
	       x->bits, x->half, yes, all);
}

/* ---- one operation or comparison on two states, all values --------------------------------- */

static void check_alu(const struct width *x, enum insn_op op, unsigned w, const struct scalar *a,
		      uint64_t ga, const struct scalar *b, uint64_t gb)
{
	struct scalar d = *a, other, r;
	uint64_t exact = 0, got;

	if (x->d->split && x->d->split(op, (uint8_t)w, &d, b, &other)) {
		got = gamma_of(x, &d) | gamma_of(x, &other);
		if (ga & ~got)
			fail_state(x, "split loses a value", op, w, a, b, &d);
		ga = gamma_of(x, &d);
	}
	r = x->d->alu(op, (uint8_t)w, d, *b);
	for (uint64_t p = ga; p; p &= p - 1)
		for (uint64_t q = gb; q; q &= q - 1)
			exact |= 1ull << truth_alu(x, op, w, (uint64_t)__builtin_ctzll(p),
						   (uint64_t)__builtin_ctzll(q));
	got = gamma_of(x, &r);
	if (exact & ~got || !truth_check(x, &r))
		fail_state(x, "result lost", op, w, a, b, &r);
}

static void check_jump(const struct width *x, enum insn_op op, unsigned w, const struct scalar *a,
		       uint64_t ga, const struct scalar *b, uint64_t gb)
{
	int known = x->d->branch(op, (uint8_t)w, a, b);
	uint64_t left[2] = {0, 0}, right[2] = {0, 0};

	for (uint64_t p = ga; p; p &= p - 1) {
		for (uint64_t q = gb; q; q &= q - 1) {
			uint64_t v = (uint64_t)__builtin_ctzll(p), k = (uint64_t)__builtin_ctzll(q);
			bool taken = truth_taken(op, w, v, k);

			left[taken] |= 1ull << v;
			right[taken] |= 1ull << k;
		}
	}
	if (known >= 0 && left[!known])
		fail_state(x, "branch decided wrongly", op, w, a, b, NULL);
	for (int taken = 0; taken < 2; taken++) {
		struct scalar d = *a, s = *b;

		if (!x->d->refine(op, (uint8_t)w, taken, &d, &s)) {
			if (left[taken])
				fail_state(x, "live edge called dead", op, w, a, b, NULL);
			continue;
		}
		if (left[taken] & ~gamma_of(x, &d))
			fail_state(x, "refine loses dst", op, w, a, b, &d);
		if (right[taken] & ~gamma_of(x, &s))
			fail_state(x, "refine loses src", op, w, a, b, &s);
		if (!truth_check(x, &d) || !truth_check(x, &s))
			fail_state(x, "refine breaks the invariants", op, w, a, b, &d);
	}
}

/* A register compared with itself: both sides are the same value. */
static void check_self(const struct width *x, enum insn_op op, unsigned w, const struct scalar *a,
		       uint64_t ga)
{
	for (int taken = 0; taken < 2; taken++) {
		struct scalar s = *a;
		bool live = x->d->refine(op, (uint8_t)w, taken, &s, &s);
		uint64_t got = live ? gamma_of(x, &s) : 0;

		for (uint64_t p = ga; p; p &= p - 1) {
			uint64_t v = (uint64_t)__builtin_ctzll(p);

			if (truth_taken(op, w, v, v) == taken && !(got >> v & 1))
				fail_state(x, "refine of itself loses a value", op, w, a, a, &s);
		}
	}
}

static void check_pair(const struct width *x, const struct scalar *a, const struct scalar *second)
{
	struct scalar copy = *second, *b = &copy;	/* a == b would be one register */
	uint64_t ga = gamma_of(x, a), gb = gamma_of(x, b);

	for (unsigned w = x->half; w <= x->bits; w += x->bits - x->half) {
		for (int o = 0; o < BINARIES; o++)
			check_alu(x, truth_binary[o], w, a, ga, b, gb);
		for (int o = 0; o < JUMPS; o++)
			check_jump(x, truth_jumps[o], w, a, ga, b, gb);
	}
}

static void check_unary(const struct width *x, const struct scalar *a, int ops)
{
	uint64_t ga = gamma_of(x, a);

	for (unsigned w = x->half; w <= x->bits; w += x->bits - x->half) {
		for (int o = 0; o < ops; o++)
			if (truth_exists(x, truth_unary[o], w))
				for (uint64_t p = ga; p; p &= p - 1) {
					uint64_t one = p & -p;

					check_alu(x, truth_unary[o], w, a, one, a, one);
				}
		for (int o = 0; o < JUMPS; o++)
			check_self(x, truth_jumps[o], w, a, ga);
	}
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void test_all_states_4(void **state)
{
	(void)state;
	canon = malloc(CANON_MAX * sizeof(*canon));
	canon_slot = malloc(CANON_SLOTS * sizeof(*canon_slot));
	assert_non_null(canon);
	assert_non_null(canon_slot);
	for (int d = 0; d < DOMAINS; d++) {
		const struct width *x = &width4[d];

		sync_all(x);
		printf("# %s 4/2: sync of %" PRIu64 " states, %" PRIu64 " empty, %" PRIu64
		       " of them found; of the others %" PRIu64 " idempotent, %" PRIu64
		       " no wider in any view; %u distinct results\n", x->d->name, n_sync, n_empty,
		       n_found, n_idempotent, n_reductive, ncanon);
		monotone(x);
		assert_true(ncanon < CANON_MAX);
		for (uint32_t i = 0; i < ncanon; i++) {
			check_unary(x, &canon[i], UNARIES_SMALL);
			for (uint64_t k = 0; k < 16; k++) {
				struct scalar c = constant(x, k);

				if (is_long() || (i + k) % 16 == 0)
					check_pair(x, &canon[i], &c);
			}
		}
	}
	free(canon);
	free(canon_slot);
}

static struct scalar *simple;	/* states made from one view, after sync */
static int nsimple;

static void simple_add(const struct width *x, struct scalar s)
{
	assert_true(x->d->sync(&s));
	simple[nsimple++] = s;
}

static void make_simple(const struct width *x)
{
	uint64_t n = 1ull << x->bits, h = 1ull << x->half;

	simple = malloc((n * n * 2 + h * h * 2 + 6561) * sizeof(*simple));
	assert_non_null(simple);
	nsimple = 0;
	for (uint64_t tm = 0; tm < n * n; tm++) {
		struct scalar s = unknown(x);

		s.var = (struct tnum){tm % n, tm / n};
		if ((s.var.value & s.var.mask) == 0)
			simple_add(x, s);
	}
	for (uint64_t i = 0; i < n * n; i++) {
		struct scalar u = unknown(x), s = u;

		u.umin = i % n, u.umax = i / n;
		s.smin += (int64_t)(i % n), s.smax = s.smin + (int64_t)(i / n - i % n);
		if (u.umin <= u.umax) {
			simple_add(x, u);
			simple_add(x, s);
		}
	}
	for (uint64_t i = 0; i < h * h; i++) {
		struct scalar u = unknown(x), s = u;

		u.u32min = (uint32_t)(i % h), u.u32max = (uint32_t)(i / h);
		s.s32min += (int32_t)(i % h), s.s32max = s.s32min + (int32_t)(i / h - i % h);
		if (u.u32min <= u.u32max) {
			simple_add(x, u);
			simple_add(x, s);
		}
	}
}

static void test_simple_pairs_4(void **state)
{
	(void)state;
	for (int d = 0; d < DOMAINS; d++) {
		make_simple(&width4[d]);
		for (int i = 0; i < nsimple; i++)
			for (int j = i % (is_long() ? 1 : 4); j < nsimple; j += is_long() ? 1 : 4)
				check_pair(&width4[d], &simple[i], &simple[j]);
		free(simple);
	}
}

static void random_pairs(const struct width *x, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		uint64_t v, k;
		struct scalar a = random_state(x, &v), b = random_state(x, &k);

		check_pair(x, &a, &b);
	}
}

static void test_random_pairs(void **state)
{
	(void)state;
	for (int d = 0; d < DOMAINS; d++) {
		random_pairs(&width4[d], is_long() ? 4000000 : 20000);
		random_pairs(&width6[d], is_long() ? 400000 : 1000);
	}
}

/* Operations on bytes and quarters, all values of each state. */
static void check_unary_8(const struct width *x, const struct scalar *a)
{
	for (unsigned w = x->half; w <= x->bits; w += x->bits - x->half) {
		for (int o = 0; o < UNARIES; o++) {
			struct scalar r;

			if (!truth_exists(x, truth_unary[o], w))
				continue;
			r = x->d->alu(truth_unary[o], (uint8_t)w, *a, *a);
			for (uint64_t v = a->umin; v <= a->umax; v++) {
				if (truth_contains(x, a, v) &&
				    !truth_contains(x, &r, truth_alu(x, truth_unary[o], w, v, v)))
					fail_state(x, "result lost", truth_unary[o], w, a, NULL,
						   &r);
			}
		}
	}
}

static void test_unary_8(void **state)
{
	(void)state;
	for (int d = 0; d < DOMAINS; d++) {
		make_simple(&width8[d]);
		for (int i = 0; i < nsimple; i += is_long() ? 1 : 5)
			check_unary_8(&width8[d], &simple[i]);
		free(simple);
		for (int i = 0; i < (is_long() ? 1000000 : 10000); i++) {
			uint64_t v;
			struct scalar a = random_state(&width8[d], &v);

			check_unary_8(&width8[d], &a);
		}
	}
}

/* One random value from each operand through each operation and comparison. */
static void check_values_8(const struct width *x)
{
	uint64_t v, k;
	struct scalar a = random_state(x, &v), b = random_state(x, &k);

	for (unsigned w = x->half; w <= x->bits; w += x->bits - x->half) {
		for (int o = 0; o < BINARIES; o++) {
			struct scalar r = x->d->alu(truth_binary[o], (uint8_t)w, a, b);

			if (!truth_contains(x, &r, truth_alu(x, truth_binary[o], w, v, k)))
				fail_state(x, "result lost", truth_binary[o], w, &a, &b, &r);
		}
		for (int o = 0; o < JUMPS; o++) {
			bool taken = truth_taken(truth_jumps[o], w, v, k);
			int known = x->d->branch(truth_jumps[o], (uint8_t)w, &a, &b);
			struct scalar d = a, s = b;

			if (known >= 0 && known != taken)
				fail_state(x, "branch decided wrongly", truth_jumps[o], w, &a, &b,
					   NULL);
			if (!x->d->refine(truth_jumps[o], (uint8_t)w, taken, &d, &s) ||
			    !truth_contains(x, &d, v) || !truth_contains(x, &s, k))
				fail_state(x, "refine loses a value", truth_jumps[o], w, &a, &b,
					   &d);
		}
	}
}

static void test_random_values_8(void **state)
{
	(void)state;
	for (int d = 0; d < DOMAINS; d++)
		for (uint64_t i = 0; i < (is_long() ? 4000000 : 30000); i++)
			check_values_8(&width8[d]);
}

/* How many of 64 values results have; precise is nowhere wider than linux. */
static void precision_of(enum insn_op op, unsigned w, int n)
{
	const struct width *l = &width6[0], *p = &width6[1];
	uint64_t of_linux = 0, of_precise = 0, least = 0;

	for (int i = 0; i < n; i++) {
		uint64_t v, k, exact = 0, ga, gb, gl, gp;
		struct scalar a = random_state(p, &v), b = random_state(p, &k), r;

		ga = gamma_of(p, &a);
		gb = gamma_of(p, &b);
		for (uint64_t x = ga; x; x &= x - 1)
			for (uint64_t y = gb; y; y &= y - 1)
				exact |= 1ull << truth_alu(p, op, w, (uint64_t)__builtin_ctzll(x),
							   (uint64_t)__builtin_ctzll(y));
		r = l->d->alu(op, (uint8_t)w, a, b);
		gl = gamma_of(l, &r);
		r = p->d->alu(op, (uint8_t)w, a, b);
		gp = gamma_of(p, &r);
		assert_int_equal(exact & ~gp, 0);
		assert_int_equal(gp & ~gl, 0);
		of_linux += (uint64_t)__builtin_popcountll(gl);
		of_precise += (uint64_t)__builtin_popcountll(gp);
		least += (uint64_t)__builtin_popcountll(exact);
	}
	printf("# %-5s %u bits: mean members linux %6.2f, precise %6.2f, exact set %6.2f\n",
	       insn_op_name[op], w, (double)of_linux / n, (double)of_precise / n,
	       (double)least / n);
}

static void test_precision(void **state)
{
	(void)state;
	for (int o = 0; o < BINARIES; o++)
		for (unsigned w = 3; w <= 6; w += 3)
			precision_of(truth_binary[o], w, is_long() ? 200000 : 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_states_4),
		cmocka_unit_test(test_simple_pairs_4),
		cmocka_unit_test(test_random_pairs),
		cmocka_unit_test(test_unary_8),
		cmocka_unit_test(test_random_values_8),
		cmocka_unit_test(test_precision),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	return cmocka_run_group_tests_name("scalar_small", tests, NULL, NULL);
}
