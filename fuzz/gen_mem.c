/* SPDX-License-Identifier: Apache-2.0 */
/* Loads, stores and atomics on context, map values and plain memory. */
#include "fuzz/fuzz.h"

#include "fuzz/gen.h"

/* A row of this kind and access width; I_NONE if its group is not allowed. */
static uint8_t row_of_width(struct gen *g, enum insn_kind kind, uint32_t bits)
{
	for (int tries = 0; tries < 24; tries++) {
		uint8_t id = gen_row_of(g, kind);

		if (id == I_NONE || insn_row(id)->width == bits)
			return id;
	}
	return I_NONE;
}

static bool access_load(struct gen *g, int p, int32_t off, uint32_t bits, uint32_t acc)
{
	uint64_t max = bits == 64 ? UINT64_MAX : (1ULL << bits) - 1;
	uint32_t how = gen_below(g, 8);
	enum insn_kind kind = K_LDX;
	int d = gen_dst(g);
	uint8_t id;

	if (d < 0)
		return false;
	if (how == 0 && acc & ACC_ATOMIC && g->groups >> G_LINUX & 1)
		kind = K_LOAD_ACQ;
	else if (how <= 2 && bits < 64)
		kind = K_LDSX;
	id = row_of_width(g, kind, bits);
	if (id == I_NONE)
		return false;
	gen_put(g, insn_make(id, (uint8_t)d, (uint8_t)p, (int16_t)off, 0));
	gen_set(g, d, kind == K_LDSX ? greg_unknown() : greg_scalar(0, max));
	return true;
}

static bool access_store(struct gen *g, int p, int32_t off, uint32_t bits, uint32_t acc)
{
	uint32_t how = gen_below(g, 8);
	enum insn_kind kind = K_STX;
	uint16_t lock = g->lock;
	int s = -1;
	uint8_t id;

	if (how < 3 && !(acc & ACC_NO_IMM))
		kind = K_ST;
	else if (how == 7 && acc & ACC_ATOMIC && g->groups >> G_LINUX & 1)
		kind = K_STORE_REL;
	id = row_of_width(g, kind, bits);
	if (id == I_NONE)
		return false;
	if (kind != K_ST) {
		g->lock |= (uint16_t)(1u << p);	/* a scalar may have to be made */
		s = gen_scalar(g);
		g->lock = lock;
		if (s < 0)
			return false;
	}
	gen_put(g, insn_make(id, (uint8_t)p, (uint8_t)(s < 0 ? 0 : s), (int16_t)off,
			     kind == K_ST ? gen_imm(g) : 0));
	return true;
}

/*
 * r0 is what is there, so that the exchange happens; of 32 bits, the high half
 * does not count.
 */
static void cmpxchg_expect(struct gen *g, int p, int32_t off, uint32_t bits)
{
	int t;

	if (bits == 64) {
		gen_put(g, insn_ldx(SZ_DW, 0, (uint8_t)p, (int16_t)off));
	} else if (gen_coin(g, 50)) {
		gen_put(g, insn_ldsx(SZ_W, 0, (uint8_t)p, (int16_t)off));
	} else {
		gen_put(g, insn_ldx(SZ_W, 0, (uint8_t)p, (int16_t)off));
		t = gen_dst_but(g, 1);
		if (t >= 0) {
			gen_lddw(g, t, 0, (1 + (uint64_t)gen_below(g, 9)) << 32);
			gen_put(g, insn_alu64_reg(ALU_OR, 0, (uint8_t)t));
		}
	}
	gen_set(g, 0, greg_unknown());
}

