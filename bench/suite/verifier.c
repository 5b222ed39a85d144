/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verifier, alone on generated programs, and beside the kernel's on the same
 * programs in the same run.
 *
 * What the kernel takes is the time of BPF_PROG_LOAD without a log, less that of
 * "r0 = 0" again and again and an exit, as long and of the same type: loading
 * also copies, allocates and compiles.  What the kernel says itself ("verification
 * time", log level 4, in whole microseconds) is given beside it.
 */
#include "bench/bench.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engines/linux_sys.h"

enum {
	GENERATED = 2000,	/* programs of 45 to 55 slots */
	BATCH = 100,		/* made at a time */
	WITH_KERNEL = 200,	/* of these, for the comparison */
	ROUNDS = 9, LEAST = 3,
	MAX_FILES = 4000,
	LARGEST = 12,		/* shown one by one */
	ENOUGH = 30000000,	/* ns: what took this long is not measured more than LEAST times */
};

struct cost {
	uint64_t processed, bytes;
	uint32_t states;
	double ns;
	bool accepted;
};

struct subject {
	char name[40];
	uint32_t len;
	struct cost ours, exact, kernel;
	double kernel_says;	/* ns */
};

/* Sums over the programs that both accept. */
struct sums {
	const char *what;
	struct subject *all;
	uint32_t n, room, left_out, too_short, over_budget;
};

/* ---- ours -------------------------------------------------------------------- */

/* The same code again and again: the best is what it takes when nobody disturbs. */
static void cost_ours(const struct unit *u, uint32_t prog, const struct vopts *vo, struct cost *c)
{
	struct arena a = { 0 };
	double all = 0;

	memset(c, 0, sizeof(*c));
	for (int i = 0; i < LEAST || (i < ROUNDS && all < ENOUGH); i++) {
		struct verdict v;
		uint64_t t;
		double ns;

		arena_reset(&a);
		t = bench_ns();
		verify(u, prog, vo, &a, &v);
		ns = (double)(bench_ns() - t);
		all += ns;
		if (!c->ns || ns < c->ns)
			c->ns = ns;
		c->processed = v.processed;
		c->states = v.states;
		c->bytes = a.used;
		c->accepted = v.accepted;
	}
	arena_free(&a);
}

/* ---- the kernel's ------------------------------------------------------------- */

static uint64_t number_behind(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p ? strtoull(p + strlen(key), NULL, 10) : 0;
}

/* ns of one load, 0 if it is refused.  Level LINUX_LOG_STATS: what the log tells goes into s. */
static double load_once(struct linux_unit *lu, uint32_t prog, struct subject *s)
{
	struct linux_unit_opts o = { .log_level = s ? LINUX_LOG_STATS : 0 };
	struct linux_log log = { 0 };
	uint64_t t = bench_ns();
	bool ok = linux_unit_load(lu, prog, &o, s ? &log : NULL) == LINUX_OK;
	double ns = (double)(bench_ns() - t), says;

	if (lu->prog_fd[prog] >= 0)
		linux_prog_close(lu->prog_fd[prog]);
	lu->prog_fd[prog] = -1;
	if (ok && s) {
		const char *text = linux_log_text(&log);

		s->kernel.processed = number_behind(text, "processed ");
		s->kernel.states = (uint32_t)number_behind(text, "total_states ");
		says = 1000.0 * (double)number_behind(text, "verification time ");
		if (!s->kernel_says || says < s->kernel_says)
			s->kernel_says = says;
	}
	linux_log_free(&log);
	return ok ? ns : 0;
}

static double load_best(struct linux_unit *lu, uint32_t prog)
{
	double best = 0, all = 0;

	for (int i = 0; i < LEAST || (i < ROUNDS && all < ENOUGH); i++) {
		double ns = load_once(lu, prog, NULL);

		if (!ns)
			return 0;
		all += ns;
		if (!best || ns < best)
			best = ns;
	}
	return best;
}

/* The load of as many insns of which nothing is to be known. */
static double load_trivial(const struct program *like)
{
	struct arena a = { 0 };
	struct insn *in = arena_alloc(&a, like->len * sizeof(*in));
	struct program p = { .insn = in, .len = like->len, .type = like->type,
			     .attach_type = like->attach_type, .license = like->license };
	struct unit u = { .prog = &p, .nprog = 1 };
	struct linux_unit lu;
	double ns = 0;

	for (uint32_t i = 0; i + 1 < like->len; i++)
		in[i] = insn_mov64_imm(0, 0);
	in[like->len - 1] = insn_exit();
	program_seal(&p, &a);
	if (linux_unit_open(&lu, &u, NULL) == LINUX_OK)
		ns = load_best(&lu, 0);
	linux_unit_close(&lu);
	arena_free(&a);
	return ns;
}

/* False: the kernel does not load it, or no map could be made. */
static bool cost_kernel(const struct testcase *tc, uint32_t prog, struct subject *s)
{
	struct linux_unit lu;
	double ns = 0, trivial = 0;

	if (linux_unit_open(&lu, &tc->unit, &tc->input[0]) == LINUX_OK && load_once(&lu, prog, s)) {
		load_once(&lu, prog, s);
		ns = load_best(&lu, prog);
		trivial = load_trivial(&tc->unit.prog[prog]);
	}
	linux_unit_close(&lu);
	s->kernel.accepted = ns > 0;
	s->kernel.ns = ns - trivial;
	return ns > 0 && trivial > 0;
}

/* ---- sets of programs ------------------------------------------------------------ */

static void add(struct sums *s, const char *name, const struct testcase *tc, uint32_t prog,
		bool kernel)
{
	struct vopts vo = { .priv = PRIV_ROOT, .walk = WALK_LINUX };
	struct subject *x;

	if (s->n == s->room) {
		s->room = s->room ? 2 * s->room : 256;
		s->all = realloc(s->all, s->room * sizeof(*s->all));
		if (!s->all)
			die("bench: out of memory");
	}
	x = &s->all[s->n];
	memset(x, 0, sizeof(*x));
	snprintf(x->name, sizeof(x->name), "%s", name);
	x->len = tc->unit.prog[prog].len;
	vo.plain_size = tc->input[0].nctx;
	cost_ours(&tc->unit, prog, &vo, &x->ours);
	vo.walk = WALK_EXACT;
	if (!x->ours.accepted || (kernel && !cost_kernel(tc, prog, x))) {
		s->left_out++;
		return;
	}
	cost_ours(&tc->unit, prog, &vo, &x->exact);
	s->over_budget += !x->exact.accepted;
	s->n++;
}

static void add_file(struct sums *s, const char *path, bool kernel)
{
	struct file_opts fo = { .type = PROG_SOCKET_FILTER };
	struct file_err err;
	struct arena a = { 0 };
	struct testcase *tc;
	size_t n;
	uint8_t *bytes = file_read(path, &n, &err);
	const char *base = strrchr(path, '/') + 1, *name;
	long k;

	if (!bytes)
		die("bench: %s cannot be read", path);
	k = file_parse(bytes, n, &fo, &a, &tc, &err);
	name = !memcmp(bytes, "# name: ", 8)
		? arena_printf(&a, "%.*s", (int)strcspn((char *)bytes + 8, "\n"), bytes + 8) : base;
	for (long i = 0; i < k; i++)
		for (uint32_t j = 0; j < tc[i].unit.nprog; j++)
			add(s, name, &tc[i], j, kernel);
	free(bytes);
	arena_free(&a);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All .plx files of a folder, in the order of their names.  False if there is none. */
static bool add_folder(struct sums *s, const char *path, bool kernel)
{
	struct arena a = { 0 };
	char **file = arena_alloc(&a, MAX_FILES * sizeof(*file));
	DIR *d = opendir(path);
	uint32_t n = 0;

	for (struct dirent *e; d && n < MAX_FILES && (e = readdir(d));) {
		size_t len = strlen(e->d_name);

		if (len > 4 && !strcmp(e->d_name + len - 4, ".plx"))
			file[n++] = arena_printf(&a, "%s/%s", path, e->d_name);
	}
	if (d)
		closedir(d);
	qsort(file, n, sizeof(*file), by_name);
	for (uint32_t i = 0; i < n; i++)
		add_file(s, file[i], kernel);
	arena_free(&a);
	return n > 0;
}

/* The next generated program; false: it is not of about 50 insns. */
static bool next_generated(uint64_t *seed, bool linux_types, struct arena *a, struct testcase *tc)
{
	const uint32_t not_these = 1u << PROG_PLAIN | 1u << PROG_LIRC_MODE2 | 1u << PROG_TRACING |
				   1u << PROG_STRUCT_OPS | 1u << PROG_EXT | 1u << PROG_LSM;
	struct gen_opts g = { .insns = 40, .priv = PRIV_ROOT, .types = linux_types ? ~not_these : 0 };
	struct choice c;

	choice_seed(&c, (*seed)++);
	gen_case(&c, &g, a, tc);
	return tc->unit.prog[0].len >= 45 && tc->unit.prog[0].len <= 55;
}

static void add_generated(struct sums *s, bool kernel)
{
	struct arena a = { 0 };
	char name[40];

	for (uint64_t seed = 0; s->n < WITH_KERNEL;) {
		struct testcase tc;

		arena_reset(&a);
		if (!next_generated(&seed, true, &a, &tc))
			continue;
		snprintf(name, sizeof(name), "generated %" PRIu64, seed - 1);
		add(s, name, &tc, 0, kernel);
	}
	arena_free(&a);
}

/* ---- the tables --------------------------------------------------------------------- */

static int by_time(const void *a, const void *b)
{
	const struct subject *x = a, *y = b;

	return x->ours.ns < y->ours.ns ? 1 : x->ours.ns > y->ours.ns ? -1 : strcmp(x->name, y->name);
}

static void show_largest(struct sums *s, bool kernel)
{
	qsort(s->all, s->n, sizeof(*s->all), by_time);
	printf("  %-34s %6s | %8s %7s %7s %9s%s\n", "", "slots", "insns", "states", "KB", "us",
	       kernel ? " | kernel's: insns  states        us   times" : "");
	for (uint32_t i = 0; i < s->n && i < LARGEST; i++) {
		const struct subject *x = &s->all[i];

		printf("  %-34.34s %6u | %8" PRIu64 " %7u %7" PRIu64 " %9.0f", x->name, x->len,
		       x->ours.processed, x->ours.states, x->ours.bytes >> 10, x->ours.ns / 1000);
		if (kernel)
			printf(" |        %8" PRIu64 " %7u %9.0f %7.1f", x->kernel.processed,
			       x->kernel.states, x->kernel.ns / 1000, x->kernel.ns / x->ours.ns);
		printf("\n");
	}
}

static void row(const struct sums *s, const char *what, double value, const char *unit,
		double goal, bool more)
{
	char name[56];

	snprintf(name, sizeof(name), "%s: %s", s->what, what);
	bench_row(name, value, unit, goal, more);
}

static void show_ours(const struct sums *s)
{
	double ns = 0, ns_exact = 0, processed = 0, states = 0, bytes = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct subject *x = &s->all[i];

		ns += x->ours.ns;
		ns_exact += x->exact.accepted ? x->exact.ns : 0;
		processed += (double)x->ours.processed;
		states += x->ours.states;
		if ((double)x->ours.bytes > bytes)
			bytes = (double)x->ours.bytes;
	}
	row(s, "programs", s->n, "", 0, false);
	row(s, "processed, Linux walk", processed, "insns", 0, false);
	row(s, "states", states, "", 0, false);
	row(s, "most memory", bytes / 1e6, "MB", 100, false);
	row(s, "time", ns / 1e6, "ms", 0, false);
	row(s, "time of an insn", ns / processed, "ns", 0, false);
	row(s, "time, exact walk, within budget", ns_exact / 1e6, "ms", 0, false);
	row(s, "over the exact walk's budget", s->over_budget, "", 0, false);
}

static void show_kernel(struct sums *s)
{
	double ours = 0, ns = 0, says = 0, processed = 0, states = 0, ratio = 0, says_ratio = 0;
	uint32_t n = 0, within = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		const struct subject *x = &s->all[i];

		ours += x->ours.ns;
		ns += x->kernel.ns;
		says += x->kernel_says;
		processed += (double)x->kernel.processed;
		states += x->kernel.states;
		within += (double)x->ours.processed <= 1.2 * (double)x->kernel.processed;
		/* Shorter than what the difference of two loads can show. */
		if (x->kernel.ns < 1000 || x->kernel_says < 1000) {
			s->too_short++;
			continue;
		}
		ratio += log(x->kernel.ns / x->ours.ns);
		says_ratio += log(x->kernel_says / x->ours.ns);
		n++;
	}
	row(s, "kernel's processed", processed, "insns", 0, false);
	row(s, "kernel's states", states, "", 0, false);
	row(s, "kernel's time", ns / 1e6, "ms", 0, false);
	row(s, "kernel's time, as it says", says / 1e6, "ms", 0, false);
	row(s, "at most 1.2 times its insns", 100.0 * within / s->n, "percent", 95, true);
	row(s, "all of the kernel's time / ours", ns / ours, "times", 5, true);
	row(s, "geometric mean", n ? exp(ratio / n) : 0, "times", 5, true);
	row(s, "geometric mean, as it says", n ? exp(says_ratio / n) : 0, "times", 0, true);
	printf("  (%u programs left out: not accepted by both; %u too short for the means)\n",
	       s->left_out, s->too_short);
}

