#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Which code wrote, on a made-up process whose threads and functions are known: B, the list, a page's card.
# shellcheck disable=SC2154

load screen

teardown() { screen_stop; }

MEMTABLE=7f0100000000 CACHE=7f0110000000

# by_start SIZE: after a clear, five functions in four threads have written
by_start() {
	fixture_own writers
	screen_clock 1000000
	screen_start "$1" "$PID"
	screen_keys c
	target_faults 4301 $MEMTABLE 1000-1400 -- 555500031020 555500022040 7f013002a2f5
	target_faults 4303 $MEMTABLE 1530-1600 -- 555500032010 555500031090 555500021080 555500020044
	target_faults 4302 $CACHE 10-90 -- 555500034020 555500023040 7f013002a2f5
	target_faults 4303 $CACHE 80-90 -- 7f0130060030 555500034070 555500021080 555500020044
	target_faults 4242 555540000000 10-40 -- 7f0130050020 555500035010 555500021080 555500020044
	screen_clock 1002000
	screen_keys r
}

# without elfutils code has no names
named() { "$PMTOP" --capabilities $$ | grep -q '^symbols *yes' || skip "this pmtop was built without elfutils"; }

@test "B by function, thread, call chain and region, with candidates where several wrote a page" {
	local by
	named
	by_start 120x40
	screen_keys B
	for by in function thread chain region; do
		screen_wait_text "written by (call )?$by"
		screen_golden body by-$by
		screen_keys t
	done
	screen_keys Q
	screen_end
}

@test "B on a small screen, and the callers of a function" {
	named
	by_start 80x24
	screen_keys B
	screen_golden body by-function-80
	screen_keys Down u
	screen_golden body by-callers-80
	screen_keys Q
	screen_end
}

@test "bug: pages that were just seen written had no fault seen, although it was reported" {
	named
	fixture_own writers
	screen_start 80x24 "$PID"
	screen_keys c
	target_cleared
	target_writes $MEMTABLE 1000-1099
	screen_keys r
	# the kernel's report is read later than the page table
	target_faults 4301 $MEMTABLE 1000-1099 -- 555500031020 555500022040 7f013002a2f5
	screen_keys B
	screen_wait_text '100 pages written .*: 100 % have one writer'
	run ! grep 'no fault seen' <(screen_text)
	screen_keys Q
	screen_end
}

@test "Enter in B lights the pages of the row alone; the card of one of them says who wrote it" {
	named
	by_start 120x40
	screen_keys B t t t Enter
	screen_text | head -n 1 | grep -F '[anon: memtable]' | grep ', written '
	screen_golden rows by-lit
	screen_keys Enter
	screen_golden body by-card
	screen_keys Escape Escape
	screen_text | grep '^›.*\[anon: memtable\]'
	screen_keys Q
	screen_end
}

@test "bug: the card of a page and the line below it had different ages for the same write" {
	named
	by_start 120x40
	screen_keys B t t t Enter Enter
	screen_clock 1008400
	screen_keys Down
	# the card is scrolled by a line: its line, and the one below
	[[ $(screen_text | grep -oE 'seen written [0-9.]+ s ago') == $'seen written 6.4 s ago\nseen written 6.4 s ago' ]]
	screen_keys Q
	screen_end
}

@test "after a clear the hints of the list have B, and those of B have Tab" {
	named
	fixture_own writers
	screen_start 80x24 "$PID"
	screen_text | tail -n 1 | grep -F '  a map  '
	run ! grep -w B <(screen_text | tail -n 1)
	screen_keys c
	screen_text | tail -n 1 | grep -F '  B writer  ' | grep -F 'q quit'
	screen_resize 120 24
	screen_text | tail -n 1 | grep -F '  B who writes  a map  '
	screen_keys B
	screen_text | tail -n 1 | grep -F '  Tab growth  '
	screen_keys b Tab
	screen_text | tail -n 1 | grep -F '  Tab written  '
	screen_keys Q
	screen_end
}

@test "what B ranks stays in its title: beside the tracker and growth at 100 columns" {
	local by
	named
	fixture_own writers
	screen_start 100x24 "$PID"
	screen_keys b c B
	for by in function thread 'call chain' region; do
		screen_text | head -n 1 | grep -F " by $by "
		screen_keys t
	done
	screen_keys Q
	screen_end
}

@test "C without a number takes what its question offers" {
	fixture_own writers
	screen_start 80x24 "$PID"
	screen_keys C Enter
	screen_text | head -n 1 | grep -F "AUTO-CLEAR 1s"
	screen_keys Q
	screen_end
}

@test "bug: a thread that ended before its name was read was a row without words" {
	named
	fixture_own writers
	screen_clock 1000000
	screen_start 80x24 "$PID"
	screen_keys c
	target_faults 4999 $MEMTABLE 1000-1400 -- 555500031020 555500022040 7f013002a2f5
	screen_clock 1002000
	screen_keys r B t
	screen_text | grep -E ' thread 4999 \(ended\) +4999'
	screen_keys t
	screen_text | grep -F ' [ended]: memtable_insert'
	screen_keys Q
	screen_end
}

@test "the list sorts by the function that wrote most of each region" {
	named
	by_start 120x40
	screen_keys :
	screen_type 'set columns=start size written writer mapping'
	screen_keys Enter s W
	screen_golden rows by-list
	screen_keys Q
	screen_end
}

@test "bug: the end of a long call chain in the table could not be seen" {
	named
	by_start 80x24
	screen_keys B t t
	screen_text | sed -n 5,14p | grep 'flush: .*…$'
	screen_keys Right Right Right Right Right Right Right Right Right
	run ! grep '…$' <(screen_text | sed -n 5,14p)
	run ! grep 'flush:' <(screen_text | sed -n 5,14p)
	screen_keys Left Left Left Left Left Left Left Left Left
	screen_text | sed -n 5,14p | grep 'flush: .*…$'
	screen_keys t
	screen_text | grep -F '[anon: memtable]'
	screen_keys Q
	screen_end
}
