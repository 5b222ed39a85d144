/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform: what surrounds a program.  Program types and their contexts,
 * helper prototypes, map kinds and privileges, as tables that the verifier,
 * the engines and the generator share.  Numbers are Linux's.
 */
#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H

#include "isa/isa.h"

/* ---- privileges -------------------------------------------------------- */

enum priv {
	PRIV_UNPRIV,	/* no capability: no back-edges, 4,096 insns */
	PRIV_CAP_BPF,	/* CAP_BPF without CAP_PERFMON: no pointer leaks, no uninitialised stack */
	PRIV_ROOT,
	PRIV_N,
};
const char *priv_name(enum priv priv);			/* "unpriv", "cap_bpf", "root" */
bool priv_parse(const char *name, enum priv *priv);

/* ---- prog_type.c: program types and their contexts ---------------------- */

enum prog_type {
	PROG_PLAIN = 0,		/* r1 = memory, r2 = its length: conformance programs */
	PROG_SOCKET_FILTER, PROG_KPROBE, PROG_SCHED_CLS, PROG_SCHED_ACT,
	PROG_TRACEPOINT, PROG_XDP, PROG_PERF_EVENT, PROG_CGROUP_SKB,
	PROG_CGROUP_SOCK, PROG_LWT_IN, PROG_LWT_OUT, PROG_LWT_XMIT,
	PROG_SOCK_OPS, PROG_SK_SKB, PROG_CGROUP_DEVICE, PROG_SK_MSG,
	PROG_RAW_TRACEPOINT, PROG_CGROUP_SOCK_ADDR, PROG_LWT_SEG6LOCAL,
	PROG_LIRC_MODE2, PROG_SK_REUSEPORT, PROG_FLOW_DISSECTOR,
	PROG_CGROUP_SYSCTL, PROG_RAW_TRACEPOINT_WRITABLE, PROG_CGROUP_SOCKOPT,
	PROG_TRACING, PROG_STRUCT_OPS, PROG_EXT, PROG_LSM, PROG_SK_LOOKUP,
	PROG_SYSCALL, PROG_NETFILTER,
	PROG_TYPE_N,
};
_Static_assert(PROG_NETFILTER == 32, "program types are numbered as Linux does");

/* expected_attach_type, where it decides what a program may do (Linux's numbers). */
enum attach_type {
	ATTACH_CGROUP_INGRESS, ATTACH_CGROUP_EGRESS, ATTACH_SOCK_CREATE, ATTACH_SOCK_OPS,
	ATTACH_SK_SKB_PARSER, ATTACH_SK_SKB_VERDICT_STREAM, ATTACH_CGROUP_DEVICE,
	ATTACH_SK_MSG_VERDICT, ATTACH_INET4_BIND, ATTACH_INET6_BIND, ATTACH_INET4_CONNECT,
	ATTACH_INET6_CONNECT, ATTACH_INET4_POST_BIND, ATTACH_INET6_POST_BIND,
	ATTACH_UDP4_SENDMSG, ATTACH_UDP6_SENDMSG, ATTACH_LIRC_MODE2, ATTACH_FLOW_DISSECTOR,
	ATTACH_CGROUP_SYSCTL, ATTACH_UDP4_RECVMSG, ATTACH_UDP6_RECVMSG,
	ATTACH_CGROUP_GETSOCKOPT, ATTACH_CGROUP_SETSOCKOPT, ATTACH_RAW_TP, ATTACH_FENTRY,
	ATTACH_FEXIT, ATTACH_MODIFY_RETURN, ATTACH_LSM_MAC, ATTACH_ITER,
	ATTACH_INET4_GETPEERNAME, ATTACH_INET6_GETPEERNAME, ATTACH_INET4_GETSOCKNAME,
	ATTACH_INET6_GETSOCKNAME, ATTACH_XDP_DEVMAP, ATTACH_SOCK_RELEASE, ATTACH_XDP_CPUMAP,
	ATTACH_SK_LOOKUP, ATTACH_XDP, ATTACH_SK_SKB_VERDICT, ATTACH_REUSEPORT_SELECT,
	ATTACH_REUSEPORT_MIGRATE, ATTACH_PERF_EVENT, ATTACH_KPROBE_MULTI, ATTACH_LSM_CGROUP,
	ATTACH_STRUCT_OPS, ATTACH_NETFILTER, ATTACH_TCX_INGRESS, ATTACH_TCX_EGRESS,
	ATTACH_UPROBE_MULTI, ATTACH_UNIX_CONNECT, ATTACH_UNIX_SENDMSG, ATTACH_UNIX_RECVMSG,
	ATTACH_UNIX_GETPEERNAME, ATTACH_UNIX_GETSOCKNAME, ATTACH_NETKIT_PRIMARY,
	ATTACH_NETKIT_PEER, ATTACH_KPROBE_SESSION, ATTACH_UPROBE_SESSION,
	ATTACH_TYPE_N,
};
_Static_assert(ATTACH_UPROBE_SESSION == 57, "attach types are numbered as Linux does");

