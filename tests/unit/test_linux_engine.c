/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel as an engine: what it shows of registers, packets, contexts and
 * maps, what inputs it is given, and that generated programs end on it as they
 * end on ours.  Skipped where bpf() is not to be had.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engines/linux_engine.h"
#include "fuzz/internal.h"
#include "tests/unit/rig.h"

static struct arena arena;
static struct guest *guest;
static struct testcase tc;
static struct outcome out;

static int setup(void **state)
{
	(void)state;
	return guest_set_up(&guest);
}

static int teardown(void **state)
{
	(void)state;
	guest_free(guest);
	arena_free(&arena);
	return 0;
}

static void parse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void parse(const char *fmt, ...)
{
	static char text[8192];
	struct file_err err;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	arena_reset(&arena);
	if (!case_from_text(text, strlen(text), PROG_PLAIN, &arena, &tc, &err))
		fail_msg("line %u: %s", err.line, err.msg);
}

static const struct engine *kernel(void)
{
	return engine_by_name("linux");
}

/* Loads and runs the case in tc; the input is made one that the kernel can show. */
static void run_with(const struct engine *e, const struct load_opts *o)
{
	struct input in = tc.input[0];
	char why[96];
	void *loaded;

	if (!kernel()->represent(&tc.unit, &tc.input[0], &arena, &in, why))
		fail_msg("%s", why);
	loaded = e->load(e, &tc.unit, o, &out);
	if (!loaded)
		return;
	e->run(loaded, guest, &in, &out);
	e->unload(loaded);
}

static void run(const struct engine *e)
{
	const struct load_opts o = { .mode = e == kernel() ? 0 : MODE_CHECKED | MODE_FUZZ };

	run_with(e, &o);
}

/* A case through the whole pipeline on these engines: no finding, and it was compared. */
static void alike(const char *text, uint32_t compared)
{
	const struct pipe_opts o = {
		.engine = { engine_by_name("interp"), kernel(), engine_by_name("linux:cap_bpf") },
		.nengine = 3, .priv = PRIV_CAP_BPF, .walk = WALK_EXACT, .sound = true,
		.unverified = true,
	};
	struct pipeline *p;
	struct finding f;
	char why[96];

	guest_free(guest);
	p = pipeline_new(&o, why);
	assert_non_null(p);
	parse("%s", text);
	if (run_one(p, &tc, &f))
		fail_msg("%s: %s", f.signature, f.what);
	for (uint32_t i = 0; i < 2; i++)
		if (pipeline_trial(p)->out[1 + i].kind == OUT_UNSUPPORTED)
			fail_msg("%s", pipeline_trial(p)->out[1 + i].why);
	assert_int_equal(pipeline_stats(p)->comparisons, compared);
	pipeline_free(p);
	guest = guest_new(why);
}

static uint32_t open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	uint32_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* ---- registers ------------------------------------------------------------------------ */

#define ALL_REGS \
	"-- type xdp\n-- asm\n" \
	"r0 = 0x1122334455667788 ll\nr1 = 1\nr2 = 2\nr3 = 3\nr4 = 4\nr5 = 5\nr6 = 6\nr7 = 7\nr8 = 8\n" \
	"r9 = 0x99999999aaaaaaaa ll\n"

static uint16_t exit_mask[64];
static const uint16_t *exit_masks[1] = { exit_mask };

static void show(const char *text, uint16_t mask, uint32_t stack)
{
	struct load_opts o = { .exit_regs = exit_masks, .stack = &stack };

	parse("%s", text);
	for (uint32_t i = 0; i < 64; i++)
		exit_mask[i] = mask;
	run_with(kernel(), &o);
	assert_int_equal(out.kind, OUT_RETURN);
}

static void shows_what_it_is_told(void **state)
{
	(void)state;
	need_bpf();
	/* r3 is free for the address */
	show(ALL_REGS "exit\n", 0x3f7, 0);
	assert_int_equal(out.reg_valid, 0x3f7);
	assert_int_equal(out.reg_half, 0);
	assert_int_equal(out.reg[0], 0x1122334455667788);
	for (uint32_t r = 1; r < 9; r++)
		if (r != 3)
			assert_int_equal(out.reg[r], r);
	assert_int_equal(out.reg[9], 0x99999999aaaaaaaa);
}

