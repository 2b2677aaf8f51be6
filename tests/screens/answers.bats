#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Long answers of the prompt: rows to step through, to go to, and to keep marked.
# shellcheck disable=SC2154
load screen

setup() { fixture zoo; }
teardown() { screen_stop; }

ask() {
	screen_keys :
	screen_type "$1"
	screen_keys Enter
}

@test "an answer of many rows: n and N step, the page keys scroll, Enter goes there" {
	screen_start 80x24 "$PID"
	ask 'count present by vma'
	screen_golden rows+hints answer-rows
	screen_keys n n Down N
	screen_golden rows answer-rows-step
	screen_keys End
	screen_golden rows answer-rows-end
	screen_keys Home Enter
	screen_text | grep -q '› \|> '
	# what was counted stays marked
	screen_wait_text 'match'
}

@test "the rows of find lead to their pages, and the filter stays in the grid" {
	screen_start 80x24 "$PID"
	ask 'find swapped'
	screen_golden rows answer-find
	screen_keys Down Enter
	screen_wait_text 'swapped.* match'
	ask 'find hwpoison & thp'
	screen_wait_text 'no page matches'
}

@test "an answer that does not fit the screen scrolls" {
	screen_start 60x16 "$PID"
	ask 'heap+0x1010'
	screen_golden rows answer-long
	screen_keys PageDown
	screen_golden rows answer-long-end
	screen_keys Escape
	run ! grep -q 'address  ' <(screen_text)
}

@test "w writes the answer: as text, its rows as CSV, all of it as JSON" {
	local t=$BATS_TEST_TMPDIR
	screen_start 80x24 "$PID"
	ask 'count present by type'
	for form in txt csv json; do
		screen_keys w C-u
		screen_type "$t/answer.$form"
		screen_keys Enter
	done
	pm() { "$PMTOP" --proc-root "$ROOT" "$@" "$PID"; }
	diff "$t/answer.txt" <(pm -e 'count present by type')
	[ "$(head -n 2 "$t/answer.csv")" = $'TYPE,PAGES,SIZE\nanon,1769,7245824' ]
	grep -q '"query": "count present by type", "pages": 2866,' "$t/answer.json"
	screen_keys Escape
	ask heap
	screen_keys w C-u
	screen_type "$t/facts.csv"
	screen_keys Enter
	grep -q '^mapping,\[heap\]$' "$t/facts.csv"
}

@test "O asks with whom it is shared: the region, the page, the range under the cursor" {
	screen_start 80x24 "$PID"
	screen_keys O
	screen_wait_text 'shared with no other process; unmapping it'
	screen_text | grep '  shared_with '
	screen_keys Escape Enter O
	screen_wait_text 'page [0-9a-f]*: no other process maps it'
	# a key that does nothing in the answer belongs to the view below, and closes it
	screen_keys v Right Right O
	screen_wait_text 'shared with no other process; unmapping it would free'
	screen_keys Escape Escape Enter O
	screen_wait_text 'page [0-9a-f]*: no other process maps it'
}

@test "arenas: heaps of malloc by their pages; read says what malloc could give back" {
	fixture malloc
	screen_start 100x28 "$PID"
	ask arenas
	screen_golden rows answer-arenas
	screen_keys Escape :
	screen_type 'arenas '
	screen_keys Tab
	screen_keys Enter
	screen_golden rows answer-arenas-read
	# each row leads to its heap
	screen_keys Home n n Enter
	screen_wait_text '14000000'
}

@test "Tab after a verb offers what the verb takes, and no mapping where none may stand" {
	fixture malloc
	screen_start 100x28 "$PID"
	screen_keys :
	screen_type 'play '
	screen_keys Tab
	screen_wait_text 'max +as fast as it goes'
	screen_keys Escape :
	screen_type 'record '
	screen_keys Tab
	screen_wait_text ':record off'
}

@test "bug: the right of a wide answer could not be seen" {
	fixture java
	screen_start 60x16 "$PID"
	screen_keys :
	screen_type arenas
	screen_keys Enter
	screen_text | grep '…$'
	screen_text | tail -n 1 | grep 'Right more'
	screen_golden body answer-wide
	screen_keys Right
	screen_golden body answer-right
	screen_keys l l l l l l
	run ! grep '…$' <(screen_text | head -n 14)
	screen_keys h Left h h h h h h
	screen_golden body answer-wide
	screen_keys Escape Q
	screen_end
}

@test "bug: of a region that was newer than the list it was said that nothing is mapped there any more" {
	local maps
	fixture_own zoo
	screen_start 100x30 "$PID"
	maps=$(sed '/\[stack\]/i 7ffd00000000-7ffd00010000 rw-p 00000000 00:00 0 [anon: newest]' "$ROOT/$PID/maps")
	printf '%s\n' "$maps" >"$ROOT/$PID/maps" # in the file that is open
	screen_keys :
	screen_type 7ffd00004000
	screen_keys Enter Enter
	screen_text | head -n 1 | grep -F '[anon: newest]'
	screen_keys Q
	screen_end
}
