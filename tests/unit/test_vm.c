/* SPDX-License-Identifier: Apache-2.0 */
/* vm/: guest memory, contexts, and what a program starts with. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/vm_case.h"

static struct vm_case *c;

static int setup(void **state)
{
	(void)state;
	c = calloc(1, sizeof(*c));
	vm_case_init(c);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vm_case_free(c);
	free(c);
	return 0;
}

/* ---- guest memory ---------------------------------------------------------------- */

static const struct region *region(uint32_t i)
{
	return &c->g->layout.rgn[i];
}

static void reset(void)
{
	char why[96];

	if (guest_reset(c->g, &c->unit, &c->in, why) != OUT_RETURN)
		fail_msg("%s", why);
}

/* Does this access kill the process?  Compiled code rests on the guards. */
static bool faults(uint64_t addr, bool write)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		volatile uint8_t *p = vm_host(addr);

		/* cmocka would go on with the next test */
		signal(SIGSEGV, SIG_DFL);
		signal(SIGBUS, SIG_DFL);
		if (write)
			*p = 1;
		else
			(void)*p;
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return !WIFEXITED(status);
}

static void regions_lie_against_guards(void **state)
{
	static const uint32_t sizes[] = {1, 7, 8, 13, 64, 4096, 65536, 200000};
	uint32_t left = 0, right = 0;
	(void)state;

	vm_asm(c, PROG_XDP, "r0 = 0\nexit\n");
	for (uint32_t i = 0; i < 40; i++) {
		uint32_t n = sizes[i % 8];
		uint8_t *packet = calloc(1, n);
		const struct region *r;
		bool low;

		c->in.seed = i;
		c->in.packet = packet;
		c->in.npacket = n;
		reset();
		r = region(GUEST_PACKET);
		assert_int_equal(r->len, n);
		assert_int_equal(r->base >> GUEST_SHIFT,
				 (GUEST_BASE >> GUEST_SHIFT) + GUEST_PACKET);
		low = r->base % (1 << GUEST_SHIFT) == GUEST_GUARD;
		if (!low)
			assert_int_equal((r->base + n) % (1 << GUEST_SHIFT),
					 (1 << GUEST_SHIFT) - GUEST_GUARD);
		if (i < 8) {
			assert_true(faults(low ? r->base - 1 : r->base + n, false));
			assert_true(faults(
				low ? r->base - GUEST_GUARD : r->base + n + GUEST_GUARD - 1, true));
			assert_false(faults(low ? r->base : r->base + n - 1, true));
		}
		*(low ? &left : &right) += 1;
		free(packet);
	}
	assert_true(left > 5 && right > 5);
}

static void contexts_and_maps_are_aligned(void **state)
{
	uint8_t mem[40] = {0};
	(void)state;

	vm_asm(c, PROG_PLAIN, "r0 = 0\nexit\n");
	vm_map(c, MAP_ARRAY, 4, 5, 3, 0);
	c->in.ctx = mem;
	for (uint32_t n = 1; n <= 40; n++) {
		c->in.nctx = n;
		c->in.seed = n;
		reset();
		assert_int_equal(region(GUEST_CTX)->base % 8, 0);
		assert_int_equal(region(GUEST_CTX)->len, n);
		assert_int_equal(region(GUEST_STACK)->base % 8, 0);
		assert_int_equal(region(GUEST_STACK)->len, GUEST_STACK_SIZE);
		assert_int_equal(region(GUEST_MAP0)->base % 8, 0);
		assert_int_equal(region(GUEST_MAP0)->len, 24);
		assert_int_equal(region(GUEST_MAP0)->stride, 8);
	}
}

