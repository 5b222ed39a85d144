/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of programs. */
#include "fuzz/fuzz.h"

#include <string.h>

#include "fuzz/gen.h"
#include "fuzz/mutate.h"

enum { MUT_LEN = 1 << 13, MUT_SPLICE = 64 };	/* slots of a mutant; of one splice */

struct program *mut_program(struct mut *m)
{
	uint32_t n = m->tc->unit.nprog;

	return &m->prog[n > 1 && mut_below(m, 3) == 0 ? mut_below(m, n) : 0];
}

uint64_t mut_value(struct mut *m)
{
	switch (mut_below(m, 7)) {
	case 0: case 1:
		return mut_below(m, 33);
	case 2:
		return 0 - (uint64_t)mut_below(m, 33);
	case 3:
		return 1ULL << mut_below(m, 64);
	case 4:
		return (1ULL << mut_below(m, 64)) - 1;
	case 5:
		return 0 - (1ULL << mut_below(m, 64));
	default:
		return rng_next(m->r) >> mut_below(m, 64);
	}
}

/* A slot where an insn begins. */
static uint32_t pick_pc(struct mut *m, const struct program *p)
{
	uint32_t pc = mut_below(m, p->len);

	return p->id[pc] == I_LDDW_HI ? pc - 1 : pc;
}

/* One for which ok() holds, or len. */
static uint32_t pick_where(struct mut *m, const struct program *p, bool (*ok)(uint8_t id))
{
	uint32_t first = mut_below(m, p->len);

	for (uint32_t i = 0; i < p->len; i++) {
		uint32_t pc = (first + i) % p->len;

		if (p->id[pc] != I_LDDW_HI && ok(p->id[pc]))
			return pc;
	}
	return p->len;
}

/* Takes the edited program if it is well-formed. */
static bool adopt(struct program *p, bool ok, const struct program *edited)
{
	if (ok && edited->len <= MUT_LEN)
		*p = *edited;
	return ok && edited->len <= MUT_LEN;
}

/* Writes code (p->len slots, from the arena) as the new text of p. */
static bool adopt_code(struct mut *m, struct program *p, const struct insn *code)
{
	struct program q = *p;

	if (!memcmp(code, p->insn, p->len * sizeof(*code)))
		return false;
	q.insn = code;
	program_seal(&q, m->a);
	return adopt(p, q.id != NULL, &q);
}

static struct insn *copy_code(struct mut *m, const struct program *p)
{
	return arena_dup(m->a, p->insn, p->len * sizeof(struct insn));
}

/* One or two slots that decode; how many. */
static uint32_t wild(struct mut *m, const struct program *p, uint32_t pc, uint32_t len,
		     struct insn in[2])
{
	struct choice c;

	(void)p;
	choice_seed(&c, rng_next(m->r));
	in[0] = gen_wild_insn(&c, UINT32_MAX, pc, len, m->tc->unit.nmap, &in[1]);
	return in[0].code == 0x18 ? 2 : 1;
}

bool mut_insert(struct mut *m)
{
	struct program *p = mut_program(m), q;
	uint32_t pc = pick_pc(m, p), n;
	struct insn in[2];

	n = wild(m, p, pc, p->len + 1, in);
	return adopt(p, edit_insert(p, pc, in, n, m->a, &q), &q);
}

bool mut_delete(struct mut *m)
{
	struct program *p = mut_program(m), q;
	uint32_t from = pick_pc(m, p), to = from + 1, n = mut_below(m, 4) ? 1 : 1 + mut_below(m, 8);

	for (; n; n--) {
		while (to < p->len && p->id[to] == I_LDDW_HI)
			to++;
		if (n > 1 && to < p->len)
			to++;
	}
	return adopt(p, edit_delete(p, from, to, m->a, &q), &q);
}

bool mut_replace(struct mut *m)
{
	struct program *p = mut_program(m), q;
	uint32_t pc = pick_pc(m, p), n;
	struct insn in[2], old = p->insn[pc];

	n = wild(m, p, pc, p->len, in);
	if (mut_below(m, 2)) {
		in[0].dst = old.dst;
		in[0].src = in[0].code == 0x18 ? in[0].src : old.src;
	}
	return adopt(p, edit_replace(p, pc, in, n, m->a, &q), &q);
}

