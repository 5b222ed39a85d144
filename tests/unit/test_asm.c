/* SPDX-License-Identifier: Apache-2.0 */
/*
 * isa: the assembler and the disassembler.  Texts and bytes are written by
 * hand; llvm-mc has its say in test_llvm.c.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "isa/isa.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static uint64_t next(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static uint64_t word(const struct insn *in)
{
	uint64_t w;

	memcpy(&w, in, 8);
	return w;
}

/* From a copy of exact size, so that a sanitizer sees a read behind the end. */
static long assemble(const char *text, struct insn *out, uint32_t cap, struct asm_err *err)
{
	size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	long n;

	assert_non_null(copy);
	memcpy(copy, text, len);
	n = asm_text(copy, len, out, cap, err);
	free(copy);
	return n;
}

/* ---- round trips --------------------------------------------------------- */

static int32_t interesting(uint64_t *seed)
{
	static const int32_t values[] = { 0, 1, -1, 2, -2, 127, -128, 32767, -32768, 65535, 65536,
					  INT32_MAX, INT32_MIN };
	uint64_t r = next(seed);

	return r & 1 ? values[(r >> 8) % COUNT(values)] : (int32_t)(r >> 16);
}

/* A legal instance of a row. */
static void random_insn(uint8_t id, struct insn in[2], uint64_t *seed)
{
	const struct insn_row *r = insn_row(id);
	int32_t imm = interesting(seed);

	if (r->kind == K_ADDR_CAST)
		imm = imm & 1 ? 1 : 65536;
	in[0] = insn_make(id, next(seed) % REGS, next(seed) % REGS, (int16_t)interesting(seed),
			  imm);
	in[1] = (struct insn){ .imm = r->uses & F_IMM64 ? interesting(seed) : 0 };
}

static void every_row_round_trips(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (uint8_t id = 0; id < INSN_N; id++) {
		for (int i = 0; i < 200; i++) {
			struct insn in[2], out[2];
			struct asm_err err = { .msg = "" };
			char text[128];
			uint32_t n;

			random_insn(id, in, &seed);
			n = insn_print(text, sizeof(text), in, 2);
			assert_int_equal(n, insn_slots(id));
			if (strstr(text, ".slot"))
				fail_msg("%s prints as %s", insn_row(id)->name, text);
			if (assemble(text, out, 2, &err) != (long)n || memcmp(in, out, 8 * n) != 0)
				fail_msg("%s: %016llx prints as %s, which gives %016llx: %s",
					 insn_row(id)->name, (unsigned long long)word(in), text,
					 (unsigned long long)word(out), err.msg);
		}
	}
}

/* Any bytes come back, too, by way of .slot. */
static void any_bytes_round_trip(void **state)
{
	enum { N = 64 };
	uint64_t seed = 2;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct insn in[N], out[N];
		struct asm_err err = { .msg = "" };
		char text[N * 96];
		size_t len = 0;

		for (int i = 0; i < N; i++) {
			uint64_t w = next(&seed);

			/* fields that are often legal */
			if (w & 1)
				w = next(&seed) & 0x0000004f0001aaff;
			memcpy(&in[i], &w, 8);
		}
		for (uint32_t i = 0; i < N; ) {
			i += insn_print(text + len, sizeof(text) - len, &in[i], N - i);
			len += strlen(text + len);
			text[len++] = '\n';
		}
		if (asm_text(text, len, out, N, &err) != N || memcmp(in, out, sizeof(in)) != 0)
			fail_msg("round %d, line %u: %s: %s", round, err.line, err.msg, err.text);
	}
}

static void print_respects_the_buffer(void **state)
{
	const struct insn in[2] = { { .code = 0x18, .src = 2, .imm = 5 }, { .imm = 7 } };
	static const char whole[] = "r0 = map_val(map_by_fd(5)) + 7 ll";

	(void)state;
	for (size_t size = 0; size < sizeof(whole) + 2; size++) {
		char *buf = malloc(size + 1);

		assert_non_null(buf);
		memset(buf, '!', size + 1);
		assert_int_equal(insn_print(buf, size, in, 2), 2);
		assert_int_equal(buf[size], '!');
		if (size) {
			assert_int_equal(buf[size <= strlen(whole) ? size - 1 : strlen(whole)], 0);
			assert_memory_equal(buf, whole, strlen(buf));
		}
		free(buf);
	}
	/* half of a wide instruction */
	char text[64];

	assert_int_equal(insn_print(text, sizeof(text), in, 1), 1);
	assert_string_equal(text, ".slot 0x0000000500002018");
}

/* ---- spellings ----------------------------------------------------------- */

struct spelling {
	const char *text;
	uint64_t slot, second;	/* second != 0: of a wide instruction */
};

