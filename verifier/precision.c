/* SPDX-License-Identifier: Apache-2.0 */
/*
 * precision: on which scalars did the verdict rely?
 *
 * A state that was explored holds one that comes later if their types and
 * pointers fit, and those scalars on which some verdict behind it relied (an
 * offset that was added to a pointer, the operands of a jump whose outcome was
 * known, a size).  Such a demand is made where the value is used; what the value
 * was computed from is found by walking the path backwards, insn by insn.  At
 * each point on the way the registers and slots that are then in demand are
 * marked; the walk ends where nothing is, or where all of it was marked before.
 *
 * Equal ids are relations between scalars, so a jump that narrowed several
 * registers makes all of them matter if one does (Linux: 904e6ddf).
 */
#include "verifier/walk_linux.h"

static bool marks_empty(const struct marks *m, uint32_t frames)
{
	for (uint32_t i = 0; i <= frames; i++)
		if (m->reg[i] || m->slot[i])
			return false;
	return true;
}

static void marks_add(struct marks *m, const struct marks *more, uint32_t frames)
{
	for (uint32_t i = 0; i <= frames; i++) {
		m->reg[i] |= more->reg[i];
		m->slot[i] |= more->slot[i];
	}
}

/* ---- history ------------------------------------------------------------- */

/* Does the insn move a value, or make one, or tie some together? */
static bool hist_matters(uint32_t flags, bool linked, const struct insn_row *row)
{
	switch (row->kind) {
	case K_JA: case K_MAY_GOTO: case K_ALU_1: case K_ATOMIC:
		return false;
	case K_ALU_K:
		return row->op == OP_MOV;
	case K_JMP_K:
		return linked;
	case K_ST: case K_STX: case K_STORE_REL:
		return flags & HIST_SPILL;
	default:
		return true;
	}
}

static uint32_t link_frame(struct marks *m, const struct func_state *f, uint32_t i, uint32_t id)
{
	uint32_t n = 0;

	for (uint32_t r = 0; r < REG_FP; r++) {
		if (f->reg[r].id != id || f->reg[r].type != T_SCALAR)
			continue;
		m->reg[i] |= (uint16_t)(1u << r);
		n++;
	}
	for (uint32_t s = 0; s < f->nslot; s++) {
		if (f->slot[s].spill.id != id || !slot_is_spill(&f->slot[s]) ||
		    f->slot[s].spill.type != T_SCALAR)
			continue;
		m->slot[i] |= 1ull << s;
		n++;
	}
	return n;
}

/* The scalars that the jump at the end of the path narrowed with its operands. */
static const struct marks *link_of(struct lwalk *w, const struct insn *in, uint8_t kind)
{
	const struct vstate *s = w->cur.state;
	const struct reg_state *dst = state_reg(s, in->dst);
	const struct reg_state *src = kind == K_JMP_X ? state_reg(s, in->src) : dst;
	uint32_t dst_id = dst->type == T_SCALAR ? dst->id : 0;
	uint32_t src_id = src->type == T_SCALAR ? src->id : 0;
	struct marks m;
	uint32_t n = 0;

	if (!dst_id && !src_id)
		return NULL;
	memset(&m, 0, sizeof(m));
	for (uint32_t i = 0; i <= s->curframe; i++) {
		if (dst_id)
			n += link_frame(&m, s->frame[i], i, dst_id);
		if (src_id && src_id != dst_id)
			n += link_frame(&m, s->frame[i], i, src_id);
	}
	return n > 1 ? arena_dup(w->w.env->arena, &m, sizeof(m)) : NULL;
}

/* A load of which nothing is known depends on nothing. */
static bool loads_unknown(const struct reg_state *dst, uint8_t width)
{
	struct scalar all = scalar_cast(scalar_unknown(), width / 8);

	return dst->type == T_SCALAR && !dst->id && !memcmp(&dst->s, &all, sizeof(all));
}

/* A stack access: HIST_* flags, frame, slot. */
struct accessed {
	uint32_t flags, at, slot;
};

