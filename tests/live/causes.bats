#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# Who wrote: every fault has its function, its thread and its callers; what is not known has none.

# Commands handed to `same` are for it to expand; bats reads its variables.
# shellcheck disable=SC2016,SC2034,SC2153,SC2154
load live

: "${FAULTER:=$builddir/tests/live/faulter}"

teardown() { live_end; }

# faulter MODE: says what it counted
faulter() {
	local out status=0
	out=$("$FAULTER" "$1" 2>&1) || status=$?
	echo "# $out" >&3
	((status != 2)) || skip "$out"
	return "$status"
}

@test "every fault is seen, or counted as lost if the ring is too small" {
	faulter lost
}

@test "threads that start while they are watched: no fault is missed, none counts twice" {
	faulter churn
}

@test "500 threads are watched, and those that descriptors do not suffice for are counted" {
	faulter threads
}

@test "the death of the process does not hold up the watch of its faults" {
	faulter death
}

# --- what wrote -------------------------------------------------------------------------------------------

: "${SCRIBE:=$builddir/tests/live/scribe}"

# scribe TRACKER PAGES: of a program with frame pointers, and of one without
scribe() {
	local program out status
	for program in "$SCRIBE" "${SCRIBE}_bare"; do
		status=0
		out=$("$program" "$1" "$2" 2>&1) || status=$?
		echo "# ${program##*/} $out" >&3
		[[ $status != 2 ]] || { echo "$out"; return 1; }
		[[ $status == 0 ]]
	done
}

# In a guest a tenth of it: it is twenty times slower.
pages() { if ((${TEST_TIMEOUT_SCALE:-1} >= 6)); then echo "$(($1 / 10))"; else echo "$1"; fi; }

@test "userfaultfd: of 120000 written pages none has a writer that did not write it first" {
	need_watch
	scribe uffd "$(pages 120000)"
}

@test "soft-dirty: of 120000 written pages none has a writer that did not write it first" {
	need_soft_dirty
	scribe soft-dirty "$(pages 120000)"
}

# scribe_start PROGRAM: sets SUBJECT_PID and, as subject_start does, the range of the first of its pages, which say
# for all whether a clear is over: of hundreds of MiB the reader is slow
scribe_start() {
	local start word
	pipes_start "$1" write
	read -rt $((10 * ${TEST_TIMEOUT_SCALE:-1})) -u "$PIPED_OUT" word SUBJECT_PID start _
	AT[memory]=$start RANGE[memory]=$start..$(printf %x $((0x$start + 0x40000)))
}

scribe_turn() {
	echo >&"$PIPED_IN"
	read -rt $((10 * ${TEST_TIMEOUT_SCALE:-1})) -u "$PIPED_OUT" _
}

# the tracker that this kernel has, and how to see that it has begun
scribe_watch() {
	if [[ $(soft_dirty) == yes ]]; then
		watch_start --watch=3600 --budget 0 --tracker soft-dirty "$@" "$SUBJECT_PID"
		until_true is_written_nowhere
	else
		need_watch
		watch_start --watch=3600 --budget 0 "${INJECT[@]}" "$@" "$SUBJECT_PID"
		until_true is_armed memory
	fi
	scribe_turn
	watch_end
	watch_show
}

is_written_nowhere() { [[ $(read_column memory SOFT-DIRTY | sort -u) == 0 ]]; }

@test "--watch --by counts a huge page as written as a whole for its one fault" {
	need_soft_dirty
	subject_start
	[[ ${AT[thp]-} ]] || skip "no huge pages here"
	watch_start --watch=3600 --budget 0 --tracker soft-dirty --by function --csv -n -o PAGES,MAYBE,WRITER "$SUBJECT_PID"
	until_true is_clean thp
	subject write thp $((HUGE + HUGE / 3))
	watch_end
	watch_show
	is "$(row "rest of a huge page all written")" "$((HUGE - 1)) "
	is "$(row "no fault seen")" ""
}

# row WORDS: "PAGES MAYBE" of the row with that name
row() { awk -F , -v name="$1" '$3 == name { print $1, $2 }' "$BATS_TEST_TMPDIR/out"; }

