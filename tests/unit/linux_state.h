/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux_state.h: the scalar states in a log of the kernel's verifier, as
 *	R6=scalar(smin=umin=1,smax=umax=255,var_off=(0x0; 0xff)) R7=P5
 * Names left out are at the extreme of their type; equal numbers share one
 * "=" chain; hex numbers are the two's complement at the width of the field.
 */
#ifndef TESTS_UNIT_LINUX_STATE_H
#define TESTS_UNIT_LINUX_STATE_H

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "verifier/verifier.h"

/* Registers r0 to r9. */
struct regs {
	struct scalar r[10];
	uint32_t known;		/* scalars, by bit */
};

/* Decimal or hex, possibly negative; hex is two's complement. */
static inline bool parse_number(const char **s, uint64_t *v)
{
	char *end;
	bool minus = **s == '-';

	if (!isdigit((unsigned char)(*s)[minus]))
		return false;
	*v = strtoull(*s + minus, &end, 0);
	if (minus)
		*v = 0 - *v;
	*s = end;
	return true;
}

enum { F_SMIN = 1, F_SMAX = 2, F_UMIN = 4, F_UMAX = 8, F_SMIN32 = 16, F_SMAX32 = 32,
	     F_UMIN32 = 64, F_UMAX32 = 128 };

static inline uint32_t parse_field(const char **s)
{
	static const struct { const char *name; uint32_t bit; } f[] = {
		{"smin32=", F_SMIN32}, {"smax32=", F_SMAX32}, {"umin32=", F_UMIN32},
		{"umax32=", F_UMAX32}, {"smin=", F_SMIN}, {"smax=", F_SMAX}, {"umin=", F_UMIN},
		{"umax=", F_UMAX},
	};

	for (size_t i = 0; i < sizeof(f) / sizeof(f[0]); i++) {
		if (strncmp(*s, f[i].name, strlen(f[i].name)) == 0) {
			*s += strlen(f[i].name);
			return f[i].bit;
		}
	}
	return 0;
}

static inline void set_fields(struct scalar *r, uint32_t bits, uint64_t v)
{
	if (bits & F_SMIN)
		r->smin = (int64_t)v;
	if (bits & F_SMAX)
		r->smax = (int64_t)v;
	if (bits & F_UMIN)
		r->umin = v;
	if (bits & F_UMAX)
		r->umax = v;
	if (bits & F_SMIN32)
		r->s32min = (int32_t)v;
	if (bits & F_SMAX32)
		r->s32max = (int32_t)v;
	if (bits & F_UMIN32)
		r->u32min = (uint32_t)v;
	if (bits & F_UMAX32)
		r->u32max = (uint32_t)v;
}

/* The text behind "scalar("; false if something in it is not understood. */
static inline bool parse_attrs(const char **s, struct scalar *r)
{
	uint64_t v;

	*r = scalar_unknown();
	while (**s != ')') {
		uint32_t bits = 0, bit;

		if (**s == ',')
			(*s)++;
		if (strncmp(*s, "id=", 3) == 0) {
			*s += strcspn(*s, ",)");
			continue;
		}
		if (strncmp(*s, "var_off=(", 9) == 0) {
			*s += 9;
			if (!parse_number(s, &r->var.value) || strncmp(*s, "; ", 2) != 0)
				return false;
			*s += 2;
			if (!parse_number(s, &r->var.mask) || *(*s)++ != ')')
				return false;
			continue;
		}
		while ((bit = parse_field(s)) != 0)
			bits |= bit;
		if (!bits || !parse_number(s, &v))
			return false;
		set_fields(r, bits, v);
	}
	(*s)++;
	return true;
}

/* Applies " R6=... R7=..." to the registers; other values make a register unknown to us. */
static inline bool parse_state(const char *s, const char *end, struct regs *out)
{
	while (s < end) {
		uint64_t v;
		unsigned n;

		if (*s != 'R' || !isdigit((unsigned char)s[1])) {
			s++;
			continue;
		}
		n = (unsigned)strtoul(s + 1, (char **)&s, 10);
		if (*s++ != '=' || n > 10)
			return false;
		if (n == 10) {
			s += strcspn(s, " \n");
			continue;
		}
		out->known &= ~(1u << n);
		if (*s == 'P')
			s++;
		if (strncmp(s, "scalar(", 7) == 0) {
			s += 7;
			if (!parse_attrs(&s, &out->r[n]))
				return false;
		} else if (parse_number(&s, &v)) {
			out->r[n] = scalar_const(v);
		} else {
			s += strcspn(s, " \n");
			continue;
		}
		out->known |= 1u << n;
	}
	return true;
}

#endif
