/* SPDX-License-Identifier: Apache-2.0 */
/* alu: arithmetic on scalars (by the domain) and on pointers. */
#include "verifier/internal.h"

static const char *op_sign(uint8_t op)
{
	switch (op) {
	case OP_ADD: return "+=";
	case OP_SUB: return "-=";
	case OP_MUL: return "*=";
	case OP_DIV: return "/=";
	case OP_SDIV: return "s/=";
	case OP_OR: return "|=";
	case OP_AND: return "&=";
	case OP_LSH: return "<<=";
	case OP_RSH: return ">>=";
	case OP_MOD: return "%=";
	case OP_SMOD: return "s%=";
	case OP_XOR: return "^=";
	case OP_ARSH: return "s>>=";
	default: return "=";
	}
}

/* ---- moves --------------------------------------------------------------- */

/*
 * A copy of a scalar shares its id, so that what a branch tells of one is
 * known of the other.  Constants need none.  A register that already is
 * "another one plus a constant" starts a class of its own.
 */
void scalar_give_id(struct exec *x, struct reg_state *r)
{
	if (r->type != T_SCALAR)
		return;
	if (r->has_delta)
		scalar_lose_id(r);
	if (!r->id && !scalar_is_const(&r->s))
		r->id = state_id(x->st);
}

/* Does a move with this op keep every value of s as it is? */
static bool move_keeps(uint8_t op, uint8_t width, const struct scalar *s)
{
	switch (op) {
	case OP_MOV:
		return width == 64 || s->umax <= UINT32_MAX;
	case OP_MOVSX8:
		return s->umax <= INT8_MAX;
	case OP_MOVSX16:
		return s->umax <= INT16_MAX;
	default:
		return s->umax <= INT32_MAX;
	}
}

static enum verr move_reg(struct exec *x)
{
	struct reg_state *src = &x->f->reg[x->in->src], *dst = &x->f->reg[x->in->dst];
	uint8_t op = x->row->op, width = x->row->width;
	bool keeps;

	if (reg_read(x, x->in->src))
		return x->out->err;
	if (src->type != T_SCALAR) {
		if (op == OP_MOV && width == 64) {
			*dst = *src;
			return V_OK;
		}
		if (reg_leaks(x->env, src))
			return verr_fail(x->out, op == OP_MOV ? V_PARTIAL_COPY : V_SIGN_EXTEND,
					 x->in->src, x->in->src);
		reg_unknown(dst);
		if (width == 32)
			dst->s = x->env->dom->alu(OP_MOV, 32, dst->s, dst->s);
		return V_OK;
	}
	keeps = move_keeps(op, width, &src->s);
	if (keeps)
		scalar_give_id(x, src);
	*dst = *src;
	if (keeps && width == 64 && op == OP_MOV)
		return V_OK;
	if (!keeps)
		scalar_lose_id(dst);
	dst->s = x->env->dom->alu(op, width, dst->s, dst->s);
	return V_OK;
}

/* ---- pointers ------------------------------------------------------------ */

/* Offsets stay far enough from where 32-bit sums of them could wrap. */
static enum verr pointer_sane(struct exec *x, const struct reg_state *r, uint8_t type)
{
	struct reg_state named = { .type = type, .flags = r->flags };
	char buf[64];
	const char *name;

	if (scalar_is_const(&r->s)) {
		int64_t v = (int64_t)r->s.var.value;

		if (v < MAX_PTR_OFF && v > -MAX_PTR_OFF && r->off < MAX_PTR_OFF &&
		    r->off > -MAX_PTR_OFF)
			return V_OK;
	} else if (r->s.smin < MAX_PTR_OFF && r->s.smin > -MAX_PTR_OFF &&
		   r->off < MAX_PTR_OFF && r->off > -MAX_PTR_OFF) {
		return V_OK;
	}
	if (r->type == T_SCALAR)
		named.flags = 0;
	name = reg_type_name(&named, buf);
	if (scalar_is_const(&r->s) &&
	    ((int64_t)r->s.var.value >= MAX_PTR_OFF || (int64_t)r->s.var.value <= -MAX_PTR_OFF))
		return verr_fail(x->out, V_POINTER_CONST, x->in->dst, name,
				 (long long)r->s.var.value);
	if (r->off >= MAX_PTR_OFF || r->off <= -MAX_PTR_OFF)
		return verr_fail(x->out, V_POINTER_OFF, x->in->dst, name, r->off);
	if (r->s.smin == INT64_MIN)
		return verr_fail(x->out, V_POINTER_UNBOUNDED, x->in->dst, name);
	return verr_fail(x->out, V_POINTER_VALUE, x->in->dst, (long long)r->s.smin, name);
}

