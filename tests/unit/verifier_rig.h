/* SPDX-License-Identifier: Apache-2.0 */
/* verifier_rig.h: programs from text, with one map of each kind, for the tests of verifier/. */
#ifndef TESTS_UNIT_VERIFIER_RIG_H
#define TESTS_UNIT_VERIFIER_RIG_H

#include <stdio.h>
#include <string.h>

#include "isa/isa.h"
#include "verifier/verifier.h"

static const uint8_t rig_rodata[16] = "hello\0\0\0\x88\x77\x66\x55\x44\x33\x22\x11";
static const struct map_def rig_maps[] = {
	{ "arr", MAP_ARRAY, 4, 8, 4, .inner = -1 },
	{ "hash", MAP_HASH, 8, 16, 8, .inner = -1 },
	{ "one", MAP_ARRAY, 4, 48, 1, .inner = -1 },
	{ "locked", MAP_HASH, 4, 16, 4, .inner = -1, .has_spin_lock = true, .spin_lock_off = 4 },
	{ "progs", MAP_PROG_ARRAY, 4, 4, 4, .inner = -1 },
	{ "ring", MAP_RINGBUF, 0, 0, 4096, .inner = -1 },
	{ "rodata", MAP_ARRAY, 4, 16, 1, .flags = MAPF_RDONLY_PROG, .inner = -1, .init = rig_rodata,
	  .ninit = sizeof(rig_rodata), .frozen = true },
	{ "outer", MAP_ARRAY_OF_MAPS, 4, 4, 4, .inner = 0 },
	{ "wronly", MAP_ARRAY, 4, 8, 4, .flags = MAPF_WRONLY_PROG, .inner = -1 },
	{ "rdonly", MAP_ARRAY, 4, 8, 4, .flags = MAPF_RDONLY_PROG, .inner = -1 },
	{ "percpu", MAP_PERCPU_ARRAY, 4, 8, 4, .inner = -1 },
	{ "devmap", MAP_DEVMAP, 4, 4, 4, .inner = -1 },
	{ "sockmap", MAP_SOCKMAP, 4, 4, 4, .inner = -1 },
	{ "frozen4", MAP_ARRAY, 4, 16, 4, .flags = MAPF_RDONLY_PROG, .inner = -1, .frozen = true },
};

enum { RIG_MAX_LEN = 512 };
struct built {
	struct arena arena;
	struct insn insn[RIG_MAX_LEN];
	struct program prog;
	struct unit unit;
};

/* The first len insns of b become its only program.  End with rig_drop(). */
static inline void rig_seal(struct built *b, uint32_t len, uint32_t type, uint32_t flags,
			    const char *license)
{
	b->prog = (struct program){ .insn = b->insn, .len = len, .type = (uint16_t)type,
				    .prog_flags = flags, .license = license };
	program_seal(&b->prog, &b->arena);
	b->unit = (struct unit){ &b->prog, 1, rig_maps, sizeof(rig_maps) / sizeof(rig_maps[0]) };
}

static inline void rig_build(struct built *b, uint32_t type, uint32_t flags, const char *license,
			     const char *text)
{
	struct asm_err err;
	long n;

	memset(b, 0, sizeof(*b));
	n = asm_text(text, strlen(text), b->insn, RIG_MAX_LEN, &err);
	if (n < 0) {
		asm_err_print(stderr, "case", &err);
		fail_msg("cannot assemble: %s", text);
	}
	rig_seal(b, (uint32_t)n, type, flags, license);
}

static inline void rig_drop(struct built *b)
{
	arena_free(&b->arena);
}

#endif
