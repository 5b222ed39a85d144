/* SPDX-License-Identifier: Apache-2.0 */
/* The log of the kernel's verifier: its grammar, and what it is made of. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "fuzz/linux_log.h"

/* ---- grammar ------------------------------------------------------------------------- */

static struct klog_reg reg(const char *text)
{
	struct klog_reg r;

	if (!klog_parse_reg(text, text + strlen(text), 0, &r))
		fail_msg("not understood: %s", text);
	return r;
}

static void numbers(void **state)
{
	(void)state;
	assert_int_equal(reg("5").s.umin, 5);
	assert_int_equal(reg("-1").s.umin, UINT64_MAX);
	assert_int_equal(reg("0xffffffff").s.smax, 0xffffffff);
	assert_int_equal(reg("0xfffffffffffeee90").s.smin, -70000);
	assert_true(reg("P5").precise);
	assert_int_equal(reg("scalar()").s.smin, INT64_MIN);
	assert_int_equal(reg("scalar()").s.u32max, UINT32_MAX);
}

static void ranges(void **state)
{
	struct klog_reg r = reg("Pscalar(id=7+3,smin=umin=smin32=umin32=1,smax=umax=smax32=umax32=255,"
				"var_off=(0x0; 0xff))");
	(void)state;

	assert_int_equal(r.type, KT_SCALAR);
	assert_int_equal(r.id, 7);
	assert_int_equal(r.delta, 3);
	assert_int_equal(r.s.smin, 1);
	assert_int_equal(r.s.u32max, 255);
	assert_int_equal(r.s.var.mask, 0xff);
	r = reg("scalar(id=1-536870912,smin=0x8000000080000000,smin32=0xfffeee90,smax32=-5)");
	assert_int_equal(r.delta, -536870912);
	assert_int_equal(r.s.smin, (int64_t)0x8000000080000000);
	assert_int_equal(r.s.s32min, -70000);
	assert_int_equal(r.s.s32max, -5);
	assert_int_equal(r.s.umax, UINT64_MAX);
}

static void pointers(void **state)
{
	struct klog_reg r = reg("fp-16");
	(void)state;

	assert_int_equal(r.type, KT_STACK);
	assert_int_equal(r.off, -16);
	assert_int_equal(r.s.smax, 0);
	r = reg("fp[2]-8");
	assert_int_equal(r.frame, 2);
	r = reg("fp(off=-40,smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))");
	assert_int_equal(r.off, -40);
	assert_int_equal(r.s.smax, 7);
	r = reg("pkt(id=3,off=16,r=20,smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))");
	assert_int_equal(r.type, KT_PKT);
	assert_int_equal(r.id, 3);
	assert_int_equal(r.range, 20);
	assert_int_equal(reg("pkt(r=0xfffffffffffffffe)").range, -2);
	assert_int_equal(reg("pkt_end()").type, KT_PKT_END);
	r = reg("map_value_or_null(id=3,map=h.0,ks=4,vs=16)");
	assert_true(r.or_null);
	assert_int_equal(r.value_size, 16);
	assert_string_equal(r.map, "h.0");
	assert_int_equal(reg("ctx(off=8)").off, 8);
	assert_int_equal(reg("ctx()").s.umax, 0);
	assert_int_equal(reg("rcu_ptr_or_null_task_struct(id=1,ref_obj_id=1)").type, KT_OTHER);
}

