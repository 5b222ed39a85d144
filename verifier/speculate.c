/* SPDX-License-Identifier: Apache-2.0 */
/*
 * speculate: paths that a cpu only runs ahead on.
 *
 * Without CAP_PERFMON what a mispredicted branch executes must not leak, either,
 * so Linux walks it as well: the edge of a decided jump that is not taken (of
 * its operands nothing is known then), and what follows an addition to a pointer
 * whose offset was masked away.  What goes wrong there is no reason to refuse
 * the program: a barrier in front of the insn ends the speculation, and with it
 * the path.  Budgets and loops without an end are.
 *
 * A barrier holds for all visits that come later; so the verdict depends on the
 * order of the paths, which is that of Linux.
 */
#include "verifier/internal.h"

static struct vstate *run_ahead(struct exec *x, uint32_t to)
{
	struct vstate *s = state_copy(x->env, x->st);

	s->insn = to;
	s->speculative = true;
	x->out->mispredicted = s;
	/* The copy shares the frame that this step writes to. */
	x->f = frame_own(x->env, x->st, x->st->curframe);
	return s;
}

void speculate_jump(struct exec *x, bool taken)
{
	struct func_state *f;
	struct vstate *s;

	if (!x->env->guesses || x->env->opts.committed)
		return;
	s = run_ahead(x, taken ? x->pc + 1
			       : (uint32_t)insn_target(x->env->insn, x->env->id[x->pc], x->pc));
	f = frame_own(x->env, s, s->curframe);
	reg_unknown(&f->reg[x->in->dst]);
	if (x->row->kind == K_JMP_X)
		reg_unknown(&f->reg[x->in->src]);
}

void speculate_masked(struct exec *x, const struct reg_state *ptr)
{
	struct vstate *s;

	if (x->env->opts.committed)
		return;
	s = run_ahead(x, x->pc + 1);
	frame_own(x->env, s, s->curframe)->reg[x->in->dst] = *ptr;
}

bool speculation_barrier(const struct exec *x)
{
	return x->env->aux[x->pc] & AUX_BARRIER;
}

/* For Linux these are resources or its own limits, the others "not permitted". */
bool speculation_may_end(enum verr err)
{
	switch (err) {
	case V_UNSUPPORTED: case V_CALL_DEPTH: case V_TOO_MANY_BRANCHES: case V_TOO_COMPLEX:
	case V_TOO_MANY_REFS: case V_READ_FROZEN:
		return false;
	default:
		return true;
	}
}
