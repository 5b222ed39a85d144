/* SPDX-License-Identifier: Apache-2.0 */
/* Products of 4 by 4 matrices of bytes, and the determinant of 3 by 3 ones. */
#include "plain.h"

static noinline void multiply(const u8 *a, const u8 *b, s32 *c)
{
	for (int i = 0; i < 4; i++)
		for (int k = 0; k < 4; k++) {
			s32 sum = 0;

			for (int j = 0; j < 4; j++)
				sum += (s8)a[4 * i + j] * (s8)b[4 * j + k];
			c[4 * i + k] = sum;
		}
}

static s64 determinant(const s32 *m)
{
	return (s64)m[0] * ((s64)m[5] * m[10] - (s64)m[6] * m[9]) -
	       (s64)m[1] * ((s64)m[4] * m[10] - (s64)m[6] * m[8]) +
	       (s64)m[2] * ((s64)m[4] * m[9] - (s64)m[5] * m[8]);
}

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	s32 c[16];
	u64 h = 0;

	for (u64 i = 0; i + 32 <= len; i += 16) {
		multiply(p + i, p + i + 16, c);
		h = h * 31 + (u64)determinant(c);
		for (int k = 0; k < 16; k++)
			p[i + (u64)k] = (u8)(c[k] >> 3);
	}
	return h;
}
