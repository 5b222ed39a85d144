-- type sched_cls
-- asm
r4 = *(s16 *)(r1 + 68)
r9 = *(u32 *)(r1 + 76)
r3 = *(u32 *)(r1 + 80)
r2 = r9
r2 += 42
if r2 > r3 goto +14
r6 = *(u64 *)(r9 + 24)
r3 = *(u64 *)(r9 + 15)
*(u8 *)(r2 - 1) = 84281096
r7 = *(s16 *)(r1 + 68)
r6 = *(s8 *)(r1 + 52)
w4 *= 1
r7 <<= 48
r7 >>= 48
w7 ^= 0
if r3 == 14 goto +2
if w4 >= -1 goto +0
goto +0
r0 = 16
exit
r0 = 10
exit
-- map m0 array 4 4 1
-- ctx
33 00 00 00 00 00 00 00 0e 00 00 00 1a ec 43 91
ff ff ff 7f 00 00 00 00 ff ff 0f 00*9 1c d3 ec f9
ff*8 fe ff ff ff fe ff ff ff 76 de bb 49 03 95 92
06 00 00 40 00 fe ff ff ff fe ff ff ff 00*76 fe ff
ff ff ff ff ff ff 0f 00 00 00 65 65 65 65 00*8 fe
ff ff ff 00 00 00 00 0d 00 00 00 00 00 00 00
-- packet
0f 00 00 00 00 00 00 00 0f 00 00 00 00 00 00 00
0f 00 00 00 00 00 00 00 0d 00 00 00 5f d1 e8 51
0e 00 00 00 00 00 00 00 0d 00 00 00 00 00 00 00
b0 cf 6c
-- maps
m0 00 00 00 00 = 0d 00 00 00
-- seed 0x4f8546d83305d56e
-- fuel 16384
