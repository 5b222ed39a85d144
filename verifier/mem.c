/* SPDX-License-Identifier: Apache-2.0 */
/* mem: loads, stores and atomics, by the type of the pointer. */
#include "verifier/internal.h"

/* ---- alignment ----------------------------------------------------------- */

static const char *align_name(uint8_t type)
{
	switch (type) {
	case T_FLOW_KEYS: return "flow keys ";
	case T_MAP_KEY: return "key ";
	case T_MAP_VALUE: return "value ";
	case T_CTX: return "context ";
	case T_STACK: return "stack ";
	case T_SOCKET: return "sock ";
	case T_SOCK_COMMON: return "sock_common ";
	case T_TCP_SOCK: return "tcp_sock ";
	case T_XDP_SOCK: return "xdp_sock ";
	default: return "";
	}
}

enum verr align_check(struct exec *x, const struct reg_state *r, int32_t off, uint32_t size,
		      bool strict)
{
	/* A packet starts two bytes past a multiple of four on machines that care. */
	int32_t skew = type_is_packet(r->type) ? 2 : 0;
	struct tnum at;
	char buf[48];

	strict |= r->type == T_STACK || x->env->opts.strict_align;
	if (!strict || size == 1)
		return V_OK;
	at = tnum_add(r->s.var, tnum_const((uint64_t)((int64_t)r->off + off + skew)));
	if (tnum_is_aligned(at, size))
		return V_OK;
	if (skew)
		return verr_fail(x->out, V_MISALIGNED_PACKET, -1, skew, tnum_text(r->s.var, buf),
				 r->off, off, size);
	return verr_fail(x->out, V_MISALIGNED, -1, align_name(r->type), tnum_text(r->s.var, buf),
			 r->off, off, size);
}

/* ---- plain memory -------------------------------------------------------- */

static enum verr region_fail(struct exec *x, uint32_t ptr, int64_t off, uint32_t size,
			     uint32_t bound, const char *end)
{
	enum verr err = x->f->reg[ptr].type == T_MAP_VALUE ? V_VALUE_ACCESS :
			x->f->reg[ptr].type == T_MAP_KEY ? V_KEY_ACCESS : V_MEM_ACCESS;

	verr_fail(x->out, err, (int)ptr, bound, (long long)off, size);
	verr_more(x->out, "R%u %s value is outside of the allowed memory range", ptr, end);
	return err;
}

/* [off, off + size) of the pointer lies within bound bytes, whatever its variable part. */
enum verr mem_region(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, uint32_t bound,
		     bool zero_ok)
{
	const struct reg_state *r = &x->f->reg[ptr];
	int64_t fixed = (int64_t)r->off + off, lo = fixed + r->s.smin;
	int64_t hi;

	if (!scalar_is_const(&r->s))
		need_precise(x, ptr);
	if (r->s.smin < 0 && (r->s.smin == INT64_MIN || lo != (int32_t)lo || lo < 0))
		return verr_fail(x->out, V_MIN_NEGATIVE, (int)ptr, ptr);
	if (lo < 0 || lo + size > bound || (!size && !zero_ok))
		return region_fail(x, ptr, lo, size, bound, "min");
	if (r->s.umax >= MAX_PTR_OFF)
		return verr_fail(x->out, V_UNBOUNDED, (int)ptr, ptr);
	hi = fixed + (int64_t)r->s.umax;
	if (hi < 0 || hi + size > bound)
		return region_fail(x, ptr, hi, size, bound, "max");
	return V_OK;
}

enum verr fixed_offset(struct exec *x, uint32_t ptr, bool off_ok)
{
	const struct reg_state *r = &x->f->reg[ptr];
	char name[64], buf[48];

	if (r->off < 0)
		return verr_fail(x->out, V_NEGATIVE_OFF, (int)ptr, reg_type_name(r, name), ptr,
				 r->off);
	if (r->off && !off_ok)
		return verr_fail(x->out, V_MODIFIED_PTR, (int)ptr, reg_type_name(r, name), ptr,
				 r->off);
	if (!scalar_is_const(&r->s) || r->s.var.value)
		return verr_fail(x->out, V_VAR_OFF, (int)ptr, reg_type_name(r, name),
				 tnum_text(r->s.var, buf));
	return V_OK;
}

