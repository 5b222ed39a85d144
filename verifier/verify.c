/* SPDX-License-Identifier: Apache-2.0 */
/* verify: the entry point, the environment, and what is said of errors. */
#include "verifier/internal.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- errors -------------------------------------------------------------- */

const char *const verr_name[VERR_N] = {
#define VERR(name, text) #name,
#include "verifier/errors.def"
};
const char *const verr_text[VERR_N] = {
#define VERR(name, text) text,
#include "verifier/errors.def"
};

bool verr_unsupported(enum verr e)
{
	return e == V_UNSUPPORTED;
}

enum verr verr_fail(struct step *out, enum verr err, int reg, ...)
{
	va_list ap;

	va_start(ap, reg);
	vsnprintf(out->msg, sizeof(out->msg), verr_text[err], ap);
	va_end(ap);
	out->err = err;
	out->reg = (int8_t)reg;
	return err;
}

void verr_more(struct step *out, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out->more, sizeof(out->more), fmt, ap);
	va_end(ap);
}

const char *tnum_text(struct tnum t, char buf[48])
{
	if (!t.mask && t.value <= UINT16_MAX)
		snprintf(buf, 48, "%llu", (unsigned long long)t.value);
	else if (!t.mask)
		snprintf(buf, 48, "0x%llx", (unsigned long long)t.value);
	else
		snprintf(buf, 48, "(0x%llx; 0x%llx)", (unsigned long long)t.value,
		 (unsigned long long)t.mask);
	return buf;
}

/* ---- environment --------------------------------------------------------- */

enum verr venv_init(struct venv *env, const struct unit *u, uint32_t prog, const struct vopts *o,
		    struct arena *a, struct step *out, uint32_t *pc)
{
	const struct program *p = &u->prog[prog];

	memset(env, 0, sizeof(*env));
	memset(out, 0, sizeof(*out));
	out->reg = -1;
	*pc = 0;
	env->unit = u;
	env->prog = p;
	env->insn = p->insn;
	env->id = p->id;
	env->len = p->len;
	env->opts = *o;
	env->dom = o->domain ? o->domain : &domain_linux;
	env->bpf_capable = o->priv != PRIV_UNPRIV;
	env->guesses = o->priv != PRIV_ROOT;
	env->perfmon = !env->guesses && !o->sealed;
	env->arena = a;
	if (o->log)
		env->log = vlog_new(a, o->log, o->sink);
	if (!p->id) {
		*pc = p->check.pc;
		return verr_fail(out, V_MALFORMED, -1, p->check.msg);
	}
	env->aux = arena_alloc(a, p->len + 1);
	env->type = prog_type_info(p->type);
	if (!env->type)
		return verr_fail(out, V_PROG_TYPE, -1, p->type);
	if (p->type != PROG_PLAIN && !prog_type_loads(p->type, p->attach_type, o->priv))
		return verr_fail(out, V_PROG_TYPE_PRIV, -1, env->type->name, p->attach_type);
	if (p->prog_flags & PROG_F_SLEEPABLE && !prog_type_sleeps(p->type, p->attach_type))
		return verr_fail(out, V_SLEEPABLE, -1);
	env->opts.strict_align |= p->prog_flags & PROG_F_STRICT_ALIGNMENT;
	env->sleepable = env->type->sleepable || p->prog_flags & PROG_F_SLEEPABLE;
	env->pool = pool_new(a);
	kernel_target(env);
	return structure_check(env, out, pc);
}

uint32_t env_subprog(const struct venv *env, uint32_t pc)
{
	uint32_t lo = 0, hi = env->nsub;

	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (env->sub[mid].start <= pc)
			lo = mid;
		else
			hi = mid;
	}
	return lo;
}

struct vstate *venv_entry(const struct venv *env, uint32_t sub)
{
	struct vstate *s = state_new(env);
	struct func_state *f = frame_push(env, s, sub, UINT32_MAX);

	s->insn = env->sub[sub].start;
	if (env->prog->type != PROG_PLAIN) {
		reg_pointer(&f->reg[1], T_CTX, 0);
		return s;
	}
	reg_pointer(&f->reg[1], T_MEM, TF_PLAIN);
	f->reg[1].size = env->opts.plain_size;
	reg_scalar(&f->reg[2], scalar_urange(env->opts.plain_size,
						     env->opts.plain_max > env->opts.plain_size ?
						     env->opts.plain_max : env->opts.plain_size));
	return s;
}

/* ---- the verdict --------------------------------------------------------- */

static void log_end(struct venv *env, const struct vopts *o, const struct step *step,
		    struct verdict *out)
{
	struct vlog *l = env->log;

	if (out->err)
		vlog_error(l, step);
	vlog_printf(l, "processed %llu insns (limit %u) max_states_per_insn %u total_states %u "
		    "peak_states %u mark_read 0\n", (unsigned long long)out->processed,
		    o->max_insns ? o->max_insns : (uint32_t)BUDGET, out->max_states_per_insn,
		    out->states, out->peak_states);
	out->log = vlog_text(l, &out->nlog);
}

void verify(const struct unit *u, uint32_t prog, const struct vopts *o, struct arena *a,
	    struct verdict *out)
{
	struct venv *env = arena_alloc(a, sizeof(*env));
	struct step step;

	memset(out, 0, sizeof(*out));
	out->reg = -1;
	out->log = "";
	out->err = venv_init(env, u, prog, o, a, &step, &out->pc);
	out->aux = env->aux;
	if (!out->err)
		out->err = (o->walk == WALK_LINUX ? walk_linux : walk_exact)(env, &step, out);
	out->accepted = !out->err;
	/* A packet load out of bounds ends main by itself, with r0 = 0. */
	if (out->accepted && env->sub[0].ld_abs && !scalar_contains(&out->ret, 0))
		out->ret = scalar_unknown();
	if (out->err) {
		out->reg = step.reg;
		memcpy(out->msg, step.msg, sizeof(out->msg));
	}
	if (env->log)
		log_end(env, o, &step, out);
}
