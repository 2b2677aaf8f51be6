/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_APP_STATE_H
#define PM_APP_STATE_H

/* What the files of the app share. */
#include <poll.h>

#include "app/app.h"
#include "model/history.h"
#include "model/messages.h"
#include "query/query.h"
#include "sample/lister.h"
#include "sample/sampler.h"
#include "term/keys.h"
#include "term/zones.h"
#include "views/view.h"

enum { WAITING_MS = 1000 }; /* after this long the header says that the kernel keeps us waiting */

/* The zone in which the button went down, with place and time. */
struct app_mouse {
	struct zone held;
	int y, x;
	uint64_t at_ns; /* 0: the next click is not the second of a double click */
	bool moved, hinted;
};

/* Before there is a target: the list of processes. */
struct app_choose {
	struct lister *lister; /* NULL: there is a target */
	struct processes *list;
	uint64_t listing;      /* the newest list requested */
	uint64_t asked_ns;     /* the time of that request */
};

/* A target, and all that ends with it: app_target_close frees it as a whole. */
struct app_target {
	pid_t pid;
	enum track_owner owner;
	struct sampler *sampler; /* NULL: there is no target */
	struct request request;
	unsigned baselines;      /* how many were asked for */
	struct sample *s;        /* the newest; NULL before the first */
	struct history history;  /* those before it */
	size_t back;             /* how many samples before it are on screen; 0: the newest */
	bool paused;
	bool rewound;            /* by the first step back, not by p */
	struct {                 /* of a recording: it is played */
		bool on;
		unsigned speed;  /* app_play.c */
		uint64_t due_ns; /* when the sample on screen was due */
	} play;
	struct {                 /* snapshots; of a recording: those of them that are new */
		char name[48];
		uint64_t time_ns;
	} moments[16];
	size_t moments_n;
	struct answer *when;     /* the last search over time (table.times); NULL: none */
	bool record_failed;      /* it was said that the samples are no longer recorded */
	/*
	 * the action that needs a letter next: ACT_BOOKMARK, ACT_BOOKMARK_GO, ACT_WRITE (y or not);
	 * else 0
	 */
	int awaited;

	/* what the screen needs read once, by kind: the command and its outcome */
	struct app_once {
		struct command of;
		unsigned execs;      /* 1 + sample.execs of the program that it is of; 0: none */
		enum ui_once state;
		uint64_t asked_ns, took_ns; /* when, and how long until the answer */
	} once[COMMAND_KINDS];

	struct answer *panel;    /* the answer on screen */
	char asked[512];         /* its question */
	int panel_top;           /* its first line, if it is scrolled */
	size_t panel_left;       /* cells of its table that have scrolled off */
	int panel_row;           /* the cursor among the rows of its table */
	uint64_t goes_after;     /* the refresh after which a place is gone to; 0: none */
	uint64_t goes_to;        /* that place: it may be newer than the list of regions */
	uint64_t going;          /* the question of a goto: its answer is gone to; 0: none */
	uint64_t newest[COMMAND_KINDS]; /* the newest command of each kind; 0: none */
	unsigned unanswered;     /* commands without a result so far */
	struct sampler_work work; /* the one on the status line; serial 0: none */
	uint64_t work_ended_ns;  /* when the last one left the status line; 0: does not matter */
	bool find_change;        /* the last search was Tab */
	enum view_id find_view;  /* the view in which it began */

	bool rearmed;            /* the next clear is the one after an exec */
	char asking; /* a question about a clear is open: the letter of its keys (keys.def); 0 */
	unsigned touch_consent;  /* to clear referenced bits: 1 + sample.execs; 0: none */
	unsigned sample_consent; /* the same, to sample accesses: they are */
	bool sampled_seen;       /* it was said that they are */
	bool explains;           /* all costs are shown, too */
	uint64_t auto_clear_asked; /* the auto-clear requested with it, in ns */
	uint64_t stray;          /* the inode of the userfaultfd to close */
	bool part;               /* the answer was one region: request.scope */

	bool leaving; /* the next Esc goes back to that list, although writes are watched */
	bool left;    /* it does so now */

	/* what has been reported about its samples */
	unsigned clears_seen, execs_seen;
	bool others_seen, ended_seen, end_reported, replaced_seen;
	size_t said_n;   /* how many of the recording's messages are in the log */
	size_t said_of;  /* the sample, from 1, whose messages were shown last */
};

/* A message on the last line but one. */
struct app_toast {
	char text[512];
	uint64_t until;
	enum role role;
	bool place;     /* it is about the sample on screen, and gone with it */
	char view;      /* the view it belongs to; 0: any */
	enum lens lens; /* the lens it belongs to; LENS_COUNT: any */
};

