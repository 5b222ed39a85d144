/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asm: any text goes through the assembler; what it yields is printed and
 * assembled again to the same bytes.
 */
#include "fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct insn slots[512], back[2];
	struct asm_err err;
	char text[160];
	long n = asm_text((const char *)data, size, slots, 512, &err);

	for (long pc = 0, k; pc < n; pc += k) {
		k = insn_print(text, sizeof(text), &slots[pc], (uint32_t)(n - pc));
		TARGET_ASSERT(asm_text(text, strlen(text), back, 2, &err) == k, "asm/does-not-parse");
		TARGET_ASSERT(!memcmp(back, &slots[pc], (size_t)k * sizeof(*back)), "asm/other-bytes");
	}
	return 0;
}
