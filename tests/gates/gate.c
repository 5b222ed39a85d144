/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate: verdicts of our verifier against the running kernel's, on case files.
 *
 *   gate [--json FILE] [--walk linux|exact] [--priv root|cap_bpf] [--known FILE]
 *        [--generate N [--seed S]] [--time] [-v] FILE...
 *
 * --generate makes N programs of mixed validity: generated ones, most of them
 * mutated up to four times.
 *
 * Prints every disagreement and the counts.  Exit 1 if we accept something that
 * the kernel rejects and that --known does not list.
 */
#include "engines/linux_sys.h"
#include "fuzz/fuzz.h"

#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_FEATURES = 64, MAX_KNOWN = 400 };

struct count {
	const char *name;
	uint32_t n;
};

static struct gate {
	enum walk walk;
	enum priv priv;
	bool verbose, time;
	uint32_t files, no_maps, set_aside, both_accept, both_reject, we_accept, we_reject;
	uint32_t known_accept, known_reject, same_class, over_budget;
	uint64_t insns_ours, insns_kernel;
	uint32_t compared_insns, within, timed, speculative;
	double ns_ours, ns_kernel, log_ratio;
	uint64_t peak_bytes;
	struct count feature[MAX_FEATURES];
	uint32_t nfeature;
	struct {
		char name[120];
		char reason[200];
		bool used;
	} known[MAX_KNOWN];
	uint32_t nknown;
} gate;

/* "# key: value" of a case file's head. */
static void head_value(const char *text, const char *key, char *out, size_t size)
{
	const char *p = text;
	char want[40];

	out[0] = 0;
	snprintf(want, sizeof(want), "# %s: ", key);
	p = strstr(text, want);
	if (p)
		snprintf(out, size, "%.*s", (int)strcspn(p + strlen(want), "\n"), p + strlen(want));
}

/* A message without its numbers, so that classes can be compared. */
static void skeleton(const char *s, char *out, size_t size)
{
	size_t n = 0;

	for (; *s && *s != '\n' && n + 1 < size; s++) {
		if (isdigit((unsigned char)*s)) {
			if (s[0] == '0' && s[1] == 'x')
				s++;
			while (isxdigit((unsigned char)s[1]))
				s++;
			if (n && out[n - 1] == '-')
				n--;
			out[n++] = 'N';
		} else {
			out[n++] = *s;
		}
	}
	out[n] = 0;
}

/* Does one of the last lines of the kernel's log say what we say? */
static bool same_class(const char *log, const char *msg)
{
	char ours[200], theirs[200];
	const char *line = log;

	skeleton(msg, ours, sizeof(ours));
	while (*line) {
		skeleton(line, theirs, sizeof(theirs));
		if (!strcmp(ours, theirs))
			return true;
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return false;
}

/* The sentence: the last line that is neither a state, an insn nor statistics. */
static void kernel_reason(const char *log, char *out, size_t size)
{
	const char *line = log;

	snprintf(out, size, "(no log)");
	while (*line) {
		size_t n = strcspn(line, "\n");

		if (n && strncmp(line, "processed ", 10) && strncmp(line, "verification time", 17) &&
		    strncmp(line, "stack depth", 11))
			snprintf(out, size, "%.*s", (int)n, line);
		line += n;
		line += *line == '\n';
	}
}

/* Nanoseconds of "verification time N usec", 0 without. */
static double kernel_ns(const char *log)
{
	const char *p = strstr(log, "verification time ");

	return p ? 1000.0 * (double)strtoull(p + 18, NULL, 10) : 0;
}

/* Our time for the same: the best of a few runs. */
static double our_ns(const struct unit *u, uint32_t prog, const struct vopts *vo)
{
	struct arena a = { 0 };
	double best = 0;

	for (int i = 0; i < 3; i++) {
		struct timespec t0, t1;
		struct verdict v;
		double ns;

		arena_reset(&a);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t0);
		verify(u, prog, vo, &a, &v);
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t1);
		ns = 1e9 * (double)(t1.tv_sec - t0.tv_sec) + (double)(t1.tv_nsec - t0.tv_nsec);
		if (!best || ns < best)
			best = ns;
		if (a.used > gate.peak_bytes)
			gate.peak_bytes = a.used;
		if (ns > 1e8)
			break;
	}
	arena_free(&a);
	return best;
}

static void count_time(const struct unit *u, uint32_t prog, const struct vopts *vo, double kernel)
{
	double ours;

	if (!gate.time || kernel <= 0)
		return;
	ours = our_ns(u, prog, vo);
	gate.timed++;
	gate.ns_ours += ours;
	gate.ns_kernel += kernel;
	gate.log_ratio += log(kernel / ours);
}

static uint64_t kernel_processed(const char *log)
{
	const char *p = strstr(log, "processed ");

	return p ? strtoull(p + 10, NULL, 10) : 0;
}

