/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any key at any moment, on screens of any size, while the process maps, unmaps and grows its
 * regions: the views' cursors stay where something is, and nothing is drawn outside the screen.
 */
#include <locale.h>

#include "base/clock.h"
#include "fuzz.h"
#include "model/by.h"
#include "model/dump.h"
#include "model/list_rows.h"
#include "model/map.h"
#include "model/messages.h"
#include "model/pages.h"
#include "query/answer_query.h"
#include "sample/sample.h"
#include "target/pointers.h"
#include "term/paint.h"
#include "term/term.h"
#include "term/zones.h"
#include "views/list_menu.h"
#include "views/list_typed.h"
#include "views/view.h"
#include "views/view_help.h"

enum { SLOTS = 14, STEPS = 60, ROWS = 100, COLS = 300 };

/* Where regions may be. Those below 256 MiB can be read; the rest has no page table. */
static const struct slot {
	uint64_t start, pages; /* at most */
	const char *rest;
} slots[SLOTS] = {
    {0x1000, 1, "r--p 00000000 08:01 10 /usr/bin/my file"},
    {0x10000, 3, "r-xp 00001000 08:01 10 /usr/bin/my file"},
    {0x200000, 600, "rw-p 00000000 00:00 0 [heap]"},
    {0x800000, 2000, "rw-p 00000000 00:00 0 "},
    {0x1003000, 1500, "rw-s 00000000 00:01 5 /memfd:\033]0;evil\007 (deleted)"},
    {0x2000000, 64, "---p 00000000 00:00 0 "},
    {0x2100000, 700, "r--p 00000000 08:01 9 /usr/lib/libstdc++.so.6"},
    {0x3000000, 300, "rwxp 00000000 00:00 0 [anon:\xe2\x80\xaejit \xff\xc3\xa9]"},
    {0x4000000, 900, "r--p 00000000 08:01 9 /a/very/long/path/that/goes/on/and/on/and/on/and/on/and/"
                     "on/and/on/and/on/and/on/and/on/and/on/and/on/and/on/libverylongname-1.2.3.so"},
    {0x8000000, 2500, "rw-s 00000000 00:0f 5 /anon_hugepage (deleted)"},
    {0x7f0000000000, 1 << 20, "rw-p 00000000 00:00 0 [anon: Java heap]"},
    {0x100000000000, UINT64_C(1) << 32, "---p 00000000 00:00 0 "},
    {0x7ffc00000000, 33, "rw-p 00000000 00:00 0 [stack]"},
    {0xffffffffff600000, 1, "--xp 00000000 00:00 0 [vsyscall]"},
};

static struct term term;

struct world {
	struct target t;
	struct ui ui;
	struct sample *s;
	struct writes_log log;
	bool mapped[SLOTS];
	uint64_t from[SLOTS], pages[SLOTS]; /* first page in the slot, and how many */
	bool lost; /* how many views deep it is */
	uint64_t *seed;
};

static uint64_t
below(struct world *w, uint64_t n)
{
	return fake_below(w->seed, n);
}

/* --- the process ---------------------------------------------------------------------------------------- */

static void
move_slot(struct world *w, size_t i)
{
	w->mapped[i] = below(w, 4) != 0;
	w->from[i] = below(w, 2) ? 0 : below(w, slots[i].pages);
	w->pages[i] = 1 + below(w, slots[i].pages - w->from[i]);
}

static void
write_words(struct world *w, unsigned n)
{
	static const uint64_t kinds[] = {
	    UINT64_C(0x8100000000000000), UINT64_C(0x8180000000000005), UINT64_C(0x8000000000000000),
	    UINT64_C(0xa100000000000006), UINT64_C(0x4000000000000020), UINT64_C(0x440000000000009f),
	    UINT64_C(0x420000000000003f), UINT64_C(0x0080000000000000), 0, UINT64_C(0x8000000000000007),
	};

	for (; n; n--) {
		const struct slot *s = &slots[below(w, 10)];
		uint64_t word = kinds[below(w, ARRAY_LEN(kinds))], len = 1 + below(w, below(w, 5) ? 3 : 200);
		uint64_t at = s->start / FAKE_PAGE + below(w, s->pages);

		fake_words(fake_root(&w->t)->pm.fd, at, len, word);
	}
	fake_end(fake_root(&w->t)->pm.fd, 0x10000000);
}

