#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The verbs of the prompt: what keys do, in words.
# shellcheck disable=SC2154
load screen

setup() { fixture_own zoo; }
teardown() { screen_stop; }

ask() {
	screen_keys :
	screen_type "$1"
	screen_keys Enter
}

# refuses LINE REGEX: the line stays, with the reason
refuses() {
	ask "$1"
	screen_wait_text "^:$1"
	screen_wait_text "$2"
	screen_keys Escape
}

# header: the breadcrumb
header() { screen_text | head -1; }

@test "goto shows the pages of a place: a mapping, an address, a frame; an unmapped one is answered" {
	screen_start 80x24 "$PID"
	ask 'goto heap+0x3000'
	screen_wait_text '^ *1003000 '
	[[ $(header) == *heap* ]]
	ask 'goto vma:10070000'
	screen_wait_text '^ *10070000 '
	ask 'goto pfn:100006'
	screen_wait_text '^ *1000000 '
	ask 'x'
	screen_keys Escape
	ask 'goto 20'
	screen_wait_text 'nothing is mapped|not mapped'
	screen_keys Escape
	refuses 'goto count anon' 'not a place'
	refuses 'goto hepa' 'did you mean heap'
}

@test "goto in the view of bytes goes to the byte; a bookmark is a place" {
	screen_start 80x24 "$PID"
	ask 'goto heap'
	ask 'bookmark k'
	screen_wait_text 'bookmark k is'
	screen_keys x
	ask 'goto heap+0x1010'
	screen_wait_text '^ *0*1001010 '
	ask "goto 'k"
	screen_wait_text '^ *0*1000000 '
	refuses 'bookmark 7' 'a letter, a to z'
	refuses 'bookmark kk' 'unexpected text'
}

@test "next and prev go to the pages that match, from the list as well" {
	screen_start 80x24 "$PID"
	refuses next 'a filter of pages'
	ask 'next swapped'
	screen_wait_text 'swapped'
	screen_text | tail -2 | head -1 >"$BATS_TEST_TMPDIR/first"
	ask next
	ask prev
	screen_text | tail -2 | head -1 | diff "$BATS_TEST_TMPDIR/first" -
	refuses 'next swaped' 'did you mean swapped'
	refuses 'next present &' 'expected a word'
}

@test "filter: regions in the list, pages in the grid; off removes it" {
	screen_start 80x24 "$PID"
	ask 'filter name=[heap]'
	screen_wait_text 'name=\[heap\]'
	ask 'goto heap'
	ask 'filter swapped'
	screen_wait_text 'swapped.* match'
	ask 'filter off'
	run ! grep -q 'swapped.* match' <(screen_text)
	screen_keys Escape
	screen_wait_text 'name=\[heap\]'
	ask 'filter off'
	run ! grep -q 'name=\[heap\]' <(screen_text)
	refuses filter 'expected a filter'
	refuses 'filter rss>' 'expected|column'
	refuses 'filter sise>1' 'did you mean size'
}

@test "sort, group and lens are those of the keys" {
	screen_start 100x24 "$PID"
	ask 'sort rss'
	screen_wait_text 'RSS▼'
	ask 'sort -rss'
	screen_wait_text 'RSS▲'
	ask 'group type'
	screen_wait_text ' by type'
	ask 'group off'
	run ! grep -q ' by type' <(screen_text)
	ask 'lens 4'
	ask 'goto heap'
	screen_wait_text 'Sharing|sharing'
	ask 'lens numa'
	screen_wait_text 'NUMA'
	ask 'sort address'
	screen_wait_text 'ADDRESS▲'
	refuses 'sort rsss' 'did you mean RSS'
	refuses 'group node' 'choose from address, file, type'
	refuses 'lens sharng' 'choose from state, writes'
}

@test "zoom by a number, a step, to fit; on the map as well" {
	screen_start 80x24 "$PID"
	refuses 'zoom in' 'only the pages of a region and the map'
	ask 'goto heap'
	ask 'zoom 8'
	screen_wait_text '1 cell = 8 pages'
	ask 'zoom in'
	screen_wait_text '1 cell = 4 pages'
	ask 'zoom 1'
	screen_wait_text '1 cell = 1 page'
	ask 'zoom fit'
	ask 'zoom fit'
	screen_wait_text '1 cell = 1 page'
	refuses 'zoom 3' 'power of two'
	refuses 'zoom 8 pages' 'unexpected text'
	screen_keys a
	ask 'zoom out'
	ask 'zoom fit'
	refuses 'zoom 8' 'only the pages of a region'
}

@test "write writes what is on the screen" {
	screen_start 80x24 "$PID"
	ask "write $BATS_TEST_TMPDIR/list.csv"
	screen_wait_text 'wrote [0-9]+ bytes'
	head -1 "$BATS_TEST_TMPDIR/list.csv" | grep -q '^START,'
	refuses write 'expected a file'
	refuses 'write list' 'does not say what to write'
}

@test "auto clears every few seconds until off" {
	screen_start 80x24 "$PID"
	refuses 'auto 0.1' 'from 0.25 to 600'
	refuses 'auto x' 'from 0.25 to 600'
	ask 'auto 600'
	screen_wait_text 'every 600|600 ?s'
	ask 'auto off'
	run ! grep -qE 'every 600|600 ?s' <(head -1 < <(screen_text))
}

