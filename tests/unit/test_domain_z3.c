/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proofs with Z3 that the algorithms of tnum.c, range.h and scalar.inc are
 * sound at their real width: for all operands and all members, the result holds
 * the member that the operation makes.  64 bits, except products (8 bits).
 *
 * The algorithms are written a second time, as terms.  So that the proof is of
 * the code, each term is also computed for random constants and compared with
 * what the code returns.
 *
 * Needs z3.h, and libz3 at run time (it is loaded, not linked); skips without.
 * A query that exceeds its resource limit (counted in steps, not in time) is
 * reported as open and fails nothing; PARALLAX_LONG raises the limit.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#ifdef __has_include
#if __has_include(<z3.h>)
#define HAVE_Z3 1
#endif
#endif

#ifndef HAVE_Z3

static void test_skipped(void **state)
{
	(void)state;
	printf("# no z3.h\n");
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_skipped)};

	return cmocka_run_group_tests_name("domain_z3", tests, NULL, NULL);
}

#else

#include <stdlib.h>
#include <string.h>

#include "tests/unit/z3_terms.h"
#include "verifier/verifier.h"

#define BITS 64
#define HALF 32
#include "verifier/domain_linux.inc"

/* ---- proving and comparing --------------------------------------------------------- */

static unsigned proved, open_queries;

static void prove(const char *name, P assume, P claim)
{
	Z3_solver s = mk_solver(c);
	Z3_params p;
	Z3_lbool r;

	solver_inc_ref(c, s);	/* before anything else is made */
	p = mk_params(c);
	params_inc_ref(c, p);
	params_set_uint(c, p, mk_string_symbol(c, "rlimit"),
			getenv("PARALLAX_LONG") ? 2000000000 : 1000000);
	solver_set_params(c, s, p);
	solver_assert(c, s, assume);
	solver_assert(c, s, no(claim));
	r = solver_check(c, s);
	solver_dec_ref(c, s);
	if (r == Z3_L_TRUE)
		fail_msg("%s: has a counterexample", name);
	proved += r == Z3_L_FALSE;
	open_queries += r == Z3_L_UNDEF;
	if (r == Z3_L_UNDEF)
		printf("# open: %s\n", name);
}

/* The same, one bound at a time, which is much easier. */
static void prove_r(const char *name, P assume, T x, struct zr r)
{
	prove(name, assume, ule(r.umin, x));
	prove(name, assume, ule(x, r.umax));
	prove(name, assume, sle(r.smin, x));
	prove(name, assume, sle(x, r.smax));
}

static void prove_v(const char *name, P assume, T x, struct zv v)
{
	prove(name, assume, both(in_t(x, v.t), formed(v.t)));
	prove_r(name, assume, x, v.w);
	prove_r(name, assume, low(x), v.h);
}

static uint64_t rng = 88172645463325252u;

static uint64_t rnd(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng >> (rng % 3 ? 0 : rng / 3 % 64);
}

static uint64_t value(T a)
{
	uint64_t v;

	if (!get_numeral_uint64(c, simplify(c, a), &v))
		fail_msg("a term is no constant");
	return v;
}

static bool truth(P p)
{
	return get_bool_value(c, simplify(c, p)) == Z3_L_TRUE;
}

static struct tnum rnd_tnum(unsigned w)
{
	uint64_t mask = word_trunc(w, rnd() & rnd());

	return (struct tnum){word_trunc(w, rnd()) & ~mask, mask};
}

/* Often empty: the code has to agree there as well. */
static struct range rnd_range(unsigned w)
{
	struct range r = {word_trunc(w, rnd()), word_trunc(w, rnd()), word_sext(w, rnd()),
			  word_sext(w, rnd())};

	if (rnd() % 4 == 0)
		r.umin = 0;
	if (rnd() % 4 == 0)
		r.umax = word_umax(w);
	if (rnd() % 4 == 0)
		r.smin = word_smin(w);
	if (rnd() % 4 == 0)
		r.smax = word_smax(w);
	if (rnd() % 8 && r.umin > r.umax)
		r.umax = r.umin + (word_umax(w) - r.umin) / 2;
	return r;
}

static struct views rnd_views(void)
{
	return (struct views){rnd_tnum(64), rnd_range(64), rnd_range(32)};
}

static struct zt of_tnum(unsigned w, struct tnum t)
{
	return (struct zt){num(w, t.value), num(w, t.mask)};
}

static struct zr of_range(unsigned w, struct range r)
{
	return (struct zr){num(w, r.umin), num(w, r.umax), num(w, word_trunc(w, (uint64_t)r.smin)),
			   num(w, word_trunc(w, (uint64_t)r.smax))};
}

