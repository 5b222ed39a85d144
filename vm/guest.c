/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Guest memory.
 *
 * The range of all granules is reserved without access.  Each granule has two
 * windows that stay mapped: one begins GUEST_GUARD behind the granule's start,
 * one ends GUEST_GUARD before its end.  A region lies against the outer side of
 * one of them, so that an access that leaves it there faults in compiled code;
 * on the inner side stand canaries.  Which window it is follows from the seed.
 * Ordinary resets thus need no system call; a region that is larger than a
 * window maps more memory for one run.
 */
#include "vm/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096 };
/*
 * Beyond the granules the handles are reserved, too: nothing else may ever be
 * mapped where a program could take it for memory.
 */
#define RESERVED 0x80000000ULL
_Static_assert(((uint64_t)GUEST_GRANULES << GUEST_SHIFT) <= GUEST_CODE - GUEST_BASE,
	       "handles lie behind all granules");
_Static_assert(GUEST_MAP_HANDLE - GUEST_BASE + 64 * MAX_MAPS <= RESERVED, "handles are reserved");
_Static_assert(GUEST_CTX_MAX + GUEST_SLACK + GUEST_GUARD < CTX_SHADOW, "shadows are no region");

/* ---- where things are ---------------------------------------------------------- */

static uint64_t granule(uint32_t i)
{
	return GUEST_BASE + ((uint64_t)i << GUEST_SHIFT);
}

static uint64_t low_start(uint32_t i)
{
	return granule(i) + GUEST_GUARD;
}

/* A context ends in the middle: its shadow, CTX_SHADOW above, must stay in the granule. */
static uint64_t high_end(uint32_t i)
{
	if (i == GUEST_CTX)
		return granule(i) + (1 << (GUEST_SHIFT - 1));
	return granule(i + 1) - GUEST_GUARD;
}

bool guest_right(const struct guest *g, uint32_t i)
{
	return ((struct guest_priv *)g->priv)->right >> (i & 63) & 1;
}

uint64_t guest_edge(const struct guest *g, uint32_t i)
{
	return guest_right(g, i) ? high_end(i) : low_start(i);
}

static bool open_memory(uint64_t lo, uint64_t hi)
{
	return mprotect(guest_host(lo), hi - lo, PROT_READ | PROT_WRITE) == 0;
}

/* Fresh memory without access: what was there is gone. */
static bool close_memory(uint64_t lo, uint64_t hi)
{
	return mmap(guest_host(lo), hi - lo, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) != MAP_FAILED;
}

static bool open_windows(void)
{
	for (uint32_t i = 0; i < GUEST_GRANULES; i++) {
		uint64_t lo = low_start(i), hi = high_end(i);

		if (!open_memory(lo, lo + GUEST_WINDOW) || !open_memory(hi - GUEST_WINDOW, hi))
			return false;
	}
	/* Shadows of contexts in either window; the pointers of a context are near its start. */
	return open_memory(low_start(GUEST_CTX) + CTX_SHADOW,
			   low_start(GUEST_CTX) + CTX_SHADOW + GUEST_WINDOW) &&
	       open_memory(high_end(GUEST_CTX) + CTX_SHADOW - GUEST_WINDOW,
			   high_end(GUEST_CTX) + CTX_SHADOW + GUEST_WINDOW);
}

struct guest *guest_new(char *why)
{
	struct guest *g;
	struct guest_priv *priv;
	void *p = mmap(guest_host(GUEST_BASE), RESERVED, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);

	if (p != guest_host(GUEST_BASE)) {
		snprintf(why, 96, "guest memory at %#llx: %s", GUEST_BASE,
			 p == MAP_FAILED ? strerror(errno) : "the kernel chose another address");
		if (p != MAP_FAILED)
			munmap(p, RESERVED);
		return NULL;
	}
	g = calloc(1, sizeof(*g));
	priv = calloc(1, sizeof(*priv));
	if (!g || !priv || !open_windows()) {
		snprintf(why, 96, "guest memory: %s", strerror(errno));
		free(priv);
		free(g);
		munmap(p, RESERVED);
		return NULL;
	}
	for (uint32_t i = 0; i < PATTERN_WORDS; i++)
		priv->pattern[i] = mix64(i + 1);
	g->priv = priv;
	return g;
}

