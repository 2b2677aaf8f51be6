/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/here.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"

#define H(id, f, h) {.form = (f), .help = (h)},
static const struct here_form here_rows[] = {
#include "model/here.def"
};
#undef H

const struct here_form *
here_forms(size_t *n)
{
	*n = ARRAY_LEN(here_rows);
	return here_rows;
}

/* Characters that end an address, as in query.c. */
static bool
here_ends_here(const char *s)
{
	return !*s || *s == ' ' || *s == '\t' || *s == '+' || (s[0] == '.' && s[1] == '.');
}

static int
here_unknown(struct err *err, size_t at, const char *why, const char *how)
{
	err_set(err, ERR_USAGE, why, how, "cannot read this line");
	err->column = (int)at + 1;
	return -1;
}

/* A bookmark's letter after the sign ': 1 and its address, -1 it is not set. */
static int
here_read_bookmark(const struct ui *ui, char letter, size_t at, uint64_t *addr, struct err *err)
{
	const struct place *p = letter == '\''
	                            ? (ui->jumps.n ? &ui->jumps.v[ui->jumps.n - 1] : NULL)
	                            : jumps_bookmarked(&ui->jumps, letter);

	if (!p)
		return here_unknown(err, at,
		                    letter == '\'' ? "no jumps yet"
		                                   : "no bookmark has that letter",
		                    "set it first: m and the letter");
	*addr = p->at;
	return 1;
}

/* A word of here.def at the beginning of s: its length, and its text in `out`. 0: none, -1: err. */
static int
here_read_word(const struct ui *ui, const char *s, size_t at, char *out, size_t size,
               struct err *err)
{
	uint64_t addr = 0;
	int n = 0;

	if (s[0] == '\'' && s[1] && here_ends_here(s + 2))
		n = here_read_bookmark(ui, s[1], at, &addr, err) < 0 ? -1 : 2;
	else if (s[0] == '.' && s[1] != '.' && here_ends_here(s + 1)) {
		addr = ui_at(ui);
		n = 1;
	} else if (!strncmp(s, "...", 3)) { /* from the cursor to ... */
		addr = ui_at(ui);
		n = 1;
	}
	if (n > 0) /* 0x: an address, and no mapping's name */
		snprintf(out, size, "0x%llx", (unsigned long long)addr);
	return n;
}

/* No words within quotes and brackets: these hold names. */
static size_t
here_name_length(const char *s)
{
	const char *end = *s == '"' ? strchr(s + 1, '"') : *s == '[' ? strchr(s, ']') : NULL;

	return end ? (size_t)(end - s) + 1 : 0;
}

static void
here_put(struct here *h, size_t *n, const char *s, size_t len, size_t at, bool same)
{
	for (size_t i = 0; i < len && *n + 1 < sizeof(h->text); i++) {
		h->from[*n] = (short)(at + (same ? 0 : i));
		h->text[(*n)++] = s[i];
	}
}

int
here_read(const struct ui *ui, const char *line, struct here *out, struct err *err)
{
	struct here made = {0};
	size_t n = 0, len;
	bool begins = true; /* a word may begin here */

	for (size_t i = 0; line[i]; i += len) {
		char word[64];
		int found = begins ? here_read_word(ui, line + i, i, word, sizeof(word), err) : 0;

		if (found < 0)
			return -1;
		if (found) {
			len = (size_t)found;
			here_put(&made, &n, word, strlen(word), i, true);
			begins = false;
			continue;
		}
		len = here_name_length(line + i);
		if (!len)
			len = line[i] == '.' && line[i + 1] == '.' ? 2 : 1;
		here_put(&made, &n, line + i, len, i, false);
		begins = line[i] == ' ' || line[i] == '\t' || (len == 2 && line[i] == '.') ||
		         (i >= 3 && !strncmp(line + i - 3, "vma:", 4));
	}
	made.text[n] = '\0';
	made.from[n] = (short)strlen(line);
	*out = made;
	return 0;
}

int
here_column(const struct here *h, int column)
{
	size_t n = strlen(h->text);

	return column < 1 ? column : h->from[u64_min((uint64_t)column - 1, n)] + 1;
}
