/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps, with Linux's results.
 *
 * Values lie in guest memory: an array's one after the other, a hash's in slots
 * that are taken from the region's outer edge inwards when they are first used,
 * so that a large map costs only what is in it.  Keys, the index and the order
 * of insertion are on the host, out of a program's reach.
 *
 * Which slot a hash uses matters, because a program may still hold a pointer to
 * an element that is gone.  As on Linux a freed slot is the next to be used, and
 * an update never writes in place: it takes a spare element (preallocated maps)
 * or the next free one, and then frees the old.
 */
#include "vm/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	NIL = -1,
	BUCKETS_MIN = 64,
	KEEP_SLOTS = 1 << 12,	/* host memory of larger hashes is given back at the next reset */
	KEY_MAX = 512,		/* Linux: a key must fit into a program's stack */
};
enum { UPDATE_ANY, UPDATE_NOEXIST, UPDATE_EXIST, UPDATE_LOCK = 4 };

struct slot {
	uint64_t hash;
	int32_t chain;		/* next in the bucket */
	int32_t prev, next;	/* order of insertion; next also links free slots */
	int32_t prog;		/* prog_array: index into unit->prog */
};

struct map_store {
	const struct map_def *def;
	uint32_t index, stride;
	/* arrays use nothing of the rest */
	struct slot *slot;
	uint8_t *key;
	int32_t *bucket;
	uint32_t nslot, cap;	/* slots ever used in this run; room for */
	uint32_t buckets;	/* power of two, in use */
	uint32_t room;		/* of bucket */
	uint32_t keyroom;	/* bytes of key */
	uint32_t count;
	int32_t free, extra;	/* list of freed slots; spare element */
	int32_t first, last;
};

/* ---- slots ------------------------------------------------------------------------ */

/* Values of a prog_array are on the host only. */
static bool has_memory(const struct map_store *m)
{
	return m->def->type != MAP_PROG_ARRAY;
}

static uint64_t slot_addr(const struct guest *g, const struct map_store *m, int32_t s)
{
	uint64_t edge = guest_edge(g, GUEST_MAP0 + m->index), off = (uint64_t)s * m->stride;

	return guest_right(g, GUEST_MAP0 + m->index) ? edge - off - m->stride : edge + off;
}

static uint8_t *slot_key(const struct map_store *m, int32_t s)
{
	return m->key + (size_t)s * m->def->key_size;
}

static void *grow(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		die("map: out of memory (%zu bytes)", size);
	return p;
}

static void buckets_set(struct map_store *m, uint32_t n)
{
	if (n > m->room) {
		m->bucket = grow(m->bucket, n * sizeof(*m->bucket));
		m->room = n;
	}
	m->buckets = n;
	memset(m->bucket, 0xff, n * sizeof(*m->bucket));
}

static void index_add(struct map_store *m, int32_t s)
{
	int32_t *b = &m->bucket[m->slot[s].hash & (m->buckets - 1)];

	m->slot[s].chain = *b;
	*b = s;
}

static void index_del(struct map_store *m, int32_t s)
{
	int32_t *b = &m->bucket[m->slot[s].hash & (m->buckets - 1)];

	while (*b != s)
		b = &m->slot[*b].chain;
	*b = m->slot[s].chain;
}

static void index_grow(struct map_store *m)
{
	buckets_set(m, 2 * m->buckets);
	for (int32_t s = m->first; s != NIL; s = m->slot[s].next)
		index_add(m, s);
}

