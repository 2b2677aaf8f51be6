/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The rows of the picker, their order, and the cursor. */
#include "model/picker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fuzzy.h"
#include "base/text.h"

const char pick_demo_text[] = "a target to learn with (starts a child process)";

void
picker_open(struct picker *p, const char *filter)
{
	*p = (struct picker){
	    .sort = PICK_RSS, .by_match = filter, .at_demo = !filter, .stale = true};
	snprintf(p->filter, sizeof(p->filter), "%s", filter ? filter : "");
}

void
picker_free(struct picker *p)
{
	free(p->rows);
	p->rows = NULL;
	p->rows_n = p->rows_cap = 0;
}

/* --- filter ----------------------------------------------------------------------------------- */

/* What a match is worth before its score: a name counts most, scattered letters least. */
enum { PICKER_TIER = 1 << 20, PICKER_WHOLE = 2, PICKER_NAMED = 3 };

/* The program of a command line, without its folder. */
static void
picker_program(const char *command, char *out, size_t size)
{
	size_t n = strcspn(command, " "), from = n;

	while (from && command[from - 1] != '/')
		from--;
	snprintf(out, size, "%.*s", (int)(n - from), command + from);
}

int
picker_score(const struct process *p, const char *filter)
{
	char pid[16], program[64];
	const char *const of[] = {p->comm, program, p->user, pid, p->command};
	int best = FUZZY_NONE;

	snprintf(pid, sizeof(pid), "%d", (int)p->pid);
	picker_program(p->command, program, sizeof(program));
	for (size_t i = 0; i < ARRAY_LEN(of); i++) {
		bool whole = strcasestr(of[i], filter) != NULL, named = i < 2;
		int score = fuzzy_score(filter, of[i], NULL);

		if (score == FUZZY_NONE || (of[i] == pid && !whole))
			continue; /* scattered digits are another number */
		if (score > PICKER_TIER - 1) /* FUZZY_EXACT */
			score = PICKER_TIER - 1;
		if (score < -PICKER_TIER / 2) /* far behind in a long line */
			score = -PICKER_TIER / 2;
		score += whole ? PICKER_TIER * (named ? PICKER_NAMED : PICKER_WHOLE) : 0;
		best = score > best ? score : best;
	}
	return best;
}

static bool
picker_demo_matches(const char *filter)
{
	return strcasestr("demo", filter) || strcasestr(pick_demo_text, filter);
}

/* --- order ------------------------------------------------------------------------------------ */

bool
pick_down(enum pick_column c)
{
	return c == PICK_RSS || c == PICK_SWAP || c == PICK_VIRT || c == PICK_MAPS;
}

static uint64_t
picker_number(const struct process *p, enum pick_column c)
{
	switch (c) {
	case PICK_RSS: return p->rss;
	case PICK_SWAP: return p->swap;
	case PICK_VIRT: return p->virt;
	case PICK_MAPS: return p->maps;
	case PICK_ACCESS: return p->access == ACCESS_UNKNOWN ? PROCESS_UNKNOWN : p->access;
	case PICK_PID:
	case PICK_USER:
	case PICK_COMMAND:
	case PICK_COLUMNS: break;
	}
	return 0;
}

struct order {
	const struct process *v;
	const int *score; /* NULL: by the column alone */
	enum pick_column sort;
};

/* Unknown values come last in either order; equal ones by PID. */
static int
picker_compare(const void *a, const void *b, void *arg)
{
	const struct order *o = arg;
	uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
	const struct process *p = &o->v[i], *q = &o->v[k];
	uint64_t x = picker_number(p, o->sort), y = picker_number(q, o->sort);
	int r = o->sort == PICK_USER      ? strcmp(p->user, q->user)
	        : o->sort == PICK_COMMAND ? strcmp(p->command, q->command) : (x > y) - (x < y);

	if (o->score && o->score[i] != o->score[k])
		return o->score[i] > o->score[k] ? -1 : 1;
	if (r && pick_down(o->sort) && x != PROCESS_UNKNOWN && y != PROCESS_UNKNOWN)
		r = -r;
	return r ? r : (p->pid > q->pid) - (p->pid < q->pid);
}

static void
picker_add_row(struct picker *p, uint32_t index)
{
	p->rows = vec_room(p->rows, p->rows_n, &p->rows_cap, sizeof(*p->rows));
	p->rows[p->rows_n++] = index;
}

