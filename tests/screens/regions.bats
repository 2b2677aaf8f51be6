#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The list of regions on the screen.

load screen

teardown() { screen_stop; }

@test "the list at 80x24, and moving in it" {
	fixture java
	screen_start 80x24 "$PID"
	screen_golden whole list-java-80
	screen_keys Down Down Down
	screen_golden rows+status list-java-80-down
	screen_keys End
	screen_text | grep -q '^›…fffff600000.*\[vsyscall\]'
	screen_keys Up Home
	screen_text | grep -q '^›0000c0000000'
	screen_keys q
	screen_end
}

@test "the list at 120x40 and at 200x60" {
	fixture java
	screen_start 120x40 "$PID"
	screen_golden body list-java-120
	screen_resize 200 60
	screen_golden body list-java-200
	screen_resize 80 24
	screen_golden whole list-java-80
	screen_keys q
	screen_end
}

@test "every kind of region, and names that would break a screen" {
	fixture zoo
	screen_start 120x60 "$PID"
	screen_golden rows list-zoo-120
	screen_keys q
	screen_end
	screen_stop
	fixture names
	screen_start 100x40 "$PID"
	screen_golden rows list-names-100
	screen_keys q
	screen_end
}

@test "the list without colours, with eight, and on a light ground" {
	fixture java
	SCREEN_ENV=(NO_COLOR=1)
	screen_start 80x24 "$PID"
	screen_golden bars+rows list-java-mono
	screen_resize 120 40
	screen_golden bars+rows list-java-mono-120
	screen_stop
	SCREEN_ENV=()
	SCREEN_TERM=xterm
	screen_start 80x24 "$PID"
	screen_golden bars+rows list-java-xterm
	screen_stop
	SCREEN_TERM=tmux-256color
	screen_start 80x24 --theme light "$PID"
	screen_golden bars+rows list-java-light
	screen_keys q
	screen_end
}

@test "the list in ASCII, by the option and by the locale" {
	local ascii
	fixture java
	screen_start 80x24 --ascii "$PID"
	screen_golden bars+rows list-java-ascii
	screen_stop
	SCREEN_ENV=(LC_ALL=C)
	screen_start 80x24 "$PID"
	screen_golden bars+rows list-java-ascii
	ascii=$(screen_text)
	[[ ! $ascii =~ [^[:ascii:]] ]]
	screen_keys q
	screen_end
}

@test "sorting by each column, and back, and turned round" {
	fixture java
	screen_start 120x40 "$PID"
	screen_keys '>'
	screen_text | sed -n 5p | grep -q 'SIZE▼'
	screen_keys '>' '>' '>'
	screen_golden heading+rows list-java-sorted
	screen_keys I
	screen_text | sed -n 5p | grep -q '▲'
	screen_keys '<' '<' '<' '<'
	screen_text | sed -n 5p | grep -q 'ADDRESS▲'
	screen_keys q
	screen_end
}

@test "finding by name and by address, on and back, and finding nothing" {
	fixture java
	screen_start 80x24 "$PID"
	screen_keys /
	screen_type libc
	screen_golden rows+hints find-prompt
	screen_keys Enter
	screen_text | grep '^›7f1a808fd000'
	screen_keys n
	screen_text | grep '^›7f1a80923000'
	screen_keys N
	screen_text | grep '^›7f1a808fd000'
	screen_keys /
	screen_type 7ffd
	screen_keys Enter
	screen_text | grep '^›7ffd4e1c2000'
	# nothing is found: nothing moves, and it is said
	screen_keys /
	screen_type nowhere
	screen_keys Enter
	screen_text | grep '^›7ffd4e1c2000'
	screen_text | grep -i 'nowhere'
	screen_keys / Escape q
	screen_end
}

@test "Esc at the top says how to leave, q leaves, Q leaves from anywhere" {
	fixture softdirty
	screen_start 80x24 "$PID"
	screen_keys Escape
	screen_text | grep 'q quits'
	screen_keys BSpace Enter '?' q Escape
	screen_text | grep 'regions'
	screen_keys q
	screen_end
	screen_stop
	screen_start 80x24 "$PID"
	screen_keys Enter Enter '?' Q
	screen_end
}

@test "pause holds the picture, and goes on" {
	fixture_own softdirty
	screen_start 80x24 "$PID"
	screen_keys c Enter p
	target_writes 10000000 1
	screen_keys r
	screen_text | head -n 1 | grep ' paused '
	screen_golden rows grid-paused 'epoch 1: .*'
	screen_keys p r
	screen_text | grep -E '^000010000000 a'
	screen_keys q q
	screen_end
}

@test "bug: ] held the picture still where there is nothing newer" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys ']'
	screen_text | tail -n 2 | grep 'this is the newest sample'
	[[ $(screen_text | head -n 1) != *paused* ]]
	screen_keys q
	screen_end
}

