/* SPDX-License-Identifier: Apache-2.0 */
/* Passes over the instructions. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "fuzz/minimise.h"

static const struct program *best(const struct min *m, uint32_t p)
{
	return &m->best.unit.prog[p];
}

/* ---- what cannot be reached --------------------------------------------- */

static bool ends(uint8_t id)
{
	return id == I_EXIT || id == I_JA || id == I_JA32;
}

static bool has_target(uint8_t id)
{
	switch ((enum insn_kind)insn_row(id)->kind) {
	case K_JMP_K: case K_JMP_X: case K_JA: case K_MAY_GOTO: case K_CALL_LOCAL:
		return true;
	default:
		return id == I_LD_CODE_ADDR;
	}
}

static void reach(const struct program *p, uint8_t *seen, uint32_t *work)
{
	uint32_t n = 0;

	seen[0] = 1;
	work[n++] = 0;
	while (n) {
		uint32_t pc = work[--n], next = pc + insn_slots(p->id[pc]), to;

		if (has_target(p->id[pc])) {
			to = (uint32_t)insn_target(p->insn, p->id[pc], pc);
			if (!seen[to]) {
				seen[to] = 1;
				work[n++] = to;
			}
		}
		if (!ends(p->id[pc]) && next < p->len && !seen[next]) {
			seen[next] = 1;
			work[n++] = next;
		}
	}
}

/* Deletes all dead slots of a program at once. */
static bool drop_dead(struct min *m, uint32_t i)
{
	const struct program *p = best(m, i);
	struct draft d;
	uint8_t *seen;
	bool some = false;

	min_begin(m, &d);
	seen = arena_alloc(&m->scratch, p->len);
	reach(p, seen, arena_raw(&m->scratch, p->len * sizeof(uint32_t)));
	for (uint32_t pc = p->len; pc--;) {
		struct program q;

		if (p->id[pc] == I_LDDW_HI || seen[pc])
			continue;
		if (edit_delete(&d.prog[i], pc, pc + insn_slots(p->id[pc]), &m->scratch, &q)) {
			d.prog[i] = q;
			some = true;
		}
	}
	return some && min_try(m, &d);
}

bool min_unreachable(struct min *m)
{
	bool any = false;

	for (uint32_t i = 0; i < m->best.unit.nprog; i++)
		if (best(m, i)->id && best(m, i)->len < 1 << 14)
			any |= drop_dead(m, i);
	return any;
}

/* ---- subprograms -------------------------------------------------------- */

/* Subprogram s goes, and each call of it becomes r0 = 0. */
static bool drop_sub(struct min *m, uint32_t i, uint32_t s)
{
	const struct program *p = best(m, i);
	struct insn *code;
	struct program q;
	struct draft d;

	min_begin(m, &d);
	code = arena_dup(&m->scratch, p->insn, p->len * sizeof(*code));
	for (uint32_t pc = 0; pc < p->len; pc++) {
		if (p->id[pc] == I_CALL_LOCAL &&
		    insn_target(p->insn, p->id[pc], pc) == p->sub[s].start)
			code[pc] = insn_mov64_imm(0, 0);
	}
	q = *p;
	q.insn = code;
	program_seal(&q, &m->scratch);
	return q.id &&
	       edit_delete(&q, p->sub[s].start, p->sub[s].end, &m->scratch, &d.prog[i]) &&
	       min_try(m, &d);
}

bool min_subprogs(struct min *m)
{
	bool any = false;

	for (uint32_t i = 0; i < m->best.unit.nprog; i++)
		for (uint32_t s = best(m, i)->nsub; s-- > 1;)
			any |= drop_sub(m, i, s);
	return any;
}

/* ---- ranges: ddmin ------------------------------------------------------ */

/* Deletes chunks of n insns, from the end, where calls and joins stand after their causes. */
static bool drop_chunks(struct min *m, uint32_t i, uint32_t n)
{
	uint32_t to = best(m, i)->len;
	bool any = false;

	while (to && !min_spent(m)) {
		const struct program *p = best(m, i);
		uint32_t from = to > n ? to - n : 0;

		if (p->id[from] == I_LDDW_HI)
			from--;
		if (min_try_delete(m, i, from, to)) {
			any = true;
			p = best(m, i);
			to = from < p->len ? from : p->len;
			continue;
		}
		to = from;
	}
	return any;
}

bool min_ranges(struct min *m)
{
	bool any = false;

	for (uint32_t i = 0; i < m->best.unit.nprog; i++) {
		if (!best(m, i)->id)
			continue;
		for (uint32_t n = best(m, i)->len / 2; n > 1; n /= 2)
			any |= drop_chunks(m, i, n);
		while (drop_chunks(m, i, 1) && !min_spent(m))
			any = true;
	}
	return any;
}

