/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "config/docs.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "config/options.h"
#include "config/rc.h"
#include "config/settings.h"
#include "filter/filter.h"
#include "kernel/flags.h"
#include "kernel/smaps.h"
#include "model/here.h"
#include "page/state.h"
#include "query/query.h"
#include "table/columns.h"
#include "term/keys.h"
#include "term/mouse.h"
#include "term/paint.h"
#include "track/track.h"

/* --- --help ----------------------------------------------------------------------------------- */

static void
docs_option_text(const struct option_row *o, char *out, size_t size)
{
	char head[8] = "    ";

	if (o->letter)
		snprintf(head, sizeof(head), "-%c, ", o->letter);
	if (o->arg[0] == '[')
		snprintf(out, size, "%s--%s[=%.*s]", head, o->name, (int)strlen(o->arg) - 2,
		         o->arg + 1);
	else
		snprintf(out, size, "%s--%s%s%s", head, o->name, o->arg[0] ? " " : "", o->arg);
}

/* The text from column `indent` on, over as many lines of 80 as it takes. */
static void
docs_print_wrapped(const char *text, int indent)
{
	int x = indent;

	for (const char *s = text; *s;) {
		int n = (int)strcspn(s, " ");

		if (x > indent && x + 1 + n > 80) {
			printf("\n%*s", indent, "");
			x = indent;
		}
		x += printf("%s%.*s", x > indent ? " " : "", n, s);
		s += n + (s[n] == ' ');
	}
	printf("\n");
}

void
docs_help(void)
{
	size_t n;
	const struct option_row *o = option_table(&n);

	printf("Usage:\n"
	       " pmtop [OPTIONS] PID | NAME         browse the pages of a process\n"
	       " pmtop [OPTIONS]                    choose a process\n"
	       " pmtop [OPTIONS] -- COMMAND [ARG]   start COMMAND and browse it\n"
	       " pmtop --demo                       browse the built-in demo target\n");
	for (enum option_group g = OPTION_ANSWER; g < OPTION_HIDDEN; g++) {
		printf("\n%s:\n", option_group_name(g));
		for (size_t i = 0; i < n; i++) {
			char text[64];

			if (o[i].group != g)
				continue;
			docs_option_text(&o[i], text, sizeof(text));
			printf(" %-24s ", text);
			docs_print_wrapped(o[i].help, 26);
		}
	}
	printf("\nOn the screen ? shows the keys. The manual: man pmtop.\n"
	       "Exit status: 0 answered, 1 the target or the kernel would not, 2 the command\n"
	       "line is wrong.\n");
}

/* --- the manual ------------------------------------------------------------------------------- */

/* roff reads - \ . and ' at a line's start as its own. */
static void
docs_roff(const char *s)
{
	if (*s == '.' || *s == '\'')
		printf("\\&");
	for (; *s; s++)
		if (*s == '\\')
			printf("\\e");
		else if (*s == '-')
			printf("\\-");
		else
			putchar(*s);
}

static void
docs_item(const char *term, const char *text)
{
	printf(".TP\n.B ");
	docs_roff(term);
	printf("\n");
	docs_roff(text);
	printf("\n");
}

static void
docs_columns(enum column_set set)
{
	enum column_id ids[COL_COUNT];
	struct buf help = {0};
	size_t n;

	columns_all(set, false, ids, &n);
	for (size_t i = 0; i < n; i++) {
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
			docs_option_text(&o[i], text, sizeof(text));
			docs_item(text + strspn(text, " "), o[i].help);
		}
	}
}

/* What is chosen from has keys of its own, because letters are typed there. */
static bool
docs_is_picker_key(const struct key_row *k)
{
	return !strcmp(k->views, "S");
}

static void
docs_man_keys(void)
{
	size_t n, gestures;
	const struct key_row *k = key_table(&n);
	const struct mouse_row *m = mouse_table(&gestures);

	printf(".SH KEYS\n");
	for (enum key_group g = GROUP_MOVE; g < GROUP_COUNT; g++) {
		printf(".SS %s\n", key_group_name(g));
		for (size_t i = 0; i < n; i++)
			if (k[i].group == g && !docs_is_picker_key(&k[i]))
				docs_item(k[i].keys, k[i].words);
	}
	printf(".SS Choosing a process\n");
	for (size_t i = 0; i < n; i++)
		if (docs_is_picker_key(&k[i]))
			docs_item(k[i].keys, k[i].words);
	printf(".SS The mouse\n");
	for (size_t i = 0; i < gestures; i++)
		docs_item(m[i].gesture, m[i].words);
}

