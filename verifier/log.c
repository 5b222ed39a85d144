/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log: what the walk did, in the words of Linux's log (levels 1 and 2).
 *
 * Level 2 shows each insn with the registers and slots that it touched, and
 * whole states where a path begins; level 1 only the path that failed.  For
 * explain.c, LOG_PATH keeps that path as data.
 */
#include "verifier/internal.h"

#include <stdarg.h>
#include <stdio.h>

enum {
	LOG_MAX = 64 << 20,	/* what is longer is cut */
	LOG_COLUMN = 40, LOG_STEP = 8,	/* where states begin behind an insn */
};

struct vlog {
	struct arena *arena;
	char *text;
	size_t n, cap;
	size_t insn_at, insn_end; /* the last insn printed, and whether more followed */
	uint8_t level;
	bool cut;
	const struct line_info *line;	/* the last source line shown */
	/* LOG_PATH: no text, but the insns of the current path. */
	struct path_insn *path;
	size_t npath, path_cap;
	const struct venv *env;
	struct log_sink *sink;	/* or NULL */
	uint32_t pc;		/* of the last insn */
};

struct vlog *vlog_new(struct arena *a, uint8_t level, struct log_sink *sink)
{
	struct vlog *l = arena_alloc(a, sizeof(*l));

	l->arena = a;
	l->level = level;
	l->sink = sink;
	l->pc = UINT32_MAX;
	return l;
}

struct log_sink *vlog_sink(const struct vlog *l)
{
	return l->sink;
}

/* If events are wanted: the one that the caller describes, in state s. */
static bool emit(struct vlog *l, const struct venv *env, const struct vstate *s,
		 struct log_event e)
{
	if (!l->sink)
		return false;
	e.env = env;
	e.state = s;
	if (s)
		e.frame = s->curframe;
	l->sink->event(l->sink, &e);
	return true;
}

static bool vlog_room(struct vlog *l, size_t n)
{
	char *text;

	if (l->cap - l->n > n)
		return true;
	if (l->n + n >= LOG_MAX) {
		l->cut = true;
		return false;
	}
	l->cap = 2 * (l->cap + n) + 1024;
	text = arena_raw(l->arena, l->cap);
	if (l->n)
		memcpy(text, l->text, l->n);
	l->text = text;
	return true;
}

void vlog_printf(struct vlog *l, const char *fmt, ...)
{
	char buf[320];
	va_list ap;
	int n;

	if (l->level == LOG_PATH || l->sink)
		return;
	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof(buf))
		n = sizeof(buf) - 1;
	if (l->cut || !vlog_room(l, (size_t)n))
		return;
	memcpy(l->text + l->n, buf, (size_t)n);
	l->n += (size_t)n;
}

size_t vlog_mark(const struct vlog *l)
{
	if (l && l->sink)
		return l->level == 1 ? l->sink->mark(l->sink) : 0;
	return !l ? 0 : l->level == LOG_PATH ? l->npath : l->n;
}

bool vlog_is_path(const struct vlog *l)
{
	return l->level == LOG_PATH;
}

void vlog_path_add(struct vlog *l, const struct venv *env, uint32_t pc, struct vstate *state)
{
	struct path_insn *path;

	l->env = env;
	if (l->npath == l->path_cap) {
		l->path_cap = 2 * l->path_cap + 256;
		path = arena_raw(l->arena, l->path_cap * sizeof(*path));
		if (l->npath)
			memcpy(path, l->path, l->npath * sizeof(*path));
		l->path = path;
	}
	l->path[l->npath++] = (struct path_insn){ .state = state, .pc = pc };
}

const struct path_insn *vlog_path(const struct vlog *l, size_t *n)
{
	*n = l->npath;
	return l->path;
}

static void path_forget(struct vlog *l, size_t mark)
{
	while (l->npath > mark) {
		struct vstate *s = l->path[--l->npath].state;

		if (s)
			state_free(l->env, s);
	}
}

