/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pmtoprc: what it sets, and how its errors are reported. */
#include <fcntl.h>
#include <sys/stat.h>

#include "config/rc.h"
#include "config/settings.h"
#include "fake.h"
#include "tap.h"
#include "term/term.h"

static struct rc rc;
static struct options o;

static void
take_text(const char *text)
{
	rc_free(&rc);
	options_init(&o);
	rc_read_text(&rc, &o, "rc", text);
}

static void
show_problems(void)
{
	for (size_t i = 0; i < rc.problems; i++)
		printf("# %s\n", rc.problem[i].text);
}

static void
test_settings(void)
{
	take_text("# a comment\n"
	          "theme = light\n"
	          "  color=never\n"
	          "interval: 0.5 ; twice a second\n"
	          "\n"
	          "ascii = on\nmouse = off\nhints = off\ncalm = on\nread-only = on\n"
	          "letters = all\nlens = lru\ngroup = file\n"
	          "columns = size, rss mapping\n"
	          "sort = -rss\n");
	if (!ok(!rc.problems, "all is well"))
		show_problems();
	ok(o.theme == THEME_LIGHT && o.color == COLOR_NEVER && o.interval_ns == 500000000, "theme, color, interval");
	ok(o.ascii && !o.mouse && !o.hints && o.calm && o.read_only, "switches");
	ok(o.letters == LETTERS_ALL && o.lens == LENS_LRU && o.grouping == GROUPING_FILE, "letters, lens, group");
	ok(o.list_columns.n == 3 && o.list_columns.id[1] == COL_REGION_RSS, "columns");
	ok(o.list_sort == COL_REGION_RSS && o.list_invert, "sort");
	take_text("");
	ok(!rc.problems && o.mouse && o.hints && !o.calm && o.letters == LETTERS_RUNS, "an empty file changes nothing");
}

/* bug: 5000 keys that could not be took ten seconds: each was tried anew with all the others */
static void
test_many(void)
{
	struct buf text = {0};

	buf_str(&text, "[keys]\n");
	for (int i = 0; i < 5000; i++)
		buf_fmt(&text, "clear = q\n%s", i == 4998 ? "help = F11\n" : "");
	take_text(text.s);
	if (!ok(rc.bindings == 2 && rc.problems == 1,
	        "of thousands of bindings of one action the last one counts"))
		show_problems();
	ok(rc.problems && !strncmp(rc.problem[0].text, "rc:5002: ", 9), "and reported");
	buf_free(&text);
}

/* The one error of a text: its line after "rc" is as the row says, to the end. */
static void
test_wrong(void)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
	    {"theme = blue\n", "rc:1: theme = blue: invalid value; choose from auto, dark, light, ansi, mono"},
	    {"\n\ntheem = dark\n", "rc:3: theem: unknown setting; did you mean theme?"},
	    {"mouse = yes", "rc:1: mouse = yes: invalid value; give on or off"},
	    {"mouse =", "rc:1: mouse = : invalid value; give on or off"},
	    {"calm = on # hush\n", "rc:1: calm = on # hush: invalid value; give on or "
	                           "off; after a value, a comment begins with ;"},
	    {"interval = 9999\n", "rc:1: interval = 9999: invalid value; give seconds from 0.05 to 3600, or 0"},
	    {"letters = some\n", "rc:1: letters = some: invalid value; choose from runs, all, off"},
	    {"columns = size nonsense\n", "rc:1: columns = size nonsense: invalid value; choose from ADDRESS"},
	    {"sort = size rss\n", "rc:1: sort = size rss: invalid value; give one of the columns"},
	    {"sort = pages\n", "rc:1: sort = pages: invalid value; give one of the columns in the s menu"},
	    {"theme\n", "rc:1: invalid line: neither NAME = VALUE nor [SECTION]; a comment begins"},
	    {"[keys\n", "rc:1: invalid line"},
	    {"[kyes]\nclear = x\nhelp = h\n", "rc:2: [kyes]: unknown section; settings go before"},
	    {"[keys gird]\nclear = x\n", "rc:2: [keys gird]: unknown section"},
	    {"[keys]\nclaer = x\n", "rc:2: claer: no key action has that name; did you mean clear?"},
	    {"[keys]\nclear = Ctrl-X\n", "rc:2: key Ctrl-X: unknown key; keys are a character"},
	    {"[keys]\nclear = F13\n", "rc:2: key F13: unknown key"},
	    {"[keys]\nclear = ^C\n", "rc:2: key ^C: it ends every program; choose another key"},
	    {"[keys]\nclear = \xc3\xa9\n", "rc:2: key \xc3\xa9: unknown key"},
	    {"[keys choose]\nhelp = h\n", "rc:2: key h: letters are typed there; use ^X or a named key"},
	    {"[keys hex]\nletters = l\n", "rc:2: no such action here: it does nothing in this view"},
	    {"[keys]\nlens = a b c d e f g h i j k l\n", "rc:2: 12 keys: there are eleven lenses"},
	    {"[keys]\nclear = q\n", "rc:2: in the regions view key q means close: a key means one thing in a view; choose"},
	    {"[keys grid]\nclear = x\n", "rc:2: in the grid view key x means hex: a key means one thing in a view"},
	    {"[keys grid]\nclear = ^Y\nhex = ^Y\n", "rc:3: in the grid view key ^Y means clear: a key means"},
	    {"[keys]\nhex = ^Y\n[keys grid]\nclear = ^Y\n", "rc:4: in the grid view key ^Y means hex"},
	    {"theme = \033]0;x\n", "rc:1: theme = \\033]0;x: invalid value"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		take_text(rows[i].text);
		if (!ok(rc.problems == 1 && !strncmp(rc.problem[0].text, rows[i].want, strlen(rows[i].want)), rows[i].want))
			show_problems();
	}
}

