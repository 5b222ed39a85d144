/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of level 2 of Linux 6.18, line by line:
 *
 *	12: (b7) r2 = 5      ; R2=5	an insn, and what it changed
 *	24: R0=... R3=...		the same, where something was printed between
 *	caller:, callee:, returning from callee:, to caller at 14:	full states of
 *					frames follow, on lines that begin with a space
 *	from 35 to 14: R0=...		a full state, and once more with 14: in front
 *	29: safe, from 27 to 29: safe	the path ends, an older state covers it
 *
 * A change names only registers and slots that it touched.  What is not named
 * stays as it was, which still holds: ranges narrow through ids without a word,
 * and never widen.  But registers that calls clobber go without a word, too.
 */
#include "fuzz/linux_log.h"

#include <string.h>

/* ---- lines ------------------------------------------------------------------------------- */

enum line {
	LINE_INSN, LINE_STATE, LINE_SAFE, LINE_FROM, LINE_RETURN, LINE_BLOCK, LINE_FULL, LINE_NOISE,
	LINE_VALIDATING, LINE_BUG, LINE_DONE, LINE_OTHER,
};

static bool starts(const char *s, const char *end, const char *with, size_t n)
{
	return (size_t)(end - s) >= n && !memcmp(s, with, n);
}
#define STARTS(s, end, with) starts(s, end, with, sizeof(with) - 1)

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f');
}

/* Behind the digits, *n is their value; NULL: there are none, or too many. */
static const char *decimal(const char *s, const char *end, uint32_t *n)
{
	const char *p = s;

	for (*n = 0; p < end && is_digit(*p) && p - s < 9; p++)
		*n = *n * 10 + (uint32_t)(*p - '0');
	return p == s || (p < end && is_digit(*p)) ? NULL : p;
}

static enum line numbered(const char *s, const char *end, uint32_t *n, const char **rest)
{
	const char *p = decimal(s, end, n);

	if (!p || p >= end || *p != ':')
		return LINE_OTHER;
	*rest = p + 1;
	if (end - p > 5 && p[1] == ' ' && p[2] == '(' && is_hex(p[3]) && is_hex(p[4]) && p[5] == ')')
		return LINE_INSN;
	return STARTS(p, end, ": safe") ? LINE_SAFE : LINE_STATE;
}

/* *n, *rest: the number in front of lines that have one, and what stands behind the colon. */
static enum line classify(const char *s, const char *end, uint32_t *n, const char **rest)
{
	if (s == end)
		return LINE_NOISE;
	switch (*s) {
	case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		return numbered(s, end, n, rest);
	case ' ':
		return LINE_FULL;
	case '(': case ';':
		return LINE_NOISE;
	case 'f':
		return STARTS(s, end, "from ") ? LINE_FROM :
		       STARTS(s, end, "func#") || STARTS(s, end, "frame ") ||
		       STARTS(s, end, "force_precise:") ? LINE_NOISE : LINE_OTHER;
	case 'm':
		return STARTS(s, end, "mark_precise:") ? LINE_NOISE : LINE_OTHER;
	case 'c':
		return STARTS(s, end, "caller:") || STARTS(s, end, "callee:") ? LINE_BLOCK : LINE_OTHER;
	case 'r':
		return STARTS(s, end, "returning from") ? LINE_BLOCK : LINE_OTHER;
	case 't':
		return STARTS(s, end, "to caller") ? LINE_RETURN : LINE_OTHER;
	case 'p':
		return STARTS(s, end, "processed ") ? LINE_DONE : LINE_OTHER;
	case 'V':
		return STARTS(s, end, "Validating ") ? LINE_VALIDATING : LINE_OTHER;
	case 'v':
		return STARTS(s, end, "verifier bug: ") ? LINE_BUG : LINE_OTHER;
	default:
		return STARTS(s, end, "SCC ") || STARTS(s, end, "Live regs") ||
		       STARTS(s, end, "Func#") ? LINE_NOISE : LINE_OTHER;
	}
}

static const char *line_end(const char *s)
{
	const char *p = strchr(s, '\n');

	return p ? p : s + strlen(s);
}

/* "from 3 to 7: ...": false if it is not that. */
static bool from_to(const char *s, const char *end, uint32_t *from, uint32_t *to, bool *spec,
		    const char **rest)
{
	const char *p = decimal(s + 5, end, from);

	if (!p || !STARTS(p, end, " to "))
		return false;
	p = decimal(p + 4, end, to);
	if (!p)
		return false;
	*spec = STARTS(p, end, " (speculative execution)");
	if (*spec)
		p += sizeof(" (speculative execution)") - 1;
	if (p >= end || *p != ':')
		return false;
	*rest = p + 1;
	return true;
}

