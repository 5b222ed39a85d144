/* SPDX-License-Identifier: Apache-2.0 */
/* Helpers, map lookups and null checks, tail calls, subprograms. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "fuzz/gen.h"

/* Registers that survive the setting of r1 to r5. */
enum { SAFE = 0x3c1 };

static bool call_possible(const struct gen *g)
{
	return !g->no_call && !(g->lock & 0x3f);
}

void gen_map_ptr(struct gen *g, int dst, uint32_t map)
{
	gen_lddw(g, dst, gen_coin(g, 50) ? 1 : 5, map);
	gen_set(g, dst, (struct greg){ .type = G_MAP, .map = (uint8_t)map });
}

static void arg_stack(struct gen *g, int reg, int off)
{
	gen_put(g, insn_mov64_reg((uint8_t)reg, REG_FP));
	gen_put(g, insn_alu64_imm(ALU_ADD, (uint8_t)reg, off));
	gen_set(g, reg, (struct greg){ .type = G_STACK, .off = off });
}

static void arg_scalar(struct gen *g, int reg)
{
	int s = gen_any(g, gen_mask(g, G_SCALAR) & SAFE);

	if (s < 0 || gen_coin(g, 40)) {
		gen_mov_imm(g, reg, gen_imm(g));
		return;
	}
	gen_put(g, insn_mov64_reg((uint8_t)reg, (uint8_t)s));
	gen_set(g, reg, g->st.reg[s]);
}

static void arg_imm(struct gen *g, int reg, int32_t imm)
{
	gen_mov_imm(g, reg, imm);
}

/* Are n bytes there, behind a map value or packet pointer? */
static bool reaches(const struct gen *g, const struct greg *r, uint32_t n, bool write)
{
	if (r->off < 0)
		return false;
	if (r->type == G_PKT)
		return r->off + (int32_t)n <= r->range && !r->hi && !write;
	return (uint32_t)r->off + r->hi + n <= g->map[r->map].value_size &&
	       !(write && g->map[r->map].flags & MAPF_RDONLY_PROG);
}

/*
 * A pointer to n readable bytes that survives; stack mostly, else a map value
 * or the packet.  False if there is none.
 */
static bool arg_memory(struct gen *g, int reg, uint32_t n, bool write, bool init, bool packet)
{
	int off, p = -1;
	struct greg *r;

	if (gen_coin(g, 25))
		p = gen_any(g, gen_mask(g, gen_coin(g, 50) || !packet ? G_VALUE : G_PKT) & SAFE);
	if (p >= 0) {
		r = &g->st.reg[p];
		if (reaches(g, r, n, write)) {
			gen_put(g, insn_mov64_reg((uint8_t)reg, (uint8_t)p));
			gen_set(g, reg, *r);
			return true;
		}
	}
	off = gen_stack_area(g, n);
	if (!off)
		return false;
	if (init)
		gen_stack_init(g, off, n);
	arg_stack(g, reg, off);
	if (write)
		gen_stack_mark(g, off, n);
	return true;
}

/* Keys are small, so that some of them exist. */
static bool arg_key(struct gen *g, int reg, const struct map_def *m)
{
	int off = gen_stack_area(g, m->key_size), s;

	if (!off)
		return false;
	s = gen_any(g, gen_mask(g, G_SCALAR) & SAFE);
	if (s >= 0 && gen_coin(g, 25))
		gen_put(g, insn_stx(m->key_size >= 8 ? SZ_DW : SZ_W, REG_FP, (int16_t)off,
				    (uint8_t)s));
	else
		gen_put(g, insn_st(m->key_size >= 8 ? SZ_DW : SZ_W, REG_FP, (int16_t)off,
				   gen_coin(g, 90) ? (int32_t)gen_below(g, m->max_entries + 1)
						   : gen_imm(g)));
	gen_stack_mark(g, off, m->key_size >= 8 ? 8 : 4);
	for (uint32_t i = 8; i < m->key_size; i += 8) {
		gen_put(g, insn_st(SZ_DW, REG_FP, (int16_t)(off + (int)i), 0));
		gen_stack_mark(g, off + (int)i, 8);
	}
	arg_stack(g, reg, off);
	return true;
}

