/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/duration.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"

#define DURATION_MOST 1e9 /* seconds */

bool
duration_parse(const char *text, uint64_t *ns)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"", 1}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
	char *end;
	double v;

	if (!isdigit((unsigned char)text[0]) && text[0] != '.')
		return false;
	v = strtod(text, &end);
	for (size_t i = 0; end > text && i < ARRAY_LEN(units); i++)
		if (!strcmp(end, units[i].name) && v * units[i].seconds <= DURATION_MOST) {
			*ns = (uint64_t)(v * units[i].seconds * 1e9 + 0.5);
			return true;
		}
	return false;
}
