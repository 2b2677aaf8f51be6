/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a userfaultfd watch would cost a process, for the request for consent. */
#include <string.h>

#include "base/text.h"
#include "base/util.h"
#include "track/inject.h"
#include "track/tracker_uffd.h"

#define K(k, w) {.key = (k), .words = (w)},
const struct track_cost uffd_prices[] = {
#include "track/track_costs.def"
    {.key = NULL},
};
#undef K

/* The question and the costs, in two sentences. */
static void
uffd_ask(const struct proc *p, uint64_t huge, struct buf *out)
{
	char size[8];

	buf_str(out, "Watch the writes of ");
	text_escape(out, p->comm, strlen(p->comm), false);
	buf_fmt(out,
	        " (%d)? This pauses one thread, " TRACK_STOP_WORDS
	        ", to run one system call. During the watch, " TRACK_WRITE_WORDS,
	        (int)p->pid);
	if (huge)
		buf_fmt(out, ", and %s of huge pages are split as they are written",
		        size_text(size, huge));
	buf_str(out, ".");
}

static void
uffd_report_costs(const struct inject_plan *plan, bool huge_known, uint64_t huge, track_cost_fn *fn,
                void *arg)
{
	char size[8];

	for (const struct track_cost *c = uffd_prices; c->key; c++) {
		struct buf b = {0};

		if (huge_known && !strcmp(c->key, "huge_pages"))
			buf_fmt(&b, "%s now; they ", huge ? size_text(size, huge) : "none");
		buf_str(&b, c->words);
		fn(arg, c->key, b.s);
		buf_free(&b);
	}
	if (plan->suspend_seccomp)
		fn(arg, "seccomp", "the sandbox is suspended for that call");
}

void
uffd_costs(const struct proc *p, struct buf *question, track_cost_fn *fn, void *arg)
{
	uint64_t huge = 0;
	bool huge_known = inject_huge_bytes(p, &huge);
	struct inject_plan plan;
	struct err ignored;
	struct buf thread = {0};

	uffd_ask(p, huge, question);
	if (inject_plan(p, &plan, &ignored) < 0)
		return;
	buf_fmt(&thread, "%d, %s%s", (int)plan.tid, plan.call[0] ? "in " : "running", plan.call);
	fn(arg, "thread", thread.s);
	buf_free(&thread);
	uffd_report_costs(&plan, huge_known, huge, fn, arg);
}
