/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Filters nobody would write: refused with a place and a reason, or as true as their parts are.
 * Trees of words are written down with brackets and blanks at random, and what the program made of
 * the text says is compared with what the tree says of its leaves, each asked alone.
 */
#include "filter/filter.h"
#include "filter/filter_scan.h"
#include "fuzz.h"
#include "kernel/kabi.h"
#include "page/state.h"

static const char *const leaves[2][52] = {
    {"anon", "swapped", "none", "cached", "never", "hidden", "file", "shm", "thp", "mthp", "ksm", "zero",
     "guard", "uffd-wp", "written", "dirty", "locked", "thp-head", "anon-shared", "state=anon",
     "mapcount>1", "order<=9", "pfn!=0x10", "phys>=1000", "addr<7f0000001000", "offset=2000",
     "swap.type=0", "size>=2m", "perm~rw", "name~lib", "name~l*b*", "scan:huge", "scan:written", "present",
     "scan:present", "scan:swapped", "scan:guard", "scan:pfnzero", "lens.lru!=active",
     "lens.backing=file", "age<2s", "writes>1", "name=\"my file\"", "type!=heap", "inode=10"},
    {"anon", "heap", "guard", "present", "swapped", "thp", "written", "rss>=4k", "swap=0", "anon>1p",
     "copied!=0", "thp<2m", "hugetlb>0", "written>0", "start>=7f0000000000", "offset=0", "size<1g",
     "perm=rw-p", "name~[", "type=stack", "inode!=0"},
};
static const char *const noise[] = {
    "&", "|", "!", "(", ")", "=", "==", "<", ">=", "~", "not ", " and ", "or", "\"", "'", "[", "]", " ",
    "age<2s", "0x", "9999999999999999999999", "perm~", "name=", "mapcount", "state=", "\t", ",", ".", "-",
};
static const char *const names[] = {"", "[heap]", "/usr/lib/libc.so.6", "/usr/bin/my file"};

/* A tree: a leaf, or the contrary of a, or a and b, or a or b. */
struct node {
	char kind; /* l ! & | */
	int a, b;
};
static struct node nodes[200];
static int nodes_n;
static enum filter_scope scope;

static const char *
leaf(int i)
{
	return leaves[scope == FILTER_REGION][i];
}

static int
grow(uint64_t *seed, unsigned depth)
{
	static const char kinds[] = "l!&|";
	int at = nodes_n++, count = 0;
	char kind = depth == 0 || nodes_n > 80 ? 'l' : kinds[fake_below(seed, 4)];

	nodes[at].kind = kind;
	while (leaf(count))
		count++;
	if (kind == 'l') {
		nodes[at].a = (int)fake_below(seed, (uint64_t)count);
		return at;
	}
	nodes[at].a = grow(seed, depth - 1);
	nodes[at].b = kind == '!' ? 0 : grow(seed, depth - 1);
	return at;
}

/* As loosely bracketed as what stands around it allows: binds 0 |, 1 &, 2 !. */
static void
write_down(struct buf *out, int at, int binds, uint64_t *seed)
{
	static const char *const ands[] = {"&", "&&", " and ", " & "}, *const ors[] = {"|", "||", " or ", " |\t"};
	const struct node *n = &nodes[at];
	int mine = n->kind == '|' ? 0 : n->kind == '&' ? 1 : 2;
	bool brackets = mine < binds || !fake_below(seed, 12);

	buf_str(out, brackets ? "(" : fake_below(seed, 8) ? "" : " ");
	if (n->kind == 'l') {
		buf_str(out, leaf(n->a));
	} else if (n->kind == '!') {
		buf_str(out, fake_below(seed, 4) ? "!" : "not ");
		write_down(out, n->a, 2, seed);
	} else {
		write_down(out, n->a, mine, seed);
		buf_str(out, n->kind == '&' ? ands[fake_below(seed, 4)] : ors[fake_below(seed, 4)]);
		write_down(out, n->b, mine, seed);
	}
	buf_str(out, brackets ? ")" : "");
}

static enum truth
tree(int at, const struct filter_facts *x)
{
	const struct node *n = &nodes[at];
	enum truth a, b;
	struct filter f;
	struct err err;

	if (n->kind == 'l')
		return filter_parse(leaf(n->a), scope, 4096, &f, &err) == 0 ? filter_eval(&f, x) : TRUTH_UNKNOWN;
	a = tree(n->a, x);
	if (n->kind == '!')
		return (enum truth)(TRUTH_YES - a);
	b = tree(n->b, x);
	return n->kind == '&' ? (a < b ? a : b) : (a > b ? a : b);
}

/* --- facts --------------------------------------------------------------------------------------------- */

struct world {
	struct vma v;
	struct page pg;
	struct region r;
	struct filter_facts x;
};

