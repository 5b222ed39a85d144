/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jit: random programs against the interpreter, in every mode.  The two share
 * memory, helpers and maps, so that this says nothing about those; but not one
 * line of what runs an instruction.
 */
#include "tests/unit/jit_rig.h"

enum { MAX_BODY = 400, DIFF_MAPS = 3, DIFF_PROGS = 3 };

struct diff {
	struct rig *r;
	struct rng rng;
	struct map_def map[DIFF_MAPS];
	struct program prog[DIFF_PROGS];
	uint8_t dead[DIFF_PROGS][MAX_BODY], ctx_ptr[DIFF_PROGS][MAX_BODY];
	const uint8_t *deads[DIFF_PROGS], *ctx_ptrs[DIFF_PROGS];
	bool has_dead, has_ctx_ptr;
	uint8_t packet[256];
	struct outcome want;
	uint32_t runs, returned, trapped, starved, shadows;
};

static uint32_t below(struct diff *d, uint32_t n)
{
	return (uint32_t)rng_below(&d->rng, n);
}

static bool chance(struct diff *d, uint32_t percent)
{
	return below(d, 100) < percent;
}

/* ---- programs -------------------------------------------------------------------- */

struct body {
	struct insn in[MAX_BODY];
	uint32_t n;
};

static void add(struct body *b, struct insn in)
{
	b->in[b->n++] = in;
}

static void add_wide(struct body *b, uint8_t dst, uint8_t subtype, uint64_t v)
{
	insn_lddw(&b->in[b->n], dst, subtype, v);
	b->n += 2;
}

static int32_t some_imm(struct diff *d)
{
	static const int32_t imms[] = { 0, 1, -1, 2, 7, 63, 127, -128, 255, INT32_MAX, INT32_MIN };

	return chance(d, 60) ? imms[below(d, COUNT(imms))] : (int32_t)rng_next(&d->rng);
}

static uint8_t scalar_reg(struct diff *d)
{
	static const uint8_t regs[] = { 0, 1, 2, 3, 4, 5, 8, 9 };

	return chance(d, 93) ? regs[below(d, COUNT(regs))] : (uint8_t)below(d, REG_FP);
}

/* Mostly a register that points to memory, with an offset that mostly stays in it. */
static uint8_t base_reg(struct diff *d, uint32_t size, int16_t *off)
{
	uint32_t k = below(d, 100);
	int32_t at;

	if (k < 45) {
		at = -(int32_t)below(d, chance(d, 10) ? 540 : 96);
		*off = (int16_t)(chance(d, 75) ? at & -(int32_t)size : at);
		return REG_FP;
	}
	at = (int32_t)below(d, chance(d, 10) ? 60 : 12);
	*off = (int16_t)(chance(d, 75) ? at & -(int32_t)size : at);
	if (k < 95)
		return k < 70 ? 6 : 7;
	*off = (int16_t)rng_next(&d->rng);
	return (uint8_t)below(d, REGS);
}

static void add_mem(struct diff *d, struct body *b, uint8_t id)
{
	const struct insn_row *row = insn_row(id);
	int16_t off;
	uint8_t base = base_reg(d, row->width / 8, &off);
	bool load = row->kind == K_LDX || row->kind == K_LDSX || row->kind == K_LOAD_ACQ;
	uint8_t other = load || row->kind == K_ATOMIC_FETCH ? scalar_reg(d) :
			(uint8_t)below(d, row->kind == K_CMPXCHG ? REG_FP : REGS);

	if (load)
		add(b, insn_make(id, other, base, off, 0));
	else
		add(b, insn_make(id, base, other, off, some_imm(d)));
}

