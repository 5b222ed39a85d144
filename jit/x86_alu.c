/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic, moves, byte order and comparisons on x86-64. */
#include "jit/x86.h"

/* The 32-bit form of an operation that would leave dst alone still clears its high half. */
static void zext_or_nothing(struct jit_build *b, bool w, uint32_t dst)
{
	if (!w)
		x86_mov(b, false, dst, dst);
}

/* ---- with an immediate ----------------------------------------------------------- */

static void add_imm(struct jit_build *b, bool w, uint32_t dst, int32_t imm)
{
	if (imm == 0) {
		zext_or_nothing(b, w, dst);
	} else if (imm == 1 || imm == -1) {
		x86_rr(b, w, 0xff, imm == 1 ? 0 : 1, dst);	/* inc, dec */
	} else if (imm == 128) {
		x86_alu_imm(b, w, X_SUB, dst, -128);	/* shorter */
	} else {
		x86_alu_imm(b, w, X_ADD, dst, imm);
	}
}

static void sub_imm(struct jit_build *b, bool w, uint32_t dst, int32_t imm)
{
	if (imm == INT32_MIN)	/* cannot be negated: -(-2^31) is no imm32 */
		x86_alu_imm(b, w, X_SUB, dst, imm);
	else
		add_imm(b, w, dst, -imm);
}

static void and_imm(struct jit_build *b, bool w, uint32_t dst, int32_t imm)
{
	/* A positive mask clears the high half in either form. */
	if (imm >= 0)
		w = false;
	if (imm == 0)
		x86_zero(b, dst);
	else if (imm == -1)
		zext_or_nothing(b, w, dst);
	else if (imm == 0xff)
		x86_rr_byte(b, false, OP2(0xb6), dst, dst);	/* movzx */
	else if (imm == 0xffff)
		x86_rr(b, false, OP2(0xb7), dst, dst);
	else
		x86_alu_imm(b, w, X_AND, dst, imm);
}

static void or_imm(struct jit_build *b, bool w, uint32_t dst, int32_t imm)
{
	if (imm == 0)
		zext_or_nothing(b, w, dst);
	else
		x86_alu_imm(b, w, X_OR, dst, imm);
}

static void xor_imm(struct jit_build *b, bool w, uint32_t dst, int32_t imm)
{
	if (imm == 0)
		zext_or_nothing(b, w, dst);
	else if (imm == -1)
		x86_rr(b, w, 0xf7, X_NOT, dst);
	else
		x86_alu_imm(b, w, X_XOR, dst, imm);
}

static void shift_imm(struct jit_build *b, bool w, uint32_t op, uint32_t dst, int32_t imm)
{
	uint32_t n = (uint32_t)imm & (w ? 63 : 31);

	if (n == 0)
		zext_or_nothing(b, w, dst);
	else
		x86_shift_imm(b, w, op, dst, n);
}

static void mul_imm(struct jit_build *b, bool w, uint32_t dst, int32_t imm)
{
	if (imm == 0) {
		x86_zero(b, dst);
	} else if (imm == 1) {
		zext_or_nothing(b, w, dst);
	} else if (imm == -1) {
		x86_rr(b, w, 0xf7, X_NEG, dst);
	} else if (imm > 0 && !(imm & (imm - 1))) {
		x86_shift_imm(b, w, X_SHL, dst, (uint32_t)__builtin_ctz((uint32_t)imm));
	} else if (is_imm8(imm)) {
		x86_rr(b, w, 0x6b, dst, dst);
		put(b, (uint8_t)imm, 1);
	} else {
		x86_rr(b, w, 0x69, dst, dst);
		put_imm32(b, imm);
	}
}

/* ---- shifts by a register ----------------------------------------------------------- */

/* shlx, shrx, sarx: dst = dst op src, with three-byte VEX prefix. */
static void shift_bmi2(struct jit_build *b, bool w, uint32_t op, uint32_t dst, uint32_t src)
{
	/* pp selects the operation: 66 shl, f2 shr, f3 sar */
	uint32_t pp = op == X_SHL ? 1 : op == X_SHR ? 3 : 2;
	uint32_t high = dst >> 3;
	uint32_t byte1 = (high ? 0 : 0x80) | 0x40 | (high ? 0 : 0x20) | 2;
	uint32_t byte2 = (w ? 0x80 : 0) | (~src & 15) << 3 | pp;

	put(b, 0xc4 | byte1 << 8 | byte2 << 16 | 0xf7u << 24 |
	    (uint64_t)(0xc0 | (dst & 7) << 3 | (dst & 7)) << 32, 5);
}

