/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The minimiser: passes in a fixed order, each a function of the best case so
 * far, repeated until a whole round finds nothing.  Every step lowers one cost
 * (below), so that it ends, never enlarges, and does nothing to its own
 * results.  The last round has tried each single deletion in vain.
 */
#include "fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

#include "fuzz/minimise.h"

/* ---- cost: compared from the first field on ----------------------------- */

enum { COST_SLOTS, COST_PARTS, COST_BYTES, COST_INSNS, COST_CONTENT, COST_N };

struct cost {
	uint64_t of[COST_N];
};

/* 0, 1, -1 and powers of two read easily; then shorter is better. */
static uint64_t cost_number(uint64_t v)
{
	if (v == 0)
		return 0;
	if (v == 1)
		return 1;
	if (v == UINT64_MAX)
		return 2;
	if ((int64_t)v < 0)
		v = 0 - v;
	return (uint64_t)(64 - __builtin_clzll(v)) * 2 + (uint64_t)__builtin_popcountll(v) +
	       ((v & (v - 1)) ? 67 : 3);
}

/* Kinds from the plain to the involved. */
static uint64_t cost_kind(uint8_t kind)
{
	static const uint8_t rank[K_N] = {
		[K_EXIT] = 0, [K_JA] = 1, [K_ALU_K] = 4, [K_ALU_X] = 6, [K_ALU_1] = 5,
		[K_LD_IMM64] = 7, [K_LDX] = 8, [K_ST] = 8, [K_STX] = 9, [K_LDSX] = 10,
		[K_STORE_REL] = 11, [K_LOAD_ACQ] = 11, [K_JMP_K] = 12, [K_JMP_X] = 13,
		[K_ATOMIC] = 14, [K_ATOMIC_FETCH] = 15, [K_CMPXCHG] = 16, [K_LD_ABS] = 17,
		[K_LD_IND] = 18, [K_CALL] = 19, [K_CALL_LOCAL] = 20, [K_MAY_GOTO] = 21,
		[K_ADDR_CAST] = 22, [K_CALL_KFUNC] = 23, [K_CALLX] = 24,
	};

	return rank[kind];
}

static uint64_t cost_insn(const struct program *p, uint32_t pc)
{
	const struct insn *in = &p->insn[pc];
	const struct insn_row *r = insn_row(p->id[pc]);
	bool jump = r->kind == K_JMP_K || r->kind == K_JMP_X || r->kind == K_JA ||
		    r->kind == K_MAY_GOTO || r->kind == K_CALL_LOCAL;
	bool move = (r->kind == K_ALU_K || r->kind == K_ALU_X) && r->op == OP_MOV;
	uint64_t cost = cost_kind(r->kind) << 24;

	if (move)	/* plain: the whole register */
		cost = (r->kind == K_ALU_K ? 2u : 3u) << 24 | (96u - r->width) << 2;
	else
		cost += (uint64_t)r->width << 2;
	if (r->uses & F_IMM64)
		cost += cost_number(insn_imm64(in));
	else if (r->uses & F_IMM && !jump)
		cost += cost_number((uint64_t)(int64_t)in->imm);
	if (r->kind == K_JMP_K)
		cost += cost_number((uint64_t)(int64_t)in->imm);
	if (r->uses & F_OFF && !jump)
		cost += cost_number((uint64_t)(int64_t)in->off);
	if (jump) {	/* near, and forwards */
		int64_t dist = insn_target(p->insn, p->id[pc], pc) - pc - 1;

		cost += dist < 0 ? (uint64_t)-dist + 1 : (uint64_t)dist;
	}
	if (r->uses & F_DST)
		cost += in->dst;
	if (r->uses & F_SRC)
		cost += in->src;
	return cost;
}

static uint64_t cost_bytes(const uint8_t *p, uint32_t n)
{
	uint64_t cost = 0;

	for (uint32_t i = 0; i < n; i++)
		cost += p[i] == 0 ? 0 : p[i] == 1 ? 1 : p[i] == 0xff ? 2 : 3;
	return cost;
}

static struct cost cost_of(const struct testcase *tc)
{
	const struct unit *u = &tc->unit;
	struct cost c = { { 0 } };

