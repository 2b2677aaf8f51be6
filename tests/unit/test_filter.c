/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The language of filters: when each word is true or not known, and what is refused. */
#include <strings.h>

#include "fake.h"
#include "filter/filter.h"
#include "filter/filter_scan.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "page/state.h"
#include "tap.h"

#define X(x) UINT64_C(0x##x)

static const char *const truths[] = {"no", "not known", "yes"};

static bool
is_truth(enum truth got, enum truth want, const char *name)
{
	bool good = ok(got == want, name);

	if (!good)
		printf("# it is %s, and should be %s\n", truths[got], truths[want]);
	return good;
}

static enum truth
ask(const char *text, enum filter_scope scope, const struct filter_facts *x)
{
	struct filter f;
	struct err err;

	if (filter_parse(text, scope, FAKE_PAGE, &f, &err) == 0)
		return filter_eval(&f, x);
	printf("# %s: %s; %s\n", text, err.why, err.how);
	ok(false, "it is a filter");
	return TRUTH_UNKNOWN;
}

/* --- the tables ------------------------------------------------------------------------------- */

static bool
is_word(enum filter_scope scope, const char *name)
{
	const char *s;
	size_t n, found = 0;

	for (size_t i = 0; (s = filter_word(scope, i, &n)); i++)
		found += n == strlen(name) && !strncasecmp(s, name, n);
	return found == 1;
}

static void
test_words(void)
{
	enum filter_scope scopes[] = {FILTER_PAGE, FILTER_REGION};
	size_t n, flags_n;
	const struct flag *flags = flag_table(&flags_n);

	for (size_t k = 0; k < ARRAY_LEN(scopes); k++) {
		const char *s;

		for (size_t i = 0; (s = filter_word(scopes[k], i, &n)); i++) {
			char name[64];
			struct filter f;
			struct err err;

			snprintf(name, sizeof(name), "%.*s", (int)n, s);
			ok(filter_parse(name, scopes[k], FAKE_PAGE, &f, &err) == 0 && is_word(scopes[k], name), name);
		}
	}
	for (size_t i = 0; i < flags_n; i++) /* bits that are always 0 are no words */
		if (flags[i].source == FLAG_KPF || flags[i].bit < 59 || flags[i].bit > 60)
			ok(is_word(FILTER_PAGE, flags[i].name), "every flag is a word, once");
	for (unsigned i = 0; i < STATE_COUNT; i++)
		ok(is_word(FILTER_PAGE, state_row((enum state)i)->name), "every state is a word, once");
	for (unsigned i = 0; i < VMA_TYPES; i++)
		ok(is_word(FILTER_REGION, vma_type_name((enum vma_type)i)), "every type is a word of regions, once");
}

static void
test_table(void)
{
	size_t n;
	const struct filter_row *rows = filter_table(&n);

	for (size_t i = 0; i < n; i++) {
		struct filter f;
		struct err err;
		bool good = rows[i].names[0] && rows[i].help[0];

		for (enum filter_scope s = FILTER_PAGE; s <= FILTER_REGION; s++)
			if (rows[i].scope & s)
				good &= filter_parse(rows[i].example, s, FAKE_PAGE, &f, &err) == 0 &&
				        (filter_needs(&f) & rows[i].needs) == rows[i].needs;
		ok(good, rows[i].example);
	}
}

/* --- pages ------------------------------------------------------------------------------------ */

struct page_case {
	const char *what;
	uint64_t word, kpf;
	unsigned known; /* beside the page table */
	enum vma_type type;
	const char *yes, *unknown; /* of the words of `asked` */
};

static const char asked[] =
    "present swapped none cached never hidden anon file shm copied cow thp mthp hugetlb ksm zero "
    "device guard uffd-wp hwpoison exclusive soft-dirty written dirty idle locked lru active "
    "referenced unevictable mlocked writeback swapcache anonymous poisoned migrating special "
    "thp-head thp-tail anon-shared file-dirty unreadable lazyfree past-end";

#define NEEDS_FLAGS \
	"dirty idle locked lru active referenced unevictable mlocked writeback swapcache anonymous hwpoison "
#define NEEDS_STATE "thp-head thp-tail anon-shared file-dirty lazyfree "

