/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The built-in loop.  Case i of a campaign is a pure function of (seed, i) and
 * the corpus that stood at the start, so that a campaign on one worker is the
 * same to the byte each time, and the case on which a worker died is made again
 * from its index.  Workers are processes: a crash takes one of them only.
 */
#include "fuzz/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_JOBS = 64, MIN_BUDGET = 4000, FLUSH_EVERY = 16, CRASH_LIMIT = 16, BUCKETS_MAX = 1024,
};

/* What a worker shows the parent; it alone writes it. */
struct worker {
	struct stats stats;
	_Atomic uint64_t index;		/* of the case in work */
	_Atomic uint64_t beat;		/* moves as long as the worker does */
	_Atomic uint32_t state;		/* 0 running, 1 ended */
	uint32_t flaky;
	/* Of the parent: */
	pid_t pid;
	uint64_t start;			/* first index that it takes */
	uint64_t last_beat;
	double beat_at;			/* when the parent saw it move last */
	bool hung;			/* killed because it stood still */
};

struct shared {
	_Atomic uint32_t stop;
	_Atomic uint32_t unwritable;	/* a finding could not be stored */
	_Atomic uint64_t bucket[BUCKETS_MAX];	/* hashes of their names, 0: free */
	struct worker w[MAX_JOBS];
};

