/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verifier: filter, soundness oracle and guide.  Never includes vm/ or jit/.
 */
#ifndef VERIFIER_VERIFIER_H
#define VERIFIER_VERIFIER_H

#include "case/case.h"

/* ---- tnum.c: what is known of each bit ----------------------------------- */

/* Bits set in mask are unknown, the others are as in value; value & mask == 0. */
struct tnum {
	uint64_t value, mask;
};
static inline struct tnum tnum_const(uint64_t v)
{
	return (struct tnum){ v, 0 };
}
static inline struct tnum tnum_unknown(void)
{
	return (struct tnum){ 0, UINT64_MAX };
}
static inline bool tnum_is_const(struct tnum a)
{
	return a.mask == 0;
}
static inline bool tnum_contains(struct tnum a, uint64_t v)
{
	return (v & ~a.mask) == a.value;
}
/* The smallest tnum that holds [lo, hi], lo <= hi. */
struct tnum tnum_range(uint64_t lo, uint64_t hi);
struct tnum tnum_lsh(struct tnum a, uint8_t shift);
struct tnum tnum_rsh(struct tnum a, uint8_t shift);
struct tnum tnum_arsh(struct tnum a, uint8_t shift, uint8_t width);
struct tnum tnum_add(struct tnum a, struct tnum b);
struct tnum tnum_sub(struct tnum a, struct tnum b);
struct tnum tnum_neg(struct tnum a);
struct tnum tnum_and(struct tnum a, struct tnum b);
struct tnum tnum_or(struct tnum a, struct tnum b);
struct tnum tnum_xor(struct tnum a, struct tnum b);
struct tnum tnum_mul(struct tnum a, struct tnum b);		/* the meet of the next two */
struct tnum tnum_mul_join(struct tnum a, struct tnum b);	/* as Linux since 6.18 */
struct tnum tnum_mul_split(struct tnum a, struct tnum b);	/* as Linux 5.14 to 6.17 */
struct tnum tnum_bswap(struct tnum a, uint8_t bits);
/* The meet.  False if no value is in both; *out then is some tnum. */
bool tnum_meet(struct tnum a, struct tnum b, struct tnum *out);
struct tnum tnum_join(struct tnum a, struct tnum b);
/* The low size bytes, zero-extended. */
struct tnum tnum_cast(struct tnum a, uint8_t size);
struct tnum tnum_subreg(struct tnum a);
struct tnum tnum_with_subreg(struct tnum a, struct tnum low);
bool tnum_is_aligned(struct tnum a, uint64_t size);
/* The smallest member above v; the largest member if there is none. */
uint64_t tnum_next(struct tnum a, uint64_t v);
/* Every member of b is one of a. */
bool tnum_subset(struct tnum a, struct tnum b);

/* ---- scalar.c: tnum and four ranges, kept in step ------------------------ */

struct scalar {
	struct tnum var;
	uint64_t umin, umax;
	int64_t smin, smax;
	uint32_t u32min, u32max;
	int32_t s32min, s32max;
};

static inline struct scalar scalar_unknown(void)
{
	return (struct scalar){
		.var = { 0, UINT64_MAX }, .umax = UINT64_MAX, .smin = INT64_MIN,
		.smax = INT64_MAX, .u32max = UINT32_MAX, .s32min = INT32_MIN, .s32max = INT32_MAX,
	};
}
static inline struct scalar scalar_const(uint64_t v)
{
	return (struct scalar){
		.var = { v, 0 }, .umin = v, .umax = v, .smin = (int64_t)v, .smax = (int64_t)v,
		.u32min = (uint32_t)v, .u32max = (uint32_t)v,
		.s32min = (int32_t)v, .s32max = (int32_t)v,
	};
}
static inline bool scalar_is_const(const struct scalar *s)
{
	return s->var.mask == 0;
}
struct scalar scalar_urange(uint64_t lo, uint64_t hi);
struct scalar scalar_srange(int64_t lo, int64_t hi);
/* The low size bytes, zero-extended (what a narrow load of it yields). */
struct scalar scalar_cast(struct scalar s, uint8_t size);
bool scalar_contains(const struct scalar *s, uint64_t v);	/* v lies in all five at once */
/* Each part of b lies within that part of a (what pruning compares). */
bool scalar_subset(const struct scalar *a, const struct scalar *b);
/* Structural invariants: min <= max each, tnum well-formed, const agrees.  For asserts. */
bool scalar_check(const struct scalar *s);

