/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of helpers.def, and the rules that hang on more than the program type. */
#include "platform/platform.h"

#include <string.h>

/* ---- the vocabulary of helpers.def ---------------------------------------- */

#define T(type)		(1ULL << PROG_##type)
#define ALL		(((1ULL << PROG_TYPE_N) - 1) & ~T(PLAIN))
#define TC		(T(SCHED_CLS) | T(SCHED_ACT))
#define SKB		(TC | T(SOCKET_FILTER) | T(CGROUP_SKB))
#define LWT		(T(LWT_IN) | T(LWT_OUT) | T(LWT_XMIT) | T(LWT_SEG6LOCAL))
#define TRACE		(T(KPROBE) | T(TRACEPOINT) | T(PERF_EVENT) | T(RAW_TRACEPOINT) | \
			 T(RAW_TRACEPOINT_WRITABLE) | T(TRACING) | T(LSM))
#define SOCKS		(T(CGROUP_SOCK) | T(CGROUP_SOCK_ADDR) | T(SOCK_OPS))
#define CGROUP		(SOCKS | T(CGROUP_SKB) | T(CGROUP_DEVICE) | T(CGROUP_SYSCTL) | \
			 T(CGROUP_SOCKOPT))
#define SK_LOOKUPS	(TC | T(XDP) | T(CGROUP_SKB) | T(SK_SKB) | T(CGROUP_SOCK_ADDR))
#define SK_STORE	(TC | T(CGROUP_SKB) | T(SOCK_OPS) | T(SK_MSG) | T(CGROUP_SOCK_ADDR) | \
			 T(CGROUP_SOCKOPT))
#define SKC_TO		(SKB | T(XDP) | LWT | T(SOCK_OPS) | T(SK_SKB) | T(SK_MSG) | \
			 T(CGROUP_SOCK_ADDR) | T(FLOW_DISSECTOR) | T(SK_LOOKUP) | T(SYSCALL) | \
			 T(TRACING))
#define COARSE		(SKB | T(XDP) | LWT | SOCKS | T(SK_SKB) | T(SK_MSG) | T(SK_REUSEPORT) | \
			 T(FLOW_DISSECTOR) | T(CGROUP_SYSCTL) | T(SK_LOOKUP))

#define INT		(.ret = RET_SCALAR)
#define VOID		(.ret = RET_VOID)
#define P(kind)		(.ret = RET_##kind)
#define BTF(kind, type)	(.ret = RET_##kind, .ret_btf = #type)
#define RANGE(lo, hi)	(.ret = RET_SCALAR, .ret_range = true, .ret_lo = lo, .ret_hi = hi)
#define UPTO(n)		(.ret = RET_SCALAR, .ret_range = true, .ret_lo = -4095, \
			 .ret_hi = INT32_MAX, .ret_max_arg = n)

#define ARG(k, f)	{ .kind = ARG_##k, .flags = f }
#define ANY		ARG(ANYTHING, 0)
#define CTX		ARG(CTX, 0)
#define CTXN		ARG(CTX, ARGF_NULL)
#define MAP		ARG(MAP, 0)
#define KEY		ARG(MAP_KEY, 0)
#define VAL		ARG(MAP_VALUE, 0)
#define VALN		ARG(MAP_VALUE, ARGF_NULL)
#define VALWR		ARG(MAP_VALUE, ARGF_UNINIT | ARGF_WRITE)
#define RD		ARG(MEM, 0)
#define RDN		ARG(MEM, ARGF_NULL)
#define UPD		ARG(MEM, ARGF_WRITE)
#define WR		ARG(MEM, ARGF_UNINIT | ARGF_WRITE)
#define WRN		ARG(MEM, ARGF_UNINIT | ARGF_WRITE | ARGF_NULL)
#define FIX(n, f)	{ .kind = ARG_MEM, .flags = ARGF_FIXED | (f), .size = n }
#define SZ		ARG(SIZE, 0)
#define SZ0		ARG(SIZE_OR_ZERO, 0)
#define ALLOC		ARG(CONST_ALLOC_SIZE, 0)
#define RINGBUF		ARG(RINGBUF_MEM, ARGF_RELEASE)
#define LOCK		ARG(SPIN_LOCK, 0)
#define SKC		ARG(SOCK_COMMON, 0)
#define BSKC		ARG(BTF_SOCK_COMMON, 0)
#define BSKCN		ARG(BTF_SOCK_COMMON, ARGF_NULL)
#define REL_BSKC	ARG(BTF_SOCK_COMMON, ARGF_RELEASE)
#define STR		ARG(CONST_STR, 0)
#define FUNC		ARG(FUNC, 0)
#define STACKN		ARG(STACK, ARGF_NULL)
#define TIMER		ARG(TIMER, 0)
#define KPTR		ARG(KPTR, 0)
#define DYNPTR		ARG(DYNPTR, 0)
#define PERCPU		ARG(PERCPU_BTF_ID, 0)
#define BID(type)	{ .kind = ARG_BTF_ID, .btf_name = #type }
#define BIDN(type)	{ .kind = ARG_BTF_ID, .flags = ARGF_NULL, .btf_name = #type }
#define ARGS(...)	{ __VA_ARGS__ }
#define NOARGS		{ { .kind = ARG_NONE } }
#define UNPACK(...)	__VA_ARGS__

enum {
	GPL = HELPER_GPL, CHG = HELPER_CHANGES_PACKET, ACQ = HELPER_ACQUIRES,
	RUNS = HELPER_RUNS, NEXT = HELPER_NEXT, PKT = HELPER_PKT_ACCESS,
	PERF = HELPER_PERFMON, SLEEPS = HELPER_SLEEPS, UNPRIV = HELPER_UNPRIV,
	UNINIT = ARGF_UNINIT, WROTE = ARGF_WRITE, ALIGNED = ARGF_ALIGNED,
};

