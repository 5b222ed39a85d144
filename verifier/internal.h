/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of verifier/ share. */
#ifndef VERIFIER_INTERNAL_H
#define VERIFIER_INTERNAL_H

#include "verifier/verifier.h"

#include <assert.h>
#include <string.h>

enum {
	MAX_SLOTS = STACK_SIZE / 8,
	MAX_PTR_OFF = 1 << 29,		/* offsets of pointers stay below, either sign */
	MAX_PACKET_OFF = 0xffff,
	MAX_PENDING = 8192,		/* branches that wait on one path */
	MAX_SUBPROGS = 256,
	UNPRIV_MAX_INSNS = 4096,
	PROG_F_STRICT_ALIGNMENT = 1,	/* prog_flags, as Linux */
	PROG_F_SLEEPABLE = 16,
	BUDGET = 1000000,		/* processed insns, as Linux */
};

/* Helpers with rules of their own. */
enum {
	HELPER_get_local_storage = 81, HELPER_map_push_elem = 87, HELPER_map_pop_elem = 88,
	HELPER_spin_lock = 93, HELPER_spin_unlock = 94,
	HELPER_sk_fullsock = 95, HELPER_tcp_sock = 96, HELPER_skc_to_tcp6_sock = 136,
	HELPER_skc_to_tcp_sock = 137, HELPER_skc_to_tcp_timewait_sock = 138,
	HELPER_skc_to_tcp_request_sock = 139, HELPER_skc_to_udp6_sock = 140,
	HELPER_skc_to_mptcp_sock = 196,
};

/*
 * The library's memcpy() and memset(): for a size that it knows the compiler
 * uses "rep" instructions, which take twice as long for some hundred bytes.
 */
static inline void copy_bytes(void *to, const void *from, size_t n)
{
	__asm__("" : "+r"(n));
	memcpy(to, from, n);
}

static inline void zero_bytes(void *p, size_t n)
{
	__asm__("" : "+r"(n));
	memset(p, 0, n);
}

/* ---- state.c ------------------------------------------------------------- */

struct pool *pool_new(struct arena *a);
struct vstate *state_new(const struct venv *env);
struct func_state *frame_split(const struct venv *env, struct vstate *s, uint32_t i);
/* The frame, no longer shared with another state. */
static inline struct func_state *frame_own(const struct venv *env, struct vstate *s, uint32_t i)
{
	return s->frame[i]->shared == 1 ? s->frame[i] : frame_split(env, s, i);
}
/* An empty frame on top: r10 points to its stack. */
struct func_state *frame_push(const struct venv *env, struct vstate *s, uint32_t subprog,
			      uint32_t callsite);
void frame_pop(const struct venv *env, struct vstate *s);
/* Slot spi (0 is [-8, 0)) of frame i, which grows to hold it, for writing. */
struct stack_slot *slot_own(const struct venv *env, struct vstate *s, uint32_t i, uint32_t spi);

/* Holds one more, or one less; false if it is too many, or not held. */
bool state_add_ref(const struct venv *env, struct vstate *s, uint32_t id, enum ref_kind kind);
bool state_drop_ref(struct vstate *s, uint32_t id, enum ref_kind kind);

static inline uint32_t state_id(struct vstate *s)
{
	return ++s->next_id;
}

static inline void reg_unknown(struct reg_state *r)
{
	memset(r, 0, sizeof(*r));
	r->s = scalar_unknown();
	r->type = T_SCALAR;
}

static inline void reg_scalar(struct reg_state *r, struct scalar s)
{
	memset(r, 0, sizeof(*r));
	r->s = s;
	r->type = T_SCALAR;
}

/* A pointer of this type to the start of its object. */
static inline void reg_pointer(struct reg_state *r, enum reg_type type, uint8_t flags)
{
	memset(r, 0, sizeof(*r));
	r->s = scalar_const(0);
	r->type = type;
	r->flags = flags;
}

static inline bool slot_is_spill(const struct stack_slot *s)
{
	return s->type[0] == SLOT_SPILL;
}