static void add_call(struct diff *d, struct body *b)
{
	uint32_t map = below(d, 2);

	if (chance(d, 15)) {
		/* with whatever is in the registers; the last is no helper */
		static const int32_t ids[] = { 1, 2, 3, 5, 7, 8, 9, 26, 28, 4711 };

		add(b, insn_call(ids[below(d, COUNT(ids))]));
		return;
	}
	switch (below(d, 4)) {
	case 0:	/* lookup, and use of what it found */
		add_wide(b, 1, map ? 1 : 5, map);
		add(b, insn_st(SZ_DW, 10, -8, (int32_t)below(d, 6)));
		add(b, insn_mov64_reg(2, 10));
		add(b, insn_alu64_imm(ALU_ADD, 2, -8));
		add(b, insn_call(HELPER_map_lookup_elem));
		add(b, insn_jmp_imm(JMP_JEQ, 0, 0, 1));
		add(b, insn_atomic(SZ_DW, 1, 0, 8, 8));
		break;
	case 1:
		add_wide(b, 1, 1, map);
		add(b, insn_st(SZ_DW, 10, -8, (int32_t)below(d, 6)));
		add(b, insn_mov64_reg(2, 10));
		add(b, insn_alu64_imm(ALU_ADD, 2, -8));
		add(b, insn_mov64_reg(3, 10));
		add(b, insn_alu64_imm(ALU_ADD, 3, -64));
		add(b, insn_mov64_imm(4, (int32_t)below(d, 4)));
		add(b, insn_call(chance(d, 75) ? HELPER_map_update_elem : HELPER_map_delete_elem));
		break;
	case 2:
		add(b, insn_call(chance(d, 50) ? HELPER_get_prandom_u32 : HELPER_ktime_get_ns));
		break;
	default:
		if (chance(d, 95))
			add(b, insn_mov64_reg(1, 6));
		add_wide(b, 2, 1, chance(d, 95) ? 2 : map);
		add(b, insn_mov64_imm(3, (int32_t)below(d, 5)));
		add(b, insn_call(HELPER_tail_call));
		break;
	}
}

static void add_lddw(struct diff *d, struct body *b, uint8_t id)
{
	uint8_t dst = scalar_reg(d);

	switch (id) {
	case I_LD_IMM64:
		add_wide(b, dst, 0, chance(d, 50) ? rng_next(&d->rng) : (uint64_t)(int64_t)some_imm(d));
		break;
	case I_LD_MAP_FD_VALUE:
	case I_LD_MAP_IDX_VALUE:	/* of the array */
		dst = chance(d, 50) ? 7 : dst;
		add_wide(b, dst, (uint8_t)insn_row(id)->value,
			 (uint64_t)(chance(d, 90) ? below(d, 60) : (uint32_t)some_imm(d)) << 32);
		break;
	case I_LD_CODE_ADDR:
		add_wide(b, dst, 4, 0);	/* made to point somewhere later */
		break;
	default:
		add_wide(b, dst, (uint8_t)insn_row(id)->value, below(d, DIFF_MAPS));
		break;
	}
}

/* Any row, with operands that let it do something now and then. */
static void add_random(struct diff *d, struct body *b)
{
	uint8_t id = (uint8_t)below(d, INSN_N), dst, src;
	const struct insn_row *row = insn_row(id);

	switch ((enum insn_kind)row->kind) {
	case K_CALLX:
	case K_CALL_KFUNC:
	case K_ADDR_CAST:
		return;
	case K_CALL:
		add_call(d, b);
		return;
	case K_EXIT:
		if (chance(d, 20))
			add(b, insn_exit());
		return;
	case K_LDX: case K_LDSX: case K_STX: case K_ST: case K_ATOMIC: case K_ATOMIC_FETCH:
	case K_CMPXCHG: case K_LOAD_ACQ: case K_STORE_REL:
		add_mem(d, b, id);
		return;
	case K_LD_IMM64:
		if (id != I_LD_VAR_ADDR)
			add_lddw(d, b, id);
		return;
	case K_LD_ABS:
	case K_LD_IND:
		if (chance(d, 10))
			add(b, insn_mov64_imm(1, (int32_t)below(d, 70)));
		add(b, insn_make(id, 0, 1, 0, chance(d, 70) ? (int32_t)below(d, 70) : some_imm(d)));
		return;
	default:
		dst = scalar_reg(d);
		src = (uint8_t)below(d, REGS);
		add(b, insn_make(id, dst, src, 0, some_imm(d)));
		return;
	}
}

