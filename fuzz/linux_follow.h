/* SPDX-License-Identifier: Apache-2.0 */
/* Private to linux_follow.c and linux_taint.c. */
#ifndef FUZZ_LINUX_FOLLOW_H
#define FUZZ_LINUX_FOLLOW_H

#include "fuzz/linux_check.h"

/* Places whose values the log need not know. */
struct taint {
	uint16_t reg[MAX_FRAMES];
	uint64_t slot[MAX_FRAMES];
	bool any;
};

/* A place in the log where the run may be: before the insn of .visit. */
struct place {
	struct klog k;
	uint32_t seg, visit;
	struct taint taint;
	struct place *spare;		/* while it is not in use: the next that is not */
};

/* The slot of the stack that addr is in: frame and index; false: it is not stack. */
bool linux_stack_slot(const struct linux_world *w, uint64_t addr, uint32_t *frame, uint32_t *slot);
/* What the step makes of the taint of p. */
void linux_taint_step(const struct linux_world *w, struct place *p, const struct trace_step *s);

#endif
