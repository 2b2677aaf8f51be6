/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_OPTIONS_H
#define PM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/list_columns.h"
#include "model/pages.h"
#include "page/lens.h"
#include "table/format.h"
#include "table/groups.h"
#include "target/writers.h"
#include "term/paint.h"
#include "term/term.h"
#include "track/track.h"

/* The command line, parsed. Text points into argv. */
enum mode {
	MODE_SCREEN,
	MODE_LIST,
	MODE_PAGES,
	MODE_SUMMARY,
	MODE_WATCH,
	MODE_GROW,
	MODE_TOUCHED,
	MODE_RECORD,
	MODE_METRICS,
	MODE_EXPORT,
	MODE_QUERY,
	MODE_GRID,
	MODE_HEAT,
	MODE_WHO,
	MODE_DIFF,
	MODE_CAPABILITIES,
	MODE_VERSION,
	MODE_HELP,
	MODE_PRINT,
};

enum { QUERIES_MAX = 64 };

struct options {
	enum mode mode;
	const char *target;    /* PID or NAME; NULL */
	char **command;        /* after --; NULL */
	bool recording;        /* the target is the file of a recording; set by main */
	bool demo;
	const char *range; /* argument of --pages, --summary, --grid, --who; NULL */
	const char *queries[QUERIES_MAX];
	size_t queries_n;
	const char *print;
	uint64_t given[2]; /* given on the command line: bit i is option i of options.def */

	enum format format;
	const char *output;    /* -o; NULL */
	bool output_all, noheadings, bytes;
	bool runs;          /* --pages: a row per run of pages */
	unsigned max_pages; /* of --pages; 0: all */
	enum grouping grouping; /* of --list, and initially of the screen */
	const char *sort;
	enum lens lens;
	const char *filter;    /* NULL */
	unsigned columns, zoom; /* of --grid; 0: automatic. zoom is a number of pages */

	unsigned tracker; /* enum tracker, or TRACKER_AUTO */
	bool tracker_given;
	bool allow_inject, force;
	enum writers_by by;
	bool folded, no_attribution;
	unsigned budget;       /* percent of the target's time; 0: no bound */
	const char *scope;     /* NULL: everything */
	const char *with_bytes; /* whose contents are recorded; NULL: none */
	/* interval of --watch; with another mode: how long to watch first. 0: do not watch */
	uint64_t watch_ns;
	bool watch_given; /* ... and it was given: it holds, whatever it costs the process */
	uint64_t grow_ns; /* the same of --grow */
	bool grow_given;  /* ... and how long was given */
	uint64_t touched_ns; /* and of --touched */
	const char *record; /* the file of --record */
	uint64_t for_ns;    /* how long to record; 0: until interrupted */
	uint64_t max_size;  /* bytes of the file; 0: any */
	bool append, overwrite, anonymous;
	const char *metrics; /* the file of --metrics; NULL: standard output */
	bool repeat;         /* --metrics goes on, each interval */
	const char *at;     /* a time in a recording; NULL: its end */
	const char *diff;   /* --diff: what the target is compared with */
	bool diff_pages;    /* ... page by page */
	bool diff_file;     /* ... with the files it has mapped */
	unsigned count; /* number of intervals; 0: until interrupted */
	uint64_t interval_ns;
	bool read_only, no_config;
	bool mouse, hints, calm; /* of the screen; only pmtoprc can disable hints */
	enum letters letters;
	struct list_columns list_columns;
	enum column_id list_sort;
	bool list_invert;
	bool ascii; /* also set by main if the locale is limited to ASCII */
	enum term_color color;
	enum theme theme;
	unsigned frames;
	int size_cols, size_rows;
	const char *proc_root;
};

void options_init(struct options *o);

/* Adds to what `o` already holds. */
int options_parse(struct options *o, int argc, char **argv, struct err *err);

/* Sets one option by its long name, like --NAME ARG. */
int option_take(struct options *o, const char *name, const char *arg, struct err *err);

enum option_group {
	OPTION_ANSWER,
	OPTION_SHAPE,
	OPTION_SCREEN,
	OPTION_WRITES,
	OPTION_TIME,
	OPTION_OTHER,
	OPTION_HIDDEN
};
/* What the value of an option is, for completion. ANY: nothing can be offered. */
enum option_takes {
	TAKES_ANY,
	TAKES_FILE,
	TAKES_FOLDER,
	TAKES_COLUMNS,
	TAKES_FILTER,
	TAKES_QUESTION,
	TAKES_RANGE,
	TAKES_GROUP,
	TAKES_LENS,
	TAKES_COLOR,
	TAKES_THEME,
	TAKES_TRACKER,
	TAKES_BY,
	TAKES_MOMENT,
	TAKES_DOCUMENT,
	TAKES_WHEN,   /* predicates of --when */
	TAKES_EXPORT,
	TAKES_TARGET, /* a process or a recording */
};
struct option_row {
	const char *name;
	char letter;
	const char *arg;
	enum option_group group;
	const char *help;
};
const struct option_row *option_table(size_t *n);
const char *option_group_name(enum option_group g);
enum option_takes option_takes(const struct option_row *o);

/* "-o, --output LIST", as --help and the manual write it. */
void option_text(const struct option_row *o, char *out, size_t size);

/* The reason given for everything that --read-only forbids. */
extern const char options_read_only[];

/* The i-th value of --color, or of --export; NULL after the last. */
const char *option_color_name(unsigned i);
const char *option_export_name(unsigned i);

#endif
