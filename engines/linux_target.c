/* SPDX-License-Identifier: Apache-2.0 */
/* linux_target: what a tracing program attaches to, as the kernel numbers it. */
#include "engines/linux_sys.h"

#include "case/btf.h"

uint32_t linux_target_id(uint32_t attach, const char *target)
{
	const struct btf *b = btf_of_kernel();

	return b ? btf_target(b, attach, target) : 0;
}
