/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer to `who`: the sharers of one page, or of a range by process. */
#include "query/answer_who.h"

#include "page/state.h"
#include "query/answer_query.h"

static const char answer_by_file[] =
    "by file, offset and name: frames are hidden (needs CAP_SYS_ADMIN)";

/* --- what was read ---------------------------------------------------------------------------- */

void
answer_facts_reach(struct answer *a, const struct share_reach *r)
{
	answer_add_text(a, "method", r->method == SHARE_BY_FRAME ? "by frame" : answer_by_file);
	answer_add_number(a, "address_spaces", r->processes)->note = "read, of other processes";
	answer_add_number(a, "refused", r->refused)->note =
	    r->refused == 1 ? "process that pmtop cannot read"
	    : r->refused    ? "processes that pmtop cannot read"
	                    : NULL;
	if (r->twins)
		answer_add_number(a, "same_memory", (uint64_t)r->twin)->note =
		    "this process uses the same address space, and counts once";
	if (r->unsure && r->processes)
		answer_add_unknown(a, "same_memory", "not known: processes that use one address "
		                                     "space count several times");
}

/* `explained`: as many may be in the processes that could not be read. */
static void
answer_say_missing(struct buf *line, uint64_t found, uint64_t all, const struct share_reach *r,
                   uint64_t explained)
{
	if (found >= all)
		return;
	buf_fmt(line, "; %llu of %llu mappings found", (unsigned long long)found,
	        (unsigned long long)all);
	if (r->refused)
		buf_fmt(line, ", and %u process%s could not be read", r->refused,
		        r->refused == 1 ? "" : "es");
	if (all - found <= explained)
		return;
	buf_fmt(line, "%s others may be in processes that began or ended meanwhile, or that "
	              "/proc does not show (another PID namespace, hidepid)",
	        r->refused ? ";" : ":");
}

/* Where the kernel's count is not known, nothing tells whether all were found. */
static void
answer_say_refused(struct buf *line, const struct share_reach *r)
{
	if (r->refused)
		buf_fmt(line, "; %u process%s could not be read", r->refused,
		        r->refused == 1 ? "" : "es");
}

/* --- one page --------------------------------------------------------------------------------- */

static size_t
answer_count_processes(const struct share_places *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += !i || p->v[i].pid != p->v[i - 1].pid;
	return n;
}

static void
answer_say_places(struct buf *line, const struct share_places *p)
{
	size_t n = answer_count_processes(p);

	buf_fmt(line, "page %llx: ", (unsigned long long)p->addr);
	if (p->page.kind == KIND_ZERO && p->page.known & PAGE_FLAGS) {
		buf_str(line, "the zero page, shared by all and counted by none");
		return;
	}
	if (n == 1 && p->n == 1)
		buf_fmt(line, "no other process %s it%s",
		        p->page.word & PM_PRESENT ? "maps" : "has its place in swap",
		        p->reach.refused && p->count != 1 ? " that pmtop may read" : "");
	else
		buf_fmt(line, "mapped %zu time%s by %zu process%s", p->n, plural(p->n), n,
		        n == 1 ? "" : "es");
	if (p->count)
		answer_say_missing(line, p->n, p->count, &p->reach, p->reach.refused);
	else if (p->n > 1)
		answer_say_refused(line, &p->reach);
}

static void
answer_table_places(struct answer *a, const struct share_places *p)
{
	static const struct answer_column columns[] = {
	    {"PID", ANSWER_NUMBER}, {"NAME", ANSWER_TEXT},   {"ADDRESS", ANSWER_TEXT},
	    {"PERM", ANSWER_TEXT},  {"OFFSET", ANSWER_TEXT}, {"MAPPING", ANSWER_TEXT}};

	answer_table(a, "places", columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < p->n; i++) {
		const struct share_place *at = &p->v[i];
		char perm[5] = "";

		if (at->has_vma)
			vma_perm_text(&at->v, perm);
		answer_cell_number(a, (uint64_t)at->pid);
		answer_cell_text(a, at->comm);
		answer_cell_hex(a, true, at->addr);
		answer_cell_text(a, perm);
		answer_cell_hex(a, at->has_vma && vma_has_file(&at->v),
		                at->addr - at->v.start + at->v.offset);
		answer_cell_text(a, at->v.name);
	}
}

