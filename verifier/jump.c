/* SPDX-License-Identifier: Apache-2.0 */
/* jump: conditional jumps, and what each edge learns. */
#include "verifier/internal.h"

static uint8_t op_swapped(uint8_t op)
{
	switch (op) {
	case OP_JGT: return OP_JLT;
	case OP_JGE: return OP_JLE;
	case OP_JLT: return OP_JGT;
	case OP_JLE: return OP_JGE;
	case OP_JSGT: return OP_JSLT;
	case OP_JSGE: return OP_JSLE;
	case OP_JSLT: return OP_JSGT;
	case OP_JSLE: return OP_JSGE;
	default: return op;
	}
}

/* ---- decided in advance? ------------------------------------------------- */

/* Is the pointer one of those that Linux knows not to be NULL?  (Not all that cannot be.) */
static bool reg_not_null(const struct reg_state *r)
{
	if (r->flags & (TF_NULL | TF_UNTRUSTED))
		return false;
	switch (r->type) {
	case T_SOCKET: case T_TCP_SOCK: case T_SOCK_COMMON: case T_MAP_VALUE: case T_MAP_KEY:
	case T_MAP_PTR:
		return true;
	case T_MEM:
		/* Without input bytes r1 of a PLAIN program points nowhere. */
		return !(r->flags & TF_PLAIN) || r->size;
	case T_BTF_ID:
		return r->flags & TF_TRUSTED;
	default:
		return false;
	}
}

/* A packet pointer that an earlier comparison put at or beyond the end. */
static int packet_decided(uint8_t op, const struct reg_state *a, const struct reg_state *b)
{
	const struct reg_state *pkt = a;

	if (a->type == T_PACKET_END) {
		pkt = b;
		op = op_swapped(op);
	} else if (b->type != T_PACKET_END) {
		return -1;
	}
	if (!type_is_packet(pkt->type) || pkt->range >= 0)
		return -1;
	switch (op) {
	case OP_JGT: case OP_JLE:
		if (pkt->range == RANGE_BEYOND_END)
			return op == OP_JGT;
		return -1;
	case OP_JGE: case OP_JLT:
		return op == OP_JGE;
	default:
		return -1;
	}
}

static bool is_packet_any(const struct reg_state *r)
{
	return type_is_packet(r->type) || r->type == T_PACKET_END;
}

/*
 * 1, 0 or -1 as in struct domain.  Only 64-bit comparisons of a pointer with 0
 * are decided: the low half of a valid address may well be 0.
 */
static int jump_decided(struct exec *x, const struct reg_state *a, const struct reg_state *b)
{
	uint8_t op = x->row->op;

	if (a->type == T_SCALAR && b->type == T_SCALAR)
		return x->env->dom->branch(op, x->row->width, &a->s, &b->s);
	if (x->row->width == 32)
		return -1;
	if (is_packet_any(a) && is_packet_any(b))
		return packet_decided(op, a, b);
	if (a->type == T_SCALAR) {
		const struct reg_state *t = a;

		a = b;
		b = t;
	}
	if (b->type != T_SCALAR || b->s.umax != 0 || !reg_not_null(a))
		return -1;
	return op == OP_JEQ ? 0 : op == OP_JNE ? 1 : -1;
}

/* ---- linked scalars ------------------------------------------------------ */

/* What follows for r from what is known of another register of its class. */
static struct scalar linked_value(const struct domain *dom, const struct reg_state *known,
				  const struct reg_state *r)
{
	int64_t diff = (int64_t)(r->has_delta ? r->delta : 0) -
		       (known->has_delta ? known->delta : 0);
	/* The base of a 32-bit class is a 32-bit value, too: one sum does. */
	uint8_t width = known->delta32 || r->delta32 ? 32 : 64;

	if (!diff)
		return known->s;
	return dom->alu(OP_ADD, width, known->s, scalar_const((uint64_t)diff));
}

enum { MAX_LINKED = 6 };

