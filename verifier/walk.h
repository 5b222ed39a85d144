/* SPDX-License-Identifier: Apache-2.0 */
/* walk: what walks have in common. */
#ifndef VERIFIER_WALK_H
#define VERIFIER_WALK_H

#include "verifier/internal.h"

enum { MAX_RECORDS = 64 };	/* per slot, by default */

struct walker {
	struct venv *env;
	struct step *step;
	struct verdict *out;
	uint8_t *mem_type;	/* by slot: pointer type seen, 0 none */
	uint32_t *depth;	/* by subprog: slots of stack */
	uint32_t max_records, budget;
};

void walk_init(struct walker *w, struct venv *env, struct step *step, struct verdict *out);
/* May one more state be recorded for this slot?  Counts it in any case. */
bool walk_may_record(struct walker *w, uint32_t pc);
/* The insn at pc was executed: the pointer must be of a type that fits the earlier ones. */
enum verr walk_one_type(struct walker *w, uint32_t pc);
/* A path ends, or returns: frames only grow, so this is when their depth is known. */
void walk_track_stack(struct walker *w, const struct vstate *s);
/* The program ends in this state. */
void walk_join_return(struct walker *w, const struct vstate *s);
/* All paths are done. */
enum verr walk_finish(struct walker *w);

#endif
