/* SPDX-License-Identifier: Apache-2.0 */
/* BTF, as clang writes it into objects. */
#include "case/case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "case/btf.h"
#include "case/internal.h"

enum { BTF_MAGIC = 0xeb9f, BTF_HEADER = 24, EXT_HEADER = 24, EXT_HEADER_CORE = 32, DEPTH = 32 };

/* ---- types ---------------------------------------------------------------------- */

/* Bytes that follow the three words of a type. */
static uint32_t extra_size(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_INT:
	case BTF_VAR:
	case BTF_DECL_TAG:
		return 4;
	case BTF_ARRAY:
		return sizeof(struct btf_array);
	case BTF_STRUCT:
	case BTF_UNION:
	case BTF_DATASEC:
	case BTF_ENUM64:
		return 12 * btf_vlen(t);
	case BTF_ENUM:
	case BTF_FUNC_PROTO:
		return 8 * btf_vlen(t);
	default:
		return 0;
	}
}

static bool index_types(struct btf *b, uint32_t len, struct arena *a, struct file_err *err)
{
	uint32_t *off = arena_raw(a, (len / sizeof(struct btf_type) + 2) * sizeof(*off));
	const struct btf_type *t;
	uint32_t at = 0;

	b->n = 1;
	b->off = off;
	off[0] = 0;
	while (at < len) {
		t = (const struct btf_type *)(b->type + at);
		if (len - at < sizeof(*t) || len - at - sizeof(*t) < extra_size(t))
			return err_at(err, 0, "BTF: type %u is cut short", b->n);
		if (btf_kind(t) == BTF_VOID || btf_kind(t) >= BTF_KIND_N)
			return err_at(err, 0, "BTF: type %u has the unknown kind %d", b->n,
				      btf_kind(t));
		if (t->name >= b->nstr)
			return err_at(err, 0, "BTF: the name of type %u lies outside", b->n);
		off[b->n++] = at;
		at += (uint32_t)sizeof(*t) + extra_size(t);
	}
	return true;
}

bool btf_parse(struct btf *b, const uint8_t *p, size_t n, struct arena *a, struct file_err *err)
{
	uint32_t h[6];
	uint64_t end;

	if (n < BTF_HEADER || n > UINT32_MAX)
		return err_at(err, 0, "BTF: no header");
	memcpy(h, p, sizeof(h));
	if ((h[0] & 0xffff) != BTF_MAGIC)
		return err_at(err, 0, "BTF: bad magic");
	if ((h[0] >> 16 & 0xff) != 1)
		return err_at(err, 0, "BTF: version %u is not known", h[0] >> 16 & 0xff);
	if (h[1] < BTF_HEADER || h[1] > n)
		return err_at(err, 0, "BTF: header of %u bytes", h[1]);
	end = n - h[1];
	if (h[2] > end || h[3] > end - h[2] || h[4] > end || h[5] > end - h[4])
		return err_at(err, 0, "BTF: types or strings lie outside");
	if (h[2] % 4 || h[3] % 4)
		return err_at(err, 0, "BTF: types are not aligned");
	b->type = arena_dup(a, p + h[1] + h[2], h[3]);
	b->str = (const char *)p + h[1] + h[4];
	b->nstr = h[5];
	if (!b->nstr || b->str[0] || b->str[b->nstr - 1])
		return err_at(err, 0, "BTF: strings do not begin and end with a NUL");
	return index_types(b, h[3], a, err);
}

const struct btf_type *btf_type(const struct btf *b, uint32_t id)
{
	return id && id < b->n ? (const struct btf_type *)(b->type + b->off[id]) : NULL;
}

const char *btf_str(const struct btf *b, uint32_t off)
{
	return off < b->nstr ? b->str + off : "";
}

static bool is_modifier(enum btf_kind k)
{
	return k == BTF_TYPEDEF || k == BTF_VOLATILE || k == BTF_CONST || k == BTF_RESTRICT ||
	       k == BTF_TYPE_TAG;
}

const struct btf_type *btf_skip(const struct btf *b, uint32_t id)
{
	const struct btf_type *t = btf_type(b, id);

	for (int i = 0; t && is_modifier(btf_kind(t)); i++)
		t = i < DEPTH ? btf_type(b, t->size) : NULL;
	return t;
}

bool btf_size(const struct btf *b, uint32_t id, uint32_t *size)
{
	uint64_t times = 1;

	for (int i = 0; i < DEPTH; i++) {
		const struct btf_type *t = btf_skip(b, id);

		switch (btf_kind(t)) {
		case BTF_ARRAY:
			times *= btf_array_of(t)->nelems;
			if (times > UINT32_MAX)
				return false;
			id = btf_array_of(t)->type;
			continue;
		case BTF_PTR:
			times *= 8;
			break;
		case BTF_INT:
		case BTF_STRUCT:
		case BTF_UNION:
		case BTF_ENUM:
		case BTF_ENUM64:
		case BTF_FLOAT:
		case BTF_DATASEC:
			times *= t->size;
			break;
		default:
			return false;
		}
		*size = (uint32_t)times;
		return times <= UINT32_MAX;
	}
	return false;
}

/* Where the search for a name begins; names of one kind follow in the order of their ids. */
static uint32_t name_slot(const struct btf *b, enum btf_kind kind, const char *name)
{
	return (uint32_t)digest(name, strlen(name), kind) & (b->nslot - 1);
}

