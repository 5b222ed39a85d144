/* SPDX-License-Identifier: Apache-2.0 */
/* A dispatcher and the programs that it jumps to, through a map of programs. */
#include "bpf.h"

int parse_ip(struct xdp_md *ctx);
int parse_other(struct xdp_md *ctx);
int again(struct xdp_md *ctx);

struct {
	__uint(type, MAP_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__array(values, int(struct xdp_md *));
} next SEC(".maps") = {
	.values = { [0] = parse_ip, [1] = parse_other, [3] = again },
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} passes SEC(".maps");

static always_inline u64 pass(void)
{
	u32 zero = 0;
	u64 *n = map_lookup_elem(&passes, &zero);

	return n ? ++*n : 0;
}

SEC("xdp")
int dispatch(struct xdp_md *ctx)
{
	void *data = data_of(ctx), *end = end_of(ctx);
	struct eth *eth = data;

	pass();
	if ((void *)(eth + 1) > end)
		return XDP_DROP;
	tail_call(ctx, &next, eth->proto == htons(ETH_IP) ? 0 : 1);
	return XDP_ABORTED;
}

SEC("xdp")
int parse_ip(struct xdp_md *ctx)
{
	pass();
	tail_call(ctx, &next, 2);	/* there is none */
	return XDP_PASS;
}

SEC("xdp")
int parse_other(struct xdp_md *ctx)
{
	if (pass() < 5)
		tail_call(ctx, &next, 3);
	return XDP_DROP;
}

SEC("xdp")
int again(struct xdp_md *ctx)
{
	tail_call(ctx, &next, 1);
	return XDP_ABORTED;
}

LICENSE("GPL");
