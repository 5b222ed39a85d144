/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fuzz: generate, mutate, run one trial, judge it, keep and shrink findings.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include "case/case.h"
#include "engines/engines.h"
#include "verifier/verifier.h"

/* ---- gen.c: the generator ---------------------------------------------------- */

/*
 * Where the generator's decisions come from: a seed, or choice bytes (which
 * run out into zeros, so that any byte string is a program).
 */
struct choice {
	struct rng rng;
	const uint8_t *bytes;	/* NULL: from rng */
	size_t len, pos;
};
void choice_seed(struct choice *c, uint64_t seed);
void choice_bytes(struct choice *c, const uint8_t *p, size_t n);
/* Uniform in [0, n), n > 0. */
uint32_t choice_below(struct choice *c, uint32_t n);
uint64_t choice_u64(struct choice *c);

struct gen_opts {
	uint32_t types;		/* bit N: prog_type N may be chosen (0: all that run) */
	enum priv priv;		/* what the verifier will be asked */
	uint32_t insns;		/* aim for about so many (0: 30) */
	uint32_t inputs;	/* per program (0: 1) */
	uint32_t groups;	/* bit per insn_group that may be used (0: all that run) */
	bool wild;		/* second level: arbitrary decodable insns, for checked mode */
	bool no_loops;
	bool portable;		/* only what a test run of Linux can be given and reproduces */
	bool timid;		/* never go beyond a bound; otherwise 5 % of programs may, for once */
};

/*
 * Builds a typed case: accepted by the verifier nearly always, all insn
 * classes and register pairs, maps, helpers, subprograms, tail calls, loops.
 */
void gen_case(struct choice *c, const struct gen_opts *o, struct arena *a, struct testcase *tc);

/* ---- mutate.c: one mutator for libFuzzer, AFL++ and the built-in loop ----------- */

/* A changed copy, always well-formed; name (may be NULL) receives what was done. */
void mutate_case(struct rng *r, const struct testcase *in, const struct testcase *other,
		 struct arena *a, struct testcase *out, const char **name);
/*
 * On serialised cases (any bytes): mutates into buf, at most cap bytes;
 * returns the new length.  other may be NULL (no splice).
 */
size_t mutate_bytes(uint8_t *buf, size_t len, size_t cap, const uint8_t *other, size_t nother,
		    uint64_t seed);

/* ---- pipeline.c: run_one() is the architecture ----------------------------------- */

enum { MAX_ENGINES = 4 };

struct pipeline;
struct pipe_opts {
	const struct engine *engine[MAX_ENGINES];	/* [0] is the reference: traces */
	uint32_t nengine;
	enum priv priv;
	enum walk walk;
	bool alternate;		/* both walks in turn, by case hash */
	bool sound;		/* containment oracle on */
	bool text_always;	/* text and kernel-sound on every case, not on a sample */
	uint32_t kernel_log;	/* kernel-sound looks at one program in so many (0: its default), and at new shapes */
	bool measure;		/* fill stats.ns_stage */
	uint32_t max_insns;	/* the verifier's budget, 0: its default */
	bool unverified;	/* run what the verifier rejects in checked mode too */
};

/* How our verdict stands to that of an engine with a verifier of its own. */
enum verdict_class {
	VC_NONE, VC_ACCEPT, VC_REJECT, VC_OTHER_ERROR, VC_IMPRECISE, VC_UNSOUND, VC_KNOWN,
	VC_UNJUDGED, VC_POLICY, VC_N,
};
extern const char *const verdict_class_name[VC_N];

/* One case through all stages. */
struct trial {
	const struct testcase *tc;
	struct arena *arena;
	struct verdict verdict[MAX_PROGS];	/* per program of the unit */
	bool accepted;			/* all of them */
	enum walk walk;
	uint32_t nengine;
	const struct engine *engine[MAX_ENGINES];
	const struct input *input;	/* the one being judged */
	uint32_t input_index;
	struct outcome out[MAX_ENGINES];
	uint32_t excused;		/* bit by engine: it cannot be given this input */
	bool leaks;			/* accepted, but values may be addresses (PRIV_ROOT) */
	enum priv priv;
	const struct layout *layout;	/* guest memory of the run */
	uint64_t hash;			/* of the unit */
	bool sound, text;		/* whether these oracles look at this trial */
	uint64_t states_checked;	/* written by the containment oracle */
	bool kernel;			/* whether kernel-sound looks at this trial */
	uint64_t kernel_steps, kernel_values, kernel_odd; /* written by kernel-sound */
	uint64_t kernel_logs[2], kernel_covered, kernel_tainted, kernel_lost, kernel_bugs, kernel_known;
	uint32_t verdicts[VC_N];	/* by class, written by the verdict oracle */
};

