/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the answers share that take intervals: --watch, --grow, --record and --metrics. */
#include "batch/batch_wait.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/signals.h"
#include "base/util.h"
#include "demo/launch.h"

bool
batch_wait_until(const struct batch *b, int signals, uint64_t until)
{
	struct pollfd fds[] = {{signals, POLLIN, 0}, {b->t.source->meta.end_fd, POLLIN, 0}};

	for (uint64_t now = time_ns(); now < until && target_is_alive(&b->t); now = time_ns()) {
		uint64_t ms = (u64_min(until - now, BATCH_BEAT_NS) + 999999) / 1000000;

		if (poll(fds, ARRAY_LEN(fds), (int)ms) > 0)
			return false;
	}
	return true;
}

static const int wait_ends[] = {SIGINT, SIGTERM, SIGHUP};
static int wait_news = -1; /* readable after a signal */

/*
 * The first signal ends the watch: its interval is reported and the target released. The next one
 * ends pmtop.
 */
static void
batch_wait_end(int sig)
{
	int error = errno;

	(void)sig;
	signals_handle(wait_ends, ARRAY_LEN(wait_ends), SIG_DFL);
	eventfd_write(wait_news, 1);
	errno = error;
}

int
batch_signals_open(void)
{
	wait_news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	signals_handle(wait_ends, ARRAY_LEN(wait_ends), batch_wait_end);
	return wait_news;
}

void
batch_signals_close(int signals)
{
	signals_handle(wait_ends, ARRAY_LEN(wait_ends), SIG_DFL);
	if (signals >= 0)
		close(signals);
	wait_news = -1;
}

int
batch_read_regions(struct target *t, struct vma_list *out, struct err *err)
{
	int r = target_regions(t, out, err);

	if (r < 0 && t->source->ops->life(t->source) != PROC_RUNNING)
		r = 1;
	return r == 0 && !out->n ? 1 : r;
}

struct regions *
batch_measure(struct target *t, int *r, struct err *err)
{
	struct vma_list vmas;
	struct regions *rs;

	*r = batch_read_regions(t, &vmas, err);
	if (*r)
		return NULL;
	rs = regions_new(vmas, source_now(t->source));
	target_follow(t, &rs->vmas);
	*r = regions_measure(rs, t, NULL, err);
	if (*r == 0)
		return rs;
	if (!target_is_alive(t))
		*r = 1;
	regions_unref(rs);
	return NULL;
}

int
batch_refuse_gone(const struct target *t, const char *what, struct err *err)
{
	const struct source_meta *m = &t->source->meta;
	bool ended = t->source->ops->life(t->source) != PROC_RUNNING;
	char how[64] = "", why[96] = "it executed a new program, which has other memory";

	if (ended && t->track.owner == TRACK_LAUNCHED)
		launch_how_it_ends(m->pid, how, sizeof(how));
	if (ended)
		snprintf(why, sizeof(why), "the process has ended%s", how);
	return err_set(err, ERR_TARGET, why, NULL,
	               "the memory of process %d (%s) cannot be %s", (int)m->pid, m->comm, what);
}

int
batch_flush(struct err *err)
{
	return fflush(stdout) || ferror(stdout)
	           ? err_sys(err, NULL, "cannot write to standard output")
	           : 0;
}