static void link_count(struct exec *x, uint32_t frame, uint32_t id, uint32_t *n)
{
	const struct vstate *st = x->st;
	uint32_t at = frame < st->curframe ? st->frame[frame + 1]->callsite : x->pc;
	const struct func_state *f = st->frame[frame];

	for (uint32_t r = 0; r < REG_FP; r++)
		if (f->reg[r].id == id && f->reg[r].type == T_SCALAR && x->env->live[at] >> r & 1 &&
		    ++*n > MAX_LINKED) {
			scalar_lose_id(&frame_own(x->env, x->st, frame)->reg[r]);
			f = st->frame[frame];
		}
	for (uint32_t i = 0; i < f->nslot; i++)
		if (slot_is_spill(&f->slot[i]) && f->slot[i].spill.id == id &&
		    f->slot[i].spill.type == T_SCALAR && ++*n > MAX_LINKED) {
			scalar_lose_id(&slot_own(x->env, x->st, frame, i)->spill);
			f = st->frame[frame];
		}
}

/*
 * Linux keeps a list of what a jump narrows that has room for six; the rest
 * leaves its class.  The operands' classes are listed one after the other, also
 * if they are the same.
 */
static void link_limit(struct exec *x, bool by_reg)
{
	const struct reg_state *dst = &x->f->reg[x->in->dst], *src = &x->f->reg[x->in->src];
	uint32_t n = 0, id[2] = { by_reg && src->type == T_SCALAR ? src->id : 0, 0 };

	id[1] = dst->type == T_SCALAR ? dst->id : 0;
	for (uint32_t k = 0; k < 2; k++)
		for (uint32_t i = x->st->curframe + 1; id[k] && i-- > 0;)
			link_count(x, i, id[k], &n);
	x->f = x->st->frame[x->st->curframe];
}

/* Registers and spills of the same class learn what reg now knows. */
static void sync_linked(struct exec *x, struct vstate *st, uint32_t reg)
{
	struct reg_state known = *state_reg(st, reg);
	struct reg_iter it = { 0, 0 };
	const struct reg_state *r;

	if (!known.id)
		return;
	while ((r = reg_iter_next(st, &it))) {
		struct reg_state *w;

		if (r->type != T_SCALAR || r->id != known.id)
			continue;
		if (it.frame == st->curframe && it.i == reg + 1)
			continue;
		/* Sums of different widths do not know each other. */
		if (known.has_delta && r->has_delta && known.delta32 != r->delta32)
			continue;
		w = reg_iter_own(x->env, st, &it);
		w->s = linked_value(x->env->dom, &known, w);
		if (it.frame == st->curframe && it.i <= REGS)
			x->out->linked |= 1u << (it.i - 1);
	}
}

/*
 * A number compared with itself.  Linux 6.18 follows the edge that cannot be
 * taken, too, with both ends of the range moved in by one, and forgets the range
 * when these have met; errors there count.  So do we, and any state will do.
 */
static void narrow_self(struct exec *x, struct scalar *s, bool taken)
{
	bool possible;

	switch (x->row->op) {
	case OP_JGT: case OP_JLT: case OP_JSGT: case OP_JSLT:
		possible = !taken;
		break;
	case OP_JGE: case OP_JLE: case OP_JSGE: case OP_JSLE:
		possible = taken;
		break;
	default:
		return;
	}
	if (!possible)
		x->env->dom->refine(x->row->op, x->row->width, taken, s, s);
}

/*
 * Narrows dst (and src, for the register form) on one edge.  False if no value
 * gets there.
 */
static bool narrow(struct exec *x, struct vstate *st, bool taken)
{
	struct func_state *f = frame_own(x->env, st, st->curframe);
	struct reg_state *dst = &f->reg[x->in->dst];
	struct scalar k, *src = &k;

	if (x->row->kind == K_JMP_X && x->in->dst == x->in->src) {
		narrow_self(x, &dst->s, taken);
		sync_linked(x, st, x->in->dst);
		return true;
	}
	if (x->row->kind == K_JMP_X)
		src = &f->reg[x->in->src].s;
	else
		k = scalar_const((uint64_t)(int64_t)x->in->imm);
	if (!x->env->dom->refine(x->row->op, x->row->width, taken, &dst->s, src))
		return false;
	if (x->row->kind == K_JMP_X)
		sync_linked(x, st, x->in->src);
	sync_linked(x, st, x->in->dst);
	return true;
}

/* ---- NULL tests ---------------------------------------------------------- */

