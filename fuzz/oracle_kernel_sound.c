/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel-sound: what the kernel's verifier believes along the path that was
 * run holds.  The path becomes a program of its own (linux_path.h), whose log
 * is one straight line: every concrete register and stack slot of every step must
 * lie in what the log prints for it.
 *
 * A log takes many times as long as a load, so it is asked for in a sample.
 */
#include "fuzz/internal.h"
#include "fuzz/linux_check.h"

#include "engines/linux_sys.h"

#include <string.h>

enum { LOG_MAX = 1 << 20 };

static bool has_root_kernel(const struct trial *t)
{
	for (uint32_t i = 0; i < t->nengine; i++)
		if (t->engine[i]->caps() & CAP_VERDICT)
			return true;
	return false;
}

/* Is this a case to look at?  Our engines ran it, with a trace, and the kernel has the type. */
static bool wanted(const struct trial *t)
{
	return t->kernel && t->accepted && !t->leaks && t->out[0].trace && t->out[0].trace->nstep &&
	       t->tc->unit.prog[0].type != PROG_PLAIN && has_root_kernel(t);
}

static bool load_path(struct trial *t, const struct linux_path *path, struct linux_log *log)
{
	struct linux_unit_opts o = {
		.log_level = LINUX_LOG_ALL | LINUX_LOG_FIXED, .log_max = LOG_MAX,
	};
	struct unit u = t->tc->unit;
	struct program *prog = arena_dup(t->arena, u.prog, u.nprog * sizeof(*prog));
	bool made;

	/* Whether it is accepted does not matter: the path in question comes first in the log. */
	prog[0] = path->prog;
	u.prog = prog;
	linux_load_unit(&u, NULL, 0, PRIV_ROOT, &o, log, &made);
	return made && log->text && log->text[0];
}

enum ruling oracle_kernel_sound(struct trial *t, struct finding *f)
{
	struct linux_path *path = arena_raw(t->arena, sizeof(*path));
	struct linux_checked c;
	struct linux_log log = { 0 };
	struct linux_world *w;
	enum ruling r = HOLDS;

	if (!wanted(t) || !linux_path_make(&t->tc->unit, t->out[0].trace, t->arena, path))
		return NO_OPINION;
	if (!load_path(t, path, &log)) {
		linux_log_free(&log);
		return NO_OPINION;
	}
	w = arena_raw(t->arena, sizeof(*w));
	linux_world_init(w, &t->tc->unit, t->layout, t->out[0].trace);
	if (!linux_check_path(w, path, log.text, &c)) {
		const struct trace_step *s = &t->out[0].trace->step[c.what.step];

		f->engines[0] = "linux";
		f->engines[1] = t->engine[0]->name;
		f->pc = (struct pc){ .prog = s->prog, .insn = s->insn };
		snprintf(f->place, sizeof(f->place), "%s", c.what.place);
		snprintf(f->what, sizeof(f->what), "before insn %u (step %u): %s", s->insn, c.what.step,
			 c.what.what);
		r = FAILS;
	} else if (c.odd || !c.steps) {
		t->kernel_odd += c.odd && !log.truncated;
		r = NO_OPINION;
	}
	t->kernel_steps += c.steps;
	t->kernel_values += c.regs + c.slots;
	linux_log_free(&log);
	return r;
}
