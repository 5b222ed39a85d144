/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker leaves behind that died or hung, and the replay of whatever was
 * stored in a fresh process.
 */
#include "fuzz/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- a fresh process ------------------------------------------------------------ */

/* Does not return: replays folder/case.bin with the options that the pipeline had. */
static _Noreturn void replay_exec(const char *folder, const struct pipe_opts *pipe, uint32_t timeout)
{
	char options[256], path[4500], limit[16];
	char *next = options, *argv[16] = { "parallax", "repro", "--quiet", "--timeout", limit };
	int n = 5, null = open("/dev/null", O_RDWR);

	snprintf(limit, sizeof(limit), "%u", timeout);
	finding_options(pipe, options, sizeof(options));
	for (char *word; n < 14 && (word = strsep(&next, " "));)
		if (*word)
			argv[n++] = word;
	snprintf(path, sizeof(path), "%s%s/case.bin", folder[0] == '-' ? "./" : "", folder);
	argv[n] = path;
	if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(3);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv("/proc/self/exe", argv);
	_exit(3);
}

bool finding_confirmed(const char *folder, const struct pipe_opts *pipe, uint32_t timeout)
{
	char flaky[4500];
	int status;
	pid_t pid = fork();

	if (pid == 0)
		replay_exec(folder, pipe, timeout);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			pid = -1;
	if (pid > 0 && (WIFSIGNALED(status) || WEXITSTATUS(status) == 1))
		return true;
	snprintf(flaky, sizeof(flaky), "%s/flaky", folder);
	mkdir(flaky, 0777);		/* seen once, not in a fresh process */
	return false;
}

/* ---- crashes ---------------------------------------------------------------------- */

/* In a child: makes the case again and writes it.  The exit code; 3 after a message. */
static int store_case(const struct campaign_opts *o, const struct corpus *corpus, uint64_t i,
		      const char *dir)
{
	struct arena a = { 0 };
	struct testcase tc;
	char path[4500];
	const uint8_t *bin;
	size_t n;
	FILE *f;
	bool ok;

	alarm(o->timeout);
	campaign_case(o, corpus, i, &a, &tc);
	bin = case_to_bin(&tc, &a, &n);
	snprintf(path, sizeof(path), "%s/case.bin", dir);
	f = fopen(path, "wb");
	ok = f && fwrite(bin, 1, n, f) == n;
	if (f)
		ok &= file_close(f);
	if (!ok)
		fprintf(stderr, "parallax: %s: %s\n", path, strerror(errno));
	return ok ? 0 : 3;
}

/* The pipeline that case i ran in. */
static struct pipe_opts pipe_of(const struct campaign_opts *o, uint64_t i)
{
	struct pipe_opts pipe = o->pipe;

	pipe.priv = campaign_priv(o, i);
	return pipe;
}

static bool store_report(const struct campaign_opts *o, uint64_t i, const char *what,
			 const char *signature, const char *dir, bool has_case)
{
	struct pipe_opts pipe = has_case ? pipe_of(o, i) : o->pipe;
	char path[4500], options[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/report.txt", dir);
	f = fopen(path, "w");
	if (!f)
		return false;
	finding_options(&pipe, options, sizeof(options));
	fprintf(f, "finding    %s\n", signature);
	fprintf(f, "what       %s (seed %" PRIu64 ", case %" PRIu64 ")\n", what, o->seed, i);
	if (has_case)
		fprintf(f, "reproduce  parallax repro%s %s\n", options, dir);
	else
		fprintf(f, "the case could not be made again: that is where it happens\n"
			   "reproduce  parallax fuzz%s --seed %" PRIu64 " --jobs 1 --execs %" PRIu64
			   " (and the campaign's other options)\n", options, o->seed, i + 1);
	return file_close(f);
}

int crash_keep(const struct campaign_opts *o, const struct corpus *corpus, uint64_t i, int status,
	       bool hung, char *bucket, size_t size)
{
	int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0, made = 0;
	char dir[4400], what[96], signature[96];
	struct pipe_opts pipe = pipe_of(o, i);
	bool has_case;
	pid_t pid;

	if (hung)
		snprintf(what, sizeof(what), "the worker stood still for %u s on this case", o->timeout);
	else if (sig)
		snprintf(what, sizeof(what), "the worker died of signal %d on this case", sig);
	else
		snprintf(what, sizeof(what), "the worker ended with status %d on this case",
			 WEXITSTATUS(status));
	snprintf(signature, sizeof(signature), hung ? "crash/worker/hang" : "crash/worker/%s-%d",
		 sig ? "signal" : "exit", sig ? sig : WEXITSTATUS(status));
	snprintf(bucket, size, "crash-%016" PRIx64, mix64(mix64(o->seed) + i));
	snprintf(dir, sizeof(dir), "%s/%s", o->out, bucket);
	if (mkdir(dir, 0777) && errno != EEXIST) {
		fprintf(stderr, "parallax: %s (seed %" PRIu64 ", case %" PRIu64 ") is not stored: %s: %s\n",
			what, o->seed, i, dir, strerror(errno));
		return -1;
	}
	/* In a child: what killed the worker may be the making of the case. */
	fflush(NULL);
	pid = fork();
	if (pid == 0)
		_exit(store_case(o, corpus, i, dir));
	while (pid > 0 && waitpid(pid, &made, 0) < 0)
		if (errno != EINTR)
			pid = -1;
	has_case = pid > 0 && WIFEXITED(made) && WEXITSTATUS(made) == 0;
	if (!store_report(o, i, what, signature, dir, has_case) || (pid > 0 && WIFEXITED(made) && !has_case)) {
		fprintf(stderr, "parallax: %s cannot be written: %s\n", dir, strerror(errno));
		return -1;
	}
	return !has_case || finding_confirmed(dir, &pipe, o->timeout);
}
