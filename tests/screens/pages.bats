#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The grid, the page, the prompt and the write marks on the screen.

load screen

teardown() { screen_stop; }

# what depends on the clock
TIMES=('epoch [0-9]+ \+[0-9]+s' 'in [0-9]+\.[0-9] ms' 'written [0-9.]+ s ago' ', [0-9]+ s after')

# screen_goto WHAT: the prompt's answer, and there
screen_goto() {
	screen_keys :
	screen_type "$1"
	screen_keys Enter Enter
}

@test "the grid of a heap with every kind, at 80x24 and 120x40" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_goto heap
	screen_golden whole grid-zoo-80
	screen_keys Right Tab
	screen_text | tail -n 2 | head -n 1 | grep '^ 1018000 the shared zero page'
	screen_resize 120 40
	screen_golden body grid-zoo-120
	screen_keys q q
	screen_end
}

@test "letters: where the state changes, everywhere, nowhere" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_goto heap
	screen_keys L
	screen_golden rows grid-zoo-all-letters
	screen_keys L
	screen_golden rows grid-zoo-no-letters
	screen_keys L
	screen_golden whole grid-zoo-80
	screen_keys Q
	screen_end
}

@test "bug: a lens chosen in the grid reached the list with the next scan" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys Enter 4 Escape
	screen_golden bars+rows lens-list-4
	screen_keys Q
	screen_end
}

@test "each lens recolours grid and list, and says what it lacks" {
	local lens
	fixture zoo
	screen_start 80x24 "$PID"
	for lens in 3 4 5 8; do
		screen_keys $lens
		screen_golden bars+rows lens-list-$lens
	done
	screen_goto heap
	for lens in 2 3 4 5 6 7 8 9; do
		screen_keys $lens
		screen_golden bars+rows+legend lens-grid-$lens
	done
	screen_keys =
	screen_golden rows+legend lens-grid-fit
	screen_keys Q
	screen_end
	fixture hidden
	screen_start 80x24 --lens LRU "$PID"
	screen_text | head -n 1 | grep ' no PFN$'
	screen_golden bars+rows lens-list-hidden
	screen_keys Enter
	screen_golden rows+legend+status lens-grid-hidden
	screen_keys 4
	screen_text | grep 'for the count, run pmtop as root'
	screen_keys 3
	screen_golden rows+legend lens-grid-hidden-3
	screen_keys Q
	screen_end
}

@test "what a region is: counts, and smaps in words" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys i
	screen_golden body region-file
	screen_keys '}' '}'
	screen_golden body region-heap
	screen_keys Down Down End
	screen_golden body region-heap-end
	screen_keys Enter
	screen_text | grep '1 cell = 1 page'
	screen_keys q q
	screen_end
}

@test "the grid of 2 GiB: page by page, zoomed, fitted" {
	fixture java
	screen_start 120x40 "$PID"
	screen_keys Enter
	screen_golden body grid-java-0
	screen_keys =
	screen_golden body grid-java-fit
	screen_keys Down Down Down Enter
	screen_golden body grid-java-in
	screen_keys = = End
	screen_text | grep -E '13ffff000'
	screen_keys Q
	screen_end
}

@test "every zoom counts every page" {
	local zoom pages
	fixture alt
	screen_start 80x24 "$PID"
	# one page in eight: 512 of 4096, whatever the cell is
	screen_goto 40000000
	for zoom in 1 2 3 4 5 6 7 8 9 10 11 12; do
		screen_keys -
		pages=$((1 << zoom))
		if ((pages < 8)); then
			screen_text | grep -E "^ 40000000 .*: $pages pages: $((pages - 1)) none, 1 anon"
		else
			screen_text | grep -E "^ 40000000 .*: $pages pages: $((pages * 7 / 8)) none, $((pages / 8)) anon"
		fi
	done
	screen_keys q
	# neither end on a border: the first and the last cell hold what is left
	screen_goto 50003000
	screen_keys - - - - -
	screen_text | grep -E '^ 50003000 .*: 29 pages: 10 zero, 10 anon, 9 swapped'
	screen_keys End
	screen_text | grep -E '^ 503eb000 .*: 12 pages: '
	screen_keys Q
	screen_end
}

@test "the grid without colours, with eight, in ASCII, on a light ground" {
	fixture zoo
	SCREEN_ENV=(NO_COLOR=1)
	screen_start 80x24 "$PID"
	screen_goto heap
	screen_golden bars+rows+legend grid-zoo-mono
	screen_stop
	SCREEN_ENV=() SCREEN_TERM=linux
	screen_start 80x24 "$PID"
	screen_goto heap
	screen_golden bars+rows+legend grid-zoo-linux
	screen_stop
	SCREEN_TERM=tmux-256color
	screen_start 80x24 --ascii "$PID"
	screen_goto 20400000
	screen_keys - -
	screen_golden bars+rows+legend grid-zoo-ascii
	[[ ! $(screen_text) =~ [^[:ascii:]] ]]
	screen_stop
	screen_start 80x24 --theme light "$PID"
	screen_goto heap
	screen_golden bars+rows+legend grid-zoo-light
	screen_keys Q
	screen_end
}

