/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel-sound: that correct logs are never complained about, and that doctored
 * ones always are.  PARALLAX_LONG=1 looks at 100,000 programs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/kernel_sound_rig.h"
#include "tests/unit/linux_doctor.h"

/* ---- correct logs ---------------------------------------------------------------------- */

struct sums {
	uint64_t logs, steps, values, covered, tainted, lost, tails;
};

/* The log about this, and those behind tail calls. */
static void believe_about(struct subject *s, enum linux_about about, enum source source,
			  uint64_t seed, struct sums *sum)
{
	struct linux_checked c = { .tail = 0 };

	do {
		if (!subject_ask_from(s, about, c.tail, source))
			return;
		sum->tails += c.tail > 0;
		s->route.exit_reg = s->exit_reg;
		s->route.exit_valid = about == LINUX_WHOLE ? 1 : 0;
		if (!holds(s, s->log.text, &c))
			fail_msg("%llu: step %u: %s", (unsigned long long)seed, c.what.step, c.what.what);
		sum->logs++;
		sum->steps += c.steps;
		sum->values += c.regs + c.slots;
		sum->covered += c.covered;
		sum->tainted += c.tainted;
		sum->lost += c.lost;
	} while (c.tail);
}

static void believe(struct pipeline *p, struct subject *s, enum source source, uint64_t seed,
		    uint32_t types, struct sums sum[LINUX_ABOUT_N])
{
	arena_reset(&s->arena);
	generate(seed, types, &s->arena, &s->tc);
	if (subject_run(p, s))
		for (uint32_t k = 0; k < LINUX_ABOUT_N; k++)
			believe_about(s, k, source, seed, &sum[k]);
}

/* Every eighth program is a PLAIN one. */
static void believe_many(enum source source, uint64_t n)
{
	struct sums sum[LINUX_ABOUT_N] = { { 0 } };
	static struct subject s;
	struct pipeline *p = pipeline();

	for (uint64_t i = 0; i < n; i++)
		believe(p, &s, source, i, i % 8 ? 0 : 1u << PROG_PLAIN, sum);
	for (uint32_t k = 0; k < LINUX_ABOUT_N; k++) {
		print_message("# %s: %llu logs, %llu steps, %llu values; covered at %llu points, %llu of them "
			      "in part; %llu behind tail calls, %llu left early\n", k == LINUX_PATH ? "paths" : "programs",
			      (unsigned long long)sum[k].logs, (unsigned long long)sum[k].steps,
			      (unsigned long long)sum[k].values, (unsigned long long)sum[k].covered,
			      (unsigned long long)sum[k].tainted, (unsigned long long)sum[k].tails,
			      (unsigned long long)sum[k].lost);
		assert_true(sum[k].logs > n / 2);
		assert_true(sum[k].values > n * 40);
		assert_true(sum[k].lost < n / 100 + 2);
	}
	assert_true(sum[LINUX_WHOLE].covered > n / 20);
	assert_true(sum[LINUX_WHOLE].tails > 0);
	linux_log_free(&s.log);
	arena_free(&s.arena);
	pipeline_free(p);
}

static void our_own_logs_are_believed(void **state)
{
	(void)state;
	believe_many(OURS, is_long() ? 100000 : 1500);
}

static void correct_logs_are_believed(void **state)
{
	(void)state;
	need_bpf();
	believe_many(KERNEL, is_long() ? 100000 : 1500);
}

/* A program that is refused has a log that breaks off: what would have come is not missed. */
static void logs_that_break_off_are_believed(void **state)
{
	struct pipeline *p = pipeline();
	static struct subject s;
	uint32_t cuts = 0;
	struct rng r;
	(void)state;

	rng_seed(&r, 3);
	for (uint64_t i = 0; i < rounds(300); i++) {
		struct linux_checked c;

		arena_reset(&s.arena);
		generate(200000 + i, 0, &s.arena, &s.tc);
		if (!subject_run(p, &s) || !subject_ask(&s, i % 2 ? LINUX_PATH : LINUX_WHOLE, OURS))
			continue;
		for (uint32_t k = 0; k < 4; k++) {
			char *log = strdup(s.log.text), *at;

			at = strchr(log + rng_below(&r, strlen(log)), '\n');
			if (at && strlen(at) > 60) {
				strcpy(at, "\nR3 !read_ok\nprocessed 1 insns\n");
				if (!holds(&s, log, &c))
					fail_msg("%llu: step %u: %s", (unsigned long long)i, c.what.step, c.what.what);
				cuts++;
			}
			free(log);
		}
	}
	assert_true(cuts > 500);
	linux_log_free(&s.log);
	arena_free(&s.arena);
	pipeline_free(p);
}

