/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PREAD_H
#define PM_PREAD_H

#include <stdint.h>
#include <sys/types.h>

/*
 * pread(2) that is no point at which a thread can be cancelled: no thread of ours is. In a program
 * of several threads the C library's takes 40 ns more a call, which is as long as the kernel takes
 * for the flags of a frame. A file of its own, so that tests can have theirs.
 */
ssize_t pread_plain(int fd, void *to, size_t n, uint64_t at);

#endif
