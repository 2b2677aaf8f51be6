#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# The trackers: each reports what it should and nothing else, and leaves the process as it was.

# Commands handed to `same` are for it to expand; bats reads its variables.
# shellcheck disable=SC2016,SC2034,SC2154
load live

: "${LEDGER:=$builddir/tests/live/ledger}" "${STORER:=$builddir/tests/live/storer}"

teardown() { live_end; }

# watch_subject ARG...: an interval that ends when we say so
watch_subject() { watch_start --watch=3600 "$@" "$SUBJECT_PID"; }

# account TRACKER WRITES: of writes to three kinds of memory, while they are detected
account() {
	local kind out status
	for kind in anon shm thp; do
		status=0
		out=$("$LEDGER" "$1" "$kind" "$2" 2>&1) || status=$?
		echo "# $out" >&3
		[[ $status != 2 ]] || { echo "$out"; return 1; }
		[[ $status == 0 ]]
		[[ $out == *" $2 writes, "* ]]
	done
}

# --- nothing lost, nothing made up ------------------------------------------------------------------------

@test "userfaultfd: of 100000 writes under continuous scans none is lost, and none made up" {
	need_watch
	account uffd 100000
}

@test "soft-dirty: of the pages written since the clear none is lost, and none made up" {
	need_soft_dirty
	# of which the first to each page in each of 50 rounds count: about 100000
	account soft-dirty 250000
}

@test "contents: of 100000 changes of scanned pages none is lost, and none made up" {
	account hash 100000
}

@test "soft-dirty cleared again and again: what is sampled is measured, and nothing is made up" {
	need_soft_dirty
	local out
	out=$("$LEDGER" soft-dirty anon 100000 sampled)
	echo "# sampled: $out" >&3
}

# pages_of START: pages of that region, by --watch's rows PAGES,START,INTERVAL
pages_of() { awk -F , -v at="0x$1" '$2 == at { sum += $1 } END { print sum + 0 }' "$BATS_TEST_TMPDIR/out"; }

