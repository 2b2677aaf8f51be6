/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/term.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"

/* There is one curses per process, so its state is static. */
static SCREEN *term_screen;
/* getch refreshes its window, so keys are read from one that is never drawn */
static WINDOW *term_keys;
static struct termios term_saved;
static bool term_saved_ok;
static struct ground_ask term_asked;
static int term_unread[2], term_unread_n; /* pushed-back input, read next */
static bool term_bytes_on;           /* readline reads bytes, the program keys */
static bool term_mouse_on;
static struct mouse term_reported; /* the report behind CODE_MOUSE */
static char term_leave[192]; /* what a crash writes: leave the alternate screen, show the cursor */

enum {
	ANSWER_MS = 100,     /* how long the first frame waits for the terminal's replies */
	ESC_MS = 25,         /* distinguishes a lone Esc from the start of a sequence */
	CODE_MOUSE = 0x4000, /* not a curses code */
};

static const int term_fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};

bool
term_takes(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&p, 1, 0) > 0;
}

void
term_panic(void)
{
	struct termios go = term_saved;
	int flags;

	if (!term_saved_ok)
		return;
	term_saved_ok = false;
	go.c_iflag &= ~(tcflag_t)IXON; /* clearing IXON resumes output stopped by ^S */
	tcsetattr(STDIN_FILENO, TCSANOW, &go);
	/* do not block on a terminal that accepts no more; the flags are shared with the shell */
	flags = fcntl(STDOUT_FILENO, F_GETFL);
	fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK);
	if (write(STDOUT_FILENO, term_leave, strlen(term_leave)) < 0)
		flags &= ~O_NONBLOCK;
	fcntl(STDOUT_FILENO, F_SETFL, flags);
	tcsetattr(STDIN_FILENO, TCSANOW, &term_saved);
}

static void
term_on_fatal(int sig)
{
	term_panic();
	signal(sig, SIG_DFL);
	raise(sig);
}

/* On an alternate stack, so that the terminal is restored even after a stack overflow. */
static void
term_catch_fatal(void)
{
	static char room[32768];
	struct sigaction act = {.sa_handler = term_on_fatal, .sa_flags = SA_ONSTACK};

	sigfillset(&act.sa_mask);
	sigaltstack(&(stack_t){.ss_sp = room, .ss_size = sizeof(room)}, NULL);
	for (size_t i = 0; i < ARRAY_LEN(term_fatal); i++)
		sigaction(term_fatal[i], &act, NULL);
}

static void
term_remember_terminal(void)
{
	static const char *const caps[] = {"sgr0", "cnorm", "rmcup", "rmkx"};

	term_leave[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(caps); i++) {
		const char *s = tigetstr((char *)caps[i]);

		if (s && s != (char *)-1 &&
		    strlen(term_leave) + strlen(s) + sizeof(MOUSE_OFF) < sizeof(term_leave))
			strcat(term_leave, s);
	}
	if (term_mouse_on)
		strcat(term_leave, MOUSE_OFF);
	term_catch_fatal();
}

/* The colours in the terminfo entry; 0 without one. Does not touch the terminal. */
static int
term_colors_of(const char *name)
{
	FILE *nowhere = fopen("/dev/null", "r+");
	SCREEN *s = nowhere ? newterm(name, nowhere, nowhere) : NULL;
	int n = s ? tigetnum("colors") : 0;

	if (s)
		delscreen(s);
	if (nowhere)
		fclose(nowhere);
	return n;
}

/*
 * The 256-colour entry of the same terminal, for its keys, if every system has one; else one that
 * works on most such terminals. Never tries an entry that may be missing: ncurses leaks when a
 * SCREEN was deleted before.
 */
static SCREEN *
term_start_in_256(struct term *t, const char *name, FILE *in)
{
	static const char *const same[] = {"screen", "tmux", "xterm"};
	char more[32] = "xterm-256color";
	SCREEN *s;

	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		if (!strcmp(name, same[i]))
			snprintf(more, sizeof(more), "%s-256color", name);
	s = newterm(more, t->out, in);
	if (s)
		snprintf(t->notice, sizeof(t->notice),
		         "--color 256: terminal %.40s is treated as %s", name, more);
	return s;
}

