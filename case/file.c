/* SPDX-License-Identifier: Apache-2.0 */
/* Reading files of every format, and the errors that they report. */
#include "case/case.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "case/internal.h"

enum { FILE_MAX = 64 << 20 };

/* ---- errors ----------------------------------------------------------------- */

/* What a file says may stand in a message, but no control characters. */
static void make_printable(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
}

bool err_at(struct file_err *err, uint64_t off, const char *fmt, ...)
{
	va_list ap;

	memset(err, 0, sizeof(*err));
	err->off = off;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	make_printable(err->msg);
	return false;
}

bool err_line(struct file_err *err, uint32_t line, uint32_t col, const char *text, size_t left,
	      const char *fmt, ...)
{
	const char *nl = memchr(text, '\n', left);
	size_t n = nl ? (size_t)(nl - text) : left;
	va_list ap;

	memset(err, 0, sizeof(*err));
	err->line = line;
	err->col = col;
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	make_printable(err->msg);
	if (n >= sizeof(err->text))
		n = sizeof(err->text) - 1;
	memcpy(err->text, text, n);
	while (n && (err->text[n - 1] == '\r' || err->text[n - 1] == ' '))
		err->text[--n] = 0;
	return false;
}

/* One line of the file as the terminal may see it: no control characters. */
static void print_text(FILE *f, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' && *text != '\t' ? '?' : *text, f);
	fputc('\n', f);
}

void file_err_print(FILE *f, const char *name, const struct file_err *err)
{
	if (!err->line) {
		if (err->off)
			fprintf(f, "%s: error: byte %llu: %s\n", name, (unsigned long long)err->off,
				err->msg);
		else
			fprintf(f, "%s: error: %s\n", name, err->msg);
		return;
	}
	fprintf(f, "%s:%u:%u: error: %s\n", name, err->line, err->col, err->msg);
	if (!err->text[0])
		return;
	print_text(f, err->text);
	for (uint32_t i = 1; i < err->col && i <= strlen(err->text); i++)
		fputc(err->text[i - 1] == '\t' ? '\t' : ' ', f);
	fputs("^\n", f);
}

/* ---- bytes ------------------------------------------------------------------- */

static uint8_t *read_all(FILE *f, const char *path, size_t *n, struct file_err *err)
{
	size_t cap = 1 << 16, len = 0, got;
	uint8_t *buf = malloc(cap), *more;

	while (buf && (got = fread(buf + len, 1, cap - len, f)) > 0) {
		len += got;
		if (len < cap)
			continue;
		if (cap > FILE_MAX) {
			err_at(err, 0, "larger than %d MiB", FILE_MAX >> 20);
			free(buf);
			return NULL;
		}
		more = realloc(buf, cap *= 2);
		if (!more)
			free(buf);
		buf = more;
	}
	if (!buf)
		die("%s: out of memory", path);
	if (ferror(f)) {
		err_at(err, 0, "%s", strerror(errno));
		free(buf);
		return NULL;
	}
	if (len > FILE_MAX) {
		err_at(err, 0, "larger than %d MiB", FILE_MAX >> 20);
		free(buf);
		return NULL;
	}
	*n = len;
	return buf;
}

uint8_t *file_read(const char *path, size_t *n, struct file_err *err)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "rb") : stdin;
	uint8_t *buf;

	if (!f) {
		err_at(err, 0, "%s", strerror(errno));
		return NULL;
	}
	buf = read_all(f, path, n, err);
	if (f != stdin)
		fclose(f);
	return buf;
}

/* ---- single programs ------------------------------------------------------------ */

/* A case of one program and one empty input. */
static long case_of(struct insn *in, uint32_t len, uint32_t type, struct arena *a,
		    struct testcase **out, struct file_err *err)
{
	struct testcase *tc = arena_alloc(a, sizeof(*tc));
	struct program *p = arena_alloc(a, sizeof(*p));

	if (!len)
		return err_at(err, 0, "no instructions"), -1;
	p->insn = in;
	p->len = len;
	p->type = (uint16_t)type;
	program_seal(p, a);
	tc->unit.prog = p;
	tc->unit.nprog = 1;
	tc->input = arena_alloc(a, sizeof(*tc->input));
	tc->input->fuel = FUEL_DEFAULT;
	tc->ninput = 1;
	*out = tc;
	return case_check(tc, err) ? 1 : -1;
}

