/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plug-in of the bpf_conformance runner: the memory as hex in the first
 * argument that is no option, the program as hex on standard input (raw slots,
 * or an ELF object), r0 as hex on standard output; on any failure a message
 * and exit code 1, which the runner compares with the test's expected error.
 */
#include "cli/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *msg)
{
	fprintf(stderr, "%s\n", msg);
	return EXIT_FINDING;
}

static int run_plain(const struct engine *e, const struct testcase *tc)
{
	struct load_opts lo = { .mode = MODE_CHECKED | MODE_FUZZ };
	struct outcome out = { 0 };
	char why[96] = "";
	struct guest *g = guest_new(why);
	void *loaded;
	int ret = EXIT_FINE;

	if (!g)
		return fail(why);
	loaded = e->load(e, &tc->unit, &lo, &out);
	if (loaded) {
		e->run(loaded, g, &tc->input[0], &out);
		e->unload(loaded);
	}
	if (out.kind == OUT_RETURN)
		printf("%" PRIx64 "\n", out.reg[0]);
	else if (out.kind == OUT_TRAP)
		ret = fail(trap_name(out.trap));
	else
		ret = fail(out.why[0] ? out.why : out_name(out.kind));
	guest_free(g);
	return ret;
}

static int load_and_run(struct cli_opts *o, const char *hex)
{
	struct file_opts fo = { .type = PROG_PLAIN };
	struct file_err err;
	struct testcase *tc;
	const uint8_t *bytes;
	uint32_t n;
	long k;

	if (!cli_hex("plugin", hex, &o->arena, &bytes, &n))
		return EXIT_USAGE;
	fo.format = n > 4 && !memcmp(bytes, "\177ELF", 4) ? FMT_ELF : FMT_RAW;
	k = file_parse(bytes, n, &fo, &o->arena, &tc, &err);
	if (k < 0)
		return fail(err.msg);
	if (k != 1)
		return fail("the object has more than one program");
	tc->input[0].ctx = o->over.ctx;
	tc->input[0].nctx = o->over.nctx;
	if (o->has_fuel)
		tc->input[0].fuel = o->over.fuel;
	return run_plain(o->engine[0], tc);
}

int cmd_plugin(int argc, char **argv)
{
	enum { PROGRAM = OPT_OWN, IGNORED };
	static const struct option options[] = {
		CLI_ENGINES, { "fuel", required_argument, NULL, OPT_FUEL },
		{ "program", required_argument, NULL, PROGRAM }, { "elf", no_argument, NULL, IGNORED },
		{ "debug", no_argument, NULL, IGNORED }, CLI_END,
	};
	const char *program = NULL;
	struct file_err err;
	struct cli_opts o;
	uint8_t *text = NULL;
	size_t n;
	int c, ret;

	cli_opts_init(&o, PROG_PLAIN, PRIV_ROOT, "interp");
	o.has_fuel = true;		/* conformance programs loop for long */
	o.over.fuel = 1ull << 32;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == PROGRAM)
			program = optarg;
		else if (c != IGNORED && (ret = cli_option(&o, "plugin", c)))
			return ret;
	}
	if (optind + 1 < argc)
		return cli_usage("plugin", "one argument at most: the memory");
	if (optind < argc && !cli_hex("plugin", argv[optind], &o.arena, &o.over.ctx, &o.over.nctx))
		return EXIT_USAGE;
	if (!program) {
		text = file_read("-", &n, &err);
		if (!text)
			return fail(err.msg);
		program = arena_printf(&o.arena, "%.*s", (int)n, text);
		free(text);
	}
	ret = load_and_run(&o, program);
	cli_opts_free(&o);
	return ret;
}
