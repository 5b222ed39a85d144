/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bait: code whose safety hangs on range analysis.  Scalars with partly known
 * bits and ranges across the sign and word boundaries; copies and spills of
 * which one is narrowed later; constants chosen by branches; and what they
 * lead to: indexes that are legal by exactly the last byte.
 */
#include "fuzz/fuzz.h"

#include "fuzz/gen.h"

static void put_alu_imm(struct gen *g, bool wide, uint8_t alu, int r, int32_t imm, uint8_t op)
{
	struct greg k = greg_const((uint64_t)(int64_t)imm);

	if (alu == ALU_MUL && !(g->groups >> (wide ? G_DIVMUL64 : G_DIVMUL32) & 1))
		return;
	gen_put(g, wide ? insn_alu64_imm(alu, (uint8_t)r, imm) : insn_alu32_imm(alu, (uint8_t)r, imm));
	gen_set(g, r, greg_alu(op, wide ? 64 : 32, &g->st.reg[r], &k));
}

/* if r <cmp> k leave: unsigned or signed, on either side. */
static void clamp_guard(struct gen *g, int r, uint8_t jmp, uint8_t op, uint8_t width, int32_t k,
			bool taken_leaves)
{
	struct gcond c;
	uint32_t at;

	c.in = width == 64 ? insn_jmp_imm(jmp, (uint8_t)r, k, 0) : insn_jmp32_imm(jmp, (uint8_t)r, k, 0);
	c.taken = g->st;
	greg_refine(&c.taken.reg[r], op, width, true, (uint64_t)(int64_t)k);
	greg_refine(&g->st.reg[r], op, width, false, (uint64_t)(int64_t)k);
	at = gen_branch_emit(g, &c);
	gen_leave(g, at, &c, taken_leaves);
}

static void clamp_by_branch(struct gen *g, int r, int32_t k)
{
	uint8_t width = 64;

	if (gen_coin(g, 70) && k < 0x1000000)	/* mostly within reach of the bound */
		put_alu_imm(g, true, ALU_AND, r, k * 2 + 1, OP_AND);
	if (gen_coin(g, 40)) {
		gen_put(g, insn_mov32_reg((uint8_t)r, (uint8_t)r));
		if (g->st.reg[r].hi > UINT32_MAX)
			gen_set(g, r, greg_scalar(0, UINT32_MAX));
		width = 32;
	}
	switch (gen_below(g, 5)) {
	case 0:
		clamp_guard(g, r, JMP_JGT, OP_JGT, width, k, true);
		break;
	case 1:
		clamp_guard(g, r, JMP_JGE, OP_JGE, width, k + 1, true);
		break;
	case 2:
		clamp_guard(g, r, JMP_JLE, OP_JLE, width, k, false);
		break;
	case 3:
		clamp_guard(g, r, JMP_JLT, OP_JLT, width, k + 1, false);
		break;
	default:
		clamp_guard(g, r, JMP_JSLT, OP_JSLT, width, 0, true);
		clamp_guard(g, r, JMP_JSGT, OP_JSGT, width, k, true);
	}
}

void gen_clamp(struct gen *g, int r, uint64_t max)
{
	int32_t k;

	if (g->lock >> r & 1 || g->st.reg[r].type != G_SCALAR)
		return;
	if (max > 0xffff)
		max = 0xffff;
	k = gen_coin(g, 60) ? (int32_t)max : (int32_t)gen_below(g, (uint32_t)max + 1);
	gen_remember(g, (uint64_t)k);
	switch (gen_below(g, 5)) {
	case 0: case 1:
		put_alu_imm(g, gen_coin(g, 60), ALU_AND, r, k, OP_AND);
		return;
	case 2:		/* the top bits */
		k = max ? 63 - __builtin_clzll(max + 1) : 0;
		if (k == 0) {
			put_alu_imm(g, true, ALU_AND, r, 0, OP_AND);
			return;
		}
		if (gen_coin(g, 50))
			put_alu_imm(g, true, ALU_RSH, r, 64 - k, OP_RSH);
		else
			put_alu_imm(g, false, ALU_RSH, r, 32 - (k < 32 ? k : 31), OP_RSH);
		return;
	default:
		clamp_by_branch(g, r, k);
	}
}

/* ---- chains --------------------------------------------------------------------------- */

/* Sign or zero extension in one of its spellings. */
static void extend(struct gen *g, int r)
{
	uint8_t bits = (uint8_t)(8u << gen_below(g, 3));
	uint8_t n = (uint8_t)(64 - bits);

	switch (gen_below(g, 4)) {
	case 0:
		put_alu_imm(g, true, ALU_LSH, r, n, OP_LSH);
		put_alu_imm(g, true, ALU_RSH, r, n, OP_RSH);
		break;
	case 1:
		put_alu_imm(g, true, ALU_LSH, r, n, OP_LSH);
		put_alu_imm(g, true, ALU_ARSH, r, n, OP_ARSH);
		break;
	case 2:
		gen_put(g, insn_movsx(64, bits, (uint8_t)r, (uint8_t)r));
		gen_set(g, r, greg_unknown());
		break;
	default:
		gen_put(g, insn_mov32_reg((uint8_t)r, (uint8_t)r));
		if (g->st.reg[r].hi > UINT32_MAX)
			gen_set(g, r, greg_scalar(0, UINT32_MAX));
	}
}

/* Partly known bits: a mask, some bits set, some flipped. */
static void partial(struct gen *g, int r)
{
	static const struct { uint8_t alu, op; } ops[] = {
		{ ALU_AND, OP_AND }, { ALU_AND, OP_AND }, { ALU_OR, OP_OR }, { ALU_XOR, OP_XOR },
		{ ALU_ADD, OP_ADD }, { ALU_SUB, OP_SUB }, { ALU_MUL, OP_MUL },
	};
	uint32_t i = gen_below(g, 7);

	put_alu_imm(g, gen_coin(g, 60), ops[i].alu, r, gen_imm(g), ops[i].op);
}