enum ruling { HOLDS, FAILS, NO_OPINION };	/* NO_OPINION is counted and shown, never silent */

/* Where and how two views of a program first differ. */
struct finding {
	const char *oracle;
	const char *engines[2];
	uint32_t input_index;
	struct pc pc;			/* first diverging insn; insn == UINT32_MAX: not known */
	char kind[32];			/* of the insn there: "ADD64_X" */
	char place[32];			/* "r3", "stack", "packet", "trap", "exit", "map 0", ... */
	char what[256];			/* a sentence for people */
	char signature[160];		/* oracle/engines/kind/place: stable, names the bucket */
};

struct oracle {
	const char *name, *claim;	/* claim: one sentence, printed in reports */
	uint32_t needs;			/* CAP_* it reads */
	enum ruling (*judge)(struct trial *, struct finding *);
};
enum oracle_id {
#define ORACLE(name) ORACLE_##name,
#undef ORACLE_ROW
#include "fuzz/oracles.def"
	ORACLE_N,
};
extern const struct oracle oracles[ORACLE_N];

struct stats {
	uint64_t programs, accepted, executed, runs, comparisons, states_checked;
	uint64_t findings, traps, fuel, rejected, unsupported, broken;
	uint64_t walk[2], priv[PRIV_N];
	uint64_t reason[REASON_N];	/* outcomes that were not compared; [0]: those that were */
	uint64_t verdict[VC_N];
	uint64_t kernel_steps, kernel_values; /* of paths, compared with the kernel's log */
	uint64_t kernel_odd;		/* logs with lines that were not understood */
	uint64_t kernel_logs[2];	/* compared: of paths alone, of whole programs */
	uint64_t kernel_covered;	/* points where the run entered a state that an older one covers */
	uint64_t kernel_tainted;	/* of them, those behind which some values are not compared */
	uint64_t kernel_bugs;		/* logs in which the verifier says that it contradicts itself */
	uint64_t kernel_known;		/* logs that are wrong by a bug of Linux that is known */
	uint64_t kernel_lost;		/* logs that were not followed to the run's end */
	uint64_t half;			/* outcomes that show 32 bits of r0 only */
	uint64_t ruling[ORACLE_N][3];
	uint64_t executed_insns, processed, insns, with_branch, with_memory;
	uint64_t hist_executed[256];	/* accepted programs by executed insns, the last: 255 and more */
	uint64_t ns_stage[8];		/* bench: time per stage, see stage_name */
};

struct pipeline *pipeline_new(const struct pipe_opts *o, char *why);
void pipeline_free(struct pipeline *p);
/*
 * Runs one case through all stages.  Returns the number of findings (0 is
 * fine), the first of which is in *f.
 */
uint32_t run_one(struct pipeline *p, const struct testcase *tc, struct finding *f);
struct stats *pipeline_stats(struct pipeline *p);
/* Names of stats.ns_stage[]; NULL past the last. */
const char *stage_name(uint32_t stage);

/* ---- json.c: JSON out, for every command that has --json ------------------------------ */

struct json {
	FILE *f;
	bool comma;		/* a value stands before the next */
};
/* key is NULL inside arrays.  bracket: one of { [ and } ]. */
void json_begin(struct json *j, const char *key, char bracket);
void json_end(struct json *j, char bracket);
void json_str(struct json *j, const char *key, const char *v);	/* NULL: null */
void json_u64(struct json *j, const char *key, uint64_t v);
void json_i64(struct json *j, const char *key, int64_t v);
void json_hex(struct json *j, const char *key, uint64_t v);
void json_f64(struct json *j, const char *key, double v);
void json_bool(struct json *j, const char *key, bool v);
void json_quote(FILE *f, const char *s);

/* ---- locate.c: the first diverging pc (step mode, else by bisecting fuel) --------- */

void locate(struct pipeline *p, const struct testcase *tc, struct finding *f);

/* ---- minimise.c --------------------------------------------------------------------- */

/* "Is it still the same?": the minimiser knows nothing else of the pipeline. */
typedef bool (*same_fn)(void *arg, const struct testcase *tc);
struct min_stats {
	uint32_t tried, kept, insns_before, insns_after;
};
/* The smallest case found: no single deletion keeps same() true.  Deterministic. */
void minimise(const struct testcase *tc, same_fn same, void *arg, uint32_t budget, struct arena *a,
	      struct testcase *out, struct min_stats *st);

