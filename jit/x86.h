/* SPDX-License-Identifier: Apache-2.0 */
/*
 * x86.h: encoding of x86-64 instructions, after the AMD64 Architecture
 * Programmer's Manual, volume 3.  Private to the x86 files of this folder.
 *
 * Registers of the guest and of the machine:
 *
 *	r0 rax   r1 rdi   r2 rsi   r3 rdx   r4 rcx   r5 r8
 *	r6 rbx   r7 r13   r8 r14   r9 r15   r10 rbp
 *
 * so that r1 to r5 are lost in calls into C and r6 to r10 are not, as in BPF.
 * r12 is the struct jit_ctx; r9, r10 and r11 are scratch within one insn.
 * No flag lives from one insn to the next.
 */
#ifndef JIT_X86_H
#define JIT_X86_H

#include <assert.h>
#include <string.h>

#include "jit/internal.h"

enum {
	RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15,
	RCTX = R12,
	X86_BMI2 = 1,		/* of features */
	/*
	 * No insn takes more, whatever the mode (fetching atomics of checked
	 * code at the head of a block come nearest; thunks are checked alike).
	 */
	X86_INSN_MAX = 160,
};

static const uint8_t x86_reg[REGS] = { RAX, RDI, RSI, RDX, RCX, R8, RBX, R13, R14, R15, RBP };

/* Condition codes. */
enum { CC_B = 2, CC_AE, CC_E, CC_NE, CC_BE, CC_A, CC_S, CC_NS, CC_L = 12, CC_GE, CC_LE, CC_G };

/* Displacement of a field of the context. */
#define CTX(field) ((int32_t)offsetof(struct jit_ctx, field) - JIT_CTX_BIAS)

/* Opcodes of two bytes, 0f xx. */
#define OP2(x) (0x0f | (x) << 8)

/* The /n of opcodes 81, 83 (also n << 3 | 1: op r/m, r), c1 and d3, f7. */
enum { X_ADD, X_OR, X_AND = 4, X_SUB, X_XOR, X_CMP };
enum { X_ROL = 0, X_SHL = 4, X_SHR, X_SAR = 7 };
enum { X_TEST = 0, X_NOT = 2, X_NEG, X_MUL, X_IMUL, X_DIV, X_IDIV };

/* Up to 8 bytes; what lies beyond the n first is overwritten later. */
static inline void put(struct jit_build *b, uint64_t bytes, uint32_t n)
{
	memcpy(b->p, &bytes, sizeof(bytes));
	b->p += n;
}

static inline void put_imm32(struct jit_build *b, int32_t imm)
{
	memcpy(b->p, &imm, sizeof(imm));
	b->p += sizeof(imm);
}

static inline bool is_imm8(int64_t v)
{
	return v == (int8_t)v;
}

static inline bool is_imm32(int64_t v)
{
	return v == (int32_t)v;
}

/* [rex] opcode modrm, reg and rm are registers.  rex: bits that must be set (0x48, 0x40 or 0). */
static inline void x86_op_rex(struct jit_build *b, uint32_t rex, uint32_t op, uint32_t reg,
			      uint32_t rm)
{
	uint32_t n = op > 0xff ? 2 : 1;
	uint64_t bytes = op | (uint64_t)(0xc0 | (reg & 7) << 3 | (rm & 7)) << 8 * n;

	rex |= (reg >> 3) << 2 | rm >> 3;
	if (rex)
		put(b, bytes << 8 | 0x40 | rex, n + 2);
	else
		put(b, bytes, n + 1);
}

/* The same, 64 (w) or 32 bits wide. */
static inline void x86_rr(struct jit_build *b, bool w, uint32_t op, uint32_t reg, uint32_t rm)
{
	x86_op_rex(b, w ? 0x48 : 0, op, reg, rm);
}

/* rm is a byte register: spl, bpl, sil and dil need a REX prefix. */
static inline void x86_rr_byte(struct jit_build *b, bool w, uint32_t op, uint32_t reg, uint32_t rm)
{
	x86_op_rex(b, w ? 0x48 : rm >= 4 ? 0x40 : 0, op, reg, rm);
}

/* [rex] opcode modrm [sib] [disp]: reg and [base + disp]. */
static inline void x86_rm_rex(struct jit_build *b, uint32_t rex, uint32_t op, uint32_t reg,
			      uint32_t base, int32_t disp)
{
	uint32_t n = op > 0xff ? 2 : 1;
	uint32_t mod = disp == 0 && (base & 7) != RBP ? 0 : is_imm8(disp) ? 1 : 2;
	uint64_t bytes = op | (uint64_t)(mod << 6 | (reg & 7) << 3 | (base & 7)) << 8 * n;

	n++;
	if ((base & 7) == RSP)
		bytes |= 0x24ULL << 8 * n++;
	rex |= (reg >> 3) << 2 | base >> 3;
	if (rex) {
		bytes = bytes << 8 | 0x40 | rex;
		n++;
	}
	put(b, bytes, n);
	if (mod == 1)
		put(b, (uint8_t)disp, 1);
	else if (mod == 2)
		put_imm32(b, disp);
}

static inline void x86_rm(struct jit_build *b, bool w, uint32_t op, uint32_t reg, uint32_t base,
			  int32_t disp)
{
	x86_rm_rex(b, w ? 0x48 : 0, op, reg, base, disp);
}