static void shift_reg(struct jit_build *b, bool w, uint32_t op, uint32_t dst, uint32_t src)
{
	if (src == RCX) {
		x86_rr(b, w, 0xd3, op, dst);
	} else if (b->features & X86_BMI2) {
		shift_bmi2(b, w, op, dst, src);
	} else {
		/* r4 lives in the count register, and may be the value */
		x86_mov(b, true, R11, RCX);
		x86_mov(b, false, RCX, src);
		x86_rr(b, w, 0xd3, op, dst == RCX ? R11 : dst);
		x86_mov(b, true, RCX, R11);
	}
}

/* ---- division ------------------------------------------------------------------------ */

struct div {
	bool w, sign, mod;
};

/* dst = dst op src, with src neither rax nor rdx, and nothing that traps in it. */
static void div_core(struct jit_build *b, struct div k, uint32_t dst, uint32_t src)
{
	uint32_t result = k.mod ? RDX : RAX;

	if (dst != RAX)
		x86_mov(b, true, R10, RAX);
	if (dst != RDX)
		x86_mov(b, true, R9, RDX);
	if (dst != RAX)
		x86_mov(b, k.w, RAX, dst);
	if (!k.sign)
		x86_zero(b, RDX);
	else
		put(b, k.w ? 0x9948 : 0x99, k.w ? 2 : 1);	/* cqo, cdq */
	x86_rr(b, k.w, 0xf7, k.sign ? X_IDIV : X_DIV, src);
	if (dst != result)
		x86_mov(b, k.w, dst, result);
	if (dst != RAX)
		x86_mov(b, true, RAX, R10);
	if (dst != RDX)
		x86_mov(b, true, RDX, R9);
}

/* RFC 9669: x / 0 = 0, x % 0 = x */
static void div_unsigned(struct jit_build *b, struct div k, uint32_t dst, uint32_t src)
{
	uint8_t *skip, *done;

	x86_rr(b, k.w, 0x85, src, src);		/* test */
	if (k.mod && k.w) {
		done = x86_skip(b, CC_E);
	} else {
		skip = x86_skip(b, CC_NE);
		if (k.mod)
			x86_mov(b, false, dst, dst);
		else
			x86_zero(b, dst);
		done = x86_skip(b, -1);
		x86_land(b, skip);
	}
	div_core(b, k, dst, src);
	x86_land(b, done);
}

/*
 * Divisors 0 and -1 (which trap, the latter with the smallest dividend) take
 * the same way: x / 0 = 0 and x / -1 = -x are both x * divisor; x % 0 = x and
 * x % -1 = 0 are both x & ~divisor.
 */
static void div_signed(struct jit_build *b, struct div k, uint32_t dst, uint32_t src)
{
	uint8_t *skip, *done;

	x86_lea(b, k.w, R9, src, 1);
	x86_alu_imm(b, k.w, X_CMP, R9, 1);
	skip = x86_skip(b, CC_A);
	if (k.mod) {
		x86_mov(b, true, R9, src);
		x86_rr(b, true, 0xf7, X_NOT, R9);
		x86_alu(b, k.w, X_AND, dst, R9);
	} else {
		x86_rr(b, k.w, OP2(0xaf), dst, src);
	}
	done = x86_skip(b, -1);
	x86_land(b, skip);
	div_core(b, k, dst, src);
	x86_land(b, done);
}

static void div_reg(struct jit_build *b, struct div k, uint32_t dst, uint32_t src)
{
	if (src == RAX || src == RDX) {
		x86_mov(b, true, R11, src);
		src = R11;
	}
	if (k.sign)
		div_signed(b, k, dst, src);
	else
		div_unsigned(b, k, dst, src);
}

