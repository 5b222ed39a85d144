/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the text form of a case; text_write.c writes it.  "#" begins a comment,
 * a line with "--" a section:
 *
 *   -- program [NAME]	the next program (the first one needs no such line); it
 *			inherits type, attach type, flags and licence
 *   -- type NAME, -- attach N, -- flags N, -- license TEXT, -- target NAME
 *   -- asm		instructions, as asm_text() takes them
 *   -- raw		slots as 64-bit numbers; wins over -- asm
 *   -- subprogs	SLOT [global] [NAME]
 *   -- funcs		SLOT BTF-TYPE
 *   -- lines		SLOT LINE COLUMN FILE TEXT
 *   -- map NAME KIND KEY VALUE ENTRIES [FLAGS] [frozen] [spin_lock=OFF]
 *	    [inner=MAP] [btf=K,V]	and the bytes of its first value
 *   -- input		the next input (the first one needs no such line)
 *   -- mem		bytes: the packet of programs that have one, else the context
 *   -- ctx, -- packet	bytes; 00*64 is 64 of them
 *   -- maps		MAP key bytes = value bytes, "prog PROGRAM", or "map MAP"
 *   -- seed N, -- fuel N
 *   -- result		r0 of the first input      -- error	expected failure
 *   -- c		documentation, as is -- no register offset
 *
 * The sections of bpf_conformance mean what they mean there, and are found as
 * it finds them: a line that contains "--" anywhere is a directive, named by
 * the first of a few substrings.  Ours are matched exactly.
 */
#define _GNU_SOURCE	/* memmem() */
#include "case/case.h"

#include <string.h>

#include "case/text.h"

enum section {
	S_START, S_HEAD, S_IGNORE, S_ASM, S_RAW, S_MEM, S_RESULT, S_ERROR, S_CTX, S_PACKET, S_MAP,
	S_MAPS, S_SUBS, S_FUNCS, S_LINES, S_N,
};

/* A program while it is read. */
struct draft {
	struct program p;
	const char *text;	/* of -- asm */
	size_t ntext;
	uint32_t line;		/* before the first of text */
	struct bytes raw, sub, func, info;
	uint32_t seen;		/* bit per section */
};

struct idraft {
	struct bytes ctx, packet, maps, mem;
	uint64_t seed, fuel;
	uint32_t seen;
};
enum { SEEN_SEED = 1 << S_N, SEEN_FUEL = 2 << S_N };

struct parse {
	struct text t;
	enum section section;
	struct draft *prog;
	uint32_t nprog;
	struct map_def *map;
	struct tok *inner;	/* of each map: the token to resolve at the end */
	uint32_t *inner_line;
	uint32_t nmap;
	struct bytes init;	/* of the map being read */
	struct idraft *input;
	uint32_t ninput;
	bool has_result, has_error;
	uint64_t result;
	const char *error;
};

static struct draft *cur(struct parse *p)
{
	return &p->prog[p->nprog - 1];
}

static struct idraft *cur_input(struct parse *p)
{
	return &p->input[p->ninput - 1];
}

/* ---- references ------------------------------------------------------------------ */

/* A map by index, or by name if only one has it. */
static bool find_map(struct parse *p, const struct tok *k, uint32_t *index)
{
	uint32_t found = 0;

	if (k->n && k->p[0] >= '0' && k->p[0] <= '9') {
		if (!tok_u32(&p->t, k, MAX_MAPS - 1, index))
			return false;
		return *index < p->nmap || tok_fail(&p->t, k, "there is no map %u", *index);
	}
	for (uint32_t i = 0; i < p->nmap; i++) {
		if (tok_is(k, p->map[i].name)) {
			*index = i;
			found++;
		}
	}
	if (found == 1)
		return true;
	return tok_fail(&p->t, k, "%s map of this name", found ? "more than one" : "no");
}

static bool find_prog(struct parse *p, const struct tok *k, uint32_t *index)
{
	if (k->n && k->p[0] >= '0' && k->p[0] <= '9')
		return tok_u32(&p->t, k, MAX_PROGS - 1, index);
	for (uint32_t i = 0; i < p->nprog; i++) {
		if (p->prog[i].p.name && tok_is(k, p->prog[i].p.name)) {
			*index = i;
			return true;
		}
	}
	return tok_fail(&p->t, k, "no program of this name so far");
}

