/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moments that are kept under a name, and what differs from them: the verbs `snap` and `diff`. */
#include "app/app_state.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "model/list.h"
#include "model/pages.h"

/* --- what is typed ---------------------------------------------------------------------------- */

/* The next word, as a name or as a time; `how`: an example of the verb. */
static int
app_diff_word(struct lex *r, bool time, const char *how, char out[48], struct err *err)
{
	static const char names[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:+";
	size_t n;

	lex_skip_blanks(r);
	n = strspn(r->at, names);
	if (!time && n)
		n = u64_min(n, strcspn(r->at, ":+"));
	if (!n || n > 40 || (r->at[n] && r->at[n] != ' ' && r->at[n] != '\t'))
		return lex_fail(r, r->at,
		                time ? "expected a time, or the name of a snapshot, here"
		                     : "expected a name of up to 40 letters and digits here",
		                how, err);
	snprintf(out, 48, "%.*s", (int)n, r->at);
	r->at += n;
	lex_skip_blanks(r);
	return 0;
}

int
app_snap(struct app *a, struct lex *r, struct err *err)
{
	struct command c = {.kind = COMMAND_SNAP};
	const char *how = "for example: snap before", *from;
	char name[48];

	lex_skip_blanks(r);
	from = r->at;
	if (app_diff_word(r, false, how, name, err) < 0)
		return -1;
	if (!strcasecmp(name, "off"))
		return lex_fail(r, from, "`diff off` ends a comparison: give another name", how,
		                err);
	if (timeline_is_time(name))
		return lex_fail(r, from, "diff takes it for a time: give another name", how, err);
	if (*r->at)
		return lex_fail(r, r->at, "unexpected text here", NULL, err);
	if (a->t.s && a->t.s->timeline)
		return app_keep_moment(a, name, err);
	snprintf(c.text, sizeof(c.text), "%s", name);
	app_command(a, &c);
	return 0;
}

/* The time of a word that ends where r has read to, blanks aside. */
static int
app_diff_time(struct app *a, const struct lex *r, const char *word, uint64_t *time_ns,
              struct err *err)
{
	const char *at = r->at;

	if (app_moment(a, word, time_ns, err) == 0)
		return 0;
	while (at > r->text && strchr(" \t", at[-1]))
		at--;
	err->column = lex_column(r, at - strlen(word));
	return -1;
}

/* A moment as it is typed; of a recording also its time. */
static int
app_diff_moment(struct app *a, struct lex *r, bool past, char out[48], uint64_t *time_ns,
                struct err *err)
{
	const char *how =
	    past ? "for example: diff 12:30:05, diff start" : "for example: diff before";

	if (app_diff_word(r, past, how, out, err) < 0)
		return -1;
	return past ? app_diff_time(a, r, out, time_ns, err) : 0;
}

/* Whether that is all that is typed. */
static bool
app_diff_is_off(struct lex r)
{
	lex_skip_blanks(&r);
	if (!lex_eat_word(&r, "off"))
		return false;
	lex_skip_blanks(&r);
	return !*r.at;
}

int
app_diff(struct app *a, struct lex *r, struct err *err)
{
	bool past = a->t.s && a->t.s->timeline;
	struct command c = {.kind = COMMAND_DIFF};
	char was[48], is[48] = "";
	uint64_t time_ns;

	if (app_diff_is_off(*r))
		return app_diff_end(a) ? 0
		                       : err_set(err, ERR_USAGE, "nothing is compared", NULL,
		                                 "cannot end it");
	if (app_diff_moment(a, r, past, was, &c.end, err) < 0 ||
	    (*r->at && app_diff_moment(a, r, past, is, &time_ns, err) < 0))
		return -1;
	if (*r->at)
		return lex_fail(r, r->at, "unexpected text here", "diff takes two moments at most",
		                err);
	/* of a recording, the second moment is the one that is shown */
	if (past && *is && app_travel_to(a, is, err) < 0)
		return -1;
	snprintf(c.text, sizeof(c.text), "%s%s%s", was, *is && !past ? " " : "", past ? "" : is);
	c.at = ++a->t.baselines;
	app_command(a, &c);
	return 0;
}

/* --- what comes of it ------------------------------------------------------------------------- */

void
app_snap_result(struct app *a, const struct result *r)
{
	if (r->err.what[0]) {
		app_toast_err(a, &r->err);
		return;
	}
	app_name_moment(a, r->command.text); /* for Tab */
	app_toast(a, ROLE_TEXT, r->text);
}

/* The lens shows what differs; the next search is for that. */
void
app_diff_result(struct app *a, const struct result *r)
{
	const char *was = r->command.text, *is = strchr(was, ' ');
	char text[3 * KEY_NAME_SIZE + 192];

	if (r->err.what[0]) {
		app_toast_err(a, &r->err);
		return;
	}
	a->t.request.baseline = (unsigned)r->command.at;
	a->ui.lens = LENS_GROWTH;
	a->ui.list->find[0] = '\0';
	snprintf(a->ui.pages->find, sizeof(a->ui.pages->find), "%s",
	         "lens.growth=gained | lens.growth=lost | lens.growth=changed | lens.growth=moved "
	         "| lens.growth=rewritten");
	app_post(a);
	snprintf(text, sizeof(text),
	         "%.40s%scompared with %.*s: %s and %s go to the next and the previous difference, "
	         "%s in the list ends it",
	         is ? is + 1 : "", is ? " " : "", (int)strcspn(was, " "), was,
	         key_of(ACT_FIND_NEXT, 'R'), key_of(ACT_FIND_BACK, 'R'), key_of(ACT_STAY, 'R'));
	app_toast(a, ROLE_TEXT, text);
}

bool
app_diff_end(struct app *a)
{
	char text[128];

	if (!a->t.request.baseline || !a->t.s || !a->t.s->compared[0])
		return false;
	a->t.request.baseline = 0;
	if (a->ui.lens == LENS_GROWTH)
		a->ui.lens = LENS_STATE;
	a->ui.pages->find[0] = '\0';
	app_post(a);
	snprintf(text, sizeof(text),
	         strncmp(a->t.s->compared, "compared", 8) ? "no longer compared (%.80s)"
	                                                  : "no longer %.80s",
	         a->t.s->compared);
	app_toast(a, ROLE_TEXT, text);
	return true;
}
