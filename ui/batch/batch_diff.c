/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --diff: two moments, of processes or of recordings. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"
#include "batch/batch.h"
#include "batch/batch_state.h"
#include "diff/diff.h"
#include "kernel/kabi.h"
#include "kernel/proc.h"
#include "record/source_recording.h"

struct batch_diff {
	const struct options *o;
	struct batch was, is; /* their targets and regions */
	struct side sides[2];
	struct diff d;
	struct out *out;
	const enum column_id *ids;
	size_t n;
	struct diff_counts total; /* of the regions that are shown */
	uint64_t rows;
};

/* --- what is compared ----------------------------------------------------------------------- */

/* A PID, a name, or FILE[@TIME]; @TIME alone: of the other's file. */
struct diff_name {
	char *text; /* owned */
	const char *at;
	bool recording;
};

static void
diff_read_name(const struct options *o, struct diff_name *n, const char *text,
               const struct diff_name *other)
{
	char *at;

	*n = (struct diff_name){.text = mem_strdup(text)};
	at = source_recording_is(text) ? NULL : strrchr(n->text, '@');
	if (at == n->text && other && other->recording) {
		*n = (struct diff_name){mem_strdup(other->text), text + 1, true};
		free(at);
		return;
	}
	if (at)
		*at = '\0';
	/* a process has no moments */
	n->recording = at ? strchr(n->text, '/') || source_recording_is(n->text)
	                  : source_recording_means(o->proc_root, n->text);
	if (at && n->recording)
		n->at = text + (at - n->text) + 1;
	else if (at)
		*at = '@'; /* of a process's name */
}

static int
diff_find_process(const struct options *o, const char *name, pid_t *pid, struct err *err)
{
	if (name[strspn(name, "0123456789")] == '\0')
		return proc_parse_pid(o->proc_root, name, pid, err);
	return proc_find(o->proc_root, name, pid, NULL, err);
}

/* Only a recording has moments: PID@TIME, or @TIME beside a process, is none. */
static bool
diff_is_past(const struct options *o, const char *name)
{
	const char *at = strrchr(name, '@');
	char *of;
	struct err ignored;
	pid_t pid;
	bool is;

	if (!at)
		return false;
	of = mem_strdup(name);
	of[at - name] = '\0';
	is = !*of || diff_find_process(o, of, &pid, &ignored) == 0;
	free(of);
	return is;
}

/* FILE@TIME that was taken for the name of a process, since FILE is not a recording. */
static void
diff_blame_file(const char *name, struct err *err)
{
	char *file = mem_strdup(name), *at = access(name, F_OK) < 0 ? strrchr(file, '@') : NULL;

	if (at)
		*at = '\0';
	if (!source_recording_blame(file, err) && at)
		err_set(err, ERR_TARGET, "no process has that name, and there is no such file",
		        "give a PID, or FILE@TIME of a recording", "cannot find %.160s", file);
	free(file);
}

static int
diff_open(struct batch *b, const struct diff_name *n, struct err *err)
{
	pid_t pid;

	if (n->recording)
		return batch_open_recording(&b->t, n->text, n->at, err);
	if (diff_find_process(b->o, n->text, &pid, err) == 0)
		return target_open(&b->t, b->o->proc_root, pid, err);
	if (diff_is_past(b->o, n->text))
		return err_set(err, ERR_USAGE, "a process has no past",
		               "record it, and give FILE@TIME: pmtop --record FILE PID",
		               "cannot go to \"%.60s\"", n->text);
	diff_blame_file(n->text, err);
	return -1;
}

static int
diff_take(struct batch *b, const struct diff_name *n, struct side *s, struct err *err)
{
	if (diff_open(b, n, err) < 0 || target_open_pages(&b->t, err) < 0 ||
	    side_take(s, &b->t, err) < 0 || batch_check_alive(b, err) < 0)
		return -1;
	return target_regions(&b->t, &b->vmas, err); /* to find places in */
}

/* --at is for the second, if that has moments. */
static int
diff_go(const struct options *o, struct diff_name *is, struct err *err)
{
	if (o->at && !is->recording)
		return err_set(err, ERR_USAGE, "it is not a recording, and shows the present only",
		               "leave --at out, or write FILE@TIME", "--at of a process");
	if (!is->at)
		is->at = o->at;
	return 0;
}