/* What llvm-mc -mcpu=v4 gives for the same text. */
static const struct spelling llvm_spellings[] = {
	{ "r1 += r2", 0x000000000000210f, 0 },
	{ "r1+=r2", 0x000000000000210f, 0 },
	{ "  r1   +=\tr2  ", 0x000000000000210f, 0 },
	{ "w1 -= -1", 0xffffffff00000114, 0 },
	{ "r1 = 4294967295", 0xffffffff000001b7, 0 },
	{ "r1 = 0xffffffff", 0xffffffff000001b7, 0 },
	{ "r1 = -0x1", 0xffffffff000001b7, 0 },
	{ "r1 s/= r2", 0x000000000001213f, 0 },
	{ "w1 s%= 7", 0x0000000700010194, 0 },
	{ "r1 s>>= 3", 0x00000003000001c7, 0 },
	{ "r1 = -r1", 0x0000000000000187, 0 },
	{ "w9 = -w9", 0x0000000000000984, 0 },
	{ "r1 = (s8)r2", 0x00000000000821bf, 0 },
	{ "w1 = (s16)w2", 0x00000000001021bc, 0 },
	{ "r1 = (s32) r2", 0x00000000002021bf, 0 },
	{ "r1 = be16 r1", 0x00000010000001dc, 0 },
	{ "r1 = le64 r1", 0x00000040000001d4, 0 },
	{ "r1 = bswap32 r1", 0x00000020000001d7, 0 },
	{ "r1 = addr_space_cast(r2, 0, 1)", 0x00000001000121bf, 0 },
	{ "r1 = addr_space_cast(r2, 0x1, 0x0)", 0x00010000000121bf, 0 },
	{ "if r1 == 5 goto +3", 0x0000000500030115, 0 },
	{ "if w1 s< w2 goto -3", 0x00000000fffd21ce, 0 },
	{ "if r1 & r2 goto +0x10", 0x000000000010214d, 0 },
	{ "goto -1", 0x00000000ffff0005, 0 },
	{ "gotol +65536", 0x0001000000000006, 0 },
	{ "may_goto +2", 0x00000000000200e5, 0 },
	{ "call 5", 0x0000000500000085, 0 },
	{ "call -1", 0xffffffff00000085, 0 },
	{ "callx r3", 0x000000000000038d, 0 },
	{ "exit", 0x0000000000000095, 0 },
	{ "r1 = *(u8 *)(r2 + 8)", 0x0000000000082171, 0 },
	{ "r1 = *(u8*)(r2+8)", 0x0000000000082171, 0 },
	{ "w1 = *(u8 *)(r2 + 8)", 0x0000000000082171, 0 },
	{ "w1 = *(u16 *)(r2 - 8)", 0x00000000fff82169, 0 },
	{ "w1 = *(u32 *)(r2 + 0)", 0x0000000000002161, 0 },
	{ "r1 = *(u64 *)(r10 - 8)", 0x00000000fff8a179, 0 },
	{ "r1 = *(s32 *)(r2 + 4)", 0x0000000000042181, 0 },
	{ "*(u8 *)(r1 + 0) = w2", 0x0000000000002173, 0 },
	{ "*(u64 *)(r1 + 0) = r2", 0x000000000000217b, 0 },
	{ "*(u64 *)(r1 + 0) = -5", 0xfffffffb0000017a, 0 },
	{ "lock *(u64 *)(r1 + 8) += r2", 0x00000000000821db, 0 },
	{ "lock *(u32 *)(r1 + 8) ^= w2", 0x000000a0000821c3, 0 },
	{ "r2 = atomic_fetch_or((u64 *)(r1 + 8), r2)", 0x00000041000821db, 0 },
	{ "w2 = atomic_fetch_and((u32 *)(r1 + 8), w2)", 0x00000051000821c3, 0 },
	{ "r2 = xchg_64(r1 + 8, r2)", 0x000000e1000821db, 0 },
	{ "w2 = xchg32_32(r1 + 8, w2)", 0x000000e1000821c3, 0 },
	{ "r0 = cmpxchg_64(r1 + 8, r0, r2)", 0x000000f1000821db, 0 },
	{ "w0 = cmpxchg32_32(r1 + 8, w0, w2)", 0x000000f1000821c3, 0 },
	{ "w2 = load_acquire((u8 *)(r1 + 8))", 0x00000100000812d3, 0 },
	{ "r2 = load_acquire((u64 *)(r1 + 8))", 0x00000100000812db, 0 },
	{ "store_release((u16 *)(r1 + 8), w2)", 0x00000110000821cb, 0 },
	{ "store_release((u64 *)(r1 + 8), r2)", 0x00000110000821db, 0 },
	{ "r0 = *(u8 *)skb[5]", 0x0000000500000030, 0 },
	{ "r0 = *(u16 *)skb[r7]", 0x0000000000007048, 0 },
	{ "r1 = 0x1122334455667788 ll", 0x5566778800000118, 0x1122334400000000 },
	{ "r1 = -2 ll", 0xfffffffe00000118, 0xffffffff00000000 },
	{ "r1 = 18446744073709551615 ll", 0xffffffff00000118, 0xffffffff00000000 },
	{ "ld_pseudo r1, 1, 5", 0x0000000500001118, 0 },
	{ "ld_pseudo r1, 0x1, 0x5", 0x0000000500001118, 0 },
	{ "ld_pseudo r1, 2, 0x700000005", 0x0000000500002118, 0x0000000700000000 },
};

