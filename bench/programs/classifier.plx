-- program classifier
-- type xdp
-- asm
r2 = *(u32 *)(r1 + 4)
r7 = *(u32 *)(r1 + 0)
w0 = 1
r1 = r7
r1 += 64
if r1 > r2 goto +151
w2 -= w7
r3 = *(u8 *)(r7 + 0)
w1 = w3
w1 &= 1
r4 = *(u8 *)(r7 + 6)
if w4 != w3 goto +4
r3 = *(u8 *)(r7 + 1)
r4 = *(u8 *)(r7 + 7)
if w4 != w3 goto +1
w1 |= 2
w3 = w1
w3 |= 4
if w2 > 128 goto +1
w3 = w1
w1 = w3
w1 |= 8
if w2 > 1024 goto +1
w1 = w3
r2 = *(u8 *)(r7 + 12)
if w2 != 8 goto +3
r3 = *(u8 *)(r7 + 13)
if w3 != 0 goto +1
w1 |= 16
r3 = *(u8 *)(r7 + 23)
if w3 == 17 goto +1
if w3 != 6 goto +1
w1 |= 32
r3 = *(u8 *)(r7 + 20)
w3 <<= 1
w3 &= 64
w1 |= w3
r3 = *(u8 *)(r7 + 22)
w8 = w1
w8 |= 128
if w3 < 5 goto +1
w8 = w1
w1 = w8
w1 &= 16
if w1 == 0 goto +33
r2 = *(u8 *)(r7 + 15)
w1 = 0
call pc+110
w6 = w0
r2 = *(u8 *)(r7 + 22)
w1 = 1
call pc+106
w6 += w0
w1 = w8
w1 &= 32
if w1 == 0 goto +46
r2 = *(u8 *)(r7 + 34)
w2 <<= 8
r1 = *(u8 *)(r7 + 35)
w2 |= w1
w1 = 2
call pc+96
w6 += w0
r2 = *(u8 *)(r7 + 36)
w2 <<= 8
r1 = *(u8 *)(r7 + 37)
w2 |= w1
w1 = 3
call pc+89
w6 += w0
r2 = *(u8 *)(r7 + 37)
if w2 s> 122 goto +12
if w2 == 22 goto +18
if w2 == 53 goto +25
if w2 == 80 goto +1
goto +19
w6 += 13
goto +24
w1 = 6
call pc+78
w6 = w0
w1 = 7
r2 = 13
goto +23
if w2 == 123 goto +8
if w2 == 187 goto +15
if w2 == 255 goto +1
goto +7
w6 += 23
*(u32 *)(r10 - 4) = r6
goto +11
w6 += 7
goto +9
w6 += 17
goto +7
w1 = 4
call pc+61
w6 += w0
goto +3
w6 += 11
goto +1
w6 += 19
w1 = 5
r2 = 21
w3 = w8
w3 &= 64
if w3 == 0 goto +5
r3 = r7
r3 += r2
r2 = *(u8 *)(r3 + 0)
call pc+47
w6 += w0
w1 = w8
w1 &= 128
if w1 == 0 goto +4
r2 = *(u8 *)(r7 + 22)
w1 = 8
call pc+40
w6 += w0
w3 = 0
r1 = 0
r7 += 40
w4 = 0
r2 = r7
r2 += r1
r2 = *(u8 *)(r2 + 0)
w2 &= 31
w5 = 1
w5 <<= w2
w5 |= w3
w3 ^= -1
w3 >>= w2
w3 &= 1
w2 = w3
w2 += w4
r1 += 1
w3 = w5
w4 = w2
if r1 != 24 goto -16
w1 = 9
call pc+17
w0 += w8
w0 += w6
w0 &= 255
*(u32 *)(r10 - 4) = r0
r2 = r10
r2 += -4
r1 = map_by_fd(0) ll
call 1
if r0 == 0 goto +2
r1 = 1
lock *(u64 *)(r0 + 0) += r1
w0 = 1
r1 = *(u32 *)(r10 - 4)
if w1 > 200 goto +1
w0 = 2
exit
w6 = w2
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(1) ll
call 1
r1 = r0
w0 = 0
if r1 == 0 goto +9
r2 = *(u32 *)(r1 + 0)
if w2 <= w6 goto +3
r0 = *(u32 *)(r1 + 8)
w0 >>= 1
goto +4
r0 = *(u32 *)(r1 + 8)
r1 = *(u32 *)(r1 + 4)
if w1 >= w6 goto +1
w0 >>= 2
exit
-- subprogs
0 classifier
158 score
-- lines
0 55 57 "/tmp/b/src/bench/programs/classifier.c" "u8 *p = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;"
1 55 27 "/tmp/b/src/bench/programs/classifier.c" "u8 *p = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;"
3 59 8 "/tmp/b/src/bench/programs/classifier.c" "if (p + 64 > end)"
5 59 6 "/tmp/b/src/bench/programs/classifier.c" "if (p + 64 > end)"
7 61 6 "/tmp/b/src/bench/programs/classifier.c" "if (p[0] & 1)"
8 61 11 "/tmp/b/src/bench/programs/classifier.c" "if (p[0] & 1)"
10 63 6 "/tmp/b/src/bench/programs/classifier.c" "if (p[6] == p[0] && p[7] == p[1])"
11 63 19 "/tmp/b/src/bench/programs/classifier.c" "if (p[6] == p[0] && p[7] == p[1])"
12 63 30 "/tmp/b/src/bench/programs/classifier.c" "if (p[6] == p[0] && p[7] == p[1])"
13 63 22 "/tmp/b/src/bench/programs/classifier.c" "if (p[6] == p[0] && p[7] == p[1])"
14 63 6 "/tmp/b/src/bench/programs/classifier.c" "if (p[6] == p[0] && p[7] == p[1])"
15 64 9 "/tmp/b/src/bench/programs/classifier.c" "flags |= 2;"
16 65 6 "/tmp/b/src/bench/programs/classifier.c" "if (len > 128)"
20 67 6 "/tmp/b/src/bench/programs/classifier.c" "if (len > 1024)"
24 69 6 "/tmp/b/src/bench/programs/classifier.c" "if (p[12] == 8 && p[13] == 0)"
25 69 17 "/tmp/b/src/bench/programs/classifier.c" "if (p[12] == 8 && p[13] == 0)"
26 69 20 "/tmp/b/src/bench/programs/classifier.c" "if (p[12] == 8 && p[13] == 0)"
27 69 6 "/tmp/b/src/bench/programs/classifier.c" "if (p[12] == 8 && p[13] == 0)"
28 70 9 "/tmp/b/src/bench/programs/classifier.c" "flags |= 16;"
29 71 6 "/tmp/b/src/bench/programs/classifier.c" "if (p[23] == 6 || p[23] == 17)"
30 71 17 "/tmp/b/src/bench/programs/classifier.c" "if (p[23] == 6 || p[23] == 17)"
32 72 9 "/tmp/b/src/bench/programs/classifier.c" "flags |= 32;"
33 73 6 "/tmp/b/src/bench/programs/classifier.c" "if (p[20] & 0x20)"
34 73 6 "/tmp/b/src/bench/programs/classifier.c" "if (p[20] & 0x20)"
37 75 6 "/tmp/b/src/bench/programs/classifier.c" "if (p[22] < 5)"
38 75 6 "/tmp/b/src/bench/programs/classifier.c" "if (p[22] < 5)"
42 77 12 "/tmp/b/src/bench/programs/classifier.c" "if (flags & 16) {"
44 77 6 "/tmp/b/src/bench/programs/classifier.c" "if (flags & 16) {"
45 78 21 "/tmp/b/src/bench/programs/classifier.c" "class += score(0, p[15]);"
46 78 12 "/tmp/b/src/bench/programs/classifier.c" "class += score(0, p[15]);"
49 79 21 "/tmp/b/src/bench/programs/classifier.c" "class += score(1, p[22]);"
50 79 12 "/tmp/b/src/bench/programs/classifier.c" "class += score(1, p[22]);"
52 79 9 "/tmp/b/src/bench/programs/classifier.c" "class += score(1, p[22]);"
53 80 13 "/tmp/b/src/bench/programs/classifier.c" "if (flags & 32) {"
55 80 7 "/tmp/b/src/bench/programs/classifier.c" "if (flags & 32) {"
56 81 27 "/tmp/b/src/bench/programs/classifier.c" "class += score(2, (u32)p[34] << 8 | p[35]);"
57 81 33 "/tmp/b/src/bench/programs/classifier.c" "class += score(2, (u32)p[34] << 8 | p[35]);"
58 81 40 "/tmp/b/src/bench/programs/classifier.c" "class += score(2, (u32)p[34] << 8 | p[35]);"
59 81 38 "/tmp/b/src/bench/programs/classifier.c" "class += score(2, (u32)p[34] << 8 | p[35]);"
60 81 13 "/tmp/b/src/bench/programs/classifier.c" "class += score(2, (u32)p[34] << 8 | p[35]);"
62 81 10 "/tmp/b/src/bench/programs/classifier.c" "class += score(2, (u32)p[34] << 8 | p[35]);"
63 82 27 "/tmp/b/src/bench/programs/classifier.c" "class += score(3, (u32)p[36] << 8 | p[37]);"
64 82 33 "/tmp/b/src/bench/programs/classifier.c" "class += score(3, (u32)p[36] << 8 | p[37]);"
65 82 40 "/tmp/b/src/bench/programs/classifier.c" "class += score(3, (u32)p[36] << 8 | p[37]);"
66 82 38 "/tmp/b/src/bench/programs/classifier.c" "class += score(3, (u32)p[36] << 8 | p[37]);"
67 82 13 "/tmp/b/src/bench/programs/classifier.c" "class += score(3, (u32)p[36] << 8 | p[37]);"
69 82 10 "/tmp/b/src/bench/programs/classifier.c" "class += score(3, (u32)p[36] << 8 | p[37]);"
70 83 12 "/tmp/b/src/bench/programs/classifier.c" "switch (p[37]) {"
71 83 4 "/tmp/b/src/bench/programs/classifier.c" "switch (p[37]) {"
76 86 19 "/tmp/b/src/bench/programs/classifier.c" "case 80: class += 13; break;"
77 86 26 "/tmp/b/src/bench/programs/classifier.c" "case 80: class += 13; break;"
78 96 12 "/tmp/b/src/bench/programs/classifier.c" "class += score(6, p[12]);"
84 83 4 "/tmp/b/src/bench/programs/classifier.c" "switch (p[37]) {"
88 89 20 "/tmp/b/src/bench/programs/classifier.c" "case 255: class += 23; break;"
90 89 27 "/tmp/b/src/bench/programs/classifier.c" "case 255: class += 23; break;"
91 84 19 "/tmp/b/src/bench/programs/classifier.c" "case 22: class += 7; break;"
92 84 25 "/tmp/b/src/bench/programs/classifier.c" "case 22: class += 7; break;"
93 87 20 "/tmp/b/src/bench/programs/classifier.c" "case 123: class += 17; break;"
94 87 27 "/tmp/b/src/bench/programs/classifier.c" "case 123: class += 17; break;"
95 90 22 "/tmp/b/src/bench/programs/classifier.c" "default: class += score(4, p[37]);"
97 90 19 "/tmp/b/src/bench/programs/classifier.c" "default: class += score(4, p[37]);"
99 85 19 "/tmp/b/src/bench/programs/classifier.c" "case 53: class += 11; break;"
100 85 26 "/tmp/b/src/bench/programs/classifier.c" "case 53: class += 11; break;"
101 88 20 "/tmp/b/src/bench/programs/classifier.c" "case 187: class += 19; break;"
104 93 13 "/tmp/b/src/bench/programs/classifier.c" "if (flags & 64)"
106 93 7 "/tmp/b/src/bench/programs/classifier.c" "if (flags & 64)"
112 99 12 "/tmp/b/src/bench/programs/classifier.c" "if (flags & 128)"
114 99 6 "/tmp/b/src/bench/programs/classifier.c" "if (flags & 128)"
115 100 21 "/tmp/b/src/bench/programs/classifier.c" "class += score(8, p[22]);"
116 100 12 "/tmp/b/src/bench/programs/classifier.c" "class += score(8, p[22]);"
118 100 9 "/tmp/b/src/bench/programs/classifier.c" "class += score(8, p[22]);"
121 101 30 "/tmp/b/src/bench/programs/classifier.c" "class += score(9, entropy(p + 40));"
123 44 20 "/tmp/b/src/bench/programs/classifier.c" "u32 bit = 1u << (p[i] & 31);"
126 44 25 "/tmp/b/src/bench/programs/classifier.c" "u32 bit = 1u << (p[i] & 31);"
127 44 16 "/tmp/b/src/bench/programs/classifier.c" "u32 bit = 1u << (p[i] & 31);"
129 48 8 "/tmp/b/src/bench/programs/classifier.c" "seen |= bit;"
130 46 7 "/tmp/b/src/bench/programs/classifier.c" "if (!(seen & bit))"
135 43 27 "/tmp/b/src/bench/programs/classifier.c" "for (u32 i = 0; i < 24; i++) {"
138 43 2 "/tmp/b/src/bench/programs/classifier.c" "for (u32 i = 0; i < 24; i++) {"
139 101 11 "/tmp/b/src/bench/programs/classifier.c" "class += score(9, entropy(p + 40));"
141 101 8 "/tmp/b/src/bench/programs/classifier.c" "class += score(9, entropy(p + 40));"
142 102 17 "/tmp/b/src/bench/programs/classifier.c" "class = (class + flags) & 0xff;"
143 102 26 "/tmp/b/src/bench/programs/classifier.c" "class = (class + flags) & 0xff;"
144 102 8 "/tmp/b/src/bench/programs/classifier.c" "class = (class + flags) & 0xff;"
147 103 6 "/tmp/b/src/bench/programs/classifier.c" "n = map_lookup_elem(&classes, &class);"
150 104 6 "/tmp/b/src/bench/programs/classifier.c" "if (n)"
152 105 3 "/tmp/b/src/bench/programs/classifier.c" "__sync_fetch_and_add(n, 1);"
154 106 9 "/tmp/b/src/bench/programs/classifier.c" "return class > 200 ? 1 : 2;"
157 107 1 "/tmp/b/src/bench/programs/classifier.c" "}"
158 26 0 "/tmp/b/src/bench/programs/classifier.c" "static noinline u32 score(u32 id, u32 value)"
162 28 19 "/tmp/b/src/bench/programs/classifier.c" "struct rule *r = map_lookup_elem(&rules, &id);"
167 30 6 "/tmp/b/src/bench/programs/classifier.c" "if (!r)"
168 32 17 "/tmp/b/src/bench/programs/classifier.c" "if (value < r->lo)"
169 32 6 "/tmp/b/src/bench/programs/classifier.c" "if (value < r->lo)"
170 33 13 "/tmp/b/src/bench/programs/classifier.c" "return r->weight >> 1;"
171 33 20 "/tmp/b/src/bench/programs/classifier.c" "return r->weight >> 1;"
172 33 3 "/tmp/b/src/bench/programs/classifier.c" "return r->weight >> 1;"
174 34 17 "/tmp/b/src/bench/programs/classifier.c" "if (value > r->hi)"
175 34 6 "/tmp/b/src/bench/programs/classifier.c" "if (value > r->hi)"
176 35 20 "/tmp/b/src/bench/programs/classifier.c" "return r->weight >> 2;"
177 37 1 "/tmp/b/src/bench/programs/classifier.c" "}"
-- map classes array 4 8 256
-- map rules array 4 12 64
-- packet
00*64
