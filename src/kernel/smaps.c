/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/smaps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/refs.h"
#include "base/util.h"

enum { TRIES = 8 }; /* threads that end one after another */

static bool
smaps_starts(const char *line, const char *field, const char **value)
{
	size_t n = strlen(field);

	if (strncmp(line, field, n))
		return false;
	*value = line + n + strspn(line + n, " ");
	return true;
}

#define V(c, s, w) {.code = (c), .since = (s), .words = (w)},
static const struct vmflag smaps_rows[] = {
#include "kernel/vmflags.def"
};
#undef V

const struct vmflag *
smaps_flags(size_t *n)
{
	*n = ARRAY_LEN(smaps_rows);
	return smaps_rows;
}

/* The next code of a line, *n bytes of it; NULL: there is none. */
static const char *
smaps_next_code(const char *s, size_t *n)
{
	s += strspn(s, " ");
	*n = strcspn(s, " \n");
	return *n ? s : NULL;
}

static void
smaps_parse_flags(struct smaps_entry *e, const char *value)
{
	size_t len = 0, n;

	e->known |= SMAPS_FLAGS;
	for (; (value = smaps_next_code(value, &n)) && len + n + 2 <= sizeof(e->flags); value += n)
		len += (size_t)snprintf(e->flags + len, sizeof(e->flags) - len, "%s%.*s",
		                        len ? " " : "", (int)n, value);
}

bool
smaps_has(const struct smaps_entry *e, const char *code)
{
	size_t n;

	for (const char *s = e->flags; (s = smaps_next_code(s, &n)); s += n)
		if (n == strlen(code) && !memcmp(s, code, n))
			return true;
	return false;
}

bool
smaps_newborn(const struct smaps_entry *e)
{
	return smaps_has(e, "sd");
}

static bool
smaps_has_row(const char *code, size_t n)
{
	for (size_t i = 0; n == 2 && i < ARRAY_LEN(smaps_rows); i++)
		if (!memcmp(smaps_rows[i].code, code, 2))
			return true;
	return false;
}

void
smaps_odd_flags(const struct smaps_entry *e, struct buf *out)
{
	size_t start = out->len, n;

	for (const char *s = e->flags; (s = smaps_next_code(s, &n)); s += n)
		if (!smaps_has_row(s, n))
			buf_fmt(out, "%s%.*s", out->len > start ? " " : "", (int)n, s);
}

static void
smaps_parse_field(struct smaps_entry *e, const char *line)
{
	static const struct {
		const char *name;
		size_t at;
		unsigned known;
	} fields[] = {
	    {"Pss:", offsetof(struct smaps_entry, pss), 0},
	    {"Referenced:", offsetof(struct smaps_entry, referenced), 0},
	    {"Locked:", offsetof(struct smaps_entry, locked), SMAPS_LOCKED},
	    {"KSM:", offsetof(struct smaps_entry, ksm), SMAPS_KSM},
	    {"Private_Clean:", offsetof(struct smaps_entry, uss), 0},
	    {"Private_Dirty:", offsetof(struct smaps_entry, uss), 0},
	    {"Shared_Clean:", offsetof(struct smaps_entry, shared), 0},
	    {"Shared_Dirty:", offsetof(struct smaps_entry, shared), 0},
	    {"Swap:", offsetof(struct smaps_entry, swap), SMAPS_SWAP},
	    {"LazyFree:", offsetof(struct smaps_entry, lazyfree), SMAPS_LAZYFREE},
	    {"AnonHugePages:", offsetof(struct smaps_entry, thp), 0},
	    {"ShmemPmdMapped:", offsetof(struct smaps_entry, thp), 0},
	    {"FilePmdMapped:", offsetof(struct smaps_entry, thp), 0},
	};
	const char *value, *end;
	uint64_t n;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (smaps_starts(line, fields[i].name, &value) && parse_u64(value, 10, &end, &n)) {
			*(uint64_t *)((char *)e + fields[i].at) += n * 1024;
			e->known |= fields[i].known;
		}
	if (smaps_starts(line, "THPeligible:", &value) && parse_u64(value, 10, &end, &n)) {
		e->thp_eligible = n != 0;
		e->known |= SMAPS_THP_ELIGIBLE;
	}
	if (smaps_starts(line, "ProtectionKey:", &value) && parse_u64(value, 10, &end, &n)) {
		e->pkey = n;
		e->known |= SMAPS_PKEY;
	}
	if (smaps_starts(line, "VmFlags:", &value))
		smaps_parse_flags(e, value);
}

/* A heading is "START-END ..."; no field begins with hex digits and a dash. */
static bool
smaps_parse_heading(const char *line, uint64_t *start)
{
	const char *end;
	uint64_t at;

	if (!parse_u64(line, 16, &end, &at) || *end != '-')
		return false;
	*start = at;
	return true;
}

void
smaps_append(struct smaps *s, const struct smaps_entry *e)
{
	s->v = vec_room(s->v, s->n, &s->cap, sizeof(*s->v));
	s->v[s->n++] = *e;
}

static void
smaps_take_line(struct smaps *s, const char *line)
{
	uint64_t start;

	if (smaps_parse_heading(line, &start))
		smaps_append(s, &(struct smaps_entry){.start = start});
	else if (s->n)
		smaps_parse_field(&s->v[s->n - 1], line);
}

void
smaps_parse(struct smaps *s, const char *text)
{
	*s = (struct smaps){0};
	for (const char *line = text, *end; *line; line = end + (*end == '\n')) {
		end = line + strcspn(line, "\n");
		smaps_take_line(s, line);
	}
}

