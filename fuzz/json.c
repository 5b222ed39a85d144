/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A writer of JSON: values in order, commas and escapes taken care of.
 */
#include "fuzz/internal.h"

#include <inttypes.h>

static void json_lead(struct json *j, const char *key)
{
	if (j->comma)
		fputs(", ", j->f);
	j->comma = true;
	if (key) {
		json_quote(j->f, key);
		fputs(": ", j->f);
	}
}

void json_quote(FILE *f, const char *s)
{
	putc('"', f);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c == '\n')
			fputs("\\n", f);
		else if (c == '\t')
			fputs("\\t", f);
		else if (c < 0x20 || c >= 0x7f)	/* bytes are taken as Latin-1: always valid JSON */
			fprintf(f, "\\u%04x", c);
		else
			putc(c, f);
	}
	putc('"', f);
}

void json_begin(struct json *j, const char *key, char bracket)
{
	json_lead(j, key);
	putc(bracket, j->f);
	j->comma = false;
}

void json_end(struct json *j, char bracket)
{
	putc(bracket, j->f);
	j->comma = true;
}

void json_str(struct json *j, const char *key, const char *v)
{
	json_lead(j, key);
	if (v)
		json_quote(j->f, v);
	else
		fputs("null", j->f);
}

void json_u64(struct json *j, const char *key, uint64_t v)
{
	json_lead(j, key);
	fprintf(j->f, "%" PRIu64, v);
}

void json_i64(struct json *j, const char *key, int64_t v)
{
	json_lead(j, key);
	fprintf(j->f, "%" PRId64, v);
}

/* 64-bit values that a reader would round: as a hex string. */
void json_hex(struct json *j, const char *key, uint64_t v)
{
	json_lead(j, key);
	fprintf(j->f, "\"0x%" PRIx64 "\"", v);
}

void json_f64(struct json *j, const char *key, double v)
{
	json_lead(j, key);
	fprintf(j->f, "%.3f", v);
}

void json_bool(struct json *j, const char *key, bool v)
{
	json_lead(j, key);
	fputs(v ? "true" : "false", j->f);
}
