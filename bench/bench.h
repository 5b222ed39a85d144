/* SPDX-License-Identifier: Apache-2.0 */
/* What the benchmarks share: time, rows, and the programs measured. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include "fuzz/fuzz.h"

/* CPU time of this thread, ns. */
uint64_t bench_ns(void);

/*
 * One row: a figure, its unit, and what is asked of it (0: nothing; less is
 * better unless more is set).  Rows go to the table at once and to the JSON file
 * at the end.
 */
struct bench_row {
	char name[56];
	double value, goal;
	const char *unit;
	bool more;
};
void bench_row(const char *name, double value, const char *unit, double goal, bool more);
void bench_section(const char *title);
void bench_open(const char *json);
void bench_close(void);

/* Loops of 20,000 rounds (r1 = memory, where one is needed). */
struct bench_prog {
	const char *name, *text;
	uint32_t mem;			/* bytes of zeroed memory behind r1 */
	uint32_t insns;			/* executed */
};
extern const struct bench_prog bench_progs[];
/* A straight mix of n insns, always the same: what compilers are measured on. */
struct insn *bench_mixed(uint32_t n, struct arena *a);
/* A unit of one sealed program. */
void bench_unit(struct unit *u, const struct insn *in, uint32_t len, uint32_t type, struct arena *a);

void bench_engines(void);
void bench_compile(void);
void bench_trial(void);
void bench_verifier(void);
void bench_linux(void);
void bench_linux_log(void);

#endif
