-- program entry
-- asm
r0 = 0
*(u64 *)(r10 - 8) = 0
*(u64 *)(r10 - 16) = 0
if r2 < 20 goto +29
r5 = *(u8 *)(r1 + 12)
w4 = w5
w4 >>= 2
w4 &= 60
w3 = w4
w3 += 20
if w5 < 80 goto +1
w3 = w4
if r3 > r2 goto +1
w2 = w3
r1 += 20
w2 += -20
r3 = r10
r3 += -16
call pc+15
w1 = w0
r0 = *(u32 *)(r10 - 8)
r0 <<= 32
r0 |= r1
r1 = *(u32 *)(r10 - 16)
w1 <<= 16
r0 |= r1
r1 = *(u32 *)(r10 - 12)
w1 <<= 8
r0 |= r1
r1 = *(u32 *)(r10 - 4)
w1 <<= 2
w1 &= 252
r0 |= r1
exit
w0 = 3
if w2 == 0 goto +15
r4 = r1
r4 += 2
w5 = 0
goto +12
r8 = r0
r8 += r7
*(u8 *)(r8 + 0) = 1
r8 = *(u32 *)(r3 + 12)
w8 += 1
*(u32 *)(r3 + 12) = r8
r7 += 1
if r7 < r6 goto -8
w5 += w6
w0 = 3
if w5 < w2 goto +1
exit
r7 = r1
r7 += r5
r8 = *(u8 *)(r7 + 0)
w8 %= 10
w6 = w8
if w8 == 1 goto -10
w0 = w8
if w8 == 0 goto -9
w0 = 1
w6 = w5
w6 += 1
if w6 >= w2 goto -13
r9 = r1
r9 += r6
w0 = 2
r6 = *(u8 *)(r9 + 0)
w6 %= 12
if w6 < 2 goto -19
w9 = w2
w9 -= w5
if w9 < w6 goto -22
if w8 != 2 goto +9
if w6 != 4 goto +8
r0 = r1
r0 += r5
r7 = *(u8 *)(r0 + 3)
r0 = *(u8 *)(r0 + 2)
w0 <<= 8
w0 |= w7
*(u32 *)(r3 + 0) = r0
goto -35
if w8 != 3 goto +8
if w6 != 3 goto +7
r0 = r4
r0 += r5
r0 = *(u8 *)(r0 + 0)
if w0 < 14 goto +1
w0 = 14
*(u32 *)(r3 + 4) = r0
goto -44
if w8 != 8 goto +1
if w6 == 10 goto +4
r0 = r1
r0 += r5
r7 = 0
goto -58
r0 = *(u8 *)(r7 + 3)
w0 <<= 8
r8 = *(u8 *)(r7 + 2)
w0 |= w8
r8 = *(u8 *)(r7 + 4)
w8 <<= 16
w0 |= w8
r7 = *(u8 *)(r7 + 5)
w7 <<= 24
w0 |= w7
*(u32 *)(r3 + 8) = r0
goto -62
-- subprogs
0 entry
34 parse
-- mem
41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41
41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41
41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41
41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41
