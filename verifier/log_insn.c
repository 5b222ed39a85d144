/* SPDX-License-Identifier: Apache-2.0 */
/* log_insn: insns as Linux's log writes them. */
#include "verifier/internal.h"

#include <stdio.h>

static const char *size_name(uint8_t width)
{
	return width == 8 ? "u8" : width == 16 ? "u16" : width == 32 ? "u32" : "u64";
}

static const char *alu_sign(uint8_t op)
{
	switch (op) {
	case OP_ADD: return "+=";
	case OP_SUB: return "-=";
	case OP_MUL: return "*=";
	case OP_DIV: return "/=";
	case OP_SDIV: return "s/=";
	case OP_OR: return "|=";
	case OP_AND: return "&=";
	case OP_LSH: return "<<=";
	case OP_RSH: return ">>=";
	case OP_MOD: return "%=";
	case OP_SMOD: return "s%=";
	case OP_XOR: return "^=";
	case OP_ARSH: return "s>>=";
	default: return "=";
	}
}

static const char *jump_sign(uint8_t op)
{
	switch (op) {
	case OP_JEQ: return "==";
	case OP_JGT: return ">";
	case OP_JGE: return ">=";
	case OP_JSET: return "&";
	case OP_JNE: return "!=";
	case OP_JSGT: return "s>";
	case OP_JSGE: return "s>=";
	case OP_JLT: return "<";
	case OP_JLE: return "<=";
	case OP_JSLT: return "s<";
	default: return "s<=";
	}
}

static void alu_text(const struct insn *in, const struct insn_row *r, char *buf, size_t n)
{
	static const char *const end[] = {
		"le16", "le32", "le64", "be16", "be32", "be64", "bswap16", "bswap32", "bswap64",
	};
	char c = r->width == 32 ? 'w' : 'r';
	const char *cast = r->op == OP_MOVSX8 ? "(s8)" : r->op == OP_MOVSX16 ? "(s16)" :
			   r->op == OP_MOVSX32 ? "(s32)" : "";

	if (r->kind == K_ADDR_CAST)
		snprintf(buf, n, "r%d = addr_space_cast(r%d, %u, %u)", in->dst, in->src,
			 (uint32_t)in->imm >> 16, (uint32_t)in->imm & 0xffff);
	else if (r->op == OP_NEG)
		snprintf(buf, n, "%c%d = -%c%d", c, in->dst, c, in->dst);
	else if (r->kind == K_ALU_1)
		snprintf(buf, n, "r%d = %s r%d", in->dst, end[r->op - OP_LE16], in->dst);
	else if (r->kind == K_ALU_K)
		snprintf(buf, n, "%c%d %s %d", c, in->dst, alu_sign(r->op), in->imm);
	else
		snprintf(buf, n, "%c%d %s %s%c%d", c, in->dst, alu_sign(r->op), cast, c, in->src);
}

static void jump_text(const struct insn *in, const struct insn_row *r, char *buf, size_t n)
{
	char c = r->width == 32 ? 'w' : 'r';

	if (r->kind == K_MAY_GOTO)
		snprintf(buf, n, "may_goto pc%+d", in->off);
	else if (r->kind == K_JA && r->width == 32)
		snprintf(buf, n, "gotol pc%+d", in->imm);
	else if (r->kind == K_JA)
		snprintf(buf, n, "goto pc%+d", in->off);
	else if (r->kind == K_JMP_K)
		snprintf(buf, n, "if %c%d %s 0x%x goto pc%+d", c, in->dst, jump_sign(r->op),
			 (uint32_t)in->imm, in->off);
	else
		snprintf(buf, n, "if %c%d %s %c%d goto pc%+d", c, in->dst, jump_sign(r->op), c,
			 in->src, in->off);
}

