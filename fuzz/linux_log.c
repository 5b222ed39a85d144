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

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Decimal, or hex in two's complement of some width. */
static uint64_t number(struct cursor *c)
{
	const char *p = c->p, *end = c->end;
	bool minus = p < end && *p == '-';
	uint64_t v = 0;
	int d;

	p += minus;
	/* "00" is no number but a byte and a number */
	if (p >= end || !is_digit(*p) || (*p == '0' && p + 1 < end && is_digit(p[1]))) {
		c->ok = false;
		return 0;
	}
	if (*p == '0' && p + 2 < end && p[1] == 'x' && hex_digit(p[2]) >= 0)
		for (p += 2; p < end && (d = hex_digit(*p)) >= 0; p++)
			v = v << 4 | (uint64_t)d;
	else
		for (; p < end && is_digit(*p); p++)
			v = v * 10 + (uint64_t)(*p - '0');
	c->p = p;
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

	if (c->p < c->end)
		for (size_t i = 0; i < sizeof(f) / sizeof(f[0]); i++)
			if (f[i].name[0] == *c->p && eat(c, f[i].name))
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
			uint64_t v = 0;

			for (; c->p < c->end && hex_digit(*c->p) >= 0; c->p++)
				v = v << 4 | (uint64_t)hex_digit(*c->p);
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

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
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

	while (c->p + n < c->end && is_word(c->p[n]))
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
	if (c.p < end && (is_digit(*c.p) || *c.p == '-')) {
		r->type = KT_SCALAR;
		r->s = scalar_const(number(&c));
	} else if (end - c.p > 2 && c.p[0] == 'f' && c.p[1] == 'p' &&
		   (c.p[2] == '-' || c.p[2] == '[' || c.p[2] == '(' || is_digit(c.p[2]))) {
		c.p += 2;
		stack_pointer(r, &c, frame);
	} else {
		typed(r, &c);
	}
	return c.ok && c.p == end;
}

/* ---- states --------------------------------------------------------------------------- */

void klog_state_clear(struct klog_state *st)
{
	memset(st->frame[0].reg, 0, sizeof(st->frame[0].reg));
	st->frame[0].nslot = 0;
	st->cur = st->top = 0;
}

void klog_state_copy(struct klog_state *to, const struct klog_state *from)
{
	to->cur = from->cur;
	to->top = from->top;
	for (uint32_t i = 0; i <= from->top; i++) {
		const struct klog_frame *f = &from->frame[i];

		memcpy(to->frame[i].reg, f->reg, sizeof(f->reg));
		to->frame[i].nslot = f->nslot;
		memcpy(to->frame[i].slot, f->slot, f->nslot * sizeof(f->slot[0]));
	}
}

static void clear_frame(struct klog_state *st, uint32_t frame)
{
	while (st->top < frame) {
		st->top++;
		memset(st->frame[st->top].reg, 0, sizeof(st->frame[0].reg));
		st->frame[st->top].nslot = 0;
	}
	memset(st->frame[frame].reg, 0, sizeof(st->frame[frame].reg));
	st->frame[frame].nslot = 0;
}

/* How many of the first letters, at most n, say what is in a byte. */
static uint32_t letters(const char *s, uint32_t n)
{
	uint32_t i = 0;

	while (i < n && (s[i] == '?' || s[i] == 'r' || s[i] == 'm' || s[i] == '0' || s[i] == 'd' ||
			 s[i] == 'i' || s[i] == 'f'))
		i++;
	return i;
}

/* Eight letters, highest address first; or some of them and a register. */
static bool parse_slot(const char *s, const char *end, uint32_t frame, struct klog_slot *slot)
{
	static const uint8_t lengths[] = { 0, 4, 6, 7 };
	size_t n = (size_t)(end - s);

	memset(slot, 0, sizeof(*slot));
	slot->known = true;
	if (n == 8 && letters(s, 8) == 8) {
		for (uint32_t i = 0; i < 8; i++)
			slot->byte[i] = s[7 - i];
		return true;
	}
	for (uint32_t k = 0; k < sizeof(lengths); k++) {
		uint32_t pre = lengths[k];

		if (pre >= n || letters(s, pre) < pre)
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

	for (; s < end && (depth > 0 || *s != ' '); s++)
		depth += (*s == '(') - (*s == ')');
	return s;
}

static struct klog_slot *slot_at(struct klog_frame *f, uint32_t i)
{
	for (; f->nslot <= i; f->nslot++)
		f->slot[f->nslot].known = false;
	return &f->slot[i];
}

static bool apply_token(struct klog_frame *f, uint32_t frame, const char *s, const char *end)
{
	const char *eq = memchr(s, '=', (size_t)(end - s));
	struct cursor c = { s, end, true };
	uint64_t n;

	if (!eq)
		return (size_t)(end - s) == 2 || (size_t)(end - s) == 8; /* cb, async_cb */
	if (eat(&c, "R")) {
		n = number(&c);
		return c.ok && c.p == eq && n < REGS && klog_parse_reg(eq + 1, end, frame, &f->reg[n]);
	}
	if (eat(&c, "fp-")) {
		n = number(&c);
		return c.ok && c.p == eq && n % 8 == 0 && n >= 8 && n <= STACK_SIZE &&
		       parse_slot(eq + 1, end, frame, slot_at(f, (uint32_t)(n / 8 - 1)));
	}
	return eat(&c, "refs=");
}

bool klog_apply(struct klog_state *st, const char *s, const char *end, bool full)
{
	struct cursor c = { s, end, true };
	uint64_t frame = 0;

	while (c.p < end && *c.p == ' ')
		c.p++;
	if (eat(&c, "frame")) {
		frame = number(&c);
		if (!c.ok || frame >= MAX_FRAMES || !eat(&c, ":"))
			return false;
	}
	if (full || frame > st->top)
		clear_frame(st, (uint32_t)frame);
	st->cur = (uint32_t)frame;
	for (s = c.p; s < end;) {
		const char *stop;

		if (*s == ' ') {
			s++;
			continue;
		}
		stop = token_end(s, end);
		if (!apply_token(&st->frame[frame], (uint32_t)frame, s, stop))
			return false;
		s = stop;
	}
	return true;
}
