/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_DOCS_PARTS_H
#define PM_DOCS_PARTS_H

/* The documents that --print prints. */
/* Prints text, with what roff interprets escaped: - and \, and . or ' at the start of a line. */
void docs_roff(const char *s);

void docs_manual(void);
void docs_recording(void);
void docs_completion(void);

#endif
