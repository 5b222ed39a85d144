/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isa: encodings, decoding, evaluation.  What is expected here is written by
 * hand from RFC 9669, never taken from isa.def.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "isa/eval.h"
#include "isa/isa.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- constructors -------------------------------------------------------- */

static void is_bytes(const char *what, struct insn in, const char *hex)
{
	char text[32];
	uint8_t b[8];

	memcpy(b, &in, 8);
	snprintf(text, sizeof(text), "%02x %02x %02x%02x %02x%02x%02x%02x",
		 b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]);
	if (strcmp(text, hex) != 0)
		fail_msg("%s is %s, not %s", what, text, hex);
}

#define IS(insn, hex) is_bytes(#insn, insn, hex)

/* opcode, src:dst, off, imm: the bytes as they lie in memory */
static void constructors_of_arithmetic(void **state)
{
	(void)state;
	IS(insn_alu64_imm(ALU_ADD, 1, 0x11223344), "07 01 0000 44332211");
	IS(insn_alu64_imm(ALU_SUB, 9, -1), "17 09 0000 ffffffff");
	IS(insn_alu64_reg(ALU_ADD, 2, 3), "0f 32 0000 00000000");
	IS(insn_alu64_reg(ALU_SUB, 2, 3), "1f 32 0000 00000000");
	IS(insn_alu64_reg(ALU_MUL, 2, 3), "2f 32 0000 00000000");
	IS(insn_alu64_reg(ALU_DIV, 2, 3), "3f 32 0000 00000000");
	IS(insn_alu64_reg(ALU_OR, 2, 3), "4f 32 0000 00000000");
	IS(insn_alu64_reg(ALU_AND, 2, 3), "5f 32 0000 00000000");
	IS(insn_alu64_reg(ALU_LSH, 2, 3), "6f 32 0000 00000000");
	IS(insn_alu64_reg(ALU_RSH, 2, 3), "7f 32 0000 00000000");
	IS(insn_alu64_reg(ALU_MOD, 2, 3), "9f 32 0000 00000000");
	IS(insn_alu64_reg(ALU_XOR, 2, 3), "af 32 0000 00000000");
	IS(insn_alu64_reg(ALU_ARSH, 2, 10), "cf a2 0000 00000000");
	IS(insn_alu32_imm(ALU_MUL, 7, 256), "24 07 0000 00010000");
	IS(insn_alu32_imm(ALU_XOR, 7, 5), "a4 07 0000 05000000");
	IS(insn_alu32_reg(ALU_ARSH, 0, 9), "cc 90 0000 00000000");
	IS(insn_mov64_imm(1, -2), "b7 01 0000 feffffff");
	IS(insn_mov64_reg(1, 10), "bf a1 0000 00000000");
	IS(insn_mov32_imm(1, 2), "b4 01 0000 02000000");
	IS(insn_mov32_reg(3, 4), "bc 43 0000 00000000");
	IS(insn_movsx(64, 8, 1, 2), "bf 21 0800 00000000");
	IS(insn_movsx(64, 16, 1, 2), "bf 21 1000 00000000");
	IS(insn_movsx(64, 32, 1, 2), "bf 21 2000 00000000");
	IS(insn_movsx(32, 8, 1, 2), "bc 21 0800 00000000");
	IS(insn_movsx(32, 16, 1, 2), "bc 21 1000 00000000");
	IS(insn_neg(64, 5), "87 05 0000 00000000");
	IS(insn_neg(32, 5), "84 05 0000 00000000");
	IS(insn_le(16, 1), "d4 01 0000 10000000");
	IS(insn_le(32, 1), "d4 01 0000 20000000");
	IS(insn_le(64, 1), "d4 01 0000 40000000");
	IS(insn_be(16, 1), "dc 01 0000 10000000");
	IS(insn_be(64, 1), "dc 01 0000 40000000");
	IS(insn_bswap(16, 1), "d7 01 0000 10000000");
	IS(insn_bswap(64, 8), "d7 08 0000 40000000");
	IS(insn_addr_cast(1, 2, 0, 1), "bf 21 0100 01000000");
	IS(insn_addr_cast(1, 2, 1, 0), "bf 21 0100 00000100");
}

