/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isa: what instructions do to registers, the structural checks of programs,
 * and their basic blocks, against cases written by hand.  The sentences are
 * those of Linux 6.18; test_isa_kernel.c asks the running one.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "isa/isa.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- registers ----------------------------------------------------------- */

static void registers_read_and_written(void **state)
{
	static const struct {
		uint8_t id;
		uint16_t reads, writes;
	} cases[] = {	/* with dst 7, src 3 */
		{ I_ADD64_K, 1 << 7, 1 << 7 }, { I_ADD64_X, 1 << 7 | 1 << 3, 1 << 7 },
		{ I_MOV64_K, 0, 1 << 7 }, { I_MOV32_X, 1 << 3, 1 << 7 },
		{ I_MOVSX8_64, 1 << 3, 1 << 7 }, { I_NEG64, 1 << 7, 1 << 7 },
		{ I_BE16, 1 << 7, 1 << 7 }, { I_ADDR_CAST, 1 << 3, 1 << 7 },
		{ I_JEQ64_K, 1 << 7, 0 }, { I_JEQ32_X, 1 << 7 | 1 << 3, 0 }, { I_JA, 0, 0 },
		{ I_MAY_GOTO, 0, 0 }, { I_CALL_HELPER, 0, 0x3f }, { I_CALL_LOCAL, 0, 0x3f },
		{ I_CALL_KFUNC, 0, 0x3f }, { I_CALLX, 1 << 7, 0x3f }, { I_EXIT, 1, 0 },
		{ I_LDX_B, 1 << 3, 1 << 7 }, { I_LDSX_W, 1 << 3, 1 << 7 },
		{ I_STX_W, 1 << 7 | 1 << 3, 0 }, { I_ST_W, 1 << 7, 0 },
		{ I_ATOMIC_ADD64, 1 << 7 | 1 << 3, 0 }, { I_FETCH_ADD64, 1 << 7 | 1 << 3, 1 << 3 },
		{ I_XCHG32, 1 << 7 | 1 << 3, 1 << 3 }, { I_CMPXCHG64, 1 << 7 | 1 << 3 | 1, 1 },
		{ I_LOAD_ACQ_B, 1 << 3, 1 << 7 }, { I_STORE_REL_B, 1 << 7 | 1 << 3, 0 },
		{ I_LD_IMM64, 0, 1 << 7 }, { I_LD_ABS_B, 1 << 6, 0x3f },
		{ I_LD_IND_B, 1 << 6 | 1 << 3, 0x3f },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct insn in = insn_make(cases[i].id, 7, 3, 0, 0);

		if (insn_reads(&in, cases[i].id) != cases[i].reads ||
		    insn_writes(&in, cases[i].id) != cases[i].writes)
			fail_msg("%s: reads %#x, writes %#x", insn_row(cases[i].id)->name,
				 insn_reads(&in, cases[i].id), insn_writes(&in, cases[i].id));
	}
}

/* ---- whole programs ------------------------------------------------------ */

struct check_case {
	const char *name;
	struct insn in[8];
	uint32_t len;
	enum insn_err err;
	uint32_t pc;
	const char *msg;	/* as Linux 6.18 logs it; of an empty program it says nothing */
};

#define MOV { .code = 0xb7 }
#define EXIT { .code = 0x95 }
#define LDDW { .code = 0x18, .dst = 1 }, { 0 }