/* A slot that is no second half; mostly ahead of pc. */
static int64_t some_target(struct diff *d, const struct program *p, const uint8_t *ids, uint32_t pc)
{
	for (;;) {
		uint32_t to = below(d, p->len);

		if (chance(d, 85) && pc + 1 < p->len)
			to = pc + 1 + below(d, p->len - pc - 1 < 12 ? p->len - pc - 1 : 12);
		if (ids[to] != I_LDDW_HI)
			return (int64_t)to - pc - 1;
	}
}

static void set_targets(struct diff *d, struct program *p, struct insn *in)
{
	uint8_t ids[MAX_BODY];

	for (uint32_t pc = 0; pc < p->len; pc++) {
		ids[pc] = insn_decode(&in[pc], p->len - pc, NULL);
		assert_int_not_equal(ids[pc], I_NONE);
		if (insn_row(ids[pc])->kind == K_LD_IMM64)
			ids[++pc] = I_LDDW_HI;
	}
	for (uint32_t pc = 0; pc < p->len; pc++) {
		if (ids[pc] == I_LDDW_HI)
			continue;
		switch ((enum insn_kind)insn_row(ids[pc])->kind) {
		case K_JMP_K: case K_JMP_X: case K_MAY_GOTO:
			if (!in[pc].off)
				in[pc].off = (int16_t)some_target(d, p, ids, pc);
			break;
		case K_JA:
			if (insn_row(ids[pc])->width == 32)
				in[pc].imm = (int32_t)some_target(d, p, ids, pc);
			else
				in[pc].off = (int16_t)some_target(d, p, ids, pc);
			break;
		case K_CALL_LOCAL: case K_LD_IMM64:
			if (ids[pc] == I_CALL_LOCAL || ids[pc] == I_LD_CODE_ADDR)
				in[pc].imm = (int32_t)some_target(d, p, ids, pc);
			break;
		default:
			break;
		}
	}
}

static void make_program(struct diff *d, struct program *p, uint16_t type)
{
	struct body b = { .n = 0 };
	uint32_t want = 4 + below(d, chance(d, 10) ? MAX_BODY - 40 : 40);

	add(&b, insn_mov64_reg(6, 1));
	if (type == PROG_XDP && chance(d, 70))
		add(&b, insn_ldx(SZ_W, 7, 1, 0));
	else
		add_wide(&b, 7, 6, 0);
	add(&b, insn_mov64_imm(8, some_imm(d)));
	add(&b, insn_mov64_imm(9, some_imm(d)));
	while (b.n < want)
		add_random(d, &b);
	add(&b, insn_exit());
	*p = (struct program){ .len = b.n, .type = type };
	set_targets(d, p, b.in);
	p->insn = arena_dup(&d->r->mem, b.in, b.n * sizeof(b.in[0]));
	program_seal(p, &d->r->mem);
	if (!p->id)
		fail_msg("insn %u: %s", p->check.pc, p->check.msg);
}

static void make_unit(struct diff *d)
{
	static const uint16_t types[] = {
		PROG_PLAIN, PROG_XDP, PROG_SCHED_CLS, PROG_SYSCALL, PROG_RAW_TRACEPOINT,
	};
	uint16_t type = types[below(d, COUNT(types))];
	struct unit *u = &d->r->unit;

	d->map[0].flags = chance(d, 85) ? 0 : chance(d, 50) ? MAPF_RDONLY_PROG : MAPF_WRONLY_PROG;

	*u = (struct unit){ .prog = d->prog, .nprog = 1, .map = d->map, .nmap = DIFF_MAPS };
	if (chance(d, 30))
		u->nprog += 1 + below(d, DIFF_PROGS - 1);
	d->has_dead = chance(d, 10);
	for (uint32_t i = 0; i < u->nprog; i++) {
		make_program(d, &d->prog[i], type);
		d->deads[i] = d->dead[i];
		d->ctx_ptrs[i] = d->ctx_ptr[i];
		for (uint32_t pc = 0; pc < MAX_BODY; pc++)
			d->dead[i][pc] = d->has_dead && chance(d, 3);
	}
}

