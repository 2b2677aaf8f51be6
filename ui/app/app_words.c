/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What Tab completes at the prompt: the words that may stand there, each with what it means. */
#include "app/app_state.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "config/settings.h"
#include "config/topics.h"
#include "kernel/flags.h"
#include "model/list_columns.h"
#include "page/lens.h"
#include "page/state.h"
#include "query/query.h"
#include "term/prompt.h"
#include "views/view.h"

enum { WORDS_MAX = 1000 }; /* as many as anyone would read */

static void
words_add(struct app *a, const char *word, const char *help)
{
	struct app_prompt *p = &a->prompt;

	for (size_t i = 0; i < p->words_n; i++)
		if (!strcmp(p->words[i].text, word))
			return;
	if (p->words_n == WORDS_MAX)
		return;
	p->words = vec_room(p->words, p->words_n, &p->words_cap, sizeof(*p->words));
	p->words[p->words_n++] =
	    (struct prompt_word){.text = mem_strdup(word), .help = mem_strdup(help)};
}

void
app_prompt_free(struct app *a)
{
	struct app_prompt *p = &a->prompt;

	for (size_t i = 0; i < p->words_n; i++) {
		free((char *)p->words[i].text);
		free((char *)p->words[i].help);
	}
	free(p->words);
	p->words = NULL;
	p->words_n = p->words_cap = 0;
}

static void
words_add_verbs(struct app *a)
{
	size_t n;
	const struct query_form *q = query_forms(&n);

	for (size_t i = 0; i < n; i++)
		if (q[i].word[0])
			words_add(a, q[i].word, q[i].help);
}

static void
words_add_mappings(struct app *a)
{
	const struct sample *s = a->t.s;
	char name[128], help[48], size[8];

	for (size_t i = 0; s && s->regions && i < s->regions->vmas.n; i++) {
		const struct vma *v = &s->regions->vmas.v[i];

		if (!query_name_of(v, name, sizeof(name)) || strpbrk(name, " \t\033"))
			continue;
		snprintf(help, sizeof(help), "%s, %s at %llx",
		         vma_type_name((enum vma_type)v->type), size_text(size, vma_size(v)),
		         (unsigned long long)v->start);
		words_add(a, name, help);
	}
}

/* What a word of a filter means: it is in the filter's own table, or a flag, or a state. */
static const char *
words_filter_help(const char *name)
{
	size_t n, flags_n, len = strlen(name);
	const struct filter_row *rows = filter_table(&n);
	const struct flag *flags = flag_table(&flags_n);

	for (size_t i = 0; i < n; i++)
		for (const char *s = rows[i].names; *s; s += strcspn(s, " "), s += *s == ' ')
			if (strcspn(s, " ") == len && !strncmp(s, name, len))
				return rows[i].help;
	for (size_t i = 0; i < flags_n; i++)
		if (flags[i].source == FLAG_KPF && !strcmp(flags[i].name, name))
			return flags[i].words;
	for (unsigned s = 0; s < STATE_COUNT; s++)
		if (!strcmp(state_row((enum state)s)->name, name))
			return state_row((enum state)s)->words;
	for (unsigned t = 0; t < VMA_TYPES; t++)
		if (!strcmp(vma_type_name((enum vma_type)t), name))
			return vma_type_help((enum vma_type)t);
	return "";
}

static void
words_add_filter(struct app *a, enum filter_scope scope)
{
	size_t n, len;
	const struct filter_row *rows = filter_table(&n);
	char name[64];

	for (size_t i = 0; filter_word(scope, i, &len); i++) {
		snprintf(name, sizeof(name), "%.*s", (int)len, filter_word(scope, i, &len));
		words_add(a, name, words_filter_help(name));
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(rows[i].names, " "),
		         rows[i].names);
		if (rows[i].scope & scope && rows[i].kind != FILTER_WORD)
			words_add(a, name, rows[i].help);
	}
}

static void
words_add_keys(struct app *a, enum query_by most)
{
	for (unsigned by = QUERY_BY_NOTHING + 1; by <= most; by++)
		words_add(a, query_by_row((enum query_by)by)->name,
		          query_by_row((enum query_by)by)->help);
}

/* Whether the line before the word at `at` ends in this word. */
static bool
words_follow(const char *line, size_t at, const char *word)
{
	size_t n = strlen(word);

	while (at && line[at - 1] == ' ')
		at--;
	return at >= n && !strncasecmp(line + at - n, word, n) &&
	       (at == n || line[at - n - 1] == ' ');
}

/* --- after verbs ------------------------------------------------------------------------------ */

static void
words_add_lenses(struct app *a)
{
	for (unsigned l = 0; l < LENS_COUNT; l++)
		words_add(a, lens_row((enum lens)l)->name, lens_row((enum lens)l)->question);
}

/* The columns of the s menu, in lower case. */
static void
words_add_columns(struct app *a)
{
	for (size_t i = 0; i < LIST_COLUMNS; i++) {
		const struct column *c = list_column_row(i);
		char name[16];

		snprintf(name, sizeof(name), "%s", list_column_title(c));
		for (char *s = name; *s; s++)
			*s = (char)tolower((unsigned char)*s);
		if (c->letter)
			words_add(a, name, c->help);
	}
}

