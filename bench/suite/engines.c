/* SPDX-License-Identifier: Apache-2.0 */
/* Executed code: interpreter and JIT beside the kernel's JIT, in one run. */
#include "bench/bench.h"

#include "engines/linux_sys.h"
#include "jit/jit.h"

#include <string.h>
#include <unistd.h>

/*
 * Single runs, and the best of them: a preempted one leaves cold caches and a
 * branch predictor that has to learn again, in the kernel as here.
 */
enum { RUNS = 600 };

/* ns of one run in the kernel (an xdp program, the memory is a map's value), or 0. */
static double kernel_ns(const struct bench_prog *bp, const struct insn *in, uint32_t len,
			struct arena *a)
{
	struct linux_map_opts mo = { .type = MAP_ARRAY, .key_size = 4, .value_size = 4096, .max_entries = 1 };
	struct insn *all = arena_alloc(a, (len + 2) * sizeof(*all));
	struct linux_prog_opts po = { .insn = all, .type = PROG_XDP };
	uint8_t packet[64] = { 0 };
	struct linux_run run = { .data_in = packet, .data_size_in = sizeof(packet), .repeat = 1 };
	double best = 0;
	int map = -1, fd = -1;

	if (bp->mem && linux_map_create(&mo, &map) == LINUX_OK) {
		insn_lddw(all, 1, 2, (uint32_t)map);
		po.len = 2;
	}
	memcpy(all + po.len, in, len * sizeof(*in));
	po.len += len;
	if (linux_prog_load(&po, NULL, &fd) != LINUX_OK)
		return 0;
	for (int i = 0; i < RUNS; i++)
		if (linux_prog_test_run(fd, &run) == LINUX_OK && (!best || run.duration < best))
			best = run.duration;
	linux_prog_close(fd);
	if (map >= 0)
		close(map);
	return best;
}

static double jit_ns(struct jit *j, struct guest *g, const struct unit *u, const struct input *in)
{
	char why[96];
	double best = 0;

	for (int i = 0; i < RUNS; i++) {
		struct vm_run run;
		uint64_t t;

		if (vm_run_init(&run, g, u, in, why) != OUT_RETURN)
			die("%s", why);
		t = bench_ns();
		jit_call(j, &run);
		t = bench_ns() - t;
		if (!best || (double)t < best)
			best = (double)t;
	}
	return best;
}

static double interp_ns(struct interp *ip, struct guest *g, const struct input *in, uint64_t *insns)
{
	double best = 0;

	for (int i = 0; i < 7; i++) {
		struct outcome out;
		uint64_t t = bench_ns();
		double ns;

		for (int k = 0; k < 4; k++)
			interp_run(ip, g, in, &out);
		ns = (double)(bench_ns() - t) / 4;
		if (out.kind != OUT_RETURN)
			die("bench: %s", out_name(out.kind));
		*insns = out.insns;
		if (!best || ns < best)
			best = ns;
	}
	return best;
}

static void bench_one(const struct bench_prog *bp, struct guest *g, struct jit_arena *ja, bool kernel)
{
	struct arena a = { 0 };
	struct insn *in = arena_alloc(&a, 256 * sizeof(*in));
	struct asm_err err;
	long len = asm_text(bp->text, strlen(bp->text), in, 256, &err);
	struct input input = { .fuel = 1 << 30, .nctx = bp->mem, .ctx = arena_alloc(&a, bp->mem + 1) };
	struct jit_opts jo = { 0 };
	struct outcome out;
	struct unit u;
	struct interp *ip;
	struct jit *j;
	double i_ns, j_ns, k_ns;
	uint64_t insns = 1;
	char name[64];

	if (len < 0)
		die("bench: %s: %s", bp->name, err.msg);
	bench_unit(&u, in, (uint32_t)len, PROG_PLAIN, &a);
	ip = interp_load(&u, NULL, false, &out);
	j = jit_load(ja, &u, &jo, &out);
	if (!ip || !j)
		die("bench: %s", out.why);
	i_ns = interp_ns(ip, g, &input, &insns);
	j_ns = jit_ns(j, g, &u, &input);
	k_ns = kernel ? kernel_ns(bp, in, (uint32_t)len, &a) : 0;
	snprintf(name, sizeof(name), "%s interpreter", bp->name);
	bench_row(name, i_ns / (double)insns, "ns/insn", strcmp(bp->name, "alu_loop") ? 0 : 1.5, false);
	snprintf(name, sizeof(name), "%s jit", bp->name);
	bench_row(name, j_ns / (double)insns, "ns/insn", 0, false);
	if (k_ns > 0) {
		snprintf(name, sizeof(name), "%s kernel's jit", bp->name);
		bench_row(name, k_ns / (double)insns, "ns/insn", 0, false);
		snprintf(name, sizeof(name), "%s jit / kernel's jit", bp->name);
		bench_row(name, j_ns / k_ns, "ratio", strcmp(bp->name, "gcd_div") ? 1.1 : 0, false);
	}
	interp_unload(ip);
	jit_unload(j);
	arena_free(&a);
}

void bench_engines(void)
{
	char why[96];
	bool kernel = linux_available(why);
	struct guest *g = guest_new(why);
	struct jit_arena *ja;

	bench_section("Executed code (20,000 rounds, best of 600 single runs)");
	if (!g)
		die("%s", why);
	ja = jit_arena_new(16 << 20, why);
	if (!ja)
		die("%s", why);
	if (!kernel)
		printf("  the kernel is left out: %s\n", why);
	for (const struct bench_prog *bp = bench_progs; bp->name; bp++)
		bench_one(bp, g, ja, kernel);
	jit_arena_free(ja);
	guest_free(g);
}