void guest_free(struct guest *g)
{
	if (!g)
		return;
	maps_free(g);
	free(g->priv);
	free(g);
	munmap(guest_host(GUEST_BASE), RESERVED);
}

void *guest_at(struct guest *g, uint64_t addr, uint64_t size, uint32_t rights)
{
	return size ? guest_find(g, addr, size, rights) : NULL;
}

/* ---- regions and their canaries -------------------------------------------------- */

/* The part of [lo, hi) that the windows of granule i do not cover, page-aligned. */
static void outside_windows(const struct guest *g, uint32_t i, uint64_t *lo, uint64_t *hi)
{
	if (guest_right(g, i))
		*hi = high_end(i) - GUEST_WINDOW;
	else
		*lo = low_start(i) + GUEST_WINDOW;
	*lo &= ~(uint64_t)(PAGE - 1);
	*hi = (*hi + PAGE - 1) & ~(uint64_t)(PAGE - 1);
}

/* Maps [lo, hi) of granule i for this run. */
static bool cover(struct guest *g, uint32_t i, uint64_t lo, uint64_t hi)
{
	struct guest_priv *priv = g->priv;
	uint64_t *glo = &priv->grown[i].lo, *ghi = &priv->grown[i].hi;

	outside_windows(g, i, &lo, &hi);
	if (lo >= hi || (*glo <= lo && hi <= *ghi))
		return true;
	if (!open_memory(lo, hi))
		return false;
	*glo = lo;
	*ghi = hi;
	priv->any_grown = true;
	return true;
}

static bool shrink(struct guest_priv *priv)
{
	for (uint32_t i = 0; i < GUEST_GRANULES; i++) {
		if (priv->grown[i].lo == priv->grown[i].hi)
			continue;
		if (!close_memory(priv->grown[i].lo, priv->grown[i].hi))
			return false;
		priv->grown[i].lo = priv->grown[i].hi = 0;
	}
	priv->any_grown = false;
	return true;
}

/* Fixed n, so that the loop becomes vector instructions. */
static inline __attribute__((always_inline))
void fill(uint64_t *restrict to, const uint64_t *restrict pattern, uint64_t key, size_t n)
{
	for (size_t i = 0; i < n; i++)
		to[i] = pattern[i] ^ key;
}

/*
 * The canaries: GUEST_SLACK bytes on the inner side, and the up to seven bytes
 * between the region's end and its (aligned) edge or inner slack.
 */
static void slack_bounds(const struct guest *g, uint32_t i, uint64_t *inner, uint64_t *pad,
			 uint64_t *npad)
{
	const struct region *r = &g->layout.rgn[i];
	uint64_t end = r->base + r->len;

	*npad = -end & 7;
	*pad = end;
	*inner = guest_right(g, i) ? (r->base & ~7ULL) - GUEST_SLACK : end + *npad;
}

static void slack_write(struct guest *g, uint32_t i)
{
	struct guest_priv *priv = g->priv;
	uint64_t inner, pad, npad;

	slack_bounds(g, i, &inner, &pad, &npad);
	fill(guest_host(inner), priv->pattern, priv->canary + i, GUEST_SLACK / 8);
	if (npad)
		memcpy(guest_host(pad), &priv->canary, npad);
}

static uint64_t slack_digest(const struct guest *g, uint32_t i, uint64_t h)
{
	uint64_t inner, pad, npad;

	slack_bounds(g, i, &inner, &pad, &npad);
	h = digest(guest_host(inner), GUEST_SLACK, h);
	return npad ? digest(guest_host(pad), npad, h) : h;
}

/*
 * Right-aligned contexts and maps begin at a multiple of eight, as on Linux:
 * atomic operations and the verifier's alignment rules rest on it.  A packet
 * ends exactly where its memory ends.
 */
bool guest_place(struct guest *g, uint32_t i, uint64_t len, uint32_t flags, uint32_t stride)
{
	struct region *r = &g->layout.rgn[i];
	uint64_t edge = guest_edge(g, i);

	if (guest_right(g, i))
		r->base = i == GUEST_PACKET ? edge - len : (edge - len) & ~7ULL;
	else
		r->base = edge;
	r->len = len;
	r->flags = flags;
	r->stride = stride;
	if (!cover(g, i, (r->base & ~7ULL) - GUEST_SLACK, r->base + len + GUEST_SLACK + 8))
		return false;
	slack_write(g, i);
	return true;
}

