/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "config/docs.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "config/docs_parts.h"
#include "config/options.h"
#include "config/rc.h"

/* --- --help ----------------------------------------------------------------------------------- */

/* Wraps the text at 80 columns, indented by `indent`. */
static void
docs_print_wrapped(const char *text, int indent)
{
	int x = indent;

	for (const char *s = text; *s;) {
		int n = (int)strcspn(s, " ");

		if (x > indent && x + 1 + n > 80) {
			printf("\n%*s", indent, "");
			x = indent;
		}
		x += printf("%s%.*s", x > indent ? " " : "", n, s);
		s += n + (s[n] == ' ');
	}
	printf("\n");
}

void
docs_help(void)
{
	size_t n;
	const struct option_row *o = option_table(&n);

	printf("Usage:\n"
	       " pmtop [OPTIONS] PID | NAME         browse the pages of a process\n"
	       " pmtop [OPTIONS] FILE               browse a recording\n"
	       " pmtop [OPTIONS]                    choose a process\n"
	       " pmtop [OPTIONS] -- COMMAND [ARG]   start COMMAND and browse it\n"
	       " pmtop --demo                       browse the built-in demo target\n");
	for (enum option_group g = OPTION_ANSWER; g < OPTION_HIDDEN; g++) {
		printf("\n%s:\n", option_group_name(g));
		for (size_t i = 0; i < n; i++) {
			char text[64];

			if (o[i].group != g)
				continue;
			option_text(&o[i], text, sizeof(text));
			printf(" %-24s ", text);
			docs_print_wrapped(o[i].help, 26);
		}
	}
	printf("\nOn the screen, ? lists the keys. Manual: man pmtop.\n"
	       "Exit status: 0 success, 1 the target or the kernel refused, 2 usage error.\n");
}

/* --- what --print prints ---------------------------------------------------------------------- */

static void
docs_rc(void)
{
	struct buf text = {0};

	rc_example(&text);
	printf("%s", text.s);
	buf_free(&text);
}

static const struct {
	const char *name;
	void (*print)(void);
} docs_table[] = {
    {"man", docs_manual},
    {"man-query", docs_query},
    {"man-rc", docs_pmtoprc},
    {"man-recording", docs_recording},
    {"bash-completion", docs_bash},
    {"zsh-completion", docs_zsh},
    {"fish-completion", docs_fish},
    {"pmtoprc", docs_rc},
};

const char *
docs_name(size_t i)
{
	return i < ARRAY_LEN(docs_table) ? docs_table[i].name : NULL;
}

int
docs_print(const char *what, struct err *err)
{
	struct buf how = {0};

	for (size_t i = 0; i < ARRAY_LEN(docs_table); i++)
		if (!strcmp(what, docs_table[i].name)) {
			docs_table[i].print();
			return 0;
		}
	buf_str(&how, "choose from");
	for (size_t i = 0; i < ARRAY_LEN(docs_table); i++)
		buf_fmt(&how, "%s %s", i ? "," : "", docs_table[i].name);
	err_set(err, ERR_USAGE, NULL, how.s, "unknown document \"%.40s\"", what);
	buf_free(&how);
	return -1;
}
