/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What runs on all three engines: each row of a table is a case that ends on
 * interp, jit and in the running kernel alike, with a number that was computed by
 * hand, or the reason why the kernel's outcome is not compared.  Without bpf()
 * the rows run on the first two.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engines/linux_engine.h"
#include "fuzz/internal.h"

enum { REJECTED = REASON_N };	/* by a kernel that has the rights to do so */

struct row {
	const char *name;
	uint64_t r0;
	uint32_t root, cap_bpf;		/* enum reason: why these are left out; or REJECTED */
	const char *text;
};

#define XDP "-- type xdp\n-- packet\n10 11 12 13 14 15 16 17 18 19 1a 1b 08 00 45 00 00 1c 81 82\n"
#define SKB "-- type sched_cls\n-- packet\n02 11 12 13 14 15 16 17 18 19 1a 1b 08 00 45 00 00 1c 81 82\n"
#define FILTER "-- type socket_filter\n-- packet\n45 00 00 1c 81 82 83 84 85 86\n"
#define KEY1 "*(u32 *)(r10 - 4) = 1\nr2 = r10\nr2 += -4\nr1 = map_by_idx(0) ll\n"

static const struct row maps[] = {
	{ "array: look up, write, read again", 0x1122334455667795, 0, 0,
	  XDP "-- map a array 4 16 3\n-- asm\n" KEY1 "call 1\nif r0 != 0 goto +1\nexit\nr6 = *(u64 *)(r0 + 8)\n"
	  "*(u64 *)(r0 + 0) = 13\n" KEY1 "call 1\nif r0 != 0 goto +1\nexit\nr1 = *(u64 *)(r0 + 0)\nr6 += r1\n"
	  "r0 = r6\nexit\n-- maps\na 01 00 00 00 = 00*8 88 77 66 55 44 33 22 11\n" },
	{ "array: no element 3", 7, 0, 0,
	  XDP "-- map a array 4 16 3\n-- asm\n*(u32 *)(r10 - 4) = 3\nr2 = r10\nr2 += -4\nr1 = map_by_idx(0) ll\n"
	  "call 1\nif r0 == 0 goto +2\nr0 = 1\nexit\nr0 = 7\nexit\n" },
	{ "array: update and delete by helper", (uint64_t)-22, 0, 0,
	  XDP "-- map a array 4 8 3\n-- asm\n*(u64 *)(r10 - 16) = 5\n" KEY1 "r3 = r10\nr3 += -16\nr4 = 0\ncall 2\n"
	  "r6 = r0\n" KEY1 "call 3\nr0 += r6\nexit\n" },
	{ "array: address of a value", 0x0807060504030201, 0, 0,
	  XDP "-- map a array 4 16 1\n-- asm\nr1 = map_val(map_by_idx(0)) + 8 ll\nr0 = *(u64 *)(r1 + 0)\n"
	  "*(u8 *)(r1 + 7) = 9\nexit\n-- maps\na 00 00 00 00 = 00*8 01 02 03 04 05 06 07 08\n" },
	{ "hash: update, look up, delete, look up", 101, 0, 0,
	  XDP "-- map h hash 4 8 4\n-- asm\n*(u64 *)(r10 - 16) = 100\n" KEY1 "r3 = r10\nr3 += -16\nr4 = 1\ncall 2\n"
	  "r7 = r0\n" KEY1 "call 1\nif r0 != 0 goto +1\nexit\nr6 = *(u64 *)(r0 + 0)\nr6 += r7\n" KEY1 "call 3\n"
	  "r6 += r0\n" KEY1 "call 1\nif r0 != 0 goto +3\nr6 += 1\nr0 = r6\nexit\nr0 = 0\nexit\n" },
	{ "hash: it exists, it does not, the map is full", (uint64_t)(-17 * 10000 - 2 * 100 - 7), 0, 0,
	  XDP "-- map h hash 4 8 1\n-- asm\n*(u64 *)(r10 - 16) = 100\n" KEY1 "r3 = r10\nr3 += -16\nr4 = 1\ncall 2\n"
	  "r6 = r0\nr6 *= 10000\n*(u32 *)(r10 - 4) = 2\nr2 = r10\nr2 += -4\nr1 = map_by_idx(0) ll\nr3 = r10\nr3 += -16\n"
	  "r4 = 2\ncall 2\nr0 *= 100\nr6 += r0\nr2 = r10\nr2 += -4\nr1 = map_by_idx(0) ll\nr3 = r10\nr3 += -16\nr4 = 0\n"
	  "call 2\nr6 += r0\nr0 = r6\nexit\n-- maps\nh 01 00 00 00 = 00*8\n" },
	{ "prog_array: the call is taken", 42, 0, 0,
	  XDP "-- map p prog_array 4 4 2\n-- asm\nr2 = map_by_idx(0) ll\nr3 = 1\ncall 12\nr0 = 1\nexit\n"
	  "-- program\n-- type xdp\n-- asm\nr0 = 42\nexit\n-- maps\np 01 00 00 00 = 01 00 00 00\n" },
	{ "prog_array: an empty slot, an index past the end", 1, 0, 0,
	  XDP "-- map p prog_array 4 4 2\n-- asm\nr6 = r1\nr2 = map_by_idx(0) ll\nr3 = 0\ncall 12\nr1 = r6\n"
	  "r2 = map_by_idx(0) ll\nr3 = 9\ncall 12\nr0 = 1\nexit\n"
	  "-- program\n-- type xdp\n-- asm\nr0 = 42\nexit\n-- maps\np 01 00 00 00 = 01 00 00 00\n" },
	{ "prog_array: 33 calls, then no more", 34, 0, 0,
	  SKB "-- map p prog_array 4 4 1\n-- asm\nr3 = *(u32 *)(r1 + 48)\nr3 += 1\n*(u32 *)(r1 + 48) = r3\n"
	  "r2 = map_by_idx(0) ll\nr6 = r1\nr3 = 0\ncall 12\nr0 = *(u32 *)(r6 + 48)\nexit\n-- ctx\n00*192\n"
	  "-- maps\np 00 00 00 00 = 00 00 00 00\n" },
	/* Linux 6.18 believes that it returns 1, whatever the called program returns (fixed in 6.19). */
	{ "prog_array: called below main", 9, 0, 0,
	  XDP "-- map p prog_array 4 4 1\n-- asm\ncall sub\nr0 += 8\nexit\nsub:\nr2 = map_by_idx(0) ll\nr3 = 0\ncall 12\n"
	  "r0 = 1\nexit\n-- program\n-- type xdp\n-- asm\nr0 = 1\nexit\n-- maps\np 00 00 00 00 = 01 00 00 00\n" },
};

