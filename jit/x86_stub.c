/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code that all programs share, emitted once into a new arena.
 *
 * Programs call stubs from slots: on entry [rsp] is the return address, which
 * names the insn, and rsp is a multiple of 16.  A stub that leaves for good
 * stores that address and takes the native stack back to what it was in
 * STUB_ENTER, however deep the guest's frames are.
 */
#include "jit/x86.h"

/* ---- emission helpers ------------------------------------------------------------ */

static int32_t ctx_reg(uint32_t r)
{
	return CTX(run.reg) + 8 * (int32_t)r;
}

static void load_ctx(struct jit_build *b, uint32_t reg, int32_t off)
{
	x86_load64(b, reg, RCTX, off);
}

static void store_ctx(struct jit_build *b, int32_t off, uint32_t reg)
{
	x86_store64(b, RCTX, off, reg);
}

/* The first argument of C functions. */
static void pass_ctx(struct jit_build *b)
{
	x86_lea(b, true, RDI, RCTX, -JIT_CTX_BIAS);
}

/* The address is this process's own, as the arena is. */
static void call_c(struct jit_build *b, uintptr_t f)
{
	x86_mov_imm(b, RAX, f);
	put(b, 0xd0ff, 2);			/* call rax */
}
#define CALL_C(b, f) call_c(b, (uintptr_t)(f))

static void ret(struct jit_build *b)
{
	put(b, 0xc3, 1);
}

static void begin(struct jit_build *b, enum jit_stub stub)
{
	b->a->stub[stub] = (uint32_t)(b->p - b->a->rw);
}

static void end(struct jit_build *b, enum jit_stub stub)
{
	b->a->stub_len[stub] = (uint32_t)(b->p - b->a->rw) - b->a->stub[stub];
	assert(b->p < b->end);
}

/* Jumps to a stub that was emitted before; cc < 0: always. */
static void jump_to(struct jit_build *b, int cc, enum jit_stub stub)
{
	uint32_t len = cc < 0 ? 5 : 6;
	int64_t disp = (int64_t)b->a->stub[stub] - (b->p - b->a->rw) - len;

	assert(b->a->stub[stub]);
	if (cc < 0)
		put(b, 0xe9, 1);
	else
		put(b, 0x0f | (0x80 + cc) << 8, 2);
	put_imm32(b, (int32_t)disp);
}

/* Leaves compiled code with what eax says; the return address names the insn. */
static void leave(struct jit_build *b)
{
	x86_rm(b, false, 0x8f, 0, RCTX, CTX(ip));	/* pop m64 */
	jump_to(b, -1, STUB_LEAVE);
}

static void leave_trap(struct jit_build *b, uint32_t trap)
{
	x86_rm(b, false, 0xc6, 0, RCTX, CTX(run.trap));
	put(b, trap, 1);
	jump_to(b, -1, STUB_TRAPPED);
}

/* r1 to r5 after a call: what they held is lost on every engine. */
static void load_poison(struct jit_build *b)
{
	for (uint32_t r = 1; r <= 5; r++)
		load_ctx(b, x86_reg[r], CTX(run.poison) + 8 * (int32_t)r);
}

/* After C has been called: its second result, in edx, says whether it trapped. */
static void leave_if_trap(struct jit_build *b)
{
	x86_rr(b, false, 0x85, RDX, RDX);
	jump_to(b, CC_NE, STUB_TRAPPED);
}

/* ---- entering and leaving ----------------------------------------------------------- */

static const uint8_t saved[] = { RBP, RBX, R12, R13, R14, R15 };
enum { NSAVED = sizeof(saved) };

/* enum jit_left f(char *rdi, const void *rsi): rdi points JIT_CTX_BIAS into the context */
static void emit_enter(struct jit_build *b)
{
	begin(b, STUB_ENTER);
	for (uint32_t i = 0; i < NSAVED; i++)
		x86_push(b, saved[i]);
	put(b, 0x68, 1);			/* push imm32: main's counter */
	put_imm32(b, MAY_GOTO_MAX);
	x86_mov(b, true, RCTX, RDI);
	x86_mov(b, true, R11, RSI);
	store_ctx(b, CTX(sp), RSP);
	for (uint32_t r = 0; r < REGS; r++)
		load_ctx(b, x86_reg[r], CTX(run.entry) + 8 * (int32_t)r);
	put(b, 0xd3ff41, 3);			/* call r11 */
	for (uint32_t r = 0; r < REGS; r++)
		store_ctx(b, ctx_reg(r), x86_reg[r]);
	x86_zero(b, RAX);			/* LEFT_EXIT */
	begin(b, STUB_LEAVE);
	load_ctx(b, RSP, CTX(sp));
	x86_pop(b, RCX);
	for (uint32_t i = NSAVED; i--;)
		x86_pop(b, saved[i]);
	ret(b);
	end(b, STUB_ENTER);
	_Static_assert(LEFT_EXIT == 0, "zero means that main exited");
}

