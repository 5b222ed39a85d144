/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The assembler: lines, comments, labels, directives and what the kernel's log
 * and llvm-objdump print before an instruction.  asm_expr.c and asm_mnemonic.c
 * read the instructions themselves.
 */
#include "isa/isa.h"

#include "isa/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* Where something stands in the text, for errors. */
struct place {
	const char *line, *end, *at;
	uint32_t number;
};

struct label {
	const char *name;
	size_t len;
	uint32_t slot;
	struct place place;
};

/* A jump to a label, resolved at the end. */
struct fixup {
	const char *name;
	size_t len;
	uint32_t slot;
	bool by_imm;
	struct place place;
};

struct assembler {
	struct insn *out;
	uint32_t cap, len;
	bool in_data;		/* behind a .section without code */
	bool has_exit;
	uint32_t first_exit;
	struct place line;	/* the current one */
	struct label *label;
	size_t nlabel, label_room;
	struct fixup *fixup;
	size_t nfixup, fixup_room;
	struct asm_err *err;
};

/* ---- errors -------------------------------------------------------------- */

static bool fail(struct assembler *a, const struct place *where, const char *msg)
{
	size_t n = (size_t)(where->end - where->line);
	struct asm_err *err = a->err;

	if (!err)
		return false;
	err->line = where->number;
	err->col = (uint32_t)(where->at - where->line) + 1;
	snprintf(err->msg, sizeof(err->msg), "%s", msg);
	if (n > sizeof(err->text) - 1)
		n = sizeof(err->text) - 1;
	for (size_t i = 0; i < n; i++) {
		char ch = where->line[i];

		err->text[i] = (ch >= ' ' && ch <= '~') || ch == '\t' ? ch : '?';
	}
	err->text[n] = 0;
	return false;
}

static bool fail_at(struct assembler *a, const char *at, const char *msg)
{
	struct place where = a->line;

	where.at = at;
	return fail(a, &where, msg);
}

/* Says what the cursor's failure means. */
static bool fail_cursor(struct assembler *a, const struct asm_cursor *c, const char *start)
{
	const uint32_t max = sizeof(c->want) / sizeof(c->want[0]);
	char msg[sizeof(a->err->msg)] = "unexpected text";
	size_t n = 0;

	if (c->msg)
		return fail_at(a, c->at, c->msg);
	if (c->at == start && start < c->end && asm_is_word(*start))
		return fail_at(a, c->at, "unknown instruction");
	if (c->nwant > max && c->at == c->end)
		return fail_at(a, c->at, "the statement ends too early");
	for (uint32_t i = 0; c->nwant <= max && i < c->nwant && n < sizeof(msg); i++) {
		const struct asm_want *w = &c->want[i];
		const char *before = i == 0 ? "expected " : i + 1 < c->nwant ? ", " : " or ";
		const char *quote = w->text ? "'" : "";

		n += (size_t)snprintf(msg + n, sizeof(msg) - n, "%s%s%.*s%s", before, quote,
				      (int)w->len, w->p, quote);
	}
	return fail_at(a, c->at, msg);
}

void asm_err_print(FILE *f, const char *name, const struct asm_err *err)
{
	size_t before = err->col - 1;

	fprintf(f, "%s:%u:%u: error: %s\n", name, err->line, err->col, err->msg);
	if (!err->text[0])
		return;
	fprintf(f, "  %s\n", err->text);
	/* A line that was cut has no place for the caret. */
	if (before > strlen(err->text))
		return;
	fputs("  ", f);
	for (size_t i = 0; i < before; i++)
		fputc(err->text[i] == '\t' ? '\t' : ' ', f);
	fputs("^\n", f);
}

/* ---- growing arrays ------------------------------------------------------ */

/* Makes room for one more element of the given size. */
static bool grow(struct assembler *a, void **array, size_t n, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 64;
	void *p;

	if (n < *room)
		return true;
	p = realloc(*array, more * size);
	if (!p)
		return fail(a, &a->line, "out of memory");
	*array = p;
	*room = more;
	return true;
}

static bool add_label(struct assembler *a, const char *name, size_t len)
{
	void *array = a->label;

	if (a->in_data)
		return true;
	if (!grow(a, &array, a->nlabel, &a->label_room, sizeof(*a->label)))
		return false;
	a->label = array;
	a->label[a->nlabel++] = (struct label){
		.name = name, .len = len, .slot = a->len,
		.place = { a->line.line, a->line.end, name, a->line.number },
	};
	return true;
}