static const struct page_case pages[] = {
    {"never touched", 0, 0, 0, VMA_ANON, "none never", ""},
    {"a gap of a file", 0, 0, 0, VMA_FILE, "none", "cached never past-end"},
    {"a gap that the page cache has", 0, 0, PAGE_CACHED | PAGE_CACHE_ASKED | PAGE_SIZE_ASKED,
     VMA_FILE, "none cached", ""},
    {"a gap that the page cache has not", 0, 0, PAGE_CACHE_ASKED | PAGE_SIZE_ASKED, VMA_FILE,
     "none never", ""},
    {"past the end of the file", 0, 0, PAGE_CACHE_ASKED | PAGE_SIZE_ASKED | PAGE_PAST_END, VMA_FILE,
     "none past-end", ""},
    {"a gap of shared memory", 0, 0, 0, VMA_SHM, "none", "cached never swapped past-end"},
    {"a gap of shared memory that is not resident", 0, 0, PAGE_CACHE_ASKED | PAGE_SIZE_ASKED,
     VMA_SHM, "none", "never swapped"},
    {"a gap of shared memory that has nothing", 0, 0,
     PAGE_CACHE_ASKED | PAGE_SIZE_ASKED | PAGE_OUT_ASKED, VMA_SHM, "none never", ""},
    {"shared memory in swap", 0, 0, PAGE_CACHE_ASKED | PAGE_SIZE_ASKED | PAGE_OUT_ASKED | PAGE_OUT,
     VMA_SHM, "none swapped", ""},
    {"freed, but not yet taken", X(810000000043ee27), X(400001828), PAGE_FLAGS | PAGE_FOLIO,
     VMA_ANON, "present anon exclusive lru anonymous lazyfree", ""},
    {"newborn and empty", X(80000000000000), 0, 0, VMA_ANON, "none never soft-dirty", ""},
    {"anonymous", X(810000000043ee27), X(400005868), PAGE_FLAGS | PAGE_FOLIO, VMA_ANON,
     "present anon exclusive lru active anonymous", ""},
    {"anonymous, written", X(818000000043ee27), X(400005828), PAGE_FLAGS | PAGE_FOLIO, VMA_HEAP,
     "present anon exclusive lru anonymous soft-dirty written", ""},
    {"anonymous, shared", X(800000000043ee27), X(5828), PAGE_FLAGS | PAGE_FOLIO, VMA_ANON,
     "present anon cow lru anonymous anon-shared", ""},
    {"anonymous, mlocked, dirty and under way to disk", X(810000000043ee27), X(60004793d),
     PAGE_FLAGS | PAGE_FOLIO, VMA_ANON,
     "present anon exclusive lru anonymous unevictable mlocked dirty writeback locked referenced "
     "swapcache",
     ""},
    {"zero page", X(8000000000003b34), X(101000000), PAGE_FLAGS | PAGE_FOLIO, VMA_ANON,
     "present zero", ""},
    {"huge zero page", X(a000000000169000), X(1408000), PAGE_FLAGS | PAGE_FOLIO, VMA_ANON,
     "present zero", ""},
    {"huge page, head", X(810000000043ee00), X(40040d828), PAGE_FLAGS | PAGE_FOLIO, VMA_ANON,
     "present anon thp exclusive lru anonymous thp-head", ""},
    {"large folio, tail", X(810000000043ee01), X(400415828), PAGE_FLAGS | PAGE_FOLIO | PAGE_SMALL,
     VMA_ANON, "present anon mthp exclusive lru anonymous", ""},
    {"huge page taken apart meanwhile", X(810000000043ee01), X(400415828), PAGE_FLAGS, VMA_ANON,
     "present anon exclusive lru anonymous thp-tail", "thp mthp"},
    {"hugetlb", X(810000000043ee00), X(400029808), PAGE_FLAGS | PAGE_FOLIO, VMA_HUGETLB,
     "present anon hugetlb exclusive anonymous", ""},
    {"merged", X(800000000047196a), X(20583c), PAGE_FLAGS | PAGE_FOLIO, VMA_ANON,
     "present anon cow ksm lru anonymous referenced dirty", ""},
    {"merged, says a kernel that says so of all", X(800000000047196a), X(20583c),
     PAGE_FLAGS | PAGE_FOLIO | PAGE_NO_KSM, VMA_ANON,
     "present anon cow lru anonymous referenced dirty anon-shared", "ksm"},
    {"not merged, says the same kernel", X(800000000047196a), X(5828),
     PAGE_FLAGS | PAGE_FOLIO | PAGE_NO_KSM, VMA_ANON, "present anon cow lru anonymous anon-shared",
     ""},
    {"file", X(a100000000043ee2), X(40000086c), PAGE_FLAGS | PAGE_FOLIO, VMA_FILE,
     "present file exclusive lru active referenced", ""},
    {"file, dirty", X(a000000000043ee2), X(40000087c), PAGE_FLAGS | PAGE_FOLIO, VMA_FILE,
     "present file dirty lru active referenced file-dirty", ""},
    {"copy of a file's page", X(810000000043ee27), X(400005828), PAGE_FLAGS | PAGE_FOLIO, VMA_FILE,
     "present anon copied exclusive lru anonymous", ""},
    {"shared memory", X(a100000000043ee2), X(4838), PAGE_FLAGS | PAGE_FOLIO, VMA_SHM,
     "present shm exclusive dirty lru", ""},
    {"device, with a page", X(8000000000043ee2), X(100000000), PAGE_FLAGS | PAGE_FOLIO, VMA_DEVICE,
     "present device", ""},
    {"device, without a record", X(8000010000000000), 0, PAGE_NO_RECORD, VMA_DEVICE,
     "present device", NEEDS_FLAGS},
    {"broken", X(810000000043ee27), X(400085828), PAGE_FLAGS | PAGE_FOLIO, VMA_ANON,
     "present anon hwpoison exclusive lru anonymous", ""},
    {"swapped out", X(4000000000000020), 0, 0, VMA_ANON, "swapped", ""},
    {"swapped out, written", X(4080000000000020), 0, 0, VMA_ANON, "swapped soft-dirty written", ""},
    {"guard", X(440000000000009f), 0, 0, VMA_ANON, "guard", ""},
    {"guard of an older kernel", X(400000000000009f), 0, 0, VMA_ANON, "guard", ""},
    {"marked by userfaultfd", X(420000000000003f), 0, 0, VMA_ANON, "uffd-wp", ""},
    {"watched by userfaultfd", X(830000000043ee27), X(400005808), PAGE_FLAGS | PAGE_FOLIO, VMA_ANON,
     "present anon exclusive uffd-wp anonymous", ""},
    {"poisoned", X(400000000000005f), 0, 0, VMA_ANON, "poisoned", ""},
    {"broken and taken away", X(4000000000000037), X(80000), PAGE_ENTRY, VMA_ANON, "hwpoison", ""},
    {"being moved", X(400000000000003d), X(5829), PAGE_ENTRY, VMA_ANON, "migrating", ""},
    {"special, of a frame not asked", X(400000000000003d), 0, 0, VMA_ANON, "special",
     "hwpoison poisoned migrating"},
    /* without CAP_SYS_ADMIN */
    {"hidden, mapped here only", X(8100000000000000), 0, 0, VMA_ANON,
     "present hidden anon exclusive", "thp mthp ksm " NEEDS_FLAGS NEEDS_STATE},
    {"hidden, shared or zero", X(8000000000000000), 0, 0, VMA_ANON, "present hidden",
     "anon cow thp mthp ksm zero " NEEDS_FLAGS NEEDS_STATE},
    {"hidden, copied", X(8100000000000000), 0, 0, VMA_FILE, "present hidden anon copied exclusive",
     "thp mthp ksm " NEEDS_FLAGS NEEDS_STATE},
    {"hidden, file", X(a100000000000000), 0, 0, VMA_FILE, "present hidden file exclusive",
     "thp mthp " NEEDS_FLAGS NEEDS_STATE},
    {"hidden, shared memory", X(a000000000000000), 0, 0, VMA_SHM, "present hidden shm",
     "thp mthp " NEEDS_FLAGS NEEDS_STATE},
    {"hidden, hugetlb", X(8100000000000000), 0, 0, VMA_HUGETLB,
     "present hidden anon hugetlb exclusive", "ksm " NEEDS_FLAGS NEEDS_STATE},
    {"hidden, the huge zero page", X(a000000000000000), 0, 0, VMA_ANON, "present hidden zero",
     NEEDS_FLAGS NEEDS_STATE},
    {"hidden place in swap", X(4000000000000000), 0, 0, VMA_ANON, "swapped", ""},
    {"changed while it was read", X(810000000043ee27), 0, PAGE_RACED, VMA_ANON,
     "present anon exclusive", "thp mthp ksm " NEEDS_FLAGS NEEDS_STATE},
};

