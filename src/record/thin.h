/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_THIN_H
#define PM_THIN_H

#include <stdint.h>

#include "record/causes_rows.h"
#include "record/sets.h"

/*
 * A recording that must not grow: one of the older half of its samples is dropped, where they lie
 * closest together, and what it says becomes part of the next one. No write is lost; which of the
 * two samples it was in is. The first and the last sample of a session stay.
 */

/* In a transaction of its own. 1: there is none left to drop; -1 with err. */
int thin_one(sqlite3 *db, struct sets *sets, struct causes_rows *causes, const char *path,
             struct err *err);

/* Bytes in use: the file may have room for more. */
uint64_t thin_used(sqlite3 *db);

/*
 * How many of them, about, would be left if it dropped all that it may; it does not look further
 * once these are no more than `enough`.
 */
uint64_t thin_least(sqlite3 *db, uint64_t enough);

#endif
