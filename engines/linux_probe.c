/* SPDX-License-Identifier: Apache-2.0 */
/*
 * May this process load programs, and does the kernel answer at all?
 *
 * A kernel can lose the ability: on Linux 6.18 more than 1,024 programs that are
 * freed at once on one cpu can deadlock the work queue that frees them with the
 * lock of the code allocator (docs/linux.md).  From then on every load hangs, in a
 * state that no signal ends.  So the first load is made by a child that nobody
 * waits for longer than PATIENCE; it keeps nothing of ours but a lock on a file,
 * which it holds as long as it hangs, and by which others know at once.
 */
#include "engines/linux_sys.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 10 };		/* seconds */

static enum linux_err load_trivial(void)
{
	static const struct insn ret0[2] = {
		{ .code = CLS_ALU64 | ALU_MOV }, { .code = CLS_JMP | JMP_EXIT },
	};
	struct linux_prog_opts o = { .insn = ret0, .len = 2, .type = PROG_SOCKET_FILTER };
	int fd = -1;
	enum linux_err err = linux_prog_load(&o, NULL, &fd);

	if (fd >= 0)
		close(fd);
	return err;
}

static int lock_open(void)
{
	const char *dir = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
	char path[80];

	snprintf(path, sizeof(path), "%s/parallax-bpf.%u", dir, (unsigned)geteuid());
	return open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* Waits for the lock.  False: who holds it has not come back for too long. */
static bool lock_take(int fd)
{
	const struct timespec nap = { .tv_nsec = 5000000 };
	struct stat st;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		if (errno != EWOULDBLOCK)
			return true;
		if (!fstat(fd, &st) && time(NULL) - st.st_mtime > PATIENCE)
			return false;
		nanosleep(&nap, NULL);
	}
	return true;
}

/* Nobody should wait for the other end of a pipe or terminal that a hanging child has. */
static void close_others(int a, int b)
{
	int max = (int)sysconf(_SC_OPEN_MAX);

	if (max < 0 || max > 65536)
		max = 65536;
	for (int fd = 0; fd < max; fd++)
		if (fd != a && fd != b)
			close(fd);
}

static _Noreturn void child(int lock, int answer)
{
	char err;

	setsid();
	close_others(lock, answer);
	if (lock >= 0) {	/* since when */
		err = (char)pwrite(lock, "", 1, 0);
		futimens(lock, NULL);
	}
	err = (char)load_trivial();
	_exit(write(answer, &err, 1) != 1);
}

/* LINUX_ERR_N: no answer. */
static enum linux_err ask(void)
{
	int lock = lock_open(), pipe_fd[2];
	struct pollfd p = { .events = POLLIN };
	char err = LINUX_ERR_N;
	pid_t pid;

	if (lock >= 0 && !lock_take(lock)) {
		close(lock);
		return LINUX_ERR_N;
	}
	if (pipe(pipe_fd))
		die("linux: no pipe: %s", strerror(errno));
	pid = fork();
	if (!pid)
		child(lock, pipe_fd[1]);
	if (lock >= 0)
		close(lock);
	close(pipe_fd[1]);
	p.fd = pipe_fd[0];
	while (poll(&p, 1, PATIENCE * 1000) < 0 && errno == EINTR)
		;
	if (p.revents && (read(pipe_fd[0], &err, 1) != 1 || waitpid(pid, NULL, 0) != pid))
		err = LINUX_OTHER;
	close(pipe_fd[0]);
	return (enum linux_err)err;
}

bool linux_available(char *why)
{
	static enum linux_err known = LINUX_ERR_N;
	static bool asked;

	if (!asked || known != LINUX_OK)
		known = ask();
	asked = true;
	why[0] = 0;
	switch (known) {
	case LINUX_OK:
		return true;
	case LINUX_DENIED:
		snprintf(why, 96,
			 "bpf() is not permitted (needs root, or CAP_BPF and CAP_NET_ADMIN)");
		return false;
	case LINUX_NO_SYSCALL:
		snprintf(why, 96, "no bpf() system call in this kernel or sandbox");
		return false;
	case LINUX_ERR_N:
		snprintf(why, 96, "loading a program hangs: this kernel needs a reboot");
		return false;
	default:
		snprintf(why, 96, "bpf() fails: %s", linux_strerror(known));
		return false;
	}
}
