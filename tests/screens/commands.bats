#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Commands that take their time: the screen keeps working, shows the progress, and can cancel them.
# smaps.slow keeps who reads smaps waiting (tests/slow.c): `vma:` does at its end.

load screen

answer='^ *1000000 \[heap\] 256K: '

setup() {
	fixture_own zoo
	screen_slow
}
teardown() { screen_stop; }

# ask_slowly: a question whose answer does not come before the file is gone
ask_slowly() {
	: >"$ROOT/$PID/smaps.slow"
	screen_start 100x24 "$PID"
	screen_send :
	screen_send vma:heap Enter
	SCREEN_IDLE=0 screen_wait_text ' s, Esc cancels: answering "vma:heap"'
}

@test "while a question is being answered the screen goes on; the answer comes once" {
	ask_slowly
	screen_send '?'
	SCREEN_IDLE=0 screen_wait_text 'help ›'
	screen_send q
	SCREEN_IDLE=0 screen_wait_text '^RAM '
	screen_send Down Enter
	SCREEN_IDLE=0 screen_wait_text '1 cell = 1 page'
	rm "$ROOT/$PID/smaps.slow"
	screen_wait_text "$answer"
	screen_keys Escape
	run ! grep "$answer" <(screen_text)
	screen_keys q q
	screen_end
}

@test "Esc cancels a question: a message says so, and no answer comes" {
	ask_slowly
	screen_send Escape
	SCREEN_IDLE=0 screen_wait_text 'cancelled: answering "vma:heap"'
	rm "$ROOT/$PID/smaps.slow"
	screen_keys Down Up
	run ! grep "$answer" <(screen_text)
	screen_keys :
	screen_type vma:heap
	screen_keys Enter
	screen_wait_text "$answer"
	screen_keys Escape q
	screen_end
}

@test "^C cancels a question, and quits when there is none" {
	ask_slowly
	screen_send C-c
	SCREEN_IDLE=0 screen_wait_text 'cancelled: answering'
	screen_send C-c
	screen_end
}

@test "^C cancels a question that is not on the status line yet" {
	: >"$ROOT/$PID/smaps.slow"
	screen_start 100x24 "$PID"
	screen_send :
	screen_send vma:heap Enter
	SCREEN_IDLE=0 screen_wait_text '^\? help'
	screen_send C-c
	SCREEN_IDLE=0 screen_wait_text 'cancelled: answering'
	screen_send q
	screen_end
}

@test "^C just after the answer does not quit; the next one does" {
	ask_slowly
	rm "$ROOT/$PID/smaps.slow"
	SCREEN_IDLE=0 screen_wait_text "$answer"
	screen_send C-c
	SCREEN_IDLE=0 screen_wait_text 'just ended; \^C again quits'
	screen_send C-c
	screen_end
}

@test "q quits while a question is being answered" {
	ask_slowly
	screen_send q
	screen_end
}

@test "a newer question replaces the one that is being answered" {
	ask_slowly
	screen_send :
	screen_send pfn:1 Enter
	SCREEN_IDLE=0 screen_wait_text 'cancels: answering "pfn:1"'
	rm "$ROOT/$PID/smaps.slow"
	screen_wait_text 'frame 1'
	run ! grep "$answer" <(screen_text)
	screen_keys Escape q
	screen_end
}

@test "smaps are read beside the screen, and a column waits for them" {
	: >"$ROOT/$PID/smaps.slow"
	screen_start 120x24 "$PID"
	screen_keys s
	screen_send P
	SCREEN_IDLE=0 screen_wait_text 'Esc cancels: reading smaps'
	screen_send Down Enter
	SCREEN_IDLE=0 screen_wait_text '1 cell = 1 page'
	screen_send q
	SCREEN_IDLE=0 screen_wait_text '^RAM '
	rm "$ROOT/$PID/smaps.slow"
	screen_wait_text 'by PSS▼.*smaps [0-9]+ s'
	screen_keys q
	screen_end
}

# --- what is read for the screen --------------------------------------------------------------------------

# region_slowly [OPTION...]: the card of the heap, of which smaps is not there before the file is gone
region_slowly() {
	: >"$ROOT/$PID/smaps.slow"
	screen_start 100x40 "$@" "$PID"
	screen_keys /
	screen_type heap
	screen_keys Enter
	screen_send i
	SCREEN_IDLE=0 screen_wait_text ' s, Esc cancels: counting region 1000000'
}