static struct zv of_views(struct views v)
{
	return (struct zv){of_tnum(64, v.var), of_range(64, v.w), of_range(32, v.h)};
}

static void same_tnum(const char *name, struct zt a, struct tnum b)
{
	if (value(a.v) != b.value || value(a.m) != b.mask)
		fail_msg("%s: term and code differ", name);
}

static void same_range(const char *name, unsigned w, struct zr a, struct range b)
{
	if (value(a.umin) != b.umin || value(a.umax) != b.umax ||
	    word_sext(w, value(a.smin)) != b.smin || word_sext(w, value(a.smax)) != b.smax)
		fail_msg("%s: term and code differ at width %u", name, w);
}

static void same_views(const char *name, struct zv a, struct views b)
{
	same_tnum(name, a.t, b.var);
	same_range(name, 64, a.w, b.w);
	same_range(name, 32, a.h, b.h);
}

enum { TRIES = 20 };

/* ---- tnum ---------------------------------------------------------------------------- */

static struct zt zt_add(struct zt a, struct zt b)
{
	T lo = add(a.v, b.v), hi = add(lo, add(a.m, b.m));
	T mask = or(xor(lo, hi), or(a.m, b.m));

	return (struct zt){and(lo, inv(mask)), mask};
}

static struct zt zt_sub(struct zt a, struct zt b)
{
	T d = sub(a.v, b.v);
	T mask = or(xor(add(d, a.m), sub(d, b.m)), or(a.m, b.m));

	return (struct zt){and(d, inv(mask)), mask};
}

static struct zt zt_and(struct zt a, struct zt b)
{
	T v = and(a.v, b.v);

	return (struct zt){v, and(and(or(a.v, a.m), or(b.v, b.m)), inv(v))};
}

static struct zt zt_or(struct zt a, struct zt b)
{
	T v = or(a.v, b.v);

	return (struct zt){v, and(or(a.m, b.m), inv(v))};
}

static struct zt zt_xor(struct zt a, struct zt b)
{
	T mask = or(a.m, b.m);

	return (struct zt){and(xor(a.v, b.v), inv(mask)), mask};
}

static struct zt zt_join(struct zt a, struct zt b)
{
	T mask = or(xor(a.v, b.v), or(a.m, b.m));

	return (struct zt){and(and(a.v, b.v), inv(mask)), mask};
}

static struct zt zt_meet(struct zt a, struct zt b)
{
	T mask = and(a.m, b.m);

	return (struct zt){and(or(a.v, b.v), inv(mask)), mask};
}

static struct zt zt_range(T lo, T hi)
{
	T mask = fill(xor(lo, hi));

	return (struct zt){and(lo, inv(mask)), mask};
}

static T zt_next(struct zt t, T v)
{
	T most = or(t.v, t.m), d = sub(v, t.v);
	T count = or(or(d, fill(and(d, inv(t.m)))), inv(t.m));

	return ite(ule(most, v), most,
		   ite(ult(v, t.v), t.v,
		       or(t.v, and(add(count, like(v, 1)), t.m))));
}

/* The loop without its early end, unrolled. */
static struct zt zt_mul_join(struct zt a, struct zt b)
{
	struct zt sum = {like(a.v, 0), like(a.v, 0)};

	for (unsigned k = 0; k < size(a.v); k++) {
		T bit = like(a.v, 1ull << k), n = like(a.v, k), zero = like(a.v, 0);
		struct zt more = zt_add(sum, (struct zt){shl(b.v, n), shl(b.m, n)});

		sum = ite_t(eq(and(a.v, bit), bit), more,
			    ite_t(eq(and(a.m, bit), zero), sum, zt_join(sum, more)));
	}
	return sum;
}

static struct zt zt_mul_split(struct zt a, struct zt b)
{
	struct zt sum = {like(a.v, 0), like(a.v, 0)};
	T zero = like(a.v, 0);

	for (unsigned k = 0; k < size(a.v); k++) {
		T bit = like(a.v, 1ull << k), n = like(a.v, k);
		T part = ite(eq(and(a.v, bit), bit), b.m,
			     ite(eq(and(a.m, bit), zero), zero, or(b.v, b.m)));

		sum = zt_add(sum, (struct zt){zero, shl(part, n)});
	}
	return zt_add((struct zt){mul(a.v, b.v), zero}, sum);
}

static const struct {
	const char *name;
	unsigned w;
	struct zt (*term)(struct zt, struct zt);
	struct tnum (*code)(struct tnum, struct tnum);
	T (*op)(T, T);
} tnum_ops[] = {
	{"tnum_add", 64, zt_add, tnum_add, add},
	{"tnum_sub", 64, zt_sub, tnum_sub, sub},
	{"tnum_and", 64, zt_and, tnum_and, and},
	{"tnum_or", 64, zt_or, tnum_or, or},
	{"tnum_xor", 64, zt_xor, tnum_xor, xor},
	{"tnum_mul_join", 8, zt_mul_join, tnum_mul_join, mul},
	{"tnum_mul_split", 8, zt_mul_split, tnum_mul_split, mul},
};

