/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doctored logs: one thing that the kernel's verifier says is made wrong, so
 * that what was run contradicts it.
 */
#ifndef TESTS_UNIT_LINUX_DOCTOR_H
#define TESTS_UNIT_LINUX_DOCTOR_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/linux_check.h"

/* One token of a state, "R3=..." or "fp-8=...", and what was the case there. */
struct spot {
	const char *token, *end;	/* in the log */
	const char *value;		/* behind the '=' */
	bool slot;			/* a stack slot */
	uint32_t n;			/* register, or index of the slot */
	uint32_t step;			/* before this one */
	struct klog_reg reg;		/* what it says; slots: the spill */
	struct klog_slot stack;
	uint64_t v;			/* what it was; slots: the 8 bytes */
	const struct klog_frame *frame;	/* the whole state */
	const struct linux_world *w;
};

struct doctor {
	const char *name;
	/* The new text of the token's value; false: nothing to do here. */
	bool (*token)(const struct spot *s, char *out, size_t size);
};

/* ---- text --------------------------------------------------------------------------- */

static inline int doctor_ranges(const struct scalar *s, char *out, size_t size)
{
	return snprintf(out, size, "smin=%" PRId64 ",smax=%" PRId64 ",umin=%" PRIu64 ",umax=%" PRIu64
			",smin32=%d,smax32=%d,umin32=%u,umax32=%u,var_off=(0x%" PRIx64 "; 0x%" PRIx64 "))",
			s->smin, s->smax, s->umin, s->umax, s->s32min, s->s32max, s->u32min, s->u32max,
			s->var.value, s->var.mask);
}

static inline void doctor_id(const struct klog_reg *r, char *out, size_t size)
{
	if (!r->id)
		snprintf(out, size, "%s", "");
	else if (r->has_delta)
		snprintf(out, size, "id=%u%+d,", r->id, r->delta);
	else
		snprintf(out, size, "id=%u,", r->id);
}

/* The register as text; pre: the letters in front of a partial spill. */
static inline void doctor_text(const struct klog_reg *r, const char *pre, char *out, size_t size)
{
	char id[40], ranges[300];

	doctor_id(r, id, sizeof(id));
	doctor_ranges(&r->s, ranges, sizeof(ranges));
	switch (r->type) {
	case KT_SCALAR:
		snprintf(out, size, "%sscalar(%s%s", pre, id, ranges);
		break;
	case KT_STACK:
		snprintf(out, size, "%sfp[%u](off=%d,%s", pre, r->frame, r->off, ranges);
		break;
	case KT_CTX:
		snprintf(out, size, "%sctx(off=%d,%s", pre, r->off, ranges);
		break;
	case KT_PKT:
		snprintf(out, size, "%spkt(%soff=%d,r=%d,%s", pre, id, r->off, r->range, ranges);
		break;
	case KT_PKT_END:
		snprintf(out, size, "%spkt_end()", pre);
		break;
	case KT_MAP_PTR:
		snprintf(out, size, "%smap_ptr(map=%s,ks=%u,vs=%u)", pre, r->map, r->key_size,
			 r->value_size);
		break;
	case KT_MAP_VALUE:
		snprintf(out, size, "%smap_value%s(%smap=%s,ks=%u,vs=%u,off=%d,%s", pre,
			 r->or_null ? "_or_null" : "", id, r->map, r->key_size, r->value_size, r->off,
			 ranges);
		break;
	default:
		snprintf(out, size, "?");
		break;
	}
}

static inline bool doctor_put(const struct klog_reg *r, char *out, size_t size)
{
	doctor_text(r, "", out, size);
	return true;
}

/* ---- scalars ---------------------------------------------------------------------------- */

static inline bool is_scalar(const struct spot *s)
{
	return !s->slot && s->reg.type == KT_SCALAR;
}

#define NARROW(name, field, type, bad, limit) \
	static inline bool doctor_##name(const struct spot *s, char *out, size_t size) \
	{ \
		struct klog_reg r = s->reg; \
		type v = (type)s->v; \
		if (!is_scalar(s) || v == (limit)) \
			return false; \
		r.s.field = (type)(v bad 1); \
		return doctor_put(&r, out, size); \
	}
