/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which options go together: with an answer, and with each other. */
#include <stdio.h>

#include "base/util.h"
#include "config/options_parts.h"

/* The modes as bits, under the names used in options.def. */
enum {
	SCREEN = 1 << MODE_SCREEN,
	LIST = 1 << MODE_LIST,
	PAGES = 1 << MODE_PAGES,
	SUMMARY = 1 << MODE_SUMMARY,
	WATCH = 1 << MODE_WATCH,
	GROW = 1 << MODE_GROW,
	TOUCHED = 1 << MODE_TOUCHED,
	RECORD = 1 << MODE_RECORD,
	METRICS = 1 << MODE_METRICS,
	EXPORT = 1 << MODE_EXPORT,
	QUERY = 1 << MODE_QUERY,
	GRID = 1 << MODE_GRID,
	HEAT = 1 << MODE_HEAT,
	WHO = 1 << MODE_WHO,
	DIFF = 1 << MODE_DIFF,
	CAPABILITIES = 1 << MODE_CAPABILITIES,
};

static const char *const options_mode_names[] = {
    [MODE_SCREEN] = "the screen",
    [MODE_LIST] = "--list",
    [MODE_PAGES] = "--pages",
    [MODE_SUMMARY] = "--summary",
    [MODE_WATCH] = "--watch",
    [MODE_GROW] = "--grow",
    [MODE_TOUCHED] = "--touched",
    [MODE_RECORD] = "--record",
    [MODE_METRICS] = "--metrics",
    [MODE_EXPORT] = "--export",
    [MODE_QUERY] = "-e",
    [MODE_GRID] = "--grid",
    [MODE_HEAT] = "--heat",
    [MODE_WHO] = "--who",
    [MODE_DIFF] = "--diff",
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
	return o->given[id / 64] >> id % 64 & 1;
}

/* More helpful errors than "does not use it". */
static const struct {
	enum option_id id;
	unsigned answers;
	const char *why, *how;
} options_reasons[] = {
    {OPT_SORT, PAGES, "pages are listed by address, in constant memory", "use sort(1)"},
    {OPT_SORT, WATCH, "the most written comes first", "use sort(1)"},
    {OPT_SORT, GROW, "what gained most comes first", "use sort(1)"},
    {OPT_SORT, TOUCHED, "the most touched comes first", "use sort(1)"},
    {OPT_SORT, WHO, "what shares most comes first", "use sort(1)"},
    {OPT_FILTER, ~0u, "a filter selects rows", "use it with --list or --pages"},
    {OPT_RUNS, ~0u, "it joins neighbouring pages of --pages", "add --pages"},
    {OPT_MAX_PAGES, ~0u, "it counts pages of --pages", "add --pages"},
    {OPT_SCOPE, ~0u, "it limits what --watch and the screen watch", "add --watch"},
    {OPT_BY, ~0u, "it tells who writes, or who brings memory in",
     "add --watch or --grow"},
    {OPT_FOLDED, ~0u, "it tells who writes, or who brings memory in",
     "add --watch or --grow"},
    {OPT_COUNT, ~0u, "it counts intervals", "add --watch, --grow, --touched or --metrics=FILE"},
    {OPT_OUTPUT, QUERY, "an answer has columns of its own", "leave it out"},
    {OPT_RAW, QUERY, "an answer has a form of its own", "use --csv or --json"},
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
	buf_str(&how, "it works only with ");
	for (unsigned m = 0; m < ARRAY_LEN(options_mode_names); m++)
		if (by >> m & 1)
			buf_fmt(&how, "%s%s",
			        !(by & ((1u << m) - 1)) ? ""
			        : by >> m == 1          ? " and "
			                                : ", ",
			        options_mode_names[m]);
	buf_str(&how, ": leave it out");
	err_set(err, ERR_USAGE, why, how.s, "--%s with %s", options_rows[id].name,
	        options_mode_names[o->mode]);
	buf_free(&how);
	return -1;
}

static int
option_check_heeded(const struct options *o, struct err *err)
{
	unsigned answers = 1u << o->mode | (o->watch_ns ? WATCH : 0) | (o->grow_ns ? GROW : 0) |
	                   (o->touched_ns ? TOUCHED : 0);
	bool repeats = 1u << o->mode & (WATCH | GROW | TOUCHED);

	if (o->mode == MODE_VERSION || o->mode == MODE_HELP || o->mode == MODE_PRINT)
		return 0;
	if (o->append && o->overwrite)
		return err_set(err, ERR_USAGE, "a recording is either continued or replaced",
		               "leave one out", "--append with --overwrite");
	if ((o->watch_ns > 0) + (o->grow_ns > 0) + (o->touched_ns > 0) > 1)
		return err_set(err, ERR_USAGE, "they take different intervals", "leave one out",
		               "--%s with --%s", o->grow_ns ? "grow" : "touched",
		               o->watch_ns ? "watch" : "touched");
	if (o->count && answers & (WATCH | GROW | TOUCHED) && !repeats)
		return err_set(err, ERR_USAGE, "before another answer, each runs a single interval",
		               "leave --count out", "--count with another answer");
	for (enum option_id i = 0; i < OPTIONS; i++)
		if (option_was_given(o, i) && option_heeded_by(i) &&
		    !(option_heeded_by(i) & answers))
			return option_refuse_pair(o, i, err);
	return 0;
}