@test "one page with every bit, and what is hidden is said to be" {
	fixture zoo
	screen_start 120x40 "$PID"
	screen_goto heap
	screen_keys Enter
	screen_golden body page-anon
	screen_keys '}'
	screen_text | head -n 1 | grep '10000000'
	screen_keys Q
	screen_end
	screen_stop
	fixture hidden
	screen_start 80x24 "$PID"
	screen_goto 1010000
	screen_golden rows+legend+status grid-hidden
	screen_keys Enter
	screen_golden body page-hidden
	screen_keys Q
	screen_end
}

@test "after c exactly the pages written show as written, in the list and in the grid" {
	fixture_own softdirty
	screen_clock 100000 # the line of writes would have another form a second after the clear
	screen_start 120x40 "$PID"
	screen_keys Enter Right Right Right c
	[ "$(cat "$ROOT/$PID/clear_refs")" = 4 ]
	target_writes 10000000 3 5 7
	# drawn at once, so that the colour is that of now
	screen_keys r
	screen_golden rows+legend+status grid-written "${TIMES[@]}" 'epoch 1: soft-dirty .*'
	screen_keys q
	screen_resize 80 24 # where WR/S has no room: a second after the clear it has a value
	screen_golden bars+rows list-written "${TIMES[@]}" 'epoch 1: soft-dirty .*' '12.0K [w+].*'
	# the same without colour
	screen_stop
	target_cleared
	SCREEN_ENV=(NO_COLOR=1)
	screen_start 80x24 "$PID"
	screen_keys Enter c
	screen_text | grep -E '^000010000000 a{64} *$'
	target_writes 10000000 3 5 7
	screen_keys r
	screen_text | grep -E '^000010000000 aaa[#+-]a[#+-]a[#+-]a{56} *$'
	# a second clear forgets them
	target_cleared
	screen_keys c
	screen_text | grep -E '^000010000000 a{64} *$'
	screen_text | head -n 1 | grep 'epoch 2'
	screen_keys Q
	screen_end
}

@test "--read-only clears nothing and says so" {
	fixture_own softdirty
	screen_start 80x24 --read-only "$PID"
	screen_keys c
	screen_text | grep 'read-only'
	screen_keys :
	screen_type clear
	screen_keys Enter
	screen_text | grep 'read-only'
	[ ! -s "$ROOT/$PID/clear_refs" ]
	screen_keys q
	screen_end
}

@test "nor does it sample accesses" {
	fixture_own softdirty
	screen_start 80x24 --read-only "$PID"
	[[ $(screen_text) != *read-only* ]]
	screen_keys :
	screen_type accesses
	screen_keys Enter
	screen_text | grep 'read-only'
}

@test "where writes cannot be seen c says why" {
	fixture_own softdirty
	rm "$ROOT/$PID/clear_refs"
	screen_start 80x24 "$PID"
	screen_golden bars list-no-clear
	screen_keys c
	screen_text | tail -n 5 | grep 'clear_refs'
	screen_keys q
	screen_end
}

@test "the prompt: typing, its preview, an error with its place, the answer" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys :
	screen_type 'heap+0x1010'
	screen_golden status+hints prompt-open
	screen_keys Enter
	screen_golden heading+rows prompt-answer
	screen_keys Enter
	screen_text | head -n 1 | grep 'heap'
	screen_keys :
	screen_type 'heap+10q'
	screen_keys Enter
	screen_golden status+hints prompt-error
	screen_keys Escape
	# a range, and what nothing is mapped at
	screen_keys :
	screen_type '10090000..+8p'
	screen_keys Enter
	screen_golden heading+rows prompt-range
	screen_keys Escape :
	screen_type '5'
	screen_keys Enter
	screen_text | grep 'not mapped'
	screen_keys Escape Q
	screen_end
}

@test "an answer with no room for all of it says how much is below, and scrolls" {
	fixture zoo
	screen_start 60x12 "$PID"
	screen_keys :
	screen_type 1000000
	screen_keys Enter
	screen_text | grep -E '▼ [0-9]+ lines below'
	screen_text | grep '  address '
	screen_keys Down
	screen_text | grep -E '▲ 1 line above  ▼ [0-9]+ lines below'
	run ! grep '  address ' <<<"$(screen_text)"
	screen_keys End
	screen_text | grep -E '▲ [0-9]+ lines above$'
	screen_keys Home
	screen_text | grep '  address '
	# where all of it is on screen a key that moves is for the view below
	screen_resize 60 48
	run ! grep -E 'lines (above|below)' <<<"$(screen_text)"
	screen_keys Down
	run ! grep '  address ' <<<"$(screen_text)"
	screen_keys Q
	screen_end
}

@test "the prompt completes, remembers, and is left without a trace" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys :
	screen_type 'hea'
	screen_keys Tab
	screen_text | tail -n 1 | grep '^:heap'
	screen_keys C-u
	screen_type 'cle'
	screen_keys Tab
	screen_text | tail -n 1 | grep '^:clear'
	screen_keys C-u
	screen_type 'libc.so.6+1'
	screen_keys Enter Escape
	grep -qx 'libc.so.6+1' "$SCREEN_TMP/state/pmtop/history"
	screen_keys : Up
	screen_text | tail -n 1 | grep '^:libc.so.6+1'
	screen_send C-c
	screen_wait_text '^\? help'
	screen_keys Q
	screen_end
}