/* The same, and reg is a byte register. */
static inline void x86_rm_byte(struct jit_build *b, uint32_t op, uint32_t reg, uint32_t base,
			       int32_t disp)
{
	x86_rm_rex(b, reg >= 4 ? 0x40 : 0, op, reg, base, disp);
}

static inline void x86_mov(struct jit_build *b, bool w, uint32_t dst, uint32_t src)
{
	x86_rr(b, w, 0x8b, dst, src);
}

static inline void x86_load64(struct jit_build *b, uint32_t dst, uint32_t base, int32_t disp)
{
	x86_rm(b, true, 0x8b, dst, base, disp);
}

static inline void x86_store64(struct jit_build *b, uint32_t base, int32_t disp, uint32_t src)
{
	x86_rm(b, true, 0x89, src, base, disp);
}

static inline void x86_lea(struct jit_build *b, bool w, uint32_t dst, uint32_t base, int32_t disp)
{
	x86_rm(b, w, 0x8d, dst, base, disp);
}

/* dst = 0 (32-bit writes clear the high half) */
static inline void x86_zero(struct jit_build *b, uint32_t dst)
{
	x86_rr(b, false, 0x31, dst, dst);
}

static inline void x86_mov_imm(struct jit_build *b, uint32_t dst, uint64_t v)
{
	if (v == 0) {
		x86_zero(b, dst);
	} else if (v <= UINT32_MAX) {
		if (dst >= 8)
			put(b, 0x41, 1);
		put(b, (0xb8 + (dst & 7)) | v << 8, 5);
	} else if (v == UINT64_MAX) {
		x86_rr(b, true, 0x83, X_OR, dst);
		put(b, 0xff, 1);
	} else if (is_imm32((int64_t)v)) {
		x86_rr(b, true, 0xc7, 0, dst);
		put_imm32(b, (int32_t)v);
	} else {
		put(b, (dst >= 8 ? 0x49 : 0x48) | (0xb8 + (dst & 7)) << 8, 2);
		put(b, v, 8);
	}
}

/* op (X_ADD, ...) dst, imm */
static inline void x86_alu_imm(struct jit_build *b, bool w, uint32_t op, uint32_t dst, int32_t imm)
{
	if (is_imm8(imm)) {
		x86_rr(b, w, 0x83, op, dst);
		put(b, (uint8_t)imm, 1);
	} else if (dst == RAX) {
		put(b, w ? 0x48 | (op << 3 | 5) << 8 : op << 3 | 5, w ? 2 : 1);
		put_imm32(b, imm);
	} else {
		x86_rr(b, w, 0x81, op, dst);
		put_imm32(b, imm);
	}
}

/* op dst, src */
static inline void x86_alu(struct jit_build *b, bool w, uint32_t op, uint32_t dst, uint32_t src)
{
	x86_rr(b, w, op << 3 | 1, src, dst);
}

static inline void x86_shift_imm(struct jit_build *b, bool w, uint32_t op, uint32_t dst, uint32_t n)
{
	if (n == 1) {
		x86_rr(b, w, 0xd1, op, dst);
	} else {
		x86_rr(b, w, 0xc1, op, dst);
		put(b, n, 1);
	}
}

static inline void x86_push(struct jit_build *b, uint32_t reg)
{
	if (reg >= 8)
		put(b, 0x41, 1);
	put(b, 0x50 + (reg & 7), 1);
}

static inline void x86_pop(struct jit_build *b, uint32_t reg)
{
	if (reg >= 8)
		put(b, 0x41, 1);
	put(b, 0x58 + (reg & 7), 1);
}

/* Short jumps forward within one insn; cc < 0: unconditional. */
static inline uint8_t *x86_skip(struct jit_build *b, int cc)
{
	put(b, cc < 0 ? 0xeb : 0x70 + cc, 2);
	return b->p;
}

static inline void x86_land(struct jit_build *b, uint8_t *from)
{
	assert(b->p - from <= 127);
	from[-1] = (uint8_t)(b->p - from);
}

/* A short jump backward within one insn. */
static inline void x86_back(struct jit_build *b, int cc, const uint8_t *to)
{
	ptrdiff_t disp = to - (b->p + 2);

	assert(disp >= -128);
	put(b, (0x70 + cc) | (uint32_t)(uint8_t)disp << 8, 2);
}

/* ---- x86_jump.c: what refers to other places -------------------------------- */

void x86_jump(struct jit_build *b, int cc, uint32_t slot);	/* cc < 0: always */
void x86_call_thunk(struct jit_build *b, uint32_t sub);
void x86_call_stub(struct jit_build *b, enum jit_stub stub);
void x86_jump_stub(struct jit_build *b, int cc, enum jit_stub stub);
void x86_call_slot(struct jit_build *b, uint32_t slot);
/* Chooses the length of each jump, moves code apart for long ones, patches and validates all. */
bool x86_link(struct jit_build *b);

/* ---- x86_alu.c --------------------------------------------------------------- */

/* False: id is no ALU insn. */
bool x86_emit_alu(struct jit_build *b, const struct insn *in, uint8_t id);
/* Comparison of a conditional jump: the condition code to jump on, or -1 if id is none. */
int x86_emit_cmp(struct jit_build *b, const struct insn *in, uint8_t id);

/* ---- x86_mem.c --------------------------------------------------------------- */

/* False: id is no load, store or atomic. */
bool x86_emit_mem(struct jit_build *b, const struct insn *in, uint8_t id);

/* ---- x86_stub.c -------------------------------------------------------------- */

void x86_emit_stubs(struct jit_build *b);

#endif
