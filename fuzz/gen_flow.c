/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Branches, joins, loops and exits.
 *
 * A verifier that follows paths walks what lies behind a join once for each
 * path that reaches it.  The generator keeps count (paths, walked) and stops
 * forking when the program would cost more than its cap.
 */
#include "fuzz/fuzz.h"

#include "fuzz/gen.h"

/* ---- conditions --------------------------------------------------------- */

static uint8_t inverse(uint8_t op)
{
	switch (op) {
	case OP_JEQ: return OP_JNE;
	case OP_JNE: return OP_JEQ;
	case OP_JGT: return OP_JLE;
	case OP_JGE: return OP_JLT;
	case OP_JLT: return OP_JGE;
	case OP_JLE: return OP_JGT;
	case OP_JSGT: return OP_JSLE;
	case OP_JSGE: return OP_JSLT;
	case OP_JSLT: return OP_JSGE;
	default: return OP_JSGT;
	}
}

/* The unsigned comparison that a signed one of values from 0 to smax amounts to. */
static uint8_t as_unsigned(uint8_t op)
{
	switch (op) {
	case OP_JSGT: return OP_JGT;
	case OP_JSGE: return OP_JGE;
	case OP_JSLT: return OP_JLT;
	case OP_JSLE: return OP_JLE;
	default: return op;
	}
}

static void refine_unsigned(struct greg *r, uint8_t op, uint64_t k)
{
	uint64_t lo = r->lo, hi = r->hi;

	switch (op) {
	case OP_JEQ:
		lo = hi = k;
		break;
	case OP_JNE:
		lo += lo == k;
		hi -= hi == k;
		break;
	case OP_JGT:
		if (k == UINT64_MAX)
			return;
		k++;
		/* fallthrough */
	case OP_JGE:
		lo = k > lo ? k : lo;
		break;
	case OP_JLT:
		if (k == 0)
			return;
		k--;
		/* fallthrough */
	case OP_JLE:
		hi = k < hi ? k : hi;
		break;
	}
	/* an edge that cannot be: whatever follows is dead, keep what is known */
	if (lo <= hi && lo >= r->lo && hi <= r->hi) {
		r->lo = lo;
		r->hi = hi;
	}
}

void greg_refine(struct greg *r, uint8_t op, uint8_t width, bool taken, uint64_t k)
{
	uint64_t smax = width == 32 ? INT32_MAX : INT64_MAX;

	if (r->type != G_SCALAR || (width == 32 && r->hi > UINT32_MAX) || op == OP_JSET)
		return;
	if (width == 32)
		k = (uint32_t)k;
	if (!taken)
		op = inverse(op);
	if (op == OP_JSGT || op == OP_JSGE || op == OP_JSLT || op == OP_JSLE) {
		if (k > smax)		/* compared with a negative: nothing for an interval */
			return;
		if (r->hi > smax) {
			if (op == OP_JSLT || op == OP_JSLE || r->lo > smax)
				return;
			r->hi = smax;
		}
		op = as_unsigned(op);
	}
	refine_unsigned(r, op, k);
}

/* A constant to compare r with: near its ends, or anything interesting. */
static int32_t pick_bound(struct gen *g, const struct greg *r)
{
	uint64_t v;

	if (r->hi - r->lo < 1 << 20 && gen_coin(g, 60))
		v = r->lo + gen_below(g, (uint32_t)(r->hi - r->lo + 2)) -
		    (r->lo && gen_coin(g, 20));
	else
		v = gen_value(g);
	gen_remember(g, (uint64_t)(int64_t)(int32_t)v);
	return (int32_t)v;
}

static bool branch_reg(struct gen *g, struct gcond *c, int d, int s)
{
	uint8_t id = gen_row_of(g, K_JMP_X);
	const struct insn_row *r = insn_row(id);
	struct greg *a = &g->st.reg[d], *b;

	if (id == I_NONE || s < 0)
		return false;
	b = &g->st.reg[s];
	c->in = insn_make(id, (uint8_t)d, (uint8_t)s, 0, 0);
	c->taken = g->st;
	if (greg_is_const(b)) {
		greg_refine(&c->taken.reg[d], r->op, r->width, true, b->lo);
		greg_refine(a, r->op, r->width, false, b->lo);
	}
	return true;
}

/* A scalar, rather one that is not known: the other comparisons are decided already. */
static int pick_compared(struct gen *g)
{
	int r = gen_scalar(g);

	for (int tries = 0; r >= 0 && tries < 3 && greg_is_const(&g->st.reg[r]); tries++)
		r = gen_scalar(g);
	return r;
}

