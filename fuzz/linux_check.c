/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Concrete values against printed states.  Of the frame that runs all registers
 * and slots are compared, in every step; of outer frames nothing, since the
 * log does not say what a callee changes there until it returns.
 */
#include "fuzz/linux_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- one register ------------------------------------------------------------------- */

/* value = base + off + some member of s. */
static bool offset_in(const struct klog_reg *r, uint64_t value, uint64_t base)
{
	return scalar_contains(&r->s, value - base - (uint64_t)(int64_t)r->off);
}

static bool is_map(const struct linux_world *w, uint32_t m, const struct klog_reg *r)
{
	const struct map_def *d = &w->unit->map[m];

	return d->key_size == r->key_size && d->value_size == r->value_size &&
	       !strncmp(d->name, r->map, 15);
}

/* Some element of some map that looks like the one named. */
static bool in_map_value(const struct linux_world *w, const struct klog_reg *r, uint64_t v)
{
	for (uint32_t m = 0; m < w->unit->nmap; m++) {
		const struct region *g = &w->lay->rgn[GUEST_MAP0 + m];
		uint64_t n = g->stride ? g->len / g->stride : 0;

		if (!is_map(w, m, r))
			continue;
		if (!n || n > 4096)
			return true;
		for (uint64_t k = 0; k < n; k++)
			if (offset_in(r, v, g->base + k * g->stride))
				return true;
	}
	return false;
}

static bool is_handle(const struct linux_world *w, const struct klog_reg *r, uint64_t v)
{
	for (uint32_t m = 0; m < w->unit->nmap; m++)
		if (is_map(w, m, r) && v == GUEST_MAP_HANDLE + 64 * (uint64_t)m)
			return true;
	return false;
}

static bool in_packet(const struct linux_world *w, const struct klog_reg *r, uint64_t v)
{
	uint64_t end = w->lay->data + w->lay->rgn[GUEST_PACKET].len;
	uint64_t start = v - (uint64_t)(int64_t)r->off;

	if (!offset_in(r, v, w->lay->data))
		return false;
	if (r->range < 0)
		return r->range == -1 ? v >= end : v > end;
	return !r->range || start + (uint64_t)r->range <= end;
}

static uint64_t frame_top(const struct linux_world *w, uint32_t frame)
{
	return w->lay->rgn[GUEST_STACK].base + GUEST_STACK_SIZE - (uint64_t)frame * STACK_SIZE;
}

bool linux_check_reg(const struct linux_world *w, const struct klog_reg *r, uint64_t v)
{
	if (r->or_null && !v)
		return true;
	switch (r->type) {
	case KT_SCALAR:
		return scalar_contains(&r->s, v);
	case KT_STACK:
		return offset_in(r, v, frame_top(w, r->frame));
	case KT_CTX:
		return offset_in(r, v, w->lay->rgn[GUEST_CTX].base);
	case KT_PKT:
		return in_packet(w, r, v);
	case KT_PKT_META:
		return offset_in(r, v, w->lay->data);
	case KT_PKT_END:
		return v == w->lay->data + w->lay->rgn[GUEST_PACKET].len;
	case KT_MAP_PTR:
		return is_handle(w, r, v);
	case KT_MAP_VALUE:
		return in_map_value(w, r, v);
	default:
		return true;
	}
}

/* ---- ties between registers ------------------------------------------------------------- */

enum { MAX_TIES = 96 };
struct tie {
	uint32_t id;
	bool pointer;
	uint64_t value;
	char place[16];
};
struct ties {
	struct tie tie[MAX_TIES];
	uint32_t n;
};

/*
 * Scalars of one id are equal, or apart by the difference of their deltas (in
 * 32 bits: an addition to the lower half wraps there).  Packet pointers of one id
 * have the same variable part.
 */
static const struct tie *tie_broken(struct ties *t, const struct klog_reg *r, uint64_t v,
				    const char *place)
{
	bool pointer = r->type == KT_PKT;

	if (!r->id || r->or_null || (r->type != KT_SCALAR && !pointer))
		return NULL;
	if (pointer)
		v -= (uint64_t)(int64_t)r->off;
	else
		v = (uint32_t)(v - (uint32_t)(r->has_delta ? r->delta : 0));
	for (uint32_t i = 0; i < t->n; i++)
		if (t->tie[i].id == r->id && t->tie[i].pointer == pointer)
			return t->tie[i].value == v ? NULL : &t->tie[i];
	if (t->n == MAX_TIES)
		return NULL;
	t->tie[t->n] = (struct tie){ .id = r->id, .pointer = pointer, .value = v };
	snprintf(t->tie[t->n++].place, sizeof(t->tie[0].place), "%s", place);
	return NULL;
}

