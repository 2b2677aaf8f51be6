/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dispatch. The only file that prints errors and decides exit statuses. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/app.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/rights.h"
#include "base/signals.h"
#include "base/text.h"
#include "base/util.h"
#include "base/worker.h"
#include "batch/batch.h"
#include "batch/batch_guard.h"
#include "config/docs.h"
#include "config/environment.h"
#include "config/options.h"
#include "config/rc.h"
#include "demo/demo.h"
#include "demo/launch.h"
#include "kernel/proc.h"
#include "record/source_recording.h"
#include "symbol/helper.h"
#include "term/term.h"

static _Noreturn void
main_out_of_memory(void)
{
	static const char text[] = "pmtop: out of memory; free some, raise the limit of memory "
	                           "(ulimit -v), or ask for less at once\n";

	term_panic();
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

/*
 * A closed standard descriptor would be handed out again by the next open, and answers would be
 * written into whatever that is. One that does not wait for its reader would cut them off. Returns
 * whether standard output was open.
 */
static bool
main_secure_standard_files(void)
{
	bool had_output = fcntl(STDOUT_FILENO, F_GETFD) >= 0;

	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) < 0)
			_exit(1);
	file_make_wait(STDOUT_FILENO);
	file_make_wait(STDERR_FILENO);
	return had_output;
}

/* Finds the PID of a PID or name. 0: the user must choose, and there is a screen for it. */
static int
main_find_target(const struct options *o, pid_t *pid, struct err *err)
{
	bool screen = o->mode == MODE_SCREEN && !o->frames;
	size_t found;

	*pid = 0;
	if (!o->target && screen)
		return 0;
	if (!o->target)
		return err_set(
		    err, ERR_USAGE, "no process given",
		    "give a PID or a name, or try `pmtop --demo`; see `pmtop --help`",
		    "nothing to show");
	if (o->recording)
		return 0;
	if (o->target[strspn(o->target, "0123456789")] == '\0')
		return proc_parse_pid(o->proc_root, o->target, pid, err);
	if (o->mode == MODE_METRICS)
		return 0; /* of all that have the name */
	if (proc_find(o->proc_root, o->target, pid, &found, err) == 0 || (screen && found > 1))
		return 0;
	if (!found)
		source_recording_blame(o->target, err);
	return -1;
}

