/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A unit inside the kernel: its maps with their contents, its programs with
 * map indexes replaced by descriptors, and the BTF that Linux wants for both.
 */
#include "engines/linux_sys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* ---- BTF: just enough types ---------------------------------------------------- */

enum { BTF_INT = 1, BTF_ARRAY = 3, BTF_STRUCT = 4, BTF_FUNC = 12, BTF_FUNC_PROTO = 13 };
enum { BTF_SIGNED = 1 << 24 };

struct bytes {
	uint8_t *p;
	uint32_t n, cap;
};
struct btf {
	struct bytes type, str;
	uint32_t ntype;		/* the last id given */
};

static uint32_t bytes_add(struct bytes *b, const void *p, uint32_t n)
{
	uint32_t at = b->n;

	if (b->cap - b->n < n) {
		b->cap = (b->cap + n) * 2;
		b->p = realloc(b->p, b->cap);
		if (!b->p)
			die("linux: out of memory");
	}
	memcpy(b->p + at, p, n);
	b->n += n;
	return at;
}

static uint32_t btf_str(struct btf *b, const char *s)
{
	return bytes_add(&b->str, s, strlen(s) + 1);
}

/* A type with nextra more words behind it; returns its id. */
static uint32_t btf_type(struct btf *b, const char *name, uint32_t kind, uint32_t vlen,
			 uint32_t size_or_type, const uint32_t *extra, uint32_t nextra)
{
	uint32_t head[3] = { name ? btf_str(b, name) : 0, kind << 24 | vlen, size_or_type };

	bytes_add(&b->type, head, sizeof(head));
	if (nextra)
		bytes_add(&b->type, extra, nextra * sizeof(*extra));
	return ++b->ntype;
}

enum { BTF_ID_INT = 1, BTF_ID_CHAR = 2 };

static void btf_begin(struct btf *b)
{
	*b = (struct btf){ 0 };
	btf_str(b, "");
	btf_type(b, "int", BTF_INT, 0, 4, &(uint32_t){ BTF_SIGNED | 32 }, 1);
	btf_type(b, "char", BTF_INT, 0, 1, &(uint32_t){ BTF_SIGNED | 8 }, 1);
}

/* Loads what was built into the kernel and forgets it. */
static enum linux_err btf_end(struct btf *b, int *fd)
{
	struct {
		uint16_t magic;
		uint8_t version, flags;
		uint32_t hdr_len, type_off, type_len, str_off, str_len;
	} h = {
		.magic = 0xeb9f, .version = 1, .hdr_len = sizeof(h), .type_len = b->type.n,
		.str_off = b->type.n, .str_len = b->str.n,
	};
	struct bytes all = { 0 };
	enum linux_err err;

	bytes_add(&all, &h, sizeof(h));
	bytes_add(&all, b->type.p, b->type.n);
	bytes_add(&all, b->str.p, b->str.n);
	err = linux_btf_load(all.p, all.n, NULL, fd);
	free(all.p);
	free(b->type.p);
	free(b->str.p);
	return err;
}

static uint32_t btf_bytes(struct btf *b, uint32_t size)
{
	uint32_t array[3] = { BTF_ID_CHAR, BTF_ID_INT, size };

	return size == 4 ? BTF_ID_INT : btf_type(b, NULL, BTF_ARRAY, 0, 0, array, 3);
}

/* struct value { [bytes;] struct bpf_spin_lock lock; } of the map's size. */
static uint32_t btf_value(struct btf *b, const struct map_def *m)
{
	uint32_t val[3] = { btf_str(b, "val"), BTF_ID_INT, 0 };
	uint32_t member[3] = { 0 };

	if (!m->has_spin_lock)
		return btf_bytes(b, m->value_size);
	member[0] = btf_str(b, "lock");
	member[1] = btf_type(b, "bpf_spin_lock", BTF_STRUCT, 1, 4, val, 3);
	member[2] = m->spin_lock_off * 8;
	return btf_type(b, "value", BTF_STRUCT, 1, m->value_size, member, 3);
}