/* ---- branches ----------------------------------------------------------- */

/* To the next insn, or to where the jump that is its target goes. */
static bool nearer_jump(struct min *m, uint32_t i, uint32_t pc)
{
	const struct program *p = best(m, i);
	uint32_t to = (uint32_t)insn_target(p->insn, p->id[pc], pc);
	int64_t dist[2] = { 0, 0 };
	struct insn in = p->insn[pc];

	if (p->id[to] == I_JA || p->id[to] == I_JA32)
		dist[1] = insn_target(p->insn, p->id[to], to) - pc - 1;
	for (uint32_t k = 0; k < 2; k++) {
		if (p->id[pc] == I_JA32)
			in.imm = (int32_t)dist[k];
		else if (dist[k] == (int16_t)dist[k])
			in.off = (int16_t)dist[k];
		if (min_try_insn(m, i, pc, in))
			return true;
	}
	return false;
}

/* One that is always taken (never taken: that was a deletion), one that ends it all. */
static bool plainer_jump(struct min *m, uint32_t i, uint32_t pc)
{
	const struct program *p = best(m, i);
	uint8_t kind = insn_row(p->id[pc])->kind;
	int32_t imm = p->insn[pc].imm;

	if (kind == K_JMP_K || kind == K_JMP_X || kind == K_MAY_GOTO)
		return min_try_insn(m, i, pc, insn_ja(p->insn[pc].off)) || nearer_jump(m, i, pc);
	if (kind != K_JA)
		return false;
	return min_try_insn(m, i, pc, insn_exit()) || nearer_jump(m, i, pc) ||
	       (p->id[pc] == I_JA32 && imm == (int16_t)imm &&
		min_try_insn(m, i, pc, insn_ja((int16_t)imm)));
}

bool min_branches(struct min *m)
{
	bool any = false;

	for (uint32_t i = 0; i < m->best.unit.nprog; i++) {
		for (uint32_t pc = 0; best(m, i)->id && pc < best(m, i)->len; pc++)
			while (best(m, i)->id[pc] != I_LDDW_HI && plainer_jump(m, i, pc))
				any = true;
	}
	return any;
}

/* ---- simpler insns ------------------------------------------------------ */

/* The form with an immediate of an operation on two registers, or I_NONE. */
static uint8_t with_imm(const struct insn_row *r)
{
	uint8_t kind = r->kind == K_ALU_X ? K_ALU_K : r->kind == K_JMP_X ? K_JMP_K : K_N;

	for (uint32_t id = 0; id < INSN_N && kind != K_N; id++) {
		const struct insn_row *k = insn_row((uint8_t)id);

		if (k->kind == kind && k->op == r->op && k->width == r->width)
			return (uint8_t)id;
	}
	return I_NONE;
}

/* The row of this kind and width with a smaller cost that does less. */
static uint8_t row_of(enum insn_kind kind, uint8_t width)
{
	for (uint32_t id = 0; id < INSN_N; id++)
		if (insn_row((uint8_t)id)->kind == kind && insn_row((uint8_t)id)->width == width)
			return (uint8_t)id;
	return I_NONE;
}

static bool try_row(struct min *m, uint32_t i, uint32_t pc, uint8_t id)
{
	const struct insn *in = &best(m, i)->insn[pc];

	return id != I_NONE &&
	       min_try_insn(m, i, pc, insn_make(id, in->dst, in->src, in->off, in->imm));
}

static bool simpler_memory(struct min *m, uint32_t i, uint32_t pc, const struct insn_row *r)
{
	struct insn in = best(m, i)->insn[pc];

	switch ((enum insn_kind)r->kind) {
	case K_LDSX: case K_LOAD_ACQ:
		return try_row(m, i, pc, row_of(K_LDX, r->width));
	case K_STORE_REL: case K_ATOMIC: case K_ATOMIC_FETCH: case K_CMPXCHG:
		return try_row(m, i, pc, row_of(K_STX, r->width));
	case K_STX:
		in = insn_make(row_of(K_ST, r->width), in.dst, 0, in.off, 0);
		return min_try_insn(m, i, pc, in);
	default:
		return false;
	}
}

