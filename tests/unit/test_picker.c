/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process list: what is read of each, filter, order, cursor. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/picker.h"
#include "tap.h"

/* --- reading ---------------------------------------------------------------------------------- */

static const char sh[] = "Name:\tsh\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t7\nUid:\t1000\t0\t0\t0\nGid:\t5\t5\t5\t5\n"
                         "VmPeak:\t  900 kB\nVmSize:\t    4096 kB\nVmRSS:\t     120 kB\nVmSwap:\t       0 kB\n"
                         "Threads:\t1\n";

static void
test_status(void)
{
	struct process p = {0};

	ok(process_parse(&p, sh), "a status with memory");
	is_u64(p.uid, 1000, "the real user");
	is_str(p.user, "1000", "its number, until its name is asked for");
	is_str(p.comm, "sh", "name");
	is_u64(p.virt, 4096 << 10, "VIRT");
	is_u64(p.rss, 120 << 10, "RSS");
	is_u64(p.swap, 0, "no swap is a fact");
	is_u64(p.maps, PROCESS_UNKNOWN, "regions are not known yet");
	ok(!process_parse(&p, "Name:\tkworker/0:1\nState:\tI (idle)\nUid:\t0\t0\t0\t0\nThreads:\t1\n"),
	   "a kernel thread has no memory");
	ok(!process_parse(&p, "Name:\tx\nState:\tZ (zombie)\nUid:\t0\t0\t0\t0\nThreads:\t1\n") &&
	       !process_leaderless("Name:\tx\nState:\tZ (zombie)\nThreads:\t1\n"),
	   "nor has a zombie");
	ok(!process_parse(&p, "Name:\tx\nState:\tZ (zombie)\nUid:\t0\t0\t0\t0\nThreads:\t3\n") &&
	       process_leaderless("Name:\tx\nState:\tZ (zombie)\nThreads:\t3\n"),
	   "whose threads may have");
	ok(process_parse(&p, "Name:\t\nVmSize:\t1 kB\n") && p.swap == PROCESS_UNKNOWN && p.rss == PROCESS_UNKNOWN,
	   "what is not there is not known");
	ok(!process_parse(&p, "") && !process_parse(&p, "VmSize:") && !process_parse(&p, "\n\n"), "nothing at all");
	ok(!process_parse(&p, "VmSize:\t99999999999999999999 kB\n"), "a size that is none");
}

