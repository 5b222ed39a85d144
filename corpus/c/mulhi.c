/* SPDX-License-Identifier: Apache-2.0 */
/* The high half of 64-bit products, unsigned and signed, by 32-bit halves. */
#include "plain.h"

static u64 mulhi(u64 a, u64 b)
{
	u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
	u64 ll = al * bl, lh = al * bh, hl = ah * bl, hh = ah * bh;
	u64 mid = (ll >> 32) + (u32)lh + (u32)hl;

	return hh + (lh >> 32) + (hl >> 32) + (mid >> 32);
}

static s64 smulhi(s64 a, s64 b)
{
	return (s64)(mulhi((u64)a, (u64)b) - (a < 0 ? (u64)b : 0) - (b < 0 ? (u64)a : 0));
}

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 sum = 0;

	for (u64 i = 0; i + 16 <= len; i += 16) {
		u64 a = load64(p + i), b = load64(p + i + 8);

		sum ^= mulhi(a, b) + rotl64((u64)smulhi((s64)a, (s64)b), 17);
		store64(p + i, a * b);
	}
	return sum;
}
