/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BATCH_SUMMARY_PARTS_H
#define PM_BATCH_SUMMARY_PARTS_H

/*
 * What the files of --summary share. The columns of a section serve three forms: a table; a JSON
 * array; or, as CSV and raw, lines of one table for all sections, in which each column with a size
 * becomes a line.
 */
#include "batch/batch_state.h"
#include "target/summary.h"

enum sum_use {
	USE_KEY,   /* what the row is about; several are joined */
	USE_COUNT, /* of regions, of folios */
	USE_PAGES,
	USE_BYTES, /* of the pages; shown in MiB in a table */
	USE_PART,  /* bytes, part of them or in addition */
	USE_NOTE,  /* bytes that are not part of a sum */
	USE_TEXT,
};

struct sum_column {
	const char *title;
	enum sum_use use;
};

enum { COLUMNS_MAX = 10, FLAT_COLUMNS = 6 };

struct sink {
	const struct options *o;
	const struct summary *s;
	const struct section *section;
	struct out *out;
	struct json *json; /* the JSON document, or NULL */
};

struct section {
	const char *name, *heading;
	const struct sum_column *columns;
	size_t n;
	void (*rows)(struct sink *k);
	bool of_frames; /* unknown if the frames are hidden */
};

static const struct value summary_unknown = {.kind = VALUE_UNKNOWN};

static inline struct value
batch_number(uint64_t n)
{
	return (struct value){.kind = VALUE_NUMBER, .n = n};
}

static inline struct value
batch_text(const char *s)
{
	return (struct value){.kind = VALUE_TEXT, .s = s};
}

static inline struct value
batch_bytes(const struct sink *k, uint64_t pages)
{
	return (struct value){.kind = VALUE_SIZE, .n = pages * k->s->page_size};
}

static inline bool
batch_is_flat(const struct options *o)
{
	return o->format == FORMAT_CSV || o->format == FORMAT_RAW;
}

/* Writes a row of k->section, a value for each column. */
void batch_sink_row(struct sink *k, const struct value *v);

/* For sections with the columns KEY, PAGES, BYTES, WORDS. */
void batch_pages_row(struct sink *k, const char *key, uint64_t n, const char *words);

/* --- the sections ----------------------------------------------------------------------------- */

enum { AT_STATES, AT_TYPES, AT_FLAGS, AT_SHARING, AT_FOLIOS, SECTIONS };
extern const struct section summary_sections[SECTIONS];

/* The totals: in a table the last lines of the states, elsewhere a section of their own. */
extern const struct section summary_totals;
void batch_totals_rows(struct sink *k);
void batch_pss_row(struct sink *k);
void batch_json_totals(struct sink *k);

/* The table of flags, as page-types writes it. */
void batch_print_page_types(const struct sink *k);

#endif
