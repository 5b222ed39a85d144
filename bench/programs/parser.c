/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parser: Ethernet, VLAN tags, IPv4 with options, IPv6 with extension headers,
 * TCP with options (MSS and window scale), UDP; counts by protocol and port.
 */
#include "corpus/c/bpf.h"

enum { MAP_LRU_HASH = 9, MAP_NOEXIST = 1 };

struct {
	__uint(type, MAP_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, u64);
	__type(value, u64);
} flows SEC(".maps");

struct cursor {
	u8 *pos, *end;
};

static always_inline u8 *take(struct cursor *c, u32 n)
{
	u8 *p = c->pos, *end = c->end;

	hide(end);
	if (p + n > end)
		return 0;
	c->pos = p + n;
	return p;
}

static always_inline int ethernet(struct cursor *c, u16 *proto)
{
	u8 *h = take(c, 14);

	if (!h)
		return -1;
	*proto = (u16)(h[12] << 8 | h[13]);
	for (int i = 0; i < 2 && (*proto == 0x8100 || *proto == 0x88a8); i++) {
		h = take(c, 4);
		if (!h)
			return -1;
		*proto = (u16)(h[2] << 8 | h[3]);
	}
	return 0;
}

static always_inline int ipv4(struct cursor *c, u8 *proto, u64 *hash)
{
	u8 *h = take(c, 20);
	u32 options;

	if (!h || h[0] >> 4 != 4 || (h[0] & 15) < 5)
		return -1;
	options = ((h[0] & 15u) - 5) * 4;
	for (u32 i = 0; i < 4; i++)
		*hash = *hash * 31 + h[12 + i];
	for (u32 i = 0; i < 4; i++)
		*hash = *hash * 31 + h[16 + i];
	*proto = h[9];
	if (c->pos + options > c->end)
		return -1;
	c->pos += options;
	return 0;
}

static always_inline int ipv6(struct cursor *c, u8 *proto, u64 *hash)
{
	u8 *h = take(c, 40);

	if (!h)
		return -1;
	*proto = h[6];
	for (u32 i = 8; i < 40; i++)
		*hash = *hash * 31 + h[i];
	for (int i = 0; i < 4; i++) {
		if (*proto != 0 && *proto != 43 && *proto != 60 && *proto != 44)
			return 0;
		h = take(c, 8);
		if (!h)
			return -1;
		*proto = h[0];
		if (*proto != 44 && !take(c, (h[1] & 7u) * 8))
			return -1;
	}
	return -1;
}

static always_inline int tcp_options(struct cursor *c, u32 left, u32 *mss, u32 *scale)
{
	for (int i = 0; i < 4; i++) {
		u8 *h, kind, len;

		if (!left)
			return 0;
		h = take(c, 1);
		if (!h)
			return -1;
		kind = *h;
		left--;
		if (kind == 0)
			return 0;
		if (kind == 1)
			continue;
		h = take(c, 1);
		if (!h || !left)
			return -1;
		len = *h;
		left--;
		if (len < 2 || len > 40 || len - 2u > left)
			return -1;
		if (kind == 2 && len == 4) {
			h = take(c, 2);
			if (!h)
				return -1;
			*mss = (u32)h[0] << 8 | h[1];
		} else if (kind == 3 && len == 3) {
			h = take(c, 1);
			if (!h)
				return -1;
			*scale = *h & 15;
		} else {
			if (!take(c, (len - 2u) & 63))
				return -1;
		}
		left -= len - 2u;
	}
	return 0;
}

SEC("xdp") int parser(struct xdp_md *ctx)
{
	struct cursor c = { (u8 *)(long)ctx->data, (u8 *)(long)ctx->data_end };
	u64 hash = 0, one = 1, *n;
	u32 mss = 0, scale = 0;
	u8 proto = 0, *h;
	u16 ethertype;

	if (ethernet(&c, &ethertype))
		return 1;
	if (ethertype == 0x0800 ? ipv4(&c, &proto, &hash) :
	    ethertype == 0x86dd ? ipv6(&c, &proto, &hash) : -1)
		return 2;
	if (proto == 6) {
		h = take(&c, 20);
		if (!h || h[12] >> 4 < 5)
			return 1;
		hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);
		if (h[13] & 2 && tcp_options(&c, ((h[12] >> 4) - 5u) * 4, &mss, &scale))
			return 1;
	} else if (proto == 17) {
		h = take(&c, 8);
		if (!h)
			return 1;
		hash = hash * 31 + ((u32)h[0] << 8 | h[1]);
	}
	hash = hash * 31 + (mss << scale);
	n = map_lookup_elem(&flows, &hash);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		map_update_elem(&flows, &hash, &one, MAP_NOEXIST);
	return 2;
}

LICENSE("GPL");