/* A constant instead of whatever the insn computes. */
static bool simpler_value(struct min *m, uint32_t i, uint32_t pc)
{
	static const int32_t value[] = { 0, 1, -1 };
	const struct program *p = best(m, i);
	struct insn in = p->insn[pc];
	uint8_t kind = insn_row(p->id[pc])->kind;
	int reg = in.dst;

	if (kind == K_CALL || kind == K_CALL_LOCAL || kind == K_CALL_KFUNC || kind == K_LD_ABS ||
	    kind == K_LD_IND || kind == K_CMPXCHG)
		reg = 0;
	else if (kind == K_ATOMIC_FETCH)
		reg = in.src;
	else if (!(insn_row(p->id[pc])->uses & F_DST) || !insn_writes(&in, p->id[pc]))
		return false;
	for (uint32_t k = 0; k < 3; k++)
		if (min_try_insn(m, i, pc, insn_mov64_imm((uint8_t)reg, value[k])))
			return true;
	return false;
}

static bool simpler_insn(struct min *m, uint32_t i, uint32_t pc)
{
	static const int32_t value[] = { 0, 1, -1 };
	const struct program *p = best(m, i);
	const struct insn_row *r = insn_row(p->id[pc]);
	struct insn in = p->insn[pc];
	uint8_t k = with_imm(r);

	if (simpler_value(m, i, pc) || simpler_memory(m, i, pc, r))
		return true;
	if (p->id[pc] == I_LD_IMM64 &&
	    min_try_insn(m, i, pc, insn_mov64_imm(in.dst, in.imm)))
		return true;
	for (uint32_t v = 0; k != I_NONE && v < 3; v++)
		if (min_try_insn(m, i, pc, insn_make(k, in.dst, 0, in.off, value[v])))
			return true;
	return false;
}

bool min_simpler(struct min *m)
{
	bool any = false;

	for (uint32_t i = 0; i < m->best.unit.nprog; i++)
		for (uint32_t pc = 0; best(m, i)->id && pc < best(m, i)->len; pc++)
			while (best(m, i)->id[pc] != I_LDDW_HI && simpler_insn(m, i, pc))
				any = true;
	return any;
}

/* ---- operands ----------------------------------------------------------- */

/* Candidates for a number, from the plainest on; each once and no more than n. */
static uint32_t plainer(int64_t v, int64_t out[8])
{
	uint64_t mag = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	uint32_t n = 0;

	out[n++] = 0;
	out[n++] = 1;
	out[n++] = -1;
	if (mag > 1) {
		int64_t pow = (int64_t)(1ULL << (63 - __builtin_clzll(mag)));

		out[n++] = v < 0 ? -pow : pow;
		out[n++] = v < 0 ? -(pow / 2) : pow / 2;
		out[n++] = v / 2;
		out[n++] = v < 0 ? v + 1 : v - 1;
	}
	return n;
}

static bool plainer_imm(struct min *m, uint32_t i, uint32_t pc)
{
	const struct program *p = best(m, i);
	const struct insn_row *r = insn_row(p->id[pc]);
	struct insn in = p->insn[pc];
	int64_t list[8];
	uint32_t n;

	if (!(r->uses & F_IMM) || r->kind == K_JA || r->kind == K_CALL_LOCAL || r->kind == K_CALL ||
	    r->kind == K_CALL_KFUNC || r->kind == K_ADDR_CAST || r->kind == K_LD_IMM64)
		return false;
	n = plainer(in.imm, list);
	for (uint32_t k = 0; k < n; k++) {
		in.imm = (int32_t)list[k];
		if (min_try_insn(m, i, pc, in))
			return true;
	}
	return false;
}

/* Of wide constants, the whole or a half; of map values, the offset. */
static bool plainer_wide(struct min *m, uint32_t i, uint32_t pc)
{
	const struct program *p = best(m, i);
	uint64_t v, list[11];
	uint32_t n;

	if (insn_row(p->id[pc])->kind != K_LD_IMM64 || !(insn_row(p->id[pc])->uses & F_IMM64))
		return false;
	v = insn_imm64(&p->insn[pc]);
	n = p->id[pc] == I_LD_IMM64 ? plainer((int64_t)v, (int64_t *)list) : 0;
	list[n++] = (uint32_t)v;
	list[n++] = (uint32_t)v | v >> 33 << 32;
	if (p->id[pc] == I_LD_IMM64)
		list[n++] = v >> 32 << 32;
	for (uint32_t k = 0; k < n; k++) {
		struct insn pair[2] = { p->insn[pc], p->insn[pc + 1] };
		struct draft d;

		pair[0].imm = (int32_t)list[k];
		pair[1].imm = (int32_t)(list[k] >> 32);
		min_begin(m, &d);
		if (edit_replace(p, pc, pair, 2, &m->scratch, &d.prog[i]) && min_try(m, &d))
			return true;
	}
	return false;
}

