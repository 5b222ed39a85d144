-- program short_check
-- type xdp
-- asm
w0 = 2
r2 = *(u32 *)(r1 + 4)
r1 = *(u32 *)(r1 + 0)
r3 = r1
r3 += 14
if r3 > r2 goto +6
r2 = *(u16 *)(r1 + 12)
if w2 != 8 goto +4
r1 = *(u8 *)(r1 + 23)
w0 = 1
if w1 == 6 goto +1
w0 = 2
exit
-- subprogs
0 short_check
-- lines
0 45 0 "mistakes.c" "int short_check(struct xdp_md *ctx)"
1 50 19 "mistakes.c" "if ((void *)ip > end_of(ctx))"
2 47 20 "mistakes.c" "struct eth *eth = data_of(ctx);"
3 48 33 "mistakes.c" "struct ipv4 *ip = (void *)(eth + 1);"
5 50 6 "mistakes.c" "if ((void *)ip > end_of(ctx))"
6 52 11 "mistakes.c" "if (eth->proto != htons(ETH_IP))"
7 52 6 "mistakes.c" "if (eth->proto != htons(ETH_IP))"
8 54 13 "mistakes.c" "return ip->protocol == 6 ? XDP_DROP : XDP_PASS;"
10 54 9 "mistakes.c" "return ip->protocol == 6 ? XDP_DROP : XDP_PASS;"
12 55 1 "mistakes.c" "}"
-- packet
00*64
