/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_VIEW_H
#define PM_VIEW_H

#include "base/util.h"
#include "model/ui.h"
#include "term/keys.h"
#include "term/prompt.h"
#include "views/report.h"

/* A view changes only `ui`; what must happen outside of it, it returns as effects. */
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
	FX_TRAVEL = 1 << 27, /* in a recording, to ui->tick */
};

struct view {
	/* size of its own state, zeroed at first (ui->own); 0: none */
	size_t size;
	/* frees what that state owns; NULL: nothing */
	void (*drop)(void *own);
	/*
	 * called when it was opened over another view, before settle; NULL: it resumes as it was
	 * left
	 */
	void (*enter)(struct ui *ui);
	/* draws rows [top, bottom); never blocks, never changes its arguments */
	void (*draw)(const struct ui *ui, const struct sample *s, int top, int bottom);
	/* performs an action on `ui`; returns effects */
	unsigned (*act)(struct ui *ui, const struct sample *s, enum action a);
	/* a key that is not in keys.def, where letters choose something; NULL: none */
	unsigned (*typed)(struct ui *ui, int key);
	/* the status line: a sentence about what is under the cursor */
	void (*say)(const struct ui *ui, const struct sample *s, struct buf *out);
	/*
	 * the current hint of a key, instead of that of keys.def; NULL: use that one, "": none. May
	 * be NULL
	 */
	const char *(*hint)(const struct ui *ui, const struct sample *s, enum action a);
	/* the breadcrumb after the process's name */
	void (*breadcrumb)(const struct ui *ui, const struct sample *s, struct buf *out);
	/* adapts `ui` to a new sample or size, before anything is drawn */
	void (*settle)(struct ui *ui, const struct sample *s, int top, int bottom);
	/* its contents as data; NULL: none */
	report_fn *report;
	/* the prompts that FX_FIND and FX_FILTER open */
	enum prompt_kind find, filter;
	/* requests what it needs besides the list; `s` may be NULL. NULL: nothing */
	void (*needs)(const struct ui *ui, const struct sample *s, struct screen_request *r);
	/*
	 * one step back within the view; false: there is none, so the view is left. NULL: never any
	 */
	bool (*back)(struct ui *ui);
};

#define V(id, object, letter, name, title, on) extern const struct view object;
#include "term/views.def"
const struct view *view_of(enum view_id id);

/*
 * Allocates the states of the views that have none yet. Frees them, and all else in `ui`; those of
 * views that need no target only if `all`.
 */
void views_open(struct ui *ui);
void views_close(struct ui *ui, bool all);

/* Adapts the view on screen: its enter, if it was just opened, and its settle. */
void view_settle(struct ui *ui, const struct sample *s, int top, int bottom);

/* One step back: drops the range, or steps back within the view, or leaves it. */
void view_back(struct ui *ui);

#endif
