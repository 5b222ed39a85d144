/* SPDX-License-Identifier: Apache-2.0 */
/*
 * liveness: what does no path behind a state read?  It need not be compared.
 *
 * Registers: from the program's text alone (venv.live).  Stack slots: pointers
 * may lead anywhere, so here it is what the walk saw.  A read is noted at all
 * points before it on its path, up to where the slot was written as a whole, or
 * where its frame began.  The notes of a point are complete when no path behind
 * it is open.
 */
#include "verifier/walk_linux.h"

void live_registers(const struct venv *env, const struct vstate *s, uint16_t live[MAX_FRAMES])
{
	for (uint32_t i = 0; i <= s->curframe; i++)
		live[i] = env->live[i < s->curframe ? s->frame[i + 1]->callsite + 1 : s->insn];
}

/* ---- stack slots --------------------------------------------------------- */

/* With records: the same, insn by insn, up to the point at the end of the history. */
static void read_records(const struct hist *h, uint32_t frame, uint64_t slots)
{
	struct mark_record *rec;

	for (; h && slots && h->frame >= frame; h = h->prev) {
		if (h->flags & HIST_WHOLE && h->at == frame)
			slots &= ~(1ull << h->slot);
		rec = hist_record(h);
		if (!rec)
			continue;
		slots &= ~rec->read[frame];
		rec->read[frame] |= slots;
	}
}

bool live_read(const struct path *path, struct mark_record *rec, uint32_t frame, uint64_t slots,
	       const struct venv *env)
{
	uint64_t left = slots & ~path->written[frame];
	bool news = false;

	if (env->opts.record) {
		if (rec)
			rec->read[frame] |= slots;
		read_records(path->hist, frame, slots);
	}
	for (struct point *p = path->parent; p && frame <= p->state->curframe; p = p->parent) {
		left &= ~p->read[frame];
		if (!left)
			break;
		p->read[frame] |= left;
		news = true;
		if (env->opts.record)
			read_records(p->hist, frame, left);
		left &= ~p->written[frame];
	}
	return news;
}

bool live_inherit(const struct point *p, const struct path *path, struct mark_record *rec,
		  const struct venv *env)
{
	bool news = false;

	for (uint32_t i = 0; i <= p->state->curframe; i++)
		if (p->read[i])
			news |= live_read(path, rec, i, p->read[i], env);
	return news;
}

/* ---- records ------------------------------------------------------------- */

static void finish_regs(struct func_state *f, uint16_t live, uint16_t precise)
{
	for (uint32_t reg = 0; reg < REG_FP; reg++) {
		if (!(live >> reg & 1))
			f->reg[reg].type = T_NOT_INIT;
		f->reg[reg].precise = precise >> reg & 1;
	}
}

/* Of a slot: it is not read but holds something, or its number is marked wrongly. */
static bool slot_unfinished(const struct stack_slot *slot, bool read, bool precise)
{
	static const uint8_t none[sizeof(slot->type)];

	return read ? slot_is_spill(slot) && slot->spill.precise != precise
		    : memcmp(slot->type, none, sizeof(none)) || slot->spill.precise;
}

/* Most stacks are as they should be, and shared with the records before and after. */
static void finish_slots(const struct venv *env, struct vstate *s, uint32_t i, uint64_t read,
			 uint64_t precise)
{
	const struct func_state *f = s->frame[i];

	for (uint32_t n = 0; n < f->nslot; n++) {
		struct stack_slot *slot;

		if (!slot_unfinished(&f->slot[n], read >> n & 1, precise >> n & 1))
			continue;
		slot = slot_own(env, s, i, n);
		f = s->frame[i];
		if (!(read >> n & 1))
			memset(slot->type, SLOT_INVALID, sizeof(slot->type));
		else
			slot->spill.precise = precise >> n & 1;
	}
}

static void finish_frame(const struct venv *env, struct mark_record *r, uint32_t i, uint16_t live)
{
	struct vstate *s = (struct vstate *)r->rec.state;
	bool all = !env->bpf_capable;

	finish_regs(frame_own(env, s, i), live, all ? UINT16_MAX : r->precise.reg[i]);
	finish_slots(env, s, i, r->read[i], all ? UINT64_MAX : r->precise.slot[i]);
}

void live_finish_records(const struct venv *env, struct records *rec)
{
	uint16_t live[MAX_FRAMES];

	for (uint32_t pc = 0; pc < env->len; pc++) {
		for (struct record *r = rec->at[pc]; r; r = r->next) {
			live_registers(env, r->state, live);
			for (uint32_t i = 0; i <= r->state->curframe; i++)
				finish_frame(env, (struct mark_record *)r, i, live[i]);
		}
	}
}
