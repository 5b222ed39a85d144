/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the fuzz targets share.  A finding ends the process with the line that
 * glibc's assert prints, so that ClusterFuzz files it under its signature
 * (compiled code has no frames to tell findings apart by).
 */
#include "engines/linux_engine.h"
#include "fuzz/internal.h"
#include "fuzz/linux_feature.h"

#include <stdlib.h>
#include <string.h>

struct arena *target_arena(void)
{
	static struct arena a;

	arena_reset(&a);
	return &a;
}

_Noreturn void target_fail(const char *file, int line, const char *fn, const char *signature)
{
	fprintf(stderr, "%s:%d: %s: Assertion `%s' failed.\n", file, line, fn, signature);
	fflush(NULL);
	abort();
}

/* PARALLAX_INPUTS: inputs per program, a knob for engines whose executions are dear (AFL++: 16). */
uint32_t target_inputs(void)
{
	static uint32_t n;
	const char *s;

	if (n)
		return n;
	s = getenv("PARALLAX_INPUTS");
	n = s ? (uint32_t)strtoul(s, NULL, 10) : 4;
	if (n < 1 || n > 64)
		n = 4;
	return n;
}

/* More inputs for a case that has fewer: the same bytes under other seeds. */
static void target_widen(struct testcase *tc, uint32_t n, struct arena *a)
{
	struct input *in;

	if (tc->ninput >= n)
		return;
	in = arena_alloc(a, n * sizeof(*in));
	memcpy(in, tc->input, tc->ninput * sizeof(*in));
	for (uint32_t i = tc->ninput; i < n; i++) {
		in[i] = tc->input[i % tc->ninput];
		in[i].seed = mix64(in[i].seed + i);
	}
	tc->input = in;
	tc->ninput = n;
}

/* interp and jit, and the kernel if it is asked for. */
static struct pipeline *pipeline_make(bool kernel)
{
	static const char *const name[] = { "interp", "jit", "linux" };
	struct pipe_opts o = {
		.priv = PRIV_CAP_BPF,
		.alternate = true,
		.sound = true,
		.unverified = true,
		.max_insns = FUEL_FUZZ,
	};
	char why[96] = "";
	struct pipeline *p;

	for (uint32_t i = 0; i < 2u + kernel; i++) {
		const struct engine *e = engine_by_name(name[i]);

		if (e->caps())
			o.engine[o.nengine++] = e;
		else if (i == 2)
			die("the kernel cannot be asked: %s", linux_available(why) ? "?" : why);
	}
	p = pipeline_new(&o, why);
	if (!p)
		die("%s", why);
	return p;
}

struct pipeline *target_pipeline(void)
{
	static struct pipeline *p;

	if (!p)
		p = pipeline_make(false);
	return p;
}

void target_case(const uint8_t *data, size_t size, uint32_t inputs, struct arena *a,
		 struct testcase *tc)
{
	case_from_any(data, size, a, tc);
	for (uint32_t i = 0; i < tc->ninput; i++)	/* loops end soon when fuzzing */
		if (tc->input[i].fuel > FUEL_FUZZ)
			tc->input[i].fuel = FUEL_FUZZ;
	target_widen(tc, inputs, a);
}

/* ---- features of the kernel's log -------------------------------------------------- */

enum { LOGGED_INSNS = 4000, LOG_ROOM = 256 << 10 };

static void (*feature)(uint32_t hash);

void target_features(void (*fn)(uint32_t hash))
{
	feature = fn;
}

static void one_feature(void *arg, enum linux_feature_kind kind, uint32_t hash)
{
	(void)arg;
	(void)kind;
	feature(hash);
}

/* PLAIN programs as XDP programs, with a map for their memory. */
static void unit_for_linux(const struct trial *t, struct unit *out)
{
	const struct unit *u = &t->tc->unit;
	uint32_t n = t->tc->input[0].nctx, head;
	struct program *prog;
	struct map_def *map;

	*out = *u;
	if (u->prog[0].type != PROG_PLAIN || u->nmap + 1 > MAX_MAPS)
		return;
	prog = arena_alloc(t->arena, u->nprog * sizeof(*prog));
	map = arena_alloc(t->arena, (u->nmap + 1) * sizeof(*map));
	for (uint32_t i = 0; i < u->nprog; i++)
		linux_plain_wrap(&u->prog[i], u->nmap, n, t->arena, &prog[i], &head);
	if (u->nmap)
		memcpy(map, u->map, u->nmap * sizeof(*map));
	map[u->nmap] = (struct map_def){
		.name = "memory", .type = MAP_ARRAY, .key_size = 4, .value_size = n ? n : 1,
		.max_entries = 1, .inner = -1,
	};
	out->prog = prog;
	out->map = map;
	out->nmap++;
}

/* A log takes some microseconds an insn: none of programs that take very many. */
static void ask_for_features(const struct trial *t)
{
	struct linux_unit_opts o = { .log_level = LINUX_LOG_ALL, .log_max = LOG_ROOM, .dry = true };
	static struct linux_log log;
	struct linux_unit lu;
	struct unit u;

	for (uint32_t i = 0; i < t->tc->unit.nprog; i++)
		if (!t->tc->unit.prog[i].id || t->verdict[i].processed > LOGGED_INSNS)
			return;
	unit_for_linux(t, &u);
	if (linux_unit_open(&lu, &u, NULL) == LINUX_OK) {
		for (uint32_t i = 0; i < u.nprog; i++) {
			linux_unit_load(&lu, i, &o, &log);
			linux_log_features(linux_log_text(&log), strlen(linux_log_text(&log)), one_feature, NULL);
		}
	}
	linux_unit_close(&lu);
}

/* ---- a case through the pipeline ------------------------------------------------------ */

static void target_run(struct pipeline *p, const uint8_t *data, size_t size, bool features)
{
	struct testcase tc;
	struct finding f;

	target_case(data, size, target_inputs(), target_arena(), &tc);
	if (run_one(p, &tc, &f)) {
		fprintf(stderr, "%s\n", f.what);
		target_fail(__FILE__, __LINE__, __func__, f.signature);
	}
	if (features)
		ask_for_features(pipeline_trial(p));
}

void target_diff(const uint8_t *data, size_t size)
{
	target_run(target_pipeline(), data, size, false);
}

void target_linux(const uint8_t *data, size_t size)
{
	static struct pipeline *p;

	if (!p)
		p = pipeline_make(true);
	target_run(p, data, size, feature != NULL);
}
