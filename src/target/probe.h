/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PROBE_H
#define PM_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/util.h"
#include "target/target.h"

/*
 * What this kernel and these privileges allow, found by trying each thing on the target (reading
 * only) or on a page of our own. For --capabilities.
 */
struct cap {
	const char *name, *gives;
	bool ok;
	char detail[160]; /* what exactly, or why not */
	const char *how;  /* the remedy; NULL if there is none, or none is needed */
};

/* *n caps, probed once and then kept with the target. `t` is open. */
const struct cap *probe_all(struct target *t, size_t *n);

#endif
