/* SPDX-License-Identifier: Apache-2.0 */
/* helper_arg: is what a register holds what the helper's prototype asks for? */
#include "verifier/internal.h"

#define BIT(type) (1u << (type))
#define MEM_TEXT "fp, pkt, pkt_meta, map_key, map_value, mem, ringbuf_mem, buf, trusted_ptr_"

enum {
	MEM_TYPES = BIT(T_STACK) | BIT(T_PACKET) | BIT(T_PACKET_META) | BIT(T_MAP_KEY) |
		    BIT(T_MAP_VALUE) | BIT(T_MEM) | BIT(T_BUF) | BIT(T_BTF_ID),
	SOCK_TYPES = BIT(T_SOCKET) | BIT(T_SOCK_COMMON) | BIT(T_TCP_SOCK) | BIT(T_XDP_SOCK),
};

/* The types that an argument kind takes, and how Linux lists them. */
static const struct {
	uint32_t types;
	const char *text;
} takes[ARG_KIND_N] = {
	[ARG_CTX] = { BIT(T_CTX), "ctx" },
	[ARG_MAP] = { BIT(T_MAP_PTR), "map_ptr" },
	[ARG_MAP_KEY] = { MEM_TYPES, MEM_TEXT },
	[ARG_MAP_VALUE] = { MEM_TYPES, MEM_TEXT },
	[ARG_MEM] = { MEM_TYPES, MEM_TEXT },
	[ARG_SIZE] = { BIT(T_SCALAR), "scalar" },
	[ARG_SIZE_OR_ZERO] = { BIT(T_SCALAR), "scalar" },
	[ARG_CONST_ALLOC_SIZE] = { BIT(T_SCALAR), "scalar" },
	[ARG_SPIN_LOCK] = { BIT(T_MAP_VALUE), "map_value, ptr_" },
	[ARG_SOCK_COMMON] = { SOCK_TYPES, "sock_common, sock, tcp_sock, xdp_sock" },
	[ARG_SOCKET] = { BIT(T_SOCKET), "sock" },
	[ARG_BTF_SOCK_COMMON] = { SOCK_TYPES | BIT(T_BTF_ID),
				  "sock_common, sock, tcp_sock, xdp_sock, ptr_, trusted_ptr_" },
	[ARG_RINGBUF_MEM] = { BIT(T_MEM), "ringbuf_mem" },
	[ARG_CONST_STR] = { BIT(T_MAP_VALUE), "map_value" },
	[ARG_BTF_ID] = { BIT(T_BTF_ID), "ptr_, trusted_ptr_, rcu_ptr_" },
};

static bool is_null(const struct reg_state *r)
{
	return r->type == T_SCALAR && r->s.umax == 0;
}

static enum verr arg_fail(struct exec *x, uint32_t reg, const char *expected)
{
	char name[64];

	return verr_fail(x->out, V_ARG_TYPE, (int)reg, reg,
			 reg_type_name(&x->f->reg[reg], name), expected);
}

/* The flags that a pointer may have beyond its type. */
static bool flags_ok(const struct helper_arg *arg, const struct reg_state *r)
{
	uint8_t flags = r->flags;

	if (arg->flags & ARGF_NULL)
		flags &= (uint8_t)~TF_NULL;
	if (arg->kind == ARG_MEM && !(arg->flags & ARGF_WRITE))
		flags &= (uint8_t)~TF_RDONLY;
	switch (arg->kind) {
	case ARG_MEM: case ARG_MAP_KEY: case ARG_MAP_VALUE:
		flags &= (uint8_t)~(TF_PLAIN | TF_RINGBUF);
		return r->type == T_BTF_ID ? flags == TF_TRUSTED : !flags;
	case ARG_RINGBUF_MEM:
		return flags == TF_RINGBUF;
	case ARG_BTF_SOCK_COMMON: case ARG_BTF_ID:
		return !(flags & ~(TF_TRUSTED | TF_RCU));
	default:
		return !flags;
	}
}

/* A pointer to this struct, or to one that begins with it. */
static enum verr struct_check(struct exec *x, uint32_t reg, const char *name)
{
	const struct reg_state *r = &x->f->reg[reg];
	const char *is = btf_name(x->env, r->btf);

	if (!x->env->opts.btf && strcmp(name, is))
		return verr_fail(x->out, V_UNSUPPORTED, (int)reg, "relations between kernel types");
	if (x->env->opts.btf && !kernel_points_to(x->env, r, name))
		return verr_fail(x->out, V_ARG_BTF, (int)reg, reg, is, name);
	return V_OK;
}