/*
 * A scalar domain: the transfer functions behind one interface, so that
 * Linux 6.18's and better ones can be compared state by state.  All pure.
 */
struct domain {
	const char *name;
	/* dst = dst op src at width 32 or 64 (result zero-extended); MOV, MOVSX look at src. */
	struct scalar (*alu)(enum insn_op op, uint8_t width, struct scalar dst, struct scalar src);
	/*
	 * Some operations on a value that is either 0 or -1 are explored once with
	 * each.  If this is one (true): *dst is narrowed to what this path goes on
	 * with, before alu(), and *other is dst on a second path, which starts at
	 * the same instruction.
	 */
	bool (*split)(enum insn_op op, uint8_t width, struct scalar *dst, const struct scalar *src,
		      struct scalar *other);
	/* 1 always taken, 0 never, -1 unknown. */
	int (*branch)(enum insn_op op, uint8_t width, const struct scalar *dst, const struct scalar *src);
	/*
	 * Narrows both operands for the edge on which the comparison came out as
	 * taken.  False: no value satisfies it, the edge is dead.  dst == src is a
	 * register compared with itself.
	 */
	bool (*refine)(enum insn_op op, uint8_t width, bool taken, struct scalar *dst, struct scalar *src);
	/* Lets each part learn from the others; false if they are seen to contradict (empty). */
	bool (*sync)(struct scalar *s);
};
extern const struct domain domain_linux;	/* as Linux 6.18 */
extern const struct domain domain_precise;	/* never wider than domain_linux, slower */

/* ---- state.c: registers, stack, frames ----------------------------------- */

/*
 * Sizes (64-bit hosts): a register 96 bytes, a stack slot 104, a frame 1,096
 * (without its slots), a state 128 (without its frames).  Frames and slot arrays
 * are shared between states until one of them writes.
 */
enum reg_type {
	T_NOT_INIT, T_SCALAR, T_CTX, T_STACK, T_MAP_PTR, T_MAP_KEY, T_MAP_VALUE,
	T_PACKET, T_PACKET_META, T_PACKET_END, T_MEM, T_BUF, T_FUNC, T_SOCKET,
	T_SOCK_COMMON, T_TCP_SOCK, T_XDP_SOCK, T_FLOW_KEYS, T_BTF_ID, T_TP_BUFFER,
	T_ARENA, T_DYNPTR,
	T_N,
};
enum {
	TF_NULL = 1,		/* may be NULL; id ties copies together */
	TF_RDONLY = 2, TF_UNINIT = 4, TF_TRUSTED = 8, TF_RINGBUF = 16, TF_UNTRUSTED = 32,
	TF_PLAIN = 64,		/* T_MEM: the memory of a PLAIN program, size from input */
	TF_RCU = 128,
};

/* Packet ranges below zero: the pointer was compared with pkt_end and lies there or beyond. */
enum { RANGE_AT_END = -1, RANGE_BEYOND_END = -2 };

/*
 * A concrete pointer is base + off + (some member of s), where the base is:
 * the frame's r10 (T_STACK), data and data_meta (T_PACKET*; with an id, s and
 * off are relative to that), the start of the object otherwise.
 */
