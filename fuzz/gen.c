/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The generator: a table of emitters, functions made of them, and the case
 * around the functions.
 */
#include "fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

#include "fuzz/gen.h"

/* ---- emitters ----------------------------------------------------------- */

enum {
	NEED_CTX = 1,
	NEED_PACKET = 2,	/* packet pointers in the context */
	NEED_MAP = 4,
	NEED_LDABS = 16,
	NEED_TAIL = 32,
	NEED_SUBS = 64,
	NEED_ROOT = 256,
	NEED_ATOMIC = 512,
};

/* An emitter appends one thing, or returns false if it cannot do so now. */
static const struct gen_row {
	const char *name;
	bool (*emit)(struct gen *g);
	uint16_t weight, needs;
} rows[] = {
	{ "alu_k", gen_alu_k, 180, 0 },
	{ "alu_x", gen_alu_x, 240, 0 },
	{ "alu_1", gen_alu_1, 70, 0 },
	{ "mov", gen_mov, 45, 0 },
	{ "constant", gen_lddw_imm, 25, 0 },
	{ "bound", gen_bound, 80, 0 },
	{ "link", gen_link, 50, 0 },
	{ "select", gen_select, 50, 0 },
	{ "pair", gen_pair, 20, 0 },
	{ "window", gen_window, 25, 0 },
	{ "mixed", gen_mixed, 25, 0 },
	{ "if", gen_if, 200, 0 },
	{ "guard", gen_guard, 18, 0 },
	{ "loop", gen_loop, 140, 0 },
	{ "jump", gen_jump, 12, 0 },
	{ "stack_store", gen_stack_store, 35, 0 },
	{ "stack_load", gen_stack_load, 40, 0 },
	{ "stack_var", gen_stack_var, 12, NEED_ROOT },
	{ "spill", gen_spill, 12, 0 },
	{ "fill", gen_fill, 20, 0 },
	{ "atomic", gen_atomic, 45, NEED_ATOMIC },
	{ "ptr_arith", gen_ptr_arith, 10, 0 },
	{ "ctx_load", gen_ctx_load, 45, NEED_CTX },
	{ "ctx_store", gen_ctx_store, 20, NEED_CTX },
	{ "value_direct", gen_value_direct, 20, NEED_MAP },
	{ "value_access", gen_value_access, 40, NEED_MAP },
	{ "value_var", gen_value_var, 20, NEED_MAP },
	{ "lookup", gen_lookup, 35, NEED_MAP },
	{ "null_check", gen_null_check, 40, NEED_MAP },
	{ "mem_access", gen_mem_access, 30, 0 },
	{ "packet_check", gen_packet_check, 40, NEED_PACKET },
	{ "packet_access", gen_packet_access, 50, NEED_PACKET },
	{ "packet_var", gen_packet_var, 20, NEED_PACKET },
	{ "ld_abs", gen_ld_abs, 60, NEED_LDABS },
	{ "helper", gen_helper, 40, 0 },
	{ "tail_call", gen_tail_call, 150, NEED_TAIL },
	{ "call_sub", gen_call_sub, 150, NEED_SUBS },
};
enum { NROW = sizeof(rows) / sizeof(rows[0]) };
_Static_assert((int)NROW <= (int)GEN_ROWS, "the sums of weights have room");

static uint16_t what_is_there(const struct gen *g)
{
	uint16_t have = 0;

	have |= g->type != PROG_PLAIN ? NEED_CTX : 0;
	have |= g->info->off_data >= 0 && g->info->off_data_end >= 0 ? NEED_PACKET : 0;
	have |= g->nmap ? NEED_MAP : 0;
	have |= g->info->ld_abs && g->is_main && !g->has_subs && g->groups >> G_PACKET & 1
		? NEED_LDABS : 0;
	have |= g->prog_array >= 0 && g->is_main ? NEED_TAIL : 0;
	have |= g->first_sub < g->nsub ? NEED_SUBS : 0;
	have |= g->strict ? 0 : NEED_ROOT;
	have |= g->groups & (1u << G_ATOMIC32 | 1u << G_ATOMIC64) ? NEED_ATOMIC : 0;
	return have;
}

static void sum_weights(struct gen *g)
{
	uint16_t have = what_is_there(g), sum = 0;

	for (uint32_t i = 0; i < NROW; i++) {
		if (!(rows[i].needs & ~have))
			sum = (uint16_t)(sum + rows[i].weight);
		g->sum[i] = sum;
	}
}

/* Emits something; what is not possible now is tried a few times, then it is a constant. */
static void step(struct gen *g)
{
	for (int tries = 0; tries < 6; tries++) {
		uint32_t w = gen_below(g, g->sum[NROW - 1]), lo = 0, hi = NROW - 1, len = g->len;

		while (lo < hi) {
			uint32_t mid = (lo + hi) / 2;

			if (g->sum[mid] > w)
				hi = mid;
			else
				lo = mid + 1;
		}
		if (rows[lo].emit(g) || g->len > len)
			return;
	}
	gen_lddw_imm(g);
	if (g->len >= g->end)
		return;
	gen_put(g, insn_ja(0));		/* every register locked: still go on */
}