static const struct row flow[] = {
	{ "subprograms: arguments, saved registers, the caller's stack", 6 + 7 + 12, 0, 0,
	  XDP "-- asm\nr6 = 6\nr7 = 7\n*(u64 *)(r10 - 8) = 2\nr1 = r10\nr1 += -8\nr2 = 5\ncall sub\nr1 = *(u64 *)(r10 - 8)\n"
	  "r0 = r6\nr0 += r7\nr0 += r1\nexit\nsub:\nr6 = r1\nr7 = *(u64 *)(r6 + 0)\nr7 += r2\nr7 += 5\n*(u64 *)(r6 + 0) = r7\n"
	  "r1 = r7\ncall leaf\nexit\nleaf:\nr9 = r1\nr0 = r9\nexit\n" },
	{ "subprograms: eight frames", 8, 0, 0,
	  XDP "-- asm\nr1 = 0\ncall f1\nexit\nf1:\nr1 += 1\ncall f2\nexit\nf2:\nr1 += 1\ncall f3\nexit\nf3:\nr1 += 1\ncall f4\n"
	  "exit\nf4:\nr1 += 1\ncall f5\nexit\nf5:\nr1 += 1\ncall f6\nexit\nf6:\nr1 += 1\ncall f7\nexit\nf7:\nr1 += 2\nr0 = r1\n"
	  "exit\n" },
	/* Where a wrong guess leads the address would leave the value: Linux puts a barrier there. */
	{ "an error that only a wrong guess leads to", 0, 0, 0,
	  XDP "-- map m array 4 16 1\n-- asm\nr0 = 0\nif r0 < 1 goto +3\nr0 = map_val(map_by_idx(0)) + 0 ll\nr0 += -1\nexit\n" },
	{ "a bounded loop", 4950, 0, REASON_LOOPS,
	  XDP "-- asm\nr0 = 0\nr1 = 0\nr0 += r1\nr1 += 1\nif r1 < 100 goto -3\nexit\n" },
	{ "a loop around a number that is not known", 4 * 3, 0, REASON_LOOPS,
	  FILTER "-- asm\nr6 = r1\nr0 = *(u8 *)skb[3]\nr7 = r0\nr7 &= 7\nr8 = 0\nif r7 == 0 goto +3\nr8 += 3\nr7 += -1\ngoto -4\nr0 = r8\n"
	  "exit\n" },
	{ "may_goto that never has to jump", 10, 0, REASON_LOOPS,
	  XDP "-- asm\nr0 = 0\nmay_goto +3\nr0 += 1\nif r0 > 9 goto +1\ngoto -4\nexit\n" },
	{ "gotol", 3, 0, 0, XDP "-- asm\nr0 = 1\ngotol +1\nexit\nr0 += 2\ngotol -3\n" },
	{ "signed division, remainder, moves", (uint64_t)-3 + (uint64_t)-1 + (uint64_t)-128 + 0xffffff80, 0, 0,
	  FILTER "-- asm\nr6 = r1\nr0 = *(u8 *)skb[4]\nr0 &= 1\nr7 = r0\nr7 += -8\nr2 = r7\nr2 s/= 2\nr3 = r7\nr3 s%= 3\n"
	  "r4 = 128\nr4 = (s8)r4\nw5 = 128\nw5 = (s8)w5\nr0 = r2\nr0 += r3\nr0 += r4\nr0 += r5\nexit\n" },
	{ "division by zero", 9, 0, 0,
	  FILTER "-- asm\nr6 = r1\nr0 = *(u8 *)skb[1]\nr2 = 77\nr2 /= r0\nr3 = 9\nr3 %= r0\nr0 = r2\nr0 += r3\nexit\n" },
	{ "byte swaps", 0x0807060504030201, 0, 0, XDP "-- asm\nr0 = 0x0102030405060708 ll\nr0 = bswap64 r0\nexit\n" },
};