static void guest_at_knows_bounds_and_rights(void **state)
{
	uint64_t base;
	(void)state;

	vm_asm(c, PROG_CGROUP_SKB, "r0 = 0\nexit\n");
	vm_map(c, MAP_ARRAY, 4, 8, 1, MAPF_RDONLY_PROG);
	vm_map(c, MAP_ARRAY, 4, 8, 1, MAPF_WRONLY_PROG);
	c->in.packet = (const uint8_t *)"0123456789";
	c->in.npacket = 10;
	reset();
	base = region(GUEST_PACKET)->base;
	assert_ptr_equal(guest_at(c->g, base, 10, RGN_READ), vm_host(base));
	assert_ptr_equal(guest_at(c->g, base + 9, 1, RGN_READ), vm_host(base + 9));
	assert_null(guest_at(c->g, base, 11, RGN_READ));
	assert_null(guest_at(c->g, base, UINT64_MAX, RGN_READ));
	assert_null(guest_at(c->g, base - 1, 2, RGN_READ));
	assert_null(guest_at(c->g, base + 10, 1, RGN_READ));
	assert_null(guest_at(c->g, base + 9, 2, RGN_READ));
	assert_null(guest_at(c->g, base, 1, RGN_WRITE));
	assert_null(guest_at(c->g, base, 0, RGN_READ));
	assert_null(guest_at(c->g, 0, 1, RGN_READ));
	assert_null(guest_at(c->g, UINT64_MAX, 1, RGN_READ));
	assert_null(guest_at(c->g, GUEST_BASE - 1, 1, RGN_READ));
	assert_null(guest_at(c->g, GUEST_MAP_HANDLE, 1, RGN_READ));
	assert_null(guest_at(c->g, GUEST_CODE, 8, RGN_READ));
	base = region(GUEST_MAP0)->base;
	assert_non_null(guest_at(c->g, base, 8, RGN_READ));
	assert_null(guest_at(c->g, base, 8, RGN_WRITE));
	base = region(GUEST_MAP0 + 1)->base;
	assert_non_null(guest_at(c->g, base, 8, RGN_WRITE));
	assert_null(guest_at(c->g, base, 8, RGN_READ));
}

/* The bytes of stack, context, packet and first map, one after the other. */
static uint64_t snapshot(void)
{
	uint64_t h = 0;

	for (uint32_t i = 0; i <= GUEST_MAP0 + 1; i++)
		if (region(i)->len)
			h = digest(vm_host(region(i)->base), region(i)->len, h + region(i)->base);
	return h;
}

static void two_maps(void)
{
	vm_map(c, MAP_ARRAY, 4, 12, 100, 0);
	vm_map(c, MAP_HASH, 8, 8, 100, 0);
}

static void resets_forget_what_ran_before(void **state)
{
	uint8_t packet[100], records[200];
	struct input first, second;
	uint64_t fresh[2];
	struct rng r;
	(void)state;

	rng_seed(&r, 3);
	for (uint32_t i = 0; i < sizeof(packet); i++)
		packet[i] = (uint8_t)rng_next(&r);
	memset(records, 0, sizeof(records));
	for (uint32_t i = 0; i < 10; i++) {
		records[17 * i] = 1;
		records[17 * i + 1] = (uint8_t)i;
		records[17 * i + 9] = (uint8_t)(i + 100);
	}
	vm_asm(c, PROG_SCHED_CLS, "r0 = 0\nexit\n");
	two_maps();
	first = (struct input){
		.packet = packet, .npacket = 100, .seed = 9, .maps = records, .nmaps = 170};
	second = (struct input){
		.packet = packet, .npacket = 61, .seed = 10, .ctx = packet, .nctx = 100};
	c->in = first;
	reset();
	fresh[0] = snapshot();
	c->in = second;
	reset();
	fresh[1] = snapshot();
	assert_int_not_equal(fresh[0], fresh[1]);
	for (uint32_t n = 0; n < 20; n++) {
		for (uint32_t i = 0; i <= GUEST_MAP0 + 1; i++)
			memset(vm_host(region(i)->base), (int)n, region(i)->len);
		for (uint64_t k = n; k < 40; k++)
			map_update(c->g, 1, &k, packet, 0);
		c->in = n % 2 ? second : first;
		reset();
		assert_int_equal(snapshot(), fresh[n % 2]);
	}
}

