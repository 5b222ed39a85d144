/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal.h: what the files of jit/ share.
 *
 * The arena holds, once, the stubs of all modes, and behind them the programs
 * of the loaded units.  Code refers to the machine through one register that
 * points to a struct jit_ctx, so that one load is good for any input.
 */
#ifndef JIT_INTERNAL_H
#define JIT_INTERNAL_H

#include "jit/jit.h"

/* Why code returned to C: the value of jit_enter(). */
enum jit_left {
	LEFT_EXIT,	/* main exited */
	LEFT_FUEL,	/* the block at ip is too long for what is left */
	LEFT_TRAP,	/* a check failed at ip: see run.trap */
	LEFT_FAULT,	/* the processor raised ctx.signal at ip */
};

struct jit;

/*
 * What compiled code sees through its context register, which points
 * JIT_CTX_BIAS into it: what code uses most lies within 8-bit displacements.
 */
struct jit_ctx {
	uint64_t sp;		/* native stack in jit_enter(): leaves from any depth */
	uint64_t ip;		/* trap: return address into the program; fault: the insn's */
	uint64_t ctx_shadow;	/* CTX_SHADOW - base of the context: shadow of a is at 2 * a + this */
	struct vm_run run;	/* run.trap is that of LEFT_TRAP */
	int32_t signal;		/* of LEFT_FAULT */
	struct jit *jit;
	const struct jit_arena *arena;
};
enum { JIT_CTX_BIAS = 128 };
_Static_assert(offsetof(struct jit_ctx, run.entry) + sizeof(((struct vm_run *)0)->entry) <= 256,
	       "entry registers, poison and fuel are within reach");

/* Code shared by all programs. */
enum jit_stub {
	STUB_ENTER,	/* enum jit_left f(context register, const void *code) */
	STUB_LEAVE, STUB_TRAPPED,	/* only stubs go there */
	STUB_HELPER, STUB_TAIL_CALL, STUB_PACKET,
	STUB_FUEL, STUB_DEAD, STUB_DEPTH, STUB_ALIGN, STUB_ACCESS, STUB_FAULT,
	STUB_STEP,
	STUB_CTX_LOAD,	/* r11 = 4-byte load of [r11] that may yield a pointer */
	/* May r11 be accessed? */
	STUB_READ1, STUB_READ2, STUB_READ4, STUB_READ8,
	STUB_WRITE1, STUB_WRITE2, STUB_WRITE4, STUB_WRITE8,
	STUB_BOTH4, STUB_BOTH8,
	STUB_N,
};

/* A place that refers to another: patched when all lengths are known. */
struct jit_fixup {
	uint32_t at;		/* offset of the jump, or of its 32-bit displacement */
	uint32_t to;		/* label, or offset in the arena (FIX_STUB) */
	uint32_t shift;		/* by how much longer jumps before it move it */
	uint8_t kind;
	uint8_t grow;		/* bytes that the long form takes more; 0: short */
};

struct jit_prog {
	uint32_t start, len;	/* code, relative to the arena */
	uint32_t nslot;
	/*
	 * Offset from start of each slot, then of the end of the slots, then
	 * of the thunk of each subprogram.
	 */
	uint32_t *label;
};

struct jit_arena {
	uint8_t *rw;		/* writable view */
	const uint8_t *rx;	/* executable view; the same as rw if made by mprotect() */
	size_t size;
	uint32_t used;		/* end of the code that stands */
	uint32_t stale, touched; /* see jit_arena_close() */
	uint32_t base;		/* behind the stubs */
	uint32_t live;		/* units loaded */
	bool serialize;		/* the processor has SERIALIZE */
	uint32_t features;	/* of the target: what the processor has */
	const struct jit_target *target;
	uint32_t stub[STUB_N], stub_len[STUB_N]; /* offsets */
	/* Scratch of jit_load(), kept for the next one. */
	struct jit_fixup *fix;
	uint32_t fixcap;
	uint32_t *nfix_at;	/* per label: fixups before it */
	uint8_t *leader;
	uint32_t labelcap;
};

/* The compilation of one program. */
struct jit_build {
	uint8_t *p;		/* write cursor, in the writable view */
	uint8_t *start, *end;	/* of the room for this program */
	struct jit_arena *a;
	const struct unit *unit;
	const struct program *prog;
	const struct insn *insn;
	const struct jit_opts *opts;
	const uint8_t *dead, *ctx_ptr;	/* of this program, or NULL */
	uint32_t mode, features;
	uint32_t pc;
	bool fuel;		/* charges blocks */
	bool ctx_loads;		/* 4-byte loads may yield pointers, dynamically */
	struct jit_prog *out;
	uint32_t nfix;
	uint32_t stubs;		/* bit mask of those referred to */
};

/* A code generator: arm64 can stand beside x86-64. */
struct jit_target {
	const char *name;
	bool (*available)(void);
	uint32_t (*features)(void);
	/* Fills a->stub; called once for an arena, with the cursor at a->base. */
	void (*stubs)(struct jit_build *b);
	/* Emits b->prog, linked; false: no room. */
	bool (*program)(struct jit_build *b);
	uint8_t fill;		/* a byte that traps wherever execution meets it */
};
extern const struct jit_target jit_x86;
/* Of this machine, or NULL. */
const struct jit_target *jit_target(void);

/* ---- arena.c ------------------------------------------------------------------ */

enum { JIT_ARENA_MIN = 1 << 16, JIT_ARENA_MAX = 1 << 30 };

/* As jit_arena_new() where memfds are refused: for tests. */
struct jit_arena *jit_arena_new_mprotect(size_t size, char *why);

/* Between these two the writable view may be written. */
void jit_arena_open(struct jit_arena *a);
/* Code up to end is complete: refills what was stale behind it, and makes it fit to run. */
void jit_arena_close(struct jit_arena *a, uint32_t end);
bool jit_arena_fixups(struct jit_arena *a, uint32_t n);
bool jit_arena_labels(struct jit_arena *a, uint32_t n);

/* ---- fault.c ------------------------------------------------------------------ */

/* Makes sure that the handlers are installed, and that this thread has a stack for them. */
void jit_fault_init(void);
/* The calling thread runs code of c (NULL: none). */
void jit_fault_arm(struct jit_ctx *c);

/* ---- jit.c: called from the stubs ----------------------------------------------- */

struct jit_pair {		/* comes back in two registers */
	uint64_t value;
	uint64_t flag;
};
/* r0, and whether it trapped. */
struct jit_pair jit_c_helper(struct jit_ctx *c, int32_t id);
/* Where to go on, or 0; and whether it trapped. */
struct jit_pair jit_c_tail_call(struct jit_ctx *c, uint64_t r1, uint64_t r2, uint64_t r3);
/* The value, and whether it is inside. */
struct jit_pair jit_c_ctx_load(struct jit_ctx *c, uint64_t addr);
struct jit_pair jit_c_packet(struct jit_ctx *c, int64_t off, uint32_t size);
void jit_c_step(struct jit_ctx *c, const uint8_t *ip);

#endif
