/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that show what a test run does not: it returns 32 bits of r0.
 *
 * Before each exit of main the registers that are known to hold scalars are
 * written to a map.  That takes one register for the map's address.  Registers
 * die at an exit, so one that cannot be shown anyway is free; if all can be
 * shown, one of them goes to the stack first.
 */
#include "engines/linux_engine.h"

#include <stdlib.h>
#include <string.h>

enum { R0_ONLY = 1, SCRATCH_NONE = -1, SHOW_MAX = 2 + 1 + 1 + REGS + 2 };

/* A register that need not be shown; one that calls clobber if there is one. */
static int scratch(uint16_t mask)
{
	for (int r = 1; r <= 9; r++)
		if (!(mask >> r & 1))
			return r;
	return SCRATCH_NONE;
}

/*
 * Stack that main does not use, or 0.  Frames are rounded up to 32 bytes and
 * their sum is limited, so with subprograms only what is left of the rounding is
 * free.  may_goto takes 8 bytes for itself.
 */
static int32_t free_slot(const struct program *p, const uint32_t *stack)
{
	uint32_t used;

	if (!stack || *stack > STACK_SIZE - 24)
		return 0;
	used = (*stack + 7) & ~7u;
	if (p->nsub > 1 && used && used % 32 == 0)
		return 0;
	return -(int32_t)(used + 8);
}

/* The insns before one exit; *mask is what they show. */
static uint32_t show(const struct program *p, uint32_t page, uint32_t number, uint16_t *mask,
		     const uint32_t *stack, struct insn *in)
{
	int32_t slot = 0;
	uint32_t n = 0;
	int s = scratch(*mask);

	if (s == SCRATCH_NONE) {
		s = 9;
		*mask &= ~(1u << s);
		slot = free_slot(p, stack);
		if (slot)
			in[n++] = insn_stx(SZ_DW, 10, (int16_t)slot, 9);
	}
	insn_lddw(&in[n], (uint8_t)s, 2, page);
	n += 2;
	in[n++] = insn_st(SZ_DW, (uint8_t)s, LINUX_PAGE_EXIT, (int32_t)number + 1);
	for (uint32_t r = 0; r < 10; r++)
		if (*mask >> r & 1)
			in[n++] = insn_stx(SZ_DW, (uint8_t)s, (int16_t)(8 * r), (uint8_t)r);
	if (slot) {
		in[n++] = insn_ldx(SZ_DW, 1, 10, (int16_t)slot);
		in[n++] = insn_stx(SZ_DW, 9, 8 * 9, 1);
		*mask |= 1u << 9;
	}
	return n;
}

static uint32_t add_exit(struct linux_exits *x)
{
	if (x->n == x->cap) {
		x->cap = x->cap ? 2 * x->cap : 16;
		x->reg = realloc(x->reg, x->cap * sizeof(*x->reg));
		if (!x->reg)
			die("linux: out of memory");
	}
	return x->n++;
}

/*
 * Linux 6.18 forgets to zero-extend the result of a 32-bit cmpxchg where its
 * path is pruned before r0 is read (corpus/findings/linux-6.18-cmpxchg32-pruned).
 * That is known, so it is done here: other differences are to be seen.  With
 * PARALLAX_LINUX_ASIS=1 in the environment nothing is mended.
 */
static bool mend(struct program *p, struct arena *a)
{
	struct insn both[2] = { { 0 }, insn_mov32_reg(0, 0) };
	static int asis = -1;

	if (asis < 0) {
		const char *s = getenv("PARALLAX_LINUX_ASIS");

		asis = s && *s == '1';
	}
	for (uint32_t pc = p->len; pc-- && !asis;) {
		struct program next;

		if (p->id[pc] != I_CMPXCHG32)
			continue;
		both[0] = p->insn[pc];	/* replaced: who jumps behind it does not meet the second */
		if (!edit_replace(p, pc, both, 2, a, &next))
			return false;
		*p = next;
	}
	return true;
}

bool linux_exit_show(const struct program *p, const uint16_t *mask, const uint32_t *stack,
		     uint32_t page, struct arena *a, struct program *out, struct linux_exits *x)
{
	struct insn in[SHOW_MAX];

	if (!p->id)
		return false;
	*out = *p;
	/* From the end, so that what is still to come keeps its place. */
	for (uint32_t pc = p->sub[0].end; pc--;) {
		struct program next;
		uint32_t number;
		uint16_t m;

		if (p->id[pc] != I_EXIT)
			continue;
		number = add_exit(x);
		m = mask ? (mask[pc] & 0x3ff) | R0_ONLY : R0_ONLY;
		if (!edit_insert(out, pc, in, show(p, page, number, &m, stack, in), a, &next))
			return false;
		x->reg[number] = m;
		*out = next;
	}
	return mend(out, a);
}

void linux_plain_wrap(const struct program *p, uint32_t mem, uint32_t size, struct arena *a,
		      struct program *out, uint32_t *head)
{
	struct insn *in = arena_raw(a, (p->len + 3) * sizeof(*in));
	uint32_t n = 0;

	if (size) {
		insn_lddw(in, 1, 2, mem);
		n = 2;
	} else {
		in[n++] = insn_mov64_imm(1, 0);
	}
	in[n++] = insn_mov64_imm(2, (int32_t)size);
	/* In front of all, so no distance changes; a jump to the first insn does not repeat it. */
	memcpy(in + n, p->insn, p->len * sizeof(*in));
	*out = (struct program){
		.insn = in, .len = n + p->len, .type = PROG_XDP, .prog_flags = p->prog_flags,
		.name = p->name, .license = p->license,
	};
	program_seal(out, a);
	*head = n;
}
