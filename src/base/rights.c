/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rights.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"

/* set aside; written once, before there are threads */
static uint64_t rights_kept;
/* what stays in force in this thread */
static _Thread_local uint64_t rights_held;

/* Of the thread that calls. */
static void
rights_set(uint64_t permitted, uint64_t effective)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
	    {.permitted = (uint32_t)permitted, .effective = (uint32_t)effective},
	    {.permitted = (uint32_t)(permitted >> 32), .effective = (uint32_t)(effective >> 32)},
	};

	syscall(SYS_capset, &head, data);
}

static uint64_t
rights_permitted(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &head, data) < 0)
		return 0;
	return (uint64_t)data[1].permitted << 32 | data[0].permitted;
}

/*
 * The kernel makes the files of a program with capabilities root's, and those of /proc/self among
 * them, by which pmtop tries what works. That is undone: who has fewer capabilities than pmtop may
 * neither trace it nor open its memory in any case (cap_ptrace_access_check).
 */
void
rights_set_aside(void)
{
	if (geteuid() == 0)
		return;
	rights_kept = rights_permitted();
	if (!rights_kept)
		return;
	rights_set(rights_kept, 0); /* nothing to inherit: the ambient ones go with it */
	if (getauxval(AT_SECURE))
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

bool
rights_have(unsigned capability)
{
	return rights_permitted() & RIGHT(capability);
}

bool
rights_are_aside(void)
{
	return rights_kept;
}

void
rights_take(uint64_t which)
{
	if (rights_kept)
		rights_set(rights_kept, rights_kept & (which | rights_held));
}

void
rights_leave(void)
{
	int error = errno;

	if (rights_kept)
		rights_set(rights_kept, rights_held);
	errno = error;
}

long
rights_after(long result)
{
	rights_leave();
	return result;
}

void
rights_hold(uint64_t which)
{
	rights_held = rights_kept & which;
	rights_leave();
}

void
rights_give_up(void)
{
	if (!rights_kept)
		return;
	rights_kept = rights_held = 0;
	rights_set(0, 0);
}

/* --- what files take -------------------------------------------------------------------------- */

#define RIGHTS_READ RIGHT(CAP_DAC_READ_SEARCH)
static const struct {
	const char *name;
	uint64_t needs;
} rights_files[] = {
    /* who opens it with CAP_SYS_ADMIN sees frames in it */
    {"pagemap", RIGHTS_LOOK | RIGHTS_READ | RIGHT(CAP_SYS_ADMIN)},
    {"kpageflags", RIGHTS_READ},
    {"kpagecount", RIGHTS_READ},
    {"kpagecgroup", RIGHTS_READ},
    {"mem", RIGHTS_TRACE | RIGHTS_READ},
    {"syscall", RIGHTS_TRACE | RIGHTS_READ},
    {"fd", RIGHTS_TRACE | RIGHTS_READ},
    {"fdinfo", RIGHTS_TRACE | RIGHTS_READ},
    {"map_files", RIGHTS_LOOK | RIGHTS_READ},
    {"clear_refs", RIGHTS_TRACE | RIGHT(CAP_DAC_OVERRIDE)},
};

/* Whether it is one of the names that a path is made of. */
static bool
rights_is_in(const char *path, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = path; s; s = strchr(s, '/')) {
		s += *s == '/';
		if (!strncmp(s, name, n) && (!s[n] || s[n] == '/'))
			return true;
	}
	return false;
}

uint64_t
rights_of_file(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(rights_files); i++)
		if (rights_is_in(name, rights_files[i].name))
			return rights_files[i].needs;
	return RIGHTS_LOOK;
}
