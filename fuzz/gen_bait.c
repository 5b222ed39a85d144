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
	gen_put(g,
		wide ? insn_alu64_imm(alu, (uint8_t)r, imm) : insn_alu32_imm(alu, (uint8_t)r, imm));
	gen_set(g, r, greg_alu(op, wide ? 64 : 32, &g->st.reg[r], &k));
}

/* if r <cmp> k leave: unsigned or signed, on either side. */
static void clamp_guard(struct gen *g, int r, uint8_t jmp, uint8_t op, uint8_t width, int32_t k,
			bool taken_leaves)
{
	struct gcond c;
	uint32_t at;

	c.in = width == 64 ? insn_jmp_imm(jmp, (uint8_t)r, k, 0)
			   : insn_jmp32_imm(jmp, (uint8_t)r, k, 0);
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
	if (gen_dare(g))
		max += 1 + gen_below(g, 8);
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

/* ---- chains ------------------------------------------------------------- */

/* Sign or zero extension in one of its spellings. */
static void extend(struct gen *g, int r)
{
	uint8_t bits = gen_coin(g, 40) ? 32 : (uint8_t)(8u << gen_below(g, 3));
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
			put_alu_imm(g, gen_coin(g, 50), ALU_ARSH, r, (int32_t)gen_below(g, 32),
				    OP_ARSH);
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

/* d = s, in one of the widths; false if there is no other register. */
static int copy_scalar(struct gen *g, int s)
{
	int d = gen_dst_but(g, (uint16_t)(1u << s));

	if (d < 0)
		return -1;
	if (gen_coin(g, 75)) {
		gen_put(g, insn_mov64_reg((uint8_t)d, (uint8_t)s));
		gen_set(g, d, g->st.reg[s]);
	} else {
		gen_put(g, insn_mov32_reg((uint8_t)d, (uint8_t)s));
		gen_set(g, d,
			g->st.reg[s].hi <= UINT32_MAX ? g->st.reg[s] : greg_scalar(0, UINT32_MAX));
	}
	return d;
}

/* A distance between copies: small, or at the ends of 32 bits. */
static int32_t link_distance(struct gen *g)
{
	switch (gen_below(g, 6)) {
	case 0:
		return INT32_MAX - (int32_t)gen_below(g, 2);
	case 1:
		return INT32_MIN + (int32_t)gen_below(g, 2);
	case 2:
		return gen_imm(g);
	default:
		return (int32_t)gen_below(g, 64) - 16;
	}
}

static void move_apart(struct gen *g, int r)
{
	if (g->lock >> r & 1)
		return;
	switch (gen_below(g, 4)) {
	case 0: case 1:
		put_alu_imm(g, gen_coin(g, 75), ALU_ADD, r, link_distance(g), OP_ADD);
		break;
	case 2:
		put_alu_imm(g, gen_coin(g, 75), ALU_SUB, r, link_distance(g), OP_SUB);
		break;
	default:
		break;
	}
}

/* Only the low bits of r, in one of the ways to say so. */
static void truncate(struct gen *g, int r, uint8_t bits)
{
	static const uint8_t size[] = { SZ_B, SZ_H, SZ_W };
	uint8_t n = (uint8_t)(64 - bits), sz = size[bits / 16];
	int off;

	switch (gen_below(g, 6)) {
	case 0: case 1:
		off = gen_stack_area(g, 8);
		if (!off)
			return;
		gen_put(g,
			insn_stx(gen_coin(g, 60) ? SZ_DW : sz, REG_FP, (int16_t)off, (uint8_t)r));
		gen_stack_init(g, off, 8);
		gen_put(g, insn_ldx(sz, (uint8_t)r, REG_FP, (int16_t)off));
		break;
	case 2:
		if (bits > 8) {
			gen_put(g, insn_le(bits, (uint8_t)r));
			break;
		}
		/* fallthrough */
	case 3:
		gen_put(g, insn_alu64_imm(ALU_LSH, (uint8_t)r, n));
		gen_put(g, insn_alu64_imm(ALU_RSH, (uint8_t)r, n));
		break;
	case 4:
		if (bits == 32) {
			gen_put(g, insn_mov32_reg((uint8_t)r, (uint8_t)r));
			break;
		}
		gen_put(g, insn_alu64_imm(ALU_AND, (uint8_t)r, (1 << bits) - 1));
		break;
	default:
		gen_put(g, insn_movsx(64, bits, (uint8_t)r, (uint8_t)r));
	}
	gen_set(g, r, greg_unknown());
}

/* if r < k leave, or > k; k may need a register of its own. */
static void bound_by(struct gen *g, int r, uint64_t k, bool below)
{
	uint8_t jmp = below ? JMP_JLT : JMP_JGT, op = below ? OP_JLT : OP_JGT;
	struct gcond c;
	uint32_t at;
	int t;

	gen_remember(g, k);
	if (k <= INT32_MAX) {
		clamp_guard(g, r, jmp, op, 64, (int32_t)k, true);
		return;
	}
	t = gen_dst_but(g, (uint16_t)(1u << r));
	if (t < 0)
		return;
	gen_lddw(g, t, 0, k);
	c.in = insn_jmp_reg(jmp, (uint8_t)r, (uint8_t)t, 0);
	c.taken = g->st;
	at = gen_branch_emit(g, &c);
	gen_leave(g, at, &c, true);
}

/*
 * r in a window that contains a multiple of 2^8, 2^16 or 2^32, cut to so many
 * bits: an interval of r is none of the result, though its ends may be in order.
 */
bool gen_window(struct gen *g)
{
	int r = gen_scalar_rw(g);
	uint8_t bits = (uint8_t)(8u << gen_below(g, 3));
	uint64_t unit = 1ULL << bits, lo = gen_below(g, 200);

	if (r < 0)
		return false;
	if (gen_coin(g, 30))
		lo += unit - 100;
	if (gen_coin(g, 70))	/* within reach of the window */
		put_alu_imm(g, true, ALU_RSH, r, 63 - bits, OP_RSH);
	else if (gen_coin(g, 40))
		put_alu_imm(g, true, ALU_OR, r, (int32_t)gen_below(g, 256), OP_OR);
	if (gen_coin(g, 80))
		bound_by(g, r, lo, true);
	if (gen_coin(g, 80))
		bound_by(g, r, unit * (1 + gen_below(g, 2)) + gen_below(g, 256), false);
	truncate(g, r, bits);
	return gen_coin(g, 60) ? gen_fork_on(g, r) : true;
}

/*
 * Registers with the same value, perhaps a constant apart: what a branch tells
 * of one is true of the others, too, unless one was changed meanwhile.
 */
bool gen_link(struct gen *g)
{
	int s = gen_scalar_rw(g), d = s < 0 ? -1 : copy_scalar(g, s), e = -1;

	if (d < 0)
		return false;
	move_apart(g, d);
	if (gen_coin(g, 40)) {
		e = copy_scalar(g, s);
		if (e >= 0)
			move_apart(g, e);
	}
	if (gen_coin(g, 30))
		move_apart(g, s);
	else if (gen_coin(g, 25))
		gen_alu_1(g);
	if (g->st.reg[d].type != G_SCALAR || g->st.reg[s].type != G_SCALAR)
		return true;
	gen_guard_on(g, gen_coin(g, 50) ? d : s);
	if (e >= 0 && gen_coin(g, 50) && g->st.reg[e].type == G_SCALAR)
		gen_fork_on(g, e);
	else if (gen_coin(g, 50) && g->st.reg[s].type == G_SCALAR)
		gen_fork_on(g, s);
	return true;
}

/* ---- joins -------------------------------------------------------------- */

/* Where the chosen value goes: a register, or size bytes of the stack. */
struct chosen {
	int reg;		/* -1: the stack */
	int16_t off;
	uint8_t size;		/* SZ_* */
	bool early;		/* before the branch: what that tells need not hold of a copy */
	uint32_t span;
};

/* A small constant, or a copy of a scalar. */
static void choose(struct gen *g, const struct chosen *ch, struct gstate *st)
{
	int32_t k = (int32_t)gen_below(g, ch->span);
	uint16_t scalars = 0;
	int s;

	for (int i = 0; i < REG_FP; i++)
		scalars |= (uint16_t)((st->reg[i].type == G_SCALAR && i != ch->reg) << i);
	s = gen_coin(g, 35) ? gen_any(g, scalars) : -1;
	if (ch->reg < 0) {
		if (s >= 0)
			gen_put(g, insn_stx(ch->size, REG_FP, ch->off, (uint8_t)s));
		else
			gen_put(g, insn_st(ch->size, REG_FP, ch->off, gen_coin(g, 30) ? 0 : k));
	} else if (s >= 0) {
		gen_put(g, insn_mov64_reg((uint8_t)ch->reg, (uint8_t)s));
		st->reg[ch->reg] = ch->early ? greg_unknown() : st->reg[s];
	} else {
		gen_put(g, insn_mov64_imm((uint8_t)ch->reg, k));
		st->reg[ch->reg] = greg_const((uint64_t)k);
	}
}

static bool choose_where(struct gen *g, struct chosen *ch)
{
	static const uint8_t sizes[] = { SZ_B, SZ_H, SZ_W, SZ_DW };
	uint32_t i = gen_below(g, 4), bytes = 1u << i;
	int off;

	*ch = (struct chosen){ .reg = -1, .span = gen_coin(g, 70) ? 64 : 4096 };
	if (gen_coin(g, 60)) {
		ch->reg = gen_dst(g);
		return ch->reg >= 0;
	}
	off = gen_stack_area(g, 8);
	if (!off)
		return false;
	gen_stack_init(g, off, 8);
	ch->size = sizes[i];
	ch->off = (int16_t)(off + (int)(gen_below(g, 8 / bytes) * bytes));
	return true;
}

/* The chosen value, in a register. */
static int choose_read(struct gen *g, const struct chosen *ch)
{
	int r = ch->reg;

	if (r >= 0)
		return r;
	r = gen_dst(g);
	if (r < 0)
		return -1;
	gen_put(g, insn_ldx(ch->size, (uint8_t)r, REG_FP, ch->off));
	gen_set(g, r, greg_unknown());
	return r;
}

/*
 * One of two values, by a branch; then something that depends on which one.
 * A verifier that prunes must not take one for the other.
 */
bool gen_select(struct gen *g)
{
	struct chosen ch;
	struct gcond c;
	uint32_t at, ja;
	int r, x;

	if (!gen_can_fork(g, 2) || !choose_where(g, &ch))
		return false;
	if (!gen_branch(g, &c))
		return true;
	/* one value may stand there before the branch, unless that compares it */
	ch.early =
		ch.reg < 0 || (ch.reg != c.in.dst && (!(c.in.code & SRC_X) || ch.reg != c.in.src));
	if (ch.early && gen_coin(g, 60)) {
		choose(g, &ch, &c.taken);
		at = gen_branch_emit(g, &c);
		ch.early = false;
		choose(g, &ch, &g->st);
		gen_land(g, at);
	} else {
		ch.early = false;
		at = gen_branch_emit(g, &c);
		choose(g, &ch, &g->st);
		ja = g->len;
		gen_put(g, insn_ja(0));
		gen_land(g, at);
		choose(g, &ch, &c.taken);
		gen_land(g, ja);
	}
	gstate_join(&g->st, &c.taken);
	g->paths *= 2;
	r = choose_read(g, &ch);
	if (r < 0 || gen_coin(g, 20))
		return true;
	if (gen_coin(g, 20))
		put_alu_imm(g, gen_coin(g, 50), ALU_ADD, r, (int32_t)gen_below(g, 16), OP_ADD);
	if (gen_coin(g, 75))
		return gen_fork_on(g, r);
	/* what it bounds depends on it, too */
	x = gen_scalar_but(g, (uint16_t)(1u << r));
	if (x < 0 || !gen_guard_pair(g, x, r))
		return true;
	return g->st.reg[x].type != G_SCALAR || gen_fork_on(g, x);
}

/*
 * On one path a and b are equal, on the other they are not; then a is
 * compared, which tells something of b on the first path only.
 */
bool gen_pair(struct gen *g)
{
	int b = gen_scalar(g), a, s;
	struct gcond c;
	uint32_t at;

	if (b < 0 || !gen_can_fork(g, 4))
		return false;
	a = gen_dst_but(g, (uint16_t)(1u << b));
	s = gen_scalar_but(g, (uint16_t)(1u << b));
	if (a < 0 || s < 0)
		return false;
	if (a != s) {
		gen_put(g, insn_mov64_reg((uint8_t)a, (uint8_t)s));
		gen_set(g, a, g->st.reg[s]);
	}
	if (!gen_branch(g, &c))
		return true;
	at = gen_branch_emit(g, &c);
	gen_put(g, insn_mov64_reg((uint8_t)a, (uint8_t)b));
	gen_set(g, a, g->st.reg[b]);
	gen_land(g, at);
	gstate_join(&g->st, &c.taken);
	g->paths *= 2;
	gen_guard_on(g, a);
	if (g->st.reg[b].type == G_SCALAR)
		gen_fork_on(g, b);
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
