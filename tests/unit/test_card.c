/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the page card says about writes, and how it is cut. */
#include <locale.h>
#include <stdlib.h>

#include "fake.h"
#include "kernel/flags.h"
#include "tap.h"
#include "term/fit.h"
#include "views/page_card.h"

static void
set_terminal(bool utf8)
{
	const struct term t = {.utf8 = utf8};

	paint_open(&t, THEME_MONO);
}

static void
epochs_are(uint32_t recent, uint32_t epochs, unsigned per, const char *want, const char *what)
{
	struct buf b = {0};

	card_epochs(&b, recent, epochs, per);
	is_str(b.s, want, what);
	buf_free(&b);
}

static void
test_epochs(void)
{
	set_terminal(true);
	epochs_are(0x2d, 6, 1, "                          ▇·▇▇·▇", "oldest first, blank before the first");
	epochs_are(0, 0, 1, "                                ", "none: nothing");
	epochs_are(0x80000001, 500, 1, "▇······························▇", "the last 32 of many");
	epochs_are(0x2d, 6, 2, "             ▃▇▃", "two in a column");
	epochs_are(0x100, 9, 8, "  ▁·", "one in eight is not nothing");
	epochs_are(0xffffffff, 40, 4, "▇▇▇▇▇▇▇▇", "never so high that lines fuse");
	set_terminal(false);
	epochs_are(0x2d, 6, 2, "             -#-", "in ASCII");
	epochs_are(0x5, 4, 1, "                            .#.#", "with dots");
}

/* The line of the card that has this label, "value|note"; NULL: there is none. Good until the next call. */
static const char *
line_of(const struct card *c, const char *label)
{
	static char text[400];

	for (int i = 0; i < c->n; i++)
		if (!strcmp(c->line[i].label, label)) {
			snprintf(text, sizeof(text), "%s|%s", c->line[i].value, c->line[i].note);
			return text;
		}
	return NULL;
}

static struct vma heap = {.start = 0x1000000, .end = 0x1100000, .perm = VMA_READ | VMA_WRITE, .type = VMA_HEAP, .name = "[heap]"};
static const struct page anon = {.word = PM_PRESENT | PM_EXCLUSIVE, .known = PAGE_WORD, .state = STATE_ANON};

static const char *
written_line(int width, const struct sample *s, const struct answer *more, const char *label)
{
	static struct card c;

	c.width = width;
	page_card(&c, s, &heap, heap.start, &anon, 0, 0, more);
	return line_of(&c, label);
}

static void
test_written(void)
{
	struct sample s = {.page_size = FAKE_PAGE, .clears = 0, .tracker = TRACKER_SOFT_DIRTY, .auto_clear_ns = 250000000};
	struct answer a = {.past = {.epochs = 12, .written = 7, .recent = 0xdb3}};

	set_terminal(true);
	ok(!written_line(78, &s, &a, "epochs"), "without a clear nothing is said of epochs");
	s.clears = 20;
	is_str(written_line(78, &s, &a, "epochs"), "7 of 12 ▇▇·▇▇·▇▇··▇▇|", "in which it was written");
	is_str(written_line(34, &s, &a, "epochs"), "7 of 12 ▇▃▃▇·▇|",
	       "in the pane as well, two in a column");
	is_str(written_line(18, &s, &a, "epochs"), "7 of 12|", "or without the picture");
	is_str(written_line(34, &s, NULL, "epochs"), "|", "until the answer is there its line is");
	a.past = (struct track_past){.epochs = 400, .written = 2};
	is_str(written_line(78, &s, &a, "epochs"), "2 of 400 ································|the last 32", "long ago");
	is_str(written_line(34, &s, &a, "epochs"), "2 of 400 ········|", "in the pane: four in a column");
	a.past = (struct track_past){.epochs = 1};
	s.auto_clear_ns = 0;
	is_str(written_line(78, &s, &a, "epochs"), "0 of 1 ·|press C: counts how often", "after one clear: how to count");
	s.tracker = TRACKER_HASH;
	a.past = (struct track_past){.epochs = 3, .written = 1, .recent = 2};
	is_str(written_line(78, &s, &a, "samples"), "1 of 3 ·▇·|", "by contents it is looks that count");
}

