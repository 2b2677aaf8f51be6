#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Finding one's way in the grid: jumps and marks, ranges, the inspector, follows writes.

load screen

teardown() { screen_stop; }

# screen_goto WHAT: the prompt's answer, and there
screen_goto() {
	screen_keys :
	screen_type "$1"
	screen_keys Enter Enter
}

is() {
	[[ $1 == "$2" ]] || { echo "got $1, wanted $2"; return 1; }
}

json() {
	perl "$screen_dir/../batch/json" "$@"
}

# at ADDRESS: the sentence is about it, when no message hides it any more
at() { screen_wait_text "^ $1[: ]"; }

@test "^O comes back from jumps, through views, and says when there is none" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys C-o
	screen_text | grep 'no jump to return from'
	screen_keys Down
	screen_goto heap
	at 1000000
	screen_keys Right Right '}'
	at 10000000
	screen_keys - G
	screen_text | grep '1 cell = 2 pages'
	screen_keys :
	screen_type 'hex heap+0x2008'
	screen_keys Enter Enter		# there is a pointer there
	screen_text | head -n 1 | grep -F 'hex 1001000 (1 back)'
	screen_keys C-o
	screen_text | head -n 1 | grep -E 'hex 1002008 +'
	screen_keys C-o
	screen_text | grep '1 cell = 2 pages'
	screen_keys C-o
	at 10000000
	screen_text | grep '1 cell = 2 pages'
	screen_keys C-o
	at 1002000
	screen_text | grep '1 cell = 1 page'
	screen_keys C-o
	screen_text
	screen_text | grep -E '^›000000404000'
	screen_keys q
	screen_end
}

@test "marks: m sets one, ' lists them and goes there, '' comes back" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys "'"
	screen_text | grep 'no bookmarks yet'
	screen_keys x
	screen_text | grep 'no bookmark x'
	screen_goto heap
	screen_keys Right m
	screen_text | grep 'set a bookmark: a letter, a to z'
	screen_keys a
	screen_text | grep -F "bookmark a is heap+1000: 'a returns here"
	screen_keys - '}' m b "'"
	screen_golden heading+rows marks-80
	screen_keys a
	at 1001000
	screen_text | grep '1 cell = 1 page'
	screen_keys "'" "'"
	at 10000000
	screen_keys "'" "'"
	at 1001000
	screen_keys x "'" b
	screen_text | head -n 1 | grep -F 'hex 10000000'
	screen_keys m 1
	screen_text | grep 'bookmarks are letters, a to z'
	screen_keys m Escape
	screen_text | head -n 1 | grep -F 'hex 10000000'
	screen_keys Q
	screen_end
}

@test "the prompt knows marks and the cursor by name" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_goto heap
	screen_keys Right m a Right Right :
	screen_type "'a...+1p"
	screen_keys C-u
	screen_type "'a..."
	screen_text | tail -n 1 | grep -F -- '-> 1001000..1003000 8.0K'
	screen_keys Enter
	screen_text | grep -E '8.0K in 1 region, 2 anon'
	screen_keys Escape :
	screen_type "'a+0x1000"
	screen_keys Enter Enter
	at 1002000
	screen_keys :
	screen_type "vma:'q"
	screen_keys Enter
	screen_text | grep "no bookmark has that letter"
	screen_keys Escape :
	screen_type "'a+zz"
	screen_keys Enter
	screen_text | grep -E '^    \^ "zz" is not an offset; write it in hex'
	screen_keys Escape Q
	screen_end
}

@test "the inspector: beside the grid, or over it on the side where the cursor is not" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_goto heap
	screen_keys Right i
	screen_golden rows inspect-80
	screen_keys End
	screen_text | grep -E '^ Page 00000103f000 +│'
	screen_keys -
	screen_text | grep -E '^ Cell 00000103e000 +│'
	screen_keys + i
	run ! grep 'Page 0' <(screen_text)
	screen_resize 120 40
	screen_text | grep 'Page 00000103f000'
	screen_keys i
	run ! grep 'Page 0' <(screen_text)
	screen_resize 80 24		# each width has a wish of its own
	run ! grep 'Page 0' <(screen_text)
	screen_keys I
	screen_text | grep -E '^ (pss|uss|referenced) '
	screen_keys Escape Enter I
	screen_text | grep -E '^ (pss|uss|referenced) '
	screen_resize 40 12
	screen_keys Escape Escape i
	screen_text | grep -E '^ Page 00000103f000'
	screen_keys Q
	screen_end
}

