/* SPDX-License-Identifier: Apache-2.0 */
/* Walks the extension headers of an IPv6 packet. */
#include "plain.h"

u64 entry(void *mem, u64 len)
{
	u8 *p = mem;
	u64 off = 40, hops = 0;
	u32 next;

	if (len < 40)
		return 0;
	next = p[6] % 8 ? p[6] : 0;
	while (off + 8 <= len && hops < 16) {
		switch (next) {
		case 0:		/* hop by hop */
		case 43:	/* routing */
		case 60:	/* destination */
			next = p[off];
			off += 8 + (p[off + 1] & 3) * 8u;
			break;
		case 44:	/* fragment */
			if (load16(p + off + 2) & 0xfff8)
				return 1 | off << 8;
			next = p[off];
			off += 8;
			break;
		case 51:	/* authentication */
			next = p[off];
			off += ((p[off + 1] & 7) + 2) * 4u;
			break;
		case 6:
		case 17:
			return 2 | off << 8 | (u64)load32(p + off) << 32;
		default:
			/* keeps the walk going on random bytes */
			next = (u32)(next * 7 % 61);
			off++;
			break;
		}
		hops++;
	}
	p[6] = (u8)next;
	return hops << 32 | off;
}
