/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sum of a field of regions: over all, over those that pass a filter, and by group. */
#include "query/answer_query.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "filter/filter.h"
#include "target/region.h"

/* A region with its value; later a group of them. */
struct sum_row {
	const struct vma *v;
	uint64_t bytes, regions;
};

struct sum_job {
	struct target *t;
	const struct vma_list *vmas;
	const struct query *q;
	uint64_t start, end; /* of the range */
	struct filter f;
	bool filtered;
	struct smaps smaps;
	bool has_smaps;
	struct sum_row *row;
	size_t n;
	uint64_t bytes;
	uint64_t unknown; /* regions whose value, or whether they match, is not known */
	unsigned why;            /* enum filter_why of those */
};

/* --- fields ----------------------------------------------------------------------------------- */

#define FIELD(id, known, bytes) \
	static bool sum_##id(const struct filter_facts *x, uint64_t *out) \
	{ \
		*out = (bytes); \
		return (known); \
	}
#define COUNTED(id, field) FIELD(id, x->r->known, x->r->field *x->page_size)
COUNTED(RSS, rss)
FIELD(SWAP, x->r->known && !x->r->swap_unsure, x->r->swap *x->page_size)
COUNTED(ANON, anon)
COUNTED(COPIED, copied)
COUNTED(HUGETLB, hugetlb)
FIELD(THP, x->huge_known ? x->r->known : x->smaps != NULL,
      x->huge_known ? x->r->thp * x->page_size
      : x->smaps    ? x->smaps->thp
                    : 0)
FIELD(WRITTEN, x->written_known && x->r->known, x->r->written *x->page_size)
FIELD(SIZE, true, vma_size(x->v))
#undef FIELD
#undef COUNTED

static bool
sum_of(enum query_sum what, const struct filter_facts *x, uint64_t *out)
{
#define U(id, n, h) [QUERY_SUM_##id] = sum_##id,
	static bool (*const fields[])(const struct filter_facts *, uint64_t *) = {
#include "query/query_sum.def"
	};

	return fields[what](x, out);
}

/* --- regions ---------------------------------------------------------------------------------- */

static enum truth
sum_by_maps(const struct sum_job *s, const struct vma *v)
{
	return s->filtered ? filter_by_maps(&s->f, v, s->t->page_size) : TRUTH_YES;
}

/* whole: the facts of the region, for the filter; x: of the part that counts. */
static void
sum_add(struct sum_job *s, const struct filter_facts *whole, const struct filter_facts *x)
{
	enum truth in = s->filtered ? filter_eval(&s->f, whole) : TRUTH_YES;
	uint64_t bytes = 0;
	bool known = in == TRUTH_YES && sum_of(s->q->sum, x, &bytes);

	if (in == TRUTH_NO)
		return;
	if (!known) {
		s->unknown++;
		s->why |= in == TRUTH_UNKNOWN                ? filter_why(&s->f, whole)
		          : x->v->type == VMA_KERNEL         ? FILTER_WHY_UNREADABLE
		          : s->q->sum == QUERY_SUM_WRITTEN   ? FILTER_WHY_WRITTEN
		                                             : FILTER_WHY_OTHER;
		return;
	}
	s->bytes += bytes;
	s->row[s->n++] = (struct sum_row){whole->v, bytes, 1};
}

/* A region that the range cuts: it matches as a whole, and counts in part. */
static int
sum_part(struct sum_job *s, const struct filter_facts *whole, struct err *err)
{
	struct vma part = *whole->v;
	struct region r = {0};
	struct filter_facts x = *whole;
	int ended = 0;

	part.start = u64_max(part.start, s->start);
	part.end = u64_min(part.end, s->end);
	x.v = &part;
	x.r = &r;
	x.smaps = NULL; /* of the whole region */
	if (s->q->sum != QUERY_SUM_SIZE)
		ended = region_measure_part(s->t, whole->v, part.start, part.end, &r, err);
	if (ended == 0)
		sum_add(s, whole, &x);
	return ended;
}