static struct answer *
answer_places(struct target *t, const struct vma_list *vmas, uint64_t addr, struct err *err)
{
	struct share_places *p = share_places(t, vmas, addr, err);
	struct answer *a;
	struct buf line = {0};

	if (!p)
		return NULL;
	a = answer_new();
	a->has_place = true;
	a->place = addr;
	answer_add_hex(a, "address", p->addr);
	if (page_pfn(&p->page))
		answer_add_hex(a, "pfn", page_pfn(&p->page));
	if (p->count)
		answer_add_number(a, "mapped", p->count)->note = "times, by the kernel's count";
	else
		answer_add_unknown(a, "mapped",
		                   p->averaged ? "not known: this kernel counts by folio"
		                               : "not known");
	if (p->count_after != p->count)
		answer_add_number(a, "mapped_after", p->count_after)->note =
		    "times at the end: processes began or ended meanwhile";
	answer_add_number(a, "found", p->n);
	answer_facts_reach(a, &p->reach);
	answer_table_places(a, p);
	answer_say_places(&line, p);
	share_places_free(p);
	a->line = line.s;
	return a;
}

/* --- a range ---------------------------------------------------------------------------------- */

static const char *const answer_kind_keys[SHARE_KINDS] = {
    [SHARE_FILE] = "file", [SHARE_SHM] = "shm",   [SHARE_ANON] = "anon",
    [SHARE_KSM] = "ksm",   [SHARE_SWAP] = "swap",
};

static const char *const answer_kind_notes[SHARE_KINDS] = {
    [SHARE_FILE] = "bytes of files",
    [SHARE_SHM] = "bytes of shared memory",
    [SHARE_ANON] = "bytes of anonymous memory, by fork",
    [SHARE_KSM] = "bytes merged by KSM",
    [SHARE_SWAP] = "bytes in swap, by fork",
};

static void
answer_say_share(struct buf *line, const struct share *sh)
{
	uint64_t all = 0;
	char size[8];

	for (unsigned k = 0; k < SHARE_KINDS; k++)
		all += sh->pages[k];
	if (!sh->n && !all && sh->kernel && !sh->mapped)
		buf_str(line, "memory of the kernel's own, which all processes map");
	else if (!sh->n)
		buf_str(line, sh->found < sh->mapped || sh->reach.refused
		                  ? "no process was found that shares it"
		                  : "shared with no other process");
	else
		buf_fmt(line, "%zu process%s share%s %s of it", sh->n, sh->n == 1 ? "" : "es",
		        sh->n == 1 ? "s" : "", size_text(size, all * sh->page_size));
	for (unsigned k = 0, n = 0; k < SHARE_KINDS; k++)
		if (sh->pages[k])
			buf_fmt(line, "%s%s %s", n++ ? ", " : ": ", answer_kind_keys[k],
			        size_text(size, sh->pages[k] * sh->page_size));
	buf_fmt(line, "; %s it would free ", sh->whole ? "ending" : "unmapping");
	if (sh->freed || !sh->freed_swap)
		buf_fmt(line, "%s%s",
		        sh->freed ? size_text(size, sh->freed * sh->page_size) : "nothing",
		        sh->freed ? " of RAM" : "");
	if (sh->freed_swap)
		buf_fmt(line, "%s%s of swap", sh->freed ? " and " : "",
		        size_text(size, sh->freed_swap * sh->page_size));
	if (sh->uncounted && sh->found >= sh->mapped)
		answer_say_refused(line, &sh->reach);
	answer_say_missing(line, sh->found, sh->mapped, &sh->reach,
	                   sh->reach.refused ? UINT64_MAX : 0);
}

static void
answer_facts_kinds(struct answer *a, const struct share *sh)
{
	for (unsigned k = 0; k < SHARE_KINDS; k++)
		if (sh->reach.method == SHARE_BY_FILE && k != SHARE_FILE && k != SHARE_SHM)
			answer_add_unknown(a, answer_kind_keys[k],
			                   page_hidden_words(PAGE_LACK_RIGHT));
		else
			answer_add_number(a, answer_kind_keys[k], sh->pages[k] * sh->page_size)
			    ->note = answer_kind_notes[k];
}

