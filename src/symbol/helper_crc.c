/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In the reader: checksums of debug files. */
#include "symbol/helper_crc.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"

enum { SLICES = 4, PIECE = 1 << 20, FILE_MAX = 1 << 30 /* takes a second or two */ };

/* [k][b]: what the byte b does to the sum when k more bytes follow it. */
static uint32_t crc_table[SLICES][256];

static void
crc_fill_table(void)
{
	for (uint32_t b = 0; b < 256; b++) {
		uint32_t c = b;

		for (int bit = 0; bit < 8; bit++)
			c = c & 1 ? c >> 1 ^ UINT32_C(0xedb88320) : c >> 1;
		crc_table[0][b] = c;
	}
	for (size_t k = 1; k < SLICES; k++)
		for (uint32_t b = 0; b < 256; b++) {
			uint32_t c = crc_table[k - 1][b];

			crc_table[k][b] = crc_table[0][c & 0xff] ^ c >> 8;
		}
}

uint32_t
crc_add(uint32_t crc, const void *bytes, size_t n)
{
	const uint8_t *s = bytes;

	if (!crc_table[0][1])
		crc_fill_table();
	crc = ~crc;
	for (; n >= SLICES; s += SLICES, n -= SLICES)
		crc = crc_table[3][(crc ^ s[0]) & 0xff] ^ crc_table[2][(crc >> 8 ^ s[1]) & 0xff] ^
		      crc_table[1][(crc >> 16 ^ s[2]) & 0xff] ^ crc_table[0][crc >> 24 ^ s[3]];
	for (; n; s++, n--)
		crc = crc_table[0][(crc ^ *s) & 0xff] ^ crc >> 8;
	return ~crc;
}

bool
crc_of_file(int fd, uint32_t *out)
{
	struct stat st;
	uint32_t crc = 0;
	uint8_t *piece;
	off_t at = 0;
	ssize_t got;

	if (fstat(fd, &st) < 0 || st.st_size > FILE_MAX)
		return false;
	piece = mem_alloc(PIECE);
	while (at < st.st_size && (got = pread(fd, piece, PIECE, at)) > 0) {
		crc = crc_add(crc, piece, (size_t)got);
		at += got;
	}
	free(piece);
	*out = crc;
	return at == st.st_size;
}
