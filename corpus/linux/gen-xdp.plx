-- type xdp
-- asm
r7 = r1
r6 = *(u32 *)(r1 + 12)
r4 = *(s32 *)(r1 + 16)
w3 = 1431655765
*(u64 *)(r10 - 24) = 32768
r1 = r10
r1 += -24
r2 = r6
r2 &= 3
r3 = r10
r3 += -24
r4 = r6
r4 &= 7
r5 = r6
call 28
r0 = r6
exit
-- map m0 array 4 8 1 0x80 frozen
09 00 00 00 00 00 00 00
-- ctx
00*12 3d 3d 3d 3d 00*8
-- packet
5d 69 6b f1 b4 be 03 00 fe ff ff ff ff ff ff ff
06 00*13 ff ff 04 00 00 00 00 00 00 00 07 00 00 00
00 00 00 00 fe ff ff ff 00 00 00 00 04 00 00 00
00 00 00 00 fe ff*10 03 00 00 00 00 98 46 3b 00 99
b4 9b 10 ff 00 00 00 00 00 00 00 e2*8 ff ff ff ff
ff ff 07 00 15 00 00 00 00 00 00 00 06 00 00 00
00 00 00 00 4f 23 0e 1b 3c ea d0 7d fa ff ff ff
ff ff ff ff 09 00 00 00 00 00 00 00 02 00 00 00
00 00 00 00
-- seed 0x94ea74e3b8fcfc54
-- fuel 16384