static bool access_atomic(struct gen *g, int p, int32_t off, uint32_t bits)
{
	static const enum insn_kind kinds[] = {K_ATOMIC, K_ATOMIC_FETCH, K_ATOMIC_FETCH, K_CMPXCHG};
	enum insn_kind kind = kinds[gen_below(g, 4)];
	uint16_t lock = g->lock;
	uint8_t id = row_of_width(g, kind, bits);
	int s;

	if (id == I_NONE || (kind == K_CMPXCHG && (g->lock & 1 || p == 0)))
		return false;
	g->lock |= (uint16_t)(1u << p);
	s = kind == K_ATOMIC_FETCH ? gen_scalar_rw(g) : gen_scalar(g);
	if (kind == K_CMPXCHG && gen_coin(g, 60))
		cmpxchg_expect(g, p, off, bits);
	else if (kind == K_CMPXCHG && g->st.reg[0].type != G_SCALAR)
		gen_mov_imm(g, 0, gen_imm(g));
	g->lock = lock;
	if (s < 0 || g->st.reg[s].type != G_SCALAR)
		return false;
	gen_put(g, insn_make(id, (uint8_t)p, (uint8_t)s, (int16_t)off, 0));
	if (kind == K_ATOMIC_FETCH)
		gen_set(g, s, greg_scalar(0, bits == 32 ? UINT32_MAX : UINT64_MAX));
	if (kind == K_CMPXCHG)
		gen_set(g, 0, greg_scalar(0, bits == 32 ? UINT32_MAX : UINT64_MAX));
	return true;
}

bool gen_access(struct gen *g, int p, int32_t off, uint32_t bits, uint32_t acc)
{
	uint32_t rw = acc & (ACC_READ | ACC_WRITE);

	if (rw == (ACC_READ | ACC_WRITE)) {
		if (acc & ACC_ATOMIC && bits >= 32 && gen_coin(g, 30))
			return access_atomic(g, p, off, bits);
		rw = gen_coin(g, 50) ? ACC_READ : ACC_WRITE;
	}
	return rw == ACC_READ ? access_load(g, p, off, bits, acc)
			      : access_store(g, p, off, bits, acc);
}

/* 8, 16, 32 or 64 bits, at most max bytes (max > 0). */
static uint32_t pick_bits(struct gen *g, uint32_t max)
{
	uint32_t bits = 8u << gen_below(g, 4);

	while (bits > max * 8)
		bits /= 2;
	return bits;
}

/* ---- context ------------------------------------------------------------ */

static bool ctx_any(struct gen *g, int ctx, bool write)
{
	uint32_t bits = pick_bits(g, 8), size = bits / 8;
	int32_t off = (int32_t)(gen_below(g, g->ctx_size / size) * size);

	if (gen_coin(g, 60)) {	/* whole words, mostly: that is where inputs are interesting */
		bits = 64;
		off &= ~7;
	}
	return gen_access(g, ctx, off, bits, write ? ACC_WRITE : ACC_READ);
}

static bool ctx_field(struct gen *g, int ctx, bool write)
{
	if (!g->nfield)
		return false;
	for (int tries = 0; tries < 8; tries++) {
		const struct ctx_field *f = &g->field[gen_below(g, g->nfield)];

		if (write && !f->write)
			continue;
		return gen_access(g, ctx, f->off, f->size * 8u,
				  write ? ACC_WRITE | ACC_NO_IMM : ACC_READ);
	}
	return false;
}

bool gen_ctx_load(struct gen *g)
{
	int ctx = gen_ctx(g);

	if (ctx < 0)
		return false;
	return g->info->ctx_any ? ctx_any(g, ctx, false) : ctx_field(g, ctx, false);
}

bool gen_ctx_store(struct gen *g)
{
	int ctx = gen_ctx(g);

	if (ctx < 0 || g->info->ctx_readonly)
		return false;
	return g->info->ctx_any ? ctx_any(g, ctx, true) : ctx_field(g, ctx, true);
}

/* ---- map values and plain memory ---------------------------------------- */

static bool value_rdonly(const struct gen *g, const struct greg *p)
{
	return g->map[p->map].flags & MAPF_RDONLY_PROG;
}

