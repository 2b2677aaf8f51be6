/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the manual says of what changes: writes, growth, the working set, two moments. */
#include <stdio.h>

#include "config/docs_parts.h"
#include "track/track.h"

static void
docs_watch(void)
{
	printf(".PP\n\\fBc\\fR clears once and only samples from then on: soft-dirty and "
	       "userfaultfd miss no write. \\fBC\\fR and \\fB\\-\\-watch\\fR clear repeatedly, "
	       "less often if that would cost the process more than its budget (a 20th of its "
	       "time; \\fB\\-\\-budget\\fR). \\fB\\-\\-watch\\fR=\\fISECONDS\\fR is kept to in any "
	       "case: COST says what that takes. "
	       "Userfaultfd reads and clears in one step, so nothing is lost. Soft-dirty is "
	       "sampled: what is written between a sample and the next clear is in no interval. "
	       "With continuous sampling of 100000 page writes it lost 39 to 61 %% on emulated "
	       "Linux 6.1 and 6.12. A store that a clear interrupts between its fault and its "
	       "retry faults again, and its page counts in both intervals: at most one page per "
	       "thread and clear.\n"
	       ".PP\nUserfaultfd may split a mapping into several regions, for example when "
	       "[heap] grows: the kernel does not merge new memory with watched memory, nor what "
	       "\\fB\\-\\-scope\\fR watches with the rest. They stay split after the watch. "
	       "Soft-dirty marks huge pages as a whole (2 MiB on x86); so does userfaultfd if the "
	       "write itself created the huge page. In shared memory beyond 256 MiB, "
	       "userfaultfd takes the first read of a page for a write. Both forget writes to a "
	       "file or shared memory page once the kernel reclaims it. Both see only writes "
	       "through the "
	       "process's own page tables: not other processes' writes to shared memory, nor "
	       "write(2) to a "
	       "file that it maps. Userfaultfd also misses what devices and io_uring write into "
	       "pinned pages.\n"
	       ".PP\nEvery sum states what is not known: \"+95M in 4 new regions, not watched\" "
	       "on the screen, \\fIUNKNOWN\\fR in \\fB\\-\\-watch\\fR, \\fIbytes_unknown\\fR in "
	       "\\fBmigrate\\fR, which does not claim to converge if that depends on it. In "
	       "private memory mapped since the clear, every page present was written; which part "
	       "of a large folio is not known. Also not known: new shared memory and hugetlb "
	       "pages, and memory that mremap() may have moved there: as much disappeared "
	       "elsewhere between the same two samples, and page frames (visible to root) do not "
	       "rule it "
	       "out. "
	       "Userfaultfd watches new regions within 2 s, unless the process has over 512 "
	       "regions more than when the watch began. Memory that is read-only at the clear "
	       "(code, constants) is watched only if \\fB\\-\\-scope\\fR names it, or once it "
	       "becomes writable; until then, writes by mprotect() or a debugger are not known. "
	       "Soft-dirty marks every page that was moved or merged with a new mapping, so those "
	       "are not known either.\n"
	       ".PP\nThe time between two consecutive clears is an epoch. The page card shows in "
	       "how many epochs the page was written, and in which of the last 32, oldest first: "
	       "the higher the bar, the more of the epochs in its column; a dot means no write. "
	       "\\fBpmtop \\-\\-watch \\-e\\fR \\fIADDRESS\\fR reports the same as "
	       "\\fIepochs\\fR, \\fIwritten_in\\fR and, one digit per epoch, "
	       "\\fIwritten_recent\\fR.\n"
	       ".PP\nClearing soft-dirty takes it away from anything else that relies on it: a "
	       "tracer, CRIU, a garbage collector such as libgc. If pmtop detects one, it asks "
	       "first; \\fB\\-\\-force\\fR answers for scripts. \\fB\\-\\-read\\-only\\fR refuses "
	       "all of it.\n");
}