/* bug: the screen used the colours of theme -1. */
static void
test_wrong_values(void)
{
	static const char text[] = "theme = light\ncolor = never\ninterval = 2\nascii = on\ncolumns = rss\nsort = -rss\n"
	                           "group = file\nlens = lru\nletters = all\nmouse = off\n"
	                           "hints = off\ncalm = on\nread-only = on\n";
	struct buf wrong = {0}, both = {0};
	struct options usual;
	size_t n;

	setting_table(&n);
	for (size_t i = 0; i < n; i++)
		buf_fmt(&wrong, "%s = nonsense\n", setting_table(&n)[i].name);
	take_text(wrong.s);
	options_init(&usual);
	is_u64(rc.problems, n, "each is reported");
	ok(!memcmp(&o, &usual, sizeof(o)), "bug: a value that is none changes nothing");
	buf_str(&both, text);
	buf_str(&both, wrong.s);
	take_text(both.s);
	ok(o.theme == THEME_LIGHT && o.color == COLOR_NEVER && o.interval_ns == 2000000000 && o.ascii &&
	       o.list_columns.n == 1 && o.list_sort == COL_REGION_RSS && o.list_invert && o.grouping == GROUPING_FILE &&
	       o.lens == LENS_LRU && o.letters == LETTERS_ALL && !o.mouse && !o.hints && o.calm && o.read_only,
	   "bug: nor what was said before");
	buf_free(&wrong);
	buf_free(&both);
}

/* One mistake hides no other, and takes nothing but its own line away. */
static void
test_several(void)
{
	char text[5000] = "theme = mono\nbad\n";

	take_text("[keys]\nclear = q\n[keys grid]\nnonsense = x\n[broken\n");
	ok(rc.problems == 3 && rc.problem[0].line == 2 && rc.problem[1].line == 4 && rc.problem[2].line == 5,
	   "all are reported, in order");
	take_text("theem = dark\n=\nfoo\ncolor = never\nbar\nmouse = off\nlens = x\n");
	if (!ok(rc.problems == 5 && o.color == COLOR_NEVER && !o.mouse, "what is right holds"))
		show_problems();
	memset(text + strlen(text), 'x', 300);
	strcat(text, "\nmouse = off\n");
	take_text(text);
	if (!ok(rc.problems == 2 && rc.problem[1].line == 3 && o.theme == THEME_MONO && !o.mouse, "a line that is too long"))
		show_problems();
	text[0] = '\0';
	while (strlen(text) < 1000)
		strcat(text, "bad\n");
	take_text(text);
	ok(rc.problems == 100, "there is an end to it");
}

