/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/vma.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"

static const uint64_t ARENA = UINT64_C(64) << 20; /* glibc's HEAP_MAX_SIZE, Go's heapArenaBytes */

enum { SMALLEST_PAGE = 4096 }; /* on any machine: a region must be a multiple of it */

/* Most names differ in the first letter: faster than a call. */
static bool
vma_starts(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

/*
 * Regions that the kernel makes. A file's name begins with /, so it cannot look like these, except
 * for aio.
 */
static const struct {
	const char *prefix, *words;
} vma_kernels[] = {
    {"[vvar", "kernel data for system calls without a kernel entry (clock)"},
    {"[vdso", "kernel code for system calls without a kernel entry (clock)"},
    {"[vsyscall", "old kernel entry points, above all processes"},
    {"[uprobes", "kernel copies of probed instructions (uprobes)"},
    {"anon_inode:[io_uring]", "rings of io_uring: requests to the kernel, and its replies"},
    {"/[aio] (deleted)", "ring of asynchronous I/O (io_setup): completed requests"},
    {"anon_inode:[perf_event]", "ring of perf: events recorded by the kernel"},
    {"anon_inode:bpf", "memory of a BPF program, shared with the kernel"},
    {"anon_inode:kvm", "KVM: state of a virtual machine, shared with the kernel"},
    {"socket:", "ring of a socket: packets, shared with the kernel"},
};

const char *
vma_kernel_words(const struct vma *v)
{
	for (size_t i = 0; i < ARRAY_LEN(vma_kernels); i++)
		if (vma_starts(v->name, vma_kernels[i].prefix))
			return vma_kernels[i].words;
	return NULL;
}

static bool
vma_is_shm_name(const char *name)
{
	return vma_starts(name, "/memfd:") || vma_starts(name, "/dev/shm/") ||
	       vma_starts(name, "/SYSV") || vma_starts(name, "/dev/zero (deleted)") ||
	       vma_starts(name, "/secretmem");
}

/* By name alone, for devices that are not known. */
static enum vma_type
vma_type_of(const struct vma *v)
{
	const char *n = v->name;

	if (!n[0] && !v->inode) /* most of a long list */
		return v->perm & (VMA_READ | VMA_WRITE | VMA_EXEC) ? VMA_ANON : VMA_RESERVE;
	if (!strcmp(n, "[heap]"))
		return VMA_HEAP;
	if (vma_starts(n, "[stack"))
		return VMA_STACK;
	if (vma_kernel_words(v))
		return VMA_KERNEL;
	if (vma_starts(n, "/anon_hugepage") || vma_starts(n, "/dev/hugepages/"))
		return VMA_HUGETLB;
	if (vma_is_shm_name(n) || vma_starts(n, "[anon_shmem:"))
		return VMA_SHM;
	if ((vma_starts(n, "/dev/") && (v->perm & VMA_SHARED || strcmp(n, "/dev/zero"))) ||
	    vma_starts(n, "/sys/devices/") || vma_starts(n, "anon_inode:"))
		return VMA_DEVICE;
	if (n[0] == '/' ? strcmp(n, "/dev/zero") != 0 : v->inode != 0)
		return VMA_FILE;
	return v->perm & (VMA_READ | VMA_WRITE | VMA_EXEC) ? VMA_ANON : VMA_RESERVE;
}

bool
vma_has_file(const struct vma *v)
{
	switch ((enum vma_type)v->type) {
	case VMA_ANON:
	case VMA_HEAP:
	case VMA_STACK:
	case VMA_RESERVE:
	case VMA_GUARD: return false;
	case VMA_FILE:
	case VMA_SHM:
	case VMA_HUGETLB:
	case VMA_KERNEL:
	case VMA_DEVICE:
	case VMA_TYPES: break;
	}
	return v->inode || v->dev_major || v->dev_minor || v->name[0] == '/';
}

bool
vma_swaps_unseen(const struct vma *v)
{
	return v->type == VMA_SHM && v->behind != VMA_BEHIND_RAMFS &&
	       v->behind != VMA_BEHIND_SECRET;
}

bool
vma_is_file(const struct vma *v)
{
	return vma_has_file(v) && (v->type == VMA_FILE || v->behind == VMA_BEHIND_TMPFS ||
	                           v->behind == VMA_BEHIND_RAMFS);
}

/* One more than the digit; 0: it is none. */
static const uint8_t vma_digits[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
    ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
    ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
    ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Half of a list's text are such numbers: by table, several times as fast as parse_u64. */
static bool
vma_take_hex(const char **s, char stop, uint64_t *out)
{
	const char *p = *s;
	uint64_t v = 0;
	unsigned d;

	for (; (d = vma_digits[(unsigned char)*p]); p++) {
		if (v >> 60)
			return false;
		v = v << 4 | (d - 1);
	}
	if (p == *s || *p != stop)
		return false;
	*s = p + 1;
	*out = v;
	return true;
}

static bool
vma_take_perm(const char **s, uint8_t *perm)
{
	static const char set[] = "rwxs";
	unsigned bits = 0;

	for (int i = 0; i < 4; i++) {
		char c = (*s)[i];

		if (c == set[i])
			bits |= 1u << i;
		else if (c != (i == 3 ? 'p' : '-'))
			return false;
	}
	if ((*s)[4] != ' ')
		return false;
	*s += 5;
	*perm = (uint8_t)bits;
	return true;
}

/* START-END PERM OFFSET MAJ:MIN INODE [blanks NAME]; the name is the rest of the line, blanks and
 * all. */
static bool
vma_parse_line(const char *s, struct vma *v)
{
	struct vma got = {0};
	uint64_t major, minor;

	if (!vma_take_hex(&s, '-', &got.start) || !vma_take_hex(&s, ' ', &got.end) ||
	    !vma_take_perm(&s, &got.perm) || !vma_take_hex(&s, ' ', &got.offset) ||
	    !vma_take_hex(&s, ':', &major) || !vma_take_hex(&s, ' ', &minor) ||
	    !parse_u64(s, 10, &s, &got.inode) || (*s && *s != ' ') || got.start >= got.end ||
	    (got.start | got.end) % SMALLEST_PAGE)
		return false;
	got.dev_major = (uint32_t)major;
	got.dev_minor = (uint32_t)minor;
	got.name = s + strspn(s, " ");
	got.type = (uint8_t)vma_type_of(&got);
	*v = got;
	return true;
}

void
vma_parse(struct vma_list *list, char *text, size_t *odd)
{
	*list = (struct vma_list){.text = text};
	*odd = 0;
	for (char *line = text, *next; line && *line; line = next) {
		struct vma v;
		uint64_t last = list->n ? list->v[list->n - 1].end : 0;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!vma_parse_line(line, &v) || v.start < last) {
			++*odd;
			continue;
		}
		list->v = vec_room(list->v, list->n, &list->cap, sizeof(*list->v));
		list->v[list->n++] = v;
	}
}

int
vma_read(int fd, struct vma_list *list, struct err *err)
{
	struct buf text = {0};
	size_t odd;

	*list = (struct vma_list){0};
	if (lseek(fd, 0, SEEK_SET) < 0 || file_read_all(fd, &text) < 0) {
		err_sys(err, NULL, "cannot read the list of regions (maps)");
		buf_free(&text);
		return -1;
	}
	if (!text.s)
		return 0;
	vma_parse(list, text.s, &odd);
	if (!list->n)
		vma_free(list);
	return 0;
}

bool
vma_hides_pages(const struct vma *v)
{
	return vma_starts(v->name, "[vvar") || v->type == VMA_DEVICE ||
	       (v->type == VMA_KERNEL && vma_starts(v->name, "anon_inode:"));
}

bool
vma_goes_on(const struct vma *a, const struct vma *b)
{
	return a->end == b->start && a->perm == b->perm && a->type == b->type &&
	       a->inode == b->inode && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && !strcmp(a->name, b->name) &&
	       (!a->inode || a->offset + (a->end - a->start) == b->offset);
}

void
vma_free(struct vma_list *list)
{
	for (size_t i = 0; i < list->given_n; i++)
		free(list->given[i]);
	free(list->given);
	free(list->v);
	free(list->text);
	*list = (struct vma_list){0};
}

void
vma_rename(struct vma_list *list, size_t i, char *name)
{
	list->given = vec_room(list->given, list->given_n, &list->given_cap, sizeof(*list->given));
	list->given[list->given_n++] = name;
	list->v[i].name = name;
}

size_t
vma_lower_bound(const struct vma_list *list, uint64_t addr)
{
	return vec_above(list->v, list->n, sizeof(*list->v), offsetof(struct vma, end), addr);
}

uint64_t
vma_mapped(const struct vma_list *list, uint64_t start, uint64_t end)
{
	uint64_t sum = 0;

	for (size_t i = vma_lower_bound(list, start); i < list->n && list->v[i].start < end; i++)
		sum += u64_min(end, list->v[i].end) - u64_max(start, list->v[i].start);
	return sum;
}

const struct vma *
vma_at(const struct vma_list *list, uint64_t addr)
{
	size_t i = vma_lower_bound(list, addr);

	return i < list->n && list->v[i].start <= addr ? &list->v[i] : NULL;
}

static bool
vma_is_bare(const struct vma *v)
{
	return !v->name[0] && (v->type == VMA_ANON || v->type == VMA_RESERVE);
}

static bool
vma_is_arena(const struct vma_list *list, size_t i)
{
	const struct vma *v = &list->v[i], *rest = v + 1;

	if (!strcmp(v->name, "[anon: glibc: malloc arena]") ||
	    !strcmp(v->name, "[anon:glibc: malloc arena]"))
		return true;
	if (!vma_is_bare(v) || v->type != VMA_ANON || !(v->perm & VMA_WRITE) || v->start % ARENA)
		return false;
	return vma_size(v) == ARENA ||
	       (i + 1 < list->n && vma_is_bare(rest) && rest->type == VMA_RESERVE &&
	        rest->start == v->end && rest->end - v->start == ARENA);
}

enum vma_arena
vma_arena(const struct vma_list *list, size_t i)
{
	const struct vma *v = &list->v[i];

	if (vma_is_arena(list, i))
		return VMA_ARENA_USED;
	return i && vma_is_bare(v) && vma_is_arena(list, i - 1) && v->end - v[-1].start == ARENA
	           ? VMA_ARENA_REST
	           : VMA_NO_ARENA;
}

unsigned
vma_pointer_size(const struct vma_list *list)
{
	size_t n = list->n;

	while (n && vma_starts(list->v[n - 1].name, "[vsyscall"))
		n--;
	return n && list->v[n - 1].end <= UINT64_C(1) << 32 ? 4 : 8;
}

const char *
vma_shown_name(const struct vma *v)
{
	if (v->name[0])
		return v->name;
	return v->type == VMA_RESERVE ? "[reserved]" : "[anonymous]";
}

void
vma_perm_text(const struct vma *v, char out[5])
{
	static const char set[] = "rwx";

	for (int i = 0; i < 3; i++)
		out[i] = v->perm >> i & 1 ? set[i] : '-';
	out[3] = v->perm & VMA_SHARED ? 's' : 'p';
	out[4] = '\0';
}

const char *
vma_type_name(enum vma_type type)
{
	static const char *const names[VMA_TYPES] = {
	    [VMA_ANON] = "anon",       [VMA_HEAP] = "heap",       [VMA_STACK] = "stack",
	    [VMA_FILE] = "file",       [VMA_SHM] = "shm",         [VMA_HUGETLB] = "hugetlb",
	    [VMA_RESERVE] = "reserve", [VMA_GUARD] = "guard",     [VMA_KERNEL] = "kernel",
	    [VMA_DEVICE] = "device",
	};

	return names[type];
}

const char *
vma_type_help(enum vma_type type)
{
	static const char *const words[VMA_TYPES] = {
	    [VMA_ANON] = "private memory of no file",
	    [VMA_HEAP] = "the heap that brk grows",
	    [VMA_STACK] = "the stack of a thread",
	    [VMA_FILE] = "a file, mapped private or shared",
	    [VMA_SHM] = "shared memory, in no file on a disk: tmpfs, memfd, System V",
	    [VMA_HUGETLB] = "pages of the hugetlb pool",
	    [VMA_RESERVE] = "address space reserved without access",
	    [VMA_GUARD] = "no access, below the stack of a thread",
	    [VMA_KERNEL] = "the kernel's own: vdso, vvar, rings of io_uring, perf and sockets",
	    [VMA_DEVICE] = "memory of a device",
	};

	return words[type];
}
