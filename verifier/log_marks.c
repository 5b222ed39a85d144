/* SPDX-License-Identifier: Apache-2.0 */
/* log_marks: what the log says, at level 2, of how precision is traced back. */
#include "verifier/walk_linux.h"

#include <stdio.h>

/* "r1,r6" */
static void put_regs(struct vlog *l, uint16_t regs)
{
	for (const char *sep = ""; regs; regs &= (uint16_t)(regs - 1), sep = ",")
		vlog_printf(l, "%sr%d", sep, __builtin_ctz(regs));
}

/* "-8,-16" */
static void put_slots(struct vlog *l, uint64_t slots)
{
	for (const char *sep = ""; slots; slots &= slots - 1, sep = ",")
		vlog_printf(l, "%s%d", sep, -8 * (__builtin_ctzll(slots) + 1));
}

/* If events are wanted: regs and slots of frame at pc. */
static bool emit(const struct venv *env, enum log_kind kind, uint32_t pc, uint32_t frame,
		 uint32_t regs, uint64_t slots)
{
	struct log_event e = {
		.kind = kind, .pc = pc, .from = UINT32_MAX, .frame = frame, .env = env,
		.regs = regs, .slots = slots,
	};
	struct log_sink *sink = vlog_sink(env->log);

	if (sink && (regs || slots))
		sink->event(sink, &e);
	return sink;
}

void vlog_trace(const struct venv *env, uint32_t frame, uint32_t last, uint32_t first,
		int64_t next)
{
	vlog_printf(env->log, "mark_precise: frame%u: last_idx %u first_idx %u subseq_idx %lld \n",
		    frame, last, first, (long long)next);
}

void vlog_trace_insn(const struct venv *env, const struct hist *h, const struct marks *m)
{
	uint8_t kind = insn_row(env->id[h->insn])->kind;
	/* Seen from behind: still in the callee, or already in the caller. */
	uint32_t frame = h->frame + (kind == K_CALL_LOCAL) - (kind == K_EXIT);
	char text[160];

	if (emit(env, LOG_PRECISE, h->insn, frame, m->reg[frame], m->slot[frame]))
		return;
	vlog_printf(env->log, "mark_precise: frame%u: regs=", frame);
	put_regs(env->log, m->reg[frame]);
	vlog_printf(env->log, " stack=");
	put_slots(env->log, m->slot[frame]);
	vlog_insn_text(env, h->insn, text, sizeof(text));
	vlog_printf(env->log, " before %u: (%02x) %s\n", h->insn, env->insn[h->insn].code, text);
}

void vlog_inherit(const struct venv *env, const struct point *p)
{
	for (uint32_t i = p->state->curframe + 1; i-- > 0;) {
		uint16_t regs = p->precise.reg[i];
		uint64_t slots = p->precise.slot[i];

		if (!regs && !slots)
			continue;
		if (emit(env, LOG_INHERITED, p->state->insn, i, regs, slots))
			continue;
		vlog_printf(env->log, "frame %u: propagating ", i);
		put_regs(env->log, regs);
		for (const char *sep = regs ? "," : ""; slots; slots &= slots - 1, sep = ",")
			vlog_printf(env->log, "%sfp%d", sep, -8 * (__builtin_ctzll(slots) + 1));
		vlog_printf(env->log, "\n");
	}
}

void vlog_trace_point(const struct venv *env, const struct point *p, const struct marks *m)
{
	struct vstate *s;

	for (uint32_t i = p->state->curframe + 1; vlog_sink(env->log) && i-- > 0;)
		emit(env, LOG_PRECISE_STATE, p->state->insn, i, m->reg[i], m->slot[i]);
	if (vlog_sink(env->log))
		return;
	s = state_copy(env, p->state);
	for (uint32_t i = s->curframe + 1; i-- > 0;) {
		struct func_state *f = frame_own(env, s, i);

		for (uint32_t r = 0; r < REG_FP; r++)
			f->reg[r].precise = p->precise.reg[i] >> r & 1;
		for (uint32_t n = 0; n < f->nslot; n++)
			slot_own(env, s, i, n)->spill.precise = p->precise.slot[i] >> n & 1;
		vlog_printf(env->log, "mark_precise: frame%u: parent state regs=", i);
		put_regs(env->log, m->reg[i]);
		vlog_printf(env->log, " stack=");
		put_slots(env->log, m->slot[i]);
		vlog_printf(env->log, ": ");
		vlog_frame(env->log, env, s, i);
	}
	state_free(env, s);
}
