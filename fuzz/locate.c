/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the first diverging insn of a disagreement: both engines run again,
 * step by step; if the difference vanishes there, fuel is bisected, which
 * finds the basic block.
 */
#include "fuzz/internal.h"

#include <inttypes.h>
#include <string.h>

struct trace *trace_copy(struct arena *a, const struct trace *t)
{
	struct trace *c = arena_dup(a, t, sizeof(*t));

	c->step = arena_dup(a, t->step, t->nstep * sizeof(*t->step));
	c->write = arena_dup(a, t->write, t->nwrite * sizeof(*t->write));
	c->bytes = arena_dup(a, t->bytes, t->nbytes);
	return c;
}

static struct pc step_pc(const struct trace_step *s)
{
	return (struct pc){ .prog = s->prog, .insn = s->insn };
}

/* What two steps at the same place in time disagree on; false if nothing. */
static bool steps_differ(const struct trace_step *a, const struct trace_step *b, const char *ea,
			 const char *eb, struct finding *f)
{
	if (a->insn != b->insn || a->prog != b->prog || a->frame != b->frame) {
		snprintf(f->place, sizeof(f->place), "next");
		snprintf(f->what, sizeof(f->what), "%s goes on at insn %u, %s at insn %u", ea, a->insn,
			 eb, b->insn);
		return true;
	}
	for (uint32_t r = 0; r < REGS; r++) {
		if (a->reg[r] == b->reg[r])
			continue;
		snprintf(f->place, sizeof(f->place), "r%u", r);
		snprintf(f->what, sizeof(f->what), "r%u becomes 0x%" PRIx64 " in %s, 0x%" PRIx64 " in %s",
			 r, a->reg[r], ea, b->reg[r], eb);
		return true;
	}
	return false;
}

/* Walks both traces; the insn before the first differing step is the culprit. */
static bool locate_steps(const struct trace *a, const struct trace *b, const char *ea,
			 const char *eb, struct finding *f)
{
	uint32_t n = a->nstep < b->nstep ? a->nstep : b->nstep;

	for (uint32_t i = 0; i < n; i++) {
		if (!steps_differ(&a->step[i], &b->step[i], ea, eb, f))
			continue;
		f->pc = step_pc(&a->step[i ? i - 1 : 0]);
		return true;
	}
	if (a->nstep != b->nstep && n && !a->overflow && !b->overflow) {
		f->pc = step_pc(&a->step[n - 1]);
		snprintf(f->place, sizeof(f->place), "next");
		snprintf(f->what, sizeof(f->what), "%s goes on after insn %u, %s does not",
			 a->nstep > n ? ea : eb, f->pc.insn, a->nstep > n ? eb : ea);
		return true;
	}
	return false;
}

static bool outcomes_equal(const struct outcome *a, const struct outcome *b)
{
	if (a->kind != b->kind || a->helpers != b->helpers)
		return false;
	for (uint32_t i = 0; i < REGS; i++)
		if (a->reg_valid & b->reg_valid & 1u << i && a->reg[i] != b->reg[i])
			return false;
	for (uint32_t i = 0; i < REGION_N; i++)
		if (a->digest_valid & b->digest_valid & 1u << i && a->digest[i] != b->digest[i])
			return false;
	return true;
}

/* Are the engines still alike after fuel insns? */
static bool equal_after(struct pipeline *p, const struct trial *t, uint32_t e, uint64_t fuel,
			struct outcome *a, struct outcome *b)
{
	struct input in = *t->input;

	in.fuel = fuel;
	return trial_rerun(p, t, 0, 0, &in, a) && trial_rerun(p, t, e, 0, &in, b) &&
	       outcomes_equal(a, b);
}

/* The steps that a block of the reference's trace holds: from the last stop to the next. */
static void locate_fuel(struct pipeline *p, const struct trial *t, uint32_t e,
			const struct trace *tr, struct finding *f)
{
	uint64_t lo = 0, hi = tr->nstep;
	struct outcome a, b;

	if (!equal_after(p, t, e, 0, &a, &b))
		return;
	while (hi - lo > 1) {		/* equal after lo, different after hi */
		uint64_t mid = lo + (hi - lo) / 2;

		if (equal_after(p, t, e, mid, &a, &b))
			lo = mid;
		else
			hi = mid;
	}
	if (lo >= tr->nstep)
		return;
	/* Of the block, an insn that can make this difference: a store or call, else its first. */
	for (uint64_t i = lo; i < hi + 1 && i < tr->nstep; i++) {
		const struct trace_step *s = &tr->step[i];

		if (s->nwrite || f->pc.insn == UINT32_MAX)
			f->pc = step_pc(s);
		if (s->nwrite)
			return;
	}
}

void locate(struct pipeline *p, const struct testcase *tc, struct finding *f)
{
	const struct trial *t = pipeline_trial(p);
	struct outcome a, b;
	uint32_t e;

	(void)tc;
	if (strcmp(f->oracle, "agree"))
		return;
	for (e = 1; e < t->nengine && strcmp(t->engine[e]->name, f->engines[1]); e++)
		;
	if (e == t->nengine || !(t->engine[e]->caps() & CAP_TRACE))
		return;
	if (!trial_rerun(p, t, 0, 0, t->input, &a) || !trial_rerun(p, t, e, MODE_STEP, t->input, &b))
		return;
	if (!a.trace || !b.trace)
		return;
	if (locate_steps(a.trace, b.trace, f->engines[0], f->engines[1], f))
		return;
	if (f->pc.insn == UINT32_MAX)
		locate_fuel(p, t, e, a.trace, f);
}
