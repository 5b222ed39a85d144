/* SPDX-License-Identifier: Apache-2.0 */
/* What a program may read and write of its context: the rules around ctx.def. */
#include "platform/platform.h"

enum ctx_id {
	C_SKB, C_XDP, C_SOCK, C_ADDR, C_OPS, C_DEV, C_MSG, C_REUSE, C_SYSCTL, C_OPT, C_LOOKUP,
	C_REGS, C_PERF, C_NF, C_ARGS,
};

/* How much of a field an access may take; PAIR and QUAD add to the others. */
enum {
	NO, FULL, HEAD, SUB, PORT,
	MODE = 7,
	PAIR = 8,	/* two fields of 4 bytes at once */
	QUAD = 16,	/* two fields of 2 bytes at once */
};

struct field {
	uint8_t ctx, size, count, kind, read, write;
	uint16_t off;
	uint64_t readers, writers;
};

#define T(type)		(1ULL << PROG_##type)
#define AT(type)	(1ULL << ATTACH_##type)
#define EACH		(~0ULL)
#define FILTER		T(SOCKET_FILTER)
#define TC		(T(SCHED_CLS) | T(SCHED_ACT))
#define CGSKB		T(CGROUP_SKB)
#define DISSECT		T(FLOW_DISSECTOR)
#define LWT		(T(LWT_IN) | T(LWT_OUT) | T(LWT_XMIT) | T(LWT_SEG6LOCAL))
#define SKBS		(FILTER | TC | CGSKB | LWT | T(SK_SKB))
#define MADE		(AT(SOCK_CREATE) | AT(SOCK_RELEASE))
#define BOUND		(AT(INET4_POST_BIND) | AT(INET6_POST_BIND))
#define ADDR4		(AT(INET4_BIND) | AT(INET4_CONNECT) | AT(UDP4_SENDMSG) | \
			 AT(UDP4_RECVMSG) | AT(INET4_GETPEERNAME) | AT(INET4_GETSOCKNAME))
#define ADDR6		(AT(INET6_BIND) | AT(INET6_CONNECT) | AT(UDP6_SENDMSG) | \
			 AT(UDP6_RECVMSG) | AT(INET6_GETPEERNAME) | AT(INET6_GETSOCKNAME))

