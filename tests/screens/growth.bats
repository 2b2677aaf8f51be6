#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Growth since the baseline that a key sets: the column of the list, the header, B, the lens.
# shellcheck disable=SC2154

load screen

setup() { SCREEN_OPTIONS=(--interval 0.1); }
teardown() { screen_stop; }

# header: the first line
header() { screen_text | head -n 1; }

ask() {
	screen_keys :
	screen_type "$1"
	screen_keys Enter
}

baseline_at() {
	fixture_own softdirty
	screen_start "$1" "$PID"
	run ! grep GROWN <(screen_text)
	screen_keys b
	screen_wait_text 'ADDRESS▲ .* GROWN '
	screen_wait_text 'growth [0-9]+s \+0 -0 '
	target_gains 30000000 20 21 22
	target_loses 10000000 5
	screen_wait_text 'growth [0-9]+s \+12.0K -4.0K '
	screen_wait_text '^.000010000000 .* -4.0K '
	screen_wait_text '^.000030000000 .* \+12.0K '
	screen_keys b # another one: from now on
	screen_wait_text 'growth [0-9]+s \+0 -0 '
	target_gains 30000000 30
	screen_wait_text '^.000030000000 .* \+4.0K '
	ask 'baseline off'
	screen_wait_text 'the baseline has ended'
	_screen_until 'no GROWN' _no_growth
	ask 'baseline off'
	screen_wait_text 'there is no baseline'
	screen_keys Escape
	ask baseline
	screen_wait_text ' GROWN '
	screen_keys Q
	screen_end
}

@test "b: GROWN is in the list while there is a baseline, and the header has what came and went" {
	baseline_at 80x24
}

@test "the same on a larger screen" {
	baseline_at 120x40
}

_no_growth() { ! screen_text | grep -qE 'GROWN|growth [0-9]|grew'; }

@test "with writes tracked, too, both fit; columns that were chosen by name stay as they are" {
	fixture_own softdirty
	screen_start 80x24 "$PID"
	screen_keys b c
	target_gains 30000000 20
	screen_wait_text 'grew \+4.0K -0 .* epoch 1 '
	screen_wait_text ' GROWN WRITTEN '
	# and the name of the region
	screen_keys Enter
	screen_wait_text '^ .* › .* [0-9a-f]+\+[0-9.]+[KM] .*grew .* epoch 1 '
	screen_keys Escape
	screen_wait_text ' GROWN WRITTEN '
	ask 'set columns=start,rss,lost,mapping'
	screen_wait_text ' RSS  LOST '
	ask 'baseline off'
	_screen_until 'the end of the baseline' _no_growth
	screen_text | grep -E ' RSS +LOST +MAPPING'
	screen_keys Q
	screen_end
}

@test "an exec drops the baseline, and says so" {
	local target
	ROOT=
	mkfifo "$BATS_TEST_TMPDIR/go"
	bash -c 'read -r _ <"$1"; exec sleep 1000' _ "$BATS_TEST_TMPDIR/go" 3>&- &
	target=$!
	screen_start 120x40 "$target"
	screen_keys b
	screen_wait_text ' GROWN '
	echo >"$BATS_TEST_TMPDIR/go"
	screen_wait_text 'now sleep; the baseline is gone'
	screen_wait_text 'libc'
	_screen_until 'no GROWN' _no_growth
	screen_keys b
	screen_wait_text ' GROWN '
	screen_keys Q
	screen_end
	screen_stop
	kill "$target"
	wait "$target" || true
}

