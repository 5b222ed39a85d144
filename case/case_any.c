/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes become a case: the total decoder of fuzz targets.
 *
 * Bytes without magic are read as
 *
 *   u8 type (modulo), u8 maps (low two bits) and fuel (the rest), u16 slots,
 *   u32 seed, 4 bytes a map (kind, key, value, entries: modulo),
 *   8 bytes a slot, and the rest is packet or context.
 *
 * Every field stands at a place that does not depend on the values before it,
 * but for the numbers of maps and slots, so that a changed byte changes little.
 */
#include "case/case.h"

#include <assert.h>
#include <string.h>

#include "case/internal.h"

/* ---- repair of one instruction -------------------------------------------------- */

/* The fields of in that row r reads, the rest as the row wants them. */
static struct insn insn_fit(const struct insn_row *r, const struct insn *in)
{
	struct insn out = { .code = r->code };

	if (r->uses & F_DST)
		out.dst = in->dst % REGS & 0xf;
	if (r->uses & F_SRC)
		out.src = in->src % REGS & 0xf;
	if (r->uses & F_OFF)
		out.off = in->off;
	if (r->uses & F_IMM)
		out.imm = in->imm;
	if (r->kind == K_ADDR_CAST)
		out.imm = in->imm & 1 ? 1 : 1 << 16;
	if (r->sel == SEL_OFF)
		out.off = (int16_t)r->value;
	else if (r->sel == SEL_IMM)
		out.imm = r->value;
	else if (r->sel == SEL_SRC)
		out.src = r->value & 0xf;
	return out;
}

/* The row that in becomes: of its opcode if that is known, else of a table. */
static uint8_t insn_nearest(const struct insn *in)
{
	/* each selector alone, in the field where this opcode may have it */
	const struct insn only[4][2] = {
		{ { .code = in->code, .off = in->off } },
		{ { .code = in->code, .imm = in->imm } },
		{ { .code = in->code, .src = in->src } },
		{ { .code = in->code } },
	};

	for (uint32_t i = 0; i < 4; i++) {
		uint8_t id = insn_decode(only[i], 2, NULL);

		if (id != I_NONE)
			return id;
	}
	return (uint8_t)((in->code + (uint32_t)in->imm) % INSN_N);
}

/* A constant map pointer names one of the maps, or becomes a constant. */
static void repair_map(struct insn *in, const struct map_def *map, uint32_t nmap)
{
	uint32_t size;

	if (in->src == 4)	/* a code address is a jump: see repair_target() */
		return;
	if (!nmap || in->src == 3) {
		in->src = 0;
		return;
	}
	in->imm = (int32_t)((uint32_t)in->imm % nmap);
	if (in->src != 2 && in->src != 6)
		return;
	size = map[in->imm].value_size;
	in[1].imm = size ? (int32_t)((uint32_t)in[1].imm % size) : 0;
}

static void repair_insn(struct insn *in, uint32_t left, const struct map_def *map, uint32_t nmap)
{
	uint8_t id = insn_decode(in, left, NULL);

	if (id == I_NONE) {
		id = insn_nearest(in);
		if (insn_slots(id) > left)
			id = I_MOV64_K;
		*in = insn_fit(insn_row(id), in);
		if (insn_slots(id) == 2)
			in[1] = (struct insn){
				.imm = insn_row(id)->uses & F_IMM64 ? in[1].imm : 0,
			};
	}
	if (insn_writes(in, id) & 1u << REG_FP) {
		/* the operand that is written is dst, or src of a fetch */
		if (in->dst == REG_FP && insn_row(id)->kind != K_ATOMIC_FETCH)
			in->dst = REG_FP - 1;
		else
			in->src = REG_FP - 1;
	}
	if (insn_row(id)->kind == K_LD_IMM64 && in->src)
		repair_map(in, map, nmap);
}

/* ---- repair of a program ---------------------------------------------------------- */

/* Moves the target of in[pc] inside; ids are of the repaired program. */
static void repair_target(struct insn *in, uint8_t id, uint32_t pc, const uint8_t *ids,
			  uint32_t len)
{
	bool by_imm = insn_row(id)->kind == K_CALL_LOCAL || id == I_LD_CODE_ADDR || id == I_JA32;
	int64_t to = insn_target(in, id, pc);

	if (to < 0 || to >= len)
		to = (int64_t)((uint64_t)to % len);
	if (ids[to] == I_LDDW_HI)
		to++;
	if (by_imm)
		in[pc].imm = (int32_t)(to - pc - 1);
	else if (to - pc - 1 >= INT16_MIN && to - pc - 1 <= INT16_MAX)
		in[pc].off = (int16_t)(to - pc - 1);
	else
		in[pc].off = 0;
}

