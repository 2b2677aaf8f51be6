#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What is not as usual: always what, why and how to go on, and never a dead end.
load screen

teardown() { screen_stop; }

# without a region whose start is ADDRESS
unmap() { # ADDRESS
	local rest
	rest=$(sed "/^0*$1-/d" "$ROOT/$PID/maps")
	echo "$rest" >"$ROOT/$PID/maps" # the same file: pmtop holds it open
}

@test "a region that is unmapped while it is on screen" {
	fixture_own softdirty
	screen_start 80x24 "$PID"
	screen_keys Enter
	unmap 10000000
	screen_keys r
	screen_golden body+status states-unmapped
	screen_keys Enter x i Tab Down + - = v Escape
	screen_keys '}'
	screen_text | head -n 1 | grep -v unmapped
	screen_keys Q
	screen_end
}

@test "a region of which nothing was touched" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys :
	screen_type "$(grep -m 1 -- '---p' "$ROOT/$PID/maps" | cut -d- -f1)"
	screen_keys Enter Enter
	screen_text | grep 'is in RAM or swap'
	screen_keys Q
	screen_end
}

@test "how a command ended, and its views afterwards" {
	mkfifo "$BATS_TEST_TMPDIR/go"
	unset ROOT
	screen_start 80x24 -- sh -c "read x <$BATS_TEST_TMPDIR/go; exit 3"
	screen_keys Enter
	echo >"$BATS_TEST_TMPDIR/go"
	screen_wait_text 'has ended with exit status 3: this is its last sample'
	screen_keys Enter
	screen_text | grep 'the process ended before this was read'
	# a grid that was never opened is empty for that reason
	screen_keys Escape Escape Down Down Enter
	screen_text | grep 'the process ended before these pages were read'
	screen_keys Escape '!'
	screen_text | grep 'has ended with exit status 3'
	screen_keys Q
	screen_end
}

@test "a command that a signal ended" {
	mkfifo "$BATS_TEST_TMPDIR/go"
	unset ROOT
	screen_start 80x24 -- sh -c "read x <$BATS_TEST_TMPDIR/go; kill -TERM \$\$"
	echo >"$BATS_TEST_TMPDIR/go"
	screen_wait_text 'has ended by signal 15 \(Terminated\)'
	screen_keys Q
	screen_end
}

@test "every view at 40x10" {
	fixture zoo
	screen_start 40x10 "$PID"
	screen_keys a
	screen_golden body small-40x10-map
	screen_keys Escape i
	screen_golden body small-40x10-region
	screen_keys Escape Enter Enter
	screen_golden body small-40x10-page
	screen_keys x
	screen_golden body small-40x10-hex
	screen_keys Q
	screen_end
}
