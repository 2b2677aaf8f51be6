/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The values are what Linux 6.18 on x86-64 showed for each situation. */
#include "fake.h"
#include "kernel/kabi.h"
#include "page/explain.h"
#include "page/state.h"
#include "tap.h"

#define W(x) UINT64_C(0x##x)

static void
test_golden(void)
{
	static const struct {
		const char *name;
		uint64_t word, kpf, count;
		enum vma_type type;
		enum state want;
	} rows[] = {
	    {"never touched", 0, 0, 0, VMA_ANON, STATE_NONE},
	    {"zero page", W(8000000000003b34), W(101000000), 0, VMA_ANON, STATE_ZERO},
	    {"zero page, referenced", W(8000000000003b34), W(101000004), 0, VMA_ANON, STATE_ZERO},
	    {"anon, fresh", W(810000000043ee27), W(400005808), 1, VMA_ANON, STATE_ANON},
	    {"anon, soft-dirty", W(818000000043ee27), W(400005808), 1, VMA_HEAP, STATE_ANON},
	    {"anon, shared after fork", W(800000000043ee27), W(5828), 2, VMA_ANON, STATE_SHARED},
	    {"shmem, written", W(a100000000043ee2), W(4818), 1, VMA_SHM, STATE_SHMEM},
	    {"private file, read", W(a100000000043ee2), W(40000086c), 3, VMA_FILE, STATE_FILE},
	    {"private file, written: a copy", W(810000000043ee27), W(400005808), 1, VMA_FILE, STATE_COPIED},
	    {"shared file, dirty", W(a100000000043ee2), W(40000087c), 1, VMA_FILE, STATE_FILE_DIRTY},
	    {"shared file, being written back", W(a100000000043ee2), W(40000096c), 1, VMA_FILE,
	     STATE_FILE_DIRTY},
	    {"mlocked", W(810000000043ee27), W(60004582c), 1, VMA_ANON, STATE_MLOCKED},
	    {"head of a huge page", W(810000000043ee00), W(40040d828), 1, VMA_ANON, STATE_THP_HEAD},
	    {"tail of a huge page", W(810000000043ee01), W(400415828), 1, VMA_ANON, STATE_THP_TAIL},
	    {"huge zero page, head", W(a000000000169000), W(1408000), 0, VMA_ANON, STATE_ZERO},
	    {"huge zero page, tail", W(a000000000169001), W(1410000), 0, VMA_ANON, STATE_ZERO},
	    {"hugetlb, head", W(810000000043ee00), W(400029808), 1, VMA_HUGETLB, STATE_HUGETLB},
	    {"hugetlb, tail", W(810000000043ee01), W(400031808), 1, VMA_HUGETLB, STATE_HUGETLB},
	    {"KSM", W(800000000047196a), W(20583c), 64, VMA_ANON, STATE_KSM},
	    {"swapped out", W(4000000000000020), 0, 0, VMA_ANON, STATE_SWAPPED},
	    {"in RAM and in swap", W(810000000043ee27), W(2400007828), 1, VMA_ANON, STATE_SWAPCACHE},
	    {"guard page", W(440000000000009f), 0, 0, VMA_ANON, STATE_GUARD},
	    {"userfaultfd marker", W(420000000000003f), 0, 0, VMA_ANON, STATE_UFFD},
	    {"userfaultfd marker of Linux 6.1", W(428000000000003e), 0, 0, VMA_SHM, STATE_UFFD},
	    {"of Linux 6.1, swap could not give it back", W(400000000087dc5f), 0, 0, VMA_ANON, STATE_SPECIAL},
	    {"userfaultfd on a page", W(830000000043ee27), W(400005808), 1, VMA_ANON, STATE_ANON},
	    {"[vdso]", W(a000000000002861), W(100000800), 28, VMA_KERNEL, STATE_DEVICE},
	    /* and what the rules make of the rest */
	    {"poison marker", W(400000000000005f), 0, 0, VMA_ANON, STATE_POISONED},
	    {"guard marker without bit 58", W(400000000000009f), 0, 0, VMA_ANON, STATE_GUARD},
	    {"a device after one that was taken out of use", W(4000000000000022), 0, 0, VMA_ANON, STATE_SWAPPED},
	    {"the last type that must be a device", W(4000000000000036), 0, 0, VMA_ANON, STATE_SWAPPED},
	    {"the first that need not be", W(4000000000000037), 0, 0, VMA_ANON, STATE_SPECIAL},
	    {"special: broken memory", W(4000000000000037), W(80000), 0, VMA_ANON, STATE_HWPOISON},
	    {"special: being moved", W(400000000000003d), W(5829), 0, VMA_ANON, STATE_MIGRATING},
	    {"special: a device's memory", W(400000000000003b), W(800), 0, VMA_ANON, STATE_SPECIAL},
	    {"shmem on its way to swap", W(a100000000043ee2), W(2000006838), 1, VMA_SHM, STATE_SWAPCACHE},
	    {"shmem, mlocked", W(a100000000043ee2), W(200044818), 1, VMA_SHM, STATE_MLOCKED},
	    {"file, mlocked", W(a100000000043ee2), W(20004086c), 1, VMA_FILE, STATE_MLOCKED},
	    {"file, mlocked and dirty", W(a100000000043ee2), W(20004087c), 1, VMA_FILE, STATE_FILE_DIRTY},
	    {"copy of a file page, mlocked", W(810000000043ee27), W(60004582c), 1, VMA_FILE, STATE_COPIED},
	    {"copy of a file page, shared after fork", W(800000000043ee27), W(5828), 2, VMA_FILE, STATE_COPIED},
	    {"broken memory", W(810000000043ee27), W(400085808), 1, VMA_ANON, STATE_HWPOISON},
	    {"a frame without struct page", W(8000010000000000), W(100000), 0, VMA_DEVICE, STATE_DEVICE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct page pg = {.word = rows[i].word, .kpf = rows[i].kpf, .count = rows[i].count,
		                  .known = PAGE_WORD};
		struct vma v = {.type = (uint8_t)rows[i].type, .name = "", .inode = rows[i].type == VMA_FILE};

		if (pg.word & PM_PRESENT)
			pg.known |= PAGE_FLAGS | PAGE_COUNT;
		else if (pg.kpf)
			pg.known |= PAGE_ENTRY;
		is_str(state_row(state_of_page(&pg, &v, 1))->name, state_row(rows[i].want)->name, rows[i].name);
	}
}

/* Without CAP_SYS_ADMIN frames, swap types and offsets read as zero. */
static void
test_hidden(void)
{
	static const struct {
		const char *name;
		uint64_t word;
		enum vma_type type;
		enum state want;
	} rows[] = {
	    {"present, kind unknown", W(8000000000000000), VMA_ANON, STATE_HIDDEN},
	    {"present, exclusive", W(8100000000000000), VMA_ANON, STATE_ANON},
	    {"file page", W(a000000000000000), VMA_FILE, STATE_FILE},
	    {"file page, exclusive", W(a100000000000000), VMA_FILE, STATE_FILE},
	    {"shared memory", W(a100000000000000), VMA_SHM, STATE_SHMEM},
	    {"hugetlb", W(a100000000000000), VMA_HUGETLB, STATE_HUGETLB},
	    {"vdso", W(a000000000000000), VMA_KERNEL, STATE_DEVICE},
	    {"device", W(a000000000000000), VMA_DEVICE, STATE_DEVICE},
	    {"a private copy of a file page", W(8100000000000000), VMA_FILE, STATE_COPIED},
	    {"one that is shared after a fork", W(8000000000000000), VMA_FILE, STATE_COPIED},
	    {"the huge zero page", W(a000000000000000), VMA_ANON, STATE_ZERO},
	    {"private hugetlb", W(8100000000000000), VMA_HUGETLB, STATE_HUGETLB},
	    {"guard, by bit 58 alone", W(4400000000000000), VMA_ANON, STATE_GUARD},
	    {"nothing", 0, VMA_ANON, STATE_NONE},
	    {"soft-dirty and nothing else", W(0080000000000000), VMA_ANON, STATE_NONE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct page pg = {.word = rows[i].word, .known = PAGE_WORD};
		struct vma v = {.type = (uint8_t)rows[i].type, .name = "", .inode = rows[i].type == VMA_FILE};

		for (unsigned swaps = 0; swaps < 2; swaps++)
			is_str(state_row(state_of_page(&pg, &v, swaps))->name, state_row(rows[i].want)->name,
			       rows[i].name);
	}
}

static void
test_edges(void)
{
	struct page pg = {.word = W(810000000043ee27), .kpf = W(400005808)};
	struct vma v = {.type = VMA_ANON, .name = ""};

	is_u64(state_of_page(&pg, &v, 1), STATE_UNREADABLE, "a word that was not read says nothing");
	pg.known = PAGE_WORD;
	pg.kpf = KPF_HWPOISON;
	is_u64(state_of_page(&pg, &v, 1), STATE_ANON, "flags that were not read say nothing");
	pg.known = PAGE_WORD | PAGE_FLAGS | PAGE_NO_KSM;
	pg.kpf = W(20583c);
	is_u64(state_of_page(&pg, &v, 1), STATE_ANON, "a KSM flag that is not to be believed");
	pg.known = PAGE_WORD;
	pg.word = W(4000000000000018);
	is_u64(state_of_page(&pg, &v, 24), STATE_SPECIAL, "type 24 of 24 devices is special");
	is_u64(state_of_page(&pg, &v, 25), STATE_SWAPPED, "and of 25 devices it is swap");
	pg.word = W(4000000000000000);
	is_u64(state_of_page(&pg, &v, 1), STATE_SWAPPED, "type hidden, a device there: swapped");
	is_u64(state_of_page(&pg, &v, 0), STATE_SPECIAL, "type hidden, no device: it cannot be swap");
	pg.word = W(8000000000000000);
	pg.cats = PM_CAT_PFNZERO;
	is_u64(state_of_page(&pg, &v, 0), STATE_ZERO, "frame hidden, but the scan knows the zero page");
	pg.word = W(8100000000000000);
	is_u64(state_of_page(&pg, &v, 0), STATE_ANON, "and a page written since is none");
	pg = (struct page){.word = W(8000010000000000), .known = PAGE_WORD | PAGE_NO_RECORD};
	is_u64(state_of_page(&pg, &v, 0), STATE_DEVICE, "a frame past the end of memory is a device's");
	pg = (struct page){.known = PAGE_WORD | PAGE_CACHED};
	is_u64(state_of_page(&pg, &v, 0), STATE_CACHED, "not mapped, in the page cache");
	pg = (struct page){.word = W(810000000043ee20), .kpf = W(40040d828),
	                   .known = PAGE_WORD | PAGE_FLAGS | PAGE_FOLIO | PAGE_SMALL, .order = 4};
	is_u64(state_of_page(&pg, &v, 0), STATE_MTHP, "a large folio smaller than a huge page");
}

/*
 * MADV_FREE takes SWAPBACKED off the folio. Before Linux 6.10 its tails never show it, and
 * hugetlb's pages have none.
 */
static void
test_lazyfree(void)
{
	static const struct {
		const char *name;
		uint64_t kpf, head;
		bool folio;
		enum vma_type type;
		enum state want;
	} rows[] = {
	    {"freed", W(400001828), 0, false, VMA_ANON, STATE_LAZYFREE},
	    {"freed, and its folio was written", W(400001838), 0, false, VMA_ANON, STATE_ANON},
	    {"in use", W(400005828), 0, false, VMA_ANON, STATE_ANON},
	    {"freed, a huge page's head", W(400409828), 0, true, VMA_ANON, STATE_LAZYFREE},
	    {"freed, its tail since 6.10", W(400411828), 0, true, VMA_ANON, STATE_LAZYFREE},
	    {"in use, its tail since 6.10", W(400415828), 0, true, VMA_ANON, STATE_THP_TAIL},
	    {"a bare tail of a head in use", W(411800), KPF_SWAPBACKED | KPF_UPTODATE, true,
	     VMA_ANON, STATE_THP_TAIL},
	    {"a bare tail of a freed head", W(411800), KPF_UPTODATE, true, VMA_ANON,
	     STATE_LAZYFREE},
	    {"a bare tail whose head is not known", W(411800), 0, false, VMA_ANON, STATE_THP_TAIL},
	    {"hugetlb", W(400029808), 0, true, VMA_HUGETLB, STATE_HUGETLB},
	    {"hugetlb, tail", W(400031808), 0, true, VMA_HUGETLB, STATE_HUGETLB},
	};
	const struct flag swapbacked = {.source = FLAG_KPF, .bit = KPF_SWAPBACKED_BIT};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct page pg = {.word = W(810000000043ee20),
		                  .kpf = rows[i].kpf,
		                  .head = rows[i].head,
		                  .order = 9,
		                  .known =
		                      PAGE_WORD | PAGE_FLAGS | (rows[i].folio ? PAGE_FOLIO : 0)};
		struct vma v = {.type = (uint8_t)rows[i].type, .name = ""};
		const char *words;

		is_str(state_row(state_of_page(&pg, &v, 1))->name, state_row(rows[i].want)->name,
		       rows[i].name);
		words = explain_bit(&swapbacked, &pg, &v);
		ok((words && strstr(words, "MADV_FREE")) == (rows[i].want == STATE_LAZYFREE),
		   "the words agree");
	}
}

/* In memory alone, and not backed by swap: nothing there waits for a disk. */
static void
test_kinds(void)
{
	static const struct {
		const char *name;
		uint64_t kpf;
		enum vma_type type;
		enum vma_behind behind;
		enum state want;
	} rows[] = {
	    {"ramfs", W(40838), VMA_SHM, VMA_BEHIND_RAMFS, STATE_SHMEM},
	    {"secret memory", W(200040838), VMA_SHM, VMA_BEHIND_SECRET, STATE_SHMEM},
	    {"a bare tail of shared memory", W(10800), VMA_SHM, VMA_BEHIND_SHMEM, STATE_SHMEM},
	    {"a socket's ring", W(8800), VMA_KERNEL, VMA_BEHIND_UNKNOWN, STATE_DEVICE},
	    {"io_uring", W(804), VMA_KERNEL, VMA_BEHIND_UNKNOWN, STATE_DEVICE},
	    {"aio", W(80c), VMA_KERNEL, VMA_BEHIND_UNKNOWN, STATE_DEVICE},
	    {"a driver's page", W(800), VMA_DEVICE, VMA_BEHIND_UNKNOWN, STATE_DEVICE},
	    {"a driver's shared memory", W(4838), VMA_DEVICE, VMA_BEHIND_UNKNOWN, STATE_SHMEM},
	    {"a file's", W(86c), VMA_FILE, VMA_BEHIND_UNKNOWN, STATE_FILE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct page pg = {.word = W(a000000000043ee2),
		                  .kpf = rows[i].kpf,
		                  .known = PAGE_WORD | PAGE_FLAGS};
		struct vma v = {.type = (uint8_t)rows[i].type,
		                .behind = (uint8_t)rows[i].behind,
		                .name = "/x",
		                .inode = 5,
		                .perm = VMA_READ | VMA_SHARED};

		is_str(state_row(state_of_page(&pg, &v, 1))->name, state_row(rows[i].want)->name,
		       rows[i].name);
	}
}

static void
test_cats(void)
{
	enum { P = PM_CAT_PRESENT, S = PM_CAT_SWAPPED, F = PM_CAT_FILE, Z = PM_CAT_PFNZERO,
	       H = PM_CAT_HUGE, G = PM_CAT_GUARD, D = PM_CAT_SOFT_DIRTY };
	static const struct {
		const char *name;
		uint64_t cats, inode;
		enum vma_type type;
		unsigned perm;
		enum state want;
	} rows[] = {
	    {"nothing", 0, 0, VMA_ANON, VMA_READ, STATE_NONE},
	    {"soft-dirty only", D, 0, VMA_ANON, VMA_READ, STATE_NONE},
	    {"anon", P, 0, VMA_ANON, VMA_READ, STATE_ANON},
	    {"heap", P | D, 0, VMA_HEAP, VMA_READ, STATE_ANON},
	    {"anon, huge", P | H, 0, VMA_ANON, VMA_READ, STATE_THP_HEAD},
	    {"zero", P | Z, 0, VMA_ANON, VMA_READ, STATE_ZERO},
	    {"huge zero", P | Z | H, 0, VMA_ANON, VMA_READ, STATE_ZERO},
	    {"swapped", S, 0, VMA_ANON, VMA_READ, STATE_SWAPPED},
	    {"guard", S | G, 0, VMA_ANON, VMA_READ, STATE_GUARD},
	    {"private file page", P | F, 9, VMA_FILE, VMA_READ, STATE_FILE},
	    {"private copy", P, 9, VMA_FILE, VMA_READ, STATE_COPIED},
	    {"huge zero page, told by its file bit", P | F, 0, VMA_ANON, VMA_READ, STATE_ZERO},
	    {"shared file: FILE is not asked for", P, 9, VMA_FILE, VMA_READ | VMA_SHARED, STATE_FILE},
	    {"shared memory", P, 9, VMA_SHM, VMA_READ | VMA_SHARED, STATE_SHMEM},
	    {"shared memory without inode", P, 0, VMA_SHM, VMA_READ | VMA_SHARED, STATE_SHMEM},
	    {"hugetlb", P | H, 9, VMA_HUGETLB, VMA_READ, STATE_HUGETLB},
	    {"vdso", P, 0, VMA_KERNEL, VMA_READ, STATE_DEVICE},
	    {"device", P, 5, VMA_DEVICE, VMA_READ | VMA_SHARED, STATE_DEVICE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct vma v = {.type = (uint8_t)rows[i].type, .inode = rows[i].inode,
		                .perm = (uint8_t)rows[i].perm, .name = ""};
		char name[64];

		snprintf(name, sizeof(name), "categories: %s", rows[i].name);
		is_str(state_row(state_of_cats(rows[i].cats, &v))->name, state_row(rows[i].want)->name, name);
	}
}

static void
test_rows(void)
{
	bool good = true;

	for (unsigned a = 0; a < STATE_COUNT; a++) {
		const struct state_row *row = state_row((enum state)a);

		good &= row->letter > ' ' && row->name[0] && row->words[0] && row->help[0] &&
		        strlen(row->name) <= 11;
		for (unsigned b = 0; b < a; b++)
			good &= state_row((enum state)b)->letter != row->letter &&
			        strcmp(state_row((enum state)b)->name, row->name) != 0;
	}
	ok(good, "each state has a letter and a name of its own, and words");
}

int
main(void)
{
	tap_start();
	test_golden();
	test_hidden();
	test_edges();
	test_lazyfree();
	test_kinds();
	test_cats();
	test_rows();
	return tap_done();
}