static int
diff_open_both(struct batch_diff *k, struct err *err)
{
	struct diff_name was, is;
	bool same;
	int r;

	diff_read_name(k->o, &was, k->o->diff, NULL);
	diff_read_name(k->o, &is, k->o->target, &was);
	if (!was.recording && was.text[0] == '@') {
		free(was.text);
		diff_read_name(k->o, &was, k->o->diff, &is);
	}
	r = diff_go(k->o, &is, err);
	if (r == 0)
		r = diff_take(&k->was, &was, &k->sides[0], err);
	if (r == 0)
		r = diff_take(&k->is, &is, &k->sides[1], err);
	same = was.recording == is.recording && r == 0 &&
	       (was.recording ? !strcmp(was.text, is.text)
	                      : k->was.t.source->meta.pid == k->is.t.source->meta.pid);
	if (r == 0 && k->was.t.page_size != k->is.t.page_size)
		r = err_set(err, ERR_TARGET, "their pages have different sizes", NULL,
		            "cannot compare them");
	if (r == 0)
		diff_make(&k->d, &k->sides[0], &k->sides[1], same);
	free(was.text);
	free(is.text);
	return r;
}

/* --- regions -------------------------------------------------------------------------------- */

static void
diff_put_region(struct batch_diff *k, const struct diff_region *r, const struct diff_counts *n)
{
	const struct diff_row row = {.r = r, .n = n, .page_size = k->is.t.page_size};
	struct value v[ROW_MOST];

	for (size_t c = 0; c < k->n; c++)
		v[c] = diff_value(k->ids[c], &row);
	out_row(k->out, v);
}

/* Of the regions that pass the filter. */
static bool
diff_passes(struct batch_diff *k, const struct diff_region *r, struct batch_filter *filter)
{
	const struct batch *b = r->of.is ? &k->is : &k->was;
	const struct side *s = r->of.is ? &k->sides[1] : &k->sides[0];
	const struct vma *v = diff_region_vma(r);
	struct filter_facts x = {.v = v,
	                         .r = regions_at(s->regions, (size_t)(v - s->regions->vmas.v)),
	                         .page_size = b->t.page_size,
	                         .huge_known = s->huge};

	return !filter->on || batch_passes(filter, &x);
}

static void
diff_put_regions(struct batch_diff *k, const struct batch_key *keys, size_t n)
{
	k->total = diff_nothing;
	for (size_t i = 0; i < n; i++)
		diff_add(&k->total, &k->d.v[keys[i].at]);
	diff_put_region(k, NULL, &k->total);
	for (size_t i = 0; i < n; i++) {
		const struct diff_region *r = &k->d.v[keys[i].at];

		if (!diff_region_differs(r))
			continue;
		k->rows++;
		diff_put_region(k, r, &r->n);
	}
}

static int
diff_show_regions(struct batch_diff *k, struct err *err)
{
	enum column_id sort = COL_DIFF_START;
	bool up = true;
	struct batch_filter filter;
	struct batch_key *keys;
	size_t n = 0;

	if (batch_filter(&k->is, FILTER_REGION, &filter, err) < 0 ||
	    (k->o->sort && batch_parse_sort(k->o->sort, SET_DIFF, &sort, &up, err) < 0))
		return -1;
	keys = mem_alloc((k->d.n + 1) * sizeof(*keys));
	for (size_t i = 0; i < k->d.n; i++) {
		const struct diff_region *r = &k->d.v[i];
		const struct diff_row row = {r, &r->n, k->is.t.page_size};

		if (diff_passes(k, r, &filter))
			keys[n++] = (struct batch_key){diff_value(sort, &row), i};
	}
	batch_sort(keys, n, up);
	diff_put_regions(k, keys, n);
	free(keys);
	batch_note_filter(&k->is, &filter, "region", "");
	return 0;
}

/* --- pages ---------------------------------------------------------------------------------- */

static uint64_t
diff_pfn(const struct side *s, uint64_t addr)
{
	uint64_t word;

	side_words(s, addr, &word, 1);
	return word & PM_PRESENT ? word & PM_PFN_MASK : 0;
}

