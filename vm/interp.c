/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reference interpreter.
 *
 * A program is decoded once into records that name their handler: direct
 * threading.  Before each block stands a charge, so that fuel is paid where
 * compiled code pays it.  Every access is checked; nothing is optimised away.
 */
#include "vm/internal.h"
#include "isa/eval.h"

#include <stdlib.h>
#include <string.h>

#define unlikely(x) __builtin_expect(!!(x), 0)

/* Handlers besides those of the rows of isa.def. */
enum handler {
	H_CHARGE = INSN_N,	/* pays imm for the block that follows */
	H_DEAD,
	H_LOAD_CTX,		/* LDX_W where contexts have packet pointers */
	H_TAIL_CALL,
	H_MAP_VALUE,		/* address of map imm's first value, plus target */
};

struct op {
	const void *fn;
	uint8_t dst, src;
	int16_t off;
	int32_t imm;
	int32_t target;		/* jumps: ops from here; wide insns: the high half */
	uint32_t slot;
};

struct frame {			/* of a caller, and the counter of the running frame */
	const struct op *back;
	uint64_t saved[4];	/* r6 to r9 */
	uint32_t may_goto;	/* how often may_goto still falls through */
	uint16_t prog;
};
_Static_assert(REG_FP == 10, "r6 to r9 and the frame pointer are saved over calls");

struct interp {
	const struct unit *unit;
	bool tracing;
	bool ctx_loads;		/* 4-byte loads may yield pointers */
	int16_t off_data, off_data_end, off_data_meta;
	struct vm_run run;
	struct trace trace;
	const struct op *op[];	/* of each program; the memory follows */
};

/* ---- execution -------------------------------------------------------------------- */

#define ACCESSORS(w) \
	static inline uint##w##_t load##w(const void *p) \
	{ \
		uint##w##_t v; \
\
		memcpy(&v, p, sizeof(v)); \
		return v; \
	} \
	static inline void store##w(void *p, uint64_t value) \
	{ \
		uint##w##_t v = (uint##w##_t)value; \
\
		memcpy(p, &v, sizeof(v)); \
	}
ACCESSORS(8)
ACCESSORS(16)
ACCESSORS(32)
ACCESSORS(64)

static bool is_pointer_field(const struct interp *in, uint64_t off)
{
	int64_t field = (int64_t)off;

	return field >= 0 && (field == in->off_data || field == in->off_data_end ||
			      field == in->off_data_meta);
}

#define TRACING 0
#define LOOP loop_plain
#include "vm/interp_loop.inc"

#define TRACING 1
#define LOOP loop_tracing
#include "vm/interp_loop.inc"

void interp_run(struct interp *ip, struct guest *g, const struct input *in, struct outcome *out)
{
	struct vm_run *run = &ip->run;

	memset(out, 0, sizeof(*out));
	out->kind = (uint8_t)vm_run_init(run, g, ip->unit, in, out->why);
	if (out->kind != OUT_RETURN)
		return;
	if (ip->tracing) {
		trace_reset(&ip->trace);
		run->trace = &ip->trace;
		out->trace = &ip->trace;
		loop_tracing(ip, run, out, NULL);
	} else {
		loop_plain(ip, run, out, NULL);
	}
	out->helpers = run->helpers;
	out->nhelpers = run->nhelpers;
	guest_digest(g, out);
	if (out->kind == OUT_TRAP)
		snprintf(out->why, sizeof(out->why), "%s at insn %u", trap_name(out->trap),
			 out->pc.insn);
}

/* ---- decoding --------------------------------------------------------------------- */

/* What one program is decoded with. */
struct decode {
	const struct program *p;
	const uint8_t *dead;	/* or NULL */
	const void *const *label;
	uint8_t *leader;
	uint32_t *at;		/* op of each slot; at leaders the charge */
	bool ctx_loads;
};

/* Places each slot; returns how many ops the program takes. */
static uint32_t place_ops(struct decode *d)
{
	const struct program *p = d->p;
	uint32_t n = 0;

	program_leaders(p->insn, p->id, p->len, d->leader);
	for (uint32_t pc = 0; pc < p->len; pc++) {
		d->at[pc] = n;
		n += d->leader[pc] + (p->id[pc] != I_LDDW_HI);
	}
	return n;
}

static enum handler handler_of(const struct decode *d, uint32_t pc)
{
	uint8_t id = d->p->id[pc];

