/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader of BTF and .BTF.ext, as much of it as loading objects and following
 * the kernel's types needs.
 */
#ifndef CASE_BTF_H
#define CASE_BTF_H

#include "case/case.h"

enum btf_kind {
	BTF_VOID, BTF_INT, BTF_PTR, BTF_ARRAY, BTF_STRUCT, BTF_UNION, BTF_ENUM, BTF_FWD,
	BTF_TYPEDEF, BTF_VOLATILE, BTF_CONST, BTF_RESTRICT, BTF_FUNC, BTF_FUNC_PROTO, BTF_VAR,
	BTF_DATASEC, BTF_FLOAT, BTF_DECL_TAG, BTF_TYPE_TAG, BTF_ENUM64, BTF_KIND_N,
};

struct btf_type {
	uint32_t name;
	uint32_t info;		/* bits 0-15 vlen, 24-28 kind, 31 kind flag */
	uint32_t size;		/* or the type that it refers to */
};
struct btf_member {
	uint32_t name, type, offset;	/* offset in bits */
};
struct btf_array {
	uint32_t type, index_type, nelems;
};

struct btf {
	const uint8_t *type;	/* 4-byte aligned */
	const uint32_t *off;	/* of each type, by id; off[0] is not used */
	uint32_t n;		/* ids are below it; 0: there is no BTF */
	const char *str;
	uint32_t nstr;
	const uint32_t *slot;	/* ids by name, see btf_index(); NULL: btf_find() looks at each */
	uint32_t nslot;
};

/* Strict about sizes and names; types may still refer to ids that do not exist. */
bool btf_parse(struct btf *b, const uint8_t *p, size_t n, struct arena *a, struct file_err *err);
/*
 * The running kernel's types, indexed, or NULL.  They are read when first asked
 * for and kept.
 */
const struct btf *btf_of_kernel(void);
/* NULL if there is no such type. */
const struct btf_type *btf_type(const struct btf *b, uint32_t id);
const char *btf_str(const struct btf *b, uint32_t off);	/* "" if there is none */
static inline enum btf_kind btf_kind(const struct btf_type *t)
{
	return t ? (enum btf_kind)(t->info >> 24 & 0x1f) : BTF_VOID;
}
static inline uint32_t btf_vlen(const struct btf_type *t)
{
	return t->info & 0xffff;
}
static inline const struct btf_member *btf_members(const struct btf_type *t)
{
	return (const struct btf_member *)(t + 1);
}
static inline const struct btf_array *btf_array_of(const struct btf_type *t)
{
	return (const struct btf_array *)(t + 1);
}
/* The type behind typedefs and qualifiers. */
const struct btf_type *btf_skip(const struct btf *b, uint32_t id);
/* False if the type has no size, or one above 4 GiB. */
bool btf_size(const struct btf *b, uint32_t id, uint32_t *size);
/* Makes btf_find() fast, for BTF that is asked often. */
void btf_index(struct btf *b, struct arena *a);
/* The first type of this kind and name, or 0. */
uint32_t btf_find(const struct btf *b, enum btf_kind kind, const char *name);

/*
 * The type that Linux takes as attach_btf_id for a tracing program with this
 * expected_attach_type and target: the typedef of a tracepoint, or a function.
 * 0 if there is none.
 */
uint32_t btf_target(const struct btf *b, uint32_t attach, const char *target);

/* ---- .BTF.ext ---------------------------------------------------------------- */

enum btf_ext_kind { EXT_FUNC, EXT_LINE, EXT_CORE, EXT_N };

/* The records of one kind: blocks of { section name, n, records }. */
struct btf_ext {
	const uint8_t *p[EXT_N];	/* the first block */
	uint32_t len[EXT_N];
	uint32_t rec[EXT_N];		/* bytes of a record; its first word is a byte offset */
};
bool btf_ext_parse(struct btf_ext *x, const struct btf *b, const uint8_t *p, size_t n,
		   struct arena *a, struct file_err *err);
/* The records of the next block of a section, from *at (0 at first); NULL at the end. */
const uint8_t *btf_ext_next(const struct btf_ext *x, const struct btf *b, enum btf_ext_kind kind,
			    const char *section, uint32_t *at, uint32_t *n);

#endif
