/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

static void say(const struct cli_opts *o, const char *path, const struct program *p,
		const struct finding *f)
{
	struct json j = { .f = stdout };

	if (!o->json) {
		printf("%s%s%s: %s%s%s\n", path, p->name[0] ? " " : "", p->name[0] ? cli_name(p) : "", f ? f->signature : "alike",
		       f ? ": " : "", f ? f->what : "");
		return;
	}
	json_begin(&j, NULL, '{');
	json_str(&j, "file", path);
	json_str(&j, "program", p->name);
	json_bool(&j, "alike", !f);
	if (f) {
		json_str(&j, "signature", f->signature);
		json_str(&j, "what", f->what);
		json_i64(&j, "insn", f->pc.insn == UINT32_MAX ? -1 : (int64_t)f->pc.insn);
	}
	json_end(&j, '}');
	putchar('\n');
}

int cmd_diff(int argc, char **argv)
{
	static const struct option options[] = {
		CLI_FILE, CLI_INPUT, CLI_ENGINES, CLI_VERIFY, CLI_JSON, CLI_END,
	};
	struct pipeline *p = NULL;
	struct cli_opts o;
	int c, ret, all = EXIT_FINE;

	cli_opts_init(&o, PROG_PLAIN, PRIV_CAP_BPF, "interp,jit");
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if ((ret = cli_option(&o, "diff", c)))
			return ret;
	if (optind >= argc)
		return cli_usage("diff", "a file, please");
	if (o.nengine < 2)
		return cli_usage("diff", "at least two engines, please");
	p = cli_pipeline(&o);
	if (!p)
		return EXIT_ENVIRONMENT;
	for (; optind < argc; optind++) {
		struct testcase *tc;
		long k = cli_load(&o, argv[optind], NULL, &tc);

		if (k < 0)
			all = EXIT_USAGE;
		for (long i = 0; i < k; i++) {
			struct finding f;
			bool differs = run_one(p, &tc[i], &f);

			say(&o, argv[optind], &tc[i].unit.prog[0], differs ? &f : NULL);
			if (differs && all == EXIT_FINE)
				all = EXIT_FINDING;
		}
	}
	pipeline_free(p);
	cli_opts_free(&o);
	return all;
}
