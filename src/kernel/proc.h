/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PROC_H
#define PM_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * The target, held by file descriptors, so that a reused PID can never become another target.
 * `root` is a proc mount or a directory laid out like one (tests, fixtures).
 */
struct proc {
	int root;     /* the proc root's directory */
	int leader;   /* PID's directory in it: the identity */
	int pidfd;    /* readable when the process ends; -1: none */
	int stat, statm; /* kept open for its counters, once they were asked for; -1: not open */
	pid_t pid;
	bool live;    /* root is a real proc file system: ioctls and clear_refs work */
	/* and of our PID namespace: pid is the same in system calls */
	bool ours;
	char comm[64];
	uint64_t starttime; /* field 22 of stat: with pid, the identity */
	unsigned uid;
};

enum proc_life {
	PROC_RUNNING,
	PROC_ENDING, /* is freeing its memory, which may take a while; not a zombie yet */
	PROC_ENDED,  /* exited or killed; nothing can be read any more */
};

/* Counters that change whenever the target faults: if equal twice, no page is new. */
struct proc_activity {
	uint64_t minflt, majflt, rss, size, data; /* data: what is private and writable */
};

#define PROC_ROOT "/proc"

/*
 * Opens the directory of processes. *live: it is a proc file system, and not a directory that looks
 * like one; PROC_ROOT must be. -1 with err.
 */
int proc_open_root(const char *root, bool *live, struct err *err);

/*
 * Opens the target. Refuses, with reason and remedy, a PID that does not exist, is out of range, or
 * is that of a kernel thread, a zombie or a thread. Call proc_close even after a failure.
 */
int proc_open(struct proc *p, const char *root, pid_t pid, struct err *err);
void proc_close(struct proc *p);

/*
 * Opens a file of the process ("maps") or of the proc root ("kpageflags"). -1 with errno. After the
 * main thread has ended, it is the file of a living thread and reads as empty once that ends.
 */
int proc_file(const struct proc *p, const char *name, int flags);
int proc_root_file(const struct proc *p, const char *name, int flags);

/* A file of pmtop itself, likewise. */
int proc_own_file(const char *name, int flags);

/* A small file of the process as text, likewise. false: it cannot be read, or is empty. */
bool proc_text(const struct proc *p, const char *name, char *out, size_t size);

/* The thread ID by which system calls find the process's memory: pid, or a living thread. */
pid_t proc_thread(const struct proc *p);

/* Reads stat again, and comm. PROC_ENDED also if the PID now is that of another process. */
enum proc_life proc_check(struct proc *p);

/* Of a child: " with exit status 3", " by signal 9 (Killed)"; "": it is none, or not known yet. */
void proc_how_it_ended(pid_t pid, char *out, size_t size);

/*
 * A process whose main thread called pthread_exit looks like a zombie at /proc/PID (`dir`), but its
 * memory exists: returns the directory of a thread that shows it, and its ID; or -1 with errno,
 * file_is_shortage if its threads could not be checked.
 */
int proc_living_thread(int dir, pid_t *tid);

/* Whether the process or thread of that directory still has its memory. */
bool proc_has_memory(int dir);

/*
 * That directory, which the caller closes; for callers that check afterwards with proc_has_memory.
 */
int proc_dir(const struct proc *p);

/* The parent and the name of the process of that directory. false: it has gone. */
bool proc_name(int dir, pid_t *parent, char *comm, size_t size);

/* PID of the process that traces it; 0: none, negative: not known. */
long proc_tracer(const struct proc *p);

/* Whether it goes on, but /proc shows no file of it (hidepid), so that nothing else is known. */
bool proc_is_hidden(const struct proc *p);
int proc_refuse_hidden(pid_t pid, struct err *err);

/* false: not readable. */
bool proc_activity_read(struct proc *p, struct proc_activity *out);

/* Bytes of its page tables; UINT64_MAX: not known. */
uint64_t proc_tables(const struct proc *p);

/* "123" -> 123; anything but a PID in the kernel's range is an error. */
int proc_parse_pid(const char *root, const char *text, pid_t *pid, struct err *err);

/*
 * PID of the only process called `name`: by comm, or the base name of argv[0] or of its program; a
 * name too long for comm also by an interpreter's script or a title. Several or none are an error
 * that lists them. *found (or NULL) is their number.
 */
int proc_find(const char *root, const char *name, pid_t *pid, size_t *found, struct err *err);

/* All of them, ascending; the caller frees them. None is no error. */
int proc_find_all(const char *root, const char *name, pid_t **pids, size_t *n, struct err *err);

#endif
