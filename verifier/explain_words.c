/* SPDX-License-Identifier: Apache-2.0 */
/* explain_words: values, conditions and demands in the words of C programmers. */
#include "verifier/internal.h"

#include <inttypes.h>

const char *const verr_headline[VERR_N] = {
#define HINT(name, headline, hint) [V_##name] = headline,
#include "verifier/hints.def"
};
const char *const verr_hint[VERR_N] = {
#define HINT(name, headline, hint) [V_##name] = hint,
#include "verifier/hints.def"
};
const char *const why_name[WHY_N] = {
	[WHY_SET] = "set", [WHY_STORE] = "store", [WHY_BRANCH] = "branch", [WHY_CALL] = "call",
	[WHY_RETURN] = "return", [WHY_NEAR] = "near",
};

/* ---- numbers ------------------------- */

static const char *number(const struct venv *env, int64_t v)
{
	if (v >= -9999999 && v <= 9999999)
		return arena_printf(env->arena, "%" PRId64, v);
	return arena_printf(env->arena, "0x%" PRIx64, (uint64_t)v);
}

static const char *words_scalar(const struct venv *env, const struct scalar *s)
{
	uint32_t zeros = 0;
	const char *step = "";

	if (scalar_is_const(s))
		return arena_printf(env->arena,
				"the number %s", number(env, (int64_t)s->var.value));
	while (zeros < 16 && !((s->var.value | s->var.mask) >> zeros & 1))
		zeros++;
	if (zeros)
		step = arena_printf(env->arena, ", a multiple of %u", 1u << zeros);
	/* What a signed 32-bit comparison told does not show in the 64-bit ranges. */
	if (s->u32max > INT32_MAX && s->umax <= UINT32_MAX && s->s32min < 0 &&
	    (s->s32min > INT32_MIN || s->s32max < INT32_MAX))
		step = arena_printf(env->arena, "%s, as a signed 32-bit number from %s to %s", step,
				    number(env, s->s32min), number(env, s->s32max));
	if (s->smin >= 0 && s->smax < INT64_MAX)
		return arena_printf(env->arena, "a number from %s to %s%s", number(env, s->smin),
				    number(env, s->smax), step);
	if (s->smin == INT64_MIN && s->smax == INT64_MAX && !s->umin && s->umax == UINT64_MAX)
		return arena_printf(env->arena, "an unknown number (any of 64 bits)%s", step);
	if (s->smin == INT64_MIN && s->smax == INT64_MAX && s->umin)
		return arena_printf(env->arena, "an unknown number, unsigned from %s to %s%s",
				    number(env, (int64_t)s->umin), number(env, (int64_t)s->umax),
				    step);
	if (s->smin == INT64_MIN)
		return arena_printf(env->arena,
				"a signed number of at most %s, without lower bound%s",
				    number(env, s->smax), step);
	if (s->smax == INT64_MAX)
		return arena_printf(env->arena, "a number of at least %s, without upper bound%s",
				    number(env, s->smin), step);
	return arena_printf(env->arena, "a signed number from %s to %s%s", number(env, s->smin),
			    number(env, s->smax), step);
}

/* ---- pointers ------------------------- */

/* Where a pointer points within its object. */
static const char *words_offset(const struct venv *env, const struct reg_state *r)
{
	const struct scalar *s = &r->s;

	if (scalar_is_const(s)) {
		int64_t off = r->off + (int64_t)s->var.value;

		return off ? arena_printf(env->arena, ", at offset %s", number(env, off)) : "";
	}
	if (s->smin > -MAX_PTR_OFF && s->smax < MAX_PTR_OFF)
		return arena_printf(env->arena, ", at an offset from %s to %s",
				    number(env, r->off + s->smin), number(env, r->off + s->smax));
	if (s->smin > -MAX_PTR_OFF)
		return arena_printf(env->arena,
				", at an offset of at least %s, without upper bound",
				    number(env, r->off + s->smin));
	return ", at an offset without bounds";
}

static const char *words_packet(const struct venv *env, const struct reg_state *r)
{
	const char *what = r->type == T_PACKET ? "packet data" : "packet metadata";
	const char *end = r->type == T_PACKET ? "data_end" : "data";

	if (r->range < 0)
		return arena_printf(env->arena,
				"a pointer to %s%s, at or beyond %s on this path", what,
				    words_offset(env, r), end);
	if (!r->range)
		return arena_printf(env->arena,
				"a pointer to %s%s, of which no byte is known to exist "
				    "(not compared with %s)", what, words_offset(env, r), end);
	return arena_printf(env->arena, "a pointer to %s%s, of which %d bytes are known to exist%s",
			    what, words_offset(env, r), r->range,
			    r->id ? " (counted from its variable part)" : "");
}