static enum verr type_check(struct exec *x, uint32_t reg, const struct helper_arg *arg)
{
	const struct reg_state *r = &x->f->reg[reg];

	if (!takes[arg->kind].types)
		return verr_fail(x->out, V_UNSUPPORTED, (int)reg, "an argument of this kind");
	if (!(takes[arg->kind].types & BIT(r->type)) || !flags_ok(arg, r))
		return arg_fail(x, reg, takes[arg->kind].text);
	if (r->type == T_BTF_ID && arg->kind == ARG_BTF_ID)
		return arg->btf_name ? struct_check(x, reg, arg->btf_name) : V_OK;
	if (r->type == T_BTF_ID && arg->kind == ARG_BTF_SOCK_COMMON)
		return struct_check(x, reg, "sock_common");
	return V_OK;
}

/* Memory is checked with its offset; whatever else is passed must be unmoved. */
static enum verr offset_check(struct exec *x, uint32_t reg, const struct helper_arg *arg)
{
	const struct reg_state *r = &x->f->reg[reg];

	if (arg->flags & ARGF_RELEASE && r->off)
		return verr_fail(x->out, V_ARG_MOVED, (int)reg, reg);
	switch (r->type) {
	case T_STACK: case T_PACKET: case T_PACKET_META: case T_MAP_KEY: case T_MAP_VALUE:
	case T_BUF: case T_SCALAR:
		return V_OK;
	case T_MEM:
		if (!(arg->flags & ARGF_RELEASE))
			return V_OK;
		break;
	default:
		break;
	}
	return fixed_offset(x, reg, r->type == T_BTF_ID);
}

/* ---- memory -------------------------------------------------------------- */

/* May the helper be given packet memory, also to write to? */
static bool takes_packet(const struct exec *x, const struct helper_proto *p)
{
	return x->env->type->helper_packet_any ||
	       (p->flags & HELPER_PKT_ACCESS && x->env->type->helper_packet);
}

static enum verr memory_check(struct exec *x, struct call *c, uint32_t reg, uint32_t size,
			      bool write, bool zero_ok, bool uninit)
{
	const struct reg_state *r = &x->f->reg[reg];
	char name[64];

	switch (r->type) {
	case T_PACKET: case T_PACKET_META:
		if (write && !takes_packet(x, c->proto))
			return verr_fail(x->out, V_ARG_PACKET, (int)reg);
		return packet_check(x, reg, 0, size, zero_ok);
	case T_MAP_KEY:
		if (write)
			return verr_fail(x->out, V_WRITE_RDONLY, (int)reg, reg,
					 reg_type_name(r, name));
		return mem_region(x, reg, 0, size, x->env->unit->map[r->map].key_size, zero_ok);
	case T_MAP_VALUE:
		return map_value_check(x, reg, 0, size, write, zero_ok);
	case T_MEM:
		if (write && r->flags & TF_RDONLY)
			return verr_fail(x->out, V_WRITE_RDONLY, (int)reg, reg,
					 reg_type_name(r, name));
		return mem_region(x, reg, 0, size, r->size, zero_ok);
	case T_STACK:
		if (!size && !zero_ok)
			return verr_fail(x->out, V_ARG_ZERO_READ, (int)reg);
		return stack_range(x, reg, size, write, uninit);
	case T_BTF_ID:
		return kernel_access(x, reg, 0, size, write, -1);
	case T_BUF:
		return buffer_check(x, reg, r->off, size, write);
	default:
		if (zero_ok && !size && is_null(r))
			return V_OK;
		return arg_fail(x, reg, "fp");
	}
}

/* The size of the memory in the register before. */
static enum verr size_check(struct exec *x, struct call *c, uint32_t reg,
			    const struct helper_arg *arg, const struct helper_arg *mem)
{
	const struct scalar *s = &x->f->reg[reg].s;
	bool zero_ok = arg->kind == ARG_SIZE_OR_ZERO;
	bool uninit = mem->flags & ARGF_UNINIT && scalar_is_const(s);

	c->size_max[reg] = s->umax;
	if (s->smin < 0)
		return verr_fail(x->out, V_ARG_SIZE_NEGATIVE, (int)reg, reg);
	if (!s->umin && !zero_ok)
		return verr_fail(x->out, V_ARG_ZERO_SIZE, (int)reg, reg, (long long)s->umin,
				 (long long)s->umax);
	if (s->umax >= MAX_PTR_OFF)
		return verr_fail(x->out, V_ARG_SIZE_UNBOUNDED, (int)reg, reg);
	need_precise(x, reg);
	return memory_check(x, c, reg - 1, (uint32_t)s->umax, mem->flags & ARGF_WRITE, zero_ok,
			    uninit);
}

