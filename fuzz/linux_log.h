/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux_log: what the kernel's verifier says of registers and stack, from its
 * log of level 2.
 */
#ifndef FUZZ_LINUX_LOG_H
#define FUZZ_LINUX_LOG_H

#include "verifier/verifier.h"

enum klog_type {
	KT_NONE,		/* nothing is said of it */
	KT_SCALAR, KT_STACK, KT_CTX, KT_PKT, KT_PKT_META, KT_PKT_END, KT_MAP_PTR, KT_MAP_VALUE,
	KT_OTHER,		/* a type that nothing is checked of */
};

/* A register, or a spilled one. */
struct klog_reg {
	uint8_t type;		/* enum klog_type */
	bool or_null, precise;
	struct scalar s;	/* the value; pointers: the variable offset */
	int32_t off;
	uint32_t id;
	int32_t delta;		/* id=N+K: the value is K above that of N's class */
	bool has_delta;
	bool stale;		/* the kernel may know more by now: it narrows through ids without a word */
	uint32_t frame;		/* KT_STACK: whose */
	int32_t range;		/* KT_PKT: r=; -1, -2: at or beyond the end */
	uint32_t key_size, value_size;
	char map[17];
};

struct klog_slot {		/* fp-8 * (i + 1) */
	bool known;
	char byte[8];		/* by address, lowest first: 'm', '0', ... or 's' for the spill */
	uint8_t spilled;	/* low bytes that reg is about; 0: none */
	struct klog_reg reg;
};

enum { KLOG_SLOTS = STACK_SIZE / 8 };
struct klog_frame {
	struct klog_reg reg[REGS];
	uint32_t nslot;		/* slots from here on are not known, and not set */
	struct klog_slot slot[KLOG_SLOTS];
};
struct klog_state {
	struct klog_frame frame[MAX_FRAMES];
	uint32_t cur;		/* frame that runs */
	uint32_t top;		/* highest frame that is set */
};
void klog_state_clear(struct klog_state *st);
/* Only what is set is copied: most frames and slots are not. */
void klog_state_copy(struct klog_state *to, const struct klog_state *from);

/* Reads one register's text up to its end; false if it is not understood. */
bool klog_parse_reg(const char *s, const char *end, uint32_t frame, struct klog_reg *r);
/*
 * Applies one state, " frame1: R1=... fp-8=..."; full: what it does not name
 * is unknown from now on.  False if something is not understood.
 */
bool klog_apply(struct klog_state *st, const char *s, const char *end, bool full);

/* ---- the log as a tree ------------------------------------------------------------ */

/*
 * The kernel's verifier explores depth first: at a branch that may go both ways
 * it puts one side (where the jump leads) aside and goes on with the other.  When a path
 * ends, what was put aside last is taken up: "from 3 to 7: ...".  So a log is a
 * sequence of segments, each of which is a sequence of visits of insns.
 */
enum { KLOG_NONE = UINT32_MAX };
struct klog_visit {
	uint32_t insn, at;	/* at: offset of its line */
	uint32_t before;	/* the visit of the same insn before this one, or KLOG_NONE */
};
struct klog_segment {
	uint32_t from, to;	/* KLOG_NONE: it begins with no branch (the first, and global functions) */
	uint32_t first, n;	/* visits */
	uint32_t at;		/* offset of the line that begins it */
	uint32_t safe;		/* it ends before this insn, covered by an older state; or KLOG_NONE */
	uint32_t parent;	/* the visit that put it aside, where that is certain; or KLOG_NONE */
	uint32_t before;	/* the segment from the same branch before this one, or KLOG_NONE */
	bool spec;		/* only a processor that guesses comes here */
};
struct klog_tree {
	const char *log;
	const struct insn *prog;	/* what was loaded */
	uint32_t len;
	struct klog_visit *visit;
	struct klog_segment *seg;
	uint32_t nvisit, nseg, ncovered;
	uint32_t nbug;			/* lines in which the verifier says that it contradicts itself */
	uint32_t *last_visit, *last_seg; /* by insn (seg: by from): the last in the log, or KLOG_NONE */
	uint16_t *live;			/* by insn: registers that are live before it; all ones if not told */
	bool whole;			/* the log has an end, and no error in it */
};
/* Finds visits and segments.  False: it names insns that the program does not have. */
bool klog_tree(const char *log, const struct insn *prog, uint32_t len, struct arena *a,
	       struct klog_tree *out);

/* ---- reading a segment ---------------------------------------------------------------- */

enum klog_event {
	KLOG_INSN,		/* the insn at .insn is about to be looked at; .st holds before it */
	KLOG_END,		/* the segment ends here, or the log does */
	KLOG_ODD,		/* a line that is not understood: .line */
};
struct klog {
	const char *at;		/* rest of the log */
	const struct insn *prog; /* what was loaded, for calls */
	uint32_t len;
	struct klog_state st;
	uint32_t insn;
	char line[120];
	const char *state;	/* text of the last state applied, up to state_end */
	const char *state_end;
	bool begun, returned;
	int32_t pending;	/* the insn whose effect has not been applied yet, or -1 */
};
/* At the beginning of a log. */
void klog_begin(struct klog *k, const char *log, const struct insn *prog, uint32_t len);
/* At the beginning of segment number seg.  False: its state is not understood (k->line). */
bool klog_open(struct klog *k, const struct klog_tree *t, uint32_t seg);
/* Goes on to the next insn of the segment. */
enum klog_event klog_next(struct klog *k);
void klog_copy(struct klog *to, const struct klog *from);

#endif