/* Another row of the same kind, or the other form (imm or register) of the same operation. */
bool mut_row(struct mut *m)
{
	struct program *p = mut_program(m);
	uint32_t pc = pick_pc(m, p);
	struct insn *code = copy_code(m, p), *in = &code[pc];
	const struct insn_row *was = insn_row(p->id[pc]), *r;
	uint8_t list[INSN_N];
	uint32_t n = 0;

	for (uint32_t id = 0; id < INSN_N; id++) {
		r = insn_row((uint8_t)id);
		if (id != p->id[pc] &&
		    (r->kind == was->kind ||
		     (r->op == was->op && r->uses & F_DST && was->uses & F_DST &&
		      r->kind != K_LD_IMM64 && was->kind != K_LD_IMM64)))
			list[n++] = (uint8_t)id;
	}
	if (!n || was->kind == K_LD_IMM64)
		return false;
	n = mut_below(m, n);
	*in = insn_make(list[n], in->dst, in->src, in->off, in->imm);
	return adopt_code(m, p, code);
}

static bool has_register(uint8_t id)
{
	return insn_row(id)->uses & (F_DST | F_SRC);
}

bool mut_register(struct mut *m)
{
	struct program *p = mut_program(m);
	uint32_t pc = pick_where(m, p, has_register);
	struct insn *code = copy_code(m, p);
	uint8_t uses;

	if (pc == p->len)
		return false;
	uses = insn_row(p->id[pc])->uses;
	if (!(uses & F_SRC) || (uses & F_DST && mut_below(m, 2)))
		code[pc].dst = (uint8_t)mut_below(m, 11) & 15;
	else
		code[pc].src = (uint8_t)mut_below(m, 11) & 15;
	return adopt_code(m, p, code);
}

/* Two registers change places, everywhere or in a range. */
bool mut_swap_registers(struct mut *m)
{
	struct program *p = mut_program(m);
	struct insn *code = copy_code(m, p);
	uint8_t x = (uint8_t)mut_below(m, 10), y = (uint8_t)mut_below(m, 10);
	uint32_t from = 0, to = p->len;

	if (mut_below(m, 2)) {
		from = mut_below(m, p->len);
		to = from + 1 + mut_below(m, p->len - from);
	}
	for (uint32_t pc = from; pc < to; pc++) {
		uint8_t uses;

		if (p->id[pc] == I_LDDW_HI)
			continue;
		uses = insn_row(p->id[pc])->uses;
		if (uses & F_DST && (code[pc].dst == x || code[pc].dst == y))
			code[pc].dst = (code[pc].dst == x ? y : x) & 15;
		if (uses & F_SRC && (code[pc].src == x || code[pc].src == y))
			code[pc].src = (code[pc].src == x ? y : x) & 15;
	}
	return adopt_code(m, p, code);
}

bool mut_swap_insns(struct mut *m)
{
	struct program *p = mut_program(m);
	struct insn *code = copy_code(m, p), t;
	uint32_t pc = pick_pc(m, p), next = pc + 1;

	if (next >= p->len || insn_slots(p->id[pc]) != 1 || insn_slots(p->id[next]) != 1)
		return false;
	t = code[pc];
	code[pc] = code[next];
	code[next] = t;
	return adopt_code(m, p, code);
}

static bool has_imm(uint8_t id)
{
	const struct insn_row *r = insn_row(id);

	return r->uses & F_IMM && r->kind != K_JA && r->kind != K_CALL_LOCAL &&
	       r->kind != K_ADDR_CAST;
}

static int32_t change_imm(struct mut *m, int32_t imm)
{
	switch (mut_below(m, 6)) {
	case 0:
		return (int32_t)((uint32_t)imm + 1);
	case 1:
		return (int32_t)((uint32_t)imm - 1);
	case 2:
		return imm ^ (int32_t)(1u << mut_below(m, 32));
	case 3:
		return (int32_t)(0u - (uint32_t)imm);
	default:
		return (int32_t)mut_value(m);
	}
}

bool mut_imm(struct mut *m)
{
	struct program *p = mut_program(m);
	uint32_t pc = pick_where(m, p, has_imm), from;
	struct insn *code = copy_code(m, p);
	const struct insn_row *r;

	if (pc == p->len)
		return false;
	r = insn_row(p->id[pc]);
	from = pick_where(m, p, has_imm);
	if (r->kind == K_LD_IMM64 && p->id[pc] != I_LD_IMM64) {
		if (r->uses & F_IMM64 && mut_below(m, 2))
			code[pc + 1].imm = (int32_t)mut_below(m, 64);
		else if (m->tc->unit.nmap)
			code[pc].imm = (int32_t)mut_below(m, m->tc->unit.nmap);
	} else if (r->uses & F_IMM64 && mut_below(m, 2)) {
		code[pc + 1].imm = change_imm(m, code[pc + 1].imm);
	} else if (mut_below(m, 6) == 0) {
		code[pc].imm = code[from].imm;
	} else {
		code[pc].imm = change_imm(m, code[pc].imm);
	}
	return adopt_code(m, p, code);
}

