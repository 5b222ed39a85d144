/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mutator: a table of small changes to programs, maps and inputs.  A
 * change that would leave a malformed program does not happen; another one is
 * tried instead.
 */
#include "fuzz/fuzz.h"

#include <string.h>

#include "fuzz/gen.h"
#include "fuzz/mutate.h"

static const struct mutation {
	const char *name;
	bool (*apply)(struct mut *m);
	uint8_t weight;
} mutations[] = {
	{ "insert", mut_insert, 12 },
	{ "delete", mut_delete, 12 },
	{ "replace", mut_replace, 10 },
	{ "row", mut_row, 14 },
	{ "register", mut_register, 12 },
	{ "swap-registers", mut_swap_registers, 6 },
	{ "swap-insns", mut_swap_insns, 6 },
	{ "imm", mut_imm, 16 },
	{ "offset", mut_offset, 8 },
	{ "retarget", mut_retarget, 8 },
	{ "duplicate", mut_duplicate, 6 },
	{ "splice", mut_splice, 14 },
	{ "generate", mut_generate, 3 },
	{ "bytes", mut_bytes, 14 },
	{ "resize", mut_resize, 4 },
	{ "entries", mut_entries, 4 },
	{ "seed", mut_seed, 2 },
	{ "inputs", mut_inputs, 3 },
	{ "map", mut_map, 2 },
};
enum { NMUTATION = sizeof(mutations) / sizeof(mutations[0]) };

static const struct mutation *pick(struct rng *r)
{
	uint32_t sum = 0, w;

	for (uint32_t i = 0; i < NMUTATION; i++)
		sum += mutations[i].weight;
	w = (uint32_t)rng_below(r, sum);
	for (uint32_t i = 0; i < NMUTATION; i++) {
		if (w < mutations[i].weight)
			return &mutations[i];
		w -= mutations[i].weight;
	}
	return &mutations[0];
}

/* Programs that program_check() refuses are replaced: the mutant is well-formed. */
static void make_well_formed(struct mut *m)
{
	static const struct insn end[] = {
		{ .code = CLS_ALU64 | ALU_MOV | SRC_K }, { .code = CLS_JMP | JMP_EXIT },
	};

	for (uint32_t i = 0; i < m->tc->unit.nprog; i++) {
		struct program *p = &m->prog[i];

		if (p->id)
			continue;
		p->insn = end;
		p->len = 2;
		p->sub = NULL;
		p->func = NULL;
		p->line = NULL;
		p->nsub = p->nfunc = p->nline = 0;
		program_seal(p, m->a);
	}
}

static void begin(struct mut *m, struct testcase *out)
{
	struct unit *u = &out->unit;

	m->tc = out;
	m->prog = arena_dup(m->a, u->prog, u->nprog * sizeof(*m->prog));
	m->map = u->nmap ? arena_dup(m->a, u->map, u->nmap * sizeof(*m->map)) : NULL;
	m->input = arena_dup(m->a, out->input, out->ninput * sizeof(*m->input));
	u->prog = m->prog;
	u->map = m->map;
	out->input = m->input;
	make_well_formed(m);
}

void mutate_case(struct rng *r, const struct testcase *in, const struct testcase *other,
		 struct arena *a, struct testcase *out, const char **name)
{
	struct mut m = { .r = r, .other = other, .a = a };
	uint32_t n = rng_below(r, 3) ? 1 : 2 + (uint32_t)rng_below(r, 4), done = 0;
	const char *what = NULL;

	*out = *in;
	out->has_result = false;	/* it was of another program */
	out->result = 0;
	out->error = NULL;
	begin(&m, out);
	for (uint32_t tries = 0; done < n && tries < n + 12; tries++) {
		const struct mutation *mu = pick(r);

		if (!mu->apply(&m))
			continue;
		done++;
		if (name)
			what = what ? arena_printf(a, "%s,%s", what, mu->name) : mu->name;
	}
	if (!done)
		mut_seed(&m);
	if (name)
		*name = what ? what : "seed";
}

/* ---- serialised cases --------------------------------------------------- */

/* What remains if a mutant does not fit: one input, without what may be left out. */
static void slim(struct testcase *tc)
{
	tc->ninput = 1;
	if (tc->input[0].npacket > 64)
		tc->input[0].npacket = 64;
}

size_t mutate_bytes(uint8_t *buf, size_t len, size_t cap, const uint8_t *other, size_t nother,
		    uint64_t seed)
{
	static struct arena arena;	/* chunks are kept from call to call */
	struct testcase in, with, out;
	struct rng r;

	arena_reset(&arena);
	rng_seed(&r, seed);
	case_from_any(buf, len, &arena, &in);
	if (other)
		case_from_any(other, nother, &arena, &with);
	for (int tries = 0; tries < 6; tries++) {
		uint8_t *bytes;
		size_t n;

		mutate_case(&r, &in, other ? &with : NULL, &arena, &out, NULL);
		if (tries > 2)
			slim(&out);
		bytes = case_to_bin(&out, &arena, &n);
		if (n > cap)
			continue;
		memcpy(buf, bytes, n);
		return n;
	}
	return len < cap ? len : cap;
}
