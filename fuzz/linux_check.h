/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux_check: does what a run did lie in what the kernel's verifier believed?
 *
 * The run is followed through the log's tree (linux_log.h): along a segment, at a
 * branch to the side that it took, wherever that side was taken up.  At each
 * insn every register and stack slot of the frame that runs has to lie in the
 * state that the log prints.
 *
 * Where a segment ends as covered by an older state, the run goes on in what the log
 * shows behind that older state.  Linux compares there without scalars that it does not
 * hold for precise, so a value may lie outside of the older state and nothing is
 * wrong.  Such values are tainted, and what is computed from them; so is
 * what a comparison with them narrows.  Tainted values are not compared.  All
 * else holds: a run with other values in the tainted places would have
 * gone the same way.
 *
 * The log does not say which older state it was, nor always which visit of a branch
 * put a side aside.  All that can be meant are followed at once; something is wrong only
 * if it is wrong for all of them.
 */
#ifndef FUZZ_LINUX_CHECK_H
#define FUZZ_LINUX_CHECK_H

#include "fuzz/linux_log.h"
#include "fuzz/linux_path.h"

/* What stands in memory, as far as the trace tells. */
struct linux_world {
	const struct unit *unit;
	const struct layout *lay;
	const struct trace *trace;
	uint32_t done;			/* steps whose writes are in stack */
	uint32_t plain;			/* PLAIN programs: size of the map "memory" that stands for r1 */
	uint8_t stack[GUEST_STACK_SIZE];
	uint8_t written[GUEST_STACK_SIZE];
};
void linux_world_init(struct linux_world *w, const struct unit *u, const struct layout *lay,
		      const struct trace *t);
/* Applies what steps before this one wrote to the stack. */
void linux_world_at(struct linux_world *w, uint32_t step);
static inline uint64_t linux_frame_top(const struct linux_world *w, uint32_t frame)
{
	return w->lay->rgn[GUEST_STACK].base + GUEST_STACK_SIZE - (uint64_t)frame * STACK_SIZE;
}

/* The program that the log is about, and where in it the steps of the trace are. */
struct linux_route {
	const struct insn *insn;
	uint32_t len;
	uint32_t head;			/* slots in front of the program that is traced */
	const uint32_t *slot;		/* by step, without head; UINT32_MAX: not in it.  NULL: the insn itself */
	uint32_t first, nstep;		/* steps of the trace: from, and up to but without */
	const uint64_t *exit_reg;	/* registers that the kernel had at the exit of main, or NULL */
	uint32_t exit_valid, exit_half;	/* as in struct outcome */
	bool asis;			/* what is known to be wrong in Linux 6.18 is wrong, too */
	/*
	 * By step, or NULL: receives the visit of the log at which all of the step was
	 * compared; KLOG_NONE if it was not, or at several.
	 */
	uint32_t *seen;
};

struct linux_belief {			/* one that does not hold */
	uint32_t step;			/* before this step of the trace */
	char place[16];			/* "r3", "fp-16", "path", "exit" */
	char what[200];
};
struct linux_checked {
	uint64_t regs, slots, steps;	/* how much was compared */
	uint32_t covered;		/* points at which the run entered an older state */
	uint32_t tainted;		/* of them, those behind which something was not compared */
	uint32_t bugs;			/* "verifier bug: ..." in the log */
	bool known;			/* something is wrong, but by a bug of Linux that is known */
	bool odd;			/* the log was not understood: .what.what has the line */
	bool lost;			/* not followed to the end: too much that can be meant, or a callback */
	uint32_t tail;			/* the step to which main's tail call led, into another program; or 0 */
	struct linux_belief what;
};

/*
 * Follows the run through the log.  True: all that the log says holds (or c->odd,
 * c->lost: as far as it was followed).  False: c->what does not hold.
 */
bool linux_check_run(struct linux_world *w, const struct linux_route *r, const char *log,
		     struct arena *a, struct linux_checked *c);

/* Is v one of the values of r? */
bool linux_check_reg(const struct linux_world *w, const struct klog_reg *r, uint64_t v);
/*
 * The state of frame against its registers and slots before step, but for what is in
 * skip_regs and skip_slots (a bit each).  outer: r6 to r9 only.
 */
bool linux_check_frame(const struct linux_world *w, const struct klog_frame *f, uint32_t frame,
		       const uint64_t reg[REGS], bool outer, uint16_t skip_regs, uint64_t skip_slots,
		       struct linux_checked *c);
/*
 * What of the state does not hold, or may not (claims that are stale), a bit
 * each: with other values in these places all of it would.  So of a broken tie it is
 * one side; registers that are not live are always among them.
 */
void linux_check_doubt(const struct linux_world *w, const struct klog_frame *f, uint32_t frame,
		       const uint64_t reg[REGS], uint16_t live, uint16_t *regs, uint64_t *slots);

#endif
