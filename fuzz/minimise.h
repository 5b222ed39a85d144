/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the minimiser (minimise*.c). */
#ifndef FUZZ_MINIMISE_H
#define FUZZ_MINIMISE_H

#include "fuzz/fuzz.h"

struct min {
	same_fn same;
	void *arg;
	uint32_t budget;
	struct min_stats *st;
	struct testcase best;
	struct arena keep[2];	/* best lives in one, its successor goes to the other */
	uint32_t cur;
	struct arena scratch;	/* candidates; reset before each one */
};

/*
 * A candidate: a shallow copy of the best case whose arrays may be written.
 * It lives until the next min_begin() or min_try().
 */
struct draft {
	struct testcase tc;
	struct program *prog;
	struct map_def *map;
	struct input *input;
};
void min_begin(struct min *m, struct draft *d);
/* Keeps the draft if it is smaller and still the same; false too when the budget is spent. */
bool min_try(struct min *m, struct draft *d);
static inline bool min_spent(const struct min *m)
{
	return m->st->tried >= m->budget;
}
/* The draft with slots [from, to) of program p deleted, or with other text. */
bool min_try_delete(struct min *m, uint32_t p, uint32_t from, uint32_t to);
bool min_try_insn(struct min *m, uint32_t p, uint32_t pc, struct insn in);

/* minimise_insn.c: each pass returns true if something became smaller. */
bool min_unreachable(struct min *m);
bool min_subprogs(struct min *m);
bool min_ranges(struct min *m);
bool min_branches(struct min *m);
bool min_simpler(struct min *m);
bool min_operands(struct min *m);
bool min_registers(struct min *m);

/* minimise_order.c */
bool min_order(struct min *m);

/* minimise_input.c */
bool min_inputs(struct min *m);
bool min_programs(struct min *m);
bool min_maps(struct min *m);
bool min_packets(struct min *m);
bool min_contents(struct min *m);
bool min_numbers(struct min *m);

#endif
