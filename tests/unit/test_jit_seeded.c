/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jit: the shapes of mistakes that code generators for BPF were seen to make,
 * one test each, named by their numbers in the list of bench/power.  J8,
 * displacements from a stale pass, is in test_jit_code.c.
 */
#include "tests/unit/jit_rig.h"

/* A short program and its r0, in every mode, with and without optional instructions. */
static void gives(struct rig *r, const char *what, const struct insn *in, uint32_t n, uint64_t want)
{
	for (uint32_t mode = 0; mode < 16; mode++) {
		struct jit_opts o = { .mode = mode & 7, .baseline = mode & 8 };

		rig_load_opts(r, in, n, &o);
		same(run_r0(r, what), want, what);
	}
}
#define GIVES(want, ...) \
	do { \
		const struct insn in_[] = { __VA_ARGS__, insn_exit() }; \
		gives(r, __func__, in_, COUNT(in_), want); \
	} while (0)
#define WIDE(reg, v) \
	{ .code = 0x18, .dst = reg, .imm = (int32_t)(uint32_t)(v) }, \
	{ .imm = (int32_t)(uint32_t)((uint64_t)(v) >> 32) }

static void j2_fetch_loop_with_r0_as_source_or_base(void **state)
{
	struct rig *r = *state;

	GIVES(0x0f, insn_st(SZ_DW, 10, -8, 0x0f), insn_mov64_imm(0, 0xf0),
	      insn_atomic(SZ_DW, 0x41, 10, -8, 0));
	GIVES(0xff, insn_st(SZ_DW, 10, -8, 0x0f), insn_mov64_imm(0, 0xf0),
	      insn_atomic(SZ_DW, 0x41, 10, -8, 0), insn_ldx(SZ_DW, 0, 10, -8));
	GIVES(0x0f, insn_st(SZ_DW, 10, -8, 0x3f), insn_mov64_reg(0, 10), insn_mov64_imm(3, 0xcf),
	      insn_atomic(SZ_DW, 0x51, 0, -8, 3), insn_ldx(SZ_DW, 0, 0, -8));
	GIVES(0, insn_mov64_reg(0, 10), insn_stx(SZ_DW, 10, -8, 0),	/* base and source at once */
	      insn_atomic(SZ_DW, 0xa1, 0, -8, 0), insn_ldx(SZ_DW, 0, 10, -8));
}

static void j3_immediate_zero_is_no_register(void **state)
{
	struct rig *r = *state;

	GIVES(0, insn_mov64_imm(0, 7), insn_alu64_imm(ALU_MUL, 0, 0));
	GIVES(0, insn_mov64_imm(0, 7), insn_alu64_imm(ALU_DIV, 0, 0));
	GIVES(7, insn_mov64_imm(0, 7), insn_alu64_imm(ALU_MOD, 0, 0));
	GIVES(0, insn_mov64_imm(0, -7), insn_alu32_imm(ALU_DIV, 0, 0));
	GIVES(0xfffffff9, insn_mov64_imm(0, -7), insn_alu32_imm(ALU_MOD, 0, 0));
}

static void j4_nothing_to_do_still_clears_the_high_half(void **state)
{
	static const uint8_t nop[] = { ALU_ADD, ALU_SUB, ALU_OR, ALU_XOR, ALU_LSH, ALU_RSH, ALU_ARSH };
	struct rig *r = *state;

	for (uint32_t i = 0; i < COUNT(nop); i++)
		GIVES(0xffffffff, insn_mov64_imm(0, -1), insn_alu32_imm(nop[i], 0, 0));
	GIVES(0xffffffff, insn_mov64_imm(0, -1), insn_alu32_imm(ALU_AND, 0, -1));
	GIVES(0xffffffff, insn_mov64_imm(0, -1), insn_alu32_imm(ALU_MUL, 0, 1));
	GIVES(0xffffffff, insn_mov64_imm(0, -1), insn_alu32_imm(ALU_DIV, 0, 1));
	GIVES(0xffffffff, insn_mov64_imm(0, -1), insn_mov32_reg(0, 0));
	GIVES(0xffffffff, insn_mov64_imm(0, -1), insn_le(32, 0));
	GIVES(0xffffffff, insn_mov64_imm(0, -1), insn_mov64_imm(3, 32),
	      insn_alu32_reg(ALU_LSH, 0, 3));
}

