/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to the running kernel: small programs whose verdict or log is a
 * fact about Linux.  test_platform_linux.c compares the facts with platform/'s
 * tables.
 */
#ifndef TESTS_PROBE_H
#define TESTS_PROBE_H

#include "engines/linux_sys.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every pair of type and attach type that behaves in its own way. */
struct probe_type {
	uint16_t type, attach;
};
static const struct probe_type probe_types[] = {
	{PROG_SOCKET_FILTER, 0},
	{PROG_KPROBE, 0},
	{PROG_KPROBE, ATTACH_KPROBE_MULTI},
	{PROG_KPROBE, ATTACH_KPROBE_SESSION},
	{PROG_KPROBE, ATTACH_UPROBE_MULTI},
	{PROG_KPROBE, ATTACH_UPROBE_SESSION},
	{PROG_SCHED_CLS, 0},
	{PROG_SCHED_ACT, 0},
	{PROG_TRACEPOINT, 0},
	{PROG_XDP, 0},
	{PROG_XDP, ATTACH_XDP_DEVMAP},
	{PROG_XDP, ATTACH_XDP_CPUMAP},
	{PROG_PERF_EVENT, 0},
	{PROG_CGROUP_SKB, ATTACH_CGROUP_INGRESS},
	{PROG_CGROUP_SKB, ATTACH_CGROUP_EGRESS},
	{PROG_CGROUP_SOCK, 0},
	{PROG_CGROUP_SOCK, ATTACH_SOCK_CREATE},
	{PROG_CGROUP_SOCK, ATTACH_SOCK_RELEASE},
	{PROG_CGROUP_SOCK, ATTACH_INET4_POST_BIND},
	{PROG_CGROUP_SOCK, ATTACH_INET6_POST_BIND},
	{PROG_LWT_IN, 0},
	{PROG_LWT_OUT, 0},
	{PROG_LWT_XMIT, 0},
	{PROG_SOCK_OPS, ATTACH_SOCK_OPS},
	{PROG_SK_SKB, 0},
	{PROG_SK_SKB, ATTACH_SK_SKB_PARSER},
	{PROG_SK_SKB, ATTACH_SK_SKB_VERDICT_STREAM},
	{PROG_CGROUP_DEVICE, ATTACH_CGROUP_DEVICE},
	{PROG_SK_MSG, ATTACH_SK_MSG_VERDICT},
	{PROG_RAW_TRACEPOINT, 0},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_INET4_BIND},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_INET6_BIND},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_INET4_CONNECT},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_INET6_CONNECT},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_UDP4_SENDMSG},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_UDP6_SENDMSG},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_UDP4_RECVMSG},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_UDP6_RECVMSG},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_INET4_GETPEERNAME},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_INET6_GETPEERNAME},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_INET4_GETSOCKNAME},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_INET6_GETSOCKNAME},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_UNIX_CONNECT},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_UNIX_SENDMSG},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_UNIX_RECVMSG},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_UNIX_GETPEERNAME},
	{PROG_CGROUP_SOCK_ADDR, ATTACH_UNIX_GETSOCKNAME},
	{PROG_LWT_SEG6LOCAL, 0},
	{PROG_SK_REUSEPORT, 0},
	{PROG_SK_REUSEPORT, ATTACH_REUSEPORT_SELECT},
	{PROG_SK_REUSEPORT, ATTACH_REUSEPORT_MIGRATE},
	{PROG_FLOW_DISSECTOR, ATTACH_FLOW_DISSECTOR},
	{PROG_CGROUP_SYSCTL, ATTACH_CGROUP_SYSCTL},
	{PROG_RAW_TRACEPOINT_WRITABLE, 0},
	{PROG_CGROUP_SOCKOPT, ATTACH_CGROUP_GETSOCKOPT},
	{PROG_CGROUP_SOCKOPT, ATTACH_CGROUP_SETSOCKOPT},
	{PROG_SK_LOOKUP, ATTACH_SK_LOOKUP},
	{PROG_SYSCALL, 0},
	{PROG_NETFILTER, ATTACH_NETFILTER},
};
enum { PROBE_TYPES = sizeof(probe_types) / sizeof(probe_types[0]) };