/* ---- how the kernel is asked ---- */

static uint32_t descriptors(void)
{
	uint32_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* A dry load ends behind the verifier: there is a log, the whole or its beginning, and nothing else. */
static void a_dry_load_leaves_a_log(void **state)
{
	const struct insn good[] = { insn_mov64_imm(0, 77), insn_exit() }, bad[] = { insn_exit() };
	struct linux_prog_opts o = {
		.insn = good, .len = 2, .type = PROG_XDP, .log_level = LINUX_LOG_ALL, .dry = true,
	};
	struct linux_log log = { 0 };
	uint32_t before;
	int fd = 0;
	(void)state;

	need_bpf();
	before = descriptors();
	assert_int_equal(linux_prog_load(&o, &log, &fd), LINUX_FAULT);
	assert_int_equal(fd, -1);
	assert_non_null(strstr(log.text, "0: (b7) r0 = 77"));
	assert_non_null(strstr(log.text, "\nprocessed 2 insns"));
	assert_false(log.truncated);
	o.log_max = 200;
	linux_log_free(&log);
	assert_int_equal(linux_prog_load(&o, &log, &fd), LINUX_FAULT);
	assert_true(log.truncated);
	assert_int_equal(strncmp(log.text, "func#0 @0\n", 10), 0);
	o.insn = bad;
	o.len = 1;
	o.log_max = 0;
	assert_int_equal(linux_prog_load(&o, &log, &fd), LINUX_FAULT);
	assert_non_null(strstr(log.text, "R0 !read_ok"));
	assert_int_equal(descriptors(), before);
	linux_log_free(&log);
}

/* ---- doctoring ----------------------------------------------------------------------- */

enum { QUOTA = 25, SPOTS = 4096 };
struct tally {
	uint32_t done, caught;
};
static struct spot spots[SPOTS];
static struct klog_frame frames[256];
static uint32_t nspot;

/* The tokens of the state that holds before step, as far as its last line names them. */
static void collect(struct subject *s, const struct klog *k, uint32_t step, uint32_t nframe)
{
	const struct trace_step *ts = &s->trace->step[step];
	const char *p = k->state, *end = k->state_end;

	frames[nframe] = k->st.frame[k->st.cur];
	while (p && p < end && nspot < SPOTS) {
		const char *stop, *eq;
		struct spot *at = &spots[nspot];
		int depth = 0;

		while (*p == ' ')
			p++;
		for (stop = p; stop < end && (depth || *stop != ' '); stop++)
			depth += (*stop == '(') - (*stop == ')');
		eq = memchr(p, '=', (size_t)(stop - p));
		*at = (struct spot){
			.token = p, .end = stop, .value = eq ? eq + 1 : NULL, .step = step,
			.frame = &frames[nframe], .w = &s->world,
		};
		if (eq && *p == 'R' && strtoul(p + 1, NULL, 10) < REG_FP) {
			at->n = (uint32_t)strtoul(p + 1, NULL, 10);
			at->reg = frames[nframe].reg[at->n];
			at->v = ts->reg[at->n];
			nspot++;
		} else if (eq && !memcmp(p, "fp-", 3)) {
			uint64_t base = s->layout.rgn[GUEST_STACK].base, low;

			at->slot = true;
			at->n = (uint32_t)strtoul(p + 3, NULL, 10) / 8 - 1;
			at->stack = frames[nframe].slot[at->n];
			at->reg = at->stack.reg;
			low = ts->reg[REG_FP] - 8 * (at->n + 1) - base;
			memcpy(&at->v, &s->world.stack[low], 8);
			/* only what the program wrote is known */
			if (at->stack.known && s->world.written[low] && s->world.written[low + 7])
				nspot++;
		}
		p = stop;
	}
}

static uint32_t seg_of(const struct klog_tree *t, uint32_t visit)
{
	uint32_t i = 0;

	while (i + 1 < t->nseg && t->seg[i + 1].first <= visit)
		i++;
	return i;
}

/*
 * Did the run come to step's visit along the log, so that what is printed
 * there is all that counts?  Not at a point that an older state covers: there other
 * states may be meant.
 */
static bool came_along(const struct subject *s, uint32_t step)
{
	const uint32_t *seen = s->route.seen;
	uint32_t prev = step;

	if (seen[step] == KLOG_NONE)
		return false;
	while (prev-- && (s->route.slot && s->route.slot[prev] == UINT32_MAX))
		;
	if (prev == UINT32_MAX)
		return true;
	return seen[prev] != KLOG_NONE && (seen[step] == seen[prev] + 1 ||
		s->tree.seg[seg_of(&s->tree, seen[step])].first == seen[step]);
}

/* Every token along the run that is news where the run comes to it. */
static void scout(struct subject *s)
{
	static struct klog k;
	uint32_t n = 0;

	nspot = 0;
	linux_world_init(&s->world, &s->tc.unit, &s->layout, s->trace);
	for (uint32_t step = 0; step < s->route.nstep && n < 256; step++) {
		uint32_t seg, visit = s->route.seen[step];
		const char *before;

		if (!came_along(s, step))
			continue;
		seg = seg_of(&s->tree, visit);
		if (!klog_open(&k, &s->tree, seg))
			return;
		before = NULL;
		for (uint32_t v = s->tree.seg[seg].first; v <= visit; v++) {
			before = v == s->tree.seg[seg].first ? NULL : k.state;
			if (klog_next(&k) != KLOG_INSN)
				return;
		}
		linux_world_at(&s->world, step);
		if (k.state != before)
			collect(s, &k, step, n++);
	}
}

static void judge(struct subject *s, const char *name, char *log, struct tally *tally)
{
	struct linux_checked c;

	tally->done++;
	if (!holds(s, log, &c))
		tally->caught++;
	else
		print_message("# missed: %s (%s)\n", name, s->about == LINUX_PATH ? "path" : "program");
	free(log);
}

/* Doctors one token of each kind that still wants patients. */
static void doctor_tokens(struct subject *s, struct rng *r, struct tally *tally)
{
	char text[512];

	for (uint32_t d = 0; d < DOCTORS; d++) {
		for (uint32_t tries = 0; tries < 40 && nspot && tally[d].done < QUOTA; tries++) {
			const struct spot *at = &spots[rng_below(r, nspot)];

			linux_world_init(&s->world, &s->tc.unit, &s->layout, s->trace);
			linux_world_at(&s->world, at->step);
			if (!doctors[d].token(at, text, sizeof(text)))
				continue;
			judge(s, doctors[d].name, doctor_replace(s->log.text, at, text), &tally[d]);
			break;
		}
	}
}

/* ---- doctoring whole lines ---- */

static char *splice(const char *log, size_t at, size_t cut, const char *put)
{
	size_t n = strlen(put), tail = strlen(log + at + cut);
	char *out = malloc(at + n + tail + 1);

	assert_non_null(out);
	memcpy(out, log, at);
	memcpy(out + at, put, n);
	memcpy(out + at + n, log + at + cut, tail + 1);
	return out;
}

/* What a doctor of lines sees: the visit that a step was compared at, its line, its segment. */
struct scene {
	struct subject *s;
	uint32_t step, visit, next;	/* next: the visit of the step behind it, or KLOG_NONE */
	size_t line, size;		/* of the visit's line, with its end */
	const struct klog_segment *seg;
	bool last;			/* of its segment */
};

static size_t line_size(const char *s)
{
	size_t n = strcspn(s, "\n");

	return n + (s[n] == '\n');
}

static bool first_visit(const struct scene *c)
{
	return c->s->tree.visit[c->visit].before == KLOG_NONE;
}

static uint32_t insn_of(const struct scene *c)
{
	return c->s->tree.visit[c->visit].insn;
}

/* Is it taken up here, in a segment that no other begins like? */
static bool only_way_in(const struct scene *c)
{
	const struct klog_segment *t = c->seg;
	uint32_t n = 0;

	if (t->from == KLOG_NONE || t->first != c->visit || t->from == t->to)
		return false;
	for (uint32_t i = 0; i < c->s->tree.nseg; i++)
		n += c->s->tree.seg[i].from == t->from && c->s->tree.seg[i].to == t->to;
	/* a jump over nothing comes here both ways */
	return n == 1 && t->to != t->from + 1;
}

/* Where the next one begins, or what stands behind the last. */
static size_t segment_end(const struct scene *c)
{
	const struct klog_tree *t = &c->s->tree;

	return c->seg + 1 < t->seg + t->nseg ? c->seg[1].at :
	       (size_t)(strstr(c->s->log.text, "\nprocessed ") + 1 - c->s->log.text);
}

static char *doctor_drop(const struct scene *c)
{
	return splice(c->s->log.text, c->line, c->size, "");
}

static char *doctor_renumber(const struct scene *c)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", insn_of(c) ? insn_of(c) - 1 : 1);
	return splice(c->s->log.text, c->line, strcspn(c->s->log.text + c->line, ":"), text);
}

