/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading and running: what does not depend on the machine.
 */
#include "jit/jit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "jit/internal.h"

#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define UNPOISON(p, n) __msan_unpoison(p, n)
#endif
#endif
#ifndef UNPOISON
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

/*
 * Called from compiled code, which neither tells a sanitizer that its arguments
 * are initialised nor has a type for it to check.
 */
#if defined(__clang__)
#define FROM_CODE __attribute__((no_sanitize("memory")))
#define INTO_CODE __attribute__((noinline, no_sanitize("function")))
#else
#define FROM_CODE
#define INTO_CODE __attribute__((noinline))
#endif

struct jit {
	struct jit_ctx ctx;
	struct jit_arena *a;
	const struct unit *unit;
	uint32_t mode;
	uint32_t start, end;	/* code in the arena */
	uint32_t stubs;		/* bit mask: stubs that the code refers to */
	uint32_t nprog;
	int64_t fuel;		/* at the start of the run */
	struct trace trace;	/* step mode */
	struct {
		uint64_t addr;
		uint32_t len;	/* 0: none */
	} store;		/* of the last step: its bytes are there when the next begins */
	struct jit_prog prog[];	/* then all labels */
};

/* ---- where compiled code comes from ------------------------------------------------ */

const struct jit_target *jit_target(void)
{
	static const struct jit_target *const targets[] = { &jit_x86 };

	for (uint32_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (targets[i]->available())
			return targets[i];
	return NULL;
}

bool jit_available(void)
{
	return jit_target() != NULL;
}

/* The slot whose code contains offset off of the program (the last that begins there). */
static uint32_t slot_of(const struct jit_prog *p, uint32_t off)
{
	uint32_t lo = 0, hi = p->nslot;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (p->label[mid] <= off)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

static struct pc pc_of(const struct jit *j, uint64_t ip)
{
	uint64_t off = ip - (uint64_t)(uintptr_t)j->a->rx;

	for (uint32_t i = 0; i < j->nprog; i++)
		if (off - j->prog[i].start < j->prog[i].len)
			return (struct pc){ (uint16_t)i,
					    slot_of(&j->prog[i], (uint32_t)off - j->prog[i].start) };
	return (struct pc){ 0, 0 };
}

static const uint8_t *entry_of(const struct jit *j, uint32_t prog)
{
	return j->a->rx + j->prog[prog].start;
}

/* ---- loading ------------------------------------------------------------------------- */

static bool has_ctx_pointers(const struct program *p)
{
	const struct prog_type_info *info = prog_type_info(p->type);

	return info->off_data >= 0 || info->off_data_end >= 0 || info->off_data_meta >= 0;
}

static void build_init(struct jit_build *b, struct jit *j, const struct jit_opts *o, uint32_t i)
{
	const struct program *p = &j->unit->prog[i];

	b->prog = p;
	b->insn = p->insn;
	b->out = &j->prog[i];
	b->dead = o->dead ? o->dead[i] : NULL;
	b->ctx_ptr = o->ctx_ptr && !(o->mode & JIT_CHECKED) ? o->ctx_ptr[i] : NULL;
	/* The run's context is that of the first program. */
	b->ctx_loads = !b->ctx_ptr && has_ctx_pointers(&j->unit->prog[0]);
	b->start = b->p;
	b->out->start = (uint32_t)(b->p - j->a->rw);
	b->out->nslot = p->len;
}

/* Compiles each program behind the one before.  False: the arena is too small. */
static bool build_all(struct jit *j, const struct jit_opts *o)
{
	struct jit_arena *a = j->a;
	struct jit_build b = {
		.p = a->rw + j->start, .end = a->rw + a->size, .a = a, .unit = j->unit,
		.opts = o, .mode = o->mode, .features = o->baseline ? 0 : a->features,
		.fuel = o->mode & (JIT_CHECKED | JIT_FUZZ),
	};
	bool good = true;

	jit_arena_open(a);
	for (uint32_t i = 0; good && i < j->nprog; i++) {
		while ((b.p - a->rw) % 16)
			*b.p++ = a->target->fill;
		build_init(&b, j, o, i);
		good = jit_arena_labels(a, b.prog->len + 1 + b.prog->nsub) && a->target->program(&b);
	}
	j->end = (uint32_t)(b.p - a->rw);
	j->stubs = b.stubs;
	/* The emitter's last write may have gone past the end by less than 8 bytes. */
	if (a->stale < j->end + 8)
		a->stale = j->end + 8;
	jit_arena_close(a, good ? j->end : j->start);
	return good;
}

static struct jit *jit_new(struct jit_arena *a, const struct unit *u, uint32_t mode)
{
	size_t labels = 0, head = sizeof(struct jit) + u->nprog * sizeof(struct jit_prog);
	uint32_t *label;
	struct jit *j;

	for (uint32_t i = 0; i < u->nprog; i++)
		labels += u->prog[i].len + 1 + u->prog[i].nsub;
	j = malloc(head + labels * sizeof(*label));
	if (!j)
		die("jit: out of memory");
	memset(j, 0, head);
	label = (uint32_t *)((char *)j + head);
	for (uint32_t i = 0; i < u->nprog; i++) {
		j->prog[i].label = label;
		label += u->prog[i].len + 1 + u->prog[i].nsub;
	}
	j->a = a;
	j->unit = u;
	j->mode = mode;
	j->nprog = u->nprog;
	j->ctx.jit = j;
	j->ctx.arena = a;
	return j;
}

struct jit *jit_load(struct jit_arena *a, const struct unit *u, const struct jit_opts *o,
		     struct outcome *reject)
{
	struct jit *j;

	if (!vm_unit_check(u, reject))
		return NULL;
	jit_fault_init();
	j = jit_new(a, u, o->mode);
	j->start = a->live ? a->used : a->base;
	if (!build_all(j, o)) {
		free(j);
		memset(reject, 0, sizeof(*reject));
		reject->kind = OUT_UNSUPPORTED;
		snprintf(reject->why, sizeof(reject->why), "the code arena of %zu bytes is full", a->size);
		return NULL;
	}
	a->live++;
	return j;
}

void jit_unload(struct jit *j)
{
	struct jit_arena *a;

	if (!j)
		return;
	a = j->a;
	assert(a->live > 0);
	/* Stale code stays as it is until the next load overwrites or refills it. */
	if (--a->live && a->used == j->end)
		a->used = j->start;
	trace_free(&j->trace);
	free(j);
}

/* ---- called from compiled code ---------------------------------------------------------- */

FROM_CODE struct jit_pair jit_c_helper(struct jit_ctx *c, int32_t id)
{
	struct vm_run *run = &c->run;
	uint64_t r0;

	UNPOISON(run, sizeof(*run));
	r0 = vm_helper(run, id, run->reg[1], run->reg[2], run->reg[3], run->reg[4], run->reg[5]);
	return (struct jit_pair){ r0, run->trap };
}

FROM_CODE struct jit_pair jit_c_tail_call(struct jit_ctx *c, uint64_t r1, uint64_t r2, uint64_t r3)
{
	int32_t prog = vm_tail_call(&c->run, r1, r2, r3);
	const uint8_t *code = prog < 0 ? NULL : entry_of(c->jit, (uint32_t)prog);

	return (struct jit_pair){ (uint64_t)(uintptr_t)code, c->run.trap };
}

FROM_CODE struct jit_pair jit_c_packet(struct jit_ctx *c, int64_t off, uint32_t size)
{
	uint64_t value = 0;
	bool inside = vm_ld_packet(&c->run, off, size, &value);

	return (struct jit_pair){ value, inside };
}

/* A 4-byte load where the type's context has pointers: those yield their 64-bit shadow. */
FROM_CODE struct jit_pair jit_c_ctx_load(struct jit_ctx *c, uint64_t addr)
{
	struct guest *g = c->run.g;
	const struct prog_type_info *info = prog_type_info(g->unit->prog[0].type);
	uint64_t base = g->layout.rgn[GUEST_CTX].base, field = addr - base, wide;
	const void *p = guest_at(g, addr, 4, RGN_READ);
	uint32_t word;

	if (!p)
		return (struct jit_pair){ 0, false };
	if (field <= INT16_MAX && ((int16_t)field == info->off_data ||
				   (int16_t)field == info->off_data_end ||
				   (int16_t)field == info->off_data_meta)) {
		memcpy(&wide, (const void *)(uintptr_t)(base + CTX_SHADOW + 2 * field), 8);
		return (struct jit_pair){ wide, true };
	}
	memcpy(&word, p, sizeof(word));
	return (struct jit_pair){ word, true };
}

/* ---- steps -------------------------------------------------------------------------------- */

/* What the insn of the last step wrote by itself; helpers record their writes themselves. */
static void step_end(struct jit *j)
{
	if (j->store.len && guest_at(j->ctx.run.g, j->store.addr, j->store.len, RGN_WRITE))
		trace_write(&j->trace, j->store.addr, j->store.len);
	j->store.len = 0;
}

/* Will the insn write?  A compare-and-exchange only if it finds what it expects. */
static bool stores(const struct jit *j, const struct insn_row *row, uint64_t addr)
{
	uint64_t now = 0, mask = row->width == 32 ? UINT32_MAX : UINT64_MAX;
	const void *p;

	switch ((enum insn_kind)row->kind) {
	case K_STX:
	case K_ST:
	case K_ATOMIC:
	case K_ATOMIC_FETCH:
	case K_STORE_REL:
		return true;
	case K_CMPXCHG:
		p = guest_at(j->ctx.run.g, addr, row->width / 8, RGN_READ);
		if (p)
			memcpy(&now, p, row->width / 8);
		return now == (j->ctx.run.reg[0] & mask);
	default:
		return false;
	}
}

FROM_CODE void jit_c_step(struct jit_ctx *c, const uint8_t *ip)
{
	struct jit *j = c->jit;
	struct pc pc = pc_of(j, (uint64_t)(uintptr_t)ip - 1);
	const struct program *p = &j->unit->prog[pc.prog];
	const struct insn *in = &p->insn[pc.insn];
	const struct insn_row *row = insn_row(p->id[pc.insn]);
	uint64_t addr = c->run.reg[in->dst] + (uint64_t)(int64_t)in->off;

	UNPOISON(&c->run, sizeof(c->run));
	step_end(j);
	trace_step(&j->trace, pc, c->run.frame, c->run.reg);
	if (stores(j, row, addr)) {
		j->store.addr = addr;
		j->store.len = row->width / 8;
	}
}

/* ---- running -------------------------------------------------------------------------------- */

typedef uint32_t (*enter_fn)(char *, const void *);

/* Compiled code has none of the type information that -fsanitize=function looks for. */
INTO_CODE static uint32_t enter(struct jit *j)
{
	enter_fn f = (enter_fn)(uintptr_t)(j->a->rx + j->a->stub[STUB_ENTER]);
	uint32_t left;

	jit_fault_arm(&j->ctx);
	left = f((char *)&j->ctx + JIT_CTX_BIAS, entry_of(j, 0));
	jit_fault_arm(NULL);
	UNPOISON(&j->ctx, sizeof(j->ctx));
	return left;
}

static void run_start(struct jit *j)
{
	struct jit_ctx *c = &j->ctx;

	c->ctx_shadow = CTX_SHADOW - c->run.g->layout.rgn[GUEST_CTX].base;
	c->run.trap = TRAP_NONE;
	c->run.frame = 0;
	j->fuel = c->run.fuel;
	j->store.len = 0;
	if (j->mode & JIT_STEP) {
		trace_reset(&j->trace);
		c->run.trace = &j->trace;
	}
}

/* Signals of our own traps are told from faults by what stands at the insn. */
static enum trap fault_trap(const struct jit_ctx *c)
{
	const uint8_t *at = (const uint8_t *)(uintptr_t)c->ip;

	return *at == c->arena->target->fill ? TRAP_DEAD : TRAP_FAULT;
}

/* What the block at pc took from the fuel before it was found too long. */
static uint32_t block_cost(const struct jit *j, struct pc pc)
{
	const struct program *p = &j->unit->prog[pc.prog];

	program_leaders(p->insn, p->id, p->len, j->a->leader);
	return vm_block_cost(p->id, j->a->leader, p->len, pc.insn);
}

static void run_end(struct jit *j, enum jit_left left, struct outcome *out)
{
	struct jit_ctx *c = &j->ctx;

	out->insns = (uint64_t)(j->fuel - c->run.fuel);
	switch (left) {
	case LEFT_EXIT:
		out->kind = OUT_RETURN;
		memcpy(out->reg, c->run.reg, sizeof(out->reg));
		out->reg_valid = j->mode & JIT_FUZZ ? (1u << REGS) - 1 : 1;
		break;
	case LEFT_FUEL:
		out->kind = OUT_FUEL;
		out->pc = pc_of(j, c->ip - 1);
		out->insns -= block_cost(j, out->pc);
		break;
	case LEFT_TRAP:
		out->kind = OUT_TRAP;
		out->trap = c->run.trap;
		out->pc = pc_of(j, c->ip - 1);
		break;
	case LEFT_FAULT:
		out->kind = OUT_TRAP;
		out->trap = fault_trap(c);
		out->pc = pc_of(j, c->ip);
		snprintf(out->why, sizeof(out->why), "signal %d", c->signal);
		break;
	}
	/* The insn that trapped wrote nothing. */
	if (out->kind == OUT_TRAP)
		j->store.len = 0;
	step_end(j);
	out->helpers = c->run.helpers;
	out->nhelpers = c->run.nhelpers;
}

void jit_run(struct jit *j, struct guest *g, const struct input *in, struct outcome *out)
{
	struct jit_ctx *c = &j->ctx;
	enum out kind;

	memset(out, 0, sizeof(*out));
	kind = vm_run_init(&c->run, g, j->unit, in, out->why);
	if (kind != OUT_RETURN) {
		out->kind = (uint8_t)kind;
		return;
	}
	run_start(j);
	run_end(j, enter(j), out);
	if (j->mode & JIT_STEP)
		out->trace = &j->trace;
	guest_digest(g, out);
}

uint64_t jit_call(struct jit *j, struct vm_run *run)
{
	j->ctx.run = *run;
	run_start(j);
	enter(j);
	*run = j->ctx.run;
	return run->reg[0];
}

/* ---- looking at the code -------------------------------------------------------------------- */

const uint8_t *jit_code(const struct jit *j, uint32_t prog, uint32_t *len)
{
	*len = j->prog[prog].len;
	return entry_of(j, prog);
}

uint32_t jit_offset(const struct jit *j, uint32_t prog, uint32_t pc)
{
	return j->prog[prog].label[pc];
}

uint32_t jit_fixed_bytes(const struct jit *j)
{
	uint32_t n = j->a->stub_len[STUB_ENTER];

	for (uint32_t i = 0; i < STUB_N; i++)
		if (j->stubs >> i & 1)
			n += j->a->stub_len[i];
	if (j->stubs & ~(1u << STUB_STEP | 1u << STUB_FUEL))	/* they end there */
		n += j->a->stub_len[STUB_TRAPPED];
	return n;
}
