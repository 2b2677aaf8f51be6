#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Finding one's way in the grid: jumps and marks, ranges, the inspector, following writes.

load screen

teardown() { screen_stop; }

# screen_goto WHAT: the prompt's answer, and there
screen_goto() {
	screen_keys :
	screen_type "$1"
	screen_keys Enter Enter
}

# at ADDRESS: the sentence is about it, when no message hides it any more
at() { screen_wait_text "^ $1[: ]"; }

@test "^O comes back from jumps, through views, and says when there is none" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys C-o
	screen_text | grep 'no jump to come back from'
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
	screen_text | grep 'no place is marked'
	screen_keys x
	screen_text | grep 'no place is marked x'
	screen_goto heap
	screen_keys Right m
	screen_text | grep 'mark this place: a letter, a to z'
	screen_keys a
	screen_text | grep -F "mark a is [heap]+1000: 'a comes back here"
	screen_keys - '}' m b "'"
	screen_golden marks-80
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
	screen_text | grep 'marks are letters, a to z'
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
	screen_text | grep "no place is marked with that letter"
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
	screen_golden inspect-80
	screen_keys End
	screen_text | grep -E '^ Page 00000103f000 +│'
	screen_keys -
	screen_text | grep -E '^ Cell 00000103e000 +│'
	screen_keys + i
	! screen_text | grep 'Page 0'
	screen_resize 120 40
	screen_text | grep 'Page 00000103f000'
	screen_keys i
	! screen_text | grep 'Page 0'
	screen_resize 80 24		# each width has a wish of its own
	! screen_text | grep 'Page 0'
	screen_keys I
	screen_text | grep -E '^ VmFlags'
	screen_keys Escape Enter I
	screen_text | grep -E '^ VmFlags'
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
	screen_golden range-80
	screen_keys i
	screen_text | grep -E 'Range 1001000\.\.1029000'
	screen_text | grep -E 'swapped +1 page '
	screen_keys i -
	screen_text | grep -E '^ 1000000\.\.102a000 168K, 42 pages: 24 anon, 8 anon-shared, 4 none, 4 zero, 2 swap'
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
	screen_start 80x24 "$PID"
	_tmux set-option -s set-clipboard on
	screen_keys y
	screen_text | grep '^ copied 400000 *$'
	[[ $(_tmux show-buffer) == 400000 ]]
	screen_goto heap
	screen_keys Right v Right y
	[[ $(_tmux show-buffer) == 1001000..1003000 ]]
	at 1002000
	screen_keys x Right Right Right y
	[[ $(_tmux show-buffer) == 1002003 ]]
	screen_keys Q
	screen_end
	screen_stop
	SCREEN_TERM=vt100
	screen_start 80x24 "$PID"
	screen_keys y
	screen_text | grep '400000 is not copied: this terminal does not say that it can'
	screen_keys Q
	screen_end
}
