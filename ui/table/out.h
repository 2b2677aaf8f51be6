/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_OUT_H
#define PM_OUT_H

#include <stdio.h>

#include "table/columns.h"
#include "table/format.h"
#include "table/json.h"

/*
 * Rows of values, usually to standard output, as a table, CSV, JSON or raw. Rows are written as
 * they come, in memory that does not grow, except for the table form of a short list, which is laid
 * out whole (libsmartcols) so that its columns fit.
 */
struct out;

struct out_shape {
	enum format format;
	bool noheadings, bytes, ascii;
	bool whole;           /* few rows: lay the table out when all are there */
	const char *name;     /* of the array in the JSON document */
	/* with titles: a letter a column, R to the right; NULL: all to the left */
	const char *align;
	struct json *json;    /* the document that the rows are an array of; NULL: their own */
	FILE *to;             /* NULL: standard output */
};

/* Columns by id, or with `titles` by name alone (all text). The arrays must outlive the out. */
struct out *out_begin(const struct out_shape *shape, const enum column_id *ids,
                      const char *const *titles, size_t n);
void out_row(struct out *o, const struct value *values);

/* Ends the document. -1 if anything could not be written. */
int out_end(struct out *o, struct err *err);

#endif
