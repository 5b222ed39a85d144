-- program off_by_one
-- type xdp
-- asm
w2 = 0
*(u32 *)(r10 - 4) = r2
r6 = *(u32 *)(r1 + 16)
r2 = r10
r2 += -4
r1 = map_by_fd(0) ll
call 1
if r0 == 0 goto +6
if w6 > 8 goto +5
r6 <<= 3
r0 += r6
r1 = *(u64 *)(r0 + 0)
r1 += 1
*(u64 *)(r0 + 0) = r1
w0 = 2
exit
-- subprogs
0 off_by_one
-- lines
0 58 0 "mistakes.c" "int off_by_one(struct xdp_md *ctx)"
1 60 6 "mistakes.c" "u32 key = 0, i = ctx->rx_queue_index;"
2 60 24 "mistakes.c" "u32 key = 0, i = ctx->rx_queue_index;"
5 61 15 "mistakes.c" "u64 *count = map_lookup_elem(&counts, &key);"
8 63 6 "mistakes.c" "if (!count)"
10 67 2 "mistakes.c" "count[i] += 1;"
12 67 11 "mistakes.c" "count[i] += 1;"
15 69 1 "mistakes.c" "}"
-- map counts array 4 64 4
-- packet
00*64
