/* SPDX-License-Identifier: Apache-2.0 */
/* The typed bpf() calls against the running kernel; skipped where bpf() is not to be had. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "engines/linux_sys.h"
#include "tests/unit/rig.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Open descriptors of this process. */
static int open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static int hash_map(uint32_t entries)
{
	struct linux_map_opts o = {
		.type = MAP_HASH,
		.key_size = 4,
		.value_size = 4,
		.max_entries = entries,
		.name = "a map/with-odd name",
		.flags = MAPF_NO_PREALLOC,
	};
	int fd;

	assert_int_equal(linux_map_create(&o, &fd), LINUX_OK);
	assert_true(fd >= 0);
	return fd;
}

static void errno_to_error(void **state)
{
	(void)state;
	assert_int_equal(linux_err_of(0), LINUX_OK);
	assert_int_equal(linux_err_of(E2BIG), LINUX_FULL);
	assert_int_equal(linux_err_of(ENOENT), LINUX_NOT_FOUND);
	assert_int_equal(linux_err_of(EEXIST), LINUX_EXISTS);
	assert_int_equal(linux_err_of(EINVAL), LINUX_INVALID);
	assert_int_equal(linux_err_of(EACCES), LINUX_UNSAFE);
	assert_int_equal(linux_err_of(EPERM), LINUX_DENIED);
	assert_int_equal(linux_err_of(ENOSPC), LINUX_LOG_FULL);
	assert_int_equal(linux_err_of(ENOMEM), LINUX_NO_MEMORY);
	assert_int_equal(linux_err_of(EBUSY), LINUX_BUSY);
	assert_int_equal(linux_err_of(EBADF), LINUX_BAD_FD);
	assert_int_equal(linux_err_of(EFAULT), LINUX_FAULT);
	assert_int_equal(linux_err_of(EINTR), LINUX_AGAIN);
	assert_int_equal(linux_err_of(ENOSYS), LINUX_NO_SYSCALL);
	assert_int_equal(linux_err_of(524), LINUX_UNSUPPORTED);
	assert_int_equal(linux_err_of(ECHILD), LINUX_OTHER);
	for (uint32_t e = 0; e < LINUX_ERR_N; e++)
		assert_true(strlen(linux_strerror(e)) > 3);
}

static void map_elements(void **state)
{
	uint32_t key = 1234, value = 5678, got = 0;
	int fds, fd;

	(void)state;
	need_bpf();
	fds = open_fds();
	fd = hash_map(2);
	assert_int_equal(linux_map_lookup(fd, &key, &got), LINUX_NOT_FOUND);
	assert_int_equal(linux_map_delete(fd, &key), LINUX_NOT_FOUND);
	assert_int_equal(linux_map_update(fd, &key, &value, LINUX_UPDATE_EXIST), LINUX_NOT_FOUND);
	assert_int_equal(linux_map_update(fd, &key, &value, LINUX_UPDATE_ANY), LINUX_OK);
	assert_int_equal(linux_map_lookup(fd, &key, &got), LINUX_OK);
	assert_int_equal(got, value);
	assert_int_equal(linux_map_update(fd, &key, &value, LINUX_UPDATE_NOEXIST), LINUX_EXISTS);
	value = 1;
	assert_int_equal(linux_map_update(fd, &key, &value, LINUX_UPDATE_EXIST), LINUX_OK);
	assert_int_equal(linux_map_lookup(fd, &key, &got), LINUX_OK);
	assert_int_equal(got, 1);
	assert_int_equal(linux_map_update(fd, &key, &value, 77), LINUX_INVALID);
	key = 1;
	assert_int_equal(linux_map_update(fd, &key, &value, LINUX_UPDATE_ANY), LINUX_OK);
	key = 2;
	assert_int_equal(linux_map_update(fd, &key, &value, LINUX_UPDATE_ANY), LINUX_FULL);
	key = 1234;
	assert_int_equal(linux_map_delete(fd, &key), LINUX_OK);
	assert_int_equal(linux_map_lookup(fd, &key, &got), LINUX_NOT_FOUND);
	assert_int_equal(linux_map_lookup(fd, NULL, &got), LINUX_FAULT);
	close(fd);
	assert_int_equal(linux_map_lookup(fd, &key, &got), LINUX_BAD_FD);
	assert_int_equal(open_fds(), fds);
}

