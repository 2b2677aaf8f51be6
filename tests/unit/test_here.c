/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words that stand for places on the screen. */
#include <stdio.h>
#include <string.h>

#include "model/here.h"
#include "tap.h"

static struct ui ui;

static void
reads(const char *line, const char *want)
{
	struct here h;
	struct err err;
	char name[128];

	snprintf(name, sizeof(name), "\"%s\" is \"%s\"", line, want);
	if (!ok(here_read(&ui, line, &h, &err) == 0 && !strcmp(h.text, want), name))
		printf("# %s\n", h.text);
}

static void
refuses(const char *line, int column)
{
	struct here h;
	struct err err = {0};
	char name[128];

	snprintf(name, sizeof(name), "\"%s\" is refused at column %d", line, column);
	ok(here_read(&ui, line, &h, &err) < 0 && err.column == column && err.why[0] && err.how[0], name);
}

static void
columns(void)
{
	struct here h;
	struct err err;

	ok(here_read(&ui, "hex 'a+zz", &h, &err) == 0 && !strcmp(h.text, "hex 0x7f1200001000+zz"),
	   "an error after a mark");
	ok(here_column(&h, 5) == 5 && here_column(&h, 12) == 5, "in the mark is at the mark");
	ok(here_column(&h, 19) == 7 && here_column(&h, 20) == 8,
	   "behind it is where it was written");
	ok(here_column(&h, 22) == 10 && here_column(&h, 99) == 10, "at the end is at the end");
	is_u64((uint64_t)here_column(&h, 0), 0, "nowhere is nowhere");
}

int
main(void)
{
	struct place a = {.at = UINT64_C(0x7f1200001000)};
	char wide[600];
	struct here h;
	struct err err;
	size_t n;
	const struct here_form *f = here_forms(&n);

	tap_start();
	ui.stack[0] = VIEW_REGIONS;
	ui.stack[1] = VIEW_GRID;
	ui.depth = 1;
	ui.cursor = 0x5000;
	refuses("''", 1);
	refuses("'a", 1);
	refuses("4000..'b", 7);
	jumps_bookmark(&ui.jumps, 'a', &a);
	reads("", "");
	reads("heap+10", "heap+10");
	reads("'a", "0x7f1200001000");
	reads(" 'a+10 ", " 0x7f1200001000+10 ");
	reads("'a..'a", "0x7f1200001000..0x7f1200001000");
	reads("hex 'a", "hex 0x7f1200001000");
	reads("vma:'a", "vma:0x7f1200001000");
	refuses("vma:'q", 5);
	reads(".", "0x5000");
	reads(".+10", "0x5000+10");
	reads("...+4k", "0x5000..+4k");
	reads("4000...", "4000..0x5000");
	reads("..", "..");
	reads("libc.so.6", "libc.so.6");
	reads("\"'a .\"+10", "\"'a .\"+10");
	reads("[anon: 'a x]", "[anon: 'a x]");
	reads("'ab", "'ab");
	reads("x'a", "x'a");
	reads("./x", "./x");
	ui.jumps.v[ui.jumps.n++] = (struct place){.at = 0x9000};
	reads("''..+1p", "0x9000..+1p");
	refuses("'b", 1);
	columns();
	memset(wide, ' ', sizeof(wide) - 1);
	wide[sizeof(wide) - 1] = '\0';
	ok(here_read(&ui, wide, &h, &err) == 0 && strlen(h.text) == sizeof(h.text) - 1, "a line too long is cut");
	for (size_t i = 0; i < n; i++)
		ok(f[i].form[0] && f[i].help[0], f[i].form);
	return tap_done();
}
