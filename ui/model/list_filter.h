/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_FILTER_H
#define PM_LIST_FILTER_H

#include "filter/filter.h"
#include "sample/sample.h"

/* Which regions the list shows: a filter as of --list (src/filter/filter.def). */
struct list_filter {
	char text[192];        /* as typed; "": everything is shown */
	struct filter program; /* the same, parsed */
};

/*
 * Sets it; "" removes it. Text without operators that is no word of the language either is searched
 * in the names: libc means name~libc. An error leaves *f unchanged, and has its column.
 */
int list_filter_set(struct list_filter *f, const char *text, size_t page_size, struct err *err);

/*
 * Whether each region of the sample passes, the caller's to free; NULL: all do. *unknown: the
 * number left out because it is not known.
 */
bool *list_filter_run(const struct list_filter *f, const struct sample *s, size_t *unknown);

#endif
