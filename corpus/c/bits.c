/* SPDX-License-Identifier: Apache-2.0 */
/* Bit tricks: counts, leading and trailing zeros, reversal, parity, next power of two. */
#include "plain.h"

static u32 popcount(u64 x)
{
	x -= x >> 1 & 0x5555555555555555;
	x = (x & 0x3333333333333333) + (x >> 2 & 0x3333333333333333);
	x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return (u32)(x * 0x0101010101010101 >> 56);
}

static noinline u32 clz(u64 x)
{
	u32 n = 64;

	for (u32 s = 32; s; s >>= 1)
		if (x >> s) {
			n -= s;
			x >>= s;
		}
	return n - (u32)x;
}

static u32 ctz(u64 x)
{
	return x ? popcount((x & -x) - 1) : 64;
}

static u64 reverse(u64 x)
{
	x = (x >> 1 & 0x5555555555555555) | (x & 0x5555555555555555) << 1;
	x = (x >> 2 & 0x3333333333333333) | (x & 0x3333333333333333) << 2;
	x = (x >> 4 & 0x0f0f0f0f0f0f0f0f) | (x & 0x0f0f0f0f0f0f0f0f) << 4;
	return __builtin_bswap64(x);
}

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 h = 0;

	for (u64 i = 0; i + 8 <= len; i += 8) {
		u64 x = load64(p + i) >> (p[i + 7] & 63);
		u64 up = x > 1 ? 1ull << ((64 - clz(x - 1)) & 63) : 1;

		h = h * 131 + popcount(x) + clz(x) * 67ull + ctz(x) * 257ull + up;
		store64(p + i, reverse(x));
	}
	return h;
}