static int
main_check_terminal(const struct options *o, struct err *err)
{
	if (o->frames || (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		return 0;
	return err_set(err, ERR_USAGE, "standard input or output is not a terminal",
	               "use --list, --pages, --grid or -e, which need none",
	               "cannot open the screen");
}

static int
main_run_screen(const struct options *o, const struct rc *rc, pid_t pid, int ready,
                const char *notice, struct err *err)
{
	struct app_options a = {
	    .root = o->proc_root,
	    .pid = pid,
	    .recording = o->recording ? o->target : NULL,
	    .at = o->at,
	    .ready = ready,
	    .filter = o->target,
	    .interval_ns = o->interval_ns,
	    .theme = o->theme,
	    .read_only = o->read_only,
	    .owner = o->demo      ? TRACK_DEMO
	             : o->command ? TRACK_LAUNCHED
	                          : TRACK_FOREIGN,
	    .tracker = o->tracker,
	    .attribution = !o->no_attribution,
	    .budget = o->budget,
	    .allow_inject = o->allow_inject,
	    .scope = o->scope,
	    .lens = o->lens,
	    .grouping = o->grouping,
	    .frames = o->frames,
	    .notice = notice,
	    .letters = o->letters,
	    .columns = o->list_columns,
	    .sort = o->list_sort,
	    .invert = o->list_invert,
	    .hints = o->hints,
	    .rc = rc,
	    .term = {.color = o->color,
	             .ascii = o->ascii,
	             .mouse = o->mouse,
	             .calm = o->calm,
	             .ask_ground = o->theme == THEME_AUTO || o->theme == THEME_ANSI,
	             .headless = o->frames > 0,
	             .rows = o->size_rows,
	             .cols = o->size_cols},
	};

	return app_run(&a, err);
}

/*
 * Prints one line, escaped: it may quote input or a target's name, which the terminal must not
 * interpret.
 */
static void
main_report(const char *text)
{
	struct buf safe = {0};

	text_escape(&safe, text, strlen(text), false);
	fprintf(stderr, "pmtop: %s\n", safe.s);
	buf_free(&safe);
}

/* In another thread than the one that waits, which may hold the lock of stdout. */
static void
main_kernel_is_silent(unsigned seconds, pid_t pid)
{
	char how[160], line[768];
	struct err err;

	snprintf(how, sizeof(how),
	         "`ps -L -o tid,stat,wchan,comm %d` shows which thread is in state D, and "
	         "probably holds the lock of its memory",
	         (int)pid);
	err_set(&err, ERR_TARGET, "the kernel does not answer", pid ? how : NULL,
	        pid ? "gave up after %u s reading process %d" : "gave up after %u s", seconds,
	        (int)pid);
	main_report(err_line(&err, line, sizeof(line)));
	_exit(err.status);
}

static int
main_run_batch(const struct options *o, pid_t pid, struct err *err)
{
	struct buf note = {0};
	int r;

	batch_guard(main_kernel_is_silent, pid);
	r = batch_run(o, pid, main_report, &note, err);

	if (r == 0 && note.s)
		main_report(note.s);
	buf_free(&note);
	return r;
}

static int
main_run_diff(const struct options *o, struct err *err)
{
	struct buf note = {0};
	int r;

	batch_guard(main_kernel_is_silent, 0);
	r = batch_diff(o, &note, err);
	if (r == 0 && note.s)
		main_report(note.s);
	buf_free(&note);
	return r;
}

/*
 * Reports how the command ended, once the terminal is restored. An answer may take less time than a
 * short command, of which it would be said that it keeps running.
 */
static void
main_report_command(const char *name, pid_t child, const char *output, bool screen)
{
	enum { SHORT_MS = 100 };
	char how[64];
	struct buf text = {0};
	bool dropped, empty;

	if (!screen)
		launch_await_end(child, SHORT_MS);
	proc_how_it_ended(child, how, sizeof(how));
	waitpid(child, NULL, WNOHANG);
	dropped = launch_drop_output(output, &empty);
	if (how[0])
		buf_fmt(&text, "%s has ended%s", name, how);
	else
		buf_fmt(&text, "%s keeps running as process %d", name, (int)child);
	if (!dropped)
		buf_fmt(&text, "; its output%s: %s", empty ? " (none yet)" : "", output);
	if (!how[0] || !dropped)
		main_report(text.s);
	buf_free(&text);
}

/* The screen waits for it itself. */
static int
main_start_demo(const struct options *o, pid_t *pid, int *ready, struct err *err)
{
	if (demo_start(pid, ready, err) < 0)
		return -1;
	if (o->mode == MODE_SCREEN || demo_await(*ready, err) == 0)
		return 0;
	demo_end(*pid);
	return -1;
}

/* Whether a time is asked of what has one: a process has no past. */
static int
main_check_time(const struct options *o, struct err *err)
{
	if (!o->at || o->recording || o->diff)
		return 0;
	return err_set(err, ERR_USAGE, "it is not a recording, and shows the present only",
	               "leave --at out, or give a recording: --record FILE makes one",
	               "--at of a process");
}

/*
 * Starts the command or the demo, if there is one; the target is that child, or a running process.
 */
static int
main_run_on_target(const struct options *o, const struct rc *rc, struct err *err)
{
	char output[256] = "", notice[320] = "";
	pid_t pid, child = -1;
	int r, ready = -1;

	if (o->mode == MODE_SCREEN && main_check_terminal(o, err) < 0)
		return -1;
	if ((o->demo || o->command) && main_check_time(o, err) < 0)
		return -1;
	if (o->demo) {
		if (main_start_demo(o, &pid, &ready, err) < 0)
			return -1;
		snprintf(notice, sizeof(notice), "%s", demo_notice);
	} else if (o->command) {
		if (launch(o->command, &pid, output, sizeof(output), err) < 0)
			return -1;
		child = pid;
		snprintf(notice, sizeof(notice), "output of the command: %s", output);
	} else if (main_find_target(o, &pid, err) < 0 || main_check_time(o, err) < 0) {
		return -1;
	}
	if (o->mode == MODE_SCREEN)
		r = main_run_screen(o, rc, pid, ready, notice[0] ? notice : NULL, err);
	else
		r = main_run_batch(o, pid, err);
	if (child > 0 && r < 0)
		launch_refuse_ended(child, o->command[0],
		                    o->mode == MODE_RECORD ? "no sample was taken of"
		                                           : "nothing to show for",
		                    err);
	if (child > 0)
		main_report_command(o->command[0], child, output,
		                    o->mode == MODE_SCREEN && !o->frames);
	return r;
}

static int
main_run(const struct options *o, const struct rc *rc, struct err *err)
{
	switch (o->mode) {
	case MODE_VERSION:
		printf("pmtop %s\n", PACKAGE_VERSION);
		break;
	case MODE_HELP:
		docs_help();
		break;
	case MODE_PRINT:
		return docs_print(o->print, err);
	case MODE_DIFF:
		return main_run_diff(o, err);
	case MODE_SCREEN:
	case MODE_LIST:
	case MODE_PAGES:
	case MODE_SUMMARY:
	case MODE_WATCH:
	case MODE_GROW:
	case MODE_TOUCHED:
	case MODE_RECORD:
	case MODE_METRICS:
	case MODE_EXPORT:
	case MODE_QUERY:
	case MODE_WHO:
	case MODE_GRID:
	case MODE_HEAT:
	case MODE_CAPABILITIES:
		return main_run_on_target(o, rc, err);
	}
	return 0;
}

static void
main_complain(const struct err *err)
{
	char line[768];

	main_report(err_line(err, line, sizeof(line)));
}

/*
 * The command line overrides pmtoprc, and is read first, too: an answer for a script, or a
 * benchmark, must not depend on the user's settings.
 */
static int
main_read_options(struct options *o, struct rc *rc, int argc, char **argv, struct err *err)
{
	options_init(o);
	if (options_parse(o, argc, argv, err) < 0)
		return -1;
	if (o->mode != MODE_SCREEN || o->frames || o->no_config)
		return 0;
	options_init(o);
	rc_read(rc, o);
	return options_parse(o, argc, argv, err);
}

/* By the locale of the environment; by its name where it is not installed. Without one: yes. */
static bool
main_is_utf8(void)
{
	static const char *const says[] = {"LC_ALL", "LC_CTYPE", "LANG"};
	const char *name = NULL;

	for (size_t i = 0; i < ARRAY_LEN(says) && (!name || !name[0]); i++)
		name = getenv(says[i]);
	if (!name || !name[0])
		return true;
	if (setlocale(LC_CTYPE, ""))
		return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	return strcasestr(name, "utf-8") || strcasestr(name, "utf8");
}

/*
 * Of the locale, only whether it is UTF-8: numbers have a point, messages are in English, and an i
 * is a small I in any language. Without one, as in containers, UTF-8, as almost everywhere.
 */
static void
main_set_locale(void)
{
	if (!main_is_utf8())
		setlocale(LC_CTYPE, "C");
	else if (!setlocale(LC_CTYPE, "C.UTF-8") && strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "en_US.UTF-8"); /* older systems lack the other */
}

/* A file at its limit (ulimit -f) is an error of its write. Commands that we start die of it. */
static void
main_file_is_full(int sig)
{
	(void)sig;
}

static int
main_program(int argc, char **argv)
{
	struct options o;
	struct rc rc = {0};
	struct err err;
	bool had_output = main_secure_standard_files();
	int r;

	environment_distrust();
	if (argc == 2 && !strcmp(argv[1], "--demo-target"))
		demo_main();
	signal(SIGXFSZ, main_file_is_full);
	mem_on_oom(main_out_of_memory);
	time_from(getenv("PMTOP_CLOCK_FILE"));
	main_set_locale();
	if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	r = main_read_options(&o, &rc, argc, argv, &err);
	o.recording = r == 0 && o.target && source_recording_means(o.proc_root, o.target);
	o.ascii = o.ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
	if (r == 0 && !had_output)
		r = err_set(&err, ERR_TARGET, "standard output is closed",
		            "redirect it to a terminal, a file or a pipe", "cannot answer");
	if (r == 0)
		r = main_run(&o, &rc, &err);
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = err_sys(&err, NULL, "cannot write to standard output");
	rc_free(&rc);
	if (r == 0)
		return EXIT_SUCCESS;
	main_complain(&err);
	return err.status;
}

int
main(int argc, char **argv)
{
	signals_begin();
	helper_main(argc, argv); /* it has one thread, and drops that thread's rights */
	rights_set_aside();
	return worker_main(main_program, argc, argv);
}
