/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ERR_H
#define PM_ERR_H

#include <stddef.h>

/*
 * Errors as values. A function that can fail takes a `struct err *` last, fills it and returns -1;
 * nothing below ui/main.c prints or exits. A message has three parts: what could not be done, why,
 * and what to do about it.
 */
enum err_status {
	ERR_TARGET = 1, /* the target or the kernel refused */
	ERR_USAGE = 2,  /* bad command line or expression */
};

struct err {
	enum err_status status; /* the exit status if this ends the program */
	int sys;                /* the errno behind it, or 0 */
	int column;             /* for an expression: the column of the error, from 1; else 0 */
	char what[256], why[192], how[256];
};

/* Fill `e`; why and how may be NULL. Always returns -1, so that `return err_set(...)` reads well.
 */
int err_set(struct err *e, enum err_status status, const char *why, const char *how,
            const char *what, ...) __attribute__((format(printf, 5, 6)));

/*
 * The same for a failed system call: the reason comes from errno, the status is ERR_TARGET. For
 * EMFILE and ENFILE `how` is replaced by advice about descriptors; a full disk and a limit on files
 * have advice of their own where `how` is NULL.
 */
int err_sys(struct err *e, const char *how, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

/* That advice for an errno, or `how`. */
const char *err_help(int sys, const char *how);

/* What helps where a process or a thread could not be started; NULL: that is not known. */
const char *err_start_how(int sys);

/* Writes "what: why (column N); how" to `out`, truncated to fit. Returns out. */
const char *err_line(const struct err *e, char *out, size_t size);

/* Only "why (column N)". */
const char *err_why(const struct err *e, char *out, size_t size);

#endif
