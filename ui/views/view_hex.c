/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The bytes of a region, sixteen per row, and if there is room what its words point to. Only bytes
 * in RAM are there: the sampler reads no others; a key reads in a page.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/dump.h"
#include "query/query.h"
#include "target/pointers.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/breadcrumb.h"
#include "views/hex.h"
#include "views/view.h"

enum { TOP_ROWS = 1, WORD_LEAST = 4, POINTERS_X = HEX_WIDTH + 1, POINTERS_MIN = 24 };

static const enum role hex_class_roles[BYTE_CLASSES] = {
    [BYTE_ZERO] = ROLE_BYTE_ZERO, [BYTE_TEXT] = ROLE_BYTE_TEXT, [BYTE_FF] = ROLE_BYTE_FF,
    [BYTE_REST] = ROLE_BYTE_REST,
};

/* The region of the byte under the cursor; if it is gone, the one that the cursor is in now. */
static const struct vma *
view_hex_find_region(const struct ui *ui, const struct sample *s)
{
	const struct vma *v = s->regions ? vma_at(&s->regions->vmas, ui->byte) : NULL;

	return v ? v : ui_vma(ui, s, NULL);
}

static void
view_hex_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct dump *dump = ui->dump;
	const struct vma *v = view_hex_find_region(ui, s);

	dump->rows = bottom - top - TOP_ROWS > 1 ? (unsigned)(bottom - top - TOP_ROWS) : 1;
	if (!v)
		return;
	ui->region = v->start;
	if (ui->range.in == VIEW_HEX && (ui->range.from < v->start || ui->range.from >= v->end))
		ui->range.on = false; /* that was another region */
	if (ui->byte < v->start)
		ui->byte = v->start;
	if (ui->byte >= v->end)
		ui->byte = v->end - 1;
	dump->top = hex_show(dump->top, ui->byte, v->start, v->end, dump->rows);
	ui->cursor = ui->byte & ~(uint64_t)(s->page_size - 1); /* so that the views below follow */
}

/* --- what the words point to ------------------------------------------------------------------ */

static const struct vma *
view_hex_pointer_at(const struct sample *s, uint64_t addr, uint64_t *value)
{
	return s->regions ? bytes_pointer(s->bytes, &s->regions->vmas, addr, value) : NULL;
}

/* The start of the word under the cursor. */
static uint64_t
view_hex_word_of(const struct ui *ui, const struct sample *s)
{
	return s->bytes ? ui->byte & ~(uint64_t)(s->bytes->word - 1) : ui->byte;
}

/* The names of regions that words on screen point to, cached because each one takes a search. */
enum { NAMES = 32 };
struct pointer_names {
	const struct vma *v[NAMES];
	struct query_base base[NAMES];
	unsigned n;
};

static const struct query_base *
view_hex_find_base(struct pointer_names *names, const struct sample *s, const struct vma *v)
{
	unsigned i = 0;

	while (i < names->n && names->v[i] != v)
		i++;
	if (i < names->n)
		return &names->base[i];
	if (names->n == NAMES) /* the last one is replaced */
		buf_free(&names->base[--i].name);
	names->v[i] = v;
	names->base[i] = query_base_of(&s->regions->vmas, v, false, !paint_utf8());
	names->n = i + 1;
	return &names->base[i];
}

static void
view_hex_names_free(struct pointer_names *names)
{
	while (names->n)
		buf_free(&names->base[--names->n].name);
}

/* "libc.so.6+26234", in the prompt's syntax, and the symbol there if it is known. */
static void
view_hex_pointer_name(struct buf *out, struct pointer_names *names, const struct sample *s,
                      const struct vma *v, uint64_t value)
{
	const struct query_base *b = view_hex_find_base(names, s, v);

	if (!b->named && v->name[0]) {
		fit_name_cut(out, v, 24);
		buf_str(out, " ");
	}
	buf_fmt(out, "%s+%llx", b->name.s, (unsigned long long)(value - b->at));
	if (pointers_name(s->bytes, value)) {
		buf_str(out, " ");
		text_escape(out, pointers_name(s->bytes, value),
		            strlen(pointers_name(s->bytes, value)), !paint_utf8());
	}
}

static unsigned
view_hex_hit_pointer(struct ui *ui, const struct sample *s, const struct touch *t)
{
	(void)s;
	ui->byte = t->value;
	return FX_NONE;
}

