/* SPDX-License-Identifier: Apache-2.0 */
/* The mutator as libFuzzer takes it; linked into targets whose input is a case. */
#include "fuzz/fuzz.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb,
				 uint8_t *out, size_t max, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	/* Now and then plain bytes: the decoder is total, and 0 means that nothing was done. */
	size_t n = seed % 16 ? 0 : LLVMFuzzerMutate(data, size, max);

	return n ? n : mutate_bytes(data, size, max, NULL, 0, seed);
}

size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb,
				 uint8_t *out, size_t max, unsigned seed)
{
	if (na > max)
		na = max;
	for (size_t i = 0; i < na; i++)
		out[i] = a[i];
	return mutate_bytes(out, na, max, b, nb, seed);
}
