/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic, and what the generator knows of its results. */
#include "fuzz/fuzz.h"

#include "fuzz/gen.h"

/* ---- rows by kind ------------------------------------------------------- */

enum { ROWS_MAX = 40 };

static struct {
	uint8_t n[K_N];
	uint8_t id[K_N][ROWS_MAX];
	bool filled;
} rows;

static void rows_fill(void)
{
	for (uint32_t id = 0; id < INSN_N; id++) {
		uint8_t k = insn_row((uint8_t)id)->kind;

		if (rows.n[k] < ROWS_MAX)
			rows.id[k][rows.n[k]++] = (uint8_t)id;
	}
	rows.filled = true;
}

uint8_t gen_row_of(struct gen *g, enum insn_kind kind)
{
	if (!rows.filled)
		rows_fill();
	for (int tries = 0; tries < 16; tries++) {
		uint8_t id = rows.id[kind][gen_below(g, rows.n[kind])];

		if (g->groups >> insn_row(id)->group & 1)
			return id;
	}
	for (uint32_t i = 0; i < rows.n[kind]; i++)
		if (g->groups >> insn_row(rows.id[kind][i])->group & 1)
			return rows.id[kind][i];
	return I_NONE;
}

/* ---- intervals ---------------------------------------------------------- */

/* All bits up to the highest one set. */
static uint64_t fill(uint64_t v)
{
	return v ? UINT64_MAX >> __builtin_clzll(v) : 0;
}

static struct greg top(uint8_t width)
{
	return greg_scalar(0, width == 32 ? UINT32_MAX : UINT64_MAX);
}

/* Of the low half, when only that counts. */
static struct greg low_half(const struct greg *r)
{
	if (r->hi <= UINT32_MAX)
		return *r;
	return r->lo == r->hi ? greg_const((uint32_t)r->lo) : top(32);
}

/*
 * Arithmetic shifts only of what cannot be negative.  Of a shift by too much,
 * or by an unknown number, Linux forgets even that the high half is zero.
 */
static struct greg alu_shift(uint8_t op, uint8_t width, const struct greg *d, const struct greg *s)
{
	uint64_t max = width == 32 ? UINT32_MAX : UINT64_MAX, k = s->lo;

	if (s->lo != s->hi || k >= width)
		return greg_unknown();
	if (op == OP_LSH)
		return d->hi <= max >> k ? greg_scalar(d->lo << k, d->hi << k) : top(width);
	if (op == OP_ARSH && d->hi > max >> 1)
		return top(width);
	return greg_scalar(d->lo >> k, d->hi >> k);
}

static struct greg alu_bits(uint8_t op, const struct greg *d, const struct greg *s)
{
	if (op == OP_AND)
		return greg_scalar(0, d->hi < s->hi ? d->hi : s->hi);
	if (op == OP_OR)
		return greg_scalar(d->lo > s->lo ? d->lo : s->lo, fill(d->hi | s->hi));
	return greg_scalar(0, fill(d->hi | s->hi));
}

static struct greg alu_sum(uint8_t op, uint8_t width, const struct greg *d, const struct greg *s)
{
	uint64_t max = width == 32 ? UINT32_MAX : UINT64_MAX;

	switch (op) {
	case OP_ADD:
		if (s->hi <= max - d->hi)
			return greg_scalar(d->lo + s->lo, d->hi + s->hi);
		break;
	case OP_SUB:
		if (d->lo >= s->hi)
			return greg_scalar(d->lo - s->hi, d->hi - s->lo);
		break;
	case OP_MUL:
		if (d->hi <= UINT16_MAX && s->hi <= INT16_MAX)
			return greg_scalar(d->lo * s->lo, d->hi * s->hi);
		break;
	}
	return top(width);
}

static struct greg alu_movsx(uint8_t op, const struct greg *s)
{
	uint64_t max = op == OP_MOVSX8 ? INT8_MAX : op == OP_MOVSX16 ? INT16_MAX : INT32_MAX;

	return s->hi <= max ? *s : greg_unknown();
}

struct greg greg_alu(uint8_t op, uint8_t width, const struct greg *d, const struct greg *s)
{
	struct greg a = *d, b = *s;

	if (width == 32) {
		a = low_half(&a);
		b = low_half(&b);
	}
	switch (op) {
	case OP_MOV:
		return b;
	case OP_MOVSX8: case OP_MOVSX16: case OP_MOVSX32:
		return alu_movsx(op, &b);
	case OP_AND: case OP_OR: case OP_XOR: case OP_ADD: case OP_SUB: case OP_MUL:
		if (a.lo == a.hi && b.lo == b.hi)
			return greg_const(insn_eval((enum insn_op)op, width, a.lo, b.lo));
		if (op == OP_ADD || op == OP_SUB || op == OP_MUL)
			return alu_sum(op, width, &a, &b);
		return alu_bits(op, &a, &b);
	case OP_LSH: case OP_RSH: case OP_ARSH:
		return alu_shift(op, width, &a, s);	/* Linux looks at all of s */
	default:	/* quotients, negation, byte order: Linux knows little */
		return greg_unknown();
	}
}

