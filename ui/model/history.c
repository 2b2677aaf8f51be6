/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/history.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

static const uint64_t KEEP_NS = UINT64_C(60000000000);
enum { KEEP_BYTES = 64 << 20 };

static size_t
history_heat_size(const struct heatmap *h)
{
	return sizeof(*h) + h->rows * sizeof(*h->row) + h->cols * sizeof(*h->column) +
	       (size_t)h->rows * h->cols * sizeof(*h->cell);
}

static size_t
history_by_size(const struct attribution *a)
{
	return sizeof(*a) + a->n * sizeof(*a->v) + a->lit_n * sizeof(*a->lit) +
	       a->leaders * sizeof(*a->leader);
}

static size_t
history_diff_size(const struct difference *d)
{
	return sizeof(*d) + d->n * sizeof(*d->v) +
	       (d->pages.cap + d->gone.cap) * sizeof(*d->pages.v);
}

/* What commands read: some of it has as many rows as there are regions. */
static size_t
history_read_size(const struct sample *s, const struct sample *before)
{
	size_t n = 0;

	if (s->heat && s->heat != before->heat)
		n += history_heat_size(s->heat);
	if (s->smaps && s->smaps != before->smaps)
		n += sizeof(*s->smaps) + s->smaps->smaps.cap * sizeof(*s->smaps->smaps.v);
	if (s->attribution && s->attribution != before->attribution)
		n += history_by_size(s->attribution);
	if (s->accesses && s->accesses != before->accesses)
		n += sizeof(*s->accesses) + s->accesses->is.cap * sizeof(*s->accesses->is.v);
	if (s->diff && s->diff != before->diff)
		n += history_diff_size(s->diff);
	return n;
}

/* About how much memory a sample takes that the one before it does not (NULL: there is none). */
static size_t
history_size(const struct sample *s, const struct sample *before)
{
	static const struct sample none;
	size_t n = sizeof(*s);

	if (!before)
		before = &none;
	if (s->regions)
		n += regions_bytes(s->regions, before->regions);
	if (s->window && s->window != before->window)
		n += window_bytes(s->window, before->window);
	if (s->bytes && s->bytes != before->bytes)
		n += bytes_size(s->bytes);
	return n + history_read_size(s, before);
}

/* What the next one shares with it is then that one's. */
static void
history_drop(struct history *h, size_t i)
{
	struct sample *s = h->v[i], *before = i ? h->v[i - 1] : NULL;

	h->bytes -= history_size(s, before);
	if (i + 1 < h->n)
		h->bytes += history_size(h->v[i + 1], before) - history_size(h->v[i + 1], s);
	sample_free(s);
	memmove(h->v + i, h->v + i + 1, (--h->n - i) * sizeof(h->v[0]));
}

size_t
history_push(struct history *h, struct sample *s, size_t back)
{
	size_t oldest;

	back = back ? u64_min(back, h->n) + 1 : 0;
	h->v = vec_room(h->v, h->n, &h->cap, sizeof(h->v[0]));
	h->v[h->n++] = s;
	h->bytes += history_size(s, h->n > 1 ? h->v[h->n - 2] : NULL);
	while ((oldest = back == h->n) + 1 < h->n &&
	       (h->bytes > KEEP_BYTES || s->time_ns - h->v[oldest]->time_ns > KEEP_NS)) {
		history_drop(h, oldest);
		back -= oldest;
	}
	return back;
}

const struct sample *
history_at(const struct history *h, size_t back)
{
	if (!h->n || !back)
		return NULL;
	return h->v[back > h->n ? 0 : h->n - back];
}

void
history_stopped(struct history *h, uint64_t from_ns, uint64_t to_ns)
{
	if (h->stops == HISTORY_STOPS)
		memmove(h->stop, h->stop + 1, --h->stops * sizeof(h->stop[0]));
	h->stop[h->stops][0] = from_ns;
	h->stop[h->stops++][1] = to_ns;
}

uint64_t
history_stop_after(const struct history *h, uint64_t at)
{
	uint64_t next = UINT64_MAX;

	for (size_t i = h->n; i-- > 0 && h->v[i]->time_ns > at;)
		next = h->v[i]->time_ns;
	for (size_t i = 0; i < h->stops; i++)
		if (h->stop[i][0] >= at && h->stop[i][1] <= next)
			return h->stop[i][1] - h->stop[i][0];
	return 0;
}

void
history_free(struct history *h)
{
	while (h->n)
		history_drop(h, 0);
	free(h->v);
	*h = (struct history){0};
}
