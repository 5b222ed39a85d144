/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads the tables of an ELF object.  Every number of the file is checked
 * here, so that what follows can trust sections, symbols and relocations.
 */
#include "case/case.h"

#include <string.h>

#include "case/elf.h"

enum { MACHINE_BPF = 247 };

static bool read_header(struct elf *e, Elf64_Ehdr *h)
{
	if (e->n < EI_NIDENT || memcmp(e->bytes, ELFMAG, SELFMAG))
		return err_at(e->err, 0, "no ELF file");
	if (e->bytes[EI_DATA] == ELFDATA2MSB)
		return err_at(e->err, EI_DATA,
			      "big-endian object: only little-endian BPF is supported");
	if (e->bytes[EI_CLASS] != ELFCLASS64 || e->bytes[EI_DATA] != ELFDATA2LSB ||
	    e->bytes[EI_VERSION] != EV_CURRENT)
		return err_at(e->err, EI_CLASS, "no 64-bit little-endian ELF file");
	if (e->n < sizeof(*h))
		return err_at(e->err, 0, "ELF header is cut short");
	memcpy(h, e->bytes, sizeof(*h));
	if (h->e_machine != MACHINE_BPF && h->e_machine != EM_NONE)
		return err_at(e->err, offsetof(Elf64_Ehdr, e_machine),
			      "object for machine %u, not for BPF (%d)", h->e_machine, MACHINE_BPF);
	if (h->e_type != ET_REL)
		return err_at(e->err, offsetof(Elf64_Ehdr, e_type),
			      "ELF type %u: only relocatable objects are supported", h->e_type);
	if (h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shoff > e->n || !h->e_shnum ||
	    (e->n - h->e_shoff) / sizeof(Elf64_Shdr) < h->e_shnum)
		return err_at(e->err, offsetof(Elf64_Ehdr, e_shoff),
			      "table of sections lies outside the file");
	if (h->e_shstrndx >= h->e_shnum)
		return err_at(e->err, offsetof(Elf64_Ehdr, e_shstrndx),
			      "names of sections are missing");
	return true;
}

/* A string of a table, or NULL if it does not end inside. */
static const char *table_string(const struct elf_sec *table, uint64_t off)
{
	if (table->type != SHT_STRTAB || off >= table->size ||
	    !memchr(table->data + off, 0, table->size - off))
		return NULL;
	return (const char *)table->data + off;
}

static bool read_sections(struct elf *e, const Elf64_Ehdr *h)
{
	Elf64_Shdr *sh = arena_dup(e->a, e->bytes + h->e_shoff, h->e_shnum * sizeof(*sh));

	e->nsec = h->e_shnum;
	e->sec = arena_alloc(e->a, e->nsec * sizeof(*e->sec));
	for (uint32_t i = 0; i < e->nsec; i++) {
		struct elf_sec *s = &e->sec[i];

		s->map = NO_MAP;
		s->name = "";
		s->type = i ? sh[i].sh_type : (uint32_t)SHT_NULL;
		if (s->type == SHT_NULL)
			continue;
		s->size = sh[i].sh_size;
		s->flags = sh[i].sh_flags;
		s->entsize = sh[i].sh_entsize;
		s->link = sh[i].sh_link;
		s->info = sh[i].sh_info;
		if (s->type == SHT_NOBITS)
			continue;
		if (sh[i].sh_offset > e->n || s->size > e->n - sh[i].sh_offset)
			return err_at(e->err, h->e_shoff + i * sizeof(*sh),
				      "section %u lies outside the file", i);
		s->data = e->bytes + sh[i].sh_offset;
	}
	for (uint32_t i = 1; i < e->nsec; i++) {
		if (e->sec[i].type == SHT_NULL)
			continue;
		e->sec[i].name = table_string(&e->sec[h->e_shstrndx], sh[i].sh_name);
		if (!e->sec[i].name)
			return err_at(e->err, h->e_shoff + i * sizeof(*sh),
				      "section %u has no valid name", i);
		if (e->sec[i].flags & SHF_COMPRESSED && !strncmp(e->sec[i].name, ".BTF", 4))
			return err_at(e->err, 0, "section %s is compressed", e->sec[i].name);
	}
	return true;
}

uint32_t elf_section(const struct elf *e, const char *name)
{
	for (uint32_t i = 1; i < e->nsec; i++)
		if (!strcmp(e->sec[i].name, name))
			return i;
	return 0;
}

/* ---- symbols ------------------------------------------------------------------- */

static bool read_symbol(struct elf *e, const struct elf_sec *strings, uint32_t i,
			const Elf64_Sym *in)
{
	struct elf_sym *s = &e->sym[i];

	s->name = table_string(strings, in->st_name);
	if (!s->name)
		return err_at(e->err, 0, "symbol %u has no valid name", i);
	s->value = in->st_value;
	s->size = in->st_size;
	s->type = ELF64_ST_TYPE(in->st_info);
	s->bind = ELF64_ST_BIND(in->st_info);
	s->visibility = ELF64_ST_VISIBILITY(in->st_other);
	if (in->st_shndx >= SHN_LORESERVE) {
		/* absolute or common: names no place in a section */
		s->sec = 0;
		return true;
	}
	if (in->st_shndx >= e->nsec)
		return err_at(e->err, 0, "symbol '%.40s' lies in section %u, which does not exist",
			      s->name, in->st_shndx);
	s->sec = in->st_shndx;
	if (s->sec && (s->value > e->sec[s->sec].size || s->size > e->sec[s->sec].size - s->value))
		return err_at(e->err, 0, "symbol '%.40s' lies outside its section", s->name);
	return true;
}

