/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the Linux walk share: walk_linux.c (the walk), prune.c
 * (which states are kept and which hold others), precision.c (which scalars
 * matter), liveness.c (which stack slots matter), scc.c (loops).
 */
#ifndef VERIFIER_WALK_LINUX_H
#define VERIFIER_WALK_LINUX_H

#include "verifier/internal.h"
#include "verifier/walk.h"

/* When states are kept, compared and dropped: the numbers of Linux 6.18. */
enum {
	POINT_JUMPS = 2, POINT_INSNS = 8,	/* since the last state that was kept */
	LOOP_JUMPS = 20, LOOP_INSNS = 100,	/* the same, while one's own path comes by */
	MAX_HISTORY = 40,		/* a path that is longer than that keeps a state */
	EVICT_MISSES = 3,		/* n: a state leaves with n * hits + n misses */
	EVICT_MISSES_LOOP = 64,		/* the same, for heads of loops that must converge */
	UNPRIV_STATES = 64,		/* kept per insn without CAP_BPF */
	BACKEDGE_ROUNDS = 64,		/* until marks are given up and all scalars matter */
	PROG_F_STATE_FREQ = 8,		/* prog_flags: keep a state wherever it is possible */
};

/* Registers and stack slots of a state, one bit each. */
struct marks {
	uint64_t slot[MAX_FRAMES];
	uint16_t reg[MAX_FRAMES];
};

/* A state recorded for the soundness oracle. */
struct mark_record {
	struct record rec;
	struct marks precise;
	uint64_t read[MAX_FRAMES];
};

/*
 * One insn of a path.  Insns that neither move nor make values are left out,
 * unless states are recorded, or all is logged.
 */
struct hist {
	struct hist *prev;		/* before it, NULL: the parent's state */
	uint32_t insn;
	uint32_t frame : 3;		/* that executed it */
	uint32_t at : 3, slot : 6;	/* of the stack access */
	uint32_t flags : 4;		/* HIST_* */
	uint32_t kind : 5;		/* enum insn_kind */
	uint32_t dst : 4, src : 4;	/* dst: the register that gets a value, if one does */
	uint32_t makes : 1;		/* who does not ask for the value of dst need not look */
	uint32_t moves : 1;		/* dst depends on src alone, or on nothing */
	struct hist_more {
		const struct marks *link;	/* a jump: what it narrowed through ids */
		struct mark_record *rec;	/* the state before it */
	} more[];			/* with HIST_MORE: most have neither */
};
_Static_assert(sizeof(struct hist) == 16, "there is one for nearly every insn walked");
_Static_assert(MAX_FRAMES == 8 && MAX_SLOTS == 64 && K_N <= 32, "struct hist has bits for them");
enum {
	HIST_FILL = 1,			/* loads what was spilled to the slot */
	HIST_SPILL = 2,			/* spills to the slot */
	HIST_WHOLE = 4,			/* overwrites the slot as a whole */
	HIST_MORE = 8,
};

static inline const struct marks *hist_link(const struct hist *h)
{
	return h->flags & HIST_MORE ? h->more->link : NULL;
}
static inline struct mark_record *hist_record(const struct hist *h)
{
	return h->flags & HIST_MORE ? h->more->rec : NULL;
}

/* A state that was kept: where paths may end, and where backtracking rests. */
struct point {
	struct point *next;		/* older, in the same bucket */
	struct digest digest;
	uint32_t insn;
	uint32_t open;			/* paths and points behind it that have not ended */
	uint32_t hits, misses;
	struct vstate *state;
	struct point *parent;		/* the one before it on its path */
	struct hist *hist;		/* from the parent's state to this one */
	struct marks precise;		/* scalars on which some verdict behind it relied */
	uint64_t read[MAX_FRAMES];	/* slots that some path behind it reads first */
	uint64_t written[MAX_FRAMES];	/* slots written as a whole since the parent */
	uint32_t depth;			/* points before it */
	bool evicted;
};

/* A path that is walked, or waits. */
struct path {
	struct vstate *state;
	struct point *parent;
	struct hist *hist;		/* since the parent */
	uint64_t written[MAX_FRAMES];	/* since the parent */
	uint32_t length;		/* of the history, as Linux counts it */
};

struct waiting {
	struct path path;
	struct waiting *next;
	uint32_t from;			/* the insn that branched */
	size_t log;			/* how much had been logged */
};

/* By slot: what the control flow makes of it. */
enum {
	AT_PRUNE = 1,			/* states are compared */
	AT_JUMP = 2,			/* not only reached from the insn before */
	AT_FORCE = 4,			/* each visit keeps a state */
};

