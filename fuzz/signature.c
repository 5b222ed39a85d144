/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes two findings the same: oracle, engines, kind of insn at the first
 * divergence, kind of place.  No numbers that minimising may change.
 */
#include "fuzz/internal.h"

#include <ctype.h>
#include <string.h>

/* The kind of place: registers are one kind, so that renaming them keeps the bucket. */
static const char *place_kind(const char *place)
{
	if (place[0] == 'r' && isdigit((unsigned char)place[1]))
		return "reg";
	return place;
}

void finding_seal(struct finding *f, const struct unit *u)
{
	const struct program *p = f->pc.prog < u->nprog ? &u->prog[f->pc.prog] : NULL;
	char *s = f->signature;

	snprintf(f->kind, sizeof(f->kind), "unknown");
	if (p && p->id && f->pc.insn < p->len && p->id[f->pc.insn] < INSN_N)
		snprintf(f->kind, sizeof(f->kind), "%s", insn_row(p->id[f->pc.insn])->name);
	snprintf(f->signature, sizeof(f->signature), "%s/%s-%s/%s/%s", f->oracle,
		 f->engines[0] ? f->engines[0] : "any", f->engines[1] ? f->engines[1] : "any", f->kind,
		 place_kind(f->place));
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-/_", *s))
			*s = '-';
}
