/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copies and files of what is on screen. */
#include "app/app_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/prompt.h"
#include "views/answer_data.h"
#include "views/answer_text.h"
#include "views/report.h"

/* --- names of files --------------------------------------------------------------------------- */

/* What is between quotes, which nothing may follow. */
static int
app_read_quoted(struct lex *r, struct lex_word *w, struct err *err)
{
	const char *from = r->at;

	if (!lex_eat_enclosed(r, '"', w))
		return lex_fail(r, from, "this quote is not closed", "end the name with another \"",
		                err);
	lex_skip_blanks(r);
	return *r->at ? lex_fail(r, r->at, "unexpected text here", NULL, err) : 0;
}

int
app_read_file(struct lex *r, char *path, size_t size, struct err *err)
{
	const char *home = getenv("HOME"), *from;
	struct lex_word w;
	bool at_home;
	int n;

	lex_skip_blanks(r);
	from = r->at;
	w = (struct lex_word){from, strlen(from)};
	if (*from == '"' && app_read_quoted(r, &w, err) < 0)
		return -1;
	while (*from != '"' && w.n && strchr(" \t", w.s[w.n - 1]))
		w.n--;
	at_home = home && w.n > 1 && w.s[0] == '~' && w.s[1] == '/';
	n = snprintf(path, size, "%s%.*s", at_home ? home : "", (int)w.n - at_home, w.s + at_home);
	if (!w.n)
		return lex_fail(r, from, "a file is expected", "give its name", err);
	if (n < 0 || (size_t)n >= size)
		return lex_fail(r, from, "the name is too long", "give a shorter one", err);
	return 0;
}

/* --- copies ----------------------------------------------------------------------------------- */

/* The range, or the place under the cursor, in the prompt's syntax. */
void
app_copy(struct app *a)
{
	struct ui *ui = &a->ui;
	char text[48], said[192];
	uint64_t lo, hi;

	if (ui_range(ui, &lo, &hi)) {
		snprintf(text, sizeof(text), "%llx..%llx", (unsigned long long)lo,
		         (unsigned long long)hi);
		ui->range.on = false;
	} else {
		snprintf(text, sizeof(text), "%llx", (unsigned long long)ui_at(ui));
	}
	if (term_copy(&a->term, text)) {
		snprintf(said, sizeof(said), "copied %s", text);
		app_toast(a, ROLE_TEXT, said);
	} else {
		snprintf(said, sizeof(said),
		         "%s not copied: the terminal does not announce a clipboard (Ms in its "
		         "terminfo); select it here with the mouse",
		         text);
		app_toast(a, ROLE_HOT, said);
	}
}

/* --- reports ---------------------------------------------------------------------------------- */

/* The format follows from the file's name. */
enum report_form { REPORT_TEXT, REPORT_ANSI, REPORT_CSV, REPORT_JSON };
static const char *const report_endings[] = {".txt", ".ansi", ".csv", ".json"};

static int
app_form_of(const char *path, enum report_form *form, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(report_endings); i++) {
		size_t n = strlen(path), k = strlen(report_endings[i]);

		if (n > k && !strcmp(path + n - k, report_endings[i])) {
			*form = (enum report_form)i;
			return 0;
		}
	}
	return err_set(
	    err, ERR_USAGE, "its extension does not say what to write",
	    "use .txt (the screen), .ansi (with colours), .csv or .json (the data)",
	    "cannot write %s", path);
}

/* The screen without the prompt that asked for the file name, and without hints. */
static void
app_dump_screen(struct app *a, bool colors, FILE *f)
{
	struct buf out = {0};

	a->toast.until = 0;
	app_draw(a);
	paint_dump(&out, a->term.rows - 1, colors);
	if (out.len)
		fwrite(out.s, 1, out.len, f);
	buf_free(&out);
}