/* ---- the tree ------------------------------------------------------------------------ */

struct growing {
	struct klog_tree *t;
	uint32_t vcap, scap;
	bool returned, done, ended;	/* ended: the segment is, nothing may follow */
};

/* Room for what a log of so many bytes can hold at most. */
static void make_room(struct growing *g, struct arena *a, size_t bytes)
{
	struct klog_tree *t = g->t;
	size_t index = (t->len + 1) * sizeof(*t->last_visit);

	g->vcap = (uint32_t)(bytes / 8 + 1);	/* "0: (00)\n" */
	g->scap = (uint32_t)(bytes / 10 + 2);	/* "from 0 to 0:\n" */
	t->visit = arena_raw(a, g->vcap * sizeof(*t->visit));
	t->seg = arena_raw(a, g->scap * sizeof(*t->seg));
	t->last_visit = arena_raw(a, index);
	t->last_seg = arena_raw(a, index);
	t->live = arena_raw(a, (t->len + 1) * sizeof(*t->live));
	memset(t->last_visit, 0xff, index);
	memset(t->last_seg, 0xff, index);
	memset(t->live, 0xff, (t->len + 1) * sizeof(*t->live));
}

static bool add_segment(struct growing *g, uint32_t from, uint32_t to, uint32_t at, bool spec)
{
	struct klog_tree *t = g->t;

	if (t->nseg == g->scap || (from != KLOG_NONE && (from >= t->len || to >= t->len)))
		return false;
	t->seg[t->nseg] = (struct klog_segment){
		.from = from, .to = to, .first = t->nvisit, .at = at, .safe = KLOG_NONE,
		.parent = KLOG_NONE, .before = KLOG_NONE, .spec = spec,
	};
	if (from != KLOG_NONE) {
		t->seg[t->nseg].before = t->last_seg[from];
		t->last_seg[from] = t->nseg;
	}
	t->nseg++;
	g->ended = false;
	return true;
}

static bool add_visit(struct growing *g, uint32_t insn, uint32_t at)
{
	struct klog_tree *t = g->t;

	if (insn >= t->len || t->nvisit == g->vcap || g->ended)
		return false;
	t->visit[t->nvisit] = (struct klog_visit){
		.insn = insn, .at = at, .before = t->last_visit[insn],
	};
	t->last_visit[insn] = t->nvisit++;
	t->seg[t->nseg - 1].n++;
	return true;
}

static void covered(struct growing *g, uint32_t insn)
{
	g->t->seg[g->t->nseg - 1].safe = insn;
	g->t->ncovered++;
	g->ended = true;
}

/* After a return the same line says where the caller goes on. */
static bool add_from(struct growing *g, const char *s, const char *end)
{
	uint32_t from, to;
	const char *rest;
	bool spec;

	if (!from_to(s, end, &from, &to, &spec, &rest))
		return false;
	if (!g->returned && !add_segment(g, from, to, (uint32_t)(s - g->t->log), spec))
		return false;
	g->returned = false;
	if (STARTS(rest, end, " safe")) {
		if (to >= g->t->len)
			return false;
		covered(g, to);
	}
	return true;
}

/* "      3: 0.2.....8. (07) r2 += 1", with the number of the loop in front of the 3, if any. */
static void add_live(struct klog_tree *t, const char *s, const char *end)
{
	const char *colon = memchr(s, ':', (size_t)(end - s)), *p;
	uint32_t insn;
	uint16_t live = 0;

	if (!colon || end - colon < 12)
		return;
	for (p = colon; p > s && is_digit(p[-1]); p--)
		;
	if (!decimal(p, colon, &insn) || insn >= t->len)
		return;
	for (uint32_t r = 0; r < 10; r++)
		if (colon[2 + r] != '.')
			live |= (uint16_t)(1u << r);
	t->live[insn] = live;
}

