/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Links one program: its function, then the functions that it calls, each at
 * the first call to it that a walk in depth meets.  libbpf puts them into the
 * same order, so that both make the same program of an object.
 */
#include "case/case.h"

#include <string.h>

#include "case/elf.h"

enum { LINKED_MAX = 2 * MAX_INSNS };	/* slots of all programs of an object */

struct link {
	struct elf *e;
	struct insn *in;	/* what is linked so far */
	uint32_t len, cap;
	uint32_t *queue;	/* functions, in the order in which they stand there */
	uint32_t *start;	/* where each one starts */
	uint32_t nqueue;
	uint32_t *queued;	/* by function: index in queue + 1, or 0 */
	struct elf_walk *walk;	/* functions that wait for one that they call */
};

/* ---- functions -------------------------------------------------------------------- */

/* Appends the function if it is not there yet; *at is where it starts. */
static bool link_func(struct link *l, uint32_t func, uint32_t *at)
{
	const struct elf_func *f = &l->e->func[func];
	struct insn *more;

	if (l->queued[func]) {
		*at = l->start[l->queued[func] - 1];
		return true;
	}
	if (f->len > MAX_INSNS - l->len)
		return err_at(l->e->err, 0, "program with '%.40s' has more than %d instructions",
			      f->name, MAX_INSNS);
	l->e->linked += f->len;
	if (l->e->linked > LINKED_MAX)
		return err_at(l->e->err, 0, "programs of this object have more than %d "
			      "instructions", LINKED_MAX);
	if (l->len + f->len > l->cap) {
		l->cap = 2 * (l->len + f->len);
		more = arena_raw(l->e->a, l->cap * sizeof(*more));
		if (l->len)
			memcpy(more, l->in, l->len * sizeof(*more));
		l->in = more;
	}
	memcpy(l->in + l->len, l->e->sec[f->sec].data + (size_t)f->start * 8, (size_t)f->len * 8);
	*at = l->len;
	l->queue[l->nqueue] = func;
	l->start[l->nqueue++] = l->len;
	l->queued[func] = l->nqueue;
	l->len += f->len;
	return true;
}

/* ---- relocations -------------------------------------------------------------------- */

static bool refuse(const struct link *l, const struct elf_func *f, uint32_t slot, const char *what,
		   const char *name)
{
	return err_at(l->e->err, 0, "%.40s, insn %u: %s '%.40s'", f->name, slot, what, name);
}

static bool refuse_extern(const struct link *l, const struct elf_func *f, uint32_t slot,
			  const struct elf_sym *s)
{
	return refuse(l, f, slot, "neither kernel symbols, nor kfuncs, nor kconfig values are "
		      "supported:", elf_sym_name(l->e, s));
}

/* A call: of the function at a symbol, or relative within its section. */
static bool link_call(struct link *l, const struct elf_func *f, uint32_t slot, uint32_t pc,
		      const struct elf_rel *r)
{
	int64_t to = (int64_t)f->start + slot + 1 + l->in[pc].imm;
	uint32_t sec = f->sec, at;
	int32_t callee;

	if (r) {
		const struct elf_sym *s = &l->e->sym[r->sym];

		if (r->type != REL_64_32)
			return refuse(l, f, slot, "bad relocation of a call to",
				      elf_sym_name(l->e, s));
		if (!s->sec)
			return refuse_extern(l, f, slot, s);
		if (s->value % 8)
			return refuse(l, f, slot, "call to the middle of an instruction:", s->name);
		sec = s->sec;
		to = (int64_t)(s->value / 8) + l->in[pc].imm + 1;
	} else if (to >= f->start && to < (int64_t)f->start + f->len) {
		/* within the function, which moves as a whole */
		return true;
	}
	callee = to < 0 ? -1 : elf_func_at(l->e, sec, (uint64_t)to);
	if (callee < 0)
		return refuse(l, f, slot, "call to no function in section", l->e->sec[sec].name);
	if (!link_func(l, (uint32_t)callee, &at))
		return false;
	l->in[pc].imm = (int32_t)(at - pc - 1);
	return true;
}

