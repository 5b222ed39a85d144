/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs are closed no faster than the kernel frees them.
 *
 * A closed program is freed behind a grace period of RCU, by a work item.  On
 * Linux 6.18, when more than 1,024 items of one cpu wait for the lock of the code
 * allocator and its holder has to purge vmalloc space, which takes an item of the
 * same queue, nothing goes on any more, and every later load hangs.  So at most
 * MAX_OPEN programs of a process may be closed and not yet past a grace period.
 * A thread sees grace periods pass (membarrier() waits for one), so that programs
 * are rarely waited for: a grace period takes about as long as 200 loads.
 */
#include "engines/linux_sys.h"

#include <linux/membarrier.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_OPEN = 384 };

static struct {
	pthread_mutex_t lock;
	pthread_cond_t more, fewer;
	uint64_t closed, freed;		/* programs, of this process */
	bool running, watching;
} pace = { .lock = PTHREAD_MUTEX_INITIALIZER, .more = PTHREAD_COND_INITIALIZER,
	   .fewer = PTHREAD_COND_INITIALIZER };

static void *watch(void *arg)
{
	uint64_t closed;

	pthread_mutex_lock(&pace.lock);
	for (;;) {
		while (pace.closed == pace.freed)
			pthread_cond_wait(&pace.more, &pace.lock);
		closed = pace.closed;
		pthread_mutex_unlock(&pace.lock);
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
		pthread_mutex_lock(&pace.lock);
		pace.freed = closed;
		pthread_cond_signal(&pace.fewer);
	}
	return arg;
}

/* Threads do not outlive fork(): a child begins anew. */
static void begin_anew(void)
{
	pthread_mutex_init(&pace.lock, NULL);
	pthread_cond_init(&pace.more, NULL);
	pthread_cond_init(&pace.fewer, NULL);
	pace.closed = pace.freed = 0;
	pace.running = false;
}

/* The signals of a campaign are for its main thread. */
static bool start(void)
{
	sigset_t all, old;
	pthread_t t;

	if (!pace.watching)
		pace.watching = pthread_atfork(NULL, NULL, begin_anew) == 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pace.running = pace.watching && !pthread_create(&t, NULL, watch, NULL) && !pthread_detach(t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return pace.running;
}

void linux_prog_close(int fd)
{
	close(fd);
	if (!pace.running && !start()) {
		syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
		return;
	}
	pthread_mutex_lock(&pace.lock);
	pace.closed++;
	pthread_cond_signal(&pace.more);
	while (pace.closed - pace.freed > MAX_OPEN)
		pthread_cond_wait(&pace.fewer, &pace.lock);
	pthread_mutex_unlock(&pace.lock);
}
