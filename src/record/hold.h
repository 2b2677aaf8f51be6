/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HOLD_H
#define PM_HOLD_H

#include <stdbool.h>

/*
 * Who records to a file holds it, by a lock of the open file description on its first byte, which
 * SQLite never locks (https://sqlite.org/fileformat.html, "the lock-byte page"). It ends with the
 * recorder, however that ends. To look whether there is one locks nothing.
 */

/* Holds it. 1: another pmtop does; -1 with errno. Closing *fd lets it go. */
int hold_take(const char *path, int *fd);

/* Whether somebody else holds the file that is open there. */
bool hold_is_taken(int fd);

#endif
