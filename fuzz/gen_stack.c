/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stack: a window of a few slots, so that stores, narrow loads, spills and
 * fills meet each other often.
 */
#include "fuzz/fuzz.h"

#include "fuzz/gen.h"

static int slot_off(const struct gen *g, int slot)
{
	return g->window + 8 * slot;
}

static int off_slot(const struct gen *g, int off)
{
	return (off - g->window) / 8;
}

/* A few slots are hot. */
static int pick_slot(struct gen *g)
{
	return (int)gen_below(g, gen_coin(g, 60) && g->nslot > 4 ? 4 : g->nslot);
}

static bool slot_is_data(const struct gen *g, int slot)
{
	return g->st.spill[slot].type == G_NONE;
}

int gen_stack_area(struct gen *g, uint32_t n)
{
	int need = (int)(n + 7) / 8, first, slots = g->nslot - need + 1;

	if (slots <= 0)
		return 0;
	first = (int)gen_below(g, (uint32_t)slots);
	for (int i = 0; i < slots; i++) {
		int at = (first + i) % slots, k = 0;

		while (k < need && slot_is_data(g, at + k))
			k++;
		if (k == need)
			return slot_off(g, at);
	}
	return 0;
}

void gen_stack_mark(struct gen *g, int off, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		int byte = off + (int)i - g->window;

		g->st.init[byte / 8] |= (uint8_t)(1u << byte % 8);
	}
}

static bool stack_ready(const struct gen *g, int off, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		int byte = off + (int)i - g->window;

		if (!(g->st.init[byte / 8] >> byte % 8 & 1))
			return false;
	}
	return true;
}

void gen_stack_init(struct gen *g, int off, uint32_t n)
{
	int from = off_slot(g, off), to = off_slot(g, off + (int)n + 7);

	for (int i = from; i < to && i < g->nslot; i++) {
		if (g->st.init[i] == 0xff)
			continue;
		gen_put(g, insn_st(SZ_DW, REG_FP, (int16_t)slot_off(g, i), gen_imm(g)));
		g->st.init[i] = 0xff;
	}
}

/* r10, or a copy of it, and what to add to reach off of the frame. */
static int stack_base(struct gen *g, int *off)
{
	int p = gen_coin(g, 20) ? gen_any(g, gen_mask(g, G_STACK)) : -1;

	if (p < 0 || g->st.reg[p].hi)
		return REG_FP;
	*off -= g->st.reg[p].off;
	return p;
}

bool gen_stack_store(struct gen *g)
{
	int slot = pick_slot(g), off, at, p;
	uint32_t size = 1u << gen_below(g, 4), acc = ACC_WRITE | ACC_ATOMIC;

	if (!slot_is_data(g, slot)) {
		if (g->slot_lock >> slot & 1)
			return false;
		size = 8;	/* no part of a pointer may be overwritten */
	}
	at = slot_off(g, slot) + (int)(gen_below(g, 8 / size) * size);
	off = at;
	p = stack_base(g, &off);
	if (!slot_is_data(g, slot))
		acc &= ~(uint32_t)ACC_ATOMIC;
	if (!gen_access(g, p, off, size * 8, acc))
		return false;
	g->st.spill[slot].type = G_NONE;
	gen_stack_mark(g, at, size);
	return true;
}

bool gen_stack_load(struct gen *g)
{
	int slot = pick_slot(g), off, p;
	uint32_t size = 1u << gen_below(g, 4);

	for (int i = 0; i < g->nslot && (!g->st.init[slot] || !slot_is_data(g, slot)); i++)
		slot = (slot + 1) % g->nslot;
	if (!g->st.init[slot] || !slot_is_data(g, slot))
		return gen_stack_store(g);
	off = slot_off(g, slot) + (int)(gen_below(g, 8 / size) * size);
	if (!stack_ready(g, off, size) && !gen_dare(g))
		gen_stack_init(g, slot_off(g, slot), 8);
	p = stack_base(g, &off);
	return gen_access(g, p, off, size * 8, ACC_READ | ACC_ATOMIC);
}

/* Through r10 plus a bounded scalar; all that it may reach is data. */
bool gen_stack_var(struct gen *g)
{
	uint32_t bytes = 16u << gen_below(g, 2), acc = ACC_READ | ACC_WRITE, size, room;
	int off = g->strict ? 0 : gen_stack_area(g, bytes), q, s;

	if (!off)
		return false;
	gen_stack_init(g, off, bytes);
	s = gen_scalar_rw(g);
	if (s < 0)
		return false;
	size = 1u << gen_below(g, 4);
	room = bytes - size;
	/* stack accesses are aligned, by what is known of the low bits */
	gen_put(g, insn_alu64_imm(ALU_AND, (uint8_t)s, (int32_t)(room & ~(size - 1) & 0x38)));
	gen_set(g, s, greg_scalar(0, room & ~(size - 1) & 0x38));
	q = gen_dst_but(g, (uint16_t)(1u << s));
	if (q < 0)
		return false;
	gen_put(g, insn_mov64_reg((uint8_t)q, REG_FP));
	gen_put(g, insn_alu64_reg(ALU_ADD, (uint8_t)q, (uint8_t)s));
	gen_set(g, q, (struct greg){ .type = G_STACK, .off = 0, .lo = 0, .hi = room });
	if (!gen_access(g, q, off, size * 8, acc))
		return true;
	return true;
}

bool gen_spill(struct gen *g)
{
	uint16_t ptr = 0;
	int slot = pick_slot(g), p;

	if (g->in_loop || (g->slot_lock >> slot & 1))
		return false;
	for (int i = 0; i < REGS; i++)
		if (greg_is_ptr(&g->st.reg[i]))
			ptr |= (uint16_t)(1u << i);
	p = gen_any(g, ptr);
	if (p < 0 || (g->st.reg[p].type == G_STACK && g->st.reg[p].hi))
		return false;
	gen_put(g, insn_stx(SZ_DW, REG_FP, (int16_t)slot_off(g, slot), (uint8_t)p));
	g->st.spill[slot] = g->st.reg[p];
	g->st.init[slot] = 0;
	return true;
}

bool gen_fill(struct gen *g)
{
	int slot = (int)gen_below(g, g->nslot), d = gen_dst(g);

	for (int i = 0; i < g->nslot; i++, slot = (slot + 1) % g->nslot)
		if (g->st.spill[slot].type > G_SCALAR && g->st.spill[slot].type != G_MIXED)
			break;
	if (d < 0 || g->st.spill[slot].type <= G_SCALAR || g->st.spill[slot].type == G_MIXED)
		return false;
	gen_put(g, insn_ldx(SZ_DW, (uint8_t)d, REG_FP, (int16_t)slot_off(g, slot)));
	gen_set(g, d, g->st.spill[slot]);
	return true;
}
