/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The binary form of a case.
 *
 * "PLX1", a version byte, then sections { u8 tag, u32 length, payload }, in the
 * order of this list; numbers are little-endian.  SUBS, FUNCS and LINES belong
 * to the PROG before them and are left out when empty.  Strings are
 * { u16 length, bytes } without a NUL.
 *
 *   PROG    u16 type, u16 attach, u32 flags, string name, string licence,
 *           then 8 bytes a slot
 *   TARGET  the name of what it attaches to
 *   SUBS    { u32 start, u8 global, string name }, only those with either
 *   FUNCS   { u32 slot, u32 BTF type }
 *   LINES   { u32 slot, u32 line, u32 column, string file, string text }
 *   MAP     16 bytes name, u32 type, key, value, entries, flags, u8 bits
 *           (1 frozen, 2 spin lock), u32 spin lock offset, s32 inner,
 *           u32 BTF key, u32 BTF value, then the initial value
 *   INPUT   u64 seed, u64 fuel, u32 nctx, u32 npacket, ctx, packet, map records
 *   EXPECT  u8 bits (1 result, 2 error), u64 result, string error
 */
#include "case/case.h"

#include <string.h>

#include "case/internal.h"

enum tag { TAG_PROG = 1, TAG_SUBS, TAG_FUNCS, TAG_LINES, TAG_MAP, TAG_INPUT, TAG_EXPECT, TAG_TARGET };
/* Where a section stands. */
static const uint8_t order[] = {
	[TAG_PROG] = 1, [TAG_TARGET] = 2, [TAG_SUBS] = 3, [TAG_FUNCS] = 4, [TAG_LINES] = 5,
	[TAG_MAP] = 6, [TAG_INPUT] = 7, [TAG_EXPECT] = 8,
};
enum { VERSION = 1, HEADER = 5, MAP_FIXED = 16 + 5 * 4 + 1 + 4 * 4, INPUT_FIXED = 24 };

/* ---- writing ------------------------------------------------------------------ */

/* With p NULL it only counts. */
struct writer {
	uint8_t *p;
	size_t n;
};

static void put(struct writer *w, const void *p, size_t n)
{
	if (w->p && n)
		memcpy(w->p + w->n, p, n);
	w->n += n;
}

static void put8(struct writer *w, uint8_t v)
{
	put(w, &v, sizeof(v));
}

static void put16(struct writer *w, uint16_t v)
{
	put(w, &v, sizeof(v));
}

static void put32(struct writer *w, uint32_t v)
{
	put(w, &v, sizeof(v));
}

static void put64(struct writer *w, uint64_t v)
{
	put(w, &v, sizeof(v));
}

static void put_string(struct writer *w, const char *s)
{
	size_t n = s ? strnlen(s, LIMIT_STRING) : 0;

	put16(w, (uint16_t)n);
	put(w, s, n);
}

/* Returns where the length goes. */
static size_t put_tag(struct writer *w, enum tag tag)
{
	put8(w, (uint8_t)tag);
	put32(w, 0);
	return w->n;
}

static void put_end(struct writer *w, size_t start)
{
	uint32_t n = (uint32_t)(w->n - start);

	if (w->p)
		memcpy(w->p + start - 4, &n, 4);
}

static void put_subs(struct writer *w, const struct program *p)
{
	size_t at = 0;

	for (uint32_t i = 0; i < p->nsub; i++) {
		if (!p->sub[i].global && (!p->sub[i].name || !p->sub[i].name[0]))
			continue;
		if (!at)
			at = put_tag(w, TAG_SUBS);
		put32(w, p->sub[i].start);
		put8(w, p->sub[i].global);
		put_string(w, p->sub[i].name);
	}
	if (at)
		put_end(w, at);
}

static void put_prog(struct writer *w, const struct program *p)
{
	size_t at = put_tag(w, TAG_PROG);

	put16(w, p->type);
	put16(w, p->attach_type);
	put32(w, p->prog_flags);
	put_string(w, p->name);
	put_string(w, p->license);
	put(w, p->insn, (size_t)p->len * sizeof(struct insn));
	put_end(w, at);
	if (p->target) {
		at = put_tag(w, TAG_TARGET);
		put_string(w, p->target);
		put_end(w, at);
	}
	put_subs(w, p);
	if (p->nfunc) {
		at = put_tag(w, TAG_FUNCS);
		for (uint32_t i = 0; i < p->nfunc; i++) {
			put32(w, p->func[i].insn_off);
			put32(w, p->func[i].type_id);
		}
		put_end(w, at);
	}
	if (!p->nline)
		return;
	at = put_tag(w, TAG_LINES);
	for (uint32_t i = 0; i < p->nline; i++) {
		put32(w, p->line[i].insn_off);
		put32(w, p->line[i].line);
		put32(w, p->line[i].col);
		put_string(w, p->line[i].file);
		put_string(w, p->line[i].text);
	}
	put_end(w, at);
}

