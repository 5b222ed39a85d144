-- program xdp_rewrite
-- type xdp
-- asm
w0 = 2
r2 = *(u32 *)(r1 + 0)
r3 = *(u32 *)(r1 + 4)
r1 = r2
r1 += 34
if r1 > r3 goto +68
r1 = *(u16 *)(r2 + 12)
if w1 != 8 goto +66
r1 = r2
r1 += 14
w0 = 1
r4 = *(u8 *)(r1 + 0)
w5 = w4
w5 &= 240
if w5 != 64 goto +59
r5 = *(u8 *)(r2 + 22)
if w5 < 2 goto +57
r6 = *(u8 *)(r2 + 6)
r7 = *(u8 *)(r2 + 0)
*(u8 *)(r2 + 6) = r7
*(u8 *)(r2 + 0) = r6
r6 = *(u8 *)(r2 + 1)
r7 = *(u8 *)(r2 + 7)
*(u8 *)(r2 + 1) = r7
*(u8 *)(r2 + 7) = r6
r6 = *(u8 *)(r2 + 2)
r7 = *(u8 *)(r2 + 8)
*(u8 *)(r2 + 2) = r7
*(u8 *)(r2 + 8) = r6
r6 = *(u8 *)(r2 + 3)
r7 = *(u8 *)(r2 + 9)
*(u8 *)(r2 + 3) = r7
*(u8 *)(r2 + 9) = r6
r6 = *(u8 *)(r2 + 4)
r7 = *(u8 *)(r2 + 10)
*(u8 *)(r2 + 4) = r7
*(u8 *)(r2 + 10) = r6
r6 = *(u8 *)(r2 + 11)
r7 = *(u8 *)(r2 + 5)
*(u8 *)(r2 + 11) = r7
*(u8 *)(r2 + 5) = r6
r6 = *(u32 *)(r2 + 30)
r7 = *(u32 *)(r2 + 26)
*(u32 *)(r2 + 30) = r7
*(u32 *)(r2 + 26) = r6
w5 += -1
*(u8 *)(r2 + 22) = r5
r5 = *(u16 *)(r2 + 24)
w5 += 1
w6 = w5
w6 >>= 16
w5 &= 65535
w5 += w6
w6 = w5
w6 >>= 16
w6 += w5
*(u16 *)(r2 + 24) = r6
w4 <<= 2
w5 = w4
w5 &= 252
if w5 < 20 goto +13
r4 &= 255
r1 += r4
w0 = 3
r4 = r1
r4 += 4
if r4 > r3 goto +7
r2 = *(u8 *)(r2 + 23)
if w2 == 17 goto +1
if w2 != 6 goto +4
r2 = *(u16 *)(r1 + 2)
r3 = *(u16 *)(r1 + 0)
*(u16 *)(r1 + 2) = r3
*(u16 *)(r1 + 0) = r2
exit
-- subprogs
0 xdp_rewrite
-- lines
0 22 0 "/work/main/corpus/c/xdp_rewrite.c" "int xdp_rewrite(struct xdp_md *ctx)"
1 24 15 "/work/main/corpus/c/xdp_rewrite.c" "void *data = data_of(ctx), *end = end_of(ctx);"
2 24 36 "/work/main/corpus/c/xdp_rewrite.c" "void *data = data_of(ctx), *end = end_of(ctx);"
3 30 18 "/work/main/corpus/c/xdp_rewrite.c" "if ((void *)(ip + 1) > end || eth->proto != htons(ETH_IP))"
5 30 29 "/work/main/corpus/c/xdp_rewrite.c" "if ((void *)(ip + 1) > end || eth->proto != htons(ETH_IP))"
6 30 37 "/work/main/corpus/c/xdp_rewrite.c" "if ((void *)(ip + 1) > end || eth->proto != htons(ETH_IP))"
7 30 6 "/work/main/corpus/c/xdp_rewrite.c" "if ((void *)(ip + 1) > end || eth->proto != htons(ETH_IP))"
11 32 10 "/work/main/corpus/c/xdp_rewrite.c" "if (ip->version != 4 || ip->ttl <= 1)"
12 32 18 "/work/main/corpus/c/xdp_rewrite.c" "if (ip->version != 4 || ip->ttl <= 1)"
14 32 23 "/work/main/corpus/c/xdp_rewrite.c" "if (ip->version != 4 || ip->ttl <= 1)"
15 32 30 "/work/main/corpus/c/xdp_rewrite.c" "if (ip->version != 4 || ip->ttl <= 1)"
16 32 6 "/work/main/corpus/c/xdp_rewrite.c" "if (ip->version != 4 || ip->ttl <= 1)"
17 10 17 "/work/main/corpus/c/xdp_rewrite.c" "eth->dst[i] = eth->src[i];"
18 8 10 "/work/main/corpus/c/xdp_rewrite.c" "u8 t = eth->dst[i];"
19 11 15 "/work/main/corpus/c/xdp_rewrite.c" "eth->src[i] = t;"
20 10 15 "/work/main/corpus/c/xdp_rewrite.c" "eth->dst[i] = eth->src[i];"
21 8 10 "/work/main/corpus/c/xdp_rewrite.c" "u8 t = eth->dst[i];"
22 10 17 "/work/main/corpus/c/xdp_rewrite.c" "eth->dst[i] = eth->src[i];"
23 10 15 "/work/main/corpus/c/xdp_rewrite.c" "eth->dst[i] = eth->src[i];"
24 11 15 "/work/main/corpus/c/xdp_rewrite.c" "eth->src[i] = t;"
25 8 10 "/work/main/corpus/c/xdp_rewrite.c" "u8 t = eth->dst[i];"
26 10 17 "/work/main/corpus/c/xdp_rewrite.c" "eth->dst[i] = eth->src[i];"
27 10 15 "/work/main/corpus/c/xdp_rewrite.c" "eth->dst[i] = eth->src[i];"
28 11 15 "/work/main/corpus/c/xdp_rewrite.c" "eth->src[i] = t;"
29 8 10 "/work/main/corpus/c/xdp_rewrite.c" "u8 t = eth->dst[i];"
30 10 17 "/work/main/corpus/c/xdp_rewrite.c" "eth->dst[i] = eth->src[i];"
31 10 15 "/work/main/corpus/c/xdp_rewrite.c" "eth->dst[i] = eth->src[i];"
32 11 15 "/work/main/corpus/c/xdp_rewrite.c" "eth->src[i] = t;"
33 8 10 "/work/main/corpus/c/xdp_rewrite.c" "u8 t = eth->dst[i];"
34 10 17 "/work/main/corpus/c/xdp_rewrite.c" "eth->dst[i] = eth->src[i];"
35 10 15 "/work/main/corpus/c/xdp_rewrite.c" "eth->dst[i] = eth->src[i];"
36 11 15 "/work/main/corpus/c/xdp_rewrite.c" "eth->src[i] = t;"
37 10 17 "/work/main/corpus/c/xdp_rewrite.c" "eth->dst[i] = eth->src[i];"
38 8 10 "/work/main/corpus/c/xdp_rewrite.c" "u8 t = eth->dst[i];"
39 11 15 "/work/main/corpus/c/xdp_rewrite.c" "eth->src[i] = t;"
40 10 15 "/work/main/corpus/c/xdp_rewrite.c" "eth->dst[i] = eth->src[i];"
41 36 18 "/work/main/corpus/c/xdp_rewrite.c" "ip->saddr = ip->daddr;"
42 35 10 "/work/main/corpus/c/xdp_rewrite.c" "t = ip->saddr;"
43 37 12 "/work/main/corpus/c/xdp_rewrite.c" "ip->daddr = t;"
44 36 12 "/work/main/corpus/c/xdp_rewrite.c" "ip->saddr = ip->daddr;"
45 38 9 "/work/main/corpus/c/xdp_rewrite.c" "ip->ttl-\x2d;"
47 39 28 "/work/main/corpus/c/xdp_rewrite.c" "ip->check = fold((u32)ip->check + htons(0x100));"
48 39 34 "/work/main/corpus/c/xdp_rewrite.c" "ip->check = fold((u32)ip->check + htons(0x100));"
49 17 30 "/work/main/corpus/c/xdp_rewrite.c" "sum = (sum & 0xffff) + (sum >> 16);"
51 17 13 "/work/main/corpus/c/xdp_rewrite.c" "sum = (sum & 0xffff) + (sum >> 16);"
52 17 23 "/work/main/corpus/c/xdp_rewrite.c" "sum = (sum & 0xffff) + (sum >> 16);"
53 18 26 "/work/main/corpus/c/xdp_rewrite.c" "return (u16)(sum + (sum >> 16));"
55 18 19 "/work/main/corpus/c/xdp_rewrite.c" "return (u16)(sum + (sum >> 16));"
56 39 12 "/work/main/corpus/c/xdp_rewrite.c" "ip->check = fold((u32)ip->check + htons(0x100));"
57 40 16 "/work/main/corpus/c/xdp_rewrite.c" "ihl = ip->ihl * 4;"
60 41 6 "/work/main/corpus/c/xdp_rewrite.c" "if (ihl < sizeof(*ip))"
61 41 6 "/work/main/corpus/c/xdp_rewrite.c" "if (ihl < sizeof(*ip))"
62 43 21 "/work/main/corpus/c/xdp_rewrite.c" "ports = (void *)ip + ihl;"
64 44 21 "/work/main/corpus/c/xdp_rewrite.c" "if ((void *)(ports + 1) > end)"
66 44 6 "/work/main/corpus/c/xdp_rewrite.c" "if ((void *)(ports + 1) > end)"
67 46 10 "/work/main/corpus/c/xdp_rewrite.c" "if (ip->protocol == 6 || ip->protocol == 17) {"
68 46 24 "/work/main/corpus/c/xdp_rewrite.c" "if (ip->protocol == 6 || ip->protocol == 17) {"
70 49 23 "/work/main/corpus/c/xdp_rewrite.c" "ports->src = ports->dst;"
71 47 18 "/work/main/corpus/c/xdp_rewrite.c" "u16 p = ports->src;"
72 50 14 "/work/main/corpus/c/xdp_rewrite.c" "ports->dst = p;"
73 49 14 "/work/main/corpus/c/xdp_rewrite.c" "ports->src = ports->dst;"
74 53 1 "/work/main/corpus/c/xdp_rewrite.c" "}"
-- packet
ff ff ff ff ff ff 00 11 22 33 44 55 08 00 45 00
00 2c 00 01 00 00 40 06 66 c4 7f 00 00 01 7f 00
00 01 04 d2 16 2e 00*8 50 02 20 00 91 78 00 00 02
04 05 b4 00*8
