/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mnemonics of bpf_conformance ("add32 %r1, 5").  Opcodes are spelled out
 * here and do not come from isa.def: its test files are evidence against the
 * table.
 *
 * That assembler splits a line at blanks and drops one comma from the end of
 * each word; we read what it reads to the same bytes, and some more (blanks
 * within brackets, no blank after a comma, registers without '%').
 */
#include "isa/isa.h"

#include "isa/internal.h"

#include <string.h>

enum form {
	FORM_ALU,		/* add %d, %s|imm; also with 32 */
	FORM_ALU_REG,	/* movsx832 %d, %s */
	FORM_NEG,		/* neg %d; also with 32 */
	FORM_END,		/* be16 %d */
	FORM_LDDW,		/* lddw %d, imm64 */
	FORM_LOAD,		/* ldxw %d, [%s+off] */
	FORM_STORE_REG,	/* stxw [%d+off], %s */
	FORM_STORE_IMM,	/* stw [%d+off], imm */
	FORM_JUMP,		/* jeq %d, %s|imm, target; also with 32 */
	FORM_GOTO,		/* ja target */
	FORM_GOTO_IMM,	/* ja32 target */
	FORM_CALL,		/* call helper N, local target, runtime N, %rN */
	FORM_LOCK,		/* lock [fetch] add [%d+off], %s; also with 32 */
	FORM_EXIT,
};

struct mnemonic {
	const char *name;
	uint8_t form;
	uint8_t code;		/* of the 64-bit form with an immediate */
	int16_t extra;		/* off, or imm of END */
};

static const struct mnemonic mnemonics[] = {
	{ "add", FORM_ALU, 0x07, 0 }, { "sub", FORM_ALU, 0x17, 0 }, { "mul", FORM_ALU, 0x27, 0 },
	{ "div", FORM_ALU, 0x37, 0 }, { "sdiv", FORM_ALU, 0x37, 1 }, { "or", FORM_ALU, 0x47, 0 },
	{ "and", FORM_ALU, 0x57, 0 }, { "lsh", FORM_ALU, 0x67, 0 }, { "rsh", FORM_ALU, 0x77, 0 },
	{ "mod", FORM_ALU, 0x97, 0 }, { "smod", FORM_ALU, 0x97, 1 },
	{ "xor", FORM_ALU, 0xa7, 0 }, { "mov", FORM_ALU, 0xb7, 0 },
	{ "arsh", FORM_ALU, 0xc7, 0 }, { "neg", FORM_NEG, 0x87, 0 },
	{ "movsx832", FORM_ALU_REG, 0xbc, 8 }, { "movsx1632", FORM_ALU_REG, 0xbc, 16 },
	{ "movsx864", FORM_ALU_REG, 0xbf, 8 }, { "movsx1664", FORM_ALU_REG, 0xbf, 16 },
	{ "movsx3264", FORM_ALU_REG, 0xbf, 32 }, { "le16", FORM_END, 0xd4, 16 },
	{ "le32", FORM_END, 0xd4, 32 }, { "le64", FORM_END, 0xd4, 64 },
	{ "be16", FORM_END, 0xdc, 16 }, { "be32", FORM_END, 0xdc, 32 },
	{ "be64", FORM_END, 0xdc, 64 }, { "swap16", FORM_END, 0xd7, 16 },
	{ "swap32", FORM_END, 0xd7, 32 }, { "swap64", FORM_END, 0xd7, 64 },
	{ "bswap16", FORM_END, 0xd7, 16 }, { "bswap32", FORM_END, 0xd7, 32 },
	{ "bswap64", FORM_END, 0xd7, 64 }, { "lddw", FORM_LDDW, 0x18, 0 },
	{ "ldxb", FORM_LOAD, 0x71, 0 }, { "ldxh", FORM_LOAD, 0x69, 0 },
	{ "ldxw", FORM_LOAD, 0x61, 0 }, { "ldxdw", FORM_LOAD, 0x79, 0 },
	{ "ldxsb", FORM_LOAD, 0x91, 0 }, { "ldxsh", FORM_LOAD, 0x89, 0 },
	{ "ldxsw", FORM_LOAD, 0x81, 0 }, { "stxb", FORM_STORE_REG, 0x73, 0 },
	{ "stxh", FORM_STORE_REG, 0x6b, 0 }, { "stxw", FORM_STORE_REG, 0x63, 0 },
	{ "stxdw", FORM_STORE_REG, 0x7b, 0 }, { "stb", FORM_STORE_IMM, 0x72, 0 },
	{ "sth", FORM_STORE_IMM, 0x6a, 0 }, { "stw", FORM_STORE_IMM, 0x62, 0 },
	{ "stdw", FORM_STORE_IMM, 0x7a, 0 }, { "jeq", FORM_JUMP, 0x15, 0 },
	{ "jgt", FORM_JUMP, 0x25, 0 }, { "jge", FORM_JUMP, 0x35, 0 },
	{ "jset", FORM_JUMP, 0x45, 0 }, { "jne", FORM_JUMP, 0x55, 0 },
	{ "jsgt", FORM_JUMP, 0x65, 0 }, { "jsge", FORM_JUMP, 0x75, 0 },
	{ "jlt", FORM_JUMP, 0xa5, 0 }, { "jle", FORM_JUMP, 0xb5, 0 },
	{ "jslt", FORM_JUMP, 0xc5, 0 }, { "jsle", FORM_JUMP, 0xd5, 0 },
	{ "ja", FORM_GOTO, 0x05, 0 }, { "ja32", FORM_GOTO_IMM, 0x06, 0 },
	{ "call", FORM_CALL, 0x85, 0 }, { "lock", FORM_LOCK, 0xdb, 0 },
	{ "exit", FORM_EXIT, 0x95, 0 },
};

