#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Whatever happens to a process, in every view, at any number of regions: a key is answered, it is said in
# words, q leaves within a second, and what pmtop started ends with it. And answers end.
#
#	each_view CASE	one pmtop; in each view, CASE_happens, a key, CASE_is_said; the list again
#
# A new way to die or to hang is a case: its two functions, and a test for each size.

# shellcheck disable=SC2016,SC2030,SC2031,SC2034,SC2153,SC2154
# bats file_tags=not-in-guests, waits
load live

# every view of every case: in a guest that takes an hour
setup() {
	! in_guest || skip "a guest is too slow for it"
}

teardown() {
	[[ -z ${GROUP-} ]] || thaw
	# who holds a lock for ever does not end before the server of its file system does
	[[ -z ${SERVER-} ]] || kill -KILL "$SERVER" 2>/dev/null || :
	live_end
	[[ -z ${MOUNT-} ]] || umount -l "$MOUNT" 2>/dev/null || :
}

MANY=65300 # with its own regions about as many as a process may have (vm.max_map_count)

# The keys that lead from the list to each view, what lies over one, and each moment: a prompt, a question or
# an answer is open, a lens asks for every page, it is paused and rewound, compared, followed, recorded.
VIEWS=("" Enter "Enter Enter" "Enter x" "Enter v Right" i a K ? s o W B "b B Tab" t ! : / f H "H Tab" O
	": w h o Space h e a p Enter" "p [ [" c T w d m C "Enter f" "Enter =" "Enter 7" 7 "a 3" "t t"
	": h e a p Enter Enter F" ": h e a p Enter Enter x / a" ": a r e n a s Enter" ": w r i t e r s Enter"
	": s n a p Space x Enter : d i f f Space x Enter" "c y" "c y B" S)

# --- what holds in every case -----------------------------------------------------------------------

watch_start_screen() { # [OPTION...]
	SCREEN_OPTIONS=(--no-config --interval 0.2 --color=never)
	screen_start 100x90 "$@" # the log of messages has a row for each view
}

# A key that changes nothing is taken and drawn, whatever the kernel does.
answers_a_key() {
	local SCREEN_IDLE=0
	screen_keys Up
}

