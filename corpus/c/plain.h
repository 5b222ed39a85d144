/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plain programs: C that is compiled for BPF and for this machine, and has to
 * compute the same.  No libc, no helpers; entry() gets memory and its length.
 *
 * BPF_CPU is the N of -mcpu=vN.  Before v4 BPF cannot divide signed numbers.
 */
#ifndef PLAIN_H
#define PLAIN_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef signed char s8;
typedef short s16;
typedef int s32;
typedef long long s64;

#define noinline __attribute__((noinline))

u64 entry(void *mem, u64 len);

static inline u32 load16(const u8 *p)
{
	return p[0] | (u32)p[1] << 8;
}

static inline u32 load32(const u8 *p)
{
	return load16(p) | load16(p + 2) << 16;
}

static inline u64 load64(const u8 *p)
{
	return load32(p) | (u64)load32(p + 4) << 32;
}

static inline void store32(u8 *p, u32 v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (u8)(v >> 8 * i);
}

static inline void store64(u8 *p, u64 v)
{
	store32(p, (u32)v);
	store32(p + 4, (u32)(v >> 32));
}

static inline u64 rotl64(u64 x, u32 k)
{
	return x << (k & 63) | x >> (-k & 63);
}

static inline u32 rotl32(u32 x, u32 k)
{
	return x << (k & 31) | x >> (-k & 31);
}

#if defined(__bpf__) && BPF_CPU < 4
#define NO_SDIV 1
#else
#define NO_SDIV 0
#endif

/* Rounds towards zero; b is not 0, and not -1 with the smallest a. */
static inline s64 sdiv64(s64 a, s64 b)
{
#if NO_SDIV
	u64 q = (a < 0 ? -(u64)a : (u64)a) / (b < 0 ? -(u64)b : (u64)b);

	return (s64)((a < 0) != (b < 0) ? -q : q);
#else
	return a / b;
#endif
}

static inline s64 smod64(s64 a, s64 b)
{
#if NO_SDIV
	return (s64)((u64)a - (u64)sdiv64(a, b) * (u64)b);
#else
	return a % b;
#endif
}

static inline s32 sdiv32(s32 a, s32 b)
{
#if NO_SDIV
	return (s32)sdiv64(a, b);
#else
	return a / b;
#endif
}

static inline s32 smod32(s32 a, s32 b)
{
#if NO_SDIV
	return (s32)smod64(a, b);
#else
	return a % b;
#endif
}

#endif