static const char *words_stack(const struct venv *env, const struct reg_state *r)
{
	if (scalar_is_const(&r->s)) {
		int64_t off = r->off + (int64_t)r->s.var.value;

		return off ? arena_printf(env->arena,
				"the address fp%+" PRId64 " of the stack", off)
			   : "the frame pointer (end of the stack)";
	}
	return arena_printf(env->arena, "a pointer to the stack%s", words_offset(env, r));
}

static const char *words_map(const struct venv *env, const struct reg_state *r)
{
	const struct map_def *m = &env->unit->map[r->map];
	const char *name = m->name[0] ? arena_printf(env->arena, "map '%.16s'", m->name)
				      : arena_printf(env->arena, "map %u", r->map);

	if (r->type == T_MAP_PTR)
		return name;
	if (r->type == T_MAP_KEY)
		return arena_printf(env->arena, "a pointer to a key of %s (%u bytes)%s", name,
				    m->key_size, words_offset(env, r));
	return arena_printf(env->arena, "a pointer to a value of %s (%u bytes)%s", name,
			    m->value_size, words_offset(env, r));
}

static const char *words_object(const struct venv *env, const struct reg_state *r)
{
	static const char *const name[T_N] = {
		[T_CTX] = "the context", [T_PACKET_END] = "data_end, the end of the packet",
		[T_BUF] = "a buffer", [T_FUNC] = "the address of a function",
		[T_SOCKET] = "a socket", [T_SOCK_COMMON] = "a socket (common part)",
		[T_TCP_SOCK] = "a TCP socket", [T_XDP_SOCK] = "an XDP socket",
		[T_FLOW_KEYS] = "the flow keys", [T_TP_BUFFER] = "a tracepoint's buffer",
		[T_ARENA] = "arena memory", [T_DYNPTR] = "a dynptr",
	};

	if (r->type == T_PACKET_END || r->type == T_FUNC)
		return name[r->type];
	if (r->type == T_BTF_ID)
		return arena_printf(env->arena, "a pointer to struct %s%s", btf_name(env, r->btf),
				    words_offset(env, r));
	return arena_printf(env->arena, "a pointer to %s%s", name[r->type], words_offset(env, r));
}

static const char *words_pointer(const struct venv *env, const struct reg_state *r)
{
	switch (r->type) {
	case T_STACK:
		return words_stack(env, r);
	case T_MAP_PTR: case T_MAP_KEY: case T_MAP_VALUE:
		return words_map(env, r);
	case T_PACKET: case T_PACKET_META:
		return words_packet(env, r);
	case T_MEM:
		return arena_printf(env->arena, "a pointer to %u bytes of %smemory%s", r->size,
				    r->flags & TF_RINGBUF ? "ring buffer " : "",
				    words_offset(env, r));
	default:
		return words_object(env, r);
	}
}

const char *words_value(const struct venv *env, const struct reg_state *r)
{
	const char *words;

	if (r->type == T_NOT_INIT)
		return "not set";
	if (r->type == T_SCALAR)
		return words_scalar(env, &r->s);
	words = words_pointer(env, r);
	return arena_printf(env->arena, "%s%s%s%s", words,
			    r->flags & TF_RDONLY ? ", read-only" : "",
			    r->flags & TF_NULL ? ", which may be NULL" : "",
			    r->ref ? ", to be released" : "");
}

/* ---- conditions ------------------------- */

const char *words_condition(const struct venv *env, uint32_t pc)
{
	char text[160], *end;

	vlog_insn_text(env, pc, text, sizeof(text));
	if (strncmp(text, "if ", 3))
		return arena_printf(env->arena, "%s", text);
	end = strstr(text, " goto ");
	if (end)
		*end = 0;
	return arena_printf(env->arena, "%s", text + 3);
}

/* ---- demands ------------------------- */

/* Bytes that the insn accesses through a register; 0 if it is no plain access. */
static uint32_t access_size(const struct venv *env, uint32_t pc, int32_t *off)
{
	const struct insn_row *row = insn_row(env->id[pc]);

	*off = env->insn[pc].off;
	switch (row->kind) {
	case K_LDX: case K_LDSX: case K_STX: case K_ST: case K_ATOMIC: case K_ATOMIC_FETCH:
	case K_CMPXCHG: case K_LOAD_ACQ: case K_STORE_REL:
		return row->width / 8;
	default:
		return 0;
	}
}