/* ---- lines of sections -------------------------------------------------------------- */

static bool line_bytes(struct parse *p, struct bytes *out, uint32_t max)
{
	struct tok k;

	while (tok_next(&p->t, &k))
		if (!tok_bytes(&p->t, &k, out, max))
			return false;
	return true;
}

static bool line_raw(struct parse *p)
{
	struct bytes *raw = &cur(p)->raw;
	struct tok k;
	uint64_t v;

	while (tok_next(&p->t, &k)) {
		if (!tok_u64(&p->t, &k, UINT64_MAX, &v))
			return false;
		if (raw->n >= MAX_INSNS * sizeof(v))
			return tok_fail(&p->t, &k, "more than %d instructions", MAX_INSNS);
		memcpy(bytes_more(raw, p->t.a, sizeof(v)), &v, sizeof(v));
	}
	return true;
}

/* The last line wins, as in bpf_conformance. */
static bool line_result(struct parse *p)
{
	struct tok k, more;
	bool minus;

	tok_next(&p->t, &k);
	if (tok_next(&p->t, &more))
		return tok_fail(&p->t, &more, "text behind the result");
	minus = tok_prefix(&k, "-", &k);
	if (!tok_u64(&p->t, &k, UINT64_MAX, &p->result))
		return false;
	if (minus)
		p->result = -p->result;
	p->has_result = true;
	return true;
}

static bool line_error(struct parse *p)
{
	struct tok k, more;

	tok_next(&p->t, &k);
	p->has_error = true;
	if (k.p[0] == '"') {
		if (tok_next(&p->t, &more))
			return tok_fail(&p->t, &more, "text behind the string");
	} else {
		k.n = (size_t)(p->t.end - k.p);
	}
	return tok_string(&p->t, &k, &p->error);
}

/* MAP key bytes = value bytes, or "= prog N", or "= map REF" */
static bool line_maps(struct parse *p)
{
	struct bytes *out = &cur_input(p)->maps;
	const struct map_def *m;
	struct tok k, ref;
	uint32_t index;
	size_t at;

	tok_next(&p->t, &ref);
	if (!find_map(p, &ref, &index))
		return false;
	m = &p->map[index];
	*bytes_more(out, p->t.a, 1) = (uint8_t)index;
	for (at = out->n; tok_next(&p->t, &k) && !tok_is(&k, "=");)
		if (!tok_bytes(&p->t, &k, out, LIMIT_BYTES))
			return false;
	if (!k.n)
		return tok_fail(&p->t, &k, "expected '=' and a value");
	if (out->n - at != m->key_size)
		return tok_fail(&p->t, &ref, "key of %zu bytes, but map %s has keys of %u",
				out->n - at, m->name, m->key_size);
	at = out->n;
	while (tok_next(&p->t, &k)) {
		bool prog = tok_is(&k, "prog");

		if (!prog && !tok_is(&k, "map")) {
			if (!tok_bytes(&p->t, &k, out, LIMIT_BYTES))
				return false;
			continue;
		}
		if (out->n != at || prog != map_holds_progs(m) || prog == map_holds_maps(m))
			return tok_fail(&p->t, &k, "this map holds bytes");
		if (!tok_next(&p->t, &k) ||
		    !(prog ? find_prog(p, &k, &index) : find_map(p, &k, &index)))
			return k.n ? false : tok_fail(&p->t, &k, "expected a name or number");
		memcpy(bytes_more(out, p->t.a, sizeof(index)), &index, sizeof(index));
	}
	if (out->n - at != m->value_size)
		return tok_fail(&p->t, &ref, "value of %zu bytes, but map %s has values of %u",
				out->n - at, m->name, m->value_size);
	return true;
}

/* n numbers at the start of a line. */
static bool numbers(struct parse *p, uint32_t *v, uint32_t n)
{
	struct tok k;

	for (uint32_t i = 0; i < n; i++)
		if (!tok_next(&p->t, &k))
			return tok_fail(&p->t, &k, "expected %u numbers", n);
		else if (!tok_u32(&p->t, &k, UINT32_MAX, &v[i]))
			return false;
	return true;
}

static bool line_end(struct parse *p)
{
	struct tok k;

	return !tok_next(&p->t, &k) || tok_fail(&p->t, &k, "text behind the end of the line");
}

