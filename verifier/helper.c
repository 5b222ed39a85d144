/* SPDX-License-Identifier: Apache-2.0 */
/* helper: calls of helpers, by their prototypes. */
#include "verifier/internal.h"

/* ---- may it be called here? ---------------------------------------------- */

bool program_is_gpl(const struct program *p)
{
	static const char *const gpl[] = {
		"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL",
		"Dual MPL/GPL",
	};

	for (uint32_t i = 0; i < sizeof(gpl) / sizeof(*gpl); i++)
		if (!strcmp(p->license, gpl[i]))
			return true;
	return false;
}

/* Of the iterators only those of sockets that are locked may set and get options. */
static bool iter_allows(const struct program *p, int32_t id)
{
	enum { SETSOCKOPT = 49, GETSOCKOPT = 57 };

	return (id != SETSOCKOPT && id != GETSOCKOPT) ||
	       (p->target && (!strcmp(p->target, "tcp") || !strcmp(p->target, "unix")));
}

static enum verr call_allowed(struct exec *x, const struct helper_proto *p)
{
	const struct program *prog = x->env->prog;

	if (!helper_available(p, prog->type, prog->attach_type, x->env->opts.priv) ||
	    (prog->type == PROG_TRACING && !iter_allows(prog, p->id)))
		return verr_fail(x->out, V_HELPER_TYPE, -1, p->name, p->id);
	if (helper_needs_gpl(p, prog->type, prog->attach_type) && !program_is_gpl(prog))
		return verr_fail(x->out, V_HELPER_GPL, -1);
	if (p->flags & HELPER_SLEEPS && !x->env->sleepable)
		return verr_fail(x->out, V_HELPER_SLEEPS, -1);
	if (x->st->lock_map && p->id != HELPER_spin_unlock)
		return verr_fail(x->out, V_LOCK_CALL, -1);
	if (p->flags & HELPER_NEXT)
		return verr_fail(x->out, V_UNSUPPORTED, -1, p->name);
	return V_OK;
}

/* ---- what a call invalidates --------------------------------------------- */

/* What was a pointer into memory that is gone or moved: a number, if numbers may be addresses. */
static void reg_invalidate(const struct venv *env, struct reg_state *r)
{
	if (env->perfmon)
		reg_unknown(r);
	else
		memset(r, 0, sizeof(*r));
}

static void spill_invalidate(const struct venv *env, struct vstate *st, const struct reg_iter *it)
{
	struct stack_slot *slot;

	if (it->i <= REGS) {
		reg_invalidate(env, &frame_own(env, st, it->frame)->reg[it->i - 1]);
		return;
	}
	slot = slot_own(env, st, it->frame, it->i - 1 - REGS);
	memset(slot->type, env->perfmon ? SLOT_MISC : SLOT_INVALID, sizeof(slot->type));
	memset(&slot->spill, 0, sizeof(slot->spill));
}

void packet_invalidate(const struct venv *env, struct vstate *st)
{
	struct reg_iter it = { 0, 0 };
	const struct reg_state *r;

	while ((r = reg_iter_next(st, &it)))
		if (type_is_packet(r->type) || r->type == T_PACKET_END)
			spill_invalidate(env, st, &it);
}

static enum verr ref_release(struct exec *x, uint32_t ref)
{
	struct reg_iter it = { 0, 0 };
	const struct reg_state *r;

	if (!state_drop_ref(x->st, ref, REF_PTR))
		return verr_fail(x->out, V_REF_UNKNOWN, -1, ref);
	while ((r = reg_iter_next(x->st, &it)))
		if (r->ref == ref)
			spill_invalidate(x->env, x->st, &it);
	return V_OK;
}

/* ---- results ------------------------------------------------------------- */

static bool casts_pointer(int32_t id)
{
	switch (id) {
	case HELPER_tcp_sock: case HELPER_sk_fullsock: case HELPER_skc_to_tcp6_sock:
	case HELPER_skc_to_tcp_sock: case HELPER_skc_to_tcp_timewait_sock:
	case HELPER_skc_to_tcp_request_sock: case HELPER_skc_to_udp6_sock:
	case HELPER_skc_to_mptcp_sock:
		return true;
	default:
		return false;
	}
}

