/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipeline: run_one() is the architecture, one stage a line.  Nothing
 * flows back; what a trial allocates lives in one arena, reset at its start.
 */
#include "fuzz/internal.h"
#include "fuzz/linux_sample.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct pipeline {
	struct pipe_opts opts;
	struct arena arena;
	struct guest *guest;
	struct trial trial;
	struct stats stats;
	void *loaded[MAX_ENGINES];
	const uint8_t *dead[MAX_PROGS], *ctx_ptr[MAX_PROGS];
	const uint16_t *exit_regs[MAX_PROGS];
	const uint8_t *ctx[MAX_PROGS];
	uint32_t stack[MAX_PROGS];
	struct verdict strict[MAX_PROGS]; /* told, PRIV_ROOT: of accepted_sealed() */
	struct layout layout;	/* told: guest memory after the reference run */
	bool told;		/* some engine has to be told what it may show */
	struct linux_sample sample; /* told: what the kernel was not asked about yet */
	uint64_t clock;
};

enum stage { ST_VERIFY, ST_LOAD, ST_RUN_REF, ST_RUN_OTHER, ST_SOUND, ST_COMPARE, ST_TEXT };
static const char *const stage_names[8] = {
	"verify", "load", "run interp", "run jit", "containment", "compare", "text",
};

const char *stage_name(uint32_t stage)
{
	return stage < 8 ? stage_names[stage] : NULL;
}

const struct oracle oracles[ORACLE_N] = {
#define ORACLE_ROW(name, text, needs, claim) { text, claim, needs, oracle_##name },
#include "fuzz/oracles.def"
};

struct pipeline *pipeline_new(const struct pipe_opts *o, char *why)
{
	struct pipeline *p = calloc(1, sizeof(*p));

	if (!p)
		die("out of memory");
	p->opts = *o;
	for (uint32_t i = 0; i < o->nengine; i++)
		p->told |= !(o->engine[i]->caps() & CAP_EXACT_MEM);
	p->guest = guest_new(why);
	if (!p->guest) {
		free(p);
		return NULL;
	}
	return p;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	guest_free(p->guest);
	arena_free(&p->arena);
	free(p);
}

struct stats *pipeline_stats(struct pipeline *p)
{
	return &p->stats;
}

const struct trial *pipeline_trial(const struct pipeline *p)
{
	return &p->trial;
}

const struct pipe_opts *pipeline_opts(const struct pipeline *p)
{
	return &p->opts;
}

bool pipeline_text_always(struct pipeline *p, bool always)
{
	bool was = p->opts.text_always;

	p->opts.text_always = always;
	return was;
}

