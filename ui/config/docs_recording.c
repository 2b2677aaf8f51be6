/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual of recordings, printed as man/pmtop-recording.5. */
#include <stdio.h>
#include <string.h>

#include "config/docs_parts.h"
#include "record/schema.h"

static const char docs_recording_head[] =
    ".SH NAME\n"
    "pmtop-recording \\- recordings of the pages of a process\n"
    ".SH DESCRIPTION\n"
    ".B pmtop \\-\\-record\n"
    "writes an SQLite 3 database, which any SQL tool reads, and\n"
    ".BR pmtop (1)\n"
    "itself shows like a process:\n"
    ".B pmtop FILE.\n"
    "Its application_id is 0x706d7470, its user_version 1.\n"
    "Each sample is one transaction: a recording that was broken off lacks at most its last "
    "sample.\n"
    "Contents of memory are not in it.\n"
    ".PP\n"
    "Addresses and lengths are in bytes, counts of pages in pages, times in nanoseconds.\n"
    "Addresses above 2^63, which only [vsyscall] has, are negative, since SQL has no other "
    "numbers.\n"
    "Pages are told in runs of pages that are alike: a sample that is\n"
    ".I whole\n"
    "has all of them, each other one what changed since the sample before it.\n"
    "What is\n"
    ".I packed\n"
    "is a sequence of numbers (LEB128) under zstd.\n"
    "Of runs: how many, then how many pages each is from the one before, then how many pages each "
    "has.\n"
    ".SH EXAMPLES\n"
    "Which mappings grew, the most first; and how much was written, by second:\n"
    ".PP\n"
    ".EX\n"
    "sqlite3 FILE 'SELECT * FROM growth LIMIT 10'\n"
    "sqlite3 FILE 'SELECT sample, per_second FROM written'\n"
    ".EE\n"
    ".PP\n"
    "As a trace that https://ui.perfetto.dev opens: counters of the memory in RAM and in swap, by "
    "type of region and of the 20 largest regions, and of what was written; at the first and the "
    "last sample, and at each 60th, all regions, in the table process_memory_mappings. What is not "
    "known has no value; a counter keeps the one before.\n"
    ".PP\n"
    ".EX\n"
    "pmtop \\-\\-export perfetto FILE >FILE.pftrace\n"
    ".EE\n";

static void
docs_recording_row(const struct schema_row *r)
{
	switch (r->kind) {
	case SCHEMA_TABLE:
		printf(".SS %s\n", r->name);
		break;
	case SCHEMA_COLUMN:
		printf(".TP\n.B %s\n", r->name);
		break;
	case SCHEMA_VIEW:
		printf(".TP\n.B %s\n", r->name);
		break;
	}
	docs_roff(r->sentence);
	printf("\n");
}

void
docs_recording(void)
{
	size_t n;
	const struct schema_row *rows = schema_rows(&n);
	bool views = false;

	docs_title("PMTOP-RECORDING", 5, "File formats", "man-recording");
	printf("%s.SH TABLES\n", docs_recording_head);
	for (size_t i = 0; i < n; i++) {
		if (rows[i].kind == SCHEMA_VIEW && !views)
			printf(".SH VIEWS\n");
		views |= rows[i].kind == SCHEMA_VIEW;
		docs_recording_row(&rows[i]);
	}
	printf(".SH SEE ALSO\n.BR pmtop (1),\n.BR sqlite3 (1)\n");
}
