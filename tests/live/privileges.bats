#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What is shown depends on who asks: nothing is made up in place of what is hidden.

# Commands handed to `same` are for it to expand.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154
load live

teardown() { live_end; }

# as COMMAND...: the words before pmtop and the reader, for `hidden` and `agrees`
as() { AS=("$@"); }

# What the page table shows without the privilege: bits 55 to 63, and nothing about frames.
hidden() {
	local rows
	rows=$("${AS[@]}" "$PMTOP" --pages --csv -n -o PFN,PHYSICAL,MAPCOUNT,KPF,FLAGS,ORDER,FOLIO,MEMCG "$SUBJECT_PID" | sort -u)
	is "$rows" ",,,,,,,"
	"${AS[@]}" "$PMTOP" --list "$SUBJECT_PID" >/dev/null
	is "$(their_states anon)" "64 anon"
	is "$(their_states sparse)" "61 none, 3 anon"
	is "$(their_states private)" "15 file, 1 copied"
	is "$(their_states memfd | tr -d 0-9)" " none,  shmem"
	# PAGEMAP_SCAN knows the page of zeros without the privilege
	is "$(their_states zero)" "16 $(can_scan && echo zero || echo hidden)"
	[[ -z ${AT[hugetlb]-} ]] || is "$(their_states hugetlb)" "512 hugetlb"
	[[ ! -e /sys/kernel/mm/ksm/run || $(</sys/kernel/mm/ksm/run) != 1 ]] || [[ $(their_states ksm) =~ anon|hidden ]]
	[[ -z ${AT[guard]-} ]] || is "$(their_states guard)" "12 anon, 4 guard"
}

# states REGION, as they see it
their_states() {
	"${AS[@]}" "$PMTOP" "--pages=${RANGE[$1]}" --csv -n -o STATE "$SUBJECT_PID" | sort | uniq -c | sort -k 1,1nr -k 2 |
		awk '{ printf "%s%s %s", comma, $1, $2; comma = ", " }'
}

# agrees READER: under the same command, of all that is there
agrees() {
	local reader=$1
	same '"${AS[@]}" "$reader" $SUBJECT_PID' \
		'"${AS[@]}" timeout 60 "$PMTOP" --pages --csv --output-all $SUBJECT_PID'
	# of what is not there, too: a file that is not ours to write may not seem to be in the cache
	range=$(awk '/r-xp.*libc/ { split($1, a, "-"); print a[1] ".." a[2]; exit }' "/proc/$SUBJECT_PID/maps")
	[[ -z $range ]] || same '"${AS[@]}" "$reader" $SUBJECT_PID $range' \
		'"${AS[@]}" timeout 60 "$PMTOP" --pages=$range --csv --output-all $SUBJECT_PID'
}

# refused_to COMMAND...: in one line that says what would help, whatever is asked
refused_to() {
	local status ask said
	for ask in --pages --list --grid "-e anon" "-e clear"; do
		status=0
		# shellcheck disable=SC2086 # two words
		said=$("$@" timeout 60 "$PMTOP" $ask "$SUBJECT_PID" 2>&1) || status=$?
		echo "$ask: $status: $said"
		[[ $status -eq 1 && $said != *$'\n'* && $said =~ ^pmtop:\ .+:\ .+\;\ .+root ]] || return
	done
}

@test "root: nothing of a page in RAM is hidden" {
	need_root
	subject_start
	need_frames
	is "$(dump "$SUBJECT_PID" | values STATE | grep -c hidden)" 0
	is "$(pm --pages --csv -n -o PRESENT,PFN "$SUBJECT_PID" | grep -c '^1,$')" 0
	is "$(pm --pages --csv -n -o PRESENT,KPF "$SUBJECT_PID" | grep -c '^1,$')" 0
	is "$(pm --pages --csv -n -o PRESENT,MAPCOUNT "$SUBJECT_PID" | grep -c '^1,$')" 0
}

@test "root without CAP_SYS_ADMIN: nothing is made up of frame 0" {
	need_root
	as setpriv --bounding-set -sys_admin --inh-caps -sys_admin
	"${AS[@]}" true 2>/dev/null || skip "setpriv may not drop CAP_SYS_ADMIN here"
	subject_start
	hidden
	agrees "$live_dir/reader"
}