static void
test_command(void)
{
	static const struct {
		const char *cmdline;
		size_t n;
		const char *want;
	} rows[] = {
	    {"java\0-Xmx2g\0-jar\0a b.jar\0", 24, "java -Xmx2g -jar a b.jar"},
	    {"postgres: writer   ", 19, "postgres: writer"},
	    {"", 0, "[comm]"},
	    {"\0\0\0", 3, "[comm]"},
	    {"x", 1, "x"},
	    {"x\0\0y\0", 5, "x  y"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *s = process_command(rows[i].cmdline, rows[i].n, "comm");

		is_str(s, rows[i].want, rows[i].want);
		free(s);
	}
}

static void
say(enum access a, int refused, const char *want)
{
	struct process p = {.pid = 1, .uid = 77, .access = a, .refused = refused};
	struct buf b = {0};

	process_say(&p, &b);
	ok(a == ACCESS_UNKNOWN ? !b.len : b.s && strstr(b.s, want) == b.s, want);
	buf_free(&b);
}

static void
test_say(void)
{
	say(ACCESS_UNKNOWN, 0, "not tried");
	say(ACCESS_FULL, 0, "full: page frames are visible");
	say(ACCESS_NO_PFN, 0, "no PFN: states only");
	say(ACCESS_MAPS, ENOENT, "maps: regions, but no page tables: No such file");
	say(ACCESS_DENIED, EACCES, "denied: nothing is visible: Permission denied; ");
}

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

static void
make_file(const char *dir, const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("# cannot make %s\n", path);
	close(fd);
}

/* A folder with a process, a kernel thread, and what is no process. */
static void
test_root(void)
{
	char root[] = "/tmp/test_picker-XXXXXX", dir[64], command[128];
	struct processes_root r;
	struct processes *list, *next;
	struct err err;

	ok(processes_open(&r, "/proc/nonexistent", &err) < 0 && err.status == ERR_TARGET, "a root that is none");
	if (!ok(mkdtemp(root) != NULL, "a folder"))
		return;
	snprintf(dir, sizeof(dir), "%s/7", root);
	mkdir(dir, 0700);
	make_file(dir, "status", sh);
	make_file(dir, "cmdline", "/bin/sh");
	make_file(dir, "maps", "1000-2000 r--p 0 0:0 0\n2000-3000 r--p 0 0:0 0\n");
	snprintf(dir, sizeof(dir), "%s/2", root);
	mkdir(dir, 0700);
	make_file(dir, "status", "Name:\tkthreadd\nState:\tS (sleeping)\n");
	make_file(root, "12x", "");
	make_file(root, "99999999999", "");
	ok(processes_open(&r, root, &err) == 0 && !r.live && !r.frames, "opened");
	list = processes_list(&r, NULL, never, NULL);
	is_u64(list->n, 1, "one has memory");
	is_str(list->v[0].command, "[sh]", "its name, until its command line is read");
	processes_fill(&r, list, never, NULL);
	is_str(list->v[0].command, "/bin/sh", "then that");
	is_u64(list->v[0].maps, 2, "two regions");
	ok(list->v[0].access == ACCESS_MAPS && list->v[0].refused == ENOENT, "and no pagemap");
	next = processes_list(&r, list, never, NULL);
	ok(next->n == 1 && !strcmp(next->v[0].command, "/bin/sh") && next->v[0].maps == 2, "the next list has it at once");
	snprintf(command, sizeof(command), "rm -r %s/7", root);
	ok(system(command) == 0, "its folder is gone");
	processes_fill(&r, next, never, NULL);
	is_u64(next->n, 0, "and so is it");
	processes_free(list);
	processes_free(next);
	processes_close(&r);
	snprintf(command, sizeof(command), "rm -r %s", root);
	ok(system(command) == 0, "removed");
}

/* --- filter, order, cursor -------------------------------------------------------------------- */

static struct processes *
make_list(size_t n, uint64_t serial)
{
	static const struct {
		pid_t pid;
		const char *user, *comm, *command;
		uint64_t rss, maps;
	} rows[] = {
	    {1, "root", "init", "/sbin/init", 9000, 58},
	    {31, "app", "java", "/opt/jdk/bin/java -jar Orders.jar", 500000, 387},
	    {312, "app", "G1 Conc", "java -cp agent.jar", 212000, PROCESS_UNKNOWN},
	    {4000, "ci", "sh", "sh -c test", 9000, 20},
	};
	struct processes *l = mem_alloc(sizeof(*l));

	l->serial = serial;
	for (size_t i = 0; i < n; i++) {
		struct process *p;

		l->v = vec_room(l->v, l->n, &l->cap, sizeof(*l->v));
		p = &l->v[l->n++];
		*p = (struct process){.pid = rows[i].pid, .rss = rows[i].rss, .maps = rows[i].maps,
		                      .virt = rows[i].rss * 2, .access = ACCESS_FULL};
		snprintf(p->user, sizeof(p->user), "%s", rows[i].user);
		snprintf(p->comm, sizeof(p->comm), "%s", rows[i].comm);
		p->command = mem_strdup(rows[i].command);
	}
	return l;
}

/* "demo 31 312": the rows, for is_str. */
static const char *
rows_text(const struct picker *p, const struct processes *list)
{
	static char text[256];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < p->rows_n; i++)
		n += (size_t)(p->rows[i] == PICK_DEMO
		                  ? snprintf(text + n, sizeof(text) - n, "%sdemo", i ? " " : "")
		                  : snprintf(text + n, sizeof(text) - n, "%s%d", i ? " " : "", (int)list->v[p->rows[i]].pid));
	return text;
}

static void
type(struct picker *p, const struct processes *list, const char *text)
{
	for (; *text; text++)
		picker_type(p, list, *text);
}

static void
test_filter(void)
{
	struct processes *l = make_list(4, 1);
	struct picker p;

	picker_open(&p, NULL);
	picker_settle(&p, l, 10);
	is_str(rows_text(&p, l), "demo 31 312 1 4000", "largest RSS first, equals by PID");
	ok(p.at_demo, "the cursor is on the demo");
	type(&p, l, "JAV");
	is_str(rows_text(&p, l), "31 312", "capitals do not matter");
	is_u64((uint64_t)p.pid, 31, "the cursor is on the first");
	type(&p, l, "zz");
	is_str(rows_text(&p, l), "", "nothing is left");
	ok(!p.at_demo && !p.pid && !picker_at(&p, l), "and nothing chosen");
	ok(picker_clear(&p, l) && !picker_clear(&p, l), "cleared once");
	type(&p, l, "ci");
	is_str(rows_text(&p, l), "4000", "by user");
	picker_clear(&p, l);
	is_u64((uint64_t)p.pid, 4000, "the cursor stays when the filter goes");
	type(&p, l, "31");
	is_str(rows_text(&p, l), "31 312", "by PID");
	ok(picker_erase(&p, l), "a letter back");
	is_str(rows_text(&p, l), "31 312", "3");
	picker_clear(&p, l);
	type(&p, l, "g1 c");
	is_str(rows_text(&p, l), "312", "by name");
	picker_clear(&p, l);
	type(&p, l, "t");
	is_str(rows_text(&p, l), "demo 1 4000 312 31", "the demo has words too; a name with it comes first, then what begins a word");
	ok(!p.at_demo, "and is not what Enter starts by mistake");
	picker_sort(&p, 0);
	picker_settle(&p, l, 10);
	is_str(rows_text(&p, l), "demo 31 312 1 4000", "by the column, when that is asked for");
	type(&p, l, "s");
	is_str(rows_text(&p, l), "demo 4000 31", "and by the match again when more is typed: sh -c test, java ... Orders");
	picker_clear(&p, l);
	type(&p, l, "jordj");
	is_str(rows_text(&p, l), "31", "letters with others between");
	picker_clear(&p, l);
	type(&p, l, "java");
	is_str(rows_text(&p, l), "31 312", "a name that is just that comes first");
	picker_clear(&p, l);
	type(&p, l, "jar");
	is_str(rows_text(&p, l), "31 312", "part of a command line");
	picker_clear(&p, l);
	type(&p, l, "nt");
	is_str(rows_text(&p, l), "312", "bug: letters scattered over command lines matched beside a name");
	picker_clear(&p, l);
	type(&p, l, "41");
	is_str(rows_text(&p, l), "", "digits apart are another PID");
	picker_clear(&p, l);
	type(&p, l, "\xc3\xa9");
	picker_erase(&p, l);
	is_str(p.filter, "", "a letter of two bytes goes as one");
	type(&p, l, "ae\xcc\x81");
	picker_erase(&p, l);
	is_str(p.filter, "a", "so does one with a mark");
	picker_clear(&p, l);
	ok(!picker_erase(&p, l), "there is no more");
	for (int i = 0; i < 200; i++)
		picker_type(&p, l, 'x');
	ok(strlen(p.filter) == sizeof(p.filter) - 1, "it ends somewhere");
	picker_free(&p);
	picker_open(&p, "java");
	picker_settle(&p, l, 10);
	is_str(rows_text(&p, l), "31 312", "opened with a filter");
	is_u64((uint64_t)p.pid, 31, "and on the first");
	picker_free(&p);
	processes_free(l);
}

