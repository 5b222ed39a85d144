/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of the kernel's verifier: how long it takes to print, and to be compared
 * with a run.  Programs of one function, which need no native code for that.
 */
#include "bench/bench.h"

#include <string.h>

#include "fuzz/internal.h"
#include "fuzz/linux_ask.h"

enum { PROGRAMS = 600, BEST = 3 };

struct sums {
	uint64_t kernel, check, bytes, steps, values, n;
};

/* The least of a few: other processes take time, none give it. */
static uint64_t least(uint64_t best, uint64_t t)
{
	return best && best < t ? best : t;
}

static void measure(const struct linux_world *made, enum linux_about about, struct arena *a,
		    struct sums *s)
{
	struct linux_world *w = arena_dup(a, made, sizeof(*made));
	uint64_t kernel = 0, check = 0;
	struct linux_log log = { 0 };
	struct linux_checked c = { 0 };
	struct linux_route r;
	struct program prog;

	if (!linux_ask_about(about, w, a, &prog, &r) || prog.nsub > 1)
		return;
	for (uint32_t k = 0; k < BEST; k++) {
		uint64_t t = bench_ns();

		if (!linux_ask(w, &prog, true, a, &log))
			break;
		kernel = least(kernel, bench_ns() - t);
		t = bench_ns();
		*w = *made;
		if (!linux_check_run(w, &r, log.text, a, &c))
			die("bench: %s", c.what.what);
		check = least(check, bench_ns() - t);
	}
	if (check) {
		s->kernel += kernel;
		s->check += check;
		s->bytes += strlen(log.text);
		s->steps += c.steps;
		s->values += c.regs + c.slots;
		s->n++;
	}
	linux_log_free(&log);
}

/* One generated program; false: it has no run. */
static bool measure_program(struct pipeline *p, uint64_t seed, struct arena *a,
			    struct sums sum[LINUX_ABOUT_N])
{
	const struct gen_opts g = {
		.insns = 30, .priv = PRIV_CAP_BPF, .types = 1u << PROG_XDP | 1u << PROG_SYSCALL,
		.portable = true,
	};
	struct linux_world *w = arena_raw(a, sizeof(*w));
	const struct trial *t;
	struct testcase tc;
	struct outcome out;
	struct finding f;
	struct choice c;

	choice_seed(&c, mix64(seed));
	gen_case(&c, &g, a, &tc);
	if (tc.unit.prog[0].nsub > 1 || tc.unit.prog[0].len > 50 || run_one(p, &tc, &f))
		return false;
	t = pipeline_trial(p);
	if (!t->accepted || !trial_rerun(p, t, 0, 0, t->input, &out) || !out.trace || !out.trace->nstep)
		return false;
	linux_world_init(w, &tc.unit, t->layout, trace_copy(a, out.trace));
	for (uint32_t k = 0; k < LINUX_ABOUT_N; k++)
		measure(w, k, a, &sum[k]);
	return true;
}

static void rows(const struct sums *s, const char *about)
{
	char name[56];

	snprintf(name, sizeof(name), "kernel prints the log of %s", about);
	bench_row(name, (double)s->kernel / (double)s->n / 1e3, "us", 0, false);
	snprintf(name, sizeof(name), "comparing a run with it");
	bench_row(name, (double)s->check / (double)s->n / 1e3, "us", 0, false);
	snprintf(name, sizeof(name), "comparing against printing");
	bench_row(name, 100.0 * (double)s->check / (double)s->kernel, "percent", 100, false);
	snprintf(name, sizeof(name), "values compared");
	bench_row(name, 1e3 * (double)s->values / (double)s->check, "million/s", 0, true);
}

void bench_linux_log(void)
{
	const struct pipe_opts o = {
		.engine = { engine_by_name("interp") }, .nengine = 1, .priv = PRIV_CAP_BPF,
		.walk = WALK_EXACT, .sound = true,
	};
	struct sums sum[LINUX_ABOUT_N] = { { 0 } };
	struct arena a = { 0 };
	struct pipeline *p;
	char why[96];

	bench_section("The log of the kernel's verifier (XDP and syscall programs of at most 50 insns)");
	if (!linux_available(why)) {
		printf("  skipped: %s\n", why);
		return;
	}
	p = pipeline_new(&o, why);
	if (!p)
		die("%s", why);
	for (uint64_t i = 0, n = 0; n < PROGRAMS && i < 20 * PROGRAMS; i++) {
		arena_reset(&a);
		n += measure_program(p, i, &a, sum);
	}
	rows(&sum[LINUX_PATH], "a path");
	rows(&sum[LINUX_WHOLE], "a program");
	pipeline_free(p);
	arena_free(&a);
}
