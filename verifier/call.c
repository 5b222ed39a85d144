/* SPDX-License-Identifier: Apache-2.0 */
/* call: local calls, exits, and what a call does to the registers. */
#include "verifier/internal.h"

#include <stdio.h>

/* r1 to r5 are the callee's; the caller finds nothing in them afterwards. */
void call_clobber(struct func_state *f)
{
	for (uint32_t i = 0; i <= 5; i++)
		memset(&f->reg[i], 0, sizeof(f->reg[i]));
}

/* ---- local calls --------------------------------------------------------- */

enum verr exec_call_local(struct exec *x)
{
	uint32_t to = (uint32_t)insn_target(x->env->insn, I_CALL_LOCAL, x->pc), sub;
	struct func_state *caller = x->f, *callee;

	if (x->st->curframe + 1 >= MAX_FRAMES)
		return verr_fail(x->out, V_CALL_DEPTH, -1, x->st->curframe + 2);
	sub = env_subprog(x->env, to);
	callee = frame_push(x->env, x->st, sub, x->pc);
	memcpy(&callee->reg[1], &caller->reg[1], 5 * sizeof(caller->reg[1]));
	call_clobber(caller);
	x->st->insn = to;
	x->out->flow = FLOW_CALL;
	x->out->touched = 0x3f;
	return V_OK;
}

enum verr exec_return(struct exec *x)
{
	struct reg_state r0 = x->f->reg[0];
	uint32_t callsite = x->f->callsite;

	/* The stack that it points into may be gone. */
	if (r0.type == T_STACK)
		return verr_fail(x->out, V_RETURN_STACK, 0);
	frame_pop(x->env, x->st);
	x->f = frame_own(x->env, x->st, x->st->curframe);
	x->f->reg[0] = r0;
	x->st->insn = callsite + 1;
	x->out->flow = FLOW_RETURN;
	x->out->touched = 1;
	return V_OK;
}

/*
 * The frame goes on behind the insn, or ends there, with r0 for its caller.  The
 * path that ends comes first, as in Linux.
 */
enum verr exec_may_return(struct exec *x, struct scalar r0)
{
	struct vstate *inside;

	if (!x->st->curframe)
		return V_OK;
	inside = state_copy(x->env, x->st);
	x->f = frame_own(x->env, x->st, x->st->curframe);
	reg_scalar(&x->f->reg[0], r0);
	if (exec_return(x)) {
		state_free(x->env, inside);
		return x->out->err;
	}
	x->out->flow = FLOW_BRANCH;
	x->out->other = inside;
	return V_OK;
}

/* ---- exit of the program ------------------------------------------------- */

/* "smin=2 smax=3", or that nothing is known. */
static void range_text(const struct scalar *s, char *buf, size_t n)
{
	size_t at = 0;

	if (s->smin > INT64_MIN)
		at = (size_t)snprintf(buf, n, "smin=%lld", (long long)s->smin);
	if (s->smax < INT64_MAX)
		at += (size_t)snprintf(buf + at, n - at, "%ssmax=%lld", at ? " " : "",
				       (long long)s->smax);
	if (!at)
		snprintf(buf, n, "unknown scalar value");
}

static enum verr return_range(struct exec *x, int32_t lo, int32_t hi)
{
	const struct reg_state *r = &x->f->reg[0];
	char text[80], name[64];

	if (r->type != T_SCALAR)
		return verr_fail(x->out, V_RETURN_POINTER, 0, reg_type_name(r, name));
	need_precise(x, 0);
	if (lo <= r->s.s32min && r->s.s32max <= hi &&
	    lo <= r->s.smin && r->s.smax <= hi)
		return V_OK;
	range_text(&r->s, text, sizeof(text));
	return verr_fail(x->out, V_RETURN_RANGE, 0, text, lo, hi);
}

enum verr exec_exit(struct exec *x)
{
	const struct program *p = x->env->prog;
	int32_t lo, hi;

	if (x->st->curframe)
		return exec_return(x);
	if (x->st->lock_map)
		return verr_fail(x->out, V_LOCK_HELD, -1, "BPF_EXIT instruction in main prog");
	if (x->st->nref) {
		verr_more(x->out, "BPF_EXIT instruction in main prog would lead to reference leak");
		return verr_fail(x->out, V_REF_LEAK, -1, x->st->ref[0].id, x->st->ref[0].insn);
	}
	if (reg_read(x, 0))
		return x->out->err;
	if (reg_leaks(x->env, &x->f->reg[0]))
		return verr_fail(x->out, V_LEAK_RETURN, 0, 0);
	x->out->flow = FLOW_EXIT;
	if (prog_ret_range(p->type, p->attach_type, &lo, &hi))
		return return_range(x, lo, hi);
	return V_OK;
}