/* Whether `word` is one of those in `list`. */
static bool
lists(const char *list, const char *word, size_t n)
{
	for (const char *s = list; *s; s += strspn(s, " ")) {
		size_t len = strcspn(s, " ");

		if (len == n && !strncmp(s, word, n))
			return true;
		s += len;
	}
	return false;
}

static struct vma
region_of(enum vma_type type)
{
	return (struct vma){.start = 0x10000000, .end = 0x10400000, .type = (uint8_t)type, .perm = VMA_READ | VMA_WRITE,
	                    .offset = 0x3000, .name = "",
	                    .inode = type == VMA_FILE || type == VMA_SHM || type == VMA_DEVICE || type == VMA_HUGETLB ? 77 : 0};
}

static void
test_pages(void)
{
	for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
		const struct page_case *c = &pages[i];
		struct vma v = region_of(c->type);
		struct page pg = {
		    .word = c->word, .kpf = c->kpf, .known = PAGE_WORD | c->known, .order = 9};
		struct filter_facts x = {.v = &v, .pg = &pg, .addr = v.start, .page_size = FAKE_PAGE, .written_known = true};
		bool good = true;

		if (!(pg.kpf & (KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL)))
			pg.order = 0;
		pg.state = (uint8_t)state_of_page(&pg, &v, 1);
		for (const char *s = asked; *s; s += strspn(s, " ")) {
			size_t n = strcspn(s, " ");
			char word[32], not[40];
			enum truth want = lists(c->yes, s, n) ? TRUTH_YES : lists(c->unknown, s, n) ? TRUTH_UNKNOWN : TRUTH_NO;
			enum truth got, opposite;

			snprintf(word, sizeof(word), "%.*s", (int)n, s);
			snprintf(not, sizeof(not), "!%s", word);
			got = ask(word, FILTER_PAGE, &x);
			opposite = ask(not, FILTER_PAGE, &x);
			if (got != want || opposite != (enum truth)(TRUTH_YES - want)) {
				printf("# %s: %s is %s, and should be %s\n", c->what, word, truths[got], truths[want]);
				good = false;
			}
			s += n;
		}
		ok(good, c->what);
	}
}

/* Of an unreadable page only its address is known. */
static void
test_unreadable(void)
{
	struct vma v = region_of(VMA_KERNEL);
	struct page pg = {.state = STATE_UNREADABLE};
	struct filter_facts x = {.v = &v, .pg = &pg, .addr = v.start, .page_size = FAKE_PAGE, .written_known = true};

	for (const char *s = asked; *s; s += strspn(s, " ")) {
		size_t n = strcspn(s, " ");
		char word[32];

		snprintf(word, sizeof(word), "%.*s", (int)n, s);
		is_truth(ask(word, FILTER_PAGE, &x), !strcmp(word, "unreadable") ? TRUTH_YES
		         : !strcmp(word, "copied") ? TRUTH_NO : TRUTH_UNKNOWN, word);
		s += n;
	}
	is_truth(ask("type=kernel & addr=10000000 & state=unreadable", FILTER_PAGE, &x), TRUTH_YES, "where it is is known");
	is_truth(ask("pfn=0", FILTER_PAGE, &x), TRUTH_UNKNOWN, "its frame is not");
}

static void
test_written(void)
{
	struct vma v = region_of(VMA_ANON);
	struct page pg = {.word = X(818000000043ee27), .known = PAGE_WORD, .state = STATE_ANON};
	struct filter_facts x = {.v = &v, .pg = &pg, .addr = v.start, .page_size = FAKE_PAGE};

	is_truth(ask("written", FILTER_PAGE, &x), TRUTH_UNKNOWN, "newer than the clear: what the bit says means nothing");
	is_truth(ask("soft-dirty", FILTER_PAGE, &x), TRUTH_YES, "but it is set");
	is_truth(ask("age<1s", FILTER_PAGE, &x), TRUTH_UNKNOWN, "a bit does not say when");
	pg.word = PM_SOFT_DIRTY;
	is_truth(ask("written", FILTER_PAGE, &x), TRUTH_NO, "what is not there was not written");
	is_truth(ask("age>=0s | writes>=0", FILTER_PAGE, &x), TRUTH_NO, "and has no time of it");
}

/* Stamps show when a page was written, and in how many epochs. */
static void
test_stamps(void)
{
	struct vma v = region_of(VMA_ANON);
	struct page pg = {.word = X(810000000043ee27), .known = PAGE_WORD, .state = STATE_ANON};
	struct track t = {.clears = 1};
	struct filter_facts x = {.v = &v, .pg = &pg, .addr = v.start, .page_size = FAKE_PAGE,
	                         .written_known = true, .track = &t, .now = UINT64_C(5000000000)};
	struct pm_run run = {.start = v.start, .end = v.start + FAKE_PAGE};

	track_update(&t, v.start, v.start, v.end, &run, 1, UINT64_C(3500000000));
	track_set_doubt(&t, v.start, DOUBT_NONE, 0);
	is_truth(ask("age=1500ms & age=1.5s & age<2s & !age<1s & writes=1", FILTER_PAGE, &x), TRUTH_YES,
	         "1.5 s ago, in one epoch");
	x.addr += FAKE_PAGE;
	is_truth(ask("age>=0s", FILTER_PAGE, &x), TRUTH_NO, "not written: it has no age");
	is_truth(ask("writes=0", FILTER_PAGE, &x), TRUTH_YES, "and no writes");
	track_free(&t);
}

