/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jit: native code for BPF programs, behind one struct jit_target.
 */
#ifndef JIT_JIT_H
#define JIT_JIT_H

#include "vm/vm.h"

enum {
	JIT_CHECKED = 1,	/* the bits of enum mode */
	JIT_FUZZ = 2,
	JIT_STEP = 4,
};

struct jit_opts {
	uint32_t mode;		/* 0: trusting */
	const uint8_t *const *dead;	/* see struct load_opts */
	const uint8_t *const *ctx_ptr;
	bool baseline;		/* no optional instructions of the processor (tests) */
};

/*
 * The code arena of this process: a memfd mapped twice (writable, executable),
 * made after fork.  NULL with the reason in why[96].
 */
struct jit_arena;
struct jit_arena *jit_arena_new(size_t size, char *why);
void jit_arena_free(struct jit_arena *a);

/*
 * Compiles all programs of the unit into the arena.  NULL with *reject
 * (OUT_REJECT, OUT_UNSUPPORTED, OUT_BROKEN).  The code of the last
 * jit_load() stands until jit_unload(); several may be loaded at once, the
 * arena is reclaimed when none is left.
 */
struct jit;
struct jit *jit_load(struct jit_arena *a, const struct unit *u, const struct jit_opts *o,
		     struct outcome *reject);
void jit_unload(struct jit *j);
void jit_run(struct jit *j, struct guest *g, const struct input *in, struct outcome *out);

/* The emitted bytes of program prog (for dumps and tests), and where slot pc begins in them. */
const uint8_t *jit_code(const struct jit *j, uint32_t prog, uint32_t *len);
uint32_t jit_offset(const struct jit *j, uint32_t prog, uint32_t pc);
/* Bytes of the unit outside any program (prologues and stubs shared by all). */
uint32_t jit_fixed_bytes(const struct jit *j);

/*
 * Bare call for benchmarks: r0 of program 0 on an already reset guest, trusting
 * mode.  run comes from vm_run_init(); it is copied in and out.
 */
uint64_t jit_call(struct jit *j, struct vm_run *run);

/* Is there a code generator for this machine? */
bool jit_available(void);

#endif
