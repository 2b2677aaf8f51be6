/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PROMPT_H
#define PM_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The prompt on the bottom line: readline's editing, history and completion through its callback
 * interface, while the screen goes on. It reads no terminal and draws nothing: bytes are given to
 * it, and what it would show is asked of it.
 */
enum prompt_kind {
	PROMPT_ASK,
	PROMPT_FIND,
	PROMPT_FIND_HELP,
	PROMPT_FILTER,
	PROMPT_INTERVAL,
	PROMPT_AUTO_CLEAR,
	PROMPT_WRITE,
	PROMPT_PAGE_FIND,
	PROMPT_PAGE_FILTER,
	PROMPT_BYTE_FIND
};
enum prompt_event { PROMPT_EDITING, PROMPT_DONE, PROMPT_CANCELLED };

/* Once, before the first prompt: history from $XDG_STATE_HOME/pmtop/history. */
void prompt_setup(void);

/* The name of a history that is left alone, for it is no regular file; NULL: there is none such. */
const char *prompt_not_kept(void);

/*
 * Opens it. `words(arg, i)` gives the i-th candidate for completion, NULL after the last; the text
 * must stay valid until the next call.
 */
void prompt_open(enum prompt_kind kind, const char *(*words)(void *arg, size_t i), void *arg);
enum prompt_event prompt_feed(int byte);
void prompt_close(void);

bool prompt_is_open(void);
enum prompt_kind prompt_kind(void);

/* While open: the line, and the byte of it that the cursor is on. After PROMPT_DONE: the line
 * entered. */
const char *prompt_line(void);
size_t prompt_point(void);

/* Puts the text back for correction with the cursor at byte `column` (from 1; 0: at its end). */
void prompt_reopen(const char *text, int column);

/* The candidates a Tab found when there were several, separated by blanks; "" none. */
const char *prompt_candidates(void);

/* Adds a line to the history and its file; failure to write the file is not the user's trouble. */
void prompt_remember(const char *line);

#endif