/* What Linux prints, in its log and in its listing of live registers. */
static const struct spelling kernel_spellings[] = {
	{ "(b7) r1 = 7", 0x00000007000001b7, 0 },
	{ "0: (b7) r1 = 7                        ; R1=7", 0x00000007000001b7, 0 },
	{ "      12: .1..45.... (3f) r1 s/= r2", 0x000000000001213f, 0 },
	{ "(15) if r1 == 0x0 goto pc+3", 0x0000000000030115, 0 },
	{ "(65) if r1 s> 0xffffffff goto pc-3", 0xfffffffffffd0165, 0 },
	{ "(05) goto pc-1", 0x00000000ffff0005, 0 },
	{ "(06) gotol pc+70000", 0x0001117000000006, 0 },
	{ "(e5) may_goto pc+2", 0x00000000000200e5, 0 },
	{ "(85) call pc+5", 0x0000000500001085, 0 },
	{ "call pc-5", 0xfffffffb00001085, 0 },
	{ "(85) call bpf_map_lookup_elem#1", 0x0000000100000085, 0 },
	{ "(85) call unknown#195896080", 0x0bad2310ull << 32 | 0x85, 0 },
	{ "(85) call kernel-function#77", 0x0000004d00002085, 0 },
	{ "(79) r1 = *(u64 *)(r10 -8)", 0x00000000fff8a179, 0 },
	{ "(71) r1 = *(u8 *)(r2 +8)", 0x0000000000082171, 0 },
	{ "(62) *(u32 *)(r10 -8) = -5", 0xfffffffbfff80a62, 0 },
	{ "(c3) lock *(u32 *)(r10 -8) += r2", 0x00000000fff82ac3, 0 },
	{ "(db) lock *(u64 *)(r10 -8) |= r2", 0x00000040fff82adb, 0 },
	{ "(db) r2 = atomic64_fetch_add((u64 *)(r10 -8), r2)", 0x00000001fff82adb, 0 },
	{ "(c3) r2 = atomic_fetch_xor((u32 *)(r10 -8), r2)", 0x000000a1fff82ac3, 0 },
	{ "(db) r2 = atomic64_xchg((u64 *)(r10 -8), r2)", 0x000000e1fff82adb, 0 },
	{ "(c3) r2 = atomic_xchg((u32 *)(r10 -8), r2)", 0x000000e1fff82ac3, 0 },
	{ "(db) r0 = atomic64_cmpxchg((u64 *)(r10 -8), r0, r2)", 0x000000f1fff82adb, 0 },
	{ "(c3) r0 = atomic_cmpxchg((u32 *)(r10 -8), r0, r2)", 0x000000f1fff82ac3, 0 },
	{ "(d3) r2 = load_acquire((u8 *)(r10 -8))", 0x00000100fff8a2d3, 0 },
	{ "(cb) store_release((u16 *)(r10 -8), r2)", 0x00000110fff82acb, 0 },
	{ "(50) r0 = *(u8 *)skb[r1 + -5]", 0xfffffffb00001050, 0 },
	{ "(50) r0 = *(u8 *)skb[r1 + 0]", 0x0000000000001050, 0 },
	{ "(30) r0 = *(u8 *)skb[-5]", 0xfffffffb00000030, 0 },
	{ "(18) r1 = 0x7", 0x0000000700000118, 0 },
	{ "(18) r1 = 0x700000003", 0x0000000300000118, 0x0000000700000000 },
	{ "(84) w1 = -w1", 0x0000000000000184, 0 },
	{ "(95) exit", 0x0000000000000095, 0 },
};

/* Ours, and llvm-objdump's. */
static const struct spelling other_spellings[] = {
	{ "r1 = map_by_fd(5) ll", 0x0000000500001118, 0 },
	{ "r1 = map_val(map_by_fd(5)) + 7 ll", 0x0000000500002118, 0x0000000700000000 },
	{ "r1 = map_val(map_by_fd(5)) + -1 ll", 0x0000000500002118, 0xffffffff00000000 },
	{ "r1 = var_addr(5) ll", 0x0000000500003118, 0 },
	{ "r1 = var_addr(5, 7) ll", 0x0000000500003118, 0x0000000700000000 },
	{ "r1 = code_addr(-2) ll", 0xfffffffe00004118, 0 },
	{ "r1 = map_by_idx(5) ll", 0x0000000500005118, 0 },
	{ "r1 = map_val(map_by_idx(5)) + 7 ll", 0x0000000500006118, 0x0000000700000000 },
	{ "call kfunc 77", 0x0000004d00002085, 0 },
	{ "call kfunc 77, 3", 0x0000004d00032085, 0 },
	{ "r0 = *(u32 *)skb[r1 - 5]", 0xfffffffb00001040, 0 },
	{ "r1 = load_acquire((u8 *)(r2 + 0))", 0x00000100000021d3, 0 },
	{ ".slot 0x0102030405060708", 0x0102030405060708, 0 },
	{ ".slot 18446744073709551615", 0xffffffffffffffff, 0 },
	{ "       5:\t07 01 00 00 ff ff ff ff\tr1 += -0x1", 0xffffffff00000107, 0 },
	{ " 8:\t18 01 00 00 01 00 00 00 00 00 00 00 02 00 00 00\tr1 = 0x200000001 ll",
	  0x0000000100000118, 0x0000000200000000 },
	{ "\t10:\t15 01 01 00 00 00 00 00\tif r1 == 0x0 goto +0x1 <foo+0x60>",
	  0x0000000000010115, 0 },
	{ "r1 = 5 # comment", 0x00000005000001b7, 0 },
	{ "r1 = 5 // comment", 0x00000005000001b7, 0 },
	{ "r1 = 5;", 0x00000005000001b7, 0 },
};

static void check_spelling(const struct spelling *s)
{
	long want = (s->slot & 0xff) == 0x18 ? 2 : 1;
	struct insn out[2] = { { 0 } };
	struct asm_err err = { .msg = "" };
	long n = assemble(s->text, out, 2, &err);

	if (n != want)
		fail_msg("%s: %ld slots: %s", s->text, n, err.msg);
	if (word(&out[0]) != s->slot || (n == 2 && word(&out[1]) != s->second))
		fail_msg("%s: %016llx", s->text, (unsigned long long)word(out));
}

static void llvm_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(llvm_spellings); i++)
		check_spelling(&llvm_spellings[i]);
}

static void kernel_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kernel_spellings); i++)
		check_spelling(&kernel_spellings[i]);
}

static void other_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(other_spellings); i++)
		check_spelling(&other_spellings[i]);
}

/* ---- mnemonics ----------------------------------------------------------- */

