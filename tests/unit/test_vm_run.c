/* SPDX-License-Identifier: Apache-2.0 */
/* vm/: traps and their places, fuel, frames, tail calls, maps, helpers, traces. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

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

/* ---- traps ------------------------------------------------------------------------------- */

static void expect_trap(uint16_t type, const char *text, enum trap trap, uint32_t prog,
			uint32_t insn)
{
	vm_asm(c, type, text);
	vm_run(c);
	if (c->out.kind != OUT_TRAP || c->out.trap != trap || c->out.pc.prog != prog ||
	    c->out.pc.insn != insn)
		fail_msg("%s gives %s, %s at %u (%s)", text, out_name(c->out.kind),
			 trap_name(c->out.trap), c->out.pc.insn, c->out.why);
	assert_int_equal(c->out.reg_valid, 0);
	assert_int_equal(c->out.digest_valid, (1 << REGION_N) - 1);
}

static void accesses_outside_regions_trap(void **state)
{
	(void)state;
	c->in.ctx = (const uint8_t *)"0123456789abcdef";
	c->in.nctx = 16;
	for (c->in.seed = 0; c->in.seed < 8; c->in.seed++) {
		expect_trap(PROG_PLAIN, "r0 = 0\nr3 = *(u8 *)(r1 + 16)\nexit\n", TRAP_ACCESS, 0, 1);
		expect_trap(PROG_PLAIN, "r0 = *(u64 *)(r1 + 9)\nexit\n", TRAP_ACCESS, 0, 0);
		expect_trap(PROG_PLAIN, "r0 = *(u64 *)(r1 - 1)\nexit\n", TRAP_ACCESS, 0, 0);
		expect_trap(PROG_PLAIN, "r0 = 5 ll\nr0 = *(u8 *)(r10 + 0)\nexit\n", TRAP_ACCESS, 0,
			    2);
		expect_trap(PROG_PLAIN, "*(u8 *)(r10 - 4097) = 1\nexit\n", TRAP_ACCESS, 0, 0);
		expect_trap(PROG_PLAIN, "*(u64 *)(r1 + 15) = 1\nexit\n", TRAP_ACCESS, 0, 0);
		expect_trap(PROG_PLAIN, "*(u16 *)(r1 + 15) = r0\nexit\n", TRAP_ACCESS, 0, 0);
		expect_trap(PROG_PLAIN, "r2 = 0\nr0 = *(s8 *)(r2 + 0)\nexit\n", TRAP_ACCESS, 0, 1);
		expect_trap(PROG_PLAIN, "r2 = -1\nr0 = *(u8 *)(r2 + 0)\nexit\n", TRAP_ACCESS, 0, 1);
		expect_trap(PROG_PLAIN, "r0 = *(u8 *)(r3 + 0)\nexit\n", TRAP_ACCESS, 0, 0);
		expect_trap(PROG_PLAIN, "lock *(u64 *)(r1 + 16) += r2\nexit\n", TRAP_ACCESS, 0, 0);
		/* out of bounds and unaligned: bounds first */
		expect_trap(PROG_PLAIN, "lock *(u64 *)(r1 + 12) += r2\nexit\n", TRAP_ACCESS, 0, 0);
	}
}

static void unaligned_atomics_trap(void **state)
{
	(void)state;
	expect_trap(PROG_PLAIN, "r2 = 1\nlock *(u64 *)(r10 - 12) += r2\nexit\n", TRAP_ALIGN, 0, 1);
	expect_trap(PROG_PLAIN, "r2 = 1\nlock *(u32 *)(r10 - 6) += r2\nexit\n", TRAP_ALIGN, 0, 1);
	expect_trap(PROG_PLAIN, "r2 = 1\nr0 = cmpxchg_64(r10 - 15, r0, r2)\nexit\n", TRAP_ALIGN, 0,
		    1);
	expect_trap(PROG_PLAIN, "r0 = load_acquire((u16 *)(r10 - 3))\nexit\n", TRAP_ALIGN, 0, 0);
	expect_trap(PROG_PLAIN, "store_release((u32 *)(r10 - 7), r1)\nexit\n", TRAP_ALIGN, 0, 0);
	vm_asm(c, PROG_PLAIN,
	       "r2 = 7\nlock *(u32 *)(r10 - 12) += r2\n"
	       "store_release((u8 *)(r10 - 13), r2)\nr0 = load_acquire((u8 *)(r10 - 13))\nexit\n");
	assert_int_equal(vm_r0(c), 7);
}