static inline bool slot_is_pointer(const struct stack_slot *s)
{
	return slot_is_spill(s) && s->spill.type != T_SCALAR;
}

/* Bytes of a spill: 8, 4, 2 or 1. */
uint32_t slot_spilled(const struct stack_slot *s);

static inline bool type_is_packet(uint8_t type)
{
	return type == T_PACKET || type == T_PACKET_META;
}

/* One per register and spilled register of the state; see state_next_reg(). */
struct reg_iter {
	uint32_t frame, i;
};
/*
 * Walks over all registers and spills, for reading; NULL at the end.  Start with
 * { 0, 0 }.  reg_iter_own() is the one just returned, for writing.
 */
const struct reg_state *reg_iter_next(const struct vstate *s, struct reg_iter *it);
struct reg_state *reg_iter_own(const struct venv *env, struct vstate *s, const struct reg_iter *it);

/* The types of all its bytes. */
static inline uint64_t slot_word(const struct stack_slot *s)
{
	uint64_t w;

	memcpy(&w, s->type, sizeof(w));
	return w;
}

/* ---- digest.c ------------------------------------------------------------ */

/*
 * What most often tells two states apart, of r0 to r9 of the current frame:
 * 5 bits each for the type, and 6 for a known number (0: not known).  Made when
 * it is first asked for: many states are never compared.
 */
struct digest {
	uint64_t types, numbers;
	bool made;
};
void digest_make(struct digest *d, const struct vstate *s);
static inline const struct digest *digest_of(struct digest *d, const struct vstate *s)
{
	if (!d->made)
		digest_make(d, s);
	return d;
}
/*
 * Is it clear from their digests that old does not hold cur?  Scalars outside of
 * precise hold any other; exact: the states must be the same.
 */
bool digest_differs(const struct digest *old, const struct digest *cur, uint32_t live,
		    uint32_t precise, bool exact);

/* ---- contain.c ----------------------------------------------------------- */

/*
 * Given that old holds cur: is cur the same, but for slots that old has not got?
 * (A loop that only fills new slots; Linux calls that the same, too.)
 */
bool state_repeats(const struct venv *env, const struct vstate *old, const struct vstate *cur,
		   const uint16_t *live);

/* ---- verify.c: errors ---------------------------------------------------- */

