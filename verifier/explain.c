/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain: why a program was rejected, for its author.
 *
 * The walk is done once more with a log that keeps the insns of the current
 * path (LOG_PATH).  The path that failed is then stepped through from its
 * begin, and each value gets a definition: the insn that gave it, and the
 * definitions that this insn used.  What the failing insn is about leads back
 * through these to the insns that matter; the rest is folded.
 */
#include "verifier/explain.h"

#include <stdio.h>

enum { AROUND = 4 };	/* insns before and behind one that is wrong by itself */

/* Errors of rounds and budgets: the insn where they show is not to blame. */
static bool about_loop(enum verr err)
{
	return err == V_INFINITE_LOOP || err == V_TOO_COMPLEX || err == V_TOO_MANY_BRANCHES;
}

const struct line_info *program_line(const struct program *p, uint32_t pc)
{
	const struct line_info *line = NULL;

	for (uint32_t lo = 0, hi = p->nline; lo < hi;) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (p->line[mid].insn_off <= pc) {
			line = &p->line[mid];
			lo = mid + 1;
		} else {
			hi = mid;
		}
	}
	return line;
}

/* ---- what matters ------------------------- */

static void need(struct tracer *t, uint32_t d)
{
	if (d)
		t->def[d].needed = true;
}

/* Sources are older than what is made from them: one pass from the end finds all. */
static void need_sources(struct tracer *t)
{
	for (uint32_t d = t->ndef; d-- > 1;)
		for (uint32_t i = 0; t->def[d].needed && i < SOURCES; i++)
			need(t, t->def[d].source[i]);
}

static bool is_branch(const struct tracer *t, const struct traced *x)
{
	switch (insn_row(t->env->id[x->pc])->kind) {
	case K_JMP_K: case K_JMP_X: case K_MAY_GOTO:
		return true;
	default:
		return false;
	}
}

/* From the end: what gave needed values, and the last decisions, as long as there is room. */
static void select_insns(struct tracer *t, uint32_t max_decisions)
{
	uint32_t shown = 0, decisions = 0;

	for (uint32_t i = t->ninsn; i-- > 0 && shown < MAX_WHY_STEPS;) {
		struct traced *x = &t->insn[i];

		for (uint32_t d = x->def; d < x->def + x->ndef; d++)
			x->shown |= t->def[d].needed;
		if (is_branch(t, x) && !x->decided && decisions < max_decisions) {
			decisions++;
			x->shown = true;
		}
		shown += x->shown;
	}
}

/* ---- the parts of the explanation ------------------------- */

static const char *place_name(const struct tracer *t, uint32_t place)
{
	if (place < REGS)
		return arena_printf(t->arena, "r%u", place);
	return arena_printf(t->arena, "fp-%u", 8 * (place - REGS + 1));
}

static const char *slot_words(const struct tracer *t, const struct func_state *f, uint32_t i)
{
	char text[9] = { 0 };
	uint32_t n = 0;

	if (i < f->nslot && slot_is_spill(&f->slot[i]))
		return words_value(t->env, &f->slot[i].spill);
	for (uint32_t b = 0; b < 8; b++) {
		bool set = i < f->nslot && f->slot[i].type[b] != SLOT_INVALID;

		n += set;
		text[b] = set ? 'x' : '?';
	}
	if (!n)
		return "8 bytes of stack that were never written";
	if (n == 8)
		return "8 bytes of stack that were written";
	return arena_printf(t->arena,
			"8 bytes of stack, of which only %u were written (%s, x: written)",
			    n, text);
}

static void add_value(struct tracer *t, struct explanation *e, uint32_t place)
{
	const struct vstate *s = t->state;
	const struct func_state *f = s->frame[s->curframe];
	uint32_t d = t->now[s->curframe][place];
	struct why_value *v;

	if (e->nvalue == MAX_WHY_VALUES)
		return;
	for (uint32_t i = 0; i < e->nvalue; i++)
		if (!strcmp(e->value[i].name, place_name(t, place)))
			return;
	v = &e->value[e->nvalue++];
	v->name = place_name(t, place);
	v->words = place < REGS ? words_value(t->env, &f->reg[place]) :
		   slot_words(t, f, place - REGS);
	v->pc = UINT32_MAX;
	if (!d)
		return;
	need(t, d);
	v->pc = t->insn[t->def[d].insn].pc;
	v->line = program_line(t->env->prog, v->pc);
}

