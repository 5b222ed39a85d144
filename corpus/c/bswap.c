/* SPDX-License-Identifier: Apache-2.0 */
/* Byte order: swaps of 16, 32 and 64 bits. */
#include "plain.h"

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 h = 0;

	for (u64 i = 0; i + 8 <= len; i += 8) {
		u64 x = load64(p + i);
		u64 y = __builtin_bswap64(x) + __builtin_bswap32((u32)x) +
			__builtin_bswap16((u16)x);

		h = rotl64(h, 9) ^ y;
		store64(p + i, __builtin_bswap64(y) ^ (u64)__builtin_bswap16((u16)(x >> 16)) << 40);
	}
	return h;
}
