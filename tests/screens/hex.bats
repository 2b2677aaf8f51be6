#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The bytes of a page on the screen.

load screen

teardown() { screen_stop; }

# screen_hex PLACE
screen_hex() {
	screen_keys :
	screen_type "hex $1"
	screen_keys Enter
}

# poke ADDRESS BYTES: the process writes (BYTES for printf)
poke() {
	# shellcheck disable=SC2059
	printf "$2" | dd of="$ROOT/$PID/mem" bs=1 seek=$((0x$1)) conv=notrunc status=none
}

@test "x in the grid and in the page view opens the bytes there, at 80x24 and 120x40" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys :
	screen_type heap
	screen_keys Enter Enter Right x
	screen_golden body+status hex-zoo-80
	screen_keys q Enter x
	screen_text | head -n 1 | grep 'hex 1001000'
	screen_keys Escape
	screen_text | grep 'Page 000001001000'
	screen_keys q Right x Right Right
	screen_text | tail -n 2 | head -n 1 | grep '^ 1002002: 12 18, word 00007f5500126034 → r-xp libc.so.6+26034'
	screen_resize 120 40
	screen_golden body hex-zoo-120
	screen_keys Q
	screen_end
}

@test "the bytes without colours, with eight, in ASCII, on a light ground" {
	fixture zoo
	SCREEN_ENV=(NO_COLOR=1)
	screen_start 120x24 "$PID"
	screen_hex heap+0x2000
	screen_golden rows hex-mono
	screen_stop
	SCREEN_ENV=() SCREEN_TERM=linux
	screen_start 80x24 "$PID"
	screen_hex heap+0x1000
	screen_golden rows hex-linux
	screen_stop
	SCREEN_TERM=tmux-256color
	screen_start 120x24 --ascii "$PID"
	screen_hex heap+0x2000
	screen_golden rows hex-ascii
	[[ ! $(screen_text) =~ [^[:ascii:]] ]]
	screen_stop
	screen_start 80x24 --theme light "$PID"
	screen_hex heap+0x1000
	screen_golden rows hex-light
	screen_keys Q
	screen_end
}

@test "bug: on a narrow screen the address of the bytes made room for how far back it is" {
	fixture zoo
	SCREEN_OPTIONS+=(--color=never)
	screen_start 43x24 "$PID"
	screen_hex heap+0x2008
	screen_keys Enter
	[[ $(screen_text | head -n 1) == " zoo keeper 4242 › [heap] › hex 1001000" ]]
	screen_keys Q
	screen_end
}

@test "Enter follows pointers, Esc comes back from each, then out" {
	fixture zoo
	screen_start 120x24 "$PID"
	screen_hex heap+0x2008
	screen_keys Enter
	screen_text | head -n 1 | grep -F 'hex 1001000 (1 back)'
	screen_keys Enter	# no pointer
	screen_text | head -n 1 | grep -F 'hex 1001000 (1 back)'
	screen_keys Escape
	screen_text | head -n 1 | grep -E 'hex 1002008 +'
	screen_keys Down Enter
	screen_text | head -n 1 | grep -F '[anon: swapped] › hex 10070008 (1 back)'
	screen_text | grep -F 'swapped out: R reads it (the process will swap it in)'
	screen_keys BSpace
	screen_text | head -n 1 | grep -E '\[heap\] › hex 1002018 +'
	screen_keys Enter q
	screen_text | grep '1 cell = 1 page'
	screen_text | tail -n 2 | head -n 1 | grep '^ 10070000 '	# the grid has come along
	screen_keys Q
	screen_end
}

@test "moving: rows, screens, pages, ends, neighbouring regions" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_hex heap+0x15
	says() { screen_text | tail -n 2 | head -n 1 | grep "^ $1: "; }
	screen_keys Down Down
	says 1000035
	screen_keys NPage
	says 1000175
	screen_keys PPage PPage
	says 1000005
	screen_keys Left
	says 1000004
	screen_keys Tab
	says 1001004
	screen_keys BTab C-d
	says 10000a4
	screen_keys C-u
	says 1000004
	screen_keys G
	says 103ffff
	screen_keys Right Down
	says 103ffff
	screen_text | sed -n 22p | grep '^ 00000103fff0'
	screen_keys g Left Up
	says 1000000
	screen_keys '}'
	says '10000000'
	screen_keys '{' '{'
	screen_text | head -n 1 | grep '404000'
	screen_keys Q
	screen_end
}

