#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# A terminal that changes its size, that others get for a while, that takes nothing more; and a
# target that ends or becomes another, whatever is on screen.

load screen

teardown() {
	[[ -z ${stalled-} ]] || kill -CONT "$stalled"
	screen_stop
}

heads() { screen_text | head -n 1 | grep -F -- "$1"; }

# the keys that lead to each view, from the list with the cursor on [heap]
views=("" Enter "Enter Enter" i a K "?" s o "Enter x" "Enter v Right" "a Right")

keys_to() { # VIEW: its words are keys, `?` among them
	local keys
	read -ra keys <<<"$1"
	screen_keys "${keys[@]}"
}

screen_heap() {
	screen_keys /
	screen_type heap
	screen_keys Enter
}

_drawn_at() {
	[[ "$(tail -n 1 "$SCREEN_TMP/status") " == *" idle=1 size=$1 "* ]]
}

@test "a storm of sizes, in every view: the last one is drawn, and it is whole" {
	local view size
	fixture java
	screen_start 80x24 "$PID"
	screen_heap
	for view in "${views[@]}"; do
		keys_to "$view"
		for size in 20x5 200x60 1x1 31x7 300x90 80x2 120x40 79x23; do
			_tmux resize-window -x "${size%x*}" -y "${size#*x}"
		done
		_tmux resize-window -x 80 -y 24
		_screen_until "the last size" _drawn_at 80x24
		screen_text >"$SCREEN_TMP/stormed"
		screen_keys C-l
		screen_text | diff "$SCREEN_TMP/stormed" -
		screen_keys Escape Escape Escape
		screen_text | head -n 1 | grep regions || screen_keys Escape
	done
	screen_keys Q
	screen_end
}

@test "bug: two columns, or less of anything, in every view: keys go on, and nothing is lost" {
	local view size
	fixture zoo
	screen_start 80x24 "$PID"
	for view in "${views[@]}"; do
		keys_to "$view"
		for size in "2 24" "1 1" "80 2" "29 24"; do
			# shellcheck disable=SC2086
			screen_resize $size
			screen_keys Down Up End Home
		done
		screen_resize 80 24
		screen_keys Escape Escape Escape
		screen_text | head -n 1 | grep regions || screen_keys Escape
	done
	screen_keys Q
	screen_end
}

@test "stopped and continued, in every view: the terminal is the shell's meanwhile, then all is back" {
	local view
	fixture java
	screen_clock 100000	# what is said of it goes after a while
	screen_start 80x24 "$PID"
	screen_heap
	for view in "${views[@]}"; do
		keys_to "$view"
		_screen_sync
		_tmux capture-pane -p >"$SCREEN_TMP/before"
		_tmux send-keys C-z
		screen_stopped
		screen_continue
		screen_text | head -n 20 | diff <(head -n 20 "$SCREEN_TMP/before") -
		screen_text | tail -n 3 | grep 'stopped for less than 1 s: no samples meanwhile'
		[ "$(_tmux display-message -p '#{mouse_any_flag}#{mouse_sgr_flag}')" = 11 ]
		screen_keys Escape Escape Escape
	done
	screen_keys Q
	screen_end
}

@test "stopped while a line is typed, and while a process is chosen" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_keys :
	screen_type hea
	_tmux send-keys C-z
	screen_stopped
	screen_continue
	screen_type p
	screen_text | tail -n 1 | grep '^:heap'
	screen_keys Escape Q
	screen_end
	screen_stop
	screen_start 80x24
	_tmux send-keys C-z
	screen_stopped
	screen_continue
	heads 'choose a process'
	screen_keys Escape
	screen_end
}

@test "bug: after a stop frames were drawn without end" {
	local frame keys idle before
	fixture zoo
	screen_start 80x24 "$PID"
	_tmux send-keys C-z
	screen_stopped
	screen_continue
	screen_keys j
	_screen_status
	before=$frame
	read -rt 0.5 _ <><(:) || :
	_screen_status
	[[ $frame == "$before" ]]
	screen_keys Q
	screen_end
}

