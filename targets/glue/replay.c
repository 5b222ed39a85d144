/* SPDX-License-Identifier: Apache-2.0 */
/* A plain main for any target: runs it once for each file named. */
#include "fuzz/fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct file_err err;
		size_t n;
		uint8_t *p = file_read(argv[i], &n, &err);

		if (!p) {
			file_err_print(stderr, argv[i], &err);
			return 2;
		}
		LLVMFuzzerTestOneInput(p, n);
		free(p);
		printf("%s: fine\n", argv[i]);
	}
	return 0;
}