@test "bug: 'q quits' was said where q closes a view" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys Escape
	screen_text | tail -n 2 | grep 'q quits'
	screen_keys Enter
	[[ $(screen_text) != *'q quits'* ]]
	screen_keys q q
	screen_end
}

@test "the help, over each view, from top to end" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys '?'
	screen_golden body help-regions
	screen_keys End
	screen_golden body help-end
	screen_keys q Enter '?'
	screen_resize 100 70
	screen_golden body help-grid
	screen_keys Escape Enter '?'
	screen_text | grep 'help › page'
	screen_keys Q
	screen_end
}

@test "bug: a screen of a few rows had no row for a region or a cell, and Page Down went up" {
	fixture zoo
	screen_start 30x6 "$PID"
	screen_text | grep '^›000000400000 '
	screen_keys PageDown
	screen_text | grep '^›000001000000 '
	screen_keys Home Enter
	screen_text | grep -E '^ +address '
	screen_text | grep -E '^000000400000 +[fw]'
	screen_text | grep -E '^1 state [fw] '
	screen_keys Escape '?'
	screen_text >"$BATS_TEST_TMPDIR/top"
	screen_keys PageDown
	run ! diff "$BATS_TEST_TMPDIR/top" <(screen_text)
	screen_keys Q
	screen_end
}

@test "small terminals: what fits, or what is needed" {
	fixture zoo
	screen_start 40x10 "$PID"
	screen_golden body small-40x10
	screen_keys Enter
	screen_golden body small-40x10-grid
	screen_resize 30 6
	screen_golden body small-30x6-grid
	screen_keys q
	screen_golden whole small-30x6
	screen_resize 20 5
	screen_text | grep 'q quits'
	screen_keys Enter Enter '?' q q
	screen_resize 1 1
	screen_resize 2 40
	screen_resize 300 3
	screen_resize 80 24
	screen_keys Home q q
	screen_end
}

@test "a target that keeps its reader waiting: the keys answer, the header says why" {
	fixture_own softdirty --slow-pagemap
	screen_slow
	screen_start_waiting 80x24 "$PID"
	screen_wait_text 'waiting for the kernel'
	screen_send '?'
	screen_wait_text 'help ›'
	screen_resize_waiting 100 30
	screen_send Escape
	# the regions are known all the same, and what is not counted is not called 0
	screen_wait_text '^RAM +counting'
	screen_wait_text '\[anon: canvas\]'
	screen_send q
	screen_end
}

@test "bug: a delayed periodic scan is shown, and since when" {
	fixture_own softdirty
	screen_slow
	SCREEN_OPTIONS=(--interval 0.1)
	screen_start 80x24 "$PID"
	screen_wait_text '● live 0.1s'
	: >"$ROOT/$PID/statm.slow"
	SCREEN_IDLE=0 screen_wait_text 'waiting for the kernel [1-9] s'
	screen_send '?'
	screen_wait_text 'help ›'
	screen_send Q
	screen_end
}

@test "bug: a terminal that cannot move its cursor is refused, and nothing is drawn on it" {
	fixture zoo
	SCREEN_TERM=dumb
	screen_start 80x24 "$PID" || true
	screen_text | grep 'cannot use the terminal dumb: it cannot move its cursor'
	screen_end 2
}

@test "bug: names in wide characters stay readable and in their column" {
	fixture names
	screen_start 100x30 "$PID"
	screen_text | grep '日本'
	screen_keys q
	screen_end
}

@test "bug: marks were dropped, and letters made of several characters cut in the middle" {
	fixture scripts
	screen_start 72x16 "$PID"
	screen_golden rows list-scripts-72
	screen_resize 71 16
	screen_golden rows list-scripts-71
	screen_keys q
	screen_end
}

@test "t groups by file and by type, Enter folds, the cursor stays with its region" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys Down Down t
	screen_golden rows group-file
	screen_text | tail -n 1 | grep ' Enter unfold '
	screen_keys Enter
	screen_golden rows group-file-open
	screen_text | tail -n 1 | grep ' Enter fold '
	screen_keys Down t
	screen_golden rows group-type
	screen_keys t
	screen_text | grep '^›000001000000'
	screen_keys q
	screen_end
}

@test "bug: guard and poison markers looked like memory in strips" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys /
	screen_type 'anon: guard'
	screen_keys Enter
	screen_text | grep -F ' ···▇▇▇▇▇▇··· [anon: guard]'
	screen_text | grep -F ' ▇▇▇▇▇▇·▃▇▇▇▇ [anon: poisoned]'
	screen_keys q
	screen_end
}

@test "bug: a live process without any region left the screen blank for ever" {
	fixture_own zoo
	: >"$ROOT/$PID/maps"
	screen_start 80x24 "$PID" || true
	screen_text | tr -d '\n' | grep 'it no longer has any memory'
	screen_end 1
}
