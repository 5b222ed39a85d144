/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform/'s tables against the running kernel: contexts, helpers, maps,
 * privileges (skipped without bpf()).  PARALLAX_LONG=1 asks for every program
 * type what is otherwise asked for one.  The tables describe Linux 6.18: on
 * other versions the comparison tells what is different there, but only when
 * asked to (PARALLAX_LONG=1).
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/mman.h>

#include "tests/probe/call.h"

#include <sys/utsname.h>

static uint32_t differences;

__attribute__((format(printf, 1, 2))) static void differs(const char *fmt, ...)
{
	va_list ap;

	if (differences++ > 40)
		return;
	va_start(ap, fmt);
	fprintf(stderr, "# ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
}

static void need_kernel(void)
{
	struct utsname un;
	char why[96];

	differences = 0;
	if (!linux_available(why)) {
		print_message("# SKIP %s\n", why);
		skip();
	}
	if (!uname(&un) && strncmp(un.release, "6.18", 4) && !getenv("PARALLAX_LONG")) {
		print_message("# SKIP the tables are of Linux 6.18, this is %s\n", un.release);
		skip();
	}
}

static bool every_type(void)
{
	return getenv("PARALLAX_LONG") != NULL;
}

/* Depend on the kernel's configuration and lockdown: probe_write_user, override_return, rc_*. */
static bool configured(int32_t id)
{
	return id == 36 || id == 58 || id == 77 || id == 78 || id == 92;
}

static const char *label(struct probe_type t)
{
	static char buf[64];

	snprintf(buf, sizeof(buf), "%s/%u", prog_type_info(t.type)->name, t.attach);
	return buf;
}

/* What the log calls a register with this in it, up to its attributes. */
static const char *ctx_name(const struct ctx_access *acc)
{
	switch (acc->kind) {
	case CTX_SCALAR:
		return "scalar(";
	case CTX_PACKET:
		return "pkt(";
	case CTX_PACKET_META:
		return "pkt_meta(";
	case CTX_PACKET_END:
		return "pkt_end(";
	case CTX_SOCK_COMMON_OR_NULL:
		return "sock_common_or_null(";
	case CTX_SOCKET:
		return "sock(";
	case CTX_SOCKET_OR_NULL:
		return "sock_or_null(";
	case CTX_FLOW_KEYS:
		return "flow_keys(";
	case CTX_TP_BUFFER:
		return "tp_buffer(";
	case CTX_BTF_PTR:
		return "trusted_ptr_";
	default:
		return "?";
	}
}

static void compare_access(struct probe_type t, int32_t off, uint32_t size, bool write)
{
	struct ctx_access acc;
	char what[64] = "";
	bool ours = prog_ctx_access(t.type, t.attach, off, size, write, &acc);
	bool pointer = ours && acc.kind != CTX_SCALAR;
	bool linux_ok = probe_ctx(t, off, size, write, pointer && !write ? what : NULL);

	if (ours != linux_ok)
		differs("%s: %s of %u at %d: Linux %s", label(t), write ? "write" : "read", size,
			off, linux_ok ? "takes it" : "refuses it");
	else if (pointer && strncmp(what, ctx_name(&acc), strlen(ctx_name(&acc))))
		differs("%s: read of %u at %d: Linux yields %s, we say %s", label(t), size, off,
			what, ctx_name(&acc));
	if (ours && acc.kind == CTX_BTF_PTR && !strstr(what, acc.btf_name))
		differs("%s: at %d: %s is no %s", label(t), off, what, acc.btf_name);
}

static void contexts(void **state)
{
	(void)state;
	need_kernel();
	for (uint32_t i = 0; i < PROBE_TYPES; i++) {
		struct probe_type t = probe_types[i];
		const struct prog_type_info *info = prog_type_info(t.type);
		int32_t end = info->ctx_size && info->ctx_size < 256 ? info->ctx_size + 9 : 64;

		for (uint32_t size = 1; size <= 8; size *= 2) {
			/* unaligned ones are refused everywhere: a sample */
			for (int32_t off = -8; off < end; off++) {
				if (off % (int32_t)size && off % 5 && !every_type())
					continue;
				compare_access(t, off, size, false);
				compare_access(t, off, size, true);
			}
		}
	}
	/* where contexts without a layout end */
	for (int32_t off = 8180; off < 8200; off++)
		compare_access((struct probe_type){PROG_TRACEPOINT, 0}, off, 4, false);
	for (int32_t off = 32760; off < 32768; off++)
		compare_access((struct probe_type){PROG_SYSCALL, 0}, off, 8, true);
	assert_int_equal(differences, 0);
}

static const char *const obj_name[] = {"sock_common", "sock", "tcp_sock", "xdp_sock", "flow_keys"};

/* Loads r0 with a pointer to the object; false if it takes more than this. */
static void load_object(struct probe *p, enum obj_kind obj, int xskmap)
{
	switch (obj) {
	case OBJ_FLOW_KEYS:
		p->t = (struct probe_type){PROG_FLOW_DISSECTOR, ATTACH_FLOW_DISSECTOR};
		probe_add(p, insn_ldx(SZ_DW, 0, 1, 144));
		return;
	case OBJ_XDP_SOCK:
		p->t = (struct probe_type){PROG_XDP, 0};
		probe_add(p, insn_st(SZ_W, 10, -4, 0));
		probe_add(p, insn_mov64_reg(2, 10));
		probe_add(p, insn_alu64_imm(ALU_ADD, 2, -4));
		probe_map(p, 1, xskmap);
		probe_add(p, insn_call(HELPER_map_lookup_elem));
		break;
	default:
		p->t = (struct probe_type){PROG_SCHED_CLS, 0};
		probe_add(p, insn_ldx(SZ_DW, 0, 1, 168));
		call_leave_if_null(p, 0);
		if (obj == OBJ_SOCK_COMMON)
			return;
		probe_add(p, insn_mov64_reg(1, 0));
		probe_add(p, insn_call(obj == OBJ_SOCKET ? 95 : 96));
		break;
	}
	call_leave_if_null(p, 0);
}

static void objects_behind_pointers(void **state)
{
	struct ctx_access acc;
	int xskmap;

	(void)state;
	need_kernel();
	xskmap = probe_map_fd(MAP_XSKMAP);
	for (uint32_t obj = 0; obj <= OBJ_FLOW_KEYS; obj++) {
		for (uint32_t size = 1; size <= 8; size *= 2) {
			for (int32_t off = -8; off < 124; off++) {
				for (int write = 0; write < 2; write++) {
					struct probe p = {.n = 0};
					uint8_t sz = probe_size_code(size);

					load_object(&p, obj, xskmap);
					probe_add(&p, write ? insn_st(sz, 0, off, 0)
							    : insn_ldx(sz, 2, 0, off));
					probe_exit(&p);
					if (obj_access(obj, off, size, write, &acc) !=
					    !probe_load(&p, 0))
						differs("%s: %s of %u at %d", obj_name[obj],
							write ? "write" : "read", size, off);
				}
			}
		}
	}
	close(xskmap);
	assert_int_equal(differences, 0);
}

static void attach_types_and_results(void **state)
{
	(void)state;
	need_kernel();
	for (uint32_t type = 1; type < PROG_TYPE_N; type++) {
		/* these need a target in the kernel or a driver */
		if (type == PROG_TRACING || type == PROG_STRUCT_OPS || type == PROG_EXT ||
		    type == PROG_LSM || type == PROG_LIRC_MODE2)
			continue;
		for (uint32_t attach = 0; attach < ATTACH_TYPE_N; attach++) {
			struct probe p = {.t = {type, attach}};
			int32_t lo = INT32_MIN, hi = INT32_MAX;
			bool range = prog_ret_range(type, attach, &lo, &hi);

			probe_exit(&p);
			if (prog_type_loads(type, attach, PRIV_ROOT) != !probe_load(&p, 0))
				differs("%s: loading at all", label(p.t));
			if (!prog_type_loads(type, attach, PRIV_ROOT))
				continue;
			if (!range)
				lo = INT32_MIN, hi = INT32_MAX;
			for (int32_t r0 = -1; r0 < 5; r0++) {
				p.insn[0].imm = r0;
				if ((r0 >= lo && r0 <= hi) != !probe_load(&p, 0))
					differs("%s: exit with %d", label(p.t), r0);
			}
		}
	}
	assert_int_equal(differences, 0);
}

static void privileges_of_types(void **state)
{
	(void)state;
	need_kernel();
	assert_true(linux_priv_set(PRIV_CAP_BPF));
	for (uint32_t i = 0; i < PROBE_TYPES; i++) {
		struct probe p = {.t = probe_types[i]};

		probe_exit(&p);
		if (prog_type_loads(p.t.type, p.t.attach, PRIV_CAP_BPF) != !probe_load(&p, 0))
			differs("%s with CAP_BPF", label(p.t));
	}
	assert_true(linux_priv_set(PRIV_ROOT));
	assert_int_equal(differences, 0);
}

static const char *const call_verdict[] = {
	"is there", "is not there", "needs the GPL", "may sleep", "has no such type",
};

static void compare_availability(struct probe_type t, int32_t id, const char *license,
				 enum priv priv)
{
	const struct helper_proto *p = helper_proto_for(id, t.type);
	enum verdict_of_call ours = CALL_TAKEN, theirs;

	if (configured(id))
		return;
	if (!p || !helper_available(p, t.type, t.attach, priv))
		ours = CALL_UNKNOWN;
	else if (license && helper_needs_gpl(p, t.type, t.attach))
		ours = CALL_GPL;
	else if ((p->flags & HELPER_SLEEPS) && !prog_type_info(t.type)->sleepable)
		ours = CALL_SLEEPS;
	theirs = probe_helper(t, id, license);
	if (ours == CALL_UNKNOWN &&
	    theirs == CALL_GPL) /* refused for both reasons; asked with GPL, too */
		theirs = CALL_UNKNOWN;
	if (ours != theirs)
		differs("%s: helper %d %s (%s, %s): %s in Linux, %s here", label(t), id,
			p ? p->name : "?", priv_name(priv), license ? license : "GPL",
			call_verdict[theirs], call_verdict[ours]);
}

static void helpers_available(void **state)
{
	(void)state;
	need_kernel();
	for (uint32_t i = 0; i < PROBE_TYPES; i++) {
		for (int32_t id = 0; id < 216; id++) {
			compare_availability(probe_types[i], id, NULL, PRIV_ROOT);
			compare_availability(probe_types[i], id, "Proprietary", PRIV_ROOT);
		}
	}
	assert_int_equal(differences, 0);
}

static void helpers_available_with_cap_bpf(void **state)
{
	(void)state;
	need_kernel();
	assert_true(linux_priv_set(PRIV_CAP_BPF));
	for (uint32_t i = 0; i < PROBE_TYPES; i++) {
		if (!prog_type_loads(probe_types[i].type, probe_types[i].attach, PRIV_CAP_BPF))
			continue;
		for (int32_t id = 0; id < 216; id++)
			compare_availability(probe_types[i], id, NULL, PRIV_CAP_BPF);
	}
	assert_true(linux_priv_set(PRIV_ROOT));
	assert_int_equal(differences, 0);
}

/* ---- calls -------------------------------------------------------------------- */

static struct call_env env;
static struct linux_unit locked;
static int maps[MAP_TYPE_N];

static void open_env(void)
{
	static struct map_def m = {
		.name = "lock",
		.type = MAP_ARRAY,
		.key_size = 4,
		.value_size = 16,
		.max_entries = 1,
		.has_spin_lock = true,
		.inner = -1,
	};
	static struct unit u = {.map = &m, .nmap = 1};

	assert_int_equal(linux_unit_open(&locked, &u, NULL), LINUX_OK);
	env = (struct call_env){
		.ringbuf = probe_map_fd(MAP_RINGBUF),
		.rodata = call_rodata(),
		.locked = locked.map_fd[0],
	};
	for (uint32_t m2 = 1; m2 < MAP_TYPE_N; m2++)
		maps[m2] = probe_map_fd(m2);
}

static void close_env(void)
{
	linux_unit_close(&locked);
	close(env.ringbuf);
	close(env.rodata);
	for (uint32_t m = 1; m < MAP_TYPE_N; m++) {
		if (maps[m] >= 0)
			close(maps[m]);
	}
}

/* The first program to use one of these owns it: others of another type may not. */
static bool owned(uint32_t map_type)
{
	return map_type == MAP_PROG_ARRAY || map_type == MAP_DEVMAP || map_type == MAP_CPUMAP;
}

static int fresh(uint32_t map_type)
{
	if (map_type && owned(map_type)) {
		close(maps[map_type]);
		maps[map_type] = probe_map_fd(map_type);
	}
	return maps[map_type];
}

/* A map kind that the helper takes for plain elements, or 0. */
static uint32_t map_for(const struct helper_proto *p, uint32_t type)
{
	for (uint32_t m = 1; m < MAP_TYPE_N; m++) {
		if (m != MAP_SOCKMAP && m != MAP_SOCKHASH && map_helper_type_ok(m, p->id, type) &&
		    map_prog_ok(m, false, type, prog_type_info(type)->sleepable))
			return m;
	}
	for (uint32_t m = 1; m < MAP_TYPE_N; m++) {
		if (map_helper_type_ok(m, p->id, type) &&
		    map_prog_ok(m, false, type, prog_type_info(type)->sleepable))
			return m;
	}
	return 0;
}

static bool takes_map(const struct helper_proto *p)
{
	for (uint32_t i = 0; i < 5; i++) {
		if (p->arg[i].kind == ARG_MAP)
			return true;
	}
	return false;
}

static bool takes_lock(const struct helper_proto *p)
{
	return p->arg[0].kind == ARG_SPIN_LOCK;
}

/*
 * Calls fn for a call of every helper in every program type that has it (or in
 * one of them), as far as its arguments can be made.  *made counts the helpers.
 */
static void each_call(bool all_types, enum priv priv, void (*fn)(const struct call *),
		      uint32_t *made)
{
	*made = 0;
	for (int32_t id = 1; id < HELPER_MAX; id++) {
		bool any = false;

		for (uint32_t i = 0; i < PROBE_TYPES; i++) {
			struct probe_type t = probe_types[i];
			const struct helper_proto *p = helper_proto_for(id, t.type);
			struct call c = {.h = p, .t = t, .env = &env};
			struct probe program;
			uint32_t map, at;

			if (!p || configured(id) || !prog_type_loads(t.type, t.attach, priv) ||
			    !helper_available(p, t.type, t.attach, priv) ||
			    ((p->flags & HELPER_SLEEPS) && t.type != PROG_SYSCALL) ||
			    (takes_lock(p) && !map_prog_ok(MAP_ARRAY, true, t.type, false)))
				continue;
			map = takes_map(p) ? map_for(p, t.type) : 0;
			if (takes_map(p) && !map)
				continue;
			c.map = fresh(map);
			if (!call_build(&program, &c, false, &at))
				continue;
			fn(&c);
			any = true;
			if (!all_types && p == helper_proto(id))
				break;
		}
		*made += any;
	}
}

static const char *last_line(void)
{
	static char buf[160];
	const char *text = linux_log_text(&probe_log), *end = strstr(text, "\nprocessed"), *s;

	if (!end)
		return text;
	for (s = end; s > text && s[-1] != '\n'; s--)
		;
	snprintf(buf, sizeof(buf), "%.*s", (int)(end - s), s);
	return buf;
}

/* How the log shows r0 after the call; "" when it shows nothing. */
static const char *shown_result(const struct probe *p, uint32_t at)
{
	static char buf[160];
	char call[48], next[48];
	const char *s, *end, *r0;

	snprintf(call, sizeof(call), "\n%u: (85) call", at);
	snprintf(next, sizeof(next), "\n%u: (%02x)", at + 1, p->insn[at + 1].code);
	buf[0] = 0;
	s = strstr(linux_log_text(&probe_log), call);
	end = s ? strstr(s + 1, next) : NULL;
	r0 = s ? strstr(s, " R0=") : NULL;
	if (r0 && (!end || r0 < end))
		snprintf(buf, sizeof(buf), "%.*s", (int)strcspn(r0 + 4, " \n"), r0 + 4);
	return buf;
}

static void expected_result(const struct helper_proto *p, char *buf, size_t n)
{
	switch (p->ret) {
	case RET_SCALAR:
		if (p->ret_max_arg) /* the size is 8 */
			snprintf(buf, n, "scalar(smin=smin32=-4095,smax=smax32=8)");
		else
			snprintf(buf, n, p->ret_range ? "scalar(smin=smin32=0," : "scalar()");
		break;
	case RET_VOID:
		buf[0] = 0;
		break;
	case RET_MAP_VALUE_OR_NULL:
		snprintf(buf, n, "map_value_or_null(");
		break;
	case RET_MAP_VALUE:
		snprintf(buf, n, "map_value(");
		break;
	case RET_SOCKET_OR_NULL:
		snprintf(buf, n, "sock_or_null(");
		break;
	case RET_TCP_SOCK_OR_NULL:
		snprintf(buf, n, "tcp_sock_or_null(");
		break;
	case RET_SOCK_COMMON_OR_NULL:
		snprintf(buf, n, "sock_common_or_null(");
		break;
	case RET_MEM_OR_NULL:
		snprintf(buf, n, "ringbuf_mem_or_null(");
		break;
	case RET_BTF_ID:
		snprintf(buf, n, "ptr_%s(", p->ret_btf);
		break;
	case RET_BTF_ID_OR_NULL:
		snprintf(buf, n, "ptr_or_null_%s(", p->ret_btf);
		break;
	case RET_BTF_ID_TRUSTED:
		snprintf(buf, n, "trusted_ptr_%s(", p->ret_btf);
		break;
	default:
		snprintf(buf, n, "?");
		break;
	}
}

static void compare_result(const struct call *c)
{
	char want[96];
	const char *got;
	struct probe p;
	uint32_t at;

	call_build(&p, c, false, &at);
	if (probe_load(&p, LINUX_LOG_ALL)) {
		differs("%s: a good call of %s is refused: %s", label(c->t), c->h->name,
			last_line());
		return;
	}
	expected_result(c->h, want, sizeof(want));
	got = shown_result(&p, at);
	/* The table and a sleepable program differ: an untrusted pointer, say. */
	if (strncmp(got, want, strlen(want)) || (!*want && *got))
		differs("%s: %s yields %s in Linux, %s here", label(c->t), c->h->name, got, want);
}

static void good_calls_load(void **state)
{
	uint32_t made;

	(void)state;
	need_kernel();
	open_env();
	each_call(every_type(), PRIV_ROOT, compare_result, &made);
	close_env();
	assert_int_equal(differences, 0);
	assert_true(made > 150);
}

static bool pointer_kind(uint8_t kind)
{
	switch (kind) {
	case ARG_CTX:
	case ARG_MAP:
	case ARG_MAP_KEY:
	case ARG_MAP_VALUE:
	case ARG_MEM:
	case ARG_SPIN_LOCK:
	case ARG_SOCK_COMMON:
	case ARG_SOCKET:
	case ARG_BTF_SOCK_COMMON:
	case ARG_RINGBUF_MEM:
	case ARG_CONST_STR:
	case ARG_BTF_ID:
	case ARG_STACK:
		return true;
	default:
		return false;
	}
}

static bool memory_kind(uint8_t kind)
{
	return kind == ARG_MEM || kind == ARG_MAP_KEY || kind == ARG_MAP_VALUE;
}

/* Is a call with this odd argument good, as the table has it?  -1: not to be asked. */
static int odd_is_good(const struct call *c, enum odd odd)
{
	const struct helper_arg *a = &c->h->arg[c->odd_arg - 1];

	switch (odd) {
	case ODD_SCALAR:
		return pointer_kind(a->kind) ? 0 : -1;
	case ODD_NO_VALUE:
		return 0;
	case ODD_NULL:
		return pointer_kind(a->kind) ? (a->flags & ARGF_NULL) != 0 : -1;
	case ODD_ZERO_SIZE:
		return a->kind == ARG_SIZE ? 0 : a->kind == ARG_SIZE_OR_ZERO ? 1 : -1;
	case ODD_UNINIT:
		return memory_kind(a->kind) ? (a->flags & ARGF_UNINIT) != 0 : -1;
	case ODD_RDONLY:
		return memory_kind(a->kind) ? !(a->flags & ARGF_WRITE) : -1;
	case ODD_PACKET:
		if (!memory_kind(a->kind) || !c->packet)
			return -1;
		return prog_type_info(c->t.type)->helper_packet_any ||
		       ((c->h->flags & HELPER_PKT_ACCESS) &&
			prog_type_info(c->t.type)->helper_packet);
	case ODD_FIT:
		return a->kind == ARG_MEM ? 1 : -1;
	case ODD_SHORT:
		return a->kind == ARG_MEM ? 0 : -1;
	case ODD_MISALIGNED:
		return a->kind == ARG_MEM ? !(a->flags & ARGF_ALIGNED) : -1;
	default:
		return -1;
	}
}

static const char *const odd_name[] = {
	"nothing", "a scalar", "no value", "NULL", "a size of 0", "uninitialised memory",
	"read-only memory", "packet memory", "memory that just fits", "memory that is too short",
	"memory that is not aligned",
};

static enum odd first_odd, last_odd;

static void compare_odd_calls(const struct call *good)
{
	struct call c = *good;
	struct probe p;
	uint32_t at;

	for (c.odd = first_odd; c.odd <= last_odd; c.odd++) {
		c.packet = c.odd == ODD_PACKET && prog_type_info(c.t.type)->off_data >= 0;
		for (c.odd_arg = 1; c.odd_arg <= helper_nargs(c.h); c.odd_arg++) {
			int ours = odd_is_good(&c, c.odd);

			if (ours < 0 || !call_build(&p, &c, false, &at))
				continue;
			if (ours != !probe_load(&p, LINUX_LOG_REJECT))
				differs("%s: %s with %s as argument %u: %s", label(c.t), c.h->name,
					odd_name[c.odd], c.odd_arg,
					ours ? last_line() : "Linux takes it");
		}
	}
}

static void odd_arguments(void **state)
{
	uint32_t made;

	(void)state;
	need_kernel();
	open_env();
	first_odd = ODD_SCALAR;
	last_odd = ODD_ZERO_SIZE;
	each_call(every_type(), PRIV_ROOT, compare_odd_calls, &made);
	first_odd = last_odd = ODD_RDONLY;
	each_call(every_type(), PRIV_ROOT, compare_odd_calls, &made);
	first_odd = ODD_FIT;
	last_odd = ODD_MISALIGNED;
	each_call(every_type(), PRIV_ROOT, compare_odd_calls, &made);
	close_env();
	assert_int_equal(differences, 0);
}

/* As root uninitialised stack may be read, so this takes fewer rights. */
static void uninitialised_arguments(void **state)
{
	uint32_t made;

	(void)state;
	need_kernel();
	open_env();
	first_odd = last_odd = ODD_UNINIT;
	assert_true(linux_priv_set(PRIV_CAP_BPF));
	each_call(every_type(), PRIV_CAP_BPF, compare_odd_calls, &made);
	assert_true(linux_priv_set(PRIV_ROOT));
	close_env();
	assert_int_equal(differences, 0);
	assert_true(made > 100);
}

static void compare_packet_use(const struct call *good)
{
	struct call c = *good;
	struct probe p;
	uint32_t at;
	bool ours = !(c.h->flags & HELPER_CHANGES_PACKET);

	if (prog_type_info(c.t.type)->off_data < 0)
		return;
	compare_odd_calls(good);
	c.packet = true;
	if (call_build(&p, &c, true, &at) && ours != !probe_load(&p, LINUX_LOG_REJECT))
		differs("%s: packet after %s: %s", label(c.t), c.h->name,
			ours ? last_line() : "is still there");
}

static void packet_arguments(void **state)
{
	uint32_t made;

	(void)state;
	need_kernel();
	open_env();
	first_odd = last_odd = ODD_PACKET;
	each_call(true, PRIV_ROOT, compare_packet_use, &made);
	close_env();
	assert_int_equal(differences, 0);
}

/* ---- maps ---------------------------------------------------------------------- */

static void compare_map(const struct helper_proto *p, struct probe_type t, uint32_t m)
{
	bool ours = map_helper_type_ok(m, p->id, t.type) &&
		    map_prog_ok(m, false, t.type, prog_type_info(t.type)->sleepable);
	bool sock = m == MAP_SOCKMAP || m == MAP_SOCKHASH, theirs;
	struct call c = {
		.h = p,
		.t = t,
		.map = fresh(m),
		.env = &env,
		.sock_value = sock && p->id == HELPER_map_update_elem,
	};
	struct probe program;
	uint32_t at;

	if (!call_build(&program, &c, false, &at))
		return;
	theirs = !probe_load(&program, LINUX_LOG_REJECT);
	/* A socket that is found has to be released: not done here, and not always possible. */
	if (sock && p->id == HELPER_map_lookup_elem)
		theirs = probe_said("reference leak");
	if (ours != theirs)
		differs("%s: %s of a %s: %s", label(t), p->name, map_kind(m)->name,
			theirs ? "Linux takes it" : last_line());
}

static void maps_and_helpers(void **state)
{
	(void)state;
	need_kernel();
	open_env();
	for (int32_t id = 1; id < HELPER_MAX; id++) {
		for (uint32_t i = 0; i < PROBE_TYPES; i++) {
			struct probe_type t = probe_types[i];
			const struct helper_proto *p = helper_proto_for(id, t.type);

			if (!p || !takes_map(p) ||
			    !helper_available(p, t.type, t.attach, PRIV_ROOT))
				continue;
			for (uint32_t m = 1; m < MAP_TYPE_N; m++) {
				if (maps[m] >= 0 && m != MAP_ARENA)
					compare_map(p, t, m);
			}
			/* One type is enough, but for those where it matters. */
			if (!every_type() && id > HELPER_map_delete_elem && t.type != PROG_SYSCALL)
				break;
		}
	}
	close_env();
	assert_int_equal(differences, 0);
}

/* What a lookup yields, and whether the value can be written and addressed. */
static void map_values(void **state)
{
	(void)state;
	need_kernel();
	open_env();
	for (uint32_t m = 1; m < MAP_TYPE_N; m++) {
		const struct map_kind *k = map_kind(m);
		struct linux_map_opts o = probe_map_opts(m);
		struct call c = {
			.h = helper_proto(HELPER_map_lookup_elem),
			.t = {PROG_XDP, 0},
			.map = fresh(m),
			.env = &env,
		};
		struct probe p;
		uint32_t at, end;
		const char *got;
		int fd = -1;

		if (maps[m] < 0)
			continue;
		call_build(&p, &c, false, &at);
		if (k->lookup != LOOKUP_NONE) {
			probe_load(&p, LINUX_LOG_ALL);
			got = shown_result(&p, at);
			/* The others are shown as values until they are known not to be NULL. */
			if (k->lookup == LOOKUP_VALUE && strncmp(got, "map_value_or_null(", 18))
				differs("lookup in a %s yields %s", k->name, got);
		}
		if (k->lookup == LOOKUP_VALUE) {
			p.n = at + 1;
			call_leave_if_null(&p, 0);
			end = p.n;
			probe_add(&p, insn_st(SZ_B, 0, 0, 0));
			probe_exit(&p);
			if (k->value_readonly != (probe_load(&p, 0) != LINUX_OK))
				differs("writing a value of a %s", k->name);
			p.n = end;
			probe_add(&p, insn_ldx(SZ_B, 0, 0, 0));
			probe_exit(&p);
			if (probe_load(&p, 0))
				differs("reading a value of a %s", k->name);
		}
		if (m == MAP_ARRAY_OF_MAPS || m == MAP_HASH_OF_MAPS)
			o.inner_fd = maps[MAP_ARRAY];
		if (o.max_entries > 1 && o.max_entries < 4096)
			o.max_entries = 1;
		if (m == MAP_ARENA || linux_map_create(&o, &fd))
			continue;
		p = (struct probe){.t = {PROG_SCHED_CLS, 0}};
		call_value(&p, 2, fd, 0);
		probe_exit(&p);
		if (k->direct_value != !probe_load(&p, 0))
			differs("address of a value of a %s", k->name);
		close(fd);
	}
	close_env();
	assert_int_equal(differences, 0);
}

static void maps_and_program_types(void **state)
{
	(void)state;
	need_kernel();
	open_env();
	for (uint32_t i = 0; i < PROBE_TYPES; i++) {
		struct probe_type t = probe_types[i];
		bool sleepable = prog_type_info(t.type)->sleepable;
		struct probe p;

		for (uint32_t m = 1; m < MAP_TYPE_N; m++) {
			if (maps[m] < 0 || m == MAP_ARENA)
				continue;
			p = (struct probe){.t = t};
			probe_map(&p, 2, fresh(m));
			probe_exit(&p);
			if (map_prog_ok(m, false, t.type, sleepable) != !probe_load(&p, 0))
				differs("%s: a %s", label(t), map_kind(m)->name);
		}
		p = (struct probe){.t = t};
		probe_map(&p, 2, env.locked);
		probe_exit(&p);
		if (map_prog_ok(MAP_ARRAY, true, t.type, sleepable) != !probe_load(&p, 0))
			differs("%s: a map with a lock", label(t));
	}
	close_env();
	assert_int_equal(differences, 0);
}

static void packet_rights(void **state)
{
	(void)state;
	need_kernel();
	for (uint32_t i = 0; i < PROBE_TYPES; i++) {
		struct probe_type t = probe_types[i];
		const struct prog_type_info *info = prog_type_info(t.type);
		struct call c = {.t = t};
		struct probe p = {.t = t};

		probe_add(&p, insn_mov64_reg(6, 1));
		probe_add(&p, insn_ld_abs(SZ_B, 0));
		probe_exit(&p);
		if (info->ld_abs != !probe_load(&p, 0))
			differs("%s: ld_abs", label(t));
		for (int write = 0; write < 2; write++) {
			p = (struct probe){.t = t};
			probe_add(&p, insn_mov64_reg(9, 1));
			if (!call_packet(&p, &c))
				break;
			probe_add(&p, write ? insn_st(SZ_W, 8, 60, 0) : insn_ldx(SZ_W, 2, 8, 60));
			probe_exit(&p);
			if ((!write || info->direct_packet_write) != !probe_load(&p, 0))
				differs("%s: %s of the packet", label(t), write ? "write" : "read");
		}
	}
	assert_int_equal(differences, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contexts),
		cmocka_unit_test(objects_behind_pointers),
		cmocka_unit_test(attach_types_and_results),
		cmocka_unit_test(privileges_of_types),
		cmocka_unit_test(helpers_available),
		cmocka_unit_test(helpers_available_with_cap_bpf),
		cmocka_unit_test(good_calls_load),
		cmocka_unit_test(odd_arguments),
		cmocka_unit_test(uninitialised_arguments),
		cmocka_unit_test(packet_arguments),
		cmocka_unit_test(maps_and_helpers),
		cmocka_unit_test(map_values),
		cmocka_unit_test(maps_and_program_types),
		cmocka_unit_test(packet_rights),
	};
	int failed = cmocka_run_group_tests_name("platform_linux", tests, NULL, NULL);

	linux_log_free(&probe_log);
	return failed;
}