static void nonsense_is_not_understood(void **state)
{
	static const char *const text[] = {
		"", "scalar", "scalar(", "scalar(smin=)", "scalar(foo=1)", "fp", "fp[9]-8", "0x", "5x", "ctx()x",
		"scalar(smin=1", "scalar(var_off=(0x0)", "00", "P",
	};
	struct klog_reg r;
	(void)state;

	for (uint32_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		if (klog_parse_reg(text[i], text[i] + strlen(text[i]), 0, &r))
			fail_msg("understood: '%s'", text[i]);
}

static void stack_slots(void **state)
{
	static const char text[] = " R1=5 fp-8=mmmmmmm0 fp-16=????scalar(umax=9) "
				   "fp-24=????" "-1 fp-32=fp-8 "
				   "fp-40=0 fp-48=mmmm0000 fp-56=0000mmmm refs=2";
	struct klog_state st = { .cur = 0 };
	(void)state;

	assert_true(klog_apply(&st, text, text + strlen(text), true));
	assert_int_equal(st.frame[0].reg[1].s.umin, 5);
	assert_int_equal(st.frame[0].slot[0].byte[0], '0');
	assert_int_equal(st.frame[0].slot[0].byte[7], 'm');
	assert_int_equal(st.frame[0].slot[1].spilled, 4);
	assert_int_equal(st.frame[0].slot[1].reg.s.umax, 9);
	assert_int_equal(st.frame[0].slot[2].reg.s.smin, -1);
	assert_int_equal(st.frame[0].slot[3].reg.type, KT_STACK);
	assert_int_equal(st.frame[0].slot[3].spilled, 8);
	assert_int_equal(st.frame[0].slot[4].reg.s.umax, 0);
	assert_int_equal(st.frame[0].slot[5].spilled, 0);
	assert_int_equal(st.frame[0].slot[6].byte[7], '0');
	assert_false(st.frame[0].slot[7].known);
}

/* ---- a log --------------------------------------------------------------------------- */

static void events_of_a_log(void **state)
{
	static const char log[] =
		"func#0 @0\nfunc#1 @6\nLive regs before insn:\n      0: .1........ (b7) r2 = 5\n"
		"0: R1=ctx() R10=fp0\n"
		"0: (b7) r2 = 5                        ; R2=5\n"
		"1: (85) call pc+4\n"
		"caller:\n R1=ctx() R2=5 R10=fp0\ncallee:\n frame1: R2=5 R10=fp0\n"
		"6: frame1: R2=5 R10=fp0\n"
		"6: (bf) r0 = r2                       ; frame1: R0=5 R2=5\n"
		"7: (95) exit\n"
		"(1,6) live stack update done in 2 iterations\n"
		"returning from callee:\n frame1: R0=5 R2=5 R10=fp0\nto caller at 2:\n R0=5 R10=fp0\n"
		"\nfrom 7 to 2: R0=5 R10=fp0\n"
		"2: (0f) r0 += r0\n"
		"mark_precise: frame0: parent state regs=r0 stack=:  R0=99\n"
		"3: R0=10\n"
		"3: (85) call bpf_get_prandom_u32#7    ; R0=scalar()\n"
		"4: (95) exit\n"
		"\nfrom 3 to 4: safe\nprocessed 7 insns\n";
	static const uint32_t insn[] = { 0, 1, 6, 7, 2, 3, 4 }, frame[] = { 0, 0, 1, 1, 0, 0, 0 };
	const struct insn prog[8] = {
		insn_mov64_imm(2, 5), insn_call_local(4), insn_alu64_reg(ALU_ADD, 0, 0), insn_call(7),
		insn_exit(), insn_exit(), insn_mov64_reg(0, 2), insn_exit(),
	};
	static struct klog k;
	(void)state;

	klog_begin(&k, log, prog, 8);
	for (uint32_t i = 0; i < 7; i++) {
		assert_int_equal(klog_next(&k), KLOG_INSN);
		assert_int_equal(k.insn, insn[i]);
		assert_int_equal(k.st.cur, frame[i]);
		if (i == 0)
			assert_int_equal(k.st.frame[0].reg[2].type, KT_NONE);
		if (i == 1)
			assert_int_equal(k.st.frame[0].reg[2].s.umin, 5);
		if (i == 5)
			assert_int_equal(k.st.frame[0].reg[0].s.umin, 10);
	}
	/* the helper clobbered what it did not name */
	assert_int_equal(k.st.frame[0].reg[2].type, KT_NONE);
	assert_int_equal(klog_next(&k), KLOG_END);
}

static const char branches[] =
	"Live regs before insn:\n      0: .1........ (b7) r2 = 5\n  1   1: .1.......9 (55) if r1\n"
	"0: R1=scalar() R10=fp0\n"
	"0: (55) if r1 != 0x0 goto pc+2        ; R1=0\n"
	"1: (55) if r2 != 0x0 goto pc+1        ; R2=0\n"
	"2: (95) exit\n"
	"\nfrom 1 to 3: R1=0 R2=scalar() R10=fp0\n"
	"3: R1=0 R2=scalar() R10=fp0\n"
	"3: (95) exit\n"
	"\nfrom 0 to 3: safe\n"
	"\nfrom 0 to 1 (speculative execution): R1=scalar() R10=fp0\n"
	"1: (55) if r2 != 0x0 goto pc+1\n"
	"2: safe\n"
	"processed 5 insns\n";

static void tree_of_a_log(void **state)
{
	static const struct klog_segment want[] = {
		{ .from = KLOG_NONE, .to = KLOG_NONE, .first = 0, .n = 3, .safe = KLOG_NONE, .parent = KLOG_NONE },
		{ .from = 1, .to = 3, .first = 3, .n = 1, .safe = KLOG_NONE, .parent = KLOG_NONE },
		{ .from = 0, .to = 3, .first = 4, .n = 0, .safe = 3, .parent = KLOG_NONE },
		{ .from = 0, .to = 1, .first = 4, .n = 1, .safe = 2, .parent = KLOG_NONE, .spec = true },
	};
	struct arena a = { 0 };
	struct klog_tree t;
	(void)state;

	assert_true(klog_tree(branches, NULL, 4, &a, &t));
	assert_true(t.whole);
	assert_int_equal(t.nseg, 4);
	assert_int_equal(t.nvisit, 5);
	for (uint32_t i = 0; i < 4; i++) {
		assert_int_equal(t.seg[i].from, want[i].from);
		assert_int_equal(t.seg[i].to, want[i].to);
		assert_int_equal(t.seg[i].first, want[i].first);
		assert_int_equal(t.seg[i].n, want[i].n);
		assert_int_equal(t.seg[i].safe, want[i].safe);
		assert_int_equal(t.seg[i].spec, want[i].spec);
	}
	assert_int_equal(t.visit[4].before, 1);
	assert_int_equal(t.visit[1].before, KLOG_NONE);
	assert_int_equal(t.live[0], 2);
	assert_int_equal(t.live[1], 0x202);
	assert_int_equal(t.live[2], 0xffff);
	assert_false(klog_tree(branches, NULL, 3, &a, &t));
	arena_free(&a);
}

/* What is put aside comes back last in, first out. */
static void parents_in_a_tree(void **state)
{
	static const char log[] =
		"0: R1=scalar()\n0: (55) if r1 != 0x0 goto pc+2\n0: (55) if r1 != 0x0 goto pc+2\n1: (95) exit\n"
		"from 0 to 3: R1=1\n3: (95) exit\nfrom 0 to 3: R1=2\n3: (95) exit\nprocessed 5 insns\n";
	struct arena a = { 0 };
	struct klog_tree t;
	(void)state;

	assert_true(klog_tree(log, NULL, 4, &a, &t));
	assert_int_equal(t.nseg, 3);
	assert_int_equal(t.seg[1].parent, 1);
	assert_int_equal(t.seg[2].parent, 0);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(ranges),
		cmocka_unit_test(pointers),
		cmocka_unit_test(nonsense_is_not_understood),
		cmocka_unit_test(stack_slots),
		cmocka_unit_test(events_of_a_log),
		cmocka_unit_test(tree_of_a_log),
		cmocka_unit_test(parents_in_a_tree),
	};

	return cmocka_run_group_tests_name("linux_log", tests, NULL, NULL);
}
