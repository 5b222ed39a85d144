/* SPDX-License-Identifier: Apache-2.0 */
/* The generator's values, registers and states. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "fuzz/gen.h"

/* ---- choices ------------------------------------------------------------ */

void choice_seed(struct choice *c, uint64_t seed)
{
	memset(c, 0, sizeof(*c));
	rng_seed(&c->rng, seed);
}

void choice_bytes(struct choice *c, const uint8_t *p, size_t n)
{
	memset(c, 0, sizeof(*c));
	c->bytes = p ? p : (const uint8_t *)"";
	c->len = p ? n : 0;
}

static uint64_t choice_take(struct choice *c, uint32_t n)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < n && c->pos < c->len; i++)
		v |= (uint64_t)c->bytes[c->pos++] << 8 * i;
	return v;
}

/* From bytes, few are spent where few are enough, so that a change stays local. */
uint32_t choice_below(struct choice *c, uint32_t n)
{
	if (!c->bytes)
		return (uint32_t)((rng_next(&c->rng) >> 32) * n >> 32);
	if (n <= 1)
		return 0;
	return (uint32_t)(choice_take(c, n <= 1 << 8 ? 1 : n <= 1 << 16 ? 2 : 4) % n);
}

uint64_t choice_u64(struct choice *c)
{
	return c->bytes ? choice_take(c, 8) : rng_next(&c->rng);
}

/* ---- values ------------------------------------------------------------- */

struct greg greg_none(void)
{
	return (struct greg){ .type = G_NONE };
}

struct greg greg_scalar(uint64_t lo, uint64_t hi)
{
	return (struct greg){ .type = G_SCALAR, .lo = lo, .hi = hi };
}

struct greg greg_const(uint64_t v)
{
	return greg_scalar(v, v);
}

struct greg greg_unknown(void)
{
	return greg_scalar(0, UINT64_MAX);
}

void gen_remember(struct gen *g, uint64_t v)
{
	g->pool[g->npool++ % GEN_POOL] = v;
}

static uint64_t value_edge(struct gen *g)
{
	static const uint64_t edge[] = {
		0, 1, 2, UINT64_MAX, UINT64_MAX - 1, INT64_MAX, (uint64_t)INT64_MIN,
		(uint64_t)INT64_MIN + 1, INT32_MAX, 0x80000000, 0x80000001, UINT32_MAX,
		UINT32_MAX - 1, 0x100000000, 0x100000001, (uint64_t)INT32_MIN,
		(uint64_t)INT32_MIN - 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff,
		0x10000, (uint64_t)-128, (uint64_t)-32768, 0x7fffffff00000000, 0xffffffff80000000,
		0x600000002, 0x5555555555555555, 0xaaaaaaaaaaaaaaaa, 0x0102030405060708,
	};

	return edge[gen_below(g, sizeof(edge) / sizeof(edge[0]))];
}

uint64_t gen_value(struct gen *g)
{
	uint32_t how = gen_below(g, 16);
	uint64_t v;

	if (how < 4 && g->npool) {
		v = g->pool[gen_below(g, g->npool < GEN_POOL ? g->npool : GEN_POOL)];
		return v + (how == 0) - (how == 1);
	}
	switch (how) {
	case 0: case 1: case 2: case 3: case 4: case 5:
		return gen_below(g, 17);
	case 6:
		return 0 - (uint64_t)gen_below(g, 17);
	case 7: case 8:
		return 1ULL << gen_below(g, 64);
	case 9:
		return (1ULL << gen_below(g, 64)) - 1;
	case 10:
		return 0 - (1ULL << gen_below(g, 64));
	case 11: case 12: case 13:
		return value_edge(g);
	case 14:
		return gen_below(g, 256) * 0x0101010101010101ULL;
	default:
		return choice_u64(g->c) >> gen_below(g, 64);
	}
}

int32_t gen_imm(struct gen *g)
{
	return (int32_t)gen_value(g);
}

uint64_t gen_word(struct gen *g)
{
	uint32_t how = gen_below(g, 8);
	uint64_t v;

	if (how >= 5 || !g->npool)
		return how == 7 ? choice_u64(g->c) : gen_value(g);
	v = g->pool[gen_below(g, g->npool < GEN_POOL ? g->npool : GEN_POOL)];
	v += (uint64_t)gen_below(g, 3) - 1;
	if (how == 0)	/* the same low half below another high one */
		v = (uint32_t)v | choice_u64(g->c) << 32;
	return v;
}

/* ---- registers ---------------------------------------------------------- */

/* Bits set; a call into the compiler's library would take longer. */
static uint32_t count_bits(uint32_t m)
{
	m -= m >> 1 & 0x5555;
	m = (m & 0x3333) + (m >> 2 & 0x3333);
	m = (m + (m >> 4)) & 0x0f0f;
	return (m + (m >> 8)) & 31;
}

int gen_any(struct gen *g, uint16_t mask)
{
	uint32_t n;

	if (!mask)
		return -1;
	for (n = gen_below(g, count_bits(mask)); n; n--)
		mask &= (uint16_t)(mask - 1);
	return __builtin_ctz(mask);
}

uint16_t gen_mask(const struct gen *g, enum gtype t)
{
	uint16_t mask = 0;

	for (int i = 0; i < REG_FP; i++)
		mask |= (uint16_t)((g->st.reg[i].type == t) << i);
	return mask;
}

int gen_dst_but(struct gen *g, uint16_t mask)
{
	uint16_t ok = (uint16_t)(0x3ff & ~(g->lock | mask));
	int r = gen_any(g, ok);

	if (r >= 0 && greg_is_ptr(&g->st.reg[r]))	/* spare pointers, mostly */
		r = gen_any(g, ok);
	return r;
}