static void
picker_make_rows(struct picker *p, const struct processes *list)
{
	int *score = mem_alloc(list->n * sizeof(*score));
	struct order o = {list->v, p->by_match ? score : NULL, p->sort};
	size_t first;
	int least = FUZZY_NONE + 1;

	p->rows_n = 0;
	if (picker_demo_matches(p->filter))
		picker_add_row(p, PICK_DEMO);
	first = p->rows_n;
	for (size_t i = 0; i < list->n; i++) {
		score[i] = picker_score(&list->v[i], p->filter);
		if (score[i] >= PICKER_TIER)
			least = PICKER_TIER;
	}
	for (size_t i = 0; i < list->n; i++)
		if (score[i] >= least)
			picker_add_row(p, (uint32_t)i);
	if (p->rows_n > first)
		qsort_r(p->rows + first, p->rows_n - first, sizeof(*p->rows), picker_compare, &o);
	free(score);
	p->serial = list->serial;
	p->stale = false;
}

void
picker_sort(struct picker *p, int step)
{
	p->sort = (enum pick_column)(((int)p->sort + step + PICK_COLUMNS) % PICK_COLUMNS);
	p->by_match = false;
	p->stale = true;
}

/* --- cursor ----------------------------------------------------------------------------------- */

static void
picker_put_cursor(struct picker *p, const struct processes *list, size_t row)
{
	p->row = row;
	p->at_demo = row < p->rows_n && p->rows[row] == PICK_DEMO;
	p->pid = row < p->rows_n && !p->at_demo ? list->v[p->rows[row]].pid : 0;
}

/* The row the cursor was on; if that is gone, its index. */
static size_t
picker_find_cursor(const struct picker *p, const struct processes *list)
{
	for (size_t i = 0; i < p->rows_n; i++)
		if (p->rows[i] == PICK_DEMO ? p->at_demo
		                            : !p->at_demo && list->v[p->rows[i]].pid == p->pid)
			return i;
	return p->row < p->rows_n ? p->row : p->rows_n ? p->rows_n - 1 : 0;
}

void
picker_update(struct picker *p, const struct processes *list)
{
	if (!p->stale && p->serial == list->serial)
		return;
	picker_make_rows(p, list);
	picker_put_cursor(p, list, picker_find_cursor(p, list));
}

void
picker_settle(struct picker *p, const struct processes *list, size_t height)
{
	if (!height)
		height = 1;
	picker_update(p, list);
	if (p->row < p->top)
		p->top = p->row;
	if (p->row >= p->top + height)
		p->top = p->row - height + 1;
	if (p->top + height > p->rows_n)
		p->top = p->rows_n > height ? p->rows_n - height : 0;
}

void
picker_move(struct picker *p, const struct processes *list, long rows)
{
	long last, to;

	picker_update(p, list);
	last = (long)p->rows_n - 1;
	to = rows < -(long)p->row ? 0 : rows > last - (long)p->row ? last : (long)p->row + rows;
	picker_put_cursor(p, list, to < 0 ? 0 : (size_t)to);
}

const struct process *
picker_at(const struct picker *p, const struct processes *list)
{
	return p->at_demo ? NULL : processes_find(list, p->pid);
}

/* --- typing ----------------------------------------------------------------------------------- */

/* To the first process, not to the demo: a typing error must not start it. */
static void
picker_filter_changed(struct picker *p, const struct processes *list)
{
	p->by_match = p->filter[0];
	picker_make_rows(p, list);
	p->top = p->left = 0;
	picker_put_cursor(p, list,
	                  p->filter[0] && p->rows_n > 1 && p->rows[0] == PICK_DEMO ? 1 : 0);
}

void
picker_type(struct picker *p, const struct processes *list, int byte)
{
	size_t n = strlen(p->filter);

	if (n + 1 >= sizeof(p->filter))
		return;
	p->filter[n] = (char)byte;
	p->filter[n + 1] = '\0';
	picker_filter_changed(p, list);
}

bool
picker_erase(struct picker *p, const struct processes *list)
{
	size_t n = strlen(p->filter), last = 0;

	if (!n)
		return false;
	for (size_t i = 0; i < n; i += utf8_cluster(p->filter + i, n - i))
		last = i;
	p->filter[last] = '\0';
	picker_filter_changed(p, list);
	return true;
}

bool
picker_clear(struct picker *p, const struct processes *list)
{
	if (!p->filter[0])
		return false;
	p->filter[0] = '\0';
	p->by_match = false;
	p->stale = true; /* the cursor stays on the best match */
	picker_update(p, list);
	return true;
}
