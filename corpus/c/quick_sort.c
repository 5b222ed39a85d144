/* SPDX-License-Identifier: Apache-2.0 */
/* Sorts 32-bit words, signed, with a stack of its own. */
#include "plain.h"

struct word {
	s32 v;
} __attribute__((packed));

u64 entry(void *mem, u64 len)
{
	struct word *a = mem;
	u16 stack[32];
	s32 top = 0, lo = 0, hi = (s32)(len / 4) - 1;
	u64 work = 0;

	for (;;) {
		s32 i = lo, k = hi, pivot;

		if (lo >= hi) {
			if (!top)
				return work;
			hi = stack[--top];
			lo = stack[--top];
			continue;
		}
		pivot = a[lo + ((hi - lo) >> 1)].v;
		while (i <= k) {
			s32 t;

			while (a[i].v < pivot)
				i++;
			while (a[k].v > pivot)
				k--;
			if (i > k)
				break;
			t = a[i].v;
			a[i++].v = a[k].v;
			a[k--].v = t;
			work++;
		}
		/* the longer part waits, so that 16 levels are enough */
		if (k - lo < hi - i) {
			if (i < hi) {
				stack[top++ & 31] = (u16)i;
				stack[top++ & 31] = (u16)hi;
			}
			hi = k;
		} else {
			if (lo < k) {
				stack[top++ & 31] = (u16)lo;
				stack[top++ & 31] = (u16)k;
			}
			lo = i;
		}
	}
}