/*
 * Linux knows how many cpus the machine has and bounds the number by that; a
 * verdict here should not hang on the machine, so this is the most that the
 * usual kernels are built for.
 */
enum { CPU_MAX = 8191 };

static const struct helper_proto protos[HELPER_MAX] = {
#define HELPER(id_, name_, result, args, flags_, types_) \
	[id_] = { .id = id_, .name = #name_, UNPACK result, .arg = args, \
		  .flags = flags_, .types = types_ },
#include "platform/helpers.def"
};

static const struct helper_proto variants[] = {
#define HELPER(...)
#define VARIANT(id_, name_, result, args, flags_, types_) \
	{ .id = id_, .name = #name_, UNPACK result, .arg = args, \
	  .flags = flags_, .types = types_ },
#include "platform/helpers.def"
};
enum { NVARIANTS = sizeof(variants) / sizeof(variants[0]) };

/* ---- lookup ---------------------------------------------------------------- */

const struct helper_proto *helper_proto(int32_t id)
{
	return id > 0 && id < HELPER_MAX && protos[id].name ? &protos[id] : NULL;
}

const struct helper_proto *helper_proto_for(int32_t id, uint32_t type)
{
	for (const struct helper_proto *p = variants; p < variants + NVARIANTS; p++) {
		if (p->id == id && type < PROG_TYPE_N && (p->types >> type & 1))
			return p;
	}
	return helper_proto(id);
}

const struct helper_proto *helper_by_name(const char *name)
{
	if (!strncmp(name, "bpf_", 4))
		name += 4;
	for (uint32_t i = 0; i < HELPER_MAX; i++) {
		if (protos[i].name && !strcmp(protos[i].name, name))
			return &protos[i];
	}
	return NULL;
}

uint32_t helper_nargs(const struct helper_proto *p)
{
	uint32_t n = 0;

	while (n < 5 && p->arg[n].kind != ARG_NONE)
		n++;
	return n;
}

/* ---- who may call ------------------------------------------------------------- */

/* Hooks in cgroups that cannot answer with an errno. */
static bool no_retval(uint32_t attach)
{
	switch (attach) {
	case ATTACH_CGROUP_INGRESS: case ATTACH_CGROUP_EGRESS: case ATTACH_SOCK_OPS:
	case ATTACH_UDP4_RECVMSG: case ATTACH_UDP6_RECVMSG: case ATTACH_UNIX_RECVMSG:
	case ATTACH_INET4_GETPEERNAME: case ATTACH_INET6_GETPEERNAME:
	case ATTACH_INET4_GETSOCKNAME: case ATTACH_INET6_GETSOCKNAME:
	case ATTACH_UNIX_GETPEERNAME: case ATTACH_UNIX_GETSOCKNAME:
		return true;
	default:
		return false;
	}
}

/* Functions have arguments and results, iterators a file that they write. */
static bool tracing_allows(int32_t id, uint32_t attach)
{
	bool function = attach == ATTACH_FENTRY || attach == ATTACH_FEXIT ||
			attach == ATTACH_MODIFY_RETURN;

	switch (id) {
	case 49: case 57:	/* setsockopt, getsockopt: iterators of sockets */
	case 126: case 127: case 150:	/* seq_printf, seq_write, seq_printf_btf */
		return attach == ATTACH_ITER;
	case 174:		/* get_attach_cookie */
		return attach != ATTACH_ITER;
	case 183: case 185:	/* get_func_arg, get_func_arg_cnt */
		return function;
	case 184:		/* get_func_ret */
		return function && attach != ATTACH_FENTRY;
	default:
		return true;
	}
}

static bool attach_allows(int32_t id, uint32_t type, uint32_t attach)
{
	if (type == PROG_TRACING)
		return tracing_allows(id, attach);
	switch (id) {
	case 49: case 57:	/* setsockopt, getsockopt: not while getsockopt() runs */
		return type != PROG_CGROUP_SOCKOPT || attach == ATTACH_CGROUP_SETSOCKOPT;
	case 64:		/* bind */
		return attach == ATTACH_INET4_CONNECT || attach == ATTACH_INET6_CONNECT;
	case 186: case 187:	/* get_retval, set_retval; no attach type is that of a new socket */
		return (type == PROG_CGROUP_SOCK && !attach) || !no_retval(attach);
	default:
		return true;
	}
}

bool helper_available(const struct helper_proto *p, uint32_t type, uint32_t attach, enum priv priv)
{
	if (type >= PROG_TYPE_N || !(p->types >> type & 1) || !attach_allows(p->id, type, attach))
		return false;
	switch (priv) {
	case PRIV_ROOT:
		return true;
	case PRIV_CAP_BPF:
		/* The casts of sockets come from another list for syscall programs. */
		return !(p->flags & HELPER_PERFMON) || (p->types == SKC_TO && type == PROG_SYSCALL);
	default:
		return p->flags & HELPER_UNPRIV;
	}
}

bool helper_needs_gpl(const struct helper_proto *p, uint32_t type, uint32_t attach)
{
	if (p->id == 27 && type == PROG_PERF_EVENT)	/* get_stackid */
		return false;
	if (p->id == 173 && type == PROG_KPROBE)	/* get_func_ip of many functions */
		return attach != ATTACH_KPROBE_MULTI && attach != ATTACH_KPROBE_SESSION &&
		       attach != ATTACH_UPROBE_MULTI && attach != ATTACH_UPROBE_SESSION;
	return p->flags & HELPER_GPL;
}