/* A map that this helper takes; -1 if there is none. */
static int pick_map(struct gen *g, int32_t helper)
{
	uint32_t first = g->nmap ? gen_below(g, g->nmap) : 0;

	for (uint32_t i = 0; i < g->nmap; i++) {
		uint32_t m = (first + i) % g->nmap;

		if (!map_helper_type_ok(g->map[m].type, helper, g->type))
			continue;
		if (helper != HELPER_map_lookup_elem && g->map[m].flags & MAPF_RDONLY_PROG)
			continue;
		return (int)m;
	}
	return -1;
}

/* ---- lookups ------------------------------------------------------------ */

/* A few uses of what a pointer check has just allowed. */
static void use_values(struct gen *g, uint32_t most)
{
	for (uint32_t n = 1 + gen_below(g, most); n; n--) {
		if (gen_coin(g, 75))
			gen_value_access(g);
		else
			gen_value_var(g);
	}
}

bool gen_null_check(struct gen *g)
{
	int r = gen_any(g, gen_mask(g, G_VALUE_NULL));
	bool eq = gen_coin(g, 50);
	struct gcond c;
	uint16_t id;
	uint32_t at;

	if (r < 0)
		return false;
	id = g->st.reg[r].id;
	if (gen_dare(g)) {	/* forget the check */
		gstate_not_null(&g->st, id, false);
		use_values(g, 2);
		return true;
	}
	c.taken = g->st;
	gstate_not_null(&c.taken, id, eq);
	if (gen_coin(g, 65) || !gen_can_fork(g, 2)) {
		gstate_not_null(&g->st, id, !eq);
		c.in = insn_jmp_imm(eq ? JMP_JEQ : JMP_JNE, (uint8_t)r, 0, 0);
		at = gen_branch_emit(g, &c);
		gen_leave(g, at, &c, eq);
		use_values(g, 2);
		return true;
	}
	/* if r == 0 goto join; uses; join: */
	c.taken = g->st;
	gstate_not_null(&c.taken, id, true);
	gstate_not_null(&g->st, id, false);
	c.in = insn_jmp_imm(JMP_JEQ, (uint8_t)r, 0, 0);
	at = gen_branch_emit(g, &c);
	use_values(g, 3);
	gen_land(g, at);
	gstate_join(&g->st, &c.taken);
	g->paths *= 2;
	return true;
}

bool gen_lookup(struct gen *g)
{
	int m = pick_map(g, HELPER_map_lookup_elem), d;

	if (m < 0 || !call_possible(g) || !map_kind(g->map[m].type)->lookup_value ||
	    !arg_key(g, 2, &g->map[m]))
		return false;
	gen_map_ptr(g, 1, (uint32_t)m);
	gen_put(g, insn_call(HELPER_map_lookup_elem));
	gen_clobber(g);
	gen_set(g, 0, (struct greg){ .type = G_VALUE_NULL, .map = (uint8_t)m, .id = ++g->next_id });
	d = gen_dst(g);
	if (d > 5 && gen_coin(g, 50)) {
		gen_put(g, insn_mov64_reg((uint8_t)d, 0));
		gen_set(g, d, g->st.reg[0]);
	}
	return gen_coin(g, 85) ? gen_null_check(g) : true;
}

/* ---- any helper, by its prototype --------------------------------------- */