static void atomic_text(const struct insn *in, const struct insn_row *r, char *buf, size_t n)
{
	const char *wide = r->width == 64 ? "64" : "", *size = size_name(r->width);
	const char *name = r->op == OP_ADD ? "add" : r->op == OP_OR ? "or" :
			   r->op == OP_AND ? "and" : "xor";

	switch (r->kind) {
	case K_ATOMIC:
		snprintf(buf, n, "lock *(%s *)(r%d %+d) %s r%d", size, in->dst, in->off,
			 alu_sign(r->op), in->src);
		break;
	case K_CMPXCHG:
		snprintf(buf, n, "r0 = atomic%s_cmpxchg((%s *)(r%d %+d), r0, r%d)", wide, size,
			 in->dst, in->off, in->src);
		break;
	case K_LOAD_ACQ:
		snprintf(buf, n, "r%d = load_acquire((%s *)(r%d %+d))", in->dst, size, in->src,
			 in->off);
		break;
	case K_STORE_REL:
		snprintf(buf, n, "store_release((%s *)(r%d %+d), r%d)", size, in->dst, in->off,
			 in->src);
		break;
	default:
		if (r->op == OP_MOV)
			snprintf(buf, n, "r%d = atomic%s_xchg((%s *)(r%d %+d), r%d)", in->src,
				 wide, size, in->dst, in->off, in->src);
		else
			snprintf(buf, n, "r%d = atomic%s_fetch_%s((%s *)(r%d %+d), r%d)", in->src,
				 wide, name, size, in->dst, in->off, in->src);
	}
}

static void mem_text(const struct insn *in, const struct insn_row *r, char *buf, size_t n)
{
	const char *size = size_name(r->width);

	switch (r->kind) {
	case K_LDX:
		snprintf(buf, n, "r%d = *(%s *)(r%d %+d)", in->dst, size, in->src, in->off);
		break;
	case K_LDSX:
		snprintf(buf, n, "r%d = *(s%d *)(r%d %+d)", in->dst, r->width, in->src, in->off);
		break;
	case K_STX:
		snprintf(buf, n, "*(%s *)(r%d %+d) = r%d", size, in->dst, in->off, in->src);
		break;
	case K_ST:
		snprintf(buf, n, "*(%s *)(r%d %+d) = %d", size, in->dst, in->off, in->imm);
		break;
	case K_LD_ABS:
		snprintf(buf, n, "r0 = *(%s *)skb[%d]", size, in->imm);
		break;
	case K_LD_IND:
		snprintf(buf, n, "r0 = *(%s *)skb[r%d + %d]", size, in->src, in->imm);
		break;
	default:
		atomic_text(in, r, buf, n);
	}
}

static void imm64_text(const struct insn *in, uint8_t id, char *buf, size_t n)
{
	switch (id) {
	case I_LD_IMM64:
		snprintf(buf, n, "r%d = 0x%llx", in->dst, (unsigned long long)insn_imm64(in));
		break;
	case I_LD_MAP_FD: case I_LD_MAP_IDX:
		snprintf(buf, n, "r%d = map[%d]", in->dst, in->imm);
		break;
	case I_LD_MAP_FD_VALUE: case I_LD_MAP_IDX_VALUE:
		snprintf(buf, n, "r%d = map_value[%d]+%d", in->dst, in->imm, in[1].imm);
		break;
	case I_LD_CODE_ADDR:
		snprintf(buf, n, "r%d = func[%+d]", in->dst, in->imm);
		break;
	default:
		snprintf(buf, n, "r%d = var[%d]", in->dst, in->imm);
	}
}

static void call_text(const struct insn *in, const struct insn_row *r, char *buf, size_t n)
{
	const struct helper_proto *p = helper_proto(in->imm);

	if (r->kind == K_CALL)
		snprintf(buf, n, "call %s%s#%d", p ? "bpf_" : "", p ? p->name : "unknown", in->imm);
	else if (r->kind == K_CALL_LOCAL)
		snprintf(buf, n, "call pc%+d", in->imm);
	else if (r->kind == K_CALLX)
		snprintf(buf, n, "callx r%d", in->dst);
	else
		snprintf(buf, n, "call kernel-function#%d", in->imm);
}

void vlog_insn_text(const struct venv *env, uint32_t pc, char *buf, size_t n)
{
	const struct insn *in = &env->insn[pc];
	const struct insn_row *r = insn_row(env->id[pc]);

	switch ((enum insn_kind)r->kind) {
	case K_ALU_K: case K_ALU_X: case K_ALU_1: case K_ADDR_CAST:
		alu_text(in, r, buf, n);
		break;
	case K_JMP_K: case K_JMP_X: case K_JA: case K_MAY_GOTO:
		jump_text(in, r, buf, n);
		break;
	case K_CALL: case K_CALL_LOCAL: case K_CALL_KFUNC: case K_CALLX:
		call_text(in, r, buf, n);
		break;
	case K_EXIT:
		snprintf(buf, n, "exit");
		break;
	case K_LD_IMM64:
		imm64_text(in, env->id[pc], buf, n);
		break;
	default:
		mem_text(in, r, buf, n);
	}
}
