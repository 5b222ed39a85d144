-- type xdp
-- asm
r0 = 1
if r1 == 0 goto +1
exit
goto +1
r0 = 2
exit