static bool
sum_is_cut(const struct sum_job *s, const struct vma *v)
{
	return v->start < s->start || v->end > s->end;
}

/* Returns as region_measure. */
static int
sum_region(struct sum_job *s, const struct vma *v, enum truth in, struct err *err)
{
	struct target *t = s->t;
	/* of bits that outlive pmtop it was found out before where they mean something */
	bool doubt = t->bits_only && track_doubt(&t->track, v->start);
	struct region r = {0};
	int ended = 0;
	struct filter_facts x = {.v = v,
	                         .r = &r,
	                         .page_size = t->page_size,
	                         .smaps = s->has_smaps ? smaps_find(&s->smaps, v->start) : NULL,
	                         .huge_known = t->source->meta.scan & PM_CAT_HUGE};

	if ((s->q->sum != QUERY_SUM_SIZE && !sum_is_cut(s, v)) || in == TRUTH_UNKNOWN)
		ended = region_measure(t, v, source_now(t->source), &r, NULL, 0, err);
	else
		progress_add(t->progress, vma_size(v));
	x.written_known = t->track.clears && !doubt && !r.doubt;
	if (ended == 0 && sum_is_cut(s, v))
		return sum_part(s, &x, err);
	if (ended == 0)
		sum_add(s, &x, &x);
	return ended;
}

/* Its record of writes is of whole regions. */
static int
sum_check_parts(const struct sum_job *s, struct err *err)
{
	for (size_t i = 0; i < s->vmas->n && s->q->sum == QUERY_SUM_WRITTEN; i++) {
		const struct vma *v = &s->vmas->v[i];

		if (v->end <= s->start || v->start >= s->end || !sum_is_cut(s, v))
			continue;
		err_set(err, ERR_USAGE,
		        "the range cuts a region, and what is written is summed by region",
		        "`count written in RANGE` counts pages", "no sum of written there");
		err->column = s->q->from.column;
		return -1;
	}
	return 0;
}

/* Without PAGEMAP_SCAN the size of huge mappings comes from smaps. */
static void
sum_read_smaps(struct sum_job *s)
{
	const struct source *source = s->t->source;
	struct err ignored;

	if (source->meta.scan & PM_CAT_HUGE ||
	    (s->q->sum != QUERY_SUM_THP &&
	     !(s->filtered && filter_needs(&s->f) & FILTER_NEED_HUGE)))
		return;
	progress_begin(s->t->progress, s->vmas->n);
	s->has_smaps = source->ops->smaps(source, s->t->progress, &s->smaps, &ignored) == 0;
}

static int
sum_all(struct sum_job *s, struct err *err)
{
	int ended = 0;

	s->filtered = s->q->text[0];
	if ((s->filtered &&
	     filter_parse(s->q->text, FILTER_REGION, s->t->page_size, &s->f, err) < 0) ||
	    (s->q->in && query_range_in(s->q, s->vmas, s->t->page_size, &s->start, &s->end,
	                                err) < 0) ||
	    sum_check_parts(s, err) < 0)
		return -1;
	sum_read_smaps(s);
	s->row = mem_alloc((s->vmas->n + 1) * sizeof(*s->row));
	progress_begin(s->t->progress, vma_mapped(s->vmas, s->start, s->end));
	for (size_t i = 0; ended == 0 && i < s->vmas->n; i++) {
		enum truth in = sum_by_maps(s, &s->vmas->v[i]);

		if (s->vmas->v[i].end <= s->start || s->vmas->v[i].start >= s->end)
			continue;
		if (source_stopped(s->t->source))
			return 1;
		if (in == TRUTH_NO)
			progress_add(s->t->progress, vma_size(&s->vmas->v[i]));
		else
			ended = sum_region(s, &s->vmas->v[i], in, err);
	}
	return ended;
}

/* --- groups ----------------------------------------------------------------------------------- */

static int
sum_by_type(const void *a, const void *b)
{
	const struct sum_row *x = a, *y = b;

	return (int)x->v->type - (int)y->v->type;
}

