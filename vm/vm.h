/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vm: guest memory, maps, helpers, and the reference interpreter.
 */
#ifndef VM_VM_H
#define VM_VM_H

#include "case/case.h"

/* ---- guest.c: memory at GUEST_BASE ----------------------------------------- */

struct map_store;

/* One per process: the base is fixed.  Reset before each run. */
struct guest {
	struct layout layout;
	const struct unit *unit;	/* of the last guest_reset() */
	const struct input *input;
	struct map_store *store;	/* host side of each map, unit->nmap of them */
	uint64_t data, data_end, data_meta; /* packet pointers now (tail adjustments move them) */
	/* private to guest.c and map.c below */
	void *priv;
};

/* NULL with the reason in why[96] when the fixed range is not to be had. */
struct guest *guest_new(char *why);
void guest_free(struct guest *g);

/*
 * Lays out and fills everything for one run: stack pattern, context (with
 * packet pointers and their shadows), packet, maps, canaries; restores whatever
 * the run before changed.  The alignment of regions (left or right against its
 * guard) follows from in->seed.  OUT_RETURN if all is well, OUT_UNSUPPORTED
 * (a map kind or size that we cannot run; why says which) or OUT_BROKEN.
 */
enum out guest_reset(struct guest *g, const struct unit *u, const struct input *in, char *why);

/* Host pointer for size guest bytes at addr if they lie in one region with these rights, else NULL. */
void *guest_at(struct guest *g, uint64_t addr, uint64_t size, uint32_t rights);

/* Digests of all regions after a run, and what differs in the slack around them. */
void guest_digest(struct guest *g, struct outcome *out);

/* ---- map.c: map contents (Linux's results) ---------------------------------- */

/* Each returns 0 or -ENOENT, -EEXIST, -E2BIG, -EINVAL, ... as Linux does.  flags: 0 any, 1 noexist, 2 exist. */
int map_update(struct guest *g, uint32_t map, const void *key, const void *value, uint64_t flags);
int map_delete(struct guest *g, uint32_t map, const void *key);
/* Guest address of the value, or 0. */
uint64_t map_lookup(struct guest *g, uint32_t map, const void *key);
/* key NULL: the first.  Order is deterministic (insertion for hash, index for array). */
int map_next_key(struct guest *g, uint32_t map, const void *key, void *next);
/* prog_array: the program index, or -1. */
int32_t map_prog(struct guest *g, uint32_t map, uint32_t index);
/* Map index of a handle value, or -1. */
int32_t map_of_handle(const struct guest *g, uint64_t handle);

/* ---- helper.c: one implementation for interpreter and JIT --------------------- */

/*
 * What a run carries besides guest memory.  The JIT addresses fields of it by
 * offsetof(), so it is laid out for that.
 */
struct vm_run {
	uint64_t reg[REGS];	/* JIT: registers at exit */
	int64_t fuel;
	uint64_t poison[6];	/* r0 to r5 after helper calls (r0: void helpers) */
	uint64_t entry[REGS];	/* registers at entry of a program (also after a tail call) */
	struct guest *g;
	const struct unit *unit;
	const struct input *in;
	uint64_t helpers, nhelpers;
	uint64_t rand, time;	/* state of the random and time helpers */
	uint32_t tail_calls;
	uint8_t trap;		/* set by a helper that traps */
	uint8_t frame;
	struct pc pc;
	struct trace *trace;	/* or NULL */
	void *engine;		/* the engine's own */
};

/* Resets guest memory and fills run for a start of unit->prog[0]. */
enum out vm_run_init(struct vm_run *run, struct guest *g, const struct unit *u,
		     const struct input *in, char *why);
/*
 * Calls helper id; the result is r0.  Sets run->trap when an argument is bad
 * in a way that no verifier would let pass.  Does not handle tail_call.  Every
 * call is mixed into run->helpers.
 */
uint64_t vm_helper(struct vm_run *run, int32_t id, uint64_t r1, uint64_t r2, uint64_t r3,
		   uint64_t r4, uint64_t r5);
/*
 * The tail call: index of the program to continue in, or -1 (continue behind the
 * call).  Counts against MAX_TAIL_CALLS, mixes into run->helpers, may trap.
 */
int32_t vm_tail_call(struct vm_run *run, uint64_t ctx, uint64_t map, uint64_t index);
/*
 * LD_ABS and LD_IND, as Linux runs them: size bytes of the packet at off
 * in network order.  False: out of bounds, the frame exits with r0 = 0.
 */
bool vm_ld_packet(struct vm_run *run, int64_t off, uint32_t size, uint64_t *value);
/* Is the helper implemented here? */
bool vm_helper_known(int32_t id);

/* ---- interp.c ------------------------------------------------------------------ */

/*
 * Predecodes a unit for the interpreter.  dead, if not NULL, has one byte per
 * slot of each program (dead[prog][slot] != 0: the verifier never reached it).
 * NULL with *reject filled (OUT_REJECT or OUT_UNSUPPORTED).
 */
struct interp;
struct interp *interp_load(const struct unit *u, const uint8_t *const *dead, bool trace,
			   struct outcome *reject);
void interp_run(struct interp *ip, struct guest *g, const struct input *in, struct outcome *out);
void interp_unload(struct interp *ip);

#endif