/* SLOT [global] [NAME] */
static bool line_sub(struct parse *p)
{
	struct bytes *list = &cur(p)->sub;
	struct subprog s = { 0 };
	struct tok k;

	if (!numbers(p, &s.start, 1))
		return false;
	if (list->n && ((struct subprog *)(list->p + list->n))[-1].start >= s.start) {
		p->t.at = p->t.start;
		tok_next(&p->t, &k);
		return tok_fail(&p->t, &k, "subprograms are not in order");
	}
	tok_next(&p->t, &k);
	if (tok_is(&k, "global")) {
		s.global = true;
		tok_next(&p->t, &k);
	}
	if (k.n && !tok_string(&p->t, &k, &s.name))
		return false;
	if (!s.global && (!s.name || !s.name[0]))
		return tok_fail(&p->t, &k, "expected 'global' or a name");
	if (s.name && !s.name[0])
		s.name = NULL;
	memcpy(bytes_more(list, p->t.a, sizeof(s)), &s, sizeof(s));
	return line_end(p);
}

static bool line_func(struct parse *p)
{
	struct func_info f;
	uint32_t v[2];

	if (!numbers(p, v, 2))
		return false;
	f.insn_off = v[0];
	f.type_id = v[1];
	memcpy(bytes_more(&cur(p)->func, p->t.a, sizeof(f)), &f, sizeof(f));
	return line_end(p);
}

static bool line_info_line(struct parse *p)
{
	struct line_info l = { 0 };
	uint32_t v[3];
	struct tok k;

	if (!numbers(p, v, 3))
		return false;
	l.insn_off = v[0];
	l.line = v[1];
	l.col = v[2];
	if (!tok_next(&p->t, &k))
		return tok_fail(&p->t, &k, "expected the name of a file");
	if (!tok_string(&p->t, &k, &l.file))
		return false;
	if (!tok_next(&p->t, &k))
		return tok_fail(&p->t, &k, "expected the text of the line");
	if (!tok_string(&p->t, &k, &l.text))
		return false;
	memcpy(bytes_more(&cur(p)->info, p->t.a, sizeof(l)), &l, sizeof(l));
	return line_end(p);
}

static bool parse_line(struct parse *p)
{
	struct tok k = { p->t.start, 0 };

	switch (p->section) {
	case S_ASM:	/* taken whole at its end */
	case S_IGNORE:
		return true;
	case S_RAW:
		return line_raw(p);
	case S_MEM:
		return line_bytes(p, &cur_input(p)->mem, LIMIT_BYTES);
	case S_CTX:
		return line_bytes(p, &cur_input(p)->ctx, LIMIT_BYTES);
	case S_PACKET:
		return line_bytes(p, &cur_input(p)->packet, LIMIT_BYTES);
	case S_MAP:
		return line_bytes(p, &p->init, p->map[p->nmap - 1].value_size);
	case S_RESULT:
		return line_result(p);
	case S_ERROR:
		return line_error(p);
	case S_MAPS:
		return line_maps(p);
	case S_SUBS:
		return line_sub(p);
	case S_FUNCS:
		return line_func(p);
	case S_LINES:
		return line_info_line(p);
	case S_START:
	case S_HEAD:
	case S_N:
		break;
	}
	return tok_fail(&p->t, &k, "text outside of any section");
}

/* ---- directives ------------------------------------------------------------------------ */

static bool start_prog(struct parse *p, const struct tok *k)
{
	struct draft *d;

	if (p->nprog == MAX_PROGS)
		return tok_fail(&p->t, k, "more than %d programs", MAX_PROGS);
	d = &p->prog[p->nprog++];
	if (p->nprog > 1) {
		d->p.type = d[-1].p.type;
		d->p.attach_type = d[-1].p.attach_type;
		d->p.prog_flags = d[-1].p.prog_flags;
		d->p.license = d[-1].p.license;
	}
	return true;
}

/* -- program [NAME]: names the first program while nothing was said of it. */
static bool dir_program(struct parse *p, const struct tok *k)
{
	struct tok name;

	if ((cur(p)->seen || cur(p)->p.name) && !start_prog(p, k))
		return false;
	cur(p)->seen |= 1 << S_HEAD;
	cur(p)->p.name = "";
	return !tok_next(&p->t, &name) || tok_string(&p->t, &name, &cur(p)->p.name);
}

