/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --summary: sums, in five sections. The columns of a section serve three forms: a table; a JSON
 * array; or, as CSV and raw, lines of one table for all sections, in which each column with a size
 * becomes a line.
 */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "batch/batch_state.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "target/summary.h"

enum sum_use {
	USE_KEY,   /* what the row is about; several are joined */
	USE_COUNT, /* of regions, of folios */
	USE_PAGES,
	USE_BYTES, /* of the pages; shown in MiB in a table */
	USE_PART,  /* bytes, part of them or in addition */
	USE_NOTE,  /* bytes that are not part of a sum */
	USE_TEXT,
};

struct sum_column {
	const char *title;
	enum sum_use use;
};

enum { COLUMNS_MAX = 10, FLAT_COLUMNS = 6 };

struct sink {
	const struct options *o;
	const struct summary *s;
	const struct section *section;
	struct out *out;
	struct json *json; /* the JSON document, or NULL */
};

struct section {
	const char *name, *heading;
	const struct sum_column *columns;
	size_t n;
	void (*rows)(struct sink *k);
	bool of_frames; /* unknown if the frames are hidden */
};

static const struct value summary_unknown = {.kind = VALUE_UNKNOWN};

static struct value
batch_number(uint64_t n)
{
	return (struct value){.kind = VALUE_NUMBER, .n = n};
}

static struct value
batch_text(const char *s)
{
	return (struct value){.kind = VALUE_TEXT, .s = s};
}

static struct value
batch_bytes(const struct sink *k, uint64_t pages)
{
	return (struct value){.kind = VALUE_SIZE, .n = pages * k->s->page_size};
}

static bool
batch_is_flat(const struct options *o)
{
	return o->format == FORMAT_CSV || o->format == FORMAT_RAW;
}

/* --- rows ------------------------------------------------------------------------------------- */

/* Rounded to a tenth, but only 0 shows as 0. */
static struct value
batch_mib(uint64_t n)
{
	struct value v = {.kind = VALUE_TEXT};
	uint64_t tenths = (n * 10 + (1 << 19)) >> 20;

	if (n && !tenths)
		snprintf(v.t, sizeof(v.t), "<0.1");
	else
		snprintf(v.t, sizeof(v.t), "%llu.%llu", (unsigned long long)(tenths / 10),
		         (unsigned long long)(tenths % 10));
	return v;
}

/* Adds the lines after a row's first, which is `line` with the key. */
static void
batch_flat_parts(struct sink *k, const struct value *v, struct value line[FLAT_COLUMNS])
{
	struct buf name = {0};

	line[2] = line[5] = summary_unknown;
	for (size_t i = 0; i < k->section->n; i++) {
		if (k->section->columns[i].use != USE_PART || v[i].kind == VALUE_UNKNOWN)
			continue;
		name.len = 0;
		buf_fmt(&name, "%s-", k->section->name);
		json_title(&name, k->section->columns[i].title);
		line[0] = batch_text(name.s);
		line[3] = batch_number(v[i].n / k->s->page_size);
		line[4] = batch_number(v[i].n);
		out_row(k->out, line);
	}
	buf_free(&name);
}

static void
batch_flat_row(struct sink *k, const struct value *v)
{
	struct value line[FLAT_COLUMNS] = {batch_text(k->section->name)};
	struct buf key = {0};

	for (size_t i = 0; i < k->section->n; i++) {
		enum sum_use use = k->section->columns[i].use;

		if (use == USE_KEY && v[i].kind != VALUE_UNKNOWN) {
			buf_str(&key, key.len ? "-" : "");
			value_text(&v[i], true, k->o->ascii, &key);
			line[1] = batch_text(key.s);
		} else if (use == USE_COUNT) {
			line[2] = v[i];
		} else if (use == USE_PAGES) {
			line[3] = v[i];
		} else if (use == USE_BYTES && v[i].kind != VALUE_UNKNOWN) {
			line[4] = batch_number(v[i].n);
		} else if (use == USE_TEXT) {
			line[5] = v[i]; /* of two texts the last, which is the longer one */
		}
	}
	out_row(k->out, line);
	batch_flat_parts(k, v, line);
	buf_free(&key);
}