static int
diff_put_run(void *arg, const struct span *s, const struct page_run *run)
{
	struct batch_diff *k = arg;
	struct differ_row row = {.s = s, .run = run, .page_size = k->is.t.page_size};
	struct value v[ROW_MOST];

	if (s->was_in)
		row.was_pfn = diff_pfn(&k->sides[0], run->was);
	if (s->is_in)
		row.is_pfn = diff_pfn(&k->sides[1], run->is);
	for (size_t c = 0; c < k->n; c++)
		v[c] = differ_value(k->ids[c], &row);
	out_row(k->out, v);
	k->rows++;
	return ferror(stdout);
}

/* RANGE is what it is in the target or, if nothing is there any more, what it was. */
static int
diff_show_pages(struct batch_diff *k, struct err *err)
{
	struct err ignored;
	uint64_t start, end;

	if (batch_range(&k->is, k->o->range, &start, &end, err) < 0 &&
	    batch_range(&k->was, k->o->range, &start, &end, &ignored) < 0)
		return -1;
	for (size_t i = 0; i < k->d.n; i++)
		diff_add(&k->total, &k->d.v[i]);
	diff_runs(&k->d, start, end, diff_put_run, k);
	return 0;
}

/* --- all of it ------------------------------------------------------------------------------ */

/* Why the frames of pages at both moments are not known. */
static const char *
diff_lack(const struct batch_diff *k)
{
	const struct source *s[] = {k->was.t.source, k->is.t.source};

	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		if (!source_is_past(s[i]) && !s[i]->meta.frames)
			return "frames are hidden without CAP_SYS_ADMIN";
	for (size_t i = 0; i < ARRAY_LEN(s); i++)
		if (source_is_past(s[i]) && !s[i]->meta.frames)
			return "frames were hidden from the recorder (record as root)";
	return "their frames were not looked up in between";
}

/* What is not known, and why. */
static void
diff_note(struct batch_diff *k, struct buf *note)
{
	const struct compare *c = &k->d.compare;
	uint64_t unknown = k->total.pages[PAGE_DIFF_UNKNOWN];

	if (!k->rows && !note->len)
		buf_fmt(note, "%s differs, as far as is known",
		        k->o->diff_pages ? "no page" : "nothing");
	if (unknown)
		buf_fmt(note, "%sit is not known whether %ju page%s moved: %s",
		        note->len ? "; " : "", (uintmax_t)unknown, plural(unknown),
		        !c->frames ? "their frames are not of one boot of one machine"
		                   : diff_lack(k));
	if (c->older_ns >= 1000000000)
		buf_fmt(note, "%sframes at the first moment are up to %ju s older than that",
		        note->len ? "; " : "", (uintmax_t)(c->older_ns / 1000000000));
}

static int
diff_show(struct batch_diff *k, struct buf *note, struct err *err)
{
	struct out_shape shape =
	    batch_shape(k->o, k->o->diff_pages ? "differences" : "diff", !k->o->diff_pages);
	int r;

	k->out = out_begin(&shape, k->ids, NULL, k->n);
	r = k->o->diff_pages ? diff_show_pages(k, err) : diff_show_regions(k, err);
	if (out_end(k->out, r < 0 ? &(struct err){0} : err) < 0 || r < 0)
		return -1;
	diff_note(k, note);
	return 0;
}

int
batch_diff(const struct options *o, struct buf *note, struct err *err)
{
	enum column_id ids[ROW_MOST];
	struct batch_diff *k; /* two targets are large for a stack */
	size_t n;
	int r;

	if (!o->target)
		return err_set(err, ERR_USAGE, "it takes two", "give a PID, a NAME or FILE[@TIME]",
		               "--diff %.60s with nothing to compare it with", o->diff);
	if (batch_columns(o, o->diff_pages ? SET_DIFFER : SET_DIFF, ids, &n, err) < 0)
		return -1;
	k = mem_alloc(sizeof(*k));
	*k = (struct batch_diff){
	    .o = o, .was = {.o = o, .note = note}, .is = {.o = o, .note = note}};
	k->ids = ids;
	k->n = n;
	r = diff_open_both(k, err);
	if (r == 0)
		r = diff_show(k, note, err);
	diff_free(&k->d);
	side_free(&k->sides[0]);
	side_free(&k->sides[1]);
	vma_free(&k->was.vmas);
	vma_free(&k->is.vmas);
	target_close(&k->was.t);
	target_close(&k->is.t);
	free(k);
	return r;
}
