/* SPDX-License-Identifier: Apache-2.0 */
/* Packet pointers, their bounds checks in the shapes compilers write, LD_ABS and LD_IND. */
#include "fuzz/fuzz.h"

#include "fuzz/gen.h"

/* A packet pointer, freshly loaded from the context if there is none (or by chance). */
static int packet_load(struct gen *g, enum gtype type, uint16_t but)
{
	int16_t off = type == G_PKT ? g->info->off_data
		      : type == G_END ? g->info->off_data_end : g->info->off_data_meta;
	int r = gen_any(g, gen_mask(g, type) & (uint16_t)~but), ctx = gen_ctx(g);

	if (r >= 0 && gen_coin(g, 70))
		return r;
	r = gen_dst_but(g, but);
	if (r < 0 || off < 0 || ctx < 0)
		return -1;
	gen_put(g, insn_ldx(SZ_W, (uint8_t)r, (uint8_t)ctx, off));
	gen_set(g, r, (struct greg){ .type = (uint8_t)type });
	return r;
}

/*
 * Compares t with the end: one of eight ways to write that t lies within the
 * packet.  open: the good side knows one byte more (t < end, not t <= end).
 */
static bool packet_compare(struct gen *g, struct gcond *c, int t, int end, bool *open)
{
	static const struct {
		uint8_t jmp;
		bool swapped, good_taken, open;
	} shape[] = {
		{ JMP_JGT, false, false, false },	/* if t > end goto bad */
		{ JMP_JGE, false, false, true },
		{ JMP_JLE, false, true, false },
		{ JMP_JLT, false, true, true },
		{ JMP_JLT, true, false, false },	/* if end < t goto bad */
		{ JMP_JLE, true, false, true },
		{ JMP_JGE, true, true, false },
		{ JMP_JGT, true, true, true },
	};
	uint32_t i = gen_below(g, 8);

	c->in = shape[i].swapped ? insn_jmp_reg(shape[i].jmp, (uint8_t)end, (uint8_t)t, 0)
				 : insn_jmp_reg(shape[i].jmp, (uint8_t)t, (uint8_t)end, 0);
	c->taken = g->st;
	*open = shape[i].open;
	return shape[i].good_taken;
}

/* t = p + n; if t lies behind the end, leave; now n bytes from p's base are there. */
static bool packet_verify(struct gen *g, int p, int end, int32_t n)
{
	uint16_t busy = (uint16_t)(1u << p | 1u << end);
	struct gstate *good;
	bool good_taken, open;
	struct greg by;
	struct gcond c;
	uint32_t at;
	int t = gen_coin(g, 10) && !(g->lock >> p & 1) ? p : gen_dst_but(g, busy);

	if (t < 0)
		return false;
	by = g->st.reg[p];
	if (t != p)
		gen_put(g, insn_mov64_reg((uint8_t)t, (uint8_t)p));
	gen_put(g, insn_alu64_imm(ALU_ADD, (uint8_t)t, n));
	by.off += n;
	gen_set(g, t, by);
	good_taken = packet_compare(g, &c, t, end, &open);
	good = good_taken ? &c.taken : &g->st;
	gstate_packet_range(good, &by, by.off + open);
	/* Linux marks this one as beyond the end, whatever was known before */
	(good_taken ? &g->st : &c.taken)->reg[t].type = G_NONE;
	if (by.type == G_PKT && by.off + (int32_t)by.hi + open > (int32_t)g->packet_need)
		g->packet_need = (uint32_t)(by.off + (int32_t)by.hi + open);
	at = gen_branch_emit(g, &c);
	gen_leave(g, at, &c, !good_taken);
	return true;
}

