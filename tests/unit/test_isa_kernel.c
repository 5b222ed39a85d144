/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isa against the running kernel: for random encodings, program_check() and
 * Linux refuse the same for the same reason.
 *
 * Linux checks structure in the course of verification, so a refusal counts as
 * structural by its sentence.  An encoding stands in a program that reaches it
 * with all registers set.  Every program is only loaded, never run.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "isa/isa.h"
#include "tests/unit/rig.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* 0, or errno; log receives the sentence that Linux ends with. */
static int load(const struct insn *in, uint32_t len, char *log, uint32_t size)
{
	union bpf_attr attr;
	int fd, err;

	log[0] = 0;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uint64_t)(uintptr_t)in;
	attr.insn_cnt = len;
	attr.license = (uint64_t)(uintptr_t)"GPL";
	attr.log_buf = (uint64_t)(uintptr_t)log;
	attr.log_size = size;
	attr.log_level = 1;
	fd = (int)syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	err = errno;
	if (fd >= 0)
		close(fd);
	return fd >= 0 ? 0 : err;
}

/* The last line of a log that is not statistics. */
static char *verdict(char *log)
{
	char *last = log, *line = log;

	while (line && *line) {
		char *end = strchr(line, '\n');

		if (end)
			*end = 0;
		if (*line && strncmp(line, "processed ", 10) != 0 &&
		    strncmp(line, "mark_precise", 12) != 0)
			last = line;
		line = end ? end + 1 : NULL;
	}
	return last;
}

static bool is_structural(const char *msg)
{
	static const char *const sentences[] = {
		"unknown opcode", "uses reserved fields", "invalid bpf_ld_imm64 insn",
		"unrecognized bpf_ld_imm64 insn", "uses invalid atomic opcode",
		"invalid atomic operand size", "invalid may_goto imm",
		"addr_space_cast insn can only convert", "frame pointer is read only",
		"jump out of range from insn", "jump into the middle of ldimm64 insn",
		"call to invalid destination", "last insn is not an exit or jmp",
	};
	unsigned int reg;
	char tail[16] = "";

	if (sscanf(msg, "R%u is %15s", &reg, tail) == 2 && strcmp(tail, "invalid") == 0 && reg > 10)
		return true;
	for (size_t i = 0; i < COUNT(sentences); i++) {
		if (strstr(msg, sentences[i]))
			return true;
	}
	return false;
}

/*
 * What Linux says before it looks at the fields: of descriptors, of BTF, of
 * the graph, and of the immediate before it looks at r10.  Such a refusal tells
 * nothing of an encoding that we refuse, too.
 */
static bool comes_first(const char *msg)
{
	static const char *const sentences[] = {
		"kfunc", "fd ", "fd_idx", "BTF", "btf", "kernel function", "unreachable insn",
		"back-edge", "invalid shift", "div by zero", "associated arena",
		"BPF_ATOMIC stores into", "invalid mem access", "misaligned",
		"invalid read from stack",
	};

	for (size_t i = 0; i < COUNT(sentences); i++) {
		if (strstr(msg, sentences[i]))
			return true;
	}
	return false;
}

/* ---- where we differ on purpose ------------------------------------------ */

/* exit: Linux does not look at off, RFC 9669 has unused fields zero. */
static bool is_exit_with_off(const struct insn *x)
{
	return x->code == 0x95 && x->off != 0;
}

/* code_addr: Linux does not look at the second imm; the same. */
static bool is_code_addr_with_second_imm(const struct insn *x)
{
	return x->code == 0x18 && x->src == 4 && x[1].imm != 0;
}

/* callx is LLVM's and other runtimes'; Linux does not know it. */
static bool is_callx(const struct insn *x)
{
	return x->code == 0x8d;
}

/*
 * A local call cuts the program into subprograms, and Linux demands of each
 * what program_check() demands of the whole.
 */
static bool makes_subprograms(const struct insn *x)
{
	return (x->code == 0x85 && x->src == 1) || (x->code == 0x18 && x->src == 4);
}

/* ---- programs ------------------------------------------------------------ */

enum { BEFORE = 12, BEHIND = 8, LEN = BEFORE + 2 + BEHIND };

static int32_t random_imm(uint64_t *seed)
{
	static const int32_t values[] = {
		0, 0, 0, 0, 1, 2, 5, 8, 16, 32, 64, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe0, 0xe1,
		0xf1, 0x100, 0x110, 0x101, 65536, -1, BEHIND - 1, INT32_MAX, INT32_MIN,
	};
	uint64_t r = next(seed);

	return r % 16 ? values[(r >> 8) % COUNT(values)] : (int32_t)(r >> 32);
}

static int16_t random_off(uint64_t *seed)
{
	static const int16_t values[] = { 0, 0, 0, 0, 0, 1, 2, 8, 16, 32, -1, -8, -16, 3, 100,
					  -100, INT16_MAX, INT16_MIN };
	uint64_t r = next(seed);

	return values[(r >> 8) % COUNT(values)];
}

