/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a BPF program for Linux needs, without the kernel's headers: types,
 * sections, maps described by BTF, and helpers by number.
 */
#ifndef BPF_H
#define BPF_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

#define SEC(name) __attribute__((section(name), used))
#define noinline __attribute__((noinline))
#define always_inline inline __attribute__((always_inline))

/* Members of the struct in SEC(".maps") that describes a map. */
#define __uint(name, value) int (*name)[value]
#define __type(name, type) __typeof__(type) *name
#define __array(name, type) __typeof__(type) *name[]

#define LICENSE(text) char _license[] SEC("license") = text

enum { MAP_HASH = 1, MAP_ARRAY = 2, MAP_PROG_ARRAY = 3, MAP_ARRAY_OF_MAPS = 12 };

/* An address that the compiler must not look through. */
#define hide(x) __asm__ volatile("" : "+r"(x))

#define htons(x) ((u16)__builtin_bswap16(x))
#define htonl(x) ((u32)__builtin_bswap32(x))

/* ---- helpers ----------------------------------------------------------------- */

struct skb;
static void *(*map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*map_update_elem)(void *map, const void *key, const void *value, u64 flags) =
	(void *)2;
static long (*map_delete_elem)(void *map, const void *key) = (void *)3;
static u64 (*ktime_get_ns)(void) = (void *)5;
static u32 (*get_prandom_u32)(void) = (void *)7;
static u32 (*get_smp_processor_id)(void) = (void *)8;
static long (*skb_store_bytes)(void *skb, u32 off, const void *from, u32 len, u64 flags) =
	(void *)9;
static long (*l3_csum_replace)(void *skb, u32 off, u64 from, u64 to, u64 size) = (void *)10;
static long (*tail_call)(void *ctx, void *map, u32 index) = (void *)12;
static long (*skb_load_bytes)(const void *skb, u32 off, void *to, u32 len) = (void *)26;
static s64 (*csum_diff)(u32 *from, u32 from_size, u32 *to, u32 to_size, u32 seed) = (void *)28;
static long (*xdp_adjust_head)(void *ctx, int delta) = (void *)44;

/* ---- contexts ------------------------------------------------------------------- */

struct xdp_md {
	u32 data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex;
};

struct sk_buff {
	u32 len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto,
		priority, ingress_ifindex, ifindex, tc_index, cb[5], hash, tc_classid, data,
		data_end, napi_id, family, remote_ip4, local_ip4, remote_ip6[4], local_ip6[4],
		remote_port, local_port, data_meta;
};

enum { XDP_ABORTED, XDP_DROP, XDP_PASS, XDP_TX };
enum { TC_OK = 0, TC_SHOT = 2 };

/* ---- packets ---------------------------------------------------------------------- */

struct eth {
	u8 dst[6], src[6];
	u16 proto;
};
enum { ETH_IP = 0x0800, ETH_IPV6 = 0x86dd };

struct ipv4 {
	u8 ihl : 4, version : 4;
	u8 tos;
	u16 tot_len, id, frag_off;
	u8 ttl, protocol;
	u16 check;
	u32 saddr, daddr;
};

struct ports {
	u16 src, dst;
};

#define data_of(ctx) ((void *)(long)(ctx)->data)
#define end_of(ctx) ((void *)(long)(ctx)->data_end)

#endif