static void a_large_region_is_gone_at_the_next_reset(void **state)
{
	uint8_t *big = malloc(1 << 20);
	(void)state;

	memset(big, 1, 1 << 20);
	vm_asm(c, PROG_XDP, "r0 = 0\nexit\n");
	vm_map(c, MAP_ARRAY, 4, 1 << 20, 3, 0);
	for (uint32_t i = 0; i < 8; i++) {
		const struct region *r = region(GUEST_MAP0);
		uint64_t base, sum = 0;

		c->in.packet = big;
		c->in.npacket = 1 << 20;
		c->in.seed = i;
		reset();
		base = region(GUEST_PACKET)->base;
		assert_memory_equal(vm_host(base), big, 1 << 20);
		assert_int_equal(r->len, 3 << 20);
		for (uint64_t k = 0; k < r->len; k += 8)
			sum += *(uint64_t *)vm_host(r->base + k);
		assert_int_equal(sum, 0);
		memset(vm_host(r->base), 0xff, r->len);
		c->in.npacket = 8;
		reset();
		if (base != region(GUEST_PACKET)->base)
			assert_true(faults(base, false));
		else
			assert_true(faults(base + (1 << 20) - 1, false));
	}
	free(big);
}

static void what_is_too_large_is_unsupported(void **state)
{
	uint8_t *big = calloc(1, 2 << 20);
	(void)state;

	vm_asm(c, PROG_PLAIN, "r0 = 0\nexit\n");
	c->in.ctx = c->in.packet = big;
	c->in.nctx = 1 << 20;
	assert_int_equal(vm_run(c), OUT_UNSUPPORTED);
	c->in.nctx = 0;
	c->in.npacket = 2 << 20;
	assert_int_equal(vm_run(c), OUT_UNSUPPORTED);
	c->in.npacket = 0;
	assert_int_equal(vm_run(c), OUT_RETURN);
	vm_map(c, MAP_ARRAY, 4, 1 << 20, 16, 0);
	assert_int_equal(vm_run(c), OUT_UNSUPPORTED);
	c->map[0].max_entries = 15;
	assert_int_equal(vm_run(c), OUT_RETURN);
	c->map[0].type = MAP_LPM_TRIE;
	assert_int_equal(vm_run(c), OUT_UNSUPPORTED);
	c->map[0].type = 12345;
	assert_int_equal(vm_run(c), OUT_UNSUPPORTED);
	free(big);
}

static void only_one_guest_fits(void **state)
{
	char why[96] = "";
	(void)state;

	assert_null(guest_new(why));
	assert_true(strlen(why) > 0);
	guest_free(c->g);
	c->g = guest_new(why);
	assert_non_null(c->g);
}

static void canaries_show_in_the_slack_digest(void **state)
{
	struct outcome before, after;
	(void)state;

	vm_asm(c, PROG_PLAIN, "r0 = 0\nexit\n");
	c->in.ctx = (const uint8_t *)"0123456789abc";
	c->in.nctx = 13;
	vm_map(c, MAP_ARRAY, 4, 4, 2, 0);
	for (uint64_t seed = 0; seed < 16; seed++) {
		static const uint32_t some[] = {GUEST_STACK, GUEST_CTX, GUEST_MAP0};

		c->in.seed = seed;
		for (uint32_t i = 0; i < 6; i++) {
			const struct region *r = region(some[i / 2]);
			uint64_t at, guard = 1 << GUEST_SHIFT;

			reset();
			guest_digest(c->g, &before);
			assert_int_equal(before.digest_valid, (1 << REGION_N) - 1);
			/* the side that no guard protects */
			at = r->base % guard == GUEST_GUARD ? r->base + r->len : r->base - 1;
			if (i % 2)
				at = at < r->base ? r->base - 64 : at + 63;
			*(uint8_t *)vm_host(at) ^= 0x10;
			guest_digest(c->g, &after);
			assert_int_not_equal(before.digest[REGION_SLACK],
					     after.digest[REGION_SLACK]);
			for (int k = 0; k < REGION_SLACK; k++)
				assert_int_equal(before.digest[k], after.digest[k]);
		}
		/* padding between values of 4 bytes */
		reset();
		guest_digest(c->g, &before);
		*(uint8_t *)vm_host(region(GUEST_MAP0)->base + 5) = 1;
		guest_digest(c->g, &after);
		assert_int_not_equal(before.digest[REGION_SLACK], after.digest[REGION_SLACK]);
		assert_int_equal(before.digest[REGION_MAPS], after.digest[REGION_MAPS]);
	}
}

