/* SPDX-License-Identifier: Apache-2.0 */
/* 32-bit and 64-bit arithmetic mixed: truncation, extension, shifts by registers. */
#include "plain.h"

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 a = len, b = 0x9e3779b97f4a7c15;
	u32 c = 1;
	s32 d = -7;
	s64 e = -1;

	for (u64 i = 0; i + 8 <= len; i += 8) {
		u64 x = load64(p + i);
		u32 lo = (u32)x, hi = (u32)(x >> 32), s = lo & 31;

		a += (u64)lo * hi;
		b ^= a << (hi & 63);
		c = c * lo - hi;
		d += (s32)lo >> s;
		d ^= (s32)(hi << s);
		e += (s64)(s32)hi * (s32)lo;
		e >>= s & 7;
		if ((s32)lo < (s32)hi)
			a -= (u64)(s64)(s32)hi;
		if (lo < hi)
			c += lo % (hi | 1);
		if ((s64)x > e)
			b += x / ((u64)lo | 1);
		if (c & 4)
			b -= (u64)(s64)(s16)c + (u64)(s64)(s8)lo;
		store64(p + i, b ^ (u64)(s64)d);
	}
	return a ^ b ^ c ^ (u64)(s64)d ^ (u64)e;
}