bool gen_bound(struct gen *g)
{
	int r = gen_scalar_rw(g);

	if (r < 0)
		return false;
	for (uint32_t n = 1 + gen_below(g, 3); n; n--) {
		switch (gen_below(g, 8)) {
		case 0: case 1: case 2:
			partial(g, r);
			break;
		case 3:
			extend(g, r);
			break;
		case 4:
			gen_guard(g);
			break;
		case 5:
			gen_clamp(g, r, gen_value(g) & 0xffff);
			break;
		case 6:
			put_alu_imm(g, gen_coin(g, 50), ALU_ARSH, r, (int32_t)gen_below(g, 32), OP_ARSH);
			break;
		default:
			if (gen_can_fork(g, 2))
				gen_if(g);
			else
				gen_alu_x(g);
		}
		if (g->st.reg[r].type != G_SCALAR)
			return true;
	}
	return true;
}

/*
 * Two registers (or a register and a stack slot) with the same value, possibly
 * a constant apart; one is changed or compared, and the other one used.
 */
bool gen_link(struct gen *g)
{
	int s = gen_scalar(g), d;
	int32_t k;

	if (s < 0)
		return false;
	d = gen_dst_but(g, (uint16_t)(1u << s));
	if (d < 0)
		return false;
	if (gen_coin(g, 70)) {
		gen_put(g, insn_mov64_reg((uint8_t)d, (uint8_t)s));
		gen_set(g, d, g->st.reg[s]);
	} else {
		gen_put(g, insn_mov32_reg((uint8_t)d, (uint8_t)s));
		gen_set(g, d, g->st.reg[s].hi <= UINT32_MAX ? g->st.reg[s] : greg_scalar(0, UINT32_MAX));
	}
	k = gen_coin(g, 50) ? (int32_t)gen_below(g, 64) : gen_imm(g);
	switch (gen_below(g, 5)) {
	case 0:
		put_alu_imm(g, gen_coin(g, 60), ALU_ADD, d, k, OP_ADD);
		break;
	case 1:
		if (!(g->lock >> s & 1))
			put_alu_imm(g, gen_coin(g, 60), ALU_ADD, s, k, OP_ADD);
		break;
	case 2:
		gen_alu_1(g);
		break;
	case 3:
		put_alu_imm(g, true, ALU_ADD, d, k, OP_ADD);
		if (!(g->lock >> s & 1))
			put_alu_imm(g, true, ALU_ADD, s, k ^ 1, OP_ADD);
		break;
	}
	return gen_guard(g);
}

/* r is one of two constants, by a branch: precision tracking must see both. */
bool gen_select(struct gen *g)
{
	uint32_t span = gen_coin(g, 70) ? 64 : 4096, at;
	int r = gen_dst(g);
	struct gcond c;

	if (r < 0 || !gen_can_fork(g, 2) || gen_scalar(g) == r || !gen_branch(g, &c))
		return false;
	/* the constant stands before the branch if that does not compare it */
	if (c.in.dst != r && (!(c.in.code & SRC_X) || c.in.src != r) && gen_coin(g, 60)) {
		int32_t first = (int32_t)gen_below(g, span);

		gen_mov_imm(g, r, first);
		c.taken.reg[r] = g->st.reg[r];
		at = gen_branch_emit(g, &c);
		gen_mov_imm(g, r, (int32_t)gen_below(g, span));
		gen_land(g, at);
	} else {
		at = gen_branch_emit(g, &c);
		gen_mov_imm(g, r, (int32_t)gen_below(g, span));
		gen_put(g, insn_ja(1));
		gen_land(g, at);
		c.taken.reg[r] = greg_const(gen_below(g, span));
		gen_put(g, insn_mov64_imm((uint8_t)r, (int32_t)c.taken.reg[r].lo));
	}
	gstate_join(&g->st, &c.taken);
	g->paths *= 2;
	return true;
}

/* A bounded scalar taken through arithmetic, then an index into something. */
bool gen_mixed(struct gen *g)
{
	int r = gen_scalar_rw(g);

	if (r < 0)
		return false;
	gen_clamp(g, r, gen_below(g, 256));
	if (g->st.reg[r].type != G_SCALAR)
		return true;
	switch (gen_below(g, 6)) {
	case 0:
		put_alu_imm(g, true, ALU_ADD, r, (int32_t)gen_below(g, 16), OP_ADD);
		break;
	case 1:
		put_alu_imm(g, gen_coin(g, 50), ALU_LSH, r, (int32_t)gen_below(g, 4), OP_LSH);
		break;
	case 2:
		put_alu_imm(g, gen_coin(g, 50), ALU_RSH, r, (int32_t)gen_below(g, 4), OP_RSH);
		break;
	case 3:
		put_alu_imm(g, gen_coin(g, 50), ALU_MUL, r, (int32_t)gen_below(g, 9), OP_MUL);
		break;
	case 4:
		put_alu_imm(g, gen_coin(g, 50), ALU_XOR, r, (int32_t)gen_below(g, 64), OP_XOR);
		break;
	default:
		put_alu_imm(g, true, ALU_OR, r, (int32_t)gen_below(g, 64), OP_OR);
	}
	switch (gen_below(g, 3)) {
	case 0:
		return gen_value_var(g) || true;
	case 1:
		return gen_packet_var(g) || true;
	default:
		return gen_stack_var(g) || true;
	}
}
