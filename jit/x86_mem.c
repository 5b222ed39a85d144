/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads, stores and atomics on x86-64.
 *
 * Guest addresses are host addresses.  Trusting code accesses [register + off];
 * checked code forms the address in r11 and calls a stub that comes back only
 * if the bytes lie in one region with the rights needed.
 */
#include "jit/x86.h"

struct mem {
	uint32_t base;
	int32_t disp;
};

enum access { READ = RGN_READ, WRITE = RGN_WRITE, ALIGNED = 4 };

/* r10 never changes within a frame: below it are STACK_SIZE bytes of any frame's own. */
static bool in_frame(uint32_t base, int32_t off, uint32_t size)
{
	return base == REG_FP && off >= -STACK_SIZE && off + (int32_t)size <= 0;
}

static void check_align(struct jit_build *b, uint32_t size)
{
	uint8_t *ok;

	if (size == 1)
		return;
	x86_rr_byte(b, false, 0xf6, X_TEST, R11);
	put(b, size - 1, 1);
	ok = x86_skip(b, CC_E);
	x86_call_stub(b, STUB_ALIGN);
	x86_land(b, ok);
}

static struct mem mem_at(struct jit_build *b, uint32_t base, int32_t off, uint32_t size,
			 uint32_t access)
{
	uint32_t reg = x86_reg[base];
	uint32_t log = (uint32_t)__builtin_ctz(size);
	uint32_t stub;

	if (!(b->mode & JIT_CHECKED))
		return (struct mem){ reg, off };
	if (in_frame(base, off, size) && (!(access & ALIGNED) || off % (int32_t)size == 0))
		return (struct mem){ reg, off };
	if (off)
		x86_lea(b, true, R11, reg, off);
	else
		x86_mov(b, true, R11, reg);
	if ((access & WRITE) && (access & READ))
		stub = STUB_BOTH4 + log - 2;
	else
		stub = (access & WRITE ? STUB_WRITE1 : STUB_READ1) + log;
	x86_call_stub(b, stub);
	if (access & ALIGNED)
		check_align(b, size);
	return (struct mem){ R11, 0 };
}

/* ---- loads and stores ------------------------------------------------------------ */

static void load(struct jit_build *b, uint32_t size, uint32_t dst, struct mem m)
{
	switch (size) {
	case 1:
		x86_rm(b, false, OP2(0xb6), dst, m.base, m.disp);
		break;
	case 2:
		x86_rm(b, false, OP2(0xb7), dst, m.base, m.disp);
		break;
	default:
		x86_rm(b, size == 8, 0x8b, dst, m.base, m.disp);
		break;
	}
}

static void load_signed(struct jit_build *b, uint32_t size, uint32_t dst, struct mem m)
{
	x86_rm(b, true, size == 1 ? OP2(0xbe) : size == 2 ? OP2(0xbf) : 0x63, dst, m.base, m.disp);
}

static void store(struct jit_build *b, uint32_t size, struct mem m, uint32_t src)
{
	if (size == 1) {
		x86_rm_byte(b, 0x88, src, m.base, m.disp);
		return;
	}
	if (size == 2)
		put(b, 0x66, 1);
	x86_rm(b, size == 8, 0x89, src, m.base, m.disp);
}

static void store_imm(struct jit_build *b, uint32_t size, struct mem m, int32_t imm)
{
	if (size == 2)
		put(b, 0x66, 1);
	x86_rm(b, size == 8, size == 1 ? 0xc6 : 0xc7, 0, m.base, m.disp);
	switch (size) {
	case 1:
		put(b, (uint8_t)imm, 1);
		break;
	case 2:
		put(b, (uint16_t)imm, 2);
		break;
	default:
		put_imm32(b, imm);
		break;
	}
}

/*
 * A 4-byte field of the context that holds a pointer: the load takes the 64-bit
 * shadow at base + CTX_SHADOW + 2 * field.  With a = base + field that is
 * 2 * a + ctx_shadow.
 */
static void load_shadow(struct jit_build *b, uint32_t dst, uint32_t src, int32_t off)
{
	x86_lea(b, true, R10, src, off);
	x86_load64(b, R11, RCTX, CTX(ctx_shadow));
	/* mov dst, [r11 + 2 * r10] */
	put(b, 0x4b | (dst >> 3) << 2 | 0x8b << 8 | (0x04 | (dst & 7) << 3) << 16 | 0x53u << 24, 4);
}

static void load_word(struct jit_build *b, const struct insn *in)
{
	uint32_t dst = x86_reg[in->dst], src = x86_reg[in->src];

	if (in_frame(in->src, in->off, 4)) {
		load(b, 4, dst, (struct mem){ src, in->off });
	} else if (b->ctx_loads) {
		if (in->off)
			x86_lea(b, true, R11, src, in->off);
		else
			x86_mov(b, true, R11, src);
		x86_call_stub(b, STUB_CTX_LOAD);
		x86_mov(b, true, dst, R11);
	} else if (b->ctx_ptr && b->ctx_ptr[b->pc]) {
		load_shadow(b, dst, src, in->off);
	} else {
		load(b, 4, dst, mem_at(b, in->src, in->off, 4, READ));
	}
}

/* ---- atomics ---------------------------------------------------------------------- */

static void lock_rm(struct jit_build *b, bool w, uint32_t op, uint32_t reg, struct mem m)
{
	put(b, 0xf0, 1);
	x86_rm(b, w, op, reg, m.base, m.disp);
}