bool gen_branch_on(struct gen *g, struct gcond *c, int d)
{
	const struct insn_row *r;
	uint8_t id;
	int32_t imm;

	if (d < 0)
		d = pick_compared(g);
	if (d < 0)
		return false;
	if (gen_coin(g, 30))
		return branch_reg(g, c, d, gen_scalar(g));
	id = gen_row_of(g, K_JMP_K);
	if (id == I_NONE)
		return false;
	r = insn_row(id);
	imm = pick_bound(g, &g->st.reg[d]);
	c->in = insn_make(id, (uint8_t)d, 0, 0, imm);
	c->taken = g->st;
	greg_refine(&c->taken.reg[d], r->op, r->width, true, (uint64_t)(int64_t)imm);
	greg_refine(&g->st.reg[d], r->op, r->width, false, (uint64_t)(int64_t)imm);
	return true;
}

bool gen_branch(struct gen *g, struct gcond *c)
{
	return gen_branch_on(g, c, -1);
}

/* Loads and moves that gen_branch() may have to emit stand before; c->in is emitted here. */
uint32_t gen_branch_emit(struct gen *g, struct gcond *c)
{
	gen_put(g, c->in);
	return g->len - 1;
}

void gen_land(struct gen *g, uint32_t at)
{
	g->code[at].off = (int16_t)(g->len - at - 1);
}

/* An unconditional jump, by off or by imm; patched by land_ja(). */
static uint32_t put_ja(struct gen *g)
{
	gen_put(g, gen_coin(g, 70) ? insn_ja(0) : insn_ja32(0));
	return g->len - 1;
}

static void ja_to(struct gen *g, uint32_t at, uint32_t to)
{
	int32_t dist = (int32_t)to - (int32_t)at - 1;

	if ((g->code[at].code & 7) == CLS_JMP32)
		g->code[at].imm = dist;
	else
		g->code[at].off = (int16_t)dist;
}

/* ---- exits -------------------------------------------------------------- */

/* r0 is what the program (or subprogram) may return; then exit. */
static void put_return(struct gen *g, const struct gstate *st)
{
	int32_t lo = 0, hi = 0;
	bool ranged = g->is_main && prog_ret_range(g->type, g->attach, &lo, &hi);
	uint32_t paths = g->paths;
	uint16_t scalars = 0;
	int s;

	g->paths = 1;
	for (int i = 0; i < REG_FP; i++)
		scalars |= (uint16_t)((st->reg[i].type == G_SCALAR) << i);
	s = gen_any(g, scalars);
	if (ranged && !gen_dare(g)) {
		gen_put(g, insn_mov64_imm(0, lo + (int32_t)gen_below(g, (uint32_t)(hi - lo + 1))));
	} else if (s < 0 || gen_coin(g, 30)) {
		gen_put(g, insn_mov64_imm(0, gen_imm(g)));
	} else if (s > 0 || gen_coin(g, 20)) {
		gen_put(g, gen_coin(g, 80) ? insn_mov64_reg(0, (uint8_t)s)
					   : insn_mov32_reg(0, (uint8_t)s));
	}
	gen_put(g, insn_exit());
	g->paths = paths;
}

/* To the common exit at the end of the function. */
static bool leave_far(struct gen *g, uint32_t at)
{
	if (!g->out_ok || g->nout == GEN_PENDING)
		return false;
	g->out[g->nout++] = at;
	return true;
}

/*
 * Behind a conditional jump at slot at, one side leaves and the other goes on:
 * through the common exit, or through an exit in place.
 */
void gen_leave(struct gen *g, uint32_t at, struct gcond *c, bool taken_leaves)
{
	bool far = gen_coin(g, 60);
	uint32_t ja;

	if (taken_leaves) {
		if (far && leave_far(g, at))
			return;
		ja = put_ja(g);
		gen_land(g, at);
		put_return(g, &c->taken);
		ja_to(g, ja, g->len);
		return;
	}
	if (far && g->out_ok && g->nout < GEN_PENDING) {
		ja = g->len;
		gen_put(g, insn_ja(0));
		leave_far(g, ja);
	} else {
		put_return(g, &g->st);
	}
	gen_land(g, at);
	g->st = c->taken;
}

/* The end of a function: state that can be compared, r0, and the common exit. */
void gen_exit(struct gen *g)
{
	int32_t lo, hi;

	put_return(g, &g->st);
	if (!g->nout)
		return;
	for (uint32_t i = 0; i < g->nout; i++)
		gen_land(g, g->out[i]);
	if (g->is_main && prog_ret_range(g->type, g->attach, &lo, &hi))
		gen_put(g, insn_mov64_imm(0, lo));
	else
		gen_put(g, insn_mov64_imm(0, gen_imm(g)));
	gen_put(g, insn_exit());
}

/* ---- forks and joins ---------------------------------------------------- */

/* May what follows be walked n times as often? */
bool gen_can_fork(const struct gen *g, uint32_t n)
{
	uint32_t left = g->end > g->len ? g->end - g->len : 1;

	return g->walked + g->paths * n * left <= g->cap;
}

static uint32_t body_size(struct gen *g)
{
	uint32_t left = g->end > g->len ? g->end - g->len : 1;

	return 1 + gen_below(g, left < 12 ? left : 12);
}

