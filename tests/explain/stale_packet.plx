-- program stale_packet
-- type xdp
-- asm
w0 = 2
r2 = *(u32 *)(r1 + 4)
r6 = *(u32 *)(r1 + 0)
r3 = r6
r3 += 14
if r3 > r2 goto +6
w2 = -4
call 44
r1 = *(u16 *)(r6 + 12)
w0 = 1
if w1 == 8 goto +1
w0 = 2
exit
-- subprogs
0 stale_packet
-- lines
0 130 0 "mistakes.c" "int stale_packet(struct xdp_md *ctx)"
1 134 26 "mistakes.c" "if ((void *)(eth + 1) > end_of(ctx))"
2 132 20 "mistakes.c" "struct eth *eth = data_of(ctx);"
3 134 19 "mistakes.c" "if ((void *)(eth + 1) > end_of(ctx))"
5 134 6 "mistakes.c" "if ((void *)(eth + 1) > end_of(ctx))"
6 136 2 "mistakes.c" "xdp_adjust_head(ctx, -4);"
8 137 14 "mistakes.c" "return eth->proto == htons(ETH_IP) ? XDP_DROP : XDP_PASS;"
10 137 9 "mistakes.c" "return eth->proto == htons(ETH_IP) ? XDP_DROP : XDP_PASS;"
12 138 1 "mistakes.c" "}"
-- packet
00*64
