/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agree: two engines end one program on one input alike.  What one of them
 * cannot show is not compared; when nothing can be compared there is no opinion.
 */
#include "fuzz/internal.h"

#include <inttypes.h>
#include <string.h>

static bool ran(const struct outcome *o)
{
	return o->kind == OUT_RETURN || o->kind == OUT_TRAP || o->kind == OUT_FUEL;
}

static enum ruling differ(struct finding *f, const char *place, struct pc pc)
{
	snprintf(f->place, sizeof(f->place), "%s", place);
	f->pc = pc;
	return FAILS;
}

static const struct pc nowhere = { .insn = UINT32_MAX };

/* Two engines, a the reference.  caps: what both show. */
static enum ruling compare(const struct outcome *a, const struct outcome *b, uint32_t caps,
			   struct finding *f)
{
	const struct outcome *bad = a->kind == OUT_RETURN ? b : a;

	if (a->kind != b->kind) {
		snprintf(f->what, sizeof(f->what), "%s ends with %s%s%s, %s with %s%s%s",
			 f->engines[0], out_name(a->kind), a->kind == OUT_TRAP ? ": " : "",
			 a->kind == OUT_TRAP ? trap_name(a->trap) : "", f->engines[1],
			 out_name(b->kind), b->kind == OUT_TRAP ? ": " : "",
			 b->kind == OUT_TRAP ? trap_name(b->trap) : "");
		return differ(f, "end", bad->kind == OUT_TRAP ? bad->pc : nowhere);
	}
	if (!ran(a))
		return NO_OPINION;
	if (a->kind != OUT_RETURN && caps & CAP_TRAP_PC) {
		if (a->kind == OUT_TRAP && a->trap != b->trap) {
			snprintf(f->what, sizeof(f->what), "%s traps with %s, %s with %s",
				 f->engines[0], trap_name(a->trap), f->engines[1], trap_name(b->trap));
			return differ(f, "trap", a->pc);
		}
		if (a->pc.insn != b->pc.insn || a->pc.prog != b->pc.prog) {
			snprintf(f->what, sizeof(f->what), "%s stops at %u:%u, %s at %u:%u",
				 f->engines[0], a->pc.prog, a->pc.insn, f->engines[1], b->pc.prog,
				 b->pc.insn);
			return differ(f, "trap pc", a->pc);
		}
	}
	for (uint32_t i = 0; i < REGS; i++) {
		char name[8];

		uint64_t diff = a->reg[i] ^ b->reg[i];

		if ((a->reg_half | b->reg_half) >> i & 1)
			diff = (uint32_t)diff;
		if (!(a->reg_valid & b->reg_valid & 1u << i) || !diff)
			continue;
		snprintf(name, sizeof(name), "r%u", i);
		snprintf(f->what, sizeof(f->what), "r%u is 0x%" PRIx64 " in %s, 0x%" PRIx64 " in %s", i,
			 a->reg[i], f->engines[0], b->reg[i], f->engines[1]);
		return differ(f, name, nowhere);
	}
	for (uint32_t i = 0; i < REGION_N; i++) {
		if (!(a->digest_valid & b->digest_valid & 1u << i) || a->digest[i] == b->digest[i])
			continue;
		snprintf(f->what, sizeof(f->what), "%s and %s leave different bytes in %s",
			 f->engines[0], f->engines[1], region_name(i));
		return differ(f, region_name(i), nowhere);
	}
	if (caps & CAP_HELPERS && (a->helpers != b->helpers || a->nhelpers != b->nhelpers)) {
		snprintf(f->what, sizeof(f->what), "%s and %s call helpers differently (%" PRIu64
			 " and %" PRIu64 " calls)", f->engines[0], f->engines[1], a->nhelpers, b->nhelpers);
		return differ(f, "helpers", nowhere);
	}
	if (caps & CAP_FUEL && a->insns != b->insns) {
		snprintf(f->what, sizeof(f->what), "%s charges %" PRIu64 " insns, %s %" PRIu64,
			 f->engines[0], a->insns, f->engines[1], b->insns);
		return differ(f, "fuel", nowhere);
	}
	return HOLDS;
}

enum ruling oracle_agree(struct trial *t, struct finding *f)
{
	enum ruling all = NO_OPINION;

	for (uint32_t i = 1; i < t->nengine; i++) {
		uint32_t caps = t->engine[0]->caps() & t->engine[i]->caps();
		const struct outcome *a = &t->out[0], *b = &t->out[i];
		enum ruling r;

		if (a->kind == OUT_UNSUPPORTED || b->kind == OUT_UNSUPPORTED ||
		    a->kind == OUT_BROKEN || b->kind == OUT_BROKEN ||
		    a->verdict == RULED_REJECT || b->verdict == RULED_REJECT)
			continue;	/* another verifier's verdict is for the verdict oracle */
		f->engines[0] = t->engine[0]->name;
		f->engines[1] = t->engine[i]->name;
		r = compare(a, b, caps, f);
		if (r == FAILS)
			return r;
		if (r == HOLDS)
			all = HOLDS;
	}
	return all;
}
