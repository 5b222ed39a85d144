/* SPDX-License-Identifier: Apache-2.0 */
/* judge: one program, our verdict and the other one. */
#include "tests/gates/gate.h"

#include "case/btf.h"
#include "fuzz/internal.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum {
	LOG_SHORT = 128,	/* the statistics alone are longer, see ask_verifier() */
	LOADS_IN_FLIGHT = 64,
	MEMBARRIER_GLOBAL = 1,
};

/* The other verdict: the running kernel's, or one that was recorded. */
struct answer {
	struct linux_log log;
	const char *text;	/* its log, or what the system call said */
	char reason[200];	/* the sentence of a refusal, "" if it said nothing */
	uint64_t processed;	/* 0: not known */
	double ns;		/* 0: not known */
	bool made;		/* the maps could be made */
	bool stopped;		/* patience was at an end */
	bool accepted;
};

/* Does a line of the kernel's log say what we say? */
static bool same_reason(const char *log, const char *msg)
{
	char ours[200], theirs[200];
	const char *line = log;

	verdict_skeleton(msg, ours, sizeof(ours));
	while (*line) {
		verdict_skeleton(line, theirs, sizeof(theirs));
		if (!strcmp(ours, theirs))
			return true;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

/* ---- asking the kernel ------------------------------------------------------ */

/* The number behind key in the log, 0 without. */
static uint64_t log_number(const char *log, const char *key)
{
	const char *p = strstr(log, key);

	return p ? strtoull(p + strlen(key), NULL, 10) : 0;
}

/*
 * Linux frees the code of programs in batches, one after each grace period of
 * RCU, and 6.18 can lock up for good when a batch is larger than the 1,024 works
 * that a queue executes at once: so few may wait at a time.
 */
static void throttle(void)
{
	static uint32_t loads;

	if (++loads % LOADS_IN_FLIGHT == 0)
		syscall(SYS_membarrier, MEMBARRIER_GLOBAL, 0, 0);
}

/*
 * The verifier's word alone: with a log buffer that cannot hold the statistics
 * the load fails in any case, but after the verifier is done and before the
 * program is compiled.  What the log begins with tells the verdict: statistics, or
 * the path that failed (level 1 keeps no other; a few errors have no sentence, and
 * where these come before the first insn the statistics say so).
 */
static enum linux_err ask_verifier(const struct testcase *tc, uint32_t prog, enum priv priv,
				   struct linux_log *log, bool *made)
{
	struct linux_unit_opts lo = {
		.log_level = LINUX_LOG_REJECT | LINUX_LOG_STATS | LINUX_LOG_FIXED,
		.log_max = LOG_SHORT,
	};
	enum linux_err e = linux_load_unit(&tc->unit, &tc->input[0], prog, priv, &lo, log, made);

	if (e != LINUX_LOG_FULL)
		return e;
	if (!strncmp(linux_log_text(log), "verification time", 17) &&
	    !strstr(linux_log_text(log), "processed 0 insns"))
		return LINUX_OK;
	lo = (struct linux_unit_opts){ .log_level = LINUX_LOG_STATS };
	return linux_load_unit(&tc->unit, &tc->input[0], prog, priv, &lo, log, made);
}

static volatile sig_atomic_t alarmed;

static void on_alarm(int sig)
{
	alarmed = sig;
}

/* The verifier stops at a signal (EAGAIN); ms 0: no signal comes. */
static void patience(uint32_t ms)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval t = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	if (ms)
		sigaction(SIGALRM, &sa, NULL);
	if (gate.patience)
		setitimer(ITIMER_REAL, &t, NULL);
}

static enum linux_err ask(const struct testcase *tc, uint32_t prog, enum priv priv,
			  struct linux_log *log, bool *made)
{
	struct linux_unit_opts lo = { .log_level = LINUX_LOG_STATS };
	enum linux_err e;

	alarmed = 0;
	patience(gate.patience);
	if (gate.verify_only)
		e = ask_verifier(tc, prog, priv, log, made);
	else
		e = linux_load_unit(&tc->unit, &tc->input[0], prog, priv, &lo, log, made);
	patience(0);
	if (e == LINUX_OK && !gate.verify_only)
		throttle();
	return e;
}

static void answer_kernel(struct answer *a, const struct testcase *tc, uint32_t prog)
{
	enum linux_err e = ask(tc, prog, gate.priv, &a->log, &a->made);

	a->accepted = e == LINUX_OK;
	a->stopped = alarmed;
	a->text = linux_log_text(&a->log);
	if (!a->accepted && a->made)
		linux_log_reason(e, a->text, a->reason, sizeof(a->reason));
	if (!*a->text && !a->accepted)
		a->text = linux_strerror(e);
	a->processed = log_number(a->text, "processed ");
	a->ns = 1000.0 * (double)log_number(a->text, "verification time ");
}

static void answer_recorded(struct answer *a, const struct head *h)
{
	char *end;

	a->made = true;
	if (gate.unpriv_recorded) {
		a->accepted = h->unpriv[0] == 'a';
		snprintf(a->reason, sizeof(a->reason), "%s", h->unpriv_reason);
		a->text = a->reason;
		return;
	}
	a->accepted = h->kernel[0] == 'a';
	a->text = "";
	if (!a->accepted)
		return;
	a->processed = strtoull(h->kernel + 7, &end, 10);
	a->ns = 1000.0 * (double)strtoull(end, NULL, 10);
}

/* ---- ours ---------------------------------------------------------------------- */

/* The best time of a few runs, in ns. */
static double our_ns(struct counts *c, const struct unit *u, uint32_t prog, const struct vopts *vo)
{
	struct arena a = { 0 };
	double best = 0;

	for (int i = 0; i < 3; i++) {
		struct timespec t0, t1;
		struct verdict v;
		double ns;

		arena_reset(&a);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t0);
		verify(u, prog, vo, &a, &v);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t1);
		ns = 1e9 * (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec);
		if (!best || ns < best)
			best = ns;
		if (a.used > c->peak_bytes)
			c->peak_bytes = a.used;
		if (ns > 1e8)
			break;
	}
	arena_free(&a);
	return best;
}