static struct regions *
make_regions(struct world *w)
{
	struct buf text = {0};
	struct vma_list l;
	struct regions *rs;
	struct err err;
	size_t odd;

	buf_str(&text, "");
	for (size_t i = 0; i < SLOTS; i++) {
		uint64_t start = slots[i].start + w->from[i] * FAKE_PAGE;

		if (w->mapped[i])
			buf_fmt(&text, "%" PRIx64 "-%" PRIx64 " %s\n", start, start + w->pages[i] * FAKE_PAGE,
			        slots[i].rest);
	}
	vma_parse(&l, text.s, &odd);
	rs = regions_new(l, w->ui.now);
	if (below(w, 5))
		regions_measure(rs, &w->t, NULL, &err);
	regions_sum_up(rs, LENS_STATE);
	return rs;
}

static struct window *
make_window(struct world *w, const struct regions *rs)
{
	const struct grid *g = &w->ui.pages->grid;
	const struct vma *v = vma_at(&rs->vmas, w->ui.region);
	struct err err = {0};

	if (!g->rows || g->end <= g->start)
		return NULL;
	if (v && (v->start != g->start || v->end != g->end))
		return NULL;
	return window_read(&w->t, v, g, w->ui.lens, &err);
}

/* Words of all kinds: text, pointers into any slot, noise that changes from scan to scan. */
static void
write_memory(struct world *w)
{
	for (uint64_t n = below(w, 40); n; n--) {
		const struct slot *s = &slots[below(w, SLOTS)];
		uint64_t value = below(w, 2) ? s->start + below(w, 9000) : below(w, UINT64_MAX);
		uint64_t at = below(w, 3) ? w->ui.dump->top + below(w, 512) : below(w, 0x10000000);

		if (at < 0x10000000 && pwrite(fake_root(&w->t)->mem, &value, sizeof(value), (off_t)at) < 0)
			w->lost = true;
	}
}

static struct bytes *
make_bytes(struct world *w, const struct regions *rs, const struct sample *old)
{
	const struct vma *v = vma_at(&rs->vmas, w->ui.dump->top);
	uint64_t len = (uint64_t)w->ui.dump->rows * BYTES_ROW;
	struct bytes *b;
	struct err err = {0};

	write_memory(w);
	if (!v)
		return NULL;
	b = bytes_read(&w->t, &rs->vmas, w->ui.dump->top, w->ui.dump->top + u64_min(len, v->end - w->ui.dump->top),
	               old ? old->bytes : NULL, &err);
	if (b && below(w, 2))
		pointers_find(b, &w->t, &rs->vmas, NULL, 0);
	return b;
}

/* Names are whatever a target has; rows come and go. */
static struct attribution *
make_attribution(struct world *w)
{
	struct attribution *a = mem_alloc(sizeof(*a));
	size_t n = below(w, 40);

	a->refs = 1;
	a->time_ns = w->ui.now;
	a->of = (struct attribution_of){
	    .by = (unsigned)below(w, ATTRIBUTION_BY_REGION + 1), .lit = w->ui.lit.key, .hi = 0x10000000};
	a->v = mem_alloc((n + 1) * sizeof(*a->v));
	for (; a->n < n; a->n++) {
		struct attribution_row *r = &a->v[a->n];
		struct buf words = {0};

		buf_fmt(&words, "f%u;\x1b[2J\xff", (unsigned)below(w, 9));
		*r = (struct attribution_row){
		    .w = {.words = words.s, .in = mem_strdup("\a"), .pages = below(w, 99), .maybe = below(w, 3)},
		    .key = a->n * 2 + 1 + 2 * below(w, 2) * 100,
		    .leaf = below(w, 9) * 2 + 1,
		    .rate = below(w, 3) ? below(w, 9) : UINT64_MAX,
		    .at = slots[below(w, 10)].start};
		if (below(w, 2)) {
			r->chain = (struct code_frames){.v = mem_alloc(sizeof(*r->chain.v)), .n = 1};
			r->chain.v[0] = mem_strdup("\n");
		}
	}
	return a;
}

