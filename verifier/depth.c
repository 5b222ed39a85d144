/* SPDX-License-Identifier: Apache-2.0 */
/*
 * depth: how much stack chains of calls take, at worst.
 *
 * Looks at the call graph as it is written, dead code included.  For each
 * number of frames, most[s] is the largest sum that callers of s can have used
 * before; eight rounds over the calls cover every chain that is allowed, so a
 * graph with many paths costs no more than one with few.
 */
#include "verifier/internal.h"

enum {
	TAIL_CALL_STACK = 256,	/* callers of a subprogram with tail calls */
	PRIVATE_MIN = 64,	/* smaller frames stay on the common stack */
	STACK_ALIGN = 16,
};

/* Programs that may be entered while one of them runs on this cpu get stacks of their own. */
static bool private_stacks(const struct venv *env)
{
	switch (env->prog->type) {
	case PROG_KPROBE: case PROG_TRACEPOINT: case PROG_PERF_EVENT: case PROG_RAW_TRACEPOINT:
		break;
	default:
		return false;
	}
	for (uint32_t i = 0; i < env->nsub; i++)
		if (env->sub[i].tail_call)
			return false;
	return true;
}

struct depth {
	const struct venv *env;
	struct step *out;
	uint32_t *size;		/* by subprog: bytes */
	bool *private;
	int32_t *most, *next;	/* by subprog: bytes of the callers, -1: not reached */
};

static enum verr sub_depth(struct depth *d, uint32_t s, uint32_t frames)
{
	int32_t before = d->most[s], all = before;

	if (s && d->env->sub[s].tail_call && before >= TAIL_CALL_STACK)
		return verr_fail(d->out, V_TAIL_CALL_STACK, -1, (uint32_t)before);
	if (!d->private[s])
		all += (int32_t)d->size[s];
	if (all > STACK_SIZE)
		return verr_fail(d->out, V_STACK_DEPTH, -1, frames, (uint32_t)all);
	if (!d->env->sub[s].calls)
		return V_OK;
	for (uint32_t i = d->env->sub[s].start; i < d->env->sub[s].end;
	     i += insn_slots(d->env->id[i])) {
		uint32_t callee;

		if (d->env->id[i] != I_CALL_LOCAL)
			continue;
		if (frames == MAX_FRAMES)
			return verr_fail(d->out, V_CALL_CHAIN, -1, frames);
		callee = env_subprog(d->env, (uint32_t)insn_target(d->env->insn, I_CALL_LOCAL, i));
		if (d->next[callee] < all)
			d->next[callee] = all;
	}
	return V_OK;
}

enum verr depth_check(const struct venv *env, const uint32_t *slots, struct step *out)
{
	struct depth d = { .env = env, .out = out };
	bool more = true, own = private_stacks(env);
	uint32_t n = env->nsub;

	d.size = arena_raw(env->arena, n * sizeof(*d.size));
	d.private = arena_raw(env->arena, n * sizeof(*d.private));
	d.most = arena_raw(env->arena, n * sizeof(*d.most));
	d.next = arena_raw(env->arena, n * sizeof(*d.next));
	for (uint32_t s = 0; s < n; s++) {
		d.size[s] = (slots[s] * 8 + STACK_ALIGN - 1) & ~(STACK_ALIGN - 1u);
		d.private[s] = own && d.size[s] >= PRIVATE_MIN;
		d.most[s] = s ? -1 : 0;
	}
	for (uint32_t frames = 1; more; frames++) {
		int32_t *t = d.most;

		more = false;
		memset(d.next, -1, n * sizeof(*d.next));
		for (uint32_t s = 0; s < n; s++)
			if (d.most[s] >= 0 && sub_depth(&d, s, frames))
				return out->err;
		for (uint32_t s = 0; s < n; s++)
			more |= d.next[s] >= 0;
		d.most = d.next;
		d.next = t;
	}
	return V_OK;
}
