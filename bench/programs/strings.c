/* SPDX-License-Identifier: Apache-2.0 */
/*
 * strings: copies names into the stack and compares them with what a map holds,
 * byte by byte, in functions of their own: variable offsets into the stack.
 */
#include "corpus/c/bpf.h"

static long (*probe_read_user)(void *dst, u32 size, const void *src) = (void *)112;

enum { LEN = 48, NAMES = 12 };

struct name {
	char s[LEN];
	u64 hits;
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, NAMES);
	__type(key, u32);
	__type(value, struct name);
} names SEC(".maps");

static noinline u32 lower(char *s)
{
	u32 n = 0;

#pragma clang loop unroll(disable)
	for (u32 i = 0; i < LEN; i++) {
		char c = s[i];

		if (!c)
			break;
		if (c >= 'A' && c <= 'Z')
			s[i] = (char)(c + 32);
		n++;
	}
	return n;
}

static noinline u32 match(const struct name *n, const char *s, u32 len)
{
	u32 same = 0;

#pragma clang loop unroll(disable)
	for (u32 i = 0; i < LEN && i < len; i++) {
		char c = n->s[i];

		if (c == '*')
			return 1;
		if (c != s[i])
			return 0;
		same++;
	}
	return same == len;
}

struct regs {
	u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di;
};

SEC("kprobe/do_sys_open") int strings(struct regs *ctx)
{
	char buf[LEN];
	u32 len;

	__builtin_memset(buf, 0, sizeof(buf));
	if (probe_read_user(buf, sizeof(buf) - 1, (void *)ctx->si))
		return 0;
	len = lower(buf);
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < NAMES; i++) {
		u32 k = i;
		struct name *n = map_lookup_elem(&names, &k);

		if (n && match(n, buf, len)) {
			n->hits++;
			break;
		}
	}
	return 0;
}

LICENSE("GPL");
