/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the first bytes of packets whose ports a map knows. */
#include "bpf.h"

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 32);
	__type(key, u16);
	__type(value, u32);
} snap SEC(".maps");

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} verdicts SEC(".maps");

static noinline void count(u32 which)
{
	u64 *n = map_lookup_elem(&verdicts, &which);

	if (n)
		__sync_fetch_and_add(n, 1);
}

SEC("socket")
int socket_filter(struct sk_buff *skb)
{
	struct ports ports = { 0, 0 };
	u8 version = 0, protocol = 0;
	u32 *bytes;

	if (skb_load_bytes(skb, 0, &version, 1) < 0 || version >> 4 != 4) {
		count(0);
		return 0;
	}
	skb_load_bytes(skb, 9, &protocol, 1);
	if (protocol != 6 && protocol != 17) {
		count(1);
		return 0;
	}
	if (skb_load_bytes(skb, (version & 15) * 4, &ports, sizeof(ports)) < 0)
		return 0;
	ports.dst = htons(ports.dst);
	bytes = map_lookup_elem(&snap, &ports.dst);
	count(bytes ? 3 : 2);
	return bytes ? (int)(*bytes & 0xffff) : 0;
}

LICENSE("GPL");
