/* SPDX-License-Identifier: Apache-2.0 */
/* The maps of an object: "maps" and ".maps" sections, and sections of data. */
#include "case/case.h"

#include <stdlib.h>
#include <string.h>

#include "case/elf.h"

enum { LEGACY_DEF = 20, VALUES_MAX = 4096 };

int32_t elf_map_at(const struct elf *e, uint32_t sec, uint64_t off)
{
	for (uint32_t i = 0; i < e->nmap; i++)
		if (e->place[i].sec == sec && e->place[i].off == off)
			return (int32_t)i;
	return NO_MAP;
}

static struct map_def *add_map(struct elf *e, const char *name, uint32_t sec, uint64_t off)
{
	struct map_def *m = &e->map[e->nmap];

	if (e->nmap == MAX_MAPS) {
		err_at(e->err, 0, "more than %d maps", MAX_MAPS);
		return NULL;
	}
	memset(m, 0, sizeof(*m));
	snprintf(m->name, sizeof(m->name), "%s", name);
	m->inner = -1;
	e->place[e->nmap] = (struct elf_map){ .sec = sec, .off = off };
	e->nmap++;
	return m;
}

static bool check_kind(struct elf *e, const struct map_def *m)
{
	if (!map_kind(m->type))
		return err_at(e->err, 0, "map '%s': unknown type %u", m->name, m->type);
	return true;
}

/* The symbols of a section of maps, by offset. */
static int by_value(const void *x, const void *y)
{
	const struct elf_sym *const *s = x, *const *t = y;

	if ((*s)->value != (*t)->value)
		return (*s)->value < (*t)->value ? -1 : 1;
	return strcmp((*s)->name, (*t)->name);
}

static uint32_t map_symbols(const struct elf *e, uint32_t sec, const struct elf_sym ***list)
{
	const struct elf_sym **s = arena_alloc(e->a, e->nsym * sizeof(*s));
	uint32_t n = 0;

	for (uint32_t i = 0; i < e->nsym; i++)
		if (e->sym[i].sec == sec && e->sym[i].type != STT_SECTION && e->sym[i].name[0] &&
		    e->sym[i].name[0] != '.')
			s[n++] = &e->sym[i];
	qsort(s, n, sizeof(*s), by_value);
	*list = s;
	return n;
}

/* ---- section "maps": an array of { type, key, value, entries, flags } ---------------- */

static bool legacy_maps(struct elf *e, uint32_t sec)
{
	const struct elf_sec *s = &e->sec[sec];
	const struct elf_sym **sym;
	uint32_t n = map_symbols(e, sec, &sym);

	if (s->type != SHT_PROGBITS || !n)
		return err_at(e->err, 0, "section %.40s holds no maps", s->name);
	for (uint32_t i = 0; i < n; i++) {
		uint64_t end = i + 1 < n ? sym[i + 1]->value : s->size;
		const uint8_t *p = s->data + sym[i]->value;
		struct map_def *m;
		uint32_t v[5];

		if (end - sym[i]->value < LEGACY_DEF)
			return err_at(e->err, 0, "map '%.40s' is cut short", sym[i]->name);
		for (uint64_t k = LEGACY_DEF; k < end - sym[i]->value; k++)
			if (p[k])
				return err_at(e->err, 0, "map '%.40s' has fields that are not "
					      "known", sym[i]->name);
		m = add_map(e, sym[i]->name, sec, sym[i]->value);
		if (!m)
			return false;
		memcpy(v, p, sizeof(v));
		m->type = v[0];
		m->key_size = v[1];
		m->value_size = v[2];
		m->max_entries = v[3];
		m->flags = v[4];
		if (!check_kind(e, m))
			return false;
	}
	return true;
}

/* ---- section ".maps": described by BTF -------------------------------------------------- */

/* __uint(name, value): int (*name)[value] */
static bool get_uint(struct elf *e, const struct map_def *m, const struct btf_member *f,
		     uint32_t *v)
{
	const struct btf_type *t = btf_skip(&e->btf, f->type);

	if (btf_kind(t) == BTF_PTR)
		t = btf_skip(&e->btf, t->size);
	else
		t = NULL;
	if (btf_kind(t) != BTF_ARRAY)
		return err_at(e->err, 0, "map '%s': attribute %.40s is no number", m->name,
			      btf_str(&e->btf, f->name));
	*v = btf_array_of(t)->nelems;
	return true;
}

/* __type(name, type): type *name */
static bool get_type(struct elf *e, const struct map_def *m, const struct btf_member *f,
		     uint32_t *size, const struct btf_type **type)
{
	const struct btf_type *t = btf_skip(&e->btf, f->type);
	uint32_t old = *size;

	if (btf_kind(t) != BTF_PTR || !btf_size(&e->btf, t->size, size))
		return err_at(e->err, 0, "map '%s': the %.40s is of no type with a size", m->name,
			      btf_str(&e->btf, f->name));
	if (old && old != *size)
		return err_at(e->err, 0, "map '%s': two sizes of its %.40s", m->name,
			      btf_str(&e->btf, f->name));
	*type = btf_skip(&e->btf, t->size);
	return true;
}

