/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers, maps and packet access against the running kernel: the same
 * program runs in the interpreter and by BPF_PROG_TEST_RUN.  Skipped where bpf()
 * is not to be had.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/linux_sys.h"
#include "tests/unit/vm_case.h"
#include "tests/unit/rig.h"

enum { ETH = 14, PACKET = 64 };

static struct vm_case *c;
static struct rng rng;
static uint8_t packet[PACKET];

static int setup(void **state)
{
	(void)state;
	c = calloc(1, sizeof(*c));
	vm_case_init(c);
	rng_seed(&rng, 5);
	for (uint32_t i = 0; i < PACKET; i++)
		packet[i] = (uint8_t)rng_next(&rng);
	/* an Ethernet header of zeros, as our packets of types that do not see it have */
	memset(packet, 0, ETH);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vm_case_free(c);
	free(c);
	return 0;
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)rng_below(&rng, n);
}

/* ---- one program on both ------------------------------------------------------------ */

struct both {
	uint32_t r0;	  /* the kernel's */
	uint8_t ctx[256]; /* syscall programs: the context afterwards */
	uint8_t packet[PACKET];
};

static void kernel_run(struct both *k)
{
	struct linux_unit_opts o = {.explain = true};
	struct linux_log log = {0};
	struct linux_run run = {0};
	struct linux_unit lu;
	uint16_t type = c->prog[0].type;

	if (linux_unit_open(&lu, &c->unit, &c->in) != LINUX_OK)
		fail_msg("%s", lu.why);
	for (uint32_t i = 0; i < c->unit.nprog; i++)
		if (linux_unit_load(&lu, i, &o, &log) != LINUX_OK)
			fail_msg("%s", linux_log_text(&log));
	assert_int_equal(linux_unit_wire(&lu, &c->in), LINUX_OK);
	if (type == PROG_SYSCALL) {
		memcpy(k->ctx, c->in.ctx, c->in.nctx);
		run.ctx_in = k->ctx;
		run.ctx_size_in = c->in.nctx;
	} else {
		run.data_in = packet;
		run.data_size_in = PACKET;
		run.data_out = k->packet;
		run.data_size_out = PACKET;
	}
	assert_int_equal(linux_prog_test_run(lu.prog_fd[0], &run), LINUX_OK);
	k->r0 = run.retval;
	linux_unit_close(&lu);
	linux_log_free(&log);
}

/* The text is the program; both must end alike. */
static void compare(uint16_t type, const char *what)
{
	bool header = type == PROG_SCHED_CLS || type == PROG_XDP;
	struct both k;
	uint32_t at = header ? 0 : ETH;

	c->unit.nprog = 0;
	vm_prog(c, type);
	if (type == PROG_SYSCALL) {
		c->prog[0].prog_flags = LINUX_F_SLEEPABLE;
	} else {
		c->in.packet = packet + at;
		c->in.npacket = PACKET - at;
	}
	kernel_run(&k);
	if ((uint32_t)vm_r0(c) != k.r0)
		fail_msg("%s: %#x, Linux %#x", what, (uint32_t)c->out.reg[0], k.r0);
	if (type == PROG_SYSCALL)
		assert_memory_equal(vm_host(c->g->layout.rgn[GUEST_CTX].base), k.ctx, c->in.nctx);
	else
		assert_memory_equal(vm_host(c->g->data), k.packet + at, PACKET - at);
}

/* n random bytes at r10 - off, many of them 0 or 0xff. */
static void random_stack(uint32_t off, uint32_t n)
{
	for (uint32_t i = 0; i < n; i += 4) {
		static const int32_t special[] = {0, -1, INT32_MIN, 0xffff, 0x10000};
		int32_t v = below(2) ? special[below(5)] : (int32_t)rng_next(&rng);

		vm_say(c, "*(u32 *)(r10 - %u) = %d\n", off - i, v);
	}
}