static char *doctor_repeat(const struct scene *c)
{
	char *line = strndup(c->s->log.text + c->line, c->size), *out;

	if (c->next != c->visit + 1 || !strncmp(strchr(line, '(') + 1, "05", 2)) {
		free(line);
		return NULL;
	}
	out = splice(c->s->log.text, c->line, 0, line);
	free(line);
	return out;
}

static char *doctor_safe(const struct scene *c)
{
	char text[32];

	size_t end = segment_end(c);

	if (!first_visit(c) || !c->visit)
		return NULL;
	snprintf(text, sizeof(text), "%u: safe\n", insn_of(c));
	return splice(c->s->log.text, c->line, end - c->line, text);
}

static char *doctor_frame(const struct scene *c)
{
	const char *line = c->s->log.text + c->line, *frame = strstr(line, "; frame1: ");

	/* a line that says it once more would put it right */
	if (!frame || frame > line + c->size || c->next != c->visit + 1 ||
	    strncmp(strchr(line + c->size, ':') + 1, " (", 2))
		return NULL;
	return splice(c->s->log.text, (size_t)(frame - c->s->log.text), 10, "; ");
}

static char *doctor_cut(const struct scene *c)
{
	size_t end = segment_end(c);

	if (c->last || c->next != c->visit + 1 || !first_visit(c))
		return NULL;
	return splice(c->s->log.text, c->line + c->size, end - c->line - c->size, "");
}

