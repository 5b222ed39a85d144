/* SPDX-License-Identifier: Apache-2.0 */
/* Counts packets by protocol and by source, drops what exceeds a limit. */
#include "bpf.h"

struct stats {
	u64 packets, bytes;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct stats);
} by_protocol SEC(".maps");

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} by_source SEC(".maps");

const volatile u64 limit = 3;
u64 dropped;

SEC("xdp")
int xdp_count(struct xdp_md *ctx)
{
	void *data = data_of(ctx), *end = end_of(ctx);
	struct eth *eth = data;
	struct ipv4 *ip = (void *)(eth + 1);
	struct stats *s;
	u64 one = 1, *seen;
	u32 key;

	if ((void *)(ip + 1) > end)
		return XDP_PASS;
	if (eth->proto != htons(ETH_IP))
		return XDP_PASS;
	key = ip->protocol;
	s = map_lookup_elem(&by_protocol, &key);
	if (s) {
		s->packets++;
		s->bytes += (u64)(end - data);
	}
	key = ip->saddr;
	seen = map_lookup_elem(&by_source, &key);
	if (!seen) {
		map_update_elem(&by_source, &key, &one, 0);
		return XDP_PASS;
	}
	if (++*seen > limit) {
		dropped++;
		return XDP_DROP;
	}
	return XDP_PASS;
}

LICENSE("GPL");