static void show(struct sums *s, bool kernel)
{
	if (!s->n)
		return;
	printf("\n");
	show_largest(s, kernel);
	show_ours(s);
	if (kernel)
		show_kernel(s);
	free(s->all);
}

/* ---- generated programs, alone -------------------------------------------------------- */

/* Made in batches, as a campaign would meet them: just made, and never seen before. */
struct batch {
	struct testcase tc[BATCH];
	struct arena a;
	uint64_t seed;
	double slots;		/* of all batches */
};

static void next_batch(struct batch *b)
{
	arena_reset(&b->a);
	for (uint32_t n = 0; n < BATCH;)
		if (next_generated(&b->seed, false, &b->a, &b->tc[n]))
			b->slots += b->tc[n++].unit.prog[0].len;
}

/* The time of one pass over all GENERATED programs; c: sums. */
static double time_pass(const struct vopts *base, struct batch *b, struct cost *c)
{
	struct arena v = { 0 };
	uint64_t ns = 0;

	memset(c, 0, sizeof(*c));
	b->seed = 0;
	b->slots = 0;
	for (uint32_t done = 0; done < GENERATED; done += BATCH) {
		uint64_t t;

		next_batch(b);
		t = bench_ns();
		for (uint32_t i = 0; i < BATCH; i++) {
			struct vopts o = *base;
			struct verdict out;

			arena_reset(&v);
			o.plain_size = b->tc[i].input[0].nctx;
			verify(&b->tc[i].unit, 0, &o, &v, &out);
			c->processed += out.processed;
			c->bytes += v.used;
		}
		ns += bench_ns() - t;
	}
	arena_free(&v);
	return (double)ns;
}

