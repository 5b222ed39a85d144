-- program long_loop
-- type xdp
-- asm
w0 = 2
r1 = *(u32 *)(r1 + 16)
if w1 == 0 goto +9
w3 = 0
w2 = 0
w2 += w3
w3 += 1
if w3 < w1 goto -3
w2 &= 1
w0 = 2
if w2 == 0 goto +1
w0 = 1
exit
-- subprogs
0 long_loop
-- lines
0 96 0 "mistakes.c" "int long_loop(struct xdp_md *ctx)"
1 98 15 "mistakes.c" "u32 n = ctx->rx_queue_index, sum = 0;"
2 100 2 "mistakes.c" "for (u32 i = 0; i < n; i++) {"
5 102 3 "mistakes.c" "hide(sum);"
6 100 26 "mistakes.c" "for (u32 i = 0; i < n; i++) {"
7 100 2 "mistakes.c" "for (u32 i = 0; i < n; i++) {"
8 104 13 "mistakes.c" "return sum & 1 ? XDP_DROP : XDP_PASS;"
10 104 9 "mistakes.c" "return sum & 1 ? XDP_DROP : XDP_PASS;"
12 104 2 "mistakes.c" "return sum & 1 ? XDP_DROP : XDP_PASS;"
-- packet
00*64
