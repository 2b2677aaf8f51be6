/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer about a live migration: how much there is to send, and how it would proceed at the
 * measured write rate.
 */
#include "query/answer_query.h"

#include "target/walk.h"
#include "target/writes.h"

static const char migrate_in_bits[] = "bits a second";

static int
answer_count_to_send(struct target *t, const struct vma_list *vmas, uint64_t *pages,
                     struct err *err)
{
	struct walk_options o = {0};
	uint64_t by_state[STATE_COUNT] = {0};

	progress_begin(t->progress, vma_mapped(vmas, 0, UINT64_MAX));
	for (size_t i = 0; i < vmas->n; i++)
		if (walk_count(t, &vmas->v[i], vmas->v[i].start, vmas->v[i].end, &o, by_state,
		               err) != 0)
			return -1;
	*pages = writes_to_send(by_state);
	return 0;
}

/* Rounded, as the sentence is. */
static void
answer_add_ms(struct answer *a, const char *key, uint64_t ns)
{
	answer_add_number(a, key, (ns + 500000) / 1000000);
}

static void
answer_facts_lacking(struct answer *a, const char *why)
{
	static const char *const keys[] = {"converges", "rounds", "bytes_sent", "total_ms",
	                                   "downtime_ms"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		answer_add_unknown(a, keys[i], why);
}

static void
answer_facts_migrate(struct answer *a, const struct curve *c, const struct migrate *m,
                     size_t page_size)
{
	answer_add_ms(a, "measured_ms", c->p[c->n - 1].ns);
	answer_add_number(a, "bytes_written", c->p[c->n - 1].pages * page_size)->note =
	    "in that time, each page once";
	answer_add_number(a, "bytes_unknown", m->unknown)->note = "not known whether written";
	if (m->unsure) {
		answer_facts_lacking(a, "writes to some of its memory are not known");
		return;
	}
	answer_add_number(a, "converges", m->converges)->note =
	    m->beyond ? "(a round takes longer than the measurement)" : NULL;
	answer_add_number(a, "rounds", m->rounds);
	answer_add_number(a, "bytes_sent", m->bytes);
	answer_add_ms(a, "total_ms", m->ns);
	answer_add_ms(a, "downtime_ms", m->downtime_ns);
	if (m->need_bits)
		answer_add_number(a, "needs", m->need_bits)->note = migrate_in_bits;
}

struct answer *
answer_migrate(struct target *t, const struct vma_list *vmas, const struct query *q,
               struct err *err)
{
	const char *why;
	struct migrate m;
	struct answer *a;
	struct curve c;
	struct buf b = {0};
	uint64_t pages;
	char size[8];
	bool cleared = writes_curve(&t->track, vmas, t->page_size, t->track.scanned_ns, &c);

	if (answer_count_to_send(t, vmas, &pages, err) < 0)
		return NULL;
	a = answer_new();
	answer_add_number(a, "bandwidth", q->link.bits)->note = migrate_in_bits;
	answer_add_ms(a, "downtime_limit_ms", q->link.downtime_ns);
	answer_add_number(a, "bytes_to_send", pages * t->page_size);
	why = writes_lacks(&c, cleared, writes_of_part(&t->track));
	if (!cleared && source_is_past(t->source))
		why = "writes were not recorded";
	if (why) {
		answer_facts_lacking(a, why);
		buf_fmt(&b, "%s to send, ", size_text(size, pages * t->page_size));
		migrate_time(&b, (uint64_t)((double)pages * (double)t->page_size * 8e9 /
		                            (double)q->link.bits));
		buf_str(&b, " at ");
		migrate_bits(&b, q->link.bits);
		buf_fmt(&b, "; writes meanwhile are not known: %s", why);
	} else {
		migrate_estimate(&c, pages, t->track.unknown.pages, t->page_size, &q->link, &m);
		answer_facts_migrate(a, &c, &m, t->page_size);
		migrate_sentence(&b, &m, &q->link);
	}
	a->line = b.s;
	return a;
}