static void all_registers_need_a_slot(void **state)
{
	(void)state;
	need_bpf();
	show(ALL_REGS "*(u64 *)(r10 - 8) = r9\nexit\n", 0x3ff, 8);
	assert_int_equal(out.reg_valid, 0x3ff);
	assert_int_equal(out.reg[1], 1);
	assert_int_equal(out.reg[9], 0x99999999aaaaaaaa);
	/* a full stack: one register less */
	show(ALL_REGS "*(u64 *)(r10 - 512) = r9\nexit\n", 0x3ff, 512);
	assert_int_equal(out.reg_valid, 0x1ff);
	assert_int_equal(out.reg[8], 8);
}

static void registers_of_the_exit_that_was_taken(void **state)
{
	(void)state;
	need_bpf();
	show("-- type xdp\n-- asm\nr6 = 6\nr7 = *(u32 *)(r1 + 16)\nr0 = 1\nif r7 == 0 goto +2\n"
	     "r6 = 66\nexit\nr6 = 7\nr0 = 2\nexit\n-- packet\n00*20\n", 0x41, 0);
	assert_int_equal(out.reg[0], 2);
	assert_int_equal(out.reg[6], 7);
	assert_int_equal(out.reg_valid, 0x41);
}

/* A mask that the kernel does not agree with: the program runs as it is. */
static void without_registers_half_of_r0_is_known(void **state)
{
	(void)state;
	need_bpf();
	show("-- type xdp\n-- asm\nr0 = 0x1122334455667788 ll\nexit\n", 0x3ff, 0);
	assert_int_equal(out.reg_valid, 1);
	assert_int_equal(out.reg_half, 1);
	assert_int_equal(out.reg[0], 0x55667788);
}

static void packet_load_ends_with_zero(void **state)
{
	(void)state;
	need_bpf();
	show("-- type sched_cls\n-- asm\nr6 = r1\nr0 = *(u8 *)skb[9999]\nr0 = -1\nexit\n"
	     "-- packet\n00*20\n", 1, 0);
	assert_int_equal(out.reg_valid, 1);
	assert_int_equal(out.reg_half, 0);
	assert_int_equal(out.reg[0], 0);
}

/* ---- memory ------------------------------------------------------------------------------ */

/* All digests that the kernel's outcome has equal those of interp. */
static void same_memory(const char *text)
{
	struct outcome ours;

	parse("%s", text);
	run(engine_by_name("interp"));
	assert_int_equal(out.kind, OUT_RETURN);
	ours = out;
	run(kernel());
	if (out.kind != OUT_RETURN)
		fail_msg("%s: %s", out_name(out.kind), out.why);
	assert_int_equal((uint32_t)out.reg[0], (uint32_t)ours.reg[0]);
	assert_int_equal(out.digest_valid, 1u << REGION_CTX | 1u << REGION_PACKET | 1u << REGION_MAPS);
	for (uint32_t r = 0; r < REGION_N; r++)
		if (out.digest_valid >> r & 1 && out.digest[r] != ours.digest[r])
			fail_msg("%s differs", region_name(r));
}

static void packets_come_back(void **state)
{
	(void)state;
	need_bpf();
	same_memory("-- type xdp\n-- asm\nr2 = *(u32 *)(r1 + 0)\nr3 = *(u32 *)(r1 + 4)\nr4 = r2\nr4 += 16\n"
		    "r0 = 0\nif r4 > r3 goto +2\n*(u64 *)(r2 + 8) = 0x12345678\nr0 = 2\nexit\n"
		    "-- packet\n01*33\n");
	assert_int_equal(out.reg[0], 2);
}

static void contexts_come_back(void **state)
{
	(void)state;
	need_bpf();
	same_memory("-- type syscall\n-- asm\nr2 = *(u64 *)(r1 + 8)\nr2 *= 3\n*(u64 *)(r1 + 16) = r2\n"
		    "r0 = r2\nexit\n-- ctx\n07*40\n");
	same_memory("-- type sched_cls\n-- asm\nr2 = *(u32 *)(r1 + 8)\nr2 += 1\n*(u32 *)(r1 + 8) = r2\n"
		    "*(u16 *)(r1 + 54) = r2\nr0 = *(u32 *)(r1 + 52)\nexit\n-- ctx\n05*192\n-- packet\n00*30\n");
}

