/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of the kernel's verifier: its grammar, programs made of paths, that
 * correct logs are never complained about, and that doctored ones always are.
 * PARALLAX_LONG=1 looks at 100,000 programs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engines/linux_sys.h"
#include "fuzz/internal.h"
#include "tests/unit/linux_doctor.h"

static bool is_long(void)
{
	const char *more = getenv("PARALLAX_LONG");

	return more && *more == '1';
}

static void need_bpf(void)
{
	char why[96];

	if (!linux_available(why)) {
		print_message("# SKIP %s\n", why);
		skip();
	}
}

/* ---- grammar ------------------------------------------------------------------------------ */

static struct klog_reg reg(const char *text)
{
	struct klog_reg r;

	if (!klog_parse_reg(text, text + strlen(text), 0, &r))
		fail_msg("not understood: %s", text);
	return r;
}

static void numbers(void **state)
{
	(void)state;
	assert_int_equal(reg("5").s.umin, 5);
	assert_int_equal(reg("-1").s.umin, UINT64_MAX);
	assert_int_equal(reg("0xffffffff").s.smax, 0xffffffff);
	assert_int_equal(reg("0xfffffffffffeee90").s.smin, -70000);
	assert_true(reg("P5").precise);
	assert_int_equal(reg("scalar()").s.smin, INT64_MIN);
	assert_int_equal(reg("scalar()").s.u32max, UINT32_MAX);
}

static void ranges(void **state)
{
	struct klog_reg r = reg("Pscalar(id=7+3,smin=umin=smin32=umin32=1,smax=umax=smax32=umax32=255,"
				"var_off=(0x0; 0xff))");
	(void)state;

	assert_int_equal(r.type, KT_SCALAR);
	assert_int_equal(r.id, 7);
	assert_int_equal(r.delta, 3);
	assert_int_equal(r.s.smin, 1);
	assert_int_equal(r.s.u32max, 255);
	assert_int_equal(r.s.var.mask, 0xff);
	r = reg("scalar(id=1-536870912,smin=0x8000000080000000,smin32=0xfffeee90,smax32=-5)");
	assert_int_equal(r.delta, -536870912);
	assert_int_equal(r.s.smin, (int64_t)0x8000000080000000);
	assert_int_equal(r.s.s32min, -70000);
	assert_int_equal(r.s.s32max, -5);
	assert_int_equal(r.s.umax, UINT64_MAX);
}

static void pointers(void **state)
{
	struct klog_reg r = reg("fp-16");
	(void)state;

	assert_int_equal(r.type, KT_STACK);
	assert_int_equal(r.off, -16);
	assert_int_equal(r.s.smax, 0);
	r = reg("fp[2]-8");
	assert_int_equal(r.frame, 2);
	r = reg("fp(off=-40,smin=smin32=0,smax=umax=smax32=umax32=7,var_off=(0x0; 0x7))");
	assert_int_equal(r.off, -40);
	assert_int_equal(r.s.smax, 7);
	r = reg("pkt(id=3,off=16,r=20,smin=smin32=0,smax=umax=smax32=umax32=255,var_off=(0x0; 0xff))");
	assert_int_equal(r.type, KT_PKT);
	assert_int_equal(r.id, 3);
	assert_int_equal(r.range, 20);
	assert_int_equal(reg("pkt(r=0xfffffffffffffffe)").range, -2);
	assert_int_equal(reg("pkt_end()").type, KT_PKT_END);
	r = reg("map_value_or_null(id=3,map=h.0,ks=4,vs=16)");
	assert_true(r.or_null);
	assert_int_equal(r.value_size, 16);
	assert_string_equal(r.map, "h.0");
	assert_int_equal(reg("ctx(off=8)").off, 8);
	assert_int_equal(reg("ctx()").s.umax, 0);
	assert_int_equal(reg("rcu_ptr_or_null_task_struct(id=1,ref_obj_id=1)").type, KT_OTHER);
}