static void put_map(struct writer *w, const struct map_def *m)
{
	size_t at = put_tag(w, TAG_MAP);

	put(w, m->name, sizeof(m->name));
	put32(w, m->type);
	put32(w, m->key_size);
	put32(w, m->value_size);
	put32(w, m->max_entries);
	put32(w, m->flags);
	put8(w, m->frozen | m->has_spin_lock << 1);
	put32(w, m->spin_lock_off);
	put32(w, (uint32_t)m->inner);
	put32(w, m->btf_key);
	put32(w, m->btf_value);
	put(w, m->init, m->ninit);
	put_end(w, at);
}

static void put_case(struct writer *w, const struct testcase *tc)
{
	size_t at;

	put(w, "PLX1", 4);
	put8(w, VERSION);
	for (uint32_t i = 0; i < tc->unit.nprog; i++)
		put_prog(w, &tc->unit.prog[i]);
	for (uint32_t i = 0; i < tc->unit.nmap; i++)
		put_map(w, &tc->unit.map[i]);
	for (uint32_t i = 0; i < tc->ninput; i++) {
		const struct input *in = &tc->input[i];

		at = put_tag(w, TAG_INPUT);
		put64(w, in->seed);
		put64(w, in->fuel);
		put32(w, in->nctx);
		put32(w, in->npacket);
		put(w, in->ctx, in->nctx);
		put(w, in->packet, in->npacket);
		put(w, in->maps, in->nmaps);
		put_end(w, at);
	}
	if (!tc->has_result && !tc->error)
		return;
	at = put_tag(w, TAG_EXPECT);
	put8(w, (uint8_t)(tc->has_result | (tc->error ? 2 : 0)));
	put64(w, tc->has_result ? tc->result : 0);
	put_string(w, tc->error);
	put_end(w, at);
}

uint8_t *case_to_bin(const struct testcase *tc, struct arena *a, size_t *n)
{
	struct writer w = { NULL, 0 };

	put_case(&w, tc);
	w.p = arena_raw(a, w.n);
	w.n = 0;
	put_case(&w, tc);
	*n = w.n;
	return w.p;
}

/* ---- reading ------------------------------------------------------------------- */

/*
 * Strict: anything out of place fails.  Lenient (for fuzz targets): lengths
 * are clipped, unknown sections skipped, missing numbers are zero.
 */
struct reader {
	const uint8_t *base, *p, *end;
	struct arena *a;
	struct file_err *err;
	bool lenient, failed;
};

static void fail(struct reader *r, const char *why)
{
	if (!r->failed && !r->lenient)
		err_at(r->err, (uint64_t)(r->p - r->base), "%s", why);
	r->failed = true;
}

static size_t left(const struct reader *r)
{
	return (size_t)(r->end - r->p);
}

static const uint8_t *get(struct reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if (n > left(r)) {
		fail(r, "section is cut short");
		r->p = r->end;
		return NULL;
	}
	r->p += n;
	return p;
}

static uint64_t get_int(struct reader *r, size_t n)
{
	const uint8_t *p = get(r, n);
	uint64_t v = 0;

	if (p)
		memcpy(&v, p, n);
	return v;
}

static uint32_t get32(struct reader *r)
{
	return (uint32_t)get_int(r, 4);
}

/* "" if empty. */
static const char *get_string(struct reader *r)
{
	size_t n = (size_t)get_int(r, 2);
	const uint8_t *p = get(r, n);
	char *s;

	if (!p || !n)
		return "";
	if (n > LIMIT_STRING) {
		fail(r, "string is too long");
		n = LIMIT_STRING;
	}
	if (memchr(p, 0, n))
		fail(r, "string contains a NUL");
	s = arena_raw(r->a, n + 1);
	memcpy(s, p, n);
	s[n] = 0;
	return s;
}

static uint8_t *get_bytes(struct reader *r, size_t n)
{
	const uint8_t *p = get(r, n);

	return p && n ? arena_dup(r->a, p, n) : NULL;
}

static void get_subs(struct reader *r, struct program *p)
{
	uint32_t cap = (uint32_t)(left(r) / 7 + 1);
	struct subprog *sub = arena_alloc(r->a, cap * sizeof(*sub));
	uint32_t n = 0;

	while (left(r) && !(r->failed && !r->lenient) && n < cap) {
		const char *name;
		uint8_t global;

		sub[n].start = get32(r);
		global = (uint8_t)get_int(r, 1);
		sub[n].global = global & 1;
		name = get_string(r);
		sub[n].name = name[0] ? name : NULL;
		if (global > 1 || (!global && !name[0]) ||
		    (n && sub[n].start <= sub[n - 1].start))
			fail(r, "malformed list of subprograms");
		n++;
	}
	p->sub = sub;
	p->nsub = n;
}