static void map_iteration(void **state)
{
	uint32_t key, next, seen = 0, n = 0;
	int fd;

	(void)state;
	need_bpf();
	fd = hash_map(16);
	assert_int_equal(linux_map_next_key(fd, NULL, &next), LINUX_NOT_FOUND);
	for (key = 0; key < 10; key++)
		assert_int_equal(linux_map_update(fd, &key, &key, LINUX_UPDATE_NOEXIST), LINUX_OK);
	assert_int_equal(linux_map_next_key(fd, NULL, &next), LINUX_OK);
	do {
		key = next;
		assert_true(key < 10);
		seen |= 1U << key;
		n++;
	} while (!linux_map_next_key(fd, &key, &next));
	assert_int_equal(n, 10);
	assert_int_equal(seen, 0x3ff);
	close(fd);
}

static void map_refusals(void **state)
{
	struct linux_map_opts o = {
		.type = MAP_ARRAY, .key_size = 8, .value_size = 8, .max_entries = 1};
	uint32_t key = 0;
	uint64_t value = 0;
	int fd = 7;

	(void)state;
	need_bpf();
	assert_int_equal(linux_map_create(&o, &fd), LINUX_INVALID); /* array keys take 4 bytes */
	assert_int_equal(fd, -1);
	o.key_size = 4;
	o.value_size = 0x80000001;
	assert_int_equal(linux_map_create(&o, &fd), LINUX_FULL);
	o.value_size = 8;
	assert_int_equal(linux_map_create(&o, &fd), LINUX_OK);
	assert_int_equal(linux_map_delete(fd, &key), LINUX_INVALID);
	key = 1;
	assert_int_equal(linux_map_update(fd, &key, &value, LINUX_UPDATE_ANY), LINUX_FULL);
	key = 0;
	assert_int_equal(linux_map_freeze(fd), LINUX_OK);
	assert_int_equal(linux_map_freeze(fd), LINUX_DENIED);
	assert_int_equal(linux_map_update(fd, &key, &value, LINUX_UPDATE_ANY), LINUX_DENIED);
	close(fd);
}

static void valid_program_loads_and_runs(void **state)
{
	struct insn insn[] = {insn_mov64_imm(0, 42), insn_exit()};
	struct linux_prog_opts o = {
		.insn = insn,
		.len = 2,
		.type = PROG_SCHED_CLS,
		.name = "forty-two",
	};
	uint8_t data[64] = {1, 2, 3}, back[64] = {0};
	struct linux_run run = {
		.data_in = data,
		.data_size_in = sizeof(data),
		.data_out = back,
		.data_size_out = sizeof(back),
	};
	struct linux_prog_info info;
	int fds, fd;

	(void)state;
	need_bpf();
	fds = open_fds();
	assert_int_equal(linux_prog_load(&o, NULL, &fd), LINUX_OK);
	assert_int_equal(linux_prog_test_run(fd, &run), LINUX_OK);
	assert_int_equal(run.retval, 42);
	assert_int_equal(run.data_size_out, sizeof(data));
	assert_memory_equal(back, data, sizeof(data));
	assert_int_equal(linux_prog_info(fd, &info), LINUX_OK);
	assert_int_equal(info.verified_insns, 2);
	assert_true(info.nxlated >= 2);
	assert_int_equal(info.xlated[info.nxlated - 2].imm, 42);
	linux_prog_info_free(&info);
	run.data_size_in = 3; /* less than an Ethernet header */
	assert_int_equal(linux_prog_test_run(fd, &run), LINUX_INVALID);
	close(fd);
	assert_int_equal(linux_prog_info(fd, &info), LINUX_BAD_FD);
	assert_int_equal(open_fds(), fds);
}