static void find_spin_lock(struct elf *e, struct map_def *m, const struct btf_type *value)
{
	if (btf_kind(value) != BTF_STRUCT)
		return;
	for (uint32_t i = 0; i < btf_vlen(value); i++) {
		const struct btf_member *f = &btf_members(value)[i];
		const struct btf_type *t = btf_skip(&e->btf, f->type);

		if (btf_kind(t) == BTF_STRUCT && t->size == 4 && f->offset % 8 == 0 &&
		    !strcmp(btf_str(&e->btf, t->name), "bpf_spin_lock")) {
			m->has_spin_lock = true;
			m->spin_lock_off = f->offset / 8;
		}
	}
}

static bool map_from_struct(struct elf *e, uint32_t index, const struct btf_type *t, bool outer);

/* __array(values, type): type *values[], the last member */
static bool get_values(struct elf *e, uint32_t index, const struct btf_member *f, bool outer)
{
	struct map_def *m = &e->map[index], *inner;
	const struct btf_type *t = btf_skip(&e->btf, f->type);
	char name[sizeof(m->name) + 8];

	t = btf_kind(t) == BTF_ARRAY ? btf_skip(&e->btf, btf_array_of(t)->type) : NULL;
	t = btf_kind(t) == BTF_PTR ? btf_skip(&e->btf, t->size) : NULL;
	if (m->value_size && m->value_size != 4)
		return err_at(e->err, 0, "map '%s': values of %u bytes are no maps or programs",
			      m->name, m->value_size);
	m->value_size = 4;
	e->place[index].values = e->place[index].off + f->offset / 8;
	if (btf_kind(t) == BTF_FUNC_PROTO && map_holds_progs(m))
		return true;
	if (btf_kind(t) != BTF_STRUCT || !map_holds_maps(m) || !outer)
		return err_at(e->err, 0, "map '%s': values that do not fit its type", m->name);
	snprintf(name, sizeof(name), "%s.inner", m->name);
	inner = add_map(e, name, 0, 0);
	if (!inner)
		return false;
	m->inner = (int32_t)(inner - e->map);
	return map_from_struct(e, (uint32_t)m->inner, t, false);
}

static bool map_member(struct elf *e, uint32_t index, const struct btf_member *f, bool outer)
{
	struct map_def *m = &e->map[index];
	const char *name = btf_str(&e->btf, f->name);
	const struct btf_type *t;
	uint32_t ignored;

	if (!strcmp(name, "type"))
		return get_uint(e, m, f, &m->type) && check_kind(e, m);
	if (!strcmp(name, "max_entries"))
		return get_uint(e, m, f, &m->max_entries);
	if (!strcmp(name, "map_flags"))
		return get_uint(e, m, f, &m->flags);
	if (!strcmp(name, "key_size"))
		return get_uint(e, m, f, &m->key_size);
	if (!strcmp(name, "value_size"))
		return get_uint(e, m, f, &m->value_size);
	if (!strcmp(name, "key"))
		return get_type(e, m, f, &m->key_size, &t);
	if (!strcmp(name, "value")) {
		if (!get_type(e, m, f, &m->value_size, &t))
			return false;
		find_spin_lock(e, m, t);
		return true;
	}
	if (!strcmp(name, "values"))
		return get_values(e, index, f, outer);
	/* where it lives is no matter of what it holds */
	if (!strcmp(name, "numa_node") || !strcmp(name, "pinning") || !strcmp(name, "map_extra"))
		return get_uint(e, m, f, &ignored);
	return err_at(e->err, 0, "map '%s': unknown attribute '%.40s'", m->name, name);
}

static bool map_from_struct(struct elf *e, uint32_t index, const struct btf_type *t, bool outer)
{
	for (uint32_t i = 0; i < btf_vlen(t); i++)
		if (!map_member(e, index, &btf_members(t)[i], outer))
			return false;
	return e->map[index].type ||
	       err_at(e->err, 0, "map '%s' has no type", e->map[index].name);
}

/* The struct of the variable of a map, or NULL. */
static const struct btf_type *map_struct(const struct elf *e, const char *name)
{
	const struct btf_type *t = btf_type(&e->btf, btf_find(&e->btf, BTF_VAR, name));

	t = t ? btf_skip(&e->btf, t->size) : NULL;
	return btf_kind(t) == BTF_STRUCT ? t : NULL;
}

static bool btf_maps(struct elf *e, uint32_t sec)
{
	const struct elf_sym **sym;
	uint32_t n = map_symbols(e, sec, &sym);

	if (!e->btf.n)
		return err_at(e->err, 0, "maps are described by BTF, but there is none: compile "
			      "with -g");
	for (uint32_t i = 0; i < n; i++) {
		const struct btf_type *t = map_struct(e, sym[i]->name);
		uint32_t index = e->nmap;

		if (!t)
			return err_at(e->err, 0, "map '%.40s' is described by no struct",
				      sym[i]->name);
		if (!add_map(e, sym[i]->name, sec, sym[i]->value))
			return false;
		e->place[index].size = sym[i]->size;
		if (!map_from_struct(e, index, t, true))
			return false;
	}
	return true;
}