static void a_trap_stops_before_the_access(void **state)
{
	uint64_t base;
	(void)state;

	c->in.ctx = (const uint8_t *)"01234567";
	c->in.nctx = 8;
	expect_trap(PROG_PLAIN, "r2 = 0x1122334455667788 ll\n*(u64 *)(r1 + 4) = r2\nexit\n",
		    TRAP_ACCESS, 0, 2);
	base = region(GUEST_CTX)->base;
	assert_memory_equal(vm_host(base), "01234567", 8);
}

static void dead_insns_trap(void **state)
{
	static const uint8_t dead[] = {0, 0, 1, 0, 0};
	const uint8_t *all[] = {dead};
	(void)state;

	vm_asm(c, PROG_PLAIN, "r0 = 1\nif r0 == 1 goto +1\nr0 = 2\nr0 += 1\nexit\n");
	assert_int_equal(vm_run_opts(c, all, false), OUT_RETURN);
	vm_asm(c, PROG_PLAIN, "r0 = 1\nif r0 == 2 goto +1\nr0 = 2\nr0 += 1\nexit\n");
	assert_int_equal(vm_run_opts(c, all, false), OUT_TRAP);
	assert_int_equal(c->out.trap, TRAP_DEAD);
	assert_int_equal(c->out.pc.insn, 2);
	/* where the dead insn is one that needs the guest to be decoded */
	vm_map(c, MAP_ARRAY, 4, 4, 1, 0);
	vm_asm(c, PROG_PLAIN, "r0 = 1\nr0 = 2\nr1 = map_val(map_by_idx(0)) + 0 ll\nexit\n");
	assert_int_equal(vm_run_opts(c, all, false), OUT_TRAP);
	assert_int_equal(c->out.pc.insn, 2);
}

static void what_no_engine_runs_is_told_apart(void **state)
{
	static const struct {
		const char *text;
		enum out kind;
		uint32_t insn;
	} t[] = {
		{"r0 = 0\nr1 = map_by_idx(0) ll\nexit\n", OUT_REJECT, 1},
		{"r0 = 0\ncall 25\nexit\n", OUT_TRAP, 1},
		{"r0 = 0\nr1 = 3\ncallx r1\nexit\n", OUT_REJECT, 2},
		{"call kfunc 5\nexit\n", OUT_UNSUPPORTED, 0},
		{"r1 = addr_space_cast(r2, 0, 1)\nexit\n", OUT_UNSUPPORTED, 0},
		{"r1 = var_addr(5) ll\nexit\n", OUT_UNSUPPORTED, 0},
		{"r0 = 0\n", OUT_REJECT, 0},
		{"goto +5\nexit\n", OUT_REJECT, 0},
	};
	(void)state;

	for (uint32_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		vm_asm(c, PROG_PLAIN, t[i].text);
		vm_run(c);
		/* helper 25 may be known by its prototype and not implemented */
		if (i == 1 && helper_proto(25)) {
			assert_int_equal(c->out.kind, OUT_UNSUPPORTED);
			continue;
		}
		assert_int_equal(c->out.kind, t[i].kind);
		assert_int_equal(c->out.pc.insn, t[i].insn);
	}
	expect_trap(PROG_PLAIN, "r0 = 0\ncall 99999\nexit\n", TRAP_HELPER, 0, 1);
	vm_asm(c, PROG_KPROBE, "r0 = 0\nexit\n");
	assert_int_equal(vm_run(c), OUT_UNSUPPORTED);
	vm_map(c, MAP_HASH, 4, 4, 1, 0);
	vm_asm(c, PROG_PLAIN, "r1 = map_val(map_by_idx(0)) + 0 ll\nr0 = 0\nexit\n");
	assert_int_equal(vm_run(c), OUT_REJECT);
	c->unit.nprog = 0;
	assert_int_equal(vm_run(c), OUT_REJECT);
}

/* ---- fuel ----------------------------------------------------------------------------------- */