/* May programs of this type and attach type be loaded sleepable? */
bool prog_type_sleeps(uint32_t type, uint32_t attach);

/* What a load from the context yields. */
enum ctx_kind {
	CTX_SCALAR,
	CTX_PACKET,		/* 4-byte field that yields a 64-bit pointer */
	CTX_PACKET_META,
	CTX_PACKET_END,
	CTX_SOCK_COMMON_OR_NULL, /* struct bpf_sock, as common socket */
	CTX_SOCKET,		/* full socket, never NULL */
	CTX_SOCKET_OR_NULL,
	CTX_FLOW_KEYS,
	CTX_BTF_PTR,		/* trusted pointer to a kernel struct: .btf_name */
	CTX_BUF_RDONLY, CTX_BUF_RDWR,
	CTX_TP_BUFFER,		/* buffer of a writable raw tracepoint */
};

struct ctx_access {
	enum ctx_kind kind;
	uint8_t field_size;	/* bytes of the whole field; size is less for narrow loads */
	bool ptr;		/* a 4- or 8-byte load that the engine turns into a pointer */
	const char *btf_name;
};

struct prog_type_info {
	uint16_t type;
	const char *name;	/* "socket_filter" */
	uint32_t ctx_size;	/* bytes of the UAPI struct; 0: none, or any size (see ctx_any) */
	bool ctx_any;		/* any aligned offset (syscall), or u64 args (raw_tracepoint) */
	bool ctx_readonly;
	bool has_packet;	/* runs on a packet: ctx has data and data_end */
	bool direct_packet_write;
	bool ld_abs;		/* LD_ABS and LD_IND allowed */
	bool sleepable;		/* must be loaded sleepable (syscall) */
	uint32_t runs;		/* our engines can run it (1) or only verify it (0) */
	int16_t off_data, off_data_end, off_data_meta;	/* context offsets, -1 without */
	uint16_t attach_type;	/* expected_attach_type used when none is given */
	bool helper_packet;	/* helpers with HELPER_PKT_ACCESS take packet memory here */
	bool helper_packet_any;	/* and so do all others, also to write (cgroup_sockopt) */
};

/* NULL for a number that is not known. */
const struct prog_type_info *prog_type_info(uint32_t type);
/* By "xdp", "sched_cls", "plain", ...; NULL if unknown. */
const struct prog_type_info *prog_type_by_name(const char *name);

/*
 * Does Linux take programs of this type with this expected_attach_type, at this
 * privilege?
 */
bool prog_type_loads(uint32_t type, uint32_t attach, enum priv priv);

/*
 * May a program of this type and attach type load or store size bytes at
 * offset off of its context?  On success *acc says what a load yields.
 */
bool prog_ctx_access(uint32_t type, uint32_t attach, int32_t off, uint32_t size, bool write,
		     struct ctx_access *acc);

/* What prog_ctx_access() grants: also to a program without CAP_BPF? */
bool prog_ctx_unpriv(uint32_t type, int32_t off, bool write);

/*
 * The same for what pointers to sockets and flow keys lead to.  Sockets are
 * read-only; flow keys can be written.
 */
enum obj_kind { OBJ_SOCK_COMMON, OBJ_SOCKET, OBJ_TCP_SOCK, OBJ_XDP_SOCK, OBJ_FLOW_KEYS };
bool obj_access(enum obj_kind obj, int32_t off, uint32_t size, bool write, struct ctx_access *acc);

/* The range that r0 must be in at exit: false if any value will do. */
bool prog_ret_range(uint32_t type, uint32_t attach, int32_t *lo, int32_t *hi);

/* ---- trace.c: what tracepoints and iterators pass ------------------------ */

/* A pointer that the kernel passes, beyond the type that its BTF gives it. */
enum trace_arg {
	TRACE_ARG_TRUSTED,		/* it is there */
	TRACE_ARG_TRUSTED_OR_NULL,
	TRACE_ARG_PLAIN_OR_NULL,	/* may be NULL, and may be followed, but not be passed on */
	TRACE_ARG_BUF_OR_NULL,		/* a map's value */
	TRACE_ARG_RDONLY_BUF_OR_NULL,	/* a map's key */
};
/* Argument n (from 0) of a tracepoint by its name ("sched_switch"). */
enum trace_arg tracepoint_arg(const char *name, uint32_t n);
/* The same of an iterator ("task"); false if there is no such iterator. */
bool iter_arg(const char *name, uint32_t n, enum trace_arg *arg);

