/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel-sound: what the kernel's verifier believes of the run holds: every
 * concrete register and stack slot of every step lies in what its log prints there.
 *
 * Two logs are asked for.  One is of the path that was run, made a program of its own:
 * nothing is pruned in it, so every value is compared.  The other is of the program
 * itself: there pruning and marks of precision are at work, what was never reached
 * must not run, and what the kernel had in its registers at the exit must be what its
 * verifier believed.
 *
 * A log takes many times as long as a load, so it is asked for in a sample.
 */
#include "fuzz/internal.h"
#include "fuzz/linux_ask.h"

#include <stdlib.h>
#include <string.h>

/* The outcome of the kernel that has all rights; NULL: it is not among the engines. */
static const struct outcome *root_kernel(const struct trial *t)
{
	for (uint32_t i = 0; i < t->nengine; i++)
		if (t->engine[i]->caps() & CAP_VERDICT && t->engine[i]->priv == PRIV_ROOT)
			return &t->out[i];
	return NULL;
}

/* Any kernel will do: what is asked is asked with all rights. */
static bool has_kernel(const struct trial *t)
{
	for (uint32_t i = 0; i < t->nengine; i++)
		if (t->engine[i]->caps() & CAP_VERDICT)
			return true;
	return false;
}

/* Is this a case to look at?  Our engines ran it, with a trace. */
static bool wanted(const struct trial *t)
{
	return t->kernel && t->accepted && !t->leaks && t->out[0].trace && t->out[0].trace->nstep &&
	       has_kernel(t);
}

/* The kernel knows how many cpus there are; the numbers that our engines give are made up. */
static bool tells_cpu(const struct trial *t)
{
	const struct trace *tr = t->out[0].trace;

	for (uint32_t i = 0; i < tr->nstep; i++) {
		const struct program *p = &t->tc->unit.prog[tr->step[i].prog];

		if (p->id[tr->step[i].insn] == I_CALL_HELPER &&
		    p->insn[tr->step[i].insn].imm == HELPER_get_smp_processor_id)
			return true;
	}
	return false;
}

static void fill(const struct trial *t, enum linux_about about, const struct linux_checked *c,
		 struct finding *f)
{
	const struct trace_step *s = &t->out[0].trace->step[c->what.step];

	f->engines[0] = "linux";
	f->engines[1] = t->engine[0]->name;
	f->pc = (struct pc){ .prog = s->prog, .insn = s->insn };
	snprintf(f->place, sizeof(f->place), "%s%s", about == LINUX_PATH ? "path " : "",
		 c->what.place);
	snprintf(f->what, sizeof(f->what), "%s, before insn %u (step %u): %s",
		 about == LINUX_PATH ? "the path alone" : "the program's log", s->insn, c->what.step,
		 c->what.what);
}

/* PARALLAX_LINUX_ASIS=1: known bugs of Linux are findings, too. */
static bool asis(void)
{
	const char *s = getenv("PARALLAX_LINUX_ASIS");

	return s && *s == '1';
}

/* first: 0, or the step to which a tail call led; *tail: the next such step, or 0. */
static enum ruling ask(struct trial *t, enum linux_about about, uint32_t first, uint32_t *tail,
		       struct finding *f)
{
	const struct outcome *k = root_kernel(t);
	struct linux_world *w = arena_raw(t->arena, sizeof(*w));
	struct linux_log log = { 0 };
	struct linux_checked c = { .steps = 0 };
	struct linux_route r;
	struct program prog;
	enum ruling ruling = NO_OPINION;

	linux_world_init(w, &t->tc->unit, t->layout, t->out[0].trace);
	*tail = 0;
	if (first ? !linux_ask_about_tail(w, first, t->arena, &prog, &r) :
		    !linux_ask_about(about, w, t->arena, &prog, &r))
		return NO_OPINION;
	r.asis = asis();
	if (about == LINUX_WHOLE && k && k->kind == OUT_RETURN) {
		r.exit_reg = k->reg;
		r.exit_valid = k->reg_valid;
		r.exit_half = k->reg_half;
	}
	if (!linux_ask(w, &prog, about == LINUX_WHOLE, t->arena, &log)) {
		linux_log_free(&log);
		return NO_OPINION;
	}
	if (!linux_check_run(w, &r, log.text, t->arena, &c)) {
		fill(t, about, &c, f);
		ruling = FAILS;
	} else if (c.steps) {
		ruling = HOLDS;
	}
	*tail = c.tail;
	t->kernel_odd += c.odd && !log.truncated;
	t->kernel_steps += c.steps;
	t->kernel_values += c.regs + c.slots;
	t->kernel_logs[about] += c.steps > 0;
	t->kernel_covered += c.covered;
	t->kernel_tainted += c.tainted;
	t->kernel_lost += c.lost;
	t->kernel_bugs += c.bugs > 0;
	t->kernel_known += c.known;
	linux_log_free(&log);
	return ruling;
}

enum ruling oracle_kernel_sound(struct trial *t, struct finding *f)
{
	enum ruling all, whole;
	uint32_t tail = 0;

	if (!wanted(t))
		return NO_OPINION;
	all = ask(t, LINUX_PATH, 0, &tail, f);	/* ends before the first of these */
	if (tells_cpu(t))
		return all;
	tail = 0;
	do {
		if (all == FAILS)
			return FAILS;
		whole = ask(t, LINUX_WHOLE, tail, &tail, f);
		all = whole == NO_OPINION ? all : whole;
	} while (tail);
	return all;
}