static bool add_fixup(struct assembler *a, const struct asm_stmt *st)
{
	void *array = a->fixup;

	if (!grow(a, &array, a->nfixup, &a->fixup_room, sizeof(*a->fixup)))
		return false;
	a->fixup = array;
	a->fixup[a->nfixup++] = (struct fixup){
		.name = st->label, .len = st->nlabel, .slot = a->len, .by_imm = st->label_imm,
		.place = { a->line.line, a->line.end, st->label, a->line.number },
	};
	return true;
}

static bool add_slots(struct assembler *a, const char *at, const struct insn *in, uint32_t n)
{
	char msg[64];

	if (n > a->cap - a->len) {
		snprintf(msg, sizeof(msg), "more than %u slots", a->cap);
		return fail_at(a, at, msg);
	}
	memcpy(&a->out[a->len], in, n * sizeof(*in));
	a->len += n;
	return true;
}

/* ---- labels -------------------------------------------------------------- */

static bool is_local(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!asm_is_digit(name[i]))
			return false;
	}
	return true;
}

static int compare_names(const char *a, size_t na, const char *b, size_t nb)
{
	int d = memcmp(a, b, na < nb ? na : nb);

	if (d)
		return d;
	return na < nb ? -1 : na > nb;
}

/* By name, then by place. */
static int compare_labels(const void *x, const void *y)
{
	const struct label *a = x, *b = y;
	int d = compare_names(a->name, a->len, b->name, b->len);

	if (d)
		return d;
	return a->place.at < b->place.at ? -1 : a->place.at > b->place.at;
}