	if (d->dead && d->dead[pc])
		return H_DEAD;
	switch (id) {
	case I_LDX_W:
		return d->ctx_loads ? H_LOAD_CTX : (enum handler)id;
	case I_CALL_HELPER:
		return d->p->insn[pc].imm == HELPER_tail_call ? H_TAIL_CALL : (enum handler)id;
	case I_LD_MAP_FD_VALUE:
	case I_LD_MAP_IDX_VALUE:
		return H_MAP_VALUE;
	default:
		return (enum handler)id;
	}
}

static void decode_insn(const struct decode *d, uint32_t pc, struct op *op, uint32_t n)
{
	const struct insn *in = &d->p->insn[pc];
	enum handler h = handler_of(d, pc);
	uint8_t id = d->p->id[pc];
	uint64_t wide;

	*op = (struct op){
		.fn = d->label[h], .dst = in->dst, .src = in->src, .off = in->off, .imm = in->imm,
		.slot = pc,
	};
	switch ((enum insn_kind)insn_row(id)->kind) {
	case K_JMP_K:
	case K_JMP_X:
	case K_JA:
	case K_MAY_GOTO:
	case K_CALL_LOCAL:
		op->target = (int32_t)(d->at[insn_target(d->p->insn, id, pc)] - n);
		break;
	case K_LD_IMM64:
		/* also where h is dead */
		if (id == I_LD_MAP_FD_VALUE || id == I_LD_MAP_IDX_VALUE) {
			op->target = in[1].imm;
			break;
		}
		/* Needs no guest: only addresses of map values depend on the run. */
		wide = vm_wide_value(NULL, d->p->insn, id, pc);
		op->imm = (int32_t)wide;
		op->target = (int32_t)(wide >> 32);
		break;
	default:
		break;
	}
}

static void decode_program(const struct decode *d, struct op *op)
{
	const struct program *p = d->p;
	uint32_t n = 0;

	for (uint32_t pc = 0; pc < p->len; pc++) {
		if (d->leader[pc])
			op[n++] = (struct op){
				.fn = d->label[H_CHARGE], .slot = pc,
				.imm = (int32_t)vm_block_cost(p->id, d->leader, p->len, pc),
			};
		if (p->id[pc] == I_LDDW_HI)
			continue;
		decode_insn(d, pc, &op[n], n);
		n++;
	}
}

static void *get_memory(size_t size)
{
	void *p = malloc(size);

	if (!p)
		die("interp: out of memory (%zu bytes)", size);
	return p;
}

static struct interp *interp_new(const struct unit *u, uint64_t nop, bool trace)
{
	const struct prog_type_info *info = prog_type_info(u->prog[0].type);
	struct interp *ip = get_memory(sizeof(*ip) + u->nprog * sizeof(ip->op[0]) +
				       nop * sizeof(struct op));

	ip->unit = u;
	ip->tracing = trace;
	ip->off_data = info->off_data;
	ip->off_data_end = info->off_data_end;
	ip->off_data_meta = info->off_data_meta;
	ip->ctx_loads = info->off_data >= 0;
	memset(&ip->trace, 0, sizeof(ip->trace));
	return ip;
}

struct interp *interp_load(const struct unit *u, const uint8_t *const *dead, bool trace,
			   struct outcome *reject)
{
	const void *const *label;
	struct interp *ip;
	struct op *op;
	uint64_t slots = 0;
	uint8_t *scratch;

	if (!vm_unit_check(u, reject))
		return NULL;
	for (uint32_t i = 0; i < u->nprog; i++)
		slots += u->prog[i].len;
	/* At most one charge for each slot. */
	ip = interp_new(u, 2 * slots, trace);
	op = (struct op *)&ip->op[u->nprog];
	scratch = get_memory(slots * 5);
	(trace ? loop_tracing : loop_plain)(ip, NULL, NULL, &label);
	for (uint32_t i = 0; i < u->nprog; i++) {
		struct decode d = {
			.p = &u->prog[i], .dead = dead ? dead[i] : NULL, .label = label,
			.at = (uint32_t *)scratch, .leader = scratch + slots * 4,
			.ctx_loads = ip->ctx_loads,
		};
		uint32_t n = place_ops(&d);

		decode_program(&d, op);
		ip->op[i] = op;
		op += n;
	}
	free(scratch);
	return ip;
}

void interp_unload(struct interp *ip)
{
	if (!ip)
		return;
	trace_free(&ip->trace);
	free(ip);
}
