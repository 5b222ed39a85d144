/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands share. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "fuzz/fuzz.h"

#include <getopt.h>

enum { EXIT_FINE, EXIT_FINDING, EXIT_USAGE, EXIT_ENVIRONMENT };

/* argv[0] is the command's name. */
#define COMMAND(name, function, args, what) int function(int argc, char **argv);
#include "cli/commands.def"

/* help.c: the options of a command. */
const char *help_text(const char *command);

/* Prints "parallax COMMAND: message" and the usage line; returns EXIT_USAGE. */
int cli_usage(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Writes out what stands in standard output; ret, or EXIT_ENVIRONMENT after a message if it is lost. */
int cli_finish(int ret);

/* Options that several commands have; each command lists those it takes. */
struct cli_opts {
	struct file_opts file;
	bool has_type;
	struct input over;		/* --mem, --ctx, --packet, --seed, --fuel */
	bool has_ctx, has_packet, has_seed, has_fuel;
	const struct engine *engine[MAX_ENGINES];
	uint32_t nengine;
	enum priv priv;
	enum walk walk;
	bool has_walk, has_priv, has_engines;
	bool json, quiet;
	uint32_t timeout;		/* seconds for a case */
	uint32_t max_insns;		/* the verifier's budget, 0: its default */
	const char *out;
	struct arena arena;
};
void cli_opts_init(struct cli_opts *o, uint32_t default_type, enum priv priv, const char *engines);
void cli_opts_free(struct cli_opts *o);

enum {
	OPT_FORMAT = 256, OPT_TYPE, OPT_MEM, OPT_CTX, OPT_PACKET, OPT_SEED, OPT_FUEL, OPT_ENGINE,
	OPT_ENGINES, OPT_PRIV, OPT_WALK, OPT_TIMEOUT, OPT_JSON, OPT_QUIET, OPT_OWN,
};
#define CLI_FILE { "format", required_argument, NULL, OPT_FORMAT }, { "type", required_argument, NULL, OPT_TYPE }
#define CLI_INPUT { "mem", required_argument, NULL, OPT_MEM }, { "ctx", required_argument, NULL, OPT_CTX }, \
	{ "packet", required_argument, NULL, OPT_PACKET }, { "seed", required_argument, NULL, OPT_SEED }, \
	{ "fuel", required_argument, NULL, OPT_FUEL }
#define CLI_ENGINES { "engine", required_argument, NULL, OPT_ENGINES }, { "engines", required_argument, NULL, OPT_ENGINES }
#define CLI_VERIFY { "priv", required_argument, NULL, OPT_PRIV }, { "walk", required_argument, NULL, OPT_WALK }
#define CLI_TIMEOUT { "timeout", required_argument, NULL, OPT_TIMEOUT }
#define CLI_JSON { "json", no_argument, NULL, OPT_JSON }
#define CLI_END { NULL, 0, NULL, 0 }

/* Handles one shared option; 0 if done, else the exit code after a message. */
int cli_option(struct cli_opts *o, const char *command, int opt);
/* A program's name as a terminal may see it, "-" if it has none; valid until the next call. */
const char *cli_name(const struct program *p);
/* A number in any base; false with a message. */
bool cli_u64(const char *command, const char *what, const char *s, uint64_t *v);
/* "aa bb", "aabb": false with a message. */
bool cli_hex(const char *command, const char *s, struct arena *a, const uint8_t **p, uint32_t *n);

/*
 * Reads and parses a file; program may be NULL.  Applies --mem and its like to
 * each input.  Returns the number of cases, or -1 after a message (exit 2).
 */
long cli_load(struct cli_opts *o, const char *path, const char *program, struct testcase **tc);
/*
 * The same of what a fuzzing engine may have written: *as_target is the case
 * that a fuzz target makes of the file's bytes, or NULL if it is surely none.
 * What is no case is that alone (*tc == *as_target), after a message.
 */
long cli_load_any(struct cli_opts *o, const char *path, struct testcase **tc,
		  struct testcase **as_target);
/* A pipeline with these engines, or NULL after a message (exit 3). */
struct pipeline *cli_pipeline(const struct cli_opts *o);
/* Text if path ends in .plx, .data, .txt or is "-" or NULL, else binary. */
bool cli_write_case(const char *path, const struct testcase *tc, struct arena *a);
/*
 * against.c: prints our verdict and log on one program beside the running
 * kernel's.  0: the verdicts agree, 1: they do not, 3: the kernel was not asked.
 */
int cli_against_linux(const struct cli_opts *o, const struct testcase *tc, uint32_t prog);
/* Says why engines of Linux do not work here; false if they do. */
bool cli_without_linux(const char *command);
/* explain.c: why a program was rejected, or a short summary; JSON: as member "explain" of j. */
void cli_explain(const struct program *p, const struct verdict *v, const struct explanation *e,
		 bool named);
void cli_explain_json(struct json *j, const struct explanation *e);
/* Writes to path ("-" or NULL: standard output); false after a message. */
bool cli_write(const char *path, const void *data, size_t n);

/* log_json.c: the log of a walk (vopts.sink) as the member "log" of the object that to writes. */
struct log_json {
	struct log_sink sink;
	struct json j, *to;
	char *text;		/* at level 1 */
	size_t size;
};
void cli_log_json_begin(struct log_json *l, struct json *to, uint8_t level);
void cli_log_json_end(struct log_json *l);

#endif
