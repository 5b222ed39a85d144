/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Another order of the same blocks: what an unconditional jump leads to stands
 * behind it, and the jump is gone.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "fuzz/minimise.h"

struct layout_out {
	const struct program *p;
	struct insn *code;
	uint32_t *from;		/* new slot: the old one; UINT32_MAX: a jump that was added */
	uint32_t *to;		/* a new jump's old target */
	uint32_t *place;	/* old slot: the new one, UINT32_MAX before it has one */
	uint32_t *work;		/* old slots that have to be placed */
	uint32_t len, cap, nwork;
};

static bool branches(uint8_t id)
{
	uint8_t kind = insn_row(id)->kind;

	return kind == K_JMP_K || kind == K_JMP_X || kind == K_MAY_GOTO;
}

static bool is_ja(uint8_t id)
{
	return id == I_JA || id == I_JA32;
}

static bool put(struct layout_out *l, struct insn in, uint32_t from, uint32_t to)
{
	if (l->len == l->cap)
		return false;
	l->code[l->len] = in;
	l->from[l->len] = from;
	l->to[l->len++] = to;
	return true;
}

/* Places what runs from old slot pc on, up to an exit or something that has a place. */
static bool place_from(struct layout_out *l, uint32_t pc)
{
	const struct program *p = l->p;

	while (l->place[pc] == UINT32_MAX) {
		uint8_t id = p->id[pc];

		l->place[pc] = l->len;
		if (is_ja(id)) {
			pc = (uint32_t)insn_target(p->insn, id, pc);
			if (l->place[pc] == UINT32_MAX)
				continue;
			break;
		}
		if (!put(l, p->insn[pc], pc, 0))
			return false;
		if (insn_slots(id) == 2 && !put(l, p->insn[pc + 1], UINT32_MAX - 1, 0))
			return false;
		if (branches(id))
			l->work[l->nwork++] = (uint32_t)insn_target(p->insn, id, pc);
		if (id == I_EXIT)
			return true;
		pc += insn_slots(id);
	}
	return put(l, insn_ja(0), UINT32_MAX, pc);
}

/* Jumps and calls of the new order; false if one does not fit. */
static bool aim_all(struct layout_out *l)
{
	for (uint32_t pc = 0; pc < l->len; pc++) {
		uint32_t old = l->from[pc], to;
		int64_t dist;

		if (old == UINT32_MAX - 1)
			continue;
		if (old == UINT32_MAX)
			to = l->to[pc];
		else if (branches(l->p->id[old]) || l->p->id[old] == I_CALL_LOCAL)
			to = (uint32_t)insn_target(l->p->insn, l->p->id[old], old);
		else
			continue;
		dist = (int64_t)l->place[to] - pc - 1;
		if (old != UINT32_MAX && l->p->id[old] == I_CALL_LOCAL) {
			l->code[pc].imm = (int32_t)dist;
			continue;
		}
		if (dist != (int16_t)dist)
			return false;
		l->code[pc].off = (int16_t)dist;
	}
	return true;
}

/* A subprogram at a time: they stay where they are, one behind the other. */
static bool place_all(struct layout_out *l)
{
	for (uint32_t s = 0; s < l->p->nsub; s++) {
		l->nwork = 0;
		if (!place_from(l, l->p->sub[s].start))
			return false;
		while (l->nwork)
			if (l->place[l->work[--l->nwork]] == UINT32_MAX &&
			    !place_from(l, l->work[l->nwork]))
				return false;
	}
	return true;
}

static bool reorder(struct min *m, uint32_t i)
{
	const struct program *p = &m->best.unit.prog[i];
	struct layout_out l = { .p = p, .cap = p->len };
	struct draft d;

	for (uint32_t pc = 0; pc < p->len; pc++)
		if (p->id[pc] == I_LD_CODE_ADDR)
			return false;
	min_begin(m, &d);
	l.code = arena_raw(&m->scratch, l.cap * sizeof(*l.code));
	l.from = arena_raw(&m->scratch, l.cap * sizeof(*l.from));
	l.to = arena_raw(&m->scratch, l.cap * sizeof(*l.to));
	l.work = arena_raw(&m->scratch, l.cap * sizeof(*l.work));
	l.place = arena_raw(&m->scratch, l.cap * sizeof(*l.place));
	memset(l.place, 0xff, l.cap * sizeof(*l.place));
	if (!place_all(&l) || !aim_all(&l))
		return false;
	d.prog[i].insn = l.code;
	d.prog[i].len = l.len;
	d.prog[i].sub = NULL;
	d.prog[i].func = NULL;
	d.prog[i].line = NULL;
	d.prog[i].nsub = d.prog[i].nfunc = d.prog[i].nline = 0;
	program_seal(&d.prog[i], &m->scratch);
	return d.prog[i].id && min_try(m, &d);
}

bool min_order(struct min *m)
{
	bool any = false;

	for (uint32_t i = 0; i < m->best.unit.nprog; i++)
		if (m->best.unit.prog[i].id && m->best.unit.prog[i].len < 1 << 14)
			any |= reorder(m, i);
	return any;
}