/* ---- stack --------------------------------------------------------------------------------- */

void linux_world_init(struct linux_world *w, const struct unit *u, const struct layout *lay,
		      const struct trace *t)
{
	memset(w, 0, sizeof(*w));
	w->unit = u;
	w->lay = lay;
	w->trace = t;
}

/* Applies what steps before this one wrote to the stack. */
static void catch_up(struct linux_world *w, uint32_t step)
{
	uint64_t base = w->lay->rgn[GUEST_STACK].base;

	for (; w->done < step; w->done++) {
		const struct trace_step *s = &w->trace->step[w->done];

		for (uint32_t i = 0; i < s->nwrite; i++) {
			const struct trace_write *tw = &w->trace->write[s->write + i];

			for (uint32_t k = 0; k < tw->len; k++) {
				uint64_t at = tw->addr + k - base;

				if (at >= GUEST_STACK_SIZE)
					continue;
				w->stack[at] = w->trace->bytes[tw->data + k];
				w->written[at] = 1;
			}
		}
	}
}

/* Slots of frame that a helper, called in this step, wrote to: the log may not say so. */
static void forget_written(struct linux_world *w, uint32_t step, uint32_t frame,
			   struct klog_frame *f)
{
	const struct trace_step *s = &w->trace->step[step];
	uint64_t top = frame_top(w, frame);

	for (uint32_t i = 0; i < s->nwrite; i++) {
		const struct trace_write *tw = &w->trace->write[s->write + i];

		for (uint32_t k = 0; k < tw->len; k++) {
			uint64_t below = top - (tw->addr + k);	/* 1: the highest byte */

			if (below >= 1 && below <= STACK_SIZE)
				f->slot[(below - 1) / 8].known = false;
		}
	}
}

/* ---- a state ---------------------------------------------------------------------------------- */

static bool wrong(struct linux_checked *c, const char *place, const char *what, uint64_t v,
		  const struct klog_reg *r)
{
	snprintf(c->what.place, sizeof(c->what.place), "%s", place);
	if (r && r->type == KT_SCALAR)
		snprintf(c->what.what, sizeof(c->what.what),
			 "%s is 0x%" PRIx64 ", %s [s64 %" PRId64 " to %" PRId64 ", u64 0x%" PRIx64
			 " to 0x%" PRIx64 ", s32 %d to %d, u32 0x%x to 0x%x, bits (0x%" PRIx64 "; 0x%" PRIx64 ")]",
			 place, v, what, r->s.smin, r->s.smax, r->s.umin, r->s.umax, r->s.s32min, r->s.s32max,
			 r->s.u32min, r->s.u32max, r->s.var.value, r->s.var.mask);
	else
		snprintf(c->what.what, sizeof(c->what.what), "%s is 0x%" PRIx64 ", %s", place, v, what);
	return false;
}

static bool check_value(struct linux_world *w, const struct klog_reg *r, uint64_t v,
			const char *place, struct ties *ties, struct linux_checked *c)
{
	const struct tie *broken;

	if (!linux_check_reg(w, r, v))
		return wrong(c, place, "not what the kernel's verifier believes", v, r);
	broken = tie_broken(ties, r, v, place);
	if (broken)
		return wrong(c, place, "but it has the id of a register with another value", v, NULL);
	return true;
}

static bool check_slot(struct linux_world *w, const struct klog_slot *slot, uint32_t i,
		       const struct trace_step *s, struct ties *ties, struct linux_checked *c)
{
	uint64_t at = s->reg[REG_FP] - 8 * (i + 1) - w->lay->rgn[GUEST_STACK].base, v = 0;
	struct klog_reg low = slot->reg;
	char place[16];

	snprintf(place, sizeof(place), "fp-%u", 8 * (i + 1));
	for (uint32_t k = 0; k < 8; k++)
		if (slot->byte[k] == '0' && w->written[at + k] && w->stack[at + k])
			return wrong(c, place, "a byte of it is believed to be zero", w->stack[at + k], NULL);
	for (uint32_t k = 0; k < slot->spilled; k++)
		if (!w->written[at + k])
			return true;
	if (!slot->spilled)
		return true;
	memcpy(&v, &w->stack[at], slot->spilled);
	if (slot->spilled < 8) {	/* of a part that was stored the rest is not known */
		if (low.type != KT_SCALAR)
			return true;
		low.s = scalar_cast(low.s, slot->spilled);
		if (low.id && slot->spilled < 4)
			low.id = 0;
	}
	c->slots++;
	return check_value(w, &low, v, place, ties, c);
}