void gen_steps(struct gen *g)
{
	while (g->len < g->end && g->len + g->ntail + GEN_ROOM < GEN_CODE)
		step(g);
}

/* ---- functions ---------------------------------------------------------- */

static void function_begin(struct gen *g, struct gfn *f, uint32_t target)
{
	static const uint8_t caps[] = { 15, 20, 20, 25, 30, 35, 40, 60 };

	f->code = arena_raw(g->a, GEN_CODE * sizeof(struct insn));
	g->code = f->code;
	g->len = g->ntail = g->nmoved = g->nout = 0;
	g->target = g->end = target;
	g->paths = 1;
	g->walked = 0;
	g->cap = target * caps[gen_below(g, sizeof(caps))] / 10 + 8;
	g->lock = g->slot_lock = 0;
	g->depth = 0;
	g->in_loop = g->no_call = g->no_outline = false;
	g->out_ok = true;
	g->npool = g->npool > GEN_POOL ? GEN_POOL : g->npool;
	memset(&g->st, 0, sizeof(g->st));
	g->st.reg[REG_FP] = (struct greg){ .type = G_STACK };
}

/* May overshoot by one emitter, whose jumps are all short. */
static void function_end(struct gen *g, struct gfn *f)
{
	gen_exit(g);
	gen_outlined(g);
	assert(g->len <= GEN_CODE);
	f->len = g->len;
	f->cost = g->walked;
}

static void some_scalars(struct gen *g, uint32_t n)
{
	while (n--) {
		if (gen_coin(g, 70) && gen_ctx_load(g))
			continue;
		if (gen_coin(g, 30) && gen_packet_check(g) && gen_packet_access(g))
			continue;
		gen_lddw_imm(g);
	}
}

/* Copies r1 to a register that calls preserve, and keeps it there. */
static void save_r1(struct gen *g)
{
	int r = g->info->ld_abs && gen_coin(g, 60) ? 6 : 6 + (int)gen_below(g, 4);

	gen_put(g, insn_mov64_reg((uint8_t)r, 1));
	g->st.reg[r] = g->st.reg[1];
	g->lock |= (uint16_t)(1u << r);
}

static void main_begin(struct gen *g)
{
	int32_t room = 512 - 16 - 8 * GEN_SLOTS;	/* 16: what may_goto takes */

	g->nslot = g->has_subs ? 8 + (uint8_t)gen_below(g, 9) : GEN_SLOTS;
	g->window = (int16_t)(-8 * g->nslot);
	if (!g->has_subs && gen_coin(g, 40))
		g->window = (int16_t)(g->window - 8 * (int32_t)gen_below(g, (uint32_t)room / 8));
	if (g->type == PROG_PLAIN) {
		g->st.reg[1] = (struct greg){ .type = G_MEM, .range = (int32_t)g->ctx_size };
		g->st.reg[2] = greg_unknown();
	} else {
		g->st.reg[1] = (struct greg){ .type = G_CTX };
	}
	if (gen_coin(g, 92))
		save_r1(g);
	some_scalars(g, 1 + gen_below(g, 5));
}

static void sub_begin(struct gen *g, const struct gfn *f)
{
	g->nslot = 4 + (uint8_t)gen_below(g, 5);
	g->window = (int16_t)(-8 * g->nslot);
	for (uint32_t i = 0; i < f->narg; i++) {
		struct greg *r = &g->st.reg[1 + i];

		if (f->arg[i] == GA_STACK)
			*r = (struct greg){ .type = G_MEM, .range = f->size[i], .align = 1 };
		else if (f->arg[i] == GA_CTX)
			r->type = G_CTX;
		else
			*r = greg_unknown();
	}
	some_scalars(g, 1);
}

static void make_sub(struct gen *g, struct gfn *f)
{
	f->narg = (uint8_t)gen_below(g, 6);
	for (uint32_t i = 0; i < f->narg; i++) {
		uint32_t how = gen_below(g, 10);

		f->arg[i] = how < 9 || g->type == PROG_PLAIN ? GA_STACK : GA_CTX;
		if (how < 6)
			f->arg[i] = GA_SCALAR;
		f->size[i] = (uint8_t)(8u << gen_below(g, 3));
	}
	g->is_main = false;
	function_begin(g, f, 4 + gen_below(g, 12));
	sum_weights(g);
	sub_begin(g, f);
	gen_steps(g);
	function_end(g, f);
}

/* Callees first, so that their cost is known; a subprogram calls later ones only. */
static void make_subs(struct gen *g)
{
	g->nsub = 0;
	g->has_subs = gen_coin(g, 28);
	if (!g->has_subs)
		return;
	g->nsub = 1 + gen_below(g, 3);
	for (uint32_t i = g->nsub; i--;) {
		g->first_sub = i + 1;
		make_sub(g, &g->sub[i]);
	}
}

static bool is_call(const struct insn *in)
{
	return in->code == (CLS_JMP | JMP_CALL) && in->src == 1;
}

