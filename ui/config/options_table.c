/* SPDX-License-Identifier: GPL-3.0-or-later */
/* options.def as a table. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "config/options_parts.h"

#define O(id, l, s, a, g, h) \
	{.name = (l), .letter = (char)(s), .arg = (a), .group = OPTION_##g, .help = (h)},
const struct option_row options_rows[OPTIONS] = {
#include "config/options.def"
};
#undef O

#define O(...)
#define C(id, v) [OPT_##id] = TAKES_##v,
static const enum option_takes options_takes[OPTIONS] = {
#include "config/options.def"
};
#undef O
#undef C

enum option_takes
option_takes(const struct option_row *o)
{
	return options_takes[o - options_rows];
}

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
	    [OPTION_TIME] = "Recordings",
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
