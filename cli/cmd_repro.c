/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays a finding's folder, a case in any format, or a crash file of
 * libFuzzer or AFL++ (any bytes decode to a case).  The case runs in a child,
 * so that one that kills its process is reported, too.
 */
#include "cli/cli.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void say_json(const struct testcase *tc, const struct finding *f)
{
	struct json j = { .f = stdout };

	json_begin(&j, NULL, '{');
	json_bool(&j, "differs", f);
	json_str(&j, "program", tc->unit.prog[0].name);
	if (f) {
		json_str(&j, "signature", f->signature);
		json_str(&j, "oracle", f->oracle);
		json_str(&j, "what", f->what);
		json_u64(&j, "program_index", f->pc.prog);
		json_i64(&j, "insn", f->pc.insn == UINT32_MAX ? -1 : (int64_t)f->pc.insn);
	}
	json_end(&j, '}');
	putchar('\n');
	fflush(stdout);			/* the next case may kill this process */
}

/* The process died: what there is to say of that. */
static void say_crash(const struct cli_opts *o, int sig)
{
	struct json j = { .f = stdout };
	char signature[40], what[120];

	snprintf(signature, sizeof(signature), sig == SIGALRM ? "crash/repro/hang" :
		 "crash/repro/signal-%d", sig);
	if (sig == SIGALRM)
		snprintf(what, sizeof(what), "the case did not end within %u s", o->timeout);
	else
		snprintf(what, sizeof(what), "the process died of signal %d (%s)", sig, strsignal(sig));
	if (!o->json) {
		printf("finding    %s\nwhat       %s\n", signature, what);
		return;
	}
	json_begin(&j, NULL, '{');
	json_bool(&j, "differs", true);
	json_str(&j, "signature", signature);
	json_str(&j, "what", what);
	json_end(&j, '}');
	putchar('\n');
}

/* What one case gives; as_target may be NULL. */
static bool replay_one(struct cli_opts *o, struct pipeline *p, const struct testcase *tc,
		       const struct testcase *as_target)
{
	struct finding f;
	bool differs;

	alarm(o->timeout);
	differs = run_one(p, tc, &f);
	/* A target may have run these bytes with more inputs than the case has. */
	if (!differs && as_target) {
		tc = as_target;
		differs = run_one(p, tc, &f);
	}
	if (o->json)
		say_json(tc, differs ? &f : NULL);
	else if (!o->quiet)
		finding_report(stdout, p, tc, differs ? &f : NULL);
	return differs;
}

static int replay(struct cli_opts *o, const struct testcase *tc, long k,
		  const struct testcase *as_target)
{
	struct pipeline *p = cli_pipeline(o);
	int ret = EXIT_FINE;

	if (!p)
		return EXIT_ENVIRONMENT;
	for (long i = 0; i < k; i++)
		if (replay_one(o, p, &tc[i], as_target))
			ret = EXIT_FINDING;
	pipeline_free(p);
	return ret;
}

static int replay_in_child(struct cli_opts *o, const struct testcase *tc, long k,
			   const struct testcase *as_target)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork failed");
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGALRM, SIG_DFL);
		status = replay(o, tc, k, as_target);
		_exit(cli_finish(status));
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid failed");
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (!o->quiet)
		say_crash(o, WTERMSIG(status));
	return EXIT_FINDING;
}

/*
 * A finding is replayed with the engines, privilege and walk that its report
 * names, but for those that the command line names.  0, or the exit code.
 */
static int folder_options(struct cli_opts *o, const char *folder)
{
	static const char begin[] = "reproduce  parallax repro ";
	bool has[3] = { o->has_engines, o->has_priv, o->has_walk };
	char path[4200], line[8192], *next = NULL, *word, *value;
	int ret = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%.4000s/report.txt", folder);
	f = fopen(path, "r");
	while (f && !next && fgets(line, sizeof(line), f))
		if (!strncmp(line, begin, sizeof(begin) - 1))
			next = line + sizeof(begin) - 1;
	if (f)
		fclose(f);
	while (!ret && next && (word = strsep(&next, " \n")) && !strncmp(word, "--", 2) &&
	       (value = strsep(&next, " \n"))) {
		static const int opt[3] = { OPT_ENGINES, OPT_PRIV, OPT_WALK };
		int k = !strcmp(word, "--engines") ? 0 : !strcmp(word, "--priv") ? 1 :
			!strcmp(word, "--walk") ? 2 : 3;

		optarg = value;
		if (k < 3 && !has[k])
			ret = cli_option(o, "repro", opt[k]);
	}
	return ret;
}

int cmd_repro(int argc, char **argv)
{
	static const struct option options[] = {
		CLI_FILE, CLI_INPUT, CLI_ENGINES, CLI_VERIFY, CLI_JSON, CLI_TIMEOUT,
		{ "quiet", no_argument, NULL, OPT_QUIET }, CLI_END,
	};
	struct testcase *tc, *as_target;
	struct cli_opts o;
	char path[4200];
	struct stat st;
	bool folder;
	long k;
	int c, ret;

	cli_opts_init(&o, PROG_PLAIN, PRIV_CAP_BPF, "interp,jit");
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if ((ret = cli_option(&o, "repro", c)))
			return ret;
	if (optind + 1 != argc)
		return cli_usage("repro", "one path, please");
	snprintf(path, sizeof(path), "%s", argv[optind]);
	folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
	if (folder && (ret = folder_options(&o, argv[optind])))
		return ret;
	if (folder)
		snprintf(path, sizeof(path), "%s/case.bin", argv[optind]);
	o.max_insns = FUEL_FUZZ;	/* as when fuzzing */
	k = cli_load_any(&o, path, &tc, &as_target);
	if (k < 0)
		return EXIT_USAGE;
	ret = replay_in_child(&o, tc, k, folder || tc == as_target ? NULL : as_target);
	cli_opts_free(&o);
	return ret;
}