struct reg_state {
	struct scalar s;	/* scalars: the value; pointers: the variable offset */
	int32_t off;		/* pointers: the fixed offset */
	uint32_t id;		/* equal ids: equal scalar (up to delta), same packet pointer, same null test */
	uint32_t ref;		/* id of the reference held, 0 without */
	int32_t delta;		/* scalar = (value of id's class) + delta, with has_delta; see delta32 */
	union {
		uint32_t map;	/* T_MAP_*: index into unit.map */
		int32_t range;	/* T_PACKET*: bytes known to be there; < 0: at or beyond the end */
		uint32_t size;	/* T_MEM, T_BUF: bytes */
		uint32_t frame;	/* T_STACK: whose stack */
		uint32_t subprog; /* T_FUNC */
		uint32_t btf;	/* T_BTF_ID: id of the type in vopts.btf, without one index of a name; see btf_name() */
		struct {	/* SLOT_ITER, SLOT_DYNPTR: reserved */
			uint8_t kind, state;
			uint16_t depth;
		} obj;
	};
	uint32_t map_uid;	/* T_MAP_VALUE of an inner map: which lookup; T_MAP_PTR likewise */
	uint8_t type;		/* enum reg_type */
	uint8_t flags;		/* TF_* */
	bool precise : 1;
	bool has_delta : 1;
	bool delta32 : 1;	/* with has_delta: the sum is truncated to 32 bits, and the class is below 2^32 */
};

enum slot_type {
	SLOT_INVALID, SLOT_MISC, SLOT_ZERO, SLOT_SPILL, SLOT_ITER, SLOT_DYNPTR,
};
struct stack_slot {		/* 8 bytes of stack; slot i covers [-8 * (i + 1), -8 * i) of r10 */
	/*
	 * The register spilled here, if type[0] is SLOT_SPILL.  A narrow spill has
	 * its value in the low bytes: type[0] to type[n - 1] are SLOT_SPILL, and the
	 * bytes above are not part of it.  The number is that of the register, as
	 * in Linux; what is in memory is its low n bytes.
	 */
	struct reg_state spill;
	uint8_t type[8];	/* by byte, [0] lowest address */
};
struct func_state {
	struct reg_state reg[REGS];
	struct stack_slot *slot;
	uint16_t nslot, cap;	/* slots at and beyond nslot are SLOT_INVALID */
	uint32_t subprog;
	uint32_t callsite;	/* slot of the call insn in the caller */
	uint32_t shared;	/* states that hold this frame; see state.c */
	bool in_callback;	/* reserved: so are the bounds of what it may return */
	int32_t ret_lo, ret_hi;
};
enum { MAX_REFS = 32 };
enum ref_kind { REF_PTR, REF_LOCK, REF_RCU, REF_PREEMPT, REF_IRQ };
struct ref_state {
	uint32_t id, insn;	/* acquired at */
	uint8_t kind;		/* enum ref_kind */
};
struct vstate {
	struct func_state *frame[MAX_FRAMES];
	uint32_t curframe;
	uint32_t insn;		/* the state holds before this slot */
	uint32_t next_id;
	uint32_t active_lock;	/* id of the map value that is locked, see lock_map */
	uint32_t may_goto_depth;
	uint32_t callback_depth, rcu_depth, preempt_depth, irq_id; /* reserved */
	bool in_exception;	/* reserved */
	bool speculative;	/* no run gets here: a cpu that mispredicts may, see speculate.c */
	uint16_t nref, refcap;
	struct ref_state *ref;
	uint32_t lock_map;	/* 1 + the map whose value is locked, 0: no lock is held */
};

const char *reg_type_name(const struct reg_state *r, char buf[64]);	/* "map_value_or_null" */

/* ---- errors.def: why a program is refused -------------------------------- */

enum verr {
#define VERR(name, text) V_##name,
#include "verifier/errors.def"
	VERR_N,
};
extern const char *const verr_name[VERR_N];	/* "INVALID_STACK_ACCESS" */
extern const char *const verr_text[VERR_N];	/* the sentence's template */
/* Refused because we cannot judge it (not because it is unsafe)? */
bool verr_unsupported(enum verr e);

enum walk { WALK_EXACT, WALK_LINUX };