/* A loop, entered from one place of one chain of calls. */
struct visit;

struct lwalk {
	struct walker w;
	struct path cur;
	struct mark_record *rec;	/* of the current state, if states are recorded */
	struct waiting *waiting, *free_waiting;
	uint32_t nwaiting;
	uint8_t *at;			/* by slot: AT_* */
	bool every;			/* the history has every insn */
	bool loops;			/* there are slots with AT_FORCE */

	/* prune.c */
	struct point **bucket;		/* by slot and callsite, see bucket_of() */
	struct point *free_points;
	uint32_t jumps, kept_jumps;	/* so far, and when a state was kept last */
	uint64_t kept_insns;
	uint32_t nkept, nevicted;	/* points that stand in a bucket, or only on paths */

	/* scc.c */
	uint32_t *scc;			/* by slot: 0, or the number of its loop */
	struct visit *visits;
};

/* ---- precision.c --------------------------------------------------------- */

/* The insn at pc was executed in frame; w->w.step says how. */
void hist_push(struct lwalk *w, uint32_t pc, uint32_t frame);
/*
 * The verdict relied on the scalars in need, which the state held at the end of
 * path, before the insn at pc: so it did on what they were computed from.
 * Clears need.  True if some point did not know that yet.
 */
bool precision_demand(struct lwalk *w, const struct path *path, struct mark_record *rec,
		      uint32_t pc, struct marks *need);
/* What mattered behind p matters on the path that ends in p's state. */
bool precision_inherit(struct lwalk *w, const struct point *p, const struct path *path,
		       struct mark_record *rec);
/* All scalars of all points on the path matter. */
void precision_give_up(struct lwalk *w, const struct path *path);

/* ---- log_marks.c: at log level 2 ----------------------------------------- */

static inline bool vlog_traces(const struct venv *env)
{
	return env->log && env->opts.log == 2;
}
void vlog_inherit(const struct venv *env, const struct point *p);
/* From insn last back to first, where a point stands; next: the first of the part before this. */
void vlog_trace(const struct venv *env, uint32_t frame, uint32_t last, uint32_t first,
		int64_t next);
void vlog_trace_insn(const struct venv *env, const struct hist *h, const struct marks *m);
void vlog_trace_point(const struct venv *env, const struct point *p, const struct marks *m);

/* ---- liveness.c ---------------------------------------------------------- */

/* The registers that may be read before they are written, by frame. */
void live_registers(const struct venv *env, const struct vstate *s, uint16_t live[MAX_FRAMES]);
/* The path is about to read slots of a frame.  True if some point did not know that yet. */
bool live_read(const struct path *path, struct mark_record *rec, uint32_t frame, uint64_t slots,
	       const struct venv *env);
/* The path wrote slots of a frame as a whole. */
static inline void live_write(struct path *path, uint32_t frame, uint64_t slots)
{
	path->written[frame] |= slots;
}
/* What is read behind p is read behind the path that ends in p's state. */
bool live_inherit(const struct point *p, const struct path *path, struct mark_record *rec,
		  const struct venv *env);
/*
 * Some path ended in a state that was compared without what is dead or does not
 * matter: records then say nothing of the dead, and tell what matters.
 */
void live_finish_records(const struct venv *env, struct records *rec);

/* ---- prune.c ------------------------------------------------------------- */

enum compare {
	COMPARE_LOOSE,		/* scalars that do not matter are not compared */
	COMPARE_RANGES,		/* all scalars matter */
	COMPARE_EXACT,		/* the same state */
};
/* Does p hold all of the state?  live: see live_registers(). */
bool prune_holds(const struct lwalk *w, const struct point *p, const struct vstate *cur,
		 const uint16_t *live, enum compare how);

enum prune { PRUNE_GO_ON, PRUNE_SAFE, PRUNE_LOOP };
/* The current path comes to a place where states are compared. */
enum prune prune_visit(struct lwalk *w);
/* A path behind p has ended. */
void prune_close(struct lwalk *w, struct point *p);

/* ---- scc.c --------------------------------------------------------------- */

/* Finds the loops, if some of them is left early (see struct lwalk.loops). */
void scc_compute(struct lwalk *w);
/* p was kept; nothing behind p is open any more. */
void scc_enter(struct lwalk *w, struct point *p);
void scc_exit(struct lwalk *w, struct point *p);
/* Marks behind p may still change: a path ended in a state that was not done. */
bool scc_incomplete(const struct lwalk *w, const struct point *p);
/* The current path ends in p, which is not done. */
void scc_backedge(struct lwalk *w, const struct point *p);

#endif
