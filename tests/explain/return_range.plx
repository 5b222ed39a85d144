-- program return_range
-- type cgroup_skb
-- attach 1
-- asm
r1 = *(u32 *)(r1 + 0)
w0 = 7
if w1 > 100 goto +1
w0 = 1
exit
-- subprogs
0 return_range
-- lines
0 117 14 "mistakes.c" "return skb->len > 100 ? 7 : 1;"
2 117 9 "mistakes.c" "return skb->len > 100 ? 7 : 1;"
4 117 2 "mistakes.c" "return skb->len > 100 ? 7 : 1;"
-- packet
00*64
