/* SPDX-License-Identifier: Apache-2.0 */
/* What every engine of ours shares: which units run, how a run starts, tail calls, the packet. */
#include "vm/internal.h"

#include <string.h>

/* ---- units ------------------------------------------------------------------- */

static bool refuse(struct outcome *r, enum out kind, uint32_t prog, uint32_t insn, const char *why)
{
	r->kind = kind;
	r->pc.prog = (uint16_t)prog;
	r->pc.insn = insn;
	snprintf(r->why, sizeof(r->why), "%s", why);
	return false;
}

static bool map_insn_check(const struct unit *u, const struct program *p, uint32_t pc,
			   const char **why)
{
	uint32_t map = (uint32_t)p->insn[pc].imm;

	if (map >= u->nmap) {
		*why = "no such map";
		return false;
	}
	if ((p->id[pc] == I_LD_MAP_FD_VALUE || p->id[pc] == I_LD_MAP_IDX_VALUE) &&
	    u->map[map].type != MAP_ARRAY) {
		*why = "address of a value in a map that is no array";
		return false;
	}
	return true;
}

static bool insn_check(const struct unit *u, uint32_t prog, uint32_t pc, struct outcome *r)
{
	const struct program *p = &u->prog[prog];
	const struct helper_proto *proto;
	const char *why;

	switch (p->id[pc]) {
	case I_CALLX:
		return refuse(r, OUT_REJECT, prog, pc, "callx: no indirect calls by register");
	case I_CALL_KFUNC:
		return refuse(r, OUT_UNSUPPORTED, prog, pc, "kfuncs are not run");
	case I_LD_VAR_ADDR:
		return refuse(r, OUT_UNSUPPORTED, prog, pc, "addresses of variables are not run");
	case I_ADDR_CAST:
		return refuse(r, OUT_UNSUPPORTED, prog, pc, "address space casts are not run");
	case I_LD_MAP_FD:
	case I_LD_MAP_IDX:
	case I_LD_MAP_FD_VALUE:
	case I_LD_MAP_IDX_VALUE:
		return map_insn_check(u, p, pc, &why) || refuse(r, OUT_REJECT, prog, pc, why);
	case I_CALL_HELPER:
		proto = helper_proto(p->insn[pc].imm);
		if (!proto || vm_helper_known(proto->id))
			return true;
		refuse(r, OUT_UNSUPPORTED, prog, pc, "");
		snprintf(r->why, sizeof(r->why), "helper %s is not run", proto->name);
		return false;
	default:
		return true;
	}
}

bool vm_unit_check(const struct unit *u, struct outcome *r)
{
	memset(r, 0, sizeof(*r));
	if (!u->nprog)
		return refuse(r, OUT_REJECT, 0, 0, "no program");
	for (uint32_t i = 0; i < u->nprog; i++) {
		const struct program *p = &u->prog[i];
		const struct prog_type_info *info = prog_type_info(p->type);

		if (!p->id)
			return refuse(r, OUT_REJECT, i, p->check.pc, p->check.msg);
		if (!info || !info->runs) {
			refuse(r, OUT_UNSUPPORTED, i, 0, "");
			snprintf(r->why, sizeof(r->why), "%s programs are not run",
				 info ? info->name : "such");
			return false;
		}
		for (uint32_t pc = 0; pc < p->len; pc++)
			if (!insn_check(u, i, pc, r))
				return false;
	}
	for (uint32_t i = 0; i < u->nmap; i++) {
		const char *no = map_def_check(&u->map[i]);

		if (!no)
			continue;
		refuse(r, OUT_UNSUPPORTED, 0, 0, "");
		snprintf(r->why, sizeof(r->why), "map %u (%.15s): %s", i, u->map[i].name, no);
		return false;
	}
	return true;
}

uint32_t vm_block_cost(const uint8_t *ids, const uint8_t *leader, uint32_t len, uint32_t pc)
{
	uint32_t n = 0;

	do {
		n += ids[pc] != I_LDDW_HI;
		pc++;
	} while (pc < len && !leader[pc]);
	return n;
}