static void program_without_result_is_refused(void **state)
{
	struct insn insn[] = {insn_exit(), insn_exit()};
	struct linux_prog_opts o = {
		.insn = insn,
		.len = 1,
		.type = PROG_SOCKET_FILTER,
		.log_level = LINUX_LOG_REJECT,
	};
	struct linux_log log = {0};
	int fd, fds;

	(void)state;
	need_bpf();
	fds = open_fds();
	assert_int_equal(linux_prog_load(&o, &log, &fd), LINUX_UNSAFE);
	assert_int_equal(fd, -1);
	assert_non_null(strstr(linux_log_text(&log), "R0 !read_ok"));
	o.log_level = 0;
	assert_int_equal(linux_prog_load(&o, &log, &fd), LINUX_UNSAFE);
	assert_string_equal(linux_log_text(&log), "");
	o.explain = true;
	assert_int_equal(linux_prog_load(&o, &log, &fd), LINUX_UNSAFE);
	assert_non_null(strstr(linux_log_text(&log), "R0 !read_ok"));
	insn[0].code = 0xff;
	o.len = 2;
	assert_int_equal(linux_prog_load(&o, &log, &fd), LINUX_INVALID);
	assert_non_null(strstr(linux_log_text(&log), "unknown opcode"));
	linux_log_free(&log);
	assert_int_equal(open_fds(), fds);
}

/* 4,000 insns log about half a megabyte: more than the first buffer takes. */
static void log_grows(void **state)
{
	enum { N = 4000 };
	static struct insn insn[N];
	struct linux_prog_opts o = {
		.insn = insn,
		.len = N,
		.type = PROG_SOCKET_FILTER,
		.log_level = LINUX_LOG_ALL,
	};
	struct linux_log log = {0};
	int fd;

	(void)state;
	need_bpf();
	for (int i = 0; i < N - 1; i++)
		insn[i] = insn_mov64_imm(0, i);
	insn[N - 1] = insn_exit();
	assert_int_equal(linux_prog_load(&o, &log, &fd), LINUX_OK);
	close(fd);
	assert_false(log.truncated);
	assert_true(strlen(log.text) > 128 << 10);
	assert_non_null(strstr(log.text, "func#0 @0"));
	assert_non_null(strstr(log.text, "processed 4000 insns"));

	linux_log_free(&log);
	o.log_max = 64 << 10;
	assert_int_equal(linux_prog_load(&o, &log, &fd), LINUX_LOG_FULL);
	assert_true(log.truncated);
	assert_true(log.need > 128 << 10);
	assert_null(strstr(log.text, "func#0 @0")); /* the end is kept ... */
	o.log_level = LINUX_LOG_ALL | LINUX_LOG_FIXED;
	assert_int_equal(linux_prog_load(&o, &log, &fd), LINUX_LOG_FULL);
	assert_non_null(strstr(log.text, "func#0 @0")); /* ... or the beginning */
	linux_log_free(&log);
}

static void bad_types_are_refused(void **state)
{
	struct linux_log log = {0};
	uint8_t junk[24] = {0x9f, 0xeb, 1};
	int fd;

	(void)state;
	need_bpf();
	assert_int_equal(linux_btf_load(junk, sizeof(junk), &log, &fd), LINUX_INVALID);
	assert_int_equal(fd, -1);
	assert_true(strlen(linux_log_text(&log)) > 0);
	linux_log_free(&log);
}

/* In the privilege level of CAP_BPF a returned pointer is a leak; as root it is fine. */
static enum linux_err load_leak(void)
{
	struct insn insn[] = {insn_mov64_reg(0, 10), insn_exit()};
	struct linux_prog_opts o = {.insn = insn, .len = 2, .type = PROG_SOCKET_FILTER};
	enum linux_err err;
	int fd;

	err = linux_prog_load(&o, NULL, &fd);
	if (!err)
		close(fd);
	return err;
}

