/* SPDX-License-Identifier: Apache-2.0 */
/* Passes over inputs, maps and whole programs of a unit. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "fuzz/minimise.h"

/* ---- map records -------------------------------------------------------- */

struct entry {
	uint32_t at, size, value;	/* value: where the value begins, from at */
};

static struct entry entry_at(const struct unit *u, const struct input *in, uint32_t at)
{
	const struct map_def *d = &u->map[in->maps[at]];

	return (struct entry){ at, 1 + d->key_size + d->value_size, 1 + d->key_size };
}

static bool holds_progs(const struct map_def *d)
{
	return d->type == MAP_PROG_ARRAY;
}

static bool holds_maps(const struct map_def *d)
{
	return d->type == MAP_ARRAY_OF_MAPS || d->type == MAP_HASH_OF_MAPS;
}

/*
 * Copies the records of in without those of map gone or with value gone in a
 * map that holds indexes of that sort; higher indexes move down.
 */
static void drop_index(struct min *m, struct input *in, int64_t map, int64_t prog)
{
	const struct unit *old = &m->best.unit;
	uint8_t *out = arena_raw(&m->scratch, in->nmaps + 1);
	uint32_t n = 0;

	for (uint32_t at = 0; at < in->nmaps;) {
		struct entry e = entry_at(old, in, at);
		const struct map_def *def = &old->map[in->maps[at]];
		int64_t gone = holds_progs(def) ? prog : holds_maps(def) ? map : -1;
		uint32_t index = 0;

		at += e.size;
		if (gone >= 0)
			memcpy(&index, in->maps + e.at + e.value, 4);
		if (in->maps[e.at] == map || (gone >= 0 && index == gone))
			continue;
		memcpy(out + n, in->maps + e.at, e.size);
		if (map >= 0 && out[n] > map)
			out[n]--;
		if (gone >= 0 && index > gone) {
			index--;
			memcpy(out + n + e.value, &index, 4);
		}
		n += e.size;
	}
	in->maps = out;
	in->nmaps = n;
}

/* ---- parts -------------------------------------------------------------- */

static bool keep_only_input(struct min *m, uint32_t i)
{
	struct draft d;

	min_begin(m, &d);
	d.input[0] = d.input[i];
	d.tc.ninput = 1;
	return min_try(m, &d);
}

bool min_inputs(struct min *m)
{
	bool any = false;

	for (uint32_t i = 0; m->best.ninput > 1 && i < m->best.ninput; i++)
		if (keep_only_input(m, i))
			return true;
	for (uint32_t i = m->best.ninput; m->best.ninput > 1 && i-- > 0;) {
		struct draft d;

		min_begin(m, &d);
		memmove(&d.input[i], &d.input[i + 1], (d.tc.ninput - i - 1) * sizeof(d.input[0]));
		d.tc.ninput--;
		any |= min_try(m, &d);
	}
	return any;
}

bool min_programs(struct min *m)
{
	bool any = false;

	for (uint32_t i = m->best.unit.nprog; i-- > 1;) {
		struct draft d;

		min_begin(m, &d);
		memmove(&d.prog[i], &d.prog[i + 1],
			(d.tc.unit.nprog - i - 1) * sizeof(d.prog[0]));
		d.tc.unit.nprog--;
		for (uint32_t k = 0; k < d.tc.ninput; k++)
			drop_index(m, &d.input[k], -1, i);
		any |= min_try(m, &d);
	}
	return any;
}

static bool names_map(uint8_t id)
{
	return id == I_LD_MAP_FD || id == I_LD_MAP_FD_VALUE || id == I_LD_MAP_IDX ||
	       id == I_LD_MAP_IDX_VALUE;
}

static bool map_is_used(const struct unit *u, uint32_t map)
{
	for (uint32_t i = 0; i < u->nprog; i++)
		for (uint32_t pc = 0; u->prog[i].id && pc < u->prog[i].len; pc++)
			if (u->prog[i].id[pc] != I_LDDW_HI && names_map(u->prog[i].id[pc]) &&
			    u->prog[i].insn[pc].imm == (int32_t)map)
				return true;
	for (uint32_t i = 0; i < u->nmap; i++)
		if (u->map[i].inner == (int32_t)map)
			return true;
	return false;
}

