/* SPDX-License-Identifier: Apache-2.0 */
/* Objects are refused. */
#include "case/case.h"

#include "case/internal.h"

long elf_parse(const uint8_t *bytes, size_t n, const struct file_opts *o, struct arena *a,
	       struct testcase **out, struct file_err *err)
{
	(void)bytes, (void)n, (void)o, (void)a, (void)out;
	err_at(err, 0, "ELF object, but this is built without libelf");
	return -1;
}

