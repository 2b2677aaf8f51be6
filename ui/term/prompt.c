/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/prompt.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "base/file.h"
#include "base/util.h"

enum {
	HISTORY_MAX = 500,         /* lines kept */
	HISTORY_BYTES = 256 << 10, /* bytes read of the file */
	CANDIDATES_MAX = 64,       /* more than a screen has rows for */
};

/* There is one readline per process, and so one prompt. */
static struct {
	bool open, done;
	char locale[64]; /* LC_CTYPE */
	enum prompt_kind kind;
	prompt_words_fn *words;
	void *arg;
	size_t word_from, word_at; /* where the word to complete begins; the next candidate */
	char line[512];
	const struct prompt_word *candidates[CANDIDATES_MAX];
	size_t candidates_n;
	bool shows; /* the candidates of the last Tab */
	char history[PATH_MAX];
	/* the entry displayed; at history_length: the line being edited, saved in: */
	int history_at;
	char draft[512];
	/* ^R: what is searched for, the entry found, and the line before the search */
	struct {
		bool on, found;
		char text[128], before[512];
		int at;
	} search;
	int byte; /* the one byte that readline may read next, or -1 */
} prompt;

/* --- history ---------------------------------------------------------------------------------- */

static bool
prompt_make_dirs(char *path)
{
	for (char *s = path + 1; (s = strchr(s, '/')); s++) {
		*s = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST) {
			*s = '/';
			return false;
		}
		*s = '/';
	}
	return true;
}

/* A history that is not a regular file (a link to /dev/null or elsewhere) is not written. */
static bool
prompt_history_is_ours(void)
{
	struct stat st;

	return prompt.history[0] &&
	       (lstat(prompt.history, &st) < 0 ? errno == ENOENT : S_ISREG(st.st_mode));
}

/* Reads the last lines of a file of any size. */
static void
prompt_history_read(void)
{
	int fd = file_open(AT_FDCWD, prompt.history, O_RDONLY | O_NOFOLLOW);
	char *text = mem_alloc(HISTORY_BYTES + 1), *line, *next;
	off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	off_t from = size > HISTORY_BYTES ? size - HISTORY_BYTES : 0;
	ssize_t n = fd < 0 ? 0 : pread(fd, text, HISTORY_BYTES, from);

	if (fd >= 0)
		close(fd);
	text[n > 0 ? n : 0] = '\0';
	/* the first line may be incomplete */
	line = from && (next = strchr(text, '\n')) ? next + 1 : text;
	for (; (next = strchr(line, '\n')); line = next + 1) {
		*next = '\0';
		if (line[0] && next - line < (ptrdiff_t)sizeof(prompt.line))
			add_history(line);
	}
	free(text);
}

static void
prompt_history_write(void)
{
	struct file_new new;
	bool may = prompt_make_dirs(prompt.history) && prompt_history_is_ours();
	int fd = may ? file_new_begin(&new, prompt.history, true) : -1;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	bool good;

	if (!f)
		return;
	for (int i = 0; i < history_length; i++)
		fprintf(f, "%s\n", history_get(history_base + i)->line);
	good = !ferror(f);
	good &= fclose(f) == 0;
	file_new_end(&new, good);
}

static void
prompt_history_open(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n = -1;

	if (state && state[0] == '/')
		n = snprintf(prompt.history, sizeof(prompt.history), "%s/pmtop/history", state);
	else if (home && home[0] == '/')
		n = snprintf(prompt.history, sizeof(prompt.history),
		             "%s/.local/state/pmtop/history", home);
	if (n < 0 || (size_t)n >= sizeof(prompt.history))
		prompt.history[0] = '\0';
	using_history();
	stifle_history(HISTORY_MAX);
	if (prompt.history[0])
		prompt_history_read();
}

const char *
prompt_not_kept(void)
{
	return prompt.history[0] && !prompt_history_is_ours() ? prompt.history : NULL;
}

