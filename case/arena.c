/* SPDX-License-Identifier: Apache-2.0 */
/* The arena: a bump allocator whose chunks survive a reset. */
#include "case/case.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
/* Under ASan a gap follows each allocation, and what is not handed out is poisoned. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
enum { GAP = 16 };
static __attribute__((noinline)) void poison(void *p, size_t n)
{
	__asan_poison_memory_region(p, n);
}
#define unpoison(p, n) __asan_unpoison_memory_region(p, n)
#else
enum { GAP = 0 };
#define poison(p, n) ((void)(p), (void)(n))
#define unpoison(p, n) ((void)(p), (void)(n))
#endif

enum { ALIGN = 16, CHUNK_MIN = 1 << 16, CHUNK_MAX = 1 << 22 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size;		/* of data */
	_Alignas(ALIGN) char data[];
};

void die(const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("parallax: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(3);
}

static void arena_enter(struct arena *a, struct arena_chunk *c)
{
	a->cur = c;
	a->ptr = c->data;
	a->end = c->data + c->size;
}

/* Goes to a chunk with at least need bytes: the next one, or a new one in its place. */
static void arena_grow(struct arena *a, size_t need)
{
	struct arena_chunk *c = a->cur ? a->cur->next : a->first;
	size_t size = a->cur ? 2 * a->cur->size : CHUNK_MIN;

	if (c && c->size >= need) {
		arena_enter(a, c);
		return;
	}
	if (size > CHUNK_MAX)
		size = CHUNK_MAX;
	if (size < need)
		size = need;
	if (size > SIZE_MAX / 2 || !(c = malloc(sizeof(*c) + size)))
		die("arena: out of memory (%zu bytes)", size);
	c->size = size;
	poison(c->data, size);
	if (a->cur) {
		c->next = a->cur->next;
		a->cur->next = c;
	} else {
		c->next = a->first;
		a->first = c;
	}
	arena_enter(a, c);
}

void *arena_raw(struct arena *a, size_t size)
{
	size_t need = (size + GAP + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	char *p;

	if (need < size)
		die("arena: out of memory (%zu bytes)", size);
	if (need > (size_t)(a->end - a->ptr) || !a->ptr)
		arena_grow(a, need);
	p = a->ptr;
	a->ptr += need;
	a->used += size;
	unpoison(p, size);
	return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
	return memset(arena_raw(a, size), 0, size);
}

void *arena_dup(struct arena *a, const void *p, size_t size)
{
	void *q = arena_raw(a, size);

	if (size)
		memcpy(q, p, size);
	return q;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		die("arena: bad format");
	s = arena_raw(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void arena_reset(struct arena *a)
{
#ifdef __SANITIZE_ADDRESS__
	/* what lies behind cur has not been handed out since the last reset */
	for (struct arena_chunk *c = a->first; c; c = c == a->cur ? NULL : c->next)
		poison(c->data, c == a->cur ? (size_t)(a->ptr - c->data) : c->size);
#endif
	if (a->first)
		arena_enter(a, a->first);
	a->used = 0;
}

void arena_free(struct arena *a)
{
	struct arena_chunk *next;

	for (struct arena_chunk *c = a->first; c; c = next) {
		next = c->next;
		unpoison(c->data, c->size);
		free(c);
	}
	memset(a, 0, sizeof(*a));
}
