/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "record/session.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/util.h"
#include "target/probe.h"

void
session_free(struct session *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].key);
		free(s->v[i].text);
	}
	free(s->v);
	free(s->caps);
	free(s);
}

static struct session_fact *
session_add(struct session *s, const char *key, const char *text, uint64_t number)
{
	struct session_fact *f;

	s->v = vec_room(s->v, s->n, &s->cap, sizeof(*s->v));
	f = &s->v[s->n++];
	*f = (struct session_fact){
	    .key = mem_strdup(key), .text = text ? mem_strdup(text) : NULL, .number = number};
	return f;
}

/* --- pmtop ---------------------------------------------------------------------------------- */

static void
session_read_own(const char *path, struct buf *out)
{
	int fd = file_open(AT_FDCWD, path, O_RDONLY);

	if (fd >= 0) {
		file_read_all(fd, out);
		close(fd);
	}
}

/* Its words, with a space between them. */
static void
session_add_command(struct session *s)
{
	struct buf b = {0};

	session_read_own("/proc/self/cmdline", &b);
	for (size_t i = 0; i + 1 < b.len; i++)
		if (!b.s[i])
			b.s[i] = ' ';
	if (b.len)
		session_add(s, "command", b.s, 0)->name = true;
	buf_free(&b);
}

static void
session_add_privileges(struct session *s)
{
	struct buf b = {0};
	const char *at;

	session_add(s, "user", NULL, geteuid());
	session_read_own("/proc/self/status", &b);
	at = b.s ? strstr(b.s, "\nCapPrm:\t") : NULL;
	if (at) {
		char caps[17];

		snprintf(caps, sizeof(caps), "%.16s", at + strlen("\nCapPrm:\t"));
		session_add(s, "privileges", caps, 0);
	}
	buf_free(&b);
}

/* --- the machine ---------------------------------------------------------------------------- */

static void
session_add_source(struct session *s, const struct source *of)
{
	const struct source_meta *m = &of->meta;
	char name[32];

	session_add(s, "word", NULL, m->word);
	session_add(s, "frames", NULL, m->frames);
	session_add(s, "ksm_lies", NULL, m->ksm_lies);
	session_add(s, "averages", NULL, 1 + (uint64_t)of->ops->others->averages(of));
	session_add(s, "nodes", NULL, m->nodes);
	session_add(s, "zero_pfn", NULL, m->zero_pfn);
	session_add(s, "scan", NULL, m->scan);
	session_add(s, "folio_sizes", NULL, (uint64_t)of->ops->folio_sizes(of));
	session_add(s, "broken", NULL, of->ops->broken(of));
	session_add(s, "swaps_in_use", NULL, m->swaps.in_use);
	session_add(s, "swaps", NULL, m->swaps.n);
	for (unsigned i = 0; i < m->swaps.n; i++) {
		snprintf(name, sizeof(name), "swap %u", i);
		session_add(s, name, m->swaps.name[i], 0);
	}
}

static void
session_add_caps(struct session *s, struct target *t)
{
	size_t n;
	const struct cap *caps = probe_all(t, &n);

	s->caps = mem_copy(caps, n * sizeof(*caps));
	s->caps_n = n;
}

static void
session_began(struct session *s)
{
	struct timespec now = time_calendar();
	struct tm tm;
	size_t n;

	gmtime_r(&now.tv_sec, &tm);
	n = strftime(s->began, sizeof(s->began), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(s->began + n, sizeof(s->began) - n, ".%03dZ", (int)(now.tv_nsec / 1000000));
}

struct session *
session_new(struct target *t)
{
	const struct source_meta *m = &t->source->meta;
	struct session *s = mem_alloc(sizeof(*s));
	struct utsname is = {0};

	s->pid = m->pid;
	snprintf(s->comm, sizeof(s->comm), "%s", m->comm);
	s->time_ns = source_now(t->source);
	session_began(s);
	s->page_size = t->page_size;
	uname(&is);
	session_add(s, "pmtop", PACKAGE_VERSION, 0);
	session_add(s, "kernel", is.release, 0);
	session_add(s, "machine", is.machine, 0);
	session_add(s, "boot", m->boot, 0);
	session_add(s, "clock", "CLOCK_MONOTONIC", 0);
	session_add_command(s);
	session_add_privileges(s);
	session_add_source(s, t->source);
	session_add_caps(s, t);
	return s;
}
