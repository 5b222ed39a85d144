/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jit: every operation with every pair of registers, against what RFC 9669
 * says, written down once more here: neither isa.def nor the interpreter
 * decides what is right.
 */
#include "tests/unit/jit_rig.h"

static const uint64_t edges[] = {
	0, 1, 2, 3, 7, 31, 32, 33, 63, 64, 65, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
	0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x180000000, 0xffffffff00000000,
	INT64_MAX, 0x8000000000000000, 0x8000000000000001, (uint64_t)-1, (uint64_t)-2,
	0x123456789abcdef0, 0xfedcba9876543210,
};
static const int32_t imms[] = {
	0, 1, 2, 3, 7, 8, 16, 31, 32, 33, 63, 64, 100, 127, 128, 129, 255, 256, 0x7fff, 0xffff,
	0x10000, 0x40000000, INT32_MAX, INT32_MIN, INT32_MIN + 1, -1, -2, -127, -128, -129, -256,
};

enum { SIGNED = 1 };
static const struct {
	uint8_t code, flags;
	const char *name;
} ops[] = {
	{ ALU_ADD, 0, "add" }, { ALU_SUB, 0, "sub" }, { ALU_MUL, 0, "mul" }, { ALU_DIV, 0, "div" },
	{ ALU_DIV, SIGNED, "sdiv" }, { ALU_OR, 0, "or" }, { ALU_AND, 0, "and" },
	{ ALU_LSH, 0, "lsh" }, { ALU_RSH, 0, "rsh" }, { ALU_MOD, 0, "mod" },
	{ ALU_MOD, SIGNED, "smod" }, { ALU_XOR, 0, "xor" }, { ALU_MOV, 0, "mov" },
	{ ALU_ARSH, 0, "arsh" },
};

static uint64_t want_signed(bool mod, bool wide, uint64_t d, uint64_t s)
{
	int64_t a = wide ? (int64_t)d : (int32_t)d, b = wide ? (int64_t)s : (int32_t)s;

	if (b == 0)
		return mod ? d : 0;
	if (b == -1)
		return mod ? 0 : 0 - d;
	return (uint64_t)(mod ? a % b : a / b);
}

static uint64_t want_alu(uint32_t op, bool wide, uint64_t d, uint64_t s)
{
	uint64_t v = 0;

	if (!wide) {
		d = (uint32_t)d;
		s = (uint32_t)s;
	}
	switch (ops[op].code) {
	case ALU_ADD: v = d + s; break;
	case ALU_SUB: v = d - s; break;
	case ALU_MUL: v = d * s; break;
	case ALU_OR: v = d | s; break;
	case ALU_AND: v = d & s; break;
	case ALU_XOR: v = d ^ s; break;
	case ALU_MOV: v = s; break;
	case ALU_LSH: v = d << (s & (wide ? 63 : 31)); break;
	case ALU_RSH: v = d >> (s & (wide ? 63 : 31)); break;
	case ALU_ARSH:
		v = wide ? (uint64_t)((int64_t)d >> (s & 63)) : (uint64_t)((int32_t)d >> (s & 31));
		break;
	case ALU_DIV:
		if (ops[op].flags & SIGNED)
			v = want_signed(false, wide, d, s);
		else
			v = s ? d / s : 0;
		break;
	case ALU_MOD:
		if (ops[op].flags & SIGNED)
			v = want_signed(true, wide, d, s);
		else
			v = s ? d % s : d;
		break;
	}
	return wide ? v : (uint32_t)v;
}

/* ---- arithmetic -------------------------------------------------------------------- */

static void alu_reg_once(struct rig *r, uint32_t op, bool wide, uint32_t dst, uint32_t src)
{
	for (uint32_t i = 0; i < COUNT(edges); i++) {
		for (uint32_t k = 0; k < COUNT(edges); k++) {
			uint64_t got[REGS], want[REGS];

			rig_fill(got);
			got[src] = edges[k];
			got[dst] = edges[i];
			memcpy(want, got, sizeof(want));
			want[dst] = want_alu(op, wide, got[dst], got[src]);
			rig_call(r, got);
			rig_same(got, want, "%s%d r%u, r%u of %#llx, %#llx", ops[op].name,
				 wide ? 64 : 32, dst, src, (unsigned long long)edges[i],
				 (unsigned long long)edges[k]);
			if (dst == src)
				break;
		}
	}
}

