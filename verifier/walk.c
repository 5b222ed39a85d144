/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/walk.h"

void walk_init(struct walker *w, struct venv *env, struct step *step, struct verdict *out)
{
	struct arena *a = env->arena;

	w->env = env;
	w->step = step;
	w->out = out;
	w->mem_type = arena_alloc(a, env->len);
	w->depth = arena_alloc(a, env->nsub * sizeof(*w->depth));
	w->budget = env->opts.max_insns ? env->opts.max_insns : BUDGET;
	w->max_records = env->opts.max_records ? env->opts.max_records : MAX_RECORDS;
	if (!env->opts.record)
		return;
	out->rec.at = arena_alloc(a, env->len * sizeof(*out->rec.at));
	out->rec.count = arena_alloc(a, env->len * sizeof(*out->rec.count));
}

bool walk_may_record(struct walker *w, uint32_t pc)
{
	if (w->out->rec.count[pc]++ < w->max_records)
		return true;
	w->out->rec.overflow = true;
	return false;
}

/* ---- accesses that are rewritten ---------------------------------------------- */

static bool type_is_rewritten(uint8_t type)
{
	switch (type) {
	case T_CTX: case T_SOCKET: case T_SOCK_COMMON: case T_TCP_SOCK: case T_XDP_SOCK:
	case T_BTF_ID: case T_ARENA:
		return true;
	default:
		return false;
	}
}

enum verr walk_one_type(struct walker *w, uint32_t pc)
{
	uint8_t type = w->step->mem_type, *was = &w->mem_type[pc];

	if (!type || *was == type)
		return V_OK;
	if (*was && (type_is_rewritten(type) || type_is_rewritten(*was)))
		return verr_fail(w->step, V_MIXED_POINTERS, -1);
	*was = type;
	return V_OK;
}

/* ---- what is known at the end -------------------------------------------------- */

void walk_track_stack(struct walker *w, const struct vstate *s)
{
	for (uint32_t i = 0; i <= s->curframe; i++)
		if (w->depth[s->frame[i]->subprog] < s->frame[i]->nslot)
			w->depth[s->frame[i]->subprog] = s->frame[i]->nslot;
}

static void scalar_join(struct scalar *a, const struct scalar *b)
{
	a->var = tnum_join(a->var, b->var);
	a->umin = a->umin < b->umin ? a->umin : b->umin;
	a->umax = a->umax > b->umax ? a->umax : b->umax;
	a->smin = a->smin < b->smin ? a->smin : b->smin;
	a->smax = a->smax > b->smax ? a->smax : b->smax;
	a->u32min = a->u32min < b->u32min ? a->u32min : b->u32min;
	a->u32max = a->u32max > b->u32max ? a->u32max : b->u32max;
	a->s32min = a->s32min < b->s32min ? a->s32min : b->s32min;
	a->s32max = a->s32max > b->s32max ? a->s32max : b->s32max;
}

void walk_join_return(struct walker *w, const struct vstate *s)
{
	const struct reg_state *r = state_reg(s, 0);
	struct verdict *out = w->out;

	if (r->type != T_SCALAR)
		out->ret = scalar_unknown();
	else if (!out->ret_known)
		out->ret = r->s;
	else
		scalar_join(&out->ret, &r->s);
	out->ret_known = true;
}

enum verr walk_finish(struct walker *w)
{
	for (uint32_t i = 0; i < MAX_FRAMES && i < w->env->nsub; i++)
		w->out->stack[i] = w->depth[i] * 8;
	return depth_check(w->env, w->depth, w->step);
}
