/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eval.h: the OP and CMP rows of isa.def as inline functions, for callers that
 * know the operation at compile time.  Everyone else calls insn_eval() and
 * insn_taken().
 */
#ifndef ISA_EVAL_H
#define ISA_EVAL_H

#include "isa/isa.h"

/*
 * One pair of functions for each width.  Not every meaning uses all of d, s,
 * sd and ss.  Width 8 exists for exhaustive tests; no instruction has it.
 */
#define EVAL_OPERANDS(U, S) \
	const U d = (U)d64, s = (U)s64; \
	const S sd = (S)d, ss = (S)s; \
	(void)sd; (void)ss

#define EVAL_OP(name, meaning) case OP_##name: return (U)(meaning);
#define EVAL_CMP(name, taken) case OP_##name: return (taken);

static inline __attribute__((always_inline))
uint64_t insn_eval64(enum insn_op op, uint64_t d64, uint64_t s64)
{
	enum { W = 64 };
	typedef uint64_t U;

	EVAL_OPERANDS(uint64_t, int64_t);
	switch (op) {
#define OP(name, meaning) EVAL_OP(name, meaning)
#include "isa/isa.def"
	default:
		return 0;
	}
}

static inline __attribute__((always_inline))
uint64_t insn_eval32(enum insn_op op, uint64_t d64, uint64_t s64)
{
	enum { W = 32 };
	typedef uint32_t U;

	EVAL_OPERANDS(uint32_t, int32_t);
	switch (op) {
#define OP(name, meaning) EVAL_OP(name, meaning)
#include "isa/isa.def"
	default:
		return 0;
	}
}

static inline __attribute__((always_inline))
uint64_t insn_eval8(enum insn_op op, uint64_t d64, uint64_t s64)
{
	enum { W = 8 };
	typedef uint8_t U;

	EVAL_OPERANDS(uint8_t, int8_t);
	switch (op) {
#define OP(name, meaning) EVAL_OP(name, meaning)
#include "isa/isa.def"
	default:
		return 0;
	}
}

static inline __attribute__((always_inline))
bool insn_taken64(enum insn_op op, uint64_t d64, uint64_t s64)
{
	EVAL_OPERANDS(uint64_t, int64_t);
	switch (op) {
#define CMP(name, taken) EVAL_CMP(name, taken)
#include "isa/isa.def"
	default:
		return false;
	}
}

static inline __attribute__((always_inline))
bool insn_taken32(enum insn_op op, uint64_t d64, uint64_t s64)
{
	EVAL_OPERANDS(uint32_t, int32_t);
	switch (op) {
#define CMP(name, taken) EVAL_CMP(name, taken)
#include "isa/isa.def"
	default:
		return false;
	}
}

static inline __attribute__((always_inline))
bool insn_taken8(enum insn_op op, uint64_t d64, uint64_t s64)
{
	EVAL_OPERANDS(uint8_t, int8_t);
	switch (op) {
#define CMP(name, taken) EVAL_CMP(name, taken)
#include "isa/isa.def"
	default:
		return false;
	}
}

#undef EVAL_OPERANDS
#undef EVAL_OP
#undef EVAL_CMP

#endif
