/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PROMPT_H
#define PM_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The prompt on the bottom line: readline's editing, history and completion through its callback
 * interface, so that the screen stays live. It neither reads the terminal nor draws: the caller
 * passes it bytes and displays its line.
 */
enum prompt_kind {
	PROMPT_ASK,
	PROMPT_FIND,
	PROMPT_FIND_HELP,
	PROMPT_FIND_WRITER,
	PROMPT_FILTER,
	PROMPT_INTERVAL,
	PROMPT_AUTO_CLEAR,
	PROMPT_WRITE,
	PROMPT_PAGE_FIND,
	PROMPT_PAGE_FILTER,
	PROMPT_BYTE_FIND
};
enum prompt_event { PROMPT_EDITING, PROMPT_DONE, PROMPT_CANCELLED };

/* Call once, before the first prompt: reads $XDG_STATE_HOME/pmtop/history. */
void prompt_setup(void);

/* The name of a history file that is not written because it is not a regular file; or NULL. */
const char *prompt_not_kept(void);

/* A candidate for completion, and what it means; help "": nothing to say. */
struct prompt_word {
	const char *text, *help;
};

/*
 * Opens the prompt. `words(arg, at, i)` returns the i-th word that may stand at byte `at` of the
 * line, NULL after the last; they must stay valid until it is called with i 0 again.
 */
typedef const struct prompt_word *prompt_words_fn(void *arg, size_t at, size_t i);
void prompt_open(enum prompt_kind kind, prompt_words_fn *words, void *arg);
enum prompt_event prompt_feed(int byte);
void prompt_close(void);

bool prompt_is_open(void);
enum prompt_kind prompt_kind(void);

/* While open: the line, and the cursor's byte offset in it. After PROMPT_DONE: the line entered. */
const char *prompt_line(void);
size_t prompt_point(void);

/* Reopens with the text for correction, the cursor at byte `column` (from 1; 0: at the end). */
void prompt_reopen(const char *text, int column);

/* The candidates after an ambiguous Tab, and how many there are; 0 if none. */
const struct prompt_word *const *prompt_candidates(size_t *n);

/*
 * What is searched for backwards in the history (^R), while the line is the entry found; NULL:
 * there is no search. *found: some entry has it.
 */
const char *prompt_searched(bool *found);
bool prompt_cancel_search(void); /* brings the line before it back; false: there was no search */

/* Adds a line to the history and its file; errors writing the file are ignored. */
void prompt_remember(const char *line);

#endif
