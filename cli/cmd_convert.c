/* SPDX-License-Identifier: Apache-2.0 */
/* Any file that Parallax reads, as text or binary cases. */
#include "cli/cli.h"

#include <ctype.h>
#include <string.h>
#include <sys/stat.h>

bool cli_write_case(const char *path, const struct testcase *tc, struct arena *a)
{
	const char *dot = path ? strrchr(path, '.') : NULL;
	const void *data;
	size_t n;

	if (!path || !strcmp(path, "-") || (dot && (!strcmp(dot, ".plx") || !strcmp(dot, ".data") ||
						    !strcmp(dot, ".txt")))) {
		data = case_to_text(tc, a);
		n = strlen(data);
	} else {
		data = case_to_bin(tc, a, &n);
	}
	return cli_write(path, data, n);
}

/* A file for case i in a folder: named after its program, which may be named anything. */
static void case_path(char *path, size_t size, const char *folder, const struct testcase *tc, long i)
{
	char name[100];
	size_t n = 0;

	for (const char *s = tc[i].unit.prog[0].name; *s && n < sizeof(name) - 1; s++, n++)
		name[n] = isalnum((unsigned char)*s) || (*s == '.' && n) || *s == '-' ? *s : '_';
	name[n] = 0;
	for (long k = 0; k < i; k++)
		if (!strcmp(tc[k].unit.prog[0].name, tc[i].unit.prog[0].name)) {
			snprintf(path, size, "%s/%s-%ld.plx", folder, n ? name : "case", i);
			return;
		}
	snprintf(path, size, "%s/%s.plx", folder, n ? name : "case");
}

int cmd_convert(int argc, char **argv)
{
	static const struct option options[] = { CLI_FILE, CLI_INPUT, CLI_END };
	const char *out = NULL;
	struct cli_opts o;
	struct testcase *tc;
	struct stat st;
	bool folder, ok = true;
	long k;
	int c, ret;

	cli_opts_init(&o, PROG_PLAIN, PRIV_ROOT, NULL);
	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (c == 'o')
			out = optarg;
		else if ((ret = cli_option(&o, "convert", c)))
			return ret;
	}
	if (optind >= argc || optind + 2 < argc)
		return cli_usage("convert", "one file, please");
	k = cli_load(&o, argv[optind], optind + 1 < argc ? argv[optind + 1] : NULL, &tc);
	if (k < 0)
		return EXIT_USAGE;
	folder = out && stat(out, &st) == 0 && S_ISDIR(st.st_mode);
	if (k != 1 && !folder)
		return cli_usage("convert", "%s has %ld programs; -o must name a folder that exists",
				 argv[optind], k);
	for (long i = 0; ok && i < k; i++) {
		char path[4200];

		if (folder)
			case_path(path, sizeof(path), out, tc, i);
		ok = cli_write_case(folder ? path : out, &tc[i], &o.arena);
	}
	cli_opts_free(&o);
	return ok ? EXIT_FINE : EXIT_ENVIRONMENT;
}