static void test_tnum(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(tnum_ops) / sizeof(tnum_ops[0]); i++) {
		unsigned w = tnum_ops[i].w;
		struct zt a = any_tnum(w), b = any_tnum(w), r = tnum_ops[i].term(a, b);
		T x = any(w), y = any(w);

		for (int n = 0; n < TRIES; n++) {
			struct tnum p = rnd_tnum(w), q = rnd_tnum(w);
			struct tnum got = tnum_ops[i].code(p, q);

			same_tnum(tnum_ops[i].name, tnum_ops[i].term(of_tnum(w, p), of_tnum(w, q)),
				  (struct tnum){word_trunc(w, got.value), word_trunc(w, got.mask)});
		}
		prove(tnum_ops[i].name, both(both(in_t(x, a), in_t(y, b)),
					     both(formed(a), formed(b))),
		      both(in_t(tnum_ops[i].op(x, y), r), formed(r)));
	}
}

static void test_tnum_lattice(void **state)
{
	struct zt a = any_tnum(64), b = any_tnum(64);
	T x = any(64), y = any(64), k = any(64);
	P wf = both(formed(a), formed(b));

	(void)state;
	prove("tnum_meet", both(both(in_t(x, a), in_t(x, b)), wf), in_t(x, zt_meet(a, b)));
	prove("tnum_join", both(either(in_t(x, a), in_t(x, b)), wf), in_t(x, zt_join(a, b)));
	prove("tnum_range", both(ule(y, x), ule(x, k)), in_t(x, zt_range(y, k)));
	prove("tnum_next: a member", both(formed(a), ult(y, or(a.v, a.m))),
	      both(in_t(zt_next(a, y), a), ult(y, zt_next(a, y))));
	prove("tnum_next: the first", both(both(formed(a), in_t(x, a)), ult(y, x)),
	      ule(zt_next(a, y), x));
	prove("tnum_lsh", both(both(formed(a), in_t(x, a)), ult(k, like(k, 64))),
	      in_t(shl(x, k), (struct zt){shl(a.v, k), shl(a.m, k)}));
	prove("tnum_rsh", both(both(formed(a), in_t(x, a)), ult(k, like(k, 64))),
	      in_t(shr(x, k), (struct zt){shr(a.v, k), shr(a.m, k)}));
	prove("tnum_arsh", both(both(formed(a), in_t(x, a)), ult(k, like(k, 64))),
	      in_t(sar(x, k), (struct zt){sar(a.v, k), sar(a.m, k)}));
	for (int n = 0; n < TRIES; n++) {
		struct tnum p = rnd_tnum(64), q = rnd_tnum(64), got;
		uint64_t lo = rnd(), hi = rnd();

		tnum_meet(p, q, &got);
		same_tnum("tnum_meet", zt_meet(of_tnum(64, p), of_tnum(64, q)), got);
		same_tnum("tnum_join", zt_join(of_tnum(64, p), of_tnum(64, q)), tnum_join(p, q));
		same_tnum("tnum_range", zt_range(num(64, lo), num(64, hi)), tnum_range(lo, hi));
		assert_int_equal(value(zt_next(of_tnum(64, p), num(64, lo))), tnum_next(p, lo));
	}
}

/* ---- ranges ------------------------------------------------------------------------------ */

static struct zr zr_full(unsigned w)
{
	return (struct zr){num(w, 0), num(w, word_umax(w)), num(w, 1ull << (w - 1)),
			   num(w, word_umax(w - 1))};
}

static struct zr zr_with_u(P ok, T lo, T hi, struct zr r)
{
	struct zr full = zr_full(size(lo));

	r.umin = ite(ok, lo, full.umin);
	r.umax = ite(ok, hi, full.umax);
	return r;
}

static struct zr zr_with_s(P ok, T lo, T hi, struct zr r)
{
	struct zr full = zr_full(size(lo));

	r.smin = ite(ok, lo, full.smin);
	r.smax = ite(ok, hi, full.smax);
	return r;
}

/* Does the signed result, computed at twice the width, fit? */
static P fits(T wide)
{
	return eq(sextend(low(wide)), wide);
}

