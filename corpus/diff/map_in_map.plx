-- program map_in_map
-- type sched_cls
-- asm
r6 = r1
r1 = *(u32 *)(r6 + 32)
w1 &= 1
*(u32 *)(r10 - 4) = r1
r1 = *(u32 *)(r6 + 0)
w1 &= 3
*(u32 *)(r10 - 8) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(2) ll
call 1
r1 = r0
w0 = 2
if r1 == 0 goto +10
r2 = r10
r2 += -8
call 1
r1 = r0
w0 = 0
if r1 == 0 goto +4
r2 = *(u32 *)(r6 + 0)
r3 = *(u64 *)(r1 + 0)
r3 += r2
*(u64 *)(r1 + 0) = r3
exit
-- subprogs
0 map_in_map
-- lines
0 22 0 "/work/main/corpus/c/map_in_map.c" "int map_in_map(struct sk_buff *skb)"
1 24 17 "/work/main/corpus/c/map_in_map.c" "u32 key = skb->priority & 1, slot = skb->len & 3;"
2 24 26 "/work/main/corpus/c/map_in_map.c" "u32 key = skb->priority & 1, slot = skb->len & 3;"
3 24 6 "/work/main/corpus/c/map_in_map.c" "u32 key = skb->priority & 1, slot = skb->len & 3;"
4 24 43 "/work/main/corpus/c/map_in_map.c" "u32 key = skb->priority & 1, slot = skb->len & 3;"
5 24 47 "/work/main/corpus/c/map_in_map.c" "u32 key = skb->priority & 1, slot = skb->len & 3;"
6 24 31 "/work/main/corpus/c/map_in_map.c" "u32 key = skb->priority & 1, slot = skb->len & 3;"
9 25 16 "/work/main/corpus/c/map_in_map.c" "void *inner = map_lookup_elem(&by_class, &key);"
14 28 6 "/work/main/corpus/c/map_in_map.c" "if (!inner)"
17 30 6 "/work/main/corpus/c/map_in_map.c" "n = map_lookup_elem(inner, &slot);"
20 31 6 "/work/main/corpus/c/map_in_map.c" "if (n)"
21 32 14 "/work/main/corpus/c/map_in_map.c" "*n += skb->len;"
22 32 6 "/work/main/corpus/c/map_in_map.c" "*n += skb->len;"
25 34 1 "/work/main/corpus/c/map_in_map.c" "}"
-- map slow array 4 8 4
-- map fast array 4 8 4
-- map by_class array_of_maps 4 4 2 inner=by_class.inner
-- map by_class.inner array 4 8 4
-- packet
ff ff ff ff ff ff 00 11 22 33 44 55 08 00 45 00
00 2c 00 01 00 00 40 06 66 c4 7f 00 00 01 7f 00
00 01 04 d2 16 2e 00*8 50 02 20 00 91 78 00 00 02
04 05 b4 00*8
-- maps
by_class 00 00 00 00 = map slow
by_class 01 00 00 00 = map fast