/* Returns the number of the section. */
static bool read_symbols(struct elf *e, uint32_t *table)
{
	const struct elf_sec *s;

	*table = 0;
	for (uint32_t i = 1; i < e->nsec; i++) {
		if (e->sec[i].type != SHT_SYMTAB)
			continue;
		if (*table)
			return err_at(e->err, 0, "two tables of symbols");
		*table = i;
	}
	if (!*table)
		return err_at(e->err, 0, "no table of symbols");
	s = &e->sec[*table];
	if (s->entsize != sizeof(Elf64_Sym) || s->size % sizeof(Elf64_Sym) ||
	    s->link >= e->nsec)
		return err_at(e->err, 0, "malformed table of symbols");
	e->nsym = (uint32_t)(s->size / sizeof(Elf64_Sym));
	e->sym = arena_alloc(e->a, e->nsym * sizeof(*e->sym));
	for (uint32_t i = 0; i < e->nsym; i++) {
		Elf64_Sym in;

		memcpy(&in, s->data + i * sizeof(in), sizeof(in));
		if (!read_symbol(e, &e->sec[s->link], i, &in))
			return false;
	}
	return true;
}

const char *elf_sym_name(const struct elf *e, const struct elf_sym *s)
{
	return s->name[0] ? s->name : e->sec[s->sec].name;
}

/* ---- relocations ------------------------------------------------------------------ */

/* For code: which relocation belongs to a slot. */
static bool index_relocations(struct elf *e, struct elf_sec *to)
{
	uint32_t *at = arena_alloc(e->a, to->size / 8 * sizeof(*at));

	for (uint32_t i = 0; i < to->nrel; i++) {
		uint64_t off = to->rel[i].off;

		if (off % 8 || at[off / 8])
			return err_at(e->err, 0, "section %.40s: bad relocation at 0x%llx",
				      to->name, (unsigned long long)off);
		at[off / 8] = i + 1;
	}
	to->rel_at = at;
	return true;
}

static bool read_relocation(struct elf *e, uint32_t number, uint32_t symbols)
{
	const struct elf_sec *s = &e->sec[number];
	struct elf_sec *to;
	struct elf_rel *rel;

	if (s->entsize != sizeof(Elf64_Rel) || s->size % sizeof(Elf64_Rel) ||
	    s->link != symbols || !s->info || s->info >= e->nsec)
		return err_at(e->err, 0, "malformed table of relocations %.40s", s->name);
	to = &e->sec[s->info];
	if (to->rel)
		return err_at(e->err, 0, "two tables of relocations for %.40s", to->name);
	to->nrel = (uint32_t)(s->size / sizeof(Elf64_Rel));
	to->rel = rel = arena_alloc(e->a, to->nrel * sizeof(*rel));
	for (uint32_t i = 0; i < to->nrel; i++) {
		Elf64_Rel in;

		memcpy(&in, s->data + i * sizeof(in), sizeof(in));
		rel[i].off = in.r_offset;
		rel[i].type = (uint32_t)ELF64_R_TYPE(in.r_info);
		rel[i].sym = (uint32_t)ELF64_R_SYM(in.r_info);
		if (in.r_offset > to->size || to->size - in.r_offset < 4)
			return err_at(e->err, 0, "section %.40s: relocation outside", to->name);
		if (rel[i].sym >= e->nsym)
			return err_at(e->err, 0, "section %.40s: relocation to symbol %u, which "
				      "does not exist", to->name, rel[i].sym);
	}
	return !elf_is_code(to) || index_relocations(e, to);
}

/* Debug information has relocations, too; nobody asks for it. */
static bool is_wanted(const struct elf *e, const struct elf_sec *s)
{
	const char *of;

	if (s->info >= e->nsec)
		return true;	/* an error */
	of = e->sec[s->info].name;
	return strncmp(of, ".debug", 6) && strncmp(of, ".BTF", 4);
}

bool elf_read(struct elf *e)
{
	uint32_t symbols;
	Elf64_Ehdr h;

	if (!read_header(e, &h) || !read_sections(e, &h) || !read_symbols(e, &symbols))
		return false;
	for (uint32_t i = 1; i < e->nsec; i++) {
		const struct elf_sec *s = &e->sec[i];

		if (elf_is_code(s) && s->size % 8)
			return err_at(e->err, 0, "section %.40s: %llu bytes are no whole number of "
				      "instructions", s->name, (unsigned long long)s->size);
	}
	for (uint32_t i = 1; i < e->nsec; i++) {
		const struct elf_sec *s = &e->sec[i];

		if (s->type == SHT_RELA && s->info < e->nsec && elf_is_code(&e->sec[s->info]))
			return err_at(e->err, 0, "section %.40s: relocations with addends",
				      s->name);
		if (s->type == SHT_REL && is_wanted(e, s) && !read_relocation(e, i, symbols))
			return false;
	}
	return true;
}