static void fuel_is_paid_at_block_entry(void **state)
{
	(void)state;
	/* blocks: 0-2 (3 insns: the wide one counts once), 4 (2), 6 (1) */
	vm_asm(c, PROG_PLAIN, "r0 = 5 ll\nr1 = 0\nif r1 == 0 goto +1\nr0 = 7\nr0 += 1\nexit\n");
	c->in.fuel = 5;
	assert_int_equal(vm_r0(c), 6);
	assert_int_equal(c->out.insns, 5);
	c->in.fuel = 4;
	assert_int_equal(vm_run(c), OUT_FUEL);
	assert_int_equal(c->out.pc.insn, 5);
	assert_int_equal(c->out.insns, 3);
	assert_int_equal(c->out.reg_valid, 0);
	c->in.fuel = 2;
	assert_int_equal(vm_run(c), OUT_FUEL);
	assert_int_equal(c->out.pc.insn, 0);
	assert_int_equal(c->out.insns, 0);
	c->in.fuel = 0;
	assert_int_equal(vm_run(c), OUT_FUEL);
	/* a trap in a block has paid for all of it */
	vm_asm(c, PROG_PLAIN, "r0 = *(u8 *)(r3 + 0)\nr0 = 1\nr0 = 2\nexit\n");
	c->in.fuel = 4;
	assert_int_equal(vm_run(c), OUT_TRAP);
	assert_int_equal(c->out.insns, 4);
	c->in.fuel = 3;
	assert_int_equal(vm_run(c), OUT_FUEL);
	/* an endless loop ends, with any fuel */
	vm_asm(c, PROG_PLAIN, "r0 = 0\nr0 += 1\ngoto -2\n");
	c->in.fuel = 10001;
	assert_int_equal(vm_run(c), OUT_FUEL);
	assert_int_equal(c->out.insns, 10001);
	assert_int_equal(c->out.pc.insn, 1);
	c->in.fuel = UINT64_MAX;
	vm_asm(c, PROG_PLAIN, "r0 = 3\nexit\n");
	assert_int_equal(vm_r0(c), 3);
}

static void may_goto_jumps_in_the_end(void **state)
{
	(void)state;
	vm_asm(c, PROG_PLAIN, "r0 = 0\nmay_goto +2\nr0 += 1\ngoto -3\nexit\n");
	c->in.fuel = 1 << 26;
	assert_int_equal(vm_r0(c), MAY_GOTO_MAX);
	/* a callee has a counter of its own */
	vm_asm(c, PROG_PLAIN,
	       "r0 = 0\nmay_goto +2\nr0 += 1\ngoto -3\ncall pc+1\nexit\n"
	       "may_goto +2\nr0 += 1\ngoto -3\nmay_goto +1\nr0 += 100\nexit\n");
	assert_int_equal(vm_r0(c), 2 * MAY_GOTO_MAX);
}

/* ---- frames and tail calls ------------------------------------------------------------------- */

static void local_calls_keep_callee_saved_registers(void **state)
{
	(void)state;
	vm_asm(c, PROG_PLAIN,
	       "r6 = 6\nr7 = 7\nr8 = 8\nr9 = 9\nr1 = 1\nr2 = r10\n*(u64 *)(r10 - 8) = 111\ncall "
	       "pc+2\n"
	       "r4 = *(u64 *)(r10 - 8)\nexit\n"
	       "r0 = r6\nr6 = 0\nr7 = 0\nr8 = 0\nr9 = 0\nr1 = 55\n*(u64 *)(r10 - 8) = 222\n"
	       "r3 = r10\nexit\n");
	assert_int_equal(vm_r0(c), 6);
	for (uint64_t i = 6; i <= 9; i++)
		assert_int_equal(c->out.reg[i], i);
	assert_int_equal(c->out.reg[1], 55);
	assert_int_equal(c->out.reg[2] - c->out.reg[3], STACK_SIZE);
	assert_int_equal(c->out.reg[4], 111);
	assert_int_equal(c->out.reg[REG_FP], c->out.reg[2]);
}

static void a_ninth_frame_traps(void **state)
{
	(void)state;
	/* f(n) = n ? 1 + f(n - 1) : 0, in n + 1 frames besides main */
	vm_asm(c, PROG_PLAIN,
	       "r1 = 6\ncall pc+1\nexit\n"
	       "r0 = 0\nif r1 == 0 goto +3\nr1 += -1\ncall pc-4\nr0 += 1\nexit\n");
	assert_int_equal(vm_r0(c), 6);
	expect_trap(PROG_PLAIN,
		    "r1 = 7\ncall pc+1\nexit\n"
		    "r0 = 0\nif r1 == 0 goto +3\nr1 += -1\ncall pc-4\nr0 += 1\nexit\n",
		    TRAP_CALL_DEPTH, 0, 6);
}