/* The prompt, besides the line that readline holds. */
struct app_prompt {
	char error[512];  /* the error of the line, at this byte: */
	size_t error_at;
	char typing[192]; /* why the line does not parse so far; "": it does */
	struct prompt_word *words; /* completion; each text and help owned */
	size_t words_n, words_cap;
	unsigned asked_at; /* status.keys when the last question was sent */
	struct answer *symbols; /* those that begin with symbols_of; NULL: none was looked up */
	char symbols_of[128];
	unsigned tab_at;   /* status.keys at the Tab that others are looked up for */
};

/* What tests wait for. */
struct app_status {
	int fd;         /* -1: none */
	unsigned frame, keys, keys_reported;
	unsigned cells; /* cells that the last frame changed */
};

struct app {
	const struct app_options *o; /* own */
	struct app_options own; /* as given, and as `set` has changed them */
	struct app_choose choose;
	struct app_target t;
	struct term term;
	struct ui ui;
	bool quit;
	struct app_toast toast;
	struct messages messages; /* the log */
	struct app_prompt prompt;
	char report[512];       /* the file to write */

	struct app_mouse mouse;
	bool stale;             /* keys were handled since the screen was drawn */
	struct app_picture {
		bool stands;       /* the screen is as it should be, until: */
		uint64_t until_ns; /* UINT64_MAX: something happens; 0: not known yet */
		uint64_t made_ns;  /* of the sample that was drawn */
	} picture;

	struct app_status status;
	int signals;
};

/* app_state.c */
void app_toast(struct app *a, enum role role, const char *text);
/* A message for this view and lens only. */
void app_toast_here(struct app *a, enum role role, const char *text);
void app_toast_lens(struct app *a, const char *text);
/* A message about the sample on screen; another one is shown, so that message goes. */
void app_toast_place(struct app *a, const char *text);
void app_place_changes(struct app *a);
/* One that the log has already. */
void app_toast_logged(struct app *a, enum role role, const char *text);
void app_toast_err(struct app *a, const struct err *e);
bool app_refuses_change(struct app *a); /* --read-only is set; shows a message */
void app_not_found(struct app *a); /* shows that the list does not contain the text */
void app_messages(struct app *a); /* opens the log */
void app_close_panel(struct app *a);
int app_bottom(const struct app *a); /* the row below the view */
int app_timebar(const struct app *a); /* the rows of the timeline of a recording; 0: none */
char app_letter(const struct app *a); /* the letter of the keys that work now (keys.def) */
void app_post(struct app *a); /* hands a->t.request to the sampler */
void app_command(struct app *a, const struct command *c);
bool app_answered(const struct app *a);

/* Whether the picture is what was requested, but for figures that are only sampled yet. */
bool app_is_whole(const struct app *a);

/* The sample on screen: the newest, or one that was rewound to; NULL before the first. */
const struct sample *app_shown(const struct app *a);

/* app_picture.c: draws; how long that stays, in ms (-1: until something happens). */
void app_picture(struct app *a);
int app_picture_ms(struct app *a);
/* Whether what was drawn is what a new sample looks like. */
bool app_picture_shows(const struct app *a, const struct sample *s);

/* app_once.c */
void app_refresh(struct app *a);      /* scans now */
void app_post_view(struct app *a); /* requests what the screen needs, if that has changed */
/* The outcome of a command for the screen: its result, or that the user has cancelled it. */
void app_once_result(struct app *a, const struct result *r);
void app_once_cancelled(struct app *a, const struct command *c);
void app_once_show(struct app *a); /* passes the results to ui, for the next frame */

/* app_target.c: the views as the options set them. */
void app_ui_begin(struct app *a);

/*
 * Starts reading a process; app_target_close ends that, and forgets all samples. It ends the demo,
 * too, as does a failure here.
 */
int app_target(struct app *a, const struct sampler_target *what, struct err *err);
void app_target_close(struct app *a);
/*
 * Waits a moment for the first sample, so that the first frame has data. -1: the target cannot be
 * opened.
 */
int app_wait_first(struct app *a, struct err *err);
/* waits for any sample for at most ms; -1: until it comes */
int app_wait_sample(struct app *a, int ms, struct err *err);
int app_take_sample(struct app *a, struct err *err); /* takes the sample that has arrived */

/*
 * app_turn.c: one turn of a loop: draws, waits, handles signals and the loss of the terminal.
 * `news`: other descriptors to wait for, APP_NEWS at most; sets their revents. Does not read keys,
 * and returns even if nothing arrived: a resize ends the wait, too.
 */
