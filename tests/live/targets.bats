#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Targets that are not there, not ours, odd, or change under us.

# Commands handed to `same` are for it to expand.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154
# bats file_tags=in-one-guest
load live

teardown() { live_end; }

@test "no such process, and no PID at all" {
	local pid max last
	# half way round from the last one given out, so that no new process takes it
	read -r max </proc/sys/kernel/pid_max
	read -r _ _ _ _ last </proc/loadavg
	pid=$(((last + max / 2) % max + 1))
	while [[ -e /proc/$pid ]] || ((pid >= max)); do pid=$((pid % (max - 1) + 1)); done
	refused 1 'no such process' --list "$pid"
	refused 2 'pid' --list 99999999999
	refused 2 '.' --list
	refused 2 '.' --list --no-such-option 1
}

@test "a kernel thread has no pages" {
	[[ -e /proc/2/status ]] && ! grep -q ^VmSize /proc/2/status && [[ $(</proc/2/comm) == kthreadd ]] ||
		skip "PID 2 is no kernel thread here"
	refused 1 'kernel thread' --pages 2
	refused 1 'kernel thread' --list 2
	local command
	for command in --summary --grid --who --watch=1 --grow=1 "-e regions" "--record=$BATS_TEST_TMPDIR/r" --frames=1; do
		# shellcheck disable=SC2086 # two words
		refused 1 'kernel thread' $command 2
	done
}

@test "a zombie has no pages" {
	subject_start
	subject zombie
	refused 1 'zombie|exited|ended' --pages "$REPLY"
	refused 1 'zombie|exited|ended' -e clear "$REPLY"
}

@test "a thread is not a process" {
	subject_start
	subject thread
	refused 1 "thread of process $SUBJECT_PID" --list "${REPLY% *}"
}

@test "a process whose main thread has ended still answers" {
	subject_start
	subject leader-exit
	is "$(awk '/^State/ { print $2 }' "/proc/$SUBJECT_PID/status")" Z
	same 'reader $SUBJECT_PID ${RANGE[anon]}' 'dump $SUBJECT_PID ${RANGE[anon]}'
	subject write sparse 5
	is "$(column sparse PRESENT 1)" "1 5 8 63"
	run -0 pm --list "$SUBJECT_PID"
	[ "${#lines[@]}" -gt 10 ]
}

# bats test_tags=not-in-guests
@test "names are printed without what a terminal would obey" {
	clean() { run -1 env LC_ALL=C grep -a $'[\x01-\x09\x0b-\x1f\x7f]' "$1"; }
	subject_start
	pm --list --csv -o START,MAPPING "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/list"
	grep "^0x${AT[named]}," "$BATS_TEST_TMPDIR/list" | grep 'odd name.*with.*red'
	clean "$BATS_TEST_TMPDIR/list"
	# one row a region, whatever the name has in it
	is "$(wc -l <"$BATS_TEST_TMPDIR/list")" "$(($(wc -l <"/proc/$SUBJECT_PID/maps") + 1))"
	pm --list "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/list"
	clean "$BATS_TEST_TMPDIR/list"
	pm --list --json "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/list"
	clean "$BATS_TEST_TMPDIR/list"
}

@test "an exec is noticed and the new image is shown" {
	subject_start
	subject unmap anon
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 "$SUBJECT_PID"
	subject exec
	screen_wait_text '[Ee]xec'
	screen_goto "${AT[anon]:-100000000000}"
	screen_wait_text "100000000000 +[ah]{64}( |\$)"
	screen_keys q q
	screen_end
}

@test "an exit is noticed, the last sample stays, and q still answers" {
	subject_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 "$SUBJECT_PID"
	screen_goto "${AT[sparse]}"
	screen_wait_text "${AT[sparse]} +[.·][ah][.·]{6}"
	subject exit 3
	screen_wait_text '[Ee]xited|[Ee]nded|[Gg]one'
	screen_wait_text "${AT[sparse]} +[.·][ah][.·]{6}"
	screen_keys q
	[[ -e $SCREEN_TMP/exit ]] || screen_keys q
	screen_end
}

@test "bug: at its end the columns of smaps lost what had been read" {
	subject_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 120x24 "$SUBJECT_PID"
	screen_keys s P
	screen_wait_text 'regions by PSS.*, smaps [0-9]+ s old'
	subject exit 3
	screen_wait_text '[Ee]xited|[Ee]nded|[Gg]one'
	screen_text | grep -E 'regions by PSS.*, smaps [0-9]+ s old'
	screen_keys q
	[[ -e $SCREEN_TMP/exit ]] || screen_keys q
	screen_end
}

