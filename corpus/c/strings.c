/* SPDX-License-Identifier: Apache-2.0 */
/* Strings: length, search, comparison, reversal, upper case, palindromes. */
#include "plain.h"

static noinline u64 length(const char *s, u64 max)
{
	u64 n = 0;

	while (n < max && s[n])
		n++;
	return n;
}

static noinline int compare(const char *a, const char *b, u64 n)
{
	for (u64 i = 0; i < n; i++)
		if (a[i] != b[i])
			return (u8)a[i] - (u8)b[i];
	return 0;
}

static noinline void reverse(char *s, u64 n)
{
	for (u64 i = 0; i < n / 2; i++) {
		char c = s[i];

		s[i] = s[n - 1 - i];
		s[n - 1 - i] = c;
	}
}

static noinline s64 find(const char *s, u64 n, const char *what, u64 m)
{
	for (u64 i = 0; i + m <= n; i++)
		if (!compare(s + i, what, m))
			return (s64)i;
	return -1;
}

u64 entry(void *mem, u64 len)
{
	char *s = mem;
	u64 n = length(s, len), half = len / 2;
	s64 at = -1, order;

	for (u64 i = 0; i < len; i++)
		if (s[i] >= 'a' && s[i] <= 'z')
			s[i] -= 'a' - 'A';
	if (len >= 3)
		at = find(s, len, s + len - 2, 2);
	order = compare(s, s + half, half);
	reverse(s, n);
	return n << 32 ^ (u64)at << 8 ^ (u64)order;
}
