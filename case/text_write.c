/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the text form of a case.  What is as usual is left out, so that a plain
 * program with memory comes out as bpf_conformance writes it.
 */
#include "case/case.h"

#include <string.h>

#include "case/text.h"

struct sink {
	struct arena *a;
	struct bytes b;
};

static void put(struct sink *o, const char *s, size_t n)
{
	if (n)
		memcpy(bytes_more(&o->b, o->a, n), s, n);
}

static void say(struct sink *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct sink *o, const char *fmt, ...)
{
	char buf[256];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	put(o, buf, (size_t)n < sizeof(buf) ? (size_t)n : sizeof(buf) - 1);
}

/* In quotes; '#' and a second '-' would begin a comment or a directive. */
static void say_quoted(struct sink *o, const char *s)
{
	char last = 0;

	put(o, "\"", 1);
	for (; s && *s; last = *s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			say(o, "\\%c", c);
		else if (c < ' ' || c == 0x7f || c == '#' || (c == '-' && last == '-'))
			say(o, "\\x%02x", c);
		else
			put(o, s, 1);
	}
	put(o, "\"", 1);
}

static void say_name(struct sink *o, const char *s)
{
	if (text_name_ok(s))
		put(o, s, strlen(s));
	else
		say_quoted(o, s);
}

/* Lines of up to 16 bytes; runs are written as 00*192 where short is set. */
static void say_bytes(struct sink *o, const uint8_t *p, uint32_t n, bool brief)
{
	uint32_t col = 0;

	for (uint32_t i = 0; i < n;) {
		uint32_t run = 1;

		while (brief && i + run < n && p[i + run] == p[i])
			run++;
		if (run < 8)
			run = 1;
		say(o, col ? " %02x" : "%02x", p[i]);
		if (run > 1)
			say(o, "*%u", run);
		i += run;
		if (++col == 16 || i == n) {
			put(o, "\n", 1);
			col = 0;
		}
	}
}

/* ---- programs ------------------------------------------------------------------------ */

/* True if the text of the program, assembled again, is the program. */
static bool say_asm(struct sink *o, const struct program *p)
{
	struct sink text = { .a = o->a };
	struct insn *again;
	struct asm_err err;
	char line[160];
	long n;

	for (uint32_t pc = 0; pc < p->len;) {
		pc += insn_print(line, sizeof(line), &p->insn[pc], p->len - pc);
		if (strstr(line, "--") || strchr(line, '#'))
			return false;
		put(&text, line, strlen(line));
		put(&text, "\n", 1);
	}
	again = arena_raw(o->a, p->len * sizeof(*again));
	n = asm_text((const char *)text.b.p, text.b.n, again, p->len, &err);
	if (n != (long)p->len || memcmp(again, p->insn, p->len * sizeof(*again)))
		return false;
	say(o, "-- asm\n");
	put(o, (const char *)text.b.p, text.b.n);
	return true;
}

static void say_raw(struct sink *o, const struct program *p)
{
	say(o, "-- raw\n");
	for (uint32_t pc = 0; pc < p->len; pc++) {
		unsigned long long v;

		memcpy(&v, &p->insn[pc], sizeof(v));
		say(o, "0x%016llx\n", v);
	}
}

static uint16_t default_attach(uint32_t type)
{
	const struct prog_type_info *info = prog_type_info(type);

	return info ? info->attach_type : 0;
}

/* What the reader assumes: the program before, or a plain one. */
static void say_head(struct sink *o, const struct program *p, const struct program *before)
{
	static const struct program plain = { .type = PROG_PLAIN, .license = "GPL" };
	const struct prog_type_info *info = prog_type_info(p->type);
	uint16_t attach;

	if (before || p->name[0]) {
		say(o, "-- program ");
		say_name(o, p->name);
		say(o, "\n");
	}
	before = before ? before : &plain;
	attach = before->attach_type;
	if (p->type != before->type) {
		say(o, "-- type %s\n", info->name);
		attach = default_attach(p->type);
	}
	if (p->attach_type != attach)
		say(o, "-- attach %u\n", p->attach_type);
	if (p->prog_flags != before->prog_flags)
		say(o, "-- flags 0x%x\n", p->prog_flags);
	if (strcmp(p->license, before->license)) {
		say(o, "-- license ");
		say_name(o, p->license);
		say(o, "\n");
	}
	if (p->target) {
		say(o, "-- target ");
		say_name(o, p->target);
		say(o, "\n");
	}
}

static void say_debug(struct sink *o, const struct program *p)
{
	bool first = true;

	for (uint32_t i = 0; i < p->nsub; i++) {
		const struct subprog *s = &p->sub[i];
		bool named = s->name && s->name[0];

		if (!named && !s->global)
			continue;
		say(o, "%s%u%s", first ? "-- subprogs\n" : "", s->start,
		    s->global ? " global" : "");
		first = false;
		if (named) {
			say(o, " ");
			if (!s->global && !strcmp(s->name, "global"))
				say_quoted(o, s->name);
			else
				say_name(o, s->name);
		}
		say(o, "\n");
	}
	for (uint32_t i = 0; i < p->nfunc; i++)
		say(o, "%s%u %u\n", i ? "" : "-- funcs\n", p->func[i].insn_off, p->func[i].type_id);
	for (uint32_t i = 0; i < p->nline; i++) {
		say(o, "%s%u %u %u ", i ? "" : "-- lines\n", p->line[i].insn_off, p->line[i].line,
		    p->line[i].col);
		say_quoted(o, p->line[i].file);
		say(o, " ");
		say_quoted(o, p->line[i].text);
		say(o, "\n");
	}
}

