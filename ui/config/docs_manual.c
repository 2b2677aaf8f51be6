/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual, printed as man/pmtop.1. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/docs_parts.h"
#include "config/options.h"
#include "kernel/flags.h"
#include "kernel/smaps.h"
#include "kernel/tiers.h"
#include "page/state.h"
#include "table/columns.h"
#include "table/metrics.h"
#include "term/keys.h"
#include "term/mouse.h"
#include "track/track.h"

static void
docs_columns(enum column_set set)
{
	enum column_id ids[ROW_MOST];
	struct buf help = {0};
	size_t n;

	columns_all(set, false, ids, &n);
	if (set == SET_RUN)
		printf("Also those of \\-\\-pages that neighbours may have in common.\n");
	for (size_t i = 0; i < n; i++) {
		if (column_row(ids[i])->set != set)
			continue;
		help.len = 0;
		column_help(column_row(ids[i]), &help);
		docs_item(column_row(ids[i])->title, help.s);
	}
	buf_free(&help);
}

static void
docs_man_options(void)
{
	size_t n;
	const struct option_row *o = option_table(&n);

	printf(".SH OPTIONS\n");
	for (enum option_group g = OPTION_ANSWER; g < OPTION_HIDDEN; g++) {
		printf(".SS %s\n", option_group_name(g));
		for (size_t i = 0; i < n; i++) {
			char text[64];

			if (o[i].group != g)
				continue;
			option_text(&o[i], text, sizeof(text));
			docs_item(text + strspn(text, " "), o[i].help);
		}
	}
}

/* The main views of a target. Menus, questions and the process list have few keys of their own. */
static const char docs_main_views[] = "RVGPXMWCHL";

/*
 * Whether that view has the same keys for the same action, in this row or in one with another hint.
 */
static bool
docs_same_in(const struct key_row *k, char view)
{
	size_t n;
	const struct key_row *all = key_table(&n);

	for (size_t i = 0; i < n; i++)
		if (key_row_in(&all[i], view) && !strcmp(all[i].keys, k->keys) &&
		    !strcmp(all[i].words, k->words))
			return true;
	return false;
}

/* Listed once, instead of in the section of each view. */
static bool
docs_is_common_key(const struct key_row *k)
{
	size_t views = 0;

	for (const char *v = docs_main_views; *v; v++)
		views += docs_same_in(k, *v);
	return views > strlen(docs_main_views) / 2;
}

static bool
docs_is_first(const struct key_row *all, const struct key_row *k)
{
	for (; all < k; all++)
		if (!strcmp(all->keys, k->keys) && !strcmp(all->words, k->words))
			return false;
	return true;
}

static void
docs_common_key(const struct key_row *k)
{
	struct buf text = {0};
	const char *sep = " (not in ";

	buf_str(&text, k->words);
	for (const char *v = docs_main_views; *v; v++)
		if (!docs_same_in(k, *v)) {
			buf_fmt(&text, "%s%s", sep, key_view_name(*v));
			sep = ", ";
		}
	buf_str(&text, *sep == ',' ? ")" : "");
	docs_item(k->keys, text.s);
	buf_free(&text);
}

static void
docs_keys_of(char view)
{
	size_t n, own = 0;
	const struct key_row *k = key_table(&n);
	const char *title = key_view_title(view);

	printf(".SS \"%c%s (%s)\"\n", toupper((unsigned char)title[0]), title + 1,
	       key_view_name(view));
	for (enum key_group g = GROUP_MOVE; g < GROUP_COUNT; g++)
		for (size_t i = 0; i < n; i++)
			if (k[i].group == g && strchr(k[i].views, view) &&
			    !(strchr(docs_main_views, view) && docs_is_common_key(&k[i]))) {
				docs_item(k[i].keys, k[i].words);
				own++;
			}
	if (!own)
		printf("No keys of its own.\n");
}

