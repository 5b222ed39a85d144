/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns BPF objects into cases: libbpf opens and loads each program of each
 * object by itself (CO-RE and externs resolved), and what it passes to
 * BPF_PROG_LOAD is written to DIR, with the running kernel's verdict:
 *
 *   dump_objects DIR FILE...
 *
 * A FILE is an object, or anything with objects embedded in it (the binaries of
 * libbpf-tools).  The bpf() calls of libbpf are seen because this program defines
 * syscall(), which libbpf calls through its symbol.
 */
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <elf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_FDS = 4096, MAX_USED = 64 };

struct map_rec {
	bool used;
	uint32_t type, key, value, entries, flags, inner, btf_value;
	char name[16];
	bool frozen;
	uint8_t *init;
};

/* Every map ever made, and which one a descriptor names now (libbpf closes templates). */
static struct map_rec maps[1 << 16];
static unsigned nmaps = 1, map_of[MAX_FDS];
static const char *out_dir, *file_name, *prog_name;
static const char *target_name;	/* what a tracing program attaches to */
static unsigned written, loads, accepted;
static char log_buf[1 << 24];

static long real_bpf(long cmd, void *attr, long size)
{
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "0"((long)SYS_bpf), "D"(cmd), "S"(attr), "d"(size)
			 : "rcx", "r11", "memory");
	return ret;
}

/* ---- what is seen --------------------------------------------------------- */

static void saw_map(const union bpf_attr *a, long fd)
{
	struct map_rec *m = &maps[nmaps];

	if (nmaps + 1 == sizeof(maps) / sizeof(maps[0]))
		exit(3);
	map_of[fd] = nmaps++;
	*m = (struct map_rec){ true, a->map_type, a->key_size, a->value_size, a->max_entries, a->map_flags,
			       a->inner_map_fd < MAX_FDS ? map_of[a->inner_map_fd] : 0,
			       a->btf_value_type_id, "", false, NULL };
	memcpy(m->name, a->map_name, sizeof(m->name));
}

static void saw_update(const union bpf_attr *a)
{
	struct map_rec *m = &maps[map_of[a->map_fd % MAX_FDS]];

	if (m->used && m->type == BPF_MAP_TYPE_ARRAY && m->entries == 1 && !m->init) {
		m->init = malloc(m->value + 1);
		memcpy(m->init, (const void *)(uintptr_t)a->value, m->value);
	}
}

static const char *const map_names[] = {
	"unspec", "hash", "array", "prog_array", "perf_event_array", "percpu_hash", "percpu_array",
	"stack_trace", "cgroup_array", "lru_hash", "lru_percpu_hash", "lpm_trie", "array_of_maps",
	"hash_of_maps", "devmap", "sockmap", "cpumap", "xskmap", "sockhash", "cgroup_storage",
	"reuseport_sockarray", "percpu_cgroup_storage", "queue", "stack", "sk_storage", "devmap_hash",
	"struct_ops", "ringbuf", "inode_storage", "task_storage", "bloom_filter", "user_ringbuf",
};
static const char *const type_names[] = {
	"plain", "socket_filter", "kprobe", "sched_cls", "sched_act", "tracepoint", "xdp", "perf_event",
	"cgroup_skb", "cgroup_sock", "lwt_in", "lwt_out", "lwt_xmit", "sock_ops", "sk_skb",
	"cgroup_device", "sk_msg", "raw_tracepoint", "cgroup_sock_addr", "lwt_seg6local",
	"lirc_mode2", "sk_reuseport", "flow_dissector", "cgroup_sysctl", "raw_tracepoint_writable",
	"cgroup_sockopt", "tracing", "struct_ops", "ext", "lsm", "sk_lookup", "syscall", "netfilter",
};

/* The maps a program uses, in order of use; returns the index of a record. */
static int use_map(unsigned *used, int *nused, unsigned rec)
{
	for (int i = 0; i < *nused; i++)
		if (used[i] == rec)
			return i;
	if (*nused == MAX_USED || !maps[rec].used)
		return -1;
	used[*nused] = rec;
	return (*nused)++;
}