static void
docs_inlined(void)
{
	printf(".PP\nCall chains also name the functions that the compiler inlined, as "
	       "\\fIFUNCTION (inlined)\\fR, if the program or library, or its debug file, has "
	       "DWARF. By function, a write counts for the function of the symbol table that "
	       "contains them, with DWARF or without.\n");
}

static void
docs_costs(const struct track_cost *c)
{
	for (; c && c->key; c++)
		docs_item(c->key, c->words);
}

static void
docs_writes(void)
{
	printf(".SH \"WATCHING WRITES\"\n"
	       "A tracker detects which pages a process writes. pmtop finds out which trackers "
	       "work by trying each on memory of its own, never from the kernel's version; "
	       "\\fBpmtop \\-e tracker PID\\fR lists them, and \\fB\\-\\-tracker\\fR selects one. "
	       "The default is the first of these that works:\n");
	for (unsigned w = 0; w < TRACKERS; w++)
		docs_item(tracker_words((enum tracker)w)->name,
		          tracker_words((enum tracker)w)->help);
	printf(".PP\nFor a process that pmtop did not start, userfaultfd needs one system call run "
	       "inside it, for which one of its threads is stopped. That takes your consent: on "
	       "the screen, which lists the costs for this process and offers to watch a single "
	       "region, or by \\fB\\-\\-allow\\-inject\\fR. \\fBpmtop \\-\\-\\fR "
	       "\\fICOMMAND\\fR needs no consent. Consent covers the program that is running, not "
	       "programs that it executes. pmtop refuses a process that is traced, confined by "
	       "seccomp beyond pmtop's rights, or uses userfaultfd itself, and says why. If pmtop "
	       "is killed, the kernel ends the watch; what stays is under \\fIafterwards\\fR. If "
	       "the helper process that holds the thread is killed, an unused userfaultfd may stay "
	       "behind in the process: pmtop reports it, "
	       "and \\fBc\\fR offers to close it once two samples a minute apart have found it "
	       "unused. The costs:\n");
	for (unsigned w = 0; w < TRACKERS; w++)
		docs_costs(tracker_words((enum tracker)w)->costs);
	docs_watch();
	docs_inlined();
}

static void
docs_causes(void)
{
	printf(".SH \"WHICH CODE WRITES\"\n"
	       "After a clear, the first write to each page is a page fault, and the kernel "
	       "reports its instruction, thread and call chain as a performance event. "
	       "\\fB\\-\\-watch \\-\\-by\\fR, \\fB\\-\\-folded\\fR, the key B, the page "
	       "card and the questions \\fBwriters\\fR and \\fBcount written by function\\fR "
	       "show it. Its limits:\n");
	docs_item("first",
	          "code that writes to the same page later in the same interval does not fault, "
	          "and is not seen");
	docs_item("MAYBE",
	          "candidates: other code faulted on the page, too, or not all faults were "
	          "watched, to stay within the budget. Code that only reads is no candidate, "
	          "where its instructions can be decoded (x86)");
	docs_item("no fault seen",
	          "written, but no fault was reported: by a device (O_DIRECT), by another "
	          "process, by a system call where the kernel is excluded (see PRIVILEGES), or "
	          "before faults were watched");
	docs_item("only reads seen",
	          "only code that reads faulted there: another process or the kernel wrote");
	docs_item("(system call)", "the kernel wrote for this system call, such as read(2)");
	docs_item("[caller not known]",
	          "the kernel follows frame pointers. The function that wrote is right without "
	          "them, but a caller may be missing here, often the one that called memcpy; "
	          "[callers not known]: all further callers");
}