@test "a stop shows while one rewinds through the samples" {
	fixture zoo
	screen_start 100x24 "$PID"
	screen_keys r r
	_tmux send-keys C-z
	screen_stopped
	screen_continue
	screen_keys r
	screen_keys [
	screen_text | head -n 1 | grep -v 'then stopped'
	screen_keys [
	heads 'then stopped'
	screen_keys Q
	screen_end
}

@test "SIGSTOP, which cannot be caught: all is back after it" {
	local pid
	fixture zoo
	screen_start 80x24 "$PID"
	screen_text >"$SCREEN_TMP/before"
	pid=$(screen_pid)
	kill -STOP "$pid"
	screen_stopped || true
	screen_continue
	screen_text | diff "$SCREEN_TMP/before" -
	screen_keys Down Q
	_screen_until "the end" test -e "$SCREEN_TMP/exit"
	[ "$(<"$SCREEN_TMP/exit")" = 0 ]
}

# A region of the demo whose cells change all the time: the first may be one that a sanitizer mapped.
life_open() {
	SCREEN_IDLE=0 screen_wait_text 'memfd:d|anon: demo'
	screen_send c
	screen_send /
	screen_type life
	screen_send Enter
	screen_send Enter
}

# The terminal is tmux: stopped, it reads nothing, and its line fills up.
stall() {
	program=$(screen_pid)
	stalled=$(_tmux display-message -p '#{pid}')
	kill -STOP "$stalled"
}

_frames() {
	local frame keys idle
	_screen_status
	((frame >= $1))
}

# no frame for seconds, at a scan every 50 ms: it waits in a write to the terminal, or for it to take one
_is_stuck() {
	local frame keys idle
	_screen_status
	if ((frame != ${stuck:--1})); then
		stuck=$frame since=$SECONDS
		return 1
	fi
	((SECONDS - since >= 2))
}

@test "a terminal that accepts nothing: pmtop can still be ended" {
	SCREEN_OPTIONS=(--interval 0.05)
	command -v tmux >/dev/null || skip "tmux is not installed"
	ROOT='' screen_start_waiting 200x60 --demo
	life_open
	screen_send L
	screen_send L
	stall
	_screen_until "the line to be full" _is_stuck
	kill -TERM "$program"
	_screen_until "the end" test ! -e "/proc/$program/fd"
	kill -CONT "$stalled"
	stalled=
}

# ^S stops the terminal at once, whatever was under way; : shows that its keys arrive, apart from frames
@test "bug: a terminal stopped by ^S: a signal ends it nevertheless, at rest and at the prompt" {
	local keys
	fixture zoo
	for keys in "" :; do
		screen_start 80x24 "$PID"
		program=$(screen_pid)
		screen_send C-s
		# shellcheck disable=SC2086
		screen_send Down $keys
		_screen_until "the keys to be taken" _keys_taken
		kill -TERM "$program"
		_screen_until "the end" test -e "$SCREEN_TMP/exit"
		[ "$(<"$SCREEN_TMP/exit")" = 143 ]
		_screen_restored after
		screen_stop
	done
}

# what was typed has left the terminal's line
_keys_taken() {
	local tty
	tty=$(readlink "/proc/$program/fd/0") || return
	perl -e 'open my $t, "<", $ARGV[0] or exit 1; my $n = pack "i", 0; ioctl($t, 0x541B, $n) or exit 1; exit(unpack("i", $n) != 0)' "$tty"
}

@test "a terminal stopped by ^S goes on with ^Q, and with the key that leaves" {
	fixture zoo
	screen_start 80x24 "$PID"
	screen_send C-s
	screen_send Down Q
	screen_send C-q
	screen_end
}

@test "a slow terminal drops frames, and goes on where it is" {
	SCREEN_OPTIONS=(--interval 0.05)
	command -v tmux >/dev/null || skip "tmux is not installed"
	ROOT='' screen_start_waiting 200x60 --demo
	life_open
	stall
	_screen_until "the line to be full" _is_stuck
	kill -CONT "$stalled"
	stalled=
	_screen_until "frames again" _frames $((stuck + 3))
	screen_send Q
	screen_end
}

@test "the target ends, in every view: what was seen stays, and keys go on" {
	local view target
	ROOT=
	for view in "${views[@]}"; do
		sleep 1000 3>&- &
		target=$!
		screen_start 80x24 "$target"
		keys_to "$view"
		kill "$target"
		wait "$target" || true
		screen_wait_text ' ended [0-9]+ s ago '
		screen_keys Down Up C-l Escape
		screen_text | head -n 1 | grep ' ended [0-9]* s ago '
		screen_keys Q
		screen_end
		screen_stop
	done
}

_comm_is() {
	[[ $(<"/proc/$1/comm") == "$2" ]]
}

@test "the target executes another program, in every view: that one is shown" {
	local view target
	ROOT=
	SCREEN_OPTIONS=(--interval 0.1)
	mkfifo "$BATS_TEST_TMPDIR/go"
	for view in "${views[@]}"; do
		bash -c 'read -r _ <"$1"; exec sleep 1000' _ "$BATS_TEST_TMPDIR/go" 3>&- &
		target=$!
		screen_start 80x24 "$target"
		keys_to "$view"
		echo >"$BATS_TEST_TMPDIR/go"
		_screen_until "the exec" _comm_is "$target" sleep
		screen_wait_text 'executed a new program: now sleep'
		[[ $view != '?' ]] || screen_keys Escape # the help stays
		screen_wait_text 'libc'	# it is loaded
		heads "sleep $target › regions"
		screen_keys g Down Enter
		screen_wait_text '1 cell = 1 page'
		screen_keys Q
		screen_end
		screen_stop
		kill "$target"
		wait "$target" || true
	done
}

@test "bug: the console of Linux, whose font has no eighths, gets ASCII; little is not nothing there" {
	fixture sparse
	SCREEN_TERM=linux
	screen_start 80x24 "$PID"
	screen_text | LC_ALL=C grep -q '[^ -~]' && { echo "not ASCII"; screen_text; false; }
	screen_text | grep -E '[_.]*_\.[_.]* \[anon: few\]'
	screen_keys q
	screen_end
}

@test "bug: where there is no other screen to go back to, the shell went on in a full line" {
	fixture zoo
	SCREEN_TERM=linux
	screen_start 80x24 "$PID"
	screen_text | grep -q 'q quit'
	screen_keys Q
	screen_end
	run ! grep -q 'q quit' <(screen_text)
}

@test "bug: a size that was another for a moment alone: what was lost by it is drawn again" {
	local before tty
	fixture zoo
	screen_start 80x24 "$PID"
	before=$(screen_text)
	tty=$(_tmux display-message -p '#{pane_tty}')
	printf '\e[3;5Hw\e[10;1H\e[J' >"$tty"
	[[ $(screen_text) != "$before" ]]
	_screen_status
	kill -WINCH "$(screen_pid)"
	_screen_until "the next frame" _screen_settled 0 $((frame + 1))
	[[ $(screen_text) == "$before" ]]
	screen_keys q
	screen_end
}