int gen_dst(struct gen *g)
{
	return gen_dst_but(g, 0);
}

int gen_ctx(struct gen *g)
{
	return gen_any(g, gen_mask(g, G_CTX));
}

static int scalar_make(struct gen *g)
{
	int r = gen_dst(g);

	if (r < 0)
		return -1;
	if (gen_coin(g, 50))
		gen_mov_imm(g, r, gen_imm(g));
	else
		gen_lddw(g, r, 0, gen_value(g));
	return r;
}

int gen_scalar(struct gen *g)
{
	bool bad = gen_dare(g) && gen_coin(g, 8);
	int r = gen_any(g, gen_mask(g, bad ? G_NONE : G_SCALAR));

	return r >= 0 ? r : scalar_make(g);
}

int gen_scalar_rw(struct gen *g)
{
	uint16_t mask = gen_mask(g, G_SCALAR) & (uint16_t)~g->lock;
	int r = gen_any(g, mask);

	if (r >= 0 && greg_is_const(&g->st.reg[r]))	/* what is unknown is worth more */
		r = gen_any(g, mask);
	return r >= 0 ? r : scalar_make(g);
}

int gen_scalar_but(struct gen *g, uint16_t mask)
{
	return gen_any(g, gen_mask(g, G_SCALAR) & (uint16_t)~mask);
}

/* ---- writing ------------------------------------------------------------ */

void gen_put(struct gen *g, struct insn in)
{
	g->code[g->len++] = in;
	g->walked += g->paths;
}

void gen_set(struct gen *g, int reg, struct greg v)
{
	g->st.reg[reg] = v;
}

void gen_lddw(struct gen *g, int dst, uint8_t subtype, uint64_t v)
{
	struct insn in[2];

	insn_lddw(in, (uint8_t)dst, subtype, v);
	g->code[g->len++] = in[0];
	g->code[g->len++] = in[1];
	g->walked += g->paths;
	gen_set(g, dst, greg_const(v));
}

void gen_mov_imm(struct gen *g, int dst, int32_t imm)
{
	gen_put(g, insn_mov64_imm((uint8_t)dst, imm));
	gen_set(g, dst, greg_const((uint64_t)(int64_t)imm));
}

void gen_clobber(struct gen *g)
{
	for (int i = 0; i <= 5; i++)
		g->st.reg[i].type = G_NONE;
}

/* ---- states ------------------------------------------------------------- */

static bool is_packet(const struct greg *r)
{
	return r->type == G_PKT || r->type == G_META || r->type == G_END;
}

void gen_forget_packets(struct gen *g)
{
	for (int i = 0; i < REG_FP; i++)
		if (is_packet(&g->st.reg[i]))
			g->st.reg[i].type = G_NONE;
	for (int i = 0; i < g->nslot; i++)
		if (is_packet(&g->st.spill[i]))
			g->st.spill[i].type = G_MIXED;
}

static void greg_join(struct greg *a, const struct greg *b)
{
	if (a->type != b->type) {
		a->type = G_NONE;
		return;
	}
	switch ((enum gtype)a->type) {
	case G_NONE: case G_CTX: case G_END: case G_MIXED:
		return;
	case G_SCALAR:
		break;
	case G_STACK: case G_MAP: case G_VALUE: case G_VALUE_NULL: case G_MEM:
		if (a->off != b->off || a->map != b->map || a->id != b->id || a->range != b->range)
			a->type = G_NONE;
		break;
	case G_PKT: case G_META:
		if (a->off != b->off || a->id != b->id)
			a->type = G_NONE;
		if (b->range < a->range)
			a->range = b->range;
		break;
	}
	if (b->lo < a->lo)
		a->lo = b->lo;
	if (b->hi > a->hi)
		a->hi = b->hi;
}

void gstate_join(struct gstate *a, const struct gstate *b)
{
	for (int i = 0; i < REG_FP; i++)
		greg_join(&a->reg[i], &b->reg[i]);
	for (int i = 0; i < GEN_SLOTS; i++) {
		bool was = a->spill[i].type != G_NONE || b->spill[i].type != G_NONE;

		a->init[i] &= b->init[i];
		if (!was)
			continue;
		greg_join(&a->spill[i], &b->spill[i]);
		if (a->spill[i].type == G_NONE)
			a->spill[i].type = G_MIXED;
	}
}

static void greg_not_null(struct greg *r, uint16_t id, bool null)
{
	if (r->type != G_VALUE_NULL || r->id != id)
		return;
	if (null) {
		*r = greg_const(0);
	} else {
		r->type = G_VALUE;
		r->id = 0;
	}
}

void gstate_not_null(struct gstate *s, uint16_t id, bool null)
{
	for (int i = 0; i < REG_FP; i++)
		greg_not_null(&s->reg[i], id, null);
	for (int i = 0; i < GEN_SLOTS; i++) {
		greg_not_null(&s->spill[i], id, null);
		if (s->spill[i].type == G_SCALAR)
			s->spill[i].type = G_MIXED;
	}
}

static void greg_packet_range(struct greg *r, uint16_t id, uint8_t type, int32_t range)
{
	if (r->type == type && r->id == id && r->range < range)
		r->range = range;
}

void gstate_packet_range(struct gstate *s, const struct greg *by, int32_t range)
{
	uint16_t id = by->id;
	uint8_t type = by->type;

	for (int i = 0; i < REG_FP; i++)
		greg_packet_range(&s->reg[i], id, type, range);
	for (int i = 0; i < GEN_SLOTS; i++)
		greg_packet_range(&s->spill[i], id, type, range);
}
