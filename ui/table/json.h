/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_JSON_H
#define PM_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/util.h"

/*
 * A JSON document, written in bounded memory: commas, lines and indentation are automatic.
 * (libsmartcols writes JSON, too, but formats the whole table before the first row, allows only one
 * table per document, and passes invalid UTF-8 through.) Start from {0}; output collects in `text`
 * until json_flush; closing the outermost container ends the document.
 */
enum { JSON_DEPTH = 6 };
/* layout of a container's members: on one line, or one per line */
enum json_layout { JSON_INLINE, JSON_LINES };

struct json {
	struct buf text;
	unsigned depth;
	bool keyed; /* a key was written, its value comes next */
	struct json_level {
		char close;
		bool lines, any;
	} in[JSON_DEPTH];
};

void json_object(struct json *j, enum json_layout layout);
void json_array(struct json *j, enum json_layout layout);
void json_close(struct json *j); /* the innermost container */

/* In an object, call it before each value. */
void json_key(struct json *j, const char *key);
void json_null(struct json *j);
void json_number(struct json *j, uint64_t n);
void json_digits(struct json *j, const char *number); /* written as is */
void json_string(struct json *j, const char *s);      /* invalid UTF-8 becomes U+FFFD */

/*
 * An object on one line, from parts that the caller keeps: the beginning of each member up to its
 * value, the values (json_quote: strings), and all of them as a value of the document.
 */
void json_member(struct buf *out, const char *key, bool first);
void json_quote(struct buf *out, const char *s);
void json_no_value(struct buf *out);
void json_members(struct json *j, const struct buf *members);

/* A column's title as a key: lower case, _ for - and /, "percent" for %. */
void json_title(struct buf *out, const char *title);

/* Writes `text` to the file; check ferror for errors. */
void json_flush(struct json *j, FILE *to);
void json_free(struct json *j);

#endif
