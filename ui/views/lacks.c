/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/lacks.h"

#include "base/clock.h"
#include "base/util.h"
#include "term/keys.h"

static void
lacks_accesses(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct err *e = &s->accesses_err;

	if (s->accesses)
		return;
	if (s->timeline)
		buf_str(out, "not recorded: DAMON samples processes that run");
	else if (e->what[0])
		buf_fmt(out, "not sampled: %s%s%s", e->why, e->how[0] ? "; " : "", e->how);
	else if (s->accesses_on)
		buf_str(out, "DAMON begins to sample");
	else
		buf_fmt(out, "press %s: DAMON samples which memory is accessed",
		        key_of(ACT_SAMPLE, ui_letter(ui)));
}

bool
lens_lacks(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const char *as_root = s->timeline ? "record as root (CAP_SYS_ADMIN)"
	                                  : "run pmtop as root (CAP_SYS_ADMIN)";

	switch (ui->lens) {
	case LENS_WRITES:
		if (s->can_track == TRACK_NO)
			buf_fmt(out, "not visible: %s; %s", s->track_why, s->track_how);
		else if (!s->clears)
			buf_fmt(out, "press %s: pages written from then on light up",
			        key_of(ACT_CLEAR, ui_letter(ui)));
		break;
	case LENS_SHARING:
		if (s->frames_hidden)
			buf_fmt(out, "once, or more often; for the count, %s", as_root);
		break;
	case LENS_LRU:
	case LENS_FOLIOS:
	case LENS_PHYSICAL:
		if (s->frames_hidden)
			buf_fmt(out, "page frames %s: %s",
			        s->timeline ? "were not recorded" : "are hidden", as_root);
		break;
	case LENS_SWAP:
		if (!s->swap_devices)
			buf_str(out, "this machine has no swap: /proc/swaps is empty");
		break;
	case LENS_NUMA:
		if (!s->has_nodes)
			buf_str(out, "only for a live process in this PID namespace (move_pages)");
		break;
	case LENS_GROWTH:
		if (!s->regions || !s->regions->totals.grown.known)
			buf_fmt(out, "press %s: pages that come in from then on light up",
			        key_of(ACT_BASELINE, ui_letter(ui)));
		break;
	case LENS_ACCESSES:
		lacks_accesses(ui, s, out);
		break;
	case LENS_STATE:
	case LENS_BACKING:
	case LENS_COUNT:
		break;
	}
	return out->len > 0;
}

void
lens_add_age(const struct ui *ui, const struct sample *s, struct buf *out)
{
	uint64_t now = s->timeline ? s->time_ns : sample_clock(s, ui->now);
	uint64_t at = s->accesses->time_ns, age = now - u64_min(now, at);

	if (s->ended)
		buf_str(out, "before it ended");
	else if (age < TIME_SECOND)
		buf_str(out, "just now");
	else
		buf_fmt(out, "%.0f s ago", (double)age / 1e9);
}

bool
lens_warns(const struct ui *ui, const struct sample *s, struct buf *out)
{
	if (ui->lens != LENS_ACCESSES || !s->accesses)
		return false;
	buf_str(out, "sampled by DAMON ");
	lens_add_age(ui, s, out);
	buf_str(out, ", share of looks:");
	return true;
}
