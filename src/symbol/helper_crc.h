/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_CRC_H
#define PM_HELPER_CRC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The CRC-32 of zlib and of .gnu_debuglink, continued; it begins with 0. */
uint32_t crc_add(uint32_t crc, const void *bytes, size_t n);

/* That of an open file. false: it is larger than 1 GiB, or cannot be read. */
bool crc_of_file(int fd, uint32_t *out);

#endif