static void constructors_of_memory_access(void **state)
{
	struct insn two[2];

	(void)state;
	IS(insn_ldx(SZ_B, 1, 2, -1), "71 21 ffff 00000000");
	IS(insn_ldx(SZ_H, 1, 2, 0x1234), "69 21 3412 00000000");
	IS(insn_ldx(SZ_W, 1, 2, 4), "61 21 0400 00000000");
	IS(insn_ldx(SZ_DW, 1, 10, -8), "79 a1 f8ff 00000000");
	IS(insn_ldsx(SZ_B, 1, 2, 4), "91 21 0400 00000000");
	IS(insn_ldsx(SZ_H, 1, 2, 4), "89 21 0400 00000000");
	IS(insn_ldsx(SZ_W, 1, 2, 4), "81 21 0400 00000000");
	IS(insn_stx(SZ_B, 10, -8, 3), "73 3a f8ff 00000000");
	IS(insn_stx(SZ_H, 10, -8, 3), "6b 3a f8ff 00000000");
	IS(insn_stx(SZ_W, 10, -8, 3), "63 3a f8ff 00000000");
	IS(insn_stx(SZ_DW, 10, -8, 3), "7b 3a f8ff 00000000");
	IS(insn_st(SZ_B, 1, 2, 3), "72 01 0200 03000000");
	IS(insn_st(SZ_H, 1, 2, 3), "6a 01 0200 03000000");
	IS(insn_st(SZ_W, 1, 2, 3), "62 01 0200 03000000");
	IS(insn_st(SZ_DW, 1, 2, -3), "7a 01 0200 fdffffff");
	IS(insn_atomic(SZ_DW, ALU_ADD, 1, 8, 2), "db 21 0800 00000000");
	IS(insn_atomic(SZ_W, ALU_OR, 1, 8, 2), "c3 21 0800 40000000");
	IS(insn_atomic(SZ_DW, ALU_AND | ATOM_FETCH, 1, 8, 2), "db 21 0800 51000000");
	IS(insn_atomic(SZ_W, ALU_XOR | ATOM_FETCH, 1, 8, 2), "c3 21 0800 a1000000");
	IS(insn_atomic(SZ_DW, ATOM_XCHG, 1, 8, 2), "db 21 0800 e1000000");
	IS(insn_atomic(SZ_W, ATOM_CMPXCHG, 1, 8, 2), "c3 21 0800 f1000000");
	IS(insn_load_acq(SZ_B, 1, 2, -8), "d3 21 f8ff 00010000");
	IS(insn_load_acq(SZ_H, 1, 2, -8), "cb 21 f8ff 00010000");
	IS(insn_load_acq(SZ_W, 1, 2, -8), "c3 21 f8ff 00010000");
	IS(insn_load_acq(SZ_DW, 1, 2, -8), "db 21 f8ff 00010000");
	IS(insn_store_rel(SZ_B, 1, -8, 2), "d3 21 f8ff 10010000");
	IS(insn_store_rel(SZ_DW, 1, -8, 2), "db 21 f8ff 10010000");
	IS(insn_ld_abs(SZ_B, 5), "30 00 0000 05000000");
	IS(insn_ld_abs(SZ_H, 5), "28 00 0000 05000000");
	IS(insn_ld_abs(SZ_W, -1), "20 00 0000 ffffffff");
	IS(insn_ld_ind(SZ_B, 7, 5), "50 70 0000 05000000");
	IS(insn_ld_ind(SZ_H, 7, 5), "48 70 0000 05000000");
	IS(insn_ld_ind(SZ_W, 7, 5), "40 70 0000 05000000");
	insn_lddw(two, 3, 0, 0x1122334455667788);
	IS(two[0], "18 03 0000 88776655");
	IS(two[1], "00 00 0000 44332211");
	insn_lddw(two, 3, 2, 7 | (uint64_t)9 << 32);
	IS(two[0], "18 23 0000 07000000");
	IS(two[1], "00 00 0000 09000000");
	assert_true(insn_imm64(two) == (7 | (uint64_t)9 << 32));
}

static void constructors_of_control_flow(void **state)
{
	static const uint8_t codes[] = { 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70,
					 0xa0, 0xb0, 0xc0, 0xd0 };
	static const uint8_t jumps[] = { JMP_JEQ, JMP_JGT, JMP_JGE, JMP_JSET, JMP_JNE, JMP_JSGT,
					 JMP_JSGE, JMP_JLT, JMP_JLE, JMP_JSLT, JMP_JSLE };

	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++) {
		assert_int_equal(insn_jmp_imm(jumps[i], 1, 2, 3).code, codes[i] | 0x5);
		assert_int_equal(insn_jmp_reg(jumps[i], 1, 2, 3).code, codes[i] | 0xd);
		assert_int_equal(insn_jmp32_imm(jumps[i], 1, 2, 3).code, codes[i] | 0x6);
		assert_int_equal(insn_jmp32_reg(jumps[i], 1, 2, 3).code, codes[i] | 0xe);
	}
	IS(insn_jmp_imm(JMP_JEQ, 1, -5, 3), "15 01 0300 fbffffff");
	IS(insn_jmp_reg(JMP_JSLE, 1, 2, -2), "dd 21 feff 00000000");
	IS(insn_jmp32_imm(JMP_JSET, 1, 5, 3), "46 01 0300 05000000");
	IS(insn_jmp32_reg(JMP_JNE, 1, 2, 3), "5e 21 0300 00000000");
	IS(insn_ja(-2), "05 00 feff 00000000");
	IS(insn_ja32(0x12345), "06 00 0000 45230100");
	IS(insn_may_goto(7), "e5 00 0700 00000000");
	IS(insn_call(5), "85 00 0000 05000000");
	IS(insn_call_local(-3), "85 10 0000 fdffffff");
	IS(insn_call_kfunc(77), "85 20 0000 4d000000");
	IS(insn_callx(3), "8d 03 0000 00000000");
	IS(insn_exit(), "95 00 0000 00000000");
}

