/* SPDX-License-Identifier: Apache-2.0 */
/*
 * engines/linux_sys: the bpf() system call of Linux, typed.
 *
 * The raw call only: libbpf is not needed, and the attributes are laid out here
 * as of Linux 6.18, whatever the installed headers know (older kernels take
 * longer attributes whose tail is zero).  Every call says what went wrong in
 * terms of BPF, and prog_load keeps what the verifier said.
 */
#ifndef ENGINES_LINUX_SYS_H
#define ENGINES_LINUX_SYS_H

#include "case/case.h"

/* ---- linux_sys.c: one function for each command --------------------------- */

enum linux_err {
	LINUX_OK,
	LINUX_NOT_FOUND,	/* ENOENT: no such key, or past the last one */
	LINUX_EXISTS,		/* EEXIST: the key is there, and must not be */
	LINUX_FULL,		/* E2BIG: the map is full, or a size above Linux's limits */
	LINUX_INVALID,		/* EINVAL: malformed attributes or program */
	LINUX_UNSAFE,		/* EACCES: refused by the verifier, or by the map's access flags */
	LINUX_DENIED,		/* EPERM: this process may not */
	LINUX_LOG_FULL,		/* ENOSPC: the log buffer (data_out in test runs) was too small */
	LINUX_NO_MEMORY,	/* ENOMEM */
	LINUX_BUSY,		/* EBUSY: frozen, in use, or an element that is locked */
	LINUX_AGAIN,		/* EAGAIN, EINTR: a signal came; the call may be repeated */
	LINUX_BAD_FD,		/* EBADF: not an open descriptor of the right kind */
	LINUX_FAULT,		/* EFAULT: bad address */
	LINUX_UNSUPPORTED,	/* ENOTSUPP, EOPNOTSUPP: this kernel cannot do that */
	LINUX_NO_SYSCALL,	/* ENOSYS: no bpf() here */
	LINUX_OTHER,
	LINUX_ERR_N,
};

enum linux_err linux_err_of(int error);			/* of an errno value */
const char *linux_strerror(enum linux_err err);		/* "no such element", ... */

struct linux_map_opts {
	uint32_t type, key_size, value_size, max_entries, flags;
	const char *name;	/* NULL or "": none; other characters than Linux takes become '_' */
	int inner_fd;		/* template of a map of maps, or 0 */
	int btf_fd;		/* with btf_key, btf_value: types of key and value, or 0 */
	uint32_t btf_key, btf_value;
	uint64_t extra;		/* bloom filter: hashes; arena: user address */
};
enum linux_err linux_map_create(const struct linux_map_opts *o, int *fd);

enum { LINUX_UPDATE_ANY, LINUX_UPDATE_NOEXIST, LINUX_UPDATE_EXIST };
/* value has linux_value_size() bytes. */
enum linux_err linux_map_lookup(int fd, const void *key, void *value);
enum linux_err linux_map_update(int fd, const void *key, const void *value, uint64_t flags);
enum linux_err linux_map_delete(int fd, const void *key);
/* key NULL: the first one.  LINUX_NOT_FOUND behind the last. */
enum linux_err linux_map_next_key(int fd, const void *key, void *next);
/* User space can change it no more. */
enum linux_err linux_map_freeze(int fd);
/* Bytes that lookup and update move: one value for each possible cpu where the map has them. */
size_t linux_value_size(uint32_t map_type, uint32_t value_size);
uint32_t linux_ncpus(void);	/* possible ones */

/* What the verifier said.  Starts as zero; linux_log_free() in the end. */
struct linux_log {
	char *text;		/* NUL-terminated, or NULL before the first use */
	size_t cap;
	size_t need;		/* bytes that the whole log takes, as far as known */
	bool truncated;		/* the bound was hit: only the beginning or end is here */
};
void linux_log_free(struct linux_log *log);
/* The text, "" if there is none. */
const char *linux_log_text(const struct linux_log *log);

enum {
	LINUX_LOG_REJECT = 1,	/* the path that failed */
	LINUX_LOG_ALL = 2,	/* every path */
	LINUX_LOG_STATS = 4,
	LINUX_LOG_FIXED = 8,	/* when it is too long keep the beginning, not the end */
};
enum {
	LINUX_F_STRICT_ALIGNMENT = 1, LINUX_F_ANY_ALIGNMENT = 2, LINUX_F_TEST_RND_HI32 = 4,
	LINUX_F_TEST_STATE_FREQ = 8, LINUX_F_SLEEPABLE = 16, LINUX_F_XDP_HAS_FRAGS = 32,
	LINUX_F_TEST_REG_INVARIANTS = 128,
};
enum { LINUX_LOG_MAX = 64 << 20 };

struct linux_prog_opts {
	const struct insn *insn;
	uint32_t len;
	uint32_t type, attach_type, flags;
	const char *license;	/* NULL: "GPL" */
	const char *name;
	int btf_fd;		/* 0: none */
	const void *func_info, *line_info; /* records of struct linux_func_info, linux_line_info */
	uint32_t nfunc_info, nline_info;
	uint32_t attach_btf_id;
	int attach_prog_fd;	/* also: descriptor of the BTF that attach_btf_id is in */
	const int *fd_array;	/* what wide instructions of sub-types 5 and 6 index */
	uint32_t nfd_array;	/* > 0: also binds the maps to the program */
	uint32_t log_level;	/* LINUX_LOG_*; 0: none */
	bool explain;		/* with log_level 0: if it is refused, load again with a log */
	size_t log_max;		/* the log buffer grows to this; 0: LINUX_LOG_MAX */
	/*
	 * With a log_level: only what the verifier says is wanted.  The load fails
	 * as LINUX_FAULT, whatever the verdict is; the log is there, its beginning if
	 * it is too long.  Nothing is made that the kernel would have to free.
	 */
	bool dry;
};
struct linux_func_info {
	uint32_t insn_off, type_id;
};
struct linux_line_info {
	uint32_t insn_off, file_name_off, line_off, line_col;
};
/*
 * Loads a program; *fd is its descriptor, or -1.  A log that does not fit is
 * no reason to fail: the buffer grows and the program is loaded again, so the
 * error is what the verifier makes of it (or of the log at log_max).
 * log may be NULL when nothing is to be logged.
 */