static struct zr zr_add(struct zr a, struct zr b)
{
	T lo = add(a.umin, b.umin), hi = add(a.umax, b.umax);
	T slo = add(sextend(a.smin), sextend(b.smin)), shi = add(sextend(a.smax), sextend(b.smax));
	struct zr r = zr_with_u(eq(ite(ult(lo, a.umin), num(1, 1), num(1, 0)),
				   ite(ult(hi, a.umax), num(1, 1), num(1, 0))), lo, hi, a);

	return zr_with_s(both(fits(slo), fits(shi)), low(slo), low(shi), r);
}

static struct zr zr_sub(struct zr a, struct zr b)
{
	T lo = sub(a.umin, b.umax), hi = sub(a.umax, b.umin);
	T slo = sub(sextend(a.smin), sextend(b.smax)), shi = sub(sextend(a.smax), sextend(b.smin));
	struct zr r = zr_with_u(eq(ite(ult(a.umin, b.umax), num(1, 1), num(1, 0)),
				   ite(ult(a.umax, b.umin), num(1, 1), num(1, 0))), lo, hi, a);

	return zr_with_s(both(fits(slo), fits(shi)), low(slo), low(shi), r);
}

static struct zr zr_mul(struct zr a, struct zr b)
{
	T top = mul(zext(a.umax), zext(b.umax));
	T p[4] = {mul(sextend(a.smin), sextend(b.smin)), mul(sextend(a.smin), sextend(b.smax)),
		  mul(sextend(a.smax), sextend(b.smin)), mul(sextend(a.smax), sextend(b.smax))};
	P ok = both(both(fits(p[0]), fits(p[1])), both(fits(p[2]), fits(p[3])));
	struct zr r = zr_with_u(eq(high(top), like(a.umin, 0)), mul(a.umin, b.umin), low(top), a);

	return zr_with_s(ok, low(min_s(min_s(p[0], p[1]), min_s(p[2], p[3]))),
			 low(max_s(max_s(p[0], p[1]), max_s(p[2], p[3]))), r);
}

static struct zr zr_from_u(T lo, T hi)
{
	return zr_with_s(sle(lo, hi), lo, hi, (struct zr){lo, hi, lo, hi});
}

static struct zr zr_meet_u(struct zr r, T lo, T hi)
{
	r.umin = max_u(r.umin, lo);
	r.umax = min_u(r.umax, hi);
	return r;
}

static struct zr zr_meet_s(struct zr r, T lo, T hi)
{
	r.smin = max_s(r.smin, lo);
	r.smax = min_s(r.smax, hi);
	return r;
}

static struct zr zr_meet_tnum(struct zr r, struct zt t)
{
	T sign = like(t.v, 1ull << (size(t.v) - 1));

	r = zr_meet_u(r, t.v, or(t.v, t.m));
	return zr_meet_s(r, or(t.v, and(t.m, sign)), or(t.v, and(t.m, inv(sign))));
}

static void compare_ranges(unsigned w)
{
	for (int n = 0; n < TRIES; n++) {
		struct range a = rnd_range(w), b = rnd_range(w), d = a;
		struct zr za = of_range(w, a), zb = of_range(w, b);
		struct tnum t = rnd_tnum(w);

		same_range("range_add", w, zr_add(za, zb), range_add(w, a, b));
		same_range("range_sub", w, zr_sub(za, zb), range_sub(w, a, b));
		if (w < 64)
			same_range("range_mul", w, zr_mul(za, zb), range_mul(w, a, b));
		same_range("range_and", w, zr_from_u(num(w, t.value), min_u(za.umax, zb.umax)),
			   range_and(w, a, b, t));
		same_range("range_or", w, zr_from_u(max_u(za.umin, zb.umin),
						    num(w, t.value | t.mask)),
			   range_or(w, a, b, t));
		range_meet_tnum(w, &d, t);
		same_range("range_meet_tnum", w, zr_meet_tnum(za, of_tnum(w, t)), d);
	}
}

static void test_range_arith(void **state)
{
	(void)state;
	for (unsigned w = 8; w <= 64; w *= 2) {
		struct zr a = any_range(w), b = any_range(w);
		struct zt s = any_tnum(w), t = any_tnum(w), known;
		T x = any(w), y = any(w);
		P in = both(in_r(x, a), in_r(y, b));
		P bits = both(both(in_t(x, s), in_t(y, t)), both(formed(s), formed(t)));

		compare_ranges(w);
		if ((w == 16 || w == 32) && !getenv("PARALLAX_LONG"))
			continue;
		prove_r("range_add", in, add(x, y), zr_add(a, b));
		prove_r("range_sub", in, sub(x, y), zr_sub(a, b));
		if (w == 8)
			prove_r("range_mul", in, mul(x, y), zr_mul(a, b));
		known = zt_and(s, t);
		prove_r("range_and", both(in, bits), and(x, y),
			zr_from_u(known.v, min_u(a.umax, b.umax)));
		known = zt_or(s, t);
		prove_r("range_or", both(in, bits), or(x, y),
			zr_from_u(max_u(a.umin, b.umin), or(known.v, known.m)));
		known = zt_xor(s, t);
		prove_r("range_xor", both(in, bits), xor(x, y),
			zr_from_u(known.v, or(known.v, known.m)));
		prove_r("range_meet_tnum", both(in_r(x, a), both(in_t(x, s), formed(s))), x,
			zr_meet_tnum(a, s));
	}
}

