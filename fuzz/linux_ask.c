/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/linux_ask.h"

#include <string.h>

#include "engines/linux_engine.h"

enum { LOG_MAX = 4 << 20 };

/* Linux has no PLAIN programs. */
static bool as_loaded(const struct linux_world *w, struct arena *a, struct program *prog,
		      struct linux_route *r)
{
	struct program plain = *prog;

	if (prog->type == PROG_PLAIN) {
		if (w->unit->nmap == MAX_MAPS)
			return false;
		linux_plain_wrap(&plain, w->unit->nmap, w->plain, a, prog, &r->head);
	}
	r->insn = prog->insn;
	r->len = prog->len;
	return prog->id != NULL;
}

bool linux_ask_about(enum linux_about about, const struct linux_world *w, struct arena *a,
		     struct program *prog, struct linux_route *r)
{
	const struct unit *u = w->unit;
	struct linux_path path;

	*r = (struct linux_route){ .nstep = w->trace->nstep };
	*prog = u->prog[0];
	if (!w->trace->nstep || !prog->id)
		return false;
	if (about == LINUX_PATH) {
		if (!linux_path_make(u, w->trace, a, &path))
			return false;
		*prog = path.prog;
		r->slot = path.slot;
		r->nstep = path.nstep;
	}
	return as_loaded(w, a, prog, r);
}

bool linux_ask_about_tail(const struct linux_world *w, uint32_t first, struct arena *a,
			  struct program *prog, struct linux_route *r)
{
	*r = (struct linux_route){ .first = first, .nstep = w->trace->nstep };
	*prog = w->unit->prog[w->trace->step[first].prog];
	return prog->id && as_loaded(w, a, prog, r);
}

void linux_ask_unit(const struct linux_world *w, const struct program *prog, struct arena *a,
		    struct unit *out)
{
	struct program *progs = arena_dup(a, w->unit->prog, w->unit->nprog * sizeof(*progs));
	struct map_def *maps;

	*out = *w->unit;
	progs[0] = *prog;
	out->prog = progs;
	if (!w->plain || out->nmap == MAX_MAPS)
		return;
	maps = arena_raw(a, (out->nmap + 1) * sizeof(*maps));
	if (out->nmap)
		memcpy(maps, out->map, out->nmap * sizeof(*maps));
	maps[out->nmap++] = (struct map_def){
		.name = "memory", .type = MAP_ARRAY, .key_size = 4, .value_size = w->plain,
		.max_entries = 1, .inner = -1,
	};
	out->map = maps;
}

bool linux_ask(const struct linux_world *w, const struct program *prog, bool whole,
	       struct arena *a, struct linux_log *log)
{
	struct linux_unit_opts o = { .log_level = LINUX_LOG_ALL, .log_max = LOG_MAX, .dry = true };
	struct unit u;
	bool made;

	linux_ask_unit(w, prog, a, &u);
	linux_load_unit(&u, NULL, 0, PRIV_ROOT, &o, log, &made);
	return made && log->text && log->text[0] && !(whole && log->truncated);
}
