/* SPDX-License-Identifier: Apache-2.0 */
/* A run through the tree of a log: see linux_check.h. */
#include "fuzz/linux_follow.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { MAX_PLACES = 24 };
struct follower {
	struct linux_world *w;
	const struct linux_route *r;
	struct klog_tree tree;
	struct arena *a;
	struct place *at[MAX_PLACES], *next[MAX_PLACES], *spare;
	uint32_t nat, nnext;
	uint32_t step, was;	/* the step that is to come, and the one before it */
	uint64_t outer[MAX_FRAMES][REGS];	/* registers of the frames, as of their call */
	bool ldsx;		/* the run came over what ldsx_keeps_id() is about */
	struct linux_checked *c;
};

/* ---- places ------------------------------------------------------------------------------ */

static struct place *place_new(struct follower *f)
{
	struct place *p = f->spare;

	if (!p)
		return arena_raw(f->a, sizeof(*p));
	f->spare = p->spare;
	return p;
}

static void place_free(struct follower *f, struct place *p)
{
	p->spare = f->spare;
	f->spare = p;
}

static const struct trace_step *now(const struct follower *f)
{
	return &f->w->trace->step[f->step];
}

/* A line was not understood: what comes is not judged. */
static bool odd(struct follower *f, const struct klog *k)
{
	f->c->odd = true;
	snprintf(f->c->what.what, sizeof(f->c->what.what), "%s", k->line);
	return false;
}

/* Reads segment seg up to the visit; false: not understood. */
static bool place_read(struct follower *f, struct place *p, uint32_t seg, uint32_t visit)
{
	p->seg = seg;
	p->visit = visit;
	if (!klog_open(&p->k, &f->tree, seg))
		return odd(f, &p->k);
	for (uint32_t v = f->tree.seg[seg].first; v <= visit; v++)
		if (klog_next(&p->k) != KLOG_INSN)
			return odd(f, &p->k);
	return true;
}

/* Two ways to the same place: what either does not know is not known. */
static void merge(struct place *to, const struct place *p)
{
	for (uint32_t i = 0; i < MAX_FRAMES; i++) {
		to->taint.reg[i] |= p->taint.reg[i];
		to->taint.slot[i] |= p->taint.slot[i];
	}
	to->taint.any |= p->taint.any;
	for (uint32_t i = 0; i <= to->k.st.top && i <= p->k.st.top; i++) {
		struct klog_frame *a = &to->k.st.frame[i];
		const struct klog_frame *b = &p->k.st.frame[i];

		for (uint32_t s = 0; s < a->nslot; s++)
			if (s >= b->nslot || !b->slot[s].known)
				a->slot[s].known = false;
	}
}

static void forks(struct follower *f, const struct place *p);

/* The run may be at p, which is the follower's from now on. */
static void arrive(struct follower *f, struct place *p)
{
	for (uint32_t i = 0; i < f->nnext; i++) {
		if (f->next[i]->visit != p->visit)
			continue;
		merge(f->next[i], p);
		place_free(f, p);
		return;
	}
	if (f->nnext == MAX_PLACES) {
		f->c->lost = true;
		place_free(f, p);
		return;
	}
	f->next[f->nnext++] = p;
	forks(f, p);
}

/* ---- older states -------------------------------------------------------------------- */

/*
 * What of the state at p the run does not fit, before the step that is to come.
 * Outer frames: the log says nothing of what a callee does to their slots.
 */
static void find_taint(struct follower *f, struct place *p)
{
	const struct trace_step *s = now(f);
	struct taint *t = &p->taint;

	memset(t, 0, sizeof(*t));
	linux_check_doubt(f->w, &p->k.st.frame[s->frame], s->frame, s->reg,
			  f->tree.live[f->tree.visit[p->visit].insn], &t->reg[s->frame],
			  &t->slot[s->frame]);
	for (uint32_t i = 0; i < s->frame; i++) {
		const struct klog_frame *fr = &p->k.st.frame[i];

		if (i <= p->k.st.top) {
			linux_check_doubt(f->w, fr, i, f->outer[i], UINT16_MAX, &t->reg[i], &t->slot[i]);
			for (uint32_t r = 6; r < REG_FP; r++)
				if (fr->reg[r].type == KT_NONE)
					t->reg[i] |= (uint16_t)(1u << r);
		} else {
			t->reg[i] = 0x3ff;
		}
		t->slot[i] = UINT64_MAX;
	}
	for (uint32_t i = 0; i <= s->frame; i++)
		t->any |= t->reg[i] || t->slot[i];
}