static SCREEN *
term_start(struct term *t, enum term_color wish, FILE *in)
{
	static const char *const fallback[] = {"xterm-256color", "vt100"};
	const char *name = getenv("TERM");
	SCREEN *s = NULL;

	if (wish == COLOR_256 && !t->headless && term_colors_of(name) < 256)
		s = term_start_in_256(t, name ? name : "(none)", in);
	if (!s && !t->headless)
		s = newterm(NULL, t->out, in);
	for (size_t i = 0; !s && i < ARRAY_LEN(fallback); i++) {
		s = newterm(fallback[i], t->out, in);
		if (s && !t->headless)
			snprintf(t->notice, sizeof(t->notice),
			         "terminal %.40s is unknown here: treated as %s",
			         name ? name : "(none)", fallback[i]);
	}
	return s;
}

/* The Linux console: supports UTF-8, but its fonts lack eighth blocks and arrows. */
static bool
term_is_console(void)
{
	const char *name = termname();

	return !strncmp(name, "linux", 5) && strcspn(name, "-") == 5;
}

static int
term_color_count(enum term_color wish)
{
	const char *no_color = getenv("NO_COLOR");

	if (wish == COLOR_NEVER || (wish == COLOR_AUTO && no_color && no_color[0]))
		return 0;
	if (!has_colors() || start_color() == ERR)
		return 0;
	use_default_colors();
	return COLORS >= 256 ? 256 : COLORS >= 16 ? 16 : COLORS >= 8 ? 8 : 0;
}

