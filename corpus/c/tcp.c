/* SPDX-License-Identifier: Apache-2.0 */
/* TCP options: finds MSS, window scale and timestamps, and blanks the rest. */
#include "plain.h"

struct options {
	u32 mss, wscale, ts, blanked;
};

static noinline u32 parse(u8 *p, u32 n, struct options *o)
{
	u32 i = 0;

	while (i < n) {
		u32 kind = p[i] % 10, size;

		if (kind == 0)
			return 0;
		if (kind == 1) {
			i++;
			continue;
		}
		if (i + 1 >= n)
			return 1;
		size = p[i + 1] % 12;
		if (size < 2 || size > n - i)
			return 2;
		if (kind == 2 && size == 4)
			o->mss = (u32)p[i + 2] << 8 | p[i + 3];
		else if (kind == 3 && size == 3)
			o->wscale = p[i + 2] > 14 ? 14 : p[i + 2];
		else if (kind == 8 && size == 10)
			o->ts = load32(p + i + 2);
		else
			for (u32 k = 0; k < size; k++, o->blanked++)
				p[i + k] = 1;
		i += size;
	}
	return 3;
}

u64 entry(void *mem, u64 len)
{
	struct options o = { 0, 0, 0, 0 };
	u8 *p = mem;
	u32 doff, end;

	if (len < 20)
		return 0;
	doff = (u32)(p[12] >> 4) * 4;
	if (doff < 20)
		doff = 20 + doff;
	if (doff > len)
		doff = (u32)len;
	end = parse(p + 20, doff - 20, &o);
	return (u64)o.ts << 32 | o.mss << 16 | o.wscale << 8 | (o.blanked << 2 & 0xff) | end;
}
