/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the manuals are made of. */
#include "config.h"

#include <stdio.h>

#include "config/docs_parts.h"

void
docs_title(const char *name, int section, const char *what, const char *document)
{
	printf(".\\\" Made by `pmtop --print %s` from its tables.\n"
	       ".TH %s %d \"\" \"pmtop %s\" \"%s\"\n",
	       document, name, section, PACKAGE_VERSION, what);
}

void
docs_roff(const char *s)
{
	if (*s == '.' || *s == '\'')
		printf("\\&");
	for (; *s; s++)
		if (*s == '\\')
			printf("\\e");
		else if (*s == '-')
			printf("\\-");
		else
			putchar(*s);
}

void
docs_item(const char *term, const char *text)
{
	printf(".TP\n.B ");
	docs_roff(term);
	printf("\n");
	docs_roff(text);
	printf("\n");
}