static const struct row memory[] = {
	{ "packet: direct loads and stores", 0x1312, 0, 0,
	  XDP "-- asm\nr2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr4 = r2\nr4 += 16\nr0 = 0\nif r4 > r3 goto +3\n"
	  "r0 = *(u16 *)(r2 + 2)\n*(u32 *)(r2 + 4) = 0x99887766\nexit\nexit\n" },
	{ "packet: sign-extending loads", (uint64_t)-126, 0, 0,
	  XDP "-- asm\nr2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr4 = r2\nr4 += 20\nr0 = 0\nif r4 > r3 goto +1\n"
	  "r0 = *(s8 *)(r2 + 19)\nexit\n" },
	{ "LD_ABS: one byte", 0x81, 0, 0, FILTER "-- asm\nr6 = r1\nr0 = *(u8 *)skb[4]\nexit\n" },
	{ "LD_ABS: two bytes, big-endian", 0x8182, 0, 0, FILTER "-- asm\nr6 = r1\nr0 = *(u16 *)skb[4]\nexit\n" },
	{ "LD_ABS: four bytes", 0x4500001c, 0, 0, FILTER "-- asm\nr6 = r1\nr0 = *(u32 *)skb[0]\nexit\n" },
	{ "LD_ABS: past the end the program ends with 0", 0, 0, 0,
	  FILTER "-- asm\nr6 = r1\nr0 = *(u32 *)skb[8]\nr0 = 5\nexit\n" },
	{ "LD_IND: register and constant", 0x1c818283, 0, 0,
	  FILTER "-- asm\nr6 = r1\nr7 = 2\nr0 = *(u32 *)skb[r7 + 1]\nexit\n" },
	{ "LD_IND: one and two bytes", 0x8586 + 0x86, 0, 0,
	  FILTER "-- asm\nr6 = r1\nr7 = 3\nr0 = *(u8 *)skb[r7 + 6]\nr8 = r0\nr0 = *(u16 *)skb[r7 + 5]\nr0 += r8\nexit\n" },
	{ "LD_IND: past the end", 0, 0, 0, FILTER "-- asm\nr6 = r1\nr7 = 100\nr0 = *(u8 *)skb[r7 + 6]\nr0 = 5\nexit\n" },
	{ "ctx: narrow loads of a field", 0x44 + 0x2211 + 0x44332211, 0, 0,
	  SKB "-- asm\nr2 = *(u8 *)(r1 + 11)\nr3 = *(u16 *)(r1 + 8)\nr0 = *(u32 *)(r1 + 8)\nr0 += r2\nr0 += r3\nexit\n"
	  "-- ctx\n00*8 11 22 33 44 00*180\n" },
	{ "ctx: narrow stores to cb", 0x11007777, 0, 0,
	  SKB "-- asm\nr2 = 0x17777\n*(u16 *)(r1 + 48) = r2\n*(u8 *)(r1 + 50) = 0\nr0 = *(u32 *)(r1 + 48)\nexit\n"
	  "-- ctx\n00*48 11*4 00*140\n" },
	{ "ctx: arguments of a system call", 0x0807060504030201 + 0x0706, 0, 0,
	  "-- type syscall\n-- asm\nr0 = *(u64 *)(r1 + 0)\nr2 = *(u16 *)(r1 + 14)\nr0 += r2\n*(u64 *)(r1 + 16) = r0\nexit\n"
	  "-- ctx\n01 02 03 04 05 06 07 08 00*6 06 07 00*8\n" },
};

