/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer to `unshared`: what a family of forks shares and no longer does, by region. */
#include "query/answer_query.h"

#include <stdlib.h>

#include "query/answer_who.h"
#include "share/unshared.h"
#include "target/code.h"

static void
answer_cells_unshared(struct answer *a, const struct unshared *u, const struct unshared_pages *n)
{
	answer_cell_number(a, n->shared * u->page_size);
	answer_cell_number(a, n->unshared * u->page_size);
	answer_cell_number(a, n->ours * u->page_size);
	answer_cell_number(a, n->theirs * u->page_size);
}

/* Bytes a second; false: there was no earlier answer about it. */
static bool
answer_rate_unshared(const struct unshared *u, bool compared, uint64_t lost, uint64_t *rate)
{
	static const double second = 1e9;

	*rate = compared ? (uint64_t)((double)(lost * u->page_size) * second / (double)u->ns) : 0;
	return compared;
}

static void
answer_cell_rate(struct answer *a, const struct unshared *u, bool compared, uint64_t lost)
{
	struct buf b = {0};
	uint64_t rate;

	if (answer_rate_unshared(u, compared, lost, &rate))
		buf_dec(&b, rate);
	answer_cell(a, &b);
}

static void
answer_table_unshared(struct answer *a, const struct unshared *u)
{
	static const struct answer_column columns[] = {
	    {"PID", ANSWER_NUMBER},    {"RELATION", ANSWER_TEXT}, {"START", ANSWER_TEXT},
	    {"END", ANSWER_TEXT},      {"SHARED", ANSWER_SIZE},   {"UNSHARED", ANSWER_SIZE},
	    {"SELF-ONLY", ANSWER_SIZE}, {"RELATIVE-ONLY", ANSWER_SIZE}, {"RATE", ANSWER_SIZE},
	    {"MAPPING", ANSWER_TEXT}};

	answer_table(a, "regions", columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < u->rows; i++) {
		const struct unshared_row *row = &u->row[i];
		const struct unshared_relative *r = &u->relative[row->of];

		answer_cell_number(a, (uint64_t)r->pid);
		answer_cell_text(a, r->parent ? "parent" : "child");
		answer_cell_hex(a, true, row->v->start);
		answer_cell_hex(a, true, row->v->end);
		answer_cells_unshared(a, u, &row->n);
		answer_cell_rate(a, u, row->compared, row->lost);
		answer_cell_text(a, vma_shown_name(row->v));
	}
}

/* --- who unshared it -------------------------------------------------------------------------- */

static void
answer_row_unsharer(struct answer *a, const struct unshared *u, size_t of, pid_t pid,
                    const char *function, uint64_t pages)
{
	const struct unshared_relative *r = &u->relative[of];
	struct buf b = {0};

	answer_cell_number(a, (uint64_t)r->pid);
	answer_cell_text(a, r->parent ? "parent" : "child");
	if (pid)
		buf_dec(&b, (uint64_t)pid);
	answer_cell(a, &b);
	answer_cell_text(a, function);
	answer_cell_number(a, pages);
	answer_cell_number(a, pages * u->page_size);
}

/* The code of a relative is where the target's is: that came with the fork. */
static void
answer_unsharer_words(struct target *t, const struct vma_list *vmas,
                      const struct unshared_writer *w, struct codes *codes, struct buf *out)
{
	struct causes_chain chain;

	if (w->reads) {
		buf_str(out, "only reads seen");
	} else if (w->several) {
		buf_str(out, "several candidates");
	} else {
		causes_chain(t->family, w->chain, &chain);
		code_leaf(codes, t, vmas, &chain, false, out);
		free(chain.frames);
	}
}

static void
answer_rows_unsharer(struct answer *a, struct target *t, const struct vma_list *vmas,
                     const struct unshared *u, struct codes *codes)
{
	uint64_t now = source_now(t->source);

	for (size_t i = 0; i < u->writers; i++) {
		const struct unshared_writer *w = &u->writer[i];
		uint64_t since = now > w->first_ns ? (now - w->first_ns) / 1000000 : 0;
		struct buf words = {0};

		answer_unsharer_words(t, vmas, w, codes, &words);
		answer_row_unsharer(a, u, w->of, w->pid, words.s, w->pages);
		buf_free(&words);
		if (w->reads)
			answer_cell_text(a, "");
		else
			answer_cell_number(a, since);
	}
}

