-- type xdp
-- map p prog_array 4 4 1
-- asm
call sub
r0 += 8
exit
sub:
r2 = map_by_idx(0) ll
r3 = 0
call 12
r0 = 1
exit
-- program
-- type xdp
-- asm
r0 = 42
exit
-- packet
00*14
-- maps
p 00 00 00 00 = 01 00 00 00
