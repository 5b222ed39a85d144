-- program bpf_globals
-- type sched_cls
-- license "Dual BSD/GPL"
-- asm
r1 = *(u32 *)(r1 + 0)
r6 = map_val(map_by_fd(2)) + 0 ll
r2 = *(u32 *)(r6 + 0)
w1 ^= w2
call pc+16
r1 = r0
r1 <<= 32
r2 = map_val(map_by_fd(1)) + 0 ll
r3 = *(u32 *)(r2 + 0)
r1 |= r3
r2 = *(u32 *)(r2 + 0)
w2 &= 7
r2 <<= 3
r3 = map_val(map_by_fd(1)) + 8 ll
r3 += r2
*(u64 *)(r3 + 0) = r1
*(u32 *)(r6 + 0) = r0
w0 &= 1
exit
w0 = w1
r6 = map_val(map_by_fd(0)) + 0 ll
r1 = *(u32 *)(r6 + 0)
if w1 == 0 goto +93
w1 = w0
w2 = w0
call pc+96
r1 = *(u32 *)(r6 + 0)
if w1 < 2 goto +88
w2 = w0
w2 += 1
w1 = w0
call pc+90
r1 = *(u32 *)(r6 + 0)
if w1 < 3 goto +82
w2 = w0
w2 += 2
w1 = w0
call pc+84
r1 = *(u32 *)(r6 + 0)
if w1 < 4 goto +76
w2 = w0
w2 += 3
w1 = w0
call pc+78
r1 = *(u32 *)(r6 + 0)
if w1 < 5 goto +70
w2 = w0
w2 += 4
w1 = w0
call pc+72
r1 = *(u32 *)(r6 + 0)
if w1 < 6 goto +64
w2 = w0
w2 += 5
w1 = w0
call pc+66
r1 = *(u32 *)(r6 + 0)
if w1 < 7 goto +58
w2 = w0
w2 += 6
w1 = w0
call pc+60
r1 = *(u32 *)(r6 + 0)
if w1 < 8 goto +52
w2 = w0
w2 += 7
w1 = w0
call pc+54
r1 = *(u32 *)(r6 + 0)
if w1 < 9 goto +46
w2 = w0
w2 += 8
w1 = w0
call pc+48
r1 = *(u32 *)(r6 + 0)
if w1 < 10 goto +40
w2 = w0
w2 += 9
w1 = w0
call pc+42
r1 = *(u32 *)(r6 + 0)
if w1 < 11 goto +34
w2 = w0
w2 += 10
w1 = w0
call pc+36
r1 = *(u32 *)(r6 + 0)
if w1 < 12 goto +28
w2 = w0
w2 += 11
w1 = w0
call pc+30
r1 = *(u32 *)(r6 + 0)
if w1 < 13 goto +22
w2 = w0
w2 += 12
w1 = w0
call pc+24
r1 = *(u32 *)(r6 + 0)
if w1 < 14 goto +16
w2 = w0
w2 += 13
w1 = w0
call pc+18
r1 = *(u32 *)(r6 + 0)
if w1 < 15 goto +10
w2 = w0
w2 += 14
w1 = w0
call pc+12
r1 = *(u32 *)(r6 + 0)
if w1 < 16 goto +4
w2 = w0
w2 += 15
w1 = w0
call pc+6
r1 = map_val(map_by_fd(1)) + 0 ll
r2 = *(u32 *)(r1 + 0)
w2 += 1
*(u32 *)(r1 + 0) = r2
exit
w2 &= 15
r2 <<= 2
r3 = map_val(map_by_fd(0)) + 4 ll
r3 += r2
r0 = *(u32 *)(r3 + 0)
w0 ^= w1
w1 = w0
w1 >>= 25
w0 <<= 7
w0 |= w1
exit
-- subprogs
0 bpf_globals
22 digest
126 global mix
-- lines
0 35 30 "/work/main/corpus/c/bpf_globals.c" "state = digest(state ^ skb->len);"
1 35 17 "/work/main/corpus/c/bpf_globals.c" "state = digest(state ^ skb->len);"
4 35 23 "/work/main/corpus/c/bpf_globals.c" "state = digest(state ^ skb->len);"
5 35 10 "/work/main/corpus/c/bpf_globals.c" "state = digest(state ^ skb->len);"
6 36 34 "/work/main/corpus/c/bpf_globals.c" "history[calls & 7] = (u64)state << 32 | calls;"
8 36 42 "/work/main/corpus/c/bpf_globals.c" "history[calls & 7] = (u64)state << 32 | calls;"
11 36 40 "/work/main/corpus/c/bpf_globals.c" "history[calls & 7] = (u64)state << 32 | calls;"
12 36 10 "/work/main/corpus/c/bpf_globals.c" "history[calls & 7] = (u64)state << 32 | calls;"
13 36 16 "/work/main/corpus/c/bpf_globals.c" "history[calls & 7] = (u64)state << 32 | calls;"
14 36 2 "/work/main/corpus/c/bpf_globals.c" "history[calls & 7] = (u64)state << 32 | calls;"
18 36 21 "/work/main/corpus/c/bpf_globals.c" "history[calls & 7] = (u64)state << 32 | calls;"
19 35 8 "/work/main/corpus/c/bpf_globals.c" "state = digest(state ^ skb->len);"
20 37 21 "/work/main/corpus/c/bpf_globals.c" "return (int)(state & 1);"
21 37 2 "/work/main/corpus/c/bpf_globals.c" "return (int)(state & 1);"
22 21 0 "/work/main/corpus/c/bpf_globals.c" "static noinline u32 digest(u32 x)"
23 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
26 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
27 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
30 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
31 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
32 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
34 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
36 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
37 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
38 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
40 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
42 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
43 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
44 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
46 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
48 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
49 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
50 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
52 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
54 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
55 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
56 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
58 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
60 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
61 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
62 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
64 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
66 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
67 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
68 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
70 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
72 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
73 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
74 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
76 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
78 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
79 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
80 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
82 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
84 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
85 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
86 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
88 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
90 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
91 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
92 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
94 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
96 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
97 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
98 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
100 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
102 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
103 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
104 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
106 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
108 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
109 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
110 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
112 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
114 24 12 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
115 24 7 "/work/main/corpus/c/bpf_globals.c" "if (i >= rounds)"
116 26 16 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
118 26 7 "/work/main/corpus/c/bpf_globals.c" "x = mix(x, i + x);"
120 28 7 "/work/main/corpus/c/bpf_globals.c" "calls++;"
125 29 2 "/work/main/corpus/c/bpf_globals.c" "return x;"
126 17 15 "/work/main/corpus/c/bpf_globals.c" "x ^= table[i & 15];"
127 17 7 "/work/main/corpus/c/bpf_globals.c" "x ^= table[i & 15];"
132 17 4 "/work/main/corpus/c/bpf_globals.c" "x ^= table[i & 15];"
133 18 16 "/work/main/corpus/c/bpf_globals.c" "return x << 7 | x >> 25;"
137 18 2 "/work/main/corpus/c/bpf_globals.c" "return x << 7 | x >> 25;"
-- map .rodata array 4 68 1 0x80 frozen
04 00 00 00 78 a4 6a d7 56 b7 c7 e8 db 70 20 24
ee ce bd c1 af 0f 7c f5 2a c6 87 47 13 46 30 a8
01 95 46 fd d8 98 80 69 af f7 44 8b b1 5b ff ff
be d7 5c 89 22 11 90 6b 93 71 98 fd 8e 43 79 a6
21 08 b4 49
-- map .bss array 4 72 1
-- map .data array 4 4 1
01 23 45 67
-- packet
ff ff ff ff ff ff 00 11 22 33 44 55 08 00 45 00
00 2c 00 01 00 00 40 06 66 c4 7f 00 00 01 7f 00
00 01 04 d2 16 2e 00*8 50 02 20 00 91 78 00 00 02
04 05 b4 00*8
