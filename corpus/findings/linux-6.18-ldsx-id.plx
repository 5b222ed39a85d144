# Linux 6.18 verifier: a sign-extending load of a spilled number keeps its id.
# r0 is an unknown 16-bit number, spilled with an id that ties it to its copies.
# r2 = *(s16 *)(r10 - 8) reads all of it, so the id stays, but what is read is extended:
# 0xffff becomes -1.  Where r2 < 0 the verifier believes that r0 lies in [-32768, -1],
# too; it lies in [32768, 65535].  It believes r0 = 0 at the exit; r0 is 2.
# (u8 numbers with s8 loads and u32 numbers with s32 loads are no better.)
#
#   PARALLAX_LINUX_ASIS=1 parallax diff --engines interp,linux FILE	kernel-sound fails
-- type syscall
-- asm
r0 = *(u16 *)(r1 + 0)
*(u64 *)(r10 - 8) = r0
r2 = *(s16 *)(r10 - 8)
if r2 s< 0 goto negative
r0 = 0
exit
negative:
r0 += 32768
r0 >>= 15
exit
-- ctx
ff ff 00*6
