/* SPDX-License-Identifier: Apache-2.0 */
/* bpf() of Linux, typed: attributes, error numbers, and the log's buffer. */
#include "engines/linux_sys.h"

#include <ctype.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum command {
	MAP_CREATE = 0, MAP_LOOKUP_ELEM = 1, MAP_UPDATE_ELEM = 2, MAP_DELETE_ELEM = 3,
	MAP_GET_NEXT_KEY = 4, PROG_LOAD = 5, PROG_TEST_RUN = 10, OBJ_GET_INFO_BY_FD = 15,
	BTF_LOAD = 18, MAP_FREEZE = 22,
};

/* The attributes, as of 6.18; addresses take 64 bits everywhere. */
struct attr_map {
	uint32_t type, key_size, value_size, max_entries, flags, inner_fd, numa_node;
	char name[16];
	uint32_t ifindex, btf_fd, btf_key, btf_value, btf_vmlinux_value;
	uint64_t extra;
	int32_t value_btf_fd, token_fd;
};
struct attr_elem {
	uint32_t fd, pad;
	uint64_t key, value, flags;
};
struct attr_prog {
	uint32_t type, ninsn;
	uint64_t insn, license;
	uint32_t log_level, log_size;
	uint64_t log_buf;
	uint32_t kern_version, flags;
	char name[16];
	uint32_t ifindex, attach_type, btf_fd, func_info_rec;
	uint64_t func_info;
	uint32_t nfunc_info, line_info_rec;
	uint64_t line_info;
	uint32_t nline_info, attach_btf_id, attach_prog_fd, ncore_relo;
	uint64_t fd_array, core_relos;
	uint32_t core_relo_rec, log_true_size;
	int32_t token_fd;
	uint32_t nfd_array;
};
struct attr_run {
	uint32_t fd, retval, data_size_in, data_size_out;
	uint64_t data_in, data_out;
	uint32_t repeat, duration, ctx_size_in, ctx_size_out;
	uint64_t ctx_in, ctx_out;
	uint32_t flags, cpu, batch_size, pad;
};
struct attr_info {
	uint32_t fd, len;
	uint64_t info;
};
struct attr_btf {
	uint64_t btf, log_buf;
	uint32_t size, log_size, log_level, log_true_size;
};
struct prog_info {
	uint32_t type, id;
	uint8_t tag[8];
	uint32_t jited_len, xlated_len;
	uint64_t jited, xlated, load_time;
	uint32_t uid, nmap;
	uint64_t map_ids;
	uint8_t between[216 - 64];
	uint32_t verified_insns, attach_btf_obj_id, attach_btf_id, pad;
};
_Static_assert(sizeof(struct attr_map) == 80, "map_create's attributes");
_Static_assert(offsetof(struct attr_prog, log_true_size) == 140, "prog_load's attributes");
_Static_assert(sizeof(struct attr_prog) == 152, "prog_load's attributes");
_Static_assert(sizeof(struct attr_run) == 80, "test_run's attributes");
_Static_assert(offsetof(struct prog_info, verified_insns) == 216, "bpf_prog_info");

