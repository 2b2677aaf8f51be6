#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The real program in a terminal of known size, for bats (and for screenshots/make):
#
#	load screen
#	setup() { fixture zoo; }
#	teardown() { screen_stop; }
#	@test "..." {
#		screen_start 80x24 "$PID"
#		screen_keys Down Enter
#		screen_golden rows grid-80
#		screen_keys q q
#		screen_end
#	}
#
# Nothing here waits for a time. The program appends to $PMTOP_STATUS_FILE, after every event it has
# handled, `frame=N keys=N idle=0|1 ... asked=0|1`; idle=1 says that the newest request is answered and drawn,
# asked=0 that the terminal's answer about its background is.
# Every wait ends after 20 s x TEST_TIMEOUT_SCALE with the screen printed.

# `run !` is of 1.5; the pictures' script has no bats
! declare -F bats_require_minimum_version >/dev/null || bats_require_minimum_version 1.5.0

screen_dir=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
# shellcheck source=tests/fixtures/fixture.bash
source "$screen_dir/../fixtures/fixture.bash"

SCREEN_TERM=tmux-256color	# a test may set another one before screen_start
SCREEN_ENV=()			# more NAME=VALUE for the program
SCREEN_GROUND=default		# the terminal's background, for those who ask it: default is not answered
SCREEN_OPTIONS=(--interval 0)	# --proc-root is added when there is a ROOT

SCREEN_SYNCS=0
SCREEN_ADDED=0
declare -gA SCREEN_LABELLED=()

# --- the terminal ---------------------------------------------------------------------------------

# One server a test; no user's configuration, no user's server.
_tmux() {
	(unset TMUX TMUX_TMPDIR && LC_ALL=C.UTF-8 exec tmux -L "$SCREEN_SOCKET" "$@")
}

