/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The log of level 2 of Linux 6.18, line by line:
 *
 *	12: (b7) r2 = 5      ; R2=5	an insn, and what it changed
 *	24: R0=... R3=...		the same, where something was printed between
 *	caller:, callee:, returning from callee:, to caller at 14:	full states of
 *					frames follow, on lines that begin with a space
 *	from 35 to 14: R0=...		a full state, and once more with 14: in front
 *	from 27 to 29: safe		the path ends
 *
 * A change names only registers and slots that it touched.  What is not named
 * stays as it was, which still holds: ranges narrow through ids without a word,
 * and never widen.  But registers that calls clobber go without a word, too.
 */
#include "fuzz/linux_log.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- registers --------------------------------------------------------------------- */

struct cursor {
	const char *p, *end;
	bool ok;
};

static bool eat(struct cursor *c, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(c->end - c->p) < n || memcmp(c->p, word, n))
		return false;
	c->p += n;
	return true;
}

/* Decimal, or hex in two's complement of some width. */
static uint64_t number(struct cursor *c)
{
	char buf[32], *stop;
	size_t n = (size_t)(c->end - c->p);
	bool minus;
	uint64_t v;

	n = n < sizeof(buf) - 1 ? n : sizeof(buf) - 1;
	memcpy(buf, c->p, n);
	buf[n] = 0;
	minus = buf[0] == '-';
	/* "00" is no number but a byte and a number */
	if (!isdigit((unsigned char)buf[minus]) ||
	    (buf[minus] == '0' && isdigit((unsigned char)buf[minus + 1]))) {
		c->ok = false;
		return 0;
	}
	v = strtoull(buf + minus, &stop, 0);
	c->p += stop - buf;
	return minus ? 0 - v : v;
}

enum field {
	KF_SMIN = 1, KF_SMAX = 2, KF_UMIN = 4, KF_UMAX = 8, KF_SMIN32 = 16, KF_SMAX32 = 32, KF_UMIN32 = 64,
	KF_UMAX32 = 128, KF_OFF = 256, KF_ID = 512, KF_R = 1024, KF_KS = 2048, KF_VS = 4096, KF_MAP = 8192,
	KF_VAR = 1 << 14, KF_OTHER = 1 << 15,
};

/* One name with its "=", 0 if there is none. */
static uint32_t field(struct cursor *c)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} f[] = {
		{ "smin=", KF_SMIN }, { "smax=", KF_SMAX }, { "umin=", KF_UMIN }, { "umax=", KF_UMAX },
		{ "smin32=", KF_SMIN32 }, { "smax32=", KF_SMAX32 }, { "umin32=", KF_UMIN32 },
		{ "umax32=", KF_UMAX32 }, { "off=", KF_OFF }, { "id=", KF_ID }, { "r=", KF_R },
		{ "ks=", KF_KS }, { "vs=", KF_VS }, { "map=", KF_MAP }, { "var_off=", KF_VAR },
		{ "imm=", KF_VAR | KF_OTHER }, { "ref_obj_id=", KF_OTHER }, { "sz=", KF_OTHER },
		{ "non_own_ref", KF_OTHER },
	};

	for (size_t i = 0; i < sizeof(f) / sizeof(f[0]); i++)
		if (eat(c, f[i].name))
			return f[i].bit;
	return 0;
}

static void set_ranges(struct scalar *s, uint32_t bits, uint64_t v)
{
	if (bits & KF_SMIN)
		s->smin = (int64_t)v;
	if (bits & KF_SMAX)
		s->smax = (int64_t)v;
	if (bits & KF_UMIN)
		s->umin = v;
	if (bits & KF_UMAX)
		s->umax = v;
	if (bits & KF_SMIN32)
		s->s32min = (int32_t)v;
	if (bits & KF_SMAX32)
		s->s32max = (int32_t)v;
	if (bits & KF_UMIN32)
		s->u32min = (uint32_t)v;
	if (bits & KF_UMAX32)
		s->u32max = (uint32_t)v;
}

