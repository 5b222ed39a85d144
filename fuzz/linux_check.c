/* SPDX-License-Identifier: Apache-2.0 */
/* Concrete values against printed states. */
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
	if (w->plain && r->value_size == w->plain && !strcmp(r->map, "memory"))
		return offset_in(r, v, w->lay->rgn[GUEST_CTX].base);
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

bool linux_check_reg(const struct linux_world *w, const struct klog_reg *r, uint64_t v)
{
	if (r->or_null && !v)
		return true;
	switch (r->type) {
	case KT_SCALAR:
		return scalar_contains(&r->s, v);
	case KT_STACK:
		return offset_in(r, v, linux_frame_top(w, r->frame));
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

enum { MAX_TIES = 96, SLOT = 16 };
struct tie {
	uint32_t id;
	bool pointer;
	uint64_t value;
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
static bool tie_broken(struct ties *t, const struct klog_reg *r, uint64_t v)
{
	bool pointer = r->type == KT_PKT;

	if (!r->id || r->or_null || (r->type != KT_SCALAR && !pointer))
		return false;
	if (pointer)
		v -= (uint64_t)(int64_t)r->off;
	else
		v = (uint32_t)(v - (uint32_t)(r->has_delta ? r->delta : 0));
	for (uint32_t i = 0; i < t->n; i++)
		if (t->tie[i].id == r->id && t->tie[i].pointer == pointer)
			return t->tie[i].value != v;
	if (t->n < MAX_TIES)
		t->tie[t->n++] = (struct tie){ r->id, pointer, v };
	return false;
}

/* ---- stack --------------------------------------------------------------------------- */

void linux_world_init(struct linux_world *w, const struct unit *u, const struct layout *lay,
		      const struct trace *t)
{
	memset(w, 0, sizeof(*w));
	w->unit = u;
	w->lay = lay;
	w->trace = t;
	if (u->prog[0].type == PROG_PLAIN)
		w->plain = (uint32_t)lay->rgn[GUEST_CTX].len;
}

void linux_world_at(struct linux_world *w, uint32_t step)
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

enum slot_view { SLOT_SAYS_NOTHING, SLOT_HAS_VALUE, SLOT_NOT_ZERO };

/* The spilled register of a slot and what stands there. */
static enum slot_view slot_value(const struct linux_world *w, const struct klog_slot *slot,
				 uint64_t at, struct klog_reg *r, uint64_t *v)
{
	*v = 0;
	for (uint32_t k = 0; k < 8; k++)
		if (slot->byte[k] == '0' && w->written[at + k] && w->stack[at + k])
			return SLOT_NOT_ZERO;
	for (uint32_t k = 0; k < slot->spilled; k++)
		if (!w->written[at + k])
			return SLOT_SAYS_NOTHING;
	if (!slot->spilled)
		return SLOT_SAYS_NOTHING;
	memcpy(v, &w->stack[at], slot->spilled);
	*r = slot->reg;
	if (slot->spilled < 8) {	/* of a part that was stored the rest is not known */
		if (r->type != KT_SCALAR)
			return SLOT_SAYS_NOTHING;
		r->s = scalar_cast(r->s, slot->spilled);
		if (r->id && slot->spilled < 4)
			r->id = 0;
	}
	return SLOT_HAS_VALUE;
}

static uint64_t slot_offset(uint32_t frame, uint32_t i)
{
	return GUEST_STACK_SIZE - (uint64_t)frame * STACK_SIZE - 8 * (i + 1);
}

/* ---- a state ------------------------------------------------------------------------- */

static void place_name(uint32_t place, char *buf, size_t size)
{
	if (place < SLOT)
		snprintf(buf, size, "r%u", place);
	else
		snprintf(buf, size, "fp-%u", 8 * (place - SLOT + 1));
}

static bool wrong(struct linux_checked *c, uint32_t place, const char *what, uint64_t v,
		  const struct klog_reg *r)
{
	place_name(place, c->what.place, sizeof(c->what.place));
	if (r && r->type == KT_SCALAR)
		snprintf(c->what.what, sizeof(c->what.what),
			 "%s is 0x%" PRIx64 ", %s [s64 %" PRId64 " to %" PRId64 ", u64 0x%" PRIx64
			 " to 0x%" PRIx64 ", s32 %d to %d, u32 0x%x to 0x%x, bits (0x%" PRIx64 "; 0x%" PRIx64 ")]",
			 c->what.place, v, what, r->s.smin, r->s.smax, r->s.umin, r->s.umax, r->s.s32min,
			 r->s.s32max, r->s.u32min, r->s.u32max, r->s.var.value, r->s.var.mask);
	else
		snprintf(c->what.what, sizeof(c->what.what), "%s is 0x%" PRIx64 ", %s", c->what.place, v,
			 what);
	return false;
}

static bool check_value(const struct linux_world *w, const struct klog_reg *r, uint64_t v,
			uint32_t place, struct ties *ties, struct linux_checked *c)
{
	if (!linux_check_reg(w, r, v))
		return wrong(c, place, "not what the kernel's verifier believes", v, r);
	if (tie_broken(ties, r, v))
		return wrong(c, place, "but it has the id of a register with another value", v, NULL);
	return true;
}

bool linux_check_frame(const struct linux_world *w, const struct klog_frame *f, uint32_t frame,
		       const uint64_t reg[REGS], bool outer, uint16_t skip_regs, uint64_t skip_slots,
		       struct linux_checked *c)
{
	struct ties ties;
	struct klog_reg spill;
	uint64_t v;

	ties.n = 0;
	for (uint32_t r = outer ? 6 : 0; r < REG_FP; r++) {
		if (f->reg[r].type == KT_NONE || skip_regs >> r & 1)
			continue;
		c->regs++;
		if (!check_value(w, &f->reg[r], reg[r], r, &ties, c))
			return false;
	}
	for (uint32_t i = 0; i < f->nslot; i++) {
		if (!f->slot[i].known || skip_slots >> i & 1)
			continue;
		switch (slot_value(w, &f->slot[i], slot_offset(frame, i), &spill, &v)) {
		case SLOT_NOT_ZERO:
			return wrong(c, SLOT + i, "a byte of it is believed to be zero", v, NULL);
		case SLOT_HAS_VALUE:
			c->slots++;
			if (!check_value(w, &spill, v, SLOT + i, &ties, c))
				return false;
			break;
		default:
			break;
		}
	}
	return true;
}

static void doubt(uint32_t place, uint16_t *regs, uint64_t *slots)
{
	if (place < SLOT)
		*regs |= (uint16_t)(1u << place);
	else
		*slots |= 1ull << (place - SLOT);
}

static void doubt_value(const struct linux_world *w, const struct klog_reg *r, uint64_t v,
			uint32_t place, struct ties *ties, uint16_t *regs, uint64_t *slots)
{
	if (r->type == KT_OTHER || r->stale || !linux_check_reg(w, r, v) || tie_broken(ties, r, v))
		doubt(place, regs, slots);
}

void linux_check_doubt(const struct linux_world *w, const struct klog_frame *f, uint32_t frame,
		       const uint64_t reg[REGS], uint16_t live, uint16_t *regs, uint64_t *slots)
{
	struct klog_reg spill;
	struct ties ties;
	uint64_t v;

	ties.n = 0;
	*regs = 0;
	*slots = 0;
	for (uint32_t r = 0; r < REG_FP; r++) {
		if (f->reg[r].type == KT_NONE)
			continue;
		if (live >> r & 1)
			doubt_value(w, &f->reg[r], reg[r], r, &ties, regs, slots);
		else
			doubt(r, regs, slots);
	}
	for (uint32_t i = 0; i < f->nslot; i++) {
		enum slot_view view;

		if (!f->slot[i].known)
			continue;
		view = slot_value(w, &f->slot[i], slot_offset(frame, i), &spill, &v);
		if (view == SLOT_HAS_VALUE)
			doubt_value(w, &spill, v, SLOT + i, &ties, regs, slots);
		else if (view == SLOT_NOT_ZERO || f->slot[i].spilled)
			doubt(SLOT + i, regs, slots);
		for (uint32_t k = 0; k < 8; k++)
			if (f->slot[i].byte[k] == '0' && !w->written[slot_offset(frame, i) + k])
				doubt(SLOT + i, regs, slots);
	}
}
