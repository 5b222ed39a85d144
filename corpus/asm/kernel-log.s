12: (07) r1 += -8
13: (85) call bpf_map_lookup_elem#1
14: (15) if r0 == 0x0 goto pc+2
15: (7b) *(u64 *)(r10 -8) = r0
16: (95) exit
