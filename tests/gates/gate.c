/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate: verdicts of our verifier against the running kernel's, on case files.
 *
 *   gate [--json FILE] [--walk linux|exact] [--priv root|cap_bpf] [--known FILE]
 *        [--generate N [--seed S] [--first I]] [--jobs N] [--time] [--verify-only]
 *        [--no-subprogs] [--patience MS] [--unpriv-recorded]
 *        [--save DIR] [-v] FILE...
 *
 * --generate makes N programs of mixed validity: generated ones, most of them
 * mutated up to four times; they are named SEED:INDEX.
 * --verify-only asks the kernel's verifier, but has nothing compiled: faster.
 * Programs with subprograms are compiled all the same; --no-subprogs sets these
 * aside.
 * --patience stops the kernel's verifier when one program takes longer, and sets it
 * aside: without CAP_PERFMON one in a hundred generated programs takes a second.
 * --unpriv-recorded asks nobody: our verdicts without privileges against what the
 * authors of the kernel's tests recorded for Linux 6.1.
 * --save writes the programs on which the verdicts differ as case files.
 *
 * Prints every disagreement and the counts.  Exit 1 if we accept something that
 * the kernel rejects and that --known does not list, or if something is listed
 * that does not differ; 3 if the kernel cannot be asked.
 */
#include "tests/gates/gate.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_JOBS = 64 };

struct gate gate;

/* "# key: value" of a case file's head. */
static void head_value(const char *text, const char *key, char *out, size_t size)
{
	const char *p = text;
	char want[40];

	out[0] = 0;
	snprintf(want, sizeof(want), "# %s: ", key);
	p = strstr(text, want);
	if (p)
		snprintf(out, size, "%.*s", (int)strcspn(p + strlen(want), "\n"), p + strlen(want));
}

static void read_head(const char *text, struct head *h)
{
	head_value(text, "name", h->name, sizeof(h->name));
	head_value(text, "needs", h->needs, sizeof(h->needs));
	head_value(text, "kernel", h->kernel, sizeof(h->kernel));
	head_value(text, "unpriv", h->unpriv, sizeof(h->unpriv));
	head_value(text, "errstr_unpriv", h->unpriv_reason, sizeof(h->unpriv_reason));
}

static void gate_file(struct counts *c, const char *path)
{
	struct file_opts fo = { .type = PROG_SOCKET_FILTER };
	struct file_err err;
	struct arena a = { 0 };
	struct testcase *tc;
	struct head h;
	size_t n;
	uint8_t *p = file_read(path, &n, &err);
	bool named;
	long k;

	if (!p) {
		file_err_print(stderr, path, &err);
		exit(2);
	}
	read_head(arena_printf(&a, "%.*s", n < 2000 ? (int)n : 2000, p), &h);
	named = h.name[0];
	k = file_parse(p, n, &fo, &a, &tc, &err);
	free(p);
	if (k < 0) {
		file_err_print(stderr, path, &err);
		exit(2);
	}
	for (long i = 0; i < k; i++) {
		for (uint32_t j = 0; j < tc[i].unit.nprog; j++) {
			if (!named)
				snprintf(h.name, sizeof(h.name), "%.100s", tc[i].unit.prog[j].name);
			judge(c, path, &h, &tc[i], j);
		}
	}
	arena_free(&a);
}

/* Programs that nobody wrote: generated, and mutated so that about half are invalid. */
static void gate_generated(struct counts *c, uint64_t i, struct arena *a)
{
	/* PLAIN is not Linux's; the others left out need a place to attach to. */
	const uint32_t not_these = 1u << PROG_PLAIN | 1u << PROG_LIRC_MODE2 | 1u << PROG_TRACING |
				   1u << PROG_STRUCT_OPS | 1u << PROG_EXT | 1u << PROG_LSM;
	struct gen_opts g = { .priv = gate.priv, .types = ~not_these };
	struct testcase tc, other, out;
	struct head h = { 0 };
	struct choice choice;
	struct rng r;

	arena_reset(a);
	rng_seed(&r, mix64(gate.seed) ^ mix64(i + 1));
	choice_seed(&choice, rng_next(&r));
	gen_case(&choice, &g, a, &tc);
	choice_seed(&choice, rng_next(&r));
	gen_case(&choice, &g, a, &other);
	for (uint64_t rounds = rng_below(&r, 5); rounds; rounds--) {
		mutate_case(&r, &tc, &other, a, &out, NULL);
		tc = out;
	}
	snprintf(h.name, sizeof(h.name), "%" PRIu64 ":%" PRIu64, gate.seed, i);
	if (tc.unit.prog[0].id && tc.unit.prog[0].type != PROG_PLAIN)
		judge(c, "generated", &h, &tc, 0);
}

/* ---- workers -------------------------------------------------------------------- */