enum { APP_NEWS = 2 };
void app_turn(struct app *a, struct pollfd *news, size_t n);

/* app_act.c: handles all input; carries out the effects of views */
void app_read_keys(struct app *a);
void app_set_baseline(struct app *a); /* of growth: now */


/*
 * app_diff.c: keeps a moment; compares with it; each as typed, and then its result. -1 with err.
 */
int app_snap(struct app *a, struct lex *r, struct err *err);
int app_diff(struct app *a, struct lex *r, struct err *err);
void app_snap_result(struct app *a, const struct result *r);
void app_diff_result(struct app *a, const struct result *r);
bool app_diff_end(struct app *a); /* ends that, and says so. false: nothing is compared */

/*
 * app_time.c: in a recording, so many samples on or back; to the time that is typed. -1 with err:
 * it is none, or this is a process.
 */
void app_travel(struct app *a, int steps);
void app_travel_to_tick(struct app *a, size_t i);
int app_travel_to(struct app *a, const char *when, struct err *err);
/* What --at says of a recording that is not open yet, for request.at_ns. -1 with err. */
int app_time_given(const char *path, const char *when, uint64_t *at_ns, struct err *err);
/* The time of a recording that is typed, or was kept under that name. -1 with err: none. */
int app_moment(const struct app *a, const char *text, uint64_t *time_ns, struct err *err);
/* The sample on screen gets a name. -1 with err: there is no room for more. */
int app_keep_moment(struct app *a, const char *name, struct err *err);
/* The same of a process, whose snapshot is kept elsewhere. false: there is no room for the name. */
bool app_name_moment(struct app *a, const char *name);
/* To the next sample of t.when, or the one before; or of a new answer, which then is t.when. */
void app_when_next(struct app *a);
void app_when_back(struct app *a);
void app_when(struct app *a, struct answer *of);
/* Shows the messages that were recorded with the sample on screen, and puts all into the log. */
void app_recorded_messages(struct app *a);
/* Records in a file from now on; "": ends that. */
void app_record(struct app *a, const char *path);
void app_toggle_record(struct app *a);

/*
 * app_play.c: plays a recording, or stops; plays at the next speed, or at that typed after `play`;
 * shows the next sample if it is due, and how long that will take; -1: it waits for another
 */
void app_toggle_play(struct app *a);
void app_cycle_speed(struct app *a);
int app_play(struct app *a, struct lex *r, struct err *err);
bool app_plays(const struct app *a);
const char *app_play_text(const struct app *a); /* of the header: at which speed */
void app_play_on(struct app *a);
int app_play_wait_ms(const struct app *a);

/* app_frames.c */
int app_run_frames(struct app *a, struct err *err);

/*
 * app_choose.c: the list of processes before there is a target: begin, take a new list, request
 * one; open the process under the cursor, or show the error and stay.
 */
int app_choose(struct app *a, struct err *err);
int app_choose_take(struct app *a, struct err *err);
int app_choose_again(struct app *a, struct err *err); /* closes the target first */
void app_choose_refresh(struct app *a);
void app_choose_open(struct app *a);
void app_choose_end(struct app *a);

/*
 * app_notice.c: messages about the sample on screen and the result of a command; may take over its
 * answer
 */
void app_notice(struct app *a);
void app_notice_result(struct app *a, struct result *r);

/* app_consent.c: questions before a clear */
/* a clear needs an answer first: asks */
void app_question(struct app *a, const struct result *r);
/* takes the answer; false: not a key of the question */
bool app_consent(struct app *a, enum action action);
/* the region under the cursor can be written */
bool app_may_consent_to_region(const struct app *a);
void app_clear(struct app *a);

/* Clears the referenced bits; asks first, unless that was consented to for this program. */
void app_sample(struct app *a);                   /* begins to sample accesses, or ends it */
void app_touch(struct app *a);                    /* clears, or asks which part to watch */
/* Sets request.scope; false: --scope names nothing; shows a message. */
bool app_take_scope(struct app *a);
void app_consent_withdraw(struct app *a); /* the clear failed: consent is asked for again */

/* app_header.c */
void app_header(struct app *a); /* draws the first line */

/* app_draw.c */
void app_draw(struct app *a);         /* draws one frame */

/*
 * app_line.c: a message from column x in row y, if it is long in the row above as well; the prompt
 * in row y, and above it errors or what Tab can choose from
 */
void app_draw_message(const struct app *a, int y, enum role role, int x, const char *text);
void app_draw_prompt(const struct app *a, int y);

