/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any key and any letter at any moment in the list of processes, on screens of any size, while
 * processes come and go: the cursor stays on something, and what they are called is not obeyed.
 */
#include <locale.h>

#include "base/fuzzy.h"
#include "fuzz.h"
#include "model/picker.h"
#include "term/paint.h"
#include "term/term.h"
#include "views/view.h"

enum { STEPS = 80, ROWS = 60, COLS = 200, PROCESSES = 90 };

static struct term term;

struct world {
	struct ui ui;
	struct processes *list;
	uint64_t serial;
	uint64_t *seed;
};

static uint64_t
below(struct world *w, uint64_t n)
{
	return fake_below(w->seed, n);
}

static uint64_t
any_size(struct world *w)
{
	return below(w, 4) ? below(w, UINT64_C(1) << below(w, 50)) : below(w, 2) ? 0 : PROCESS_UNKNOWN;
}

static void
next_list(struct world *w)
{
	static const char *const commands[] = {
	    "/usr/bin/java -jar a.jar", "[sh]", "\033]0;evil\007", "\xe2\x80\xae gnp.exe", "\xff\xfe\xc3", "demo",
	    "日本語のプロセス", "a\nb\tc", "", "postgres: writer",
	};
	struct processes *l = mem_alloc(sizeof(*l));

	*l = (struct processes){.serial = ++w->serial, .complete = below(w, 2), .live = below(w, 2)};
	for (pid_t pid = 1; pid < PROCESSES; pid++) {
		struct process *p;

		if (below(w, 3))
			continue;
		l->v = vec_room(l->v, l->n, &l->cap, sizeof(*l->v));
		p = &l->v[l->n++];
		*p = (struct process){.pid = pid, .rss = any_size(w), .swap = any_size(w), .virt = any_size(w),
		                      .maps = any_size(w), .access = (enum access)below(w, ACCESS_COUNT)};
		p->refused = p->access >= ACCESS_MAPS ? (int)below(w, 40) : 0;
		snprintf(p->user, sizeof(p->user), "%s", below(w, 9) ? "app" : "\033[31m");
		snprintf(p->comm, sizeof(p->comm), "%s", commands[below(w, ARRAY_LEN(commands))]);
		p->command = mem_strdup(commands[below(w, ARRAY_LEN(commands))]);
	}
	processes_free(w->list);
	w->list = l;
	w->ui.processes = l;
}

static void
press(struct world *w)
{
	static const char typed[] = "javdemo 12\xc3\xa9";
	enum action a;

	switch (below(w, 6)) {
	case 0: /* an action that has no key here must do no harm either */
		view_picker.act(&w->ui, NULL, (enum action)below(w, ACT_COUNT));
		return;
	case 1:
		picker_type(picker_of(&w->ui), w->list, (unsigned char)typed[below(w, sizeof(typed) - 1)]);
		return;
	default:
		a = key_action((int)below(w, below(w, 2) ? 128 : TERM_LAST), 'S');
		if (a != ACT_NONE)
			view_picker.act(&w->ui, NULL, a);
	}
}

static void
resize(struct world *w)
{
	bool tiny = !below(w, 3);

	term.rows = 1 + (int)below(w, tiny ? 12 : ROWS);
	term.cols = 1 + (int)below(w, tiny ? 40 : COLS);
	w->ui.rows = term.rows;
	w->ui.cols = term.cols;
}

static bool
check(const struct ui *ui, const struct processes *list)
{
	const struct picker *p = picker_of(ui);
	size_t height = ui->rows > 6 ? (size_t)ui->rows - 5 : 1;
	struct buf text = {0};
	bool safe;

	for (size_t i = 0; i < p->rows_n; i++)
		if (p->rows[i] == PICK_DEMO ? i > 0 : p->rows[i] >= list->n || picker_score(&list->v[p->rows[i]], p->filter) == FUZZY_NONE)
			return fuzz_wrong("row %zu is no process of the list, or does not match", i);
	if (p->rows_n > list->n + 1 || (p->rows_n ? p->row >= p->rows_n : p->row))
		return fuzz_wrong("row %zu of %zu, %zu processes", p->row, p->rows_n, list->n);
	if (p->rows_n && (p->at_demo ? p->rows[p->row] != PICK_DEMO
	                             : p->rows[p->row] == PICK_DEMO || list->v[p->rows[p->row]].pid != p->pid))
		return fuzz_wrong("the cursor is not on process %d", (int)p->pid);
	if (p->row < p->top || (p->rows_n && p->row >= p->top + height))
		return fuzz_wrong("the cursor's row %zu is not on screen, top %zu", p->row, p->top);
	view_picker.say(ui, NULL, &text);
	view_picker.breadcrumb(ui, NULL, &text);
	safe = fuzz_is_safe(text.s);
	buf_free(&text);
	return safe || fuzz_wrong("it would send control characters");
}

static bool
draw(struct world *w)
{
	struct ui before = w->ui;
	struct picker own = *picker_of(&w->ui);

	paint_begin(&term);
	view_picker.draw(&w->ui, NULL, 1, w->ui.rows - 2);
	paint_flush();
	if (memcmp(&before, &w->ui, sizeof(before)) || memcmp(&own, picker_of(&w->ui), sizeof(own)))
		return fuzz_wrong("drawing changed it");
	paint_begin(&term);
	view_picker.draw(&w->ui, NULL, 1, w->ui.rows - 2);
	return !paint_flush() || fuzz_wrong("drawn twice it is not the same");
}

static bool
play(uint64_t *seed)
{
	struct world w = {.seed = seed};
	bool good = true;

	term.utf8 = below(&w, 4) != 0;
	paint_close();
	paint_open(&term, (enum theme)below(&w, THEME_COUNT));
	resize(&w);
	views_open(&w.ui);
	picker_open(picker_of(&w.ui), below(&w, 2) ? NULL : "java");
	next_list(&w); /* after picker_open */
	for (int i = 0; i < STEPS && good; i++) {
		if (!below(&w, 3))
			next_list(&w);
		if (!below(&w, 6))
			resize(&w);
		for (uint64_t n = below(&w, 4); n; n--) {
			press(&w);
			if (below(&w, 2))
				next_list(&w);
		}
		view_picker.settle(&w.ui, NULL, 1, w.ui.rows - 2);
		good = check(&w.ui, w.list) && draw(&w);
	}
	processes_free(w.list);
	views_close(&w.ui, true);
	return good;
}

int
main(int argc, char **argv)
{
	const struct term_options o = {.color = COLOR_ALWAYS, .headless = true, .rows = ROWS, .cols = COLS};
	struct err err;
	int r;

	setlocale(LC_ALL, "C.UTF-8");
	if (term_open(&term, &o, &err) < 0) {
		printf("Bail out! no terminal: %s\n", err.what);
		return 1;
	}
	r = fuzz_run(argc, argv, "picker", play);
	paint_close();
	term_close(&term);
	return r;
}
