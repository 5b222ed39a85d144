/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays a finding's folder, a case in any format, or a crash file of
 * libFuzzer or AFL++ (any bytes decode to a case).  The case runs in a child,
 * so that one that kills its process is reported, too.
 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Strictly if it parses as some format, else as fuzz targets take it. */
static bool load(struct cli_opts *o, const char *path, struct testcase **tc, long *k)
{
	struct file_err err;
	size_t n;
	uint8_t *p = file_read(path, &n, &err);

	if (!p) {
		file_err_print(stderr, path, &err);
		return false;
	}
	*k = file_parse(p, n, &o->file, &o->arena, tc, &err);
	if (*k < 0 && o->file.format != FMT_AUTO) {
		file_err_print(stderr, path, &err);
		free(p);
		return false;
	}
	if (*k < 0) {
		*tc = arena_alloc(&o->arena, sizeof(**tc));
		case_from_any(p, n, &o->arena, *tc);
		*k = 1;
		if (!o->quiet)
			printf("taken as a fuzz target's input\n");
	}
	free(p);
	return true;
}

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
}

static int replay(struct cli_opts *o, const struct testcase *tc, long k)
{
	struct pipeline *p = cli_pipeline(o);
	int ret = EXIT_FINE;

	if (!p)
		return EXIT_ENVIRONMENT;
	for (long i = 0; i < k; i++) {
		struct finding f;
		bool differs = run_one(p, &tc[i], &f);

		if (differs)
			ret = EXIT_FINDING;
		if (o->json)
			say_json(&tc[i], differs ? &f : NULL);
		else if (!o->quiet)
			finding_report(stdout, p, &tc[i], differs ? &f : NULL);
	}
	pipeline_free(p);
	return ret;
}

static int replay_in_child(struct cli_opts *o, const struct testcase *tc, long k)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("fork failed");
	if (pid == 0) {
		status = replay(o, tc, k);
		fflush(NULL);
		_exit(status);
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid failed");
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	if (!o->quiet)
		printf("finding    crash: the process died of signal %d (%s)\n", WTERMSIG(status),
		       strsignal(WTERMSIG(status)));
	return EXIT_FINDING;
}

int cmd_repro(int argc, char **argv)
{
	static const struct option options[] = {
		CLI_FILE, CLI_INPUT, CLI_ENGINES, CLI_VERIFY, CLI_JSON,
		{ "quiet", no_argument, NULL, OPT_QUIET }, CLI_END,
	};
	struct testcase *tc;
	struct cli_opts o;
	char path[4200];
	struct stat st;
	long k;
	int c, ret;

	cli_opts_init(&o, PROG_PLAIN, PRIV_CAP_BPF, "interp,jit");
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if ((ret = cli_option(&o, "repro", c)))
			return ret;
	if (optind + 1 != argc)
		return cli_usage("repro", "one path, please");
	snprintf(path, sizeof(path), "%s", argv[optind]);
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		snprintf(path, sizeof(path), "%s/case.bin", argv[optind]);
	if (!load(&o, path, &tc, &k))
		return EXIT_USAGE;
	ret = replay_in_child(&o, tc, k);
	cli_opts_free(&o);
	return ret;
}
