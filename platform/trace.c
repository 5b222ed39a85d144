/* SPDX-License-Identifier: Apache-2.0 */
/* trace: the rows of trace_args.def. */
#include "platform/platform.h"

#include <string.h>

static const struct {
	const char *name;
	uint32_t n;
} tracepoints[] = {
#define TRACEPOINT(name, n) { #name, n },
#include "platform/trace_args.def"
};

static const char *const iters[] = {
#define ITER(name) #name,
#include "platform/trace_args.def"
};

static const struct {
	const char *name;
	uint32_t n;
	enum trace_arg arg;
} iter_args[] = {
#define ITER_ARG(name, n, kind) { #name, n, TRACE_ARG_##kind##_OR_NULL },
#include "platform/trace_args.def"
};

enum trace_arg tracepoint_arg(const char *name, uint32_t n)
{
	for (size_t i = 0; i < sizeof(tracepoints) / sizeof(*tracepoints); i++)
		if (tracepoints[i].n == n && !strcmp(tracepoints[i].name, name))
			return TRACE_ARG_TRUSTED_OR_NULL;
	return TRACE_ARG_TRUSTED;
}

bool iter_arg(const char *name, uint32_t n, enum trace_arg *arg)
{
	size_t i = 0;

	while (i < sizeof(iters) / sizeof(*iters) && strcmp(iters[i], name))
		i++;
	if (i == sizeof(iters) / sizeof(*iters))
		return false;
	*arg = TRACE_ARG_TRUSTED;
	for (i = 0; i < sizeof(iter_args) / sizeof(*iter_args); i++)
		if (iter_args[i].n == n && !strcmp(iter_args[i].name, name))
			*arg = iter_args[i].arg;
	return true;
}
