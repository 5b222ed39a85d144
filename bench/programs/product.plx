-- program product
-- type xdp
-- asm
r1 = *(u32 *)(r1 + 16)
w1 &= 3
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(0) ll
call 1
w1 = 1
if r0 == 0 goto +42
r2 = 0
r3 = r0
r3 += 560
r1 = r0
r1 += 304
*(u64 *)(r10 - 24) = r1
r0 += 48
*(u64 *)(r10 - 16) = r2
r1 = r2
r1 <<= 3
r5 = *(u64 *)(r10 - 24)
r6 = 0
w4 = 0
r7 = 0
r8 = r5
r9 = r0
r9 += r7
r2 = *(u32 *)(r9 + 0)
r9 = *(u32 *)(r8 + 0)
w9 *= w2
w9 += w4
r8 += 32
r7 += 4
w4 = w9
if r7 == 32 goto +1
goto -11
r4 = r6
r4 |= r1
r4 <<= 2
r7 = r3
r7 += r4
*(u32 *)(r7 + 0) = r9
r5 += 4
r6 += 1
if r6 == 8 goto +1
goto -24
w1 = 2
r0 += 32
r2 = *(u64 *)(r10 - 16)
r2 += 1
if r2 == 8 goto +1
goto -35
w0 = w1
exit
-- subprogs
0 product
-- lines
0 45 15 "/tmp/b/src/bench/programs/loops.c" "u32 k = ctx->rx_queue_index & 3;"
1 45 30 "/tmp/b/src/bench/programs/loops.c" "u32 k = ctx->rx_queue_index & 3;"
2 45 6 "/tmp/b/src/bench/programs/loops.c" "u32 k = ctx->rx_queue_index & 3;"
5 46 20 "/tmp/b/src/bench/programs/loops.c" "struct table *t = map_lookup_elem(&tables, &k);"
9 48 6 "/tmp/b/src/bench/programs/loops.c" "if (!t)"
25 58 12 "/tmp/b/src/bench/programs/loops.c" "sum += t->a[i * M + l] * t->b[l * M + j];"
28 58 30 "/tmp/b/src/bench/programs/loops.c" "sum += t->a[i * M + l] * t->b[l * M + j];"
29 58 28 "/tmp/b/src/bench/programs/loops.c" "sum += t->a[i * M + l] * t->b[l * M + j];"
30 58 9 "/tmp/b/src/bench/programs/loops.c" "sum += t->a[i * M + l] * t->b[l * M + j];"
31 57 22 "/tmp/b/src/bench/programs/loops.c" "for (u32 l = 0; l < M; l++)"
34 57 4 "/tmp/b/src/bench/programs/loops.c" "for (u32 l = 0; l < M; l++)"
36 59 15 "/tmp/b/src/bench/programs/loops.c" "t->c[i * M + j] = sum;"
38 59 4 "/tmp/b/src/bench/programs/loops.c" "t->c[i * M + j] = sum;"
41 59 20 "/tmp/b/src/bench/programs/loops.c" "t->c[i * M + j] = sum;"
42 53 3 "/tmp/b/src/bench/programs/loops.c" "for (u32 j = 0; j < M; j++) {"
43 53 27 "/tmp/b/src/bench/programs/loops.c" "for (u32 j = 0; j < M; j++) {"
44 53 3 "/tmp/b/src/bench/programs/loops.c" "for (u32 j = 0; j < M; j++) {"
47 51 2 "/tmp/b/src/bench/programs/loops.c" "for (u32 i = 0; i < M; i++) {"
49 51 26 "/tmp/b/src/bench/programs/loops.c" "for (u32 i = 0; i < M; i++) {"
50 51 2 "/tmp/b/src/bench/programs/loops.c" "for (u32 i = 0; i < M; i++) {"
52 63 1 "/tmp/b/src/bench/programs/loops.c" "}"
-- map tables array 4 816 4
-- packet
00*64