struct campaign {
	const struct campaign_opts *o;
	struct shared *sh;
	struct corpus corpus;
	FILE *out;
	pid_t pid;		/* of the parent */
	double began;
	bool tty;
	bool killed;		/* a second Ctrl-C: no waiting for the workers */
	uint32_t crashes, flaky;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig)
{
	(void)sig;
	interrupted++;
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

/* ---- one case ------------------------------------------------------------------ */

/* Half of the cases each; the corpus' share of both, too. */
enum priv campaign_priv(const struct campaign_opts *o, uint64_t i)
{
	if (!o->both_privs)
		return o->pipe.priv;
	return mix64(mix64(o->seed ^ 1) + i) & 1 ? PRIV_ROOT : PRIV_CAP_BPF;
}

/*
 * Case i: generated, or a corpus entry or a generated case mutated a few
 * times, or (second level) arbitrary insns.
 */
void campaign_case(const struct campaign_opts *o, const struct corpus *corpus, uint64_t i,
		   struct arena *a, struct testcase *tc)
{
	struct gen_opts g = o->gen;
	struct testcase base, other;
	struct choice ch;
	struct rng r;
	uint32_t rounds;

	rng_seed(&r, mix64(o->seed) ^ mix64(i + 1));
	choice_seed(&ch, rng_next(&r));
	if (o->both_privs)
		g.priv = campaign_priv(o, i);
	g.wild = rng_below(&r, 100) < o->wild_percent;
	if (g.wild || rng_below(&r, 16) != 0) {
		gen_case(&ch, &g, a, tc);
		return;
	}
	gen_case(&ch, &g, a, &base);
	choice_seed(&ch, rng_next(&r));
	gen_case(&ch, &g, a, &other);
	if (corpus->n && rng_below(&r, 4))
		base = corpus->tc[rng_below(&r, corpus->n)];
	rounds = 1 + (uint32_t)rng_below(&r, 4);
	while (rounds--) {
		mutate_case(&r, &base, &other, a, tc, NULL);
		base = *tc;
	}
}

/* ---- a worker ---------------------------------------------------------------------- */

/* Enters a bucket into the campaign's list; false if it stands there already. */
static bool bucket_new(struct shared *sh, const char *name)
{
	uint64_t h = digest(name, strlen(name), 0) | 1;

	for (uint32_t i = 0; i < BUCKETS_MAX; i++) {
		uint64_t there = 0;

		if (atomic_compare_exchange_strong(&sh->bucket[i], &there, h))
			return true;
		if (there == h)
			return false;
	}
	return false;
}

static uint32_t bucket_count(struct shared *sh)
{
	uint32_t n = 0;

	while (n < BUCKETS_MAX && atomic_load(&sh->bucket[n]))
		n++;
	return n;
}

/* finding_same() that shows the parent that the worker is alive. */
struct beating {
	struct signature_match match;
	struct worker *w;
};

static bool beating_same(void *arg, const struct testcase *tc)
{
	struct beating *b = arg;

	atomic_fetch_add(&b->w->beat, 1);
	return finding_same(&b->match, tc);
}

/*
 * Shrinks, stores, replays, once for each bucket; one that stands from an
 * earlier campaign stays as it is.  The counts of the campaign are not touched
 * by that.  False if it cannot be stored.
 */
static bool keep_finding(const struct campaign *c, struct worker *w, struct pipeline *p,
			 const struct testcase *tc, const struct finding *f)
{
	struct stats saved = *pipeline_stats(p);
	struct beating b = { .w = w };
	struct arena a = { 0 };
	struct testcase small;
	char path[4400], bucket[200];
	bool was = pipeline_text_always(p, true);	/* its sample depends on the case, which shrinks */
	int stored = 0;

	finding_bucket(f, bucket, sizeof(bucket));
	if (!bucket_new(c->sh, bucket)) {
		pipeline_text_always(p, was);
		return true;
	}
	snprintf(path, sizeof(path), "%s/%s", c->o->out, bucket);
	if (access(path, F_OK) != 0) {
		finding_match(&b.match, p, f);
		minimise(tc, beating_same, &b, MIN_BUDGET, &a, &small, NULL);
		stored = finding_save(c->o->out, p, tc, &small, f, path, sizeof(path));
		if (stored > 0 && !finding_confirmed(path, pipeline_opts(p), c->o->timeout))
			w->flaky++;
		arena_free(&a);
	}
	if (stored < 0)
		fprintf(stderr, "parallax: %s is not stored: %s\n", f->signature, path);
	pipeline_text_always(p, was);
	*pipeline_stats(p) = saved;
	return stored >= 0;
}

static void worker_loop(struct campaign *c, uint32_t job)
{
	struct worker *w = &c->sh->w[job];
	struct arena a = { 0 };
	struct finding f;
	struct testcase tc;
	char why[96] = "";
	struct pipeline *p = pipeline_new(&c->o->pipe, why);
	uint64_t limit = c->o->execs ? c->o->execs : UINT64_MAX;
	uint32_t flush = 0;
	struct last *last = last_begin(c->o, job);

	if (!p)
		die("%s", why);
	*pipeline_stats(p) = w->stats;		/* of a predecessor that died */
	for (uint64_t i = w->start; i < limit; i += c->o->jobs) {
		if (flush-- == 0) {
			w->stats = *pipeline_stats(p);
			flush = FLUSH_EVERY;
			if (atomic_load(&c->sh->stop))
				break;
		}
		arena_reset(&a);
		atomic_store_explicit(&w->index, i, memory_order_relaxed);
		atomic_store_explicit(&w->beat, w->beat + 1, memory_order_relaxed);
		last_case(last, i);
		campaign_case(c->o, &c->corpus, i, &a, &tc);
		pipeline_priv(p, campaign_priv(c->o, i));
		if (!run_one(p, &tc, &f))
			continue;
		if (!keep_finding(c, w, p, &tc, &f))
			atomic_store(&c->sh->unwritable, 1);
		if (!c->o->keep_going || atomic_load(&c->sh->unwritable)) {
			atomic_store(&c->sh->stop, 1);
			break;
		}
	}
	w->stats = *pipeline_stats(p);
	last_end(last);
	atomic_store(&w->state, 1);
	pipeline_free(p);
	arena_free(&a);
}

static void workers_kill(struct campaign *c)
{
	for (uint32_t i = 0; i < c->o->jobs; i++)
		if (c->sh->w[i].pid)
			kill(c->sh->w[i].pid, SIGKILL);
}

static void worker_start(struct campaign *c, uint32_t job)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		/* The parent tells when to stop, unless it is gone. */
		signal(SIGINT, SIG_IGN);
		signal(SIGTERM, SIG_IGN);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == c->pid)
			worker_loop(c, job);
		_exit(0);
	}
	if (pid < 0) {
		fprintf(stderr, "parallax: fork: %s\n", strerror(errno));
		workers_kill(c);
		exit(3);
	}
	c->sh->w[job].pid = pid;
	c->sh->w[job].beat_at = seconds();
}

