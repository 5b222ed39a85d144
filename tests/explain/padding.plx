-- program padding
-- type xdp
-- asm
w2 = 1
*(u8 *)(r10 - 8) = r2
r1 = *(u32 *)(r1 + 16)
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -8
r1 = map_by_fd(0) ll
call 1
r1 = r0
w0 = 2
if r1 == 0 goto +1
w0 = 1
exit
-- subprogs
0 padding
-- lines
0 72 0 "mistakes.c" "int padding(struct xdp_md *ctx)"
1 77 12 "mistakes.c" "pair.kind = 1;"
2 78 19 "mistakes.c" "pair.port = ctx->rx_queue_index;"
3 78 12 "mistakes.c" "pair.port = ctx->rx_queue_index;"
6 79 9 "mistakes.c" "flow = map_lookup_elem(&flows, &pair);"
11 80 9 "mistakes.c" "return flow ? XDP_DROP : XDP_PASS;"
13 80 2 "mistakes.c" "return flow ? XDP_DROP : XDP_PASS;"
-- map flows hash 8 8 4
-- packet
00*64