static const struct {
	const char *name;
	uint8_t imm;
	bool fetch;		/* takes "fetch" as a modifier */
} atomics[] = {
	{ "add", 0x00, true }, { "or", 0x40, true }, { "and", 0x50, true }, { "xor", 0xa0, true },
	{ "xchg", 0xe1, false }, { "cmpxchg", 0xf1, false },
};

/* Where the word at the cursor ends. */
static size_t word_length(const struct asm_cursor *c)
{
	size_t n = 0;

	while (asm_is_word(asm_peek(c, n)))
		n++;
	return n;
}

static bool has_32(const struct mnemonic *m)
{
	return m->form == FORM_ALU || m->form == FORM_NEG || m->form == FORM_JUMP;
}

/* Is the word of n bytes this name, perhaps with "32" behind it? */
static bool is_name(const char *word, size_t n, const char *name, bool may_32, bool *is_32)
{
	size_t len = strlen(name);

	if (n < len || memcmp(word, name, len))
		return false;
	*is_32 = n == len + 2 && memcmp(word + len, "32", 2) == 0;
	return n == len || (may_32 && *is_32);
}

static const struct mnemonic *find(const struct asm_cursor *c, bool *is_32, size_t *length)
{
	size_t n = word_length(c);

	*length = n;
	for (size_t i = 0; i < sizeof(mnemonics) / sizeof(mnemonics[0]); i++) {
		if (is_name(c->p, n, mnemonics[i].name, has_32(&mnemonics[i]), is_32))
			return &mnemonics[i];
	}
	return NULL;
}

bool asm_is_mnemonic(const struct asm_cursor *c)
{
	struct asm_cursor ahead = *c;
	const struct mnemonic *m;
	size_t length;
	bool is_32;

	m = find(c, &is_32, &length);
	if (!m)
		return false;
	ahead.p += length;
	asm_blanks(&ahead);
	/* Two words are shared with the other syntax. */
	if (m->form == FORM_CALL)
		return asm_word(&ahead, "helper") || asm_word(&ahead, "local") ||
		       asm_word(&ahead, "runtime") || asm_peek(&ahead, 0) == '%';
	if (m->form == FORM_LOCK)
		return asm_peek(&ahead, 0) != '*';
	return true;
}

/* ---- operands ------------------------------------------------------------ */

/* Between two operands: a comma, blanks, or both. */
static bool separator(struct asm_cursor *c)
{
	const char *start = c->p;

	asm_blanks(c);
	if (asm_peek(c, 0) == ',') {
		c->p++;
		asm_blanks(c);
	}
	return c->p > start || asm_expected(c, start, "','");
}

