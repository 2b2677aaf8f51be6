#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The help: one page per view, search in all of them; the message log.
load screen

teardown() { screen_stop; }

@test "pages are turned, round and round, and Esc goes back to the view" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys '?' Tab
	screen_text | grep 'help › grid'
	screen_keys BTab BTab BTab
	screen_text | grep 'help › settings'
	screen_golden body help-settings
	screen_keys Left Left Left Left
	screen_golden body help-lenses
	screen_keys Escape
	screen_text | grep '› regions'
	screen_keys q
	screen_end
}

@test "a word is found on all pages as it is typed" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys Enter '?' /
	screen_type Zoom
	screen_golden body+hints help-find-typing
	screen_keys Enter
	screen_golden body help-find
	screen_keys Escape # the page again
	screen_text | grep 'help › grid'
	screen_keys /
	screen_type 'no such word'
	screen_text | grep 'no match for "no such word"'
	screen_keys Escape
	screen_text | grep 'help › grid'
	screen_keys Q
	screen_end
}

@test "on a small screen the words stand below the keys" {
	fixture zoo
	screen_start 40x10 "$PID"
	screen_keys '?'
	screen_golden body help-40x10
	screen_keys End Q
	screen_end
}

@test "the help in every theme" {
	fixture zoo
	screen_start 80x24 --theme light "$PID"
	screen_keys '?' Left Left Left Left Left Left
	screen_golden body help-lenses-light
	screen_stop
	SCREEN_ENV=(NO_COLOR=1)
	screen_start 80x24 "$PID"
	screen_keys '?' Left Left Left Left Left Left
	screen_golden body help-lenses-mono
	screen_stop
	SCREEN_ENV=()
	SCREEN_TERM=linux
	screen_start 80x24 "$PID"
	screen_keys '?' Left Left Left Left Left Left
	screen_golden body help-lenses-linux
	screen_stop
	sixteen_colors
	screen_start 80x24 "$PID"
	screen_keys '?' Left Left Left Left Left Left
	screen_golden body help-lenses-16
	screen_stop
	SCREEN_TERM=tmux-256color SCREEN_ENV=()
	screen_start 80x24 --ascii "$PID"
	screen_keys '?' Left Left Left Left Left Left
	screen_golden body help-lenses-ascii
	screen_keys Q
	screen_end
}

@test "every message is kept with its time" {
	fixture_own softdirty
	screen_start 80x24 "$PID"
	screen_keys '!'
	screen_text | grep 'no messages yet'
	screen_keys q Escape c Escape Escape '!'
	screen_golden body messages '[0-9]{2}:[0-9]{2}:[0-9]{2}' 'epoch 1 \+[0-9]+s' 'in [0-9.]+ ms'
	# opened from itself and from the help it is there once
	screen_keys '?' Escape q
	screen_text | grep '› regions'
	screen_keys q
	screen_end
}

@test "messages and help where a process is chosen" {
	fixture zoo
	screen_start 80x24
	screen_keys F1 /
	screen_type access
	screen_keys Enter
	screen_text | grep 'help › found'
	screen_keys Escape Escape F8
	screen_text | grep 'messages'
	screen_keys Escape
	screen_text | grep 'choose a process'
	screen_keys F10
	screen_end
}

@test "bug: the names of the help's pages ended in the middle of one" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys '?'
	screen_text | sed -n 2p | grep -E '^ \[regions\] .* capabilities *…$'
	screen_keys BTab
	screen_text | sed -n 2p | grep -E '^… .* questions .* \[help\]$'
	screen_keys BTab BTab BTab BTab BTab
	screen_text | sed -n 2p | grep -E '^… .* columns-menu \[lenses\]…$'
	screen_keys Q
	screen_end
}

@test "bug: nothing showed that there is more below, and above" {
	local rows
	fixture java
	screen_start 80x24 "$PID"
	screen_keys '?'
	screen_text | grep -E '^ ▼ [0-9]+ lines below: PgDn$'
	run ! grep above <(screen_text)
	screen_keys Down
	screen_text | grep -E '^ ▲ 1 line above  ▼ [0-9]+ lines below: PgDn$'
	screen_keys G
	screen_text | grep -E '^ ▲ [0-9]+ lines above$'
	# cards, too, and no line is skipped by a screen down
	screen_keys Escape
	screen_type i
	screen_text | grep -E '^ ▼ [0-9]+ lines below: PgDn$'
	rows=$(screen_text | sed -n '2,21p' | tail -n 1)
	screen_keys NPage
	[[ $(screen_text) == *"$rows"* ]] || screen_text | grep -E '▲ [0-9]+ lines above$'
	screen_resize 80 60
	run ! grep -E '[▲▼] [0-9]+ lines? (above|below)' <(screen_text)
	screen_keys Q
	screen_end
}

@test "one sign between the steps of the way here, in ASCII as well" {
	local sign
	fixture java
	for sign in '›' '>'; do
		SCREEN_ENV=()
		[[ $sign == '›' ]] || SCREEN_ENV=(LC_ALL=C)
		screen_start 120x40 "$PID"
		screen_text | head -n 1 | grep "java 31337 $sign regions"
		screen_keys s
		screen_text | head -n 1 | grep "regions $sign sort"
		screen_keys Escape Enter
		screen_keys '?'
		screen_text | head -n 1 | grep "31337 $sign help $sign grid"
		screen_keys Escape Enter
		screen_text | head -n 1 | grep "java 31337 $sign \[anon: Java heap\] .* $sign page c0000000"
		screen_keys x
		screen_text | head -n 1 | grep "31337 $sign \[anon: Java heap\] $sign hex c0000000"
		screen_keys Q
		screen_end
		screen_stop
	done
}