static const struct spelling mnemonics[] = {
	{ "mov %r1, 0x11223344", 0x11223344000001b7, 0 },
	{ "mov %r1 5", 0x00000005000001b7, 0 },			/* the comma is not needed */
	{ "mov %r1, 0xffffffff", 0xffffffff000001b7, 0 },
	{ "mov %r1, -2147483648", 0x80000000000001b7, 0 },
	{ "mov %r1, %r10", 0x000000000000a1bf, 0 },
	{ "mov32 %r1, %r2", 0x00000000000021bc, 0 },
	{ "mov r1, r2", 0x00000000000021bf, 0 },
	{ "mov %r11, 5", 0x0000000500000bb7, 0 },		/* for negative tests */
	{ "mov %r1, %r15", 0x000000000000f1bf, 0 },
	{ "movsx832 %r1, %r2", 0x00000000000821bc, 0 },
	{ "movsx1632 %r1, %r2", 0x00000000001021bc, 0 },
	{ "movsx864 %r1, %r2", 0x00000000000821bf, 0 },
	{ "movsx1664 %r1, %r2", 0x00000000001021bf, 0 },
	{ "movsx3264 %r1, %r2", 0x00000000002021bf, 0 },
	{ "neg %r1", 0x0000000000000187, 0 },
	{ "neg32 %r1", 0x0000000000000184, 0 },
	{ "le16 %r1", 0x00000010000001d4, 0 },
	{ "le32 %r1", 0x00000020000001d4, 0 },
	{ "le64 %r1", 0x00000040000001d4, 0 },
	{ "be16 %r1", 0x00000010000001dc, 0 },
	{ "be32 %r1", 0x00000020000001dc, 0 },
	{ "be64 %r1", 0x00000040000001dc, 0 },
	{ "swap16 %r1", 0x00000010000001d7, 0 },
	{ "swap32 %r1", 0x00000020000001d7, 0 },
	{ "bswap64 %r1", 0x00000040000001d7, 0 },
	{ "lddw %r1, 0x1122334455667788", 0x5566778800000118, 0x1122334400000000 },
	{ "lddw %r1, -1", 0xffffffff00000118, 0xffffffff00000000 },
	{ "lddw %r1, 5", 0x0000000500000118, 0 },
	{ "ldxb %r1, [%r2]", 0x0000000000002171, 0 },
	{ "ldxh %r1, [%r2+2]", 0x0000000000022169, 0 },
	{ "ldxw %r1, [%r2-8]", 0x00000000fff82161, 0 },
	{ "ldxdw %r1, [%r2+0x10]", 0x0000000000102179, 0 },
	{ "ldxdw %r1, [%r2+0xfff8]", 0x00000000fff82179, 0 },	/* 16 bits, any sign */
	{ "ldxsb %r1, [%r2+1]", 0x0000000000012191, 0 },
	{ "ldxsh %r1, [%r2+1]", 0x0000000000012189, 0 },
	{ "ldxsw %r1, [%r2+1]", 0x0000000000012181, 0 },
	{ "stxb [%r1+1], %r2", 0x0000000000012173, 0 },
	{ "stxh [%r1+1], %r2", 0x000000000001216b, 0 },
	{ "stxw [%r1-32768], %r2", 0x0000000080002163, 0 },
	{ "stxdw [%r1+32767], %r2", 0x000000007fff217b, 0 },
	{ "stb [%r1+1], 0x44", 0x0000004400010172, 0 },
	{ "sth [%r1+1], -1", 0xffffffff0001016a, 0 },
	{ "stw [%r1+1], 4", 0x0000000400010162, 0 },
	{ "stdw [%r1], 4", 0x000000040000017a, 0 },
	{ "lock add [%r1+8], %r2", 0x00000000000821db, 0 },
	{ "lock add32 [%r1+8], %r2", 0x00000000000821c3, 0 },
	{ "lock or [%r1+8], %r2", 0x00000040000821db, 0 },
	{ "lock and32 [%r1+8], %r2", 0x00000050000821c3, 0 },
	{ "lock xor [%r1+8], %r2", 0x000000a0000821db, 0 },
	{ "lock fetch add [%r1+8], %r2", 0x00000001000821db, 0 },
	{ "lock fetch or32 [%r1+8], %r2", 0x00000041000821c3, 0 },
	{ "lock fetch and [%r1+8], %r2", 0x00000051000821db, 0 },
	{ "lock fetch xor32 [%r1+8], %r2", 0x000000a1000821c3, 0 },
	{ "lock xchg [%r1+8], %r2", 0x000000e1000821db, 0 },
	{ "lock xchg32 [%r1+8], %r2", 0x000000e1000821c3, 0 },
	{ "lock cmpxchg [%r1+8], %r2", 0x000000f1000821db, 0 },
	{ "lock cmpxchg32 [%r1+8], %r2", 0x000000f1000821c3, 0 },
	{ "ja +5", 0x0000000000050005, 0 },
	{ "ja -1", 0x00000000ffff0005, 0 },
	{ "ja +0xffff", 0x00000000ffff0005, 0 },
	{ "ja32 -5", 0xfffffffb00000006, 0 },
	{ "call 1", 0x0000000100000085, 0 },
	{ "call helper 0x10", 0x0000001000000085, 0 },
	{ "call local -5", 0xfffffffb00001085, 0 },
	{ "call runtime 77", 0x0000004d00002085, 0 },
	{ "call %r3", 0x000000000000038d, 0 },
	{ "exit", 0x0000000000000095, 0 },
};