/* Where a struct has a bpf_spin_lock, or -1. */
static int spin_lock_at(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf && id ? btf__type_by_id(btf, id) : NULL;
	const struct btf_member *m;

	if (!t || !btf_is_struct(t))
		return -1;
	m = btf_members(t);
	for (int i = 0; i < btf_vlen(t); i++) {
		const struct btf_type *mt = btf__type_by_id(btf, m[i].type);

		if (mt && btf_is_struct(mt) && !strcmp(btf__name_by_offset(btf, mt->name_off), "bpf_spin_lock"))
			return (int)m[i].offset / 8;
	}
	return -1;
}

static void write_maps(FILE *f, unsigned *used, int *nused, const struct btf *btf)
{
	for (int i = 0; i < *nused; i++) {	/* inner maps are appended while we go */
		const struct map_rec *m = &maps[used[i]];
		int inner = m->inner ? use_map(used, nused, m->inner) : -1, lock = spin_lock_at(btf, m->btf_value);

		fprintf(f, "-- map m%d %s %u %u %u 0x%x", i,
			m->type < sizeof(map_names) / sizeof(*map_names) ? map_names[m->type] : "unspec", m->key,
			m->value, m->entries, m->flags);
		if (m->frozen)
			fprintf(f, " frozen");
		if (inner >= 0)
			fprintf(f, " inner=%d", inner);
		if (lock >= 0)
			fprintf(f, " spin_lock=%d", lock);
		fprintf(f, "\n");
		for (uint32_t k = 0; m->init && k < m->value; k++)
			fprintf(f, "%02x%s", m->init[k], k % 32 == 31 || k + 1 == m->value ? "\n" : " ");
	}
}

/* Functions that BTF says are global: the verifier judges them on their own. */
static void write_subs(FILE *f, const union bpf_attr *a, const struct btf *btf)
{
	const uint8_t *fi = (const uint8_t *)(uintptr_t)a->func_info;
	unsigned n = 0;

	for (uint32_t i = 0; fi && btf && i < a->func_info_cnt; i++) {
		const struct bpf_func_info *r = (const void *)(fi + (size_t)i * a->func_info_rec_size);
		const struct btf_type *t = btf__type_by_id(btf, r->type_id);

		if (i && t && btf_is_func(t) && BTF_INFO_VLEN(t->info) == BTF_FUNC_GLOBAL) {
			const struct btf_type *p = btf__type_by_id(btf, t->type);

			fprintf(f, "# global: %u args %u\n", r->insn_off, p ? btf_vlen(p) : 0);
			n++;
		}
	}
	if (n)
		fprintf(f, "# needs: global function\n");
}