/* The path that the run takes up is not in the log. */
static char *doctor_path(const struct scene *c)
{
	size_t end = segment_end(c);

	return only_way_in(c) ? splice(c->s->log.text, c->seg->at, end - c->seg->at, "") : NULL;
}

/* The line that takes a path up; from, to: what it says instead. */
static char *take_up(const struct scene *c, uint32_t from, uint32_t to, const char *how)
{
	size_t n = strcspn(c->s->log.text + c->seg->at, ":");
	char text[80];

	if (!only_way_in(c) || from >= c->s->route.len || to >= c->s->route.len)
		return NULL;
	snprintf(text, sizeof(text), "from %u to %u%s", from, to, how);
	return splice(c->s->log.text, c->seg->at, n, text);
}

static char *doctor_from(const struct scene *c)
{
	return take_up(c, c->seg->from + 1, c->seg->to, "");
}

static char *doctor_to(const struct scene *c)
{
	return take_up(c, c->seg->from, c->seg->to + 1, "");
}

static char *doctor_guess(const struct scene *c)
{
	return take_up(c, c->seg->from, c->seg->to, " (speculative execution)");
}

static char *doctor_covered_at_once(const struct scene *c)
{
	char text[80];

	if (!only_way_in(c) || !first_visit(c))
		return NULL;
	snprintf(text, sizeof(text), "from %u to %u: safe\n", c->seg->from, c->seg->to);
	return splice(c->s->log.text, c->seg->at, segment_end(c) - c->seg->at, text);
}

