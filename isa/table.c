/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of isa.def as an array, and the names of their columns. */
#include "isa/isa.h"

/*
 * The fields that a row uses follow from its kind; only a jump by imm and the
 * sub-types of wide instructions differ within a kind.
 * src 1, 4 and 5 of the latter have no use for the second imm.
 */
#define USES_ALU_K(width, value)	(F_DST | F_IMM)
#define USES_ALU_X(width, value)	(F_DST | F_SRC)
#define USES_ALU_1(width, value)	F_DST
#define USES_ADDR_CAST(width, value)	(F_DST | F_SRC | F_IMM)
#define USES_JMP_K(width, value)	(F_DST | F_OFF | F_IMM)
#define USES_JMP_X(width, value)	(F_DST | F_SRC | F_OFF)
#define USES_JA(width, value)		((width) == 32 ? F_IMM : F_OFF)
#define USES_MAY_GOTO(width, value)	F_OFF
#define USES_CALL(width, value)		F_IMM
#define USES_CALL_LOCAL(width, value)	F_IMM
#define USES_CALL_KFUNC(width, value)	(F_OFF | F_IMM)
#define USES_CALLX(width, value)	F_DST
#define USES_EXIT(width, value)		0
#define USES_LDX(width, value)		(F_DST | F_SRC | F_OFF)
#define USES_LDSX(width, value)		(F_DST | F_SRC | F_OFF)
#define USES_STX(width, value)		(F_DST | F_SRC | F_OFF)
#define USES_ST(width, value)		(F_DST | F_OFF | F_IMM)
#define USES_ATOMIC(width, value)	(F_DST | F_SRC | F_OFF)
#define USES_ATOMIC_FETCH(width, value)	(F_DST | F_SRC | F_OFF)
#define USES_CMPXCHG(width, value)	(F_DST | F_SRC | F_OFF)
#define USES_LOAD_ACQ(width, value)	(F_DST | F_SRC | F_OFF)
#define USES_STORE_REL(width, value)	(F_DST | F_SRC | F_OFF)
#define USES_LD_IMM64(width, value) \
	(F_DST | F_IMM | ((value) == 1 || (value) == 4 || (value) == 5 ? 0 : F_IMM64))
#define USES_LD_ABS(width, value)	F_IMM
#define USES_LD_IND(width, value)	(F_SRC | F_IMM)

const struct insn_row insn_rows[INSN_N] = {
#define INSN(id_, code_, sel_, value_, kind_, op_, width_, group_, cpu_, text_) \
	[I_##id_] = { \
		.name = #id_, .text = text_, .value = value_, .code = code_, \
		.sel = SEL_##sel_, .kind = K_##kind_, .op = OP_##op_, .width = width_, \
		.group = G_##group_, .cpu = cpu_, .uses = USES_##kind_(width_, value_), \
	},
#include "isa/isa.def"
};

const char *const insn_group_name[G_N] = {
	[G_BASE32] = "base32", [G_BASE64] = "base64",
	[G_ATOMIC32] = "atomic32", [G_ATOMIC64] = "atomic64",
	[G_DIVMUL32] = "divmul32", [G_DIVMUL64] = "divmul64",
	[G_PACKET] = "packet", [G_LINUX] = "linux", [G_CALLX] = "callx",
};

const char *const insn_kind_name[K_N] = {
	[K_ALU_K] = "ALU_K", [K_ALU_X] = "ALU_X", [K_ALU_1] = "ALU_1",
	[K_ADDR_CAST] = "ADDR_CAST", [K_JMP_K] = "JMP_K", [K_JMP_X] = "JMP_X",
	[K_JA] = "JA", [K_MAY_GOTO] = "MAY_GOTO", [K_CALL] = "CALL",
	[K_CALL_LOCAL] = "CALL_LOCAL", [K_CALL_KFUNC] = "CALL_KFUNC",
	[K_CALLX] = "CALLX", [K_EXIT] = "EXIT", [K_LDX] = "LDX", [K_LDSX] = "LDSX",
	[K_STX] = "STX", [K_ST] = "ST", [K_ATOMIC] = "ATOMIC",
	[K_ATOMIC_FETCH] = "ATOMIC_FETCH", [K_CMPXCHG] = "CMPXCHG",
	[K_LOAD_ACQ] = "LOAD_ACQ", [K_STORE_REL] = "STORE_REL",
	[K_LD_IMM64] = "LD_IMM64", [K_LD_ABS] = "LD_ABS", [K_LD_IND] = "LD_IND",
};

const char *const insn_op_name[OP_N] = {
#define OP(name, meaning) [OP_##name] = #name,
#define CMP(name, taken) [OP_##name] = #name,
#include "isa/isa.def"
	[OP_JA] = "JA", [OP_CALL] = "CALL", [OP_EXIT] = "EXIT",
};
