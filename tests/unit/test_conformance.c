/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vectors of corpus/conformance/ on every engine: one test for each file
 * and engine.  What an engine cannot run (Linux refuses some on purpose) is
 * skipped, and says why.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "engines/engines.h"
#include "tests/unit/rig.h"

/* One file on one engine. */
struct vector {
	const struct engine *engine;
	char path[512];
	char name[128];		/* "interp: add64-wraps-reg" */
};

static struct arena arena;
static struct guest *guest;

/* What went wrong, in the words of -- error sections. */
static const char *words(const struct outcome *out, char buf[128])
{
	if (out->kind == OUT_TRAP)
		snprintf(buf, 128, "%s at insn %u", trap_name(out->trap), out->pc.insn);
	else
		snprintf(buf, 128, "%s", out->why);
	return buf;
}

/* The vector's expectation of what load or run gave. */
static void judge(const struct vector *v, const struct testcase *tc, const struct outcome *out)
{
	bool partial = !(v->engine->caps() & CAP_CHECKED);
	char buf[128];

	if (out->kind == OUT_UNSUPPORTED || (partial && out->kind == OUT_REJECT && !tc->error)) {
		print_message("# SKIP %s\n", out->why);
		skip();
	}
	if (out->kind == OUT_BROKEN)
		fail_msg("%s", out->why);
	if (tc->error) {
		if (out->kind != OUT_REJECT && out->kind != OUT_TRAP)
			fail_msg("%s, expected: %s", out_name(out->kind), tc->error);
		if (!partial)
			assert_string_equal(words(out, buf), tc->error);
		return;
	}
	assert_true(tc->has_result);
	if (out->kind != OUT_RETURN)
		fail_msg("%s: %s", out_name(out->kind), out->why);
	assert_true(out->reg_valid & 1);
	if (out->reg[0] != tc->result)
		fail_msg("r0 = %#llx, expected %#llx", (unsigned long long)out->reg[0],
			 (unsigned long long)tc->result);
}

static void run_on(const struct engine *e, const struct testcase *tc, const struct load_opts *o,
		   struct outcome *out)
{
	void *loaded = e->load(e, &tc->unit, o, out);

	if (loaded) {
		e->run(loaded, guest, tc->input, out);
		e->unload(loaded);
	}
}

/* Everything that two engines with the same memory show. */
static void compare(const struct outcome *a, const struct outcome *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->trap, b->trap);
	assert_int_equal(a->pc.prog, b->pc.prog);
	assert_int_equal(a->pc.insn, b->pc.insn);
	assert_int_equal(a->reg_valid, b->reg_valid);
	for (uint32_t i = 0; i < REGS; i++)
		if (a->reg_valid >> i & 1)
			assert_int_equal(a->reg[i], b->reg[i]);
	assert_int_equal(a->digest_valid, b->digest_valid);
	assert_memory_equal(a->digest, b->digest, sizeof(a->digest));
	assert_int_equal(a->helpers, b->helpers);
	assert_int_equal(a->nhelpers, b->nhelpers);
	assert_int_equal(a->insns, b->insns);
}

static void run(const struct vector *v, const struct testcase *tc, const struct load_opts *o)
{
	struct outcome out, reference;

	run_on(v->engine, tc, o, &out);
	judge(v, tc, &out);
	if (v->engine == engine_at(0) || !(v->engine->caps() & CAP_EXACT_MEM) ||
	    !(o->mode & MODE_FUZZ))
		return;
	run_on(engine_at(0), tc, o, &reference);
	compare(&reference, &out);
}