static bool drop_map(struct min *m, uint32_t map)
{
	struct draft d;

	min_begin(m, &d);
	for (uint32_t i = 0; i < d.tc.unit.nprog; i++) {
		struct program *p = &d.prog[i];
		struct insn *code = arena_dup(&m->scratch, p->insn, p->len * sizeof(*code));

		for (uint32_t pc = 0; p->id && pc < p->len; pc++)
			if (p->id[pc] != I_LDDW_HI && names_map(p->id[pc]) &&
			    code[pc].imm > (int32_t)map)
				code[pc].imm--;
		p->insn = code;
		program_seal(p, &m->scratch);
	}
	for (uint32_t k = 0; k < d.tc.ninput; k++)
		drop_index(m, &d.input[k], map, -1);
	memmove(&d.map[map], &d.map[map + 1], (d.tc.unit.nmap - map - 1) * sizeof(d.map[0]));
	d.tc.unit.nmap--;
	for (uint32_t i = 0; i < d.tc.unit.nmap; i++)
		if (d.map[i].inner > (int32_t)map)
			d.map[i].inner--;
	return min_try(m, &d);
}

bool min_maps(struct min *m)
{
	bool any = false;

	for (uint32_t i = m->best.unit.nmap; i-- > 0;) {
		if (!map_is_used(&m->best.unit, i)) {
			any |= drop_map(m, i);
			continue;
		}
		for (uint32_t n = 1; n < m->best.unit.map[i].max_entries; n *= 2) {
			struct draft d;

			min_begin(m, &d);
			d.map[i].max_entries = n;
			if (min_try(m, &d)) {
				any = true;
				break;
			}
		}
	}
	return any;
}

/* ---- lengths ------------------------------------------------------------ */

enum part { PART_CTX, PART_PACKET, PART_MAPS };

static uint32_t part_size(const struct input *in, enum part part)
{
	return part == PART_CTX ? in->nctx : part == PART_PACKET ? in->npacket : in->nmaps;
}

static const uint8_t *part_bytes(const struct input *in, enum part part)
{
	return part == PART_CTX ? in->ctx : part == PART_PACKET ? in->packet : in->maps;
}

static void part_set(struct input *in, enum part part, const uint8_t *p, uint32_t n)
{
	if (part == PART_CTX) {
		in->ctx = p;
		in->nctx = n;
	} else if (part == PART_PACKET) {
		in->packet = p;
		in->npacket = n;
	} else {
		in->maps = p;
		in->nmaps = n;
	}
}

/* Without bytes [from, from + n). */
static bool cut_bytes(struct min *m, uint32_t i, enum part part, uint32_t from, uint32_t n)
{
	const struct input *in = &m->best.input[i];
	uint32_t size = part_size(in, part);
	struct draft d;
	uint8_t *p;

	min_begin(m, &d);
	p = arena_raw(&m->scratch, size + 1);
	memcpy(p, part_bytes(in, part), from);
	memcpy(p + from, part_bytes(in, part) + from + n, size - from - n);
	part_set(&d.input[i], part, p, size - n);
	return min_try(m, &d);
}

/* From the end first: that moves nothing.  Then from the front. */
static bool shorten(struct min *m, uint32_t i, enum part part)
{
	bool any = false;

	for (uint32_t n = part_size(&m->best.input[i], part); n; n /= 2) {
		while (part_size(&m->best.input[i], part) >= n &&
		       cut_bytes(m, i, part, part_size(&m->best.input[i], part) - n, n))
			any = true;
		while (part_size(&m->best.input[i], part) >= n && cut_bytes(m, i, part, 0, n))
			any = true;
	}
	return any;
}

static bool drop_records(struct min *m, uint32_t i)
{
	bool any = m->best.input[i].nmaps &&
		   cut_bytes(m, i, PART_MAPS, 0, m->best.input[i].nmaps);

	for (uint32_t at = 0; at < m->best.input[i].nmaps;) {
		struct entry e = entry_at(&m->best.unit, &m->best.input[i], at);

		if (cut_bytes(m, i, PART_MAPS, at, e.size))
			any = true;
		else
			at += e.size;
	}
	return any;
}