static void
batch_sink_row(struct sink *k, const struct value *v)
{
	struct value shown[COLUMNS_MAX];

	if (batch_is_flat(k->o)) {
		batch_flat_row(k, v);
		return;
	}
	for (size_t i = 0; i < k->section->n; i++) {
		shown[i] = v[i];
		if (k->o->format == FORMAT_TABLE && !k->o->bytes && v[i].kind == VALUE_SIZE &&
		    k->section->columns[i].use == USE_BYTES)
			shown[i] = batch_mib(v[i].n);
	}
	out_row(k->out, shown);
}

/* For tables with the columns KEY, PAGES, BYTES, WORDS. */
static void
batch_pages_row(struct sink *k, const char *key, uint64_t n, const char *words)
{
	batch_sink_row(k, (struct value[]){batch_text(key), batch_number(n), batch_bytes(k, n),
	                                   batch_text(words)});
}

/* --- states ----------------------------------------------------------------------------------- */

static const struct sum_column summary_state_columns[] = {
    {"STATE", USE_KEY}, {"PAGES", USE_PAGES}, {"BYTES", USE_BYTES}, {"WORDS", USE_TEXT},
};

static void
batch_states_rows(struct sink *k)
{
	for (unsigned i = 0; i < STATE_COUNT; i++) {
		const struct state_row *row = state_row((enum state)i);

		if (k->s->by_state[i])
			batch_pages_row(k, row->name, k->s->by_state[i], row->words);
	}
}

/* --- totals: of the table of states the last lines, elsewhere a section of their own ---------- */

static const struct sum_column summary_total_columns[] = {
    {"TOTAL", USE_KEY}, {"PAGES", USE_PAGES}, {"BYTES", USE_BYTES}, {"WORDS", USE_TEXT},
};

static bool
batch_swap_unknown(const struct summary *s)
{
	for (unsigned i = 0; i < VMA_TYPES; i++)
		if (s->by_type[i].swap_unknown)
			return true;
	return false;
}

static void
batch_totals_rows(struct sink *k)
{
	const struct summary *s = k->s;

	batch_pages_row(k, batch_is_flat(k->o) ? "in-ram" : "in RAM", s->present,
	                "including the zero page and hugetlb");
	batch_pages_row(k, "swapped", s->by_state[STATE_SWAPPED],
	                batch_swap_unknown(s)
	                    ? "at least: not known for some shared memory"
	                    : "including shared memory");
	batch_pages_row(k, "total", s->pages, "all pages of all regions");
}

static struct value
batch_pss_value(const struct summary *s)
{
	uint64_t pss;

	return summary_pss(s, &pss) ? (struct value){.kind = VALUE_SIZE, .n = pss}
	                            : summary_unknown;
}

static void
batch_pss_row(struct sink *k)
{
	struct value pss = batch_pss_value(k->s);
	const char *words = pss.kind == VALUE_UNKNOWN
	                        ? "not known: the count of shared pages is hidden"
	                        : "each page's size divided by its mapcount, without hugetlb";

	batch_sink_row(k, (struct value[]){batch_text(batch_is_flat(k->o) ? "pss" : "PSS"),
	                                   summary_unknown, pss, batch_text(words)});
}

static void
batch_json_pages(struct sink *k, uint64_t pages)
{
	json_key(k->json, "pages");
	json_number(k->json, pages);
	json_key(k->json, "bytes");
	json_number(k->json, batch_bytes(k, pages).n);
}

static void
batch_json_sum(struct sink *k, const char *name, uint64_t pages)
{
	json_key(k->json, name);
	json_object(k->json, JSON_INLINE);
	batch_json_pages(k, pages);
	json_close(k->json);
}

static void
batch_json_totals(struct sink *k)
{
	const struct summary *s = k->s;
	struct value pss = batch_pss_value(s);

	json_key(k->json, "total");
	json_object(k->json, JSON_INLINE);
	json_key(k->json, "regions");
	json_number(k->json, s->regions);
	batch_json_pages(k, s->pages);
	batch_json_sum(k, "in_ram", s->present);
	batch_json_sum(k, "swapped", s->by_state[STATE_SWAPPED]);
	json_key(k->json, "pss");
	if (pss.kind == VALUE_UNKNOWN)
		json_null(k->json);
	else
		json_number(k->json, pss.n);
	json_close(k->json);
}

/* --- types ------------------------------------------------------------------------------------ */

static const struct sum_column summary_type_columns[] = {
    {"TYPE", USE_KEY}, {"REGIONS", USE_COUNT}, {"PAGES", USE_PAGES},  {"BYTES", USE_BYTES},
    {"RSS", USE_PART}, {"SWAP", USE_PART},     {"HUGETLB", USE_PART},
};

