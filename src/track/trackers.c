/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which way is used, and why not another. */
#include "track/tracker_ops.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"
#include "kernel/kabi.h"

#define W(id, n, l, c, k, h) {.name = (n), .label = (l), .cats = (c), .caps = (k), .help = (h)},
static const struct way {
	const char *name, *label, *help;
	uint64_t cats;
	unsigned caps;
} trackers[TRACKERS] = {
#include "track/trackers.def"
};
#undef W

#define K(k, w) {.key = (k), .words = (w)},
static const struct track_cost costs[] = {
#include "track/track_costs.def"
};
#undef K

bool
track_cost(size_t i, struct track_cost *out)
{
	if (i < ARRAY_LEN(costs))
		*out = costs[i];
	return i < ARRAY_LEN(costs);
}

const char *
tracker_name(enum tracker tracker)
{
	return trackers[tracker].name;
}

const char *
tracker_label(enum tracker tracker)
{
	return trackers[tracker].label;
}

const char *
tracker_help(enum tracker tracker)
{
	return trackers[tracker].help;
}

unsigned
tracker_caps(enum tracker tracker)
{
	return trackers[tracker].caps;
}

const char *
tracker_verb(enum tracker tracker)
{
	return trackers[tracker].caps & TRACKER_CHANGES ? "changed" : "written";
}

bool
tracker_find(const char *name, unsigned *tracker)
{
	for (*tracker = 0; *tracker < TRACKERS; ++*tracker)
		if (!strcmp(name, trackers[*tracker].name))
			return true;
	return !strcmp(name, "auto");
}

uint64_t
track_cats(const struct track *t)
{
	return trackers[t->tracker].cats;
}

/*
 * By userfaultfd the zero page, and a file's own page in a private mapping (of others FILE is not
 * asked), were faulted in by a read: what is fresh is not protected.
 */
bool
track_is_written(const struct track *t, uint64_t cats)
{
	uint64_t need = track_cats(t);

	return need && (cats & need) == need &&
	       !(t->tracker == TRACKER_UFFD && cats & (PM_CAT_PFNZERO | PM_CAT_FILE));
}