/* ---- findings.c: a folder per finding, a bucket per signature -------------------------- */

struct signature_match {	/* for minimise(): the argument of finding_same() */
	struct pipeline *p;
	char signature[160];
	bool accepted;			/* what the verifier accepted stays accepted, and the other way round */
};
/* Remembers what run_one() just found. */
void finding_match(struct signature_match *m, struct pipeline *p, const struct finding *f);
/* A same_fn: does this case still give a finding of the same signature and verdict? */
bool finding_same(void *match, const struct testcase *tc);

/*
 * Writes dir/BUCKET/ with original.bin, case.bin, case.plx, report.txt and
 * report.json; min may be NULL (not minimised).  path[] receives the folder.
 * Returns 1 if it is a new bucket, 0 if the bucket stood already (nothing is
 * written), -1 if it cannot be written (path[] says why).
 */
int finding_save(const char *dir, struct pipeline *p, const struct testcase *tc,
		 const struct testcase *min, const struct finding *f, char *path, size_t size);
/*
 * The report of one case that was just run by run_one(): outcomes side by
 * side, what differs first, the program with a marker, the verdict, the other
 * oracles' opinions.  f may be NULL: nothing differs.
 */
void finding_report(FILE *out, struct pipeline *p, const struct testcase *tc,
		    const struct finding *f);
/* The name of a finding's folder: the signature without slashes. */
void finding_bucket(const struct finding *f, char *buf, size_t size);

/* ---- target.c: what fuzz targets share -------------------------------------------------- */

/* An arena, reset at each call. */
struct arena *target_arena(void);
/* Prints "file:line: fn: Assertion `signature' failed." and aborts. */
_Noreturn void target_fail(const char *file, int line, const char *fn, const char *signature);
#define TARGET_ASSERT(ok, signature) \
	((ok) ? (void)0 : target_fail(__FILE__, __LINE__, __func__, signature))
/* interp and jit under the verifier, made at the first call. */
struct pipeline *target_pipeline(void);
uint32_t target_inputs(void);
/* Any bytes as the case that targets run: the fuel of fuzzing, at least so many inputs. */
void target_case(const uint8_t *data, size_t size, uint32_t inputs, struct arena *a,
		 struct testcase *tc);
/* Any bytes as a case through run_one(); a finding does not return. */
void target_diff(const uint8_t *data, size_t size);
/* The same with the running kernel as a further engine; dies where bpf() is not to be had. */
void target_linux(const uint8_t *data, size_t size);
/*
 * From now on target_linux() also asks for the log of the kernel's verifier, and
 * tells fn every feature of it: the only coverage of the kernel that there is.
 */
void target_features(void (*fn)(uint32_t hash));

/* version.c */
extern const char *const parallax_version;

/* ---- corpus.c ------------------------------------------------------------------------- */

struct corpus {
	struct testcase *tc;
	uint32_t n, refused;	/* refused: files that did not parse, each with a message */
};
/* dir NULL: empty.  The cases live in a.  Dies if the folder cannot be read. */
void corpus_load(const char *dir, struct arena *a, struct corpus *c);

/* ---- campaign.c: the built-in loop ------------------------------------------------------ */

enum { TIMEOUT_DEFAULT = 30 };	/* no case takes a hundredth of that */
struct campaign_opts {
	struct pipe_opts pipe;
	struct gen_opts gen;
	double seconds;		/* 0: no limit */
	uint64_t execs;		/* programs, over all jobs; 0: no limit */
	uint64_t seed;
	uint32_t jobs;
	const char *corpus, *out;
	bool both_privs;	/* pipe.priv and gen.priv are cap_bpf and root in turn, by index */
	bool paranoid;		/* engines in the kernel: each case is on the disk before it runs */
	bool keep_going;	/* past the first finding of a bucket */
	bool json;
	uint32_t timeout;	/* seconds: a case that takes longer hangs */
	uint32_t wild_percent;	/* share of second-level cases */
};
/* ---- linux_last.c: the cases that ran when the machine went down --------------------------- */

struct last_range {
	struct campaign_opts opts;	/* as far as they make the cases */
	struct corpus corpus;
	uint64_t first;			/* index of the first case that may be to blame */
	uint32_t count, step;
};
/* What the worker's file under out/last says; false if there is none. */
bool last_read(const char *out, uint32_t job, struct arena *a, struct last_range *r);
/* Case i of the range. */
void last_make(const struct last_range *r, uint32_t i, struct arena *a, struct testcase *tc);

/* 0 no finding, 1 findings, 3 environment. */
int campaign_run(const struct campaign_opts *o, FILE *out);

#endif
