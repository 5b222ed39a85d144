/* SPDX-License-Identifier: Apache-2.0 */
/* Sorts bytes, signed. */
#include "plain.h"

u64 entry(void *mem, u64 len)
{
	s8 *p = mem;
	u64 moves = 0;

	for (u64 i = 1; i < len; i++) {
		s8 x = p[i];
		u64 k = i;

		for (; k && p[k - 1] > x; k--, moves++)
			p[k] = p[k - 1];
		p[k] = x;
	}
	return moves;
}