/* ---- the parent ------------------------------------------------------------------------ */

static void add_stats(struct stats *sum, const struct stats *s)
{
	uint64_t *to = (uint64_t *)sum;
	const uint64_t *from = (const uint64_t *)s;

	_Static_assert(sizeof(struct stats) % 8 == 0, "stats are counters and nothing else");
	for (size_t i = 0; i < sizeof(*s) / 8; i++)
		to[i] += from[i];
}

static struct stats total(const struct campaign *c, uint32_t *buckets, uint32_t *flaky)
{
	struct stats sum = { 0 };

	*buckets = bucket_count(c->sh);
	*flaky = c->flaky;
	for (uint32_t i = 0; i < c->o->jobs; i++) {
		add_stats(&sum, &c->sh->w[i].stats);
		*flaky += c->sh->w[i].flaky;
	}
	return sum;
}

static void status_line(const struct campaign *c)
{
	uint32_t buckets, flaky;
	struct stats s = total(c, &buckets, &flaky);
	double t = seconds() - c->began;

	fprintf(c->out,
		"%s%5.0f s  %7.0f programs/s  %5.1f %% accepted  %" PRIu64 " executed  %" PRIu64
		" comparisons  %" PRIu64 " states checked  %u finding%s%s",
		c->tty ? "\r" : "", t, (double)s.programs / (t > 0.01 ? t : 0.01),
		s.programs ? 100.0 * (double)s.accepted / (double)s.programs : 0.0, s.executed,
		s.comparisons, s.states_checked, buckets, buckets == 1 ? "" : "s",
		c->tty ? "\033[K" : "\n");
	fflush(c->out);
}

static uint32_t hist_median(const uint64_t *hist, uint32_t n)
{
	uint64_t sum = 0, half = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += hist[i];
	for (uint32_t i = 0; i < n; i++) {
		half += hist[i];
		if (2 * half >= sum)
			return i;
	}
	return 0;
}

/* Nothing without an engine that has a verifier, or that cannot show all. */
static void summary_kernel(FILE *o, const struct stats *s)
{
	for (uint32_t i = 1; i < VC_N; i++)
		if (s->verdict[i])
			fprintf(o, "verdicts        %" PRIu64 " %s\n", s->verdict[i], verdict_class_name[i]);
	for (uint32_t i = 1; i < REASON_N; i++)
		if (s->reason[i])
			fprintf(o, "left out        %" PRIu64 " runs: %s\n", s->reason[i], reason_text[i]);
	if (s->kernel_steps)
		fprintf(o, "kernel's log    %" PRIu64 " paths and %" PRIu64 " programs of %" PRIu64
			", %" PRIu64 " steps, %" PRIu64 " values in it\n",
			s->kernel_logs[0], s->kernel_logs[1], s->accepted, s->kernel_steps, s->kernel_values);
	if (s->kernel_steps)
		fprintf(o, "                covered by older states %" PRIu64 " times, %" PRIu64
			" in part; %" PRIu64 " left early, %" PRIu64 " not understood, %" PRIu64
			" with \"verifier bug\", %" PRIu64 " wrong as is known\n",
			s->kernel_covered, s->kernel_tainted, s->kernel_lost, s->kernel_odd,
			s->kernel_bugs, s->kernel_known);
	if (s->half)
		fprintf(o, "half shown      %" PRIu64 " runs show 32 bits of r0 only\n", s->half);
}