static void
docs_growth(void)
{
	printf(".SH GROWTH\n"
	       "\\fB\\-\\-grow\\fR sets a baseline and then compares the page tables with it: "
	       "which pages are in RAM or in swap now and were not (\\fIGAINED\\fR), and "
	       "which were and no longer are (\\fILOST\\fR). It only reads: no tracker, no "
	       "consent. Pages are compared by address, so memory that is freed and taken "
	       "again at the same address has not grown, and a leak stands out from churn. "
	       "The zero page is no memory; shared memory in swap has no entry in the page "
	       "table and counts as lost. On the screen \\fBb\\fR sets the baseline, and the lens "
	       "\\fB0\\fR lights what was gained; in the grid it shows what was lost, too. "
	       "\\fIlens.growth=gained\\fR finds, counts and filters it.\n"
	       ".PP\n"
	       "\\fB\\-\\-by\\fR and \\fB\\-\\-folded\\fR also watch page faults, which takes "
	       "the same rights as to watch who writes: the newest fault of a page brought it "
	       "in. A fault counts for a whole huge page, and for the pages of a file mapped "
	       "read-only that the kernel maps around it, as far as no other code faulted "
	       "there; other large folios count only for the page that faulted. \\fIno fault "
	       "seen\\fR is what came without one: by MAP_POPULATE, mlock(2), or a system "
	       "call that reads into memory where the kernel is excluded. While writes are "
	       "tracked, a page also faults when it is written after a clear; if that was "
	       "other code than brought it in, both are candidates.\n"
	       ".PP\n"
	       "The code that touches memory first is not always the code that keeps it. An "
	       "allocator writes its own headers into new memory, so small blocks are often "
	       "attributed to it; \\fB\\-\\-by chain\\fR has its callers if the library was "
	       "built with frame pointers. And in a heap that several functions share, one "
	       "may take over the memory that another touched first: then \\fB\\-\\-by "
	       "thread\\fR and the regions say more.\n"
	       ".PP\n"
	       "On the screen the key b sets the baseline, and again a new one. While there is "
	       "one, the list has \\fIGROWN\\fR, and the header its age and what came and "
	       "went. \\fBbaseline off\\fR at the prompt ends it; an exec does, too. "
	       "B ranks what came in by the code that touched it first, and Enter lights the "
	       "pages of a row in the grid; Tab turns from there to what was written.\n");
}

static void
docs_touched(void)
{
	printf(".SH WORKING SET\n"
	       "\\fB\\-\\-touched\\fR tells what a process touches, reads as well as writes, by "
	       "region: it clears the referenced bits of all its pages (1 to clear_refs), waits, "
	       "and reads what smaps then has as referenced. On the screen \\fBT\\fR does so, and "
	       "asks first: the list then has \\fITOUCHED\\fR, and a line with the sum; smaps is "
	       "read again every second, or as often as costs a twentieth of the time. "
	       "\\fBpmtop \\-e touched\\fR says what it would cost a process.\n"
	       ".PP\n"
	       "It is a lower bound. The kernel does not flush the TLB, and the processor does not "
	       "mark a page again while the TLB has its translation: memory that is used all the "
	       "time may show late. Of files it can be too much: their pages also count if other "
	       "processes use them, or if the kernel maps them around one that faulted. A huge "
	       "page counts whole. Huge pages of the pool are not counted.\n"
	       ".PP\n"
	       "It disturbs reclaim, which goes by the same bits: until its pages are touched "
	       "again, they are taken for unused, and pages of files lose their referenced flag "
	       "for all processes that map them. If memory is short just then, pages in use may be "
	       "evicted. During the clear nothing can be mapped and no page fault is served: some "
	       "14 ms per GiB in RAM. What is written since the clear of the write marks stays as "
	       "it is.\n");
}

