/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of inputs, maps and whole cases. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "fuzz/mutate.h"

enum { MUT_INPUTS = 16, MUT_PACKET = 256, MUT_CTX = 128 };

static struct input *pick_input(struct mut *m)
{
	return &m->input[mut_below(m, m->tc->ninput)];
}

/* ---- bytes -------------------------------------------------------------- */

static void change_bytes(struct mut *m, uint8_t *p, uint32_t n)
{
	uint32_t at = mut_below(m, n), size = 1u << mut_below(m, 4);
	uint64_t v;

	if (size > n - at)
		size = n - at;
	switch (mut_below(m, 5)) {
	case 0:
		p[at] ^= (uint8_t)(1u << mut_below(m, 8));
		return;
	case 1:
		v = 0;
		memcpy(&v, p + at, size);
		v += mut_below(m, 2) ? 1 : -1ULL;
		break;
	case 2:
		memmove(p + at, p + mut_below(m, n - size + 1), size);
		return;
	default:
		v = mut_value(m);
	}
	memcpy(p + at, &v, size);
}

/*
 * The size of the record at p (its map exists: the case was checked); the
 * value begins at *value.
 */
static uint32_t record(const struct mut *m, const uint8_t *p, uint32_t *value)
{
	const struct map_def *d = &m->map[p[0]];

	*value = 1 + d->key_size;
	return *value + d->value_size;
}

/* Is the value of this map an index into the unit? */
static bool holds_index(const struct map_def *d)
{
	return d->type == MAP_PROG_ARRAY || d->type == MAP_ARRAY_OF_MAPS ||
	       d->type == MAP_HASH_OF_MAPS;
}

static uint32_t count_records(const struct mut *m, const struct input *in)
{
	uint32_t n = 0, at = 0, value;

	for (; at < in->nmaps; n++)
		at += record(m, in->maps + at, &value);
	return n;
}

static uint32_t nth_record(const struct mut *m, const struct input *in, uint32_t n)
{
	uint32_t at = 0, value;

	while (n--)
		at += record(m, in->maps + at, &value);
	return at;
}

static bool change_record(struct mut *m, struct input *in)
{
	uint32_t n = count_records(m, in), at, value, size;
	uint8_t *bytes;

	if (!n)
		return false;
	at = nth_record(m, in, mut_below(m, n));
	size = record(m, in->maps + at, &value);
	bytes = arena_dup(m->a, in->maps, in->nmaps);
	if (holds_index(&m->map[bytes[at]]) || mut_below(m, 4) == 0) {
		if (value == 1)
			return false;
		change_bytes(m, bytes + at + 1, value - 1);
	} else {
		if (size == value)
			return false;
		change_bytes(m, bytes + at + value, size - value);
	}
	in->maps = bytes;
	return true;
}

bool mut_bytes(struct mut *m)
{
	struct input *in = pick_input(m);
	uint32_t which = mut_below(m, 5), n = which < 2 ? in->nctx : in->npacket;
	const uint8_t *from = which < 2 ? in->ctx : in->packet;
	uint8_t *bytes;

	if (which == 4)
		return change_record(m, in);
	if (!n)
		return false;
	bytes = arena_dup(m->a, from, n);
	change_bytes(m, bytes, n);
	if (which < 2)
		in->ctx = bytes;
	else
		in->packet = bytes;
	return true;
}

/* The packet, or a context of any size, becomes longer or shorter. */
bool mut_resize(struct mut *m)
{
	struct input *in = pick_input(m);
	const struct prog_type_info *info = prog_type_info(m->prog[0].type);
	bool ctx = info && (info->ctx_any || m->prog[0].type == PROG_PLAIN);
	uint32_t old = ctx ? in->nctx : in->npacket, n;
	uint8_t *bytes;

	if (!ctx && (!info || !info->has_packet))
		return false;
	n = mut_below(m, 2) ? mut_below(m, (ctx ? MUT_CTX : MUT_PACKET) + 1)
			    : old + mut_below(m, 17) - (old > 8 ? 8 : old);
	if (n == old || n > MUT_PACKET + old)
		return false;
	bytes = arena_alloc(m->a, n + 1);
	if (old)
		memcpy(bytes, ctx ? in->ctx : in->packet, old < n ? old : n);
	for (uint32_t i = old; i < n; i++)
		bytes[i] = (uint8_t)mut_value(m);
	if (ctx) {
		in->ctx = bytes;
		in->nctx = n;
	} else {
		in->packet = bytes;
		in->npacket = n;
	}
	return true;
}

/* A map element goes, or another one comes. */
bool mut_entries(struct mut *m)
{
	struct input *in = pick_input(m);
	uint32_t n = count_records(m, in), at, size, value;
	uint8_t *bytes;

	if (!n)
		return false;
	at = nth_record(m, in, mut_below(m, n));
	size = record(m, in->maps + at, &value);
	if (mut_below(m, 2)) {
		bytes = arena_dup(m->a, in->maps, in->nmaps);
		memmove(bytes + at, bytes + at + size, in->nmaps - at - size);
		in->nmaps -= size;
	} else {
		bytes = arena_raw(m->a, in->nmaps + size);
		memcpy(bytes, in->maps, in->nmaps);
		memcpy(bytes + in->nmaps, in->maps + at, size);
		if (value > 1)
			change_bytes(m, bytes + in->nmaps + 1, value - 1);
		in->nmaps += size;
	}
	in->maps = bytes;
	return true;
}

bool mut_seed(struct mut *m)
{
	pick_input(m)->seed = rng_next(m->r);
	return true;
}

bool mut_inputs(struct mut *m)
{
	uint32_t n = m->tc->ninput, which = mut_below(m, n);
	struct input *list;

	if (n > 1 && mut_below(m, 2)) {
		memmove(&m->input[which], &m->input[which + 1], (n - which - 1) * sizeof(*list));
		m->tc->ninput--;
		return true;
	}
	if (n >= MUT_INPUTS)
		return false;
	list = arena_raw(m->a, (n + 1) * sizeof(*list));
	memcpy(list, m->input, n * sizeof(*list));
	list[n] = list[which];
	m->input = m->tc->input = list;
	m->tc->ninput++;
	mut_bytes(m);
	return true;
}

/* Sizes stay: the inputs' records depend on them. */
bool mut_map(struct mut *m)
{
	struct map_def *d;

	if (!m->tc->unit.nmap)
		return false;
	d = &m->map[mut_below(m, m->tc->unit.nmap)];
	switch (mut_below(m, 3)) {
	case 0:
		d->max_entries = 1 + mut_below(m, 16);
		return true;
	case 1:
		d->flags ^= MAPF_RDONLY_PROG;
		d->frozen = false;
		return true;
	default:
		if (!d->ninit)
			return false;
		d->init = arena_dup(m->a, d->init, d->ninit);
		change_bytes(m, (uint8_t *)d->init, d->ninit);
		return true;
	}
}

/* A fresh case of the same type: now and then a search should start anew. */
bool mut_generate(struct mut *m)
{
	uint32_t type = m->prog[0].type;
	const struct prog_type_info *info = prog_type_info(type);
	struct gen_opts o = { .priv = PRIV_CAP_BPF, .inputs = m->tc->ninput };
	struct testcase tc;
	struct choice c;

	if (info && info->runs && type < 32)
		o.types = 1u << type;
	choice_seed(&c, rng_next(m->r));
	gen_case(&c, &o, m->a, &tc);
	*m->tc = tc;
	m->prog = (struct program *)tc.unit.prog;
	m->map = (struct map_def *)tc.unit.map;
	m->input = tc.input;
	return true;
}
