-- program key_size
-- type xdp
-- asm
w1 = 1
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(0) ll
call 1
r1 = r0
w0 = 2
if r1 == 0 goto +1
w0 = 1
exit
-- subprogs
0 key_size
-- lines
0 121 0 "mistakes.c" "int key_size(struct xdp_md *ctx)"
1 123 6 "mistakes.c" "u32 key = 1;"
4 124 14 "mistakes.c" "u64 *flow = map_lookup_elem(&flows, &key);"
9 126 9 "mistakes.c" "return flow ? XDP_DROP : XDP_PASS;"
11 126 2 "mistakes.c" "return flow ? XDP_DROP : XDP_PASS;"
-- map flows hash 8 8 4
-- packet
00*64