/* Somewhere in [0, size), through a pointer at off and up to hi beyond. */
static bool access_within(struct gen *g, int p, uint32_t size, uint32_t acc)
{
	struct greg *r = &g->st.reg[p];
	uint32_t bits, room;
	int32_t at;
	bool dare;

	dare = gen_dare(g);
	if (dare)
		size += gen_coin(g, 60) ? 1 : 1 + gen_below(g, 8);
	if (r->hi >= size)
		return false;
	room = size - (uint32_t)r->hi;
	bits = pick_bits(g, room);
	at = (int32_t)(dare ? room - bits / 8 : gen_below(g, room - bits / 8 + 1));
	if (r->align || gen_coin(g, 50))
		at &= ~(int32_t)(bits / 8 - 1);
	/* var offsets are checked for the smallest value, too */
	if (r->hi || at % (int32_t)(bits / 8))
		acc &= ~(uint32_t)ACC_ATOMIC;
	if (at - r->off > INT16_MAX || at - r->off < INT16_MIN)
		return false;
	return gen_access(g, p, at - r->off, bits, acc);
}

bool gen_value_access(struct gen *g)
{
	int p = gen_any(g, gen_mask(g, G_VALUE));
	uint32_t acc = ACC_READ | ACC_ATOMIC;

	if (p < 0)
		return gen_value_direct(g);
	if (!value_rdonly(g, &g->st.reg[p]))
		acc |= ACC_WRITE;
	return access_within(g, p, g->map[g->st.reg[p].map].value_size, acc);
}

bool gen_mem_access(struct gen *g)
{
	int p = gen_any(g, gen_mask(g, G_MEM));

	return p >= 0 &&
	       access_within(g, p, (uint32_t)g->st.reg[p].range,
			     ACC_READ | ACC_WRITE | (g->st.reg[p].align ? ACC_ATOMIC : 0));
}

bool gen_value_direct(struct gen *g)
{
	uint32_t first = g->nmap ? gen_below(g, g->nmap) : 0;
	int d = gen_dst(g);

	if (d < 0)
		return false;
	for (uint32_t i = 0; i < g->nmap; i++) {
		uint32_t m = (first + i) % g->nmap;
		uint32_t off;

		if (g->map[m].type != MAP_ARRAY || g->map[m].max_entries != 1)
			continue;
		off = gen_coin(g, 50) ? 0 : gen_below(g, g->map[m].value_size);
		gen_lddw(g, d, gen_coin(g, 50) ? 2 : 6, (uint64_t)off << 32 | m);
		gen_set(g, d, (struct greg){ .type = G_VALUE, .map = (uint8_t)m,
					     .off = (int32_t)off });
		return true;
	}
	return false;
}

bool gen_value_var(struct gen *g)
{
	int p = gen_any(g, gen_mask(g, G_VALUE) | gen_mask(g, G_MEM)), q;
	uint32_t size, acc = ACC_READ | ACC_WRITE;
	struct greg *r;

	if (p < 0)
		return false;
	r = &g->st.reg[p];
	if (r->type == G_MEM && (r->align || g->strict))
		return false;
	size = r->type == G_MEM ? (uint32_t)r->range : g->map[r->map].value_size;
	if (r->off < 0 || (uint64_t)r->off + r->hi + 1 >= size)
		return false;
	if (r->type == G_VALUE && value_rdonly(g, r))
		acc = ACC_READ;
	q = gen_add_var(g, p, size - 1 - (uint32_t)r->off - r->hi);
	if (q < 0)
		return false;
	return access_within(g, q, size, acc);
}

