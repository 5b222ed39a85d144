/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engines: everything that can run a program, behind one vtable.
 */
#ifndef ENGINES_ENGINES_H
#define ENGINES_ENGINES_H

#include "case/case.h"
#include "vm/vm.h"

enum mode {
	MODE_CHECKED = 1,	/* each access checked: for programs that no verifier has seen */
	MODE_FUZZ = 2,		/* all registers left, poison, fuel, traps at dead insns */
	MODE_STEP = 4,		/* registers stored before each insn (implies a trace) */
};

/* Pointers stay valid until unload(). */
struct load_opts {
	uint32_t mode;		/* of MODE_*; 0 is trusting */
	bool trace;
	/* From the verifier, per program and slot; NULL without: */
	const uint8_t *const *dead;	/* != 0: never reached */
	const uint8_t *const *ctx_ptr;	/* != 0: a context load that yields a pointer */
	/*
	 * For engines that have to be told what to show.  exit_regs: at exits of
	 * main, the registers that hold a scalar whatever path leads there (NULL:
	 * r0 is all that is known); stack: bytes that main uses, per program.
	 */
	const uint16_t *const *exit_regs;
	const uint8_t *const *ctx;	/* != 0: a memory access to the context */
	const uint32_t *stack;
	const struct input *hint; /* an input to come, for what depends on its size; or NULL */
	bool verdict_only;	/* it will not run: only CAP_VERDICT is of interest */
};

/* What an engine runs and shows, asked before generating. */
enum {
	CAP_REGS = 1,		/* all registers at exit */
	CAP_R0 = 2,		/* r0 at least */
	CAP_STACK = 4, CAP_CTX = 8, CAP_PACKET = 16, CAP_MAPS = 32,
	CAP_HELPERS = 64,	/* digest of helper calls */
	CAP_TRAP_PC = 128,	/* trap kind and pc */
	CAP_FUEL = 256,
	CAP_TRACE = 512,
	CAP_CHECKED = 1024,	/* runs what no verifier has seen */
	CAP_EXACT_MEM = 2048,	/* same addresses and poison as interp */
	CAP_VERDICT = 4096,	/* has a verifier of its own: see outcome.verdict */
};

/* Why an outcome cannot be compared: outcome.reason, next to the sentence in why. */
enum reason {
	REASON_NONE,
#define REASON(name, text) REASON_##name,
#include "engines/reasons.def"
	REASON_N,
};
extern const char *const reason_text[REASON_N];
void outcome_unsupported(struct outcome *out, enum reason reason);

struct engine {
	const char *name;
	enum priv priv;			/* CAP_VERDICT: of its verifier */
	uint32_t (*caps)(void);		/* 0: not available on this machine */
	void *(*load)(const struct engine *, const struct unit *, const struct load_opts *,
		      struct outcome *reject);	/* NULL: see *reject */
	void (*run)(void *loaded, struct guest *, const struct input *, struct outcome *);
	void (*unload)(void *loaded);
	/*
	 * NULL if every input can be given to a program.  Otherwise *out is the
	 * input nearest to in that this engine can show to the unit's programs;
	 * another engine that is given *out sees the same bytes.  False: there is
	 * none, why[96] says what stands against it.
	 */
	bool (*represent)(const struct unit *, const struct input *in, struct arena *,
			  struct input *out, char *why);
};

/* From engines.def; NULL if there is none of this name. */
const struct engine *engine_by_name(const char *name);
const struct engine *engine_at(uint32_t i);	/* NULL past the end */

#endif
