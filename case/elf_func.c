/* SPDX-License-Identifier: Apache-2.0 */
/* The functions of an object, and which of them are programs. */
#include "case/case.h"

#include <stdlib.h>
#include <string.h>

#include "case/elf.h"

/* ---- types by section name -------------------------------------------------------- */

static const struct {
	const char *name;
	uint16_t type, attach;
	uint32_t flags;
} sections[] = {
#define SECTION(name, type, attach, flags) { name, PROG_##type, attach, flags },
#include "case/sections.def"
};

bool elf_prog_type(const char *section, struct program *p)
{
	/* libbpf's mark of programs that are not loaded by default */
	section += *section == '?';
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
		size_t n = strlen(sections[i].name);

		if (strncmp(section, sections[i].name, n) || (section[n] && section[n] != '/'))
			continue;
		p->type = sections[i].type;
		p->attach_type = sections[i].attach;
		p->prog_flags = sections[i].flags;
		if (p->type == PROG_TRACING && section[n])
			p->target = section + n + 1;
		return true;
	}
	return false;
}

/* ---- functions ---------------------------------------------------------------------- */

static int by_place(const void *x, const void *y)
{
	const struct elf_func *f = x, *g = y;

	if (f->sec != g->sec)
		return f->sec < g->sec ? -1 : 1;
	if (f->start != g->start)
		return f->start < g->start ? -1 : 1;
	/* of aliases the longest and global one stays */
	if (f->len != g->len)
		return f->len > g->len ? -1 : 1;
	if (f->global != g->global)
		return f->global ? -1 : 1;
	return strcmp(f->name, g->name);
}

static bool add_symbol(struct elf *e, const struct elf_sym *s)
{
	struct elf_func *f = &e->func[e->nfunc];

	if (s->value % 8 || s->size % 8)
		return err_at(e->err, 0, "function '%.40s' is not aligned", s->name);
	if (s->value == e->sec[s->sec].size)
		return err_at(e->err, 0, "function '%.40s' is empty", s->name);
	f->name = s->name;
	f->sec = s->sec;
	f->start = (uint32_t)(s->value / 8);
	f->len = (uint32_t)(s->size / 8);
	f->global = s->bind != STB_LOCAL && s->visibility != STV_HIDDEN &&
		    s->visibility != STV_INTERNAL;
	f->entry = s->bind != STB_LOCAL;
	e->nfunc++;
	return true;
}

/* Hand-written sections without functions are one program each. */
static void add_sections(struct elf *e)
{
	uint8_t *known = arena_alloc(e->a, e->nsec);

	for (uint32_t i = 0; i < e->nfunc; i++)
		known[e->func[i].sec] = 1;
	for (uint32_t i = 1; i < e->nsec; i++) {
		const struct elf_sec *s = &e->sec[i];

		if (known[i] || !elf_is_code(s) || !s->size)
			continue;
		e->func[e->nfunc++] = (struct elf_func){
			.name = s->name, .sec = i, .len = (uint32_t)(s->size / 8), .entry = true,
		};
	}
}

/* Sorted: drops aliases, gives sizes to functions without, refuses overlaps. */
static bool settle(struct elf *e)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < e->nfunc; i++)
		if (!n || e->func[n - 1].sec != e->func[i].sec ||
		    e->func[n - 1].start != e->func[i].start)
			e->func[n++] = e->func[i];
	e->nfunc = n;
	for (uint32_t i = 0; i < n; i++) {
		struct elf_func *f = &e->func[i];
		uint32_t end = (uint32_t)(e->sec[f->sec].size / 8);

		if (i + 1 < n && f[1].sec == f->sec)
			end = f[1].start;
		if (!f->len)
			f->len = end - f->start;
		if (f->len > end - f->start)
			return err_at(e->err, 0, "function '%.40s' overlaps another", f->name);
	}
	return true;
}

/*
 * Programs are the global functions outside .text.  An object that has .text
 * only is made for other runtimes: there "entry" or "main" is the program, or
 * every global function.
 */
static void choose_entries(struct elf *e)
{
	bool named = false, others = false;

	for (uint32_t i = 0; i < e->nfunc; i++) {
		const struct elf_func *f = &e->func[i];

		others |= f->entry && !elf_is_text(&e->sec[f->sec]);
		named |= f->entry && (!strcmp(f->name, "entry") || !strcmp(f->name, "main"));
	}
	for (uint32_t i = 0; i < e->nfunc; i++) {
		struct elf_func *f = &e->func[i];

		if (!elf_is_text(&e->sec[f->sec]))
			continue;
		if (others || (named && strcmp(f->name, "entry") && strcmp(f->name, "main")))
			f->entry = false;
	}
}

bool elf_funcs(struct elf *e)
{
	e->func = arena_alloc(e->a, (e->nsym + e->nsec) * sizeof(*e->func));
	for (uint32_t i = 0; i < e->nsym; i++) {
		const struct elf_sym *s = &e->sym[i];

		if (s->type == STT_FUNC && s->sec && elf_is_code(&e->sec[s->sec]) &&
		    !add_symbol(e, s))
			return false;
	}
	add_sections(e);
	qsort(e->func, e->nfunc, sizeof(*e->func), by_place);
	if (!settle(e))
		return false;
	choose_entries(e);
	return true;
}

int32_t elf_func_at(const struct elf *e, uint32_t sec, uint64_t slot)
{
	uint32_t lo = 0, hi = e->nfunc;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		const struct elf_func *f = &e->func[mid];

		if (f->sec == sec && f->start == slot)
			return (int32_t)mid;
		if (f->sec < sec || (f->sec == sec && f->start < slot))
			lo = mid + 1;
		else
			hi = mid;
	}
	return -1;
}
