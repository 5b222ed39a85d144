/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isa: the BPF instruction set (RFC 9669, and Linux's extensions).
 *
 * One table, isa.def, drives decoding, text and documentation.  This folder
 * includes nothing of ours.
 */
#ifndef ISA_ISA_H
#define ISA_ISA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* ---- the encoding (RFC 9669 section 3) -------------------------------- */

struct insn {
	uint8_t code;
	uint8_t dst : 4, src : 4;
	int16_t off;
	int32_t imm;
};
_Static_assert(sizeof(struct insn) == 8, "an instruction is 8 bytes");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "little-endian hosts only");

enum {
	REG_FP = 10,		/* r10, read-only */
	REGS = 11,
	STACK_SIZE = 512,	/* bytes per frame */
	MAX_FRAMES = 8,		/* main included */
	MAX_INSNS = 1000000,	/* slots of one program */
	MAX_TAIL_CALLS = 33,
};

enum insn_class {
	CLS_LD, CLS_LDX, CLS_ST, CLS_STX, CLS_ALU, CLS_JMP, CLS_JMP32, CLS_ALU64,
};

/* Sizes and modes of loads and stores, sources and codes of the rest. */
enum { SZ_W = 0x00, SZ_H = 0x08, SZ_B = 0x10, SZ_DW = 0x18 };
enum {
	MD_IMM = 0x00, MD_ABS = 0x20, MD_IND = 0x40, MD_MEM = 0x60, MD_MEMSX = 0x80,
	MD_ATOMIC = 0xc0,
};
enum { SRC_K = 0, SRC_X = 8 };
enum {
	ALU_ADD = 0x00, ALU_SUB = 0x10, ALU_MUL = 0x20, ALU_DIV = 0x30,
	ALU_OR = 0x40, ALU_AND = 0x50, ALU_LSH = 0x60, ALU_RSH = 0x70,
	ALU_NEG = 0x80, ALU_MOD = 0x90, ALU_XOR = 0xa0, ALU_MOV = 0xb0,
	ALU_ARSH = 0xc0, ALU_END = 0xd0,
};
enum {
	JMP_JA = 0x00, JMP_JEQ = 0x10, JMP_JGT = 0x20, JMP_JGE = 0x30,
	JMP_JSET = 0x40, JMP_JNE = 0x50, JMP_JSGT = 0x60, JMP_JSGE = 0x70,
	JMP_CALL = 0x80, JMP_EXIT = 0x90, JMP_JLT = 0xa0, JMP_JLE = 0xb0,
	JMP_JSLT = 0xc0, JMP_JSLE = 0xd0, JMP_JCOND = 0xe0,
};
enum {
	ATOM_FETCH = 0x01, ATOM_XCHG = 0xe1, ATOM_CMPXCHG = 0xf1,
	ATOM_LOAD_ACQ = 0x100, ATOM_STORE_REL = 0x110,
};

/* ---- table.c: the rows ------------------------------------------------- */

enum insn_id {
#define INSN(id, code, selector, value, kind, op, width, group, cpu, text) I_##id,
#include "isa/isa.def"
	INSN_N,
	I_LDDW_HI = 0xfe,	/* the second slot of a wide instruction */
	I_NONE = 0xff,		/* not an instruction */
};
_Static_assert(INSN_N < I_LDDW_HI, "an id fits into a byte");

enum insn_op {
#define OP(name, meaning) OP_##name,
#define CMP(name, taken) OP_##name,
#include "isa/isa.def"
	OP_JA, OP_CALL, OP_EXIT,
	OP_N,
};

enum insn_kind {
	K_ALU_K,	/* dst = dst op imm (MOV: dst = imm) */
	K_ALU_X,	/* dst = dst op src (MOV, MOVSX: dst = op src) */
	K_ALU_1,	/* dst = op dst (NEG, END) */
	K_ADDR_CAST,
	K_JMP_K, K_JMP_X,
	K_JA,		/* width 64: by off; width 32: by imm */
	K_MAY_GOTO,
	K_CALL,		/* helper imm */
	K_CALL_LOCAL,	/* pc += imm */
	K_CALL_KFUNC,
	K_CALLX,
	K_EXIT,
	K_LDX, K_LDSX, K_STX, K_ST,
	K_ATOMIC,	/* mem op= src */
	K_ATOMIC_FETCH,	/* the same, src = old (op MOV: XCHG) */
	K_CMPXCHG,	/* r0 = old; mem = src if old == r0 */
	K_LOAD_ACQ, K_STORE_REL,
	K_LD_IMM64,	/* src is the sub-type, 0 to 6 */
	K_LD_ABS, K_LD_IND,
	K_N,
};

enum insn_group {
	G_BASE32, G_BASE64, G_ATOMIC32, G_ATOMIC64, G_DIVMUL32, G_DIVMUL64,
	G_PACKET, G_LINUX, G_CALLX, G_N,
};

/*
 * Fields that a row uses as operands (IMM64: the imm of the second slot); the
 * others must be zero.
 */