static void alu_reg(struct rig *r, bool baseline)
{
	struct jit_opts o = { .mode = JIT_FUZZ, .baseline = baseline };

	for (uint32_t op = 0; op < COUNT(ops); op++) {
		for (uint32_t i = 0; i < 2 * REG_FP * REGS; i++) {
			uint8_t dst = (uint8_t)(i / 2 % REG_FP), src = (uint8_t)(i / 2 / REG_FP);
			bool wide = i & 1;
			struct insn in[] = {
				wide ? insn_alu64_reg(ops[op].code, dst, src) :
				       insn_alu32_reg(ops[op].code, dst, src),
				insn_exit(),
			};

			in[0].off = ops[op].flags & SIGNED;
			rig_load_opts(r, in, 2, &o);
			alu_reg_once(r, op, wide, dst, src);
		}
	}
}

static void alu_with_all_register_pairs(void **state)
{
	alu_reg(*state, false);
}

/* Shifts by a register go through rcx where the processor has no BMI2. */
static void alu_with_all_register_pairs_on_old_processors(void **state)
{
	alu_reg(*state, true);
}

static void alu_imm_once(struct rig *r, uint32_t op, bool wide, uint8_t dst, int32_t imm)
{
	struct insn in[] = {
		wide ? insn_alu64_imm(ops[op].code, dst, imm) : insn_alu32_imm(ops[op].code, dst, imm),
		insn_exit(),
	};

	in[0].off = ops[op].flags & SIGNED;
	rig_load(r, in, 2, JIT_FUZZ);
	for (uint32_t i = 0; i < COUNT(edges); i++) {
		uint64_t got[REGS], want[REGS];

		rig_fill(got);
		got[dst] = edges[i];
		memcpy(want, got, sizeof(want));
		want[dst] = want_alu(op, wide, got[dst], (uint64_t)(int64_t)imm);
		rig_call(r, got);
		rig_same(got, want, "%s%d r%u, %d of %#llx", ops[op].name, wide ? 64 : 32, dst, imm,
			 (unsigned long long)edges[i]);
	}
}

static void alu_with_immediates(void **state)
{
	struct rig *r = *state;

	for (uint32_t op = 0; op < COUNT(ops); op++)
		for (uint32_t i = 0; i < COUNT(imms); i++)
			for (uint8_t dst = 0; dst < REG_FP; dst++) {
				alu_imm_once(r, op, true, dst, imms[i]);
				alu_imm_once(r, op, false, dst, imms[i]);
			}
	/* every power of two, its neighbours and its negative */
	for (uint32_t op = 0; op < COUNT(ops); op++)
		for (uint32_t bit = 0; bit < 32; bit++)
			for (int32_t d = -1; d <= 1; d++) {
				alu_imm_once(r, op, true, 3, (int32_t)((1u << bit) + (uint32_t)d));
				alu_imm_once(r, op, false, 0, (int32_t)((1u << bit) + (uint32_t)d));
				alu_imm_once(r, op, true, 7, (int32_t)(0 - (1u << bit) + (uint32_t)d));
			}
}

static uint64_t swapped(uint64_t v, uint32_t bits)
{
	uint64_t s = 0;

	for (uint32_t i = 0; i < bits; i += 8)
		s |= (v >> i & 0xff) << (bits - 8 - i);
	return s;
}

static uint64_t low(uint64_t v, uint32_t bits)
{
	return bits == 64 ? v : v & ((1ULL << bits) - 1);
}