static void set_aside(const char *feature)
{
	gate.set_aside++;
	for (uint32_t i = 0; i < gate.nfeature; i++)
		if (!strcmp(gate.feature[i].name, feature)) {
			gate.feature[i].n++;
			return;
		}
	if (gate.nfeature < MAX_FEATURES)
		gate.feature[gate.nfeature++] = (struct count){ strdup(feature), 1 };
}

static const char *known_reason(const char *name)
{
	for (uint32_t i = 0; i < gate.nknown; i++)
		if (!strcmp(gate.known[i].name, name)) {
			gate.known[i].used = true;
			return gate.known[i].reason;
		}
	return NULL;
}

/*
 * Without CAP_PERFMON Linux also walks what a mispredicted branch would run, and
 * may run out of budget there, meet loops that never run, or find errors.  We
 * leave these paths out (docs/verifier.md).  What shows that it was that: as root,
 * where it does not walk them, it accepts, and the path that failed says so in
 * its log (or is the budget's).
 */
static bool only_speculative(const struct testcase *tc, uint32_t prog, const char *log)
{
	struct linux_unit_opts lo = { .log_level = LINUX_LOG_REJECT };
	struct linux_log path = { 0 };
	bool made, found;

	if (gate.priv == PRIV_ROOT)
		return false;
	found = strstr(log, "jumps is too complex") || strstr(log, "program is too large") ||
		strstr(log, "infinite loop detected");
	if (!found) {
		linux_load_unit(&tc->unit, &tc->input[0], prog, gate.priv, &lo, &path, &made);
		found = strstr(linux_log_text(&path), "(speculative execution)");
		linux_log_free(&path);
	}
	lo.log_level = 0;
	return found && linux_load_unit(&tc->unit, &tc->input[0], prog, PRIV_ROOT, &lo, NULL, &made) == LINUX_OK;
}

static void disagree(const char *file, const char *name, const struct verdict *v, const char *log)
{
	const char *known = known_reason(name);
	char reason[300];

	kernel_reason(log, reason, sizeof(reason));
	if (v->accepted) {
		gate.we_accept++;
		gate.known_accept += known != NULL;
	} else {
		gate.we_reject++;
		gate.known_reject += known != NULL;
	}
	printf("%s %s (%s)\n    %s: %s\n", v->accepted ? "WE ACCEPT" : "we reject", file, name,
	       v->accepted ? "kernel" : "ours", v->accepted ? reason : v->msg);
	if (!v->accepted)
		printf("    at pc %u\n", v->pc);
	if (known)
		printf("    known: %s\n", known);
}

/* recorded: "accept N" or "reject N" when the kernel was asked before ("# kernel:"), else "". */
static void compare(const char *file, const char *name, const struct testcase *tc, uint32_t prog,
		    const char *needs, const char *recorded)
{
	struct linux_unit_opts lo = { .log_level = LINUX_LOG_STATS, .explain = true };
	struct vopts vo = { .priv = gate.priv, .walk = gate.walk };
	struct linux_log log = { 0 };
	struct arena a = { 0 };
	struct verdict v;
	const char *text, *why = "refused without a log";
	bool made = true, theirs = recorded[0] == 'a';

	if (!recorded[0]) {
		enum linux_err e = linux_load_unit(&tc->unit, &tc->input[0], prog, gate.priv, &lo, &log, &made);

		theirs = e == LINUX_OK;
		why = linux_strerror(e);
	}
	text = linux_log_text(&log);
	if (!*text && !theirs)
		text = why;
	vo.strict_align = tc->unit.prog[prog].prog_flags & LINUX_F_STRICT_ALIGNMENT;
	verify(&tc->unit, prog, &vo, &a, &v);
	if (recorded[0] == 'd') {
		set_aside("the kernel denies the type here");
	} else if (!made) {
		gate.no_maps++;
		if (gate.verbose)
			printf("no maps: %s (%s): %s\n", file, name, text);
	} else if (needs[0] && !(theirs == v.accepted)) {
		set_aside(needs);
	} else if (!v.accepted && verr_unsupported(v.err) && theirs) {
		set_aside(v.msg);
	} else if (!v.accepted && v.err == V_TOO_COMPLEX && theirs && gate.walk == WALK_EXACT) {
		gate.over_budget++;
	} else if (theirs && v.accepted) {
		char *end = NULL;
		uint64_t k = recorded[0] ? strtoull(recorded + 7, &end, 10) : kernel_processed(text);
		double recorded_ns = end ? 1000.0 * (double)strtoull(end, NULL, 10) : 0;

		gate.both_accept++;
		count_time(&tc->unit, prog, &vo, recorded[0] ? recorded_ns : kernel_ns(text));
		if (k) {
			gate.compared_insns++;
			gate.insns_kernel += k;
			gate.insns_ours += v.processed;
			gate.within += (double)v.processed <= 1.2 * (double)k;
			if (gate.verbose && (double)v.processed > 1.2 * (double)k)
				printf("more insns: %s (%s): %" PRIu64 " of ours, %" PRIu64 "\n", file, name,
				       v.processed, k);
		}
	} else if (!theirs && !v.accepted) {
		gate.both_reject++;
		if (same_class(text, v.msg)) {
			gate.same_class++;
		} else if (gate.verbose) {
			char reason[300];

			kernel_reason(text, reason, sizeof(reason));
			printf("other reason: %s (%s)\n    ours:   %s\n    kernel: %s\n", file, name, v.msg, reason);
		}
	} else if (v.accepted && only_speculative(tc, prog, text)) {
		gate.speculative++;
	} else {
		disagree(file, name, &v, text);
	}
	linux_log_free(&log);
	arena_free(&a);
}

