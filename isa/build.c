/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constructors.  They put bytes together as RFC 9669 describes them and do not
 * look at the table (insn_make() does), so that one can test the other.  What
 * has no encoding is the caller's mistake.
 */
#include "isa/isa.h"

#include <assert.h>

static struct insn insn_of(uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	struct insn in = { .code = code, .off = off, .imm = imm };

	assert(dst < 16 && src < 16);
	in.dst = dst & 15;
	in.src = src & 15;
	return in;
}

struct insn insn_make(uint8_t id, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	const struct insn_row *r = insn_row(id);
	struct insn in = { .code = r->code };

	assert(dst < 16 && src < 16);
	if (r->uses & F_DST)
		in.dst = dst & 15;
	if (r->uses & F_SRC)
		in.src = src & 15;
	if (r->uses & F_OFF)
		in.off = off;
	if (r->uses & F_IMM)
		in.imm = imm;
	if (r->sel == SEL_OFF)
		in.off = (int16_t)r->value;
	else if (r->sel == SEL_IMM)
		in.imm = r->value;
	else if (r->sel == SEL_SRC)
		in.src = r->value & 15;
	return in;
}

/* ---- arithmetic ---------------------------------------------------------- */

struct insn insn_alu64_imm(uint8_t alu, uint8_t dst, int32_t imm)
{
	return insn_of(CLS_ALU64 | SRC_K | alu, dst, 0, 0, imm);
}

struct insn insn_alu64_reg(uint8_t alu, uint8_t dst, uint8_t src)
{
	return insn_of(CLS_ALU64 | SRC_X | alu, dst, src, 0, 0);
}

struct insn insn_alu32_imm(uint8_t alu, uint8_t dst, int32_t imm)
{
	return insn_of(CLS_ALU | SRC_K | alu, dst, 0, 0, imm);
}

struct insn insn_alu32_reg(uint8_t alu, uint8_t dst, uint8_t src)
{
	return insn_of(CLS_ALU | SRC_X | alu, dst, src, 0, 0);
}

struct insn insn_mov64_imm(uint8_t dst, int32_t imm)
{
	return insn_alu64_imm(ALU_MOV, dst, imm);
}

struct insn insn_mov64_reg(uint8_t dst, uint8_t src)
{
	return insn_alu64_reg(ALU_MOV, dst, src);
}

struct insn insn_mov32_imm(uint8_t dst, int32_t imm)
{
	return insn_alu32_imm(ALU_MOV, dst, imm);
}

struct insn insn_mov32_reg(uint8_t dst, uint8_t src)
{
	return insn_alu32_reg(ALU_MOV, dst, src);
}

/* The class of an operation of width 32 or 64. */
static uint8_t alu_class(uint8_t width)
{
	assert(width == 32 || width == 64);
	return width == 64 ? CLS_ALU64 : CLS_ALU;
}

struct insn insn_movsx(uint8_t width, uint8_t bits, uint8_t dst, uint8_t src)
{
	assert(bits == 8 || bits == 16 || (bits == 32 && width == 64));
	return insn_of(alu_class(width) | SRC_X | ALU_MOV, dst, src, bits, 0);
}

struct insn insn_neg(uint8_t width, uint8_t dst)
{
	return insn_of(alu_class(width) | SRC_K | ALU_NEG, dst, 0, 0, 0);
}

/* The three byte orders: to little-endian, to big-endian, swap. */
static struct insn insn_end(uint8_t class_and_source, uint8_t bits, uint8_t dst)
{
	assert(bits == 16 || bits == 32 || bits == 64);
	return insn_of(class_and_source | ALU_END, dst, 0, 0, bits);
}

struct insn insn_le(uint8_t bits, uint8_t dst)
{
	return insn_end(CLS_ALU | SRC_K, bits, dst);
}

struct insn insn_be(uint8_t bits, uint8_t dst)
{
	return insn_end(CLS_ALU | SRC_X, bits, dst);
}

struct insn insn_bswap(uint8_t bits, uint8_t dst)
{
	return insn_end(CLS_ALU64 | SRC_K, bits, dst);
}

struct insn insn_addr_cast(uint8_t dst, uint8_t src, uint16_t dst_as, uint16_t src_as)
{
	uint32_t imm = (uint32_t)dst_as << 16 | src_as;

	return insn_of(CLS_ALU64 | SRC_X | ALU_MOV, dst, src, 1, (int32_t)imm);
}

/* ---- memory -------------------------------------------------------------- */

