/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults in compiled code become outcomes.
 *
 * What is ours is told by the address of the faulting instruction: it lies in
 * the arena of the code that this thread runs.  si_addr says nothing (it is
 * NULL after a non-canonical access, which through rbp even is a SIGBUS).  The
 * handler makes the thread go on in STUB_FAULT; anything else is passed on to
 * whoever handled the signal before.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "jit/internal.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { FAULT_STACK = 1 << 16 };

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP };
enum { NSIGNALS = sizeof(signals) / sizeof(signals[0]) };

static struct sigaction before[NSIGNALS];
static __thread bool has_stack;
static __thread struct jit_ctx *volatile running __attribute__((tls_model("initial-exec")));

#ifdef __x86_64__

/* Sends a thread that faulted in compiled code to STUB_FAULT. */
static bool resume(struct jit_ctx *c, int sig, ucontext_t *uc)
{
	greg_t *reg = uc->uc_mcontext.gregs;
	const struct jit_arena *a = c->arena;
	uint64_t ip = (uint64_t)reg[REG_RIP];

	if (ip - (uint64_t)(uintptr_t)a->rx >= a->size)
		return false;
	/* A child that runs its parent's code: there is no way back from there. */
	if (ip == (uint64_t)(uintptr_t)(a->rx + a->stub[STUB_FAULT]))
		return false;
	c->signal = sig;
	/* After int3 rip is behind it. */
	c->ip = sig == SIGTRAP ? ip - 1 : ip;
	reg[REG_R12] = (greg_t)(uintptr_t)c + JIT_CTX_BIAS;
	reg[REG_RIP] = (greg_t)(uintptr_t)(a->rx + a->stub[STUB_FAULT]);
	reg[REG_EFL] &= ~(greg_t)0x500;		/* direction and trap flag */
	return true;
}

#else

static bool resume(struct jit_ctx *c, int sig, ucontext_t *uc)
{
	(void)c, (void)sig, (void)uc;
	return false;
}

#endif

static void pass_on(int sig, siginfo_t *info, void *uc)
{
	const struct sigaction *old = NULL;

	for (uint32_t i = 0; i < NSIGNALS; i++)
		if (signals[i] == sig)
			old = &before[i];
	if (old && (old->sa_flags & SA_SIGINFO)) {
		old->sa_sigaction(sig, info, uc);
		return;
	}
	if (old && old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) {
		old->sa_handler(sig);
		return;
	}
	/* A fault is not to be ignored.  Sent by kill() it has not happened again by itself. */
	signal(sig, SIG_DFL);
	if (info->si_code <= 0 || sig == SIGTRAP)
		raise(sig);
}

static void on_fault(int sig, siginfo_t *info, void *uc)
{
	struct jit_ctx *c = running;
	int err = errno;

	if (!c || info->si_code <= 0 || !resume(c, sig, uc))
		pass_on(sig, info, uc);
	errno = err;
}

static void install(void)
{
	struct sigaction sa, old;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = on_fault;
	sa.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
	sigemptyset(&sa.sa_mask);
	for (uint32_t i = 0; i < NSIGNALS; i++) {
		if (sigaction(signals[i], &sa, &old) != 0)
			die("jit: sigaction: %s", strerror(errno));
		if (old.sa_sigaction != on_fault)
			before[i] = old;
	}
}

/* A stack that somebody else (a sanitizer) has set up will do.  Ours lasts as the process does. */
static void make_stack(void)
{
	stack_t old, own = { .ss_size = FAULT_STACK };

	has_stack = true;
	if (sigaltstack(NULL, &old) == 0 && !(old.ss_flags & SS_DISABLE))
		return;
	own.ss_sp = mmap(NULL, FAULT_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	if (own.ss_sp == MAP_FAILED || sigaltstack(&own, NULL) != 0)
		die("jit: sigaltstack: %s", strerror(errno));
}

void jit_fault_init(void)
{
	struct sigaction now;

	/* Others (test runners, fuzzing engines) install theirs, too: one tells for all. */
	if (sigaction(SIGSEGV, NULL, &now) != 0 || now.sa_sigaction != on_fault)
		install();
	if (!has_stack)
		make_stack();
}

void jit_fault_arm(struct jit_ctx *c)
{
	if (!has_stack)
		make_stack();
	running = c;
}
