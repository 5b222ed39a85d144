/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE	/* memmem() */
#include "fuzz/linux_feature.h"

#include <stdbool.h>
#include <string.h>

struct reader {
	linux_feature_fn fn;
	void *arg;
	uint32_t precise;	/* lines of mark_precise in a row */
	uint8_t code;		/* of the last insn */
};

/* ---- numbers and hashes --------------------------------------------------------- */

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 29;
}

static void emit(struct reader *r, enum linux_feature_kind kind, uint64_t h)
{
	h = mix(mix(h, kind + 1), 0x2545f491);
	r->fn(r->arg, kind, (uint32_t)(h >> 32));
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decimal or 0x...; *p goes behind it. */
static uint64_t number(const char **p, const char *end)
{
	const char *s = *p;
	uint64_t v = 0;

	if (end - s > 2 && s[0] == '0' && s[1] == 'x' && hex_digit(s[2]) >= 0)
		for (s += 2; s < end && hex_digit(*s) >= 0; s++)
			v = v << 4 | (uint64_t)hex_digit(*s);
	else
		for (; s < end && is_digit(*s); s++)
			v = v * 10 + (uint64_t)(*s - '0');
	*p = s;
	return v;
}

static uint32_t log2_of(uint64_t v)
{
	return v ? 64 - (uint32_t)__builtin_clzll(v) : 0;
}

/* Few classes, so that a feature is a shape and not a value. */
static uint32_t number_class(uint64_t v, bool minus)
{
	uint32_t width = v < 2 ? (uint32_t)v : v < 256 ? 2 : v < 65536 ? 3 : v <= INT32_MAX ? 4 :
		v <= UINT32_MAX ? 5 : v <= INT64_MAX ? 6 : 7;
	uint32_t form = v & (v - 1) ? v & (v + 1) ? 0 : 1 : 2;	/* any, all ones, a power of two */

	return 1 + width * 8 + form * 2 + minus;
}

/* A text, its numbers by class; ids are all alike. */
static uint64_t shape(const char *s, const char *end, uint64_t h)
{
	const char *start = s;
	bool named = false;

	while (s < end) {
		bool minus = *s == '-' && s + 1 < end && is_digit(s[1]);
		uint64_t v;

		if (!minus && !is_digit(*s)) {
			h = mix(h, (uint8_t)*s);
			/* id=, ref_id=, ref_obj_id=: which number it is says nothing */
			named = *s == '=' && s - start >= 2 && s[-1] == 'd' && s[-2] == 'i';
			s++;
			continue;
		}
		s += minus;
		v = number(&s, end);
		h = mix(h, named ? 1000 : 1000 + number_class(v, minus));
		named = false;
	}
	return h;
}

/* ---- lines ------------------------------------------------------------------------ */

static bool starts(const char *s, const char *end, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(end - s) >= n && !memcmp(s, with, n);
}

/* Behind with, or NULL. */
static const char *behind(const char *s, const char *end, const char *with)
{
	const char *p = memmem(s, (size_t)(end - s), with, strlen(with));

	return p ? p + strlen(with) : NULL;
}

static const char *token_end(const char *s, const char *end)
{
	int depth = 0;

	for (; s < end && (depth > 0 || *s != ' '); s++)
		depth += (*s == '(') - (*s == ')');
	return s;
}

/* " R3=... fp-8=..." as one hash for each (each) or all together. */
static uint64_t state(struct reader *r, const char *s, const char *end, uint64_t h, bool each)
{
	while (s < end) {
		const char *stop, *eq;
		uint64_t one;

		if (*s == ' ') {
			s++;
			continue;
		}
		stop = token_end(s, end);
		eq = memchr(s, '=', (size_t)(stop - s));
		one = mix(*s == 'R' ? 2 : *s == 'f' ? 3 : 4, 0);
		one = shape(eq ? eq + 1 : s, stop, one);
		if (each)
			emit(r, LF_BRANCH, one);
		h = mix(h, one);
		s = stop;
	}
	return h;
}

/* "12: (b7) r2 = 5   ; R2=5", "12: R2=5", "12: safe" */
static void numbered(struct reader *r, const char *s, const char *end)
{
	const char *semi;

	s = memchr(s, ':', (size_t)(end - s));
	if (!s || end - s < 3)
		return;
	s += 2;
	if (starts(s, end, "safe")) {
		emit(r, LF_EVENT, mix(1, r->code));
		return;
	}
	if (*s != '(' || end - s < 4 || hex_digit(s[1]) < 0 || hex_digit(s[2]) < 0) {
		emit(r, LF_INSN, state(r, s, end, mix(r->code, 1), false));
		return;
	}
	r->code = (uint8_t)(hex_digit(s[1]) << 4 | hex_digit(s[2]));
	semi = memchr(s, ';', (size_t)(end - s));
	emit(r, LF_INSN, semi ? state(r, semi + 1, end, mix(r->code, 0), false) : mix(r->code, 2));
}

/* "from 3 to 7: R0=...", "from 3 to 7: safe", "from 3 to 7 (speculative execution): ..." */
static void taken_up(struct reader *r, const char *s, const char *end)
{
	bool spec = behind(s, end, "(speculative execution)") != NULL;
	const char *colon = memchr(s, ':', (size_t)(end - s));

	if (!colon)
		return;
	s = colon + 1;
	while (s < end && *s == ' ')
		s++;
	if (starts(s, end, "safe"))
		emit(r, LF_EVENT, mix(2, spec));
	else
		emit(r, LF_EVENT, mix(3, (uint64_t)spec << 8 | starts(s, end, "frame")));
	if (!starts(s, end, "safe"))
		state(r, s, end, 0, true);
}

static void statistic(struct reader *r, const char *s, const char *end)
{
	static const char *const name[] = {
		"processed ", "max_states_per_insn ", "total_states ", "peak_states ", "mark_read ",
	};

	for (uint32_t i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		const char *p = behind(s, end, name[i]);

		if (p)
			emit(r, LF_STAT, mix(i + 1, log2_of(number(&p, end))));
	}
}

/* "stack depth 32+0" */
static void stack_depth(struct reader *r, const char *s, const char *end)
{
	uint64_t h = 9;

	while (s < end) {
		if (is_digit(*s))
			h = mix(h, (number(&s, end) + 31) / 32);
		else
			s++;
	}
	emit(r, LF_STAT, h);
}

static void precise_done(struct reader *r)
{
	if (r->precise)
		emit(r, LF_PRECISE, mix(log2_of(r->precise), r->code));
	r->precise = 0;
}

static uint64_t skeleton(const char *s, const char *end)
{
	uint64_t h = 5;

	while (s < end) {
		if (is_digit(*s)) {
			number(&s, end);
			h = mix(h, 'N');
		} else {
			h = mix(h, (uint8_t)*s++);
		}
	}
	return h;
}

static void other(struct reader *r, const char *s, const char *end)
{
	static const char *const event[] = {
		"caller:", "callee:", "returning from callee:", "to caller at", "SCC enter", "SCC exit",
		"SCC backedge", "cur state:", "old state:", "infinite loop detected", "frame ",
		"force_precise:",
	};

	for (uint32_t i = 0; i < sizeof(event) / sizeof(event[0]); i++) {
		if (starts(s, end, event[i])) {
			emit(r, LF_EVENT, mix(10 + i, r->code));
			return;
		}
	}
	if (starts(s, end, "func#") || starts(s, end, "Live regs") ||
	    starts(s, end, "verification time") || *s == ' ' || *s == ';' || *s == '(')
		return;
	if (starts(s, end, "processed "))
		statistic(r, s, end);
	else if (starts(s, end, "stack depth "))
		stack_depth(r, s, end);
	else
		emit(r, LF_ERROR, skeleton(s, end));
}

void linux_log_features(const char *log, size_t len, linux_feature_fn fn, void *arg)
{
	const char *s = log, *stop = log + len;
	struct reader r = { .fn = fn, .arg = arg };

	while (s < stop) {
		const char *nl = memchr(s, '\n', (size_t)(stop - s)), *end = nl ? nl : stop;

		if (starts(s, end, "mark_precise:")) {
			r.precise++;
		} else if (s < end) {
			precise_done(&r);
			if (is_digit(*s))
				numbered(&r, s, end);
			else if (starts(s, end, "from "))
				taken_up(&r, s, end);
			else
				other(&r, s, end);
		}
		s = nl ? nl + 1 : stop;
	}
	precise_done(&r);
}

/* ---- a map of counters ---------------------------------------------------------------- */

struct map {
	uint8_t *at;
	size_t size;
	uint32_t fresh;
};

static void count(void *arg, enum linux_feature_kind kind, uint32_t hash)
{
	struct map *m = arg;
	uint8_t *c = &m->at[hash % m->size];

	(void)kind;
	m->fresh += !*c;
	*c += *c < 255;
}

uint32_t linux_log_map(const char *log, size_t len, uint8_t *map, size_t size)
{
	struct map m = { .at = map, .size = size };

	if (size)
		linux_log_features(log, len, count, &m);
	return m.fresh;
}
