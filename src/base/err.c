/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"

/*
 * What helps against some errors, whatever was done. `always`: in place of the caller's advice; the
 * others only where it has none.
 */
static const struct err_help {
	int sys;
	bool always;
	const char *how;
} err_helps[] = {
	{EMFILE, true, "raise the limit on open files (ulimit -n)"},
	{ENFILE, true, "raise the limit on open files (ulimit -n)"},
	{EFBIG, false, "raise the limit on the size of files (ulimit -f)"},
	{ENOSPC, false, "make room on the disk, or write elsewhere"},
	{EDQUOT, false, "make room on the disk, or write elsewhere"},
};

const char *
err_help(int sys, const char *how)
{
	for (size_t i = 0; i < ARRAY_LEN(err_helps); i++)
		if (err_helps[i].sys == sys && (err_helps[i].always || !how))
			return err_helps[i].how;
	return how;
}

const char *
err_start_how(int sys)
{
	return sys == EAGAIN ? "raise the limit on processes (ulimit -u, or the cgroup's pids.max)"
	                     : NULL;
}

static const char *
err_words(int sys)
{
	return sys == FILE_ODD    ? "not a regular file"
	       : sys == FILE_HUGE ? "larger than 256 MiB"
	                          : strerror(sys);
}

static void
err_copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

int
err_set(struct err *e, enum err_status status, const char *why, const char *how, const char *what,
        ...)
{
	va_list ap;

	e->status = status;
	e->sys = 0;
	e->column = 0;
	err_copy(e->why, sizeof(e->why), why);
	err_copy(e->how, sizeof(e->how), how);
	va_start(ap, what);
	vsnprintf(e->what, sizeof(e->what), what, ap);
	va_end(ap);
	return -1;
}

int
err_sys(struct err *e, const char *how, const char *what, ...)
{
	int sys = errno;
	va_list ap;

	e->status = ERR_TARGET;
	e->sys = sys;
	e->column = 0;
	err_copy(e->why, sizeof(e->why), err_words(sys));
	err_copy(e->how, sizeof(e->how), err_help(sys, how));
	va_start(ap, what);
	vsnprintf(e->what, sizeof(e->what), what, ap);
	va_end(ap);
	return -1;
}

const char *
err_why(const struct err *e, char *out, size_t size)
{
	char column[32] = "";

	if (e->column)
		snprintf(column, sizeof(column), "%s(column %d)", e->why[0] ? " " : "", e->column);
	snprintf(out, size, "%s%s", e->why, column);
	return out;
}

const char *
err_line(const struct err *e, char *out, size_t size)
{
	char why[sizeof(e->why) + 32];

	err_why(e, why, sizeof(why));
	snprintf(out, size, "%s%s%s%s%s", e->what, why[0] ? ": " : "", why,
	         e->how[0] ? "; " : "", e->how);
	return out;
}
