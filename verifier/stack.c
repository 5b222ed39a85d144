/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stack: loads, stores, spills and fills, at fixed and variable offsets.
 *
 * Fixed accesses are aligned (the caller checked), so they lie in one slot.
 */
#include "verifier/internal.h"

/* Where an access lies, after its bounds were checked. */
struct span {
	uint32_t frame;
	int64_t min, max;	/* first byte at least, end at most; relative to r10 */
	bool fixed;
};

static uint32_t spi_of(int64_t off)
{
	return (uint32_t)(-off - 1) / 8;
}

static enum verr stack_span(struct exec *x, uint32_t ptr, int32_t off, uint32_t size,
			    enum access kind, struct span *sp)
{
	static const char *const name[] = {
		[ACCESS_READ] = " read from", [ACCESS_WRITE] = " write to",
	};
	const struct reg_state *r = &x->f->reg[ptr];
	char buf[48];

	sp->frame = r->frame;
	sp->fixed = scalar_is_const(&r->s);
	if (!sp->fixed && (r->s.smax >= MAX_PTR_OFF || r->s.smin <= -MAX_PTR_OFF))
		return verr_fail(x->out, V_STACK_UNBOUNDED, (int)ptr, name[kind], ptr);
	sp->min = (int64_t)r->off + off + r->s.smin;
	sp->max = (int64_t)r->off + off + r->s.smax + size;
	if (sp->min >= -STACK_SIZE && sp->min < 0 && sp->max <= 0)
		return V_OK;
	if (sp->fixed)
		return verr_fail(x->out, V_STACK_ACCESS, (int)ptr, name[kind], ptr,
				 (long long)sp->min, size);
	return verr_fail(x->out, V_STACK_VAR_ACCESS, (int)ptr, name[kind], ptr,
			 tnum_text(r->s.var, buf), r->off + off, size);
}

/* The slots that a span touches, as a mask; the frame grows to hold them. */
static uint64_t span_slots(struct exec *x, const struct span *sp, bool write)
{
	uint32_t first = spi_of(sp->max > sp->min ? sp->max - 1 : sp->min);
	uint32_t last = spi_of(sp->min);
	uint64_t mask = 0;

	if (last >= x->st->frame[sp->frame]->nslot)
		slot_own(x->env, x->st, sp->frame, last);
	for (uint32_t i = first; i <= last; i++)
		mask |= 1ull << i;
	x->out->access_frame = (uint8_t)sp->frame;
	if (write) {
		x->out->stack_write = true;
		x->out->slots_written |= mask;
		x->out->touched_slots[sp->frame] |= mask;
	} else {
		x->out->stack_read = true;
		x->out->slots_read[sp->frame] |= mask;
	}
	return mask;
}

static uint8_t *byte_at(struct func_state *f, int64_t off)
{
	return &f->slot[spi_of(off)].type[off & 7];
}

/* ---- loads --------------------------------------------------------------- */

static void load_scalar(struct exec *x, int dst, bool zero, uint32_t size)
{
	struct reg_state *r;

	if (dst < 0)
		return;
	r = &x->f->reg[dst];
	if (zero)
		reg_scalar(r, scalar_const(0));
	else
		reg_scalar(r, scalar_cast(scalar_unknown(), (uint8_t)size));
}

/* Bytes that are no fill: each must have been written, unless anything may be read. */
static enum verr load_bytes(struct exec *x, const struct span *sp, uint32_t size, int dst)
{
	struct func_state *f = x->st->frame[sp->frame];
	const struct stack_slot *slot = &f->slot[spi_of(sp->min)];
	uint32_t zeros = 0, spills = 0;