/* "%r1" up to "%r15", so that tests can be wrong; "r1" up to "r10". */
static bool operand_register(struct asm_cursor *c, uint8_t *reg)
{
	if (asm_peek(c, 0) != '%')
		return asm_register(c, 'r', REG_FP, reg);
	c->p++;
	return asm_register(c, 'r', 15, reg);
}

static bool is_register(const struct asm_cursor *c)
{
	return asm_peek(c, 0) == '%' || asm_peek(c, 0) == 'r';
}

/* Hexadecimal numbers are 32 bits, decimal ones signed. */
static bool operand_imm(struct asm_cursor *c, int32_t *imm)
{
	const char *start = c->p;
	struct asm_num n;

	if (!asm_number(c, &n))
		return false;
	if (!asm_fits(&n, INT32_MIN, n.hex ? UINT32_MAX : INT32_MAX))
		return asm_fail(c, start, "immediate out of 32-bit range");
	*imm = (int32_t)(uint32_t)asm_value(&n);
	return true;
}

static bool operand_register_or_imm(struct asm_cursor *c, struct insn *in)
{
	uint8_t src;

	if (!is_register(c))
		return operand_imm(c, &in->imm);
	if (!operand_register(c, &src))
		return false;
	in->code |= SRC_X;
	in->src = src & 15;
	return true;
}

/* Likewise: 16 bits or signed. */
static bool signed_off(struct asm_cursor *c, int16_t *off)
{
	const char *start = c->p;
	struct asm_num n;

	if (!asm_number(c, &n))
		return false;
	if (!n.sign)
		return asm_fail(c, start, "an offset needs a sign");
	if (!asm_fits(&n, INT16_MIN, n.hex ? UINT16_MAX : INT16_MAX))
		return asm_fail(c, start, "offset out of 16-bit range");
	*off = (int16_t)(uint16_t)asm_value(&n);
	return true;
}

/* [%r1+8] */
static bool operand_memory(struct asm_cursor *c, uint8_t *reg, int16_t *off)
{
	if (asm_peek(c, 0) != '[')
		return asm_expected(c, c->p, "'['");
	c->p++;
	asm_blanks(c);
	if (!operand_register(c, reg))
		return false;
	asm_blanks(c);
	if (asm_peek(c, 0) != ']' && !signed_off(c, off))
		return false;
	asm_blanks(c);
	if (asm_peek(c, 0) != ']')
		return asm_expected(c, c->p, "']'");
	c->p++;
	return true;
}

/* A literal displacement with its sign, or a label; even "5" is a label. */
static bool operand_target(struct asm_cursor *c, struct asm_stmt *st, bool by_imm)
{
	const char *start = c->p;
	struct asm_num n;

	if (asm_peek(c, 0) != '+' && asm_peek(c, 0) != '-') {
		st->label_imm = by_imm;
		return asm_label(c, &st->label, &st->nlabel);
	}
	if (!by_imm)
		return signed_off(c, &st->in[0].off);
	if (!asm_number(c, &n))
		return false;
	if (!asm_fits(&n, INT32_MIN, INT32_MAX))
		return asm_fail(c, start, "offset out of 32-bit range");
	st->in[0].imm = (int32_t)(uint32_t)asm_value(&n);
	return true;
}

/* ---- forms --------------------------------------------------------------- */

static bool parse_lddw(struct asm_cursor *c, struct asm_stmt *st)
{
	struct asm_num n;
	uint64_t v;

	if (!separator(c) || !asm_number(c, &n))
		return false;
	v = asm_value(&n);
	st->in[0].imm = (int32_t)(uint32_t)v;
	st->in[1].imm = (int32_t)(uint32_t)(v >> 32);
	st->slots = 2;
	return true;
}

static bool parse_call(struct asm_cursor *c, struct asm_stmt *st)
{
	uint8_t reg;

	if (asm_peek(c, 0) == '%') {
		if (!operand_register(c, &reg))
			return false;
		st->in[0].code |= SRC_X;
		st->in[0].dst = reg & 15;
		return true;
	}
	if (asm_word(c, "helper"))
		return separator(c) && operand_imm(c, &st->in[0].imm);
	if (asm_word(c, "runtime")) {
		st->in[0].src = 2;
		return separator(c) && operand_imm(c, &st->in[0].imm);
	}
	if (!asm_word(c, "local"))
		return asm_expected(c, c->p, "helper, local or runtime");
	st->in[0].src = 1;
	return separator(c) && operand_target(c, st, true);
}