static bool add_line(struct growing *g, const char *s, const char *end)
{
	struct klog_tree *t = g->t;
	uint32_t n = 0, at = (uint32_t)(s - t->log);
	const char *rest;

	switch (classify(s, end, &n, &rest)) {
	case LINE_INSN:
		return add_visit(g, n, at);
	case LINE_SAFE:
		if (n >= t->len)
			return false;
		covered(g, n);
		return true;
	case LINE_FROM:
		return add_from(g, s, end);
	case LINE_RETURN:
		g->returned = true;
		return true;
	case LINE_VALIDATING:
		return add_segment(g, KLOG_NONE, KLOG_NONE, at, false);
	case LINE_FULL:
		if (!t->nvisit)
			add_live(t, s, end);
		return true;
	case LINE_OTHER:
		t->whole = false;
		return true;
	case LINE_BUG:
		t->nbug++;
		return true;
	case LINE_DONE:
		g->done = true;
		return true;
	default:
		return true;
	}
}

/*
 * What is put aside comes back last in, first out.  Where every visit of a branch
 * that could have put something aside did, that tells which one it was.
 */
static void find_parents(struct klog_tree *t, struct arena *a)
{
	uint32_t *open = arena_raw(a, (t->nvisit + 1) * sizeof(*open)), *top, v = 0;
	int32_t *spare = arena_alloc(a, (t->len + 1) * sizeof(*spare));

	top = arena_raw(a, (t->len + 1) * sizeof(*top));
	memset(top, 0xff, (t->len + 1) * sizeof(*top));
	for (uint32_t i = 0; i < t->nvisit; i++)
		spare[t->visit[i].insn]++;
	for (uint32_t i = 0; i < t->nseg; i++)
		if (t->seg[i].from != KLOG_NONE)
			spare[t->seg[i].from]--;
	for (uint32_t i = 0; i < t->nseg; i++) {
		struct klog_segment *s = &t->seg[i];

		if (s->from != KLOG_NONE && !spare[s->from] && top[s->from] != KLOG_NONE) {
			s->parent = top[s->from];
			top[s->from] = open[s->parent];
		}
		for (; v < s->first + s->n; v++) {
			open[v] = top[t->visit[v].insn];
			top[t->visit[v].insn] = v;
		}
	}
}

bool klog_tree(const char *log, const struct insn *prog, uint32_t len, struct arena *a,
	       struct klog_tree *out)
{
	struct growing g = { .t = out };

	*out = (struct klog_tree){ .log = log, .prog = prog, .len = len, .whole = true };
	make_room(&g, a, strlen(log));
	add_segment(&g, KLOG_NONE, KLOG_NONE, 0, false);
	for (const char *s = log, *end; *s && !g.done; s = *end ? end + 1 : end) {
		end = line_end(s);
		if (!add_line(&g, s, end))
			return false;
	}
	out->whole &= g.done;
	find_parents(out, a);
	return true;
}

/* ---- reading ------------------------------------------------------------------------- */

void klog_begin(struct klog *k, const char *log, const struct insn *prog, uint32_t len)
{
	klog_state_clear(&k->st);
	k->at = log;
	k->prog = prog;
	k->len = len;
	k->insn = 0;
	k->line[0] = 0;
	k->state = k->state_end = NULL;
	k->begun = k->returned = false;
	k->pending = -1;
}

void klog_copy(struct klog *to, const struct klog *from)
{
	klog_state_copy(&to->st, &from->st);
	to->at = from->at;
	to->prog = from->prog;
	to->len = from->len;
	to->insn = from->insn;
	memcpy(to->line, from->line, sizeof(to->line));
	to->state = from->state;
	to->state_end = from->state_end;
	to->begun = from->begun;
	to->returned = from->returned;
	to->pending = from->pending;
}

static bool apply(struct klog *k, const char *s, const char *end, bool full)
{
	k->state = s;
	k->state_end = end;
	return klog_apply(&k->st, s, end, full);
}

static enum klog_event odd(struct klog *k, const char *s, const char *end)
{
	size_t n = (size_t)(end - s) < sizeof(k->line) - 1 ? (size_t)(end - s) : sizeof(k->line) - 1;

	memcpy(k->line, s, n);
	k->line[n] = 0;
	return KLOG_ODD;
}

bool klog_open(struct klog *k, const struct klog_tree *t, uint32_t seg)
{
	const struct klog_segment *s = &t->seg[seg];
	const char *line = t->log + s->at, *end = line_end(line), *rest;
	uint32_t from, to;
	bool spec;

	klog_begin(k, line, t->prog, t->len);
	if (s->from == KLOG_NONE)
		return true;
	k->at = *end ? end + 1 : end;
	k->begun = true;
	if (from_to(line, end, &from, &to, &spec, &rest) && apply(k, rest, end, true))
		return true;
	odd(k, line, end);
	return false;
}