static void
docs_man_keys(void)
{
	size_t n, gestures;
	const struct key_row *k = key_table(&n);
	const struct mouse_row *m = mouse_table(&gestures);

	printf(".SH KEYS\nThe keys that most views share come first, then a section per view. "
	       "The name in brackets is the view's in pmtoprc. \\fB?\\fR lists all keys of the "
	       "view on screen.\n.PP\nDuring a slow command (a question, a search, a page read "
	       "with \\fBR\\fR, smaps, a card, the counts of a range) every key still works, and "
	       "the status line shows the progress. Esc or ^C cancels the command, or closes "
	       "the prompt; if there is neither, ^C quits.\n"
	       ".SS \"Most views\"\n");
	for (enum key_group g = GROUP_MOVE; g < GROUP_COUNT; g++)
		for (size_t i = 0; i < n; i++)
			if (k[i].group == g && docs_is_common_key(&k[i]) && docs_is_first(k, &k[i]))
				docs_common_key(&k[i]);
	for (const char *v = key_views(); *v; v++)
		docs_keys_of(*v);
	printf(".SS Mouse\n");
	for (size_t i = 0; i < gestures; i++)
		docs_item(m[i].gesture, m[i].words);
}

static void
docs_man_tables(void)
{
	static const char *const sets[] = {"COLUMNS OF --list", "COLUMNS OF --pages",
	                                   "COLUMNS OF --pages --runs",
	                                   "COLUMNS OF --watch", "COLUMNS OF --watch --by",
	                                   "COLUMNS OF --grow", "COLUMNS OF --grow --by",
	                                   "COLUMNS OF --touched", "COLUMNS OF --who",
	                                   "COLUMNS OF --diff",
	                                   "COLUMNS OF --diff --pages"};
	printf(".SH STATES\nEach page is in one state; the grid shows its letter.\n");
	for (unsigned s = 0; s < STATE_COUNT; s++) {
		char term[48];

		snprintf(term, sizeof(term), "%c  %s", state_row((enum state)s)->letter,
		         state_row((enum state)s)->name);
		docs_item(term, state_row((enum state)s)->help);
	}
	for (int set = SET_REGION; set <= SET_DIFFER; set++) {
		printf(".SH \"");
		docs_roff(sets[set]);
		printf("\"\n");
		docs_columns((enum column_set)set);
	}
}

static void
docs_man_bits(enum flag_source source)
{
	size_t n;
	const struct flag *f = flag_table(&n);

	for (size_t i = 0; i < n; i++) {
		char term[64], text[160];

		if (f[i].source != source)
			continue;
		if (source == FLAG_KPF)
			snprintf(term, sizeof(term), "%c  %s", f[i].letter, f[i].name);
		else
			snprintf(term, sizeof(term), "%s", f[i].name);
		snprintf(text, sizeof(text), "bit %u, Linux %s: %s", f[i].bit, f[i].since,
		         f[i].words);
		docs_item(term, text);
	}
}

/* The letters of page-types that are not bits of kpageflags. */
static void
docs_man_own(void)
{
	size_t n;
	const struct flag *f = page_types_own(&n);

	for (size_t i = 0; i < n; i++) {
		char term[64];

		snprintf(term, sizeof(term), "%c  %s", f[i].letter, f[i].name);
		docs_item(term, f[i].words);
	}
}

static void
docs_man_flags(void)
{
	size_t n;
	const struct flag_range *r = flag_ranges(&n);
	const struct vmflag *v;

	printf(".SH PAGEMAP\nThe bits of a page's word in /proc/PID/pagemap.\n");
	docs_man_bits(FLAG_PM);
	for (size_t i = 0; i < n; i++) {
		char text[160];

		snprintf(text, sizeof(text), "bits %u-%u, Linux %s: %s", r[i].low, r[i].high,
		         r[i].since, r[i].words);
		docs_item(r[i].name, text);
	}
	printf(".SH FLAGS\nThe bits of kpageflags, each with its letter in page\\-types if it has "
	       "one. Bits unknown to this version of pmtop are shown as bitN.\n"
	       ".PP\nThe columns FLAGS and FLAGS\\-RAW match the output of \\fBpage\\-types\\fR "
	       "and \\fBpage\\-types \\-r\\fR (Linux 7.2) for a page in RAM: %d letters, with "
	       "\\fB_\\fR for each clear bit. FLAGS omits bits 32 and up, and compound_head and "
	       "compound_tail except for hugetlb. FLAGS\\-RAW shows all of them, with additional "
	       "letters for\n", PAGE_TYPES_COLUMNS);
	docs_man_own();
	printf(".PP\nThe bits are:\n");
	docs_man_bits(FLAG_KPF);
	printf(".SH VMFLAGS\nThe flags of a region, from smaps.\n");
	v = smaps_flags(&n);
	for (size_t i = 0; i < n; i++) {
		char text[192];

		snprintf(text, sizeof(text), "%s%s%s%s", *v[i].since ? "Linux " : "", v[i].since,
		         *v[i].since ? ": " : "", v[i].words);
		docs_item(v[i].code, text);
	}
}