/* A prog_array with program i at index i. */
static void prog_array(uint32_t n)
{
	static uint8_t records[9 * 8];

	vm_map(c, MAP_PROG_ARRAY, 4, 4, 8, 0);
	memset(records, 0, sizeof(records));
	for (uint32_t i = 0; i < n; i++) {
		records[9 * i + 1] = (uint8_t)i;
		records[9 * i + 5] = (uint8_t)i;
	}
	c->in.maps = records;
	c->in.nmaps = 9 * n;
}

static void tail_calls_replace_the_program(void **state)
{
	(void)state;
	c->in.packet = (const uint8_t *)"0123456789abcdef";
	c->in.npacket = 16;
	vm_say(c, "r9 = 9\n*(u64 *)(r10 - 8) = 42\nr2 = map_by_idx(0) ll\nr3 = 1\ncall 12\nr0 = "
		  "1\nexit\n");
	vm_prog(c, PROG_SCHED_CLS);
	vm_say(c, "r0 = *(u64 *)(r10 - 8)\nr2 = *(u32 *)(r1 + 0)\nexit\n");
	vm_prog(c, PROG_SCHED_CLS);
	prog_array(2);
	assert_int_equal(vm_r0(c), 42);
	assert_int_equal(c->out.reg[2], 16);
	assert_int_not_equal(c->out.reg[9], 9);
	assert_int_equal(c->out.nhelpers, 1);
	/* both blocks, the first to its end */
	assert_int_equal(c->out.insns, 7 + 3);
}

static void failed_tail_calls_continue(void **state)
{
	static const char *const index[] = {"2", "7", "8", "-1", "1 << 33"};
	uint64_t poison = 0;
	(void)state;

	for (uint32_t i = 0; i < 4; i++) {
		c->unit.nprog = c->unit.nmap = 0;
		vm_say(c, "r2 = map_by_idx(0) ll\nr3 = %s\ncall 12\nr6 = r0\nr0 = 1\nexit\n",
		       index[i]);
		vm_prog(c, PROG_SCHED_CLS);
		prog_array(1);
		assert_int_equal(vm_r0(c), 1);
		if (i)
			assert_int_equal(c->out.reg[6], poison);
		poison = c->out.reg[6];
	}
	/* the index has 32 bits */
	c->unit.nprog = c->unit.nmap = 0;
	vm_say(c, "r2 = map_by_idx(0) ll\nr3 = 0x500000001 ll\ncall 12\nr0 = 1\nexit\n");
	vm_prog(c, PROG_SCHED_CLS);
	vm_say(c, "r0 = 2\nexit\n");
	vm_prog(c, PROG_SCHED_CLS);
	prog_array(2);
	assert_int_equal(vm_r0(c), 2);
}

static void tail_calls_are_counted(void **state)
{
	(void)state;
	/* counts its calls in the packet */
	vm_say(c, "r6 = *(u32 *)(r1 + 76)\nr7 = *(u8 *)(r6 + 0)\nr7 += 1\n*(u8 *)(r6 + 0) = r7\n"
		  "r2 = map_by_idx(0) ll\nr3 = 0\ncall 12\nr0 = r7\nexit\n");
	vm_prog(c, PROG_SCHED_CLS);
	prog_array(1);
	c->in.packet = (const uint8_t *)"\0";
	c->in.npacket = 1;
	assert_int_equal(vm_r0(c), 1 + MAX_TAIL_CALLS);
}

static void a_tail_call_in_a_callee_returns_to_the_caller(void **state)
{
	(void)state;
	vm_say(c, "r6 = 6\nr7 = r10\ncall pc+2\nr0 += r6\nexit\n"
		  "r6 = 66\nr2 = map_by_idx(0) ll\nr3 = 1\ncall 12\nr0 = 1\nexit\n");
	vm_prog(c, PROG_SCHED_CLS);
	vm_say(c, "r6 = 666\nr0 = r10\nexit\n");
	vm_prog(c, PROG_SCHED_CLS);
	prog_array(2);
	vm_r0(c);
	assert_int_equal(c->out.reg[6], 6);
	assert_int_equal(c->out.reg[0], c->out.reg[REG_FP] - STACK_SIZE + 6);
}