bool gen_atomic(struct gen *g)
{
	int p = gen_any(g, gen_mask(g, G_VALUE));
	uint32_t bits = 32u << gen_below(g, 2), size;
	int off;

	if (p >= 0 && !value_rdonly(g, &g->st.reg[p]) && g->st.reg[p].hi == 0 && gen_coin(g, 60)) {
		size = g->map[g->st.reg[p].map].value_size;
		if (size < bits / 8)
			return false;
		off = (int)(gen_below(g, size * 8 / bits) * bits / 8);
		return access_atomic(g, p, off - g->st.reg[p].off, bits);
	}
	off = gen_stack_area(g, 8);
	if (!off)
		return false;
	gen_stack_init(g, off, 8);
	if (bits == 32 && gen_coin(g, 50))
		off += 4;
	return access_atomic(g, REG_FP, off, bits);
}

/* ---- pointer arithmetic ------------------------------------------------- */

/*
 * The register and its value after q = p + s, in one of the shapes that
 * compilers write: copy and add, add to the scalar, add in place.
 */
int gen_add_var(struct gen *g, int p, uint64_t max)
{
	int s = gen_scalar_but(g, 0), q;
	struct greg v = g->st.reg[p], by;
	uint32_t how;

	if (s < 0)
		return -1;
	if (g->st.reg[s].hi > max) {
		s = gen_any(g, gen_mask(g, G_SCALAR) & (uint16_t)~g->lock);
		if (s < 0)
			return -1;
		gen_clamp(g, s, max);
		if (g->st.reg[s].type != G_SCALAR || g->st.reg[s].hi > max + (g->dare ? 16 : 0))
			return -1;
	}
	by = g->st.reg[s];
	if (by.hi > max && by.lo != by.hi)	/* a dare: pretend that it is in bounds */
		by.hi = max;
	how = gen_below(g, 4);
	if (how == 0 && !(g->lock >> s & 1)) {
		gen_put(g, insn_alu64_reg(ALU_ADD, (uint8_t)s, (uint8_t)p));
		q = s;
	} else if (how == 1 && p != REG_FP && !(g->lock >> p & 1)) {
		gen_put(g, insn_alu64_reg(ALU_ADD, (uint8_t)p, (uint8_t)s));
		q = p;
	} else {
		q = gen_dst_but(g, (uint16_t)(1u << p | 1u << s));
		if (q < 0)
			return -1;
		gen_put(g, insn_mov64_reg((uint8_t)q, (uint8_t)p));
		gen_put(g, insn_alu64_reg(ALU_ADD, (uint8_t)q, (uint8_t)s));
	}
	if (by.lo == by.hi) {
		v.off += (int32_t)by.lo;
	} else {
		v.lo += by.lo;
		v.hi += by.hi;
		v.id = v.type == G_PKT ? ++g->next_id : v.id;
		v.range = v.type == G_PKT ? 0 : v.range;
	}
	gen_set(g, q, v);
	return q;
}

/* A copy of a map value or stack pointer, moved by a constant and back. */
bool gen_ptr_arith(struct gen *g)
{
	int p = gen_any(g, gen_mask(g, G_VALUE) | (1u << REG_FP)), q;
	struct greg v;
	int32_t size, to;

	if (p < 0)
		return false;
	q = gen_dst_but(g, (uint16_t)(1u << p));
	if (q < 0)
		return false;
	v = g->st.reg[p];
	size = v.type == G_VALUE ? (int32_t)g->map[v.map].value_size - (int32_t)v.hi : 8 * g->nslot;
	if (size <= 0)
		return false;
	to = (int32_t)gen_below(g, (uint32_t)size);
	if (v.type == G_STACK)
		to = g->window + (to & ~7);
	else if (!g->strict && gen_coin(g, 10))
		to += (int32_t)gen_below(g, 4096) - 2048;	/* and back by later offsets */
	gen_put(g, insn_mov64_reg((uint8_t)q, (uint8_t)p));
	if (to < v.off && v.type == G_VALUE)
		gen_put(g, insn_alu64_imm(ALU_SUB, (uint8_t)q, v.off - to));
	else
		gen_put(g, insn_alu64_imm(ALU_ADD, (uint8_t)q, to - v.off));
	v.off = to;
	gen_set(g, q, v);
	return true;
}