/* Call after curses has set up the line, so that replies are not echoed, and before it draws. */
static void
term_find_ground(struct term *t)
{
	if (t->headless || !t->colors || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return;
	ground_ask(&term_asked, STDIN_FILENO, STDOUT_FILENO, ANSWER_MS);
	t->ground =
	    term_asked.ground ? term_asked.ground : ground_of_colorfgbg(getenv("COLORFGBG"));
}

static void
term_send_modes(const char *modes)
{
	if (write(STDOUT_FILENO, modes, strlen(modes)) < 0)
		term_mouse_on = false; /* the terminal is gone or absent */
}

/* If the terminal has a mouse. Curses is made to leave its reports to term_read_sequence. */
static void
term_start_mouse(const struct term *t)
{
	const char *cap = t->headless ? NULL : tigetstr("kmous");

	term_mouse_on = cap && cap != (char *)-1;
	if (!term_mouse_on)
		return;
	define_key("\033[<", 0);
	define_key(cap, 0);
	term_send_modes(MOUSE_ON);
}

/* Where there is no other screen to go back to, the shell goes on in the last line. */
static void
term_clear_last_line(void)
{
	const char *leave = tigetstr("rmcup"), *clear = tigetstr("el");

	if ((leave && leave != (char *)-1) || !clear || clear == (char *)-1)
		return;
	putp(clear);
	fflush(stdout);
}

void
term_suspend(void)
{
	if (term_mouse_on)
		term_send_modes(MOUSE_OFF);
	endwin();
	term_clear_last_line();
}

void
term_resume(void)
{
	clearok(curscr, TRUE);
	doupdate(); /* ends the endwin state */
	if (term_mouse_on)
		term_send_modes(MOUSE_ON);
}

/*
 * Until its screen was left and entered again once, curses writes what it has at each move of the
 * cursor: some 50 times for a frame in which all has changed. From then on it fills its buffer.
 */
static void
term_begin(void)
{
	endwin();
	doupdate();
}

/* Curses does not say whether it could not open its database. */
static bool
term_lacks_descriptors(void)
{
	int fd = file_open(AT_FDCWD, "/", O_PATH | O_DIRECTORY), sys = errno;

	if (fd >= 0)
		close(fd);
	errno = sys;
	return fd < 0 && file_is_shortage(sys);
}

static int
term_refuse(struct err *err)
{
	const char *name = getenv("TERM");

	name = name ? name : "(TERM is not set)";
	if (term_lacks_descriptors())
		return err_sys(err, NULL, "cannot use the terminal %s", name);
	return err_set(err, ERR_USAGE, "no entry for it in the terminal database",
	               "set TERM to one that exists, such as xterm-256color; or use --list, --grid",
	               "cannot use the terminal %s", name);
}

int
term_open(struct term *t, const struct term_options *o, struct err *err)
{
	FILE *in = stdin;

	*t = (struct term){.headless = o->headless, .out = stdout};
	/* they would fix curses to that size despite a resize */
	unsetenv("LINES");
	unsetenv("COLUMNS");
	if (o->headless) {
		t->out = fopen("/dev/null", "w");
		in = fopen("/dev/null", "r");
		if (!t->out || !in)
			return err_sys(err, NULL, "cannot open /dev/null");
	}
	if (!t->headless)
		term_saved_ok =
		    tcgetattr(STDIN_FILENO, &term_saved) == 0; /* before newterm changes it */
	term_screen = term_start(t, o->color, in);
	if (!term_screen)
		return term_refuse(err);
	set_term(term_screen);
	if (!t->headless && !tigetstr("cup")) {
		term_close(t);
		return err_set(err, ERR_USAGE, "it cannot move its cursor",
		               "use --list, --pages, --grid or -e", "cannot use the terminal %s",
		               getenv("TERM") ? getenv("TERM") : "");
	}
	term_begin();
	if (!getenv("ESCDELAY"))
		set_escdelay(25);
	cbreak();
	noecho();
	nonl();
	term_keys = newpad(1, 1);
	nodelay(term_keys, TRUE);
	keypad(term_keys, TRUE);
	term_bytes_on = false;
	term_mouse_on = false;
	if (o->mouse)
		term_start_mouse(t);
	if (!t->headless)
		term_remember_terminal();
	wresize(stdscr, 1, 1); /* not drawn in: paint.c */
	t->colors = term_color_count(o->color);
	t->utf8 = !o->ascii && !term_is_console();
	t->calm = o->calm;
	term_asked = (struct ground_ask){0};
	term_unread_n = 0;
	if (o->ask_ground)
		term_find_ground(t);
	if (o->headless)
		resizeterm(o->rows, o->cols);
	term_measure(t);
	return 0;
}

void
term_close(struct term *t)
{
	if (!term_screen)
		return;
	term_suspend();
	term_saved_ok = false;
	if (term_keys)
		delwin(term_keys);
	term_keys = NULL;
	delscreen(term_screen);
	term_screen = NULL;
	for (size_t i = 0; i < ARRAY_LEN(term_fatal); i++)
		signal(term_fatal[i], SIG_DFL);
	if (t->headless)
		fclose(t->out);
}

int
term_fd(const struct term *t)
{
	return t->headless ? -1 : STDIN_FILENO;
}

void
term_measure(struct term *t)
{
	getmaxyx(newscr, t->rows, t->cols);
	clearok(curscr, TRUE); /* output that was under way before the resize may be anywhere */
}

static void
term_base64(char *out, const char *s, size_t n)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < n; i += 3) {
		uint32_t v = 0;

		for (size_t k = 0; k < 3; k++)
			v = v << 8 | (i + k < n ? (unsigned char)s[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			*out++ = i + k <= n ? digits[v >> (18 - 6 * k) & 63] : '=';
	}
	*out = '\0';
}

/* The capability is expanded by hand: it takes two strings, "c" and the text, and no arithmetic. */
bool
term_copy(struct term *t, const char *text)
{
	const char *ms = t->headless ? NULL : tigetstr((char *)"Ms");
	char code[512], line[600], *at;
	size_t n = strlen(text);

	if (!ms || ms == (char *)-1 || n > 300 || !(at = strstr(ms, "%p2%s")))
		return false;
	term_base64(code, text, n);
	snprintf(line, sizeof(line), "\033]52;c;%s%s", code, at + 5);
	return file_write_all(fileno(t->out), line, strlen(line));
}

bool
term_is_asked(void)
{
	return term_asked.waiting;
}

void
term_redraw(void)
{
	clearok(curscr, TRUE);
}

/* The next byte or key, without the terminal's replies; ERR: none yet. */
static int
term_next_code(void)
{
	int c = ground_key(&term_asked);

	while (c < 0 && term_asked.asked) {
		struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};

		c = wgetch(term_keys);
		if (c == KEY_RESIZE || (c == ERR && !term_asked.held_n))
			return c;
		if (c != ERR)
			ground_feed(&term_asked, c);
		else if (poll(&p, 1, ground_in_answer(&term_asked) ? ANSWER_MS : ESC_MS) <= 0)
			ground_release(&term_asked);
		c = ground_key(&term_asked);
	}
	return c < 0 ? wgetch(term_keys) : c;
}

static int
term_read_code(void)
{
	int c = term_unread[0];

	if (!term_unread_n)
		return term_next_code();
	term_unread[0] = term_unread[1];
	term_unread_n--;
	return c;
}

