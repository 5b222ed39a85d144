# Linux 6.18 verifier: the zero-extension of a 32-bit cmpxchg is lost where its
# path is pruned.  After a successful lock cmpxchg x86-64 leaves the upper half
# of rax alone, so the verifier appends "w0 = w0" if it saw r0 read as 64 bits;
# the path over `swap` ends as "safe" at `join` before that read, and it does not
# mark the exchange.  The verifier believes r0 = 0 at the exit; it is 0xffffffff.
#
#   parallax diff --engines interp,jit,linux FILE     (r0: 0x0, 0x0, 0xffffffff)
-- type syscall
-- asm
r6 = *(u8 *)(r1 + 0)
r7 = *(u32 *)(r1 + 8)
*(u32 *)(r10 - 8) = -1
r0 = -1
if w6 >= 1 goto swap
r0 = r7
goto join
swap:
w0 = cmpxchg32_32(r10 - 8, w0, w0)
join:
r0 >>= 32
exit
-- ctx
01 00*15