static void maps_come_back(void **state)
{
	(void)state;
	need_bpf();
	same_memory("-- map a array 4 12 3\n-- map h hash 8 8 4\n-- asm\n"
		    "*(u32 *)(r10 - 4) = 1\nr1 = map_by_idx(0) ll\nr2 = r10\nr2 += -4\ncall 1\n"
		    "if r0 == 0 goto +1\n*(u32 *)(r0 + 8) = 77\n"
		    "*(u64 *)(r10 - 16) = 5\n*(u64 *)(r10 - 24) = 50\nr1 = map_by_idx(1) ll\nr2 = r10\nr2 += -16\n"
		    "r3 = r10\nr3 += -24\nr4 = 0\ncall 2\nr6 = r0\n*(u64 *)(r10 - 16) = 9\n"
		    "r1 = map_by_idx(1) ll\nr2 = r10\nr2 += -16\ncall 3\nr0 += r6\nexit\n"
		    "-- maps\na 01 00 00 00 = 02*12\nh 09 00 00 00 00 00 00 00 = 03*8\n"
		    "h 08 00 00 00 00 00 00 00 = 04*8\n");
	assert_int_equal(out.reg[0], 0);
}

static void plain_memory_comes_back(void **state)
{
	(void)state;
	need_bpf();
	same_memory("-- asm\nr0 = *(u16 *)(r1 + 9)\n*(u8 *)(r1 + 10) = 1\nr0 += r2\nexit\n-- mem\n"
		    "01 02 03 04 05 06 07 08 09 0a 0b\n");
	assert_int_equal(out.reg[0], 0x0b0a + 11);
}

/* What one run left in maps is gone in the next. */
static void runs_do_not_depend_on_those_before(void **state)
{
	struct load_opts o = { 0 };
	void *loaded;
	(void)state;
	need_bpf();
	parse("-- type xdp\n-- map h hash 4 8 4\n-- asm\n*(u32 *)(r10 - 4) = 1\n*(u64 *)(r10 - 16) = 2\n"
	      "r1 = map_by_idx(0) ll\nr2 = r10\nr2 += -4\nr3 = r10\nr3 += -16\nr4 = 1\ncall 2\nexit\n"
	      "-- packet\n00*14\n");
	loaded = kernel()->load(kernel(), &tc.unit, &o, &out);
	assert_non_null(loaded);
	for (uint32_t i = 0; i < 3; i++) {
		kernel()->run(loaded, guest, &tc.input[0], &out);
		assert_int_equal(out.kind, OUT_RETURN);
		assert_int_equal(out.reg[0], 0);
	}
	kernel()->unload(loaded);
}

/* ---- inputs ---------------------------------------------------------------------------------- */

static void inputs_are_what_the_kernel_shows(void **state)
{
	static const char *const type[] = { "socket_filter", "sched_cls", "sched_act", "cgroup_skb", "xdp" };
	struct input in, again;
	char why[96];
	(void)state;
	need_bpf();
	for (uint32_t i = 0; i < 5; i++) {
		parse("-- type %s\n-- asm\nr0 = 0\nexit\n-- ctx\nab*192\n-- packet\n"
				   "02*12 86 dd 05*40\n", type[i]);
		assert_true(kernel()->represent(&tc.unit, &tc.input[0], &arena, &in, why));
		assert_int_equal(in.npacket, tc.input[0].npacket);
		assert_int_equal(in.nctx, prog_type_info(tc.unit.prog[0].type)->ctx_size);
		assert_int_equal(in.seed, tc.input[0].seed);
		/* the same once more */
		assert_true(kernel()->represent(&tc.unit, &in, &arena, &again, why));
		assert_int_equal(again.nctx, in.nctx);
		assert_memory_equal(again.ctx, in.ctx, in.nctx);
		if (i < 4) {
			uint32_t len, mark;

			memcpy(&len, in.ctx, 4);
			memcpy(&mark, in.ctx + 8, 4);
			assert_int_equal(len, in.npacket);
			assert_int_equal(mark, 0xabababab);
		}
	}
}