/* ---- helpers ---------------------------------------------------------------------------- */

static void csum_diff_agrees(void **state)
{
	(void)state;
	need_bpf();
	for (uint32_t i = 0; i < rounds(300); i++) {
		static const int32_t seeds[] = {0, -1, 0xffff, -65536};
		uint32_t from = below(4) ? below(65) : 0, to = below(4) ? below(65) : 0;

		random_stack(64, 64);
		random_stack(128, 64);
		vm_say(c, "r1 = 0\nr3 = 0\n");
		if (from)
			vm_say(c, "r1 = r10\nr1 += -64\n");
		if (to)
			vm_say(c, "r3 = r10\nr3 += -128\n");
		vm_say(c, "r2 = %u\nr4 = %u\nr5 = %d\ncall 28\nexit\n", from, to,
		       below(2) ? seeds[below(4)] : (int32_t)rng_next(&rng));
		compare(PROG_SCHED_CLS, "csum_diff");
	}
}

static uint32_t some_offset(void)
{
	switch (below(5)) {
	case 0:
		return INT32_MAX - below(3);
	case 1:
		return -below(20);
	default:
		return below(PACKET + 16);
	}
}

static void skb_load_bytes_agrees(void **state)
{
	(void)state;
	need_bpf();
	for (uint32_t i = 0; i < rounds(200); i++) {
		uint32_t n = 1 + below(32);

		random_stack(32, 32);
		vm_say(c, "r2 = %d\nr3 = r10\nr3 += -32\nr4 = %u\ncall 26\n",
		       (int32_t)some_offset(), n);
		for (uint32_t k = 0; k < 4; k++)
			vm_say(c, "r0 *= 31\nr1 = *(u64 *)(r10 - %u)\nr0 += r1\n", 8 + 8 * k);
		vm_say(c, "r1 = r0\nr1 >>= 32\nr0 ^= r1\nexit\n");
		compare(i % 2 ? PROG_SCHED_CLS : PROG_SOCKET_FILTER, "skb_load_bytes");
	}
}

static void skb_store_bytes_agrees(void **state)
{
	(void)state;
	need_bpf();
	for (uint32_t i = 0; i < rounds(200); i++) {
		int32_t flags = below(2) ? (int32_t)below(4) : (int32_t)rng_next(&rng) >> below(31);

		random_stack(32, 32);
		vm_say(c, "r2 = %d\nr3 = r10\nr3 += -32\nr4 = %u\nr5 = %d\ncall 9\nexit\n",
		       (int32_t)some_offset(), 1 + below(32), flags);
		compare(PROG_SCHED_CLS, "skb_store_bytes");
	}
}

/*
 * Where the length depends neither on addresses nor on the key by which Linux
 * hashes them.
 */
static const char *const formats[] = {
	"", "hello", "tab\t", "%%", "%d", "%i", "%u", "%x", "%X", "%ld %li %lu %lx",
	"%lld %llX", "%d %d %d", "%d %d %d %d", "%5d|%-9d|%08d", "%+d % d %+5d", "%+x",
	"%0+5d", "%99d", "%1000d", "%c%c%c", "%5c", "%cx", "%s", "%20s", "%-9s", "% s",
	"%s.", "%s s", "%sx", "%s1", "%s %s %s", "%p", "%p.", "%p p", "%px", "%pxz", "%pK",
	"%pKx", "%p%p", "%20p", "%20px", "%3px", "%pi4", "%pI4", "%pi6", "%pI6",
	"%pI4c %d", "%pI6c", "%20pI4", "%pi44", "%pI5", "%pIc", "%pks", "%pus", "%pksx",
	"%pk", "%pi", "%pd", "%pa", "%pp", "%p1", "%k", "%q", "%hd", "%lc", "%ll", "%l",
	"%", "%5", "a%5%", "%.3d", "%*d", "%#x", "%p%", "%pK%", "\x01", "\x7f",
	"\xc3\xa4%d", "%\xc3", "%c\xc3\xa4", "%s\xc3\xa4", "%p\xc3\xa4", "%pS", "%ps",
	"%pB", "%ps1",
};

