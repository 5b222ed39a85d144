/* SPDX-License-Identifier: Apache-2.0 */
/*
 * classifier: a decision tree as code: features of the packet are scored by
 * branches whose outcomes meet again, so that there are 2^n paths and few states.
 */
#include "corpus/c/bpf.h"

struct rule {
	u32 lo, hi, weight;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, struct rule);
} rules SEC(".maps");

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, u64);
} classes SEC(".maps");

static noinline u32 score(u32 id, u32 value)
{
	struct rule *r = map_lookup_elem(&rules, &id);

	if (!r)
		return 0;
	if (value < r->lo)
		return r->weight >> 1;
	if (value > r->hi)
		return r->weight >> 2;
	return r->weight;
}

static always_inline u32 entropy(const u8 *p)
{
	u32 seen = 0, n = 0;

	for (u32 i = 0; i < 24; i++) {
		u32 bit = 1u << (p[i] & 31);

		if (!(seen & bit))
			n++;
		seen |= bit;
	}
	return n;
}

SEC("xdp") int classifier(struct xdp_md *ctx)
{
	u8 *p = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
	u32 class = 0, flags = 0, len = ctx->data_end - ctx->data;
	u64 *n;

	if (p + 64 > end)
		return 1;
	if (p[0] & 1)
		flags |= 1;
	if (p[6] == p[0] && p[7] == p[1])
		flags |= 2;
	if (len > 128)
		flags |= 4;
	if (len > 1024)
		flags |= 8;
	if (p[12] == 8 && p[13] == 0)
		flags |= 16;
	if (p[23] == 6 || p[23] == 17)
		flags |= 32;
	if (p[20] & 0x20)
		flags |= 64;
	if (p[22] < 5)
		flags |= 128;
	if (flags & 16) {
		class += score(0, p[15]);
		class += score(1, p[22]);
		if (flags & 32) {
			class += score(2, (u32)p[34] << 8 | p[35]);
			class += score(3, (u32)p[36] << 8 | p[37]);
			switch (p[37]) {
			case 22: class += 7; break;
			case 53: class += 11; break;
			case 80: class += 13; break;
			case 123: class += 17; break;
			case 187: class += 19; break;
			case 255: class += 23; break;
			default: class += score(4, p[37]);
			}
		}
		if (flags & 64)
			class += score(5, p[21]);
	} else {
		class += score(6, p[12]);
		class += score(7, p[13]);
	}
	if (flags & 128)
		class += score(8, p[22]);
	class += score(9, entropy(p + 40));
	class = (class + flags) & 0xff;
	n = map_lookup_elem(&classes, &class);
	if (n)
		__sync_fetch_and_add(n, 1);
	return class > 200 ? 1 : 2;
}

LICENSE("GPL");