/* Level 1 and LOG_PATH forget paths that ended well. */
void vlog_forget(struct vlog *l, size_t mark)
{
	if (l && l->level == LOG_PATH)
		path_forget(l, mark);
	if (!l || l->level != 1)
		return;
	if (l->sink) {
		l->sink->forget(l->sink, mark);
		return;
	}
	l->n = mark;
	l->insn_at = l->insn_end = 0;
}

const char *vlog_text(struct vlog *l, size_t *n)
{
	if (!vlog_room(l, 1))
		l->n--;
	l->text[l->n] = 0;
	*n = l->n;
	return l->text;
}

/* ---- numbers and registers ----------------------------------------------- */

static void put_unsigned(struct vlog *l, uint64_t v)
{
	vlog_printf(l, v <= UINT16_MAX ? "%llu" : "0x%llx", (unsigned long long)v);
}

static bool is_decimal(int64_t v)
{
	return v >= INT16_MIN && v <= INT16_MAX;
}

static void put_signed(struct vlog *l, int64_t v)
{
	vlog_printf(l, is_decimal(v) ? "%lld" : "0x%llx", (long long)v);
}

/* In hexadecimal a negative 32-bit number has 32 bits. */
static int64_t half_value(int32_t v)
{
	return is_decimal(v) ? v : (int64_t)(uint32_t)v;
}

/* Bounds that say nothing are left out; equal minima, and equal maxima, are printed once. */
static void put_ranges(struct vlog *l, const struct scalar *s, const char **sep)
{
	struct {
		const char *name;
		int64_t v;
		bool omit;
	} b[8] = {
		{ "smin", s->smin, s->smin == INT64_MIN },
		{ "smax", s->smax, s->smax == INT64_MAX },
		{ "umin", (int64_t)s->umin, s->umin == 0 },
		{ "umax", (int64_t)s->umax, s->umax == UINT64_MAX },
		{ "smin32", half_value(s->s32min), s->s32min == INT32_MIN },
		{ "smax32", half_value(s->s32max), s->s32max == INT32_MAX },
		{ "umin32", s->u32min, s->u32min == 0 },
		{ "umax32", s->u32max, s->u32max == UINT32_MAX },
	};
	char buf[48];

	for (int i = 0; i < 8; i++) {
		bool is_signed = b[i].name[0] == 's';

		if (b[i].omit)
			continue;
		vlog_printf(l, "%s%s", *sep, b[i].name);
		*sep = ",";
		for (int k = i + 2; k < 8; k += 2) {
			if (b[k].omit || b[k].v != b[i].v ||
			    (b[i].v < 0 && is_signed != (b[k].name[0] == 's')))
				continue;
			b[k].omit = true;
			vlog_printf(l, "=%s", b[k].name);
		}
		vlog_printf(l, "=");
		if (is_signed)
			put_signed(l, b[i].v);
		else
			put_unsigned(l, (uint64_t)b[i].v);
	}
	if (s->var.mask == UINT64_MAX)
		return;
	vlog_printf(l, "%svar_off=%s", *sep, tnum_text(s->var, buf));
	*sep = ",";
}

static void put_pointer_parts(struct vlog *l, const struct venv *env, const struct reg_state *r,
			      const char **sep)
{
	const struct map_def *m;

	switch (r->type) {
	case T_MAP_PTR: case T_MAP_KEY: case T_MAP_VALUE:
		m = &env->unit->map[r->map];
		vlog_printf(l, "%s", *sep);
		/* Inner maps are seen as their template, which has no name. */
		if (!r->map_uid || r->type != T_MAP_PTR)
			vlog_printf(l, "map=%.16s,", m->name);
		vlog_printf(l, "ks=%u,vs=%u", m->key_size, m->value_size);
		*sep = ",";
		break;
	default:
		break;
	}
	if (r->off) {
		vlog_printf(l, "%soff=", *sep);
		put_signed(l, r->off);
		*sep = ",";
	}
	if (type_is_packet(r->type)) {
		vlog_printf(l, "%sr=", *sep);
		put_unsigned(l, (uint64_t)(int64_t)r->range);
		*sep = ",";
	}
	if (r->type == T_MEM) {
		vlog_printf(l, "%ssz=%u", *sep, r->size);
		*sep = ",";
	}
}

