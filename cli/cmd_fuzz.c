/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	TIME = OPT_OWN, EXECS, JOBS, CORPUS, OUT, KEEP, INPUTS, INSNS, WILD, PARANOID,
	KERNEL_LOG,
};
static const struct option options[] = {
	CLI_ENGINES, CLI_VERIFY, CLI_JSON, CLI_TIMEOUT, { "type", required_argument, NULL, OPT_TYPE },
	{ "seed", required_argument, NULL, OPT_SEED }, { "time", required_argument, NULL, TIME },
	{ "execs", required_argument, NULL, EXECS }, { "jobs", required_argument, NULL, JOBS },
	{ "corpus", required_argument, NULL, CORPUS }, { "out", required_argument, NULL, OUT },
	{ "keep-going", no_argument, NULL, KEEP }, { "inputs", required_argument, NULL, INPUTS },
	{ "insns", required_argument, NULL, INSNS }, { "wild", required_argument, NULL, WILD },
	{ "paranoid", no_argument, NULL, PARANOID },
	{ "kernel-log", required_argument, NULL, KERNEL_LOG }, CLI_END,
};

/* One option of fuzz alone; 0, or the exit code after a message. */
static int own_option(struct campaign_opts *co, int c)
{
	uint64_t v = 0;
	char *end;

	if (c == CORPUS) {
		co->corpus = optarg;
		return 0;
	}
	if (c == OUT) {
		co->out = optarg;
		return 0;
	}
	if (c == PARANOID) {
		co->paranoid = true;
		return 0;
	}
	if (c == KEEP) {
		co->keep_going = true;
		return 0;
	}
	if (c == TIME) {
		co->seconds = strtod(optarg, &end);
		if (*end || !*optarg || !(co->seconds >= 0))
			return cli_usage("fuzz", "--time: '%s' is not a number of seconds", optarg);
		return 0;
	}
	if (c == KERNEL_LOG && !strncmp(optarg, "1/", 2))
		optarg += 2;
	if (!cli_u64("fuzz", "option", optarg, &v))
		return EXIT_USAGE;
	if (c == EXECS)
		co->execs = v;
	else if (c == JOBS && v >= 1 && v <= 64)
		co->jobs = (uint32_t)v;
	else if (c == INPUTS && v >= 1 && v <= 64)
		co->gen.inputs = (uint32_t)v;
	else if (c == INSNS && v >= 1 && v <= 4096)
		co->gen.insns = (uint32_t)v;
	else if (c == WILD && v <= 100)
		co->wild_percent = (uint32_t)v;
	else if (c == KERNEL_LOG && v >= 1 && v <= 1000000)
		co->pipe.kernel_log = (uint32_t)v;
	else
		return cli_usage("fuzz", "%s is out of range (jobs, inputs: 1 to 64; insns: 1 to 4096; wild: 0 to 100; kernel-log: 1/1 to 1/1000000)",
				 optarg);
	return 0;
}

int cmd_fuzz(int argc, char **argv)
{
	struct campaign_opts co = { .out = "findings", .wild_percent = 2, .jobs = 1 };
	struct cli_opts o;
	int c, ret;

	cli_opts_init(&o, 0, PRIV_CAP_BPF, "interp,jit");
	o.over.seed = 1;
	co.jobs = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
	if (co.jobs < 1 || co.jobs > 64)
		co.jobs = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		ret = c >= OPT_OWN ? own_option(&co, c) : cli_option(&o, "fuzz", c);
		if (ret)
			return ret;
	}
	if (optind != argc)
		return cli_usage("fuzz", "no files, please (--corpus DIR names cases to start from)");
	if (o.nengine < 1)
		return cli_usage("fuzz", "no engine works here (see parallax doctor)");
	co.pipe.nengine = o.nengine;
	memcpy(co.pipe.engine, o.engine, sizeof(co.pipe.engine));
	co.pipe.priv = co.gen.priv = o.priv;
	co.both_privs = !o.has_priv;
	co.pipe.walk = o.walk;
	co.pipe.alternate = !o.has_walk;
	co.pipe.sound = true;
	co.pipe.unverified = true;
	co.pipe.max_insns = FUEL_FUZZ;		/* as many as a run may execute */
	/* What only some engines could be given is no use. */
	for (uint32_t i = 0; i < o.nengine; i++) {
		co.gen.portable |= o.engine[i]->represent != NULL;
		co.gen.no_loops |= (o.engine[i]->caps() & CAP_VERDICT) && o.engine[i]->priv != PRIV_ROOT;
	}
	co.gen.types = o.has_type ? 1u << o.file.type : 0;
	co.seed = o.over.seed;
	co.json = o.json;
	co.timeout = o.timeout;
	ret = campaign_run(&co, stdout);
	cli_opts_free(&o);
	return ret;
}
