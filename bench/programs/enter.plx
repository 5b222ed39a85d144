-- program enter
-- type kprobe
-- asm
r6 = r1
call 14
r0 >>= 32
*(u32 *)(r10 - 8) = r0
r2 = r10
r2 += -8
r1 = map_by_fd(0) ll
call 1
r7 = r0
r8 = 0
*(u64 *)(r10 - 152) = r8
r3 = *(u64 *)(r6 + 104)
r1 = r10
r1 += -152
w2 = 8
call 113
if r7 != 0 goto +45
*(u64 *)(r10 - 16) = r8
*(u64 *)(r10 - 24) = r8
*(u64 *)(r10 - 32) = r8
*(u64 *)(r10 - 40) = r8
*(u64 *)(r10 - 48) = r8
*(u64 *)(r10 - 56) = r8
*(u64 *)(r10 - 64) = r8
*(u64 *)(r10 - 72) = r8
*(u64 *)(r10 - 80) = r8
*(u64 *)(r10 - 88) = r8
*(u64 *)(r10 - 96) = r8
*(u64 *)(r10 - 104) = r8
*(u64 *)(r10 - 112) = r8
*(u64 *)(r10 - 120) = r8
*(u64 *)(r10 - 128) = r8
*(u64 *)(r10 - 136) = r8
call 5
*(u64 *)(r10 - 144) = r0
r1 = *(u64 *)(r6 + 96)
w2 = 1
*(u32 *)(r10 - 16) = r2
r2 = *(u64 *)(r10 - 152)
r1 ^= r2
*(u64 *)(r10 - 80) = r1
r2 = r10
r2 += -8
r3 = r10
r3 += -144
r1 = map_by_fd(0) ll
r4 = 0
call 2
w1 = 0
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(1) ll
call 1
if r0 == 0 goto +3
r1 = *(u64 *)(r0 + 0)
r1 += 1
*(u64 *)(r0 + 0) = r1
w0 = 0
exit
r1 = *(u32 *)(r7 + 128)
if w1 > 7 goto +76
if w1 == 0 goto +1
goto +7
call 5
*(u64 *)(r7 + 0) = r0
r1 = *(u64 *)(r6 + 96)
r2 = *(u64 *)(r10 - 152)
r1 ^= r2
*(u64 *)(r7 + 64) = r1
r1 = *(u32 *)(r7 + 128)
if w1 != 1 goto +7
call 5
*(u64 *)(r7 + 8) = r0
r1 = *(u64 *)(r6 + 96)
r2 = *(u64 *)(r10 - 152)
r1 ^= r2
*(u64 *)(r7 + 72) = r1
r1 = *(u32 *)(r7 + 128)
if w1 != 2 goto +7
call 5
*(u64 *)(r7 + 16) = r0
r1 = *(u64 *)(r6 + 96)
r2 = *(u64 *)(r10 - 152)
r1 ^= r2
*(u64 *)(r7 + 80) = r1
r1 = *(u32 *)(r7 + 128)
if w1 != 3 goto +7
call 5
*(u64 *)(r7 + 24) = r0
r1 = *(u64 *)(r6 + 96)
r2 = *(u64 *)(r10 - 152)
r1 ^= r2
*(u64 *)(r7 + 88) = r1
r1 = *(u32 *)(r7 + 128)
if w1 != 4 goto +7
call 5
*(u64 *)(r7 + 32) = r0
r1 = *(u64 *)(r6 + 96)
r2 = *(u64 *)(r10 - 152)
r1 ^= r2
*(u64 *)(r7 + 96) = r1
r1 = *(u32 *)(r7 + 128)
if w1 != 5 goto +7
call 5
*(u64 *)(r7 + 40) = r0
r1 = *(u64 *)(r6 + 96)
r2 = *(u64 *)(r10 - 152)
r1 ^= r2
*(u64 *)(r7 + 104) = r1
r1 = *(u32 *)(r7 + 128)
if w1 != 6 goto +7
call 5
*(u64 *)(r7 + 48) = r0
r1 = *(u64 *)(r6 + 96)
r2 = *(u64 *)(r10 - 152)
r1 ^= r2
*(u64 *)(r7 + 112) = r1
r1 = *(u32 *)(r7 + 128)
if w1 != 7 goto +7
call 5
*(u64 *)(r7 + 56) = r0
r1 = *(u64 *)(r6 + 96)
r2 = *(u64 *)(r10 - 152)
r1 ^= r2
*(u64 *)(r7 + 120) = r1
r1 = *(u32 *)(r7 + 128)
w1 += 1
*(u32 *)(r7 + 128) = r1
w1 = 2
*(u32 *)(r10 - 144) = r1
r2 = r10
r2 += -144
r1 = map_by_fd(1) ll
call 1
if r0 == 0 goto -79
goto -83
r1 = *(u32 *)(r7 + 132)
w1 += 1
*(u32 *)(r7 + 132) = r1
w1 = 1
*(u32 *)(r10 - 144) = r1
r2 = r10
r2 += -144
r1 = map_by_fd(1) ll
call 1
if r0 == 0 goto -91
goto -95
-- subprogs
0 enter
-- lines
0 93 0 "/tmp/b/src/bench/programs/tracer.c" "SEC(\"kprobe/vfs_read\") int enter(struct regs *ctx)"
1 95 18 "/tmp/b/src/bench/programs/tracer.c" "u32 pid = (u32)(get_current_pid_tgid() >> 32);"
2 95 41 "/tmp/b/src/bench/programs/tracer.c" "u32 pid = (u32)(get_current_pid_tgid() >> 32);"
3 95 6 "/tmp/b/src/bench/programs/tracer.c" "u32 pid = (u32)(get_current_pid_tgid() >> 32);"
6 96 19 "/tmp/b/src/bench/programs/tracer.c" "struct open *o = map_lookup_elem(&opens, &pid), new;"
11 97 6 "/tmp/b/src/bench/programs/tracer.c" "u64 arg = 0;"
12 99 52 "/tmp/b/src/bench/programs/tracer.c" "probe_read_kernel(&arg, sizeof(arg), (void *)ctx->si);"
15 99 2 "/tmp/b/src/bench/programs/tracer.c" "probe_read_kernel(&arg, sizeof(arg), (void *)ctx->si);"
17 100 6 "/tmp/b/src/bench/programs/tracer.c" "if (!o) {"
18 101 3 "/tmp/b/src/bench/programs/tracer.c" "__builtin_memset(&new, 0, sizeof(new));"
34 102 18 "/tmp/b/src/bench/programs/tracer.c" "new.start[0] = ktime_get_ns();"
35 102 16 "/tmp/b/src/bench/programs/tracer.c" "new.start[0] = ktime_get_ns();"
36 103 27 "/tmp/b/src/bench/programs/tracer.c" "new.arg[0] = arg ^ ctx->dx;"
38 104 13 "/tmp/b/src/bench/programs/tracer.c" "new.depth = 1;"
39 103 16 "/tmp/b/src/bench/programs/tracer.c" "new.arg[0] = arg ^ ctx->dx;"
40 103 20 "/tmp/b/src/bench/programs/tracer.c" "new.arg[0] = arg ^ ctx->dx;"
41 103 14 "/tmp/b/src/bench/programs/tracer.c" "new.arg[0] = arg ^ ctx->dx;"
46 105 3 "/tmp/b/src/bench/programs/tracer.c" "map_update_elem(&opens, &pid, &new, MAP_ANY);"
54 55 11 "/tmp/b/src/bench/programs/tracer.c" "u64 *v = map_lookup_elem(&totals, &k);"
57 57 6 "/tmp/b/src/bench/programs/tracer.c" "if (v)"
58 58 6 "/tmp/b/src/bench/programs/tracer.c" "*v += by;"
61 123 1 "/tmp/b/src/bench/programs/tracer.c" "}"
63 109 9 "/tmp/b/src/bench/programs/tracer.c" "if (o->depth >= DEPTH) {"
64 109 6 "/tmp/b/src/bench/programs/tracer.c" "if (o->depth >= DEPTH) {"
65 115 7 "/tmp/b/src/bench/programs/tracer.c" "if (i != o->depth)"
67 117 17 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
68 117 15 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
69 118 26 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
70 118 15 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
71 118 19 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
72 118 13 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
74 115 7 "/tmp/b/src/bench/programs/tracer.c" "if (i != o->depth)"
75 117 17 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
76 117 15 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
77 118 26 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
78 118 15 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
79 118 19 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
80 118 13 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
82 115 7 "/tmp/b/src/bench/programs/tracer.c" "if (i != o->depth)"
83 117 17 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
84 117 15 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
85 118 26 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
86 118 15 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
87 118 19 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
88 118 13 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
90 115 7 "/tmp/b/src/bench/programs/tracer.c" "if (i != o->depth)"
91 117 17 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
92 117 15 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
93 118 26 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
94 118 15 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
95 118 19 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
96 118 13 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
98 115 7 "/tmp/b/src/bench/programs/tracer.c" "if (i != o->depth)"
99 117 17 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
100 117 15 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
101 118 26 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
102 118 15 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
103 118 19 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
104 118 13 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
106 115 7 "/tmp/b/src/bench/programs/tracer.c" "if (i != o->depth)"
107 117 17 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
108 117 15 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
109 118 26 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
110 118 15 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
111 118 19 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
112 118 13 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
114 115 7 "/tmp/b/src/bench/programs/tracer.c" "if (i != o->depth)"
115 117 17 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
116 117 15 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
117 118 26 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
118 118 15 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
119 118 19 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
120 118 13 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
122 115 7 "/tmp/b/src/bench/programs/tracer.c" "if (i != o->depth)"
123 117 17 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
124 117 15 "/tmp/b/src/bench/programs/tracer.c" "o->start[i] = ktime_get_ns();"
125 118 26 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
126 118 15 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
127 118 19 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
128 118 13 "/tmp/b/src/bench/programs/tracer.c" "o->arg[i] = arg ^ ctx->dx;"
130 120 10 "/tmp/b/src/bench/programs/tracer.c" "o->depth++;"
136 55 11 "/tmp/b/src/bench/programs/tracer.c" "u64 *v = map_lookup_elem(&totals, &k);"
139 57 6 "/tmp/b/src/bench/programs/tracer.c" "if (v)"
141 110 10 "/tmp/b/src/bench/programs/tracer.c" "o->lost++;"
148 55 11 "/tmp/b/src/bench/programs/tracer.c" "u64 *v = map_lookup_elem(&totals, &k);"
151 57 6 "/tmp/b/src/bench/programs/tracer.c" "if (v)"
152 58 6 "/tmp/b/src/bench/programs/tracer.c" "*v += by;"
-- map opens hash 4 136 1024
-- map totals percpu_array 4 8 16