NARROW(smin, smin, int64_t, +, INT64_MAX)
NARROW(smax, smax, int64_t, -, INT64_MIN)
NARROW(umin, umin, uint64_t, +, UINT64_MAX)
NARROW(umax, umax, uint64_t, -, 0)
NARROW(smin32, s32min, int32_t, +, INT32_MAX)
NARROW(smax32, s32max, int32_t, -, INT32_MIN)
NARROW(umin32, u32min, uint32_t, +, UINT32_MAX)
NARROW(umax32, u32max, uint32_t, -, 0)
#undef NARROW

static inline bool doctor_known_bit(const struct spot *s, char *out, size_t size)
{
	struct klog_reg r = s->reg;

	if (!is_scalar(s) || !r.s.var.mask || !~r.s.var.mask)
		return false;
	r.s.var.value ^= ~r.s.var.mask & -~r.s.var.mask;	/* the lowest known one */
	return doctor_put(&r, out, size);
}

static inline bool doctor_unknown_bit(const struct spot *s, char *out, size_t size)
{
	struct klog_reg r = s->reg;
	uint64_t bit = r.s.var.mask & -r.s.var.mask;

	if (!is_scalar(s) || !bit)
		return false;
	r.s.var.mask &= ~bit;
	r.s.var.value = (r.s.var.value & ~bit) | (~s->v & bit);
	return doctor_put(&r, out, size);
}

static inline bool doctor_constant(const struct spot *s, char *out, size_t size)
{
	if (!is_scalar(s) || s->reg.s.var.mask)
		return false;
	snprintf(out, size, "%" PRId64, (int64_t)(s->v + 1));
	return true;
}

static inline bool doctor_upper_half(const struct spot *s, char *out, size_t size)
{
	if (!is_scalar(s) || !(s->v >> 32))
		return false;
	snprintf(out, size, "0x%x", (uint32_t)s->v);
	return true;
}

static inline bool doctor_one_value(const struct spot *s, char *out, size_t size)
{
	if (!is_scalar(s) || !s->reg.s.var.mask)
		return false;
	snprintf(out, size, "0x%" PRIx64, s->v ^ 0x80);
	return true;
}

static inline bool doctor_sign(const struct spot *s, char *out, size_t size)
{
	struct klog_reg r = s->reg;

	if (!is_scalar(s) || (int64_t)s->v < 0)
		return false;
	r.s.smin = INT64_MIN;
	r.s.smax = -1;
	return doctor_put(&r, out, size);
}

static inline bool doctor_pointer_called_number(const struct spot *s, char *out, size_t size)
{
	if (s->slot || !s->v || s->reg.type == KT_SCALAR || s->reg.type == KT_OTHER)
		return false;
	snprintf(out, size, "scalar(smin=smin32=0,smax=umax=smax32=umax32=65535,var_off=(0x0; 0xffff))");
	return true;
}

static inline bool doctor_number_called_pointer(const struct spot *s, char *out, size_t size)
{
	if (!is_scalar(s))
		return false;
	snprintf(out, size, "ctx()");
	return true;
}

/* ---- pointers ---------------------------------------------------------------------------------- */

#define SHIFT(name, kind, by) \
	static inline bool doctor_##name(const struct spot *s, char *out, size_t size) \
	{ \
		struct klog_reg r = s->reg; \
		if (s->slot || r.type != (kind) || (r.or_null && !s->v) || r.s.var.mask) \
			return false; \
		r.off += (by); \
		return doctor_put(&r, out, size); \
	}
SHIFT(stack_offset, KT_STACK, 8)
SHIFT(ctx_offset, KT_CTX, 8)
SHIFT(packet_offset, KT_PKT, 1)
SHIFT(map_offset, KT_MAP_VALUE, -1)
#undef SHIFT

static inline bool doctor_stack_frame(const struct spot *s, char *out, size_t size)
{
	struct klog_reg r = s->reg;

	if (s->slot || r.type != KT_STACK || r.s.var.mask)
		return false;
	r.frame++;
	return doctor_put(&r, out, size);
}

static inline bool doctor_packet_range(const struct spot *s, char *out, size_t size)
{
	struct klog_reg r = s->reg;

	if (s->slot || r.type != KT_PKT || r.range < 0)
		return false;
	r.range = (int32_t)(s->w->lay->rgn[GUEST_PACKET].len + 1);
	return doctor_put(&r, out, size);
}