static void j6_remainder_of_one(void **state)
{
	struct rig *r = *state;

	GIVES(0, insn_mov64_imm(0, 7), insn_alu64_imm(ALU_MOD, 0, 1));
	GIVES(0, insn_mov64_imm(0, 7), insn_alu32_imm(ALU_MOD, 0, 1));
}

static void j7_jset32_tests_32_bits(void **state)
{
	struct rig *r = *state;

	GIVES(1, insn_mov64_imm(3, 1), insn_alu64_imm(ALU_LSH, 3, 40), insn_mov64_imm(0, 1),
	      insn_jmp32_imm(JMP_JSET, 3, INT32_MIN, 1), insn_ja(1), insn_mov64_imm(0, 2));
	GIVES(2, insn_mov64_imm(3, 1), insn_alu64_imm(ALU_LSH, 3, 40), insn_mov64_imm(0, 1),
	      insn_jmp_imm(JMP_JSET, 3, INT32_MIN, 1), insn_ja(1), insn_mov64_imm(0, 2));
}

static void j10_shifts_where_r4_is_the_value(void **state)
{
	struct rig *r = *state;

	GIVES(0x30, insn_mov64_imm(4, 3), insn_mov64_imm(3, 4), insn_alu64_reg(ALU_LSH, 4, 3),
	      insn_mov64_reg(0, 4));
	GIVES(24, insn_mov64_imm(4, 3), insn_alu64_reg(ALU_LSH, 4, 4), insn_mov64_reg(0, 4));
	GIVES(7, insn_mov64_imm(0, 0x70), insn_mov64_imm(4, 9), insn_mov64_imm(3, 4),
	      insn_alu64_reg(ALU_RSH, 0, 3));
	GIVES(9, insn_mov64_imm(1, 0x70), insn_mov64_imm(4, 9), insn_mov64_imm(3, 4),
	      insn_alu64_reg(ALU_RSH, 1, 3), insn_mov64_reg(0, 4));
}

static void j11_division_among_r0_and_r3(void **state)
{
	struct rig *r = *state;

	GIVES(14, insn_mov64_imm(0, 100), insn_mov64_imm(3, 7), insn_alu64_reg(ALU_DIV, 0, 3));
	GIVES(7, insn_mov64_imm(0, 100), insn_mov64_imm(3, 7), insn_alu64_reg(ALU_MOD, 3, 0),
	      insn_mov64_reg(0, 3));
	GIVES(100, insn_mov64_imm(0, 100), insn_mov64_imm(3, 7), insn_alu64_reg(ALU_MOD, 3, 0));
	GIVES(107, insn_mov64_imm(0, 100), insn_mov64_imm(3, 7), insn_mov64_imm(1, 30),
	      insn_alu64_reg(ALU_DIV, 1, 3), insn_alu64_reg(ALU_ADD, 0, 3));
}

static void j14_low_words_of_64_bit_comparisons_are_unsigned(void **state)
{
	struct rig *r = *state;

	GIVES(2, WIDE(1, 0x180000000), WIDE(2, 0x17fffffff), insn_mov64_imm(0, 1),
	      insn_jmp_reg(JMP_JSGT, 1, 2, 1), insn_ja(1), insn_mov64_imm(0, 2));
}

static void j16_masks(void **state)
{
	struct rig *r = *state;

	for (uint32_t bit = 0; bit < 32; bit++) {
		uint32_t m = ~(1u << bit);

		GIVES(0x89abcdef & m, WIDE(0, 0x0123456789abcdef), insn_alu32_imm(ALU_AND, 0, (int32_t)m));
		GIVES(0x0123456789abcdef & (uint64_t)(int64_t)(int32_t)m, WIDE(0, 0x0123456789abcdef),
		      insn_alu64_imm(ALU_AND, 0, (int32_t)m));
	}
}

