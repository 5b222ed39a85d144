/* SPDX-License-Identifier: Apache-2.0 */
/*
 * scalar_truth.h: what operations and comparisons do to values, written down
 * once more, for words of 4, 6, 8 and 64 bits with a lower half, independent of
 * isa.def and of the verifier.
 */
#ifndef TESTS_UNIT_SCALAR_TRUTH_H
#define TESTS_UNIT_SCALAR_TRUTH_H

#include "verifier/verifier.h"

/* A domain at some width.  At 64 bits the half has 32. */
struct width {
	unsigned bits, half;
	const struct domain *d;
};

static inline uint64_t cut(unsigned bits, uint64_t v)
{
	return bits >= 64 ? v : v & ((1ull << bits) - 1);
}

static inline int64_t sext(unsigned bits, uint64_t v)
{
	uint64_t sign = 1ull << (bits - 1);

	return (int64_t)((cut(bits, v) ^ sign) - sign);
}

static inline uint64_t reverse_bytes(unsigned byte, unsigned bits, uint64_t v)
{
	uint64_t r = 0;

	for (unsigned i = 0; i < bits / byte; i++)
		r = r << byte | cut(byte, v >> i * byte);
	return r;
}

static inline uint64_t truth_shift(unsigned w, enum insn_op op, uint64_t d, uint64_t k)
{
	uint64_t r = op == OP_ARSH ? (uint64_t)sext(w, d) : d;

	for (k %= w; k > 0; k--)
		r = op == OP_LSH ? r * 2 : op == OP_RSH ? r / 2 : (r >> 1) | (r & 1ull << 63);
	return r;
}

static inline uint64_t truth_divide(unsigned w, enum insn_op op, uint64_t d, uint64_t s)
{
	int64_t sd = sext(w, d), ss = sext(w, s);
	uint64_t ud = (uint64_t)(sd < 0 ? 0 - (uint64_t)sd : (uint64_t)sd);
	uint64_t us = (uint64_t)(ss < 0 ? 0 - (uint64_t)ss : (uint64_t)ss);

	switch (op) {
	case OP_DIV:
		return s ? d / s : 0;
	case OP_MOD:
		return s ? d - d / s * s : d;
	case OP_SDIV:
		if (us == 0)
			return 0;
		return (sd < 0) != (ss < 0) ? 0 - ud / us : ud / us;
	default: /* OP_SMOD: the sign of the dividend */
		if (us == 0)
			return d;
		return sd < 0 ? 0 - (ud - ud / us * us) : ud - ud / us * us;
	}
}

/* dst op src at the given width (bits or half), zero-extended. */
static inline uint64_t truth_alu(const struct width *x, enum insn_op op, unsigned w, uint64_t d,
				 uint64_t s)
{
	const unsigned byte = x->bits / 8;

	d = cut(w, d);
	s = cut(w, s);
	switch (op) {
	case OP_ADD: return cut(w, d + s);
	case OP_SUB: return cut(w, d - s);
	case OP_MUL: return cut(w, d * s);
	case OP_AND: return d & s;
	case OP_OR: return d | s;
	case OP_XOR: return d ^ s;
	case OP_MOV: return s;
	case OP_NEG: return cut(w, ~d + 1);
	case OP_DIV: case OP_MOD: case OP_SDIV: case OP_SMOD:
		return cut(w, truth_divide(w, op, d, s));
	case OP_LSH: case OP_RSH: case OP_ARSH:
		return cut(w, truth_shift(w, op, d, s));
	case OP_MOVSX8: return cut(w, (uint64_t)sext(x->bits / 8, s));
	case OP_MOVSX16: return cut(w, (uint64_t)sext(x->bits / 4, s));
	case OP_MOVSX32: return cut(w, (uint64_t)sext(x->bits / 2, s));
	case OP_LE16: return cut(x->bits / 4, d);
	case OP_LE32: return cut(x->bits / 2, d);
	case OP_LE64: return d;
	case OP_BE16: case OP_BSWAP16: return reverse_bytes(byte, x->bits / 4, d);
	case OP_BE32: case OP_BSWAP32: return reverse_bytes(byte, x->bits / 2, d);
	default: /* BE64, BSWAP64 */
		return reverse_bytes(byte, x->bits, d);
	}
}

static inline bool truth_taken(enum insn_op op, unsigned w, uint64_t d, uint64_t s)
{
	int64_t sd = sext(w, d), ss = sext(w, s);

	d = cut(w, d);
	s = cut(w, s);
	switch (op) {
	case OP_JEQ: return d == s;
	case OP_JNE: return d != s;
	case OP_JGT: return d > s;
	case OP_JGE: return d >= s;
	case OP_JLT: return d < s;
	case OP_JLE: return d <= s;
	case OP_JSGT: return sd > ss;
	case OP_JSGE: return sd >= ss;
	case OP_JSLT: return sd < ss;
	case OP_JSLE: return sd <= ss;
	default: /* OP_JSET */
		return (d & s) != 0;
	}
}

static inline bool truth_contains(const struct width *x, const struct scalar *s, uint64_t v)
{
	uint64_t low = cut(x->half, v);
	int64_t sv = sext(x->bits, v), slow = sext(x->half, v);

	return (v & ~s->var.mask) == s->var.value && s->umin <= v && v <= s->umax &&
	       s->smin <= sv && sv <= s->smax && s->u32min <= low && low <= s->u32max &&
	       s->s32min <= slow && slow <= s->s32max;
}

/* What scalar_check() demands, at any width. */
static inline bool truth_check(const struct width *x, const struct scalar *s)
{
	return (s->var.value & s->var.mask) == 0 && s->umin <= s->umax && s->smin <= s->smax &&
	       s->u32min <= s->u32max && s->s32min <= s->s32max &&
	       (s->var.mask != 0 || truth_contains(x, s, s->var.value));
}

static const enum insn_op truth_jumps[] = {
	OP_JEQ, OP_JNE, OP_JGT, OP_JGE, OP_JLT, OP_JLE, OP_JSGT, OP_JSGE, OP_JSLT, OP_JSLE,
	OP_JSET,
};
static const enum insn_op truth_binary[] = {
	OP_ADD, OP_SUB, OP_MUL, OP_AND, OP_OR, OP_XOR, OP_LSH, OP_RSH, OP_ARSH, OP_DIV, OP_MOD,
	OP_SDIV, OP_SMOD,
};
/* The last ones need bytes: 8 bits or more. */
static const enum insn_op truth_unary[] = {
	OP_NEG, OP_MOV, OP_MOVSX8, OP_MOVSX16, OP_MOVSX32, OP_LE16, OP_LE32, OP_LE64, OP_BE16,
	OP_BE32, OP_BE64, OP_BSWAP16, OP_BSWAP32, OP_BSWAP64,
};
enum {
	JUMPS = sizeof(truth_jumps) / sizeof(truth_jumps[0]),
	BINARIES = sizeof(truth_binary) / sizeof(truth_binary[0]),
	UNARIES = sizeof(truth_unary) / sizeof(truth_unary[0]),
	UNARIES_SMALL = 2,
};

/* No instruction: byte order at width 32, sign extension from 32 bits at width 32. */
static inline bool truth_exists(const struct width *x, enum insn_op op, unsigned w)
{
	return w == x->bits || op < OP_MOVSX32;
}

#endif