/* A slot that was never used in this run; NIL when guest memory for the map is full. */
static int32_t slot_fresh(struct guest *g, struct map_store *m)
{
	uint64_t len = (uint64_t)(m->nslot + 1) * m->stride;
	struct region *r = &g->layout.rgn[GUEST_MAP0 + m->index];

	if (has_memory(m)) {
		if (len > GUEST_MAP_MAX)
			return NIL;
		if (!guest_place(g, GUEST_MAP0 + m->index, len, r->flags, m->stride))
			die("map: no guest memory (%s)", strerror(errno));
		memset(guest_host(slot_addr(g, m, (int32_t)m->nslot)), 0, m->stride);
	}
	if (m->nslot == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 16;
		m->slot = grow(m->slot, m->cap * sizeof(*m->slot));
	}
	if ((m->nslot + 1) * m->def->key_size > m->keyroom) {
		m->keyroom = m->cap * m->def->key_size;
		m->key = grow(m->key, m->keyroom);
	}
	return (int32_t)m->nslot++;
}

static int32_t slot_take(struct guest *g, struct map_store *m)
{
	int32_t s = m->free;

	if (s == NIL)
		return slot_fresh(g, m);
	m->free = m->slot[s].next;
	return s;
}

static void slot_free(struct map_store *m, int32_t s)
{
	m->slot[s].next = m->free;
	m->free = s;
}

static int32_t slot_find(const struct map_store *m, const void *key, uint64_t hash)
{
	int32_t s = m->bucket[hash & (m->buckets - 1)];

	while (s != NIL && (m->slot[s].hash != hash ||
			    memcmp(slot_key(m, s), key, m->def->key_size)))
		s = m->slot[s].chain;
	return s;
}

static uint64_t key_hash(const struct map_store *m, const void *key)
{
	return digest(key, m->def->key_size, 0);
}

/* Puts slot s, with its hash, at the end of the order or in the place of old. */
static void slot_link(struct map_store *m, int32_t s, int32_t old)
{
	int32_t prev = old == NIL ? m->last : m->slot[old].prev;
	int32_t next = old == NIL ? NIL : m->slot[old].next;

	m->slot[s].prev = prev;
	m->slot[s].next = next;
	*(prev == NIL ? &m->first : &m->slot[prev].next) = s;
	*(next == NIL ? &m->last : &m->slot[next].prev) = s;
	index_add(m, s);
}

static void slot_unlink(struct map_store *m, int32_t s)
{
	int32_t prev = m->slot[s].prev, next = m->slot[s].next;

	*(prev == NIL ? &m->first : &m->slot[prev].next) = next;
	*(next == NIL ? &m->last : &m->slot[next].prev) = prev;
	index_del(m, s);
}

/* ---- hash ---------------------------------------------------------------------------- */

static int hash_insert(struct guest *g, struct map_store *m, const void *key, uint64_t hash,
		       int32_t *slot)
{
	int32_t s;

	if (m->count == m->def->max_entries)
		return -E2BIG;
	s = slot_take(g, m);
	if (s == NIL)
		return -ENOMEM;
	if (m->count == m->buckets)
		index_grow(m);
	m->slot[s].hash = hash;
	memcpy(slot_key(m, s), key, m->def->key_size);
	slot_link(m, s, NIL);
	m->count++;
	*slot = s;
	return 0;
}

static int hash_replace(struct guest *g, struct map_store *m, int32_t old, int32_t *slot)
{
	bool spare = !(m->def->flags & MAPF_NO_PREALLOC);
	int32_t s;

	if (!spare)
		s = slot_take(g, m);
	else if (m->extra != NIL)
		s = m->extra;
	else
		s = slot_fresh(g, m);
	if (s == NIL)
		return -ENOMEM;
	m->slot[s].hash = m->slot[old].hash;
	memcpy(slot_key(m, s), slot_key(m, old), m->def->key_size);
	index_del(m, old);
	slot_link(m, s, old);
	if (spare)
		m->extra = old;
	else
		slot_free(m, old);
	*slot = s;
	return 0;
}

/* *slot: the one to be written. */
static int hash_update(struct guest *g, struct map_store *m, const void *key, uint64_t flags,
		       int32_t *slot)
{
	uint64_t hash = key_hash(m, key);
	int32_t old;

	if (flags > UPDATE_EXIST)
		return -EINVAL;
	old = slot_find(m, key, hash);
	if (old != NIL && flags == UPDATE_NOEXIST)
		return -EEXIST;
	if (old == NIL && flags == UPDATE_EXIST)
		return -ENOENT;
	return old == NIL ? hash_insert(g, m, key, hash, slot) : hash_replace(g, m, old, slot);
}