/* A block moved out of line: behind the function, from where it jumps back. */
static void if_outlined(struct gen *g, uint32_t at, struct gcond *c)
{
	struct gstate fall = g->st;
	bool out_ok = g->out_ok;
	uint32_t start = g->len, n;

	g->out_ok = false;	/* pending jumps would have to move along */
	g->no_outline = true;
	g->st = c->taken;
	gen_body(g, body_size(g) / 2 + 1);
	g->out_ok = out_ok;
	g->no_outline = false;
	n = g->len - start;
	g->len = start;
	if (g->ntail + n > GEN_TAIL) {	/* drop it: the branch goes nowhere */
		g->st = fall;
		gstate_join(&g->st, &c->taken);
		gen_land(g, at);
		return;
	}
	for (uint32_t i = 0; i < n; i++)
		g->tail[g->ntail + i] = g->code[start + i];
	g->moved[g->nmoved++] = (struct gmoved){.at = at, .from = g->ntail, .n = n, .back = start};
	g->ntail += n;
	gstate_join(&g->st, &fall);
}

/* Puts the blocks that were moved behind the function's end. */
void gen_outlined(struct gen *g)
{
	for (uint32_t m = 0; m < g->nmoved; m++) {
		const struct gmoved *b = &g->moved[m];
		uint32_t ja;

		gen_land(g, b->at);
		for (uint32_t i = 0; i < b->n; i++)
			g->code[g->len++] = g->tail[b->from + i];
		ja = put_ja(g);
		ja_to(g, ja, b->back);
	}
}

static bool if_on(struct gen *g, int d)
{
	uint32_t at, ja, paths = g->paths, how = gen_below(g, 10);
	struct gstate other;
	struct gcond c;

	if (g->depth >= 3 || !gen_can_fork(g, 2) || !gen_branch_on(g, &c, d))
		return false;
	at = gen_branch_emit(g, &c);
	g->depth++;
	if (how < 2 && !g->no_outline && g->nmoved < GEN_MOVED) {
		if_outlined(g, at, &c);
		g->paths += paths;
		g->depth--;
		return true;
	}
	gen_body(g, body_size(g));
	if (how < 6) {		/* if without else */
		gen_land(g, at);
		gstate_join(&g->st, &c.taken);
		g->paths += paths;
		g->depth--;
		return true;
	}
	ja = put_ja(g);
	gen_land(g, at);
	other = g->st;
	g->st = c.taken;
	at = g->paths;
	g->paths = paths;
	gen_body(g, body_size(g) / 2 + 1);
	ja_to(g, ja, g->len);
	gstate_join(&g->st, &other);
	g->paths += at;
	g->depth--;
	return true;
}

bool gen_if(struct gen *g)
{
	return if_on(g, -1);
}

/* Which side of a comparison is the rarer one, if that can be told. */
static bool taken_is_rare(struct gen *g, const struct gcond *c)
{
	uint8_t op = c->in.code & 0xf0;

	if (op == JMP_JEQ)
		return gen_coin(g, 95);
	if (op == JMP_JNE)
		return gen_coin(g, 5);
	return gen_coin(g, 50);
}

bool gen_guard_on(struct gen *g, int d)
{
	struct gcond c;
	uint32_t at;

	if (!gen_branch_on(g, &c, d))
		return false;
	at = gen_branch_emit(g, &c);
	gen_leave(g, at, &c, taken_is_rare(g, &c));
	return true;
}

bool gen_guard(struct gen *g)
{
	return gen_guard_on(g, -1);
}

bool gen_guard_pair(struct gen *g, int d, int s)
{
	struct gcond c;
	uint32_t at;

	if (!branch_reg(g, &c, d, s))
		return false;
	at = gen_branch_emit(g, &c);
	gen_leave(g, at, &c, taken_is_rare(g, &c));
	return true;
}

bool gen_fork_on(struct gen *g, int d)
{
	return if_on(g, d) || gen_guard_on(g, d);
}

/* ja over nothing, and may_goto where it does no harm. */
bool gen_jump(struct gen *g)
{
	struct gstate before = g->st;
	uint32_t at;

	if (gen_coin(g, 60) || !(g->groups >> G_LINUX & 1) || g->depth >= 3 ||
	    !gen_can_fork(g, 2)) {
		put_ja(g);
		return true;
	}
	at = g->len;
	gen_put(g, insn_may_goto(0));
	g->depth++;
	gen_body(g, body_size(g) / 2 + 1);
	g->depth--;
	gen_land(g, at);
	gstate_join(&g->st, &before);
	g->paths *= 2;
	return true;
}

void gen_body(struct gen *g, uint32_t n)
{
	uint32_t end = g->end;

	if (g->len + n < g->end)
		g->end = g->len + n;
	gen_steps(g);
	g->end = end;
}
