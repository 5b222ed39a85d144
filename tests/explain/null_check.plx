-- program null_check
-- type xdp
-- asm
r1 = *(u32 *)(r1 + 12)
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(0) ll
call 1
r1 = *(u64 *)(r0 + 0)
r1 += 1
*(u64 *)(r0 + 0) = r1
w0 = 2
exit
-- subprogs
0 null_check
-- lines
0 27 17 "mistakes.c" "u32 key = ctx->ingress_ifindex;"
1 27 6 "mistakes.c" "u32 key = ctx->ingress_ifindex;"
4 28 15 "mistakes.c" "u64 *count = map_lookup_elem(&counts, &key);"
7 30 9 "mistakes.c" "*count += 1;"
10 31 2 "mistakes.c" "return XDP_PASS;"
-- map counts array 4 64 4
-- packet
00*64