/* What the file of a region may say about a page without an entry in the page table. */
static uint32_t
gap_facts(const struct vma *v, uint64_t *seed)
{
	if (!vma_has_file(v))
		return 0;
	switch (fake_below(seed, vma_swaps_unseen(v) ? 5 : 4)) {
	case 0: return 0;
	case 1: return PAGE_CACHE_ASKED;
	case 2: return PAGE_CACHED;
	case 3: return PAGE_SIZE_ASKED | PAGE_CACHE_ASKED | PAGE_PAST_END;
	default: return PAGE_SIZE_ASKED | PAGE_OUT_ASKED | PAGE_OUT;
	}
}

static void
make_page(struct page *pg, const struct vma *v, uint64_t scan, uint64_t *seed)
{
	static const uint64_t words[] = {
	    0, 0, UINT64_C(1) << 55, UINT64_C(0x810000000043ee27), UINT64_C(0x800000000043ee27),
	    UINT64_C(0xa100000000043ee2), UINT64_C(0x8000000000000000), UINT64_C(0xa000000000000000),
	    UINT64_C(0x8180000000000000), UINT64_C(0x4000000000000020), UINT64_C(0x4000000000000000),
	    UINT64_C(0x440000000000009f), UINT64_C(0x420000000000003f), UINT64_C(0x4000000000000037),
	};

	*pg = (struct page){.word = words[fake_below(seed, ARRAY_LEN(words))],
	                    .kpf = fake_random(seed) & fake_random(seed) & UINT64_C(0x7ff07ffffff),
	                    .count = fake_below(seed, 4), .order = (uint8_t)fake_below(seed, 11),
	                    .node = (int16_t)fake_below(seed, 2), .known = PAGE_WORD};
	if (!fake_below(seed, 20))
		pg->known = 0;
	else if (!(pg->word & (PM_PRESENT | PM_SWAPPED)))
		pg->known |= gap_facts(v, seed);
	else if (!(pg->word & PM_PRESENT))
		pg->known |= (uint16_t)(fake_random(seed) & PAGE_ENTRY);
	else if (pg->word & PM_PFN_MASK)
		pg->known |= (uint16_t)(fake_random(seed) & (PAGE_FLAGS | PAGE_COUNT | PAGE_FOLIO | PAGE_NODE | PAGE_NO_KSM |
		                                             PAGE_SMALL));
	if (scan && pg->word & (PM_PRESENT | PM_SWAPPED))
		pg->cats = (uint16_t)((pg->word & PM_PRESENT ? PM_CAT_PRESENT : PM_CAT_SWAPPED) |
		                      (fake_random(seed) & fake_random(seed) & (PM_CAT_HUGE | PM_CAT_PFNZERO)));
	pg->state = (uint8_t)state_of_page(pg, v, (unsigned)fake_below(seed, 2));
}

static void
make_world(struct world *w, uint64_t *seed)
{
	memset(w, 0, sizeof(*w));
	w->v = (struct vma){.start = UINT64_C(0x7f0000000000), .offset = fake_below(seed, 4) * 4096,
	                    .inode = fake_below(seed, 2) * 10, .perm = (uint8_t)fake_below(seed, 16),
	                    .type = (uint8_t)fake_below(seed, VMA_TYPES), .name = names[fake_below(seed, 4)]};
	w->v.end = w->v.start + 4096 * (1 + fake_below(seed, 1024));
	w->x = (struct filter_facts){.v = &w->v, .page_size = 4096, .written_known = fake_below(seed, 2)};
	if (scope == FILTER_PAGE) {
		w->x.scan = fake_below(seed, 2) ? 511 & ~PM_CAT_SOFT_DIRTY : 0;
		make_page(&w->pg, &w->v, w->x.scan, seed);
		w->x.pg = &w->pg;
		w->x.addr = w->v.start + 4096 * fake_below(seed, 4);
		return;
	}
	w->r = (struct region){.known = fake_below(seed, 4), .doubt = fake_below(seed, 4) ? DOUBT_NONE : DOUBT_NEW,
	                       .rss = fake_below(seed, 4), .swap = fake_below(seed, 2), .anon = fake_below(seed, 4),
	                       .copied = fake_below(seed, 2), .written = fake_below(seed, 2)};
	w->x.r = &w->r;
	w->x.huge_known = fake_below(seed, 2);
}

/* The categories of an entry, as the kernel's scan derives them. */
static uint64_t
cats_of(const struct page *pg)
{
	struct pagemap pm = {.page_size = 4096};

	return pagemap_word_cats(&pm, pg->word) | (pg->word & PM_UFFD_WP ? 0 : PM_CAT_WRITTEN) | pg->cats;
}

