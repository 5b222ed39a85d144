/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void cli_opts_init(struct cli_opts *o, uint32_t default_type, enum priv priv, const char *engines)
{
	memset(o, 0, sizeof(*o));
	o->file.type = default_type;
	o->priv = priv;
	o->timeout = TIMEOUT_DEFAULT;
	while (engines && *engines) {
		char name[32];
		size_t n = strcspn(engines, ",");

		snprintf(name, sizeof(name), "%.*s", (int)n, engines);
		o->engine[o->nengine] = engine_by_name(name);
		if (o->engine[o->nengine] && o->engine[o->nengine]->caps())
			o->nengine++;
		engines += n + (engines[n] == ',');
	}
}

void cli_opts_free(struct cli_opts *o)
{
	arena_free(&o->arena);
}

const char *cli_name(const struct program *p)
{
	static char name[128];
	size_t n = 0;

	for (const char *s = p->name; *s && n < sizeof(name) - 1; s++)
		name[n++] = isprint((unsigned char)*s) ? *s : '?';
	name[n] = 0;
	return n ? name : "-";
}

bool cli_u64(const char *command, const char *what, const char *s, uint64_t *v)
{
	char *end;

	errno = 0;
	*v = strtoull(s, &end, 0);
	if (!errno && isdigit((unsigned char)*s) && !*end)
		return true;
	cli_usage(command, "%s: '%s' is not a number", what, s);
	return false;
}

bool cli_hex(const char *command, const char *s, struct arena *a, const uint8_t **p, uint32_t *n)
{
	uint8_t *out = arena_alloc(a, strlen(s) / 2 + 1);
	uint32_t k = 0;

	for (; *s; s++) {
		unsigned v;

		if (isspace((unsigned char)*s) || *s == ',' || *s == ':')
			continue;
		if (!isxdigit((unsigned char)s[0]) || !isxdigit((unsigned char)s[1])) {
			cli_usage(command, "'%.20s' is not hex (two digits a byte)", s);
			return false;
		}
		sscanf(s, "%2x", &v);
		out[k++] = (uint8_t)v;
		s++;
	}
	*p = out;
	*n = k;
	return true;
}

static int option_engines(struct cli_opts *o, const char *command, const char *list)
{
	o->nengine = 0;
	while (*list) {
		char name[32];
		size_t n = strcspn(list, ",");
		const struct engine *e;

		snprintf(name, sizeof(name), "%.*s", (int)n, list);
		e = engine_by_name(name);
		if (!e)
			return cli_usage(command, "there is no engine '%s'", name);
		if (o->nengine == MAX_ENGINES)
			return cli_usage(command, "at most %d engines", MAX_ENGINES);
		if (!e->caps()) {
			if (!strncmp(name, "linux", 5) && cli_without_linux(command))
				return EXIT_ENVIRONMENT;
			fprintf(stderr, "parallax %s: engine '%s' does not work on this machine (see parallax doctor)\n",
				command, name);
			return EXIT_ENVIRONMENT;
		}
		o->engine[o->nengine++] = e;
		list += n + (list[n] == ',');
	}
	return o->nengine ? 0 : cli_usage(command, "no engine named");
}

int cli_option(struct cli_opts *o, const char *command, int opt)
{
	const struct prog_type_info *ti;
	uint64_t v;

	switch (opt) {
	case OPT_FORMAT:
		if (!format_parse(optarg, &o->file.format))
			return cli_usage(command, "there is no format '%s'", optarg);
		return 0;
	case OPT_TYPE:
		ti = prog_type_by_name(optarg);
		if (!ti)
			return cli_usage(command, "there is no program type '%s'", optarg);
		o->file.type = ti->type;
		o->has_type = true;
		return 0;
	case OPT_MEM:
	case OPT_CTX:
		o->has_ctx = true;
		return cli_hex(command, optarg, &o->arena, &o->over.ctx, &o->over.nctx) ? 0 : EXIT_USAGE;
	case OPT_PACKET:
		o->has_packet = true;
		return cli_hex(command, optarg, &o->arena, &o->over.packet, &o->over.npacket) ? 0 : EXIT_USAGE;
	case OPT_SEED:
		o->has_seed = true;
		return cli_u64(command, "--seed", optarg, &o->over.seed) ? 0 : EXIT_USAGE;
	case OPT_FUEL:
		o->has_fuel = true;
		return cli_u64(command, "--fuel", optarg, &o->over.fuel) ? 0 : EXIT_USAGE;
	case OPT_ENGINES:
		o->has_engines = true;
		return option_engines(o, command, optarg);
	case OPT_PRIV:
		o->has_priv = true;
		if (!priv_parse(optarg, &o->priv))
			return cli_usage(command, "--priv is root, cap_bpf or unpriv, not '%s'", optarg);
		return 0;
	case OPT_WALK:
		o->has_walk = true;
		o->walk = !strcmp(optarg, "linux") ? WALK_LINUX : WALK_EXACT;
		if (strcmp(optarg, "linux") && strcmp(optarg, "exact"))
			return cli_usage(command, "--walk is exact or linux, not '%s'", optarg);
		return 0;
	case OPT_TIMEOUT:
		if (!cli_u64(command, "--timeout", optarg, &v))
			return EXIT_USAGE;
		o->timeout = (uint32_t)v;
		return v >= 1 && v <= 86400 ? 0 : cli_usage(command, "--timeout: from 1 to 86400 seconds");
	case OPT_JSON:
		o->json = true;
		return 0;
	case OPT_QUIET:
		o->quiet = true;
		return 0;
	default:
		return cli_usage(command, "%s", "see the usage");
	}
}