@test "bug: the end of the thread it is read through is not the end of the process" {
	subject_start
	subject leader-exit
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 "$SUBJECT_PID"
	screen_goto "${AT[sparse]}"
	screen_wait_text "${AT[sparse]} +[.·][ah][.·]{6}"
	# the thread that obeys hands over to another and ends: the memory is still there, and still moves
	subject leader-exit
	subject write sparse 3
	screen_wait_text "${AT[sparse]} +[.·][ah][.·][ah][.·]{4}"
	run ! grep -E 'has ended|executed' <(screen_text)
	screen_keys Q
	screen_end
}

@test "bug: NODE was unknown for a process whose main thread has ended" {
	subject_start
	subject leader-exit
	same 'reader $SUBJECT_PID ${RANGE[anon]}' 'dump $SUBJECT_PID ${RANGE[anon]}'
}

# bats test_tags=not-in-guests
@test "p holds the picture, [ and ] walk through what was seen" {
	local none=[.·]
	subject_start
	SCREEN_OPTIONS=(--interval 0.1 --color=never)
	screen_start 80x24 "$SUBJECT_PID"
	screen_goto "${AT[sparse]}"
	screen_wait_text "${AT[sparse]} +$none[ah]$none{6}[ah]"
	subject write sparse 3
	screen_wait_text "${AT[sparse]} +$none[ah]$none[ah]$none{4}[ah]"
	screen_keys p
	screen_wait_text paused
	subject write sparse 5
	screen_text | grep -E "${AT[sparse]} +$none[ah]$none[ah]$none{4}[ah]"
	# back to before the first write; the newest picture stays as it was
	until screen_text | grep -qE "${AT[sparse]} +$none[ah]$none{6}[ah]"; do
		screen_keys '['
		screen_wait_text ' s ago \([0-9]+ of [0-9]+\)'
	done
	until screen_text | grep -q paused; do screen_keys ']'; done
	screen_text | grep -E "${AT[sparse]} +$none[ah]$none[ah]$none{4}[ah]"
	screen_keys p
	screen_wait_text "${AT[sparse]} +$none[ah]$none[ah]$none[ah]$none{2}[ah]"
	screen_keys q q
	screen_end
}

# bats test_tags=not-in-guests
@test "the list of processes has the subject, and not pmtop; Enter opens it" {
	subject_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 100x24
	screen_type pmtop
	run ! grep -E "^.? *$(screen_pid) " <(screen_text)
	screen_keys Escape
	screen_type "$SUBJECT_PID"
	screen_wait_text "^› *$SUBJECT_PID .*(full|no PFN) .*subject"
	screen_wait_text "^ (full|no PFN): "
	screen_keys Enter
	screen_wait_text "subject $SUBJECT_PID › regions"
	screen_goto "${AT[sparse]}"
	screen_wait_text "${AT[sparse]} +[.·][ah][.·]{6}"
	screen_keys Q
	screen_end
}

# bats test_tags=not-in-guests
@test "a process that has ended since it was listed: it is said, and the list stays" {
	subject_start
	SCREEN_OPTIONS=(--interval 0 --color=never)
	screen_start 100x24
	screen_type "$SUBJECT_PID"
	screen_text | grep "^› *$SUBJECT_PID "
	subject exit 0
	screen_keys Enter
	screen_wait_text "cannot open process $SUBJECT_PID: no such process"
	screen_keys Escape
	screen_wait_text 'type to filter:  '
	screen_keys Escape
	screen_end
}

@test "as nobody: the list shows which processes are not accessible" {
	local mine
	become_nobody
	subject_start
	"${AS_NOBODY[@]}" perl -e 'sleep 1000' 3>&- &
	OTHERS+=($!)
	mine=$!
	# the file that is waited on is not nobody's: it is handed over open
	screen_run 120x24 bash -c 'chmod 666 "$PMTOP_STATUS_FILE" && exec 9>>"$PMTOP_STATUS_FILE" &&
		PMTOP_STATUS_FILE=/proc/self/fd/9 exec "$@"' _ "${AS_NOBODY[@]}" "$PMTOP" --interval 0 --color=never
	screen_text | sed -n 1p | grep 'no PFN'
	screen_type "$SUBJECT_PID"
	screen_wait_text "^› *$SUBJECT_PID .* denied "
	screen_wait_text 'denied: .*Permission denied; it belongs to root: run pmtop as root'
	screen_keys Enter
	screen_wait_text "cannot inspect process $SUBJECT_PID"
	screen_keys Escape
	screen_type "$mine"
	screen_wait_text "^› *$mine .* no PFN .*sleep 1000"
	screen_keys Enter
	screen_wait_text "perl $mine › regions"
	screen_keys q
	screen_end
}
