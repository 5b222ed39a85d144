/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The syntax of LLVM and of the kernel's log: each statement is matched
 * against the templates of isa.def, read backward, and then against the other
 * spellings listed here.
 */
#include "isa/isa.h"

#include "isa/internal.h"

/*
 * Letters that only occur here: $L a label for imm, $e a call by name and
 * number, $t the sub-type of a wide instruction.
 */
struct spelling {
	uint8_t id;
	bool coded;		/* only where the log shows the opcode */
	const char *text;
};

static const struct spelling other_spellings[] = {
	/* LLVM: w registers for what is not wider */
	{ I_LDX_B, false, "$D = *(u8 *)($s$m)" },
	{ I_LDX_H, false, "$D = *(u16 *)($s$m)" },
	{ I_LDX_W, false, "$D = *(u32 *)($s$m)" },
	{ I_STX_B, false, "*(u8 *)($d$m) = $S" },
	{ I_STX_H, false, "*(u16 *)($d$m) = $S" },
	{ I_STX_W, false, "*(u32 *)($d$m) = $S" },
	{ I_LOAD_ACQ_B, false, "$D = load_acquire((u8 *)($s$m))" },
	{ I_LOAD_ACQ_H, false, "$D = load_acquire((u16 *)($s$m))" },
	{ I_LOAD_ACQ_W, false, "$D = load_acquire((u32 *)($s$m))" },
	{ I_STORE_REL_B, false, "store_release((u8 *)($d$m), $S)" },
	{ I_STORE_REL_H, false, "store_release((u16 *)($d$m), $S)" },
	{ I_STORE_REL_W, false, "store_release((u32 *)($d$m), $S)" },
	{ I_LD_MAP_FD, false, "ld_pseudo $d, $t, $i" },
	{ I_LD_MAP_FD_VALUE, false, "ld_pseudo $d, $t, $l" },
	{ I_LD_VAR_ADDR, false, "ld_pseudo $d, $t, $l" },
	{ I_LD_CODE_ADDR, false, "ld_pseudo $d, $t, $i" },
	{ I_LD_MAP_IDX, false, "ld_pseudo $d, $t, $i" },
	{ I_LD_MAP_IDX_VALUE, false, "ld_pseudo $d, $t, $l" },
	{ I_LD_CODE_ADDR, false, "$d = code_addr($L) ll" },
	{ I_CALL_LOCAL, false, "call $L" },
	/* the kernel: r registers in 32-bit atomics, other names, no "ll" */
	{ I_ATOMIC_ADD32, false, "lock *(u32 *)($d$m) += $s" },
	{ I_ATOMIC_OR32, false, "lock *(u32 *)($d$m) |= $s" },
	{ I_ATOMIC_AND32, false, "lock *(u32 *)($d$m) &= $s" },
	{ I_ATOMIC_XOR32, false, "lock *(u32 *)($d$m) ^= $s" },
	{ I_FETCH_ADD64, false, "$s = atomic64_fetch_add((u64 *)($d$m), $s)" },
	{ I_FETCH_OR64, false, "$s = atomic64_fetch_or((u64 *)($d$m), $s)" },
	{ I_FETCH_AND64, false, "$s = atomic64_fetch_and((u64 *)($d$m), $s)" },
	{ I_FETCH_XOR64, false, "$s = atomic64_fetch_xor((u64 *)($d$m), $s)" },
	{ I_FETCH_ADD32, false, "$s = atomic_fetch_add((u32 *)($d$m), $s)" },
	{ I_FETCH_OR32, false, "$s = atomic_fetch_or((u32 *)($d$m), $s)" },
	{ I_FETCH_AND32, false, "$s = atomic_fetch_and((u32 *)($d$m), $s)" },
	{ I_FETCH_XOR32, false, "$s = atomic_fetch_xor((u32 *)($d$m), $s)" },
	{ I_XCHG64, false, "$s = atomic64_xchg((u64 *)($d$m), $s)" },
	{ I_XCHG32, false, "$s = atomic_xchg((u32 *)($d$m), $s)" },
	{ I_CMPXCHG64, false, "r0 = atomic64_cmpxchg((u64 *)($d$m), r0, $s)" },
	{ I_CMPXCHG32, false, "r0 = atomic_cmpxchg((u32 *)($d$m), r0, $s)" },
	{ I_CALL_HELPER, false, "call $e" },
	{ I_CALL_KFUNC, false, "call kernel-function#$i" },
	{ I_LD_IMM64, true, "$d = $l" },
};

/* What the letters of a template have been matched with. */
struct fields {
	uint8_t dst, src;
	bool has_dst, has_src;
	int16_t off;
	int32_t imm, hi;
	int subtype;		/* -1: not written */
	const char *label;
	size_t nlabel;
	bool label_imm;
};

/* ---- letters ------------------------------------------------------------- */

/* A register; where a template names it twice, both must be the same. */
static bool match_register(struct asm_cursor *c, char letter, uint8_t *reg, bool *has)
{
	const char *start = c->p;
	uint8_t v;

	if (!asm_register(c, letter, REG_FP, &v))
		return false;
	if (*has && v != *reg)
		return asm_fail(c, start, "must be the same register as before");
	*has = true;
	*reg = v;
	return true;
}