/* What takes CAP_PERFMON. */
static const struct row of_root[] = {
	{ "ctx: arguments of a raw tracepoint", 0x11, 0, REASON_POLICY,
	  "-- type raw_tracepoint\n-- asm\nr0 = *(u64 *)(r1 + 8)\nr0 &= 255\nexit\n-- ctx\n00*8 11*8 00*80\n" },
	{ "stack at an offset that is not known", 0x22, 0, REJECTED,
	  FILTER "-- asm\nr6 = r1\nr0 = *(u8 *)skb[3]\nr0 &= 4\n*(u32 *)(r10 - 8) = 0x11111111\n*(u32 *)(r10 - 4) = 0x22222222\n"
	  "r2 = r10\nr2 += r0\nr0 = *(u8 *)(r2 - 8)\nexit\n" },
	{ "an address", 0, REASON_NOT_ACCEPTED, REJECTED, XDP "-- asm\nr2 = r1\nr2 -= r10\nr0 = 0\nexit\n" },
	{ "stale stack", 0, REASON_NOT_ACCEPTED, REJECTED, XDP "-- asm\nr2 = *(u64 *)(r10 - 8)\nr0 = 0\nexit\n" },
};

/* What cannot be compared, and why. */
static const struct row left_out[] = {
	{ "time", 0, REASON_TIME, REASON_TIME, XDP "-- asm\ncall 5\nr0 = 0\nexit\n" },
	{ "random numbers", 0, REASON_RANDOM, REASON_RANDOM, XDP "-- asm\ncall 7\nr0 = 0\nexit\n" },
	{ "the cpu", 0, REASON_CPU, REASON_CPU, XDP "-- asm\ncall 8\nr0 = 0\nexit\n" },
	{ "the highest byte of pkt_type", 0, REASON_PART, REASON_PART, SKB "-- asm\nr0 = *(u8 *)(r1 + 7)\nr0 = 0\nexit\n" },
	{ "queue_mapping is narrowed", 0, REASON_NARROWED, REASON_NARROWED,
	  SKB "-- asm\nr2 = 1\n*(u32 *)(r1 + 12) = r2\nr0 = 0\nexit\n" },
	{ "the socket", 0, REASON_SOCKET, REASON_SOCKET, SKB "-- asm\nr2 = *(u64 *)(r1 + 168)\nr0 = 0\nexit\n" },
};