uint64_t vm_wide_value(const struct guest *g, const struct insn *in, uint8_t id, uint32_t pc)
{
	uint32_t map = (uint32_t)in[pc].imm;

	switch (id) {
	case I_LD_MAP_FD:
	case I_LD_MAP_IDX:
		return GUEST_MAP_HANDLE + 64ULL * map;
	case I_LD_MAP_FD_VALUE:
	case I_LD_MAP_IDX_VALUE:
		return g->layout.rgn[GUEST_MAP0 + map].base + (uint32_t)in[pc + 1].imm;
	case I_LD_CODE_ADDR:
		return GUEST_CODE + 8 * (uint64_t)insn_target(in, id, pc);
	default:
		return insn_imm64(in + pc);
	}
}

/* ---- the start of a run --------------------------------------------------------- */

static void fill_entry(struct vm_run *run)
{
	const struct region *ctx = &run->g->layout.rgn[GUEST_CTX];
	const struct region *stack = &run->g->layout.rgn[GUEST_STACK];

	for (uint32_t i = 0; i < REG_FP; i++)
		run->entry[i] = seed_word(run->in->seed, SEED_ENTRY + i);
	run->entry[1] = ctx->len ? ctx->base : 0;
	if (run->unit->prog[0].type == PROG_PLAIN)
		run->entry[2] = ctx->len;
	run->entry[REG_FP] = stack->base + stack->len;
}

enum out vm_run_init(struct vm_run *run, struct guest *g, const struct unit *u,
		     const struct input *in, char *why)
{
	enum out out = guest_reset(g, u, in, why);

	if (out != OUT_RETURN)
		return out;
	run->g = g;
	run->unit = u;
	run->in = in;
	run->fuel = in->fuel < INT64_MAX ? (int64_t)in->fuel : INT64_MAX;
	run->helpers = run->nhelpers = 0;
	run->rand = seed_word(in->seed, SEED_RANDOM);
	/* An uptime of less than two weeks, as far as such a clock can be believed. */
	run->time = seed_word(in->seed, SEED_TIME) >> 14;
	run->cpu = seed_word(in->seed, SEED_CPU);
	run->tail_calls = 0;
	run->trap = TRAP_NONE;
	run->frame = 0;
	run->pc = (struct pc){ 0, 0 };
	run->trace = NULL;
	run->engine = NULL;
	for (uint32_t i = 0; i < 6; i++)
		run->poison[i] = seed_word(in->seed, SEED_POISON + i);
	fill_entry(run);
	memcpy(run->reg, run->entry, sizeof(run->reg));
	return OUT_RETURN;
}

/* ---- LD_ABS and LD_IND ------------------------------------------------------------- */

/* Offsets that Linux gives a meaning of their own (SKF_NET_OFF, SKF_LL_OFF). */
enum { NET_OFF = -0x100000, LINK_OFF = -0x200000, ETH_HEADER = 14 };

/*
 * Traffic control sees the link header, all others what follows it: for them a
 * header of zeros stands before the packet.
 */
static bool sees_link_header(uint16_t type)
{
	return type == PROG_SCHED_CLS || type == PROG_SCHED_ACT || type == PROG_PLAIN;
}

/* Where a negative offset points, from the packet's start; false if nowhere. */
static bool special_offset(uint16_t type, int64_t off, int64_t *at)
{
	int64_t link = sees_link_header(type) ? 0 : -ETH_HEADER;

	if (off >= NET_OFF)
		*at = off - NET_OFF + link + ETH_HEADER;
	else if (off >= LINK_OFF)
		*at = off - LINK_OFF + link;
	else
		return false;
	return true;
}

bool vm_ld_packet(struct vm_run *run, int64_t off, uint32_t size, uint64_t *value)
{
	const struct region *r = &run->g->layout.rgn[GUEST_PACKET];
	const uint8_t *packet = guest_host(r->base);
	int64_t at = (int32_t)off;
	uint64_t v = 0;

	if (at < 0 && !special_offset(run->unit->prog[0].type, at, &at))
		return false;
	if (!r->len || at + (int64_t)size > (int64_t)r->len)
		return false;
	for (uint32_t i = 0; i < size; i++, at++)
		v = v << 8 | (at < 0 ? 0 : packet[at]);
	*value = v;
	return true;
}