static void set_field(struct klog_reg *r, uint32_t bits, struct cursor *c)
{
	uint64_t v = number(c);

	set_ranges(&r->s, bits, v);
	if (bits & KF_OFF)
		r->off = (int32_t)v;
	if (bits & KF_KS)
		r->key_size = (uint32_t)v;
	if (bits & KF_VS)
		r->value_size = (uint32_t)v;
	if (bits & KF_R)		/* 0xffff...: at or beyond the end of the packet */
		r->range = v > INT32_MAX ? (int16_t)v : (int32_t)v;
	if (!(bits & KF_ID))
		return;
	r->id = (uint32_t)v;
	if (c->p < c->end && (*c->p == '+' || *c->p == '-')) {
		c->p += *c->p == '+';
		r->delta = (int32_t)number(c);
		r->has_delta = true;
	}
}

static void map_name(struct klog_reg *r, struct cursor *c)
{
	size_t n = 0;

	while (c->p < c->end && *c->p != ',' && *c->p != ')') {
		if (n < sizeof(r->map) - 1)
			r->map[n++] = *c->p;
		c->p++;
	}
	r->map[n] = 0;
}

static void var_off(struct klog_reg *r, struct cursor *c)
{
	if (!eat(c, "(")) {
		c->ok = false;
		return;
	}
	r->s.var.value = number(c);
	if (!eat(c, "; ")) {
		c->ok = false;
		return;
	}
	r->s.var.mask = number(c);
	c->ok &= eat(c, ")");
}

/* Behind the "(".  Pointers without ranges have no variable part. */
static void attributes(struct klog_reg *r, struct cursor *c)
{
	uint32_t seen = 0, bits, bit;
	bool pointer = r->type != KT_SCALAR;

	r->s = scalar_unknown();
	while (c->ok && !eat(c, ")")) {
		if (c->p >= c->end) {
			c->ok = false;
			return;
		}
		eat(c, ",");
		for (bits = 0; (bit = field(c)); bits |= bit)
			;
		seen |= bits;
		if (bits & KF_MAP) {
			map_name(r, c);
		} else if (bits == KF_VAR) {
			var_off(r, c);
		} else if (bits == (KF_VAR | KF_OTHER)) {	/* imm=: hex without 0x */
			uint64_t v = strtoull(c->p, NULL, 16);

			while (c->p < c->end && isxdigit((unsigned char)*c->p))
				c->p++;
			r->s = scalar_const(v);
		} else if (bits) {
			set_field(r, bits, c);
		} else {
			c->ok = false;
		}
	}
	if (pointer && !(seen & (KF_VAR | 0xff)))
		r->s = scalar_const(0);
}

/* fp-16, fp[0]-8, fp(off=-40,...) */
static void stack_pointer(struct klog_reg *r, struct cursor *c, uint32_t frame)
{
	r->type = KT_STACK;
	r->frame = frame;
	if (eat(c, "[")) {
		r->frame = (uint32_t)number(c);
		c->ok &= eat(c, "]") && r->frame < MAX_FRAMES;
	}
	if (eat(c, "(")) {
		attributes(r, c);
	} else {
		r->s = scalar_const(0);
		r->off = (int32_t)number(c);
	}
}

/* Affixes say how far a pointer may be trusted; only or_null says something of the value. */
static void typed(struct klog_reg *r, struct cursor *c)
{
	static const struct {
		const char *name;
		uint8_t type;
	} t[] = {
		{ "scalar", KT_SCALAR }, { "ctx", KT_CTX }, { "pkt", KT_PKT }, { "pkt_meta", KT_PKT_META },
		{ "pkt_end", KT_PKT_END }, { "map_ptr", KT_MAP_PTR }, { "map_value", KT_MAP_VALUE },
	};
	const char *name = c->p;
	size_t n = 0;

	while (c->p + n < c->end && (isalnum((unsigned char)c->p[n]) || c->p[n] == '_'))
		n++;
	c->p += n;
	if (n > 8 && !memcmp(name + n - 8, "_or_null", 8)) {
		r->or_null = true;
		n -= 8;
	}
	r->type = KT_OTHER;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		if (n == strlen(t[i].name) && !memcmp(name, t[i].name, n))
			r->type = t[i].type;
	if (!n || !eat(c, "("))
		c->ok = false;
	else if (r->type != KT_OTHER)
		attributes(r, c);
	else
		c->p = c->end;
}

bool klog_parse_reg(const char *s, const char *end, uint32_t frame, struct klog_reg *r)
{
	struct cursor c = { s, end, true };

	memset(r, 0, sizeof(*r));
	r->precise = eat(&c, "P");
	if (c.p < end && (isdigit((unsigned char)*c.p) || *c.p == '-')) {
		r->type = KT_SCALAR;
		r->s = scalar_const(number(&c));
	} else if (end - c.p > 2 && !memcmp(c.p, "fp", 2) && strchr("-0123456789[(", c.p[2])) {
		c.p += 2;
		stack_pointer(r, &c, frame);
	} else {
		typed(r, &c);
	}
	return c.ok && c.p == end;
}

