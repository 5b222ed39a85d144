/* SPDX-License-Identifier: Apache-2.0 */
/* Programs with the mistakes that are made most often, one each. */
#include "bpf.h"

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64[8]);
} counts SEC(".maps");

struct pair {
	u8 kind;
	u32 port;
};

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 4);
	__type(key, struct pair);
	__type(value, u64);
} flows SEC(".maps");

SEC("xdp")
int null_check(struct xdp_md *ctx)
{
	u32 key = ctx->ingress_ifindex;
	u64 *count = map_lookup_elem(&counts, &key);

	*count += 1;
	return XDP_PASS;
}

SEC("xdp")
int data_end_check(struct xdp_md *ctx)
{
	struct eth *eth = data_of(ctx);

	if (eth->proto == htons(ETH_IP))
		return XDP_DROP;
	return XDP_PASS;
}

SEC("xdp")
int short_check(struct xdp_md *ctx)
{
	struct eth *eth = data_of(ctx);
	struct ipv4 *ip = (void *)(eth + 1);

	if ((void *)ip > end_of(ctx))
		return XDP_PASS;
	if (eth->proto != htons(ETH_IP))
		return XDP_PASS;
	return ip->protocol == 6 ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int off_by_one(struct xdp_md *ctx)
{
	u32 key = 0, i = ctx->rx_queue_index;
	u64 *count = map_lookup_elem(&counts, &key);

	if (!count)
		return XDP_PASS;
	if (i > 8)
		return XDP_PASS;
	count[i] += 1;
	return XDP_PASS;
}

SEC("xdp")
int padding(struct xdp_md *ctx)
{
	struct pair pair;
	u64 *flow;

	pair.kind = 1;
	pair.port = ctx->rx_queue_index;
	flow = map_lookup_elem(&flows, &pair);
	return flow ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int endless(struct xdp_md *ctx)
{
	u32 i = ctx->rx_queue_index, n = 0;

	while (i) {
		n += get_prandom_u32() & 1;
		hide(n);
	}
	return n & 1 ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int long_loop(struct xdp_md *ctx)
{
	u32 n = ctx->rx_queue_index, sum = 0;

	for (u32 i = 0; i < n; i++) {
		sum += i;
		hide(sum);
	}
	return sum & 1 ? XDP_DROP : XDP_PASS;
}

SEC("tc")
int bad_field(struct sk_buff *skb)
{
	skb->len = 0;
	return TC_OK;
}

SEC("cgroup_skb/egress")
int return_range(struct sk_buff *skb)
{
	return skb->len > 100 ? 7 : 1;
}

SEC("xdp")
int key_size(struct xdp_md *ctx)
{
	u32 key = 1;
	u64 *flow = map_lookup_elem(&flows, &key);

	return flow ? XDP_DROP : XDP_PASS;
}

SEC("xdp")
int stale_packet(struct xdp_md *ctx)
{
	struct eth *eth = data_of(ctx);

	if ((void *)(eth + 1) > end_of(ctx))
		return XDP_PASS;
	xdp_adjust_head(ctx, -4);
	return eth->proto == htons(ETH_IP) ? XDP_DROP : XDP_PASS;
}

LICENSE("GPL");