	c.of[COST_PARTS] = u->nprog + u->nmap + tc->ninput;
	for (uint32_t i = 0; i < u->nprog; i++) {
		const struct program *p = &u->prog[i];

		c.of[COST_SLOTS] += p->len;
		for (uint32_t pc = 0; p->id && pc < p->len; pc++)
			if (p->id[pc] != I_LDDW_HI)
				c.of[COST_INSNS] += cost_insn(p, pc);
	}
	for (uint32_t i = 0; i < u->nmap; i++) {
		c.of[COST_BYTES] += u->map[i].max_entries;
		c.of[COST_CONTENT] += cost_bytes(u->map[i].init, u->map[i].ninit);
	}
	for (uint32_t i = 0; i < tc->ninput; i++) {
		const struct input *in = &tc->input[i];

		c.of[COST_BYTES] += (uint64_t)in->nctx + in->npacket + in->nmaps;
		c.of[COST_CONTENT] += cost_bytes(in->ctx, in->nctx) +
				      cost_bytes(in->packet, in->npacket) +
				      cost_bytes(in->maps, in->nmaps) + cost_number(in->seed) +
				      cost_number(in->fuel);
	}
	return c;
}

static int cost_cmp(const struct cost *a, const struct cost *b)
{
	for (int i = 0; i < COST_N; i++)
		if (a->of[i] != b->of[i])
			return a->of[i] < b->of[i] ? -1 : 1;
	return 0;
}

/* ---- candidates --------------------------------------------------------- */

static void *dup(struct arena *a, const void *p, size_t n)
{
	return n ? arena_dup(a, p, n) : NULL;
}

void min_begin(struct min *m, struct draft *d)
{
	struct unit *u = &d->tc.unit;

	arena_reset(&m->scratch);
	d->tc = m->best;
	d->prog = dup(&m->scratch, u->prog, u->nprog * sizeof(*d->prog));
	d->map = dup(&m->scratch, u->map, u->nmap * sizeof(*d->map));
	d->input = dup(&m->scratch, d->tc.input, d->tc.ninput * sizeof(*d->input));
	u->prog = d->prog;
	u->map = d->map;
	d->tc.input = d->input;
}

bool min_try(struct min *m, struct draft *d)
{
	struct cost was = cost_of(&m->best), is = cost_of(&d->tc);
	uint32_t next = !m->cur;

	if (min_spent(m) || cost_cmp(&is, &was) >= 0)
		return false;
	m->st->tried++;
	if (!m->same(m->arg, &d->tc))
		return false;
	m->st->kept++;
	arena_reset(&m->keep[next]);
	edit_copy(&d->tc, &m->keep[next], &m->best);
	m->cur = next;
	return true;
}

bool min_try_delete(struct min *m, uint32_t p, uint32_t from, uint32_t to)
{
	struct draft d;

	min_begin(m, &d);
	return edit_delete(&m->best.unit.prog[p], from, to, &m->scratch, &d.prog[p]) &&
	       min_try(m, &d);
}

bool min_try_insn(struct min *m, uint32_t p, uint32_t pc, struct insn in)
{
	struct draft d;

	min_begin(m, &d);
	return edit_replace(&m->best.unit.prog[p], pc, &in, 1, &m->scratch, &d.prog[p]) &&
	       min_try(m, &d);
}

/* ---- the rounds --------------------------------------------------------- */

/* The cheap and the large first; what prunes by deletion before what rewrites. */
static bool (*const passes[])(struct min *m) = {
	min_inputs, min_programs, min_unreachable, min_subprogs, min_ranges, min_branches,
	min_unreachable, min_order, min_maps, min_packets, min_simpler, min_operands, min_registers,
	min_contents, min_numbers,
};

static uint32_t count_slots(const struct testcase *tc)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < tc->unit.nprog; i++)
		n += tc->unit.prog[i].len;
	return n;
}

void minimise(const struct testcase *tc, same_fn same, void *arg, uint32_t budget, struct arena *a,
	      struct testcase *out, struct min_stats *st)
{
	struct min_stats own;
	struct min m = { .same = same, .arg = arg, .budget = budget, .st = st ? st : &own };
	struct cost first = cost_of(tc), last;
	bool again = true;

	memset(m.st, 0, sizeof(*m.st));
	m.st->insns_before = count_slots(tc);
	edit_copy(tc, &m.keep[0], &m.best);
	while (again && !min_spent(&m)) {
		again = false;
		for (size_t i = 0; i < sizeof(passes) / sizeof(passes[0]); i++)
			again |= passes[i](&m);
	}
	last = cost_of(&m.best);
	assert(cost_cmp(&last, &first) <= 0);
	edit_copy(&m.best, a, out);
	m.st->insns_after = count_slots(out);
	arena_free(&m.keep[0]);
	arena_free(&m.keep[1]);
	arena_free(&m.scratch);
}