/* What the sampler would publish next; parts of it may still be the old ones. */
static void
next_sample(struct world *w)
{
	struct sample *old = w->s, *s = mem_alloc(sizeof(*s));
	struct err err = {0};

	*s = (struct sample){.serial = old ? old->serial + 1 : 1, .page_size = FAKE_PAGE, .pid = 1,
	                     .comm = "x", .time_ns = w->ui.now, .ended = !below(w, 20),
	                     .can_track = below(w, 4) ? TRACK_YES : TRACK_NO, .clears = w->t.track.clears,
	                     .clear_ns = w->t.track.clear_ns, .frames_hidden = !below(w, 3)};
	if (old && !below(w, 3))
		s->regions = regions_ref(old->regions);
	else if (!old || below(w, 30))
		s->regions = make_regions(w);
	if (s->regions && s->regions->counted && (!old || s->regions != old->regions))
		writes_record(&w->log, &w->t.track, s->regions, FAKE_PAGE);
	if (s->regions)
		writes_make(&w->log, &w->t.track, s->regions, FAKE_PAGE, (struct track_range){0}, &s->writes);
	if (old && !below(w, 4))
		s->window = window_ref(old->window);
	else if (s->regions)
		s->window = make_window(w, s->regions);
	if (s->regions && below(w, 3)) /* NULL while it has not been read, and where nothing is */
		s->card_kind = below(w, 2) ? CARD_PAGE : CARD_REGION;
	if (s->card_kind)
		s->card = s->card_kind == CARD_PAGE ? answer_page(&w->t, &s->regions->vmas, w->ui.cursor, &err)
		                      : answer_region(&w->t, &s->regions->vmas, w->ui.region, &err);
	if (old && below(w, 3))
		s->bytes = bytes_ref(old->bytes);
	else if (s->regions)
		s->bytes = make_bytes(w, s->regions, old);
	s->causes.watch.on = below(w, 4);
	if (old && below(w, 3))
		s->attribution = attribution_ref(old->attribution);
	else if (below(w, 4))
		s->attribution = make_attribution(w);
	sample_free(old);
	w->s = s;
}

/* --- the person ----------------------------------------------------------------------------------------- */

/* What the program does with an action before the view sees it. */
static void
do_action(struct world *w, enum action a)
{
	switch ((int)a) {
	case ACT_NONE:
	case ACT_QUIT:
	case ACT_GO:
		return;
	case ACT_HELP:
		view_help_open(&w->ui);
		return;
	case ACT_MAP:
		ui_show(&w->ui, VIEW_MAP);
		return;
	case ACT_WRITES:
		ui_show(&w->ui, VIEW_WRITES);
		return;
	case ACT_BY:
		ui_show(&w->ui, VIEW_BY);
		return;
	case ACT_HEAT:
		ui_show(&w->ui, VIEW_HEAT);
		return;
	case ACT_LENS + LENS_WRITES:
		w->ui.lens = LENS_WRITES;
		w->ui.by_count = !w->ui.by_count;
		return;
	case ACT_BACK:
		view_back(&w->ui);
		return;
	case ACT_JUMP_BACK:
		ui_return(&w->ui, w->s);
		return;
	case ACT_CLOSE:
		ui_pop(&w->ui);
		return;
	}
	view_of(ui_view(&w->ui))->act(&w->ui, w->s, a);
}

/* Ever deeper: there is a last view, and it holds. */
static void
go_deep(struct world *w, int n)
{
	int want = w->ui.depth + n < VIEW_DEPTH ? w->ui.depth + n : VIEW_DEPTH - 1;

	for (; n; n--)
		do_action(w, ACT_HELP);
	w->lost |= w->ui.depth != want;
}

/* Typed to its end, or taken back. */
static void
type_filter(struct world *w)
{
	static const char *const texts[] = {"", "lib", "no match", "anon", "rss>0", "perm~w & !shm", "rss>", "written"};
	struct err err;

	list_typed_begin(&w->ui);
	for (uint64_t n = 1 + below(w, 3); n && w->s->regions; n--)
		list_filter_typed(&w->ui, w->s, texts[below(w, ARRAY_LEN(texts))], &err);
	if (below(w, 2))
		list_find_typed(&w->ui, w->s, below(w, 2) ? "b" : "");
	if (!below(w, 3))
		list_typed_cancel(&w->ui);
}