/* ---- contexts --------------------------------------------------------------------- */

static bool is_skb(uint16_t type)
{
	switch (type) {
	case PROG_SOCKET_FILTER:
	case PROG_SCHED_CLS:
	case PROG_SCHED_ACT:
	case PROG_CGROUP_SKB:
	case PROG_LWT_IN:
	case PROG_LWT_OUT:
	case PROG_LWT_XMIT:
	case PROG_LWT_SEG6LOCAL:
	case PROG_SK_SKB:
		return true;
	default:
		return false;
	}
}

/*
 * How far memory instructions reach: a syscall program may use any offset of
 * its context, and Linux refuses to run it on a shorter one.
 */
static uint32_t memory_reach(const struct unit *u)
{
	int32_t reach = 0;

	for (uint32_t i = 0; i < u->nprog; i++) {
		const struct program *p = &u->prog[i];

		for (uint32_t pc = 0; p->id && pc < p->len; pc++) {
			uint8_t cls = p->insn[pc].code & 7;

			if (cls != CLS_LDX && cls != CLS_ST && cls != CLS_STX)
				continue;
			if (p->insn[pc].off + 8 > reach)
				reach = p->insn[pc].off + 8;
		}
	}
	return (uint32_t)reach;
}

static uint32_t ctx_length(const struct unit *u, const struct input *in,
			   const struct prog_type_info *info)
{
	uint32_t n = in->nctx, reach;

	if (info->type == PROG_PLAIN)
		return n;
	if (!info->ctx_any)
		return info->ctx_size;
	if (n > GUEST_CTX_MAX)
		return n;
	n = (n + 7) & ~7u;
	if (n < 8)
		n = 8;
	if (n < info->ctx_size)
		n = info->ctx_size;
	if (info->type == PROG_SYSCALL && (reach = (memory_reach(u) + 7) & ~7u) > n)
		n = reach;
	return n;
}

/* Fields that yield pointers: whatever an input says, they hold none (NULL, or the shadow). */
static void ctx_clear_pointers(struct guest *g, uint8_t *ctx)
{
	struct guest_priv *priv = g->priv;
	const struct prog_type_info *info = priv->type;
	struct ctx_access acc;

	if (!priv->pointer[info->type].known) {
		uint32_t n = 0;

		for (uint32_t off = 0; off < info->ctx_size && n < CTX_POINTERS; off += 4) {
			bool ptr = prog_ctx_access(info->type, info->attach_type, (int32_t)off, 4,
						   false, &acc) && acc.kind != CTX_SCALAR;
			bool wide = prog_ctx_access(info->type, info->attach_type,
						    (int32_t)(off & ~7u), 8, false, &acc) &&
				    acc.kind != CTX_SCALAR;

			if (ptr || wide)
				priv->pointer[info->type].off[n++] = (uint16_t)off;
		}
		priv->pointer[info->type].n = (uint8_t)n;
		priv->pointer[info->type].known = true;
	}
	for (uint32_t i = 0; i < priv->pointer[info->type].n; i++)
		memset(ctx + priv->pointer[info->type].off[i], 0, 4);
}

static void ctx_pointer(uint64_t ctx, int16_t off, uint64_t value)
{
	if (off < 0)
		return;
	memset(guest_host(ctx + (uint16_t)off), 0, 4);
	memcpy(guest_host(ctx + CTX_SHADOW + 2u * (uint16_t)off), &value, 8);
}

static void ctx_fill(struct guest *g)
{
	const struct prog_type_info *info = ((struct guest_priv *)g->priv)->type;
	const struct region *r = &g->layout.rgn[GUEST_CTX];
	const struct input *in = g->input;
	uint8_t *ctx = guest_host(r->base);
	uint64_t n = in->nctx < r->len ? in->nctx : r->len;

	if (n)
		memcpy(ctx, in->ctx, n);
	memset(ctx + n, 0, r->len - n);
	if (info->type == PROG_PLAIN || info->ctx_any)
		return;
	ctx_clear_pointers(g, ctx);
	ctx_pointer(r->base, info->off_data, g->data);
	ctx_pointer(r->base, info->off_data_end, g->data_end);
	ctx_pointer(r->base, info->off_data_meta, g->data_meta);
	if (is_skb(info->type))
		memcpy(ctx, &in->npacket, 4);	/* skb->len */
}

