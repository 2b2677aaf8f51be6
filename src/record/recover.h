/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_RECOVER_H
#define PM_RECOVER_H

#include <limits.h>
#include <sqlite3.h>
#include <stdbool.h>

#include "base/err.h"

/*
 * A database whose writer was killed in a transaction has a journal beside it, by which that is
 * undone. SQLite can do so only where it may write.
 */
bool recover_is_due(sqlite3 *db);

/*
 * Undoes it in the file, or, where that may not be written, in a copy, which recover_drop removes:
 * `copy` gets its path, or stays empty. -1 with err.
 */
int recover(const char *path, char copy[PATH_MAX], struct err *err);
void recover_drop(const char *copy);

/* Removes what is left of the journal of a file that is not there any more. */
void recover_forget(const char *path);

/*
 * Leaves no journal beside a file that another is to replace: it would be applied to that one. The
 * file stays whole as long as it is there.
 */
void recover_for_good(const char *path);

#endif
