/* SPDX-License-Identifier: Apache-2.0 */
/* Loading of ELF objects: what its files share. */
#ifndef CASE_ELF_H
#define CASE_ELF_H

#include <elf.h>
#include <string.h>

#include "case/btf.h"
#include "case/internal.h"

enum { NO_MAP = -1 };

struct elf_rel {
	uint64_t off;
	uint32_t type, sym;
};

struct elf_sec {
	const char *name;
	const uint8_t *data;	/* NULL without contents (.bss) */
	uint64_t size, flags, entsize;
	uint32_t type, link, info;
	const struct elf_rel *rel;
	uint32_t nrel;
	const uint32_t *rel_at;	/* code: index + 1 into rel, for each slot */
	const uint8_t **line_at; /* code: the record of .BTF.ext for each slot, or NULL */
	const uint8_t *core_at;	/* code: 1 where a CO-RE relocation is, or NULL */
	int32_t map;		/* data sections: the map of their contents, or NO_MAP */
};

struct elf_sym {
	const char *name;
	uint64_t value, size;
	uint32_t sec;		/* 0: undefined */
	uint8_t type, bind, visibility;
};

struct elf_func {
	const char *name;
	uint32_t sec, start, len;	/* slots of the section */
	bool entry;			/* a program of its own */
	bool global;
};

/* A map that a symbol stands for. */
struct elf_map {
	uint32_t sec;		/* 0: no symbol can name it */
	uint64_t off, size;
	uint64_t values;	/* where its "values" start in the section, or 0 */
};

/* "values" of a map: what a slot holds at first. */
struct elf_value {
	uint32_t map, key;
	int32_t func, inner;	/* one of them, the other is -1 */
};

/* How far the linker is in a function, of elf.queue. */
struct elf_walk {
	uint32_t index, slot;
};

struct elf {
	struct arena *a;
	struct file_err *err;
	const uint8_t *bytes;
	size_t n;
	struct elf_sec *sec;
	uint32_t nsec;
	struct elf_sym *sym;
	uint32_t nsym;
	struct elf_func *func;
	uint32_t nfunc;
	struct map_def map[MAX_MAPS];
	struct elf_map place[MAX_MAPS];
	uint32_t nmap;
	struct elf_value *value;
	uint32_t nvalue;
	struct btf btf;
	struct btf_ext ext;
	const char *license;
	uint64_t linked;	/* slots of all programs so far */
	uint32_t *queue, *start, *queued; /* of elf_link(), one for each function */
	struct elf_walk *walk;
};

/* Relocations of BPF objects. */
enum { REL_64_64 = 1, REL_64_ABS64 = 2, REL_64_ABS32 = 3, REL_64_NODYLD32 = 4, REL_64_32 = 10 };

/* ---- elf_file.c: headers, sections, symbols, relocations ------------------------- */

bool elf_read(struct elf *e);
static inline bool elf_is_code(const struct elf_sec *s)
{
	return s->type == SHT_PROGBITS && s->flags & SHF_EXECINSTR;
}
/* Functions there are called by programs, and are none. */
static inline bool elf_is_text(const struct elf_sec *s)
{
	return !strcmp(s->name, ".text") || !strncmp(s->name, ".text.", 6);
}
/* The number of a section, 0 if there is none. */
uint32_t elf_section(const struct elf *e, const char *name);
/* A name for people: of the symbol, or of the section that it stands for. */
const char *elf_sym_name(const struct elf *e, const struct elf_sym *s);

/* ---- elf_map.c ------------------------------------------------------------------- */

/* Finds the maps: "maps", ".maps", and data sections that code refers to.  After elf_funcs(). */
bool elf_maps(struct elf *e);
/* The map that starts at this place, or NO_MAP. */
int32_t elf_map_at(const struct elf *e, uint32_t sec, uint64_t off);

/* ---- elf_func.c ------------------------------------------------------------------ */

/* Finds the functions, sorted by section and place. */
bool elf_funcs(struct elf *e);
/* The function that starts at this slot, or -1. */
int32_t elf_func_at(const struct elf *e, uint32_t sec, uint64_t slot);
/* Type, attach type and flags from the name of a section; false if it is unknown. */
bool elf_prog_type(const char *section, struct program *p);

/* ---- elf_link.c ------------------------------------------------------------------ */

/* Finds the records of .BTF.ext for each slot of code. */
void elf_debug(struct elf *e);
/*
 * The program that starts in a function, with all that it calls; *ncore counts
 * its CO-RE relocations.
 */
bool elf_link(struct elf *e, uint32_t func, struct program *p, uint32_t *ncore);

#endif
