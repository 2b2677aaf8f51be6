/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/breadcrumb.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "term/fit.h"
#include "term/paint.h"

void
breadcrumb_add(struct buf *out, const struct ui *ui, const char *text)
{
	if ((int)(fit_width(out->s, out->len) + fit_width(text, strlen(text))) <=
	    ui->breadcrumb_room)
		buf_str(out, text);
}

void
breadcrumb_region(struct buf *out, const struct ui *ui, const struct sample *s, const char *tail)
{
	enum { NAME_LEAST = 4, NAME_FAIR = 12, NAME_MOST = 28 };
	const struct vma *v = ui_vma(ui, s, NULL);
	struct buf name = {0}, rest = {0};
	char place[32], perm[5], size[8];
	int room;

	if (!v) {
		buf_fmt(out, "%llx (unmapped)%s", (unsigned long long)ui->region, tail);
		return;
	}
	fit_name_cut(&name, v, NAME_MOST);
	vma_perm_text(v, perm);
	snprintf(place, sizeof(place), " %llx+%s", (unsigned long long)v->start,
	         size_text(size, vma_size(v)));
	buf_fmt(&rest, "%s %s%s", place, perm, tail);
	room = ui->breadcrumb_room - (int)fit_width(rest.s, rest.len);
	if (room < (int)fit_width(name.s, name.len)) {
		bool both =
		    ui->breadcrumb_room - (int)(strlen(place) + fit_width(tail, strlen(tail))) >=
		    NAME_FAIR;

		buf_free(&rest);
		buf_fmt(&rest, "%s%s", both ? place : "", tail);
		room = ui->breadcrumb_room - (int)fit_width(rest.s, rest.len);
	}
	if (room < NAME_LEAST) { /* only the name fits */
		buf_free(&rest);
		room = ui->breadcrumb_room > NAME_LEAST ? ui->breadcrumb_room : NAME_LEAST;
	}
	fit_name_cut(out, v, room > NAME_MOST ? NAME_MOST : (size_t)room);
	buf_str(out, rest.s ? rest.s : "");
	buf_free(&name);
	buf_free(&rest);
}
