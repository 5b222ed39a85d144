/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of prog_type.def, and what r0 must be at exit. */
#include "platform/platform.h"

#include <string.h>

enum {
	ANY = 1, RDONLY = 2, PACKET = 4, PWRITE = 8, LDABS = 16, SLEEPS = 32, RUNS = 64,
};

static const struct prog_type_info types[PROG_TYPE_N] = {
#define TYPE(NAME, name_, size, flags, data, end, meta, attach) \
	[PROG_##NAME] = { \
		.type = PROG_##NAME, .name = name_, .ctx_size = size, \
		.ctx_any = (flags) & ANY, .ctx_readonly = (flags) & RDONLY, \
		.has_packet = (flags) & PACKET, .direct_packet_write = (flags) & PWRITE, \
		.ld_abs = (flags) & LDABS, .sleepable = (flags) & SLEEPS, \
		.runs = ((flags) & RUNS) != 0, .off_data = data, .off_data_end = end, \
		.off_data_meta = meta, .attach_type = attach, \
	},
#include "platform/prog_type.def"
};

const struct prog_type_info *prog_type_info(uint32_t type)
{
	return type < PROG_TYPE_N ? &types[type] : NULL;
}

const struct prog_type_info *prog_type_by_name(const char *name)
{
	for (uint32_t i = 0; i < PROG_TYPE_N; i++) {
		if (!strcmp(name, types[i].name))
			return &types[i];
	}
	return NULL;
}

bool prog_ret_range(uint32_t type, uint32_t attach, int32_t *lo, int32_t *hi)
{
	(void)attach;
	*lo = 0;
	*hi = 1;
	switch (type) {
	case PROG_CGROUP_SKB: case PROG_CGROUP_SOCK: case PROG_CGROUP_SOCK_ADDR:
	case PROG_SOCK_OPS: case PROG_CGROUP_DEVICE: case PROG_CGROUP_SYSCTL:
	case PROG_CGROUP_SOCKOPT: case PROG_SK_LOOKUP: case PROG_NETFILTER:
		return true;
	default:
		return false;
	}
}
