/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sound: at every executed insn the concrete registers and stack bytes lie
 * jointly in one state that the verifier recorded for that insn, and the exit
 * value lies in its range (DESIGN, decision 3).
 *
 * The trace is replayed: registers come from it, stack bytes from its writes,
 * the saved registers of outer frames from the step of the call.  A tail call
 * starts a fresh verification whose frame 0 is the frame that called.
 */
#include "fuzz/internal.h"

#include <inttypes.h>
#include <string.h>

struct replay {
	const struct trial *t;
	const struct layout *lay;
	uint64_t reg[MAX_FRAMES][REGS];	/* outer frames: as of their call */
	uint16_t prog[MAX_FRAMES];	/* what each frame runs */
	uint8_t base[MAX_FRAMES];	/* which frame is its verification's frame 0 */
	uint8_t frame;
	bool lenient;			/* Linux walk, behind a prune: imprecise scalars say nothing */
	uint8_t stack[GUEST_STACK_SIZE];
	uint8_t written[GUEST_STACK_SIZE];
};

/* Ties between registers of one state: equal ids, equal values. */
enum { MAX_TIES = 96 };
struct ties {
	uint32_t n;
	uint32_t id[MAX_TIES];
	uint64_t value[MAX_TIES];
};

static bool tie_holds(struct ties *ties, uint32_t id, uint64_t value)
{
	for (uint32_t i = 0; i < ties->n; i++)
		if (ties->id[i] == id)
			return ties->value[i] == value;
	if (ties->n < MAX_TIES) {
		ties->id[ties->n] = id;
		ties->value[ties->n++] = value;
	}
	return true;
}

static uint64_t stack_top(const struct replay *r, uint32_t frame)
{
	return r->lay->rgn[GUEST_STACK].base + GUEST_STACK_SIZE - (uint64_t)frame * STACK_SIZE;
}

/* Is value - base - off one of the variable offsets? */
static bool offset_in(const struct reg_state *s, uint64_t value, uint64_t base)
{
	return scalar_contains(&s->s, value - base - (uint64_t)(int64_t)s->off);
}

/* A pointer into a map: the element is not known, any that fits will do. */
static bool in_map_value(const struct replay *r, const struct reg_state *s, uint64_t value)
{
	const struct map_def *m = &r->t->tc->unit.map[s->map];
	const struct region *rgn = &r->lay->rgn[GUEST_MAP0 + s->map];
	uint64_t n = rgn->stride ? rgn->len / rgn->stride : 0;

	if (!n || n > 4096 || m->inner >= 0)
		return true;
	for (uint64_t k = 0; k < n; k++)
		if (offset_in(s, value, rgn->base + k * rgn->stride))
			return true;
	return false;
}

/* Packet pointers: the same id means the same variable offset, range bytes lie before the end. */
static bool in_packet(const struct replay *r, const struct reg_state *s, uint64_t value,
		      struct ties *ties)
{
	uint64_t start = value - (uint64_t)(int64_t)s->off;

	if (!offset_in(s, value, r->lay->data))
		return false;
	if (s->id && !tie_holds(ties, s->id, start))
		return false;
	if (s->range > 0 && s->type == T_PACKET)
		return start - r->lay->data + (uint64_t)s->range <= r->lay->rgn[GUEST_PACKET].len;
	return true;
}

static bool in_scalar(const struct replay *r, const struct reg_state *s, uint64_t value,
		      struct ties *ties)
{
	if (r->lenient && !s->precise)
		return true;
	if (!scalar_contains(&s->s, value))
		return false;
	if (s->has_delta)
		value -= (uint64_t)(int64_t)s->delta;
	if (s->has_delta && s->delta32)
		value = (uint32_t)value;
	return !s->id || tie_holds(ties, s->id, value);
}

/* Does the concrete value lie in the abstract register?  base: frame 0 of the state. */
static bool in_reg(const struct replay *r, const struct reg_state *s, uint64_t value, uint32_t base,
		   struct ties *ties)
{
	const struct region *rgn = r->lay->rgn;