void app_settle(struct app *a);       /* fits the view to the screen and the sample */

/*
 * app_bookmarks.c: the second key of two, and the status line before it; back along the jump list
 */
void app_take_letter(struct app *a, int key);
void app_say_awaited(const struct app *a, struct buf *out);
void app_jump_back(struct app *a);
void app_set_bookmark(struct app *a, char letter);
/*
 * To an address: in the hex view to the byte, else to the page in the grid. Where nothing is mapped
 * as far as is known, the regions are read again first: app_go_on, after that refresh.
 */
void app_go(struct app *a, uint64_t addr);
void app_go_on(struct app *a, uint64_t refresh);

/* app_seek.c: the next, or the previous, page that matches the last /; goes to it */
bool app_seek(struct app *a, bool back); /* false: there was no search yet */
bool app_seek_page(struct app *a, bool back); /* likewise, but of pages in every view */
void app_seek_change(struct app *a,
                     bool back); /* from unmapped pages: the next mapped page of the region */
void app_notice_found(struct app *a, const struct result *r);

/* app_report.c */
void app_copy(struct app *a);

/*
 * The name of a file, which is the rest of the line: without blanks around it, or as it is within
 * quotes; ~/ is HOME. -1 with err.
 */
int app_read_file(struct lex *r, char *path, size_t size, struct err *err);

/*
 * Writes what is on screen to the file; -1: the name is unusable. If the file exists, it asks:
 * t.awaited is ACT_WRITE then, and app_report_replace takes the answer.
 */
int app_report(struct app *a, const char *path, struct err *err);
void app_report_replace(struct app *a, bool yes);
void app_report_name(const struct app *a, char *out, size_t size); /* a name to suggest */

/* app_signals.c: a descriptor that is readable after a signal, -1: none; handles the signals */
int app_signals_open(void);
void app_signals_take(struct app *a, bool news); /* its descriptor is readable */
void app_signals_close(void);

/*
 * app_work.c: determines whether a command takes long enough to be shown; writes its status line;
 * cancels the one shown and reports that. false: none is shown.
 */
void app_see_work(struct app *a);
bool app_say_work(const struct app *a, struct buf *out);
bool app_cancel_work(struct app *a);
bool app_interrupt_work(struct app *a); /* for ^C; false: it quits */

/*
 * app_mouse.c: handles term.mouse except for what it returns: the effects, and the action with its
 * number of times.
 */
struct app_click {
	enum action action;
	int times;
	unsigned fx;
};
struct app_click app_take_mouse(struct app *a);

/* app_panel.c: rows that a sentence takes; the answer; the first `all` facts of one, uncut */
int app_panel_head(const char *text, int cols);
int app_panel_facts_rows(const struct answer *p, int all, int cols);
void app_panel_draw(const struct app *a, int bottom);
void app_panel_draw_facts(const struct answer *p, int all, int top, int bottom, int cols);
/* Whether it moves in a long answer. Does so; false: it is another, or all is on screen. */
bool app_panel_moves(const struct app *a, enum action action);
bool app_panel_scroll(struct app *a, enum action action);
bool app_panel_is_wide(const struct app *a); /* its table is wider than the screen */
/*
 * To the place in the row under the cursor, or that of the answer: in the hex view, to the bytes
 * there. What was counted or found is from then on the filter of the grid.
 */
void app_go_to_answer(struct app *a);
/* What Enter does: the word for its hint. */
const char *app_panel_goal(const struct app *a);

/* app_words.c: the i-th word that may stand at that byte of the line, as prompt_open takes it */
const struct prompt_word *app_word_at(void *arg, size_t at, size_t i);
void app_words_take(struct app *a, struct result *r); /* of a COMMAND_WORDS; may take its answer */
/*
 * app_verbs.c: does what a verb of the screen says; text: the whole line, q: what was read of it.
 * -1: it is refused, with the column. app_auto_clear reads how often to clear, as `auto` does;
 * app_read_page_filter the rest of a line (out: PAGE_FILTER bytes).
 */
int app_verb(struct app *a, const struct query *q, const char *text, struct err *err);
int app_auto_clear(struct app *a, struct lex *r, struct err *err);
int app_read_page_filter(struct app *a, struct lex *r, char *out, struct err *err);

/* app_ask.c */
void app_prompt(struct app *a, int kind); /* enum prompt_kind */
void app_prompt_key(struct app *a, int byte);
void app_prompt_answered(struct app *a, struct result *r); /* takes the answer */
bool app_prompt_cancel(struct app *a); /* false: no prompt is open */
void app_prompt_free(struct app *a);

#endif