/* Pointer and size together; a variable size is at most the area. */
static bool arg_mem_size(struct gen *g, const struct helper_proto *p, uint32_t i)
{
	const struct helper_arg *a = &p->arg[i];
	bool write = a->flags & (ARGF_UNINIT | ARGF_WRITE);
	bool zero = p->arg[i + 1].kind == ARG_SIZE_OR_ZERO;
	uint32_t n = 4u << gen_below(g, 3), beyond = 0;
	int reg = 1 + (int)i, s = gen_any(g, gen_mask(g, G_SCALAR) & SAFE);
	bool var = s >= 0 && gen_coin(g, 30);

	if (a->flags & ARGF_NULL && gen_coin(g, 25)) {
		arg_imm(g, reg, 0);
		arg_imm(g, reg + 1, 0);
		return true;
	}
	if (!var && gen_coin(g, 20))
		n = 1 + gen_below(g, n);
	if (gen_dare(g))
		beyond = 1 + gen_below(g, 8);
	/* of a variable size Linux does not know which bytes get written */
	if (!arg_memory(g, reg, n, write, var || !(a->flags & ARGF_UNINIT),
			p->flags & HELPER_PKT_ACCESS))
		return false;
	if (!var) {
		arg_imm(g, reg + 1, (int32_t)(n + beyond));
		return true;
	}
	/* in [0, n) or [1, n] */
	gen_put(g, insn_mov64_reg((uint8_t)(reg + 1), (uint8_t)s));
	gen_put(g, insn_alu64_imm(ALU_AND, (uint8_t)(reg + 1), (int32_t)n - 1));
	if (!zero)
		gen_put(g, insn_alu64_imm(ALU_ADD, (uint8_t)(reg + 1), 1));
	gen_set(g, reg + 1, greg_scalar(!zero, n - zero));
	return true;
}

static bool arg_fill(struct gen *g, const struct helper_proto *p, uint32_t i, int *map)
{
	const struct helper_arg *a = &p->arg[i];
	int reg = 1 + (int)i, ctx;

	switch ((enum arg_kind)a->kind) {
	case ARG_ANYTHING:
		if (p->id == HELPER_map_update_elem)	/* flags */
			arg_imm(g, reg, gen_coin(g, 90) ? (int32_t)gen_below(g, 3) : gen_imm(g));
		else if (p->id == HELPER_skb_load_bytes || p->id == HELPER_skb_store_bytes)
			arg_imm(g, reg,
				i == 4 || gen_coin(g, 90) ? (int32_t)gen_below(g, i == 4 ? 2 : 32)
							  : gen_imm(g));
		else
			arg_scalar(g, reg);
		return true;
	case ARG_CTX:
		ctx = gen_any(g, gen_mask(g, G_CTX) & 0x3c0);
		if (ctx < 0)
			return false;
		gen_put(g, insn_mov64_reg((uint8_t)reg, (uint8_t)ctx));
		gen_set(g, reg, g->st.reg[ctx]);
		return true;
	case ARG_MAP:
		*map = pick_map(g, p->id);
		if (*map < 0)
			return false;
		gen_map_ptr(g, reg, (uint32_t)*map);
		return true;
	case ARG_MAP_KEY:
		return *map >= 0 && arg_key(g, reg, &g->map[*map]);
	case ARG_MAP_VALUE:
		return *map >= 0 && arg_memory(g, reg, g->map[*map].value_size,
					       a->flags & (ARGF_UNINIT | ARGF_WRITE),
					       !(a->flags & ARGF_UNINIT), true);
	case ARG_MEM:
		if (a->flags & ARGF_FIXED)
			return arg_memory(g, reg, a->size, a->flags & (ARGF_UNINIT | ARGF_WRITE),
					  !(a->flags & ARGF_UNINIT), false);
		return arg_mem_size(g, p, i);
	case ARG_SIZE: case ARG_SIZE_OR_ZERO:
		return true;		/* with the memory before */
	default:
		return false;
	}
}

/* What of a format string trace_printk() takes: "%d %x\n" and its NUL. */
static bool printk_format(struct gen *g)
{
	int off = gen_stack_area(g, 8);

	if (!off)
		return false;
	gen_lddw(g, 1, 0, 0x0a7825206425);
	gen_put(g, insn_stx(SZ_DW, REG_FP, (int16_t)off, 1));
	gen_stack_mark(g, off, 8);
	arg_stack(g, 1, off);
	arg_imm(g, 2, 7);
	for (int i = 3; i <= 5; i++)
		arg_scalar(g, i);
	return true;
}