/* ---- running them --------------------------------------------------------------------- */

static struct pipeline *pipeline;	/* guest memory has one fixed place: one at a time */
static bool kernel;
static struct arena arena;
static uint32_t failures;

static struct pipeline *make(const char *const *name, uint32_t n)
{
	struct pipe_opts o = { .priv = PRIV_CAP_BPF, .walk = WALK_EXACT, .sound = true };
	struct pipeline *p;
	char why[96];

	for (uint32_t i = 0; i < n; i++)
		o.engine[o.nengine++] = engine_by_name(name[i]);
	p = pipeline_new(&o, why);
	if (!p)
		print_error("%s\n", why);
	return p;
}

static void wrong(const char *name, const char *engine, const char *what)
{
	print_error("%s: %s: %s\n", name, engine, what);
	failures++;
}

static void check_outcome(const struct row *r, const char *engine, const struct outcome *o, uint32_t no)
{
	char text[64];

	if (no == REJECTED) {
		if (o->kind != OUT_REJECT)
			wrong(r->name, engine, "is not refused");
		return;
	}
	if (no) {
		if (o->kind != OUT_UNSUPPORTED || o->reason != no)
			wrong(r->name, engine, "is not left out for the reason");
		return;
	}
	snprintf(text, sizeof(text), "%s: r0 = 0x%llx", out_name(o->kind), (unsigned long long)o->reg[0]);
	if (o->kind != OUT_RETURN || o->reg_half)
		wrong(r->name, engine, o->why[0] ? o->why : "shows half of r0");
	else if (!r->root && o->reg[0] != r->r0)
		wrong(r->name, engine, text);
}

static void check_row(const struct row *r)
{
	const struct trial *t = pipeline_trial(pipeline);
	struct testcase tc;
	struct file_err err;
	struct finding f;

	arena_reset(&arena);
	if (!case_from_text(r->text, strlen(r->text), PROG_PLAIN, &arena, &tc, &err)) {
		wrong(r->name, "text", err.msg);
		return;
	}
	if (run_one(pipeline, &tc, &f)) {
		wrong(r->name, f.signature, f.what);
		return;
	}
	if (!t->accepted) {
		wrong(r->name, "verifier", t->verdict[0].msg);
		return;
	}
	for (uint32_t i = 0; i < t->nengine; i++)
		check_outcome(r, t->engine[i]->name, &t->out[i], i == 2 ? r->root : i == 3 ? r->cap_bpf : REASON_NONE);
}

static void check_rows(const struct row *r, size_t n)
{
	failures = 0;
	for (size_t i = 0; i < n; i++)
		check_row(&r[i]);
	if (!kernel)
		print_message("# without the kernel: %zu rows on interp and jit alone\n", n);
	assert_int_equal(failures, 0);
}

#define ROWS(table) table, sizeof(table) / sizeof(table[0])

static void maps_and_tail_calls(void **state)
{
	(void)state;
	check_rows(ROWS(maps));
}

static void subprograms_loops_arithmetic(void **state)
{
	(void)state;
	check_rows(ROWS(flow));
}

static void packet_and_context(void **state)
{
	(void)state;
	check_rows(ROWS(memory));
}

static void what_root_may(void **state)
{
	(void)state;
	pipeline_priv(pipeline, PRIV_ROOT);
	check_rows(ROWS(of_root));
	pipeline_priv(pipeline, PRIV_CAP_BPF);
}

static void reasons(void **state)
{
	(void)state;
	check_rows(ROWS(left_out));
}