static void j17_wide_immediate_with_bit_31(void **state)
{
	struct rig *r = *state;

	GIVES(0x80000000, WIDE(0, 0x80000000));
	GIVES(0xffffffff, WIDE(0, 0xffffffff));
	GIVES(0xffffffff80000000, WIDE(0, 0xffffffff80000000));
	GIVES(0xffffffff00000000, WIDE(0, 0xffffffff00000000));
}

static void j19_unsigned_jumps(void **state)
{
	struct rig *r = *state;

	GIVES(1, insn_mov64_imm(1, -1), insn_mov64_imm(0, 1), insn_jmp_imm(JMP_JLT, 1, 1, 1), insn_ja(1),
	      insn_mov64_imm(0, 2));
	GIVES(2, insn_mov64_imm(1, -1), insn_mov64_imm(0, 1), insn_jmp_imm(JMP_JGT, 1, 1, 1), insn_ja(1),
	      insn_mov64_imm(0, 2));
}

static void j25_atomics_of_32_bits_leave_their_neighbour(void **state)
{
	struct rig *r = *state;

	GIVES(0x5555555500000003, insn_st(SZ_W, 10, -4, 0x55555555), insn_st(SZ_W, 10, -8, 5),
	      insn_mov64_imm(1, -2), insn_atomic(SZ_W, 0, 10, -8, 1), insn_ldx(SZ_DW, 0, 10, -8));
	GIVES(5, insn_st(SZ_W, 10, -4, 0x55555555), insn_st(SZ_W, 10, -8, 5), insn_mov64_imm(0, -2),
	      insn_atomic(SZ_W, ATOM_XCHG, 10, -8, 0));
	/* high half of r0 neither compared nor kept */
	GIVES(5, insn_st(SZ_W, 10, -8, 5), WIDE(0, 0x100000005), insn_mov64_imm(1, 6),
	      insn_atomic(SZ_W, ATOM_CMPXCHG, 10, -8, 1));
	GIVES(6, insn_st(SZ_W, 10, -8, 5), WIDE(0, 0x100000005), insn_mov64_imm(1, 6),
	      insn_atomic(SZ_W, ATOM_CMPXCHG, 10, -8, 1), insn_ldx(SZ_W, 0, 10, -8));
}

static void j26_byte_swaps_clear_what_is_above(void **state)
{
	struct rig *r = *state;

	GIVES(0xefcd, WIDE(0, 0x0123456789abcdef), insn_bswap(16, 0));
	GIVES(0xefcdab89, WIDE(0, 0x0123456789abcdef), insn_bswap(32, 0));
	GIVES(0xefcd, WIDE(0, 0x0123456789abcdef), insn_be(16, 0));
	GIVES(0xcdef, WIDE(0, 0x0123456789abcdef), insn_le(16, 0));
}