static void unary_once(struct rig *r, struct insn insn, const char *name,
		       uint64_t (*want_of)(uint64_t v, uint32_t bits), uint32_t bits)
{
	struct insn in[] = { insn, insn_exit() };

	rig_load(r, in, 2, JIT_FUZZ);
	for (uint32_t i = 0; i < COUNT(edges); i++) {
		uint64_t got[REGS], want[REGS];

		rig_fill(got);
		got[insn.dst] = edges[i];
		memcpy(want, got, sizeof(want));
		want[insn.dst] = want_of(edges[i], bits);
		rig_call(r, got);
		rig_same(got, want, "%s%u r%u of %#llx", name, bits, insn.dst,
			 (unsigned long long)edges[i]);
	}
}

static uint64_t negated(uint64_t v, uint32_t bits)
{
	return low(~v + 1, bits);
}

static void negation_and_byte_order(void **state)
{
	struct rig *r = *state;

	for (uint8_t dst = 0; dst < REG_FP; dst++) {
		unary_once(r, insn_neg(64, dst), "neg", negated, 64);
		unary_once(r, insn_neg(32, dst), "neg", negated, 32);
		for (uint8_t bits = 16; bits && bits <= 64; bits *= 2) {
			unary_once(r, insn_le(bits, dst), "le", low, bits);
			unary_once(r, insn_be(bits, dst), "be", swapped, bits);
			unary_once(r, insn_bswap(bits, dst), "bswap", swapped, bits);
		}
	}
}

static void sign_extending_moves(void **state)
{
	static const uint8_t from[] = { 8, 16, 32, 8, 16 }, to[] = { 64, 64, 64, 32, 32 };
	struct rig *r = *state;

	for (uint32_t i = 0; i < COUNT(from) * REG_FP * REGS; i++) {
		uint32_t k = i % COUNT(from);
		uint8_t dst = (uint8_t)(i / COUNT(from) % REG_FP);
		uint8_t src = (uint8_t)(i / COUNT(from) / REG_FP);
		struct insn in[] = { insn_movsx(to[k], from[k], dst, src), insn_exit() };

		rig_load(r, in, 2, JIT_FUZZ);
		for (uint32_t e = 0; e < COUNT(edges); e++) {
			uint64_t got[REGS], want[REGS], v;

			rig_fill(got);
			got[src] = edges[e];
			memcpy(want, got, sizeof(want));
			v = low(edges[e], from[k]);
			if (v >> (from[k] - 1))
				v |= ~0ULL << from[k];
			want[dst] = low(v, to[k]);
			rig_call(r, got);
			rig_same(got, want, "movsx%u r%u, r%u to %u", from[k], dst, src, to[k]);
		}
	}
}

static void wide_immediates(void **state)
{
	static const uint64_t more[] = { 0x80000000, 0xffffffff80000000, 0xffffffff7fffffff };
	struct rig *r = *state;

	for (uint8_t dst = 0; dst < REG_FP; dst++) {
		for (uint32_t i = 0; i < COUNT(edges) + COUNT(more); i++) {
			uint64_t got[REGS], want[REGS];
			uint64_t v = i < COUNT(edges) ? edges[i] : more[i - COUNT(edges)];
			struct insn in[3];

			insn_lddw(in, dst, 0, v);
			in[2] = insn_exit();
			rig_load(r, in, 3, JIT_FUZZ);
			rig_fill(got);
			memcpy(want, got, sizeof(want));
			want[dst] = v;
			rig_call(r, got);
			rig_same(got, want, "lddw r%u, %#llx", dst, (unsigned long long)v);
		}
	}
}

/* ---- jumps ---------------------------------------------------------------------------- */

static const uint8_t jumps[] = {
	JMP_JEQ, JMP_JGT, JMP_JGE, JMP_JSET, JMP_JNE, JMP_JSGT, JMP_JSGE, JMP_JLT, JMP_JLE,
	JMP_JSLT, JMP_JSLE,
};

static bool want_taken(uint8_t jmp, bool wide, uint64_t d, uint64_t s)
{
	int64_t sd, ss;

	if (!wide) {
		d = (uint32_t)d;
		s = (uint32_t)s;
	}
	sd = wide ? (int64_t)d : (int32_t)d;
	ss = wide ? (int64_t)s : (int32_t)s;
	switch (jmp) {
	case JMP_JEQ: return d == s;
	case JMP_JNE: return d != s;
	case JMP_JGT: return d > s;
	case JMP_JGE: return d >= s;
	case JMP_JLT: return d < s;
	case JMP_JLE: return d <= s;
	case JMP_JSET: return (d & s) != 0;
	case JMP_JSGT: return sd > ss;
	case JMP_JSGE: return sd >= ss;
	case JMP_JSLT: return sd < ss;
	default: return sd <= ss;
	}
}

