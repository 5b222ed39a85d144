/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tracing programs get and may call, against the running kernel: the rows of
 * platform/trace_args.def, and the helpers of tracepoints and iterators (skipped
 * without bpf(), without BTF, and on kernels other than 6.18).  Every program is
 * refused: what the verifier knew before is in its log.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "case/btf.h"
#include "engines/linux_sys.h"

static const struct btf *need_kernel(void)
{
	struct utsname un;
	char why[96];

	if (!linux_available(why)) {
		print_message("# SKIP %s\n", why);
		skip();
	}
	if (uname(&un) || strncmp(un.release, "6.18", 4) || !btf_of_kernel()) {
		print_message("# SKIP the tables are of Linux 6.18 with BTF\n");
		skip();
	}
	return btf_of_kernel();
}

/* The log of the kernel's verifier. */
static const char *log_of(uint32_t attach, const char *target, const struct insn *in, uint32_t n,
			  struct linux_log *log)
{
	struct linux_prog_opts o = {
		.insn = in, .len = n, .type = PROG_TRACING, .attach_type = (uint16_t)attach,
		.license = "GPL", .log_level = LINUX_LOG_ALL,
		.attach_btf_id = linux_target_id(attach, target),
	};
	int fd = -1;

	linux_prog_load(&o, log, &fd);
	if (fd >= 0)
		close(fd);
	return linux_log_text(log);
}

/* Loads argument n, and uses a register that is not there. */
static bool may_be_null(uint32_t attach, const char *target, uint32_t n)
{
	const struct insn in[] = {
		{ .code = CLS_LDX | SZ_DW | MD_MEM, .dst = 2, .src = 1, .off = (int16_t)(8 * n) },
		{ .code = CLS_ALU64 | ALU_MOV | SRC_X, .src = 9 },
		{ .code = CLS_JMP | JMP_EXIT },
	};
	struct linux_log log = { 0 };
	const char *text = log_of(attach, target, in, 3, &log);
	bool null = strstr(text, "_or_null") != NULL;

	if (!strstr(text, "R9 !read_ok"))
		fail_msg("%s: argument %u is refused: %s", target, n, text);
	linux_log_free(&log);
	return null;
}

static bool points_to_struct(const struct btf *b, uint32_t id)
{
	const struct btf_type *t = btf_skip(b, id);
	enum btf_kind k = BTF_VOID;

	if (btf_kind(t) == BTF_PTR)
		k = btf_kind(btf_skip(b, t->size));
	return k == BTF_STRUCT || k == BTF_UNION;
}

static void test_tracepoints(void **state)
{
	const struct btf *b = need_kernel();
	uint32_t asked = 0, wrong = 0;

	(void)state;
	for (uint32_t id = 1; id < b->n; id++) {
		const struct btf_type *t = btf_type(b, id);
		const char *name = btf_str(b, t->name);

		if (btf_kind(t) != BTF_TYPEDEF || strncmp(name, "btf_trace_", 10))
			continue;
		t = btf_skip(b, t->size);
		t = btf_kind(t) == BTF_PTR ? btf_skip(b, t->size) : NULL;
		for (uint32_t n = 0; t && n + 1 < btf_vlen(t) && n < 12; n++) {
			if (!points_to_struct(b, ((const uint32_t *)(t + 1))[2 * (n + 1) + 1]))
				continue;
			asked++;
			if (may_be_null(ATTACH_RAW_TP, name + 10, n) ==
			    (tracepoint_arg(name + 10, n) != TRACE_ARG_TRUSTED))
				continue;
			print_error("tracepoint %s, argument %u\n", name + 10, n);
			wrong++;
		}
	}
	print_message("# %u arguments\n", asked);
	assert_true(asked > 100);
	assert_int_equal(wrong, 0);
}

static void test_iterators(void **state)
{
	static const char *const names[] = {
		"task", "task_file", "bpf_map", "bpf_map_elem", "bpf_prog", "tcp", "udp", "unix",
		"cgroup", "sockmap", "bpf_link", "ksym",
	};
	const struct btf *b = need_kernel();
	uint32_t wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct btf_type *t = btf_type(b, btf_target(b, ATTACH_ITER, names[i]));

		t = t ? btf_skip(b, t->size) : NULL;
		for (uint32_t n = 0; t && n < btf_vlen(t); n++) {
			enum trace_arg arg;

			assert_true(iter_arg(names[i], n, &arg));
			if (may_be_null(ATTACH_ITER, names[i], n) == (arg != TRACE_ARG_TRUSTED))
				continue;
			print_error("iterator %s, argument %u\n", names[i], n);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

static bool offered(uint32_t attach, const char *target, int32_t id)
{
	const struct insn in[] = {
		{ .code = CLS_JMP | JMP_CALL, .imm = id },
		{ .code = CLS_ALU64 | ALU_MOV | SRC_X, .src = 9 },
		{ .code = CLS_JMP | JMP_EXIT },
	};
	struct linux_log log = { 0 };
	const char *text = log_of(attach, target, in, 3, &log);
	bool yes = !strstr(text, "cannot use helper") && !strstr(text, "unknown func") &&
		   !strstr(text, "invalid func");

	linux_log_free(&log);
	return yes;
}

static void test_helpers(void **state)
{
	enum { PROBE_WRITE_USER = 36, SETSOCKOPT = 49, GETSOCKOPT = 57 };
	uint32_t wrong = 0;

	(void)state;
	need_kernel();
	for (int32_t id = 1; id < HELPER_MAX; id++) {
		const struct helper_proto *p = helper_proto_for(id, PROG_TRACING);

		if (!p || id == PROBE_WRITE_USER)	/* a matter of lockdown */
			continue;
		if (offered(ATTACH_RAW_TP, "sched_switch", id) !=
		    helper_available(p, PROG_TRACING, ATTACH_RAW_TP, PRIV_ROOT)) {
			print_error("%s in a tracepoint\n", p->name);
			wrong++;
		}
		if (offered(ATTACH_ITER, id == SETSOCKOPT || id == GETSOCKOPT ? "tcp" : "task", id) !=
		    helper_available(p, PROG_TRACING, ATTACH_ITER, PRIV_ROOT)) {
			print_error("%s in an iterator\n", p->name);
			wrong++;
		}
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tracepoints), cmocka_unit_test(test_iterators),
		cmocka_unit_test(test_helpers),
	};

	return cmocka_run_group_tests_name("trace_linux", tests, NULL, NULL);
}