enum linux_err linux_prog_load(const struct linux_prog_opts *o, struct linux_log *log, int *fd);

enum { LINUX_RUN_ON_CPU = 1, LINUX_RUN_XDP_LIVE_FRAMES = 2 };
struct linux_run {
	const void *data_in;
	uint32_t data_size_in;
	void *data_out;
	uint32_t data_size_out;	/* in: room; out: bytes written */
	void *ctx_in;		/* syscall programs: written back to here */
	uint32_t ctx_size_in;
	void *ctx_out;
	uint32_t ctx_size_out;
	uint32_t repeat, flags, cpu, batch_size;
	uint32_t retval;	/* out */
	uint32_t duration;	/* out: nanoseconds each; not for outcomes */
};
enum linux_err linux_prog_test_run(int fd, struct linux_run *run);

struct linux_prog_info {
	uint32_t id, verified_insns;
	uint8_t tag[8];
	struct insn *xlated;	/* after the verifier's rewrites */
	uint32_t nxlated;	/* slots */
	uint8_t *jited;		/* machine code of all functions, one after the other */
	uint32_t njited;	/* bytes */
	uint32_t map_id[MAX_MAPS];
	uint32_t nmap;
};
/* Free with linux_prog_info_free(). */
enum linux_err linux_prog_info(int fd, struct linux_prog_info *info);
void linux_prog_info_free(struct linux_prog_info *info);

enum linux_err linux_btf_load(const void *btf, uint32_t size, struct linux_log *log, int *fd);

/*
 * Sets the effective capabilities of the calling thread to what a privilege
 * level has: all that are permitted (root), CAP_BPF and CAP_NET_ADMIN
 * (cap_bpf), or none.  It can be undone with PRIV_ROOT.  False with errno.
 */
bool linux_priv_set(enum priv priv);
/* Gives CAP_PERFMON and CAP_SYS_ADMIN up for good: for child processes. */
bool linux_drop_to_cap_bpf(void);

/* ---- linux_pace.c: not faster than the kernel frees ------------------------------ */

/* Closes a program's descriptor, and waits if too many are still to be freed. */
void linux_prog_close(int fd);

/* ---- linux_probe.c: is there a kernel to ask? --------------------------------- */

/*
 * Can this process create maps and load programs?  If not, why[96] says what
 * stands in the way (no bpf(), no right to use it, or a kernel in which loads hang).
 */
bool linux_available(char *why);

/* ---- linux_unit.c: a unit's maps and programs ------------------------------- */

struct linux_unit {
	const struct unit *unit;
	int map_fd[MAX_MAPS], prog_fd[MAX_PROGS]; /* -1: none */
	int map_btf_fd, prog_btf_fd[MAX_PROGS];
	void *arena[MAX_MAPS];	/* user mappings of arena maps */
	char why[160];		/* which map could not be made, and why */
};

/*
 * Creates the maps of u, fills them with the contents that map_def.init and in
 * (may be NULL) give, and freezes those that are frozen.  Elements of
 * prog_arrays are set by linux_unit_wire(), after programs are loaded; in maps
 * of maps a value is the index of a map of the unit.  Types for spin locks and
 * for map kinds that insist on them are made up.  lu needs closing in any case.
 */
enum linux_err linux_unit_open(struct linux_unit *lu, const struct unit *u,
			       const struct input *in);
struct linux_unit_opts {
	uint32_t log_level, flags; /* flags: added to the program's own */
	bool explain;
	size_t log_max;
	bool dry;
};
/* Loads program i into lu->prog_fd[i]; o and log may be NULL. */
enum linux_err linux_unit_load(struct linux_unit *lu, uint32_t i, const struct linux_unit_opts *o,
			       struct linux_log *log);
/* Puts the loaded programs into the prog_arrays as in->maps says. */
enum linux_err linux_unit_wire(struct linux_unit *lu, const struct input *in);
/* Sets map contents back to what they were when the unit was opened. */
enum linux_err linux_unit_refill(struct linux_unit *lu, const struct input *in);
void linux_unit_close(struct linux_unit *lu);

/*
 * The verdict of Linux on program i of a unit, without keeping anything:
 * LINUX_OK if it loads.  *made is false when the maps already failed (then the
 * result says nothing of the program, and log->text holds the reason).
 */
enum linux_err linux_load_unit(const struct unit *u, const struct input *in, uint32_t i,
			       enum priv priv, const struct linux_unit_opts *o,
			       struct linux_log *log, bool *made);

/* ---- linux_why.c: what the verifier objects to ------------------------------------ */

/*
 * The sentence in its log, to why[size]; "" if it says nothing (err: what
 * loading came to).  Returns the slot of the last insn that the log names,
 * UINT32_MAX if it names none.
 */
uint32_t linux_log_reason(enum linux_err err, const char *log, char *why, size_t size);

/* attach_btf_id of a tracing program, 0 if the running kernel has no such target. */
uint32_t linux_target_id(uint32_t attach, const char *target);

#endif
