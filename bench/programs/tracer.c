/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tracer: latency of requests by process: when each began, a histogram by power
 * of two, totals, the slowest, and a stack of the open ones.
 */
#include "corpus/c/bpf.h"

enum { MAP_PERCPU_ARRAY = 6, MAP_ANY = 0, MAP_NOEXIST = 1 };
static u64 (*get_current_pid_tgid)(void) = (void *)14;
static long (*get_current_comm)(void *buf, u32 size) = (void *)16;
static long (*probe_read_kernel)(void *dst, u32 size, const void *src) = (void *)113;

enum { SLOTS = 27, DEPTH = 8, TASKS = 1024 };

struct hist {
	u64 slot[SLOTS];
	u64 sum, n, max;
	char comm[16];
};
struct open {
	u64 start[DEPTH], arg[DEPTH];
	u32 depth, lost;
};

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, TASKS);
	__type(key, u32);
	__type(value, struct open);
} opens SEC(".maps");

struct {
	__uint(type, MAP_HASH);
	__uint(max_entries, TASKS);
	__type(key, u32);
	__type(value, struct hist);
} hists SEC(".maps");

struct {
	__uint(type, MAP_PERCPU_ARRAY);
	__uint(max_entries, 16);
	__type(key, u32);
	__type(value, u64);
} totals SEC(".maps");

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct hist);
} zero SEC(".maps");

static always_inline void total(u32 k, u64 by)
{
	u64 *v = map_lookup_elem(&totals, &k);

	if (v)
		*v += by;
}

static always_inline u32 log2u(u64 v)
{
	u32 r = 0;

	for (u32 bits = 32; bits; bits >>= 1)
		if (v >> bits) {
			v >>= bits;
			r += bits;
		}
	return r;
}

static always_inline struct hist *hist_of(u32 pid)
{
	struct hist *h = map_lookup_elem(&hists, &pid), *none;
	u32 k = 0;

	if (h)
		return h;
	none = map_lookup_elem(&zero, &k);
	if (!none || map_update_elem(&hists, &pid, none, MAP_NOEXIST))
		return 0;
	h = map_lookup_elem(&hists, &pid);
	if (h)
		get_current_comm(h->comm, sizeof(h->comm));
	return h;
}

struct regs {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
};

SEC("kprobe/vfs_read") int enter(struct regs *ctx)
{
	u32 pid = (u32)(get_current_pid_tgid() >> 32);
	struct open *o = map_lookup_elem(&opens, &pid), new;
	u64 arg = 0;

	probe_read_kernel(&arg, sizeof(arg), (void *)ctx->si);
	if (!o) {
		__builtin_memset(&new, 0, sizeof(new));
		new.start[0] = ktime_get_ns();
		new.arg[0] = arg ^ ctx->dx;
		new.depth = 1;
		map_update_elem(&opens, &pid, &new, MAP_ANY);
		total(0, 1);
		return 0;
	}
	if (o->depth >= DEPTH) {
		o->lost++;
		total(1, 1);
		return 0;
	}
	for (u32 i = 0; i < DEPTH; i++) {
		if (i != o->depth)
			continue;
		o->start[i] = ktime_get_ns();
		o->arg[i] = arg ^ ctx->dx;
	}
	o->depth++;
	total(2, 1);
	return 0;
}

SEC("kretprobe/vfs_read") int leave(struct regs *ctx)
{
	u32 pid = (u32)(get_current_pid_tgid() >> 32), slot;
	struct open *o = map_lookup_elem(&opens, &pid);
	u64 delta, now = ktime_get_ns();
	struct hist *h;

	if (!o || !o->depth || o->depth > DEPTH) {
		total(3, 1);
		return 0;
	}
	delta = now - o->start[(o->depth - 1) & (DEPTH - 1)];
	if (--o->depth == 0 && !o->lost)
		map_delete_elem(&opens, &pid);
	h = hist_of(pid);
	if (!h) {
		total(4, 1);
		return 0;
	}
	slot = log2u(delta / 1000);
	if (slot >= SLOTS)
		slot = SLOTS - 1;
	__sync_fetch_and_add(&h->slot[slot], 1);
	h->sum += delta;
	h->n++;
	if (delta > h->max) {
		h->max = delta;
		for (u32 i = 0; i < SLOTS; i++)
			if (h->slot[i] > h->n)
				total(5, h->slot[i]);
	}
	total((long)ctx->ax < 0 ? 6 : 7, 1);
	total(8, delta);
	return 0;
}

LICENSE("GPL");
