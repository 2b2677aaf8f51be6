/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_KABI_H
#define PM_KABI_H

/*
 * The part of the kernel's ABI that pmtop reads, under names of its own, because distributions'
 * headers lag behind (Debian 12's are Linux 6.1's). Whether the running kernel has a thing is
 * found by trying it (probe.c), never from these definitions.
 *
 * Documentation/admin-guide/mm/pagemap.rst, soft-dirty.rst; include/uapi/linux/fs.h
 */
#include <stdint.h>
#include <sys/ioctl.h>

/* /proc/PID/pagemap: one word per virtual page */
#define PM_PFN_MASK    ((UINT64_C(1) << 55) - 1)
#define PM_SWAP_TYPE(w)   ((unsigned)((w) & 0x1f))
#define PM_SWAP_OFFSET(w) (((w) & PM_PFN_MASK) >> 5)
#define PM_SWAP_WORD(type, offset) (((uint64_t)(offset) << 5 & PM_PFN_MASK) | (type))

/*
 * An entry that is not present has a type of 0..31. The lowest are swap devices; the highest are
 * special: broken memory, pages being moved, pages in a device's memory, markers. How many the
 * kernel keeps for itself depends on its configuration, 9 at most (linux/swap.h, MAX_SWAPFILES).
 */
#define PM_SWAP_TYPES      32u
#define PM_SWAP_TYPES_SURE 23u

/*
 * Type 31 marks an entry that is no swap at all; its offset says what (linux/swapops.h). In
 * Linux 6.0 and 6.1 that is type 30, and 31 a page that swap could not give back, with the number
 * of a frame: those are never that low.
 */
#define PM_IS_MARKER(w)    (PM_SWAP_TYPE(w) >= 30u && PM_SWAP_OFFSET(w) < 16)
#define PM_MARKER_UFFD_WP  1u
#define PM_MARKER_POISONED 2u
#define PM_MARKER_GUARD    4u

/* PAGEMAP_SCAN, Linux 6.7 */
struct pm_scan_region {
	uint64_t start, end, categories;
};

struct pm_scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define PM_SCAN_WP_MATCHING    1
#define PM_SCAN_CHECK_WPASYNC  2

#define PM_IOC_SCAN _IOWR('f', 16, struct pm_scan_arg)

#define PM_CAT_WPALLOWED  (UINT64_C(1) << 0)
#define PM_CAT_WRITTEN    (UINT64_C(1) << 1)
#define PM_CAT_FILE       (UINT64_C(1) << 2)
#define PM_CAT_PRESENT    (UINT64_C(1) << 3)
#define PM_CAT_SWAPPED    (UINT64_C(1) << 4)
#define PM_CAT_PFNZERO    (UINT64_C(1) << 5)
#define PM_CAT_HUGE       (UINT64_C(1) << 6)
#define PM_CAT_SOFT_DIRTY (UINT64_C(1) << 7) /* 6.8 */
#define PM_CAT_GUARD      (UINT64_C(1) << 8) /* 6.16 */
#define PM_CAT_ACCESSED   (UINT64_C(1) << 9) /* proposed, in no release seen */
/* Not the kernel's: whether PM_CAT_WRITTEN applies is not known. */
#define PM_CAT_UNSURE     (UINT64_C(1) << 15)

/* PROCMAP_QUERY, Linux 6.11: known by its answer only (--capabilities) */
struct pm_procmap_query {
	uint64_t size, query_flags, query_addr, vma_start, vma_end, vma_flags, vma_page_size,
	    vma_offset;
	uint64_t inode;
	uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
	uint64_t vma_name_addr, build_id_addr;
};

#define PM_IOC_QUERY _IOWR('f', 17, struct pm_procmap_query)
#define PM_QUERY_COVERING_OR_NEXT 0x10

/* cachestat, Linux 6.5; the number is the same everywhere */
#define PM_SYS_CACHESTAT 451

struct pm_cachestat_range {
	uint64_t off, len;
};

struct pm_cachestat {
	uint64_t nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted;
};

/* userfaultfd: the handshake, and asynchronous write protection (Linux 6.7) */
struct pm_uffdio_api {
	uint64_t api, features, ioctls;
};

struct pm_uffdio_register {
	uint64_t start, len, mode, ioctls;
};

#define PM_IOC_UFFD_REGISTER _IOWR(0xaa, 0x00, struct pm_uffdio_register)
#define PM_UFFD_MODE_WP      2

struct pm_uffdio_range {
	uint64_t start, len;
};

#define PM_IOC_UFFD_UNREGISTER _IOR(0xaa, 0x01, struct pm_uffdio_range)

struct pm_uffdio_writeprotect {
	uint64_t start, len, mode;
};

#define PM_IOC_UFFD_WP _IOWR(0xaa, 0x06, struct pm_uffdio_writeprotect)
#define PM_UFFD_WP_ON  1

#define PM_UFFD_FEATURE_WP       (UINT64_C(1) << 0)
#define PM_UFFD_FEATURE_WP_SHMEM     (UINT64_C(1) << 12)
#define PM_UFFD_FEATURE_WP_EMPTY     (UINT64_C(1) << 13)
#define PM_IOC_UFFD_API      _IOWR(0xaa, 0x3f, struct pm_uffdio_api)
#define PM_UFFD_API          0xaa
#define PM_UFFD_USER_MODE    1
#define PM_UFFD_FEATURE_WP_ASYNC     (UINT64_C(1) << 15)

/* the features that we request */
#define PM_UFFD_FEATURES                                                            \
	(PM_UFFD_FEATURE_WP | PM_UFFD_FEATURE_WP_SHMEM | PM_UFFD_FEATURE_WP_EMPTY | \
	 PM_UFFD_FEATURE_WP_ASYNC)

#define PM_MADV_COLLAPSE 25 /* Linux 6.1 */

/* to /proc/PID/clear_refs */
#define PM_CLEAR_REFERENCED "1"
#define PM_CLEAR_SOFT_DIRTY "4"

#endif