/* The first label that is not below the name, at or behind a place. */
static size_t lower_bound(const struct assembler *a, const char *name, size_t len, const char *at)
{
	size_t lo = 0, hi = a->nlabel;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct label *l = &a->label[mid];
		int d = compare_names(l->name, l->len, name, len);

		if (d < 0 || (d == 0 && l->place.at < at))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool has_name(const struct assembler *a, size_t i, const char *name, size_t len)
{
	return i < a->nlabel &&
	       compare_names(a->label[i].name, a->label[i].len, name, len) == 0;
}

/* Only labels of digits may repeat. */
static bool check_duplicates(struct assembler *a)
{
	const struct label *first = NULL;

	qsort(a->label, a->nlabel, sizeof(*a->label), compare_labels);
	for (size_t i = 1; i < a->nlabel; i++) {
		const struct label *l = &a->label[i];

		if (is_local(l->name, l->len) || !has_name(a, i - 1, l->name, l->len))
			continue;
		if (!first || l->place.at < first->place.at)
			first = l;
	}
	return !first || fail(a, &first->place, "this label is already defined");
}

/* "1f" and "1b": the next and the last label 1. */
static const struct label *find_local(const struct assembler *a, const struct fixup *f)
{
	size_t len = f->len - 1, i;
	char way = f->name[len];

	if (len == 0 || !is_local(f->name, len) || (way != 'f' && way != 'b'))
		return NULL;
	i = lower_bound(a, f->name, len, f->place.at);
	if (way == 'b')
		i--;		/* wraps to above nlabel */
	return has_name(a, i, f->name, len) ? &a->label[i] : NULL;
}

static bool find_label(struct assembler *a, const struct fixup *f, uint32_t *slot)
{
	const struct label *l = NULL;
	size_t i;

	/* As bpf_conformance has it, "exit" is the first exit whatever else says so. */
	if (f->len == 4 && memcmp(f->name, "exit", 4) == 0 && a->has_exit) {
		*slot = a->first_exit;
		return true;
	}
	i = lower_bound(a, f->name, f->len, NULL);
	if (has_name(a, i, f->name, f->len)) {
		if (has_name(a, i + 1, f->name, f->len))
			return fail(a, &f->place, "this label is defined more than once");
		l = &a->label[i];
	} else {
		l = find_local(a, f);
	}
	if (!l)
		return fail(a, &f->place, "no such label");
	*slot = l->slot;
	return true;
}

static bool resolve(struct assembler *a)
{
	if (a->nlabel && !check_duplicates(a))
		return false;
	for (size_t i = 0; i < a->nfixup; i++) {
		const struct fixup *f = &a->fixup[i];
		struct insn *in = &a->out[f->slot];
		uint32_t slot = 0;
		int64_t d;

		if (!find_label(a, f, &slot))
			return false;
		d = (int64_t)slot - f->slot - 1;
		if (f->by_imm)
			in->imm = (int32_t)d;
		else if (d < INT16_MIN || d > INT16_MAX)
			return fail(a, &f->place, "this label is too far away for a 16-bit offset");
		else
			in->off = (int16_t)d;
	}
	return true;
}

/* ---- what stands before an instruction ----------------------------------- */

static bool is_hex(char ch)
{
	return asm_is_digit(ch) || (ch >= 'a' && ch <= 'f');
}

static int hex_pair(const struct asm_cursor *c, size_t n)
{
	char text[3] = { asm_peek(c, n), asm_peek(c, n + 1), 0 };

	return is_hex(text[0]) && is_hex(text[1]) ? (int)strtol(text, NULL, 16) : -1;
}

/* The live registers that the kernel lists: "01.3......" */
static void skip_live_registers(struct asm_cursor *c)
{
	size_t n = 0;

	while (n < 10 && (asm_peek(c, n) == '.' || asm_peek(c, n) == (char)('0' + n)))
		n++;
	if (n == 10 && asm_is_blank(asm_peek(c, n)))
		c->p += n;
}

/* "(b7)" with the opcode in it, or -1. */
static int opcode_prefix(struct asm_cursor *c)
{
	int code = asm_peek(c, 0) == '(' && asm_peek(c, 3) == ')' ? hex_pair(c, 1) : -1;

	if (code >= 0) {
		c->p += 4;
		asm_blanks(c);
	}
	return code;
}

/* The 8 or 16 bytes that llvm-objdump prints between the address and the text. */
static void skip_raw_bytes(struct asm_cursor *c)
{
	size_t n = 0;

	while (n < 16 && hex_pair(c, 3 * n) >= 0 && asm_is_blank(asm_peek(c, 3 * n + 2)))
		n++;
	if (n == 8 || n == 16) {
		c->p += 3 * n;
		asm_blanks(c);
	}
}

/*
 * Labels, or the place that a log or a listing gives: "12: (07) ...".
 * *code is the opcode shown there, or -1.
 */
static bool parse_labels(struct assembler *a, struct asm_cursor *c, int *code)
{
	const char *name;
	size_t len;

	*code = opcode_prefix(c);
	while (*code < 0) {
		struct asm_cursor ahead = *c;

		if (asm_peek(c, 0) == 0 || !asm_label(&ahead, &name, &len))
			return true;
		asm_blanks(&ahead);
		if (asm_peek(&ahead, 0) != ':')
			return true;
		ahead.p++;
		asm_blanks(&ahead);
		c->p = ahead.p;
		if (is_local(name, len)) {
			skip_live_registers(&ahead);
			asm_blanks(&ahead);
			*code = opcode_prefix(&ahead);
			if (*code < 0) {
				ahead.p = c->p;
				skip_raw_bytes(&ahead);
			}
			c->p = ahead.p;
		}
		if (*code < 0 && !add_label(a, name, len))
			return false;
	}
	return true;
}

/* The name of the target behind a jump in a listing: "goto +0x5 <LBB0_1>". */
static void drop_target_name(struct asm_cursor *c)
{
	const char *p = c->end - 1;

	if (c->p == c->end || *p != '>')
		return;
	while (p > c->p && *p != '<')
		p--;
	if (p > c->p && asm_is_blank(p[-1]))
		c->end = p;
}

/* ---- statements ---------------------------------------------------------- */

/* ".slot 0x..." */
static bool parse_slot(struct assembler *a, struct asm_cursor *c)
{
	const char *start = c->p;
	struct asm_num n;
	struct insn in;
	uint64_t v;

	asm_blanks(c);
	if (!asm_number(c, &n))
		return fail_cursor(a, c, start);
	asm_blanks(c);
	if (c->p != c->end)
		return fail_at(a, c->p, "expected the end of the statement");
	v = asm_value(&n);
	memcpy(&in, &v, sizeof(in));
	return add_slots(a, start, &in, 1);
}

/* What a compiler writes and we need not know. */
static bool is_ignored(const struct asm_cursor *c)
{
	static const char *const names[] = {
		"globl", "global", "local", "weak", "hidden", "type", "size", "file", "ident",
		"align", "p2align", "balign", "addrsig", "addrsig_sym", "loc",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct asm_cursor ahead = *c;

		if (asm_word(&ahead, names[i]))
			return true;
	}
	return c->end - c->p > 4 && memcmp(c->p, "cfi_", 4) == 0;
}

/* .section name,"flags": code has the flag x. */
static bool is_code_section(const struct asm_cursor *c)
{
	const char *p = memchr(c->p, ',', (size_t)(c->end - c->p));
	struct asm_cursor ahead = *c;

	asm_blanks(&ahead);
	if (ahead.end - ahead.p >= 5 && memcmp(ahead.p, ".text", 5) == 0)
		return true;
	for (; p && p < c->end && *p != '@'; p++) {
		if (*p == 'x')
			return true;
	}
	return false;
}

static bool parse_directive(struct assembler *a, struct asm_cursor *c)
{
	const char *start = c->p++;

	if (asm_word(c, "text")) {
		a->in_data = false;
		return true;
	}
	if (asm_word(c, "section")) {
		a->in_data = !is_code_section(c);
		return true;
	}
	if (asm_word(c, "data") || asm_word(c, "bss") || asm_word(c, "rodata")) {
		a->in_data = true;
		return true;
	}
	if (a->in_data || is_ignored(c))
		return true;
	if (asm_word(c, "slot"))
		return parse_slot(a, c);
	return fail_at(a, start, "unknown directive");
}

static bool parse_statement(struct assembler *a, struct asm_cursor *c)
{
	struct asm_stmt st;
	const char *start;
	bool ok;
	int code;

	asm_blanks(c);
	if (!parse_labels(a, c, &code))
		return false;
	while (c->end > c->p && asm_is_blank(c->end[-1]))
		c->end--;
	if (c->p == c->end)
		return true;
	if (*c->p == '.' && code < 0)
		return parse_directive(a, c);
	if (a->in_data)
		return true;
	drop_target_name(c);
	start = c->p;
	c->at = start;
	c->msg = NULL;
	c->nwant = 0;
	if (code < 0 && asm_is_mnemonic(c))
		ok = asm_mnemonic(c, &st);
	else
		ok = asm_expression(c, code, &st);
	if (!ok)
		return fail_cursor(a, c, start);
	if (st.in[0].code == 0x95 && !a->has_exit) {
		a->has_exit = true;
		a->first_exit = a->len;
	}
	if (st.label && !add_fixup(a, &st))
		return false;
	return add_slots(a, start, st.in, st.slots);
}

/* Where the comment of a line begins, or its end. */
static const char *comment_start(const char *p, const char *end)
{
	for (const char *q = p; q < end; q++) {
		bool begins = q == p || asm_is_blank(q[-1]);

		if (begins && (*q == '#' || *q == ';' || (*q == '/' && end - q > 1 && q[1] == '/')))
			return q;
	}
	return end;
}

/* One line: statements with ';' right behind each but the last. */
static bool parse_line(struct assembler *a)
{
	const char *end = comment_start(a->line.line, a->line.end);

	for (const char *p = a->line.line; p < end; ) {
		const char *stop = memchr(p, ';', (size_t)(end - p));
		struct asm_cursor c = { .p = p, .end = stop ? stop : end, .at = p };

		if (!parse_statement(a, &c))
			return false;
		p = stop ? stop + 1 : end;
	}
	return true;
}

long asm_text(const char *text, size_t len, struct insn *out, uint32_t cap, struct asm_err *err)
{
	struct assembler a = { .out = out, .cap = cap, .err = err };
	const char *end = len ? text + len : text;
	bool ok = true;

	for (const char *p = text; ok && p < end; ) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *stop = newline ? newline : end;

		a.line.line = a.line.at = p;
		a.line.end = stop > p && stop[-1] == '\r' ? stop - 1 : stop;
		a.line.number++;
		ok = parse_line(&a);
		p = newline ? newline + 1 : end;
	}
	ok = ok && resolve(&a);
	free(a.label);
	free(a.fixup);
	return ok ? (long)a.len : -1;
}