/* ---- maps ---------------------------------------------------------------- */

/* Does the span, at any value of its variable part, touch [lock, lock + 4)? */
static bool touches(const struct reg_state *r, int32_t off, uint32_t size, uint32_t at, uint32_t n)
{
	int64_t lo = (int64_t)r->off + off + r->s.smin;
	int64_t hi = (int64_t)r->off + off + (int64_t)r->s.umax + size;

	return lo < (int64_t)at + n && hi > at;
}

enum verr map_value_check(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write,
			  bool zero_ok)
{
	const struct reg_state *r = &x->f->reg[ptr];
	const struct map_def *m = &x->env->unit->map[r->map];
	long long at = (long long)r->off + off + r->s.smin;

	if (write && (m->flags & MAPF_RDONLY_PROG || map_kind(m->type)->value_readonly))
		return verr_fail(x->out, V_WRITE_MAP, (int)ptr, m->value_size, at, size);
	if (!write && m->flags & MAPF_WRONLY_PROG)
		return verr_fail(x->out, V_READ_MAP, (int)ptr, m->value_size, at, size);
	if (mem_region(x, ptr, off, size, m->value_size, zero_ok))
		return x->out->err;
	if (m->has_spin_lock && touches(r, off, size, m->spin_lock_off, 4))
		return verr_fail(x->out, V_SPIN_LOCK_ACCESS, (int)ptr);
	return V_OK;
}

static bool map_is_sealed(const struct map_def *m)
{
	return m->frozen && m->flags & MAPF_RDONLY_PROG && m->type == MAP_ARRAY;
}

bool map_is_constant(const struct map_def *m)
{
	return map_is_sealed(m) && m->max_entries == 1;
}

static uint64_t map_constant(const struct map_def *m, uint32_t off, uint32_t size)
{
	uint64_t v = 0;

	for (uint32_t i = 0; i < size; i++)
		if (off + i < m->ninit)
			v |= (uint64_t)m->init[off + i] << 8 * i;
	return v;
}

static enum verr value_access(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write,
			      int value)
{
	const struct reg_state *r = &x->f->reg[ptr];
	const struct map_def *m = &x->env->unit->map[r->map];
	uint32_t at;

	if (write && value >= 0 && reg_leaks(x->env, &x->f->reg[value]))
		return verr_fail(x->out, V_LEAK, value, value, "map");
	if (map_value_check(x, ptr, off, size, write, false))
		return x->out->err;
	if (write || value < 0)
		return V_OK;
	if (scalar_is_const(&r->s) && map_is_sealed(m) && m->max_entries != 1)
		return verr_fail(x->out, V_READ_FROZEN, (int)ptr, m->max_entries);
	at = (uint32_t)(r->off + off) + (uint32_t)r->s.var.value;
	if (scalar_is_const(&r->s) && map_is_constant(m))
		reg_scalar(&x->f->reg[value], scalar_const(map_constant(m, at, size)));
	else
		reg_unknown(&x->f->reg[value]);
	return V_OK;
}

static enum verr key_access(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write,
			    int value)
{
	const struct map_def *m = &x->env->unit->map[x->f->reg[ptr].map];

	if (write)
		return verr_fail(x->out, V_WRITE_KEY, (int)ptr, ptr);
	if (mem_region(x, ptr, off, size, m->key_size, false))
		return x->out->err;
	if (value >= 0)
		reg_unknown(&x->f->reg[value]);
	return V_OK;
}

/* ---- packet, memory, buffers --------------------------------------------- */

enum verr packet_check(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool zero_ok)
{
	const struct reg_state *r = &x->f->reg[ptr];
	int64_t lo = (int64_t)r->off + off;