static inline bool doctor_packet_beyond(const struct spot *s, char *out, size_t size)
{
	struct klog_reg r = s->reg;

	if (s->slot || r.type != KT_PKT || r.id || r.off ||
	    s->v >= s->w->lay->data + s->w->lay->rgn[GUEST_PACKET].len)
		return false;
	snprintf(out, size, "pkt(r=0xfffffffffffffffe)");
	return true;
}

static inline bool doctor_end_called_packet(const struct spot *s, char *out, size_t size)
{
	if (s->slot || s->reg.type != KT_PKT_END || s->v == s->w->lay->data)
		return false;
	snprintf(out, size, "pkt(r=0)");
	return true;
}

static inline bool doctor_packet_called_end(const struct spot *s, char *out, size_t size)
{
	if (s->slot || s->reg.type != KT_PKT ||
	    s->v == s->w->lay->data + s->w->lay->rgn[GUEST_PACKET].len)
		return false;
	snprintf(out, size, "pkt_end()");
	return true;
}

static inline bool doctor_other_map(const struct spot *s, char *out, size_t size)
{
	struct klog_reg r = s->reg;

	if (s->slot || r.type != KT_MAP_PTR)
		return false;
	r.value_size++;
	return doctor_put(&r, out, size);
}

static inline bool doctor_value_size(const struct spot *s, char *out, size_t size)
{
	struct klog_reg r = s->reg;

	if (s->slot || r.type != KT_MAP_VALUE || !s->v)
		return false;
	r.value_size += 8;
	return doctor_put(&r, out, size);
}

static inline bool doctor_never_null(const struct spot *s, char *out, size_t size)
{
	struct klog_reg r = s->reg;

	if (s->slot || !r.or_null || s->v)
		return false;
	r.or_null = false;
	return doctor_put(&r, out, size);
}

static inline bool doctor_always_null(const struct spot *s, char *out, size_t size)
{
	if (s->slot || s->reg.type != KT_MAP_VALUE || !s->v)
		return false;
	snprintf(out, size, "0");
	return true;
}

/* ---- ids ------------------------------------------------------------------------------------------ */

/* Another scalar of the state with an id, or NULL. */
static inline const struct klog_reg *doctor_other(const struct spot *s, uint32_t *n, uint32_t id)
{
	for (uint32_t i = 0; i < 10; i++) {
		const struct klog_reg *r = &s->frame->reg[i];

		if (i == s->n || r->type != KT_SCALAR || !r->id || (id && r->id != id))
			continue;
		*n = i;
		return r;
	}
	return NULL;
}

static inline bool doctor_same_id(const struct spot *s, char *out, size_t size)
{
	struct klog_reg r = s->reg;
	const struct klog_reg *o;
	uint32_t n;

	if (!is_scalar(s) || !(o = doctor_other(s, &n, 0)) || o->id == r.id)
		return false;
	if ((uint32_t)s->v == (uint32_t)(s->w->trace->step[s->step].reg[n] - (uint32_t)o->delta))
		return false;
	r.id = o->id;
	r.has_delta = false;
	return doctor_put(&r, out, size);
}

static inline bool doctor_delta(const struct spot *s, char *out, size_t size)
{
	struct klog_reg r = s->reg;
	uint32_t n;

	if (!is_scalar(s) || !r.id || !doctor_other(s, &n, r.id))
		return false;
	r.delta += r.has_delta ? 1 : 5;
	r.has_delta = true;
	return doctor_put(&r, out, size);
}

/* ---- stack ------------------------------------------------------------------------------------------- */

/* Letters in front of a partial spill, as they stand in the log. */
static inline void doctor_prefix(const struct spot *s, char pre[9])
{
	uint32_t n = 8 - s->stack.spilled;

	memcpy(pre, s->value, n);
	pre[n] = 0;
}

static inline uint64_t doctor_spilled(const struct spot *s)
{
	uint32_t n = s->stack.spilled;

	return n == 8 ? s->v : s->v & ((1ull << 8 * n) - 1);
}

static inline bool doctor_spill_value(const struct spot *s, char *out, size_t size)
{
	if (!s->slot || s->stack.spilled != 8 || s->reg.type != KT_SCALAR)
		return false;
	snprintf(out, size, "%" PRId64, (int64_t)(s->v ^ 1));
	return true;
}

