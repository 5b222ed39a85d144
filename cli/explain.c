/* SPDX-License-Identifier: Apache-2.0 */
/* explain: prints what verify_explain() found, as text and as JSON. */
#include "cli/cli.h"

#include <inttypes.h>
#include <string.h>

/* ---- JSON ------------------------------------------------------------------ */

static void json_line(struct json *j, const struct line_info *line)
{
	if (!line)
		return;
	json_str(j, "file", line->file ? line->file : "");
	json_u64(j, "line", line->line);
	json_str(j, "source", line->text ? line->text : "");
}

static void json_step(struct json *j, const struct why_step *s)
{
	json_begin(j, NULL, '{');
	json_u64(j, "pc", s->pc);
	json_u64(j, "folded", s->folded);
	json_u64(j, "frame", s->frame);
	json_str(j, "kind", why_name[s->kind]);
	if (s->kind == WHY_BRANCH) {
		json_bool(j, "taken", s->taken);
		json_bool(j, "decided", s->decided);
	}
	json_str(j, "insn", s->insn);
	json_str(j, "words", s->words);
	json_line(j, s->line);
	json_end(j, '}');
}

void cli_explain_json(struct json *j, const struct explanation *e)
{
	json_begin(j, "explain", '{');
	json_str(j, "headline", e->headline);
	json_str(j, "hint", e->hint);
	if (e->insn)
		json_str(j, "insn", e->insn);
	json_line(j, e->line);
	json_begin(j, "values", '[');
	for (uint32_t i = 0; i < e->nvalue; i++) {
		json_begin(j, NULL, '{');
		json_str(j, "name", e->value[i].name);
		json_str(j, "words", e->value[i].words);
		if (e->value[i].pc != UINT32_MAX)
			json_u64(j, "set_at", e->value[i].pc);
		json_line(j, e->value[i].line);
		json_end(j, '}');
	}
	json_end(j, ']');
	json_begin(j, "facts", '[');
	for (uint32_t i = 0; i < e->nfact; i++)
		json_str(j, NULL, e->fact[i]);
	json_end(j, ']');
	json_u64(j, "path_length", e->length);
	json_begin(j, "steps", '[');
	for (uint32_t i = 0; i < e->nstep; i++)
		json_step(j, &e->step[i]);
	json_end(j, ']');
	json_u64(j, "folded", e->folded);
	json_end(j, '}');
}

/* ---- text ------------------------------------------------------------------ */

/* What an object file names may hold anything. */
static void put_clean(const char *s)
{
	for (; s && *s; s++)
		putchar((unsigned char)*s >= ' ' && *s != 0x7f ? *s : *s == '\t' ? ' ' : '?');
}

static void put_source(const struct line_info *line)
{
	put_clean(line->file);
	printf(":%u: ", line->line);
	put_clean(line->text);
	putchar('\n');
}

static void print_source(const struct line_info *line, const char *indent)
{
	if (!line || !line->line)
		return;
	fputs(indent, stdout);
	put_source(line);
}

static void print_values(const struct explanation *e)
{
	if (e->nvalue || e->nfact)
		printf("\nwhy:\n");
	for (uint32_t i = 0; i < e->nvalue; i++) {
		const struct why_value *v = &e->value[i];

		printf("  %s is ", v->name);
		put_clean(v->words);
		putchar('\n');
		if (v->pc == UINT32_MAX)
			continue;
		printf("      since insn %u", v->pc);
		if (v->line && v->line->line) {
			fputs(", ", stdout);
			put_source(v->line);
		} else {
			putchar('\n');
		}
	}
	for (uint32_t i = 0; i < e->nfact; i++) {
		fputs("  ", stdout);
		put_clean(e->fact[i]);
		putchar('\n');
	}
}

static void print_folded(uint32_t n)
{
	if (n)
		printf("        ... %u instruction%s ...\n", n, n == 1 ? "" : "s");
}

static bool same_line(const struct line_info *a, const struct line_info *b)
{
	return a == b || (a && b && a->line == b->line && a->file && b->file &&
			  !strcmp(a->file, b->file));
}

static void print_steps(const struct verdict *v, const struct explanation *e)
{
	const struct line_info *line = NULL;

	if (!e->length)
		return;
	printf("\nthe path:\n");
	for (uint32_t i = 0; i < e->nstep; i++) {
		const struct why_step *s = &e->step[i];

		print_folded(s->folded);
		if (!same_line(s->line, line))
			print_source(s->line, "  ");
		line = s->line;
		printf("  %*s%4u: %s\n", 2 * (int)s->frame, "", s->pc, s->insn);
		if (!s->words[0])
			continue;
		printf("  %*s      -> ", 2 * (int)s->frame, "");
		put_clean(s->words);
		putchar('\n');
	}
	print_folded(e->folded);
	if (!same_line(e->line, line))
		print_source(e->line, "  ");
	printf("  %4u: %s\n        -> %s\n", v->pc, e->insn, e->headline);
}

/* Errors that are not of a path: the insns around the one that is wrong. */
static void print_around(const struct explanation *e)
{
	const struct line_info *line = NULL;

	if (e->length || !e->nstep)
		return;
	printf("\nthe program there:\n");
	for (uint32_t i = 0; i < e->nstep; i++) {
		const struct why_step *s = &e->step[i];

		if (!same_line(s->line, line))
			print_source(s->line, "  ");
		line = s->line;
		printf("  %4u: %s\n", s->pc, s->insn);
		if (s->words[0])
			printf("        -> %s\n", s->words);
	}
}

void cli_explain(const struct program *p, const struct verdict *v, const struct explanation *e,
		 bool named)
{
	if (named)
		printf("%s: ", cli_name(p));
	if (v->accepted) {
		printf("accepted\n  %" PRIu64 " insns processed for %u slots, %u states kept\n",
		       v->processed, p->len, v->states);
		for (uint32_t i = 0; i < p->nsub && i < MAX_FRAMES; i++) {
			fputs("  ", stdout);
			put_clean(p->sub[i].name ? p->sub[i].name : i ? "subprogram" : "main");
			printf(": %u bytes of stack\n", v->stack[i]);
		}
		return;
	}
	printf("rejected: %s\n  at insn %u%s%s\n", e->headline, v->pc, e->insn ? ": " : "",
	       e->insn ? e->insn : "");
	print_source(e->line, "  ");
	printf("  (the verifier's words: %s)\n", v->msg);
	print_values(e);
	print_steps(v, e);
	print_around(e);
	if (e->hint[0])
		printf("\nhow to fix it:\n  %s\n", e->hint);
}