static bool dir_type(struct parse *p, const struct tok *k)
{
	const struct prog_type_info *info;
	const char *name;

	if (!tok_string(&p->t, k, &name))
		return false;
	info = prog_type_by_name(name);
	if (!info)
		return tok_fail(&p->t, k, "unknown program type '%.40s'", name);
	cur(p)->p.type = info->type;
	cur(p)->p.attach_type = 0;
	cur(p)->p.target = NULL;
	return true;
}

static bool map_option(struct parse *p, struct map_def *m, const struct tok *k)
{
	struct tok v;
	const char *comma;

	if (tok_is(k, "frozen")) {
		m->frozen = true;
		return true;
	}
	if (tok_prefix(k, "spin_lock=", &v)) {
		m->has_spin_lock = true;
		return tok_u32(&p->t, &v, UINT32_MAX, &m->spin_lock_off);
	}
	if (tok_prefix(k, "inner=", &v)) {
		p->inner[p->nmap - 1] = v;
		p->inner_line[p->nmap - 1] = p->t.line;
		return true;
	}
	if (tok_prefix(k, "btf=", &v)) {
		struct tok second = v;

		comma = memchr(v.p, ',', v.n);
		if (!comma)
			return tok_fail(&p->t, k, "expected btf=KEY,VALUE");
		v.n = (size_t)(comma - v.p);
		second.p = comma + 1;
		second.n -= v.n + 1;
		return tok_u32(&p->t, &v, UINT32_MAX, &m->btf_key) &&
		       tok_u32(&p->t, &second, UINT32_MAX, &m->btf_value);
	}
	return tok_u32(&p->t, k, UINT32_MAX, &m->flags);
}

/* -- map NAME KIND KEY VALUE ENTRIES [FLAGS] [frozen] [spin_lock=OFF] [inner=MAP] [btf=K,V] */
static bool dir_map(struct parse *p, const struct tok *k)
{
	const struct map_kind *kind;
	struct map_def *m;
	const char *name;
	struct tok t;
	uint32_t v[3];

	if (p->nmap == MAX_MAPS)
		return tok_fail(&p->t, k, "more than %d maps", MAX_MAPS);
	m = &p->map[p->nmap++];
	p->init = (struct bytes){ 0 };
	m->inner = -1;
	if (!tok_string(&p->t, k, &name))
		return false;
	if (strlen(name) >= sizeof(m->name))
		return tok_fail(&p->t, k, "names of maps have at most %zu characters",
				sizeof(m->name) - 1);
	strcpy(m->name, name);
	if (!tok_next(&p->t, &t))
		return tok_fail(&p->t, &t, "expected the kind of map");
	if (!tok_string(&p->t, &t, &name))
		return false;
	kind = map_kind_by_name(name);
	if (!kind)
		return tok_fail(&p->t, &t, "unknown kind of map '%.40s'", name);
	m->type = kind->type;
	if (!numbers(p, v, 3))
		return false;
	m->key_size = v[0];
	m->value_size = v[1];
	m->max_entries = v[2];
	if (m->key_size > LIMIT_VALUE || m->value_size > LIMIT_VALUE)
		return tok_fail(&p->t, &t, "key or value of more than %d bytes", LIMIT_VALUE);
	while (tok_next(&p->t, &t))
		if (!map_option(p, m, &t))
			return false;
	return true;
}

static bool dir_attach(struct parse *p, const struct tok *k)
{
	uint32_t v;

	if (!tok_u32(&p->t, k, UINT16_MAX, &v))
		return false;
	cur(p)->p.attach_type = (uint16_t)v;
	return true;
}

static bool dir_flags(struct parse *p, const struct tok *k)
{
	return tok_u32(&p->t, k, UINT32_MAX, &cur(p)->p.prog_flags);
}

static bool dir_license(struct parse *p, const struct tok *k)
{
	return tok_string(&p->t, k, &cur(p)->p.license);
}

static bool dir_target(struct parse *p, const struct tok *k)
{
	const char *name;

	if (!tok_string(&p->t, k, &name))
		return false;
	if (!name[0])
		return tok_fail(&p->t, k, "empty target");
	cur(p)->p.target = name;
	return true;
}

static bool once(struct parse *p, const struct tok *k, uint32_t *seen, uint32_t bit)
{
	if (*seen & bit)
		return tok_fail(&p->t, k, "a second such section");
	*seen |= bit;
	return true;
}

