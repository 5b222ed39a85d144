/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The x86-64 target: one program, slot by slot.
 *
 * On the native stack a frame of the guest is
 *
 *	return address		exit is ret
 *	may_goto counter
 *
 * pushed by jit_enter() for main and by a thunk for each subprogram, which
 * saves r6 to r10 below them.  A slot may be reached in any frame (a jump from
 * one subprogram into another is well-formed), and so exit must not need to
 * know where it is.  In slots rsp is 8 modulo 16.
 */
#include "jit/x86.h"

enum { FIXUPS_MAX = 4 };	/* per insn, what belongs to its block included */

/* ---- calls and exits ----------------------------------------------------------- */

static void emit_call_helper(struct jit_build *b, int32_t id)
{
	if (id == HELPER_tail_call) {
		x86_call_stub(b, STUB_TAIL_CALL);
		return;
	}
	/* r0 is no argument, and the call sets it. */
	x86_mov_imm(b, RAX, (uint32_t)id);
	x86_call_stub(b, STUB_HELPER);
}

static void emit_call_local(struct jit_build *b, uint32_t to)
{
	uint32_t sub = program_subprog(b->prog, to);
	uint32_t label = b->out->nslot + 1 + sub;

	assert(b->prog->sub[sub].start == to);
	b->out->label[label] = 1;	/* wanted */
	x86_call_thunk(b, sub);
}

/*
 * Enters a subprogram: r6 to r10 and the counter of this frame go to the
 * stack.  Too deep a call leaves with the return address of its site on top.
 */
static void emit_thunk(struct jit_build *b, uint32_t sub)
{
	int32_t frame = CTX(run.frame);

	x86_rm(b, false, 0x80, X_CMP, RCTX, frame);
	put(b, MAX_FRAMES - 1, 1);
	x86_jump_stub(b, CC_AE, STUB_DEPTH);
	x86_rm(b, false, 0xfe, 0, RCTX, frame);		/* inc byte */
	x86_push(b, RBX);
	x86_push(b, R13);
	x86_push(b, R14);
	x86_push(b, R15);
	x86_push(b, RBP);
	put(b, 0x68, 1);				/* push imm32 */
	put_imm32(b, MAY_GOTO_MAX);
	x86_alu_imm(b, true, X_SUB, RBP, STACK_SIZE);
	x86_call_slot(b, b->prog->sub[sub].start);
	x86_pop(b, R11);
	x86_pop(b, RBP);
	x86_pop(b, R15);
	x86_pop(b, R14);
	x86_pop(b, R13);
	x86_pop(b, RBX);
	x86_rm(b, false, 0xfe, 1, RCTX, frame);		/* dec byte */
	put(b, 0xc3, 1);
}

static void emit_may_goto(struct jit_build *b, uint32_t to)
{
	x86_load64(b, R11, RSP, 8);
	x86_rr(b, true, 0x85, R11, R11);
	x86_jump(b, CC_E, to);
	x86_rr(b, true, 0xff, 1, R11);
	x86_store64(b, RSP, 8, R11);
}

/* The size follows in eax, the offset in r11: r0 is lost anyway. */
static void emit_packet(struct jit_build *b, const struct insn *in, uint8_t id)
{
	const struct insn_row *row = insn_row(id);

	if (row->kind == K_LD_ABS)
		x86_mov_imm(b, R11, (uint64_t)(int64_t)in->imm);
	else
		x86_lea(b, true, R11, x86_reg[in->src], in->imm);
	x86_mov_imm(b, RAX, row->width / 8);
	x86_call_stub(b, STUB_PACKET);
}

/* ---- wide immediates ------------------------------------------------------------- */

static void emit_lddw(struct jit_build *b, const struct insn *in, uint8_t id)
{
	uint32_t dst = x86_reg[in->dst];
	uint64_t value = insn_imm64(in);

	switch (id) {
	case I_LD_MAP_FD:
	case I_LD_MAP_IDX:
		x86_mov_imm(b, dst, GUEST_MAP_HANDLE + 64 * (uint64_t)(uint32_t)in->imm);
		break;
	case I_LD_MAP_FD_VALUE:
	case I_LD_MAP_IDX_VALUE:
		/* Where the map lies follows from the input's seed: read the layout. */
		x86_load64(b, dst, RCTX, CTX(run.g));
		x86_load64(b, dst, dst, (int32_t)(offsetof(struct guest, layout) +
			   (GUEST_MAP0 + (uint32_t)in->imm) * sizeof(struct region) +
			   offsetof(struct region, base)));
		if (in[1].imm < 0) {	/* unsigned: no imm32 */
			x86_mov_imm(b, R11, (uint32_t)in[1].imm);
			x86_alu(b, true, X_ADD, dst, R11);
		} else if (in[1].imm) {
			x86_alu_imm(b, true, X_ADD, dst, in[1].imm);
		}
		break;
	case I_LD_CODE_ADDR:
		x86_mov_imm(b, dst, GUEST_CODE + 8 * (uint64_t)insn_target(b->insn, id, b->pc));
		break;
	default:
		x86_mov_imm(b, dst, value);
		break;
	}
}

/* ---- slots ------------------------------------------------------------------------- */

