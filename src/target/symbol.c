/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/symbol.h"

#include <stdlib.h>
#include <string.h>

#include "target/bytes.h"

bool
symbol_supported(void)
{
#ifdef HAVE_LIBDW
	return true;
#else
	return false;
#endif
}

bool
symbol_demangled(void)
{
#ifdef HAVE_LIBIBERTY
	return true;
#else
	return false;
#endif
}

static bool
symbol_is_file(const struct vma *v)
{
	return vma_has_file(v) && (v->type == VMA_FILE || v->type == VMA_SHM);
}

/*
 * A file that is loaded as a program has code mapped somewhere. Of others nothing is read: the
 * beginning of shared memory may be in swap, and would come back for our sake.
 */
static bool
symbol_has_code(const struct vma_list *vmas, const struct vma *v)
{
	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *other = &vmas->v[i];

		if (other->perm & VMA_EXEC && other->inode == v->inode &&
		    other->dev_major == v->dev_major && other->dev_minor == v->dev_minor &&
		    symbol_is_file(other))
			return true;
	}
	return false;
}

static bool
symbol_is_vdso(const struct vma *v)
{
	return v->type == VMA_KERNEL && !strcmp(v->name, "[vdso]");
}

/* A file's variables without a value lie behind its last mapping, in regions that have no file. */
static const struct vma *
symbol_before_bss(const struct vma_list *vmas, const struct vma *v)
{
	enum { PIECES = 16 }; /* what is protected or watched in part is several regions */

	for (unsigned i = 0; i < PIECES && v > vmas->v && v[-1].end == v->start; i++) {
		v--;
		if (symbol_is_file(v))
			return v;
		if (v->inode)
			break;
	}
	return NULL;
}

const struct vma *
symbol_source(const struct vma_list *vmas, uint64_t addr)
{
	const struct vma *v = vma_at(vmas, addr);

	if (!v || !symbol_supported())
		return NULL;
	if (symbol_is_vdso(v))
		return v;
	if (!symbol_is_file(v))
		v = v->inode ? NULL : symbol_before_bss(vmas, v);
	return v && symbol_has_code(vmas, v) ? v : NULL;
}

static bool
symbol_ask_vdso(struct target *t, const struct vma *v, uint64_t addr, struct helper_symbol *out)
{
	uint8_t *page = mem_alloc(t->page_size);
	struct bytes_page what;
	struct err ignored;
	bool ok = source_readable(t->source, v) &&
	          bytes_pages(t, v, v->start, 1, page, &what, &ignored) == 0 &&
	          what.kind == BYTES_READ &&
	          t->source->ops->symbol(t->source, NULL, v, page, addr, out);

	free(page);
	return ok;
}

bool
symbol_at(struct target *t, const struct vma_list *vmas, uint64_t addr, struct buf *out,
          struct buf *mangled)
{
	const struct vma *v = symbol_source(vmas, addr);
	struct helper_symbol s;

	if (!v)
		return false;
	if (symbol_is_vdso(v) ? !symbol_ask_vdso(t, v, addr, &s)
	                      : !t->source->ops->symbol(t->source, vmas, v, NULL, addr, &s))
		return false;
	buf_str(out, s.demangled[0] ? s.demangled : s.name);
	if (s.demangled[0] && mangled)
		buf_str(mangled, s.name);
	if (s.offset)
		buf_fmt(out, "+%#llx", (unsigned long long)s.offset);
	return true;
}
