/* SPDX-License-Identifier: Apache-2.0 */
/* linux: any bytes as a case, on our engines and in the running kernel. */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target_linux(data, size);
	return 0;
}
