/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Edits of a program: slots come or go, and every jump, local call, function
 * and line record still means the place that it meant before.
 */
#include "case/case.h"

#include <string.h>

/* What an edit does to slot numbers: cut slots go away at at, put slots come in. */
struct shift {
	uint32_t at, cut, put;
};

/* Where the insn of old slot pc, which is kept, stands now. */
static uint32_t moved(const struct shift *s, uint32_t pc)
{
	return pc < s->at ? pc : pc - s->cut + s->put;
}

/* What lands in a cut goes on behind it; what lands at at meets the new slots first. */
static uint32_t landing(const struct shift *s, uint32_t pc)
{
	if (pc <= s->at)
		return pc;
	return pc < s->at + s->cut ? s->at : pc - s->cut + s->put;
}

static bool is_cut(const struct shift *s, uint32_t pc)
{
	return pc >= s->at && pc < s->at + s->cut;
}

static bool names_slot(uint8_t id)
{
	switch ((enum insn_kind)insn_row(id)->kind) {
	case K_JMP_K: case K_JMP_X: case K_JA: case K_MAY_GOTO: case K_CALL_LOCAL:
		return true;
	default:
		return id == I_LD_CODE_ADDR;
	}
}

/* Is the subprogram that starts at pc cut as a whole? */
static bool sub_is_cut(const struct program *p, const struct shift *s, uint32_t pc)
{
	uint32_t i;

	if (!is_cut(s, pc) || s->put)
		return false;
	i = program_subprog(p, pc);
	return p->sub[i].start == pc && p->sub[i].end <= s->at + s->cut;
}

/* Rewrites the distance in the kept insn at old slot pc; false if it does not fit. */
static bool redirect(const struct program *p, const struct shift *s, uint32_t pc, struct insn *in)
{
	uint8_t id = p->id[pc], kind = insn_row(id)->kind;
	uint32_t to = (uint32_t)insn_target(p->insn, id, pc);
	bool call = kind == K_CALL_LOCAL || id == I_LD_CODE_ADDR;
	int64_t dist;

	if (call && sub_is_cut(p, s, to))
		return false;
	dist = (int64_t)landing(s, to) - moved(s, pc) - 1;
	if (call || (kind == K_JA && insn_row(id)->width == 32)) {
		in->imm = (int32_t)dist;
		return true;
	}
	in->off = (int16_t)dist;
	return dist >= INT16_MIN && dist <= INT16_MAX;
}

static void shift_subs(const struct program *p, const struct shift *s, struct arena *a,
		       struct program *out)
{
	struct subprog *sub = arena_raw(a, p->nsub * sizeof(*sub));
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->nsub; i++) {
		if (i && sub_is_cut(p, s, p->sub[i].start))
			continue;
		sub[n] = p->sub[i];
		sub[n].start = landing(s, p->sub[i].start);
		sub[n++].end = landing(s, p->sub[i].end);
	}
	out->sub = sub;
	out->nsub = n;
}

static void shift_funcs(const struct program *p, const struct shift *s, struct arena *a,
			struct program *out)
{
	struct func_info *func = arena_raw(a, p->nfunc * sizeof(*func));
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->nfunc; i++) {
		uint32_t at = p->func[i].insn_off;

		if (at && at < p->len && sub_is_cut(p, s, at))
			continue;
		func[n] = p->func[i];
		func[n++].insn_off = landing(s, at);
	}
	out->func = func;
	out->nfunc = n;
}

/* The last line that falls into a cut is that of what follows, unless that has its own. */
static void shift_lines(const struct program *p, const struct shift *s, struct arena *a,
			struct program *out)
{
	struct line_info *line = arena_raw(a, p->nline * sizeof(*line));
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->nline; i++) {
		uint32_t at = landing(s, p->line[i].insn_off);

		if (n && line[n - 1].insn_off == at)
			n--;
		line[n] = p->line[i];
		line[n++].insn_off = at;
	}
	out->line = line;
	out->nline = n;
}

/* out is p with s applied; the new slots, if any, are in. */
static bool apply(const struct program *p, const struct shift *s, const struct insn *in,
		  struct arena *a, struct program *out)
{
	uint32_t len = p->len - s->cut + s->put, tail = s->at + s->cut;
	struct insn *code = arena_raw(a, len * sizeof(*code));

