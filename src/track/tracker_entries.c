/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compares the page table entries of the pages on screen: detects not writes, but pages that
 * appear, disappear or move.
 */
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "track/tracker_ops.h"

static bool
entries_probe(struct track_status *s, struct track *t, const struct proc *p,
              const struct pagemap *pm)
{
	(void)t, (void)pm;
	return p->live ||
	       track_cannot(s, "a directory does not change", "choose a running process");
}

/* The entry without its usage bits: present or not, which frame, which swap slot. */
static void
entries_sign(const struct track_pages *pages, uint64_t *out)
{
	uint64_t fixed = PM_PRESENT | PM_SWAPPED | PM_FILE | PM_PFN_MASK;

	for (size_t i = 0; i < pages->words_n; i++)
		out[i] = seen_mix((pages->words[i] & fixed) + 1) | 1;
}

const struct tracker_ops entries_ops = {
    .words =
	{
	    .name = "none",
	    .label = "page table",
	    .help = "detects no writes, only pages on screen that come, go or move",
	    .verb = "changed",
	    .cleared = "cleared",
	    .compares = "the page table entries of the pages",
	    .unknown = "not known",
	    .why_unknown = "not covered by soft-dirty",
	},
    .caps = TRACKER_LOCAL | TRACKER_CHANGES,
    .probe = entries_probe,
    .clear = seen_clear,
    .doubt = seen_doubt,
    .reaches = seen_reaches,
    .copy = seen_copy,
    .sign = entries_sign,
    .release = seen_release,
};
