/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which way is used, and why not another. */
#include "track/track_ways.h"

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
} ways[TRACK_WAYS] = {
#include "track/track_ways.def"
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
track_way_name(enum track_way way)
{
	return ways[way].name;
}

const char *
track_way_label(enum track_way way)
{
	return ways[way].label;
}

const char *
track_way_help(enum track_way way)
{
	return ways[way].help;
}

unsigned
track_way_caps(enum track_way way)
{
	return ways[way].caps;
}

const char *
track_verb(enum track_way way)
{
	return ways[way].caps & TRACK_CHANGES ? "changed" : "written";
}

bool
track_way_find(const char *name, unsigned *way)
{
	for (*way = 0; *way < TRACK_WAYS; ++*way)
		if (!strcmp(name, ways[*way].name))
			return true;
	return !strcmp(name, "auto");
}

uint64_t
track_cats(const struct track *t)
{
	return ways[t->way].cats;
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
	       !(t->way == TRACK_UFFD && cats & (PM_CAT_PFNZERO | PM_CAT_FILE));
}