static int hash_delete(struct map_store *m, const void *key)
{
	int32_t s = slot_find(m, key, key_hash(m, key));

	if (s == NIL)
		return -ENOENT;
	slot_unlink(m, s);
	slot_free(m, s);
	m->count--;
	return 0;
}

/* ---- operations ------------------------------------------------------------------------ */

static uint32_t array_index(const void *key)
{
	uint32_t i;

	memcpy(&i, key, sizeof(i));
	return i;
}

static uint64_t array_addr(const struct guest *g, const struct map_store *m, uint32_t i)
{
	return g->layout.rgn[GUEST_MAP0 + m->index].base + (uint64_t)i * m->stride;
}

int map_update(struct guest *g, uint32_t map, const void *key, const void *value, uint64_t flags)
{
	struct map_store *m = &g->store[map];
	int32_t s = 0;
	int err;

	switch (m->def->type) {
	case MAP_ARRAY:		/* that there is no lock to take is what it looks at last */
		if ((flags & ~(uint64_t)UPDATE_LOCK) > UPDATE_EXIST)
			return -EINVAL;
		if (array_index(key) >= m->def->max_entries)
			return -E2BIG;
		if (flags & UPDATE_NOEXIST)
			return -EEXIST;
		if (flags & UPDATE_LOCK)
			return -EINVAL;
		memmove(guest_host(array_addr(g, m, array_index(key))), value, m->def->value_size);
		return 0;
	case MAP_HASH:
		err = hash_update(g, m, key, flags, &s);
		if (!err)
			memmove(guest_host(slot_addr(g, m, s)), value, m->def->value_size);
		return err;
	case MAP_PROG_ARRAY:
		if (flags != UPDATE_ANY)
			return -EINVAL;
		if (array_index(key) >= m->def->max_entries)
			return -E2BIG;
		if (array_index(value) >= g->unit->nprog ||
		    g->unit->prog[array_index(value)].type != g->unit->prog[0].type)
			return -EINVAL;
		err = hash_update(g, m, key, flags, &s);
		if (!err)
			m->slot[s].prog = (int32_t)array_index(value);
		return err;
	default:
		return -EINVAL;
	}
}

int map_delete(struct guest *g, uint32_t map, const void *key)
{
	struct map_store *m = &g->store[map];

	switch (m->def->type) {
	case MAP_HASH:
		return hash_delete(m, key);
	case MAP_PROG_ARRAY:
		return array_index(key) >= m->def->max_entries ? -E2BIG : hash_delete(m, key);
	default:
		return -EINVAL;
	}
}

uint64_t map_lookup(struct guest *g, uint32_t map, const void *key)
{
	struct map_store *m = &g->store[map];
	int32_t s;

	switch (m->def->type) {
	case MAP_ARRAY:
		if (array_index(key) >= m->def->max_entries)
			return 0;
		return array_addr(g, m, array_index(key));
	case MAP_HASH:
		s = slot_find(m, key, key_hash(m, key));
		return s == NIL ? 0 : slot_addr(g, m, s);
	default:
		return 0;
	}
}

static int array_next(const struct map_store *m, const void *key, void *next)
{
	uint32_t i = key ? array_index(key) : UINT32_MAX;

	if (i >= m->def->max_entries)
		i = 0;
	else if (i == m->def->max_entries - 1)
		return -ENOENT;
	else
		i++;
	memcpy(next, &i, sizeof(i));
	return 0;
}

