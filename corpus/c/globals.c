/* SPDX-License-Identifier: Apache-2.0 */
/* Variables: constant, with a value, and zero at first; each run leaves them as it found them. */
#include "plain.h"

static const u64 weights[8] = { 1, 3, 9, 27, 81, 243, 729, 2187 };
static volatile u32 counter = 7;
static volatile u8 histogram[16];
static u64 total;

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 h = 0;

	for (u64 i = 0; i < len; i++) {
		counter += p[i];
		histogram[p[i] >> 4]++;
		total += p[i] * weights[i & 7];
	}
	for (u32 i = 0; i < 16; i++) {
		h = h * 31 + histogram[i];
		histogram[i] = 0;
	}
	h ^= (u64)counter << 32 ^ total;
	counter = 7;
	total = 0;
	return h;
}
