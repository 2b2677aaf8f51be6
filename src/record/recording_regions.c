/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The regions at the sample, the threads, and what else is known of memory there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "record/pack.h"
#include "record/recording_parts.h"

static uint8_t
recording_type(const char *name)
{
	for (unsigned i = 0; i < VMA_TYPES; i++)
		if (!strcmp(name, vma_type_name(i)))
			return (uint8_t)i;
	return VMA_ANON;
}

static uint8_t
recording_perm(const char *text)
{
	return (uint8_t)((strchr(text, 'r') ? VMA_READ : 0) | (strchr(text, 'w') ? VMA_WRITE : 0) |
	                 (strchr(text, 'x') ? VMA_EXEC : 0) | (strchr(text, 's') ? VMA_SHARED : 0));
}

/* The kernel's are a quarter of that: a path, with each byte escaped. */
enum { RECORDING_NAME = 1 << 16 };

/* `name` is an offset in the names until all are there. false: it cannot be. */
static bool
recording_row(struct recording *r, struct vma *v, struct buf *names)
{
	const int of = RECORDING_REGIONS;
	uint64_t length = statements_number(&r->s, of, 1);
	const char *mapping = statements_text(&r->s, of, 8);
	size_t name = strlen(mapping);
	unsigned major = 0, minor = 0;

	if (name > RECORDING_NAME)
		return false;
	*v = (struct vma){.start = statements_number(&r->s, of, 0),
	                  .perm = recording_perm(statements_text(&r->s, of, 2)),
	                  .offset = statements_number(&r->s, of, 3),
	                  .inode = statements_number(&r->s, of, 5),
	                  .type = recording_type(statements_text(&r->s, of, 6)),
	                  .behind = (uint8_t)u64_min(statements_number(&r->s, of, 7),
	                                             VMA_BEHIND_SECRET),
	                  .name = (const char *)(uintptr_t)names->len};
	if (sscanf(statements_text(&r->s, of, 4), "%u:%u", &major, &minor) == 2) {
		v->dev_major = major;
		v->dev_minor = minor;
	}
	buf_add(names, mapping, name + 1);
	return v->start % r->page_size == 0 && length && length % r->page_size == 0 &&
	       !__builtin_add_overflow(v->start, length, &v->end);
}

static int
recording_by_address(const void *pa, const void *pb)
{
	const struct vma *a = pa, *b = pb;

	return (a->start > b->start) - (a->start < b->start);
}

/* Whether they are a list of regions; each gets its name. */
static bool
recording_finish(struct vma_list *out)
{
	vec_sort(out->v, out->n, sizeof(*out->v), recording_by_address);
	for (size_t i = 0; i < out->n; i++) {
		out->v[i].name = out->names + (uintptr_t)out->v[i].name;
		if (i && out->v[i].start < out->v[i - 1].end)
			return false;
	}
	return true;
}

int
recording_regions(struct recording *r, struct vma_list *out, struct err *err)
{
	struct buf names = {0};
	bool ok = true;
	int got;

	*out = (struct vma_list){0};
	STATEMENTS_BIND(&r->s, RECORDING_REGIONS, (uint64_t)r->samples[r->at].id);
	while ((got = statements_step(&r->s, RECORDING_REGIONS, err)) > 0) {
		out->v = vec_room(out->v, out->n, &out->cap, sizeof(*out->v));
		ok = recording_row(r, &out->v[out->n++], &names) && ok;
	}
	out->names = names.s;
	if (got == 0 && ok && recording_finish(out))
		return 0;
	vma_free(out);
	return got < 0 ? -1 : statements_damaged(&r->s, err);
}

void
recording_threads(struct recording *r, struct threads *out)
{
	struct err ignored;

	out->n = 0;
	STATEMENTS_BIND(&r->s, RECORDING_THREADS, (uint64_t)r->samples[r->at].id);
	while (statements_step(&r->s, RECORDING_THREADS, &ignored) > 0) {
		struct thread *t;

		out->v = vec_room(out->v, out->n, &out->cap, sizeof(*out->v));
		t = &out->v[out->n++];
		*t = (struct thread){.tid = (pid_t)statements_number(&r->s, RECORDING_THREADS, 0),
		                     .sp = statements_number(&r->s, RECORDING_THREADS, 1)};
		snprintf(t->comm, sizeof(t->comm), "%s",
		         statements_text(&r->s, RECORDING_THREADS, 2));
	}
}

