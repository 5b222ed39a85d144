/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds a program around one helper call, with arguments as the prototype in
 * platform/ wants them, or with one argument that is wrong in a given way.
 */
#ifndef TESTS_CALL_H
#define TESTS_CALL_H

#include "tests/probe/probe.h"

enum odd {
	ODD_NOTHING,
	ODD_SCALAR,	/* a number where a pointer belongs */
	ODD_NO_VALUE,	/* a register that nothing was written to */
	ODD_NULL,	/* 0, and size 0 if there is a size */
	ODD_ZERO_SIZE,	/* a size of 0 */
	ODD_UNINIT,	/* stack memory that nothing was written to */
	ODD_RDONLY,	/* a map value that programs must not write */
	ODD_PACKET,	/* packet memory */
	ODD_FIT,	/* the last bytes of the stack, as many as are needed */
	ODD_SHORT,	/* one less */
	ODD_MISALIGNED,
};

/* Descriptors that calls need beside the map that they are about. */
struct call_env {
	int ringbuf, rodata, locked;
};

struct call {
	const struct helper_proto *h;
	struct probe_type t;
	int map;	  /* for ARG_MAP */
	uint32_t odd_arg; /* from 1 */
	enum odd odd;
	bool packet;	 /* r8: packet memory */
	bool sock_value; /* the values of the map are sockets */
	const struct call_env *env;
};

/* if (reg == 0) return 1; */
static inline void call_leave_if_null(struct probe *p, uint8_t reg)
{
	probe_add(p, insn_jmp_imm(JMP_JNE, reg, 0, 2));
	probe_exit(p);
}

static inline void call_value(struct probe *p, uint8_t reg, int fd, int32_t off)
{
	struct insn two[2];

	insn_lddw(two, reg, 2, (uint32_t)fd | (uint64_t)(uint32_t)off << 32);
	probe_add(p, two[0]);
	probe_add(p, two[1]);
}

/* Where the context has a socket, or -1. */
static inline int32_t call_sock_off(uint32_t type)
{
	switch (type) {
	case PROG_SOCKET_FILTER:
	case PROG_SCHED_CLS:
	case PROG_SCHED_ACT:
	case PROG_CGROUP_SKB:
	case PROG_LWT_IN:
	case PROG_LWT_OUT:
	case PROG_LWT_XMIT:
	case PROG_LWT_SEG6LOCAL:
	case PROG_SK_SKB:
		return 168;
	case PROG_SK_LOOKUP:
	case PROG_CGROUP_SOCKOPT:
		return 0;
	case PROG_SOCK_OPS:
		return 184;
	case PROG_SK_MSG:
		return 72;
	case PROG_CGROUP_SOCK_ADDR:
		return 64;
	case PROG_SK_REUSEPORT:
		return 40;
	default:
		return -1;
	}
}

/* A socket in r6.  *acquired: it has to be released.  False: no way to get one. */
static inline bool call_socket(struct probe *p, const struct call *c, bool *acquired)
{
	int32_t off = call_sock_off(c->t.type);
	bool release = c->h->id == 86;

	*acquired = false;
	if (release || off < 0) {
		const struct helper_proto *lookup = helper_proto(84);

		if (!helper_available(lookup, c->t.type, c->t.attach, PRIV_ROOT))
			return false;
		probe_add(p, insn_mov64_reg(1, 9));
		probe_add(p, insn_mov64_reg(2, 10));
		probe_add(p, insn_alu64_imm(ALU_ADD, 2, -64));
		probe_add(p, insn_mov64_imm(3, 12));
		probe_add(p, insn_mov64_imm(4, 0));
		probe_add(p, insn_mov64_imm(5, 0));
		probe_add(p, insn_call(84));
		probe_add(p, insn_mov64_reg(6, 0));
		*acquired = !release;
	} else {
		probe_add(p, insn_ldx(SZ_DW, 6, 9, (int16_t)off));
	}
	call_leave_if_null(p, 6);
	return true;
}