static void summary_privs(FILE *o, const struct stats *s)
{
	const char *before = "privileges      ";

	for (uint32_t i = 0; i < PRIV_N; i++) {
		if (!s->priv[i])
			continue;
		fprintf(o, "%s%s %" PRIu64 " programs", before, priv_name((enum priv)i), s->priv[i]);
		before = ", ";
	}
	if (before[0] == ',')
		fprintf(o, "\n");
}

static void summary_text(const struct campaign *c, const struct stats *s, uint32_t buckets,
			 uint32_t flaky, double t)
{
	FILE *o = c->out;
	double n = s->programs ? (double)s->programs : 1, e = s->executed ? (double)s->executed : 1;

	fprintf(o, "\nprograms        %" PRIu64 " in %.1f s (%.0f/s), seed %" PRIu64 "\n", s->programs, t,
		(double)s->programs / (t > 0.01 ? t : 0.01), c->o->seed);
	fprintf(o, "accepted        %" PRIu64 " (%.1f %%)\n", s->accepted, 100.0 * (double)s->accepted / n);
	fprintf(o, "executed        %" PRIu64 " accepted programs; %" PRIu64 " runs, %" PRIu64 " of them stopped by fuel\n",
		s->executed, s->runs, s->fuel);
	fprintf(o, "comparisons     %" PRIu64 "\n", s->comparisons);
	fprintf(o, "states checked  %" PRIu64 " (exact walk %" PRIu64 " programs, Linux walk %" PRIu64 ")\n",
		s->states_checked, s->walk[WALK_EXACT], s->walk[WALK_LINUX]);
	summary_privs(o, s);
	fprintf(o, "executed insns  median %u, mean %.1f a run; %.1f %% of programs branch, %.1f %% access memory\n",
		hist_median(s->hist_executed, 256),
		(double)s->executed_insns / (s->comparisons ? (double)s->comparisons : 1),
		100.0 * (double)s->with_branch / e, 100.0 * (double)s->with_memory / e);
	fprintf(o, "processed       %.2f insns of the verifier for each insn of the programs\n",
		s->insns ? (double)s->processed / (double)s->insns : 0.0);
	for (uint32_t i = 0; i < ORACLE_N; i++)
		fprintf(o, "oracle %-11s holds %" PRIu64 ", fails %" PRIu64 ", no opinion %" PRIu64 "\n",
			oracles[i].name, s->ruling[i][HOLDS], s->ruling[i][FAILS], s->ruling[i][NO_OPINION]);
	summary_kernel(o, s);
	if (s->unsupported || s->broken)
		fprintf(o, "not compared    %" PRIu64 " unsupported, %" PRIu64 " broken\n", s->unsupported,
			s->broken);
	fprintf(o, "findings        %" PRIu64 " in %u bucket%s%s", s->findings + c->crashes, buckets,
		buckets == 1 ? "" : "s", flaky ? "" : "\n");
	if (flaky)
		fprintf(o, ", %u of them not seen again in a fresh process\n", flaky);
	if (buckets)
		fprintf(o, "they lie in     %s/  (parallax repro %s/BUCKET)\n", c->o->out, c->o->out);
	else
		fprintf(o, "nothing was found; findings would lie in %s/\n", c->o->out);
}

static void json_kernel(struct json *j, const struct stats *s)
{
	json_begin(j, "kernel_log", '{');
	json_u64(j, "paths", s->kernel_logs[0]);
	json_u64(j, "programs", s->kernel_logs[1]);
	json_u64(j, "steps", s->kernel_steps);
	json_u64(j, "values", s->kernel_values);
	json_u64(j, "covered", s->kernel_covered);
	json_u64(j, "covered_in_part", s->kernel_tainted);
	json_u64(j, "left_early", s->kernel_lost);
	json_u64(j, "not_understood", s->kernel_odd);
	json_u64(j, "verifier_bug", s->kernel_bugs);
	json_u64(j, "known", s->kernel_known);
	json_end(j, '}');
}

