#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The prompt: what Tab offers, with what it means, and the search of the history.
# shellcheck disable=SC2154
load screen

setup() { fixture zoo; }
teardown() { screen_stop; }

last() { screen_text | tail -n "$1"; }

@test "Tab offers what may stand there, each with what it means" {
	screen_start 80x24 "$PID"
	screen_keys : Tab
	last 12 | grep -q '^ count  *how many pages match'
	last 2 | grep -q '^ [0-9]* more: type on$'
	screen_type 'count an'
	screen_keys Tab
	last 5 | grep -q '^ anon  *in RAM and anonymous'
	screen_type ' & !hu'
	screen_keys Tab
	last 1 | grep -q '^:count anon & !hu'
	screen_type 'getlb by '
	screen_keys Tab
	last 9 | grep -q '^ vma  *each region'
	screen_keys C-u
	screen_type 'count present in hea'
	screen_keys Tab
	last 1 | grep -q '^:count present in heap'
	screen_keys Escape Q
	screen_end
}

@test "^R searches the history while its text is typed; Esc brings the line back" {
	screen_start 80x24 "$PID"
	for line in 'heap+0x10' 'count present' 'heap+0x20'; do
		screen_keys :
		screen_type "$line"
		screen_keys Enter Escape
	done
	screen_keys :
	screen_type mine
	screen_keys C-r
	last 2 | grep -q 'history: ""'
	screen_type HEAP
	last 1 | grep -q '^:heap+0x20'
	screen_keys C-r
	last 1 | grep -q '^:heap+0x10'
	screen_keys C-r
	last 2 | grep -q 'history: "HEAP" not found'
	screen_keys BSpace BSpace BSpace BSpace
	last 1 | grep -q '^:mine'
	screen_type sent
	last 1 | grep -q '^:count present'
	screen_keys Escape
	last 1 | grep -q '^:mine'
	screen_keys C-u C-r
	screen_type present
	screen_keys Enter
	screen_text | grep -q 'pages (.*) match'
	screen_keys Escape Q
	screen_end
}