static void each_region_has_its_digest(void **state)
{
	static const enum region_id name[] = {
		[GUEST_STACK] = REGION_STACK,
		[GUEST_CTX] = REGION_CTX,
		[GUEST_PACKET] = REGION_PACKET,
		[GUEST_MAP0] = REGION_MAPS,
	};
	struct outcome before, after;
	(void)state;

	vm_asm(c, PROG_XDP, "r0 = 0\nexit\n");
	c->in.packet = (const uint8_t *)"0123456789";
	c->in.npacket = 10;
	vm_map(c, MAP_ARRAY, 4, 8, 2, 0);
	reset();
	guest_digest(c->g, &before);
	for (uint32_t i = 0; i <= GUEST_MAP0; i++) {
		uint8_t *last = vm_host(region(i)->base + region(i)->len - 1);

		*last ^= 1;
		guest_digest(c->g, &after);
		for (uint32_t k = 0; k < REGION_N; k++)
			assert_int_equal(before.digest[k] != after.digest[k], k == name[i]);
		*last ^= 1;
	}
}

/* ---- contexts ----------------------------------------------------------------------- */

static void plain_programs_get_memory_and_length(void **state)
{
	(void)state;
	vm_asm(c, PROG_PLAIN, "r0 = r2\nr0 <<= 8\nr3 = *(u8 *)(r1 + 2)\nr0 |= r3\nexit\n");
	c->in.ctx = (const uint8_t *)"abc";
	c->in.nctx = 3;
	assert_int_equal(vm_r0(c), 3 << 8 | 'c');
	vm_asm(c, PROG_PLAIN, "r0 = r1\nr0 |= r2\nexit\n");
	c->in.nctx = 0;
	assert_int_equal(vm_r0(c), 0);
}

static void packet_pointers_come_from_the_context(void **state)
{
	static const struct {
		uint16_t type;
		int data, end, meta;
	} types[] = {
		{PROG_XDP, 0, 4, 8},
		{PROG_SCHED_CLS, 76, 80, 140},
		{PROG_SCHED_ACT, 76, 80, 140},
		{PROG_CGROUP_SKB, 76, 80, -1},
	};
	uint8_t ctx[192];
	(void)state;

	/* what an input puts there does not count */
	memset(ctx, 0x5a, sizeof(ctx));
	c->in.ctx = ctx;
	c->in.nctx = sizeof(ctx);
	c->in.packet = (const uint8_t *)"0123456789";
	c->in.npacket = 10;
	for (uint32_t i = 0; i < 4; i++) {
		for (c->in.seed = 0; c->in.seed < 4; c->in.seed++) {
			c->unit.nprog = 0;
			vm_say(c, "r2 = *(u32 *)(r1 + %d)\nr3 = *(u32 *)(r1 + %d)\n", types[i].data,
			       types[i].end);
			vm_say(c, "r4 = %s(r1 + %d)\n", types[i].meta < 0 ? "*(u8 *)" : "*(u32 *)",
			       types[i].meta < 0 ? types[i].data : types[i].meta);
			vm_say(c, "r6 = *(u8 *)(r1 + %d)\nr5 = *(u8 *)(r2 + 9)\n", types[i].data);
			vm_say(c, "r0 = r3\nr0 -= r2\nexit\n");
			vm_prog(c, types[i].type);
			assert_int_equal(vm_r0(c), 10);
			assert_int_equal(c->out.reg[2], region(GUEST_PACKET)->base);
			assert_int_equal(c->out.reg[5], '9');
			assert_int_equal(c->out.reg[6], 0);
			assert_int_equal(c->out.reg[4],
					 types[i].meta < 0 ? 0 : region(GUEST_PACKET)->base);
		}
	}
}

