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

bool
track_cannot(struct track_status *s, const char *why, const char *how)
{
	snprintf(s->why, sizeof(s->why), "%s", why);
	snprintf(s->how, sizeof(s->how), "%s", how);
	return false;
}

/* --- choosing
 * ----------------------------------------------------------------------------------------- */

/* The status is asked once; what may be done in the target may change. */
static void
track_settle_status(struct track *t)
{
	struct track_status *u = &t->status[TRACK_UFFD];

	if (u->can >= TRACK_ASK)
		u->can = t->allow || t->owner != TRACK_FOREIGN || t->uffd ? TRACK_YES : TRACK_ASK;
}

static enum track_way
track_first_that_works(const struct track *t)
{
	for (unsigned w = 0; w < TRACK_WAYS; w++)
		if (t->status[w].can >= TRACK_ASK)
			return (enum track_way)w;
	return TRACK_SOFT_DIRTY; /* whose reasons are the ones to tell */
}

static void
track_ways_settle(struct track *t)
{
	const struct track_status *s;
	enum track_way way;

	track_settle_status(t);
	way = t->choice < TRACK_WAYS ? (enum track_way)t->choice : track_first_that_works(t);
	if (t->gen && way != t->way)
		track_forget(t); /* what one way has seen means nothing to another */
	t->way = way;
	s = &t->status[t->way];
	t->can = s->can;
	if (t->choice == TRACK_AUTO && track_way_caps(t->way) & TRACK_CHANGES)
		s = &t->status[TRACK_UFFD]; /* why nothing better */
	memcpy(t->why, s->why, sizeof(t->why));
	memcpy(t->how, s->how, sizeof(t->how));
}

static enum track_can
track_can(bool yes)
{
	return yes ? TRACK_YES : TRACK_NO;
}

void
track_probe(struct track *t, const struct proc *p, const struct pagemap *pm)
{
	memset(t->status, 0, sizeof(t->status));
	t->status[TRACK_SOFT_DIRTY].can =
	    track_can(soft_dirty_probe(&t->status[TRACK_SOFT_DIRTY], p));
	t->status[TRACK_UFFD].can = track_can(uffd_probe(&t->status[TRACK_UFFD], t, p, pm));
	t->status[TRACK_HASH].can = track_can(seen_probe(&t->status[TRACK_HASH], p));
	t->status[TRACK_NONE].can =
	    track_can(p->live || track_cannot(&t->status[TRACK_NONE], "a folder does not change",
	                                      "look at a running process"));
	track_ways_settle(t);
}

bool
track_offers_close(const struct track *t)
{
	static const uint64_t MINUTE_NS = UINT64_C(60000000000);
	bool wanted = t->choice == TRACK_UFFD ||
	              (t->choice == TRACK_AUTO &&
	               (t->can == TRACK_NO || track_way_caps(t->way) & TRACK_CHANGES));

	return wanted && t->stray.ino && t->stray_seen_ns - t->stray_ns >= MINUTE_NS;
}

void
track_choose(struct track *t, unsigned choice)
{
	if (t->choice != choice)
		track_forget(t);
	t->choice = choice;
	if (t->can != TRACK_UNKNOWN)
		track_ways_settle(t);
}

bool
track_cannot_try(struct track_status *s)
{
	return track_cannot(s, "no process can be started to try it with",
	                    "raise the limit on processes (ulimit -u)");
}

/* --- the proof, in a child so that nothing of ours is write-protected
 * ------------------------------------ */

/* The threads that try it block all signals, and a child begins as they are. */
static void
track_limit_time(void)
{
	enum { TIME_S = 5 };
	sigset_t only;

	sigemptyset(&only);
	sigaddset(&only, SIGALRM);
	signal(SIGALRM, SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	alarm(TIME_S);
}

int
track_try(int (*round_trip)(void))
{
	int status;
	pid_t child = fork();

	if (child < 0)
		return TRY_NO_CHILD;
	if (child == 0) {
		track_limit_time();
		_exit(round_trip());
	}
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return 2;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
