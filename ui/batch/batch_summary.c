/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --summary: sums, in five sections. */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "batch/batch_summary_parts.h"
#include "kernel/kabi.h"
#include "target/cache.h"

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
	for (size_t i = 0; i < SECTIONS; i++) {
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
	for (size_t i = 0; i < SECTIONS && r == 0; i++) {
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
	for (size_t i = 0; i < SECTIONS; i++)
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
	cache_expect(&b->t, &b->vmas, start, end);
	summary_init(&s, b->t.page_size, b->t.source->meta.scan & PM_CAT_HUGE);
	r = batch_add_regions(b, &s, start, end, err);
	if (r == 0)
		r = batch_check_alive(b, err);
	if (r == 0)
		r = batch_print_all(b, &s, err);
	summary_free(&s);
	return r;
}