/* A program under construction; r9 holds the context. */
struct probe {
	struct insn insn[160];
	uint32_t n;
	struct probe_type t;
	const char *license;
};

static struct linux_log probe_log;

static inline void probe_add(struct probe *p, struct insn i)
{
	if (p->n == 160)
		abort();
	p->insn[p->n++] = i;
}

static inline void probe_map(struct probe *p, uint8_t reg, int fd)
{
	struct insn two[2];

	insn_lddw(two, reg, 1, (uint32_t)fd);
	probe_add(p, two[0]);
	probe_add(p, two[1]);
}

/* Every exit range allows 1. */
static inline void probe_exit(struct probe *p)
{
	probe_add(p, insn_mov64_imm(0, 1));
	probe_add(p, insn_exit());
}

static inline enum linux_err probe_load(const struct probe *p, uint32_t log_level)
{
	struct linux_prog_opts o = {
		.insn = p->insn,
		.len = p->n,
		.type = p->t.type,
		.attach_type = p->t.attach,
		.flags = p->t.type == PROG_SYSCALL ? LINUX_F_SLEEPABLE : 0,
		.license = p->license ? p->license : "GPL",
		.log_level = log_level,
	};
	enum linux_err err;
	int fd;

	err = linux_prog_load(&o, &probe_log, &fd);
	if (fd >= 0)
		close(fd);
	return err;
}

static inline bool probe_said(const char *what)
{
	return strstr(linux_log_text(&probe_log), what) != NULL;
}

/* ---- contexts ------------------------------------------------------------------- */

static inline uint8_t probe_size_code(uint32_t size)
{
	return size == 1 ? SZ_B : size == 2 ? SZ_H : size == 4 ? SZ_W : SZ_DW;
}

/*
 * Tries one access.  On success of a load, what the log says of the register is
 * copied to what[64].
 */
static inline bool probe_ctx(struct probe_type t, int32_t off, uint32_t size, bool write,
			     char *what)
{
	struct probe p = {.t = t};
	uint8_t sz = probe_size_code(size);
	const char *s;

	if (write) {
		probe_add(&p, insn_mov64_imm(2, 0));
		probe_add(&p, insn_stx(sz, 1, (int16_t)off, 2));
	} else {
		probe_add(&p, insn_ldx(sz, 2, 1, (int16_t)off));
	}
	probe_exit(&p);
	if (probe_load(&p, write || !what ? 0 : LINUX_LOG_ALL))
		return false;
	if (what && !write) {
		s = strstr(linux_log_text(&probe_log), " R2=");
		snprintf(what, 64, "%.*s", s ? (int)strcspn(s + 4, " \n") : 0, s ? s + 4 : "");
	}
	return true;
}

/* ---- maps ------------------------------------------------------------------------ */

/* Sizes with which a map of each kind can be made; nothing that takes much memory. */
static inline struct linux_map_opts probe_map_opts(uint32_t type)
{
	struct linux_map_opts o = {
		.type = type,
		.key_size = 4,
		.value_size = 8,
		.max_entries = 4,
	};

	switch (type) {
	case MAP_PROG_ARRAY:
	case MAP_PERF_EVENT_ARRAY:
	case MAP_CGROUP_ARRAY:
	case MAP_ARRAY_OF_MAPS:
	case MAP_HASH_OF_MAPS:
	case MAP_DEVMAP:
	case MAP_DEVMAP_HASH:
	case MAP_CPUMAP:
	case MAP_XSKMAP:
	case MAP_SOCKMAP:
	case MAP_SOCKHASH:
	case MAP_REUSEPORT_SOCKARRAY:
		o.value_size = 4;
		break;
	case MAP_LPM_TRIE:
		o.key_size = 8;
		o.flags = MAPF_NO_PREALLOC;
		break;
	case MAP_CGROUP_STORAGE:
	case MAP_PERCPU_CGROUP_STORAGE:
		o.key_size = 8;
		o.max_entries = 0;
		break;
	case MAP_QUEUE:
	case MAP_STACK:
	case MAP_BLOOM_FILTER:
		o.key_size = 0;
		break;
	case MAP_SK_STORAGE:
	case MAP_INODE_STORAGE:
	case MAP_TASK_STORAGE:
	case MAP_CGRP_STORAGE:
		o.flags = MAPF_NO_PREALLOC;
		o.max_entries = 0;
		break;
	case MAP_RINGBUF:
	case MAP_USER_RINGBUF:
		o.key_size = o.value_size = 0;
		o.max_entries = 4096;
		break;
	case MAP_ARENA:
		o.key_size = o.value_size = 0;
		o.max_entries = 1;
		o.flags = MAPF_MMAPABLE;
		break;
	default:
		break;
	}
	return o;
}

