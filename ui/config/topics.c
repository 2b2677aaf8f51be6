/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/topics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/guess.h"
#include "base/util.h"
#include "config/options.h"
#include "config/settings.h"
#include "filter/filter.h"
#include "kernel/flags.h"
#include "kernel/smaps.h"
#include "page/lens.h"
#include "page/state.h"
#include "query/query.h"
#include "table/columns.h"
#include "term/keys.h"
#include "track/track.h"

struct topics_search {
	struct topics *found;
	const char *word;
	struct guess near;
};

static void
topics_add(struct topics_search *s, const char *kind, const char *shown, const char *help)
{
	struct topics *t = s->found;

	t->v = vec_room(t->v, t->n, &t->cap, sizeof(*t->v));
	t->v[t->n++] = (struct topic){kind, mem_strdup(shown), mem_strdup(help)};
}

/* names: separated by blanks. */
static void
topics_try_as(struct topics_search *s, const char *kind, const char *names, const char *shown,
              const char *help)
{
	for (const char *at = names; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");

		guess_try(&s->near, at, n);
		at += n;
	}
	if (!s->word[0] || lex_is_one_of(names, s->word, strlen(s->word)))
		topics_add(s, kind, shown, help);
}

static void
topics_try(struct topics_search *s, const char *kind, const char *name, const char *help)
{
	topics_try_as(s, kind, name, name, help);
}

/* By its verb, or by the word that its form begins with; all of them for "". */
static void
topics_of_queries(struct topics_search *s)
{
	size_t n;
	const struct query_form *f = query_forms(&n);

	for (size_t i = 0; i < n; i++) {
		char word[32];

		snprintf(word, sizeof(word), "%.*s", (int)strcspn(f[i].form, " :[+.,"), f[i].form);
		topics_try_as(s, "query", word, f[i].form, f[i].help);
	}
}

static void
topics_of_filters(struct topics_search *s)
{
	size_t n;
	const struct filter_row *f = filter_table(&n);
	static const char *const kinds[][2] = {[FILTER_PAGE] = {"page field", "page word"},
	                                       [FILTER_REGION] = {"region field", "region word"},
	                                       [FILTER_PAGE | FILTER_REGION] = {"field", "word"}};

	for (size_t i = 0; i < n; i++)
		topics_try_as(s, kinds[f[i].scope][f[i].kind == FILTER_WORD], f[i].names,
		              f[i].names, f[i].help);
}

static void
topics_of_columns(struct topics_search *s)
{
	static const char *const sets[] = {[SET_REGION] = "--list",
	                                   [SET_PAGE] = "--pages",
	                                   [SET_WATCH] = "--watch",
	                                   [SET_CAUSE] = "--watch --by",
	                                   [SET_GROWTH] = "--grow",
	                                   [SET_BROUGHT] = "--grow --by",
	                                   [SET_TOUCHED] = "--touched",
	                                   [SET_SHARE] = "--who",
	                                   [SET_DIFF] = "--diff",
	                                   [SET_DIFFER] = "--diff --pages",
	                                   [SET_HEAT] = "--heat",
	                                   [SET_LIST] = "list"};

	for (unsigned id = 0; id < COL_COUNT; id++) {
		const struct column *c = column_row((enum column_id)id);
		struct buf help = {0};

		column_help(c, &help);
		topics_try(s, sets[c->set], c->title, help.s);
		buf_free(&help);
	}
}

static void
topics_of_pages(struct topics_search *s)
{
	size_t n;
	const struct flag *f = flag_table(&n);

	for (unsigned i = 0; i < STATE_COUNT; i++)
		topics_try(s, "state", state_row((enum state)i)->name,
		           state_row((enum state)i)->help);
	for (size_t i = 0; i < n; i++)
		topics_try(s, f[i].source == FLAG_KPF ? "kpageflags" : "pagemap", f[i].name,
		           f[i].words);
}

static void
topics_of_screen(struct topics_search *s)
{
	size_t n;
	const struct setting *settings = setting_table(&n);

	for (unsigned i = 0; i < LENS_COUNT; i++)
		topics_try(s, "lens", lens_row((enum lens)i)->name,
		           lens_row((enum lens)i)->question);
	for (size_t i = 0; i < n; i++)
		topics_try(s, "setting", settings[i].name, settings[i].help);
	for (unsigned i = 0; i < TRACKERS; i++)
		topics_try(s, "tracker", tracker_words((enum tracker)i)->name,
		           tracker_words((enum tracker)i)->help);
}

static void
topics_of_vmflags(struct topics_search *s)
{
	size_t n;
	const struct vmflag *f = smaps_flags(&n);

	for (size_t i = 0; i < n; i++)
		topics_try(s, "VmFlags", f[i].code, f[i].words);
}

static void
topics_of_regions(struct topics_search *s)
{
	for (unsigned t = 0; t < VMA_TYPES; t++)
		topics_try(s, "type of region", vma_type_name((enum vma_type)t),
		           vma_type_help((enum vma_type)t));
	for (unsigned by = QUERY_BY_NOTHING + 1; by < QUERY_BYS; by++)
		topics_try(s, "count by", query_by_row((enum query_by)by)->name,
		           query_by_row((enum query_by)by)->help);
	for (unsigned i = 0; i < QUERY_SUMS; i++)
		topics_try(s, "sum", query_sum_name((enum query_sum)i),
		           query_sum_help((enum query_sum)i));
}

