/* SPDX-License-Identifier: Apache-2.0 */
/* A map of maps, with its inner maps in place at first. */
#include "bpf.h"

struct inner {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, u64);
} slow SEC(".maps"), fast SEC(".maps");

struct {
	__uint(type, MAP_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, u32);
	__array(values, struct inner);
} by_class SEC(".maps") = {
	.values = { [0] = &slow, [1] = &fast },
};

SEC("tc")
int map_in_map(struct sk_buff *skb)
{
	u32 key = skb->priority & 1, slot = skb->len & 3;
	void *inner = map_lookup_elem(&by_class, &key);
	u64 *n;

	if (!inner)
		return TC_SHOT;
	n = map_lookup_elem(inner, &slot);
	if (n)
		*n += skb->len;
	return TC_OK;
}

LICENSE("GPL");