static void div_imm(struct jit_build *b, struct div k, uint32_t dst, int32_t imm)
{
	if (imm == 0) {
		if (k.mod)
			zext_or_nothing(b, k.w, dst);
		else
			x86_zero(b, dst);
	} else if (imm == 1 || (k.sign && imm == -1)) {
		if (k.mod)
			x86_zero(b, dst);
		else if (imm == 1)
			zext_or_nothing(b, k.w, dst);
		else
			x86_rr(b, k.w, 0xf7, X_NEG, dst);
	} else if (!k.sign && imm > 0 && !(imm & (imm - 1))) {
		if (k.mod)
			and_imm(b, k.w, dst, imm - 1);
		else
			x86_shift_imm(b, k.w, X_SHR, dst, (uint32_t)__builtin_ctz((uint32_t)imm));
	} else {
		x86_mov_imm(b, R11, k.w ? (uint64_t)(int64_t)imm : (uint32_t)imm);
		div_core(b, k, dst, R11);
	}
}

/* ---- byte order ------------------------------------------------------------------------ */

static void zext16(struct jit_build *b, uint32_t dst)
{
	x86_rr(b, false, OP2(0xb7), dst, dst);
}

static void swap(struct jit_build *b, uint32_t bits, uint32_t dst)
{
	uint32_t rex = (bits == 64 ? 0x48 : 0) | (dst >= 8 ? 0x41 : 0);

	if (bits == 16) {
		put(b, 0x66, 1);
		x86_rr(b, false, 0xc1, X_ROL, dst);
		put(b, 8, 1);
		zext16(b, dst);
		return;
	}
	if (rex)
		put(b, rex, 1);
	put(b, 0x0f | (0xc8 + (dst & 7)) << 8, 2);
}

/* ---- which insn is what ------------------------------------------------------------------ */

static void mov_reg(struct jit_build *b, bool w, uint32_t dst, uint32_t src)
{
	if (!w || dst != src)
		x86_mov(b, w, dst, src);
}

bool x86_emit_alu(struct jit_build *b, const struct insn *in, uint8_t id)
{
	uint32_t d = x86_reg[in->dst], s = x86_reg[in->src];
	int32_t imm = in->imm;

#define ALU_IMM(name, emit) \
	case I_##name##32_K: { const bool w = false; emit; return true; } \
	case I_##name##64_K: { const bool w = true; emit; return true; }
#define ALU_REG(name, emit) \
	case I_##name##32_X: { const bool w = false; emit; return true; } \
	case I_##name##64_X: { const bool w = true; emit; return true; }
	switch (id) {
	ALU_IMM(ADD, add_imm(b, w, d, imm))
	ALU_IMM(SUB, sub_imm(b, w, d, imm))
	ALU_IMM(MUL, mul_imm(b, w, d, imm))
	ALU_IMM(DIV, div_imm(b, ((struct div){ w, false, false }), d, imm))
	ALU_IMM(SDIV, div_imm(b, ((struct div){ w, true, false }), d, imm))
	ALU_IMM(MOD, div_imm(b, ((struct div){ w, false, true }), d, imm))
	ALU_IMM(SMOD, div_imm(b, ((struct div){ w, true, true }), d, imm))
	ALU_IMM(OR, or_imm(b, w, d, imm))
	ALU_IMM(AND, and_imm(b, w, d, imm))
	ALU_IMM(XOR, xor_imm(b, w, d, imm))
	ALU_IMM(LSH, shift_imm(b, w, X_SHL, d, imm))
	ALU_IMM(RSH, shift_imm(b, w, X_SHR, d, imm))
	ALU_IMM(ARSH, shift_imm(b, w, X_SAR, d, imm))
	ALU_IMM(MOV, x86_mov_imm(b, d, w ? (uint64_t)(int64_t)imm : (uint32_t)imm))
	ALU_REG(ADD, x86_alu(b, w, X_ADD, d, s))
	ALU_REG(SUB, x86_alu(b, w, X_SUB, d, s))
	ALU_REG(MUL, x86_rr(b, w, OP2(0xaf), d, s))
	ALU_REG(DIV, div_reg(b, ((struct div){ w, false, false }), d, s))
	ALU_REG(SDIV, div_reg(b, ((struct div){ w, true, false }), d, s))
	ALU_REG(MOD, div_reg(b, ((struct div){ w, false, true }), d, s))
	ALU_REG(SMOD, div_reg(b, ((struct div){ w, true, true }), d, s))
	ALU_REG(OR, x86_alu(b, w, X_OR, d, s))
	ALU_REG(AND, x86_alu(b, w, X_AND, d, s))
	ALU_REG(XOR, x86_alu(b, w, X_XOR, d, s))
	ALU_REG(LSH, shift_reg(b, w, X_SHL, d, s))
	ALU_REG(RSH, shift_reg(b, w, X_SHR, d, s))
	ALU_REG(ARSH, shift_reg(b, w, X_SAR, d, s))
	ALU_REG(MOV, mov_reg(b, w, d, s))
	case I_MOVSX8_64:
		x86_rr(b, true, OP2(0xbe), d, s);
		return true;
	case I_MOVSX16_64:
		x86_rr(b, true, OP2(0xbf), d, s);
		return true;
	case I_MOVSX32_64:
		x86_rr(b, true, 0x63, d, s);
		return true;
	case I_MOVSX8_32:
		x86_rr_byte(b, false, OP2(0xbe), d, s);
		return true;
	case I_MOVSX16_32:
		x86_rr(b, false, OP2(0xbf), d, s);
		return true;
	case I_NEG64:
		x86_rr(b, true, 0xf7, X_NEG, d);
		return true;
	case I_NEG32:
		x86_rr(b, false, 0xf7, X_NEG, d);
		return true;
	case I_LE16:
		zext16(b, d);
		return true;
	case I_LE32:
		x86_mov(b, false, d, d);
		return true;
	case I_LE64:
		return true;
	case I_BE16:
	case I_BSWAP16:
		swap(b, 16, d);
		return true;
	case I_BE32:
	case I_BSWAP32:
		swap(b, 32, d);
		return true;
	case I_BE64:
	case I_BSWAP64:
		swap(b, 64, d);
		return true;
	default:
		return false;
	}
#undef ALU_IMM
#undef ALU_REG
}