/* The way is told by the fuel that it takes: 2 more insns, or 1. */
static void jump_once(struct rig *r, bool wide, const uint64_t in[REGS], bool taken, uint8_t jmp,
		      uint32_t dst, uint64_t operand)
{
	uint64_t got[REGS];

	memcpy(got, in, sizeof(got));
	rig_call(r, got);
	rig_same(got, in, "jump %#x", jmp);
	if ((uint64_t)r->run.fuel != r->in.fuel - (taken ? 2 : 3))
		fail_msg("jump %#x%s of r%u = %#llx, %#llx goes wrong", jmp, wide ? "" : " (32)", dst,
			 (unsigned long long)in[dst], (unsigned long long)operand);
}

static void jumps_by_register(void **state)
{
	struct rig *r = *state;

	for (uint32_t i = 0; i < COUNT(jumps) * 2 * REGS * REGS; i++) {
		uint8_t jmp = jumps[i % COUNT(jumps)], dst = (uint8_t)(i / COUNT(jumps) / 2 % REGS);
		uint8_t src = (uint8_t)(i / COUNT(jumps) / 2 / REGS);
		bool wide = i / COUNT(jumps) & 1;
		struct insn in[] = {
			wide ? insn_jmp_reg(jmp, dst, src, 1) : insn_jmp32_reg(jmp, dst, src, 1),
			insn_mov64_reg(0, 0), insn_exit(),
		};

		rig_load(r, in, COUNT(in), JIT_FUZZ);
		for (uint32_t k = 0; k < COUNT(edges) * COUNT(edges); k++) {
			uint64_t reg[REGS];

			rig_fill(reg);
			reg[src] = edges[k % COUNT(edges)];
			reg[dst] = edges[k / COUNT(edges)];
			jump_once(r, wide, reg, want_taken(jmp, wide, reg[dst], reg[src]), jmp, dst,
				  reg[src]);
		}
	}
}

static void jumps_by_immediate(void **state)
{
	struct rig *r = *state;

	for (uint32_t i = 0; i < COUNT(jumps) * 2 * REGS * COUNT(imms); i++) {
		uint8_t jmp = jumps[i % COUNT(jumps)], dst = (uint8_t)(i / COUNT(jumps) / 2 % REGS);
		int32_t imm = imms[i / COUNT(jumps) / 2 / REGS];
		bool wide = i / COUNT(jumps) & 1;
		uint64_t operand = (uint64_t)(int64_t)imm;
		struct insn in[] = {
			wide ? insn_jmp_imm(jmp, dst, imm, 1) : insn_jmp32_imm(jmp, dst, imm, 1),
			insn_mov64_reg(0, 0), insn_exit(),
		};

		rig_load(r, in, COUNT(in), JIT_FUZZ);
		for (uint32_t k = 0; k < COUNT(edges) + 3; k++) {
			uint64_t reg[REGS];

			rig_fill(reg);
			reg[dst] = k < COUNT(edges) ? edges[k] : operand + k - COUNT(edges) - 1;
			jump_once(r, wide, reg, want_taken(jmp, wide, reg[dst], operand), jmp, dst,
				  operand);
		}
	}
}

/* ---- loads and stores -------------------------------------------------------------------- */

static const uint8_t sizes[] = { SZ_B, SZ_H, SZ_W, SZ_DW };
static const int16_t offs[] = { 0, 1, -1, 8, 127, 128, -128, -129, 255, 1000, 32767, -32768 };

static uint32_t bytes_of(uint8_t size)
{
	return size == SZ_B ? 1 : size == SZ_H ? 2 : size == SZ_W ? 4 : 8;
}

static const uint8_t some_bytes[8] = { 0x80, 0x7f, 0xff, 0x81, 0x01, 0xfe, 0x00, 0x9c };

