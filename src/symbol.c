/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "symbol.h"

#ifdef HAVE_LIBDW

#include <elfutils/libdwfl.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool
symbol_supported(void)
{
	return true;
}

/*
 * The file behind a mapping as the target sees it (its mount namespace), made sure by inode. Never
 * blocks: what is mapped is a regular file, and anything else found there is not it.
 */
static int
open_mapped(const struct proc *p, const struct vma *v)
{
	char path[4200];
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "root%s", v->name);
	fd = proc_file(p, path, O_RDONLY | O_NONBLOCK);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_ino != v->inode)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* The file's lowest mapping: where its first loaded page is. */
static const struct vma *
lowest_of_file(const struct vma_list *vmas, const struct vma *v)
{
	for (size_t i = 0; i < vmas->n; i++)
		if (vmas->v[i].inode == v->inode && !strcmp(vmas->v[i].name, v->name))
			return &vmas->v[i];
	return v;
}

/* Separate debug files are not looked for: that may mean asking a server, and hanging. */
static int
no_debuginfo(Dwfl_Module *mod, void **data, const char *name, Dwarf_Addr base, const char *file,
             const char *link, GElf_Word crc, char **found)
{
	(void)mod, (void)data, (void)name, (void)base, (void)file, (void)link, (void)crc, (void)found;
	return -1;
}

bool
symbol_at(const struct proc *p, const struct vma_list *vmas, uint64_t addr, struct buf *out)
{
	static const Dwfl_Callbacks callbacks = {.find_debuginfo = no_debuginfo,
	                                         .section_address = dwfl_offline_section_address};
	const struct vma *v = vma_at(vmas, addr);
	int fd = v && v->type == VMA_FILE && v->inode ? open_mapped(p, v) : -1;
	Dwfl *dwfl = fd >= 0 ? dwfl_begin(&callbacks) : NULL;
	Dwfl_Module *mod = NULL;
	const char *name = NULL;
	GElf_Off off = 0;
	GElf_Sym sym;

	if (dwfl) { /* takes the descriptor over if it succeeds */
		mod = dwfl_report_elf(dwfl, "file", v->name, fd, lowest_of_file(vmas, v)->start, false);
		dwfl_report_end(dwfl, NULL, NULL);
	}
	if (!mod && fd >= 0)
		close(fd);
	if (mod)
		name = dwfl_module_addrinfo(mod, addr, &off, &sym, NULL, NULL, NULL);
	if (name && off)
		buf_fmt(out, "%s+%#llx", name, (unsigned long long)off);
	else if (name)
		buf_str(out, name);
	if (dwfl)
		dwfl_end(dwfl);
	return name != NULL;
}

#else

bool
symbol_supported(void)
{
	return false;
}

bool
symbol_at(const struct proc *p, const struct vma_list *vmas, uint64_t addr, struct buf *out)
{
	(void)p, (void)vmas, (void)addr, (void)out;
	return false;
}

#endif