/* Does the run go on in an older state, and could it not do so in another way? */
static bool enters_older(const struct scene *c)
{
	const struct linux_route *r = &c->s->route;
	const struct trace_step *next = &c->s->trace->step[c->step + 1];
	uint32_t insn = insn_of(c);

	return c->s->about == LINUX_WHOLE && c->last && c->seg->safe != KLOG_NONE &&
	       c->step + 1 < r->nstep && next->insn + r->head == c->seg->safe &&
	       c->s->tree.last_seg[insn] == KLOG_NONE;
}

/* The point where the run enters an older state is said to be another. */
static char *doctor_covered_elsewhere(const struct scene *c)
{
	char old[32], text[32], *at;

	if (!enters_older(c) || c->seg->safe + 1 >= c->s->route.len)
		return NULL;
	snprintf(old, sizeof(old), "\n%u: safe\n", c->seg->safe);
	snprintf(text, sizeof(text), "\n%u: safe\n", c->seg->safe + 1);
	at = strstr(c->s->log.text + c->line, old);
	return at ? splice(c->s->log.text, (size_t)(at - c->s->log.text), strlen(old), text) : NULL;
}

/* The line that says that an older state covers what the run goes on with is not there. */
static char *doctor_not_covered(const struct scene *c)
{
	char old[32], *at;

	if (!enters_older(c))
		return NULL;
	snprintf(old, sizeof(old), "\n%u: safe\n", c->seg->safe);
	at = strstr(c->s->log.text + c->line, old);
	return at ? splice(c->s->log.text, (size_t)(at - c->s->log.text), strlen(old), "\n") : NULL;
}

static const struct {
	const char *name;
	bool whole;		/* only the log of a whole program has it */
	char *(*line)(const struct scene *c);
} line_doctors[] = {
	{ "an insn left out", false, doctor_drop },
	{ "an insn called by another number", false, doctor_renumber },
	{ "an insn looked at twice", false, doctor_repeat },
	{ "covered, but by nothing", false, doctor_safe },
	{ "a path's end cut off", false, doctor_cut },
	{ "a state of another frame", false, doctor_frame },
	{ "a path dropped", true, doctor_path },
	{ "a path taken up from another branch", true, doctor_from },
	{ "a path taken up at another insn", true, doctor_to },
	{ "a path called speculation", true, doctor_guess },
	{ "a path covered as it is taken up", true, doctor_covered_at_once },
	{ "covered at another insn", true, doctor_covered_elsewhere },
	{ "no word of being covered", true, doctor_not_covered },
};
enum { LINES = sizeof(line_doctors) / sizeof(line_doctors[0]) };

static bool scene_of(struct subject *s, uint32_t step, struct scene *c)
{
	uint32_t next = step + 1;

	if (!came_along(s, step))
		return false;
	while (next < s->route.nstep && s->route.slot && s->route.slot[next] == UINT32_MAX)
		next++;
	*c = (struct scene){ .s = s, .step = step, .visit = s->route.seen[step], .next = KLOG_NONE };
	if (next < s->route.nstep)
		c->next = s->route.seen[next];
	c->line = s->tree.visit[c->visit].at;
	c->size = line_size(s->log.text + c->line);
	c->seg = &s->tree.seg[seg_of(&s->tree, c->visit)];
	c->last = c->visit + 1 == c->seg->first + c->seg->n;
	return true;
}

static void doctor_lines(struct subject *s, struct rng *r, struct tally *tally)
{
	for (uint32_t kind = 0; kind < LINES; kind++) {
		if (line_doctors[kind].whole && s->about == LINUX_PATH)
			continue;
		for (uint32_t tries = 0; tries < 20 && tally[kind].done < QUOTA; tries++) {
			struct scene c;
			char *log;

			if (!scene_of(s, (uint32_t)rng_below(r, s->route.nstep), &c))
				continue;
			log = line_doctors[kind].line(&c);
			if (!log)
				continue;
			judge(s, line_doctors[kind].name, log, &tally[kind]);
			break;
		}
	}
}

/* ---- what the kernel had at the exit ---- */