/* Beside the row, each with the offset of its word. */
static void
view_hex_draw_pointers(const struct ui *ui, const struct sample *s, struct pointer_names *names,
                       uint64_t row, int y, int x)
{
	const struct vma *v[BYTES_ROW / WORD_LEAST];
	uint64_t value[BYTES_ROW / WORD_LEAST] = {0};
	unsigned word = s->bytes->word;
	int n = 0, room = ui->cols - x;

	for (unsigned i = 0; i < BYTES_ROW / word; i++)
		n += (v[i] = view_hex_pointer_at(s, row + i * word, &value[i])) != NULL;
	for (unsigned i = 0; n && i < BYTES_ROW / word; i++) {
		struct buf name = {0};
		int right = x + room / n, sign;

		if (!v[i])
			continue;
		view_hex_pointer_name(&name, names, s, v[i], value[i]);
		sign = paint_text(y, x, right - 1, ROLE_DIM, "%u%s", i * word,
		                  paint_utf8() ? "→" : ">");
		fit_draw_cut(y, sign, right - (n > 1),
		            v[i]->perm & VMA_EXEC ? ROLE_ACCENT : ROLE_TEXT, name.s);
		buf_free(&name);
		zone_add(&(struct zone){.y = y,
		                        .x = x,
		                        .bottom = y + 1,
		                        .right = right,
		                        .value = row + i * word,
		                        .hit = view_hex_hit_pointer,
		                        .opens = true});
		x = right;
	}
}

/* --- rows ------------------------------------------------------------------------------------- */

/* Without colours, shapes replace them: text is itself, the other classes have a sign each. */
static wchar_t
view_hex_text_glyph(uint8_t byte)
{
	static const wchar_t utf8[BYTE_CLASSES] = {L'·', 0, L'■', L'•'};
	static const wchar_t ascii[BYTE_CLASSES] = {L' ', 0, L'#', L'.'};
	enum byte_class c = byte_class(byte);

	return c == BYTE_TEXT ? (wchar_t)byte : paint_utf8() ? utf8[c] : ascii[c];
}

static enum role
view_hex_byte_role(const struct ui *ui, const struct sample *s, uint64_t addr, uint8_t byte)
{
	uint64_t changed = bytes_changed(s->bytes, addr);
	enum heat h = changed ? heat_of_age(ui->now > changed ? ui->now - changed : 0) : HEAT_NONE;

	return h ? paint_heat_role(h) : hex_class_roles[byte_class(byte)];
}

static void
view_hex_draw_byte(const struct ui *ui, const struct sample *s, uint64_t row, unsigned i,
                   int digits, int y)
{
	bool here = row + i == ui->byte;
	enum role role = ROLE_NONE;
	uint64_t lo, hi;
	uint8_t byte;

	if (bytes_at(s->bytes, row + i, &byte)) {
		role = view_hex_byte_role(ui, s, row + i, byte);
		if (here)
			role = role == ROLE_HEAT_NOW || role == ROLE_HEAT_2S ? ROLE_CURSOR_HOT
			                                                     : ROLE_CURSOR;
		paint_text(y, hex_x(digits, i), ui->cols, role, "%02x", byte);
		paint_glyph(y, hex_text_x(digits, i), role, view_hex_text_glyph(byte));
	} else {
		if (here)
			role = ROLE_CURSOR;
		paint_text(y, hex_x(digits, i), ui->cols, role, "%s", paint_utf8() ? "··" : "..");
	}
	if (ui_range(ui, &lo, &hi) && row + i >= lo && row + i < hi && !here) {
		paint_choose(y, hex_x(digits, i));
		paint_choose(y, hex_x(digits, i) + 1);
		paint_choose(y, hex_text_x(digits, i));
	}
	if (here)
		paint_cursor(y, hex_x(digits, i));
}

/* How to see the page, if that is possible. */
static void
view_hex_page_sentence_hex(const struct bytes *b, const struct bytes_page *p, struct buf *out)
{
	bytes_why(p, out);
	if (p->kind == BYTES_ABSENT && b->past)
		buf_str(out, ": it was not recorded");
	else if (p->kind == BYTES_ABSENT)
		buf_fmt(out, ": %s reads it (the process will %s it in)",
		        key_of(ACT_READ_PAGE, 'X'), p->state == STATE_SWAPPED ? "swap" : "fault");
}

/*
 * Whether this row shows the reason: once per page, in its first row on screen without the cursor.
 */