static void
docs_man_tables(void)
{
	static const char *const sets[] = {"COLUMNS OF --list", "COLUMNS OF --pages",
	                                   "COLUMNS OF --watch"};
	size_t n;
	const struct query_form *q = query_forms(&n);
	const struct here_form *here;

	printf(".SH QUESTIONS\nFor the prompt (key :), for\n.B \\-e\nand, where they name a "
	       "place or a range, for RANGE.\n");
	for (size_t i = 0; i < n; i++)
		docs_item(q[i].form, q[i].help);
	here = here_forms(&n);
	printf(".SS \"In the prompt alone\"\n");
	for (size_t i = 0; i < n; i++)
		docs_item(here[i].form, here[i].help);
	printf(".SH STATES\nEach page is in one state; its letter stands in the grid.\n");
	for (unsigned s = 0; s < STATE_COUNT; s++) {
		char term[48];

		snprintf(term, sizeof(term), "%c  %s", state_row((enum state)s)->letter,
		         state_row((enum state)s)->name);
		docs_item(term, state_row((enum state)s)->help);
	}
	for (int set = SET_REGION; set <= SET_WATCH; set++) {
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

/* What page-types tells in columns of its own. */
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

	printf(".SH PAGEMAP\nThe word that the page table has for each page.\n");
	docs_man_bits(FLAG_PM);
	for (size_t i = 0; i < n; i++) {
		char text[160];

		snprintf(text, sizeof(text), "bits %u-%u, Linux %s: %s", r[i].low, r[i].high,
		         r[i].since, r[i].words);
		docs_item(r[i].name, text);
	}
	printf(".SH FLAGS\nBits of kpageflags, with the letter that page\\-types gives them if "
	       "it knows them. Bits that this pmtop does not know are shown as bitN.\n"
	       ".PP\nThe columns FLAGS and FLAGS\\-RAW are what \\fBpage\\-types\\fR and "
	       "\\fBpage\\-types \\-r\\fR of Linux 7.2 write for a page in RAM: %d letters, a "
	       "\\fB_\\fR for each clear bit. FLAGS leaves out bits 32 and up, and compound_head "
	       "and compound_tail except for hugetlb. FLAGS\\-RAW has them all, and columns of "
	       "its own for\n", PAGE_TYPES_COLUMNS);
	docs_man_own();
	printf(".PP\nThe bits are\n");
	docs_man_bits(FLAG_KPF);
	printf(".SH VMFLAGS\nFlags of a region, from smaps.\n");
	v = smaps_flags(&n);
	for (size_t i = 0; i < n; i++)
		docs_item(v[i].code, v[i].words);
}

static void
docs_man_filter_rows(enum filter_scope scope, bool fields)
{
	size_t n;
	const struct filter_row *rows = filter_table(&n);

	for (size_t i = 0; i < n; i++) {
		struct buf names = {0};

		if (!(rows[i].scope & scope) || (rows[i].kind != FILTER_WORD) != fields)
			continue;
		for (const char *s = rows[i].names; *s; s++)
			buf_add(&names, *s == ' ' ? ", " : s, *s == ' ' ? 2 : 1);
		docs_item(names.s, rows[i].help);
		buf_free(&names);
	}
}

static void
docs_man_filter(void)
{
	printf(".SH FILTER\n"
	       "Which rows of \\-\\-pages or \\-\\-list are shown: those for which the "
	       "expression is true. It is made of words, which are true or false of a page or a "
	       "region, and of fields, compared with a value by = != < <= > >= or ~. \\fB!\\fR "
	       "(not) binds before \\fB&\\fR (and), that before \\fB|\\fR (or); brackets "
	       "group.\n.PP\n"
	       "Counts are decimal, or hex after 0x; addresses, frames and offsets in files are "
	       "hex; sizes take k m g t and p (pages). A name with blanks stands in "
	       "quotes.\n.PP\n"
	       "Words are facts, not states: a page may be anon, mlocked and dirty at once. What "
	       "a page does not have (the frame of one that is not in RAM) compares false. Of "
	       "what is not known (hidden without CAP_SYS_ADMIN, or changed meanwhile) neither a "
	       "word nor its contrary is true: such rows are left out, and their number is said "
	       "on standard error.\n"
	       ".PP\n.B pmtop \\-\\-pages \\-\\-filter 'anon & written & !thp' PID\n.br\n"
	       ".B pmtop \\-\\-list \\-\\-filter 'perm~rwx | size>=2m & name~libc' PID\n"
	       ".SS Words of \\-\\-pages\nBesides these, each name under FLAGS and each under "
	       "STATES.\n");
	docs_man_filter_rows(FILTER_PAGE, false);
	printf(".SS Fields of \\-\\-pages\n");
	docs_man_filter_rows(FILTER_PAGE, true);
	printf(".SS Words of \\-\\-list\nBesides these, each type of region:");
	for (unsigned t = 0; t < VMA_TYPES; t++)
		printf("%s %s", t ? "," : "", vma_type_name((enum vma_type)t));
	printf(".\n");
	docs_man_filter_rows(FILTER_REGION, false);
	printf(".SS Fields of \\-\\-list\n");
	docs_man_filter_rows(FILTER_REGION, true);
}

static void
docs_man_config(void)
{
	size_t n;
	const struct setting *s = setting_table(&n);

	printf(".SH CONFIGURATION\n"
	       "What the screen is like can be said in \\fI$XDG_CONFIG_HOME/pmtop/pmtoprc\\fR "
	       "(\\fI~/.config/pmtop/pmtoprc\\fR by default): lines of \\fINAME = VALUE\\fR. A "
	       "line that begins with # is a comment, and so is what follows a ; behind a value. "
	       "The command line counts for more; answers without a screen do not depend on the "
	       "file, and pmtop never writes it. What is wrong in it is shown on the screen with "
	       "its line, and the rest holds; \\fB!\\fR shows all messages.\n.PP\n"
	       "\\fBpmtop \\-\\-print\\-config\\fR prints one to start with: all settings and "
	       "keys, as comments.\n");
	for (size_t i = 0; i < n; i++) {
		struct buf term = {0}, text = {0};

		buf_fmt(&term, "%s = %s", s[i].name, s[i].values);
		buf_fmt(&text, "%s%s%s%s", s[i].help, s[i].usual[0] ? " (" : "", s[i].usual,
		        s[i].usual[0] ? ")" : "");
		docs_item(term.s, text.s);
		buf_free(&term);
		buf_free(&text);
	}
	printf(
	    ".PP\nAfter a line \\fB[keys]\\fR stand keys by the name of what they do, in the "
	    "place of the usual ones: \\fBclear = c ^K\\fR, or \\fBauto-clear = none\\fR. After a "
	    "line \\fB[keys VIEW]\\fR they hold in this view alone, which is one of");
	for (const char *v = key_views(); *v; v++)
		printf("%s %s", v == key_views() ? "" : ",", key_view_name(*v));
	printf(". A key that would mean two things in one view is refused.\n");
}

static void
docs_man_sums(void)
{
	printf(".SH SUMS\n"
	       "\\fB\\-\\-summary\\fR prints five tables. In the table of folios "
	       "(2^\\fBORDER\\fR pages that the kernel manages as one) \\fBFOLIOS\\fR counts "
	       "each folio once, however many of its pages are mapped, and wherever. As in the "
	       "kernel's thpmaps, its mapped pages are one of\n");
	docs_item("PMD", "mapped by a single entry (known since Linux 6.7)");
	docs_item("ALIGNED",
	          "all of the folio's pages, an entry each, in order, within one region, "
	          "at a multiple of the folio's size: one entry could map them");
	docs_item("UNALIGNED", "the same at any other address");
	docs_item("PARTIAL",
	          "anything else: pages are missing or out of order, or a region's border "
	          "runs through them (after mprotect(2) of a part, say)");
	printf(".PP\nA range cuts folios at its ends, as a region's border does. "
	       "\\fBfolio_mapped\\fR of \\fB\\-e\\fR \\fIADDRESS\\fR is how much of the page's "
	       "folio its region maps around it.\n");
}

static void
docs_man_watch(void)
{
	printf(".PP\n\\fBc\\fR clears once and then only looks: soft-dirty and userfaultfd miss "
	       "no write. \\fBC\\fR and \\fB\\-\\-watch\\fR clear again and again, less often "
	       "than asked where that would cost the process more than a 20th of its time. "
	       "Userfaultfd reads and clears in one step, so nothing is lost. Soft-dirty is "
	       "sampled: what is written between a look and the next clear is in no interval. Of "
	       "100000 page writes under looks without pause it lost 39 to 61 %% on emulated "
	       "Linux 6.1 and 6.12. A store that a clear interrupts between its fault and its "
	       "retry faults again, and its page is in both intervals: at most one for each "
	       "thread and clear.\n"
	       ".PP\nUserfaultfd may split one mapping into several regions, as when [heap] "
	       "grows: the kernel does not merge new memory with watched memory, nor what "
	       "\\fB\\-\\-scope\\fR watches with the rest. They stay split after the watch. "
	       "Soft-dirty marks huge pages by 2 MiB; so does userfaultfd where the write itself "
	       "created the huge page. In shared memory beyond 256 MiB userfaultfd takes the "
	       "first read of a page for a write. Both lose the mark of a page of a file or of "
	       "shared memory that the kernel reclaims. Both see only writes through the "
	       "process's own page tables: not those of others to memory they share with it, nor "
	       "write(2) to a file that it maps; userfaultfd does not see devices and io_uring "
	       "write into pinned pages either.\n"
	       ".PP\nEvery sum says what is not known: \"+95M in 4 new regions, not watched\" on "
	       "the screen, \\fIUNKNOWN\\fR in \\fB\\-\\-watch\\fR, \\fIbytes_unknown\\fR in "
	       "\\fBmigrate\\fR, which does not claim to converge if that depends on it. In "
	       "private memory mapped since the clear every page present was written; of a large "
	       "folio it is not known which part. Not known are also new shared memory and "
	       "hugetlb pages, and memory that mremap() may have moved there: as much went "
	       "elsewhere between two looks, and page frames, which root sees, do not rule it "
	       "out. Userfaultfd watches new regions within 2 s, unless that takes more than 512 "
	       "extra regions. What is read-only at the clear (code, constants) it watches only "
	       "where \\fB\\-\\-scope\\fR names it, or once it is writable; until then its "
	       "writes, by mprotect() or a debugger, are not known. Soft-dirty marks every page "
	       "that was moved or merged with a new mapping: those are not known either.\n"
	       ".PP\nWhat lies between two clears that follow each other is an epoch. The "
	       "card of a page tells in how many it was written, and in which of the last 32, "
	       "oldest first: the higher, the more of those that share a column; a dot is one "
	       "without a write. \\fBpmtop \\-\\-watch \\-e\\fR \\fIADDRESS\\fR has the same as "
	       "\\fIepochs\\fR, \\fIwritten_in\\fR and, a digit each, "
	       "\\fIwritten_recent\\fR.\n"
	       ".PP\nClearing soft-dirty takes it away from whatever else relies on it: a tracer, "
	       "CRIU, a garbage collector such as libgc. Where one is seen pmtop asks first; "
	       "\\fB\\-\\-force\\fR answers for scripts. \\fB\\-\\-read\\-only\\fR refuses all "
	       "of it.\n");
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
	       "There are several ways to tell which pages a process writes. Which of them work "
	       "here is found by trying each on memory of pmtop's own, never from the kernel's "
	       "version; \\fBpmtop \\-e tracker PID\\fR tells, and \\fB\\-\\-tracker\\fR "
	       "chooses. By default it is the first that works of\n");
	for (unsigned w = 0; w < TRACKERS; w++)
		docs_item(tracker_words((enum tracker)w)->name,
		          tracker_words((enum tracker)w)->help);
	printf(".PP\nUserfaultfd of a process that is not pmtop's takes one system call run "
	       "inside it: one of its threads is stopped for it. That takes your consent: on the "
	       "screen, which names the costs for this process and offers to watch one region "
	       "only, or by \\fB\\-\\-allow\\-inject\\fR; what is started by \\fBpmtop "
	       "\\-\\-\\fR is not asked about. It holds for the program that runs then, not for "
	       "what it executes. A process that is traced, confined by seccomp beyond pmtop's "
	       "rights, or uses userfaultfd itself is left alone, and pmtop says why. If pmtop "
	       "is killed the kernel lets it go. If the helper process that holds the thread is "
	       "killed, an unused userfaultfd may stay behind in the process: pmtop says so, and "
	       "when two looks a minute apart find it unused \\fBc\\fR offers to close it. What "
	       "it costs:\n");
	for (unsigned w = 0; w < TRACKERS; w++)
		docs_costs(tracker_words((enum tracker)w)->costs);
	docs_man_watch();
}

