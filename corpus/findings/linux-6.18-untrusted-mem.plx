# Linux 6.18 verifier: a number to which untrusted memory is added stays what it was.
# task->stack (a "void *" at offset 32 here) yields rdonly_untrusted_mem, for which
# arithmetic is not tracked, since it is only read with care.  But where the number
# is the destination, it keeps its bounds: the log says R9=0 after r9 += r7, and r9
# is an address.  So the last store is "in bounds", and writes anywhere.
#
#   parallax verify --against linux FILE	(we refuse pc 11, Linux accepts)
-- type tracing
-- attach 23
-- target sched_switch
-- map m array 4 8 1
-- asm
r7 = *(u64 *)(r1 + 8)
r7 = *(u64 *)(r7 + 32)
r9 = 0
r9 += r7
*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map_by_fd(0) ll
call 1
if r0 == 0 goto out
r0 += r9
*(u8 *)(r0 + 0) = 1
out:
r0 = 0
exit
