/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_LATE_H
#define PM_HELPER_LATE_H

#include <stdbool.h>
#include <stddef.h>

#include "symbol/helper_parts.h"

/*
 * The files for which an answer came too late, and how often. After a few times nothing more is
 * asked of such a file, nor of its device: its server may be gone.
 */
struct late {
	struct late_file *v;
	size_t n, cap;
};

bool late_refuses(const struct late *l, const struct helper_ask *a);
void late_add(struct late *l, const struct helper_ask *a);
void late_free(struct late *l);

#endif
