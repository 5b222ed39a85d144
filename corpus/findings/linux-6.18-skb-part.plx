# Linux 6.18: a load of the highest byte of __sk_buff.pkt_type (or .protocol's
# upper half, gso_segs', gso_size') yields the whole field instead of 0, since
# the offset within a field counts only for loads narrower than what the kernel
# keeps of it.  The packet is a multicast: pkt_type is 2.
#
#   parallax run --engine linux FILE     (0x2; as bytes of memory: 0x0)
-- type sched_cls
-- asm
r0 = *(u8 *)(r1 + 7)
exit
-- packet
01*60