static void emit_traps(struct jit_build *b)
{
	begin(b, STUB_TRAPPED);
	x86_mov_imm(b, RAX, LEFT_TRAP);
	leave(b);
	end(b, STUB_TRAPPED);
	begin(b, STUB_FUEL);
	x86_mov_imm(b, RAX, LEFT_FUEL);
	leave(b);
	end(b, STUB_FUEL);
	begin(b, STUB_DEAD);
	leave_trap(b, TRAP_DEAD);
	end(b, STUB_DEAD);
	begin(b, STUB_DEPTH);
	leave_trap(b, TRAP_CALL_DEPTH);
	end(b, STUB_DEPTH);
	begin(b, STUB_ALIGN);
	leave_trap(b, TRAP_ALIGN);
	end(b, STUB_ALIGN);
	begin(b, STUB_ACCESS);
	leave_trap(b, TRAP_ACCESS);
	end(b, STUB_ACCESS);
	/* The fault handler comes here, with r12 set and everything else as it was. */
	begin(b, STUB_FAULT);
	x86_mov_imm(b, RAX, LEFT_FAULT);
	jump_to(b, -1, STUB_LEAVE);
	end(b, STUB_FAULT);
}

/* ---- calls into C --------------------------------------------------------------------- */

/* eax = id; r1 to r5 are the arguments, r0 the result. */
static void emit_helper(struct jit_build *b)
{
	begin(b, STUB_HELPER);
	for (uint32_t r = 1; r <= 5; r++)
		store_ctx(b, ctx_reg(r), x86_reg[r]);
	pass_ctx(b);
	x86_mov(b, false, RSI, RAX);
	CALL_C(b, jit_c_helper);
	leave_if_trap(b);
	load_poison(b);
	ret(b);
	end(b, STUB_HELPER);
}

/*
 * Goes on in another program, in this frame: the return address goes away.
 * r1 is the context that was passed, the others are as at the entry of a
 * program, but for r10.  A failed call continues behind it.
 */
static void emit_tail_call(struct jit_build *b)
{
	uint8_t *stay;

	begin(b, STUB_TAIL_CALL);
	store_ctx(b, ctx_reg(1), RDI);
	x86_mov(b, true, RCX, RDX);
	x86_mov(b, true, RDX, RSI);
	x86_mov(b, true, RSI, RDI);
	pass_ctx(b);
	CALL_C(b, jit_c_tail_call);
	leave_if_trap(b);
	x86_mov(b, true, R11, RAX);
	x86_rr(b, true, 0x85, RAX, RAX);
	stay = x86_skip(b, CC_E);
	x86_alu_imm(b, true, X_ADD, RSP, 8);
	x86_rm(b, true, 0xc7, 0, RSP, 8);	/* the frame's counter starts anew */
	put_imm32(b, MAY_GOTO_MAX);
	for (uint32_t r = 0; r < REG_FP; r++)
		if (r != 1)
			load_ctx(b, x86_reg[r], CTX(run.entry) + 8 * (int32_t)r);
	load_ctx(b, RDI, ctx_reg(1));
	put(b, 0xe3ff41, 3);			/* jmp r11 */
	x86_land(b, stay);
	load_ctx(b, RAX, CTX(run.poison));
	load_poison(b);
	ret(b);
	end(b, STUB_TAIL_CALL);
}

/* r11 = offset, eax = size.  Out of bounds: the frame exits with r0 = 0. */
static void emit_packet(struct jit_build *b)
{
	uint8_t *inside;

	begin(b, STUB_PACKET);
	pass_ctx(b);
	x86_mov(b, true, RSI, R11);
	x86_mov(b, false, RDX, RAX);
	CALL_C(b, jit_c_packet);
	x86_rr(b, false, 0x85, RDX, RDX);
	load_poison(b);				/* leaves the flags alone */
	inside = x86_skip(b, CC_NE);
	x86_zero(b, RAX);
	x86_alu_imm(b, true, X_ADD, RSP, 8);
	x86_land(b, inside);
	ret(b);
	end(b, STUB_PACKET);
}