	memcpy(code, p->insn, s->at * sizeof(*code));
	if (s->put)
		memcpy(code + s->at, in, s->put * sizeof(*code));
	memcpy(code + s->at + s->put, p->insn + tail, (p->len - tail) * sizeof(*code));
	for (uint32_t pc = 0; pc < p->len; pc++) {
		if (p->id[pc] == I_LDDW_HI || is_cut(s, pc) || !names_slot(p->id[pc]))
			continue;
		if (!redirect(p, s, pc, &code[moved(s, pc)]))
			return false;
	}
	*out = *p;
	out->insn = code;
	out->len = len;
	shift_subs(p, s, a, out);
	shift_funcs(p, s, a, out);
	shift_lines(p, s, a, out);
	program_seal(out, a);
	return out->id != NULL;
}

bool edit_delete(const struct program *p, uint32_t from, uint32_t to, struct arena *a,
		 struct program *out)
{
	struct shift s = { .at = from, .cut = to - from };

	if (!p->id || from >= to || to > p->len || s.cut == p->len)
		return false;
	if (p->id[from] == I_LDDW_HI || (to < p->len && p->id[to] == I_LDDW_HI))
		return false;
	return apply(p, &s, NULL, a, out);
}

bool edit_insert(const struct program *p, uint32_t at, const struct insn *in, uint32_t n,
		 struct arena *a, struct program *out)
{
	struct shift s = { .at = at, .put = n };

	if (!p->id || at > p->len || n > MAX_INSNS - p->len)
		return false;
	if (at < p->len && p->id[at] == I_LDDW_HI)
		return false;
	return apply(p, &s, in, a, out);
}

bool edit_replace(const struct program *p, uint32_t at, const struct insn *in, uint32_t n,
		  struct arena *a, struct program *out)
{
	struct shift s = { .at = at, .put = n };

	if (!p->id || at >= p->len || p->id[at] == I_LDDW_HI)
		return false;
	s.cut = insn_slots(p->id[at]);
	/* a subprogram of one insn stays where it is */
	if (n && s.cut == n) {
		struct insn *code = arena_dup(a, p->insn, p->len * sizeof(*code));

		memcpy(code + at, in, n * sizeof(*code));
		*out = *p;
		out->insn = code;
		program_seal(out, a);
		return out->id != NULL;
	}
	return s.cut < p->len && apply(p, &s, in, a, out);
}

/* ---- whole cases ---------------------------------------------------------------- */

static const void *dup(struct arena *a, const void *p, size_t n)
{
	return p && n ? arena_dup(a, p, n) : NULL;
}

static const char *dup_string(struct arena *a, const char *s)
{
	return s ? arena_dup(a, s, strlen(s) + 1) : NULL;
}

static void copy_program(struct program *p, struct arena *a)
{
	struct subprog *sub = (struct subprog *)dup(a, p->sub, p->nsub * sizeof(*sub));
	struct line_info *line = (struct line_info *)dup(a, p->line, p->nline * sizeof(*line));

	for (uint32_t i = 0; i < p->nsub; i++)
		sub[i].name = dup_string(a, sub[i].name);
	for (uint32_t i = 0; i < p->nline; i++) {
		line[i].file = dup_string(a, line[i].file);
		line[i].text = dup_string(a, line[i].text);
	}
	p->insn = dup(a, p->insn, p->len * sizeof(struct insn));
	p->id = p->id ? dup(a, p->id, p->len) : NULL;
	p->sub = sub;
	p->line = line;
	p->func = dup(a, p->func, p->nfunc * sizeof(struct func_info));
	p->name = dup_string(a, p->name);
	p->license = dup_string(a, p->license);
	p->target = dup_string(a, p->target);
}

void edit_copy(const struct testcase *tc, struct arena *a, struct testcase *out)
{
	const struct unit *u = &tc->unit;
	struct program *prog = arena_dup(a, u->prog, u->nprog * sizeof(*prog));
	struct map_def *map = (struct map_def *)dup(a, u->map, u->nmap * sizeof(*map));
	struct input *input = arena_dup(a, tc->input, tc->ninput * sizeof(*input));

	*out = *tc;
	for (uint32_t i = 0; i < u->nprog; i++)
		copy_program(&prog[i], a);
	for (uint32_t i = 0; i < u->nmap; i++)
		map[i].init = dup(a, map[i].init, map[i].ninit);
	for (uint32_t i = 0; i < tc->ninput; i++) {
		input[i].ctx = dup(a, input[i].ctx, input[i].nctx);
		input[i].packet = dup(a, input[i].packet, input[i].npacket);
		input[i].maps = dup(a, input[i].maps, input[i].nmaps);
	}
	out->unit.prog = prog;
	out->unit.map = map;
	out->input = input;
	out->error = dup_string(a, tc->error);
}
