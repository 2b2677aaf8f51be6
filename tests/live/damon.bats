#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Accesses by address, sampled by DAMON: against a program that uses a known part of its memory.

# shellcheck disable=SC2016,SC2034,SC2154
load live

admin=/sys/kernel/mm/damon/admin/kdamonds

teardown() {
	live_end
	[[ ! -w $admin/nr_kdamonds || ! -e $BATS_TEST_TMPDIR/foreign ]] || echo 0 >"$admin/nr_kdamonds"
}

# It must be free: whoever else uses it is not to be disturbed.
need_damon() {
	[[ -w $admin/nr_kdamonds ]] || skip "no DAMON in sysfs that we may use"
	grep -q ' damon_va_' /proc/kallsyms || skip "this kernel's DAMON does not sample address spaces"
	[[ $(<"$admin/nr_kdamonds") == 0 ]] || skip "somebody uses DAMON"
}

is_free() { [[ $(<"$admin/nr_kdamonds") == 0 ]]; }
is_taken() { ! is_free; }

# Sets HOT to a process that touches the first 8 MiB of 64, over and over, and REGION to where they are.
hot_start() {
	perl -e '$| = 1; my $x = "x" x (64 << 20); print "ready\n";
		while (1) { for (my $i = 0; $i < 8 << 20; $i += 4096) { substr($x, $i, 1) = "y" } }' >"$BATS_TEST_TMPDIR/hot" 3>&- &
	HOT=$!
	OTHERS+=("$HOT")
	until_true grep -q ready "$BATS_TEST_TMPDIR/hot"
	REGION=$(perl -ne '/^(\w+)-(\w+) rw-p 0+ 00:00 0 *$/ && hex($2) - hex($1) >= 64 << 20 and print $1 and exit' "/proc/$HOT/maps")
	[[ $REGION ]]
}

# sampled: bytes accessed in half of the samples or more, within the hot part, and elsewhere
sampled() {
	perl -ne 'BEGIN { $lo = hex shift; $hi = $lo + (8 << 20) }
		/^\s*(?:0x)?([0-9a-f]{6,})\s+(?:0x)?([0-9a-f]{6,})\s+\S+\s+(\d+)\s/ && $3 >= 10 or next;
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
	run -0 --separate-stderr pm --capabilities --csv "$SUBJECT_PID"
	grep -q '^DAMON,no,' <<<"$output"
}