static bool
view_hex_row_explains(const struct ui *ui, const struct sample *s, uint64_t row)
{
	uint64_t first = u64_max(row & ~(uint64_t)(s->page_size - 1), ui->dump->top);
	uint64_t cursor = ui->byte & ~(uint64_t)(BYTES_ROW - 1);

	return row == first + (first == cursor ? BYTES_ROW : 0);
}

static void
view_hex_draw_row(const struct ui *ui, const struct sample *s, struct pointer_names *names,
                  uint64_t row, int digits, int y)
{
	const struct bytes_page *p = bytes_page(s->bytes, row);
	bool cursor = ui->byte - row < BYTES_ROW;
	struct buf why = {0};

	paint_text(y, 1, ui->cols, cursor ? ROLE_ACCENT : ROLE_DIM, "%0*llx", digits,
	           (unsigned long long)row);
	if (!p)
		return; /* it has just scrolled into view and is being read */
	if (p->kind != BYTES_READ && view_hex_row_explains(ui, s, row)) {
		view_hex_page_sentence_hex(s->bytes, p, &why);
		fit_draw_cut(y, hex_x(digits, 0), ui->cols, ROLE_TEXT, why.s);
		buf_free(&why);
		return;
	}
	for (unsigned i = 0; i < BYTES_ROW; i++)
		view_hex_draw_byte(ui, s, row, i, digits, y);
	if (ui->cols >= POINTERS_X + POINTERS_MIN)
		view_hex_draw_pointers(ui, s, names, row, y, POINTERS_X + digits - HEX_DIGITS);
}

static void
view_hex_draw_heading(const struct ui *ui, int digits, int y)
{
	paint_text(y, 1, ui->cols, ROLE_DIM, "address");
	for (unsigned i = 0; i < BYTES_ROW; i++)
		paint_text(y, hex_x(digits, i), ui->cols,
		           ui->byte % BYTES_ROW == i ? ROLE_CROSS : ROLE_DIM, "%2x", i);
	paint_text(y, hex_text_x(digits, 0), ui->cols, ROLE_DIM, "ascii");
	if (ui->cols >= POINTERS_X + POINTERS_MIN)
		paint_text(y, POINTERS_X + digits - HEX_DIGITS, ui->cols, ROLE_DIM, "as pointers");
}

/* The byte whose digits or character are at x; between two, the first. */
static unsigned
view_hex_hit_byte(struct ui *ui, const struct sample *s, const struct touch *t)
{
	const struct vma *v = view_hex_find_region(ui, s);
	int digits = v ? hex_digits(v->end) : HEX_DIGITS;
	uint64_t row = ui->dump->top + (uint64_t)t->dy * BYTES_ROW;
	unsigned i = 0;

	if (!v || row >= v->end)
		return FX_NONE;
	if (t->dx >= hex_text_x(digits, 0))
		i = (unsigned)u64_min((uint64_t)(t->dx - hex_text_x(digits, 0)), BYTES_ROW - 1);
	else
		while (i + 1 < BYTES_ROW && t->dx >= hex_x(digits, i + 1))
			i++;
	if (t->begins)
		ui_range_begin(ui);
	ui->byte = row + i;
	return FX_NONE;
}

static void
view_hex_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	const struct vma *v = view_hex_find_region(ui, s);
	int digits = v ? hex_digits(v->end) : HEX_DIGITS, y = top + TOP_ROWS;
	struct pointer_names names = {.n = 0};
	struct buf why = {0};

	zone_add(&(struct zone){.y = y,
	                        .bottom = bottom,
	                        .right = hex_text_x(digits, BYTES_ROW),
	                        .hit = view_hex_hit_byte,
	                        .opens = true});
	view_hex_draw_heading(ui, digits, top);
	if (s->bytes_err.what[0]) {
		buf_fmt(&why, "%s: %s", s->bytes_err.what, s->bytes_err.why);
		y = fit_draw_lines(y, bottom, ui->cols, ROLE_TEXT, why.s);
		fit_draw_lines(y, bottom, ui->cols, ROLE_DIM, s->bytes_err.how);
		buf_free(&why);
		return;
	}
	for (uint64_t row = ui->dump->top; v && y < bottom && row < v->end; y++, row += BYTES_ROW)
		view_hex_draw_row(ui, s, &names, row, digits, y);
	view_hex_names_free(&names);
}

