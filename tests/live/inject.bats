#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Taking a userfaultfd out of a process leaves the process as it was, whatever it is in the midst of;
# and what cannot be done is refused, with the process as it was.
#
# The victim checks itself; the injector reports what it was made to do (their files say how).
# Times are facts, shown and never judged.

# shellcheck disable=SC2012,SC2030,SC2031,SC2154
load live

: "${VICTIM:=$builddir/tests/live/victim}" "${INJECTOR:=$builddir/tests/live/injector}"
: "${ODDITY:=$builddir/tests/live/oddity}" "${VICTIM32:=$builddir/tests/live/victim32}"
# Emulated, a time takes twenty times as long.
TIMES=$((${TEST_TIMEOUT_SCALE:-1} < 6 ? 1000 : 100))

setup() {
	VICTIM_PID='' VICTIM_IN='' VICTIM_OUT='' PROGRAMS=()
}

teardown() { live_end; }

# --- victims ----------------------------------------------------------------------------------------

# victim_start PROGRAM ARG...: sets VICTIM_PID, and VICTIM_RANGE if it says one
victim_start() {
	pipes_start "$@"
	VICTIM_SHELL=$PIPED_PID VICTIM_IN=$PIPED_IN VICTIM_OUT=$PIPED_OUT
	victim_says '^(ready [0-9]+|cannot)'
	[[ $REPLY != cannot* ]] || skip "$REPLY"
	read -r _ VICTIM_PID VICTIM_RANGE <<<"$REPLY"
}

# victim_says REGEX: sets REPLY to its next line, which must match
victim_says() {
	REPLY=
	read -rt $((20 * ${TEST_TIMEOUT_SCALE:-1})) -u "$VICTIM_OUT" REPLY || :
	[[ $REPLY =~ $1 ]] || { echo "the victim said '$REPLY' instead of $1"; return 1; }
}

# Ends it; it says how it fared. Nobody traces it any more, and no descriptor
# of ours is in it. On arm64 a stop may end a call that began just before it.
victim_fared_well() {
	local ended
	victim_is_free
	is "$(readlink "/proc/$VICTIM_PID/fd/"* 2>/dev/null | grep -c userfaultfd)" "${1:-0}"
	echo end >&"$VICTIM_IN"
	victim_says '^ok'
	read -r _ _ ended <<<"$REPLY"
	((${ended:-0} <= 1 + TIMES / 20))
	wait "$VICTIM_SHELL"
}

# A helper whose pmtop was killed may be at it a moment longer.
victim_is_free() {
	until_true victim_is_untraced
}

# without a process, for it is asked again and again
victim_is_untraced() {
	local line
	[[ -e /proc/$VICTIM_PID/status ]] || return 0
	while read -r line; do
		[[ $line != TracerPid:*[1-9]* ]] || return 1
	done <"/proc/$VICTIM_PID/status"
}

victim_state() {
	sed -n 's/^State:\s*\(.\).*/\1/p' "/proc/$VICTIM_PID/status"
}

# --- injecting ---------------------------------------------------------------------------------------

inject() {
	timeout $((60 * ${TEST_TIMEOUT_SCALE:-1})) "$INJECTOR" "$@"
}

# Prints the stops, for people.
print_stops() {
	[[ $1 =~ median\ ([0-9]+)\ p99\ ([0-9]+)\ max\ ([0-9]+) ]]
	printf '# %s: stopped %d us (median), %d us (p99), %d us (longest) of %s\n' "$2" \
		$((BASH_REMATCH[1] / 1000)) $((BASH_REMATCH[2] / 1000)) $((BASH_REMATCH[3] / 1000)) "$TIMES" >&3
}

# withstands MODE
withstands() {
	need_watch
	local said
	victim_start "$VICTIM" "$1"
	said=$(inject -n "$TIMES" -r "$VICTIM_RANGE" "$VICTIM_PID")
	[[ $said == "taken $TIMES refused 0 "* ]]
	print_stops "$said" "$1"
	victim_fared_well
}