/* One document is written to standard output; many, one after the other, would be none. */
static int
option_check_metrics(const struct options *o, struct err *err)
{
	bool waits = o->tracker_given || o->metrics;

	if (o->metrics && !o->metrics[0])
		return err_set(err, ERR_USAGE, "it has no name", "give the name of a file",
		               "cannot write metrics to a file");
	if (!o->interval_ns)
		return err_set(err, ERR_USAGE, "it is the time between two documents",
		               "give seconds, or leave it out", "--interval 0 with --metrics");
	if (!o->metrics && o->count)
		return err_set(err, ERR_USAGE, "standard output takes one document",
		               "give --metrics=FILE", "--count with --metrics");
	if (option_was_given(o, OPT_INTERVAL) && !waits)
		return err_set(err, ERR_USAGE, "standard output takes one document",
		               "give --metrics=FILE, or watch writes with --tracker",
		               "--interval with --metrics");
	return 0;
}

/* Options that exclude each other, or that require another one. */
int
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
	if (o->mode == MODE_QUERY && o->format == FORMAT_CSV && o->queries_n > 1)
		return err_set(err, ERR_USAGE, "each answer is a table of its own",
		               "ask one at a time, or use --json", "--csv with several questions");
	if (o->diff_pages && o->sort)
		return err_set(err, ERR_USAGE, "pages are listed by address, in constant memory",
		               "leave it out; --pages=RANGE selects pages",
		               "--sort with --diff --pages");
	if (o->diff_pages && o->filter)
		return err_set(err, ERR_USAGE,
		               "its rows are of two moments, a filter asks what a page is at one",
		               "leave out --pages to filter regions; --pages=RANGE selects pages",
		               "--filter with --diff --pages");
	if (o->mode == MODE_GRID && o->lens == LENS_GROWTH)
		return err_set(err, ERR_USAGE, "a single look has no baseline",
		               "--grow compares two; the screen has this lens",
		               "--grid with lens growth");
	if (o->mode == MODE_GRID && o->lens == LENS_ACCESSES)
		return err_set(err, ERR_USAGE, "a single look samples nothing",
		               "-e 'accesses for 10s' answers it; the screen has this lens",
		               "--grid with lens accesses");
	if (o->color != COLOR_AUTO && o->color != COLOR_NEVER && o->mode != MODE_SCREEN &&
	    option_was_given(o, OPT_COLOR))
		return err_set(err, ERR_USAGE, "answers have no colours", "leave it out",
		               "--color %s with an answer", option_color_name(o->color));
	if (o->folded && (o->format != FORMAT_TABLE || o->output || o->output_all))
		return err_set(err, ERR_USAGE, "its lines have a form of their own",
		               "leave out the other form, and the columns",
		               "--folded with another form");
	if (o->folded && option_was_given(o, OPT_BY) && o->by != WRITERS_BY_CHAIN)
		return err_set(err, ERR_USAGE, "--folded writes call chains", "leave --by out",
		               "--folded with --by %s", writers_by_words(o->by)->name);
	if ((o->folded || o->by != WRITERS_BY_REGION) && o->no_attribution)
		return err_set(err, ERR_USAGE, "which code wrote is known from page faults alone",
		               "leave one out",
		               "--no-attribution with --%s", o->folded ? "folded" : "by");
	if ((o->folded || option_was_given(o, OPT_BY)) && (o->watch_ns || o->grow_ns) &&
	    o->mode != MODE_WATCH && o->mode != MODE_GROW)
		return err_set(err, ERR_USAGE, "it is for the rows of --watch and --grow alone",
		               "leave it out; -e has questions for it, such as `writers by thread`",
		               "--%s with another answer", o->folded ? "folded" : "by");
	if (o->at && (o->mode == MODE_EXPORT || option_was_given(o, OPT_WHEN)))
		return err_set(err, ERR_USAGE, "its answer is about all times of the recording",
		               "leave --at out", "--at with --%s",
		               o->mode == MODE_EXPORT ? "export" : "when");
	if (o->at && o->mode == MODE_HEAT && !o->range)
		return err_set(err, ERR_USAGE, "it shows all times of the recording",
		               "leave --at out, or name a range of that time: --heat=heap",
		               "--at with --heat");
	if (o->mode == MODE_METRICS && option_check_metrics(o, err) < 0)
		return -1;
	if (o->mode == MODE_RECORD && !o->interval_ns)
		return err_set(err, ERR_USAGE, "it is the time between two samples",
		               "give seconds, or leave it out", "--interval 0 with --record");
	return option_check_heeded(o, err);
}