static void gate_file(const char *path)
{
	struct file_opts fo = { .type = PROG_SOCKET_FILTER };
	struct file_err err;
	struct arena a = { 0 };
	struct testcase *tc;
	char name[120], needs[40], kernel[40];
	size_t n;
	uint8_t *p = file_read(path, &n, &err);
	char *text;
	long k;

	if (!p) {
		file_err_print(stderr, path, &err);
		exit(2);
	}
	text = arena_printf(&a, "%.*s", n < 2000 ? (int)n : 2000, p);
	head_value(text, "name", name, sizeof(name));
	head_value(text, "needs", needs, sizeof(needs));
	head_value(text, "kernel", kernel, sizeof(kernel));
	k = file_parse(p, n, &fo, &a, &tc, &err);
	free(p);
	if (k < 0) {
		file_err_print(stderr, path, &err);
		exit(2);
	}
	gate.files++;
	for (long i = 0; i < k; i++)
		for (uint32_t j = 0; j < tc[i].unit.nprog; j++)
			compare(path, name[0] ? name : tc[i].unit.prog[j].name, &tc[i], j, needs, kernel);
	arena_free(&a);
}

/* Programs that nobody wrote: generated, and mutated so that about half are invalid. */
static void gate_generated(uint64_t n, uint64_t seed)
{
	/* PLAIN is not Linux's; the others left out need a place to attach to. */
	const uint32_t not_these = 1u << PROG_PLAIN | 1u << PROG_LIRC_MODE2 | 1u << PROG_TRACING |
				   1u << PROG_STRUCT_OPS | 1u << PROG_EXT | 1u << PROG_LSM;
	struct gen_opts g = { .priv = gate.priv, .types = ~not_these };
	struct arena a = { 0 };

	for (uint64_t i = 0; i < n; i++) {
		struct testcase tc, other, out;
		struct choice c;
		struct rng r;
		char name[40];
		uint64_t rounds;

		arena_reset(&a);
		rng_seed(&r, mix64(seed) ^ mix64(i + 1));
		choice_seed(&c, rng_next(&r));
		gen_case(&c, &g, &a, &tc);
		choice_seed(&c, rng_next(&r));
		gen_case(&c, &g, &a, &other);
		for (rounds = rng_below(&r, 5); rounds; rounds--) {
			mutate_case(&r, &tc, &other, &a, &out, NULL);
			tc = out;
		}
		snprintf(name, sizeof(name), "%" PRIu64 ":%" PRIu64, seed, i);
		gate.files++;
		if (tc.unit.prog[0].id && tc.unit.prog[0].type != PROG_PLAIN)
			compare("generated", name, &tc, 0, "", "");
	}
	arena_free(&a);
}

/* NAME <tab> REASON lines; '#' begins a comment. */
static void read_known(const char *path)
{
	char line[400];
	FILE *f = fopen(path, "r");

	if (!f)
		die("%s cannot be read", path);
	while (fgets(line, sizeof(line), f) && gate.nknown < MAX_KNOWN) {
		char *tab = strchr(line, '\t');

		if (line[0] == '#' || !tab)
			continue;
		*tab = 0;
		tab[1 + strcspn(tab + 1, "\n")] = 0;
		snprintf(gate.known[gate.nknown].name, sizeof(gate.known[0].name), "%.119s", line);
		snprintf(gate.known[gate.nknown++].reason, sizeof(gate.known[0].reason), "%s", tab + 1);
	}
	fclose(f);
}

