/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accept-runs: what the verifier accepted neither traps nor is refused.
 */
#include "fuzz/internal.h"

enum ruling oracle_accept_runs(struct trial *t, struct finding *f)
{
	enum ruling all = NO_OPINION;

	if (!t->accepted)
		return NO_OPINION;
	for (uint32_t i = 0; i < t->nengine; i++) {
		const struct outcome *o = &t->out[i];

		f->engines[0] = "verifier";
		f->engines[1] = t->engine[i]->name;
		f->pc = o->pc;
		if (o->kind == OUT_TRAP) {
			snprintf(f->place, sizeof(f->place), "trap %u", o->trap);
			snprintf(f->what, sizeof(f->what), "accepted, but %s traps at insn %u: %s",
				 t->engine[i]->name, o->pc.insn, trap_name(o->trap));
			return FAILS;
		}
		if (o->kind == OUT_REJECT && o->verdict != RULED_REJECT) {
			snprintf(f->place, sizeof(f->place), "refused");
			snprintf(f->what, sizeof(f->what), "accepted, but %s refuses it: %s",
				 t->engine[i]->name, o->why);
			return FAILS;
		}
		if (o->kind == OUT_RETURN || o->kind == OUT_FUEL)
			all = HOLDS;
	}
	f->pc.insn = UINT32_MAX;
	return all;
}
