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
/*
 * The context: PLAIN programs have exactly input.ctx (none: r1 = 0).  Others
 * have the UAPI structure, input.ctx cut or padded with zero to its size; where
 * the type allows any size, at least 8 bytes and a multiple of 8 (syscall
 * programs: also as far as any of their memory instructions reaches, as Linux
 * wants it).  Fields that yield pointers hold zero; __sk_buff.len is the
 * length of the packet.  Only a 4-byte load at one of prog_type_info's off_data,
 * off_data_end and off_data_meta yields the shadow.
 */

/* Host pointer for size guest bytes at addr: NULL unless one region with these rights has them. */
void *guest_at(struct guest *g, uint64_t addr, uint64_t size, uint32_t rights);

/*
 * Digests of all regions after a run.  REGION_SLACK covers what no program
 * should touch: canaries, padding between map values, deleted elements.
 * REGION_MAPS covers keys and values, however they lie: an engine whose maps are
 * elsewhere can put their contents back with map_update() and map_delete().
 */
void guest_digest(struct guest *g, struct outcome *out);

/* ---- map.c: map contents (Linux's results) ---------------------------------- */

/*
 * A hash's region grows during a run, as elements are first used: look at
 * layout.rgn[].base and len when they are needed, do not keep them.
 */
/*
 * Each returns 0 or -ENOENT, -EEXIST, -E2BIG, -EINVAL, ... as Linux does.
 * flags: 0 any, 1 noexist, 2 exist.
 */
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
	/*
	 * r1 to r5 after helper calls and LD_ABS, LD_IND; r0 after void helpers
	 * and after a tail call that failed.  After a local call r1 to r5 are as
	 * the callee left them.
	 */
	uint64_t poison[6];
	/*
	 * Registers at entry of a program.  After a tail call too, but r1 is its
	 * first argument then and r10 stays.  A callee starts with its caller's.
	 */
	uint64_t entry[REGS];
	struct guest *g;
	const struct unit *unit;
	const struct input *in;
	uint64_t helpers, nhelpers;
	uint64_t rand, time;	/* state of the random and time helpers */
	uint64_t cpu;
	uint32_t tail_calls;
	uint8_t trap;		/* set by a helper that traps */
	uint8_t frame;
	struct pc pc;
	struct trace *trace;	/* or NULL */
	void *engine;		/* the engine's own */
};

/*
 * Does every engine of ours run this unit?  If not, *reject says why, the same
 * for all engines: programs that program_check() refused, callx, map indices
 * beyond the unit (OUT_REJECT); program types and map kinds without
 * implementation, kfuncs, known helpers that are not implemented, variables by
 * BTF, address space casts (OUT_UNSUPPORTED).  Calls of helpers that nobody
 * knows trap when they run.
 */
bool vm_unit_check(const struct unit *u, struct outcome *reject);
/*
 * Fuel of the block that begins at slot pc: the insns up to the next leader (a
 * wide insn is one), whatever leaves the block early.
 */
uint32_t vm_block_cost(const uint8_t *ids, const uint8_t *leader, uint32_t len, uint32_t pc);
/* What a wide instruction loads in this run. */
uint64_t vm_wide_value(const struct guest *g, const struct insn *in, uint8_t id, uint32_t pc);
/* may_goto falls through so often in one frame, then jumps. */
enum { MAY_GOTO_MAX = 8 << 20 };

/* Resets guest memory and fills run for a start of unit->prog[0] (trace, engine: NULL). */
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
 * in network order.  off is imm, or src + imm; its low 32 bits count, signed.
 * Negative ones from -0x100000 are relative to the network header, from
 * -0x200000 to the link header (zeros, where the packet begins behind it).
 * False: out of bounds, the frame exits with r0 = 0 and r1 to r5 poisoned.
 */
bool vm_ld_packet(struct vm_run *run, int64_t off, uint32_t size, uint64_t *value);
/* Is the helper implemented here? */
bool vm_helper_known(int32_t id);

/* ---- trace.c: for engines that record one ------------------------------------------ */

void trace_reset(struct trace *t);
/* The insn at pc is about to run. */
void trace_step(struct trace *t, struct pc pc, uint8_t frame, const uint64_t reg[REGS]);
/* The last step has written len bytes of guest memory at addr. */
void trace_write(struct trace *t, uint64_t addr, uint32_t len);
void trace_free(struct trace *t);

/* ---- interp.c ------------------------------------------------------------------ */

/*
 * An access that is both out of bounds and unaligned traps as TRAP_ACCESS.
 *
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