/* Marks what is called from f on, and adds up the length. */
static uint32_t link_reach(struct gen *g, const struct gfn *f)
{
	uint32_t len = f->len;

	for (uint32_t i = 0; i < f->len; i++) {
		struct gfn *to;

		if (!is_call(&f->code[i]))
			continue;
		to = &g->sub[f->code[i].imm];
		if (to->start < 0) {
			to->start = 0;
			len += link_reach(g, to);
		}
	}
	return len;
}

static void link_calls(struct gen *g, struct insn *code, uint32_t from, uint32_t n)
{
	for (uint32_t i = from; i < from + n; i++)
		if (is_call(&code[i]))
			code[i].imm = g->sub[code[i].imm].start - (int32_t)i - 1;
}

static void link_program(struct gen *g, const struct gfn *top, struct program *p)
{
	struct insn *code;
	uint32_t at = top->len;

	for (uint32_t i = 0; i < g->nsub; i++)
		g->sub[i].start = -1;
	p->len = link_reach(g, top);
	code = arena_raw(g->a, p->len * sizeof(*code));
	memcpy(code, top->code, top->len * sizeof(*code));
	for (uint32_t i = 0; i < g->nsub; i++) {
		struct gfn *f = &g->sub[i];

		if (f->start < 0)
			continue;
		f->start = (int32_t)at;
		memcpy(code + at, f->code, f->len * sizeof(*code));
		at += f->len;
	}
	link_calls(g, code, 0, top->len);
	for (uint32_t i = 0; i < g->nsub; i++)
		if (g->sub[i].start > 0)
			link_calls(g, code, (uint32_t)g->sub[i].start, g->sub[i].len);
	p->insn = code;
}

static void make_program(struct gen *g, struct program *p, uint32_t target)
{
	struct gfn top = { 0 };

	memset(p, 0, sizeof(*p));
	p->type = g->type;
	p->attach_type = g->attach;
	p->prog_flags = g->info->sleepable ? 1u << 4 : 0;	/* BPF_F_SLEEPABLE */
	p->license = "GPL";
	p->name = "";
	if (g->o->wild) {
		gen_wild_program(g, p, target);
	} else {
		make_subs(g);
		g->is_main = true;
		g->first_sub = 0;
		function_begin(g, &top, target);
		sum_weights(g);
		main_begin(g);
		gen_steps(g);
		function_end(g, &top);
		link_program(g, &top, p);
	}
	program_seal(p, g->a);
	assert(p->id);
}

/* ---- cases -------------------------------------------------------------- */

static uint32_t pick_type(struct gen *g)
{
	uint32_t list[PROG_TYPE_N], n = 0;

	for (uint32_t i = 0; i < PROG_TYPE_N; i++) {
		const struct prog_type_info *info = prog_type_info(i);

		if (!info || (g->o->types ? i >= 32 || !(g->o->types >> i & 1) : !info->runs))
			continue;
		if (!g->o->types && (i == PROG_PLAIN ? g->portable
				     : !prog_type_loads(i, info->attach_type, g->o->priv)))
			continue;
		list[n++] = i;
	}
	return n ? list[gen_below(g, n)] : PROG_SOCKET_FILTER;
}

void gen_case(struct choice *c, const struct gen_opts *o, struct arena *a, struct testcase *tc)
{
	uint32_t insns = o->insns ? o->insns : 30;
	const struct helper_proto *tail = helper_proto(HELPER_tail_call);
	struct program *prog;
	struct gen g;

	memset(&g, 0, sizeof(g));
	g.c = c;
	g.o = o;
	g.a = a;
	g.portable = o->portable;
	g.dare = !o->timid && gen_coin(&g, 5);
	g.strict = o->priv != PRIV_ROOT;
	/* without these there are no pointers, no moves and no exit */
	g.groups = (o->groups ? o->groups : (1u << G_N) - 1) | 1u << G_BASE32 | 1u << G_BASE64;
	g.type = (uint16_t)pick_type(&g);
	g.info = prog_type_info(g.type);
	g.attach = g.info->attach_type;
	g.ctx_size = 8 + 8 * gen_below(&g, (g.type == PROG_PLAIN ? GEN_PLAIN : GEN_CTX) / 8);
	gen_offers(&g);
	g.nprog = 1;
	if (tail && !g.info->sleepable && helper_available(tail, g.type, g.attach, o->priv) &&
	    gen_coin(&g, 12))
		g.nprog += 1 + gen_below(&g, GEN_PROGS - 1);
	if (insns > GEN_CODE / 2)
		insns = GEN_CODE / 2;
	gen_maps(&g);
	prog = arena_alloc(a, g.nprog * sizeof(*prog));
	for (uint32_t i = 0; i < g.nprog; i++)
		make_program(&g, &prog[i],
			     1 + insns / 2 + gen_below(&g, i ? insns / 2 + 1 : insns));
	memset(tc, 0, sizeof(*tc));
	tc->unit.prog = prog;
	tc->unit.nprog = g.nprog;
	tc->unit.nmap = g.nmap;
	tc->unit.map = arena_dup(a, g.map, g.nmap * sizeof(g.map[0]));
	gen_inputs(&g, &tc->unit, tc);
}