static void packets_are_cut_and_padded(void **state)
{
	struct input in;
	char why[96];
	(void)state;
	need_bpf();
	parse("-- type xdp\n-- asm\nr0 = 0\nexit\n-- packet\n01 02\n");
	assert_true(kernel()->represent(&tc.unit, &tc.input[0], &arena, &in, why));
	assert_int_equal(in.npacket, 14);
	assert_int_equal(in.packet[1], 2);
	assert_int_equal(in.packet[13], 0);
	parse("-- type sched_cls\n-- asm\nr0 = 0\nexit\n-- packet\n01*9000\n");
	assert_true(kernel()->represent(&tc.unit, &tc.input[0], &arena, &in, why));
	assert_int_equal(in.npacket, 3500);
	run(kernel());
	assert_int_equal(out.kind, OUT_RETURN);
}

/*
 * Every load that a type may do from its context, as the interpreter does it
 * on the bytes that represent() gave; but for the parts that odd_skb_access()
 * leaves out, which must differ.
 */
static void context_loads_agree(void **state)
{
	static const uint16_t type[] = { PROG_SOCKET_FILTER, PROG_SCHED_CLS, PROG_CGROUP_SKB, PROG_XDP };
	static const char *const load[] = { [1] = "u8", [2] = "u16", [4] = "u32", [8] = "u64" };
	uint32_t n = 0, odd = 0;
	(void)state;
	need_bpf();
	for (uint32_t t = 0; t < 4; t++) {
		const struct prog_type_info *ti = prog_type_info(type[t]);

		for (uint32_t k = 0; k < ti->ctx_size * 4; k++) {
			uint32_t off = k / 4, size = 1u << k % 4, kept = off / 4 == 1 ? 1 : 2;
			struct ctx_access acc;
			uint64_t ours;
			bool part;

			if (!prog_ctx_access(type[t], ti->attach_type, (int32_t)off, size, false, &acc) ||
			    acc.kind != CTX_SCALAR)
				continue;
			parse("-- type %s\n-- asm\nr2 = *(%s *)(r1 + %u)\nr0 = r2\nr0 &= 1\nexit\n"
			      "-- ctx\n81*192\n-- packet\n03*12 81 83 05*40\n", ti->name, load[size], off);
			for (uint32_t i = 0; i < 64; i++)
				exit_mask[i] = 5;
			run(engine_by_name("interp"));
			ours = out.reg[2];
			run_with(kernel(), &(struct load_opts){ .exit_regs = exit_masks });
			assert_int_equal(out.reg_valid, 5);
			part = off % 4 && size >= kept && (off / 4 == 1 || off / 4 == 4 || off / 4 == 41 || off / 4 == 44);
			/* pkt_type is 0 where it was not seen as sent to somebody else */
			if (part && out.reg[2] != ours)
				odd++;
			else if (out.reg[2] != ours)
				fail_msg("%s: %s at %u is %llx, ours %llx", ti->name, load[size], off,
					 (unsigned long long)out.reg[2], (unsigned long long)ours);
			n++;
		}
	}
	assert_true(n > 300);
	assert_true(odd > 5);
}

/* ---- what is not compared ---------------------------------------------------------------------- */

static void reason_is(const char *text, enum reason reason)
{
	parse("%s", text);
	run(kernel());
	assert_int_equal(out.kind, OUT_UNSUPPORTED);
	assert_string_equal(reason_text[out.reason], reason_text[reason]);
	assert_int_equal(out.verdict, RULED_ACCEPT);
}