static void helper_result(struct gen *g, const struct helper_proto *p)
{
	gen_clobber(g);
	if (p->flags & HELPER_CHANGES_PACKET)
		gen_forget_packets(g);
	if (p->ret == RET_VOID)
		return;
	if (p->ret_range && p->ret_lo >= 0)
		gen_set(g, 0, greg_scalar((uint64_t)p->ret_lo, (uint64_t)p->ret_hi));
	else
		gen_set(g, 0, greg_unknown());
}

bool gen_helper(struct gen *g)
{
	const struct helper_proto *p;
	int map = -1;

	if (!g->nhelper || !call_possible(g))
		return false;
	p = helper_proto(g->helper[gen_below(g, g->nhelper)]);
	if (p->flags & HELPER_CHANGES_PACKET && (g->in_loop || !g->is_main))
		return false;
	if (p->id == HELPER_trace_printk) {
		if (!printk_format(g))
			return false;
	} else {
		for (uint32_t i = 0; i < helper_nargs(p); i++)
			if (!arg_fill(g, p, i, &map))
				return i > 0;	/* what was set up remains, harmless */
	}
	gen_put(g, insn_call(p->id));
	helper_result(g, p);
	return true;
}

/* ---- tail calls --------------------------------------------------------- */

bool gen_tail_call(struct gen *g)
{
	int ctx = gen_any(g, gen_mask(g, G_CTX) & 0x3c0), s;

	/* not too early: what follows runs only if the call fails */
	if (g->prog_array < 0 || ctx < 0 || !g->is_main || !call_possible(g) || g->in_loop ||
	    (g->len < g->target / 2 && gen_coin(g, 80)))
		return false;
	s = gen_any(g, gen_mask(g, G_SCALAR) & SAFE);
	gen_put(g, insn_mov64_reg(1, (uint8_t)ctx));
	gen_map_ptr(g, 2, (uint32_t)g->prog_array);
	if (s < 0 || gen_coin(g, 70))
		arg_imm(g, 3, gen_coin(g, 90) ? (int32_t)gen_below(g, 4) : gen_imm(g));
	else
		gen_put(g, insn_mov64_reg(3, (uint8_t)s));
	gen_put(g, insn_call(HELPER_tail_call));
	gen_clobber(g);		/* r0 is whatever it was: nobody may look */
	gen_forget_packets(g);	/* a program that ran may have moved the data */
	return true;
}

/* ---- subprograms -------------------------------------------------------- */

bool gen_call_sub(struct gen *g)
{
	struct gfn *f;
	uint32_t i;

	if (g->first_sub >= g->nsub || !call_possible(g))
		return false;
	i = g->first_sub + gen_below(g, g->nsub - g->first_sub);
	f = &g->sub[i];
	if (g->walked + g->paths * f->cost > g->cap)
		return false;
	for (uint32_t k = 0; k < f->narg; k++) {
		int reg = 1 + (int)k, off, ctx;

		switch ((enum garg)f->arg[k]) {
		case GA_STACK:
			off = gen_stack_area(g, f->size[k]);
			if (!off)
				return k > 0;
			gen_stack_init(g, off, f->size[k]);
			arg_stack(g, reg, off);
			break;
		case GA_CTX:
			ctx = gen_any(g, gen_mask(g, G_CTX) & 0x3c0);
			if (ctx < 0)
				return k > 0;
			gen_put(g, insn_mov64_reg((uint8_t)reg, (uint8_t)ctx));
			gen_set(g, reg, g->st.reg[ctx]);
			break;
		default:
			arg_scalar(g, reg);
		}
	}
	gen_put(g, insn_call_local((int32_t)i));	/* linked later */
	g->walked += g->paths * f->cost;
	gen_clobber(g);
	gen_set(g, 0, greg_unknown());
	return true;
}
