/* SPDX-License-Identifier: Apache-2.0 */
/* What explain.c (what matters) and explain_trace.c (where values come from) share. */
#ifndef VERIFIER_EXPLAIN_H
#define VERIFIER_EXPLAIN_H

#include "verifier/internal.h"

enum {
	SOURCES = 4,		/* definitions that one definition is made from */
	MAX_TRACED = 1 << 16,	/* insns at the end of a path whose values are traced */
	DECISIONS = 8,		/* the last branches are shown in any case */
	LOOP_DECISIONS = 3,	/* the same, where they repeat */
	MAX_DEFS = 1 << 20,
};

/* How a register or slot came by its value. */
struct def {
	uint32_t insn;			/* index into the traced insns */
	uint32_t source[SOURCES];	/* definitions, 0: none */
	uint8_t frame, reg;		/* reg: REGS + i is slot i */
	bool mine;			/* what the insn is there for, not a side effect */
	bool needed;
	const struct reg_state *value;	/* NULL: bytes that are no spilled register */
};

struct traced {
	uint32_t pc, frame;
	uint32_t def, ndef;		/* its definitions */
	bool taken, decided;
	bool shown;
};

enum { PLACES = REGS + MAX_SLOTS };
struct tracer {
	const struct venv *env;
	struct arena *arena;
	struct traced *insn;
	uint32_t ninsn;
	size_t skipped;			/* insns of the path before insn[0] */
	struct def *def;		/* [0] is none */
	uint32_t ndef, capdef;
	uint32_t now[MAX_FRAMES][PLACES]; /* the definition of each */
	struct vstate *state;		/* before the insn that failed, NULL if it is not known */
	uint32_t *visits;		/* by slot */
	uint32_t loop;			/* the jump met most often, UINT32_MAX: none twice */
	struct vstate *head;		/* before its last visit */
};

/*
 * Steps through the path of the log and gives each value its definition.  False
 * if it cannot be followed.
 */
bool trace_path(struct tracer *t, const struct path_insn *path, size_t n);

#endif
