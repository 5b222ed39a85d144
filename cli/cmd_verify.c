/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void print_json(const struct program *p, const struct verdict *v)
{
	struct json j = { .f = stdout };

	json_begin(&j, NULL, '{');
	json_str(&j, "program", p->name);
	json_bool(&j, "accepted", v->accepted);
	if (!v->accepted) {
		json_u64(&j, "pc", v->pc);
		json_str(&j, "error", verr_name[v->err]);
		json_str(&j, "reason", v->msg);
		json_i64(&j, "register", v->reg);
	}
	json_u64(&j, "insns", p->len);
	json_u64(&j, "processed", v->processed);
	json_u64(&j, "states", v->states);
	json_u64(&j, "peak_states", v->peak_states);
	if (v->nlog)
		json_str(&j, "log", v->log);
	json_end(&j, '}');
	putchar('\n');
}

static void print_text(const struct program *p, const struct verdict *v, bool named)
{
	if (named)
		printf("%s: ", cli_name(p));
	if (v->accepted)
		printf("accepted\n");
	else
		printf("rejected: pc %u: %s\n", v->pc, v->msg);
	if (v->nlog)
		fputs(v->log, stdout);
}

static uint32_t plain_size(const struct testcase *tc)
{
	return tc->input[0].nctx;
}

/* Every program of every case; the worst of the exit codes. */
static int against_linux(const struct cli_opts *o, const struct testcase *tc, long n)
{
	int worst = EXIT_FINE;

	if (cli_without_linux("verify"))
		return EXIT_ENVIRONMENT;
	for (long i = 0; i < n; i++) {
		for (uint32_t j = 0; j < tc[i].unit.nprog; j++) {
			int ret = cli_against_linux(o, &tc[i], j);

			worst = ret > worst ? ret : worst;
		}
	}
	return worst;
}

int cmd_verify(int argc, char **argv)
{
	enum { LOG = OPT_OWN, AGAINST };
	static const struct option options[] = {
		CLI_FILE, CLI_INPUT, CLI_VERIFY, CLI_JSON, { "log", required_argument, NULL, LOG },
		{ "against", required_argument, NULL, AGAINST }, CLI_END,
	};
	struct cli_opts o;
	struct vopts vo = { 0 };
	struct testcase *tc;
	struct arena a = { 0 };
	bool all = true, against = false;
	uint64_t log = 0;
	long k;
	int c, ret;

	cli_opts_init(&o, PROG_SOCKET_FILTER, PRIV_ROOT, NULL);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == LOG) {
			if (!cli_u64("verify", "--log", optarg, &log))
				return EXIT_USAGE;
			if (log > 2)
				return cli_usage("verify", "--log is 0, 1 or 2");
		} else if (c == AGAINST) {
			if (strcmp(optarg, "linux"))
				return cli_usage("verify", "--against linux, not '%s'", optarg);
			against = true;
		} else if ((ret = cli_option(&o, "verify", c))) {
			return ret;
		}
	}
	if (optind >= argc || optind + 2 < argc)
		return cli_usage("verify", "one file, please");
	k = cli_load(&o, argv[optind], optind + 1 < argc ? argv[optind + 1] : NULL, &tc);
	if (k < 0)
		return EXIT_USAGE;
	if (against) {
		ret = against_linux(&o, tc, k);
		cli_opts_free(&o);
		return ret;
	}
	vo.priv = o.priv;
	vo.walk = o.walk;
	vo.log = (uint8_t)log;
	for (long i = 0; i < k; i++) {
		for (uint32_t j = 0; j < tc[i].unit.nprog; j++) {
			struct verdict v;

			vo.plain_size = plain_size(&tc[i]);
			arena_reset(&a);
			verify(&tc[i].unit, j, &vo, &a, &v);
			all &= v.accepted;
			if (o.json)
				print_json(&tc[i].unit.prog[j], &v);
			else
				print_text(&tc[i].unit.prog[j], &v, k > 1 || tc[i].unit.nprog > 1);
		}
	}
	arena_free(&a);
	cli_opts_free(&o);
	return all ? EXIT_FINE : EXIT_FINDING;
}