static void summary_json(const struct campaign *c, const struct stats *s, uint32_t buckets,
			 uint32_t flaky, double t)
{
	struct json j = { .f = c->out };

	json_begin(&j, NULL, '{');
	json_u64(&j, "programs", s->programs);
	json_u64(&j, "accepted", s->accepted);
	json_u64(&j, "executed", s->executed);
	json_u64(&j, "runs", s->runs);
	json_u64(&j, "comparisons", s->comparisons);
	json_u64(&j, "states_checked", s->states_checked);
	json_kernel(&j, s);
	json_begin(&j, "privileges", '{');
	for (uint32_t i = 0; i < PRIV_N; i++)
		json_u64(&j, priv_name((enum priv)i), s->priv[i]);
	json_end(&j, '}');
	json_u64(&j, "executed_insns", s->executed_insns);
	json_u64(&j, "insns", s->insns);
	json_u64(&j, "processed", s->processed);
	json_u64(&j, "with_branch", s->with_branch);
	json_u64(&j, "with_memory", s->with_memory);
	json_u64(&j, "median_executed", hist_median(s->hist_executed, 256));
	json_u64(&j, "fuel", s->fuel);
	json_u64(&j, "unsupported", s->unsupported);
	json_u64(&j, "broken", s->broken);
	json_begin(&j, "verdicts", '{');
	for (uint32_t i = 1; i < VC_N; i++)
		json_u64(&j, verdict_class_name[i], s->verdict[i]);
	json_end(&j, '}');
	json_begin(&j, "left_out", '{');
	for (uint32_t i = 1; i < REASON_N; i++)
		if (s->reason[i])
			json_u64(&j, reason_text[i], s->reason[i]);
	json_end(&j, '}');
	json_u64(&j, "half_shown", s->half);
	json_begin(&j, "oracles", '{');
	for (uint32_t i = 0; i < ORACLE_N; i++) {
		json_begin(&j, oracles[i].name, '{');
		json_u64(&j, "holds", s->ruling[i][HOLDS]);
		json_u64(&j, "fails", s->ruling[i][FAILS]);
		json_u64(&j, "no_opinion", s->ruling[i][NO_OPINION]);
		json_end(&j, '}');
	}
	json_end(&j, '}');
	json_u64(&j, "findings", s->findings + c->crashes);
	json_u64(&j, "buckets", buckets);
	json_u64(&j, "flaky", flaky);
	json_f64(&j, "seconds", t);
	json_u64(&j, "seed", c->o->seed);
	json_end(&j, '}');
	putc('\n', c->out);
}

/* A worker died on a case, or was killed because it stood still. */
static void keep_crash(struct campaign *c, struct worker *w, int status)
{
	char bucket[200];
	int stored = crash_keep(c->o, &c->corpus, atomic_load(&w->index), status, w->hung, bucket,
				sizeof(bucket));

	if (stored < 0)
		atomic_store(&c->sh->unwritable, 1);
	else if (bucket_new(c->sh, bucket) && stored == 0)
		c->flaky++;
	c->crashes++;
	if (!c->o->json)
		fprintf(c->out, "%sa worker %s on case %" PRIu64 ": %s/%s\n", c->tty ? "\r\033[K" : "",
			w->hung ? "hung" : "died", atomic_load(&w->index), c->o->out, bucket);
}

/* Kills a worker that has not moved for long: an endless loop in it, or in compiled code. */
static void check_beat(const struct campaign *c, struct worker *w)
{
	uint64_t beat = atomic_load(&w->beat);
	double now = seconds();

	if (beat != w->last_beat) {
		w->last_beat = beat;
		w->beat_at = now;
	} else if (now - w->beat_at > c->o->timeout) {
		w->hung = true;
		kill(w->pid, SIGKILL);
	}
}

