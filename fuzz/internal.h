/* SPDX-License-Identifier: Apache-2.0 */
/* Private to fuzz/. */
#ifndef FUZZ_INTERNAL_H
#define FUZZ_INTERNAL_H

#include "fuzz/fuzz.h"

enum ruling oracle_sound(struct trial *t, struct finding *f);
enum ruling oracle_accept_runs(struct trial *t, struct finding *f);
enum ruling oracle_agree(struct trial *t, struct finding *f);
enum ruling oracle_text(struct trial *t, struct finding *f);
enum ruling oracle_verdict(struct trial *t, struct finding *f);
enum ruling oracle_kernel_sound(struct trial *t, struct finding *f);

/* oracle_verdict.c */

/* A row of verdicts.def. */
struct verdict_known {
	enum priv priv;
	enum ruled kernel;
	enum verr error;
	const char *sentence;
	const char *reason, *type, *text;
};
extern const struct verdict_known verdict_known[];
extern const uint32_t verdict_nknown;
/* The row that expects this difference, or NULL; sentence: the kernel's. */
const struct verdict_known *verdict_is_known(enum priv priv, enum ruled kernel, enum verr ours,
					     const char *sentence);
/* Is there a loop in one of its functions?  a: for memory. */
bool program_loops(const struct program *p, struct arena *a);
/* The first line of s with N for each number. */
void verdict_skeleton(const char *s, char *out, size_t size);
/* Do the sentences say the same?  theirs may be cut short. */
bool verdict_same_error(const char *ours, const char *theirs);

struct trace *trace_copy(struct arena *a, const struct trace *t);

/* Every how many cases (by hash) the text oracle looks, unless asked to always. */
enum { TEXT_SAMPLE = 64 };

/* Fills f->kind from f->pc and f->signature from all the rest. */
void finding_seal(struct finding *f, const struct unit *u);

/*
 * Loads and runs one engine of a trial in a mode of its own (step mode, other
 * fuel); used to find the first diverging insn.  False if it cannot be loaded.
 */
bool trial_rerun(struct pipeline *p, const struct trial *t, uint32_t engine, uint32_t extra_mode,
		 const struct input *in, struct outcome *out);
/* The trial that run_one() worked on last; valid until the next run_one(). */
const struct trial *pipeline_trial(const struct pipeline *p);
const struct pipe_opts *pipeline_opts(const struct pipeline *p);
/* The text oracle on every case from now on (or on the sample again); what it was. */
bool pipeline_text_always(struct pipeline *p, bool always);
/* What the verifier is asked from now on. */
void pipeline_priv(struct pipeline *p, enum priv priv);
/* Judges the last trial by every oracle (for reports). */
void pipeline_opinions(struct pipeline *p, enum ruling ruling[ORACLE_N], struct finding f[ORACLE_N]);

/* ---- linux_last.c ---- */

/* For worker job; NULL if no engine runs programs in the kernel.  All take NULL. */
struct last *last_begin(const struct campaign_opts *o, uint32_t job);
/* Case index is about to run. */
void last_case(struct last *l, uint64_t index);
/* The worker ends, and the machine still runs. */
void last_end(struct last *l);
/* All workers have ended. */
void last_clean(const struct campaign_opts *o);

/* ---- campaign.c ---- */

/* With which privilege case i is made and judged. */
enum priv campaign_priv(const struct campaign_opts *o, uint64_t i);
/* Case i of a campaign: a pure function of the options, the corpus and i. */
void campaign_case(const struct campaign_opts *o, const struct corpus *corpus, uint64_t i,
		   struct arena *a, struct testcase *tc);

/* ---- crash.c ---- */

/*
 * Does the stored case fail in a fresh process, too?  Marks the folder if not.
 */
bool finding_confirmed(const char *folder, const struct pipe_opts *pipe, uint32_t timeout);
/*
 * Stores case i, on which a worker died with this status of waitpid(), or hung.
 * bucket receives the folder's name.  1 if a fresh process dies of it, too, 0
 * if not, -1 after a message if it cannot be stored.
 */
int crash_keep(const struct campaign_opts *o, const struct corpus *corpus, uint64_t i, int status,
	       bool hung, char *bucket, size_t size);

/* ---- findings.c ---- */

/* Closes it; false if anything written to it was lost. */
bool file_close(FILE *f);
/* The options with which repro makes the same pipeline, each after a blank. */
void finding_options(const struct pipe_opts *o, char *buf, size_t size);

#endif
