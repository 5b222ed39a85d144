/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* For cases that kill their process: the signal must stay the same. */
struct death {
	struct pipeline *p;
	uint32_t timeout;
	int sig;
};

/* Runs one case in a child; the signal that it died of (SIGALRM: it hung), or 0. */
static int signal_of(struct pipeline *p, uint32_t timeout, const struct testcase *tc)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		struct finding f;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGALRM, SIG_DFL);
		alarm(timeout);
		if (!freopen("/dev/null", "w", stderr))
			_exit(EXIT_ENVIRONMENT);
		run_one(p, tc, &f);
		_exit(EXIT_FINE);
	}
	if (pid < 0)
		die("fork: %s", strerror(errno));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid: %s", strerror(errno));
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static bool same_death(void *arg, const struct testcase *tc)
{
	const struct death *d = arg;

	return signal_of(d->p, d->timeout, tc) == d->sig;
}

/* Shrinks tc as long as it gives the same signature, or dies of the same signal. */
static int shrink(struct cli_opts *o, struct pipeline *p, const struct testcase *tc,
		  const struct testcase *as_target, uint32_t budget)
{
	struct signature_match m;
	struct min_stats st = { 0 };
	struct testcase small;
	struct finding f;
	struct death d = { .p = p, .timeout = o->timeout, .sig = signal_of(p, o->timeout, tc) };

	if (!d.sig && as_target && (d.sig = signal_of(p, o->timeout, as_target)))
		tc = as_target;
	if (d.sig) {
		minimise(tc, same_death, &d, budget, &o->arena, &small, &st);
		fprintf(stderr, "crash: signal %d\n%u slots to %u, %u runs\n", d.sig, st.insns_before,
			st.insns_after, st.tried);
		return cli_write_case(o->out, &small, &o->arena) ? EXIT_FINE : EXIT_ENVIRONMENT;
	}
	if (!run_one(p, tc, &f) && (tc = as_target, !tc || !run_one(p, tc, &f))) {
		fprintf(stderr, "parallax min: this case has no finding\n");
		return EXIT_USAGE;
	}
	finding_match(&m, p, &f);
	minimise(tc, finding_same, &m, budget, &o->arena, &small, &st);
	fprintf(stderr, "%s\n%u slots to %u, %u runs\n", f.signature, st.insns_before, st.insns_after,
		st.tried);
	return cli_write_case(o->out, &small, &o->arena) ? EXIT_FINE : EXIT_ENVIRONMENT;
}

int cmd_min(int argc, char **argv)
{
	enum { BUDGET = OPT_OWN };
	static const struct option options[] = {
		CLI_FILE, CLI_ENGINES, CLI_VERIFY, CLI_TIMEOUT, { "budget", required_argument, NULL, BUDGET }, CLI_END,
	};
	struct pipeline *p;
	struct testcase *tc, *as_target;
	struct cli_opts o;
	uint64_t budget = 20000;
	long k;
	int c, ret;

	cli_opts_init(&o, PROG_PLAIN, PRIV_CAP_BPF, "interp,jit");
	o.out = "-";
	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (c == 'o')
			o.out = optarg;
		else if (c == BUDGET && !cli_u64("min", "--budget", optarg, &budget))
			return EXIT_USAGE;
		else if (c != BUDGET && (ret = cli_option(&o, "min", c)))
			return ret;
	}
	if (optind + 1 != argc)
		return cli_usage("min", "one case, please");
	o.max_insns = FUEL_FUZZ;	/* as when fuzzing */
	k = cli_load_any(&o, argv[optind], &tc, &as_target);
	if (k < 0)
		return EXIT_USAGE;
	if (k != 1)
		return cli_usage("min", "%s has %ld programs; min takes one case", argv[optind], k);
	p = cli_pipeline(&o);
	if (!p)
		return EXIT_ENVIRONMENT;
	ret = shrink(&o, p, tc, as_target, budget > UINT32_MAX ? UINT32_MAX : (uint32_t)budget);
	pipeline_free(p);
	cli_opts_free(&o);
	return ret;
}
