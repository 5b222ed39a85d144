/* SPDX-License-Identifier: Apache-2.0 */
/* An IPv4 header: checks it, lowers the TTL, fixes the checksum. */
#include "plain.h"

struct ipv4 {
	u8 ihl : 4, version : 4;
	u8 tos;
	u16 tot_len, id, frag_off;
	u8 ttl, protocol;
	u16 check;
	u32 saddr, daddr;
} __attribute__((packed));

static u32 fold(u64 sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (u32)sum;
}

static noinline u32 checksum(const u8 *p, u32 n)
{
	u64 sum = 0;

	for (u32 i = 0; i + 1 < n; i += 2)
		sum += load16(p + i);
	return ~fold(sum) & 0xffff;
}

u64 entry(void *mem, u64 len)
{
	struct ipv4 *ip = mem;
	u32 hlen, total, before;

	if (len < sizeof(*ip))
		return 1;
	/* most random bytes are none; make them one more often */
	if (ip->tos & 1) {
		ip->version = 4;
		ip->ihl = 5;
	}
	hlen = ip->ihl * 4u;
	total = (u32)__builtin_bswap16(ip->tot_len);
	if (ip->version != 4 || hlen < sizeof(*ip) || hlen > len)
		return 2 | (u64)hlen << 8;
	ip->check = 0;
	before = checksum(mem, hlen);
	if (ip->ttl <= 1)
		return 3;
	ip->ttl--;
	ip->check = (u16)checksum(mem, hlen);
	/* RFC 1624: the difference of one word, the TTL being its low byte */
	if (fold((u64)(~ip->check & 0xffff) + 1) != fold((u64)(~before & 0xffff)))
		ip->tos ^= 0x80;
	return (u64)ip->saddr << 32 ^ ip->daddr ^ (u64)total << 16 ^ before;
}