/* What the access did is seen in the slot that it left behind. */
static struct accessed hist_access(struct lwalk *w, uint32_t pc, const struct insn_row *row)
{
	const struct step *step = w->w.step;
	const struct func_state *f;
	struct accessed a = { 0, 0, 0 };
	uint64_t slots;

	switch (row->kind) {
	case K_LDX: case K_LDSX: case K_LOAD_ACQ: case K_ATOMIC_FETCH: case K_CMPXCHG:
		slots = step->slots_read[step->access_frame];
		break;
	case K_ST: case K_STX: case K_STORE_REL:
		slots = step->slots_written;
		break;
	default:
		return a;
	}
	if (!slots || slots & (slots - 1))
		return a;		/* more than one slot: nothing is known of the value */
	a.at = step->access_frame;
	a.slot = (uint32_t)__builtin_ctzll(slots);
	f = w->cur.state->frame[a.at];
	if (row->kind == K_ATOMIC_FETCH || row->kind == K_CMPXCHG) {
		a.flags = HIST_FILL;	/* the slot was overwritten, who knows */
		return a;
	}
	if (slot_is_spill(&f->slot[a.slot]))
		a.flags = step->slots_written ? HIST_SPILL : HIST_FILL;
	if (a.flags & HIST_FILL &&
	    loads_unknown(state_reg(w->cur.state, w->w.env->insn[pc].dst), row->width))
		a.flags = 0;
	if (step->slots_written && row->width == 64)
		a.flags |= HIST_WHOLE;
	return a;
}

/* What kinds of insns make. */
enum { MAKES = 1, MAKES_SRC = 2, MAKES_R0 = 4 };
static const uint8_t makes_of[K_N] = {
	[K_ALU_X] = MAKES, [K_LDX] = MAKES, [K_LDSX] = MAKES, [K_LOAD_ACQ] = MAKES,
	[K_LD_IMM64] = MAKES, [K_ATOMIC_FETCH] = MAKES | MAKES_SRC, [K_CMPXCHG] = MAKES | MAKES_R0,
};

void hist_push(struct lwalk *w, uint32_t pc, uint32_t frame)
{
	const uint64_t move_ops = 1ull << OP_MOV | 1ull << OP_MOVSX8 | 1ull << OP_MOVSX16 |
				  1ull << OP_MOVSX32;
	const struct venv *env = w->w.env;
	const struct insn *in = &env->insn[pc];
	const struct insn_row *row = insn_row(env->id[pc]);
	const struct step *step = w->w.step;
	struct hist_more more = { .rec = w->rec };
	struct accessed a = { 0, 0, 0 };
	struct hist *h;
	uint8_t makes;
	bool moves;

	if ((row->kind == K_JMP_K || row->kind == K_JMP_X) && !step->decided)
		more.link = link_of(w, in, row->kind);
	else if (step->stack_read || step->stack_write)
		a = hist_access(w, pc, row);
	if (a.flags & HIST_WHOLE)
		live_write(&w->cur, a.at, 1ull << a.slot);
	if (w->at[pc] & AT_JUMP || more.link || a.flags & (HIST_FILL | HIST_SPILL))
		w->cur.length++;
	if (!w->every && !hist_matters(a.flags, more.link, row))
		return;
	if (more.link || more.rec)
		a.flags |= HIST_MORE;
	moves = row->kind <= K_ALU_X && move_ops >> row->op & 1;
	makes = makes_of[row->kind];
	h = arena_raw(env->arena, sizeof(*h) + (a.flags & HIST_MORE ? sizeof(more) : 0));
	*h = (struct hist){
		.prev = w->cur.hist, .insn = pc, .frame = frame & 7, .at = a.at & 7,
		.slot = a.slot & 63, .flags = a.flags & 15, .kind = row->kind & 31,
		.dst = makes & MAKES_SRC ? in->src : makes & MAKES_R0 ? 0 : in->dst,
		.src = in->src, .makes = makes || moves, .moves = moves,
	};
	if (a.flags & HIST_MORE)
		*h->more = more;
	w->cur.hist = h;
}
_Static_assert(K_ALU_K == 0 && K_ALU_X == 1 && OP_N <= 64, "hist_push() relies on it");

