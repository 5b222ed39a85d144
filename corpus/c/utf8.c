/* SPDX-License-Identifier: Apache-2.0 */
/* Validates UTF-8, counts code points, replaces what is malformed. */
#include "plain.h"

static noinline u32 sequence(const u8 *p, u64 n)
{
	u32 c = p[0], need, min;

	if (c < 0x80)
		return 1;
	if ((c & 0xe0) == 0xc0) {
		need = 1;
		min = 0x80;
		c &= 0x1f;
	} else if ((c & 0xf0) == 0xe0) {
		need = 2;
		min = 0x800;
		c &= 0x0f;
	} else if ((c & 0xf8) == 0xf0) {
		need = 3;
		min = 0x10000;
		c &= 0x07;
	} else {
		return 0;
	}
	if (n <= need)
		return 0;
	for (u32 i = 1; i <= need; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	return need + 1;
}

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 good = 0, bad = 0, wide = 0;

	for (u64 i = 0; i < len;) {
		u32 n = sequence(p + i, len - i);

		if (!n) {
			p[i++] = '?';
			bad++;
			continue;
		}
		wide += n > 1;
		good++;
		i += n;
	}
	return good << 40 | wide << 20 | bad;
}