static void a_missing_packet_is_empty(void **state)
{
	(void)state;
	vm_asm(c, PROG_XDP,
	       "r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr0 = r3\nr0 -= r2\nexit\n");
	assert_int_equal(vm_r0(c), 0);
	assert_int_not_equal(c->out.reg[2], 0);
	vm_asm(c, PROG_XDP, "r2 = *(u32 *)(r1 + 0)\nr0 = *(u8 *)(r2 + 0)\nexit\n");
	assert_int_equal(vm_run(c), OUT_TRAP);
	assert_int_equal(c->out.pc.insn, 1);
}

static void skb_fields_come_from_input_and_packet(void **state)
{
	uint8_t ctx[192];
	(void)state;

	memset(ctx, 0, sizeof(ctx));
	memcpy(ctx, "\xff\xff\xff\xff", 4);
	memcpy(ctx + 8, "\x44\x33\x22\x11", 4);
	memcpy(ctx + 48, "\x01\x02\x03\x04", 4);
	c->in.ctx = ctx;
	c->in.nctx = 52;
	c->in.packet = (const uint8_t *)"0123456789";
	c->in.npacket = 10;
	vm_asm(c, PROG_SOCKET_FILTER,
	       "r2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 8)\nr4 = *(u16 *)(r1 + 50)\n"
	       "r5 = *(u32 *)(r1 + 188)\nr0 = 0\nexit\n");
	vm_r0(c);
	assert_int_equal(c->out.reg[2], 10);
	assert_int_equal(c->out.reg[3], 0x11223344);
	assert_int_equal(c->out.reg[4], 0x0403);
	assert_int_equal(c->out.reg[5], 0);
	assert_int_equal(region(GUEST_CTX)->len, 192);
}

static void contexts_of_any_size_are_rounded_up(void **state)
{
	(void)state;
	vm_asm(c, PROG_SYSCALL, "r0 = *(u64 *)(r1 + 0)\nexit\n");
	assert_int_equal(vm_r0(c), 0);
	assert_int_equal(region(GUEST_CTX)->len, 8);
	c->in.ctx = (const uint8_t *)"\1\2\3\4\5\6\7\10\11";
	c->in.nctx = 9;
	assert_int_equal(vm_r0(c), 0x0807060504030201);
	assert_int_equal(region(GUEST_CTX)->len, 16);
	/* no run that Linux would refuse because the context is too short */
	vm_asm(c, PROG_SYSCALL, "*(u16 *)(r1 + 4094) = 5\nr0 = *(u64 *)(r1 + 4088)\nexit\n");
	assert_int_equal(vm_r0(c), 5ull << 48);
	vm_asm(c, PROG_RAW_TRACEPOINT, "r0 = *(u64 *)(r1 + 88)\nexit\n");
	assert_int_equal(vm_r0(c), 0);
	vm_asm(c, PROG_RAW_TRACEPOINT, "r0 = 0\n*(u64 *)(r1 + 0) = r0\nexit\n");
	assert_int_equal(vm_run(c), OUT_TRAP);
}