static void get_funcs(struct reader *r, struct program *p)
{
	uint32_t n = (uint32_t)(left(r) / 8);
	struct func_info *func = arena_alloc(r->a, n * sizeof(*func));

	if (left(r) % 8 || !n)
		fail(r, "malformed list of functions");
	for (uint32_t i = 0; i < n; i++) {
		func[i].insn_off = get32(r);
		func[i].type_id = get32(r);
	}
	p->func = func;
	p->nfunc = n;
}

static void get_lines(struct reader *r, struct program *p)
{
	uint32_t cap = (uint32_t)(left(r) / 16 + 1), n = 0;
	struct line_info *line = arena_alloc(r->a, cap * sizeof(*line));

	while (left(r) && !(r->failed && !r->lenient) && n < cap) {
		line[n].insn_off = get32(r);
		line[n].line = get32(r);
		line[n].col = get32(r);
		line[n].file = get_string(r);
		line[n].text = get_string(r);
		n++;
	}
	p->line = line;
	p->nline = n;
}

static void get_prog(struct reader *r, struct program *p)
{
	size_t size;

	p->type = (uint16_t)get_int(r, 2);
	p->attach_type = (uint16_t)get_int(r, 2);
	p->prog_flags = get32(r);
	p->name = get_string(r);
	p->license = get_string(r);
	size = left(r);
	if (size % sizeof(struct insn))
		fail(r, "program is no whole number of instructions");
	p->len = (uint32_t)(size / sizeof(struct insn));
	if (p->len > MAX_INSNS) {
		fail(r, "program is too long");
		p->len = MAX_INSNS;
	}
	/* one more, so that program_repair() has room */
	p->insn = memcpy(arena_alloc(r->a, (p->len + 1) * sizeof(struct insn)), r->p,
			 p->len * sizeof(struct insn));
	r->p = r->end;
}

static void get_target(struct reader *r, struct program *p)
{
	const char *s = get_string(r);

	if (!s[0])
		fail(r, "empty target");
	p->target = s[0] ? s : NULL;
}

static void get_map(struct reader *r, struct map_def *m)
{
	const uint8_t *name = get(r, sizeof(m->name));
	uint8_t bits;

	if (name)
		memcpy(m->name, name, sizeof(m->name) - 1);
	for (size_t i = strnlen(m->name, sizeof(m->name)); name && i < sizeof(m->name); i++) {
		if (name[i])
			fail(r, "map name is not padded with zeros");
		m->name[i] = 0;
	}
	m->type = get32(r);
	m->key_size = get32(r);
	m->value_size = get32(r);
	m->max_entries = get32(r);
	m->flags = get32(r);
	bits = (uint8_t)get_int(r, 1);
	if (bits > 3)
		fail(r, "unknown flag of a map");
	m->frozen = bits & 1;
	m->has_spin_lock = bits >> 1 & 1;
	m->spin_lock_off = get32(r);
	m->inner = (int32_t)get32(r);
	m->btf_key = get32(r);
	m->btf_value = get32(r);
	m->ninit = (uint32_t)left(r);
	m->init = get_bytes(r, left(r));
}

static void get_input(struct reader *r, struct input *in)
{
	in->seed = get_int(r, 8);
	in->fuel = get_int(r, 8);
	in->nctx = get32(r);
	in->npacket = get32(r);
	if (r->lenient && in->nctx > left(r))
		in->nctx = (uint32_t)left(r);
	in->ctx = get_bytes(r, in->nctx);
	if (r->lenient && in->npacket > left(r))
		in->npacket = (uint32_t)left(r);
	in->packet = get_bytes(r, in->npacket);
	in->nmaps = (uint32_t)left(r);
	in->maps = get_bytes(r, in->nmaps);
}

static void get_expect(struct reader *r, struct testcase *tc)
{
	uint8_t bits = (uint8_t)get_int(r, 1);
	const char *error;

	tc->has_result = bits & 1;
	tc->result = get_int(r, 8);
	error = get_string(r);
	tc->error = bits & 2 ? error : NULL;
	if (!bits || bits > 3 || (!tc->error && error[0]) || (!tc->has_result && tc->result))
		fail(r, "malformed expectation");
}

/* How many sections of each tag there are, so that arrays have the right size. */
struct counts {
	uint32_t n[TAG_TARGET + 1];
};