void btf_index(struct btf *b, struct arena *a)
{
	uint32_t *slot;

	for (b->nslot = 16; b->nslot < 2 * b->n; b->nslot *= 2)
		;
	slot = arena_alloc(a, b->nslot * sizeof(*slot));
	for (uint32_t id = 1; id < b->n; id++) {
		const struct btf_type *t = btf_type(b, id);
		uint32_t i = name_slot(b, btf_kind(t), btf_str(b, t->name));

		if (!t->name)
			continue;
		while (slot[i])
			i = (i + 1) & (b->nslot - 1);
		slot[i] = id;
	}
	b->slot = slot;
}

static bool is_named(const struct btf *b, uint32_t id, enum btf_kind kind, const char *name)
{
	const struct btf_type *t = btf_type(b, id);

	return btf_kind(t) == kind && !strcmp(btf_str(b, t->name), name);
}

uint32_t btf_find(const struct btf *b, enum btf_kind kind, const char *name)
{
	uint32_t i;

	if (b->slot) {
		for (i = name_slot(b, kind, name); b->slot[i]; i = (i + 1) & (b->nslot - 1))
			if (is_named(b, b->slot[i], kind, name))
				break;
		return b->slot[i];
	}
	for (i = 1; i < b->n; i++)
		if (is_named(b, i, kind, name))
			return i;
	return 0;
}

const struct btf *btf_of_kernel(void)
{
	static const char path[] = "/sys/kernel/btf/vmlinux";
	static enum { NOT_READ, NONE, READ } state;
	static struct btf btf;
	static struct arena arena;
	struct file_err err;
	uint8_t *p;
	size_t n;

	if (state == NOT_READ) {
		state = NONE;
		p = file_read(path, &n, &err);
		if (p && btf_parse(&btf, p, n, &arena, &err)) {
			btf.str = arena_dup(&arena, btf.str, btf.nstr);
			btf_index(&btf, &arena);
			state = READ;
		}
		free(p);
	}
	return state == READ ? &btf : NULL;
}

uint32_t btf_target(const struct btf *b, uint32_t attach, const char *target)
{
	char name[160];

	switch (attach) {
	case ATTACH_RAW_TP:
		snprintf(name, sizeof(name), "btf_trace_%s", target);
		return btf_find(b, BTF_TYPEDEF, name);
	case ATTACH_ITER:
		snprintf(name, sizeof(name), "bpf_iter_%s", target);
		return btf_find(b, BTF_FUNC, name);
	case ATTACH_FENTRY: case ATTACH_FEXIT: case ATTACH_MODIFY_RETURN:
		return btf_find(b, BTF_FUNC, target);
	default:
		return 0;
	}
}

/* ---- .BTF.ext --------------------------------------------------------------------- */

static uint32_t word(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

static bool check_blocks(const struct btf_ext *x, const struct btf *b, int kind,
			 struct file_err *err)
{
	const uint8_t *p = x->p[kind];
	uint32_t left = x->len[kind];

	while (left) {
		uint64_t size;

		if (left < 8)
			return err_at(err, 0, ".BTF.ext: a block is cut short");
		size = 8 + (uint64_t)word(p + 4) * x->rec[kind];
		if (word(p) >= b->nstr || !word(p + 4) || size > left)
			return err_at(err, 0, ".BTF.ext: malformed block");
		p += size;
		left -= (uint32_t)size;
	}
	return true;
}

bool btf_ext_parse(struct btf_ext *x, const struct btf *b, const uint8_t *p, size_t n,
		   struct arena *a, struct file_err *err)
{
	static const uint32_t least[EXT_N] = { 8, 16, 16 };
	uint32_t h[8] = { 0 };

	if (n < EXT_HEADER || n > UINT32_MAX)
		return err_at(err, 0, ".BTF.ext: no header");
	memcpy(h, p, EXT_HEADER);
	if ((h[0] & 0xffff) != BTF_MAGIC || (h[0] >> 16 & 0xff) != 1)
		return err_at(err, 0, ".BTF.ext: bad magic or version");
	if (h[1] < EXT_HEADER || h[1] > n)
		return err_at(err, 0, ".BTF.ext: header of %u bytes", h[1]);
	if (h[1] >= EXT_HEADER_CORE)
		memcpy(h, p, EXT_HEADER_CORE);
	for (int k = 0; k < EXT_N; k++) {
		uint32_t off = h[2 + 2 * k], len = h[3 + 2 * k];

		if (!len)
			continue;
		if (off > n - h[1] || len > n - h[1] - off || len < 4 || off % 4)
			return err_at(err, 0, ".BTF.ext: records lie outside");
		x->p[k] = arena_dup(a, p + h[1] + off, len);
		x->rec[k] = word(x->p[k]);
		x->p[k] += 4;
		x->len[k] = len - 4;
		if (x->rec[k] < least[k] || x->rec[k] > 256 || x->rec[k] % 4)
			return err_at(err, 0, ".BTF.ext: records of %u bytes", x->rec[k]);
		if (!check_blocks(x, b, k, err))
			return false;
	}
	return true;
}

const uint8_t *btf_ext_next(const struct btf_ext *x, const struct btf *b, enum btf_ext_kind kind,
			    const char *section, uint32_t *at, uint32_t *n)
{
	while (*at < x->len[kind]) {
		const uint8_t *p = x->p[kind] + *at;

		*n = word(p + 4);
		*at += 8 + *n * x->rec[kind];
		if (!strcmp(btf_str(b, word(p)), section))
			return p + 8;
	}
	return NULL;
}
