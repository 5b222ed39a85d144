/* SPDX-License-Identifier: Apache-2.0 */
/* Globals of all kinds, global and static subprograms, and a table of constants. */
#include "bpf.h"

const volatile u32 rounds = 4;
static const u32 table[16] = {
	0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613,
	0xfd469501, 0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193,
	0xa679438e, 0x49b40821,
};
u32 state = 0x67452301;
static volatile u32 calls;
u64 history[8];

noinline u32 mix(u32 x, u32 i)
{
	x ^= table[i & 15];
	return x << 7 | x >> 25;
}

static noinline u32 digest(u32 x)
{
	for (u32 i = 0; i < 16; i++) {
		if (i >= rounds)
			break;
		x = mix(x, i + x);
	}
	calls++;
	return x;
}

SEC("tc")
int bpf_globals(struct sk_buff *skb)
{
	state = digest(state ^ skb->len);
	history[calls & 7] = (u64)state << 32 | calls;
	return (int)(state & 1);
}

SEC("cgroup_skb/egress")
int bpf_globals_egress(struct sk_buff *skb)
{
	return (int)(digest(skb->hash) & 1);
}

LICENSE("Dual BSD/GPL");