/* ---- map.c: map kinds --------------------------------------------------- */

#undef MAP_STACK	/* a flag of mmap() in <sys/mman.h>; include that one first */
enum map_type {
	MAP_UNSPEC, MAP_HASH, MAP_ARRAY, MAP_PROG_ARRAY, MAP_PERF_EVENT_ARRAY,
	MAP_PERCPU_HASH, MAP_PERCPU_ARRAY, MAP_STACK_TRACE, MAP_CGROUP_ARRAY,
	MAP_LRU_HASH, MAP_LRU_PERCPU_HASH, MAP_LPM_TRIE, MAP_ARRAY_OF_MAPS,
	MAP_HASH_OF_MAPS, MAP_DEVMAP, MAP_SOCKMAP, MAP_CPUMAP, MAP_XSKMAP,
	MAP_SOCKHASH, MAP_CGROUP_STORAGE, MAP_REUSEPORT_SOCKARRAY,
	MAP_PERCPU_CGROUP_STORAGE, MAP_QUEUE, MAP_STACK, MAP_SK_STORAGE,
	MAP_DEVMAP_HASH, MAP_STRUCT_OPS, MAP_RINGBUF, MAP_INODE_STORAGE,
	MAP_TASK_STORAGE, MAP_BLOOM_FILTER, MAP_USER_RINGBUF,
	MAP_CGRP_STORAGE, MAP_ARENA,
	MAP_TYPE_N,
};
_Static_assert(MAP_ARENA == 33, "map types are numbered as Linux does");

/* map_flags that matter to a program (Linux's values). */
enum {
	MAPF_NO_PREALLOC = 1, MAPF_RDONLY_PROG = 1 << 7, MAPF_WRONLY_PROG = 1 << 8,
	MAPF_MMAPABLE = 1 << 10,
};

/* What map_lookup_elem yields, if not NULL. */
enum lookup_kind {
	LOOKUP_NONE,		/* not offered */
	LOOKUP_VALUE,
	LOOKUP_MAP,		/* the inner map */
	LOOKUP_SOCKET,		/* with a reference that must be released */
	LOOKUP_XDP_SOCK,
};

struct map_kind {
	uint16_t type;
	const char *name;	/* "hash" */
	bool runs;		/* our engines implement it */
	bool direct_value;	/* LDDW sub-type 2 and 6 allowed (array with one entry, arena) */
	bool percpu;
	bool lookup_value;	/* map_lookup_elem yields a pointer to a value */
	uint8_t lookup;		/* enum lookup_kind */
	bool value_readonly;	/* programs only read values, whatever the map's flags */
	bool sleepable;		/* sleepable programs may use it */
	bool spin_lock;		/* values may hold a spin lock */
};
const struct map_kind *map_kind(uint32_t type);		/* NULL if unknown */
const struct map_kind *map_kind_by_name(const char *name);
/* Linux's rule which map kinds a helper takes, both directions. */
bool map_helper_ok(uint32_t map_type, int32_t helper);
/* The same in a program of this type: sockmaps can be changed in some only. */
bool map_helper_type_ok(uint32_t map_type, int32_t helper, uint32_t prog_type);
/* May a program refer to such a map at all? */
bool map_prog_ok(uint32_t map_type, bool has_spin_lock, uint32_t prog_type, bool sleepable);

/* ---- helper.c: helper prototypes ----------------------------------------- */

