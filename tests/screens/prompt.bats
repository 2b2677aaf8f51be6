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
	last 12 | grep -q '^ vma  *each region'
	screen_keys C-u
	screen_type 'count present in hea'
	screen_keys Tab
	last 1 | grep -q '^:count present in heap'
	screen_keys Escape Q
	screen_end
}

@test "while a line is typed it shows the place or the range it is about" {
	local line
	screen_start 100x24 "$PID"
	while IFS=: read -r typed line; do
		screen_keys :
		screen_type "$typed"
		last 1 | grep -F -- "-> $line" || { last 1 && return 1; }
		screen_keys Escape
	done <<-'END'
		goto heap+0x10:1000010 rw-p [heap]
		goto heap..+16k:1000000..1004000 16.0K
		who heap+0x10:1000010 rw-p [heap]
		where heap+0x10:1000010 rw-p [heap]
		hex heap+0x10..+0x20:1000010..1000030 32 bytes
		count anon in heap..+16k by state:1000000..1004000 16.0K
		sum rss in heap:1000000 rw-p [heap]
		goto nothing:Enter looks it up
		goto 2:2 not mapped
	END
	screen_keys :
	screen_type 'goto pfn:1'
	last 1 | grep -v -- '->'
	screen_keys Escape Q
	screen_end
}

@test "bug: Esc just before a resize did not close the prompt" {
	local w
	screen_start 80x24 "$PID"
	for w in 90 80 90 80 90 80 90 80; do
		screen_keys :
		screen_type 1
		_tmux send-keys Escape \; resize-window -x "$w" -y 24
		_screen_until "the prompt to close" eval '! _screen_matches "^:1"'
		screen_keys Up
	done
	screen_keys Q
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

@test "bug: what was long in an answer was cut, and could not be read" {
	screen_start 40x24 "$PID"
	screen_keys :
	screen_type tracker
	screen_keys Enter
	screen_text | tr -s ' \n' ' ' |
		grep -F ' uffd no: a directory does not change; choose a running process hash no: '
	screen_keys Escape :
	screen_type heap
	screen_keys Enter End
	screen_text | tr -d ' \n' | grep -F 'flag_namesuptodate,lru,mmap,anonymous,swapbacked,anon_exclusivememcg'
	screen_keys Escape Q
	screen_end
}

@test "bug: on a small screen the end of an error was cut" {
	screen_start 40x12 "$PID"
	screen_keys :
	screen_type 'count anon by zz'
	screen_keys Enter
	screen_golden whole prompt-error-40
	screen_keys Escape Q
	screen_end
}

@test "bug: where a small I has no dot, capitals were not known at the prompt" {
	localedef -i tr_TR -f UTF-8 "$BATS_TEST_TMPDIR/tr_TR.UTF-8" 2>/dev/null ||
		skip "localedef has no sources for tr_TR here"
	SCREEN_ENV=(LOCPATH="$BATS_TEST_TMPDIR" LC_ALL=tr_TR.UTF-8)
	screen_start 100x24 "$PID"
	screen_keys :
	screen_type 'WHOIS heap'
	screen_keys Enter
	screen_text | grep -F '1000000 [heap]+0: rw-p heap'
	screen_keys Escape Q
	screen_end
}
