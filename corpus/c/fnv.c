/* SPDX-License-Identifier: Apache-2.0 */
/* FNV-1a, 32 and 64 bits. */
#include "plain.h"

u64 entry(void *mem, u64 len)
{
	const u8 *p = mem;
	u64 h = 0xcbf29ce484222325;
	u32 g = 0x811c9dc5;

	for (u64 i = 0; i < len; i++) {
		h = (h ^ p[i]) * 0x100000001b3;
		g = (g ^ p[i]) * 0x01000193;
	}
	return h ^ g;
}
