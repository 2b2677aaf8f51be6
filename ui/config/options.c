/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kernel/proc.h"
#include "term/paint.h"

const char options_read_only[] = "--read-only refuses anything that changes the target";

#define O(id, long, short, arg, group, help) OPT_##id,
enum option_id {
#include "config/options.def"
	OPTIONS
};
#undef O

#define O(id, l, s, a, g, h) \
	{.name = (l), .letter = (char)(s), .arg = (a), .group = OPTION_##g, .help = (h)},
static const struct option_row options_rows[OPTIONS] = {
#include "config/options.def"
};
#undef O

_Static_assert(OPTIONS <= 64, "options.given has a bit for each");

enum { LONG_BASE = 256 }; /* getopt's value of row i is LONG_BASE + i */

const struct option_row *
option_table(size_t *n)
{
	*n = OPTIONS;
	return options_rows;
}

const char *
option_group_name(enum option_group g)
{
	static const char *const names[] = {
	    [OPTION_ANSWER] = "Answers (instead of the screen, one per call)",
	    [OPTION_SHAPE] = "Output format",
	    [OPTION_SCREEN] = "Screen",
	    [OPTION_WRITES] = "Watching writes",
	    [OPTION_OTHER] = "Other",
	    [OPTION_HIDDEN] = "",
	};

	return names[g];
}

void
option_text(const struct option_row *o, char *out, size_t size)
{
	char head[8] = "    ";

	if (o->letter)
		snprintf(head, sizeof(head), "-%c, ", o->letter);
	if (o->arg[0] == '[')
		snprintf(out, size, "%s--%s[=%.*s]", head, o->name, (int)strlen(o->arg) - 2,
		         o->arg + 1);
	else
		snprintf(out, size, "%s--%s%s%s", head, o->name, o->arg[0] ? " " : "", o->arg);
}

static int
option_bad_value(struct err *err, enum option_id id, const char *value, const char *how)
{
	return err_set(err, ERR_USAGE, "invalid value", how, "--%s %.60s", options_rows[id].name,
	               value);
}

/* The same for an option that takes one of a few words. */
static int
option_bad_word(struct err *err, enum option_id id, const char *value, const char *how)
{
	return err_set(err, ERR_USAGE, NULL, how, "unknown %s \"%.60s\"", options_rows[id].name,
	               value);
}

static int
option_parse_number(enum option_id id, const char *s, unsigned max, unsigned *out, struct err *err)
{
	const char *end;
	uint64_t v;
	char how[64];

	snprintf(how, sizeof(how), "give a number from 1 to %u", max);
	if (!parse_u64(s, 10, &end, &v) || *end || v < 1 || v > max)
		return option_bad_value(err, id, s, how);
	*out = (unsigned)v;
	return 0;
}

static int
option_parse_power(enum option_id id, const char *s, unsigned min, unsigned max, unsigned *out,
                   struct err *err)
{
	char how[64];
	unsigned v;

	if (option_parse_number(id, s, max, &v, err) == 0 && v >= min && !(v & (v - 1))) {
		*out = v;
		return 0;
	}
	snprintf(how, sizeof(how), "give a power of two from %u to %u", min, max);
	return option_bad_value(err, id, s, how);
}

static int
option_parse_tracker(const char *s, struct options *o, struct err *err)
{
	char how[96];
	size_t n = (size_t)snprintf(how, sizeof(how), "choose from auto");

	if (tracker_find(s, &o->tracker))
		return 0;
	for (unsigned i = 0; i < TRACKERS && n < sizeof(how); i++)
		n += (size_t)snprintf(how + n, sizeof(how) - n, ", %s",
		                      tracker_words((enum tracker)i)->name);
	return option_bad_word(err, OPT_TRACKER, s, how);
}

static int
option_parse_size(const char *s, struct options *o, struct err *err)
{
	const char *end;
	uint64_t cols, rows_n;

	if (!parse_u64(s, 10, &end, &cols) || *end != 'x' ||
	    !parse_u64(end + 1, 10, &end, &rows_n) || *end || cols < 1 || cols > 1000 ||
	    rows_n < 1 || rows_n > 1000)
		return option_bad_value(err, OPT_SIZE, s, "give COLSxROWS, such as 120x40");
	o->size_cols = (int)cols;
	o->size_rows = (int)rows_n;
	return 0;
}

static int
option_parse_seconds(enum option_id id, const char *s, double least, uint64_t *ns, struct err *err)
{
	char *end, how[64];
	double v = strtod(s, &end);

	snprintf(how, sizeof(how), "give seconds from %g to 3600", least);
	if (end == s || *end || !(v >= least && v <= 3600))
		return option_bad_value(err, id, s, how);
	*ns = (uint64_t)(v * 1e9);
	return 0;
}

static int
option_parse_interval(const char *s, struct options *o, struct err *err)
{
	char *end;

	if (strtod(s, &end) == 0 && end != s && !*end) { /* 0: refresh only on request */
		o->interval_ns = 0;
		return 0;
	}
	if (option_parse_seconds(OPT_INTERVAL, s, 0.05, &o->interval_ns, err) == 0)
		return 0;
	return option_bad_value(err, OPT_INTERVAL, s,
	                        "give seconds from 0.05 to 3600, or 0: only on request");
}

static int
option_parse_word(enum option_id id, const char *s, const char *const *words, int n,
                  const char *how, struct err *err)
{
	for (int i = 0; i < n; i++)
		if (!strcmp(s, words[i]))
			return i;
	return option_bad_word(err, id, s, how);
}

static const char *const options_colors[] = {
    [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never", [COLOR_256] = "256",
};

const char *
option_color_name(unsigned i)
{
	return i < ARRAY_LEN(options_colors) ? options_colors[i] : NULL;
}

static int
option_parse_color(const char *s, struct options *o, struct err *err)
{
	int i = option_parse_word(OPT_COLOR, s, options_colors, ARRAY_LEN(options_colors),
	                          "choose from auto, always, never, 256", err);

	if (i < 0)
		return -1;
	o->color = (enum term_color)i;
	return 0;
}

static int
option_parse_theme(const char *s, struct options *o, struct err *err)
{
	const char *words[THEME_COUNT];
	int i;

	for (i = 0; i < THEME_COUNT; i++)
		words[i] = paint_theme_name((enum theme)i);
	i = option_parse_word(OPT_THEME, s, words, THEME_COUNT,
	                      "choose from auto, dark, light, ansi, mono", err);
	if (i < 0)
		return -1;
	o->theme = (enum theme)i;
	return 0;
}

static int
option_parse_group(const char *s, struct options *o, struct err *err)
{
	const char *words[GROUPING_COUNT];
	int i;

	for (i = 0; i < GROUPING_COUNT; i++)
		words[i] = grouping_name((enum grouping)i);
	i = option_parse_word(OPT_GROUP, s, words, GROUPING_COUNT,
	                      "choose from address, file, type", err);
	if (i < 0)
		return -1;
	o->grouping = (enum grouping)i;
	return 0;
}

static int
option_parse_lens(const char *s, struct options *o, struct err *err)
{
	struct buf how = {0};
	enum lens l = lens_named(s);

	if (l < LENS_COUNT) {
		o->lens = l;
		return 0;
	}
	buf_str(&how, "choose from");
	for (unsigned i = 0; i < LENS_COUNT; i++)
		buf_fmt(&how, "%s %s", i ? "," : "", lens_row((enum lens)i)->name);
	option_bad_word(err, OPT_LENS, s, how.s);
	buf_free(&how);
	return -1;
}

/* --watch with another mode: watch once, then answer. */
static bool
option_may_follow_watch(enum mode mode)
{
	return mode == MODE_LIST || mode == MODE_PAGES || mode == MODE_QUERY;
}

static int
option_set_mode(struct options *o, enum mode mode, struct err *err)
{
	if (mode == MODE_WATCH && option_may_follow_watch(o->mode))
		return 0;
	if (o->mode == MODE_WATCH && option_may_follow_watch(mode))
		o->mode = mode;
	if (o->mode != MODE_SCREEN && o->mode != mode)
		return err_set(err, ERR_USAGE, "one kind per call", "call pmtop twice",
		               "two kinds of answers requested");
	o->mode = mode;
	return 0;
}

static int
option_set_answer(struct options *o, enum mode mode, const char *range, struct err *err)
{
	o->range = range;
	return option_set_mode(o, mode, err);
}

static int
option_add_query(struct options *o, const char *text, struct err *err)
{
	if (o->queries_n == QUERIES_MAX)
		return err_set(err, ERR_USAGE, "at most 64 per call", "call pmtop again",
		               "too many questions");
	o->queries[o->queries_n++] = text;
	return option_set_mode(o, MODE_QUERY, err);
}

static int
option_set_format(struct options *o, enum format f, struct err *err)
{
	if (o->format != FORMAT_TABLE && o->format != f)
		return err_set(err, ERR_USAGE, "--json, --csv and --raw exclude each other",
		               "give one", "two formats requested");
	o->format = f;
	return 0;
}

static int
options_take(struct options *o, enum option_id id, const char *arg, struct err *err)
{
	switch (id) {
	case OPT_LIST: return option_set_mode(o, MODE_LIST, err);
	case OPT_PAGES: return option_set_answer(o, MODE_PAGES, arg, err);
	case OPT_WATCH:
		return option_parse_seconds(id, arg ? arg : "1", 0.01, &o->watch_ns, err) < 0
		           ? -1
		           : option_set_mode(o, MODE_WATCH, err);
	case OPT_COUNT: return option_parse_number(id, arg, 1000000000, &o->count, err);
	case OPT_SUMMARY: return option_set_answer(o, MODE_SUMMARY, arg, err);
	case OPT_GRID: return option_set_answer(o, MODE_GRID, arg, err);
	case OPT_QUERY: return option_add_query(o, arg, err);
	case OPT_CAPABILITIES: return option_set_mode(o, MODE_CAPABILITIES, err);
	case OPT_VERSION: return option_set_mode(o, MODE_VERSION, err);
	case OPT_HELP: return option_set_mode(o, MODE_HELP, err);
	case OPT_PRINT_CONFIG: o->print = "pmtoprc"; return option_set_mode(o, MODE_PRINT, err);
	case OPT_PRINT: o->print = arg; return option_set_mode(o, MODE_PRINT, err);
	case OPT_JSON: return option_set_format(o, FORMAT_JSON, err);
	case OPT_CSV: return option_set_format(o, FORMAT_CSV, err);
	case OPT_RAW: return option_set_format(o, FORMAT_RAW, err);
	case OPT_COLUMNS: return option_parse_power(id, arg, 8, 256, &o->columns, err);
	case OPT_GROUP: return option_parse_group(arg, o, err);
	case OPT_LENS: return option_parse_lens(arg, o, err);
	case OPT_ZOOM: return option_parse_power(id, arg, 1, 1u << 30, &o->zoom, err);
	case OPT_FRAMES: return option_parse_number(id, arg, 1000000, &o->frames, err);
	case OPT_SIZE: return option_parse_size(arg, o, err);
	case OPT_INTERVAL: return option_parse_interval(arg, o, err);
	case OPT_COLOR: return option_parse_color(arg, o, err);
	case OPT_THEME: return option_parse_theme(arg, o, err);
	case OPT_OUTPUT: o->output = arg; break;
	case OPT_OUTPUT_ALL: o->output_all = true; break;
	case OPT_NOHEADINGS: o->noheadings = true; break;
	case OPT_BYTES: o->bytes = true; break;
	case OPT_SORT: o->sort = arg; break;
	case OPT_FILTER: o->filter = arg; break;
	case OPT_DEMO: o->demo = true; break;
	case OPT_TRACKER: return option_parse_tracker(arg, o, err);
	case OPT_ALLOW_INJECT: o->allow_inject = true; break;
	case OPT_FORCE: o->force = true; break;
	case OPT_SCOPE: o->scope = arg; break;
	case OPT_READ_ONLY: o->read_only = true; break;
	case OPT_ASCII: o->ascii = true; break;
	case OPT_CALM: o->calm = true; break;
	case OPT_NO_CONFIG: o->no_config = true; break;
	case OPT_NO_MOUSE: o->mouse = false; break;
	case OPT_PROC_ROOT: o->proc_root = arg; break;
	case OPT_DEMO_TARGET: /* main handles it first */
	case OPTIONS: break;
	}
	return 0;
}

int
option_take(struct options *o, const char *name, const char *arg, struct err *err)
{
	struct options with = *o;
	enum option_id id = 0;

	while (id + 1 < OPTIONS && strcmp(options_rows[id].name, name) != 0)
		id++;
	if (options_take(&with, id, arg, err) < 0)
		return -1;
	*o = with;
	return 0;
}

/* The edit distance for "did you mean"; for option names a common prefix counts as near. */
static const char *
option_nearest(const char *name)
{
	size_t best = 0;
	const char *found = NULL;

	for (size_t i = 0; i < OPTIONS; i++) {
		size_t n = 0;

		while (name[n] && name[n] == options_rows[i].name[n])
			n++;
		if (n > best && options_rows[i].group != OPTION_HIDDEN) {
			best = n;
			found = options_rows[i].name;
		}
	}
	return best >= 2 ? found : NULL;
}

static int
option_unknown_option(const char *word, int c, struct err *err)
{
	const char *near = option_nearest(word + strspn(word, "-"));
	char how[80] = "`pmtop --help` lists them";
	/* getopt knows the option, but it takes no argument */
	bool bare = optopt && word[1] == '-' && strchr(word, '=');

	if (c == ':')
		return err_set(err, ERR_USAGE, "needs a value", "see `pmtop --help`", "%.60s",
		               word);
	if (near)
		snprintf(how, sizeof(how), "did you mean --%s? `pmtop --help` lists them", near);
	return err_set(err, ERR_USAGE, bare ? "takes no value" : "no such option", how, "%.60s",
	               word);
}

static void
option_fill_getopt(struct option *longs, char *shorts)
{
	char *s = shorts;

	*s++ = '-'; /* stop at the first non-option: what follows -- belongs to the command */
	*s++ = ':';
	for (int i = 0; i < OPTIONS; i++) {
		int has = options_rows[i].arg[0] == '[' ? optional_argument
		          : options_rows[i].arg[0]      ? required_argument
		                                        : no_argument;

		longs[i] = (struct option){options_rows[i].name, has, NULL, LONG_BASE + i};
		if (options_rows[i].letter) {
			*s++ = options_rows[i].letter;
			if (has == required_argument)
				*s++ = ':';
		}
	}
	longs[OPTIONS] = (struct option){0};
	*s = '\0';
}

static int
option_id_of(int c)
{
	if (c >= LONG_BASE)
		return c - LONG_BASE;
	for (int i = 0; i < OPTIONS; i++)
		if (options_rows[i].letter && options_rows[i].letter == c)
			return i;
	return -1;
}

/* `open`: the last option that could take a value and got none, or NULL. */
static int
option_take_target(struct options *o, const char *word, const char *open, struct err *err)
{
	char how[160] = "to start a command, use `pmtop -- COMMAND`";

	if (o->target && open)
		snprintf(how, sizeof(how), "join the value of --%s to it: --%s=%.60s", open, open,
		         o->target);
	if (o->target)
		return err_set(err, ERR_USAGE, "one process at a time", how,
		               "unexpected argument %.60s", word);
	o->target = word;
	return 0;
}

static int
option_take_command(struct options *o, char **rest, struct err *err)
{
	if (!rest[0])
		return err_set(err, ERR_USAGE, "a command is expected",
		               "for example `pmtop -- sleep 100`", "nothing after --");
	o->command = rest;
	return 0;
}

/* --- combinations ----------------------------------------------------------------------------- */

/* The modes as bits, under the names used in options.def. */
enum {
	SCREEN = 1 << MODE_SCREEN,
	LIST = 1 << MODE_LIST,
	PAGES = 1 << MODE_PAGES,
	SUMMARY = 1 << MODE_SUMMARY,
	WATCH = 1 << MODE_WATCH,
	QUERY = 1 << MODE_QUERY,
	GRID = 1 << MODE_GRID,
	CAPABILITIES = 1 << MODE_CAPABILITIES,
};

static const char *const options_mode_names[] = {
    [MODE_SCREEN] = "the screen",
    [MODE_LIST] = "--list",
    [MODE_PAGES] = "--pages",
    [MODE_SUMMARY] = "--summary",
    [MODE_WATCH] = "--watch",
    [MODE_QUERY] = "-e",
    [MODE_GRID] = "--grid",
    [MODE_CAPABILITIES] = "--capabilities",
};

/* The modes that an option applies to; 0: all. */
static unsigned
option_heeded_by(enum option_id id)
{
#define O(id, l, s, a, g, h)
#define H(id, answers) [OPT_##id] = (answers),
	static const unsigned short by[OPTIONS] = {
#include "config/options.def"
	};
#undef H
#undef O
	return by[id];
}

static bool
option_was_given(const struct options *o, enum option_id id)
{
	return o->given >> id & 1;
}

/* More helpful errors than "does not use it". */
static const struct {
	enum option_id id;
	unsigned answers;
	const char *why, *how;
} options_reasons[] = {
    {OPT_SORT, PAGES, "pages are listed by address, in constant memory", "use sort(1)"},
    {OPT_SORT, WATCH, "the most written comes first", "use sort(1)"},
    {OPT_FILTER, ~0u, "a filter selects rows", "use it with --list or --pages"},
    {OPT_SCOPE, ~0u, "it limits what --watch and the screen watch", "add --watch"},
    {OPT_COUNT, ~0u, "it counts intervals of --watch", "add --watch"},
    {OPT_OUTPUT, QUERY, "an answer is not a table", "leave it out, or use --json"},
    {OPT_CSV, QUERY, "an answer is not a table", "leave it out, or use --json"},
    {OPT_RAW, QUERY, "an answer is not a table", "leave it out, or use --json"},
    {OPT_OUTPUT, SUMMARY, "its tables are fixed", "use --csv and select from that"},
    {OPT_OUTPUT_ALL, SUMMARY, "its tables are fixed", "use --csv and select from that"},
    {OPT_SORT, SUMMARY, "its tables are fixed", "use --csv and select from that"},
    {OPT_JSON, GRID, "a grid is a picture", "use --pages for data"},
    {OPT_CSV, GRID, "a grid is a picture", "use --pages for data"},
    {OPT_RAW, GRID, "a grid is a picture", "use --pages for data"},
    {OPT_OUTPUT, SCREEN, "the screen has columns of its own",
     "use --list or --pages; on the screen, o chooses columns"},
    {OPT_TRACKER, LIST | PAGES, "it selects how --watch watches", "add --watch"},
    {OPT_ALLOW_INJECT, LIST | PAGES, "it is for --watch", "add --watch"},
};

static int
option_refuse_pair(const struct options *o, enum option_id id, struct err *err)
{
	char why[96];
	struct buf how = {0};
	unsigned by = option_heeded_by(id) & ((1u << ARRAY_LEN(options_mode_names)) - 1);

	for (size_t i = 0; i < ARRAY_LEN(options_reasons); i++)
		if (options_reasons[i].id == id && options_reasons[i].answers >> o->mode & 1)
			return err_set(err, ERR_USAGE, options_reasons[i].why,
			               options_reasons[i].how, "--%s with %s",
			               options_rows[id].name, options_mode_names[o->mode]);
	snprintf(why, sizeof(why), "%s does not use it", options_mode_names[o->mode]);
	buf_str(&how, "leave it out: it works with ");
	for (unsigned m = 0; m < ARRAY_LEN(options_mode_names); m++)
		if (by >> m & 1)
			buf_fmt(&how, "%s%s",
			        !(by & ((1u << m) - 1)) ? ""
			        : by >> m == 1          ? " and "
			                                : ", ",
			        options_mode_names[m]);
	err_set(err, ERR_USAGE, why, how.s, "--%s with %s", options_rows[id].name,
	        options_mode_names[o->mode]);
	buf_free(&how);
	return -1;
}

static int
option_check_heeded(const struct options *o, struct err *err)
{
	unsigned answers = 1u << o->mode | (o->watch_ns ? WATCH : 0);

	if (o->mode == MODE_VERSION || o->mode == MODE_HELP || o->mode == MODE_PRINT)
		return 0;
	if (o->count && o->watch_ns && o->mode != MODE_WATCH)
		return err_set(err, ERR_USAGE,
		               "before another answer, --watch runs a single interval",
		               "leave --count out", "--count with another answer");
	for (enum option_id i = 0; i < OPTIONS; i++)
		if (option_was_given(o, i) && option_heeded_by(i) &&
		    !(option_heeded_by(i) & answers))
			return option_refuse_pair(o, i, err);
	return 0;
}

/* Options that exclude each other, or that require another one. */
static int
option_check_pairs(const struct options *o, struct err *err)
{
	if ((o->target != NULL) + (o->command != NULL) + o->demo > 1)
		return err_set(err, ERR_USAGE, "a PID, --demo and -- COMMAND exclude each other",
		               "give one", "two targets given");
	if (o->output && o->output_all)
		return err_set(err, ERR_USAGE, "the two exclude each other", "leave one out",
		               "--output-all with -o");
	if (option_was_given(o, OPT_SIZE) && !o->frames)
		return err_set(err, ERR_USAGE, "the terminal has a size of its own",
		               "add --frames", "--size alone");
	if (o->color != COLOR_AUTO && o->color != COLOR_NEVER && o->mode != MODE_SCREEN &&
	    option_was_given(o, OPT_COLOR))
		return err_set(err, ERR_USAGE, "answers have no colours", "leave it out",
		               "--color %s with an answer", option_color_name(o->color));
	return option_check_heeded(o, err);
}

void
options_init(struct options *o)
{
	*o = (struct options){.interval_ns = 1000000000,
	                      .size_cols = 80,
	                      .size_rows = 24,
	                      .proc_root = PROC_ROOT,
	                      .tracker = TRACKER_AUTO,
	                      .list_sort = COL_REGION_START,
	                      .mouse = true,
	                      .hints = true};
}

static int
option_take_all(struct options *o, int argc, char **argv, struct err *err)
{
	struct option longs[OPTIONS + 1];
	char shorts[2 * OPTIONS + 3];
	const char *open = NULL;
	int c;

	option_fill_getopt(longs, shorts);
	opterr = 0;
	optind = 0; /* restart getopt, without state of an earlier parse */
	for (;;) {
		int at = optind ? optind : 1;
		const char *word;

		c = getopt_long(argc, argv, shorts, longs, NULL);
		if (c == -1) {
			if (optind > at && option_take_command(o, argv + optind, err) < 0)
				return -1;
			return option_check_pairs(o, err);
		}
		word = argv[at < argc ? at : argc - 1];
		if (c == '?' || c == ':')
			return option_unknown_option(word[0] == '-' ? word : argv[optind - 1], c,
			                             err);
		if ((c == 1 ? option_take_target(o, optarg, open, err)
		            : options_take(o, (enum option_id)option_id_of(c), optarg, err)) < 0)
			return -1;
		if (c != 1)
			o->given |= UINT64_C(1) << option_id_of(c);
		if (c != 1 && !optarg && options_rows[option_id_of(c)].arg[0] == '[')
			open = options_rows[option_id_of(c)].name;
	}
}

int
options_parse(struct options *o, int argc, char **argv, struct err *err)
{
	struct options with = *o;

	if (option_take_all(&with, argc, argv, err) < 0)
		return -1;
	*o = with;
	return 0;
}