static void test_range_shift(void **state)
{
	(void)state;
	for (unsigned w = 32; w <= 64; w += 32) {
		struct zr a = any_range(w);
		T x = any(w), k = any(w), bits = num(w, w), one = num(w, 1);
		P in = both(in_r(x, a), ult(k, bits));
		P ok = ule(a.umax, shl(one, sub(sub(bits, one), k)));

		prove("range_lsh", both(in, ok),
		      both(ule(shl(a.umin, k), shl(x, k)), ule(shl(x, k), shl(a.umax, k))));
		prove("range_rsh", in,
		      both(ule(shr(a.umin, k), shr(x, k)), ule(shr(x, k), shr(a.umax, k))));
		prove("range_arsh", in,
		      both(sle(sar(a.smin, k), sar(x, k)), sle(sar(x, k), sar(a.smax, k))));
		for (unsigned n = 0; n < TRIES; n++) {
			struct range r = rnd_range(w), got;
			bool fit = truth(ule(num(w, r.umax), shl(one, num(w, w - 1 - n % w))));

			if (r.umin > r.umax)
				r.umin = r.umax;
			got = range_lsh(w, r, n % w);
			assert_int_equal(got.umin, fit ? word_trunc(w, r.umin << n % w) : 0);
			assert_int_equal(got.umax,
					 fit ? word_trunc(w, r.umax << n % w) : word_umax(w));
			assert_int_equal(got.smin, word_smin(w));
			got = range_rsh(w, r, n % w);
			assert_int_equal(got.umax, value(shr(num(w, r.umax), num(w, n % w))));
			got = range_arsh(w, r, n % w);
			assert_int_equal(word_trunc(w, (uint64_t)got.smin),
					 value(sar(num(w, word_trunc(w, (uint64_t)r.smin)),
						   num(w, n % w))));
		}
	}
}

/* ---- sync: each step on its own; they are only run one after the other --------------------- */

static struct zr zr_signs(struct zr r)
{
	struct zr m = zr_meet_s(r, r.umin, r.umax), plain, up, down;
	P first;

	r = ite_r(sle(r.umin, r.umax), m, r);
	plain = zr_meet_u(r, r.smin, r.smax);
	up = r;
	up.smin = r.umin;
	up.umax = min_u(r.umax, r.smax);
	down = r;
	down.smax = r.umax;
	down.umin = max_u(r.umin, r.smin);
	first = ult(r.umax, r.smin);
	return ite_r(ule(r.smin, r.smax), plain,
		     ite_r(first, up, ite_r(ult(r.smax, r.umin), down, r)));
}

static struct zv z_half_from_word(struct zv v)
{
	T ulo = low(v.w.umin), uhi = low(v.w.umax), slo = low(v.w.smin), shi = low(v.w.smax);
	T uh = high(v.w.umin), sh = high(v.w.smin), one = num(32, 1), zero = num(32, 0);
	P same = eq(uh, high(v.w.umax)), ssame = eq(sh, high(v.w.smax));
	struct zr h = v.h;

	h = ite_r(same, zr_meet_u(h, ulo, uhi), h);
	h = ite_r(both(same, sle(ulo, uhi)), zr_meet_s(h, ulo, uhi), h);
	h = ite_r(both(ssame, ule(slo, shi)), zr_meet_u(h, slo, shi), h);
	h = ite_r(both(ssame, sle(slo, shi)), zr_meet_s(h, slo, shi), h);
	h = ite_r(both(eq(add(uh, one), high(v.w.umax)), both(slt(ulo, zero), sle(zero, uhi))),
		  zr_meet_s(h, ulo, uhi), h);
	h = ite_r(both(eq(add(sh, one), high(v.w.smax)), both(slt(slo, zero), sle(zero, shi))),
		  zr_meet_s(h, slo, shi), h);
	v.h = h;
	return v;
}

static struct zv z_word_from_half(struct zv v)
{
	T top = num(64, ~(uint64_t)UINT32_MAX), zero = num(32, 0);
	struct zv r = v, t;
	P small;

