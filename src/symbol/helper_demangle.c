/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In the reader: demangles names. The only user of libiberty. */
#include "config.h"

#include "symbol/helper_parts.h"

#ifdef HAVE_LIBIBERTY

#include <setjmp.h>
#include <string.h>

/* From libiberty's demangle.h, which some systems lack beside the library. */
typedef void demangle_callback(const char *text, size_t n, void *arg);
int cplus_demangle_v3_callback(const char *mangled, int options, demangle_callback *to, void *arg);
int rust_demangle_callback(const char *mangled, int options, demangle_callback *to, void *arg);
enum { DMGL_PARAMS = 1, DMGL_ANSI = 2 };

struct demangled {
	char *out;
	size_t n, size;
	jmp_buf full;
};

/* A short name can expand without bound, and the library offers no way to abort it. */
static void
helper_take_demangled(const char *text, size_t n, void *arg)
{
	struct demangled *d = arg;

	if (n >= d->size - d->n)
		longjmp(d->full, 1);
	memcpy(d->out + d->n, text, n);
	d->n += n;
}

static bool
helper_demangle_by(int (*by)(const char *, int, demangle_callback *, void *), const char *name,
                   struct demangled *d)
{
	d->n = 0;
	return setjmp(d->full) == 0 &&
	       by(name, DMGL_PARAMS | DMGL_ANSI, helper_take_demangled, d) && d->n;
}

bool
helper_demangle(const char *name, char *out, size_t size)
{
	char bare[SYMBOL_NAME_MAX];
	/* foo@@V1: the version is the linker's, not part of the name */
	const char *version = strchrnul(name, '@');
	struct demangled d = {.out = out, .size = size - strlen(version)};

	out[0] = '\0';
	if (name[0] != '_' || strlen(name) >= sizeof(bare) || strlen(version) >= size)
		return false;
	memcpy(bare, name, (size_t)(version - name));
	bare[version - name] = '\0';
	/* Rust first: its legacy names are C++ names with a hash, which rust_demangle removes */
	if (!helper_demangle_by(rust_demangle_callback, bare, &d) &&
	    !helper_demangle_by(cplus_demangle_v3_callback, bare, &d)) {
		out[0] = '\0';
		return false;
	}
	strcpy(out + d.n, version);
	return true;
}

#else

bool
helper_demangle(const char *name, char *out, size_t size)
{
	(void)name, (void)size;
	out[0] = '\0';
	return false;
}

#endif