/* ---- maps and inputs --------------------------------------------------------------------- */

/* The name if it can be found by it, else the index. */
static void say_map_ref(struct sink *o, const struct unit *u, uint32_t index)
{
	uint32_t same = 0;

	for (uint32_t i = 0; i < u->nmap; i++)
		same += !strcmp(u->map[i].name, u->map[index].name);
	if (same == 1 && text_name_ok(u->map[index].name))
		say(o, "%s", u->map[index].name);
	else
		say(o, "%u", index);
}

static void say_map(struct sink *o, const struct unit *u, const struct map_def *m)
{
	say(o, "-- map ");
	say_name(o, m->name);
	say(o, " %s %u %u %u", map_kind(m->type)->name, m->key_size, m->value_size,
	    m->max_entries);
	if (m->flags)
		say(o, " 0x%x", m->flags);
	if (m->frozen)
		say(o, " frozen");
	if (m->has_spin_lock)
		say(o, " spin_lock=%u", m->spin_lock_off);
	if (m->inner >= 0) {
		say(o, " inner=");
		say_map_ref(o, u, (uint32_t)m->inner);
	}
	if (m->btf_key || m->btf_value)
		say(o, " btf=%u,%u", m->btf_key, m->btf_value);
	say(o, "\n");
	say_bytes(o, m->init, m->ninit, true);
}

/* Bytes of a record on one line, with the same abbreviation. */
static void say_inline(struct sink *o, const uint8_t *p, uint32_t n)
{
	for (uint32_t i = 0, run; i < n; i += run) {
		for (run = 1; i + run < n && p[i + run] == p[i]; run++)
			;
		if (run < 8)
			run = 1;
		say(o, " %02x", p[i]);
		if (run > 1)
			say(o, "*%u", run);
	}
}

static void say_contents(struct sink *o, const struct unit *u, const struct input *in)
{
	if (in->nmaps)
		say(o, "-- maps\n");
	for (uint32_t at = 0, size; at < in->nmaps; at += size) {
		const uint8_t *r = in->maps + at;
		const struct map_def *m;
		const char *why;
		uint32_t index;

		size = map_record(u, r, in->nmaps - at, &why);
		if (!size)
			return;
		m = &u->map[r[0]];
		say_map_ref(o, u, r[0]);
		say_inline(o, r + 1, m->key_size);
		say(o, " =");
		r += 1 + m->key_size;
		if (map_holds_progs(m) || map_holds_maps(m)) {
			memcpy(&index, r, sizeof(index));
			say(o, " %s ", map_holds_progs(m) ? "prog" : "map");
			if (map_holds_progs(m))
				say(o, "%u", index);
			else
				say_map_ref(o, u, index);
		} else {
			say_inline(o, r, m->value_size);
		}
		say(o, "\n");
	}
}

static void say_input(struct sink *o, const struct unit *u, const struct input *in)
{
	if (in->nctx && u->prog[0].type == PROG_PLAIN) {
		say(o, "-- mem\n");
		say_bytes(o, in->ctx, in->nctx, false);
	} else if (in->nctx) {
		say(o, "-- ctx\n");
		say_bytes(o, in->ctx, in->nctx, true);
	}
	if (in->npacket) {
		say(o, "-- packet\n");
		say_bytes(o, in->packet, in->npacket, true);
	}
	say_contents(o, u, in);
	if (in->seed)
		say(o, "-- seed 0x%llx\n", (unsigned long long)in->seed);
	if (in->fuel != FUEL_DEFAULT)
		say(o, "-- fuel %llu\n", (unsigned long long)in->fuel);
}

/* An error that the reader would take as it stands. */
static bool bare_error(const char *s)
{
	size_t n = strlen(s);

	if (!n || s[0] == '"' || strchr(" \t\f\r", s[0]) || strchr(" \t\f\r", s[n - 1]))
		return false;
	return !strpbrk(s, "#\n") && !strstr(s, "--");
}

char *case_to_text(const struct testcase *tc, struct arena *a)
{
	const struct unit *u = &tc->unit;
	struct sink o = { .a = a };

	for (uint32_t i = 0; i < u->nprog; i++) {
		say_head(&o, &u->prog[i], i ? &u->prog[i - 1] : NULL);
		if (!u->prog[i].len || !say_asm(&o, &u->prog[i]))
			say_raw(&o, &u->prog[i]);
		say_debug(&o, &u->prog[i]);
	}
	for (uint32_t i = 0; i < u->nmap; i++)
		say_map(&o, u, &u->map[i]);
	for (uint32_t i = 0; i < tc->ninput; i++) {
		if (i)
			say(&o, "-- input\n");
		say_input(&o, u, &tc->input[i]);
	}
	if (tc->has_result)
		say(&o, "-- result\n0x%llx\n", (unsigned long long)tc->result);
	if (tc->error) {
		say(&o, "-- error\n");
		if (bare_error(tc->error))
			put(&o, tc->error, strlen(tc->error));
		else
			say_quoted(&o, tc->error);
		say(&o, "\n");
	}
	put(&o, "", 1);
	return (char *)o.b.p;
}
