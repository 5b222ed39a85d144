/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel as an engine, against a bare loop of the same system calls on the
 * same programs: load, load again with the registers shown, run, close both.
 */
#include "bench/bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engines/linux_engine.h"

enum { PROGRAMS = 400, ROUNDS = 8, MOST = 50 };

/* Programs of one kind that need nothing but themselves. */
struct sample {
	struct arena arena;
	struct unit unit[PROGRAMS];
	struct program shown[PROGRAMS];
	struct input input[PROGRAMS];
	uint32_t n;
};

static bool plain_loads(const struct program *p)
{
	struct linux_prog_opts o = { .insn = p->insn, .len = p->len, .type = p->type };
	int fd;

	if (linux_prog_load(&o, NULL, &fd) != LINUX_OK)
		return false;
	close(fd);
	return true;
}

/* Wide insns that name the page get its descriptor. */
static void name_page(struct program *p, uint32_t fd)
{
	for (uint32_t i = 0; i < p->len; i++)
		if (p->insn[i].code == (CLS_LD | MD_IMM | SZ_DW) && p->insn[i].src == 2)
			((struct insn *)p->insn)[i].imm = (int32_t)fd;
}

static void fill(struct sample *s)
{
	struct gen_opts g = {
		.insns = 30, .priv = PRIV_ROOT, .types = 1u << PROG_XDP, .portable = true,
	};
	struct linux_exits exits = { 0 };
	char why[96];

	for (uint64_t seed = 0; s->n < PROGRAMS && seed < 200000; seed++) {
		struct testcase tc;
		struct choice c;

		choice_seed(&c, mix64(seed));
		gen_case(&c, &g, &s->arena, &tc);
		if (tc.unit.nprog != 1 || tc.unit.nmap || tc.unit.prog[0].nsub != 1 ||
		    tc.unit.prog[0].len > MOST || !plain_loads(&tc.unit.prog[0]) ||
		    !linux_represent(&tc.unit, &tc.input[0], &s->arena, &s->input[s->n], why) ||
		    !linux_exit_show(&tc.unit.prog[0], NULL, NULL, 0, &s->arena, &s->shown[s->n],
				     &exits))
			continue;
		name_page(&s->shown[s->n], (uint32_t)linux_page_get()->fd);
		s->unit[s->n++] = tc.unit;
	}
	free(exits.reg);
}

static void bare(const struct sample *s, uint32_t i)
{
	const struct program *p = &s->unit[i].prog[0], *q = &s->shown[i];
	struct linux_prog_opts o = { .insn = p->insn, .len = p->len, .type = p->type };
	static uint8_t out[4096];
	struct linux_run run = {
		.data_in = s->input[i].packet, .data_size_in = s->input[i].npacket,
		.data_out = out, .data_size_out = s->input[i].npacket,
	};
	int first, second;

	if (linux_prog_load(&o, NULL, &first) != LINUX_OK)
		die("bench: not loaded");
	o.insn = q->insn;
	o.len = q->len;
	if (linux_prog_load(&o, NULL, &second) != LINUX_OK)
		die("bench: not loaded");
	close(first);
	if (linux_prog_test_run(second, &run) != LINUX_OK)
		die("bench: not run");
	close(second);
}

static void engine(const struct sample *s, uint32_t i, struct guest *g)
{
	const struct engine *e = engine_by_name("linux");
	struct load_opts o = { .hint = &s->input[i] };
	struct outcome out;
	void *loaded = e->load(e, &s->unit[i], &o, &out);

	if (!loaded)
		die("bench: %s", out.why);
	e->run(loaded, g, &s->input[i], &out);
	if (out.kind != OUT_RETURN)
		die("bench: %s", out.why);
	e->unload(loaded);
}

static double wall(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* Programs a second; g NULL: bare.  In turns, so that both see the same machine. */
static void rates(const struct sample *s, struct guest *g, double *bare_rate, double *engine_rate)
{
	uint64_t ns[2] = { 0, 0 };

	for (uint32_t k = 0; k < 2 * ROUNDS; k++) {
		uint64_t t = bench_ns();

		for (uint32_t i = 0; i < s->n; i++) {
			if (k % 2)
				engine(s, i, g);
			else
				bare(s, i);
		}
		ns[k % 2] += bench_ns() - t;
	}
	*bare_rate = 1e9 * s->n * ROUNDS / (double)ns[0];
	*engine_rate = 1e9 * s->n * ROUNDS / (double)ns[1];
}

/* Seconds that n processes take for the same work each. */
static double together(const struct sample *s, uint32_t n)
{
	double t = wall();
	int status;

	for (uint32_t i = 0; i < n; i++) {
		if (fork())
			continue;
		char why[96];
		struct guest *g = guest_new(why);

		if (!g)
			die("%s", why);
		for (uint32_t k = 0; k < s->n * ROUNDS; k++)
			engine(s, k % s->n, g);
		_exit(0);
	}
	for (uint32_t i = 0; i < n; i++)
		if (wait(&status) < 0 || status)
			die("bench: a process failed");
	return wall() - t;
}

void bench_linux(void)
{
	static struct sample s;
	double b, e, one, two;
	struct guest *g;
	char why[96];

	bench_section("The kernel as an engine (XDP programs of at most 50 insns, without maps)");
	if (!linux_available(why)) {
		printf("  skipped: %s\n", why);
		return;
	}
	fill(&s);
	one = together(&s, 1);
	two = together(&s, 2);
	g = guest_new(why);
	if (!g)
		die("%s", why);
	rates(&s, g, &b, &e);
	bench_row("bare: load, load, run, close", b, "programs/s", 0, true);
	bench_row("engine linux: load, run, unload", e, "programs/s", 0, true);
	bench_row("engine linux against bare", 100 * e / b, "percent", 80, true);
	bench_row("two processes against one", 2 * one / two, "times", 1.8, true);
	guest_free(g);
	arena_free(&s.arena);
}