	if (s->type != T_SCALAR && s->flags & TF_NULL && value == 0)
		return true;
	switch (s->type) {
	case T_NOT_INIT:
		return true;
	case T_SCALAR:
		return in_scalar(r, s, value, ties);
	case T_CTX:
		return offset_in(s, value, rgn[GUEST_CTX].base);
	case T_STACK:
		return offset_in(s, value, stack_top(r, base + s->frame));
	case T_MAP_PTR:
		return s->map_uid || value == GUEST_MAP_HANDLE + 64 * (uint64_t)s->map;
	case T_MAP_VALUE:
		return in_map_value(r, s, value);
	case T_PACKET:
	case T_PACKET_META:
		return in_packet(r, s, value, ties);
	case T_PACKET_END:
		return value == r->lay->data + rgn[GUEST_PACKET].len;
	case T_MEM:
		return !(s->flags & TF_PLAIN) || offset_in(s, value, rgn[GUEST_CTX].base);
	default:		/* sockets and BTF pointers: our engines have none */
		return true;
	}
}

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

/* What was never written holds anything, as far as we know: so must the spill, for root. */
static bool holds_garbage(const struct replay *r, const struct reg_state *s, uint32_t size)
{
	struct scalar all = scalar_cast(scalar_unknown(), (uint8_t)size);

	return s->type == T_SCALAR && ((r->lenient && !s->precise) || scalar_subset(&s->s, &all));
}

/*
 * A slot against its 8 bytes.  The spill covers the high bytes that are marked
 * SLOT_SPILL: all 8, or for a narrow spill the low bytes of the slot.
 */
static bool in_slot(const struct replay *r, const struct stack_slot *s, uint32_t at, uint32_t base,
		    struct ties *ties)
{
	uint32_t n = 0, unwritten = 0;

	for (uint32_t i = 0; i < 8; i++) {
		if (s->type[i] == SLOT_ZERO && (r->stack[at + i] || !r->written[at + i]))
			return false;
		n += s->type[i] == SLOT_SPILL;
		unwritten += s->type[i] == SLOT_SPILL && !r->written[at + i];
	}
	if (unwritten)
		return holds_garbage(r, &s->spill, n);
	if (n == 8)
		return in_reg(r, &s->spill, load64(&r->stack[at]), base, ties);
	if (n && s->type[0] == SLOT_SPILL && s->spill.type == T_SCALAR) {
		struct reg_state low = s->spill;

		low.s = scalar_cast(low.s, (uint8_t)n);
		return in_reg(r, &low, load64(&r->stack[at]) & (~0ull >> (64 - 8 * n)), base, ties);
	}
	return true;
}

/* One frame of the state against one concrete frame; -1, or what differs: register, 16 + slot. */
static int frame_differs(const struct replay *r, const struct func_state *fs, uint32_t frame,
			 uint32_t base, bool outer, struct ties *ties)
{
	uint64_t top = GUEST_STACK_SIZE - (uint64_t)frame * STACK_SIZE;

	for (int i = outer ? 6 : 0; i < REGS; i++)
		if (!in_reg(r, &fs->reg[i], r->reg[frame][i], base, ties))
			return i;
	for (uint32_t i = 0; i < fs->nslot; i++)
		if (!in_slot(r, &fs->slot[i], (uint32_t)(top - 8 * (i + 1)), base, ties))
			return (int)(16 + i);
	return -1;
}

/* Does the moment lie in this state?  *where: frame << 8 | what differs. */
static bool in_state(const struct replay *r, const struct vstate *s, int *where)
{
	uint32_t base = r->base[r->frame];
	struct ties ties = { .n = 0 };

	if (s->curframe != r->frame - base) {
		*where = -1;
		return false;
	}
	for (uint32_t i = 0; i <= s->curframe; i++) {
		int d = frame_differs(r, s->frame[i], base + i, base, i != s->curframe, &ties);

		if (d >= 0) {
			*where = (int)(i << 8) | d;
			return false;
		}
	}
	return true;
}

static void describe(const struct replay *r, const struct trace_step *st, int where,
		     struct finding *f)
{
	uint32_t frame = r->base[r->frame] + (uint32_t)(where >> 8);

	if (where < 0) {
		snprintf(f->place, sizeof(f->place), "frames");
		snprintf(f->what, sizeof(f->what), "no recorded state at insn %u has this call depth",
			 st->insn);
	} else if ((where & 255) < REGS) {
		snprintf(f->place, sizeof(f->place), "r%d", where & 255);
		snprintf(f->what, sizeof(f->what),
			 "before insn %u r%d is 0x%" PRIx64 ", outside what the verifier believes",
			 st->insn, where & 255, r->reg[frame][where & 255]);
	} else {
		snprintf(f->place, sizeof(f->place), "stack");
		snprintf(f->what, sizeof(f->what),
			 "before insn %u the bytes at fp%d are outside what the verifier believes",
			 st->insn, -8 * ((where & 255) - 15));
	}
}