static void time_generated(struct batch *b, const struct vopts *o, const char *what, double goal)
{
	struct cost c = { 0 };
	char name[56];

	for (int round = 0; round < ROUNDS; round++) {
		struct cost one;
		double ns = time_pass(o, b, &one);

		one.ns = round && c.ns < ns ? c.ns : ns;
		c = one;
	}
	bench_row(what, c.ns / GENERATED / 1000, "us/program", goal, false);
	snprintf(name, sizeof(name), "  %s, of an insn", what);
	bench_row(name, c.ns / (double)c.processed, "ns", 0, false);
	snprintf(name, sizeof(name), "  %s, processed", what);
	bench_row(name, (double)c.processed / GENERATED, "insns", 0, false);
	snprintf(name, sizeof(name), "  %s, memory", what);
	bench_row(name, (double)c.bytes / GENERATED, "bytes", 0, false);
}

static void bench_generated(void)
{
	struct batch *b = calloc(1, sizeof(*b));
	struct vopts o = { .priv = PRIV_ROOT };

	if (!b)
		die("bench: out of memory");
	time_generated(b, &o, "exact walk", 10);
	o.walk = WALK_LINUX;
	time_generated(b, &o, "Linux walk", 10);
	o.record = true;
	time_generated(b, &o, "Linux walk with records", 0);
	o.walk = WALK_EXACT;
	time_generated(b, &o, "exact walk with records", 0);
	bench_row("slots of a program", b->slots / GENERATED, "", 0, false);
	arena_free(&b->a);
	free(b);
}

void bench_verifier(void)
{
	struct sums real = { .what = "real" }, repo = { .what = "bench/programs" },
		    gen = { .what = "generated" };
	const char *objects = getenv("BENCH_OBJECTS");
	char why[96];
	bool kernel = linux_available(why);

	bench_section("The verifier alone (2,000 generated programs of 45 to 55 slots, best of 9)");
	bench_generated();
	bench_section("The verifier beside the kernel's (Linux walk, root; cpu time, best of 3 to 9)");
	if (!kernel)
		printf("  the kernel is left out: %s\n", why);
	add_folder(&repo, "bench/programs", kernel);
	show(&repo, kernel);
	add_generated(&gen, kernel);
	show(&gen, kernel);
	if (!add_folder(&real, objects ? objects : "build/gates/objects", kernel))
		printf("\n  No real objects: `make check-verifier` puts them into build/gates/objects;\n"
		       "  BENCH_OBJECTS names another folder.\n");
	show(&real, kernel);
}
