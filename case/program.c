/* SPDX-License-Identifier: Apache-2.0 */
/* Sealing of programs, hashes, and the names of what runs end in. */
#include "case/case.h"

#include <string.h>

/* ---- subprograms ------------------------------------------------------------ */

/* Marks slot 0 and every target of a local call or code address; returns how many. */
static uint32_t sub_mark(const struct program *p, uint8_t *mark)
{
	uint32_t n = 1;

	mark[0] = 1;
	for (uint32_t pc = 0; pc < p->len; pc++) {
		int64_t to;

		if (p->id[pc] != I_CALL_LOCAL && p->id[pc] != I_LD_CODE_ADDR)
			continue;
		to = insn_target(p->insn, p->id[pc], pc);
		n += !mark[to];
		mark[to] = 1;
	}
	return n;
}

static bool sub_wanted(const struct program *p)
{
	for (uint32_t pc = 0; pc < p->len; pc++)
		if (p->id[pc] == I_CALL_LOCAL || p->id[pc] == I_LD_CODE_ADDR)
			return true;
	return false;
}

/*
 * Starts follow from the code alone, as on Linux: a list that the caller gave
 * lends names and linkage to those that really are starts, so that no edit or
 * hostile file can make the list and the code disagree.
 */
static void sub_derive(struct program *p, struct arena *a)
{
	struct subprog *sub;
	uint8_t *mark = NULL;
	uint32_t n = 1, i = 0, k = 0;

	if (sub_wanted(p)) {
		mark = arena_alloc(a, p->len);
		n = sub_mark(p, mark);
	}
	sub = arena_alloc(a, n * sizeof(*sub));
	for (uint32_t pc = 0; i < n; pc++) {
		if (pc && !mark[pc])
			continue;
		if (i)
			sub[i - 1].end = pc;
		sub[i].start = pc;
		while (p->sub && k < p->nsub && p->sub[k].start < pc)
			k++;
		if (p->sub && k < p->nsub && p->sub[k].start == pc) {
			sub[i].name = p->sub[k].name;
			sub[i].global = p->sub[k].global;
		}
		i++;
	}
	sub[n - 1].end = p->len;
	p->sub = sub;
	p->nsub = n;
}

uint32_t program_subprog(const struct program *p, uint32_t pc)
{
	uint32_t lo = 0, hi = p->nsub;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (p->sub[mid].start <= pc)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

/* ---- seal and hash ----------------------------------------------------------- */

/* Covers what decides verdict and outcome; names and debug information do not. */
static uint64_t program_hash(const struct program *p)
{
	uint64_t h = digest(p->insn, (size_t)p->len * sizeof(struct insn),
			    (uint64_t)p->type << 48 | (uint64_t)p->attach_type << 32 |
			    p->prog_flags);

	if (strcmp(p->license, "GPL"))
		h = digest(p->license, strlen(p->license), h);
	if (p->target)
		h = digest(p->target, strlen(p->target), h + 1);
	for (uint32_t i = 0; i < p->nsub; i++)
		if (p->sub[i].global)
			h = mix64(h + i + 1);
	return h;
}

void program_seal(struct program *p, struct arena *a)
{
	const struct prog_type_info *info;
	uint8_t *id = arena_raw(a, p->len);

	if (program_check(p->insn, p->len, id, &p->check)) {
		p->id = id;
		sub_derive(p, a);
	} else {
		p->id = NULL;
		p->sub = NULL;
		p->nsub = 0;
	}
	if (!p->attach_type && (info = prog_type_info(p->type)))
		p->attach_type = info->attach_type;
	if (!p->name)
		p->name = "";
	if (!p->license)
		p->license = "GPL";
	p->hash = program_hash(p);
}

static uint64_t map_hash(const struct map_def *m, uint64_t seed)
{
	uint32_t w[] = {
		m->type, m->key_size, m->value_size, m->max_entries, m->flags, m->ninit,
		m->frozen, m->has_spin_lock, m->spin_lock_off, (uint32_t)m->inner,
	};

	seed = digest(w, sizeof(w), seed);
	return m->ninit ? digest(m->init, m->ninit, seed) : seed;
}

uint64_t unit_hash(const struct unit *u)
{
	uint64_t h = u->nprog;

	for (uint32_t i = 0; i < u->nprog; i++)
		h = mix64(h + u->prog[i].hash);
	for (uint32_t i = 0; i < u->nmap; i++)
		h = map_hash(&u->map[i], h);
	return h;
}

/* ---- names ---------------------------------------------------------------------- */

const char *out_name(enum out kind)
{
	static const char *const name[OUT_N] = {
		[OUT_RETURN] = "return", [OUT_TRAP] = "trap", [OUT_FUEL] = "fuel",
		[OUT_REJECT] = "reject", [OUT_UNSUPPORTED] = "unsupported",
		[OUT_BROKEN] = "broken",
	};

	return (uint32_t)kind < OUT_N ? name[kind] : "?";
}

const char *trap_name(enum trap trap)
{
	static const char *const name[TRAP_N] = {
		[TRAP_NONE] = "no trap",
		[TRAP_ACCESS] = "out-of-bounds access",
		[TRAP_ALIGN] = "unaligned atomic access",
		[TRAP_HELPER] = "bad helper call",
		[TRAP_CALL_DEPTH] = "call depth exceeded",
		[TRAP_DEAD] = "unreachable instruction reached",
		[TRAP_FAULT] = "fault in compiled code",
	};

	return (uint32_t)trap < TRAP_N ? name[trap] : "?";
}

const char *region_name(enum region_id r)
{
	static const char *const name[REGION_N] = {
		[REGION_STACK] = "stack", [REGION_CTX] = "ctx", [REGION_PACKET] = "packet",
		[REGION_MAPS] = "maps", [REGION_SLACK] = "slack",
	};

	return (uint32_t)r < REGION_N ? name[r] : "?";
}