static const struct check_case check_cases[] = {
	{ "smallest", { MOV, EXIT }, 2, INSN_OK, 0, "" },
	{ "ends with goto", { MOV, EXIT, { .code = 0x05, .off = -2 } }, 3, INSN_OK, 0, "" },
	{ "ends with gotol", { MOV, EXIT, { .code = 0x06, .imm = -2 } }, 3, INSN_OK, 0, "" },
	{ "wide", { LDDW, MOV, EXIT }, 4, INSN_OK, 0, "" },
	{ "jump over wide", { { .code = 0x15, .off = 2 }, LDDW, EXIT }, 4, INSN_OK, 0, "" },
	{ "jump to itself", { { .code = 0x05, .off = -1 } }, 1, INSN_OK, 0, "" },
	{ "jump back by one is not jump to itself", { MOV, { .code = 0x15, .off = -2 }, EXIT }, 3,
	  INSN_OK, 0, "" },
	{ "local call", { { .code = 0x85, .src = 1, .imm = 1 }, EXIT, MOV, EXIT },
	  4, INSN_OK, 0, "" },
	{ "recursion is not our business", { { .code = 0x85, .src = 1, .imm = -1 }, EXIT },
	  2, INSN_OK, 0, "" },
	{ "code address", { { .code = 0x18, .dst = 1, .src = 4, .imm = 2 }, { 0 }, MOV, EXIT }, 4,
	  INSN_OK, 0, "" },
	{ "may_goto", { { .code = 0xe5, .off = 0 }, EXIT }, 2, INSN_OK, 0, "" },
	{ "empty", { { 0 } }, 0, INSN_EEMPTY, 0, "empty program" },
	{ "unknown opcode", { MOV, { .code = 0xe7 }, EXIT },
	  3, INSN_EOPCODE, 1, "unknown opcode e7" },
	{ "mode of ldx", { { .code = 0x59 }, EXIT }, 2, INSN_EOPCODE, 0,
	  "BPF_LDX uses reserved fields" },
	{ "size of ldsx", { { .code = 0x99 }, EXIT }, 2, INSN_EOPCODE, 0, "unknown opcode 99" },
	{ "opcode 0", { { 0 }, EXIT }, 2, INSN_EOPCODE, 0, "unknown opcode 00" },
	{ "reserved of add", { MOV, { .code = 0x07, .off = 1 }, EXIT }, 3, INSN_ERESERVED, 1,
	  "BPF_ALU uses reserved fields" },
	{ "reserved of sdiv", { { .code = 0x37, .off = 2 }, EXIT }, 2, INSN_ESELECTOR, 0,
	  "BPF_ALU uses reserved fields" },
	{ "reserved of mov", { { .code = 0xb7, .off = 8 }, EXIT }, 2, INSN_ERESERVED, 0,
	  "BPF_MOV uses reserved fields" },
	{ "movsx32 of w", { { .code = 0xbc, .off = 32 }, EXIT }, 2, INSN_ESELECTOR, 0,
	  "BPF_MOV uses reserved fields" },
	{ "cast between others", { { .code = 0xbf, .off = 1, .imm = 2 }, EXIT },
	  2, INSN_ERESERVED, 0,
	  "addr_space_cast insn can only convert between address space 1 and 0" },
	{ "reserved of neg", { { .code = 0x87, .imm = 1 }, EXIT }, 2, INSN_ERESERVED, 0,
	  "BPF_NEG uses reserved fields" },
	{ "le8", { { .code = 0xd4, .imm = 8 }, EXIT },
	  2, INSN_ESELECTOR, 0, "BPF_END uses reserved fields" },
	{ "reserved of jeq", { { .code = 0x15, .src = 1 }, EXIT }, 2, INSN_ERESERVED, 0,
	  "BPF_JMP/JMP32 uses reserved fields" },
	{ "reserved of goto", { { .code = 0x05, .imm = 1 }, EXIT }, 2, INSN_ERESERVED, 0,
	  "BPF_JA uses reserved fields" },
	{ "reserved of gotol", { { .code = 0x06, .off = 1 }, EXIT }, 2, INSN_ERESERVED, 0,
	  "BPF_JA uses reserved fields" },
	{ "reserved of may_goto", { { .code = 0xe5, .imm = 1 }, EXIT }, 2, INSN_ERESERVED, 0,
	  "invalid may_goto imm 1" },
	{ "reserved of call", { { .code = 0x85, .dst = 1, .imm = 5 }, EXIT }, 2, INSN_ERESERVED, 0,
	  "BPF_CALL uses reserved fields" },
	{ "call of sort 3", { { .code = 0x85, .src = 3 }, EXIT }, 2, INSN_ESELECTOR, 0,
	  "BPF_CALL uses reserved fields" },
	{ "reserved of exit", { MOV, { .code = 0x95, .imm = 1 } }, 2, INSN_ERESERVED, 1,
	  "BPF_EXIT uses reserved fields" },
	{ "reserved of ldx", { { .code = 0x79, .imm = 1 }, EXIT }, 2, INSN_ERESERVED, 0,
	  "BPF_LDX uses reserved fields" },
	{ "reserved of st", { { .code = 0x7a, .src = 1 }, EXIT }, 2, INSN_ERESERVED, 0,
	  "BPF_ST uses reserved fields" },
	{ "reserved of stx", { { .code = 0x7b, .imm = 1 }, EXIT }, 2, INSN_ERESERVED, 0,
	  "BPF_STX uses reserved fields" },
	{ "reserved of ld abs", { { .code = 0x30, .dst = 1 }, EXIT }, 2, INSN_ERESERVED, 0,
	  "BPF_LD_[ABS|IND] uses reserved fields" },
	{ "atomic nand", { { .code = 0xdb, .imm = 2 }, EXIT }, 2, INSN_ESELECTOR, 0,
	  "BPF_ATOMIC uses invalid atomic opcode 02" },
	{ "atomic -1", { { .code = 0xdb, .imm = -1 }, EXIT }, 2, INSN_ESELECTOR, 0,
	  "BPF_ATOMIC uses invalid atomic opcode ffffffff" },
	{ "atomic of 16 bits", { { .code = 0xcb }, EXIT }, 2, INSN_ESELECTOR, 0,
	  "invalid atomic operand size" },
	{ "register 11", { { .code = 0xb7, .dst = 11 }, EXIT }, 2, INSN_EREG, 0, "R11 is invalid" },
	{ "register 12", { { .code = 0xbf, .src = 12 }, EXIT }, 2, INSN_EREG, 0, "R12 is invalid" },
	{ "half of wide", { MOV, { .code = 0x18 } },
	  2, INSN_ETRUNC, 1, "invalid bpf_ld_imm64 insn" },
	{ "second slot", { { .code = 0x18 }, MOV, EXIT },
	  3, INSN_ESECOND, 0, "invalid bpf_ld_imm64 insn" },
	{ "map fd with a second imm", { { .code = 0x18, .src = 1 }, { .imm = 5 }, EXIT }, 3,
	  INSN_ERESERVED, 0, "unrecognized bpf_ld_imm64 insn" },
	{ "sub-type 7", { { .code = 0x18, .src = 7 }, { 0 }, EXIT }, 3, INSN_ESELECTOR, 0,
	  "unrecognized bpf_ld_imm64 insn" },
	{ "off of wide", { { .code = 0x18, .off = 1 }, { 0 }, EXIT }, 3, INSN_ERESERVED, 0,
	  "BPF_LD_IMM64 uses reserved fields" },
	{ "jump out", { MOV, { .code = 0x15, .off = 5 }, EXIT }, 3, INSN_ETARGET, 1,
	  "jump out of range from insn 1 to 7" },
	{ "jump just out", { MOV, { .code = 0x15, .off = 1 }, EXIT }, 3, INSN_ETARGET, 1,
	  "jump out of range from insn 1 to 3" },
	{ "jump before", { MOV, { .code = 0x05, .off = -5 }, EXIT }, 3, INSN_ETARGET, 1,
	  "jump out of range from insn 1 to -3" },
	{ "gotol far out", { MOV, { .code = 0x06, .imm = INT32_MAX }, EXIT }, 3, INSN_ETARGET, 1,
	  "jump out of range from insn 1 to 2147483649" },
	{ "may_goto out", { { .code = 0xe5, .off = 9 }, EXIT }, 2, INSN_ETARGET, 0,
	  "jump out of range from insn 0 to 10" },
	{ "call out", { { .code = 0x85, .src = 1, .imm = 9 }, EXIT }, 2, INSN_ETARGET, 0,
	  "call to invalid destination" },
	{ "code address out", { { .code = 0x18, .dst = 1, .src = 4, .imm = 9 }, { 0 }, EXIT }, 3,
	  INSN_ETARGET, 0, "call to invalid destination" },
	{ "jump into wide", { MOV, { .code = 0x15, .off = 1 }, LDDW, EXIT }, 5, INSN_EMIDDLE, 1,
	  "jump into the middle of ldimm64 insn 2" },
	{ "call into wide", { { .code = 0x85, .src = 1, .imm = 2 }, EXIT, LDDW, EXIT },
	  5, INSN_EMIDDLE, 0,
	  "jump into the middle of ldimm64 insn 2" },
	{ "second slot with imm is no target either",
	  { { .code = 0x05, .off = 1 }, { .code = 0x18 }, { .imm = 9 },
	  EXIT }, 4, INSN_EMIDDLE, 0, "jump into the middle of ldimm64 insn 1" },
	{ "runs off", { EXIT, MOV }, 2, INSN_ELAST, 1, "last insn is not an exit or jmp" },
	{ "ends with jeq", { MOV, { .code = 0x15, .off = -1 } }, 2, INSN_ELAST, 1,
	  "last insn is not an exit or jmp" },
	{ "ends with call", { MOV, { .code = 0x85, .imm = 5 } }, 2, INSN_ELAST, 1,
	  "last insn is not an exit or jmp" },
	{ "ends with may_goto", { MOV, { .code = 0xe5, .off = -1 } }, 2, INSN_ELAST, 1,
	  "last insn is not an exit or jmp" },
	{ "ends with wide", { MOV, LDDW }, 3, INSN_ELAST, 2, "last insn is not an exit or jmp" },
	{ "writes r10", { { .code = 0xb7, .dst = 10 }, EXIT }, 2, INSN_EWRITE_FP, 0,
	  "frame pointer is read only" },
	{ "loads r10", { { .code = 0x79, .dst = 10 }, EXIT }, 2, INSN_EWRITE_FP, 0,
	  "frame pointer is read only" },
	{ "fetches into r10", { { .code = 0xdb, .dst = 1, .src = 10, .imm = 1 }, EXIT },
	  2, INSN_EWRITE_FP, 0,
	  "frame pointer is read only" },
	{ "adds r10 atomically", { { .code = 0xdb, .dst = 1, .src = 10 }, EXIT },
	  2, INSN_OK, 0, "" },
	{ "compares and stores r10",
	  { { .code = 0xdb, .dst = 1, .src = 10, .imm = 0xf1 }, EXIT }, 2,
	  INSN_OK, 0, "" },
	{ "stores to r10", { { .code = 0x7a, .dst = 10, .off = -8 }, EXIT }, 2, INSN_OK, 0, "" },
	{ "wide r10", { { .code = 0x18, .dst = 10 }, { 0 }, EXIT }, 3, INSN_EWRITE_FP, 0,
	  "frame pointer is read only" },
};