static void
test_keys(void)
{
	take_text("[keys]\nclear = F9 ^X\nread-page = none\n[keys hex]\nclear = ^Y\n");
	if (!ok(!rc.problems, "keys of one's own"))
		show_problems();
	ok(key_action(TERM_F0 + 9, 'R') == ACT_CLEAR && key_action(24, 'G') == ACT_CLEAR, "they hold in all views");
	ok(key_action('c', 'R') == ACT_NONE, "in the place of the usual ones");
	ok(key_action(25, 'X') == ACT_CLEAR && key_action(24, 'X') == ACT_NONE && key_action(25, 'G') == ACT_NONE,
	   "of one view, in it alone");
	ok(key_action('R', 'X') == ACT_NONE, "none is none");
	ok(!strcmp(key_of(ACT_CLEAR, 'R'), "F9") && !strcmp(key_of(ACT_READ_PAGE, 'X'), "(no key)"), "texts mention them");
	ok(key_action('q', 'R') == ACT_CLOSE && key_action('5', 'G') == ACT_LENS + 4, "the others are as they were");
	take_text("[keys]\npause = c\nclear = p Z\n");
	ok(!rc.problems && key_action('c', 'G') == ACT_PAUSE && key_action('Z', 'R') == ACT_CLEAR, "two can be exchanged");
	take_text("[keys]\nclear = q\npause = c\n");
	ok(rc.problems == 2 && key_action('c', 'R') == ACT_CLEAR && key_action('p', 'R') == ACT_PAUSE,
	   "what was refused has its keys again, and who took them has not");
	take_text("[keys grid]\nhex = ^Y\n[keys]\nhex = F9\n");
	ok(key_action(25, 'G') == ACT_HEX && key_action(TERM_F0 + 9, 'P') == ACT_HEX && key_action(TERM_F0 + 9, 'G') == ACT_NONE,
	   "one view counts for more, wherever it stands");
	take_text("[keys]\nhelp = J\n");
	ok(key_action('J', 'G') == ACT_HELP && key_action('J', 'S') == ACT_NONE && key_action(TERM_F0 + 1, 'S') == ACT_HELP,
	   "where letters are typed nothing changes");
	take_text("[keys]\nlens = 9 8 7\n");
	ok(key_action('9', 'G') == ACT_LENS && key_action('7', 'R') == ACT_LENS + 2 && key_action('1', 'G') == ACT_NONE,
	   "lenses, by their order");
	take_text("");
	ok(key_action('c', 'R') == ACT_CLEAR && !strcmp(key_of(ACT_CLEAR, 'R'), "c"), "without any, the usual ones");
}

/* Every key of every view, as they are now. */
static bool
same_as_usual(void)
{
	size_t n;
	bool same = true;

	for (const char *v = key_views(); *v; v++)
		for (int k = 1; k < TERM_LAST; k++) {
			enum action now = key_action(k, *v), usual;
			const struct key_row *own = key_table(&n);
			size_t own_n = n;

			key_table_set(NULL, 0);
			usual = key_action(k, *v);
			key_table_set(own == key_usual(&n) ? NULL : own, own_n);
			if (now != usual)
				printf("# key %d in %s: %d, not %d\n", k, key_view_name(*v), (int)now, (int)usual);
			same &= now == usual;
		}
	return same;
}

/* The example says what holds: taken at its word it changes nothing. */
static void
test_example(void)
{
	struct buf text = {0};
	struct options usual;

	rc_example(&text);
	take_text(text.s);
	ok(!rc.problems && !rc.bindings, "the example says nothing");
	for (char *s = text.s; (s = strchr(s, '\n')); s++)
		if (s[1] == '#' && s[2] != ' ')
			s[1] = ' ';
	take_text(text.s);
	options_init(&usual);
	if (!ok(!rc.problems && rc.bindings > 40, "its lines can be taken as they are"))
		show_problems();
	ok(o.theme == usual.theme && o.color == usual.color && o.ascii == usual.ascii &&
	       o.interval_ns == usual.interval_ns && o.mouse == usual.mouse && o.hints == usual.hints &&
	       o.calm == usual.calm && o.read_only == usual.read_only && o.letters == usual.letters &&
	       o.lens == usual.lens && o.grouping == usual.grouping && o.list_columns.n == usual.list_columns.n &&
	       o.list_sort == usual.list_sort && o.list_invert == usual.list_invert,
	   "and change no setting");
	ok(same_as_usual(), "and no key");
	buf_free(&text);
}

static void
put(const char *dir, const char *text)
{
	char path[400];
	FILE *f;

	snprintf(path, sizeof(path), "%s/pmtop/pmtoprc", dir);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
}

static void
test_file(void)
{
	char dir[] = "/tmp/test_rc.XXXXXX", path[400], want[500];

	if (!mkdtemp(dir))
		return;
	snprintf(path, sizeof(path), "%s/pmtop", dir);
	setenv("XDG_CONFIG_HOME", dir, 1);
	options_init(&o);
	rc_free(&rc);
	rc_read(&rc, &o);
	ok(!rc.problems, "no file is no mistake");
	mkdir(path, 0700);
	put(dir, "mouse = off\nnonsense\n");
	rc_read(&rc, &o);
	snprintf(want, sizeof(want), "%s/pmtoprc:2: ", path);
	ok(rc.problems == 1 && !o.mouse && !strncmp(rc.problem[0].text, want, strlen(want)), "$XDG_CONFIG_HOME/pmtop/pmtoprc");
	rc_free(&rc);
	strcat(path, "/pmtoprc");
	remove(path);
	mkfifo(path, 0600);
	rc_read(&rc, &o);
	ok(rc.problems == 1 && strstr(rc.problem[0].text, "/pmtoprc: cannot read it: it is not a regular file"), "a pipe does not hold it up");
	rc_free(&rc);
	remove(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
	rmdir(dir);
}

int
main(void)
{
	tap_start();
	test_settings();
	test_many();
	test_wrong();
	test_wrong_values();
	test_several();
	test_keys();
	test_example();
	test_file();
	rc_free(&rc);
	return tap_done();
}
