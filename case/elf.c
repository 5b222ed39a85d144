/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ELF objects, as clang writes them for BPF.
 *
 * Each program becomes a case of its own: the program and what it calls, the
 * maps that it uses, and the programs that those hold (targets of tail calls).
 * CO-RE relocations need the types of a kernel: they keep the values of the
 * compiler, and the case says so in its note.
 *
 * The reader is our own, because it has to withstand any bytes.
 */
#include "case/case.h"

#include <string.h>

#include "case/elf.h"

enum { PROGRAMS_MAX = 1024, PACKET_SIZE = 64 };

static bool read_license(struct elf *e)
{
	uint32_t i = elf_section(e, "license");

	e->license = NULL;
	if (!i)
		return true;
	if (!e->sec[i].data || !e->sec[i].size || e->sec[i].size > LIMIT_STRING ||
	    e->sec[i].data[e->sec[i].size - 1])
		return err_at(e->err, 0, "section license is no string");
	e->license = (const char *)e->sec[i].data;
	return true;
}

static bool read_btf(struct elf *e)
{
	uint32_t types = elf_section(e, ".BTF"), ext = elf_section(e, ".BTF.ext");

	if (!types || !e->sec[types].data)
		return true;
	if (!btf_parse(&e->btf, e->sec[types].data, e->sec[types].size, e->a, e->err))
		return false;
	return !ext || !e->sec[ext].data ||
	       btf_ext_parse(&e->ext, &e->btf, e->sec[ext].data, e->sec[ext].size, e->a, e->err);
}

/* ---- one case ---------------------------------------------------------------------- */

/* A unit while it is put together: which programs and maps of the object it has. */
struct pick {
	struct program prog[MAX_PROGS];
	uint32_t func[MAX_PROGS];
	uint32_t nprog, ncore;
	bool map[MAX_MAPS];
	int32_t number[MAX_MAPS];	/* in the unit */
};

static bool add_program(struct elf *e, const struct file_opts *o, struct pick *k, uint32_t func)
{
	const char *section = e->sec[e->func[func].sec].name;
	struct program *p = &k->prog[k->nprog];

	for (uint32_t i = 0; i < k->nprog; i++)
		if (k->func[i] == func)
			return true;
	if (k->nprog == MAX_PROGS)
		return err_at(e->err, 0, "more than %d programs call each other", MAX_PROGS);
	if (elf_is_text(&e->sec[e->func[func].sec]))
		p->type = (uint16_t)o->type;
	else if (!elf_prog_type(section, p))
		return err_at(e->err, 0, "section '%.40s' names no known type of program", section);
	k->func[k->nprog++] = func;
	if (!elf_link(e, func, p, &k->ncore))
		return false;
	for (uint32_t pc = 0; pc < p->len; pc++) {
		if (p->insn[pc].code != (CLS_LD | SZ_DW | MD_IMM))
			continue;
		if ((p->insn[pc].src == 1 || p->insn[pc].src == 2) &&
		    (uint32_t)p->insn[pc].imm < e->nmap)
			k->map[p->insn[pc].imm] = true;
		pc++;
	}
	return true;
}

/* What the maps hold: programs, other maps and their templates. */
static bool add_contents(struct elf *e, const struct file_opts *o, struct pick *k)
{
	bool more = true;

	while (more) {
		uint32_t nprog = k->nprog, nmap = 0;

		more = false;
		for (uint32_t i = 0; i < e->nvalue; i++) {
			const struct elf_value *v = &e->value[i];

			if (!k->map[v->map])
				continue;
			if (v->func >= 0 && !add_program(e, o, k, (uint32_t)v->func))
				return false;
			if (v->inner >= 0 && !k->map[v->inner])
				k->map[v->inner] = more = true;
		}
		for (; nmap < e->nmap; nmap++)
			if (k->map[nmap] && e->map[nmap].inner >= 0 && !k->map[e->map[nmap].inner])
				k->map[e->map[nmap].inner] = more = true;
		more |= k->nprog != nprog;
	}
	return true;
}

