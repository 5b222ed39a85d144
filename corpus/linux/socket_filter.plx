-- program socket_filter
-- type socket_filter
-- asm
r7 = r1
w6 = 0
*(u32 *)(r10 - 4) = r6
*(u8 *)(r10 - 5) = r6
*(u8 *)(r10 - 6) = r6
r3 = r10
r3 += -5
w2 = 0
w4 = 1
call 26
if r0 s< 0 goto +3
r1 = *(u8 *)(r10 - 5)
w1 &= 240
if w1 == 64 goto +4
w1 = 0
call pc+39
w0 = w6
exit
r3 = r10
r3 += -6
r1 = r7
w2 = 9
w4 = 1
call 26
r1 = *(u8 *)(r10 - 6)
if w1 == 6 goto +3
if w1 == 17 goto +2
w1 = 1
goto -14
r2 = *(u8 *)(r10 - 5)
w2 <<= 2
w2 &= 60
r3 = r10
r3 += -4
r1 = r7
w4 = 4
call 26
if r0 s< 0 goto -22
r1 = *(u16 *)(r10 - 2)
r1 = be16 r1
*(u16 *)(r10 - 2) = r1
r2 = r10
r2 += -2
r1 = map_by_fd(0) ll
call 1
r7 = r0
w1 = 2
if r7 == 0 goto +1
w1 = 3
call pc+4
if r7 == 0 goto -36
r6 = *(u32 *)(r7 + 0)
w6 &= 65535
goto -39
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(1) ll
call 1
if r0 == 0 goto +2
r1 = 1
lock *(u64 *)(r0 + 0) += r1
exit
-- subprogs
0 socket_filter
55 count
-- lines
0 28 0 "/work/main/corpus/c/socket_filter.c" "int socket_filter(struct sk_buff *skb)"
2 30 15 "/work/main/corpus/c/socket_filter.c" "struct ports ports = { 0, 0 };"
3 31 5 "/work/main/corpus/c/socket_filter.c" "u8 version = 0, protocol = 0;"
4 31 18 "/work/main/corpus/c/socket_filter.c" "u8 version = 0, protocol = 0;"
7 34 6 "/work/main/corpus/c/socket_filter.c" "if (skb_load_bytes(skb, 0, &version, 1) < 0 || version >> 4 != 4) {"
10 34 46 "/work/main/corpus/c/socket_filter.c" "if (skb_load_bytes(skb, 0, &version, 1) < 0 || version >> 4 != 4) {"
11 34 49 "/work/main/corpus/c/socket_filter.c" "if (skb_load_bytes(skb, 0, &version, 1) < 0 || version >> 4 != 4) {"
12 34 62 "/work/main/corpus/c/socket_filter.c" "if (skb_load_bytes(skb, 0, &version, 1) < 0 || version >> 4 != 4) {"
13 34 6 "/work/main/corpus/c/socket_filter.c" "if (skb_load_bytes(skb, 0, &version, 1) < 0 || version >> 4 != 4) {"
14 35 3 "/work/main/corpus/c/socket_filter.c" "count(0);"
16 49 1 "/work/main/corpus/c/socket_filter.c" "}"
20 38 2 "/work/main/corpus/c/socket_filter.c" "skb_load_bytes(skb, 9, &protocol, 1);"
24 39 6 "/work/main/corpus/c/socket_filter.c" "if (protocol != 6 && protocol != 17) {"
25 39 20 "/work/main/corpus/c/socket_filter.c" "if (protocol != 6 && protocol != 17) {"
27 40 3 "/work/main/corpus/c/socket_filter.c" "count(1);"
29 43 27 "/work/main/corpus/c/socket_filter.c" "if (skb_load_bytes(skb, (version & 15) * 4, &ports, sizeof(ports)) < 0)"
30 43 41 "/work/main/corpus/c/socket_filter.c" "if (skb_load_bytes(skb, (version & 15) * 4, &ports, sizeof(ports)) < 0)"
34 43 6 "/work/main/corpus/c/socket_filter.c" "if (skb_load_bytes(skb, (version & 15) * 4, &ports, sizeof(ports)) < 0)"
37 43 6 "/work/main/corpus/c/socket_filter.c" "if (skb_load_bytes(skb, (version & 15) * 4, &ports, sizeof(ports)) < 0)"
38 45 14 "/work/main/corpus/c/socket_filter.c" "ports.dst = htons(ports.dst);"
40 45 12 "/work/main/corpus/c/socket_filter.c" "ports.dst = htons(ports.dst);"
41 45 14 "/work/main/corpus/c/socket_filter.c" "ports.dst = htons(ports.dst);"
43 46 10 "/work/main/corpus/c/socket_filter.c" "bytes = map_lookup_elem(&snap, &ports.dst);"
48 47 8 "/work/main/corpus/c/socket_filter.c" "count(bytes ? 3 : 2);"
50 47 2 "/work/main/corpus/c/socket_filter.c" "count(bytes ? 3 : 2);"
51 48 9 "/work/main/corpus/c/socket_filter.c" "return bytes ? (int)(*bytes & 0xffff) : 0;"
52 48 23 "/work/main/corpus/c/socket_filter.c" "return bytes ? (int)(*bytes & 0xffff) : 0;"
53 48 30 "/work/main/corpus/c/socket_filter.c" "return bytes ? (int)(*bytes & 0xffff) : 0;"
55 19 0 "/work/main/corpus/c/socket_filter.c" "static noinline void count(u32 which)"
58 21 11 "/work/main/corpus/c/socket_filter.c" "u64 *n = map_lookup_elem(&verdicts, &which);"
61 23 6 "/work/main/corpus/c/socket_filter.c" "if (n)"
63 24 3 "/work/main/corpus/c/socket_filter.c" "__sync_fetch_and_add(n, 1);"
64 25 1 "/work/main/corpus/c/socket_filter.c" "}"
-- map snap hash 2 4 32
-- map verdicts array 4 8 4
-- packet
ff ff ff ff ff ff 00 11 22 33 44 55 08 00 45 00
00 2c 00 01 00 00 40 06 66 c4 7f 00 00 01 7f 00
00 01 04 d2 16 2e 00*8 50 02 20 00 91 78 00 00 02
04 05 b4 00*8
