/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of helpers.def. */
#include "platform/platform.h"

#include <string.h>

/* The vocabulary of helpers.def. */
#define T(type)		(1ULL << PROG_##type)
#define BASE		((1ULL << PROG_TYPE_N) - 1)
#define A(k)		{ .kind = ARG_##k }
#define N(k)		{ .kind = ARG_##k, .flags = ARGF_NULL }
#define U(k)		{ .kind = ARG_##k, .flags = ARGF_UNINIT | ARGF_WRITE }
#define ARGS(...)	{ __VA_ARGS__ }
#define NOARGS		{ { .kind = ARG_NONE } }
#define UNPACK(...)	__VA_ARGS__
enum {
	RUNS = HELPER_RUNS, PKT = HELPER_PKT_ACCESS, GPL = HELPER_GPL,
	CHANGES = HELPER_CHANGES_PACKET,
};

static const struct helper_proto protos[HELPER_MAX] = {
#define HELPER(id_, name_, result, args, flags_, types_) \
	[id_] = { .id = id_, .name = #name_, UNPACK result, .arg = args, \
		  .flags = flags_, .types = types_ },
#define RET(k)		(.ret = RET_##k)
#define RANGE(lo, hi)	(.ret = RET_SCALAR, .ret_range = true, .ret_lo = lo, .ret_hi = hi)
#include "platform/helpers.def"
};

const struct helper_proto *helper_proto(int32_t id)
{
	return id > 0 && id < HELPER_MAX && protos[id].name ? &protos[id] : NULL;
}

const struct helper_proto *helper_by_name(const char *name)
{
	if (!strncmp(name, "bpf_", 4))
		name += 4;
	for (uint32_t i = 0; i < HELPER_MAX; i++) {
		if (protos[i].name && !strcmp(protos[i].name, name))
			return &protos[i];
	}
	return NULL;
}

bool helper_available(const struct helper_proto *p, uint32_t type, uint32_t attach, enum priv priv)
{
	(void)attach;
	if (type >= PROG_TYPE_N || !(p->types >> type & 1))
		return false;
	return priv == PRIV_ROOT || !(p->flags & HELPER_PERFMON);
}

uint32_t helper_nargs(const struct helper_proto *p)
{
	uint32_t n = 0;

	while (n < 5 && p->arg[n].kind != ARG_NONE)
		n++;
	return n;
}