@test "pages are reported as often as they fault: twice only for a store that a clear interrupts" {
	need_watch
	command -v taskset >/dev/null || skip "taskset is missing"
	local word at pages faults intervals
	mkfifo "$BATS_TEST_TMPDIR"/{in,said}
	taskset 1 "$STORER" <>"$BATS_TEST_TMPDIR/in" >"$BATS_TEST_TMPDIR/said" 3>&- &
	SUBJECT_PID=$!
	exec {SAID}<"$BATS_TEST_TMPDIR/said"
	read -rt $((10 * ${TEST_TIMEOUT_SCALE:-1})) -u "$SAID" word at
	[[ $word == ready ]] || skip "$word $at"
	RANGE[last]=$(printf '%x..%x' $((16#$at + 19999 * PAGE)) $((16#$at + 20000 * PAGE))) # all before it are by then
	taskset 1 "$PMTOP" --watch=0.02 "${INJECT[@]}" -o PAGES,START,INTERVAL --csv -n "$SUBJECT_PID" \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
	WATCH=$!
	OTHERS+=("$WATCH")
	until_true is_armed last
	echo >"$BATS_TEST_TMPDIR/in"
	read -rt $((60 * ${TEST_TIMEOUT_SCALE:-1})) -u "$SAID" word pages faults
	is "$word" stored
	watch_end
	intervals=$(tail -n 1 "$BATS_TEST_TMPDIR/out" | cut -d , -f 3)
	echo "# $pages pages, $faults faults, $(pages_of "$at") reported in $intervals intervals" >&3
	is "$(pages_of "$at")" "$faults"
	((faults >= pages && faults <= pages + intervals))
}

# --- a process that is not ours ---------------------------------------------------------------------------

@test "exactly the pages written are reported, for a process unaware of it" {
	need_watch
	unwatched_start
	watch_subject "${INJECT[@]}" --pages="${RANGE[anon]}" --filter written -o ADDRESS --csv -n
	until_true is_armed anon
	subject write anon 3 5 63
	subject read anon 7
	watch_end
	is "$(cat "$BATS_TEST_TMPDIR/out")" "$(printf '0x%x\n' $((16#${AT[anon]} + 3 * PAGE)) $((16#${AT[anon]} + 5 * PAGE)) $((16#${AT[anon]} + 63 * PAGE)))"
}

@test "bug: where the parent ignores SIGCHLD, userfaultfd seemed to fail" {
	need_watch
	unwatched_start
	run -0 bash -c 'trap "" CHLD; exec "$@"' - "$PMTOP" --watch=0.1 --count 1 "${INJECT[@]}" "$SUBJECT_PID"
}

@test "--scope watches a part, and the rest is not touched" {
	need_watch
	unwatched_start
	watch_subject "${INJECT[@]}" --scope "${RANGE[anon]}" --csv -n -o PAGES,START
	until_true is_armed anon
	run ! is_armed sparse
	subject write anon 1
	subject write sparse 8
	watch_end
	is "$(cat "$BATS_TEST_TMPDIR/out")" "1,"$'\n'"1,0x${AT[anon]}"
}

@test "shared memory and files read for the first time are not reported as written" {
	need_watch
	unwatched_start
	local name
	watch_subject "${INJECT[@]}" --csv -n -o PAGES,START
	until_true is_armed dirty # the last of them
	for name in shared memfd dirty; do
		subject read "$name"
	done
	subject write shared 12
	watch_end
	watch_show
	grep -qx "1,0x${AT[shared]}" "$BATS_TEST_TMPDIR/out"
	run ! grep -E "0x(${AT[memfd]}|${AT[dirty]})" "$BATS_TEST_TMPDIR/out"
}

@test "writes to a mapping made after the clear are reported even from before it was watched" {
	need_watch
	unwatched_start
	watch_subject --watch=60 "${INJECT[@]}" --list -o START,WRITTEN,UNWRITTEN -b --csv -n # scans more often
	until_true is_armed anon
	subject reserve 1
	RANGE[reserve]=200000000000..$(printf %x $((0x200000000000 + PAGE)))
	until_true is_armed reserve
	watch_end
	watch_show
	grep -qx "0x200000000000,$((2 * PAGE)),0" "$BATS_TEST_TMPDIR/out"
	grep -qx "0x${AT[anon]},0,[1-9][0-9]*" "$BATS_TEST_TMPDIR/out"
}

@test "writes to a mapping are not reported for the one that replaces it" {
	need_watch
	local file=$BATS_TEST_TMPDIR/file
	head -c $((4 * PAGE)) /dev/zero | tr '\0' x >"$file"
	PROGRAMS=() OTHERS=()
	# private pages of a file: written by read(2) into the first two, only read by write(2) from all
	program_start perl -MCalls -e 'my ($name, $at) = ($ARGV[0], 0x210000000000);
		open my $f, "+<", $name; open my $zero, "<", "/dev/zero"; open my $null, ">", "$name.null";
		sub place { call(mmap => $at, 4 * $PAGE, 3, 0x12, fileno $f, 0) == $at or die }
		sub put { call(read => fileno $zero, $at, 2 * $PAGE) == 2 * $PAGE or die }
		place; put; $| = 1; print "ready\n";
		while (<STDIN>) {
			if (/write/) { put } else { place; call(write => fileno $null, $at, 4 * $PAGE) == 4 * $PAGE or die }
			chomp; open my $done, ">", "$name.$_" }' "$file"
	SUBJECT_PID=${PROGRAMS[0]} RANGE[placed]=210000000000..$(printf %x $((0x210000000000 + 4 * PAGE)))
	watch_subject --watch=60 "${INJECT[@]}" --pages="${RANGE[placed]}" -o ADDRESS,WRITTEN --csv -n # scans more often
	until_true is_armed placed
	echo write >"$BATS_TEST_TMPDIR/program-0"
	until_true test -e "$file.write"
	watch_scans
	echo anew >"$BATS_TEST_TMPDIR/program-0"
	until_true test -e "$file.anew"
	watch_end
	watch_show
	is "$(cut -d , -f 2 "$BATS_TEST_TMPDIR/out" | sort | uniq -c | xargs)" 4
}

@test "pages moved by mremap() are not reported as written" {
	need_soft_dirty
	local name=$BATS_TEST_TMPDIR/moved
	PROGRAMS=()
	program_start perl -MCalls -e 'my ($name, $from, $to) = ($ARGV[0], 0x210000000000, 0x220000000000);
		open my $zero, "<", "/dev/zero"; $| = 1;
		call(mmap => $from, 4 * $PAGE, 3, 0x32, -1, 0) == $from or die;
		call(read => fileno $zero, $from, 4 * $PAGE) == 4 * $PAGE or die;
		print "ready\n"; <STDIN>;
		call(mremap => $from, 4 * $PAGE, 4 * $PAGE, 3, $to) == $to or die;
		open my $done, ">", $name; <STDIN>' "$name"
	SUBJECT_PID=${PROGRAMS[0]} RANGE[from]=210000000000..$(printf %x $((0x210000000000 + 4 * PAGE)))
	watch_subject --tracker soft-dirty --pages -o ADDRESS,WRITTEN --csv -n
	until_true is_clean from
	echo >"$BATS_TEST_TMPDIR/program-0"
	until_true test -e "$name"
	watch_end
	is "$(grep '^0x2200000' "$BATS_TEST_TMPDIR/out" | cut -d , -f 2 | sort | uniq -c | xargs)" 4
}

# writer_start BITS: a program that writes 2^BITS bytes over and over
writer_start() {
	PROGRAMS=()
	# shellcheck disable=SC2016 # for perl to expand
	program_start perl -MCalls -e 'open my $zero, "<", "/dev/zero"; my $n = 1 << shift; my $at = call(mmap => 0, $n, 3, 0x22, -1, 0);
		$| = 1; print "ready\n"; 1 while call(read => fileno $zero, $at, $n) > 0' "$1"
}

@test "an interval that was given is kept, and what it costs the process is said" {
	need_watch
	writer_start 24
	run --separate-stderr pm --watch=0.02 --count 4 "${INJECT[@]}" --csv -n -o MS,PAGES,COST,MAPPING "${PROGRAMS[0]}"
	is "$status" 0
	echo "$output"
	# a first write costs a microsecond; where the writer is slow that may not be 5 %
	is "$(awk -F , '$4 == "total" { print ($2 > 0 && $3 >= int($2 / $1 / 10)) }' <<<"$output" | xargs)" "1 1 1 1"
	if [[ $(awk -F , '$4 == "total" && $3 > 5.5' <<<"$output") ]]; then
		[[ $stderr =~ ^"pmtop: interval "[1-4]" cost the process about "[0-9]+" % of its time; longer ones cost less" ]]
		[[ $stderr != *$'\n'*cost* ]]
	fi
}

@test "bug: what an interval cost was another number in the line about it than in its row, and the budget that was given was not named" {
	local budget said within
	need_watch
	writer_start 26
	for budget in 1 0; do
		run --separate-stderr pm --watch=0.05 --count 2 --budget "$budget" "${INJECT[@]}" --csv -n -o INTERVAL,COST,MAPPING "${PROGRAMS[0]}"
		is "$status" 0
		[[ $stderr =~ ^"pmtop: interval "([1-2])" cost the process about "([0-9]+)" % of its time; longer ones cost less"(.*)$ ]]
		said=${BASH_REMATCH[1]},${BASH_REMATCH[2]},total within=${BASH_REMATCH[3]}
		is "$(grep -c -x "$said" <<<"$output")" 1
		is "$within" "$( ((budget == 0)) || echo ", and --watch without SECONDS keeps within $budget %")"
	done
}

@test "without an interval it becomes longer rather than cost a process that writes much more than its budget" {
	need_watch
	writer_start 26
	run --separate-stderr pm --watch --budget 1 --count 2 "${INJECT[@]}" --csv -n -o MS,PAGES,MAPPING "${PROGRAMS[0]}"
	is "$status" 0
	[[ $stderr == "pmtop: intervals are longer than 1 s, to cost the process at most 1 % of its time: the next one takes "*" s; "* ]]
	# a write costs a microsecond, and the clear something besides: 16384 of them a hundredth of 1.6 s
	is "$(awk -F , '$3 == "total" { print ($1 >= int(100 * before / 1000)); before = $2 }' <<<"$output" | xargs)" "1 1"
}

@test "what is watched already is refused, and goes on being watched" {
	need_watch
	unwatched_start
	watch_subject "${INJECT[@]}" --csv -n -o PAGES,START
	until_true is_armed dirty
	run --separate-stderr pm --watch=0.01 --count 1 "${INJECT[@]}" "$SUBJECT_PID"
	[[ $status == 1 && -z $output && $stderr == *'it is already watched, perhaps by another pmtop; '* ]]
	subject write anon 3
	watch_end
	grep -qx "1,0x${AT[anon]}" "$BATS_TEST_TMPDIR/out"
}

@test "a process that maps and unmaps all the while is not taken for one that is watched already" {
	need_watch
	local i
	# shellcheck disable=SC2016 # for perl to expand: mmap, munmap
	program_start perl -MCalls -e '$| = 1; print "ready\n"; my ($n, @at) = 0; while (++$n) {
		push @at, call(mmap => 0, 65536, 1 + $n % 2 * 2, 0x22, -1, 0);
		call(munmap => splice(@at, int(rand(@at)), 1), 65536) if @at > 100 }'
	for ((i = $(rounds 20); i; i--)); do
		pm --watch=0.01 --count 1 "${INJECT[@]}" "${PROGRAMS[-1]}" >"$BATS_TEST_TMPDIR/out"
	done
}

@test "where nothing can be watched nothing is run in the process" {
	need_watch
	unwatched_start
	local reads
	run --separate-stderr pm --watch=0.01 --count 1 "${INJECT[@]}" --scope vdso "$SUBJECT_PID"
	[[ $status == 1 && -z $output && $stderr == *'nothing there can be watched by userfaultfd: '* ]]
	# a thread that is stopped is switched away from once more than it says here
	reads=$(grep ctxt "/proc/$SUBJECT_PID/status")
	run --separate-stderr pm --watch=0.01 --count 1 "${INJECT[@]}" --scope vdso "$SUBJECT_PID"
	is "$(grep ctxt "/proc/$SUBJECT_PID/status")" "$reads"
}

@test "pmtop out of file descriptors: it says that, and nothing of the process" {
	need_watch
	unwatched_start
	local n
	for ((n = 4; n < 30; n++)); do
		# shellcheck disable=SC2016 # for the other shell to expand
		run --separate-stderr bash -c 'ulimit -n "$1"; shift; exec "$@"' _ "$n" \
			"$PMTOP" --watch=0.01 --count 1 --csv -n -o MAPPING "${INJECT[@]}" --scope "${RANGE[anon]}" "$SUBJECT_PID" 3>&-
		echo "$n: $status: $stderr"
		((status != 127)) || continue	# its libraries need one, too
		[[ $status == 0 || $status == 1 && -z $output && $stderr =~ 'Too many open files'|'out of file descriptors' ]]
	done
	is "$status" 0
	is_free
}

# bats test_tags=in-one-guest
@test "bug: where descriptors run out, the remedy is not a right, and no process is gone" {
	unwatched_start
	local n short all="$BATS_TEST_TMPDIR/all"
	pm --capabilities --csv -n "$SUBJECT_PID" >"$all"
	for ((n = 4, short = 1; short; n++)); do
		((n < 40)) # enough in the end
		# shellcheck disable=SC2016 # for the other shell to expand
		run --separate-stderr bash -c 'ulimit -n "$1"; shift; exec "$@"' _ "$n" \
			"$PMTOP" --capabilities --csv -n "$SUBJECT_PID" 3>&-
		((status != 127)) || continue # its libraries need one, too
		[[ $status == 0 || $stderr == *'Too many open files; raise the limit'* ]]
		short=$status
		[[ $output != *'raise the limit on open files'* ]] || short=1
		# DAMON is tried only when it is asked for
		is "$(grep -vxFf "$all" <<<"$output" | grep -Ev '^DAMON,|raise the limit on open files|^$')" ""
		# shellcheck disable=SC2016 # for the other shell to expand
		run --separate-stderr bash -c 'ulimit -n "$1"; shift; exec "$@"' _ "$n" \
			"$PMTOP" --touched=0.01 --count 1 "$SUBJECT_PID" 3>&-
		[[ $status == 0 || $stderr == *'Too many open files; raise the limit'* ]]
		((status == 0)) || short=1
	done
}

@test "bug: pmtop that can start no process says that, not that userfaultfd does not work" {
	[[ $(soft_dirty) != yes ]] || skip "soft-dirty works here: userfaultfd is not tried"
	need_watch
	command -v setpriv prlimit >/dev/null || skip "no setpriv, or no prlimit"
	local as=(setpriv --reuid=54321 --regid=54321 --clear-groups) other
	install -m 755 "$PMTOP" "$BATS_TEST_TMPDIR/pmtop"
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR/test" "$BATS_TEST_TMPDIR"
	"${as[@]}" "$BATS_TEST_TMPDIR/pmtop" --version >/dev/null || skip "another user cannot run what lies here"
	"${as[@]}" tail -f /dev/null 3>&- &
	other=$!
	OTHERS+=("$other")
	until_true eval '[[ $(readlink /proc/$other/exe) != */setpriv && $(readlink /proc/$other/exe) != */bash ]]'
	run --separate-stderr prlimit --nproc=1 "${as[@]}" "$BATS_TEST_TMPDIR/pmtop" --watch=0.01 --count 1 --allow-inject "$other" 3>&-
	echo "$stderr"
	is "$status" 1
	[[ $stderr == *'no process can be started to try it; raise the limit on processes (ulimit -u, '* ]]
}

@test "the process is as it was: its regions, its page tables, its memory" {
	need_watch
	unwatched_start
	subject reserve 64
	local before after pte
	before=$(wc -l <"/proc/$SUBJECT_PID/maps")
	pte=$(awk '/^VmPTE/ { print $2 }' "/proc/$SUBJECT_PID/status")
	pm --watch=0.1 --count 3 "${INJECT[@]}" "$SUBJECT_PID" >"$BATS_TEST_TMPDIR/out"
	is_free
	run ! is_armed anon
	after=$(wc -l <"/proc/$SUBJECT_PID/maps")
	echo "# regions before $before, after $after; VmPTE before $pte kB, after $(awk '/^VmPTE/ { print $2 }' "/proc/$SUBJECT_PID/status") kB" >&3
	((after <= before + 2))
	(($(awk '/^VmPTE/ { print $2 }' "/proc/$SUBJECT_PID/status") <= pte + 256))
	subject write anon
	is "$(ls -l "/proc/$SUBJECT_PID/fd" | grep -c userfaultfd)" 0
}

@test "killed while it watches, again and again: the process goes on, and its memory is writable" {
	need_watch
	unwatched_start
	local i
	for ((i = $(rounds 30); i; i--)); do
		watch_subject "${INJECT[@]}"
		until_true is_armed anon
		{ kill -KILL "$WATCH" && wait "$WATCH"; } 2>/dev/null || :
		until_true is_free
		subject write anon
		subject write shared
	done
	[[ $(tr -d '\0' <"/proc/$SUBJECT_PID/cmdline") == *subject ]]
}

@test "the process executes another program while watched: reported, and the new one is left alone" {
	need_watch
	unwatched_start
	watch_subject "${INJECT[@]}"
	until_true is_armed anon
	subject exec
	if watch_end; then return 1; fi
	grep -q 'the process executed a new program, now .*; the watch covered the old one' "$BATS_TEST_TMPDIR/err"
	is_free
}

@test "the process ends while watched: reported in the same words, reaped or not" {
	need_watch
	unwatched_start
	watch_subject "${INJECT[@]}"
	until_true is_armed anon
	subject exit 0
	if wait "$WATCH"; then return 1; fi
	grep -qx 'pmtop: interval 1 could not be measured: the process has ended' "$BATS_TEST_TMPDIR/err"
}

@test "a process that ends or executes while it is being armed: one error line, or watched" {
	need_watch
	local i status said
	for ((i = 0; i < 40; i++)); do
		perl -e 'select undef, undef, undef, shift() / 1000; exec "sleep", "0.02" if shift() % 2' $((i / 2)) "$i" 3>&- &
		status=0
		said=$("$PMTOP" --watch=0.01 --count 1 "${INJECT[@]}" $! 2>&1 >"$BATS_TEST_TMPDIR/out") || status=$?
		((status <= 1))
		[[ $status == 0 || ($said == pmtop:*:* && $said != *$'\n'*) ]] || { echo "status $status: $said"; return 1; }
		wait $! # its own: bats has a child here, too
	done
}

# --- what is refused ----------------------------------------------------------------------------------------

@test "without a word of consent nothing is run in the process" {
	need_watch
	[[ $(soft_dirty) == no ]] || skip "this kernel has soft-dirty, which needs no consent"
	unwatched_start
	refused 1 'allow-inject' --watch=0.1 "$SUBJECT_PID"
	refused 1 '^pmtop: cannot track writes by --tracker uffd: it must run one system call .*; add --allow-inject' \
		--watch=0.1 --tracker uffd "$SUBJECT_PID"
	refused 2 'read-only' --watch=0.1 "${INJECT[@]}" --read-only "$SUBJECT_PID"
	is_free
}

@test "a process that uses userfaultfd itself is left alone" {
	need_watch
	subject_start
	need_region watched "it would hold a userfaultfd"
	refused 1 'userfaultfd itself' --watch=0.1 "${INJECT[@]}" "$SUBJECT_PID"
}

@test "where the kernel is too old userfaultfd is refused with the reason" {
	! can_watch || skip "this kernel can"
	unwatched_start
	refused 1 'asynchronous write protection' --watch=0.1 "${INJECT[@]}" "$SUBJECT_PID"
}

# --- on the screen -------------------------------------------------------------------------------------------

@test "c asks, n does nothing, r watches the region under the cursor" {
	need_watch
	[[ $(soft_dirty) == no ]] || skip "this kernel has soft-dirty, which needs no consent"
	unwatched_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 "$SUBJECT_PID"
	screen_goto "${AT[anon]}"
	screen_wait_text "${AT[anon]} +a{64}( |\$)"
	screen_keys c
	screen_wait_text 'Watch the writes of subject'
	screen_keys x
	screen_wait_text 'Watch the writes of subject'
	screen_keys n
	screen_wait_text "${AT[anon]} +a{64}( |\$)"
	is_free
	screen_keys c
	screen_wait_text 'Watch the writes of subject'
	screen_keys r
	screen_wait_text 'epoch 1: userfaultfd armed'
	subject write anon 3 5 7
	subject write sparse 8
	screen_wait_text "${AT[anon]} +aaa[#+-]a[#+-]a[#+-]a{56}( |\$)"
	run ! is_armed sparse
	subject exec
	screen_wait_text 'executed a new program: now .*; press c to watch'
	run ! grep -E 'epoch [0-9]' <(screen_text)
	screen_keys q
	screen_end
	is_free
}

@test "c offers no region where nothing could be watched, and asks again of another region than the one that is" {
	need_watch
	[[ $(soft_dirty) == no ]] || skip "this kernel has soft-dirty, which needs no consent"
	unwatched_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 "$SUBJECT_PID"
	screen_goto "$(awk -F - '/\[vdso\]/ { print $1 }' "/proc/$SUBJECT_PID/maps")" # the kernel's
	screen_keys c
	screen_wait_text 'Watch the writes of subject'
	run ! grep 'r this region' <(screen_text)
	screen_keys r
	is_free
	screen_keys n
	screen_goto "${AT[anon]}"
	screen_keys c
	screen_wait_text 'r this region'
	screen_keys r
	screen_wait_text 'epoch 1: userfaultfd armed'
	screen_keys c
	screen_wait_text 'epoch 2: userfaultfd armed'
	screen_goto "${AT[private]}"
	screen_keys c
	screen_wait_text "only in ${RANGE[anon]}"
	screen_keys r
	screen_wait_text 'epoch 3: userfaultfd armed'
	is_armed private
	screen_keys q q
	screen_end
	is_free
}

@test "--scope on the screen: that part alone, and what it names is resolved when it is needed" {
	need_watch
	unwatched_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never --tracker uffd --allow-inject --scope "${RANGE[anon]}")
	screen_start 80x24 "$SUBJECT_PID"
	screen_keys c
	screen_wait_text 'epoch 1: userfaultfd armed'
	is_armed anon
	run ! is_armed sparse
	screen_goto "${AT[sparse]}"
	screen_keys 2
	screen_wait_text "${AT[sparse]} +[^ ][?]"
	screen_keys q q
	screen_end
	SCREEN_OPTIONS=(--interval 0.2 --color=never --tracker uffd --allow-inject --scope nothing)
	screen_start 80x24 "$SUBJECT_PID"
	screen_keys c
	screen_wait_text 'no mapping "nothing"'
	is_free
	screen_keys q
	screen_end
}

@test "a tracker that something stood in the way of is found when that is gone" {
	need_watch
	[[ $(soft_dirty) == no ]] || skip "this kernel has soft-dirty, which comes first"
	unwatched_start
	# shellcheck disable=SC2016 # for perl to expand: PTRACE_SEIZE
	program_start perl -MCalls -e 'call(ptrace => 0x4206, shift() + 0, 0, 0) == 0 or die; $| = 1; print "ready\n"; <STDIN>' \
		"$SUBJECT_PID"
	grep -q "^TracerPid:.*${PROGRAMS[-1]}\$" "/proc/$SUBJECT_PID/status"
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 "$SUBJECT_PID"
	screen_keys c
	screen_wait_text 'contents epoch 1'
	kill "${PROGRAMS[-1]}"
	until_true grep -q '^TracerPid:.*[^0-9]0$' "/proc/$SUBJECT_PID/status"
	screen_keys c
	screen_wait_text 'Watch the writes of subject'
	screen_keys n q
	screen_end
}

@test "[heap] that grows while userfaultfd watches is several regions, and the screen says why" {
	need_watch
	# shellcheck disable=SC2016 # for perl to expand: brk, and a read into what it brought
	program_start perl -MCalls -e 'open Z, "<", "/dev/zero" or die; $| = 1; print "ready\n"; <STDIN>;
		my $at = call brk => 0; call brk => $at + 0x100000; call read => fileno Z, $at, 0x10000; <STDIN>'
	SCREEN_OPTIONS=(--interval 0.2 --color=never --tracker uffd --allow-inject)
	screen_start 200x24 "${PROGRAMS[-1]}"
	screen_keys c
	screen_wait_text 'epoch 1: userfaultfd armed'
	[[ $(grep -c '\[heap\]' "/proc/${PROGRAMS[-1]}/maps") == 1 ]]
	echo >"$BATS_TEST_TMPDIR/program-0"
	until_true eval '(( $(grep -c "\[heap\]" "/proc/${PROGRAMS[-1]}/maps") > 1 ))'
	screen_keys /
	screen_type heap
	screen_keys Enter
	screen_wait_text '\[heap\] .*; in several rows: userfaultfd keeps new memory apart from watched memory'
	screen_keys q
	screen_end
}

@test "bug: the row of a heap that grows left out pages that the total counts" {
	need_watch
	# shellcheck disable=SC2016 # for perl to expand: brk, and a read into what it brought
	program_start perl -MCalls -e 'open Z, "<", "/dev/zero" or die; $| = 1; print "ready\n"; my $at = call brk => 0;
		for (;;) { call brk => $at + 0x40000; call read => fileno Z, $at, 0x40000; $at += 0x40000; select undef, undef, undef, .3 }'
	run -0 --separate-stderr "$PMTOP" --watch=0.3 --count 12 "${INJECT[@]}" --budget 0 --csv -n -o INTERVAL,PAGES,MAPPING "${PROGRAMS[-1]}"
	echo "$output"
	# of each interval: the total, less its rows
	is "$(awk -F , '{ n[$1] += $3 == "total" ? $2 : -$2 } $3 == "[heap]" { heap++ }
		END { for (i in n) if (n[i]) print i, n[i]; print (heap > 2) }' <<<"$output")" 1
}

@test "a process that begins to use userfaultfd itself is let go, and it is said" {
	need_watch
	# shellcheck disable=SC2016 # for perl to expand
	program_start perl -MCalls -e '$| = 1; print "ready\n"; <STDIN>; call(userfaultfd => 02004001) >= 0 or die; <STDIN>'
	SCREEN_OPTIONS=(--interval 0.2 --color=never --tracker uffd --allow-inject)
	screen_start 80x24 "${PROGRAMS[-1]}"
	screen_keys c
	screen_wait_text 'epoch 1'
	grep -q '^VmFlags:.* uw' "/proc/${PROGRAMS[-1]}/smaps"
	echo >"$BATS_TEST_TMPDIR/program-0"
	screen_wait_text 'no longer detected: the process now uses userfaultfd'
	run ! grep '^VmFlags:.* uw' "/proc/${PROGRAMS[-1]}/smaps"
	screen_keys q
	screen_end
}

@test "h compares contents, and runs nothing in the process" {
	[[ $(soft_dirty) == no ]] || skip "this kernel has soft-dirty, which needs no consent"
	need_watch
	unwatched_start
	SCREEN_OPTIONS=(--interval 0.2 --color=never)
	screen_start 80x24 "$SUBJECT_PID"
	screen_goto "${AT[anon]}"
	screen_keys c
	screen_wait_text 'contents only'
	screen_keys h
	screen_wait_text 'contents epoch 1'
	screen_wait_text "${AT[anon]} +a{64}( |\$)"
	subject write anon 3 5 7
	screen_wait_text "${AT[anon]} +aaa[#+-]a[#+-]a[#+-]a{56}( |\$)"
	screen_text | grep '^1 state .*changed #now'
	is_free
	screen_keys q q
	screen_end
}

@test "a clear that would harm a garbage collector is asked about, and not done on n" {
	need_soft_dirty
	local gc=$BATS_TEST_TMPDIR/libgc.so.1
	head -c $((2 * PAGE)) /dev/zero >"$gc"
	# shellcheck disable=SC2016 # for perl to expand
	program_start perl -MCalls -e 'open my $f, "<", shift or die; my $at = call(mmap => 0, 2 * $PAGE, 1, 2, fileno $f, 0);
		die if $at < 0; $| = 1; print "ready\n"; <STDIN>' "$gc"
	SUBJECT_PID=${PROGRAMS[-1]}
	grep -q libgc "/proc/$SUBJECT_PID/maps"
	refused 1 'libgc.*--force' -e clear "$SUBJECT_PID"
	screen_start 80x24 "$SUBJECT_PID"
	screen_keys c
	screen_wait_text 'clear anyway'
	screen_keys n
	run ! grep -E 'epoch [0-9]' <(screen_text)
	screen_keys c
	screen_wait_text 'clear anyway'
	screen_keys y
	screen_wait_text 'epoch 1'
	screen_keys q
	screen_end
}
