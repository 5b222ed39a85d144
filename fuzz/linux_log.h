/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux_log: what the kernel's verifier says of registers and stack, from its
 * log of level 2, along one path.
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
	struct klog_slot slot[KLOG_SLOTS];
};
struct klog_state {
	struct klog_frame frame[MAX_FRAMES];
	uint32_t cur;		/* frame that runs */
};

/* Reads one register's text up to its end; false if it is not understood. */
bool klog_parse_reg(const char *s, const char *end, uint32_t frame, struct klog_reg *r);
/*
 * Applies one state, " frame1: R1=... fp-8=..."; full: what it does not name
 * is unknown from now on.  False if something is not understood.
 */
bool klog_apply(struct klog_state *st, const char *s, const char *end, bool full);

enum klog_event {
	KLOG_INSN,		/* the insn at .insn is about to be looked at; .st holds before it */
	KLOG_END,		/* the path ends here, or the log does */
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
	bool safe_ends;		/* being covered by an older state cuts the path, too */
	bool cut;		/* KLOG_END: not where a path ends, but at an error, or at nothing */
	int32_t pending;	/* the insn whose effect has not been applied yet, or -1 */
};
void klog_begin(struct klog *k, const char *log, const struct insn *prog, uint32_t len);
/* Goes on to the next insn of the path. */
enum klog_event klog_next(struct klog *k);
/*
 * Some insns are looked at twice, each time with one of two values of a
 * register ("from 7 to 7: ...").  Finds the next such place in the log behind *at:
 * k starts there, before insn k->insn.  False: there is none.
 */
bool klog_fork(const struct klog *from, const char **at, struct klog *k);

#endif