static bool dir_seed(struct parse *p, const struct tok *k)
{
	return once(p, k, &cur_input(p)->seen, SEEN_SEED) &&
	       tok_u64(&p->t, k, UINT64_MAX, &cur_input(p)->seed);
}

static bool dir_fuel(struct parse *p, const struct tok *k)
{
	return once(p, k, &cur_input(p)->seen, SEEN_FUEL) &&
	       tok_u64(&p->t, k, UINT64_MAX, &cur_input(p)->fuel);
}

static bool dir_input(struct parse *p, const struct tok *k)
{
	if (p->ninput == MAX_INPUTS)
		return tok_fail(&p->t, k, "more than %d inputs", MAX_INPUTS);
	if (p->ninput % 16 == 0) {
		struct idraft *more = arena_alloc(p->t.a, (p->ninput + 16) * sizeof(*more));

		if (p->ninput)
			memcpy(more, p->input, p->ninput * sizeof(*more));
		p->input = more;
	}
	p->input[p->ninput++] = (struct idraft){ .fuel = FUEL_DEFAULT };
	return true;
}

/* What a directive belongs to, for the check that it comes once. */
enum scope { OF_PROG, OF_INPUT, OF_CASE };

static const struct directive {
	const char *name;
	enum section section;
	enum scope scope;
	uint8_t args;		/* 1: exactly one, 2: one at least, 0: none, 3: maybe one */
	bool (*start)(struct parse *p, const struct tok *arg);
} directives[] = {
	{ "asm", S_ASM, OF_PROG, 0, NULL },
	{ "raw", S_RAW, OF_PROG, 0, NULL },
	{ "mem", S_MEM, OF_INPUT, 0, NULL },
	{ "result", S_RESULT, OF_CASE, 0, NULL },
	{ "error", S_ERROR, OF_CASE, 0, NULL },
	{ "c", S_IGNORE, OF_CASE, 0, NULL },
	{ "program", S_HEAD, OF_CASE, 3, dir_program },
	{ "type", S_HEAD, OF_PROG, 1, dir_type },
	{ "attach", S_HEAD, OF_PROG, 1, dir_attach },
	{ "flags", S_HEAD, OF_PROG, 1, dir_flags },
	{ "license", S_HEAD, OF_PROG, 1, dir_license },
	{ "target", S_HEAD, OF_PROG, 1, dir_target },
	{ "subprogs", S_SUBS, OF_PROG, 0, NULL },
	{ "funcs", S_FUNCS, OF_PROG, 0, NULL },
	{ "lines", S_LINES, OF_PROG, 0, NULL },
	{ "map", S_MAP, OF_CASE, 2, dir_map },
	{ "input", S_HEAD, OF_CASE, 0, dir_input },
	{ "ctx", S_CTX, OF_INPUT, 0, NULL },
	{ "packet", S_PACKET, OF_INPUT, 0, NULL },
	{ "maps", S_MAPS, OF_INPUT, 0, NULL },
	{ "seed", S_HEAD, OF_INPUT, 1, dir_seed },
	{ "fuel", S_HEAD, OF_INPUT, 1, dir_fuel },
};
enum { NDIRECTIVES = sizeof(directives) / sizeof(directives[0]) };

static bool line_contains(const struct text *t, const char *s)
{
	return memmem(t->start, (size_t)(t->end - t->start), s, strlen(s)) != NULL;
}

/* The directive of a line that none of ours names, by bpf_conformance's rules. */
static bool upstream_directive(const struct text *t, enum section *s)
{
	static const struct {
		const char *word;
		enum section section;
	} rule[] = {
		{ "asm", S_ASM }, { "result", S_RESULT }, { "mem", S_MEM }, { "raw", S_RAW },
		{ "no register offset", S_IGNORE }, { "error", S_ERROR },
	};

	for (uint32_t i = 0; i < sizeof(rule) / sizeof(rule[0]); i++) {
		if (line_contains(t, rule[i].word)) {
			*s = rule[i].section;
			return true;
		}
	}
	return false;
}

static bool enter(struct parse *p, enum section s, enum scope scope, const struct tok *k)
{
	p->section = s;
	if (scope == OF_PROG && s != S_HEAD && !once(p, k, &cur(p)->seen, 1u << s))
		return false;
	if (scope == OF_PROG)
		cur(p)->seen |= 1u << s;
	if (scope == OF_INPUT && s != S_HEAD && !once(p, k, &cur_input(p)->seen, 1u << s))
		return false;
	if (s == S_ASM) {
		cur(p)->text = p->t.next;
		cur(p)->line = p->t.line;
	}
	return true;
}