static void nonsense_is_not_understood(void **state)
{
	static const char *const text[] = {
		"", "scalar", "scalar(", "scalar(smin=)", "scalar(foo=1)", "fp", "fp[9]-8", "0x", "5x", "ctx()x",
		"scalar(smin=1", "scalar(var_off=(0x0)", "00", "P",
	};
	struct klog_reg r;
	(void)state;

	for (uint32_t i = 0; i < sizeof(text) / sizeof(text[0]); i++)
		if (klog_parse_reg(text[i], text[i] + strlen(text[i]), 0, &r))
			fail_msg("understood: '%s'", text[i]);
}

static void stack_slots(void **state)
{
	static const char text[] = " R1=5 fp-8=mmmmmmm0 fp-16=????scalar(umax=9) fp-24=????" "-1 fp-32=fp-8 "
				   "fp-40=0 fp-48=mmmm0000 fp-56=0000mmmm refs=2";
	struct klog_state st = { .cur = 0 };
	(void)state;

	assert_true(klog_apply(&st, text, text + strlen(text), true));
	assert_int_equal(st.frame[0].reg[1].s.umin, 5);
	assert_int_equal(st.frame[0].slot[0].byte[0], '0');
	assert_int_equal(st.frame[0].slot[0].byte[7], 'm');
	assert_int_equal(st.frame[0].slot[1].spilled, 4);
	assert_int_equal(st.frame[0].slot[1].reg.s.umax, 9);
	assert_int_equal(st.frame[0].slot[2].reg.s.smin, -1);
	assert_int_equal(st.frame[0].slot[3].reg.type, KT_STACK);
	assert_int_equal(st.frame[0].slot[3].spilled, 8);
	assert_int_equal(st.frame[0].slot[4].reg.s.umax, 0);
	assert_int_equal(st.frame[0].slot[5].spilled, 0);
	assert_int_equal(st.frame[0].slot[6].byte[7], '0');
	assert_false(st.frame[0].slot[7].known);
}

/* ---- a log ------------------------------------------------------------------------------------ */

static void events_of_a_log(void **state)
{
	static const char log[] =
		"func#0 @0\nfunc#1 @6\nLive regs before insn:\n      0: .1........ (b7) r2 = 5\n"
		"0: R1=ctx() R10=fp0\n"
		"0: (b7) r2 = 5                        ; R2=5\n"
		"1: (85) call pc+4\n"
		"caller:\n R1=ctx() R2=5 R10=fp0\ncallee:\n frame1: R2=5 R10=fp0\n"
		"6: frame1: R2=5 R10=fp0\n"
		"6: (bf) r0 = r2                       ; frame1: R0=5 R2=5\n"
		"7: (95) exit\n"
		"(1,6) live stack update done in 2 iterations\n"
		"returning from callee:\n frame1: R0=5 R2=5 R10=fp0\nto caller at 2:\n R0=5 R10=fp0\n"
		"\nfrom 7 to 2: R0=5 R10=fp0\n"
		"2: (0f) r0 += r0\n"
		"mark_precise: frame0: parent state regs=r0 stack=:  R0=99\n"
		"3: R0=10\n"
		"3: (85) call bpf_get_prandom_u32#7    ; R0=scalar()\n"
		"4: (95) exit\n"
		"\nfrom 3 to 4: safe\nprocessed 7 insns\n";
	static const uint32_t insn[] = { 0, 1, 6, 7, 2, 3, 4 }, frame[] = { 0, 0, 1, 1, 0, 0, 0 };
	const struct insn prog[8] = {
		insn_mov64_imm(2, 5), insn_call_local(4), insn_alu64_reg(ALU_ADD, 0, 0), insn_call(7),
		insn_exit(), insn_exit(), insn_mov64_reg(0, 2), insn_exit(),
	};
	struct klog k;
	(void)state;

	klog_begin(&k, log, prog, 8);
	for (uint32_t i = 0; i < 7; i++) {
		assert_int_equal(klog_next(&k), KLOG_INSN);
		assert_int_equal(k.insn, insn[i]);
		assert_int_equal(k.st.cur, frame[i]);
		if (i == 0)
			assert_int_equal(k.st.frame[0].reg[2].type, KT_NONE);
		if (i == 1)
			assert_int_equal(k.st.frame[0].reg[2].s.umin, 5);
		if (i == 5)
			assert_int_equal(k.st.frame[0].reg[0].s.umin, 10);
	}
	/* the helper clobbered what it did not name */
	assert_int_equal(k.st.frame[0].reg[2].type, KT_NONE);
	assert_int_equal(klog_next(&k), KLOG_END);
	assert_false(k.cut);
}