static void put_reg(struct vlog *l, const struct venv *env, uint32_t frame,
		    const struct reg_state *r)
{
	const char *sep = "";
	char name[64];

	if (r->type == T_SCALAR) {
		if (r->precise)
			vlog_printf(l, "P");
		if (scalar_is_const(&r->s)) {
			put_signed(l, (int64_t)r->s.var.value);
			return;
		}
	}
	vlog_printf(l, "%s", reg_type_name(r, name));
	if (r->type == T_STACK) {
		if (r->frame != frame)
			vlog_printf(l, "[%u]", r->frame);
		if (scalar_is_const(&r->s)) {
			put_signed(l, r->off + (int64_t)r->s.var.value);
			return;
		}
	}
	if (r->type == T_BTF_ID)
		vlog_printf(l, "%s", btf_name(env, r->btf));
	vlog_printf(l, "(");
	if (r->id) {
		vlog_printf(l, "id=%u", r->id);
		sep = ",";
		if (r->has_delta)
			vlog_printf(l, "%+d", r->delta);
	}
	if (r->ref) {
		vlog_printf(l, "%sref_obj_id=%u", sep, r->ref);
		sep = ",";
	}
	if (r->type != T_SCALAR)
		put_pointer_parts(l, env, r, &sep);
	if (!scalar_is_const(&r->s)) {
		put_ranges(l, &r->s, &sep);
	} else if (r->s.var.value) {
		vlog_printf(l, "%simm=", sep);
		put_signed(l, (int64_t)r->s.var.value);
	}
	vlog_printf(l, ")");
}

/* ---- slots and states ---------------------------------------------------- */

/* Bytes from the highest address down to where a spill begins. */
static void put_slot(struct vlog *l, const struct venv *env, uint32_t frame,
		     const struct stack_slot *slot, uint32_t i)
{
	static const char letter[] = {
		[SLOT_INVALID] = '?', [SLOT_MISC] = 'm', [SLOT_ZERO] = '0', [SLOT_SPILL] = 'r',
		[SLOT_ITER] = 'i', [SLOT_DYNPTR] = 'd',
	};
	char text[9] = { 0 };

	for (int b = 7, n = 0; b >= 0 && slot->type[b] != SLOT_SPILL; b--)
		text[n++] = letter[slot->type[b]];
	vlog_printf(l, " fp-%u=%s", 8 * (i + 1), text);
	if (slot_is_spill(slot))
		put_reg(l, env, frame, &slot->spill);
}

static bool slot_shown(const struct stack_slot *slot)
{
	for (uint32_t b = 0; b < 8; b++)
		if (slot->type[b] != SLOT_INVALID)
			return true;
	return false;
}

/* What regs and slots select of frame f, in one line. */
static void put_frame(struct vlog *l, const struct venv *env, const struct vstate *s, uint32_t f,
		      uint32_t regs, uint64_t slots)
{
	const struct func_state *fs = s->frame[f];

	if (f)
		vlog_printf(l, " frame%u:", f);
	for (uint32_t i = 0; i < REGS; i++) {
		if (!(regs >> i & 1) || fs->reg[i].type == T_NOT_INIT)
			continue;
		vlog_printf(l, " R%u=", i);
		put_reg(l, env, f, &fs->reg[i]);
	}
	for (uint32_t i = 0; i < fs->nslot; i++)
		if (slots >> i & 1 && slot_shown(&fs->slot[i]))
			put_slot(l, env, f, &fs->slot[i], i);
	if (!s->nref)
		return;
	vlog_printf(l, " refs=%u", s->ref[0].id);
	for (uint32_t i = 1; i < s->nref; i++)
		vlog_printf(l, ",%u", s->ref[i].id);
}

