/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verdict: our verifier and the kernel's judge a program alike.
 *
 * What the kernel refuses and we accept is a finding: either we are unsound, or
 * it is stricter for a reason that verdicts.def does not know yet.  What we
 * refuse and the kernel accepts is imprecise; it is counted, and no finding.
 */
#include "fuzz/internal.h"

#include <ctype.h>
#include <string.h>

const char *const verdict_class_name[VC_N] = {
	[VC_NONE] = "not asked", [VC_ACCEPT] = "both accept", [VC_REJECT] = "both refuse, same error",
	[VC_OTHER_ERROR] = "both refuse, other error", [VC_IMPRECISE] = "only we refuse",
	[VC_UNSOUND] = "only the kernel refuses", [VC_KNOWN] = "differ as is known",
	[VC_UNJUDGED] = "we cannot judge it", [VC_POLICY] = "the kernel does not judge it",
};

const struct verdict_known verdict_known[] = {
#define KNOWN(priv, kernel, error, sentence, reason, type, text) \
	{ PRIV_##priv, RULED_##kernel, V_##error, sentence, reason, type, text },
#include "fuzz/verdicts.def"
};
const uint32_t verdict_nknown = sizeof(verdict_known) / sizeof(verdict_known[0]);

void verdict_skeleton(const char *s, char *out, size_t size)
{
	size_t n = 0;

	for (; *s && *s != '\n' && n + 1 < size; s++) {
		if (!isdigit((unsigned char)*s)) {
			out[n++] = *s;
			continue;
		}
		if (s[0] == '0' && s[1] == 'x')
			s++;
		while (isxdigit((unsigned char)s[1]))
			s++;
		if (n && out[n - 1] == '-')
			n--;
		out[n++] = 'N';
	}
	out[n] = 0;
}

bool verdict_same_error(const char *ours, const char *theirs)
{
	char a[200], b[200];
	size_t n;

	verdict_skeleton(ours, a, sizeof(a));
	verdict_skeleton(theirs, b, sizeof(b));
	n = strlen(b);
	return !strncmp(a, b, n > 90 ? 90 : n + 1);	/* theirs may be cut */
}

/* Successor number n (0, 1) of a slot within its function, or -1. */
static int64_t next_slot(const struct program *p, uint32_t pc, uint32_t n)
{
	uint8_t id = p->id[pc], kind = insn_row(id)->kind;
	bool branch = kind == K_JMP_K || kind == K_JMP_X || kind == K_MAY_GOTO;

	if (kind == K_EXIT || (n && !branch))
		return -1;
	if (n || kind == K_JA)
		return insn_target(p->insn, id, pc);
	return pc + insn_slots(id);
}

/* Depth first: an edge to a slot that is still open closes a loop. */
bool program_loops(const struct program *p, struct arena *a)
{
	enum { NEW, OPEN, DONE };
	uint8_t *color = arena_alloc(a, p->len + 1), *edge = arena_alloc(a, p->len + 1);
	uint32_t *stack = arena_raw(a, (p->len + 1) * sizeof(*stack));

	for (uint32_t s = 0; p->id && s < p->nsub; s++) {
		uint32_t n = 1;

		stack[0] = p->sub[s].start;
		color[stack[0]] = OPEN;
		while (n) {
			uint32_t pc = stack[n - 1];
			int64_t to = edge[pc] < 2 ? next_slot(p, pc, edge[pc]) : -1;

			if (edge[pc]++ >= 2) {
				color[pc] = DONE;
				n--;
			} else if (to >= 0 && to < p->len && color[to] == OPEN) {
				return true;
			} else if (to >= 0 && to < p->len && color[to] == NEW) {
				color[to] = OPEN;
				stack[n++] = (uint32_t)to;
			}
		}
	}
	return false;
}

const struct verdict_known *verdict_is_known(enum priv priv, enum ruled kernel, enum verr ours,
					     const char *sentence)
{
	char s[200];

	verdict_skeleton(sentence, s, sizeof(s));
	for (uint32_t i = 0; i < verdict_nknown; i++) {
		const struct verdict_known *k = &verdict_known[i];

		if (k->priv != priv || k->kernel != kernel || k->error != ours)
			continue;
		if (!strncmp(s, k->sentence, strlen(k->sentence)))
			return k;
	}
	return NULL;
}

/* Our verdict as the kernel's verifier would come to it; false: refused, see *v. */
static bool judge_again(const struct trial *t, const struct engine *e, struct verdict *v)
{
	struct vopts o = {
		.priv = e->priv, .walk = WALK_LINUX, .plain_size = t->tc->input[0].nctx,
	};

	for (uint32_t i = 0; i < t->tc->unit.nprog; i++) {
		verify(&t->tc->unit, i, &o, t->arena, v);
		if (!v->accepted)
			return false;
	}
	return true;
}

static enum verdict_class classify(const struct trial *t, const struct engine *e,
				   const struct outcome *o, struct verdict *v)
{
	bool kernel = o->verdict == RULED_ACCEPT, ours;

	if (o->verdict == RULED_NOT || t->tc->unit.prog[0].type == PROG_PLAIN)
		return VC_POLICY;
	/* More rights never lead to less. */
	if (kernel && t->accepted && t->priv <= e->priv)
		return VC_ACCEPT;
	ours = judge_again(t, e, v);
	if (ours == kernel && kernel)
		return VC_ACCEPT;
	if (!ours && verr_unsupported(v->err))
		return VC_UNJUDGED;
	if (ours != kernel && verdict_is_known(e->priv, o->verdict, ours ? V_OK : v->err, o->why))
		return VC_KNOWN;
	if (ours == kernel)
		return verdict_same_error(v->msg, o->why) ? VC_REJECT : VC_OTHER_ERROR;
	return kernel ? VC_IMPRECISE : VC_UNSOUND;
}

enum ruling oracle_verdict(struct trial *t, struct finding *f)
{
	enum ruling all = NO_OPINION;

	if (t->input_index)
		return NO_OPINION;
	for (uint32_t i = 0; i < t->nengine; i++) {
		const struct outcome *o = &t->out[i];
		enum verdict_class class;
		struct verdict v;

		if (!(t->engine[i]->caps() & CAP_VERDICT))
			continue;
		memset(&v, 0, sizeof(v));
		class = classify(t, t->engine[i], o, &v);
		t->verdicts[class]++;
		if (class == VC_UNSOUND) {
			f->engines[0] = "verifier";
			f->engines[1] = t->engine[i]->name;
			f->pc = o->pc;
			verdict_skeleton(o->why, f->place, sizeof(f->place));
			snprintf(f->what, sizeof(f->what), "we accept what %s refuses: %s",
				 t->engine[i]->name, o->why);
			return FAILS;
		}
		if (class != VC_POLICY)
			all = HOLDS;
	}
	return all;
}
