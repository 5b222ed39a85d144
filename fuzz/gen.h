/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Private to the generator (gen*.c).
 *
 * The generator walks forward, always at the end of the code that it has
 * written, and keeps what it knows of registers and stack there.  It knows no
 * more than a verifier of Linux's kind derives (ranges are unsigned intervals
 * only), so that what is legal by this state is legal for the verifier.
 */
#ifndef FUZZ_GEN_H
#define FUZZ_GEN_H

#include "fuzz/fuzz.h"

enum {
	GEN_SLOTS = 16,		/* stack slots in play, a window somewhere in the frame */
	GEN_CODE = 600,		/* slots of one function at most */
	GEN_ROOM = 120,		/* a step starts only with so many slots left */
	GEN_POOL = 32,
	GEN_MAPS = 6,
	GEN_SUBS = 4,
	GEN_PROGS = 4,
	GEN_PENDING = 16,	/* jumps to the common exit of a function */
	GEN_TAIL = 64, GEN_MOVED = 4,	/* blocks moved out of line */
	GEN_CTX = 96,		/* bytes of a context of any size */
	GEN_PLAIN = 64,		/* bytes of a PLAIN program's memory */
	GEN_PACKET = 200,
	GEN_ROWS = 40,		/* emitters */
};

/* ---- what is known of a value ------------------------------------------- */

enum gtype {
	G_NONE,			/* not readable */
	G_SCALAR, G_CTX, G_STACK,
	G_PKT, G_META, G_END,
	G_MAP, G_VALUE, G_VALUE_NULL,
	G_MEM,			/* PLAIN memory, or the caller's stack: range bytes */
	G_MIXED,		/* spill slots: a pointer on some path only */
};

struct greg {
	uint8_t type;
	uint8_t map;		/* G_MAP, G_VALUE*: index */
	uint8_t align;		/* G_MEM: accesses must be aligned */
	uint16_t id;		/* G_VALUE_NULL: the same test; G_PKT: the same base */
	int32_t off;		/* pointers: the fixed offset */
	int32_t range;		/* G_PKT: bytes from the base; G_MEM: size */
	uint64_t lo, hi;	/* scalars: the value; pointers: the variable offset */
};

struct gstate {
	struct greg reg[REGS];
	uint8_t init[GEN_SLOTS];	/* one bit per byte of a slot, lowest address first */
	struct greg spill[GEN_SLOTS];	/* pointers only; G_NONE: data */
};

enum garg { GA_SCALAR, GA_STACK, GA_CTX };

struct gfn {			/* one function: main, or a subprogram */
	struct insn *code;
	uint32_t len;
	uint8_t narg, arg[5];	/* enum garg */
	uint8_t size[5];	/* GA_STACK: bytes */
	uint32_t cost;		/* insns that a verifier walks for one call */
	int32_t start;		/* after linking; -1: not called */
};

_Static_assert(GEN_CODE * (GEN_SUBS + 1) < INT16_MAX, "a jump reaches any slot");

struct ctx_field {
	uint16_t off;
	uint8_t size;
	bool write;
};

struct gen {
	struct choice *c;
	const struct gen_opts *o;
	struct arena *a;
	const struct prog_type_info *info;
	uint16_t type, attach;
	bool strict;		/* as Linux without CAP_PERFMON: no variable stack offsets, ... */
	bool portable;
	bool dare;		/* go a little beyond a bound, now and then */
	uint32_t groups;

	struct gstate st;
	struct insn *code;	/* of the function that grows */
	uint32_t len;
	uint16_t lock;		/* registers that must keep what they hold */
	uint16_t slot_lock;	/* stack slots, likewise */
	int16_t window;		/* offset of stack slot 0, a negative multiple of 8 */
	uint8_t nslot;
	uint16_t next_id;
	bool is_main, in_loop, no_call, has_subs;
	uint8_t depth;		/* of nested control flow */
	uint32_t target, end;	/* slots wanted; stop when len gets to end */

	/* what a verifier that follows each path would walk */
	uint32_t paths, walked, cap;

	uint32_t out[GEN_PENDING];	/* jumps to the common exit */
	uint32_t nout;
	bool out_ok;
	struct insn tail[GEN_TAIL];
	struct gmoved { uint32_t at, from, n, back; } moved[GEN_MOVED];
	uint32_t ntail, nmoved;
	bool no_outline;

	uint64_t pool[GEN_POOL];	/* constants that the program compares with */
	uint32_t npool;

