/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "config/options_parts.h"
#include "kernel/proc.h"
#include "query/query.h"

const char options_read_only[] = "--read-only refuses anything that changes the target";

enum { LONG_BASE = 256 }; /* getopt's value of row i is LONG_BASE + i */

/* --watch or --grow with another mode: one interval, then the answer. */
static bool
option_may_follow(enum mode first, enum mode mode)
{
	if (first == MODE_GROW && mode == MODE_RECORD)
		return true; /* what grows is recorded, too */
	if (first == MODE_TOUCHED)
		return mode == MODE_LIST;
	return (first == MODE_WATCH || first == MODE_GROW) &&
	       (mode == MODE_LIST || mode == MODE_QUERY ||
	        (mode == MODE_PAGES && first == MODE_WATCH));
}

/* --diff and --pages, in any order. */
static bool
option_is_diff_of_pages(const struct options *o, enum mode mode)
{
	return (o->mode == MODE_DIFF && mode == MODE_PAGES) ||
	       (o->mode == MODE_PAGES && mode == MODE_DIFF);
}

static int
option_set_mode(struct options *o, enum mode mode, struct err *err)
{
	if (option_is_diff_of_pages(o, mode)) {
		o->mode = MODE_DIFF;
		o->diff_pages = true;
		return 0;
	}
	if (option_may_follow(mode, o->mode))
		return 0;
	if (option_may_follow(o->mode, mode))
		o->mode = mode;
	if (o->mode != MODE_SCREEN && o->mode != mode)
		return err_set(err, ERR_USAGE, "one kind per call", "call pmtop twice",
		               "two kinds of answers requested");
	o->mode = mode;
	return 0;
}

/* Of --watch and --grow: their interval, 1 s by default. */
static int
option_set_wait(struct options *o, enum option_id id, enum mode mode, const char *arg, uint64_t *ns,
                struct err *err)
{
	return option_parse_seconds(id, arg ? arg : "1", 0.01, ns, err) < 0
	           ? -1
	           : option_set_mode(o, mode, err);
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

/* The question `when EXPR`. */
static int
option_add_when(struct options *o, const char *text, struct err *err)
{
	static char kept[QUERIES_MAX][QUERY_TEXT + 8];
	char *to = kept[o->queries_n % QUERIES_MAX];

	if (strlen(text) >= QUERY_TEXT)
		return err_set(err, ERR_USAGE, "it is too long", "shorten it", "--when %.60s",
		               text);
	snprintf(to, sizeof(kept[0]), "when %s", text);
	return option_add_query(o, to, err);
}

/* --diff PID --file is the question `copies`. */
static int
option_diff_file(struct options *o, struct err *err)
{
	if (!o->diff)
		return err_set(err, ERR_USAGE, "it compares a process with the files it has mapped",
		               "use --diff PID --file", "--file alone");
	if (o->target || o->command || o->demo || o->diff_pages)
		return err_set(err, ERR_USAGE, "it compares one process with its files",
		               "use --diff PID --file", "--file with more than --diff PID");
	o->target = o->diff;
	o->diff = NULL;
	o->mode = MODE_SCREEN;
	return option_add_query(o, "copies", err);
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
#define O(id, l, s, a, g, h)
#define B(id, member) case OPT_##id: o->member = true; break;
#define T(id, member) case OPT_##id: o->member = arg; break;
#define M(id) case OPT_##id: o->range = arg; return option_set_mode(o, MODE_##id, err);
#include "config/options.def"
#undef M
#undef T
#undef B
#undef O
	case OPT_WATCH:
		o->watch_given = arg;
		return option_set_wait(o, id, MODE_WATCH, arg, &o->watch_ns, err);
	case OPT_GROW:
		o->grow_given = arg;
		return option_set_wait(o, id, MODE_GROW, arg, &o->grow_ns, err);
	case OPT_TOUCHED: return option_set_wait(o, id, MODE_TOUCHED, arg, &o->touched_ns, err);
	case OPT_RECORD: o->record = arg; return option_set_mode(o, MODE_RECORD, err);
	case OPT_METRICS: o->metrics = arg; return option_set_mode(o, MODE_METRICS, err);
	case OPT_EXPORT:
		return option_parse_export(arg, err) < 0 ? -1
		                                         : option_set_mode(o, MODE_EXPORT, err);
	case OPT_FOR: return option_parse_time(id, arg, &o->for_ns, err);
	case OPT_MAX_SIZE: return option_parse_bytes(id, arg, 1 << 20, &o->max_size, err);
	case OPT_COUNT:
		o->repeat = true;
		return option_parse_number(id, arg, 1000000000, &o->count, err);
	case OPT_DIFF: o->diff = arg; return option_set_mode(o, MODE_DIFF, err);
	case OPT_QUERY: return option_add_query(o, arg, err);
	case OPT_WHEN: return option_add_when(o, arg, err);
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
	case OPT_MAX_PAGES: return option_parse_number(id, arg, UINT32_MAX, &o->max_pages, err);
	case OPT_TRACKER: return option_parse_tracker(arg, o, err);
	case OPT_BY: return option_parse_by(arg, o, err);
	case OPT_BUDGET: return option_parse_budget(arg, o, err);
	case OPT_NO_MOUSE: o->mouse = false; break;
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

/* Of an option that several begin like: their names. false: fewer than two do. */
static bool
option_candidates(const char *word, struct buf *out)
{
	size_t length = strcspn(word, "=") - 2, n = 0;

	for (size_t i = 0; i < OPTIONS; i++) {
		if (options_rows[i].group == OPTION_HIDDEN ||
		    strncmp(options_rows[i].name, word + 2, length) != 0)
			continue;
		buf_fmt(out, "%s--%s", n++ ? ", " : "", options_rows[i].name);
	}
	return n > 1;
}

static int
option_refuse_short(const char *word, struct err *err)
{
	struct buf how = {0};
	bool several = false;

	if (strncmp(word, "--", 2) == 0 && word[2] && word[2] != '=') {
		buf_str(&how, "choose from ");
		several = option_candidates(word, &how);
	}
	if (several)
		err_set(err, ERR_USAGE, "several options begin like that", how.s,
		        "%.60s is ambiguous", word);
	free(how.s);
	return several ? -1 : 0;
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
	if (!bare && option_refuse_short(word, err) < 0)
		return -1;
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

void
options_init(struct options *o)
{
	*o = (struct options){.interval_ns = 1000000000,
	                      .size_cols = 80,
	                      .size_rows = 24,
	                      .proc_root = PROC_ROOT,
	                      .tracker = TRACKER_AUTO,
	                      .by = WRITERS_BY_REGION,
	                      .budget = TARGET_BUDGET,
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
			if (o->diff_file && option_diff_file(o, err) < 0)
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
			o->given[option_id_of(c) / 64] |= UINT64_C(1) << option_id_of(c) % 64;
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