static void
docs_man(void)
{
	printf(".\\\" Made by `pmtop --print man` from its tables.\n"
	       ".TH PMTOP 1 \"\" \"pmtop %s\" \"User Commands\"\n"
	       ".SH NAME\npmtop \\- look at the pages of one process\n"
	       ".SH SYNOPSIS\n"
	       ".B pmtop\n[\\fIOPTIONS\\fR] [\\fIPID\\fR | \\fINAME\\fR]\n.br\n"
	       ".B pmtop\n[\\fIOPTIONS\\fR] \\-\\- \\fICOMMAND\\fR [\\fIARG\\fR...]\n.br\n"
	       ".B pmtop \\-\\-demo\n"
	       ".SH DESCRIPTION\n"
	       "pmtop lists the regions (VMAs) of a process. Enter opens a region as a grid of "
	       "its pages, coloured by what each page is, from /proc/PID/pagemap and "
	       "/proc/kpageflags; the grid is refreshed while you look. The key c clears the "
	       "marks of writes (soft\\-dirty, or see WATCHING WRITES), and pages that are "
	       "written afterwards light up. The key : asks about an address. Everything the "
	       "screen answers, the options answer for scripts.\n"
	       ".PP\nNothing changes the target unless a key or an option asks for it. What is "
	       "not known is left empty (null in JSON), never shown as 0.\n"
	       ".PP\nWithout a process, or with a name that several have, pmtop lists the "
	       "processes to choose from: typing filters them by command, user and PID, Enter "
	       "opens one.\n",
	       PACKAGE_VERSION);
	docs_man_options();
	docs_man_keys();
	docs_man_config();
	docs_man_tables();
	docs_man_flags();
	docs_man_filter();
	docs_man_sums();
	docs_man_writes();
	printf(".SH PRIVILEGES\n"
	       "Your own processes need none: states come from the page tables. Page frame "
	       "numbers, and with them flags, map counts and memory cgroups, need CAP_SYS_ADMIN "
	       "in the initial user namespace; without it they are shown as hidden. Other users' "
	       "processes need root. \\fBpmtop \\-\\-capabilities PID\\fR tells what is "
	       "available and why not.\n"
	       ".SH \"EXIT STATUS\"\n0 answered; 1 the target or the kernel would not: the "
	       "message says what, why and how; 2 the command line is wrong. A command that "
	       "pmtop started does not change it, and goes on when pmtop ends: pmtop then says "
	       "on standard error its PID, or how it ended, and in which file its output is (in "
	       "\\fB$TMPDIR\\fR, or /tmp). An empty file is removed.\n"
	       ".SH FILES\n.TP\n.I $XDG_CONFIG_HOME/pmtop/pmtoprc\nwhat the screen is like, and "
	       "its keys: see CONFIGURATION (~/.config by default)\n.TP\n.I "
	       "$XDG_STATE_HOME/pmtop/history\nwhat was asked at the prompt (~/.local/state by "
	       "default)\n"
	       ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nset and not empty: no colours\n"
	       ".TP\n.B LC_ALL, LC_CTYPE, LANG\nwhich characters may be sent: all of UTF-8, or "
	       "ASCII alone, as with C; where none of them is set, UTF-8\n"
	       ".TP\n.B TERM\nlinux, the console, whose fonts lack the signs: the screen is as "
	       "with \\-\\-ascii\n"
	       ".SH \"SEE ALSO\"\nproc(5), pmap(1), the kernel's admin\\-guide/mm/pagemap.rst "
	       "and soft\\-dirty.rst\n");
}