/* ---- generated programs ------------------------------------------------------------------------ */

/* One program's path with its log, as the oracle has them. */
struct subject {
	struct arena arena;
	struct trace *trace;
	struct linux_path path;
	struct linux_log log;
	struct linux_world world;
	struct testcase tc;
	struct layout layout;
};

static struct pipeline *pipeline(bool always)
{
	const struct pipe_opts o = {
		.engine = { engine_by_name("interp"), engine_by_name("linux") }, .nengine = 2,
		.priv = PRIV_CAP_BPF, .walk = WALK_EXACT, .sound = true, .text_always = always,
	};
	char why[96];
	struct pipeline *p = pipeline_new(&o, why);

	if (!p)
		fail_msg("%s", why);
	return p;
}

static void generate(uint64_t seed, struct arena *a, struct testcase *tc)
{
	const struct gen_opts g = { .priv = PRIV_CAP_BPF, .insns = 30, .portable = true };
	struct choice c;

	choice_seed(&c, mix64(seed));
	gen_case(&c, &g, a, tc);
}

static void correct_logs_are_believed(void **state)
{
	uint64_t n = is_long() ? 100000 : 2000;
	struct pipeline *p;
	struct arena a = { 0 };
	const struct stats *s;
	(void)state;

	need_bpf();
	p = pipeline(true);
	s = pipeline_stats(p);
	for (uint64_t i = 0; i < n; i++) {
		struct testcase tc;
		struct finding f;

		arena_reset(&a);
		generate(i, &a, &tc);
		if (run_one(p, &tc, &f))
			fail_msg("%llu: %s: %s", (unsigned long long)i, f.signature, f.what);
		if (s->kernel_odd)
			fail_msg("%llu: a log is not understood", (unsigned long long)i);
	}
	print_message("# %llu programs, %llu paths, %llu steps, %llu values\n", (unsigned long long)n,
		      (unsigned long long)s->ruling[ORACLE_kernel_sound][HOLDS],
		      (unsigned long long)s->kernel_steps, (unsigned long long)s->kernel_values);
	assert_true(s->ruling[ORACLE_kernel_sound][HOLDS] > n * 3 / 4);
	assert_true(s->kernel_values > n * 50);
	pipeline_free(p);
	arena_free(&a);
}

/* False: this program has no path to look at. */
static bool subject_make(struct pipeline *p, uint64_t seed, struct subject *s)
{
	struct linux_unit_opts o = { .log_level = LINUX_LOG_ALL | LINUX_LOG_FIXED };
	struct program prog[MAX_PROGS];
	const struct trial *t;
	struct outcome out;
	struct finding f;
	struct unit u;
	bool made;

	arena_reset(&s->arena);
	generate(seed, &s->arena, &s->tc);
	if (run_one(p, &s->tc, &f))
		fail_msg("%llu: %s: %s", (unsigned long long)seed, f.signature, f.what);
	t = pipeline_trial(p);
	if (!t->accepted || t->out[0].kind != OUT_RETURN || s->tc.unit.prog[0].type == PROG_PLAIN ||
	    !trial_rerun(p, t, 0, 0, t->input, &out) || !out.trace)
		return false;
	s->trace = (struct trace *)out.trace;
	s->layout = *t->layout;
	if (!linux_path_make(&s->tc.unit, s->trace, &s->arena, &s->path))
		return false;
	u = s->tc.unit;
	memcpy(prog, u.prog, u.nprog * sizeof(*prog));
	prog[0] = s->path.prog;
	u.prog = prog;
	linux_load_unit(&u, NULL, 0, PRIV_ROOT, &o, &s->log, &made);
	return made;
}

static bool holds(struct subject *s, const char *log)
{
	struct linux_checked c;
	bool ok;

	linux_world_init(&s->world, &s->tc.unit, &s->layout, s->trace);
	ok = linux_check_path(&s->world, &s->path, log, &c);
	if (c.odd)
		fail_msg("a doctored line is not understood: %s", c.what.what);
	return ok;
}