/* insn_make() sets the selector and drops what the row has no field for. */
static void make_from_a_row(void **state)
{
	(void)state;
	IS(insn_make(I_ADD64_K, 1, 2, 3, 4), "07 01 0000 04000000");
	IS(insn_make(I_SDIV32_X, 1, 2, 3, 4), "3c 21 0100 00000000");
	IS(insn_make(I_MOVSX32_64, 1, 2, 3, 4), "bf 21 2000 00000000");
	IS(insn_make(I_BE32, 1, 2, 3, 4), "dc 01 0000 20000000");
	IS(insn_make(I_CMPXCHG32, 1, 2, 3, 4), "c3 21 0300 f1000000");
	IS(insn_make(I_CALL_LOCAL, 1, 2, 3, 4), "85 10 0000 04000000");
	IS(insn_make(I_CALL_KFUNC, 1, 2, 3, 4), "85 20 0300 04000000");
	IS(insn_make(I_LD_MAP_IDX, 1, 2, 3, 4), "18 51 0000 04000000");
	IS(insn_make(I_JA, 1, 2, 3, 4), "05 00 0300 00000000");
	IS(insn_make(I_JA32, 1, 2, 3, 4), "06 00 0000 04000000");
	IS(insn_make(I_EXIT, 1, 2, 3, 4), "95 00 0000 00000000");
}

/* ---- decoding ------------------------------------------------------------ */

static bool rfc_alu(const struct insn *in)
{
	bool x = in->code & 8, is64 = (in->code & 7) == 7;

	switch (in->code >> 4) {
	case 0x3:	/* DIV, MOD; off 1 is the signed form */
	case 0x9:
		if (in->off != 0 && in->off != 1)
			return false;
		break;
	case 0x8:	/* NEG: K only */
		return !x && in->src == 0 && in->off == 0 && in->imm == 0;
	case 0xb:	/* MOV; MOVSX; the cast between address spaces */
		if (!x)
			return in->src == 0 && in->off == 0;
		if (is64 && in->off == 1)
			return in->imm == 1 || in->imm == 65536;
		return in->imm == 0 && (in->off == 0 || in->off == 8 || in->off == 16 ||
					(is64 && in->off == 32));
	case 0xd:	/* END: X is big-endian, of class ALU only */
		return in->src == 0 && in->off == 0 && !(is64 && x) &&
		       (in->imm == 16 || in->imm == 32 || in->imm == 64);
	case 0xe:
	case 0xf:
		return false;
	default:
		if (in->off != 0)
			return false;
	}
	return x ? in->imm == 0 : in->src == 0;
}

static bool rfc_jmp(const struct insn *in)
{
	bool x = in->code & 8, is64 = (in->code & 7) == 5;

	switch (in->code >> 4) {
	case 0x0:	/* JA */
		if (x || in->dst || in->src)
			return false;
		return is64 ? in->imm == 0 : in->off == 0;
	case 0x8:	/* CALL; X is callx */
		if (!is64)
			return false;
		if (x)
			return in->src == 0 && in->off == 0 && in->imm == 0;
		return in->dst == 0 && (in->src == 2 || (in->src < 2 && in->off == 0));
	case 0x9:	/* EXIT */
		return is64 && !x && !in->dst && !in->src && !in->off && !in->imm;
	case 0xe:	/* may_goto */
		return is64 && !x && !in->dst && !in->src && !in->imm;
	case 0xf:
		return false;
	}
	return x ? in->imm == 0 : in->src == 0;
}

static bool rfc_atomic(const struct insn *in)
{
	uint8_t size = in->code & 0x18;

	if (in->imm == 0x100 || in->imm == 0x110)
		return true;
	if (size == SZ_B || size == SZ_H)
		return false;
	switch (in->imm) {
	case 0x00: case 0x40: case 0x50: case 0xa0:
	case 0x01: case 0x41: case 0x51: case 0xa1:
	case 0xe1: case 0xf1:
		return true;
	}
	return false;
}

static bool rfc_memory(const struct insn *in)
{
	uint8_t mode = in->code & 0xe0, size = in->code & 0x18, class = in->code & 7;

	if (class == CLS_LD && (mode == MD_ABS || mode == MD_IND))
		return size != SZ_DW && in->dst == 0 && in->off == 0 &&
		       (mode == MD_IND || in->src == 0);
	if (class == CLS_LD)	/* the second slot is empty here */
		return mode == MD_IMM && size == SZ_DW && in->off == 0 && in->src <= 6;
	if (class == CLS_LDX)
		return in->imm == 0 && (mode == MD_MEM || (mode == MD_MEMSX && size != SZ_DW));
	if (class == CLS_ST)
		return mode == MD_MEM && in->src == 0;
	return mode == MD_MEM ? in->imm == 0 : mode == MD_ATOMIC && rfc_atomic(in);
}

static bool rfc_valid(const struct insn *in)
{
	uint8_t class = in->code & 7;

	if (in->dst > 10 || in->src > 10)
		return false;
	if (class == CLS_ALU || class == CLS_ALU64)
		return rfc_alu(in);
	if (class == CLS_JMP || class == CLS_JMP32)
		return rfc_jmp(in);
	return rfc_memory(in);
}