static int
sum_by_name(const void *a, const void *b)
{
	const struct sum_row *x = a, *y = b;

	return strcmp(vma_shown_name(x->v), vma_shown_name(y->v));
}

/* The largest first; equal ones by address. */
static int
sum_by_bytes(const void *a, const void *b)
{
	const struct sum_row *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return (x->v->start > y->v->start) - (x->v->start < y->v->start);
}

static void
sum_join(struct sum_job *s, int (*same)(const void *, const void *))
{
	size_t n = 0;

	vec_sort(s->row, s->n, sizeof(*s->row), same);
	for (size_t i = 0; i < s->n; i++)
		if (n && !same(&s->row[n - 1], &s->row[i])) {
			s->row[n - 1].bytes += s->row[i].bytes;
			s->row[n - 1].regions++;
		} else {
			s->row[n++] = s->row[i];
		}
	s->n = n;
}

static void
sum_add_row(const struct sum_job *s, const struct sum_row *r, struct answer *a)
{
	const char *name = vma_shown_name(r->v);
	struct buf b = {0};

	if (s->q->by == QUERY_BY_VMA) {
		buf_fmt(&b, "%#llx", (unsigned long long)r->v->start);
		answer_cell(a, &b);
	}
	if (s->q->by == QUERY_BY_TYPE)
		buf_str(&b, vma_type_name((enum vma_type)r->v->type));
	else
		text_escape(&b, name, strlen(name), false);
	answer_cell(a, &b);
	if (s->q->by != QUERY_BY_VMA)
		answer_cell_number(a, r->regions);
	answer_cell_number(a, r->bytes);
}

static void
sum_add_groups(struct sum_job *s, struct answer *a)
{
	static const struct answer_column vma[] = {
	    {"START", ANSWER_TEXT}, {"MAPPING", ANSWER_TEXT}, {"SUM", ANSWER_SIZE}};
	static const struct answer_column type[] = {
	    {"TYPE", ANSWER_TEXT}, {"REGIONS", ANSWER_NUMBER}, {"SUM", ANSWER_SIZE}};
	static const struct answer_column file[] = {
	    {"FILE", ANSWER_TEXT}, {"REGIONS", ANSWER_NUMBER}, {"SUM", ANSWER_SIZE}};

	if (s->q->by != QUERY_BY_VMA)
		sum_join(s, s->q->by == QUERY_BY_TYPE ? sum_by_type : sum_by_name);
	vec_sort(s->row, s->n, sizeof(*s->row), sum_by_bytes);
	answer_table(a, "groups",
	             s->q->by == QUERY_BY_VMA    ? vma
	             : s->q->by == QUERY_BY_TYPE ? type
	                                         : file,
	             ARRAY_LEN(vma));
	a->table.places = s->q->by == QUERY_BY_VMA;
	for (size_t i = 0; i < s->n && s->row[i].bytes; i++)
		sum_add_row(s, &s->row[i], a);
}

struct answer *
answer_sum(struct target *t, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	struct sum_job s = {.t = t, .vmas = vmas, .q = q, .end = UINT64_MAX};
	struct answer *a = NULL;
	struct buf b = {0};
	char size[8];

	if (sum_all(&s, err) == 0) {
		a = answer_new();
		answer_add_number(a, "bytes", s.bytes);
		answer_add_number(a, "regions", s.n);
		answer_add_number(a, "unknown", s.unknown);
		buf_fmt(&b, "%s %s in %zu region%s", query_sum_name(q->sum),
		        size_text(size, s.bytes), s.n, plural(s.n));
		if (s.unknown) {
			buf_fmt(&b, "; not known of %llu more: ", (unsigned long long)s.unknown);
			filter_why_words(s.why, tracker_why_unknown(&t->track),
			                 source_lack(t->source), &b);
		}
		a->line = b.s;
		if (q->by)
			sum_add_groups(&s, a);
	}
	free(s.row);
	smaps_free(&s.smaps);
	return a;
}
