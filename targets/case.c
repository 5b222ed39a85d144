/* SPDX-License-Identifier: Apache-2.0 */
/*
 * case: the file formats.  Any bytes parse or are refused with a message; what
 * parses survives both of our formats.
 */
#include "fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file_opts fo = { .format = FMT_AUTO, .type = PROG_PLAIN };
	struct arena *a = target_arena();
	struct testcase any, *tc, back;
	struct file_err err = { 0 };
	const uint8_t *bin, *again;
	const char *text;
	size_t n, m;

	if (file_parse(data, size, &fo, a, &tc, &err) < 0)
		TARGET_ASSERT(err.msg[0], "case/refused-without-reason");
	case_from_any(data, size, a, &any);
	bin = case_to_bin(&any, a, &n);
	TARGET_ASSERT(case_from_bin(bin, n, a, &back, &err), "case/bin-does-not-parse");
	again = case_to_bin(&back, a, &m);
	TARGET_ASSERT(n == m && !memcmp(bin, again, n), "case/bin-differs");
	text = case_to_text(&any, a);
	TARGET_ASSERT(case_from_text(text, strlen(text), PROG_PLAIN, a, &back, &err),
		      "case/text-does-not-parse");
	again = case_to_bin(&back, a, &m);
	TARGET_ASSERT(n == m && !memcmp(bin, again, n), "case/text-differs");
	return 0;
}