	/* The range was established for this very variable part: only the rest is checked. */
	if (r->s.smin < 0)
		return verr_fail(x->out, V_MIN_NEGATIVE, (int)ptr, ptr);
	if (r->range >= 0 && lo >= 0 && lo + size <= r->range && (size || zero_ok))
		return V_OK;
	verr_fail(x->out, V_PACKET_ACCESS, (int)ptr, (int)lo, size, ptr, r->id, r->off, r->range);
	verr_more(x->out, "R%u offset is outside of the packet", ptr);
	return V_PACKET_ACCESS;
}

static enum verr packet_access(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write,
			       int value)
{
	if (write && !x->env->type->direct_packet_write)
		return verr_fail(x->out, V_WRITE_PACKET, (int)ptr);
	if (write && value >= 0 && reg_leaks(x->env, &x->f->reg[value]))
		return verr_fail(x->out, V_LEAK, value, value, "packet");
	if (packet_check(x, ptr, off, size, false))
		return x->out->err;
	if (!write && value >= 0)
		reg_unknown(&x->f->reg[value]);
	return V_OK;
}

static enum verr object_access(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write,
			       int value)
{
	const struct reg_state *r = &x->f->reg[ptr];
	char name[64];

	if (r->flags & TF_NULL)
		return verr_fail(x->out, V_MEM_TYPE, (int)ptr, ptr, reg_type_name(r, name));
	if (write && r->flags & TF_RDONLY)
		return verr_fail(x->out, V_WRITE_RDONLY, (int)ptr, ptr, reg_type_name(r, name));
	if (write && value >= 0 && reg_leaks(x->env, &x->f->reg[value]))
		return verr_fail(x->out, V_LEAK, value, value, "mem");
	/* What is not trusted is read by instructions that survive a fault. */
	if (!(r->flags & TF_UNTRUSTED) && mem_region(x, ptr, off, size, r->size, false))
		return x->out->err;
	if (!write && value >= 0)
		reg_unknown(&x->f->reg[value]);
	return V_OK;
}

/* Buffers of the kernel: what is touched of them is compared when the program is attached. */
enum verr buffer_check(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write)
{
	const struct reg_state *r = &x->f->reg[ptr];
	const char *kind = r->type == T_TP_BUFFER ? "tracepoint" :
			   r->flags & TF_RDONLY ? "rdonly" : "rdwr";
	char buf[48], name[64];

	if (write && r->flags & TF_RDONLY)
		return verr_fail(x->out, V_WRITE_RDONLY, (int)ptr, ptr, reg_type_name(r, name));
	if (off < 0)
		return verr_fail(x->out, V_BUFFER_ACCESS, (int)ptr, ptr, kind, off, size);
	if (!scalar_is_const(&r->s) || r->s.var.value)
		return verr_fail(x->out, V_BUFFER_VAR, (int)ptr, ptr, r->off + off,
				 tnum_text(r->s.var, buf));
	return V_OK;
}

static enum verr buffer_access(struct exec *x, uint32_t ptr, int32_t off, uint32_t size,
			       bool write, int value)
{
	if (buffer_check(x, ptr, off, size, write))
		return x->out->err;
	if (!write && value >= 0)
		reg_unknown(&x->f->reg[value]);
	return V_OK;
}

static enum verr flow_keys_access(struct exec *x, uint32_t ptr, int32_t off, uint32_t size,
				  bool write, int value)
{
	enum { FLOW_KEYS_SIZE = 56 };
	int64_t lo = (int64_t)x->f->reg[ptr].off + off;

	if (write && value >= 0 && reg_leaks(x->env, &x->f->reg[value]))
		return verr_fail(x->out, V_LEAK, value, value, "flow keys");
	if (lo < 0 || lo + size > FLOW_KEYS_SIZE)
		return verr_fail(x->out, V_FLOW_KEYS_ACCESS, (int)ptr, (int)lo, size);
	if (!write && value >= 0)
		reg_unknown(&x->f->reg[value]);
	return V_OK;
}

/* ---- context ------------------------------------------------------------- */