	r.w = zr_meet_u(r.w, or(and(r.w.umin, top), zext(r.h.umin)),
			or(and(r.w.umax, top), zext(r.h.umax)));
	r.w = zr_meet_s(r.w, or(and(r.w.smin, top), zext(r.h.umin)),
			or(and(r.w.smax, top), zext(r.h.umax)));
	small = both(sle(zero, r.h.smin), both(sle(num(64, (uint64_t)INT32_MIN), r.w.smin),
					       sle(r.w.smax, num(64, INT32_MAX))));
	t = r;
	t.w = (struct zr){sextend(r.h.smin), sextend(r.h.smax), sextend(r.h.smin),
			  sextend(r.h.smax)};
	t.t = zt_meet(r.t, zt_range(t.w.umin, t.w.umax));
	return ite_v(small, t, r);
}

static struct zv z_ranges_from_tnum(struct zv v)
{
	v.w = zr_meet_tnum(v.w, v.t);
	v.h = zr_meet_tnum(v.h, (struct zt){low(v.t.v), low(v.t.m)});
	return v;
}

static struct zv z_tnum_from_ranges(struct zv v)
{
	struct zt word = zt_meet(v.t, zt_range(v.w.umin, v.w.umax));
	struct zt half = zt_meet((struct zt){low(word.v), low(word.m)},
				 zt_range(v.h.umin, v.h.umax));

	v.t = (struct zt){mk_concat(c, high(word.v), half.v), mk_concat(c, high(word.m), half.m)};
	return v;
}

static struct zv z_signs(struct zv v)
{
	v.w = zr_signs(v.w);
	v.h = zr_signs(v.h);
	return v;
}

static struct zv z_steps(struct zv v)
{
	T most = or(v.t.v, v.t.m), umin = v.w.umin, umax = v.w.umax;
	P gapless = both(eq(and(v.t.m, add(v.t.m, num(64, 1))), num(64, 0)), ult(umin, umax));
	P inside = in_t(umin, v.t);
	T after = zt_next(v.t, umin), one = ite(inside, umin, after);
	P single = either(both(inside, ult(umax, after)),
			  both(no(inside), either(eq(after, most),
						  both(ule(after, umax),
						       ult(umax, zt_next(v.t, after))))));
	struct zr w = {one, one, one, one}, h = {low(one), low(one), low(one), low(one)};

	return ite_v(gapless, v, ite_v(single, (struct zv){{one, num(64, 0)}, w, h}, v));
}

static void code_signs(struct views *v)
{
	sync_signs(64, &v->w);
	sync_signs(32, &v->h);
}

static void code_tnum_from_ranges(struct views *v)
{
	sync_tnum_from_ranges64(v);
}

static const struct {
	const char *name;
	struct zv (*term)(struct zv);
	void (*code)(struct views *);
} sync_steps[] = {
	{"ranges from tnum", z_ranges_from_tnum, sync_ranges_from_tnum64},
	{"half from word", z_half_from_word, sync_half_from_word64},
	{"signs", z_signs, code_signs},
	{"word from half", z_word_from_half, sync_word_from_half64},
	{"tnum from ranges", z_tnum_from_ranges, code_tnum_from_ranges},
	{"word from steps", z_steps, sync_word_from_steps64},
};

static void test_sync(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(sync_steps) / sizeof(sync_steps[0]); i++) {
		struct zv v = any_views();
		T x = any(64);

		for (int n = 0; n < TRIES; n++) {
			struct views a = rnd_views(), b = a;

			sync_steps[i].code(&b);
			same_views(sync_steps[i].name, sync_steps[i].term(of_views(a)), b);
		}
		if (sync_steps[i].term != z_steps)
			prove_v(sync_steps[i].name, in_v(x, v), x, sync_steps[i].term(v));
	}
}

/*
 * The last step rests on what is proved of tnum_next(), here of its two
 * results n = next(umin) and m = next(n), used for the member x.
 */
static void test_sync_steps(void **state)
{
	T x = any(64), n = any(64), m = any(64), most = any(64), umin = any(64), umax = any(64);
	P first = both(either(ule(x, umin), ule(n, x)), either(ule(x, n), ule(m, x)));
	P in = both(both(ule(x, most), first), both(ule(umin, x), ule(x, umax)));
	P outside = no(eq(x, umin));	/* as umin is not a member */

	(void)state;
	prove("steps: only umin", both(in, ult(umax, n)), eq(x, umin));
	prove("steps: only the next", both(both(in, outside), ult(umax, m)), eq(x, n));
	prove("steps: only the last", both(both(in, outside), eq(n, most)), eq(x, n));
}

/* ---- casts ---------------------------------------------------------------------------------- */

static struct zv z_cast(struct zv v, unsigned bits)
{
	T keep = num(64, word_umax(bits)), n = num(64, bits), zero = num(64, 0);
	P same = eq(shr(v.w.umin, n), shr(v.w.umax, n));
	T lo = ite(same, and(v.w.umin, keep), zero), hi = ite(same, and(v.w.umax, keep), keep);