/* The range on screen: only that was read. */
static void
view_hex_say_range(const struct ui *ui, const struct sample *s, uint64_t lo, uint64_t hi,
                   struct buf *out)
{
	const struct dump *dump = ui->dump;
	static const char *const names[BYTE_CLASSES] = {"zero", "text", "ff", "other"};
	uint64_t n[BYTE_CLASSES] = {0}, unread = 0;
	uint64_t screen_lo = u64_max(lo, dump->top);
	uint64_t screen_hi = u64_min(hi, dump->top + (uint64_t)dump->rows * BYTES_ROW);
	uint8_t byte;

	for (uint64_t at = screen_lo; at < screen_hi; at++) {
		if (bytes_at(s->bytes, at, &byte))
			n[byte_class(byte)]++;
		else
			unread++;
	}
	buf_fmt(out, "%llx..%llx: %llu byte%s%s:", (unsigned long long)lo, (unsigned long long)hi,
	        (unsigned long long)(hi - lo), plural(hi - lo),
	        screen_hi - screen_lo < hi - lo ? ", of those on screen" : "");
	for (int c = 0; c < BYTE_CLASSES; c++)
		if (n[c])
			buf_fmt(out, " %llu %s", (unsigned long long)n[c], names[c]);
	if (unread)
		buf_fmt(out, " %llu not read", (unsigned long long)unread);
}

static void
view_hex_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	uint64_t word = view_hex_word_of(ui, s), value = 0;
	const struct bytes_page *p = bytes_page(s->bytes, ui->byte);
	const struct vma *v = view_hex_find_region(ui, s);
	struct pointer_names names = {.n = 0};
	char perm[5];
	uint64_t lo, hi;
	uint8_t byte;

	if (v && ui_range(ui, &lo, &hi)) {
		view_hex_say_range(ui, s, lo, hi, out);
		return;
	}
	buf_fmt(out, "%llx: ", (unsigned long long)ui->byte);
	if (!v) {
		buf_fmt(out, "this region was unmapped; %s and %s go to its neighbours",
		        key_of(ACT_LAST_REGION, 'X'), key_of(ACT_NEXT_REGION, 'X'));
		return;
	}
	if (!bytes_at(s->bytes, ui->byte, &byte)) {
		if (p)
			view_hex_page_sentence_hex(s->bytes, p, out);
		else
			buf_str(out, s->bytes_err.what[0] ? s->bytes_err.what : "not read yet");
		return;
	}
	buf_fmt(out, byte_class(byte) == BYTE_TEXT ? "%02x %u '%c'" : "%02x %u", byte, byte, byte);
	v = view_hex_pointer_at(s, word, &value);
	if (bytes_word(s->bytes, word, &value))
		buf_fmt(out, ", word %0*llx", (int)(2 * s->bytes->word), (unsigned long long)value);
	if (!v)
		return;
	vma_perm_text(v, perm);
	buf_fmt(out, " %s %s ", paint_utf8() ? "→" : "->", perm);
	view_hex_pointer_name(out, &names, s, v, value);
	view_hex_names_free(&names);
}

static void
view_hex_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	enum { NAME_LEAST = 4 };
	const struct vma *v = view_hex_find_region(ui, s);
	int most = ui->cols < 100 ? 12 : 28, room;
	char at[40], back[24];

	snprintf(at, sizeof(at), "hex %llx", (unsigned long long)ui->byte);
	room = ui->breadcrumb_room - (int)(fit_width(CRUMB_SIGN, strlen(CRUMB_SIGN)) + strlen(at));
	if (v && room >= NAME_LEAST) {
		fit_name_cut(out, v, (size_t)(room < most ? room : most));
		buf_str(out, CRUMB_SIGN);
	}
	buf_str(out, at);
	snprintf(back, sizeof(back), " (%d back)", jumps_followed(&ui->jumps));
	if (jumps_followed(&ui->jumps))
		breadcrumb_add(out, ui, back);
}

/* --- keys ------------------------------------------------------------------------------------- */

static void
view_hex_move_by(struct ui *ui, const struct vma *v, int64_t by)
{
	uint64_t n = (uint64_t)(by < 0 ? -by : by);

	if (by < 0)
		ui->byte = ui->byte - v->start < n ? v->start + ui->byte % BYTES_ROW : ui->byte - n;
	else
		ui->byte = v->end - 1 - ui->byte < n ? v->end - BYTES_ROW + ui->byte % BYTES_ROW
		                                     : ui->byte + n;
}

/* Steps by a byte, and not beyond the region. */
static void
view_hex_step(struct ui *ui, const struct vma *v, int by)
{
	if (by < 0 ? ui->byte > v->start : ui->byte < v->end - 1)
		ui->byte += (uint64_t)(int64_t)by;
}