/* What other manuals have. */
static void
docs_man_elsewhere(void)
{
	printf(".SH CONFIGURATION\n"
	       "\\fI$XDG_CONFIG_HOME/pmtop/pmtoprc\\fR sets colours, columns, keys and more for "
	       "the screen; answers without the screen do not depend on it:\n.BR pmtoprc (5).\n"
	       ".SH QUESTIONS\n"
	       "The prompt (key :) and \\fB\\-e\\fR answer questions about addresses, symbols, "
	       "ranges and page frames: \\fIheap+0x10\\fR, \\fIlibc.so.6!malloc\\fR, \\fIcount "
	       "anon by vma\\fR, \\fIwho heap\\fR. Those that name a place or a range are a RANGE. "
	       "\\fB\\-\\-filter\\fR selects rows by predicates: \\fIanon & written & "
	       "!thp\\fR. All questions and predicates:\n.BR pmtop\\-query (7).\n");
}

static void
docs_man_sums(void)
{
	printf(".SH SUMS\n"
	       "\\fB\\-\\-summary\\fR prints five tables. In the table of folios (blocks of "
	       "2^\\fBORDER\\fR pages that the kernel manages as one), \\fBFOLIOS\\fR counts each "
	       "folio once, no matter how many of its pages are mapped, or where. As in the "
	       "kernel's thpmaps, mapped pages fall into these classes:\n");
	docs_item("PMD", "mapped by a single entry (reported since Linux 6.7)");
	docs_item("ALIGNED",
	          "all pages of the folio, one entry each, in order, within one region, "
	          "at a multiple of the folio's size: a single entry could map them");
	docs_item("UNALIGNED", "the same at any other address");
	docs_item("PARTIAL",
	          "anything else: pages are missing or out of order, or a region boundary "
	          "splits them (after mprotect(2) of a part, say)");
	printf(".PP\nThe ends of a RANGE split folios as region boundaries do. "
	       "\\fBfolio_mapped\\fR of \\fB\\-e\\fR \\fIADDRESS\\fR counts the pages of the "
	       "folio that its region maps around that page.\n");
}

static void
docs_man_watch(void)
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
	       "Userfaultfd watches new regions within 2 s, unless that takes more than 512 extra "
	       "regions. Memory that is read-only at the clear (code, constants) is watched only "
	       "if \\fB\\-\\-scope\\fR names it, or once it becomes writable; until then, writes "
	       "by mprotect() or a debugger are not known. Soft-dirty marks every page that was "
	       "moved or merged with a new mapping, so those are not known either.\n"
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
docs_man_inlined(void)
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
docs_man_writes(void)
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
	       "is killed, the kernel ends the watch. If the helper process that holds the thread "
	       "is killed, an unused userfaultfd may stay behind in the process: pmtop reports it, "
	       "and \\fBc\\fR offers to close it once two samples a minute apart have found it "
	       "unused. The costs:\n");
	for (unsigned w = 0; w < TRACKERS; w++)
		docs_costs(tracker_words((enum tracker)w)->costs);
	docs_man_watch();
	docs_man_inlined();
}

