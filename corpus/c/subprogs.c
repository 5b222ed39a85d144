/* SPDX-License-Identifier: Apache-2.0 */
/* Calls eight frames deep, with five arguments, and calls in both directions of the code. */
#include "plain.h"

static noinline u64 leaf(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	volatile u64 local[4] = { a, b, c, d };

	return local[e & 3] + (a ^ b) * 3 - (c & d);
}

#define LEVEL(name, callee) \
	static noinline u64 name(u64 a, u64 b, u64 c, u64 d, u64 e) \
	{ \
		volatile u64 x = a * 7, y = b + 1; \
		u64 r = callee(b, c, d, e, a); \
		return r * 5 + callee(x, y, r, a, b) + x; \
	}
LEVEL(level7, leaf)
LEVEL(level6, level7)
LEVEL(level5, level6)
LEVEL(level4, level5)
LEVEL(level3, level4)
LEVEL(level2, level3)

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 h = len;

	for (u64 i = 0; i + 8 <= len && i < 32; i += 8) {
		h = level2(h, load64(p + i), i, h >> 32, p[i]);
		store64(p + i, h);
	}
	return h;
}