void
prompt_remember(const char *line)
{
	HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;

	if (!line[0] || (last && !strcmp(last->line, line)))
		return;
	add_history(line);
	if (prompt.history[0])
		prompt_history_write();
}

/* --- readline's hooks ------------------------------------------------------------------------- */

static int
prompt_take_byte(FILE *unused)
{
	int c = prompt.byte;

	(void)unused;
	prompt.byte = -1;
	return c < 0 ? EOF : c;
}

/* readline would poll the terminal for type-ahead; all input is passed to it instead. */
static int
prompt_nothing_ahead(void)
{
	return 0;
}

static void
prompt_show_nothing(void)
{
}

static void
prompt_line_done(char *line)
{
	prompt.done = true;
	snprintf(prompt.line, sizeof(prompt.line), "%s", line ? line : "");
	free(line);
	rl_callback_handler_remove();
}

static char *
prompt_next_word(const char *text, int state)
{
	const struct prompt_word *w;

	if (!state)
		prompt.word_at = prompt.candidates_n = 0;
	while (prompt.words && (w = prompt.words(prompt.arg, prompt.word_from, prompt.word_at++)))
		if (!strncasecmp(w->text, text, strlen(text))) {
			if (prompt.candidates_n < CANDIDATES_MAX)
				prompt.candidates[prompt.candidates_n++] = w;
			return strdup(w->text); /* readline frees it */
		}
	return NULL;
}

static char **
prompt_complete(const char *text, int start, int end)
{
	(void)end;
	rl_attempted_completion_over = 1; /* no file names */
	prompt.word_from = (size_t)start;
	return rl_completion_matches(text, prompt_next_word);
}

static void
prompt_show_candidates(char **matches, int n, int longest)
{
	(void)matches;
	(void)n;
	(void)longest;
	prompt.shows = true;
}

/* --- keys ------------------------------------------------------------------------------------- */

/*
 * Up and Down replace the line with entries of our history. readline's own history commands keep a
 * line's undo list in its history entry and free it twice if a prompt is cancelled in between.
 * They, its searches and its macros (which read a second key at once) are not bound.
 */
static int
prompt_show_history(int step)
{
	int at = prompt.history_at + step;
	HIST_ENTRY *e;

	if (at < 0 || at > history_length)
		return 0;
	if (prompt.history_at == history_length)
		snprintf(prompt.draft, sizeof(prompt.draft), "%s", rl_line_buffer);
	prompt.history_at = at;
	e = at < history_length ? history_get(history_base + at) : NULL;
	rl_replace_line(e ? e->line : prompt.draft, 1);
	rl_point = rl_end;
	return 0;
}

static int
prompt_older(int count, int key)
{
	(void)count;
	(void)key;
	return prompt_show_history(-1);
}

static int
prompt_newer(int count, int key)
{
	(void)count;
	(void)key;
	return prompt_show_history(1);
}

/* --- searching the history -------------------------------------------------------------------- */

/* From entry `at` backwards. An empty text finds nothing. */
static void
prompt_search_from(int at)
{
	prompt.search.found = false;
	for (; at >= 0 && prompt.search.text[0] && !prompt.search.found; at--)
		if (strcasestr(history_get(history_base + at)->line, prompt.search.text)) {
			prompt.search.found = true;
			prompt.search.at = at;
		}
	if (prompt.search.found || !prompt.search.text[0]) {
		rl_replace_line(prompt.search.found
		                    ? history_get(history_base + prompt.search.at)->line
		                    : prompt.search.before,
		                1);
		rl_point = rl_end;
	}
}

static void
prompt_search_begin(void)
{
	prompt.search.on = true;
	prompt.search.found = false;
	prompt.search.text[0] = '\0';
	prompt.search.at = history_length - 1;
	snprintf(prompt.search.before, sizeof(prompt.search.before), "%s", rl_line_buffer);
}

bool
prompt_cancel_search(void)
{
	bool was = prompt.search.on;

	if (was) {
		rl_replace_line(prompt.search.before, 1);
		rl_point = rl_end;
	}
	prompt.search.on = false;
	return was;
}

