/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-2-4; the key is the first 16 bytes. */
#include "plain.h"

struct state {
	u64 v0, v1, v2, v3;
};

static noinline void rounds(struct state *s, u32 n)
{
	while (n--) {
		s->v0 += s->v1;
		s->v1 = rotl64(s->v1, 13) ^ s->v0;
		s->v0 = rotl64(s->v0, 32);
		s->v2 += s->v3;
		s->v3 = rotl64(s->v3, 16) ^ s->v2;
		s->v0 += s->v3;
		s->v3 = rotl64(s->v3, 21) ^ s->v0;
		s->v2 += s->v1;
		s->v1 = rotl64(s->v1, 17) ^ s->v2;
		s->v2 = rotl64(s->v2, 32);
	}
}

u64 entry(void *mem, u64 len)
{
	const u8 *p = mem;
	struct state s;
	u64 k0, k1, last = len << 56, i;

	if (len < 16)
		return 0;
	k0 = load64(p);
	k1 = load64(p + 8);
	s.v0 = k0 ^ 0x736f6d6570736575;
	s.v1 = k1 ^ 0x646f72616e646f6d;
	s.v2 = k0 ^ 0x6c7967656e657261;
	s.v3 = k1 ^ 0x7465646279746573;
	for (i = 0; i + 8 <= len; i += 8) {
		u64 m = load64(p + i);

		s.v3 ^= m;
		rounds(&s, 2);
		s.v0 ^= m;
	}
	for (u32 shift = 0; i < len; i++, shift += 8)
		last |= (u64)p[i] << shift;
	s.v3 ^= last;
	rounds(&s, 2);
	s.v0 ^= last;
	s.v2 ^= 0xff;
	rounds(&s, 4);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
