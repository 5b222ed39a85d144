/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JIT as an engine.  One code arena serves the whole process; a child made
 * by fork() gets its own, since the views are not inherited.
 */
#include "engines/engines.h"

#include <pthread.h>

#include "jit/jit.h"

_Static_assert((int)MODE_CHECKED == (int)JIT_CHECKED && (int)MODE_FUZZ == (int)JIT_FUZZ &&
	       (int)MODE_STEP == (int)JIT_STEP, "modes are passed on as they are");

enum { ARENA_SIZE = 128 << 20 };	/* a limit: pages that nobody writes cost nothing */

static struct jit_arena *arena;
static bool watching;

static void forget_arena(void)
{
	arena = NULL;
}

static struct jit_arena *get_arena(char *why)
{
	if (!arena)
		arena = jit_arena_new(ARENA_SIZE, why);
	if (arena && !watching)
		watching = pthread_atfork(NULL, NULL, forget_arena) == 0;
	return arena;
}

static uint32_t caps(void)
{
	if (!jit_available())
		return 0;
	return CAP_REGS | CAP_R0 | CAP_STACK | CAP_CTX | CAP_PACKET | CAP_MAPS | CAP_HELPERS |
	       CAP_TRAP_PC | CAP_FUEL | CAP_TRACE | CAP_CHECKED | CAP_EXACT_MEM;
}

static void *load(const struct engine *e, const struct unit *u, const struct load_opts *o,
		  struct outcome *reject)
{
	struct jit_opts jo = {
		.mode = o->mode | (o->trace ? JIT_STEP : 0), .dead = o->dead, .ctx_ptr = o->ctx_ptr,
	};
	struct jit_arena *a;

	(void)e;
	a = get_arena(reject->why);
	if (!a) {
		reject->kind = OUT_BROKEN;
		return NULL;
	}
	return jit_load(a, u, &jo, reject);
}

static void run(void *loaded, struct guest *g, const struct input *in, struct outcome *out)
{
	jit_run(loaded, g, in, out);
}

static void unload(void *loaded)
{
	jit_unload(loaded);
}

const struct engine engine_jit = {
	.name = "jit", .caps = caps, .load = load, .run = run, .unload = unload,
};
