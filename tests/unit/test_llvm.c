/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isa against llvm-mc: our text must assemble there to our bytes, and its
 * disassembly must assemble here to the same bytes.  LLVM's tables owe nothing
 * to isa.def, so a wrong opcode or operator that every round trip of our own
 * would pass does not pass here.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "isa/isa.h"

#define MC "llvm-mc-19"

enum { EACH = 24 };		/* instances of a row */

/* What LLVM 19 cannot read or write. */
static const struct {
	uint8_t id;
	bool text, bytes;	/* our text, our bytes */
	const char *why;
} gaps[] = {
	{ I_CALL_LOCAL, true, true, "\"call pc+5\" is a symbol; disassembled it is \"call 5\"" },
	{ I_CALL_KFUNC, true, true, "no text; it disassembles to \"call 5\"" },
	{ I_LOAD_ACQ_B, true, true, "since LLVM 20" },
	{ I_LOAD_ACQ_H, true, true, "since LLVM 20" },
	{ I_LOAD_ACQ_W, true, true, "since LLVM 20" },
	{ I_LOAD_ACQ_DW, true, true, "since LLVM 20" },
	{ I_STORE_REL_B, true, true, "since LLVM 20" },
	{ I_STORE_REL_H, true, true, "since LLVM 20" },
	{ I_STORE_REL_W, true, true, "since LLVM 20" },
	{ I_STORE_REL_DW, true, true, "since LLVM 20" },
	{ I_LD_MAP_FD, true, false, "the text of the RFC; it writes ld_pseudo" },
	{ I_LD_MAP_FD_VALUE, true, false, "likewise" },
	{ I_LD_VAR_ADDR, true, false, "likewise" },
	{ I_LD_CODE_ADDR, true, false, "likewise" },
	{ I_LD_MAP_IDX, true, false, "likewise" },
	{ I_LD_MAP_IDX_VALUE, true, false, "likewise" },
};

static bool is_gap(uint8_t id, bool text)
{
	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		if (gaps[i].id == id)
			return text ? gaps[i].text : gaps[i].bytes;
	}
	return false;
}

struct fixture {
	char dir[64];
	char in[96], out[96], err[96];
};

static uint64_t next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* A legal instance that LLVM can express. */
static void random_insn(uint8_t id, struct insn in[2], uint64_t *seed)
{
	const struct insn_row *r = insn_row(id);
	int32_t imm = (int32_t)(next(seed) >> (next(seed) & 31));

	if (r->kind == K_ADDR_CAST)
		imm = imm & 1 ? 1 : 65536;
	if (r->kind == K_LD_IND)
		imm = 0;	/* skb[r1] has none */
	if (id == I_JA32)
		imm = (int16_t)imm;	/* it reads no more, but for labels */
	in[0] = insn_make(id, next(seed) % REGS, next(seed) % REGS, (int16_t)next(seed), imm);
	in[1] = (struct insn){ 0 };
	if (id == I_LD_IMM64)
		in[1].imm = (int32_t)next(seed);	/* ld_pseudo loses it */
}

static int set_up(void **state)
{
	static struct fixture f = { .dir = "/tmp/parallax-llvm-XXXXXX" };

	if (!mkdtemp(f.dir))
		return -1;
	snprintf(f.in, sizeof(f.in), "%s/in", f.dir);
	snprintf(f.out, sizeof(f.out), "%s/out", f.dir);
	snprintf(f.err, sizeof(f.err), "%s/err", f.dir);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	unlink(f->in);
	unlink(f->out);
	unlink(f->err);
	return rmdir(f->dir);
}

static void run(const struct fixture *f, const char *options)
{
	char command[512];

	if (system("command -v " MC " >/dev/null 2>&1") != 0) {
		print_message("# SKIP: no " MC "\n");
		skip();
	}
	snprintf(command, sizeof(command), "%s -triple bpfel %s %s >%s 2>%s", MC, options, f->in,
		 f->out, f->err);
	if (system(command) < 0)
		fail_msg("cannot run %s", MC);
}

static FILE *open_file(const char *path, const char *mode)
{
	FILE *file = fopen(path, mode);

	assert_non_null(file);
	return file;
}

/* The first complaint of llvm-mc, as the failure of this test. */
static void no_complaints(const struct fixture *f)
{
	FILE *file = open_file(f->err, "r");
	char line[256];

	if (fgets(line, sizeof(line), file)) {
		char more[256] = "";

		if (!fgets(more, sizeof(more), file))
			more[0] = 0;
		fclose(file);
		fail_msg("%s%s", line, more);
	}
	fclose(file);
}

/* The bytes behind "encoding: [", at most 16. */
static size_t read_encoding(const char *line, uint8_t bytes[16])
{
	const char *p = strstr(line, "encoding: [");
	size_t n = 0;

	if (!p)
		return 0;
	p += strlen("encoding: [");
	while (n < 16 && *p && *p != ']') {
		char *end;

		bytes[n++] = (uint8_t)strtoul(p, &end, 0);
		if (end == p)
			return 0;
		p = *end == ',' ? end + 1 : end;
	}
	return n;
}

