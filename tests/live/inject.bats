#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Taking a userfaultfd out of a process leaves the process as it was, whatever it is in the midst of;
# and what cannot be done is refused, with the process as it was.
#
# The victim checks itself; what it was made to do is told by the injector (their files say how).
# Times are facts, shown and never judged.

# shellcheck disable=SC2154
load live

: "${VICTIM:=$builddir/tests/live/victim}" "${INJECTOR:=$builddir/tests/live/injector}"
# Emulated, a time takes twenty times as long.
TIMES=$((${TEST_TIMEOUT_SCALE:-1} < 6 ? 1000 : 200))

setup() {
	VICTIM_PID='' VICTIM_IN='' VICTIM_OUT=''
}

teardown() { live_end; }

# --- victims ----------------------------------------------------------------------------------------

# victim_start PROGRAM ARG...: sets VICTIM_PID, and VICTIM_RANGE if it says one
victim_start() {
	local pipes
	pipes=$(mktemp -d "$BATS_TEST_TMPDIR/victim-XXXXXX")
	mkfifo "$pipes"/{in,out}
	"$@" <"$pipes/in" >"$pipes/out" 3>&- &
	OTHERS+=("$!")
	VICTIM_SHELL=$!
	exec {VICTIM_IN}>"$pipes/in" {VICTIM_OUT}<"$pipes/out"
	victim_says '^ready [0-9]+'
	read -r _ VICTIM_PID VICTIM_RANGE <<<"$REPLY"
}

# victim_says REGEX: sets REPLY to its next line, which must match
victim_says() {
	REPLY=
	read -rt $((20 * ${TEST_TIMEOUT_SCALE:-1})) -u "$VICTIM_OUT" REPLY || :
	[[ $REPLY =~ $1 ]] || { echo "the victim said '$REPLY' instead of $1"; return 1; }
}

# It is told to come to its end and says how it fared.
victim_fared_well() {
	echo end >&"$VICTIM_IN"
	victim_says '^ok'
	wait "$VICTIM_SHELL"
}

# --- injecting ---------------------------------------------------------------------------------------

# The kernel is asked, not pmtop: a userfaultfd of our own, greeted with what tracking needs.
# shellcheck disable=SC2016 # for perl to expand
can_watch() {
	perl -e 'exit 1 unless `uname -m` =~ /x86_64/; my $fd = syscall(323, 02004001); exit 2 if $fd < 0;
		open(my $f, "+<&=", $fd); exit(ioctl($f, 0xc018aa3f, my $a = pack("Q3", 0xaa, 1 << 13 | 1 << 15, 0)) ? 0 : 3)'
}

need_watch() {
	can_watch || skip "no userfaultfd with asynchronous protection here (Linux 6.7, x86-64)"
}

inject() {
	timeout $((60 * ${TEST_TIMEOUT_SCALE:-1})) "$INJECTOR" "$@"
}

# What is told of the stops, for people.
tell() {
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
	tell "$said" "$1"
	is "$(awk '/^TracerPid/ { print $2 }' "/proc/$VICTIM_PID/status")" 0
	victim_fared_well
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