static void write_case(const union bpf_attr *a, const char *verdict, uint64_t processed,
		       uint64_t usec, const struct btf *btf)
{
	const struct bpf_insn *insn = (const void *)(uintptr_t)a->insns;
	unsigned used[MAX_USED];
	int nused = 0;
	char path[4096], *body;
	size_t nbody;
	bool kfunc = false, callback = false;
	FILE *f, *b = open_memstream(&body, &nbody);

	for (uint32_t i = 0; i < a->insn_cnt; i++) {
		struct bpf_insn in[2] = { insn[i] };
		bool wide = in[0].code == 0x18 && i + 1 < a->insn_cnt;
		uint64_t raw;

		if (in[0].code == 0x85 && in[0].src_reg == 2)
			kfunc = true;
		if (wide && (in[0].src_reg == 1 || in[0].src_reg == 2)) {
			unsigned fd = (unsigned)in[0].imm;
			int k = fd < MAX_FDS ? use_map(used, &nused, map_of[fd]) : -1;

			in[0].imm = k < 0 ? 63 : k;
		}
		if (wide && in[0].src_reg == 4)
			callback = true;
		memcpy(&raw, &in[0], 8);
		fprintf(b, "0x%016llx\n", (unsigned long long)raw);
		if (wide) {
			memcpy(&raw, &insn[++i], 8);
			fprintf(b, "0x%016llx\n", (unsigned long long)raw);
		}
	}
	fclose(b);
	snprintf(path, sizeof(path), "%s/%04u.plx", out_dir, written++);
	f = fopen(path, "w");
	if (!f)
		exit(3);
	fprintf(f, "# name: %s:%s\n# kernel: %s %llu %llu\n", file_name, prog_name, verdict,
		(unsigned long long)processed, (unsigned long long)usec);
	if (kfunc)
		fprintf(f, "# needs: kfunc\n");
	if (callback)
		fprintf(f, "# needs: callback\n");
	if ((a->prog_type == BPF_PROG_TYPE_TRACING && !target_name) || a->prog_type == BPF_PROG_TYPE_STRUCT_OPS ||
	    a->prog_type == BPF_PROG_TYPE_LSM || a->prog_type == BPF_PROG_TYPE_EXT)
		fprintf(f, "# needs: arguments typed by the kernel's BTF\n");
	write_subs(f, a, btf);
	fprintf(f, "-- type %s\n-- attach %u\n-- flags 0x%x\n-- license %s\n",
		a->prog_type < sizeof(type_names) / sizeof(*type_names) ? type_names[a->prog_type] : "plain",
		a->expected_attach_type, a->prog_flags,
		strstr((const char *)(uintptr_t)a->license, "GPL") ? "GPL" : "Proprietary");
	if (target_name)
		fprintf(f, "-- target %s\n", target_name);
	write_maps(f, used, &nused, btf);
	fprintf(f, "-- raw\n%s", body);
	fclose(f);
	free(body);
}

static const struct btf *current_btf;

static long saw_load(union bpf_attr *a, long size)
{
	union bpf_attr again = *a;
	const char *p, *t;
	long fd;

	/* libbpf's own probes have other names. */
	if (!prog_name || strncmp(a->prog_name, prog_name, sizeof(a->prog_name) - 1))
		return real_bpf(BPF_PROG_LOAD, a, size);
	again.log_level = 4;
	again.log_buf = (uintptr_t)log_buf;
	again.log_size = sizeof(log_buf);
	log_buf[0] = 0;
	fd = real_bpf(BPF_PROG_LOAD, &again, size);
	p = strstr(log_buf, "processed ");
	loads++;
	accepted += fd >= 0;
	t = strstr(log_buf, "verification time ");
	/* EPERM without a log: a policy of this machine, not a verdict. */
	write_case(a, fd >= 0 ? "accept" : fd == -EPERM && !log_buf[0] ? "denied" : "reject",
		   p ? strtoull(p + 10, NULL, 10) : 0, t ? strtoull(t + 18, NULL, 10) : 0, current_btf);
	prog_name = NULL;		/* libbpf tries again on failure: once is enough */
	return fd;
}

/* Interposed: libbpf makes every bpf() call through this symbol. */
long syscall(long number, ...)
{
	va_list ap;
	long a[6], ret;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_bpf && a[0] == BPF_PROG_LOAD) {
		ret = saw_load((union bpf_attr *)a[1], a[2]);
	} else if (number == SYS_bpf) {
		union bpf_attr *attr = (union bpf_attr *)a[1];

		ret = real_bpf(a[0], attr, a[2]);
		if (a[0] == BPF_MAP_CREATE && ret >= 0 && ret < MAX_FDS)
			saw_map(attr, ret);
		if (a[0] == BPF_MAP_UPDATE_ELEM && ret == 0)
			saw_update(attr);
		if (a[0] == BPF_MAP_FREEZE && ret == 0)
			maps[map_of[attr->map_fd % MAX_FDS]].frozen = true;
	} else {
		register long r10 __asm__("r10") = a[3];
		register long r8 __asm__("r8") = a[4];
		register long r9 __asm__("r9") = a[5];

		__asm__ volatile("syscall" : "=a"(ret) : "0"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]),
				 "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	}
	if (ret < 0 && ret > -4096) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}