static bool run_directive(struct parse *p, const struct directive *d, const struct tok *word)
{
	struct tok arg, more;

	if (!enter(p, d->section, d->scope, word))
		return false;
	if (d->args == 1 || d->args == 2) {
		if (!tok_next(&p->t, &arg))
			return tok_fail(&p->t, &arg, "-- %s needs an argument", d->name);
		if (!d->start(p, &arg))
			return false;
	} else if (d->start && !d->start(p, word)) {
		return false;
	}
	return !tok_next(&p->t, &more) ||
	       tok_fail(&p->t, &more, "unexpected text behind -- %s", d->name);
}

/*
 * In documentation only lines that start with "--" are directives: C code
 * contains others.
 */
static bool is_directive(const struct parse *p)
{
	struct text t = p->t;
	struct tok k;

	if (!line_contains(&p->t, "--"))
		return false;
	return p->section != S_IGNORE || (tok_next(&t, &k) && k.n >= 2 && !memcmp(k.p, "--", 2));
}

static bool parse_directive(struct parse *p)
{
	enum section s;
	struct tok k;

	if (p->section == S_ASM)
		cur(p)->ntext = (size_t)(p->t.start - cur(p)->text);
	if (p->section == S_MAP && p->init.n) {
		p->map[p->nmap - 1].init = p->init.p;
		p->map[p->nmap - 1].ninit = (uint32_t)p->init.n;
	}
	tok_next(&p->t, &k);
	if (k.n >= 2 && k.p[0] == '-' && k.p[1] == '-') {
		/* the word may follow without a blank */
		p->t.at = k.p + 2;
		tok_next(&p->t, &k);
		for (uint32_t i = 0; i < NDIRECTIVES; i++)
			if (tok_is(&k, directives[i].name))
				return run_directive(p, &directives[i], &k);
	}
	if (upstream_directive(&p->t, &s))
		return enter(p, s, s == S_ASM || s == S_RAW ? OF_PROG :
			     s == S_MEM ? OF_INPUT : OF_CASE, &k);
	return tok_fail(&p->t, &k, "unknown directive");
}

/* ---- the end ------------------------------------------------------------------------------ */

static bool finish_asm(struct parse *p, struct draft *d)
{
	uint32_t cap = d->ntext < MAX_INSNS ? (uint32_t)d->ntext + 1 : MAX_INSNS;
	char *text = arena_dup(p->t.a, d->text, d->ntext);
	struct insn *in = arena_raw(p->t.a, cap * sizeof(*in));
	bool comment = false;
	struct asm_err why;
	long n;

	for (size_t i = 0; i < d->ntext; i++) {
		comment = text[i] != '\n' && (comment || text[i] == '#');
		if (comment || text[i] == '\r' || text[i] == '\f')
			text[i] = ' ';
	}
	n = asm_text(text, d->ntext, in, cap, &why);
	if (n < 0) {
		err_at(p->t.err, 0, "%s", why.msg);
		p->t.err->line = d->line + why.line;
		p->t.err->col = why.col;
		memcpy(p->t.err->text, why.text, sizeof(why.text));
		return false;
	}
	d->p.insn = arena_dup(p->t.a, in, (size_t)n * sizeof(*in));
	d->p.len = (uint32_t)n;
	return true;
}

static bool finish_prog(struct parse *p, uint32_t i)
{
	struct draft *d = &p->prog[i];

	if (d->seen & 1 << S_RAW) {
		d->p.insn = (const struct insn *)d->raw.p;
		d->p.len = (uint32_t)(d->raw.n / sizeof(struct insn));
	} else if (!(d->seen & 1 << S_ASM)) {
		err_at(p->t.err, 0, "program %u has neither -- asm nor -- raw", i);
		p->t.err->line = p->t.line;
		p->t.err->col = 1;
		return false;
	} else if (!finish_asm(p, d)) {
		return false;
	}
	d->p.sub = (const struct subprog *)d->sub.p;
	d->p.nsub = (uint32_t)(d->sub.n / sizeof(struct subprog));
	d->p.func = (const struct func_info *)d->func.p;
	d->p.nfunc = (uint32_t)(d->func.n / sizeof(struct func_info));
	d->p.line = (const struct line_info *)d->info.p;
	d->p.nline = (uint32_t)(d->info.n / sizeof(struct line_info));
	return true;
}

