/* SPDX-License-Identifier: Apache-2.0 */
/* Greatest common divisors: Euclid with %, and the binary one; modular inverses. */
#include "plain.h"

static noinline u64 euclid(u64 a, u64 b)
{
	while (b) {
		u64 t = a % b;

		a = b;
		b = t;
	}
	return a;
}

static noinline u64 binary(u64 a, u64 b)
{
	u32 shift = 0;

	if (!a || !b)
		return a | b;
	while (!((a | b) & 1)) {
		a >>= 1;
		b >>= 1;
		shift++;
	}
	while (!(a & 1))
		a >>= 1;
	while (b) {
		while (!(b & 1))
			b >>= 1;
		if (a > b) {
			u64 t = a;

			a = b;
			b = t;
		}
		b -= a;
	}
	return a << shift;
}

/* of an odd number, modulo 2^64 */
static u64 inverse(u64 x)
{
	u64 y = x;

	for (int i = 0; i < 6; i++)
		y *= 2 - x * y;
	return y;
}

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 sum = 0;

	for (u64 i = 0; i + 16 <= len; i += 16) {
		u64 a = load64(p + i), b = load64(p + i + 8) >> (p[i] & 31);
		u64 g = euclid(a, b), h = binary(a, b);

		sum += g ^ (g - h) << 16 ^ (inverse(a | 1) * (a | 1) - 1);
		store64(p + i, g);
	}
	return sum;
}