static void summary(void)
{
	uint32_t judged = gate.both_accept + gate.both_reject + gate.we_accept + gate.we_reject;
	uint32_t same = gate.both_accept + gate.both_reject;

	printf("\n%u files, %s walk, %s\n", gate.files, gate.walk == WALK_LINUX ? "Linux" : "exact",
	       priv_name(gate.priv));
	printf("set aside        %u\n", gate.set_aside);
	for (uint32_t i = 0; i < gate.nfeature; i++)
		printf("    %4u  %s\n", gate.feature[i].n, gate.feature[i].name);
	printf("maps not made    %u\n", gate.no_maps);
	printf("over budget      %u\n", gate.over_budget);
	if (gate.speculative)
		printf("speculative      %u accepted by us and, as root, by the kernel, which gives up on paths that no cpu commits\n",
		       gate.speculative);
	printf("judged           %u\n", judged);
	printf("same verdict     %u (%.2f %%): both accept %u, both reject %u\n", same,
	       judged ? 100.0 * same / judged : 0, gate.both_accept, gate.both_reject);
	printf("same reason      %u of %u rejected (%.1f %%)\n", gate.same_class, gate.both_reject,
	       gate.both_reject ? 100.0 * gate.same_class / gate.both_reject : 0);
	printf("we reject only   %u (%u known)\n", gate.we_reject, gate.known_reject);
	printf("we accept only   %u (%u known)\n", gate.we_accept, gate.known_accept);
	printf("processed insns  ours %" PRIu64 ", kernel %" PRIu64 "; at most 1.2 times for %u of %u (%.1f %%)\n",
	       gate.insns_ours, gate.insns_kernel, gate.within, gate.compared_insns,
	       gate.compared_insns ? 100.0 * gate.within / gate.compared_insns : 0);
	if (gate.timed)
		printf("time             ours %.1f ms, the kernel's verifier %.1f ms on %u programs: %.1f times, geometric mean %.1f\n",
		       gate.ns_ours / 1e6, gate.ns_kernel / 1e6, gate.timed, gate.ns_kernel / gate.ns_ours,
		       exp(gate.log_ratio / gate.timed));
	if (gate.timed)
		printf("most memory      %.1f MB\n", (double)gate.peak_bytes / 1e6);
	for (uint32_t i = 0; i < gate.nknown; i++)
		if (!gate.known[i].used && gate.verbose)
			printf("no longer differs: %s\n", gate.known[i].name);
}

static void write_json(const char *path)
{
	struct json j = { .f = fopen(path, "w") };

	if (!j.f)
		die("%s cannot be written", path);
	json_begin(&j, NULL, '{');
	json_str(&j, "walk", gate.walk == WALK_LINUX ? "linux" : "exact");
	json_str(&j, "priv", priv_name(gate.priv));
	json_u64(&j, "files", gate.files);
	json_u64(&j, "set_aside", gate.set_aside);
	json_u64(&j, "over_budget", gate.over_budget);
	json_u64(&j, "both_accept", gate.both_accept);
	json_u64(&j, "both_reject", gate.both_reject);
	json_u64(&j, "same_reason", gate.same_class);
	json_u64(&j, "we_reject", gate.we_reject);
	json_u64(&j, "we_accept", gate.we_accept);
	json_u64(&j, "known_reject", gate.known_reject);
	json_u64(&j, "known_accept", gate.known_accept);
	json_u64(&j, "insns_ours", gate.insns_ours);
	json_u64(&j, "insns_kernel", gate.insns_kernel);
	json_f64(&j, "ms_ours", gate.ns_ours / 1e6);
	json_f64(&j, "ms_kernel", gate.ns_kernel / 1e6);
	json_end(&j, '}');
	putc('\n', j.f);
	fclose(j.f);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", required_argument, NULL, 'j' }, { "walk", required_argument, NULL, 'w' },
		{ "priv", required_argument, NULL, 'p' }, { "known", required_argument, NULL, 'k' }, { "time", no_argument, NULL, 't' },
		{ "generate", required_argument, NULL, 'g' }, { "seed", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	const char *json = NULL;
	uint64_t generate = 0, seed = 1;
	char why[96];
	int c;

	gate.priv = PRIV_ROOT;
	while ((c = getopt_long(argc, argv, "v", options, NULL)) != -1) {
		if (c == 'j')
			json = optarg;
		else if (c == 'w')
			gate.walk = !strcmp(optarg, "linux") ? WALK_LINUX : WALK_EXACT;
		else if (c == 'p' && !priv_parse(optarg, &gate.priv))
			return 2;
		else if (c == 'k')
			read_known(optarg);
		else if (c == 'g')
			generate = strtoull(optarg, NULL, 10);
		else if (c == 's')
			seed = strtoull(optarg, NULL, 10);
		else if (c == 't')
			gate.time = true;
		else if (c == 'v')
			gate.verbose = true;
		else if (c == '?')
			return 2;
	}
	if (!linux_available(why)) {
		fprintf(stderr, "gate: %s\n", why);
		return 3;
	}
	for (; optind < argc; optind++)
		gate_file(argv[optind]);
	gate_generated(generate, seed);
	summary();
	if (json)
		write_json(json);
	return gate.we_accept > gate.known_accept ? 1 : 0;
}