@test "as nobody: our own process, as far as the page table shows" {
	become_nobody
	as "${AS_NOBODY[@]}"
	subject_start "${AS_NOBODY[@]}"
	hidden
	agrees "$PUBLIC/reader"
	# a swapped page is one, wherever in swap it is
	[[ $(pm "--pages=${RANGE[swap]}" --csv -n -o STATE "$SUBJECT_PID") != *swapped* ]] ||
		[[ $(their_states swap) == *swapped* ]]
}

@test "as nobody: another user's process is refused with the remedy" {
	become_nobody
	subject_start
	refused_to "${AS_NOBODY[@]}"
}

# tier CAPABILITIES: as nobody with these alone, +cap,+cap
tier() {
	become_nobody
	as setpriv --inh-caps="$1" --ambient-caps="$1" "${AS_NOBODY[@]:1}"
	"${AS[@]}" true 2>/dev/null || skip "setpriv may not give these capabilities here"
	subject_start
	"${AS[@]}" cat "/proc/$SUBJECT_PID/maps" >/dev/null 2>&1 ||
		skip "this kernel shows others' maps to CAP_SYS_PTRACE only"
}

# What smaps says of each region, in bytes, as root.
smaps_sums() {
	awk '/^[0-9a-f]+-[0-9a-f]+ / { split($1, a, "-"); start = a[1] }
		/^Rss:/ { rss = $2 * 1024 }
		/^Pss:/ { pss = $2 * 1024 }
		/^Swap:/ { printf "0x%s,%d,%d,%d\n", start, rss, pss, $2 * 1024 }' "/proc/$SUBJECT_PID/smaps"
}