static void traps_name_the_program(void **state)
{
	(void)state;
	vm_say(c, "r2 = map_by_idx(0) ll\nr3 = 1\ncall 12\nr0 = 1\nexit\n");
	vm_prog(c, PROG_SCHED_CLS);
	vm_say(c, "r0 = 0\nr0 = *(u8 *)(r0 + 0)\nexit\n");
	vm_prog(c, PROG_SCHED_CLS);
	prog_array(2);
	assert_int_equal(vm_run(c), OUT_TRAP);
	assert_int_equal(c->out.pc.prog, 1);
	assert_int_equal(c->out.pc.insn, 1);
}

static void bad_tail_calls_trap(void **state)
{
	(void)state;
	vm_map(c, MAP_ARRAY, 4, 4, 1, 0);
	vm_map(c, MAP_PROG_ARRAY, 4, 4, 1, 0);
	expect_trap(PROG_SCHED_CLS, "r2 = map_by_idx(0) ll\nr3 = 0\ncall 12\nexit\n", TRAP_HELPER,
		    0, 3);
	expect_trap(PROG_SCHED_CLS, "r1 += 8\nr2 = map_by_idx(1) ll\nr3 = 0\ncall 12\nexit\n",
		    TRAP_HELPER, 0, 4);
	expect_trap(PROG_SCHED_CLS, "r2 = 5\nr3 = 0\ncall 12\nexit\n", TRAP_HELPER, 0, 2);
}

/* ---- maps --------------------------------------------------------------------------------------
 */

static void map_values_have_addresses(void **state)
{
	(void)state;
	vm_map(c, MAP_ARRAY, 4, 16, 4, 0);
	c->map[0].init = (const uint8_t *)"abcdefgh";
	c->map[0].ninit = 8;
	vm_asm(c, PROG_PLAIN,
	       "r1 = map_val(map_by_idx(0)) + 4 ll\nr0 = *(u8 *)(r1 + 1)\n"
	       "r2 = map_by_idx(0) ll\nr3 = *(u64 *)(r1 + 4)\nexit\n");
	assert_int_equal(vm_r0(c), 'f');
	assert_int_equal(c->out.reg[1], region(GUEST_MAP0)->base + 4);
	assert_int_equal(c->out.reg[2], GUEST_MAP_HANDLE);
	assert_int_equal(c->out.reg[3], 0);
	vm_asm(c, PROG_PLAIN, "r0 = 0\nexit\nr0 = code_addr(-3) ll\nexit\n");
	assert_int_equal(vm_r0(c), 0);
	vm_asm(c, PROG_PLAIN, "r0 = code_addr(3) ll\nexit\nr0 = 1\nexit\n");
	assert_int_equal(vm_r0(c), GUEST_CODE + 8 * 4);
}

static void hash_values_survive_other_updates(void **state)
{
	uint64_t key, value, at[100];
	(void)state;

	vm_asm(c, PROG_PLAIN, "r0 = 0\nexit\n");
	vm_map(c, MAP_HASH, 8, 8, 100, 0);
	for (c->in.seed = 0; c->in.seed < 4; c->in.seed++) {
		reset();
		assert_int_equal(region(GUEST_MAP0)->len, 0);
		for (key = 0; key < 100; key++) {
			value = key * key;
			assert_int_equal(map_update(c->g, 0, &key, &value, 0), 0);
			at[key] = map_lookup(c->g, 0, &key);
			assert_non_null(guest_at(c->g, at[key], 8, RGN_READ | RGN_WRITE));
		}
		assert_int_equal(map_update(c->g, 0, &key, &value, 0), -E2BIG);
		for (key = 0; key < 100; key++) {
			assert_int_equal(map_lookup(c->g, 0, &key), at[key]);
			assert_int_equal(*(uint64_t *)vm_host(at[key]), key * key);
		}
	}
}

static void hash_keys_come_in_order_of_insertion(void **state)
{
	uint32_t key, next, n = 0;
	(void)state;

	vm_asm(c, PROG_PLAIN, "r0 = 0\nexit\n");
	vm_map(c, MAP_HASH, 4, 4, 1000, 0);
	reset();
	assert_int_equal(map_next_key(c->g, 0, NULL, &next), -ENOENT);
	for (uint32_t i = 0; i < 500; i++) {
		key = i * 2654435761u;
		assert_int_equal(map_update(c->g, 0, &key, &i, 0), 0);
	}
	for (uint32_t i = 0; i < 500; i += 3) {
		key = i * 2654435761u;
		assert_int_equal(map_delete(c->g, 0, &key), 0);
		assert_int_equal(map_delete(c->g, 0, &key), -ENOENT);
	}
	/* an update stays where it is */
	key = 1 * 2654435761u;
	assert_int_equal(map_update(c->g, 0, &key, &key, 0), 0);
	for (int err = map_next_key(c->g, 0, NULL, &next); !err;
	     err = map_next_key(c->g, 0, &key, &next)) {
		n += n % 3 == 0;
		assert_int_equal(next, n * 2654435761u);
		key = next;
		n++;
	}
	assert_int_equal(n, 500);
}