/* ---- states --------------------------------------------------------------------------- */

/* Eight letters, highest address first; or some of them and a register. */
static bool parse_slot(const char *s, const char *end, uint32_t frame, struct klog_slot *slot)
{
	static const uint8_t lengths[] = { 0, 4, 6, 7 };
	size_t n = (size_t)(end - s);

	memset(slot, 0, sizeof(*slot));
	slot->known = true;
	if (n == 8 && strspn(s, "?rm0dif") >= 8) {
		for (uint32_t i = 0; i < 8; i++)
			slot->byte[i] = s[7 - i];
		return true;
	}
	for (uint32_t k = 0; k < sizeof(lengths); k++) {
		uint32_t pre = lengths[k];

		if (pre >= n || (pre && strspn(s, "?rm0dif") < pre))
			continue;
		if (!klog_parse_reg(s + pre, end, frame, &slot->reg))
			continue;
		slot->spilled = (uint8_t)(8 - pre);
		for (uint32_t i = 0; i < 8; i++)
			slot->byte[i] = i < slot->spilled ? 's' : s[7 - i];
		return true;
	}
	/* iterators, dynptrs: nothing that is checked */
	slot->known = false;
	return n > 4;
}

/* The end of one "name=value": a blank outside of parentheses. */
static const char *token_end(const char *s, const char *end)
{
	int depth = 0;

	for (; s < end && (depth || *s != ' '); s++)
		depth += (*s == '(') - (*s == ')');
	return s;
}

static bool apply_token(struct klog_frame *f, uint32_t frame, const char *s, const char *end)
{
	const char *eq = memchr(s, '=', (size_t)(end - s));
	unsigned long n;
	char *stop;

	if (!eq)
		return (size_t)(end - s) == 2 || (size_t)(end - s) == 8; /* cb, async_cb */
	if (*s == 'R') {
		n = strtoul(s + 1, &stop, 10);
		return n < REGS && klog_parse_reg(eq + 1, end, frame, &f->reg[n]);
	}
	if (end - s > 3 && !memcmp(s, "fp-", 3)) {
		n = strtoul(s + 3, &stop, 10);
		return n % 8 == 0 && n >= 8 && n <= STACK_SIZE &&
		       parse_slot(eq + 1, end, frame, &f->slot[n / 8 - 1]);
	}
	return !memcmp(s, "refs=", end - s > 5 ? 5 : (size_t)(end - s));
}

bool klog_apply(struct klog_state *st, const char *s, const char *end, bool full)
{
	uint32_t frame = 0;

	while (s < end && *s == ' ')
		s++;
	if (end - s > 6 && !memcmp(s, "frame", 5)) {
		frame = (uint32_t)strtoul(s + 5, (char **)&s, 10);
		if (frame >= MAX_FRAMES || *s++ != ':')
			return false;
	}
	if (full)
		memset(&st->frame[frame], 0, sizeof(st->frame[frame]));
	st->cur = frame;
	while (s < end) {
		const char *stop;

		if (*s == ' ') {
			s++;
			continue;
		}
		stop = token_end(s, end);
		if (!apply_token(&st->frame[frame], frame, s, stop))
			return false;
		s = stop;
	}
	return true;
}

/* ---- lines ------------------------------------------------------------------------------- */

static bool starts(const char *s, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - s) >= n && !memcmp(s, with, n);
}