/* Takes the keys of a search; any other ends it, and acts on the line found: false. */
static bool
prompt_search_key(int byte)
{
	size_t n = strlen(prompt.search.text);

	if (!prompt.search.on && byte != CTRL('r'))
		return false;
	if (!prompt.search.on) {
		prompt_search_begin();
	} else if (byte == CTRL('r')) {
		prompt_search_from(prompt.search.at - prompt.search.found);
	} else if (byte == CTRL('g')) {
		prompt_cancel_search();
	} else if (byte == 127 || byte == CTRL('h')) {
		while (n && (prompt.search.text[--n] & 0xc0) == 0x80)
			;
		prompt.search.text[n] = '\0';
		prompt_search_from(history_length - 1);
	} else if (byte >= ' ') {
		if (n + 1 < sizeof(prompt.search.text)) {
			prompt.search.text[n] = (char)byte;
			prompt.search.text[n + 1] = '\0';
			prompt_search_from(prompt.search.at);
		}
	} else {
		prompt.search.on = false;
		return false;
	}
	return true;
}

/* A keymap of our own: commands that edit one line, and none that can leave it. */
static void
prompt_bind_keys(void)
{
	static const struct {
		const char *keys;
		rl_command_func_t *run;
	} keys[] = {
	    {"\\C-a", rl_beg_of_line},
	    {"\\e[H", rl_beg_of_line},
	    {"\\eOH", rl_beg_of_line},
	    {"\\e[1~", rl_beg_of_line},
	    {"\\C-e", rl_end_of_line},
	    {"\\e[F", rl_end_of_line},
	    {"\\eOF", rl_end_of_line},
	    {"\\e[4~", rl_end_of_line},
	    {"\\C-b", rl_backward_char},
	    {"\\e[D", rl_backward_char},
	    {"\\eOD", rl_backward_char},
	    {"\\C-f", rl_forward_char},
	    {"\\e[C", rl_forward_char},
	    {"\\eOC", rl_forward_char},
	    {"\\eb", rl_backward_word},
	    {"\\e[1;5D", rl_backward_word},
	    {"\\ef", rl_forward_word},
	    {"\\e[1;5C", rl_forward_word},
	    {"\\C-h", rl_rubout},
	    {"\\C-?", rl_rubout},
	    {"\\C-d", rl_delete},
	    {"\\e[3~", rl_delete},
	    {"\\C-k", rl_kill_line},
	    {"\\C-u", rl_unix_line_discard},
	    {"\\C-w", rl_unix_word_rubout},
	    {"\\ed", rl_kill_word},
	    {"\\e\\C-?", rl_backward_kill_word},
	    {"\\C-y", rl_yank},
	    {"\\C-t", rl_transpose_chars},
	    {"\\C-p", prompt_older},
	    {"\\e[A", prompt_older},
	    {"\\eOA", prompt_older},
	    {"\\C-n", prompt_newer},
	    {"\\e[B", prompt_newer},
	    {"\\eOB", prompt_newer},
	    {"\\C-i", rl_complete},
	    {"\\C-m", rl_newline},
	    {"\\C-j", rl_newline},
	};
	Keymap map = rl_make_bare_keymap();

	for (int c = ' '; c < 256; c++)
		if (c != 127)
			rl_bind_key_in_map(c, rl_insert, map);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		rl_bind_keyseq_in_map(keys[i].keys, keys[i].run, map);
	rl_editing_mode = 1; /* emacs: in vi mode readline would switch back to its own keymap */
	rl_set_keymap(map);
}

/*
 * Without ~/.inputrc and /etc/inputrc: our keymap ignores them, but readline would still read them,
 * even if one is a FIFO or endless. And without the locale of the environment, which it sets each
 * time.
 */
