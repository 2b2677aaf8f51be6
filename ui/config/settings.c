/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/settings.h"

#include <stdio.h>
#include <string.h>

#include "base/guess.h"
#include "base/util.h"

enum { START, LIVE };
#define S(id, n, l, v, u, h) \
	{.name = (n), .any_time = (l) == LIVE, .values = (v), .usual = (u), .help = (h)},
static const struct setting settings_rows[SETTINGS] = {
#include "config/settings.def"
};
#undef S

const struct setting *
setting_table(size_t *n)
{
	if (n)
		*n = SETTINGS;
	return settings_rows;
}

enum setting_id
setting_named(const char *name)
{
	unsigned i = 0;

	while (i < SETTINGS && strcmp(name, settings_rows[i].name) != 0)
		i++;
	return (enum setting_id)i;
}

/*
 * The error for a bad value. # does not begin a comment after a value, which users may not expect.
 */
static int
setting_bad(enum setting_id id, const char *value, const char *how, struct err *err)
{
	char text[sizeof(err->how)];

	snprintf(text, sizeof(text), "%s%s", how,
	         strstr(value, " #") ? "; after a value, a comment begins with ;" : "");
	return err_set(err, ERR_USAGE, "invalid value", text, "%s = %.60s", settings_rows[id].name,
	               value);
}

static int
setting_take_switch(enum setting_id id, const char *value, bool *out, struct err *err)
{
	bool on = !strcmp(value, "on");

	if (!on && strcmp(value, "off") != 0)
		return setting_bad(id, value, "give on or off", err);
	*out = on;
	return 0;
}

static int
setting_take_attribution(const char *value, struct options *o, struct err *err)
{
	bool on = !o->no_attribution;
	int r = setting_take_switch(SETTING_ATTRIBUTION, value, &on, err);

	o->no_attribution = !on;
	return r;
}

static int
setting_take_letters(const char *value, enum letters *out, struct err *err)
{
	static const char *const words[LETTERS_COUNT] = {
	    [LETTERS_RUNS] = "runs", [LETTERS_ALL] = "all", [LETTERS_NONE] = "off"};

	for (int i = 0; i < LETTERS_COUNT; i++)
		if (!strcmp(value, words[i])) {
			*out = (enum letters)i;
			return 0;
		}
	return setting_bad(SETTING_LETTERS, value, "choose from runs, all, off", err);
}

static int
setting_take_columns(const char *value, struct list_columns *out, struct err *err)
{
	struct err e;

	return list_columns_parse(value, out, &e) < 0
	           ? setting_bad(SETTING_COLUMNS, value, e.how, err)
	           : 0;
}

static int
setting_take_sort(struct options *o, const char *value, struct err *err)
{
	struct list_columns one = {0};
	bool other = value[0] == '-';
	struct err e;

	if (list_columns_parse(value + other, &one, &e) < 0)
		return setting_bad(SETTING_SORT, value, e.how, err);
	if (one.n != 1 || !column_row((enum column_id)one.id[0])->letter)
		return setting_bad(SETTING_SORT, value, "give one of the columns in the s menu",
		                   err);
	o->list_sort = one.id[0];
	o->list_invert = other;
	return 0;
}

/* Settings that are also options. */
static int
setting_take_option(struct options *o, enum setting_id id, const char *value, struct err *err)
{
	struct err e;

	return option_take(o, settings_rows[id].name, value, &e) < 0
	           ? setting_bad(id, value, e.how, err)
	           : 0;
}

static int
settings_take(struct options *o, enum setting_id id, const char *value, struct err *err)
{
	switch (id) {
	case SETTING_THEME:
	case SETTING_COLOR:
	case SETTING_INTERVAL:
	case SETTING_GROUP:
	case SETTING_LENS: return setting_take_option(o, id, value, err);
	case SETTING_ASCII: return setting_take_switch(id, value, &o->ascii, err);
	case SETTING_MOUSE: return setting_take_switch(id, value, &o->mouse, err);
	case SETTING_HINTS: return setting_take_switch(id, value, &o->hints, err);
	case SETTING_CALM: return setting_take_switch(id, value, &o->calm, err);
	case SETTING_READ_ONLY: return setting_take_switch(id, value, &o->read_only, err);
	case SETTING_ATTRIBUTION: return setting_take_attribution(value, o, err);
	case SETTING_LETTERS: return setting_take_letters(value, &o->letters, err);
	case SETTING_COLUMNS: return setting_take_columns(value, &o->list_columns, err);
	case SETTING_SORT: return setting_take_sort(o, value, err);
	case SETTINGS: break;
	}
	return 0;
}

int
setting_take(struct options *o, const char *name, const char *value, struct err *err)
{
	struct guess g = {
	    .name = name, .best = 3, .how = "`pmtop --print-config` lists them"};

	if (setting_named(name) < SETTINGS)
		return settings_take(o, setting_named(name), value, err);
	for (unsigned i = 0; i < SETTINGS; i++)
		guess_try(&g, settings_rows[i].name, strlen(settings_rows[i].name));
	return err_set(err, ERR_USAGE, "unknown setting", g.how, "%.60s", name);
}
