/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case: the types that cross the borders between folders, and their files.
 */
#ifndef CASE_CASE_H
#define CASE_CASE_H

#include "isa/isa.h"
#include "platform/platform.h"

/* ---- arena.c: memory of one trial ---------------------------------------- */

/*
 * A bump allocator.  Everything that one trial allocates comes from one arena
 * and is gone with arena_reset(); chunks are kept for the next trial.
 */
struct arena_chunk;
struct arena {
	struct arena_chunk *first, *cur;
	char *ptr, *end;
	size_t used;		/* bytes handed out since the last reset */
};
/* Zeroed, 16-byte aligned; never NULL (the process dies when memory is out). */
void *arena_alloc(struct arena *a, size_t size);
/* The same without zeroing. */
void *arena_raw(struct arena *a, size_t size);
void *arena_dup(struct arena *a, const void *p, size_t size);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void arena_reset(struct arena *a);
void arena_free(struct arena *a);

/* The machine failed (not the program under test): prints to stderr, exits with 3. */
_Noreturn void die(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* ---- rng.c: the only source of randomness --------------------------------- */

struct rng {
	uint64_t s[4];		/* xoshiro256** */
};
void rng_seed(struct rng *r, uint64_t seed);
uint64_t rng_next(struct rng *r);
/* Uniform in [0, n), n > 0. */
uint64_t rng_below(struct rng *r, uint64_t n);
/* splitmix64's finaliser: a good mix of one word. */
uint64_t mix64(uint64_t x);
/* The byte digest used everywhere: XXH3, 64 bits. */
uint64_t digest(const void *p, size_t n, uint64_t seed);

/* ---- program, unit, input -------------------------------------------------- */

struct subprog {
	uint32_t start, end;	/* slots, [start, end) */
	const char *name;	/* NULL if unknown */
	bool global;		/* verified on its own (BTF linkage global) */
};

struct func_info {
	uint32_t insn_off, type_id;	/* as Linux takes them: slots, BTF type */
};
struct line_info {
	uint32_t insn_off;		/* slots */
	uint32_t line, col;
	const char *file, *text;	/* the source line, without leading blanks */
};

struct program {		/* immutable once sealed; the hash names it on disk */
	const struct insn *insn;
	uint32_t len;		/* 8-byte slots; LDDW takes two */
	const uint8_t *id;	/* enum insn_id per slot; NULL if program_check() refused it */
	struct check_err check;	/* why, if id is NULL */
	const struct subprog *sub;
	uint32_t nsub;		/* at least 1 when id is set: sub[0] is main */
	const struct func_info *func;
	uint32_t nfunc;
	const struct line_info *line;
	uint32_t nline;
	uint16_t type, attach_type;
	uint32_t prog_flags;
	const char *name;	/* "" if unknown */
	const char *license;	/* "GPL" by default */
	const char *target;	/* the kernel function or tracepoint whose arguments it gets, or NULL */
	uint64_t hash;
};

enum { MAX_MAPS = 64, MAX_PROGS = 32, MAX_INPUTS = 256 };

struct map_def {
	char name[16];
	uint32_t type, key_size, value_size, max_entries, flags;
	const uint8_t *init;	/* first value (.rodata, .data), or NULL */
	uint32_t ninit;
	bool frozen;		/* contents are constant, programs and verifier may rely on it */
	bool has_spin_lock;
	uint32_t spin_lock_off;
	int32_t inner;		/* map-in-map: index of the template map, or -1 */
	uint32_t btf_key, btf_value;
};

struct unit {			/* what one case loads: prog[0] is the entry, the rest tail-call targets */
	const struct program *prog;
	uint32_t nprog;
	const struct map_def *map;
	uint32_t nmap;		/* LDDW sub-types 1, 2, 5, 6 name maps by index into this */
};

struct input {			/* all that a run may observe: same input, same outcome */
	const uint8_t *ctx, *packet;	/* PLAIN: ctx is the memory of r1 */
	uint32_t nctx, npacket;
	/*
	 * Initial map contents: records of { u8 map index, key, value }, inserted
	 * in order; for a prog_array the value is a u32 index into unit.prog,
	 * for a map of maps one into unit.map.
	 */
	const uint8_t *maps;
	uint32_t nmaps;
	uint64_t seed;		/* time, random, cpu helpers, poison, alignment of regions */
	uint64_t fuel;		/* insns that may be charged */
};
enum { FUEL_DEFAULT = 1 << 20, FUEL_FUZZ = 1 << 14 };

/*
 * Fills what can be derived: ids, check, subprogs, default attach type and
 * licence, hash.  p->insn, len, type must be set.  Memory comes from a.
 * Subprogs start at slot 0 and at the targets of local calls and code
 * addresses; a list given in p->sub (sorted by start) lends them names and
 * linkage, but adds and removes none.
 */
void program_seal(struct program *p, struct arena *a);
uint64_t unit_hash(const struct unit *u);
/* The subprogram that slot pc belongs to (index into p->sub). */
uint32_t program_subprog(const struct program *p, uint32_t pc);

/* ---- outcome and trace ------------------------------------------------------ */

struct pc {
	uint16_t prog;
	uint32_t insn;		/* slot */
};

enum out { OUT_RETURN, OUT_TRAP, OUT_FUEL, OUT_REJECT, OUT_UNSUPPORTED, OUT_BROKEN, OUT_N };
const char *out_name(enum out kind);

enum trap {
	TRAP_NONE,
	TRAP_ACCESS,		/* memory outside every region, or write to a read-only one */
	TRAP_ALIGN,		/* unaligned atomic, load-acquire or store-release */
	TRAP_HELPER,		/* bad helper id, or a helper argument outside every region */
	TRAP_CALL_DEPTH,	/* a ninth frame */
	TRAP_DEAD,		/* an insn that the verifier never reached has run */
	TRAP_FAULT,		/* compiled code faulted where no check stood (trusting mode) */
	TRAP_N,
};
const char *trap_name(enum trap trap);	/* a sentence's worth: "out-of-bounds access" */

enum ruled { RULED_NOT, RULED_ACCEPT, RULED_REJECT };

enum region_id { REGION_STACK, REGION_CTX, REGION_PACKET, REGION_MAPS, REGION_SLACK, REGION_N };
const char *region_name(enum region_id r);

struct trace;
struct outcome {
	uint8_t kind;		/* enum out */
	uint8_t trap;		/* enum trap */
	struct pc pc;		/* of the trap, of the block that ran out of fuel, or of the reject */
	uint64_t reg[REGS];	/* at exit of main */
	uint32_t reg_valid;	/* bit mask: which are comparable */
	uint32_t reg_half;	/* of those, where only the low 32 bits are known */
	uint64_t digest[REGION_N]; /* one each, so that a difference has a place */
	uint32_t digest_valid;	/* bit mask of enum region_id */
	uint64_t helpers;	/* digest of helper calls, arguments and results */
	uint64_t nhelpers;	/* how many */
	uint64_t insns;		/* charged instructions */
	const struct trace *trace; /* NULL unless asked for and CAP_TRACE; lives until the next run */
	uint8_t verdict;	/* enum ruled: of the engine's own verifier */
	uint8_t reason;		/* OUT_UNSUPPORTED: a number that an engine counts by, or 0 */
	char why[96];		/* for people; never compared */
};

/*
 * A trace has one step per executed insn: the registers before it, and the
 * bytes that it (or the helper that it calls) wrote to guest memory.
 */
struct trace_write {
	uint64_t addr;
	uint32_t len;
	uint32_t data;		/* offset into trace.bytes: the bytes after the write */
};
struct trace_step {
	uint32_t insn;		/* slot */
	uint16_t prog;
	uint8_t frame;		/* 0 = main */
	uint8_t nwrite;		/* 255 at most; more is an overflow */
	uint32_t write;		/* index of the first in trace.write */
	uint64_t reg[REGS];
};
struct trace {
	struct trace_step *step;
	uint32_t nstep, cap;
	struct trace_write *write;
	uint32_t nwrite, wcap;
	uint8_t *bytes;
	uint32_t nbytes, bcap;
	bool overflow;		/* steps past the bound were not recorded */
};
enum { TRACE_MAX_STEPS = 1 << 16 };

/* ---- layout: where guest memory lies ------------------------------------------ */

/*
 * Guest memory sits at one fixed base, in granules of 16 MiB; the index of the
 * granule finds the region.  Guards of at least 64 KiB surround each region.
 */
#define GUEST_BASE 0x548000000000ULL
enum {
	GUEST_SHIFT = 24,
	GUEST_STACK = 0, GUEST_CTX = 1, GUEST_PACKET = 2, GUEST_MAP0 = 3, /* granule numbers */
	GUEST_GRANULES = GUEST_MAP0 + MAX_MAPS,
	GUEST_GUARD = 1 << 16,
	GUEST_STACK_SIZE = MAX_FRAMES * STACK_SIZE, /* frame f's r10 = base + size - f * STACK_SIZE */
};
/* Handles: values of map pointers and code addresses; never accessible memory. */
#define GUEST_MAP_HANDLE (GUEST_BASE + 0x7f000000ULL)	/* + 64 * map index */
#define GUEST_CODE (GUEST_BASE + 0x7e000000ULL)		/* + 8 * slot */
/*
 * A 4-byte context load that Linux turns into a pointer (data, data_end,
 * data_meta) yields the 64-bit value stored at ctx + CTX_SHADOW + 2 * off.
 */
enum { CTX_SHADOW = 0x100000 };

enum { RGN_READ = 1, RGN_WRITE = 2 };
struct region {
	uint64_t base;
	uint64_t len;		/* 0: no such region */
	uint32_t flags;
	uint32_t stride;	/* maps: bytes from one value to the next */
};
struct layout {
	struct region rgn[GUEST_GRANULES];
	uint64_t data;			/* where the packet begins, also one without bytes */
};

/* ---- files ------------------------------------------------------------------- */

/* A case with what it is expected to do. */
struct testcase {
	struct unit unit;
	struct input *input;
	uint32_t ninput;	/* at least 1 */
	bool has_result;	/* -- result: r0 of the first input */
	uint64_t result;
	const char *error;	/* -- error: expected failure, or NULL */
	const char *note;	/* what an ELF object asks for and we leave as it is, or NULL; in no file */
};

enum file_format { FMT_AUTO, FMT_RAW, FMT_HEX, FMT_TEXT, FMT_BIN, FMT_ELF, FMT_ASM, FMT_N };
const char *format_name(enum file_format f);
bool format_parse(const char *name, enum file_format *f);

struct file_err {
	uint32_t line, col;	/* 0: the place is a byte offset, or nowhere */
	uint64_t off;
	char msg[160];
	char text[160];		/* the line for the caret, or "" */
};
void file_err_print(FILE *f, const char *name, const struct file_err *err);

struct file_opts {
	enum file_format format;
	uint32_t type;		/* for formats that do not say: PROG_PLAIN, ... */
	const char *program;	/* ELF: this one only (function or section name), or NULL: all */
};

/*
 * Parses a file's bytes.  ELF objects may hold several programs: each becomes
 * one testcase (own unit, shared maps).  Returns how many (stored at *out,
 * from the arena), or -1 with *err.  Strict: nothing malformed passes.
 */
long file_parse(const uint8_t *bytes, size_t n, const struct file_opts *o, struct arena *a,
		struct testcase **out, struct file_err *err);
/* Reads a whole file ("-": standard input) with a size limit of 64 MiB; NULL with *err. */
uint8_t *file_read(const char *path, size_t *n, struct file_err *err);	/* free() it */

/* case_bin.c: magic "PLX1", version, then sections; deterministic. */
uint8_t *case_to_bin(const struct testcase *tc, struct arena *a, size_t *n);
bool case_from_bin(const uint8_t *p, size_t n, struct arena *a, struct testcase *tc,
		   struct file_err *err);
/*
 * Total: any bytes decode to some well-formed case (fuzz targets).  With the
 * magic and strictly valid bytes it equals case_from_bin().
 */
void case_from_any(const uint8_t *p, size_t n, struct arena *a, struct testcase *tc);

/* case_any.c */

/*
 * Makes any slots a program that program_check() accepts: keeps what is
 * well-formed, maps unknown opcodes to known ones, registers, jumps and map
 * indices (of nmap maps) into their range.  in has room for one more slot: an
 * exit is appended if execution could run off the end.  Returns the length,
 * which is at most MAX_INSNS if len is below it.
 */
uint32_t program_repair(struct insn *in, uint32_t len, const struct map_def *map, uint32_t nmap,
			struct arena *a);

/* case_text.c: the superset of bpf_conformance's .data (DESIGN, decision 5). */
char *case_to_text(const struct testcase *tc, struct arena *a);	/* NUL-terminated */
bool case_from_text(const char *p, size_t n, uint32_t default_type, struct arena *a,
		    struct testcase *tc, struct file_err *err);

/* ---- edit.c: edits of a program that keep it well-formed ----------------------- */

/* Deletes slots [from, to) with jump, call and subprogram fix-up; false if impossible. */
bool edit_delete(const struct program *p, uint32_t from, uint32_t to, struct arena *a,
		 struct program *out);
/* Inserts n slots before slot at; jumps over the place are fixed. */
bool edit_insert(const struct program *p, uint32_t at, const struct insn *in, uint32_t n,
		 struct arena *a, struct program *out);
/* Replaces the insn (one or two slots) at slot at by n slots. */
bool edit_replace(const struct program *p, uint32_t at, const struct insn *in, uint32_t n,
		  struct arena *a, struct program *out);
/* A copy that shares no memory with tc. */
void edit_copy(const struct testcase *tc, struct arena *a, struct testcase *out);

#endif
