/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "batch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "answer.h"
#include "batch_grid.h"
#include "columns.h"
#include "flags.h"
#include "kabi.h"
#include "out.h"
#include "probe.h"
#include "smaps.h"

/* The target and its regions, as every answer needs them. */
struct batch {
	const struct options *o;
	struct target t;
	struct vma_list vmas;
	struct smaps smaps;
	bool has_smaps;
};

static struct out_shape
shape_of(const struct options *o, const char *name, bool whole)
{
	return (struct out_shape){.format = o->format, .noheadings = o->noheadings, .bytes = o->bytes,
	                          .ascii = o->ascii, .whole = whole, .name = name};
}

static int
choose_columns(const struct options *o, enum column_set set, const enum column_id *usual, size_t usual_n,
               enum column_id ids[COL_COUNT], size_t *n, struct err *err)
{
	if (o->output_all) {
		columns_all(set, ids, n);
		return 0;
	}
	if (o->output)
		return columns_parse(set, o->output, ids, n, err);
	memcpy(ids, usual, usual_n * sizeof(*ids));
	*n = usual_n;
	return 0;
}

static bool
has_column(const enum column_id *ids, size_t n, enum column_id id)
{
	for (size_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static int
need_smaps(struct batch *b, struct err *err)
{
	int fd = proc_file(&b->t.proc, "smaps", O_RDONLY), r;

	if (b->has_smaps)
		return 0;
	r = smaps_read(fd, &b->smaps, err);
	if (fd >= 0)
		close(fd);
	b->has_smaps = r == 0;
	return r;
}

/*
 * Soft-dirty bits that somebody else's clear left behind count as they stand; a region that was
 * mapped since (VmFlags sd) has none that mean anything. false: this kernel has none at all.
 */
static bool
need_written(struct batch *b)
{
	struct err ignored;

	track_probe(&b->t.track, &b->t.proc);
	if (b->t.track.can != TRACK_YES || need_smaps(b, &ignored) < 0)
		return false;
	b->t.track.gen = 1;
	return true;
}

/* --- --list ------------------------------------------------------------------------------------------- */

struct list_line {
	struct value key;
	size_t at;
};

static int
by_key_down(const void *pa, const void *pb)
{
	const struct list_line *a = pa, *b = pb;
	int c = value_compare(&a->key, &b->key);

	if (a->key.kind != VALUE_UNKNOWN && b->key.kind != VALUE_UNKNOWN)
		c = -c;
	return c ? c : (a->at > b->at) - (a->at < b->at);
}

static int
by_key_up(const void *pa, const void *pb)
{
	const struct list_line *a = pa, *b = pb;
	int c = value_compare(&a->key, &b->key);

	return c ? c : (a->at > b->at) - (a->at < b->at);
}

/* --sort COLUMN, or -COLUMN upwards. */
static int
parse_sort(const char *text, enum column_id *id, bool *up, struct err *err)
{
	enum column_id ids[COL_COUNT];
	size_t n;

	*up = text[0] == '-';
	if (columns_parse(SET_REGION, text + *up, ids, &n, err) < 0)
		return -1;
	if (n != 1)
		return err_set(err, ERR_USAGE, "one column at a time", "give one column", "--sort %.60s", text);
	*id = ids[0];
	return 0;
}

static struct region_row
list_row(const struct batch *b, const struct regions *rs, size_t i, bool dirty)
{
	const struct vma *v = &rs->vmas.v[i];
	const struct smaps_entry *sm = b->has_smaps ? smaps_find(&b->smaps, v->start) : NULL;

	return (struct region_row){.v = v, .r = &rs->r[i], .smaps = sm, .page_size = b->t.pm.page_size,
	                           .dirty_known = dirty && sm && !sm->newborn};
}

static int
list_regions(struct batch *b, struct err *err)
{
	static const enum column_id usual[] = {
	    COL_REGION_START, COL_REGION_END,  COL_REGION_SIZE, COL_REGION_PERM,
	    COL_REGION_TYPE,  COL_REGION_RSS,  COL_REGION_SWAP, COL_REGION_MAPPING,
	};
	enum column_id ids[COL_COUNT], sort = COL_REGION_START;
	size_t n;
	bool up = true, dirty, want_smaps;
	struct out_shape shape = shape_of(b->o, "regions", true);
	struct list_line *lines;
	struct regions *rs;
	struct out *out;

	if (choose_columns(b->o, SET_REGION, usual, ARRAY_LEN(usual), ids, &n, err) < 0 ||
	    (b->o->sort && parse_sort(b->o->sort, &sort, &up, err) < 0))
		return -1;
	want_smaps = has_column(ids, n, COL_REGION_PSS) || has_column(ids, n, COL_REGION_THP) ||
	             has_column(ids, n, COL_REGION_REFERENCED);
	if (want_smaps && need_smaps(b, err) < 0)
		return -1;
	dirty = has_column(ids, n, COL_REGION_DIRTY) && need_written(b);
	rs = regions_new(b->vmas);
	b->vmas = (struct vma_list){0};
	if (regions_measure(rs, &b->t, err) < 0) {
		regions_unref(rs);
		return -1;
	}
	lines = mem_alloc(rs->vmas.n * sizeof(*lines));
	for (size_t i = 0; i < rs->vmas.n; i++) {
		struct region_row row = list_row(b, rs, i, dirty);

		lines[i] = (struct list_line){region_value(sort, &row), i};
	}
	if (b->o->sort)
		qsort(lines, rs->vmas.n, sizeof(*lines), up ? by_key_up : by_key_down);
	out = out_begin(&shape, ids, NULL, n);
	for (size_t i = 0; i < rs->vmas.n; i++) {
		struct region_row row = list_row(b, rs, lines[i].at, dirty);
		struct value v[COL_COUNT];

		for (size_t c = 0; c < n; c++)
			v[c] = region_value(ids[c], &row);
		out_row(out, v);
	}
	free(lines);
	regions_unref(rs);
	return out_end(out, err);
}

/* --- --pages ------------------------------------------------------------------------------------------ */

struct dump {
	struct batch *b;
	struct out *out;
	const enum column_id *ids;
	size_t n;
	unsigned want;
	const struct vma *v;
	bool nodes, written, written_here;
	struct err *err;
};

/* The NUMA node of each page, by move_pages without moving: negative where there is none to tell. */
static void
ask_nodes(struct dump *d, uint64_t addr, size_t n, int *nodes)
{
	void *at[PAGE_BATCH];

	for (size_t i = 0; i < n; i++) {
		at[i] = (void *)(uintptr_t)(addr + i * d->b->t.pm.page_size);
		nodes[i] = -1;
	}
	if (d->nodes && d->b->t.proc.live)
		syscall(SYS_move_pages, (int)d->b->t.proc.pid, n, at, NULL, nodes, 0);
}

static int
dump_pages(struct dump *d, uint64_t start, uint64_t end)
{
	static struct page pages[PAGE_BATCH];
	static int nodes[PAGE_BATCH];
	size_t size = d->b->t.pm.page_size;
	struct value values[COL_COUNT];

	for (uint64_t at = start; at < end; at += PAGE_BATCH * size) {
		size_t n = u64_min((end - at) / size, PAGE_BATCH);

		if (page_read(&d->b->t.pm, &d->b->t.frames, at, pages, n, d->want, d->err) < 0)
			return -1;
		ask_nodes(d, at, n, nodes);
		for (size_t i = 0; i < n; i++) {
			struct page_row row = {.addr = at + i * size, .pg = &pages[i], .v = d->v,
			                       .swaps = d->b->t.swaps, .written_known = d->written_here,
			                       .node = nodes[i], .live = d->b->t.proc.live};

			for (size_t c = 0; c < d->n; c++)
				values[c] = page_value(d->ids[c], &row);
			out_row(d->out, values);
		}
		if (ferror(stdout))
			return -1;
	}
	return 0;
}

static int
dump_run(void *arg, const struct pm_run *run)
{
	return dump_pages(arg, run->start, run->end) < 0;
}

static int
dump_region(struct dump *d, const struct vma *v, uint64_t start, uint64_t end, bool all)
{
	const struct smaps_entry *sm = d->written ? smaps_find(&d->b->smaps, v->start) : NULL;

	d->v = v;
	d->written_here = sm && !sm->newborn;
	if (all)
		return dump_pages(d, start, end);
	return pagemap_runs(&d->b->t.pm, start, end, PM_CAT_PRESENT | PM_CAT_SWAPPED,
	                    PM_CAT_PRESENT | PM_CAT_SWAPPED, dump_run, d, d->err);
}

/* RANGE: what -e takes as a range or as a place. */
static int
parse_range(struct batch *b, const char *text, uint64_t *start, uint64_t *end, struct err *err)
{
	struct query q;

	*start = 0;
	*end = UINT64_MAX;
	if (!text)
		return 0;
	if (query_parse(text, b->t.pm.page_size, &q, err) < 0 ||
	    query_range(&q, &b->vmas, b->t.pm.page_size, start, end, err) < 0)
		return -1;
	if (vma_lower_bound(&b->vmas, *start) == b->vmas.n ||
	    b->vmas.v[vma_lower_bound(&b->vmas, *start)].start >= *end)
		return err_set(err, ERR_TARGET, "nothing is mapped there", "`pmtop --list` shows what is",
		               "no pages in %.60s", text);
	return 0;
}

static unsigned
page_wants(const enum column_id *ids, size_t n)
{
	unsigned want = 0;

	if (has_column(ids, n, COL_PAGE_STATE) || has_column(ids, n, COL_PAGE_KPF) ||
	    has_column(ids, n, COL_PAGE_FLAGS))
		want |= PAGE_WANT_FLAGS;
	if (has_column(ids, n, COL_PAGE_MAPCOUNT))
		want |= PAGE_WANT_COUNT;
	if (has_column(ids, n, COL_PAGE_MEMCG))
		want |= PAGE_WANT_CGROUP;
	return want;
}

static int
list_pages(struct batch *b, struct err *err)
{
	static const enum column_id usual[] = {COL_PAGE_ADDRESS, COL_PAGE_STATE, COL_PAGE_PFN,
	                                       COL_PAGE_MAPCOUNT, COL_PAGE_FLAGS, COL_PAGE_MAPPING};
	enum column_id ids[COL_COUNT];
	struct out_shape shape = shape_of(b->o, "pages", false);
	struct dump d = {.b = b, .ids = ids, .err = err};
	uint64_t start, end;
	int r = 0;

	if (choose_columns(b->o, SET_PAGE, usual, ARRAY_LEN(usual), ids, &d.n, err) < 0 ||
	    parse_range(b, b->o->range, &start, &end, err) < 0)
		return -1;
	d.want = page_wants(ids, d.n);
	d.nodes = has_column(ids, d.n, COL_PAGE_NODE);
	d.written = has_column(ids, d.n, COL_PAGE_WRITTEN) && need_written(b);
	d.out = out_begin(&shape, ids, NULL, d.n);
	err->what[0] = '\0';
	for (size_t i = vma_lower_bound(&b->vmas, start); r == 0 && i < b->vmas.n && b->vmas.v[i].start < end; i++) {
		const struct vma *v = &b->vmas.v[i];

		r = dump_region(&d, v, u64_max(start, v->start), u64_min(end, v->end), b->o->range != NULL);
	}
	if (out_end(d.out, err) < 0 || r < 0 || err->what[0])
		return -1;
	return 0;
}

/* --- --query ------------------------------------------------------------------------------------------ */

static void
print_answer(const struct answer *a, bool ascii, bool last)
{
	struct buf b = {0};

	text_escape(&b, a->line, strlen(a->line), ascii);
	for (size_t i = 0; i < a->n; i++) {
		const struct fact *f = &a->f[i];

		buf_fmt(&b, "\n  %-15s", f->key);
		text_escape(&b, f->value, strlen(f->value), ascii);
		buf_fmt(&b, "%s%s", f->value[0] && f->note ? " " : "", f->note ? f->note : "");
	}
	printf("%s\n%s", b.s, last ? "" : "\n");
	buf_free(&b);
}

static void
print_answer_json(const char *question, const struct answer *a, bool first)
{
	struct buf b = {0};

	buf_str(&b, first ? "\n      {\"query\": " : ",\n      {\"query\": ");
	out_json_string(&b, question);
	for (size_t i = 0; i < a->n; i++) {
		const struct fact *f = &a->f[i];

		buf_fmt(&b, ", \"%s\": ", f->key);
		if (!f->value[0])
			buf_str(&b, "null");
		else if (f->number)
			buf_str(&b, f->value);
		else
			out_json_string(&b, f->value);
	}
	printf("%s}", b.s);
	buf_free(&b);
}

static struct answer *
answer_one(struct batch *b, const char *text, struct err *err)
{
	struct query q;

	if (b->o->read_only && query_parse(text, b->t.pm.page_size, &q, err) == 0 && q.kind == QUERY_CLEAR) {
		err_set(err, ERR_USAGE, "--read-only refuses what changes the target", "leave one out",
		        "cannot clear");
		return NULL;
	}
	return answer_query(&b->t, &b->vmas, text, err);
}

/* All are answered before any is printed: half a JSON document helps nobody. */
static int
answer_all(struct batch *b, struct err *err)
{
	struct answer *a[QUERIES_MAX] = {NULL};
	bool json = b->o->format == FORMAT_JSON, failed = false;
	size_t n = b->o->queries_n;

	for (size_t i = 0; i < n && !failed; i++) {
		a[i] = answer_one(b, b->o->queries[i], err);
		failed = !a[i];
	}
	if (json && !failed)
		printf("{\n   \"answers\": [");
	for (size_t i = 0; i < n; i++) {
		if (json && !failed)
			print_answer_json(b->o->queries[i], a[i], i == 0);
		else if (!failed)
			print_answer(a[i], b->o->ascii, i + 1 == n);
		answer_unref(a[i]);
	}
	if (json && !failed)
		printf("\n   ]\n}\n");
	return failed ? -1 : 0;
}

/* --- --capabilities ------------------------------------------------------------------------------------ */

static struct value
text_value(const char *s)
{
	return (struct value){.kind = VALUE_TEXT, .s = s};
}

static int
show_capabilities(struct batch *b, struct err *err)
{
	static const char *const titles[] = {"SOURCE", "AVAILABLE", "GIVES", "DETAIL", "REMEDY"};
	struct out_shape shape = shape_of(b->o, "capabilities", true);
	size_t n;
	struct cap *caps = probe_all(&b->t, &n);
	struct out *out = out_begin(&shape, NULL, titles, ARRAY_LEN(titles));

	for (size_t i = 0; i < n; i++) {
		struct value v[ARRAY_LEN(titles)] = {
		    text_value(caps[i].name), text_value(caps[i].ok ? "yes" : "no"), text_value(caps[i].gives),
		    text_value(caps[i].detail), caps[i].how ? text_value(caps[i].how) : (struct value){0},
		};

		out_row(out, v);
	}
	free(caps);
	return out_end(out, err);
}

/* --- all ---------------------------------------------------------------------------------------------- */

static int
show_grid(struct batch *b, struct err *err)
{
	uint64_t start, end;
	struct grid_text_options g = {.columns = b->o->columns, .zoom = b->o->zoom, .ascii = b->o->ascii,
	                              .whole = !b->o->range};

	if (parse_range(b, b->o->range, &start, &end, err) < 0)
		return -1;
	return batch_grid(&b->t, &b->vmas, start, end, &g, err);
}

/* An option that an answer would pass over in silence is refused. */
static int
check_shape(const struct options *o, struct err *err)
{
	if (o->mode == MODE_QUERY && (o->format == FORMAT_CSV || o->format == FORMAT_RAW || o->output))
		return err_set(err, ERR_USAGE, "an answer is no table", "leave it plain, or give --json",
		               "-e with --csv, --raw or -o");
	if (o->mode == MODE_PAGES && o->sort)
		return err_set(err, ERR_USAGE, "pages come by address, in memory that does not grow",
		               "pipe them through sort(1)", "--pages with --sort");
	if (o->mode == MODE_GRID && o->format != FORMAT_TABLE)
		return err_set(err, ERR_USAGE, "a grid is a picture", "use --pages for data",
		               "--grid with a data format");
	return 0;
}

static int
answer(struct batch *b, struct err *err)
{
	if (check_shape(b->o, err) < 0)
		return -1;
	switch (b->o->mode) {
	case MODE_LIST: return list_regions(b, err);
	case MODE_PAGES: return list_pages(b, err);
	case MODE_QUERY: return answer_all(b, err);
	case MODE_GRID: return show_grid(b, err);
	case MODE_CAPABILITIES: return show_capabilities(b, err);
	case MODE_SCREEN:
	case MODE_VERSION:
	case MODE_HELP:
	case MODE_PRINT: break;
	}
	return 0;
}

int
batch_run(const struct options *o, pid_t pid, struct err *err)
{
	struct batch b = {.o = o};
	int r = target_open(&b.t, o->proc_root, pid, err);

	if (r == 0)
		r = target_open_pages(&b.t, err);
	if (r == 0)
		r = target_regions(&b.t, &b.vmas, err);
	if (r == 0 && !b.vmas.n)
		r = err_set(err, ERR_TARGET, "it has no memory any more", "choose a running process",
		            "nothing to show for process %d (%s)", (int)pid, b.t.proc.comm);
	if (r == 0)
		r = answer(&b, err);
	vma_free(&b.vmas);
	smaps_free(&b.smaps);
	target_close(&b.t);
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		return err_sys(err, NULL, "cannot write to standard output");
	return r;
}