static void
docs_man_causes(void)
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
docs_man_growth(void)
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
docs_man_touched(void)
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
docs_man_metrics(void)
{
	const struct metric_row *m;

	printf(".SH METRICS\n"
	       "\\fB\\-\\-metrics\\fR writes numbers of a process, or of all processes of a "
	       "name, in the text format of Prometheus: gauges, without timestamps. What is not "
	       "known has no line. To the standard output it writes once; "
	       "\\fB\\-\\-metrics\\fR=\\fIFILE\\fR replaces FILE as a whole, and with "
	       "\\fB\\-\\-interval\\fR again and again, until it is interrupted or the process "
	       "ends: for the textfile collector of node_exporter, whose files end in .prom. "
	       "With \\fB\\-\\-tracker\\fR it clears the write marks and counts what is written "
	       "in each interval (see WATCHING WRITES).\n"
	       ".PP\n.B pmtop \\-\\-metrics=/var/lib/node_exporter/postgres.prom "
	       "\\-\\-interval 15 postgres\n.PP\n");
	for (size_t i = 0; (m = metric_row(i)); i++) {
		char term[96];

		snprintf(term, sizeof(term), "%s{%s}", m->name, m->labels);
		docs_item(term, m->help);
	}
}

static void
docs_man_diff(void)
{
	printf(".SH DIFFERENCES\n"
	       "\\fB\\-\\-diff\\fR \\fIFROM\\fR compares two moments: of a recording "
	       "(\\fBpmtop \\-\\-diff\\fR \\fIFILE\\fR@start \\fIFILE\\fR@+90s; "
	       "@\\fITIME\\fR alone means the same file), of a recording and a process, or of two "
	       "processes, such as a parent and its child after a fork. It lists the regions that "
	       "differ, and with \\fB\\-\\-pages\\fR the runs of pages. Pages are compared by "
	       "address, and in a region that moved by their place in it:\n");
	for (enum page_diff k = 0; k < PAGE_DIFF_KINDS; k++)
		docs_item(page_diff_name(k), page_diff_help(k));
	printf(".PP\nStates are what the page table alone says. Frames are compared if they are "
	       "visible at both moments, and of the same boot of the same machine. A recording "
	       "looks frames up now and then: where it did not between the two moments, whether "
	       "a page is in the same frame is not known. Of a region:\n");
	for (enum region_diff k = 0; k < REGION_DIFF_KINDS; k++)
		docs_item(region_diff_name(k), region_diff_help(k));
	printf(".PP\nOn the screen, \\fBsnap\\fR \\fINAME\\fR at the prompt keeps a moment, "
	       "\\fBdiff\\fR \\fINAME\\fR compares with it from then on, and "
	       "\\fBdiff\\fR \\fIA B\\fR compares two that were kept. The lens growth shows "
	       "what differs. The list has columns for it (\\fIBECAME\\fR, \\fI+RSS\\fR, "
	       "\\fI+SWAP\\fR, \\fI+WRITTEN\\fR, \\fICHANGED\\fR, \\fIMOVED\\fR) in place of "
	       "those of what is, and strikes out the regions that are gone; n and N go to the "
	       "next and the previous difference, in the list and in the grid; Esc in the list "
	       "ends it. In a recording, \\fBdiff\\fR \\fITIME\\fR compares the sample on "
	       "screen with another, as it changes with [ and ]; \\fBdiff\\fR \\fIA B\\fR also "
	       "goes to B. A snapshot that is taken while the samples are recorded has a name in "
	       "the recording, too: of the sample that follows it at once. The name is a "
	       "time there, for \\fBdiff\\fR and \\fBat\\fR, \\fB\\-\\-at\\fR and "
	       "\\fIFILE\\fR@\\fINAME\\fR. Once the recording is thinned it means the sample that "
	       "is left next to it.\n");
}

static void
docs_man_tiers(void)
{
	size_t n;
	const struct tier *t = tiers_table(&n);
	char line[128];

	printf(".PP\nCapabilities of its file (setcap(8)) show pmtop others' processes without "
	       "root. Each of these includes those above it:\n");
	for (size_t i = 0; i < n; i++) {
		docs_item(t[i].name, t[i].gives);
		printf(".br\n");
		docs_roff(tiers_line(i + 1, line, sizeof(line)));
		printf("\n");
	}
	printf(".PP\nOlder kernels want CAP_SYS_PTRACE instead of CAP_PERFMON. pmtop is "
	       "installed with none of them: whoever may run it sees what it sees. They are in "
	       "force only while pmtop opens a file of /proc or asks the kernel about a process. "
	       "Its helper, which reads files of the target, and the command that it starts have "
	       "none, so symbols come from files that you may read yourself. pmtop then ignores "
	       "what its environment says of places and files (PMTOP_*, XDG_*, TERMINFO, INPUTRC, "
	       "TMPDIR) and takes the home directory from the user database.\n");
}