static void
batch_types_rows(struct sink *k)
{
	for (unsigned i = 0; i < VMA_TYPES; i++) {
		const struct summary_type *t = &k->s->by_type[i];
		bool known = t->pages > t->unreadable;
		struct value v[] = {batch_text(vma_type_name((enum vma_type)i)),
		                    batch_number(t->regions),
		                    batch_number(t->pages),
		                    batch_bytes(k, t->pages),
		                    known ? batch_bytes(k, t->rss) : summary_unknown,
		                    known && !t->swap_unknown ? batch_bytes(k, t->swap)
		                                              : summary_unknown,
		                    known ? batch_bytes(k, t->hugetlb) : summary_unknown};

		if (t->regions)
			batch_sink_row(k, v);
	}
}

/* --- flags ------------------------------------------------------------------------------------ */

static const struct sum_column summary_flag_columns[] = {
    {"FLAGS", USE_KEY},     {"PAGES", USE_PAGES}, {"BYTES", USE_BYTES},
    {"SYMBOLIC", USE_TEXT}, {"LONG", USE_TEXT},
};

static void
batch_flags_rows(struct sink *k)
{
	const struct summary *s = k->s;
	uint64_t lost = s->flags_unknown;
	struct buf names = {0};

	for (size_t i = 0; i < s->flags_n; i++) {
		uint64_t kpf = s->flags[i].kpf, n = s->flags[i].pages;
		struct value v[] = {{.kind = VALUE_HEX, .n = kpf},
		                    batch_number(n),
		                    batch_bytes(k, n),
		                    {.kind = VALUE_FLAGS, .n = page_types_plain(kpf)},
		                    {.kind = VALUE_TEXT}};

		names.len = 0;
		buf_str(&names, "");
		kpf_names(&names, kpf, ",");
		v[4].s = names.s;
		batch_sink_row(k, v);
	}
	if (lost)
		batch_sink_row(k, (struct value[]){summary_unknown, batch_number(lost),
		                                   batch_bytes(k, lost), summary_unknown,
		                                   summary_unknown});
	buf_free(&names);
}

/*
 * In the layout of page-types' table, which scripts parse; but a row is a combination of all bits
 * that the kernel reports for pages in RAM, and the names cover all of them.
 */
static void
batch_print_page_types(const struct sink *k)
{
	const struct summary *s = k->s;
	struct buf b = {0};
	uint64_t total = 0;

	if (!k->o->noheadings)
		printf("             flags\tpage-count       MB  "
		       "symbolic-flags\t\t\tlong-symbolic-flags\n");
	for (size_t i = 0; i < s->flags_n; i++) {
		const struct summary_flags *f = &s->flags[i];

		b.len = 0;
		page_types_letters(&b, page_types_plain(f->kpf));
		buf_str(&b, "\t");
		kpf_names(&b, f->kpf, ",");
		printf("0x%016llx\t%10llu %8llu  %s\n", (unsigned long long)f->kpf,
		       (unsigned long long)f->pages,
		       (unsigned long long)(batch_bytes(k, f->pages).n >> 20), b.s);
		total += f->pages;
	}
	printf("             total\t%10llu %8llu\n", (unsigned long long)total,
	       (unsigned long long)(batch_bytes(k, total).n >> 20));
	if (s->flags_unknown)
		printf("         not known\t%10llu %8llu\n", (unsigned long long)s->flags_unknown,
		       (unsigned long long)(batch_bytes(k, s->flags_unknown).n >> 20));
	buf_free(&b);
}

/* --- sharing ---------------------------------------------------------------------------------- */

static const struct sum_column summary_share_columns[] = {
    {"MAPCOUNT", USE_KEY}, {"PAGES", USE_PAGES}, {"BYTES", USE_BYTES}, {"WORDS", USE_TEXT},
};

static void
batch_sharing_rows(struct sink *k)
{
	for (unsigned i = 0; i < SHARE_COUNT; i++) {
		const struct summary_share_row *row = summary_share_row((enum summary_share)i);

		if (k->s->by_share[i])
			batch_pages_row(k, row->name, k->s->by_share[i], row->words);
	}
}

/* --- folios ----------------------------------------------------------------------------------- */

