/* SPDX-License-Identifier: Apache-2.0 */
/* A list threaded through records in memory: reversed, walked, unlinked. */
#include "plain.h"

struct record {
	u8 next;		/* index, itself at the end */
	u8 kind : 3, flag : 1, weight : 4;
	s16 value;
	union {
		u32 word;
		u8 byte[4];
	} u;
} __attribute__((packed));

static noinline u32 relink(struct record *r, u32 n)
{
	u32 head = 0;

	for (u32 i = 0; i < n; i++) {
		r[i].next = (u8)head;
		head = i;
	}
	return head;
}

static noinline u32 unlink_odd(struct record *r, u32 head)
{
	u32 removed = 0;

	for (u32 i = head; r[i].next != i;) {
		u32 next = r[i].next;

		if (r[next].value & 1 && r[next].next != next) {
			r[i].next = r[next].next;
			r[next].flag = !r[next].flag;
			removed++;
		} else {
			i = next;
		}
	}
	return removed;
}

u64 entry(void *mem, u64 len)
{
	struct record *r = mem;
	u32 n = (u32)(len / sizeof(*r)), head, removed;
	s64 sum = 0;

	if (!n)
		return 0;
	head = relink(r, n);
	removed = unlink_odd(r, head);
	for (u32 i = head;; i = r[i].next) {
		sum += (s64)r[i].value * r[i].weight - r[i].kind;
		r[i].u.byte[r[i].kind & 3] ^= (u8)(r[i].u.word >> 13);
		if (r[i].next == i)
			break;
	}
	return (u64)sum ^ (u64)removed << 48;
}