void vlog_frame(struct vlog *l, const struct venv *env, const struct vstate *s, uint32_t f)
{
	put_frame(l, env, s, f, UINT32_MAX, UINT64_MAX);
	vlog_printf(l, "\n");
}

/* "IDX: STATE" of the current frame. */
void vlog_state(struct vlog *l, const struct venv *env, const struct vstate *s)
{
	if (emit(l, env, s, (struct log_event){ LOG_BEGIN, .pc = s->insn, .from = UINT32_MAX }))
		return;
	vlog_printf(l, "%u:", s->insn);
	vlog_frame(l, env, s, s->curframe);
}

/* What the last insn touched, behind it on its line, or on a line of its own. */
static void put_delta(struct vlog *l, const struct venv *env, const struct vstate *s, uint32_t pc,
		const struct step *out)
{
	uint32_t f = s->curframe;
	size_t len = l->insn_end - l->insn_at, col;
	uint64_t slots = 0;

	if (l->insn_end && l->insn_end == l->n) {
		l->n--;		/* the newline; Linux counts it, too */
		col = len + LOG_STEP / 2 > LOG_COLUMN ? len + LOG_STEP / 2 : LOG_COLUMN;
		col = (col + LOG_STEP - 1) / LOG_STEP * LOG_STEP;
		vlog_printf(l, "%*c;", (int)(col - len - 1), ' ');
	} else {
		/* Something was logged in between. */
		uint8_t kind = insn_row(env->id[pc])->kind;

		vlog_printf(l, "%u:", kind == K_JMP_K || kind == K_JMP_X ? pc : s->insn);
	}
	/* Linux keeps one mask for the slots of all frames. */
	for (uint32_t i = 0; i <= f; i++)
		slots |= out->touched_slots[i];
	put_frame(l, env, s, f, out->touched, slots);
	vlog_printf(l, "\n");
}

void vlog_step(struct vlog *l, const struct venv *env, const struct vstate *s, uint32_t pc,
	       const struct step *out)
{
	uint64_t slots = out->touched_slots[s->curframe];

	switch (insn_row(env->id[pc])->kind) {
	case K_JA: case K_EXIT: case K_MAY_GOTO:
		return;
	case K_CALL_LOCAL:
		if (emit(l, env, s, (struct log_event){ LOG_CALL, .pc = s->insn, .from = pc }))
			return;
		vlog_printf(l, "caller:\n");
		vlog_frame(l, env, s, s->curframe - 1);
		vlog_printf(l, "callee:\n");
		vlog_frame(l, env, s, s->curframe);
		vlog_state(l, env, s);
		return;
	default:
		if (emit(l, env, s, (struct log_event){ LOG_RESULT, .pc = pc, .from = UINT32_MAX,
				    .regs = out->touched, .slots = slots }))
			return;
		put_delta(l, env, s, pc, out);
	}
}

void vlog_return(struct vlog *l, const struct venv *env, const struct vstate *callee,
		 const struct vstate *s)
{
	if (emit(l, env, s, (struct log_event){ LOG_RETURN, .pc = s->insn, .from = UINT32_MAX }))
		return;
	vlog_printf(l, "returning from callee:\n");
	vlog_frame(l, env, callee, callee->curframe);
	vlog_printf(l, "to caller at %u:\n", s->insn);
	vlog_frame(l, env, s, s->curframe);
}

void vlog_error(struct vlog *l, const struct step *out)
{
	if (emit(l, NULL, NULL, (struct log_event){ LOG_ERROR, .pc = l->pc, .from = UINT32_MAX,
			.frame = UINT32_MAX, .err = out->err, .text = out->msg, .more = out->more }))
		return;
	vlog_printf(l, "%s\n", out->msg);
	if (out->more[0])
		vlog_printf(l, "%s\n", out->more);
}