static inline bool doctor_spill_range(const struct spot *s, char *out, size_t size)
{
	struct klog_reg r = s->reg;

	if (!s->slot || s->stack.spilled != 8 || r.type != KT_SCALAR || !s->v)
		return false;
	r.s.umax = s->v - 1;
	return doctor_put(&r, out, size);
}

static inline bool doctor_spill_part(const struct spot *s, char *out, size_t size)
{
	char pre[9];

	if (!s->slot || !s->stack.spilled || s->stack.spilled == 8 || s->reg.type != KT_SCALAR)
		return false;
	doctor_prefix(s, pre);
	snprintf(out, size, "%s%" PRIu64, pre, doctor_spilled(s) ^ 2);
	return true;
}

static inline bool doctor_spill_pointer(const struct spot *s, char *out, size_t size)
{
	struct klog_reg r = s->reg;

	if (!s->slot || s->stack.spilled != 8 || r.type == KT_SCALAR || r.type == KT_OTHER ||
	    r.type == KT_PKT_END || r.type == KT_MAP_PTR || !s->v || r.s.var.mask)
		return false;
	r.off += r.type == KT_MAP_VALUE ? -1 : 8;
	r.range = 0;
	return doctor_put(&r, out, size);
}

static inline bool doctor_zero_byte(const struct spot *s, char *out, size_t size)
{
	if (!s->slot || s->stack.spilled || size < 9)
		return false;
	memcpy(out, s->value, 8);
	out[8] = 0;
	for (uint32_t i = 0; i < 8; i++) {
		if (s->stack.byte[i] == 'm' && s->v >> 8 * i & 0xff) {
			out[7 - i] = '0';
			return true;
		}
	}
	return false;
}

static const struct doctor doctors[] = {
	{ "smin above the value", doctor_smin },
	{ "smax below the value", doctor_smax },
	{ "umin above the value", doctor_umin },
	{ "umax below the value", doctor_umax },
	{ "smin32 above the value", doctor_smin32 },
	{ "smax32 below the value", doctor_smax32 },
	{ "umin32 above the value", doctor_umin32 },
	{ "umax32 below the value", doctor_umax32 },
	{ "a known bit flipped", doctor_known_bit },
	{ "an unknown bit known wrongly", doctor_unknown_bit },
	{ "another constant", doctor_constant },
	{ "the upper half forgotten", doctor_upper_half },
	{ "a range becomes one value", doctor_one_value },
	{ "a sign turned", doctor_sign },
	{ "a pointer called a number", doctor_pointer_called_number },
	{ "a number called a pointer", doctor_number_called_pointer },
	{ "a stack offset shifted", doctor_stack_offset },
	{ "a stack pointer to another frame", doctor_stack_frame },
	{ "a context offset shifted", doctor_ctx_offset },
	{ "a packet offset shifted", doctor_packet_offset },
	{ "a packet range grown", doctor_packet_range },
	{ "a packet pointer beyond the end", doctor_packet_beyond },
	{ "the packet's end called its start", doctor_end_called_packet },
	{ "a packet pointer called the end", doctor_packet_called_end },
	{ "a map offset shifted", doctor_map_offset },
	{ "a pointer to another map", doctor_other_map },
	{ "a value of another map", doctor_value_size },
	{ "never null, but it is", doctor_never_null },
	{ "always null, but it is not", doctor_always_null },
	{ "one id for two values", doctor_same_id },
	{ "a wrong distance of linked values", doctor_delta },
	{ "another constant spilled", doctor_spill_value },
	{ "a spilled range narrowed", doctor_spill_range },
	{ "a spilled part changed", doctor_spill_part },
	{ "a spilled pointer shifted", doctor_spill_pointer },
	{ "a byte called zero", doctor_zero_byte },
};
enum { DOCTORS = sizeof(doctors) / sizeof(doctors[0]) };

/* The log with the token's value replaced. */
static inline char *doctor_replace(const char *log, const struct spot *s, const char *text)
{
	size_t head = (size_t)(s->value - log), n = strlen(text), tail = strlen(s->end);
	char *out = malloc(head + n + tail + 1);

	if (!out)
		die("out of memory");
	memcpy(out, log, head);
	memcpy(out + head, text, n);
	memcpy(out + head + n, s->end, tail + 1);
	return out;
}

#endif
