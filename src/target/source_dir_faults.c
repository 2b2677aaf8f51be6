/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page faults of a directory: its file `faults`, of which lines that appear happen when the
 * regions are read, before each scan. Each is a thread, the address, and the call chain, the
 * instruction first:
 *
 *   4242 10003000 401a2c 401b80 7f1843a27305
 *
 * `symbols` has the names of code, as perf maps have them: "START SIZE NAME".
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "cause/events.h"
#include "target/source_root.h"

void
source_dir_open_faults(struct source_root *r)
{
	r->fault_lines = proc_file(&r->proc, "faults", O_RDONLY);
	r->base.meta.faults = r->fault_lines >= 0;
}

/* --- as they happen --------------------------------------------------------------------------- */

static int
source_dir_watch(struct source *s, struct causes *into, unsigned budget, struct err *err)
{
	static const struct causes_watch on = {.on = true, .kernel = true, .period = 1};
	struct source_root *r = source_root_of(s);

	(void)budget;
	if (!s->meta.faults)
		return source_faults_watch(s, into, budget, err);
	lseek(r->fault_lines, 0, SEEK_END);
	causes_unref(r->into);
	r->into = causes_ref(into);
	causes_set_watch(into, &on);
	return 0;
}

static void
source_dir_take_fault(struct source_root *r, const char *line, const char *end)
{
	uint64_t tid, frames[CAUSES_DEPTH];
	struct perf_sample p = {.frames = frames, .pid = r->proc.pid};

	if (!parse_u64(line, 10, &line, &tid) || !parse_u64(line + 1, 16, &line, &p.addr))
		return;
	while (p.n < CAUSES_DEPTH && line < end && parse_u64(line + 1, 16, &line, &frames[p.n]))
		p.n++;
	if (!p.n)
		return;
	p.tid = (pid_t)tid;
	p.ip = frames[0];
	p.time_ns = source_now(&r->base);
	causes_add(r->into, &p);
}

static void
source_dir_drain(struct source *s)
{
	struct source_root *r = source_root_of(s);
	struct buf text = {0};
	char *end;

	if (!r->into || file_read_all(r->fault_lines, &text) < 0 || !text.s)
		goto out;
	for (char *line = text.s; (end = strchr(line, '\n')); line = end + 1)
		source_dir_take_fault(r, line, end);
	events_read_names(r->proc.root, r->into, false);
out:
	buf_free(&text);
}

static void
source_dir_unwatch(struct source *s)
{
	struct source_root *r = source_root_of(s);

	causes_unref(r->into);
	r->into = NULL;
}

int
source_dir_regions(struct source *s, struct vma_list *out, struct err *err)
{
	source_dir_drain(s);
	return source_root_regions(s, out, err);
}

/* --- names ------------------------------------------------------------------------------------ */

bool
source_dir_symbol(struct source *s, const struct vma_list *vmas, const struct vma *v,
                  const uint8_t *image, uint64_t addr, unsigned needs, struct helper_symbol *out)
{
	int fd = proc_file(&source_root_of(s)->proc, "symbols", O_RDONLY);
	struct buf text = {0};
	bool found = false;

	(void)vmas, (void)v, (void)image, (void)needs;
	if (fd >= 0 && file_read_all(fd, &text) == 0)
		for (const char *at = text.s; at && *at && !found;) {
			const char *end = strchrnul(at, '\n');
			uint64_t start, size;

			if (parse_u64(at, 16, &at, &start) && parse_u64(at + 1, 16, &at, &size) &&
			    addr >= start && addr - start < size) {
				*out = (struct helper_symbol){.offset = addr - start};
				snprintf(out->name, sizeof(out->name), "%.*s", (int)(end - at - 1),
				         at + 1);
				found = true;
			}
			at = end + (*end != '\0');
		}
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	return found;
}

void
source_dir_close(struct source *s)
{
	struct source_root *r = source_root_of(s);

	source_dir_unwatch(s);
	if (s->meta.faults)
		close(r->fault_lines);
	source_root_close(s);
}

const struct source_faults source_dir_faults = {
    .watch = source_dir_watch,
    .family = source_faults_family,
    .drain = source_dir_drain,
    .unwatch = source_dir_unwatch,
    .stores = source_faults_stores,
    .stores_read = stores_read,
    .stores_end = stores_close,
    .wait = source_faults_wait,
    .kernel = source_faults_kernel,
};