uint64_t
recording_smaps_time(const struct recording *r)
{
	size_t i = r->at;

	while (i > r->first && !r->samples[i].smaps_ns)
		i--;
	return r->samples[i].smaps_ns;
}

void
recording_smaps(struct recording *r, struct smaps *out)
{
	const int of = RECORDING_SMAPS;
	struct err ignored;

	*out = (struct smaps){0};
	STATEMENTS_BIND(&r->s, of, (uint64_t)r->samples[r->at].id);
	while (statements_step(&r->s, of, &ignored) > 0) {
		struct smaps_entry e = {.start = statements_number(&r->s, of, 0),
		                        .pss = statements_number(&r->s, of, 1),
		                        .uss = statements_number(&r->s, of, 2),
		                        .shared = statements_number(&r->s, of, 3),
		                        .referenced = statements_number(&r->s, of, 4),
		                        .locked = statements_number(&r->s, of, 5),
		                        .thp = statements_number(&r->s, of, 6),
		                        .ksm = statements_number(&r->s, of, 7),
		                        .lazyfree = statements_number(&r->s, of, 8),
		                        .swap = statements_number(&r->s, of, 9),
		                        .pkey = statements_number(&r->s, of, 10),
		                        .thp_eligible = statements_number(&r->s, of, 11) != 0,
		                        .known = statements_number(&r->s, of, 12)};

		snprintf(e.flags, sizeof(e.flags), "%s", statements_text(&r->s, of, 13));
		smaps_append(out, &e);
	}
}

uint64_t
recording_reach(struct recording *r, uint64_t start, uint64_t end)
{
	uint64_t reach = 0;
	struct err ignored;

	STATEMENTS_BIND(&r->s, RECORDING_REACH, start, end);
	if (statements_step(&r->s, RECORDING_REACH, &ignored) > 0)
		reach = statements_number(&r->s, RECORDING_REACH, 0);
	statements_reset(&r->s, RECORDING_REACH);
	return reach;
}

/* --- files and contents --------------------------------------------------------------------- */

bool
recording_file(struct recording *r, uint64_t region, struct file_facts *out)
{
	sqlite3_stmt *s = STATEMENTS_BIND(&r->s, RECORDING_FILE, (uint64_t)r->samples[r->at].id,
	                                  region);
	struct err ignored;
	bool is;

	*out = (struct file_facts){0};
	is = statements_step(&r->s, RECORDING_FILE, &ignored) > 0 &&
	     file_facts_unpack(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0),
	                       r->page_size, out);
	statements_reset(&r->s, RECORDING_FILE);
	return is;
}

uint8_t *
recording_bytes(struct recording *r, uint64_t addr, bool *any)
{
	uint64_t first = (uint64_t)recording_first_id(r);
	sqlite3_stmt *s = STATEMENTS_BIND(&r->s, RECORDING_CONTENT, addr,
	                                  (uint64_t)r->samples[r->at].id, first);
	uint8_t *data = NULL;
	struct unpack u = {0};
	struct err ignored;

	STATEMENTS_BIND(&r->s, RECORDING_CONTENTS, first);
	*any = statements_step(&r->s, RECORDING_CONTENTS, &ignored) > 0;
	statements_reset(&r->s, RECORDING_CONTENTS);
	if (*any && statements_step(&r->s, RECORDING_CONTENT, &ignored) > 0 &&
	    unpack_open(&u, sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0)) &&
	    u.n == r->page_size)
		data = mem_copy(u.raw, u.n);
	unpack_free(&u);
	statements_reset(&r->s, RECORDING_CONTENT);
	return data;
}

uint64_t
recording_next_bytes(struct recording *r, uint64_t addr)
{
	sqlite3_stmt *s = STATEMENTS_BIND(&r->s, RECORDING_NEXT_CONTENT, addr);
	struct err ignored;
	uint64_t at = UINT64_MAX;

	if (!(addr >> 63) && statements_step(&r->s, RECORDING_NEXT_CONTENT, &ignored) > 0 &&
	    sqlite3_column_type(s, 0) == SQLITE_INTEGER)
		at = statements_number(&r->s, RECORDING_NEXT_CONTENT, 0);
	statements_reset(&r->s, RECORDING_NEXT_CONTENT);
	return at;
}
