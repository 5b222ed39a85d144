/* SPDX-License-Identifier: Apache-2.0 */
/* What surrounds the generated programs: maps, inputs, and what a type offers. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "fuzz/gen.h"

/* ---- offers: computed once for each type -------------------------------- */

enum { OFFER_FIELDS = 256, OFFER_HELPERS = 64 };

struct offer {
	bool ready;
	uint32_t nfield, nhelper;
	struct ctx_field field[OFFER_FIELDS];
	uint8_t helper[OFFER_HELPERS];
};
/* The second index: may the case run on any engine? */
static struct offer offers[PROG_TYPE_N][2][PRIV_N];

static bool is_skb(uint32_t type)
{
	const struct prog_type_info *info = prog_type_info(type);

	return info->has_packet && info->ctx_size == 192;
}

/* Fields that a test run of Linux can be given: mark, priority, cb. */
static bool field_portable(uint32_t type, uint32_t off)
{
	return is_skb(type) && ((off >= 8 && off < 12) || (off >= 32 && off < 36) ||
				(off >= 48 && off < 68));
}

static void offer_fields(struct offer *o, const struct prog_type_info *info, bool portable)
{
	struct ctx_access acc;

	for (uint32_t off = 0; off < info->ctx_size; off++) {
		for (uint32_t size = 1; size <= 8; size *= 2) {
			if (o->nfield == OFFER_FIELDS ||
			    (portable && !field_portable(info->type, off)) ||
			    !prog_ctx_access(info->type, info->attach_type, (int32_t)off, size,
					     false, &acc) ||
			    acc.kind != CTX_SCALAR)
				continue;
			o->field[o->nfield++] = (struct ctx_field){
				.off = (uint16_t)off,
				.size = (uint8_t)size,
				.write = prog_ctx_access(info->type, info->attach_type,
							 (int32_t)off, size, true, &acc),
			};
		}
	}
}

/* Arguments that arg_fill() (gen_call.c) knows how to make. */
static bool helper_fillable(const struct helper_proto *p)
{
	for (uint32_t i = 0; i < helper_nargs(p); i++) {
		switch ((enum arg_kind)p->arg[i].kind) {
		case ARG_ANYTHING: case ARG_CTX: case ARG_MAP: case ARG_MAP_KEY: case ARG_MAP_VALUE:
		case ARG_MEM: case ARG_SIZE: case ARG_SIZE_OR_ZERO:
			break;
		default:
			return false;
		}
	}
	return p->ret == RET_SCALAR || p->ret == RET_VOID;
}

/* What differs from run to run, or leaves traces, elsewhere. */
static bool helper_portable(int32_t id)
{
	return id != HELPER_ktime_get_ns && id != HELPER_get_prandom_u32 &&
	       id != HELPER_get_smp_processor_id && id != HELPER_trace_printk;
}

static void offer_helpers(struct offer *o, const struct prog_type_info *info, enum priv priv,
			  bool portable)
{
	for (int32_t id = 1; id < HELPER_MAX; id++) {
		const struct helper_proto *p = helper_proto(id);

		if (!p || !(p->flags & HELPER_RUNS) || p->flags & (HELPER_NEXT | HELPER_ACQUIRES) ||
		    id == HELPER_tail_call || id == HELPER_map_lookup_elem ||
		    (portable && !helper_portable(id)) || !helper_fillable(p) ||
		    !helper_available(p, info->type, info->attach_type, priv) ||
		    o->nhelper == OFFER_HELPERS)
			continue;
		o->helper[o->nhelper++] = (uint8_t)id;
	}
}

void gen_offers(struct gen *g)
{
	struct offer *o = &offers[g->type][g->portable][g->o->priv];

	if (!o->ready) {
		offer_fields(o, g->info, g->portable);
		offer_helpers(o, g->info, g->o->priv, g->portable);
		o->ready = true;
	}
	g->field = o->field;
	g->nfield = o->nfield;
	g->helper = o->helper;
	g->nhelper = o->nhelper;
}

/* ---- maps --------------------------------------------------------------- */

static uint8_t *random_bytes(struct gen *g, uint32_t n)
{
	uint8_t *p = arena_raw(g->a, n + 8);

	for (uint32_t i = 0; i < n; i += 8) {
		uint64_t v = gen_word(g);

		memcpy(p + i, &v, 8);
	}
	return p;
}

static struct map_def *add_map(struct gen *g, uint32_t type, uint32_t key, uint32_t value,
			       uint32_t entries)
{
	struct map_def *m = &g->map[g->nmap];

	*m = (struct map_def){
		.name = { 'm', (char)('0' + g->nmap) }, .type = type, .key_size = key,
		.value_size = value, .max_entries = entries, .inner = -1,
	};
	g->nmap++;
	return m;
}

static uint32_t value_size(struct gen *g)
{
	static const uint8_t size[] = { 4, 8, 8, 12, 16, 16, 24, 32, 48, 64 };

	return size[gen_below(g, sizeof(size))];
}