/* Does what is tainted not matter, since nothing reads it? */
static bool harmless(const struct follower *f, const struct place *p)
{
	uint16_t live = f->tree.live[f->tree.visit[p->visit].insn];

	return !now(f)->frame && !(p->taint.reg[0] & live) && !p->taint.slot[0];
}

static uint32_t segment_of(const struct klog_tree *t, uint32_t visit)
{
	uint32_t lo = 0, hi = t->nseg;

	while (hi - lo > 1) {
		uint32_t mid = (lo + hi) / 2;

		if (t->seg[mid].first <= visit)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/*
 * A path was covered at insn by an older state, one of those whose visits are
 * older than end, but not by the one at `not`.  One that holds the run in full will
 * do alone: whatever it was compared with, what comes behind it is about this run.
 */
static void older_states(struct follower *f, uint32_t insn, uint32_t end, uint32_t not)
{
	struct place *found[MAX_PLACES];
	uint32_t n = 0;
	bool alone = false;

	f->c->covered++;
	for (uint32_t v = f->tree.last_visit[insn]; v != KLOG_NONE && !alone;
	     v = f->tree.visit[v].before) {
		struct place *p;

		if (v >= end || v == not || f->tree.seg[segment_of(&f->tree, v)].spec)
			continue;
		if (n == MAX_PLACES) {
			f->c->lost = true;
			break;
		}
		p = place_new(f);
		if (!place_read(f, p, segment_of(&f->tree, v), v))
			f->c->lost = true;
		if (f->c->lost || p->k.st.cur != now(f)->frame) {
			place_free(f, p);
			continue;
		}
		find_taint(f, p);
		alone = harmless(f, p);
		if (alone)
			while (n)
				place_free(f, found[--n]);
		found[n++] = p;
	}
	f->c->tainted += !alone;
	for (uint32_t i = 0; i < n; i++)
		arrive(f, found[i]);
}

/* ---- ways through the tree ----------------------------------------------------------- */

static bool put_aside_by(const struct klog_segment *s, uint32_t visit)
{
	return s->parent == KLOG_NONE ? s->first > visit : s->parent == visit;
}

/* Where the way from one insn to another was taken up later than visit, with the taint of p. */
static void taken_up(struct follower *f, const struct place *p, uint32_t from, uint32_t to)
{
	const struct klog_tree *t = &f->tree;

	for (uint32_t i = t->last_seg[from]; i != KLOG_NONE; i = t->seg[i].before) {
		const struct klog_segment *s = &t->seg[i];
		struct place *q;

		if (s->to != to || s->spec || !put_aside_by(s, p->visit))
			continue;
		if (!s->n) {
			if (s->safe == to)
				/* the second value of an insn is not covered by the first */
				older_states(f, to, s->first, from == to ? p->visit : KLOG_NONE);
			continue;
		}
		if (t->visit[s->first].insn != to)
			continue;
		q = place_new(f);
		q->taint = p->taint;
		if (place_read(f, q, i, s->first)) {
			arrive(f, q);
		} else {
			f->c->lost = true;
			place_free(f, q);
		}
	}
}

static uint8_t kind_at(const struct follower *f, uint32_t step)
{
	const struct trace_step *s = &f->w->trace->step[step];

	return insn_row(f->w->unit->prog[s->prog].id[s->insn])->kind;
}

/* Some insns are looked at twice, each time with one of two values: "from 7 to 7". */
static void forks(struct follower *f, const struct place *p)
{
	uint32_t insn = f->tree.visit[p->visit].insn;

	if (f->tree.seg[p->seg].from == insn && f->tree.seg[p->seg].to == insn &&
	    f->tree.seg[p->seg].first == p->visit)
		return;
	if (f->tree.last_seg[insn] != KLOG_NONE && kind_at(f, f->step) <= K_ALU_1)
		taken_up(f, p, insn, insn);
}

/*
 * A bug of Linux 6.18 (corpus/findings/linux-6.18-ldsx-id): a sign-extending load of a
 * spilled number has the number's id, though it may have another value.
 */
static bool ldsx_keeps_id(const struct follower *f, const struct klog *k)
{
	const struct trace_step *s = &f->w->trace->step[f->was];

	return kind_at(f, f->was) == K_LDSX &&
	       k->st.frame[k->st.cur].reg[f->w->unit->prog[s->prog].insn[s->insn].dst].id;
}

/* p goes on to insn `to`, the next of the run.  p is used up. */
static void go_on(struct follower *f, struct place *p, uint32_t to)
{
	const struct klog_segment *s = &f->tree.seg[p->seg];
	uint32_t from = f->tree.visit[p->visit].insn;
	bool last = p->visit + 1 == s->first + s->n;
	uint32_t then = last ? s->safe : f->tree.visit[p->visit + 1].insn;

	taken_up(f, p, from, to);
	if (then == to && last) {
		older_states(f, to, s->first + s->n, KLOG_NONE);
	} else if (then == to) {
		p->visit++;
		if (klog_next(&p->k) != KLOG_INSN) {
			odd(f, &p->k);
			f->c->lost = true;
		} else if (p->k.st.cur == now(f)->frame) {
			f->ldsx |= ldsx_keeps_id(f, &p->k);
			arrive(f, p);
			return;
		}
	} else if (kind_at(f, f->was) == K_CALL_LOCAL && then == from + 1) {
		f->c->lost = true;	/* a global function: verified by itself */
	}
	place_free(f, p);
}

/* ---- a run --------------------------------------------------------------------------- */

/* Slots that a helper, called in this step, wrote to: the log may not say so. */
static void forget_written(const struct follower *f, struct klog_state *st)
{
	const struct trace_step *s = now(f);
	uint32_t frame, slot;

	for (uint32_t i = 0; i < s->nwrite; i++) {
		const struct trace_write *tw = &f->w->trace->write[s->write + i];

		for (uint32_t k = 0; k < tw->len; k++)
			if (linux_stack_slot(f->w, tw->addr + k, &frame, &slot) && frame <= st->top &&
			    slot < st->frame[frame].nslot)
				st->frame[frame].slot[slot].known = false;
	}
}

static bool is_pointer(const struct klog_reg *r)
{
	return r->type != KT_NONE && r->type != KT_SCALAR;
}

/*
 * A number that is added to a pointer has to be precise, so whatever it comes from
 * was compared where an older state covered the run: it cannot lie outside.
 */
static bool sum_holds(const struct follower *f, const struct place *p)
{
	const struct trace_step *s = now(f);
	const struct program *prog = &f->w->unit->prog[s->prog];
	const struct insn *in = &prog->insn[s->insn];
	const struct insn_row *row = insn_row(prog->id[s->insn]);
	const struct klog_reg *dst, *src;
	uint32_t n;

	if (!p->taint.any || row->kind != K_ALU_X || row->width != 64 ||
	    (row->op != OP_ADD && row->op != OP_SUB))
		return true;
	dst = &p->k.st.frame[s->frame].reg[in->dst];
	src = &p->k.st.frame[s->frame].reg[in->src];
	n = is_pointer(dst) ? in->src : in->dst;
	if (is_pointer(dst) == is_pointer(src) || !(p->taint.reg[s->frame] >> n & 1))
		return true;
	src = n == in->src ? src : dst;
	if (src->type != KT_SCALAR || src->stale || linux_check_reg(f->w, src, s->reg[n]))
		return true;
	snprintf(f->c->what.place, sizeof(f->c->what.place), "r%u", n);
	snprintf(f->c->what.what, sizeof(f->c->what.what),
		 "r%u is 0x%" PRIx64 " and is added to a pointer, but no older state that may cover the run has it",
		 n, s->reg[n]);
	return false;
}

/* Compares at every place; places that do not hold are gone.  False: none is left. */
static bool check_places(struct follower *f)
{
	const struct trace_step *s = now(f);
	uint32_t n = 0;

	linux_world_at(f->w, f->step);
	for (uint32_t i = 0; i < f->nat; i++) {
		struct place *p = f->at[i];
		uint32_t up = s->frame - 1u;
		bool ok = linux_check_frame(f->w, &p->k.st.frame[s->frame], s->frame, s->reg, false,
					    p->taint.reg[s->frame], p->taint.slot[s->frame], f->c);

		/* At its first insn a function's caller was printed in full, too. */
		if (ok && s->frame && f->step && s[-1].frame == up && up <= p->k.st.top)
			ok = linux_check_frame(f->w, &p->k.st.frame[up], up, s[-1].reg, true,
					       p->taint.reg[up], p->taint.slot[up], f->c);
		ok = ok && sum_holds(f, p);
		if (ok)
			f->at[n++] = p;
		else
			place_free(f, p);
	}
	if (f->r->seen)
		f->r->seen[f->step] = f->nat == 1 && !f->at[0]->taint.any ? f->at[0]->visit : KLOG_NONE;
	f->nat = n;
	f->c->steps++;
	return n > 0;
}

static bool exit_holds(const struct follower *f, const struct place *p)
{
	const struct klog_frame *fr = &p->k.st.frame[0];

	for (uint32_t r = 0; r < REG_FP; r++) {
		struct klog_reg claim = fr->reg[r];
		uint64_t v = f->r->exit_reg[r];

		if (claim.type != KT_SCALAR || p->taint.reg[0] >> r & 1 || !(f->r->exit_valid >> r & 1))
			continue;
		if (f->r->exit_half >> r & 1) {
			claim.s = scalar_cast(claim.s, 4);
			v = (uint32_t)v;
		}
		f->c->regs++;
		if (linux_check_reg(f->w, &claim, v))
			continue;
		snprintf(f->c->what.place, sizeof(f->c->what.place), "exit");
		snprintf(f->c->what.what, sizeof(f->c->what.what),
			 "the kernel exits with r%u = 0x%" PRIx64 ", its verifier believes in u64 0x%" PRIx64
			 " to 0x%" PRIx64 ", bits (0x%" PRIx64 "; 0x%" PRIx64 ")", r, v, claim.s.umin, claim.s.umax,
			 claim.s.var.value, claim.s.var.mask);
		return false;
	}
	return true;
}

/* At the exit of main: what the kernel itself had in its registers. */
static bool check_exit(struct follower *f)
{
	uint32_t held = 0;

	if (!f->r->exit_reg || now(f)->frame || kind_at(f, f->step) != K_EXIT)
		return true;
	for (uint32_t i = 0; i < f->nat; i++)
		held += exit_holds(f, f->at[i]);
	return held > 0;
}

/* Does the trace go on from one step to the other in a way that a log shows? */
static bool follows(const struct follower *f, uint32_t from, uint32_t to)
{
	const struct trace_step *a = &f->w->trace->step[from], *b = &f->w->trace->step[to];

	if (a->prog != b->prog)
		return false;
	switch (kind_at(f, from)) {
	case K_JMP_K: case K_JMP_X: case K_JA: case K_MAY_GOTO:
		return true;
	case K_CALL_LOCAL:
		return b->frame == a->frame + 1;
	case K_EXIT:
		return a->frame && b->frame == a->frame - 1;
	case K_LD_IMM64:
		return true;
	default:		/* not so: tail calls, packet loads that end a frame, callbacks */
		return b->frame == a->frame && b->insn == a->insn + 1;
	}
}

static uint32_t slot_of(const struct linux_route *r, const struct trace *t, uint32_t step)
{
	uint32_t s = r->slot ? r->slot[step] : t->step[step].insn;

	return s == UINT32_MAX ? s : s + r->head;
}

/* Over the next step of the route; false: something does not hold. */
static bool advance(struct follower *f, uint32_t next)
{
	uint32_t to = slot_of(f->r, f->w->trace, next), was = f->step;
	bool helper = kind_at(f, was) == K_CALL;
	const struct trace_step *s = now(f);

	if (kind_at(f, was) == K_CALL_LOCAL)
		memcpy(f->outer[s->frame], s->reg, sizeof(s->reg));
	for (uint32_t i = 0; i < f->nat; i++) {
		if (helper)
			forget_written(f, &f->at[i]->k.st);
		if (f->at[i]->taint.any)
			linux_taint_step(f->w, f->at[i], s);
	}
	/* The world of the next step: older states are compared with it. */
	f->was = was;
	f->step = next;
	linux_world_at(f->w, next);
	f->nnext = 0;
	for (uint32_t i = 0; i < f->nat; i++)
		go_on(f, f->at[i], to);
	memcpy(f->at, f->next, f->nnext * sizeof(f->at[0]));
	f->nat = f->nnext;
	f->c->lost |= !f->nat && !f->tree.whole;
	if (f->nat || f->c->lost)
		return true;
	snprintf(f->c->what.place, sizeof(f->c->what.place), "path");
	snprintf(f->c->what.what, sizeof(f->c->what.what),
		 "the run goes from slot %u to slot %u, where the kernel's verifier never went from there",
		 slot_of(f->r, f->w->trace, was), to);
	return false;
}

/* The next step that is in the route; f->r->nstep: none to which a log shows the way. */
static uint32_t next_step(const struct follower *f)
{
	uint32_t i = f->step;

	do {
		if (i + 1 >= f->r->nstep || !follows(f, i, i + 1))
			return f->r->nstep;
		i++;
	} while (slot_of(f->r, f->w->trace, i) == UINT32_MAX);
	return i;
}

/* The place before the first step of the route; NULL: the log does not come to it. */
static struct place *begin(struct follower *f)
{
	struct place *p;
	uint32_t first, visit = f->r->head ? 2 : 0;

	while (f->step < f->r->nstep && slot_of(f->r, f->w->trace, f->step) == UINT32_MAX)
		f->step++;
	if (f->step == f->r->nstep)
		return NULL;
	first = slot_of(f->r, f->w->trace, f->step);
	/* In front stand a wide insn or a narrow one, and another: two visits. */
	if (visit >= f->tree.seg[0].n || f->tree.visit[visit].insn != first)
		return NULL;
	p = place_new(f);
	memset(&p->taint, 0, sizeof(p->taint));
	return place_read(f, p, 0, visit) ? p : NULL;
}

/* At the end of what the log shows: does a tail call of main's go on in another program? */
static void find_tail(struct follower *f)
{
	const struct trace_step *s = now(f), *next = s + 1;

	if (f->step + 1 >= f->w->trace->nstep)
		return;
	if (kind_at(f, f->step) == K_CALL && !s->frame && !next->frame && !next->insn &&
	    f->w->unit->prog[s->prog].insn[s->insn].imm == HELPER_tail_call)
		f->c->tail = f->step + 1;
	else
		f->c->lost |= f->step + 1 < f->r->nstep;
}

static bool path_wrong(struct follower *f, const char *what)
{
	snprintf(f->c->what.place, sizeof(f->c->what.place), "path");
	snprintf(f->c->what.what, sizeof(f->c->what.what), "%s", what);
	return false;
}

static bool run(struct follower *f)
{
	while (!f->c->lost && !f->c->odd) {
		uint32_t next;

		f->c->what.step = f->step;
		if (!check_places(f))
			return false;
		next = next_step(f);
		if (next == f->r->nstep) {
			find_tail(f);
			return f->c->tail || check_exit(f);
		}
		f->c->what.step = next;
		if (!advance(f, next))
			return false;
	}
	return true;
}

bool linux_check_run(struct linux_world *w, const struct linux_route *r, const char *log,
		     struct arena *a, struct linux_checked *c)
{
	struct follower f = { .w = w, .r = r, .a = a, .c = c };
	struct place *p;

	memset(c, 0, sizeof(*c));
	f.step = r->first;
	if (r->seen)
		memset(r->seen, 0xff, r->nstep * sizeof(*r->seen));
	if (!klog_tree(log, r->insn, r->len, a, &f.tree)) {
		c->odd = true;
		snprintf(c->what.what, sizeof(c->what.what), "the order of its lines");
		return true;
	}
	if (!f.tree.nvisit) {
		c->lost = true;
		return true;
	}
	c->bugs = f.tree.nbug;
	p = begin(&f);
	if (!p) {
		c->lost = !f.tree.whole || c->odd || f.step == r->nstep;
		return c->lost || path_wrong(&f, "the kernel's verifier does not begin where the run does");
	}
	arrive(&f, p);
	memcpy(f.at, f.next, f.nnext * sizeof(f.at[0]));
	f.nat = f.nnext;
	if (run(&f))
		return true;
	/* In a log that breaks off the right place to go on may be missing, or a second value. */
	c->lost = !f.tree.whole;
	c->known = f.ldsx && !r->asis;
	return c->lost || c->known;
}
