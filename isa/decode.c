/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From bytes to ids, and the structural checks of a whole program.
 *
 * An opcode has at most one selector field.  The cell of a row in ids_of[] is
 * found by its opcode and a perfect hash of its selector value, so that two
 * rows with one encoding are a compile error (an initialiser overridden), and
 * decoding is two loads and a comparison.
 */
#include "isa/isa.h"

#include <stdarg.h>
#include <string.h>

/* ---- tables -------------------------------------------------------------- */

/* Maps the selector values of isa.def, of any one field, to 64 cells. */
#define CELL(value) (((uint32_t)(value) ^ (uint32_t)(value) >> 3) & 63)

/* id + 1 of each encoding. */
#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Woverride-init"
static const uint8_t ids_of[256][64] = {
#define INSN(id, code, selector, value, kind, op, width, group, cpu, text) \
	[code][CELL(value)] = I_##id + 1,
#include "isa/isa.def"
};
#pragma GCC diagnostic pop

/*
 * The selector of each opcode.  Rows of one opcode set it again and again; if
 * they disagreed, one of them would not decode, which the tests would notice.
 */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const uint8_t sel_of[256] = {
#define INSN(id, code, selector, value, kind, op, width, group, cpu, text) \
	[code] = SEL_##selector,
#include "isa/isa.def"
};
#pragma GCC diagnostic pop

/* What each insn does to registers, by its kind; a move reads its source only. */
enum { DST = 1, SRC = 2, R0 = 4, R6 = 8, CLOBBER = 16 };

#define MOVES(op) ((op) == OP_MOV || (op) == OP_MOVSX8 || (op) == OP_MOVSX16 || (op) == OP_MOVSX32)

#define ACCESS_ALU_K(op)	{ MOVES(op) ? 0 : DST, DST }
#define ACCESS_ALU_X(op)	{ MOVES(op) ? SRC : DST | SRC, DST }
#define ACCESS_ALU_1(op)	{ DST,			DST }
#define ACCESS_ADDR_CAST(op)	{ SRC,			DST }
#define ACCESS_JMP_K(op)	{ DST,			0 }
#define ACCESS_JMP_X(op)	{ DST | SRC,		0 }
#define ACCESS_JA(op)		{ 0,			0 }
#define ACCESS_MAY_GOTO(op)	{ 0,			0 }
#define ACCESS_CALL(op)		{ 0,			CLOBBER }
#define ACCESS_CALL_LOCAL(op)	{ 0,			CLOBBER }
#define ACCESS_CALL_KFUNC(op)	{ 0,			CLOBBER }
#define ACCESS_CALLX(op)	{ DST,			CLOBBER }
#define ACCESS_EXIT(op)		{ R0,			0 }
#define ACCESS_LDX(op)		{ SRC,			DST }
#define ACCESS_LDSX(op)		{ SRC,			DST }
#define ACCESS_STX(op)		{ DST | SRC,		0 }
#define ACCESS_ST(op)		{ DST,			0 }
#define ACCESS_ATOMIC(op)	{ DST | SRC,		0 }
#define ACCESS_ATOMIC_FETCH(op)	{ DST | SRC,		SRC }
#define ACCESS_CMPXCHG(op)	{ DST | SRC | R0,	R0 }
#define ACCESS_LOAD_ACQ(op)	{ SRC,			DST }
#define ACCESS_STORE_REL(op)	{ DST | SRC,		0 }
#define ACCESS_LD_IMM64(op)	{ 0,			DST }
#define ACCESS_LD_ABS(op)	{ R6,			CLOBBER }
#define ACCESS_LD_IND(op)	{ R6 | SRC,		CLOBBER }

