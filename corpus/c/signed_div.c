/* SPDX-License-Identifier: Apache-2.0 */
/* Signed division and remainder; v4 of BPF has instructions for them. */
#include "plain.h"

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 h = 0;

	for (u64 i = 0; i + 16 <= len; i += 16) {
		s64 a = (s64)load64(p + i) >> (p[i + 8] & 31);
		s64 b = (s64)load64(p + i + 8) >> (p[i] & 63);
		s32 c = (s32)load32(p + i + 4), d = (s32)load32(p + i + 8) >> (p[i + 1] & 31);

		/* what C leaves undefined */
		if (!b || b == -1)
			b = 3;
		if (!d || d == -1)
			d = -5;
		h = h * 31 + (u64)sdiv64(a, b) + (u64)smod64(a, b);
		h = h * 31 + (u64)(s64)sdiv32(c, d) + (u64)(s64)smod32(c, d);
		h = h * 31 + (u64)sdiv64(a, 7) + (u64)smod64(a, -1000);
		store64(p + i, (u64)(sdiv64(a, b) * b + smod64(a, b) - a));
		store32(p + i + 8, (u32)smod32(c, -16));
	}
	return h;
}