static const struct field fields[] = {
#define FIELD(ctx_, off_, count_, size_, read_, readers_, write_, writers_, kind_) \
	{ .ctx = C_##ctx_, .off = off_, .count = count_, .size = size_, .read = read_, \
	  .readers = readers_, .write = write_, .writers = writers_, .kind = CTX_##kind_ },
#include "platform/ctx.def"
};
enum { NFIELDS = sizeof(fields) / sizeof(fields[0]) };

/* The layout of each program type with fixed fields, plus 1; 0: none. */
static const uint8_t layout[PROG_TYPE_N] = {
#define HAS(type, ctx) [PROG_##type] = C_##ctx + 1
	HAS(SOCKET_FILTER, SKB), HAS(SCHED_CLS, SKB), HAS(SCHED_ACT, SKB), HAS(CGROUP_SKB, SKB),
	HAS(SK_SKB, SKB), HAS(FLOW_DISSECTOR, SKB), HAS(LWT_IN, SKB), HAS(LWT_OUT, SKB),
	HAS(LWT_XMIT, SKB), HAS(LWT_SEG6LOCAL, SKB), HAS(XDP, XDP), HAS(CGROUP_SOCK, SOCK),
	HAS(CGROUP_SOCK_ADDR, ADDR), HAS(SOCK_OPS, OPS), HAS(CGROUP_DEVICE, DEV),
	HAS(SK_MSG, MSG), HAS(SK_REUSEPORT, REUSE), HAS(CGROUP_SYSCTL, SYSCTL),
	HAS(CGROUP_SOCKOPT, OPT), HAS(SK_LOOKUP, LOOKUP), HAS(KPROBE, REGS),
	HAS(PERF_EVENT, PERF), HAS(NETFILTER, NF), HAS(RAW_TRACEPOINT, ARGS),
	HAS(RAW_TRACEPOINT_WRITABLE, ARGS),
};

/* at: offset of the access within its field. */
static bool mode_allows(uint8_t mode, uint32_t field_size, int32_t off, uint32_t at, uint32_t size)
{
	if ((mode & PAIR) && size == 8)
		return off % 8 == 0;
	if ((mode & QUAD) && size == 4)
		return off % 4 == 0;
	switch (mode & MODE) {
	case FULL: return at == 0 && size == field_size;
	case HEAD: return at == 0 && size <= field_size;
	case SUB:  return size <= field_size;
	case PORT: return (at == 0 && size == 4) || at + size <= 2;
	default:   return false;
	}
}

/* Accesses are naturally aligned, so only PAIR and QUAD reach beyond one field. */
static bool field_access(uint8_t ctx, uint64_t who, int32_t off, uint32_t size, bool write,
			 struct ctx_access *acc)
{
	for (const struct field *f = fields; f < fields + NFIELDS; f++) {
		uint8_t mode = write ? f->write : f->read;
		uint32_t at;

		if (f->ctx != ctx || off < f->off ||
		    off + (int32_t)size > f->off + f->count * f->size)
			continue;
		at = (uint32_t)(off - f->off) % f->size;
		if (!((write ? f->writers : f->readers) & who) ||
		    !mode_allows(mode, f->size, off, at, size))
			return false;
		acc->kind = (enum ctx_kind)f->kind;
		acc->field_size = size > f->size ? (uint8_t)size : f->size;
		acc->ptr = f->kind != CTX_SCALAR;
		if (f->kind == CTX_BTF_PTR)
			acc->btf_name = off == 0 ? "nf_hook_state" : "sk_buff";
		return true;
	}
	return false;
}

/* Linux takes no attach type for the first one of its kind. */
static uint64_t attach_bit(uint32_t type, uint32_t attach)
{
	if (type == PROG_CGROUP_SOCK && attach == 0)
		attach = ATTACH_SOCK_CREATE;
	return attach < 64 ? 1ULL << attach : 0;
}

bool prog_ctx_access(uint32_t type, uint32_t attach, int32_t off, uint32_t size, bool write,
		     struct ctx_access *acc)
{
	*acc = (struct ctx_access){ .kind = CTX_SCALAR, .field_size = (uint8_t)size };
	if (!size || size > 8 || (size & (size - 1)) || type >= PROG_TYPE_N)
		return false;
	if (type == PROG_PLAIN)
		return off >= 0 && off + size <= 0xffff;
	if (off % (int32_t)size)
		return false;
	switch (type) {
	case PROG_SYSCALL:
		return off >= 0 && off < 0xffff;
	case PROG_TRACEPOINT:
		/*
		 * The first 8 bytes are the kernel's own.  That offsets below zero pass
		 * is no wish of ours: 6.18 compares them unsigned there and signed here.
		 */
		return !write && (off < 0 || off >= 8) && off < 8192;
	case PROG_RAW_TRACEPOINT_WRITABLE:
		if (off == 0) {
			acc->kind = CTX_TP_BUFFER;
			acc->ptr = true;
			return size == 8 && !write;
		}
		break;
	default:
		break;
	}
	if (off < 0 || !layout[type])
		return false;
	return field_access(layout[type] - 1,
			    layout[type] == C_SKB + 1 ? 1ULL << type : attach_bit(type, attach),
			    off, size, write, acc);
}

bool prog_ctx_unpriv(uint32_t type, int32_t off, bool write)
{
	enum { SKB_TSTAMP = 152 };
	const struct prog_type_info *i = prog_type_info(type);

	if (type != PROG_CGROUP_SKB || off < 0)
		return true;
	return write ? off / 8 * 8 != SKB_TSTAMP :
		       off / 4 * 4 != i->off_data && off / 4 * 4 != i->off_data_end;
}

/* ---- behind pointers ---------------------------------------------------------- */

/* What any socket has: struct bpf_sock without type, protocol, mark and priority. */
static bool sock_access(int32_t off, uint32_t size, bool full, struct ctx_access *acc)
{
	if (!full && off >= 8 && off < 24)
		return false;
	if (off >= 24 && off < 44) {	/* src_ip4, src_ip6: readers of either attach type */
		acc->field_size = 4;
		return size <= 4;
	}
	return field_access(C_SOCK, MADE | BOUND, off, size, false, acc);
}

/* struct bpf_tcp_sock: 4 bytes each, but for bytes_received and bytes_acked. */
static bool tcp_sock_access(int32_t off, uint32_t size)
{
	bool wide = off >= 80 && off < 96;

	return off < 112 && size == (wide ? 8 : 4);
}

bool obj_access(enum obj_kind obj, int32_t off, uint32_t size, bool write, struct ctx_access *acc)
{
	*acc = (struct ctx_access){ .kind = CTX_SCALAR, .field_size = (uint8_t)size };
	if (off < 0 || !size || size > 8 || (size & (size - 1)))
		return false;
	if (obj == OBJ_FLOW_KEYS)
		return off + size <= 56;
	if (write || off % (int32_t)size)
		return false;
	switch (obj) {
	case OBJ_SOCK_COMMON: return sock_access(off, size, false, acc);
	case OBJ_SOCKET: return sock_access(off, size, true, acc);
	case OBJ_TCP_SOCK: return tcp_sock_access(off, size);
	case OBJ_XDP_SOCK: return off == 0 && size == 4;
	default: return false;
	}
}