@test "a region is counted beside the screen: the card has what is known, and frames go on" {
	SCREEN_OPTIONS=(--interval 0.1)
	region_slowly
	screen_text | grep '^ start  *0x1000000'
	screen_text | grep '^  in RAM .*by the last sample'
	screen_text | grep '^ counting its pages by state, then reading smaps'
	SCREEN_IDLE=0 scans_come 5
	rm "$ROOT/$PID/smaps.slow"
	screen_wait_text '^ pss '
	run ! grep 'counting its pages' <(screen_text)
	screen_keys q q
	screen_end
}

@test "Esc cancels the counting of a region, and r or coming back counts it" {
	SCREEN_OPTIONS=(--interval 0.1)
	region_slowly
	screen_send Escape
	SCREEN_IDLE=0 screen_wait_text 'cancelled: counting region 1000000'
	SCREEN_IDLE=0 screen_wait_text '^ pages by state and smaps were not read; r reads them'
	SCREEN_IDLE=0 scans_come 5
	rm "$ROOT/$PID/smaps.slow"
	scans_come 2
	run ! grep '^ pss ' <(screen_text)
	screen_keys r
	screen_wait_text '^ pss '
	screen_keys Escape
	: >"$ROOT/$PID/smaps.slow"
	screen_send i
	SCREEN_IDLE=0 screen_wait_text 'Esc cancels: counting region'
	screen_send Escape
	SCREEN_IDLE=0 screen_wait_text 'cancelled: counting region'
	screen_send Escape
	SCREEN_IDLE=0 screen_wait_text '^RAM '
	rm "$ROOT/$PID/smaps.slow"
	screen_send i
	screen_wait_text '^ pss '
	screen_keys q q
	screen_end
}

@test "leaving a region while it is counted reports nothing, and keeps nothing waiting" {
	region_slowly
	screen_send q
	SCREEN_IDLE=0 screen_wait_text '^RAM '
	rm "$ROOT/$PID/smaps.slow"
	screen_keys i
	screen_wait_text '^ pss '
	screen_keys q '!'
	run ! grep 'cancelled' <(screen_text)
	screen_keys q q
	screen_end
}

@test "smaps that was cancelled is read again when its column comes back" {
	: >"$ROOT/$PID/smaps.slow"
	screen_start 120x24 "$PID"
	screen_keys s
	screen_send P
	SCREEN_IDLE=0 screen_wait_text 'Esc cancels: reading smaps'
	screen_send Escape
	SCREEN_IDLE=0 screen_wait_text 'cancelled: reading smaps'
	rm "$ROOT/$PID/smaps.slow"
	screen_keys Down Up
	run ! grep 'smaps [0-9]* s old' <(screen_text)
	screen_keys Enter
	screen_keys Escape
	screen_wait_text 'by PSS▼.*smaps [0-9]+ s'
	screen_keys q
	screen_end
}

# counted_slowly COMMAND: the card of the first region of a command, whose smaps is not there yet
counted_slowly() {
	unset ROOT
	mkfifo "$BATS_TEST_TMPDIR"/{go,end}
	: >"$BATS_TEST_TMPDIR/slow"
	SCREEN_ENV+=("SLOW_SMAPS=$BATS_TEST_TMPDIR/slow" "GO=$BATS_TEST_TMPDIR/go" "END=$BATS_TEST_TMPDIR/end")
	SCREEN_OPTIONS=(--interval 0.1)
	screen_start 100x50 -- sh -c "$1"
	screen_send i
	SCREEN_IDLE=0 screen_wait_text 'Esc cancels: counting region'
}

@test "the target executes another program while its region is being counted" {
	counted_slowly 'read x <"$GO"; exec sh -c "read x <\"\$END\""'
	echo >"$BATS_TEST_TMPDIR/go"
	SCREEN_IDLE=0 screen_wait_text 'executed a new program'
	SCREEN_IDLE=0 screen_wait_text '^RAM '
	rm "$BATS_TEST_TMPDIR/slow"
	screen_keys Down i
	screen_wait_text '^ VmFlags'
	run ! grep 'cannot' <(screen_text)
	echo >"$BATS_TEST_TMPDIR/end"
	screen_wait_text 'has ended'
	screen_keys Q
	screen_end
}

@test "the target ends while its region is being counted" {
	counted_slowly 'read x <"$GO"'
	echo >"$BATS_TEST_TMPDIR/go"
	SCREEN_IDLE=0 screen_wait_text 'has ended'
	SCREEN_IDLE=0 screen_wait_text '^ the process ended before its pages were counted'
	rm "$BATS_TEST_TMPDIR/slow"
	screen_wait_text '^ the process ended before its pages were counted'
	screen_keys '!'
	run ! grep -E 'cancelled|cannot' <(screen_text)
	screen_keys Q
	screen_end
}
