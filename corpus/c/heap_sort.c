/* SPDX-License-Identifier: Apache-2.0 */
/* Sorts 16-bit words, unsigned, in place. */
#include "plain.h"

struct word {
	u16 v;
} __attribute__((packed));

static noinline u32 sift(struct word *a, u32 i, u32 n)
{
	u32 swaps = 0;

	for (;;) {
		u32 big = i, l = 2 * i + 1, r = l + 1;
		u16 t;

		if (l < n && a[l].v > a[big].v)
			big = l;
		if (r < n && a[r].v > a[big].v)
			big = r;
		if (big == i)
			return swaps;
		t = a[i].v;
		a[i].v = a[big].v;
		a[big].v = t;
		i = big;
		swaps++;
	}
}

u64 entry(void *mem, u64 len)
{
	struct word *a = mem;
	u32 n = (u32)(len / 2), swaps = 0;

	for (u32 i = n / 2; i > 0; i--)
		swaps += sift(a, i - 1, n);
	for (u32 end = n; end > 1; end--) {
		u16 t = a[0].v;

		a[0].v = a[end - 1].v;
		a[end - 1].v = t;
		swaps += sift(a, 0, end - 1);
	}
	return swaps;
}
