/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of maps.def, and who may use a map for what. */
#include "platform/platform.h"

#include <string.h>

enum {
	RUNS = 1, DIRECT = 2, PERCPU = 4, RDVAL = 8, SLEEP = 16, LOCK = 32,
};
enum {
#define HELPER(id, name, ...) H_##name = id,
#include "platform/helpers.def"
};

struct row {
	struct map_kind kind;
	uint8_t takes[8];	/* helpers, up to a 0 */
};

static const struct row rows[MAP_TYPE_N] = {
#define TAKES(...) { __VA_ARGS__ }
#define MAP_KIND(NAME, name_, flags, lookup_, takes_) \
	[MAP_##NAME] = { \
		.kind = { \
			.type = MAP_##NAME, .name = name_, .runs = (flags) & RUNS, \
			.direct_value = (flags) & DIRECT, .percpu = (flags) & PERCPU, \
			.lookup_value = LOOKUP_##lookup_ == LOOKUP_VALUE, \
			.lookup = LOOKUP_##lookup_, .value_readonly = (flags) & RDVAL, \
			.sleepable = (flags) & SLEEP, .spin_lock = (flags) & LOCK, \
		}, \
		.takes = takes_, \
	},
#include "platform/maps.def"
};

const struct map_kind *map_kind(uint32_t type)
{
	return type > MAP_UNSPEC && type < MAP_TYPE_N ? &rows[type].kind : NULL;
}

const struct map_kind *map_kind_by_name(const char *name)
{
	for (uint32_t i = MAP_UNSPEC + 1; i < MAP_TYPE_N; i++) {
		if (!strcmp(name, rows[i].kind.name))
			return &rows[i].kind;
	}
	return NULL;
}

bool map_helper_ok(uint32_t map_type, int32_t helper)
{
	if (!map_kind(map_type) || helper <= 0)
		return false;
	for (uint32_t i = 0; i < sizeof(rows->takes) && rows[map_type].takes[i]; i++) {
		if (rows[map_type].takes[i] == helper)
			return true;
	}
	return false;
}

/* Sockets come and go only where the kernel has them at hand. */
static bool changes_sockmap(uint32_t prog_type, int32_t helper)
{
	switch (prog_type) {
	case PROG_SOCKET_FILTER: case PROG_SCHED_CLS: case PROG_SCHED_ACT: case PROG_XDP:
	case PROG_SK_REUSEPORT: case PROG_FLOW_DISSECTOR: case PROG_SK_LOOKUP: case PROG_SYSCALL:
	case PROG_TRACING:
		return true;
	case PROG_SOCK_OPS:
		return helper == HELPER_map_delete_elem;
	default:
		return false;
	}
}

bool map_helper_type_ok(uint32_t map_type, int32_t helper, uint32_t prog_type)
{
	if (!map_helper_ok(map_type, helper))
		return false;
	if ((map_type == MAP_SOCKMAP || map_type == MAP_SOCKHASH) &&
	    (helper == HELPER_map_update_elem || helper == HELPER_map_delete_elem))
		return changes_sockmap(prog_type, helper);
	return true;
}

bool map_prog_ok(uint32_t map_type, bool has_spin_lock, uint32_t prog_type, bool sleepable)
{
	const struct map_kind *k = map_kind(map_type);

	if (!k || (sleepable && !k->sleepable))
		return false;
	if (!has_spin_lock)
		return true;
	switch (prog_type) {
	case PROG_SOCKET_FILTER: case PROG_KPROBE: case PROG_TRACEPOINT: case PROG_PERF_EVENT:
	case PROG_RAW_TRACEPOINT: case PROG_RAW_TRACEPOINT_WRITABLE:
		return false;
	default:
		return k->spin_lock;
	}
}