/* ---- comparisons ------------------------------------------------------------------------- */

static int compare(struct jit_build *b, bool w, uint32_t dst, uint32_t src, int cc)
{
	x86_alu(b, w, X_CMP, dst, src);
	return cc;
}

static int compare_imm(struct jit_build *b, bool w, uint32_t dst, int32_t imm, int cc)
{
	if (imm == 0)	/* the same flags: carry and overflow are clear */
		x86_rr(b, w, 0x85, dst, dst);
	else
		x86_alu_imm(b, w, X_CMP, dst, imm);
	return cc;
}

static int test_imm(struct jit_build *b, bool w, uint32_t dst, int32_t imm)
{
	/* Only whether it is zero matters, so that narrow masks take narrow tests. */
	if (imm >= 0 && imm <= 0xff) {
		if (dst == RAX)
			put(b, 0xa8, 1);
		else
			x86_rr_byte(b, false, 0xf6, X_TEST, dst);
		put(b, (uint8_t)imm, 1);
		return CC_NE;
	}
	if (imm >= 0)
		w = false;
	if (dst == RAX)
		put(b, w ? 0xa948 : 0xa9, w ? 2 : 1);
	else
		x86_rr(b, w, 0xf7, X_TEST, dst);
	put_imm32(b, imm);
	return CC_NE;
}

static int test_reg(struct jit_build *b, bool w, uint32_t dst, uint32_t src)
{
	x86_rr(b, w, 0x85, src, dst);
	return CC_NE;
}

int x86_emit_cmp(struct jit_build *b, const struct insn *in, uint8_t id)
{
	uint32_t d = x86_reg[in->dst], s = x86_reg[in->src];

	switch (id) {
#define CMP_BOTH(name, cc) \
	case I_##name##64_K: return compare_imm(b, true, d, in->imm, cc); \
	case I_##name##32_K: return compare_imm(b, false, d, in->imm, cc); \
	case I_##name##64_X: return compare(b, true, d, s, cc); \
	case I_##name##32_X: return compare(b, false, d, s, cc);
	CMP_BOTH(JEQ, CC_E)
	CMP_BOTH(JNE, CC_NE)
	CMP_BOTH(JGT, CC_A)
	CMP_BOTH(JGE, CC_AE)
	CMP_BOTH(JLT, CC_B)
	CMP_BOTH(JLE, CC_BE)
	CMP_BOTH(JSGT, CC_G)
	CMP_BOTH(JSGE, CC_GE)
	CMP_BOTH(JSLT, CC_L)
	CMP_BOTH(JSLE, CC_LE)
#undef CMP_BOTH
	case I_JSET64_K:
		return test_imm(b, true, d, in->imm);
	case I_JSET32_K:
		return test_imm(b, false, d, in->imm);
	case I_JSET64_X:
		return test_reg(b, true, d, s);
	case I_JSET32_X:
		return test_reg(b, false, d, s);
	default:
		return -1;
	}
}
