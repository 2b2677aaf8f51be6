/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_JSON_H
#define PM_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/util.h"

/*
 * A JSON document, written in memory that does not grow with it: commas, lines and indentation come
 * by themselves. (libsmartcols writes JSON too, but lays the table out whole before the first row,
 * has nothing but one table in a document, and takes bytes that are no UTF-8 for text.) Start from
 * {0}; what was written waits in `text` for json_flush; the document ends with its first container.
 */
enum { JSON_DEPTH = 6 };
enum json_layout { JSON_INLINE, JSON_LINES }; /* what is in it: side by side, or a line each */

struct json {
	struct buf text;
	unsigned depth;
	bool keyed; /* the value of a key comes next */
	struct json_level {
		char close;
		bool lines, any;
	} in[JSON_DEPTH];
};

void json_object(struct json *j, enum json_layout layout);
void json_array(struct json *j, enum json_layout layout);
void json_close(struct json *j); /* the innermost of them */

/* In an object the key comes before each value. */
void json_key(struct json *j, const char *key);
void json_null(struct json *j);
void json_number(struct json *j, uint64_t n);
void json_digits(struct json *j, const char *number); /* as it is */
void json_string(struct json *j, const char *s); /* bytes that are no UTF-8 become U+FFFD */

/* A column's title as a key: lower case, _ for - and /, the sign % spelled out. */
void json_title(struct buf *out, const char *title);

/* To the file; errors are its own to keep (ferror). */
void json_flush(struct json *j, FILE *to);
void json_free(struct json *j);

#endif