/* The slots of [off, off + size) of the current frame's stack. */
static void add_slots(struct tracer *t, struct explanation *e, int64_t off, uint64_t size)
{
	for (int64_t i = off; i < off + (int64_t)size && i < 0; i++)
		if (i >= -STACK_SIZE)
			add_value(t, e, REGS + (uint32_t)((-i - 1) / 8));
}

/* Registers, and bytes of the stack, that the rejection is about. */
static void add_values(struct tracer *t, struct explanation *e, const struct verdict *v)
{
	const struct venv *env = t->env;
	const struct insn *in = &env->insn[v->pc];
	uint8_t id = env->id[v->pc], kind = insn_row(id)->kind;
	const struct helper_proto *p = NULL;
	uint32_t regs = v->reg >= 0 ? 1u << v->reg : 0;

	if (kind == K_CALL)
		p = helper_proto_for(in->imm, env->prog->type);
	else if (v->reg < 0 || kind == K_ALU_X || kind == K_JMP_X)
		regs |= insn_reads(in, id);
	if (p && v->reg >= 1 && v->reg <= 5) {
		uint8_t arg = p->arg[v->reg - 1].kind;

		if (arg == ARG_MEM && v->reg < 5 && !(p->arg[v->reg - 1].flags & ARGF_FIXED))
			regs |= 2u << v->reg;
		if ((arg == ARG_SIZE || arg == ARG_SIZE_OR_ZERO) && v->reg > 1)
			regs |= 1u << (v->reg - 1);
		if (arg == ARG_MAP_KEY || arg == ARG_MAP_VALUE)
			regs |= 2;
	}
	for (uint32_t r = 0; r < REGS; r++)
		if (regs >> r & 1)
			add_value(t, e, r);
}

static void add_fact(struct explanation *e, const char *fact)
{
	if (fact && e->nfact < MAX_WHY_FACTS)
		e->fact[e->nfact++] = fact;
}

/* Is the byte at off of the current frame's stack one of a stored pointer? */
static bool holds_pointer(const struct tracer *t, int64_t off)
{
	const struct func_state *f = t->state->frame[t->state->curframe];
	int64_t i = (-off - 1) / 8;

	return off < 0 && i < f->nslot && slot_is_pointer(&f->slot[i]);
}

/* Which bytes of the stack are missing: the sentence has offset, index and size. */
static void add_stack(struct tracer *t, struct explanation *e, const struct verdict *v)
{
	const char *off = strstr(v->msg, "off ");
	long long at;
	unsigned int i, size;

	if ((v->err != V_STACK_READ && v->err != V_STACK_INDIRECT) || !off ||
	    sscanf(off, "off %lld+%u size %u", &at, &i, &size) != 3 || size > STACK_SIZE)
		return;
	add_slots(t, e, at, size);
	if (holds_pointer(t, at + (long long)i)) {
		e->headline = "a pointer would be read from the stack, as bytes";
		e->hint = "do not pass on what pointers are stored in; or load the program with CAP_PERFMON";
	}
	add_fact(e, arena_printf(t->arena, "bytes fp%+lld to fp%+lld are read; fp%+lld %s", at,
				 at + (long long)size - 1, at + (long long)i,
				 holds_pointer(t, at + (long long)i) ? "is part of a pointer" :
				 "was never written"));
}