	struct map_def map[GEN_MAPS];
	uint32_t nmap;
	int8_t prog_array;	/* index of the map, -1 without */
	uint32_t nprog;

	struct gfn sub[GEN_SUBS];
	uint32_t nsub, first_sub;	/* subprograms from first_sub on may be called */

	uint32_t packet_need;	/* the longest packet that some check asks for */
	uint32_t ctx_size;	/* any-size contexts and PLAIN memory */

	uint16_t sum[GEN_ROWS];	/* running sums of the emitters' weights */
	const struct ctx_field *field;
	uint32_t nfield;
	const uint8_t *helper;
	uint32_t nhelper;
};

/* ---- gen_state.c: choices, values and registers ------------------------- */

static inline bool gen_coin(struct gen *g, uint32_t percent)
{
	return choice_below(g->c, 100) < percent;
}
static inline uint32_t gen_below(struct gen *g, uint32_t n)
{
	return choice_below(g->c, n);
}

struct greg greg_none(void);
struct greg greg_scalar(uint64_t lo, uint64_t hi);
struct greg greg_const(uint64_t v);
struct greg greg_unknown(void);
static inline bool greg_is_const(const struct greg *r)
{
	return r->type == G_SCALAR && r->lo == r->hi;
}
static inline bool greg_is_ptr(const struct greg *r)
{
	return r->type > G_SCALAR;
}

/* Is this the time to do something that the verifier should refuse? */
static inline bool gen_dare(struct gen *g)
{
	return g->dare && choice_below(g->c, 3) == 0;
}

/* Interesting values: edges of all widths, powers of two, what the program used before. */
uint64_t gen_value(struct gen *g);
int32_t gen_imm(struct gen *g);
void gen_remember(struct gen *g, uint64_t v);
/* A value for inputs: mostly at, or one beside, a constant of the program. */
uint64_t gen_word(struct gen *g);

/* Registers r0 to r9 of a kind; -1 if there is none. */
int gen_any(struct gen *g, uint16_t mask);
uint16_t gen_mask(const struct gen *g, enum gtype t);
/* A scalar (made if there is none). */
int gen_scalar(struct gen *g);
/* A scalar that may be changed (made if there is none). */
int gen_scalar_rw(struct gen *g);
/* A scalar that is not among these, or -1. */
int gen_scalar_but(struct gen *g, uint16_t mask);
/* A register that holds the context, -1 if it is lost. */
int gen_ctx(struct gen *g);
/* A register to write, rarely one that holds a pointer. */
int gen_dst(struct gen *g);
int gen_dst_but(struct gen *g, uint16_t mask);

void gen_put(struct gen *g, struct insn in);
void gen_lddw(struct gen *g, int dst, uint8_t subtype, uint64_t v);
void gen_mov_imm(struct gen *g, int dst, int32_t imm);
void gen_set(struct gen *g, int reg, struct greg v);
void gen_clobber(struct gen *g);	/* r0 to r5, after a call */
void gen_forget_packets(struct gen *g);

/* What holds on every path that meets here. */
void gstate_join(struct gstate *a, const struct gstate *b);
/* Every VALUE_NULL of this id becomes VALUE or the scalar 0. */
void gstate_not_null(struct gstate *s, uint16_t id, bool null);
/* by was compared with the end: all of its base have range bytes now. */
void gstate_packet_range(struct gstate *s, const struct greg *by, int32_t range);

/* ---- gen_alu.c ---------------------------------------------------------- */

bool gen_alu_k(struct gen *g);
bool gen_alu_x(struct gen *g);
bool gen_alu_1(struct gen *g);
bool gen_mov(struct gen *g);
bool gen_lddw_imm(struct gen *g);
/* The range of d op s where a verifier is sure to know it, else all. */
struct greg greg_alu(uint8_t op, uint8_t width, const struct greg *d, const struct greg *s);
/* A random row of a kind, among the groups allowed; I_NONE if there is none. */
uint8_t gen_row_of(struct gen *g, enum insn_kind kind);

/* ---- gen_bait.c: scalars that range analysis is likely to get wrong ----- */

bool gen_bound(struct gen *g);
bool gen_link(struct gen *g);
bool gen_select(struct gen *g);
bool gen_pair(struct gen *g);
bool gen_window(struct gen *g);
bool gen_mixed(struct gen *g);
/* Makes r a scalar in [0, max], by masks, shifts or branches. */
void gen_clamp(struct gen *g, int r, uint64_t max);