static void emit_insn(struct jit_build *b, const struct insn *in, uint8_t id)
{
	uint32_t to;
	int cc;

	switch ((enum insn_kind)insn_row(id)->kind) {
	case K_JMP_K:
	case K_JMP_X:
		to = (uint32_t)insn_target(b->insn, id, b->pc);
		if (to == b->pc + 1)
			break;
		cc = x86_emit_cmp(b, in, id);
		assert(cc >= 0);
		x86_jump(b, cc, to);
		break;
	case K_JA:
		to = (uint32_t)insn_target(b->insn, id, b->pc);
		if (to != b->pc + 1)
			x86_jump(b, -1, to);
		break;
	case K_MAY_GOTO:
		emit_may_goto(b, (uint32_t)insn_target(b->insn, id, b->pc));
		break;
	case K_CALL:
		emit_call_helper(b, in->imm);
		break;
	case K_CALL_LOCAL:
		emit_call_local(b, (uint32_t)insn_target(b->insn, id, b->pc));
		break;
	case K_EXIT:
		put(b, 0xc3, 1);
		break;
	case K_LD_IMM64:
		emit_lddw(b, in, id);
		break;
	case K_LD_ABS:
	case K_LD_IND:
		emit_packet(b, in, id);
		break;
	default:
		if (!x86_emit_alu(b, in, id) && !x86_emit_mem(b, in, id))
			assert(!"jit_load() let an insn through that has no code");
		break;
	}
}

static void emit_dead(struct jit_build *b)
{
	/* Without fuzz mode size counts: int3, which the fault handler tells apart. */
	if (b->mode & (JIT_FUZZ | JIT_CHECKED))
		x86_call_stub(b, STUB_DEAD);
	else
		put(b, 0xcc, 1);
}

/* Charges the block that begins here. */
static void emit_fuel(struct jit_build *b, uint32_t n)
{
	int32_t fuel = CTX(run.fuel);
	uint8_t *enough;

	x86_rm(b, true, is_imm8(n) ? 0x83 : 0x81, X_SUB, RCTX, fuel);
	if (is_imm8(n))
		put(b, n, 1);
	else
		put_imm32(b, (int32_t)n);
	enough = x86_skip(b, CC_NS);
	x86_call_stub(b, STUB_FUEL);
	x86_land(b, enough);
}

static bool emit_slot(struct jit_build *b)
{
	uint32_t pc = b->pc;
	uint8_t id = b->prog->id[pc];
	const uint8_t *start = b->p;

	b->out->label[pc] = (uint32_t)(start - b->start);
	b->a->nfix_at[pc] = b->nfix;
	if (id == I_LDDW_HI)
		return true;
	if (b->end - b->p < X86_INSN_MAX)
		return false;
	if (b->fuel && b->a->leader[pc])
		emit_fuel(b, vm_block_cost(b->prog->id, b->a->leader, b->prog->len, pc));
	if (b->mode & JIT_STEP)
		x86_call_stub(b, STUB_STEP);
	if (b->dead && b->dead[pc])
		emit_dead(b);
	else
		emit_insn(b, &b->insn[pc], id);
	assert(b->p - start <= X86_INSN_MAX);
	return true;
}

static bool emit_thunks(struct jit_build *b)
{
	for (uint32_t sub = 0; sub < b->prog->nsub; sub++) {
		uint32_t *label = &b->out->label[b->out->nslot + 1 + sub];

		b->a->nfix_at[b->out->nslot + 1 + sub] = b->nfix;
		if (!*label)
			continue;
		if (b->end - b->p < X86_INSN_MAX)
			return false;
		*label = (uint32_t)(b->p - b->start);
		emit_thunk(b, sub);
	}
	return true;
}

static bool x86_program(struct jit_build *b)
{
	const struct program *p = b->prog;
	uint32_t nlabel = p->len + 1 + p->nsub;

	b->nfix = 0;
	if (!jit_arena_fixups(b->a, FIXUPS_MAX * (p->len + p->nsub)))
		return false;
	memset(b->out->label + p->len, 0, (nlabel - p->len) * sizeof(*b->out->label));
	if (b->fuel)
		program_leaders(p->insn, p->id, p->len, b->a->leader);
	for (b->pc = 0; b->pc < p->len; b->pc++)
		if (!emit_slot(b))
			return false;
	b->out->label[p->len] = (uint32_t)(b->p - b->start);
	b->a->nfix_at[p->len] = b->nfix;
	if (!emit_thunks(b) || !x86_link(b))
		return false;
	b->out->len = (uint32_t)(b->p - b->start);
	return true;
}

/* ---- the target ---------------------------------------------------------------------- */

static bool x86_available(void)
{
#ifdef __x86_64__
	return true;
#else
	return false;
#endif
}

static uint32_t x86_features(void)
{
#ifdef __x86_64__
	/* BMI2 has the VEX prefix, which needs the system's consent, as AVX does. */
	if (__builtin_cpu_supports("avx") && __builtin_cpu_supports("bmi2"))
		return X86_BMI2;
#endif
	return 0;
}

const struct jit_target jit_x86 = {
	.name = "x86-64",
	.available = x86_available,
	.features = x86_features,
	.stubs = x86_emit_stubs,
	.program = x86_program,
	.fill = 0xcc,
};