/* A leading zero is octal to LLVM and decimal to others: refuse it. */
static bool match_number(struct asm_cursor *c, int64_t min, uint64_t max, const char *msg,
			 uint64_t *value)
{
	const char *start = c->p, *first;
	struct asm_num n;

	if (!asm_number(c, &n))
		return false;
	first = start;
	while (first < c->p && !asm_is_digit(*first))
		first++;
	if (*first == '0' && c->p - first > 1 && !n.hex)
		return asm_fail(c, start,
				"a leading zero means octal to some and decimal to others");
	if (!asm_fits(&n, min, max))
		return asm_fail(c, start, msg);
	*value = asm_value(&n);
	return true;
}

static bool match_imm(struct asm_cursor *c, int32_t *imm)
{
	uint64_t v;

	if (!match_number(c, INT32_MIN, UINT32_MAX, "immediate out of 32-bit range", &v))
		return false;
	*imm = (int32_t)(uint32_t)v;
	return true;
}

static bool match_imm64(struct asm_cursor *c, struct fields *f)
{
	uint64_t v;

	if (!match_number(c, INT64_MIN, UINT64_MAX, "immediate out of 64-bit range", &v))
		return false;
	f->imm = (int32_t)(uint32_t)v;
	f->hi = (int32_t)(uint32_t)(v >> 32);
	return true;
}

static bool match_off(struct asm_cursor *c, int16_t *off)
{
	uint64_t v;

	if (!match_number(c, INT16_MIN, INT16_MAX, "offset out of 16-bit range", &v))
		return false;
	*off = (int16_t)v;
	return true;
}

/* "+ 8", "- 8", the kernel's "+ -8", or nothing. */
static bool match_displacement(struct asm_cursor *c, char letter, struct fields *f)
{
	char sign = asm_peek(c, 0);

	if (sign != '+' && sign != '-')
		return true;
	if (sign == '+') {
		struct asm_cursor ahead = *c;

		ahead.p++;
		asm_blanks(&ahead);
		if (asm_peek(&ahead, 0) == '-')
			c->p = ahead.p;
	}
	if (letter == 'm')
		return match_off(c, &f->off);
	return match_imm(c, &f->imm);
}

/* "+5", "pc-5" or a label. */
static bool match_jump(struct asm_cursor *c, char letter, struct fields *f)
{
	struct asm_cursor ahead = *c;
	uint64_t v;

	if (asm_word(&ahead, "pc") && (asm_peek(&ahead, 0) == '+' || asm_peek(&ahead, 0) == '-'))
		*c = ahead;
	if (asm_peek(c, 0) != '+' && asm_peek(c, 0) != '-') {
		f->label_imm = letter == 'J';
		return asm_label(c, &f->label, &f->nlabel) ||
		       asm_expected(c, c->p, "an offset");
	}
	if (letter == 'j')
		return match_off(c, &f->off);
	if (!match_number(c, INT32_MIN, INT32_MAX, "offset out of 32-bit range", &v))
		return false;
	f->imm = (int32_t)(uint32_t)v;
	return true;
}

/* A label that cannot be taken for a number. */
static bool match_label(struct asm_cursor *c, struct fields *f)
{
	struct asm_cursor ahead = *c;
	struct asm_num n;

	if (asm_number(&ahead, &n))
		return asm_expected(c, c->p, "a label");
	f->label_imm = true;
	return asm_label(c, &f->label, &f->nlabel);
}

/* "pc+5" */
static bool match_local_call(struct asm_cursor *c, struct fields *f)
{
	if (!asm_word(c, "pc") || (asm_peek(c, 0) != '+' && asm_peek(c, 0) != '-'))
		return asm_expected(c, c->p, "pc+number");
	return match_jump(c, 'J', f);
}

/* "bpf_map_lookup_elem#1" */
static bool match_named_call(struct asm_cursor *c, struct fields *f)
{
	const char *start = c->p;

	while (c->p < c->end && asm_is_word(*c->p))
		c->p++;
	if (c->p == start || asm_peek(c, 0) != '#')
		return asm_expected(c, start, "a helper's number");
	c->p++;
	return match_imm(c, &f->imm);
}

/* "5", or "5, 3" with the index of the BTF fd */
static bool match_kfunc(struct asm_cursor *c, struct fields *f)
{
	if (!match_imm(c, &f->imm))
		return false;
	asm_blanks(c);
	if (asm_peek(c, 0) != ',')
		return true;
	c->p++;
	asm_blanks(c);
	return match_off(c, &f->off);
}

static bool match_optional_imm(struct asm_cursor *c, int32_t *imm)
{
	asm_blanks(c);
	if (asm_peek(c, 0) != ',')
		return true;
	c->p++;
	asm_blanks(c);
	return match_imm(c, imm);
}

static bool match_subtype(struct asm_cursor *c, struct fields *f)
{
	uint64_t v;

	if (!match_number(c, 0, 6, "no such sub-type", &v))
		return false;
	f->subtype = (int)v;
	return true;
}

