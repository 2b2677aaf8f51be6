/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SETTINGS_H
#define PM_SETTINGS_H

#include "config/options.h"

/* settings.def: what pmtoprc can set, besides keys. */
struct setting {
	const char *name, *values, *usual, *help;
};

const struct setting *setting_table(size_t *n);

/* Sets it in the options, like the option of the same name. */
int setting_take(struct options *o, const char *name, const char *value, struct err *err);

#endif
