/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_APP_STATE_H
#define PM_APP_STATE_H

/* What the files of the app share. Each uses those above it in this list and none that uses it. */
#include <poll.h>

#include "app/app.h"
#include "model/history.h"
#include "model/messages.h"
#include "sample/lister.h"
#include "sample/sampler.h"
#include "term/keys.h"
#include "term/zones.h"
#include "views/view.h"

enum { WAITING_MS = 1000 }; /* from when on the header says that the kernel makes us wait */

/* What the mouse is about: the zone that it was pressed in, and where and when. */
struct app_mouse {
	struct zone held;
	int y, x;
	uint64_t at_ns; /* 0: the next click is no second one */
	bool moved, hinted;
};

/* Before there is a target: the processes to choose one from. */
struct app_choose {
	struct lister *lister; /* NULL: there is a target */
	struct processes *list;
	uint64_t listing;      /* the newest list that was asked for, */
	uint64_t asked_ns;     /* and when */
};

/* A target, and all that dies with it: app_target_close throws it away whole. */
struct app_target {
	pid_t pid;
	struct sampler *sampler; /* NULL: there is no target */
	struct request request;
	struct sample *s;        /* the newest; NULL before the first */
	struct history history;  /* those before it */
	size_t back;             /* steps back from it that are on screen; 0: the newest */
	bool paused;
	int awaited; /* an action that wants a letter next: ACT_BOOKMARK, ACT_BOOKMARK_GO,
	                ACT_WRITE (y or not); else 0 */

	struct answer *panel;    /* the answer on screen */
	uint64_t newest[COMMAND_KINDS]; /* command of each kind; 0: none */
	unsigned unanswered;     /* commands that have no result yet */
	struct sampler_work work; /* the one on the status line; serial 0: none */
	uint64_t work_ended_ns;  /* when the last one left the status line; 0: does not matter */
	bool find_change;        /* the last find was Tab's */
	enum view_id find_view;  /* the view that it was asked in */
	unsigned smaps_of;       /* 1 + sample.execs of the program whose smaps were asked for; 0 */

	bool rearmed;            /* the next clear is the one after an exec */
	char asking; /* a question about a clear is open: the letter of its keys (keys.def); 0 */
	bool explains;           /* all that it costs is shown, too */
	uint64_t auto_clear_asked; /* the auto-clear that it came from, in ns */
	uint64_t stray;          /* the inode of the userfaultfd that it is about */
	bool part;               /* it was answered with one region: request.scope */

	/* what was told of its samples */
	unsigned clears_seen, execs_seen;
	bool others_seen, ended_seen, end_reported;
};

/* A message on the last line but one. */
struct app_toast {
	char text[512];
	uint64_t until;
	enum role role;
	char view;      /* the only one that it is true of; 0: of all */
	enum lens lens; /* the same of lenses; LENS_COUNT */
};

/* The prompt, besides readline's line. */
struct app_prompt {
	char error[512];  /* what is wrong with the line, at byte: */
	size_t error_at;
	char typing[192]; /* why the line cannot be read so far; "" it can */
	char **words;     /* completion */
	size_t words_n, words_cap;
};

/* What tests wait on. */
struct app_status {
	int fd;         /* -1: nobody does */
	unsigned frame, keys, keys_reported;
	unsigned cells; /* that the frame on screen changed */
};

struct app {
	const struct app_options *o;
	struct app_choose choose;
	struct app_target t;
	struct term term;
	struct ui ui;
	bool quit;
	struct app_toast toast;
	struct messages messages; /* all of them */
	struct app_prompt prompt;
	char report[512];       /* the file to be written */

	struct app_mouse mouse;
	bool stale;             /* keys were taken since the screen was drawn */

	struct app_status status;
	int signals;
};

/* app_state.c */
void app_toast(struct app *a, enum role role, const char *text);
/* Of this view: another one does not show it; nor another lens. */
void app_toast_here(struct app *a, enum role role, const char *text);
void app_toast_lens(struct app *a, const char *text);
void app_toast_err(struct app *a, const struct err *e);
bool app_refuses_change(struct app *a); /* --read-only is set, which is told */
void app_not_found(struct app *a); /* what was looked for in the list */
void app_messages(struct app *a); /* shows those that were told */
void app_close_panel(struct app *a);
char app_letter(const struct app *a); /* of the keys that work now (keys.def) */
void app_post(struct app *a); /* hands a->t.request to the sampler */
void app_command(struct app *a, const struct command *c);
void app_refresh(struct app *a); /* the command that looks again, now */
void app_post_view(struct app *a); /* the same, if what the screen shows is not what it showed */
bool app_answered(const struct app *a);

