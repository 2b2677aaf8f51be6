/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_VIEW_H
#define PM_VIEW_H

#include "base/util.h"
#include "model/ui.h"
#include "term/keys.h"
#include "term/prompt.h"
#include "views/report.h"

/* A view changes `ui` and nothing else; what must happen outside of it, it returns as effects. */
enum effect {
	FX_NONE = 0,
	FX_FIND = 8,
	FX_QUIT = 64,
	FX_NOT_FOUND = 256,
	FX_OPEN = 1024,
	FX_FAULT = 2048,
	FX_FILTER = 4096,
	FX_NO_WRITES = 1 << 20,
	FX_SEEK = 1 << 22,
	FX_SEEK_BACK = 1 << 23,
	FX_NO_POINTER = 1 << 24,
	FX_CHANGE = 1 << 25,
	FX_CHANGE_BACK = 1 << 26,
};

struct view {
	/* bytes that it keeps for itself, zeroed at first (ui->own); 0: none */
	size_t size;
	/* what these hold besides themselves is freed; NULL: nothing */
	void (*drop)(void *own);
	/* it has been opened above another view, before it is settled; NULL: it goes on as it was
	 * left */
	void (*enter)(struct ui *ui);
	/* draws rows [top, bottom); never blocks, never changes what it is given */
	void (*draw)(const struct ui *ui, const struct sample *s, int top, int bottom);
	/* carries an action out on `ui`; returns effects */
	unsigned (*act)(struct ui *ui, const struct sample *s, enum action a);
	/* a key that is no row of keys.def, where letters choose something; NULL: nothing */
	unsigned (*typed)(struct ui *ui, int key);
	/* the sentence about what is under the cursor */
	void (*say)(const struct ui *ui, const struct sample *s, struct buf *out);
	/* what a key does as things are now, in place of keys.def's hint; NULL: that, "": nothing.
	 * May be NULL */
	const char *(*hint)(const struct ui *ui, const struct sample *s, enum action a);
	/* the breadcrumb after the process's name */
	void (*breadcrumb)(const struct ui *ui, const struct sample *s, struct buf *out);
	/* brings `ui` in line with a new sample or a new size, before anything is drawn */
	void (*settle)(struct ui *ui, const struct sample *s, int top, int bottom);
	/* what it shows, as data; NULL: it has none */
	report_fn *report;
	/* which prompts FX_FIND and FX_FILTER open */
	enum prompt_kind find, filter;
	/* asks for what it needs to be read besides the list; `s` may be NULL. NULL: nothing */
	void (*needs)(const struct ui *ui, const struct sample *s, struct screen_request *r);
	/* one step back within the view; false: there is none, so that it is left. NULL: there
	 * never is */
	bool (*back)(struct ui *ui);
};

#define V(id, object, letter, name, title, on) extern const struct view object;
#include "term/views.def"
const struct view *view_of(enum view_id id);

/*
 * What the views keep: made, where there is none yet. Thrown away, with all else in `ui`; of views
 * that need no target only if `all`.
 */
void views_open(struct ui *ui);
void views_close(struct ui *ui, bool all);

/* The view on screen is brought in line: its enter, if it was opened, and its settle. */
void view_settle(struct ui *ui, const struct sample *s, int top, int bottom);

/* One step back: out of a range, within the view on screen, or else out of it. */
void view_back(struct ui *ui);

#endif
