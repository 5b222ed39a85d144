/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux_path: the program that a run was.  A trace becomes a program without
 * choice: each executed insn once, branches turned so that what happened falls
 * through and what did not leads to a stub that exits, a function of its own for
 * each dynamic call.  The kernel's verifier walks it as one straight line first.
 */
#ifndef FUZZ_LINUX_PATH_H
#define FUZZ_LINUX_PATH_H

#include "case/case.h"

enum { PATH_MAX_STEPS = 2000, PATH_MAX_CALLS = 250 };	/* Linux: 256 functions at most */

struct linux_path {
	struct program prog;
	uint32_t *slot;		/* by step: where it is, or UINT32_MAX (jumps) */
	uint32_t nstep;		/* steps of the trace that are in it */
	bool whole;		/* all of them */
};
/*
 * The path of the first steps of t (of unit's entry program).  Ends before what
 * has no place in one program (tail calls), and after PATH_MAX_STEPS.  False: no
 * step is left, or the program would not be well-formed.
 */
bool linux_path_make(const struct unit *u, const struct trace *t, struct arena *a,
		     struct linux_path *out);

#endif