/* The same for what a helper accesses through argument reg; 0 if it is not known. */
static uint64_t helper_size(const struct venv *env, const struct vstate *s, uint32_t pc,
			    uint32_t reg)
{
	const struct helper_proto *p;
	const struct helper_arg *arg;
	const struct reg_state *size;

	if (insn_row(env->id[pc])->kind != K_CALL || reg < 1 || reg > 5)
		return 0;
	p = helper_proto_for(env->insn[pc].imm, env->prog->type);
	if (!p)
		return 0;
	arg = &p->arg[reg - 1];
	if (arg->flags & ARGF_FIXED)
		return arg->size;
	if (arg->kind == ARG_MAP_KEY || arg->kind == ARG_MAP_VALUE) {
		const struct reg_state *map = state_reg(s, 1);

		if (map->type != T_MAP_PTR)
			return 0;
		return arg->kind == ARG_MAP_KEY ? env->unit->map[map->map].key_size
						: env->unit->map[map->map].value_size;
	}
	if (arg->kind != ARG_MEM || reg == 5)
		return 0;
	size = state_reg(s, reg + 1);
	return size->type == T_SCALAR && size->s.umax < MAX_PTR_OFF ? size->s.umax : 0;
}

const char *words_map_size(const struct venv *env, const struct vstate *s, uint32_t pc,
			   uint32_t reg)
{
	const struct reg_state *map = state_reg(s, 1);
	const struct helper_proto *p;
	const struct map_def *m;
	bool key;

	if (insn_row(env->id[pc])->kind != K_CALL || reg > 5 || map->type != T_MAP_PTR)
		return NULL;
	p = helper_proto_for(env->insn[pc].imm, env->prog->type);
	if (!p || (p->arg[reg - 1].kind != ARG_MAP_KEY && p->arg[reg - 1].kind != ARG_MAP_VALUE))
		return NULL;
	m = &env->unit->map[map->map];
	key = p->arg[reg - 1].kind == ARG_MAP_KEY;
	return arena_printf(env->arena, "bpf_%s() reads a %s of map '%s', which has %u bytes", p->name,
			    key ? "key" : "value", m->name, key ? m->key_size : m->value_size);
}

static const char *object_words(const struct venv *env, const struct reg_state *r, int64_t *lo,
				int64_t *hi)
{
	*lo = 0;
	switch (r->type) {
	case T_STACK:
		*lo = -STACK_SIZE;
		*hi = 0;
		return "the stack has bytes -512 to -1";
	case T_MAP_VALUE:
		*hi = env->unit->map[r->map].value_size;
		return arena_printf(env->arena, "the value has %u bytes", (uint32_t)*hi);
	case T_MAP_KEY:
		*hi = env->unit->map[r->map].key_size;
		return arena_printf(env->arena, "the key has %u bytes", (uint32_t)*hi);
	case T_PACKET: case T_PACKET_META:
		*hi = r->range < 0 ? 0 : r->range;
		return arena_printf(env->arena, "only %d bytes are known to exist", (int)*hi);
	case T_MEM: case T_BUF:
		*hi = r->size;
		return arena_printf(env->arena, "the object has %u bytes", r->size);
	case T_CTX:
		*hi = env->type->ctx_size;
		return arena_printf(env->arena, "the context has %u bytes", env->type->ctx_size);
	default:
		return NULL;
	}
}

/* "the access needs bytes 4 to 7, the value has 4 bytes" */
static const char *words_range(const struct venv *env, const struct vstate *s, uint32_t pc,
			       uint32_t reg)
{
	const struct reg_state *r = state_reg(s, reg);
	int32_t insn_off;
	uint64_t size = access_size(env, pc, &insn_off);
	int64_t lo, hi, first, last;
	const char *object;

	if (!size) {
		size = helper_size(env, s, pc, reg);
		insn_off = 0;
	}
	if (!size || r->type == T_SCALAR || r->type == T_NOT_INIT)
		return NULL;
	object = object_words(env, r, &lo, &hi);
	if (!object)
		return NULL;
	if (r->s.smin <= -MAX_PTR_OFF || r->s.smax >= MAX_PTR_OFF)
		return arena_printf(env->arena,
				"the access of %" PRIu64 " bytes may be anywhere; %s", size,
				    object);
	first = r->off + insn_off + (type_is_packet(r->type) ? 0 : r->s.smin);
	last = r->off + insn_off + (type_is_packet(r->type) ? 0 : r->s.smax) + (int64_t)size - 1;
	if (scalar_is_const(&r->s) || type_is_packet(r->type))
		return arena_printf(env->arena,
				"the access takes bytes %" PRId64 " to %" PRId64 "; %s",
				    first, last, object);
	return arena_printf(env->arena,
			"the access of %" PRIu64 " bytes may reach from byte %" PRId64
			    " to byte %" PRId64 "; %s", size, first, last, object);
}

