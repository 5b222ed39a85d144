/* SPDX-License-Identifier: Apache-2.0 */
/* A little stack machine: a large switch in a loop. */
#include "plain.h"

u64 entry(void *mem, u64 len)
{
	u8 *code = mem;
	u64 stack[8], acc = len, top = 0;

	for (int i = 0; i < 8; i++)
		stack[i] = (u64)i;
	for (u64 pc = 0, steps = 0; pc < len && steps < 300; pc++, steps++) {
		u64 *s = &stack[top & 7];

		switch (code[pc] & 15) {
		case 0: acc += *s; break;
		case 1: acc -= *s; break;
		case 2: acc *= *s | 1; break;
		case 3: acc /= *s | 1; break;
		case 4: acc %= (*s & 0xffff) + 1; break;
		case 5: acc ^= *s << 3; break;
		case 6: acc = rotl64(acc, code[pc] >> 4); break;
		case 7: acc = ~acc; break;
		case 8: *s = acc; top++; break;
		case 9: top--; acc = stack[top & 7]; break;
		case 10: acc = acc << 8 | code[pc] >> 4; break;
		case 11: if (acc & 1) pc += 2; break;
		case 12: if (acc > *s) pc++; break;
		case 13: if ((s64)acc < 0) pc += code[pc] >> 4; break;
		case 14: code[pc] = (u8)acc; break;
		default: if (acc % 3 == 0 && pc > 8) pc -= 8; break;
		}
	}
	return acc ^ top;
}
