#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# pmtoprc: what it says holds, what is wrong in it is told, the command line counts for more.
load screen

setup() {
	fixture java
	SCREEN_ENV=("XDG_CONFIG_HOME=$BATS_TEST_TMPDIR/config")
	rc=$BATS_TEST_TMPDIR/config/pmtop/pmtoprc
	mkdir -p "${rc%/*}"
}
teardown() { screen_stop; }

@test "settings: theme, columns, sort, group, letters, hints" {
	cat >"$rc" <<-'END'
		# mine
		theme = light
		columns = size rss pages mapping
		sort = rss
		hints = off
	END
	screen_start 80x24 "$PID"
	screen_golden config-list
	# the prompt has the last line while it is open
	screen_keys :
	screen_type heap
	screen_golden config-prompt
	screen_keys Escape q
	screen_end
	[[ $(<"$rc") == '# mine'*off ]] # not touched
}

@test "the command line counts for more, and --no-config leaves the file out" {
	echo 'theme = light' >"$rc"
	screen_start 80x24 --theme dark "$PID"
	screen_golden list-java-80
	screen_stop
	screen_start 80x24 --no-config "$PID"
	screen_golden list-java-80
	screen_keys q
	screen_end
}

@test "keys of one's own: they act, and all texts tell of them" {
	cat >"$rc" <<-'END'
		[keys]
		clear = ^K
		help = H
		close = e
		quit = none
		[keys grid]
		zoom-out = o
	END
	screen_start 80x24 "$PID"
	screen_golden config-keys
	screen_keys Escape
	screen_text | grep '^ e quits'
	screen_keys Enter o o
	screen_text | grep '1 cell = 4 pages'
	screen_resize 80 60
	screen_keys H
	screen_text | grep '\^K  *clear: what is written from now on shows'
	screen_keys e Q q e
	screen_text | grep '› regions'
	screen_keys e
	screen_end
}

@test "what is wrong is told with its line, and the rest holds" {
	printf '%s\n' 'theme = light' 'nonsense' '[keys]' 'clear = q' >"$rc"
	screen_start 160x24 "$PID"
	screen_text | grep 'config/pmtop/pmtoprc: 2 mistakes; ! shows them'
	screen_keys '!'
	screen_text | grep 'pmtoprc:4: in the regions view key q means close'
	screen_text | grep 'config/pmtop/pmtoprc:2: a line that says nothing: it is neither NAME = VALUE nor \[SECTION\]'
	screen_keys Escape # c clears as ever, q quits
	screen_text | grep 'c clear.*q quit'
	screen_keys q
	screen_end
}

@test "bug: an action with no key after it lost the keys that it had" {
	printf '%s\n' '[keys]' 'help =' >"$rc"
	screen_start 160x24 "$PID"
	screen_text | grep 'pmtoprc:2: help =: there is no key; give its keys, or none'
	screen_keys '?'
	screen_text | head -n 1 | grep 'help › regions'
	screen_keys Q
	screen_end
}

@test "calm: what was written has one colour, however long ago, and no second is counted" {
	fixture_own softdirty
	screen_start 80x24 --calm "$PID"
	screen_keys Enter c
	target_writes 10000000 3 5 7
	screen_keys r
	screen_golden config-calm 'gen 1: soft-dirty .*' 'written .* ago'
	screen_text | head -n 1 | grep 'gen 1  *root'
	screen_keys Q
	screen_end
}