static bool needs_btf(const struct map_def *m)
{
	switch (m->type) {
	case MAP_SK_STORAGE: case MAP_INODE_STORAGE: case MAP_TASK_STORAGE: case MAP_CGRP_STORAGE:
		return true;
	default:
		return m->has_spin_lock;
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* Where functions begin, sorted, as Linux finds them: malloc'ed. */
static uint32_t *func_starts(const struct program *p, uint32_t *n)
{
	uint32_t *at = malloc((p->len + 1) * sizeof(*at)), k = 1, out = 0;

	if (!at)
		die("linux: out of memory");
	at[0] = 0;
	for (uint32_t i = 0; i < p->len; i++) {
		uint8_t id = p->id[i];

		if (id < INSN_N && (insn_row(id)->kind == K_CALL_LOCAL || id == I_LD_CODE_ADDR))
			at[k++] = insn_target(p->insn, id, i);
	}
	qsort(at, k, sizeof(*at), by_number);
	for (uint32_t i = 0; i < k; i++) {
		if (!out || at[out - 1] != at[i])
			at[out++] = at[i];
	}
	*n = out;
	return at;
}

/*
 * Linux wants to know the functions of a program with callbacks, or with tail
 * calls below main: each becomes a static int f(void).  malloc'ed, NULL if
 * there is nothing to tell.
 */
static struct linux_func_info *func_info(const struct program *p, uint32_t *n, int *btf_fd)
{
	struct linux_func_info *info;
	uint32_t *at, proto;
	struct btf b;
	char name[16];

	*n = 0;
	if (!p->id)
		return NULL;
	at = func_starts(p, n);
	info = *n > 1 ? calloc(*n, sizeof(*info)) : NULL;
	if (!info) {
		*n = 0;
		free(at);
		return NULL;
	}
	btf_begin(&b);
	proto = btf_type(&b, NULL, BTF_FUNC_PROTO, 0, BTF_ID_INT, NULL, 0);
	for (uint32_t i = 0; i < *n; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		info[i].insn_off = at[i];
		info[i].type_id = btf_type(&b, name, BTF_FUNC, 0, proto, NULL, 0);
	}
	free(at);
	if (btf_end(&b, btf_fd)) {
		free(info);
		*n = 0;
		return NULL;
	}
	return info;
}

/* ---- maps --------------------------------------------------------------------------- */

static enum linux_err fail(struct linux_unit *lu, uint32_t map, const char *what,
			   enum linux_err err)
{
	const struct map_kind *k = map_kind(lu->unit->map[map].type);

	snprintf(lu->why, sizeof(lu->why), "map %u (%s): %s: %s", map, k ? k->name : "unknown kind",
		 what, linux_strerror(err));
	return err;
}

static enum linux_err make_map(struct linux_unit *lu, uint32_t i, uint32_t btf_key,
			       uint32_t btf_val)
{
	const struct map_def *m = &lu->unit->map[i];
	struct linux_map_opts o = {
		.type = m->type, .key_size = m->key_size, .value_size = m->value_size,
		.max_entries = m->max_entries, .flags = m->flags,
	};
	char name[17] = { 0 };
	enum linux_err err;
	void *p;

	memcpy(name, m->name, sizeof(m->name));
	o.name = name;
	if (m->type == MAP_PERF_EVENT_ARRAY && !o.max_entries)
		o.max_entries = linux_ncpus();
	if (m->inner >= 0 && (uint32_t)m->inner < lu->unit->nmap &&
	    (m->type == MAP_ARRAY_OF_MAPS || m->type == MAP_HASH_OF_MAPS))
		o.inner_fd = lu->map_fd[m->inner];
	if (needs_btf(m) && lu->map_btf_fd >= 0) {
		o.btf_fd = lu->map_btf_fd;
		o.btf_key = btf_key;
		o.btf_value = btf_val;
	}
	err = linux_map_create(&o, &lu->map_fd[i]);
	if (err)
		return fail(lu, i, "create", err);
	if (m->type != MAP_ARENA)
		return LINUX_OK;
	/* Programs can use an arena only after user space has mapped it. */
	p = mmap(NULL, (size_t)m->max_entries * 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
		 lu->map_fd[i], 0);
	if (p == MAP_FAILED)
		return fail(lu, i, "mmap", LINUX_OTHER);
	lu->arena[i] = p;
	return LINUX_OK;
}

static bool is_outer(const struct map_def *m)
{
	return m->type == MAP_ARRAY_OF_MAPS || m->type == MAP_HASH_OF_MAPS;
}

static enum linux_err make_maps(struct linux_unit *lu)
{
	uint32_t key[MAX_MAPS] = { 0 }, val[MAX_MAPS] = { 0 };
	const struct unit *u = lu->unit;
	enum linux_err err = LINUX_OK;
	bool want = false;
	struct btf b;

	for (uint32_t i = 0; i < u->nmap; i++)
		want |= needs_btf(&u->map[i]);
	if (want) {
		btf_begin(&b);
		for (uint32_t i = 0; i < u->nmap; i++) {
			if (!needs_btf(&u->map[i]))
				continue;
			key[i] = btf_bytes(&b, u->map[i].key_size);
			val[i] = btf_value(&b, &u->map[i]);
		}
		err = btf_end(&b, &lu->map_btf_fd);
		if (err) {
			snprintf(lu->why, sizeof(lu->why), "types of maps: %s",
				 linux_strerror(err));
			return err;
		}
	}
	/* Templates before the maps that are made of them. */
	for (int outer = 0; outer < 2; outer++) {
		for (uint32_t i = 0; i < u->nmap && !err; i++) {
			if (is_outer(&u->map[i]) == outer)
				err = make_map(lu, i, key[i], val[i]);
		}
	}
	return err;
}

/* Sets one element; the value is one cpu's, or an index of a map or program. */
static enum linux_err put(struct linux_unit *lu, uint32_t i, const uint8_t *key,
			  const uint8_t *value)
{
	const struct map_def *m = &lu->unit->map[i];
	size_t n = linux_value_size(m->type, m->value_size), step = (m->value_size + 7) & ~7U;
	uint8_t *v = calloc(1, n + 8);
	enum linux_err err;
	int32_t index, fd;

	if (!v)
		die("linux: out of memory");
	memcpy(v, value, m->value_size);
	for (size_t at = step; step && at + step <= n; at += step)
		memcpy(v + at, value, m->value_size);
	if (is_outer(m) || m->type == MAP_PROG_ARRAY) {
		memcpy(&index, value, sizeof(index));
		fd = -1;
		if (is_outer(m) && index >= 0 && (uint32_t)index < lu->unit->nmap)
			fd = lu->map_fd[index];
		if (!is_outer(m) && index >= 0 && (uint32_t)index < lu->unit->nprog)
			fd = lu->prog_fd[index];
		memcpy(v, &fd, sizeof(fd));
	}
	/* Queues have no keys. */
	err = linux_map_update(lu->map_fd[i], m->key_size ? key : NULL, v, LINUX_UPDATE_ANY);
	free(v);
	/* A full map, or an index past its end, is the input's business. */
	if (err && err != LINUX_FULL)
		return fail(lu, i, "update", err);
	return LINUX_OK;
}

/* The records of in->maps for prog_arrays (progs) or for all others. */
static enum linux_err put_records(struct linux_unit *lu, const struct input *in, bool progs)
{
	const struct unit *u = lu->unit;
	const uint8_t *p = in->maps, *end = in->maps + in->nmaps;
	enum linux_err err = LINUX_OK;

	while (p < end && !err) {
		uint32_t i = *p++;
		const struct map_def *m = i < u->nmap ? &u->map[i] : NULL;

		if (!m || (uint64_t)(end - p) < (uint64_t)m->key_size + m->value_size) {
			snprintf(lu->why, sizeof(lu->why), "malformed map contents");
			return LINUX_INVALID;
		}
		if ((m->type == MAP_PROG_ARRAY) == progs && !m->frozen)
			err = put(lu, i, p, p + m->key_size);
		p += m->key_size + m->value_size;
	}
	return err;
}

static enum linux_err put_init(struct linux_unit *lu, uint32_t i)
{
	const struct map_def *m = &lu->unit->map[i];
	uint8_t *kv = calloc(1, (size_t)m->key_size + m->value_size + 1);
	enum linux_err err;

	if (!kv)
		die("linux: out of memory");
	memcpy(kv + m->key_size, m->init, m->ninit < m->value_size ? m->ninit : m->value_size);
	err = put(lu, i, kv, kv + m->key_size);
	free(kv);
	return err;
}

static enum linux_err fill(struct linux_unit *lu, const struct input *in)
{
	enum linux_err err = LINUX_OK;

	for (uint32_t i = 0; i < lu->unit->nmap && !err; i++) {
		if (lu->unit->map[i].init)
			err = put_init(lu, i);
	}
	return !err && in && in->nmaps ? put_records(lu, in, false) : err;
}

enum linux_err linux_unit_open(struct linux_unit *lu, const struct unit *u,
			       const struct input *in)
{
	enum linux_err err;

	*lu = (struct linux_unit){ .unit = u, .map_btf_fd = -1 };
	memset(lu->map_fd, -1, sizeof(lu->map_fd));
	memset(lu->prog_fd, -1, sizeof(lu->prog_fd));
	memset(lu->prog_btf_fd, -1, sizeof(lu->prog_btf_fd));
	if (u->nmap > MAX_MAPS || u->nprog > MAX_PROGS) {
		snprintf(lu->why, sizeof(lu->why), "too many maps or programs");
		return LINUX_FULL;
	}
	err = make_maps(lu);
	if (!err)
		err = fill(lu, in);
	for (uint32_t i = 0; i < u->nmap && !err; i++) {
		if (u->map[i].frozen) {
			err = linux_map_freeze(lu->map_fd[i]);
			if (err)
				fail(lu, i, "freeze", err);
		}
	}
	return err;
}

/* Empties a map; kinds without elements that user space can reach stay as they are. */
static enum linux_err clear(struct linux_unit *lu, uint32_t i)
{
	const struct map_def *m = &lu->unit->map[i];
	size_t size = m->key_size + linux_value_size(m->type, m->value_size);
	uint8_t *buf = calloc(1, size + 1);
	uint8_t *key = buf, *value = buf + m->key_size;
	enum linux_err err = LINUX_OK;

	if (!buf)
		die("linux: out of memory");
	switch (m->type) {
	case MAP_ARRAY: case MAP_PERCPU_ARRAY:
		for (uint32_t n = 0; n < m->max_entries && !err; n++) {
			memcpy(key, &n, sizeof(n));
			err = linux_map_update(lu->map_fd[i], key, value, LINUX_UPDATE_ANY);
		}
		break;
	case MAP_HASH: case MAP_LRU_HASH: case MAP_PERCPU_HASH: case MAP_LRU_PERCPU_HASH:
	case MAP_LPM_TRIE:
		while (!err && !linux_map_next_key(lu->map_fd[i], NULL, key))
			err = linux_map_delete(lu->map_fd[i], key);
		break;
	case MAP_PROG_ARRAY:
		for (uint32_t n = 0; n < m->max_entries; n++)
			linux_map_delete(lu->map_fd[i], &n);
		break;
	default:
		break;
	}
	free(buf);
	return err ? fail(lu, i, "clear", err) : LINUX_OK;
}

enum linux_err linux_unit_refill(struct linux_unit *lu, const struct input *in)
{
	enum linux_err err = LINUX_OK;

	for (uint32_t i = 0; i < lu->unit->nmap && !err; i++) {
		if (!lu->unit->map[i].frozen)
			err = clear(lu, i);
	}
	for (uint32_t i = 0; i < lu->unit->nmap && !err; i++) {
		if (lu->unit->map[i].init && !lu->unit->map[i].frozen)
			err = put_init(lu, i);
	}
	return !err && in && in->nmaps ? put_records(lu, in, false) : err;
}

enum linux_err linux_unit_wire(struct linux_unit *lu, const struct input *in)
{
	return in && in->nmaps ? put_records(lu, in, true) : LINUX_OK;
}

void linux_unit_close(struct linux_unit *lu)
{
	for (uint32_t i = 0; i < MAX_PROGS; i++) {
		if (lu->prog_fd[i] >= 0)
			linux_prog_close(lu->prog_fd[i]);
		if (lu->prog_btf_fd[i] >= 0)
			close(lu->prog_btf_fd[i]);
		lu->prog_fd[i] = lu->prog_btf_fd[i] = -1;
	}
	for (uint32_t i = 0; i < MAX_MAPS; i++) {
		if (lu->arena[i])
			munmap(lu->arena[i], (size_t)lu->unit->map[i].max_entries * 4096);
		if (lu->map_fd[i] >= 0)
			close(lu->map_fd[i]);
		lu->map_fd[i] = -1;
		lu->arena[i] = NULL;
	}
	if (lu->map_btf_fd >= 0)
		close(lu->map_btf_fd);
	lu->map_btf_fd = -1;
}

/* ---- programs ---------------------------------------------------------------------------- */

/* Map indexes in wide instructions of sub-types 1 and 2 become descriptors. */
static struct insn *relocate(const struct linux_unit *lu, const struct program *p)
{
	struct insn *insn = malloc((size_t)p->len * sizeof(*insn) + 1);

	if (!insn)
		die("linux: out of memory");
	memcpy(insn, p->insn, (size_t)p->len * sizeof(*insn));
	for (uint32_t i = 0; i < p->len; i++) {
		uint32_t map = insn[i].imm;

		if (insn[i].code != (CLS_LD | MD_IMM | SZ_DW))
			continue;
		if (insn[i].src == 1 || insn[i].src == 2)
			insn[i].imm = map < lu->unit->nmap ? lu->map_fd[map] : -1;
		i++;
	}
	return insn;
}

enum linux_err linux_unit_load(struct linux_unit *lu, uint32_t i, const struct linux_unit_opts *o,
			       struct linux_log *log)
{
	const struct program *p = &lu->unit->prog[i];
	const struct prog_type_info *type = prog_type_info(p->type);
	struct linux_prog_opts po = {
		.len = p->len, .type = p->type, .attach_type = p->attach_type,
		.flags = p->prog_flags | (o ? o->flags : 0) |
			 (type && type->sleepable ? LINUX_F_SLEEPABLE : 0),
		.license = p->license,
		.name = p->name, .fd_array = lu->map_fd,
		.log_level = o ? o->log_level : 0, .explain = o && o->explain,
		.log_max = o ? o->log_max : 0, .dry = o && o->dry,
	};
	struct linux_func_info *info = NULL;
	struct insn *insn;
	enum linux_err err;

	if (p->type == PROG_PLAIN) {
		snprintf(lu->why, sizeof(lu->why), "Linux has no plain programs");
		return LINUX_UNSUPPORTED;
	}
	if (lu->prog_fd[i] >= 0)
		linux_prog_close(lu->prog_fd[i]);
	if (lu->prog_btf_fd[i] >= 0)
		close(lu->prog_btf_fd[i]);
	lu->prog_btf_fd[i] = -1;
	info = func_info(p, &po.nfunc_info, &lu->prog_btf_fd[i]);
	if (info) {
		po.func_info = info;
		po.btf_fd = lu->prog_btf_fd[i];
	}
	if (p->target && p->type == PROG_TRACING)
		po.attach_btf_id = linux_target_id(p->attach_type, p->target);
	insn = relocate(lu, p);
	po.insn = insn;
	err = linux_prog_load(&po, log, &lu->prog_fd[i]);
	free(insn);
	free(info);
	return err;
}

enum linux_err linux_load_unit(const struct unit *u, const struct input *in, uint32_t i,
			       enum priv priv, const struct linux_unit_opts *o,
			       struct linux_log *log, bool *made)
{
	struct linux_unit lu;
	enum linux_err err = linux_unit_open(&lu, u, in);

	*made = !err;
	if (!err) {
		if (priv != PRIV_ROOT && !linux_priv_set(priv))
			die("linux: capset failed");
		err = linux_unit_load(&lu, i, o, log);
		if (priv != PRIV_ROOT && !linux_priv_set(PRIV_ROOT))
			die("linux: capset failed");
	} else if (log) {
		linux_log_free(log);
		log->text = strdup(lu.why);
		log->cap = log->text ? strlen(log->text) + 1 : 0;
	}
	linux_unit_close(&lu);
	return err;
}
