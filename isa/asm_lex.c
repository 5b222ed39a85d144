/* SPDX-License-Identifier: Apache-2.0 */
/* The words of assembly text: blanks, registers, numbers, labels. */
#include "isa/isa.h"

#include "isa/internal.h"

#include <string.h>

/* A sentence beats an expected token; among equals the farthest and first wins. */
bool asm_fail(struct asm_cursor *c, const char *at, const char *msg)
{
	if (!c->msg || at > c->at) {
		c->at = at;
		c->msg = msg;
	}
	return false;
}

static bool expected(struct asm_cursor *c, const char *at, struct asm_want want)
{
	const uint32_t max = sizeof(c->want) / sizeof(c->want[0]);

	if (c->msg || at < c->at)
		return false;
	if (at > c->at) {
		c->at = at;
		c->nwant = 0;
	}
	for (uint32_t i = 0; i < c->nwant && i < max; i++) {
		if (c->want[i].len == want.len && memcmp(c->want[i].p, want.p, want.len) == 0)
			return false;
	}
	if (c->nwant < max)
		c->want[c->nwant] = want;
	if (c->nwant <= max)
		c->nwant++;
	return false;
}

bool asm_expected(struct asm_cursor *c, const char *at, const char *want)
{
	return expected(c, at, (struct asm_want){ want, strlen(want), false });
}

bool asm_expected_text(struct asm_cursor *c, const char *at, const char *template)
{
	return expected(c, at, (struct asm_want){ template, strcspn(template, " $"), true });
}

void asm_blanks(struct asm_cursor *c)
{
	while (c->p < c->end && asm_is_blank(*c->p))
		c->p++;
}

char asm_peek(const struct asm_cursor *c, size_t n)
{
	return (size_t)(c->end - c->p) > n ? c->p[n] : 0;
}

bool asm_word(struct asm_cursor *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n) || asm_is_word(asm_peek(c, n)))
		return false;
	c->p += n;
	return true;
}

bool asm_register(struct asm_cursor *c, char letter, uint8_t max, uint8_t *reg)
{
	const char *start = c->p;
	size_t n = 1;
	unsigned int v = 0;

	if (asm_peek(c, 0) != letter || !asm_is_digit(asm_peek(c, 1)))
		return asm_expected(c, start, letter == 'w' ? "a w register" : "a register");
	while (asm_is_digit(asm_peek(c, n)) && n < 4)
		v = v * 10 + (unsigned int)(c->p[n++] - '0');
	if (asm_is_word(asm_peek(c, n)) || v > max || (n > 2 && c->p[1] == '0'))
		return asm_fail(c, start, "no such register");
	c->p += n;
	*reg = (uint8_t)v;
	return true;
}

static int digit_of(char ch)
{
	if (ch >= '0' && ch <= '9')
		return ch - '0';
	if (ch >= 'a' && ch <= 'f')
		return ch - 'a' + 10;
	if (ch >= 'A' && ch <= 'F')
		return ch - 'A' + 10;
	return 99;
}

bool asm_number(struct asm_cursor *c, struct asm_num *n)
{
	const char *start = c->p, *p = c->p;
	int base = 10, digit;
	bool big = false;

	*n = (struct asm_num){ 0 };
	if (p < c->end && (*p == '+' || *p == '-')) {
		n->sign = true;
		n->neg = *p++ == '-';
		while (p < c->end && asm_is_blank(*p))
			p++;
	}
	if (p >= c->end || !asm_is_digit(*p))
		return asm_expected(c, start, "a number");
	if (c->end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') && digit_of(p[2]) < 16) {
		n->hex = true;
		base = 16;
		p += 2;
	}
	for (; p < c->end && (digit = digit_of(*p)) < base; p++) {
		big |= __builtin_mul_overflow(n->mag, (uint64_t)base, &n->mag);
		big |= __builtin_add_overflow(n->mag, (uint64_t)digit, &n->mag);
	}
	if (p < c->end && asm_is_word(*p))
		return asm_expected(c, start, "a number");
	if (big || (n->neg && n->mag > (uint64_t)1 << 63))
		return asm_fail(c, start, "number out of 64-bit range");
	c->p = p;
	return true;
}

bool asm_fits(const struct asm_num *n, int64_t min, uint64_t max)
{
	if (n->neg)
		return n->mag == 0 || (min < 0 && n->mag <= 0 - (uint64_t)min);
	return n->mag <= max;
}

uint64_t asm_value(const struct asm_num *n)
{
	return n->neg ? 0 - n->mag : n->mag;
}

bool asm_label(struct asm_cursor *c, const char **name, size_t *len)
{
	const char *p = c->p;

	while (p < c->end && (asm_is_word(*p) || *p == '.' || *p == '$' || *p == '@' ||
			      (*p == '-' && p > c->p)))
		p++;
	if (p == c->p)
		return asm_expected(c, p, "a label");
	*name = c->p;
	*len = (size_t)(p - c->p);
	c->p = p;
	return true;
}