@test "with CAP_PERFMON alone the list says what smaps does, and that the rest is not known" {
	tier +perfmon
	! "${AS[@]}" head -c 8 "/proc/$SUBJECT_PID/pagemap" >/dev/null 2>&1 || skip "this kernel shows others' page tables to it"
	run -0 --separate-stderr "${AS[@]}" "$PMTOP" --list --csv -n --bytes -o START,RSS,PSS,SWAP "$SUBJECT_PID"
	# others map and unmap files, and the PSS of those changes with it
	is "$(grep ^0x10 <<<"$output")" "$(smaps_sums | grep ^0x10)"
	is "$(cut -d , -f 1,2,4 <<<"$output")" "$(smaps_sums | cut -d , -f 1,2,4)"
	# shellcheck disable=SC2154 # set by bats
	[[ ${#stderr_lines[@]} -eq 1 && $stderr == *"page tables"*"denied"*"RSS and SWAP are from smaps"* ]]
	is "$("${AS[@]}" "$PMTOP" --list --csv -n -o ANON,WRITTEN,%,HUGETLB "$SUBJECT_PID" 2>/dev/null | sort -u)" ",,,"
	run -0 "${AS[@]}" "$PMTOP" --list --filter 'rss > 0' "$SUBJECT_PID"
	[[ $output == *"regions left out; whether they match is not known"* ]]
	# all else needs the page tables, and says so
	for ask in --pages --summary --grid "-e anon"; do
		# shellcheck disable=SC2086 # two words
		run -1 "${AS[@]}" "$PMTOP" $ask "$SUBJECT_PID"
		[[ ${#lines[@]} -eq 1 && $output == *"cannot read the page tables"*"root"* ]]
	done
}

@test "CAP_DAC_READ_SEARCH as well: the page tables, without frames" {
	tier +perfmon,+dac_read_search
	"${AS[@]}" head -c 8 "/proc/$SUBJECT_PID/pagemap" >/dev/null 2>&1 || skip "this kernel does not show others' page tables to it"
	hidden
}

@test "CAP_SYS_ADMIN as well: frames; CAP_SYS_PTRACE as well: bytes" {
	tier +perfmon,+dac_read_search,+sys_admin
	need_frames
	is "$("${AS[@]}" "$PMTOP" --pages --csv -n -o PRESENT,PFN,KPF "$SUBJECT_PID" | grep -cE '^1,(,|[^,]*,$)')" 0
	run -1 "${AS[@]}" "$PMTOP" -e "hex ${AT[anon]}..+0x10" "$SUBJECT_PID"
	[[ $output == *root* ]]
	as "${AS[@]/+sys_admin/+sys_admin,+sys_ptrace}"
	run -0 "${AS[@]}" "$PMTOP" -e "hex ${AT[anon]}..+0x10" "$SUBJECT_PID"
	[[ $output == *'subject anon pag'* ]]
}

# starts PROGRAM: its screen, as nobody, which is left once it has a picture; what it says of itself is in STATUS
shows_picture() { grep -q RSS "$BATS_TEST_TMPDIR/screen"; }
starts() {
	STATUS=$PUBLIC/status.${1##*/}
	mkfifo "$BATS_TEST_TMPDIR/keys.${1##*/}"
	: >"$BATS_TEST_TMPDIR/screen"
	PMTOP_STATUS_FILE=$STATUS TERM=xterm script -qec "$(printf '%q ' "${AS_NOBODY[@]}" "$1" --demo)" /dev/null \
		<"$BATS_TEST_TMPDIR/keys.${1##*/}" >"$BATS_TEST_TMPDIR/screen" 3>&- &
	exec 9>"$BATS_TEST_TMPDIR/keys.${1##*/}"
	until_true shows_picture
	printf q >&9
	wait $!
	exec 9>&-
}

@test "with capabilities of its file pmtop does not trust its environment" {
	become_nobody
	type setcap script >/dev/null 2>&1 || skip "no setcap, or no script"
	cp "$PMTOP" "$PUBLIC/trusted" && setcap cap_perfmon+ep "$PUBLIC/trusted" || skip "no capabilities of files here"
	chmod a+rwx "$PUBLIC"
	starts "$PMTOP"
	[[ -s $STATUS ]]
	starts "$PUBLIC/trusted"
	[[ ! -e $STATUS ]]
}

@test "as nobody: where /proc hides others' processes, that is what is said" {
	become_nobody
	unshare -m mount -t proc -o hidepid=invisible proc /proc 2>/dev/null || skip "no /proc that hides processes here"
	subject_start
	# shellcheck disable=SC2016 # for that shell to expand
	run -1 unshare -m bash -c 'mount -t proc -o hidepid=invisible proc /proc && exec "$@"' - \
		"${AS_NOBODY[@]}" "$PMTOP" --list "$SUBJECT_PID"
	echo "$output"
	[[ ${#lines[@]} -eq 1 && $output == *hidepid* ]]
}

@test "a process that may not be dumped is for root alone" {
	become_nobody
	subject_start "${AS_NOBODY[@]}"
	"${AS_NOBODY[@]}" "$PMTOP" --list "$SUBJECT_PID" >/dev/null
	subject dumpable 0
	refused_to "${AS_NOBODY[@]}"
	is "$(states anon)" "64 anon"
	subject dumpable 1
	"${AS_NOBODY[@]}" "$PMTOP" --list "$SUBJECT_PID" >/dev/null
}

@test "a process in namespaces of its own, seen from outside" {
	need_root
	unshare -Urpfm --mount-proc true 2>/dev/null || skip "no new user and PID namespaces here"
	subject_start_apart unshare -Urpfm --mount-proc
	need_frames
	same --others-map-files 'reader $SUBJECT_PID' 'dump $SUBJECT_PID'
	is "$(states anon)" "64 anon"
	is "$(states private)" "15 file, 1 copied"
}

@test "a process in namespaces of its own, seen from inside" {
	need_root
	unshare -Urpfm --mount-proc true 2>/dev/null || skip "no new user and PID namespaces here"
	subject_start_apart unshare -Urpfm --mount-proc
	as nsenter -t "$SUBJECT_PID" -U -p -m --preserve-credentials
	# root in there, and its PID is another
	SUBJECT_OUTSIDE=$SUBJECT_PID SUBJECT_PID=1
	hidden
	SUBJECT_PID=$SUBJECT_OUTSIDE
}

# filtered ERRNO COMMAND...: where a seccomp filter answers perf_event_open with it
filtered() {
	perl -e 'my ($errno, @command) = @ARGV;
		my $filter = pack("SCCL" x 4, 0x20,0,0,0, 0x15,0,1,298, 6,0,0,0x50000|$errno, 6,0,0,0x7fff0000);
		syscall(157, 38, 1, 0, 0, 0) == 0 && syscall(157, 22, 2, pack("Sx![P]P", 4, $filter)) == 0 or exit 77;
		exec @command' "$@"
}

@test "what forbids to watch page faults is named: a container's seccomp filter, not a lack of root" {
	[[ $(uname -m) == x86_64 ]] || skip "the numbers of system calls are others here"
	filtered 1 true || skip "no seccomp filter here"
	subject_start
	for errno in 1 38; do
		filtered $errno "$PMTOP" --capabilities --csv -n "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/rows"
		grep '^faults,no,.*"a seccomp filter, as containers have, forbids perf_event_open","allow it in' \
			"$BATS_TEST_TMPDIR/rows"
		grep '^watchpoints,no,.*a seccomp filter' "$BATS_TEST_TMPDIR/rows"
	done
}