/* Every opcode and register byte, with offsets and immediates around all that matters. */
static void decode_accepts_what_the_rfc_does(void **state)
{
	static const int16_t offs[] = { 0, 1, 2, 7, 8, 9, 15, 16, 31, 32, 33, 64, -1, -8, 256,
					INT16_MIN, INT16_MAX };
	int32_t imms[0x120 + 6];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 0x120; i++)
		imms[n++] = i;
	imms[n++] = -1;
	imms[n++] = INT32_MIN;
	imms[n++] = INT32_MAX;
	imms[n++] = 65536;
	imms[n++] = 65537;
	imms[n++] = 0x10001;
	for (uint32_t w = 0; w < 65536; w++) {
		for (size_t o = 0; o < COUNT(offs); o++) {
			/* all immediates where they can matter, a few elsewhere */
			size_t step = (w >> 8) <= 0x21 || (w >> 8) == 0xa3 ? 1 : 37;

			for (size_t i = 0; i < n; i += step) {
				struct insn in[2] = { { .code = w & 255, .dst = w >> 8 & 15,
							.src = w >> 12, .off = offs[o],
							.imm = imms[i] } };
				enum insn_err err;
				uint8_t id = insn_decode(in, 2, &err);

				if ((id != I_NONE) == rfc_valid(in) &&
				    (id == I_NONE) == (err != INSN_OK))
					continue;
				fail_msg("%02x %02x %d %d: id %d err %d", in->code, w >> 8,
					 in->off, in->imm, id, err);
			}
		}
	}
}

/* Every row is reachable, and decoding is the inverse of insn_make(). */
static void decode_finds_every_row(void **state)
{
	(void)state;
	for (uint8_t id = 0; id < INSN_N; id++) {
		struct insn in[2] = { insn_make(id, 7, 6, -3, 1), { .code = 0 } };

		if (insn_decode(in, 2, NULL) != id)
			fail_msg("%s does not decode", insn_row(id)->name);
	}
}

/* The letters of a row's text name the fields that its kind uses. */
static void text_agrees_with_fields(void **state)
{
	static const struct {
		char letter;
		uint8_t uses;
	} letters[] = {
		{ 'd', F_DST }, { 'D', F_DST }, { 's', F_SRC }, { 'S', F_SRC }, { 'i', F_IMM },
		{ 'm', F_OFF }, { 'p', F_IMM }, { 'j', F_OFF }, { 'J', F_IMM }, { 'c', F_IMM },
		{ 'h', F_IMM }, { 'k', F_IMM | F_OFF }, { 'l', F_IMM | F_IMM64 },
		{ 'n', F_IMM64 }, { 'o', F_IMM64 }, { 'a', F_IMM }, { 'b', F_IMM },
	};

	(void)state;
	for (uint8_t id = 0; id < INSN_N; id++) {
		const struct insn_row *r = insn_row(id);
		uint8_t uses = 0;

		for (const char *t = strchr(r->text, '$'); t; t = strchr(t + 1, '$')) {
			for (size_t i = 0; i < COUNT(letters); i++) {
				if (letters[i].letter == t[1])
					uses |= letters[i].uses;
			}
		}
		if (uses != r->uses)
			fail_msg("%s uses %#x, its text says %#x", r->name, r->uses, uses);
		assert_non_null(insn_kind_name[r->kind]);
		assert_non_null(insn_group_name[r->group]);
		assert_non_null(insn_op_name[r->op]);
	}
}

static enum insn_op alu_op(const struct insn *in)
{
	bool sign = in->off == 1;

	switch (in->code & 0xf0) {
	case 0x00: return OP_ADD;
	case 0x10: return OP_SUB;
	case 0x20: return OP_MUL;
	case 0x30: return sign ? OP_SDIV : OP_DIV;
	case 0x40: return OP_OR;
	case 0x50: return OP_AND;
	case 0x60: return OP_LSH;
	case 0x70: return OP_RSH;
	case 0x80: return OP_NEG;
	case 0x90: return sign ? OP_SMOD : OP_MOD;
	case 0xa0: return OP_XOR;
	case 0xb0:
		return in->off == 8 ? OP_MOVSX8 : in->off == 16 ? OP_MOVSX16 :
		       in->off == 32 ? OP_MOVSX32 : OP_MOV;
	case 0xc0: return OP_ARSH;
	}
	if (in->code == 0xd4)
		return in->imm == 16 ? OP_LE16 : in->imm == 32 ? OP_LE32 : OP_LE64;
	if (in->code == 0xdc)
		return in->imm == 16 ? OP_BE16 : in->imm == 32 ? OP_BE32 : OP_BE64;
	return in->imm == 16 ? OP_BSWAP16 : in->imm == 32 ? OP_BSWAP32 : OP_BSWAP64;
}

static enum insn_kind alu_kind(const struct insn *in)
{
	uint8_t op = in->code & 0xf0;

	if (op == ALU_NEG || op == ALU_END)
		return K_ALU_1;
	if (in->code == 0xbf && in->off == 1)
		return K_ADDR_CAST;
	return in->code & 8 ? K_ALU_X : K_ALU_K;
}

static enum insn_op jmp_op(uint8_t code)
{
	static const enum insn_op ops[16] = {
		OP_JA, OP_JEQ, OP_JGT, OP_JGE, OP_JSET, OP_JNE, OP_JSGT, OP_JSGE,
		OP_CALL, OP_EXIT, OP_JLT, OP_JLE, OP_JSLT, OP_JSLE, OP_JA, OP_N,
	};