static void
words_add_settings(struct app *a)
{
	size_t n;
	const struct setting *s = setting_table(&n);

	for (size_t i = 0; i < n; i++)
		if (s[i].any_time)
			words_add(a, s[i].name, s[i].help);
}

static void
words_add_groups(struct app *a)
{
	words_add(a, "file", "the regions of each file together");
	words_add(a, "type", "the regions of each type together");
	words_add(a, "off", "by address");
}

static void
words_add_by(struct app *a)
{
	words_add(a, "function", "the functions that write");
	words_add(a, "thread", "the threads");
	words_add(a, "chain", "the functions and their callers");
	words_add(a, "region", "the regions, and who writes most of each");
}

static void
words_add_reads(struct app *a)
{
	words_add(a, "read", "reads the memory of the heaps, too");
}

static void
words_add_zooms(struct app *a)
{
	words_add(a, "in", "half as many pages a cell");
	words_add(a, "out", "twice as many pages a cell");
	words_add(a, "fit", "the whole region on the screen");
}

static void
words_add_off(struct app *a)
{
	words_add(a, "off", "never");
}

static void
words_add_ends(struct app *a)
{
	words_add(a, "off", "end it");
}

/* Those taken here, and those that were recorded. */
static void
words_add_snapshots(struct app *a)
{
	const struct timeline *t = a->t.s ? a->t.s->timeline : NULL;
	const size_t skip = strlen(TIMELINE_SNAPSHOT);
	char at[TIMELINE_TEXT], help[64];

	for (size_t i = 0; i < a->t.moments_n; i++)
		words_add(a, a->t.moments[i].name, "a snapshot");
	for (size_t i = 0; t && i < t->said_n; i++) {
		if (strncmp(t->said[i].text, TIMELINE_SNAPSHOT, skip) != 0)
			continue;
		snprintf(help, sizeof(help), "the snapshot of %s",
		         timeline_text(t, t->said[i].tick, at));
		words_add(a, t->said[i].text + skip, help);
	}
}

/* Of a recording; of a long one not each sample. */
static void
words_add_times(struct app *a)
{
	enum { MOST = 500 };
	const struct timeline *t = a->t.s ? a->t.s->timeline : NULL;
	char at[TIMELINE_TEXT], help[64];

	words_add_snapshots(a);
	if (!t)
		return;
	words_add(a, "start", "the first sample of the recording");
	words_add(a, "end", "the last one");
	for (size_t i = 0; i < t->n; i += t->n / MOST + 1) {
		snprintf(help, sizeof(help), "sample %zu of %zu", i + 1, t->n);
		words_add(a, timeline_word(t, i, at), help);
	}
}

static void
words_add_moments(struct app *a)
{
	words_add_times(a);
	words_add_ends(a);
}

static void
words_add_speeds(struct app *a)
{
	words_add(a, "1x", "as fast as it was recorded");
	words_add(a, "10x", "ten times as fast");
	words_add(a, "max", "as fast as it goes");
	words_add(a, "off", "stop");
}

/* In the grid a filter is of pages, elsewhere of regions. */
static void
words_add_filters(struct app *a)
{
	enum view_on on = view_row(ui_view(&a->ui))->on;

	words_add_filter(a, on == ON_PAGE || on == ON_BYTE ? FILTER_PAGE : FILTER_REGION);
	words_add(a, "off", "no filter");
}

static void
words_add_topics(struct app *a)
{
	struct topics all;

	words_add_verbs(a);
	topics_all(&all);
	for (size_t i = 0; i < all.n; i++) {
		char *name = all.v[i].name;

		name[strcspn(name, " ")] = '\0'; /* the forms of queries are there as verbs */
		if (isalpha((unsigned char)name[0]) && !strpbrk(name, "[]+:."))
			words_add(a, name, all.v[i].help);
	}
	topics_free(&all);
}

static void
words_add_nothing(struct app *a)
{
	(void)a;
}

static void
words_add_sums(struct app *a)
{
	for (unsigned i = 0; i < QUERY_SUMS; i++)
		words_add(a, query_sum_name((enum query_sum)i),
		          query_sum_help((enum query_sum)i));
}

/* false: a place is expected. */
static bool
words_add_after_sum(struct app *a, const char *line, size_t at)
{
	if (words_follow(line, at, "in"))
		return false;
	if (words_follow(line, at, "by")) {
		words_add_keys(a, QUERY_BY_FILE);
		return true;
	}
	words_add_filter(a, FILTER_REGION);
	words_add(a, "of", "only regions that match");
	words_add(a, "in", "only in a range, or in a mapping");
	words_add(a, "by", "in groups");
	return true;
}