static void mark_not_null(const struct venv *env, struct reg_state *r)
{
	r->flags &= (uint8_t)~TF_NULL;
	if (r->type == T_MAP_VALUE) {
		const struct map_def *m = &env->unit->map[r->map];

		switch (map_kind(m->type)->lookup) {
		case LOOKUP_MAP:
			/* Which inner map it is stays known by the id of this lookup. */
			r->type = T_MAP_PTR;
			r->map_uid = r->id;
			r->map = (uint32_t)m->inner;
			break;
		case LOOKUP_XDP_SOCK:
			r->type = T_XDP_SOCK;
			break;
		case LOOKUP_SOCKET:
			r->type = T_SOCKET;
			break;
		default:
			if (m->has_spin_lock)
				return;		/* the id names the lock */
		}
	}
	r->id = 0;
}

void mark_null_test(const struct venv *env, struct vstate *st, uint32_t id, uint32_t ref,
		    bool null)
{
	struct reg_iter it = { 0, 0 };
	const struct reg_state *r;

	if (null && ref && ref == id)
		state_drop_ref(st, ref, REF_PTR);
	while ((r = reg_iter_next(st, &it))) {
		struct reg_state *w;

		if (!(r->flags & TF_NULL) || r->id != id || r->type == T_SCALAR)
			continue;
		w = reg_iter_own(env, st, &it);
		if (null)
			reg_scalar(w, scalar_const(0));
		else
			mark_not_null(env, w);
	}
}

/* ---- packet ranges ------------------------------------------------------- */

/*
 * On this edge pkt + off <= end (open: <) holds, so all pointers with pkt's
 * variable part know off (open: and one more) bytes.
 */
static void packet_learn(struct exec *x, struct vstate *st, const struct reg_state *pkt, bool open)
{
	struct reg_state known = *pkt;
	struct reg_iter it = { 0, 0 };
	const struct reg_state *r;
	int32_t range = known.off + open;

	if (known.off < 0 || (known.off == 0 && open))
		return;
	/* pkt + 2^63 could be less than the end, too. */
	if (known.s.umax > MAX_PACKET_OFF || known.s.umax + (uint32_t)known.off > MAX_PACKET_OFF)
		return;
	while ((r = reg_iter_next(st, &it)))
		if (r->type == known.type && r->id == known.id && r->range < range)
			reg_iter_own(x->env, st, &it)->range = range;
}

/* On this edge pkt >= end holds (open: >). */
static void packet_beyond(struct exec *x, struct vstate *st, uint32_t reg, bool open)
{
	struct reg_state *r = &frame_own(x->env, st, st->curframe)->reg[reg];

	if (r->type == T_PACKET)
		r->range = open ? RANGE_BEYOND_END : RANGE_AT_END;
}

/* The end of the packet, or of its metadata: the unmoved data pointer. */
static bool is_end_of(const struct reg_state *end, const struct reg_state *pkt)
{
	if (pkt->type == T_PACKET)
		return end->type == T_PACKET_END;
	return pkt->type == T_PACKET_META && end->type == T_PACKET && !end->id && !end->off;
}

/* Does the jump compare a packet pointer with its end?  Then both edges learn of it. */
static bool packet_compare(struct exec *x, struct vstate *other)
{
	struct func_state *f = x->f;
	struct reg_state *a = &f->reg[x->in->dst], *b = &f->reg[x->in->src];
	uint32_t pkt = x->in->dst;
	uint8_t op = x->row->op;
	struct vstate *below, *above;

	if (x->row->kind != K_JMP_X || x->row->width == 32)
		return false;
	if (!is_end_of(b, a)) {
		if (!is_end_of(a, b))
			return false;
		pkt = x->in->src;
		op = op_swapped(op);
	}
	switch (op) {
	case OP_JGT: case OP_JGE:
		above = other;
		below = x->st;
		break;
	case OP_JLT: case OP_JLE:
		above = x->st;
		below = other;
		break;
	default:
		return false;
	}
	packet_learn(x, below, state_reg(below, pkt), op == OP_JGE || op == OP_JLT);
	packet_beyond(x, above, pkt, op == OP_JGT || op == OP_JLE);
	return true;
}

/* ---- the jump ------------------------------------------------------------ */

