/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/hex.h"

#include <string.h>

int
hex_digits(uint64_t end)
{
	return end > UINT64_C(1) << 48 ? 16 : HEX_DIGITS;
}

int
hex_x(int digits, unsigned i)
{
	return 1 + digits + 2 + 3 * (int)i + (i >= BYTES_ROW / 2);
}

int
hex_text_x(int digits, unsigned i)
{
	return 1 + digits + 2 + 49 + (int)i;
}

uint64_t
hex_show(uint64_t top, uint64_t at, uint64_t start, uint64_t end, unsigned rows)
{
	uint64_t screen = (uint64_t)rows * BYTES_ROW, third = rows / 3 * BYTES_ROW;
	uint64_t row = at & ~(uint64_t)(BYTES_ROW - 1);
	uint64_t last =
	    end - start > screen ? end - screen : start; /* the last top that fills the screen */

	if (row < top)
		top = top - row <= screen ? row : row - u64_min(row, third);
	else if (row - top >= screen)
		top = row - top < 2 * screen ? row - screen + BYTES_ROW : row - third;
	top &= ~(uint64_t)(BYTES_ROW - 1);
	if (top > last)
		top = last;
	return top < start ? start : top;
}

void
hex_row(struct buf *out, const struct bytes *b, uint64_t row)
{
	char line[HEX_WIDTH - 3 - HEX_DIGITS + 1];
	uint8_t byte;

	memset(line, ' ', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	for (unsigned i = 0; i < BYTES_ROW; i++) {
		char *hex = line + hex_x(0, i) - 3;

		if (!bytes_at(b, row + i, &byte))
			continue;
		hex[0] = "0123456789abcdef"[byte >> 4];
		hex[1] = "0123456789abcdef"[byte & 15];
		line[hex_text_x(0, i) - 3] = byte_class(byte) == BYTE_TEXT ? (char)byte : '.';
	}
	buf_fmt(out, "%012llx  %s", (unsigned long long)row, line);
}

uint64_t
hex_stretch(const struct bytes *b, uint64_t addr)
{
	const struct bytes_page *p = bytes_page(b, addr), *next = p;
	uint64_t at = addr;

	while (at < b->end && next->kind == p->kind && next->state == p->state &&
	       next->file == p->file && next->sys == p->sys) {
		uint64_t left = b->page_size - at % b->page_size;

		at += u64_min(left, b->end - at);
		next = bytes_page(b, at);
	}
	return at;
}

#define HEX_NOT_READ "not read: the process would fault it in"

void
hex_dump(struct buf *out, const struct bytes *b)
{
	for (uint64_t at = b->start; at < b->end;) {
		const struct bytes_page *p = bytes_page(b, at);
		uint64_t end = hex_stretch(b, at), row = at & ~(uint64_t)(BYTES_ROW - 1);

		buf_str(out, "  ");
		if (p->kind != BYTES_READ) {
			buf_fmt(out, "%012llx..%012llx  ", (unsigned long long)at,
			        (unsigned long long)end);
			bytes_why(p, out);
			if (p->kind == BYTES_ABSENT)
				buf_fmt(out, " (%s)", b->past ? "not recorded" : HEX_NOT_READ);
			buf_str(out, "\n");
			at = end;
			continue;
		}
		hex_row(out, b, row);
		buf_str(out, "\n");
		at = u64_min(end, row + BYTES_ROW);
	}
}
