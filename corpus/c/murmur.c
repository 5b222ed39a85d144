/* SPDX-License-Identifier: Apache-2.0 */
/* MurmurHash3, 32 bits. */
#include "plain.h"

static u32 scramble(u32 k)
{
	return rotl32(k * 0xcc9e2d51, 15) * 0x1b873593;
}

u64 entry(void *mem, u64 len)
{
	const u8 *p = mem;
	u32 h = (u32)len, k = 0;
	u64 i;

	for (i = 0; i + 4 <= len; i += 4)
		h = rotl32(h ^ scramble(load32(p + i)), 13) * 5 + 0xe6546b64;
	for (u64 n = len; n > i; n--)
		k = k << 8 | p[n - 1];
	h ^= scramble(k) ^ (u32)len;
	h = (h ^ h >> 16) * 0x85ebca6b;
	h = (h ^ h >> 13) * 0xc2b2ae35;
	return h ^ h >> 16;
}