/* The words of PAGEMAP_SCAN: from the page's word on any kernel, or from the run where it was found. */
static void
test_scan_words(void)
{
	struct vma v = region_of(VMA_ANON);
	struct page pg = {.word = PM_PRESENT | PM_FILE | PM_SOFT_DIRTY, .known = PAGE_WORD, .state = STATE_ANON};
	struct filter_facts x = {.v = &v, .pg = &pg, .addr = v.start, .page_size = FAKE_PAGE,
	                         .wpallowed = TRUTH_UNKNOWN};

	is_truth(ask("scan:present & scan:file & scan:soft-dirty & scan:written & !scan:swapped & !scan:guard",
	             FILTER_PAGE, &x), TRUTH_YES, "from the word");
	is_truth(ask("scan:huge | scan:pfnzero | scan:wpallowed", FILTER_PAGE, &x), TRUTH_UNKNOWN,
	         "without PAGEMAP_SCAN the others are not known");
	pg.word |= PM_UFFD_WP;
	is_truth(ask("scan:written", FILTER_PAGE, &x), TRUTH_NO, "write-protected: not written");
	x.scan = PM_CAT_HUGE | PM_CAT_PFNZERO;
	x.wpallowed = TRUTH_YES;
	pg.cats = PM_CAT_PRESENT | PM_CAT_HUGE;
	is_truth(ask("scan:huge & !scan:pfnzero & scan:wpallowed", FILTER_PAGE, &x), TRUTH_YES, "with it they are");
	pg.word = PM_SOFT_DIRTY | PM_FILE;
	is_truth(ask("scan:soft-dirty | scan:file | scan:huge | scan:written", FILTER_PAGE, &x), TRUTH_NO,
	         "an empty entry has no category");
}

static void
test_page_fields(void)
{
	static const struct {
		const char *text;
		enum truth want;
	} rows[] = {
	    {"mapcount=3", TRUTH_YES},     {"mapcount>2", TRUTH_YES},   {"mapcount>3", TRUTH_NO},
	    {"mapcount>=3", TRUTH_YES},    {"mapcount<3", TRUTH_NO},    {"mapcount<=3", TRUTH_YES},
	    {"mapcount!=3", TRUTH_NO},     {"mapcount==3", TRUTH_YES},  {"mapcount = 0x3", TRUTH_YES},
	    {"pfn=43ee27", TRUTH_YES},     {"pfn=0x43EE27", TRUTH_YES}, {"pfn<43ee27", TRUTH_NO},
	    {"phys=43ee27000", TRUTH_YES}, {"phys=43ee27abc", TRUTH_YES}, {"phys!=43ee27abc", TRUTH_NO},
	    {"phys>43ee27000", TRUTH_NO},  {"addr=10002abc", TRUTH_YES}, {"address>=10002000", TRUTH_YES},
	    {"addr<10002000", TRUTH_NO},   {"offset=5000", TRUTH_YES},  {"off>5000", TRUTH_NO},
	    {"order=2", TRUTH_YES},        {"node=1", TRUTH_UNKNOWN},   {"!(node=1)", TRUTH_UNKNOWN},
	    {"state=copied", TRUTH_YES},   {"state!=copied", TRUTH_NO}, {"state=anon", TRUTH_NO},
	    {"swap.type=0", TRUTH_NO},     {"swap.type!=0", TRUTH_NO},  {"!(swap.type=0)", TRUTH_YES},
	    {"size=4m", TRUTH_YES},        {"size=1024p", TRUTH_YES},   {"size=4096K", TRUTH_YES},
	    {"size<0x400001", TRUTH_YES},  {"size>=1g", TRUTH_NO},      {"size<1T", TRUTH_YES},
	    {"perm~rw", TRUTH_YES},        {"perm~rwx", TRUTH_NO},      {"perm~p", TRUTH_YES},
	    {"perm~s", TRUTH_NO},          {"perm=rw-", TRUTH_YES},     {"perm=rw-p", TRUTH_YES},
	    {"perm=rw-s", TRUTH_NO},       {"perm!=r-x", TRUTH_YES},    {"perm=r--", TRUTH_NO},
	    {"type=file", TRUTH_YES},      {"type!=heap", TRUTH_YES},   {"inode=77", TRUTH_YES},
	    {"name~libc", TRUTH_YES},      {"name=libc.so.6", TRUTH_YES}, {"name=/usr/lib/libc.so.6", TRUTH_YES},
	    {"name~LibC", TRUTH_YES}, {"name=LIBC.so.6", TRUTH_NO}, {"name=libc", TRUTH_NO},       {"name!=libc", TRUTH_YES},   {"name~\"so.6\"", TRUTH_YES},
	    {"name~'lib/'", TRUTH_YES},    {"name=\"\"", TRUTH_NO},     {"name~[", TRUTH_NO},
	    {"name~lib*.so.?", TRUTH_YES}, {"name~/usr/*", TRUTH_YES},  {"name~LIB*", TRUTH_YES},
	    {"name~lib?", TRUTH_NO},       {"name~lib*.so", TRUTH_NO},  {"name~'*deleted*'", TRUTH_YES},
	    {"lens.sharing=2-3", TRUTH_YES}, {"lens.sharing=c", TRUTH_NO}, {"lens.sharing!=once", TRUTH_YES},
	    {"lens.backing=anonymous", TRUTH_YES}, {"lens.lru=hidden", TRUTH_NO}, {"lens.lru=inactive", TRUTH_YES},
	    {"lens.folios='order 2'", TRUTH_YES}, {"lens.numa='node 0'", TRUTH_UNKNOWN},
	    {"lens.numa='not known'", TRUTH_YES}, {"!lens.numa='node 0'", TRUTH_UNKNOWN},
	};
	struct vma v = region_of(VMA_FILE);
	struct page pg = {.word = X(800000000043ee27), .kpf = X(5828), .count = 3, .order = 2, .state = STATE_COPIED,
	                  .known = PAGE_WORD | PAGE_FLAGS | PAGE_COUNT | PAGE_FOLIO};
	struct filter_facts x = {.v = &v, .pg = &pg, .addr = v.start + 0x2000, .page_size = FAKE_PAGE};

	v.name = "/usr/lib/libc.so.6 (deleted)";
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is_truth(ask(rows[i].text, FILTER_PAGE, &x), rows[i].want, rows[i].text);
	v.name = "[anon: Java heap]";
	is_truth(ask("name=[anon: Java heap]", FILTER_PAGE, &x), TRUTH_YES, "a name in brackets may have blanks");
	is_truth(ask("name=\"anon: Java heap\"", FILTER_PAGE, &x), TRUTH_YES, "and needs no brackets in quotes");
	pg = (struct page){.word = X(4000000000001022), .known = PAGE_WORD, .state = STATE_SWAPPED};
	is_truth(ask("swap.type=2 & swap.offset=129", FILTER_PAGE, &x), TRUTH_YES, "a place in swap");
	is_truth(ask("mapcount=0 | mapcount!=0 | pfn>=0 | order>=0 | node>=0", FILTER_PAGE, &x), TRUTH_NO,
	         "what is not in RAM has no frame to ask of");
	pg.word = X(4000000000000000);
	is_truth(ask("swap.type=0", FILTER_PAGE, &x), TRUTH_UNKNOWN, "a hidden place is not place 0 of device 0");
	pg = (struct page){.word = X(8000000000000000), .known = PAGE_WORD, .state = STATE_HIDDEN};
	is_truth(ask("pfn=0", FILTER_PAGE, &x), TRUTH_UNKNOWN, "hidden is not frame 0");
	is_truth(ask("phys=0 | mapcount=1", FILTER_PAGE, &x), TRUTH_UNKNOWN, "nor is anything known about it");
	is_truth(ask("state=hidden & state!=anon", FILTER_PAGE, &x), TRUTH_YES, "the state is what is shown");
}