/* ---- objects ----------------------------------------------------------------- */

static struct bpf_object *open_object(const void *elf, size_t n)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "gate");
	struct bpf_object *o = bpf_object__open_mem(elf, n, &opts);

	return libbpf_get_error(o) ? NULL : o;
}

/* One program of an object, all others off. */
static void load_one(const void *elf, size_t n, unsigned index)
{
	struct bpf_object *o = open_object(elf, n);
	struct bpf_program *p;
	struct bpf_map *m;
	unsigned i = 0;
	char name[128];

	if (!o)
		return;
	bpf_object__for_each_map(m, o) {	/* what only the tool would set before loading */
		if (bpf_map__max_entries(m) == 0 && bpf_map__type(m) != BPF_MAP_TYPE_PERF_EVENT_ARRAY &&
		    bpf_map__type(m) != BPF_MAP_TYPE_SK_STORAGE && bpf_map__type(m) != BPF_MAP_TYPE_TASK_STORAGE)
			bpf_map__set_max_entries(m, 64);
		if (bpf_map__type(m) == BPF_MAP_TYPE_STACK_TRACE && bpf_map__value_size(m) == 0)
			bpf_map__set_value_size(m, 127 * 8);
	}
	bpf_object__for_each_program(p, o) {
		bpf_program__set_autoload(p, i == index);
		if (i++ == index) {
			snprintf(name, sizeof(name), "%s", bpf_program__name(p));
			prog_name = name;
			target_name = strchr(bpf_program__section_name(p), '/');
			target_name = target_name && bpf_program__type(p) == BPF_PROG_TYPE_TRACING ? target_name + 1 : NULL;
			if (bpf_program__type(p) == BPF_PROG_TYPE_UNSPEC)
				bpf_program__set_type(p, BPF_PROG_TYPE_SCHED_CLS);
		}
	}
	current_btf = bpf_object__btf(o);
	bpf_object__load(o);
	prog_name = NULL;
	bpf_object__close(o);
}

static void object(const void *elf, size_t n)
{
	struct bpf_object *o = open_object(elf, n);
	struct bpf_program *p;
	unsigned progs = 0;

	if (!o)
		return;
	bpf_object__for_each_program(p, o)
		progs++;
	bpf_object__close(o);
	for (unsigned i = 0; i < progs; i++)
		load_one(elf, n, i);
}

static size_t elf_size(const uint8_t *p, size_t left)
{
	const Elf64_Ehdr *h = (const void *)p;
	size_t end;

	if (left < sizeof(*h) || memcmp(p, "\177ELF\2\1", 6) || h->e_machine != EM_BPF)
		return 0;
	end = h->e_shoff + (size_t)h->e_shnum * h->e_shentsize;
	return h->e_shoff && end <= left ? end : 0;
}

static void embedded(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i + 64 < n; i++) {
		size_t size = p[i] == 0x7f ? elf_size(p + i, n - i) : 0;

		if (size) {
			void *copy = malloc(size);

			memcpy(copy, p + i, size);
			object(copy, size);
			free(copy);
			i += size - 1;
		}
	}
}

static int silent(enum libbpf_print_level l, const char *fmt, va_list ap)
{
	(void)l; (void)fmt; (void)ap;
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	out_dir = argv[1];
	libbpf_set_print(silent);
	for (int i = 2; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		uint8_t *p;
		long n;

		if (!f)
			return 2;
		fseek(f, 0, SEEK_END);
		n = ftell(f);
		rewind(f);
		p = malloc((size_t)n + 1);
		if (fread(p, 1, (size_t)n, f) != (size_t)n)
			return 3;
		fclose(f);
		file_name = strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i];
		embedded(p, (size_t)n);
		free(p);
	}
	fprintf(stderr, "%u programs, the kernel accepts %u\n", written, accepted);
	return 0;
}