enum arg_kind {
	ARG_NONE,		/* the helper takes fewer arguments */
	ARG_ANYTHING,		/* any initialised value (scalar unless leaks are allowed) */
	ARG_CTX,
	ARG_MAP,		/* constant pointer to a map */
	ARG_MAP_KEY,		/* key_size readable bytes of the map in the argument before */
	ARG_MAP_VALUE,		/* value_size readable bytes (with ARGF_UNINIT: written) */
	ARG_MEM,		/* the next argument is its size; or arg_size bytes (ARGF_FIXED) */
	ARG_SIZE,		/* size of the memory argument before, > 0 */
	ARG_SIZE_OR_ZERO,
	ARG_CONST_ALLOC_SIZE,	/* known constant, size of the memory returned */
	ARG_SPIN_LOCK,		/* the bpf_spin_lock of a map value */
	ARG_SOCK_COMMON,	/* any socket type */
	ARG_SOCKET,		/* full socket */
	ARG_BTF_SOCK_COMMON,	/* socket, or trusted BTF pointer to one */
	ARG_RINGBUF_MEM,	/* from ringbuf_reserve */
	ARG_CONST_STR,		/* NUL-terminated string in a read-only map */
	ARG_FUNC,		/* callback */
	ARG_TIMER, ARG_KPTR, ARG_DYNPTR, ARG_STACK, ARG_BTF_ID, ARG_PERCPU_BTF_ID,
	ARG_KIND_N,
};
enum {
	ARGF_NULL = 1,		/* NULL is allowed */
	ARGF_UNINIT = 2,	/* the helper writes it all: need not be initialised */
	ARGF_WRITE = 4,		/* the helper writes it */
	ARGF_RELEASE = 8,	/* releases the reference */
	ARGF_FIXED = 16,	/* memory of .size bytes */
	ARGF_ALIGNED = 32,	/* naturally aligned to .size */
};
struct helper_arg {
	uint8_t kind;
	uint8_t flags;
	uint16_t size;		/* with ARGF_FIXED, in bytes */
	const char *btf_name;	/* ARG_BTF_ID: the struct */
};

enum ret_kind {
	RET_SCALAR,		/* int or long: any 64-bit value (see ret_lo, ret_hi) */
	RET_VOID,
	RET_MAP_VALUE_OR_NULL,
	RET_SOCKET_OR_NULL, RET_TCP_SOCK_OR_NULL, RET_SOCK_COMMON_OR_NULL,
	RET_MEM_OR_NULL,	/* of the size in the ARG_CONST_ALLOC_SIZE argument */
	RET_MEM_OR_BTF,		/* per-cpu variables */
	RET_BTF_ID, RET_BTF_ID_OR_NULL, RET_BTF_ID_TRUSTED,
	RET_MAP_VALUE,		/* never NULL (get_local_storage) */
	RET_KIND_N,
};

enum {
	HELPER_GPL = 1,		/* only for programs with a GPL-compatible licence */
	HELPER_CHANGES_PACKET = 2, /* packet pointers are invalid afterwards */
	HELPER_ACQUIRES = 4,	/* returns a reference that must be released */
	HELPER_RUNS = 8,	/* vm/ implements it */
	HELPER_NEXT = 16,	/* known, but needs callbacks, timers, kptrs, ...: refused for now */
	HELPER_PKT_ACCESS = 32,	/* memory arguments may point into the packet */
	HELPER_PERFMON = 64,	/* only with CAP_PERFMON (root here) */
	HELPER_SLEEPS = 128,	/* only in sleepable programs */
	HELPER_UNPRIV = 256,	/* offered without CAP_BPF, too */
};

struct helper_proto {
	int32_t id;
	const char *name;	/* without "bpf_" */
	struct helper_arg arg[5];
	uint8_t ret;
	uint16_t flags;
	bool ret_range;		/* the verifier knows ret_lo <= r0 <= ret_hi (signed) */
	int64_t ret_lo, ret_hi;
	const char *ret_btf;
	uint64_t types;		/* bit N: available to prog_type N */
	uint8_t ret_max_arg;	/* not 0: r0 is also at most the size in this argument (from 1) */
};

enum {
	HELPER_map_lookup_elem = 1, HELPER_map_update_elem = 2,
	HELPER_map_delete_elem = 3, HELPER_ktime_get_ns = 5,
	HELPER_trace_printk = 6, HELPER_get_prandom_u32 = 7,
	HELPER_get_smp_processor_id = 8, HELPER_skb_store_bytes = 9,
	HELPER_tail_call = 12, HELPER_skb_load_bytes = 26,
	HELPER_csum_diff = 28,
	HELPER_MAX = 256,
};

/* NULL if the id is not known at all. */
const struct helper_proto *helper_proto(int32_t id);
/*
 * The prototype that programs of this type see: a few helpers take other
 * arguments in some types, and their plain prototype is not available there.
 */
const struct helper_proto *helper_proto_for(int32_t id, uint32_t type);
const struct helper_proto *helper_by_name(const char *name);	/* with or without "bpf_" */
/* Is it offered to this program type, attach type and privilege (as Linux does)? */
bool helper_available(const struct helper_proto *p, uint32_t type, uint32_t attach, enum priv priv);
/*
 * Does calling it take a GPL-compatible licence?  As HELPER_GPL says, but for
 * two helpers it depends on who calls.
 */
bool helper_needs_gpl(const struct helper_proto *p, uint32_t type, uint32_t attach);
/* How many arguments the helper takes, 0 to 5. */
uint32_t helper_nargs(const struct helper_proto *p);

#endif