	v.t = (struct zt){and(v.t.v, keep), and(v.t.m, keep)};
	v.w = (struct zr){lo, hi, lo, hi};
	if (bits != 32)
		v.h = zr_full(32);
	return v;
}

static struct zv z_zext(struct zv v)
{
	T zero = num(64, 0), keep = num(64, UINT32_MAX);
	P plus = sle(num(32, 0), v.h.smin);

	v.t = (struct zt){and(v.t.v, keep), and(v.t.m, keep)};
	v.w = (struct zr){zext(v.h.umin), zext(v.h.umax), ite(plus, sextend(v.h.smin), zero),
			  ite(plus, sextend(v.h.smax), keep)};
	return v;
}

/* The sign extension of the low from bits, of the word. */
static struct zv z_movsx(struct zv v, unsigned from)
{
	T n = num(64, 64 - from), cutoff = num(64, from), zero = num(64, 0);
	T lo = sar(shl(v.w.smin, n), n), hi = sar(shl(v.w.smax, n), n);
	P one_sign = eq(mk_extract(c, 63, 63, lo), mk_extract(c, 63, 63, hi));
	P ok = both(eq(sar(v.w.smin, cutoff), sar(v.w.smax, cutoff)), both(one_sign, sle(lo, hi)));
	T k = sar(shl(v.t.v, n), n);
	struct zv con = {{k, zero}, {k, k, k, k}, {low(k), low(k), low(k), low(k)}};
	struct zv known = {zt_range(lo, hi), {lo, hi, lo, hi}, zr_full(32)};
	struct zv rest = {{zero, num(64, UINT64_MAX)}, zr_full(64), zr_full(32)};

	known.h.smin = low(lo), known.h.smax = low(hi);
	rest.w.smin = num(64, (uint64_t)word_smin(from));
	rest.w.smax = num(64, (uint64_t)word_smax(from));
	rest.h.smin = low(rest.w.smin), rest.h.smax = low(rest.w.smax);
	return ite_v(eq(v.t.m, zero), con, ite_v(ok, known, rest));
}

static void test_casts(void **state)
{
	struct zv v = any_views();
	T x = any(64);

	(void)state;
	for (unsigned bits = 8; bits <= 32; bits *= 2) {
		T keep = num(64, word_umax(bits)), n = num(64, 64 - bits);

		prove_v("cast", in_v(x, v), and(x, keep), z_cast(v, bits));
		prove_v("movsx", in_v(x, v), sar(shl(x, n), n), z_movsx(v, bits));
		for (int i = 0; i < TRIES; i++) {
			struct views a = rnd_views(), b;

			if (i % 4 == 0)
				a.var.mask = 0;
			b = views_cast64(&a, bits);
			same_views("cast", z_cast(of_views(a), bits), b);
			linux_transfer64(&b, bits == 8 ? OP_MOVSX8 : bits == 16 ? OP_MOVSX16 :
					 OP_MOVSX32, 64, &a, &a);
			same_views("movsx", z_movsx(of_views(a), bits), b);
			b = a;
			views_zext64(&b);
			same_views("zext", z_zext(of_views(a)), b);
		}
	}
	prove_v("zext", in_v(x, v), zext(low(x)), z_zext(v));
	/* x << 32 from the half's signed range */
	prove("lsh by 32", in_r(low(x), v.h),
	      both(sle(shl(sextend(v.h.smin), num(64, 32)), shl(x, num(64, 32))),
		   sle(shl(x, num(64, 32)), shl(sextend(v.h.smax), num(64, 32)))));
}

/* ---- branch and refine ------------------------------------------------------------------------- */

static void test_refine_order(void **state)
{
	(void)state;
	for (unsigned w = 32; w <= 64; w += 32) {
		struct zr a = any_range(w), b = any_range(w);
		T x = any(w), y = any(w), one = num(w, 1);
		P in = both(in_r(x, a), in_r(y, b));

		prove("x <= y", both(in, ule(x, y)),
		      both(ule(x, min_u(a.umax, b.umax)), ule(max_u(a.umin, b.umin), y)));
		prove("x < y", both(in, ult(x, y)),
		      both(ule(x, min_u(a.umax, sub(b.umax, one))),
			   ule(max_u(add(a.umin, one), b.umin), y)));
		prove("x s<= y", both(in, sle(x, y)),
		      both(sle(x, min_s(a.smax, b.smax)), sle(max_s(a.smin, b.smin), y)));
		prove("x s< y", both(in, slt(x, y)),
		      both(sle(x, min_s(a.smax, sub(b.smax, one))),
			   sle(max_s(add(a.smin, one), b.smin), y)));
		prove("always >", both(in, ult(b.umax, a.umin)), ult(y, x));
		prove("never >", both(in, ule(a.umax, b.umin)), ule(x, y));
		prove("always s>", both(in, slt(b.smax, a.smin)), slt(y, x));
		prove("never s>", both(in, sle(a.smax, b.smin)), sle(x, y));
		prove("above", both(in, ult(b.umax, a.umin)), no(eq(x, y)));
		prove("below", both(in, ult(a.umax, b.umin)), no(eq(x, y)));
		prove("s above", both(in, slt(b.smax, a.smin)), no(eq(x, y)));
		prove("s below", both(in, slt(a.smax, b.smin)), no(eq(x, y)));
	}
}

