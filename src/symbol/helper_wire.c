/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages between our processes, each with an optional descriptor. */
#include "symbol/helper_parts.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int))];
};

bool
helper_send(int socket, const struct helper_ask *ask, int fd, int flags)
{
	union control control = {
	    .head = {.cmsg_len = CMSG_LEN(sizeof(int)),
	             .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	struct iovec iov = {(void *)(uintptr_t)ask, sizeof(*ask)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fd >= 0) {
		memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
		m.msg_control = &control;
		m.msg_controllen = sizeof(control);
	}
	return sendmsg(socket, &m, MSG_NOSIGNAL | flags) == (ssize_t)sizeof(*ask);
}

bool
helper_receive(int socket, struct helper_ask *ask, int *fd)
{
	union control control;
	struct iovec iov = {ask, sizeof(*ask)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
	                   .msg_controllen = sizeof(control)};
	const struct cmsghdr *c;
	ssize_t got;

	*fd = -1;
	do {
		got = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	} while (got < 0 && errno == EINTR);
	c = got > 0 ? CMSG_FIRSTHDR(&m) : NULL;
	if (c && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return got == (ssize_t)sizeof(*ask);
}
