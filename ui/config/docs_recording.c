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
    "Each sample is one transaction: if the recorder is killed, at most its last sample is "
    "lost.\n"
    "With\n"
    ".B \\-\\-overwrite\n"
    "the new recording is FILE.pmtop-new until it has a sample, and then takes the place of FILE.\n"
    "It can be read while it is being made. A question in SQL that takes longer than the interval "
    "keeps the recorder from taking samples; a message then says how many are missing.\n"
    "While a sample is written the file is locked for a moment: sqlite3 says \"database is "
    "locked\" unless it waits, as .timeout makes it do in the examples.\n"
    "Contents of memory are in it only with\n"
    ".BR \\-\\-with\\-bytes ,\n"
    "and then they are complete: \\-\\-anonymous\\-names removes no names from them.\n"
    "Reading the contents of a page marks it as used, as an access of the process would.\n"
    ".PP\n"
    "Addresses and lengths are in bytes, counts of pages in pages, times in nanoseconds.\n"
    "Addresses above 2^63, which only [vsyscall] has, are negative, since SQL has no other "
    "numbers.\n"
    "Bytes of a name that are not UTF-8 are \\eooo, in octal.\n"
    "Pages are kept as runs of pages that are alike. A sample that is\n"
    ".I whole\n"
    "has all runs, every other sample those that changed since the one before.\n"
    "smaps is read as often as takes no more than a five-hundredth of the time, or for one sample "
    "in 60 if that takes no more than a hundredth; always for the first, and for the last unless "
    "the process has ended by then. Where it was not read, PSS, USS, SHARED, REFERENCED and LOCKED "
    "are not known at replay, and the details of a region say from when its flags are.\n"
    "Which unmapped pages of files are in the page cache (the state cached) is read for whole "
    "samples; at others it is as of the last whole one.\n"
    "What is\n"
    ".I packed\n"
    "is a sequence of numbers (LEB128), compressed by zstd.\n"
    "Packed runs are: their number; then, for each, the pages between it and the end of the one "
    "before (for the first: before it); then the length of each in pages.\n"
    ".PP\n"
    "Who wrote is known from page faults, which are watched with\n"
    ".B \\-\\-tracker\n"
    "(without \\-\\-no\\-attribution), if the kernel allows that.\n"
    "With\n"
    ".B \\-\\-grow\n"
    "they also show who brings memory in, even without a tracker.\n"
    "Each sample has the pages that faulted since the one before, by their candidates: the call "
    "chains and threads of all faults on a page.\n"
    "If all are of one function, it wrote the page first; later writers do not fault.\n"
    "Names are as they were when the recording was made.\n";

static const char docs_recording_trace[] =
    ".PP\n"
    "A trace that https://ui.perfetto.dev opens has counters: memory in RAM and in swap, by type "
    "of region and of the 20 largest regions, and what was written. All regions are in the table "
    "process_memory_mappings, at the first, the last and every 60th sample. Counters have no "
    "gaps: where it is not known what was written, a track beside it says so.\n"
    ".PP\n"
    ".EX\n"
    "pmtop \\-\\-export perfetto FILE >FILE.pftrace\n"
    ".EE\n";

static const char docs_recording_views[] =
    ".SH VIEWS\n"
    "Columns that a table has, too, mean the same here. Of the others,\n"
    ".IR grown ,\n"
    ".IR pages ,\n"
    ".I maybe\n"
    "are counts of pages,\n"
    ".I per_second\n"
    "is pages a second since the sample before, and NULL for the first of a session.\n"
    ".I address\n"
    "is text: the first address in hexadecimal, as /proc/PID/maps has it; the column\n"
    ".I start\n"
    "of the tables is the same as a number.\n";

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
	case SCHEMA_QUERY:
		printf(".PP\n");
		break;
	}
	docs_roff(r->sentence);
	printf("\n");
}

/* What it answers, and how it is asked. */
static void
docs_recording_query(const struct schema_row *r)
{
	docs_recording_row(r);
	printf(".PP\n.EX\nsqlite3 \\-cmd \".timeout 1000\" FILE '");
	docs_roff(r->type);
	printf("'\n.EE\n");
}

void
docs_recording(void)
{
	size_t n;
	const struct schema_row *rows = schema_rows(&n);
	bool views = false;

	docs_title("PMTOP-RECORDING", 5, "File formats", "man-recording");
	printf("%s.SH EXAMPLES\n", docs_recording_head);
	for (size_t i = 0; i < n; i++)
		if (rows[i].kind == SCHEMA_QUERY)
			docs_recording_query(&rows[i]);
	printf("%s.SH TABLES\n", docs_recording_trace);
	for (size_t i = 0; i < n && rows[i].kind != SCHEMA_QUERY; i++) {
		if (rows[i].kind == SCHEMA_VIEW && !views)
			printf("%s", docs_recording_views);
		views |= rows[i].kind == SCHEMA_VIEW;
		docs_recording_row(&rows[i]);
	}
	printf(".SH SEE ALSO\n.BR pmtop (1),\n.BR sqlite3 (1)\n");
}
