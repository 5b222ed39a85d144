-- program xdp_count
-- type xdp
-- asm
r7 = *(u32 *)(r1 + 4)
r6 = *(u32 *)(r1 + 0)
r1 = 1
*(u64 *)(r10 - 8) = r1
w0 = 2
r1 = r6
r1 += 34
if r1 > r7 goto +49
r1 = *(u16 *)(r6 + 12)
if w1 != 8 goto +47
r1 = *(u8 *)(r6 + 23)
*(u32 *)(r10 - 12) = r1
r2 = r10
r2 += -12
r1 = map_by_fd(0) ll
call 1
if r0 == 0 goto +7
r1 = *(u64 *)(r0 + 0)
r1 += 1
*(u64 *)(r0 + 0) = r1
r7 -= r6
r1 = *(u64 *)(r0 + 8)
r7 += r1
*(u64 *)(r0 + 8) = r7
r1 = *(u32 *)(r6 + 26)
*(u32 *)(r10 - 12) = r1
r2 = r10
r2 += -12
r1 = map_by_fd(1) ll
call 1
if r0 != 0 goto +10
r2 = r10
r2 += -12
r3 = r10
r3 += -8
r1 = map_by_fd(1) ll
r4 = 0
call 2
w0 = 2
goto +14
r1 = *(u64 *)(r0 + 0)
r1 += 1
*(u64 *)(r0 + 0) = r1
r2 = map_val(map_by_fd(2)) + 0 ll
r2 = *(u64 *)(r2 + 0)
w0 = 2
if r1 <= r2 goto +6
r1 = map_val(map_by_fd(3)) + 0 ll
r2 = *(u64 *)(r1 + 0)
r2 += 1
*(u64 *)(r1 + 0) = r2
w0 = 1
exit
-- subprogs
0 xdp_count
-- lines
0 29 36 "/work/main/corpus/c/xdp_count.c" "void *data = data_of(ctx), *end = end_of(ctx);"
1 29 15 "/work/main/corpus/c/xdp_count.c" "void *data = data_of(ctx), *end = end_of(ctx);"
3 33 6 "/work/main/corpus/c/xdp_count.c" "u64 one = 1, *seen;"
5 36 18 "/work/main/corpus/c/xdp_count.c" "if ((void *)(ip + 1) > end)"
7 36 6 "/work/main/corpus/c/xdp_count.c" "if ((void *)(ip + 1) > end)"
8 38 11 "/work/main/corpus/c/xdp_count.c" "if (eth->proto != htons(ETH_IP))"
9 38 6 "/work/main/corpus/c/xdp_count.c" "if (eth->proto != htons(ETH_IP))"
10 40 12 "/work/main/corpus/c/xdp_count.c" "key = ip->protocol;"
11 40 6 "/work/main/corpus/c/xdp_count.c" "key = ip->protocol;"
14 41 6 "/work/main/corpus/c/xdp_count.c" "s = map_lookup_elem(&by_protocol, &key);"
17 42 6 "/work/main/corpus/c/xdp_count.c" "if (s) {"
18 43 13 "/work/main/corpus/c/xdp_count.c" "s->packets++;"
21 44 25 "/work/main/corpus/c/xdp_count.c" "s->bytes += (u64)(end - data);"
22 44 12 "/work/main/corpus/c/xdp_count.c" "s->bytes += (u64)(end - data);"
25 46 12 "/work/main/corpus/c/xdp_count.c" "key = ip->saddr;"
26 46 6 "/work/main/corpus/c/xdp_count.c" "key = ip->saddr;"
29 47 9 "/work/main/corpus/c/xdp_count.c" "seen = map_lookup_elem(&by_source, &key);"
32 48 6 "/work/main/corpus/c/xdp_count.c" "if (!seen) {"
37 49 3 "/work/main/corpus/c/xdp_count.c" "map_update_elem(&by_source, &key, &one, 0);"
42 50 3 "/work/main/corpus/c/xdp_count.c" "return XDP_PASS;"
43 52 6 "/work/main/corpus/c/xdp_count.c" "if (++*seen > limit) {"
46 52 16 "/work/main/corpus/c/xdp_count.c" "if (++*seen > limit) {"
50 52 6 "/work/main/corpus/c/xdp_count.c" "if (++*seen > limit) {"
51 53 10 "/work/main/corpus/c/xdp_count.c" "dropped++;"
57 57 1 "/work/main/corpus/c/xdp_count.c" "}"
-- map by_protocol array 4 16 256
-- map by_source hash 4 8 64
-- map .rodata array 4 8 1 0x80 frozen
03 00 00 00 00 00 00 00
-- map .bss array 4 8 1
-- packet
ff ff ff ff ff ff 00 11 22 33 44 55 08 00 45 00
00 2c 00 01 00 00 40 06 66 c4 7f 00 00 01 7f 00
00 01 04 d2 16 2e 00*8 50 02 20 00 91 78 00 00 02
04 05 b4 00*8
