/* SPDX-License-Identifier: Apache-2.0 */
/* LEB128 and zigzag: decodes all numbers, encodes their differences. */
#include "plain.h"

static noinline u64 get(const u8 *p, u64 n, u64 *at)
{
	u64 v = 0;

	for (u32 shift = 0; *at < n && shift < 64; shift += 7) {
		u8 b = p[(*at)++];

		v |= (u64)(b & 0x7f) << shift;
		if (!(b & 0x80))
			break;
	}
	return v;
}

static noinline u64 put(u8 *p, u64 n, u64 at, u64 v)
{
	while (at < n) {
		u8 b = v & 0x7f;

		v >>= 7;
		p[at++] = v ? b | 0x80 : b;
		if (!v)
			break;
	}
	return at;
}

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 in = 0, out = 0, last = 0, sum = 0;

	while (in < len) {
		u64 v = get(p, len, &in);
		s64 d = (s64)(v >> 1) ^ -(s64)(v & 1);
		s64 e = d - (s64)(last & 0xffff);

		sum += (u64)d;
		last = v;
		/* never further than what has been read */
		out = put(p, in, out, (u64)e << 1 ^ (u64)(e >> 63));
	}
	return sum ^ out << 48;
}
