/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SETTINGS_H
#define PM_SETTINGS_H

#include "config/options.h"

/* settings.def: what pmtoprc can set, besides keys. */
#define S(id, ...) SETTING_##id,
enum setting_id {
#include "config/settings.def"
	SETTINGS
};
#undef S

struct setting {
	const char *name, *values, *usual, *help;
	bool any_time; /* can be changed while pmtop runs */
};

/* By setting_id; *n, unless n is NULL: how many. */
const struct setting *setting_table(size_t *n);
enum setting_id setting_named(const char *name); /* SETTINGS: none */

/* Sets it in the options, like the option of the same name. */
int setting_take(struct options *o, const char *name, const char *value, struct err *err);

#endif