/* Fills out with the sentence; returns err.  reg is -1 without. */
enum verr verr_fail(struct step *out, enum verr err, int reg, ...);
/* The second sentence that Linux logs after the first. */
void verr_more(struct step *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- the step's parts ---------------------------------------------------- */

/* One execution of one insn. */
struct exec {
	const struct venv *env;
	struct vstate *st;
	struct func_state *f;	/* the current frame, owned */
	const struct insn *in;
	const struct insn_row *row;
	struct step *out;
	uint32_t pc;
};

/* Unless the program may leak addresses, a pointer must not become a number. */
static inline bool reg_leaks(const struct venv *env, const struct reg_state *r)
{
	return !env->perfmon && r->type != T_SCALAR;
}

static inline void touch(struct exec *x, uint32_t reg)
{
	x->out->touched |= 1u << reg;
}

static inline enum verr reg_read(struct exec *x, uint32_t reg)
{
	touch(x, reg);
	if (x->f->reg[reg].type == T_NOT_INIT)
		return verr_fail(x->out, V_READ_UNINIT, (int)reg, reg);
	return V_OK;
}

/* The verdict relied on the scalar in reg. */
static inline void need_precise(struct exec *x, uint32_t reg)
{
	if (x->f->reg[reg].type == T_SCALAR)
		x->out->precise |= 1u << reg;
}

static inline void scalar_lose_id(struct reg_state *r)
{
	r->id = 0;
	r->delta = 0;
	r->has_delta = r->delta32 = false;
}

/* alu.c */
/* Bits of step.mask, below the limit. */
enum { MASK_SCALAR = 1, MASK_NEGATIVE = 2, MASK_CONST = 4, MASK_DST = 8, MASK_USED = 16 };
void scalar_give_id(struct exec *x, struct reg_state *r);
enum verr exec_alu(struct exec *x);

/* "(0x0; 0xff)" */
const char *tnum_text(struct tnum t, char buf[48]);

/* jump.c */
enum verr exec_jump(struct exec *x);
/* All pointers with this id turned out to be NULL, or not. */
void mark_null_test(const struct venv *env, struct vstate *st, uint32_t id, uint32_t ref,
		    bool null);

/* speculate.c */
/* The edge of a decided jump that is not taken (taken: the jump is). */
void speculate_jump(struct exec *x, bool taken);
/* What follows this addition when its offset was masked to 0: dst is ptr. */
void speculate_masked(struct exec *x, const struct reg_state *ptr);
/* Nothing runs ahead of this insn, so it needs no mask. */
bool speculation_barrier(const struct exec *x);
/* Does a barrier in front of the insn prevent this error on a speculative path? */
bool speculation_may_end(enum verr err);

/* stack.c */
enum access { ACCESS_READ, ACCESS_WRITE };
enum verr stack_load(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, int dst);
/* value: the register stored, or -1 for imm. */
enum verr stack_store(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, int value);
/*
 * A helper reads (and with write, writes) size bytes at register ptr; with
 * uninit they need not be initialised.
 */
enum verr stack_range(struct exec *x, uint32_t ptr, uint32_t size, bool write, bool uninit);

/* mem.c */
enum verr exec_mem(struct exec *x);
enum verr mem_access(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write,
		     int value, bool strict);
enum verr mem_region(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, uint32_t bound,
		     bool zero_ok);

enum verr align_check(struct exec *x, const struct reg_state *r, int32_t off, uint32_t size,
		      bool strict);
/* Pointers that are used with a constant offset only (off_ok), or unmoved. */
enum verr fixed_offset(struct exec *x, uint32_t ptr, bool off_ok);
enum verr packet_check(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool zero_ok);
enum verr map_value_check(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write,
			  bool zero_ok);
enum verr buffer_check(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write);
/* Contents that neither programs nor user space can change any more. */
bool map_is_constant(const struct map_def *m);

/* helper_arg.c */
struct call {			/* what the arguments of a helper told */
	const struct helper_proto *proto;
	int32_t map;		/* index, -1: none */
	uint32_t map_uid;
	int64_t key;		/* constant key of an array, -1: not known */
	uint32_t ref;		/* held by some argument */
	uint32_t release;	/* the register whose reference goes, 0: none */
	uint64_t alloc_size;
	uint64_t size_max[6];	/* by register: largest value of a size */
};
enum verr helper_arg_check(struct exec *x, struct call *c, uint32_t reg);

/* helper.c */
enum verr exec_call(struct exec *x);
bool program_is_gpl(const struct program *p);
/* Packet pointers are not valid any more. */
void packet_invalidate(const struct venv *env, struct vstate *st);

/* Kernel types by name: ids in the kernel's BTF, or numbered as they come without. */
uint32_t btf_intern(const struct venv *env, const char *name);

/* kernel.c: only with env->opts.btf */
/* The id of the struct of this name, 0 if there is none. */
uint32_t kernel_struct(const struct venv *env, const char *name);
const char *kernel_name(const struct venv *env, uint32_t id);
/* Finds what the program attaches to. */
void kernel_target(struct venv *env);
/* A load of an argument of it. */
enum verr kernel_ctx(struct exec *x, uint32_t ptr, int32_t at, uint32_t size, int value);
/* An access behind a pointer to a kernel struct. */
enum verr kernel_access(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write,
			int value);
/* Does the pointer, with its fixed offset, point to such a struct? */
bool kernel_points_to(const struct venv *env, const struct reg_state *r, const char *name);

/* call.c */
enum verr exec_call_local(struct exec *x);
enum verr exec_exit(struct exec *x);
/* From the current frame to its caller. */
enum verr exec_return(struct exec *x);
enum verr exec_may_return(struct exec *x, struct scalar r0);

/* structure.c */
enum verr structure_check(struct venv *env, struct step *out, uint32_t *pc);

void call_clobber(struct func_state *f);

/* log.c: env->log is NULL without a log */
struct vlog *vlog_new(struct arena *a, uint8_t level, struct log_sink *sink);
/* NULL, or who gets events instead of text. */
struct log_sink *vlog_sink(const struct vlog *l);
void vlog_printf(struct vlog *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/*
 * The third kind of log, for explain.c: the insns of the current path, and the
 * state before those where it cannot be had by stepping on from the insn before.
 */
enum { LOG_PATH = 3 };
struct path_insn {
	struct vstate *state;	/* or NULL */
	uint32_t pc;
};
bool vlog_is_path(const struct vlog *l);
void vlog_path_add(struct vlog *l, const struct venv *env, uint32_t pc, struct vstate *state);
const struct path_insn *vlog_path(const struct vlog *l, size_t *n);
/* Level 1 forgets what was written since mark, when the path ended well. */
size_t vlog_mark(const struct vlog *l);
void vlog_forget(struct vlog *l, size_t mark);
const char *vlog_text(struct vlog *l, size_t *n);
/* Subprograms and live registers, at level 2. */
void vlog_head(struct vlog *l, const struct venv *env);
/* Frame f of the state, after a blank, with a newline. */
void vlog_frame(struct vlog *l, const struct venv *env, const struct vstate *s, uint32_t f);
/* "IDX: STATE" of the current frame. */
void vlog_state(struct vlog *l, const struct venv *env, const struct vstate *s);
/* "from A to B: STATE", and with repeat "B: STATE". */
void vlog_from(struct vlog *l, const struct venv *env, const struct vstate *s, uint32_t from,
	       bool repeat);
/* The insn at s->insn. */
void vlog_insn(struct vlog *l, const struct venv *env, const struct vstate *s);
/* The path ends in front of s->insn; from: the insn before if that is worth telling. */
void vlog_safe(struct vlog *l, const struct venv *env, const struct vstate *s, uint32_t from);
/* What the insn at pc, printed last, did to the state s. */
void vlog_step(struct vlog *l, const struct venv *env, const struct vstate *s, uint32_t pc,
	       const struct step *out);
/* The return from callee (a state before the exit) to where s goes on. */
void vlog_return(struct vlog *l, const struct venv *env, const struct vstate *callee,
		 const struct vstate *s);
void vlog_error(struct vlog *l, const struct step *out);
/* log_insn.c */
void vlog_insn_text(const struct venv *env, uint32_t pc, char *buf, size_t n);

/* explain_words.c: the strings come from env->arena. */
/* "a pointer to the value of map 'm' (8 bytes), which may be NULL" */
const char *words_value(const struct venv *env, const struct reg_state *r);
/* "r0 == 0", of a conditional jump. */
const char *words_condition(const struct venv *env, uint32_t pc);
/*
 * What the access or the call at pc demands that register reg of s does not
 * fulfil, or NULL if the values say it all.
 */
const char *words_fact(const struct venv *env, const struct vstate *s, uint32_t pc, enum verr err,
		       int reg);
/* "bpf_x() reads a key of map 'm', which has 8 bytes", if the call at pc demands one in reg; or NULL. */
const char *words_map_size(const struct venv *env, const struct vstate *s, uint32_t pc,
			   uint32_t reg);

/* verify.c */
uint32_t env_subprog(const struct venv *env, uint32_t pc);

/* depth.c: slots of stack that each subprogram uses */
enum verr depth_check(const struct venv *env, const uint32_t *slots, struct step *out);

/* walk_exact.c */
enum verr walk_exact(struct venv *env, struct step *step, struct verdict *out);

/* walk_linux.c */
enum verr walk_linux(struct venv *env, struct step *step, struct verdict *out);

#endif
