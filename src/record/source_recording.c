/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recording: everything is as it was at one sample, and nothing can be done about it. What was
 * not recorded is not known.
 */
#include "record/source_recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "kernel/proc.h"
#include "record/schema.h"
#include "record/source_recording_parts.h"

/* --- its life ------------------------------------------------------------------------------- */

static int
source_recording_open_pages(struct source *s, struct err *err)
{
	(void)err;
	s->meta.open = true;
	return 0;
}

static bool
source_recording_alive(const struct source *s)
{
	(void)s;
	return true;
}

static enum proc_life
source_recording_life(struct source *s)
{
	(void)s;
	return PROC_RUNNING;
}

static uint64_t
source_recording_clock(const struct source *s)
{
	const struct source_recording *k = source_recording_of(s);

	return k->line->v[recording_at(k->r)].time_ns;
}

/* --- the address space ---------------------------------------------------------------------- */

static int
source_recording_regions(struct source *s, struct vma_list *out, struct err *err)
{
	struct source_recording *k = source_recording_of(s);

	vma_free(&k->vmas);
	if (recording_regions(k->r, &k->vmas, err) < 0 || recording_regions(k->r, out, err) < 0)
		return -1;
	return 0;
}

static void
source_recording_threads(struct source *s, struct threads *t, bool again)
{
	(void)again;
	recording_threads(source_recording_of(s)->r, t);
}

static int
source_recording_registers(const struct source *s, pid_t tid, struct thread_registers *out,
                           struct err *err)
{
	(void)s, (void)tid, (void)out;
	return source_recording_refuse(err, "read registers");
}

/* --- pages ---------------------------------------------------------------------------------- */

static bool
source_recording_broken(const struct source *s)
{
	return recording_number(source_recording_of(s)->r, "broken");
}

static enum folio_sizes
source_recording_folio_sizes(const struct source *s)
{
	uint64_t is = recording_number(source_recording_of(s)->r, "folio_sizes");

	return is == FOLIOS_SMALL || is == FOLIOS_HUGE ? (enum folio_sizes)is : FOLIOS_ANY;
}

static bool
source_recording_cgroup(const struct source *s, uint64_t inode, struct buf *out)
{
	char key[40], *path;

	snprintf(key, sizeof(key), "cgroup %ju", (uintmax_t)inode);
	path = recording_text(source_recording_of(s)->r, key);
	if (path)
		buf_str(out, path);
	free(path);
	return path != NULL;
}

/* --- what takes more ------------------------------------------------------------------------ */

/* What was read for another sample is not known of this one: then no region has any. */
static int
source_recording_smaps(const struct source *s, struct progress *p, struct smaps *out,
                       struct err *err)
{
	const struct recording *r = source_recording_of(s)->r;

	(void)p, (void)err;
	*out = (struct smaps){0};
	if (recording_smaps_time(r) >= source_now(s))
		recording_smaps(source_recording_of(s)->r, out);
	return 0;
}

/* As of the last time that it was read (source_time). */
static int
source_recording_smaps_one(const struct source *s, struct progress *p, uint64_t start,
                           struct smaps_entry *out, struct err *err)
{
	const struct smaps_entry *e;
	struct smaps all;
	int r = 0;

	(void)p;
	recording_smaps(source_recording_of(s)->r, &all);
	e = smaps_find(&all, start);
	if (e)
		*out = *e;
	else
		r = err_set(err, ERR_TARGET, "it had not been recorded by then", NULL,
		            "cannot read smaps of this region");
	smaps_free(&all);
	return r;
}

/* Up to the first page that was not recorded. */
static ssize_t
source_recording_bytes(struct source *s, uint64_t addr, void *to, size_t n, int *sys,
                       struct err *err)
{
	size_t size = s->meta.page_size, done = 0;
	bool any = true;

	*sys = ENODATA;
	while (done < n) {
		uint64_t at = addr + done, page = at - at % size;
		size_t part = u64_min(n - done, page + size - at);
		uint8_t *data = recording_bytes(source_recording_of(s)->r, page, &any);

		if (!data)
			break;
		memcpy((uint8_t *)to + done, data + (at - page), part);
		free(data);
		done += part;
	}
	if (any)
		return (ssize_t)done;
	return err_set(err, ERR_TARGET, "contents of memory were not recorded",
	               "ask a running process, or record with --with-bytes RANGE",
	               "cannot read memory");
}

static int
source_recording_fault_in(struct source *s, const struct vma *v, uint64_t addr, struct err *err)
{
	(void)s, (void)v, (void)addr;
	return source_recording_refuse(err, "read the page in");
}

static int
source_recording_unreference(struct source *s, struct err *err)
{
	(void)s;
	return source_recording_refuse(err, "clear referenced bits");
}

static bool
source_recording_file_bytes(struct source *s, const struct vma *v, uint64_t start, size_t n,
                            uint8_t *to)
{
	(void)s, (void)v, (void)start, (void)n, (void)to;
	return false;
}

/* As of the last whole sample. */
static bool
source_recording_files(struct source *s, const struct vma *v, uint64_t start, uint64_t end,
                       unsigned needs, struct file_pages *out)
{
	struct file_facts f;
	bool is = recording_file(source_recording_of(s)->r, v->start, &f);

	if (is) {
		file_facts_fill(&f, start, end, s->meta.page_size, out);
		out->known &= needs;
	}
	file_facts_free(&f);
	return is;
}

