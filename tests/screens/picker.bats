#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Choosing a process: the list, the filter, and what Enter does.

load screen
bats_require_minimum_version 1.5.0

teardown() { screen_stop; }

# process PID UID NAME VIRT RSS SWAP REGIONS COMMAND...: sizes in KiB; no page tables
process() {
	local dir=$ROOT/$1 i
	mkdir "$dir"
	printf '%s\n' "Name:	$3" "State:	S (sleeping)" "Tgid:	$1" "Uid:	$2	$2	$2	$2" \
		"VmSize:	$4 kB" "VmRSS:	$5 kB" "VmSwap:	$6 kB" "Threads:	1" >"$dir/status"
	echo "$1 ($3) S 1 $1 $1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 77 0 0 18446744073709551615" >"$dir/stat"
	echo "$3" >"$dir/comm"
	for ((i = 0; i < $7; i++)); do
		printf '%08x-%08x r--p 00000000 00:00 0 \n' $((i + 1))000 $((i + 2))000
	done >"$dir/maps"
	shift 7
	(($# == 0)) || printf '%s\0' "$@" >"$dir/cmdline"
}

# zoo (4242, uid 1000: its name depends on the machine) among others
processes() {
	fixture_own zoo
	sed -i 's/^Uid:.*/Uid:	54321	54321	54321	54321/' "$ROOT/$PID/status"
	process 31337 54322 java 7235174 1677721 284672 387 java -Xmx2g -XX:+UseG1GC -jar orders.jar
	process 4121 54322 java 4299161 217088 0 512 java -cp agent.jar Collector
	process 901 0 javascriptd 317440 41984 2048 211 /usr/bin/javascriptd --worker
	process 77 54323 'odd name' 9000 800 0 3 $'odd\e[31m' 日本語のプロセス $'\xff'
	process 78 54323 nothing 9000 700 0 1
	# denied to root, too
	rm "$ROOT/78/maps"
	ln -s maps "$ROOT/78/maps"
	# neither of these has memory of its own
	mkdir "$ROOT"/{2,3}
	printf 'Name:\tkthreadd\nState:\tS (sleeping)\nUid:\t0\t0\t0\t0\nThreads:\t1\n' >"$ROOT/2/status"
	printf 'Name:\tgone\nState:\tZ (zombie)\nUid:\t0\t0\t0\t0\nThreads:\t1\n' >"$ROOT/3/status"
}

@test "the list at 80x24 and at 120x40, and moving in it" {
	processes
	screen_start 80x24
	screen_golden whole picker-80
	screen_keys Down End
	screen_golden rows+status picker-80-end
	screen_keys Home NPage PPage Up Down
	screen_resize 120 40
	screen_golden body picker-120
	screen_keys F10
	screen_end
}

@test "typing filters, Backspace takes back, Esc clears and then leaves" {
	processes
	screen_start 80x24
	screen_type JA
	screen_golden bars+rows+status picker-filter
	screen_type qq
	screen_golden bars+rows+status picker-nothing
	screen_keys Enter BSpace BSpace Down
	screen_text | grep '^›.* 4121 .*Collector'
	screen_keys Escape
	screen_text | grep '^›.* 4121 .*Collector'
	screen_text | grep ' demo '
	screen_keys Escape
	screen_end
}

@test "bug: the end of a long command could not be seen" {
	processes
	screen_start 60x24
	screen_text | grep 'java -Xmx2g.*…$'
	screen_keys Right Right Right Right Right Right Right Right Right Right Right Right Right Right Right Right
	run ! grep '…$' <(screen_text | head -n 22 | grep -v ' demo ')
	run ! grep 'java -Xmx2g' <(screen_text)
	screen_keys Left Left Left Left Left Left Left Left Left Left Left Left Left Left Left Left
	screen_text | grep 'java -Xmx2g.*…$'
	screen_keys Right
	screen_type j
	screen_text | grep 'java -Xmx2g.*…$'
	screen_keys Escape Escape
	screen_end
}

@test "by user and by PID; the demo can be found, too" {
	processes
	screen_start 80x24
	screen_type 54323
	screen_text | sed -n 1p | grep '2 of 6 processes'
	screen_keys Escape
	screen_type 424
	screen_text | grep '^›.* 4242 .*zoo'
	screen_keys Escape
	screen_type 'learn'
	screen_text | grep '^›.* demo '
	screen_keys Escape Escape
	screen_end
}

@test "Tab sorts by the next column, and the cursor stays with its process" {
	processes
	screen_start 120x40
	screen_keys Down Down Tab
	screen_golden heading+rows picker-sorted
	screen_keys Tab Tab
	screen_text | sed -n 3p | grep 'MAPS▼'
	screen_text | grep '^›.* 4121 '
	screen_keys BTab BTab BTab BTab BTab
	screen_text | sed -n 3p | grep 'PID▲'
	screen_text | grep '^›.* 4121 '
	screen_keys C-c
	screen_end
}

@test "Enter opens a process, as its PID would" {
	processes
	screen_start 80x24
	screen_type zoo
	screen_keys Enter
	screen_text | sed -n 1p | grep 'zoo.* 4242 › regions'
	screen_keys Enter
	screen_text | sed -n 1p | grep '4242 › ' | grep -v regions
	screen_keys q q
	screen_end
}

@test "Enter on the demo starts it" {
	local pid
	processes
	screen_start 80x24
	screen_keys Enter
	screen_wait_text 'the demo target: Enter opens a region'
	screen_wait_text 'memfd:d|anon: demo'
	read -r pid < <(screen_text | sed -nE '1s/.* ([0-9]+) › regions.*/\1/p')
	[ -e "/proc/$pid" ]
	screen_keys Q
	screen_end
	_screen_until "the demo's end" has_ended "$pid"
}

# demo_slowly COMMAND...: the demo does not begin before the file is gone
demo_slowly() {
	: >"$BATS_TEST_TMPDIR/slow"
	screen_slow
	SCREEN_ENV+=("SLOW_DEMO=$BATS_TEST_TMPDIR/slow")
	"$@"
}

@test "the screen does not wait for the demo" {
	ROOT='' demo_slowly screen_start_waiting 80x24 --demo
	SCREEN_IDLE=0 screen_wait_text 'waiting for the demo [0-9]+ s'
	screen_send '?'
	SCREEN_IDLE=0 screen_wait_text 'help ›'
	screen_send q
	rm "$BATS_TEST_TMPDIR/slow"
	screen_wait_text 'memfd:d|anon: demo'
	screen_keys Q
	screen_end
	ROOT='' demo_slowly screen_start_waiting 80x24 --demo
	screen_send q
	screen_end
}


child_is() { child=$(pgrep -P "$(screen_pid)"); } # /proc says at times that there is none
@test "a demo that does not start is ended, and there is another choice" {
	local child
	processes
	demo_slowly screen_start 80x24
	screen_send Enter
	SCREEN_IDLE=0 screen_wait_text 'waiting for the demo [0-9]+ s'
	_screen_until "a process of its own" child_is
	kill -KILL "$child"
	screen_wait_text 'the demo target does not start: it ended before it was ready'
	screen_text | grep 'choose a process'
	[ ! -e "/proc/$child" ]
	rm "$BATS_TEST_TMPDIR/slow"
	screen_keys Enter
	screen_wait_text 'memfd:d|anon: demo'
	screen_keys Q
	screen_end
}

@test "Esc at the top goes back to the list of processes, as it was; q quits" {
	processes
	screen_start 80x24
	screen_type zoo
	screen_keys Enter Down Enter
	screen_text | sed -n 1p | grep '4242 › ' | grep -v regions
	screen_keys Escape
	screen_text | sed -n 1p | grep '4242 › regions'
	screen_keys Escape
	screen_text | sed -n 1p | grep 'choose a process'
	screen_text | grep '^›.* 4242 .*zoo'
	screen_keys Enter
	screen_text | sed -n 1p | grep '4242 › regions'
	screen_keys BSpace
	screen_text | sed -n 1p | grep 'choose a process'
	screen_keys Enter q
	screen_end
}

@test "Esc does not end a watch at once, and the demo ends when it is left" {
	local pid
	processes
	screen_start 100x24
	screen_keys Enter
	screen_wait_text 'memfd:d|anon: demo'
	read -r pid < <(screen_text | sed -nE '1s/.* ([0-9]+) › regions.*/\1/p')
	screen_keys c
	screen_wait_text 'epoch 1|compared from now on'
	screen_keys Escape
	screen_text | grep 'Esc again: back to the list of processes, which ends the watch'
	screen_keys Down Escape
	screen_text | grep 'Esc again: back to the list of processes, which ends the watch'
	screen_keys Escape
	screen_text | sed -n 1p | grep 'choose a process'
	_screen_until "the demo's end" has_ended "$pid"
	screen_keys Escape
	screen_end
}

@test "what cannot be opened is said, and the list stays" {
	processes
	screen_start 100x24
	screen_type nothing
	rm -r "$ROOT/78"
	screen_keys Enter
	screen_text | grep 'cannot open process 78: no such process; .ps -e. lists'
	screen_text | grep 'choose a process'
	# a key later its row has gone, and the message with it
	screen_keys F5
	screen_text | sed -n 1p | grep '0 of 5 processes'
	run ! grep 'cannot open' <(screen_text)
	# its page tables are refused: that is known later than that it is there
	screen_keys Escape
	screen_type Collector
	screen_keys Enter
	screen_wait_text 'cannot read the page tables of process 4121 \(java\): No such file'
	screen_wait_text 'choose a process'
	screen_keys Escape
	screen_text | grep '^›.* 4121 '
	screen_type zoo
	screen_keys Enter
	screen_wait_text '4242 › regions'
	screen_keys q
	screen_end
}

@test "access is shown before one enters" {
	processes
	fixture hidden
	mv "$ROOT/$PID" "$BATS_TEST_TMPDIR/root-zoo/5000"
	rm "$ROOT.pid"
	ROOT=$BATS_TEST_TMPDIR/root-zoo
	sed -i 's/^Pid:.*/Pid:	5000/; s/^Tgid:.*/Tgid:	5000/' "$ROOT/5000/status"
	screen_start 120x24
	screen_type 4242
	screen_text | grep '^›.* full .* zoo'
	screen_text | grep '^ full: page frames are visible'
	screen_keys Escape
	screen_type 5000
	screen_text | grep '^›.* no PFN .* subject'
	screen_text | grep 'no PFN: states only; frames are hidden: run pmtop as root'
	screen_keys Escape
	screen_type 901
	screen_text | grep '^›.* maps .* /usr/bin/javascriptd'
	screen_text | grep 'maps: regions, but no page tables: No such file'
	screen_keys Escape
	screen_type nothing
	screen_text | grep '^›.* denied .* \[nothing\]'
	screen_text | grep 'denied: nothing is visible: Too many levels'
	screen_keys F10
	screen_end
}

@test "a name that several have opens the list with it as the filter" {
	processes
	screen_start 80x24 java
	screen_golden bars+rows picker-several
	screen_keys Down Enter
	screen_wait_text 'process 4121'
	screen_keys Escape Escape
	screen_end
	screen_stop
	screen_start 80x24 zoo
	screen_text | sed -n 1p | grep '4242 › regions'
	screen_keys q
	screen_end
	screen_stop
	screen_start 80x24 nobody-is-called-this || true
	screen_wait_text 'cannot find nobody-is-called-this: no process has that name'
	screen_end 1
}

@test "the list without colours, in ASCII, and its help" {
	processes
	SCREEN_ENV=(NO_COLOR=1)
	screen_start 80x24 --ascii java
	screen_golden bars+rows picker-mono
	screen_keys F1
	screen_golden body picker-help
	screen_keys Down Escape
	screen_text | grep 'choose a process'
	screen_keys F1 q F1 F1 Q
	screen_end
}

@test "small terminals: what fits, or what is needed" {
	processes
	screen_start 40x10
	screen_keys Down
	screen_golden body picker-40x10
	screen_resize 20 6
	screen_golden body picker-20x6
	screen_resize 19 6
	screen_text | grep 'Esc quits'
	screen_resize 1 1
	screen_type j
	screen_keys Down NPage Tab
	screen_resize 300 3
	screen_resize 60 12
	screen_text | grep '^›'
	screen_keys C-l Escape Escape
	screen_end
}

@test "processes come and go, and the cursor stays on its own" {
	processes
	screen_start 80x24
	screen_keys Down Down Down
	screen_text | grep '^›.* 901 '
	process 5 0 newcomer 99999999 88888888 0 9 /bin/newcomer
	rm -r "$ROOT/31337"
	screen_keys F5
	screen_text | grep ' 5 .*/newcomer'
	run ! grep orders.jar <(screen_text)
	screen_text | grep '^›.* 901 '
	rm -r "$ROOT/901"
	screen_keys F5
	screen_text | grep '^›.* [0-9]'
	screen_keys F10
	screen_end
}

@test "a process that keeps its readers waiting: the others are there, and the keys answer" {
	processes
	screen_slow
	: >"$ROOT/77/maps.slow"
	screen_start_waiting 80x24
	screen_wait_text ' 31337 .*java'
	screen_wait_text 'waiting for the kernel'
	screen_send x
	screen_wait_text 'type to filter: x'
	screen_send Escape
	screen_send zoo
	screen_wait_text '^›.* 4242 '
	screen_send Enter
	screen_wait_text '4242 › regions'
	screen_send q
	screen_end
}

@test "a proc root that is none" {
	ROOT=/nonexistent
	screen_start 80x24 || true
	screen_wait_text 'cannot open the proc root /nonexistent'
	screen_end 1
}
