/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values of options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/util.h"
#include "config/options_parts.h"
#include "filter/lex.h"
#include "term/paint.h"

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
	return err_set(err, ERR_USAGE, NULL, how, "--%s has no value \"%.60s\"",
	               options_rows[id].name, value);
}

int
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

int
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

int
option_parse_tracker(const char *s, struct options *o, struct err *err)
{
	char how[96];
	size_t n = (size_t)snprintf(how, sizeof(how), "choose from auto");

	o->tracker_given = true;
	if (tracker_find(s, &o->tracker))
		return 0;
	for (unsigned i = 0; i < TRACKERS && n < sizeof(how); i++)
		n += (size_t)snprintf(how + n, sizeof(how) - n, ", %s",
		                      tracker_words((enum tracker)i)->name);
	return option_bad_word(err, OPT_TRACKER, s, how);
}

int
option_parse_budget(const char *s, struct options *o, struct err *err)
{
	const char *end;
	uint64_t v;

	if (!parse_u64(s, 10, &end, &v) || *end || v > 100)
		return option_bad_value(err, OPT_BUDGET, s,
		                        "give a percentage from 1 to 100, or 0 for no limit");
	o->budget = (unsigned)v;
	return 0;
}

int
option_parse_by(const char *s, struct options *o, struct err *err)
{
	struct buf how = {0};

	if (writers_by_find(s, strlen(s), &o->by))
		return 0;
	buf_str(&how, "choose from ");
	for (unsigned i = 0; i < WRITERS_BY_COUNT; i++)
		buf_fmt(&how, "%s%s", i ? ", " : "", writers_by_words((enum writers_by)i)->name);
	option_bad_word(err, OPT_BY, s, how.s);
	buf_free(&how);
	return -1;
}

int
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

int
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

int
option_parse_bytes(enum option_id id, const char *s, uint64_t least, uint64_t *out, struct err *err)
{
	uint64_t v;

	if (lex_bytes(s, strlen(s), (size_t)sysconf(_SC_PAGESIZE), &v) && v >= least) {
		*out = v;
		return 0;
	}
	return option_bad_value(err, id, s, "give a size, 1M at least, such as 64M or 2G");
}

int
option_parse_time(enum option_id id, const char *s, uint64_t *ns, struct err *err)
{
	if (duration_parse(s, ns) && *ns)
		return 0;
	return option_bad_value(err, id, s,
	                        "give seconds, more than 0, or a number with ms, s, m, h or d");
}

int
option_parse_interval(const char *s, struct options *o, struct err *err)
{
	char *end;

	o->repeat = true;
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

static const char *const options_exports[] = {"perfetto"};

const char *
option_export_name(unsigned i)
{
	return i < ARRAY_LEN(options_exports) ? options_exports[i] : NULL;
}

int
option_parse_export(const char *s, struct err *err)
{
	return option_parse_word(OPT_EXPORT, s, options_exports, ARRAY_LEN(options_exports),
	                         "there is perfetto", err);
}

int
option_parse_color(const char *s, struct options *o, struct err *err)
{
	int i = option_parse_word(OPT_COLOR, s, options_colors, ARRAY_LEN(options_colors),
	                          "choose from auto, always, never, 256", err);

	if (i < 0)
		return -1;
	o->color = (enum term_color)i;
	return 0;
}

int
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

int
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

int
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