	return ops[code >> 4];
}

static enum insn_kind jmp_kind(const struct insn *in)
{
	static const enum insn_kind calls[] = { K_CALL, K_CALL_LOCAL, K_CALL_KFUNC };

	switch (in->code & 0xf0) {
	case JMP_JA:
		return K_JA;
	case JMP_CALL:
		return in->code & 8 ? K_CALLX : calls[in->src];
	case JMP_EXIT:
		return K_EXIT;
	case JMP_JCOND:
		return K_MAY_GOTO;
	}
	return in->code & 8 ? K_JMP_X : K_JMP_K;
}

static enum insn_kind memory_kind(const struct insn *in)
{
	uint8_t mode = in->code & 0xe0;

	switch (in->code & 7) {
	case CLS_LD:
		return mode == MD_ABS ? K_LD_ABS : mode == MD_IND ? K_LD_IND : K_LD_IMM64;
	case CLS_LDX:
		return mode == MD_MEMSX ? K_LDSX : K_LDX;
	case CLS_ST:
		return K_ST;
	}
	if (mode == MD_MEM)
		return K_STX;
	switch (in->imm) {
	case 0xf1:
		return K_CMPXCHG;
	case 0x100:
		return K_LOAD_ACQ;
	case 0x110:
		return K_STORE_REL;
	}
	return in->imm & 1 ? K_ATOMIC_FETCH : K_ATOMIC;
}

static enum insn_op memory_op(const struct insn *in)
{
	if ((in->code & 0xe0) == MD_MEMSX && (in->code & 7) == CLS_LDX)
		return (in->code & 0x18) == SZ_B ? OP_MOVSX8 :
		       (in->code & 0x18) == SZ_H ? OP_MOVSX16 : OP_MOVSX32;
	if ((in->code & 0xe0) == MD_ATOMIC && in->imm < 0xe0) {
		struct insn alu = { .code = in->imm & 0xf0 };

		return alu_op(&alu);
	}
	return OP_MOV;
}

/* What consumers switch on follows from the encoding. */
static void kinds_and_operations_of_the_rfc(void **state)
{
	static const uint8_t sizes[] = { 32, 16, 8, 64 };

	(void)state;
	for (uint8_t id = 0; id < INSN_N; id++) {
		const struct insn_row *r = insn_row(id);
		struct insn in = insn_make(id, 1, 2, 3, 1);
		uint8_t class = in.code & 7;
		uint8_t width = class == CLS_JMP32 || class == CLS_ALU ? 32 : 64;
		enum insn_op op;
		enum insn_kind kind;

		if (class == CLS_ALU || class == CLS_ALU64) {
			kind = alu_kind(&in);
			op = kind == K_ADDR_CAST ? OP_MOV : alu_op(&in);
			if ((in.code & 0xf0) == ALU_END)
				width = 64;
		} else if (class == CLS_JMP || class == CLS_JMP32) {
			kind = jmp_kind(&in);
			op = jmp_op(in.code);
		} else {
			kind = memory_kind(&in);
			op = memory_op(&in);
			width = sizes[in.code >> 3 & 3];
		}
		if (r->kind != kind || r->op != op || r->width != width)
			fail_msg("%s is %s %s of %u bits", r->name, insn_kind_name[kind],
				 insn_op_name[op], width);
	}
}

/* The conformance group that the text of RFC 9669 puts an encoding in. */
static const char *rfc_group(const struct insn *in)
{
	uint8_t class = in->code & 7, op = in->code & 0xf0;
	bool muldiv = op == ALU_MUL || op == ALU_DIV || op == ALU_MOD;

	switch ((enum insn_class)class) {
	case CLS_ALU:
	case CLS_ALU64:
		if (op == ALU_END)
			return in->imm == 64 ? "base64" : "base32";
		if (class == CLS_ALU64 && op == ALU_MOV && in->off == 1 && (in->code & 8))
			return "linux";
		if (class == CLS_ALU)
			return muldiv ? "divmul32" : "base32";
		return muldiv ? "divmul64" : "base64";
	case CLS_JMP:
		if (op == JMP_JCOND)
			return "linux";
		if (in->code == 0x8d)
			return "callx";
		return op == JMP_JA || op == JMP_CALL || op == JMP_EXIT ? "base32" : "base64";
	case CLS_JMP32:
		return "base32";
	case CLS_STX:
		if ((in->code & 0xe0) == MD_ATOMIC && in->imm >= 0x100)
			return "linux";
		if ((in->code & 0xe0) == MD_ATOMIC)
			return (in->code & 0x18) == SZ_DW ? "atomic64" : "atomic32";
		break;
	case CLS_LD:
		if ((in->code & 0xe0) != MD_IMM)
			return "packet";
		break;
	case CLS_LDX:
	case CLS_ST:
		break;
	}
	return (in->code & 0x18) == SZ_DW ? "base64" : "base32";
}