/* Anywhere on what was drawn last, which may be of another sample, and of another size. */
static void
click(struct world *w)
{
	int y = (int)below(w, ROWS), x = (int)below(w, COLS);
	const struct zone *z = zone_at(y, x);
	struct touch t;

	if (!z)
		return;
	if (z->hit) {
		t = zone_touch(z, y + (int)below(w, 3) - 1, x + (int)below(w, 9) - 4);
		t.drag = below(w, 3) == 0;
		z->hit(&w->ui, w->s, &t);
	}
	do_action(w, z->opens && below(w, 2) ? ACT_OPEN : z->action);
}

static void
press(struct world *w)
{
	char letter = ui_letter(&w->ui);

	w->ui.touched_ns = below(w, 2) ? w->ui.now : 0;
	switch (below(w, 19)) {
	case 11:
		type_filter(w);
		return;
	case 0: /* an action that has no key in this view must do no harm either */
		do_action(w, (enum action)below(w, ACT_COUNT));
		return;
	case 1:
		snprintf(w->ui.list->find, sizeof(w->ui.list->find), "%s", below(w, 2) ? "lib" : "zzz");
		do_action(w, ACT_FIND_NEXT);
		if (ui_view(&w->ui) == VIEW_HELP)
			view_help_find(&w->ui, below(w, 2) ? "zoom" : below(w, 2) ? "no such word" : "");
		return;
	case 2:
		go_deep(w, (int)below(w, VIEW_DEPTH + 3));
		return;
	case 3:
		ui_go(&w->ui, w->s, slots[below(w, SLOTS)].start + below(w, 5000));
		return;
	case 4:
	case 5:
		do_action(w, ACT_OPEN);
		return;
	case 6:
		do_action(w, ACT_HEX);
		return;
	case 7:
		do_action(w, ACT_MAP);
		return;
	case 8:
	case 9:
	case 10:
		click(w);
		return;
	default:
		do_action(w, key_action((int)below(w, below(w, 2) ? 128 : TERM_LAST), letter));
	}
}

static void
resize(struct world *w)
{
	bool tiny = !below(w, 3);

	term.rows = 1 + (int)below(w, tiny ? 12 : ROWS);
	term.cols = 1 + (int)below(w, tiny ? 40 : COLS);
	w->ui.rows = term.rows;
	w->ui.cols = term.cols;
}

/* --- what must hold ------------------------------------------------------------------------------------- */

/* A row is a region or one that went; headings of groups stand only where there are groups. */
static bool
is_row(const struct ui *ui, const struct sample *s, uint64_t row)
{
	uint64_t start = row & ~(uint64_t)(ROW_GROUP | ROW_GONE);
	const struct vma *v = vma_at(&s->regions->vmas, start);

	if (row_is_gone(row))
		return !row_is_group(row) && list_changes_gone(&ui->list->changes, start);
	return v && v->start == start && (ui->list->grouping || !row_is_group(row));
}

static bool
check_list(const struct ui *ui, const struct sample *s)
{
	const struct vma_list *l = &s->regions->vmas;
	size_t rows = ui->list->rows, at = 0;

	if (!l->n)
		return true;
	if (!rows || rows > (size_t)ui->rows)
		return fuzz_wrong("a list of %zu rows", rows);
	if (ui->list->shown > l->n || (ui->list->shown < l->n && !ui->list->filter.text[0]))
		return fuzz_wrong("%zu of %zu regions pass", ui->list->shown, l->n);
	if (ui->list->grouping ? ui->list->order_n > 2 * ui->list->shown + ui->list->changes.gone_n || !ui->list->order_n != !ui->list->shown
	                 : ui->list->order_n < ui->list->shown || ui->list->order_n > ui->list->shown + ui->list->changes.gone_n)
		return fuzz_wrong("%zu of %zu regions are in the list", ui->list->order_n, ui->list->shown);
	if (!ui->list->order_n)
		return !ui->region || ui->list->shown == 0 || fuzz_wrong("a cursor without rows");
	if (!is_row(ui, s, ui->region))
		return fuzz_wrong("the cursor is on no region: %" PRIx64, ui->region);
	for (size_t i = 0; i < ui->list->order_n; i++) {
		if (!is_row(ui, s, ui->list->order[i]))
			return fuzz_wrong("row %zu is no region", i);
		if (ui->list->order[i] == ui->region)
			at = i;
		for (size_t k = 0; k < i; k++)
			if (ui->list->order[k] == ui->list->order[i])
				return fuzz_wrong("rows %zu and %zu are the same region", k, i);
	}
	if (at < ui->list->top || at >= ui->list->top + rows)
		return fuzz_wrong("the cursor's row %zu is not on screen", at);
	return true;
}

