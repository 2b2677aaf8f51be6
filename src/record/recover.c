/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "base/file.h"

bool
recover_is_due(sqlite3 *db)
{
	int code = sqlite3_extended_errcode(db);

	return code == SQLITE_READONLY_ROLLBACK || (code & 0xff) == SQLITE_READONLY;
}

/* The first read of one that may be written undoes what was left. */
static bool
recover_in_place(const char *path)
{
	sqlite3 *db = NULL;
	bool ok = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW, NULL) ==
	              SQLITE_OK &&
	          sqlite3_exec(db, "SELECT count(*) FROM session", NULL, NULL, NULL) == SQLITE_OK;

	sqlite3_close(db);
	return ok;
}

static bool
recover_copy_rest(int from, int to)
{
	ssize_t n;

	do
		n = sendfile(to, from, NULL, 1 << 30);
	while (n > 0);
	return n == 0;
}

static bool
recover_copy_file(const char *from, const char *to)
{
	struct file_new f;
	int in = file_open(AT_FDCWD, from, O_RDONLY);
	int out = in < 0 ? -1 : file_new_begin(&f, to, false);
	bool ok = out >= 0 && recover_copy_rest(in, out);

	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) < 0)
		ok = false;
	return out >= 0 && file_new_end(&f, ok) == 0 && ok;
}

/* The names of the journals: SQLite's own, beside the file. */
static void
recover_journal(char out[PATH_MAX], const char *path)
{
	snprintf(out, PATH_MAX, "%.*s-journal", PATH_MAX - 16, path);
}

void
recover_drop(const char *copy)
{
	char journal[PATH_MAX], dir[PATH_MAX];

	if (!copy[0])
		return;
	recover_journal(journal, copy);
	unlink(journal);
	unlink(copy);
	snprintf(dir, sizeof(dir), "%s", copy);
	*strrchr(dir, '/') = '\0';
	rmdir(dir);
}

int
recover(const char *path, char copy[PATH_MAX], struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char from[PATH_MAX], to[PATH_MAX], dir[PATH_MAX / 2];

	copy[0] = '\0';
	if (access(path, W_OK) == 0 && recover_in_place(path))
		return 0;
	snprintf(dir, sizeof(dir), "%s/pmtop-XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp");
	if (!mkdtemp(dir))
		return err_sys(err, "set TMPDIR to a directory with room for it",
		               "cannot copy %.160s, whose recorder was killed", path);
	snprintf(copy, PATH_MAX, "%s/recording", dir);
	recover_journal(from, path);
	recover_journal(to, copy);
	if (recover_copy_file(path, copy) && recover_copy_file(from, to) && recover_in_place(copy))
		return 0;
	err_sys(err, "set TMPDIR to a directory with room for it",
	        "cannot copy %.160s, whose recorder was killed", path);
	recover_drop(copy);
	return -1;
}

void
recover_forget(const char *path)
{
	char journal[PATH_MAX];

	recover_journal(journal, path);
	if (access(path, F_OK) < 0)
		unlink(journal);
}

void
recover_for_good(const char *path)
{
	char journal[PATH_MAX];

	recover_journal(journal, path);
	if (access(journal, F_OK) == 0) {
		recover_in_place(path);
		unlink(journal);
	}
}