/* ---- maps ---------------------------------------------------------------- */

/*
 * The value of a 4-byte key on the stack, if it is known: an array has an
 * element for each index below its size.
 */
static void constant_key(struct exec *x, struct call *c, uint32_t reg)
{
	const struct reg_state *r = &x->f->reg[reg];
	const struct map_def *m = &x->env->unit->map[c->map];
	const struct stack_slot *slot;
	uint32_t at, spi, n = 0;
	int64_t off;

	c->key = -1;
	if ((m->type != MAP_ARRAY && m->type != MAP_PERCPU_ARRAY) || !x->env->bpf_capable ||
	    r->type != T_STACK || !scalar_is_const(&r->s))
		return;
	off = r->off + (int64_t)r->s.var.value;
	spi = (uint32_t)(-off - 1) / 8;
	at = off & 7;
	slot = &x->st->frame[r->frame]->slot[spi];
	while (n < 4 && at + n < 8 && slot->type[at + n] == SLOT_ZERO)
		n++;
	if (n == 4) {
		c->key = 0;
	} else if (slot_is_spill(slot) && slot->spill.type == T_SCALAR && !at &&
		   slot_spilled(slot) == 4 && scalar_is_const(&slot->spill.s)) {
		c->key = (int64_t)slot->spill.s.var.value;	/* below zero: none */
		x->out->stack_read = true;
		x->out->slots_read[r->frame] |= 1ull << spi;
		x->out->precise_frame = (uint8_t)r->frame;
		x->out->slots_precise |= 1ull << spi;
	}
}

static enum verr map_check(struct exec *x, struct call *c, uint32_t reg)
{
	const struct reg_state *r = &x->f->reg[reg];
	const struct map_def *m = &x->env->unit->map[r->map];

	c->map = (int32_t)r->map;
	c->map_uid = r->map_uid;
	if (!map_helper_type_ok(m->type, c->proto->id, x->env->prog->type))
		return verr_fail(x->out, V_ARG_MAP_HELPER, (int)reg, m->type, c->proto->name,
				 c->proto->id);
	return V_OK;
}

static enum verr key_check(struct exec *x, struct call *c, uint32_t reg)
{
	if (c->map < 0)
		return verr_fail(x->out, V_ARG_MAP_ORDER, (int)reg);
	if (memory_check(x, c, reg, x->env->unit->map[c->map].key_size, false, false, false))
		return x->out->err;
	constant_key(x, c, reg);
	return V_OK;
}

static enum verr value_check(struct exec *x, struct call *c, uint32_t reg,
			     const struct helper_arg *arg)
{
	if (c->map < 0)
		return verr_fail(x->out, V_ARG_MAP_ORDER, (int)reg);
	if (is_null(&x->f->reg[reg]))
		return V_OK;		/* the type check allowed it */
	return memory_check(x, c, reg, x->env->unit->map[c->map].value_size,
			    arg->flags & ARGF_WRITE, false, arg->flags & ARGF_UNINIT);
}

/* ---- locks, strings ------------------------------------------------------ */

static enum verr lock_check(struct exec *x, struct call *c, uint32_t reg)
{
	const struct reg_state *r = &x->f->reg[reg];
	const struct map_def *m = &x->env->unit->map[r->map];
	struct vstate *st = x->st;
	int64_t off = r->off + (int64_t)r->s.var.value;

	if (!scalar_is_const(&r->s))
		return verr_fail(x->out, V_LOCK_VAR_OFF, (int)reg, reg);
	if (!m->has_spin_lock)
		return verr_fail(x->out, V_LOCK_MAP, (int)reg, m->name);
	if (off != m->spin_lock_off)
		return verr_fail(x->out, V_LOCK_OFF, (int)reg, (long long)off, m->spin_lock_off);
	if (c->proto->id == HELPER_spin_lock) {
		if (st->lock_map)
			return verr_fail(x->out, V_LOCK_TWICE, -1);
		st->lock_map = r->map + 1;
		st->active_lock = r->id;
		return V_OK;
	}
	if (!st->lock_map)
		return verr_fail(x->out, V_LOCK_NOT_TAKEN, -1);
	if (st->lock_map != r->map + 1 || st->active_lock != r->id)
		return verr_fail(x->out, V_LOCK_OTHER, -1);
	st->lock_map = st->active_lock = 0;
	return V_OK;
}

