-- program bad_field
-- type sched_cls
-- asm
w2 = 0
*(u32 *)(r1 + 0) = r2
w0 = 0
exit
-- subprogs
0 bad_field
-- lines
0 108 0 "mistakes.c" "int bad_field(struct sk_buff *skb)"
1 110 11 "mistakes.c" "skb->len = 0;"
2 111 2 "mistakes.c" "return TC_OK;"
-- packet
00*64