static void program_check_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(check_cases); i++) {
		const struct check_case *c = &check_cases[i];
		struct check_err why;
		uint8_t ids[8];
		bool ok = program_check(c->in, c->len, ids, &why);

		if (ok != (c->err == INSN_OK) || why.err != c->err || why.pc != c->pc ||
		    strcmp(why.msg, c->msg) != 0)
			fail_msg("%s: %d at %u: %s", c->name, why.err, why.pc, why.msg);
	}
}

static void program_check_length(void **state)
{
	static struct insn in[MAX_INSNS + 1];
	static uint8_t ids[MAX_INSNS + 1];
	struct check_err why;

	(void)state;
	for (uint32_t i = 0; i <= MAX_INSNS; i++)
		in[i] = insn_exit();
	assert_true(program_check(in, MAX_INSNS, ids, &why));
	assert_false(program_check(in, MAX_INSNS + 1, ids, &why));
	assert_int_equal(why.err, INSN_ELONG);
}

static void ids_and_leaders(void **state)
{
	const struct insn in[] = {
		insn_mov64_imm(0, 0),			/* 0 */
		insn_jmp_imm(JMP_JEQ, 1, 0, 2),		/* 1: to 4 */
		{ .code = 0x18, .dst = 1 }, { .imm = 1 },	/* 2, 3 */
		insn_call(5),				/* 4 */
		insn_mov64_imm(0, 1),			/* 5 */
		insn_call_local(4),			/* 6: to 11 */
		insn_may_goto(0),			/* 7 */
		{ .code = 0x18, .dst = 1, .src = 4, .imm = 3 }, { .imm = 0 },	/* 8, 9: to 12 */
		insn_exit(),				/* 10 */
		insn_mov64_imm(0, 1),			/* 11 */
		insn_mov64_imm(0, 1),			/* 12 */
		insn_ja(-4),				/* 13: to 10 */
	};
	static const uint8_t want_leader[] = { 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 0 };
	static const uint8_t want_ids[] = {
		I_MOV64_K, I_JEQ64_K, I_LD_IMM64, I_LDDW_HI, I_CALL_HELPER, I_MOV64_K, I_CALL_LOCAL,
		I_MAY_GOTO, I_LD_CODE_ADDR, I_LDDW_HI, I_EXIT, I_MOV64_K, I_MOV64_K, I_JA,
	};
	uint8_t ids[COUNT(in)], leader[COUNT(in)];
	struct check_err why;

	(void)state;
	assert_true(program_check(in, COUNT(in), ids, &why));
	assert_memory_equal(ids, want_ids, sizeof(ids));
	memset(leader, 0xff, sizeof(leader));
	program_leaders(in, ids, COUNT(in), leader);
	assert_memory_equal(leader, want_leader, sizeof(leader));
	assert_int_equal(insn_target(in, I_JEQ64_K, 1), 4);
	assert_int_equal(insn_target(in, I_CALL_LOCAL, 6), 11);
	assert_int_equal(insn_target(in, I_LD_CODE_ADDR, 8), 12);
}

static void every_error_has_a_sentence(void **state)
{
	(void)state;
	for (int e = 0; e < INSN_ERR_N; e++) {
		assert_non_null(insn_strerror((enum insn_err)e));
		assert_string_not_equal(insn_strerror((enum insn_err)e), "unknown error");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(registers_read_and_written),
		cmocka_unit_test(program_check_cases),
		cmocka_unit_test(program_check_length),
		cmocka_unit_test(ids_and_leaders),
		cmocka_unit_test(every_error_has_a_sentence),
	};

	return cmocka_run_group_tests_name("isa_check", tests, NULL, NULL);
}