struct btf;		/* case/btf.h */
struct btf_type;
struct vopts {
	enum priv priv;
	enum walk walk;
	/*
	 * The kernel's types, by which arguments of tracepoints and memory behind kernel
	 * pointers are judged.  NULL: what needs them is not supported.
	 */
	const struct btf *btf;
	uint8_t log;		/* 0, 1, 2 as Linux */
	bool record;		/* keep states per slot for the soundness oracle */
	bool state_freq;	/* Linux walk: keep a state wherever possible, which prunes more */
	bool strict_align;
	uint32_t max_insns;	/* processed; 0: the default budget of the walk */
	uint32_t max_records;	/* per slot; 0: the default */
	uint32_t plain_size;	/* PLAIN programs: bytes of memory at r1 (the shortest input's nctx) */
	uint32_t plain_max;	/* the longest input's: r2 lies in [plain_size, plain_max]; less: plain_size */
	uint32_t cpus;		/* of the machine: Linux bounds their numbers; 0: not known */
	bool committed;		/* paths that a cpu only runs ahead on are left out: see speculate.c */
	bool sealed;		/* PRIV_ROOT: yet no address becomes a number, and no stale stack is read */
	bool live_exit;		/* r0 to r9 count as read at the exit of main (they are compared there) */
	const struct domain *domain; /* NULL: domain_linux */
	struct log_sink *sink;	/* with log: not NULL gets it as data, and verdict.log is "" */
};

/* ---- log.c: the log as data ------------------------------------------------ */

enum log_kind {
	LOG_FUNCTION,	/* subprogram number frame begins at pc */
	LOG_LIVE,	/* regs may be read at pc before they are written */
	LOG_BEGIN,	/* a path begins at pc, or goes on there after the insn from */
	LOG_INSN,	/* the insn at pc is executed in state */
	LOG_RESULT,	/* it left this state; regs and slots are what it touched */
	LOG_CALL,	/* it called: the frame is new */
	LOG_RETURN,	/* the frame above returned to pc */
	LOG_SAFE,	/* the path ends at pc (after the insn from): an older state holds this one */
	LOG_PRECISE,	/* the values of regs and slots of frame matter before the insn at pc */
	LOG_PRECISE_STATE, /* and in the state that is kept at pc */
	LOG_INHERITED,	/* regs and slots of frame mattered behind the state of LOG_SAFE */
	LOG_ERROR,	/* text, more; on a speculative path nothing but its end */
};
struct venv;
struct vstate;
struct log_event {
	enum log_kind kind;
	uint32_t pc, from, frame; /* UINT32_MAX: none */
	const struct venv *env;
	const struct vstate *state; /* NULL: does not belong to this event */
	uint32_t regs;		/* bit N: register N */
	uint64_t slots;		/* bit N: the 8 bytes below r10 - 8 * N */
	const char *text, *more; /* the insn, or the sentences of an error */
	enum verr err;
};
/* With vopts.sink set, whoever is interested gets events instead of text. */
struct log_sink {
	void (*event)(struct log_sink *sink, const struct log_event *e);
	/* Level 1: how far the log is, and that what came after that is of no interest. */
	size_t (*mark)(struct log_sink *sink);
	void (*forget)(struct log_sink *sink, size_t mark);
};

/* ---- step.c: one instruction --------------------------------------------- */

struct pool;
struct vlog;

struct vsub {			/* a subprogram, as the structural pass sees it */
	uint32_t start, end;
	bool tail_call, global;
	bool ld_abs;
	bool calls;		/* other subprograms */
};

/* All that a step reads and never writes (the pool only hands out memory). */
struct venv {
	const struct unit *unit;
	const struct program *prog;
	const struct insn *insn;
	const uint8_t *id;	/* enum insn_id per slot */
	uint32_t len;
	const uint32_t *special; /* slots of insns that do more than move, compute, load and store */
	uint32_t nspecial;
	const struct vsub *sub;
	uint32_t nsub;
	struct vopts opts;
	const struct domain *dom;
	const struct prog_type_info *type;
	bool bpf_capable;	/* CAP_BPF: loops, spilled scalars, ... */
	bool sleepable;
	const struct btf_type *target; /* prototype of what it attaches to, NULL: not known */
	bool perfmon;		/* pointer leaks and uninitialised stack reads are allowed */
	bool guesses;		/* what a processor may guess counts: see speculate.c */
	bool limits;		/* masks depend on scalars: no state holds one with others */
	const uint32_t *loop;	/* by slot: 0, or the number of its loop; NULL: not computed */
	const uint16_t *live;	/* by slot: registers that may be read before they are written */
	uint8_t *aux;		/* by slot: AUX_* */
	struct arena *arena;
	struct pool *pool;
	struct vlog *log;	/* NULL: none */
};