/* What decides whether the loop that is executed most often goes on, as it was last. */
static void add_loop_values(struct tracer *t, struct explanation *e)
{
	const struct venv *env = t->env;
	const struct insn *in = &env->insn[t->loop];

	if (!t->head) {
		add_fact(e, "no condition on the path can end the loop");
		return;
	}
	add_fact(e, arena_printf(t->arena,
			"the loop has the condition %s at insn %u, which was met "
				 "%u times on this path", words_condition(env, t->loop), t->loop,
				 t->visits[t->loop]));
	for (uint32_t m = insn_reads(in, env->id[t->loop]); m; m &= m - 1) {
		uint32_t r = (uint32_t)__builtin_ctz(m);

		add_fact(e, arena_printf(t->arena, "r%u was %s there in the end", r,
					 words_value(env, state_reg(t->head, r))));
	}
}

/* The value that the place of definition d had before, NULL: none on the path. */
static const struct reg_state *value_before(const struct tracer *t, uint32_t d)
{
	for (uint32_t i = d; i-- > 1;)
		if (t->def[i].frame == t->def[d].frame && t->def[i].reg == t->def[d].reg)
			return t->def[i].value;
	return NULL;
}

/* The register was set, and a call took its value. */
static void add_lost(struct tracer *t, struct explanation *e, const struct verdict *v)
{
	uint32_t d = t->state ? t->now[t->state->curframe][v->reg] : 0, pc = e->value[0].pc;
	uint8_t kind = insn_row(t->env->id[pc])->kind;
	const struct reg_state *was = d ? value_before(t, d) : NULL;

	if (kind != K_CALL && kind != K_CALL_LOCAL)
		return;
	if (v->reg <= 5) {
		add_fact(e, arena_printf(t->arena, "the call at insn %u overwrites r1 to r5", pc));
	} else if (was && (type_is_packet(was->type) || was->type == T_PACKET_END)) {
		e->headline = "a packet pointer is used after a call that may move the packet";
		e->hint = "load data and data_end from the context again after the call, and compare again";
		add_fact(e, arena_printf(t->arena, "the call at insn %u may move the packet: pointers "
					 "into it and what was compared with data_end are void", pc));
	} else if (was) {
		e->headline = "a pointer is used after what it points to was released";
		e->hint = "use it before it is released, or keep a copy of the value that is needed";
		add_fact(e, arena_printf(t->arena, "r%d was %s; the call at insn %u released that", v->reg,
					 words_value(t->env, was), pc));
	}
}

/* Of what the path holds or repeats. */
static void add_path_facts(struct tracer *t, struct explanation *e, const struct verdict *v)
{
	const struct vstate *s = t->state;
	uint32_t most = 0;

	if (t->state->speculative)
		add_fact(e, "no run takes this path, but a cpu that mispredicts a jump runs ahead on it: "
			 "without CAP_PERFMON it must be fine, too");
	if (v->err == V_READ_UNINIT && v->reg >= 0 && e->nvalue && e->value[0].pc != UINT32_MAX)
		add_lost(t, e, v);
	for (uint32_t i = 0; v->err == V_REF_LEAK && s && i < s->nref; i++) {
		const struct line_info *line = program_line(t->env->prog, s->ref[i].insn);

		add_fact(e, arena_printf(t->arena, "acquired at insn %u%s%s", s->ref[i].insn,
					 line && line->text ? ": " : "",
					 line && line->text ? line->text : ""));
		for (uint32_t k = 0; k < t->ninsn; k++)
			t->insn[k].shown |= t->insn[k].pc == s->ref[i].insn;
	}
	if (!about_loop(v->err))
		return;
	for (uint32_t pc = 0; pc < t->env->len; pc++)
		if (t->visits[pc] > t->visits[most])
			most = pc;
	add_loop_values(t, e);
	if (v->err == V_INFINITE_LOOP)
		add_fact(e, arena_printf(t->arena,
				"the path came back to insn %u (visit %u) with the same "
					 "values: nothing that changes would end the loop", v->pc,
					 t->visits[v->pc] + 1));
	else if (t->visits[most] > 1)
		add_fact(e, arena_printf(t->arena,
				"on the path that was being followed insn %u was "
					 "executed %u times", most, t->visits[most]));
}

/* ---- steps ------------------------- */