static void digests_of_hashes_ignore_history(void **state)
{
	struct outcome a, b;
	uint64_t key, value = 5;
	(void)state;

	vm_asm(c, PROG_PLAIN, "r0 = 0\nexit\n");
	vm_map(c, MAP_HASH, 8, 8, 100, 0);
	reset();
	for (key = 0; key < 10; key++)
		map_update(c->g, 0, &key, &value, 0);
	guest_digest(c->g, &a);
	reset();
	for (key = 20; key-- > 0;)
		map_update(c->g, 0, &key, &value, 0);
	guest_digest(c->g, &b);
	assert_int_not_equal(a.digest[REGION_MAPS], b.digest[REGION_MAPS]);
	for (key = 10; key < 20; key++)
		map_delete(c->g, 0, &key);
	guest_digest(c->g, &b);
	assert_int_equal(a.digest[REGION_MAPS], b.digest[REGION_MAPS]);
	value = 6;
	key = 3;
	map_update(c->g, 0, &key, &value, 0);
	guest_digest(c->g, &b);
	assert_int_not_equal(a.digest[REGION_MAPS], b.digest[REGION_MAPS]);
}

static void odd_map_records_are_left_out(void **state)
{
	static const uint8_t records[] = {
		0, 1, 0, 0, 0, 11, 0, 0, 0, /* [1] = 11 */
		0, 9, 0, 0, 0, 12, 0, 0, 0, /* index too large */
		0, 0, 0, 0, 0, 13, 0, 0, 0, /* [0] = 13 */
		1, 0, 0, 0, 0, 1,  0, 0, 0, /* no such map: the end */
		0, 1, 0, 0, 0, 14, 0, 0, 0,
	};
	uint32_t *v;
	(void)state;

	vm_asm(c, PROG_PLAIN, "r0 = 0\nexit\n");
	vm_map(c, MAP_ARRAY, 4, 4, 2, 0);
	c->in.maps = records;
	c->in.nmaps = sizeof(records);
	reset();
	v = vm_host(region(GUEST_MAP0)->base);
	assert_int_equal(v[0], 13);
	assert_int_equal(v[2], 11);
	c->in.nmaps = 9 + 9 + 8; /* the third is cut short */
	reset();
	assert_int_equal(v[0], 0);
	assert_int_equal(v[2], 11);
}

/* ---- helpers ------------------------------------------------------------------------------------
 */

static void helper_arguments_must_lie_in_regions(void **state)
{
	(void)state;
	vm_map(c, MAP_ARRAY, 4, 8, 1, 0);
	vm_map(c, MAP_ARRAY, 4, 8, 1, MAPF_RDONLY_PROG);
	expect_trap(PROG_PLAIN, "r1 = map_by_idx(0) ll\nr2 = r10\ncall 1\nexit\n", TRAP_HELPER, 0,
		    3);
	expect_trap(PROG_PLAIN, "r1 = map_by_idx(0) ll\nr2 = r10\nr2 += -3\ncall 1\nexit\n",
		    TRAP_HELPER, 0, 4);
	expect_trap(PROG_PLAIN, "r1 = 5\nr2 = r10\nr2 += -4\ncall 1\nexit\n", TRAP_HELPER, 0, 3);
	expect_trap(PROG_PLAIN,
		    "r1 = map_by_idx(0) ll\nr1 += 1\nr2 = r10\nr2 += -4\ncall 1\nexit\n",
		    TRAP_HELPER, 0, 5);
	expect_trap(PROG_PLAIN,
		    "r1 = map_by_idx(0) ll\nr1 += 128\nr2 = r10\nr2 += -4\ncall 1\nexit\n",
		    TRAP_HELPER, 0, 5);
	expect_trap(PROG_PLAIN,
		    "r1 = map_by_idx(1) ll\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -16\nr4 = 0\n"
		    "call 2\nexit\n",
		    TRAP_HELPER, 0, 7);
	/* an empty memory argument needs no address */
	vm_asm(c, PROG_PLAIN, "r1 = 0\nr2 = 0\nr3 = 0\nr4 = 0\nr5 = 0x12345\ncall 28\nexit\n");
	assert_int_equal(vm_r0(c), 0x2346);
	expect_trap(PROG_PLAIN, "r1 = 0\nr2 = 4\nr3 = 0\nr4 = 0\nr5 = 0\ncall 28\nexit\n",
		    TRAP_HELPER, 0, 5);
	expect_trap(PROG_PLAIN,
		    "r1 = r10\nr1 += -8\nr2 = -1\nr3 = 0\nr4 = 0\nr5 = 0\ncall 28\nexit\n",
		    TRAP_HELPER, 0, 6);
}