static void groups_of_the_rfc(void **state)
{
	(void)state;
	for (uint8_t id = 0; id < INSN_N; id++) {
		struct insn in = insn_make(id, 1, 2, 3, 1);

		if (strcmp(insn_group_name[insn_row(id)->group], rfc_group(&in)) != 0)
			fail_msg("%s is of %s, not of %s", insn_row(id)->name,
				 rfc_group(&in), insn_group_name[insn_row(id)->group]);
	}
}

static void decode_says_why(void **state)
{
	static const struct {
		struct insn in[2];
		uint32_t left;
		enum insn_err err;
	} cases[] = {
		{ { { .code = 0x00 } }, 1, INSN_EOPCODE },
		{ { { .code = 0xff } }, 1, INSN_EOPCODE },
		{ { { .code = 0x8f } }, 1, INSN_EOPCODE },				/* NEG X */
		{ { { .code = 0xdf, .imm = 16 } }, 1, INSN_EOPCODE },	/* END X, ALU64 */
		{ { { .code = 0x99 } }, 1, INSN_EOPCODE },	/* LDSX DW */
		{ { { .code = 0x38 } }, 1, INSN_EOPCODE },	/* LD ABS DW */
		{ { { .code = 0x86 } }, 1, INSN_EOPCODE },	/* CALL, JMP32 */
		{ { { .code = 0x96 } }, 1, INSN_EOPCODE },	/* EXIT, JMP32 */
		{ { { .code = 0xd4, .imm = 8 } }, 1, INSN_ESELECTOR },
		{ { { .code = 0xd7, .imm = 0 } }, 1, INSN_ESELECTOR },
		{ { { .code = 0x37, .off = 2 } }, 1, INSN_ESELECTOR },
		{ { { .code = 0xbc, .off = 32 } }, 1, INSN_ESELECTOR },
		{ { { .code = 0xbc, .off = 1 } }, 1, INSN_ESELECTOR },
		{ { { .code = 0xbf, .off = -8 } }, 1, INSN_ESELECTOR },
		{ { { .code = 0x85, .src = 3 } }, 1, INSN_ESELECTOR },
		{ { { .code = 0xe5, .src = 1 } }, 1, INSN_ESELECTOR },
		{ { { .code = 0x18, .src = 7 } }, 2, INSN_ESELECTOR },
		{ { { .code = 0xdb, .imm = 0xe0 } }, 1, INSN_ESELECTOR },	/* XCHG, no FETCH */
		{ { { .code = 0xd3, .imm = 0x01 } }, 1, INSN_ESELECTOR },	/* 8-bit RMW */
		{ { { .code = 0x07, .off = 1 } }, 1, INSN_ERESERVED },
		{ { { .code = 0x07, .src = 1 } }, 1, INSN_ERESERVED },
		{ { { .code = 0x0f, .imm = 1 } }, 1, INSN_ERESERVED },
		{ { { .code = 0xbf, .off = 1, .imm = 2 } }, 1, INSN_ERESERVED },
		{ { { .code = 0x06, .off = 1 } }, 1, INSN_ERESERVED },
		{ { { .code = 0x05, .imm = 1 } }, 1, INSN_ERESERVED },
		{ { { .code = 0x95, .off = 1 } }, 1, INSN_ERESERVED },
		{ { { .code = 0x95, .imm = 1 } }, 1, INSN_ERESERVED },
		{ { { .code = 0x85, .off = 1 } }, 1, INSN_ERESERVED },
		{ { { .code = 0x85, .src = 2, .off = 1 } }, 1, INSN_OK },	/* index of a fd */
		{ { { .code = 0x30, .src = 1 } }, 1, INSN_ERESERVED },
		{ { { .code = 0x50, .src = 1 } }, 1, INSN_OK },
		{ { { .code = 0x50, .dst = 1 } }, 1, INSN_ERESERVED },
		{ { { .code = 0x07, .dst = 11 } }, 1, INSN_EREG },
		{ { { .code = 0x0f, .src = 15 } }, 1, INSN_EREG },
		{ { { .code = 0x18 } }, 1, INSN_ETRUNC },
		{ { { .code = 0x18 }, { .code = 1 } }, 2, INSN_ESECOND },
		{ { { .code = 0x18 }, { .dst = 1 } }, 2, INSN_ESECOND },
		{ { { .code = 0x18 }, { .off = -1 } }, 2, INSN_ESECOND },
		{ { { .code = 0x18 }, { .imm = -1 } }, 2, INSN_OK },
		{ { { .code = 0x18, .src = 1 }, { .imm = 1 } }, 2, INSN_ERESERVED },
		{ { { .code = 0x18, .src = 2 }, { .imm = 1 } }, 2, INSN_OK },
		{ { { .code = 0x18, .src = 3 }, { .imm = 1 } }, 2, INSN_OK },
		{ { { .code = 0x18, .src = 4 }, { .imm = 1 } }, 2, INSN_ERESERVED },
		{ { { .code = 0x18, .src = 5 }, { .imm = 1 } }, 2, INSN_ERESERVED },
		{ { { .code = 0x18, .src = 6 }, { .imm = 1 } }, 2, INSN_OK },
		{ { { .code = 0x18, .off = 1 } }, 2, INSN_ERESERVED },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		enum insn_err err;

		insn_decode(cases[i].in, cases[i].left, &err);
		if (err != cases[i].err)
			fail_msg("case %zu, opcode %02x: %s, not %s", i, cases[i].in[0].code,
				 insn_strerror(err), insn_strerror(cases[i].err));
	}
}