static const char *join(const struct tracer *t, const char *a, const char *b)
{
	return *a ? arena_printf(t->arena, "%s; %s", a, b) : b;
}

static const char *def_words(const struct tracer *t, const struct def *d)
{
	const char *name = place_name(t, d->reg);

	if (!d->value)
		return arena_printf(t->arena, "%s is written", name);
	if (d->value->type == T_NOT_INIT)
		return arena_printf(t->arena, "%s is not usable any more", name);
	return arena_printf(t->arena, "%s is %s%s", name, d->mine ? "" : "now ",
			    words_value(t->env, d->value));
}

static void fill_words(const struct tracer *t, const struct traced *x, struct why_step *w)
{
	const char *words = "";

	if (w->kind == WHY_BRANCH)
		words = arena_printf(t->arena, "%s is %s%s", words_condition(t->env, x->pc),
				     x->taken ? "true" : "false",
				     x->decided ? " (always here)" : "");
	for (uint32_t d = x->def; d < x->def + x->ndef; d++)
		if (t->def[d].needed)
			words = join(t, words, def_words(t, &t->def[d]));
	w->words = words;
}

static enum why_kind step_kind(const struct tracer *t, const struct traced *x)
{
	switch (insn_row(t->env->id[x->pc])->kind) {
	case K_JMP_K: case K_JMP_X: case K_MAY_GOTO:
		return WHY_BRANCH;
	case K_STX: case K_ST:
		return WHY_STORE;
	case K_CALL: case K_CALL_LOCAL:
		return WHY_CALL;
	case K_EXIT:
		return WHY_RETURN;
	default:
		return WHY_SET;
	}
}

static const char *insn_words(const struct tracer *t, uint32_t pc)
{
	char text[160];

	vlog_insn_text(t->env, pc, text, sizeof(text));
	return arena_printf(t->arena, "%s", text);
}

static void add_steps(const struct tracer *t, struct explanation *e)
{
	size_t folded = t->skipped;

	for (uint32_t i = 0; i < t->ninsn; i++) {
		const struct traced *x = &t->insn[i];
		struct why_step *w;

		if (!x->shown || e->nstep == MAX_WHY_STEPS) {
			folded++;
			continue;
		}
		w = &e->step[e->nstep++];
		w->pc = x->pc;
		w->folded = (uint32_t)folded;
		w->frame = x->frame;
		w->kind = step_kind(t, x);
		w->taken = x->taken;
		w->decided = x->decided;
		w->insn = insn_words(t, x->pc);
		w->line = program_line(t->env->prog, x->pc);
		fill_words(t, x, w);
		folded = 0;
	}
	e->folded = (uint32_t)folded;
}

/* ---- all of it ------------------------- */

/* The sentence of some errors depends on what the register holds. */
static void sharpen(const struct tracer *t, struct explanation *e, const struct verdict *v)
{
	const struct reg_state *r;

	if (!t->state || v->reg < 0)
		return;
	r = state_reg(t->state, (uint32_t)v->reg);
	if ((v->err == V_MEM_TYPE || v->err == V_ARG_TYPE) && r->flags & TF_NULL) {
		e->headline = "a pointer that may be NULL is used without a check";
		e->hint = verr_hint[V_POINTER_NULL];
	} else if (v->err == V_MEM_TYPE && r->type == T_SCALAR) {
		e->headline = "a number is used as a pointer";
	} else if (v->err == V_ROOT_STACK_RANGE && insn_row(t->env->id[v->pc])->kind == K_ALU_K) {
		e->headline = "the stack pointer is moved beyond the stack of 512 bytes";
		e->hint = verr_hint[V_STACK_DEPTH];
	} else if (v->err == V_PACKET_ACCESS && !r->range) {
		e->headline = "the packet is accessed without a comparison with its end";
	}
}

/* Errors of the program's structure, and those that all paths together make, have no path. */
static bool has_path(enum verr err)
{
	return err != V_STACK_DEPTH && err != V_CALL_CHAIN && err != V_TAIL_CALL_STACK;
}