@test "the lens of growth lights what came in, however little, and in the grid shows what was lost" {
	local lacks='growth:? press b: pages that come in from then on light up'
	fixture_own softdirty
	screen_start 80x24 "$PID"
	screen_keys 0
	screen_text | grep -E "$lacks"
	screen_keys Down Down Enter
	screen_text | grep -E "$lacks"
	# before there is a baseline nothing is new, and nothing was lost
	screen_text | grep '? not known'
	screen_keys b
	screen_wait_text '0 growth .*o there before'
	run ! grep -E "$lacks" <(screen_text)
	target_gains 30000000 20 21 22
	target_loses 30000000 0
	screen_wait_text '\+ gained - lost'
	scans_come 2
	screen_golden bars+rows+legend growth-grid
	screen_text | grep '30000000 .*; growth: lost'
	screen_keys - - -
	screen_golden bars+rows+legend growth-grid-zoomed
	screen_keys v G
	screen_wait_text ', 64 pages: 53 not there, 7 there before, 3 gained, 1 '
	screen_keys v g /
	screen_type lens.growth=gained
	screen_keys Enter
	screen_wait_text '30014000 '
	ask 'count lens.growth=lost'
	screen_wait_text '1 page \(4.0K\) matches'
	screen_keys Escape Escape
	screen_golden bars+rows growth-list
	screen_keys a
	screen_golden rows+legend growth-map
	screen_keys Escape b
	_screen_until 'nothing lit' _nothing_lit
	screen_keys Q
	screen_end
}

_nothing_lit() { ! screen_text | grep -q 'gained'; }

@test "B ranks what came in since the baseline; Tab turns to what was written, and back" {
	fixture_own softdirty
	screen_start 80x24 "$PID"
	screen_keys B
	header | grep 'written by function'
	screen_keys Tab
	header | grep 'grown by function'
	screen_wait_text 'press b: pages that come in from then on are counted'
	screen_keys b
	screen_wait_text '\+0 -0 in [0-9]+ s'
	target_gains 30000000 20 21 22
	target_loses 10000000 5
	# in a folder there are no faults
	screen_wait_text '\+12.0K -4.0K in [0-9]+ s since the baseline: by code not known'
	screen_wait_text ' 3  100 +no fault seen'
	screen_wait_text ' 1 +lost since the baseline'
	ask 'by region'
	header | grep 'grown by region'
	screen_wait_text ' 3  100 .*\[anon: newborn\]'
	screen_wait_text '30014000 \[anon: newborn\]: gained 3 pages'
	screen_keys Enter
	screen_wait_text '^ *30014000 '
	screen_golden rows growth-lit
	screen_keys '{' # of another region nothing would be lit
	screen_golden rows growth-lit-other
	screen_keys Escape
	ask 'by thread written'
	header | grep 'written by thread'
	ask 'by function grown'
	header | grep 'grown by function'
	ask 'baseline off'
	screen_wait_text 'press b: pages that come in'
	screen_keys Q
	screen_end
}

# moments: three, of which the second and the third differ from the first
moments() {
	fixture_own softdirty
	screen_start "$1" "$PID"
	ask 'snap before'
	screen_wait_text 'snapshot before: '
	screen_keys : && screen_type 'diff b' && screen_keys Tab # completes its name
	screen_text | grep -q '^:diff before'
	screen_keys Escape
	target_gains 30000000 20 21 22
	target_loses 10000000 5
	# the page has the frame of another one now
	target_gains 10000000 8
	ask 'snap between'
	screen_wait_text 'snapshot between: '
	target_loses 30000000 21
	target_loses 20000000 1 2
}

# diff_of SIZE: against the first moment, on a screen of that size
diff_of() {
	moments "$1"
	ask 'diff before'
	screen_wait_text 'compared with before: n and N go to'
	screen_wait_text 'since before [0-9]+s \+8.0K -12.0K '
	screen_wait_text 'BECAME +\+RSS +CHANGED +MOVED'
	scans_come 2
	[[ $1 == 80x24 ]] || screen_golden heading+rows diff-list-120
	[[ $1 != 80x24 ]] || screen_golden heading+rows diff-list-80
	# n in the list: the regions that differ, each in turn
	screen_keys g n
	screen_wait_text '^ 20000000 .*: 2 pages lost since before'
	screen_keys n
	screen_wait_text '^ 30000000 .*: 2 pages gained since before'
	screen_keys n
	screen_wait_text '^ 10000000 .*: 1 page lost, 1 page moved since before'
	screen_keys N
	screen_wait_text '^ 30000000 .*: 2 pages gained since before'
	# in the grid: the pages
	ask 'goto 10000000'
	screen_keys n
	screen_wait_text ' 10005000 .*growth: lost'
	[[ $1 == 80x24 ]] || screen_golden rows+legend diff-grid-120
	[[ $1 != 80x24 ]] || screen_golden rows+legend diff-grid-80
	screen_keys n
	screen_wait_text ' 10008000 .*growth: moved'
	screen_keys n
	screen_wait_text ' 20001000 .*growth: lost'
	screen_keys n n
	screen_wait_text ' 30014000 .*growth: gained'
	screen_keys N N
	screen_wait_text ' 20001000 .*growth: lost'
	screen_keys Escape Escape
	screen_wait_text 'no longer compared \(since before\)'
	_screen_until 'nothing is compared' _no_diff
	run ! grep BECAME <(screen_text)
	screen_keys n
	ask 'diff off'
	screen_wait_text 'nothing is compared'
	screen_keys Escape Q
	screen_end
}