/* ---- evaluation ---------------------------------------------------------- */

#define NEG1 0xffffffffffffffffull
#define MIN64 0x8000000000000000ull
#define MIN32 0x80000000ull

static const struct {
	enum insn_op op;
	uint8_t width;
	uint64_t d, s, want;
} eval_cases[] = {
	{ OP_ADD, 64, NEG1, 2, 1 },
	{ OP_ADD, 32, 0xffffffff, 2, 1 },
	{ OP_ADD, 32, 0x123456789abcdef0, 0x10, 0x9abcdf00 },
	{ OP_SUB, 64, 0, 1, NEG1 },
	{ OP_SUB, 32, 0, 1, 0xffffffff },
	{ OP_MUL, 64, 0x100000001, 0x100000001, 0x200000001 },
	{ OP_MUL, 32, 0xffffffff, 0xffffffff, 1 },
	{ OP_MUL, 32, 0x10000, 0x10000, 0 },
	{ OP_DIV, 64, 10, 3, 3 },
	{ OP_DIV, 64, NEG1, 2, 0x7fffffffffffffff },
	{ OP_DIV, 64, 10, 0, 0 },
	{ OP_DIV, 64, 10, NEG1, 0 },			/* imm -1 is 2^64 - 1 */
	{ OP_DIV, 32, 10, 0x100000000, 0 },		/* the low half is 0 */
	{ OP_DIV, 32, 0xffffffff00000010, 0x10, 1 },
	{ OP_SDIV, 64, -(uint64_t)13, 3, -(uint64_t)4 },
	{ OP_SDIV, 64, 13, -(uint64_t)3, -(uint64_t)4 },
	{ OP_SDIV, 64, MIN64, NEG1, MIN64 },
	{ OP_SDIV, 64, 7, 0, 0 },
	{ OP_SDIV, 64, 7, NEG1, -(uint64_t)7 },
	{ OP_SDIV, 64, -(uint64_t)7, NEG1, 7 },
	{ OP_SDIV, 32, 7, 0xffffffff, 0xfffffff9 },
	{ OP_SMOD, 64, 7, NEG1, 0 },
	{ OP_SDIV, 32, MIN32, NEG1, MIN32 },
	{ OP_SDIV, 32, 0xfffffff3, 3, 0xfffffffc },
	{ OP_MOD, 64, 10, 3, 1 },
	{ OP_MOD, 64, NEG1, 0, NEG1 },			/* unchanged */
	{ OP_MOD, 32, NEG1, 0, 0xffffffff },		/* unchanged, upper half cleared */
	{ OP_MOD, 32, 0x10000000a, 3, 1 },
	{ OP_SMOD, 64, -(uint64_t)13, 3, NEG1 },	/* truncated: -13 % 3 == -1 */
	{ OP_SMOD, 64, 13, -(uint64_t)3, 1 },
	{ OP_SMOD, 64, MIN64, NEG1, 0 },
	{ OP_SMOD, 64, -(uint64_t)13, 0, -(uint64_t)13 },
	{ OP_SMOD, 32, 0xfffffff3, 3, 0xffffffff },
	{ OP_SMOD, 32, MIN32, 0xffffffff, 0 },
	{ OP_SMOD, 32, 0xfffffff3, 0, 0xfffffff3 },
	{ OP_OR, 64, 0xf0, 0x0f, 0xff },
	{ OP_OR, 32, 0xf000000000, NEG1, 0xffffffff },
	{ OP_AND, 64, 0xff, NEG1 << 4, 0xf0 },
	{ OP_AND, 32, NEG1, NEG1, 0xffffffff },
	{ OP_XOR, 64, NEG1, 1, NEG1 - 1 },
	{ OP_XOR, 32, NEG1, 1, 0xfffffffe },
	{ OP_LSH, 64, 1, 63, MIN64 },
	{ OP_LSH, 64, 1, 64, 1 },			/* the count is masked */
	{ OP_LSH, 64, 1, 65, 2 },
	{ OP_LSH, 64, 1, NEG1, MIN64 },
	{ OP_LSH, 32, 1, 31, MIN32 },
	{ OP_LSH, 32, 1, 32, 1 },
	{ OP_LSH, 32, 0xffffffff, 4, 0xfffffff0 },
	{ OP_RSH, 64, MIN64, 63, 1 },
	{ OP_RSH, 64, MIN64, 64, MIN64 },
	{ OP_RSH, 32, 0xff80000000, 31, 1 },
	{ OP_RSH, 32, MIN32, 33, 0x40000000 },
	{ OP_ARSH, 64, MIN64, 63, NEG1 },
	{ OP_ARSH, 64, MIN64, 65, 0xc000000000000000 },
	{ OP_ARSH, 32, MIN32, 31, 0xffffffff },
	{ OP_ARSH, 32, 0x7fffffff, 30, 1 },
	{ OP_ARSH, 32, 0xf40000000, 4, 0x4000000 },	/* the sign is bit 31 */
	{ OP_NEG, 64, 1, 0, NEG1 },			/* minus, not complement */
	{ OP_NEG, 64, 0, 0, 0 },
	{ OP_NEG, 64, MIN64, 0, MIN64 },
	{ OP_NEG, 32, 1, 0, 0xffffffff },
	{ OP_NEG, 32, 0x100000000, 0, 0 },
	{ OP_MOV, 64, 5, NEG1, NEG1 },
	{ OP_MOV, 32, 5, NEG1, 0xffffffff },
	{ OP_MOVSX8, 64, 0, 0x80, 0xffffffffffffff80 },
	{ OP_MOVSX8, 64, 0, 0xff7f, 0x7f },
	{ OP_MOVSX8, 32, 0, 0x80, 0xffffff80 },
	{ OP_MOVSX16, 64, 0, 0x8000, 0xffffffffffff8000 },
	{ OP_MOVSX16, 32, 0, 0x18000, 0xffff8000 },
	{ OP_MOVSX32, 64, 0, 0x180000000, 0xffffffff80000000 },
	{ OP_LE16, 64, 0x1122334455667788, 0, 0x7788 },
	{ OP_LE32, 64, 0x1122334455667788, 0, 0x55667788 },
	{ OP_LE64, 64, 0x1122334455667788, 0, 0x1122334455667788 },
	{ OP_BE16, 64, 0x1122334455667788, 0, 0x8877 },
	{ OP_BE32, 64, 0x1122334455667788, 0, 0x88776655 },
	{ OP_BE64, 64, 0x1122334455667788, 0, 0x8877665544332211 },
	{ OP_BSWAP16, 64, 0x1122334455667788, 0, 0x8877 },
	{ OP_BSWAP32, 64, 0x1122334455667788, 0, 0x88776655 },
	{ OP_BSWAP64, 64, 0x1122334455667788, 0, 0x8877665544332211 },
	{ OP_ADD, 8, 0xff, 2, 1 },
	{ OP_SDIV, 8, 0x80, 0xff, 0x80 },
	{ OP_ARSH, 8, 0x80, 9, 0xc0 },
	{ OP_MUL, 8, 0xff, 0xff, 1 },
};

