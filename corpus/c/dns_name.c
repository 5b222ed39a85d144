/* SPDX-License-Identifier: Apache-2.0 */
/* Reads DNS names with compression pointers, lower-cases them in place. */
#include "plain.h"

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 at = 0, labels = 0, hash = 5381;
	u32 jumps = 0, total = 0;

	while (at < len) {
		u32 n = p[at];

		if (n == 0)
			break;
		if (n >= 0xc0) {
			if (at + 1 >= len || ++jumps > 8)
				return 1 | labels << 8;
			at = ((n & 0x3f) << 8 | p[at + 1]) % len;
			continue;
		}
		n &= 0x3f;
		if (n > len - at - 1 || (total += n + 1) > 255)
			return 2 | labels << 8 | (u64)total << 32;
		for (u32 i = 1; i <= n; i++) {
			u8 c = p[at + i];

			if (c >= 'A' && c <= 'Z')
				p[at + i] = c |= 0x20;
			hash = hash * 33 ^ c;
		}
		labels++;
		at += n + 1;
	}
	return hash << 16 ^ labels << 8 ^ jumps;
}
