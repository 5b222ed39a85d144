-- program entry
-- asm
r7 = r2
*(u64 *)(r10 - 16) = r1
r6 = 0
if r7 == 0 goto +37
r1 = 0
*(u64 *)(r10 - 8) = r1
r8 = 0
*(u64 *)(r10 - 24) = r1
goto +9
*(u8 *)(r9 + 0) = 63
r1 = 1
r2 = *(u64 *)(r10 - 24)
r2 += 1
*(u64 *)(r10 - 24) = r2
r1 += r8
r8 = r1
if r1 < r7 goto +1
goto +17
r9 = *(u64 *)(r10 - 16)
r9 += r8
r2 = r7
r2 -= r8
r1 = r9
call pc+19
if w0 != 0 goto +1
goto -17
w1 = 1
if w0 != 1 goto +1
w1 = 0
r6 += r1
w1 = w0
r2 = *(u64 *)(r10 - 8)
r2 += 1
*(u64 *)(r10 - 8) = r2
goto -21
r1 = *(u64 *)(r10 - 8)
r1 <<= 40
r6 <<= 20
r6 |= r1
r1 = *(u64 *)(r10 - 24)
r6 |= r1
r0 = r6
exit
w0 = 1
r6 = *(s8 *)(r1 + 0)
if w6 s> -1 goto +44
w6 &= 255
w4 = 128
w3 = 1
w5 = 31
w0 = w6
w0 &= 224
if w0 == 192 goto +13
w4 = 2048
w3 = 2
w5 = 15
w0 = w6
w0 &= 240
if w0 == 224 goto +7
w0 = 0
w4 = 65536
w3 = 3
w5 = 7
w7 = w6
w7 &= 248
if w7 != 240 goto +24
w0 = 0
if r3 >= r2 goto +22
w5 &= w6
r6 = 0
r1 += 1
w2 = w5
r5 = r1
r5 += r6
r5 = *(u8 *)(r5 + 0)
w7 = w5
w7 &= 192
if w7 != 128 goto +12
w7 = w2
w7 <<= 6
w5 &= 63
w5 |= w7
r6 += 1
if r6 < r3 goto -13
if w5 < w4 goto +5
if w7 > 1114111 goto +4
w2 &= 32736
if w2 == 864 goto +2
w3 += 1
w0 = w3
exit
-- subprogs
0 entry
43 sequence
-- mem
41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41
41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41
41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41
41 41 41 41 41 41 41 41 41 41 41 41 41 41 41 41
