/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <string.h>

/* Shrinks tc as long as it gives the same signature. */
static int shrink(struct cli_opts *o, struct pipeline *p, const struct testcase *tc, uint32_t budget)
{
	struct signature_match m;
	struct min_stats st = { 0 };
	struct testcase small;
	struct finding f;

	if (!run_one(p, tc, &f)) {
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
		CLI_FILE, CLI_ENGINES, CLI_VERIFY, { "budget", required_argument, NULL, BUDGET }, CLI_END,
	};
	struct pipeline *p;
	struct testcase *tc;
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
	k = cli_load(&o, argv[optind], NULL, &tc);
	if (k < 0)
		return EXIT_USAGE;
	if (k != 1)
		return cli_usage("min", "%s has %ld programs; min takes one case", argv[optind], k);
	p = cli_pipeline(&o);
	if (!p)
		return EXIT_ENVIRONMENT;
	ret = shrink(&o, p, tc, budget > UINT32_MAX ? UINT32_MAX : (uint32_t)budget);
	pipeline_free(p);
	cli_opts_free(&o);
	return ret;
}