struct insn insn_ldx(uint8_t size, uint8_t dst, uint8_t src, int16_t off)
{
	return insn_of(CLS_LDX | MD_MEM | size, dst, src, off, 0);
}

struct insn insn_ldsx(uint8_t size, uint8_t dst, uint8_t src, int16_t off)
{
	assert(size != SZ_DW);
	return insn_of(CLS_LDX | MD_MEMSX | size, dst, src, off, 0);
}

struct insn insn_stx(uint8_t size, uint8_t dst, int16_t off, uint8_t src)
{
	return insn_of(CLS_STX | MD_MEM | size, dst, src, off, 0);
}

struct insn insn_st(uint8_t size, uint8_t dst, int16_t off, int32_t imm)
{
	return insn_of(CLS_ST | MD_MEM | size, dst, 0, off, imm);
}

struct insn insn_atomic(uint8_t size, int32_t op, uint8_t dst, int16_t off, uint8_t src)
{
	assert(size == SZ_W || size == SZ_DW);
	return insn_of(CLS_STX | MD_ATOMIC | size, dst, src, off, op);
}

struct insn insn_load_acq(uint8_t size, uint8_t dst, uint8_t src, int16_t off)
{
	return insn_of(CLS_STX | MD_ATOMIC | size, dst, src, off, ATOM_LOAD_ACQ);
}

struct insn insn_store_rel(uint8_t size, uint8_t dst, int16_t off, uint8_t src)
{
	return insn_of(CLS_STX | MD_ATOMIC | size, dst, src, off, ATOM_STORE_REL);
}

struct insn insn_ld_abs(uint8_t size, int32_t imm)
{
	assert(size != SZ_DW);
	return insn_of(CLS_LD | MD_ABS | size, 0, 0, 0, imm);
}

struct insn insn_ld_ind(uint8_t size, uint8_t src, int32_t imm)
{
	assert(size != SZ_DW);
	return insn_of(CLS_LD | MD_IND | size, 0, src, 0, imm);
}

void insn_lddw(struct insn out[2], uint8_t dst, uint8_t subtype, uint64_t imm64)
{
	out[0] = insn_of(CLS_LD | MD_IMM | SZ_DW, dst, subtype, 0, (int32_t)(uint32_t)imm64);
	out[1] = insn_of(0, 0, 0, 0, (int32_t)(uint32_t)(imm64 >> 32));
}

/* ---- control flow -------------------------------------------------------- */

struct insn insn_jmp_imm(uint8_t jmp, uint8_t dst, int32_t imm, int16_t off)
{
	return insn_of(CLS_JMP | SRC_K | jmp, dst, 0, off, imm);
}

struct insn insn_jmp_reg(uint8_t jmp, uint8_t dst, uint8_t src, int16_t off)
{
	return insn_of(CLS_JMP | SRC_X | jmp, dst, src, off, 0);
}

struct insn insn_jmp32_imm(uint8_t jmp, uint8_t dst, int32_t imm, int16_t off)
{
	return insn_of(CLS_JMP32 | SRC_K | jmp, dst, 0, off, imm);
}

struct insn insn_jmp32_reg(uint8_t jmp, uint8_t dst, uint8_t src, int16_t off)
{
	return insn_of(CLS_JMP32 | SRC_X | jmp, dst, src, off, 0);
}

struct insn insn_ja(int16_t off)
{
	return insn_of(CLS_JMP | JMP_JA, 0, 0, off, 0);
}

struct insn insn_ja32(int32_t imm)
{
	return insn_of(CLS_JMP32 | JMP_JA, 0, 0, 0, imm);
}

struct insn insn_may_goto(int16_t off)
{
	return insn_of(CLS_JMP | JMP_JCOND, 0, 0, off, 0);
}

struct insn insn_call(int32_t helper)
{
	return insn_of(CLS_JMP | JMP_CALL, 0, 0, 0, helper);
}

struct insn insn_call_local(int32_t imm)
{
	return insn_of(CLS_JMP | JMP_CALL, 0, 1, 0, imm);
}

struct insn insn_call_kfunc(int32_t btf_id)
{
	return insn_of(CLS_JMP | JMP_CALL, 0, 2, 0, btf_id);
}

struct insn insn_callx(uint8_t reg)
{
	return insn_of(CLS_JMP | SRC_X | JMP_CALL, reg, 0, 0, 0);
}

struct insn insn_exit(void)
{
	return insn_of(CLS_JMP | JMP_EXIT, 0, 0, 0, 0);
}
