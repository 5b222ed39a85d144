-- asm
r1 = 7
call 7
r0 = r1
exit
