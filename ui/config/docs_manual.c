/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual, printed as man/pmtop.1. */
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

static void
docs_columns(enum column_set set)
{
	enum column_id ids[ROW_MOST];
	struct buf help = {0};
	size_t n;

	columns_all(set, false, ids, &n);
	if (set == SET_RUN)
		printf("Also those of \\-\\-pages that neighbours may have in common.\n");
	if (set == SET_LIST)
		printf("Also those of \\-\\-list. On the screen o chooses columns.\n");
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

static void
docs_man_tables(void)
{
	static const char *const sets[] = {"COLUMNS OF --list", "COLUMNS OF --pages",
	                                   "COLUMNS OF --pages --runs",
	                                   "COLUMNS OF --watch", "COLUMNS OF --watch --by",
	                                   "COLUMNS OF --grow", "COLUMNS OF --grow --by",
	                                   "COLUMNS OF --touched", "COLUMNS OF --who",
	                                   "COLUMNS OF --diff",
	                                   "COLUMNS OF --diff --pages",
	                                   "COLUMNS OF --heat",
	                                   "COLUMNS OF THE LIST ON THE SCREEN"};
	printf(".SH STATES\nEach page is in one state; the grid shows its letter.\n");
	for (unsigned s = 0; s < STATE_COUNT; s++) {
		char term[48];

		snprintf(term, sizeof(term), "%c  %s", state_row((enum state)s)->letter,
		         state_row((enum state)s)->name);
		docs_item(term, state_row((enum state)s)->help);
	}
	for (int set = SET_REGION; set <= SET_LIST; set++) {
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
	       ".B pmtop\n[\\fIOPTIONS\\fR] [\\fIPID\\fR | \\fINAME\\fR | \\fIFILE\\fR]\n.br\n"
	       ".B pmtop\n[\\fIOPTIONS\\fR] \\-\\- \\fICOMMAND\\fR [\\fIARG\\fR...]\n.br\n"
	       ".B pmtop \\-\\-demo\n.br\n"
	       ".B pmtop\n[\\fIOPTIONS\\fR] \\fB\\-\\-diff\\fR \\fIFROM TARGET\\fR\n"
	       ".SH DESCRIPTION\n"
	       "pmtop lists the regions (VMAs) of a process. Enter opens a region as a live grid "
	       "of its pages, coloured by what each page is, from /proc/PID/pagemap and "
	       "/proc/kpageflags. The key c clears the record of writes (see WATCHING WRITES); "
	       "pages written from then on light up. The key : asks about an address. Options "
	       "give scripts every answer that the screen gives. With a FILE that "
	       "\\fB\\-\\-record\\fR made, all this is shown as it was then; if a process has "
	       "the name of the file, write ./FILE.\n"
	       ".PP\nNothing changes the target unless a key or an option asks for it. What is "
	       "not known is left empty (null in JSON), never shown as 0.\n"
	       ".PP\nWithout a process, or with a name that several share, pmtop lists the "
	       "processes to choose from: type to filter them by name, user, PID or command line "
	       "(names come first, and scattered letters count only if no process has what was "
	       "typed as it is); Enter opens one.\n");
	docs_man_options();
	docs_keys();
	docs_man_elsewhere();
	docs_man_tables();
	docs_man_flags();
	docs_man_sums();
	docs_changes();
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
	       ".TP\n.B TERMINFO\nwhere the description of the terminal is looked for first\n"
	       ".TP\n.B XDG_CONFIG_HOME, XDG_STATE_HOME\nwhere the files above are, if absolute; "
	       "otherwise \\fI~/.config\\fR and \\fI~/.local/state\\fR\n"
	       ".TP\n.B TMPDIR\nwhere the output of a command that pmtop starts goes, and a copy "
	       "of a recording whose recorder was killed, if absolute; otherwise "
	       "\\fI/tmp\\fR\n"
	       ".TP\n.B INPUTRC\nignored, as ~/.inputrc is: the prompt has its own keys\n"
	       ".SH \"SEE ALSO\"\n.BR pmtop\\-query (7),\n.BR pmtoprc (5),\n"
	       ".BR pmtop\\-recording (5),\n.BR proc (5),\n.BR pmap (1),\n"
	       "the kernel's admin\\-guide/mm/pagemap.rst and soft\\-dirty.rst\n");
}