	for (uint32_t i = 0; i < size; i++) {
		uint8_t type = slot->type[(sp->min & 7) + i];

		if (type == SLOT_INVALID && !x->env->perfmon)
			return verr_fail(x->out, V_STACK_READ, -1, (long long)sp->min, i, size);
		if (type == SLOT_ITER || type == SLOT_DYNPTR)
			return verr_fail(x->out, V_STACK_READ, -1, (long long)sp->min, i, size);
		zeros += type == SLOT_ZERO;
		spills += type == SLOT_SPILL;
	}
	load_scalar(x, dst, zeros == size || (spills == size && slot->spill.s.umax == 0), size);
	return V_OK;
}

static enum verr load_spill(struct exec *x, const struct span *sp, uint32_t size, int dst)
{
	const struct stack_slot *slot = &x->st->frame[sp->frame]->slot[spi_of(sp->min)];
	uint32_t n = slot_spilled(slot);
	struct reg_state *r;

	if (size == 8 && n == 8) {
		if (dst >= 0)
			x->f->reg[dst] = slot->spill;
		else if (reg_leaks(x->env, &slot->spill))
			return verr_fail(x->out, V_LEAK_STACK, -1, (long long)sp->min);
		return V_OK;
	}
	if (slot->spill.type != T_SCALAR)
		return verr_fail(x->out, V_FILL_SIZE, -1);
	if (sp->min & 7 || size > n)
		return load_bytes(x, sp, size, dst);
	if (dst < 0)
		return V_OK;
	r = &x->f->reg[dst];
	*r = slot->spill;
	if (size < 8 && r->s.umax >> 8 * size) {
		scalar_lose_id(r);
		r->s = scalar_cast(r->s, (uint8_t)size);
	}
	return V_OK;
}

static enum verr stack_range_readable(struct exec *x, uint32_t ptr, const struct span *sp,
				      uint32_t size, bool clobber, bool uninit);

/* All bytes that may be touched must be readable; nothing is known of the result. */
static enum verr load_variable(struct exec *x, uint32_t ptr, int32_t off, uint32_t size,
			       const struct span *sp, int dst)
{
	const struct reg_state *r = &x->f->reg[ptr];
	bool zero = true;
	char buf[48];

	if (dst < 0)
		return verr_fail(x->out, V_VAR_STACK_HELPER, (int)ptr, tnum_text(r->s.var, buf),
				 r->off + off, size);
	if (stack_range_readable(x, ptr, sp, size, false, false))
		return x->out->err;
	need_precise(x, ptr);
	for (int64_t i = sp->min; i < sp->max; i++)
		zero &= *byte_at(x->st->frame[sp->frame], i) == SLOT_ZERO;
	load_scalar(x, dst, zero, size);
	return V_OK;
}

enum verr stack_load(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, int dst)
{
	struct span sp;

	if (stack_span(x, ptr, off, size, ACCESS_READ, &sp))
		return x->out->err;
	x->out->touched_slots[sp.frame] |= span_slots(x, &sp, false);
	/* Growing may have moved the current frame's slots, never its registers. */
	if (!sp.fixed)
		return load_variable(x, ptr, off, size, &sp, dst);
	if (slot_is_spill(&x->st->frame[sp.frame]->slot[spi_of(sp.min)]))
		return load_spill(x, &sp, size, dst);
	return load_bytes(x, &sp, size, dst);
}

/* ---- stores -------------------------------------------------------------- */

/* The bytes of a slot that was something else as a whole are just bytes now. */
static void slot_scrub(struct stack_slot *slot)
{
	for (uint32_t i = 0; i < 8; i++)
		if (slot->type[i] != SLOT_INVALID)
			slot->type[i] = SLOT_MISC;
	memset(&slot->spill, 0, sizeof(slot->spill));
}

static void slot_spill(struct stack_slot *slot, const struct reg_state *r, uint32_t size)
{
	slot->spill = *r;
	for (uint32_t i = 0; i < 8; i++) {
		if (i < size)
			slot->type[i] = SLOT_SPILL;
		else if (slot->type[i] != SLOT_ZERO && slot->type[i] != SLOT_INVALID)
			slot->type[i] = SLOT_MISC;
	}
}

