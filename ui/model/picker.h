/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PICKER_H
#define PM_PICKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/processes.h"
#include "model/ui.h"

/* The state of the list of processes; no terminal, no drawing. */
enum pick_column {
	PICK_PID,
	PICK_USER,
	PICK_RSS,
	PICK_SWAP,
	PICK_VIRT,
	PICK_MAPS,
	PICK_ACCESS,
	PICK_COMMAND,
	PICK_COLUMNS
};

#define PICK_DEMO UINT32_MAX /* the row that starts the demo target */

struct picker {
	char filter[64];       /* UTF-8 as typed */
	enum pick_column sort;
	bool by_match;         /* best matches of the filter first, equal ones by column */
	bool at_demo;          /* the cursor is on the demo's row, or on */
	pid_t pid;             /* this process, which it follows; 0: the list is empty */
	size_t row, top;       /* the row it is on, and the first one on screen */
	size_t left;           /* cells of the commands that have scrolled off */
	uint32_t *rows;        /* indices into the list, or PICK_DEMO */
	size_t rows_n, rows_cap;
	uint64_t serial;       /* of the list the rows were made from */
	bool stale;            /* the filter or the order has changed since */
};

static inline struct picker *
picker_of(const struct ui *ui)
{
	return ui->own[VIEW_PICKER];
}

extern const char pick_demo_text[]; /* the command of the demo's row */

void picker_open(struct picker *p, const char *filter); /* NULL: none */
void picker_free(struct picker *p);

/* Add a typed byte to the filter, erase its last character, clear it. The cursor goes to the first
 * process. */
void picker_type(struct picker *p, const struct processes *list, int byte);
bool picker_erase(struct picker *p, const struct processes *list); /* false: there was none */
bool picker_clear(struct picker *p, const struct processes *list);

void picker_sort(struct picker *p, int step); /* by column only, until the filter changes */
/* After another list has come its rows are those of this one. All others here do so, too. */
void picker_update(struct picker *p, const struct processes *list);
void picker_move(struct picker *p, const struct processes *list, long rows);

/* Updates rows and cursor for the list, of which `height` rows are on screen. */
void picker_settle(struct picker *p, const struct processes *list, size_t height);

/* The process under the cursor; NULL: the demo, nothing, or one that has just gone. */
const struct process *picker_at(const struct picker *p, const struct processes *list);

/*
 * How well the filter matches its name (its own, or its program's), user, PID or command line;
 * FUZZY_NONE: not at all. What contains it comes before scattered letters, which are shown only if
 * no process contains it; and a name comes before the rest.
 */
int picker_score(const struct process *p, const char *filter);
bool pick_down(enum pick_column c); /* sorts from large to small */

#endif
