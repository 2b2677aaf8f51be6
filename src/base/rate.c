/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rate.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"

uint64_t
rate_of(uint64_t pages, uint64_t ns)
{
	double rate = (double)pages * (double)RATE_PAGE / ((double)ns / 1e9);

	return rate < (double)RATE_MOST ? (uint64_t)(rate + 0.5) : RATE_MOST;
}

uint64_t
rate_bytes(uint64_t rate, size_t page_size)
{
	return (uint64_t)((double)rate * (double)page_size / (double)RATE_PAGE + 0.5);
}

uint64_t
rate_pages(uint64_t rate)
{
	return (rate + RATE_PAGE / 2) / RATE_PAGE;
}

const char *
rate_text(char out[8], uint64_t rate)
{
	double pages = (double)rate / (double)RATE_PAGE;
	char text[16] = "";

	if (pages >= 9.95)
		return count_text(out, rate_pages(rate));
	if (pages < 0.01)
		return strcpy(out, pages < 0.0001 ? "0" : "<0.01");
	snprintf(text, sizeof(text), "%.2g", pages);
	return memcpy(out, text, 8);
}

void
rate_begin(struct rate *r, uint64_t now)
{
	*r = (struct rate){.from_ns = now, .until_ns = now};
}

static uint64_t
rate_second_of(const struct rate *r, uint64_t at)
{
	return (at - r->from_ns) / TIME_SECOND;
}

/* The oldest second kept. */
static uint64_t
rate_oldest(const struct rate *r)
{
	uint64_t head = rate_second_of(r, r->until_ns);

	return head < RATE_SECONDS ? 0 : head - RATE_SECONDS;
}

static void
rate_put(struct rate *r, uint64_t second, uint64_t rate)
{
	uint64_t *slot = &r->rate[second % RATE_SLOTS];

	*slot = u64_min(*slot + rate, RATE_MOST);
}

/* Of `rate`, spread evenly over [from, to), the part that falls before `at`. */
static uint64_t
rate_due(uint64_t rate, uint64_t from, uint64_t to, uint64_t at)
{
	if (at <= from)
		return 0;
	return at >= to ? rate
	                : (uint64_t)((double)rate * ((double)(at - from) / (double)(to - from)));
}

void
rate_add(struct rate *r, uint64_t now, uint64_t pages)
{
	uint64_t from = r->until_ns, all = u64_min(pages, RATE_MOST / RATE_PAGE) * RATE_PAGE;
	uint64_t head, last;

	if (!r->from_ns)
		return;
	head = rate_second_of(r, from);
	if (now <= from) {
		rate_put(r, head, all);
		return;
	}
	r->until_ns = now;
	last = rate_second_of(r, now);
	for (uint64_t s = u64_max(head + 1, rate_oldest(r)); s <= last; s++)
		r->rate[s % RATE_SLOTS] = 0;
	/* differences of cumulative sums, so that rounding loses nothing */
	for (uint64_t s = u64_max(head, rate_oldest(r)); s <= last; s++)
		rate_put(r, s,
		         rate_due(all, from, now, r->from_ns + (s + 1) * TIME_SECOND) -
		             rate_due(all, from, now, r->from_ns + s * TIME_SECOND));
}

bool
rate_over(const struct rate *r, unsigned seconds, uint64_t *rate)
{
	uint64_t head, into, sum;

	if (!r->from_ns || r->until_ns - r->from_ns < TIME_SECOND)
		return false;
	head = rate_second_of(r, r->until_ns);
	into = (r->until_ns - r->from_ns) % TIME_SECOND;
	seconds = (unsigned)u64_max(u64_min(seconds, u64_min(head, RATE_SECONDS)), 1);
	sum = r->rate[head % RATE_SLOTS];
	for (unsigned k = 1; k < seconds; k++)
		sum += r->rate[(head - k) % RATE_SLOTS];
	/* rounded down as in rate_due(), which leaves the remainder to the next second */
	sum += (uint64_t)((double)r->rate[(head - seconds) % RATE_SLOTS] *
	                  ((double)(TIME_SECOND - into) / (double)TIME_SECOND));
	*rate = rounded(sum, seconds);
	return true;
}

void
rate_set_now(struct rate *r, uint64_t pages, uint64_t ns)
{
	r->is_set = true;
	r->now = rate_of(pages, ns);
}

bool
rate_now(const struct rate *r, uint64_t *rate)
{
	if (!r->is_set)
		return rate_over(r, 1, rate);
	*rate = r->now;
	return true;
}

bool
rate_peak(const struct rate *r, uint64_t *peak, uint64_t *mean)
{
	uint64_t head = r->from_ns ? rate_second_of(r, r->until_ns) : 0, sum = 0, first;

	*peak = *mean = r->is_set ? r->now : 0;
	if (!head)
		return r->is_set;
	first = rate_oldest(r);
	for (uint64_t s = first; s < head; s++) {
		*peak = u64_max(*peak, r->rate[s % RATE_SLOTS]);
		sum += r->rate[s % RATE_SLOTS];
	}
	*mean = rounded(sum, head - first);
	return true;
}

void
rate_series(const struct rate *r, unsigned n, uint64_t *out)
{
	uint64_t width = RATE_SECONDS / n, head = r->from_ns ? rate_second_of(r, r->until_ns) : 0;
	uint64_t end = (head + width - 1) / width; /* columns that have begun */

	for (unsigned i = 0; i < n; i++) {
		uint64_t sum = 0, seconds = 0;

		for (uint64_t k = 0; end + i >= n && k < width; k++) {
			uint64_t s = (end + i - n) * width + k;

			if (s >= head || s < rate_oldest(r))
				continue;
			sum += r->rate[s % RATE_SLOTS];
			seconds++;
		}
		out[i] = seconds ? rounded(sum, seconds) : RATE_UNKNOWN;
	}
}

void
rate_heights(const uint64_t *series, unsigned n, unsigned high, uint8_t *out)
{
	static const uint64_t ROUNDING = 2; /* what rate_due() left to another second */
	uint64_t most = 0;

	for (unsigned i = 0; i < n; i++)
		if (series[i] != RATE_UNKNOWN)
			most = u64_max(most, series[i]);
	for (unsigned i = 0; i < n; i++)
		out[i] = series[i] == RATE_UNKNOWN ? RATE_NO_HEIGHT
		           : series[i] ? (uint8_t)steps(series[i] + ROUNDING, most, high)
		                       : 0;
}
