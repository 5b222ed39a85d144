-- program syscall_prog
-- type syscall
-- flags 0x10
-- asm
r6 = r1
r8 = *(u64 *)(r6 + 0)
r1 = *(u64 *)(r6 + 8)
w2 = 0
call pc+19
r7 = r0
r7 += r8
r1 = *(u64 *)(r6 + 16)
w2 = 1
call pc+14
r7 += r0
r1 = *(u64 *)(r6 + 24)
w2 = 2
call pc+10
r8 = r0
r8 ^= r7
r1 = *(u64 *)(r6 + 32)
w2 = 3
call pc+5
r8 -= r0
*(u64 *)(r6 + 56) = r8
r8 >>= 60
w0 = w8
exit
w0 = w2
w0 <<= 1
w0 |= 1
r0 *= r1
r1 >>= 7
r0 ^= r1
exit
-- subprogs
0 syscall_prog
24 weigh
-- lines
0 15 0 "/work/main/corpus/c/syscall_prog.c" "int syscall_prog(struct args *ctx)"
1 17 17 "/work/main/corpus/c/syscall_prog.c" "u64 sum = ctx->n;"
2 19 15 "/work/main/corpus/c/syscall_prog.c" "sum += weigh(ctx->in[0], 0);"
3 19 9 "/work/main/corpus/c/syscall_prog.c" "sum += weigh(ctx->in[0], 0);"
6 19 6 "/work/main/corpus/c/syscall_prog.c" "sum += weigh(ctx->in[0], 0);"
7 20 15 "/work/main/corpus/c/syscall_prog.c" "sum += weigh(ctx->in[1], 1);"
8 20 9 "/work/main/corpus/c/syscall_prog.c" "sum += weigh(ctx->in[1], 1);"
10 20 6 "/work/main/corpus/c/syscall_prog.c" "sum += weigh(ctx->in[1], 1);"
11 21 15 "/work/main/corpus/c/syscall_prog.c" "sum ^= weigh(ctx->in[2], 2);"
12 21 9 "/work/main/corpus/c/syscall_prog.c" "sum ^= weigh(ctx->in[2], 2);"
15 21 6 "/work/main/corpus/c/syscall_prog.c" "sum ^= weigh(ctx->in[2], 2);"
16 22 15 "/work/main/corpus/c/syscall_prog.c" "sum -= weigh(ctx->in[3], 3);"
17 22 9 "/work/main/corpus/c/syscall_prog.c" "sum -= weigh(ctx->in[3], 3);"
19 22 6 "/work/main/corpus/c/syscall_prog.c" "sum -= weigh(ctx->in[3], 3);"
20 23 11 "/work/main/corpus/c/syscall_prog.c" "ctx->out = sum;"
21 24 19 "/work/main/corpus/c/syscall_prog.c" "return (int)(sum >> 60);"
22 24 2 "/work/main/corpus/c/syscall_prog.c" "return (int)(sum >> 60);"
24 9 0 "/work/main/corpus/c/syscall_prog.c" "static noinline u64 weigh(u64 x, u32 i)"
25 11 16 "/work/main/corpus/c/syscall_prog.c" "return x * (2 * i + 1) ^ x >> 7;"
26 11 20 "/work/main/corpus/c/syscall_prog.c" "return x * (2 * i + 1) ^ x >> 7;"
27 11 11 "/work/main/corpus/c/syscall_prog.c" "return x * (2 * i + 1) ^ x >> 7;"
28 11 29 "/work/main/corpus/c/syscall_prog.c" "return x * (2 * i + 1) ^ x >> 7;"
29 11 25 "/work/main/corpus/c/syscall_prog.c" "return x * (2 * i + 1) ^ x >> 7;"
30 11 2 "/work/main/corpus/c/syscall_prog.c" "return x * (2 * i + 1) ^ x >> 7;"
-- packet
ff ff ff ff ff ff 00 11 22 33 44 55 08 00 45 00
00 2c 00 01 00 00 40 06 66 c4 7f 00 00 01 7f 00
00 01 04 d2 16 2e 00*8 50 02 20 00 91 78 00 00 02
04 05 b4 00*8
