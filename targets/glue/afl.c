/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The mutator as AFL++ loads it (AFL_CUSTOM_MUTATOR_LIBRARY), for 4.04c and
 * newer; AFL_CUSTOM_MUTATOR_ONLY=1 keeps every child well-formed.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

struct mutator {
	uint64_t seed;
	uint8_t *buf;
	size_t cap;
};

void *afl_custom_init(void *afl, unsigned seed);
void afl_custom_deinit(void *data);
size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add,
		       size_t nadd, size_t max);
const char *afl_custom_describe(void *data, size_t max);

void *afl_custom_init(void *afl, unsigned seed)
{
	struct mutator *m = calloc(1, sizeof(*m));

	(void)afl;
	if (m)
		m->seed = seed;
	return m;
}

void afl_custom_deinit(void *data)
{
	struct mutator *m = data;

	free(m->buf);
	free(m);
}

size_t afl_custom_fuzz(void *data, uint8_t *buf, size_t size, uint8_t **out, uint8_t *add,
		       size_t nadd, size_t max)
{
	struct mutator *m = data;

	if (max > m->cap) {
		uint8_t *bigger = realloc(m->buf, max);

		if (!bigger)
			return 0;
		m->buf = bigger;
		m->cap = max;
	}
	if (size > max)
		size = max;
	memcpy(m->buf, buf, size);
	*out = m->buf;
	return mutate_bytes(m->buf, size, max, add, nadd, m->seed = mix64(m->seed + 1));
}

const char *afl_custom_describe(void *data, size_t max)
{
	(void)data;
	(void)max;
	return "parallax";
}
