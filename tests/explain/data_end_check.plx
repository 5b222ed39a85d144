-- program data_end_check
-- type xdp
-- asm
r1 = *(u32 *)(r1 + 0)
r1 = *(u16 *)(r1 + 12)
w0 = 1
if w1 == 8 goto +1
w0 = 2
exit
-- subprogs
0 data_end_check
-- lines
0 37 20 "mistakes.c" "struct eth *eth = data_of(ctx);"
1 39 11 "mistakes.c" "if (eth->proto == htons(ETH_IP))"
5 42 1 "mistakes.c" "}"
-- packet
00*64
