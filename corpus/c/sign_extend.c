/* SPDX-License-Identifier: Apache-2.0 */
/* Loads and moves of signed bytes, half-words and words, compared signed. */
#include "plain.h"

struct fields {
	s8 a;
	s16 b;
	s32 c;
	s64 d;
} __attribute__((packed));

u64 entry(void *mem, u64 len)
{
	struct fields *f = mem;
	s64 sum = 0;
	u64 taken = 0;

	for (u64 i = 0; i < len / sizeof(*f); i++, f++) {
		sum += f->a + f->b * 3 + (s64)f->c * 5 + f->d;
		taken = taken << 1 | (f->a < f->b);
		taken = taken << 1 | (f->b > f->c);
		taken = taken << 1 | ((s64)f->c <= f->d >> 32);
		taken = taken << 1 | ((u32)f->c >= (u32)(s32)f->a);
		f->d = (s64)(s8)sum + (s64)(s16)(sum >> 3) + (s64)(s32)(sum >> 5);
		f->c = (s16)f->d;
		f->b = (s8)(f->c >> 4);
		f->a = (s8)-f->a;
	}
	return (u64)sum ^ taken;
}