/* ---- reset and digest ---------------------------------------------------------------- */

static enum out refuse(char *why, const char *what, uint64_t n)
{
	snprintf(why, 96, "%s of %llu bytes is too large", what, (unsigned long long)n);
	return OUT_UNSUPPORTED;
}

static enum out place_input(struct guest *g, char *why)
{
	struct guest_priv *priv = g->priv;
	const struct prog_type_info *info = priv->type;
	const struct input *in = g->input;
	uint32_t nctx = ctx_length(g->unit, in, info), flags = RGN_READ;

	if (nctx > GUEST_CTX_MAX)
		return refuse(why, "a context", nctx);
	if (in->npacket > GUEST_PACKET_MAX)
		return refuse(why, "a packet", in->npacket);
	g->data = guest_edge(g, GUEST_PACKET);
	if (in->npacket) {
		if (info->direct_packet_write || info->type == PROG_PLAIN)
			flags |= RGN_WRITE;
		if (!guest_place(g, GUEST_PACKET, in->npacket, flags, 0))
			goto broken;
		g->data = g->layout.rgn[GUEST_PACKET].base;
		memcpy(guest_host(g->data), in->packet, in->npacket);
	}
	g->layout.data = g->data;
	g->data_meta = g->data;
	g->data_end = g->data + in->npacket;
	if (nctx) {
		flags = info->ctx_readonly ? RGN_READ : RGN_READ | RGN_WRITE;
		if (!guest_place(g, GUEST_CTX, nctx, flags, 0))
			goto broken;
		ctx_fill(g);
	}
	return OUT_RETURN;
broken:
	snprintf(why, 96, "guest memory: %s", strerror(errno));
	return OUT_BROKEN;
}

enum out guest_reset(struct guest *g, const struct unit *u, const struct input *in, char *why)
{
	struct guest_priv *priv = g->priv;
	uint64_t key = seed_word(in->seed, SEED_STACK);
	enum out out;

	why[0] = 0;
	memset(&g->layout, 0, sizeof(g->layout));
	g->unit = u;
	g->input = in;
	priv->type = u->nprog ? prog_type_info(u->prog[0].type) : NULL;
	if (!priv->type || !priv->type->runs) {
		snprintf(why, 96, "%s programs are not run",
			 priv->type ? priv->type->name : "such");
		return OUT_UNSUPPORTED;
	}
	if (priv->any_grown && !shrink(priv)) {
		snprintf(why, 96, "guest memory: %s", strerror(errno));
		return OUT_BROKEN;
	}
	priv->right = seed_word(in->seed, SEED_ALIGN);
	priv->canary = seed_word(in->seed, SEED_CANARY);
	if (!guest_place(g, GUEST_STACK, GUEST_STACK_SIZE, RGN_READ | RGN_WRITE, 0)) {
		snprintf(why, 96, "guest memory: %s", strerror(errno));
		return OUT_BROKEN;
	}
	fill(guest_host(g->layout.rgn[GUEST_STACK].base), priv->pattern, key, PATTERN_WORDS);
	out = place_input(g, why);
	return out == OUT_RETURN ? maps_reset(g, why) : out;
}

void guest_digest(struct guest *g, struct outcome *out)
{
	static const enum region_id name[] = {
		[GUEST_STACK] = REGION_STACK, [GUEST_CTX] = REGION_CTX,
		[GUEST_PACKET] = REGION_PACKET,
	};
	uint64_t slack = 0, raw = 0;

	for (uint32_t i = 0; i < GUEST_MAP0; i++) {
		const struct region *r = &g->layout.rgn[i];

		out->digest[name[i]] = r->len ? digest(guest_host(r->base), r->len, i) : 0;
	}
	out->digest[REGION_MAPS] = maps_digest(g, &raw);
	for (uint32_t i = 0; i < GUEST_MAP0 + g->unit->nmap; i++)
		if (g->layout.rgn[i].base)
			slack = slack_digest(g, i, slack);
	out->digest[REGION_SLACK] = slack ^ raw;
	out->digest_valid = (1u << REGION_N) - 1;
}
