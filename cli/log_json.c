/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log_json: the verifier's log as an array of JSON objects, written as the walk
 * goes on (docs/verifier.md, section 6).  At level 1 parts of it are taken back,
 * so that it waits in memory.
 */
#include "cli/cli.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- registers ------------------------------------------------------------------ */

static void json_var(struct json *j, const struct scalar *s)
{
	json_i64(j, "smin", s->smin);
	json_i64(j, "smax", s->smax);
	json_u64(j, "umin", s->umin);
	json_u64(j, "umax", s->umax);
	json_i64(j, "smin32", s->s32min);
	json_i64(j, "smax32", s->s32max);
	json_u64(j, "umin32", s->u32min);
	json_u64(j, "umax32", s->u32max);
	json_begin(j, "var_off", '{');
	json_hex(j, "value", s->var.value);
	json_hex(j, "mask", s->var.mask);
	json_end(j, '}');
}

static void json_object(struct json *j, const struct venv *env, const struct reg_state *r)
{
	switch (r->type) {
	case T_MAP_PTR: case T_MAP_KEY: case T_MAP_VALUE:
		json_str(j, "map", env->unit->map[r->map].name);
		break;
	case T_PACKET: case T_PACKET_META:
		json_i64(j, "range", r->range);
		break;
	case T_MEM: case T_BUF:
		json_u64(j, "size", r->size);
		break;
	case T_STACK:
		json_u64(j, "frame", r->frame);
		break;
	case T_FUNC:
		json_u64(j, "function", r->subprog);
		break;
	case T_BTF_ID:
		json_str(j, "btf", btf_name(env, r->btf));
		break;
	default:
		break;
	}
}

static void json_reg(struct json *j, const char *name, const struct venv *env,
		     const struct reg_state *r)
{
	char type[64];

	json_begin(j, name, '{');
	json_str(j, "type", reg_type_name(r, type));
	if (r->id)
		json_u64(j, "id", r->id);
	if (r->has_delta)
		json_i64(j, "delta", r->delta);
	if (r->ref)
		json_u64(j, "ref", r->ref);
	if (r->type == T_SCALAR) {
		json_bool(j, "precise", r->precise);
	} else {
		json_object(j, env, r);
		json_i64(j, "off", r->off);
	}
	if (scalar_is_const(&r->s) && r->type == T_SCALAR)
		json_i64(j, "value", (int64_t)r->s.var.value);
	else if (!scalar_is_const(&r->s) || r->s.var.value)
		json_var(j, &r->s);
	json_end(j, '}');
}

/* ---- states ----------------------------------------------------------------------- */

/* Bytes from the highest address down, as in the text: r is part of the spill. */
static void json_slot(struct json *j, const struct venv *env, const struct stack_slot *slot,
		      uint32_t i)
{
	static const char letter[] = {
		[SLOT_INVALID] = '?', [SLOT_MISC] = 'm', [SLOT_ZERO] = '0', [SLOT_SPILL] = 'r',
		[SLOT_ITER] = 'i', [SLOT_DYNPTR] = 'd',
	};
	char name[16], bytes[9] = { 0 };

	for (int b = 0; b < 8; b++)
		bytes[b] = letter[slot->type[7 - b]];
	if (!strcmp(bytes, "????????"))
		return;
	snprintf(name, sizeof(name), "fp-%u", 8 * (i + 1));
	json_begin(j, name, '{');
	json_str(j, "bytes", bytes);
	if (slot->type[0] == SLOT_SPILL)
		json_reg(j, "spill", env, &slot->spill);
	json_end(j, '}');
}

static void json_frame(struct json *j, const char *key, const struct log_event *e, uint32_t frame,
		       uint32_t regs, uint64_t slots)
{
	const struct func_state *f = e->state->frame[frame];
	char name[16];

	json_begin(j, key, '{');
	json_u64(j, "frame", frame);
	json_begin(j, "registers", '{');
	for (uint32_t i = 0; i < REGS; i++) {
		if (!(regs >> i & 1) || f->reg[i].type == T_NOT_INIT)
			continue;
		snprintf(name, sizeof(name), "r%u", i);
		json_reg(j, name, e->env, &f->reg[i]);
	}
	json_end(j, '}');
	json_begin(j, "stack", '{');
	for (uint32_t i = 0; i < f->nslot; i++)
		if (slots >> i & 1)
			json_slot(j, e->env, &f->slot[i], i);
	json_end(j, '}');
	json_end(j, '}');
}

static void json_refs(struct json *j, const struct vstate *s)
{
	if (!s->nref)
		return;
	json_begin(j, "references", '[');
	for (uint32_t i = 0; i < s->nref; i++) {
		json_begin(j, NULL, '{');
		json_u64(j, "id", s->ref[i].id);
		json_u64(j, "acquired_at", s->ref[i].insn);
		json_end(j, '}');
	}
	json_end(j, ']');
}

