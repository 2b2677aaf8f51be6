/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/migrate.h"

#include <math.h>

#include "base/util.h"

static const double SHRINKS =
    0.99; /* a round that leaves more than this share of the one before is the last */
static const double MAX_BITS = 1e15;

void
curve_add(struct curve *c, uint64_t ns, uint64_t pages)
{
	if (!ns)
		return;
	if (c->n == CURVE_POINTS)
		c->n--;
	c->p[c->n].ns = ns;
	c->p[c->n++].pages = pages;
}

static double
migrate_between(const struct curve *c, unsigned i, double ns)
{
	double x0 = (double)c->p[i].ns, y0 = (double)c->p[i].pages;
	double x1 = (double)c->p[i + 1].ns, y1 = (double)c->p[i + 1].pages;

	return y0 + (y1 - y0) * (ns - x0) / (x1 - x0);
}

static double
migrate_before_first(const struct curve *c, double ns)
{
	double x = (double)c->p[0].ns, y = (double)c->p[0].pages, power = 1;

	if (y <= 0 || ns <= 0)
		return 0;
	if (c->n > 1)
		power = log((double)c->p[1].pages / y) / log((double)c->p[1].ns / x);
	return y * pow(ns / x, power < 0 ? 0 : power > 1 ? 1 : power);
}

double
curve_at(const struct curve *c, double ns)
{
	double last, half;

	if (!c->n)
		return 0;
	if (ns < (double)c->p[0].ns)
		return migrate_before_first(c, ns);
	for (unsigned i = 0; i + 1 < c->n; i++)
		if (ns <= (double)c->p[i + 1].ns)
			return migrate_between(c, i, ns);
	last = (double)c->p[c->n - 1].ns;
	half = curve_at(c, last / 2);
	return (double)c->p[c->n - 1].pages +
	       ((double)c->p[c->n - 1].pages - half) * (ns - last) / (last / 2);
}

static uint64_t
migrate_whole(double x)
{
	return x < 18446744073709549568.0 ? (uint64_t)x : UINT64_MAX;
}

/*
 * The rounds at a number of bits per second; in each, `always` is written in addition. Returns
 * whether they end.
 */
static bool
migrate_run(const struct curve *c, double always, double pages, double page_size, double bits,
            double downtime, struct migrate *out)
{
	double left = pages, sent = 0, ns = 0, page_ns = page_size * 8e9 / bits;

	*out = (struct migrate){0};
	while (left * page_ns > downtime && out->rounds < MIGRATE_ROUNDS) {
		double took = left * page_ns, next = curve_at(c, took) + always;

		if (next > pages)
			next = pages;
		out->beyond |= took > (double)c->p[c->n - 1].ns;
		out->rounds++;
		sent += left;
		ns += took;
		if (next > left * SHRINKS) {
			left = next < left ? next : left;
			break;
		}
		left = next;
	}
	out->converges = left * page_ns <= downtime;
	out->last_bytes = migrate_whole(left * page_size);
	out->bytes = migrate_whole((sent + left) * page_size);
	out->ns = migrate_whole(ns + left * page_ns);
	out->downtime_ns = migrate_whole(left * page_ns);
	return out->converges;
}

/* The slowest link that is enough, to 1 %. */
static uint64_t
migrate_need_bits(const struct curve *c, double pages, double page_size, double bits,
                  double downtime)
{
	struct migrate ignored;
	double no = bits, yes = bits;

	while (!migrate_run(c, 0, pages, page_size, yes, downtime, &ignored)) {
		no = yes;
		yes *= 2;
		if (yes > MAX_BITS)
			return 0;
	}
	while (yes / no > 1.01) {
		double mid = sqrt(no * yes);

		if (migrate_run(c, 0, pages, page_size, mid, downtime, &ignored))
			yes = mid;
		else
			no = mid;
	}
	return migrate_whole(yes);
}

void
migrate_estimate(const struct curve *c, uint64_t pages, uint64_t unknown, uint64_t page_size,
                 const struct migrate_link *link, struct migrate *out)
{
	double p = (double)pages, size = (double)page_size, down = (double)link->downtime_ns;
	double bits = (double)u64_max(link->bits, 1);

	if (!migrate_run(c, (double)unknown, p, size, bits, down, out)) {
		if (!migrate_run(c, 0, p, size, bits, down, out))
			out->need_bits = migrate_need_bits(c, p, size, bits, down);
		else
			out->unsure = true;
	}
	out->unknown = unknown * page_size;
}

/* --- in words --------------------------------------------------------------------------------- */

void
migrate_bits(struct buf *b, uint64_t bits)
{
	static const char *const units[] = {"b/s", "kb/s", "Mb/s", "Gb/s", "Tb/s"};
	double v = (double)bits;
	unsigned u = 0;

	for (; v >= 1000 && u + 1 < ARRAY_LEN(units); u++)
		v /= 1000;
	buf_fmt(b, "%.3g %s", v, units[u]);
}

void
migrate_time(struct buf *b, uint64_t ns)
{
	double s = (double)ns / 1e9;

	if (s < 0.001)
		buf_str(b, ns ? "< 1 ms" : "0 ms");
	else if (s < 0.9995)
		buf_fmt(b, "%.0f ms", s * 1000);
	else if (s < 600)
		buf_fmt(b, "%.1f s", s);
	else if (s < 36000)
		buf_fmt(b, "%.0f min", s / 60);
	else
		buf_fmt(b, "%.0f h", s / 3600);
}

void
migrate_sentence(struct buf *out, const struct migrate *m, const struct migrate_link *link)
{
	char size[8];

	migrate_bits(out, link->bits);
	if (m->unsure) {
		buf_fmt(out, ": may not converge: writes to %s are not known",
		        size_text(size, m->unknown));
		return;
	}
	if (!m->rounds && m->converges) {
		buf_fmt(out, ": needs no round: %s, downtime ", size_text(size, m->last_bytes));
		migrate_time(out, m->downtime_ns);
	} else if (m->converges) {
		buf_fmt(out, ": converges in %u round%s: %s in ", m->rounds, plural(m->rounds),
		        size_text(size, m->bytes));
		migrate_time(out, m->ns);
		buf_str(out, ", downtime ");
		migrate_time(out, m->downtime_ns);
	} else {
		buf_fmt(out, ": does not converge: while %s is sent, which takes ",
		        size_text(size, m->last_bytes));
		migrate_time(out, m->downtime_ns);
		buf_str(out, ", as much is written again");
		if (m->need_bits) {
			buf_str(out, m->unknown ? "; needs at least " : "; needs ");
			migrate_bits(out, m->need_bits);
		}
	}
	if (m->unknown)
		buf_fmt(out,
		        m->converges ? "; counts the %s not known as written again"
		                     : "; writes to %s are not known",
		        size_text(size, m->unknown));
}