static void trace_printk_agrees(void **state)
{
	(void)state;
	need_bpf();
	for (uint32_t i = 0; i < 2 * sizeof(formats) / sizeof(formats[0]); i++) {
		const char *f = formats[i / 2];
		char text[64] = {0};
		int32_t w;

		strcpy(text, f);
		for (uint32_t k = 0; k < 64; k += 4) {
			memcpy(&w, text + k, 4);
			vm_say(c, "*(u32 *)(r10 - %u) = %d\n", 64 - k, w);
		}
		vm_say(c, i % 2 ? "r3 = 5\nr4 = -7\nr5 = 0\n"
				: "r3 = 0x123456789 ll\nr4 = 0xfedcba9876543210 ll\nr5 = -1\n");
		vm_say(c, "r1 = r10\nr1 += -64\nr2 = %zu\ncall 6\nexit\n", strlen(f) + 1);
		compare(PROG_SCHED_CLS, f);
	}
	/* not terminated */
	vm_say(c, "*(u32 *)(r10 - 4) = 0x61616161\nr1 = r10\nr1 += -4\nr2 = 4\nr3 = 0\nr4 = 0\nr5 "
		  "= 0\n"
		  "call 6\nexit\n");
	compare(PROG_SCHED_CLS, "without NUL");
}

/* ---- LD_ABS and LD_IND --------------------------------------------------------------------- */

static int32_t packet_offset(void)
{
	switch (below(6)) {
	case 0:
		return -0x100000 + (int32_t)below(PACKET + 8);
	case 1:
		return -0x200000 + (int32_t)below(PACKET + 8);
	case 2:
		return below(2) ? INT32_MAX - (int32_t)below(4) : -(int32_t)below(0x300000);
	default:
		return (int32_t)below(PACKET + 8);
	}
}

static void packet_loads_agree(void **state)
{
	static const char *const size[] = {"u8", "u16", "u32"};
	(void)state;
	need_bpf();
	for (uint32_t i = 0; i < rounds(600); i++) {
		int32_t off = packet_offset(),
			base = below(2) ? (int32_t)below(50) : (int32_t)rng_next(&rng);
		uint32_t s = below(3);

		vm_say(c, "r6 = r1\n");
		if (below(2))
			vm_say(c, "r0 = *(%s *)skb[%d]\n", size[s], off);
		else
			vm_say(c, "r2 = %d\nr0 = *(%s *)skb[r2 + %d]\n", base, size[s],
			       (int32_t)((uint32_t)off - (uint32_t)base));
		vm_say(c, "r0 += 1\nexit\n");
		compare(i % 2 ? PROG_SCHED_CLS : PROG_SOCKET_FILTER, "packet load");
	}
}

/* ---- tail calls ------------------------------------------------------------------------------ */

static void tail_calls_agree(void **state)
{
	uint8_t records[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0};
	(void)state;
	need_bpf();
	vm_map(c, MAP_PROG_ARRAY, 4, 4, 3, 0);
	c->in.maps = records;
	c->in.nmaps = sizeof(records);
	c->in.packet = packet;
	c->in.npacket = PACKET;
	/* the packet's first byte counts; every index, also those without a program */
	for (int32_t index = -2; index < 5; index++) {
		struct both k;

		packet[0] = 0;
		c->unit.nprog = 0;
		for (uint32_t i = 0; i < 2; i++) {
			vm_say(c,
			       "r6 = r1\nr7 = *(u32 *)(r6 + 76)\nr8 = *(u32 *)(r6 + 80)\nr0 = "
			       "r7\nr0 += 14\n"
			       "if r0 > r8 goto out\nr9 = *(u8 *)(r7 + 0)\nr9 += 1\n*(u8 *)(r7 + "
			       "0) = r9\n"
			       "r1 = r6\nr2 = map_by_idx(0) ll\nr3 = %d\ncall 12\n"
			       "r0 = r9\nr0 |= %u\nexit\nout:\nr0 = 0\nexit\n",
			       i ? 0 : index, i << 8);
			vm_prog(c, PROG_SCHED_CLS);
		}
		kernel_run(&k);
		assert_int_equal((uint32_t)vm_r0(c), k.r0);
		assert_memory_equal(vm_host(c->g->data), k.packet, PACKET);
	}
}

