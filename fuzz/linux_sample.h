/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux_sample: which programs the kernel is asked for a log of.
 *
 * Level 2 costs 8 to 24 times a plain load.  So one program in so many is asked
 * about, by its hash, and every program that shows something new to this worker: two
 * kinds of insns (32 bits or other) that it has not seen in a row, or a verdict with statistics
 * (insns processed, states, stack, by powers of two) that no program of this type had.
 *
 * What was seen before decides only whether a log is asked for, never what is
 * made of it; whoever looks at a finding again asks for the log always.
 */
#ifndef FUZZ_LINUX_SAMPLE_H
#define FUZZ_LINUX_SAMPLE_H

#include "verifier/verifier.h"

enum { LINUX_SAMPLE = 16 };	/* one in so many by hash, unless told otherwise */

struct linux_sample {
	uint64_t pair[64];		/* by kind and width: those that came behind it */
	uint64_t verdict[1024];		/* by hash of type and statistics */
};
/* Does this program show something new?  Remembers it. */
bool linux_sample_new(struct linux_sample *s, const struct program *p, const struct verdict *v);

#endif