static struct zr zr_not(struct zr a, T k)
{
	T one = like(k, 1);
	struct zr r;

	r.umin = ite(eq(a.umin, k), add(a.umin, one), a.umin);
	r.umax = ite(eq(a.umax, k), sub(a.umax, one), a.umax);
	r.smin = ite(eq(a.smin, k), add(a.smin, one), a.smin);
	r.smax = ite(eq(a.smax, k), sub(a.smax, one), a.smax);
	return r;
}

static void test_refine_equal(void **state)
{
	(void)state;
	for (unsigned w = 32; w <= 64; w += 32) {
		struct zr a = any_range(w);
		struct zt s = any_tnum(w), t = any_tnum(w);
		T x = any(w), k = any(w), zero = num(w, 0), can = or(t.v, t.m);
		P wf = both(formed(s), formed(t));

		prove_r("x != k", both(in_r(x, a), no(eq(x, k))), x, zr_not(a, k));
		prove("x & k == 0", both(both(in_t(x, s), wf), eq(and(x, k), zero)),
		      in_t(x, zt_and(s, (struct zt){inv(k), zero})));
		prove("x & 2^n != 0", both(both(both(in_t(x, s), wf), no(eq(and(x, k), zero))),
					   eq(and(k, sub(k, num(w, 1))), zero)),
		      in_t(x, zt_or(s, (struct zt){k, zero})));
		prove("jset always", both(both(in_t(x, s), wf), no(eq(and(s.v, k), zero))),
		      no(eq(and(x, k), zero)));
		prove("jset never", both(both(in_t(x, t), wf), eq(and(can, k), zero)),
		      eq(and(x, k), zero));
		prove("tnums that share nothing",
		      both(both(in_t(x, s), in_t(k, t)),
			   no(eq(and(and(xor(s.v, t.v), inv(s.m)), inv(t.m)), zero))),
		      no(eq(x, k)));
		for (int n = 0; n < TRIES; n++) {
			struct range r = rnd_range(w), b = rnd_range(w), got = r, more = b;
			uint64_t v = n % 3 ? word_trunc(w, rnd()) : n % 2 ? r.umin :
				     word_trunc(w, (uint64_t)r.smax);
			T one = num(w, 1);
			struct zr za = of_range(w, r), zb = of_range(w, b);

			linux_refine_not64(w, &got, v);
			same_range("x != k", w, zr_not(za, num(w, v)), got);
			got = r;
			linux_refine_le64(w, &got, &more, true);
			assert_int_equal(got.umax, value(min_u(za.umax, sub(zb.umax, one))));
			assert_int_equal(more.umin, value(max_u(add(
				num(w, got.umin), one), zb.umin)));
			got = r, more = b;
			linux_refine_sle64(w, &got, &more, true);
			assert_int_equal(word_trunc(w, (uint64_t)got.smax),
					 value(min_s(za.smax, sub(zb.smax, one))));
		}
	}
}

static void test_summary(void **state)
{
	(void)state;
	printf("# %u proved, %u open\n", proved, open_queries);
	assert_true(proved > 0);
}

static void test_skipped(void **state)
{
	(void)state;
	printf("# no libz3\n");
	skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tnum),
		cmocka_unit_test(test_tnum_lattice),
		cmocka_unit_test(test_range_arith),
		cmocka_unit_test(test_range_shift),
		cmocka_unit_test(test_sync),
		cmocka_unit_test(test_sync_steps),
		cmocka_unit_test(test_casts),
		cmocka_unit_test(test_refine_order),
		cmocka_unit_test(test_refine_equal),
		cmocka_unit_test(test_summary),
	};
	const struct CMUnitTest none[] = {cmocka_unit_test(test_skipped)};

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!z3_open())
		return cmocka_run_group_tests_name("domain_z3", none, NULL, NULL);
	return cmocka_run_group_tests_name("domain_z3", tests, NULL, NULL);
}

#endif