/* The address of a function: a callback. */
static bool link_address(struct link *l, const struct elf_func *f, uint32_t slot, uint32_t pc,
			 uint32_t sec, uint64_t off)
{
	int32_t callee = off % 8 ? -1 : elf_func_at(l->e, sec, off / 8);
	uint32_t at;

	if (callee < 0)
		return refuse(l, f, slot, "address of no function in section", l->e->sec[sec].name);
	if (!link_func(l, (uint32_t)callee, &at))
		return false;
	l->in[pc].src = 4;
	l->in[pc].imm = (int32_t)(at - pc - 1);
	l->in[pc + 1].imm = 0;
	return true;
}

/* A wide instruction: a map, a place in a section of data, or a function. */
static bool link_load(struct link *l, const struct elf_func *f, uint32_t slot, uint32_t pc,
		      const struct elf_rel *r)
{
	const struct elf_sym *s = &l->e->sym[r->sym];
	const struct elf_sec *sec = &l->e->sec[s->sec];
	uint64_t off = s->value + insn_imm64(&l->in[pc]);
	int32_t map;

	if (r->type != REL_64_64 || l->in[pc].src)
		return refuse(l, f, slot, "bad relocation of a load of", elf_sym_name(l->e, s));
	if (!s->sec)
		return refuse_extern(l, f, slot, s);
	if (elf_is_code(sec))
		return link_address(l, f, slot, pc, s->sec, off);
	if (sec->map == NO_MAP) {
		map = elf_map_at(l->e, s->sec, off);
		if (map == NO_MAP)
			return refuse(l, f, slot, "no map and no data:", elf_sym_name(l->e, s));
		l->in[pc].src = 1;
		l->in[pc].imm = map;
		l->in[pc + 1].imm = 0;
		return true;
	}
	if (off > sec->size)
		return refuse(l, f, slot, "address outside of section", sec->name);
	l->in[pc].src = 2;
	l->in[pc].imm = sec->map;
	l->in[pc + 1].imm = (int32_t)off;
	return true;
}

/* Links an instruction; *slot is its place in the function, afterwards of its last slot. */
static bool link_insn(struct link *l, const struct elf_func *f, uint32_t start, uint32_t *slot)
{
	const struct elf_sec *sec = &l->e->sec[f->sec];
	uint32_t pc = start + *slot, at = sec->rel_at ? sec->rel_at[f->start + *slot] : 0;
	const struct elf_rel *r = at ? &sec->rel[at - 1] : NULL;

	if (l->in[pc].code == (CLS_LD | SZ_DW | MD_IMM) && *slot + 1 < f->len) {
		if (r && !link_load(l, f, *slot, pc, r))
			return false;
		++*slot;
		return !sec->rel_at || !sec->rel_at[f->start + *slot] ||
		       refuse(l, f, *slot, "relocation of half an instruction in", sec->name);
	}
	if (l->in[pc].code == (CLS_JMP | JMP_CALL) && l->in[pc].src == 1)
		return link_call(l, f, *slot, pc, r);
	return !r || refuse(l, f, *slot, "relocation of an instruction that has none, to",
			    elf_sym_name(l->e, &l->e->sym[r->sym]));
}

/* The first function is queued; goes into each new one at once. */
static bool link_all(struct link *l)
{
	uint32_t depth = 1;

	l->walk[0] = (struct elf_walk){ 0, 0 };
	while (depth) {
		struct elf_walk *w = &l->walk[depth - 1];
		const struct elf_func *f = &l->e->func[l->queue[w->index]];
		uint32_t before = l->nqueue;

		while (w->slot < f->len && l->nqueue == before) {
			if (!link_insn(l, f, l->start[w->index], &w->slot))
				return false;
			w->slot++;
		}
		if (l->nqueue != before)
			l->walk[depth++] = (struct elf_walk){ before, 0 };
		else
			depth--;
	}
	return true;
}

/* ---- debug information ------------------------------------------------------------------ */

