/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/heat_rows.h"

/* "libc.so.6", or "libc.so.6 +2" of three mappings. false: it is not mapped now. */
static bool
heat_rows_mapping(const struct vma_list *vmas, const struct heatmap_row *r, struct buf *out)
{
	const struct vma *v = vmas ? vma_at(vmas, r->start) : NULL;

	out->len = 0;
	if (!v)
		return false;
	buf_str(out, v->name[0] ? v->name : vma_shown_name(v));
	if (r->more)
		buf_fmt(out, " +%u", r->more);
	return true;
}

int
heat_rows(const struct heatmap *h, const struct timeline *t, const struct vma_list *vmas,
          const enum column_id *ids, size_t n, const struct out_shape *shape, struct err *err)
{
	struct heat_row row = {.h = h, .line = t, .exact = shape->format != FORMAT_TABLE};
	struct out *o = out_begin(shape, ids, NULL, n);
	struct buf mapping = {0};

	for (row.row = 0; h && row.row < h->rows; row.row++) {
		bool mapped = heat_rows_mapping(vmas, &h->row[row.row], &mapping);

		row.mapping = mapped ? mapping.s : NULL;
		for (row.col = 0; row.col < h->cols; row.col++) {
			struct value v[ROW_MOST];

			for (size_t i = 0; i < n; i++)
				v[i] = heat_value(ids[i], &row);
			out_row(o, v);
		}
	}
	buf_free(&mapping);
	return out_end(o, err);
}