/* The cursor is on a column, and that on screen; what is shown is whole. */
static bool
check_menu(const struct ui *ui)
{
	bool seen = false;

	for (int y = 1; y < ui->rows - 2; y++)
		seen |= list_menu_at(ui, 1, ui->rows - 2, y) == (int)list_menu_of(ui)->at;
	if (!seen && ui->rows > 5)
		return fuzz_wrong("column %d is not in the menu", list_menu_of(ui)->at);
	for (size_t i = 0; i < ui->list->columns.n; i++)
		for (size_t k = 0; k < i; k++)
			if (ui->list->columns.id[i] == ui->list->columns.id[k])
				return fuzz_wrong("column %u twice", ui->list->columns.id[i]);
	return ui->list->columns.n <= LIST_COLUMNS || fuzz_wrong("%zu columns", ui->list->columns.n);
}

static bool
check_grid(const struct ui *ui, const struct sample *s)
{
	const struct grid *g = &ui->pages->grid;
	const struct vma *v = ui_vma(ui, s, NULL);
	size_t i;

	if (v && (v->start != ui->region || g->start != v->start || g->end != v->end))
		return fuzz_wrong("the grid is not the region's at %" PRIx64, v->start);
	if (g->end <= g->start)
		return true;
	if (!g->rows || !g->row_cells || g->row_cells & (g->row_cells - 1) || g->zoom > GRID_ZOOM_MAX)
		return fuzz_wrong("a grid of %u rows of %u cells, zoom %u", g->rows, g->row_cells, g->zoom);
	if (ui->cursor < g->start || ui->cursor >= g->end || ui->cursor % FAKE_PAGE)
		return fuzz_wrong("the cursor %" PRIx64 " left %" PRIx64 "..%" PRIx64, ui->cursor, g->start, g->end);
	if (g->top % grid_row_bytes(g))
		return fuzz_wrong("the top %" PRIx64 " is not round", g->top);
	if (!grid_cell_at(g, ui->cursor, &i))
		return fuzz_wrong("the cursor %" PRIx64 " is not on screen, top %" PRIx64, ui->cursor, g->top);
	return true;
}

/* The byte under the cursor is one of the region's, and on screen. */
static bool
check_hex(const struct ui *ui, const struct sample *s)
{
	const struct vma *v = s->regions ? vma_at(&s->regions->vmas, ui->byte) : NULL;

	if (ui->jumps.base < 0 || ui->jumps.base > ui->jumps.n || ui->jumps.n > JUMPS_MAX)
		return fuzz_wrong("%d jumps from %d on", ui->jumps.n, ui->jumps.base);
	if (!v)
		return !ui_vma(ui, s, NULL) || fuzz_wrong("the cursor %" PRIx64 " is on no byte", ui->byte);
	if (ui->dump->top % BYTES_ROW || ui->dump->top < v->start || ui->dump->top >= v->end)
		return fuzz_wrong("the first row is %" PRIx64, ui->dump->top);
	if (ui->byte < ui->dump->top || ui->byte - ui->dump->top >= (uint64_t)ui->dump->rows * BYTES_ROW)
		return fuzz_wrong("the cursor %" PRIx64 " is not on screen, top %" PRIx64, ui->byte, ui->dump->top);
	return ui->region == v->start || fuzz_wrong("the region is %" PRIx64, ui->region);
}

