/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ERR_H
#define PM_ERR_H

#include <stddef.h>

/*
 * Errors as values. A function that can fail takes a `struct err *` last and returns -1 after
 * filling it; nothing below ui/main.c prints or exits. A message has three parts, because a person
 * who meets it needs all three: what could not be done, why, and how to get further.
 */
enum err_status {
	ERR_TARGET = 1, /* the target or the kernel would not */
	ERR_USAGE = 2,  /* the command line, or an expression, is wrong */
};

struct err {
	enum err_status status; /* the exit status if this ends the program */
	int sys;                /* the errno behind it, or 0 */
	int column;             /* for an expression: where in it, from 1; else 0 */
	char what[256], why[192], how[256];
};

/* Fill `e`; why and how may be NULL. Always returns -1, so that `return err_set(...)` reads well.
 */
int err_set(struct err *e, enum err_status status, const char *why, const char *how,
            const char *what, ...) __attribute__((format(printf, 5, 6)));

/* The same for a failed system call: the reason is errno's, the status ERR_TARGET. Out of
 * descriptors, how says so. */
int err_sys(struct err *e, const char *how, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

/* "what: why; how" in `out`, cut to fit. Returns out. */
const char *err_line(const struct err *e, char *out, size_t size);

#endif
