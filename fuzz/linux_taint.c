/* SPDX-License-Identifier: Apache-2.0 */
/* What a step makes of taint: see linux_check.h. */
#include "fuzz/linux_follow.h"

#include <string.h>

bool linux_stack_slot(const struct linux_world *w, uint64_t addr, uint32_t *frame, uint32_t *slot)
{
	uint64_t at = addr - w->lay->rgn[GUEST_STACK].base;

	if (at >= GUEST_STACK_SIZE)
		return false;
	at = GUEST_STACK_SIZE - 1 - at;
	*frame = (uint32_t)(at / STACK_SIZE);
	*slot = (uint32_t)(at % STACK_SIZE / 8);
	return true;
}

static bool slot_tainted(const struct linux_world *w, const struct taint *t, uint64_t addr,
			 uint32_t size)
{
	uint32_t frame, slot;
	bool is = false;

	for (uint32_t k = 0; k < size; k++)
		is |= linux_stack_slot(w, addr + k, &frame, &slot) && t->slot[frame] >> slot & 1;
	return is;
}

static void taint_memory(const struct linux_world *w, struct taint *t, uint64_t addr, uint32_t size,
			 bool is)
{
	uint32_t frame, slot;

	for (uint32_t k = 0; k < size; k++) {
		if (!linux_stack_slot(w, addr + k, &frame, &slot))
			continue;
		if (is)
			t->slot[frame] |= 1ull << slot;
		else if (size == 8 && addr % 8 == 0)
			t->slot[frame] &= ~(1ull << slot);
	}
}

static void taint_all_slots(struct taint *t)
{
	memset(t->slot, 0xff, sizeof(t->slot));
}

/* Whatever has an id, or is a packet pointer, and all of outer frames. */
static void taint_by_compare(struct place *p, uint32_t frame)
{
	const struct klog_frame *fr = &p->k.st.frame[frame];

	for (uint32_t r = 0; r < REG_FP; r++)
		if (fr->reg[r].id || fr->reg[r].type == KT_PKT || fr->reg[r].type == KT_PKT_META)
			p->taint.reg[frame] |= (uint16_t)(1u << r);
	for (uint32_t s = 0; s < fr->nslot; s++)
		if (fr->slot[s].known && (fr->slot[s].reg.id || fr->slot[s].reg.type == KT_PKT))
			p->taint.slot[frame] |= 1ull << s;
	for (uint32_t i = 0; i < frame; i++) {
		p->taint.reg[i] = 0x3ff;
		p->taint.slot[i] = UINT64_MAX;
	}
}

static void set(uint16_t *regs, uint32_t r, bool is)
{
	if (is)
		*regs |= (uint16_t)(1u << r);
	else
		*regs &= (uint16_t)~(1u << r);
}

/* Helpers: r0 may be about their arguments; memory that they write is forgotten elsewhere. */
static void taint_call(struct taint *t, uint32_t frame)
{
	uint16_t *regs = &t->reg[frame];
	bool args = *regs & 0x3e;

	if (args)
		taint_all_slots(t);
	*regs &= (uint16_t)~0x3f;
	set(regs, 0, args);
}

static void taint_access(const struct linux_world *w, struct place *p, const struct insn *in,
			 const struct insn_row *row, const struct trace_step *s)
{
	struct taint *t = &p->taint;
	uint16_t *regs = &t->reg[s->frame];
	uint32_t size = row->width / 8;
	uint64_t addr = s->reg[in->dst] + (uint64_t)(int64_t)in->off;
	bool src = *regs >> in->src & 1, dst = *regs >> in->dst & 1, r0 = *regs & 1, mem;

	switch (row->kind) {
	case K_LDX: case K_LDSX: case K_LOAD_ACQ:
		addr = s->reg[in->src] + (uint64_t)(int64_t)in->off;
		set(regs, in->dst, src || slot_tainted(w, t, addr, size));
		break;
	case K_STX: case K_ST: case K_STORE_REL:
		if (dst)
			taint_all_slots(t);
		taint_memory(w, t, addr, size, row->kind != K_ST && src);
		break;
	default:		/* atomics */
		mem = slot_tainted(w, t, addr, size);
		if (dst)
			taint_all_slots(t);
		if (src || dst || (row->kind == K_CMPXCHG && r0))
			taint_memory(w, t, addr, size, true);
		if (row->kind == K_ATOMIC_FETCH)
			set(regs, in->src, mem || dst);
		if (row->kind == K_CMPXCHG)
			set(regs, 0, mem || dst || r0);
		break;
	}
}

void linux_taint_step(const struct linux_world *w, struct place *p, const struct trace_step *s)
{
	const struct program *prog = &w->unit->prog[s->prog];
	const struct insn *in = &prog->insn[s->insn];
	const struct insn_row *row = insn_row(prog->id[s->insn]);
	struct taint *t = &p->taint;
	uint16_t *regs = &t->reg[s->frame];
	bool dst = *regs >> in->dst & 1, src = *regs >> in->src & 1, r0 = *regs & 1;

	switch (row->kind) {
	case K_ALU_K: case K_ALU_1: case K_ADDR_CAST:
		set(regs, in->dst, dst && (row->op != OP_MOV || row->kind != K_ALU_K));
		break;
	case K_ALU_X:
		set(regs, in->dst, src || (dst && row->op != OP_MOV && !(row->op >= OP_MOVSX8 &&
								      row->op <= OP_MOVSX32)));
		break;
	case K_JMP_X:
		if (dst || src) {
			*regs |= (uint16_t)(1u << in->dst | 1u << in->src);
			taint_by_compare(p, s->frame);
		}
		break;
	case K_JMP_K:
		if (dst)
			taint_by_compare(p, s->frame);
		break;
	case K_LD_IMM64:
		set(regs, in->dst, false);
		break;
	case K_CALL: case K_CALL_KFUNC: case K_LD_ABS: case K_LD_IND:
		taint_call(t, s->frame);
		break;
	case K_CALL_LOCAL:
		t->reg[s->frame + 1] = *regs & 0x3e;
		t->slot[s->frame + 1] = 0;
		*regs &= (uint16_t)~0x3f;
		break;
	case K_EXIT:
		if (s->frame)
			set(&t->reg[s->frame - 1], 0, r0);
		break;
	case K_JA: case K_MAY_GOTO:
		break;
	default:
		taint_access(w, p, in, row, s);
		break;
	}
}