static bool acquires(struct exec *x, const struct call *c)
{
	return c->proto->flags & HELPER_ACQUIRES ||
	       (c->proto->id == HELPER_map_lookup_elem && c->map >= 0 &&
		map_kind(x->env->unit->map[c->map].type)->lookup == LOOKUP_SOCKET);
}

static enum verr result_map_value(struct exec *x, const struct call *c, bool null)
{
	struct reg_state *r0 = &x->f->reg[0];
	const struct map_def *m;

	if (c->map < 0)
		return verr_fail(x->out, V_UNSUPPORTED, -1, "a map value of no map");
	m = &x->env->unit->map[c->map];
	if (map_kind(m->type)->lookup == LOOKUP_MAP &&
	    (m->inner < 0 || (uint32_t)m->inner >= x->env->unit->nmap))
		return verr_fail(x->out, V_UNSUPPORTED, -1, "maps of maps without template");
	if (c->proto->id == HELPER_map_lookup_elem && c->key >= 0 &&
	    (uint64_t)c->key < m->max_entries)
		null = false;
	reg_pointer(r0, T_MAP_VALUE, null ? TF_NULL : 0);
	r0->map = (uint32_t)c->map;
	r0->map_uid = c->map_uid;
	if (null || m->has_spin_lock)
		r0->id = state_id(x->st);
	return V_OK;
}

static void result_pointer(struct exec *x, enum reg_type type, uint8_t flags, const char *btf)
{
	struct reg_state *r0 = &x->f->reg[0];

	reg_pointer(r0, type, flags);
	if (btf)
		r0->btf = btf_intern(x->env, btf);
	if (flags & TF_NULL)
		r0->id = state_id(x->st);
}

static void result_scalar(struct exec *x, const struct call *c)
{
	const struct helper_proto *p = c->proto;
	struct reg_state *r0 = &x->f->reg[0];
	int64_t hi = p->ret_hi;

	reg_unknown(r0);
	if (!p->ret_range)
		return;
	if (p->ret_max_arg && c->size_max[p->ret_max_arg] < (uint64_t)hi)
		hi = (int64_t)c->size_max[p->ret_max_arg];
	if (p->id == HELPER_get_smp_processor_id && x->env->opts.cpus)
		hi = (int64_t)x->env->opts.cpus - 1;
	r0->s = scalar_srange(p->ret_lo, hi);
}

static enum verr result(struct exec *x, const struct call *c)
{
	const struct helper_proto *p = c->proto;

	switch ((enum ret_kind)p->ret) {
	case RET_SCALAR:
		result_scalar(x, c);
		return V_OK;
	case RET_VOID:
		return V_OK;
	case RET_MAP_VALUE: case RET_MAP_VALUE_OR_NULL:
		return result_map_value(x, c, p->ret == RET_MAP_VALUE_OR_NULL);
	case RET_SOCKET_OR_NULL:
		result_pointer(x, T_SOCKET, TF_NULL, NULL);
		return V_OK;
	case RET_TCP_SOCK_OR_NULL:
		result_pointer(x, T_TCP_SOCK, TF_NULL, NULL);
		return V_OK;
	case RET_SOCK_COMMON_OR_NULL:
		result_pointer(x, T_SOCK_COMMON, TF_NULL, NULL);
		return V_OK;
	case RET_MEM_OR_NULL:
		if (c->alloc_size >= MAX_PTR_OFF)
			return verr_fail(x->out, V_ARG_CONST_SIZE, 2, 2);
		result_pointer(x, T_MEM, TF_NULL | TF_RINGBUF, NULL);
		x->f->reg[0].size = (uint32_t)c->alloc_size;
		return V_OK;
	case RET_BTF_ID:
		result_pointer(x, T_BTF_ID, 0, p->ret_btf);
		return V_OK;
	case RET_BTF_ID_OR_NULL:
		result_pointer(x, T_BTF_ID, TF_NULL, p->ret_btf);
		return V_OK;
	case RET_BTF_ID_TRUSTED:
		result_pointer(x, T_BTF_ID, TF_TRUSTED, p->ret_btf);
		return V_OK;
	default:
		return verr_fail(x->out, V_UNSUPPORTED, -1, p->name);
	}
}

