mov %r0, 0
lddw %r1, 0x1122334455667788
jeq %r0, 0, done
lock fetch add [%r10-8], %r1
done:
exit
