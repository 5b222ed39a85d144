/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

int cmd_disasm(int argc, char **argv)
{
	static const struct option options[] = { CLI_FILE, CLI_END };
	struct cli_opts o;
	struct testcase *tc;
	char text[160];
	long k;
	int c, ret;

	cli_opts_init(&o, PROG_SOCKET_FILTER, PRIV_ROOT, NULL);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if ((ret = cli_option(&o, "disasm", c)))
			return ret;
	if (optind >= argc || optind + 2 < argc)
		return cli_usage("disasm", "one file, please");
	k = cli_load(&o, argv[optind], optind + 1 < argc ? argv[optind + 1] : NULL, &tc);
	if (k < 0)
		return EXIT_USAGE;
	for (long i = 0; i < k; i++) {
		const struct unit *u = &tc[i].unit;

		for (uint32_t j = 0; j < u->nprog; j++) {
			const struct program *p = &u->prog[j];

			if (k > 1 || u->nprog > 1 || p->name[0])
				printf("# program %s\n", cli_name(p));
			for (uint32_t pc = 0; pc < p->len;) {
				pc += insn_print(text, sizeof(text), &p->insn[pc], p->len - pc);
				printf("%s\n", text);
			}
		}
	}
	cli_opts_free(&o);
	return EXIT_FINE;
}