static void
prompt_initialize(void)
{
	const char *was = getenv("INPUTRC");
	char *kept = was ? mem_strdup(was) : NULL;

	setenv("INPUTRC", "/dev/null", 1);
	snprintf(prompt.locale, sizeof(prompt.locale), "%s", setlocale(LC_CTYPE, NULL));
	rl_initialize();
	setlocale(LC_CTYPE, prompt.locale);
	if (kept)
		setenv("INPUTRC", kept, 1);
	else
		unsetenv("INPUTRC");
	free(kept);
}

void
prompt_setup(void)
{
	rl_readline_name = "pmtop";
	rl_catch_signals = 0;
	rl_catch_sigwinch = 0;
	rl_change_environment = 0;
	rl_prep_term_function = NULL;
	rl_deprep_term_function = NULL;
	rl_getc_function = prompt_take_byte;
	rl_input_available_hook = prompt_nothing_ahead;
	rl_redisplay_function = prompt_show_nothing;
	rl_attempted_completion_function = prompt_complete;
	rl_completion_display_matches_hook = prompt_show_candidates;
	rl_completer_word_break_characters = " !&|()";
	rl_completion_append_character = '\0';
	rl_completion_query_items = 0;
	rl_outstream = fopen("/dev/null", "w"); /* it would write the bell there */
	rl_variable_bind("bell-style", "none");
	rl_variable_bind("enable-bracketed-paste", "off");
	rl_variable_bind("show-all-if-ambiguous", "on");
	prompt_initialize();
	prompt_bind_keys();
	prompt_history_open();
	prompt.byte = -1;
}

/* --- use -------------------------------------------------------------------------------------- */

void
prompt_open(enum prompt_kind kind, prompt_words_fn *words, void *arg)
{
	prompt.open = true;
	prompt.done = false;
	prompt.kind = kind;
	prompt.words = words;
	prompt.arg = arg;
	prompt.line[0] = '\0';
	prompt.shows = prompt.search.on = false;
	prompt.history_at = history_length;
	rl_callback_handler_install("", prompt_line_done);
	setlocale(LC_CTYPE, prompt.locale);
}

void
prompt_reopen(const char *text, int column)
{
	char copy[sizeof(prompt.line)];

	snprintf(copy, sizeof(copy), "%s", text);
	prompt_open(prompt.kind, prompt.words, prompt.arg);
	rl_insert_text(copy);
	rl_point = column > 0 && column - 1 < rl_end ? column - 1 : rl_end;
}

enum prompt_event
prompt_feed(int byte)
{
	prompt.shows = false;
	if (prompt_search_key(byte))
		return PROMPT_EDITING;
	/* ^G; ^D or Backspace on an empty line */
	if (byte == 7 || ((byte == 4 || byte == 127 || byte == 8) && rl_end == 0)) {
		prompt_close();
		return PROMPT_CANCELLED;
	}
	prompt.byte = byte;
	while (prompt.byte >= 0 && !prompt.done)
		rl_callback_read_char();
	if (!prompt.done)
		return PROMPT_EDITING;
	prompt.open = false;
	return PROMPT_DONE;
}

void
prompt_close(void)
{
	if (prompt.open && !prompt.done) {
		rl_callback_sigcleanup(); /* discard an incomplete key sequence */
		rl_replace_line("", 1);
		rl_callback_handler_remove();
	}
	prompt.open = false;
}

bool
prompt_is_open(void)
{
	return prompt.open;
}

enum prompt_kind
prompt_kind(void)
{
	return prompt.kind;
}

const char *
prompt_line(void)
{
	return prompt.open && !prompt.done ? rl_line_buffer : prompt.line;
}

size_t
prompt_point(void)
{
	return (size_t)rl_point;
}

const struct prompt_word *const *
prompt_candidates(size_t *n)
{
	*n = prompt.shows ? prompt.candidates_n : 0;
	return prompt.candidates;
}

const char *
prompt_searched(bool *found)
{
	*found = prompt.search.found;
	return prompt.search.on ? prompt.search.text : NULL;
}