/* Half of imm: an address space. */
static bool match_half(struct asm_cursor *c, int shift, struct fields *f)
{
	uint64_t v;

	if (!match_number(c, 0, UINT16_MAX, "address space out of 16-bit range", &v))
		return false;
	f->imm = (int32_t)((uint32_t)f->imm | (uint32_t)v << shift);
	return true;
}

static bool match_letter(struct asm_cursor *c, char letter, struct fields *f)
{
	asm_blanks(c);
	switch (letter) {
	case 'd':
		return match_register(c, 'r', &f->dst, &f->has_dst);
	case 'D':
		return match_register(c, 'w', &f->dst, &f->has_dst);
	case 's':
		return match_register(c, 'r', &f->src, &f->has_src);
	case 'S':
		return match_register(c, 'w', &f->src, &f->has_src);
	case 'i':
	case 'h':
		return match_imm(c, &f->imm);
	case 'n':
		return match_imm(c, &f->hi);
	case 'o':
		return match_optional_imm(c, &f->hi);
	case 'l':
		return match_imm64(c, f);
	case 'm':
	case 'p':
		return match_displacement(c, letter, f);
	case 'j':
	case 'J':
		return match_jump(c, letter, f);
	case 'c':
		return match_local_call(c, f);
	case 'k':
		return match_kfunc(c, f);
	case 'a':
		return match_half(c, 16, f);
	case 'b':
		return match_half(c, 0, f);
	case 'L':
		return match_label(c, f);
	case 't':
		return match_subtype(c, f);
	case 'e':
		return match_named_call(c, f);
	}
	return false;
}

/* ---- templates ----------------------------------------------------------- */

/* Blanks of a template separate words and are optional elsewhere. */
static bool match_blank(struct asm_cursor *c, const char *start)
{
	const char *p = c->p;

	asm_blanks(c);
	return c->p > p || p == start || c->p == c->end || !asm_is_word(p[-1]) || !asm_is_word(*p);
}

/* Blanks may stand around brackets and commas, not within operators. */
static bool is_bracket(char ch)
{
	return ch == '(' || ch == ')' || ch == '[' || ch == ']' || ch == ',';
}

static bool match_template(struct asm_cursor *c, const char *text, struct fields *f)
{
	const char *start = c->p, *word = text;

	for (const char *t = text; *t; t++) {
		if (*t == '$') {
			if (!match_letter(c, *++t, f))
				return false;
			word = t + 1;
			continue;
		}
		if (*t == ' ') {
			if (!match_blank(c, start))
				return asm_expected_text(c, c->p, t + 1);
			word = t + 1;
			continue;
		}
		if (is_bracket(*t) || (t > text && is_bracket(t[-1]))) {
			asm_blanks(c);
			word = t;
		}
		if (asm_peek(c, 0) != *t)
			return asm_expected_text(c, c->p - (t - word), word);
		c->p++;
		/* "exit" is not the beginning of "exits" */
		if (asm_is_word(*t) && !asm_is_word(t[1]) && t[1] != '$' &&
		    asm_is_word(asm_peek(c, 0)))
			return asm_expected_text(c, c->p - (t - word) - 1, word);
	}
	asm_blanks(c);
	if (c->p != c->end)
		return asm_expected(c, c->p, "the end of the statement");
	return true;
}

/* Can the template begin with this character?  Most cannot. */
static bool may_begin(const char *text, char ch)
{
	if (text[0] != '$')
		return ch == text[0];
	return ch == (text[1] == 'D' || text[1] == 'S' ? 'w' : 'r');
}

static bool try(struct asm_cursor *c, uint8_t id, const char *text, struct asm_stmt *st)
{
	const char *start = c->p;
	struct fields f = { .subtype = -1 };

	if (!may_begin(text, asm_peek(c, 0)))
		return false;
	if (!match_template(c, text, &f) ||
	    (f.subtype >= 0 && f.subtype != insn_row(id)->value)) {
		c->p = start;
		return false;
	}
	st->in[0] = insn_make(id, f.dst, f.src, f.off, f.imm);
	st->in[1] = (struct insn){ .imm = f.hi };
	st->slots = insn_slots(id);
	st->label = f.label;
	st->nlabel = f.nlabel;
	st->label_imm = f.label_imm;
	return true;
}

bool asm_expression(struct asm_cursor *c, int code, struct asm_stmt *st)
{
	bool known = false;

	for (uint8_t id = 0; id < INSN_N; id++) {
		const struct insn_row *r = insn_row(id);

		if (code >= 0 && r->code != code)
			continue;
		known = true;
		if (try(c, id, r->text, st))
			return true;
	}
	for (size_t i = 0; i < sizeof(other_spellings) / sizeof(other_spellings[0]); i++) {
		const struct spelling *s = &other_spellings[i];

		if (code >= 0 ? insn_row(s->id)->code != code : s->coded)
			continue;
		if (try(c, s->id, s->text, st))
			return true;
	}
	if (!known)
		return asm_fail(c, c->p, "unknown opcode");
	return false;
}