static bool has_mem_off(uint8_t id)
{
	switch ((enum insn_kind)insn_row(id)->kind) {
	case K_LDX: case K_LDSX: case K_STX: case K_ST: case K_ATOMIC: case K_ATOMIC_FETCH:
	case K_CMPXCHG: case K_LOAD_ACQ: case K_STORE_REL:
		return true;
	default:
		return false;
	}
}

bool mut_offset(struct mut *m)
{
	static const int16_t step[] = { 1, -1, 2, -2, 4, -4, 8, -8, 16, -16, 512, -512 };
	struct program *p = mut_program(m);
	uint32_t pc = pick_where(m, p, has_mem_off);
	struct insn *code = copy_code(m, p);

	if (pc == p->len)
		return false;
	if (mut_below(m, 4))
		code[pc].off = (int16_t)(code[pc].off + step[mut_below(m, 12)]);
	else
		code[pc].off = (int16_t)mut_value(m);
	return adopt_code(m, p, code);
}

static bool jumps(uint8_t id)
{
	switch ((enum insn_kind)insn_row(id)->kind) {
	case K_JMP_K: case K_JMP_X: case K_JA: case K_MAY_GOTO: case K_CALL_LOCAL:
		return true;
	default:
		return false;
	}
}

static bool aim(struct insn *in, uint8_t id, uint32_t pc, uint32_t to)
{
	const struct insn_row *r = insn_row(id);
	int64_t dist = (int64_t)to - pc - 1;

	if (r->kind == K_CALL_LOCAL || (r->kind == K_JA && r->width == 32)) {
		in->imm = (int32_t)dist;
		return true;
	}
	in->off = (int16_t)dist;
	return dist == in->off;
}

bool mut_retarget(struct mut *m)
{
	struct program *p = mut_program(m);
	uint32_t pc = pick_where(m, p, jumps), to = pick_pc(m, p);
	struct insn *code = copy_code(m, p);

	if (pc == p->len)
		return false;
	if (to <= pc && mut_below(m, 2)) /* loops are rare enough to be rejected less often */
		to = pc + 1 + mut_below(m, p->len - pc);
	if (to >= p->len || p->id[to] == I_LDDW_HI || !aim(&code[pc], p->id[pc], pc, to))
		return false;
	return adopt_code(m, p, code);
}

/* ---- splices ------------------------------------------------------------ */

/* Makes the slots [from, from + n) of another program fit for this unit. */
static bool transplant(struct mut *m, const struct program *src, uint32_t from, uint32_t n,
		       struct insn *out)
{
	uint32_t nmap = m->tc->unit.nmap;

	memcpy(out, src->insn + from, n * sizeof(*out));
	for (uint32_t i = 0; i < n; i++) {
		uint8_t id = src->id[from + i];
		int64_t to;

		if (id == I_LDDW_HI)
			continue;
		if (id == I_CALL_LOCAL) {
			out[i] = insn_mov64_imm(0, (int32_t)mut_value(m));
		} else if (jumps(id)) {
			to = insn_target(src->insn, id, from + i) - from;
			if (to < 0 || to > n || (to < n && src->id[from + to] == I_LDDW_HI))
				to = n;		/* what leaves the piece goes on behind it */
			if (!aim(&out[i], id, i, (uint32_t)to))
				return false;
		} else if (insn_row(id)->kind == K_LD_IMM64 && id != I_LD_IMM64) {
			if (!nmap || id == I_LD_CODE_ADDR || id == I_LD_VAR_ADDR)
				return false;
			out[i].imm = (int32_t)((uint32_t)out[i].imm % nmap);
		}
	}
	return true;
}

static bool splice(struct mut *m, const struct program *src)
{
	struct program *p = mut_program(m), q;
	struct insn piece[MUT_SPLICE];
	uint32_t from, n, at;

	if (!src->id || src->len < 2)
		return false;
	from = pick_pc(m, src);
	n = 1 + mut_below(m, 12 < src->len - from ? 12 : src->len - from);
	if (from + n < src->len && src->id[from + n] == I_LDDW_HI)
		n++;
	at = pick_pc(m, p);
	if (n > MUT_SPLICE || !transplant(m, src, from, n, piece))
		return false;
	return adopt(p, edit_insert(p, at, piece, n, m->a, &q), &q);
}

bool mut_duplicate(struct mut *m)
{
	return splice(m, mut_program(m));
}

bool mut_splice(struct mut *m)
{
	const struct unit *u;

	if (!m->other)
		return false;
	u = &m->other->unit;
	return splice(m, &u->prog[mut_below(m, u->nprog)]);
}