enum { F_DST = 1, F_SRC = 2, F_OFF = 4, F_IMM = 8, F_IMM64 = 16 };
enum insn_sel { SEL_NONE, SEL_OFF, SEL_IMM, SEL_SRC };

struct insn_row {
	const char *name;	/* "ADD64_K" */
	const char *text;	/* as in isa.def */
	int32_t value;		/* of the selector field */
	uint8_t code, sel, kind, op;
	uint8_t width;		/* bits */
	uint8_t group, cpu, uses;
};

extern const struct insn_row insn_rows[INSN_N];
extern const char *const insn_group_name[G_N];	/* "base32", ... */
extern const char *const insn_kind_name[K_N];
extern const char *const insn_op_name[OP_N];

/* The row of an id below INSN_N. */
static inline const struct insn_row *insn_row(uint8_t id)
{
	return &insn_rows[id];
}

/* ---- decode.c: bytes to ids, and the checks that any engine needs ------- */

enum insn_err {
	INSN_OK,
	INSN_EOPCODE,		/* unknown opcode */
	INSN_ESELECTOR,		/* known opcode, unknown sub-operation */
	INSN_ERESERVED,		/* a field that must be zero is not */
	INSN_EREG,		/* register above r10 */
	INSN_ETRUNC,		/* wide instruction without its second slot */
	INSN_ESECOND,		/* second slot with other fields than imm */
	/* of a whole program only: */
	INSN_EEMPTY, INSN_ELONG,
	INSN_ETARGET,		/* jump or call out of the program */
	INSN_EMIDDLE,		/* jump or call into the middle of a wide insn */
	INSN_ELAST,		/* execution can run off the end */
	INSN_EWRITE_FP,		/* writes r10 */
	INSN_ERR_N,
};

/* A short sentence, as Linux logs it where Linux has one. */
const char *insn_strerror(enum insn_err err);

/*
 * The id of in[0], of which left slots follow (left >= 1), or I_NONE with the
 * reason in *err (which may be NULL).
 */
uint8_t insn_decode(const struct insn *in, uint32_t left, enum insn_err *err);

struct check_err {
	enum insn_err err;
	uint32_t pc;
	char msg[80];		/* the sentence with its numbers filled in */
};

/*
 * Structural check of a program of len slots: every slot decodes, registers
 * exist, r10 is never written, jumps and local calls stay inside and hit no
 * second slot, the last insn is an exit or an unconditional jump.  It says
 * nothing of reachability, types or loops.
 * ids[len] receives the id of each slot (I_LDDW_HI for second slots).
 * Returns true if the program is well-formed, else false with *why.
 */
bool program_check(const struct insn *in, uint32_t len, uint8_t *ids, struct check_err *why);

/*
 * The slot that insn pc jumps to (kinds JMP, JA, MAY_GOTO), locally calls
 * (CALL_LOCAL) or takes the address of (LD_CODE_ADDR).
 */
static inline int64_t insn_target(const struct insn *in, uint8_t id, uint32_t pc)
{
	const struct insn_row *r = insn_row(id);
	bool by_imm = r->kind == K_CALL_LOCAL || (r->kind == K_JA && r->width == 32) ||
		      id == I_LD_CODE_ADDR;

	return (int64_t)pc + 1 + (by_imm ? in[pc].imm : in[pc].off);
}

/* Slots that an id takes. */
static inline uint32_t insn_slots(uint8_t id)
{
	return insn_row(id)->kind == K_LD_IMM64 ? 2 : 1;
}

/* The 64-bit value of a wide instruction. */
static inline uint64_t insn_imm64(const struct insn *in)
{
	return (uint32_t)in[0].imm | (uint64_t)(uint32_t)in[1].imm << 32;
}

/*
 * Registers that the insn reads and writes, one bit each.  A helper call
 * reads none here (its prototype says which), and writes r0 to r5; exit reads
 * r0; a local call reads none and writes r0 to r5.
 */
uint16_t insn_reads(const struct insn *in, uint8_t id);
uint16_t insn_writes(const struct insn *in, uint8_t id);
void insn_regs(const struct insn *in, uint8_t id, uint16_t *reads, uint16_t *writes);	/* both */

/*
 * Marks where basic blocks begin, for a program that passed program_check():
 * slot 0, jump targets, local call and LD_CODE_ADDR targets, and the insns
 * after conditional jumps, may_goto, ja, exit and local calls.  Helper calls do
 * not end a block.
 * Both engines charge fuel at these places.  leader has len bytes.
 */
void program_leaders(const struct insn *in, const uint8_t *ids, uint32_t len, uint8_t *leader);

/* ---- eval.c: the meaning of ALU operations and comparisons -------------- */

/*
 * What the OP and CMP rows of isa.def say.  width is 32 or 64; for END it is
 * 64.  (Width 8 works for the plain ones, too: tests can try all operands.)
 * An immediate operand is passed sign-extended to 64 bits.  MOV and MOVSX look
 * at s only, NEG and END at d only.
 */
