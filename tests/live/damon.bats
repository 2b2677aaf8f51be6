#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Accesses by address, sampled by DAMON: against a program that uses a known part of its memory.

# shellcheck disable=SC2016,SC2034,SC2154
load live

admin=/sys/kernel/mm/damon/admin/kdamonds
: "${TOUCHER:=$builddir/tests/live/toucher}"

teardown() {
	live_end
	# what is ours ends with pmtop; on a slow machine not at once
	[[ ! -e $BATS_TEST_TMPDIR/ours || -e $BATS_TEST_TMPDIR/foreign ]] || until_true is_free
	[[ ! -w $admin/nr_kdamonds || ! -e $BATS_TEST_TMPDIR/foreign ]] || echo 0 >"$admin/nr_kdamonds"
}

# It must be free: whoever else uses it is not to be disturbed.
need_damon() {
	[[ -w $admin/nr_kdamonds ]] || skip "no DAMON in sysfs that we may use"
	grep -q ' damon_va_' /proc/kallsyms || skip "this kernel's DAMON does not sample address spaces"
	[[ $(<"$admin/nr_kdamonds") == 0 ]] || skip "somebody uses DAMON"
	touch "$BATS_TEST_TMPDIR/ours"
}

# sample_start COLSxROWS: the screen, on HOT, and consent to its samples
sample_start() {
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start "$1" "$HOT"
	screen_keys A
	screen_wait_text 'accesses: press D: DAMON samples which memory is accessed'
	is_free
	screen_keys D
	screen_wait_text "Let DAMON sample the accesses of toucher \\($HOT\\)"
	is_free
	screen_keys '?'
	screen_wait_text 'kdamond'
	screen_keys y
	screen_wait_text 'sampled by DAMON'
}

