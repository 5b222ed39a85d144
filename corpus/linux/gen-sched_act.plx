-- type sched_act
-- asm
r6 = r1
r4 = *(u8 *)(r6 + 63)
r8 = 9
r3 = 0xfffffffffffffff7 ll
r5 = *(s8 *)(r1 + 58)
if w8 s< w4 goto +7
r5 s/= 65536
if r4 > 100 goto +3
if r4 s> -14 goto +2
r4 += 0
goto +0
r4 %= 65536
r4 = *(s8 *)(r1 + 54)
r5 *= r5
w4 = -128
r0 = *(u32 *)skb[17]
r8 = 9
if r0 > 1 goto +1
r8 = 16
r0 = r8
exit
-- ctx
46 00 00 00 02 00 00 00 f2 ff ff ff 64 00 00 00
63 00 00 00 65 00 00 00 65 00 00 00 01 00 00 00
5b ed 01 0a f3 ff ff ff 65 00 00 00 f1 ff ff ff
00 00 00 00 ab 3c 14 ed 65 00 00 00 65 00 00 00
64 00 00 00 64 00 00 00 f3 ff ff ff 00*8 df 74 d5
3f 00*64 f3 ff ff ff ff ff ff ff f3 ff ff ff 00*12 b4
e4 c0 4a 00 00 00 00 15 2e f9 a2 1b 56 50 2e
-- packet
00 00 01 00 00 00 00 00 65 00 00 00 00 00 00 00
f2 ff ff ff ff ff ff ff 01 00 00 00 00 00 00 00
63 00 00 00 00 00 00 00 f2 ff ff ff ff ff ff ff
63 00 00 00 34 90 94 52 00*8 f1 ff ff ff ff ff
-- seed 0x8394e6a6466851ca
-- fuel 16384