static void
test_not_known(void)
{
	struct sample s = {.page_size = FAKE_PAGE, .clears = 1, .tracker = TRACKER_SOFT_DIRTY};
	struct answer a = {.past = {.epochs = 4, .doubt = DOUBT_HUGETLB}};

	is_str(written_line(78, &s, &a, "epochs"), "|not trackable: the kernel does not mark hugetlb pages again", "why it is not known");
	is_str(written_line(34, &s, &a, "epochs"), "not known|", "that it is not");
	a.past = (struct track_past){.epochs = 4, .written = 1, .recent = 4, .doubt = DOUBT_REMAPPED};
	ok(strstr(written_line(100, &s, &a, "epochs"), "1 of 4 ·▇··|unknown since remap"), "what was seen, and since when it is not known");
	a.past = (struct track_past){0};
	is_str(written_line(78, &s, &a, "epochs"), "|no sample since the clear", "before the first look");
}

/* bug: unset bits came before set ones. */
static void
test_what_is_so_leads(void)
{
	static struct card c;
	struct sample s = {.page_size = FAKE_PAGE};
	struct page pg = {.word = PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY | 5,
	                  .known = PAGE_WORD | PAGE_FLAGS | PAGE_COUNT,
	                  .state = STATE_ANON,
	                  .count = 1,
	                  .kpf = UINT64_C(1) << 12};
	int last_yes = 0, first_no;

	set_terminal(true);
	for (int width = 34; width <= 118; width += 84)
		for (int all = 0; all < 2; all++) {
			c.width = width;
			c.rows = 20;
			c.all = all;
			page_card(&c, &s, &heap, heap.start, &pg, 0, 0, NULL);
			first_no = c.n;
			for (int i = 0; i < c.n; i++) {
				if (!strncmp(c.line[i].value, "yes", 3))
					last_yes = i;
				if (!strncmp(c.line[i].value, "no ", 3) && first_no == c.n)
					first_no = i;
			}
			ok(last_yes < first_no, "what is set stands before what is not");
			ok(c.folded == (width > CARD_NARROW && !all) &&
			       c.folded == !!line_of(&c, "not set"),
			   "which folds");
		}
	ok(line_of(&c, " 62 swapped") && line_of(&c, "  0 L locked"),
	   "all are there where they are wanted");
	c.rows = 90;
	c.all = false;
	page_card(&c, &s, &heap, heap.start, &pg, 0, 0, NULL);
	ok(!c.folded && line_of(&c, " 62 swapped"), "or have room");
}

static void
cut_is(const char *text, size_t width, const char *want, const char *what)
{
	struct buf b = {0};

	fit_cut(&b, text, width);
	is_str(b.s ? b.s : "", want, what);
	buf_free(&b);
}