void
docs_manual(void)
{
	docs_title("PMTOP", 1, "User Commands", "man");
	printf(".SH NAME\npmtop \\- show the pages of one process\n"
	       ".SH SYNOPSIS\n"
	       ".B pmtop\n[\\fIOPTIONS\\fR] [\\fIPID\\fR | \\fINAME\\fR]\n.br\n"
	       ".B pmtop\n[\\fIOPTIONS\\fR] \\-\\- \\fICOMMAND\\fR [\\fIARG\\fR...]\n.br\n"
	       ".B pmtop \\-\\-demo\n.br\n"
	       ".B pmtop\n[\\fIOPTIONS\\fR] \\fB\\-\\-diff\\fR \\fIFROM TARGET\\fR\n"
	       ".SH DESCRIPTION\n"
	       "pmtop lists the regions (VMAs) of a process. Enter opens a region as a live grid "
	       "of its pages, coloured by what each page is, from /proc/PID/pagemap and "
	       "/proc/kpageflags. The key c clears the record of writes (see WATCHING WRITES); "
	       "pages written from then on light up. The key : asks about an address. Options "
	       "give scripts every answer that the screen gives.\n"
	       ".PP\nNothing changes the target unless a key or an option asks for it. What is "
	       "not known is left empty (null in JSON), never shown as 0.\n"
	       ".PP\nWithout a process, or with a name that several share, pmtop lists the "
	       "processes to choose from: type to filter them by command, user and PID; Enter "
	       "opens one.\n");
	docs_man_options();
	docs_man_keys();
	docs_man_elsewhere();
	docs_man_tables();
	docs_man_flags();
	docs_man_sums();
	docs_man_writes();
	docs_man_causes();
	docs_man_growth();
	docs_man_touched();
	docs_man_diff();
	docs_man_metrics();
	printf(".SH PRIVILEGES\n"
	       "Your own processes need none: states come from the page tables. Page frame "
	       "numbers, and with them flags, map counts and memory cgroups, need CAP_SYS_ADMIN "
	       "in the initial user namespace; without it they are shown as hidden. Other users' "
	       "processes need root, or capabilities of pmtop's file (see below). Page faults and "
	       "watchpoints of your own processes need kernel.perf_event_paranoid at 2 or lower, "
	       "or CAP_PERFMON (Debian sets 3, at which its kernels want CAP_SYS_ADMIN); above 1 "
	       "the kernel is excluded without it: what system calls write then has no writer. "
	       "\\fBpmtop \\-\\-capabilities PID\\fR lists what is available, "
	       "and what prevents the rest.\n");
	docs_man_tiers();
	printf(".SH \"EXIT STATUS\"\n0: success. 1: the target or the kernel refused; the message "
	       "says what, why and how to fix it. 2: usage error. A command started by pmtop does "
	       "not affect the status, and keeps running when pmtop ends: pmtop then prints on "
	       "standard error its PID, or how it ended, and the file with its output (in "
	       "\\fB$TMPDIR\\fR or /tmp). An empty output file is removed.\n"
	       ".SH FILES\n.TP\n.I $XDG_CONFIG_HOME/pmtop/pmtoprc\nsettings and keys of the "
	       "screen: see pmtoprc(5) (~/.config by default)\n.TP\n.I "
	       "$XDG_STATE_HOME/pmtop/history\nhistory of the prompt (~/.local/state by "
	       "default)\n"
	       ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nif set and not empty: no colours\n"
	       ".TP\n.B LC_ALL, LC_CTYPE, LANG\nthe character set: UTF-8, or ASCII only (as with "
	       "C); UTF-8 if none of them is set\n"
	       ".TP\n.B TERM\nlinux (the console, whose fonts lack the symbols) implies "
	       "\\-\\-ascii\n"
	       ".SH \"SEE ALSO\"\n.BR pmtop\\-query (7),\n.BR pmtoprc (5),\n"
	       ".BR pmtop\\-recording (5),\n.BR proc (5),\n.BR pmap (1),\n"
	       "the kernel's admin\\-guide/mm/pagemap.rst and soft\\-dirty.rst\n");
}