/* bpf() takes addresses as numbers. */
static uint64_t addr(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

/* Tries again when a signal came between: loading gives way to signals. */
static long bpf(enum command cmd, void *attr, size_t size)
{
	long ret;
	int tries = 10;

	do {
		ret = syscall(SYS_bpf, cmd, attr, size);
	} while (ret < 0 && (errno == EAGAIN || errno == EINTR) && --tries);
	return ret;
}

/* ENOTSUPP, which no header of user space has. */
#define KERNEL_ENOTSUPP 524

enum linux_err linux_err_of(int error)
{
	switch (error) {
	case 0: return LINUX_OK;
	case ENOENT: return LINUX_NOT_FOUND;
	case EEXIST: return LINUX_EXISTS;
	case E2BIG: return LINUX_FULL;
	case EINVAL: return LINUX_INVALID;
	case EACCES: return LINUX_UNSAFE;
	case EPERM: return LINUX_DENIED;
	case ENOSPC: return LINUX_LOG_FULL;
	case ENOMEM: return LINUX_NO_MEMORY;
	case EBUSY: return LINUX_BUSY;
	case EAGAIN: case EINTR: return LINUX_AGAIN;
	case EBADF: case EBADFD: return LINUX_BAD_FD;
	case EFAULT: return LINUX_FAULT;
	case EOPNOTSUPP: case KERNEL_ENOTSUPP: return LINUX_UNSUPPORTED;
	case ENOSYS: return LINUX_NO_SYSCALL;
	default: return LINUX_OTHER;
	}
}

const char *linux_strerror(enum linux_err err)
{
	static const char *const text[LINUX_ERR_N] = {
		[LINUX_OK] = "success",
		[LINUX_NOT_FOUND] = "no such element",
		[LINUX_EXISTS] = "the element exists",
		[LINUX_FULL] = "full, or above a limit",
		[LINUX_INVALID] = "invalid argument or program",
		[LINUX_UNSAFE] = "refused as unsafe",
		[LINUX_DENIED] = "not permitted",
		[LINUX_LOG_FULL] = "no room for the log or the data",
		[LINUX_NO_MEMORY] = "out of memory",
		[LINUX_BUSY] = "busy or frozen",
		[LINUX_AGAIN] = "interrupted",
		[LINUX_BAD_FD] = "not a descriptor of that kind",
		[LINUX_FAULT] = "bad address",
		[LINUX_UNSUPPORTED] = "not supported by this kernel",
		[LINUX_NO_SYSCALL] = "no bpf() system call",
		[LINUX_OTHER] = "another error",
	};

	return err < LINUX_ERR_N ? text[err] : "?";
}

static enum linux_err result(long ret)
{
	return ret < 0 ? linux_err_of(errno) : LINUX_OK;
}

static enum linux_err fd_result(long ret, int *fd)
{
	*fd = ret < 0 ? -1 : (int)ret;
	return result(ret);
}

/* Names may hold letters, digits, '_' and '.', 15 of them. */
static void set_name(char dst[16], const char *name)
{
	for (uint32_t i = 0; name && name[i] && i < 15; i++) {
		unsigned char c = name[i];

		dst[i] = isalnum(c) || c == '_' || c == '.' ? c : '_';
	}
}

/* ---- maps ----------------------------------------------------------------- */

enum linux_err linux_map_create(const struct linux_map_opts *o, int *fd)
{
	struct attr_map a = {
		.type = o->type, .key_size = o->key_size, .value_size = o->value_size,
		.max_entries = o->max_entries, .flags = o->flags, .inner_fd = o->inner_fd,
		.btf_fd = o->btf_fd, .btf_key = o->btf_key, .btf_value = o->btf_value,
		.extra = o->extra,
	};

	set_name(a.name, o->name);
	return fd_result(bpf(MAP_CREATE, &a, sizeof(a)), fd);
}

static enum linux_err elem(enum command cmd, int fd, const void *key, const void *value,
			   uint64_t flags)
{
	struct attr_elem a = {
		.fd = fd, .key = addr(key), .value = addr(value), .flags = flags,
	};

	return result(bpf(cmd, &a, sizeof(a)));
}

enum linux_err linux_map_lookup(int fd, const void *key, void *value)
{
	return elem(MAP_LOOKUP_ELEM, fd, key, value, 0);
}

enum linux_err linux_map_update(int fd, const void *key, const void *value, uint64_t flags)
{
	return elem(MAP_UPDATE_ELEM, fd, key, value, flags);
}

enum linux_err linux_map_delete(int fd, const void *key)
{
	return elem(MAP_DELETE_ELEM, fd, key, NULL, 0);
}

enum linux_err linux_map_next_key(int fd, const void *key, void *next)
{
	return elem(MAP_GET_NEXT_KEY, fd, key, next, 0);
}

enum linux_err linux_map_freeze(int fd)
{
	struct attr_elem a = { .fd = fd };

	return result(bpf(MAP_FREEZE, &a, offsetof(struct attr_elem, pad)));
}

/* The highest number in a list like "0-1,4" is what counts. */
uint32_t linux_ncpus(void)
{
	static uint32_t n;
	FILE *f;
	uint32_t cpu = 0;
	int c;

	if (n)
		return n;
	f = fopen("/sys/devices/system/cpu/possible", "re");
	if (f) {
		while ((c = getc(f)) != EOF)
			cpu = isdigit(c) ? cpu * 10 + (c - '0') : c == '\n' ? cpu : 0;
		fclose(f);
		n = cpu + 1;
	} else {
		long conf = sysconf(_SC_NPROCESSORS_CONF);

		n = conf > 0 ? conf : 1;
	}
	return n;
}

size_t linux_value_size(uint32_t map_type, uint32_t value_size)
{
	const struct map_kind *k = map_kind(map_type);

	if (k && k->percpu)
		return (size_t)((value_size + 7) & ~7U) * linux_ncpus();
	return value_size;
}

/* ---- programs --------------------------------------------------------------- */

void linux_log_free(struct linux_log *log)
{
	free(log->text);
	*log = (struct linux_log){ 0 };
}

const char *linux_log_text(const struct linux_log *log)
{
	return log->text ? log->text : "";
}

/* Linux takes log buffers of 128 bytes to 1 GiB. */
enum { LOG_FIRST = 64 << 10 };

static bool log_room(struct linux_log *log, size_t want)
{
	char *text;

	if (log->cap < want) {
		text = realloc(log->text, want);
		if (!text)
			return false;
		memset(text + log->cap, 0, want - log->cap);
		log->text = text;
		log->cap = want;
	}
	log->text[0] = 0;
	return true;
}

static void prog_attr(const struct linux_prog_opts *o, struct attr_prog *a)
{
	*a = (struct attr_prog){
		.type = o->type, .ninsn = o->len, .insn = addr(o->insn),
		.license = addr(o->license ? o->license : "GPL"), .flags = o->flags,
		.attach_type = o->attach_type, .btf_fd = o->btf_fd,
		.attach_btf_id = o->attach_btf_id, .attach_prog_fd = o->attach_prog_fd,
		.fd_array = addr(o->fd_array), .nfd_array = o->nfd_array,
	};
	if (o->nfunc_info) {
		a->func_info = addr(o->func_info);
		a->nfunc_info = o->nfunc_info;
		a->func_info_rec = sizeof(struct linux_func_info);
	}
	if (o->nline_info) {
		a->line_info = addr(o->line_info);
		a->nline_info = o->nline_info;
		a->line_info_rec = sizeof(struct linux_line_info);
	}
	set_name(a->name, o->name);
}

/*
 * Loads with a log.  While it does not fit, the kernel says ENOSPC (since 6.4
 * also how much it needs): grow and load again, up to max.
 */
static long load_logged(struct attr_prog *a, uint32_t level, size_t max, struct linux_log *log)
{
	size_t size = log->cap > LOG_FIRST ? log->cap : LOG_FIRST;
	long fd;

	for (;;) {
		size = size < max ? size : max;
		if (!log_room(log, size)) {
			errno = ENOMEM;
			return -1;
		}
		a->log_level = level;
		a->log_size = size;
		a->log_buf = addr(log->text);
		a->log_true_size = 0;
		fd = bpf(PROG_LOAD, a, sizeof(*a));
		log->need = a->log_true_size;
		log->truncated = fd < 0 && errno == ENOSPC;
		if (!log->truncated || size == max)
			return fd;
		size = log->need > size ? log->need : size * 4;
	}
}

/*
 * Lets the verifier write its log and then fail: the attributes cannot be
 * written to, and the size of the log is to be stored there.  By then the log is
 * complete, and no native code has been made (but for subprograms, which the
 * verifier compiles itself).
 */
static long load_dry(const struct attr_prog *a, uint32_t level, size_t max, struct linux_log *log)
{
	static struct attr_prog *page;
	size_t size = log->cap > LOG_FIRST ? log->cap : LOG_FIRST;
	long fd;

	if (!page) {
		page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (page == MAP_FAILED)
			die("linux: out of memory");
	}
	for (;;) {
		size = size < max ? size : max;
		if (!log_room(log, size)) {
			errno = ENOMEM;
			return -1;
		}
		*page = *a;
		page->log_level = level | LINUX_LOG_FIXED;
		page->log_size = size;
		page->log_buf = addr(log->text);
		if (mprotect(page, 4096, PROT_READ))
			die("linux: mprotect failed");
		fd = bpf(PROG_LOAD, page, sizeof(*page));
		if (mprotect(page, 4096, PROT_READ | PROT_WRITE))
			die("linux: mprotect failed");
		if (fd >= 0) {		/* before 6.4 */
			close(fd);
			fd = -1;
			errno = EFAULT;
		}
		log->need = strnlen(log->text, size) + 1;
		log->truncated = log->need >= size;
		if (!log->truncated || size == max)
			return fd;
		size *= 4;
	}
}

enum linux_err linux_prog_load(const struct linux_prog_opts *o, struct linux_log *log, int *fd)
{
	size_t max = o->log_max ? o->log_max : LINUX_LOG_MAX;
	struct attr_prog a;
	long ret;

	prog_attr(o, &a);
	if (log) {
		log->need = 0;
		log->truncated = false;
		if (log->text)
			log->text[0] = 0;
	}
	if (log && o->dry)
		return fd_result(load_dry(&a, o->log_level, max, log), fd);
	if (log && o->log_level)
		return fd_result(load_logged(&a, o->log_level, max, log), fd);
	ret = bpf(PROG_LOAD, &a, sizeof(a));
	/* EPERM and friends come before the verifier, E2BIG says it all (and takes long). */
	if (ret < 0 && log && o->explain && errno != EPERM && errno != ENOMEM && errno != E2BIG)
		ret = load_logged(&a, LINUX_LOG_REJECT, max, log);
	return fd_result(ret, fd);
}

enum linux_err linux_prog_test_run(int fd, struct linux_run *run)
{
	struct attr_run a = {
		.fd = fd, .data_size_in = run->data_size_in, .data_size_out = run->data_size_out,
		.data_in = addr(run->data_in), .data_out = addr(run->data_out),
		.repeat = run->repeat, .ctx_size_in = run->ctx_size_in,
		.ctx_size_out = run->ctx_size_out, .ctx_in = addr(run->ctx_in),
		.ctx_out = addr(run->ctx_out), .flags = run->flags, .cpu = run->cpu,
		.batch_size = run->batch_size,
	};
	enum linux_err err = result(bpf(PROG_TEST_RUN, &a, sizeof(a)));

	run->retval = a.retval;
	run->duration = a.duration;
	run->data_size_out = a.data_size_out;
	run->ctx_size_out = a.ctx_size_out;
	return err;
}

static enum linux_err get_info(int fd, struct prog_info *p)
{
	struct attr_info a = { .fd = fd, .len = sizeof(*p), .info = addr(p) };

	return result(bpf(OBJ_GET_INFO_BY_FD, &a, sizeof(a)));
}

enum linux_err linux_prog_info(int fd, struct linux_prog_info *info)
{
	struct prog_info p = { 0 };
	enum linux_err err = get_info(fd, &p);

	*info = (struct linux_prog_info){ 0 };
	if (err)
		return err;
	info->xlated = calloc(1, p.xlated_len + 1);
	info->jited = calloc(1, p.jited_len + 1);
	if (!info->xlated || !info->jited) {
		linux_prog_info_free(info);
		return LINUX_NO_MEMORY;
	}
	p = (struct prog_info){
		.jited_len = p.jited_len, .jited = addr(info->jited),
		.xlated_len = p.xlated_len, .xlated = addr(info->xlated),
		.nmap = MAX_MAPS, .map_ids = addr(info->map_id),
	};
	err = get_info(fd, &p);
	if (err) {
		linux_prog_info_free(info);
		return err;
	}
	info->id = p.id;
	info->verified_insns = p.verified_insns;
	memcpy(info->tag, p.tag, sizeof(info->tag));
	info->nxlated = p.xlated ? p.xlated_len / sizeof(struct insn) : 0;
	info->njited = p.jited ? p.jited_len : 0;
	info->nmap = p.nmap < MAX_MAPS ? p.nmap : MAX_MAPS;
	return LINUX_OK;
}

void linux_prog_info_free(struct linux_prog_info *info)
{
	free(info->xlated);
	free(info->jited);
	*info = (struct linux_prog_info){ 0 };
}

enum linux_err linux_btf_load(const void *btf, uint32_t size, struct linux_log *log, int *fd)
{
	struct attr_btf a = { .btf = addr(btf), .size = size };
	long ret = bpf(BTF_LOAD, &a, sizeof(a));

	if (ret < 0 && log && errno != EPERM && log_room(log, LOG_FIRST)) {
		a.log_buf = addr(log->text);
		a.log_size = log->cap;
		a.log_level = 1;
		ret = bpf(BTF_LOAD, &a, sizeof(a));
	}
	return fd_result(ret, fd);
}

/* ---- rights ------------------------------------------------------------------- */

enum { CAP_BIT_NET_ADMIN = 12, CAP_BIT_SYS_ADMIN = 21, CAP_BIT_PERFMON = 38, CAP_BIT_BPF = 39 };
#define BIT64(n) (1ULL << (n))

static bool caps_get(struct __user_cap_header_struct *h, struct __user_cap_data_struct d[2])
{
	*h = (struct __user_cap_header_struct){ .version = _LINUX_CAPABILITY_VERSION_3 };
	memset(d, 0, 2 * sizeof(*d));
	return syscall(SYS_capget, h, d) == 0;
}

bool linux_priv_set(enum priv priv)
{
	uint64_t keep = priv == PRIV_ROOT ? ~0ULL :
			priv == PRIV_CAP_BPF ? BIT64(CAP_BIT_BPF) | BIT64(CAP_BIT_NET_ADMIN) : 0;
	struct __user_cap_header_struct h;
	struct __user_cap_data_struct d[2];

	if (!caps_get(&h, d))
		return false;
	d[0].effective = d[0].permitted & (uint32_t)keep;
	d[1].effective = d[1].permitted & (uint32_t)(keep >> 32);
	if (priv == PRIV_CAP_BPF && !(d[1].effective >> (CAP_BIT_BPF - 32) & 1)) {
		errno = EPERM;
		return false;
	}
	return syscall(SYS_capset, &h, d) == 0;
}

bool linux_drop_to_cap_bpf(void)
{
	struct __user_cap_header_struct h;
	struct __user_cap_data_struct d[2];

	if (!linux_priv_set(PRIV_CAP_BPF) || !caps_get(&h, d))
		return false;
	for (int i = 0; i < 2; i++) {
		d[i].permitted = d[i].effective;
		d[i].inheritable = 0;
	}
	return syscall(SYS_capset, &h, d) == 0;
}
