/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/environment.h"

#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "base/util.h"

/* By how a variable begins: whatever is left of it may follow. */
static const char *const environment_places[] = {
    "PMTOP_", "XDG_",    "TERMINFO", "TERMCAP", "TERMPATH",    "INPUTRC",
    "TMPDIR", "SQLITE_", "TEMP",     "TMP",     "DEBUGINFOD_", "NCURSES_",
};

static bool
environment_is_place(const char *variable)
{
	for (size_t i = 0; i < ARRAY_LEN(environment_places); i++)
		if (!strncmp(variable, environment_places[i], strlen(environment_places[i])))
			return true;
	return false;
}

void
environment_distrust(void)
{
	const struct passwd *user;
	char name[128];

	if (!getauxval(AT_SECURE))
		return;
	for (char **v = environ; *v;) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(*v, "="), *v);
		if (!environment_is_place(*v) || unsetenv(name) < 0)
			v++; /* else another has taken its place */
	}
	user = getpwuid(getuid());
	if (user && user->pw_dir)
		setenv("HOME", user->pw_dir, 1);
	else
		unsetenv("HOME");
}
