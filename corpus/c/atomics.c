/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Atomic operations on the stack, which is aligned.  Before v3 BPF has only the
 * addition that yields nothing.
 */
#include "plain.h"

u64 entry(void *mem, u64 len)
{
	const u8 *p = mem;
	volatile u64 w = len;
	volatile u32 v = 1;
	u64 h = 0;

	for (u64 i = 0; i + 8 <= len; i += 8) {
		u64 x = load64(p + i);
#if defined(__bpf__) && BPF_CPU < 3
		u64 t;
#endif

		__sync_fetch_and_add(&w, x);
		__sync_fetch_and_add(&v, (u32)x);
#if !defined(__bpf__) || BPF_CPU >= 3
		h += __sync_fetch_and_add(&w, x >> 7);
		h ^= __sync_fetch_and_or(&w, x & 0xff00ff);
		h += __sync_fetch_and_and(&w, x | ~0xffffull);
		h ^= __sync_fetch_and_xor(&w, x);
		h += __sync_lock_test_and_set(&w, w + h);
		h ^= __sync_val_compare_and_swap(&w, w, x);
		h += __sync_fetch_and_xor(&v, (u32)(x >> 32));
		h ^= __sync_val_compare_and_swap(&v, (u32)x, 5);
#else
		h += w;
		w += x >> 7;
		h ^= w;
		w |= x & 0xff00ff;
		h += w;
		w &= x | ~0xffffull;
		h ^= w;
		w ^= x;
		t = w;
		w = t + h;
		h += t;
		h ^= w;
		w = x;
		h += v;
		v ^= (u32)(x >> 32);
		h ^= v;
		if (v == (u32)x)
			v = 5;
#endif
	}
	return h ^ w ^ v;
}