static enum verr ctx_pointer(struct exec *x, const struct ctx_access *acc, struct reg_state *r)
{
	switch (acc->kind) {
	case CTX_PACKET:
		reg_pointer(r, T_PACKET, 0);
		return V_OK;
	case CTX_PACKET_META:
		reg_pointer(r, T_PACKET_META, 0);
		return V_OK;
	case CTX_PACKET_END:
		reg_pointer(r, T_PACKET_END, 0);
		return V_OK;
	case CTX_SOCK_COMMON_OR_NULL:
		reg_pointer(r, T_SOCK_COMMON, TF_NULL);
		break;
	case CTX_SOCKET:
		reg_pointer(r, T_SOCKET, 0);
		return V_OK;
	case CTX_SOCKET_OR_NULL:
		reg_pointer(r, T_SOCKET, TF_NULL);
		break;
	case CTX_FLOW_KEYS:
		reg_pointer(r, T_FLOW_KEYS, 0);
		return V_OK;
	case CTX_BTF_PTR:
		reg_pointer(r, T_BTF_ID, TF_TRUSTED);
		r->btf = btf_intern(x->env, acc->btf_name ? acc->btf_name : "");
		return V_OK;
	case CTX_TP_BUFFER:
		reg_pointer(r, T_TP_BUFFER, 0);
		return V_OK;
	case CTX_BUF_RDONLY:
		reg_pointer(r, T_BUF, TF_RDONLY);
		return V_OK;
	case CTX_BUF_RDWR:
		reg_pointer(r, T_BUF, 0);
		return V_OK;
	default:
		return verr_fail(x->out, V_UNSUPPORTED, -1, "this context field");
	}
	r->id = state_id(x->st);
	return V_OK;
}

/* The arguments of a function or a tracepoint: their types are in the kernel's BTF. */
static bool ctx_is_typed(uint32_t type)
{
	return type == PROG_TRACING || type == PROG_STRUCT_OPS || type == PROG_LSM ||
	       type == PROG_EXT;
}

static enum verr ctx_access(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write,
			    int value)
{
	const struct program *p = x->env->prog;
	int32_t at = x->f->reg[ptr].off + off;
	struct ctx_access acc;

	if (write && value >= 0 && reg_leaks(x->env, &x->f->reg[value]))
		return verr_fail(x->out, V_LEAK, value, value, "ctx");
	if (fixed_offset(x, ptr, false))
		return x->out->err;
	if (!x->env->bpf_capable && !prog_ctx_unpriv(p->type, at, write))
		return verr_fail(x->out, V_CTX_ACCESS, (int)ptr, at, size);
	if (x->env->target && !write && value >= 0)
		return kernel_ctx(x, ptr, at, size, value);
	if (!prog_ctx_access(p->type, p->attach_type, at, size, write, &acc)) {
		if (!write && ctx_is_typed(p->type))
			return verr_fail(x->out, V_UNSUPPORTED, (int)ptr,
					 "contexts that are typed by what they attach to");
		return verr_fail(x->out, V_CTX_ACCESS, (int)ptr, at, size);
	}
	if (write || value < 0)
		return V_OK;
	if (acc.kind == CTX_SCALAR) {
		reg_unknown(&x->f->reg[value]);
		return V_OK;
	}
	if (x->row->kind == K_LDSX)
		return verr_fail(x->out, V_CTX_ACCESS, (int)ptr, at, size);
	x->out->ctx_ptr = acc.ptr;
	return ctx_pointer(x, &acc, &x->f->reg[value]);
}

/* ---- sockets ------------------------------------------------------------- */

static enum obj_kind obj_of(uint8_t type)
{
	switch (type) {
	case T_SOCKET: return OBJ_SOCKET;
	case T_SOCK_COMMON: return OBJ_SOCK_COMMON;
	case T_TCP_SOCK: return OBJ_TCP_SOCK;
	default: return OBJ_XDP_SOCK;
	}
}

static enum verr sock_access(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write,
			     int value)
{
	const struct reg_state *r = &x->f->reg[ptr];
	int32_t at = r->off + off;
	struct ctx_access acc;
	char name[64];

	if (write)
		return verr_fail(x->out, V_WRITE_RDONLY, (int)ptr, ptr, reg_type_name(r, name));
	if (r->s.smin < 0)
		return verr_fail(x->out, V_MIN_NEGATIVE, (int)ptr, ptr);
	if (!obj_access(obj_of(r->type), at, size, false, &acc))
		return verr_fail(x->out, V_SOCK_ACCESS, (int)ptr, ptr, reg_type_name(r, name), at,
				 size);
	if (value >= 0)
		reg_unknown(&x->f->reg[value]);
	return V_OK;
}