static bool plainer_off(struct min *m, uint32_t i, uint32_t pc)
{
	const struct program *p = best(m, i);
	const struct insn_row *r = insn_row(p->id[pc]);
	int16_t off = p->insn[pc].off, list[4];
	struct insn in = p->insn[pc];

	switch ((enum insn_kind)r->kind) {
	case K_LDX: case K_LDSX: case K_STX: case K_ST: case K_ATOMIC: case K_ATOMIC_FETCH:
	case K_CMPXCHG: case K_LOAD_ACQ: case K_STORE_REL:
		break;
	default:
		return false;
	}
	list[0] = 0;
	list[1] = off < 0 ? -8 : 8;
	list[2] = (int16_t)(off / 2);
	list[3] = (int16_t)(off < 0 ? off + 8 : off - 8);
	for (uint32_t k = 0; k < 4; k++) {
		in.off = list[k];
		if (min_try_insn(m, i, pc, in))
			return true;
	}
	return false;
}

/* Accesses of fewer bytes, 32 bits instead of 64. */
static bool narrower(struct min *m, uint32_t i, uint32_t pc)
{
	const struct insn_row *r = insn_row(best(m, i)->id[pc]);

	for (uint32_t id = 0; id < INSN_N; id++) {
		const struct insn_row *k = insn_row((uint8_t)id);

		if (k->kind != r->kind || k->width >= r->width || r->kind == K_LD_IMM64 ||
		    (k->op != r->op && r->kind != K_LDSX))
			continue;
		if (try_row(m, i, pc, (uint8_t)id))
			return true;
	}
	return false;
}

bool min_operands(struct min *m)
{
	bool any = false;

	for (uint32_t i = 0; i < m->best.unit.nprog; i++) {
		for (uint32_t pc = 0; best(m, i)->id && pc < best(m, i)->len; pc++) {
			if (best(m, i)->id[pc] == I_LDDW_HI)
				continue;
			while (plainer_imm(m, i, pc) || plainer_wide(m, i, pc))
				any = true;
			while (plainer_off(m, i, pc))
				any = true;
			while (narrower(m, i, pc))
				any = true;
		}
	}
	return any;
}

/* ---- registers ---------------------------------------------------------- */

static bool swap_registers(struct min *m, uint32_t i, uint8_t x, uint8_t y)
{
	const struct program *p = best(m, i);
	struct insn *code;
	struct draft d;

	min_begin(m, &d);
	code = arena_dup(&m->scratch, p->insn, p->len * sizeof(*code));
	for (uint32_t pc = 0; pc < p->len; pc++) {
		uint8_t uses;

		if (p->id[pc] == I_LDDW_HI)
			continue;
		uses = insn_row(p->id[pc])->uses;
		if (uses & F_DST && (code[pc].dst == x || code[pc].dst == y))
			code[pc].dst = (code[pc].dst == x ? y : x) & 15;
		if (uses & F_SRC && (code[pc].src == x || code[pc].src == y))
			code[pc].src = (code[pc].src == x ? y : x) & 15;
	}
	d.prog[i].insn = code;
	program_seal(&d.prog[i], &m->scratch);
	return d.prog[i].id && min_try(m, &d);
}

/* One operand of one insn. */
static bool lower_operand(struct min *m, uint32_t i, uint32_t pc)
{
	const struct program *p = best(m, i);
	uint8_t uses = insn_row(p->id[pc])->uses;
	struct insn in = p->insn[pc];

	for (uint8_t r = 0; uses & F_SRC && r < p->insn[pc].src; r++) {
		in.src = r & 15;
		if (min_try_insn(m, i, pc, in))
			return true;
	}
	in = p->insn[pc];
	for (uint8_t r = 0; uses & F_DST && r < p->insn[pc].dst; r++) {
		in.dst = r & 15;
		if (min_try_insn(m, i, pc, in))
			return true;
	}
	return false;
}

bool min_registers(struct min *m)
{
	bool any = false;

	for (uint32_t i = 0; i < m->best.unit.nprog; i++) {
		if (!best(m, i)->id)
			continue;
		for (uint8_t y = 1; y < REG_FP; y++)
			for (uint8_t x = 0; x < y; x++)
				any |= swap_registers(m, i, x, y);
		for (uint32_t pc = 0; pc < best(m, i)->len; pc++)
			if (best(m, i)->id[pc] != I_LDDW_HI)
				any |= lower_operand(m, i, pc);
	}
	return any;
}
