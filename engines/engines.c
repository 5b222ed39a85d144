/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of engines.def. */
#include "engines/engines.h"

#include <string.h>

#define ENGINE(name) extern const struct engine engine_##name;
#include "engines/engines.def"

static const struct engine *const engines[] = {
#define ENGINE(name) &engine_##name,
#include "engines/engines.def"
};

const char *const reason_text[REASON_N] = {
	[REASON_NONE] = "",
#define REASON(name, text) text,
#include "engines/reasons.def"
};

void outcome_unsupported(struct outcome *out, enum reason reason)
{
	out->kind = OUT_UNSUPPORTED;
	out->reason = reason;
	snprintf(out->why, sizeof(out->why), "%s", reason_text[reason]);
}

const struct engine *engine_at(uint32_t i)
{
	return i < sizeof(engines) / sizeof(engines[0]) ? engines[i] : NULL;
}

const struct engine *engine_by_name(const char *name)
{
	for (uint32_t i = 0; engine_at(i); i++)
		if (!strcmp(engine_at(i)->name, name))
			return engine_at(i);
	return NULL;
}
