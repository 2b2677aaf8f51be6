/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"

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
	err_copy(e->why, sizeof(e->why), sys == FILE_ODD ? "not a regular file" : strerror(sys));
	err_copy(e->how, sizeof(e->how),
	         sys == EMFILE || sys == ENFILE ? "raise the limit on open files (ulimit -n)"
	                                        : how);
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