/* May anything be added to a pointer of this type? */
static enum verr pointer_movable(struct exec *x, const struct reg_state *ptr,
				 const struct scalar *off)
{
	char buf[64];

	if (ptr->flags & TF_NULL)
		return verr_fail(x->out, V_POINTER_NULL, x->in->dst, x->in->dst,
				 reg_type_name(ptr, buf));
	switch (ptr->type) {
	case T_CTX: case T_STACK: case T_MAP_VALUE: case T_MAP_KEY: case T_PACKET:
	case T_PACKET_META: case T_MEM: case T_BUF: case T_FUNC: case T_BTF_ID:
	case T_TP_BUFFER: case T_ARENA:
		return V_OK;
	case T_FLOW_KEYS:
		if (scalar_is_const(off))
			return V_OK;
		break;
	case T_MAP_PTR:
		if (x->row->op == OP_ADD && off->umax == 0)
			return V_OK;
		break;
	default:
		break;
	}
	return verr_fail(x->out, V_POINTER_TYPE, x->in->dst, x->in->dst, reg_type_name(ptr, buf));
}

/* dst = ptr with off added or subtracted; the bases are the same. */
static void pointer_move(struct exec *x, struct reg_state *dst, const struct reg_state *ptr,
			 const struct scalar *off, bool add)
{
	int32_t sum;
	bool wraps;

	*dst = *ptr;
	if (scalar_is_const(off)) {
		int64_t v = (int64_t)off->var.value;

		wraps = add ? __builtin_add_overflow(ptr->off, v, &sum)
			    : __builtin_sub_overflow(ptr->off, v, &sum);
		if (!wraps) {
			dst->off = sum;
			return;
		}
	}
	dst->s = x->env->dom->alu(add ? OP_ADD : OP_SUB, 64, ptr->s, *off);
	if (!type_is_packet(dst->type))
		return;
	/* The range was checked for another variable part. */
	dst->id = state_id(x->st);
	if (add || off->smin < 0)
		dst->range = 0;
}

/* Without CAP_PERFMON a pointer that leaves its object could be used speculatively. */
static enum verr pointer_in_bounds(struct exec *x, const struct reg_state *dst)
{
	const struct map_def *m;
	int64_t lo = dst->off + dst->s.smin, hi = dst->off + dst->s.smax;
	char buf[48];

	if (!x->env->guesses)
		return V_OK;
	switch (dst->type) {
	case T_STACK:
		if (!scalar_is_const(&dst->s))
			return verr_fail(x->out, V_ROOT_STACK_VAR, x->in->dst, x->in->dst,
					 tnum_text(dst->s.var, buf), dst->off);
		if (lo < -STACK_SIZE || hi >= 0)
			return verr_fail(x->out, V_ROOT_STACK_RANGE, x->in->dst, x->in->dst);
		break;
	case T_MAP_VALUE:
		m = &x->env->unit->map[dst->map];
		if (lo < 0 || hi >= m->value_size ||
		    (m->has_spin_lock && lo < (int64_t)m->spin_lock_off + 4 &&
		     hi >= m->spin_lock_off))
			return verr_fail(x->out, V_ROOT_VALUE_RANGE, x->in->dst, x->in->dst);
		break;
	default:
		break;
	}
	return V_OK;
}

/* How far the pointer may move on the side that off points to; false: refused. */
static bool mask_limit(struct exec *x, const struct reg_state *ptr, bool left, bool scalar_is_dst,
		       int64_t *limit)
{
	uint32_t at = scalar_is_dst ? x->in->src : x->in->dst, max;

	switch (ptr->type) {
	case T_STACK:
		max = STACK_SIZE + left;
		*limit = -(int64_t)(ptr->s.var.value + (uint64_t)(int64_t)ptr->off);
		break;
	case T_MAP_VALUE:
		max = x->env->unit->map[ptr->map].value_size;
		*limit = (left ? ptr->s.smin : (int64_t)ptr->s.umax) + ptr->off;
		break;
	default:
		verr_fail(x->out, V_MASK_TYPE, (int)at, at);
		return false;
	}
	if (*limit >= 0 && *limit < max)
		return true;
	verr_fail(x->out, V_MASK_LIMIT, x->in->dst, x->in->dst,
		  x->row->op == OP_ADD ? "add" : "sub");
	return false;
}

/* An addition as it is masked at run time. */
struct mask {
	const struct scalar *off;
	bool scalar_is_dst, left;
	int64_t before;		/* the limit of the pointer that is moved */
};

static bool mask_needed(const struct exec *x)
{
	return x->env->guesses && x->row->kind == K_ALU_X &&
	       (x->row->op == OP_ADD || x->row->op == OP_SUB) && !speculation_barrier(x);
}

/*
 * Without CAP_PERFMON the offset that a register adds is masked at run time, so
 * that a mispredicted path cannot leave the object.  The mask needs an offset
 * of one sign, an object whose bounds the pointer is within before and after,
 * and the same limits on all paths (the walk compares out->mask).  A mispredicted
 * path itself needs none: it is followed with the offset and with 0.
 */
