/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PROC_H
#define PM_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * The process being looked at, held by file descriptors so that a recycled PID can never become
 * another target. `root` is a proc mount or a folder that looks like one (tests, fixtures).
 */
struct proc {
	int root;     /* the proc root's directory */
	int leader;   /* PID's directory in it: the identity */
	int pidfd;    /* readable when the process ends; -1 where there is none */
	pid_t pid;
	bool live;    /* root is a real proc file system, so ioctls and clear_refs mean something */
	/* and the one of our PID namespace, so that pid means the same to system calls */
	bool ours;
	char comm[64];
	uint64_t starttime; /* field 22 of stat: with pid, the identity */
	unsigned uid;
};

enum proc_life {
	PROC_RUNNING,
	PROC_ENDING, /* it has let go of its memory, which may take a while, and is no zombie yet */
	PROC_ENDED,  /* exited or killed; nothing can be read any more */
};

/* Counters that move whenever the target faults: equal twice means no new pages and no new writes.
 */
struct proc_activity {
	uint64_t minflt, majflt, rss, size;
};

#define PROC_ROOT "/proc"

/*
 * Opens the target, refusing with reason and remedy: no such process, a kernel thread, a zombie, a
 * thread's number, a PID out of range. proc_close also after failure.
 */
int proc_open(struct proc *p, const char *root, pid_t pid, struct err *err);
void proc_close(struct proc *p);

/*
 * A file of the process ("maps") or of the proc root ("kpageflags"). -1 with errno. When the main
 * thread has ended it is a living thread's: what is read from it goes silent with that thread.
 */
int proc_file(const struct proc *p, const char *name, int flags);
int proc_root_file(const struct proc *p, const char *name, int flags);

/* A small file of the process as text, likewise. false: it cannot be read, or is empty. */
bool proc_text(const struct proc *p, const char *name, char *out, size_t size);

/* A thread whose number names the process's memory to system calls: pid, or a living thread. */
pid_t proc_thread(const struct proc *p);

/* Reads stat again, and comm. PROC_ENDED also when the PID now names another process. */
enum proc_life proc_check(struct proc *p);

/*
 * A process whose main thread called pthread_exit looks like a zombie at /proc/PID (`dir`), yet its
 * memory lives on: the directory of a thread that shows it, and its number; or -1 with
 * errno: file_is_want if they could not be looked at.
 */
int proc_living_thread(int dir, pid_t *tid);

/* Whether the process or thread of that directory still has its memory. */
bool proc_has_memory(int dir);

/*
 * The directory itself, which the caller closes, for who must know afterwards that it still showed
 * it.
 */
int proc_dir(const struct proc *p);

/* PID of the process that traces it; 0 none, negative not known. */
long proc_tracer(const struct proc *p);

/* false: not readable. */
bool proc_activity_read(const struct proc *p, struct proc_activity *out);

/* "123" -> 123; what is no PID, or out of the kernel's range, is an error, never another number. */
int proc_parse_pid(const char *root, const char *text, pid_t *pid, struct err *err);

/*
 * PID of the one process called `name`: by comm, the base name of argv[0] or of its program; a name
 * that comm has not room for by an interpreter's script or a title, too. Several or none: an error
 * that lists them. *found (NULL: not asked) is how many there are, at most 16.
 */
int proc_find(const char *root, const char *name, pid_t *pid, size_t *found, struct err *err);

#endif
