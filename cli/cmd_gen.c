/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

/* Writes one case: to standard output, or into a folder under its seed. */
static bool emit(const struct testcase *tc, uint64_t seed, bool bin, const char *dir, struct arena *a)
{
	char path[4200];
	size_t n;
	const void *data;

	if (bin) {
		data = case_to_bin(tc, a, &n);
	} else {
		data = case_to_text(tc, a);
		n = strlen(data);
	}
	if (!dir)
		return cli_write(NULL, data, n);
	snprintf(path, sizeof(path), "%s/%016llx.%s", dir, (unsigned long long)seed, bin ? "bin" : "plx");
	return cli_write(path, data, n);
}

int cmd_gen(int argc, char **argv)
{
	enum { COUNT = OPT_OWN, INSNS, INPUTS, WILD, BIN };
	static const struct option options[] = {
		CLI_FILE, CLI_VERIFY, { "seed", required_argument, NULL, OPT_SEED },
		{ "count", required_argument, NULL, COUNT }, { "insns", required_argument, NULL, INSNS },
		{ "inputs", required_argument, NULL, INPUTS }, { "wild", no_argument, NULL, WILD },
		{ "bin", no_argument, NULL, BIN }, CLI_END,
	};
	struct gen_opts g = { 0 };
	struct cli_opts o;
	uint64_t count = 1, v;
	bool bin = false, ok = true;
	const char *dir = NULL;
	int c, ret;

	cli_opts_init(&o, 0, PRIV_CAP_BPF, NULL);
	o.over.seed = 1;
	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		v = 1;
		if ((c == COUNT || c == INSNS || c == INPUTS) && !cli_u64("gen", "option", optarg, &v))
			return EXIT_USAGE;
		if ((c == INSNS && (v < 1 || v > 4096)) || (c == INPUTS && (v < 1 || v > 64)))
			return cli_usage("gen", "%s is out of range (insns: 1 to 4096; inputs: 1 to 64)", optarg);
		if (c == COUNT)
			count = v;
		else if (c == INSNS)
			g.insns = (uint32_t)v;
		else if (c == INPUTS)
			g.inputs = (uint32_t)v;
		else if (c == WILD)
			g.wild = true;
		else if (c == BIN)
			bin = true;
		else if (c == 'o')
			dir = optarg;
		else if ((ret = cli_option(&o, "gen", c)))
			return ret;
	}
	if (optind != argc)
		return cli_usage("gen", "no files, please");
	if (dir && mkdir(dir, 0777) && errno != EEXIST) {
		fprintf(stderr, "parallax gen: %s: %s\n", dir, strerror(errno));
		return EXIT_ENVIRONMENT;
	}
	g.priv = o.priv;
	g.types = o.has_type ? 1u << o.file.type : 0;
	for (uint64_t i = 0; ok && i < count; i++) {
		struct choice ch;
		struct testcase tc;

		arena_reset(&o.arena);
		choice_seed(&ch, o.over.seed + i);
		gen_case(&ch, &g, &o.arena, &tc);
		ok = emit(&tc, o.over.seed + i, bin, dir, &o.arena);
	}
	cli_opts_free(&o);
	return ok ? EXIT_FINE : EXIT_ENVIRONMENT;
}