static void doctor_exit(struct subject *s, struct tally *tally)
{
	uint32_t last = s->route.nstep - 1;
	uint64_t was = s->exit_reg[0];
	static struct klog k;
	uint32_t seg;

	if (tally->done >= QUOTA || s->about != LINUX_WHOLE || s->route.seen[last] == KLOG_NONE)
		return;
	seg = seg_of(&s->tree, s->route.seen[last]);
	if (!klog_open(&k, &s->tree, seg))
		return;
	for (uint32_t v = s->tree.seg[seg].first; v <= s->route.seen[last]; v++)
		if (klog_next(&k) != KLOG_INSN)
			return;
	s->exit_reg[0] = was ^ 1ull << 32;
	s->route.exit_reg = s->exit_reg;
	s->route.exit_valid = 1;
	if (k.st.cur == 0 && k.st.frame[0].reg[0].type == KT_SCALAR &&
	    !scalar_contains(&k.st.frame[0].reg[0].s, s->exit_reg[0]))
		judge(s, "the kernel ends with another r0", splice(s->log.text, 0, 0, ""), tally);
	s->exit_reg[0] = was;
	s->route.exit_reg = NULL;
}

static uint32_t report(const char *name, const struct tally *t)
{
	print_message("# %-36s %2u of %2u caught\n", name, t->caught, t->done);
	return t->done && t->caught == t->done;
}

struct tallies {
	struct tally tokens[DOCTORS], lines[LINES], exit;
};

static bool satisfied(const struct tallies *t, enum linux_about about)
{
	bool all = about == LINUX_PATH || t->exit.done >= QUOTA;

	for (uint32_t d = 0; d < DOCTORS; d++)
		all &= t->tokens[d].done >= QUOTA;
	for (uint32_t d = 0; d < LINES; d++)
		all &= t->lines[d].done >= QUOTA || (about == LINUX_PATH && line_doctors[d].whole);
	return all;
}

static void doctor_all(enum linux_about about, enum source source)
{
	struct tallies all[LINUX_ABOUT_N] = { 0 }, *t = all;
	static struct subject s;
	struct pipeline *p = pipeline();
	uint32_t kinds = 0, wanted = DOCTORS;
	struct rng r;

	rng_seed(&r, 1);
	for (uint64_t i = 0; i < 4000 && !satisfied(&t[about], about); i++) {
		struct linux_checked c;

		arena_reset(&s.arena);
		generate(50000 + i, 0, &s.arena, &s.tc);
		if (!subject_run(p, &s) || !subject_ask(&s, about, source))
			continue;
		s.route.seen = arena_raw(&s.arena, s.route.nstep * sizeof(uint32_t));
		if (!holds(&s, s.log.text, &c) || c.lost ||
		    !klog_tree(s.log.text, s.route.insn, s.route.len, &s.arena, &s.tree) || !s.tree.whole)
			continue;
		scout(&s);
		/* what doctored logs do to it is of no interest */
		s.route.seen = arena_dup(&s.arena, s.route.seen, s.route.nstep * sizeof(uint32_t));
		doctor_tokens(&s, &r, t[about].tokens);
		holds(&s, s.log.text, &c);
		doctor_lines(&s, &r, t[about].lines);
		holds(&s, s.log.text, &c);
		doctor_exit(&s, &t[about].exit);
	}
	for (uint32_t d = 0; d < DOCTORS; d++)
		kinds += report(doctors[d].name, &t[about].tokens[d]);
	for (uint32_t d = 0; d < LINES; d++) {
		if (line_doctors[d].whole && about == LINUX_PATH)
			continue;
		wanted++;
		kinds += report(line_doctors[d].name, &t[about].lines[d]);
	}
	if (about == LINUX_WHOLE) {
		wanted++;
		kinds += report("the kernel ends with another r0", &t[about].exit);
	}
	linux_log_free(&s.log);
	arena_free(&s.arena);
	pipeline_free(p);
	assert_int_equal(kinds, wanted);
}

static void our_doctored_paths_are_caught(void **state)
{
	(void)state;
	doctor_all(LINUX_PATH, OURS);
}

static void our_doctored_logs_are_caught(void **state)
{
	(void)state;
	doctor_all(LINUX_WHOLE, OURS);
}

