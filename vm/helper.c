/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Helpers, with Linux's results.
 *
 * A call is resolved by the helper's prototype first: each argument becomes a
 * map or host memory, or the call traps before it did anything.  Only then the
 * helper itself runs, so that it need not doubt its arguments.
 */
#include "vm/internal.h"

#include <errno.h>
#include <string.h>

struct call {
	struct vm_run *run;
	const struct helper_proto *proto;
	uint64_t arg[5];
	uint8_t *mem[5];	/* memory arguments; NULL if there is none, or it is empty */
	uint64_t size[5];	/* of mem */
	uint32_t map;		/* of the map argument */
};

static void mix(struct vm_run *run, uint64_t x)
{
	run->helpers = mix64(run->helpers + x + 0x9e3779b97f4a7c15);
}

/* ---- the helpers ---------------------------------------------------------------- */

static uint64_t do_map_lookup(struct call *c)
{
	return map_lookup(c->run->g, c->map, c->mem[1]);
}

static uint64_t do_map_update(struct call *c)
{
	struct guest *g = c->run->g;
	const struct map_def *def = &g->unit->map[c->map];
	uint8_t key[STACK_SIZE];
	int err;

	/* The value may be written over the key. */
	memcpy(key, c->mem[1], def->key_size);
	err = map_update(g, c->map, key, c->mem[2], c->arg[3]);
	if (!err && c->run->trace)
		trace_write(c->run->trace, map_lookup(g, c->map, key), def->value_size);
	return (uint64_t)(int64_t)err;
}

static uint64_t do_map_delete(struct call *c)
{
	return (uint64_t)(int64_t)map_delete(c->run->g, c->map, c->mem[1]);
}

static uint64_t do_ktime_get_ns(struct call *c)
{
	struct vm_run *run = c->run;

	run->time += 100 + (mix64(run->time) & 1023);
	return run->time;
}

static uint64_t do_get_prandom_u32(struct call *c)
{
	c->run->rand += 0x9e3779b97f4a7c15;
	return (uint32_t)mix64(c->run->rand);
}

/* One cpu for the whole run, as migration is off; a machine with eight is enough. */
static uint64_t do_get_smp_processor_id(struct call *c)
{
	return c->run->cpu & 7;
}

static uint8_t *packet(const struct call *c, uint64_t off, uint64_t len)
{
	const struct region *r = &c->run->g->layout.rgn[GUEST_PACKET];

	if (off > INT32_MAX || off + len > r->len)
		return NULL;
	return guest_host(r->base + off);
}

static uint64_t do_skb_load_bytes(struct call *c)
{
	const uint8_t *p = packet(c, (uint32_t)c->arg[1], c->size[2]);

	if (!p) {
		memset(c->mem[2], 0, c->size[2]);
		return (uint64_t)-EFAULT;
	}
	memmove(c->mem[2], p, c->size[2]);
	return 0;
}

static uint64_t do_skb_store_bytes(struct call *c)
{
	enum { RECOMPUTE_CSUM = 1, INVALIDATE_HASH = 2 };
	uint8_t *p = packet(c, (uint32_t)c->arg[1], c->size[2]);

	if (c->arg[4] & ~(uint64_t)(RECOMPUTE_CSUM | INVALIDATE_HASH))
		return (uint64_t)-EINVAL;
	if (!p)
		return (uint64_t)-EFAULT;
	memmove(p, c->mem[2], c->size[2]);
	if (c->run->trace)
		trace_write(c->run->trace, (uint64_t)(uintptr_t)p, (uint32_t)c->size[2]);
	return 0;
}

static uint32_t csum_add(uint32_t a, uint32_t b)
{
	uint32_t sum = a + b;

	return sum + (sum < a);
}

/* The ones' complement sum of RFC 1071, 32 bits wide, over little-endian words. */
static uint32_t csum_partial(const uint8_t *p, uint64_t n, uint32_t sum)
{
	uint32_t w;

	for (; n >= 4; p += 4, n -= 4) {
		memcpy(&w, p, 4);
		sum = csum_add(sum, w);
	}
	w = 0;
	if (n)
		memcpy(&w, p, n);
	return csum_add(sum, w);
}