/* ---- gen_mem.c: stack, context, map values ------------------------------ */

bool gen_stack_store(struct gen *g);
bool gen_stack_load(struct gen *g);
bool gen_stack_var(struct gen *g);
bool gen_spill(struct gen *g);
bool gen_fill(struct gen *g);
bool gen_ctx_load(struct gen *g);
bool gen_ctx_store(struct gen *g);
bool gen_value_access(struct gen *g);
bool gen_value_direct(struct gen *g);
bool gen_value_var(struct gen *g);
bool gen_mem_access(struct gen *g);
bool gen_atomic(struct gen *g);
bool gen_ptr_arith(struct gen *g);
/* Initialises bytes [off, off + n) of r10 with constants where they are not yet. */
void gen_stack_init(struct gen *g, int off, uint32_t n);
/* An offset, a multiple of 8, with n bytes of data slots; 0 if there is none. */
int gen_stack_area(struct gen *g, uint32_t n);
void gen_stack_mark(struct gen *g, int off, uint32_t n);	/* now initialised */
/* A load or store of bits through p at off; the address is known to be good. */
enum { ACC_READ = 1, ACC_WRITE = 2, ACC_ATOMIC = 4, ACC_NO_IMM = 8 };
bool gen_access(struct gen *g, int p, int32_t off, uint32_t bits, uint32_t acc);
/* q = p + scalar of at most max, in one of the shapes; q's register, -1 if not possible. */
int gen_add_var(struct gen *g, int p, uint64_t max);

/* ---- gen_packet.c ------------------------------------------------------- */

bool gen_packet_check(struct gen *g);
bool gen_packet_access(struct gen *g);
bool gen_packet_var(struct gen *g);
bool gen_ld_abs(struct gen *g);

/* ---- gen_flow.c: branches, joins, loops, exits -------------------------- */

/* A conditional jump, and what is known on its two sides. */
struct gcond {
	struct insn in;
	struct gstate taken;	/* the other side is g->st */
};
bool gen_branch(struct gen *g, struct gcond *c);
/* The same, comparing register d (-1: any scalar). */
bool gen_branch_on(struct gen *g, struct gcond *c, int d);
/* A branch on d: both sides go on if that is not too much to walk, else one leaves. */
bool gen_fork_on(struct gen *g, int d);
bool gen_guard_on(struct gen *g, int d);
/* d and s compared with each other, and one side leaves. */
bool gen_guard_pair(struct gen *g, int d, int s);
/* Emits the jump of a condition on a scalar; its offset is open. */
uint32_t gen_branch_emit(struct gen *g, struct gcond *c);
void gen_leave(struct gen *g, uint32_t at, struct gcond *c, bool taken_leaves);
void gen_land(struct gen *g, uint32_t at);
bool gen_if(struct gen *g);
bool gen_guard(struct gen *g);
bool gen_jump(struct gen *g);
bool gen_can_fork(const struct gen *g, uint32_t n);
void gen_body(struct gen *g, uint32_t n);	/* about n insns, nested */
void gen_exit(struct gen *g);
void gen_outlined(struct gen *g);
/* Narrows the interval of a scalar for a comparison that came out as taken. */
void greg_refine(struct greg *r, uint8_t op, uint8_t width, bool taken, uint64_t k);

bool gen_loop(struct gen *g);	/* gen_loop.c */

/* ---- gen_call.c --------------------------------------------------------- */

bool gen_lookup(struct gen *g);
bool gen_null_check(struct gen *g);
bool gen_helper(struct gen *g);
bool gen_tail_call(struct gen *g);
bool gen_call_sub(struct gen *g);
void gen_map_ptr(struct gen *g, int dst, uint32_t map);

/* ---- gen_wild.c --------------------------------------------------------- */

/* Any insn that decodes, with jumps inside a program of len slots; pc is its slot. */
struct insn gen_wild_insn(struct choice *c, uint32_t groups, uint32_t pc, uint32_t len,
			  uint32_t nmap, struct insn *second);
void gen_wild_program(struct gen *g, struct program *p, uint32_t n);

/* ---- gen_unit.c: maps, inputs, and what a type offers ------------------- */

void gen_maps(struct gen *g);
void gen_inputs(struct gen *g, const struct unit *u, struct testcase *tc);
void gen_offers(struct gen *g);

/* ---- gen.c -------------------------------------------------------------- */

void gen_steps(struct gen *g);	/* until g->end */

#endif