static void check_alu_mnemonics(void)
{
	static const struct {
		const char *name;
		uint8_t code;
		int16_t off;
	} ops[] = {
		{ "add", 0x00, 0 }, { "sub", 0x10, 0 }, { "mul", 0x20, 0 }, { "div", 0x30, 0 },
		{ "sdiv", 0x30, 1 }, { "or", 0x40, 0 }, { "and", 0x50, 0 }, { "lsh", 0x60, 0 },
		{ "rsh", 0x70, 0 }, { "mod", 0x90, 0 }, { "smod", 0x90, 1 }, { "xor", 0xa0, 0 },
		{ "mov", 0xb0, 0 }, { "arsh", 0xc0, 0 },
	};

	for (size_t i = 0; i < COUNT(ops) * 4; i++) {
		bool is_32 = i & 1, x = i & 2;
		struct insn want = { .code = (is_32 ? 4 : 7) | (x ? 8 : 0) | ops[i / 4].code,
				     .dst = 3, .src = x ? 4 : 0, .off = ops[i / 4].off,
				     .imm = x ? 0 : 9 };
		char text[40];

		snprintf(text, sizeof(text), "%s%s %%r3, %s", ops[i / 4].name, is_32 ? "32" : "",
			 x ? "%r4" : "9");
		check_spelling(&(struct spelling){ text, word(&want), 0 });
	}
}

static void check_jump_mnemonics(void)
{
	static const struct {
		const char *name;
		uint8_t code;
	} ops[] = {
		{ "jeq", 0x10 }, { "jgt", 0x20 }, { "jge", 0x30 }, { "jset", 0x40 },
		{ "jne", 0x50 }, { "jsgt", 0x60 }, { "jsge", 0x70 }, { "jlt", 0xa0 },
		{ "jle", 0xb0 }, { "jslt", 0xc0 }, { "jsle", 0xd0 },
	};

	for (size_t i = 0; i < COUNT(ops) * 4; i++) {
		bool is_32 = i & 1, x = i & 2;
		struct insn want = { .code = (is_32 ? 6 : 5) | (x ? 8 : 0) | ops[i / 4].code,
				     .dst = 3, .src = x ? 4 : 0, .off = -7, .imm = x ? 0 : -9 };
		char text[40];

		snprintf(text, sizeof(text), "%s%s %%r3, %s, -7", ops[i / 4].name,
			 is_32 ? "32" : "", x ? "%r4" : "-9");
		check_spelling(&(struct spelling){ text, word(&want), 0 });
	}
}

static void mnemonic_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(mnemonics); i++)
		check_spelling(&mnemonics[i]);
	check_alu_mnemonics();
	check_jump_mnemonics();
}

/* ---- programs ------------------------------------------------------------ */

/* off or imm of one slot of a program. */
static void check_jump(const char *text, uint32_t slot, int32_t off, int32_t imm)
{
	struct insn out[64];
	struct asm_err err = { .msg = "" };
	long n = assemble(text, out, COUNT(out), &err);

	if (n < 0)
		fail_msg("%s: line %u: %s", text, err.line, err.msg);
	assert_true(slot < n);
	if (out[slot].off != off || out[slot].imm != imm)
		fail_msg("%s: off %d, imm %d", text, out[slot].off, out[slot].imm);
}

static void labels(void **state)
{
	(void)state;
	check_jump("goto L\nL: exit", 0, 0, 0);
	check_jump("goto L\nr0 = 1\nL:\n\nexit", 0, 1, 0);
	check_jump("L: r0 = 1\nif r1 == 5 goto L\nexit", 1, -2, 5);
	/* a wide instruction counts two */
	check_jump("if w1 s< -4 goto LBB0_2\nr1 = 5 ll\nLBB0_2:\nexit", 0, 2, -4);
	check_jump("gotol L\nr0 = 1\nL: exit", 0, 0, 1);
	check_jump("may_goto L\nr0 = 1\nL: exit", 0, 1, 0);
	check_jump("call f\nexit\nf: exit", 0, 0, 1);
	check_jump("call local f\nexit\nf: exit", 0, 0, 1);
	check_jump("r1 = code_addr(f) ll\nexit\nf: exit", 0, 0, 2);
	check_jump("ja32 L\nL: exit", 0, 0, 0);
	check_jump("jne %r1, 0, L\nmov %r0, 0\nL: exit", 0, 1, 0);
	check_jump("ja 5\nexit\n5: exit", 0, 1, 0);			/* even 5 is a label */
	check_jump("a: b: goto b\ngoto a", 1, -2, 0);			/* two on one line */
	check_jump("L:goto L", 0, -1, 0);
	check_jump("r0 = 1; goto L; r0 = 2; L: exit", 1, 1, 0);
	check_jump("1: r0 = 1\ngoto 1b\n1: exit", 1, -2, 0);		/* local labels */
	check_jump("1: r0 = 1\ngoto 1f\n1: exit", 1, 0, 0);
	check_jump("1: goto 1b", 0, -1, 0);
	check_jump("goto 1f\n1f: r0 = 1\n1: exit", 0, 0, 0);		/* a name comes first */
	check_jump("  0: (05) goto pc+1\n  1: (b7) r0 = 1\n  2: (95) exit", 0, 1, 0);
	check_jump("goto .Lend\n.Lend: exit", 0, 0, 0);
}

/* The label "exit" is the first exit, whatever else carries this name. */
static void exit_label(void **state)
{
	(void)state;
	check_jump("jeq %r1, 0, exit\nmov %r0, 1\nexit\nexit", 0, 1, 0);
	check_jump("ja exit\nexit\nmov %r0, 1\nexit:\nexit", 0, 0, 0);
	check_jump("goto exit\nr0 = 1\nexit", 0, 1, 0);
	check_jump("r0 = 1\nexit: r0 = 2\ngoto exit", 2, -2, 0);	/* there is no exit */
}

