/* SPDX-License-Identifier: Apache-2.0 */
/* verify --against linux: both verdicts, and both logs side by side. */
#include "cli/cli.h"

#include "case/btf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "engines/linux_sys.h"

bool cli_without_linux(const char *command)
{
	char why[96];

	if (linux_available(why))
		return false;
	fprintf(stderr, "parallax %s: the kernel cannot be asked: %s\n", command, why);
	return true;
}

enum { COLUMN_MIN = 40, COLUMN_MAX = 200 };

/* Lines of a log, in place: ends of lines become NULs. */
struct lines {
	char **line;
	uint32_t n;
};

static void split(char *log, struct arena *a, struct lines *l)
{
	uint32_t cap = 1;

	for (const char *p = log; *p; p++)
		cap += *p == '\n';
	l->line = arena_raw(a, cap * sizeof(*l->line));
	l->n = 0;
	while (*log) {
		size_t n = strcspn(log, "\n");
		bool more = log[n] == '\n';

		log[n] = 0;
		if (n)		/* empty lines part paths: no news */
			l->line[l->n++] = log;
		log += n + more;
	}
}

/* Statistics depend on the machine, on options, and on what is counted. */
static bool same_line(const char *a, const char *b)
{
	static const char *const counts[] = { "processed ", "verification time", "stack depth" };
	size_t n = strlen(a), m = strlen(b);

	for (uint32_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		if (!strncmp(a, counts[i], strlen(counts[i])) && !strncmp(b, counts[i], strlen(counts[i])))
			return true;
	while (n && isspace((unsigned char)a[n - 1]))
		n--;
	while (m && isspace((unsigned char)b[m - 1]))
		m--;
	return n == m && !memcmp(a, b, n);
}

static int column_width(void)
{
	const char *s = getenv("COLUMNS");
	long n = s ? strtol(s, NULL, 10) : 0;

	n = n ? (n - 3) / 2 : 76;
	return n < COLUMN_MIN ? COLUMN_MIN : n > COLUMN_MAX ? COLUMN_MAX : (int)n;
}

/* Where two lines part. */
static size_t parting(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

static void print_pair(const char *a, const char *b, int w, bool first)
{
	size_t at;

	printf("%-*.*s %c %.*s\n", w, w, a ? a : "", first ? '#' : a && b && same_line(a, b) ? ' ' : '|', w,
	       b ? b : "");
	if (!first)
		return;
	at = parting(a ? a : "", b ? b : "");
	printf("# first difference\n#   ours:  %s\n#   linux: %s\n#          %*s^\n", a ? a : "(ends)",
	       b ? b : "(ends)", (int)at, "");
}

/* Number of the first pair that differs; the longer one's length if none does. */
static uint32_t first_difference(const struct lines *a, const struct lines *b)
{
	uint32_t i = 0, n = a->n > b->n ? a->n : b->n;

	while (i < a->n && i < b->n && same_line(a->line[i], b->line[i]))
		i++;
	return i < a->n || i < b->n ? i : n;
}

static void print_text(const struct program *p, const struct verdict *v, enum linux_err err,
		       const char *why, const struct lines *ours, const struct lines *theirs,
		       uint32_t first)
{
	uint32_t n = ours->n > theirs->n ? ours->n : theirs->n;
	int w = column_width();
	char a[256], b[256];

	if (v->accepted)
		snprintf(a, sizeof(a), "ours: accepted");
	else
		snprintf(a, sizeof(a), "ours: rejected: pc %u: %s", v->pc, v->msg);
	snprintf(b, sizeof(b), err ? "linux: rejected: %s" : "linux: accepted", why);
	printf("%s%s%s\n%s\n", p->name[0] ? p->name : "", p->name[0] ? ":\n" : "", a, b);
	printf("verdicts %s; %s\n\n", v->accepted == !err ? "agree" : "DIFFER",
	       first == n ? "the logs are the same" : "the logs differ");
	for (uint32_t i = 0; i < n; i++)
		print_pair(i < ours->n ? ours->line[i] : NULL, i < theirs->n ? theirs->line[i] : NULL, w,
			   i == first);
}

static void print_json(const struct program *p, const struct verdict *v, enum linux_err err,
		       const char *why, const struct lines *ours, const struct lines *theirs,
		       uint32_t first)
{
	struct json j = { .f = stdout };

	json_begin(&j, NULL, '{');
	json_str(&j, "program", p->name);
	json_bool(&j, "agree", v->accepted == !err);
	json_bool(&j, "ours_accepted", v->accepted);
	if (!v->accepted)
		json_str(&j, "ours_reason", v->msg);
	json_bool(&j, "linux_accepted", !err);
	if (err)
		json_str(&j, "linux_reason", why);
	if (first < ours->n || first < theirs->n) {
		json_begin(&j, "first_difference", '{');
		json_str(&j, "ours", first < ours->n ? ours->line[first] : NULL);
		json_str(&j, "linux", first < theirs->n ? theirs->line[first] : NULL);
		json_end(&j, '}');
	}
	json_end(&j, '}');
	putchar('\n');
}

int cli_against_linux(const struct cli_opts *o, const struct testcase *tc, uint32_t prog)
{
	struct vopts vo = {
		.priv = o->priv, .walk = o->has_walk ? o->walk : WALK_LINUX, .log = 2,
		.plain_size = tc->input[0].nctx, .btf = btf_of_kernel(),
	};
	struct linux_unit_opts lo = { .log_level = LINUX_LOG_ALL };
	const struct program *p = &tc->unit.prog[prog];
	struct linux_log log = { 0 };
	struct lines ours, theirs;
	struct arena a = { 0 };
	enum linux_err err;
	struct verdict v;
	uint32_t first;
	char why[200];
	bool made;

	verify(&tc->unit, prog, &vo, &a, &v);
	err = linux_load_unit(&tc->unit, &tc->input[0], prog, o->priv, &lo, &log, &made);
	if (!made) {
		fprintf(stderr, "parallax verify: Linux: %s\n", linux_log_text(&log));
		linux_log_free(&log);
		arena_free(&a);
		return EXIT_ENVIRONMENT;
	}
	linux_log_reason(err, linux_log_text(&log), why, sizeof(why));
	if (err && !why[0])
		snprintf(why, sizeof(why), "%s", linux_strerror(err));
	split(arena_dup(&a, v.log, v.nlog + 1), &a, &ours);
	split(arena_printf(&a, "%s", linux_log_text(&log)), &a, &theirs);
	first = first_difference(&ours, &theirs);
	(o->json ? print_json : print_text)(p, &v, err, why, &ours, &theirs, first);
	linux_log_free(&log);
	arena_free(&a);
	return v.accepted == !err ? EXIT_FINE : EXIT_FINDING;
}