static void
answer_table_unsharers(struct answer *a, struct target *t, const struct vma_list *vmas,
                       const struct unshared *u)
{
	static const struct answer_column columns[] = {
	    {"PID", ANSWER_NUMBER},    {"RELATION", ANSWER_TEXT}, {"WRITER", ANSWER_NUMBER},
	    {"FUNCTION", ANSWER_TEXT}, {"PAGES", ANSWER_NUMBER},  {"SIZE", ANSWER_SIZE},
	    {"SINCE_MS", ANSWER_NUMBER}};
	struct codes codes = {0};

	answer_table(a, "writers", columns, ARRAY_LEN(columns));
	answer_rows_unsharer(a, t, vmas, u, &codes);
	codes_free(&codes);
	for (size_t i = 0; i < u->relatives; i++) {
		uint64_t none = u->relative[i].turned;

		for (size_t k = 0; k < u->writers; k++)
			none -= u->writer[k].of == i ? u->writer[k].pages : 0;
		if (!none)
			continue;
		answer_row_unsharer(a, u, i, 0, u->sampled ? "not watched" : "no fault seen",
		                    none);
		answer_cell_text(a, "");
	}
}

static int
answer_refuse_unsharers(const struct target *t, struct err *err)
{
	struct causes_totals is;

	if (!t->family)
		return err_set(err, ERR_TARGET, "nothing is shared with its parent or a child",
		               "`unshared` says what is", "cannot tell who unshared it");
	causes_totals(t->family, &is);
	if (!is.watch.on)
		return err_set(err, ERR_TARGET, is.watch.why.why, is.watch.why.how,
		               "cannot tell who unshared it");
	return 0;
}

static void
answer_facts_unsharers(struct answer *a, const struct target *t, const struct unshared *u)
{
	struct causes_totals is;
	uint64_t turned = 0;
	bool any = false;

	for (size_t i = 0; i < u->relatives; i++) {
		turned += u->relative[i].turned;
		any |= u->relative[i].compared;
	}
	if (any)
		answer_add_number(a, "turned", turned)->note =
		    "pages shared when it was last asked, and unshared now";
	else
		answer_add_unknown(a, "turned", "watched from now on: ask again");
	causes_totals(t->family, &is);
	answer_facts_causes(a, &is);
}

/* --- in one line ------------------------------------------------------------------------------ */

static void
answer_say_unshared(struct buf *line, const struct unshared *u)
{
	char size[8];
	uint64_t rate;

	if (!u->relatives)
		buf_fmt(line, "shares no anonymous memory with its parent or a child%s",
		        u->reach.refused ? " that pmtop may read" : "");
	for (size_t i = 0; i < u->relatives; i++) {
		const struct unshared_relative *r = &u->relative[i];

		buf_fmt(line, "%s%s %d: ", i ? "; " : "", r->parent ? "parent" : "child",
		        (int)r->pid);
		buf_fmt(line, "%s shared, ", size_text(size, r->n.shared * u->page_size));
		buf_fmt(line, "%s unshared", size_text(size, r->n.unshared * u->page_size));
		if (answer_rate_unshared(u, r->compared, r->lost, &rate))
			buf_fmt(line, ", %s/s", size_text(size, rate));
	}
}

/* Of all relatives; a relative that ended meanwhile is not among them. */
static void
answer_facts_rate(struct answer *a, const struct unshared *u)
{
	uint64_t lost = 0, rate;
	bool any = false;

	for (size_t i = 0; i < u->relatives; i++) {
		lost += u->relative[i].lost;
		any |= u->relative[i].compared;
	}
	if (answer_rate_unshared(u, any, lost, &rate)) {
		answer_add_number(a, "rate", rate)->note = "bytes no longer shared, per second";
		answer_add_number(a, "rate_ms", u->ns / 1000000)->note =
		    "milliseconds since it was last asked";
	} else {
		answer_add_unknown(a, "rate", "not known before it is asked again");
	}
}

struct answer *
answer_unshared(struct target *t, const struct vma_list *vmas, const struct query *q,
                struct err *err)
{
	uint64_t start = 0, end = UINT64_MAX;
	struct buf line = {0};
	struct unshared *u;
	struct answer *a;

	if (q->from.column && query_range(q, vmas, t->page_size, &start, &end, err) < 0)
		return NULL;
	u = unshared_find(t, vmas, start, end, q->by, err);
	if (u && q->by && answer_refuse_unsharers(t, err) < 0) {
		unshared_free(u);
		return NULL;
	}
	if (!u)
		return NULL;
	a = answer_new();
	answer_add_number(a, "relatives", u->relatives)->note =
	    "its parent and children that share anonymous memory with it";
	answer_add_number(a, "others", u->strangers)->note =
	    "relatives that share nothing: they run another program";
	if (u->changed)
		answer_add_number(a, "changed", u->changed)->note =
		    "pages left out: they changed meanwhile";
	answer_facts_rate(a, u);
	answer_facts_reach(a, &u->reach);
	if (q->by) {
		answer_facts_unsharers(a, t, u);
		answer_table_unsharers(a, t, vmas, u);
	} else if (u->rows) {
		answer_table_unshared(a, u);
	}
	answer_say_unshared(&line, u);
	a->line = line.s;
	unshared_free(u);
	return a;
}
