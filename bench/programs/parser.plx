-- program parser
-- type xdp
-- asm
r2 = *(u32 *)(r1 + 0)
r1 = *(u32 *)(r1 + 4)
r3 = 1
*(u64 *)(r10 - 16) = r3
w0 = 1
r3 = r1
if w2 == 0 goto +263
r4 = r2
r4 += 14
if r4 > r3 goto +260
r5 = *(u8 *)(r2 + 13)
r3 = *(u8 *)(r2 + 12)
w3 <<= 8
w3 |= w5
w3 &= 65535
if w3 s> 34524 goto +4
if w3 == 2048 goto +37
w0 = 2
if w3 == 33024 goto +4
goto +250
if w3 == 34525 goto +74
w0 = 2
if w3 != 34984 goto +247
r3 = r1
r4 = r2
r4 += 18
w0 = 1
if r4 > r3 goto +242
r5 = *(u8 *)(r2 + 17)
r3 = *(u8 *)(r2 + 16)
w3 <<= 8
w3 |= w5
w3 &= 65535
if w3 s> 34524 goto +4
if w3 == 2048 goto +19
w0 = 2
if w3 == 33024 goto +4
goto +232
if w3 == 34525 goto +56
w0 = 2
if w3 != 34984 goto +229
r3 = r1
r4 = r2
r4 += 22
w0 = 1
if r4 > r3 goto +224
r3 = *(u8 *)(r2 + 21)
r2 = *(u8 *)(r2 + 20)
w2 <<= 8
w2 |= w3
w2 &= 65535
if w2 == 34525 goto +43
w0 = 2
if w2 != 2048 goto +216
r2 = r1
r3 = r4
r3 += 20
w0 = 2
if r3 > r2 goto +211
r5 = *(u8 *)(r4 + 0)
w2 = w5
w2 &= 240
if w2 != 64 goto +207
w5 &= 15
if w5 < 5 goto +205
r0 = *(u8 *)(r4 + 13)
r2 = *(u8 *)(r4 + 12)
r2 *= 31
r2 += r0
r2 *= 31
r0 = *(u8 *)(r4 + 14)
r2 += r0
r2 *= 31
r0 = *(u8 *)(r4 + 15)
r2 += r0
w5 <<= 2
r3 += r5
r5 = *(u8 *)(r4 + 16)
r2 *= 31
r2 += r5
r5 = *(u8 *)(r4 + 17)
r2 *= 31
r2 += r5
r5 = *(u8 *)(r4 + 18)
r2 *= 31
r2 += r5
r5 = *(u8 *)(r4 + 19)
r2 *= 31
r2 += r5
*(u64 *)(r10 - 8) = r2
r5 = *(u8 *)(r4 + 9)
r3 += -20
w0 = 2
if r3 > r1 goto +176
goto +100
r2 = r1
r3 = r4
r3 += 40
w0 = 2
if r3 > r2 goto +170
r0 = 0
r6 = r4
r6 += 8
r5 = *(u8 *)(r4 + 6)
r2 = 0
r7 = r6
r7 += r0
r7 = *(u8 *)(r7 + 0)
r2 *= 31
r2 += r7
*(u64 *)(r10 - 8) = r2
r0 += 1
if r0 != 32 goto -8
if w5 > 60 goto +81
r0 = 1
r0 <<= r5
r6 = 0x1000180000000001 ll
r0 &= r6
if r0 != 0 goto +1
goto +74
r5 = r1
r6 = r4
r6 += 48
w0 = 2
if r6 > r5 goto +144
r5 = *(u8 *)(r3 + 0)
if w5 == 44 goto +16
r3 = *(u8 *)(r4 + 41)
r3 <<= 3
r3 &= 56
r6 += r3
r3 = r1
if r6 > r3 goto +136
r3 = r6
if w5 > 60 goto +59
r4 = 1
r4 <<= r5
r3 = 0x1000080000000001 ll
r4 &= r3
r3 = r6
if r4 != 0 goto +1
goto +51
r4 = r1
r3 = r6
r3 += 8
if r3 > r4 goto +122
r5 = *(u8 *)(r6 + 0)
if w5 == 44 goto +14
r4 = *(u8 *)(r6 + 1)
r4 <<= 3
r4 &= 56
r3 += r4
r4 = r1
if r3 > r4 goto +114
if w5 > 60 goto +38
r4 = 1
r4 <<= r5
r0 = 0x1000080000000001 ll
r4 &= r0
if r4 != 0 goto +1
goto +31
r5 = r1
r4 = r3
r4 += 8
w0 = 2
if r4 > r5 goto +101
r5 = *(u8 *)(r3 + 0)
if w5 == 44 goto +16
r3 = *(u8 *)(r3 + 1)
r3 <<= 3
r3 &= 56
r4 += r3
r3 = r1
if r4 > r3 goto +93
r3 = r4
if w5 > 60 goto +16
r0 = 1
r0 <<= r5
r3 = 0x1000080000000001 ll
r0 &= r3
r3 = r4
if r0 != 0 goto +1
goto +8
r2 = r1
r3 = r4
r3 += 8
w0 = 2
if r3 > r2 goto +78
r2 = *(u8 *)(r4 + 0)
if w2 == 44 goto +76
goto +75
w4 = 0
if w5 == 17 goto +38
w7 = 0
if w5 != 6 goto +49
r6 = r1
w0 = 1
if r3 == 0 goto +68
r5 = r3
r5 += 20
if r5 > r6 goto +65
r6 = *(u8 *)(r3 + 12)
w8 = w6
if w6 < 80 goto +62
r0 = *(u8 *)(r3 + 0)
r0 <<= 24
r6 = *(u8 *)(r3 + 1)
r6 <<= 16
r6 |= r0
r0 = *(u8 *)(r3 + 2)
r0 <<= 8
r6 |= r0
r0 = *(u8 *)(r3 + 3)
r6 |= r0
r0 = r2
r0 *= 31
r2 = r6
r2 += r0
*(u64 *)(r10 - 8) = r2
r3 = *(u8 *)(r3 + 13)
w3 &= 2
if w3 == 0 goto +22
w8 >>= 2
w8 &= 60
w8 += -20
*(u32 *)(r10 - 24) = r8
if w8 == 0 goto +17
w3 = 0
*(u32 *)(r10 - 32) = r3
w4 = 0
goto +44
w0 = 1
if r3 == 0 goto +33
r5 = r3
r5 += 8
if r5 > r1 goto +30
r1 = *(u8 *)(r3 + 1)
r3 = *(u8 *)(r3 + 0)
r3 <<= 8
r3 |= r1
r2 *= 31
r3 += r2
r2 = r3
w7 = 0
w4 <<= w7
r2 *= 31
r2 += r4
*(u64 *)(r10 - 8) = r2
r2 = r10
r2 += -8
r1 = map_by_fd(0) ll
call 1
if r0 == 0 goto +3
r1 = 1
lock *(u64 *)(r0 + 0) += r1
goto +8
r2 = r10
r2 += -8
r3 = r10
r3 += -16
r1 = map_by_fd(0) ll
r4 = 1
call 2
w0 = 2
exit
r3 = *(u32 *)(r10 - 32)
if w3 > 2 goto -25
r3 = *(u32 *)(r10 - 32)
w3 += 1
*(u32 *)(r10 - 32) = r3
*(u32 *)(r10 - 24) = r9
r5 = r8
if w9 == 0 goto -31
r3 = r1
r6 = r5
r6 += 1
w0 = 1
if r6 > r3 goto -14
r9 = *(u32 *)(r10 - 24)
w9 += -1
r3 = *(u8 *)(r5 + 0)
r8 = r6
if w3 == 1 goto -18
*(u32 *)(r10 - 40) = r3
if w3 == 0 goto -43
r3 = r1
r8 = r5
r8 += 2
if r8 > r3 goto -25
if w9 == 0 goto -26
r9 = *(u8 *)(r6 + 0)
if w9 < 2 goto -28
if w9 > 40 goto -29
w6 = w9
w6 += -2
r3 = *(u32 *)(r10 - 24)
w3 += -2
if w6 > w3 goto -34
r3 = *(u32 *)(r10 - 40)
if w3 != 2 goto +10
if w9 != 4 goto +9
r3 = r1
r8 = r5
r8 += 4
if r8 > r3 goto -41
r3 = *(u8 *)(r5 + 3)
r4 = *(u8 *)(r5 + 2)
w4 <<= 8
w4 |= w3
goto +16
r0 = r1
*(u64 *)(r10 - 48) = r0
if w3 != 3 goto +9
if w9 != 3 goto +8
r5 += 3
w0 = 1
r3 = *(u64 *)(r10 - 48)
if r5 > r3 goto -54
r7 = *(u8 *)(r8 + 0)
w7 &= 15
r8 = r5
goto +4
r8 += r6
w0 = 1
r3 = *(u64 *)(r10 - 48)
if r8 > r3 goto -62
r3 = *(u32 *)(r10 - 24)
w3 -= w9
w9 = w3
goto -65
-- subprogs
0 parser
-- lines
0 133 39 "/tmp/b/src/bench/programs/parser.c" "struct cursor c = { (u8 *)(long)ctx->data, (u8 *)(long)ctx->data_end };"
1 133 62 "/tmp/b/src/bench/programs/parser.c" "struct cursor c = { (u8 *)(long)ctx->data, (u8 *)(long)ctx->data_end };"
3 134 16 "/tmp/b/src/bench/programs/parser.c" "u64 hash = 0, one = 1, *n;"
5 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
6 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
7 26 0 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
9 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
10 38 30 "/tmp/b/src/bench/programs/parser.c" "*proto = (u16)(h[12] << 8 | h[13]);"
11 38 17 "/tmp/b/src/bench/programs/parser.c" "*proto = (u16)(h[12] << 8 | h[13]);"
12 38 23 "/tmp/b/src/bench/programs/parser.c" "*proto = (u16)(h[12] << 8 | h[13]);"
13 38 28 "/tmp/b/src/bench/programs/parser.c" "*proto = (u16)(h[12] << 8 | h[13]);"
14 39 45 "/tmp/b/src/bench/programs/parser.c" "for (int i = 0; i < 2 && (*proto == 0x8100 || *proto == 0x88a8); i++) {"
23 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
24 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
27 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
28 43 30 "/tmp/b/src/bench/programs/parser.c" "*proto = (u16)(h[2] << 8 | h[3]);"
29 43 18 "/tmp/b/src/bench/programs/parser.c" "*proto = (u16)(h[2] << 8 | h[3]);"
30 43 23 "/tmp/b/src/bench/programs/parser.c" "*proto = (u16)(h[2] << 8 | h[3]);"
31 43 28 "/tmp/b/src/bench/programs/parser.c" "*proto = (u16)(h[2] << 8 | h[3]);"
32 39 45 "/tmp/b/src/bench/programs/parser.c" "for (int i = 0; i < 2 && (*proto == 0x8100 || *proto == 0x88a8); i++) {"
41 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
42 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
45 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
46 43 30 "/tmp/b/src/bench/programs/parser.c" "*proto = (u16)(h[2] << 8 | h[3]);"
47 43 18 "/tmp/b/src/bench/programs/parser.c" "*proto = (u16)(h[2] << 8 | h[3]);"
48 43 23 "/tmp/b/src/bench/programs/parser.c" "*proto = (u16)(h[2] << 8 | h[3]);"
49 43 28 "/tmp/b/src/bench/programs/parser.c" "*proto = (u16)(h[2] << 8 | h[3]);"
51 141 6 "/tmp/b/src/bench/programs/parser.c" "if (ethertype == 0x0800 ? ipv4(&c, &proto, &hash) :"
54 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
55 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
58 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
59 53 12 "/tmp/b/src/bench/programs/parser.c" "if (!h || h[0] >> 4 != 4 || (h[0] & 15) < 5)"
60 53 22 "/tmp/b/src/bench/programs/parser.c" "if (!h || h[0] >> 4 != 4 || (h[0] & 15) < 5)"
62 53 27 "/tmp/b/src/bench/programs/parser.c" "if (!h || h[0] >> 4 != 4 || (h[0] & 15) < 5)"
63 53 36 "/tmp/b/src/bench/programs/parser.c" "if (!h || h[0] >> 4 != 4 || (h[0] & 15) < 5)"
64 53 6 "/tmp/b/src/bench/programs/parser.c" "if (!h || h[0] >> 4 != 4 || (h[0] & 15) < 5)"
65 57 24 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[12 + i];"
67 57 17 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[12 + i];"
68 57 22 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[12 + i];"
69 57 17 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[12 + i];"
70 57 24 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[12 + i];"
71 57 22 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[12 + i];"
72 57 17 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[12 + i];"
73 57 24 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[12 + i];"
74 57 22 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[12 + i];"
75 55 31 "/tmp/b/src/bench/programs/parser.c" "options = ((h[0] & 15u) - 5) * 4;"
76 61 13 "/tmp/b/src/bench/programs/parser.c" "if (c->pos + options > c->end)"
77 59 24 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[16 + i];"
78 59 17 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[16 + i];"
79 59 22 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[16 + i];"
80 59 24 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[16 + i];"
81 59 17 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[16 + i];"
82 59 22 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[16 + i];"
83 59 24 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[16 + i];"
84 59 17 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[16 + i];"
85 59 22 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[16 + i];"
86 59 24 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[16 + i];"
87 59 17 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[16 + i];"
88 59 22 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[16 + i];"
89 59 9 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[16 + i];"
90 60 11 "/tmp/b/src/bench/programs/parser.c" "*proto = h[9];"
91 61 13 "/tmp/b/src/bench/programs/parser.c" "if (c->pos + options > c->end)"
93 61 6 "/tmp/b/src/bench/programs/parser.c" "if (c->pos + options > c->end)"
95 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
96 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
99 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
101 74 2 "/tmp/b/src/bench/programs/parser.c" "for (u32 i = 8; i < 40; i++)"
103 73 11 "/tmp/b/src/bench/programs/parser.c" "*proto = h[6];"
105 75 24 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[i];"
108 75 17 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[i];"
109 75 22 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[i];"
110 75 9 "/tmp/b/src/bench/programs/parser.c" "*hash = *hash * 31 + h[i];"
111 74 20 "/tmp/b/src/bench/programs/parser.c" "for (u32 i = 8; i < 40; i++)"
112 74 2 "/tmp/b/src/bench/programs/parser.c" "for (u32 i = 8; i < 40; i++)"
113 77 19 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 0 && *proto != 43 && *proto != 60 && *proto != 44)"
121 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
122 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
125 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
126 82 12 "/tmp/b/src/bench/programs/parser.c" "*proto = h[0];"
127 83 20 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 44 && !take(c, (h[1] & 7u) * 8))"
128 83 33 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 44 && !take(c, (h[1] & 7u) * 8))"
129 83 44 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 44 && !take(c, (h[1] & 7u) * 8))"
131 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
132 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
133 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
135 77 19 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 0 && *proto != 43 && *proto != 60 && *proto != 44)"
144 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
145 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
147 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
148 82 12 "/tmp/b/src/bench/programs/parser.c" "*proto = h[0];"
149 83 20 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 44 && !take(c, (h[1] & 7u) * 8))"
150 83 33 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 44 && !take(c, (h[1] & 7u) * 8))"
151 83 44 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 44 && !take(c, (h[1] & 7u) * 8))"
153 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
154 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
155 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
156 77 19 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 0 && *proto != 43 && *proto != 60 && *proto != 44)"
164 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
165 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
168 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
169 82 12 "/tmp/b/src/bench/programs/parser.c" "*proto = h[0];"
170 83 20 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 44 && !take(c, (h[1] & 7u) * 8))"
171 83 33 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 44 && !take(c, (h[1] & 7u) * 8))"
172 83 44 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 44 && !take(c, (h[1] & 7u) * 8))"
174 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
175 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
176 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
178 77 19 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 0 && *proto != 43 && *proto != 60 && *proto != 44)"
187 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
188 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
191 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
192 82 12 "/tmp/b/src/bench/programs/parser.c" "*proto = h[0];"
193 83 20 "/tmp/b/src/bench/programs/parser.c" "if (*proto != 44 && !take(c, (h[1] & 7u) * 8))"
194 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
196 144 6 "/tmp/b/src/bench/programs/parser.c" "if (proto == 6) {"
199 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
201 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
202 26 0 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
204 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
205 146 13 "/tmp/b/src/bench/programs/parser.c" "if (!h || h[12] >> 4 < 5)"
207 146 7 "/tmp/b/src/bench/programs/parser.c" "if (!h || h[12] >> 4 < 5)"
208 148 28 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);"
209 148 33 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);"
210 148 46 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);"
211 148 51 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);"
212 148 39 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);"
213 148 64 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);"
214 148 69 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);"
215 148 57 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);"
216 148 76 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);"
217 148 74 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);"
218 148 15 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);"
220 148 20 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);"
222 148 8 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 24 | (u32)h[1] << 16 | (u32)h[2] << 8 | h[3]);"
223 149 7 "/tmp/b/src/bench/programs/parser.c" "if (h[13] & 2 && tcp_options(&c, ((h[12] >> 4) - 5u) * 4, &mss, &scale))"
224 149 13 "/tmp/b/src/bench/programs/parser.c" "if (h[13] & 2 && tcp_options(&c, ((h[12] >> 4) - 5u) * 4, &mss, &scale))"
225 149 17 "/tmp/b/src/bench/programs/parser.c" "if (h[13] & 2 && tcp_options(&c, ((h[12] >> 4) - 5u) * 4, &mss, &scale))"
226 149 56 "/tmp/b/src/bench/programs/parser.c" "if (h[13] & 2 && tcp_options(&c, ((h[12] >> 4) - 5u) * 4, &mss, &scale))"
230 91 2 "/tmp/b/src/bench/programs/parser.c" "for (int i = 0; i < 4; i++) {"
236 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
237 26 0 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
239 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
240 155 40 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 8 | h[1]);"
241 155 28 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 8 | h[1]);"
242 155 33 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 8 | h[1]);"
243 155 38 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 8 | h[1]);"
244 155 15 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 8 | h[1]);"
245 155 20 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + ((u32)h[0] << 8 | h[1]);"
248 157 26 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + (mss << scale);"
249 157 14 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + (mss << scale);"
250 157 19 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + (mss << scale);"
251 157 7 "/tmp/b/src/bench/programs/parser.c" "hash = hash * 31 + (mss << scale);"
254 158 6 "/tmp/b/src/bench/programs/parser.c" "n = map_lookup_elem(&flows, &hash);"
257 159 6 "/tmp/b/src/bench/programs/parser.c" "if (n)"
259 160 3 "/tmp/b/src/bench/programs/parser.c" "__sync_fetch_and_add(n, 1);"
265 162 3 "/tmp/b/src/bench/programs/parser.c" "map_update_elem(&flows, &hash, &one, MAP_NOEXIST);"
270 164 1 "/tmp/b/src/bench/programs/parser.c" "}"
271 91 2 "/tmp/b/src/bench/programs/parser.c" "for (int i = 0; i < 4; i++) {"
273 91 0 "/tmp/b/src/bench/programs/parser.c" "for (int i = 0; i < 4; i++) {"
278 91 2 "/tmp/b/src/bench/programs/parser.c" "for (int i = 0; i < 4; i++) {"
279 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
280 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
283 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
284 100 7 "/tmp/b/src/bench/programs/parser.c" "left-\x2d;"
286 99 10 "/tmp/b/src/bench/programs/parser.c" "kind = *h;"
288 101 7 "/tmp/b/src/bench/programs/parser.c" "if (kind == 0)"
291 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
292 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
294 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
296 108 9 "/tmp/b/src/bench/programs/parser.c" "len = *h;"
297 110 15 "/tmp/b/src/bench/programs/parser.c" "if (len < 2 || len > 40 || len - 2u > left)"
299 110 34 "/tmp/b/src/bench/programs/parser.c" "if (len < 2 || len > 40 || len - 2u > left)"
301 109 7 "/tmp/b/src/bench/programs/parser.c" "left-\x2d;"
303 110 7 "/tmp/b/src/bench/programs/parser.c" "if (len < 2 || len > 40 || len - 2u > left)"
305 112 17 "/tmp/b/src/bench/programs/parser.c" "if (kind == 2 && len == 4) {"
307 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
308 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
310 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
311 116 28 "/tmp/b/src/bench/programs/parser.c" "*mss = (u32)h[0] << 8 | h[1];"
312 116 16 "/tmp/b/src/bench/programs/parser.c" "*mss = (u32)h[0] << 8 | h[1];"
313 116 21 "/tmp/b/src/bench/programs/parser.c" "*mss = (u32)h[0] << 8 | h[1];"
314 116 26 "/tmp/b/src/bench/programs/parser.c" "*mss = (u32)h[0] << 8 | h[1];"
315 117 3 "/tmp/b/src/bench/programs/parser.c" "} else if (kind == 3 && len == 3) {"
316 25 2 "/tmp/b/src/bench/programs/parser.c" "hide(end);"
318 117 24 "/tmp/b/src/bench/programs/parser.c" "} else if (kind == 3 && len == 3) {"
320 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
322 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
324 121 13 "/tmp/b/src/bench/programs/parser.c" "*scale = *h & 15;"
325 121 16 "/tmp/b/src/bench/programs/parser.c" "*scale = *h & 15;"
327 122 3 "/tmp/b/src/bench/programs/parser.c" "} else {"
328 26 8 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
330 26 6 "/tmp/b/src/bench/programs/parser.c" "if (p + n > end)"
333 126 8 "/tmp/b/src/bench/programs/parser.c" "left -= len - 2u;"
-- map flows lru_hash 8 8 4096
-- packet
00*64