/* A path begins (again) after the insn from. */
void vlog_from(struct vlog *l, const struct venv *env, const struct vstate *s, uint32_t from,
	       bool repeat)
{
	if (emit(l, env, s, (struct log_event){ LOG_BEGIN, .pc = s->insn, .from = from }))
		return;
	vlog_printf(l, "\nfrom %u to %u%s:", from, s->insn,
		    s->speculative ? " (speculative execution)" : "");
	vlog_frame(l, env, s, s->curframe);
	if (repeat)
		vlog_state(l, env, s);
}

void vlog_safe(struct vlog *l, const struct venv *env, const struct vstate *s, uint32_t from)
{
	if (emit(l, env, s, (struct log_event){ LOG_SAFE, .pc = s->insn, .from = from }))
		return;
	if (from != UINT32_MAX)
		vlog_printf(l, "\nfrom %u to %u%s: safe\n", from, s->insn,
			    s->speculative ? " (speculative execution)" : "");
	else
		vlog_printf(l, "%u: safe\n", s->insn);
}

/* ---- insns --------------------------------------------------------------- */

/* The line of source that pc begins, if the last one shown was another. */
static void put_source(struct vlog *l, const struct program *p, uint32_t pc)
{
	const struct line_info *line = program_line(p, pc);

	if (!line || line == l->line)
		return;
	l->line = line;
	vlog_printf(l, "; %.200s @ %.80s:%u\n", line->text ? line->text : "",
		    line->file ? line->file : "", line->line);
}

void vlog_insn(struct vlog *l, const struct venv *env, const struct vstate *s)
{
	uint32_t pc = s->insn;
	char text[160];

	l->pc = pc;
	vlog_insn_text(env, pc, text, sizeof(text));
	if (emit(l, env, s, (struct log_event){ LOG_INSN, .pc = pc, .from = UINT32_MAX, .text = text }))
		return;
	put_source(l, env->prog, pc);
	l->insn_at = l->n;
	vlog_printf(l, "%u: (%02x) %s\n", pc, env->insn[pc].code, text);
	l->insn_end = l->n;
}

static void emit_head(struct vlog *l, const struct venv *env)
{
	for (uint32_t i = 0; i < env->nsub; i++)
		emit(l, env, NULL, (struct log_event){ LOG_FUNCTION, .pc = env->sub[i].start,
		     .from = UINT32_MAX, .frame = i });
	for (uint32_t pc = 0; pc < env->len; pc += insn_slots(env->id[pc]))
		emit(l, env, NULL, (struct log_event){ LOG_LIVE, .pc = pc, .from = UINT32_MAX,
		     .frame = UINT32_MAX, .regs = env->live[pc] & ((1u << REG_FP) - 1) });
}

/* What Linux's log begins with at level 2. */
void vlog_head(struct vlog *l, const struct venv *env)
{
	char text[160];

	if (l->level != 2)
		return;
	if (l->sink) {
		emit_head(l, env);
		return;
	}
	for (uint32_t i = 0; i < env->nsub; i++)
		vlog_printf(l, "func#%u @%u\n", i, env->sub[i].start);
	vlog_printf(l, "Live regs before insn:\n");
	for (uint32_t pc = 0; pc < env->len; pc += insn_slots(env->id[pc])) {
		if (env->loop && env->loop[pc])
			vlog_printf(l, "%3u%4u: ", env->loop[pc], pc);
		else
			vlog_printf(l, "   %4u: ", pc);
		for (uint32_t r = 0; r < REG_FP; r++)
			vlog_printf(l, env->live[pc] >> r & 1 ? "%u" : ".", r);
		vlog_insn_text(env, pc, text, sizeof(text));
		vlog_printf(l, " (%02x) %s\n", env->insn[pc].code, text);
	}
}