static void a_helper_that_traps_did_nothing(void **state)
{
	(void)state;
	c->in.packet = (const uint8_t *)"0123456789";
	c->in.npacket = 10;
	/* the size is too large for the stack */
	expect_trap(PROG_SCHED_CLS, "r2 = 0\nr3 = r10\nr3 += -8\nr4 = 9\ncall 26\nexit\n",
		    TRAP_HELPER, 0, 4);
	assert_int_equal(c->out.nhelpers, 0);
	vm_asm(c, PROG_SCHED_CLS, "r0 = *(u64 *)(r10 - 8)\nexit\n");
	vm_run(c);
	assert_int_equal(*(uint64_t *)vm_host(region(GUEST_STACK)->base + 4088), c->out.reg[0]);
}

static void time_goes_on_and_random_numbers_differ(void **state)
{
	uint64_t first;
	(void)state;

	vm_asm(c, PROG_PLAIN,
	       "call 5\nr6 = r0\ncall 5\nr7 = r0\ncall 7\nr8 = r0\ncall 7\nr9 = r0\n"
	       "call 8\nexit\n");
	for (c->in.seed = 0; c->in.seed < 50; c->in.seed++) {
		assert_true(vm_r0(c) < 8);
		first = c->out.helpers;
		assert_true(c->out.reg[7] > c->out.reg[6]);
		assert_int_not_equal(c->out.reg[8], c->out.reg[9]);
		assert_true(c->out.reg[8] <= UINT32_MAX);
		assert_int_equal(c->out.nhelpers, 5);
		vm_run(c);
		assert_int_equal(c->out.helpers, first);
	}
}

static void the_digest_of_helpers_sees_arguments_and_memory(void **state)
{
	static const char *const text[] = {
		"*(u64 *)(r10 - 8) = 1\nr5 = 0\n",
		"*(u64 *)(r10 - 8) = 2\nr5 = 0\n",
		"*(u64 *)(r10 - 8) = 1\nr5 = 1\n",
		"*(u64 *)(r10 - 8) = 1\nr5 = 0\n",
	};
	uint64_t h[4];
	(void)state;

	for (uint32_t i = 0; i < 4; i++) {
		c->unit.nprog = 0;
		vm_say(c, "%sr1 = r10\nr1 += -8\nr2 = 8\nr3 = 0\nr4 = 0\ncall 28\nexit\n", text[i]);
		vm_prog(c, PROG_PLAIN);
		vm_r0(c);
		h[i] = c->out.helpers;
	}
	assert_int_not_equal(h[0], h[1]);
	assert_int_not_equal(h[0], h[2]);
	assert_int_equal(h[0], h[3]);
}

/* ---- traces
 * ---------------------------------------------------------------------------------------- */