/* A string that ends within a value which cannot change any more. */
static enum verr string_check(struct exec *x, uint32_t reg)
{
	const struct reg_state *r = &x->f->reg[reg];
	const struct map_def *m = &x->env->unit->map[r->map];
	uint32_t at = (uint32_t)r->off + (uint32_t)r->s.var.value;

	if (!map_is_constant(m) || !scalar_is_const(&r->s))
		return verr_fail(x->out, V_ARG_STR, (int)reg, reg);
	if (mem_region(x, reg, 0, 1, m->value_size, false))
		return x->out->err;
	/* What init does not give is zero. */
	if (m->value_size > m->ninit || memchr(m->init + at, 0, m->value_size - at))
		return V_OK;
	return verr_fail(x->out, V_ARG_STR, (int)reg, reg);
}

/* ---- one argument -------------------------------------------------------- */

static enum verr kind_check(struct exec *x, struct call *c, uint32_t reg,
			    const struct helper_arg *arg)
{
	const struct reg_state *r = &x->f->reg[reg];

	switch ((enum arg_kind)arg->kind) {
	case ARG_MAP:
		return map_check(x, c, reg);
	case ARG_MAP_KEY:
		return key_check(x, c, reg);
	case ARG_MAP_VALUE:
		return value_check(x, c, reg, arg);
	case ARG_MEM:
		if (!(arg->flags & ARGF_FIXED))
			return V_OK;	/* with its size */
		if (memory_check(x, c, reg, arg->size, arg->flags & ARGF_WRITE, false,
				 arg->flags & ARGF_UNINIT))
			return x->out->err;
		if (arg->flags & ARGF_ALIGNED)
			return align_check(x, &x->f->reg[reg], 0, arg->size, true);
		return V_OK;
	case ARG_SIZE: case ARG_SIZE_OR_ZERO:
		return size_check(x, c, reg, arg, arg - 1);
	case ARG_CONST_ALLOC_SIZE:
		if (!scalar_is_const(&r->s))
			return verr_fail(x->out, V_ARG_CONST_SIZE, (int)reg, reg);
		need_precise(x, reg);
		c->alloc_size = r->s.var.value;
		return V_OK;
	case ARG_SPIN_LOCK:
		return lock_check(x, c, reg);
	case ARG_CONST_STR:
		return string_check(x, reg);
	default:
		return V_OK;
	}
}

/* sockmaps hold sockets: what is stored there is one, not memory. */
static struct helper_arg arg_of_map(struct exec *x, const struct call *c,
				    const struct helper_arg *arg)
{
	struct helper_arg a = *arg;
	uint32_t type = c->map >= 0 ? x->env->unit->map[c->map].type : 0;

	if (a.kind == ARG_MAP_VALUE && (type == MAP_SOCKMAP || type == MAP_SOCKHASH))
		a = (struct helper_arg){ .kind = ARG_BTF_SOCK_COMMON };
	if (a.kind == ARG_MAP_VALUE && type == MAP_BLOOM_FILTER)
		a.flags &= (uint8_t)~(ARGF_UNINIT | ARGF_WRITE);
	return a;
}

enum verr helper_arg_check(struct exec *x, struct call *c, uint32_t reg)
{
	struct helper_arg arg = arg_of_map(x, c, &c->proto->arg[reg - 1]);
	const struct reg_state *r = &x->f->reg[reg];

	if (reg_read(x, reg))
		return x->out->err;
	if (arg.kind == ARG_ANYTHING) {
		if (reg_leaks(x->env, r))
			return verr_fail(x->out, V_ARG_LEAK, (int)reg, reg);
		return V_OK;
	}
	if (type_is_packet(r->type) && !takes_packet(x, c->proto))
		return verr_fail(x->out, V_ARG_PACKET, (int)reg);
	if (is_null(r) && arg.flags & ARGF_NULL)
		need_precise(x, reg);
	else if (type_check(x, reg, &arg) || offset_check(x, reg, &arg))
		return x->out->err;
	if (arg.flags & ARGF_RELEASE) {
		if (!r->ref && !is_null(r))
			return verr_fail(x->out, V_ARG_REF, (int)reg, reg);
		c->release = reg;
	}
	if (r->ref && r->type != T_SCALAR)
		c->ref = r->ref;
	if (arg.kind == ARG_SIZE || arg.kind == ARG_SIZE_OR_ZERO)
		return size_check(x, c, reg, &arg, &c->proto->arg[reg - 2]);
	return kind_check(x, c, reg, &arg);
}