static void
docs_accesses(void)
{
	printf(".PP\n"
	       "By address it can be sampled, where the kernel has DAMON for address spaces "
	       "(CONFIG_DAMON_SYSFS and CONFIG_DAMON_VADDR) and pmtop is root. On the screen "
	       "\\fBD\\fR does so, and asks first; \\fBD\\fR again ends it, as does the end of "
	       "pmtop, even by SIGKILL, and that of the process. The lens accesses (\\fBA\\fR) "
	       "then colours each page by the share of looks that saw an access in the last tenth "
	       "of a second, the legend and the header say how long ago that was, and the list has "
	       "\\fIACCESSED\\fR. It is read every second while the lens or the column is on "
	       "screen. "
	       "\\fBpmtop \\-e 'accesses for 10s'\\fR answers the same without a screen, "
	       "\\fBaccesses for 10s by vma\\fR how much of each region, and "
	       "\\fBpmtop \\-e damon\\fR says what it costs.\n"
	       ".PP\n"
	       "It is an estimate: DAMON divides the address space into at most 1000 parts, by "
	       "what it sees, and looks at one page of each every 5 ms, so that a page may differ "
	       "from those around it. Memory that was mapped in the last second is not sampled "
	       "yet. It is a lower bound, too, for the reason above. Each look clears an accessed "
	       "bit and marks the frame as idle: the kernel keeps a note of the access in the "
	       "frame, which smaps and most of reclaim heed, and readers of page_idle find frames "
	       "marked that they did not mark. For the microseconds of a look the process cannot "
	       "map memory. "
	       "There is one DAMON for the whole machine: one that another program runs is "
	       "left alone, and then the lens says so.\n");
}

/* Those of the list that compare with another moment. */
static void
docs_diff_columns(void)
{
	const char *between = "";

	for (unsigned id = 0; id < COL_COUNT; id++) {
		const struct column *c = column_row((enum column_id)id);

		if (!(c->needs & NEED_DIFF))
			continue;
		printf("%s\\fI%s\\fR", between, c->title);
		between = ", ";
	}
}

/* How a time of a recording is typed and shown. */
static void
docs_times(void)
{
	printf(".PP\n\\fITIME\\fR is 12:30:05, with its date 2026\\-12\\-01T12:30:05 (or a blank "
	       "in place of the T); +90s, +10m, +2h or +1d from the beginning; start, end or the "
	       "name of a snapshot. It means the last sample that had begun by then. A time given "
	       "to the second means all of that second, and so the last sample in it; "
	       "12:30:05.441 is the sample of that millisecond. Without a date it is on the first "
	       "day on which the recording has it. Clock times are shown with their date if the "
	       "recording has samples of several days. In CSV and JSON they always have it, as "
	       "2026\\-12\\-01T12:30:05.441+01:00, which is a \\fITIME\\fR, too.\n"
	       ".PP\n\\fB\\-\\-when\\fR has a row for each stretch of samples in which it holds: "
	       "\\fIAT\\fR, when the first began, in seconds from the beginning; \\fIFROM\\fR and "
	       "\\fITO\\fR, the clock times of the first and the last; \\fISAMPLE\\fR, the id of "
	       "the first in the table \\fIsample\\fR of the file, where thinning leaves gaps (the "
	       "header of the screen counts the samples that are left); \\fISAMPLES\\fR, how many "
	       "there are.\n");
}