/* Waits inside a sequence, which may arrive in parts on a slow line. */
static int
term_await_code(void)
{
	struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
	int c = term_read_code();

	return c == ERR && poll(&p, 1, ESC_MS) > 0 ? term_read_code() : c;
}

static void
term_unread_code(int c)
{
	if (c != ERR && term_unread_n < (int)ARRAY_LEN(term_unread))
		term_unread[term_unread_n++] = c;
}

/* After an Esc: consumes the beginning of a mouse report, and nothing else. */
static bool
term_begins_report(void)
{
	int c = term_read_code(), d = c == '[' ? term_read_code() : ERR;

	if (d == '<')
		return true;
	term_unread_code(c);
	term_unread_code(d);
	return false;
}

static int
term_read_report(void)
{
	char text[24] = "\033[<";
	int n = 3, c;

	do {
		c = term_await_code();
		if (c == ERR || c > 255)
			return ERR;
		text[n++] = (char)c;
	} while (c < '@' && n + 1 < (int)sizeof(text));
	text[n] = '\0';
	return mouse_parse(text, &term_reported) ? CODE_MOUSE : ERR;
}

/*
 * After an Esc: the key of the sequence, in either of its two forms; ERR for an unknown sequence,
 * whose letters must not count as keys. Esc itself if it stands alone.
 */
static int
term_read_sequence(void)
{
	char text[16] = "\033";
	int n = 1, c = term_read_code();

	if (c != '[' && c != 'O') {
		term_unread_code(c);
		return 27;
	}
	for (text[n++] = (char)c; n + 1 < (int)sizeof(text); ) {
		c = term_read_code();
		if (c == ERR || c > 255)
			break;
		text[n++] = (char)c;
		if (c >= '@')
			break;
	}
	for (const char *form = "[O"; *form; form++) {
		text[1] = *form;
		c = key_defined(text);
		if (c > 0)
			return c;
	}
	return ERR;
}

/* With `raw` (readline) mouse reports are dropped. */
static int
term_next_key(bool raw)
{
	int c;

	for (;;) {
		c = term_read_code();
		if (c != 27)
			return c;
		if (term_begins_report())
			c = term_read_report();
		else if (raw)
			return c;
		else
			c = term_read_sequence();
		if (c != ERR && !(raw && c == CODE_MOUSE))
			return c;
	}
}

bool
term_has_key(void)
{
	return term_asked.typed_n || term_unread_n;
}

bool
term_has_byte(void)
{
	return term_asked.typed_n || (term_unread_n && term_unread[0] != KEY_RESIZE);
}

int
term_key(struct term *t, bool raw)
{
	static const struct {
		int curses, key;
	} map[] = {
	    {KEY_UP, TERM_UP},       {KEY_DOWN, TERM_DOWN},   {KEY_LEFT, TERM_LEFT},
	    {KEY_RIGHT, TERM_RIGHT}, {KEY_PPAGE, TERM_PGUP},  {KEY_NPAGE, TERM_PGDN},
	    {KEY_HOME, TERM_HOME},   {KEY_END, TERM_END},     {KEY_BACKSPACE, TERM_BACKSPACE},
	    {127, TERM_BACKSPACE},   {8, TERM_BACKSPACE},     {KEY_BTAB, TERM_BTAB},
	    {KEY_RESIZE, TERM_RESIZE}, {KEY_ENTER, '\r'},     {'\n', '\r'},
	};
	int c;

	if (t->headless)
		return TERM_NONE;
	if (raw != term_bytes_on) /* keypad writes to the terminal on every call */
		keypad(term_keys, raw ? FALSE : TRUE);
	term_bytes_on = raw;
	c = term_next_key(raw);
	if (c == ERR && term_asked.ground && t->ground != term_asked.ground) {
		t->ground = term_asked.ground;
		return TERM_GROUND;
	}
	if (c == ERR)
		return TERM_NONE;
	if (c == CODE_MOUSE) {
		t->mouse = term_reported;
		return TERM_MOUSE;
	}
	if (raw && c != KEY_RESIZE)
		return c & 0xff;
	for (size_t i = 0; i < ARRAY_LEN(map); i++)
		if (c == map[i].curses)
			return map[i].key;
	if (c >= KEY_F0 && c <= KEY_F(12))
		return TERM_F0 + (c - KEY_F0);
	return c < 256 ? c : TERM_NONE;
}
