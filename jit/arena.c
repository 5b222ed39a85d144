/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The code arena: W^X by two views of one memfd.  No mapping is ever writable
 * and executable at once, and writing needs no system call.  Where memfds or
 * executable mappings of them are refused, one private mapping changes its
 * protection instead, at about 2 microseconds a load.
 *
 * Both views are kept from children (MADV_DONTFORK): a child that wrote into a
 * shared mapping would change its parent's code.  Each process makes its own.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "jit/internal.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef __x86_64__
#include <cpuid.h>
#endif

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

enum {
	PAGE = 4096,
	HEAD = 64,	/* before the first entry: some readers of code look behind it */
	TAIL = 64,	/* room for the last write of an emitter */
};

/* ---- mappings --------------------------------------------------------------------- */

static bool map_twice(struct jit_arena *a)
{
	int fd = memfd_create("parallax-jit", MFD_CLOEXEC | MFD_EXEC);
	void *rw, *rx;

	if (fd < 0)	/* kernels before 6.3 do not know MFD_EXEC */
		fd = memfd_create("parallax-jit", MFD_CLOEXEC);
	if (fd < 0)
		return false;
	if (ftruncate(fd, (off_t)a->size) != 0) {
		close(fd);
		return false;
	}
	rw = mmap(NULL, a->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	rx = mmap(NULL, a->size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	close(fd);
	if (rw != MAP_FAILED && rx != MAP_FAILED) {
		a->rw = rw;
		a->rx = rx;
		return true;
	}
	if (rw != MAP_FAILED)
		munmap(rw, a->size);
	if (rx != MAP_FAILED)
		munmap(rx, a->size);
	return false;
}

/* Tries, too, whether the system lets it become executable. */
static bool map_once(struct jit_arena *a)
{
	void *p = mmap(NULL, a->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return false;
	if (mprotect(p, a->size, PROT_READ | PROT_EXEC) != 0) {
		int err = errno;

		munmap(p, a->size);
		errno = err;
		return false;
	}
	a->rw = p;
	a->rx = p;
	return true;
}

static bool one_view(const struct jit_arena *a)
{
	return a->rw == a->rx;
}

static void unmap(struct jit_arena *a)
{
	if (!one_view(a))
		munmap((void *)(uintptr_t)a->rx, a->size);
	munmap(a->rw, a->size);
}

/* ---- making code fit to run ----------------------------------------------------------- */

/*
 * Code that was written through another address than the one it runs at needs
 * a serializing instruction before it runs (AMD manual, volume 2, section 7.6).
 * CPUID would do, but leaves a virtual machine; IRET does not.
 */
static void serialize(bool has_serialize)
{
#ifdef __x86_64__
	uint64_t tmp;

	if (has_serialize) {
		__asm__ volatile(".byte 0x0f, 0x01, 0xe8" ::: "memory");
		return;
	}
	__asm__ volatile(
		"movq %%rsp, %%rdx\n\t"
		"leaq -256(%%rsp), %%rsp\n\t"		/* the red zone */
		"andq $-16, %%rsp\n\t"
		"xorl %k0, %k0\n\t"
		"movw %%ss, %w0\n\t"
		"pushq %0\n\t"
		"pushq %%rdx\n\t"
		"pushfq\n\t"
		"movw %%cs, %w0\n\t"
		"pushq %0\n\t"
		"leaq 1f(%%rip), %0\n\t"
		"pushq %0\n\t"
		"iretq\n"
		"1:"
		: "=&r"(tmp)
		:
		: "rdx", "memory", "cc");
#else
	(void)has_serialize;
	__sync_synchronize();
#endif
}

static bool can_serialize(void)
{
#ifdef __x86_64__
	uint32_t a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && d & 1u << 14;
#else
	return false;
#endif
}

void jit_arena_open(struct jit_arena *a)
{
	if (one_view(a) && mprotect(a->rw, a->size, PROT_READ | PROT_WRITE) != 0)
		die("jit: mprotect: %s", strerror(errno));
}

/*
 * Bytes up to touched are code or int3; those from there on have never been
 * written.  Up to stale there may be code of before.
 */
void jit_arena_close(struct jit_arena *a, uint32_t end)
{
	uint32_t to = a->stale;

	assert(end <= a->size);
	if (end > a->touched || to > a->touched) {
		to = end > to ? end : to;
		to = (to + PAGE - 1) & ~(uint32_t)(PAGE - 1);
		a->touched = to;
	}
	if (to > end)
		memset(a->rw + end, a->target->fill, to - end);
	a->stale = end;
	a->used = end;
	if (one_view(a) && mprotect(a->rw, a->size, PROT_READ | PROT_EXEC) != 0)
		die("jit: mprotect: %s", strerror(errno));
	serialize(a->serialize);
}

/* ---- scratch ------------------------------------------------------------------------------ */

bool jit_arena_fixups(struct jit_arena *a, uint32_t n)
{
	struct jit_fixup *fix;

	if (n <= a->fixcap)
		return true;
	n += n / 2 + 256;
	fix = realloc(a->fix, n * sizeof(*fix));
	if (!fix)
		return false;
	a->fix = fix;
	a->fixcap = n;
	return true;
}

bool jit_arena_labels(struct jit_arena *a, uint32_t n)
{
	if (n <= a->labelcap)
		return true;
	n += n / 2 + 256;
	free(a->nfix_at);
	free(a->leader);
	a->nfix_at = malloc(n * sizeof(*a->nfix_at));
	a->leader = malloc(n);
	a->labelcap = a->nfix_at && a->leader ? n : 0;
	return a->labelcap != 0;
}

/* ---- the arena ------------------------------------------------------------------------------ */

static void emit_stubs(struct jit_arena *a)
{
	struct jit_build b = {
		.p = a->rw + HEAD, .start = a->rw + HEAD, .end = a->rw + a->size, .a = a,
		.features = a->features,
	};

	jit_arena_open(a);
	memset(a->rw, a->target->fill, HEAD);
	a->target->stubs(&b);
	a->stale = (uint32_t)(b.p - a->rw) + TAIL;
	a->base = ((uint32_t)(b.p - a->rw) + 63) & ~63u;
	memset(b.p, a->target->fill, a->rw + a->base - b.p);
	jit_arena_close(a, a->base);
}

static struct jit_arena *arena_new(size_t size, char *why, bool (*map)(struct jit_arena *))
{
	const struct jit_target *target = jit_target();
	struct jit_arena *a;

	size = (size + PAGE - 1) & ~(size_t)(PAGE - 1);
	if (!target) {
		snprintf(why, 96, "no code generator for this machine");
		return NULL;
	}
	if (size < JIT_ARENA_MIN || size > JIT_ARENA_MAX) {
		snprintf(why, 96, "a code arena of %zu bytes", size);
		return NULL;
	}
	a = calloc(1, sizeof(*a));
	if (!a)
		die("out of memory");
	a->size = size;
	a->target = target;
	a->features = target->features();
	a->serialize = can_serialize();
	if (!map(a)) {
		snprintf(why, 96, "executable memory: %s", strerror(errno));
		free(a);
		return NULL;
	}
	madvise(a->rw, size, MADV_DONTFORK);
	madvise((void *)(uintptr_t)a->rx, size, MADV_DONTFORK);
	emit_stubs(a);
	return a;
}

struct jit_arena *jit_arena_new(size_t size, char *why)
{
	struct jit_arena *a = arena_new(size, why, map_twice);

	return a ? a : arena_new(size, why, map_once);
}

struct jit_arena *jit_arena_new_mprotect(size_t size, char *why)
{
	return arena_new(size, why, map_once);
}

void jit_arena_free(struct jit_arena *a)
{
	if (!a)
		return;
	assert(a->live == 0);
	unmap(a);
	free(a->fix);
	free(a->nfix_at);
	free(a->leader);
	free(a);
}