/* ---- one insn, backwards ------------------------------------------------- */

static void undo_link(struct marks *m, const struct hist *h)
{
	const struct marks *link = hist_link(h);
	bool hit = false;

	if (!link)
		return;
	for (uint32_t i = 0; i <= h->frame; i++)
		hit |= m->reg[i] & link->reg[i] || m->slot[i] & link->slot[i];
	if (hit)
		marks_add(m, link, h->frame);
}

/* dst gets a loaded value. */
static void undo_load(struct marks *m, const struct hist *h)
{
	uint16_t *reg = &m->reg[h->frame];

	if (!(*reg >> h->dst & 1))
		return;
	*reg &= (uint16_t)~(1u << h->dst);
	if (h->flags & HIST_FILL)
		m->slot[h->at] |= 1ull << h->slot;
}

static void undo_store(struct marks *m, const struct hist *h, bool by_reg)
{
	uint64_t bit = 1ull << h->slot;

	if (!(h->flags & HIST_SPILL) || !(m->slot[h->at] & bit))
		return;
	m->slot[h->at] &= ~bit;
	if (by_reg)
		m->reg[h->frame] |= (uint16_t)(1u << h->src);
}

static void undo_alu_reg(uint16_t *reg, const struct hist *h)
{
	if (!(*reg >> h->dst & 1))
		return;
	if (h->moves)
		*reg &= (uint16_t)~(1u << h->dst);
	*reg |= (uint16_t)(1u << h->src);
}

/* The callee's frame ends at its call: its arguments were the caller's. */
static void undo_call(struct marks *m, uint32_t frame)
{
	m->reg[frame] |= m->reg[frame + 1] & 0x3e;
	m->reg[frame + 1] = 0;
	m->slot[frame + 1] = 0;
}

/* And it begins, backwards, where it returned: r0 is what it left there. */
static void undo_return(struct marks *m, uint32_t frame)
{
	m->reg[frame] = m->reg[frame - 1] & 1;
	m->reg[frame - 1] &= (uint16_t)~0x3fu;
}

/* Turns what mattered behind the insn into what mattered before it. */
static void undo(const struct hist *h, struct marks *m)
{
	uint16_t *reg = &m->reg[h->frame];

	switch ((enum insn_kind)h->kind) {
	case K_ALU_K:
		if (h->moves)
			*reg &= (uint16_t)~(1u << h->dst);
		break;
	case K_ALU_X:
		undo_alu_reg(reg, h);
		break;
	case K_JMP_X:
		/* Each operand bounded the other, and what is linked to either. */
		undo_link(m, h);
		if (*reg & (1u << h->dst | 1u << h->src))
			*reg |= (uint16_t)(1u << h->dst | 1u << h->src);
		undo_link(m, h);
		break;
	case K_JMP_K:
		undo_link(m, h);
		break;
	case K_LDX: case K_LDSX: case K_LOAD_ACQ: case K_ATOMIC_FETCH: case K_CMPXCHG:
		undo_load(m, h);
		break;
	case K_ST: case K_STX: case K_STORE_REL:
		undo_store(m, h, h->kind != K_ST);
		break;
	case K_LD_IMM64:
		*reg &= (uint16_t)~(1u << h->dst);
		break;
	case K_LD_ABS: case K_LD_IND: case K_CALL: case K_CALL_KFUNC:
		/* r0 is new, the others are gone; in the caller, too, if it returned there. */
		if (h->frame)
			reg[-1] &= (uint16_t)~0x3fu;
		*reg &= (uint16_t)~0x3fu;
		break;
	case K_CALL_LOCAL:
		undo_call(m, h->frame);
		break;
	case K_EXIT:
		undo_return(m, h->frame);
		break;
	default:			/* unary operations keep what they change */
		break;
	}
}

/* ---- the way back -------------------------------------------------------- */