static const char compiled[] =
	"\t.text\n"
	"\t.file\t\"loop.c\"\n"
	"\t.globl\tloop                            # -- Begin function loop\n"
	"\t.p2align\t3\n"
	"\t.type\tloop,@function\n"
	"loop:                                   # @loop\n"
	".Lfunc_begin0:\n"
	"\t.loc\t0 3 0                          # loop.c:3:0\n"
	"\t.cfi_sections .debug_frame\n"
	"# %bb.0:\n"
	"\tw0 = 0\n"
	"\tif w1 s< 1 goto LBB0_2\n"
	"LBB0_1:                                 # =>This Inner Loop Header: Depth=1\n"
	"\tw0 += w1\n"
	"\tr2 = *(s8 *)(r10 - 1)\n"
	"\tif w1 != 0 goto LBB0_1\n"
	"LBB0_2:\n"
	"\t#APP\n"
	"\t#NO_APP\n"
	"\texit\n"
	".Lfunc_end0:\n"
	"\t.size\tloop, .Lfunc_end0-loop\n"
	"\t.section\t.debug_abbrev,\"\",@progbits\n"
	"\t.byte\t1                               # Abbreviation Code\n"
	"Linfo_string0:\n"
	"\t.asciz\t\"clang; no code # here\"\n"
	"\t.section\txdp,\"ax\",@progbits\n"
	"second:\n"
	"\tr0 = 2\n"
	"\texit\n"
	"\t.addrsig\n";

static void compiled_text(void **state)
{
	static const uint64_t want[] = {
		0x00000000000000b4, 0x00000001000301c6, 0x000000000000100c, 0x00000000ffffa291,
		0x00000000fffd0156, 0x0000000000000095, 0x00000002000000b7, 0x0000000000000095,
	};
	struct insn out[16];
	struct asm_err err = { .msg = "" };
	long n = asm_text(compiled, sizeof(compiled) - 1, out, COUNT(out), &err);

	(void)state;
	if (n != COUNT(want))
		fail_msg("%ld slots: line %u: %s", n, err.line, err.msg);
	assert_memory_equal(out, want, sizeof(want));
}

static void empty_texts(void **state)
{
	static const char *const texts[] = {
		"", "\n", "   ", "# r0 = 1", "L:", "\r\n\r\n", ";", ";;", "//",
	};
	struct insn out[1];
	struct asm_err err;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_int_equal(assemble(texts[i], out, 0, &err), 0);
	assert_int_equal(asm_text(NULL, 0, NULL, 0, NULL), 0);
}

/* The end of the text is its length, not a zero; lines may end with \r\n. */
static void ends_of_text(void **state)
{
	static const char text[] = "r0 = 1234";
	struct insn out[4];
	struct asm_err err;

	(void)state;
	assert_int_equal(asm_text(text, 8, out, 4, &err), 1);
	assert_int_equal(out[0].imm, 123);
	assert_int_equal(assemble("r0 = 1\r\nexit\r\n", out, 4, &err), 2);
	assert_int_equal(asm_text("r0 = 1\0", 7, out, 4, &err), -1);
	assert_int_equal(err.col, 7);
}

/* ---- errors -------------------------------------------------------------- */

