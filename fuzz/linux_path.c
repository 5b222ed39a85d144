/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/linux_path.h"

#include <string.h>

/* The code of one dynamic call, in order of execution; the jumps to its stub are open. */
struct piece {
	struct insn *in;
	uint32_t *step;
	uint32_t n, cap;
	uint32_t *jump, njump;	/* insns that lead to the stub */
	uint32_t *call, *callee, ncall; /* insns that call, and the piece that they call */
};

struct builder {
	const struct unit *u;
	const struct trace *t;
	struct arena *a;
	struct piece *piece;
	uint32_t npiece;
	uint32_t frame[MAX_FRAMES];	/* the piece that each frame runs */
	uint32_t cur;
};

enum { NO_STEP = UINT32_MAX };

/* Steps of the frame that begins at step i, those of its callees not counted. */
static uint32_t steps_of(const struct trace *t, uint32_t i)
{
	uint8_t frame = t->step[i].frame;
	uint32_t n = 0;

	for (uint32_t k = i; k < t->nstep && k < PATH_MAX_STEPS && t->step[k].frame >= frame; k++)
		n += t->step[k].frame == frame;
	return n;
}

/* For the call that begins at step i.  Each step takes at most two slots. */
static uint32_t piece_new(struct builder *b, uint32_t i)
{
	struct piece *p = &b->piece[b->npiece];

	p->cap = 2 * steps_of(b->t, i) + 4;
	p->in = arena_alloc(b->a, p->cap * sizeof(*p->in));
	p->step = arena_alloc(b->a, p->cap * sizeof(*p->step));
	p->jump = arena_alloc(b->a, p->cap * sizeof(*p->jump));
	p->call = arena_alloc(b->a, p->cap * sizeof(*p->call));
	p->callee = arena_alloc(b->a, p->cap * sizeof(*p->callee));
	return b->npiece++;
}

static void emit(struct piece *p, struct insn in, uint32_t step)
{
	p->in[p->n] = in;
	p->step[p->n++] = step;
}

static struct piece *current(struct builder *b)
{
	return &b->piece[b->frame[b->cur]];
}

/* The opcode that jumps in just the other cases; 0 if there is none (JSET). */
static uint8_t inverse(uint8_t code)
{
	static const uint8_t pair[][2] = {
		{ JMP_JEQ, JMP_JNE }, { JMP_JGT, JMP_JLE }, { JMP_JGE, JMP_JLT },
		{ JMP_JSGT, JMP_JSLE }, { JMP_JSGE, JMP_JSLT },
	};

	for (uint32_t i = 0; i < sizeof(pair) / sizeof(pair[0]); i++) {
		if ((code & 0xf0) == pair[i][0])
			return (code & 0x0f) | pair[i][1];
		if ((code & 0xf0) == pair[i][1])
			return (code & 0x0f) | pair[i][0];
	}
	return 0;
}

/*
 * The branch at step i, which went on to the next step's insn.  The kernel
 * follows the side that falls through first, so that has to be the one.  JSET
 * cannot be turned: it jumps over a jump to the stub.
 */
static void branch(struct builder *b, uint32_t i, struct insn in, uint32_t pc)
{
	struct piece *p = current(b);

	if (in.off == 0)	/* both ways are one */
		return;
	if (b->t->step[i + 1].insn != pc + 1) {
		uint8_t code = inverse(in.code);

		if (!code) {
			in.off = 1;
			emit(p, in, i);
			in = (struct insn){ .code = CLS_JMP | JMP_JA };
			i = NO_STEP;
		} else {
			in.code = code;
		}
	}
	p->jump[p->njump++] = p->n;
	emit(p, in, i);
}

/* False: this insn has no place in the path, which ends before it. */
static bool step(struct builder *b, uint32_t i)
{
	const struct trace_step *s = &b->t->step[i], *next = s + 1;
	const struct program *prog = &b->u->prog[s->prog];
	struct piece *p = current(b);
	struct insn in = prog->insn[s->insn];
	uint8_t id = prog->id[s->insn];

	switch (insn_row(id)->kind) {
	case K_JA:
		return true;
	case K_MAY_GOTO:	/* its counter is its own affair; when it has run out we stop */
		return next->insn == s->insn + 1;
	case K_JMP_K: case K_JMP_X:
		branch(b, i, in, s->insn);
		return true;
	case K_CALL_LOCAL:
		if (next->frame != s->frame + 1 || b->npiece == PATH_MAX_CALLS)
			return false;
		p->call[p->ncall] = p->n;
		p->callee[p->ncall++] = b->npiece;
		emit(p, in, i);
		b->cur++;
		b->frame[b->cur] = piece_new(b, i + 1);
		return true;
	case K_EXIT:
		emit(p, in, i);
		b->cur--;
		return true;
	case K_LD_IMM64:
		if (id == I_LD_CODE_ADDR)
			return false;
		emit(p, in, i);
		emit(p, prog->insn[s->insn + 1], NO_STEP);
		return true;
	case K_CALL:		/* the kernel knows how many cpus there are; ours are made up */
		if (in.imm == HELPER_get_smp_processor_id)
			return false;
		/* fallthrough */
	default:		/* not so: a tail call, or a packet load that ended the frame */
		if (next->insn != s->insn + 1 || next->frame != s->frame)
			return false;
		emit(p, in, i);
		return true;
	}
}