/* The sample on screen: the newest, or one that was rewound to; NULL before the first. */
const struct sample *app_shown(const struct app *a);

/* app_target.c: the views as the options want them to begin. */
void app_ui_begin(struct app *a);

/* Starts reading process `pid` below `root` (`owner`: see track.h); app_target_close
 * ends that, and forgets what was seen. */
int app_target(struct app *a, const char *root, pid_t pid, enum track_owner owner, struct err *err);
void app_target_close(struct app *a);
/* A moment for the first sample, so that the first picture has something to show. -1: it cannot be
 * opened. */
int app_wait_first(struct app *a, struct err *err);
int app_wait_sample(struct app *a, int ms,
                    struct err *err);                /* for any, so long; ms -1: until it comes */
int app_take_sample(struct app *a, struct err *err); /* that has come */

/*
 * app_turn.c: one turn of a loop: draws, waits, and sees to signals and to a terminal that is gone.
 * `news`: what else may come, APP_NEWS at most; their revents are set. Keys are left to be read,
 * also when nothing else came: a resize ends the wait, too.
 */
enum { APP_NEWS = 2 };
void app_turn(struct app *a, struct pollfd *news, size_t n);

/* app_act.c: handles all that was typed; what views ask for */
void app_read_keys(struct app *a);


/* app_frames.c */
int app_run_frames(struct app *a, struct err *err);

/*
 * app_choose.c: the list of processes in place of a target. It is begun, a new list is taken, one
 * is asked for; what is under the cursor is opened, or that is told and the list stays.
 */
int app_choose(struct app *a, struct err *err);
int app_choose_take(struct app *a, struct err *err);
void app_choose_refresh(struct app *a);
void app_choose_open(struct app *a);
void app_choose_end(struct app *a);

/* app_notice.c: tells what the sample brings, and the result of a command, whose answer it may take
 * over */
void app_notice(struct app *a);
void app_notice_result(struct app *a, struct result *r);

/* app_consent.c: what must be answered before a clear */
/* a clear came to a question: puts it */
void app_question(struct app *a, const struct result *r);
bool app_consent(struct app *a, enum action action); /* the answer; false: the key is none */
bool app_may_consent_to_region(const struct app *a); /* the one under the cursor can be written */
void app_clear(struct app *a);                    /* a clear, or the question which part is meant */
/* Into request.scope; false: --scope names nothing, as it says. */
bool app_take_scope(struct app *a);
void app_consent_withdraw(struct app *a); /* consent came to nothing: it is asked for again */

/* app_draw.c */
void app_draw(struct app *a);         /* one frame of everything */
void app_settle(struct app *a);       /* the view is fitted to the screen and to what it shows */

/* app_bookmarks.c: the second key of two, what is said before it comes; back along the jump list */
void app_take_letter(struct app *a, int key);
void app_say_awaited(const struct app *a, struct buf *out);
void app_jump_back(struct app *a);

/* app_seek.c: the next page that passes what / asked for last, or the one before; where it was
 * found */
bool app_seek(struct app *a, bool back); /* false: nothing was asked for yet */
void app_seek_change(struct app *a,
                     bool back); /* the next page of the region that is mapped, from dots on */
void app_notice_found(struct app *a, const struct result *r);

/* app_report.c */
void app_copy(struct app *a);

/*
 * What is on screen goes to the file of that name; -1: the name will not do. One that is there is
 * asked about first: t.awaited is ACT_WRITE then, and app_report_replace has the answer.
 */
int app_report(struct app *a, const char *line, struct err *err);
void app_report_replace(struct app *a, bool yes);
void app_report_name(const struct app *a, char *out, size_t size); /* a name to begin with */

/* app_signals.c: a descriptor that tells of signals, -1: none; what they ask for */
int app_signals_open(void);
void app_signals_take(struct app *a);
void app_signals_close(void);

/*
 * app_work.c: finds out whether a command takes long enough to be shown; says so; cancels the one
 * that is shown, which is then told. false: none is shown.
 */
void app_see_work(struct app *a);
bool app_say_work(const struct app *a, struct buf *out);
bool app_cancel_work(struct app *a);
bool app_interrupt_work(struct app *a); /* for ^C, which quits if it is false */
void app_notice_cancelled(struct app *a, const struct command *c);

/* app_mouse.c: what term.mouse tells. It has been done but for the effects, and the action: that
 * often. */
struct app_click {
	enum action action;
	int times;
	unsigned fx;
};
struct app_click app_take_mouse(struct app *a);

/* app_ask.c */
void app_prompt(struct app *a, int kind); /* enum prompt_kind */
void app_prompt_key(struct app *a, int byte);
bool app_prompt_cancel(struct app *a); /* false: none is open */
void app_prompt_free(struct app *a);

#endif