static void
answer_facts_share(struct answer *a, const struct share *sh)
{
	answer_add_number(a, "shared_with", sh->n)->note = sh->n == 1 ? "process" : "processes";
	answer_facts_kinds(a, sh);
	answer_add_number(a, "freed", sh->freed * sh->page_size)->note =
	    "bytes of RAM if unmapped: anonymous, and in no other process";
	if (sh->reach.method == SHARE_BY_FILE)
		answer_add_unknown(a, "freed_swap", page_hidden_words(PAGE_LACK_RIGHT));
	else
		answer_add_number(a, "freed_swap", sh->freed_swap * sh->page_size)->note =
		    "bytes of swap if unmapped";
	answer_add_number(a, "mapped", sh->mapped)->note =
	    "mappings by others, as the kernel counts them";
	answer_add_number(a, "found", sh->found)->note = "of them";
	if (sh->uncounted)
		answer_add_number(a, "uncounted", sh->uncounted)->note =
		    "pages whose mappings are not counted one by one";
	if (sh->kernel)
		answer_add_number(a, "kernel", sh->kernel)->note =
		    "pages of the kernel's own ([vdso], [vvar]): all processes map them";
	if (sh->changed)
		answer_add_number(a, "changed", sh->changed)->note =
		    "pages left out: they changed meanwhile";
	if (sh->hidden)
		answer_add_number(a, "hidden", sh->hidden)->note =
		    "pages that may be shared, too: their frames are hidden";
	answer_facts_reach(a, &sh->reach);
}

static void
answer_cell_bytes(struct answer *a, const struct share *sh, bool known, uint64_t pages)
{
	struct buf b = {0};

	if (known)
		buf_dec(&b, pages * sh->page_size);
	answer_cell(a, &b);
}

static void
answer_table_share(struct answer *a, const struct share *sh)
{
	static const struct answer_column columns[] = {
	    {"PID", ANSWER_NUMBER}, {"RELATION", ANSWER_TEXT}, {"FILE", ANSWER_SIZE},
	    {"SHM", ANSWER_SIZE},   {"ANON", ANSWER_SIZE},     {"KSM", ANSWER_SIZE},
	    {"SWAP", ANSWER_SIZE},  {"BOTH", ANSWER_SIZE},     {"PAIR", ANSWER_SIZE},
	    {"NAME", ANSWER_TEXT}};
	bool frames = sh->reach.method == SHARE_BY_FRAME;

	if (!sh->n)
		return;
	answer_table(a, "processes", columns, ARRAY_LEN(columns));
	for (size_t i = 0; i < sh->n; i++) {
		const struct share_peer *p = &sh->v[i];

		answer_cell_number(a, (uint64_t)p->pid);
		answer_cell_text(a, share_relation(sh, p));
		for (unsigned k = 0; k < SHARE_KINDS; k++)
			answer_cell_bytes(a, sh, frames || k == SHARE_FILE || k == SHARE_SHM,
			                  p->pages[k]);
		answer_cell_bytes(a, sh, frames, p->both);
		answer_cell_bytes(a, sh, frames, share_pair(sh, p));
		answer_cell_text(a, p->comm);
	}
}

struct answer *
answer_share(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
             struct err *err)
{
	struct share *sh = share_sum(t, vmas, start, end, err);
	struct answer *a;
	struct buf line = {0};

	if (!sh)
		return NULL;
	a = answer_new();
	a->share = sh;
	answer_facts_share(a, sh);
	answer_table_share(a, sh);
	answer_say_share(&line, sh);
	a->line = line.s;
	return a;
}

struct answer *
answer_who(struct target *t, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	uint64_t start = 0, end = UINT64_MAX;
	const struct vma *v;

	if (q->from.column && query_is_page(q))
		return query_resolve(&q->from, vmas, &start, &v, err) < 0
		           ? NULL
		           : answer_places(t, vmas, start, err);
	if (q->from.column && query_range(q, vmas, t->page_size, &start, &end, err) < 0)
		return NULL;
	if (!vma_mapped(vmas, start, end)) {
		err_set(err, ERR_TARGET, "nothing is mapped there", "`pmtop --list` shows what is",
		        "nobody shares %llx..%llx", (unsigned long long)start,
		        (unsigned long long)end);
		err->column = q->from.column;
		return NULL;
	}
	return answer_share(t, vmas, start, end, err);
}