/*
 * The containment oracle reads guest memory's layout as of the run that it
 * checks.  Behind interp alone comes the kernel, which lays out maps again.
 */
static void containment_without_jit(void **state)
{
	static const struct row r = { "a pointer to an element of a hash", 0, 0, 0,
		"-- type socket_filter\n-- map m hash 16 48 1\n-- asm\nr1 = map_by_idx(0) ll\n"
		"*(u64 *)(r10 - 208) = 0\n*(u64 *)(r10 - 200) = 0\nr2 = r10\nr2 += -208\n"
		"*(u64 *)(r10 - 248) = 0\n*(u64 *)(r10 - 240) = 0\n*(u64 *)(r10 - 232) = 0\n"
		"*(u64 *)(r10 - 224) = 0\n*(u64 *)(r10 - 216) = 0\nr3 = r10\nr3 += -248\nr4 = 0\ncall 2\n"
		"r2 = r10\nr2 += -224\nr1 = map_by_idx(0) ll\ncall 1\nif r0 == 0 goto +0\nr0 = 0\nexit\n"
		"-- maps\nm 00*16 = 00*48\n-- fuel 32\n" };
	static const char *const name[] = { "interp", "linux" };
	(void)state;

	if (!kernel)
		skip();
	pipeline_free(pipeline);
	pipeline = make(name, 2);
	assert_non_null(pipeline);
	failures = 0;
	check_row(&r);
	assert_int_equal(pipeline_stats(pipeline)->ruling[ORACLE_sound][HOLDS], 1);
	assert_int_equal(failures, 0);
}

/* ---- atomics ------------------------------------------------------------------------------ */

static const struct {
	const char *name, *text;	/* R: the operand, D or U: u64 or u32, M: the address */
	int fetch;			/* 1: the operand gets what was there, 2: r0 does */
} atomics[] = {
	{ "add", "lock *(T *)(M) += R", 0 }, { "or", "lock *(T *)(M) |= R", 0 },
	{ "and", "lock *(T *)(M) &= R", 0 }, { "xor", "lock *(T *)(M) ^= R", 0 },
	{ "fetch_add", "R = atomic_fetch_add((T *)(M), R)", 1 },
	{ "fetch_or", "R = atomic_fetch_or((T *)(M), R)", 1 },
	{ "fetch_and", "R = atomic_fetch_and((T *)(M), R)", 1 },
	{ "fetch_xor", "R = atomic_fetch_xor((T *)(M), R)", 1 },
	{ "xchg", "R = X(M, R)", 1 }, { "cmpxchg, equal", "A = C(M, A, R)", 2 },
	{ "cmpxchg, different", "A = C(M, A, R)", 3 },
};
enum { NATOMICS = sizeof(atomics) / sizeof(atomics[0]) };

/* The text for one width and place; letters stand for what depends on them. */
static void atomic_text(char *out, const char *t, uint32_t width, const char *place)
{
	for (; *t; t++) {
		switch (*t) {
		case 'T': out += sprintf(out, "u%u", width); break;
		case 'M': out += sprintf(out, "%s", place); break;
		case 'R': out += sprintf(out, width == 64 ? "r3" : "w3"); break;
		case 'A': out += sprintf(out, width == 64 ? "r0" : "w0"); break;
		case 'X': out += sprintf(out, width == 64 ? "xchg_64" : "xchg32_32"); break;
		case 'C': out += sprintf(out, width == 64 ? "cmpxchg_64" : "cmpxchg32_32"); break;
		default: *out++ = *t;
		}
	}
	*out = 0;
}

/* By C, on the memory that each program starts with. */
static uint64_t atomic_expected(uint32_t k, uint32_t width)
{
	const uint64_t old = 0xf0f0f0f0a5a5a5a5, operand = 0x8000000180000003;
	uint64_t mask = width == 64 ? ~0ull : 0xffffffff, now = old, back = operand, r0 = 0;
	uint64_t mem = old & mask, v = operand & mask;

	switch (k < 8 ? k % 4 : k) {
	case 0: now = mem + v; break;
	case 1: now = mem | v; break;
	case 2: now = mem & v; break;
	case 3: now = mem ^ v; break;
	case 10: now = mem; break;
	default: now = v;
	}
	now = (old & ~mask) | (now & mask);
	if (atomics[k].fetch == 1)
		back = mem;
	if (atomics[k].fetch >= 2)
		r0 = mem;
	return now + 3 * back + 5 * r0;
}