/* Whether a lens before l has a class of the same name: it was added then. */
static bool
topics_has_class(unsigned l, unsigned c)
{
	const char *name = lens_class((enum lens)l, c).name;

	while (--l > LENS_STATE)
		for (unsigned i = 0; i < lens_classes((enum lens)l); i++)
			if (!strcmp(lens_class((enum lens)l, i).name, name))
				return true;
	return false;
}

/* One that several lenses have, once. */
static void
topics_add_class(struct topics_search *s, unsigned l, unsigned c)
{
	const char *name = lens_class((enum lens)l, c).name;
	struct buf lenses = {0}, help = {0};
	unsigned n = 0;

	if (s->word[0] && strcasecmp(name, s->word) != 0)
		return;
	for (; l < LENS_COUNT; l++)
		for (unsigned i = 0; i < lens_classes((enum lens)l); i++)
			if (!strcmp(lens_class((enum lens)l, i).name, name))
				buf_fmt(&lenses, "%s%s", n++ ? ", " : "",
				        lens_row((enum lens)l)->name);
	buf_fmt(&help, "a colour of the lens%s %s", n > 1 ? "es" : "", lenses.s);
	topics_add(s, "class", name, help.s);
	buf_free(&lenses);
	buf_free(&help);
}

/* The classes have names of several words. Those of the first lens are the states. */
static void
topics_of_classes(struct topics_search *s)
{
	for (unsigned l = LENS_STATE + 1; l < LENS_COUNT; l++)
		for (unsigned c = 0; c < lens_classes((enum lens)l); c++)
			if (!topics_has_class(l, c))
				topics_add_class(s, l, c);
}

/* Whether the row has the key; upper and lower case are different ones. */
static bool
topics_has_key(const struct key_row *row, const char *key)
{
	size_t len = strlen(key);

	for (const char *k = row->keys; *k; k += strspn(k, " ")) {
		size_t n = strcspn(k, " ");

		if (n == len && !memcmp(k, key, n))
			return true;
		k += n;
	}
	return false;
}

/* What a key does, and in which views: some rows say the same of different views. */
static void
topics_of_keys(struct topics_search *s)
{
	size_t n;
	const struct key_row *rows = key_table(&n);
	bool *done = mem_alloc(n + 1);

	for (size_t i = 0; i < n && s->word[0]; i++) {
		struct buf help = {0};
		const char *between = "; in ";

		if (done[i] || !topics_has_key(&rows[i], s->word))
			continue;
		buf_str(&help, rows[i].words);
		for (size_t k = i; k < n; k++) {
			if (strcmp(rows[k].words, rows[i].words) != 0 ||
			    !topics_has_key(&rows[k], s->word))
				continue;
			done[k] = true;
			for (const char *v = rows[k].views; *v && *v != '*'; v++) {
				buf_fmt(&help, "%s%s", between, key_view_name(*v));
				between = ", ";
			}
		}
		topics_add(s, "key", s->word, help.s);
		buf_free(&help);
	}
	free(done);
}

/* Of the command line: only of a word that is nothing else, as --help lists them. */
static void
topics_of_options(struct topics_search *s)
{
	size_t n;
	const struct option_row *o = option_table(&n);
	bool alone = s->word[0] && !s->found->n;
	char text[64];

	for (size_t i = 0; i < n && alone; i++) {
		if (o[i].group == OPTION_HIDDEN)
			continue;
		option_text(&o[i], text, sizeof(text));
		topics_try_as(s, "option", o[i].name, text + strspn(text, " "), o[i].help);
	}
}

enum { TOPICS_TABLES = 10 };

/* The first n; the first of all are the queries. */
static void
topics_of_tables(struct topics_search *s, size_t n)
{
	static void (*const tables[TOPICS_TABLES])(struct topics_search *) = {
	    topics_of_queries, topics_of_filters, topics_of_columns,
	    topics_of_pages,   topics_of_regions, topics_of_screen,
	    topics_of_classes, topics_of_vmflags, topics_of_keys,
	    topics_of_options,
	};

	for (size_t i = 0; i < n; i++)
		tables[i](s);
}

void
topics_all(struct topics *out)
{
	struct topics_search s = {.found = out, .word = "", .near = {.name = ""}};

	*out = (struct topics){0};
	topics_of_tables(&s, TOPICS_TABLES);
}

int
topics_find(const char *word, struct topics *out, struct err *err)
{
	struct topics_search s = {.found = out,
	                          .word = word,
	                          .near = {.name = word,
	                                   .best = 4,
	                                   .how = "`help` alone lists the queries; the manual has "
	                                          "the rest"}};

	*out = (struct topics){0};
	topics_of_tables(&s, word[0] ? TOPICS_TABLES : 1);
	if (out->n)
		return 0;
	err_set(err, ERR_USAGE, "pmtop has no such word", s.near.how, "no help on %.60s", word);
	return -1;
}

void
topics_free(struct topics *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i].name);
		free(t->v[i].help);
	}
	free(t->v);
}
