/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The completion of bash: columns, words of filters and names of settings are in it. */
#include <stdio.h>
#include <string.h>

#include "config/docs_parts.h"
#include "config/options.h"
#include "filter/filter.h"
#include "table/columns.h"
#include "term/paint.h"
#include "track/track.h"

static void
docs_print_columns(enum column_set set)
{
	for (unsigned c = 0; c < COL_COUNT; c++)
		if (column_row((enum column_id)c)->set == set)
			printf(" %s", column_row((enum column_id)c)->title);
}

static void
docs_print_filter_words(enum filter_scope scope)
{
	size_t n, rows_n;
	const struct filter_row *rows = filter_table(&rows_n);
	const char *s;

	for (size_t i = 0; (s = filter_word(scope, i, &n)); i++)
		printf(" %.*s", (int)n, s);
	for (size_t i = 0; i < rows_n; i++)
		if (rows[i].scope & scope && rows[i].kind != FILTER_WORD)
			printf(" %.*s", (int)strcspn(rows[i].names, " "), rows[i].names);
}

void
docs_completion(void)
{
	size_t n;
	const struct option_row *o = option_table(&n);

	printf("# Made by `pmtop --print bash-completion` from its tables.\n"
	       "_pmtop()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} columns "
	       "have\n"
	       "\tcase $prev in\n"
	       "\t--color) COMPREPLY=($(compgen -W '");
	for (unsigned c = 0; option_color_name(c); c++)
		printf("%s%s", c ? " " : "", option_color_name(c));
	printf("' -- \"$cur\")); return ;;\n"
	       "\t--theme) COMPREPLY=($(compgen -W '");
	for (unsigned t = 0; t < THEME_COUNT; t++)
		printf("%s%s", t ? " " : "", paint_theme_name((enum theme)t));
	printf("' -- \"$cur\")); return ;;\n"
	       "\t--tracker) COMPREPLY=($(compgen -W 'auto");
	for (unsigned w = 0; w < TRACKERS; w++)
		printf(" %s", tracker_words((enum tracker)w)->name);
	printf("' -- \"$cur\")); return ;;\n"
	       "\t--proc-root) COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n"
	       "\t-o|--output|--sort)\n"
	       "\t\tcolumns='");
	docs_print_columns(SET_REGION);
	printf("'\n\t\tcase ${COMP_WORDS[*]} in *--runs*) columns='");
	docs_print_columns(SET_RUN);
	printf("' ;; *--pages*) columns='");
	docs_print_columns(SET_PAGE);
	printf("' ;; *--grow*--by*|*--by*--grow*) columns='");
	docs_print_columns(SET_BROUGHT);
	printf("' ;; *--grow*--list*|*--list*--grow*) ;; *--grow*) columns='");
	docs_print_columns(SET_GROWTH);
	printf("' ;; *--by*) columns='");
	docs_print_columns(SET_CAUSE);
	printf("' ;; *--watch*) columns='");
	docs_print_columns(SET_WATCH);
	printf("' ;; *--who*) columns='");
	docs_print_columns(SET_SHARE);
	printf("' ;; esac\n"
	       "\t\thave=${cur%%\"${cur##*,}\"}\n"
	       "\t\tCOMPREPLY=($(compgen -P \"$have\" -W \"$columns\" -- \"${cur##*,}\")); "
	       "return ;;\n"
	       "\t--filter)\n"
	       "\t\tcolumns='");
	docs_print_filter_words(FILTER_REGION);
	printf("'\n\t\tcase ${COMP_WORDS[*]} in *--pages*) columns='");
	docs_print_filter_words(FILTER_PAGE);
	printf("' ;; esac\n"
	       "\t\thave=${cur%%\"${cur##*[&|!( ]}\"}\n"
	       "\t\tCOMPREPLY=($(compgen -P \"$have\" -W \"$columns\" -- \"${cur##*[&|!( ]}\")); "
	       "return ;;\n"
	       "\tesac\n"
	       "\tcase $cur in\n"
	       "\t-*) COMPREPLY=($(compgen -W '");
	for (size_t i = 0; i < n; i++)
		if (o[i].group != OPTION_HIDDEN)
			printf("%s--%s", i ? " " : "", o[i].name);
	printf("' -- \"$cur\")) ;;\n"
	       "\t*) COMPREPLY=($(compgen -W \"$(cd /proc && echo [1-9]*)\" -- \"$cur\")) ;;\n"
	       "\tesac\n}\n"
	       "complete -F _pmtop pmtop\n");
}
