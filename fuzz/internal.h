/* SPDX-License-Identifier: Apache-2.0 */
/* Private to fuzz/. */
#ifndef FUZZ_INTERNAL_H
#define FUZZ_INTERNAL_H

#include "fuzz/fuzz.h"

enum ruling oracle_sound(struct trial *t, struct finding *f);
enum ruling oracle_accept_runs(struct trial *t, struct finding *f);
enum ruling oracle_agree(struct trial *t, struct finding *f);
enum ruling oracle_text(struct trial *t, struct finding *f);

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
/* Judges the last trial by every oracle (for reports). */
void pipeline_opinions(struct pipeline *p, enum ruling ruling[ORACLE_N], struct finding f[ORACLE_N]);

#endif