@test "v chooses a range: counted, asked about, ended; in the bytes as well" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_goto heap
	screen_keys Right v Tab Tab Tab Tab
	screen_golden rows+status range-80
	screen_keys i
	screen_text | grep -E 'Range 1001000\.\.1029000'
	screen_text | grep -E 'swapped +1 page '
	screen_keys i -
	screen_text | grep -E '^ 1000000\.\.102a000 168K, 42 pages: 24 anon, 8 anon-shared, 4 none, 4 zero, 2 sw'
	screen_keys :
	screen_text | tail -n 1 | grep -E '^:1000000\.\.102a000 +-> 1000000\.\.102a000 168K'
	screen_keys Enter
	screen_text | grep -E '168K in 1 region'
	screen_keys Escape Escape	# the answer, the range
	at 1028000
	screen_keys v '}' Right		# another region ends it
	at 10001000
	screen_keys x v Right Down
	screen_text | grep -E '^ 10001000\.\.10001012: 18 bytes: 18 not read'
	screen_keys v
	at 10001011
	screen_keys Q
	screen_end
}

@test "y copies the address or the range, where the terminal can" {
	fixture zoo
	screen_clock 100000 # what is said of it goes after a while
	screen_start 80x24 "$PID"
	_tmux set-option -s set-clipboard on
	screen_keys y
	screen_text | grep '^ copied 400000 *$'
	screen_clock 200000
	[[ $(_tmux show-buffer) == 400000 ]]
	screen_goto heap
	screen_keys Right v Right y
	[[ $(_tmux show-buffer) == 1001000..1003000 ]]
	screen_clock 300000
	at 1002000
	screen_keys x Right Right Right y
	[[ $(_tmux show-buffer) == 1002003 ]]
	screen_keys Q
	screen_end
	screen_stop
	SCREEN_TERM=vt100
	screen_start 80x24 "$PID"
	screen_keys y
	screen_text | grep '400000 not copied: the terminal does not announce a clipboard'
	screen_keys Q
	screen_end
}

# screen_write NAME: the report of what is on screen
screen_write() {
	screen_keys w C-u
	screen_type "$1"
	screen_keys Enter
}

@test "w writes what is on screen: text, ANSI, and the data of every view" {
	local f=$BATS_TEST_TMPDIR/r
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys w
	screen_text | tail -n 1 | grep -E "^write to .txt .ansi .csv .json: pmtop-$PID-regions.txt"
	screen_keys Escape
	screen_write "$f-list.csv"
	grep -Ec '^0x[0-9a-f]+,' "$f-list.csv" | grep -x "$(wc -l <"$ROOT/$PID/maps")"
	head -n 1 "$f-list.csv" | grep '^START,SIZE,PERM,'
	grep '^0x1000000,262144,rw-p,' "$f-list.csv"
	screen_goto heap
	screen_write "$f.txt"
	screen_keys r
	diff "$f.txt" <(screen_text | head -n 23 | sed '23s/ wrote.*/ 1000000 anonymous memory, in RAM pfn 100006, mapped once/')
	screen_write "$f.ansi"
	diff "$f.txt" <(sed 's/\x1b\[[0-9;]*m//g; s/ *$//' "$f.ansi")
	grep -q $'\e\\[0;38;5;189;48;5;25ma' "$f.ansi"
	screen_write "$f-pages.csv"
	is "$(grep -c ',anon,' "$f-pages.csv")" 32
	screen_keys - v Right
	screen_write "$f-cells.json"
	is "$(json "$f-cells.json" cells.1.anon)" 2
	is "$(json "$f-cells.json" cells.1.address)" '"0x1002000"'
	grep -c '"address"' "$f-cells.json" | grep -x 2
	screen_keys Escape x
	screen_write "$f-bytes.csv"
	grep -E '^0x1002000,[0-9a-f]{32},.{16},$' "$f-bytes.csv"
	screen_keys Escape K
	screen_write "$f-can.json"
	json "$f-can.json" >/dev/null
	screen_keys Q
	screen_end
}

@test "w refuses what it cannot write, and replaces nothing unasked" {
	local f=$BATS_TEST_TMPDIR/r.txt
	fixture zoo
	screen_start 80x24 "$PID"
	screen_write /tmp/x.png
	screen_text | grep -F "its extension does not say what to write"
	screen_keys Escape
	echo mine >"$f"
	screen_write "$f"
	screen_text | grep -F "the file exists: y replaces, any other key keeps ${BATS_TEST_TMPDIR:0:20}"
	screen_keys n
	screen_text | grep 'nothing written'
	is "$(<"$f")" mine
	screen_write "$f"
	screen_keys y
	head -n 1 "$f" | grep '^ pmtop'
	is "$(stat -c %a "$f")" 644
	screen_write "$BATS_TEST_TMPDIR/new.txt"
	is "$(stat -c %a "$BATS_TEST_TMPDIR/new.txt")" 600
	screen_write "$BATS_TEST_TMPDIR/none/x.txt"
	screen_text | grep '\^ No such file or directory'
	screen_keys Escape
	mkdir "$BATS_TEST_TMPDIR/dir.txt"
	screen_write "$BATS_TEST_TMPDIR/dir.txt"
	screen_text | grep 'it exists and is not a regular file'
	screen_keys Escape '?'
	screen_write "$BATS_TEST_TMPDIR/help.csv"
	screen_text | grep 'this view has no data'
	screen_keys Escape Q
	screen_end
}

