/* SPDX-License-Identifier: Apache-2.0 */
/*
 * internal.h: what the files of vm/ share.
 */
#ifndef VM_INTERNAL_H
#define VM_INTERNAL_H

#include "vm/vm.h"

/* ---- guest memory ----------------------------------------------------------- */

enum {
	GUEST_WINDOW = 1 << 17,	/* bytes always mapped at each end of a granule */
	GUEST_SLACK = 64,	/* canary bytes beside a region */
	GUEST_CTX_MAX = 1 << 19, /* below CTX_SHADOW */
	GUEST_PACKET_MAX = 1 << 20,
	GUEST_MAP_MAX = 15 << 20,
	PATTERN_WORDS = GUEST_STACK_SIZE / 8,
	CTX_POINTERS = 32,
};

/* Where a map's memory is and how its elements are found: see map.c. */
struct map_store;

struct guest_priv {
	struct {
		uint64_t lo, hi;	/* mapped outside the windows for this run; 0, 0: nothing */
	} grown[GUEST_GRANULES];
	bool any_grown;
	uint64_t right;		/* bit N & 63: the region of granule N lies right-aligned */
	uint64_t canary;	/* key of the canary pattern */
	uint64_t pattern[PATTERN_WORDS];
	/* Per program type: offsets of the 4-byte words of a context that hold pointers. */
	struct {
		bool known;
		uint8_t n;
		uint16_t off[CTX_POINTERS];
	} pointer[PROG_TYPE_N];
	const struct prog_type_info *type;	/* of unit->prog[0] */
};

/*
 * Host pointer for size > 0 guest bytes at addr, or NULL.  Guest addresses are
 * host addresses; what this adds is the bounds.
 */
static inline __attribute__((always_inline))
void *guest_find(const struct guest *g, uint64_t addr, uint64_t size, uint32_t rights)
{
	uint64_t granule = (addr - GUEST_BASE) >> GUEST_SHIFT, off;
	const struct region *r;

	if (__builtin_expect(granule >= GUEST_GRANULES, 0))
		return NULL;
	r = &g->layout.rgn[granule];
	off = addr - r->base;
	/* off < len: below base it is huge, and len - off cannot wrap. */
	if (__builtin_expect(off >= r->len || r->len - off < size, 0))
		return NULL;
	if (__builtin_expect((r->flags & rights) != rights, 0))
		return NULL;
	return (void *)(uintptr_t)addr;
}

static inline void *guest_host(uint64_t addr)
{
	return (void *)(uintptr_t)addr;
}

/* Is the region of granule i right-aligned in this run? */
bool guest_right(const struct guest *g, uint32_t i);
/* Where the memory for regions of granule i begins (left-aligned) or ends (right-aligned). */
uint64_t guest_edge(const struct guest *g, uint32_t i);
/*
 * Sets region i to len bytes against its edge, with canaries around it, mapping
 * more memory if need be.  False if the machine refuses.
 */
bool guest_place(struct guest *g, uint32_t i, uint64_t len, uint32_t flags, uint32_t stride);

/* Independent words from the seed of an input. */
enum seed_use {
	SEED_ALIGN = 1, SEED_CANARY, SEED_STACK, SEED_TIME, SEED_RANDOM, SEED_CPU,
	SEED_POISON = 0x100,	/* + register */
	SEED_ENTRY = 0x200,	/* + register */
};
static inline uint64_t seed_word(uint64_t seed, uint32_t use)
{
	return mix64(seed + use * 0x9e3779b97f4a7c15);
}

/* ---- map.c ------------------------------------------------------------------- */

/* Why such a map is not run: Linux would not create it, or we cannot.  NULL if all is well. */
const char *map_def_check(const struct map_def *d);
/* Makes the maps of g->unit, empty, then fills them.  As guest_reset(). */
enum out maps_reset(struct guest *g, char *why);
/* Digest of all contents; *raw receives one of the bytes that no program should touch. */
uint64_t maps_digest(const struct guest *g, uint64_t *raw);
void maps_free(struct guest *g);

/* ---- printk.c ------------------------------------------------------------------ */

/*
 * The length of what Linux's bpf_trace_printk() would print, or -EINVAL.  fmt
 * has size bytes.  Strings and addresses that it reads come from guest memory.
 */
int64_t printk_length(const struct guest *g, const char *fmt, uint64_t size, const uint64_t arg[3]);

#endif