/* Every region has a place in the line, in order; the cursor is on one, and on screen. */
static bool
check_map(const struct ui *ui, const struct sample *s)
{
	const struct map *m = &map_of(ui)->map;
	size_t next = 0, row;

	if (!s->regions || !s->regions->vmas.n)
		return true;
	if (m->pieces != s->regions->vmas.n || m->cols != (unsigned)ui->cols)
		return fuzz_wrong("%zu regions on the map of %zu", m->pieces, s->regions->vmas.n);
	for (size_t i = 0; i < m->items; i++) {
		const struct map_item *it = &m->item[i];

		if (it->at < next || !it->cells || (it->at + it->cells - 1) / m->cols >= m->rows)
			return fuzz_wrong("item %zu of the map is at %zu+%zu", i, it->at, it->cells);
		next = it->at;
		for (size_t k = it->first; k < it->first + it->n; k++) {
			const struct map_piece *p = &m->piece[k];

			if (p->at != next || p->start != s->regions->vmas.v[k].start)
				return fuzz_wrong("region %zu is at %zu of the map", k, p->at);
			next += p->cells;
		}
		if (it->n && next != it->at + it->cells)
			return fuzz_wrong("the regions of item %zu end at %zu", i, next);
		next = it->at + it->cells;
	}
	row = m->piece[map_find(m, ui->region)].at / m->cols;
	if (map_of(ui)->rows && (row < map_of(ui)->top || row >= map_of(ui)->top + map_of(ui)->rows))
		return fuzz_wrong("row %zu of the cursor is not on screen, top %zu", row, map_of(ui)->top);
	return vma_at(&s->regions->vmas, ui->region) || fuzz_wrong("the cursor %" PRIx64 " is on nothing", ui->region);
}

/* Each row once; the cursor on one, and on screen. */
static bool
check_by(const struct ui *ui)
{
	const struct by_view *v = by_of(ui);
	size_t at = by_position(ui);

	for (size_t i = 0; i < v->n; i++)
		for (size_t k = 0; k < i; k++)
			if (v->order[i] == v->order[k])
				return fuzz_wrong("row %zu of the writers twice", i);
	if (v->n && v->order[at] != v->key)
		return fuzz_wrong("the cursor is on no writer");
	return !v->n || (at >= v->top && at < v->top + v->rows) ||
	       fuzz_wrong("row %zu of the cursor is not on screen, top %zu", at, v->top);
}

/* While the page is being read there is nothing to scroll: only then may it point anywhere. */
static bool
check_card(const struct ui *ui, const struct sample *s)
{
	bool read = s->card && s->card->has_page && s->card->place == ui->cursor;

	return ui_view(ui) != VIEW_PAGE || !read || !s->regions || !vma_at(&s->regions->vmas, ui->cursor) ||
	       scroll_of(ui)->top >= 0 || fuzz_wrong("card_top %d", scroll_of(ui)->top);
}

static bool
check_text(const struct ui *ui, const struct sample *s)
{
	const struct view *v = view_of(ui_view(ui));
	struct buf text = {0};
	bool safe;

	v->say(ui, s, &text);
	v->breadcrumb(ui, s, &text);
	safe = fuzz_is_safe(text.s);
	buf_free(&text);
	return safe || fuzz_wrong("the %s view would send control characters", view_row(ui_view(ui))->title);
}

static bool
check(const struct ui *ui, const struct sample *s)
{
	if (ui->depth < 0 || ui->depth >= VIEW_DEPTH || ui->stack[0] != VIEW_REGIONS)
		return fuzz_wrong("%d views deep", ui->depth);
	if (!check_text(ui, s))
		return false;
	switch (ui_view(ui)) {
	case VIEW_REGIONS:
		return !s->regions || check_list(ui, s);
	case VIEW_GRID:
	case VIEW_PAGE:
		return check_grid(ui, s) && check_card(ui, s);
	case VIEW_REGION:
	case VIEW_CAPABILITIES:
		return check_card(ui, s);
	case VIEW_HEX:
		return check_hex(ui, s);
	case VIEW_MAP:
		return check_map(ui, s);
	case VIEW_SORT:
	case VIEW_COLUMNS:
		return !s->regions || (check_list(ui, s) && check_menu(ui));
	case VIEW_MESSAGES:
		return scroll_of(ui)->top >= 0 || fuzz_wrong("messages_top %d", scroll_of(ui)->top);
	case VIEW_WRITES:
		return scroll_of(ui)->top >= 0 || fuzz_wrong("card_top %d", scroll_of(ui)->top);
	case VIEW_BY:
		return check_by(ui);
	case VIEW_HEAT: /* these samples have no past: heat.bats has one */
		return !s->heat || fuzz_wrong("a past from nowhere");
	case VIEW_HELP:
		return help_of(ui)->scroll.top >= 0 || fuzz_wrong("help_top %d", help_of(ui)->scroll.top);
	case VIEW_PICKER: /* fuzz_picker */
	case VIEW_COUNT:
		break;
	}
	return fuzz_wrong("no such view");
}