/* false: it is none of these verbs, or a place is expected. */
static bool
words_add_arguments(struct app *a, const char *line, size_t at)
{
	static const struct {
		const char *verb;
		void (*add)(struct app *);
	} rows[] = {{"lens", words_add_lenses},     {"sort", words_add_columns},
	            {"group", words_add_groups},    {"filter", words_add_filters},
	            {"by", words_add_by},           {"arenas", words_add_reads},
	            {"zoom", words_add_zooms},      {"auto", words_add_off},
	            {"set", words_add_settings},    {"sum", words_add_sums},
	            {"help", words_add_topics},     {"bookmark", words_add_nothing},
	            {"migrate", words_add_nothing}, {"write", words_add_nothing},
	            {"snap", words_add_nothing},    {"diff", words_add_moments},
	            {"at", words_add_times},        {"play", words_add_speeds},
	            {"record", words_add_ends},     {"baseline", words_add_ends}};
	size_t first = strspn(line, " ");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = strlen(rows[i].verb);

		if (strncasecmp(line + first, rows[i].verb, n) != 0 || line[first + n] != ' ' ||
		    at <= first + n)
			continue;
		if (words_follow(line, at, rows[i].verb))
			rows[i].add(a);
		else if (rows[i].add == words_add_filters)
			words_add_filters(a);
		else if (rows[i].add == words_add_moments)
			words_add_times(a); /* the second one */
		else if (rows[i].add == words_add_sums)
			return words_add_after_sum(a, line, at);
		return true;
	}
	return false;
}

/* --- symbols, which only the answerer can look up --------------------------------------------- */

static void
words_add_found(struct app *a)
{
	const struct answer_table *t = &a->prompt.symbols->table;
	char help[64];

	for (size_t i = 0; i + 2 < t->n; i += t->columns) {
		char *name = t->cell[i + 1];
		size_t n = strcspn(name, "("); /* parameters need not be given */
		char cut = name[n];

		snprintf(help, sizeof(help), "symbol of %.48s", t->cell[i + 2]);
		name[n] = '\0';
		if (!strpbrk(name, " &|!"))
			words_add(a, name, help);
		name[n] = cut;
	}
	if (t->more) /* which keeps Tab from completing more than is certain */
		words_add(a, a->prompt.symbols_of, "more symbols begin so: type on");
}

/* The word at `at`: its symbols, if they have been looked up; else they are now. */
static void
words_add_symbols(struct app *a, const char *line, size_t at)
{
	struct command c = {.kind = COMMAND_WORDS};
	struct app_prompt *p = &a->prompt;
	size_t n = prompt_point() - at;
	char word[sizeof(p->symbols_of)];

	if (prompt_point() < at + 2 || n >= sizeof(word) ||
	    (!isalpha((unsigned char)line[at]) && line[at] != '_'))
		return;
	snprintf(word, sizeof(word), "%.*s", (int)n, line + at);
	if (p->symbols && !strncmp(word, p->symbols_of, strlen(p->symbols_of)) &&
	    (!p->symbols->table.more || !strcmp(word, p->symbols_of))) {
		words_add_found(a);
		return;
	}
	p->tab_at = a->status.keys;
	snprintf(c.text, sizeof(c.text), "symbols %s", word);
	app_command(a, &c);
}

void
app_words_take(struct app *a, struct result *r)
{
	struct app_prompt *p = &a->prompt;

	if (!r->answer || !prompt_is_open() || prompt_kind() != PROMPT_ASK ||
	    p->tab_at != a->status.keys)
		return;
	answer_unref(p->symbols);
	p->symbols = r->answer;
	r->answer = NULL;
	snprintf(p->symbols_of, sizeof(p->symbols_of), "%s",
	         r->command.text + strlen("symbols "));
	prompt_feed('\t');
	a->stale = true;
}

/* What may stand at the byte `at` of a question. */
static void
words_gather_question(struct app *a, const char *line, size_t at)
{
	size_t first = strspn(line, " ");
	bool pages = !strncasecmp(line + first, "count ", 6) ||
	             !strncasecmp(line + first, "find ", 5) ||
	             !strncasecmp(line + first, "next ", 5) ||
	             !strncasecmp(line + first, "prev ", 5);

	if (words_add_arguments(a, line, at))
		return;
	if (at <= first) {
		words_add_verbs(a);
	} else if (pages && words_follow(line, at, "by")) {
		words_add_keys(a, QUERY_BYS - 1);
		return;
	} else if (pages && !words_follow(line, at, "in")) {
		words_add_filter(a, FILTER_PAGE);
		words_add(a, "in", "only pages of a range, or of a mapping");
		words_add(a, "by", "in groups");
		return;
	}
	words_add_mappings(a);
	words_add_symbols(a, line, at);
}

const struct prompt_word *
app_word_at(void *arg, size_t at, size_t i)
{
	struct app *a = arg;

	if (!i) {
		app_prompt_free(a);
		if (prompt_kind() == PROMPT_ASK)
			words_gather_question(a, prompt_line(), at);
		else
			words_add_filter(a, prompt_kind() == PROMPT_FILTER ? FILTER_REGION
			                                                   : FILTER_PAGE);
	}
	return i < a->prompt.words_n ? &a->prompt.words[i] : NULL;
}
