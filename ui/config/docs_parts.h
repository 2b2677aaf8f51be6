/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_DOCS_PARTS_H
#define PM_DOCS_PARTS_H

/* The documents that --print prints. */
void docs_manual(void);
void docs_recording(void);
void docs_completion(void);

#endif
