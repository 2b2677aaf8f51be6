/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/messages.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

void
messages_add(struct messages *m, int role, const char *text, time_t when)
{
	struct message *last = m->n ? &m->v[m->n - 1] : NULL;

	if (last && !strcmp(last->text, text)) {
		last->times++;
		last->when = when;
		return;
	}
	if (m->n == MESSAGES_MAX) {
		free(m->v[0].text);
		memmove(m->v, m->v + 1, (size_t)--m->n * sizeof(*m->v));
	}
	m->v[m->n++] =
	    (struct message){.when = when, .times = 1, .role = role, .text = mem_strdup(text)};
}

void
messages_free(struct messages *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].text);
	m->n = 0;
}
