/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the file formats. */
#include "case/case.h"

#include <string.h>

static const char *const format_names[FMT_N] = {
	[FMT_AUTO] = "auto", [FMT_RAW] = "raw", [FMT_HEX] = "hex", [FMT_TEXT] = "text",
	[FMT_BIN] = "bin", [FMT_ELF] = "elf", [FMT_ASM] = "asm",
};

const char *format_name(enum file_format f)
{
	return (uint32_t)f < FMT_N ? format_names[f] : "?";
}

bool format_parse(const char *name, enum file_format *f)
{
	for (uint32_t i = 0; i < FMT_N; i++) {
		if (!strcmp(name, format_names[i])) {
			*f = (enum file_format)i;
			return true;
		}
	}
	/* as bpf_conformance calls its files */
	if (!strcmp(name, "data")) {
		*f = FMT_TEXT;
		return true;
	}
	return false;
}