int map_next_key(struct guest *g, uint32_t map, const void *key, void *next)
{
	struct map_store *m = &g->store[map];
	int32_t s;

	if (m->def->type != MAP_HASH)
		return array_next(m, key, next);
	s = key ? slot_find(m, key, key_hash(m, key)) : NIL;
	s = s == NIL ? m->first : m->slot[s].next;
	if (s == NIL)
		return -ENOENT;
	memcpy(next, slot_key(m, s), m->def->key_size);
	return 0;
}

int32_t map_prog(struct guest *g, uint32_t map, uint32_t index)
{
	struct map_store *m = &g->store[map];
	int32_t s;

	if (m->def->type != MAP_PROG_ARRAY)
		return -1;
	s = slot_find(m, &index, key_hash(m, &index));
	return s == NIL ? -1 : m->slot[s].prog;
}

int32_t map_of_handle(const struct guest *g, uint64_t handle)
{
	uint64_t off = handle - GUEST_MAP_HANDLE;

	return off % 64 || off / 64 >= g->unit->nmap ? -1 : (int32_t)(off / 64);
}

/* ---- reset ------------------------------------------------------------------------------- */

const char *map_def_check(const struct map_def *d)
{
	const struct map_kind *kind = map_kind(d->type);
	uint64_t stride = (d->value_size + 7ULL) & ~7ULL;

	if (!kind)
		return "unknown map type";
	if (d->type != MAP_ARRAY && d->type != MAP_HASH && d->type != MAP_PROG_ARRAY)
		return "maps of this type are not run";
	if (d->has_spin_lock)
		return "spin locks are not run";
	if (!d->max_entries || !d->key_size || !d->value_size)
		return "a size is 0";
	if (d->type == MAP_HASH)
		return d->key_size > KEY_MAX || stride > GUEST_MAP_MAX ? "too large" : NULL;
	if (d->key_size != 4 || (d->type == MAP_PROG_ARRAY && d->value_size != 4))
		return "wrong key or value size";
	if (d->type == MAP_ARRAY && stride * d->max_entries > GUEST_MAP_MAX)
		return "too large";
	return NULL;
}

static uint32_t def_flags(const struct map_def *d)
{
	return (d->flags & MAPF_WRONLY_PROG ? 0 : RGN_READ) |
	       (d->flags & MAPF_RDONLY_PROG ? 0 : RGN_WRITE);
}

static void hash_reset(struct map_store *m)
{
	if (m->cap > KEEP_SLOTS) {
		free(m->slot);
		free(m->key);
		free(m->bucket);
		m->slot = NULL;
		m->key = NULL;
		m->bucket = NULL;
		m->cap = m->room = m->keyroom = 0;
	}
	buckets_set(m, BUCKETS_MIN);
	m->free = m->extra = m->first = m->last = NIL;
}

/* Beyond the window memory is fresh, and zero. */
static void array_zero(struct guest *g, uint32_t i)
{
	const struct region *r = &g->layout.rgn[i];
	uint64_t n = r->len < GUEST_WINDOW ? r->len : GUEST_WINDOW;

	memset(guest_host(guest_right(g, i) ? r->base + r->len - n : r->base), 0, n);
}

static bool map_reset(struct guest *g, uint32_t i)
{
	struct map_store *m = &g->store[i];
	const struct map_def *d = &g->unit->map[i];
	uint64_t len = 0;

	m->def = d;
	m->index = i;
	m->stride = (d->value_size + 7) & ~7u;
	m->nslot = m->count = 0;
	if (d->type != MAP_ARRAY)
		hash_reset(m);
	else
		len = (uint64_t)m->stride * d->max_entries;
	if (d->type == MAP_PROG_ARRAY)
		return true;
	if (!guest_place(g, GUEST_MAP0 + i, len, def_flags(d), m->stride))
		return false;
	if (d->type == MAP_ARRAY)
		array_zero(g, GUEST_MAP0 + i);
	return true;
}