static void override_inputs(const struct cli_opts *o, struct testcase *tc)
{
	for (uint32_t i = 0; i < tc->ninput; i++) {
		struct input *in = &tc->input[i];

		if (o->has_ctx) {
			in->ctx = o->over.ctx;
			in->nctx = o->over.nctx;
		}
		if (o->has_packet) {
			in->packet = o->over.packet;
			in->npacket = o->over.npacket;
		}
		if (o->has_seed)
			in->seed = o->over.seed;
		if (o->has_fuel)
			in->fuel = o->over.fuel;
	}
}

long cli_load(struct cli_opts *o, const char *path, const char *program, struct testcase **tc)
{
	struct file_err err;
	size_t n;
	uint8_t *p = file_read(path, &n, &err);
	long k;

	if (!p) {
		file_err_print(stderr, path, &err);
		return -1;
	}
	o->file.program = program;
	k = file_parse(p, n, &o->file, &o->arena, tc, &err);
	free(p);
	if (k < 0) {
		file_err_print(stderr, path, &err);
		return -1;
	}
	for (long i = 0; i < k; i++)
		override_inputs(o, &(*tc)[i]);
	return k;
}

enum { TARGET_INPUTS = 16 };	/* as many as scripts/continuous lets any target take */

long cli_load_any(struct cli_opts *o, const char *path, struct testcase **tc,
		  struct testcase **as_target)
{
	struct file_err err;
	size_t n;
	uint8_t *p = file_read(path, &n, &err);
	long k;

	*as_target = NULL;
	if (!p) {
		file_err_print(stderr, path, &err);
		return -1;
	}
	k = file_parse(p, n, &o->file, &o->arena, tc, &err);
	if (o->file.format == FMT_AUTO && (k < 0 || (k == 1 && memchr(p, 0, n)))) {
		*as_target = arena_alloc(&o->arena, sizeof(**as_target));
		target_case(p, n, TARGET_INPUTS, &o->arena, *as_target);
	}
	free(p);
	if (k < 0 && !o->quiet) {
		file_err_print(stderr, path, &err);
		if (*as_target)
			fprintf(stderr, "no case; taken as the input of a fuzz target\n");
	}
	if (k < 0 && *as_target) {
		*tc = *as_target;
		return 1;
	}
	for (long i = 0; i < k; i++)
		override_inputs(o, &(*tc)[i]);
	return k;
}

struct pipeline *cli_pipeline(const struct cli_opts *o)
{
	struct pipe_opts po = {
		.nengine = o->nengine,
		.priv = o->priv,
		.walk = o->walk,
		.alternate = !o->has_walk,
		.sound = true,
		.text_always = true,
		.unverified = true,
		.max_insns = o->max_insns,
	};
	char why[96] = "";
	struct pipeline *p;

	memcpy(po.engine, o->engine, sizeof(po.engine));
	p = pipeline_new(&po, why);
	if (!p)
		fprintf(stderr, "parallax: %s\n", why);
	return p;
}

bool cli_write(const char *path, const void *data, size_t n)
{
	FILE *f = !path || !strcmp(path, "-") ? stdout : fopen(path, "wb");
	bool ok;

	if (!f) {
		fprintf(stderr, "parallax: %s: %s\n", path, strerror(errno));
		return false;
	}
	ok = fwrite(data, 1, n, f) == n;
	ok &= f == stdout ? fflush(f) == 0 : fclose(f) == 0;
	if (!ok)
		fprintf(stderr, "parallax: %s: %s\n", path ? path : "-", strerror(errno));
	return ok;
}