/* ---- what an insn's line does not say ---- */

/* What helpers and packet loads clobber, and r0 after void ones. */
static void clobber(struct klog *k, const struct insn *in)
{
	bool call = in->code == (CLS_JMP | JMP_CALL) && in->src != 1;
	bool load = (in->code & 7) == CLS_LD && (in->code & 0xe0) != MD_IMM;

	if (call || load)
		memset(k->st.frame[k->st.cur].reg, 0, 6 * sizeof(struct klog_reg));
}

static bool is_packet(const struct klog_reg *r)
{
	return r->type == KT_PKT || r->type == KT_PKT_META || r->type == KT_PKT_END;
}

static void mark_stale(struct klog_reg *r, uint32_t a, uint32_t b, bool packet)
{
	if (r->type != KT_NONE && ((r->id && (r->id == a || r->id == b)) || (packet && is_packet(r))))
		r->stale = true;
}

/* A branch narrows what has an id of its operands; it prints the operands alone. */
static void narrow_silently(struct klog *k, const struct insn *in)
{
	struct klog_frame *f = &k->st.frame[k->st.cur];
	uint8_t cls = in->code & 7, op = in->code & 0xf0;
	bool by_reg = (in->code & 8) != 0, packet;
	uint32_t a, b;

	if ((cls != CLS_JMP && cls != CLS_JMP32) || op == JMP_JA || op == JMP_CALL || op == JMP_EXIT ||
	    in->dst >= REGS || in->src >= REGS)
		return;
	a = f->reg[in->dst].id;
	b = by_reg ? f->reg[in->src].id : 0;
	packet = is_packet(&f->reg[in->dst]) || (by_reg && is_packet(&f->reg[in->src]));
	if (!a && !b && !packet)
		return;
	for (uint32_t i = 0; i <= k->st.top; i++) {
		f = &k->st.frame[i];
		for (uint32_t r = 0; r < REGS; r++)
			mark_stale(&f->reg[r], a, b, packet);
		for (uint32_t s = 0; s < f->nslot; s++)
			if (f->slot[s].known && f->slot[s].spilled)
				mark_stale(&f->slot[s].reg, a, b, packet);
	}
}

/* The rest of an insn's line, which says what it changed. */
static bool own_change(struct klog *k)
{
	const char *s = k->at, *end = line_end(s);

	k->at = *end ? end + 1 : end;
	if ((uint32_t)k->pending < k->len) {
		clobber(k, &k->prog[k->pending]);
		narrow_silently(k, &k->prog[k->pending]);
	}
	k->pending = -1;
	if (*s != ';')
		return true;
	for (s++; s < end && *s == ' '; s++)
		;
	return s == end || apply(k, s, end, false);
}

static void begin_insn(struct klog *k, uint32_t n, const char *rest, const char *end)
{
	const char *semi = memchr(rest, ';', (size_t)(end - rest));

	k->insn = n;
	k->pending = (int32_t)n;
	k->at = semi ? semi : end;
}

enum klog_event klog_next(struct klog *k)
{
	if (k->pending >= 0 && !own_change(k))
		return odd(k, k->state, k->state_end);
	while (*k->at) {
		const char *s = k->at, *end = line_end(s), *rest = s;
		uint32_t n = 0, to;
		bool spec;

		k->at = *end ? end + 1 : end;
		switch (classify(s, end, &n, &rest)) {
		case LINE_INSN:
			begin_insn(k, n, rest, end);
			return KLOG_INSN;
		case LINE_STATE:
			if (!apply(k, rest, end, !k->begun))
				return odd(k, s, end);
			k->begun = true;
			break;
		case LINE_FULL:		/* of a block, or of the live registers in front */
			if (k->begun && !apply(k, s, end, true))
				return odd(k, s, end);
			break;
		case LINE_RETURN:
			k->returned = true;
			break;
		case LINE_FROM:
			if (!k->returned || !from_to(s, end, &n, &to, &spec, &rest) ||
			    STARTS(rest, end, " safe"))
				return KLOG_END;
			k->returned = false;
			if (!apply(k, rest, end, true))
				return odd(k, s, end);
			k->st.top = k->st.cur;	/* the callee's frame is gone */
			break;
		case LINE_NOISE: case LINE_BLOCK: case LINE_BUG:
			break;
		case LINE_VALIDATING:
			if (k->begun)
				return KLOG_END;
			break;
		default:
			odd(k, s, end);
			return KLOG_END;
		}
	}
	return KLOG_END;
}