/* ---- what maps of maps and of programs hold at first -------------------------------------- */

static int32_t map_around(const struct elf *e, uint32_t sec, uint64_t off)
{
	for (uint32_t i = 0; i < e->nmap; i++)
		if (e->place[i].sec == sec && e->place[i].off <= off &&
		    off - e->place[i].off < e->place[i].size)
			return (int32_t)i;
	return NO_MAP;
}

static bool add_value(struct elf *e, const struct elf_rel *r, uint32_t sec)
{
	const struct elf_sym *to = &e->sym[r->sym];
	struct elf_value *v = &e->value[e->nvalue];
	int32_t map = map_around(e, sec, r->off);
	uint64_t addend = 0, start;
	const struct map_def *m;

	if (map == NO_MAP)
		return err_at(e->err, 0, ".maps: relocation outside of any map");
	m = &e->map[map];
	start = e->place[map].values;
	if (!start || r->off < start || (r->off - start) % 8 || e->sec[sec].size - r->off < 8)
		return err_at(e->err, 0, "map '%s': relocation outside of its values", m->name);
	memcpy(&addend, e->sec[sec].data + r->off, 8);
	v->map = (uint32_t)map;
	v->key = (uint32_t)((r->off - start) / 8);
	v->func = v->inner = -1;
	if (to->sec && map_holds_progs(m) && (to->value + addend) % 8 == 0)
		v->func = elf_func_at(e, to->sec, (to->value + addend) / 8);
	else if (to->sec && map_holds_maps(m))
		v->inner = elf_map_at(e, to->sec, to->value + addend);
	if (v->func < 0 && v->inner < 0)
		return err_at(e->err, 0, "map '%s': '%.40s' does not fit as its value", m->name,
			      elf_sym_name(e, to));
	if (m->key_size != 4)
		return err_at(e->err, 0, "map '%s': first values need keys of 4 bytes", m->name);
	e->nvalue++;
	return true;
}

static bool map_values(struct elf *e, uint32_t sec)
{
	const struct elf_sec *s = &e->sec[sec];

	if (!s->nrel)
		return true;
	if (s->type != SHT_PROGBITS || s->nrel > VALUES_MAX || e->value)
		return err_at(e->err, 0, ".maps: bad relocations");
	e->value = arena_alloc(e->a, s->nrel * sizeof(*e->value));
	for (uint32_t i = 0; i < s->nrel; i++)
		if (!add_value(e, &s->rel[i], sec))
			return false;
	return true;
}

/* ---- data ------------------------------------------------------------------------------------ */

static bool has_prefix(const char *s, const char *prefix)
{
	size_t n = strlen(prefix);

	return !strncmp(s, prefix, n) && (!s[n] || s[n] == '.');
}

/* An array of one value, the section. */
static bool data_map(struct elf *e, uint32_t sec)
{
	struct elf_sec *s = &e->sec[sec];
	bool constant = has_prefix(s->name, ".rodata");
	struct map_def *m;

	if (s->map != NO_MAP || !(s->flags & SHF_ALLOC) || elf_is_code(s) ||
	    (!constant && !has_prefix(s->name, ".data") && !has_prefix(s->name, ".bss")))
		return true;
	if (!s->size || s->size > LIMIT_BYTES)
		return err_at(e->err, 0, "section %.40s has %llu bytes, from 1 to %d are possible",
			      s->name, (unsigned long long)s->size, LIMIT_BYTES);
	s->map = (int32_t)e->nmap;
	m = add_map(e, s->name, 0, 0);
	if (!m)
		return false;
	m->type = MAP_ARRAY;
	m->key_size = 4;
	m->value_size = (uint32_t)s->size;
	m->max_entries = 1;
	m->flags = constant ? MAPF_RDONLY_PROG : 0;
	m->frozen = constant;
	m->init = s->data;
	m->ninit = s->data ? m->value_size : 0;
	return true;
}

static bool data_maps(struct elf *e)
{
	for (uint32_t i = 1; i < e->nsec; i++) {
		const struct elf_sec *s = &e->sec[i];

		for (uint32_t k = 0; elf_is_code(s) && k < s->nrel; k++) {
			uint32_t sec = e->sym[s->rel[k].sym].sec;

			if (sec && !data_map(e, sec))
				return false;
		}
	}
	return true;
}

bool elf_maps(struct elf *e)
{
	for (uint32_t i = 1; i < e->nsec; i++) {
		const char *name = e->sec[i].name;

		if ((!strcmp(name, "maps") || !strncmp(name, "maps/", 5)) && !legacy_maps(e, i))
			return false;
		if (!strcmp(name, ".maps") && (!btf_maps(e, i) || !map_values(e, i)))
			return false;
	}
	return data_maps(e);
}
