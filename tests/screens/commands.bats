#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Commands that take their time: the screen goes on, says what is done, and can be told to leave it.
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

@test "Esc cancels a question: that is told, and no answer comes" {
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