/* ---- by type ------------------------------------------------------------- */

/*
 * The access of size bytes at off from the pointer in register ptr.  value is
 * the register that is stored, or that receives the loaded value, or -1.
 */
enum verr mem_access(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write,
		     int value, bool strict)
{
	const struct reg_state *r = &x->f->reg[ptr];
	char name[64];

	x->out->mem_type = r->type;
	x->out->mem_flags = r->flags;
	if (align_check(x, r, off, size, strict))
		return x->out->err;
	if (r->flags & TF_NULL)
		return verr_fail(x->out, V_MEM_TYPE, (int)ptr, ptr, reg_type_name(r, name));
	switch (r->type) {
	case T_STACK:
		return write ? stack_store(x, ptr, off, size, value)
			     : stack_load(x, ptr, off, size, value);
	case T_CTX:
		return ctx_access(x, ptr, off, size, write, value);
	case T_MAP_VALUE:
		return value_access(x, ptr, off, size, write, value);
	case T_MAP_KEY:
		return key_access(x, ptr, off, size, write, value);
	case T_PACKET: case T_PACKET_META:
		return packet_access(x, ptr, off, size, write, value);
	case T_MEM:
		return object_access(x, ptr, off, size, write, value);
	case T_FLOW_KEYS:
		return flow_keys_access(x, ptr, off, size, write, value);
	case T_SOCKET: case T_SOCK_COMMON: case T_TCP_SOCK: case T_XDP_SOCK:
		return sock_access(x, ptr, off, size, write, value);
	case T_BTF_ID:
		return kernel_access(x, ptr, off, size, write, value);
	case T_BUF: case T_TP_BUFFER:
		return buffer_access(x, ptr, off, size, write, value);
	case T_ARENA:
		return verr_fail(x->out, V_UNSUPPORTED, (int)ptr, "access to kernel memory");
	case T_MAP_PTR:
		if (!write && x->env->perfmon)
			return verr_fail(x->out, V_UNSUPPORTED, (int)ptr, "fields of struct bpf_map");
		break;
	default:
		break;
	}
	return verr_fail(x->out, V_MEM_TYPE, (int)ptr, ptr, reg_type_name(r, name));
}

/* ---- loads and stores ---------------------------------------------------- */

/* A loaded scalar has the width of the load, sign-extended if it says so. */
static void load_extend(struct exec *x, uint32_t reg, uint32_t size)
{
	struct reg_state *r = &x->f->reg[reg];

	if (r->type != T_SCALAR || size == 8)
		return;
	if (r->s.umax >> 8 * size)
		r->s = scalar_cast(r->s, (uint8_t)size);
	if (x->row->kind != K_LDSX)
		return;
	if (r->s.umax >> (8 * size - 1))
		scalar_lose_id(r);
	r->s = x->env->dom->alu(x->row->op, 64, r->s, r->s);
}

static enum verr exec_load(struct exec *x, bool strict)
{
	uint32_t size = x->row->width / 8;

	if (reg_read(x, x->in->src))
		return x->out->err;
	touch(x, x->in->dst);
	if (mem_access(x, x->in->src, x->in->off, size, false, x->in->dst, strict))
		return x->out->err;
	load_extend(x, x->in->dst, size);
	return V_OK;
}

static enum verr exec_store(struct exec *x, bool strict)
{
	bool by_reg = x->row->kind != K_ST;

	if (by_reg && reg_read(x, x->in->src))
		return x->out->err;
	if (reg_read(x, x->in->dst))
		return x->out->err;
	return mem_access(x, x->in->dst, x->in->off, x->row->width / 8, true,
			  by_reg ? x->in->src : -1, strict);
}