static void
docs_recordings(void)
{
	printf(".SH RECORDINGS\n"
	       "\\fB\\-\\-record\\fR \\fIFILE\\fR takes a sample each \\fB\\-\\-interval\\fR: "
	       "the regions, the state of every page, page frames as they are looked up in "
	       "turn, and with \\fB\\-\\-tracker\\fR what was written since the sample before, "
	       "and which code wrote it. It ends with ^C, after \\fB\\-\\-for\\fR, or with the "
	       "process. On the screen S, or \\fBrecord\\fR \\fIFILE\\fR at the prompt, begins "
	       "a recording: the header shows its size and age, and S ends it. Looking back at "
	       "earlier samples with [ does not stop it; a pause with p does: the header says "
	       "REC paused, and a message in the recording says for how long. With "
	       "\\fB\\-\\-max\\-size\\fR the older samples are thinned, where they lie closest "
	       "together; what was written in one that goes counts for the next, once, and who "
	       "wrote in either may have written it. The first and the last sample stay: where "
	       "that, and room for some more, takes more than the size, the file has so much, and "
	       "a message says how much. What was written before the first sample "
	       "belongs to no interval and is not counted. What is in the file, and how SQL asks "
	       "for it: \\fBpmtop\\-recording\\fR(5).\n"
	       ".PP\n\\fBpmtop\\fR \\fIFILE\\fR shows a recording like a process: list, grid, "
	       "lenses, pages, map and questions. What was not recorded is not known, and what "
	       "would change a process is refused. The timeline at the bottom shows RAM and "
	       "writes a second, by sample. [ and ] go one sample back and on, ( and ) ten; a "
	       "click on the timeline goes to the sample there. WR/S and the rate above the list "
	       "are of the interval that ends at the sample, as in the views of the file. "
	       "At the prompt, \\fBat\\fR \\fITIME\\fR goes "
	       "to another time, and \\fBwhen rss>1g\\fR to the next sample in which that "
	       "holds; . and , go to the next and the previous one. p plays the recording, "
	       "and P sets the speed. "
	       "\\fB\\-\\-at\\fR \\fITIME\\fR chooses the sample of an answer, or the one at "
	       "which the screen opens.\n");
	docs_times();
}

static void
docs_diff(void)
{
	printf(".SH DIFFERENCES\n"
	       "\\fB\\-\\-diff\\fR \\fIFROM\\fR compares two moments: of a recording "
	       "(\\fBpmtop \\-\\-diff\\fR \\fIFILE\\fR@start \\fIFILE\\fR@+90s; "
	       "@\\fITIME\\fR alone means the file of the other), of a recording and a process, "
	       "or of two processes, such as a parent and its child after a fork. It lists the "
	       "regions that differ, and with \\fB\\-\\-pages\\fR the runs of pages. Pages are "
	       "compared by address, and in a region that moved by their place in it:\n");
	for (enum page_diff k = 0; k < PAGE_DIFF_KINDS; k++)
		docs_item(page_diff_name(k), page_diff_help(k));
	printf(".PP\nStates are what the page table alone says. Frames are compared if they are "
	       "visible at both moments, and of the same boot of the same machine. A recording "
	       "looks frames up now and then: where it did not between the two moments, whether "
	       "a page is in the same frame is not known, unless they were the same before and "
	       "after both. Of a region:\n");
	for (enum region_diff k = 0; k < REGION_DIFF_KINDS; k++)
		docs_item(region_diff_name(k), region_diff_help(k));
	printf(".PP\nOn the screen, \\fBsnap\\fR \\fINAME\\fR at the prompt keeps a moment, "
	       "\\fBdiff\\fR \\fINAME\\fR compares with it from then on, and "
	       "\\fBdiff\\fR \\fIA B\\fR compares two that were kept. The lens growth shows "
	       "what differs. The list has columns for it (");
	docs_diff_columns();
	printf(") in place of its usual ones, and strikes out the regions that are gone; "
	       "n and N go to the next and the previous difference, in the list and in the "
	       "grid; Esc in the list "
	       "ends it. In a recording, \\fBdiff\\fR \\fITIME\\fR compares the sample on "
	       "screen with the one of that time, also after [ and ] went to another sample; "
	       "\\fBdiff\\fR \\fIA B\\fR goes to B first. A snapshot that is taken while the "
	       "screen is recorded has its name in the recording, too, where it stands for the "
	       "next sample: \\fBdiff\\fR, \\fBat\\fR, \\fB\\-\\-at\\fR and "
	       "\\fIFILE\\fR@\\fINAME\\fR take it as a time. If that sample was thinned out, the "
	       "name stands for the one that took its place.\n");
}

void
docs_changes(void)
{
	docs_writes();
	docs_causes();
	docs_growth();
	docs_touched();
	docs_accesses();
	docs_recordings();
	docs_diff();
}