static bool has_target(uint8_t id)
{
	enum insn_kind k = (enum insn_kind)insn_row(id)->kind;

	return k == K_JMP_K || k == K_JMP_X || k == K_JA || k == K_MAY_GOTO ||
	       k == K_CALL_LOCAL || id == I_LD_CODE_ADDR;
}

uint32_t program_repair(struct insn *in, uint32_t len, const struct map_def *map, uint32_t nmap,
			struct arena *a)
{
	uint8_t last = I_NONE, *ids = arena_raw(a, (size_t)len + 1);

	for (uint32_t pc = 0; pc < len; pc++) {
		repair_insn(&in[pc], len - pc, map, nmap);
		last = ids[pc] = insn_decode(&in[pc], len - pc, NULL);
		assert(last != I_NONE);
		if (insn_slots(last) == 2)
			ids[++pc] = I_LDDW_HI;
	}
	if (last != I_EXIT && last != I_JA && last != I_JA32) {
		in[len] = insn_exit();
		ids[len++] = I_EXIT;
	}
	for (uint32_t pc = 0; pc < len; pc++)
		if (ids[pc] != I_LDDW_HI && has_target(ids[pc]))
			repair_target(in, ids[pc], pc, ids, len);
	return len;
}

/* ---- repair of the rest ------------------------------------------------------------- */

static void repair_map_def(struct map_def *m, uint32_t nmap)
{
	m->type %= MAP_TYPE_N;
	if (!map_kind(m->type))
		m->type = MAP_ARRAY;
	m->key_size %= 1 << 16;
	m->value_size %= 1 << 16;
	if (m->ninit > m->value_size)
		m->ninit = m->value_size;
	if (m->ninit < m->value_size)
		m->ninit = 0;
	if (m->inner < -1 || m->inner >= (int64_t)nmap)
		m->inner = -1;
	if ((uint64_t)m->spin_lock_off + 4 > m->value_size)
		m->has_spin_lock = false;
	if (!m->has_spin_lock)
		m->spin_lock_off = 0;
}

/* Keeps the records up to the first that does not fit. */
static void repair_contents(const struct unit *u, struct input *in)
{
	uint32_t at = 0;

	while (at < in->nmaps) {
		uint8_t *p = (uint8_t *)in->maps + at;
		const char *why;
		uint32_t size;

		if (!u->nmap)
			break;
		p[0] = (uint8_t)(p[0] % u->nmap);
		size = map_record(u, p, in->nmaps - at, &why);
		if (!size)
			break;
		at += size;
	}
	in->nmaps = at;
}

static void repair_input(const struct unit *u, struct input *in)
{
	if (in->nctx > LIMIT_BYTES)
		in->nctx = LIMIT_BYTES;
	if (in->npacket > LIMIT_BYTES)
		in->npacket = LIMIT_BYTES;
	if (in->nmaps > LIMIT_BYTES)
		in->nmaps = LIMIT_BYTES;
	in->fuel %= 2 * FUEL_DEFAULT;
	repair_contents(u, in);
}

static void repair_case(struct testcase *tc, struct arena *a)
{
	struct unit *u = &tc->unit;

	for (uint32_t i = 0; i < u->nmap; i++)
		repair_map_def((struct map_def *)&u->map[i], u->nmap);
	for (uint32_t i = 0; i < u->nprog; i++) {
		struct program *p = (struct program *)&u->prog[i];
		struct insn *in = (struct insn *)p->insn;

		p->type %= PROG_TYPE_N;
		if (!prog_type_info(p->type))
			p->type = PROG_PLAIN;
		if (!in)
			in = arena_alloc(a, sizeof(*in));
		p->len -= p->len == MAX_INSNS;
		p->len = program_repair(in, p->len, u->map, u->nmap, a);
		p->insn = in;
		if (!program_info_ok(p))
			p->nline = p->nfunc = 0;
		program_seal(p, a);
	}
	for (uint32_t i = 0; i < tc->ninput; i++)
		repair_input(u, &tc->input[i]);
}

/* ---- bytes without magic ---------------------------------------------------------------- */

static const uint8_t any_type[8] = {
	PROG_PLAIN, PROG_XDP, PROG_SCHED_CLS, PROG_SOCKET_FILTER,
	PROG_PLAIN, PROG_SYSCALL, PROG_RAW_TRACEPOINT, PROG_CGROUP_SKB,
};
static const uint8_t any_map[8] = {
	MAP_ARRAY, MAP_HASH, MAP_ARRAY, MAP_HASH, MAP_ARRAY, MAP_HASH, MAP_ARRAY, MAP_PROG_ARRAY,
};
enum { ANY_FIXED = 8, ANY_MAP = 4, ETH_HLEN = 14 };