/* -- mem is what the program runs on: the packet of those that have one, else the context. */
static bool finish_input(struct parse *p, uint32_t i, struct input *in)
{
	const struct prog_type_info *info = prog_type_info(p->prog[0].p.type);
	struct idraft *d = &p->input[i];

	if (d->seen & 1 << S_MEM) {
		bool packet = info && info->has_packet;

		if (d->seen & 1 << (packet ? S_PACKET : S_CTX))
			return err_at(p->t.err, 0, "input %u: both -- mem and -- %s", i,
				      packet ? "packet" : "ctx");
		*(packet ? &d->packet : &d->ctx) = d->mem;
	}
	in->ctx = d->ctx.p;
	in->nctx = (uint32_t)d->ctx.n;
	in->packet = d->packet.p;
	in->npacket = (uint32_t)d->packet.n;
	in->maps = d->maps.p;
	in->nmaps = (uint32_t)d->maps.n;
	in->seed = d->seed;
	in->fuel = d->fuel;
	return true;
}

static bool finish_maps(struct parse *p)
{
	uint32_t index;

	for (uint32_t i = 0; i < p->nmap; i++) {
		if (!p->inner[i].p)
			continue;
		p->t.line = p->inner_line[i];
		p->t.start = p->inner[i].p;
		if (!find_map(p, &p->inner[i], &index))
			return false;
		p->map[i].inner = (int32_t)index;
	}
	return true;
}

static bool finish(struct parse *p, struct testcase *tc)
{
	struct program *prog = arena_alloc(p->t.a, p->nprog * sizeof(*prog));
	uint32_t line = p->t.line;

	if (!finish_maps(p))
		return false;
	p->t.line = line;
	for (uint32_t i = 0; i < p->nprog; i++) {
		if (!finish_prog(p, i))
			return false;
		prog[i] = p->prog[i].p;
	}
	tc->unit.prog = prog;
	tc->unit.nprog = p->nprog;
	tc->unit.map = p->map;
	tc->unit.nmap = p->nmap;
	tc->input = arena_alloc(p->t.a, p->ninput * sizeof(*tc->input));
	tc->ninput = p->ninput;
	for (uint32_t i = 0; i < p->ninput; i++)
		if (!finish_input(p, i, &tc->input[i]))
			return false;
	tc->has_result = p->has_result;
	tc->result = p->result;
	tc->error = p->has_error ? p->error : NULL;
	return case_check(tc, p->t.err) && case_seal(tc, p->t.a, p->t.err);
}

bool case_from_text(const char *s, size_t n, uint32_t default_type, struct arena *a,
		    struct testcase *tc, struct file_err *err)
{
	struct parse p = {
		.t = { .file_end = s + n, .next = s, .start = s, .end = s, .at = s, .a = a,
		       .err = err },
		.section = S_START,
	};
	const char *nul = n ? memchr(s, 0, n) : NULL;

	memset(tc, 0, sizeof(*tc));
	memset(err, 0, sizeof(*err));
	if (nul)
		return err_at(err, (uint64_t)(nul - s), "NUL in a text");
	p.prog = arena_alloc(a, MAX_PROGS * sizeof(*p.prog));
	p.map = arena_alloc(a, MAX_MAPS * sizeof(*p.map));
	p.inner = arena_alloc(a, MAX_MAPS * sizeof(*p.inner));
	p.inner_line = arena_alloc(a, MAX_MAPS * sizeof(*p.inner_line));
	p.nprog = 1;
	p.prog[0].p.type = (uint16_t)default_type;
	dir_input(&p, NULL);
	while (text_line(&p.t)) {
		bool ok;

		if (is_directive(&p))
			ok = parse_directive(&p);
		else
			ok = p.t.at == p.t.end || parse_line(&p);
		if (!ok)
			return false;
	}
	/* what is at the end of a section also ends the file */
	if (p.section == S_ASM)
		cur(&p)->ntext = (size_t)(s + n - cur(&p)->text);
	if (p.section == S_MAP && p.init.n) {
		p.map[p.nmap - 1].init = p.init.p;
		p.map[p.nmap - 1].ninit = (uint32_t)p.init.n;
	}
	return finish(&p, tc);
}
