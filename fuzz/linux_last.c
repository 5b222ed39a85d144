/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which case brought the machine down?
 *
 * A campaign that runs programs in the kernel writes, for each worker, how its
 * cases are made and the index of one that is about to run, and waits until
 * that is on the disk: every 256 cases, or every second, or (paranoid) each time.
 * After a crash the cases from there on are made again; the culprit is among them.
 */
#include "fuzz/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { EVERY_CASES = 256, EVERY_SECONDS = 1 };

struct last {
	int fd;
	bool paranoid;
	uint32_t left;		/* cases until it is written again */
	time_t at;		/* when it was written */
	char path[4200];
};

static time_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return ts.tv_sec;
}

static bool runs_in_kernel(const struct campaign_opts *o)
{
	for (uint32_t i = 0; i < o->pipe.nengine; i++)
		if (o->pipe.engine[i]->caps() & CAP_VERDICT)
			return true;
	return false;
}

/* The index comes first and has a fixed width: it alone is written again. */
#define INDEX_LINE "index %020" PRIu64 "\n"

static void write_head(const struct last *l, const struct campaign_opts *o, uint32_t job)
{
	const struct gen_opts *g = &o->gen;
	char text[4800];
	int n;

	n = snprintf(text, sizeof(text), INDEX_LINE "job %u\njobs %u\nseed %" PRIu64 "\ntypes %u\n"
		     "priv %u\ninsns %u\ninputs %u\ngroups %u\nportable %u\nno_loops %u\nwild %u\n"
		     "both_privs %u\nevery %u\ncorpus %s\n", UINT64_C(0), job, o->jobs, o->seed, g->types,
		     (unsigned)g->priv, g->insns, g->inputs, g->groups, g->portable, g->no_loops,
		     o->wild_percent, o->both_privs, o->paranoid ? 1 : EVERY_CASES, o->corpus ? o->corpus : "");
	if (write(l->fd, text, (size_t)n) != n)
		die("%s: %s", l->path, strerror(errno));
}

struct last *last_begin(const struct campaign_opts *o, uint32_t job)
{
	struct last *l;

	if (!o->out || !runs_in_kernel(o))
		return NULL;
	l = calloc(1, sizeof(*l));
	if (!l)
		die("out of memory");
	mkdir(o->out, 0777);
	snprintf(l->path, sizeof(l->path), "%.4000s/last", o->out);
	mkdir(l->path, 0777);
	snprintf(l->path, sizeof(l->path), "%.4000s/last/%u", o->out, job);
	l->fd = open(l->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (l->fd < 0)
		die("%s: %s", l->path, strerror(errno));
	l->paranoid = o->paranoid;
	write_head(l, o, job);
	if (fsync(l->fd))
		die("%s: %s", l->path, strerror(errno));
	return l;
}

void last_case(struct last *l, uint64_t index)
{
	char text[32];
	time_t t;
	int n;

	if (!l)
		return;
	t = now();
	if (l->left && !l->paranoid && t - l->at < EVERY_SECONDS) {
		l->left--;
		return;
	}
	n = snprintf(text, sizeof(text), INDEX_LINE, index);
	if (pwrite(l->fd, text, (size_t)n, 0) != n || fdatasync(l->fd))
		die("%s: %s", l->path, strerror(errno));
	l->left = EVERY_CASES - 1;
	l->at = t;
}

void last_end(struct last *l)
{
	if (!l)
		return;
	unlink(l->path);
	close(l->fd);
	free(l);
}

void last_clean(const struct campaign_opts *o)
{
	char path[4200];

	snprintf(path, sizeof(path), "%.4000s/last", o->out);
	rmdir(path);			/* unless a worker died */
}

/* ---- afterwards --------------------------------------------------------------------- */

static bool number(const char *text, const char *key, uint64_t *v)
{
	size_t n = strlen(key);
	const char *p = text;
	char *end;

	while (p && (strncmp(p, key, n) || p[n] != ' ')) {
		p = strchr(p, '\n');
		p = p ? p + 1 : NULL;
	}
	if (!p)
		return false;
	errno = 0;
	*v = strtoull(p + n + 1, &end, 10);
	return !errno && *end == '\n';
}

bool last_read(const char *out, uint32_t job, struct arena *a, struct last_range *r)
{
	struct campaign_opts *o = &r->opts;
	uint64_t v[13] = { 0 };
	static const char *const key[13] = {
		"index", "jobs", "seed", "types", "priv", "insns", "inputs", "groups", "portable",
		"no_loops", "wild", "every", "both_privs",
	};
	struct file_err err;
	const char *corpus;
	uint8_t *bytes;
	char path[4200], *text;
	size_t n;

	memset(r, 0, sizeof(*r));
	snprintf(path, sizeof(path), "%.4000s/last/%u", out, job);
	bytes = file_read(path, &n, &err);
	if (!bytes)
		return false;
	text = arena_printf(a, "%.*s", (int)(n < 8192 ? n : 8192), (const char *)bytes);
	free(bytes);
	for (uint32_t i = 0; i < 13; i++)
		if (!number(text, key[i], &v[i]))
			return false;
	corpus = strstr(text, "\ncorpus ");
	if (!corpus || !v[1] || v[4] >= PRIV_N)
		return false;
	corpus = arena_printf(a, "%.*s", (int)strcspn(corpus + 8, "\n"), corpus + 8);
	o->jobs = (uint32_t)v[1];
	o->seed = v[2];
	o->gen = (struct gen_opts){
		.types = (uint32_t)v[3], .priv = (enum priv)v[4], .insns = (uint32_t)v[5],
		.inputs = (uint32_t)v[6], .groups = (uint32_t)v[7], .portable = v[8],
		.no_loops = v[9],
	};
	o->wild_percent = (uint32_t)v[10];
	o->pipe.priv = o->gen.priv;
	o->both_privs = v[12];
	o->corpus = *corpus ? corpus : NULL;
	r->first = v[0];
	r->step = o->jobs;
	r->count = (uint32_t)v[11];
	corpus_load(o->corpus, a, &r->corpus);
	return true;
}

void last_make(const struct last_range *r, uint32_t i, struct arena *a, struct testcase *tc)
{
	campaign_case(&r->opts, &r->corpus, r->first + (uint64_t)i * r->step, a, tc);
}