static enum verr result_ref(struct exec *x, const struct call *c)
{
	struct reg_state *r0 = &x->f->reg[0];

	if (casts_pointer(c->proto->id)) {
		r0->ref = c->ref;
		return V_OK;
	}
	if (!acquires(x, c))
		return V_OK;
	if (!r0->id)
		r0->id = state_id(x->st);
	r0->ref = r0->id;
	x->st->insn = x->pc;	/* where it was acquired */
	if (!state_add_ref(x->env, x->st, r0->id, REF_PTR))
		return verr_fail(x->out, V_TOO_MANY_REFS, -1, (uint32_t)MAX_REFS);
	x->st->insn = x->pc + 1;
	return V_OK;
}

/* ---- the call ------------------------------------------------------------ */

/* Rules of single helpers that no prototype says. */
static enum verr call_special(struct exec *x, const struct call *c)
{
	const struct func_state *f = x->f;

	switch (c->proto->id) {
	case HELPER_map_update_elem: case HELPER_map_delete_elem: case HELPER_map_push_elem:
	case HELPER_map_pop_elem:
		if (c->map >= 0 && x->env->unit->map[c->map].flags & MAPF_RDONLY_PROG)
			return verr_fail(x->out, V_WRITE_MAP_CALL, -1);
		return V_OK;
	case HELPER_tail_call:
		if (x->st->lock_map)
			return verr_fail(x->out, V_LOCK_HELD, -1, "tail_call");
		if (x->st->nref)
			return verr_fail(x->out, V_TAIL_CALL_HELD, -1);
		/* Linux jumps to a known program directly, so the index matters. */
		if (c->map >= 0 && scalar_is_const(&f->reg[3].s) &&
		    f->reg[3].s.var.value < x->env->unit->map[c->map].max_entries)
			need_precise(x, 3);
		/* The index is masked for one map, which all paths must agree on. */
		if (!x->env->bpf_capable && c->map >= 0)
			x->out->mask = (uint64_t)c->map_uid << 32 | ((uint32_t)c->map + 1);
		return V_OK;
	case HELPER_get_local_storage:
		if (f->reg[2].type != T_SCALAR || f->reg[2].s.umax)
			return verr_fail(x->out, V_LOCAL_STORAGE_FLAGS, 2);
		return V_OK;
	default:
		return V_OK;
	}
}

/*
 * What is called in place of a subprogram returns to its caller: with any r0, and
 * perhaps another packet.  (Linux 6.18 only knows of the call that fails.)
 */
static enum verr tail_called(struct exec *x)
{
	if (exec_may_return(x, scalar_unknown()))
		return x->out->err;
	packet_invalidate(x->env, x->st);
	return V_OK;
}

enum verr exec_call(struct exec *x)
{
	const struct helper_proto *p = helper_proto_for(x->in->imm, x->env->prog->type);
	struct call c = { .proto = p, .map = -1, .key = -1 };
	uint32_t n;

	if (!p)
		return verr_fail(x->out, V_HELPER_UNKNOWN, -1, x->in->imm);
	if (call_allowed(x, p))
		return x->out->err;
	n = helper_nargs(p);
	for (uint32_t reg = 1; reg <= n; reg++)
		if (helper_arg_check(x, &c, reg))
			return x->out->err;
	if (call_special(x, &c))
		return x->out->err;
	x->f = frame_own(x->env, x->st, x->st->curframe);
	if (c.release && c.ref && ref_release(x, c.ref))
		return x->out->err;
	call_clobber(x->f);
	x->out->touched |= 0x3f;
	if (result(x, &c) || result_ref(x, &c))
		return x->out->err;
	if (p->flags & HELPER_CHANGES_PACKET)
		packet_invalidate(x->env, x->st);
	return p->id == HELPER_tail_call && x->st->curframe ? tail_called(x) : V_OK;
}
