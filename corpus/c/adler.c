/* SPDX-License-Identifier: Apache-2.0 */
/* Adler-32, Fletcher-16 and the Internet checksum. */
#include "plain.h"

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u32 a = 1, b = 0, f = 0, g = 0;
	u64 sum = 0;

	for (u64 i = 0; i < len; i++) {
		a = (a + p[i]) % 65521;
		b = (b + a) % 65521;
		f = (f + p[i]) % 255;
		g = (g + f) % 255;
		sum += i & 1 ? (u64)p[i] << 8 : p[i];
	}
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	if (len >= 4)
		store32(p, b << 16 | a);
	return (sum ^ 0xffff) << 32 | g << 8 | f;
}