static void doctored_paths_are_caught(void **state)
{
	(void)state;
	need_bpf();
	doctor_all(LINUX_PATH, KERNEL);
}

static void doctored_logs_are_caught(void **state)
{
	(void)state;
	need_bpf();
	doctor_all(LINUX_WHOLE, KERNEL);
}

/* ---- programs that were complained about ---- */

/*
 * The second value of an insn that is looked at twice is covered by an older
 * state of the same insn, but not by the one that it comes from: that goes on with
 * the first value alone.
 */
static const char second_value[] =
	"-- type syscall\n-- asm\n"
	"r3 = *(u64 *)(r1 + 24)\nr0 = -2\nr6 = 0\nw0 = w0\n"
	"loop:\nif r0 & 185273099 goto on\nr0 = 32767\nexit\n"
	"on:\nw3 s>>= 13\n*(u64 *)(r10 - 24) = 1263225675\n*(u32 *)(r10 - 20) = r6\n"
	"if w6 & 11 goto over\n*(u32 *)(r10 - 20) = 44\nover:\nr5 = *(u32 *)(r10 - 20)\nw6 += 1\n"
	"if w6 s< 3 goto loop\nif w5 != 256 goto join\ngoto join\n"
	"join:\nr3 &= 109997\nw3 = w3\nif w3 s< 0 goto end\nif w3 s> 54998 goto end\n"
	"w3 -= 61064\nw0 = w3\nexit\nend:\nr0 = 1\nexit\n"
	"-- ctx\n00*24 7f 00*7\n";

static void complained_about(enum source source)
{
	static struct subject s;
	struct pipeline *p = pipeline();
	struct linux_checked c;
	struct file_err err;

	assert_true(case_from_text(second_value, strlen(second_value), PROG_PLAIN, &s.arena, &s.tc, &err));
	assert_true(subject_run(p, &s));
	assert_true(subject_ask(&s, LINUX_WHOLE, source));
	assert_non_null(strstr(s.log.text, "from 17 to 17: safe"));
	assert_true(holds(&s, s.log.text, &c));
	assert_int_equal(c.covered, 1);
	assert_false(c.lost);
	linux_log_free(&s.log);
	arena_free(&s.arena);
	pipeline_free(p);
}

static void no_complaint(void **state)
{
	(void)state;
	complained_about(OURS);
}

static void no_complaint_of_the_kernels_log(void **state)
{
	(void)state;
	need_bpf();
	complained_about(KERNEL);
}

/*
 * A number that is added to a pointer is precise, so an older state cannot cover the
 * run when it has another number there: as if the mark had been lost.
 */
static const char sum[] =
	"-- type syscall\n-- asm\n"
	"r6 = *(u8 *)(r1 + 0)\nr8 = 4\nif r6 == 0 goto join\nr8 = 60\n"
	"join:\nr2 = r10\nr2 += -64\nr2 += r8\n*(u8 *)(r2 + 0) = 1\nr0 = 0\nexit\n"
	"-- ctx\n00*8\n";

static void a_mark_too_few_is_seen(void **state)
{
	static struct subject s;
	struct pipeline *p = pipeline_as(PRIV_ROOT);	/* without CAP_PERFMON both sums have to be alike */
	struct linux_checked c;
	struct file_err err;
	char *at;
	(void)state;

	assert_true(case_from_text(sum, strlen(sum), PROG_PLAIN, &s.arena, &s.tc, &err));
	assert_true(subject_run(p, &s));
	assert_true(subject_ask(&s, LINUX_WHOLE, OURS));
	assert_true(holds(&s, s.log.text, &c));
	assert_int_equal(c.covered, 0);
	at = strstr(s.log.text, "from 2 to 4:");
	assert_non_null(at);
	strcpy(at, "from 2 to 4: safe\nprocessed 9 insns\n");
	assert_false(holds(&s, s.log.text, &c));
	assert_int_equal(c.covered, 1);
	assert_int_equal(c.tainted, 1);
	assert_string_equal(c.what.place, "r8");
	linux_log_free(&s.log);
	arena_free(&s.arena);
	pipeline_free(p);
}

/* ---- a bug of Linux ---- */

