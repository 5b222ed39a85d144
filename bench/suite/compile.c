/* SPDX-License-Identifier: Apache-2.0 */
/* What the JIT takes to compile, and how much code it makes; trusting mode. */
#include "bench/bench.h"

#include "jit/jit.h"

static void compile(struct jit_arena *ja, uint32_t n, double goal_us)
{
	struct arena a = { 0 };
	struct jit_opts o = { 0 };
	struct outcome out;
	struct unit u;
	uint32_t rounds = 200000 / n, bytes = 0, fixed = 0;
	double best = 0;
	char name[64];

	bench_unit(&u, bench_mixed(n, &a), n, PROG_PLAIN, &a);
	for (int k = 0; k < 9; k++) {
		uint64_t t = bench_ns();
		double us;

		for (uint32_t i = 0; i < rounds; i++) {
			struct jit *j = jit_load(ja, &u, &o, &out);

			if (!j)
				die("bench: %s", out.why);
			jit_code(j, 0, &bytes);
			fixed = jit_fixed_bytes(j);
			jit_unload(j);
		}
		us = (double)(bench_ns() - t) / rounds / 1000;
		if (!best || us < best)
			best = us;
	}
	snprintf(name, sizeof(name), "compile %u insns", n);
	bench_row(name, best, "us", goal_us, false);
	if (n >= 1000) {
		snprintf(name, sizeof(name), "code of %u insns", n);
		bench_row(name, (double)bytes / n, "bytes/insn", 8, false);
		snprintf(name, sizeof(name), "fixed code beside it (%u insns)", n);
		bench_row(name, fixed, "bytes", 256, false);
	}
	arena_free(&a);
}

void bench_compile(void)
{
	char why[96];
	struct jit_arena *ja = jit_arena_new(16 << 20, why);

	bench_section("Compiling (a mix of all classes; best of 9)");
	if (!ja)
		die("%s", why);
	compile(ja, 10, 5);
	compile(ja, 1000, 100);
	compile(ja, 4000, 0);
	jit_arena_free(ja);
}
