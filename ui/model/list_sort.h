/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIST_SORT_H
#define PM_LIST_SORT_H

#include <stdint.h>

#include "table/columns.h"

/*
 * The rows of a list by their values in a column. A value becomes a number of the same order, so
 * that a long list is sorted within a few milliseconds; a text, its beginning and the rest.
 */
struct sort_key {
	uint64_t n;
	uint64_t row;   /* decides where values are the same */
	char *s;        /* of a text that the number does not hold; NULL: it does */
	uint32_t group; /* the caller's */
	bool known, own; /* own: the text is freed with it */
};

/* v: of the column; texts from outside must outlive it. down: in descending order. */
struct sort_key sort_key_of(const struct value *v, uint64_t row, bool down);

/* Sorts keys of one column and direction, those that are not known last; then frees their texts. */
void sort_keys(struct sort_key *keys, size_t n, bool down);

#endif
