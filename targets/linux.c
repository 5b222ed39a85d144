/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux: any bytes as a case, on our engines and in the running kernel.  What the
 * kernel's verifier writes takes the place of coverage: libFuzzer reads it from its
 * extra counters, AFL++ from guards that it numbers like those of our own code.
 */
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FEATURES = 1 << 14 };		/* libFuzzer clears and reads all of them each time */

#ifdef __AFL_COMPILER
static uint32_t guard[FEATURES] __attribute__((section("__sancov_guards"), used));
void __sanitizer_cov_trace_pc_guard(uint32_t *g);

static void note(uint32_t hash)
{
	__sanitizer_cov_trace_pc_guard(&guard[hash % FEATURES]);
}
#else
static uint8_t counter[FEATURES] __attribute__((section("__libfuzzer_extra_counters"), used));

static void note(uint32_t hash)
{
	uint8_t *c = &counter[hash % FEATURES];

	*c += *c < 255;
}
#endif

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	target_features(note);
	target_linux(data, size);
	return 0;
}