/* ---- doctoring ------------------------------------------------------------------------------------ */

enum { QUOTA = 25, SPOTS = 4096 };
struct tally {
	uint32_t done, caught;
};
static struct spot spots[SPOTS];
static struct klog_frame frames[512];
static uint32_t nspot;

/* The tokens of the state that holds before step, as far as its last line names them. */
static void collect(struct subject *s, const struct klog *k, uint32_t step, uint32_t nframe)
{
	const struct trace_step *ts = &s->trace->step[step];
	const char *p = k->state, *end = k->state_end;

	frames[nframe] = k->st.frame[k->st.cur];
	while (p && p < end && nspot < SPOTS) {
		const char *stop = p, *eq;
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
			uint64_t base = s->layout.rgn[GUEST_STACK].base;

			at->slot = true;
			at->n = (uint32_t)strtoul(p + 3, NULL, 10) / 8 - 1;
			at->stack = frames[nframe].slot[at->n];
			at->reg = at->stack.reg;
			memcpy(&at->v, &s->world.stack[ts->reg[REG_FP] - 8 * (at->n + 1) - base], 8);
			/* only what the program wrote is known */
			if (at->stack.known && s->world.written[ts->reg[REG_FP] - 8 * (at->n + 1) - base] &&
			    s->world.written[ts->reg[REG_FP] - 8 * at->n - 1 - base])
				nspot++;
		}
		p = stop;
	}
}

/* World as of step, without judging anything. */
static void world_at(struct subject *s, uint32_t step)
{
	uint64_t base = s->layout.rgn[GUEST_STACK].base;

	for (; s->world.done < step; s->world.done++) {
		const struct trace_step *ts = &s->trace->step[s->world.done];

		for (uint32_t i = 0; i < ts->nwrite; i++) {
			const struct trace_write *w = &s->trace->write[ts->write + i];

			for (uint32_t k = 0; k < w->len; k++) {
				if (w->addr + k - base >= GUEST_STACK_SIZE)
					continue;
				s->world.stack[w->addr + k - base] = s->trace->bytes[w->data + k];
				s->world.written[w->addr + k - base] = 1;
			}
		}
	}
}

/* Every token of the first path that is news. */
static void scout(struct subject *s)
{
	const char *last = NULL;
	uint32_t n = 0;
	struct klog k;

	nspot = 0;
	linux_world_init(&s->world, &s->tc.unit, &s->layout, s->trace);
	klog_begin(&k, s->log.text, s->path.prog.insn, s->path.prog.len);
	for (uint32_t step = 0; step < s->path.nstep && n < 512; step++) {
		if (s->path.slot[step] == UINT32_MAX)
			continue;
		if (klog_next(&k) != KLOG_INSN || k.insn != s->path.slot[step])
			return;
		world_at(s, step);
		/* of the step after a helper slots may be forgotten, and are no use */
		if (k.state != last)
			collect(s, &k, step, n++);
		last = k.state;
	}
}

/* Doctors one token of each kind that still wants patients. */
static void doctor_tokens(struct subject *s, struct rng *r, struct tally *tally)
{
	char text[512];

	for (uint32_t d = 0; d < DOCTORS; d++) {
		for (uint32_t tries = 0; tries < 40 && nspot && tally[d].done < QUOTA; tries++) {
			const struct spot *at = &spots[rng_below(r, nspot)];
			char *log;

			if (!doctors[d].token(at, text, sizeof(text)))
				continue;
			log = doctor_replace(s->log.text, at, text);
			tally[d].done++;
			if (!holds(s, log))
				tally[d].caught++;
			else
				print_message("# missed: %s: %.*s becomes %s\n", doctors[d].name,
					      (int)(at->end - at->token), at->token, text);
			free(log);
			break;
		}
	}
}

/* ---- doctoring whole lines ---- */

enum { DROP, RENUMBER, SAFE, FRAME, LINES };
static const char *const line_doctors[LINES] = {
	"an insn dropped", "a branch that goes elsewhere", "a path cut off as safe", "a state of another frame",
};

