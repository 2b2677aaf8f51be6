/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pmtoprc as nobody would write it: each problem names its line, and the rest applies. */
#include "config/rc.h"
#include "fuzz.h"

static const char *const lines[] = {
    "# a comment\n", "theme = light\n", "color=never\n", "interval: 0.5 ; twice\n", "ascii = on\n", "mouse = off\n",
    "letters = all\n", "lens = lru\n", "group = file\n", "columns = size, rss mapping\n", "sort = -rss\n",
    "[keys]\n", "clear = F5 ^X c\n", "grid.zoom-in = Space PgUp +\n", "help =\n", "[\n", "=\n", "budget = 5\n", "theme = blue\n",
    "quit = Esc\n", "\n", "tracker = uffd\n", "attribution = off\n", "\xef\xbb\xbf",
};

static bool
check(const char *text, size_t n)
{
	struct options o;
	struct rc rc = {0};
	size_t last = 1;
	bool good = true;

	for (size_t i = 0; i < n; i++)
		last += text[i] == '\n';
	options_init(&o);
	rc_read_text(&rc, &o, "rc", text);
	for (size_t i = 0; i < rc.problems && good; i++) {
		const struct rc_problem *p = &rc.problem[i];

		if (p->line > last || (i && p->line < rc.problem[i - 1].line))
			good = fuzz_wrong("problem %zu is in line %u of %zu", i, p->line, last);
		else if (!p->text || strncmp(p->text, "rc:", 3))
			good = fuzz_wrong("problem %zu does not say where", i);
	}
	if (good && o.list_columns.n > ARRAY_LEN(o.list_columns.id))
		good = fuzz_wrong("%zu columns", (size_t)o.list_columns.n);
	rc_free(&rc);
	return good;
}

static bool
play(uint64_t *seed)
{
	return fuzz_lines(lines, ARRAY_LEN(lines), 20, check, seed);
}

static int
begin(void)
{
	return 0;
}

FUZZ_MAIN(begin, "pmtoprc", "rc", play, check);
