/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text: what the disassembler prints, the assembler reads back to the same
 * bytes, and every decoded insn is rebuilt from its fields.
 */
#include "fuzz/internal.h"

#include <string.h>

static enum ruling bad(struct finding *f, uint32_t prog, uint32_t pc, const char *place,
		       const char *text)
{
	f->engines[0] = "isa";
	f->engines[1] = "isa";
	f->pc = (struct pc){ .prog = (uint16_t)prog, .insn = pc };
	snprintf(f->place, sizeof(f->place), "%s", place);
	snprintf(f->what, sizeof(f->what), "insn %u does not survive %s: %.120s", pc, place, text);
	return FAILS;
}

static enum ruling judge_insn(const struct program *p, uint32_t prog, uint32_t pc, uint32_t *slots,
			      struct finding *f)
{
	const struct insn *in = &p->insn[pc];
	struct insn back[2] = { { 0 } }, made;
	struct asm_err err;
	char text[160];
	long n;

	*slots = insn_print(text, sizeof(text), in, p->len - pc);
	n = asm_text(text, strlen(text), back, 2, &err);
	if (n != (long)*slots || memcmp(back, in, *slots * sizeof(*in)))
		return bad(f, prog, pc, "text", text);
	if (p->id && *slots == 1) {
		made = insn_make(p->id[pc], in->dst, in->src, in->off, in->imm);
		if (memcmp(&made, in, sizeof(made)))
			return bad(f, prog, pc, "encoding", text);
	}
	return HOLDS;
}

enum ruling oracle_text(struct trial *t, struct finding *f)
{
	const struct unit *u = &t->tc->unit;

	if (!t->text || t->input_index)
		return NO_OPINION;
	for (uint32_t i = 0; i < u->nprog; i++) {
		uint32_t slots;

		for (uint32_t pc = 0; pc < u->prog[i].len; pc += slots)
			if (judge_insn(&u->prog[i], i, pc, &slots, f) == FAILS)
				return FAILS;
	}
	return HOLDS;
}
