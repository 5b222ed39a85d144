/* SPDX-License-Identifier: Apache-2.0 */
/* Base64: encodes the first bytes behind themselves, decodes again, compares. */
#include "plain.h"

static const char alphabet[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static noinline u32 value(u8 c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26u;
	if (c >= '0' && c <= '9')
		return c - '0' + 52u;
	return c == '+' ? 62 : c == '/' ? 63 : 64;
}

u64 entry(void *mem, u64 len)
{
	u8 *in = mem, *out;
	u64 groups = len / 7, bad = 0, h = 0;

	out = in + groups * 3;
	for (u64 i = 0; i < groups; i++) {
		u32 v = (u32)in[3 * i] << 16 | (u32)in[3 * i + 1] << 8 | in[3 * i + 2];

		for (u32 k = 0; k < 4; k++)
			out[4 * i + k] = (u8)alphabet[v >> (18 - 6 * k) & 63];
	}
	for (u64 i = 0; i < groups; i++) {
		u32 v = 0;

		for (u32 k = 0; k < 4; k++) {
			u32 d = value(out[4 * i + k]);

			bad += d > 63;
			v = v << 6 | (d & 63);
		}
		h = h * 0x100000001b3 ^ v;
		bad += v != ((u32)in[3 * i] << 16 | (u32)in[3 * i + 1] << 8 | in[3 * i + 2]);
	}
	return h << 8 | (bad & 0xff);
}
