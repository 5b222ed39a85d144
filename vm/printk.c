/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The format strings of bpf_trace_printk(): which of them Linux refuses, and
 * how long the text is.  Nothing is printed; only the length is a result.
 */
#include "vm/internal.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

enum { ARGS = 3, WIDTH_MAX = (1 << 23) - 1 };

struct format {
	const struct guest *g;
	const char *p;		/* at what follows what was parsed; NUL-terminated */
	const uint64_t *arg;
	uint32_t narg;
	int64_t len;
	/* of the conversion at hand */
	int64_t width;
	bool has_width;
	bool sign;		/* '+' or ' ': signed numbers have one even if positive */
};

/* Control characters are refused; bytes of UTF-8 are not. */
static bool is_text(char c)
{
	return c & 0x80 || isprint(c) || isspace(c);
}

/* May c follow a %s or a plain %p? */
static bool is_end(char c)
{
	return !c || isspace((unsigned char)c) || ispunct((unsigned char)c);
}

/* An argument of the program, or false: there are three. */
static bool next_arg(struct format *f, uint64_t *v)
{
	if (f->narg == ARGS)
		return false;
	*v = f->arg[f->narg++];
	return true;
}

static void emit(struct format *f, int64_t len)
{
	f->len += len > f->width ? len : f->width;
}

static void parse_flags(struct format *f)
{
	/* '0' and '-' do not change how long the text is. */
	f->sign = false;
	for (; *f->p && strchr("0+- ", *f->p); f->p++)
		f->sign |= *f->p == '+' || *f->p == ' ';
	f->width = 0;
	f->has_width = isdigit((unsigned char)*f->p);
	for (; isdigit((unsigned char)*f->p); f->p++)
		if (f->width <= WIDTH_MAX)
			f->width = 10 * f->width + (*f->p - '0');
	if (f->width > WIDTH_MAX)
		f->width = WIDTH_MAX;
}

static int64_t digits(uint64_t v, uint32_t base)
{
	int64_t n = 1;

	while (v >= base) {
		v /= base;
		n++;
	}
	return n;
}

/*
 * A string in guest memory; what cannot be read is empty, as for the kernel's
 * careful copy.  (User memory cannot be read at all: there is no user.)
 */
static bool string(struct format *f, bool user)
{
	enum { STRING_MAX = 511 };
	uint64_t addr, n = 0;

	if (!is_end(*f->p) || !next_arg(f, &addr))
		return false;
	while (!user && n < STRING_MAX && guest_find(f->g, addr + n, 1, RGN_READ) &&
	       *(const char *)guest_host(addr + n))
		n++;
	emit(f, (int64_t)n);
	return true;
}

/* %pi4 and the like: the number's bytes lie at the address.  A width counts for nothing. */
static bool internet(struct format *f, char pad, char version)
{
	uint8_t b[4] = { 0 };
	uint64_t addr;
	int64_t n = 3;

	if (!next_arg(f, &addr))
		return false;
	if (version == '6') {
		f->len += pad == 'i' ? 32 : 39;
		return true;
	}
	if (guest_find(f->g, addr, 4, RGN_READ))
		memcpy(b, guest_host(addr), 4);
	for (int i = 0; i < 4; i++)
		n += pad == 'i' ? 3 : digits(b[i], 10);
	f->len += n;
	return true;
}

/*
 * Without a width a pointer has 16 digits.  With one, Linux prints as many as it
 * takes: of the value, or of a hash of 32 bits whose key is made at boot.
 */
static void address(struct format *f, uint64_t v, bool hashed)
{
	enum { HASH_DIGITS = 8 };
	bool error = v == 0 || v >= (uint64_t)-4095;

	if (!f->has_width)
		emit(f, 16);
	else
		emit(f, hashed && !error ? HASH_DIGITS : digits(v, 16));
}

/* At the letter behind %p. */
static bool pointer(struct format *f)
{
	uint64_t v;
	char c = *f->p;

	if (is_end(c)) {
		if (!next_arg(f, &v))
			return false;
		address(f, v, true);
		return true;
	}
	if ((c == 'k' || c == 'u') && f->p[1] == 's') {
		f->p += 2;
		return string(f, c == 'u');
	}
	if ((c == 'i' || c == 'I') && (f->p[1] == '4' || f->p[1] == '6')) {
		f->p += 2;
		if (!internet(f, c, f->p[-1]))
			return false;
	} else if (strchr("KxsSB", c)) {
		if (!next_arg(f, &v))
			return false;
		if (c == 'K' || c == 'x')
			address(f, v, c == 'K');
		else
			emit(f, 2 + digits(v, 16));	/* a symbol; no guest address is one */
	} else {
		return false;
	}
	/* Linux takes letters and digits that follow for a modifier. */
	while (isalnum((unsigned char)*f->p))
		f->p++;
	return true;
}

static bool number(struct format *f)
{
	bool wide = false, neg;
	uint64_t v;
	int64_t sign;

	for (int i = 0; i < 2 && *f->p == 'l'; i++, f->p++)
		wide = true;
	if (!*f->p || !strchr("iduxX", *f->p) || !next_arg(f, &v))
		return false;
	switch (*f->p++) {
	case 'i':
	case 'd':
		if (!wide)
			v = (uint64_t)(int64_t)(int32_t)v;
		neg = (int64_t)v < 0;
		sign = neg || f->sign;
		emit(f, sign + digits(neg ? -v : v, 10));
		return true;
	case 'u':
		emit(f, digits(wide ? v : (uint32_t)v, 10));
		return true;
	default:
		emit(f, digits(wide ? v : (uint32_t)v, 16));
		return true;
	}
}

static bool conversion(struct format *f)
{
	uint64_t v;

	parse_flags(f);
	switch (*f->p) {
	case 'p':
		f->p++;
		return pointer(f);
	case 's':
		f->p++;
		return string(f, false);
	case 'c':
		f->p++;
		if (!next_arg(f, &v))
			return false;
		emit(f, 1);
		return true;
	default:
		return number(f);
	}
}

int64_t printk_length(const struct guest *g, const char *fmt, uint64_t size, const uint64_t arg[3])
{
	struct format f = { .g = g, .p = fmt, .arg = arg };

	if (!memchr(fmt, 0, size))
		return -EINVAL;
	while (*f.p) {
		if (!is_text(*f.p))
			return -EINVAL;
		if (*f.p++ != '%') {
			f.len++;
		} else if (*f.p == '%') {
			f.p++;
			f.len++;
		} else if (!conversion(&f)) {
			return -EINVAL;
		}
	}
	return f.len;
}