@test "a resize in every view" {
	local size
	fixture zoo
	screen_start 80x24 "$PID"
	for size in '40 10' '132 43' '80 24'; do
		# shellcheck disable=SC2086
		{
			screen_resize $size
			screen_keys '?'
			screen_resize 100 20
			screen_resize $size
			screen_keys q Enter
			screen_resize 100 20
			screen_resize $size
			screen_keys Enter
			screen_resize 100 20
			screen_resize $size
			screen_keys :
			screen_type heap
			screen_resize 100 20
			screen_text | tail -n 1 | grep '^:heap'
			screen_resize $size
			screen_keys Escape q q
		}
	done
	screen_keys Home
	screen_text | sed -n 6p | grep '^›000000400000'
	screen_keys q
	screen_end
}

@test "regions of terabytes open at once, before all of them are counted" {
	fixture huge
	screen_start_waiting 100x30 "$PID"
	screen_wait_text '^›010000000000'
	screen_send Down
	screen_wait_text '^›020000000000'
	screen_send Enter
	screen_wait_text '^020000000000 a  [.·]'
	screen_send Q
	screen_end
}

@test "K shows what --capabilities says" {
	fixture hidden
	screen_start 120x40 "$PID"
	screen_keys K
	screen_text | grep -E '^ pfn +no: the kernel shows zeros instead'
	screen_text | grep -E '^ +run as root \(CAP_SYS_ADMIN'
	screen_keys Escape
	screen_text | grep 'ADDRESS'
	screen_keys q
	screen_end
}

@test "bug: a question wider than a small screen hid what was typed, and moving in it crashed" {
	fixture zoo
	screen_start 40x10 "$PID"
	screen_keys C
	screen_type 123456789012345678
	screen_text | tail -n 1 | grep -x 'seconds between clears (En… 89012345678'
	screen_keys Left Left Left
	screen_text | tail -n 1 | grep -x 'seconds between clears (En… 56789012345.*'
	screen_resize 30 6
	screen_text | tail -n 1 | grep -x 'seconds between … 5678901234.*'
	screen_keys Home
	screen_text | tail -n 1 | grep -x 'seconds between … 123456789012'
	screen_keys Escape Escape q
	screen_end
}

@test "bug: an error far to the right in a line pointed to the middle of the screen" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys f
	screen_type 'anon & rss>=1m & size>=1m & present & written & zorro'
	screen_keys Enter
	# the caret above the z: where its words fit neither behind nor before it they are above it
	run -0 screen_text
	[[ ${lines[-1]} == "$(printf '%-56s' 'filter: anon & rss>=1m & size>=1m & present & written &')zorro"* ]]
	[[ ${lines[-2]} == "$(printf '%56s' '')^" && ${lines[-3]} == *'regions have no word "zorro"'* ]]
	screen_resize 79 24
	screen_keys Home
	screen_type 'heap | swapped & '
	screen_keys Enter
	run -0 screen_text
	[[ ${lines[-2]} == *'under FILTER ^' && ${#lines[-2]} == 74 ]]
	screen_keys Escape Escape q
	screen_end
}

@test "bug: what is not so of a page stood before what is" {
	fixture java
	screen_start 120x40 "$PID"
	screen_keys :
	screen_type 'libc.so.6+0x27234'
	screen_keys Enter Enter Enter
	# what is set leads, a no that says something stays, the others are named
	[[ $(screen_text | grep -cE '^ +[0-9]+ .* yes ') == 8 ]]
	screen_text | grep -E '^ +56 exclusive +no  mapped more than once'
	[[ $(screen_text | grep -cE '^ +[0-9]+ .* no ') == 1 ]]
	screen_text | grep -E '^ not set +swapped .*soft-dirty'
	screen_text | tail -n 1 | grep 'Enter all bits'
	screen_keys Enter
	screen_text | grep -E '^ +62 swapped +no  \(in swap, or special\)'
	screen_text | tail -n 1 | grep 'Enter fewer bits'
	run ! grep '^ not set' <(screen_text)
	# where all of them have room there is nothing to fold
	screen_keys Enter
	screen_resize 120 90
	screen_text | grep -E '^ +62 swapped +no  \(in swap, or special\)'
	screen_text | tail -n 1 | grep -v 'bits'
	screen_keys Q
	screen_end
}

@test "bug: what the lens of writes says stayed when the lens went" {
	fixture java
	screen_start 120x40 "$PID"
	screen_keys Enter 2 2
	screen_text | grep 'colours show in how many epochs'
	screen_keys 3
	[[ $(screen_text) != *'colours show'* ]]
	screen_keys 2
	screen_text | grep 'colours show'	# it is still true of this one
	screen_keys Escape
	[[ $(screen_text) != *'colours show'* ]]
	screen_keys Q
	screen_end
}
