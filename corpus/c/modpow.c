/* SPDX-License-Identifier: Apache-2.0 */
/* Powers modulo a 32-bit number; Fermat's test with base 2. */
#include "plain.h"

static noinline u32 power(u32 base, u32 exponent, u32 mod)
{
	u64 r = 1 % mod, b = base % mod;

	for (; exponent; exponent >>= 1) {
		if (exponent & 1)
			r = r * b % mod;
		b = b * b % mod;
	}
	return (u32)r;
}

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 sum = 0, primes = 0;

	for (u64 i = 0; i + 4 <= len && i < 64; i += 4) {
		u32 m = load32(p + i) | 1, r;

		r = power(2, m - 1, m);
		primes += r == 1;
		sum = sum * 31 + r;
		store32(p + i, power(r, (u32)i, m >> 8 | 1));
	}
	return sum << 8 | (primes & 0xff);
}
