-- program leave
-- type kprobe
-- asm
r7 = r1
call 14
r0 >>= 32
*(u32 *)(r10 - 12) = r0
r2 = r10
r2 += -12
r1 = map_by_fd(0) ll
call 1
r8 = r0
call 5
r6 = r0
if r8 == 0 goto +4
r1 = *(u32 *)(r8 + 128)
w2 = w1
w2 += -9
if w2 > -9 goto +11
w1 = 3
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(2) ll
call 1
if r0 == 0 goto +176
r1 = *(u64 *)(r0 + 0)
r1 += 1
goto +172
w1 += -1
w2 = w1
w2 &= 7
r2 <<= 3
r3 = r8
r3 += r2
r9 = *(u64 *)(r3 + 0)
*(u32 *)(r8 + 128) = r1
if w1 != 0 goto +7
r1 = *(u32 *)(r8 + 132)
if w1 != 0 goto +5
r2 = r10
r2 += -12
r1 = map_by_fd(0) ll
call 3
r1 = *(u32 *)(r10 - 12)
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(1) ll
call 1
r8 = r0
w1 = 0
*(u32 *)(r10 - 8) = r1
if r8 != 0 goto +25
r2 = r10
r2 += -8
r1 = map_by_fd(3) ll
call 1
if r0 == 0 goto +142
r2 = r10
r2 += -4
r1 = map_by_fd(1) ll
r3 = r0
r4 = 1
call 2
if r0 != 0 goto +134
r2 = r10
r2 += -4
r1 = map_by_fd(1) ll
call 1
r8 = r0
if r8 == 0 goto +127
r1 = r8
r1 += 240
w2 = 16
call 16
r6 -= r9
r1 = r6
r1 /= 1000
r2 = 0x3e800000000 ll
if r6 < r2 goto +1
r1 >>= 32
r4 = r1
if r1 < 65536 goto +2
r4 = r1
r4 >>= 16
r9 = r4
if r4 < 256 goto +2
r9 = r4
r9 >>= 8
r0 = r9
if r9 < 16 goto +2
r0 = r9
r0 >>= 4
r2 = r0
if r0 < 4 goto +2
r2 = r0
r2 >>= 2
w5 = 1
w3 = 1
if r2 > 1 goto +1
w3 = 0
w2 = 1
if r0 > 3 goto +1
w2 = 0
*(u64 *)(r10 - 32) = r7
w0 = 1
if r9 > 15 goto +1
w0 = 0
w7 = 1
if r4 > 255 goto +1
w7 = 0
w4 = 1
if r1 > 65535 goto +1
w4 = 0
r1 = 0x3e7ffffffff ll
if r6 > r1 goto +1
w5 = 0
w5 <<= 5
w4 <<= 4
w4 |= w5
w7 <<= 3
w7 |= w4
w0 <<= 2
w0 |= w7
w2 <<= 1
w2 |= w0
w2 |= w3
if w2 < 26 goto +1
w2 = 26
r2 <<= 3
r1 = r8
r1 += r2
r2 = 1
lock *(u64 *)(r1 + 0) += r2
r1 = *(u64 *)(r8 + 216)
r1 += r6
*(u64 *)(r8 + 216) = r1
r1 = *(u64 *)(r8 + 224)
r1 += 1
*(u64 *)(r8 + 224) = r1
r1 = *(u64 *)(r8 + 232)
*(u64 *)(r10 - 24) = r6
if r6 <= r1 goto +7
r1 = *(u64 *)(r10 - 24)
*(u64 *)(r8 + 232) = r1
r9 = 0
w7 = 5
goto +8
r9 += 8
if r9 != 216 goto +6
r1 = *(u64 *)(r10 - 32)
r2 = *(u64 *)(r1 + 80)
w1 = 6
if r2 s< 0 goto +18
w1 = 7
goto +16
r1 = r8
r1 += r9
r6 = *(u64 *)(r1 + 0)
r1 = *(u64 *)(r8 + 224)
if r6 <= r1 goto -13
*(u32 *)(r10 - 4) = r7
r2 = r10
r2 += -4
r1 = map_by_fd(2) ll
call 1
if r0 == 0 goto -20
r1 = *(u64 *)(r0 + 0)
r1 += r6
*(u64 *)(r0 + 0) = r1
goto -24
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(2) ll
call 1
if r0 == 0 goto +3
r1 = *(u64 *)(r0 + 0)
r1 += 1
*(u64 *)(r0 + 0) = r1
w1 = 8
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(2) ll
call 1
r2 = *(u64 *)(r10 - 24)
if r0 == 0 goto +3
r1 = *(u64 *)(r0 + 0)
r1 += r2
*(u64 *)(r0 + 0) = r1
w0 = 0
exit
w1 = 4
*(u32 *)(r10 - 4) = r1
r2 = r10
r2 += -4
r1 = map_by_fd(2) ll
call 1
if r0 == 0 goto -10
goto -187
-- subprogs
0 leave
-- lines
0 125 0 "/tmp/b/src/bench/programs/tracer.c" "SEC(\"kretprobe/vfs_read\") int leave(struct regs *ctx)"
1 127 18 "/tmp/b/src/bench/programs/tracer.c" "u32 pid = (u32)(get_current_pid_tgid() >> 32), slot;"
2 127 41 "/tmp/b/src/bench/programs/tracer.c" "u32 pid = (u32)(get_current_pid_tgid() >> 32), slot;"
3 127 6 "/tmp/b/src/bench/programs/tracer.c" "u32 pid = (u32)(get_current_pid_tgid() >> 32), slot;"
6 128 19 "/tmp/b/src/bench/programs/tracer.c" "struct open *o = map_lookup_elem(&opens, &pid);"
10 129 19 "/tmp/b/src/bench/programs/tracer.c" "u64 delta, now = ktime_get_ns();"
12 132 9 "/tmp/b/src/bench/programs/tracer.c" "if (!o || !o->depth || o->depth > DEPTH) {"
13 132 16 "/tmp/b/src/bench/programs/tracer.c" "if (!o || !o->depth || o->depth > DEPTH) {"
14 132 22 "/tmp/b/src/bench/programs/tracer.c" "if (!o || !o->depth || o->depth > DEPTH) {"
21 55 11 "/tmp/b/src/bench/programs/tracer.c" "u64 *v = map_lookup_elem(&totals, &k);"
24 57 6 "/tmp/b/src/bench/programs/tracer.c" "if (v)"
25 58 6 "/tmp/b/src/bench/programs/tracer.c" "*v += by;"
28 136 35 "/tmp/b/src/bench/programs/tracer.c" "delta = now - o->start[(o->depth - 1) & (DEPTH - 1)];"
29 136 40 "/tmp/b/src/bench/programs/tracer.c" "delta = now - o->start[(o->depth - 1) & (DEPTH - 1)];"
31 136 16 "/tmp/b/src/bench/programs/tracer.c" "delta = now - o->start[(o->depth - 1) & (DEPTH - 1)];"
35 137 6 "/tmp/b/src/bench/programs/tracer.c" "if (-\x2do->depth == 0 && !o->lost)"
36 137 22 "/tmp/b/src/bench/programs/tracer.c" "if (-\x2do->depth == 0 && !o->lost)"
37 137 29 "/tmp/b/src/bench/programs/tracer.c" "if (-\x2do->depth == 0 && !o->lost)"
38 137 6 "/tmp/b/src/bench/programs/tracer.c" "if (-\x2do->depth == 0 && !o->lost)"
41 138 3 "/tmp/b/src/bench/programs/tracer.c" "map_delete_elem(&opens, &pid);"
44 139 14 "/tmp/b/src/bench/programs/tracer.c" "h = hist_of(pid);"
48 75 19 "/tmp/b/src/bench/programs/tracer.c" "struct hist *h = map_lookup_elem(&hists, &pid), *none;"
53 76 6 "/tmp/b/src/bench/programs/tracer.c" "u32 k = 0;"
54 78 6 "/tmp/b/src/bench/programs/tracer.c" "if (h)"
57 80 9 "/tmp/b/src/bench/programs/tracer.c" "none = map_lookup_elem(&zero, &k);"
60 81 12 "/tmp/b/src/bench/programs/tracer.c" "if (!none || map_update_elem(&hists, &pid, none, MAP_NOEXIST))"
63 81 15 "/tmp/b/src/bench/programs/tracer.c" "if (!none || map_update_elem(&hists, &pid, none, MAP_NOEXIST))"
68 81 6 "/tmp/b/src/bench/programs/tracer.c" "if (!none || map_update_elem(&hists, &pid, none, MAP_NOEXIST))"
71 83 6 "/tmp/b/src/bench/programs/tracer.c" "h = map_lookup_elem(&hists, &pid);"
75 84 6 "/tmp/b/src/bench/programs/tracer.c" "if (h)"
76 85 23 "/tmp/b/src/bench/programs/tracer.c" "get_current_comm(h->comm, sizeof(h->comm));"
78 85 3 "/tmp/b/src/bench/programs/tracer.c" "get_current_comm(h->comm, sizeof(h->comm));"
81 144 21 "/tmp/b/src/bench/programs/tracer.c" "slot = log2u(delta / 1000);"
85 66 7 "/tmp/b/src/bench/programs/tracer.c" "if (v >> bits) {"
105 66 9 "/tmp/b/src/bench/programs/tracer.c" "if (v >> bits) {"
108 66 7 "/tmp/b/src/bench/programs/tracer.c" "if (v >> bits) {"
122 144 21 "/tmp/b/src/bench/programs/tracer.c" "slot = log2u(delta / 1000);"
124 66 7 "/tmp/b/src/bench/programs/tracer.c" "if (v >> bits) {"
134 145 6 "/tmp/b/src/bench/programs/tracer.c" "if (slot >= SLOTS)"
136 147 24 "/tmp/b/src/bench/programs/tracer.c" "__sync_fetch_and_add(&h->slot[slot], 1);"
140 147 2 "/tmp/b/src/bench/programs/tracer.c" "__sync_fetch_and_add(&h->slot[slot], 1);"
141 148 9 "/tmp/b/src/bench/programs/tracer.c" "h->sum += delta;"
144 149 6 "/tmp/b/src/bench/programs/tracer.c" "h->n++;"
147 150 17 "/tmp/b/src/bench/programs/tracer.c" "if (delta > h->max) {"
149 150 6 "/tmp/b/src/bench/programs/tracer.c" "if (delta > h->max) {"
150 151 10 "/tmp/b/src/bench/programs/tracer.c" "h->max = delta;"
155 152 21 "/tmp/b/src/bench/programs/tracer.c" "for (u32 i = 0; i < SLOTS; i++)"
156 152 3 "/tmp/b/src/bench/programs/tracer.c" "for (u32 i = 0; i < SLOTS; i++)"
157 156 19 "/tmp/b/src/bench/programs/tracer.c" "total((long)ctx->ax < 0 ? 6 : 7, 1);"
160 156 8 "/tmp/b/src/bench/programs/tracer.c" "total((long)ctx->ax < 0 ? 6 : 7, 1);"
163 153 8 "/tmp/b/src/bench/programs/tracer.c" "if (h->slot[i] > h->n)"
166 153 24 "/tmp/b/src/bench/programs/tracer.c" "if (h->slot[i] > h->n)"
167 153 8 "/tmp/b/src/bench/programs/tracer.c" "if (h->slot[i] > h->n)"
171 55 11 "/tmp/b/src/bench/programs/tracer.c" "u64 *v = map_lookup_elem(&totals, &k);"
174 57 6 "/tmp/b/src/bench/programs/tracer.c" "if (v)"
175 58 6 "/tmp/b/src/bench/programs/tracer.c" "*v += by;"
182 55 11 "/tmp/b/src/bench/programs/tracer.c" "u64 *v = map_lookup_elem(&totals, &k);"
185 57 6 "/tmp/b/src/bench/programs/tracer.c" "if (v)"
186 58 6 "/tmp/b/src/bench/programs/tracer.c" "*v += by;"
193 55 11 "/tmp/b/src/bench/programs/tracer.c" "u64 *v = map_lookup_elem(&totals, &k);"
197 57 6 "/tmp/b/src/bench/programs/tracer.c" "if (v)"
198 58 6 "/tmp/b/src/bench/programs/tracer.c" "*v += by;"
200 58 6 "/tmp/b/src/bench/programs/tracer.c" "*v += by;"
201 159 1 "/tmp/b/src/bench/programs/tracer.c" "}"
207 55 11 "/tmp/b/src/bench/programs/tracer.c" "u64 *v = map_lookup_elem(&totals, &k);"
210 57 6 "/tmp/b/src/bench/programs/tracer.c" "if (v)"
211 58 6 "/tmp/b/src/bench/programs/tracer.c" "*v += by;"
-- map opens hash 4 136 1024
-- map hists hash 4 256 1024
-- map totals percpu_array 4 8 16
-- map zero array 4 256 1
