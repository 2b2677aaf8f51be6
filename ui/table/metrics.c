/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/metrics.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

static double
metric_per_second(const struct metric_facts *m, uint64_t bytes)
{
	return m->seconds > 0 ? (double)bytes / m->seconds : NAN;
}

#define METRIC_VALUE(id, value) \
	static double metric_of_##id(const struct metric_facts *m, const struct metric_type *t) \
	{ \
		(void)m, (void)t; \
		return value; \
	}
#define P(id, name, help, value) METRIC_VALUE(id, value)
#define T(id, name, help, value) METRIC_VALUE(id, value)
#include "table/metrics.def"
#undef P
#undef T

static const struct metric {
	struct metric_row row;
	bool by_type;
	double (*value)(const struct metric_facts *m, const struct metric_type *t);
} metrics[] = {
#define P(id, name, help, value) {{"pmtop_" name, "pid,comm", help}, false, metric_of_##id},
#define T(id, name, help, value) {{"pmtop_" name, "pid,comm,type", help}, true, metric_of_##id},
#include "table/metrics.def"
#undef P
#undef T
};

/* A label's value: text from outside, as UTF-8, in the format's own escapes. */
static void
metric_label(struct buf *out, const char *text)
{
	struct buf safe = {0};

	text_escape(&safe, text, strlen(text), false);
	for (const char *s = safe.s ? safe.s : ""; *s; s++) {
		if (*s == '\\' || *s == '"')
			buf_add(out, "\\", 1);
		buf_add(out, s, 1);
	}
	buf_free(&safe);
}

/* Whole numbers to the last digit: an address space may have more than nine. */
static void
metric_number(struct buf *out, double v)
{
	buf_fmt(out, v == floor(v) ? " %.0f\n" : " %.9g\n", v);
}

static void
metric_put(struct buf *out, const struct metric *k, const struct metric_facts *m,
           const char *type, const struct metric_type *t)
{
	double v = k->value(m, t);

	if (isnan(v))
		return;
	buf_fmt(out, "%s{pid=\"%d\",comm=\"", k->row.name, (int)m->pid);
	metric_label(out, m->comm);
	buf_str(out, "\"");
	if (type)
		buf_fmt(out, ",type=\"%s\"", type);
	buf_str(out, "}");
	metric_number(out, v);
}

static void
metric_put_all(struct buf *out, const struct metric *k, const struct metric_facts *m)
{
	if (!m->readable && k->value != metric_of_READABLE)
		return;
	if (!k->by_type) {
		metric_put(out, k, m, NULL, NULL);
		return;
	}
	for (unsigned i = 0; i < VMA_TYPES; i++)
		if (m->types[i].regions)
			metric_put(out, k, m, vma_type_name((enum vma_type)i), &m->types[i]);
}

void
metrics_text(const struct metric_facts *m, size_t n, struct buf *out)
{
	for (size_t k = 0; k < ARRAY_LEN(metrics); k++) {
		buf_fmt(out, "# HELP %s %s\n# TYPE %s gauge\n", metrics[k].row.name,
		        metrics[k].row.help, metrics[k].row.name);
		for (size_t i = 0; i < n; i++)
			metric_put_all(out, &metrics[k], &m[i]);
	}
}

const struct metric_row *
metric_row(size_t i)
{
	return i < ARRAY_LEN(metrics) ? &metrics[i].row : NULL;
}