static uint32_t walk(struct builder *b)
{
	uint32_t n = b->t->nstep < PATH_MAX_STEPS ? b->t->nstep : PATH_MAX_STEPS, i = 0;

	for (; i < n; i++) {
		const struct trace_step *s = &b->t->step[i];
		bool exit = b->u->prog[s->prog].id[s->insn] == I_EXIT;

		/* The last step says nothing of where it leads, unless it ends the run. */
		if (i + 1 == b->t->nstep && !(exit && !s->frame))
			break;
		if (exit && !s->frame) {
			emit(current(b), insn_exit(), i);
			return i + 1;
		}
		if (s[1].prog != s->prog || !step(b, i))
			break;
	}
	return i;
}

/* Open ends: every piece returns 0, its stub as well. */
static void finish(struct builder *b)
{
	for (uint32_t k = 0; k < b->npiece; k++) {
		struct piece *p = &b->piece[k];
		uint32_t stub;

		if (!p->n || p->in[p->n - 1].code != insn_exit().code) {
			emit(p, insn_mov64_imm(0, 0), NO_STEP);
			emit(p, insn_exit(), NO_STEP);
		}
		stub = p->n;
		for (uint32_t i = 0; i < p->njump; i++)
			p->in[p->jump[i]].off = (int16_t)(stub - p->jump[i] - 1);
		if (p->njump) {
			emit(p, insn_mov64_imm(0, 0), NO_STEP);
			emit(p, insn_exit(), NO_STEP);
		}
	}
}

static void join(struct builder *b, struct linux_path *out)
{
	uint32_t *start = arena_raw(b->a, b->npiece * sizeof(*start)), *step, n = 0;
	struct insn *in;

	for (uint32_t k = 0; k < b->npiece; k++) {
		start[k] = n;
		n += b->piece[k].n;
	}
	in = arena_raw(b->a, n * sizeof(*in));
	step = arena_raw(b->a, n * sizeof(*step));
	for (uint32_t k = 0; k < b->npiece; k++) {
		struct piece *p = &b->piece[k];

		for (uint32_t i = 0; i < p->ncall; i++)
			p->in[p->call[i]].imm = (int32_t)(start[p->callee[i]] - (start[k] + p->call[i]) - 1);
		memcpy(in + start[k], p->in, p->n * sizeof(*in));
		memcpy(step + start[k], p->step, p->n * sizeof(*step));
	}
	out->slot = arena_raw(b->a, (out->nstep + 1) * sizeof(*out->slot));
	memset(out->slot, 0xff, (out->nstep + 1) * sizeof(*out->slot));
	for (uint32_t i = 0; i < n; i++)
		if (step[i] != NO_STEP)
			out->slot[step[i]] = i;
	out->prog.insn = in;
	out->prog.len = n;
}

bool linux_path_make(const struct unit *u, const struct trace *t, struct arena *a,
		     struct linux_path *out)
{
	struct builder b = { .u = u, .t = t, .a = a };

	memset(out, 0, sizeof(*out));
	if (!t->nstep)
		return false;
	b.piece = arena_alloc(a, PATH_MAX_CALLS * sizeof(*b.piece));
	b.frame[0] = piece_new(&b, 0);
	out->nstep = walk(&b);
	out->whole = out->nstep == t->nstep;
	if (!out->nstep)
		return false;
	finish(&b);
	out->prog = u->prog[0];
	join(&b, out);
	out->prog.sub = NULL;
	out->prog.nsub = 0;
	out->prog.func = NULL;
	out->prog.nfunc = 0;
	out->prog.line = NULL;
	out->prog.nline = 0;
	program_seal(&out->prog, a);
	return out->prog.id != NULL;
}