static void count_time(struct counts *c, const struct unit *u, uint32_t prog,
		       const struct vopts *vo, double kernel)
{
	double ours;

	if (!gate.time || kernel <= 0)
		return;
	ours = our_ns(c, u, prog, vo);
	c->timed++;
	c->ns_ours += ours;
	c->ns_kernel += kernel;
	c->log_ratio += log(kernel / ours);
}

/* ---- both ---------------------------------------------------------------------- */

static void count_insns(struct counts *c, const char *file, const char *name,
			const struct verdict *v, uint64_t kernel)
{
	if (!kernel)
		return;
	c->compared++;
	c->insns_kernel += kernel;
	c->insns_ours += v->processed;
	if ((double)v->processed <= 1.2 * (double)kernel)
		c->within++;
	else if (gate.verbose)
		printf("more insns: %s (%s): %" PRIu64 " of ours, %" PRIu64 "\n", file, name, v->processed,
		       kernel);
}

static void both_reject(struct counts *c, const char *file, const char *name,
			const struct verdict *v, const struct answer *a)
{
	char reason[CLASS_NAME], row[2 * CLASS_NAME];

	c->both_reject++;
	if (!a->reason[0]) {
		c->silent++;
		return;
	}
	/* The kernel's tests record a part of the sentence. */
	if (gate.unpriv_recorded ? strstr(v->msg, a->reason) != NULL : same_reason(a->text, v->msg)) {
		c->same_reason++;
		return;
	}
	verdict_skeleton(a->reason, reason, sizeof(reason));
	snprintf(row, sizeof(row), "V_%s, kernel: %s", verr_name[v->err], reason);
	class_add(c, OTHER_REASON, row, 1);
	if (gate.verbose)
		printf("other reason: %s (%s)\n    ours:   %s\n    kernel: %s\n", file, name, v->msg,
		       a->reason);
}

static void save(const char *name, const struct testcase *tc)
{
	struct arena a = { 0 };
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s.plx", gate.save, name);
	f = fopen(path, "w");
	if (!f)
		die("gate: %s cannot be written", path);
	fputs(case_to_text(tc, &a), f);
	fclose(f);
	arena_free(&a);
}

/* What our rejection is likely about, where the error's name does not tell. */
static const char *note(const struct program *p, const struct verdict *v)
{
	const struct insn *in = &p->insn[v->pc];

	if (!p->id)
		return "";
	if (v->err == V_POINTER_COMPARE && insn_row(p->id[v->pc])->width == 32 && !in->imm)
		return ", 32 bits of a pointer and 0";
	return "";
}

