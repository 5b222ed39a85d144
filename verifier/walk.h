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
	uint64_t *mask;		/* by slot: step.mask seen; NULL with CAP_PERFMON */
	uint32_t *depth;	/* by subprog: slots of stack */
	uint32_t max_records, budget;
	bool ended;		/* the last step ended a speculative path */
	/*
	 * NULL, or told that the insn at pc was executed in frame, before the log
	 * shows it, if something was read of the stack or relied on.
	 */
	void (*stepped)(struct walker *w, uint32_t pc, uint32_t frame);
	/* For the log: */
	uint32_t from;		/* the insn before */
	bool fresh;		/* the state begins a path, or a call returned: it is shown */
	bool popped;		/* of these: it waited */
	bool unshown;		/* what the last insn did is shown when the path goes on */
	struct step last;	/* of that insn */
};

void walk_init(struct walker *w, struct venv *env, struct step *step, struct verdict *out);
/* The state at entry of main; the log begins with it. */
struct vstate *walk_begin(struct walker *w);
/* May one more state be recorded for this slot?  Counts it in any case. */
bool walk_may_record(struct walker *w, uint32_t pc);
/*
 * The step, what the log says of it, and what all visits of an insn must agree on.
 * If it ended a speculative path (w->ended), step->mispredicted and step->other
 * still are paths to follow.
 */
enum verr walk_step(struct walker *w, struct vstate *s);
/* The path ends here, since an older state holds this one. */
void walk_log_safe(struct walker *w, const struct vstate *s);
/* A path that waited since the insn from goes on; log: what vlog_mark() said then. */
void walk_resume(struct walker *w, uint32_t from, size_t log);
/* A path ends, or returns: frames only grow, so this is when their depth is known. */
void walk_track_stack(struct walker *w, const struct vstate *s);
/* All paths are done. */
enum verr walk_finish(struct walker *w);

#endif