/* A file of the project's; size is its length, a NUL comes behind it. */
static char *project_file(const char *name, size_t *size)
{
	const char *where = getenv("PARALLAX_ROOT");
	struct file_err err;
	char path[4096];
	uint8_t *p;
	char *text;

	snprintf(path, sizeof(path), "%s/corpus/%s", where ? where : ".", name);
	p = file_read(path, size, &err);
	if (!p)
		fail_msg("%s cannot be read", path);
	text = strndup((char *)p, *size);
	free(p);
	return text;
}

static void subject_from(struct pipeline *p, struct subject *s, const char *file)
{
	struct file_err err;
	size_t n;
	char *text = project_file(file, &n);

	assert_true(case_from_text(text, n, PROG_PLAIN, &s->arena, &s->tc, &err));
	assert_true(subject_run(p, s));
	free(text);
}

/* The verifier believes in r0 = 0 behind a prune; the kernel exits with 0xffffffff. */
static void bug_behind_a_prune(enum source source)
{
	static struct subject s;
	struct linux_checked c;
	struct pipeline *p = pipeline();

	subject_from(p, &s, "findings/linux-6.18-cmpxchg32-pruned.plx");
	assert_true(subject_ask(&s, LINUX_WHOLE, source));
	s.route.exit_reg = s.exit_reg;
	s.route.exit_valid = 1;
	assert_true(holds(&s, s.log.text, &c));
	assert_int_equal(c.covered, 1);
	s.exit_reg[0] = 0xffffffff;	/* what Linux 6.18 returns */
	assert_false(holds(&s, s.log.text, &c));
	assert_string_equal(c.what.place, "exit");
	linux_log_free(&s.log);
	arena_free(&s.arena);
	pipeline_free(p);
}

/* A sign-extending load with the id of what it reads, as Linux 6.18 logs it. */
static void an_id_too_many_is_seen(void **state)
{
	static struct subject s;
	struct linux_checked c;
	struct pipeline *p = pipeline();
	size_t n;
	char *log = project_file("klog/ldsx-id.log", &n), *id;
	(void)state;

	subject_from(p, &s, "findings/linux-6.18-ldsx-id.plx");
	assert_int_equal(s.exit_reg[0], 2);
	assert_true(subject_ask(&s, LINUX_WHOLE, OURS));
	assert_true(holds(&s, s.log.text, &c));
	assert_false(c.known);
	assert_true(holds(&s, log, &c));
	assert_true(c.known);
	s.route.asis = true;
	assert_false(holds(&s, log, &c));
	assert_string_equal(c.what.place, "r2");
	/* without the tie it is what follows from it */
	id = strstr(log, "R2=scalar(id=1,");
	memmove(id + 10, id + 15, strlen(id + 15) + 1);
	assert_false(holds(&s, log, &c));
	assert_string_equal(c.what.place, "r0");
	free(log);
	linux_log_free(&s.log);
	arena_free(&s.arena);
	pipeline_free(p);
}

static void a_bug_behind_a_prune_is_seen(void **state)
{
	(void)state;
	bug_behind_a_prune(OURS);
}

static void a_bug_behind_a_prune_is_seen_in_the_kernels_log(void **state)
{
	(void)state;
	need_bpf();
	bug_behind_a_prune(KERNEL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dry_load_leaves_a_log),
		cmocka_unit_test(our_own_logs_are_believed),
		cmocka_unit_test(correct_logs_are_believed),
		cmocka_unit_test(logs_that_break_off_are_believed),
		cmocka_unit_test(our_doctored_paths_are_caught),
		cmocka_unit_test(our_doctored_logs_are_caught),
		cmocka_unit_test(doctored_paths_are_caught),
		cmocka_unit_test(doctored_logs_are_caught),
		cmocka_unit_test(no_complaint),
		cmocka_unit_test(no_complaint_of_the_kernels_log),
		cmocka_unit_test(a_mark_too_few_is_seen),
		cmocka_unit_test(an_id_too_many_is_seen),
		cmocka_unit_test(a_bug_behind_a_prune_is_seen),
		cmocka_unit_test(a_bug_behind_a_prune_is_seen_in_the_kernels_log),
	};

	return cmocka_run_group_tests_name("kernel_sound", tests, NULL, NULL);
}
