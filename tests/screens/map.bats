#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The whole address space on the screen.

load screen

teardown() { screen_stop; }

says() { screen_text | tail -n 2 | head -n 1 | grep -F -- "$1"; }

# the region under the cursor; a message may hide what the last row but one says
opens() {
	screen_keys Enter
	screen_text | head -n 1 | grep -F -- "$1"
	screen_keys Escape
}

@test "the map at 80x24, 120x40 and 200x60" {
	fixture java
	screen_start 80x24 "$PID"
	screen_keys a
	screen_golden body map-java-80
	screen_resize 120 40
	screen_golden body map-java-120
	screen_resize 200 60
	screen_golden body map-java-200
	screen_keys Q
	screen_end
}

@test "the map without colours, with eight, in ASCII, on a light ground" {
	fixture zoo
	SCREEN_ENV=(NO_COLOR=1)
	screen_start 120x40 "$PID"
	screen_keys a
	screen_golden body map-mono-120
	screen_resize 80 24
	screen_golden body map-mono-80
	screen_stop
	SCREEN_ENV=() SCREEN_TERM=linux
	screen_start 80x24 "$PID"
	screen_keys a Down Right
	screen_golden body map-linux
	screen_stop
	SCREEN_TERM=tmux-256color
	screen_start 80x24 --ascii "$PID"
	screen_keys a
	screen_golden body map-ascii
	[[ ! $(screen_text) =~ [^[:ascii:]] ]]
	screen_stop
	screen_start 120x40 --theme light "$PID"
	screen_keys a
	screen_golden body map-light
	screen_keys Q
	screen_end
}

@test "moving on the map: regions, rows, blocks, ends" {
	fixture java
	screen_start 120x40 "$PID"
	screen_keys a g
	says '[anon: Java heap]'
	screen_keys Right Right
	says '1 of 3 here'
	screen_keys l
	says '2 of 3 here'
	screen_keys '}'
	says '[heap]'
	screen_keys '{'
	says '1 of 3 here'
	screen_keys Down
	says '[anon: arena 3]'
	screen_keys Up Up Up
	says '[anon: Java heap]'
	screen_keys G
	says '[vsyscall]'
	screen_keys h
	says '[vdso]'
	screen_keys Q
	screen_end
}

@test "a opens the map where the cursor is, Enter the region, Esc goes back, views do not pile up" {
	fixture java
	screen_start 80x24 "$PID"
	screen_keys /
	screen_type ring0
	screen_keys Enter a
	says /dev/shm/ring0
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		screen_keys Enter
		screen_text | head -n 1 | grep 'ring0 7f'
		screen_keys a
		says /dev/shm/ring0
	done
	screen_keys Escape
	screen_text | head -n 1 | grep '› regions'
	says /dev/shm/ring0
	screen_keys a /
	screen_type libjvm
	screen_keys Enter
	says libjvm.so
	screen_keys i
	screen_text | grep 'libjvm.so'
	screen_keys q x
	screen_text | head -n 1 | grep 'libjvm.so › hex 7f'
	screen_keys a
	says libjvm.so
	screen_keys Escape Escape
	screen_keys q
	screen_end
}

@test "bug: what the map covers was cut behind its 'of' on a narrow screen" {
	local cols row
	fixture java
	screen_start 80x24 "$PID"
	screen_keys a
	for cols in 66 64 60 56 52 48 44 40; do
		screen_resize "$cols" 24
		row=$(screen_text | head -n 1)
		[[ $row == *'23 regions'* ]]
		[[ $row == *' of 128T'* || $row != *' of'* ]]
	done
	screen_keys Q
	screen_end
}

@test "lenses, widths and true size on the map" {
	fixture zoo
	screen_start 120x40 "$PID"
	screen_keys a 5
	screen_golden body map-lru
	screen_keys 1 z
	screen_golden body map-true-size
	screen_keys z
	screen_resize 80 24
	screen_keys + + + +
	screen_text | tail -n 3 | head -n 1 | grep -E 'rows 1-[0-9]+ of [0-9]+'
	screen_keys G
	screen_golden body map-wide
	screen_keys =
	screen_text | tail -n 3 | head -n 1 | grep -vE 'rows'
	screen_keys Q
	screen_end
}

@test "Tab goes through the regions that were written since the clear" {
	fixture_own softdirty
	screen_start 80x24 "$PID"
	screen_keys a Tab
	says 'no writes measured yet: press c'
	screen_keys c
	target_writes 10000000 1
	target_writes 20000000 1
	screen_keys r g Tab	# it is on one already
	opens quiet
	screen_keys Tab
	opens canvas
	screen_keys BTab
	opens quiet
	screen_keys Q
	screen_end
}

@test "bug: the legend did not name the ? of a region that has no page table to show" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys a
	screen_text | grep -F '[vvar]'
	screen_text | tail -n 3 | head -n 1 | grep -E '^1 state .* \? unreadable$'
	screen_resize 40 10
	[[ $(screen_text) != *unreadable* ]]	# it is not on screen
	screen_keys G
	screen_text | grep -E '^1 state .*\? unreadable'
	screen_keys Q
	screen_end
}

@test "bug: nothing explained the warm colours of the map" {
	fixture_own softdirty
	screen_start 120x40 "$PID"
	screen_keys a
	legend() { screen_text | tail -n 3 | head -n 1; }
	[[ $(legend) != *written* ]]
	screen_clock 1000000
	screen_keys c
	[[ $(legend) == *'written  now  2s  5s  12s  30s '* ]]
	screen_keys 2 2 2
	[[ $(legend) == *'written  now '* ]]
	screen_keys 3	# which does not show them
	[[ $(legend) != *written* ]]
	screen_resize 50 24
	screen_keys 1
	_screen_until "the message to go" eval '[[ $(legend) == *written* ]]'	# one sample for all
	screen_keys Q
	screen_end
}

@test "the map uses the whole screen, and shows as much of each block as fits" {
	local n
	fixture java
	screen_start 200x60 "$PID"
	screen_keys a
	n=$(screen_text | head -n 58 | grep -n . | tail -n 2 | head -n 1 | cut -d: -f1)
	((n > 40))
	screen_text | grep -E '^ *c0000000 rw-p 1.3G in RAM 141M in swap$'
	screen_text | grep -F '7f1a808fd000 5 regions 1.6M in RAM'
	# the pages of a process with many regions still fit
	screen_resize 80 24
	screen_text | grep -F 'c0000000 rw-p 1.3G in RAM'
	run ! grep -E 'rows [0-9]' <(screen_text)
	screen_keys Q
	screen_end
}