static bool is_noise(const char *s, const char *end)
{
	static const char *const with[] = {
		"mark_precise:", "(", "SCC ", ";", "func#", "Live regs", "Validating", "Func#",
	};

	for (size_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		if (starts(s, end, with[i]))
			return true;
	return s == end;
}

void klog_begin(struct klog *k, const char *log, const struct insn *prog, uint32_t len)
{
	memset(k, 0, sizeof(*k));
	k->at = log;
	k->prog = prog;
	k->len = len;
	k->pending = -1;
}

bool klog_fork(const struct klog *from, const char **at, struct klog *k)
{
	const char *s = *at;

	while (*s) {
		const char *end = s + strcspn(s, "\n"), *line = s;
		unsigned a, b;
		int n = 0;

		s = *end ? end + 1 : end;
		if (sscanf(line, "from %u to %u:%n", &a, &b, &n) != 2 || !n || a != b || a >= from->len)
			continue;
		klog_begin(k, s, from->prog, from->len);
		k->begun = true;
		k->insn = a;
		*at = s;
		return klog_apply(&k->st, line + n, end, true);
	}
	return false;
}

static bool apply(struct klog *k, const char *s, const char *end, bool full)
{
	k->state = s;
	k->state_end = end;
	return klog_apply(&k->st, s, end, full);
}

/* What helpers and packet loads clobber, and r0 after void ones: the log does not say so. */
static void clobber(struct klog *k)
{
	const struct insn *in;
	bool call, load;

	if (k->pending < 0 || (uint32_t)k->pending >= k->len)
		return;
	in = &k->prog[k->pending];
	call = in->code == (CLS_JMP | JMP_CALL) && in->src != 1;
	load = (in->code & 7) == CLS_LD && (in->code & 0xe0) != MD_IMM;
	if (call || load)
		memset(k->st.frame[k->st.cur].reg, 0, 6 * sizeof(struct klog_reg));
	k->pending = -1;
}

/* The frame that a "returning" block leaves; the lines of states tell which one goes on. */
static bool block(struct klog *k, const char *s, const char *end)
{
	if (starts(s, end, "to caller"))
		k->returned = true;
	return starts(s, end, "caller:") || starts(s, end, "callee:") ||
	       starts(s, end, "returning from") || starts(s, end, "to caller");
}

static enum klog_event odd(struct klog *k, const char *s, const char *end)
{
	size_t n = (size_t)(end - s) < sizeof(k->line) - 1 ? (size_t)(end - s) : sizeof(k->line) - 1;

	memcpy(k->line, s, n);
	k->line[n] = 0;
	return KLOG_ODD;
}

/* "12: ..."; *done: it was an insn. */
static enum klog_event numbered(struct klog *k, const char *s, const char *end, bool *done)
{
	const char *semi;
	char *p;
	unsigned long n = strtoul(s, &p, 10);

	if (*p != ':')
		return odd(k, s, end);
	if (p + 2 >= end)		/* nothing changed */
		return KLOG_INSN;
	if (p + 2 < end && starts(p + 2, end, "safe")) {
		k->cut = k->safe_ends;
		return KLOG_END;
	}
	if (p[2] != '(' || !isxdigit((unsigned char)p[3])) {
		bool ok = apply(k, p + 1, end, !k->begun);

		k->begun = true;
		return ok ? KLOG_INSN : odd(k, s, end);
	}
	k->insn = (uint32_t)n;
	k->pending = (int32_t)n;
	*done = true;
	/* its own change is applied when the caller comes back */
	semi = memchr(p, ';', (size_t)(end - p));
	k->at = semi ? semi : end;
	return KLOG_INSN;
}

static const char *line_end(const char *s)
{
	return s + strcspn(s, "\n");
}

/* The rest of an insn's line, which says what it changed. */
static bool own_change(struct klog *k)
{
	const char *s = k->at, *end = line_end(s);

	k->at = *end ? end + 1 : end;
	clobber(k);
	if (*s != ';')
		return true;
	for (s++; s < end && *s == ' '; s++)
		;
	return s == end || apply(k, s, end, false);
}

enum klog_event klog_next(struct klog *k)
{
	if (k->pending >= 0 && !own_change(k))
		return odd(k, k->state, k->state_end);
	while (*k->at) {
		const char *s = k->at, *end = line_end(s);
		enum klog_event ev;
		bool done = false;

		k->at = *end ? end + 1 : end;
		if (is_noise(s, end) || block(k, s, end))
			continue;
		if (*s == ' ') {	/* of a block, or of the live registers in front */
			if (k->begun && !apply(k, s, end, true))
				return odd(k, s, end);
			continue;
		}
		if (starts(s, end, "from ")) {
			if (!k->returned)
				return KLOG_END;
			k->returned = false;
			s = memchr(s, ':', (size_t)(end - s));
			if (!s || !apply(k, s + 1, end, true))
				return KLOG_END;
			continue;
		}
		if (!isdigit((unsigned char)*s))
			break;			/* an error, or statistics */
		ev = numbered(k, s, end, &done);
		if (done || ev != KLOG_INSN)
			return ev;
	}
	k->cut = true;
	return KLOG_END;
}
