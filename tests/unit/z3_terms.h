/* SPDX-License-Identifier: Apache-2.0 */
/*
 * z3_terms.h: the part of Z3's C interface that test_domain_z3.c needs, loaded
 * at run time, as terms over bit vectors; and the shapes of the verifier's
 * types made of terms.
 */
#ifndef TESTS_UNIT_Z3_TERMS_H
#define TESTS_UNIT_Z3_TERMS_H

#include <dlfcn.h>
#include <z3.h>

#include "verifier/range.h"

#define Z3_CALLS(F) \
	F(mk_config) F(mk_context) F(mk_solver) F(solver_inc_ref) F(solver_dec_ref) \
	F(solver_assert) F(solver_check) F(mk_params) F(params_inc_ref) F(params_set_uint) \
	F(solver_set_params) F(mk_string_symbol) F(mk_fresh_const) F(mk_bv_sort) \
	F(mk_unsigned_int64) F(mk_bvadd) F(mk_bvsub) F(mk_bvmul) F(mk_bvand) F(mk_bvor) \
	F(mk_bvxor) F(mk_bvnot) F(mk_bvneg) F(mk_bvshl) F(mk_bvlshr) F(mk_bvashr) F(mk_bvule) \
	F(mk_bvult) F(mk_bvsle) F(mk_bvslt) F(mk_eq) F(mk_not) F(mk_and) F(mk_or) F(mk_ite) \
	F(mk_extract) F(mk_concat) F(mk_zero_ext) F(mk_sign_ext) F(get_bv_sort_size) \
	F(get_sort) F(simplify) F(get_numeral_uint64) F(get_bool_value) F(mk_true) \
	F(solver_get_reason_unknown)

#define DECLARE(f) static __typeof__(Z3_##f) *f;
Z3_CALLS(DECLARE)

typedef Z3_ast T;	/* of a bit vector */
typedef Z3_ast P;	/* of a truth value */

static Z3_context c;

static bool z3_open(void)
{
	void *lib = dlopen("libz3.so.4", RTLD_NOW);

	if (!lib)
		lib = dlopen("libz3.so", RTLD_NOW);
	if (!lib)
		return false;
#define LOAD(f) \
	*(void **)&f = dlsym(lib, "Z3_" #f); \
	if (!f) \
		return false;
	Z3_CALLS(LOAD)
	c = mk_context(mk_config());
	return true;
}

static unsigned size(T a) { return get_bv_sort_size(c, get_sort(c, a)); }
static T num(unsigned w, uint64_t v) { return mk_unsigned_int64(c, v, mk_bv_sort(c, w)); }
static T like(T a, uint64_t v) { return num(size(a), word_trunc(size(a), v)); }
static T any(unsigned w) { return mk_fresh_const(c, "x", mk_bv_sort(c, w)); }
static T add(T a, T b) { return mk_bvadd(c, a, b); }
static T sub(T a, T b) { return mk_bvsub(c, a, b); }
static T mul(T a, T b) { return mk_bvmul(c, a, b); }
static T and(T a, T b) { return mk_bvand(c, a, b); }
static T or(T a, T b) { return mk_bvor(c, a, b); }
static T xor(T a, T b) { return mk_bvxor(c, a, b); }
static T inv(T a) { return mk_bvnot(c, a); }
static T shl(T a, T b) { return mk_bvshl(c, a, b); }
static T shr(T a, T b) { return mk_bvlshr(c, a, b); }
static T sar(T a, T b) { return mk_bvashr(c, a, b); }
static T ite(P p, T a, T b) { return mk_ite(c, p, a, b); }
static T low(T a) { return mk_extract(c, size(a) / 2 - 1, 0, a); }
static T high(T a) { return mk_extract(c, size(a) - 1, size(a) / 2, a); }
static T zext(T a) { return mk_zero_ext(c, size(a), a); }
static T sextend(T a) { return mk_sign_ext(c, size(a), a); }
static P ule(T a, T b) { return mk_bvule(c, a, b); }
static P ult(T a, T b) { return mk_bvult(c, a, b); }
static P sle(T a, T b) { return mk_bvsle(c, a, b); }
static P slt(T a, T b) { return mk_bvslt(c, a, b); }
static P eq(T a, T b) { return mk_eq(c, a, b); }
static P no(P p) { return mk_not(c, p); }
static P both(P p, P q) { return mk_and(c, 2, (P[]){p, q}); }
static P either(P p, P q) { return mk_or(c, 2, (P[]){p, q}); }

static T min_u(T a, T b) { return ite(ule(a, b), a, b); }
static T max_u(T a, T b) { return ite(ule(a, b), b, a); }
static T min_s(T a, T b) { return ite(sle(a, b), a, b); }
static T max_s(T a, T b) { return ite(sle(a, b), b, a); }

/* All bits from the highest set one downwards. */
static T fill(T a)
{
	for (unsigned k = 1; k < size(a); k *= 2)
		a = or(a, shr(a, like(a, k)));
	return a;
}

struct zt { T v, m; };			/* struct tnum */
struct zr { T umin, umax, smin, smax; };	/* struct range */
struct zv { struct zt t; struct zr w, h; };	/* struct views */

static struct zt any_tnum(unsigned w) { return (struct zt){any(w), any(w)}; }
static struct zr any_range(unsigned w) { return (struct zr){any(w), any(w), any(w), any(w)}; }
static struct zv any_views(void)
{
	return (struct zv){any_tnum(64), any_range(64), any_range(32)};
}

static P formed(struct zt t) { return eq(and(t.v, t.m), like(t.v, 0)); }
static P in_t(T x, struct zt t) { return eq(and(x, inv(t.m)), t.v); }
static P in_u(T x, struct zr r) { return both(ule(r.umin, x), ule(x, r.umax)); }
static P in_s(T x, struct zr r) { return both(sle(r.smin, x), sle(x, r.smax)); }
static P in_r(T x, struct zr r) { return both(in_u(x, r), in_s(x, r)); }
static P in_v(T x, struct zv v)
{
	return both(both(in_t(x, v.t), formed(v.t)), both(in_r(x, v.w), in_r(low(x), v.h)));
}

static struct zt ite_t(P p, struct zt a, struct zt b)
{
	return (struct zt){ite(p, a.v, b.v), ite(p, a.m, b.m)};
}

static struct zr ite_r(P p, struct zr a, struct zr b)
{
	return (struct zr){ite(p, a.umin, b.umin), ite(p, a.umax, b.umax),
			   ite(p, a.smin, b.smin), ite(p, a.smax, b.smax)};
}

static struct zv ite_v(P p, struct zv a, struct zv b)
{
	return (struct zv){ite_t(p, a.t, b.t), ite_r(p, a.w, b.w), ite_r(p, a.h, b.h)};
}

#endif
