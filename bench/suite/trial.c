/* SPDX-License-Identifier: Apache-2.0 */
/* The whole loop on one core: run_one() on generated programs, and its stages. */
#include "bench/bench.h"

#include <string.h>

enum { PROGRAMS = 20000 };

static double rate(uint32_t inputs, uint32_t rounds, bool stages)
{
	struct pipe_opts o = {
		.engine = { engine_by_name("interp"), engine_by_name("jit") }, .nengine = 2,
		.priv = PRIV_CAP_BPF, .sound = true, .measure = stages,
	};
	struct gen_opts g = { .insns = 30, .inputs = inputs, .priv = PRIV_CAP_BPF };
	char why[96];
	struct pipeline *p = pipeline_new(&o, why);
	struct arena a = { 0 };
	uint64_t gen = 0, t = bench_ns(), all;

	if (!p)
		die("%s", why);
	for (uint64_t i = 0; i < rounds; i++) {
		struct choice c;
		struct testcase tc;
		struct finding f;
		uint64_t t0 = stages ? bench_ns() : 0;

		arena_reset(&a);
		choice_seed(&c, i);
		gen_case(&c, &g, &a, &tc);
		if (stages)
			gen += bench_ns() - t0;
		run_one(p, &tc, &f);
	}
	all = bench_ns() - t;
	if (stages) {
		const struct stats *s = pipeline_stats(p);
		char name[64];

		bench_row("stage generate", (double)gen / rounds / 1000, "us/program", 0, false);
		for (uint32_t i = 0; i < 8 && stage_name(i); i++) {
			snprintf(name, sizeof(name), "stage %s", stage_name(i));
			bench_row(name, (double)s->ns_stage[i] / rounds / 1000, "us/program", 0, false);
		}
		bench_row("accepted", 100.0 * (double)s->accepted / rounds, "percent", 90, true);
		bench_row("length of a program", (double)s->insns / rounds, "insns", 0, false);
	}
	pipeline_free(p);
	arena_free(&a);
	return (double)rounds / ((double)all / 1e9);
}

void bench_trial(void)
{
	bench_section("run_one() on one core (generated, about 30 insns; exact walk, containment on)");
	rate(1, PROGRAMS / 10, false);		/* warm */
	bench_row("one input a program", rate(1, PROGRAMS, false), "programs/s", 20000, true);
	bench_row("four inputs a program", rate(4, PROGRAMS, false), "programs/s", 0, true);
	rate(1, PROGRAMS, true);
}