# refuses WORDS [ARG...]: in one line that says what, why and how, with WORDS (a regular expression)
# in it; by a plan as well, unless it can only be known by trying
refuses() {
	local words=$1 said ask
	shift
	for ask in "" ${PLAN--p}; do
		# shellcheck disable=SC2086 # none is none
		said=$("$@" timeout $((20 * ${TEST_TIMEOUT_SCALE:-1})) "$INJECTOR" $ask "$VICTIM_PID" 2>&1 >/dev/null) && return 1
		echo "$said"
		[[ $said != *$'\n'* && ${said,,} =~ ^injector:\ cannot\ .+:\ .*($words).*\;\ .+ ]] || return
	done
}

# takes [ARG...]: a few, without a word
takes() {
	is "$("$@" timeout $((20 * ${TEST_TIMEOUT_SCALE:-1})) "$INJECTOR" -n 20 "$VICTIM_PID" 2>&1 | cut -d ' ' -f 1-4)" \
		"taken 20 refused 0"
}

@test "injected again and again: blocked in read" { withstands read; }
@test "injected again and again: blocked in futex" { withstands futex; }
@test "injected again and again: blocked in poll and select" { withstands poll; }
@test "injected again and again: asleep" { withstands nanosleep; }
@test "injected again and again: blocked in epoll_wait" { withstands epoll; }
@test "injected again and again: sockets, SysV, signals waited for, masks of their own, children" { withstands calls; }
@test "injected again and again: computing" { withstands spin; }
@test "injected again and again: many threads" { withstands threads; }
@test "injected again and again: many signals" { withstands signals; }
@test "injected again and again: malloc and mremap" { withstands malloc; }

# --- what is odd, and goes well all the same ----------------------------------------------------------

@test "the plan says which thread would be stopped, and where" {
	need_watch
	victim_start "$ODDITY" plain
	is "$(inject -p "$VICTIM_PID")" "thread $VICTIM_PID S call read seccomp 0 compat 0 huge 0"
	victim_fared_well
	victim_start "$VICTIM" spin
	[[ $(inject -p "$VICTIM_PID") == "thread $VICTIM_PID R call - seccomp 0 compat 0 huge 0" ]]
	victim_fared_well
}

@test "a 32-bit process" {
	need_watch
	[[ -x $VICTIM32 ]] || skip "the compiler made no 32-bit program"
	"$VICTIM32" </dev/null >/dev/null || skip "this kernel runs no 32-bit programs"
	victim_start "$VICTIM32"
	[[ $(inject -p "$VICTIM_PID") == *" compat 1 "* ]]
	local said
	said=$(inject -n "$TIMES" "$VICTIM_PID")
	[[ $said == "taken $TIMES refused 0 "* ]]
	print_stops "$said" "32 bits"
	victim_fared_well
}

# bats test_tags=in-one-guest
@test "a stopped process stays stopped, and continues on SIGCONT" {
	need_watch
	local mode
	for mode in read futex poll calls; do
		victim_start "$VICTIM" "$mode"
		kill -STOP "$VICTIM_PID"
		takes
		victim_is_free
		is "$(victim_state)" T
		kill -CONT "$VICTIM_PID"
		# what SIGCONT ends with EINTR by itself is not for us to hide
		[[ $mode == calls ]] || victim_fared_well
	done
}

# bats test_tags=in-one-guest
@test "a process that is stopped and continued all the while" {
	need_watch
	victim_start "$VICTIM" threads
	perl -e 'while (kill STOP => $ARGV[0]) { select undef, undef, undef, rand 0.004; kill CONT => $ARGV[0]; select undef, undef, undef, rand 0.004 }' \
		"$VICTIM_PID" 3>&- &
	local stopper=$!
	OTHERS+=("$stopper")
	[[ $(inject -n $((TIMES / 5)) -r "$VICTIM_RANGE" "$VICTIM_PID") == "taken $((TIMES / 5)) refused 0 "* ]]
	kill "$stopper"
	{ wait "$stopper"; } 2>/dev/null || :
	kill -CONT "$VICTIM_PID"
	victim_fared_well
}

@test "a process whose main thread has ended" {
	need_watch
	victim_start "$ODDITY" leaderless
	is "$(victim_state)" Z
	takes
	victim_fared_well
}