@test "F follows the newest write of the region, until a move" {
	fixture_own softdirty
	screen_start 80x24 "$PID"
	screen_keys Enter F
	screen_text | grep 'no writes measured yet: press c'
	screen_text | grep 'follows writes'
	screen_keys c
	target_writes 10000000 5 9
	screen_keys r
	screen_wait_text '^ 10005000 '
	target_writes 10000000 40
	screen_keys r
	at 10028000
	screen_keys r		# nothing newer
	at 10028000
	screen_keys Left
	run ! grep 'follows writes' <(screen_text)
	target_writes 10000000 50
	screen_keys r
	at 10027000
	screen_keys F
	at 10032000
	screen_keys F
	run ! grep 'follows writes' <(screen_text)
	screen_keys Q
	screen_end
}

# passing FILTER [RANGE]: addresses of the pages that --pages says pass
passing() {
	"$PMTOP" --proc-root "$ROOT" "--pages=${2:-0..7fffffffffff}" --filter "$1" -n -o ADDRESS --raw "$PID" 2>/dev/null |
		sed 's/^0x//'
}

@test "f dims what does not pass, and counts what does, at every zoom" {
	local f
	fixture zoo
	screen_start 120x40 "$PID"
	screen_goto heap
	for f in 'anon & !cow' 'swapped | cow' 'none' 'addr>=1001000 & addr<1003000' 'mapcount>1' 'pfn>=100010'; do
		screen_keys f C-u
		screen_type "$f"
		screen_keys Enter
		screen_text | tail -n 3 | head -n 1 | grep -F " $f: $(passing "$f" 1000000..1040000 | wc -l) of 64 match"
	done
	screen_golden rows+legend filter-120
	screen_keys - - -
	screen_text | tail -n 3 | head -n 1 | grep -F "of 64 match"
	screen_text | grep -E '; [0-9] match'
	screen_keys f C-u
	screen_type 'swaped'
	screen_keys Enter
	screen_text | grep -F '^ pages have no word "swaped"; did you mean swapped?'
	screen_keys Escape Escape	# the prompt, the filter
	run ! grep 'of 64 match' <(screen_text)
	screen_text | head -n 1 | grep -F '[heap]'
	screen_stop
	SCREEN_ENV=(NO_COLOR=1)
	screen_start 80x24 "$PID"
	screen_goto heap
	screen_keys f
	screen_type cow
	screen_keys Enter
	screen_text | grep -E '^000001000000 a {31}c{8} *$'	# the cursor's letter stays
	screen_keys Q
	screen_end
}