static void disagree(struct counts *c, const char *file, const char *name, const struct verdict *v,
		     const struct answer *a, const struct testcase *tc, uint32_t prog)
{
	char reason[CLASS_NAME], row[2 * CLASS_NAME];
	const struct known *k;

	verdict_skeleton(a->reason[0] ? a->reason : a->text, reason, sizeof(reason));
	if (v->accepted)
		snprintf(row, sizeof(row), "accept: %s", reason);
	else
		snprintf(row, sizeof(row), "reject: V_%s%s", verr_name[v->err], note(&tc->unit.prog[prog], v));
	k = known_find(c, name, true);
	if (!k)
		k = known_find(c, row, true);
	class_add(c, v->accepted ? (k ? KNOWN_ACCEPT : WE_ACCEPT) : k ? KNOWN_REJECT : WE_REJECT,
		  row + 8, 1);
	printf("%s %s (%s)\n    %s: %s\n", v->accepted ? "WE ACCEPT" : "we reject", file, name,
	       v->accepted ? "kernel" : "ours", v->accepted ? (a->reason[0] ? a->reason : a->text) : v->msg);
	if (!v->accepted)
		printf("    at pc %u; processed %" PRIu64 " insns, the kernel %" PRIu64 "\n", v->pc,
		       v->processed, a->processed);
	if (k)
		printf("    known: %s\n", k->reason);
	else if (gate.save && !strchr(name, '/'))
		save(name, tc);
}

/* What cannot be compared: the reason, or NULL. */
static const char *left_out(const struct head *h, const struct program *p)
{
	if (gate.unpriv_recorded) {
		if (p->type != PROG_SOCKET_FILTER && p->type != PROG_CGROUP_SKB)
			return "a type that needs privileges: nothing was recorded";
		if (h->unpriv[0] != 'a' && h->unpriv[0] != 'r')
			return "nothing was recorded";
		return NULL;
	}
	if (h->kernel[0] == 'd')
		return "the kernel denies the type here";
	for (uint32_t i = 0; gate.no_subprogs && !h->kernel[0] && p->id && i < p->len; i++)
		if (p->id[i] == I_CALL_LOCAL || p->id[i] == I_LD_CODE_ADDR)
			return "subprograms: not asked (--no-subprogs)";
	return NULL;
}

static void compare(struct counts *c, const char *file, const struct head *h,
		    const struct testcase *tc, uint32_t prog, const struct answer *a)
{
	struct vopts vo = {
		.priv = gate.priv, .walk = gate.walk, .cpus = linux_ncpus(), .btf = btf_of_kernel(),
	};
	struct arena mem = { 0 };
	struct verdict v;

	vo.strict_align = tc->unit.prog[prog].prog_flags & LINUX_F_STRICT_ALIGNMENT;
	verify(&tc->unit, prog, &vo, &mem, &v);
	if (h->needs[0] && a->accepted != v.accepted) {
		class_add(c, SET_ASIDE, h->needs, 1);
	} else if (!v.accepted && verr_unsupported(v.err) && a->accepted) {
		class_add(c, SET_ASIDE, v.msg, 1);
	} else if (!v.accepted && v.err == V_TOO_COMPLEX && a->accepted && gate.walk == WALK_EXACT) {
		class_add(c, OVER_BUDGET, "the exact walk gave up", 1);
	} else if (a->accepted && v.accepted) {
		known_find(c, h->name, false);
		c->both_accept++;
		count_time(c, &tc->unit, prog, &vo, a->ns);
		count_insns(c, file, h->name, &v, a->processed);
	} else if (!a->accepted && !v.accepted) {
		known_find(c, h->name, false);
		both_reject(c, file, h->name, &v, a);
	} else {
		disagree(c, file, h->name, &v, a, tc, prog);
	}
	arena_free(&mem);
}

void judge(struct counts *c, const char *file, const struct head *h, const struct testcase *tc,
	   uint32_t prog)
{
	const char *why = left_out(h, &tc->unit.prog[prog]);
	struct answer a = { 0 };

	c->programs++;
	if (why) {
		class_add(c, SET_ASIDE, why, 1);
		return;
	}
	if (gate.unpriv_recorded || h->kernel[0])
		answer_recorded(&a, h);
	else
		answer_kernel(&a, tc, prog);
	if (a.stopped) {
		class_add(c, SET_ASIDE, "the kernel took too long (--patience)", 1);
	} else if (a.made) {
		compare(c, file, h, tc, prog, &a);
	} else {
		c->no_maps++;
		if (gate.verbose)
			printf("no maps: %s (%s): %s\n", file, h->name, a.text);
	}
	linux_log_free(&a.log);
}