/* Equal to a pointer that cannot be NULL: then this one is not, either. */
static void pointers_equal(struct exec *x, struct vstate *other)
{
	struct reg_state *a = &x->f->reg[x->in->dst], *b = &x->f->reg[x->in->src];
	struct vstate *same = x->row->op == OP_JEQ ? other : x->st;

	if (x->row->kind != K_JMP_X || x->row->width == 32 || a->type == T_SCALAR ||
	    b->type == T_SCALAR || (x->row->op != OP_JEQ && x->row->op != OP_JNE))
		return;
	if ((a->flags & TF_NULL) == (b->flags & TF_NULL) || a->type == T_BTF_ID ||
	    b->type == T_BTF_ID)
		return;
	if (b->flags & TF_NULL) {
		struct reg_state *t = a;

		a = b;
		b = t;
	}
	if (!(b->flags & TF_UNTRUSTED) && !(b->flags & TF_PLAIN && !b->size))
		mark_null_test(x->env, same, a->id, a->ref, false);
}

static enum verr jump_pointers(struct exec *x, struct vstate *other)
{
	struct reg_state *a = &x->f->reg[x->in->dst];
	uint8_t op = x->row->op;

	pointers_equal(x, other);
	if (a->flags & TF_NULL && a->type != T_SCALAR && x->row->kind == K_JMP_K &&
	    x->row->width == 64 && !x->in->imm && (op == OP_JEQ || op == OP_JNE)) {
		uint32_t id = a->id, ref = a->ref;

		mark_null_test(x->env, x->st, id, ref, op == OP_JNE);
		mark_null_test(x->env, other, id, ref, op == OP_JEQ);
		return V_OK;
	}
	if (packet_compare(x, other))
		return V_OK;
	if (reg_leaks(x->env, a))
		return verr_fail(x->out, V_POINTER_COMPARE, x->in->dst, x->in->dst);
	return V_OK;
}

static void jump_take(struct exec *x, int taken)
{
	x->out->decided = true;
	if (taken)
		x->st->insn = (uint32_t)insn_target(x->env->insn, x->env->id[x->pc], x->pc);
}

/* Only one edge can be taken after all. */
static void jump_prune_dead(struct exec *x, struct vstate *other, bool keep_other)
{
	if (keep_other) {
		struct vstate t = *x->st;

		*x->st = *other;
		*other = t;
	}
	x->f = NULL;
	x->out->flow = FLOW_NEXT;
	x->out->other = NULL;
	state_free(x->env, other);
}

enum verr exec_jump(struct exec *x)
{
	struct reg_state *a = &x->f->reg[x->in->dst], *b, imm;
	struct vstate *other;
	bool by_reg = x->row->kind == K_JMP_X, dead, dead_other;
	int taken;

	if (by_reg && reg_read(x, x->in->src))
		return x->out->err;
	if (by_reg && reg_leaks(x->env, &x->f->reg[x->in->src]) &&
	    !(is_packet_any(a) && is_packet_any(&x->f->reg[x->in->src])))
		return verr_fail(x->out, V_POINTER_COMPARE, x->in->src, x->in->src);
	if (reg_read(x, x->in->dst))
		return x->out->err;
	b = &imm;
	if (by_reg)
		b = &x->f->reg[x->in->src];
	else
		reg_scalar(&imm, scalar_const((uint64_t)(int64_t)x->in->imm));
	taken = jump_decided(x, a, b);
	if (taken >= 0) {
		need_precise(x, x->in->dst);
		if (by_reg)
			need_precise(x, x->in->src);
		speculate_jump(x, taken);
		jump_take(x, taken);
		return V_OK;
	}
	touch(x, x->in->dst);
	if (by_reg)
		touch(x, x->in->src);
	link_limit(x, by_reg);
	other = state_copy(x->env, x->st);
	other->insn = (uint32_t)insn_target(x->env->insn, x->env->id[x->pc], x->pc);
	x->f = frame_own(x->env, x->st, x->st->curframe);
	x->out->flow = FLOW_BRANCH;
	x->out->other = other;
	if (x->f->reg[x->in->dst].type != T_SCALAR || b->type != T_SCALAR)
		return jump_pointers(x, other);
	dead_other = !narrow(x, other, true);
	dead = !narrow(x, x->st, false);
	if (dead_other || dead) {
		/* Decided after all, by what the operands are. */
		x->out->precise |= 1u << x->in->dst | (by_reg ? 1u << x->in->src : 0);
		jump_prune_dead(x, other, dead && !dead_other);
	}
	return V_OK;
}
