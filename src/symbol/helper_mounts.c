/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mounts of the target, kept from question to question as long as they stay. */
#include "symbol/helper_parts.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "kernel/mounts.h"

/* State of the helper process, which serves one target. */
static struct {
	int fd; /* mountinfo, open while `list` is that of its namespace; 0: there is none */
	char space[64]; /* the namespace */
	struct mounts list;
} helper_kept;

/* The kernel tells who holds the file open that the mounts have changed since it last told. */
static bool
helper_mounts_changed(void)
{
	struct pollfd p = {.fd = helper_kept.fd, .events = POLLPRI};

	return poll(&p, 1, 0) != 0;
}

/* false: not known; then nothing can be kept. */
static bool
helper_read_space(char out[64])
{
	ssize_t n = readlinkat(HELPER_DIR, "ns/mnt", out, 63);

	out[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static void
helper_drop_mounts(void)
{
	mounts_free(&helper_kept.list);
	if (helper_kept.fd > 0)
		close(helper_kept.fd);
	helper_kept.fd = 0;
}

const struct mounts *
helper_mounts(void)
{
	char space[64];
	bool known = helper_read_space(space);

	if (helper_kept.fd && known && !strcmp(space, helper_kept.space) &&
	    !helper_mounts_changed())
		return &helper_kept.list;
	helper_drop_mounts();
	helper_kept.fd = file_open(HELPER_DIR, "mountinfo", O_RDONLY);
	memcpy(helper_kept.space, space, sizeof(space));
	if (helper_kept.fd >= 0 && mounts_read_file(&helper_kept.list, helper_kept.fd))
		return &helper_kept.list;
	helper_drop_mounts();
	return NULL;
}
