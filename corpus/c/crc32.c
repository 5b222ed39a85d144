/* SPDX-License-Identifier: Apache-2.0 */
/* CRC-32 by bit and by a table of nibbles: the difference is 0. */
#include "plain.h"

static const u32 nibble[16] = {
	0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158,
	0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4,
	0xa00ae278, 0xbdbdf21c,
};

u64 entry(void *mem, u64 len)
{
	const u8 *p = mem;
	u32 a = ~0u, b = ~0u;

	for (u64 i = 0; i < len; i++) {
		a ^= p[i];
		for (int k = 0; k < 8; k++)
			a = a >> 1 ^ (a & 1 ? 0xedb88320 : 0);
		b ^= p[i];
		b = b >> 4 ^ nibble[b & 15];
		b = b >> 4 ^ nibble[b & 15];
	}
	return (u64)(a ^ b) << 32 | (u32)~b;
}