@test "/ finds text and bytes in the region, n and N go on, and round; what is not in RAM is not read" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_hex heap+0x1000
	says() { screen_text | tail -n 2 | head -n 1 | grep "$1"; }
	at() { screen_text | head -n 1 | grep -E "hex $1( |\$)"; }
	screen_keys /
	screen_type '"first words'
	screen_text | tail -n 1 | grep -- '-> the text is not terminated'
	screen_type '" 20'
	screen_keys Enter
	at 1000004
	screen_golden rows+status hex-find
	screen_keys /
	screen_type '0x7f5500126034'
	screen_keys Enter
	at 1002000
	screen_keys g /
	screen_type '77 6f 72 64'
	screen_keys Enter
	at 100000a
	screen_keys n
	says 'this is the first match'
	screen_keys N
	says 'this is the last match'
	screen_keys /
	screen_type '"what is nowhere"'
	screen_keys Enter
	says 'not found in the region; [0-9]* pages not in RAM were not searched'
	at 100000a
	screen_keys /
	screen_type 'first'
	screen_keys Enter
	says 'neither "text" nor bytes in hex'
	screen_keys Escape Escape Q
	screen_end
}

@test "a page that is not in RAM is not read until R says so" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_hex heap+0x1bf80
	screen_golden rows+status hex-absent
	# the fixture's page table stays as it is: all that shows is that R was asked for
	screen_keys Tab R
	screen_text | grep 'page 101c000 was read: the process faulted it in'
	screen_keys BTab R
	screen_text | grep 'page 101b000 is already in RAM: nothing to do'
	screen_hex 10090000
	screen_keys R
	screen_text | grep 'cannot read page 10090000: guard page'
	screen_keys Q
	screen_end
}

@test "--read-only refuses R, and nothing is read" {
	fixture_own zoo
	rm "$ROOT/$PID/mem"	# a read of it would be an error
	screen_start 80x24 --read-only "$PID"
	screen_hex heap
	screen_golden rows+status hex-denied
	screen_hex heap+0x1d000
	screen_text | grep 'not in RAM'
	screen_keys R
	screen_text | grep -- '--read-only refuses anything'
	screen_keys Q
	screen_end
}

@test "bytes that change light up, and only they" {
	fixture_own zoo
	screen_start 80x24 "$PID"
	screen_hex heap+0x40
	poke 1000010 'XY'
	poke 1000039 '\377'
	screen_keys r
	screen_golden rows hex-changed
	screen_keys Q
	screen_end
}

@test "what a prompt says of bytes: a preview, a refusal, a place" {
	fixture zoo
	screen_start 120x24 "$PID"
	screen_keys :
	screen_type 'hex heap+0x10'
	screen_text | tail -n 1 | grep -F -- '-> 1000010 rw-p [heap]'
	screen_keys Enter
	screen_text | head -n 1 | grep -F 'hex 1000010'
	screen_hex libc.so.6+0x10
	screen_text | head -n 1 | grep -F '(1 back)'
	screen_hex 5
	screen_text | tail -n 2 | grep 'nothing is mapped there'
	screen_keys Escape Escape
	screen_text | head -n 1 | grep -F 'hex 1000010'
	screen_keys Q
	screen_end
}

@test "the help of the bytes has their legend" {
	fixture zoo
	screen_start 100x90 "$PID"
	screen_hex heap
	screen_keys '?'
	screen_text | head -n 1 | grep 'help › hex'
	screen_text | grep -E '^ +ff +all bits set'
	screen_keys Q
	screen_end
}

@test "bug: Enter on a word that points nowhere said nothing" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_hex libc.so.6
	screen_keys Enter
	screen_text | tail -n 2 | grep 'no pointer to follow'
	screen_keys Q
	screen_end
}

@test "bug: R was hinted where the page is in RAM" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_hex heap
	[[ $(screen_text) != *'R read it'* ]]
	screen_hex heap+0x1d000
	screen_text | tail -n 1 | grep 'R read it'
	screen_hex 10090000	# a guard, which R cannot read
	[[ $(screen_text) != *'R read it'* ]]
	screen_keys Q
	screen_end
}

@test "bug: a jump forgot the byte, and left the bytes for the grid" {
	fixture zoo
	screen_start 120x24 "$PID"
	screen_keys :
	screen_type 'heap+0x1010'
	screen_keys Enter
	screen_keys Enter # go there
	screen_text | head -n 1 | grep -v 'hex'
	screen_keys x
	screen_text | head -n 1 | grep -F 'hex 1001010'
	screen_keys :
	screen_type 'heap+0x23'
	screen_keys Enter
	screen_keys Enter
	screen_text | head -n 1 | grep -F 'hex 1000023'
	screen_text | head -n 1 | grep -F '(1 back)'
	screen_keys Escape
	screen_text | head -n 1 | grep -F 'hex 1001010'
	screen_keys Escape
	screen_text | head -n 1 | grep -v 'hex'
	screen_keys x
	screen_text | head -n 1 | grep -F 'hex 1001010'
	screen_keys Q
	screen_end
}
