/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers: xorshift64*, a linear congruence, and a shuffle by them. */
#include "plain.h"

static noinline u64 next(u64 *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * 0x2545f4914f6cdd1d;
}

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 s = len * 0x9e3779b97f4a7c15 | 1;
	u32 lcg = (u32)len;

	for (u64 i = len; i > 1; i--) {
		u64 k = next(&s) % i;
		u8 t = p[i - 1];

		p[i - 1] = p[k];
		p[k] = t;
		lcg = lcg * 1664525 + 1013904223 + p[i - 1];
	}
	return s ^ lcg;
}