/* Elements for each map; the prog_array holds every program. */
static void make_input(struct diff *d)
{
	struct input *in = &d->r->in;
	uint8_t *m = arena_alloc(&d->r->mem, 256), *p = m;

	for (uint32_t i = 0; i < 3; i++) {
		*p = 2;
		memcpy(p + 1, &i, 4);
		p[5] = (uint8_t)below(d, d->r->unit.nprog);
		p += 9;
	}
	*in = (struct input){
		.ctx = d->r->ctx, .packet = d->packet, .maps = m, .nmaps = (uint32_t)(p - m),
	};
	in->nctx = below(d, 80) & ~7u;
	in->npacket = below(d, sizeof(d->packet));
	in->seed = rng_next(&d->rng);
	in->fuel = below(d, 2000);
	for (uint32_t i = 0; i < in->nctx; i++)
		d->r->ctx[i] = (uint8_t)rng_next(&d->rng);
}

/* ---- comparing --------------------------------------------------------------------- */

static void dump(const struct unit *u)
{
	char text[128];

	for (uint32_t i = 0; i < u->nprog; i++) {
		const struct program *p = &u->prog[i];

		for (uint32_t pc = 0; pc < p->len;) {
			uint32_t n = insn_print(text, sizeof(text), &p->insn[pc], p->len - pc);

			fprintf(stderr, "#   %u/%u: %s\n", i, pc, text);
			pc += n;
		}
	}
}

static void differs(struct diff *d, const char *mode, const char *what, const struct outcome *got)
{
	dump(&d->r->unit);
	fail_msg("%s: %s differs: interp %s %s at %u/%u, jit %s %s at %u/%u (%s), case %u", mode, what,
		 out_name(d->want.kind), trap_name(d->want.trap), d->want.pc.prog, d->want.pc.insn,
		 out_name(got->kind), trap_name(got->trap), got->pc.prog, got->pc.insn, got->why,
		 d->runs);
}

static void compare_traces(struct diff *d, const char *mode, const struct outcome *got)
{
	const struct trace *a = d->want.trace, *b = got->trace;

	if (!a || !b)
		return;
	if (a->nstep != b->nstep || a->nwrite != b->nwrite || a->nbytes != b->nbytes ||
	    a->overflow != b->overflow)
		differs(d, mode, "the size of the trace", got);
	for (uint32_t i = 0; i < a->nstep; i++) {
		const struct trace_step *s = &a->step[i], *t = &b->step[i];

		if (s->insn != t->insn || s->prog != t->prog || s->frame != t->frame ||
		    s->nwrite != t->nwrite || s->write != t->write ||
		    memcmp(s->reg, t->reg, sizeof(s->reg)) != 0)
			differs(d, mode, "a step", got);
	}
	if (a->nwrite && memcmp(a->write, b->write, a->nwrite * sizeof(*a->write)) != 0)
		differs(d, mode, "a write", got);
	if (a->nbytes && memcmp(a->bytes, b->bytes, a->nbytes) != 0)
		differs(d, mode, "what was written", got);
}

static void compare(struct diff *d, const char *mode, const struct outcome *got, bool fuel)
{
	const struct outcome *want = &d->want;

	if (want->kind != got->kind || want->trap != got->trap)
		differs(d, mode, "the outcome", got);
	if (want->kind != OUT_RETURN &&
	    (want->pc.prog != got->pc.prog || want->pc.insn != got->pc.insn))
		differs(d, mode, "the pc", got);
	for (uint32_t i = 0; i < REGS && want->kind == OUT_RETURN; i++)
		if (got->reg_valid >> i & 1 && want->reg[i] != got->reg[i])
			differs(d, mode, "a register", got);
	if (memcmp(want->digest, got->digest, sizeof(want->digest)) != 0)
		differs(d, mode, "memory", got);
	if (want->helpers != got->helpers || want->nhelpers != got->nhelpers)
		differs(d, mode, "what helpers saw", got);
	if (fuel && want->insns != got->insns)
		differs(d, mode, "the fuel used", got);
	compare_traces(d, mode, got);
}