@test "diff: the list has what differs from a moment that was kept, n and N go there, Esc ends it" {
	diff_of 80x24
}

@test "the same on a larger screen, where more is in the list" {
	diff_of 120x40
}

_no_diff() { ! screen_text | head -n 1 | grep -q 'since before'; }

@test "diff A B: two moments that were kept, whatever comes later" {
	moments 100x24
	ask 'diff before between'
	screen_wait_text 'between compared with before: '
	screen_wait_text 'from before to between \+12.0K -4.0K '
	scans_come 2
	screen_text | grep -E '^.000030000000 .* \+12.0K '
	# what went after the second is no difference of the two
	screen_text | grep -E '^.000020000000 ' | grep -v -- '-8.0K'
	ask 'goto 30014000'
	screen_wait_text ' 30014000 .*growth: gained'
	ask 'goto 30015000' # it was there at the second, and is not any more
	screen_wait_text ' 30015000 .*growth: gained'
	ask 'count lens.growth=gained'
	screen_wait_text '3 pages \(12.0K\) match'
	screen_keys Escape
	ask 'count lens.growth=lost'
	screen_wait_text '1 page \(4.0K\) matches'
	screen_keys Escape
	ask 'diff between before'
	screen_wait_text 'from between to before \+4.0K -12.0K '
	ask 'diff before nowhere'
	screen_wait_text 'there is no snapshot of that name'
	screen_keys Escape
	screen_wait_text 'from between to before '
	ask 'diff off'
	_screen_until 'nothing is compared' _no_two
	# a snapshot of the same name takes its place
	ask 'snap before'
	screen_wait_text 'snapshot before replaced: '
	ask 'diff before'
	screen_wait_text 'since before [0-9]+s \+0 -0 '
	screen_keys n
	screen_wait_text 'no region differs, as far as is known'
	screen_keys Q
	screen_end
}

_no_two() { ! screen_text | head -n 1 | grep -q ' to '; }

@test "a diff shows regions that came, that are gone and that grew; groups have the sum" {
	fixture_own softdirty
	screen_start 100x24 "$PID"
	ask 'snap before'
	screen_wait_text 'snapshot before: '
	# the second region goes, the third grows by 16 pages, and a new one comes
	perl -pe 's/^30000000-30040000/30000000-30050000/; s/\z/40000000-40010000 rw-p 00000000 00:00 0 \n/ if /^3/; $_ = "" if /^2/' \
		"$ROOT/$PID/maps" >"$ROOT/maps.new"
	cat "$ROOT/maps.new" >"$ROOT/$PID/maps" # the file that is open
	ask 'diff before'
	screen_wait_text '^-000020000000.*gone'
	screen_wait_text '^.000030000000 .* grown '
	screen_wait_text '^.000040000000 .* new '
	screen_golden heading+rows diff-regions
	screen_keys g n
	screen_wait_text '^ 20000000 .*the process has unmapped it since before'
	screen_keys n
	screen_wait_text '^ 30000000 .*: grown since before'
	ask 'group type'
	screen_wait_text '^.* -256K '
	screen_keys Q
	screen_end
}