static void a_read_only_packet_cannot_be_written(void **state)
{
	(void)state;
	c->in.packet = (const uint8_t *)"0123456789";
	c->in.npacket = 10;
	vm_asm(c, PROG_CGROUP_SKB, "r2 = *(u32 *)(r1 + 76)\n*(u8 *)(r2 + 0) = 1\nr0 = 0\nexit\n");
	assert_int_equal(vm_run(c), OUT_TRAP);
	assert_int_equal(c->out.trap, TRAP_ACCESS);
	assert_int_equal(c->out.pc.insn, 1);
	vm_asm(c, PROG_SCHED_CLS, "r2 = *(u32 *)(r1 + 76)\n*(u8 *)(r2 + 0) = 1\nr0 = 0\nexit\n");
	assert_int_equal(vm_run(c), OUT_RETURN);
}

/* ---- registers and determinism --------------------------------------------------------- */

static void every_register_starts_defined_by_the_seed(void **state)
{
	uint64_t first[REGS];
	(void)state;

	vm_asm(c, PROG_PLAIN, "exit\n");
	vm_run(c);
	assert_int_equal(c->out.reg_valid, (1 << REGS) - 1);
	memcpy(first, c->out.reg, sizeof(first));
	assert_int_equal(first[1], 0);
	assert_int_equal(first[2], 0);
	for (uint32_t i = 3; i < REG_FP; i++)
		for (uint32_t k = 0; k < i; k++)
			assert_int_not_equal(first[i], first[k]);
	assert_int_equal(first[REG_FP], region(GUEST_STACK)->base + GUEST_STACK_SIZE);
	c->in.seed = 2;
	vm_run(c);
	for (uint32_t i = 3; i < REG_FP; i++)
		assert_int_not_equal(first[i], c->out.reg[i]);
	c->in.seed = 1;
	vm_run(c);
	assert_memory_equal(first, c->out.reg, sizeof(first));
}

static void helper_calls_leave_poison(void **state)
{
	uint64_t poison[6];
	(void)state;

	vm_asm(c, PROG_PLAIN, "r1 = 1\nr2 = 2\nr3 = 3\nr4 = 4\nr5 = 5\nr6 = 6\ncall 5\nexit\n");
	vm_r0(c);
	memcpy(poison, c->out.reg, sizeof(poison));
	for (uint64_t i = 1; i <= 5; i++)
		assert_int_not_equal(poison[i], i);
	assert_int_equal(c->out.reg[6], 6);
	vm_asm(c, PROG_PLAIN, "r1 = 7\ncall 7\nexit\n");
	vm_r0(c);
	for (uint32_t i = 1; i <= 5; i++)
		assert_int_equal(poison[i], c->out.reg[i]);
	vm_asm(c, PROG_SOCKET_FILTER, "r6 = r1\nr0 = *(u8 *)skb[0]\nexit\n");
	c->in.packet = (const uint8_t *)"x";
	c->in.npacket = 1;
	assert_int_equal(vm_r0(c), 'x');
	for (uint32_t i = 1; i <= 5; i++)
		assert_int_equal(poison[i], c->out.reg[i]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(regions_lie_against_guards),
		T(contexts_and_maps_are_aligned),
		T(guest_at_knows_bounds_and_rights),
		T(resets_forget_what_ran_before),
		T(a_large_region_is_gone_at_the_next_reset),
		T(what_is_too_large_is_unsupported),
		T(only_one_guest_fits),
		T(canaries_show_in_the_slack_digest),
		T(each_region_has_its_digest),
		T(plain_programs_get_memory_and_length),
		T(packet_pointers_come_from_the_context),
		T(a_missing_packet_is_empty),
		T(skb_fields_come_from_input_and_packet),
		T(contexts_of_any_size_are_rounded_up),
		T(a_read_only_packet_cannot_be_written),
		T(every_register_starts_defined_by_the_seed),
		T(helper_calls_leave_poison),
	};

	return cmocka_run_group_tests_name("guest", tests, NULL, NULL);
}
