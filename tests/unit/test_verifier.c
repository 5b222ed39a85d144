/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier: verdicts on a table of programs, each also asked of the running
 * kernel; ranges that must hold for seeded mistakes; states, pruning and logs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engines/linux_sys.h"
#include "tests/unit/verifier_rig.h"

enum { NO_GPL = 1 << 8 };

static void build(struct built *b, uint32_t type, const char *text)
{
	rig_build(b, type & 0xff, 0, type & NO_GPL ? "Proprietary" : "GPL", text);
}

static void run(struct built *b, const struct vopts *o, struct verdict *v)
{
	verify(&b->unit, 0, o, &b->arena, v);
	assert_int_equal(v->accepted, v->err == V_OK);
}

/* ---- the table of verdicts ------------------------------------------------------------ */

struct row {
	const char *name;
	uint32_t type;
	enum verr err[2];	/* root, cap_bpf */
	uint8_t differs;	/* bit per privilege: the kernel is known to answer otherwise */
	const char *text;
};
#define CASE(name, type, root, cap, ...) \
	{ name, PROG_##type, { V_##root, V_##cap }, 0, __VA_ARGS__ },
#define CASE_DIFFERS(name, type, root, cap, ...) \
	{ name, PROG_##type, { V_##root, V_##cap }, 3, __VA_ARGS__ },
static const struct row rows[] = {
#include "tests/unit/verifier_cases.inc"
#include "tests/unit/verifier_topics.inc"
};
enum { ROWS = sizeof(rows) / sizeof(rows[0]) };
static const enum priv privs[2] = { PRIV_ROOT, PRIV_CAP_BPF };

static void test_table(void **state)
{
	uint32_t wrong = 0;

	(void)state;
	for (uint32_t i = 0; i < ROWS; i++) {
		for (int p = 0; p < 2; p++) {
			struct vopts o = { .priv = privs[p], .record = true };
			struct verdict v;
			struct built b;

			build(&b, rows[i].type, rows[i].text);
			run(&b, &o, &v);
			if (v.err != rows[i].err[p]) {
				print_error("%s (%s): %s (%s) at %u, expected %s\n", rows[i].name,
					    priv_name(privs[p]), verr_name[v.err], v.msg, v.pc,
					    verr_name[rows[i].err[p]]);
				wrong++;
			}
			rig_drop(&b);
		}
	}
	assert_int_equal(wrong, 0);
}

/* The same question to the running kernel. */
static void test_kernel(void **state)
{
	struct linux_unit_opts lo = { .explain = true };
	uint32_t wrong = 0, asked = 0;
	char why[96];

	(void)state;
	if (!linux_available(why)) {
		print_message("# bpf() is not available: %s\n", why);
		skip();
	}
	for (uint32_t i = 0; i < ROWS; i++) {
		for (int p = 0; p < 2; p++) {
			struct linux_log log = { 0 };
			struct built b;
			enum linux_err err;
			bool made, accept = rows[i].err[p] == V_OK;

			if (rows[i].differs >> p & 1)
				continue;
			build(&b, rows[i].type, rows[i].text);
			err = linux_load_unit(&b.unit, NULL, 0, privs[p], &lo, &log, &made);
			if (!made || (err == LINUX_DENIED && accept)) {
				print_message("# not asked: %s\n", rows[i].name);
			} else if (accept != !err) {
				print_error("%s (%s): we %s, the kernel says %s: %s\n", rows[i].name,
					    priv_name(privs[p]), accept ? "accept" : "reject",
					    linux_strerror(err), linux_log_text(&log));
				wrong++;
			}
			asked++;
			linux_log_free(&log);
			rig_drop(&b);
		}
	}
	print_message("# asked the kernel %u times\n", asked);
	assert_int_equal(wrong, 0);
}

/* ---- ranges that hold ------------------------------------------------------------------- */

enum { MAX_VALUES = 6 };
struct seeded {
	const char *name;
	bool exactly;
	const char *text;
	uint32_t n;
	uint64_t value[MAX_VALUES];
};
#define COUNT(...) (sizeof((uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))
#define SEEDED(name, text, ...) { name, false, text, COUNT(__VA_ARGS__), { __VA_ARGS__ } },
#define EXACTLY(name, text, ...) { name, true, text, COUNT(__VA_ARGS__), { __VA_ARGS__ } },
static const struct seeded seeded[] = {
#include "tests/unit/verifier_seeded.inc"
};

static void test_seeded(void **state)
{
	uint32_t wrong = 0;

	(void)state;
	for (uint32_t i = 0; i < sizeof(seeded) / sizeof(seeded[0]); i++) {
		const struct seeded *s = &seeded[i];
		struct vopts o = { .priv = PRIV_ROOT, .record = true };
		struct verdict v;
		struct built b;

		build(&b, PROG_SYSCALL, s->text);
		run(&b, &o, &v);
		if (!v.accepted || !v.ret_known) {
			print_error("%s: %s at %u\n", s->name, v.msg, v.pc);
			wrong++;
		}
		for (uint32_t k = 0; v.accepted && k < s->n; k++) {
			if (scalar_contains(&v.ret, s->value[k]))
				continue;
			print_error("%s: 0x%llx is outside\n", s->name,
				    (unsigned long long)s->value[k]);
			wrong++;
		}
		if (v.accepted && s->exactly && !scalar_is_const(&v.ret)) {
			print_error("%s: not known to be constant\n", s->name);
			wrong++;
		}
		rig_drop(&b);
	}
	assert_int_equal(wrong, 0);
}

/* ---- states, records, budgets, logs ------------------------------------------------------ */

static void test_plain(void **state)
{
	struct vopts o = { .priv = PRIV_ROOT, .plain_size = 8, .record = true };
	struct verdict v;
	struct built b;

	(void)state;
	build(&b, PROG_PLAIN, "r0 = *(u32 *)(r1 +4); exit");
	run(&b, &o, &v);
	assert_true(v.accepted);
	o.plain_size = 7;
	run(&b, &o, &v);
	assert_int_equal(v.err, V_MEM_ACCESS);
	assert_int_equal(v.reg, 1);
	assert_int_equal(v.pc, 0);
	o.plain_size = 0;
	run(&b, &o, &v);
	assert_int_equal(v.err, V_MEM_ACCESS);
	rig_drop(&b);
	build(&b, PROG_PLAIN, "r0 = r2; exit");
	o.plain_size = 33;
	run(&b, &o, &v);
	assert_true(v.accepted && scalar_is_const(&v.ret) && v.ret.umax == 33);
	rig_drop(&b);
}

/* What was executed is recorded and seen, what was not is neither. */
static void test_records(void **state)
{
	struct vopts o = { .priv = PRIV_ROOT, .record = true };
	struct verdict v;
	struct built b;

	(void)state;
	build(&b, PROG_SCHED_CLS,
	      "r6 = *(u32 *)(r1 +0); r0 = 1; if r0 == 1 goto l; r0 = r9; l: r7 = 3; exit");
	run(&b, &o, &v);
	assert_true(v.accepted);
	assert_false(v.rec.overflow);
	for (uint32_t pc = 0; pc < b.prog.len; pc++) {
		assert_int_equal(!!(v.aux[pc] & AUX_SEEN), pc != 3);
		assert_int_equal(v.rec.at[pc] != NULL, pc != 3);
		assert_int_equal(v.rec.count[pc], pc != 3);
	}
	assert_int_equal(v.rec.at[4]->state->frame[0]->reg[6].type, T_SCALAR);
	assert_int_equal(v.rec.at[4]->state->frame[0]->reg[7].type, T_NOT_INIT);
	assert_int_equal(v.rec.at[5]->state->frame[0]->reg[7].s.umax, 3);
	rig_drop(&b);
}

static void test_record_cap(void **state)
{
	struct vopts o = { .priv = PRIV_ROOT, .record = true, .max_records = 4 };
	struct verdict v;
	struct built b;
	uint32_t kept = 0;

	(void)state;
	build(&b, PROG_SCHED_CLS, "r6 = 0; l: r6 += 1; if r6 < 10 goto l; r0 = 0; exit");
	run(&b, &o, &v);
	assert_true(v.accepted && v.rec.overflow);
	for (const struct record *r = v.rec.at[1]; r; r = r->next)
		kept++;
	assert_int_equal(kept, 4);
	assert_int_equal(v.rec.count[1], 10);
	rig_drop(&b);
}

/* A path that is cut has its state in an older one, but for dead registers. */
static void test_prune(void **state)
{
	struct vopts o = { .priv = PRIV_ROOT, .record = true };
	const struct func_state *f;
	struct verdict v;
	struct built b;

	(void)state;
	build(&b, PROG_SCHED_CLS,
	      "r6 = *(u32 *)(r1 +0); r7 = 1; if r6 == 5 goto l; r7 = 2; l: r0 = 0; r8 = r7; r0 = 0; exit");
	run(&b, &o, &v);
	assert_true(v.accepted);
	assert_false(v.aux[4] & AUX_PRUNED_HERE);
	rig_drop(&b);
	build(&b, PROG_SCHED_CLS,
	      "r6 = *(u32 *)(r1 +0); r7 = 1; if r6 == 5 goto l; r7 = 2; l: r0 = 0; exit");
	run(&b, &o, &v);
	assert_true(v.accepted);
	assert_true(v.aux[4] & AUX_PRUNED_HERE);
	/* r6 and r7 differed and were dead: nothing is claimed of them behind. */
	f = v.rec.at[4]->state->frame[0];
	assert_int_equal(f->reg[6].type, T_NOT_INIT);
	assert_int_equal(f->reg[7].type, T_NOT_INIT);
	rig_drop(&b);
}

static void test_budget(void **state)
{
	struct vopts o = { .priv = PRIV_ROOT, .max_insns = 50 };
	struct verdict v;
	struct built b;

	(void)state;
	build(&b, PROG_SCHED_CLS, "r6 = 0; l: r6 += 1; if r6 < 100 goto l; r0 = 0; exit");
	run(&b, &o, &v);
	assert_int_equal(v.err, V_TOO_COMPLEX);
	o.max_insns = 0;
	run(&b, &o, &v);
	assert_true(v.accepted);
	assert_int_equal(v.processed, 203);
	/* A cycle that is longer than the states that are kept at its head. */
	rig_drop(&b);
	build(&b, PROG_SCHED_CLS, "r6 = 0; l: r6 += 1; r6 &= 255; if r6 < 256 goto l; r0 = 0; exit");
	run(&b, &o, &v);
	assert_int_equal(v.err, V_INFINITE_LOOP);
	assert_true(v.processed < 5000);
	rig_drop(&b);
}

static void test_unpriv(void **state)
{
	struct vopts o = { .priv = PRIV_UNPRIV };
	struct verdict v;
	struct built b;

	(void)state;
	build(&b, PROG_SOCKET_FILTER, "r6 = 0; l: r6 += 1; if r6 < 3 goto l; r0 = 0; exit");
	run(&b, &o, &v);
	assert_int_equal(v.err, V_BACK_EDGE);
	assert_string_equal(v.msg, "back-edge from insn 2 to 1");
	rig_drop(&b);
	build(&b, PROG_SOCKET_FILTER, "r0 = 0; exit");
	run(&b, &o, &v);
	assert_true(v.accepted);
	rig_drop(&b);
}

static void test_unsupported(void **state)
{
	struct vopts o = { .priv = PRIV_ROOT };
	struct verdict v;
	struct built b;

	(void)state;
	build(&b, PROG_SCHED_CLS, "call kfunc 1; r0 = 0; exit");
	run(&b, &o, &v);
	assert_true(verr_unsupported(v.err));
	rig_drop(&b);
	build(&b, PROG_SCHED_CLS, "r0 = r1; r0 *= 2; exit");
	run(&b, &o, &v);
	assert_false(verr_unsupported(v.err));
	rig_drop(&b);
}

/* The generator's question: what would this insn do here? */
static void test_step(void **state)
{
	struct vopts o = { .priv = PRIV_ROOT };
	struct vstate *s, *t;
	struct venv env;
	struct step out;
	struct built b;
	uint32_t pc;

	(void)state;
	build(&b, PROG_SCHED_CLS,
	      "r2 = *(u32 *)(r1 +0); if r2 > 7 goto l; l: r0 = *(u64 *)(r10 +0); exit");
	assert_int_equal(venv_init(&env, &b.unit, 0, &o, &b.arena, &out, &pc), V_OK);
	s = venv_entry(&env, 0);
	assert_int_equal(state_reg(s, 1)->type, T_CTX);
	assert_int_equal(state_reg(s, 10)->type, T_STACK);
	t = state_copy(&env, s);
	assert_int_equal(verifier_step(&env, s, &out), V_OK);
	assert_int_equal(out.flow, FLOW_NEXT);
	assert_int_equal(s->insn, 1);
	assert_int_equal(state_reg(s, 2)->type, T_SCALAR);
	assert_int_equal(state_reg(t, 2)->type, T_NOT_INIT);	/* the copy is its own */
	assert_int_equal(verifier_step(&env, s, &out), V_OK);
	assert_int_equal(out.flow, FLOW_BRANCH);
	assert_int_equal(state_reg(s, 2)->s.umax, 7);
	assert_int_equal(state_reg(out.other, 2)->s.umin, 8);
	assert_true(state_contains(&env, s, s, NULL));
	assert_false(state_contains(&env, s, out.other, NULL));
	state_free(&env, out.other);
	assert_int_equal(verifier_step(&env, s, &out), V_STACK_ACCESS);
	assert_string_equal(out.msg, "invalid read from stack R10 off=0 size=8");
	rig_drop(&b);
}

static bool has_line(const char *log, const char *line)
{
	size_t n = strlen(line);

	for (const char *p = log; (p = strstr(p, line)); p++)
		if ((p == log || p[-1] == '\n') && (p[n] == '\n' || !p[n]))
			return true;
	print_error("no line '%s' in\n%s", line, log);
	return false;
}

static void test_log(void **state)
{
	static const struct line_info lines[] = {
		{ 0, 3, 1, "prog.c", "int x = ctx->len;" }, { 2, 5, 1, "prog.c", "return x;" },
	};
	struct vopts o = { .priv = PRIV_ROOT, .log = 2 };
	struct verdict v;
	struct built b;

	(void)state;
	build(&b, PROG_SCHED_CLS,
	      "r2 = *(u32 *)(r1 +0); if r2 > 7 goto l; *(u32 *)(r10 -8) = r2; "
	      "l: r0 = r2; r0 += r3; exit");
	b.prog.line = lines;
	b.prog.nline = 2;
	run(&b, &o, &v);
	assert_int_equal(v.err, V_READ_UNINIT);
	assert_int_equal(strlen(v.log), v.nlog);
	assert_true(has_line(v.log, "func#0 @0"));
	assert_true(has_line(v.log, "0: R1=ctx() R10=fp0"));
	assert_true(has_line(v.log, "; int x = ctx->len; @ prog.c:3"));
	assert_true(has_line(v.log, "0: (61) r2 = *(u32 *)(r1 +0)          ; R1=ctx() "
			     "R2=scalar(smin=0,smax=umax=0xffffffff,var_off=(0x0; 0xffffffff))"));
	assert_true(has_line(v.log, "1: (25) if r2 > 0x7 goto pc+1         ; "
			     "R2=scalar(smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))"));
	assert_true(has_line(v.log, "R3 !read_ok"));
	assert_true(has_line(v.log, "processed 5 insns (limit 1000000) max_states_per_insn 1 "
			     "total_states 1 peak_states 1 mark_read 0"));
	/* Level 1 has the path that failed only, and nothing of a program that passes. */
	o.log = 1;
	run(&b, &o, &v);
	assert_true(has_line(v.log, "R3 !read_ok"));
	rig_drop(&b);
	build(&b, PROG_SCHED_CLS, "r0 = *(u32 *)(r1 +0); if r0 > 7 goto l; r0 = 1; l: exit");
	run(&b, &o, &v);
	assert_true(v.accepted);
	assert_null(strstr(v.log, "(25)"));
	assert_non_null(strstr(v.log, "processed 5 insns"));
	rig_drop(&b);
}

/* Verdicts depend on the program only. */
static void test_again(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < ROWS; i += 7) {
		struct vopts o = { .priv = PRIV_ROOT, .log = 2, .record = i & 1 };
		struct verdict v[2];
		struct built b[2];

		for (int k = 0; k < 2; k++) {
			build(&b[k], rows[i].type, rows[i].text);
			run(&b[k], &o, &v[k]);
		}
		assert_int_equal(v[0].err, v[1].err);
		assert_int_equal(v[0].processed, v[1].processed);
		assert_string_equal(v[0].log, v[1].log);
		rig_drop(&b[0]);
		rig_drop(&b[1]);
	}
}

/* Any bytes that decode are judged without harm. */
static void test_noise(void **state)
{
	uint32_t accepted = 0;
	struct rng r;

	(void)state;
	rng_seed(&r, 7);
	for (uint32_t i = 0; i < 4000; i++) {
		struct vopts o = { .priv = (enum priv)rng_below(&r, PRIV_N), .record = i & 1,
				   .log = i % 3, .max_insns = 2000, .plain_size = 16 };
		struct built b = { 0 };
		struct verdict v;
		uint32_t n = 1 + (uint32_t)rng_below(&r, 12);

		/* one call a statement: arguments are evaluated in any order */
		for (uint32_t k = 0; k < n; k++) {
			uint8_t id = (uint8_t)rng_below(&r, INSN_N);
			uint8_t dst = (uint8_t)rng_below(&r, 10), src = (uint8_t)rng_below(&r, 11);
			int16_t off = (int16_t)(rng_below(&r, 40) - 20);
			int32_t imm = (int32_t)(rng_below(&r, 40) - 4);

			b.insn[k] = insn_make(id, dst, src, off, imm);
		}
		if (i & 1)
			b.insn[0] = insn_mov64_imm(0, 1);
		b.insn[n] = insn_exit();
		rig_seal(&b, n + 1, (uint32_t)rng_below(&r, PROG_TYPE_N), 0, NULL);
		run(&b, &o, &v);
		accepted += v.accepted;
		rig_drop(&b);
	}
	assert_true(accepted > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_seeded),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_record_cap),
		cmocka_unit_test(test_prune),
		cmocka_unit_test(test_budget),
		cmocka_unit_test(test_unpriv),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_log),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_noise),
	};

	return cmocka_run_group_tests_name("verifier", tests, NULL, NULL);
}