/* Copies of what the views keep; whether it still is that. They are freed. */
static void
keep_own(const struct ui *ui, void *own[VIEW_COUNT])
{
	for (unsigned id = 0; id < VIEW_COUNT; id++) {
		size_t size = view_of((enum view_id)id)->size;

		own[id] = size ? memcpy(mem_alloc(size), ui->own[id], size) : NULL;
	}
}

static bool
is_own(const struct ui *ui, void *own[VIEW_COUNT])
{
	bool same = true;

	for (unsigned id = 0; id < VIEW_COUNT; id++) {
		same &= !own[id] || !memcmp(own[id], ui->own[id], view_of((enum view_id)id)->size);
		free(own[id]);
	}
	return same;
}

static bool
draw(struct world *w)
{
	const struct view *v = view_of(ui_view(&w->ui));
	struct ui before = w->ui;
	void *own[VIEW_COUNT];
	bool changed;

	keep_own(&w->ui, own);

	paint_begin(&term);
	zones_begin();
	v->draw(&w->ui, w->s, 1, w->ui.rows - 2);
	paint_flush();
	changed = memcmp(&before, &w->ui, sizeof(before)) != 0;
	changed |= !is_own(&w->ui, own);
	if (changed)
		return fuzz_wrong("drawing the %s view changed it", view_row(ui_view(&w->ui))->title);
	/* the same again: nothing may be left to send */
	paint_begin(&term);
	zones_begin();
	v->draw(&w->ui, w->s, 1, w->ui.rows - 2);
	return !paint_flush() || fuzz_wrong("the same %s view drawn twice is not the same", view_row(ui_view(&w->ui))->title);
}

static bool
step(struct world *w)
{
	if (!below(w, 4)) {
		for (uint64_t n = below(w, 4); n; n--)
			move_slot(w, below(w, SLOTS));
		write_words(w, (unsigned)below(w, 4));
	}
	if (!below(w, 20)) {
		w->t.track.clears++;
		w->t.track.epoch++;
		w->t.track.auto_clear = below(w, 2);
		w->t.track.clear_ns = w->ui.now;
		if (!w->t.track.auto_clear || !w->t.track.first_ns)
			w->t.track.first_ns = w->t.track.clear_ns - below(w, 2) * below(w, UINT64_C(90000000000));
	}
	if (!below(w, 6))
		resize(w);
	if (below(w, 2))
		next_sample(w);
	w->ui.now += below(w, 2) * below(w, UINT64_C(40000000000)); /* time goes forward only */
	view_settle(&w->ui, w->s, 1, w->ui.rows - 2);
	if (!check(&w->ui, w->s) || !draw(w))
		return false;
	for (uint64_t n = below(w, 4); n; n--) {
		press(w);
		view_settle(&w->ui, w->s, 1, w->ui.rows - 2);
		if (!check(&w->ui, w->s))
			return false;
	}
	return !w->lost || fuzz_wrong("views were lost on the way down");
}

/* As if it had been opened from the list, or from the grid over that. */
static void
open_view(struct world *w, enum view_id id)
{
	w->ui.depth = 0;
	if (id == VIEW_REGIONS)
		return;
	if (id != VIEW_SORT && id != VIEW_COLUMNS)
		do_action(w, ACT_OPEN);
	if (id == VIEW_HEX)
		do_action(w, ACT_HEX);
	else if (id != VIEW_GRID && ui_view(&w->ui) != id)
		ui_push(&w->ui, id);
}

/* Each key in each view, whatever has become of these by the keys before. */
static bool
every_key(struct world *w)
{
	for (unsigned id = 0; id < VIEW_PICKER; id++)
		for (int key = 1; key < TERM_LAST; key++) {
			enum action a = key_action(key, view_row((enum view_id)id)->letter);

			if (a == ACT_NONE)
				continue;
			open_view(w, (enum view_id)id);
			view_settle(&w->ui, w->s, 1, w->ui.rows - 2);
			do_action(w, a);
			view_settle(&w->ui, w->s, 1, w->ui.rows - 2);
			if (!check(&w->ui, w->s) || !draw(w))
				return fuzz_wrong("after key %d in the %s view", key, view_row((enum view_id)id)->title);
		}
	return true;
}