static uint32_t word(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

void elf_debug(struct elf *e)
{
	for (uint32_t i = 1; i < e->nsec && e->ext.rec[EXT_LINE] + e->ext.rec[EXT_CORE]; i++) {
		struct elf_sec *s = &e->sec[i];
		uint8_t *core;

		if (!elf_is_code(s) || !s->size)
			continue;
		s->line_at = arena_alloc(e->a, s->size / 8 * sizeof(*s->line_at));
		s->core_at = core = arena_alloc(e->a, s->size / 8);
		for (int k = EXT_LINE; k <= EXT_CORE; k++) {
			uint32_t at = 0, n;
			const uint8_t *p;

			while ((p = btf_ext_next(&e->ext, &e->btf, k, s->name, &at, &n))) {
				for (; n; n--, p += e->ext.rec[k]) {
					if (word(p) % 8 || word(p) >= s->size)
						continue;
					if (k == EXT_LINE)
						s->line_at[word(p) / 8] = p;
					else
						core[word(p) / 8] = 1;
				}
			}
		}
	}
}

static const char *clip(struct arena *a, const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return strlen(s) <= 200 ? s : arena_printf(a, "%.200s", s);
}

static void link_lines(struct link *l, struct program *p, uint32_t *ncore)
{
	struct line_info *line;

	if (!l->e->ext.rec[EXT_LINE] && !l->e->ext.rec[EXT_CORE])
		return;
	line = arena_raw(l->e->a, l->len * sizeof(*line));
	for (uint32_t i = 0; i < l->nqueue; i++) {
		const struct elf_func *f = &l->e->func[l->queue[i]];
		const struct elf_sec *s = &l->e->sec[f->sec];

		for (uint32_t slot = 0; s->line_at && slot < f->len; slot++) {
			const uint8_t *r = s->line_at[f->start + slot];

			*ncore += s->core_at[f->start + slot];
			if (!r)
				continue;
			/* byte offset, file, text, line << 10 | column */
			line[p->nline++] = (struct line_info){
				.insn_off = l->start[i] + slot,
				.line = word(r + 12) >> 10, .col = word(r + 12) & 0x3ff,
				.file = clip(l->e->a, btf_str(&l->e->btf, word(r + 4))),
				.text = clip(l->e->a, btf_str(&l->e->btf, word(r + 8))),
			};
		}
	}
	p->line = line;
}

static void link_subs(struct link *l, struct program *p)
{
	struct subprog *sub = arena_alloc(l->e->a, l->nqueue * sizeof(*sub));

	for (uint32_t i = 0; i < l->nqueue; i++) {
		const struct elf_func *f = &l->e->func[l->queue[i]];

		sub[i].start = l->start[i];
		sub[i].end = l->start[i] + f->len;
		sub[i].name = f->name;
		/* without BTF Linux does not verify any on its own */
		sub[i].global = i && f->global && l->e->btf.n;
	}
	p->sub = sub;
	p->nsub = l->nqueue;
}

bool elf_link(struct elf *e, uint32_t func, struct program *p, uint32_t *ncore)
{
	struct link l = { .e = e };
	uint32_t at;

	if (!e->queue) {
		e->queue = arena_raw(e->a, e->nfunc * sizeof(uint32_t));
		e->start = arena_raw(e->a, e->nfunc * sizeof(uint32_t));
		e->queued = arena_alloc(e->a, e->nfunc * sizeof(uint32_t));
		e->walk = arena_raw(e->a, e->nfunc * sizeof(*e->walk));
	}
	l.queue = e->queue;
	l.start = e->start;
	l.walk = e->walk;
	l.queued = e->queued;
	if (!link_func(&l, func, &at) || !link_all(&l))
		return false;
	p->name = e->func[func].name;
	p->license = e->license;
	p->insn = l.in;
	p->len = l.len;
	link_subs(&l, p);
	link_lines(&l, p, ncore);
	for (uint32_t i = 0; i < l.nqueue; i++)
		l.queued[l.queue[i]] = 0;
	return true;
}