# cells LETTERS: of the grid's cells in the lower half and in the upper one, how many have one of these letters, in percent
cells() {
	screen_text | perl -ne 'BEGIN { $letters = shift; $at = hex shift } /^([0-9a-f]+) (\S+)/ && hex $1 >= $at or next;
		my ($from, $row) = (hex $1, $2); $from < $at + (64 << 20) or next;
		push @rows, [$from, $row];
		END { my $each = @rows > 1 ? ($rows[1][0] - $rows[0][0]) / length $rows[0][1] : exit 1;
			for my $r (@rows) { my $i = 0; for my $c (split //, $r->[1]) {
				my $half = $r->[0] + $each * $i++ >= $at + (32 << 20) ? 1 : 0;
				$n[$half]++; $lit[$half]++ if index($letters, $c) >= 0 } }
			printf "%d %d\n", map { 100 * ($lit[$_] // 0) / ($n[$_] || 1) } 0, 1 }' "$1" "$REGION"
}

is_free() { [[ $(<"$admin/nr_kdamonds") == 0 ]]; }
is_taken() { ! is_free; }

# hot_start [MIB]: sets HOT to a process that touches so many MiB (8) of 64, over and over, and REGION to where they are
hot_start() {
	"$TOUCHER" 64 "${1:-8}" >"$BATS_TEST_TMPDIR/hot" 3>&- &
	HOT=$!
	OTHERS+=("$HOT")
	REGION=200000000000
	until_true grep -q ready "$BATS_TEST_TMPDIR/hot"
}

# sampled: MiB in which accesses were seen, within the hot part, and elsewhere: on a slow machine few looks see one
sampled() {
	perl -ne 'BEGIN { $lo = hex shift; $hi = $lo + (8 << 20) }
		/^\s*(?:0x)?([0-9a-f]{6,})\s+(?:0x)?([0-9a-f]{6,})\s+\S+\s+(\d+)\s/ && $3 >= 1 or next;
		my ($s, $e) = (hex $1, hex $2); my $in = ($e < $hi ? $e : $hi) - ($s > $lo ? $s : $lo);
		$in = 0 if $in < 0; $inside += $in; $outside += $e - $s - $in;
		END { printf "%d %d\n", $inside >> 20, $outside >> 20 }' "$1"
}

finds_the_hot_part() {
	local in out
	"$PMTOP" -e 'accesses for 3s' "$HOT" >"$BATS_TEST_TMPDIR/accesses" || return
	read -r in out < <(sampled "$REGION" <"$BATS_TEST_TMPDIR/accesses")
	echo "$in MiB of the hot part, $out MiB elsewhere"
	((in >= 4 && out <= 8))
}

@test "the hot part of a region is found, and DAMON is as it was" {
	need_damon
	hot_start
	# it is a sample: now and then it is late
	until_true finds_the_hot_part
	grep -q sampled "$BATS_TEST_TMPDIR/accesses"
	is_free
}

# Of the region of 64 MiB, about the 8 that are used.
finds_it_by_vma() {
	pm -e 'accesses for 1s by vma' "$HOT" >"$BATS_TEST_TMPDIR/by" || return
	awk -v start="$REGION" '
		$1 == "0x" start && $3 == "64.0M" && $4 ~ /M$/ { seen = $4 + 0 }
		END { print seen; exit !(seen >= 6 && seen <= 24) }' "$BATS_TEST_TMPDIR/by"
}

@test "by vma: how much of each region is accessed" {
	need_damon
	hot_start
	until_true finds_it_by_vma
	grep -q 'sampled: a page may differ' "$BATS_TEST_TMPDIR/by"
	is_free
}

@test "whoever else uses DAMON is left alone" {
	need_damon
	subject_start
	touch "$BATS_TEST_TMPDIR/foreign"
	echo 1 >"$admin/nr_kdamonds"
	refused 1 'damon is in use' -e 'accesses for 100ms' "$SUBJECT_PID"
	is "$(<"$admin/nr_kdamonds")" 1
	[[ -d $admin/0 ]]
	run -0 --separate-stderr pm --capabilities --csv "$SUBJECT_PID"
	grep -q '^DAMON,no,.*in use' <<<"$output"
	echo 0 >"$admin/nr_kdamonds"
	run -0 --separate-stderr pm --capabilities --csv "$SUBJECT_PID"
	grep -q '^DAMON,yes,' <<<"$output"
}

# As the cells of the grid show it; it is a sample, and on a slow machine a sweep takes longer than a look.
half_is_lit() {
	local lit dark
	read -r lit _ < <(cells 2345)
	read -r _ dark < <(cells o1)
	echo "$lit% of the lower half lit, $dark% of the upper half dark"
	((lit >= 80 && dark >= 80))
}

@test "the lens: the half that is used is lit, the other is not, and D ends it" {
	need_damon
	hot_start 32
	sample_start 100x40
	screen_wait_text ' ACCESSED '
	screen_goto "$REGION"
	screen_keys =
	screen_wait_text 'A accesses sampled by DAMON .*, share of looks:'
	_screen_until 'one half lit' half_is_lit
	screen_keys D
	until_true is_free
	screen_wait_text 'press D: DAMON samples'
	screen_keys Q
	screen_end
}

@test "the lens: whoever else uses DAMON is left alone, and it says so" {
	need_damon
	hot_start
	touch "$BATS_TEST_TMPDIR/foreign"
	echo 1 >"$admin/nr_kdamonds"
	echo 1 >"$admin/0/contexts/nr_contexts"
	echo 1 >"$admin/0/contexts/0/targets/nr_targets"
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 120x30 "$HOT"
	screen_keys A
	screen_wait_text 'accesses: not sampled: DAMON is in use, and pmtop leaves it alone'
	screen_keys D
	screen_wait_text 'cannot sample accesses: DAMON is in use'
	screen_keys Q
	screen_end
	is "$(<"$admin/0/contexts/0/targets/nr_targets")" 1
}

@test "the lens: whatever ends pmtop or the process, nothing is left behind" {
	need_damon
	local pid
	hot_start
	sample_start 100x30
	until_true is_taken
	pid=$(screen_pid)
	kill -KILL "$pid"
	until_true is_free
	screen_stop
	sample_start 100x30
	until_true is_taken
	screen_keys Q
	screen_end
	is_free
	sample_start 100x30
	until_true is_taken
	kill "$HOT"
	until_true is_free
	screen_wait_text ' ended [0-9]+ s ago '
	run ! grep 'DAMON just now' <(screen_text)
	screen_keys Q
	screen_end
}

@test "what a killed pmtop left, whose guard was killed, too, the next one takes away; and nobody else's" {
	need_damon
	subject_start
	local guard
	watch_start -e 'accesses for 1000s' "$SUBJECT_PID"
	until_true is_taken
	until_true grep -q on "$admin/0/state"
	# of its children the guard holds the folder
	guard=$(for p in $(pgrep -P "$WATCH"); do [[ $(ls -l "/proc/$p/fd") != *kdamonds* ]] || echo "$p"; done)
	[[ $guard ]]
	kill -STOP "$WATCH"
	kill -KILL "$guard" "$WATCH"
	until_true has_ended "$WATCH"
	is_taken
	run -0 --separate-stderr pm --capabilities --csv "$SUBJECT_PID"
	grep -q '^DAMON,yes,.*killed pmtop' <<<"$output"
	is_taken
	run -0 --separate-stderr pm -e 'accesses for 200ms' "$SUBJECT_PID"
	is_free
	# somebody puts one of their own in its place: that stays
	watch_start -e 'accesses for 1000s' "$SUBJECT_PID"
	until_true grep -q on "$admin/0/state"
	touch "$BATS_TEST_TMPDIR/foreign"
	echo off >"$admin/0/state"
	echo 0 >"$admin/nr_kdamonds"
	echo 1 >"$admin/nr_kdamonds"
	echo 1 >"$admin/0/contexts/nr_contexts"
	echo 1 >"$admin/0/contexts/0/targets/nr_targets"
	kill "$WATCH"
	until_true has_ended "$WATCH"
	is "$(<"$admin/0/contexts/0/targets/nr_targets")" 1
}

@test "killed in the midst of it, it leaves nothing behind" {
	need_damon
	subject_start
	local signal
	for signal in TERM KILL; do
		watch_start -e 'accesses for 1000s' "$SUBJECT_PID"
		until_true is_taken
		kill -"$signal" "$WATCH"
		until_true is_free
		until_true has_ended "$WATCH"
	done
}

@test "a process that ends is told, and leaves nothing behind" {
	need_damon
	subject_start
	watch_start -e 'accesses for 1000s' "$SUBJECT_PID"
	until_true is_taken
	subject exit 0
	until_true has_ended "$WATCH"
	until_true is_free
}

@test "without DAMON for address spaces it is refused, with the reason" {
	[[ ! -w $admin/nr_kdamonds ]] || ! grep -q ' damon_va_' /proc/kallsyms || skip "this kernel has it"
	subject_start
	refused 1 'cannot sample accesses: ' -e 'accesses for 100ms' "$SUBJECT_PID"
	refused 1 'cannot sample accesses: ' -e damon "$SUBJECT_PID"
	run -0 --separate-stderr pm --capabilities --csv "$SUBJECT_PID"
	grep -q '^DAMON,no,' <<<"$output"
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 120x30 "$SUBJECT_PID"
	screen_keys A
	screen_wait_text 'lens A +accesses: not sampled: this kernel'
	screen_keys D
	screen_wait_text 'cannot sample accesses: this kernel'
	screen_keys j
	screen_keys Q
	screen_end
}