/* --- how they are joined ---------------------------------------------------------------------- */

/* Y, U and N stand for words that are true, not known and false of a hidden page. */
static void
test_joining(void)
{
	static const struct {
		const char *text;
		enum truth want;
	} rows[] = {
	    {"Y", TRUTH_YES},         {"U", TRUTH_UNKNOWN},     {"N", TRUTH_NO},        {"!Y", TRUTH_NO},
	    {"!U", TRUTH_UNKNOWN},    {"!N", TRUTH_YES},        {"!!Y", TRUTH_YES},     {"! ! ! N", TRUTH_YES},
	    {"not Y", TRUTH_NO},      {"NOT not Y", TRUTH_YES}, {"not!Y", TRUTH_YES},   {"!not N", TRUTH_NO},
	    {"Y & Y", TRUTH_YES},     {"Y & U", TRUTH_UNKNOWN}, {"Y & N", TRUTH_NO},    {"U & Y", TRUTH_UNKNOWN},
	    {"U & U", TRUTH_UNKNOWN}, {"U & N", TRUTH_NO},      {"N & Y", TRUTH_NO},    {"N & U", TRUTH_NO},
	    {"N & N", TRUTH_NO},      {"Y | Y", TRUTH_YES},     {"Y | U", TRUTH_YES},   {"Y | N", TRUTH_YES},
	    {"U | Y", TRUTH_YES},     {"U | U", TRUTH_UNKNOWN}, {"U | N", TRUTH_UNKNOWN}, {"N | Y", TRUTH_YES},
	    {"N | U", TRUTH_UNKNOWN}, {"N | N", TRUTH_NO},      {"U | !U", TRUTH_UNKNOWN}, {"U & !U", TRUTH_UNKNOWN},
	    /* ! before & before | */
	    {"Y | N & N", TRUTH_YES}, {"(Y | N) & N", TRUTH_NO}, {"N & N | Y", TRUTH_YES}, {"N & (N | Y)", TRUTH_NO},
	    {"!N & N", TRUTH_NO},     {"!(N & N)", TRUTH_YES},  {"!Y | Y", TRUTH_YES},  {"!(Y | Y)", TRUTH_NO},
	    {"!(Y & U)", TRUTH_UNKNOWN}, {"!(N & U)", TRUTH_YES}, {"!(Y | U)", TRUTH_NO}, {"!(N | U)", TRUTH_UNKNOWN},
	    {"N|N|N|Y", TRUTH_YES},   {"Y&&Y&&N", TRUTH_NO},    {"N||Y", TRUTH_YES},    {"Y and N or Y", TRUTH_YES},
	    {"Y or Y and N", TRUTH_YES}, {"Y AND (N or not N)", TRUTH_YES}, {"((((Y))))", TRUTH_YES},
	    {"!(!(Y&!N)|N&Y)", TRUTH_YES}, {"N & Y | Y & !(N | U) | N", TRUTH_UNKNOWN},
	    {"\tY&( N|Y )", TRUTH_YES}, {"!mapcount>1", TRUTH_UNKNOWN}, {"!size>1t", TRUTH_YES},
	};
	struct vma v = region_of(VMA_ANON);
	struct page pg = {.word = X(8000000000000000), .known = PAGE_WORD, .state = STATE_HIDDEN};
	struct filter_facts x = {.v = &v, .pg = &pg, .addr = v.start, .page_size = FAKE_PAGE};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b = {0};

		for (const char *s = rows[i].text; *s; s++) {
			bool alone = !strncmp(s, "Y", 1) || !strncmp(s, "U", 1) || (*s == 'N' && s[1] != 'O' && s[1] != 'D');
			const char *word = *s == 'Y' ? "present" : *s == 'U' ? "locked" : "swapped";

			alone &= s == rows[i].text || s[-1] != 'A';
			buf_add(&b, alone ? word : s, alone ? strlen(word) : 1);
		}
		is_truth(ask(b.s, FILTER_PAGE, &x), rows[i].want, rows[i].text);
		buf_free(&b);
	}
}