static void llvm_assembles_our_text(void **state)
{
	static struct insn want[INSN_N * EACH][2];
	static uint8_t ids[INSN_N * EACH];
	const struct fixture *f = *state;
	FILE *file = open_file(f->in, "w");
	uint64_t seed = 1;
	size_t n = 0, seen = 0;
	char line[256];

	for (uint8_t id = 0; id < INSN_N; id++) {
		for (int i = 0; i < EACH && !is_gap(id, true); i++) {
			random_insn(id, want[n], &seed);
			insn_print(line, sizeof(line), want[n], 2);
			fprintf(file, "%s\n", line);
			ids[n++] = id;
		}
	}
	fclose(file);
	run(f, "-mcpu=v4 -show-encoding");
	no_complaints(f);
	file = open_file(f->out, "r");
	while (fgets(line, sizeof(line), file)) {
		uint8_t bytes[16];
		size_t len = read_encoding(line, bytes);

		if (!len)
			continue;
		assert_true(seen < n);
		if (len != 8 * insn_slots(ids[seen]) || memcmp(bytes, want[seen], len) != 0)
			fail_msg("%s: %s", insn_row(ids[seen])->name, line);
		seen++;
	}
	fclose(file);
	assert_int_equal(seen, n);
}

static void write_bytes(FILE *file, const struct insn *in, uint32_t slots)
{
	const uint8_t *p = (const uint8_t *)in;

	for (uint32_t i = 0; i < 8 * slots; i++)
		fprintf(file, "0x%02x ", p[i]);
	fputc('\n', file);
}

static void we_assemble_the_text_of_llvm(const struct fixture *f, const char *options)
{
	static struct insn want[INSN_N * EACH][2];
	static uint8_t ids[INSN_N * EACH];
	FILE *file = open_file(f->in, "w");
	uint64_t seed = 2;
	size_t n = 0, seen = 0;
	char line[256];

	for (uint8_t id = 0; id < INSN_N; id++) {
		for (int i = 0; i < EACH && !is_gap(id, false); i++) {
			random_insn(id, want[n], &seed);
			write_bytes(file, want[n], insn_slots(id));
			ids[n++] = id;
		}
	}
	fclose(file);
	run(f, options);
	no_complaints(f);
	file = open_file(f->out, "r");
	while (fgets(line, sizeof(line), file)) {
		struct insn out[2];
		struct asm_err err;
		long slots = asm_text(line, strlen(line), out, 2, &err);

		if (slots == 0)	/* .text */
			continue;
		if (slots < 0)
			fail_msg("%s: %s", line, err.msg);
		assert_true(seen < n);
		if (slots != (long)insn_slots(ids[seen]) ||
		    memcmp(out, want[seen], 8 * (size_t)slots) != 0)
			fail_msg("%s: %s", insn_row(ids[seen])->name, line);
		seen++;
	}
	fclose(file);
	assert_int_equal(seen, n);
}

static void disassembly_of_llvm(void **state)
{
	we_assemble_the_text_of_llvm(*state, "-mcpu=v4 --disassemble");
}

static void hexadecimal_disassembly_of_llvm(void **state)
{
	we_assemble_the_text_of_llvm(*state, "-mcpu=v4 --disassemble --print-imm-hex");
}

/* The gaps of text are real: otherwise the list hides something. */
static void listed_gaps_are_gaps(void **state)
{
	const struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++) {
		struct insn in[2] = { insn_make(gaps[i].id, 1, 2, 3, 4), { 0 } };
		FILE *file = open_file(f->in, "w");
		char line[256];
		bool ok = false;
		uint8_t bytes[16];

		insn_print(line, sizeof(line), in, 2);
		fprintf(file, "%s\n", line);
		fclose(file);
		run(f, "-mcpu=v4 -show-encoding");
		file = open_file(f->out, "r");
		while (fgets(line, sizeof(line), file)) {
			if (read_encoding(line, bytes) >= 8)
				ok = memcmp(bytes, in, 8) == 0;
		}
		fclose(file);
		if (ok)
			fail_msg("%s is no gap", insn_row(gaps[i].id)->name);
	}
}

/* The cpu column: what it says v1, v2 or v3 has assembles there. */
static void cpu_versions(void **state)
{
	const struct fixture *f = *state;

	for (int cpu = 1; cpu <= 4; cpu++) {
		FILE *file = open_file(f->in, "w");
		char line[256], options[64];
		uint64_t seed = 3;

		for (uint8_t id = 0; id < INSN_N; id++) {
			struct insn in[2];

			random_insn(id, in, &seed);
			if (is_gap(id, true) || insn_row(id)->cpu > cpu)
				continue;
			insn_print(line, sizeof(line), in, 2);
			fprintf(file, "%s\n", line);
		}
		fclose(file);
		snprintf(options, sizeof(options), "-mcpu=v%d -show-encoding", cpu);
		run(f, options);
		no_complaints(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(llvm_assembles_our_text),
		cmocka_unit_test(disassembly_of_llvm),
		cmocka_unit_test(hexadecimal_disassembly_of_llvm),
		cmocka_unit_test(listed_gaps_are_gaps),
		cmocka_unit_test(cpu_versions),
	};

	return cmocka_run_group_tests_name("llvm", tests, set_up, tear_down);
}