static const struct {
	uint8_t reads, writes;
} access_of[INSN_N] = {
#define INSN(id, code, selector, value, kind, op, width, group, cpu, text) \
	[I_##id] = ACCESS_##kind(OP_##op),
#include "isa/isa.def"
};

/* ---- one instruction ----------------------------------------------------- */

static uint64_t insn_word(const struct insn *in)
{
	uint64_t w;

	memcpy(&w, in, sizeof(w));
	return w;
}

static int32_t selector_value(const struct insn *in, enum insn_sel sel)
{
	switch (sel) {
	case SEL_OFF:
		return in->off;
	case SEL_IMM:
		return in->imm;
	case SEL_SRC:
		return in->src;
	case SEL_NONE:
		break;
	}
	return 0;
}

/* The bits of an instruction that must be zero. */
static uint64_t reserved_bits(const struct insn_row *r)
{
	uint64_t mask = 0;

	if (!(r->uses & F_DST))
		mask |= 0xf00;
	if (!(r->uses & F_SRC) && r->sel != SEL_SRC)
		mask |= 0xf000;
	if (!(r->uses & F_OFF) && r->sel != SEL_OFF)
		mask |= 0xffff0000;
	if (!(r->uses & F_IMM) && r->sel != SEL_IMM)
		mask |= 0xffffffff00000000;
	return mask;
}

static enum insn_err check_second(const struct insn *in, const struct insn_row *r, uint32_t left)
{
	uint64_t w;

	if (left < 2)
		return INSN_ETRUNC;
	w = insn_word(&in[1]);
	if ((uint32_t)w != 0)
		return INSN_ESECOND;
	if (w != 0 && !(r->uses & F_IMM64))
		return INSN_ERESERVED;
	return INSN_OK;
}

uint8_t insn_decode(const struct insn *in, uint32_t left, enum insn_err *err)
{
	enum insn_sel sel = sel_of[in->code];
	int32_t value = selector_value(in, sel);
	uint8_t id = (uint8_t)(ids_of[in->code][CELL(value)] - 1);
	enum insn_err why = INSN_OK;
	const struct insn_row *r;

	if (id == I_NONE || insn_row(id)->value != value) {
		/* without a selector the only value is 0 */
		why = sel == SEL_NONE ? INSN_EOPCODE : INSN_ESELECTOR;
		goto out;
	}
	r = insn_row(id);
	if (insn_word(in) & reserved_bits(r))
		why = INSN_ERESERVED;
	else if (in->dst > REG_FP || in->src > REG_FP)
		why = INSN_EREG;
	else if (r->kind == K_LD_IMM64)
		why = check_second(in, r, left);
	else if (r->kind == K_ADDR_CAST && in->imm != 1 && in->imm != 1 << 16)
		why = INSN_ERESERVED;	/* Linux: between address spaces 0 and 1 only */
out:
	if (err)
		*err = why;
	return why == INSN_OK ? id : I_NONE;
}

/* With one branch, which few insns take. */
static inline uint16_t register_set(uint32_t access, uint32_t dst, uint32_t src)
{
	uint32_t set = (access & DST) << dst | (access / SRC & 1) << src;

	if (access >= R0)
		set |= (access / R0 & 1) | (access / R6 & 1) << 6 | (0x3f & -(access / CLOBBER));
	return (uint16_t)set;
}

void insn_regs(const struct insn *in, uint8_t id, uint16_t *reads, uint16_t *writes)
{
	uint32_t dst = in->dst, src = in->src;

	*reads = register_set(access_of[id].reads, dst, src);
	*writes = register_set(access_of[id].writes, dst, src);
}

uint16_t insn_reads(const struct insn *in, uint8_t id)
{
	return register_set(access_of[id].reads, in->dst, in->src);
}

uint16_t insn_writes(const struct insn *in, uint8_t id)
{
	return register_set(access_of[id].writes, in->dst, in->src);
}

/* ---- messages ------------------------------------------------------------ */

const char *insn_strerror(enum insn_err err)
{
	switch (err) {
	case INSN_OK:
		return "ok";
	case INSN_EOPCODE:
		return "unknown opcode";
	case INSN_ESELECTOR:
		return "unknown operation of this opcode";
	case INSN_ERESERVED:
		return "uses reserved fields";
	case INSN_EREG:
		return "register is invalid";
	case INSN_ETRUNC:
	case INSN_ESECOND:
		return "invalid bpf_ld_imm64 insn";
	case INSN_EEMPTY:
		return "empty program";
	case INSN_ELONG:
		return "program is too long";
	case INSN_ETARGET:
		return "jump out of range";
	case INSN_EMIDDLE:
		return "jump into the middle of ldimm64 insn";
	case INSN_ELAST:
		return "last insn is not an exit or jmp";
	case INSN_EWRITE_FP:
		return "frame pointer is read only";
	case INSN_ERR_N:
		break;
	}
	return "unknown error";
}

/* The instruction as Linux names it in "... uses reserved fields". */
static const char *kernel_name(uint8_t code)
{
	uint8_t op = code & 0xf0;

	switch ((enum insn_class)(code & 7)) {
	case CLS_LD:
		if ((code & 0xe0) == MD_IMM)
			return "BPF_LD_IMM64";
		return "BPF_LD_[ABS|IND]";
	case CLS_LDX:
		return "BPF_LDX";
	case CLS_ST:
		return "BPF_ST";
	case CLS_STX:
		return (code & 0xe0) == MD_ATOMIC ? "BPF_ATOMIC" : "BPF_STX";
	case CLS_ALU:
	case CLS_ALU64:
		if (op == ALU_END)
			return "BPF_END";
		if (op == ALU_NEG)
			return "BPF_NEG";
		return op == ALU_MOV ? "BPF_MOV" : "BPF_ALU";
	case CLS_JMP:
	case CLS_JMP32:
		break;
	}
	switch (op) {
	case JMP_JA:
		return "BPF_JA";
	case JMP_CALL:
		return "BPF_CALL";
	case JMP_EXIT:
		return "BPF_EXIT";
	case JMP_JCOND:
		return "BPF_JCOND";
	}
	return "BPF_JMP/JMP32";
}

/* Bytes and half-words have load-acquire and store-release only. */
static void explain_atomic(const struct insn *in, struct check_err *why)
{
	struct insn wide = *in;

	wide.code = CLS_STX | SZ_DW | MD_ATOMIC;
	if (insn_decode(&wide, 1, NULL) != I_NONE)
		snprintf(why->msg, sizeof(why->msg), "invalid atomic operand size");
	else
		snprintf(why->msg, sizeof(why->msg), "BPF_ATOMIC uses invalid atomic opcode %02x",
			 (uint32_t)in->imm);
}

/* The sentence for what insn_decode() says of in. */
static void explain(const struct insn *in, struct check_err *why)
{
	char *msg = why->msg;
	size_t size = sizeof(why->msg);

	switch (why->err) {
	case INSN_EOPCODE:
		/* Of these Linux looks at the mode first. */
		if ((in->code & 7) == CLS_LDX && (in->code & 0xe0) != MD_MEM &&
		    (in->code & 0xe0) != MD_MEMSX)
			snprintf(msg, size, "BPF_LDX uses reserved fields");
		else
			snprintf(msg, size, "unknown opcode %02x", in->code);
		break;
	case INSN_ESELECTOR:
		if (sel_of[in->code] == SEL_IMM && (in->code & 7) == CLS_STX)
			explain_atomic(in, why);
		else if (in->code == 0x18)
			snprintf(msg, size, "unrecognized bpf_ld_imm64 insn");
		else if (in->code == 0xe5)
			snprintf(msg, size, "invalid may_goto imm %d", in->imm);
		else
			snprintf(msg, size, "%s uses reserved fields", kernel_name(in->code));
		break;
	case INSN_ERESERVED:
		/* The first slot of a wide instruction reserves off only. */
		if (in->code == 0x18 && in->off == 0)
			snprintf(msg, size, "unrecognized bpf_ld_imm64 insn");
		else if (in->code == 0xe5)
			snprintf(msg, size, "invalid may_goto imm %d", in->imm);
		else if (in->code == 0xbf && in->off == 1)
			snprintf(msg, size, "addr_space_cast insn can only convert between "
				 "address space 1 and 0");
		else
			snprintf(msg, size, "%s uses reserved fields", kernel_name(in->code));
		break;
	case INSN_EREG:
		snprintf(msg, size, "R%d is invalid", in->dst > REG_FP ? in->dst : in->src);
		break;
	default:
		snprintf(msg, size, "%s", insn_strerror(why->err));
		break;
	}
}

/* ---- whole programs ------------------------------------------------------ */

static bool refuse(struct check_err *why, enum insn_err err, uint32_t pc, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static bool refuse(struct check_err *why, enum insn_err err, uint32_t pc, const char *fmt, ...)
{
	va_list ap;

	why->err = err;
	why->pc = pc;
	va_start(ap, fmt);
	vsnprintf(why->msg, sizeof(why->msg), fmt, ap);
	va_end(ap);
	return false;
}

static bool has_target(uint8_t id)
{
	switch ((enum insn_kind)insn_row(id)->kind) {
	case K_JMP_K:
	case K_JMP_X:
	case K_JA:
	case K_MAY_GOTO:
	case K_CALL_LOCAL:
		return true;
	default:
		return id == I_LD_CODE_ADDR;
	}
}

/* Fills ids and refuses what a single instruction can do wrong. */
static bool check_insns(const struct insn *in, uint32_t len, uint8_t *ids, struct check_err *why,
			bool *jumps)
{
	for (uint32_t pc = 0; pc < len; pc++) {
		enum insn_err err;
		uint8_t id = insn_decode(&in[pc], len - pc, &err);

		if (id == I_NONE) {
			why->err = err;
			why->pc = pc;
			explain(&in[pc], why);
			return false;
		}
		ids[pc] = id;
		if ((in[pc].dst == REG_FP || in[pc].src == REG_FP) &&
		    (insn_writes(&in[pc], id) & 1u << REG_FP))
			return refuse(why, INSN_EWRITE_FP, pc, "%s", insn_strerror(INSN_EWRITE_FP));
		if (insn_row(id)->kind == K_LD_IMM64)
			ids[++pc] = I_LDDW_HI;
		*jumps |= has_target(id);
	}
	return true;
}

static bool check_targets(const struct insn *in, uint32_t len, const uint8_t *ids,
			  struct check_err *why)
{
	for (uint32_t pc = 0; pc < len; pc++) {
		int64_t to;

		if (ids[pc] == I_LDDW_HI || !has_target(ids[pc]))
			continue;
		to = insn_target(in, ids[pc], pc);
		if (to < 0 || to >= len) {
			if (ids[pc] == I_CALL_LOCAL || ids[pc] == I_LD_CODE_ADDR)
				return refuse(why, INSN_ETARGET, pc, "call to invalid destination");
			return refuse(why, INSN_ETARGET, pc,
				      "jump out of range from insn %u to %lld", pc, (long long)to);
		}
		if (ids[to] == I_LDDW_HI)
			return refuse(why, INSN_EMIDDLE, pc,
				      "jump into the middle of ldimm64 insn %lld",
				      (long long)to - 1);
	}
	return true;
}

bool program_check(const struct insn *in, uint32_t len, uint8_t *ids, struct check_err *why)
{
	bool jumps = false;
	uint8_t last;

	if (len == 0)
		return refuse(why, INSN_EEMPTY, 0, "%s", insn_strerror(INSN_EEMPTY));
	if (len > MAX_INSNS)
		return refuse(why, INSN_ELONG, 0, "program of %u insns is too long", len);
	if (!check_insns(in, len, ids, why, &jumps))
		return false;
	if (jumps && !check_targets(in, len, ids, why))
		return false;
	last = ids[len - 1];
	if (last != I_EXIT && last != I_JA && last != I_JA32)
		return refuse(why, INSN_ELAST, len - 1, "%s", insn_strerror(INSN_ELAST));
	why->err = INSN_OK;
	why->pc = 0;
	why->msg[0] = 0;
	return true;
}

void program_leaders(const struct insn *in, const uint8_t *ids, uint32_t len, uint8_t *leader)
{
	memset(leader, 0, len);
	if (len)
		leader[0] = 1;
	for (uint32_t pc = 0; pc < len; pc++) {
		uint8_t id = ids[pc];

		if (id == I_LDDW_HI)
			continue;
		if (has_target(id))
			leader[insn_target(in, id, pc)] = 1;
		/* Loading the address of code ends no block. */
		if ((id == I_EXIT || (has_target(id) && id != I_LD_CODE_ADDR)) && pc + 1 < len)
			leader[pc + 1] = 1;
	}
}