void pipeline_priv(struct pipeline *p, enum priv priv)
{
	p->opts.priv = priv;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* Charges the time since the last call to a stage; only if somebody measures. */
static void stage_done(struct pipeline *p, enum stage st)
{
	uint64_t t;

	if (!p->opts.measure)
		return;
	t = now_ns();
	p->stats.ns_stage[st] += t - p->clock;
	p->clock = t;
}

/* ---- stages ------------------------------------------------------------- */

static void trial_begin(struct pipeline *p, const struct testcase *tc)
{
	struct trial *t = &p->trial;

	arena_reset(&p->arena);
	memset(t, 0, sizeof(*t));
	t->tc = tc;
	t->arena = &p->arena;
	t->nengine = p->opts.nengine;
	memcpy(t->engine, p->opts.engine, sizeof(t->engine));
	t->layout = p->told ? &p->layout : &p->guest->layout;
	t->priv = p->opts.priv;
	t->walk = p->opts.walk;
	t->sound = p->opts.sound;
	t->hash = unit_hash(&tc->unit);
	if (p->opts.alternate)
		t->walk = t->hash & 1 ? WALK_LINUX : WALK_EXACT;
	t->text = p->opts.text_always || t->hash % TEXT_SAMPLE == 0;
	t->kernel = p->opts.text_always ||
		    (t->hash >> 20) % (p->opts.kernel_log ? p->opts.kernel_log : LINUX_SAMPLE) == 0;
	p->stats.programs++;
	if (p->opts.measure)
		p->clock = now_ns();
}

/*
 * Is root's unit accepted even if no address may become a number and no stale
 * stack may be read?  Otherwise a register may be called a scalar that holds an
 * address: what engines are told comes from here.
 */
static bool accepted_sealed(struct pipeline *p, const struct vopts *vo)
{
	const struct trial *t = &p->trial;
	struct vopts o = *vo;

	o.sealed = true;
	for (uint32_t i = 0; i < t->tc->unit.nprog; i++) {
		verify(&t->tc->unit, i, &o, t->arena, &p->strict[i]);
		if (!p->strict[i].accepted)
			return false;
	}
	return true;
}

static void trial_verify(struct pipeline *p)
{
	struct trial *t = &p->trial;
	const struct unit *u = &t->tc->unit;
	struct vopts o = {
		.priv = p->opts.priv,
		.walk = t->walk,
		.record = p->opts.sound || p->told,
		.state_freq = t->hash & 2 && !p->told,
		.live_exit = p->told,
		.committed = true,	/* no engine of ours runs ahead; loops take far longer otherwise */
		.plain_size = t->tc->input[0].nctx,
		.plain_max = t->tc->input[0].nctx,
		.max_insns = p->opts.max_insns,
	};

	for (uint32_t i = 1; i < t->tc->ninput; i++) {
		uint32_t n = t->tc->input[i].nctx;

		o.plain_size = n < o.plain_size ? n : o.plain_size;
		o.plain_max = n > o.plain_max ? n : o.plain_max;
	}
	t->accepted = true;
	for (uint32_t i = 0; i < u->nprog; i++) {
		verify(u, i, &o, t->arena, &t->verdict[i]);
		t->accepted &= t->verdict[i].accepted;
		p->stats.processed += t->verdict[i].processed;
		p->stats.insns += u->prog[i].len;
	}
	t->leaks = p->told && p->opts.priv == PRIV_ROOT && t->accepted && !accepted_sealed(p, &o);
	p->stats.accepted += t->accepted;
	p->stats.walk[t->walk]++;
	p->stats.priv[t->priv]++;
	if (p->told && t->accepted && linux_sample_new(&p->sample, &u->prog[0], &t->verdict[0]))
		t->kernel = true;
	stage_done(p, ST_VERIFY);
}

/* The registers that are scalars in every state before the slot; 0 if not all are known. */
static uint16_t scalars(const struct verdict *v, enum walk walk, uint32_t pc)
{
	uint16_t mask = (1u << REG_FP) - 1;
	uint32_t n = 0;

	if (!v->rec.at || (walk == WALK_LINUX && v->rec.pruned))
		return 0;
	for (const struct record *r = v->rec.at[pc]; r; r = r->next, n++)
		for (uint32_t k = 0; k < REG_FP; k++)
			if (state_reg(r->state, k)->type != T_SCALAR)
				mask &= ~(1u << k);
	return n && n == v->rec.count[pc] ? mask : 0;
}

/* Does the insn access the context?  One insn accesses it always, or never. */
static bool is_ctx_access(const struct verdict *v, const struct program *prog, uint32_t pc)
{
	uint8_t kind = prog->id[pc] < INSN_N ? insn_row(prog->id[pc])->kind : K_N;
	bool load = kind == K_LDX || kind == K_LDSX;

	if (!load && kind != K_ST && kind != K_STX)
		return false;
	return v->rec.at && v->rec.at[pc] &&
	       state_reg(v->rec.at[pc]->state,
			 load ? prog->insn[pc].src : prog->insn[pc].dst)->type == T_CTX;
}

/* For engines that have to be told. */
static void tell(struct pipeline *p, uint32_t i)
{
	const struct program *prog = &p->trial.tc->unit.prog[i];
	const struct verdict *v = p->opts.priv == PRIV_ROOT ? &p->strict[i] : &p->trial.verdict[i];
	uint16_t *regs = arena_alloc(p->trial.arena, prog->len * sizeof(*regs));
	uint8_t *ctx = arena_raw(p->trial.arena, prog->len);

	for (uint32_t k = 0; k < prog->len; k++) {
		ctx[k] = is_ctx_access(v, prog, k);
		if (k < prog->sub[0].end && prog->id[k] == I_EXIT)
			regs[k] = scalars(v, p->trial.walk, k);
	}
	p->exit_regs[i] = regs;
	p->ctx[i] = ctx;
	p->stack[i] = p->trial.verdict[i].stack[0];
}

/* What the verifier says of each slot, in the form that engines take. */
static void trial_hints(struct pipeline *p)
{
	struct trial *t = &p->trial;

	for (uint32_t i = 0; i < t->tc->unit.nprog; i++) {
		const struct program *prog = &t->tc->unit.prog[i];
		const uint8_t *aux = t->verdict[i].aux;
		uint8_t *dead = arena_raw(t->arena, prog->len);
		uint8_t *ctx = arena_raw(t->arena, prog->len);

		for (uint32_t k = 0; k < prog->len; k++) {
			dead[k] = !(aux[k] & AUX_SEEN);
			ctx[k] = !!(aux[k] & AUX_CTX_PTR);
		}
		p->dead[i] = dead;
		p->ctx_ptr[i] = ctx;
		if (p->told && !t->leaks)
			tell(p, i);
	}
}

static void trial_opts(const struct pipeline *p, uint32_t engine, struct load_opts *o)
{
	memset(o, 0, sizeof(*o));
	o->mode = MODE_FUZZ | (p->trial.accepted ? 0 : MODE_CHECKED);
	o->hint = &p->trial.tc->input[0];
	o->verdict_only = !p->trial.accepted || p->trial.leaks;
	o->trace = engine == 0 && p->trial.sound && p->trial.accepted;
	if (p->trial.accepted) {
		o->dead = p->dead;
		o->ctx_ptr = p->ctx_ptr;
	}
	if (p->trial.accepted && p->told && !p->trial.leaks) {
		o->exit_regs = p->exit_regs;
		o->ctx = p->ctx;
		o->stack = p->stack;
	}
}

/*
 * Without CAP_PERFMON Linux also walks loops on paths that a processor may only
 * guess, where their conditions bound nothing: up to a million insns each.
 */
static bool too_slow(struct trial *t, const struct engine *e)
{
	bool loops = false;

	if (!(e->caps() & CAP_VERDICT) || e->priv == PRIV_ROOT)
		return false;
	for (uint32_t i = 0; i < t->tc->unit.nprog; i++)
		loops |= program_loops(&t->tc->unit.prog[i], t->arena);
	return loops;
}

/* False if nothing is to be run: not accepted, and not asked to run such programs. */
static bool trial_load(struct pipeline *p)
{
	struct trial *t = &p->trial;
	struct load_opts o;

	if (!t->accepted && !p->opts.unverified)
		return false;
	if (t->accepted)
		trial_hints(p);
	for (uint32_t i = 0; i < t->nengine; i++) {
		if (too_slow(t, t->engine[i])) {
			outcome_unsupported(&t->out[i], REASON_LOOPS);
			continue;
		}
		trial_opts(p, i, &o);
		p->loaded[i] = t->engine[i]->load(t->engine[i], &t->tc->unit, &o, &t->out[i]);
	}
	stage_done(p, ST_LOAD);
	return true;
}

/* The input as every engine can show it; engines that cannot are left out. */
static void trial_input(struct pipeline *p, uint32_t input)
{
	struct trial *t = &p->trial;
	struct input next;
	char why[96];

	t->input_index = input;
	t->input = &t->tc->input[input];
	t->excused = 0;
	for (uint32_t i = 0; i < t->nengine && !t->leaks && t->accepted; i++) {
		if (!t->engine[i]->represent || !p->loaded[i])
			continue;
		if (t->engine[i]->represent(&t->tc->unit, t->input, t->arena, &next, why))
			t->input = arena_dup(t->arena, &next, sizeof(next));
		else
			t->excused |= 1u << i;
	}
}

/*
 * May this engine run?  One that cannot be stopped has to wait for the
 * reference to come to an end, and to a good one.
 */
static bool may_run(const struct trial *t, uint32_t i, struct outcome *out)
{
	enum reason no = REASON_NONE;

	if (t->excused >> i & 1)
		no = REASON_INPUT;
	else if (i && t->accepted && !(t->engine[i]->caps() & CAP_FUEL) &&
		 (t->out[0].kind == OUT_FUEL || t->out[0].kind == OUT_TRAP))
		no = REASON_REFERENCE;
	if (!no)
		return true;
	memset(out, 0, sizeof(*out));
	out->verdict = RULED_ACCEPT;
	outcome_unsupported(out, no);
	return false;
}

static void trial_run(struct pipeline *p, uint32_t input)
{
	struct trial *t = &p->trial;

	trial_input(p, input);
	for (uint32_t i = 0; i < t->nengine; i++) {
		if (p->loaded[i] && may_run(t, i, &t->out[i]))
			t->engine[i]->run(p->loaded[i], p->guest, t->input, &t->out[i]);
		if (i == 0 && p->told)		/* maps of others may lie elsewhere */
			p->layout = p->guest->layout;
		p->stats.runs++;
		stage_done(p, i ? ST_RUN_OTHER : ST_RUN_REF);
	}
}

/* Does the entry program branch, does it touch memory? */
static void count_shape(struct stats *s, const struct program *prog)
{
	bool branch = false, memory = false;

	for (uint32_t k = 0; k < prog->len; k++) {
		uint8_t kind = prog->id[k] < INSN_N ? insn_row(prog->id[k])->kind : K_N;

		branch |= kind == K_JMP_K || kind == K_JMP_X;
		memory |= kind >= K_LDX && kind <= K_STORE_REL;
		memory |= kind == K_LD_ABS || kind == K_LD_IND;
	}
	s->with_branch += branch;
	s->with_memory += memory;
}

static void trial_count(struct pipeline *p)
{
	const struct trial *t = &p->trial;
	const struct outcome *o = &t->out[0];
	struct stats *s = &p->stats;

	s->traps += o->kind == OUT_TRAP;
	s->fuel += o->kind == OUT_FUEL;
	s->unsupported += o->kind == OUT_UNSUPPORTED;
	for (uint32_t i = 0; i < t->nengine; i++) {
		s->broken += t->out[i].kind == OUT_BROKEN;
		s->reason[t->out[i].kind == OUT_UNSUPPORTED ? t->out[i].reason : 0]++;
		s->half += t->out[i].kind == OUT_RETURN && t->out[i].reg_half;
	}
	if (o->kind != OUT_RETURN && o->kind != OUT_TRAP && o->kind != OUT_FUEL)
		return;
	for (uint32_t i = 1; i < t->nengine; i++)
		s->comparisons += t->out[i].kind <= OUT_FUEL;
	s->executed_insns += o->insns;
	if (t->accepted && t->input_index == 0) {
		s->executed++;
		count_shape(s, &t->tc->unit.prog[0]);
		s->hist_executed[o->insns < 255 ? o->insns : 255]++;
	}
}

/* Asks every oracle; the first that fails names the finding. */
static uint32_t trial_judge(struct pipeline *p, struct finding *f)
{
	struct trial *t = &p->trial;
	uint32_t failed = 0;
	struct finding mine;

	for (uint32_t i = 0; i < ORACLE_N; i++) {
		enum ruling r;

		memset(&mine, 0, sizeof(mine));
		mine.oracle = oracles[i].name;
		mine.input_index = t->input_index;
		mine.pc.insn = UINT32_MAX;
		r = oracles[i].judge(t, &mine);
		p->stats.ruling[i][r]++;
		if (r == FAILS && failed++ == 0)
			*f = mine;
		stage_done(p, i == ORACLE_sound ? ST_SOUND : i == ORACLE_text ? ST_TEXT : ST_COMPARE);
	}
	p->stats.states_checked += t->states_checked;
	t->states_checked = 0;
	for (uint32_t i = 0; i < VC_N; i++)
		p->stats.verdict[i] += t->verdicts[i];
	memset(t->verdicts, 0, sizeof(t->verdicts));
	p->stats.kernel_steps += t->kernel_steps;
	p->stats.kernel_values += t->kernel_values;
	p->stats.kernel_odd += t->kernel_odd;
	p->stats.kernel_logs[0] += t->kernel_logs[0];
	p->stats.kernel_logs[1] += t->kernel_logs[1];
	p->stats.kernel_covered += t->kernel_covered;
	p->stats.kernel_tainted += t->kernel_tainted;
	p->stats.kernel_lost += t->kernel_lost;
	p->stats.kernel_bugs += t->kernel_bugs;
	p->stats.kernel_known += t->kernel_known;
	t->kernel_logs[0] = t->kernel_logs[1] = t->kernel_covered = t->kernel_tainted = t->kernel_lost = 0;
	t->kernel_bugs = t->kernel_known = 0;
	t->kernel_steps = t->kernel_values = t->kernel_odd = 0;
	return failed;
}

static void trial_end(struct pipeline *p)
{
	for (uint32_t i = 0; i < p->trial.nengine; i++) {
		if (p->loaded[i])
			p->trial.engine[i]->unload(p->loaded[i]);
		p->loaded[i] = NULL;
	}
	stage_done(p, ST_LOAD);
}

/*
 * One case through all stages: verify, load, and for each input run on every
 * engine and judge.  Stops at the first input with a finding.
 */
uint32_t run_one(struct pipeline *p, const struct testcase *tc, struct finding *f)
{
	uint32_t failed = 0;

	trial_begin(p, tc);
	trial_verify(p);
	if (trial_load(p)) {
		for (uint32_t i = 0; i < tc->ninput && !failed; i++) {
			trial_run(p, i);
			trial_count(p);
			failed = trial_judge(p, f);
		}
		trial_end(p);
	} else {
		p->stats.rejected++;
	}
	if (failed) {
		p->stats.findings++;
		locate(p, tc, f);
		finding_seal(f, &tc->unit);
	}
	return failed;
}

/* ---- second looks ----------------------------------------------------------- */

bool trial_rerun(struct pipeline *p, const struct trial *t, uint32_t engine, uint32_t extra_mode,
		 const struct input *in, struct outcome *out)
{
	struct load_opts o;
	void *loaded;

	trial_opts(p, engine, &o);
	o.mode |= extra_mode;
	if (extra_mode & MODE_STEP || engine == 0)
		o.trace = true;
	memset(out, 0, sizeof(*out));
	loaded = t->engine[engine]->load(t->engine[engine], &t->tc->unit, &o, out);
	if (!loaded)
		return false;
	t->engine[engine]->run(loaded, p->guest, in, out);
	if (out->trace)		/* it lives only as long as what was loaded */
		out->trace = trace_copy(t->arena, out->trace);
	t->engine[engine]->unload(loaded);
	return true;
}

void pipeline_opinions(struct pipeline *p, enum ruling ruling[ORACLE_N], struct finding f[ORACLE_N])
{
	struct trial *t = &p->trial;
	struct finding dummy;

	trial_begin(p, t->tc);
	t->text = t->kernel = true;
	trial_verify(p);
	for (uint32_t i = 0; i < ORACLE_N; i++)
		ruling[i] = NO_OPINION;
	if (!trial_load(p))
		return;
	for (uint32_t k = 0; k < t->tc->ninput; k++) {
		trial_run(p, k);
		for (uint32_t i = 0; i < ORACLE_N; i++) {
			enum ruling r;

			if (ruling[i] == FAILS)
				continue;
			memset(&dummy, 0, sizeof(dummy));
			dummy.oracle = oracles[i].name;
			dummy.input_index = k;
			dummy.pc.insn = UINT32_MAX;
			r = oracles[i].judge(t, &dummy);
			if (r == FAILS)
				f[i] = dummy;
			if (r != NO_OPINION)
				ruling[i] = r;
		}
	}
	trial_end(p);
}