enum flow {
	FLOW_NEXT,		/* one successor: inout->insn */
	FLOW_BRANCH,		/* two: inout is the fall-through, other the taken edge */
	FLOW_CALL,		/* a frame was pushed */
	FLOW_RETURN,		/* a frame was popped */
	FLOW_EXIT,		/* the program ends here */
};

/* What a step did besides changing the state. */
struct step {
	enum flow flow;
	struct vstate *other;	/* FLOW_BRANCH: the caller owns it */
	struct vstate *mispredicted; /* NULL, or one more path, a speculative one: the caller owns it */
	bool barrier;		/* without CAP_PERFMON: speculation ends behind this store */
	bool decided;		/* a conditional jump whose outcome was known */
	bool may_goto;		/* a branch of a may_goto: other is the exit */
	bool ctx_ptr;		/* a context load that yields a pointer */
	uint8_t mem_type;	/* enum reg_type of the pointer that was dereferenced, 0 without */
	uint8_t mem_flags;
	/* Scalars on whose value the verdict relied (registers before the insn, current frame). */
	uint16_t precise;
	/* Slots with stack bytes that were read, and (of the last access) its frame and those written. */
	bool stack_read, stack_write;
	uint8_t access_frame;
	uint64_t slots_read[MAX_FRAMES], slots_written;
	uint64_t slots_precise;	/* spills of precise_frame on whose value the verdict relied */
	uint8_t precise_frame;
	/* For logs: registers of the (new) current frame and slots that changed. */
	uint16_t touched;
	uint64_t touched_slots[MAX_FRAMES];
	uint32_t linked;	/* registers narrowed through ids */
	/* Without CAP_PERFMON: how this addition (without CAP_BPF: this tail call's index) is masked,
	 * the same on all paths. */
	uint64_t mask;
	enum verr err;
	int8_t reg;		/* the register involved, -1 without */
	char msg[160];
	char more[80];		/* a second sentence, for the log */
};

/*
 * Prepares env for program prog of the unit (which must be sealed) and does the
 * structural checks; V_OK, or the reason in out with the slot in *pc.
 */
enum verr venv_init(struct venv *env, const struct unit *u, uint32_t prog, const struct vopts *o,
		    struct arena *a, struct step *out, uint32_t *pc);
/* The state at entry of subprogram sub (0: main). */
struct vstate *venv_entry(const struct venv *env, uint32_t sub);

/* The kernel type that reg_state.btf stands for. */
const char *btf_name(const struct venv *env, uint32_t i);

struct vstate *state_copy(const struct venv *env, const struct vstate *s);
void state_free(const struct venv *env, struct vstate *s);
/*
 * Is every concrete machine of cur also one of old?  NOT_INIT registers and
 * invalid stack bytes of old hold anything; registers outside live (one mask per
 * frame, NULL: all) are not compared.
 */
bool state_contains(const struct venv *env, const struct vstate *old, const struct vstate *cur,
		    const uint16_t *live);
static inline const struct reg_state *state_reg(const struct vstate *s, uint32_t reg)
{
	return &s->frame[s->curframe]->reg[reg];
}

/*
 * Executes the insn at inout->insn abstractly.  No globals, fresh ids come from
 * the state.  V_OK: inout is the successor (see out->flow).  Otherwise inout is
 * left in some valid state, and out->err, reg and msg say why.
 */
enum verr verifier_step(const struct venv *env, struct vstate *inout, struct step *out);

/* ---- verify.c ------------------------------------------------------------ */

