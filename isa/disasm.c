/* SPDX-License-Identifier: Apache-2.0 */
/* Instructions to text: the template of the row, with its letters filled in. */
#include "isa/isa.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

struct printer {
	char *buf;
	size_t size, len;	/* len counts what did not fit, too */
};

static void put(struct printer *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void put(struct printer *p, const char *fmt, ...)
{
	size_t room = p->len < p->size ? p->size - p->len : 0;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(room ? p->buf + p->len : NULL, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		p->len += (size_t)n;
}

/* An offset as in "r1 + 8". */
static void put_offset(struct printer *p, int64_t off)
{
	put(p, " %c %" PRId64, off < 0 ? '-' : '+', off < 0 ? -off : off);
}

/* One letter of a template; isa.def explains them. */
static void put_field(struct printer *p, char letter, const struct insn *in)
{
	switch (letter) {
	case 'd':
		put(p, "r%u", in->dst);
		break;
	case 'D':
		put(p, "w%u", in->dst);
		break;
	case 's':
		put(p, "r%u", in->src);
		break;
	case 'S':
		put(p, "w%u", in->src);
		break;
	case 'i':
	case 'h':
		put(p, "%d", in->imm);
		break;
	case 'm':
		put_offset(p, in->off);
		break;
	case 'p':
		if (in->imm)
			put_offset(p, in->imm);
		break;
	case 'j':
		put(p, "%+d", in->off);
		break;
	case 'J':
		put(p, "%+d", in->imm);
		break;
	case 'c':
		put(p, "pc%+d", in->imm);
		break;
	case 'k':
		put(p, "%d", in->imm);
		if (in->off)
			put(p, ", %d", in->off);
		break;
	case 'l':
		put(p, "0x%" PRIx64, insn_imm64(in));
		break;
	case 'n':
		put(p, "%d", in[1].imm);
		break;
	case 'o':
		if (in[1].imm)
			put(p, ", %d", in[1].imm);
		break;
	case 'a':
		put(p, "%u", (uint32_t)in->imm >> 16);
		break;
	case 'b':
		put(p, "%u", (uint32_t)in->imm & 0xffff);
		break;
	}
}

uint32_t insn_print(char *buf, size_t size, const struct insn *in, uint32_t left)
{
	struct printer p = { .buf = buf, .size = size };
	uint8_t id = insn_decode(in, left, NULL);
	uint64_t slot;

	if (size)
		buf[0] = 0;
	if (id == I_NONE) {
		memcpy(&slot, in, sizeof(slot));
		put(&p, ".slot 0x%016" PRIx64, slot);
		return 1;
	}
	for (const char *t = insn_row(id)->text; *t; ) {
		int literal = (int)strcspn(t, "$");

		put(&p, "%.*s", literal, t);
		t += literal;
		if (*t) {
			put_field(&p, t[1], in);
			t += 2;
		}
	}
	return insn_slots(id);
}