static bool count_sections(struct reader *r, struct counts *c)
{
	uint32_t last = TAG_PROG;

	while (left(r)) {
		uint8_t tag = (uint8_t)get_int(r, 1);
		uint32_t size = get32(r);

		if (r->failed && !r->lenient)
			return false;
		if (tag < TAG_PROG || tag > TAG_TARGET) {
			fail(r, "unknown section");
		} else {
			if ((order[tag] < order[last] &&
			     !(tag == TAG_PROG && order[last] <= order[TAG_LINES])) ||
			    (tag == last && tag != TAG_PROG && tag != TAG_MAP && tag != TAG_INPUT))
				fail(r, "section out of order");
			if (tag > TAG_PROG && !c->n[TAG_PROG])
				fail(r, "section before the first program");
			c->n[tag]++;
			last = tag;
		}
		if (size > left(r)) {
			fail(r, "section is longer than the file");
			size = (uint32_t)left(r);
		}
		r->p += size;
		if (r->failed && !r->lenient)
			return false;
	}
	return true;
}

static uint32_t clip(struct reader *r, uint32_t n, uint32_t most, const char *why)
{
	if (n <= most)
		return n;
	fail(r, why);
	return most;
}

static void get_section(struct reader *r, uint8_t tag, struct testcase *tc, struct counts *at,
			const struct counts *most)
{
	struct program *prog = (struct program *)tc->unit.prog;
	struct map_def *map = (struct map_def *)tc->unit.map;
	uint32_t i;

	if (tag < TAG_PROG || tag > TAG_TARGET)
		return;
	i = at->n[tag]++;
	if (tag == TAG_PROG && i < most->n[TAG_PROG])
		get_prog(r, &prog[i]);
	else if (tag == TAG_MAP && i < most->n[TAG_MAP])
		get_map(r, &map[i]);
	else if (tag == TAG_INPUT && i < most->n[TAG_INPUT])
		get_input(r, &tc->input[i]);
	else if (tag == TAG_EXPECT)
		get_expect(r, tc);
	i = at->n[TAG_PROG] - 1;
	if (i >= most->n[TAG_PROG])
		return;
	if (tag == TAG_SUBS)
		get_subs(r, &prog[i]);
	else if (tag == TAG_FUNCS)
		get_funcs(r, &prog[i]);
	else if (tag == TAG_LINES)
		get_lines(r, &prog[i]);
	else if (tag == TAG_TARGET)
		get_target(r, &prog[i]);
}

static void get_case(struct reader *r, struct testcase *tc)
{
	struct reader sections = *r;
	struct counts most = { 0 }, at = { 0 };
	const uint8_t *end = r->end;

	if (!count_sections(&sections, &most)) {
		r->failed = true;
		return;
	}
	most.n[TAG_PROG] = clip(r, most.n[TAG_PROG], MAX_PROGS, "too many programs");
	most.n[TAG_MAP] = clip(r, most.n[TAG_MAP], MAX_MAPS, "too many maps");
	most.n[TAG_INPUT] = clip(r, most.n[TAG_INPUT], MAX_INPUTS, "too many inputs");
	/* at least one program and one input, for lenient readers */
	tc->unit.nprog = most.n[TAG_PROG];
	tc->unit.prog = arena_alloc(r->a, (tc->unit.nprog + 1) * sizeof(struct program));
	tc->unit.nmap = most.n[TAG_MAP];
	tc->unit.map = arena_alloc(r->a, tc->unit.nmap * sizeof(struct map_def));
	tc->ninput = most.n[TAG_INPUT];
	tc->input = arena_alloc(r->a, (tc->ninput + 1) * sizeof(struct input));
	while (left(r) && !(r->failed && !r->lenient)) {
		uint8_t tag = (uint8_t)get_int(r, 1);
		uint32_t size = get32(r);

		if (size > left(r))
			size = (uint32_t)left(r);
		r->end = r->p + size;
		get_section(r, tag, tc, &at, &most);
		if (left(r))
			fail(r, "section is too long");
		r->p = r->end;
		r->end = end;
	}
}

bool case_from_bin(const uint8_t *p, size_t n, struct arena *a, struct testcase *tc,
		   struct file_err *err)
{
	struct reader r = { .base = p, .end = p + n, .a = a, .err = err };

	memset(tc, 0, sizeof(*tc));
	if (n < HEADER || memcmp(p, "PLX1", 4))
		return err_at(err, 0, "no case file: bad magic");
	if (p[4] != VERSION)
		return err_at(err, 4, "version %u, but only %d is known", p[4], VERSION);
	r.p = p + HEADER;
	get_case(&r, tc);
	return !r.failed && case_check(tc, err) && case_seal(tc, a, err);
}

void case_read_lenient(const uint8_t *p, size_t n, struct arena *a, struct testcase *tc)
{
	struct file_err err;
	struct reader r = { .base = p, .p = p, .end = p + n, .a = a, .err = &err, .lenient = true };

	memset(tc, 0, sizeof(*tc));
	get_case(&r, tc);
	tc->unit.nprog += !tc->unit.nprog;
	tc->ninput += !tc->ninput;
}
