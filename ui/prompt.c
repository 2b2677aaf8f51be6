/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "prompt.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <wchar.h>

#include <readline/history.h>
#include <readline/readline.h>

#include "util.h"

enum { HISTORY_MAX = 500 };

/* readline is one per process, and so is the prompt. */
static struct {
	bool open, done;
	enum prompt_kind kind;
	const char *(*words)(void *arg, size_t i);
	void *arg;
	size_t word_at;
	char line[512];
	char candidates[512];
	char history[PATH_MAX];
	int byte; /* the one byte readline may take next, -1 none */
} p;

/* --- history ------------------------------------------------------------------------------------------ */

static bool
make_dirs(char *path)
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

static void
history_open(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	int n = -1;

	if (state && state[0] == '/')
		n = snprintf(p.history, sizeof(p.history), "%s/pmtop/history", state);
	else if (home && home[0] == '/')
		n = snprintf(p.history, sizeof(p.history), "%s/.local/state/pmtop/history", home);
	if (n < 0 || (size_t)n >= sizeof(p.history))
		p.history[0] = '\0';
	using_history();
	stifle_history(HISTORY_MAX);
	if (p.history[0])
		read_history(p.history);
}

void
prompt_remember(const char *line)
{
	HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;

	if (!line[0] || (last && !strcmp(last->line, line)))
		return;
	add_history(line);
	if (p.history[0] && make_dirs(p.history))
		write_history(p.history);
}

/* --- readline's hooks --------------------------------------------------------------------------------- */

static int
take_byte(FILE *unused)
{
	int c = p.byte;

	(void)unused;
	p.byte = -1;
	return c < 0 ? EOF : c;
}

/* readline would look at the terminal for more typed ahead; what there is, is given to it. */
static int
nothing_ahead(void)
{
	return 0;
}

static void
show_nothing(void)
{
}

static void
line_done(char *line)
{
	p.done = true;
	snprintf(p.line, sizeof(p.line), "%s", line ? line : "");
	free(line);
	rl_callback_handler_remove();
}

static char *
next_word(const char *text, int state)
{
	const char *w;

	if (!state)
		p.word_at = 0;
	while (p.words && (w = p.words(p.arg, p.word_at++)))
		if (!strncasecmp(w, text, strlen(text)))
			return strdup(w); /* readline frees it */
	return NULL;
}

static char **
complete(const char *text, int start, int end)
{
	(void)start;
	(void)end;
	rl_attempted_completion_over = 1; /* never file names */
	return rl_completion_matches(text, next_word);
}

static void
show_candidates(char **matches, int n, int longest)
{
	struct buf b = {0};

	(void)longest;
	for (int i = 1; i <= n && b.len < sizeof(p.candidates); i++)
		buf_fmt(&b, "%s%s", i > 1 ? "  " : "", matches[i]);
	snprintf(p.candidates, sizeof(p.candidates), "%s", b.s ? b.s : "");
	buf_free(&b);
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
	rl_getc_function = take_byte;
	rl_input_available_hook = nothing_ahead;
	rl_redisplay_function = show_nothing;
	rl_attempted_completion_function = complete;
	rl_completion_display_matches_hook = show_candidates;
	rl_completer_word_break_characters = " ";
	rl_completion_append_character = '\0';
	rl_completion_query_items = 0;
	rl_outstream = fopen("/dev/null", "w"); /* it would ring the bell there */
	rl_variable_bind("bell-style", "none");
	rl_variable_bind("enable-bracketed-paste", "off");
	rl_variable_bind("show-all-if-ambiguous", "on");
	history_open();
	p.byte = -1;
}

/* --- use ---------------------------------------------------------------------------------------------- */

void
prompt_open(enum prompt_kind kind, const char *(*words)(void *arg, size_t i), void *arg)
{
	p.open = true;
	p.done = false;
	p.kind = kind;
	p.words = words;
	p.arg = arg;
	p.line[0] = p.candidates[0] = '\0';
	rl_callback_handler_install("", line_done);
}

void
prompt_reopen(const char *text, int column)
{
	char copy[sizeof(p.line)];

	snprintf(copy, sizeof(copy), "%s", text);
	prompt_open(p.kind, p.words, p.arg);
	rl_insert_text(copy);
	rl_point = column > 0 && column - 1 < rl_end ? column - 1 : rl_end;
}

enum prompt_event
prompt_feed(int byte)
{
	p.candidates[0] = '\0';
	if (byte == 3 || byte == 7 || (byte == 4 && rl_end == 0)) { /* ^C, ^G, ^D on nothing */
		prompt_close();
		return PROMPT_CANCELLED;
	}
	if ((byte == 127 || byte == 8) && rl_end == 0) {
		prompt_close();
		return PROMPT_CANCELLED;
	}
	p.byte = byte;
	while (p.byte >= 0 && !p.done)
		rl_callback_read_char();
	if (!p.done)
		return PROMPT_EDITING;
	p.open = false;
	return PROMPT_DONE;
}

void
prompt_close(void)
{
	if (p.open && !p.done)
		rl_callback_handler_remove();
	p.open = false;
}

bool
prompt_is_open(void)
{
	return p.open;
}

enum prompt_kind
prompt_kind(void)
{
	return p.kind;
}

const char *
prompt_line(void)
{
	return p.open && !p.done ? rl_line_buffer : p.line;
}

int
prompt_column(void)
{
	const char *s = rl_line_buffer;
	mbstate_t state = {0};
	int column = 0;

	for (const char *end = s + rl_point; s < end;) {
		wchar_t ch;
		size_t n = mbrtowc(&ch, s, (size_t)(end - s), &state);

		if (n == 0 || n > (size_t)(end - s)) {
			memset(&state, 0, sizeof(state));
			n = 1;
		}
		column++;
		s += n;
	}
	return column;
}

const char *
prompt_candidates(void)
{
	return p.candidates;
}
