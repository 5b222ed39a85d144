/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the mutator (mutate*.c). */
#ifndef FUZZ_MUTATE_H
#define FUZZ_MUTATE_H

#include "fuzz/fuzz.h"

/* The case that grows, with its arrays writable (what they point to is not). */
struct mut {
	struct rng *r;
	const struct testcase *other;	/* or NULL */
	struct arena *a;
	struct testcase *tc;
	struct program *prog;
	struct map_def *map;
	struct input *input;
};

static inline uint32_t mut_below(struct mut *m, uint32_t n)
{
	return (uint32_t)rng_below(m->r, n);
}
/* A program, most often the entry. */
struct program *mut_program(struct mut *m);
/* Like the generator's: edges, powers of two, small numbers. */
uint64_t mut_value(struct mut *m);

/* Each changes something and returns true, or leaves all as it was. */

/* mutate_insn.c */
bool mut_insert(struct mut *m);
bool mut_delete(struct mut *m);
bool mut_replace(struct mut *m);
bool mut_row(struct mut *m);
bool mut_register(struct mut *m);
bool mut_swap_registers(struct mut *m);
bool mut_swap_insns(struct mut *m);
bool mut_imm(struct mut *m);
bool mut_offset(struct mut *m);
bool mut_retarget(struct mut *m);
bool mut_duplicate(struct mut *m);
bool mut_splice(struct mut *m);

/* mutate_input.c */
bool mut_generate(struct mut *m);
bool mut_bytes(struct mut *m);
bool mut_resize(struct mut *m);
bool mut_entries(struct mut *m);
bool mut_seed(struct mut *m);
bool mut_inputs(struct mut *m);
bool mut_map(struct mut *m);

#endif
