/* SPDX-License-Identifier: Apache-2.0 */
/* elf: any bytes as an object file; what loads is verified. */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file_opts fo = { .format = FMT_ELF, .type = PROG_SOCKET_FILTER };
	struct arena *a = target_arena();
	struct file_err err;
	struct testcase *tc;
	long n = file_parse(data, size, &fo, a, &tc, &err);

	for (long i = 0; i < n && i < 8; i++) {
		struct vopts o = { .priv = PRIV_ROOT, .max_insns = 20000 };
		struct verdict v;

		verify(&tc[i].unit, 0, &o, a, &v);
	}
	return 0;
}
