/* SPDX-License-Identifier: Apache-2.0 */
/* Swaps addresses and ports, lowers the TTL, and sends the packet back. */
#include "bpf.h"

static always_inline void swap_mac(struct eth *eth)
{
	for (int i = 0; i < 6; i++) {
		u8 t = eth->dst[i];

		eth->dst[i] = eth->src[i];
		eth->src[i] = t;
	}
}

static always_inline u16 fold(u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (u16)(sum + (sum >> 16));
}

SEC("xdp")
int xdp_rewrite(struct xdp_md *ctx)
{
	void *data = data_of(ctx), *end = end_of(ctx);
	struct eth *eth = data;
	struct ipv4 *ip = (void *)(eth + 1);
	struct ports *ports;
	u32 t, ihl;

	if ((void *)(ip + 1) > end || eth->proto != htons(ETH_IP))
		return XDP_PASS;
	if (ip->version != 4 || ip->ttl <= 1)
		return XDP_DROP;
	swap_mac(eth);
	t = ip->saddr;
	ip->saddr = ip->daddr;
	ip->daddr = t;
	ip->ttl--;
	ip->check = fold((u32)ip->check + htons(0x100));
	ihl = ip->ihl * 4;
	if (ihl < sizeof(*ip))
		return XDP_DROP;
	ports = (void *)ip + ihl;
	if ((void *)(ports + 1) > end)
		return XDP_TX;
	if (ip->protocol == 6 || ip->protocol == 17) {
		u16 p = ports->src;

		ports->src = ports->dst;
		ports->dst = p;
	}
	return XDP_TX;
}

LICENSE("GPL");