bool min_packets(struct min *m)
{
	bool any = false;

	for (uint32_t i = 0; i < m->best.ninput; i++) {
		any |= shorten(m, i, PART_PACKET);
		any |= shorten(m, i, PART_CTX);
		any |= drop_records(m, i);
	}
	return any;
}

/* ---- contents ----------------------------------------------------------- */

static bool fill_bytes(struct min *m, uint32_t i, enum part part, uint32_t at, uint32_t n,
		       uint8_t with)
{
	const struct input *in = &m->best.input[i];
	struct draft d;
	uint8_t *p;

	min_begin(m, &d);
	p = arena_dup(&m->scratch, part_bytes(in, part), part_size(in, part));
	memset(p + at, with, n);
	part_set(&d.input[i], part, p, part_size(in, part));
	return min_try(m, &d);
}

/* Halves that can be zero as a whole, else their halves, else other plain bytes. */
static bool flatten(struct min *m, uint32_t i, enum part part, uint32_t at, uint32_t n)
{
	static const uint8_t plain[] = { 1, 0xff };
	const uint8_t *p = part_bytes(&m->best.input[i], part) + at;
	uint32_t k = 0;
	bool any;

	while (k < n && p[k] == 0)
		k++;
	if (k == n || min_spent(m))
		return false;
	if (fill_bytes(m, i, part, at, n, 0))
		return true;
	if (n > 1) {
		any = flatten(m, i, part, at, n / 2);
		return flatten(m, i, part, at + n / 2, n - n / 2) || any;
	}
	return fill_bytes(m, i, part, at, 1, plain[0]) || fill_bytes(m, i, part, at, 1, plain[1]);
}

/* Keys and values; indexes of programs and maps stay. */
static bool flatten_records(struct min *m, uint32_t i)
{
	bool any = false;

	for (uint32_t at = 0; at < m->best.input[i].nmaps;) {
		struct entry e = entry_at(&m->best.unit, &m->best.input[i], at);
		const struct map_def *d = &m->best.unit.map[m->best.input[i].maps[at]];

		if (e.value > 1)
			any |= flatten(m, i, PART_MAPS, at + 1, e.value - 1);
		if (e.size > e.value && !holds_progs(d) && !holds_maps(d))
			any |= flatten(m, i, PART_MAPS, at + e.value, e.size - e.value);
		at += e.size;
	}
	return any;
}

static bool flatten_init(struct min *m)
{
	bool any = false;

	for (uint32_t i = 0; i < m->best.unit.nmap; i++) {
		uint32_t n = m->best.unit.map[i].ninit;
		struct draft d;

		if (!n)
			continue;
		min_begin(m, &d);
		d.map[i].init = arena_alloc(&m->scratch, n);
		any |= min_try(m, &d);
	}
	return any;
}

bool min_contents(struct min *m)
{
	bool any = flatten_init(m);

	for (uint32_t i = 0; i < m->best.ninput; i++) {
		const struct input *in = &m->best.input[i];

		if (in->nctx)
			any |= flatten(m, i, PART_CTX, 0, in->nctx);
		if (m->best.input[i].npacket)
			any |= flatten(m, i, PART_PACKET, 0, m->best.input[i].npacket);
		any |= flatten_records(m, i);
	}
	return any;
}

/* Seeds and fuel; fuel in powers of two, so that it does not say too much. */
bool min_numbers(struct min *m)
{
	static const uint64_t seed[] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	bool any = false;

	for (uint32_t i = 0; i < m->best.ninput; i++) {
		struct draft d;

		for (uint32_t k = 0; k < 8; k++) {
			min_begin(m, &d);
			d.input[i].seed = seed[k];
			if (min_try(m, &d)) {
				any = true;
				break;
			}
		}
		for (uint64_t fuel = 1; fuel < m->best.input[i].fuel; fuel *= 2) {
			min_begin(m, &d);
			d.input[i].fuel = fuel;
			if (min_try(m, &d)) {
				any = true;
				break;
			}
			if (fuel > UINT64_MAX / 4)
				break;
		}
	}
	return any;
}
