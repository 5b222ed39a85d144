/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel as an engine, against a bare loop of the same system calls on the
 * same programs: ask for the verdict, load with the registers shown, run, close;
 * and both of them in two processes at once.
 */
#include "bench/bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "engines/linux_engine.h"

enum { PROGRAMS = 400, ROUNDS = 8, MOST = 50, TRIES = 3 };

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
	linux_prog_close(fd);
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

/* A program that passes fails for lack of room in the log; see engines/linux.c. */
static void verdict(const struct program *p)
{
	struct linux_prog_opts o = {
		.insn = p->insn, .len = p->len, .type = p->type,
		.log_level = LINUX_LOG_STATS | LINUX_LOG_FIXED, .log_max = 20,
	};
	static struct linux_log log;
	int fd;

	if (linux_prog_load(&o, &log, &fd) != LINUX_LOG_FULL)
		die("bench: no verdict");
}

static void bare(const struct sample *s, uint32_t i)
{
	const struct program *q = &s->shown[i];
	struct linux_prog_opts o = { .insn = q->insn, .len = q->len, .type = q->type };
	static uint8_t out[4096];
	struct linux_run run = {
		.data_in = s->input[i].packet, .data_size_in = s->input[i].npacket,
		.data_out = out, .data_size_out = s->input[i].npacket,
	};
	int fd;

	verdict(&s->unit[i].prog[0]);
	if (linux_prog_load(&o, NULL, &fd) != LINUX_OK)
		die("bench: not loaded");
	if (linux_prog_test_run(fd, &run) != LINUX_OK)
		die("bench: not run");
	linux_prog_close(fd);
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

/* What one of several processes does.  Each has a page of its own. */
static void work(struct sample *s, bool is_bare)
{
	struct guest *g = NULL;
	char why[96];

	for (uint32_t i = 0; is_bare && i < s->n; i++)
		name_page(&s->shown[i], (uint32_t)linux_page_get()->fd);
	if (!is_bare && !(g = guest_new(why)))
		die("%s", why);
	for (uint32_t k = 0; k < s->n * ROUNDS; k++) {
		if (is_bare)
			bare(s, k % s->n);
		else
			engine(s, k % s->n, g);
	}
	guest_free(g);
}

/* Seconds that n processes take for the same work each. */
static double together(struct sample *s, uint32_t n, bool is_bare)
{
	double t = wall();
	int status;

	fflush(NULL);
	for (uint32_t i = 0; i < n; i++) {
		if (fork())
			continue;
		work(s, is_bare);
		_exit(0);
	}
	for (uint32_t i = 0; i < n; i++)
		if (wait(&status) < 0 || status)
			die("bench: a process failed");
	return wall() - t;
}

/* How much more two processes do than one: the best of some tries of each, in turns. */
static double scaling(struct sample *s, bool is_bare)
{
	double one = 1e9, two = 1e9, t;

	for (uint32_t i = 0; i < TRIES; i++) {
		t = together(s, 1, is_bare);
		one = t < one ? t : one;
		t = together(s, 2, is_bare);
		two = t < two ? t : two;
	}
	return 2 * one / two;
}

void bench_linux(void)
{
	static struct sample s;
	double b, e, engine_two, bare_two;
	struct guest *g;
	char why[96];

	bench_section("The kernel as an engine (XDP programs of at most 50 insns, without maps)");
	if (!linux_available(why)) {
		printf("  skipped: %s\n", why);
		return;
	}
	fill(&s);
	bare_two = scaling(&s, true);
	engine_two = scaling(&s, false);
	g = guest_new(why);
	if (!g)
		die("%s", why);
	rates(&s, g, &b, &e);
	bench_row("bare: verdict, load, run, close", b, "programs/s", 0, true);
	bench_row("engine linux: load, run, unload", e, "programs/s", 0, true);
	bench_row("engine linux against bare", 100 * e / b, "percent", 80, true);
	bench_row("bare, two processes against one", bare_two, "times", 0, true);
	bench_row("engine linux, two processes against one", engine_two, "times", 1.8, true);
	guest_free(g);
	arena_free(&s.arena);
}