static void privileges(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	need_bpf();
	assert_int_equal(load_leak(), LINUX_OK);
	assert_true(linux_priv_set(PRIV_CAP_BPF));
	assert_int_equal(load_leak(), LINUX_UNSAFE);
	assert_true(linux_priv_set(PRIV_UNPRIV));
	/* Either refused outright, or (unprivileged_bpf_disabled = 0) as a leak. */
	assert_int_not_equal(load_leak(), LINUX_OK);
	assert_true(linux_priv_set(PRIV_ROOT));
	assert_int_equal(load_leak(), LINUX_OK);
	pid = fork();
	if (!pid)
		_exit(!linux_drop_to_cap_bpf() || !linux_priv_set(PRIV_ROOT) ||
		      load_leak() != LINUX_UNSAFE);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* ---- units -------------------------------------------------------------------- */

static void seal(struct program *p, struct insn *insn, uint32_t n, uint16_t type, struct arena *a)
{
	*p = (struct program){.insn = insn, .len = n, .type = type, .name = "t"};
	program_seal(p, a);
}

static void unit_with_maps_and_tail_call(void **state)
{
	struct insn main_[32], other[] = {insn_mov64_imm(0, 77), insn_exit()};
	struct map_def map[3] = {
		{.name = "jump",
		 .type = MAP_PROG_ARRAY,
		 .key_size = 4,
		 .value_size = 4,
		 .max_entries = 2,
		 .inner = -1},
		{.name = "counts",
		 .type = MAP_PERCPU_ARRAY,
		 .key_size = 4,
		 .value_size = 12,
		 .max_entries = 1,
		 .inner = -1},
		{.name = ".rodata",
		 .type = MAP_ARRAY,
		 .key_size = 4,
		 .value_size = 8,
		 .max_entries = 1,
		 .flags = MAPF_RDONLY_PROG,
		 .frozen = true,
		 .inner = -1,
		 .init = (const uint8_t *)"\1\0\0\0",
		 .ninit = 4},
	};
	uint8_t records[] = {
		0, 1, 0, 0, 0, 1, 0, 0, 0, /* jump[1] = program 1 */
		1, 0, 0, 0, 0, 9, 0, 0, 0, 8, 0, 0, 0, 7, 0, 0, 0,
	};
	struct input in = {.maps = records, .nmaps = sizeof(records)};
	uint8_t data[64] = {0}, value[1024] = {0};
	struct linux_run run = {.data_in = data, .data_size_in = sizeof(data)};
	struct arena a = {0};
	struct program prog[2];
	struct unit u = {.prog = prog, .nprog = 2, .map = map, .nmap = 3};
	struct linux_unit lu;
	uint32_t n = 0, zero = 0, count[3];
	int fds;

	(void)state;
	need_bpf();
	fds = open_fds();
	/* tail_call(ctx, jump, *(u32 *)rodata); the value there is 1 */
	main_[n++] = insn_mov64_reg(6, 1);
	insn_lddw(main_ + n, 2, 2, 2);
	n += 2;
	main_[n++] = insn_ldx(SZ_W, 3, 2, 0);
	main_[n++] = insn_mov64_reg(1, 6);
	insn_lddw(main_ + n, 2, 1, 0);
	n += 2;
	main_[n++] = insn_call(HELPER_tail_call);
	main_[n++] = insn_mov64_imm(0, 5);
	main_[n++] = insn_exit();
	seal(&prog[0], main_, n, PROG_SCHED_CLS, &a);
	seal(&prog[1], other, 2, PROG_SCHED_CLS, &a);

	assert_int_equal(linux_unit_open(&lu, &u, &in), LINUX_OK);
	assert_int_equal(linux_unit_load(&lu, 0, NULL, NULL), LINUX_OK);
	assert_int_equal(linux_prog_test_run(lu.prog_fd[0], &run), LINUX_OK);
	assert_int_equal(run.retval, 5); /* the slot is empty yet */
	assert_int_equal(linux_unit_load(&lu, 1, NULL, NULL), LINUX_OK);
	assert_int_equal(linux_unit_wire(&lu, &in), LINUX_OK);
	assert_int_equal(linux_prog_test_run(lu.prog_fd[0], &run), LINUX_OK);
	assert_int_equal(run.retval, 77);

	assert_true(linux_value_size(MAP_PERCPU_ARRAY, 12) <= sizeof(value));
	assert_int_equal(linux_map_lookup(lu.map_fd[1], &zero, value), LINUX_OK);
	for (uint32_t cpu = 0; cpu < linux_ncpus(); cpu++) {
		memcpy(count, value + 16 * cpu, sizeof(count));
		assert_int_equal(count[0], 9);
		assert_int_equal(count[2], 7);
	}
	memset(value, 0xff, sizeof(value));
	assert_int_equal(linux_map_update(lu.map_fd[1], &zero, value, 0), LINUX_OK);
	assert_int_equal(linux_unit_refill(&lu, &in), LINUX_OK);
	assert_int_equal(linux_map_lookup(lu.map_fd[1], &zero, value), LINUX_OK);
	memcpy(count, value, sizeof(count));
	assert_int_equal(count[1], 8);
	linux_unit_close(&lu);
	arena_free(&a);
	assert_int_equal(open_fds(), fds);
}

/* A callback and a lock: both want types, which are made up. */
static void unit_with_types(void **state)
{
	struct insn insn[32];
	struct map_def map[1] = {
		{.name = "locked",
		 .type = MAP_ARRAY,
		 .key_size = 4,
		 .value_size = 16,
		 .max_entries = 1,
		 .has_spin_lock = true,
		 .spin_lock_off = 4,
		 .inner = -1},
	};
	struct arena a = {0};
	struct program prog;
	struct unit u = {.prog = &prog, .nprog = 1, .map = map, .nmap = 1};
	struct linux_log log = {0};
	uint32_t n = 0, code;
	enum linux_err err;
	bool made;

	(void)state;
	need_bpf();
	insn_lddw(insn + n, 6, 1, 0);
	n += 2;
	insn[n++] = insn_st(SZ_W, 10, -4, 0);
	insn[n++] = insn_mov64_reg(1, 6);
	insn[n++] = insn_mov64_reg(2, 10);
	insn[n++] = insn_alu64_imm(ALU_ADD, 2, -4);
	insn[n++] = insn_call(HELPER_map_lookup_elem);
	insn[n++] = insn_jmp_imm(JMP_JEQ, 0, 0, 6);
	insn[n++] = insn_mov64_reg(6, 0);
	insn[n++] = insn_mov64_reg(1, 0);
	insn[n++] = insn_alu64_imm(ALU_ADD, 1, 4);
	insn[n++] = insn_call(93); /* spin_lock */
	insn[n++] = insn_mov64_reg(1, 6);
	insn[n++] = insn_alu64_imm(ALU_ADD, 1, 4);
	insn[n++] = insn_call(94); /* spin_unlock */
	insn[7].off = n - 8;
	insn[n++] = insn_mov64_imm(1, 3);
	code = n;
	n += 2;
	insn[n++] = insn_mov64_imm(3, 0);
	insn[n++] = insn_mov64_imm(4, 0);
	insn[n++] = insn_call(181); /* loop */
	insn[n++] = insn_mov64_imm(0, 0);
	insn[n++] = insn_exit();
	insn_lddw(insn + code, 2, 4, n - code - 1);
	insn[n++] = insn_mov64_imm(0, 0);
	insn[n++] = insn_exit();
	seal(&prog, insn, n, PROG_SCHED_CLS, &a);
	err = linux_load_unit(&u, NULL, 0, PRIV_ROOT,
			      &(struct linux_unit_opts){.log_level = LINUX_LOG_REJECT}, &log,
			      &made);
	if (err)
		print_error("%s\n", linux_log_text(&log));
	assert_true(made);
	assert_int_equal(err, LINUX_OK);
	map[0].key_size = 3;
	assert_int_equal(linux_load_unit(&u, NULL, 0, PRIV_ROOT, NULL, &log, &made), LINUX_INVALID);
	assert_false(made);
	assert_non_null(strstr(linux_log_text(&log), "map 0 (array): create"));
	linux_log_free(&log);
	arena_free(&a);
}

/* Each kind of map once, with an element where user space can set one. */
static void unit_with_every_map_kind(void **state)
{
	static const struct map_def kinds[] = {
		{.name = "hash",
		 .type = MAP_HASH,
		 .key_size = 4,
		 .value_size = 4,
		 .max_entries = 2,
		 .inner = -1},
		{.name = "outer",
		 .type = MAP_ARRAY_OF_MAPS,
		 .key_size = 4,
		 .value_size = 4,
		 .max_entries = 2,
		 .inner = 0},
		{.name = "houter",
		 .type = MAP_HASH_OF_MAPS,
		 .key_size = 4,
		 .value_size = 4,
		 .max_entries = 2,
		 .inner = 0},
		{.name = "lpm",
		 .type = MAP_LPM_TRIE,
		 .key_size = 8,
		 .value_size = 4,
		 .max_entries = 2,
		 .flags = MAPF_NO_PREALLOC,
		 .inner = -1},
		{.name = "perf",
		 .type = MAP_PERF_EVENT_ARRAY,
		 .key_size = 4,
		 .value_size = 4,
		 .inner = -1},
		{.name = "ring", .type = MAP_RINGBUF, .max_entries = 4096, .inner = -1},
		{.name = "arena",
		 .type = MAP_ARENA,
		 .max_entries = 2,
		 .flags = MAPF_MMAPABLE,
		 .inner = -1},
		{.name = "sk",
		 .type = MAP_SK_STORAGE,
		 .key_size = 4,
		 .value_size = 24,
		 .flags = MAPF_NO_PREALLOC,
		 .inner = -1},
		{.name = "task",
		 .type = MAP_TASK_STORAGE,
		 .key_size = 4,
		 .value_size = 8,
		 .flags = MAPF_NO_PREALLOC,
		 .has_spin_lock = true,
		 .inner = -1},
		{.name = "queue",
		 .type = MAP_QUEUE,
		 .value_size = 4,
		 .max_entries = 2,
		 .inner = -1},
		{.name = "stacks",
		 .type = MAP_STACK_TRACE,
		 .key_size = 4,
		 .value_size = 64,
		 .max_entries = 2,
		 .inner = -1},
		{.name = "cgroups",
		 .type = MAP_CGROUP_ARRAY,
		 .key_size = 4,
		 .value_size = 4,
		 .max_entries = 2,
		 .inner = -1},
		{.name = "dev",
		 .type = MAP_DEVMAP,
		 .key_size = 4,
		 .value_size = 4,
		 .max_entries = 2,
		 .inner = -1},
		{.name = "cpu",
		 .type = MAP_CPUMAP,
		 .key_size = 4,
		 .value_size = 4,
		 .max_entries = 2,
		 .inner = -1},
		{.name = "xsk",
		 .type = MAP_XSKMAP,
		 .key_size = 4,
		 .value_size = 4,
		 .max_entries = 2,
		 .inner = -1},
		{.name = "plru",
		 .type = MAP_LRU_PERCPU_HASH,
		 .key_size = 4,
		 .value_size = 4,
		 .max_entries = 2,
		 .inner = -1},
		{.name = "storage",
		 .type = MAP_CGROUP_STORAGE,
		 .key_size = 8,
		 .value_size = 4,
		 .inner = -1},
	};
	uint8_t records[] = {
		0, 1, 0, 0, 0, 5, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, /* outer[1] = map 0 */
		2, 7, 0, 0, 0, 0, 0, 0, 0, 3, 8, 0, 0, 0, 1, 2, 3, 4, 6, 0, 0,
		0, 0, 2, 0, 0, 0, 5, 0, 0, 0, 0, 3, 0, 0, 0, 5, 0, 0, 0, /* does not fit: 2 entries
									  */
		9, 1, 0, 0, 0,
	};
	struct input in = {.maps = records, .nmaps = sizeof(records)};
	struct unit u = {.map = kinds, .nmap = sizeof(kinds) / sizeof(kinds[0])};
	uint32_t key = 1, value = 0, lpm[2] = {32, 0x04030201};
	struct linux_unit lu;
	int fds;

	(void)state;
	need_bpf();
	fds = open_fds();
	if (linux_unit_open(&lu, &u, &in))
		fail_msg("%s", lu.why);
	assert_int_equal(linux_map_lookup(lu.map_fd[0], &key, &value), LINUX_OK);
	assert_int_equal(value, 5);
	assert_int_equal(linux_map_lookup(lu.map_fd[1], &key, &value), LINUX_OK);
	assert_true(value > 0); /* the inner map's number */
	assert_int_equal(linux_map_lookup(lu.map_fd[3], lpm, &value), LINUX_OK);
	assert_int_equal(value, 6);
	assert_non_null(lu.arena[6]);
	*(uint32_t *)lu.arena[6] = 1;
	key = 3;
	assert_int_equal(linux_map_lookup(lu.map_fd[0], &key, &value), LINUX_NOT_FOUND);
	linux_unit_close(&lu);

	in.nmaps--; /* the last record is cut off */
	assert_int_equal(linux_unit_open(&lu, &u, &in), LINUX_INVALID);
	assert_string_equal(lu.why, "malformed map contents");
	linux_unit_close(&lu);
	assert_int_equal(open_fds(), fds);
}

static void unit_by_privilege(void **state)
{
	struct insn leak[] = {insn_mov64_reg(0, 10), insn_exit()};
	struct insn fine[] = {insn_mov64_imm(0, 0), insn_exit()};
	struct linux_unit_opts o = {.explain = true};
	struct linux_log log = {0};
	struct arena a = {0};
	struct program prog[3];
	struct unit u = {.prog = prog, .nprog = 3};
	bool made;

	(void)state;
	need_bpf();
	seal(&prog[0], leak, 2, PROG_SCHED_CLS, &a);
	seal(&prog[1], fine, 2, PROG_SYSCALL, &a);
	seal(&prog[2], fine, 2, PROG_PLAIN, &a);
	assert_int_equal(linux_load_unit(&u, NULL, 0, PRIV_ROOT, &o, &log, &made), LINUX_OK);
	assert_int_equal(linux_load_unit(&u, NULL, 0, PRIV_CAP_BPF, &o, &log, &made), LINUX_UNSAFE);
	assert_true(made);
	assert_non_null(strstr(linux_log_text(&log), "R0 leaks addr as return value"));
	assert_int_equal(linux_load_unit(&u, NULL, 1, PRIV_CAP_BPF, &o, &log, &made), LINUX_OK);
	assert_int_equal(linux_load_unit(&u, NULL, 2, PRIV_ROOT, &o, &log, &made),
			 LINUX_UNSUPPORTED);
	linux_log_free(&log);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errno_to_error),
		cmocka_unit_test(map_elements),
		cmocka_unit_test(map_iteration),
		cmocka_unit_test(map_refusals),
		cmocka_unit_test(valid_program_loads_and_runs),
		cmocka_unit_test(program_without_result_is_refused),
		cmocka_unit_test(log_grows),
		cmocka_unit_test(bad_types_are_refused),
		cmocka_unit_test(privileges),
		cmocka_unit_test(unit_with_maps_and_tail_call),
		cmocka_unit_test(unit_with_types),
		cmocka_unit_test(unit_with_every_map_kind),
		cmocka_unit_test(unit_by_privilege),
	};

	return cmocka_run_group_tests_name("linux_sys", tests, NULL, NULL);
}
