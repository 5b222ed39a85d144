/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/bench.h"

#include <string.h>

/* 20,000 rounds each, so that the kernel's verifier lets them pass. */
const struct bench_prog bench_progs[] = {
	{ "alu_loop", "r0 = 1\n r3 = 0x9e3779b97f4a7c15 ll\n r4 = 20000\n r5 = 7\n"
	  "loop: r0 += r3\n r5 ^= r0\n r5 <<= 3\n r0 *= 33\n r5 >>= 1\n r5 |= r0\n r0 -= 17\n"
	  "w5 += 0x1234\n r4 -= 1\n if r4 != 0 goto loop\n r0 ^= r5\n exit\n", 0, 200006 },
	{ "mem_loop", "r0 = 1\n r4 = 20000\n r5 = 0\n"
	  "loop: r6 = r1\n r6 += r5\n r7 = *(u64 *)(r6 + 0)\n r0 += r7\n *(u64 *)(r6 + 0) = r0\n"
	  "*(u64 *)(r10 - 8) = r0\n r5 += 8\n r5 &= 0xff8\n r4 -= 1\n if r4 != 0 goto loop\n"
	  "r3 = *(u64 *)(r10 - 8)\n r3 *= r3\n r0 += r3\n exit\n", 4096, 200007 },
	{ "branchy", "r0 = 0\n r9 = 20000\n r6 = 0xdeadbeefcafef00d ll\n"
	  "loop: r7 = r6\n r7 <<= 13\n r6 ^= r7\n r7 = r6\n r7 >>= 7\n r6 ^= r7\n r7 = r6\n r7 <<= 17\n"
	  "r6 ^= r7\n"
	  "if r6 & 0x2 goto b0\n r0 += 1\nb0: if r6 & 0x20 goto b1\n r0 += 2\n"
	  "b1: if r6 & 0x200 goto b2\n r0 += 3\nb2: if r6 & 0x2000 goto b3\n r0 += 4\n"
	  "b3: if r6 & 0x20000 goto b4\n r0 += 5\nb4: if r6 & 0x200000 goto b5\n r0 += 6\n"
	  "b5: r9 -= 1\n if r9 != 0 goto loop\n exit\n", 0, 400004 },
	{ "gcd_div", "r0 = 0\n r9 = 2000\n r6 = 0x123456789abcdef ll\n"
	  "round: r8 = 0x5851f42d4c957f2d ll\n r6 *= r8\n r6 += 1442695040\n r3 = r6\n r3 >>= 33\n"
	  "r4 = r6\n r4 &= 0xffff\n r4 |= 1\n"
	  "gcd: if r4 == 0 goto done\n r5 = r3\n r5 %= r4\n r3 = r4\n r4 = r5\n goto gcd\n"
	  "done: r0 += r3\n r9 -= 1\n if r9 != 0 goto round\n exit\n", 0, 0 },
	{ NULL, NULL, 0, 0 },
};

void bench_unit(struct unit *u, const struct insn *in, uint32_t len, uint32_t type, struct arena *a)
{
	struct program *p = arena_alloc(a, sizeof(*p));

	memset(u, 0, sizeof(*u));
	p->insn = in;
	p->len = len;
	p->type = (uint16_t)type;
	program_seal(p, a);
	if (!p->id)
		die("bench: %s", p->check.msg);
	u->prog = p;
	u->nprog = 1;
}

/* One insn of the mix: ALU of both widths, shifts, stack accesses, short branches. */
static struct insn mixed_insn(struct rng *r, uint32_t room)
{
	static const uint8_t ops[] = { ALU_ADD, ALU_SUB, ALU_MUL, ALU_OR, ALU_AND, ALU_XOR, ALU_MOV };
	static const uint8_t jumps[] = { JMP_JEQ, JMP_JGT, JMP_JSLT, JMP_JNE };
	static const uint8_t regs[] = { 0, 3, 4, 5, 6, 7, 8, 9 };
	uint8_t d = regs[rng_below(r, 8)], s = regs[rng_below(r, 8)], op = ops[rng_below(r, 7)];
	uint64_t c = rng_below(r, 100);
	bool wide = rng_below(r, 3) != 0;

	if (c < 35)
		return wide ? insn_alu64_reg(op, d, s) : insn_alu32_reg(op, d, s);
	if (c < 65)
		return wide ? insn_alu64_imm(op, d, (int32_t)rng_next(r)) :
			      insn_alu32_imm(op, d, (int32_t)rng_next(r));
	if (c < 75)
		return insn_alu64_imm(c & 1 ? ALU_LSH : ALU_ARSH, d, 1 + (int32_t)rng_below(r, 30));
	if (c < 83)
		return insn_stx(SZ_DW, REG_FP, -8, s);
	if (c < 91)
		return insn_ldx(SZ_DW, d, REG_FP, -8);
	if (c < 93)
		return insn_alu64_imm(ALU_DIV, d, (int32_t)(rng_next(r) & 0xffff) | 1);
	if (c < 94 || room < 4)
		return insn_alu64_reg(ALU_LSH, d, s);
	return insn_jmp_imm(jumps[rng_below(r, 4)], d, (int32_t)rng_next(r), (int16_t)rng_below(r, 3));
}

struct insn *bench_mixed(uint32_t n, struct arena *a)
{
	struct insn *in = arena_alloc(a, n * sizeof(*in));
	struct rng r;
	uint32_t k = 0;

	rng_seed(&r, n);
	for (uint8_t d = 0; d < 10 && k + 2 < n; d++)
		if (d != 1 && d != 2)
			in[k++] = insn_mov64_imm(d, (int32_t)rng_next(&r));
	if (n > 20)
		in[k++] = insn_stx(SZ_DW, REG_FP, -8, 0);
	while (k + 1 < n) {
		struct insn i = mixed_insn(&r, n - k);

		if (n <= 20 && (i.code & 7) != CLS_ALU && (i.code & 7) != CLS_ALU64)
			continue;
		in[k++] = i;
	}
	in[k] = insn_exit();
	return in;
}
