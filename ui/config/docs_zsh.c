/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The completion of zsh. */
#include <stdio.h>
#include <string.h>

#include "config/docs_parts.h"

/* Within '...', where _arguments and _describe give [ ] : and \ a meaning. */
static void
docs_zsh_text(const char *s)
{
	for (; *s; s++)
		if (*s == '\'')
			printf("'\\''");
		else
			printf("%s%c", strchr("[]:\\", *s) ? "\\" : "", *s);
}

/* Words of an array: the name of a region like [vdso] is no pattern of files. */
static void
docs_zsh_words(const char *words)
{
	for (; *words; words++)
		printf("%s%c", strchr("[]", *words) ? "\\" : "", *words);
}

static void
docs_zsh_columns(void)
{
	struct buf words = {0};

	printf("_pmtop_columns()\n{\n\tlocal -a columns\n\tcase \"$words\" in\n");
	for (size_t i = 0; i < DOCS_COLUMN_CASES; i++) {
		const struct docs_column_case *c = &docs_column_cases[i];

		words.len = 0;
		docs_words_columns(c->set, &words);
		printf("\t");
		docs_words_pattern(c, "|");
		printf(") columns=(%s) ;;\n", words.s);
	}
	printf("\tesac\n"
	       "\tcompset -P '*,'\n"
	       "\tcompset -S ',*'\n"
	       "\tcompadd -qS , -a columns\n}\n\n");
	buf_free(&words);
}

static void
docs_zsh_filter(void)
{
	struct buf pages = {0}, regions = {0};

	docs_words_filter(FILTER_PAGE, &pages);
	docs_words_filter(FILTER_REGION, &regions);
	printf("_pmtop_filter()\n{\n"
	       "\tlocal -a predicates=(%s)\n"
	       "\t[[ \"$words\" != *--pages* ]] || predicates=(%s)\n"
	       "\tcompset -P '*[&|!( ]'\n"
	       "\tcompadd -S '' -a predicates\n}\n\n",
	       regions.s, pages.s);
	buf_free(&pages);
	buf_free(&regions);
}

static void
docs_zsh_questions(void)
{
	struct buf ranges = {0};
	const char *word, *help;
	size_t i = 0;

	printf("_pmtop_questions()\n{\n\tlocal -a questions=(\n");
	while (docs_words_question(&i, &word, &help)) {
		printf("\t\t'");
		docs_zsh_text(word);
		printf(":");
		docs_zsh_text(help);
		printf("'\n");
	}
	docs_words_of(TAKES_RANGE, &ranges);
	printf("\t)\n"
	       "\t_describe -t questions question questions -S ''\n"
	       "\tcompadd -S '' -J places -- ");
	docs_zsh_words(ranges.s);
	printf("\n}\n\n");
	buf_free(&ranges);
}

static const char docs_zsh_targets[] =
    "# processes by PID and by name, and recordings\n"
    "_pmtop_targets()\n{\n"
    "\tlocal folder name\n"
    "\tlocal -a pids names\n"
    "\tfor folder in /proc/<1->(N); do\n"
    "\t\tread -r name 2>/dev/null <$folder/comm || continue\n"
    "\t\t[[ $name == [A-Za-z0-9_][A-Za-z0-9_.+-]# ]] || name=\n"
    "\t\tpids+=(\"${folder:t}:$name\")\n"
    "\t\t[[ -z $name ]] || names+=($name)\n"
    "\tdone 2>/dev/null\n"
    "\t_alternative \\\n"
    "\t\t'processes:process:_describe -t processes process pids' \\\n"
    "\t\t'names:name of a process:compadd -a names' \\\n"
    "\t\t'files:recording:_files -g \"*.pmtop(-.)\"'\n"
    "}\n\n";

static void
docs_zsh_value(enum option_takes takes)
{
	struct buf words = {0};

	switch (takes) {
	case TAKES_ANY: printf(" "); return;
	case TAKES_FILE: printf("_files"); return;
	case TAKES_FOLDER: printf("_files -/"); return;
	case TAKES_COLUMNS: printf("_pmtop_columns"); return;
	case TAKES_FILTER: printf("_pmtop_filter"); return;
	case TAKES_QUESTION: printf("_pmtop_questions"); return;
	case TAKES_TARGET: printf("_pmtop_targets"); return;
	case TAKES_RANGE:
	case TAKES_GROUP:
	case TAKES_LENS:
	case TAKES_COLOR:
	case TAKES_THEME:
	case TAKES_TRACKER:
	case TAKES_BY:
	case TAKES_MOMENT:
	case TAKES_DOCUMENT:
	case TAKES_WHEN:
	case TAKES_EXPORT: break;
	}
	docs_words_of(takes, &words);
	printf("(");
	docs_zsh_words(words.s);
	printf(")");
	buf_free(&words);
}

/* One form of an option: "-o", or "--output". */
static void
docs_zsh_form(const struct option_row *o, bool letter)
{
	bool repeated = option_takes(o) == TAKES_QUESTION;
	size_t n = strcspn(o->arg, "]");

	printf("\t\t'");
	if (repeated)
		printf("*");
	else if (o->letter)
		printf("(-%c --%s)", o->letter, o->name);
	if (letter)
		printf("-%c%s", o->letter, o->arg[0] ? "+" : "");
	else
		printf("--%s%s", o->name, o->arg[0] == '[' ? "=-" : o->arg[0] ? "=" : "");
	printf("[");
	docs_zsh_text(o->help);
	printf("]");
	if (o->arg[0]) {
		bool may = o->arg[0] == '[';

		printf("%s%.*s:", may ? "::" : ":", (int)(n - may), o->arg + may);
		docs_zsh_value(option_takes(o));
	}
	printf("' \\\n");
}

void
docs_zsh(void)
{
	size_t n;
	const struct option_row *o = option_table(&n);

	printf("#compdef pmtop\n# Made by `pmtop --print zsh-completion` from its tables.\n\n");
	docs_zsh_columns();
	docs_zsh_filter();
	docs_zsh_questions();
	printf("%s_pmtop()\n{\n"
	       "\tsetopt localoptions extendedglob\n"
	       "\tlocal command=${words[(i)--]}\n"
	       "\tif ((command < CURRENT)); then\n"
	       "\t\tshift $command words\n"
	       "\t\t((CURRENT -= command))\n"
	       "\t\t_normal\n"
	       "\t\treturn\n"
	       "\tfi\n"
	       "\t_arguments -s -S \\\n", docs_zsh_targets);
	for (size_t i = 0; i < n; i++) {
		if (o[i].group == OPTION_HIDDEN)
			continue;
		if (o[i].letter)
			docs_zsh_form(&o[i], true);
		docs_zsh_form(&o[i], false);
	}
	printf("\t\t'*:process or recording:_pmtop_targets'\n}\n\n"
	       "if [[ $funcstack[1] == _pmtop ]]; then\n\t_pmtop \"$@\"\n"
	       "else\n\tcompdef _pmtop pmtop\nfi\n");
}