static void run_mode(struct diff *d, const char *name, const struct jit_opts *o)
{
	struct rig *r = d->r;

	r->jit = jit_load(r->arena, &r->unit, o, &r->out);
	if (!r->jit)
		fail_msg("jit_load: %s", r->out.why);
	for (uint32_t again = 0; again < 2; again++) {
		jit_run(r->jit, r->guest, &r->in, &r->out);
		compare(d, name, &r->out, o->mode & (JIT_FUZZ | JIT_CHECKED));
	}
	rig_unload(r);
}

/* Which loads yielded a pointer, if each load always did the same. */
static void find_ctx_ptrs(struct diff *d)
{
	const struct layout *l = &d->r->guest->layout;
	const struct prog_type_info *info = prog_type_info(d->prog[0].type);
	const struct trace *t = d->want.trace;
	uint8_t seen[DIFF_PROGS][MAX_BODY] = { { 0 } };

	memset(d->ctx_ptr, 0, sizeof(d->ctx_ptr));
	d->has_ctx_ptr = !t->overflow;
	for (uint32_t i = 0; i < t->nstep; i++) {
		const struct trace_step *s = &t->step[i];
		const struct program *p = &d->prog[s->prog];
		const struct insn *in = &p->insn[s->insn];
		uint64_t field = s->reg[in->src] + (uint64_t)(int64_t)in->off - l->rgn[GUEST_CTX].base;
		bool ptr = field < INT16_MAX && (field == (uint64_t)info->off_data ||
			   field == (uint64_t)info->off_data_end ||
			   field == (uint64_t)info->off_data_meta);

		if (p->id[s->insn] != I_LDX_W)
			continue;
		if (seen[s->prog][s->insn] && d->ctx_ptr[s->prog][s->insn] != ptr)
			d->has_ctx_ptr = false;
		seen[s->prog][s->insn] = 1;
		d->ctx_ptr[s->prog][s->insn] = ptr;
		d->shadows += ptr;
	}
}

static void run_case(struct diff *d)
{
	struct rig *r = d->r;
	struct jit_opts o = { .dead = d->has_dead ? d->deads : NULL };
	struct interp *ip = interp_load(&r->unit, o.dead, true, &d->want);

	if (!ip)
		fail_msg("interp_load: %s", d->want.why);
	interp_run(ip, r->guest, &r->in, &d->want);
	d->runs++;
	d->returned += d->want.kind == OUT_RETURN;
	d->trapped += d->want.kind == OUT_TRAP;
	d->starved += d->want.kind == OUT_FUEL;
	o.mode = JIT_CHECKED | JIT_FUZZ;
	o.baseline = d->runs & 1;
	run_mode(d, "checked fuzz", &o);
	o.mode = JIT_CHECKED;
	run_mode(d, "checked", &o);
	o.mode = JIT_CHECKED | JIT_FUZZ | JIT_STEP;
	run_mode(d, "checked step", &o);
	if (d->want.kind == OUT_FUEL || d->want.trap == TRAP_DEAD || d->want.kind == OUT_RETURN) {
		o.mode = JIT_FUZZ;
		run_mode(d, "fuzz", &o);
		o.mode = JIT_FUZZ | JIT_STEP;
		run_mode(d, "fuzz step", &o);
		find_ctx_ptrs(d);
		o.ctx_ptr = d->has_ctx_ptr ? d->ctx_ptrs : NULL;
		o.mode = JIT_FUZZ;
		run_mode(d, "fuzz with known pointers", &o);
	}
	if (d->want.kind == OUT_RETURN || d->want.trap == TRAP_DEAD) {
		o.mode = 0;
		run_mode(d, "trusting", &o);
	}
	interp_unload(ip);
}