/* J20: one count for a run, however many frames make tail calls. */
static void j20_tail_calls_are_counted_once(void **state)
{
	struct rig *r = *state;
	struct insn in[] = {
		/* main: calls f twice; f tail-calls program 1, which tail-calls itself */
		insn_mov64_reg(6, 1), insn_mov64_imm(7, 0), insn_mov64_reg(1, 6), insn_call_local(6),
		insn_mov64_reg(7, 0), insn_mov64_reg(1, 6), insn_call_local(3),
		insn_alu64_reg(ALU_ADD, 7, 0), insn_mov64_reg(0, 7), insn_exit(),
		WIDE(2, 0), insn_mov64_imm(3, 1), insn_call(HELPER_tail_call),
		insn_mov64_imm(0, 1000), insn_exit(),
	};
	struct insn self[] = {
		WIDE(2, 0), insn_mov64_imm(3, 1), insn_call(HELPER_tail_call),
		insn_mov64_imm(0, 1), insn_exit(),
	};
	struct map_def map = { .type = MAP_PROG_ARRAY, .key_size = 4, .value_size = 4,
			       .max_entries = 2, .inner = -1 };
	struct program p[2] = {
		{ .type = PROG_PLAIN, .insn = in, .len = COUNT(in) },
		{ .type = PROG_PLAIN, .insn = self, .len = COUNT(self) },
	};
	uint8_t maps[9] = { 0, 1, 0, 0, 0, 1 };

	in[10].src = self[0].src = 1;
	for (uint32_t i = 0; i < 2; i++)
		program_seal(&p[i], &r->mem);
	r->unit = (struct unit){ .prog = p, .nprog = 2, .map = &map, .nmap = 1 };
	r->in.maps = maps;
	r->in.nmaps = sizeof(maps);
	for (uint32_t mode = 0; mode < 8; mode++) {
		struct jit_opts o = { .mode = mode };

		r->jit = jit_load(r->arena, &r->unit, &o, &r->out);
		assert_non_null(r->jit);
		/* the first takes all 33, so that the second f goes on behind its call */
		same(run_r0(r, "tail calls"), 1 + 1000, "r0");
		same(r->out.nhelpers, MAX_TAIL_CALLS + 2, "helper calls");
		rig_unload(r);
	}
}

/* J22: the last insn that the fuel allows, and one less. */
static void j22_fuel_at_its_end(void **state)
{
	struct rig *r = *state;
	struct insn in[] = {
		insn_mov64_imm(0, 0), insn_alu64_imm(ALU_ADD, 0, 1), insn_call_local(2),
		insn_jmp_imm(JMP_JLT, 0, 10, -3), insn_exit(), insn_mov64_imm(1, 0), insn_exit(),
	};
	/* 1, then ten rounds of 2 (add, call), 2 (mov, exit), 1 (jlt), then 1 */
	const uint64_t total = 1 + 10 * 5 + 1;

	for (uint32_t mode = 1; mode < 8; mode++) {
		if (mode == JIT_STEP)
			continue;
		rig_load(r, in, COUNT(in), mode);
		r->in.fuel = total;
		same(run_r0(r, "enough fuel"), 10, "r0");
		same(r->out.insns, total, "insns");
		r->in.fuel = total - 1;
		jit_run(r->jit, r->guest, &r->in, &r->out);
		same(r->out.kind, OUT_FUEL, "kind");
		same(r->out.pc.insn, 4, "pc");
		same(r->out.insns, total - 1, "insns");
		r->in.fuel = 0;
		jit_run(r->jit, r->guest, &r->in, &r->out);
		same(r->out.kind, OUT_FUEL, "kind");
		same(r->out.pc.insn, 0, "pc");
		same(r->out.insns, 0, "insns");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(j2_fetch_loop_with_r0_as_source_or_base),
		RIG_TEST(j3_immediate_zero_is_no_register),
		RIG_TEST(j4_nothing_to_do_still_clears_the_high_half),
		RIG_TEST(j6_remainder_of_one),
		RIG_TEST(j7_jset32_tests_32_bits),
		RIG_TEST(j10_shifts_where_r4_is_the_value),
		RIG_TEST(j11_division_among_r0_and_r3),
		RIG_TEST(j14_low_words_of_64_bit_comparisons_are_unsigned),
		RIG_TEST(j16_masks),
		RIG_TEST(j17_wide_immediate_with_bit_31),
		RIG_TEST(j19_unsigned_jumps),
		RIG_TEST(j20_tail_calls_are_counted_once),
		RIG_TEST(j22_fuel_at_its_end),
		RIG_TEST(j25_atomics_of_32_bits_leave_their_neighbour),
		RIG_TEST(j26_byte_swaps_clear_what_is_above),
	};

	return cmocka_run_group_tests_name("jit: seeded mistakes", tests, NULL, NULL);
}
