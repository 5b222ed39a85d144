/* SPDX-License-Identifier: Apache-2.0 */
/* RC4 with the first 16 bytes as key: the permutation fills half a stack frame. */
#include "plain.h"

u64 entry(void *mem, u64 len)
{
	u8 *p = mem, s[256];
	u32 i, k = 0, n = 0;

	if (len < 16)
		return 0;
	for (i = 0; i < 256; i++)
		s[i] = (u8)i;
	for (i = 0; i < 256; i++) {
		u8 t = s[i];

		k = (k + t + p[i & 15]) & 255;
		s[i] = s[k];
		s[k] = t;
	}
	k = 0;
	for (u64 at = 16; at < len; at++) {
		u8 t;

		n = (n + 1) & 255;
		t = s[n];
		k = (k + t) & 255;
		s[n] = s[k];
		s[k] = t;
		p[at] ^= s[(s[n] + t) & 255];
	}
	return (u64)s[0] << 56 | (u64)s[255] << 48 | k << 8 | n;
}
