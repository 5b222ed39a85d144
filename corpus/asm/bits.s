# program entry
*(u64 *)(r10 - 32) = r1
r9 = 0
*(u64 *)(r10 - 24) = r2
if r2 < 8 goto +145
r3 = 0
r7 = 0
goto +59
r8 = bswap64 r8
r3 = r8
r3 >>= 4
r4 = 0xf0f0f0f0f0f0f0f ll
r3 &= r4
r8 &= r4
r8 <<= 4
r3 |= r8
r4 = r3
r4 >>= 2
r5 = 0x3333333333333333 ll
r4 &= r5
r3 &= r5
r3 <<= 2
r4 |= r3
r3 = r4
r3 >>= 1
r5 = 0x5555555555555555 ll
r3 &= r5
r4 &= r5
r4 <<= 1
r3 |= r4
*(u8 *)(r6 + 0) = r3
r4 = r3
r4 >>= 8
*(u8 *)(r6 + 1) = r4
r4 = r3
r4 >>= 16
*(u8 *)(r6 + 2) = r4
r4 = r3
r4 >>= 24
*(u8 *)(r6 + 3) = r4
r4 = r3
r4 >>= 40
*(u8 *)(r6 + 5) = r4
r4 = r3
r4 >>= 32
*(u8 *)(r6 + 4) = r4
r4 = r3
r4 >>= 48
*(u8 *)(r6 + 6) = r4
r3 >>= 56
*(u8 *)(r6 + 7) = r3
r2 *= 257
r9 += r2
r2 = *(u64 *)(r10 - 16)
r9 += r2
r9 += r1
r2 = *(u64 *)(r10 - 8)
r1 = r2
r1 += 8
r2 += 16
r3 = r1
r7 = r9
r1 = *(u64 *)(r10 - 24)
if r2 > r1 goto +83
r6 = *(u64 *)(r10 - 32)
*(u64 *)(r10 - 8) = r3
r6 += r3
r1 = *(u8 *)(r6 + 0)
r8 = *(u8 *)(r6 + 1)
r8 <<= 8
r8 |= r1
r1 = *(u8 *)(r6 + 2)
r1 <<= 16
r8 |= r1
r1 = *(u8 *)(r6 + 3)
r1 <<= 24
r8 |= r1
r1 = *(u8 *)(r6 + 4)
r1 <<= 32
r8 |= r1
r1 = *(u8 *)(r6 + 5)
r1 <<= 40
r8 |= r1
r1 = *(u8 *)(r6 + 6)
r1 <<= 48
r8 |= r1
r1 = *(u8 *)(r6 + 7)
r2 = r1
r2 <<= 56
r8 |= r2
r1 &= 63
r8 >>= r1
r1 = 1
if r8 < 2 goto +7
r1 = r8
r1 += -1
call pc+52
w0 = -w0
w0 &= 63
r1 = 1
r1 <<= r0
*(u64 *)(r10 - 16) = r1
r1 = r8
r1 >>= 1
r2 = 0x5555555555555555 ll
r1 &= r2
r2 = r8
r2 -= r1
r9 = r2
r1 = 0x3333333333333333 ll
r9 &= r1
r2 >>= 2
r2 &= r1
r9 += r2
r1 = r9
r1 >>= 4
r9 += r1
r1 = 0xf0f0f0f0f0f0f0f ll
r9 &= r1
r1 = 0x101010101010101 ll
r9 *= r1
r7 *= 131
r9 >>= 56
r9 += r7
r1 = r8
call pc+19
r2 = 64
w1 = w0
r1 *= 67
if r8 == 0 goto -129
r2 = r8
r2 = -r2
r3 = r8
r3 &= r2
r2 = 0x218a392cd3d5dbf ll
r3 *= r2
r3 >>= 58
r2 = map_val(map_by_fd(0)) + 0 ll
r2 += r3
r2 = *(u8 *)(r2 + 0)
goto -142
r0 = r9
exit
w2 = 64
r3 = 0x100000000 ll
if r1 < r3 goto +1
w2 = 32
if r1 < r3 goto +1
r1 >>= 32
r0 = r1
if r1 < 65536 goto +2
r0 = r1
r0 >>= 16
r5 = r0
if r0 < 256 goto +2
r5 = r0
r5 >>= 8
r3 = r5
if r5 < 16 goto +2
r3 = r5
r3 >>= 4
w4 = 0
if r5 < 16 goto +1
w4 = -4
w5 = 0
if r0 < 256 goto +1
w5 = -8
w0 = 0
if r1 < 65536 goto +1
w0 = -16
w1 = 0
if r3 < 4 goto +1
w1 = -2
if r3 < 4 goto +1
r3 >>= 2
w6 = 1
if r3 > 1 goto +1
w6 = 0
w0 += w5
r3 >>= r6
w2 += w4
w0 += w2
w0 += w1
w0 -= w6
w0 -= w3
exit
