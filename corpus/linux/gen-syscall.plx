-- type syscall
-- flags 0x10
-- asm
r7 = r1
r3 = *(u64 *)(r7 + 48)
r6 = *(u64 *)(r7 + 0)
r5 = *(s32 *)(r7 + 24)
r0 = *(u64 *)(r7 + 56)
*(u8 *)(r10 - 114) = r3
w3 s>>= 19
r3 s>>= 7
r1 = map_by_fd(0) ll
*(u32 *)(r10 - 24) = r6
r2 = r10
r2 += -24
call 3
w0 s>>= 17
if r0 < r0 goto +6
*(u64 *)(r7 + 8) = -13
r8 = 9
if r0 > 1 goto +1
r8 = 16
r0 = r8
exit
*(u32 *)(r10 - 120) = r6
w0 = -128
goto -9
-- map m0 array 4 48 1
-- ctx
00 80 ff ff ff ff ff ff 02 00 00 00 00 00 00 00
01 00 00 00 00 00 00 80 01 00*11 ef 60 c0 3c 01 00*11
34 90 94 52 00*8
-- maps
m0 00 00 00 00 = 02 00*11 85 62 a5 21 01 00*27 ea 46 27 90
-- seed 0x7f829ffc1ed6756f
-- fuel 16384
