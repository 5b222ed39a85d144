/* SPDX-License-Identifier: Apache-2.0 */
/* rig.h: what many tests need of their surroundings.  Comes behind cmocka.h. */
#ifndef TESTS_UNIT_RIG_H
#define TESTS_UNIT_RIG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "engines/linux_sys.h"
#include "vm/vm.h"

/* PARALLAX_LONG=1: the runs that take minutes. */
static inline bool is_long(void)
{
	const char *more = getenv("PARALLAX_LONG");

	return more && *more == '1';
}

static inline uint32_t rounds(uint32_t n)
{
	return is_long() ? 20 * n : n;
}

/* Skips the test where the kernel is not to be asked. */
static inline void need_bpf(void)
{
	char why[96];

	if (!linux_available(why)) {
		print_message("# SKIP %s\n", why);
		skip();
	}
}

/* For a group's set-up: guest memory into *g.  0, or -1 with the reason printed. */
static inline int guest_set_up(struct guest **g)
{
	char why[96];

	*g = guest_new(why);
	if (!*g)
		print_error("%s\n", why);
	return *g ? 0 : -1;
}

/* Runs a line of shell; true if it exits with 0. */
static inline __attribute__((format(printf, 1, 2))) bool command(const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return system(line) == 0;
}

#endif