static void any_map_def(struct map_def *m, const uint8_t p[ANY_MAP], uint32_t i)
{
	snprintf(m->name, sizeof(m->name), "map%u", i);
	m->type = any_map[p[0] & 7];
	m->inner = -1;
	m->max_entries = 1 + p[3] % 16;
	m->value_size = 1u << p[2] % 7;
	m->key_size = m->type == MAP_HASH ? 1u << p[1] % 5 : 4;
	if (m->type == MAP_PROG_ARRAY)
		m->value_size = 4;
}

/* The rest of the bytes: what the program runs on. */
static void any_input(struct input *in, uint32_t type, const uint8_t *p, size_t n,
		      struct arena *a)
{
	const struct prog_type_info *info = prog_type_info(type);
	uint32_t size = n < 4096 ? (uint32_t)n : 4096;
	uint8_t *bytes;

	if (!info || !info->has_packet) {
		in->ctx = arena_dup(a, p, size);
		in->nctx = size;
		return;
	}
	/* An empty context is one of zeros.  Linux refuses shorter packets. */
	in->npacket = size < ETH_HLEN ? ETH_HLEN : size;
	in->packet = bytes = arena_alloc(a, in->npacket);
	if (size)
		memcpy(bytes, p, size);
}

static void any_decode(const uint8_t *p, size_t n, struct arena *a, struct testcase *tc)
{
	uint8_t head[ANY_FIXED] = { 0 };
	struct program *prog = arena_alloc(a, sizeof(*prog));
	struct map_def *map;
	struct insn *in;
	uint32_t seed, len;

	memcpy(head, p, n < ANY_FIXED ? n : ANY_FIXED);
	p += n < ANY_FIXED ? n : ANY_FIXED;
	n -= n < ANY_FIXED ? n : ANY_FIXED;
	memcpy(&seed, head + 4, 4);
	prog->type = any_type[head[0] & 7];
	tc->unit.prog = prog;
	tc->unit.nprog = 1;
	tc->unit.map = map = arena_alloc(a, (head[1] & 3) * sizeof(*map));
	for (; tc->unit.nmap < (head[1] & 3) && n >= ANY_MAP; tc->unit.nmap++) {
		any_map_def(&map[tc->unit.nmap], p, tc->unit.nmap);
		p += ANY_MAP;
		n -= ANY_MAP;
	}
	len = head[2] | (uint32_t)head[3] << 8;
	if (len > n / sizeof(*in))
		len = (uint32_t)(n / sizeof(*in));
	in = arena_raw(a, (len + 1) * sizeof(*in));
	memcpy(in, p, len * sizeof(*in));
	prog->insn = in;
	prog->len = len;
	p += len * sizeof(*in);
	n -= len * sizeof(*in);
	tc->ninput = 1;
	tc->input = arena_alloc(a, sizeof(*tc->input));
	tc->input->seed = seed;
	tc->input->fuel = ((head[1] >> 2) + 1ull) << 8;
	any_input(tc->input, prog->type, p, n, a);
}

/* A stream of instructions and nothing else. */
static bool any_raw(const uint8_t *p, size_t n, struct arena *a, struct testcase *tc)
{
	struct program *prog;
	struct check_err why;
	struct insn *in;
	uint32_t len = (uint32_t)(n / sizeof(*in));

	if (!n || n % sizeof(*in) || n / sizeof(*in) > MAX_INSNS)
		return false;
	in = arena_dup(a, p, n);
	if (!program_check(in, len, arena_raw(a, len), &why))
		return false;
	tc->unit.prog = prog = arena_alloc(a, sizeof(*prog));
	tc->unit.nprog = 1;
	prog->insn = in;
	prog->len = len;
	tc->ninput = 1;
	tc->input = arena_alloc(a, sizeof(*tc->input));
	tc->input->fuel = FUEL_FUZZ;
	return true;
}

void case_from_any(const uint8_t *p, size_t n, struct arena *a, struct testcase *tc)
{
	struct file_err err;

	if (n >= 5 && !memcmp(p, "PLX1", 4)) {
		if (case_from_bin(p, n, a, tc, &err))
			return;
		case_read_lenient(p + 5, n - 5, a, tc);
	} else {
		memset(tc, 0, sizeof(*tc));
		if (!any_raw(p, n, a, tc))
			any_decode(p, n, a, tc);
	}
	repair_case(tc, a);
	assert(case_check(tc, &err));
}