static bool store_is_zero(struct exec *x, int value)
{
	if (value >= 0)
		return x->f->reg[value].type == T_SCALAR && x->f->reg[value].s.umax == 0;
	return x->row->kind == K_ST && x->in->imm == 0;
}

static void slot_bytes(struct exec *x, struct stack_slot *slot, uint32_t at, uint32_t size,
		       int value)
{
	uint8_t type = store_is_zero(x, value) ? SLOT_ZERO : SLOT_MISC;

	if (type == SLOT_ZERO && value >= 0)
		need_precise(x, (uint32_t)value);
	if (slot_is_spill(slot))
		slot_scrub(slot);
	memset(slot->type + at, type, size);
}

/*
 * What a load behind this store gets before the store is done: an older pointer,
 * or what was never written.
 */
static bool store_needs_barrier(const struct stack_slot *slot, uint32_t at, uint32_t size,
				const struct reg_state *r)
{
	if (r && r->type != T_SCALAR && r->type != T_NOT_INIT)
		return true;
	for (uint32_t i = at; i < at + size; i++)
		if (slot->type[i] != SLOT_MISC && slot->type[i] != SLOT_ZERO)
			return true;
	return false;
}

static enum verr store_fixed(struct exec *x, const struct span *sp, uint32_t size, int value)
{
	struct stack_slot *slot = slot_own(x->env, x->st, sp->frame, spi_of(sp->min));
	uint32_t at = sp->min & 7;
	struct reg_state *r = NULL, k;

	if (!x->env->perfmon && slot_is_pointer(slot) && size != 8)
		return verr_fail(x->out, V_CORRUPT_SPILL, -1);
	if (value >= 0)
		r = &x->f->reg[value];
	/* Linux does not know this type when it is spilled: bytes, for those who may leak. */
	if (r && r->type == T_TP_BUFFER && x->env->perfmon) {
		slot_bytes(x, slot, at, size, value);
		return V_OK;
	}
	x->out->barrier |= x->env->guesses && store_needs_barrier(slot, at, size, r);
	if (r && r->type != T_SCALAR) {
		if (size != 8)
			return verr_fail(x->out, V_SPILL_SIZE, value);
		if (r->type == T_STACK && sp->frame != x->st->curframe)
			return verr_fail(x->out, V_SPILL_FRAME, value);
		slot_spill(slot, r, 8);
		return V_OK;
	}
	if (at || !x->env->bpf_capable || (!r && x->row->kind != K_ST)) {
		slot_bytes(x, slot, at, size, value);
		return V_OK;
	}
	if (!r) {
		reg_scalar(&k, scalar_const((uint64_t)(int64_t)x->in->imm));
		slot_spill(slot, &k, size);
		return V_OK;
	}
	if (size == 8 || !(r->s.umax >> 8 * size)) {
		scalar_give_id(x, r);
		slot_spill(slot, r, size);
		return V_OK;
	}
	k = *r;
	scalar_lose_id(&k);
	slot_spill(slot, &k, size);
	return V_OK;
}

/* Any of the bytes may be hit, or not: they hold their old value or the new one. */
static enum verr store_variable(struct exec *x, const struct span *sp, int value)
{
	bool zero = store_is_zero(x, value);
	uint8_t type;

	if (value >= 0 && reg_leaks(x->env, &x->f->reg[value]))
		return verr_fail(x->out, V_SPILL_SIZE, value);
	for (int64_t i = sp->min; i < sp->max; i++) {
		struct stack_slot *slot = slot_own(x->env, x->st, sp->frame, spi_of(i));

		if (!x->env->perfmon && slot_is_pointer(slot))
			return verr_fail(x->out, V_VAR_STACK_SPILL, -1, (long long)i);
		if (zero && slot_is_spill(slot) && slot->spill.type == T_SCALAR &&
		    slot->spill.s.umax == 0)
			continue;
		if (slot_is_spill(slot))
			slot_scrub(slot);
		type = slot->type[i & 7];
		if (type == SLOT_INVALID && !x->env->perfmon)
			return verr_fail(x->out, V_VAR_STACK_UNINIT, -1, (long long)i);
		if (zero && type == SLOT_ZERO)
			continue;
		slot->type[i & 7] = SLOT_MISC;
	}
	if (zero && value >= 0)
		need_precise(x, (uint32_t)value);
	return V_OK;
}

