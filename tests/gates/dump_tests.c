/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Turns the kernel's verifier tests into cases.  It is compiled against the
 * unpacked sources (tests/gates/fetch), of which nothing is kept here: their
 * runner is included with another name for main, and the libbpf functions that it
 * calls are ours.  They record the maps that a test asks for, and where a program
 * would be loaded, it is written to DIR/NNNN.plx instead.
 */
#define main runner_main
#include "test_verifier.c"
#undef main

enum { FIRST_FD = 1000, BTF_FD = 999, DUMP_MAPS = 64 };

static struct dump_map {
	uint32_t type, key, value, entries, flags;
	int inner;		/* index or -1 */
	bool btf;
} dump_map[DUMP_MAPS];
static unsigned dump_nmap;
static const char *dump_dir;
static const struct bpf_test *dump_test;
static unsigned dump_index;
static unsigned dump_prog_arrays;	/* depth: dummy programs of prog_arrays are not the test */

int bpf_map_create(enum bpf_map_type type, const char *name, __u32 key, __u32 value, __u32 entries,
		   const struct bpf_map_create_opts *o)
{
	struct dump_map *m = &dump_map[dump_nmap];

	(void)name;
	if (dump_nmap == DUMP_MAPS)
		return -1;
	*m = (struct dump_map){ type, key, value, entries, o ? o->map_flags : 0, -1, false };
	if (o && o->inner_map_fd >= FIRST_FD)
		m->inner = (int)o->inner_map_fd - FIRST_FD;
	if (o && o->btf_fd == BTF_FD)
		m->btf = true;
	return FIRST_FD + (int)dump_nmap++;
}

static const char *map_name(uint32_t type)
{
	static const char *const names[] = {
		"unspec", "hash", "array", "prog_array", "perf_event_array", "percpu_hash",
		"percpu_array", "stack_trace", "cgroup_array", "lru_hash", "lru_percpu_hash",
		"lpm_trie", "array_of_maps", "hash_of_maps", "devmap", "sockmap", "cpumap", "xskmap",
		"sockhash", "cgroup_storage", "reuseport_sockarray", "percpu_cgroup_storage",
		"queue", "stack", "sk_storage", "devmap_hash", "struct_ops", "ringbuf",
	};

	return type < sizeof(names) / sizeof(names[0]) ? names[type] : "unspec";
}

static const char *type_name(uint32_t type)
{
	static const char *const names[] = {
		"plain", "socket_filter", "kprobe", "sched_cls", "sched_act", "tracepoint", "xdp",
		"perf_event", "cgroup_skb", "cgroup_sock", "lwt_in", "lwt_out", "lwt_xmit", "sock_ops",
		"sk_skb", "cgroup_device", "sk_msg", "raw_tracepoint", "cgroup_sock_addr",
		"lwt_seg6local", "lirc_mode2", "sk_reuseport", "flow_dissector", "cgroup_sysctl",
		"raw_tracepoint_writable", "cgroup_sockopt", "tracing", "struct_ops", "ext", "lsm",
		"sk_lookup", "syscall",
	};

	return names[type];
}

static const char *verdict_name(int r)
{
	return r == ACCEPT || r == VERBOSE_ACCEPT ? "accept" : r == REJECT ? "reject" : "undef";
}

/* One comment line: newlines and tabs become blanks. */
static void comment(FILE *f, const char *key, const char *v)
{
	fprintf(f, "# %s: ", key);
	for (; v && *v; v++)
		fputc(*v == '\n' || *v == '\t' ? ' ' : *v, f);
	fputc('\n', f);
}

static void dump_program(FILE *f, struct bpf_insn *insn, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct bpf_insn in = insn[i];
		uint64_t raw;

		if (in.code == 0x18 && (in.src_reg == 1 || in.src_reg == 2) && in.imm >= FIRST_FD)
			in.imm -= FIRST_FD;
		else if (in.code == 0x18 && (in.src_reg == 1 || in.src_reg == 2))
			in.imm = 63;	/* a bad descriptor on purpose: no such map */
		memcpy(&raw, &in, 8);
		fprintf(f, "0x%016llx\n", (unsigned long long)raw);
		if (in.code == 0x18 && i + 1 < n) {
			memcpy(&raw, &insn[++i], 8);
			fprintf(f, "0x%016llx\n", (unsigned long long)raw);
		}
	}
}