static const struct sum_column summary_folio_columns[] = {
    {"KIND", USE_KEY},     {"ORDER", USE_KEY},    {"SIZE", USE_NOTE},      {"FOLIOS", USE_COUNT},
    {"PAGES", USE_PAGES},  {"BYTES", USE_BYTES},  {"PMD", USE_PART},       {"ALIGNED", USE_PART},
    {"UNALIGNED", USE_PART}, {"PARTIAL", USE_PART},
};

static void
batch_folio_row(struct sink *k, enum page_kind kind, unsigned order)
{
	const struct summary_folios *f = &k->s->folios[kind][order];
	uint64_t n = 0;

	for (unsigned i = 0; i < FIT_COUNT; i++)
		n += f->pages[i];
	batch_sink_row(k, (struct value[]){batch_text(summary_kind_name(kind)), batch_number(order),
	                                   batch_bytes(k, UINT64_C(1) << order),
	                                   batch_number(f->met), batch_number(n), batch_bytes(k, n),
	                                   k->s->pmd_known ? batch_bytes(k, f->pages[FIT_PMD])
	                                                   : summary_unknown,
	                                   batch_bytes(k, f->pages[FIT_ALIGNED]),
	                                   batch_bytes(k, f->pages[FIT_UNALIGNED]),
	                                   batch_bytes(k, f->pages[FIT_PARTIAL])});
}

static void
batch_folios_rows(struct sink *k)
{
	uint64_t lost = k->s->folios_unknown;
	struct value rest[ARRAY_LEN(summary_folio_columns)] = {
	    [4] = batch_number(lost), [5] = batch_bytes(k, lost)};

	if (k->o->format == FORMAT_TABLE)
		rest[0] = batch_text("not known");
	for (unsigned kind = 0; kind < KIND_COUNT; kind++)
		for (unsigned order = 0; order < SUMMARY_ORDERS; order++)
			if (k->s->folios[kind][order].met)
				batch_folio_row(k, (enum page_kind)kind, order);
	if (lost)
		batch_sink_row(k, rest);
}

/* --- all -------------------------------------------------------------------------------------- */

enum { AT_STATES, AT_TYPES, AT_FLAGS, AT_SHARING, AT_FOLIOS };
#define COLUMNS(c) (c), ARRAY_LEN(c)
static const struct section summary_sections[] = {
    [AT_STATES] = {"states", "Pages by state", COLUMNS(summary_state_columns), batch_states_rows,
                   false},
    [AT_TYPES] = {"types", "Regions by type", COLUMNS(summary_type_columns), batch_types_rows,
                  false},
    [AT_FLAGS] = {"flags", "Pages in RAM by kpageflags", COLUMNS(summary_flag_columns),
                  batch_flags_rows, true},
    [AT_SHARING] = {"sharing", "Pages in RAM by mapcount", COLUMNS(summary_share_columns),
                    batch_sharing_rows, false},
    [AT_FOLIOS] = {"folios", "Pages in RAM by folio: kind, order and mapping",
                   COLUMNS(summary_folio_columns), batch_folios_rows, true},
};
static const struct section summary_totals = {"total", NULL, COLUMNS(summary_total_columns),
                                              batch_totals_rows, false};

static const char *
batch_why_hidden(const struct sink *k, const struct section *section)
{
	return section->of_frames ? summary_hidden_why(k->s) : NULL;
}

/* Begins a table, or an array of the JSON document. */
static void
batch_begin_section(struct sink *k, const struct section *section, const char *titles[COLUMNS_MAX],
                    char align[COLUMNS_MAX + 1])
{
	struct out_shape shape = batch_shape(k->o, section->name, true);
	bool table = k->o->format == FORMAT_TABLE;

	memset(align, 0, COLUMNS_MAX + 1);
	for (size_t i = 0; i < section->n; i++) {
		enum sum_use use = section->columns[i].use;

		titles[i] =
		    use == USE_BYTES && table && !k->o->bytes ? "MiB" : section->columns[i].title;
		align[i] = use == USE_KEY || use == USE_TEXT ? 'L' : 'R';
	}
	shape.align = align;
	shape.json = k->json;
	k->section = section;
	k->out = out_begin(&shape, NULL, titles, section->n);
}

static int
batch_print_section(struct sink *k, const struct section *section, struct err *err)
{
	const char *titles[COLUMNS_MAX];
	char align[COLUMNS_MAX + 1];

	batch_begin_section(k, section, titles, align);
	section->rows(k);
	if (section == &summary_sections[AT_STATES] && k->o->format == FORMAT_TABLE)
		batch_totals_rows(k);
	if (section == &summary_sections[AT_SHARING] && k->o->format == FORMAT_TABLE)
		batch_pss_row(k);
	return out_end(k->out, err);
}