static uint32_t how_many(uint32_t n)
{
	return getenv("PARALLAX_LONG") ? 50 * n : n;
}

static struct diff *diff_new(uint64_t seed)
{
	struct diff *d = calloc(1, sizeof(*d));
	const char *more = getenv("PARALLAX_SEED");

	assert_non_null(d);
	d->r = rig_new();
	rng_seed(&d->rng, seed + (more ? strtoull(more, NULL, 0) : 0));
	d->map[0] = (struct map_def){ .name = "a", .type = MAP_ARRAY, .key_size = 4, .value_size = 20,
				      .max_entries = 4, .inner = -1 };
	d->map[1] = (struct map_def){ .name = "h", .type = MAP_HASH, .key_size = 8, .value_size = 16,
				      .max_entries = 5, .inner = -1 };
	d->map[2] = (struct map_def){ .name = "p", .type = MAP_PROG_ARRAY, .key_size = 4,
				      .value_size = 4, .max_entries = 4, .inner = -1 };
	return d;
}

static void diff_free(struct diff *d)
{
	rig_free(d->r);
	free(d);
}

static void random_programs_run_as_in_the_interpreter(void **state)
{
	struct diff *d = diff_new(1);

	(void)state;
	for (uint32_t i = how_many(8000); i--;) {
		arena_reset(&d->r->mem);
		make_unit(d);
		for (uint32_t k = 0; k < 2; k++) {
			make_input(d);
			run_case(d);
		}
	}
	/* It would be worth little if all of them ended in the same way, early. */
	print_message("# %u runs: %u returned, %u trapped, %u out of fuel, %u pointers loaded\n",
		      d->runs, d->returned, d->trapped, d->starved, d->shadows);
	assert_true(d->returned > d->runs / 8);
	assert_true(d->trapped > d->runs / 8);
	assert_true(d->starved > d->runs / 50);
	assert_true(d->shadows > 100);
	diff_free(d);
}

static struct insn any_insn(struct diff *d, uint32_t n)
{
	uint8_t id = (uint8_t)below(d, INSN_N);
	uint8_t dst = (uint8_t)below(d, REGS), src = (uint8_t)below(d, REGS);
	int16_t off = (int16_t)(below(d, 2 * n) - n);

	return insn_make(id, dst, src, off,
			 chance(d, 30) ? (int32_t)below(d, 6) - 2 : some_imm(d));
}

/* Fields at random, too: what no verifier would see twice. */
static void random_bytes_run_as_in_the_interpreter(void **state)
{
	struct diff *d = diff_new(2);
	uint32_t good = 0;

	(void)state;
	while (good < how_many(8000)) {
		struct insn in[16];
		uint32_t n = 2 + below(d, 14);

		arena_reset(&d->r->mem);
		for (uint32_t i = 0; i < n; i++)
			in[i] = any_insn(d, n);
		in[n - 1] = insn_exit();
		d->prog[0] = (struct program){ .len = n, .type = PROG_SCHED_CLS };
		d->prog[0].insn = arena_dup(&d->r->mem, in, n * sizeof(in[0]));
		program_seal(&d->prog[0], &d->r->mem);
		d->r->unit = (struct unit){ .prog = d->prog, .nprog = 1, .map = d->map,
					    .nmap = DIFF_MAPS };
		if (!d->prog[0].id || !vm_unit_check(&d->r->unit, &d->want))
			continue;
		good++;
		make_input(d);
		run_case(d);
	}
	diff_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs_run_as_in_the_interpreter),
		cmocka_unit_test(random_bytes_run_as_in_the_interpreter),
	};

	return cmocka_run_group_tests_name("jit: against the interpreter", tests, NULL, NULL);
}