bool gen_packet_check(struct gen *g)
{
	enum gtype type = gen_coin(g, 4) && g->info->off_data_meta >= 0 ? G_META : G_PKT;
	int p, end, ctx;

	if (g->info->off_data < 0 || g->info->off_data_end < 0)
		return false;
	p = packet_load(g, type, 0);
	if (p < 0 || g->st.reg[p].off > 1024 || g->st.reg[p].off < 0)
		return false;
	if (type == G_PKT) {
		end = packet_load(g, G_END, (uint16_t)(1u << p));
	} else {	/* what ends the metadata is the packet itself */
		end = gen_dst_but(g, (uint16_t)(1u << p));
		ctx = gen_ctx(g);
		if (end < 0 || ctx < 0)
			return false;
		gen_put(g, insn_ldx(SZ_W, (uint8_t)end, (uint8_t)ctx, g->info->off_data));
		gen_set(g, end, (struct greg){ .type = G_PKT });
	}
	if (end < 0 ||
	    !packet_verify(g, p, end, 1 + (int32_t)gen_below(g, gen_coin(g, 80) ? 32 : 64)))
		return false;
	for (uint32_t n = gen_below(g, 3); n; n--)
		gen_packet_access(g);
	return true;
}

bool gen_packet_access(struct gen *g)
{
	uint32_t bits = 8u << gen_below(g, 4), acc = ACC_READ;
	uint16_t mask = 0;
	struct greg *r;
	int32_t at;
	int p;

	for (int i = 0; i < REG_FP; i++)
		if ((g->st.reg[i].type == G_PKT || g->st.reg[i].type == G_META) &&
		    g->st.reg[i].range > 0)
			mask |= (uint16_t)(1u << i);
	p = gen_any(g, mask);
	if (p < 0)
		return false;
	r = &g->st.reg[p];
	while ((int32_t)bits / 8 > r->range)
		bits /= 2;
	at = (int32_t)gen_below(g, (uint32_t)r->range - bits / 8 + 1);
	if (gen_coin(g, 25))	/* the last bytes that are allowed */
		at = r->range - (int32_t)bits / 8;
	if (gen_dare(g))
		at = r->range - (int32_t)gen_below(g, bits / 8);
	if (g->info->direct_packet_write)
		acc |= ACC_WRITE;
	return gen_access(g, p, at - r->off, bits, acc);
}

/* A pointer at a bounded distance, checked again. */
bool gen_packet_var(struct gen *g)
{
	int p, end, q;

	/* Linux masks such sums against speculation, and knows how for maps and stack only */
	if (g->info->off_data < 0 || g->info->off_data_end < 0 || g->strict)
		return false;
	p = packet_load(g, G_PKT, 0);
	if (p < 0 || g->st.reg[p].hi > 256 || g->st.reg[p].off > 256 || g->st.reg[p].off < 0)
		return false;
	q = gen_add_var(g, p, gen_coin(g, 80) ? 31 : 255);
	if (q < 0 || g->st.reg[q].type != G_PKT)
		return false;
	end = packet_load(g, G_END, (uint16_t)(1u << q));
	if (end < 0 || !packet_verify(g, q, end, 1 + (int32_t)gen_below(g, 16)))
		return true;
	gen_packet_access(g);
	return true;
}

/* Both need the context in r6, read into r0, and end the program if out of bounds. */
bool gen_ld_abs(struct gen *g)
{
	bool ind = gen_coin(g, 40);
	uint8_t id = gen_row_of(g, ind ? K_LD_IND : K_LD_ABS);
	int s = 0;

	if (g->st.reg[6].type != G_CTX || !g->is_main || g->has_subs || g->lock & 0x3f ||
	    id == I_NONE || insn_row(id)->group != G_PACKET)
		return false;
	if (ind) {
		s = gen_scalar_rw(g);
		if (s < 0)
			return false;
		if (g->st.reg[s].hi > 64)
			gen_clamp(g, s, 31);
		if (g->st.reg[s].type != G_SCALAR)
			return false;
	}
	gen_put(g, insn_make(id, 0, (uint8_t)s, 0,
			     gen_coin(g, 97) ? (int32_t)gen_below(g, 24) : gen_imm(g)));
	gen_clobber(g);
	gen_set(g, 0, greg_unknown());
	if (g->packet_need < 60)
		g->packet_need = 60;
	return true;
}