static void eval_vectors(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(eval_cases); i++) {
		uint64_t got = insn_eval(eval_cases[i].op, eval_cases[i].width, eval_cases[i].d,
					 eval_cases[i].s);

		if (got != eval_cases[i].want)
			fail_msg("%s%u %#llx, %#llx = %#llx", insn_op_name[eval_cases[i].op],
				 eval_cases[i].width, (unsigned long long)eval_cases[i].d,
				 (unsigned long long)eval_cases[i].s, (unsigned long long)got);
	}
}

/* For d and s: does d OP s hold?  Signed and unsigned order differ on each row. */
static const struct {
	uint8_t width;
	uint64_t d, s;
	const char *taken;	/* JEQ JGT JGE JSET JNE JSGT JSGE JLT JLE JSLT JSLE */
} taken_cases[] = {
	{ 64, 1, 1,			"10110010101" },
	{ 64, 1, 2,			"00001001111" },
	{ 64, NEG1, 1,			"01111000011" },
	{ 64, 1, NEG1,			"00011111100" },
	{ 64, MIN64, 0x7fffffffffffffff, "01101000011" },
	{ 64, 0x100000000, 0,		"01101110000" },
	{ 32, 0x100000000, 0,		"10100010101" },
	{ 32, 0xffffffff, 1,		"01111000011" },
	{ 32, NEG1, 0xffffffff,		"10110010101" },
	{ 32, 0x80000000, 0x7fffffff,	"01101000011" },
	{ 32, 1, NEG1,			"00011111100" },
};

static void taken_vectors(void **state)
{
	static const enum insn_op ops[] = { OP_JEQ, OP_JGT, OP_JGE, OP_JSET, OP_JNE, OP_JSGT,
					    OP_JSGE, OP_JLT, OP_JLE, OP_JSLT, OP_JSLE };

	(void)state;
	for (size_t i = 0; i < COUNT(taken_cases); i++) {
		for (size_t o = 0; o < COUNT(ops); o++) {
			bool want = taken_cases[i].taken[o] == '1';

			if (insn_taken(ops[o], taken_cases[i].width, taken_cases[i].d,
				       taken_cases[i].s) != want)
				fail_msg("row %zu, %s: not %d", i, insn_op_name[ops[o]], want);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(constructors_of_arithmetic),
		cmocka_unit_test(constructors_of_memory_access),
		cmocka_unit_test(constructors_of_control_flow),
		cmocka_unit_test(make_from_a_row),
		cmocka_unit_test(decode_accepts_what_the_rfc_does),
		cmocka_unit_test(decode_finds_every_row),
		cmocka_unit_test(text_agrees_with_fields),
		cmocka_unit_test(kinds_and_operations_of_the_rfc),
		cmocka_unit_test(groups_of_the_rfc),
		cmocka_unit_test(decode_says_why),
		cmocka_unit_test(eval_vectors),
		cmocka_unit_test(taken_vectors),
	};

	return cmocka_run_group_tests_name("isa", tests, NULL, NULL);
}