static enum verr mask_before(struct exec *x, const struct reg_state *ptr, struct mask *m)
{
	uint32_t at_off = m->scalar_is_dst ? x->in->dst : x->in->src;

	if (!mask_needed(x))
		return V_OK;
	m->left = (m->off->smin < 0) != (x->row->op == OP_SUB);
	if (!x->st->speculative) {
		if (!scalar_is_const(m->off) && (m->off->smin < 0) != (m->off->smax < 0))
			return verr_fail(x->out, V_MASK_BOUNDS, (int)at_off, at_off);
		if (!mask_limit(x, ptr, m->left, m->scalar_is_dst, &m->before))
			return x->out->err;
	}
	if (!scalar_is_const(m->off))
		speculate_masked(x, ptr);
	return V_OK;
}

static enum verr mask_after(struct exec *x, const struct reg_state *moved, const struct mask *m)
{
	int64_t after;

	if (!mask_needed(x) || x->st->speculative)
		return V_OK;
	if (!mask_limit(x, moved, m->left, m->scalar_is_dst, &after))
		return x->out->err;
	x->out->mask = (uint64_t)(m->before > after ? m->before - after : after - m->before) << 8 |
		       MASK_USED | (m->off->smin < 0 ? MASK_NEGATIVE : 0) |
		       (scalar_is_const(m->off) ? MASK_CONST : 0) | (m->scalar_is_dst ? MASK_DST : 0);
	return V_OK;
}

/* dst = ptr op off, where ptr is what dst or src holds, and off a scalar. */
static enum verr pointer_alu(struct exec *x, const struct reg_state *from,
			     const struct reg_state *scalar, bool scalar_is_dst)
{
	struct reg_state *dst = &x->f->reg[x->in->dst];
	struct reg_state ptr = *from, off = *scalar;
	struct mask mask = { .off = &off.s, .scalar_is_dst = scalar_is_dst };
	uint8_t op = x->row->op;

	if (x->row->width == 32) {
		if (op == OP_SUB && x->env->perfmon) {
			reg_unknown(dst);
			return V_OK;
		}
		return verr_fail(x->out, V_POINTER_ALU32, x->in->dst, x->in->dst);
	}
	/*
	 * Where such a pointer leads does not matter, so that it may go anywhere.  A
	 * number to which it is added is an address; Linux 6.18 takes it for the
	 * number that it was.
	 */
	if (ptr.type == T_MEM && ptr.flags & TF_UNTRUSTED) {
		if (scalar_is_dst)
			reg_unknown(dst);
		return V_OK;
	}
	if (off.has_delta)	/* Linux keeps it where pointers have their offset, and checks that */
		off.off = off.delta;
	if (pointer_movable(x, &ptr, &off.s) || pointer_sane(x, &off, ptr.type) ||
	    pointer_sane(x, &ptr, ptr.type) || mask_before(x, &ptr, &mask))
		return x->out->err;
	dst = &x->f->reg[x->in->dst];
	switch (op) {
	case OP_ADD:
		break;
	case OP_SUB:
		if (scalar_is_dst)
			return verr_fail(x->out, V_SUB_FROM_SCALAR, x->in->dst, x->in->dst);
		if (ptr.type == T_STACK)
			return verr_fail(x->out, V_SUB_FROM_STACK, x->in->dst, x->in->dst);
		break;
	case OP_AND: case OP_OR: case OP_XOR:
		return verr_fail(x->out, V_POINTER_BITWISE, x->in->dst, x->in->dst, op_sign(op));
	default:
		return verr_fail(x->out, V_POINTER_OP, x->in->dst, x->in->dst, op_sign(op));
	}
	pointer_move(x, dst, &ptr, &off.s, op == OP_ADD);
	if (pointer_sane(x, dst, ptr.type) || pointer_in_bounds(x, dst))
		return x->out->err;
	return mask_after(x, dst, &mask);
}

/* ---- scalars ------------------------------------------------------------- */

/*
 * r += K and r -= K keep the link to the registers that r was equal to; once,
 * and not if r itself is K.  At 32 bits r must have been a 32-bit value before.
 */
static void scalar_link(struct exec *x, struct reg_state *dst, const struct scalar *src,
			uint64_t umax_before)
{
	bool half = x->row->width == 32;
	int64_t k = half ? (int32_t)src->var.value : (int64_t)src->var.value;

	if (x->row->op == OP_SUB)
		k = k == INT32_MIN || k == INT64_MIN ? INT64_MIN : -k;
	if ((x->row->op != OP_ADD && x->row->op != OP_SUB) || !dst->id || dst->has_delta ||
	    !x->env->bpf_capable || !scalar_is_const(src) || k < INT32_MIN || k > INT32_MAX ||
	    (half && umax_before > UINT32_MAX) ||
	    (x->row->kind == K_ALU_X && x->in->src == x->in->dst)) {
		scalar_lose_id(dst);
		return;
	}
	dst->has_delta = true;
	dst->delta32 = half;
	dst->delta = (int32_t)k;
}

