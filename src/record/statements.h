/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_STATEMENTS_H
#define PM_STATEMENTS_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The SQL of a file of this room, prepared once: each statement by its number in the file's table.
 * What they give may have been written by anybody.
 */
struct statements {
	sqlite3 *db;
	const char *path, *doing; /* for errors: "cannot DOING PATH" */
	const char *const *sql;
	sqlite3_stmt **v; /* owned */
	int n;
};

/* What it is given outlives it. -1 with err. Close it in any case. */
int statements_open(struct statements *s, sqlite3 *db, const char *path, const char *doing,
                    const char *const *sql, int n, struct err *err);
void statements_close(struct statements *s);

/* The same on another connection to the same file. -1 with err; close it all the same. */
int statements_move(struct statements *s, sqlite3 *db, struct err *err);

/* Begins one anew, with numbers as its first parameters. */
sqlite3_stmt *statements_bind(const struct statements *s, int which, const uint64_t *v, size_t n);
#define STATEMENTS_BIND(s, which, ...)                                                  \
	statements_bind(s, which, (const uint64_t[]){__VA_ARGS__},                      \
	                sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t))

/*
 * Another parameter, of the statement begun last; text NULL: it is NULL. Tools of SQL fail at text
 * that is not UTF-8: \ooo stands for such bytes.
 */
void statements_bind_number(sqlite3_stmt *s, int at, uint64_t v);
void statements_bind_text(sqlite3_stmt *s, int at, const char *text);

/* 1: there is a row; 0: there are no more; -1 with err. It is reset but for a row. */
int statements_step(const struct statements *s, int which, struct err *err);
void statements_reset(const struct statements *s, int which);

/* Carries out one that gives nothing, and forgets its parameters. */
int statements_do(const struct statements *s, int which, struct err *err);

/* The number that a statement without parameters gives. */
int statements_ask(const struct statements *s, int which, int64_t *out, struct err *err);

/* Of a row; of a text, "" stands for NULL. Valid until the next step. */
uint64_t statements_number(const struct statements *s, int which, int column);
const char *statements_text(const struct statements *s, int which, int column);

/* Says that its rows contradict each other. Returns -1. */
int statements_damaged(const struct statements *s, struct err *err);

#endif