enum { STORAGE_INT = 1, STORAGE_LONG = 2 };

/* int and long long, for maps that want types. */
static inline int probe_btf(void)
{
	static const struct {
		uint16_t magic;
		uint8_t version, flags;
		uint32_t hdr_len, type_off, type_len, str_off, str_len;
		uint32_t type[8];
		char str[16];
	} btf = {
		.magic = 0xeb9f,
		.version = 1,
		.hdr_len = 24,
		.type_len = 32,
		.str_off = 32,
		.str_len = 16,
		.type = {1, 1 << 24, 4, 1 << 24 | 32, 5, 1 << 24, 8, 1 << 24 | 64},
		.str = "\0int\0longlong\0",
	};
	int fd;

	return linux_btf_load(&btf, sizeof(btf), NULL, &fd) ? -1 : fd;
}

/* A map of this kind, or -1. */
static inline int probe_map_fd(uint32_t type)
{
	struct linux_map_opts o = probe_map_opts(type);
	int inner = -1, btf = -1, fd = -1;

	if (type == MAP_ARRAY_OF_MAPS || type == MAP_HASH_OF_MAPS) {
		inner = probe_map_fd(MAP_ARRAY);
		o.inner_fd = inner;
	}
	if (type == MAP_SK_STORAGE || type == MAP_INODE_STORAGE || type == MAP_TASK_STORAGE ||
	    type == MAP_CGRP_STORAGE) {
		btf = probe_btf();
		o.btf_fd = btf;
		o.btf_key = STORAGE_INT;
		o.btf_value = STORAGE_LONG;
	}
	linux_map_create(&o, &fd);
	if (inner >= 0)
		close(inner);
	if (btf >= 0)
		close(btf);
	return fd;
}

/* ---- helpers ----------------------------------------------------------------------- */

enum verdict_of_call {
	CALL_TAKEN,   /* the helper is there (whatever is said of the arguments) */
	CALL_UNKNOWN, /* not for this type */
	CALL_GPL,     /* not for this licence */
	CALL_SLEEPS,  /* not in programs that cannot sleep */
	CALL_NO_TYPE, /* the program type cannot be loaded at all */
};

static inline enum verdict_of_call probe_helper(struct probe_type t, int32_t id,
						const char *license)
{
	struct probe p = {.t = t, .license = license};

	probe_add(&p, insn_call(id));
	probe_exit(&p);
	if (probe_load(&p, LINUX_LOG_REJECT) == LINUX_OK)
		return CALL_TAKEN;
	if (!*linux_log_text(&probe_log))
		return CALL_NO_TYPE;
	if (probe_said("cannot use helper") || probe_said("unknown func") ||
	    probe_said("invalid func") || probe_said("not allowed in probe") ||
	    probe_said("not supported for program type"))
		return CALL_UNKNOWN;
	if (probe_said("GPL-restricted"))
		return CALL_GPL;
	return probe_said("might sleep") ? CALL_SLEEPS : CALL_TAKEN;
}

#endif