static uint64_t want_load(uint32_t n, bool sign)
{
	uint64_t v = 0;

	for (uint32_t i = n; i--;)
		v = v << 8 | some_bytes[i];
	if (sign && n < 8 && v >> (8 * n - 1))
		v |= ~0ULL << 8 * n;
	return v;
}

static void load_once(struct rig *r, struct insn insn, uint32_t n, bool sign)
{
	struct insn in[] = { insn, insn_exit() };
	uint64_t got[REGS], want[REGS], addr;

	rig_load(r, in, 2, JIT_FUZZ);
	addr = rig_mem(r, RIG_CTX / 2 + 3);
	memcpy(rig_host(addr), some_bytes, 8);
	rig_fill(got);
	got[insn.src] = addr - (uint64_t)(int64_t)insn.off;
	memcpy(want, got, sizeof(want));
	want[insn.dst] = want_load(n, sign);
	rig_call(r, got);
	rig_same(got, want, "load %u r%u, [r%u%+d]", n, insn.dst, insn.src, insn.off);
}

static void loads(void **state)
{
	struct rig *r = *state;

	for (uint32_t i = 0; i < REG_FP * REGS * COUNT(offs); i++) {
		uint8_t dst = (uint8_t)(i % REG_FP), src = (uint8_t)(i / REG_FP % REGS);
		int16_t off = offs[i / REG_FP / REGS];

		for (uint32_t k = 0; k < COUNT(sizes); k++) {
			uint32_t n = bytes_of(sizes[k]);

			load_once(r, insn_ldx(sizes[k], dst, src, off), n, false);
			load_once(r, insn_load_acq(sizes[k], dst, src, off), n, false);
			if (n < 8)
				load_once(r, insn_ldsx(sizes[k], dst, src, off), n, true);
		}
	}
}

/* Stores the low n bytes of value where canaries stand on both sides. */
static void store_once(struct rig *r, struct insn insn, uint32_t n, bool imm)
{
	struct insn in[] = { insn, insn_exit() };
	uint64_t got[REGS], want[REGS], addr, value;
	uint8_t bytes[24];

	rig_load(r, in, 2, JIT_FUZZ);
	addr = rig_mem(r, RIG_CTX / 2 + 3);
	memset(rig_host(addr - 8), 0xa5, 24);
	rig_fill(got);
	got[insn.src] = 0xf1e2d3c4b5a69788;
	got[insn.dst] = addr - (uint64_t)(int64_t)insn.off;
	value = imm ? (uint64_t)(int64_t)insn.imm : got[insn.src];
	memcpy(want, got, sizeof(want));
	rig_call(r, got);
	rig_same(got, want, "store %u [r%u%+d], r%u", n, insn.dst, insn.off, insn.src);
	memset(bytes, 0xa5, sizeof(bytes));
	memcpy(bytes + 8, &value, n);
	if (memcmp(bytes, rig_host(addr - 8), sizeof(bytes)) != 0)
		fail_msg("store of %u bytes to [r%u%+d] from r%u (or %d)", n, insn.dst, insn.off,
			 insn.src, insn.imm);
}

static void stores(void **state)
{
	static const int32_t values[] = { 0, 1, -1, 0x12345678, INT32_MIN, 0x8080, 0x80 };
	struct rig *r = *state;

	for (uint32_t i = 0; i < REGS * REGS * COUNT(offs); i++) {
		uint8_t dst = (uint8_t)(i % REGS), src = (uint8_t)(i / REGS % REGS);
		int16_t off = offs[i / REGS / REGS];

		for (uint32_t k = 0; k < COUNT(sizes); k++) {
			uint32_t n = bytes_of(sizes[k]);

			store_once(r, insn_stx(sizes[k], dst, off, src), n, false);
			store_once(r, insn_store_rel(sizes[k], dst, off, src), n, false);
			if (src < COUNT(values))
				store_once(r, insn_st(sizes[k], dst, off, values[src]), n, true);
		}
	}
}

/* ---- atomics --------------------------------------------------------------------------------- */

