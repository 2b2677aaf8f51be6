/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page faults of a live process. A directory has none. */
#include "target/source_root.h"

#include <poll.h>

#include "base/clock.h"
#include "cause/faults.h"

int
source_faults_watch(struct source *s, struct causes *into, unsigned budget, struct err *err)
{
	struct source_root *r = source_root_of(s);

	if (!r->proc.ours)
		return err_set(err, ERR_TARGET, "they can be watched only in a running process",
		               NULL, "cannot watch page faults");
	r->faults = faults_open(&r->proc, into, budget, err);
	return r->faults ? 0 : -1;
}

int
source_faults_family(struct source *s, const pid_t *pids, size_t n, struct causes *into,
                     unsigned budget, struct err *err)
{
	struct source_root *r = source_root_of(s);

	if (!r->proc.ours)
		return err_set(err, ERR_TARGET, "they can be watched only in a running process",
		               NULL, "cannot watch page faults");
	r->family = faults_open_family(&r->proc, pids, n, into, budget, err);
	return r->family ? 0 : -1;
}

static void
source_faults_drain(struct source *s)
{
	struct source_root *r = source_root_of(s);

	if (r->faults)
		faults_drain(r->faults);
	if (r->family)
		faults_drain(r->family);
}

static void
source_faults_unwatch(struct source *s)
{
	struct source_root *r = source_root_of(s);

	faults_close(r->faults);
	r->faults = NULL;
}

struct stores *
source_faults_stores(struct source *s, uint64_t addr, unsigned bytes, unsigned budget,
                     struct causes *into, struct err *err)
{
	struct source_root *r = source_root_of(s);

	if (r->proc.ours)
		return stores_open(&r->proc, addr, bytes, budget, into, err);
	err_set(err, ERR_TARGET, "they can be watched only in a running process", NULL,
	        "cannot watch stores");
	return NULL;
}

void
source_faults_wait(struct source *s, uint64_t ns)
{
	enum { STEP_MS = 50 };
	struct pollfd end = {s->meta.end_fd, POLLIN, 0};
	uint64_t until = time_ns() + ns;

	while (time_ns() < until && !source_stopped(s))
		if (poll(&end, 1, STEP_MS) > 0)
			return;
}

const char *
source_faults_kernel(struct source *s, uint64_t addr)
{
	struct source_root *r = source_root_of(s);

	return r->proc.ours ? kallsyms_at(&r->kallsyms, addr) : NULL;
}

const struct source_faults source_faults = {
    .watch = source_faults_watch,
    .family = source_faults_family,
    .drain = source_faults_drain,
    .unwatch = source_faults_unwatch,
    .stores = source_faults_stores,
    .stores_read = stores_read,
    .stores_end = stores_close,
    .wait = source_faults_wait,
    .kernel = source_faults_kernel,
};