static void reasons_are_told(void **state)
{
	(void)state;
	need_bpf();
	reason_is("-- type xdp\n-- asm\ncall 5\nexit\n-- packet\n00*14\n", REASON_TIME);
	reason_is("-- type xdp\n-- asm\ncall 7\nexit\n-- packet\n00*14\n", REASON_RANDOM);
	reason_is("-- type xdp\n-- asm\ncall 8\nexit\n-- packet\n00*14\n", REASON_CPU);
	parse("-- type xdp\n-- asm\nr0 = 0\nexit\n-- packet\n00*14\n");
	run_with(kernel(), &(struct load_opts){ .verdict_only = true });
	assert_int_equal(out.kind, OUT_UNSUPPORTED);
	assert_int_equal(out.reason, REASON_NOT_ACCEPTED);
	assert_int_equal(out.verdict, RULED_ACCEPT);
}

static void rejections_have_the_sentence(void **state)
{
	(void)state;
	need_bpf();
	parse("-- type xdp\n-- asm\nr2 = 1\nr0 = r7\nexit\n-- packet\n00*14\n");
	run(kernel());
	assert_int_equal(out.kind, OUT_REJECT);
	assert_int_equal(out.verdict, RULED_REJECT);
	assert_string_equal(out.why, "R7 !read_ok");
	assert_int_equal(out.pc.insn, 1);
	/* PLAIN programs have insns in front of them */
	parse("-- asm\nr2 = 1\nr0 = r7\nexit\n-- mem\n00\n");
	run(kernel());
	assert_string_equal(out.why, "R7 !read_ok");
	assert_int_equal(out.pc.insn, 1);
}

static void log_reasons(void **state)
{
	static const struct {
		const char *log, *why;
		uint32_t pc;
	} t[] = {
		{ "0: R1=ctx() R10=fp0\n0: (bf) r0 = r7\nR7 !read_ok\nprocessed 1 insns (limit 1000000) "
		  "max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n", "R7 !read_ok", 0 },
		{ "unreachable insn 4\n", "unreachable insn 4", 4 },
		{ "3: (c5) if r4 s< 0x4 goto pc-2 infinite loop detected at insn 2\n"
		  "cur state: R0=8\nold state: R0=8\nprocessed 4 insns\n", "infinite loop detected at insn 2", 3 },
		{ "", "", UINT32_MAX },
		{ "processed 0 insns (limit 1000000)\n", "", UINT32_MAX },
	};
	char why[100];
	(void)state;

	for (uint32_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(linux_log_reason(LINUX_INVALID, t[i].log, why, sizeof(why)), t[i].pc);
		assert_string_equal(why, t[i].why);
	}
	linux_log_reason(LINUX_FULL, "", why, sizeof(why));
	assert_string_equal(why, "BPF program is too large");
}

/* ---- the two engines ----------------------------------------------------------------------------- */

static void less_rights_refuse_more(void **state)
{
	static const char leak[] = "-- type xdp\n-- asm\nr0 = r1\nexit\n-- packet\n00*14\n";
	(void)state;
	need_bpf();
	parse("%s", leak);
	run(engine_by_name("linux:cap_bpf"));
	assert_int_equal(out.kind, OUT_REJECT);
	assert_string_equal(out.why, "R0 leaks addr as return value");
	/* and what was given up is there again */
	run(kernel());
	assert_int_equal(out.verdict, RULED_ACCEPT);
}

static void subprograms_and_tail_calls(void **state)
{
	(void)state;
	need_bpf();
	alike("-- type sched_cls\n-- asm\nr6 = 5\nr1 = 3\ncall twice\nr0 += r6\nexit\n"
	      "twice:\nr0 = r1\nr0 += r1\nexit\n-- packet\n00*20\n", 2);
	alike("-- type xdp\n-- map p prog_array 4 4 2\n-- asm\nr6 = r1\nr2 = map_by_idx(0) ll\nr3 = 1\ncall 12\n"
	      "r0 = 1\nexit\n-- program\n-- type xdp\n-- asm\nr6 = 7\nr0 = 42\nexit\n-- packet\n00*14\n"
	      "-- maps\np 01 00 00 00 = 01 00 00 00\n", 2);
}

/* Cases that fuzzing found: both verifiers refuse them. */
static void both_refuse(void **state)
{
	(void)state;
	need_bpf();
	/* how far a number is from the one that it is linked with counts as an offset */
	alike("-- type sched_act\n-- asm\nr0 = *(u32 *)(r1 + 0)\nw2 = w0\nw2 += -536870912\n"
	      "r0 = *(u32 *)(r1 + 76)\nr0 += r2\nr0 = 0\nexit\n", 0);
}

