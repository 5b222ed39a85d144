/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <stdlib.h>

enum { ASM_MAX = 1 << 20 };

int cmd_asm(int argc, char **argv)
{
	const char *out = NULL;
	struct file_err ferr;
	struct asm_err err;
	struct insn *slots;
	uint8_t *text;
	size_t n;
	long k;
	int c, ret = EXIT_FINE;

	while ((c = getopt(argc, argv, "o:")) != -1) {
		if (c != 'o')
			return cli_usage("asm", "unknown option");
		out = optarg;
	}
	if (optind + 1 != argc)
		return cli_usage("asm", "one file, please");
	text = file_read(argv[optind], &n, &ferr);
	if (!text) {
		file_err_print(stderr, argv[optind], &ferr);
		return EXIT_USAGE;
	}
	slots = malloc(ASM_MAX * sizeof(*slots));
	if (!slots)
		die("out of memory");
	k = asm_text((const char *)text, n, slots, ASM_MAX, &err);
	if (k < 0) {
		asm_err_print(stderr, argv[optind], &err);
		ret = EXIT_USAGE;
	} else if (!cli_write(out, slots, (size_t)k * sizeof(*slots))) {
		ret = EXIT_ENVIRONMENT;
	}
	free(slots);
	free(text);
	return ret;
}