static void
set_size(struct world *w, int rows, int cols)
{
	term.rows = w->ui.rows = rows;
	term.cols = w->ui.cols = cols;
}

/* The page under the cursor, with all that can be known about it. */
static void
read_card(struct world *w)
{
	struct sample *s = w->s;
	struct err err = {0};

	if (!s->regions || !s->regions->vmas.n || w->ui.cursor >= 0x10000000)
		return;
	fake_words(fake_root(&w->t)->pm.fd, w->ui.cursor / FAKE_PAGE, 1, UINT64_C(0x8180000000000005));
	fake_end(fake_root(&w->t)->pm.fd, 0x10000000);
	answer_unref(s->card);
	s->card_kind = CARD_PAGE;
	s->card = answer_page(&w->t, &s->regions->vmas, w->ui.cursor, &err);
}

/* bug: a page card in no columns at all was never done */
static bool
every_tiny_size(struct world *w)
{
	for (unsigned id = 0; id < VIEW_PICKER; id++)
		for (int cols = 1; cols <= 40; cols++) {
			enum action a = (enum action)below(w, ACT_COUNT);

			set_size(w, 1 + (int)below(w, 9), cols);
			open_view(w, (enum view_id)id);
			if (id == VIEW_PAGE)
				read_card(w);
			for (int turn = 0; turn < 2; turn++) {
				view_settle(&w->ui, w->s, 1, w->ui.rows - 2);
				if (!check(&w->ui, w->s) || !draw(w))
					return false;
				do_action(w, a);
			}
		}
	return true;
}

/* By chance, or by the bytes of fake_choices as long as there are any. */
static bool
play_as(uint64_t *seed, bool random)
{
	static const char *const words[] = {
	    "q quits", "", "a message of several words that goes on for longer than a narrow screen is wide, and on and on",
	    "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "averyveryveryveryveryveryveryveryverylongwordwithoutanyblankinit",
	};
	struct messages messages = {.n = 0};
	struct world w = {.seed = seed};
	bool good = true;

	views_open(&w.ui);
	w.ui.now = time_ns();
	fake_target(&w.t);
	fake_root(&w.t)->mem = fake_file();
	fake_root(&w.t)->pm.plain = true;
	fake_frames(&w.t, FRAME_FLAGS);
	fake_words(fake_root(&w.t)->frames.flags, 0, 16, KPF_ANON | KPF_UPTODATE);
	for (size_t i = 0; i < SLOTS; i++)
		move_slot(&w, i);
	write_words(&w, 60);
	term.utf8 = below(&w, 4) != 0;
	paint_close();
	paint_open(&term, (enum theme)below(&w, THEME_COUNT));
	resize(&w);
	for (uint64_t n = below(&w, 30); n; n--)
		messages_add(&messages, below(&w, 2) ? ROLE_HOT : ROLE_TEXT, words[below(&w, ARRAY_LEN(words))], (time_t)n);
	w.ui.messages = &messages;
	next_sample(&w);
	for (int i = 0; i < STEPS && good && (random || fake_choices.n); i++)
		good = step(&w);
	if (good && random && !below(&w, 8))
		good = every_key(&w);
	if (good && random && !below(&w, 8))
		good = every_tiny_size(&w);
	messages_free(&messages);
	sample_free(w.s);
	views_close(&w.ui, true);
	writes_log_free(&w.log);
	fake_close(&w.t);
	return good;
}

static bool
play(uint64_t *seed)
{
	return play_as(seed, true);
}

static bool
check_choices(const char *bytes, size_t n)
{
	uint64_t seed = 1;
	bool good;

	fuzz.input = NULL;
	fake_choices.s = (const unsigned char *)bytes;
	fake_choices.n = n;
	good = play_as(&seed, false);
	fake_choices.n = 0;
	return good;
}

static int
begin(void)
{
	const struct term_options o = {.color = COLOR_ALWAYS, .headless = true, .rows = ROWS, .cols = COLS};
	struct err err;

	setlocale(LC_ALL, "C.UTF-8");
	if (term_open(&term, &o, &err) == 0)
		return 0;
	printf("Bail out! no terminal: %s\n", err.what);
	return 1;
}

FUZZ_MAIN(begin, "keys", "keys", play, check_choices);
