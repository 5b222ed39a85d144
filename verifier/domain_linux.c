/* SPDX-License-Identifier: Apache-2.0 */
/* domain_linux: the domain of domain_linux.inc at 64 bits, behind struct domain. */
#include "verifier/verifier.h"

#define BITS 64
#define HALF 32
#include "verifier/domain_linux.inc"

static bool linux_sync_scalar(struct scalar *s)
{
	struct views v = views_load(s);
	bool ok = linux_sync64(&v);

	views_store(s, &v);
	return ok;
}

const struct domain domain_linux = {
	.name = "linux",
	.alu = linux_alu64,
	.split = linux_split64,
	.branch = linux_branch64,
	.refine = linux_refine64,
	.sync = linux_sync_scalar,
};