/* ---- maps --------------------------------------------------------------------------------------
 */

static const struct {
	uint32_t type, key, value, entries, flags;
} kinds[] = {
	{MAP_ARRAY, 4, 8, 5, 0}, {MAP_ARRAY, 4, 3, 1, 0},
	{MAP_HASH, 4, 8, 5, 0},	 {MAP_HASH, 4, 8, 5, MAPF_NO_PREALLOC},
	{MAP_HASH, 7, 5, 3, 0},	 {MAP_HASH, 9, 16, 1, MAPF_NO_PREALLOC},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void reset(void)
{
	char why[96];

	if (guest_reset(c->g, &c->unit, &c->in, why) != OUT_RETURN)
		fail_msg("%s", why);
}

/* Each key of the kernel's map is in ours with its value, and there are as many. */
static void contents_agree(int fd, const struct map_def *d)
{
	uint8_t key[16], next[16], value[16];
	uint32_t ours = 0, theirs = 0;

	for (int err = map_next_key(c->g, 0, NULL, next); !err;
	     err = map_next_key(c->g, 0, key, next)) {
		memcpy(key, next, d->key_size);
		ours++;
	}
	for (enum linux_err err = linux_map_next_key(fd, NULL, next); err == LINUX_OK;
	     err = linux_map_next_key(fd, key, next)) {
		uint64_t at;

		memcpy(key, next, d->key_size);
		assert_int_equal(linux_map_lookup(fd, key, value), LINUX_OK);
		at = map_lookup(c->g, 0, key);
		assert_int_not_equal(at, 0);
		assert_memory_equal(vm_host(at), value, d->value_size);
		theirs++;
	}
	assert_int_equal(ours, theirs);
}

static void one_operation(int fd, const struct map_def *d)
{
	uint8_t key[16] = {0}, value[16], next[16] = {0}, other[16] = {0};
	/* Not BPF_F_LOCK: the system call looks at it first, the helpers, which ours are, last. */
	uint64_t flags = below(4) ? 0 : below(4);
	uint64_t at;

	key[0] = (uint8_t)below(d->max_entries + 3);
	key[d->key_size - 1] |= (uint8_t)(below(10) ? 0 : 0x80);
	for (uint32_t i = 0; i < sizeof(value); i++)
		value[i] = (uint8_t)rng_next(&rng);
	switch (below(4)) {
	case 0:
	case 1:
		assert_int_equal(linux_err_of(-map_update(c->g, 0, key, value, flags)),
				 linux_map_update(fd, key, value, flags));
		break;
	case 2:
		assert_int_equal(linux_err_of(-map_delete(c->g, 0, key)),
				 linux_map_delete(fd, key));
		break;
	default:
		at = map_lookup(c->g, 0, key);
		assert_int_equal(at ? LINUX_OK : LINUX_NOT_FOUND, linux_map_lookup(fd, key, value));
		if (at)
			assert_memory_equal(vm_host(at), value, d->value_size);
		if (d->type == MAP_ARRAY) {
			assert_int_equal(linux_err_of(-map_next_key(c->g, 0, key, next)),
					 linux_map_next_key(fd, key, other));
			assert_memory_equal(next, other, sizeof(next));
		}
		break;
	}
}

static void map_operations_agree(void **state)
{
	(void)state;
	need_bpf();
	vm_asm(c, PROG_PLAIN, "r0 = 0\nexit\n");
	for (uint32_t i = 0; i < KINDS * rounds(5); i++) {
		struct linux_map_opts o = {.type = kinds[i % KINDS].type};
		int fd;

		c->unit.nmap = 0;
		vm_map(c, o.type, o.key_size = kinds[i % KINDS].key,
		       o.value_size = kinds[i % KINDS].value,
		       o.max_entries = kinds[i % KINDS].entries, o.flags = kinds[i % KINDS].flags);
		c->in.seed = i;
		reset();
		assert_int_equal(linux_map_create(&o, &fd), LINUX_OK);
		for (uint32_t k = 0; k < 200; k++)
			one_operation(fd, &c->map[0]);
		contents_agree(fd, &c->map[0]);
		close(fd);
	}
}

/*
 * Adds one map operation to a program whose r9 is the context and r7 and r8
 * are pointers to values, possibly of elements that are gone.  What each
 * returns is folded into the context.
 */
static void say_operation(uint32_t n)
{
	uint32_t ptr = 7 + below(2);

	vm_say(c,
	       "*(u64 *)(r10 - 8) = %u\n*(u64 *)(r10 - 16) = %u\nr1 = map_by_idx(0) ll\nr2 = r10\n"
	       "r2 += -8\n",
	       below(5), n + 1000);
	switch (below(6)) {
	case 0:
	case 1:
		vm_say(c, "r3 = r10\nr3 += -16\nr4 = %u\ncall 2\n", below(3) ? 0 : below(4));
		break;
	case 2:
		vm_say(c, "call 3\n");
		break;
	case 3:
		vm_say(c, "call 1\nif r0 == 0 goto skip%u\nr%u = r0\nskip%u:\nr0 = 3\n", n, ptr, n);
		break;
	case 4:
		vm_say(c, "r0 = *(u64 *)(r%u + 0)\n", ptr);
		break;
	default:
		vm_say(c, "*(u64 *)(r%u + 0) = %u\nr0 = 0\n", ptr, n + 2000);
		break;
	}
	vm_say(c, "r1 = *(u64 *)(r9 + 0)\nr1 *= 31\nr1 += r0\n*(u64 *)(r9 + 0) = r1\n");
}

/* Updates, deletions, and reads and writes through pointers that are kept. */
static void stale_pointers_agree(void **state)
{
	static uint8_t ctx[8];
	(void)state;
	need_bpf();
	c->in.ctx = ctx;
	c->in.nctx = sizeof(ctx);
	for (uint32_t i = 0; i < rounds(150); i++) {
		c->unit.nmap = 0;
		vm_map(c, MAP_HASH, 8, 8, 1 + below(4), i % 2 ? MAPF_NO_PREALLOC : 0);
		/* one element to point to */
		vm_say(c, "r9 = r1\n*(u64 *)(r10 - 8) = 0\n*(u64 *)(r10 - 16) = 77\nr1 = "
			  "map_by_idx(0) ll\n"
			  "r2 = r10\nr2 += -8\nr3 = r10\nr3 += -16\nr4 = 0\ncall 2\nr1 = "
			  "map_by_idx(0) ll\n"
			  "r2 = r10\nr2 += -8\ncall 1\nif r0 == 0 goto out\nr7 = r0\nr8 = r0\n");
		for (uint32_t n = 0; n < 25; n++)
			say_operation(n);
		vm_say(c, "out:\nr0 = 0\nexit\n");
		c->in.seed = i;
		compare(PROG_SYSCALL, "pointers to elements");
	}
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(csum_diff_agrees),	 T(skb_load_bytes_agrees), T(skb_store_bytes_agrees),
		T(trace_printk_agrees),	 T(packet_loads_agree),	   T(tail_calls_agree),
		T(map_operations_agree), T(stale_pointers_agree),
	};

	return cmocka_run_group_tests_name("vm against Linux", tests, NULL, NULL);
}