/* ---- emitters ----------------------------------------------------------- */

static bool divides(uint8_t op)
{
	return op == OP_DIV || op == OP_MOD || op == OP_SDIV || op == OP_SMOD;
}

static bool shifts(uint8_t op)
{
	return op == OP_LSH || op == OP_RSH || op == OP_ARSH;
}

bool gen_alu_k(struct gen *g)
{
	uint8_t id = gen_row_of(g, K_ALU_K);
	const struct insn_row *r = insn_row(id);
	struct greg k;
	int32_t imm;
	int d;

	if (id == I_NONE || (d = gen_scalar_rw(g)) < 0)
		return false;
	if (shifts(r->op)) {
		imm = (int32_t)gen_below(g, r->width);
	} else {
		imm = gen_imm(g);
		if (divides(r->op) && imm == 0)
			imm = 1 + (int32_t)gen_below(g, 9);
		if (r->op == OP_AND || r->op == OP_OR)
			gen_remember(g, (uint64_t)(int64_t)imm);
	}
	k = greg_const((uint64_t)(int64_t)imm);
	gen_put(g, insn_make(id, (uint8_t)d, 0, 0, imm));
	gen_set(g, d, greg_alu(r->op, r->width, &g->st.reg[d], &k));
	return true;
}

bool gen_alu_x(struct gen *g)
{
	uint8_t id = gen_row_of(g, K_ALU_X);
	const struct insn_row *r = insn_row(id);
	int s = gen_scalar(g), d;

	if (id == I_NONE || s < 0 || r->op == OP_MOV)
		return false;
	if (r->op >= OP_MOVSX8 && r->op <= OP_MOVSX32)
		d = gen_dst(g);
	else
		d = gen_scalar_rw(g);
	if (d < 0)
		return false;
	gen_put(g, insn_make(id, (uint8_t)d, (uint8_t)s, 0, 0));
	gen_set(g, d, greg_alu(r->op, r->width, &g->st.reg[d], &g->st.reg[s]));
	return true;
}

bool gen_alu_1(struct gen *g)
{
	uint8_t id = gen_row_of(g, K_ALU_1);
	int d = gen_scalar_rw(g);

	if (id == I_NONE || d < 0)
		return false;
	gen_put(g, insn_make(id, (uint8_t)d, 0, 0, 0));
	gen_set(g, d, greg_alu(insn_row(id)->op, insn_row(id)->width, &g->st.reg[d],
			       &g->st.reg[d]));
	return true;
}

/* Moves of scalars in both widths, and of pointers in the wide one. */
bool gen_mov(struct gen *g)
{
	uint16_t ptr = 0;
	int s, d;

	for (int i = 0; i < REGS; i++)
		if (greg_is_ptr(&g->st.reg[i]))
			ptr |= (uint16_t)(1u << i);
	if (gen_coin(g, 25) && (s = gen_any(g, ptr)) >= 0) {
		d = gen_dst_but(g, (uint16_t)(1u << s));
		if (d < 0)
			return false;
		gen_put(g, insn_mov64_reg((uint8_t)d, (uint8_t)s));
		gen_set(g, d, g->st.reg[s]);
		return true;
	}
	s = gen_scalar(g);
	d = gen_dst(g);
	if (s < 0 || d < 0)
		return false;
	if (gen_coin(g, 60)) {
		gen_put(g, insn_mov64_reg((uint8_t)d, (uint8_t)s));
		gen_set(g, d, g->st.reg[s]);
	} else {
		gen_put(g, insn_mov32_reg((uint8_t)d, (uint8_t)s));
		gen_set(g, d, low_half(&g->st.reg[s]));
	}
	return true;
}

bool gen_lddw_imm(struct gen *g)
{
	int d = gen_dst(g);

	if (d < 0)
		return false;
	switch (gen_below(g, 3)) {
	case 0:
		gen_mov_imm(g, d, gen_imm(g));
		break;
	case 1: {
		int32_t imm = gen_imm(g);

		gen_put(g, insn_mov32_imm((uint8_t)d, imm));
		gen_set(g, d, greg_const((uint32_t)imm));
		break;
	}
	default:
		gen_lddw(g, d, 0, gen_value(g));
	}
	return true;
}
