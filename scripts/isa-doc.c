/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the tables of docs/isa.md from isa.def.  scripts/isa-doc runs it. */
#include <stdio.h>
#include <string.h>

#include "isa/isa.h"

static const struct {
	const char *name, *meaning;
	bool compares;
} ops[] = {
#define OP(name, meaning) { #name, #meaning, false },
#define CMP(name, taken) { #name, #taken, true },
#include "isa/isa.def"
};

static const struct {
	char letter;
	const char *text;
} letters[] = {
	{ 'd', "rD" }, { 'D', "wD" }, { 's', "rS" }, { 'S', "wS" }, { 'i', "imm" },
	{ 'm', " + off" }, { 'p', " + imm" }, { 'j', "+off" }, { 'J', "+imm" }, { 'c', "pc+imm" },
	{ 'h', "imm" }, { 'k', "imm, off" }, { 'l', "imm64" }, { 'n', "imm2" }, { 'o', ", imm2" },
	{ 'a', "imm >> 16" }, { 'b', "imm & 0xffff" },
};

/* Within a table '|' ends a cell, even in a code span. */
static void put_escaped(const char *s)
{
	for (; *s; s++) {
		if (*s == '|')
			putchar('\\');
		putchar(*s);
	}
}

static void put_text(const char *text)
{
	putchar('`');
	for (const char *t = text; *t; t++) {
		char ch[2] = { *t, 0 };

		if (*t != '$') {
			put_escaped(ch);
			continue;
		}
		t++;
		for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
			if (letters[i].letter == *t)
				put_escaped(letters[i].text);
		}
	}
	putchar('`');
}

static void put_row(const struct insn_row *r)
{
	static const char *const fields[] = { "", "off", "imm", "src" };

	printf("| `0x%02x` | ", r->code);
	if (r->sel != SEL_NONE)
		printf(r->value > 9 ? "%s = 0x%x" : "%s = %d", fields[r->sel],
		       (unsigned int)r->value);
	printf(" | ");
	put_text(r->text);
	printf(" | %s | %s | v%d | %s |\n", insn_op_name[r->op], insn_group_name[r->group], r->cpu,
	       r->name);
}

/* In the order of isa.def, which is the order of the RFC. */
static void put_rows(void)
{
	printf("| opcode | selector | text | operation | group | cpu | row |\n");
	printf("|---|---|---|---|---|---|---|\n");
	for (uint8_t id = 0; id < INSN_N; id++)
		put_row(insn_row(id));
}

static void put_ops(bool compares)
{
	printf("| operation | %s |\n|---|---|\n", compares ? "taken if" : "result");
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (ops[i].compares != compares)
			continue;
		printf("| %s | `", ops[i].name);
		put_escaped(ops[i].meaning);
		printf("` |\n");
	}
}

static void put_groups(void)
{
	printf("| group | rows |\n|---|---|\n");
	for (int g = 0; g < G_N; g++) {
		int n = 0;

		for (uint8_t id = 0; id < INSN_N; id++)
			n += insn_row(id)->group == g;
		printf("| %s | %d |\n", insn_group_name[g], n);
	}
	printf("| all | %d |\n", INSN_N);
}

int main(void)
{
	printf("## Instructions\n\n");
	put_rows();
	printf("\n## Operations\n\n");
	put_ops(false);
	putchar('\n');
	put_ops(true);
	printf("\n## Conformance groups\n\n");
	put_groups();
	return 0;
}