enum verr stack_store(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, int value)
{
	struct span sp;

	if (stack_span(x, ptr, off, size, ACCESS_WRITE, &sp))
		return x->out->err;
	span_slots(x, &sp, true);
	x->f = x->st->frame[x->st->curframe];
	if (sp.fixed)
		return store_fixed(x, &sp, size, value);
	need_precise(x, ptr);
	return store_variable(x, &sp, value);
}

/* ---- memory arguments of helpers ----------------------------------------- */

static enum verr range_unreadable(struct exec *x, uint32_t ptr, const struct span *sp, int64_t at,
				  uint32_t size)
{
	const struct reg_state *r = &x->f->reg[ptr];
	char buf[48];

	if (sp->fixed)
		return verr_fail(x->out, V_STACK_INDIRECT, (int)ptr, ptr, (long long)sp->min,
				 (uint32_t)(at - sp->min), size);
	return verr_fail(x->out, V_STACK_READ_VAR, (int)ptr, ptr, tnum_text(r->s.var, buf),
			 (uint32_t)(at - sp->min), size);
}

/*
 * Every byte of the span is one that a helper may read, or with uninit (a fixed
 * span that the helper fills) one that it may overwrite.  Clobber: it does.
 */
static enum verr stack_range_readable(struct exec *x, uint32_t ptr, const struct span *sp,
				      uint32_t size, bool clobber, bool uninit)
{
	char buf[48];

	if (!sp->fixed && x->env->guesses)
		return verr_fail(x->out, V_VAR_STACK_ROOT, (int)ptr, ptr,
				 tnum_text(x->f->reg[ptr].s.var, buf));
	for (int64_t i = sp->min; i < sp->max; i++) {
		struct stack_slot *slot = &x->st->frame[sp->frame]->slot[spi_of(i)];
		uint8_t type = slot->type[i & 7];
		bool ok = type == SLOT_MISC || type == SLOT_ZERO;

		ok |= type == SLOT_INVALID && (x->env->perfmon || uninit);
		ok |= type == SLOT_SPILL && (slot->spill.type == T_SCALAR || x->env->perfmon);
		if (!ok && uninit && type == SLOT_SPILL)
			return verr_fail(x->out, V_CORRUPT_SPILL, (int)ptr);
		if (!ok)
			return range_unreadable(x, ptr, sp, i, size);
		if (!clobber)
			continue;
		x->out->barrier |= x->env->guesses && uninit && type != SLOT_MISC && type != SLOT_ZERO;
		slot = slot_own(x->env, x->st, sp->frame, spi_of(i));
		if (slot_is_spill(slot))
			slot_scrub(slot);
		slot->type[i & 7] = SLOT_MISC;
	}
	x->f = x->st->frame[x->st->curframe];
	return V_OK;
}

enum verr stack_range(struct exec *x, uint32_t ptr, uint32_t size, bool write, bool uninit)
{
	struct span sp;

	if (stack_span(x, ptr, 0, size, write ? ACCESS_WRITE : ACCESS_READ, &sp))
		return x->out->err;
	/* What is overwritten as a whole is not read. */
	if (!(write && uninit && sp.fixed))
		span_slots(x, &sp, false);
	if (write)
		span_slots(x, &sp, true);
	need_precise(x, ptr);
	x->f = x->st->frame[x->st->curframe];
	return stack_range_readable(x, ptr, &sp, size, write, uninit && sp.fixed);
}
