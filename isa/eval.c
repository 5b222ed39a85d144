/* SPDX-License-Identifier: Apache-2.0 */
/* The meaning of ALU operations and comparisons, chosen at run time. */
#include "isa/isa.h"

#include "isa/eval.h"

uint64_t insn_eval(enum insn_op op, uint8_t width, uint64_t d, uint64_t s)
{
	if (width == 64)
		return insn_eval64(op, d, s);
	if (width == 32)
		return insn_eval32(op, d, s);
	return insn_eval8(op, d, s);
}

bool insn_taken(enum insn_op op, uint8_t width, uint64_t d, uint64_t s)
{
	if (width == 64)
		return insn_taken64(op, d, s);
	if (width == 32)
		return insn_taken32(op, d, s);
	return insn_taken8(op, d, s);
}