/* 64 bytes of packet behind r8; clobbers r0 and r7. */
static inline bool call_packet(struct probe *p, const struct call *c)
{
	const struct prog_type_info *ti = prog_type_info(c->t.type);
	struct ctx_access acc;
	uint8_t sz;

	if (ti->off_data < 0)
		return false;
	sz = prog_ctx_access(c->t.type, c->t.attach, ti->off_data, 4, false, &acc) ? SZ_W : SZ_DW;
	probe_add(p, insn_ldx(sz, 8, 9, ti->off_data));
	probe_add(p, insn_ldx(sz, 7, 9, ti->off_data_end));
	probe_add(p, insn_mov64_reg(0, 8));
	probe_add(p, insn_alu64_imm(ALU_ADD, 0, 64));
	probe_add(p, insn_jmp_reg(JMP_JLE, 0, 7, 2));
	probe_exit(p);
	return true;
}

/* What has to be there before arguments are put in place: r6.  False: cannot be had. */
static inline bool call_prepare(struct probe *p, const struct call *c, bool *acquired)
{
	*acquired = false;
	if (c->packet && !call_packet(p, c)) /* first: nothing is to be given back yet */
		return false;
	if (c->sock_value && !call_socket(p, c, acquired))
		return false;
	for (uint32_t i = 0; i < helper_nargs(c->h); i++) {
		const struct helper_arg *a = &c->h->arg[i];

		switch (a->kind) {
		case ARG_SOCK_COMMON:
		case ARG_SOCKET:
		case ARG_BTF_SOCK_COMMON:
			if (!call_socket(p, c, acquired))
				return false;
			break;
		case ARG_BTF_ID:
			if (strcmp(a->btf_name, "task_struct"))
				return false;
			probe_add(p, insn_call(158));
			probe_add(p, insn_mov64_reg(6, 0));
			break;
		case ARG_RINGBUF_MEM:
			probe_map(p, 1, c->env->ringbuf);
			probe_add(p, insn_mov64_imm(2, 8));
			probe_add(p, insn_mov64_imm(3, 0));
			probe_add(p, insn_call(131));
			call_leave_if_null(p, 0);
			probe_add(p, insn_mov64_reg(6, 0));
			break;
		case ARG_FUNC:
		case ARG_TIMER:
		case ARG_KPTR:
		case ARG_DYNPTR:
		case ARG_PERCPU_BTF_ID:
			return false;
		default:
			break;
		}
	}
	if (c->h->id == 94) {
		call_value(p, 1, c->env->locked, 0);
		probe_add(p, insn_call(93));
	}
	return true;
}

/* Argument i (from 0) of the kind that the prototype wants, into r(i + 1). */
static inline void call_arg(struct probe *p, const struct call *c, uint32_t i)
{
	uint8_t r = (uint8_t)(i + 1);

	switch (c->h->arg[i].kind) {
	case ARG_CTX:
		probe_add(p, insn_mov64_reg(r, 9));
		break;
	case ARG_MAP:
		probe_map(p, r, c->map);
		break;
	case ARG_MAP_KEY:
	case ARG_MAP_VALUE:
	case ARG_MEM:
	case ARG_STACK:
		if (c->sock_value && c->h->arg[i].kind == ARG_MAP_VALUE) {
			probe_add(p, insn_mov64_reg(r, 6));
			break;
		}
		probe_add(p, insn_mov64_reg(r, 10));
		probe_add(p, insn_alu64_imm(ALU_ADD, r, -64 * r));
		break;
	case ARG_SIZE:
	case ARG_SIZE_OR_ZERO:
	case ARG_CONST_ALLOC_SIZE:
		probe_add(p, insn_mov64_imm(r, 8));
		break;
	case ARG_SOCK_COMMON:
	case ARG_SOCKET:
	case ARG_BTF_SOCK_COMMON:
	case ARG_BTF_ID:
	case ARG_RINGBUF_MEM:
		probe_add(p, insn_mov64_reg(r, 6));
		break;
	case ARG_SPIN_LOCK:
		call_value(p, r, c->env->locked, 0);
		break;
	case ARG_CONST_STR:
		call_value(p, r, c->env->rodata, 0);
		break;
	default:
		probe_add(p, insn_mov64_imm(r, 0));
		break;
	}
}

