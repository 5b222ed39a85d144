/* SPDX-License-Identifier: Apache-2.0 */
/* linux_check: does what a run did lie in what the kernel's verifier believed? */
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
	uint8_t stack[GUEST_STACK_SIZE];
	uint8_t written[GUEST_STACK_SIZE];
};
struct linux_belief {			/* one that does not hold */
	uint32_t step;			/* before this step of the trace */
	uint32_t slot;			/* of the path's program */
	char place[16];			/* "r3", "fp-16", "path" */
	char what[200];
};
struct linux_checked {
	uint64_t regs, slots, steps;	/* how much was compared */
	bool odd;			/* the log was not understood: .what.what has the line */
	struct linux_belief what;
};

void linux_world_init(struct linux_world *w, const struct unit *u, const struct layout *lay,
		      const struct trace *t);
/*
 * Follows the log of path's program along the trace.  True: all that it says
 * holds (or it is not understood: c->odd).  False: c->what does not hold.
 */
bool linux_check_path(struct linux_world *w, const struct linux_path *path, const char *log,
		      struct linux_checked *c);
/* Is v one of the values of r? */
bool linux_check_reg(const struct linux_world *w, const struct klog_reg *r, uint64_t v);

#endif