static uint64_t do_csum_diff(struct call *c)
{
	uint32_t sum = (uint32_t)c->arg[4];
	uint64_t from = c->size[0], to = c->size[2];

	if (from && to)
		sum = csum_add(csum_partial(c->mem[2], to, sum),
			       ~csum_partial(c->mem[0], from, 0));
	else if (to)
		sum = csum_partial(c->mem[2], to, sum);
	else if (from)
		sum = ~csum_partial(c->mem[0], from, ~sum);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

static uint64_t do_trace_printk(struct call *c)
{
	return (uint64_t)printk_length(c->run->g, (const char *)c->mem[0], c->size[0], &c->arg[2]);
}

static const struct {
	int32_t id;
	uint64_t (*fn)(struct call *);
} helpers[] = {
	{ HELPER_map_lookup_elem, do_map_lookup },
	{ HELPER_map_update_elem, do_map_update },
	{ HELPER_map_delete_elem, do_map_delete },
	{ HELPER_ktime_get_ns, do_ktime_get_ns },
	{ HELPER_trace_printk, do_trace_printk },
	{ HELPER_get_prandom_u32, do_get_prandom_u32 },
	{ HELPER_get_smp_processor_id, do_get_smp_processor_id },
	{ HELPER_skb_store_bytes, do_skb_store_bytes },
	{ HELPER_skb_load_bytes, do_skb_load_bytes },
	{ HELPER_csum_diff, do_csum_diff },
};
enum { NHELPERS = sizeof(helpers) / sizeof(helpers[0]) };

/* ---- arguments --------------------------------------------------------------------- */

static bool resolve_map(struct call *c, uint64_t handle, bool changes)
{
	int32_t map = map_of_handle(c->run->g, handle);
	const struct map_def *def;

	if (map < 0)
		return false;
	def = &c->run->unit->map[map];
	/* Linux: "write into map forbidden". */
	if (!map_helper_ok(def->type, c->proto->id) || (changes && def->flags & MAPF_RDONLY_PROG))
		return false;
	c->map = (uint32_t)map;
	return true;
}

static bool resolve_memory(struct call *c, uint32_t i, uint64_t size)
{
	const struct helper_arg *a = &c->proto->arg[i];
	uint32_t rights = a->flags & (ARGF_WRITE | ARGF_UNINIT) ? RGN_WRITE : RGN_READ;

	c->size[i] = size;
	if (!size)
		return true;
	c->mem[i] = guest_find(c->run->g, c->arg[i], size, rights);
	return c->mem[i] != NULL;
}

static bool resolve_arg(struct call *c, uint32_t i)
{
	const struct helper_arg *a = &c->proto->arg[i];
	const struct region *ctx = &c->run->g->layout.rgn[GUEST_CTX];
	int32_t id = c->proto->id;

	switch ((enum arg_kind)a->kind) {
	case ARG_ANYTHING:
		return true;
	case ARG_SIZE:
		return c->arg[i] != 0;
	case ARG_SIZE_OR_ZERO:
		return true;
	case ARG_CTX:
		return ctx->len && c->arg[i] == ctx->base;
	case ARG_MAP:
		return resolve_map(c, c->arg[i], id == HELPER_map_update_elem ||
				   id == HELPER_map_delete_elem);
	case ARG_MAP_KEY:
		return resolve_memory(c, i, c->run->unit->map[c->map].key_size);
	case ARG_MAP_VALUE:
		return resolve_memory(c, i, c->run->unit->map[c->map].value_size);
	case ARG_MEM:
		return resolve_memory(c, i, a->flags & ARGF_FIXED ? a->size : c->arg[i + 1]);
	default:
		return false;	/* no helper here takes it */
	}
}

/* Resolves all arguments, and mixes them and the memory that the helper reads. */
static bool resolve(struct call *c, uint32_t nargs)
{
	for (uint32_t i = 0; i < nargs; i++)
		if (!resolve_arg(c, i))
			return false;
	for (uint32_t i = 0; i < nargs; i++) {
		mix(c->run, c->arg[i]);
		if (c->mem[i] && !(c->proto->arg[i].flags & ARGF_UNINIT))
			mix(c->run, digest(c->mem[i], c->size[i], i));
	}
	return true;
}

/* What the helper wrote through its arguments. */
static void show_writes(const struct call *c, uint32_t nargs)
{
	for (uint32_t i = 0; i < nargs; i++) {
		if (!c->mem[i] || !(c->proto->arg[i].flags & (ARGF_WRITE | ARGF_UNINIT)))
			continue;
		mix(c->run, digest(c->mem[i], c->size[i], i));
		if (c->run->trace)
			trace_write(c->run->trace, c->arg[i], (uint32_t)c->size[i]);
	}
}

/* ---- calls ---------------------------------------------------------------------------- */

static uint64_t trap(struct vm_run *run)
{
	run->trap = TRAP_HELPER;
	return 0;
}

bool vm_helper_known(int32_t id)
{
	if (id == HELPER_tail_call)
		return true;
	for (uint32_t i = 0; i < NHELPERS; i++)
		if (helpers[i].id == id)
			return true;
	return false;
}

uint64_t vm_helper(struct vm_run *run, int32_t id, uint64_t r1, uint64_t r2, uint64_t r3,
		   uint64_t r4, uint64_t r5)
{
	struct call c = {
		.run = run, .proto = helper_proto(id), .arg = { r1, r2, r3, r4, r5 },
	};
	uint32_t i = 0, nargs;
	uint64_t r0;

	while (i < NHELPERS && helpers[i].id != id)
		i++;
	if (i == NHELPERS || !c.proto)
		return trap(run);
	nargs = helper_nargs(c.proto);
	mix(run, (uint32_t)id);
	if (!resolve(&c, nargs))
		return trap(run);
	run->nhelpers++;
	r0 = helpers[i].fn(&c);
	if (c.proto->ret == RET_VOID)
		r0 = run->poison[0];
	show_writes(&c, nargs);
	mix(run, r0);
	return r0;
}

int32_t vm_tail_call(struct vm_run *run, uint64_t ctx, uint64_t map, uint64_t index)
{
	const struct region *r = &run->g->layout.rgn[GUEST_CTX];
	int32_t m = map_of_handle(run->g, map), prog = -1;

	if (m < 0 || run->unit->map[m].type != MAP_PROG_ARRAY || !r->len || ctx != r->base) {
		trap(run);
		return -1;
	}
	/* As on Linux: the index has 32 bits, and only calls that succeed count. */
	if ((uint32_t)index < run->unit->map[m].max_entries && run->tail_calls < MAX_TAIL_CALLS)
		prog = map_prog(run->g, (uint32_t)m, (uint32_t)index);
	if (prog >= 0)
		run->tail_calls++;
	run->nhelpers++;
	mix(run, HELPER_tail_call);
	mix(run, (uint32_t)index);
	mix(run, (uint64_t)(int64_t)prog);
	return prog;
}
