/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of case/ share. */
#ifndef CASE_INTERNAL_H
#define CASE_INTERNAL_H

#include "case/case.h"

/* Bounds of what a file may hold; generous, so that a hostile one stays small. */
enum {
	LIMIT_VALUE = 1 << 26,	/* of a key or value: programs declare what no input fills */
	LIMIT_BYTES = 1 << 20,	/* of a context, packet, map content or initial value */
	LIMIT_STRING = 4096,	/* name, licence, source line */
};

/* ---- file.c: errors ---------------------------------------------------------- */

/* Each fills *err and returns false. */
bool err_at(struct file_err *err, uint64_t off, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* text, of which left bytes remain, is the start of the line. */
bool err_line(struct file_err *err, uint32_t line, uint32_t col, const char *text, size_t left,
	      const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* ---- check.c: what every well-formed case obeys ---------------------------------- */

/* The value of a record in input.maps is an index into unit.prog, or into unit.map. */
bool map_holds_progs(const struct map_def *m);
bool map_holds_maps(const struct map_def *m);
/*
 * The size of the record at p, of which left bytes remain; 0 with the reason
 * in *why if it is malformed.
 */
uint32_t map_record(const struct unit *u, const uint8_t *p, size_t left, const char **why);
/* func and line are sorted and lie inside the program. */
bool program_info_ok(const struct program *p);
/* Maps, inputs and types fit together; false with err->msg (and no place). */
bool case_check(const struct testcase *tc, struct file_err *err);
/*
 * Seals all programs of a parsed case.  A list of subprograms that names places
 * where none starts would be lost, so it is an error.
 */
bool case_seal(struct testcase *tc, struct arena *a, struct file_err *err);

/* ---- case_bin.c ------------------------------------------------------------------- */

/*
 * Reads what sections it can find in the bytes behind the header: no more than
 * the bounds of case_check() in number, but contents need repair, and programs
 * are not sealed.  Each program's array of insns has room for one more.
 */
void case_read_lenient(const uint8_t *p, size_t n, struct arena *a, struct testcase *tc);

/* ---- elf.c ------------------------------------------------------------------------ */

long elf_parse(const uint8_t *bytes, size_t n, const struct file_opts *o, struct arena *a,
	       struct testcase **out, struct file_err *err);

#endif
