/* SPDX-License-Identifier: Apache-2.0 */
/* Square roots of integers: by bits, and by Newton with division. */
#include "plain.h"

static noinline u64 by_bits(u64 x)
{
	u64 root = 0, bit = 1ull << 62;

	while (bit > x)
		bit >>= 2;
	for (; bit; bit >>= 2) {
		if (x >= root + bit) {
			x -= root + bit;
			root = (root >> 1) + bit;
		} else {
			root >>= 1;
		}
	}
	return root;
}

static noinline u64 by_newton(u64 x)
{
	u64 r = x, next;

	if (x < 2)
		return x;
	for (next = x / 2 + 1; next < r; next = (r + x / r) / 2)
		r = next;
	return r;
}

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 sum = 0;

	for (u64 i = 0; i + 8 <= len; i += 8) {
		u64 x = load64(p + i) >> (p[i] & 63), a = by_bits(x), b = by_newton(x);

		sum += a ^ (a - b) << 32;
		store64(p + i, b);
	}
	return sum;
}