static inline void call_odd_arg(struct probe *p, const struct call *c)
{
	uint8_t r = (uint8_t)c->odd_arg;
	uint32_t n = helper_nargs(c->h);
	const struct helper_arg *next = r < n ? &c->h->arg[r] : NULL;
	int32_t size;

	switch (c->odd) {
	case ODD_SCALAR:
		probe_add(p, insn_mov64_imm(r, 1));
		break;
	case ODD_NULL:
		probe_add(p, insn_mov64_imm(r, 0));
		if (next && next->kind == ARG_SIZE_OR_ZERO)
			probe_add(p, insn_mov64_imm(r + 1, 0));
		break;
	case ODD_ZERO_SIZE:
		probe_add(p, insn_mov64_imm(r, 0));
		break;
	case ODD_UNINIT:
		probe_add(p, insn_mov64_reg(r, 10));
		probe_add(p, insn_alu64_imm(ALU_ADD, r, -448));
		break;
	case ODD_RDONLY:
		call_value(p, r, c->env->rodata, 0);
		break;
	case ODD_PACKET: /* which starts 2 bytes behind a multiple of 8 */
		probe_add(p, insn_mov64_reg(r, 8));
		probe_add(p, insn_alu64_imm(ALU_ADD, r, 6));
		break;
	case ODD_FIT:
	case ODD_SHORT:
	case ODD_MISALIGNED:
		size = c->h->arg[r - 1].flags & ARGF_FIXED ? c->h->arg[r - 1].size : 8;
		size += c->odd == ODD_SHORT ? -1 : c->odd == ODD_MISALIGNED ? 1 : 0;
		probe_add(p, insn_mov64_reg(r, 10));
		probe_add(p, insn_alu64_imm(ALU_ADD, r, -size));
		break;
	default:
		break;
	}
}

/* Gives back what was acquired. */
static inline void call_finish(struct probe *p, const struct call *c, bool acquired)
{
	if (c->h->id == 93) {
		call_value(p, 1, c->env->locked, 0);
		probe_add(p, insn_call(94));
	}
	if (c->h->flags & HELPER_ACQUIRES) {
		probe_add(p, insn_jmp_imm(JMP_JEQ, 0, 0, 3));
		probe_add(p, insn_mov64_reg(1, 0));
		probe_add(p, insn_mov64_imm(2, 0));
		probe_add(p, insn_call(c->h->ret == RET_MEM_OR_NULL ? 133 : 86));
	}
	if (acquired) {
		probe_add(p, insn_mov64_reg(1, 6));
		probe_add(p, insn_call(86));
	}
}

/*
 * The program.  The call itself is the last helper call before what was
 * acquired is given back; its slot goes to *at.  With touch, packet memory is
 * read after it.  False if arguments of this kind cannot be made.
 */
static inline bool call_build(struct probe *p, const struct call *c, bool touch, uint32_t *at)
{
	uint32_t n = helper_nargs(c->h);
	bool acquired;

	*p = (struct probe){.t = c->t};
	probe_add(p, insn_mov64_reg(9, 1));
	for (int off = -384; off < 0; off += 8)
		probe_add(p, insn_st(SZ_DW, 10, (int16_t)off, 0));
	if (!call_prepare(p, c, &acquired))
		return false;
	/* The odd one last: it may change the one behind it, too. */
	for (uint32_t i = 0; i < n; i++) {
		if (!(c->odd == ODD_NO_VALUE && i + 1 == c->odd_arg))
			call_arg(p, c, i);
	}
	if (c->odd == ODD_NO_VALUE && c->odd_arg == 1) {
		/* r1 still has the context unless a call has ended it. */
		probe_add(p, insn_call(7));
		for (uint32_t i = 1; i < n; i++)
			call_arg(p, c, i);
	}
	call_odd_arg(p, c);
	*at = p->n;
	probe_add(p, insn_call(c->h->id));
	if (touch)
		probe_add(p, insn_ldx(SZ_B, 2, 8, 0));
	call_finish(p, c, acquired);
	probe_exit(p);
	return true;
}

/* A frozen array with one value of 64 bytes, all zero, that programs only read. */
static inline int call_rodata(void)
{
	struct linux_map_opts o = {
		.type = MAP_ARRAY,
		.key_size = 4,
		.value_size = 64,
		.max_entries = 1,
		.flags = MAPF_RDONLY_PROG,
	};
	int fd;

	if (linux_map_create(&o, &fd))
		return -1;
	linux_map_freeze(fd);
	return fd;
}

#endif