/* Contexts, packets and sockets are rewritten or shared in ways that atomics do not survive. */
static bool atomic_target_ok(uint8_t type)
{
	switch (type) {
	case T_CTX: case T_PACKET: case T_PACKET_META: case T_FLOW_KEYS: case T_SOCKET:
	case T_SOCK_COMMON: case T_TCP_SOCK: case T_XDP_SOCK:
		return false;
	default:
		return true;
	}
}

static enum verr atomic_target(struct exec *x, uint32_t ptr, bool load)
{
	const struct reg_state *r = &x->f->reg[ptr];
	char name[64];

	if (atomic_target_ok(r->type))
		return V_OK;
	if (load)
		return verr_fail(x->out, V_ATOMIC_LOAD, (int)ptr, ptr, reg_type_name(r, name));
	return verr_fail(x->out, V_ATOMIC_TARGET, (int)ptr, "BPF_ATOMIC", ptr,
			 reg_type_name(r, name));
}

/* Reads, then writes; the fetched register gets what the memory held. */
static enum verr exec_atomic(struct exec *x)
{
	uint32_t size = x->row->width / 8, dst = x->in->dst, src = x->in->src;
	struct func_state *f = x->f;
	int load = -1;

	if (reg_read(x, src) || (x->row->kind == K_CMPXCHG && reg_read(x, 0)) || reg_read(x, dst))
		return x->out->err;
	if (reg_leaks(x->env, &f->reg[src]))
		return verr_fail(x->out, V_LEAK, (int)src, src, "mem");
	if (x->row->kind == K_CMPXCHG && reg_leaks(x->env, &f->reg[0]))
		return verr_fail(x->out, V_LEAK, 0, 0, "mem");
	if (atomic_target(x, dst, false))
		return x->out->err;
	if (x->row->kind == K_CMPXCHG)
		load = 0;
	else if (x->row->kind == K_ATOMIC_FETCH)
		load = (int)src;
	if (load >= 0) {
		/* As on Linux the pointer must be another register. */
		touch(x, (uint32_t)load);
		reg_unknown(&f->reg[load]);
	}
	if (mem_access(x, dst, x->in->off, size, false, -1, true))
		return x->out->err;
	if (load >= 0) {
		if (mem_access(x, dst, x->in->off, size, false, load, true))
			return x->out->err;
		load_extend(x, (uint32_t)load, size);
	}
	return mem_access(x, dst, x->in->off, size, true, -1, true);
}

static enum verr ld_abs(struct exec *x)
{
	struct func_state *f = x->f;

	if (!x->env->type->ld_abs)
		return verr_fail(x->out, V_LD_ABS_TYPE, -1);
	if (reg_read(x, 6))
		return x->out->err;
	if (x->st->lock_map)
		return verr_fail(x->out, V_LOCK_HELD, -1, "BPF_LD_[ABS|IND]");
	if (x->st->nref)
		return verr_fail(x->out, V_LD_ABS_REFS, -1);
	if (f->reg[6].type != T_CTX)
		return verr_fail(x->out, V_LD_ABS_CTX, 6);
	if (x->row->kind == K_LD_IND && reg_read(x, x->in->src))
		return x->out->err;
	if (fixed_offset(x, 6, false))
		return x->out->err;
	call_clobber(f);
	reg_unknown(&f->reg[0]);
	x->out->touched |= 0x3f;
	/* Out of bounds the frame exits with 0, which matters to a caller. */
	return exec_may_return(x, scalar_const(0));
}

enum verr exec_mem(struct exec *x)
{
	switch ((enum insn_kind)x->row->kind) {
	case K_LDX: case K_LDSX:
		return exec_load(x, false);
	case K_STX: case K_ST:
		return exec_store(x, false);
	case K_LOAD_ACQ:
		if (reg_read(x, x->in->src) || atomic_target(x, x->in->src, true))
			return x->out->err;
		return exec_load(x, true);
	case K_STORE_REL:
		if (reg_read(x, x->in->dst) || atomic_target(x, x->in->dst, false))
			return x->out->err;
		return exec_store(x, true);
	case K_ATOMIC: case K_ATOMIC_FETCH: case K_CMPXCHG:
		return exec_atomic(x);
	default:
		return ld_abs(x);
	}
}