static void vector(void **state)
{
	static const uint32_t modes[] = { MODE_CHECKED, MODE_CHECKED | MODE_FUZZ,
					  MODE_CHECKED | MODE_FUZZ | MODE_STEP };
	const struct vector *v = *state;
	struct file_err err;
	struct testcase tc;
	uint8_t *text;
	size_t n;

	text = file_read(v->path, &n, &err);
	if (!text)
		fail_msg("%s: %s", v->path, err.msg);
	arena_reset(&arena);
	if (!case_from_text((const char *)text, n, PROG_PLAIN, &arena, &tc, &err))
		fail_msg("%s:%u: %s", v->path, err.line, err.msg);
	free(text);
	for (uint32_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		struct load_opts o = { .mode = modes[i] };

		if (!(v->engine->caps() & CAP_CHECKED))
			o.mode = 0;
		run(v, &tc, &o);
	}
}

/* Rows that vectors cannot have: no engine of ours runs them. */
static bool is_exempt(uint8_t id)
{
	return id == I_CALLX || id == I_CALL_KFUNC || id == I_ADDR_CAST || id == I_LD_VAR_ADDR;
}

/* state: all vectors.  Those that must be refused do not count. */
static void every_instruction_has_a_vector(void **state)
{
	bool seen[INSN_N] = { false };
	struct file_err err;
	struct testcase tc;

	for (const struct vector *v = *state; v->engine == engine_at(0); v++) {
		size_t n;
		uint8_t *text = file_read(v->path, &n, &err);

		assert_non_null(text);
		arena_reset(&arena);
		if (!case_from_text((const char *)text, n, PROG_PLAIN, &arena, &tc, &err))
			fail_msg("%s:%u: %s", v->path, err.line, err.msg);
		free(text);
		for (uint32_t i = 0; i < tc.unit.nprog && tc.has_result; i++)
			for (uint32_t pc = 0; pc < tc.unit.prog[i].len; pc++)
				if (tc.unit.prog[i].id && tc.unit.prog[i].id[pc] < INSN_N)
					seen[tc.unit.prog[i].id[pc]] = true;
	}
	for (uint8_t id = 0; id < INSN_N; id++)
		if (!seen[id] && !is_exempt(id))
			fail_msg("no vector has %s", insn_row(id)->name);
}

static int is_vector(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 5 && !strcmp(d->d_name + n - 5, ".data");
}

static int start(void **state)
{
	(void)state;
	return guest_set_up(&guest);
}

static int stop(void **state)
{
	(void)state;
	guest_free(guest);
	arena_free(&arena);
	return 0;
}

int main(void)
{
	const char *root = getenv("PARALLAX_ROOT");
	struct CMUnitTest *tests;
	struct dirent **file;
	struct vector *v;
	char dir[400];
	int nfile, n = 0, failed;

	snprintf(dir, sizeof(dir), "%s/corpus/conformance", root ? root : ".");
	nfile = scandir(dir, &file, is_vector, alphasort);
	if (nfile <= 0) {
		printf("not ok - %s has no vectors\n", dir);
		return 1;
	}
	for (uint32_t e = 0; engine_at(e); e++)
		n += nfile;
	v = calloc((size_t)n + 1, sizeof(*v));
	tests = calloc((size_t)n + 1, sizeof(*tests));
	for (int i = 0; i < n; i++) {
		const char *name = file[i % nfile]->d_name;

		v[i].engine = engine_at((uint32_t)(i / nfile));
		snprintf(v[i].path, sizeof(v[i].path), "%s/%.100s", dir, name);
		snprintf(v[i].name, sizeof(v[i].name), "%s: %.*s", v[i].engine->name,
			 (int)(strlen(name) - 5 > 100 ? 100 : strlen(name) - 5), name);
		tests[i] = (struct CMUnitTest){ .name = v[i].name, .test_func = vector,
						.initial_state = &v[i] };
	}
	tests[n] = (struct CMUnitTest)cmocka_unit_test_prestate(every_instruction_has_a_vector, v);
	failed = _cmocka_run_group_tests("conformance", tests, (size_t)n + 1, start, stop);
	for (int i = 0; i < nfile; i++)
		free(file[i]);
	free(file);
	free(tests);
	free(v);
	return failed;
}