static void
test_order(void)
{
	static const struct {
		enum pick_column sort;
		const char *want;
	} rows[] = {
	    {PICK_PID, "demo 1 31 312 4000"},     {PICK_USER, "demo 31 312 4000 1"},
	    {PICK_MAPS, "demo 31 1 4000 312"},    {PICK_COMMAND, "demo 31 1 312 4000"},
	    {PICK_ACCESS, "demo 1 31 312 4000"},
	};
	struct processes *l = make_list(4, 1);
	struct picker p;

	picker_open(&p, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		picker_sort(&p, (int)rows[i].sort - (int)p.sort);
		picker_settle(&p, l, 10);
		is_str(rows_text(&p, l), rows[i].want, rows[i].want);
	}
	picker_sort(&p, PICK_COLUMNS - (int)p.sort);
	ok(p.sort == PICK_PID, "after the last column comes the first");
	picker_sort(&p, -1);
	ok(p.sort == PICK_COMMAND, "and back");
	picker_free(&p);
	processes_free(l);
}

static void
test_cursor(void)
{
	struct processes *l = make_list(4, 1), *less = make_list(2, 2), *none = make_list(0, 3);
	struct picker p;

	picker_open(&p, NULL);
	picker_settle(&p, l, 2);
	picker_move(&p, l, 3);
	is_u64((uint64_t)p.pid, 1, "three down");
	picker_settle(&p, l, 2);
	is_u64(p.top, 2, "it stays on screen");
	picker_sort(&p, PICK_PID - PICK_RSS);
	picker_settle(&p, l, 2);
	ok(p.pid == 1 && p.row == 1, "it stays with its process when the order changes");
	picker_move(&p, l, INT32_MAX);
	is_u64((uint64_t)p.pid, 4000, "to the end");
	picker_settle(&p, less, 2);
	ok(p.pid == 31 && p.row == 2 && picker_at(&p, less), "its process is gone: the last one");
	picker_settle(&p, none, 2);
	ok(p.at_demo && !picker_at(&p, none), "all are gone: the demo");
	picker_settle(&p, l, 0);
	picker_move(&p, l, -INT32_MAX);
	ok(p.at_demo && p.row == 0, "to the beginning");
	type(&p, none, "q");
	picker_move(&p, none, 1);
	picker_move(&p, none, -1);
	picker_settle(&p, none, 5);
	ok(!p.rows_n && !p.row && !p.top, "moving in nothing");
	picker_free(&p);
	processes_free(l);
	processes_free(less);
	processes_free(none);
}

static void
test_copy(void)
{
	struct processes *l = make_list(4, 9), *c = processes_copy(l);

	processes_free(l);
	ok(c->serial == 9 && c->n == 4 && !strcmp(c->v[3].command, "sh -c test"), "a copy stands alone");
	ok(processes_find(c, 312) == &c->v[2] && !processes_find(c, 313), "found by PID");
	processes_free(c);
	processes_free(NULL);
	l = make_list(0, 1);
	ok(!processes_find(l, 1), "nothing in an empty list");
	processes_free(l);
}

int
main(void)
{
	tap_start();
	test_status();
	test_command();
	test_say();
	test_root();
	test_filter();
	test_order();
	test_cursor();
	test_copy();
	return tap_done();
}