/* The state of the frame that runs, before step. */
static bool check_state(struct linux_world *w, const struct klog_frame *f, uint32_t step,
			struct linux_checked *c)
{
	const struct trace_step *s = &w->trace->step[step];
	struct ties ties = { .n = 0 };
	char place[16];

	for (uint32_t r = 0; r < REG_FP; r++) {
		if (f->reg[r].type == KT_NONE)
			continue;
		snprintf(place, sizeof(place), "r%u", r);
		c->regs++;
		if (!check_value(w, &f->reg[r], s->reg[r], place, &ties, c))
			return false;
	}
	for (uint32_t i = 0; i < KLOG_SLOTS; i++)
		if (f->slot[i].known && !check_slot(w, &f->slot[i], i, s, &ties, c))
			return false;
	return true;
}

/* ---- a path ----------------------------------------------------------------------------------- */

static bool left_path(struct linux_checked *c, uint32_t expected, uint32_t got)
{
	snprintf(c->what.place, sizeof(c->what.place), "path");
	if (got == UINT32_MAX)
		snprintf(c->what.what, sizeof(c->what.what),
			 "the kernel's verifier ends before insn %u of the path, the run did not", expected);
	else
		snprintf(c->what.what, sizeof(c->what.what),
			 "the kernel's verifier goes on at insn %u of the path, the run did at %u", got,
			 expected);
	return false;
}

/* From step on, along the path that k reads. */
static bool follow(struct linux_world *w, const struct linux_path *path, struct klog *k,
		   uint32_t step, struct linux_checked *c)
{
	for (; step < path->nstep; step++) {
		uint32_t slot = path->slot[step];
		enum klog_event ev;

		if (slot == UINT32_MAX)		/* jumps that are not in it */
			continue;
		c->what.step = step;
		c->what.slot = slot;
		ev = klog_next(k);
		if (ev == KLOG_ODD) {
			c->odd = true;
			snprintf(c->what.what, sizeof(c->what.what), "%s", k->line);
			return true;
		}
		if (ev == KLOG_END)	/* the program was refused here, or the log is cut */
			return k->cut || left_path(c, slot, UINT32_MAX);
		if (k->insn != slot || k->st.cur != w->trace->step[step].frame)
			return left_path(c, slot, k->insn);
		catch_up(w, step);
		c->steps++;
		if (!check_state(w, &k->st.frame[k->st.cur], step, c))
			return false;
		if (path->prog.id[slot] == I_CALL_HELPER)
			forget_written(w, step, k->st.cur, &k->st.frame[k->st.cur]);
	}
	return true;
}

/*
 * The kernel looks at some insns twice, for two values of a register.  What was
 * first in the log need not be what was run: then one of the others has to be.  Such
 * a path may end early, as one that the first covers; nothing is compared from there.
 */
static bool any_fork(struct linux_world *w, const struct linux_path *path, const struct klog *first,
		     struct linux_checked *c)
{
	const char *at = first->at;
	struct klog k;

	while (klog_fork(first, &at, &k)) {
		uint32_t step = path->step[k.insn];
		struct linux_checked mine = { .steps = 0 };

		if (step == UINT32_MAX)
			continue;
		linux_world_init(w, w->unit, w->lay, w->trace);
		k.safe_ends = true;
		if (!follow(w, path, &k, step, &mine))
			continue;
		c->regs += mine.regs;
		c->slots += mine.slots;
		c->steps += mine.steps;
		c->odd |= mine.odd;
		return true;
	}
	return false;
}

bool linux_check_path(struct linux_world *w, const struct linux_path *path, const char *log,
		      struct linux_checked *c)
{
	struct klog k;

	memset(c, 0, sizeof(*c));
	klog_begin(&k, log, path->prog.insn, path->prog.len);
	return follow(w, path, &k, 0, c) || any_fork(w, path, &k, c);
}