/* Numbers the maps of the unit, in the instructions, too. */
static void pick_maps(struct elf *e, struct pick *k, struct unit *u)
{
	struct map_def *map = arena_alloc(e->a, e->nmap * sizeof(*map));

	for (uint32_t i = 0; i < e->nmap; i++)
		k->number[i] = k->map[i] ? (int32_t)u->nmap++ : -1;
	for (uint32_t i = 0; i < e->nmap; i++) {
		struct map_def *m = &map[k->number[i] < 0 ? 0 : k->number[i]];

		if (k->number[i] < 0)
			continue;
		*m = e->map[i];
		if (m->inner >= 0)
			m->inner = k->number[m->inner];
	}
	u->map = map;
	for (uint32_t i = 0; i < k->nprog; i++) {
		struct insn *in = (struct insn *)k->prog[i].insn;

		for (uint32_t pc = 0; pc < k->prog[i].len; pc++) {
			if (in[pc].code != (CLS_LD | SZ_DW | MD_IMM))
				continue;
			if ((in[pc].src == 1 || in[pc].src == 2) && (uint32_t)in[pc].imm < e->nmap)
				in[pc].imm = k->number[in[pc].imm];
			pc++;
		}
	}
}

/* Records { map, key, program or map }. */
static void pick_input(struct elf *e, const struct pick *k, struct input *in)
{
	const struct prog_type_info *info = prog_type_info(k->prog[0].type);
	uint8_t *rec = arena_alloc(e->a, e->nvalue * 9);

	in->fuel = FUEL_DEFAULT;
	in->maps = rec;
	for (uint32_t i = 0; i < e->nvalue; i++) {
		const struct elf_value *v = &e->value[i];
		uint32_t to = 0;

		if (!k->map[v->map])
			continue;
		while (v->func >= 0 && k->func[to] != (uint32_t)v->func)
			to++;
		if (v->inner >= 0)
			to = (uint32_t)k->number[v->inner];
		rec[in->nmaps] = (uint8_t)k->number[v->map];
		memcpy(rec + in->nmaps + 1, &v->key, 4);
		memcpy(rec + in->nmaps + 5, &to, 4);
		in->nmaps += 9;
	}
	if (info && info->has_packet) {
		in->npacket = PACKET_SIZE;
		in->packet = arena_alloc(e->a, PACKET_SIZE);
	}
}

static bool make_case(struct elf *e, const struct file_opts *o, uint32_t func, struct testcase *tc)
{
	struct pick *k = arena_alloc(e->a, sizeof(*k));

	if (!add_program(e, o, k, func) || !add_contents(e, o, k))
		return false;
	pick_maps(e, k, &tc->unit);
	tc->unit.prog = arena_dup(e->a, k->prog, k->nprog * sizeof(*k->prog));
	tc->unit.nprog = k->nprog;
	for (uint32_t i = 0; i < k->nprog; i++)
		program_seal((struct program *)&tc->unit.prog[i], e->a);
	tc->ninput = 1;
	tc->input = arena_alloc(e->a, sizeof(*tc->input));
	pick_input(e, k, tc->input);
	if (k->ncore)
		tc->note = arena_printf(e->a, "%u CO-RE relocations keep the compiler's values",
					k->ncore);
	return case_check(tc, e->err);
}

/* ---- the object ------------------------------------------------------------------------ */

static bool is_wanted(const struct elf *e, const struct file_opts *o, const struct elf_func *f)
{
	return f->entry && (!o->program || !strcmp(o->program, f->name) ||
			    !strcmp(o->program, e->sec[f->sec].name));
}

long elf_parse(const uint8_t *bytes, size_t n, const struct file_opts *o, struct arena *a,
	       struct testcase **out, struct file_err *err)
{
	/* a copy: names and contents outlive the caller's bytes */
	struct elf *e = arena_alloc(a, sizeof(*e));
	long count = 0, done = 0;

	e->a = a;
	e->err = err;
	e->bytes = arena_dup(a, bytes, n);
	e->n = n;
	if (!elf_read(e) || !read_license(e) || !read_btf(e) || !elf_funcs(e) || !elf_maps(e))
		return -1;
	elf_debug(e);
	for (uint32_t i = 0; i < e->nfunc; i++)
		count += is_wanted(e, o, &e->func[i]);
	if (!count && o->program) {
		err_at(err, 0, "no program '%.80s' in this object", o->program);
		return -1;
	}
	if (!count || count > PROGRAMS_MAX) {
		err_at(err, 0, count ? "more than %d programs" : "no program in this object",
		       PROGRAMS_MAX);
		return -1;
	}
	*out = arena_alloc(a, (size_t)count * sizeof(**out));
	for (uint32_t i = 0; i < e->nfunc; i++)
		if (is_wanted(e, o, &e->func[i]) && !make_case(e, o, i, &(*out)[done++]))
			return -1;
	return count;
}