/* Collects ended workers; one that died is restarted behind its last case. */
static uint32_t reap(struct campaign *c)
{
	uint32_t running = 0;

	for (uint32_t i = 0; i < c->o->jobs; i++) {
		struct worker *w = &c->sh->w[i];
		int status;

		if (!w->pid)
			continue;
		if (waitpid(w->pid, &status, WNOHANG) != w->pid) {
			running++;
			check_beat(c, w);
			continue;
		}
		w->pid = 0;
		if (atomic_load(&w->state) == 1 || c->killed)
			continue;
		if (WIFEXITED(status) && WEXITSTATUS(status) == 3) {
			workers_kill(c);
			exit(3);	/* the machine, not the program: it has said why */
		}
		keep_crash(c, w, status);
		w->hung = false;
		if (!c->o->keep_going || c->crashes >= CRASH_LIMIT || atomic_load(&c->sh->unwritable))
			atomic_store(&c->sh->stop, 1);
		if (atomic_load(&c->sh->stop))
			continue;
		w->start = atomic_load(&w->index) + c->o->jobs;
		worker_start(c, i);
		running++;
	}
	return running;
}

static void watch(struct campaign *c)
{
	double next = c->tty ? 0.2 : 1;
	double step = c->tty ? 0.2 : 10;

	while (reap(c)) {
		double t = seconds() - c->began;

		usleep(20000);
		if (interrupted || (c->o->seconds > 0 && t >= c->o->seconds))
			atomic_store(&c->sh->stop, 1);
		if (interrupted > 1 && !c->killed) {
			c->killed = true;
			workers_kill(c);
		}
		if (t >= next && !c->o->json) {
			status_line(c);
			next = t + step;
		}
	}
	if (!c->o->json)
		status_line(c);
}

/* Findings go there: better to know now than at the first one that it cannot be written. */
static void folder_make(const char *dir)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
		die("--out: the path is too long");
	for (char *s = path + 1; *s; s++) {
		if (*s != '/')
			continue;
		*s = 0;
		mkdir(path, 0777);
		*s = '/';
	}
	if (mkdir(path, 0777) && errno != EEXIST)
		die("%s cannot be made: %s", dir, strerror(errno));
	snprintf(path, sizeof(path), "%.4000s/.probe.%d", dir, (int)getpid());
	if (mkdir(path, 0777))
		die("%s cannot be written: %s", dir, strerror(errno));
	rmdir(path);
}

int campaign_run(const struct campaign_opts *o, FILE *out)
{
	struct campaign c = {
		.o = o, .out = out, .pid = getpid(), .began = seconds(), .tty = isatty(fileno(out)),
	};
	struct arena a = { 0 };
	struct sigaction sa = { .sa_handler = on_interrupt };
	uint32_t buckets, flaky;
	bool unwritable;
	struct stats s;
	double t;

	if (o->jobs > MAX_JOBS)
		die("at most %d jobs", MAX_JOBS);
	folder_make(o->out);
	c.sh = mmap(NULL, sizeof(*c.sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c.sh == MAP_FAILED)
		die("shared memory: %s", strerror(errno));
	corpus_load(o->corpus, &a, &c.corpus);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	for (uint32_t i = 0; i < o->jobs; i++) {
		c.sh->w[i].start = i;
		worker_start(&c, i);
	}
	watch(&c);
	s = total(&c, &buckets, &flaky);
	t = seconds() - c.began;
	if (o->json)
		summary_json(&c, &s, buckets, flaky, t);
	else
		summary_text(&c, &s, buckets, flaky, t);
	last_clean(o);
	rmdir(o->out);			/* if nothing lies in it */
	unwritable = atomic_load(&c.sh->unwritable);
	munmap(c.sh, sizeof(*c.sh));
	arena_free(&a);
	return unwritable ? 3 : s.findings || c.crashes ? 1 : 0;
}