# Lines of chains that have WORDS: their pages.
folded() { awk -v words="$1" 'index($0, words) { n += $NF } END { print n + 0 }' "$BATS_TEST_TMPDIR/out"; }

@test "--watch --by names functions, system calls and threads, with and without frame pointers" {
	local program
	for program in "$SCRIBE" "${SCRIBE}_bare"; do
		scribe_start "$program"
		scribe_watch --by function --csv -n -o PAGES,MAYBE,WRITER,FILE
		if reads_instructions; then
			is "$(row scribe_store)" "50 0" # of two threads; 3 it had read first
			is "$(row scribe_look)" ""
			is "$(row "only reads seen")" "4 "
		else
			is "$(row scribe_store)" "47 3"
			is "$(row scribe_look)" "4 3"
		fi
		is "$(row scribe_vector)" "30 0"
		is "$(row scribe_atomic)" "20 0"
		# memcpy(), which may have no symbol; libc and the kernel write for others, too
		[[ $(awk -F , '$4 ~ /^libc/ && $1 > n { n = $1 } END { print n }' "$BATS_TEST_TMPDIR/out") -ge 10 ]]
		[[ $(row "read (system call)" | cut -d ' ' -f 1) -ge 5 ]]
		# the rows are all that was written; of two candidates one wrote
		is "$(awk -F , '$3 == "total" { t = $1; next } { n += $1; m += $2 } END { print t - n - m / 2 }' \
			"$BATS_TEST_TMPDIR/out")" 0
		if [[ $program == "$SCRIBE" ]]; then # threads are the same in both
			# both candidates are in one thread, if they are two
			scribe_watch --by thread --csv -n -o PAGES,MAYBE,WRITER
			[[ $(row scribe-1 | cut -d ' ' -f 1) -ge 10 ]]
			is "$(row scribe-1 | cut -d ' ' -f 2)" 0
			scribe_watch --by thread --json # a thread is in no file
			grep -q '"file": null, "writer": "scribe-1"' "$BATS_TEST_TMPDIR/out"
		fi
		scribe_watch --folded
		is "$(folded 'scribe_store ')" "$(reads_instructions && echo 50 || echo 47)"
		is "$(folded 'scribe_vector ')" 30
		is "$(folded '[several candidates] ')" "$(reads_instructions && echo 0 || echo 3)"
		is "$(folded '[only reads seen] ')" "$(reads_instructions && echo 4 || echo 0)"
		live_end
		OTHERS=()
	done
}

# bats test_tags=not-in-guests
@test "--folded of a sample: nothing is certain, and what was seen is below a root of its own" {
	[[ ! ${TEST_NESTED-} ]] || skip "an emulated processor faults too seldom to be sampled"
	need_root
	need_watch
	# shellcheck disable=SC2016 # for perl to expand
	program_start perl -MCalls -e 'open my $zero, "<", "/dev/zero"; my $n = 1 << 24; my $at = call(mmap => 0, $n, 3, 0x22, -1, 0);
		$| = 1; print "ready\n"; 1 while call(read => fileno $zero, $at, $n) > 0 && call(madvise => $at, $n, 4) == 0'
	run --separate-stderr pm --watch=1 --count 2 --budget 1 --folded "${INJECT[@]}" "${PROGRAMS[0]}"
	is "$status" 0
	[[ $stderr == *"sampled, to cost the process at most 1 % of its time"* ]]
	[[ $output == *"[perhaps];perl;"* && $output != *"several candidates"* ]]
	! grep -vE '^.+ [1-9][0-9]*$' <<<"$output"
	# the first interval as well: of 5 % allowed, the clear and the faults themselves come on top
	run -0 --separate-stderr pm --watch=1 --count 1 --by function --csv -n -o COST,WRITER "${INJECT[@]}" "${PROGRAMS[0]}"
	[[ ${lines[0]} =~ ^([0-9]+),total$ ]]
	((BASH_REMATCH[1] <= 15))
	[[ $stderr == *"at times only one of "*" faults was watched"* ]]
}
