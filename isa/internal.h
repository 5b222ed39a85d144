/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the assembler share: a cursor over one statement, and the
 * statement that comes out of it.
 *
 * Parsing functions return false and leave a failure in the cursor.  Many
 * templates are tried at the same text, so a failure costs two assignments,
 * and the cursor keeps the one that a reader wants to hear of.
 */
#ifndef ISA_INTERNAL_H
#define ISA_INTERNAL_H

#include "isa/isa.h"

struct asm_cursor {
	const char *p, *end;
	/* the failure: a place, and a sentence or what should stand there */
	const char *at, *msg;
	struct asm_want {
		const char *p;
		size_t len;
		bool text;	/* literally */
	} want[3];
	uint32_t nwant;		/* 4: too many to name them */
};

struct asm_num {
	uint64_t mag;
	bool neg, sign, hex;	/* sign: written with + or - */
};

struct asm_stmt {
	struct insn in[2];
	uint32_t slots;
	const char *label;	/* NULL, or a jump to be resolved */
	size_t nlabel;
	bool label_imm;		/* displacement goes to imm, not to off */
};

/* ---- asm_lex.c ----------------------------------------------------------- */

bool asm_fail(struct asm_cursor *c, const char *at, const char *msg);
bool asm_expected(struct asm_cursor *c, const char *at, const char *want);
/* The next word of a template. */
bool asm_expected_text(struct asm_cursor *c, const char *at, const char *template);

/* Letters, digits and '_': what may not follow a complete word or number. */
static inline bool asm_is_word(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
	       ch == '_';
}

static inline bool asm_is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static inline bool asm_is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\v' || ch == '\f';
}

void asm_blanks(struct asm_cursor *c);
/* The character n places ahead, or 0. */
char asm_peek(const struct asm_cursor *c, size_t n);
/* Consumes the word if it stands here. */
bool asm_word(struct asm_cursor *c, const char *word);
/* 'r' or 'w' and a number up to max; canonical spelling only. */
bool asm_register(struct asm_cursor *c, char letter, uint8_t max, uint8_t *reg);
/* [+-] 0x... or decimal.  Fails on what does not fit into 64 bits. */
bool asm_number(struct asm_cursor *c, struct asm_num *n);
bool asm_fits(const struct asm_num *n, int64_t min, uint64_t max);
uint64_t asm_value(const struct asm_num *n);
/* The name of a label; may be digits only. */
bool asm_label(struct asm_cursor *c, const char **name, size_t *len);

/* ---- asm_expr.c: the syntax of LLVM and the kernel --------------------------- */

/* code is the opcode that the kernel's log shows before the text, or -1. */
bool asm_expression(struct asm_cursor *c, int code, struct asm_stmt *st);

/* ---- asm_mnemonic.c: the mnemonics of bpf_conformance ------------------------ */

/* Says whether the statement is one; the cursor does not move. */
bool asm_is_mnemonic(const struct asm_cursor *c);
bool asm_mnemonic(struct asm_cursor *c, struct asm_stmt *st);

#endif
