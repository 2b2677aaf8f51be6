/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The completion of fish. */
#include <stdio.h>

#include "config/docs_parts.h"

/* Within '...'. */
static void
docs_fish_text(const char *s)
{
	for (; *s; s++)
		printf("%s%c", *s == '\'' || *s == '\\' ? "\\" : "", *s);
}

static void
docs_fish_columns(void)
{
	struct buf words = {0};

	printf("function __pmtop_columns\n\tset -l words\n\tswitch (commandline -cp)\n");
	for (size_t i = 0; i < DOCS_COLUMN_CASES; i++) {
		const struct docs_column_case *c = &docs_column_cases[i];

		words.len = 0;
		docs_words_columns(c->set, &words);
		printf("\tcase '");
		docs_words_pattern(c, "' '");
		printf("'\n\t\tset words %s\n", words.s);
	}
	printf("\tend\n\tprintf '%%s\\n' $words\nend\n\n");
	buf_free(&words);
}

static void
docs_fish_filter(void)
{
	struct buf pages = {0}, regions = {0};

	docs_words_filter(FILTER_PAGE, &pages);
	docs_words_filter(FILTER_REGION, &regions);
	printf("function __pmtop_filter\n"
	       "\tset -l words %s\n"
	       "\tif string match -q '*--pages*' -- (commandline -cp)\n"
	       "\t\tset words %s\n"
	       "\tend\n"
	       "\tset -l have (string replace -r '[^&|!( ]*$' '' -- "
	       "(string trim -l -c '\\'\"' -- (commandline -ct)))\n"
	       "\tprintf '%%s\\n' $have$words\nend\n\n",
	       regions.s, pages.s);
	buf_free(&pages);
	buf_free(&regions);
}

static void
docs_fish_questions(void)
{
	struct buf ranges = {0};
	const char *word, *help;
	size_t i = 0;

	printf("function __pmtop_questions\n");
	while (docs_words_question(&i, &word, &help)) {
		printf("\tprintf '%%s\\t%%s\\n' '%s' '", word);
		docs_fish_text(help);
		printf("'\n");
	}
	docs_words_of(TAKES_RANGE, &ranges);
	printf("\tprintf '%%s\\n' %s\nend\n\n", ranges.s);
	buf_free(&ranges);
}

static const char docs_fish_targets[] =
    "# processes by PID and by name\n"
    "function __pmtop_targets\n"
    "\tfor line in (grep -s '' /proc/*/comm)\n"
    "\t\tset -l found (string match -r '^/proc/(\\d+)/comm:(.*)' -- $line); or continue\n"
    "\t\tstring match -qr '^[A-Za-z0-9_][A-Za-z0-9_.+-]*$' -- $found[3]; or set found[3] ''\n"
    "\t\tprintf '%s\\t%s\\n' $found[2..3]\n"
    "\t\ttest -z $found[3]; or printf '%s\\t%s\\n' $found[3] process\n"
    "\tend\nend\n\n"
    "function __pmtop_has_command\n"
    "\tcontains -- -- (commandline -opc)\n"
    "end\n\n"
    "function __pmtop_command\n"
    "\tset -l all (commandline -opc) (commandline -ct)\n"
    "\tset -l i (contains -i -- -- $all)\n"
    "\tcomplete -C (string join ' ' -- $all[(math $i + 1)..-1])\n"
    "end\n\n";

static void
docs_fish_option(const struct option_row *o)
{
	struct buf words = {0};
	enum option_takes takes = option_takes(o);

	printf("complete -c pmtop -n 'not __pmtop_has_command' -l %s", o->name);
	if (o->letter)
		printf(" -s %c", o->letter);
	/* what it takes may be left out, or not; only files are files */
	if (o->arg[0] && o->arg[0] != '[')
		printf(" -r");
	printf(takes == TAKES_FILE ? " -F" : " -f");
	docs_words_of(takes, &words);
	if (takes == TAKES_COLUMNS)
		printf(" -a '(__fish_complete_list , __pmtop_columns)'");
	else if (takes == TAKES_FILTER)
		printf(" -a '(__pmtop_filter)'");
	else if (takes == TAKES_QUESTION)
		printf(" -a '(__pmtop_questions)'");
	else if (takes == TAKES_TARGET)
		printf(" -a '(__pmtop_targets; __fish_complete_suffix .pmtop)'");
	else if (takes == TAKES_FOLDER)
		printf(" -a '(__fish_complete_directories)'");
	else if (words.len)
		printf(" -a '%s'", words.s);
	printf(" -d '");
	docs_fish_text(o->help);
	printf("'\n");
	buf_free(&words);
}

void
docs_fish(void)
{
	size_t n;
	const struct option_row *o = option_table(&n);

	printf("# Made by `pmtop --print fish-completion` from its tables.\n\n");
	docs_fish_columns();
	docs_fish_filter();
	docs_fish_questions();
	printf("%s"
	       "complete -c pmtop -f\n"
	       "complete -c pmtop -n 'not __pmtop_has_command' -a '(__pmtop_targets)'\n"
	       "complete -c pmtop -n 'not __pmtop_has_command; "
	       "and not string match -q -- \"-*\" (commandline -ct)' "
	       "-a '(__fish_complete_suffix .pmtop)'\n"
	       "complete -c pmtop -n __pmtop_has_command -a '(__pmtop_command)'\n",
	       docs_fish_targets);
	for (size_t i = 0; i < n; i++)
		if (o[i].group != OPTION_HIDDEN)
			docs_fish_option(&o[i]);
}