/* The nth insn line of the first path; NULL: there is none. */
static char *insn_line(struct subject *s, uint32_t step)
{
	char head[32], *p;

	snprintf(head, sizeof(head), "\n%u: (", s->path.slot[step]);
	p = strstr(s->log.text, "\n0: R1=");
	p = p ? strstr(p, head) : NULL;
	return p ? p + 1 : NULL;
}

static char *splice(const char *log, const char *at, size_t cut, const char *put)
{
	size_t head = (size_t)(at - log), n = strlen(put), tail = strlen(at + cut);
	char *out = malloc(head + n + tail + 1);

	assert_non_null(out);
	memcpy(out, log, head);
	memcpy(out + head, put, n);
	memcpy(out + head + n, at + cut, tail + 1);
	return out;
}

static char *doctor_line(struct subject *s, uint32_t kind, uint32_t step)
{
	char *line = insn_line(s, step), text[40], *frame;
	size_t n;

	if (!line)
		return NULL;
	n = strcspn(line, ":");
	switch (kind) {
	case DROP:
		return splice(s->log.text, line, strcspn(line, "\n") + 1, "");
	case RENUMBER:
		snprintf(text, sizeof(text), "%u", s->path.slot[step] + 1);
		return splice(s->log.text, line, n, text);
	case SAFE:
		snprintf(text, sizeof(text), "%u: safe\n", s->path.slot[step]);
		return splice(s->log.text, line, 0, text);
	default:
		frame = strstr(line, "; frame1: ");
		if (!frame || frame > line + strcspn(line, "\n"))
			return NULL;
		return splice(s->log.text, frame, 10, "; ");
	}
}

static void doctor_lines(struct subject *s, struct rng *r, struct tally *tally)
{
	for (uint32_t kind = 0; kind < LINES; kind++) {
		uint32_t step;
		char *log;

		if (tally[kind].done >= QUOTA || !s->path.whole || s->path.nstep < 3)
			continue;
		step = (uint32_t)rng_below(r, s->path.nstep - 1);
		if (s->path.slot[step] == UINT32_MAX)
			continue;
		log = doctor_line(s, kind, step);
		if (!log)
			continue;
		tally[kind].done++;
		if (!holds(s, log))
			tally[kind].caught++;
		else
			print_message("# missed: %s at step %u\n", line_doctors[kind], step);
		free(log);
	}
}

static uint32_t report(const char *name, const struct tally *t)
{
	print_message("# %-36s %2u of %2u caught\n", name, t->caught, t->done);
	return t->done && t->caught == t->done;
}

static void doctored_logs_are_caught(void **state)
{
	static struct tally tokens[DOCTORS], lines[LINES];
	static struct subject s;
	struct pipeline *p;
	uint32_t kinds = 0;
	struct rng r;
	(void)state;

	need_bpf();
	p = pipeline(false);
	rng_seed(&r, 1);
	for (uint64_t i = 0; i < 3000; i++) {
		bool all = true;

		for (uint32_t d = 0; d < DOCTORS; d++)
			all &= tokens[d].done >= QUOTA;
		for (uint32_t d = 0; d < LINES; d++)
			all &= lines[d].done >= QUOTA;
		if (all)
			break;
		if (!subject_make(p, 50000 + i, &s) || !holds(&s, s.log.text))
			continue;
		scout(&s);
		doctor_tokens(&s, &r, tokens);
		doctor_lines(&s, &r, lines);
	}
	for (uint32_t d = 0; d < DOCTORS; d++)
		kinds += report(doctors[d].name, &tokens[d]);
	for (uint32_t d = 0; d < LINES; d++)
		kinds += report(line_doctors[d], &lines[d]);
	assert_int_equal(kinds, DOCTORS + LINES);
	linux_log_free(&s.log);
	arena_free(&s.arena);
	pipeline_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(ranges),
		cmocka_unit_test(pointers),
		cmocka_unit_test(nonsense_is_not_understood),
		cmocka_unit_test(stack_slots),
		cmocka_unit_test(events_of_a_log),
		cmocka_unit_test(correct_logs_are_believed),
		cmocka_unit_test(doctored_logs_are_caught),
	};

	return cmocka_run_group_tests_name("linux_log", tests, NULL, NULL);
}