static int
batch_print_tables(struct sink *k, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(summary_sections); i++) {
		const char *why = batch_why_hidden(k, &summary_sections[i]);

		if (i)
			printf("\n");
		if (!k->o->noheadings)
			printf("%s\n", summary_sections[i].heading);
		if (why)
			printf("%s\n", why);
		else if (i == AT_FLAGS)
			batch_print_page_types(k);
		else if (batch_print_section(k, &summary_sections[i], err) < 0)
			return -1;
	}
	return 0;
}

static int
batch_print_json(struct sink *k, struct err *err)
{
	struct json j = {0};
	int r = 0;

	k->json = &j;
	json_object(&j, JSON_LINES);
	json_key(&j, "summary");
	json_object(&j, JSON_LINES);
	for (size_t i = 0; i < ARRAY_LEN(summary_sections) && r == 0; i++) {
		if (!batch_why_hidden(k, &summary_sections[i])) {
			r = batch_print_section(k, &summary_sections[i], err);
			continue;
		}
		json_key(&j, summary_sections[i].name);
		json_null(&j);
	}
	batch_json_totals(k);
	json_close(&j);
	json_close(&j);
	if (r == 0)
		json_flush(&j, stdout);
	json_free(&j);
	return r;
}

static void
batch_flat_section(struct sink *k, const struct section *section)
{
	const char *why = batch_why_hidden(k, section);

	k->section = section;
	if (why)
		out_row(k->out, (struct value[FLAT_COLUMNS]){
				    batch_text(section->name), [5] = batch_text(why)});
	else
		section->rows(k);
}

static int
batch_print_flat(struct sink *k, struct err *err)
{
	static const char *const titles[FLAT_COLUMNS] = {"SECTION", "KEY",   "COUNT",
	                                                 "PAGES",   "BYTES", "DETAIL"};
	struct out_shape shape = batch_shape(k->o, "summary", false);

	k->out = out_begin(&shape, NULL, titles, FLAT_COLUMNS);
	for (size_t i = 0; i < ARRAY_LEN(summary_sections); i++)
		batch_flat_section(k, &summary_sections[i]);
	batch_flat_section(k, &summary_totals);
	batch_pss_row(k);
	return out_end(k->out, err);
}

static int
batch_print_all(const struct batch *b, const struct summary *s, struct err *err)
{
	struct sink k = {.o = b->o, .s = s};

	if (batch_is_flat(b->o))
		return batch_print_flat(&k, err);
	return b->o->format == FORMAT_JSON ? batch_print_json(&k, err)
	                                   : batch_print_tables(&k, err);
}

/*
 * Pages that have disappeared read as unreadable, so the sums are wrong if the process has ended.
 */
static int
batch_check_alive(struct batch *b, struct err *err)
{
	struct vma_list now = {0};
	bool gone;

	if (target_regions(&b->t, &now, err) < 0)
		return -1;
	gone = now.n == 0;
	vma_free(&now);
	return gone ? err_set(err, ERR_TARGET, "it has ended or executed another program",
	                      "choose a running process, or try again",
	                      "cannot sum up process %d (%s)", (int)b->t.source->meta.pid,
	                      b->t.source->meta.comm)
	            : 0;
}

static int
batch_add_regions(struct batch *b, struct summary *s, uint64_t start, uint64_t end, struct err *err)
{
	for (size_t i = vma_lower_bound(&b->vmas, start); i < b->vmas.n && b->vmas.v[i].start < end;
	     i++) {
		const struct vma *v = &b->vmas.v[i];

		if (summary_add(s, &b->t, v, u64_max(start, v->start), u64_min(end, v->end), err) <
		    0)
			return -1;
	}
	summary_end(s);
	return 0;
}

int
batch_summary(struct batch *b, struct err *err)
{
	struct summary s;
	uint64_t start, end;
	int r;

	if (batch_range(b, b->o->range, &start, &end, err) < 0)
		return -1;
	summary_init(&s, b->t.page_size, b->t.source->meta.scan & PM_CAT_HUGE);
	r = batch_add_regions(b, &s, start, end, err);
	if (r == 0)
		r = batch_check_alive(b, err);
	if (r == 0)
		r = batch_print_all(b, &s, err);
	summary_free(&s);
	return r;
}
