/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The help lists every key of every view, and searches; the message log. */
#include "fake.h"
#include "model/messages.h"
#include "tap.h"
#include "term/fit.h"
#include "term/keys.h"
#include "views/help.h"
#include "views/view.h"
#include "views/view_help.h"

static bool
reports(const struct help *h, const struct key_row *k)
{
	for (size_t i = 0; i < h->n; i++)
		if (!strcmp(h->entry[i].left, k->keys) && !strcmp(h->entry[i].right, k->words))
			return true;
	return false;
}

static void
test_keys(void)
{
	size_t n;
	const struct key_row *k = key_table(&n);

	for (const char *v = key_views(); *v; v++) {
		struct help h = {0};
		size_t page = help_page_of(*v);
		bool all = true;

		if (strchr("OYZFAD", *v))
			continue; /* over the view below: the hints say what they take */
		help_make(&h, page, LENS_STATE, false);
		for (size_t i = 0; i < n; i++)
			all &= !key_row_in(&k[i], *v) || reports(&h, &k[i]);
		ok(all && !strcmp(help_page_name(page), key_view_name(*v)), key_view_name(*v));
	}
}

static void
test_pages(void)
{
	size_t p;

	for (p = 0; help_page_name(p); p++)
		for (unsigned l = 0; l < LENS_COUNT; l++) {
			struct help h = {0};
			bool good = true;

			help_make(&h, p, (enum lens)l, l % 2);
			for (size_t i = 0; i < h.n; i++)
				good &= h.entry[i].right && (h.entry[i].left[0] || h.entry[i].right[0] || i) && h.entry[i].role < ROLE_COUNT;
			ok(good && h.n > 3 && h.n < HELP_ENTRIES - 1, help_page_name(p));
		}
	ok(p > 10, "there are pages");
}

static void
test_find(void)
{
	struct ui ui = {.rows = 24, .cols = 80, .stack = {VIEW_REGIONS, VIEW_GRID}, .depth = 1};
	struct help_view *h;

	views_open(&ui);
	h = help_of(&ui);
	view_help_open(&ui);
	ok(ui_view(&ui) == VIEW_HELP && h->page == help_page_of('G'), "it opens at the view below");
	view_help.act(&ui, NULL, ACT_LAST_CHANGE);
	view_help.act(&ui, NULL, ACT_LAST_CHANGE);
	ok(!help_page_name(h->page + 1), "before the first page comes the last");
	view_help.act(&ui, NULL, ACT_NEXT_CHANGE);
	ok(h->page == 0, "and after it the first");
	ok(!view_help_find(&ui, "CLEAR") && !strcmp(h->find, "CLEAR"), "a word");
	view_help.act(&ui, NULL, ACT_LAST);
	view_help.settle(&ui, NULL, 1, 22);
	ok(h->scroll.top > 0 && h->scroll.top < 100, "what has it, in upper case or lower, from all pages");
	view_help_find(&ui, "no such word anywhere");
	view_help.settle(&ui, NULL, 1, 22);
	ok(h->scroll.top == 0, "nothing has it");
	view_help_find(&ui, "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"
	                  "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5"
	                  "\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5\xe6\x97\xa5");
	ok(strlen(h->find) < sizeof(h->find) && strlen(h->find) % 3 == 0, "a long word is cut between letters");
	view_back(&ui);
	ok(ui_view(&ui) == VIEW_HELP && !h->find[0], "one step back: the pages");
	view_back(&ui);
	ok(ui_view(&ui) == VIEW_GRID, "another: the view below");
	views_close(&ui, true);
}

static void
test_messages(void)
{
	struct messages m = {.n = 0};
	char text[16];

	messages_add(&m, ROLE_TEXT, "a", 10);
	messages_add(&m, ROLE_TEXT, "a", 20);
	messages_add(&m, ROLE_HOT, "b", 30);
	messages_add(&m, ROLE_TEXT, "a", 40);
	ok(m.n == 3 && m.v[0].times == 2 && m.v[0].when == 20 && m.v[2].times == 1 && m.v[1].role == ROLE_HOT,
	   "told again at once it is one, with its last time");
	for (int i = 0; i < 2 * MESSAGES_MAX; i++) {
		snprintf(text, sizeof(text), "%d", i);
		messages_add(&m, ROLE_TEXT, text, i);
	}
	ok(m.n == MESSAGES_MAX && !strcmp(m.v[0].text, "200") && !strcmp(m.v[MESSAGES_MAX - 1].text, "399"),
	   "full, it forgets the oldest");
	messages_free(&m);
	ok(!m.n, "empty again");
}

static void
test_lines(void)
{
	ok(fit_line("one two", 7) == 7 && fit_line("one two", 6) == 3 && fit_line("one two", 4) == 3, "words");
	ok(fit_line("lengthy", 3) == 3 && fit_line("a lengthy", 5) == 1, "a word that is too long");
	ok(fit_line("x", 0) == 1 && fit_line("", 0) == 0, "no room");
}

int
main(void)
{
	tap_start();
	test_keys();
	test_pages();
	test_find();
	test_messages();
	test_lines();
	return tap_done();
}
