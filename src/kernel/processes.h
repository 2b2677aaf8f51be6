/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PROCESSES_H
#define PM_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/util.h"
#include "kernel/proc.h"
#include "kernel/proc_bar.h"

/* How much of a process can be shown, found by opening its files as `pmtop PID` does. */
enum access {
	ACCESS_UNKNOWN, /* not tried yet */
	ACCESS_FULL,
	ACCESS_NO_PFN,  /* page tables without frames: states only */
	ACCESS_MAPS,    /* the regions, and no page tables */
	ACCESS_DENIED,
	ACCESS_COUNT
};

/* What is not known is PROCESS_UNKNOWN, or empty; never 0. */
#define PROCESS_UNKNOWN UINT64_MAX

struct process {
	pid_t pid;
	unsigned uid;
	char user[24];   /* its name, or its number */
	char comm[64];
	char *command; /* the command line with blanks between its words; as it came: not for a
	                  terminal */
	uint64_t rss, swap, virt; /* bytes */
	uint64_t maps;   /* regions */
	enum access access;
	int refused;     /* the errno behind ACCESS_MAPS and ACCESS_DENIED */
	enum proc_bar bar; /* why, if that is EACCES or EPERM */
	/* its main thread has ended: another one's files show its memory */
	bool leaderless;
};

/* The processes of a proc root that have memory of their own, ascending by PID. */
struct processes {
	struct process *v;
	size_t n, cap;
	uint64_t serial;   /* each list has another */
	uint64_t request;  /* the newest lister_refresh it takes into account */
	bool complete;     /* false: command lines, regions and access are still being read */
	bool live;         /* of a proc file system, not of a folder */
	bool frames;       /* page frames are visible */
};

/*
 * The fields of /proc/PID/status. false: it has no memory, as a kernel thread, a zombie or a
 * process that is exiting. Then process_leaderless says whether other threads still have memory.
 */
bool process_parse(struct process *p, const char *status);
bool process_leaderless(const char *status);

/* "a\0b\0" of cmdline, n bytes -> "a b"; empty: "[comm]". The caller's to free. */
char *process_command(const char *cmdline, size_t n, const char *comm);

struct processes *processes_copy(const struct processes *list);
void processes_free(struct processes *list); /* NULL is fine */
const struct process *processes_find(const struct processes *list, pid_t pid); /* NULL: gone */

/* "full", and what it means; and the sentence: what is shown of this one, why not more, how to get
 * it. */
const char *access_name(enum access a);
const char *access_help(enum access a);
void process_say(const struct process *p, struct buf *out);

/*
 * Lists are read in two passes: the second reads what may wait for a process's locks (command line,
 * maps).
 */
struct processes_root {
	int dir;
	bool live, frames;
	pid_t self;      /* pmtop's own number in it: left out; 0 none */
	pid_t maps_next; /* where counting regions continues */
	struct user {
		unsigned uid;
		char name[24];
	} *users;
	size_t users_n, users_cap;
};
int processes_open(struct processes_root *r, const char *root, struct err *err);
void processes_close(struct processes_root *r);

/* stop(arg) is called for each process; true abandons the list. `old` (or NULL): values of the
 * second pass are copied from it. */
struct processes *processes_list(struct processes_root *r, const struct processes *old,
                                 bool (*stop)(void *arg), void *arg);
void processes_fill(struct processes_root *r, struct processes *list, bool (*stop)(void *arg),
                    void *arg);

#endif
