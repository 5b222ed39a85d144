/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "case/btf.h"

static void json_stack(struct json *j, const struct program *p, const struct verdict *v)
{
	json_begin(j, "stack", '[');
	for (uint32_t i = 0; i < p->nsub && i < MAX_FRAMES; i++)
		json_u64(j, NULL, v->stack[i]);
	json_end(j, ']');
}

/* What follows the log; e: NULL unless asked for. */
static void json_verdict(struct json *j, const struct program *p, const struct verdict *v,
			 const struct explanation *e)
{
	json_bool(j, "accepted", v->accepted);
	if (!v->accepted) {
		json_u64(j, "pc", v->pc);
		json_str(j, "error", verr_name[v->err]);
		json_str(j, "reason", v->msg);
		json_i64(j, "register", v->reg);
	}
	json_u64(j, "insns", p->len);
	json_u64(j, "processed", v->processed);
	json_u64(j, "states", v->states);
	json_u64(j, "peak_states", v->peak_states);
	if (v->accepted)
		json_stack(j, p, v);
	if (e && !v->accepted)
		cli_explain_json(j, e);
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

static void verify_unit(const struct unit *u, uint32_t prog, const struct vopts *vo,
			struct arena *a, struct verdict *v, struct explanation *e)
{
	if (e)
		verify_explain(u, prog, vo, a, v, e);
	else
		verify(u, prog, vo, a, v);
}

static bool verify_json(const struct unit *u, uint32_t prog, const struct vopts *o,
			struct arena *a, struct explanation *e)
{
	struct json j = { .f = stdout };
	struct vopts vo = *o;
	struct log_json log;
	struct verdict v;

	json_begin(&j, NULL, '{');
	json_str(&j, "program", u->prog[prog].name);
	if (vo.log) {
		cli_log_json_begin(&log, &j, vo.log);
		vo.sink = &log.sink;
	}
	verify_unit(u, prog, &vo, a, &v, e);
	if (vo.log)
		cli_log_json_end(&log);
	json_verdict(&j, &u->prog[prog], &v, e);
	json_end(&j, '}');
	putchar('\n');
	return v.accepted;
}

/* The kernel's types take a moment to read, and few programs need them. */
static bool follows_kernel_pointers(const struct program *p)
{
	if (p->type == PROG_TRACING || p->type == PROG_NETFILTER)
		return true;
	for (uint32_t i = 0; p->id && i < p->len; i++) {
		const struct helper_proto *h = helper_proto(p->insn[i].imm);

		if (p->insn[i].code == (CLS_JMP | JMP_CALL) && !p->insn[i].src && h &&
		    (h->ret == RET_BTF_ID || h->ret == RET_BTF_ID_OR_NULL ||
		     h->ret == RET_BTF_ID_TRUSTED))
			return true;
	}
	return false;
}

static bool verify_one(const struct unit *u, uint32_t prog, const struct vopts *o,
		       struct arena *a, bool explain, bool json, bool named)
{
	struct explanation *e = explain ? arena_alloc(a, sizeof(*e)) : NULL;
	const struct program *p = &u->prog[prog];
	struct vopts vo = *o;
	struct verdict v;

	if (follows_kernel_pointers(p))
		vo.btf = btf_of_kernel();
	if (json)
		return verify_json(u, prog, &vo, a, e);
	verify_unit(u, prog, &vo, a, &v, e);
	if (explain) {
		cli_explain(p, &v, e, named);
		if (v.nlog)
			fputs(v.log, stdout);
	} else {
		print_text(p, &v, named);
	}
	return v.accepted;
}

int cmd_verify(int argc, char **argv)
{
	enum { LOG = OPT_OWN, AGAINST, EXPLAIN };
	static const struct option options[] = {
		CLI_FILE, CLI_INPUT, CLI_VERIFY, CLI_JSON, { "log", required_argument, NULL, LOG },
		{ "against", required_argument, NULL, AGAINST },
		{ "explain", no_argument, NULL, EXPLAIN }, CLI_END,
	};
	struct cli_opts o;
	struct vopts vo = { 0 };
	struct testcase *tc;
	struct arena a = { 0 };
	bool all = true, against = false, explain = false;
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
		} else if (c == EXPLAIN) {
			explain = true;
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
		vo.plain_size = plain_size(&tc[i]);
		for (uint32_t j = 0; j < tc[i].unit.nprog; j++) {
			arena_reset(&a);
			all &= verify_one(&tc[i].unit, j, &vo, &a, explain, o.json,
					  k > 1 || tc[i].unit.nprog > 1);
		}
	}
	arena_free(&a);
	cli_opts_free(&o);
	return all ? EXIT_FINE : EXIT_FINDING;
}
