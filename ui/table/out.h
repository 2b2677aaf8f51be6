/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_OUT_H
#define PM_OUT_H

#include <stdio.h>

#include "table/columns.h"
#include "table/format.h"
#include "table/json.h"

/*
 * Writes rows of values, usually to standard output, as a table, CSV, JSON or raw. Rows are written
 * as they come, in bounded memory; only the table form of a short list is laid out as a whole
 * (on a terminal by libsmartcols), so that its columns fit.
 */
struct out;

struct out_shape {
	enum format format;
	bool noheadings, bytes, ascii;
	bool whole;       /* few rows: collect them all and lay the table out */
	bool many;        /* millions of rows: written in blocks, unless to a terminal */
	const char *name; /* the array's name in the JSON document */
	/* with titles: one letter per column, R for right-aligned; NULL: all left-aligned */
	const char *align;
	/* write the rows as an array of this document; NULL: as a document of their own */
	struct json *json;
	FILE *to;             /* NULL: standard output */
};

/* Columns by id, or with `titles` by name only (all text). The arrays must outlive the out. */
struct out *out_begin(const struct out_shape *shape, const enum column_id *ids,
                      const char *const *titles, size_t n);
void out_row(struct out *o, const struct value *values);

/* Ends the document and frees the out. -1: a write failed. */
int out_end(struct out *o, struct err *err);

#endif