@test "a process with a thread of io_uring's: another one is asked" {
	need_watch
	victim_start "$ODDITY" worker
	is "$(ls "/proc/$VICTIM_PID/task" | wc -l)" 2
	[[ $(inject -p "$VICTIM_PID") == "thread $VICTIM_PID "* ]]
	takes
	victim_fared_well
}

@test "a process in restartable sequences: none is torn" {
	need_watch
	grep -qw rdtscp /proc/cpuinfo || skip "this processor has no rdtscp"
	victim_start "$ODDITY" sequence
	[[ $(inject -n $((TIMES / 5)) "$VICTIM_PID") == "taken $((TIMES / 5)) refused 0 "* ]]
	victim_fared_well
}

@test "every register is as it was, in calls of each kind and of threads that compute with vectors" {
	need_watch
	[[ $(uname -m) == aarch64 ]] || skip "of arm64, where a call that is restarted begins anew"
	local mode
	for mode in registers vectors; do
		victim_start "$ODDITY" $mode
		[[ $(inject -n $((TIMES * 2)) "$VICTIM_PID") == "taken $((TIMES * 2)) refused 0 "* ]]
		victim_fared_well
	done
}

@test "a timeout that is interrupted does not end early" {
	need_watch
	victim_start "$ODDITY" patient
	# so often that none of them ends, and then so that some do
	inject -n $((TIMES / 5)) "$VICTIM_PID"
	for _ in {1..10}; do inject "$VICTIM_PID"; done
	victim_fared_well
}

@test "a process that executes other programs in the midst of it" {
	need_watch
	victim_start "$ODDITY" reborn
	inject -g -n $((TIMES / 2)) "$VICTIM_PID"
	victim_fared_well
}

@test "a process that ends in the midst of it ends as it would have" {
	need_watch
	local i
	for ((i = $(rounds 30); i; i--)); do
		local status=0
		victim_start "$ODDITY" mortal
		inject -g -n 1000000 "$VICTIM_PID" >/dev/null || : # it may be gone already
		wait "$VICTIM_SHELL" || status=$?
		is $status 7
	done
}