static void
test_cut(void)
{
	set_terminal(true);
	cut_is("mapped here only", 16, "mapped here only", "what fits is whole");
	cut_is("mapped here only", 15, "mapped here on…", "what does not says so");
	cut_is("/usr/lib/x86_64-linux-gnu/libc.so.6", 20, "/usr/lib/…/libc.so.6", "the file's name survives");
	cut_is("/averyveryverylongname", 10, "averyvery…",
	       "bug: of a long one its end was kept, and not its beginning");
	cut_is("/usr/lib/libc.so.6", 11, "…/libc.so.6", "as long as it fits whole");
	cut_is("/usr/lib/libc.so.6", 10, "libc.so.6", "even alone");
	cut_is("[anon: class space 1]", 14, "[anon: class …",
	       "bug: what is no path was cut in the middle");
	cut_is("[anon: a/b classes]", 14, "[anon: a/b cl…", "with a slash in it, too");
	cut_is("/memfd:demo life (deleted)", 17, "/memfd:demo life…", "the name counts for more than that it is deleted");
	cut_is("/memfd:demo banner (deleted)", 17, "memfd:demo banner",
	       "even where that has no room for its folder");
	cut_is("/a/long/path/to/it (deleted)", 20, "/a/lon…/it (deleted)", "which is told where there is room");
	cut_is("日本語", 5, "日本…", "by columns, not bytes");
	cut_is("日本語", 4, "日…", "and never half a character");
	cut_is("/日本語日本", 9, "日本語日…", "bug: half a character before the end made it too wide");
	cut_is("e\xcc\x81te\xcc\x81s", 3, "e\xcc\x81t…", "a letter keeps its marks");
	cut_is("ke\xcc\x81\xcc\xa3x", 3, "ke\xcc\x81\xcc\xa3x", "which take no room");
	cut_is("k\xe0\xa4\x95\xe0\xa4\xbf\xe0\xa4\x95", 3, "k…", "bug: a Hindi syllable was cut in the middle");
	cut_is("\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xab\xf0\x9f\x87\xb7", 4, "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xab\xf0\x9f\x87\xb7", "flags that fit");
	cut_is("\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xab\xf0\x9f\x87\xb7", 3, "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa…", "and no half one");
	cut_is("ab\\033cd", 5, "ab…", "bug: half an escape was left, and would be another one");
	cut_is("/tmp/\\001\\002\\003\\004name", 14, "\\001\\002\\003…", "wherever it stands");
	cut_is("/usr/lib", 1, "…", "in one column");
	cut_is("/usr/lib", 0, "", "in none");
	set_terminal(false);
	cut_is("mapped here only", 15, "mapped here on~", "in ASCII");
}

static void
test_skip(void)
{
	set_terminal(true);
	ok(fit_skip("one two", 7, 7) == 0 && fit_skip("one two", 7, 3) == 4 && fit_skip("one two", 7, 0) == 7,
	   "the end that fits into so many columns");
	ok(fit_skip("one two", 3, 2) == 1, "of the first bytes");
	ok(fit_skip("日本語", 9, 3) == 6 && fit_skip("a\\033b", 6, 3) == 5, "never half a character or escape");
}

/* However long a text is, its line has an end. */
static void
test_long(void)
{
	static struct card c;
	char path[600] = "/", marks[602] = "a";

	set_terminal(true);
	memset(path + 1, 'd', 580);
	strcpy(path + 500, "/file");
	for (size_t i = 1; i + 2 < sizeof(marks); i += 2)
		memcpy(marks + i, "\xcc\x81", 3); /* combining: no column of its own */
	c.width = 78;
	card_add(&c, ROLE_TEXT, "path", path, "%s", path);
	ok(strlen(c.line[0].value) < sizeof(c.line[0].value) && strstr(c.line[0].value, "…/file"), "a path of 500 bytes");
	ok(strstr(c.line[0].note, "…/file"), "as a note");
	card_add(&c, ROLE_TEXT, "marks", NULL, "%s", marks);
	ok(strlen(c.line[1].value) < sizeof(c.line[1].value), "characters without a width");
	c.n = 0;
	c.width = 60;
	card_add_long(&c, ROLE_TEXT, "why", "the proc root is a folder that has clear_refs and nothing is behind it");
	is_str(c.line[0].value, "the proc root is a folder that has", "as many words as fit");
	is_str(c.line[1].value, "                    clear_refs and nothing is behind it", "the others below");
	ok(c.n == 2 && !c.line[1].label[0], "in two lines");
}

int
main(void)
{
	setlocale(LC_ALL, "C.UTF-8");
	tap_start();
	test_epochs();
	test_written();
	test_not_known();
	test_what_is_so_leads();
	test_cut();
	test_skip();
	test_long();
	return tap_done();
}
