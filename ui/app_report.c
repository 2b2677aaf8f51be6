/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person takes along: an address. */
#include "app_state.h"

#include <stdio.h>

/* The range, or the place under the cursor, as the prompt takes it back. */
void
app_copy(struct app *a)
{
	struct ui *ui = &a->ui;
	char text[48], said[192];
	uint64_t lo, hi;

	if (ui_range(ui, &lo, &hi)) {
		snprintf(text, sizeof(text), "%llx..%llx", (unsigned long long)lo, (unsigned long long)hi);
		ui->range_on = false;
	} else {
		snprintf(text, sizeof(text), "%llx", (unsigned long long)ui_at(ui));
	}
	if (term_copy(&a->term, text)) {
		snprintf(said, sizeof(said), "copied %s", text);
		app_toast(a, ROLE_TEXT, said);
	} else {
		snprintf(said, sizeof(said), "%s is not copied: this terminal does not say that it can (Ms in its "
		         "terminfo); select it here with the mouse", text);
		app_toast(a, ROLE_HOT, said);
	}
}