/* A map whose contents verifier and programs may rely on. */
static void add_rodata(struct gen *g)
{
	struct map_def *m = add_map(g, MAP_ARRAY, 4, value_size(g), 1);

	m->flags = MAPF_RDONLY_PROG;
	m->frozen = true;
	m->ninit = m->value_size;
	m->init = random_bytes(g, m->ninit);
}

void gen_maps(struct gen *g)
{
	bool values = !g->o->wild || gen_coin(g, 70);

	g->nmap = 0;
	g->prog_array = -1;
	if (!values)
		return;
	if (gen_coin(g, 70))
		add_map(g, MAP_ARRAY, 4, value_size(g), 1);
	if (gen_coin(g, 40))
		add_map(g, MAP_ARRAY, 4, value_size(g), 1 + gen_below(g, 8));
	if (gen_coin(g, 45))
		add_map(g, MAP_HASH, 4u << gen_below(g, 3), value_size(g), 1 + gen_below(g, 8));
	if (gen_coin(g, 12))
		add_rodata(g);
	if (g->nprog > 1 && map_prog_ok(MAP_PROG_ARRAY, false, g->type, g->info->sleepable)) {
		g->prog_array = (int8_t)g->nmap;
		add_map(g, MAP_PROG_ARRAY, 4, 4, 1 + gen_below(g, 4));
	}
}

/* ---- inputs ------------------------------------------------------------- */

static void input_ctx(struct gen *g, struct input *in)
{
	uint8_t *ctx;

	if (g->info->ctx_any) {
		in->nctx = g->ctx_size;
		in->ctx = random_bytes(g, in->nctx);
		return;
	}
	in->nctx = g->info->ctx_size;
	ctx = arena_alloc(g->a, in->nctx + 8);
	for (uint32_t i = 0; i < g->nfield; i++) {
		const struct ctx_field *f = &g->field[i];
		uint64_t v;

		if (f->size < 4)
			continue;
		v = gen_word(g);
		memcpy(ctx + f->off, &v, f->size);
	}
	if (is_skb(g->type))
		memcpy(ctx, &in->npacket, 4);	/* len */
	in->ctx = ctx;
}

static void input_packet(struct gen *g, struct input *in)
{
	uint32_t need = g->packet_need > GEN_PACKET ? GEN_PACKET : g->packet_need;

	if (!g->info->has_packet)
		return;
	in->npacket = gen_coin(g, 85) ? need + gen_below(g, 16) : gen_below(g, GEN_PACKET + 1);
	if (in->npacket < 14 && (g->portable || gen_coin(g, 80)))
		in->npacket = 14;
	if (in->npacket > GEN_PACKET)
		in->npacket = GEN_PACKET;
	in->packet = random_bytes(g, in->npacket);
}

/* One record: key number i, and a value. */
static uint32_t map_entry(struct gen *g, uint32_t m, uint32_t i, const struct unit *u, uint8_t *out)
{
	const struct map_def *d = &g->map[m];
	uint32_t n = 1 + d->key_size + d->value_size, prog;

	memset(out, 0, n);
	out[0] = (uint8_t)m;
	memcpy(out + 1, &i, 4);
	if (d->type == MAP_PROG_ARRAY) {
		prog = u->nprog > 1 ? 1 + gen_below(g, u->nprog - 1) : 0;
		memcpy(out + 1 + d->key_size, &prog, 4);
	} else {
		memcpy(out + 1 + d->key_size, random_bytes(g, d->value_size), d->value_size);
	}
	return n;
}

static void input_maps(struct gen *g, const struct unit *u, struct input *in)
{
	uint8_t *p;
	uint32_t cap = 0;

	for (uint32_t m = 0; m < g->nmap; m++)
		cap += g->map[m].max_entries * (1 + g->map[m].key_size + g->map[m].value_size);
	if (!cap)
		return;
	p = arena_raw(g->a, cap);
	in->maps = p;
	for (uint32_t m = 0; m < g->nmap; m++)
		for (uint32_t i = 0; i < g->map[m].max_entries; i++)
			if (!g->map[m].frozen && gen_coin(g, 80))
				in->nmaps += map_entry(g, m, i, u, p + in->nmaps);
}

void gen_inputs(struct gen *g, const struct unit *u, struct testcase *tc)
{
	tc->ninput = g->o->inputs ? g->o->inputs : 1;
	if (tc->ninput > MAX_INPUTS)
		tc->ninput = MAX_INPUTS;
	tc->input = arena_alloc(g->a, tc->ninput * sizeof(*tc->input));
	for (uint32_t i = 0; i < tc->ninput; i++) {
		struct input *in = &tc->input[i];

		in->seed = choice_u64(g->c);
		in->fuel = FUEL_FUZZ;
		input_packet(g, in);
		input_ctx(g, in);
		input_maps(g, u, in);
	}
}