static const struct {
	const char *text;
	uint32_t line, col;
	const char *msg;
} errors[] = {
	{ "foo r1", 1, 1, "unknown instruction" },
	{ "exits", 1, 1, "unknown instruction" },
	{ "R1 = 5", 1, 1, "unknown instruction" },
	{ "r0 = 1\n\n  bar", 3, 3, "unknown instruction" },
	{ "r0 = 1; bar", 1, 9, "unknown instruction" },
	{ "\xff\xfe", 1, 1, "unexpected text" },
	{ "r11 = 5", 1, 1, "no such register" },
	{ "r1 = r11", 1, 6, "no such register" },
	{ "r01 = 5", 1, 1, "no such register" },
	{ "r1x = 5", 1, 1, "no such register" },
	{ "r1", 1, 3, "the statement ends too early" },
	{ "r1 ?= 5", 1, 4, "unexpected text" },
	{ "r1 = 4294967296", 1, 6, "immediate out of 32-bit range" },
	{ "r1 = -2147483649", 1, 6, "immediate out of 32-bit range" },
	{ "r1 = 18446744073709551616 ll", 1, 6, "number out of 64-bit range" },
	{ "r1 = -9223372036854775809 ll", 1, 6, "number out of 64-bit range" },
	{ "r1 = 5 lll", 1, 8, "expected the end of the statement or 'll'" },
	{ "r1 = 010", 1, 6, "a leading zero means octal to some and decimal to others" },
	{ "r1 = r2 + 5", 1, 9, "expected the end of the statement" },
	{ "r1 = -r2", 1, 7, "must be the same register as before" },
	{ "r1 = be16 r2", 1, 11, "must be the same register as before" },
	{ "r2 = atomic_fetch_add((u64 *)(r1 + 0), r3)", 1, 40,
	  "must be the same register as before" },
	{ "r1 = *(u9 *)(r1 + 0)", 1, 8, "unexpected text" },
	{ "r1 = *(u8 *)(r1 + 0", 1, 20, "expected ')'" },
	{ "r1 = *(u8 *)(r1 + 32768)", 1, 17, "offset out of 16-bit range" },
	{ "*(u64 *)(r1 + 0) = w1", 1, 20, "expected a register or a number" },
	{ "lock *(u8 *)(r1 + 0) += r2", 1, 8, "expected 'u64' or 'u32'" },
	{ "if r1 == 5", 1, 11, "expected 'goto'" },
	{ "if r1 == 5 goto", 1, 16, "expected a label or an offset" },
	{ "if r1 == 5 goto +40000", 1, 17, "offset out of 16-bit range" },
	{ "gotol +2147483648", 1, 7, "offset out of 32-bit range" },
	{ "goto L", 1, 6, "no such label" },
	{ "goto 1b\n1: exit", 1, 6, "no such label" },
	{ "1: exit\ngoto 1f", 2, 6, "no such label" },
	{ "1: exit\n1: exit\ngoto 1", 3, 6, "this label is defined more than once" },
	{ "L: exit\nr0 = 1\n L: exit", 3, 2, "this label is already defined" },
	{ "b:\na:\nb:\na:", 3, 1, "this label is already defined" },
	{ "r1 = addr_space_cast(r2, 65536, 0)", 1, 26, "address space out of 16-bit range" },
	{ "ld_pseudo r1, 7, 5", 1, 15, "no such sub-type" },
	{ "ld_pseudo r1, 1, 0x700000005", 1, 18, "immediate out of 32-bit range" },
	{ "(07) r1 -= 5", 1, 9, "expected '+='" },
	{ "(e7) r1 -= 5", 1, 6, "unknown opcode" },
	{ "(18) r1 = 99999999999999999999", 1, 11, "number out of 64-bit range" },
	{ ".quad 5", 1, 1, "unknown directive" },
	{ ".slot", 1, 6, "expected a number" },
	{ ".slot 5 6", 1, 9, "expected the end of the statement" },
	{ "add %r1", 1, 8, "expected ','" },
	{ "add", 1, 4, "expected operands" },
	{ "add 5, %r1", 1, 5, "expected a register" },
	{ "add %r16, 1", 1, 6, "no such register" },
	{ "add r11, 1", 1, 5, "no such register" },
	{ "add %w1, 1", 1, 6, "expected a register" },
	{ "add64 %r1, 1", 1, 1, "unknown instruction" },
	{ "add %r1, 2147483648", 1, 10, "immediate out of 32-bit range" },
	{ "add %r1, 0x100000000", 1, 10, "immediate out of 32-bit range" },
	{ "add %r1, 1 2", 1, 12, "expected the end of the statement" },
	{ "exit now", 1, 6, "expected the end of the statement" },
	{ "movsx864 %r1, 5", 1, 15, "expected a register" },
	{ "ldxw %r1, %r2", 1, 11, "expected '['" },
	{ "ldxw %r1, [%r2", 1, 15, "expected a number" },
	{ "ldxw %r1, [%r2+4", 1, 17, "expected ']'" },
	{ "ldxw %r1, [%r2 4]", 1, 16, "an offset needs a sign" },
	{ "ldxw %r1, [%r2+32768]", 1, 15, "offset out of 16-bit range" },
	{ "ldxw %r1, [%r2+0x10000]", 1, 15, "offset out of 16-bit range" },
	{ "ldxw %r1, [%r2-32769]", 1, 15, "offset out of 16-bit range" },
	{ "stw [%r1 8], 5", 1, 10, "an offset needs a sign" },
	{ "jeq %r1, 5", 1, 11, "expected ','" },
	{ "jeq %r1, 5, +32768", 1, 13, "offset out of 16-bit range" },
	{ "ja nowhere", 1, 4, "no such label" },
	{ "ja32 +2147483648", 1, 6, "offset out of 32-bit range" },
	{ "lock foo [%r1], %r2", 1, 6, "unknown atomic operation" },
	{ "lock fetch xchg [%r1], %r2", 1, 6, "this operation always fetches" },
	{ "lddw %r1, 0x10000000000000000", 1, 11, "number out of 64-bit range" },
	{ "r0 = 1\nr1 = 2\nr2 = 3\nr3 = 4\nr4 = 5 ll", 5, 1, "more than 5 slots" },
};

static void errors_have_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(errors); i++) {
		struct insn out[5];
		struct asm_err err = { .msg = "" };
		long n = assemble(errors[i].text, out, COUNT(out), &err);

		if (n != -1)
			fail_msg("%s: %ld slots", errors[i].text, n);
		if (err.line != errors[i].line || err.col != errors[i].col ||
		    strcmp(err.msg, errors[i].msg) != 0)
			fail_msg("%s: %u:%u: %s", errors[i].text, err.line, err.col, err.msg);
		assert_int_equal(assemble(errors[i].text, out, COUNT(out), NULL), -1);
	}
}

static void far_labels(void **state)
{
	enum { N = 40000 };
	char *text = malloc(N * 8 + 64);
	struct insn *out = calloc(N + 2, sizeof(*out));
	struct asm_err err;
	size_t len = 0;

	(void)state;
	assert_true(text && out);
	for (int far = 0; far < 2; far++) {
		len = (size_t)sprintf(text, far ? "goto L\n" : "gotol L\n");
		for (int i = 0; i < N; i++)
			len += (size_t)sprintf(text + len, "r0 = 1\n");
		len += (size_t)sprintf(text + len, "L: exit\n");
		if (far) {
			assert_int_equal(asm_text(text, len, out, N + 2, &err), -1);
			assert_string_equal(err.msg,
					    "this label is too far away for a 16-bit offset");
			assert_int_equal(err.line, 1);
			assert_int_equal(err.col, 6);
		} else {
			assert_int_equal(asm_text(text, len, out, N + 2, &err), N + 2);
			assert_int_equal(out[0].imm, N);
		}
	}
	free(text);
	free(out);
}