static void traces_have_registers_and_writes(void **state)
{
	const struct trace *t;
	const struct trace_write *w;
	(void)state;

	vm_map(c, MAP_ARRAY, 4, 8, 1, 0);
	vm_asm(c, PROG_PLAIN,
	       "r0 = 7\n*(u32 *)(r10 - 4) = 0\n*(u64 *)(r10 - 16) = r0\nr1 = map_by_idx(0) ll\n"
	       "r2 = r10\nr2 += -4\nr3 = r10\nr3 += -16\nr4 = 0\ncall 2\ncall pc+1\nexit\n"
	       "lock *(u64 *)(r10 - 8) += r0\nexit\n");
	assert_int_equal(vm_run_opts(c, NULL, true), OUT_RETURN);
	t = c->out.trace;
	assert_non_null(t);
	assert_false(t->overflow);
	assert_int_equal(t->nstep, 14);
	assert_int_equal(t->step[0].insn, 0);
	assert_int_equal(t->step[1].insn, 1);
	assert_int_equal(t->step[1].reg[0], 7);
	assert_int_equal(t->step[4].insn, 5); /* behind the wide insn */
	assert_int_equal(t->step[1].nwrite, 1);
	w = &t->write[t->step[1].write];
	assert_int_equal(w->len, 4);
	assert_int_equal(w->addr, t->step[1].reg[REG_FP] - 4);
	assert_memory_equal(t->bytes + w->data, "\0\0\0\0", 4);
	w = &t->write[t->step[2].write];
	assert_memory_equal(t->bytes + w->data, "\7\0\0\0\0\0\0\0", 8);
	assert_int_equal(t->step[9].nwrite, 1); /* the helper */
	w = &t->write[t->step[9].write];
	assert_int_equal(w->addr, region(GUEST_MAP0)->base);
	assert_int_equal(w->len, 8);
	assert_int_equal(t->step[11].frame, 1);
	assert_int_equal(t->step[11].reg[REG_FP], t->step[0].reg[REG_FP] - STACK_SIZE);
	assert_int_equal(t->step[11].nwrite, 1);
	assert_int_equal(t->step[13].frame, 0);
	assert_int_equal(t->step[13].insn, 12);
}

static void tracing_changes_no_outcome(void **state)
{
	struct outcome plain;
	(void)state;

	vm_asm(c, PROG_PLAIN,
	       "r6 = 100\ncall 7\nr7 = r0\nr7 &= 0xf8\nr8 = r10\nr8 -= r7\nlock *(u64 *)(r8 - 8) "
	       "+= r0\n"
	       "call pc+3\nr6 += -1\nif r6 != 0 goto -9\nexit\nr0 = r7\nexit\n");
	for (c->in.seed = 0; c->in.seed < 10; c->in.seed++) {
		for (c->in.fuel = 0; c->in.fuel < 2000; c->in.fuel += 333) {
			vm_run(c);
			plain = c->out;
			vm_run_opts(c, NULL, true);
			assert_non_null(c->out.trace);
			assert_true(c->out.trace->nstep <= c->out.insns);
			c->out.trace = NULL;
			assert_memory_equal(&plain, &c->out, sizeof(plain));
		}
	}
}

static void traces_are_bounded(void **state)
{
	(void)state;
	vm_asm(c, PROG_PLAIN,
	       "r0 = 0\nr0 += 1\n*(u64 *)(r10 - 8) = r0\nif r0 != 100000 goto -3\nexit\n");
	assert_int_equal(vm_run_opts(c, NULL, true), OUT_RETURN);
	assert_true(c->out.trace->overflow);
	assert_int_equal(c->out.trace->nstep, TRACE_MAX_STEPS);
	/* and forgotten */
	c->in.fuel = 10;
	interp_run(c->ip, c->g, &c->in, &c->out);
	assert_false(c->out.trace->overflow);
	assert_int_equal(c->out.trace->nstep, 10);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(accesses_outside_regions_trap),
		T(unaligned_atomics_trap),
		T(a_trap_stops_before_the_access),
		T(dead_insns_trap),
		T(what_no_engine_runs_is_told_apart),
		T(fuel_is_paid_at_block_entry),
		T(may_goto_jumps_in_the_end),
		T(local_calls_keep_callee_saved_registers),
		T(a_ninth_frame_traps),
		T(tail_calls_replace_the_program),
		T(failed_tail_calls_continue),
		T(tail_calls_are_counted),
		T(a_tail_call_in_a_callee_returns_to_the_caller),
		T(traps_name_the_program),
		T(bad_tail_calls_trap),
		T(map_values_have_addresses),
		T(hash_values_survive_other_updates),
		T(hash_keys_come_in_order_of_insertion),
		T(digests_of_hashes_ignore_history),
		T(odd_map_records_are_left_out),
		T(helper_arguments_must_lie_in_regions),
		T(a_helper_that_traps_did_nothing),
		T(time_goes_on_and_random_numbers_differ),
		T(the_digest_of_helpers_sees_arguments_and_memory),
		T(traces_have_registers_and_writes),
		T(tracing_changes_no_outcome),
		T(traces_are_bounded),
	};

	return cmocka_run_group_tests_name("vm", tests, NULL, NULL);
}