struct smaps_reading *
smaps_reading_ref(struct smaps_reading *l)
{
	if (l)
		refs_take(&l->refs);
	return l;
}

void
smaps_reading_unref(struct smaps_reading *l)
{
	if (!l || !refs_drop(&l->refs))
		return;
	smaps_free(&l->smaps);
	free(l);
}

void
smaps_add(struct smaps_entry *sum, const struct smaps_entry *e, bool first)
{
	sum->pss += e->pss;
	sum->referenced += e->referenced;
	sum->locked += e->locked;
	sum->thp += e->thp;
	sum->ksm += e->ksm;
	sum->uss += e->uss;
	sum->shared += e->shared;
	sum->lazyfree += e->lazyfree;
	sum->swap += e->swap;
	sum->known = (first ? UINT64_MAX : sum->known) & e->known &
	             (SMAPS_LOCKED | SMAPS_KSM | SMAPS_LAZYFREE | SMAPS_SWAP);
}

void
smaps_free(struct smaps *s)
{
	free(s->v);
	*s = (struct smaps){0};
}

const struct smaps_entry *
smaps_find(const struct smaps *s, uint64_t start)
{
	size_t i = vec_above(s->v, s->n, sizeof(*s->v), offsetof(struct smaps_entry, start), start);

	return i > 0 && s->v[i - 1].start == start ? &s->v[i - 1] : NULL;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Takes a line. false: the others do not matter. */
typedef bool smaps_line_fn(void *arg, const char *line);

struct smaps_pieces {
	const struct smaps_host *host;
	struct buf text; /* read, and not yet taken */
	smaps_line_fn *take;
	void *arg;
};

static bool
smaps_is_stopped(const struct smaps_host *host)
{
	return host && host->stop && host->stop(host->arg);
}

/* Takes the whole lines that were read. false: the others do not matter. */
static bool
smaps_take_lines(struct smaps_pieces *p)
{
	char *line = p->text.s, *next;
	bool more = true;
	uint64_t start;

	for (; more && (next = strchr(line, '\n')); line = next + 1) {
		*next = '\0';
		if (p->host && smaps_parse_heading(line, &start))
			progress_add(p->host->progress, 1);
		more = p->take(p->arg, line);
	}
	p->text.len -= (size_t)(line - p->text.s);
	memmove(p->text.s, line, p->text.len + 1);
	return more;
}

/* The kernel returns a page at most per read: a few regions, each of which it walks. */
static int
smaps_read_lines(int fd, struct smaps_pieces *p, struct err *err)
{
	char chunk[8192];
	bool more = fd >= 0 && file_fits(fd), stopped = false;
	ssize_t n = more ? 0 : -1;

	while (more && !(stopped = smaps_is_stopped(p->host))) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_add(&p->text, chunk, (size_t)n);
		more = smaps_take_lines(p);
	}
	if (n < 0)
		err_sys(err, NULL, "cannot read smaps");
	buf_free(&p->text);
	return n < 0 ? -1 : stopped;
}

static bool
smaps_take_any(void *arg, const char *line)
{
	smaps_take_line(arg, line);
	return true;
}

int
smaps_read(int fd, const struct smaps_host *host, struct smaps *s, struct err *err)
{
	struct smaps_pieces p = {.host = host, .take = smaps_take_any, .arg = s};
	int r;

	*s = (struct smaps){0};
	r = smaps_read_lines(fd, &p, err);
	if (r != 0)
		smaps_free(s);
	return r;
}

int
smaps_read_process(const struct proc *p, const struct smaps_host *host, struct smaps *s,
                   struct err *err)
{
	int r = -1;

	for (int i = 0; i < TRIES; i++) {
		int fd = proc_file(p, "smaps", O_RDONLY);

		r = smaps_read(fd, host, s, err);
		if (fd >= 0)
			close(fd);
		if (r > 0 || (r == 0 ? s->n > 0 : err->sys != ESRCH))
			break;
		smaps_free(s);
	}
	return r;
}

struct smaps_one {
	uint64_t start;
	struct smaps_entry e;
	bool found;
};

/* Takes a line of the entry at `start`, or of one before it. false: past it. */
static bool
smaps_take_one(void *arg, const char *line)
{
	struct smaps_one *one = arg;
	uint64_t at;

	if (smaps_parse_heading(line, &at)) {
		if (one->found || at > one->start)
			return false;
		one->found = at == one->start;
		one->e = (struct smaps_entry){.start = at};
	} else if (one->found) {
		smaps_parse_field(&one->e, line);
	}
	return true;
}

int
smaps_read_one(int fd, const struct smaps_host *host, uint64_t start, struct smaps_entry *out,
               struct err *err)
{
	struct smaps_one one = {.start = start};
	struct smaps_pieces p = {.host = host, .take = smaps_take_one, .arg = &one};
	int r = smaps_read_lines(fd, &p, err);

	if (r != 0)
		return r;
	if (!one.found)
		return err_set(err, ERR_TARGET, "it is no longer mapped", NULL,
		               "cannot read the details of this region");
	*out = one.e;
	return 0;
}

int
smaps_read_region(const struct proc *p, const struct smaps_host *host, uint64_t start,
                  struct smaps_entry *out, struct err *err)
{
	bool lives = false;
	int r = -1;

	for (int i = 0; i < TRIES && r < 0 && !lives; i++) {
		int dir = proc_dir(p), fd = dir < 0 ? -1 : file_open(dir, "smaps", O_RDONLY);

		r = smaps_read_one(fd, host, start, out, err);
		lives = dir >= 0 && proc_has_memory(dir);
		if (fd >= 0)
			close(fd);
		if (dir >= 0)
			close(dir);
	}
	return r;
}
