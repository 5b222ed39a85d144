/* SPDX-License-Identifier: Apache-2.0 */
/* Marks packets by a table of rules and rewrites their destination. */
#include "bpf.h"

struct rule {
	u32 to, mark;
};

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, struct rule);
} rules SEC(".maps");

SEC("tc")
int tc_rewrite(struct sk_buff *skb)
{
	void *data = data_of(skb), *end = end_of(skb);
	struct eth *eth = data;
	struct ipv4 *ip = (void *)(eth + 1);
	struct rule *rule;
	u32 old, new;

	if ((void *)(ip + 1) > end)
		return TC_SHOT;
	if (eth->proto != htons(ETH_IP))
		return TC_OK;
	old = ip->daddr;
	rule = map_lookup_elem(&rules, &old);
	if (!rule) {
		skb->cb[0] = old;
		return TC_OK;
	}
	new = rule->to;
	skb->mark = rule->mark;
	skb->priority = skb->mark & 7;
	l3_csum_replace(skb, sizeof(*eth) + 10, old, new, 4);
	skb_store_bytes(skb, sizeof(*eth) + 16, &new, sizeof(new), 0);
	return TC_OK;
}

LICENSE("GPL");