/*
 * There is no instruction that fetches with and, or, xor: compare and exchange
 * until nothing came between.  rax holds the old value, so that r0 waits in
 * r10; where it is the address or the operand, r10 stands for it.
 */
static void fetch_loop(struct jit_build *b, bool w, uint32_t op, uint32_t src, struct mem m)
{
	uint32_t operand = src == RAX ? R10 : src;
	const uint8_t *again;

	x86_mov(b, true, R10, RAX);
	if (m.base == RAX)
		m.base = R10;
	x86_rm(b, w, 0x8b, RAX, m.base, m.disp);
	again = b->p;
	x86_mov(b, w, R9, RAX);
	x86_alu(b, w, op, R9, operand);
	lock_rm(b, w, OP2(0xb1), R9, m);
	x86_back(b, CC_NE, again);
	if (src == RAX)
		return;
	x86_mov(b, true, src, RAX);
	x86_mov(b, true, RAX, R10);
}

static struct mem atomic_at(struct jit_build *b, const struct insn *in, bool w)
{
	return mem_at(b, in->dst, in->off, w ? 8 : 4, READ | WRITE | ALIGNED);
}

static bool emit_atomic(struct jit_build *b, const struct insn *in, uint8_t id)
{
	uint32_t src = x86_reg[in->src];

#define ATOMIC_ROW(id, wide, emit) \
	case id: { \
		const bool w = wide; \
		struct mem m = atomic_at(b, in, w); \
\
		emit; \
		return true; \
	}
#define ATOMIC(name, emit) \
	ATOMIC_ROW(I_##name##32, false, emit) \
	ATOMIC_ROW(I_##name##64, true, emit)
	switch (id) {
	ATOMIC(ATOMIC_ADD, lock_rm(b, w, X_ADD << 3 | 1, src, m))
	ATOMIC(ATOMIC_OR, lock_rm(b, w, X_OR << 3 | 1, src, m))
	ATOMIC(ATOMIC_AND, lock_rm(b, w, X_AND << 3 | 1, src, m))
	ATOMIC(ATOMIC_XOR, lock_rm(b, w, X_XOR << 3 | 1, src, m))
	ATOMIC(FETCH_ADD, lock_rm(b, w, OP2(0xc1), src, m))
	ATOMIC(FETCH_OR, fetch_loop(b, w, X_OR, src, m))
	ATOMIC(FETCH_AND, fetch_loop(b, w, X_AND, src, m))
	ATOMIC(FETCH_XOR, fetch_loop(b, w, X_XOR, src, m))
	ATOMIC(XCHG, x86_rm(b, w, 0x87, src, m.base, m.disp))	/* locks by itself */
	case I_CMPXCHG64:
		lock_rm(b, true, OP2(0xb1), src, atomic_at(b, in, true));
		return true;
	case I_CMPXCHG32:
		lock_rm(b, false, OP2(0xb1), src, atomic_at(b, in, false));
		/* where they are equal rax is left alone, high half included */
		x86_mov(b, false, RAX, RAX);
		return true;
	default:
		return false;
	}
#undef ATOMIC
#undef ATOMIC_ROW
}

/* ---- which insn is what ------------------------------------------------------------- */

bool x86_emit_mem(struct jit_build *b, const struct insn *in, uint8_t id)
{
	uint32_t dst = x86_reg[in->dst], src = x86_reg[in->src];

	switch (id) {
#define SIZES(name, size) \
	case I_LDX_##name: \
		load(b, size, dst, mem_at(b, in->src, in->off, size, READ)); \
		return true; \
	case I_STX_##name: \
		store(b, size, mem_at(b, in->dst, in->off, size, WRITE), src); \
		return true; \
	case I_ST_##name: \
		store_imm(b, size, mem_at(b, in->dst, in->off, size, WRITE), in->imm); \
		return true; \
	/* x86 orders loads and stores as acquire and release demand */ \
	case I_LOAD_ACQ_##name: \
		load(b, size, dst, mem_at(b, in->src, in->off, size, READ | ALIGNED)); \
		return true; \
	case I_STORE_REL_##name: \
		store(b, size, mem_at(b, in->dst, in->off, size, WRITE | ALIGNED), src); \
		return true;
	SIZES(B, 1)
	SIZES(H, 2)
	SIZES(DW, 8)
#undef SIZES
	case I_LDX_W:
		load_word(b, in);
		return true;
	case I_STX_W:
		store(b, 4, mem_at(b, in->dst, in->off, 4, WRITE), src);
		return true;
	case I_ST_W:
		store_imm(b, 4, mem_at(b, in->dst, in->off, 4, WRITE), in->imm);
		return true;
	case I_LOAD_ACQ_W:
		load(b, 4, dst, mem_at(b, in->src, in->off, 4, READ | ALIGNED));
		return true;
	case I_STORE_REL_W:
		store(b, 4, mem_at(b, in->dst, in->off, 4, WRITE | ALIGNED), src);
		return true;
	case I_LDSX_B:
		load_signed(b, 1, dst, mem_at(b, in->src, in->off, 1, READ));
		return true;
	case I_LDSX_H:
		load_signed(b, 2, dst, mem_at(b, in->src, in->off, 2, READ));
		return true;
	case I_LDSX_W:
		load_signed(b, 4, dst, mem_at(b, in->src, in->off, 4, READ));
		return true;
	default:
		return emit_atomic(b, in, id);
	}
}
