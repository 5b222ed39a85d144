/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second level: any insns that decode, without types or bounds.  Only
 * checked mode may run them.
 */
#include "fuzz/fuzz.h"

#include "fuzz/gen.h"

static uint8_t wild_reg(struct choice *c, bool write)
{
	return (uint8_t)choice_below(c, write ? 10 : 11);
}

static int32_t wild_imm(struct choice *c)
{
	switch (choice_below(c, 4)) {
	case 0:
		return (int32_t)choice_below(c, 70) - 2;
	case 1:
		return (int32_t)((1u << choice_below(c, 32)) - choice_below(c, 3) + 1);
	default:
		return (int32_t)choice_u64(c);
	}
}

static int16_t wild_mem_off(struct choice *c)
{
	if (choice_below(c, 8) == 0)
		return (int16_t)choice_u64(c);
	return (int16_t)((int32_t)choice_below(c, 160) - 80);
}

static int32_t wild_target(struct choice *c, uint32_t pc, uint32_t len)
{
	uint32_t to = choice_below(c, len);

	if (choice_below(c, 4) && to <= pc && pc + 1 < len)	/* mostly forward */
		to = pc + 1 + choice_below(c, len - pc - 1);
	return (int32_t)to - (int32_t)pc - 1;
}

static int32_t wild_helper(struct choice *c)
{
	static const uint8_t common[] = { 1, 2, 3, 5, 7, 8, 12, 26, 28 };

	if (choice_below(c, 5) == 0)
		return (int32_t)choice_below(c, HELPER_MAX);
	return common[choice_below(c, sizeof(common))];
}

static uint8_t wild_row(struct choice *c, uint32_t groups)
{
	for (int tries = 0; tries < 16; tries++) {
		uint8_t id = (uint8_t)choice_below(c, INSN_N);

		if (groups >> insn_row(id)->group & 1)
			return id;
	}
	return I_MOV64_X;
}

struct insn gen_wild_insn(struct choice *c, uint32_t groups, uint32_t pc, uint32_t len,
			  uint32_t nmap, struct insn *second)
{
	uint8_t id = wild_row(c, groups), dst, src;
	const struct insn_row *r = insn_row(id);
	int16_t off = wild_mem_off(c);
	int32_t imm = wild_imm(c);
	bool store = r->kind == K_STX || r->kind == K_ST || r->kind == K_ATOMIC ||
		     r->kind == K_ATOMIC_FETCH || r->kind == K_CMPXCHG || r->kind == K_STORE_REL ||
		     r->kind == K_JMP_K || r->kind == K_JMP_X;
	struct insn wide[2];

	dst = wild_reg(c, !store);
	src = wild_reg(c, r->kind == K_ATOMIC_FETCH);
	switch ((enum insn_kind)r->kind) {
	case K_JMP_K: case K_JMP_X: case K_MAY_GOTO:
		off = (int16_t)wild_target(c, pc, len);
		break;
	case K_JA:
		off = (int16_t)(imm = wild_target(c, pc, len));
		break;
	case K_CALL_LOCAL:
		imm = wild_target(c, pc, len);
		break;
	case K_CALL:
		imm = wild_helper(c);
		break;
	case K_ADDR_CAST:
		imm = choice_below(c, 2) ? 1 : 1 << 16;
		break;
	case K_LD_IMM64:
		if (!second)
			return insn_mov64_imm(dst, imm);
		if (id == I_LD_CODE_ADDR)
			imm = wild_target(c, pc, len);
		else if (id != I_LD_IMM64 && nmap)
			imm = (int32_t)choice_below(c, nmap);
		insn_lddw(wide, dst, (uint8_t)r->value, r->uses & F_IMM64
			  ? (uint32_t)imm | (uint64_t)(uint32_t)wild_imm(c) << 32 : (uint32_t)imm);
		*second = wide[1];
		return wide[0];
	default:
		break;
	}
	return insn_make(id, dst, src, off, imm);
}

/* A jump into the middle of a wide insn, or a reserved register, becomes a move. */
static void wild_mend(struct insn *code, uint8_t *id, uint32_t len)
{
	struct check_err why;

	while (!program_check(code, len, id, &why)) {
		if (why.pc >= len)
			return;
		if (code[why.pc].code == 0x18 && why.pc + 1 < len)
			code[why.pc + 1] = insn_mov64_imm(0, 1);
		code[why.pc] = why.pc + 1 == len ? insn_exit() : insn_mov64_imm(0, 0);
	}
}

void gen_wild_program(struct gen *g, struct program *p, uint32_t n)
{
	uint32_t len = n + 1;
	struct insn *code = arena_alloc(g->a, len * sizeof(*code));
	uint8_t *id = arena_raw(g->a, len);

	for (uint32_t pc = 0; pc < len; pc++) {
		struct insn *second = pc + 2 < len ? &code[pc + 1] : NULL;

		if (pc < 3 && choice_below(g->c, 2))	/* something defined to work with */
			code[pc] = insn_mov64_imm((uint8_t)choice_below(g->c, 10), wild_imm(g->c));
		else
			code[pc] = gen_wild_insn(g->c, g->groups, pc, len, g->nmap, second);
		pc += code[pc].code == 0x18;
	}
	code[len - 1] = insn_exit();
	wild_mend(code, id, len);
	p->insn = code;
	p->len = len;
}