/* Usually r0 to r10, often a small one. */
static uint8_t random_reg(uint64_t *seed)
{
	uint64_t r = next(seed);

	if (r % 4 == 0)
		return 0;
	return r % 11 == 0 ? (r >> 8) % 16 : (r >> 8) % 11;
}

/* One or two slots.  Half of the time a row, else anything. */
static void random_x(struct insn x[2], uint64_t *seed)
{
	uint64_t r = next(seed);

	x[0] = (struct insn){ .code = r >> 8 & 255, .dst = random_reg(seed) & 15,
			      .src = random_reg(seed) & 15, .off = random_off(seed),
			      .imm = random_imm(seed) };
	if (r & 1)
		x[0] = insn_make((uint8_t)((r >> 8) % INSN_N), x[0].dst, x[0].src, x[0].off,
				 x[0].imm);
	/* then perhaps one field more */
	switch ((r & 1) ? (r >> 16) % 16 : 15) {
	case 0:
		x[0].dst = random_reg(seed) & 15;
		break;
	case 1:
		x[0].src = random_reg(seed) & 15;
		break;
	case 2:
		x[0].off = random_off(seed);
		break;
	case 3:
		x[0].imm = random_imm(seed);
		break;
	}
	x[1] = insn_mov64_imm(0, 0);
	if (x[0].code == 0x18) {
		x[1] = (struct insn){ .imm = random_imm(seed) };
		if (next(seed) % 8 == 0)
			x[1].code = 0xb7;
		if (next(seed) % 16 == 0)
			x[1].off = 1;
	}
}

/*
 * Registers set; a branch that is never taken, so that all that follows can be
 * reached; x; movs to fall through; and a function of its own for local calls.
 */
static void make_program(struct insn in[LEN], const struct insn x[2], uint64_t *seed)
{
	bool pointers = next(seed) & 1;
	uint32_t n = 0;

	in[n++] = insn_mov64_reg(6, 1);
	in[n++] = insn_mov64_imm(0, 8);
	for (uint8_t r = 1; r <= 9; r++) {
		if (r != 6)
			in[n++] = pointers ? insn_mov64_reg(r, REG_FP) : insn_mov64_imm(r, 8);
	}
	in[n++] = insn_jmp_imm(JMP_JEQ, 0, 9, x[0].code == 0x18 ? 2 : 1);
	while (n < BEFORE)
		in[n++] = insn_mov64_imm(0, 8);
	in[n++] = x[0];
	in[n++] = x[1];
	while (n < LEN - 3)
		in[n++] = insn_mov64_imm(0, 0);
	in[n++] = insn_exit();
	in[n++] = insn_mov64_imm(0, 0);
	in[n++] = insn_exit();
}

/* The function at the end may stand there only if something calls it. */
static uint32_t program_length(const struct insn *in)
{
	const struct insn *x = &in[BEFORE];

	return makes_subprograms(x) && x->imm == BEHIND - 1 ? LEN : LEN - 2;
}

struct tally {
	uint32_t accepted, refused, same_words, open;
};

static void compare(const struct insn *in, uint32_t len, struct tally *t)
{
	static char log[1 << 16];
	const struct insn *x = &in[BEFORE];
	uint8_t ids[LEN];
	struct check_err why;
	bool ours = program_check(in, len, ids, &why), structural;
	int err = load(in, len, log, sizeof(log));
	const char *msg = verdict(log);

	if (err != 0 && err != EINVAL && err != EACCES && err != EPERM && !*msg)
		fail_msg("bpf: %s", strerror(err));
	structural = err != 0 && is_structural(msg);
	if (ours == !structural) {
		t->accepted += ours;
		t->refused += !ours;
		t->same_words += !ours && strcmp(msg, why.msg) == 0;
		return;
	}
	t->open++;
	if (ours ? is_callx(x) || makes_subprograms(x)
		 : is_exit_with_off(x) || is_code_addr_with_second_imm(x) || comes_first(msg))
		return;
	fail_msg("%02x dst %u src %u off %d imm %d, %08x: we say '%s', Linux says '%s'",
		 x->code, x->dst, x->src, x->off, x->imm, x[1].imm, why.msg, msg);
}

static void random_encodings(void **state)
{
	uint32_t rounds = getenv("PARALLAX_LONG") ? 1000000 : 20000;
	struct tally t = { 0 };
	uint64_t seed = 1;

	(void)state;
	for (uint32_t i = 0; i < rounds; i++) {
		struct insn in[LEN], x[2];

		random_x(x, &seed);
		make_program(in, x, &seed);
		compare(in, program_length(in), &t);
	}
	print_message("# %u accepted, %u refused (%u in the same words), %u without an opinion\n",
		      t.accepted, t.refused, t.same_words, t.open);
	/* The test has seen enough of both. */
	assert_true(t.accepted > rounds / 10 && t.refused > rounds / 10);
	assert_true(t.same_words > t.refused / 2 && t.open < rounds / 10);
}

static void against_linux(void **state)
{
	need_bpf();
	random_encodings(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(against_linux) };

	return cmocka_run_group_tests_name("isa_kernel", tests, NULL, NULL);
}