static void nothing_is_left_open(void **state)
{
	uint32_t before;
	(void)state;
	need_bpf();
	for (uint32_t i = 0; i < 6; i++) {
		if (i == 2)
			before = open_files();
		runs_do_not_depend_on_those_before(state);
		rejections_have_the_sentence(state);
		plain_memory_comes_back(state);
		if (i >= 2)
			assert_int_equal(open_files(), before);
	}
}

static void children_have_a_page_of_their_own(void **state)
{
	int status;
	pid_t pid;
	(void)state;
	need_bpf();
	show(ALL_REGS "exit\n", 0x3f7, 0);
	pid = fork();
	if (!pid) {
		parse("-- type xdp\n-- asm\nr0 = 9\nexit\n-- packet\n00*14\n");
		run(kernel());
		_exit(out.kind == OUT_RETURN && out.reg[0] == 9 ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	assert_int_equal(status, 0);
	assert_int_equal(linux_page_get()->shared->reg[0], 0x1122334455667788);
}

/* ---- many programs -------------------------------------------------------------------------------- */

static void generated(const char *name, bool no_loops, uint32_t n)
{
	const struct pipe_opts o = {
		.engine = { engine_by_name("interp"), engine_by_name("jit"), engine_by_name(name) },
		.nengine = 3, .priv = PRIV_CAP_BPF, .alternate = true, .sound = true, .unverified = true,
	};
	struct gen_opts g = { .priv = PRIV_CAP_BPF, .insns = 30, .portable = true, .no_loops = no_loops };
	struct arena a = { 0 };
	struct pipeline *p;
	char why[96];

	guest_free(guest);
	p = pipeline_new(&o, why);
	assert_non_null(p);
	for (uint64_t i = 0; i < n; i++) {
		struct testcase t;
		struct finding f;
		struct choice c;

		arena_reset(&a);
		choice_seed(&c, mix64(i));
		gen_case(&c, &g, &a, &t);
		if (run_one(p, &t, &f))
			fail_msg("%llu: %s: %s", (unsigned long long)i, f.signature, f.what);
	}
	assert_true(pipeline_stats(p)->comparisons > n * 3 / 2);
	print_message("# %s: %llu of %u programs compared\n", name,
		      (unsigned long long)pipeline_stats(p)->reason[0] / 3, n);
	pipeline_free(p);
	arena_free(&a);
	guest = guest_new(why);
}

static void generated_programs_agree(void **state)
{
	(void)state;
	need_bpf();
	generated("linux", false, rounds(1500));
	generated("linux:cap_bpf", true, rounds(1000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shows_what_it_is_told),
		cmocka_unit_test(all_registers_need_a_slot),
		cmocka_unit_test(registers_of_the_exit_that_was_taken),
		cmocka_unit_test(without_registers_half_of_r0_is_known),
		cmocka_unit_test(packet_load_ends_with_zero),
		cmocka_unit_test(packets_come_back),
		cmocka_unit_test(contexts_come_back),
		cmocka_unit_test(maps_come_back),
		cmocka_unit_test(plain_memory_comes_back),
		cmocka_unit_test(runs_do_not_depend_on_those_before),
		cmocka_unit_test(inputs_are_what_the_kernel_shows),
		cmocka_unit_test(packets_are_cut_and_padded),
		cmocka_unit_test(context_loads_agree),
		cmocka_unit_test(reasons_are_told),
		cmocka_unit_test(rejections_have_the_sentence),
		cmocka_unit_test(log_reasons),
		cmocka_unit_test(less_rights_refuse_more),
		cmocka_unit_test(subprograms_and_tail_calls),
		cmocka_unit_test(both_refuse),
		cmocka_unit_test(nothing_is_left_open),
		cmocka_unit_test(children_have_a_page_of_their_own),
		cmocka_unit_test(generated_programs_agree),
	};

	return cmocka_run_group_tests_name("linux_engine", tests, setup, teardown);
}
