/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the JIT share: a guest, an arena, and one loaded program. */
#ifndef TESTS_JIT_RIG_H
#define TESTS_JIT_RIG_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "jit/internal.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

enum { RIG_CTX = 4096 };

struct rig {
	struct guest *guest;
	struct jit_arena *arena;
	struct arena mem;
	struct program prog;
	struct unit unit;
	struct input in;
	struct vm_run run;
	struct jit *jit;
	struct outcome out;
	uint8_t ctx[RIG_CTX];
};

static inline struct rig *rig_new(void)
{
	struct rig *r = calloc(1, sizeof(*r));
	char why[96];

	assert_non_null(r);
	r->guest = guest_new(why);
	if (!r->guest)
		fail_msg("%s", why);
	r->arena = jit_arena_new(16 << 20, why);
	if (!r->arena)
		fail_msg("%s", why);
	r->in = (struct input){ .ctx = r->ctx, .nctx = RIG_CTX, .seed = 1, .fuel = FUEL_FUZZ };
	return r;
}

static inline void rig_unload(struct rig *r)
{
	jit_unload(r->jit);
	r->jit = NULL;
}

static inline void rig_free(struct rig *r)
{
	rig_unload(r);
	jit_arena_free(r->arena);
	guest_free(r->guest);
	arena_free(&r->mem);
	free(r);
}

static inline int rig_setup(void **state)
{
	*state = rig_new();
	return 0;
}

static inline int rig_teardown(void **state)
{
	rig_free(*state);
	return 0;
}
#define RIG_TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

static inline void rig_seal(struct rig *r, const struct insn *in, uint32_t n)
{
	rig_unload(r);
	arena_reset(&r->mem);
	r->prog = (struct program){ .type = PROG_PLAIN, .len = n };
	r->prog.insn = arena_dup(&r->mem, in, n * sizeof(*in));
	program_seal(&r->prog, &r->mem);
	r->unit = (struct unit){ .prog = &r->prog, .nprog = 1 };
	if (!r->prog.id)
		fail_msg("insn %u: %s", r->prog.check.pc, r->prog.check.msg);
}

static inline void rig_load_opts(struct rig *r, const struct insn *in, uint32_t n,
				 const struct jit_opts *o)
{
	rig_seal(r, in, n);
	r->jit = jit_load(r->arena, &r->unit, o, &r->out);
	if (!r->jit)
		fail_msg("jit_load: %s", r->out.why);
	assert_int_equal(vm_run_init(&r->run, r->guest, &r->unit, &r->in, r->out.why), OUT_RETURN);
}

static inline void rig_load(struct rig *r, const struct insn *in, uint32_t n, uint32_t mode)
{
	struct jit_opts o = { .mode = mode };

	rig_load_opts(r, in, n, &o);
}

/* Runs with these registers; they are what the program leaves afterwards. */
static inline void rig_call(struct rig *r, uint64_t reg[REGS])
{
	memcpy(r->run.entry, reg, sizeof(r->run.entry));
	r->run.fuel = (int64_t)r->in.fuel;
	jit_call(r->jit, &r->run);
	memcpy(reg, r->run.reg, sizeof(r->run.reg));
}

/* Guest address of byte off of the context, which programs of the rig use as memory. */
static inline uint64_t rig_mem(const struct rig *r, uint32_t off)
{
	return r->guest->layout.rgn[GUEST_CTX].base + off;
}

static inline void *rig_host(uint64_t addr)
{
	return (void *)(uintptr_t)addr;
}

static inline void rig_fill(uint64_t reg[REGS])
{
	for (uint32_t i = 0; i < REGS; i++)
		reg[i] = 0x1111111111111111ULL * (i + 1) + 0x8000000080000000ULL;
}

static inline void rig_same(const uint64_t got[REGS], const uint64_t want[REGS], const char *fmt,
			    ...)
{
	char what[160];
	va_list ap;

	if (memcmp(got, want, REGS * sizeof(*got)) == 0)
		return;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	for (uint32_t i = 0; i < REGS; i++)
		if (got[i] != want[i])
			fail_msg("%s: r%u is %#llx, not %#llx", what, i,
				 (unsigned long long)got[i], (unsigned long long)want[i]);
}

static inline void same(uint64_t got, uint64_t want, const char *what)
{
	if (got != want)
		fail_msg("%s: %#llx, not %#llx", what, (unsigned long long)got,
			 (unsigned long long)want);
}

static inline uint64_t run_r0(struct rig *r, const char *what)
{
	jit_run(r->jit, r->guest, &r->in, &r->out);
	if (r->out.kind != OUT_RETURN)
		fail_msg("%s: %s %s at %u (%s)", what, out_name(r->out.kind), trap_name(r->out.trap),
			 r->out.pc.insn, r->out.why);
	return r->out.reg[0];
}

#endif