@test "set changes what pmtoprc sets; what is read only at the start is refused" {
	screen_start 100x24 "$PID"
	ask 'set sort=-rss'
	screen_wait_text 'RSS▲'
	ask 'set columns = address rss mapping'
	run ! grep -q 'PERM' <(screen_text)
	ask 'set hints=off'
	run ! grep -q '^? help' <(screen_text)
	ask 'set hints=on'
	screen_wait_text '^\? help'
	ask 'set letters=all'
	ask 'set theme=mono'
	ask 'set calm=on'
	ask 'set read-only=on'
	refuses 'set read-only=off' 'stays read-only'
	refuses 'set color=256' 'only at the start'
	refuses 'set lettres=all' 'did you mean letters'
	refuses 'set letters' 'expected = and a value'
	refuses 'set letters=some' 'choose from runs, all, off'
	refuses 'set' 'expected a setting'
}

@test "Tab completes what a verb takes: lenses, columns, settings, fields, keys" {
	local line
	screen_start 80x24 "$PID"
	while IFS=: read -r typed line; do
		screen_keys :
		screen_type "$typed"
		screen_keys Tab
		screen_wait_text "^:$line"
		screen_keys Escape
	done <<-'END'
		lens sh:lens sharing
		sort writt:sort written
		set lett:set letters
		sum cop:sum copied
		sum rss of cop:sum rss of copied
		sum rss by ty:sum rss by type
		help capab:help capabilities
		group ty:group type
		by func:by function
		filter reserv:filter reserve
		filter written & !he:filter written & !heap
		filter of:filter off
		zoom fi:zoom fit
		auto of:auto off
		help unevict:help unevictable
		help reser:help reserve
		count swapped by memc:count swapped by memcg
	END
	screen_keys :
	screen_type 'group '
	screen_keys Tab
	screen_text | tail -n 4 | grep -q '^ file  *the regions of each file together'
	screen_keys Escape
}

@test "help explains a word, or opens the help; quit quits" {
	screen_start 80x24 "$PID"
	ask 'help mapcount'
	screen_wait_text '^ *page field  *mapcount: how often its frame is mapped'
	screen_wait_text '^ *--pages  *MAPCOUNT: '
	screen_keys Escape
	ask 'help bytes' # longer than a line
	screen_wait_text '"text", de ad be ef'
	screen_keys Escape
	ask 'help c'
	screen_wait_text '^ *key  *c: clear: pages written from now on'
	screen_keys Escape
	refuses 'help cuont' 'did you mean count'
	ask help
	[[ $(header) == *help* ]]
	screen_keys q
	ask quit
	screen_end
}

@test "by ranks what writes" {
	screen_start 80x24 "$PID"
	ask 'by thread'
	[[ $(header) == *'written by thread'* ]]
	ask 'by region'
	[[ $(header) == *'written by region'* ]]
	refuses 'by page' 'function, thread, chain or region'
	screen_keys Escape
	[[ $(header) == *regions* ]]
}

@test "baseline sets one, and off ends it" {
	screen_start 80x24 "$PID"
	refuses 'baseline off' 'there is no baseline'
	refuses 'baseline on' 'unexpected text'
	screen_keys Escape
	ask baseline
	screen_wait_text 'growth [0-9]+s'
	ask 'baseline off'
	screen_wait_text 'the baseline has ended'
}

@test "snap keeps a moment, diff compares with it; growth.bats has what it shows" {
	screen_start 80x24 "$PID"
	refuses 'snap' 'expected a name'
	refuses 'snap a b' 'unexpected text here'
	ask 'diff nothing'
	screen_wait_text 'there is no snapshot of that name'
	screen_keys Escape
	refuses 'diff off' 'nothing is compared'
	ask 'snap one'
	screen_wait_text 'snapshot one: .* in RAM and swap'
}

@test "sample asks, as the key does; accesses.bats has what it shows" {
	fixture writers
	screen_start 80x24 "$PID"
	refuses 'sample me' 'unexpected text'
	ask sample
	screen_wait_text 'Let DAMON sample the accesses of kvstored'
	screen_keys n
	screen_keys Q
	screen_end
}

@test "bug: Q did nothing while a question was open" {
	fixture writers
	screen_start 80x24 "$PID"
	ask sample
	screen_wait_text 'Let DAMON sample the accesses of kvstored'
	screen_keys Q
	screen_end
}

@test "touch asks, as the key does; live/touched.bats has what it shows" {
	screen_start 80x24 "$PID"
	refuses 'touch me' 'unexpected text'
	screen_keys Escape
	ask touch
	screen_wait_text 'Clear the referenced bits of '
	# what it disturbs is read before it is allowed, so it is not cut
	screen_keys F1
	screen_wait_text '^  kept +what was written since the clear of the write marks'
	run ! grep -E '^  .*…$' <(screen_text)
	screen_text | grep -A 1 '^  others ' | tr -d '\n' | tr -s ' ' | grep 'for all processes that map them'
	screen_keys F1
	screen_keys y
	screen_wait_text 'referenced bits cleared in'
	screen_wait_text ' TOUCHED '
}

@test "record takes a file; replay.bats has what is in it" {
	screen_start 80x24 "$PID"
	refuses 'record' 'a file is expected'
	ask 'record off'
	screen_wait_text 'cannot end the recording: nothing is being recorded'
}

@test "every verb of the screen has a test here" {
	local verb
	while read -r verb; do
		grep -q "ask ['\"]\?$verb\b" "$BATS_TEST_FILENAME"
	done < <(sed -n 's/^S([A-Z]*, "\([a-z]*\)".*/\1/p' "$fixture_top/src/query/query.def")
}

@test "play is for recordings: replay.bats plays one" {
	screen_start 80x24 "$PID"
	refuses 'play 3x' 'expected 1x, 10x, max or off'
	screen_keys Escape
	ask 'play 10x'
	screen_wait_text 'this is a process, not a recording'
	screen_keys Escape P
	screen_wait_text 'only a recording can be played'
}

@test "at is for recordings: replay.bats has their times" {
	screen_start 80x24 "$PID"
	ask 'at start'
	screen_wait_text 'this is a process, not a recording'
}