static enum ruling unsound(const struct trace_step *st, struct finding *f)
{
	f->engines[0] = "verifier";
	f->engines[1] = "interp";
	f->pc = (struct pc){ .prog = st->prog, .insn = st->insn };
	return FAILS;
}

static enum ruling check_step(const struct replay *r, const struct trace_step *st, struct finding *f)
{
	const struct verdict *v = &r->t->verdict[st->prog];
	const struct record *rec = v->rec.at[st->insn];
	int where = -1, first = -1;
	uint32_t kept = 0;

	if (!rec) {
		snprintf(f->place, sizeof(f->place), "unreached");
		snprintf(f->what, sizeof(f->what), "insn %u runs, but the verifier never reached it",
			 st->insn);
		return unsound(st, f);
	}
	for (; rec; rec = rec->next, kept++) {
		if (in_state(r, rec->state, &where))
			return HOLDS;
		if (first < 0)
			first = where;
	}
	if (kept < v->rec.count[st->insn])	/* some state of this insn was not kept */
		return NO_OPINION;
	describe(r, st, first, f);
	return unsound(st, f);
}

/* Follows calls, returns and tail calls from one step to the next. */
static void enter_step(struct replay *r, const struct trace_step *prev, const struct trace_step *st)
{
	const struct program *p;

	if (prev && st->frame > prev->frame) {
		r->base[st->frame] = r->base[prev->frame];
	} else if (prev && st->frame == prev->frame) {
		p = &r->t->tc->unit.prog[prev->prog];
		if (p->id[prev->insn] == I_CALL_HELPER && p->insn[prev->insn].imm == HELPER_tail_call &&
		    st->insn == 0) {
			r->base[st->frame] = st->frame;
			r->lenient = false;
		}
	}
	r->frame = st->frame;
	r->prog[st->frame] = st->prog;
	memcpy(r->reg[st->frame], st->reg, sizeof(st->reg));
}

static void apply_writes(struct replay *r, const struct trace *tr, const struct trace_step *st)
{
	uint64_t base = r->lay->rgn[GUEST_STACK].base;

	for (uint32_t i = 0; i < st->nwrite; i++) {
		const struct trace_write *w = &tr->write[st->write + i];

		if (w->addr < base || w->addr - base + w->len > GUEST_STACK_SIZE)
			continue;
		memcpy(&r->stack[w->addr - base], &tr->bytes[w->data], w->len);
		memset(&r->written[w->addr - base], 1, w->len);
	}
}

/* r0 as main of the last program returned it (st is its last step: exit, or a failed LD_ABS). */
static enum ruling check_exit(const struct replay *r, const struct trace_step *st, struct finding *f)
{
	const struct verdict *v = &r->t->verdict[st->prog];
	const struct outcome *o = &r->t->out[0];

	if (o->kind != OUT_RETURN || !v->ret_known || r->lenient)
		return HOLDS;
	if (scalar_contains(&v->ret, o->reg[0]))
		return HOLDS;
	snprintf(f->place, sizeof(f->place), "exit");
	snprintf(f->what, sizeof(f->what), "exits with r0 = 0x%" PRIx64 ", outside the verifier's range",
		 o->reg[0]);
	return unsound(st, f);
}

enum ruling oracle_sound(struct trial *t, struct finding *f)
{
	const struct trace *tr = t->out[0].trace;
	const struct trace_step *prev = NULL;
	enum ruling all = HOLDS, r;
	struct replay rp = { .t = t, .lay = t->layout };

	if (!t->sound || !t->accepted || !tr)
		return NO_OPINION;
	for (uint32_t i = 0; i < tr->nstep; i++) {
		const struct trace_step *st = &tr->step[i];

		enter_step(&rp, prev, st);
		r = check_step(&rp, st, f);
		if (r == FAILS)
			return r;
		if (r == NO_OPINION)
			all = r;
		if (t->verdict[st->prog].aux[st->insn] & AUX_PRUNED_HERE && t->walk == WALK_LINUX)
			rp.lenient = true;
		apply_writes(&rp, tr, st);
		t->states_checked++;
		prev = st;
	}
	if (tr->overflow)
		return NO_OPINION;
	if (prev && prev->frame == rp.base[prev->frame] && prev->frame == 0 &&
	    check_exit(&rp, prev, f) == FAILS)
		return FAILS;
	return all;
}
