/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens of the text form: words, quoted strings, numbers, bytes. */
#include "case/case.h"

#include <string.h>

#include "case/text.h"

bool tok_fail(const struct text *t, const struct tok *k, const char *fmt, ...)
{
	char msg[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return err_line(t->err, t->line, (uint32_t)(k->p - t->start) + 1, t->start,
			(size_t)(t->file_end - t->start), "%s", msg);
}

static bool blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\f';
}

bool text_line(struct text *t)
{
	const char *nl, *hash;

	if (t->next == t->file_end)
		return false;
	t->start = t->next;
	nl = memchr(t->start, '\n', (size_t)(t->file_end - t->start));
	t->end = nl ? nl : t->file_end;
	t->next = nl ? nl + 1 : t->file_end;
	t->line++;
	hash = memchr(t->start, '#', (size_t)(t->end - t->start));
	if (hash)
		t->end = hash;
	while (t->end > t->start && blank(t->end[-1]))
		t->end--;
	t->at = t->start;
	return true;
}

bool tok_next(struct text *t, struct tok *k)
{
	const char *p = t->at;

	while (p < t->end && blank(*p))
		p++;
	k->p = p;
	k->n = 0;
	if (p == t->end)
		return false;
	if (*p == '"') {
		for (p++; p < t->end && *p != '"'; p++)
			p += *p == '\\' && p + 1 < t->end;
		p += p < t->end;
	} else {
		while (p < t->end && !blank(*p))
			p++;
	}
	k->n = (size_t)(p - k->p);
	t->at = p;
	return true;
}

bool tok_is(const struct tok *k, const char *word)
{
	return strlen(word) == k->n && !memcmp(k->p, word, k->n);
}

bool tok_prefix(const struct tok *k, const char *prefix, struct tok *rest)
{
	size_t n = strlen(prefix);

	if (k->n < n || memcmp(k->p, prefix, n))
		return false;
	rest->p = k->p + n;
	rest->n = k->n - n;
	return true;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Digits of base 10 or 16, nothing else, that fit into 64 bits. */
static bool digits(const char *p, size_t n, unsigned base, uint64_t *v)
{
	*v = 0;
	for (size_t i = 0; i < n; i++) {
		unsigned d = (unsigned)digit(p[i]);

		if (d >= base || __builtin_mul_overflow(*v, base, v) ||
		    __builtin_add_overflow(*v, d, v))
			return false;
	}
	return n > 0;
}

static bool is_hex_prefix(const char *p, size_t n)
{
	return n > 2 && p[0] == '0' && (p[1] | 0x20) == 'x';
}

bool tok_u64(const struct text *t, const struct tok *k, uint64_t max, uint64_t *v)
{
	bool ok = is_hex_prefix(k->p, k->n) ? digits(k->p + 2, k->n - 2, 16, v)
					    : digits(k->p, k->n, 10, v);

	if (!ok)
		return tok_fail(t, k, "'%.*s' is no number", (int)(k->n < 40 ? k->n : 40), k->p);
	if (*v > max)
		return tok_fail(t, k, "number is larger than %llu", (unsigned long long)max);
	return true;
}

bool tok_u32(const struct text *t, const struct tok *k, uint32_t max, uint32_t *v)
{
	uint64_t w;

	if (!tok_u64(t, k, max, &w))
		return false;
	*v = (uint32_t)w;
	return true;
}

/* One or two hexadecimal digits, maybe behind 0x, maybe repeated: "00*64". */
bool tok_bytes(const struct text *t, const struct tok *k, struct bytes *out, uint32_t max)
{
	const char *star = memchr(k->p, '*', k->n);
	size_t n = star ? (size_t)(star - k->p) : k->n;
	const char *p = k->p;
	uint64_t v, times = 1;

	if (is_hex_prefix(p, n)) {
		p += 2;
		n -= 2;
	}
	if (n > 2 || !digits(p, n, 16, &v))
		return tok_fail(t, k, "'%.*s' is no byte: expected two hexadecimal digits",
				(int)(k->n < 40 ? k->n : 40), k->p);
	if (star && (!digits(star + 1, (size_t)(k->p + k->n - star - 1), 10, &times) || !times))
		return tok_fail(t, k, "bad repetition");
	if (times > max || out->n + times > max)
		return tok_fail(t, k, "more than %u bytes", max);
	memset(bytes_more(out, t->a, (size_t)times), (int)v, (size_t)times);
	return true;
}

uint8_t *bytes_more(struct bytes *b, struct arena *a, size_t n)
{
	uint8_t *p;

	if (b->n + n > b->cap) {
		b->cap = 2 * (b->n + n) + 48;
		p = arena_raw(a, b->cap);
		if (b->n)
			memcpy(p, b->p, b->n);
		b->p = p;
	}
	p = b->p + b->n;
	b->n += n;
	return p;
}

/* One character of a quoted string at *p (before end), or -1. */
static int unescape(const char **p, const char *end)
{
	const char *s = *p;

	*p = s + 1;
	if (*s != '\\')
		return (unsigned char)*s;
	if (end - s < 2)
		return -1;
	*p = s + 2;
	switch (s[1]) {
	case '\\':
	case '"':
		return s[1];
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'x':
		if (end - s < 4 || digit(s[2]) > 15 || digit(s[3]) > 15)
			return -1;
		*p = s + 4;
		return digit(s[2]) << 4 | digit(s[3]);
	}
	return -1;
}

bool tok_string(const struct text *t, const struct tok *k, const char **s)
{
	const char *p = k->p + 1, *end = k->p + k->n - 1;
	char *out = arena_raw(t->a, k->n + 1);
	size_t n = 0;

	*s = out;
	if (k->n > LIMIT_STRING)
		return tok_fail(t, k, "string is too long");
	if (!k->n || k->p[0] != '"') {
		memcpy(out, k->p, k->n);
		out[k->n] = 0;
		return !memchr(out, 0, k->n) || tok_fail(t, k, "string contains a NUL");
	}
	if (k->n < 2 || *end != '"')
		return tok_fail(t, k, "string is not closed");
	while (p < end) {
		int c = unescape(&p, end);

		if (c <= 0)
			return tok_fail(t, k, "bad escape or NUL in a string");
		out[n++] = (char)c;
	}
	out[n] = 0;
	return true;
}

bool text_name_ok(const char *s)
{
	if (!((*s | 0x20) >= 'a' && (*s | 0x20) <= 'z') && *s != '_' && *s != '.')
		return false;
	for (; *s; s++)
		if (!((*s | 0x20) >= 'a' && (*s | 0x20) <= 'z') && !(*s >= '0' && *s <= '9') &&
		    *s != '_' && *s != '.')
			return false;
	return true;
}
