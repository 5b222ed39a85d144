/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of maps.def, and which helper takes which kind of map. */
#include "platform/platform.h"

#include <string.h>

enum { RUNS = 1, DIRECT = 2, PERCPU = 4, LOOKUP = 8 };

static const struct map_kind kinds[MAP_TYPE_N] = {
#define MAP_KIND(NAME, name_, flags) \
	[MAP_##NAME] = { \
		.type = MAP_##NAME, .name = name_, .runs = (flags) & RUNS, \
		.direct_value = (flags) & DIRECT, .percpu = (flags) & PERCPU, \
		.lookup_value = (flags) & LOOKUP, \
	},
#include "platform/maps.def"
};

const struct map_kind *map_kind(uint32_t type)
{
	return type > MAP_UNSPEC && type < MAP_TYPE_N ? &kinds[type] : NULL;
}

const struct map_kind *map_kind_by_name(const char *name)
{
	for (uint32_t i = MAP_UNSPEC + 1; i < MAP_TYPE_N; i++) {
		if (!strcmp(name, kinds[i].name))
			return &kinds[i];
	}
	return NULL;
}

bool map_helper_ok(uint32_t map_type, int32_t helper)
{
	if (map_type == MAP_PROG_ARRAY || helper == HELPER_tail_call)
		return map_type == MAP_PROG_ARRAY && helper == HELPER_tail_call;
	return map_kind(map_type) != NULL;
}