@test "/ finds pages by what they are, through all regions and round" {
	local want at
	fixture zoo
	mapfile -t want < <(passing 'swapped & !guard')
	((${#want[@]} > 3))
	screen_start 120x40 "$PID"
	screen_keys Enter n		# nothing was searched yet: it asks
	screen_type 'swapped & !guard'
	screen_keys Enter
	for at in "${want[@]:0:9}"; do
		at "$at"
		screen_keys n
	done
	screen_keys N N
	at "${want[7]}"
	screen_keys - -
	screen_keys N
	at "${want[6]}"
	screen_text | grep '1 cell = 4 pages'
	screen_goto stack
	screen_keys / Enter		# again, round
	screen_text | grep 'wrapped around: this is the first match'
	screen_wait_text "^ ${want[0]} "
	screen_keys N
	screen_text | grep 'wrapped around: this is the last match'
	screen_wait_text "^ ${want[-1]} "
	screen_keys C-o
	at "${want[0]}"
	screen_keys /
	screen_type 'pfn=1'
	screen_keys Enter
	screen_text | grep 'no page matches pfn=1'
	screen_keys Q
	screen_end
}

@test "the grid, a page and the bytes on a wide screen, and pages in every theme" {
	fixture zoo
	screen_start 200x60 "$PID"
	screen_goto heap
	screen_golden body grid-200
	screen_keys -
	screen_golden body grid-200-out
	screen_keys + Enter
	screen_golden body page-200
	screen_keys x
	screen_golden body hex-200
	screen_resize 80 24
	screen_keys Escape
	screen_golden whole page-80
	screen_stop
	screen_start 80x24 --theme light "$PID"
	screen_goto heap
	screen_keys i
	screen_golden rows inspect-light
	screen_stop
	SCREEN_ENV=(NO_COLOR=1)
	screen_start 120x40 "$PID"
	screen_goto heap
	screen_keys v Tab Tab
	screen_golden rows range-mono
	screen_keys Escape Enter
	screen_golden body page-mono
	screen_stop
	SCREEN_ENV=() SCREEN_TERM=linux
	screen_start 80x24 "$PID"
	screen_goto heap
	screen_keys v Tab Tab i
	screen_golden rows range-linux
	screen_keys Q
	screen_end
}

# the cells of the first row
first_row() { screen_text | sed -n 5p | cut -c 14-; }

@test "bug: letters of zoomed cells do not hide the few pages of one that is nearly empty" {
	fixture sparse
	SCREEN_ENV=(NO_COLOR=1)
	screen_start 80x24 "$PID"
	screen_keys Down Down Enter - - -
	is "$(first_row)" "$(printf 's·······%.0s' {1..8})"
	screen_keys '}' - - -
	is "$(first_row)" "$(printf '1·······%.0s' {1..8})"
	screen_text | grep '^1 state 1-9 tenths in RAM · none a anon'
	screen_keys q q
	screen_end
}

@test "bug: a zoomed cell of guards, or of pages that are only cached, is not drawn as memory" {
	fixture sparse
	screen_start 80x24 "$PID"
	screen_keys Enter - - - Right
	is "$(first_row)" "$(printf '|·······%.0s' {1..8})"
	screen_keys '}' - - -
	screen_golden rows+legend grid-sparse
	screen_keys q q
	screen_end
}

@test "bug: Tab passed by the few pages of a zoomed cell that is nearly empty" {
	fixture sparse
	screen_start 80x24 "$PID"
	screen_keys Down Down Down Enter - - - -	# 16 pages a cell, one of them in RAM in every fourth
	screen_keys Tab
	is "$(screen_text | tail -n 2 | head -n 1)" ' 40010000 64.0K: 16 pages: 16 none'
	screen_keys Tab
	is "$(screen_text | tail -n 2 | head -n 1)" ' 40040000 64.0K: 16 pages: 15 none, 1 anon'
	screen_keys BTab
	is "$(screen_text | tail -n 2 | head -n 1)" ' 40030000 64.0K: 16 pages: 16 none'
	screen_keys q q
	screen_end
}

@test "bug: Tab in a sparse region went on by one screen of dots a key" {
	fixture sparse
	screen_start 80x24 "$PID"
	screen_keys : 
	screen_type 50000000
	screen_keys Enter Enter
	for at in 50002000 50004000 52328000 52329000 53e80000 53e81000 53fff000; do
		screen_keys Tab
		screen_text | tail -n 2 | head -n 1 | grep "^ $at "
	done
	for at in 53e80000 53e7f000 52328000 52327000 50003000 50001000 50000000; do
		screen_keys BTab
		screen_text | tail -n 2 | head -n 1 | grep "^ $at "
	done
	screen_text | head -n 1 | grep -F '[anon: far]'
	screen_keys Q
	screen_end
}

@test "bug: the legend's last words were cut without a sign" {
	fixture zoo
	screen_start 40x12 "$PID"
	screen_keys Enter 9
	screen_text | grep -x '9 physical | a run begins ) next run co…'
	screen_keys 2
	screen_text | grep -x '2 writes press c: pages written from th…'
	screen_keys Q
	screen_end
}

@test "cells that take long to count are estimates first, and labelled as such" {
	printf '%s\n' 'comm long' 'region 40000000 524288 rw-p [anon: long]' \
		'	times 262144: 1 anon; 1 none' >"$BATS_TEST_TMPDIR/long.fix"
	ROOT=$BATS_TEST_TMPDIR/root
	PID=$(perl "$fixture_dir/make" "$BATS_TEST_TMPDIR/long.fix" "$ROOT")
	screen_start 120x24 "$PID"
	SCREEN_IDLE=0 screen_send 5
	SCREEN_IDLE=0 screen_wait_text '^lens 5 +LRU sampled'
	_screen_until "the strip to be counted" _screen_settled 1 0
	run ! grep sampled <(screen_text)
	screen_keys 1 Enter End
	SCREEN_IDLE=0 screen_send =
	SCREEN_IDLE=0 screen_wait_text 'sampled, counted [0-9.<]+ %'
	SCREEN_IDLE=0 screen_wait_text '^ bffff000 2.0M: 512 pages: by samples about 256 none, 256 anon'
	SCREEN_IDLE=0 screen_wait_text 'by samples, not counted yet'
	_screen_until "all to be counted" _screen_settled 5 0
	screen_text >"$BATS_TEST_TMPDIR/counted"
	grep '^ bffff000 2.0M: 512 pages: 256 none, 256 anon' "$BATS_TEST_TMPDIR/counted"
	run ! grep 'sampled\|samples\|about' "$BATS_TEST_TMPDIR/counted"
	grep 'idle=0 .* whole=1' "$SCREEN_TMP/status"
	screen_keys q q
	screen_end
}