/* What a scan leaves out is false; and a run is what its pages are. */
static bool
check_scan(const struct filter *f, const struct world *w, enum truth t)
{
	struct pm_match m = {0};
	uint64_t scan = w->x.scan, cats = cats_of(&w->pg);
	struct filter_facts x = w->x;
	struct page each = {.known = PAGE_WORD, .cats = (uint16_t)cats};

	if (!(w->pg.known & PAGE_WORD) || !(w->pg.word & (PM_PRESENT | PM_SWAPPED)))
		return true;
	filter_narrow(f, scan, &m);
	if (t != TRUTH_NO && (m.all & ~cats || m.none & cats))
		return fuzz_wrong("the scan passes over what is not false");
	if (m.all & PM_CAT_FILE || m.none & PM_CAT_FILE)
		return fuzz_wrong("a scan for files");
	if (!filter_is_of_runs(f, scan))
		return true;
	each.word = w->pg.word & (PM_PRESENT | PM_SWAPPED | PM_GUARD | PM_UFFD_WP);
	x.pg = &each;
	x.addr = 0;
	return filter_eval(f, &x) == t || fuzz_wrong("a run is not what its pages are");
}

/* --- a round -------------------------------------------------------------------------------------------- */

static bool
check_bounds(const struct filter *f, const struct world *w, enum truth t)
{
	if (filter_eval(f, &w->x) != t)
		return fuzz_wrong("the second time it is something else");
	if (t == TRUTH_UNKNOWN && !filter_why(f, &w->x))
		return fuzz_wrong("not known without a reason");
	if (scope == FILTER_REGION)
		return true;
	if (!check_scan(f, w, t))
		return false;
	if (t > filter_most(f, &w->x))
		return fuzz_wrong("more than the most it can be");
	if (t != TRUTH_NO && w->pg.known & PAGE_WORD && !(w->pg.word & (PM_PRESENT | PM_SWAPPED)) &&
	    !filter_of_gaps(f, &w->x))
		return fuzz_wrong("true of a gap, but of none");
	return true;
}

static bool
check_tree(int root, const char *text, uint64_t *seed)
{
	struct filter f;
	struct err err = {0};

	if (filter_parse(text, scope, 4096, &f, &err) < 0) {
		char line[700];

		return strstr(err.why, "this long") || strstr(err.why, "this deep") ||
		       fuzz_wrong("refused: %s", err_line(&err, line, sizeof(line)));
	}
	for (int i = 0; i < 8; i++) {
		struct world w;
		enum truth t, want;

		make_world(&w, seed);
		t = filter_eval(&f, &w.x);
		want = tree(root, &w.x);
		if (t != want)
			return fuzz_wrong("it is %d and should be %d", (int)t, (int)want);
		if (!check_bounds(&f, &w, t))
			return false;
	}
	return true;
}

static bool
check_noise(const char *text, uint64_t *seed)
{
	struct filter f;
	struct err err = {0};
	struct world w;

	make_world(&w, seed);
	if (filter_parse(text, scope, 4096, &f, &err) == 0)
		return check_bounds(&f, &w, filter_eval(&f, &w.x));
	if (err.status != ERR_USAGE || !err.what[0] || !err.why[0] || !err.how[0])
		return fuzz_wrong("refused without a reason");
	if (err.column < 1 || (size_t)err.column > strlen(text) + 1)
		return fuzz_wrong("it points at column %d", err.column);
	return true;
}

static bool
play(uint64_t *seed)
{
	struct buf text = {0}, odd = {0};
	bool good;
	int root;

	scope = fake_below(seed, 2) ? FILTER_PAGE : FILTER_REGION;
	nodes_n = 0;
	root = grow(seed, 1 + (unsigned)fake_below(seed, 6));
	buf_str(&text, "");
	write_down(&text, root, 0, seed);
	fuzz.input = text.s;
	good = check_tree(root, text.s, seed);
	if (!good)
		return false;
	for (uint64_t n = fake_below(seed, 4); n; n--)
		buf_str(&text, noise[fake_below(seed, ARRAY_LEN(noise))]);
	fuzz_mutate(&odd, text.s, text.len, seed);
	if (!fake_below(seed, 200)) /* longer and deeper than any is taken */
		for (int i = 0; i < 900; i++)
			buf_str(&odd, noise[fake_below(seed, i % 7 ? 5 : ARRAY_LEN(noise))]);
	fuzz.input = odd.s;
	good = check_noise(odd.s, seed);
	if (good) {
		buf_free(&odd);
		buf_free(&text);
	}
	return good;
}

/* The first byte: whether of pages or of regions. */
static bool
check_text(const char *text, size_t n)
{
	uint64_t seed = n;

	scope = n && text[0] == 'r' ? FILTER_REGION : FILTER_PAGE;
	return check_noise(n ? text + 1 : text, &seed);
}

static int
begin(void)
{
	return 0;
}

FUZZ_MAIN(begin, "filters", "filter", play, check_text);
