/* SPDX-License-Identifier: Apache-2.0 */
/* The text form: lines and tokens, shared by its reader and writer. */
#ifndef CASE_TEXT_H
#define CASE_TEXT_H

#include <stdarg.h>

#include "case/internal.h"

struct text {
	const char *file_end;
	const char *next;		/* the line after this one */
	const char *start, *end;	/* this line without comment and trailing blanks */
	const char *at;			/* where the next token is looked for */
	uint32_t line;
	struct arena *a;
	struct file_err *err;
};

struct tok {
	const char *p;		/* points to the end of the line if there is none */
	size_t n;
};

struct bytes {
	uint8_t *p;
	size_t n, cap;
};

/* Goes to the next line; false at the end of the file. */
bool text_line(struct text *t);
/* The next word of the line, or quoted string with its quotes. */
bool tok_next(struct text *t, struct tok *k);
bool tok_is(const struct tok *k, const char *word);
bool tok_prefix(const struct tok *k, const char *prefix, struct tok *rest);
/* Each fails with an error at the token. */
bool tok_u64(const struct text *t, const struct tok *k, uint64_t max, uint64_t *v);
bool tok_u32(const struct text *t, const struct tok *k, uint32_t max, uint32_t *v);
bool tok_bytes(const struct text *t, const struct tok *k, struct bytes *out, uint32_t max);
bool tok_string(const struct text *t, const struct tok *k, const char **s);
/* Records the error, returns false. */
bool tok_fail(const struct text *t, const struct tok *k, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Room for n more bytes. */
uint8_t *bytes_more(struct bytes *b, struct arena *a, size_t n);
/* May s stand without quotes as the name of a map or program? */
bool text_name_ok(const char *s);

#endif
