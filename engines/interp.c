/* SPDX-License-Identifier: Apache-2.0 */
/* The reference interpreter as an engine. */
#include "engines/engines.h"

static uint32_t caps(void)
{
	return CAP_REGS | CAP_R0 | CAP_STACK | CAP_CTX | CAP_PACKET | CAP_MAPS | CAP_HELPERS |
	       CAP_TRAP_PC | CAP_FUEL | CAP_TRACE | CAP_CHECKED | CAP_EXACT_MEM;
}

static void *load(const struct engine *e, const struct unit *u, const struct load_opts *o,
		  struct outcome *reject)
{
	(void)e;
	return interp_load(u, o->dead, o->trace || (o->mode & MODE_STEP), reject);
}

static void run(void *loaded, struct guest *g, const struct input *in, struct outcome *out)
{
	interp_run(loaded, g, in, out);
}

static void unload(void *loaded)
{
	interp_unload(loaded);
}

const struct engine engine_interp = {
	.name = "interp", .caps = caps, .load = load, .run = run, .unload = unload,
};
