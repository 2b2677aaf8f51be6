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

int
docs_print(const char *what, struct err *err)
{
	if (!strcmp(what, "man"))
		docs_manual();
	else if (!strcmp(what, "man-recording"))
		docs_recording();
	else if (!strcmp(what, "bash-completion"))
		docs_completion();
	else if (!strcmp(what, "pmtoprc"))
		docs_rc();
	else
		return err_set(err, ERR_USAGE, NULL,
		               "choose from man, man-recording, bash-completion",
		               "unknown document \"%.40s\"", what);
	return 0;
}
