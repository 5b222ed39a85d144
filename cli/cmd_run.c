/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <inttypes.h>
#include <string.h>

static void print_trace(const struct unit *u, const struct trace *t)
{
	char text[160];

	for (uint32_t i = 0; t && i < t->nstep; i++) {
		const struct trace_step *s = &t->step[i], *n = i + 1 < t->nstep ? s + 1 : NULL;
		const struct program *p = &u->prog[s->prog];

		insn_print(text, sizeof(text), &p->insn[s->insn], p->len - s->insn);
		if (u->nprog > 1)
			printf("%u:", s->prog);
		printf("%*s%u: %-40s", 2 * s->frame, "", s->insn, text);
		for (uint32_t r = 0; n && r < REGS; r++)
			if (n->reg[r] != s->reg[r])
				printf(" r%u=0x%" PRIx64, r, n->reg[r]);
		for (uint32_t w = 0; w < s->nwrite; w++) {
			const struct trace_write *tw = &t->write[s->write + w];

			printf(" [0x%" PRIx64 "]=", tw->addr);
			for (uint32_t k = 0; k < tw->len && k < 32; k++)
				printf("%02x", t->bytes[tw->data + k]);
		}
		printf("\n");
	}
	if (t && t->overflow)
		printf("... (%u insns shown)\n", t->nstep);
}

static int print_outcome(const struct cli_opts *o, const struct outcome *out)
{
	struct json j = { .f = stdout };

	if (o->json) {
		json_begin(&j, NULL, '{');
		json_str(&j, "end", out_name(out->kind));
		if (out->kind == OUT_TRAP)
			json_str(&j, "trap", trap_name(out->trap));
		json_hex(&j, "r0", out->reg[0]);
		json_u64(&j, "insns", out->insns);
		json_u64(&j, "program", out->pc.prog);
		json_u64(&j, "pc", out->pc.insn);
		json_str(&j, "why", out->why);
		json_end(&j, '}');
		putchar('\n');
	}
	switch (out->kind) {
	case OUT_RETURN:
		if (!o->json)
			printf("0x%" PRIx64 "\n", out->reg[0]);
		return EXIT_FINE;
	case OUT_TRAP:
		if (!o->json)
			printf("trap at insn %u: %s\n", out->pc.insn, trap_name(out->trap));
		return EXIT_FINDING;
	case OUT_FUEL:
		if (!o->json)
			printf("fuel ended at insn %u, after %" PRIu64 " insns\n", out->pc.insn, out->insns);
		return EXIT_FINDING;
	case OUT_REJECT:
	case OUT_UNSUPPORTED:
		fprintf(stderr, "parallax run: %s: insn %u: %s\n", out_name(out->kind), out->pc.insn, out->why);
		return EXIT_FINDING;
	default:
		fprintf(stderr, "parallax run: %s\n", out->why);
		return EXIT_ENVIRONMENT;
	}
}

/* The verifier's hints for one unit; false after a message if it is rejected. */
static bool hints(const struct cli_opts *o, const struct testcase *tc, struct arena *a,
		  const uint8_t **dead, const uint8_t **ctx)
{
	struct vopts vo = { .priv = o->priv, .walk = o->walk, .plain_size = tc->input[0].nctx };

	for (uint32_t i = 0; i < tc->unit.nprog; i++) {
		const struct program *p = &tc->unit.prog[i];
		uint8_t *d = arena_alloc(a, p->len + 1), *x = arena_alloc(a, p->len + 1);
		struct verdict v;

		verify(&tc->unit, i, &vo, a, &v);
		if (!v.accepted) {
			printf("rejected: pc %u: %s\n", v.pc, v.msg);
			return false;
		}
		for (uint32_t k = 0; k < p->len; k++) {
			d[k] = !(v.aux[k] & AUX_SEEN);
			x[k] = !!(v.aux[k] & AUX_CTX_PTR);
		}
		dead[i] = d;
		ctx[i] = x;
	}
	return true;
}

static int run_case(const struct cli_opts *o, const struct testcase *tc, bool verified, bool trace)
{
	const uint8_t *dead[MAX_PROGS], *ctx[MAX_PROGS];
	struct load_opts lo = { .mode = verified ? MODE_FUZZ : MODE_CHECKED | MODE_FUZZ, .trace = trace };
	const struct engine *e = o->engine[0];
	struct arena a = { 0 };
	struct outcome out = { 0 };
	struct guest *g;
	char why[96] = "";
	void *loaded;
	int ret;

	if (verified) {
		if (!hints(o, tc, &a, dead, ctx)) {
			arena_free(&a);
			return EXIT_FINDING;
		}
		lo.dead = dead;
		lo.ctx_ptr = ctx;
	}
	if (trace && strcmp(e->name, "interp"))
		lo.mode |= MODE_STEP;
	g = guest_new(why);
	if (!g) {
		fprintf(stderr, "parallax run: %s\n", why);
		return EXIT_ENVIRONMENT;
	}
	loaded = e->load(e, &tc->unit, &lo, &out);
	if (loaded) {
		e->run(loaded, g, &tc->input[0], &out);
		print_trace(&tc->unit, out.trace);
	}
	ret = print_outcome(o, &out);
	if (loaded)
		e->unload(loaded);
	guest_free(g);
	arena_free(&a);
	return ret;
}

int cmd_run(int argc, char **argv)
{
	enum { TRACE = OPT_OWN, VERIFY };
	static const struct option options[] = {
		CLI_FILE, CLI_INPUT, CLI_ENGINES, CLI_VERIFY, CLI_JSON,
		{ "trace", no_argument, NULL, TRACE }, { "verify", no_argument, NULL, VERIFY }, CLI_END,
	};
	bool trace = false, verified = false;
	struct cli_opts o;
	struct testcase *tc;
	long k;
	int c, ret;

	cli_opts_init(&o, PROG_PLAIN, PRIV_ROOT, "interp");
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == TRACE)
			trace = true;
		else if (c == VERIFY)
			verified = true;
		else if ((ret = cli_option(&o, "run", c)))
			return ret;
	}
	if (optind >= argc || optind + 2 < argc)
		return cli_usage("run", "one file, please");
	k = cli_load(&o, argv[optind], optind + 1 < argc ? argv[optind + 1] : NULL, &tc);
	if (k < 0)
		return EXIT_USAGE;
	if (k != 1) {
		fprintf(stderr, "parallax run: %s has %ld programs; name one of:\n", argv[optind], k);
		for (long i = 0; i < k; i++)
			fprintf(stderr, "  %s\n", cli_name(&tc[i].unit.prog[0]));
		return EXIT_USAGE;
	}
	ret = run_case(&o, tc, verified, trace);
	cli_opts_free(&o);
	return ret;
}