static void error_is_printed(void **state)
{
	struct insn out[4];
	struct asm_err err;
	char long_line[400];
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	(void)state;
	assert_non_null(f);
	assert_int_equal(assemble("r0 = 1\n\tr1 = r2\x01 r3", out, 4, &err), -1);
	asm_err_print(f, "a.s", &err);
	memset(long_line, ' ', sizeof(long_line));
	memcpy(long_line + 300, "foo", 4);
	assert_int_equal(assemble(long_line, out, 4, &err), -1);
	asm_err_print(f, "b.s", &err);
	fclose(f);
	assert_string_equal(strtok(text, "\n"),
			    "a.s:2:9: error: expected the end of the statement");
	assert_string_equal(strtok(NULL, "\n"), "  \tr1 = r2? r3");
	assert_string_equal(strtok(NULL, "\n"), "  \t       ^");
	assert_string_equal(strtok(NULL, "\n"), "b.s:1:301: error: unknown instruction");
	assert_int_equal(strlen(strtok(NULL, "\n")), 2 + 159);
	assert_null(strtok(NULL, "\n"));
	free(text);
}

/* ---- hostile texts ------------------------------------------------------- */

static void try_text(const char *text, size_t len)
{
	struct insn out[64];
	struct asm_err err = { .line = 0 };
	char *copy = malloc(len ? len : 1);
	long n;

	assert_non_null(copy);
	memcpy(copy, text, len);
	n = asm_text(copy, len, out, COUNT(out), &err);
	free(copy);
	assert_true(n >= -1 && n <= (long)COUNT(out));
	if (n < 0) {
		assert_true(err.line >= 1 && err.col >= 1);
		assert_int_not_equal(err.msg[0], 0);
	}
	for (long i = 0; i < n; ) {
		char line[96];

		i += insn_print(line, sizeof(line), &out[i], (uint32_t)(n - i));
	}
}

static size_t mutate(char *text, size_t len, size_t cap, uint64_t *seed)
{
	static const char alphabet[] =
		"rw0123456789%[]()+-*=<>&|^s/:;#,. \n\txabcdefgotlllockif$\0\xff";
	int edits = 1 + (int)(next(seed) % 6);

	for (int i = 0; i < edits; i++) {
		uint64_t r = next(seed);
		size_t at = len ? (r >> 8) % len : 0;
		char ch = alphabet[(r >> 40) % sizeof(alphabet)];

		if (r % 3 == 0 && len) {
			memmove(text + at, text + at + 1, len - at - 1);
			len--;
		} else if (r % 3 == 1 && len < cap) {
			memmove(text + at + 1, text + at, len - at);
			text[at] = ch;
			len++;
		} else if (len) {
			text[at] = ch;
		}
	}
	return len;
}

/* PARALLAX_LONG=1 makes this a minute of fuzzing under a sanitizer. */
static void hostile_texts(void **state)
{
	const struct {
		const struct spelling *s;
		size_t n;
	} sets[] = {
		{ llvm_spellings, COUNT(llvm_spellings) }, { mnemonics, COUNT(mnemonics) },
		{ kernel_spellings, COUNT(kernel_spellings) },
		{ other_spellings, COUNT(other_spellings) },
	};
	uint64_t seed = 3;
	int rounds = getenv("PARALLAX_LONG") ? 4000000 : 40000;

	(void)state;
	for (int i = 0; i < rounds; i++) {
		char text[1024];
		size_t len = 0, lines = 1 + next(&seed) % 5;

		while (lines--) {
			uint64_t r = next(&seed), set = r % COUNT(sets);
			const char *line = sets[set].s[(r >> 8) % sets[set].n].text;

			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n", line);
		}
		if (i % 8 == 0) {
			for (len = next(&seed) % sizeof(text); lines++ < len; )
				text[lines % sizeof(text)] = (char)next(&seed);
		}
		try_text(text, mutate(text, len, sizeof(text), &seed));
	}
	try_text(compiled, sizeof(compiled) - 1);
	for (size_t len = 0; len < sizeof(compiled); len++)
		try_text(compiled, len);
}

/* Many labels and many jumps must not take quadratic time. */
static void many_labels(void **state)
{
	enum { N = 100000 };
	char *text = malloc(N * 32);
	struct insn *out = calloc(N, sizeof(*out));
	struct asm_err err;
	size_t len = 0;

	(void)state;
	assert_true(text && out);
	for (int i = 0; i < N; i++)
		len += (size_t)sprintf(text + len, "L%d: gotol L%d\n", i, N - 1 - i);
	assert_int_equal(asm_text(text, len, out, N, &err), N);
	assert_int_equal(out[0].imm, N - 2);
	assert_int_equal(out[N - 1].imm, -N);
	free(text);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_round_trips),
		cmocka_unit_test(any_bytes_round_trip),
		cmocka_unit_test(print_respects_the_buffer),
		cmocka_unit_test(llvm_text),
		cmocka_unit_test(kernel_text),
		cmocka_unit_test(other_text),
		cmocka_unit_test(mnemonic_text),
		cmocka_unit_test(labels),
		cmocka_unit_test(exit_label),
		cmocka_unit_test(compiled_text),
		cmocka_unit_test(empty_texts),
		cmocka_unit_test(ends_of_text),
		cmocka_unit_test(errors_have_places),
		cmocka_unit_test(far_labels),
		cmocka_unit_test(error_is_printed),
		cmocka_unit_test(hostile_texts),
		cmocka_unit_test(many_labels),
	};

	return cmocka_run_group_tests_name("asm", tests, NULL, NULL);
}
