/* SPDX-License-Identifier: Apache-2.0 */
/* linux_ask: the two logs that a run is compared with. */
#ifndef FUZZ_LINUX_ASK_H
#define FUZZ_LINUX_ASK_H

#include "engines/linux_sys.h"
#include "fuzz/linux_check.h"

enum linux_about {
	LINUX_PATH,		/* the path that was run, as a program of its own (linux_path.h) */
	LINUX_WHOLE,		/* the program, as it is */
	LINUX_ABOUT_N,
};
/*
 * What is loaded for this run of unit's entry program, and where the steps are in
 * it.  PLAIN programs become XDP programs.  False: there is no such program.
 */
bool linux_ask_about(enum linux_about about, const struct linux_world *w, struct arena *a,
		     struct program *prog, struct linux_route *r);
/* The same for the program to which a tail call led: the trace is in it from step first on. */
bool linux_ask_about_tail(const struct linux_world *w, uint32_t first, struct arena *a,
			  struct program *prog, struct linux_route *r);
/* The unit with prog in place of its entry program, and what PLAIN programs need. */
void linux_ask_unit(const struct linux_world *w, const struct program *prog, struct arena *a,
		    struct unit *out);
/*
 * Has the kernel's verifier look at prog in place of the entry program.  False:
 * there is no log, or (whole) not all of it.
 */
bool linux_ask(const struct linux_world *w, const struct program *prog, bool whole,
	       struct arena *a, struct linux_log *log);

#endif