/* Only instructions that faulted have one. */
static bool
source_recording_symbol(struct source *s, const struct vma_list *vmas, const struct vma *v,
                        const uint8_t *image, uint64_t addr, unsigned needs,
                        struct helper_symbol *out)
{
	struct source_code is;
	const char *colon;
	uint64_t line;

	(void)vmas, (void)v, (void)image, (void)needs;
	if (!recording_code(source_recording_of(s)->r, addr, false, &is) || !is.known)
		return false;
	*out = (struct helper_symbol){.offset = is.offset};
	snprintf(out->name, sizeof(out->name), "%s", is.name);
	colon = is.source ? strrchr(is.source, ':') : NULL;
	if (colon && parse_u64(colon + 1, 10, &colon, &line) && line <= UINT32_MAX) {
		out->line = (uint32_t)line;
		snprintf(out->source, sizeof(out->source), "%.*s",
		         (int)(strrchr(is.source, ':') - is.source), is.source);
	}
	return true;
}

static bool
source_recording_code(struct source *s, uint64_t addr, bool returns, struct source_code *out)
{
	return recording_code(source_recording_of(s)->r, addr, returns, out);
}

static bool
source_recording_find_symbol(struct source *s, const struct vma_list *vmas, const struct vma *v,
                             const uint8_t *image, const char *name, enum symbol_how how,
                             struct helper_matches *out)
{
	(void)s, (void)vmas, (void)v, (void)image, (void)name, (void)how, (void)out;
	return false;
}

static bool
source_recording_late(const struct source *s)
{
	(void)s;
	return false;
}

static bool
source_recording_counters(const struct source *s, struct proc_activity *out)
{
	(void)s, (void)out;
	return false;
}

/* --- opening and closing -------------------------------------------------------------------- */

static void
source_recording_close(struct source *s)
{
	struct source_recording *k = source_recording_of(s);

	source_recording_unwatch(s);
	source_recording_free_caps(k->caps);
	vma_free(&k->vmas);
	swaps_free(&s->meta.swaps);
	timeline_unref(k->line);
	recording_close(k->r);
	free(k);
}

static int
source_recording_reopen(struct source *s, struct err *err)
{
	return source_recording_open_pages(s, err);
}

static const struct source_ops source_recording_ops = {
    .open_pages = source_recording_open_pages,
    .reopen = source_recording_reopen,
    .alive = source_recording_alive,
    .life = source_recording_life,
    .clock = source_recording_clock,
    .regions = source_recording_regions,
    .threads = source_recording_threads,
    .registers = source_recording_registers,
    .words = source_recording_words,
    .runs = source_recording_runs,
    .frames = source_recording_frames,
    .broken = source_recording_broken,
    .nodes = source_recording_nodes,
    .folio_sizes = source_recording_folio_sizes,
    .cgroup = source_recording_cgroup,
    .smaps = source_recording_smaps,
    .smaps_one = source_recording_smaps_one,
    .unreference = source_recording_unreference,
    .bytes = source_recording_bytes,
    .fault_in = source_recording_fault_in,
    .files = source_recording_files,
    .file_bytes = source_recording_file_bytes,
    .symbol = source_recording_symbol,
    .find_symbol = source_recording_find_symbol,
    .code = source_recording_code,
    .late = source_recording_late,
    .counters = source_recording_counters,
    .caps = source_recording_caps,
    .writes = &source_recording_writes,
    .others = &source_recording_others,
    .faults = &source_recording_faults,
    .time = &source_recording_time,
    .close = source_recording_close,
};

struct source *
source_recording_open(const char *path, struct err *err)
{
	struct recording *r = recording_open(path, err);
	struct source_recording *k;

	if (!r)
		return NULL;
	k = mem_alloc(sizeof(*k));
	k->r = r;
	k->line = recording_timeline(r);
	k->base.ops = &source_recording_ops;
	source_recording_read_meta(k);
	return &k->base;
}

bool
source_recording_is(const char *path)
{
	return schema_is_recording(path);
}

static bool
source_recording_is_process(const char *proc_root, const char *name)
{
	struct err ignored;
	size_t found = 0;
	pid_t pid;

	return name[strspn(name, "0123456789")] == '\0' ||
	       proc_find(proc_root, name, &pid, &found, &ignored) == 0 || found > 0;
}

bool
source_recording_means(const char *proc_root, const char *name)
{
	return strchr(name, '/') ||
	       (schema_is_recording(name) && !source_recording_is_process(proc_root, name));
}

bool
source_recording_blame(const char *name, struct err *err)
{
	int fd = file_open(AT_FDCWD, name, O_RDONLY), sys = errno;
	char why[192];

	if (fd < 0 && sys == ENOENT)
		return false;
	if (fd >= 0)
		close(fd);
	snprintf(why, sizeof(why), "no process has that name, and the file of that name %s%s",
	         fd >= 0 ? "is not a recording" : "cannot be opened: ",
	         fd >= 0 ? "" : strerror(sys));
	err_set(err, ERR_TARGET, why,
	        fd >= 0 ? "`ps -e` lists the processes; --record FILE makes a recording" : NULL,
	        "cannot find %.160s", name);
	return true;
}