static void json_state(struct json *j, const struct log_event *e)
{
	if (e->kind == LOG_RESULT) {
		json_frame(j, "touched", e, e->frame, e->regs, e->slots);
	} else if (e->kind == LOG_INSN) {
		json_frame(j, "state", e, e->frame, UINT32_MAX, UINT64_MAX);
	} else if (e->kind != LOG_SAFE) {
		json_begin(j, "frames", '[');
		for (uint32_t i = 0; i <= e->frame; i++)
			json_frame(j, NULL, e, i, UINT32_MAX, UINT64_MAX);
		json_end(j, ']');
	}
	json_refs(j, e->state);
	if (e->state->speculative)
		json_bool(j, "speculative", true);
}

/* ---- events ------------------------------------------------------------------------ */

static void json_places(struct json *j, const struct log_event *e)
{
	char name[16];

	json_begin(j, "registers", '[');
	for (uint32_t i = 0; i < REGS; i++) {
		snprintf(name, sizeof(name), "r%u", i);
		if (e->regs >> i & 1)
			json_str(j, NULL, name);
	}
	json_end(j, ']');
	if (e->kind == LOG_LIVE)
		return;
	json_begin(j, "stack", '[');
	for (uint32_t i = 0; i < 64; i++) {
		snprintf(name, sizeof(name), "fp-%u", 8 * (i + 1));
		if (e->slots >> i & 1)
			json_str(j, NULL, name);
	}
	json_end(j, ']');
}

static void json_insn(struct json *j, const struct log_event *e)
{
	const struct line_info *line = program_line(e->env->prog, e->pc);

	json_str(j, "insn", e->text);
	if (!line)
		return;
	json_str(j, "file", line->file ? line->file : "");
	json_u64(j, "line", line->line);
	json_str(j, "source", line->text ? line->text : "");
}

static void on_event(struct log_sink *sink, const struct log_event *e)
{
	static const char *const name[] = {
		[LOG_FUNCTION] = "function", [LOG_LIVE] = "live", [LOG_BEGIN] = "begin",
		[LOG_INSN] = "insn", [LOG_RESULT] = "result", [LOG_CALL] = "call",
		[LOG_RETURN] = "return", [LOG_SAFE] = "safe", [LOG_PRECISE] = "precise",
		[LOG_PRECISE_STATE] = "precise_state", [LOG_INHERITED] = "inherited",
		[LOG_ERROR] = "error",
	};
	struct json *j = &((struct log_json *)sink)->j;

	json_begin(j, NULL, '{');
	json_str(j, "event", name[e->kind]);
	if (e->pc != UINT32_MAX)
		json_u64(j, "pc", e->pc);
	if (e->from != UINT32_MAX)
		json_u64(j, "from", e->from);
	if (e->frame != UINT32_MAX)
		json_u64(j, e->kind == LOG_FUNCTION ? "number" : "frame", e->frame);
	switch (e->kind) {
	case LOG_INSN:
		json_insn(j, e);
		break;
	case LOG_LIVE: case LOG_PRECISE: case LOG_PRECISE_STATE: case LOG_INHERITED:
		json_places(j, e);
		break;
	case LOG_ERROR:
		json_str(j, "error", verr_name[e->err]);
		json_str(j, "text", e->text);
		if (e->more && e->more[0])
			json_str(j, "more", e->more);
		break;
	default:
		break;
	}
	if (e->state)
		json_state(j, e);
	json_end(j, '}');
	putc('\n', j->f);
}

/* ---- where it goes ------------------------------------------------------------------- */

static size_t on_mark(struct log_sink *sink)
{
	struct log_json *l = (struct log_json *)sink;

	fflush(l->j.f);
	return (size_t)ftello(l->j.f);
}

static void on_forget(struct log_sink *sink, size_t mark)
{
	struct log_json *l = (struct log_json *)sink;

	fflush(l->j.f);
	fseeko(l->j.f, (off_t)mark, SEEK_SET);
	l->j.comma = mark > 0;
}

void cli_log_json_begin(struct log_json *l, struct json *to, uint8_t level)
{
	memset(l, 0, sizeof(*l));
	l->sink = (struct log_sink){ .event = on_event, .mark = on_mark, .forget = on_forget };
	l->to = to;
	json_begin(to, "log", '[');
	putc('\n', to->f);
	l->j.f = level == 1 ? open_memstream(&l->text, &l->size) : to->f;
	if (!l->j.f)
		die("out of memory");
}

void cli_log_json_end(struct log_json *l)
{
	if (l->j.f != l->to->f) {
		size_t n = on_mark(&l->sink);	/* behind that is what was taken back */

		fclose(l->j.f);
		fwrite(l->text, 1, n, l->to->f);
		free(l->text);
	}
	json_end(l->to, ']');
}
