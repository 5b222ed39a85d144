/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Jumps of x86-64, and the linking of one program.
 *
 * Every jump is emitted in its short form.  x86_link() then makes long what
 * does not reach, again and again until nothing changes: jumps only grow, so
 * this ends, and at its end each short jump has been tested against the very
 * layout that is written.  (Displacements taken from a pass before the last
 * one are how CVE-2021-29154 came about.)
 */
#include "jit/x86.h"

enum fix_kind {
	FIX_JMP,	/* at: the opcode; to: a label */
	FIX_JCC,
	FIX_CALL,	/* at: the displacement; to: a label */
	FIX_STUB,	/* at: the displacement; to: offset in the arena */
};

enum {
	LINK_ROUNDS = 32,	/* then all jumps become long: bounds hostile chains */
	JMP_GROWS = 3,		/* eb rel8 -> e9 rel32 */
	JCC_GROWS = 4,		/* 70+cc rel8 -> 0f 80+cc rel32 */
};

/* ---- emission ------------------------------------------------------------------ */

static void add_fixup(struct jit_build *b, enum fix_kind kind, uint32_t at, uint32_t to)
{
	/* An insn adds 4 at most; emission made room for that. */
	assert(b->nfix < b->a->fixcap);
	b->a->fix[b->nfix++] = (struct jit_fixup){ .at = at, .to = to, .kind = (uint8_t)kind };
}

static uint32_t here(const struct jit_build *b)
{
	return (uint32_t)(b->p - b->start);
}

void x86_jump(struct jit_build *b, int cc, uint32_t slot)
{
	add_fixup(b, cc < 0 ? FIX_JMP : FIX_JCC, here(b), slot);
	put(b, cc < 0 ? 0xeb : 0x70 + cc, 2);
}

static void call_label(struct jit_build *b, uint32_t label)
{
	put(b, 0xe8, 5);
	add_fixup(b, FIX_CALL, here(b) - 4, label);
}

void x86_call_slot(struct jit_build *b, uint32_t slot)
{
	call_label(b, slot);
}

void x86_call_thunk(struct jit_build *b, uint32_t sub)
{
	call_label(b, b->out->nslot + 1 + sub);
}

void x86_call_stub(struct jit_build *b, enum jit_stub stub)
{
	put(b, 0xe8, 5);
	add_fixup(b, FIX_STUB, here(b) - 4, b->a->stub[stub]);
	b->stubs |= 1u << stub;
}

void x86_jump_stub(struct jit_build *b, int cc, enum jit_stub stub)
{
	if (cc < 0)
		put(b, 0xe9, 5);
	else
		put(b, 0x0f | (0x80 + cc) << 8, 6);
	add_fixup(b, FIX_STUB, here(b) - 4, b->a->stub[stub]);
	b->stubs |= 1u << stub;
}

/* ---- linking -------------------------------------------------------------------- */

/* Where a label lies when the jumps before it have their present lengths. */
static uint32_t label_at(const struct jit_build *b, uint32_t label, uint32_t total)
{
	uint32_t n = b->a->nfix_at[label];

	return b->out->label[label] + (n < b->nfix ? b->a->fix[n].shift : total);
}

/* Sums up the growth before each fixup; returns all of it. */
static uint32_t sum_shifts(struct jit_build *b)
{
	uint32_t total = 0;

	for (uint32_t i = 0; i < b->nfix; i++) {
		b->a->fix[i].shift = total;
		total += b->a->fix[i].grow;
	}
	return total;
}

/* Lengthens what does not reach.  Returns the growth of the program. */
static uint32_t choose_lengths(struct jit_build *b)
{
	uint32_t total = 0;

	for (uint32_t round = 0;; round++) {
		bool changed = false;

		total = sum_shifts(b);
		for (uint32_t i = 0; i < b->nfix; i++) {
			struct jit_fixup *f = &b->a->fix[i];
			int64_t disp;

			if (f->kind > FIX_JCC || f->grow)
				continue;
			disp = (int64_t)label_at(b, f->to, total) - (f->at + f->shift + 2);
			if (is_imm8(disp) && round < LINK_ROUNDS)
				continue;
			f->grow = f->kind == FIX_JMP ? JMP_GROWS : JCC_GROWS;
			changed = true;
		}
		if (!changed)
			return total;
	}
}

/* Moves the code behind each long jump to its place, from the end backwards. */
static void spread(struct jit_build *b, uint32_t total)
{
	uint32_t end = here(b);

	b->p += total;
	for (uint32_t i = b->nfix; i-- && total;) {
		const struct jit_fixup *f = &b->a->fix[i];
		uint32_t from = f->at + 2;
		uint8_t cc;

		if (!f->grow)
			continue;
		memmove(b->start + from + total, b->start + from, end - from);
		total = f->shift;
		end = f->at;
		cc = b->start[f->at];
		if (f->kind == FIX_JMP) {
			b->start[f->at + total] = 0xe9;
		} else {
			b->start[f->at + total] = 0x0f;
			b->start[f->at + total + 1] = cc + 0x10;
		}
	}
}

static void patch(struct jit_build *b, const struct jit_fixup *f)
{
	uint32_t at = f->at + f->shift;
	int64_t to, disp;
	int32_t disp32;

	if (f->kind == FIX_STUB)
		to = (int64_t)f->to - b->out->start;
	else
		to = b->out->label[f->to];
	if (f->kind <= FIX_JCC && !f->grow) {
		disp = to - (at + 2);
		assert(is_imm8(disp));
		b->start[at + 1] = (uint8_t)disp;
		return;
	}
	if (f->kind <= FIX_JCC)
		at += f->kind == FIX_JMP ? 1 : 2;
	disp = to - (at + 4);
	assert(is_imm32(disp));
	disp32 = (int32_t)disp;
	memcpy(b->start + at, &disp32, sizeof(disp32));
}

bool x86_link(struct jit_build *b)
{
	uint32_t nlabel = b->out->nslot + 1 + b->prog->nsub;
	uint32_t total = choose_lengths(b);

	if (total > (uint64_t)(b->end - b->p))
		return false;
	if (total) {
		for (uint32_t i = 0; i < nlabel; i++)
			b->out->label[i] = label_at(b, i, total);
		spread(b, total);
	}
	for (uint32_t i = 0; i < b->nfix; i++)
		patch(b, &b->a->fix[i]);
	return true;
}