go() { # KEYS of a view, typed whether or not the kernel answers
	local SCREEN_IDLE=0 keys
	read -ra keys <<<"$1"
	((${#keys[@]} == 0)) || screen_keys "${keys[@]}"
}

# Up to the list, where every view began. A question may come late, for the kernel is asked first: the list is
# there when two keys in turn find it.
go_back() {
	local SCREEN_IDLE=0 i there=0
	for ((i = 0; i < 20; i++)); do
		if [[ $(screen_view) != R ]]; then
			there=0
			screen_keys Escape
		elif ((there++ == 2)); then
			return
		else
			answers_a_key
		fi
	done
	screen_text
	is "$(screen_view)" R
}

descendants() { # PID
	local child
	for child in $(cat "/proc/$1"/task/*/children 2>/dev/null); do
		echo "$child"
		descendants "$child"
	done
}

# Q, or another signal, ends it within a second, and nothing that it started outlives it, once the kernel lets it go.
leaves() { # [SIGNAL STATUS]
	local pid begin helpers
	pid=$(screen_pid)
	helpers=$(descendants "$pid")
	begin=${EPOCHREALTIME/./}
	if [[ ${1-} ]]; then kill "-$1" "$pid"; else screen_send Q; fi
	_screen_until "the end" test -e "$SCREEN_TMP/exit"
	((${EPOCHREALTIME/./} - begin < 1000000 * ${TEST_TIMEOUT_SCALE:-1})) || { echo "it took too long to end"; return 1; }
	screen_end "${2:-0}"
	${LET_GO:-:}
	until_true all_gone $helpers
}
all_gone() {
	local pid
	for pid; do has_ended "$pid" || return 1; done
}

each_view() { # CASE
	local view
	for view in "${VIEWS[@]}"; do
		echo "# in the view of '$view'"
		go "$view"
		"$1_happens"
		answers_a_key
		[[ $view != p* ]] || go p
		"$1_is_said"
		go_back
	done
	leaves
}

# It is still there, and answers. On a busy machine the kernel may keep pmtop waiting for 65,300 regions.
nothing_is_said() {
	run ! grep -E 'ended|executed' <(screen_text)
	_screen_until "the wait to be over" eval '! _screen_matches "waiting for the kernel"'
}

# said_times N WORDS: that message in the log, so often in all
said_times() {
	local n
	go !
	n=$(screen_text | WORDS=$2 perl -ne 'next unless /$ENV{WORDS}.*?(?:\((\d+) times\))?$/; $n += $1 // 1; END { print $n // 0 }')
	go_back
	((n >= $1))
}

target_start() { # [REGIONS]
	unwatched_start
	[[ -z ${1-} ]] || subject many "$1"
}

# --- it executes another program ----------------------------------------------------------------------

exec_happens() {
	subject exec ${EXEC_BY-}
	EXECS=$((EXECS + 1))
}
exec_is_said() {
	go_back
	until_true said_times "$EXECS" 'executed a new program: now exe'
	[[ -z ${REGIONS-} ]] || subject many "$REGIONS"
}

exec_in_each_view() { # [REGIONS]
	EXECS=0 REGIONS=${1-}
	target_start ${1-}
	watch_start_screen "$SUBJECT_PID"
	each_view exec
}

@test "exec, in each view" { exec_in_each_view; }
@test "exec, in each view, at 65,300 regions" { exec_in_each_view "$MANY"; }

# --- it ends --------------------------------------------------------------------------------------------

# Killed, and not reaped: what most processes are at first.
exit_in_each_view() { # [REGIONS]
	local view
	for view in "${VIEWS[@]}"; do
		echo "# in the view of '$view'"
		rm -rf "$BATS_TEST_TMPDIR/subject"
		target_start ${1-}
		watch_start_screen "$SUBJECT_PID"
		go "$view"
		kill -KILL "$SUBJECT_PID"
		answers_a_key
		[[ $view != p* ]] || go p
		go_back
		screen_wait_text ' ended [0-9]+ s ago '
		go_back
		leaves
		screen_stop
	done
}

@test "its end, in each view" { exit_in_each_view; }
@test "its end, in each view, at 65,300 regions" { exit_in_each_view "$MANY"; }

# --- its main thread ends -------------------------------------------------------------------------------

# Another thread goes on, and that one's end is like the first one's.
leader_happens() { subject leader-exit; }
leader_is_said() { nothing_is_said; }

leader_in_each_view() { # [REGIONS]
	target_start ${1-}
	watch_start_screen "$SUBJECT_PID"
	each_view leader
}

@test "the end of its main thread, in each view" { leader_in_each_view; }
@test "the end of its main thread, in each view, at 65,300 regions" { leader_in_each_view "$MANY"; }

# --- its regions go, and come ---------------------------------------------------------------------------

many_happens() {
	TURNS=$((TURNS + 1))
	subject many $((TURNS % 2 ? 0 : MANY))
}
many_is_said() { nothing_is_said; }

@test "65,300 regions unmapped and mapped, in each view" {
	TURNS=0
	target_start "$MANY"
	watch_start_screen "$SUBJECT_PID"
	each_view many
}

# --- /proc shows less from now on -------------------------------------------------------------------------

# pmtop as nobody, with a /proc of its own, as it is on many machines but without their options.
hide_start() { # [REGIONS]
	become_nobody
	unshare -m mount -t proc -o subset=pid proc /proc 2>/dev/null || skip "no /proc that hides files here (Linux 5.8)"
	subject_start "${AS_NOBODY[@]}"
	[[ -z ${1-} ]] || subject many "$1"
	# it appends to a file that nobody could not open, below folders of root alone
	cat >"$PUBLIC/apart" <<-END
		#!/bin/bash
		chmod a+w "\$PMTOP_STATUS_FILE"
		exec 9>>"\$PMTOP_STATUS_FILE" unshare -m bash -c 'mount -t proc proc /proc && exec "\$@"' - \
			${AS_NOBODY[*]} PMTOP_STATUS_FILE=/proc/self/fd/9 $PMTOP "\$@"
	END
	chmod +x "$PUBLIC/apart"
	PMTOP=$PUBLIC/apart
}
remount() { nsenter -t "$(screen_pid)" -m mount -o "remount,$1" /proc; }

hidden_happens() { remount hidepid=invisible,subset=pid; }
hidden_is_said() {
	run ! grep -E 'ended|executed' <(screen_text)
	remount hidepid=off
}

@test "/proc mounted with hidepid and subset=pid, in each view" {
	hide_start
	watch_start_screen "$SUBJECT_PID"
	each_view hidden
}

# Another user's as far as the kernel is concerned: what has been opened is still read.
taken_happens() {
	remount hidepid=invisible
	subject dumpable 0
}
taken_is_said() {
	run ! grep -E 'ended|executed' <(screen_text)
	subject dumpable 1
	remount hidepid=off
}

@test "no longer shown by /proc, in each view" {
	hide_start
	watch_start_screen "$SUBJECT_PID"
	each_view taken
}

@test "bug: a process that /proc no longer showed after an exec was said to have ended" {
	hide_start
	watch_start_screen "$SUBJECT_PID"
	remount hidepid=invisible
	chmod 711 "$SUBJECT" # of what nobody may not read, nobody may not see the memory
	subject exec
	screen_wait_text 'hides other users'
	run ! grep -E 'ended|executed' <(screen_text)
	answers_a_key
	kill -KILL "$SUBJECT_PID"
	screen_wait_text ' ended [0-9]+ s ago '
	leaves
}

# --- it does not run: nothing about it is different -------------------------------------------------------

still_happens() { :; }
still_is_said() { nothing_is_said; }

# Answers of a process that is still; all at once, each in a time of its own.
answers=(--list --summary "-e count_anon_by_state" --grid --pages "--watch=0.2 --count 2 --tracker uffd --allow-inject" "--grow=0.2 --count 1")

# answers_end PID STATUS WORDS: each ends with that status, and with one line of WORDS if it is not 0
answers_end() {
	local pid=$1 i args status pids=() bad=0
	for i in "${!answers[@]}"; do
		read -ra args <<<"${answers[i]}"
		pm "${args[@]//_/ }" "$pid" >"$BATS_TEST_TMPDIR/answer$i" 2>"$BATS_TEST_TMPDIR/why$i" 3>&- &
		pids+=($!)
	done
	${4:-:}
	for i in "${!answers[@]}"; do
		status=0
		wait "${pids[i]}" || status=$?
		[[ $2 == *$status* ]] && { ((status == 0)) || grep -qE "^pmtop: .*($3)" "$BATS_TEST_TMPDIR/why$i"; } && continue
		echo "${answers[i]}: status $status:"
		head -n 3 "$BATS_TEST_TMPDIR/why$i"
		bad=1
	done
	return $bad
}

@test "stopped, in each view and each answer" {
	target_start "$MANY"
	kill -STOP "$SUBJECT_PID"
	watch_start_screen "$SUBJECT_PID"
	each_view still
	answers_end "$SUBJECT_PID" 0
}

# freeze PID: in a cgroup of its own, GROUP
freeze() {
	local mount
	mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[[ $mount == /sys/fs/cgroup* ]] || skip "no cgroup2 at the usual place"
	mkdir "$mount/pmtop-test-$$" 2>/dev/null || skip "no cgroup of our own"
	GROUP=$mount/pmtop-test-$$
	[[ -e $GROUP/cgroup.freeze ]] || skip "this kernel does not freeze (Linux 5.2)"
	echo "$1" >"$GROUP/cgroup.procs"
	echo 1 >"$GROUP/cgroup.freeze"
	until_true grep -q 'frozen 1' "$GROUP/cgroup.events"
}
thaw() {
	local pid
	[[ ! -e $GROUP/cgroup.freeze ]] || echo 0 >"$GROUP/cgroup.freeze"
	while read -r pid; do echo "$pid" >"${GROUP%/*}/cgroup.procs"; done <"$GROUP/cgroup.procs"
	rmdir "$GROUP"
	GROUP=
}

@test "frozen, in each view and each answer" {
	need_root
	target_start "$MANY"
	freeze "$SUBJECT_PID"
	watch_start_screen "$SUBJECT_PID"
	each_view still
	answers_end "$SUBJECT_PID" 01 'frozen'
	thaw
}

# The parent of a vfork sleeps so that no signal wakes it, as one does that waits for a disk: D.
@test "in state D, in each view and each answer" {
	pipes_start "$builddir/tests/live/oddity" vforked
	read -r _ <&"$PIPED_OUT"
	until_true grep -q '^State:.D' "/proc/$PIPED_PID/status"
	watch_start_screen "$PIPED_PID"
	each_view still
	answers_end "$PIPED_PID" 01 'vfork'
}

# --- its memory cannot be read: a thread of it holds the lock and does not let go ---------------------------

stuck_start() { # [REGIONS [MIB]]
	need_root
	mkdir "$BATS_TEST_TMPDIR/mount"
	MOUNT=$BATS_TEST_TMPDIR/mount
	pipes_start "$builddir/tests/live/stuck" "$MOUNT" "$@"
	stuck_says '^ready'
	SERVER=$(descendants "$PIPED_PID")
}
stuck_says() {
	REPLY=
	read -rt $((30 * ${TEST_TIMEOUT_SCALE:-1})) -u "$PIPED_OUT" REPLY || :
	[[ $REPLY != cannot* ]] || skip "$REPLY"
	[[ $REPLY =~ $1 ]] || { echo "it said '$REPLY' instead of $1"; return 1; }
}
hold() {
	echo hold >&"$PIPED_IN"
	stuck_says '^held$'
}
let_go() {
	echo free >&"$PIPED_IN"
	stuck_says '^free$'
}

held_happens() { hold; }
held_is_said() {
	SCREEN_IDLE=0 screen_wait_text 'waiting for the kernel [0-9]+ s'
	answers_a_key
	let_go
	_screen_until "the wait to be over" eval '! _screen_matches "waiting for the kernel"'
}

held_in_each_view() { # [REGIONS]
	stuck_start ${1-}
	watch_start_screen "$PIPED_PID"
	each_view held
}

@test "its memory locked for ever, in each view" { held_in_each_view; }
@test "its memory locked for ever, in each view, at 65,300 regions" { held_in_each_view "$MANY"; }

@test "its memory locked for ever: pmtop starts, says so, and is left by q, SIGTERM, SIGHUP and the end of the terminal" {
	local pid
	stuck_start
	hold
	for how in '' TERM HUP; do
		SCREEN_IDLE=0 watch_start_screen "$PIPED_PID"
		SCREEN_IDLE=0 screen_wait_text 'waiting for the kernel [0-9]+ s'
		echo "# left by ${how:-q}"
		leaves $how
		screen_stop
	done
	SCREEN_IDLE=0 watch_start_screen "$PIPED_PID"
	pid=$(screen_pid)
	_tmux kill-server
	until_true all_gone "$pid"
	let_go
}

# A long wait can make the next count of all regions late, and until then nothing newer comes into the past.
@test "bug: a past in which there was nothing newer was asked for on and on" {
	local frame before
	need_watch
	stuck_start
	watch_start_screen "${INJECT[@]}" "$PIPED_PID"
	go c
	screen_wait_text 'epoch 1'
	go ": s n a p Space x Enter : d i f f Space x Enter"
	screen_wait_text 'what differs since x'
	go S
	screen_wait_text "REC "
	hold
	SCREEN_IDLE=0 screen_wait_text 'waiting for the kernel [0-9]+ s'
	let_go
	_screen_status
	before=$frame
	SCREEN_IDLE=0 screen_wait_text 'REC [0-9]+K ([89]|[1-9][0-9])s'
	_screen_status
	((frame - before < 400)) || { echo "$((frame - before)) frames"; return 1; }
	leaves
}

@test "bug: a pmtop that watched by userfaultfd could not end while the memory of the process was locked for ever" {
	local view
	need_watch
	stuck_start
	for view in c "c B" "c W" "Enter c"; do
		echo "# left in the view of '$view'"
		watch_start_screen "${INJECT[@]}" "$PIPED_PID"
		go "$view"
		screen_wait_text 'epoch 1'
		hold
		SCREEN_IDLE=0 screen_wait_text 'waiting for the kernel [0-9]+ s'
		LET_GO=let_go leaves
		screen_stop
		until_true eval '! grep -q "^VmFlags:.* uw" /proc/$PIPED_PID/smaps'
	done
}

@test "bug: a watch of a process whose memory is locked for ever could not be killed" {
	need_watch
	stuck_start
	for signal in TERM KILL; do
		watch_start --watch=0.2 --csv -n -o INTERVAL "${INJECT[@]}" "$PIPED_PID"
		until_true grep -q ^1 "$BATS_TEST_TMPDIR/out"
		hold
		kill "-$signal" "$WATCH"
		until_true has_ended "$WATCH"
		let_go
		until_true eval '! grep -q "^VmFlags:.* uw" /proc/$PIPED_PID/smaps'
	done
}

# Its wait for the lock does not end by a signal; in one of two turns it is what pmtop is in the midst of.
@test "bug: a pmtop that asked for NUMA nodes could not end while the memory of the process was locked for ever" {
	local i
	stuck_start 1 700
	for ((i = 0; i < 6; i++)); do
		SCREEN_IDLE=0 watch_start_screen "$PIPED_PID"
		SCREEN_IDLE=0 screen_keys 7
		hold
		LET_GO=let_go leaves
		screen_stop
	done
}

@test "bug: an answer of a process whose memory is locked for ever did not come, and did not end" {
	stuck_start
	hold
	answers_end "$PIPED_PID" 1 'gave up after 15 s reading process [0-9]+: the kernel does not answer; `ps -L '
	let_go
	answers_end "$PIPED_PID" 0
}

@test "bug: one process whose memory is locked for ever held up the list of processes, and who and unshared of others" {
	stuck_start
	hold
	subject_start
	run -0 pm -e 'who libc' "$SUBJECT_PID"
	[[ $output == *" cannot read"* || $output == *"could not be read"* ]]
	run -0 pm -e unshared "$SUBJECT_PID"
	SCREEN_OPTIONS=(--no-config --interval 0 --color=never)
	screen_start 100x30
	screen_type "$PIPED_PID"
	screen_wait_text "^› *$PIPED_PID .*stuck"
	screen_keys F5
	screen_keys Escape Escape
	screen_end
	let_go
}

# --- answers in the midst of it --------------------------------------------------------------------------

@test "a process of 65,300 regions that ends in the midst of each answer" {
	target_start "$MANY"
	# what injects may find threads that are about to end
	answers_end "$SUBJECT_PID" 01 'ended|no such process|zombie|threads end' "kill -KILL $SUBJECT_PID"
}

@test "a process of 65,300 regions that executes another program in the midst of each answer" {
	target_start "$MANY"
	# what injects may find the new program before its code is mapped
	answers_end "$SUBJECT_PID" 01 'ended|executed|cannot take a userfaultfd' 'subject exec'
}

# --- its number is another's ------------------------------------------------------------------------------

# In namespaces of its own: there numbers can be given out again. pmtop is stopped meanwhile, so that it finds
# the other process where it left its own.
# shellcheck disable=SC2016 # for that shell to expand
reuse='
	cd "$1" || exit
	shift
	until_true() {
		local end=$((SECONDS + 30 * ${TEST_TIMEOUT_SCALE:-1}))
		until "$@"; do ((SECONDS < end)) || exit 1; read -rt 0.01 _ <><(:); done
	}
	/bin/sleep 1000 & pid=$!
	until_true grep -qx sleep /proc/$pid/comm
	"$@" "$pid" >out 2>err & pmtop=$!
	until_true grep -q ^1 out
	kill -STOP $pmtop
	until_true grep -q "^State:.T" /proc/$pmtop/status
	kill -KILL $pid
	wait $pid 2>/dev/null
	echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid || exit 77
	/bin/sleep 2000 & (($! == pid)) || exit 77
	kill -CONT $pmtop
	wait $pmtop
	echo $?
	until_true grep -q "^State:.S" /proc/$pid/status
	! grep -q "^VmFlags:.* uw" /proc/$pid/smaps && echo untouched
	kill $pid'

@test "its number given to another process while it is watched: its end is reported, and the other is left alone" {
	local status=0
	need_root
	need_watch
	[[ -w /proc/sys/kernel/ns_last_pid ]] || skip "this kernel cannot give out a number again"
	unshare -pfm --mount-proc bash -c "$reuse" - "$BATS_TEST_TMPDIR" "$PMTOP" --watch=0.1 --csv -n \
		-o INTERVAL "${INJECT[@]}" >"$BATS_TEST_TMPDIR/said" || status=$?
	((status != 77)) || skip "the number was not given out again"
	cat "$BATS_TEST_TMPDIR"/{said,err}
	grep -q 'the process has ended' "$BATS_TEST_TMPDIR/err"
	is "$(<"$BATS_TEST_TMPDIR/said")" $'1\nuntouched'
}

# The same on the screen: a process that the subject's number is given to while pmtop is stopped.
# shellcheck disable=SC2016 # for that shell to expand
reuse_on_screen='
	until_true() {
		local end=$((SECONDS + 30 * ${TEST_TIMEOUT_SCALE:-1}))
		until "$@"; do ((SECONDS < end)) || exit 1; read -rt 0.01 _ <><(:); done
	}
	dir=$1
	shift
	/bin/sleep 1000 & pid=$!
	until_true grep -qx sleep /proc/$pid/comm
	(
		until_true test -e "$dir/go"
		read -r pmtop <"$dir/pmtop"
		kill -STOP "$pmtop"
		until_true grep -q "^State:.T" "/proc/$pmtop/status"
		kill -KILL "$pid"
		until_true test ! -e "/proc/$pid"
		echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid
		/bin/sleep 2000 & echo $((pid == $!)) >"$dir/given"
		kill -CONT "$pmtop"
		wait
	) &
	bash -c "echo \$\$ >$dir/pmtop; exec \"\$@\"" - "$@" "$pid"
	exit $?'

@test "its number given to another process, in each view: its end is said" {
	local view
	need_root
	[[ -w /proc/sys/kernel/ns_last_pid ]] || skip "this kernel cannot give out a number again"
	for view in "${VIEWS[@]}"; do
		echo "# in the view of '$view'"
		rm -f "$BATS_TEST_TMPDIR"/{go,given,pmtop}
		SCREEN_OPTIONS=(--no-config --interval 0.2 --color=never)
		screen_run 100x30 unshare -pfm --mount-proc bash -c "$reuse_on_screen" - "$BATS_TEST_TMPDIR" \
			"$PMTOP" "${SCREEN_OPTIONS[@]}"
		go "$view"
		: >"$BATS_TEST_TMPDIR/go"
		until_true test -s "$BATS_TEST_TMPDIR/given"
		[[ $(<"$BATS_TEST_TMPDIR/given") == 1 ]] || skip "the number was not given out again"
		answers_a_key
		[[ $view != p* ]] || go p
		go_back
		screen_wait_text ' ended [0-9]+ s ago '
		leaves
		screen_stop
	done
}