static void
view_hex_go_region(struct ui *ui, const struct sample *s, int by)
{
	const struct vma_list *l = &s->regions->vmas;
	size_t i = vma_lower_bound(l, ui->byte);

	if (i < l->n && l->v[i].start <= ui->byte)
		i += (size_t)by;
	else if (by < 0)
		i--;
	if (i >= l->n)
		return;
	ui_leave(ui);
	ui->byte = l->v[i].start;
}

static unsigned
view_hex_follow(struct ui *ui, const struct sample *s)
{
	uint64_t value;

	if (!view_hex_pointer_at(s, view_hex_word_of(ui, s), &value))
		return FX_NO_POINTER;
	ui_hex_jump(ui, value);
	return FX_NONE;
}

static unsigned
view_hex_act(struct ui *ui, const struct sample *s, enum action a)
{
	const struct vma *v = view_hex_find_region(ui, s);
	int64_t screen = (int64_t)ui->dump->rows * BYTES_ROW, page = (int64_t)s->page_size;

	if (s->regions && (a == ACT_NEXT_REGION || a == ACT_LAST_REGION))
		view_hex_go_region(ui, s, a == ACT_NEXT_REGION ? 1 : -1);
	if (!v)
		return FX_NONE;
	switch ((int)a) {
	case ACT_UP: view_hex_move_by(ui, v, -BYTES_ROW); break;
	case ACT_DOWN: view_hex_move_by(ui, v, BYTES_ROW); break;
	case ACT_LEFT: view_hex_step(ui, v, -1); break;
	case ACT_RIGHT: view_hex_step(ui, v, 1); break;
	case ACT_PAGE_UP: view_hex_move_by(ui, v, -screen); break;
	case ACT_PAGE_DOWN: view_hex_move_by(ui, v, screen); break;
	case ACT_HALF_UP: view_hex_move_by(ui, v, -(screen / 2 / BYTES_ROW * BYTES_ROW)); break;
	case ACT_HALF_DOWN: view_hex_move_by(ui, v, screen / 2 / BYTES_ROW * BYTES_ROW); break;
	case ACT_NEXT_CHANGE: view_hex_move_by(ui, v, page); break;
	case ACT_LAST_CHANGE: view_hex_move_by(ui, v, -page); break;
	case ACT_FIRST:
	case ACT_LAST:
		ui_leave(ui);
		ui->byte = a == ACT_FIRST ? v->start : v->end - 1;
		break;
	case ACT_OPEN: return view_hex_follow(ui, s);
	case ACT_RANGE: ui_range_toggle(ui); break;
	case ACT_READ_PAGE: return FX_FAULT;
	case ACT_FIND: return FX_FIND;
	case ACT_FIND_NEXT: return FX_SEEK;
	case ACT_FIND_BACK: return FX_SEEK_BACK;
	}
	return FX_NONE;
}

/* Only a page that is not in RAM needs a key to be read. */
static const char *
view_hex_hint(const struct ui *ui, const struct sample *s, enum action a)
{
	const struct bytes_page *p = s ? bytes_page(s->bytes, ui->byte) : NULL;

	if (s && s->timeline && !s->timeline->contents && (a == ACT_OPEN || a == ACT_FIND))
		return "";
	return a == ACT_READ_PAGE && (!p || p->kind != BYTES_ABSENT) ? "" : NULL;
}

/* Goes back to the pointer that was followed. */
static bool
view_hex_back(struct ui *ui)
{
	struct place p;

	if (!jumps_followed(&ui->jumps))
		return false;
	while (jumps_pop(&ui->jumps, &p) && !p.followed)
		;
	ui->byte = p.at;
	ui->dump->top = p.top;
	return true;
}

static void
view_hex_needs(const struct ui *ui, const struct sample *s, struct screen_request *r)
{
	(void)s;
	r->hex_on = true;
	r->hex_at = ui->dump->top;
	r->hex_rows = ui->dump->rows;
}

const struct view view_hex = {
    .size = sizeof(struct dump),
    .draw = view_hex_draw,
    .act = view_hex_act,
    .say = view_hex_say,
    .hint = view_hex_hint,
    .breadcrumb = view_hex_breadcrumb,
    .settle = view_hex_settle,
    .back = view_hex_back,
    .report = report_bytes,
    .find = PROMPT_BYTE_FIND,
    .needs = view_hex_needs,
};