static bool parse_lock(struct asm_cursor *c, struct insn *in)
{
	const char *start = c->p;
	uint8_t dst, src;
	bool fetch = asm_word(c, "fetch"), is_32 = false;
	size_t i, n;

	if (fetch)
		asm_blanks(c);
	n = word_length(c);
	for (i = 0; i < sizeof(atomics) / sizeof(atomics[0]); i++) {
		if (is_name(c->p, n, atomics[i].name, true, &is_32))
			break;
	}
	if (i == sizeof(atomics) / sizeof(atomics[0]))
		return asm_fail(c, c->p, "unknown atomic operation");
	if (fetch && !atomics[i].fetch)
		return asm_fail(c, start, "this operation always fetches");
	c->p += n;
	in->code = is_32 ? 0xc3 : 0xdb;
	in->imm = atomics[i].imm | fetch;
	if (!separator(c) || !operand_memory(c, &dst, &in->off) ||
	    !separator(c) || !operand_register(c, &src))
		return false;
	in->dst = dst & 15;
	in->src = src & 15;
	return true;
}

/* The forms that begin with a register, from behind it. */
static bool parse_after_dst(struct asm_cursor *c, const struct mnemonic *m, struct asm_stmt *st)
{
	struct insn *in = &st->in[0];
	uint8_t src;

	switch ((enum form)m->form) {
	case FORM_NEG:
		return true;
	case FORM_END:
		in->imm = m->extra;
		return true;
	case FORM_LDDW:
		return parse_lddw(c, st);
	case FORM_ALU:
		in->off = m->extra;
		return separator(c) && operand_register_or_imm(c, in);
	case FORM_ALU_REG:
		in->off = m->extra;
		if (!separator(c) || !operand_register(c, &src))
			return false;
		in->src = src & 15;
		return true;
	case FORM_LOAD:
		if (!separator(c) || !operand_memory(c, &src, &in->off))
			return false;
		in->src = src & 15;
		return true;
	case FORM_JUMP:
		return separator(c) && operand_register_or_imm(c, in) && separator(c) &&
		       operand_target(c, st, false);
	default:
		return false;
	}
}

static bool parse_operands(struct asm_cursor *c, const struct mnemonic *m, struct asm_stmt *st)
{
	struct insn *in = &st->in[0];
	uint8_t reg;

	switch ((enum form)m->form) {
	case FORM_EXIT:
		return true;
	case FORM_GOTO:
		return operand_target(c, st, false);
	case FORM_GOTO_IMM:
		return operand_target(c, st, true);
	case FORM_CALL:
		return parse_call(c, st);
	case FORM_LOCK:
		return parse_lock(c, in);
	case FORM_STORE_REG:
	case FORM_STORE_IMM:
		if (!operand_memory(c, &reg, &in->off) || !separator(c))
			return false;
		in->dst = reg & 15;
		if (m->form == FORM_STORE_IMM)
			return operand_imm(c, &in->imm);
		if (!operand_register(c, &reg))
			return false;
		in->src = reg & 15;
		return true;
	default:
		if (!operand_register(c, &reg))
			return false;
		in->dst = reg & 15;
		return parse_after_dst(c, m, st);
	}
}

bool asm_mnemonic(struct asm_cursor *c, struct asm_stmt *st)
{
	const struct mnemonic *m;
	size_t length;
	bool is_32;

	m = find(c, &is_32, &length);
	if (!m)
		return asm_fail(c, c->p, "unknown mnemonic");
	*st = (struct asm_stmt){ .slots = 1 };
	st->in[0].code = m->code;
	/* ALU64 to ALU, JMP to JMP32 */
	if (has_32(m) && is_32)
		st->in[0].code ^= 3;
	c->p += length;
	if (m->form != FORM_EXIT && !asm_is_blank(asm_peek(c, 0)))
		return asm_expected(c, c->p, "operands");
	asm_blanks(c);
	if (!parse_operands(c, m, st))
		return false;
	asm_blanks(c);
	if (c->p != c->end)
		return asm_expected(c, c->p, "the end of the statement");
	return true;
}