static const int32_t atomics[] = {
	0, 0x40, 0x50, 0xa0, 1, 0x41, 0x51, 0xa1, ATOM_XCHG, ATOM_CMPXCHG,
};

static uint64_t want_atomic(int32_t op, uint64_t old, uint64_t src)
{
	switch (op & ~ATOM_FETCH) {
	case 0: return old + src;
	case 0x40: return old | src;
	case 0x50: return old & src;
	case 0xa0: return old ^ src;
	default: return src;	/* xchg, cmpxchg that succeeds */
	}
}

static void atomic_once(struct rig *r, struct insn insn, bool wide, uint64_t old, uint64_t value,
			bool equal)
{
	uint64_t addr = rig_mem(r, 512), got[REGS], want[REGS], now[3], mask = wide ? ~0ULL : UINT32_MAX;
	uint64_t expect, src;
	bool cmp = insn.imm == ATOM_CMPXCHG;

	now[0] = now[2] = 0xa5a5a5a5a5a5a5a5;
	now[1] = old;
	memcpy(rig_host(addr - 8), now, sizeof(now));
	rig_fill(got);
	if (cmp)
		got[0] = equal ? old ^ (~mask & 0x1234567800000000) : old + 1;
	got[insn.src] = value;
	got[insn.dst] = addr - (uint64_t)(int64_t)insn.off;
	memcpy(want, got, sizeof(want));
	src = got[insn.src];
	expect = (old & ~mask) | (want_atomic(insn.imm, old, src) & mask);
	if (cmp) {
		if ((got[0] & mask) != (old & mask))
			expect = old;
		want[0] = old & mask;
	} else if (insn.imm & ATOM_FETCH) {
		want[insn.src] = old & mask;
	}
	rig_call(r, got);
	rig_same(got, want, "atomic %#x r%u, r%u wide %d old %#llx", insn.imm, insn.dst, insn.src,
		 wide, (unsigned long long)old);
	now[1] = expect;
	if (memcmp(now, rig_host(addr - 8), sizeof(now)) != 0)
		fail_msg("atomic %#x%s of [r%u], r%u leaves other memory", insn.imm, wide ? "" : " (32)",
			 insn.dst, insn.src);
}

static void atomics_with_all_register_pairs(void **state)
{
	static const uint64_t vals[] = {
		0, 1, 0x80000000, 0xffffffff, 0x100000000, 0x7fffffffffffffff, 0xfedcba9876543210, ~0ULL,
	};
	static const int16_t at[] = { 0, 8, -200 };
	struct rig *r = *state;

	for (uint32_t i = 0; i < COUNT(atomics) * 2 * REG_FP * REGS; i++) {
		int32_t op = atomics[i % COUNT(atomics)];
		bool wide = i / COUNT(atomics) & 1;
		uint8_t src = (uint8_t)(i / COUNT(atomics) / 2 % REG_FP);
		uint8_t dst = (uint8_t)(i / COUNT(atomics) / 2 / REG_FP);
		struct insn in[] = {
			insn_atomic(wide ? SZ_DW : SZ_W, op, dst, at[i % 3], src), insn_exit(),
		};

		rig_load(r, in, 2, JIT_FUZZ);
		for (uint32_t k = 0; k < COUNT(vals) * COUNT(vals); k++) {
			uint64_t old = vals[k % COUNT(vals)], v = vals[k / COUNT(vals)];

			atomic_once(r, in[0], wide, old, v, true);
			if (op == ATOM_CMPXCHG)
				atomic_once(r, in[0], wide, old, v, false);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(alu_with_all_register_pairs),
		RIG_TEST(alu_with_all_register_pairs_on_old_processors),
		RIG_TEST(alu_with_immediates),
		RIG_TEST(negation_and_byte_order),
		RIG_TEST(sign_extending_moves),
		RIG_TEST(wide_immediates),
		RIG_TEST(jumps_by_register),
		RIG_TEST(jumps_by_immediate),
		RIG_TEST(loads),
		RIG_TEST(stores),
		RIG_TEST(atomics_with_all_register_pairs),
	};

	return cmocka_run_group_tests_name("jit: operations", tests, NULL, NULL);
}
