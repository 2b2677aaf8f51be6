/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_FILTER_H
#define PM_LIST_FILTER_H

#include "filter/filter.h"
#include "sample/sample.h"

/* Which regions the list shows: a filter of --list (src/filter.def), typed at the prompt. */
struct list_filter {
	char text[192];        /* what is asked; "" everything is shown */
	struct filter program; /* the same, to be run */
};

/*
 * Sets it; "" takes it away. What has no sign of the language in it and is no word of it either is
 * looked for in the names: libc is name~libc. An error leaves *f as it was, and has its column.
 */
int list_filter_set(struct list_filter *f, const char *text, size_t page_size, struct err *err);

/*
 * For each region of the sample whether it passes, the caller's to free; NULL: all do. *unknown:
 * those left out because it cannot be told.
 */
bool *list_filter_run(const struct list_filter *f, const struct sample *s, size_t *unknown);

#endif