uint64_t insn_eval(enum insn_op op, uint8_t width, uint64_t d, uint64_t s);
bool insn_taken(enum insn_op op, uint8_t width, uint64_t d, uint64_t s);

/* ---- build.c: constructors, one for each form --------------------------- */

/* Any row: fields that it does not use are ignored, the selector is set. */
struct insn insn_make(uint8_t id, uint8_t dst, uint8_t src, int16_t off, int32_t imm);

struct insn insn_alu64_imm(uint8_t alu, uint8_t dst, int32_t imm);	/* alu: ALU_ADD, ... */
struct insn insn_alu64_reg(uint8_t alu, uint8_t dst, uint8_t src);
struct insn insn_alu32_imm(uint8_t alu, uint8_t dst, int32_t imm);
struct insn insn_alu32_reg(uint8_t alu, uint8_t dst, uint8_t src);
struct insn insn_mov64_imm(uint8_t dst, int32_t imm);
struct insn insn_mov64_reg(uint8_t dst, uint8_t src);
struct insn insn_mov32_imm(uint8_t dst, int32_t imm);
struct insn insn_mov32_reg(uint8_t dst, uint8_t src);
struct insn insn_movsx(uint8_t width, uint8_t bits, uint8_t dst, uint8_t src);
struct insn insn_neg(uint8_t width, uint8_t dst);
struct insn insn_le(uint8_t bits, uint8_t dst);
struct insn insn_be(uint8_t bits, uint8_t dst);
struct insn insn_bswap(uint8_t bits, uint8_t dst);
/* size: SZ_B, ... */
struct insn insn_ldx(uint8_t size, uint8_t dst, uint8_t src, int16_t off);
struct insn insn_ldsx(uint8_t size, uint8_t dst, uint8_t src, int16_t off);
struct insn insn_stx(uint8_t size, uint8_t dst, int16_t off, uint8_t src);
struct insn insn_st(uint8_t size, uint8_t dst, int16_t off, int32_t imm);
struct insn insn_atomic(uint8_t size, int32_t op, uint8_t dst, int16_t off, uint8_t src);
struct insn insn_load_acq(uint8_t size, uint8_t dst, uint8_t src, int16_t off);
struct insn insn_store_rel(uint8_t size, uint8_t dst, int16_t off, uint8_t src);
/* jmp: JMP_JEQ, ... */
struct insn insn_jmp_imm(uint8_t jmp, uint8_t dst, int32_t imm, int16_t off);
struct insn insn_jmp_reg(uint8_t jmp, uint8_t dst, uint8_t src, int16_t off);
struct insn insn_jmp32_imm(uint8_t jmp, uint8_t dst, int32_t imm, int16_t off);
struct insn insn_jmp32_reg(uint8_t jmp, uint8_t dst, uint8_t src, int16_t off);
struct insn insn_ja(int16_t off);
struct insn insn_ja32(int32_t imm);
struct insn insn_may_goto(int16_t off);
struct insn insn_call(int32_t helper);
struct insn insn_call_local(int32_t imm);
struct insn insn_call_kfunc(int32_t btf_id);
struct insn insn_callx(uint8_t reg);
struct insn insn_exit(void);
struct insn insn_addr_cast(uint8_t dst, uint8_t src, uint16_t dst_as, uint16_t src_as);
struct insn insn_ld_abs(uint8_t size, int32_t imm);
struct insn insn_ld_ind(uint8_t size, uint8_t src, int32_t imm);
/* The two slots of a wide instruction; subtype 0 to 6, imm64 is imm | next_imm << 32. */
void insn_lddw(struct insn out[2], uint8_t dst, uint8_t subtype, uint64_t imm64);

/* ---- disasm.c ------------------------------------------------------------ */

/*
 * Writes in[0] (left slots follow) as text into buf, always terminated, in the
 * syntax of isa.def; what does not decode becomes ".slot 0x%016x".  Returns
 * the slots consumed (1 or 2).
 */
uint32_t insn_print(char *buf, size_t size, const struct insn *in, uint32_t left);

/* ---- asm.c --------------------------------------------------------------- */

struct asm_err {
	uint32_t line, col;	/* from 1 */
	char msg[120];
	char text[160];		/* the line itself, for the caret */
};

/*
 * Assembles text (len bytes, need not be terminated): the syntax of isa.def
 * and of the kernel's log, the mnemonics of bpf_conformance, labels, and
 * ".slot 0x..." for raw slots; '#', '//' and ';' at the start of a word begin
 * a comment.  Returns the number of slots (0 is a valid empty program),
 * written to out[cap], or -1 with *err.  More than cap slots is an error.
 */
long asm_text(const char *text, size_t len, struct insn *out, uint32_t cap, struct asm_err *err);

/* Prints "name:line:col: error: msg", the line and a caret. */
void asm_err_print(FILE *f, const char *name, const struct asm_err *err);

#endif