/* map_def.init is the first value: .rodata, .data. */
static void map_init(struct guest *g, uint32_t i)
{
	const struct map_def *d = &g->unit->map[i];
	uint32_t key = 0;

	if (!d->ninit || d->type != MAP_ARRAY)
		return;
	memcpy(guest_host(array_addr(g, &g->store[i], key)), d->init,
	       d->ninit < d->value_size ? d->ninit : d->value_size);
}

/*
 * The records of input.maps: what names no map of the unit, or is cut short,
 * ends them; what a map refuses is left out.
 */
static void records_insert(struct guest *g)
{
	const uint8_t *p = g->input->maps, *end = p + g->input->nmaps;

	while (p < end && *p < g->unit->nmap) {
		const struct map_def *d = &g->unit->map[*p];
		uint64_t size = (uint64_t)d->key_size + d->value_size;

		if ((uint64_t)(end - p - 1) < size)
			break;
		map_update(g, *p, p + 1, p + 1 + d->key_size, UPDATE_ANY);
		p += 1 + size;
	}
}

enum out maps_reset(struct guest *g, char *why)
{
	const struct unit *u = g->unit;

	if (u->nmap > MAX_MAPS) {
		snprintf(why, 96, "%u maps are too many", u->nmap);
		return OUT_UNSUPPORTED;
	}
	if (u->nmap && !g->store) {
		g->store = calloc(MAX_MAPS, sizeof(*g->store));
		if (!g->store)
			die("map: out of memory");
	}
	for (uint32_t i = 0; i < u->nmap; i++) {
		const char *no = map_def_check(&u->map[i]);

		if (no) {
			snprintf(why, 96, "map %u (%.15s): %s", i, u->map[i].name, no);
			return OUT_UNSUPPORTED;
		}
		if (!map_reset(g, i)) {
			snprintf(why, 96, "guest memory: %s", strerror(errno));
			return OUT_BROKEN;
		}
		map_init(g, i);
	}
	if (u->nmap && g->input->nmaps)
		records_insert(g);
	return OUT_RETURN;
}

void maps_free(struct guest *g)
{
	for (uint32_t i = 0; g->store && i < MAX_MAPS; i++) {
		free(g->store[i].slot);
		free(g->store[i].key);
		free(g->store[i].bucket);
	}
	free(g->store);
	g->store = NULL;
}

/* ---- digest ---------------------------------------------------------------------------------- */

/* Slots and order of a hash do not show: the digests of its elements are added. */
static uint64_t hash_digest(const struct guest *g, const struct map_store *m)
{
	uint64_t sum = m->count;

	for (int32_t s = m->first; s != NIL; s = m->slot[s].next) {
		uint64_t h = digest(slot_key(m, s), m->def->key_size, 1);

		if (has_memory(m))
			sum += digest(guest_host(slot_addr(g, m, s)), m->def->value_size, h);
		else
			sum += mix64(h + (uint64_t)m->slot[s].prog);
	}
	return sum;
}

static uint64_t array_digest(const struct guest *g, const struct map_store *m)
{
	const struct region *r = &g->layout.rgn[GUEST_MAP0 + m->index];
	uint64_t h = m->index;

	if (m->stride == m->def->value_size)
		return digest(guest_host(r->base), r->len, h);
	for (uint32_t i = 0; i < m->def->max_entries; i++)
		h = digest(guest_host(array_addr(g, m, i)), m->def->value_size, h);
	return h;
}

uint64_t maps_digest(const struct guest *g, uint64_t *raw)
{
	uint64_t h = 0;

	*raw = 0;
	for (uint32_t i = 0; i < g->unit->nmap; i++) {
		const struct map_store *m = &g->store[i];
		const struct region *r = &g->layout.rgn[GUEST_MAP0 + i];
		bool array = m->def->type == MAP_ARRAY;

		h = mix64(h + (array ? array_digest(g, m) : hash_digest(g, m)) + i);
		/* Padding between values, and elements that are gone. */
		if (r->len && (m->stride != m->def->value_size || m->nslot > m->count))
			*raw = digest(guest_host(r->base), r->len, *raw);
	}
	return h;
}
