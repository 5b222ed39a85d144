-- program strings
-- type kprobe
-- asm
r2 = 0
*(u64 *)(r10 - 8) = r2
*(u64 *)(r10 - 16) = r2
*(u64 *)(r10 - 24) = r2
*(u64 *)(r10 - 32) = r2
*(u64 *)(r10 - 40) = r2
*(u64 *)(r10 - 48) = r2
r3 = *(u64 *)(r1 + 104)
r1 = r10
r1 += -48
w2 = 47
call 112
if r0 != 0 goto +8
r1 = r10
r1 += -48
call pc+25
w6 = w0
w8 = 0
goto +4
w8 += 1
if w8 != 12 goto +2
w0 = 0
exit
*(u32 *)(r10 - 52) = r8
r2 = r10
r2 += -52
r1 = map_by_fd(0) ll
call 1
r7 = r0
if r7 == 0 goto -12
r2 = r10
r2 += -48
r1 = r7
w3 = w6
call pc+23
if w0 == 0 goto -18
r1 = *(u64 *)(r7 + 48)
r1 += 1
*(u64 *)(r7 + 48) = r1
goto -20
r2 = 0
w0 = 48
goto +2
r2 += 1
if r2 == 48 goto +12
r3 = r1
r3 += r2
r4 = *(u8 *)(r3 + 0)
w4 <<= 24
w4 s>>= 24
if w4 == 0 goto +5
if w4 s< 65 goto -9
if w4 s> 90 goto -10
w4 += 32
*(u8 *)(r3 + 0) = r4
goto -13
w0 = w2
exit
w6 = 0
if w3 == 0 goto +17
r5 = 0
w4 = w3
r6 = r1
r6 += r5
w0 = 1
r6 = *(u8 *)(r6 + 0)
if w6 == 42 goto +13
r7 = r2
r7 += r5
w0 = 0
r7 = *(u8 *)(r7 + 0)
if w6 != w7 goto +8
r6 = r5
r6 += 1
if r5 > 46 goto +2
r5 = r6
if r6 < r4 goto -15
w0 = 1
if w6 == w3 goto +1
w0 = 0
exit
-- subprogs
0 strings
41 lower
59 match
-- lines
0 62 0 "/tmp/b/src/bench/programs/strings.c" "SEC(\"kprobe/do_sys_open\") int strings(struct regs *ctx)"
1 67 2 "/tmp/b/src/bench/programs/strings.c" "__builtin_memset(buf, 0, sizeof(buf));"
7 68 57 "/tmp/b/src/bench/programs/strings.c" "if (probe_read_user(buf, sizeof(buf) - 1, (void *)ctx->si))"
10 68 6 "/tmp/b/src/bench/programs/strings.c" "if (probe_read_user(buf, sizeof(buf) - 1, (void *)ctx->si))"
12 68 6 "/tmp/b/src/bench/programs/strings.c" "if (probe_read_user(buf, sizeof(buf) - 1, (void *)ctx->si))"
15 70 8 "/tmp/b/src/bench/programs/strings.c" "len = lower(buf);"
19 72 30 "/tmp/b/src/bench/programs/strings.c" "for (u32 i = 0; i < NAMES; i++) {"
20 72 2 "/tmp/b/src/bench/programs/strings.c" "for (u32 i = 0; i < NAMES; i++) {"
21 82 1 "/tmp/b/src/bench/programs/strings.c" "}"
23 73 7 "/tmp/b/src/bench/programs/strings.c" "u32 k = i;"
26 74 20 "/tmp/b/src/bench/programs/strings.c" "struct name *n = map_lookup_elem(&names, &k);"
30 76 9 "/tmp/b/src/bench/programs/strings.c" "if (n && match(n, buf, len)) {"
33 76 12 "/tmp/b/src/bench/programs/strings.c" "if (n && match(n, buf, len)) {"
36 76 7 "/tmp/b/src/bench/programs/strings.c" "if (n && match(n, buf, len)) {"
37 77 11 "/tmp/b/src/bench/programs/strings.c" "n->hits++;"
41 24 0 "/tmp/b/src/bench/programs/strings.c" "static noinline u32 lower(char *s)"
44 29 28 "/tmp/b/src/bench/programs/strings.c" "for (u32 i = 0; i < LEN; i++) {"
45 29 2 "/tmp/b/src/bench/programs/strings.c" "for (u32 i = 0; i < LEN; i++) {"
46 30 12 "/tmp/b/src/bench/programs/strings.c" "char c = s[i];"
51 32 7 "/tmp/b/src/bench/programs/strings.c" "if (!c)"
52 34 16 "/tmp/b/src/bench/programs/strings.c" "if (c >= 'A' && c <= 'Z')"
54 35 20 "/tmp/b/src/bench/programs/strings.c" "s[i] = (char)(c + 32);"
55 35 9 "/tmp/b/src/bench/programs/strings.c" "s[i] = (char)(c + 32);"
58 38 2 "/tmp/b/src/bench/programs/strings.c" "return n;"
59 41 0 "/tmp/b/src/bench/programs/strings.c" "static noinline u32 match(const struct name *n, const char *s, u32 len)"
60 46 2 "/tmp/b/src/bench/programs/strings.c" "for (u32 i = 0; i < LEN && i < len; i++) {"
63 47 12 "/tmp/b/src/bench/programs/strings.c" "char c = n->s[i];"
67 49 7 "/tmp/b/src/bench/programs/strings.c" "if (c == '*')"
68 51 12 "/tmp/b/src/bench/programs/strings.c" "if (c != s[i])"
72 51 7 "/tmp/b/src/bench/programs/strings.c" "if (c != s[i])"
73 46 39 "/tmp/b/src/bench/programs/strings.c" "for (u32 i = 0; i < LEN && i < len; i++) {"
75 46 2 "/tmp/b/src/bench/programs/strings.c" "for (u32 i = 0; i < LEN && i < len; i++) {"
81 56 1 "/tmp/b/src/bench/programs/strings.c" "}"
-- map names array 4 56 12