/* --- completion ------------------------------------------------------------------------------- */

static void
docs_print_columns(enum column_set set)
{
	for (unsigned c = 0; c < COL_COUNT; c++)
		if (column_row((enum column_id)c)->set == set)
			printf(" %s", column_row((enum column_id)c)->title);
}

static void
docs_print_filter_words(enum filter_scope scope)
{
	size_t n, rows_n;
	const struct filter_row *rows = filter_table(&rows_n);
	const char *s;

	for (size_t i = 0; (s = filter_word(scope, i, &n)); i++)
		printf(" %.*s", (int)n, s);
	for (size_t i = 0; i < rows_n; i++)
		if (rows[i].scope & scope && rows[i].kind != FILTER_WORD)
			printf(" %.*s", (int)strcspn(rows[i].names, " "), rows[i].names);
}

static void
docs_bash(void)
{
	size_t n;
	const struct option_row *o = option_table(&n);

	printf("# Made by `pmtop --print bash-completion` from its tables.\n"
	       "_pmtop()\n{\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} columns "
	       "have\n"
	       "\tcase $prev in\n"
	       "\t--color) COMPREPLY=($(compgen -W '");
	for (unsigned c = 0; option_color_name(c); c++)
		printf("%s%s", c ? " " : "", option_color_name(c));
	printf("' -- \"$cur\")); return ;;\n"
	       "\t--theme) COMPREPLY=($(compgen -W '");
	for (unsigned t = 0; t < THEME_COUNT; t++)
		printf("%s%s", t ? " " : "", paint_theme_name((enum theme)t));
	printf("' -- \"$cur\")); return ;;\n"
	       "\t--tracker) COMPREPLY=($(compgen -W 'auto");
	for (unsigned w = 0; w < TRACKERS; w++)
		printf(" %s", tracker_words((enum tracker)w)->name);
	printf("' -- \"$cur\")); return ;;\n"
	       "\t--proc-root) COMPREPLY=($(compgen -d -- \"$cur\")); return ;;\n"
	       "\t-o|--output|--sort)\n"
	       "\t\tcolumns='");
	docs_print_columns(SET_REGION);
	printf("'\n\t\tcase ${COMP_WORDS[*]} in *--pages*) columns='");
	docs_print_columns(SET_PAGE);
	printf("' ;; *--watch*) columns='");
	docs_print_columns(SET_WATCH);
	printf("' ;; esac\n"
	       "\t\thave=${cur%%\"${cur##*,}\"}\n"
	       "\t\tCOMPREPLY=($(compgen -P \"$have\" -W \"$columns\" -- \"${cur##*,}\")); "
	       "return ;;\n"
	       "\t--filter)\n"
	       "\t\tcolumns='");
	docs_print_filter_words(FILTER_REGION);
	printf("'\n\t\tcase ${COMP_WORDS[*]} in *--pages*) columns='");
	docs_print_filter_words(FILTER_PAGE);
	printf("' ;; esac\n"
	       "\t\thave=${cur%%\"${cur##*[&|!( ]}\"}\n"
	       "\t\tCOMPREPLY=($(compgen -P \"$have\" -W \"$columns\" -- \"${cur##*[&|!( ]}\")); "
	       "return ;;\n"
	       "\tesac\n"
	       "\tcase $cur in\n"
	       "\t-*) COMPREPLY=($(compgen -W '");
	for (size_t i = 0; i < n; i++)
		if (o[i].group != OPTION_HIDDEN)
			printf("%s--%s", i ? " " : "", o[i].name);
	printf("' -- \"$cur\")) ;;\n"
	       "\t*) COMPREPLY=($(compgen -W \"$(cd /proc && echo [1-9]*)\" -- \"$cur\")) ;;\n"
	       "\tesac\n}\n"
	       "complete -F _pmtop pmtop\n");
}

static void
docs_rc(void)
{
	struct buf text = {0};

	rc_example(&text);
	printf("%s", text.s);
	buf_free(&text);
}

int
docs_print(const char *what, struct err *err)
{
	if (!strcmp(what, "man"))
		docs_man();
	else if (!strcmp(what, "bash-completion"))
		docs_bash();
	else if (!strcmp(what, "pmtoprc"))
		docs_rc();
	else
		return err_set(err, ERR_USAGE, "it prints man and bash-completion", "give one",
		               "--print %.40s", what);
	return 0;
}