static long parse_raw(const uint8_t *bytes, size_t n, uint32_t type, struct arena *a,
		      struct testcase **out, struct file_err *err)
{
	if (n % sizeof(struct insn))
		return err_at(err, n, "%zu bytes are no whole number of 8-byte instructions",
			      n), -1;
	if (n / sizeof(struct insn) > MAX_INSNS)
		return err_at(err, 0, "more than %d instructions", MAX_INSNS), -1;
	return case_of(arena_dup(a, bytes, n), (uint32_t)(n / sizeof(struct insn)), type, a, out,
		       err);
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static long parse_hex(const uint8_t *p, size_t n, uint32_t type, struct arena *a,
		      struct testcase **out, struct file_err *err)
{
	uint8_t *buf = arena_raw(a, n / 2 + 1);
	size_t len = 0, start = 0;
	uint32_t line = 1;

	for (size_t i = 0; i < n; i++) {
		const char *text = (const char *)p + start;

		if (is_blank(p[i])) {
			if (p[i] == '\n') {
				line++;
				start = i + 1;
			}
			continue;
		}
		if (hex_digit(p[i]) < 0)
			return err_line(err, line, (uint32_t)(i - start + 1), text, n - start,
					"not a hexadecimal digit"), -1;
		if (i + 1 == n || hex_digit(p[i + 1]) < 0)
			return err_line(err, line, (uint32_t)(i - start + 1), text, n - start,
					"half a byte: digits come in pairs"), -1;
		buf[len++] = (uint8_t)(hex_digit(p[i]) << 4 | hex_digit(p[i + 1]));
		i++;
	}
	return parse_raw(buf, len, type, a, out, err);
}

static long parse_asm(const uint8_t *bytes, size_t n, uint32_t type, struct arena *a,
		      struct testcase **out, struct file_err *err)
{
	uint32_t cap = n < MAX_INSNS ? (uint32_t)n + 1 : MAX_INSNS;
	struct insn *in = arena_raw(a, cap * sizeof(*in));
	struct asm_err why;
	long len = asm_text((const char *)bytes, n, in, cap, &why);

	if (len < 0) {
		err_at(err, 0, "%s", why.msg);
		err->line = why.line;
		err->col = why.col;
		memcpy(err->text, why.text, sizeof(err->text));
		return -1;
	}
	return case_of(in, (uint32_t)len, type, a, out, err);
}

/* ---- any file ---------------------------------------------------------------------- */

/* Control characters other than blanks: not a text. */
static bool is_text(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] < ' ' ? !is_blank(p[i]) && p[i] != '\f' : p[i] == 0x7f)
			return false;
	return true;
}

static bool is_hex(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_blank(p[i]) && hex_digit(p[i]) < 0)
			return false;
	return true;
}

/* A line of its own that starts with "--". */
static bool has_directive(const uint8_t *p, size_t n)
{
	bool fresh = true;

	for (size_t i = 0; i < n; i++) {
		if (fresh && p[i] == '-' && i + 1 < n && p[i + 1] == '-')
			return true;
		fresh = p[i] == '\n' || (fresh && is_blank(p[i]));
	}
	return false;
}

static enum file_format file_detect(const uint8_t *p, size_t n)
{
	if (n >= 4 && !memcmp(p, "PLX1", 4))
		return FMT_BIN;
	if (n >= 4 && !memcmp(p, "\177ELF", 4))
		return FMT_ELF;
	if (!is_text(p, n))
		return FMT_RAW;
	if (has_directive(p, n))
		return FMT_TEXT;
	return is_hex(p, n) ? FMT_HEX : FMT_ASM;
}

long file_parse(const uint8_t *bytes, size_t n, const struct file_opts *o, struct arena *a,
		struct testcase **out, struct file_err *err)
{
	enum file_format f = o->format;
	struct testcase *tc;

	memset(err, 0, sizeof(*err));
	if (f == FMT_AUTO)
		f = file_detect(bytes, n);
	switch (f) {
	case FMT_RAW:
		return parse_raw(bytes, n, o->type, a, out, err);
	case FMT_HEX:
		return parse_hex(bytes, n, o->type, a, out, err);
	case FMT_ASM:
		return parse_asm(bytes, n, o->type, a, out, err);
	case FMT_ELF:
		return elf_parse(bytes, n, o, a, out, err);
	case FMT_TEXT:
		*out = tc = arena_alloc(a, sizeof(*tc));
		return case_from_text((const char *)bytes, n, o->type, a, tc, err) ? 1 : -1;
	case FMT_BIN:
		*out = tc = arena_alloc(a, sizeof(*tc));
		return case_from_bin(bytes, n, a, tc, err) ? 1 : -1;
	case FMT_AUTO:
	case FMT_N:
		break;
	}
	err_at(err, 0, "unknown format %d", f);
	return -1;
}
