/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -e: answers as the prompt does. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "batch/batch_state.h"
#include "config/topics.h"
#include "query/answer.h"
#include "query/answer_query.h"
#include "views/answer_data.h"
#include "views/answer_text.h"

static void
batch_print_answer(const struct answer *a, bool ascii, bool last)
{
	struct buf b = {0};

	answer_text_all(a, ascii, &b);
	printf("%s%s", b.s, last ? "" : "\n");
	buf_free(&b);
}

static void
batch_print_json_answers(const struct options *o, struct answer *const *a)
{
	struct json j = {0};

	json_object(&j, JSON_LINES);
	json_key(&j, "answers");
	json_array(&j, JSON_LINES);
	for (size_t i = 0; i < o->queries_n; i++)
		answer_json(&j, o->queries[i], a[i]);
	json_close(&j);
	json_close(&j);
	json_flush(&j, stdout);
	json_free(&j);
}

static const char batch_clear_by_watch[] = "--watch watches and reports in one call";

/* The reason, and what helps: a tracker whose marks end with pmtop may work, though. */
static int
batch_cannot_clear(const struct track *t, struct err *err)
{
	bool watches = false;

	for (unsigned i = 0; i < TRACKERS; i++)
		watches |= t->status[i].can != TRACK_NO && tracker_caps(i) & TRACKER_LOSSLESS;
	return err_set(err, ERR_TARGET, t->why, watches ? batch_clear_by_watch : t->how,
	               "cannot clear for a later call");
}

/*
 * Only for trackers whose marks outlive pmtop: a userfaultfd watch ends with it, and contents would
 * never be compared.
 */
static int
batch_check_clear(struct batch *b, struct err *err)
{
	struct track *t = &b->t.track;

	if (b->o->recording)
		return err_set(err, ERR_TARGET, "this is a recording", "ask a running process",
		               "cannot clear the write marks");
	if (b->o->tracker != TRACKER_AUTO && b->o->tracker != tracker_lasting())
		return err_set(err, ERR_USAGE, "only soft-dirty bits outlive pmtop",
		               batch_clear_by_watch,
		               "cannot clear by --tracker %s",
		               tracker_words((enum tracker)b->o->tracker)->name);
	if (t->owner == TRACK_DEMO)
		return batch_tracker(b, err);
	track_choose(t, tracker_lasting());
	if (t->can == TRACK_UNKNOWN)
		target_probe_trackers(&b->t);
	return t->can == TRACK_NO ? batch_cannot_clear(t, err) : batch_tracker(b, err);
}

/* help [WORD] */
static struct answer *
batch_help(const char *word, struct err *err)
{
	static const struct answer_column columns[] = {{"KIND", ANSWER_TEXT},
	                                               {"NAME", ANSWER_TEXT},
	                                               {"MEANING", ANSWER_TEXT}};
	struct topics found;
	struct answer *a;
	struct buf b = {0};

	if (topics_find(word, &found, err) < 0)
		return NULL;
	a = answer_new();
	answer_table(a, "topics", columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < found.n; i++) {
		const char *cells[] = {found.v[i].kind, found.v[i].name, found.v[i].help};

		for (size_t k = 0; k < ARRAY_LEN(cells); k++) {
			buf_str(&b, cells[k]);
			answer_cell(a, &b);
		}
	}
	buf_fmt(&b, "%zu %s%s%s", found.n, word[0] ? "meaning" : "quer",
	        word[0] ? plural(found.n) : "ies", word[0] ? " of " : "");
	buf_str(&b, word);
	a->line = b.s;
	topics_free(&found);
	return a;
}

static struct answer *
batch_answer_one(struct batch *b, const char *text, struct err *err)
{
	struct query q;
	bool good = query_parse(text, b->t.page_size, &q, err) == 0;

	if (good && b->o->read_only && query_changes(q.kind)) {
		err_set(err, ERR_USAGE, options_read_only, "leave one out", "cannot ask \"%s\"",
		        text);
		return NULL;
	}
	if (good && q.kind == QUERY_CLEAR && batch_check_clear(b, err) < 0)
		return NULL;
	if (good && q.kind == QUERY_HELP) {
		struct answer *a = batch_help(text + q.rest, err);

		if (!a)
			err->column = (int)q.rest + 1;
		return a;
	}
	if (answer_needs_writes(text, b->t.page_size))
		batch_know_written(b);
	return answer_query(&b->t, &b->vmas, text, err);
}

/*
 * What compares with the last time is asked before the interval, too. *writes: others are asked as
 * well, for which writes are watched.
 */
int
batch_query_first(struct batch *b, bool *writes, struct err *err)
{
	*writes = false;
	for (size_t i = 0; i < b->o->queries_n; i++) {
		struct answer *a;
		struct query q;

		if (query_parse(b->o->queries[i], b->t.page_size, &q, err) < 0)
			return -1;
		if (q.kind != QUERY_UNSHARED) {
			*writes = true;
			continue;
		}
		a = batch_answer_one(b, b->o->queries[i], err);
		if (!a)
			return -1;
		answer_unref(a);
	}
	return 0;
}

/*
 * Computes the answers before printing any, because half a JSON document is useless, and so are
 * answers about a process that ended meanwhile, unless they are about what was until then. As text,
 * those before the first that failed stand.
 */
int
batch_query(struct batch *b, struct err *err)
{
	struct answer *a[QUERIES_MAX] = {NULL};
	struct err gone;
	size_t n = 0;
	bool alive, all, stand = true;

	while (n < b->o->queries_n && (a[n] = batch_answer_one(b, b->o->queries[n], err)))
		n++;
	all = n == b->o->queries_n;
	alive = batch_check_alive(b, all ? err : &gone) == 0;
	for (size_t i = 0; i < n; i++)
		stand &= alive || a[i]->stands;
	if (stand && all && b->o->format == FORMAT_JSON)
		batch_print_json_answers(b->o, a);
	if (stand && all && b->o->format == FORMAT_CSV) /* there is one */
		all = answer_csv(a[0], stdout, err) == 0;
	for (size_t i = 0; i < n; i++) {
		if ((alive || a[i]->stands) && b->o->format == FORMAT_TABLE)
			batch_print_answer(a[i], b->o->ascii, i + 1 == n);
		answer_unref(a[i]);
	}
	return stand && all ? 0 : -1;
}
