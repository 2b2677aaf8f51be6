/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is kept of the session that the sample is of. */
#include <stdio.h>
#include <stdlib.h>

#include "base/util.h"
#include "record/recording_parts.h"

static bool
recording_is_page_size(uint64_t n)
{
	return n >= 1024 && n <= 1 << 24 && !(n & (n - 1));
}

/* The row is there. false: it cannot be. */
static bool
recording_take_session(struct recording *r, size_t i)
{
	const int of = RECORDING_SESSION;
	uint64_t page_size = statements_number(&r->s, of, 2);

	if (!recording_is_page_size(page_size))
		return false;
	r->session = r->samples[i].session;
	r->clock_ns = r->samples[i].clock_ns;
	r->pid = (pid_t)statements_number(&r->s, of, 0);
	snprintf(r->name, sizeof(r->name), "%s", statements_text(&r->s, of, 1));
	r->page_size = page_size;
	sets_set_page_size(r->sets, page_size);
	for (r->first = i; r->first > 0 && r->samples[r->first - 1].session == r->session;)
		r->first--;
	return true;
}

int
recording_read_session(struct recording *r, size_t i, struct err *err)
{
	bool ok;
	int got;

	if (r->session == r->samples[i].session)
		return 0;
	STATEMENTS_BIND(&r->s, RECORDING_SESSION, (uint64_t)r->samples[i].session);
	got = statements_step(&r->s, RECORDING_SESSION, err);
	if (got < 0)
		return -1;
	ok = got > 0 && recording_take_session(r, i);
	statements_reset(&r->s, RECORDING_SESSION);
	return ok ? 0 : statements_damaged(&r->s, err);
}

int64_t
recording_first_id(const struct recording *r)
{
	return r->samples[r->first].id;
}

pid_t
recording_pid(const struct recording *r)
{
	return r->pid;
}

const char *
recording_name(const struct recording *r)
{
	return r->name;
}

size_t
recording_page_size(const struct recording *r)
{
	return r->page_size;
}

void
recording_caps(struct recording *r, recording_cap_fn *fn, void *arg)
{
	const int of = RECORDING_CAPS;
	struct err ignored;

	STATEMENTS_BIND(&r->s, of, (uint64_t)r->session);
	while (statements_step(&r->s, of, &ignored) > 0) {
		char *name = mem_strdup(statements_text(&r->s, of, 0));
		char *gives = mem_strdup(statements_text(&r->s, of, 1));
		char *detail = mem_strdup(statements_text(&r->s, of, 3));

		fn(arg, name, gives, statements_number(&r->s, of, 2), detail,
		   statements_text(&r->s, of, 4));
		free(name);
		free(gives);
		free(detail);
	}
}

/* true: there is a row, to be reset. */
static bool
recording_ask_meta(struct recording *r, const char *key)
{
	struct err ignored;

	statements_bind_text(STATEMENTS_BIND(&r->s, RECORDING_META, (uint64_t)r->session), 2, key);
	return statements_step(&r->s, RECORDING_META, &ignored) > 0;
}

uint64_t
recording_number(struct recording *r, const char *key)
{
	uint64_t v = recording_ask_meta(r, key) ? statements_number(&r->s, RECORDING_META, 0) : 0;

	statements_reset(&r->s, RECORDING_META);
	return v;
}

char *
recording_text(struct recording *r, const char *key)
{
	char *text = recording_ask_meta(r, key)
	                 ? mem_strdup(statements_text(&r->s, RECORDING_META, 0))
	                 : NULL;

	statements_reset(&r->s, RECORDING_META);
	return text;
}