/* Would the other direction, or another size, be allowed? */
static const char *words_ctx(const struct venv *env, const struct vstate *s, uint32_t pc,
			     uint32_t reg)
{
	const struct reg_state *r = state_reg(s, reg);
	struct ctx_access acc;
	int32_t off;
	uint32_t size = access_size(env, pc, &off), kind = insn_row(env->id[pc])->kind;
	bool write = kind == K_ST || kind == K_STX;
	uint16_t attach = env->prog->attach_type;

	if (r->type != T_CTX || !scalar_is_const(&r->s))
		return words_range(env, s, pc, reg);
	off += r->off + (int32_t)r->s.var.value;
	if (!size || (uint32_t)off >= env->type->ctx_size)
		return words_range(env, s, pc, reg);
	if (prog_ctx_access(env->prog->type, attach, off, size, !write, &acc))
		return arena_printf(env->arena,
				"bytes %d to %d of the context can be %s, but not %s in "
				    "programs of type %s", off, off + (int)size - 1,
				    write ? "read" : "written", write ? "written" : "read",
				    env->type->name);
	for (uint32_t other = 1; other <= 8; other *= 2)
		if (other != size &&
		    prog_ctx_access(env->prog->type, attach, off, other, write, &acc))
			return arena_printf(env->arena,
					"at offset %d the context has a field that is "
					    "accessed with %u bytes, not %u", off, other, size);
	return arena_printf(env->arena,
			"bytes %d to %d of the context are no field that programs of "
			    "type %s may access", off, off + (int)size - 1, env->type->name);
}

static const char *words_return(const struct venv *env)
{
	int32_t lo, hi;

	if (!prog_ret_range(env->prog->type, env->prog->attach_type, &lo, &hi))
		return NULL;
	return arena_printf(env->arena, "programs of type %s return a number from %d to %d",
			    env->type->name, lo, hi);
}

static const char *words_argument(const struct venv *env, uint32_t pc, uint32_t reg)
{
	static const char *const kind[ARG_KIND_N] = {
		[ARG_ANYTHING] = "a value", [ARG_CTX] = "the context", [ARG_MAP] = "a map",
		[ARG_MAP_KEY] = "a pointer to a key of the map",
		[ARG_MAP_VALUE] = "a pointer to a value of the map",
		[ARG_MEM] = "a pointer to memory", [ARG_SIZE] = "a size above 0",
		[ARG_SIZE_OR_ZERO] = "a size", [ARG_CONST_ALLOC_SIZE] = "a constant size",
		[ARG_SPIN_LOCK] = "the spin lock of a map value", [ARG_SOCK_COMMON] = "a socket",
		[ARG_SOCKET] = "a full socket", [ARG_BTF_SOCK_COMMON] = "a socket",
		[ARG_RINGBUF_MEM] = "what bpf_ringbuf_reserve() returned",
		[ARG_CONST_STR] = "a constant string", [ARG_FUNC] = "a function",
	};
	const struct helper_proto *p;
	const char *what;

	if (insn_row(env->id[pc])->kind != K_CALL || reg < 1 || reg > 5)
		return NULL;
	p = helper_proto_for(env->insn[pc].imm, env->prog->type);
	if (!p || p->arg[reg - 1].kind == ARG_NONE)
		return NULL;
	what = kind[p->arg[reg - 1].kind];
	return arena_printf(env->arena, "argument %u of bpf_%s() must be %s%s", reg, p->name,
			    what ? what : "a kernel object",
			    p->arg[reg - 1].flags & ARGF_NULL ? " or NULL" : "");
}

const char *words_fact(const struct venv *env, const struct vstate *s, uint32_t pc, enum verr err,
		       int reg)
{
	switch (err) {
	case V_VALUE_ACCESS: case V_KEY_ACCESS: case V_PACKET_ACCESS: case V_MEM_ACCESS:
	case V_STACK_ACCESS: case V_STACK_VAR_ACCESS: case V_STACK_UNBOUNDED: case V_UNBOUNDED:
	case V_MIN_NEGATIVE: case V_BUF_ACCESS:
	case V_STACK_READ_VAR:
		return reg < 0 ? NULL : words_range(env, s, pc, (uint32_t)reg);
	case V_CTX_ACCESS:
		return reg < 0 ? NULL : words_ctx(env, s, pc, (uint32_t)reg);
	case V_RETURN_RANGE: case V_RETURN_POINTER:
		return words_return(env);
	case V_ARG_TYPE: case V_ARG_SIZE_NEGATIVE: case V_ARG_SIZE_UNBOUNDED: case V_ARG_ZERO_SIZE:
	case V_ARG_CONST_SIZE: case V_ARG_STR: case V_ARG_PACKET: case V_ARG_ZERO_READ:
		return reg < 0 ? NULL : words_argument(env, pc, (uint32_t)reg);
	default:
		return NULL;
	}
}
