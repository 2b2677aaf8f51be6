/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that has the userfaultfd open as long as pmtop has, and closes it last. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rights.h"
#include "kernel/proc.h"
#include "track/tracker_uffd.h"

/*
 * Makes only calls that are safe after a fork. That the line has ended is not enough: a process
 * that ends closes its descriptors in any order. Once all are closed, this one has a new parent.
 */
static void
uffd_be_holder(int fd, int line, pid_t parent)
{
	struct pollfd word = {.fd = line, .events = POLLIN};
	sigset_t all;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	rights_give_up();
	file_keep_only(fd, line);
	while (getppid() == parent && !(word.revents & POLLIN))
		if (poll(&word, 1, 1000) > 0 && !(word.revents & POLLIN))
			poll(NULL, 0, 1); /* it is about to be gone */
	_exit(0);
}

int
uffd_hold(struct uffd_held *h, int fd, const struct proc *p)
{
	pid_t parent = getpid();
	int ends[2];

	h->pagemap = proc_file(p, "pagemap", O_RDONLY);
	if (h->pagemap < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -1;
	h->line = ends[1];
	h->holder = fork();
	if (h->holder == 0)
		uffd_be_holder(fd, ends[0], parent);
	close(ends[0]);
	return h->holder < 0 ? -1 : 0;
}

void
uffd_let_go(struct uffd_held *h)
{
	if (h->holder > 0 && send(h->line, "", 1, MSG_NOSIGNAL) >= 0) /* -1: somebody killed it */
		while (waitpid(h->holder, NULL, 0) < 0 && errno == EINTR)
			;
	if (h->line >= 0)
		close(h->line);
	if (h->pagemap >= 0)
		close(h->pagemap);
}