/* --- regions ---------------------------------------------------------------------------------- */

static void
test_regions(void)
{
	static const struct {
		const char *text;
		enum truth want;
	} rows[] = {
	    {"heap", TRUTH_NO},          {"file", TRUTH_YES},        {"anon", TRUTH_NO},
	    {"present", TRUTH_YES},      {"swapped", TRUTH_NO},      {"copied", TRUTH_YES},
	    {"thp", TRUTH_UNKNOWN},      {"written", TRUTH_UNKNOWN}, {"written>0", TRUTH_UNKNOWN},
	    {"rss=12k", TRUTH_YES},      {"rss>3p", TRUTH_NO},       {"swap=0", TRUTH_YES},
	    {"anon>=4096", TRUTH_YES},   {"copied=1p", TRUTH_YES},   {"hugetlb>0", TRUTH_NO},
	    {"start=10000000", TRUTH_YES}, {"end>10400000", TRUTH_NO}, {"offset=3000", TRUTH_YES},
	    {"inode=77", TRUTH_YES},     {"type=file", TRUTH_YES},   {"size=4m", TRUTH_YES},
	};
	struct vma v = region_of(VMA_FILE);
	struct region r = {.known = true, .rss = 3, .anon = 1, .copied = 1, .written = 2, .thp = 512};
	struct filter_facts x = {.v = &v, .r = &r, .page_size = FAKE_PAGE};
	struct smaps_entry sm = {.thp = 0};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is_truth(ask(rows[i].text, FILTER_REGION, &x), rows[i].want, rows[i].text);
	x.huge_known = x.written_known = true;
	is_truth(ask("thp=2m & thp & written=8k & written", FILTER_REGION, &x), TRUTH_YES,
	         "counted and trusted");
	x.huge_known = false;
	x.smaps = &sm;
	is_truth(ask("thp", FILTER_REGION, &x), TRUTH_NO, "from smaps where the scan lacks it");
	r.doubt = DOUBT_NEW;
	is_truth(ask("!written", FILTER_REGION, &x), TRUTH_UNKNOWN, "newborn: nothing is known of writes");
	r.known = false;
	is_truth(ask("rss>0", FILTER_REGION, &x), TRUTH_UNKNOWN, "not counted");
	v.type = VMA_KERNEL;
	is_truth(ask("rss>0 | rss=0", FILTER_REGION, &x), TRUTH_UNKNOWN,
	         "a ring whose page table is not shown");
	v.inode = 0;
	v.name = "[vvar]";
	is_truth(ask("rss>0 | rss=0", FILTER_REGION, &x), TRUTH_NO, "the kernel's own: there is nothing to count");
}

/* --- what it costs ---------------------------------------------------------------------------- */

static unsigned
wants(const char *text, enum filter_scope scope)
{
	struct filter f;
	struct err err;

	return filter_parse(text, scope, FAKE_PAGE, &f, &err) == 0 ? filter_needs(&f) : ~0u;
}

static void
test_wants(void)
{
	ok(wants("present & !exclusive | guard & addr>1000 & name~x", FILTER_PAGE) == 0,
	   "the page table is enough");
	ok(wants("locked", FILTER_PAGE) == PAGE_NEED_FLAGS, "a flag");
	ok(wants("thp-head", FILTER_PAGE) == (PAGE_NEED_FLAGS | PAGE_NEED_CACHE), "a state");
	ok(wants("mapcount>1 & written", FILTER_PAGE) == (PAGE_NEED_COUNT | FILTER_NEED_WRITTEN), "more than one source");
	ok(wants("cached", FILTER_PAGE) == PAGE_NEED_CACHE, "the page cache");
	ok(wants("rss>1m & heap", FILTER_REGION) == 0, "regions are counted anyway");
	ok(wants("thp", FILTER_REGION) == FILTER_NEED_HUGE, "huge pages");
}

static void
test_gaps(void)
{
	static const struct {
		const char *text;
		bool of_gaps, of_region; /* anonymous memory called [heap], soft-dirty known */
	} rows[] = {
	    {"none", true, true},          {"never", true, true},      {"cached", false, true},
	    {"anon", false, true},         {"!anon", true, true},      {"swapped | zero", false, true},
	    {"none & name~heap", true, true}, {"none & name~lib", false, false}, {"anon & perm~x", false, false},
	    {"addr<1000", true, true},     {"addr<1000 & anon", false, true}, {"soft-dirty", true, true},
	    {"written", false, true},      {"pfn!=1", false, true},    {"!(pfn=1)", true, true},
	    {"state=none", true, true},    {"state=anon", false, true}, {"size>1g", false, false},
	    {"!(size>1g) & locked", false, true}, {"inode=77 | type=file", false, false},
	};
	struct vma v = region_of(VMA_HEAP);
	struct filter_facts x = {.v = &v, .page_size = FAKE_PAGE, .written_known = true};

	v.name = "[heap]";
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct filter f;
		struct err err;

		ok(filter_parse(rows[i].text, FILTER_PAGE, FAKE_PAGE, &f, &err) == 0 &&
		       filter_of_gaps(&f, &x) == rows[i].of_gaps && (filter_most(&f, &x) != TRUTH_NO) == rows[i].of_region,
		   rows[i].text);
	}
}