/* Keeps in need what is a scalar of p's state that was not marked yet, and marks it. */
static bool point_mark(struct point *p, struct marks *need)
{
	bool news = false;

	for (uint32_t i = 0; i <= p->state->curframe; i++) {
		const struct func_state *f = p->state->frame[i];
		uint16_t reg = need->reg[i] & (uint16_t)~p->precise.reg[i];
		uint64_t slot = need->slot[i] & ~p->precise.slot[i];

		for (uint16_t left = reg; left; left &= (uint16_t)(left - 1))
			if (f->reg[__builtin_ctz(left)].type != T_SCALAR)
				reg &= (uint16_t)~(left & -left);
		for (uint64_t left = slot; left; left &= left - 1) {
			uint32_t s = (uint32_t)__builtin_ctzll(left);

			if (s >= f->nslot || !slot_is_spill(&f->slot[s]) ||
			    f->slot[s].spill.type != T_SCALAR)
				slot &= ~(left & -left);
		}
		need->reg[i] = reg;
		need->slot[i] = slot;
		p->precise.reg[i] |= reg;
		p->precise.slot[i] |= slot;
		news |= reg || slot;
	}
	return news;
}

/* The frame in which the path goes on behind h. */
static uint32_t frame_behind(const struct hist *h)
{
	switch (h->kind) {
	case K_CALL_LOCAL:
		return h->frame + 1u;
	case K_EXIT:
		return h->frame - 1u;
	default:
		return h->frame;
	}
}

/* For the log: the part of the way back from h, or from p if there is none, to p. */
static void trace_part(const struct venv *env, const struct hist *h, const struct point *p,
		       uint32_t last, int64_t *next)
{
	uint32_t first = p ? p->state->insn : 0;

	vlog_trace(env, h ? frame_behind(h) : p ? p->state->curframe : 0, last, first, *next);
	*next = first;
}

bool precision_demand(struct lwalk *w, const struct path *path, struct mark_record *rec,
		      uint32_t pc, struct marks *need)
{
	const struct venv *env = w->w.env;
	const struct hist *h = path->hist;
	struct point *p = path->parent;
	bool news = false, more, log = vlog_traces(env);
	int64_t next = -1;

	if (!env->bpf_capable)
		return false;	/* all scalars are compared anyway */
	if (rec)
		marks_add(&rec->precise, need, MAX_FRAMES - 1);
	for (;; h = p->hist, p = p->parent) {
		if (log)
			trace_part(env, h, p, next < 0 ? pc : h ? h->insn : (uint32_t)next, &next);
		for (; h; h = h->prev) {
			/* Most insns make what nobody asks for. */
			if (h->makes && !(need->reg[h->frame] >> h->dst & 1) &&
			    !(h->flags & HIST_MORE) && !log)
				continue;
			if (log)
				vlog_trace_insn(env, h, need);
			undo(h, need);
			if (marks_empty(need, h->frame))
				return news;
			if (hist_record(h))
				marks_add(&hist_record(h)->precise, need, h->frame);
		}
		if (!p)
			return news;
		more = point_mark(p, need);
		if (log)
			vlog_trace_point(env, p, need);
		if (!more)
			return news;
		news = true;
	}
}

bool precision_inherit(struct lwalk *w, const struct point *p, const struct path *path,
		       struct mark_record *rec)
{
	struct marks need = p->precise;

	if (marks_empty(&need, p->state->curframe))
		return false;
	if (vlog_traces(w->w.env))
		vlog_inherit(w->w.env, p);
	return precision_demand(w, path, rec, w->w.out->pc, &need);
}

static void mark_all(struct point *p)
{
	for (uint32_t i = 0; i <= p->state->curframe; i++) {
		p->precise.reg[i] = (1u << REG_FP) - 1;
		p->precise.slot[i] = UINT64_MAX;
	}
}

void precision_give_up(struct lwalk *w, const struct path *path)
{
	(void)w;
	for (struct point *p = path->parent; p; p = p->parent)
		mark_all(p);
}
