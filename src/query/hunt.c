/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "query/hunt.h"

#include <string.h>

#include "base/text.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "query/answer_query.h"
#include "target/walk.h"

static void
hunt_pass(struct hunt *h, uint64_t at)
{
	progress_add(h->t->progress, at - h->passed);
	h->passed = at;
}

static int
hunt_run(void *arg, const struct pm_run *run)
{
	struct hunt *h = arg;
	uint64_t words[PAGE_BATCH], state = PM_PRESENT | PM_SWAPPED;
	size_t size = h->t->page_size;
	struct err ignored;

	for (uint64_t at = run->start; at < run->end; at += PAGE_BATCH * size) {
		ssize_t n = source_words(h->t->source, at, words,
		                         u64_min((run->end - at) / size, PAGE_BATCH), &ignored);

		hunt_pass(h, at);
		if (source_stopped(h->t->source))
			return 1;
		for (ssize_t i = 0; i < n; i++) {
			h->hidden |= (words[i] & state) == (h->want & state) &&
			             !(words[i] & PM_PFN_MASK);
			if ((words[i] & h->mask) != h->want)
				continue;
			if (h->n < HUNT_PLACES)
				h->places[h->n] = at + (uint64_t)i * size;
			h->n++;
		}
	}
	return 0;
}

int
hunt_words(struct hunt *h, const struct vma_list *vmas, struct err *err)
{
	progress_begin(h->t->progress, vma_mapped(vmas, 0, UINT64_MAX));
	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i];

		h->passed = v->start;
		if (source_runs(h->t->source, v->start, v->end, h->cats, h->cats, hunt_run, h,
		                err) != 0)
			return -1;
		hunt_pass(h, v->end);
	}
	return 0;
}

void
hunt_facts(const struct hunt *h, const struct vma_list *vmas, uint64_t in_page, struct answer *a,
           struct buf *line)
{
	struct buf b = {0};

	for (size_t i = 0; i < u64_min(h->n, HUNT_PLACES); i++) {
		const struct vma *v = vma_at(vmas, h->places[i]);

		buf_fmt(&b, "%s%llx ", i ? ", " : "",
		        (unsigned long long)(h->places[i] + in_page));
		if (v)
			text_escape(&b, vma_shown_name(v), strlen(vma_shown_name(v)), false);
	}
	if (h->n > HUNT_PLACES)
		buf_fmt(&b, ", and %zu more", h->n - HUNT_PLACES);
	if (!h->n && h->hidden) {
		answer_add_unknown(a, "mapped_at",
		                   page_hidden_words(source_lack(h->t->source)));
		return;
	}
	if (!h->n) {
		answer_add_unknown(a, "mapped_at", "not mapped by this process");
		buf_str(line, ", not mapped by this process");
		return;
	}
	buf_fmt(line, ", here at %s", b.s);
	answer_add(a, "mapped_at", &b);
	a->has_place = true;
	a->place = h->places[0] + in_page;
}
