#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The lens of accesses, on a recorded DAMON; live/damon.bats has the kernel's.
# shellcheck disable=SC2154

load screen

setup() { SCREEN_OPTIONS=(--interval 0.1); }
teardown() { screen_stop; }

ask() {
	screen_keys :
	screen_type "$1"
	screen_keys Enter
}

# The clock stands, so that ages do.
sample_start() {
	screen_clock 1000000
	fixture writers
	screen_start "$1" "$PID"
	screen_keys A D
	screen_wait_text 'Let DAMON sample the accesses of kvstored \(4242\)'
	screen_keys y
	screen_wait_text 'sampled by DAMON just now'
	screen_wait_text 'DAMON samples accesses: lens A, and ACCESSED in the list; D ends it'
}

@test "the lens asks first, then shows what DAMON saw, in list, grid and map, and says that it is sampled" {
	sample_start 120x30
	screen_wait_text ' ACCESSED '
	screen_golden bars+rows accesses-list
	screen_text | head -n 1 | grep 'sampled by DAMON just now'
	ask 'goto 7f0100000000'
	screen_keys =
	screen_wait_text 'A accesses sampled by DAMON just now, share of looks:.*5 80-100%'
	screen_golden rows+legend accesses-grid
	screen_keys v G
	screen_wait_text '8192 pages, 32.0M'
	screen_text | grep '80-100% *1928 pages'
	screen_keys v g
	ask 'count lens.accesses=80-100% in 7f0100000000..+32m'
	screen_wait_text '1928 pages \(7.5M\) match'
	screen_keys Escape a
	screen_wait_text 'A accesses sampled by DAMON just now'
	screen_golden rows+legend accesses-map
	screen_keys Q
	screen_end
}

@test "a narrow screen says so as well" {
	sample_start 80x24
	screen_text | head -n 1 | grep 'DAMON just now'
	ask 'goto 7f0100000000'
	screen_wait_text 'A accesses sampled by DAMON just now'
	screen_keys Q
	screen_end
}

@test "n does nothing, D again ends it, and so does the verb" {
	fixture writers
	screen_start 100x30 "$PID"
	ask 'lens accesses'
	screen_wait_text 'lens A +accesses: press D: DAMON samples which memory is accessed'
	screen_keys D
	screen_wait_text 'Let DAMON sample'
	screen_keys '?'
	screen_wait_text 'thread +kdamond'
	screen_keys n
	_screen_until 'no question' _no_question
	screen_text | grep 'press D'
	run ! grep ACCESSED <(screen_text)
	ask sample
	screen_wait_text 'Let DAMON sample'
	screen_keys y
	screen_wait_text 'sampled by DAMON [0-9j]'
	screen_keys D
	screen_wait_text 'DAMON no longer samples accesses'
	_screen_until 'nothing sampled' _nothing_sampled
	screen_text | grep 'press D'
	screen_keys D y
	screen_wait_text 'sampled by DAMON [0-9j]'
	ask sample
	screen_wait_text 'DAMON no longer samples accesses'
	screen_keys Q
	screen_end
}

_no_question() { ! screen_text | grep -q 'Let DAMON'; }
_nothing_sampled() { ! screen_text | grep -qE 'sampled by DAMON|ACCESSED'; }

@test "the age of what was seen is told while nothing new is read" {
	SCREEN_OPTIONS=(--interval 0)
	sample_start 100x30
	screen_clock 1007000
	screen_keys j
	screen_wait_text 'lens A +accesses sampled by DAMON 7 s ago'
	screen_text | head -n 1 | grep 'sampled by DAMON 7 s ago'
	screen_keys r
	screen_wait_text 'lens A +accesses sampled by DAMON just now'
	screen_keys Q
	screen_end
}

@test "where there is no DAMON the lens says why, and the key does; keys work as before" {
	fixture zoo
	screen_start 100x30 "$PID"
	screen_keys A
	screen_wait_text 'lens A +accesses: not sampled: the folder has no damon'
	screen_keys D
	screen_wait_text 'cannot sample accesses: the folder has no damon'
	screen_keys Enter
	screen_wait_text 'A accesses not sampled: the folder has no damon'
	screen_keys Q
	screen_end
}

@test "with --read-only nothing is sampled" {
	fixture writers
	SCREEN_OPTIONS+=(--read-only)
	screen_start 100x30 "$PID"
	screen_keys A D
	screen_wait_text 'read-only'
	run ! grep 'Let DAMON' <(screen_text)
	screen_keys Q
	screen_end
}
