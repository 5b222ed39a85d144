-- program sort
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
if r0 == 0 goto +17
w2 = 0
goto +3
w1 = 2
w2 += 1
if w2 == 12 goto +12
r1 = 0
goto +2
r1 += 4
if r1 == 44 goto -7
r3 = r0
r3 += r1
r4 = *(u32 *)(r3 + 4)
r5 = *(u32 *)(r3 + 0)
if w5 <= w4 goto -7
*(u32 *)(r3 + 4) = r5
*(u32 *)(r3 + 0) = r4
goto -10
w0 = w1
exit
-- subprogs
0 sort
-- lines
0 24 15 "/tmp/b/src/bench/programs/loops.c" "u32 k = ctx->rx_queue_index & 3;"
1 24 30 "/tmp/b/src/bench/programs/loops.c" "u32 k = ctx->rx_queue_index & 3;"
2 24 6 "/tmp/b/src/bench/programs/loops.c" "u32 k = ctx->rx_queue_index & 3;"
5 25 20 "/tmp/b/src/bench/programs/loops.c" "struct table *t = map_lookup_elem(&tables, &k);"
9 27 6 "/tmp/b/src/bench/programs/loops.c" "if (!t)"
13 29 26 "/tmp/b/src/bench/programs/loops.c" "for (u32 i = 0; i < N; i++) {"
14 29 2 "/tmp/b/src/bench/programs/loops.c" "for (u32 i = 0; i < N; i++) {"
17 31 25 "/tmp/b/src/bench/programs/loops.c" "for (u32 j = 0; j + 1 < N; j++) {"
18 31 3 "/tmp/b/src/bench/programs/loops.c" "for (u32 j = 0; j + 1 < N; j++) {"
19 32 12 "/tmp/b/src/bench/programs/loops.c" "u32 x = t->v[j], y = t->v[j + 1];"
21 32 25 "/tmp/b/src/bench/programs/loops.c" "u32 x = t->v[j], y = t->v[j + 1];"
22 32 12 "/tmp/b/src/bench/programs/loops.c" "u32 x = t->v[j], y = t->v[j + 1];"
23 34 8 "/tmp/b/src/bench/programs/loops.c" "if (x > y) {"
24 36 17 "/tmp/b/src/bench/programs/loops.c" "t->v[j + 1] = x;"
25 35 13 "/tmp/b/src/bench/programs/loops.c" "t->v[j] = y;"
27 41 1 "/tmp/b/src/bench/programs/loops.c" "}"
-- map tables array 4 816 4
-- packet
00*64