static enum verr scalar_alu(struct exec *x, struct scalar src)
{
	struct reg_state *dst = &x->f->reg[x->in->dst];
	const struct domain *dom = x->env->dom;
	uint8_t op = x->row->op, width = x->row->width;
	struct scalar half;
	uint64_t umax;

	if (dom->split && dom->split(op, width, &dst->s, &src, &half)) {
		struct vstate *other = state_copy(x->env, x->st);

		reg_scalar(&frame_own(x->env, other, other->curframe)->reg[x->in->dst], half);
		other->insn = x->pc;
		x->out->flow = FLOW_BRANCH;
		x->out->other = other;
		/* The copy shares the frame that this step writes to. */
		x->f = frame_own(x->env, x->st, x->st->curframe);
		dst = &x->f->reg[x->in->dst];
	}
	umax = dst->s.umax;
	dst->s = dom->alu(op, width, dst->s, src);
	scalar_link(x, dst, &src, umax);
	return V_OK;
}

/* ---- dispatch ------------------------------------------------------------ */

/* NEG and byte swaps. */
static enum verr alu_unary(struct exec *x)
{
	struct reg_state *dst = &x->f->reg[x->in->dst];

	if (reg_read(x, x->in->dst))
		return x->out->err;
	if (reg_leaks(x->env, dst))
		return verr_fail(x->out, V_POINTER_ALU, x->in->dst, x->in->dst);
	if (dst->type != T_SCALAR) {
		reg_unknown(dst);
		return V_OK;
	}
	dst->s = x->env->dom->alu(x->row->op, x->row->width, dst->s, dst->s);
	scalar_lose_id(dst);
	return V_OK;
}

static bool op_divides(uint8_t op)
{
	return op == OP_DIV || op == OP_SDIV || op == OP_MOD || op == OP_SMOD;
}

static bool op_shifts(uint8_t op)
{
	return op == OP_LSH || op == OP_RSH || op == OP_ARSH;
}

static enum verr alu_imm(struct exec *x)
{
	struct reg_state *dst = &x->f->reg[x->in->dst];
	struct reg_state k;

	if (op_divides(x->row->op) && !x->in->imm)
		return verr_fail(x->out, V_DIV_ZERO, -1);
	if (op_shifts(x->row->op) && (uint32_t)x->in->imm >= x->row->width)
		return verr_fail(x->out, V_SHIFT, -1, x->in->imm);
	if (reg_read(x, x->in->dst))
		return x->out->err;
	if (dst->type == T_SCALAR)
		return scalar_alu(x, scalar_const((uint64_t)(int64_t)x->in->imm));
	reg_scalar(&k, scalar_const((uint64_t)(int64_t)x->in->imm));
	return pointer_alu(x, dst, &k, false);
}

static enum verr alu_reg(struct exec *x)
{
	struct reg_state *dst = &x->f->reg[x->in->dst], *src = &x->f->reg[x->in->src];

	if (reg_read(x, x->in->src) || reg_read(x, x->in->dst))
		return x->out->err;
	if (src->type == T_SCALAR && dst->type == T_SCALAR) {
		if (mask_needed(x))
			x->out->mask = MASK_SCALAR;
		return scalar_alu(x, src->s);
	}
	if (src->type == T_SCALAR) {
		need_precise(x, x->in->src);
		return pointer_alu(x, dst, src, false);
	}
	if (dst->type == T_SCALAR) {
		need_precise(x, x->in->dst);
		return pointer_alu(x, src, dst, true);
	}
	if (x->row->op == OP_SUB && x->env->perfmon) {
		reg_unknown(dst);
		return V_OK;
	}
	return verr_fail(x->out, V_POINTER_POINTER, x->in->dst, x->in->dst, op_sign(x->row->op));
}

enum verr exec_alu(struct exec *x)
{
	uint8_t op = x->row->op;

	touch(x, x->in->dst);
	if (x->row->kind == K_ALU_1)
		return alu_unary(x);
	if (x->row->kind == K_ALU_X)
		return op == OP_MOV || op == OP_MOVSX8 || op == OP_MOVSX16 || op == OP_MOVSX32
			? move_reg(x) : alu_reg(x);
	if (op != OP_MOV)
		return alu_imm(x);
	reg_scalar(&x->f->reg[x->in->dst],
		   scalar_const(x->row->width == 64 ? (uint64_t)(int64_t)x->in->imm
						    : (uint32_t)x->in->imm));
	return V_OK;
}
