/* SPDX-License-Identifier: Apache-2.0 */
/* vm_case.h: a unit from a few lines of assembly, and runs of it, for the tests of vm/. */
#ifndef TESTS_UNIT_VM_CASE_H
#define TESTS_UNIT_VM_CASE_H

#include <stdarg.h>
#include <string.h>

#include "vm/vm.h"

struct vm_case {
	struct arena a;
	struct program prog[4];
	struct map_def map[4];
	struct unit unit;
	struct input in;
	struct guest *g;
	struct interp *ip;
	struct outcome out;
	char text[1 << 16];
	size_t ntext;
};

static inline void vm_case_init(struct vm_case *c)
{
	char why[96];

	memset(c, 0, sizeof(*c));
	c->unit.prog = c->prog;
	c->unit.map = c->map;
	c->in.seed = 1;
	c->in.fuel = FUEL_DEFAULT;
	c->g = guest_new(why);
	if (!c->g)
		fail_msg("%s", why);
}

static inline void vm_case_free(struct vm_case *c)
{
	interp_unload(c->ip);
	guest_free(c->g);
	arena_free(&c->a);
}

/* Adds to the text of the next program. */
static inline __attribute__((format(printf, 2, 3))) void vm_say(struct vm_case *c, const char *fmt,
								...)
{
	va_list ap;

	va_start(ap, fmt);
	c->ntext += (size_t)vsnprintf(c->text + c->ntext, sizeof(c->text) - c->ntext, fmt, ap);
	va_end(ap);
	assert_true(c->ntext < sizeof(c->text));
}

/* The text becomes the unit's next program. */
static inline void vm_prog(struct vm_case *c, uint16_t type)
{
	uint32_t cap = (uint32_t)c->ntext + 1;
	struct insn *in = arena_alloc(&c->a, cap * sizeof(*in));
	struct asm_err err;
	long n = asm_text(c->text, c->ntext, in, cap, &err);
	struct program *p = &c->prog[c->unit.nprog++];

	if (n < 0)
		fail_msg("line %u: %s: %s", err.line, err.msg, err.text);
	*p = (struct program){.insn = in, .len = (uint32_t)n, .type = type};
	program_seal(p, &c->a);
	c->ntext = 0;
}

/* The one program of the unit. */
static inline void vm_asm(struct vm_case *c, uint16_t type, const char *text)
{
	c->unit.nprog = 0;
	vm_say(c, "%s", text);
	vm_prog(c, type);
}

static inline uint32_t vm_map(struct vm_case *c, uint32_t type, uint32_t key, uint32_t value,
			      uint32_t entries, uint32_t flags)
{
	c->map[c->unit.nmap] = (struct map_def){
		.type = type,
		.key_size = key,
		.value_size = value,
		.max_entries = entries,
		.flags = flags,
		.inner = -1,
	};
	return c->unit.nmap++;
}

/* Loads and runs the unit; what load refuses stands in c->out, too. */
static inline enum out vm_run_opts(struct vm_case *c, const uint8_t *const *dead, bool trace)
{
	interp_unload(c->ip);
	c->ip = interp_load(&c->unit, dead, trace, &c->out);
	if (c->ip)
		interp_run(c->ip, c->g, &c->in, &c->out);
	return c->out.kind;
}

static inline enum out vm_run(struct vm_case *c)
{
	return vm_run_opts(c, NULL, false);
}

/* r0 of a run that must return. */
static inline uint64_t vm_r0(struct vm_case *c)
{
	if (vm_run(c) != OUT_RETURN)
		fail_msg("%s: %s", out_name(c->out.kind), c->out.why);
	return c->out.reg[0];
}

static inline void *vm_host(uint64_t addr)
{
	return (void *)(uintptr_t)addr;
}

#endif