# shellcheck disable=SC2016 # for perl to expand
@test "pmtop killed in the midst of it: the process goes on" {
	need_watch
	victim_start "$VICTIM" signals
	local met
	# helpers that outlive who started them become perl's children (PR_SET_CHILD_SUBREAPER)
	met=$(perl -MCalls -MPOSIX=WNOHANG -e 'my ($injector, $victim, $rounds) = @ARGV;
		sub held {
			open my $status, "<", "/proc/$victim/status" or die "the victim is gone\n";
			return scalar grep { /^TracerPid:\s+[1-9]/ } <$status>;
		}
		call(prctl => 36, 1) == 0 or die "no reaper: $!\n";
		for (1 .. $rounds) {
			my $pid = fork // die;
			if (!$pid) { setpgrp; open STDOUT, ">", "/dev/null"; exec $injector, "-n", 1000000, $victim }
			1 until held() or waitpid($pid, WNOHANG) == $pid;
			select undef, undef, undef, rand 0.01 if $_ % 2;
			kill KILL => -$pid; # and all of its group
			$met += held();
			waitpid $pid, 0;
			die "it ended by itself: $?\n" if $? != 9;
			1 while waitpid(-1, 0) > 0;
		}
		print $met + 0' "$INJECTOR" "$VICTIM_PID" "$(rounds 30)")
	echo "# of $(rounds 30) that were killed $met had a thread in their hands" >&3
	victim_is_free
	# and as well as ever
	takes
	victim_fared_well
}

# --- what a helper leaves behind that is killed ---------------------------------------------------------

# killed_between COMMAND...: a helper of its dies between its two calls, as it takes the descriptor: a filter
# of system calls, which it inherits, ends it at pidfd_getfd
# shellcheck disable=SC2016 # for perl to expand
killed_between() {
	perl -MCalls -e 'my $filter = pack "(SCCL)4", 0x20, 0, 0, 0, 0x15, 0, 1, 438, 6, 0, 0, 0x80000000, 6, 0, 0, 0x7fff0000;
		my $prog = pack "S x6 P", 4, $filter;
		call(prctl => 38, 1, 0, 0, 0) == 0 && call(prctl => 22, 2, $prog) == 0 or die "no filter: $!\n";
		exec @ARGV' -- "$@"
}

userfaultfds() {
	readlink "/proc/$VICTIM_PID/fd/"* 2>/dev/null | grep -c userfaultfd || :
}

# leaves_behind MODE
leaves_behind() {
	local said
	need_watch
	victim_start "$VICTIM" "$1"
	for ((i = 0; i < $(rounds 3); i++)); do
		said=$(PLAN='' killed_between "$INJECTOR" "$VICTIM_PID" 2>&1 >/dev/null) && return 1
		[[ $said == *'the helper process was killed'* ]] || { echo "$said"; return 1; }
		victim_is_free
		is "$(userfaultfds)" 1
		refuses 'no one has used yet: its own, or left behind'
		[[ $(echo | inject -c "$VICTIM_PID") == found\ *closed\ * ]]
		is "$(userfaultfds)" 0
	done
	takes
	victim_fared_well
}

# bats test_tags=in-one-guest
@test "the helper killed between its calls, again and again: one userfaultfd stays, and is closed; nothing else is changed" {
	leaves_behind signals
	leaves_behind read
	leaves_behind futex
	leaves_behind spin
	leaves_behind threads
}

# unused_start: a program with a userfaultfd of its own. At a line it greets that, at the next it closes it and
# opens another file, which then has its number.
# shellcheck disable=SC2016 # for perl to expand
unused_start() {
	UNUSED=$BATS_TEST_TMPDIR/program-${#PROGRAMS[@]}
	program_start perl -MCalls -e '$| = 1; my $fd = call(userfaultfd => 02004001); print "ready\n"; <STDIN>;
		open(my $f, "+<&=", $fd); ioctl($f, 0xc018aa3f, my $a = pack("Q3", 0xaa, 0, 0)) or die;
		open my $d, ">", "$ARGV[0]"; <STDIN>;
		close $f; open $f, "<", "/dev/null"; open $d, ">", "$ARGV[1]"; <STDIN>' "$UNUSED.greeted" "$UNUSED.closed"
	VICTIM_PID=${PROGRAMS[-1]}
}

# unused_is greeted|closed: it is told to go on, and has
unused_is() {
	echo >"$UNUSED"
	until_true test -e "$UNUSED.$1"
}

# closes_late EXPECTED [greeted] [closed]: what is said if it becomes that between the scan and the close
closes_late() {
	local want=$1 out=$UNUSED.said step
	shift
	mkfifo "$UNUSED.go"
	inject -c "$VICTIM_PID" <>"$UNUSED.go" >"$out" 2>&1 3>&- &
	OTHERS+=("$!")
	until_true test -s "$out"
	for step; do unused_is "$step"; done
	echo >"$UNUSED.go"
	wait "${OTHERS[-1]}" || :
	grep -E "$want" "$out" || { cat "$out"; return 1; }
}

@test "a userfaultfd used or closed after the check is not closed, nor one that reused its number" {
	need_watch
	unused_start
	is "$(userfaultfds)" 1
	closes_late 'cannot close descriptor .*: the process has meanwhile used it' greeted
	is "$(userfaultfds)" 1
	refuses 'uses userfaultfd itself'
	is "$(inject -c "$VICTIM_PID" </dev/null 2>&1)" "injector: there is none"
	unused_start
	local at
	at=$(find "/proc/$VICTIM_PID/fd" -lname "*userfaultfd*" -printf %f)
	closes_late 'cannot close descriptor .*: the process has meanwhile used it' greeted closed
	is "$(readlink "/proc/$VICTIM_PID/fd/$at")" /dev/null
	unused_start
	closes_late '^closed [0-9]+$'
	is "$(userfaultfds)" 0
}

# clear_after SECONDS: c on the screen, at so many seconds on its clock
clear_after() {
	screen_clock $((1000000 + $1 * 1000))
	screen_keys c
}

# bats test_tags=in-one-guest
@test "on the screen a userfaultfd that was left behind is closed after a minute, if that is agreed to" {
	need_watch
	victim_start "$VICTIM" futex
	killed_between "$INJECTOR" "$VICTIM_PID" >/dev/null 2>&1 && return 1
	victim_is_free
	is "$(userfaultfds)" 1
	SCREEN_OPTIONS=(--interval 0 --color=never --tracker uffd)
	screen_clock 1000000
	screen_start 100x24 "$VICTIM_PID"
	clear_after 0
	screen_wait_text 'no one has used yet'
	clear_after 59
	screen_wait_text 'no one has used yet'
	run ! grep 'close it' <(screen_text | tail -n 1)
	clear_after 61
	screen_wait_text 'Close descriptor [0-9]+ of victim .*for 61 s'
	is "$(userfaultfds)" 1
	screen_keys n
	is "$(userfaultfds)" 1
	clear_after 62
	screen_wait_text 'Close descriptor'
	screen_keys y
	screen_wait_text 'Watch the writes of victim'
	is "$(userfaultfds)" 0
	screen_keys y
	screen_wait_text 'epoch 1: userfaultfd armed'
	screen_keys q
	screen_end
	victim_is_free
	victim_fared_well
}

# bats test_tags=in-one-guest
@test "on the screen a userfaultfd that the process has used meanwhile is not offered to be closed" {
	need_watch
	unused_start
	SCREEN_OPTIONS=(--interval 0 --color=never --tracker uffd)
	screen_clock 1000000
	screen_start 100x24 "$VICTIM_PID"
	clear_after 0
	screen_wait_text 'no one has used yet'
	clear_after 61
	screen_wait_text 'Close descriptor'
	unused_is greeted
	screen_keys y
	screen_wait_text 'it uses userfaultfd itself'
	clear_after 200
	screen_wait_text 'it uses userfaultfd itself'
	is "$(userfaultfds)" 1
	screen_keys q
	screen_end
}

@test "as nobody: an own process" {
	need_watch
	become_nobody
	cp "$VICTIM" "$INJECTOR" "$ODDITY" "$PUBLIC"
	INJECTOR=$PUBLIC/injector
	victim_start "${AS_NOBODY[@]}" "$PUBLIC/victim" epoll
	takes "${AS_NOBODY[@]}"
	victim_fared_well
}

@test "a process in namespaces of its own" {
	need_watch
	need_root
	unshare -Urpf true 2>/dev/null || skip "no new user and PID namespaces here"
	victim_start unshare -Urpf "$VICTIM" epoll
	is "$VICTIM_PID" 1
	VICTIM_PID=$(ps -o pid= --ppid "$VICTIM_SHELL" | tr -d ' ')
	takes
	victim_fared_well
}

@test "root and sandboxes: what forbids the call is suspended for it" {
	need_watch
	need_root
	local mode
	for mode in errno trap kill strict; do
		victim_start "$ODDITY" $mode
		inject -p "$VICTIM_PID" >/dev/null || skip "not allowed to suspend seccomp here"
		[[ $(inject -p "$VICTIM_PID") == *" seccomp 1 "* ]]
		takes
		victim_fared_well
	done
}

# --- what is refused, before anything is touched -------------------------------------------------------

@test "refused: a kernel that cannot watch without stopping" {
	! can_watch || skip "this kernel can"
	victim_start "$VICTIM" epoll
	refuses 'linux 6.7|no userfaultfd|needs x86-64 or arm64'
	victim_fared_well
}

@test "refused: sandboxed by seccomp, and no right to suspend that" {
	need_watch
	need_root
	local mode without=(setpriv --bounding-set -sys_admin --inh-caps -sys_admin)
	"${without[@]}" true 2>/dev/null || skip "setpriv may not drop CAP_SYS_ADMIN here"
	for mode in errno trap kill strict; do
		victim_start "$ODDITY" $mode
		refuses 'seccomp.*cap_sys_admin' "${without[@]}"
		victim_fared_well
	done
}

@test "refused: traced by another" {
	need_watch
	victim_start "$ODDITY" traced
	refuses 'traced by process [0-9]+ \(the-tracer\)'
	is "$(victim_state)" S
	echo end >&"$VICTIM_IN"
	victim_says '^ok'
}

@test "refused: it uses userfaultfd itself" {
	need_watch
	victim_start "$ODDITY" watching
	refuses 'uses userfaultfd itself'
	victim_fared_well 1
}

@test "refused: out of file descriptors" {
	need_watch
	victim_start "$ODDITY" full
	PLAN='' refuses 'out of file descriptors'
	victim_fared_well
}

@test "refused: it handles its own system calls" {
	need_watch
	victim_start "$ODDITY" dispatched
	PLAN='' refuses 'handles its own system calls'
	victim_fared_well
}

@test "refused: it waits for a child of vfork, and does not stop" {
	need_watch
	victim_start "$ODDITY" vforked
	PLAN='' refuses 'do not stop'
	victim_fared_well
}

@test "refused: another user's process, or one that hides its memory" {
	need_watch
	become_nobody
	cp "$ODDITY" "$INJECTOR" "$PUBLIC"
	INJECTOR=$PUBLIC/injector
	victim_start "$PUBLIC/oddity" plain
	refuses 'root' "${AS_NOBODY[@]}"
	victim_fared_well
	victim_start "${AS_NOBODY[@]}" "$PUBLIC/oddity" hidden
	refuses 'tracing it is not allowed' "${AS_NOBODY[@]}"
	# for root it is like any other
	takes
	victim_fared_well
}

# shellcheck disable=SC2016 # for perl to expand
@test "refused: Yama keeps processes from each other" {
	need_watch
	local scope=/proc/sys/kernel/yama/ptrace_scope
	[[ -e $scope ]] || skip "this kernel has no Yama"
	need_guest
	become_nobody
	cp "$ODDITY" "$INJECTOR" "$PUBLIC"
	INJECTOR=$PUBLIC/injector
	victim_start "${AS_NOBODY[@]}" "$PUBLIC/oddity" plain
	echo 1 >$scope
	refuses 'ptrace_scope is 1' "${AS_NOBODY[@]}" || { echo 0 >$scope; return 1; }
	echo 0 >$scope
	takes "${AS_NOBODY[@]}"
	victim_fared_well
	# who starts a process may be let in by it, and its children are then as well (PR_SET_PTRACER)
	victim_start "${AS_NOBODY[@]}" perl -e 'syscall(shift() + 0, 0x59616d61, getppid() + 0, 0, 0, 0) == 0 or die;
		exec @ARGV' "$(perl -MCalls -e 'print number("prctl")')" "$PUBLIC/oddity" plain
	echo 1 >$scope
	takes "${AS_NOBODY[@]}" || { echo 0 >$scope; return 1; }
	echo 0 >$scope
	victim_fared_well
}

@test "refused: frozen; and frozen in the midst of it" {
	need_watch
	need_root
	local mount group
	mount=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[[ $mount == /sys/fs/cgroup* ]] || skip "no cgroup2 at the usual place"
	group=$mount/pmtop-test-$$
	mkdir "$group" 2>/dev/null || skip "no cgroup of our own"
	[[ -e $group/cgroup.freeze ]] || { rmdir "$group"; skip "this kernel does not freeze (Linux 5.2)"; }
	victim_start "$VICTIM" threads
	echo "$VICTIM_PID" >"$group/cgroup.procs"
	echo 1 >"$group/cgroup.freeze"
	local frozen=0
	until grep -q 'frozen 1' "$group/cgroup.events"; do :; done
	refuses 'frozen' || frozen=1
	echo 0 >"$group/cgroup.freeze"
	# shellcheck disable=SC2016 # for perl to expand
	perl -e 'while (-e $ARGV[0]) { for my $to (1, 0) { open my $f, ">", $ARGV[0]; print $f $to; close $f;
		select undef, undef, undef, rand 0.01 } }' "$group/cgroup.freeze" 3>&- &
	local freezer=$! said
	OTHERS+=("$freezer")
	said=$(inject -g -n $((TIMES / 10)) "$VICTIM_PID") || frozen=1
	kill "$freezer"
	{ wait "$freezer"; } 2>/dev/null || :
	echo 0 >"$group/cgroup.freeze"
	echo "# frozen and thawed meanwhile: ${said%% median*}" >&3
	victim_fared_well
	while [[ -s $group/cgroup.procs ]]; do
		while read -r pid; do echo "$pid" >"$mount/cgroup.procs"; done <"$group/cgroup.procs"
	done
	rmdir "$group"
	is $frozen 0
}