/* States recorded before a slot. */
struct record {
	const struct vstate *state;
	struct record *next;
};
struct records {
	struct record **at;	/* by slot; NULL: never visited */
	uint32_t *count;	/* by slot, also counts what was not kept */
	bool overflow;		/* some slot has more than was kept */
	bool pruned;		/* Linux walk: some path was pruned */
};

enum {
	AUX_SEEN = 1, AUX_CTX_PTR = 2, AUX_PRUNE_POINT = 4, AUX_PRUNED_HERE = 8,
	AUX_BARRIER = 16, AUX_BARRIER_AFTER = 32, /* speculation ends before, or behind it */
};

struct verdict {
	bool accepted;
	enum verr err;		/* V_OK if accepted */
	uint32_t pc;		/* of the rejection */
	char msg[160];		/* short sentence, as Linux logs it */
	int8_t reg;		/* the register involved, -1 without */
	uint64_t processed;	/* insns */
	uint32_t states, peak_states, max_states_per_insn;
	uint32_t stack[MAX_FRAMES]; /* bytes of stack used by subprogs 0.. */
	const uint8_t *aux;	/* AUX_* per slot, from the arena */
	struct scalar ret;	/* join of r0 over all exits of main */
	bool ret_known;
	struct records rec;	/* if asked for */
	const char *log;	/* NUL-terminated, "" without */
	size_t nlog;
};

/*
 * Verifies program prog of the unit.  All memory comes from a and lives until
 * it is reset; no globals.
 */
void verify(const struct unit *u, uint32_t prog, const struct vopts *o, struct arena *a,
	    struct verdict *out);

/* ---- explain.c, explain_words.c: a rejection for the author of the program ---- */

extern const char *const verr_headline[VERR_N];	/* what is wrong, in plain words */
extern const char *const verr_hint[VERR_N];	/* how it is usually put right */

enum why_kind { WHY_SET, WHY_STORE, WHY_BRANCH, WHY_CALL, WHY_RETURN, WHY_NEAR, WHY_N };
extern const char *const why_name[WHY_N];	/* "set" */

/* A value that the rejection is about. */
struct why_value {
	const char *name;	/* "r3", "fp-8" */
	const char *words;	/* "a number from 0 to 255" */
	uint32_t pc;		/* of the insn that gave it, UINT32_MAX: none on the path did */
	const struct line_info *line; /* NULL if unknown, here and below */
};

/* An insn of the path that matters for it. */
struct why_step {
	uint32_t pc, folded;	/* folded: insns of the path left out before this one */
	uint32_t frame;		/* 0: main */
	enum why_kind kind;
	bool taken;		/* WHY_BRANCH: the jump was taken */
	bool decided;		/* WHY_BRANCH: it could not go the other way */
	const char *insn;	/* as the log writes it */
	const char *words;	/* what it did: "r3 is now a number from 0 to 255" */
	const struct line_info *line;
};

enum { MAX_WHY_VALUES = 12, MAX_WHY_FACTS = 6, MAX_WHY_STEPS = 48 };
struct explanation {
	const char *headline, *hint;
	const char *insn;	/* at verdict.pc, NULL if there is none */
	const struct line_info *line;
	struct why_value value[MAX_WHY_VALUES];
	const char *fact[MAX_WHY_FACTS]; /* sentences: what is wrong with the values */
	struct why_step step[MAX_WHY_STEPS]; /* in the order of execution */
	uint32_t nvalue, nfact, nstep;
	uint32_t folded;	/* insns between the last step and the one that failed */
	/* Insns of the path; 0: the error is not one of a path, the steps are the insns around it. */
	uint64_t length;
};

/* The source line that slot pc belongs to, NULL if it is not known. */
const struct line_info *program_line(const struct program *p, uint32_t pc);
/*
 * As verify(); if the program is rejected, *e says why.  o->log and o->record
 * are as ever, and cost nothing here.  Accepted: e->headline only.
 */
void verify_explain(const struct unit *u, uint32_t prog, const struct vopts *o, struct arena *a,
		    struct verdict *out, struct explanation *e);

#endif
