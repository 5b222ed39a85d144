/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What Linux objects to.  A log ends with the error's sentence, statistics, and
 * (for some errors) states; in front of it stand the insns of the path.
 */
#include "engines/linux_sys.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool starts(const char *line, const char *with)
{
	return !strncmp(line, with, strlen(with));
}

/* "12: (b7) ...": an insn; "12: R0=...": a state. */
static bool numbered(const char *line, uint32_t *pc, bool *insn)
{
	char *end;
	unsigned long n;

	if (!isdigit((unsigned char)*line))
		return false;
	n = strtoul(line, &end, 10);
	if (*end != ':')
		return false;
	*pc = (uint32_t)n;
	*insn = starts(end, ": (");
	return true;
}

/* Lines that are no sentence. */
static bool noise(const char *line)
{
	static const char *const with[] = {
		"processed ", "verification time", "stack depth", "func#", "mark_precise:",
		"parent state", "old state:", "cur state:", "SCC ", "caller:", "callee:",
		"returning from", "to caller", "from ", "Live regs", "Validating ", "Func#",
		"BTF_KIND", "magic:", "version:", ";", "(", " ",
	};

	for (uint32_t i = 0; i < sizeof(with) / sizeof(with[0]); i++)
		if (starts(line, with[i]))
			return true;
	return !*line;
}

uint32_t linux_log_reason(enum linux_err err, const char *log, char *why, size_t size)
{
	static const char loop[] = "infinite loop detected at insn";
	uint32_t at = UINT32_MAX, pc;
	const char *p;
	char line[200];
	bool insn;

	/* Nobody asks for the log of a million insns to learn this. */
	snprintf(why, size, "%s", err == LINUX_FULL ? "BPF program is too large" : "");
	while (*log) {
		size_t n = strcspn(log, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)(n < 199 ? n : 199), log);
		log += n + (log[n] == '\n');
		if (numbered(line, &pc, &insn)) {
			if (insn)
				at = pc;
			/* Said of a loop's jump while its line still waits for the state. */
			if (strstr(line, loop))
				snprintf(why, size, "%s", strstr(line, loop));
			continue;
		}
		if (!noise(line))
			snprintf(why, size, "%s", line);
	}
	/* Structural errors come before the first insn, and name it themselves. */
	p = strstr(why, "insn ");
	if (at == UINT32_MAX && p && isdigit((unsigned char)p[5]))
		at = (uint32_t)strtoul(p + 5, NULL, 10);
	return at;
}
