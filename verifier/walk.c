/* SPDX-License-Identifier: Apache-2.0 */
/* walk: what walks have in common. */
#include "verifier/walk.h"

void walk_init(struct walker *w, struct venv *env, struct step *step, struct verdict *out)
{
	struct arena *a = env->arena;

	w->env = env;
	w->step = step;
	w->out = out;
	w->mem_type = arena_alloc(a, env->len);
	if (env->guesses)
		w->mask = arena_alloc(a, env->len * sizeof(*w->mask));
	w->depth = arena_alloc(a, env->nsub * sizeof(*w->depth));
	w->budget = env->opts.max_insns ? env->opts.max_insns : BUDGET;
	w->max_records = env->opts.max_records ? env->opts.max_records : MAX_RECORDS;
	if (!env->opts.record)
		return;
	out->rec.at = arena_alloc(a, env->len * sizeof(*out->rec.at));
	out->rec.count = arena_alloc(a, env->len * sizeof(*out->rec.count));
}

struct vstate *walk_begin(struct walker *w)
{
	struct vstate *s = venv_entry(w->env, 0);

	if (w->env->log) {
		vlog_head(w->env->log, w->env);
		vlog_state(w->env->log, w->env, s);
	}
	return s;
}

bool walk_may_record(struct walker *w, uint32_t pc)
{
	if (w->out->rec.count[pc]++ < w->max_records)
		return true;
	w->out->rec.overflow = true;
	return false;
}

/* ---- what all visits agree on -------------------------------------------- */

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

/* Accesses that are rewritten by the type of the pointer allow one type only. */
static enum verr one_type(struct walker *w, uint32_t pc)
{
	uint8_t type = w->step->mem_type, *was = &w->mem_type[pc];

	if (*was && (type_is_rewritten(type) || type_is_rewritten(*was)))
		return verr_fail(w->step, V_MIXED_POINTERS, -1);
	*was = type;
	return V_OK;
}

/* Additions that are masked at run time need one mask. */
static enum verr one_mask(struct walker *w, uint32_t pc)
{
	uint64_t mask = w->step->mask;
	uint32_t dst = w->env->insn[pc].dst;

	if (!mask || w->mask[pc] == mask)
		return V_OK;
	if (w->mask[pc] && insn_row(w->env->id[pc])->kind == K_CALL)
		return verr_fail(w->step, V_TAIL_CALL_MAPS, 2);
	if (w->mask[pc])
		return verr_fail(w->step, V_MASK_PATHS, (int)dst, dst);
	w->mask[pc] = mask;
	return V_OK;
}

/* ---- what is known at the end -------------------------------------------- */

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

static void join_return(struct walker *w, const struct vstate *s)
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

/* ---- the step ------------------------------------------------------------ */

static enum verr plain_step(struct walker *w, struct vstate *s)
{
	uint32_t pc = s->insn, frame = s->curframe;
	enum verr err = verifier_step(w->env, s, w->step);

	/* There is nothing to tell of most insns. */
	if ((!err || s->speculative) && w->stepped &&
	    (w->step->precise || w->step->slots_precise || w->step->stack_read))
		w->stepped(w, pc, frame);
	return err;
}

/* Linux shows what an insn did with the next one, but for jumps and calls. */
static void log_last(struct walker *w, const struct vstate *s)
{
	if (w->unshown)
		vlog_step(w->env->log, w->env, s, w->from, &w->last);
	w->unshown = false;
}

static bool shown_at_once(uint8_t kind)
{
	return kind == K_JMP_K || kind == K_JMP_X || kind == K_CALL_LOCAL;
}

/* The state where it is new, what the insn before did, and the insn. */
static void log_insn(struct walker *w, const struct vstate *s)
{
	if (w->fresh)
		vlog_from(w->env->log, w->env, s, w->from, w->popped);
	else
		log_last(w, s);
	w->fresh = w->popped = false;
	vlog_insn(w->env->log, w->env, s);
}

