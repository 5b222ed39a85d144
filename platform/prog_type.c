/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of prog_type.def, and what r0 must be at exit. */
#include "platform/platform.h"

#include <string.h>

enum {
	ANY = 1, RDONLY = 2, PACKET = 4, PWRITE = 8, LDABS = 16, SLEEPS = 32, RUNS = 64,
	NOHELP = 128, ALLHELP = 256,
};

static const struct prog_type_info types[PROG_TYPE_N] = {
#define TYPE(NAME, name_, size, flags, data, end, meta, attach) \
	[PROG_##NAME] = { \
		.type = PROG_##NAME, .name = name_, .ctx_size = size, \
		.ctx_any = (flags) & ANY, .ctx_readonly = (flags) & RDONLY, \
		.has_packet = (flags) & PACKET, .direct_packet_write = (flags) & PWRITE, \
		.ld_abs = (flags) & LDABS, .sleepable = (flags) & SLEEPS, \
		.runs = ((flags) & RUNS) != 0, .off_data = data, .off_data_end = end, \
		.off_data_meta = meta, .attach_type = attach, \
		.helper_packet = ((flags) & PACKET) && (data) >= 0 && !((flags) & NOHELP), \
		.helper_packet_any = ((flags) & ALLHELP) != 0, \
	},
#include "platform/prog_type.def"
};

const struct prog_type_info *prog_type_info(uint32_t type)
{
	return type < PROG_TYPE_N ? &types[type] : NULL;
}

const struct prog_type_info *prog_type_by_name(const char *name)
{
	for (uint32_t i = 0; i < PROG_TYPE_N; i++) {
		if (!strcmp(name, types[i].name))
			return &types[i];
	}
	return NULL;
}

/* Hooks of cgroup_sock_addr, in the order of their numbers. */
static bool sock_addr_hook(uint32_t attach)
{
	switch (attach) {
	case ATTACH_INET4_BIND: case ATTACH_INET6_BIND:
	case ATTACH_INET4_CONNECT: case ATTACH_INET6_CONNECT:
	case ATTACH_UDP4_SENDMSG: case ATTACH_UDP6_SENDMSG:
	case ATTACH_UDP4_RECVMSG: case ATTACH_UDP6_RECVMSG:
	case ATTACH_INET4_GETPEERNAME: case ATTACH_INET6_GETPEERNAME:
	case ATTACH_INET4_GETSOCKNAME: case ATTACH_INET6_GETSOCKNAME:
	case ATTACH_UNIX_CONNECT: case ATTACH_UNIX_SENDMSG: case ATTACH_UNIX_RECVMSG:
	case ATTACH_UNIX_GETPEERNAME: case ATTACH_UNIX_GETSOCKNAME:
		return true;
	default:
		return false;
	}
}

/* Types that are not named here take any number. */
static bool attach_ok(uint32_t type, uint32_t attach)
{
	switch (type) {
	case PROG_CGROUP_SKB:
		return attach <= ATTACH_CGROUP_EGRESS;
	case PROG_CGROUP_SOCK:	/* 0 stands for the first of them */
		return !attach || attach == ATTACH_SOCK_CREATE || attach == ATTACH_SOCK_RELEASE ||
		       attach == ATTACH_INET4_POST_BIND || attach == ATTACH_INET6_POST_BIND;
	case PROG_CGROUP_SOCK_ADDR:
		return sock_addr_hook(attach);
	case PROG_CGROUP_SOCKOPT:
		return attach == ATTACH_CGROUP_GETSOCKOPT || attach == ATTACH_CGROUP_SETSOCKOPT;
	case PROG_SK_REUSEPORT:
		return !attach || attach == ATTACH_REUSEPORT_SELECT ||
		       attach == ATTACH_REUSEPORT_MIGRATE;
	case PROG_SK_LOOKUP:
		return attach == ATTACH_SK_LOOKUP;
	case PROG_NETFILTER:
		return attach == ATTACH_NETFILTER;
	case PROG_SYSCALL: case PROG_EXT:
		return !attach;
	default:
		return true;
	}
}

bool prog_type_loads(uint32_t type, uint32_t attach, enum priv priv)
{
	if (type >= PROG_TYPE_N || !attach_ok(type, attach))
		return false;
	if (type == PROG_PLAIN || priv == PRIV_ROOT)
		return true;
	if (priv == PRIV_UNPRIV)
		return type == PROG_SOCKET_FILTER || type == PROG_CGROUP_SKB;
	switch (type) {	/* these see the whole kernel: CAP_PERFMON */
	case PROG_KPROBE: case PROG_TRACEPOINT: case PROG_PERF_EVENT: case PROG_RAW_TRACEPOINT:
	case PROG_RAW_TRACEPOINT_WRITABLE: case PROG_TRACING: case PROG_LSM:
	case PROG_STRUCT_OPS: case PROG_EXT:
		return false;
	default:
		return true;
	}
}

bool prog_type_sleeps(uint32_t type, uint32_t attach)
{
	switch (type) {
	case PROG_TRACING:
		return attach == ATTACH_FENTRY || attach == ATTACH_FEXIT ||
		       attach == ATTACH_MODIFY_RETURN || attach == ATTACH_ITER;
	case PROG_LSM:
		return attach != ATTACH_LSM_CGROUP;
	case PROG_KPROBE: case PROG_STRUCT_OPS: case PROG_SYSCALL: case PROG_EXT:
		return true;
	default:
		return false;
	}
}

bool prog_ret_range(uint32_t type, uint32_t attach, int32_t *lo, int32_t *hi)
{
	*lo = 0;
	*hi = 1;
	switch (type) {
	case PROG_CGROUP_SOCK: case PROG_SOCK_OPS: case PROG_CGROUP_DEVICE:
	case PROG_CGROUP_SYSCTL: case PROG_CGROUP_SOCKOPT: case PROG_SK_LOOKUP:
	case PROG_NETFILTER:
		return true;
	case PROG_TRACING:
		*hi = attach == ATTACH_ITER;
		return attach == ATTACH_ITER || attach == ATTACH_FENTRY || attach == ATTACH_FEXIT;
	case PROG_KPROBE:
		return attach == ATTACH_KPROBE_SESSION || attach == ATTACH_UPROBE_SESSION;
	case PROG_CGROUP_SKB:	/* egress may also signal congestion */
		*hi = attach == ATTACH_CGROUP_EGRESS ? 3 : 1;
		return true;
	case PROG_CGROUP_SOCK_ADDR:
		switch (attach) {
		case ATTACH_INET4_BIND: case ATTACH_INET6_BIND:
			*hi = 3;
			return true;
		case ATTACH_INET4_CONNECT: case ATTACH_INET6_CONNECT: case ATTACH_UNIX_CONNECT:
		case ATTACH_UDP4_SENDMSG: case ATTACH_UDP6_SENDMSG: case ATTACH_UNIX_SENDMSG:
			return true;
		default:	/* recvmsg, getpeername, getsockname cannot refuse */
			*lo = 1;
			return true;
		}
	default:
		return false;
	}
}
