/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FORMAT_H
#define PM_FORMAT_H

/* How rows are written: --csv, --json, --raw. */
enum format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON, FORMAT_RAW };

#endif