static void dump_case(uint32_t type, struct bpf_insn *insn, size_t n,
		      const struct bpf_prog_load_opts *o)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%04u.plx", dump_dir, dump_index);
	f = fopen(path, "w");
	if (!f)
		exit(3);
	comment(f, "name", dump_test->descr);
	fprintf(f, "# expect: %s\n# unpriv: %s\n", verdict_name(dump_test->result),
		verdict_name(dump_test->result_unpriv != UNDEF ? dump_test->result_unpriv : dump_test->result));
	comment(f, "errstr", dump_test->errstr);
	comment(f, "errstr_unpriv", dump_test->errstr_unpriv ? dump_test->errstr_unpriv : dump_test->errstr);
	if (dump_test->kfunc || dump_test->fixup_kfunc_btf_id[0].kfunc)
		fprintf(f, "# needs: kfunc\n");
	if (dump_test->btf_types[0] || dump_test->func_info_cnt)
		fprintf(f, "# needs: func_info\n");
	fprintf(f, "-- type %s\n-- attach %u\n-- flags 0x%x\n", type_name(type),
		(unsigned)o->expected_attach_type, o->prog_flags);
	for (unsigned i = 0; i < dump_nmap; i++) {
		const struct dump_map *m = &dump_map[i];

		fprintf(f, "-- map m%u %s %u %u %u 0x%x", i, map_name(m->type), m->key, m->value, m->entries,
			m->flags);
		if (m->inner >= 0)
			fprintf(f, " inner=m%u", m->inner);
		if (m->btf && m->type == BPF_MAP_TYPE_ARRAY && m->value == 8)
			fprintf(f, " spin_lock=4");
		fprintf(f, "\n");
		if (m->btf && m->value >= 16)
			fprintf(f, "# needs: %s\n", m->value == 16 ? "timer" : "kptr");
	}
	fprintf(f, "-- raw\n");
	dump_program(f, insn, n);
	fclose(f);
}

int bpf_prog_load(enum bpf_prog_type type, const char *name, const char *license,
		  const struct bpf_insn *insn, size_t n, const struct bpf_prog_load_opts *o)
{
	(void)name;
	(void)license;
	if (!o)			/* a dummy program for some prog_array */
		return FIRST_FD + DUMP_MAPS + (int)dump_prog_arrays++;
	dump_case(type, (struct bpf_insn *)insn, n, o);
	errno = ENOTSUPP;
	return -1;
}

int bpf_map_update_elem(int fd, const void *k, const void *v, __u64 flags)
{
	(void)fd; (void)k; (void)v; (void)flags;
	return 0;
}
int bpf_btf_load(const void *d, size_t n, const struct bpf_btf_load_opts *o)
{
	(void)d; (void)n; (void)o;
	return BTF_FD;
}
int libbpf_probe_bpf_map_type(enum bpf_map_type t, const void *o)
{
	(void)t; (void)o;
	return 1;
}
int libbpf_probe_bpf_prog_type(enum bpf_prog_type t, const void *o)
{
	(void)t; (void)o;
	return 1;
}
int libbpf_find_vmlinux_btf_id(const char *name, enum bpf_attach_type t)
{
	(void)name; (void)t;
	return 1;
}
struct btf *btf__load_vmlinux_btf(void) { return NULL; }
__s32 btf__find_by_name_kind(const struct btf *b, const char *n, __u32 k)
{
	(void)b; (void)n; (void)k;
	return -1;
}
void btf__free(struct btf *b) { (void)b; }
int bpf_prog_test_run_opts(int fd, struct bpf_test_run_opts *o)
{
	(void)fd; (void)o;
	return -1;
}
int bpf_obj_get_info_by_fd(int fd, void *i, __u32 *n)
{
	(void)fd; (void)i; (void)n;
	return -1;
}
int libbpf_set_strict_mode(enum libbpf_strict_mode m)
{
	(void)m;
	return 0;
}
int cap_enable_effective(__u64 c, __u64 *old) { (void)c; (void)old; return 0; }
int cap_disable_effective(__u64 c, __u64 *old) { (void)c; (void)old; return 0; }

int main(int argc, char **argv)
{
	int passes = 0, errors = 0;

	if (argc != 2)
		return 2;
	dump_dir = argv[1];
	if (!freopen("/dev/null", "w", stdout))
		return 3;
	for (dump_index = 0; dump_index < ARRAY_SIZE(tests); dump_index++) {
		dump_test = &tests[dump_index];
		dump_nmap = 0;
		dump_prog_arrays = 0;
		do_test_single(&tests[dump_index], false, &passes, &errors);
	}
	fprintf(stderr, "%u tests\n", dump_index);
	return 0;
}