/* Registers that calls into C lose and the guest keeps in insns that are no calls. */
static const uint8_t volatiles[] = { RAX, RDI, RSI, RDX, RCX, R8 };
enum { NVOLATILES = sizeof(volatiles) };
_Static_assert(NVOLATILES % 2 == 0, "the stack stays aligned");

static void emit_ctx_load(struct jit_build *b)
{
	begin(b, STUB_CTX_LOAD);
	for (uint32_t i = 0; i < NVOLATILES; i++)
		x86_push(b, volatiles[i]);
	pass_ctx(b);
	x86_mov(b, true, RSI, R11);
	CALL_C(b, jit_c_ctx_load);
	x86_mov(b, true, R11, RAX);
	x86_rr(b, false, 0x85, RDX, RDX);
	for (uint32_t i = NVOLATILES; i--;)
		x86_pop(b, volatiles[i]);
	jump_to(b, CC_E, STUB_ACCESS);
	ret(b);
	end(b, STUB_CTX_LOAD);
}

static void emit_step(struct jit_build *b)
{
	begin(b, STUB_STEP);
	for (uint32_t r = 0; r < REGS; r++)
		store_ctx(b, ctx_reg(r), x86_reg[r]);
	pass_ctx(b);
	x86_load64(b, RSI, RSP, 0);
	CALL_C(b, jit_c_step);
	for (uint32_t r = 0; r <= 5; r++)
		load_ctx(b, x86_reg[r], ctx_reg(r));
	ret(b);
	end(b, STUB_STEP);
}

/* ---- access checks ------------------------------------------------------------------------ */

/*
 * As guest_at() decides: the granule of r11 finds the region, in which the
 * offset must be below the length, and the rest of it hold size bytes.
 */
static void emit_check(struct jit_build *b, enum jit_stub stub, uint32_t size, uint32_t rights)
{
	const int32_t layout = offsetof(struct guest, layout);

	_Static_assert(sizeof(struct region) <= 127, "an imm8 makes an index an offset");
	begin(b, stub);
	x86_mov_imm(b, R9, -GUEST_BASE);
	x86_alu(b, true, X_ADD, R9, R11);
	x86_shift_imm(b, true, X_SHR, R9, GUEST_SHIFT);
	x86_alu_imm(b, true, X_CMP, R9, GUEST_GRANULES);
	jump_to(b, CC_AE, STUB_ACCESS);
	x86_rr(b, false, 0x6b, R9, R9);		/* imul r9d, r9d, imm8 */
	put(b, sizeof(struct region), 1);
	x86_rm(b, true, 0x03, R9, RCTX, CTX(run.g));	/* add */
	x86_mov(b, true, R10, R11);
	x86_rm(b, true, 0x2b, R10, R9, layout + (int32_t)offsetof(struct region, base));
	/* off + size <= len, where the sum must not wrap */
	x86_alu_imm(b, true, X_ADD, R10, (int32_t)size);
	jump_to(b, CC_B, STUB_ACCESS);
	x86_rm(b, true, 0x3b, R10, R9, layout + (int32_t)offsetof(struct region, len));
	jump_to(b, CC_A, STUB_ACCESS);
	x86_rm(b, false, 0x8b, R10, R9, layout + (int32_t)offsetof(struct region, flags));
	x86_rr(b, false, 0xf7, X_NOT, R10);
	x86_rr_byte(b, false, 0xf6, X_TEST, R10);
	put(b, rights, 1);
	jump_to(b, CC_NE, STUB_ACCESS);
	ret(b);
	end(b, stub);
}

void x86_emit_stubs(struct jit_build *b)
{
	emit_enter(b);
	emit_traps(b);
	emit_helper(b);
	emit_tail_call(b);
	emit_packet(b);
	emit_ctx_load(b);
	emit_step(b);
	for (uint32_t log = 0; log < 4; log++) {
		emit_check(b, STUB_READ1 + log, 1u << log, RGN_READ);
		emit_check(b, STUB_WRITE1 + log, 1u << log, RGN_WRITE);
	}
	emit_check(b, STUB_BOTH4, 4, RGN_READ | RGN_WRITE);
	emit_check(b, STUB_BOTH8, 8, RGN_READ | RGN_WRITE);
}
