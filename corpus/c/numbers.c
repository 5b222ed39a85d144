/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal and hexadecimal numbers: reads them, writes them back. */
#include "plain.h"

static u64 parse_hex(const u8 *p, u64 n, u64 *used)
{
	u64 v = 0, i;

	for (i = 0; i < n && i < 16; i++) {
		u8 c = p[i];

		if (c >= '0' && c <= '9')
			v = v << 4 | (u64)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (u64)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			v = v << 4 | (u64)(c - 'A' + 10);
		else
			break;
	}
	*used = i;
	return v;
}

static noinline s64 parse_dec(const u8 *p, u64 n)
{
	int minus = n && p[0] == '-';
	u64 v = 0;

	for (u64 i = (u64)minus; i < n && p[i] >= '0' && p[i] <= '9'; i++)
		v = v * 10 + (p[i] - '0');
	return (s64)(minus ? -v : v);
}

static noinline u64 print_dec(u8 *p, u64 n, u64 v)
{
	u64 i = n;

	do {
		if (!i)
			return v;
		p[--i] = (u8)('0' + v % 10);
		v /= 10;
	} while (v);
	return n - i;
}

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 used = 0, h, out;
	s64 d;

	/* random bytes hold few digits */
	for (u64 i = 0; i < len; i++)
		if (p[i] & 0x80)
			p[i] = "0123456789abcdef"[p[i] & 15];
	h = parse_hex(p, len, &used);
	d = parse_dec(p + used, len - used);
	out = print_dec(p, len, h ^ (u64)d);
	return h + (u64)d * 31 + out * 7 + used;
}
