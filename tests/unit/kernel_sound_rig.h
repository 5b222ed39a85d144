/* SPDX-License-Identifier: Apache-2.0 */
/* kernel_sound_rig.h: programs, their runs, and logs of both verifiers, for test_kernel_sound.c. */
#ifndef TESTS_UNIT_KERNEL_SOUND_RIG_H
#define TESTS_UNIT_KERNEL_SOUND_RIG_H

#include <string.h>

#include "fuzz/internal.h"
#include "fuzz/linux_ask.h"
#include "tests/unit/rig.h"

/*
 * Logs come from the kernel and from our own verifier's Linux walk, which writes the
 * same (so the tests below run where there is no bpf(), too).
 */
enum source { KERNEL, OURS };

/* One program's run with a log, as the oracle has them. */
struct subject {
	struct arena arena;
	enum linux_about about;
	struct testcase tc;
	struct layout layout;
	struct trace *trace;
	struct program prog;
	struct linux_route route;
	struct linux_log log;
	struct linux_world world;
	struct klog_tree tree;
	uint64_t exit_reg[REGS];
};

static inline struct pipeline *pipeline_as(enum priv priv)
{
	const struct pipe_opts o = {
		.engine = { engine_by_name("interp") }, .nengine = 1, .priv = priv,
		.walk = WALK_EXACT, .sound = true, .max_insns = 2000,
	};
	char why[96];
	struct pipeline *p = pipeline_new(&o, why);

	if (!p)
		fail_msg("%s", why);
	return p;
}

static inline struct pipeline *pipeline(void)
{
	return pipeline_as(PRIV_CAP_BPF);
}

static inline void generate(uint64_t seed, uint32_t types, struct arena *a, struct testcase *tc)
{
	const struct gen_opts g = {
		.priv = PRIV_CAP_BPF, .insns = 30, .portable = true, .types = types,
	};
	struct choice c;

	choice_seed(&c, mix64(seed));
	gen_case(&c, &g, a, tc);
}

/* Runs the case; false: there is nothing to ask about. */
static inline bool subject_run(struct pipeline *p, struct subject *s)
{
	const struct trial *t;
	struct outcome out;
	struct finding f;

	if (run_one(p, &s->tc, &f))
		fail_msg("%s: %s", f.signature, f.what);
	t = pipeline_trial(p);
	if (!t->accepted || t->out[0].kind != OUT_RETURN || !trial_rerun(p, t, 0, 0, t->input, &out) ||
	    !out.trace)
		return false;
	s->trace = trace_copy(&s->arena, out.trace);
	memcpy(s->exit_reg, out.reg, sizeof(s->exit_reg));
	s->layout = *t->layout;
	return true;
}

static inline bool ask_ourselves(struct subject *s)
{
	const struct vopts o = { .priv = PRIV_ROOT, .walk = WALK_LINUX, .log = 2 };
	struct verdict v;
	struct unit u;

	linux_ask_unit(&s->world, &s->prog, &s->arena, &u);
	verify(&u, 0, &o, &s->arena, &v);
	linux_log_free(&s->log);
	s->log.text = strdup(v.log);
	s->log.cap = v.nlog + 1;
	return v.nlog && (v.accepted || s->about == LINUX_PATH);
}

/* tail: 0, or the step to which a tail call led. */
static inline bool subject_ask_from(struct subject *s, enum linux_about about, uint32_t tail,
			     enum source source)
{
	s->about = about;
	linux_world_init(&s->world, &s->tc.unit, &s->layout, s->trace);
	if (tail ? !linux_ask_about_tail(&s->world, tail, &s->arena, &s->prog, &s->route) :
		   !linux_ask_about(about, &s->world, &s->arena, &s->prog, &s->route))
		return false;
	return source == OURS ? ask_ourselves(s) :
	       linux_ask(&s->world, &s->prog, about == LINUX_WHOLE, &s->arena, &s->log);
}

static inline bool subject_ask(struct subject *s, enum linux_about about, enum source source)
{
	return subject_ask_from(s, about, 0, source);
}

static inline bool holds(struct subject *s, const char *log, struct linux_checked *c)
{
	bool ok;

	linux_world_init(&s->world, &s->tc.unit, &s->layout, s->trace);
	ok = linux_check_run(&s->world, &s->route, log, &s->arena, c);
	if (c->odd)
		fail_msg("not understood: %s", c->what.what);
	return ok;
}

#endif