/* The answer on screen, as -e prints it; its rows as CSV. */
static int
app_write_answer(const struct app *a, enum report_form form, FILE *f, struct err *err)
{
	const struct answer *p = a->t.panel;
	struct json j = {0};
	struct buf out = {0};

	switch (form) {
	case REPORT_TEXT:
	case REPORT_ANSI:
		answer_text_all(p, !paint_utf8(), &out);
		break;
	case REPORT_CSV:
		return answer_csv(p, f, err);
	case REPORT_JSON:
		answer_json(&j, a->t.asked, p);
		json_flush(&j, f);
		json_free(&j);
		break;
	}
	if (out.len)
		fwrite(out.s, 1, out.len, f);
	buf_free(&out);
	return 0;
}

static int
app_write_form(struct app *a, enum report_form form, FILE *f, struct err *err)
{
	const struct sample *s = app_shown(a);

	if (a->t.panel)
		return app_write_answer(a, form, f, err);
	if (form < REPORT_CSV) {
		app_dump_screen(a, form == REPORT_ANSI, f);
		return 0;
	}
	if (!s->regions)
		return err_set(err, ERR_TARGET, "nothing read yet", NULL,
		               "cannot write a report");
	return view_of(ui_view(&a->ui))->report(&a->ui, s,
	                                        form == REPORT_CSV ? FORMAT_CSV : FORMAT_JSON, f,
	                                        err);
}

/* Keeps the owner and the permissions of the file that it replaces. */
static void
app_keep_mode(int fd, const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && fchown(fd, st.st_uid, st.st_gid) == 0)
		fchmod(fd, st.st_mode & 0777);
}

/* Readable only by its owner: it may contain names of files and contents of pages. */
static int
app_write_file(struct app *a, const char *path, enum report_form form, bool replace,
               struct err *err)
{
	struct file_new new;
	int fd = file_new_begin(&new, path, replace), r;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
	char said[sizeof(a->report) + 32];
	struct stat st;

	if (!f)
		return err_sys(err, "choose another name", "cannot write %s", path);
	if (replace)
		app_keep_mode(fd, path);
	r = app_write_form(a, form, f, err);
	if (r == 0 && (fflush(f) != 0 || ferror(f)))
		r = err_sys(err, NULL, "cannot write %s", path);
	if (fstat(fd, &st) < 0)
		st.st_size = 0;
	if (fclose(f) != 0 && r == 0)
		r = err_sys(err, NULL, "cannot write %s", path);
	if (file_new_end(&new, r == 0) < 0)
		return err_sys(err, "choose another name", "cannot write %s", path);
	if (r < 0)
		return -1;
	snprintf(said, sizeof(said), "wrote %lld bytes to %s", (long long)st.st_size, path);
	app_toast(a, ROLE_TEXT, said);
	return 0;
}

int
app_report(struct app *a, const char *path, struct err *err)
{
	enum report_form form;
	struct stat st;

	snprintf(a->report, sizeof(a->report), "%s", path);
	if (app_form_of(a->report, &form, err) < 0)
		return -1;
	if (form >= REPORT_CSV && !a->t.panel && !view_of(ui_view(&a->ui))->report)
		return err_set(err, ERR_USAGE, "this view has no data", "use .txt or .ansi",
		               "cannot write %s", a->report);
	if (lstat(a->report, &st) < 0)
		return app_write_file(a, a->report, form, false, err);
	if (!S_ISREG(st.st_mode))
		return err_set(err, ERR_USAGE,
		               "it exists and is not a regular file",
		               "choose another name", "cannot write %s", a->report);
	a->t.awaited = ACT_WRITE;
	return 0;
}

void
app_report_replace(struct app *a, bool yes)
{
	enum report_form form;
	struct err err;

	if (!yes)
		app_toast(a, ROLE_TEXT, "nothing written: the file is unchanged");
	else if (app_form_of(a->report, &form, &err) < 0 ||
	         app_write_file(a, a->report, form, true, &err) < 0)
		app_toast_err(a, &err);
}

void
app_report_name(const struct app *a, char *out, size_t size)
{
	snprintf(out, size, "pmtop-%d-%s.txt", (int)a->t.pid,
	         a->t.panel ? "answer" : view_row(ui_view(&a->ui))->title);
}
