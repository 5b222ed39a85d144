/* SPDX-License-Identifier: Apache-2.0 */
/* linux last: the cases that were about to run when the machine went down. */
#include "cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/* One worker's cases, to dir; the number of them, or -1 after a message. */
static long write_range(const struct last_range *r, const char *dir)
{
	struct arena a = { 0 };
	bool ok = true;

	for (uint32_t i = 0; ok && i < r->count; i++) {
		struct testcase tc;
		char path[4200];
		const char *text;

		arena_reset(&a);
		last_make(r, i, &a, &tc);
		text = case_to_text(&tc, &a);
		snprintf(path, sizeof(path), "%.4000s/%012" PRIu64 ".plx", dir, r->first + (uint64_t)i * r->step);
		ok = cli_write(path, text, strlen(text));
	}
	arena_free(&a);
	return ok ? (long)r->count : -1;
}

static int last(const char *out, const char *dir)
{
	struct arena a = { 0 };
	struct last_range r;
	uint32_t found = 0;
	bool root = false;
	char path[4200];

	if (!dir) {
		snprintf(path, sizeof(path), "%.4000s/last/cases", out);
		dir = path;
	}
	for (uint32_t job = 0; job < 64; job++) {
		if (!last_read(out, job, &a, &r))
			continue;
		if (!found++ && mkdir(dir, 0777) && errno != EEXIST) {
			fprintf(stderr, "parallax linux: %s: %s\n", dir, strerror(errno));
			return EXIT_ENVIRONMENT;
		}
		if (write_range(&r, dir) < 0)
			return EXIT_ENVIRONMENT;
		root |= r.opts.both_privs || r.opts.pipe.priv == PRIV_ROOT;
		printf("job %u: %u cases from index %" PRIu64 " on (seed %" PRIu64 ", every %u.)\n", job, r.count,
		       r.first, r.opts.seed, r.step);
	}
	arena_free(&a);
	if (!found) {
		printf("%s: no campaign was cut off while it ran programs in the kernel\n", out);
		return EXIT_FINE;
	}
	printf("they lie in %s; run them one by one, each on the disk first:\n"
	       "  for f in %s/*.plx; do echo $f >> tried; sync; parallax diff%s --engines interp,linux $f; done\n",
	       dir, dir, root ? " --priv root" : "");
	return EXIT_FINDING;
}

int cmd_linux(int argc, char **argv)
{
	static const struct option options[] = { CLI_END };
	const char *dir = NULL;
	int c;

	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (c != 'o')
			return cli_usage("linux", "%s", "see the usage");
		dir = optarg;
	}
	if (optind + 2 != argc || strcmp(argv[optind], "last"))
		return cli_usage("linux", "'last' and a campaign's folder, please");
	return last(argv[optind + 1], dir);
}
