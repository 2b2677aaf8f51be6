/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_QUERY_PARTS_H
#define PM_QUERY_PARTS_H

#include "filter/lex.h"
#include "query/query.h"

/*
 * How places are read: query_places. All begin at r->at, and leave it after what they have read;
 * -1 with err and its column, and the outputs unchanged.
 */

/*
 * The length of a plain token, which ends at a blank, an offset or `..`, but not within
 * parentheses: ns::f(int, char). If they do not match they are like other characters.
 */
size_t query_token_length(const char *s);

/* A number in hex; `what` names it in the error. */
int query_read_hex(struct lex *r, const char *what, uint64_t *out, struct err *err);

int query_read_place(struct lex *r, struct query_place *out, struct err *err);

/* PLACE, vma:PLACE, START..END, START..+LENGTH, or a pasted line: from, to, is_range of q. */
int query_read_stretch(struct lex *r, struct query *q, struct err *err);

#endif