# What the program may see of the environment. The sanitizers' and coverage's variables pass.
_screen_env() {
	local v
	printf '%s\0' PATH="$PATH" HOME="$SCREEN_TMP/home" XDG_STATE_HOME="$SCREEN_TMP/state" \
		LC_ALL=C.UTF-8 TZ=UTC0 TERM="$SCREEN_TERM" PMTOP_STATUS_FILE="$SCREEN_TMP/status"
	[[ ! -e $SCREEN_TMP/clock ]] || printf '%s\0' PMTOP_CLOCK_FILE="$SCREEN_TMP/clock"
	for v in ASAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS GCOV_PREFIX GCOV_PREFIX_STRIP TERMINFO; do
		[[ -z ${!v-} ]] || printf '%s\0' "$v=${!v}"
	done
	((${#SCREEN_ENV[@]} == 0)) || printf '%s\0' "${SCREEN_ENV[@]}"
}

# screen_run WxH COMMAND...: any command; returns when it has drawn and is idle, or has ended
screen_run() { untraced _screen_run "$@"; }

_screen_run() {
	local size=$1 environ
	shift
	SCREEN_TMP=${BATS_TEST_TMPDIR:-${SCREEN_TMP:?}}
	SCREEN_SOCKET=pm$$-${BATS_TEST_NUMBER:-0}
	mkdir -p "$SCREEN_TMP/home" "$SCREEN_TMP/state"
	rm -f "$SCREEN_TMP"/{status,exit,stty.*}
	: >"$SCREEN_TMP/status"
	SCREEN_READER=''
	mapfile -d '' -t environ < <(_screen_env)
	_tmux -f /dev/null -u start-server \; set-option -g status off \; \
		set-option -g remain-on-exit on \; set-option -s escape-time 0 \; \
		set-option -g default-terminal tmux-256color \; \
		set-option -g window-style "bg=$SCREEN_GROUND" \; \
		new-session -d -c "$SCREEN_TMP" -x "${size%x*}" -y "${size#*x}" -- \
		env -i "${environ[@]}" bash "$screen_dir/inside" "$SCREEN_TMP" "$@" 3>&- || return
	_screen_until "the first frame" _screen_settled 0 0
}

# screen_start WxH [OPTION...] PID: pmtop
screen_start() {
	local size=$1
	shift
	command -v tmux >/dev/null || skip "tmux is not installed"
	[[ -z ${ROOT-} ]] || set -- --proc-root "$ROOT" "$@"
	screen_run "$size" "$PMTOP" "${SCREEN_OPTIONS[@]}" "$@"
}

# for teardown: whatever has happened
screen_stop() { untraced _screen_stop; }

_screen_stop() {
	local socket
	[[ -n ${SCREEN_SOCKET-} ]] || return 0
	socket=$(_tmux display-message -p '#{socket_path}' 2>/dev/null) || return 0
	_screen_leave
	_tmux kill-server
	rm -f "$socket"
	SCREEN_SOCKET=
}

# The program ends before its terminal does: a hangup brings SIGCONT, too, which takes back the stop that
# LeakSanitizer waits for at an exit, and it then waits for ever, with a processor to itself.
_screen_leave() {
	local pid i
	pid=$(screen_pid 2>/dev/null) && [[ $pid ]] || return 0
	kill -TERM "$pid" && kill -CONT "$pid" || return 0
	for ((i = 0; i < 500; i++)); do
		[[ -d /proc/$pid ]] || return 0
		read -rt 0.01 _ <><(:) || :
	done
	kill -KILL "$pid"
} 2>/dev/null

# before screen_start: a file is not opened while there is FILE.slow beside it (tests/slow.c)
screen_slow() {
	local lib=${builddir:-${PMTOP%/*}}/tests/slow.so
	[[ -e $lib ]] || skip "there is no $lib"
	SCREEN_ENV+=("LD_PRELOAD=$lib" "ASAN_OPTIONS=${ASAN_OPTIONS-}:verify_asan_link_order=0")
}

# screen_start_waiting WxH [OPTION...] PID: a target that keeps pmtop waiting, so that it is never
# idle; returns with the first frame. Its keys: screen_send, and screen_wait_text for what they do.
screen_start_waiting() {
	local SCREEN_IDLE=0
	screen_start "$@"
}

screen_send() {
	_tmux send-keys "$@"
}

# The next program's terminal has sixteen colours; Debian's base system describes none such.
sixteen_colors() {
	command -v tic >/dev/null || skip "tic (ncurses-bin) is not installed"
	infocmp -x xterm-256color | sed -E 's/^xterm-256color[^,]*/xterm-16color|sixteen colours/
		s/colors#[^,]*/colors#16/; s/pairs#[^,]*/pairs#256/' >"$BATS_TEST_TMPDIR/16.ti"
	tic -x -o "$BATS_TEST_TMPDIR/terminfo" "$BATS_TEST_TMPDIR/16.ti"
	SCREEN_TERM=xterm-16color
	SCREEN_ENV+=("TERMINFO=$BATS_TEST_TMPDIR/terminfo")
}

# untraced COMMAND...: bats traces every command of a test and of the functions it calls, to tell where it
# failed, and tracing takes a hundred times as long as most of them. In here the call alone is traced.
untraced() {
	local -
	set +T
	"$@"
}

# --- waiting --------------------------------------------------------------------------------------

# _screen_pause: 10 ms, without the fork of a sleep
_screen_pause() {
	[[ ${SCREEN_NEVER-} ]] || exec {SCREEN_NEVER}<> <(:)
	read -rt 0.01 -u "$SCREEN_NEVER" _ || :
}

_screen_fail() {
	echo "$1"
	echo "last status: $(tail -n 1 "$SCREEN_TMP/status")"
	[[ ! -e $SCREEN_TMP/exit ]] || echo "the program has ended with $(<"$SCREEN_TMP/exit")"
	echo "--- screen"
	timeout 5 env -u TMUX -u TMUX_TMPDIR tmux -L "$SCREEN_SOCKET" capture-pane -p || true	# it may be stopped
	return 1
}

# _screen_until WHAT COMMAND...: asks again and again, up to the limit
_screen_until() { untraced _screen_poll "$@"; }

_screen_poll() {
	local what=$1 limit
	shift
	limit=$((SECONDS + 20 * ${TEST_TIMEOUT_SCALE:-1}))
	until "$@"; do
		((SECONDS <= limit)) || { _screen_fail "gave up waiting for $what"; return 1; }
		_screen_pause
	done
}

# Sets frame, keys, idle from the last whole line; who waits for the terminal's answer is not idle. Each line is
# read once, for in a test there are thousands; a subshell reads for itself.
_screen_status() {
	local line
	frame=-1 keys=-1 idle=0
	if [[ ${SCREEN_READER-} != "$BASHPID" ]]; then
		SCREEN_READER=$BASHPID SCREEN_LINE='' SCREEN_PART=''
		[[ ! ${SCREEN_STATUS-} ]] || exec {SCREEN_STATUS}<&-
		exec {SCREEN_STATUS}<"$SCREEN_TMP/status"
	fi
	while IFS= read -r line; do SCREEN_LINE=$SCREEN_PART$line SCREEN_PART=''; done <&"$SCREEN_STATUS"
	SCREEN_PART+=$line
	[[ $SCREEN_LINE =~ frame=([0-9]+)\ keys=([0-9]+)\ idle=([01]) ]] || return 0
	frame=${BASH_REMATCH[1]} keys=${BASH_REMATCH[2]} idle=${BASH_REMATCH[3]}
	[[ $SCREEN_LINE != *asked=1* ]] || idle=0
}

# _screen_settled KEYS FRAMES: idle with so many keys and frames at least, or over
_screen_settled() {
	local frame keys idle
	[[ ! -e $SCREEN_TMP/exit ]] || return 0
	_screen_status
	((idle >= ${SCREEN_IDLE:-1} && keys >= $1 && frame >= $2))
}

# --- acting ---------------------------------------------------------------------------------------

# A key may end the program; the one after that is a mistake of the test.
_screen_send() {
	local what=$1 frame keys idle
	shift
	[[ ! -e $SCREEN_TMP/exit ]] || { _screen_fail "nobody is there to take $what"; return 1; }
	_screen_status
	_tmux send-keys "$@"
	_screen_until "$what" _screen_settled $((keys + 1)) 0
}

# screen_keys KEY...: by tmux's names (Enter Escape Up NPage BSpace C-c F1 a); the next one is sent
# when the last one has been dealt with
screen_keys() { untraced _screen_keys "$@"; }

_screen_keys() {
	local k
	for k; do
		[[ $k != ';' ]] || k='\;'	# tmux's own separator
		_screen_send "key $k" "$k" || return
	done
}

# screen_type TEXT: letter by letter, nothing is taken for the name of a key
screen_type() { untraced _screen_type "$@"; }

_screen_type() {
	local i c
	for ((i = 0; i < ${#1}; i++)); do
		c=${1:i:1}
		[[ $c != ';' ]] || c='\;'
		_screen_send "letter $c" -l "$c" || return
	done
}

# screen_click X Y [BUTTON]: cells from 0; buttons of the SGR protocol (0 left, 64 wheel up, 65 down)
screen_click() {
	local at="${3:-0};$(($1 + 1));$(($2 + 1))"
	_screen_send "click at $1,$2" -l $'\e'"[<${at}M"$'\e'"[<${at}m"
}

# the letter of the view, as keys.def has it
screen_view() {
	local line
	line=$(tail -n 1 "$SCREEN_TMP/status")
	line=${line##*view=}
	echo "${line:0:1}"
}

# to the list of regions, however deep it is; of questions and prompts Esc is an answer as well
screen_go_up() {
	local i
	for ((i = 0; i < 12; i++)); do
		[[ $(screen_view) != R ]] || return 0
		screen_keys Escape
	done
	_screen_fail "Esc does not lead back"
}

# screen_clock MS: the program's clock stands there until the next one; the first one before
# screen_start. What ages is drawn with the next key. For --interval 0: threads wait by the true clock.
screen_clock() {
	local dir=${BATS_TEST_TMPDIR:-${SCREEN_TMP:?}}
	echo "$1" >"$dir/clock.new" && mv "$dir/clock.new" "$dir/clock"
}

# screen_resize W H
screen_resize() {
	local frame keys idle
	_screen_status
	_tmux resize-window -x "$1" -y "$2"
	_screen_until "the new size" _screen_settled 0 $((frame + 1))
}

screen_resize_waiting() {
	local SCREEN_IDLE=0
	screen_resize "$@"
}

# the program's process, for signals
screen_pid() {
	local shell children
	shell=$(_tmux display-message -p '#{pane_pid}')
	read -r children <"/proc/$shell/task/$shell/children"
	echo "${children%% *}"
}

# has_ended PID: be it that its parent has not asked for it yet, which may take seconds where that is init
has_ended() { [[ ! -d /proc/$1 || $(sed -n 's/^State:\s*\(.\).*/\1/p' "/proc/$1/status") == Z ]]; } 2>/dev/null

# after a key that stops the program (C-z); screen_continue goes on with it
screen_stopped() {
	_screen_until "the stop" test -e "$SCREEN_TMP/stty.stopped" && _screen_restored stopped
}

screen_continue() {
	local frame keys idle
	_screen_status
	_tmux send-keys Enter
	_screen_until "the return" _screen_settled 0 $((frame + 1))
}

# --- reading --------------------------------------------------------------------------------------

# The program has written its frame, but has tmux read it? A title sent down the same line arrives
# after it.
_screen_sync() {
	local tty mark=sync-$((++SCREEN_SYNCS))
	tty=$(_tmux display-message -p '#{pane_tty}') || return
	printf '\e]2;%s\a' "$mark" >"$tty"
	_screen_until "tmux to read the last frame" _screen_title_is "$mark"
}

_screen_title_is() {
	[[ $(_tmux display-message -p '#{pane_title}') == "$1" ]]
}

screen_text() {
	_screen_sync && _tmux capture-pane -p
}

_screen_matches() {
	_tmux capture-pane -p | grep -Eq -- "$1"
}

screen_wait_text() {
	_screen_until "the text $1" _screen_matches "$1"
}

# how many frames were drawn so far
frames() {
	wc -l <"$SCREEN_TMP/status"
}

# scans_come N: the process faults, so that the next periodic scan is a full one and brings a frame; a
# quiet one is scanned in full every few seconds only
scans_come() {
	local i before
	for ((i = 0; i < $1; i++)); do
		before=$(frames)
		perl -i -pe 's/^(\d+ \(.*\)(?: \S+){7} )(\d+)/$1 . ($2 + 1)/e' "$ROOT/$PID/stat"
		_screen_until "a frame" eval "(( \$(frames) > before ))" || return
	done
}

# screen_capture: cells with their styles, for Planes.pm
screen_capture() {
	_tmux capture-pane -e -p -N
}

# "80x24 12,4": the size, and the cursor's place, hidden or not
screen_geometry() {
	_tmux display-message -p \
		'#{pane_width}x#{pane_height} #{cursor_x},#{cursor_y}#{?cursor_flag,, hidden}'
}

_screen_planes() {
	local size cursor
	_screen_sync || return
	read -r size cursor < <(screen_geometry)
	screen_capture | perl "$screen_dir/planes" "$size" "$cursor" "$@"
}

# screen_golden PART NAME [REGEX...]: text, styles and cursor of what the test is about; what a REGEX
# matches may vary. A part is
#
#	header		the first row: where we are, and badges
#	bars		of the body what is above its heading: the list's bars, the grid's whole map
#	heading		titles of columns; the ruler of grid and bytes
#	rows		what is below the heading, or the body from its top where there is none
#	legend		what the colours of grid and map mean
#	status		the row above the hints: a sentence, a message, an error of the prompt
#	hints		the last row: keys, or the prompt
#	body		bars to legend
#	whole		all; for the few tests of how the parts lie together
#
# or several with + in between. Planes.pm finds them by what is seen. Words of header, status and hints are
# held by matrix.bats, in a file for each size: a test of something else leaves them out, so that a new word
# changes few files.
screen_golden() {
	local part=$1 name=$2
	shift 2
	_screen_planes "$part" "$@" >"$SCREEN_TMP/$name.txt" || return
	_screen_check "$name"
}

_screen_check() {
	golden_check "$screen_dir/golden/$1.txt" "$SCREEN_TMP/$1.txt" perl "$screen_dir/planes" --words
}

# screen_add PART NAME LABEL [REGEX...]: as the next rows of NAME, which holds a part of many screens
screen_add() {
	local part=$1 name=$2 label=$3
	shift 3
	_screen_planes "$part" "$@" >"$SCREEN_TMP/$name.$((++SCREEN_ADDED))" || return
	SCREEN_LABELLED[$name]+="$label"$'\n'"$SCREEN_TMP/$name.$SCREEN_ADDED"$'\n'
}

screen_golden_added() { # NAME
	local labelled
	mapfile -t labelled <<<"${SCREEN_LABELLED[$1]%$'\n'}"
	perl "$screen_dir/planes" --stack "${labelled[@]}" >"$SCREEN_TMP/$1.txt" || return
	_screen_check "$1"
}

# --- leaving --------------------------------------------------------------------------------------

# The main screen is back, with a cursor; mouse, keypad and line discipline are as before.
_screen_restored() {
	local modes
	_screen_sync || return
	modes=$(_tmux display-message -p 'alternate=#{alternate_on} cursor=#{cursor_flag} mouse=#{mouse_any_flag}#{mouse_sgr_flag} keypad=#{keypad_flag} arrows=#{keypad_cursor_flag}')
	if [[ $modes != 'alternate=0 cursor=1 mouse=00 keypad=0 arrows=0' ]]; then
		_screen_fail "the terminal was left with $modes"
		return 1
	fi
	cmp -s "$SCREEN_TMP/stty.before" "$SCREEN_TMP/stty.$1" ||
		_screen_fail "stty was $(<"$SCREEN_TMP/stty.before"), is $(<"$SCREEN_TMP/stty.$1")"
}

# screen_end [STATUS]: the program ends by itself, with STATUS (0), and leaves the terminal as it was
screen_end() {
	_screen_until "the end" test -e "$SCREEN_TMP/exit" || return
	if [[ $(<"$SCREEN_TMP/exit") != "${1:-0}" ]]; then
		_screen_fail "exit status: ${1:-0} was expected"
		return 1
	fi
	_screen_restored after
}
