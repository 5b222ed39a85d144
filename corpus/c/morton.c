/* SPDX-License-Identifier: Apache-2.0 */
/* Morton order (two and three dimensions) and Gray code. */
#include "plain.h"

static u64 spread2(u32 v)
{
	u64 x = v;

	x = (x | x << 16) & 0x0000ffff0000ffff;
	x = (x | x << 8) & 0x00ff00ff00ff00ff;
	x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
	x = (x | x << 2) & 0x3333333333333333;
	return (x | x << 1) & 0x5555555555555555;
}

static u64 spread3(u32 v)
{
	u64 x = v & 0x1fffff;

	x = (x | x << 32) & 0x001f00000000ffff;
	x = (x | x << 16) & 0x001f0000ff0000ff;
	x = (x | x << 8) & 0x100f00f00f00f00f;
	x = (x | x << 4) & 0x10c30c30c30c30c3;
	return (x | x << 2) & 0x1249249249249249;
}

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 h = 0;

	for (u64 i = 0; i + 12 <= len; i += 12) {
		u32 x = load32(p + i), y = load32(p + i + 4), z = load32(p + i + 8);
		u64 m = spread2(x) | spread2(y) << 1;

		h = rotl64(h, 7) + m + (spread3(x) | spread3(y) << 1 | spread3(z) << 2);
		store32(p + i, x ^ x >> 1);
		store64(p + i + 4, m ^ m >> 1);
	}
	return h;
}