static enum verr logged_step(struct walker *w, struct vstate *s)
{
	struct venv *env = w->env;
	struct vlog *l = env->log;
	struct vstate *before = NULL;
	uint32_t pc = s->insn;
	enum verr err;

	if (vlog_is_path(l)) {
		/* At a may_goto the walk may have widened the state. */
		bool keep = w->popped || env->id[pc] == I_MAY_GOTO;

		vlog_path_add(l, env, pc, keep ? state_copy(env, s) : NULL);
		w->fresh = w->popped = false;
		return plain_step(w, s);
	}
	log_insn(w, s);
	if (env->id[pc] == I_EXIT && s->curframe)
		before = state_copy(env, s);
	err = plain_step(w, s);
	w->from = pc;
	w->last = *w->step;
	w->unshown = !err;
	if (!err && shown_at_once(insn_row(env->id[pc])->kind))
		log_last(w, s);
	if (!err && before) {
		vlog_return(l, env, before, s);
		w->fresh = true;
	}
	if (before)
		state_free(env, before);
	return err;
}

/* ---- speculative paths ---------------------------------------------------- */

/* The path came to a barrier. */
static enum verr stop_before(struct walker *w, const struct vstate *s)
{
	if (w->env->log && !vlog_is_path(w->env->log))
		log_insn(w, s);
	w->step->flow = FLOW_NEXT;
	w->step->mispredicted = w->step->other = NULL;
	w->ended = true;
	return V_OK;
}

/* What went wrong will not run: a barrier goes in front of it. */
static enum verr put_barrier(struct walker *w, uint32_t pc)
{
	w->env->aux[pc] |= AUX_BARRIER;
	w->mask[pc] = 0;
	if (w->env->log && !vlog_is_path(w->env->log))
		vlog_error(w->env->log, w->step);
	w->unshown = false;
	w->ended = true;
	return V_OK;
}

enum verr walk_step(struct walker *w, struct vstate *s)
{
	struct venv *env = w->env;
	uint32_t pc = s->insn;
	enum verr err;

	w->ended = false;
	if (!s->speculative)
		env->aux[pc] |= AUX_SEEN;
	else if (env->aux[pc] & AUX_BARRIER)
		return stop_before(w, s);
	if (env->id[pc] == I_EXIT)
		walk_track_stack(w, s);
	err = env->log ? logged_step(w, s) : plain_step(w, s);
	if (!err && w->step->mem_type && w->step->mem_type != w->mem_type[pc])
		err = one_type(w, pc);
	if (!err && w->mask)
		err = one_mask(w, pc);
	if (err && s->speculative && speculation_may_end(err))
		return put_barrier(w, pc);
	if (err)
		return err;
	if (insn_row(env->id[pc])->kind == K_ALU_X &&
	    (w->step->mask & (MASK_USED | MASK_CONST)) == MASK_USED)
		env->limits = true;
	if (w->step->barrier)
		env->aux[pc] |= AUX_BARRIER_AFTER;
	w->ended = s->speculative && env->aux[pc] & AUX_BARRIER_AFTER;
	if (w->step->ctx_ptr)
		env->aux[pc] |= AUX_CTX_PTR;
	if (w->step->flow == FLOW_EXIT && !s->speculative)
		join_return(w, s);
	w->from = pc;
	return V_OK;
}

void walk_log_safe(struct walker *w, const struct vstate *s)
{
	struct vlog *l = w->env->log;

	w->unshown = false;
	if (l)
		vlog_safe(l, w->env, s, w->fresh ? w->from : UINT32_MAX);
}

void walk_resume(struct walker *w, uint32_t from, size_t log)
{
	w->from = from;
	w->fresh = w->popped = true;
	w->unshown = false;
	vlog_forget(w->env->log, log);
}

enum verr walk_finish(struct walker *w)
{
	for (uint32_t i = 0; i < MAX_FRAMES && i < w->env->nsub; i++)
		w->out->stack[i] = w->depth[i] * 8;
	return depth_check(w->env, w->depth, w->step);
}
