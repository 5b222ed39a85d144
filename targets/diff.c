/* SPDX-License-Identifier: Apache-2.0 */
/* diff: any bytes as a case, through the whole pipeline. */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target_diff(data, size);
	return 0;
}
