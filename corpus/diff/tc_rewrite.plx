-- program tc_rewrite
-- type sched_cls
-- asm
w0 = 2
r3 = *(u32 *)(r1 + 80)
r2 = *(u32 *)(r1 + 76)
r4 = r2
r4 += 34
if r4 > r3 goto +34
w0 = 0
r3 = *(u16 *)(r2 + 12)
if w3 != 8 goto +31
r6 = r1
r1 = *(u32 *)(r2 + 30)
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(0) ll
call 1
if r0 != 0 goto +3
r1 = *(u32 *)(r10 - 4)
*(u32 *)(r6 + 48) = r1
goto +18
r4 = *(u32 *)(r0 + 0)
*(u32 *)(r10 - 8) = r4
r1 = *(u32 *)(r0 + 4)
*(u32 *)(r6 + 8) = r1
w1 &= 7
*(u32 *)(r6 + 32) = r1
r3 = *(u32 *)(r10 - 4)
r1 = r6
w2 = 24
r5 = 4
call 10
r3 = r10
r3 += -8
r1 = r6
w2 = 30
w4 = 4
r5 = 0
call 9
w0 = 0
exit
-- subprogs
0 tc_rewrite
-- lines
0 17 0 "/work/main/corpus/c/tc_rewrite.c" "int tc_rewrite(struct sk_buff *skb)"
1 19 36 "/work/main/corpus/c/tc_rewrite.c" "void *data = data_of(skb), *end = end_of(skb);"
2 19 15 "/work/main/corpus/c/tc_rewrite.c" "void *data = data_of(skb), *end = end_of(skb);"
3 25 18 "/work/main/corpus/c/tc_rewrite.c" "if ((void *)(ip + 1) > end)"
5 25 6 "/work/main/corpus/c/tc_rewrite.c" "if ((void *)(ip + 1) > end)"
7 27 11 "/work/main/corpus/c/tc_rewrite.c" "if (eth->proto != htons(ETH_IP))"
8 27 6 "/work/main/corpus/c/tc_rewrite.c" "if (eth->proto != htons(ETH_IP))"
10 29 12 "/work/main/corpus/c/tc_rewrite.c" "old = ip->daddr;"
11 29 6 "/work/main/corpus/c/tc_rewrite.c" "old = ip->daddr;"
14 30 9 "/work/main/corpus/c/tc_rewrite.c" "rule = map_lookup_elem(&rules, &old);"
17 31 6 "/work/main/corpus/c/tc_rewrite.c" "if (!rule) {"
18 32 16 "/work/main/corpus/c/tc_rewrite.c" "skb->cb[0] = old;"
19 32 14 "/work/main/corpus/c/tc_rewrite.c" "skb->cb[0] = old;"
21 35 14 "/work/main/corpus/c/tc_rewrite.c" "new = rule->to;"
22 35 6 "/work/main/corpus/c/tc_rewrite.c" "new = rule->to;"
23 36 20 "/work/main/corpus/c/tc_rewrite.c" "skb->mark = rule->mark;"
24 36 12 "/work/main/corpus/c/tc_rewrite.c" "skb->mark = rule->mark;"
25 37 28 "/work/main/corpus/c/tc_rewrite.c" "skb->priority = skb->mark & 7;"
26 37 16 "/work/main/corpus/c/tc_rewrite.c" "skb->priority = skb->mark & 7;"
27 38 42 "/work/main/corpus/c/tc_rewrite.c" "l3_csum_replace(skb, sizeof(*eth) + 10, old, new, 4);"
28 38 2 "/work/main/corpus/c/tc_rewrite.c" "l3_csum_replace(skb, sizeof(*eth) + 10, old, new, 4);"
34 39 2 "/work/main/corpus/c/tc_rewrite.c" "skb_store_bytes(skb, sizeof(*eth) + 16, &new, sizeof(new), 0);"
40 41 1 "/work/main/corpus/c/tc_rewrite.c" "}"
-- map rules hash 4 8 16
-- packet
ff ff ff ff ff ff 00 11 22 33 44 55 08 00 45 00
00 2c 00 01 00 00 40 06 66 c4 7f 00 00 01 7f 00
00 01 04 d2 16 2e 00*8 50 02 20 00 91 78 00 00 02
04 05 b4 00*8
