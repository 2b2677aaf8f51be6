/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The completion of bash. `compgen -W` expands its words as the shell does: names of processes,
 * which anybody chooses, never go through it.
 */
#include <stdio.h>

#include "config/docs_parts.h"

static void
docs_bash_words(const char *words)
{
	printf("mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\"); return ;;\n", words);
}

static void
docs_bash_columns(void)
{
	struct buf words = {0};

	printf("\t\tcase \"${COMP_WORDS[*]}\" in\n");
	for (size_t i = 0; i < DOCS_COLUMN_CASES; i++) {
		const struct docs_column_case *c = &docs_column_cases[i];

		words.len = 0;
		docs_words_columns(c->set, &words);
		printf("\t\t");
		docs_words_pattern(c, "|");
		printf(") words='%s' ;;\n", words.s);
	}
	printf("\t\tesac\n"
	       "\t\thave=${cur%%\"${cur##*,}\"}\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -P \"$have\" -W \"$words\" "
	       "-- \"${cur##*,}\"); return ;;\n");
	buf_free(&words);
}

static void
docs_bash_filter(void)
{
	struct buf pages = {0}, regions = {0};

	docs_words_filter(FILTER_PAGE, &pages);
	docs_words_filter(FILTER_REGION, &regions);
	printf("\t\twords='%s'\n"
	       "\t\tcase \"${COMP_WORDS[*]}\" in *--pages*) words='%s' ;; esac\n"
	       "\t\thave=${cur%%\"${cur##*[&|!( ]}\"}\n"
	       "\t\tmapfile -t COMPREPLY < <(compgen -P \"$have\" -W \"$words\" "
	       "-- \"${cur##*[&|!( ]}\"); return ;;\n",
	       regions.s, pages.s);
	buf_free(&pages);
	buf_free(&regions);
}

static void
docs_bash_questions(void)
{
	struct buf words = {0};
	const char *word, *help;
	size_t i = 0;

	while (docs_words_question(&i, &word, &help))
		buf_fmt(&words, "%s%s", words.len ? " " : "", word);
	docs_words_of(TAKES_RANGE, &words);
	docs_bash_words(words.s);
	buf_free(&words);
}

static void
docs_bash_value(enum option_takes takes)
{
	struct buf words = {0};

	switch (takes) {
	case TAKES_ANY: printf("return ;;\n"); return;
	case TAKES_FILE: printf("_pmtop_files -f; return ;;\n"); return;
	case TAKES_FOLDER: printf("_pmtop_files -d; return ;;\n"); return;
	case TAKES_COLUMNS: printf("\n"); docs_bash_columns(); return;
	case TAKES_FILTER: printf("\n"); docs_bash_filter(); return;
	case TAKES_QUESTION: docs_bash_questions(); return;
	case TAKES_TARGET: printf("_pmtop_targets \"$cur\"; return ;;\n"); return;
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
	docs_bash_words(words.s);
	buf_free(&words);
}

/* The values of an option: after it as the next word, or after = if it need not have one. */
static void
docs_bash_option(const struct option_row *o)
{
	if (!o->arg[0])
		return;
	printf("\t");
	if (o->letter)
		printf("-%c|", o->letter);
	if (o->arg[0] != '[')
		printf("--%s|", o->name);
	printf("--%s=) ", o->name);
	docs_bash_value(option_takes(o));
}

static const char docs_bash_targets[] =
    "# processes by PID and by name, and recordings\n"
    "_pmtop_targets()\n{\n"
    "\tlocal cur=$1 folder name\n"
    "\tfor folder in /proc/[1-9]*; do\n"
    "\t\t[[ ${folder#/proc/} != \"$cur\"* ]] || COMPREPLY+=(\"${folder#/proc/}\")\n"
    "\t\tread -r name 2>/dev/null <\"$folder/comm\" || continue\n"
    "\t\t[[ $name != \"$cur\"* || ! $name =~ ^[A-Za-z0-9_][A-Za-z0-9_.+-]*$ ]] || "
    "COMPREPLY+=(\"$name\")\n"
    "\tdone 2>/dev/null\n"
    "\t_pmtop_files -d\n"
    "\t_pmtop_files -f -X '!*.pmtop'\n"
    "}\n\n";

static const char docs_bash_files[] =
    "# what readline reads as a backslash or a quote is none in the name of a file\n"
    "_pmtop_files()\n{\n"
    "\tlocal files\n"
    "\tcompopt -o filenames 2>/dev/null\n"
    "\tmapfile -t files < <(compgen \"$@\" -- \"${cur//\\\\}\")\n"
    "\tCOMPREPLY+=(\"${files[@]}\")\n"
    "}\n\n";

static const char docs_bash_head[] =
    "_pmtop()\n{\n"
    "\tlocal last=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]} prev words have before i\n"
    "\tlocal IFS=$' \\t\\n'\n"
    "\t# after -- comes a command\n"
    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
    "\t\t[[ ${COMP_WORDS[i]} == -- ]] || continue\n"
    "\t\tif declare -F _command_offset >/dev/null; then\n"
    "\t\t\t_command_offset $((i + 1))\n"
    "\t\telif ((i == COMP_CWORD - 1)); then\n"
    "\t\t\t_pmtop_files -c\n"
    "\t\telse\n"
    "\t\t\t_pmtop_files -f\n"
    "\t\tfi\n"
    "\t\treturn\n"
    "\tdone\n"
    "\t# a:b is three words of readline's, of which only the last is replaced\n"
    "\twhile ((last > 1)) && [[ $cur == :* || ${COMP_WORDS[last-1]} == : ]]; do\n"
    "\t\tcur=${COMP_WORDS[--last]}$cur\n"
    "\tdone\n"
    "\t((last == COMP_CWORD)) || before=${cur%\"${cur##*:}\"}\n"
    "\t# and so is --option=value\n"
    "\tprev=${COMP_WORDS[last-1]}\n"
    "\tif [[ $cur == = ]]; then\n"
    "\t\tprev+== cur=\n"
    "\telif [[ $prev == = ]]; then\n"
    "\t\tprev=${COMP_WORDS[last-2]}=\n"
    "\tfi\n"
    "\tcur=${cur#[\\'\\\"]}\n"
    "\t_pmtop_words\n"
    "\t[[ ${COMPREPLY[*]} != *: ]] || compopt -o nospace 2>/dev/null\n"
    "\t[[ -z $before ]] || COMPREPLY=(\"${COMPREPLY[@]#\"$before\"}\")\n"
    "\t[[ -n ${COMPREPLY[*]} ]] || COMPREPLY=()\n"
    "}\n\n"
    "# what may be there in place of $cur, after $prev\n"
    "_pmtop_words()\n{\n"
    "\tcase $prev in\n";

void
docs_bash(void)
{
	size_t n;
	const struct option_row *o = option_table(&n);

	printf("# Made by `pmtop --print bash-completion` from its tables.\n\n%s%s%s",
	       docs_bash_files, docs_bash_targets, docs_bash_head);
	for (size_t i = 0; i < n; i++)
		docs_bash_option(&o[i]);
	printf("\tesac\n"
	       "\tcase $cur in\n"
	       "\t-*) mapfile -t COMPREPLY < <(compgen -W '");
	for (size_t i = 0; i < n; i++)
		if (o[i].group != OPTION_HIDDEN)
			printf("%s--%s", i ? " " : "", o[i].name);
	printf("' -- \"$cur\") ;;\n"
	       "\t*) _pmtop_targets \"$cur\" ;;\n"
	       "\tesac\n}\n"
	       "complete -F _pmtop pmtop\n");
}