/* Part k of gate.jobs; what is printed and counted does not depend on how many there are. */
static void work(struct counts *c, uint32_t k, char **file, uint64_t nfile)
{
	uint64_t jobs = gate.jobs, end = (k + 1) * gate.generate / jobs;
	struct arena a = { 0 };

	for (uint64_t i = k * nfile / jobs; i < (k + 1) * nfile / jobs; i++)
		gate_file(c, file[i]);
	for (uint64_t i = k * gate.generate / jobs; i < end; i++)
		gate_generated(c, gate.first + i, &a);
	arena_free(&a);
	c->done = true;
}

static void put_output(FILE *f)
{
	char buf[4096];
	size_t n;

	rewind(f);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		fwrite(buf, 1, n, stdout);
	fclose(f);
}

/* All parts, each in a process of its own; false if one did not get to its end. */
static bool work_all(struct counts *total, char **file, uint64_t nfile)
{
	struct counts *c = mmap(NULL, gate.jobs * sizeof(*c), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	FILE *out[MAX_JOBS];
	bool done = true;

	if (c == MAP_FAILED)
		die("gate: out of memory");
	fflush(stdout);
	for (uint32_t k = 0; k < gate.jobs; k++) {
		pid_t pid;

		out[k] = tmpfile();
		pid = out[k] ? fork() : -1;
		if (pid < 0)
			die("gate: no process");
		if (pid)
			continue;
		dup2(fileno(out[k]), STDOUT_FILENO);
		work(&c[k], k, file, nfile);
		fflush(stdout);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	for (uint32_t k = 0; k < gate.jobs; k++) {
		put_output(out[k]);
		done &= c[k].done;
		counts_merge(total, &c[k]);
	}
	munmap(c, gate.jobs * sizeof(*c));
	return done;
}

/* ---- options -------------------------------------------------------------------- */

static bool flag(int c)
{
	switch (c) {
	case 't': gate.time = true; return true;
	case 'v': gate.verbose = true; return true;
	case 'o': gate.verify_only = true; return true;
	case 'n': gate.no_subprogs = true; return true;
	case 'u':
		gate.unpriv_recorded = true;
		gate.priv = PRIV_UNPRIV;
		return true;
	default:
		return false;
	}
}

static bool option(int c)
{
	switch (c) {
	case 'j': gate.json = optarg; return true;
	case 'w': gate.walk = !strcmp(optarg, "linux") ? WALK_LINUX : WALK_EXACT; return true;
	case 'p': return priv_parse(optarg, &gate.priv);
	case 'k': read_known(optarg); return true;
	case 'g': gate.generate = strtoull(optarg, NULL, 10); return true;
	case 'f': gate.first = strtoull(optarg, NULL, 10); return true;
	case 's': gate.seed = strtoull(optarg, NULL, 10); return true;
	case 'J': gate.jobs = (uint32_t)strtoul(optarg, NULL, 10); return true;
	case 'S': gate.save = optarg; return true;
	case 'P': gate.patience = (uint32_t)strtoul(optarg, NULL, 10); return true;
	default: return flag(c);
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", required_argument, NULL, 'j' }, { "walk", required_argument, NULL, 'w' },
		{ "priv", required_argument, NULL, 'p' }, { "known", required_argument, NULL, 'k' },
		{ "generate", required_argument, NULL, 'g' }, { "seed", required_argument, NULL, 's' },
		{ "jobs", required_argument, NULL, 'J' }, { "patience", required_argument, NULL, 'P' },
		{ "first", required_argument, NULL, 'f' }, { "save", required_argument, NULL, 'S' },
		{ "time", no_argument, NULL, 't' },
		{ "verify-only", no_argument, NULL, 'o' }, { "no-subprogs", no_argument, NULL, 'n' },
		{ "unpriv-recorded", no_argument, NULL, 'u' }, { NULL, 0, NULL, 0 },
	};
	static struct counts total;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	uint32_t stale;
	char why[96];
	int c;

	gate.priv = PRIV_ROOT;
	gate.seed = 1;
	while ((c = getopt_long(argc, argv, "v", options, NULL)) != -1)
		if (!option(c))
			return 2;
	if (!gate.jobs)
		gate.jobs = gate.time || cpus < 1 ? 1 : (uint32_t)cpus;
	gate.jobs = gate.jobs > MAX_JOBS ? MAX_JOBS : gate.jobs;
	/* What --no-subprogs leaves can be asked even where compiling hangs. */
	if (!gate.unpriv_recorded && !(gate.verify_only && gate.no_subprogs) && !linux_available(why)) {
		fprintf(stderr, "gate: %s\n", why);
		return 3;
	}
	if (!work_all(&total, argv + optind, (uint64_t)(argc - optind))) {
		fprintf(stderr, "gate: a worker ended before its time\n");
		return 2;
	}
	report_text(&total);
	stale = report_stale(&total);
	if (gate.json)
		report_json(&total, gate.json);
	return kind_count(&total, WE_ACCEPT) || stale ? 1 : 0;
}