static void explain_path(struct tracer *t, struct explanation *e, const struct verdict *v)
{
	bool whole;
	size_t n;
	const struct path_insn *path = vlog_path(t->env->log, &n);
	bool before = n && path[n - 1].pc == v->pc;

	e->length = n;
	whole = trace_path(t, path, n);
	if (!whole || (!before && !about_loop(v->err)))
		return;
	/* The insn that failed is not a step that led there. */
	before &= !about_loop(v->err);
	if (before && t->ninsn && t->insn[t->ninsn - 1].pc == v->pc)
		t->ninsn--;
	if (before) {
		add_values(t, e, v);
		add_stack(t, e, v);
		add_fact(e, words_fact(t->env, t->state, v->pc, v->err, v->reg));
		if (v->reg >= 1)
			add_fact(e, words_map_size(t->env, t->state, v->pc, (uint32_t)v->reg));
		sharpen(t, e, v);
	}
	need_sources(t);
	add_path_facts(t, e, v);
	select_insns(t, about_loop(v->err) ? LOOP_DECISIONS : DECISIONS);
	add_steps(t, e);
}

/* Errors of the structure have no path: the insns around them, in the order of the program. */
static void add_around(const struct tracer *t, struct explanation *e, uint32_t pc)
{
	const struct venv *env = t->env;
	uint32_t before[AROUND] = { 0 }, n = 0, at = 0;

	for (; at < pc; at += insn_slots(env->id[at]))
		before[n++ % AROUND] = at;
	for (at = n < AROUND ? 0 : before[n % AROUND]; at < env->len && e->nstep < 2 * AROUND + 1;
	     at += insn_slots(env->id[at])) {
		struct why_step *w = &e->step[e->nstep++];

		w->pc = at;
		w->kind = WHY_NEAR;
		w->insn = insn_words(t, at);
		w->words = at == pc ? e->headline : "";
		w->line = program_line(env->prog, at);
	}
}

/* Not the second slot of one. */
static bool is_insn(const struct venv *env, uint32_t pc)
{
	uint32_t at = 0;

	while (at < pc)
		at += insn_slots(env->id[at]);
	return at == pc;
}

void verify_explain(const struct unit *u, uint32_t prog, const struct vopts *o, struct arena *a,
		    struct verdict *out, struct explanation *e)
{
	struct venv *env = arena_alloc(a, sizeof(*env));
	struct vopts vo = *o;
	struct tracer *t;
	struct verdict again;
	struct step step;
	const struct program *p = &u->prog[prog];

	memset(e, 0, sizeof(*e));
	verify(u, prog, o, a, out);
	e->headline = verr_headline[out->err] ? verr_headline[out->err] : verr_name[out->err];
	e->hint = verr_hint[out->err] ? verr_hint[out->err] : "";
	if (out->accepted || out->pc >= p->len)
		return;
	if (!p->id) {
		const struct insn *in = &p->insn[out->pc];

		e->insn = arena_printf(a, "(code 0x%02x, dst r%u, src r%u, off %d, imm %d)", in->code,
				       in->dst, in->src, in->off, in->imm);
		if (strstr(out->msg, "last insn")) {
			e->headline = verr_headline[V_SUBPROG_END];
			e->hint = verr_hint[V_SUBPROG_END];
		}
		return;
	}
	vo.log = LOG_PATH;
	vo.sink = NULL;
	vo.record = false;
	memset(&again, 0, sizeof(again));
	t = arena_alloc(a, sizeof(*t));
	t->env = env;
	t->arena = a;
	e->line = program_line(p, out->pc);
	if (venv_init(env, u, prog, &vo, a, &step, &again.pc)) {
		if (env->insn && is_insn(env, out->pc)) {
			e->insn = insn_words(t, out->pc);
			add_around(t, e, out->pc);
		}
		return;
	}
	e->insn = insn_words(t, out->pc);
	(void)(o->walk == WALK_LINUX ? walk_linux : walk_exact)(env, &step, &again);
	if (has_path(out->err))
		explain_path(t, e, out);
}
