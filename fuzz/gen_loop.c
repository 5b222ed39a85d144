/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops with a small number of rounds.
 *
 * The body is written once, for what holds in every round: scalars are
 * anything, pointers from before the loop stay where they are, nothing is
 * spilled.  What the body breaks nevertheless is mended at its end.
 */
#include "fuzz/fuzz.h"

#include "fuzz/gen.h"

struct loop {
	int count;			/* register */
	int32_t start, step, limit;	/* count runs from start by step until it reaches limit */
	uint32_t rounds;
	struct gstate head;
	uint16_t lock, slot_lock;	/* before */
	uint32_t paths;
	bool no_call, in_loop, out_of;	/* before; out_of: some branch leaves the loop */
	uint32_t leave;
	struct gcond away;
};

static void loop_shape(struct gen *g, struct loop *l)
{
	l->rounds = 2 + gen_below(g, gen_coin(g, 80) ? 3 : 7);
	l->step = gen_coin(g, 70) ? 1 : 1 + (int32_t)gen_below(g, 8);
	l->start = gen_coin(g, 60) ? 0 : (int32_t)gen_below(g, 16);
	if (gen_coin(g, 25)) {		/* downwards, to 0 */
		l->start = (int32_t)l->rounds * l->step;
		l->step = -l->step;
	}
	l->limit = l->start + (int32_t)l->rounds * l->step;
}

/* Scalars may be anything from the second round on; pointers must not change. */
static void loop_widen(struct gen *g, struct loop *l)
{
	int32_t last = l->limit - l->step;

	for (int i = 0; i < REG_FP; i++) {
		struct greg *r = &g->st.reg[i];

		if (r->type == G_SCALAR && !(g->lock >> i & 1))
			*r = greg_unknown();
		else if (greg_is_ptr(r) && i <= 5 && !g->no_call)
			*r = greg_none();
		else if (greg_is_ptr(r))
			g->lock |= (uint16_t)(1u << i);
	}
	for (int i = 0; i < g->nslot; i++)
		if (g->st.spill[i].type != G_NONE)
			g->slot_lock |= (uint16_t)(1u << i);
	g->lock |= (uint16_t)(1u << l->count);
	gen_set(g, l->count, l->step > 0
		? greg_scalar((uint64_t)l->start, (uint64_t)last)
		: greg_scalar((uint64_t)last, (uint64_t)l->start));
	l->head = g->st;
}

/* Registers that hold scalars at the head must do so at the end. */
static void loop_mend(struct gen *g, const struct loop *l)
{
	for (int i = 0; i < REG_FP; i++)
		if (l->head.reg[i].type == G_SCALAR && g->st.reg[i].type != G_SCALAR)
			gen_mov_imm(g, i, gen_imm(g));
}

/* A branch out of the loop that depends on data. */
static void loop_break(struct gen *g, struct loop *l)
{
	l->out_of = gen_can_fork(g, l->rounds + 1) && gen_branch(g, &l->away);
	if (!l->out_of)
		return;
	l->leave = gen_branch_emit(g, &l->away);
}

static void loop_back(struct gen *g, const struct loop *l, uint32_t head)
{
	static const uint8_t up[] = { JMP_JNE, JMP_JLT, JMP_JSLT };
	static const uint8_t down[] = { JMP_JNE, JMP_JGT, JMP_JSGT };
	uint8_t cc = (l->step > 0 ? up : down)[gen_below(g, 3)];
	uint8_t c = (uint8_t)l->count;
	bool narrow = gen_coin(g, 40);
	int16_t off;

	if (gen_coin(g, 70))
		gen_put(g, narrow ? insn_alu32_imm(ALU_ADD, c, l->step)
				  : insn_alu64_imm(ALU_ADD, c, l->step));
	else
		gen_put(g, narrow ? insn_alu32_imm(ALU_SUB, c, -l->step)
				  : insn_alu64_imm(ALU_SUB, c, -l->step));
	off = (int16_t)((int32_t)head - (int32_t)g->len - 1);
	gen_put(g, gen_coin(g, 40) ? insn_jmp32_imm(cc, c, l->limit, off)
				   : insn_jmp_imm(cc, c, l->limit, off));
	gen_set(g, l->count, greg_const((uint64_t)l->limit));
}

static bool loop_begin(struct gen *g, struct loop *l, uint32_t n)
{
	uint16_t ok;

	loop_shape(g, l);
	if (g->depth >= 2 || (g->in_loop && g->paths > 4) ||
	    g->walked + g->paths * (l->rounds * (n + 3) + (g->end - g->len)) > g->cap)
		return false;
	l->no_call = g->no_call;
	l->in_loop = g->in_loop;
	l->lock = g->lock;
	l->slot_lock = g->slot_lock;
	l->paths = g->paths;
	g->no_call |= gen_coin(g, 60);
	ok = (uint16_t)(0x3ff & ~g->lock);
	if (!g->no_call)
		ok &= 0x3c0;
	l->count = gen_any(g, ok);
	if (l->count < 0) {
		g->no_call = l->no_call;
		return false;
	}
	gen_mov_imm(g, l->count, l->start);
	g->in_loop = true;
	g->depth++;
	loop_widen(g, l);
	return true;
}

bool gen_loop(struct gen *g)
{
	uint32_t n = 2 + gen_below(g, 6), head;
	bool out_ok = g->out_ok;
	struct loop l = { 0 };

	if (g->o->no_loops || g->end < g->len + 6 || !loop_begin(g, &l, n))
		return false;
	head = g->len;
	g->paths *= l.rounds;
	gen_body(g, n);
	if (gen_coin(g, 30))
		loop_break(g, &l);
	if (l.out_of)
		gen_body(g, 2);
	loop_mend(g, &l);
	loop_back(g, &l, head);
	g->paths = l.paths;
	if (l.out_of) {
		gen_land(g, l.leave);
		gstate_join(&g->st, &l.away.taken);
		g->paths += l.paths * l.rounds;
	}
	g->depth--;
	g->lock = l.lock;
	g->slot_lock = l.slot_lock;
	g->no_call = l.no_call;
	g->in_loop = l.in_loop;
	g->out_ok = out_ok;
	return true;
}
