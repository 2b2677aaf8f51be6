/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sections of --summary: their columns and their rows. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "batch/batch_summary_parts.h"
#include "kernel/flags.h"

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

void
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

void
batch_pss_row(struct sink *k)
{
	struct value pss = batch_pss_value(k->s);
	const char *words = pss.kind == VALUE_UNKNOWN
	                        ? "not known: the count of shared pages is hidden"
	                    : summary_averaged(k->s)
	                        ? "estimated, without hugetlb: some map counts are averages"
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

void
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
void
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
		struct buf words = {0};

		buf_str(&words, row->words);
		if (k->s->averaged[i])
			buf_fmt(&words, "; %llu of them by the average of their folio",
			        (unsigned long long)k->s->averaged[i]);
		if (k->s->by_share[i])
			batch_pages_row(k, row->name, k->s->by_share[i], words.s);
		buf_free(&words);
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

/* --- all of them ------------------------------------------------------------------------------ */

#define COLUMNS(c) (c), ARRAY_LEN(c)
const struct section summary_sections[SECTIONS] = {
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
const struct section summary_totals = {"total", NULL, COLUMNS(summary_total_columns),
                                              batch_totals_rows, false};
