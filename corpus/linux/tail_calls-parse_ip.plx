-- program parse_ip
-- type xdp
-- asm
r6 = r1
w1 = 0
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(1) ll
call 1
if r0 == 0 goto +3
r1 = *(u64 *)(r0 + 0)
r1 += 1
*(u64 *)(r0 + 0) = r1
r1 = r6
r2 = map_by_fd(0) ll
w3 = 2
call 12
w0 = 2
exit
-- subprogs
0 parse_ip
-- lines
0 47 0 "/work/main/corpus/c/tail_calls.c" "int parse_ip(struct xdp_md *ctx)"
2 27 6 "/work/main/corpus/c/tail_calls.c" "u32 zero = 0;"
5 28 11 "/work/main/corpus/c/tail_calls.c" "u64 *n = map_lookup_elem(&passes, &zero);"
8 30 9 "/work/main/corpus/c/tail_calls.c" "return n ? ++*n : 0;"
9 30 13 "/work/main/corpus/c/tail_calls.c" "return n ? ++*n : 0;"
12 50 2 "/work/main/corpus/c/tail_calls.c" "tail_call(ctx, &next, 2);\x09/* there is none */"
17 51 2 "/work/main/corpus/c/tail_calls.c" "return XDP_PASS;"
-- program parse_other
-- asm
r6 = r1
w1 = 0
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(1) ll
call 1
if r0 != 0 goto +1
goto +4
r1 = *(u64 *)(r0 + 0)
r1 += 1
*(u64 *)(r0 + 0) = r1
if r1 > 4 goto +5
r1 = r6
r2 = map_by_fd(0) ll
w3 = 3
call 12
w0 = 1
exit
-- subprogs
0 parse_other
-- lines
0 55 0 "/work/main/corpus/c/tail_calls.c" "int parse_other(struct xdp_md *ctx)"
2 27 6 "/work/main/corpus/c/tail_calls.c" "u32 zero = 0;"
5 28 11 "/work/main/corpus/c/tail_calls.c" "u64 *n = map_lookup_elem(&passes, &zero);"
8 30 9 "/work/main/corpus/c/tail_calls.c" "return n ? ++*n : 0;"
9 57 6 "/work/main/corpus/c/tail_calls.c" "if (pass() < 5)"
10 30 13 "/work/main/corpus/c/tail_calls.c" "return n ? ++*n : 0;"
13 57 6 "/work/main/corpus/c/tail_calls.c" "if (pass() < 5)"
14 58 3 "/work/main/corpus/c/tail_calls.c" "tail_call(ctx, &next, 3);"
19 59 2 "/work/main/corpus/c/tail_calls.c" "return XDP_DROP;"
-- program again
-- asm
r2 = map_by_fd(0) ll
w3 = 1
call 12
w0 = 0
exit
-- subprogs
0 again
-- lines
0 65 2 "/work/main/corpus/c/tail_calls.c" "tail_call(ctx, &next, 1);"
4 66 2 "/work/main/corpus/c/tail_calls.c" "return XDP_ABORTED;"
-- map next prog_array 4 4 4
-- map passes array 4 8 1
-- packet
ff ff ff ff ff ff 00 11 22 33 44 55 08 00 45 00
00 2c 00 01 00 00 40 06 66 c4 7f 00 00 01 7f 00
00 01 04 d2 16 2e 00*8 50 02 20 00 91 78 00 00 02
04 05 b4 00*8
-- maps
next 00 00 00 00 = prog 0
next 01 00 00 00 = prog 1
next 03 00 00 00 = prog 2