static void atomics_of_all_kinds(void **state)
{
	static const char *const place[2] = { "r10 - 8", "r9 + 8" };
	char text[1024], insn[128], name[128];
	(void)state;

	failures = 0;
	for (uint32_t i = 0; i < NATOMICS * 4; i++) {
		uint32_t k = i / 4, width = i & 1 ? 64 : 32;
		struct row r = { .name = name, .text = text, .r0 = atomic_expected(k, width) };

		atomic_text(insn, atomics[k].text, width, place[i >> 1 & 1]);
		snprintf(name, sizeof(name), "%s", insn);
		snprintf(text, sizeof(text), XDP "-- map a array 4 16 1\n-- asm\nr9 = map_val(map_by_idx(0)) + 0 ll\n"
			 "r1 = 0xf0f0f0f0a5a5a5a5 ll\n*(u64 *)(%s) = r1\nr3 = 0x8000000180000003 ll\n%s%s%s\n"
			 "r1 = *(u64 *)(%s)\nr3 *= 3\nr0 *= 5\nr0 += r1\nr0 += r3\nexit\n", place[i >> 1 & 1],
			 atomics[k].fetch != 2 ? "r0 = 0\n" : width == 64 ? "r0 = r1\n" : "w0 = w1\n", insn,
			 "", place[i >> 1 & 1]);
		check_row(&r);
	}
	assert_int_equal(failures, 0);
}

static void acquire_and_release(void **state)
{
	static const char *const place[2] = { "r10 - 8", "r9 + 8" };
	char text[1024], name[64];
	(void)state;

	failures = 0;
	for (uint32_t i = 0; i < 8; i++) {
		uint32_t width = 8u << i / 2;
		uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
		uint64_t old = 0xf1f2f3f4f5f6f7f8, put = 0x0102030405060708;
		struct row r = {
			.name = name, .text = text, .r0 = (old & mask) + ((old & ~mask) | (put & mask)),
		};

		snprintf(name, sizeof(name), "load_acquire, store_release: u%u at %s", width, place[i & 1]);
		snprintf(text, sizeof(text), XDP "-- map a array 4 16 1\n-- asm\nr9 = map_val(map_by_idx(0)) + 0 ll\n"
			 "r1 = 0xf1f2f3f4f5f6f7f8 ll\n*(u64 *)(%s) = r1\nr2 = 0x0102030405060708 ll\n"
			 "r0 = load_acquire((u%u *)(%s))\nstore_release((u%u *)(%s), r2)\nr1 = *(u64 *)(%s)\nr0 += r1\n"
			 "exit\n", place[i & 1], width, place[i & 1], width, place[i & 1], place[i & 1]);
		check_row(&r);
	}
	assert_int_equal(failures, 0);
}

static int setup(void **state)
{
	static const char *const name[] = { "interp", "jit", "linux", "linux:cap_bpf" };
	char why[96];
	(void)state;

	kernel = linux_available(why);
	if (!kernel)
		print_message("# %s\n", why);
	pipeline = make(name, kernel ? 4 : 2);
	return pipeline ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	pipeline_free(pipeline);
	arena_free(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_and_tail_calls),
		cmocka_unit_test(subprograms_loops_arithmetic),
		cmocka_unit_test(packet_and_context),
		cmocka_unit_test(what_root_may),
		cmocka_unit_test(reasons),
		cmocka_unit_test(atomics_of_all_kinds),
		cmocka_unit_test(acquire_and_release),
		cmocka_unit_test(containment_without_jit),
	};

	return cmocka_run_group_tests_name("three_engines", tests, setup, teardown);
}