/* What an empty entry of a file or of shared memory may be, by whatever name it is asked for. */
static void
test_gaps_of_files(void)
{
	static const struct {
		const char *text;
		bool file, shm;
	} rows[] = {
	    {"state=swapped", false, true},
	    {"swapped", false, true},
	    {"state=past-end", true, true},
	    {"past-end", true, true},
	    {"state=cached", true, true},
	    {"state!=none", true, true},
	    {"state=anon", false, false},
	    {"state=cached & soft-dirty", true, true},
	    {"state=past-end & soft-dirty", true, true},
	    {"state=swapped & soft-dirty", false, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct vma file = region_of(VMA_FILE), shm = region_of(VMA_SHM);
		struct filter_facts of_file = {
		    .v = &file, .page_size = FAKE_PAGE, .written_known = true};
		struct filter_facts of_shm = {
		    .v = &shm, .page_size = FAKE_PAGE, .written_known = true};
		struct filter f;
		struct err err;

		shm.perm = VMA_READ | VMA_WRITE | VMA_SHARED;
		ok(filter_parse(rows[i].text, FILTER_PAGE, FAKE_PAGE, &f, &err) == 0 &&
		       filter_of_gaps(&f, &of_file) == rows[i].file &&
		       filter_of_gaps(&f, &of_shm) == rows[i].shm,
		   rows[i].text);
	}
}

static void
test_why(void)
{
	struct vma v = region_of(VMA_FILE);
	struct page pg = {.word = X(8000000000000000), .known = PAGE_WORD, .state = STATE_HIDDEN};
	struct filter_facts x = {.v = &v, .pg = &pg, .addr = v.start, .page_size = FAKE_PAGE};
	struct filter f;
	struct err err;

	ok(filter_parse("locked & mapcount>1", FILTER_PAGE, FAKE_PAGE, &f, &err) == 0 &&
	       filter_why(&f, &x) == FILTER_WHY_HIDDEN, "hidden");
	ok(filter_parse("written | node=0", FILTER_PAGE, FAKE_PAGE, &f, &err) == 0 &&
	       filter_why(&f, &x) == (FILTER_WHY_WRITTEN | FILTER_WHY_OTHER), "what no privilege would reveal either");
	pg.word = X(810000000043ee27);
	ok(filter_parse("locked", FILTER_PAGE, FAKE_PAGE, &f, &err) == 0 && filter_why(&f, &x) == FILTER_WHY_OTHER,
	   "kpageflags cannot be read");
}

/* --- what is refused -------------------------------------------------------------------------- */

static void
test_refused(void)
{
	static const struct {
		const char *text;
		int column;
		const char *says; /* in why or how */
		enum filter_scope scope;
	} rows[] = {
	    {"", 1, "a word or a field", FILTER_PAGE},
	    {"  ", 3, "a word or a field", FILTER_PAGE},
	    {"anno", 1, "did you mean anon?", FILTER_PAGE},
	    {"anon & drity", 8, "did you mean dirty?", FILTER_PAGE},
	    {"compound_hed", 1, "did you mean compound_head?", FILTER_PAGE},
	    {"xyzzy", 1, "FILTER", FILTER_PAGE},
	    {"hepa", 1, "did you mean heap?", FILTER_REGION},
	    {"mapcont>1", 1, "did you mean mapcount?", FILTER_PAGE},
	    {"age<2x", 5, "a time", FILTER_PAGE},
	    {"age<2", 5, "a time", FILTER_PAGE},
	    {"age~2s", 4, "no such comparison", FILTER_PAGE},
	    {"age<2s", 1, "--pages", FILTER_REGION},
	    {"lens.lru=actve", 10, "did you mean active?", FILTER_PAGE},
	    {"lens.lru>active", 9, "= !=", FILTER_PAGE},
	    {"scan:prezent", 1, "did you mean scan:present?", FILTER_PAGE},
	    {"dirty>0", 1, "no field \"dirty\"", FILTER_REGION},
	    {"anon & agee<2s", 8, "no field \"agee\"", FILTER_PAGE},
	    {"heap", 1, "type=heap", FILTER_PAGE},
	    {"rss>1m", 1, "--list", FILTER_PAGE},
	    {"start=0", 1, "--list", FILTER_PAGE},
	    {"locked", 1, "--pages", FILTER_REGION},
	    {"thp-head", 1, "--pages", FILTER_REGION},
	    {"size>1m & mapcount>1", 11, "--pages", FILTER_REGION},
	    {"mapcount", 1, "example: mapcount>1", FILTER_PAGE},
	    {"anon=1", 1, "true or false", FILTER_PAGE},
	    {"file = yes", 1, "true or false", FILTER_PAGE},
	    {"mapcount>", 10, "a value", FILTER_PAGE},
	    {"mapcount> & anon", 11, "a value", FILTER_PAGE},
	    {"mapcount=one", 10, "\"one\" is not a number", FILTER_PAGE},
	    {"mapcount=-1", 10, "\"-1\" is not a number", FILTER_PAGE},
	    {"mapcount=99999999999999999999", 10, "not a number", FILTER_PAGE},
	    {"mapcount=12 k", 13, "& or |", FILTER_PAGE},
	    {"mapcount~1", 9, "no such comparison", FILTER_PAGE},
	    {"pfn=xyz", 5, "in hex", FILTER_PAGE},
	    {"pfn=12345678901234567", 5, "in hex", FILTER_PAGE},
	    {"size>=2q", 7, "a size", FILTER_PAGE},
	    {"size>=k", 7, "a size", FILTER_PAGE},
	    {"size>=1.5g", 7, "a size", FILTER_PAGE},
	    {"size>99999999999999t", 6, "a size", FILTER_PAGE},
	    {"state=anno", 7, "did you mean anon?", FILTER_PAGE},
	    {"state>anon", 6, "= !=", FILTER_PAGE},
	    {"type=heep", 6, "did you mean heap?", FILTER_REGION},
	    {"perm~q", 6, "permissions", FILTER_PAGE},
	    {"perm~r-x", 6, "permissions", FILTER_PAGE},
	    {"perm~sp", 6, "permissions", FILTER_PAGE},
	    {"perm=rx", 6, "permissions", FILTER_PAGE},
	    {"perm=xwr", 6, "permissions", FILTER_PAGE},
	    {"perm=rwx-", 6, "permissions", FILTER_PAGE},
	    {"perm=rwxps", 6, "permissions", FILTER_PAGE},
	    {"perm<rwx", 5, "no such comparison", FILTER_PAGE},
	    {"name<x", 5, "= != ~", FILTER_PAGE},
	    {"name~", 6, "a value", FILTER_PAGE},
	    {"name~\"\"", 7, "the empty text", FILTER_PAGE},
	    {"name=\"x", 6, "quote", FILTER_PAGE},
	    {"name=my file", 9, "quote names", FILTER_PAGE},
	    {"anon file", 6, "& or |", FILTER_PAGE},
	    {"anon !file", 6, "& or |", FILTER_PAGE},
	    {"anon,file", 5, "& or |", FILTER_PAGE},
	    {"anon &", 7, "a word or a field", FILTER_PAGE},
	    {"anon & & file", 8, "a word or a field", FILTER_PAGE},
	    {"anon &&& file", 8, "a word or a field", FILTER_PAGE},
	    {"| anon", 1, "a word or a field", FILTER_PAGE},
	    {"and anon", 1, "a word or a field", FILTER_PAGE},
	    {"!", 2, "a word or a field", FILTER_PAGE},
	    {"not", 4, "a word or a field", FILTER_PAGE},
	    {"()", 2, "a word or a field", FILTER_PAGE},
	    {"(anon", 1, "missing )", FILTER_PAGE},
	    {"(anon file)", 7, "&, | or )", FILTER_PAGE},
	    {"anon)", 5, "missing (", FILTER_PAGE},
	    {"=5", 1, "a word or a field", FILTER_PAGE},
	    {"5", 1, "a word or a field", FILTER_PAGE},
	    {"\xc3\xa4", 1, "a word or a field", FILTER_PAGE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct filter f;
		struct err err = {0};
		bool refused = filter_parse(rows[i].text, rows[i].scope, FAKE_PAGE, &f, &err) == -1;
		char name[64];

		snprintf(name, sizeof(name), "refused: \"%s\"", rows[i].text);
		if (!ok(refused && err.status == ERR_USAGE && err.column == rows[i].column &&
		            (strstr(err.how, rows[i].says) || strstr(err.why, rows[i].says)),
		        name))
			printf("# column %d, want %d; %s; %s\n", err.column, rows[i].column, err.why, err.how);
	}
}

/* `n` times `part`, with `begin` before and `end` after. */
static bool
takes(const char *begin, const char *part, size_t n, const char *end, const char *tail)
{
	struct buf b = {0};
	struct filter f;
	struct err err = {0};
	bool taken;

	buf_str(&b, begin);
	for (size_t i = 0; i < n; i++)
		buf_str(&b, part);
	buf_str(&b, end);
	for (size_t i = 0; tail[0] && i < n; i++)
		buf_str(&b, tail);
	taken = filter_parse(b.s, FILTER_PAGE, FAKE_PAGE, &f, &err) == 0;
	if (!taken && (err.column < 1 || (size_t)err.column > b.len + 1 || !err.why[0]))
		ok(false, "refused with a column");
	buf_free(&b);
	return taken;
}

/* What the kernel's scan is asked for. */
static void
test_narrowing(void)
{
	enum { P = PM_CAT_PRESENT, S = PM_CAT_SWAPPED, H = PM_CAT_HUGE, G = PM_CAT_GUARD, Z = PM_CAT_PFNZERO,
	       W = PM_CAT_WRITTEN, ALL = 511 };
	static const struct {
		const char *text;
		uint64_t scan, all, none;
		bool runs; /* decided by the scan alone */
	} rows[] = {
	    {"scan:huge", ALL, H, 0, true},
	    {"scan:huge & !scan:pfnzero & name=heap", ALL, H, Z, true},
	    {"scan:huge | scan:guard", ALL, 0, 0, true},
	    {"(scan:huge | scan:guard & scan:huge) & present", ALL, H | P, 0, true},
	    {"!(scan:huge | scan:written)", ALL, 0, H | W, true},
	    {"!(scan:huge & scan:written)", ALL, 0, 0, true},
	    {"anon & scan:guard", ALL, G, 0, false},
	    {"anon | scan:guard", ALL, 0, 0, false},
	    {"scan:file", ALL, 0, 0, false},
	    {"!scan:file & scan:swapped", ALL, S, 0, false},
	    {"swapped", ALL, S, 0, false},
	    {"!swapped", ALL, 0, 0, false},
	    {"swap.type!=1 & mapcount>1", ALL, S, 0, false},
	    {"!(swap.type=1)", ALL, 0, 0, false},
	    {"addr=1000 & scan:present", ALL, P, 0, false},
	    {"scan:guard & scan:present", ALL & ~G, P, 0, false},
	    {"scan:huge & scan:present", 0, P, 0, false},
	    {"perm~w | type=heap", ALL, 0, 0, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pm_match m = {0};
		struct filter f;
		struct err err;

		ok(filter_parse(rows[i].text, FILTER_PAGE, FAKE_PAGE, &f, &err) == 0, rows[i].text);
		filter_narrow(&f, rows[i].scan, &m);
		is_u64(m.all, rows[i].all, "what it must have");
		is_u64(m.none, rows[i].none, "what it must not have");
		ok(filter_is_of_runs(&f, rows[i].scan) == rows[i].runs, "whether that decides it");
	}
}

static void
test_limits(void)
{
	ok(takes("", "(", FILTER_DEPTH, "anon", ")"), "as deep as is taken");
	ok(!takes("", "(", FILTER_DEPTH + 1, "anon", ")"), "one deeper");
	ok(!takes("", "(", 100000, "anon", ")"), "far too deep");
	ok(takes("", "(anon | file & ", FILTER_DEPTH, "zero", ")"), "deep, and a step waits at each");
	ok(takes("", "!", 100001, "anon", ""), "not is no depth");
	ok(takes("anon", "|file", 80, "", ""), "long");
	ok(!takes("anon", "|file", 2000, "", ""), "too long");
	ok(takes("name=", "x", FILTER_TEXT - 1, "", ""), "a name as long as is taken");
	ok(!takes("name=", "x", FILTER_TEXT, "", ""), "one longer");
	ok(!takes("", "x", 100000, "", ""), "a long word is none");
	ok(!takes("mapcount=", "9", 100000, "", ""), "a long number is none");
}

int
main(void)
{
	tap_start();
	test_words();
	test_table();
	test_pages();
	test_unreadable();
	test_written();
	test_stamps();
	test_scan_words();
	test_page_fields();
	test_joining();
	test_regions();
	test_wants();
	test_gaps();
	test_gaps_of_files();
	test_why();
	test_refused();
	test_narrowing();
	test_limits();
	return tap_done();
}
